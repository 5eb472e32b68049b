//! The call: until when, to whom; and the end, once everyone knows.

use super::{CLOSE, CONSULT, Consultation, Event, LAUNCH, Refusal};
use crate::{
    Asked, Date, Decided, Decision, Dossier, Organisation, OrganisationId, Seen,
    organisation::OrganisationRole,
};

impl Consultation {
    /// Asks for offres until a deadline (INV-01).
    pub fn launch_appel_offres(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        deadline: Date,
    ) -> Decision<Self> {
        self.open_to(asked, &LAUNCH)?;
        match self.deadline {
            Some(launched) if launched == deadline => return Ok(Decided::nothing()),
            Some(deadline) => return Err(Refusal::AppelOffresAlreadyLaunched { deadline }),
            None => self.undecided()?,
        }
        if !self.finalised {
            return Err(Refusal::CahierDesChargesNotFinal {});
        }
        if deadline < asked.date() {
            return Err(Refusal::DeadlinePast { deadline });
        }
        self.goes_on(ingenierie)?;
        let launched = self.records(asked, [Event::AppelOffresLaunched { deadline }]);
        Ok(launched.expecting(ingenierie))
    }

    /// Sends the cahier des charges to one more prestataire, while the ingénierie goes on (INV-38).
    pub fn consult_prestataire(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        prestataire: &Seen<Organisation>,
    ) -> Decision<Self> {
        self.open_to(asked, &CONSULT)?;
        if self.consulted.contains(&prestataire.id) {
            return Ok(Decided::nothing());
        }
        self.undecided()?;
        self.not_opened()?;
        let deadline = self.launched()?;
        if asked.date() > deadline {
            return Err(Refusal::TooLateToConsult { deadline });
        }
        referenced(prestataire)?;
        self.not_invited(prestataire.id)?;
        self.goes_on(ingenierie)?;
        let consulted = Event::PrestataireConsulted { prestataire: prestataire.id };
        Ok(self
            .records(asked, [consulted])
            .expecting(prestataire)
            .expecting(ingenierie))
    }

    /// Ends the consultation, once every bidder was informed (INV-05).
    pub fn close_consultation(&self, asked: &Asked) -> Decision<Self> {
        asked.may(&CLOSE, &self.perimeter())?;
        if self.closed {
            return Ok(Decided::nothing());
        }
        if !self.decided() {
            return Err(Refusal::NoResultYet {});
        }
        let waiting: Vec<_> = self
            .bidders()
            .filter(|it| !self.informed.contains(it))
            .collect();
        if !waiting.is_empty() {
            return Err(Refusal::BiddersNotInformed { waiting });
        }
        Ok(self.records(asked, [Event::ConsultationClosed {}]))
    }

    /// Who takes part in the choice does not bid.
    pub(super) fn not_invited(&self, prestataire: OrganisationId) -> Result<(), Refusal> {
        if self.invites.contains_key(&prestataire) {
            return Err(Refusal::PrestataireInvited { prestataire });
        }
        Ok(())
    }
}

/// A mission goes to an organisation of the registry that holds the role.
pub(super) fn referenced(prestataire: &Seen<Organisation>) -> Result<(), Refusal> {
    if prestataire.state.holds(OrganisationRole::Prestataire) {
        return Ok(());
    }
    Err(Refusal::NotPrestataire { prestataire: prestataire.id })
}
