//! An ingénierie told to others as a case of the library: who already did this, where, with what
//! result.
//!
//! What is published is said in the fact, figures included: anyone with a token reads that and
//! nothing else of the dossier.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Capitalisation, CauseRetrait, Event, PUBLISH_CAS, Refusal, UNPUBLISH_CAS};
use crate::{
    Asked, Cents, Code, Decided, Decision, Dossier, Genre, Line, OrganisationId, PlanFinancement,
    Prose, QuarterDays, Sealed, Seen, Subject, Territoire,
    ingenierie_collective::confirmer::projet::TypeIngenierie, refusal::Common, values::Invalid,
};

/// The most structures that one case names.
pub const STRUCTURES_MAX: usize = 100;

/// A case, as everyone reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cas {
    #[serde(flatten)]
    pub recit: Recit,
    pub territoire: Territoire,
    pub secteurs: BTreeSet<Code>,
    /// Themes of Enée.
    pub themes: BTreeSet<Code>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_ingenierie: Option<TypeIngenierie>,
    /// How many structures took part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nombre_structures: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jours: Option<QuarterDays>,
    /// All it cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cout: Option<Cents>,
}

/// What people write of a case. No name and no word about people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recit {
    pub titre: Line,
    /// The need, what was done, and what came of it.
    pub resume: Prose,
    /// What others should know before they do the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enseignements: Option<Prose>,
    /// In which it took place.
    pub annee: Annee,
    /// Whether others may do the same.
    pub transferable: bool,
}

/// A year in which a case took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Annee(i16);

impl Annee {
    /// The first: accompaniment of associations is older than the DLA, which began in 2002.
    pub const MIN: i16 = 1990;

    /// Whether it has come is for decisions to say.
    pub fn parse(year: i32) -> Result<Self, Invalid> {
        let year = i16::try_from(year).ok();
        let year = year.filter(|it| (Self::MIN..=2100).contains(it));
        year.map(Self).ok_or_else(|| {
            Invalid::new(
                format!("Indiquez une année sur quatre chiffres, à partir de {}.", Self::MIN),
                format!("Give a year on four digits, from {} on.", Self::MIN),
            )
        })
    }

    pub fn get(self) -> i16 {
        self.0
    }

    /// Whether it comes after that of the request.
    pub fn is_to_come(self, asked: &Asked) -> bool {
        self.0 > asked.today.year()
    }
}

/// How much a case cost, roughly: what those who look for one can afford.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TrancheCout {
    /// Less than 3,000 euros.
    #[serde(rename = "MOINS_DE_3000")]
    MoinsDe3000,
    /// From 3,000 euros to less than 6,000.
    #[serde(rename = "DE_3000_A_6000")]
    De3000A6000,
    /// From 6,000 euros to less than 12,000.
    #[serde(rename = "DE_6000_A_12000")]
    De6000A12000,
    /// From 12,000 euros to less than 25,000.
    #[serde(rename = "DE_12000_A_25000")]
    De12000A25000,
    /// 25,000 euros and more.
    #[serde(rename = "A_PARTIR_DE_25000")]
    APartirDe25000,
}

impl TrancheCout {
    /// The band of an amount.
    pub fn of(cout: Cents) -> Self {
        match cout.0 {
            ..300_000 => Self::MoinsDe3000,
            300_000..600_000 => Self::De3000A6000,
            600_000..1_200_000 => Self::De6000A12000,
            1_200_000..2_500_000 => Self::De12000A25000,
            2_500_000.. => Self::APartirDe25000,
        }
    }
}

impl Capitalisation {
    /// Lets anyone with a token read the ingénierie as a case, or read it anew.
    ///
    /// The figures are those of the dossier on that day: its cost is that of its plan, once the
    /// plan is confirmed.
    pub fn publish_cas(
        &self,
        asked: &Asked,
        (ingenierie, plan): (&Dossier, &Seen<PlanFinancement>),
        recit: Recit,
        structures: BTreeSet<OrganisationId>,
    ) -> Decision<Self> {
        self.visible_to(asked, &PUBLISH_CAS)?;
        if self.ingenierie != Some(ingenierie.id) {
            return Err(Common::NotFound {}.into());
        }
        if !ingenierie.ready {
            return Err(Refusal::CasTooEarly {});
        }
        // INV-33: someone answers for what others take up.
        if self.responsable.is_none() {
            return Err(Refusal::ResponsableMissing {});
        }
        if recit.annee.is_to_come(asked) {
            return Err(Refusal::CasInFuture { annee: recit.annee.get() });
        }
        self.may_name(ingenierie, &structures)?;
        let known = |it: i32| (it > 0).then_some(it);
        let mobilisees = i32::try_from(ingenierie.mobilisees.len()).unwrap_or(i32::MAX);
        let cas = Cas {
            recit,
            territoire: ingenierie.territoire.clone().ok_or(Common::NotFound {})?,
            secteurs: ingenierie.secteurs.clone(),
            themes: ingenierie.themes.clone(),
            type_ingenierie: ingenierie.type_ingenierie,
            nombre_structures: known(mobilisees),
            jours: known(ingenierie.jours.0).map(QuarterDays),
            cout: plan.state.is_confirmed().then(|| plan.state.total_cents()),
        };
        if self.cas.as_ref() == Some(&(cas.clone(), structures.clone())) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::CasPublished { cas, structures }]))
    }

    /// Takes the case out of the library. The reason is mandatory (INV-36).
    pub fn unpublish_cas(&self, asked: &Asked, motif: Prose) -> Decision<Self> {
        self.visible_to(asked, &UNPUBLISH_CAS)?;
        if self.cas.is_none() {
            return Ok(Decided::nothing());
        }
        let dossier = Subject::dossier(self.ingenierie.ok_or(Common::NotFound {})?);
        let motif = Some(Sealed::new(dossier, motif));
        Ok(self.records(asked, [Event::CasUnpublished { cause: CauseRetrait::Decision, motif }]))
    }

    /// INV-33; charter of the DLA 06: a case names those who took part and agree.
    fn may_name(
        &self,
        ingenierie: &Dossier,
        structures: &BTreeSet<OrganisationId>,
    ) -> Result<(), Refusal> {
        if structures.len() > STRUCTURES_MAX {
            return Err(Refusal::CasStructuresTooMany { max: STRUCTURES_MAX });
        }
        let mut named = structures.iter().copied();
        let stranger = named.clone().find(|it| !ingenierie.mobilisees.contains(it));
        if let Some(structure) = stranger {
            return Err(Refusal::CasStructureNotConcerned { structure });
        }
        // With one structure, where and what it is about says who it is.
        if ingenierie.genre == Genre::Individuelle && structures.is_empty() {
            return Err(Refusal::CasStructureMissing {});
        }
        if let Some(structure) = named.find(|it| !self.consents.contains(it)) {
            return Err(Refusal::CasConsentementMissing { structure });
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests;
