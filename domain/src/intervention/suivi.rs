//! How an intervention is followed, and how it ends.

use super::{
    CLOSE, DLA_PRESENCE, EtapePresence, EtatSeance, Event, Intervention, PROGRESS, RAPPORT, RELATE,
    Refusal,
};
use crate::{
    Asked, Decided, Decision, DlaId, Dossier, OrganisationId, Prose, RoleName,
    ingenierie_collective::LIST_MAX, refusal::Common, rules::Rule,
};

impl Intervention {
    /// Puts a structure that takes part and an intervenant in contact (method, step 4 A1a).
    pub fn make_mise_en_relation(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        structure: OrganisationId,
        intervenant: OrganisationId,
    ) -> Decision<Self> {
        self.open_to(asked, &RELATE)?;
        self.carries_out(ingenierie)?;
        if self.relations.contains(&(structure, intervenant)) {
            return Ok(Decided::nothing());
        }
        if !ingenierie.mobilisees.contains(&structure) {
            return Err(Refusal::StructureAbsent { structure });
        }
        let made = Event::MiseEnRelationMade { structure, intervenant };
        Ok(self.records(asked, [made]).expecting(ingenierie))
    }

    /// Notes that someone of a DLA was there (RUL-11).
    pub fn record_dla_presence(
        &self,
        asked: &Asked,
        dla: DlaId,
        etape: EtapePresence,
    ) -> Decision<Self> {
        self.open_to(asked, &DLA_PRESENCE)?;
        if !self.dlas.contains(&dla) {
            return Err(Refusal::DlaElsewhere { dla });
        }
        if !asked.by.serves(dla) {
            return Err(Common::Forbidden { act: DLA_PRESENCE.act.to_owned() }.into());
        }
        if self.presences.contains(&(etape, dla)) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::DlaPresenceRecorded { dla, etape }]))
    }

    /// Notes what partners were told of the progress (RUL-31).
    pub fn report_progress(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        avancement: Prose,
        destinataires: Vec<OrganisationId>,
    ) -> Decision<Self> {
        self.open_to(asked, &PROGRESS)?;
        self.carries_out(ingenierie)?;
        if !(1..=LIST_MAX).contains(&destinataires.len()) {
            return Err(Refusal::DestinatairesOutOfRange { max: LIST_MAX });
        }
        let known = |it: &OrganisationId| {
            ingenierie.mobilisees.contains(it) || ingenierie.partenaires.contains_key(it)
        };
        if let Some(organisation) = destinataires.iter().copied().find(|it| !known(it)) {
            return Err(Refusal::DestinataireUnknown { organisation });
        }
        let avancement = self.sealed(avancement)?;
        Ok(self.records(asked, [Event::ProgressReported { avancement, destinataires }]))
    }

    /// Notes that an intervenant handed its mission report. It hands its own. A text is a report
    /// more: sealed, it cannot be compared with the last.
    pub fn deliver_rapport_mission(
        &self,
        asked: &Asked,
        intervenant: OrganisationId,
        resume: Option<Prose>,
    ) -> Decision<Self> {
        asked.may(&RAPPORT, &self.perimeter())?;
        if asked.by.role.name() == RoleName::Prestataire
            && asked.by.answers_for() != Some(intervenant)
        {
            return Err(Common::NotFound {}.into());
        }
        if resume.is_none() && self.rapports.contains(&intervenant) {
            return Ok(Decided::nothing());
        }
        let resume = resume.map(|it| self.sealed(it)).transpose()?;
        Ok(self.records(asked, [Event::RapportMissionDelivered { intervenant, resume }]))
    }

    /// Ends the intervention, once nothing scheduled is left.
    pub fn close_intervention(&self, asked: &Asked) -> Decision<Self> {
        asked.may(&CLOSE, &self.perimeter())?;
        if self.closed {
            return Ok(Decided::nothing());
        }
        let waits = |it: &EtatSeance| matches!(it, EtatSeance::Scheduled | EtatSeance::Certified);
        let waiting = self.seances.iter().filter(|(_, it)| waits(&it.state));
        let seances: Vec<_> = waiting.map(|(seance, _)| *seance).collect();
        if !seances.is_empty() {
            return Err(Refusal::SeancesWaiting { seances });
        }
        // INV-30: the DLA is there at least at the start and at the closing.
        let attended = |at: EtapePresence| self.presences.iter().any(|(etape, _)| *etape == at);
        let mut events = vec![];
        if !attended(EtapePresence::Demarrage) || !attended(EtapePresence::Cloture) {
            let (rule, because) = asked.waive(Rule::DlaPresent, self.subject()?)?;
            events.push(Event::RuleWaived { rule, because });
        }
        events.push(Event::InterventionClosed {});
        Ok(self.records(asked, events))
    }
}
