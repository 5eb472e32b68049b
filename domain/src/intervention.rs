//! The intervention: séances are scheduled, certified, held and followed (method, step 4 A).
//!
//! This file holds the facts and the state; what happens to a séance is in `seances`, how the
//! whole is followed and ends in `suivi`.

mod seances;
mod suivi;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::seances::SeancePrevue;
use crate::{
    Asked, Date, Decided, Decider, Decision, DlaId, Dossier, Heure, IngenierieId, Line,
    OrganisationId, PersonId, Place, Prose, Sealed, Subject, Territoire,
    actor::{Perimeter, Right, rights},
    refusal::{Common, refusals},
    rules::Rule,
};

/// Séances of one intervention: more than any case of the method has.
pub const SEANCES_MAX: usize = 500;

/// Participants of one séance.
pub const PARTICIPANTS_MAX: usize = 200;

/// What can happen to an intervention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// The intervention of an ingénierie is followed from now on.
    InterventionOpened { ingenierie: IngenierieId, dlas: Vec<DlaId>, territoire: Territoire },
    /// A séance has a place in the calendar.
    SeanceScheduled {
        seance: i32,
        nature: NatureSeance,
        module: Option<Line>,
        groupe: Option<i32>,
        intervenant: Option<OrganisationId>,
        territoire: Option<Territoire>,
        moment: Moment,
    },
    /// A séance has another place in it: what was certified no longer is.
    SeanceRescheduled { seance: i32, moment: Moment, motif: Sealed<Prose> },
    /// A séance will not take place.
    SeanceCancelled { seance: i32, motif: Sealed<Prose> },
    /// The DLA vouches for the date, the place and the times (method, step 4 A1b).
    SeanceInformationCertified { seance: i32 },
    /// A person of a structure was convened to a séance.
    ParticipantRegistered { seance: i32, structure: OrganisationId, personne: PersonId },
    /// A person is no longer expected at a séance.
    ParticipantUnregistered { seance: i32, personne: PersonId, motif: Sealed<Prose> },
    /// A structure and an intervenant were put in contact (method, step 4 A1a).
    MiseEnRelationMade { structure: OrganisationId, intervenant: OrganisationId },
    /// A séance took place.
    SeanceHeld { seance: i32 },
    /// A person came to a séance, or did not. What was said last counts.
    PresenceRecorded { seance: i32, personne: PersonId, present: bool },
    /// Someone of a DLA was there, at the start or at the closing (method, step 4 A2a).
    DlaPresenceRecorded { dla: DlaId, etape: EtapePresence },
    /// Partners were told how the intervention goes (method, step 4 A2b).
    ProgressReported { avancement: Sealed<Prose>, destinataires: Vec<OrganisationId> },
    /// An intervenant handed its mission report.
    RapportMissionDelivered { intervenant: OrganisationId, resume: Option<Sealed<Prose>> },
    /// A rule was set aside, for the reason given.
    RuleWaived { rule: Rule, because: Sealed<Prose> },
    /// Nothing is left to hold.
    InterventionClosed {},
}

/// Whom a séance is for (method, fiche 5: individual or collective time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", tag = "mode", content = "structure")]
pub enum NatureSeance {
    /// Several structures together.
    Collective,
    /// One structure.
    Individuelle(OrganisationId),
}

/// When and where a séance takes place. What is not known yet is left out, and keeps it from
/// being certified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    pub date: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debut: Option<Heure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fin: Option<Heure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lieu: Option<Line>,
}

/// When the DLA is to be there at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EtapePresence {
    Demarrage,
    Cloture,
}

