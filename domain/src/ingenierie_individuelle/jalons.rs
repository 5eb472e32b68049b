//! How far a mission has come: validated by the porteuse, started, done; given up, taken up again.

use super::{ABANDON, Event, FINALISE, IngenierieIndividuelle, REOPEN, Refusal, START, VALIDATE};
use crate::{
    Asked, Decided, Decision, DlaId, PlanFinancement, Prose, Right, RoleName, Rule, SeanceComiteId,
    Seen,
    ingenierie_collective::{Etat, engager::SensAvis},
    refusal::Common,
    seance_comite_appui,
};

impl IngenierieIndividuelle {
    /// Passes the first milestone: whoever answers for the porteuse inscribes the mission in its
    /// activities (INV-08).
    pub fn validate_demarche_individuelle(&self, asked: &Asked) -> Decision<Self> {
        self.open_to(asked, &VALIDATE)?;
        let dla = self.porteur.ok_or(Common::NotFound {})?;
        if self.etat >= Some(Etat::Engagee) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::DemarcheValidated { dla }]))
    }

    /// Takes the avis that the comité d'appui gave in a séance, in place of the former one. The
    /// house brings it, once the séance is closed. A mission needs none: the comité may examine it.
    pub fn receive_avis(
        &self,
        asked: &Asked,
        dla: DlaId,
        seance: SeanceComiteId,
        avis: seance_comite_appui::Avis,
    ) -> Decision<Self> {
        self.open_to(asked, &Right { act: "receiveAvis", roles: &[RoleName::House] })?;
        if self.porteur != Some(dla) {
            return Err(Common::NotFound {}.into());
        }
        let seal = |it: Option<Prose>| it.map(|it| self.sealed(it)).transpose();
        let recorded = Event::AvisComiteAppuiRecorded {
            dla,
            sens: avis.sens,
            commentaire: seal(avis.commentaire)?,
            reserves: seal(avis.reserves)?,
            seance,
        };
        Ok(self.records(asked, [recorded]))
    }

    /// Passes the second milestone: the mission starts. A plan de financement is not needed, and
    /// one that is open holds it up (INV-11).
    pub fn start_ingenierie_individuelle(
        &self,
        asked: &Asked,
        plan: &Seen<PlanFinancement>,
    ) -> Decision<Self> {
        self.open_to(asked, &START)?;
        match self.etat {
            Some(Etat::Engagee) => (),
            Some(Etat::EnIntervention) => return Ok(Decided::nothing()),
            _ => return Err(Refusal::NotValidated {}),
        }
        let plan = (plan.exists() && plan.state.ingenierie() == self.id).then_some(plan);
        if plan.is_some_and(|it| !it.state.is_confirmed()) {
            return Err(Refusal::PlanOpen {});
        }
        let mut events = vec![];
        // INV-07: the comité is consultative; going on against it is explained.
        if self.avis == Some(SensAvis::Defavorable) {
            let (rule, because) = asked.waive(Rule::AvisDefavorable, self.subject()?)?;
            events.push(Event::RuleWaived { rule, because });
        }
        events.push(Event::IngenierieIndividuelleStarted { plan: plan.map(|it| it.id) });
        let decided = self.records(asked, events);
        Ok(match plan {
            Some(plan) => decided.expecting(plan),
            None => decided,
        })
    }

    /// Passes the last milestone: the mission is done, on the date of the request.
    pub fn finalise_ingenierie_individuelle(&self, asked: &Asked) -> Decision<Self> {
        asked.may(&FINALISE, &self.perimeter())?;
        if self.etat == Some(Etat::Finalisee) {
            return Ok(Decided::nothing());
        }
        self.open_to(asked, &FINALISE)?;
        if self.etat != Some(Etat::EnIntervention) {
            return Err(Refusal::NotStarted {});
        }
        Ok(self.records(asked, [Event::IngenierieIndividuelleFinalised {}]))
    }

    /// Gives the mission up. The reason is mandatory (INV-36).
    pub fn abandon_ingenierie_individuelle(&self, asked: &Asked, motif: Prose) -> Decision<Self> {
        asked.may(&ABANDON, &self.perimeter())?;
        if self.etat == Some(Etat::Abandonnee) {
            return Ok(Decided::nothing());
        }
        self.open_to(asked, &ABANDON)?;
        let motif = self.sealed(motif)?;
        let abandoned = self
            .etat
            .map(|etat| Event::IngenierieIndividuelleAbandoned { etat, motif });
        Ok(self.records(asked, abandoned))
    }

    /// Goes on after the end, in the state it had before, with a reason. What is not over is
    /// already open.
    pub fn reopen_ingenierie_individuelle(&self, asked: &Asked, motif: Prose) -> Decision<Self> {
        asked.may(&REOPEN, &self.perimeter())?;
        let before = match self.etat {
            Some(Etat::Finalisee) => Some(Etat::EnIntervention),
            Some(Etat::Abandonnee) => self.abandoned_in,
            _ => None,
        };
        let Some(etat) = before else { return Ok(Decided::nothing()) };
        let motif = self.sealed(motif)?;
        Ok(self.records(asked, [Event::IngenierieIndividuelleReopened { etat, motif }]))
    }
}
