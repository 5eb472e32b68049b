//! Séances: in the calendar, certified, attended.

use super::{
    CANCEL, CERTIFY, EtatSeance, Event, HOLD, Intervention, Moment, NatureSeance, PARTICIPANTS_MAX,
    PRESENCE, REGISTER, RESCHEDULE, Refusal, SCHEDULE, SEANCES_MAX, Seance, UNREGISTER,
};
use crate::{
    Asked, Decided, Decision, Dossier, Line, OrganisationId, PersonId, Prose, Right, RoleName,
    Sealed, Subject, Territoire, ingenierie_collective::Etat, refusal::Common,
};

/// A séance as it is planned.
#[derive(Debug, Clone, PartialEq)]
pub struct SeancePrevue {
    pub nature: NatureSeance,
    /// Of the projet d'intervention, by its title.
    pub module: Option<Line>,
    pub groupe: Option<i32>,
    pub intervenant: Option<OrganisationId>,
    /// That of the ingénierie when none is given.
    pub territoire: Option<Territoire>,
    pub moment: Moment,
}

impl Intervention {
    /// Gives a séance its place in the calendar, under the next number.
    pub fn schedule_seance(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        prevue: SeancePrevue,
    ) -> Decision<Self> {
        self.open_to(asked, &SCHEDULE)?;
        self.carries_out(ingenierie)?;
        if self.seances.len() >= SEANCES_MAX {
            return Err(Refusal::TooManySeances { max: SEANCES_MAX });
        }
        let SeancePrevue { nature, module, groupe, intervenant, territoire, moment } = prevue;
        in_order(&moment)?;
        if module
            .as_ref()
            .is_some_and(|it| !ingenierie.modules.contains(it))
        {
            return Err(Refusal::ModuleUnknown {});
        }
        if let Some(groupe) = groupe.filter(|it| !ingenierie.groupes.contains(it)) {
            return Err(Refusal::GroupeOfSeanceUnknown { groupe });
        }
        if let NatureSeance::Individuelle(structure) = nature {
            mobilised(ingenierie, structure)?;
        }
        let seance = self
            .seances
            .last_key_value()
            .map_or(1, |(last, _)| last + 1);
        let scheduled = Event::SeanceScheduled {
            seance,
            nature,
            module,
            groupe,
            intervenant,
            territoire,
            moment,
        };
        Ok(self.records(asked, [scheduled]).expecting(ingenierie))
    }

    /// Moves a séance. What was certified is to be certified again (RUL-12).
    pub fn reschedule_seance(
        &self,
        asked: &Asked,
        seance: i32,
        moment: Moment,
        motif: Prose,
    ) -> Decision<Self> {
        let planned = self.to_come(asked, &RESCHEDULE, seance)?;
        if planned.moment == moment {
            return Ok(Decided::nothing());
        }
        in_order(&moment)?;
        let motif = self.sealed(motif)?;
        Ok(self.records(asked, [Event::SeanceRescheduled { seance, moment, motif }]))
    }

    /// Takes a séance out of the calendar. The reason is mandatory (INV-36).
    pub fn cancel_seance(&self, asked: &Asked, seance: i32, motif: Prose) -> Decision<Self> {
        self.open_to(asked, &CANCEL)?;
        if self.seance(seance)?.state == EtatSeance::Cancelled {
            return Ok(Decided::nothing());
        }
        self.to_come(asked, &CANCEL, seance)?;
        let motif = self.sealed(motif)?;
        Ok(self.records(asked, [Event::SeanceCancelled { seance, motif }]))
    }

    /// Vouches for the date, the place and the times (RUL-12).
    pub fn certify_seance_information(&self, asked: &Asked, seance: i32) -> Decision<Self> {
        let planned = self.to_come(asked, &CERTIFY, seance)?;
        if planned.state == EtatSeance::Certified {
            return Ok(Decided::nothing());
        }
        let Moment { debut: Some(_), fin: Some(_), lieu: Some(_), .. } = planned.moment else {
            return Err(Refusal::InformationIncomplete {});
        };
        Ok(self.records(asked, [Event::SeanceInformationCertified { seance }]))
    }

    /// Convenes a person of a structure, once the information is certified (INV-31). A structure
    /// convenes its own people.
    pub fn register_participant(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        seance: i32,
        (structure, personne): (OrganisationId, PersonId),
    ) -> Decision<Self> {
        self.sent_by(asked, &REGISTER, structure, ingenierie)?;
        self.carries_out(ingenierie)?;
        let planned = self.seance(seance)?;
        match planned.participants.get(&personne) {
            Some((sent_by, _)) if *sent_by == structure => return Ok(Decided::nothing()),
            Some((structure, _)) => {
                return Err(Refusal::RegisteredForAnother { structure: *structure });
            }
            None => (),
        }
        match planned.state {
            // Someone who came to a séance without being expected is noted afterwards.
            EtatSeance::Certified | EtatSeance::Held => (),
            EtatSeance::Scheduled => return Err(Refusal::InformationNotCertified { seance }),
            EtatSeance::Cancelled => return Err(Refusal::SeanceIsCancelled { seance }),
        }
        mobilised(ingenierie, structure)?;
        if let NatureSeance::Individuelle(only) = planned.nature
            && only != structure
        {
            return Err(Refusal::OtherStructureExpected { structure });
        }
        if planned.participants.len() >= PARTICIPANTS_MAX {
            return Err(Refusal::TooManyParticipants { max: PARTICIPANTS_MAX });
        }
        let registered = Event::ParticipantRegistered { seance, structure, personne };
        Ok(self.records(asked, [registered]).expecting(ingenierie))
    }

