//! What a prestataire offers to the network: the directory is searched by it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{END_REFERENCE, Event, Organisation, OrganisationRole, REFERENCE, Refusal};
use crate::{
    Asked, Code, Decided, Decision, Line, OrganisationId, Prose, Sealed, Subject, Territoire,
};

/// The longest list of a referencing.
pub const REFERENCEMENT_MAX: usize = 30;

/// In what, for whom and where a prestataire takes missions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Referencement {
    /// Of `Liste::TypePrestation`.
    pub themes: BTreeSet<Code>,
    /// Of `Liste::Secteur`; none stands for all.
    pub secteurs: BTreeSet<Code>,
    /// None stands for all.
    pub territoires: BTreeSet<Territoire>,
    /// Skills, in the words of the trade.
    pub competences: BTreeSet<Line>,
}

impl Organisation {
    /// References it as a prestataire, or says anew what it offers.
    pub fn reference_prestataire(
        &self,
        asked: &Asked,
        referencement: Referencement,
    ) -> Decision<Self> {
        self.open_to(asked, &REFERENCE)?;
        if !self.holds(OrganisationRole::Prestataire) {
            return Err(Refusal::NotPrestataire {});
        }
        referencement.check()?;
        if self.referencement.as_ref() == Some(&referencement) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::PrestataireReferenced { referencement }]))
    }

    /// Takes it out of the directory of prestataires. The reason is mandatory (INV-36).
    pub fn end_referencement_prestataire(
        &self,
        asked: &Asked,
        id: OrganisationId,
        motif: Prose,
    ) -> Decision<Self> {
        asked.may(&END_REFERENCE, &self.perimeter())?;
        self.not_merged()?;
        if self.referencement.is_none() {
            return Ok(Decided::nothing());
        }
        let motif = Sealed::new(Subject::organisation(id), motif);
        Ok(self.records(asked, [Event::PrestataireReferencementEnded { motif }]))
    }
}

impl Referencement {
    fn check(&self) -> Result<(), Refusal> {
        if self.themes.is_empty() && self.competences.is_empty() {
            return Err(Refusal::ReferencementEmpty {});
        }
        let lists = [
            ("themes", self.themes.len()),
            ("secteurs", self.secteurs.len()),
            ("territoires", self.territoires.len()),
            ("competences", self.competences.len()),
        ];
        match lists.into_iter().find(|(_, len)| *len > REFERENCEMENT_MAX) {
            Some((field, _)) => {
                Err(Refusal::ReferencementTooLong { field, max: REFERENCEMENT_MAX })
            }
            None => Ok(()),
        }
    }
}
