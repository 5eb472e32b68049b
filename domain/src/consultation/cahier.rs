//! The cahier des charges: its five sections by editions, and those who are invited to help.

use serde::{Deserialize, Serialize};

use super::{CONTRIBUTE, Consultation, DRAFT, Event, FINALISE, INVITE, Refusal, under_way};
use crate::{
    Asked, Decided, Decision, Dossier, OrganisationId, Place, Prose, Sealed,
    ingenierie_collective::engager::{FINANCEUR_PERMANENT, FINANCEUR_PONCTUEL},
    refusal::{Common, Listed},
};

/// The five sections of a cahier des charges (method, step 3 C2). The fifth is needed when
/// the intervenant takes part in the evaluation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sections {
    /// The overall démarche.
    pub demarche: Option<Prose>,
    /// Objectives of the ingénierie.
    pub objectifs: Option<Prose>,
    /// Object and expected results of the intervention.
    pub resultats: Option<Prose>,
    /// Technical and method conditions to respect.
    pub conditions: Option<Prose>,
    /// The intervenant's role in the evaluation.
    pub evaluation: Option<Prose>,
    /// Whether the intervenant takes part in the evaluation.
    pub evaluation_attendue: bool,
}

/// One of the five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SectionCahier {
    Demarche,
    Objectifs,
    Resultats,
    Conditions,
    Evaluation,
}

/// As what an organisation helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QualiteInvite {
    /// It pays.
    Financeur,
    /// It will be accompanied.
    Structure,
}

impl Consultation {
    /// Writes the cahier des charges of an ingénierie, or its next edition.
    pub fn draft_cahier_des_charges(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        sections: Sections,
    ) -> Decision<Self> {
        asked.may(&DRAFT, &ingenierie.perimeter)?;
        if self.ingenierie.is_some_and(|it| it != ingenierie.id) {
            return Err(Common::AlreadyExists {}.into());
        }
        self.not_over()?;
        if self.edition > 0 && self.sections == sections {
            return Ok(Decided::nothing());
        }
        self.undecided()?;
        if self.deadline.is_some() {
            return Err(Refusal::CahierDesChargesFinal {});
        }
        under_way(ingenierie)?;
        let territoire = ingenierie.territoire.clone().ok_or(Common::NotFound {})?;
        let drafted = Event::CahierDesChargesDrafted {
            ingenierie: ingenierie.id,
            dlas: ingenierie.dlas.clone(),
            territoire: territoire.clone(),
            edition: self.edition + 1,
            sections,
        };
        let place = Place { territoire: Some(territoire), dossier: Some(ingenierie.id) };
        Ok(asked.records(place, [drafted]).expecting(ingenierie))
    }

    /// Makes the last edition final (INV-01).
    pub fn finalise_cahier_des_charges(&self, asked: &Asked) -> Decision<Self> {
        self.open_to(asked, &FINALISE)?;
        if self.finalised {
            return Ok(Decided::nothing());
        }
        self.undecided()?;
        let missing = self.sections.missing();
        if !missing.is_empty() {
            return Err(Refusal::SectionsMissing { missing: Listed(missing) });
        }
        Ok(self.records(asked, [Event::CahierDesChargesFinalised { edition: self.edition }]))
    }

    /// Invites who pays or who will be accompanied to help with the cahier des charges and the
    /// choice (RUL-22). Whoever bids is not invited.
    pub fn invite_partenaire(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        organisation: OrganisationId,
    ) -> Decision<Self> {
        self.open_to(asked, &INVITE)?;
        if self.invites.contains_key(&organisation) {
            return Ok(Decided::nothing());
        }
        self.undecided()?;
        if self.consulted.contains(&organisation) {
            return Err(Refusal::InvitedBids { organisation });
        }
        self.serves(ingenierie)?;
        let pays = ingenierie
            .partenaires
            .get(&organisation)
            .is_some_and(|it| [FINANCEUR_PERMANENT, FINANCEUR_PONCTUEL].contains(&it.as_str()));
        let qualite = if pays {
            QualiteInvite::Financeur
        } else if ingenierie.mobilisees.contains(&organisation) {
            QualiteInvite::Structure
        } else {
            return Err(Refusal::NotInvitable { organisation });
        };
        let invited = Event::PartenaireInvited { organisation, qualite };
        Ok(self.records(asked, [invited]).expecting(ingenierie))
    }

    /// Notes what an invited one would have the cahier des charges say, by itself or by the DLA
    /// that was told, until the call is out. Each one counts: texts cannot be compared.
    pub fn record_cahier_des_charges_contribution(
        &self,
        asked: &Asked,
        organisation: OrganisationId,
        section: Option<SectionCahier>,
        contribution: Prose,
    ) -> Decision<Self> {
        self.open_to(asked, &CONTRIBUTE)?;
        self.invited("organisation", asked, organisation)?;
        self.undecided()?;
        if self.deadline.is_some() {
            return Err(Refusal::CahierDesChargesFinal {});
        }
        let contribution = Sealed::new(self.subject()?, contribution);
        let recorded =
            Event::CahierDesChargesContributionRecorded { organisation, section, contribution };
        Ok(self.records(asked, [recorded]))
    }

    /// Lets pass an invited one, or the DLA that notes what it was told.
    pub(super) fn invited(
        &self,
        field: &'static str,
        asked: &Asked,
        organisation: OrganisationId,
    ) -> Result<QualiteInvite, Refusal> {
        if asked.by.answers_for().is_some_and(|it| it != organisation) {
            return Err(Common::NotFound {}.into());
        }
        let qualite = self.invites.get(&organisation).copied();
        qualite.ok_or(Refusal::NotInvited { field, organisation })
    }
}

impl Sections {
    fn missing(&self) -> Vec<String> {
        [
            ("demarche", self.demarche.is_none()),
            ("objectifs", self.objectifs.is_none()),
            ("resultats", self.resultats.is_none()),
            ("conditions", self.conditions.is_none()),
            ("evaluation", self.evaluation_attendue && self.evaluation.is_none()),
        ]
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(name, _)| name.to_owned())
        .collect()
    }
}