refusals! {
    /// INV-38.
    IngenierieEnded {} = "INTERVENTION_INGENIERIE_ENDED" at "ingenierie":
        "Cette ingénierie est finalisée ou abandonnée : rouvrez-la avant d'organiser des séances.",
        "This ingénierie is finalised or abandoned: reopen it before organising séances.";
    /// A calendar follows a projet that may be carried out.
    IngenierieNotConfirmed {} = "INGENIERIE_NOT_CONFIRMED" at "ingenierie":
        "Confirmez d'abord l'ingénierie, ou faites valider la démarche si elle est individuelle : son intervention se prépare ensuite.",
        "Confirm the ingénierie first, or have the démarche of an individual one validated: its intervention is prepared after that.";
    /// Nothing is held before the milestone.
    IngenierieNotStarted {} = "INGENIERIE_NOT_STARTED" at "intervention":
        "Démarrez d'abord l'ingénierie : une séance ne se tient qu'ensuite.",
        "Start the ingénierie first: a séance is held only after that.";
    /// The ingénierie of another intervention may not be known here.
    IngenierieElsewhere {} = "INTERVENTION_ELSEWHERE" at "ingenierie":
        "Cette intervention n'est pas celle de cette ingénierie.",
        "This intervention is not the one of this ingénierie.";
    /// It ended.
    InterventionOver {} = "INTERVENTION_OVER" at "intervention":
        "Cette intervention est close : il n'y a plus de séance à organiser.",
        "This intervention is closed: there is no séance left to organise.";
    /// A fact must stay small, and a calendar readable.
    TooManySeances { max: usize } = "TOO_MANY_SEANCES" at "intervention":
        "Une intervention compte au plus {max} séances.",
        "An intervention has at most {max} séances.";
    /// A session ends after it starts.
    HeuresReversed { debut: Heure, fin: Heure } = "HEURES_REVERSED" at "moment":
        "La séance commence à {debut} et finit à {fin} : indiquez une fin postérieure au début.",
        "The séance starts at {debut} and ends at {fin}: give an end after the start.";
    /// Modules are those of the projet d'intervention.
    ModuleUnknown {} = "MODULE_UNKNOWN" at "module":
        "Le projet d'intervention n'a pas de module de ce nom : reprenez l'intitulé d'un de ses modules.",
        "The projet d'intervention has no module of that name: use the title of one of its modules.";
    /// Groupes are those of the ingénierie.
    GroupeOfSeanceUnknown { groupe: i32 } = "SEANCE_GROUPE_UNKNOWN" at "groupe":
        "Aucun groupe de cette ingénierie ne porte le numéro {groupe}.",
        "No groupe of this ingénierie has number {groupe}.";
    /// Only those who take part are convened or visited.
    StructureAbsent { structure: OrganisationId } = "STRUCTURE_NOT_IN_INTERVENTION" at "structure":
        "Cette structure n'est pas mobilisée dans cette ingénierie : mobilisez-la d'abord.",
        "This structure is not mobilised in this ingénierie: mobilise it first.";
    /// An individual séance is for one structure.
    OtherStructureExpected { structure: OrganisationId } = "OTHER_STRUCTURE_EXPECTED" at "structure":
        "Cette séance individuelle est celle d'une autre structure.",
        "This individual séance is the one of another structure.";
    /// No séance has this number.
    SeanceUnknown { seance: i32 } = "SEANCE_UNKNOWN" at "seance":
        "Aucune séance de cette intervention ne porte le numéro {seance}.",
        "No séance of this intervention has number {seance}.";
    /// It will not take place.
    SeanceIsCancelled { seance: i32 } = "SEANCE_CANCELLED" at "seance":
        "La séance {seance} est annulée : programmez-en une autre.",
        "Séance {seance} is cancelled: schedule another one.";
    /// What took place does not move.
    SeanceAlreadyHeld { seance: i32 } = "SEANCE_ALREADY_HELD" at "seance":
        "La séance {seance} s'est tenue : elle ne change plus.",
        "Séance {seance} was held: it no longer changes.";
    /// INV-31: attendance is of a séance that took place.
    SeanceNotHeld { seance: i32 } = "SEANCE_NOT_HELD" at "seance":
        "La séance {seance} ne s'est pas encore tenue : notez d'abord qu'elle s'est tenue.",
        "Séance {seance} was not held yet: note first that it was.";
    /// A date before its cause.
    SeanceToCome { date: Date } = "SEANCE_TO_COME" at "on":
        "La séance est prévue le {date} : reprogrammez-la si elle s'est tenue plus tôt.",
        "The séance is scheduled on {date}: reschedule it if it was held earlier.";
    /// RUL-12: one certifies what is known.
    InformationIncomplete {} = "INFORMATION_INCOMPLETE" at "seance":
        "Complétez le lieu et les horaires de la séance avant de certifier l'information.",
        "Complete the place and the times of the séance before certifying the information.";
    /// INV-31.
    InformationNotCertified { seance: i32 } = "INFORMATION_NOT_CERTIFIED" at "seance":
        "Certifiez d'abord la date, le lieu et les horaires de la séance {seance}.",
        "Certify the date, the place and the times of séance {seance} first.";
    /// A room has its size, and a fact its own.
    TooManyParticipants { max: usize } = "TOO_MANY_PARTICIPANTS" at "personne":
        "Une séance réunit au plus {max} participants.",
        "A séance gathers at most {max} participants.";
    /// One person comes for one structure.
    RegisteredForAnother { structure: OrganisationId } = "REGISTERED_FOR_ANOTHER" at "structure":
        "Cette personne est déjà inscrite à la séance pour une autre structure.",
        "This person is already registered for the séance for another structure.";
    /// INV-31.
    NotRegistered {} = "PARTICIPANT_NOT_REGISTERED" at "personne":
        "Cette personne n'est pas inscrite à cette séance : inscrivez-la d'abord.",
        "This person is not registered for this séance: register them first.";
    /// What was noted of someone is not lost by striking them off.
    PresenceAlreadyNoted {} = "PRESENCE_ALREADY_NOTED" at "personne":
        "La présence de cette personne est déjà notée : corrigez-la plutôt.",
        "The attendance of this person is already noted: correct it instead.";
    /// Only a DLA of the ingénierie attends as such.
    DlaElsewhere { dla: DlaId } = "INTERVENTION_DLA_ELSEWHERE" at "dla":
        "Ce DLA ne participe pas à cette ingénierie.",
        "This DLA takes no part in this ingénierie.";
    /// A report is made to somebody.
    DestinatairesOutOfRange { max: usize } = "DESTINATAIRES_OUT_OF_RANGE" at "destinataires":
        "Indiquez entre 1 et {max} partenaires informés.",
        "Give between 1 and {max} partners that were told.";
    /// Partners are those of the ingénierie.
    DestinataireUnknown { organisation: OrganisationId } = "DESTINATAIRE_UNKNOWN" at "destinataires":
        "Une des organisations informées n'est pas partenaire de cette ingénierie.",
        "One of the organisations told is no partner of this ingénierie.";
    /// What is scheduled is held or cancelled before the end.
    SeancesWaiting { seances: Vec<i32> } = "SEANCES_WAITING" at "intervention":
        "Notez d'abord que chaque séance programmée s'est tenue, ou annulez-la.",
        "Note first that each scheduled séance was held, or cancel it.";
}

