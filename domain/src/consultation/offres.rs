//! The offres: sent sealed, withdrawn or declined before the opening, opened together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Consultation, DECLINE, Event, OPEN, REJECT, Refusal, SUBMIT, WITHDRAW};
use crate::{
    Asked, Cents, ConsultationId, Decided, Decision, Dossier, OrganisationId, Prose, QuarterDays,
    Sealed, Subject, actor::Right, refusal::Common,
};

/// What a prestataire offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Offre {
    pub montant: Cents,
    pub jours: Option<QuarterDays>,
    pub proposition: Option<Prose>,
}

/// What the opening shows of an offre.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OffreOuverte {
    pub prestataire: OrganisationId,
    pub montant: Cents,
    pub jours: Option<QuarterDays>,
}

/// Why an offre is out of the competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CauseRejet {
    /// It came after the deadline: it is not opened.
    Tardive,
    /// It was opened, and does not answer the cahier des charges.
    Irrecevable,
}

impl Consultation {
    /// Receives an offre, or a better one from the same prestataire.
    ///
    /// An offre is sealed, so that nobody can tell whether it is the same as the last:
    /// each one sent is a new fact.
    pub fn submit_offre(
        &self,
        asked: &Asked,
        (id, ingenierie): (ConsultationId, &Dossier),
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
        self.goes_on(ingenierie)?;
        let offre = Sealed::new(Subject::offre(id.0, prestataire), offre);
        Ok(self
            .records(asked, [Event::OffreReceived { prestataire, offre }])
            .expecting(ingenierie))
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

    /// Puts an offre out of the competition: one that came on paper after the deadline, or one
    /// that was opened and cannot be admitted (INV-02). The reason is mandatory (INV-36), and the
    /// bidder is told the result like the others (INV-05).
    pub fn reject_offre(
        &self,
        asked: &Asked,
        prestataire: OrganisationId,
        cause: CauseRejet,
        motif: Prose,
    ) -> Decision<Self> {
        self.open_to(asked, &REJECT)?;
        if self.rejected.contains(&prestataire) {
            return Ok(Decided::nothing());
        }
        self.undecided()?;
        if !self.consulted.contains(&prestataire) {
            return Err(Refusal::NotConsulted { prestataire });
        }
        match cause {
            CauseRejet::Tardive => {
                let deadline = self.launched()?;
                if asked.date() <= deadline || self.offres.contains(&prestataire) {
                    return Err(Refusal::OffreNotLate { deadline });
                }
            }
            CauseRejet::Irrecevable => {
                self.admissible(prestataire)?;
            }
        }
        let motif = Sealed::new(self.subject()?, motif);
        Ok(self.records(asked, [Event::OffreRejected { prestataire, cause, motif }]))
    }

    /// The price of an offre that was opened and not rejected.
    pub(super) fn admissible(&self, prestataire: OrganisationId) -> Result<Cents, Refusal> {
        let Some(opened) = &self.opened else { return Err(Refusal::OffresNotOpen {}) };
        match opened.get(&prestataire) {
            Some(montant) if !self.rejected.contains(&prestataire) => Ok(*montant),
            _ => Err(Refusal::NoOffre { prestataire }),
        }
    }

    /// Those who are to be told the result.
    pub(super) fn bidders(&self) -> impl Iterator<Item = OrganisationId> {
        self.offres.union(&self.rejected).copied()
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
