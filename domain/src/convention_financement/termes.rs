//! What is signed: who, for what, where, how it is paid; and whether it stands.
//!
//! What an open file on subventions will say of it (SCDL 2.1.1) and cannot be computed is captured
//! here, at signature.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Refusal, given};
use crate::{
    Cents, ConventionId, Date, DlaId, Line, Objet, OrganisationId, Periode, Prose, Territoire,
    actor::Perimeter,
};

/// DLAs that draw on one convention: those of the largest région, and more.
pub const DLAS_MAX: usize = 30;

/// Institutions beside the first one in a cadre.
pub const PARTENAIRES_MAX: usize = 30;

/// Territories in one perimeter.
pub const PERIMETRE_MAX: usize = 100;

/// Levels of one cadre.
pub const NIVEAUX_MAX: usize = 10;

/// What a convention says, apart from what an avenant may change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Termes {
    pub nature: NatureConvention,
    /// Who notifies: the `attribuant` of the open file.
    pub financeur: OrganisationId,
    /// The other institutions that sign a cadre.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub partenaires: BTreeSet<OrganisationId>,
    /// Those that draw on it.
    pub dlas: BTreeSet<DlaId>,
    /// The structure porteuse that receives the money; a cadre may have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiaire: Option<OrganisationId>,
    /// By which the financeur knows it.
    pub reference: Line,
    pub objet: Objet,
    pub perimetre: BTreeSet<Territoire>,
    pub regime: Regime,
    /// The levels of a cadre, the lowest first; they go by their number, from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub niveaux: Vec<Niveau>,
    /// The cadre that it puts into effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cadre: Option<MiseEnOeuvre>,
    pub subvention: Subvention,
    /// How a ponctuel funding goes with the permanent one of the same collectivité (RUL-18).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub articulation: Option<Prose>,
}

/// Whether it is a frame or money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NatureConvention {
    /// A frame between partners, that conventions de financement put into effect.
    Cadre,
    /// Money, for some DLAs.
    Financement,
}

/// Whether it finances the DLA or what it does once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Regime {
    /// The DLA, year after year.
    Permanent,
    /// An ingénierie, or some of them.
    Ponctuel,
}

/// A level of a cadre: whoever puts it into effect brings at least so much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Niveau {
    pub intitule: Line,
    pub minimum: Cents,
}

/// Which level of which cadre is put into effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MiseEnOeuvre {
    pub convention: ConventionId,
    /// From 1.
    pub niveau: i32,
}

/// What an open file on subventions says of it, beside the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subvention {
    pub nature: NatureSubvention,
    pub conditions: ConditionsVersement,
    /// How it is paid, when neither at once nor by instalments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<Objet>,
    /// The first day on which it is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versement_du: Option<Date>,
    /// The last day, when it is not the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versement_au: Option<Date>,
    /// The number of the aid in the répertoire des aides aux entreprises.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rae: Option<Line>,
    /// Whether the European Commission was told (aid of State).
    pub notification_ue: bool,
    /// The dispositif d'aide it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispositif: Option<Line>,
}

/// In money, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NatureSubvention {
    Numeraire,
    /// A loan of premises, of people.
    Nature,
    /// Both.
    NumeraireEtNature,
}

/// How it is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConditionsVersement {
    /// At once.
    Unique,
    /// By instalments.
    Echelonne,
    /// As `precision` says.
    Autre,
}

/// The longest number of that répertoire, in characters (SCDL 2.1.1, column `idRAE`).
const RAE_MAX: usize = 5;

impl Termes {
    /// Who may know of the convention.
    pub(super) fn perimeter(&self) -> Perimeter {
        Perimeter::of_dlas(self.dlas.iter().copied())
            .and([self.financeur])
            .and(self.partenaires.iter().copied())
    }

    /// Whether a territory may lie in the perimeter: the codes do not show the contrary.
    pub(super) fn may_cover(&self, territoire: &Territoire) -> bool {
        self.perimetre.iter().any(|it| it.may_cover(territoire))
    }

    /// Whether they stand by themselves, for that amount.
    pub(super) fn stand(&self, montant: Cents) -> Result<(), Refusal> {
        given(montant)?;
        between(1, DLAS_MAX, self.dlas.len(), "dlas")?;
        between(1, PERIMETRE_MAX, self.perimetre.len(), "perimetre")?;
        between(0, PARTENAIRES_MAX, self.partenaires.len(), "partenaires")?;
        self.subvention.stands()?;
        match self.nature {
            NatureConvention::Cadre => {
                if self.cadre.is_some() {
                    return Err(Refusal::CadreOfCadre {});
                }
                between(1, NIVEAUX_MAX, self.niveaux.len(), "niveaux")?;
                self.niveaux
                    .iter()
                    .try_for_each(|it| given(it.minimum).map(drop))?;
                if !self
                    .niveaux
                    .is_sorted_by(|one, it| one.minimum < it.minimum)
                {
                    return Err(Refusal::MinimaNotRising {});
                }
                reaches(montant, self.highest())
            }
            NatureConvention::Financement => {
                if !self.niveaux.is_empty() {
                    return Err(Refusal::OnlyInCadre { field: "niveaux" });
                }
                if !self.partenaires.is_empty() {
                    return Err(Refusal::OnlyInCadre { field: "partenaires" });
                }
                Ok(())
            }
        }
    }

    /// The minimum of the highest level of a cadre.
    pub(super) fn highest(&self) -> Option<Cents> {
        self.niveaux.last().map(|it| it.minimum)
    }

    /// The minimum of one of its levels.
    pub(super) fn minimum(&self, niveau: i32) -> Option<Cents> {
        let n = usize::try_from(niveau).ok()?.checked_sub(1)?;
        self.niveaux.get(n).map(|it| it.minimum)
    }
}

impl Periode {
    pub(super) fn stands(self) -> Result<(), Refusal> {
        if self.du <= self.au {
            return Ok(());
        }
        Err(Refusal::PeriodeReversed { field: "au", du: self.du, au: self.au })
    }
}

impl Subvention {
    fn stands(&self) -> Result<(), Refusal> {
        let other = self.conditions == ConditionsVersement::Autre;
        if other != self.precision.is_some() {
            return Err(Refusal::ConditionsUnclear {});
        }
        let rae = self.rae.as_ref().map_or("", Line::as_str);
        if rae.chars().count() > RAE_MAX {
            return Err(Refusal::RaeTooLong { max: RAE_MAX });
        }
        match (self.versement_du, self.versement_au) {
            (Some(du), Some(au)) if au < du => {
                Err(Refusal::PeriodeReversed { field: "versementAu", du, au })
            }
            (None, Some(_)) => Err(Refusal::VersementWithoutStart {}),
            _ => Ok(()),
        }
    }
}

/// Whether an amount reaches a minimum.
pub(super) fn reaches(montant: Cents, minimum: Option<Cents>) -> Result<(), Refusal> {
    match minimum {
        Some(minimum) if montant < minimum => Err(Refusal::BelowMinimum { minimum }),
        _ => Ok(()),
    }
}

fn between(min: usize, max: usize, given: usize, field: &'static str) -> Result<(), Refusal> {
    if (min..=max).contains(&given) {
        return Ok(());
    }
    Err(Refusal::ListOutOfRange { field, min, max })
}