    /// No longer expects a person. The reason is mandatory (INV-36).
    pub fn unregister_participant(
        &self,
        asked: &Asked,
        seance: i32,
        personne: PersonId,
        motif: Prose,
    ) -> Decision<Self> {
        self.open_to(asked, &UNREGISTER)?;
        let Some((structure, came)) = self.seance(seance)?.participants.get(&personne) else {
            return Ok(Decided::nothing());
        };
        // What another structure does is not to be known.
        if asked.by.answers_for().is_some_and(|own| own != *structure) {
            return Err(Common::NotFound {}.into());
        }
        if came.is_some() {
            return Err(Refusal::PresenceAlreadyNoted {});
        }
        // It speaks of a person: it goes with what is held on them.
        let motif = Sealed::new(Subject::person(personne), motif);
        Ok(self.records(asked, [Event::ParticipantUnregistered { seance, personne, motif }]))
    }

    /// Notes that a séance took place, on the date of the request.
    pub fn hold_seance(&self, asked: &Asked, ingenierie: &Dossier, seance: i32) -> Decision<Self> {
        self.led_by(asked, &HOLD, seance)?;
        self.carries_out(ingenierie)?;
        if self.seance(seance)?.state == EtatSeance::Held {
            return Ok(Decided::nothing());
        }
        let planned = self.to_come(asked, &HOLD, seance)?;
        if ingenierie.etat != Some(Etat::EnIntervention) {
            return Err(Refusal::IngenierieNotStarted {});
        }
        let date = planned.moment.date;
        if asked.date() < date {
            return Err(Refusal::SeanceToCome { date });
        }
        Ok(self
            .records(asked, [Event::SeanceHeld { seance }])
            .expecting(ingenierie))
    }

    /// Notes whether a person came (INV-31). What is said last counts.
    pub fn record_presence(
        &self,
        asked: &Asked,
        seance: i32,
        personne: PersonId,
        present: bool,
    ) -> Decision<Self> {
        self.led_by(asked, &PRESENCE, seance)?;
        let held = self.seance(seance)?;
        if held.state != EtatSeance::Held {
            return Err(Refusal::SeanceNotHeld { seance });
        }
        match held.participants.get(&personne) {
            None => Err(Refusal::NotRegistered {}),
            Some((_, Some(came))) if *came == present => Ok(Decided::nothing()),
            Some(_) => {
                Ok(self.records(asked, [Event::PresenceRecorded { seance, personne, present }]))
            }
        }
    }

    pub(super) fn seance(&self, seance: i32) -> Result<&Seance, Refusal> {
        self.seances
            .get(&seance)
            .ok_or(Refusal::SeanceUnknown { seance })
    }

    /// A séance that may still change.
    fn to_come(&self, asked: &Asked, right: &Right, seance: i32) -> Result<&Seance, Refusal> {
        self.open_to(asked, right)?;
        let planned = self.seance(seance)?;
        match planned.state {
            EtatSeance::Scheduled | EtatSeance::Certified => Ok(planned),
            EtatSeance::Cancelled => Err(Refusal::SeanceIsCancelled { seance }),
            EtatSeance::Held => Err(Refusal::SeanceAlreadyHeld { seance }),
        }
    }

    /// Lets pass the DLA, and the intervenant of the séance.
    fn led_by(&self, asked: &Asked, right: &Right, seance: i32) -> Result<(), Refusal> {
        self.open_to(asked, right)?;
        let own = asked.by.answers_for();
        if own.is_some() && self.seance(seance)?.intervenant != own {
            return Err(Common::NotFound {}.into());
        }
        Ok(())
    }

    /// Lets pass the DLA, and a structure that takes part, for its own people: it may not have
    /// been convened yet, so that only the ingénierie knows it.
    fn sent_by(
        &self,
        asked: &Asked,
        right: &Right,
        structure: OrganisationId,
        ingenierie: &Dossier,
    ) -> Result<(), Refusal> {
        if asked.by.role.name() != RoleName::StructureBeneficiaire {
            return self.open_to(asked, right);
        }
        asked.may(right, &ingenierie.perimeter)?;
        if asked.by.answers_for() != Some(structure) || self.ingenierie != Some(ingenierie.id) {
            return Err(Common::NotFound {}.into());
        }
        if self.closed { Err(Refusal::InterventionOver {}) } else { Ok(()) }
    }
}

/// INV-20: only those who commit take part.
fn mobilised(ingenierie: &Dossier, structure: OrganisationId) -> Result<(), Refusal> {
    if ingenierie.mobilisees.contains(&structure) {
        return Ok(());
    }
    Err(Refusal::StructureAbsent { structure })
}

fn in_order(moment: &Moment) -> Result<(), Refusal> {
    match (moment.debut, moment.fin) {
        (Some(debut), Some(fin)) if fin <= debut => Err(Refusal::HeuresReversed { debut, fin }),
        _ => Ok(()),
    }
}
