//! Two records of one organisation become one: the survivor stands for both.

use super::{Event, Identifiants, MERGE, Organisation, Refusal};
use crate::{
    Asked, Decided, Decision, OrganisationId, Prose, Sealed, Seen, Subject, refusal::Common,
};

impl Organisation {
    /// Merges it into the one that stands for both from then on. The reason is mandatory (INV-36).
    ///
    /// It keeps the identifiers of a kind that the survivor has as well, so that nobody registers
    /// it a third time; those that the survivor lacks are left for the survivor to take up.
    pub fn merge_organisations(
        &self,
        asked: &Asked,
        id: OrganisationId,
        survivor: &Seen<Self>,
        motif: Prose,
    ) -> Decision<Self> {
        asked.may(&MERGE, &self.perimeter())?;
        let identite = self.identite.as_ref().ok_or(Common::NotFound {})?;
        match self.merged_into {
            Some(known) if known == survivor.id => return Ok(Decided::nothing()),
            Some(survivor) => return Err(Refusal::OrganisationMergedInto { survivor }),
            None => (),
        }
        if survivor.id == id || survivor.state.is_closed() {
            return Err(Refusal::SurvivorUnfit { survivor: survivor.id });
        }
        let Some(known) = &survivor.state.identite else { return Err(Common::NotFound {}.into()) };
        let kept = identite.identifiants.of_kinds(&known.identifiants);
        let motif = Sealed::new(Subject::organisation(id), motif);
        let merged = Event::OrganisationMerged { survivor: survivor.id, motif };
        let decided = self.records(asked, [merged]).expecting(survivor);
        Ok(kept.claimed_in(decided, &identite.identifiants))
    }

    /// What was merged answers no more: the one that stands for it does.
    pub(super) fn not_merged(&self) -> Result<(), Refusal> {
        self.merged_into
            .map_or(Ok(()), |survivor| Err(Refusal::OrganisationMergedInto { survivor }))
    }
}

impl Identifiants {
    /// Those of a kind that the others hold as well.
    fn of_kinds(&self, others: &Self) -> Self {
        fn both<T: Clone>(own: Option<&T>, other: Option<&T>) -> Option<T> {
            other.and(own).cloned()
        }
        Self {
            siret: both(self.siret.as_ref(), others.siret.as_ref()),
            siren: both(self.siren.as_ref(), others.siren.as_ref()),
            rna: both(self.rna.as_ref(), others.rna.as_ref()),
            ridet: both(self.ridet.as_ref(), others.ridet.as_ref()),
            tahiti: both(self.tahiti.as_ref(), others.tahiti.as_ref()),
        }
    }
}