rights! {
    OPEN = "openIntervention": ChargeDeMission;
    SCHEDULE = "scheduleSeance": ChargeDeMission, Integration;
    RESCHEDULE = "rescheduleSeance": ChargeDeMission, Integration;
    CANCEL = "cancelSeance": ChargeDeMission;
    CERTIFY = "certifySeanceInformation": ChargeDeMission;
    REGISTER = "registerParticipant": ChargeDeMission, StructureBeneficiaire, Integration;
    UNREGISTER = "unregisterParticipant": ChargeDeMission, StructureBeneficiaire, Integration;
    RELATE = "makeMiseEnRelation": ChargeDeMission;
    HOLD = "holdSeance": ChargeDeMission, Prestataire;
    PRESENCE = "recordPresence": ChargeDeMission, Prestataire, Integration;
    DLA_PRESENCE = "recordDlaPresence": ChargeDeMission;
    PROGRESS = "reportProgress": ChargeDeMission;
    RAPPORT = "deliverRapportMission": ChargeDeMission, Prestataire;
    CLOSE = "closeIntervention": ChargeDeMission;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Intervention {
    ingenierie: Option<IngenierieId>,
    dlas: BTreeSet<DlaId>,
    territoire: Option<Territoire>,
    seances: BTreeMap<i32, Seance>,
    /// Those that ever sent somebody: what they saw once, they see.
    convened: BTreeSet<OrganisationId>,
    relations: BTreeSet<(OrganisationId, OrganisationId)>,
    presences: BTreeSet<(EtapePresence, DlaId)>,
    rapports: BTreeSet<OrganisationId>,
    closed: bool,
}

/// Where a séance stands.
#[derive(Debug, Clone, PartialEq)]
struct Seance {
    nature: NatureSeance,
    intervenant: Option<OrganisationId>,
    moment: Moment,
    state: EtatSeance,
    /// By whom each person was sent, and whether they came.
    participants: BTreeMap<PersonId, (OrganisationId, Option<bool>)>,
}

/// How far a séance has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EtatSeance {
    Scheduled,
    Certified,
    Cancelled,
    Held,
}

impl Intervention {
    /// Follows the intervention of an ingénierie, of which there is one.
    pub fn open_intervention(&self, asked: &Asked, ingenierie: &Dossier) -> Decision<Self> {
        asked.may(&OPEN, &ingenierie.perimeter)?;
        if self.ingenierie.is_some() {
            return Err(Common::AlreadyExists {}.into());
        }
        going_on(ingenierie)?;
        let territoire = ingenierie.territoire.clone().ok_or(Common::NotFound {})?;
        let opened = Event::InterventionOpened {
            ingenierie: ingenierie.id,
            dlas: ingenierie.dlas.clone(),
            territoire: territoire.clone(),
        };
        let place = Place { territoire: Some(territoire), dossier: Some(ingenierie.id) };
        Ok(asked
            .records(place, [opened])
            .claiming(Self::CATEGORY, ingenierie.id.0)
            .expecting(ingenierie))
    }

    /// The ingénierie it carries out.
    pub fn ingenierie(&self) -> Option<IngenierieId> {
        self.ingenierie
    }

