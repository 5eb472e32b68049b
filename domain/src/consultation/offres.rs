//! The offres: sent sealed, withdrawn or declined before the opening, opened together.

use std::collections::{BTreeMap, BTreeSet};

use super::{Consultation, DECLINE, Event, OPEN, Offre, OffreOuverte, Refusal, SUBMIT, WITHDRAW};
use crate::{
    Asked, ConsultationId, Decided, Decision, OrganisationId, Sealed, Subject, actor::Right,
    refusal::Common,
};

impl Consultation {
    /// Receives an offre, or a better one from the same prestataire.
    ///
    /// An offre is sealed, so that nobody can tell whether it is the same as the last:
    /// each one sent is a new fact.
    pub fn submit_offre(
        &self,
        asked: &Asked,
        id: ConsultationId,
        prestataire: OrganisationId,
        offre: Offre,
    ) -> Decision<Self> {
        self.bidder(asked, &SUBMIT, prestataire)?;
        self.undecided()?;
        self.not_opened()?;
        let deadline = self.launched()?;
        // The DLA notes when it received an offre on paper; a bidder cannot turn the clock back.
        let in_person = asked.by.answers_for().is_some();
        if in_person && asked.date() != asked.today {
            return Err(Refusal::OffreBackdated {});
        }
        if asked.date() > deadline {
            return Err(Refusal::OffreLate { deadline });
        }
        let offre = Sealed::new(Subject::offre(id.0, prestataire), offre);
        Ok(self.records(asked, [Event::OffreReceived { prestataire, offre }]))
    }

    /// Takes an offre back.
    pub fn withdraw_offre(&self, asked: &Asked, prestataire: OrganisationId) -> Decision<Self> {
        self.bidder(asked, &WITHDRAW, prestataire)?;
        if !self.offres.contains(&prestataire) {
            return Ok(Decided::nothing());
        }
        self.undecided()?;
        self.not_opened()?;
        Ok(self.records(asked, [Event::OffreWithdrawn { prestataire }]))
    }

    /// Notes that a prestataire will not answer. The offre it may have sent is withdrawn.
    pub fn decline_consultation(
        &self,
        asked: &Asked,
        prestataire: OrganisationId,
    ) -> Decision<Self> {
        self.bidder(asked, &DECLINE, prestataire)?;
        if self.declined.contains(&prestataire) {
            return Ok(Decided::nothing());
        }
        self.undecided()?;
        self.not_opened()?;
        let withdrawn = self.offres.contains(&prestataire);
        let withdrawn = withdrawn.then_some(Event::OffreWithdrawn { prestataire });
        let declined = Event::PrestataireDeclined { prestataire };
        Ok(self.records(asked, withdrawn.into_iter().chain([declined])))
    }

    /// Whose envelopes the log is to open now, and nobody's when they are open already.
    ///
    /// Asked before any envelope is touched: a refusal leaves them all closed (INV-02).
    pub fn envelopes_to_open(&self, asked: &Asked) -> Result<BTreeSet<OrganisationId>, Refusal> {
        self.open_to(asked, &OPEN)?;
        if self.opened.is_some() {
            return Ok(BTreeSet::new());
        }
        self.undecided()?;
        self.nobody_expected(asked)?;
        if self.offres.is_empty() {
            return Err(Refusal::NoOffreReceived {});
        }
        Ok(self.offres.clone())
    }

    /// Opens the offres together, with what their envelopes held, in the order they came.
    ///
    /// The last envelope of a bidder counts, and those of a bidder who withdrew do not.
    pub fn open_offres(&self, asked: &Asked, envelopes: &[OffreOuverte]) -> Decision<Self> {
        let bidders = self.envelopes_to_open(asked)?;
        if bidders.is_empty() {
            return Ok(Decided::nothing());
        }
        let mut last: BTreeMap<_, _> = envelopes.iter().map(|it| (it.prestataire, it)).collect();
        last.retain(|prestataire, _| bidders.contains(prestataire));
        let missing: Vec<_> = bidders
            .into_iter()
            .filter(|it| !last.contains_key(it))
            .collect();
        if !missing.is_empty() {
            return Err(Refusal::EnvelopesMissing { missing });
        }
        let offres = last.into_values().cloned().collect();
        Ok(self.records(asked, [Event::OffresOpened { offres }]))
    }

    /// Past the deadline, or once everyone consulted has answered (INV-02).
    pub(super) fn nobody_expected(&self, asked: &Asked) -> Result<(), Refusal> {
        let deadline = self.launched()?;
        let answered = |it| self.offres.contains(it) || self.declined.contains(it);
        let all_answered = !self.consulted.is_empty() && self.consulted.iter().all(answered);
        if asked.date() > deadline || all_answered {
            return Ok(());
        }
        Err(Refusal::OffresStillExpected { deadline })
    }

    /// Lets pass the bidder itself, or the DLA that notes what the bidder sent it.
    fn bidder(
        &self,
        asked: &Asked,
        right: &Right,
        prestataire: OrganisationId,
    ) -> Result<(), Refusal> {
        self.open_to(asked, right)?;
        if asked.by.answers_for().is_some_and(|it| it != prestataire) {
            return Err(Common::NotFound {}.into());
        }
        if self.consulted.contains(&prestataire) {
            return Ok(());
        }
        Err(Refusal::NotConsulted { prestataire })
    }
}
