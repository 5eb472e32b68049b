//! Step 4 of the method, FINALISER: the intervention starts and ends; and, at any time,
//! what is left out of the method. Evaluation and capitalisation are aggregates of their own.

use super::{
    ABANDON, Etat, Event, FINALISE, INFORM, IngenierieCollective, LIST_MAX, REOPEN, Refusal, SKIP,
    START, UNSKIP, activites::ActiviteMethode, bounded,
};
use crate::{Asked, Decided, Decision, Line, OrganisationId, PlanFinancement, Prose, Seen};

impl IngenierieCollective {
    /// Passes the third milestone: the intervention starts, on a confirmed plan de financement.
    pub fn start_ingenierie(&self, asked: &Asked, plan: &Seen<PlanFinancement>) -> Decision<Self> {
        self.past(asked, &START, Etat::Confirmee)?;
        if self.etat == Some(Etat::EnIntervention) {
            return Ok(Decided::nothing());
        }
        if let Some(no) = self.blocks_start(plan) {
            return Err(no);
        }
        let started = Event::IngenierieCollectiveStarted { plan: plan.id };
        Ok(self.records(asked, [started]).expecting(plan))
    }

    /// Notes that partners were told how it goes (RUL-31), once the projet is confirmed. Each
    /// one counts.
    pub fn inform_partenaires(
        &self,
        asked: &Asked,
        destinataires: Vec<OrganisationId>,
        objet: Line,
        message: Option<Prose>,
    ) -> Decision<Self> {
        self.past(asked, &INFORM, Etat::Confirmee)?;
        bounded("destinataires", LIST_MAX, &destinataires, Refusal::InformedMissing {})?;
        let destinataires = self.associes(destinataires)?;
        let message = message.map(|it| self.sealed(it)).transpose()?;
        let informed = Event::PartenairesInformed { destinataires, objet, message };
        Ok(self.records(asked, [informed]))
    }

    /// Passes the last milestone: the intervention is done, on the date of the request.
    pub fn finalise_ingenierie(&self, asked: &Asked) -> Decision<Self> {
        asked.may(&FINALISE, &self.perimeter())?;
        if self.etat == Some(Etat::Finalisee) {
            return Ok(Decided::nothing());
        }
        self.past(asked, &FINALISE, Etat::EnIntervention)?;
        Ok(self.records(asked, [Event::IngenierieCollectiveFinalised {}]))
    }

    /// Gives the ingénierie up. The reason is mandatory (INV-36).
    pub fn abandon_ingenierie(&self, asked: &Asked, motif: Prose) -> Decision<Self> {
        asked.may(&ABANDON, &self.perimeter())?;
        if self.etat == Some(Etat::Abandonnee) {
            return Ok(Decided::nothing());
        }
        self.open_to(asked, &ABANDON)?;
        let motif = self.sealed(motif)?;
        let abandoned = self
            .etat
            .map(|etat| Event::IngenierieCollectiveAbandoned { etat, motif });
        Ok(self.records(asked, abandoned))
    }

    /// Goes on after the end, in the state it had before. What is not over is already open:
    /// a second request does not go further back.
    pub fn reopen_ingenierie(&self, asked: &Asked, motif: Prose) -> Decision<Self> {
        asked.may(&REOPEN, &self.perimeter())?;
        let Some(etat) = self.before_the_end() else { return Ok(Decided::nothing()) };
        let motif = self.sealed(motif)?;
        Ok(self.records(asked, [Event::IngenierieCollectiveReopened { etat, motif }]))
    }

    /// Leaves an activity of the method out. The reason is mandatory (INV-36, RUL-01).
    pub fn skip_activite(
        &self,
        asked: &Asked,
        activite: ActiviteMethode,
        motif: Prose,
    ) -> Decision<Self> {
        self.open_to(asked, &SKIP)?;
        if self.skipped.contains(&activite) {
            return Ok(Decided::nothing());
        }
        let motif = self.sealed(motif)?;
        Ok(self.records(asked, [Event::ActiviteSkipped { activite, motif }]))
    }

    /// Takes an activity up again.
    pub fn unskip_activite(&self, asked: &Asked, activite: ActiviteMethode) -> Decision<Self> {
        self.open_to(asked, &UNSKIP)?;
        if !self.skipped.contains(&activite) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::ActiviteUnskipped { activite }]))
    }

    fn before_the_end(&self) -> Option<Etat> {
        match self.etat {
            Some(Etat::Finalisee) => Some(Etat::EnIntervention),
            Some(Etat::Abandonnee) => self.abandoned_in,
            _ => None,
        }
    }
}