    /// Who may know that it exists: its DLAs, those who intervene, the structures that take part.
    pub fn perimeter(&self) -> Perimeter {
        let seances = self.seances.values();
        let visited = seances.clone().filter_map(|it| match it.nature {
            NatureSeance::Collective => None,
            NatureSeance::Individuelle(structure) => Some(structure),
        });
        Perimeter::of_dlas(self.dlas.iter().copied())
            .and(seances.filter_map(|it| it.intervenant))
            .and(visited)
            .and(self.convened.iter().copied())
            .and(
                self.relations
                    .iter()
                    .flat_map(|(one, other)| [*one, *other]),
            )
    }

    fn open_to(&self, asked: &Asked, right: &Right) -> Result<(), Refusal> {
        asked.may(right, &self.perimeter())?;
        if self.closed { Err(Refusal::InterventionOver {}) } else { Ok(()) }
    }

    /// Its own ingénierie, which is not over (INV-38). Another one is answered as an absent one.
    fn carries_out(&self, ingenierie: &Dossier) -> Result<(), Refusal> {
        if self.ingenierie != Some(ingenierie.id) {
            return Err(Refusal::IngenierieElsewhere {});
        }
        going_on(ingenierie)
    }

    fn subject(&self) -> Result<Subject, Refusal> {
        Ok(Subject::dossier(self.ingenierie.ok_or(Common::NotFound {})?))
    }

    fn sealed(&self, text: Prose) -> Result<Sealed<Prose>, Refusal> {
        Ok(Sealed::new(self.subject()?, text))
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        let place = Place { territoire: self.territoire.clone(), dossier: self.ingenierie };
        asked.records(place, events)
    }
}

fn going_on(ingenierie: &Dossier) -> Result<(), Refusal> {
    if ingenierie.is_over() {
        return Err(Refusal::IngenierieEnded {});
    }
    if !ingenierie.ready {
        return Err(Refusal::IngenierieNotConfirmed {});
    }
    Ok(())
}

impl Decider for Intervention {
    const CATEGORY: &'static str = "intervention";

    type Id = crate::InterventionId;
    type Event = Event;
    type Refusal = Refusal;

    fn part_of(&self) -> Option<(IngenierieId, &BTreeSet<DlaId>)> {
        Some((self.ingenierie?, &self.dlas))
    }

    fn joined_by(&mut self, dlas: &BTreeSet<DlaId>) {
        self.dlas.extend(dlas);
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::InterventionOpened { ingenierie, dlas, territoire } => {
                self.ingenierie = Some(*ingenierie);
                self.dlas = dlas.iter().copied().collect();
                self.territoire = Some(territoire.clone());
            }
            Event::SeanceScheduled { seance, nature, intervenant, moment, .. } => {
                let scheduled = Seance {
                    nature: *nature,
                    intervenant: *intervenant,
                    moment: moment.clone(),
                    state: EtatSeance::Scheduled,
                    participants: BTreeMap::new(),
                };
                self.seances.insert(*seance, scheduled);
            }
            Event::SeanceRescheduled { seance, moment, .. } => self.of(*seance, |it| {
                it.moment = moment.clone();
                it.state = EtatSeance::Scheduled;
            }),
            Event::SeanceCancelled { seance, .. } => {
                self.of(*seance, |it| it.state = EtatSeance::Cancelled);
            }
            Event::SeanceInformationCertified { seance } => {
                self.of(*seance, |it| it.state = EtatSeance::Certified);
            }
            Event::SeanceHeld { seance } => self.of(*seance, |it| it.state = EtatSeance::Held),
            Event::ParticipantRegistered { seance, structure, personne } => {
                self.convened.insert(*structure);
                self.of(*seance, |it| {
                    it.participants.insert(*personne, (*structure, None));
                });
            }
            Event::ParticipantUnregistered { seance, personne, .. } => {
                self.of(*seance, |it| {
                    it.participants.remove(personne);
                });
            }
            Event::PresenceRecorded { seance, personne, present } => self.of(*seance, |it| {
                if let Some((_, came)) = it.participants.get_mut(personne) {
                    *came = Some(*present);
                }
            }),
            Event::MiseEnRelationMade { structure, intervenant } => {
                self.relations.insert((*structure, *intervenant));
            }
            Event::DlaPresenceRecorded { dla, etape } => {
                self.presences.insert((*etape, *dla));
            }
            Event::RapportMissionDelivered { intervenant, .. } => {
                self.rapports.insert(*intervenant);
            }
            Event::ProgressReported { .. } | Event::RuleWaived { .. } => (),
            Event::InterventionClosed {} => self.closed = true,
        }
    }
}

impl Intervention {
    fn of(&mut self, seance: i32, change: impl FnOnce(&mut Seance)) {
        if let Some(it) = self.seances.get_mut(&seance) {
            change(it);
        }
    }
}
