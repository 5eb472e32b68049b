//! The consultation: prestataires are asked for an offre, one of them is chosen.
//!
//! This file holds the facts, the state and the call; what happens to the offres is in
//! `offres`, who carries out the mission in `choix`.

mod offres;
mod choix;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::choix::Choice;
use crate::{
    Asked, Cents, ConsultationId, Date, Decided, Decider, Decision, DlaId, IngenierieCollective,
    IngenierieId, Organisation, OrganisationId, Place, Prose, QuarterDays, Sealed, Seen, Subject,
    Territoire,
    actor::{Perimeter, Right, rights},
    organisation::OrganisationRole,
    refusal::{Common, Listed, refusals},
    rules::Rule,
};

/// Fewer prestataires consulted than this must be justified (INV-04, practice of the DLA du Var).
pub const CONSULTED_MIN: usize = 3;

/// The best mark of an offre on one criterion.
pub const MARK_MAX: i32 = 5;

/// What can happen to a consultation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// A version of the cahier des charges was written for an ingénierie.
    CahierDesChargesDrafted {
        ingenierie: IngenierieId,
        dlas: Vec<DlaId>,
        territoire: Territoire,
        edition: i32,
        sections: Sections,
    },
    /// The cahier des charges is final: prestataires may be asked.
    CahierDesChargesFinalised { edition: i32 },
    /// Offres are expected until the deadline, included.
    AppelOffresLaunched { deadline: Date },
    /// A prestataire received the cahier des charges.
    PrestataireConsulted { prestataire: OrganisationId },
    /// A prestataire will not answer, or no longer: its offre was withdrawn just before.
    PrestataireDeclined { prestataire: OrganisationId },
    /// A prestataire answered. Nobody reads the offre before the opening.
    OffreReceived { prestataire: OrganisationId, offre: Sealed<Offre> },
    /// A prestataire took its offre back.
    OffreWithdrawn { prestataire: OrganisationId },
    /// The offres were opened together: one for each bidder, the last it sent.
    OffresOpened { offres: Vec<OffreOuverte> },
    /// A rule was set aside, for the reason given.
    RuleWaived { rule: Rule, because: Sealed<Prose> },
    /// One of those who answered will carry out the mission.
    PrestataireChosen {
        prestataire: OrganisationId,
        montant: Cents,
        notation: Notation,
        motif: Sealed<Prose>,
    },
    /// A prestataire was chosen without competition.
    PrestataireDirectlyChosen { prestataire: OrganisationId, montant: Cents },
    /// A bidder was told the result.
    PrestataireInformed { prestataire: OrganisationId, retenu: bool },
    /// No offre answers the need.
    ConsultationDeclaredUnsuccessful { motif: Sealed<Prose> },
    /// Every bidder was informed: nothing is left to do.
    ConsultationClosed {},
}

/// The five sections of a cahier des charges (method, step 3 C2). The fifth is needed when
/// the intervenant takes part in the evaluation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sections {
    /// The overall démarche.
    pub demarche: Option<Prose>,
    /// Objectives of the ingénierie.
    pub objectifs: Option<Prose>,
    /// Object and expected results of the intervention.
    pub resultats: Option<Prose>,
    /// Technical and method conditions to respect.
    pub conditions: Option<Prose>,
    /// The intervenant's role in the evaluation.
    pub evaluation: Option<Prose>,
    /// Whether the intervenant takes part in the evaluation.
    pub evaluation_attendue: bool,
}

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

/// The marks of the chosen offre on the four criteria of the method (step 3 C3), from 0 to
/// [`MARK_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notation {
    /// Quality of contents and forms.
    pub contenus: i32,
    /// Commitment asked of the structures.
    pub engagement: i32,
    /// Exchange and animation, collective and individual phases.
    pub animation: i32,
    /// Enquiry before the animation.
    pub enquete: i32,
}

refusals! {
    /// INV-38.
    IngenierieEnded {} = "INGENIERIE_ENDED" at "ingenierie":
        "Cette ingénierie est finalisée ou abandonnée : rouvrez-la avant de consulter des prestataires.",
        "This ingénierie is finalised or abandoned: reopen it before consulting prestataires.";
    /// INV-01.
    SectionsMissing { missing: Listed } = "SECTIONS_MISSING" at "consultation":
        "Complétez les sections du cahier des charges avant de le finaliser : {missing}.",
        "Complete the sections of the cahier des charges before finalising it: {missing}.";
    /// The call is out: its terms no longer change.
    CahierDesChargesFinal {} = "CAHIER_DES_CHARGES_FINAL" at "consultation":
        "L'appel d'offres est lancé : le cahier des charges ne change plus.",
        "The appel d'offres is launched: the cahier des charges no longer changes.";
    /// INV-01.
    CahierDesChargesNotFinal {} = "CAHIER_DES_CHARGES_NOT_FINAL" at "consultation":
        "Finalisez d'abord le cahier des charges.",
        "Finalise the cahier des charges first.";
    /// The deadline is the same for all, from the first day.
    AppelOffresAlreadyLaunched { deadline: Date } = "APPEL_OFFRES_ALREADY_LAUNCHED" at "deadline":
        "L'appel d'offres court déjà jusqu'au {deadline} : cette date ne change plus.",
        "The appel d'offres already runs until {deadline}: this date no longer changes.";
    /// Offres are asked for by a call.
    AppelOffresNotLaunched {} = "APPEL_OFFRES_NOT_LAUNCHED" at "consultation":
        "Lancez d'abord l'appel d'offres.",
        "Launch the appel d'offres first.";
    /// A deadline gives time to answer.
    DeadlinePast { deadline: Date } = "DEADLINE_PAST" at "deadline":
        "La date limite ({deadline}) est déjà passée : choisissez une date à venir.",
        "The deadline ({deadline}) has already passed: choose a date to come.";
    /// Consulted without time to answer, a prestataire would be counted (INV-04) for nothing.
    TooLateToConsult { deadline: Date } = "TOO_LATE_TO_CONSULT" at "prestataire":
        "Les offres étaient attendues jusqu'au {deadline} : ce prestataire ne peut plus répondre.",
        "Offres were expected until {deadline}: this prestataire can no longer answer.";
    /// The organisation does not hold the role.
    NotPrestataire { prestataire: OrganisationId } = "NOT_PRESTATAIRE" at "prestataire":
        "Cette organisation n'est pas référencée comme prestataire : référencez-la d'abord.",
        "This organisation is not referenced as a prestataire: reference it first.";
    /// Only those who received the cahier des charges answer it.
    NotConsulted { prestataire: OrganisationId } = "NOT_CONSULTED" at "prestataire":
        "Ce prestataire n'a pas été consulté : consultez-le d'abord.",
        "This prestataire was not consulted: consult it first.";
    /// The deadline is the same for all.
    OffreLate { deadline: Date } = "OFFRE_LATE" at "prestataire":
        "Les offres étaient attendues jusqu'au {deadline} : celle-ci arrive trop tard.",
        "Offres were expected until {deadline}: this one comes too late.";
    /// Only the DLA notes what it received on another day.
    OffreBackdated {} = "OFFRE_BACKDATED" at "on":
        "Une offre est datée du jour où vous la remettez : retirez la date.",
        "An offre is dated on the day when you send it: leave the date out.";
    /// Opened together, so that nobody bids knowing another's price.
    OffresAlreadyOpen {} = "OFFRES_ALREADY_OPEN" at "consultation":
        "Les offres sont ouvertes : il n'est plus possible d'en remettre, d'en modifier ni d'en retirer.",
        "The offres are open: none may be sent, changed or withdrawn any more.";
    /// INV-02.
    OffresStillExpected { deadline: Date } = "OFFRES_STILL_EXPECTED" at "consultation":
        "Des offres sont attendues jusqu'au {deadline}, ou jusqu'à la réponse de tous les consultés.",
        "Offres are expected until {deadline}, or until everyone consulted has answered.";
    /// Nothing to open.
    NoOffreReceived {} = "NO_OFFRE_RECEIVED" at "consultation":
        "Aucune offre n'a été reçue : déclarez la consultation infructueuse.",
        "No offre was received: declare the consultation unsuccessful.";
    /// An offre that cannot be read is not left aside in silence.
    EnvelopesMissing { missing: Vec<OrganisationId> } = "ENVELOPES_MISSING" at "consultation":
        "L'offre d'un candidat n'a pas pu être lue, aucune n'est donc ouverte : signalez-le à l'administrateur.",
        "The offre of a bidder could not be read, so none is opened: tell the administrator.";
    /// INV-02.
    NoOffre { prestataire: OrganisationId } = "NO_OFFRE" at "prestataire":
        "Ce prestataire n'a pas remis d'offre recevable.",
        "This prestataire sent no admissible offre.";
    /// Nobody chooses a closed envelope.
    OffresNotOpen {} = "OFFRES_NOT_OPEN" at "consultation":
        "Ouvrez d'abord les offres.",
        "Open the offres first.";
    /// INV-05.
    MarkOutOfRange { critere: String, max: i32 } = "MARK_OUT_OF_RANGE" at "notation":
        "La note « {critere} » doit être comprise entre 0 et {max}.",
        "The mark `{critere}` must be between 0 and {max}.";
    /// The mission is already someone's.
    AnotherPrestataireChosen { chosen: OrganisationId } = "ANOTHER_PRESTATAIRE_CHOSEN" at "prestataire":
        "Un autre prestataire a déjà été choisi : ouvrez une autre consultation.",
        "Another prestataire has already been chosen: open another consultation.";
    /// A result is final: a contract or a refusal may already have followed from it.
    ResultAlreadyDecided {} = "RESULT_ALREADY_DECIDED" at "consultation":
        "Le résultat de cette consultation est déjà décidé : ouvrez-en une autre.",
        "The result of this consultation is already decided: open another one.";
    /// Nobody is informed of a result before there is one.
    NoResultYet {} = "NO_RESULT_YET" at "consultation":
        "Choisissez d'abord un prestataire, ou déclarez la consultation infructueuse.",
        "Choose a prestataire first, or declare the consultation unsuccessful.";
    /// INV-05.
    BiddersNotInformed { waiting: Vec<OrganisationId> } = "BIDDERS_NOT_INFORMED" at "consultation":
        "Informez d'abord chaque candidat du résultat.",
        "Inform every bidder of the result first.";
    /// It ended.
    ConsultationOver {} = "CONSULTATION_OVER" at "consultation":
        "Cette consultation est terminée : ouvrez-en une autre.",
        "This consultation is over: open another one.";
}

rights! {
    DRAFT = "draftCahierDesCharges": ChargeDeMission;
    FINALISE = "finaliseCahierDesCharges": ChargeDeMission;
    LAUNCH = "launchAppelOffres": ChargeDeMission;
    CONSULT = "consultPrestataire": ChargeDeMission;
    DECLINE = "declineConsultation": ChargeDeMission, Prestataire;
    SUBMIT = "submitOffre": ChargeDeMission, Prestataire;
    WITHDRAW = "withdrawOffre": ChargeDeMission, Prestataire;
    OPEN = "openOffres": ChargeDeMission, ResponsablePorteuse;
    CHOOSE = "choosePrestataire": ChargeDeMission, ResponsablePorteuse;
    AWARD = "awardDirectly": ChargeDeMission, ResponsablePorteuse;
    INFORM = "informPrestataire": ChargeDeMission;
    UNSUCCESSFUL = "declareConsultationUnsuccessful": ChargeDeMission, ResponsablePorteuse;
    CLOSE = "closeConsultation": ChargeDeMission;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Consultation {
    ingenierie: Option<IngenierieId>,
    dlas: BTreeSet<DlaId>,
    territoire: Option<Territoire>,
    edition: i32,
    sections: Sections,
    finalised: bool,
    deadline: Option<Date>,
    consulted: BTreeSet<OrganisationId>,
    declined: BTreeSet<OrganisationId>,
    offres: BTreeSet<OrganisationId>,
    opened: Option<BTreeMap<OrganisationId, Cents>>,
    chosen: Option<OrganisationId>,
    informed: BTreeSet<OrganisationId>,
    unsuccessful: bool,
    closed: bool,
}

impl Consultation {
    /// Writes the cahier des charges of an ingénierie, or its next edition.
    pub fn draft_cahier_des_charges(
        &self,
        asked: &Asked,
        ingenierie: &Seen<IngenierieCollective>,
        sections: Sections,
    ) -> Decision<Self> {
        asked.may(&DRAFT, &ingenierie.state.perimeter())?;
        if self.ingenierie.is_some_and(|it| it != ingenierie.id) {
            return Err(Common::AlreadyExists {}.into());
        }
        self.not_over()?;
        if self.edition > 0 && self.sections == sections {
            return Ok(Decided::nothing());
        }
        self.undecided()?;
        if self.deadline.is_some() {
            return Err(Refusal::CahierDesChargesFinal {});
        }
        // INV-38: what follows the end of an ingénierie is its evaluation, not new missions.
        if ingenierie.state.is_over() {
            return Err(Refusal::IngenierieEnded {});
        }
        let territoire = ingenierie.state.territoire().ok_or(Common::NotFound {})?;
        let drafted = Event::CahierDesChargesDrafted {
            ingenierie: ingenierie.id,
            dlas: ingenierie.state.dlas().collect(),
            territoire: territoire.clone(),
            edition: self.edition + 1,
            sections,
        };
        let place = Place { territoire: Some(territoire), dossier: Some(ingenierie.id) };
        Ok(asked.records(place, [drafted]).expecting(ingenierie))
    }

    /// Makes the last edition final (INV-01).
    pub fn finalise_cahier_des_charges(&self, asked: &Asked) -> Decision<Self> {
        self.open_to(asked, &FINALISE)?;
        if self.finalised {
            return Ok(Decided::nothing());
        }
        self.undecided()?;
        let missing = self.sections.missing();
        if !missing.is_empty() {
            return Err(Refusal::SectionsMissing { missing: Listed(missing) });
        }
        Ok(self.records(asked, [Event::CahierDesChargesFinalised { edition: self.edition }]))
    }

    /// Asks for offres until a deadline (INV-01).
    pub fn launch_appel_offres(&self, asked: &Asked, deadline: Date) -> Decision<Self> {
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
        Ok(self.records(asked, [Event::AppelOffresLaunched { deadline }]))
    }

    /// Sends the cahier des charges to one more prestataire.
    pub fn consult_prestataire(
        &self,
        asked: &Asked,
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
        let consulted = Event::PrestataireConsulted { prestataire: prestataire.id };
        Ok(self.records(asked, [consulted]).expecting(prestataire))
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
        let waiting: Vec<_> = self.offres.difference(&self.informed).copied().collect();
        if !waiting.is_empty() {
            return Err(Refusal::BiddersNotInformed { waiting });
        }
        Ok(self.records(asked, [Event::ConsultationClosed {}]))
    }

    /// The ingénierie it serves.
    pub fn ingenierie(&self) -> Option<IngenierieId> {
        self.ingenierie
    }

    /// Whether the offres were opened.
    pub fn has_opened(&self) -> bool {
        self.opened.is_some()
    }

    /// Who was chosen.
    pub fn chosen(&self) -> Option<OrganisationId> {
        self.chosen
    }

    /// Who may know that it exists: its DLAs, those it consulted, and whoever was chosen.
    pub fn perimeter(&self) -> Perimeter {
        Perimeter::of_dlas(self.dlas.iter().copied())
            .and(self.consulted.iter().copied())
            .and(self.chosen)
    }

    fn open_to(&self, asked: &Asked, right: &Right) -> Result<(), Refusal> {
        asked.may(right, &self.perimeter())?;
        self.not_over()
    }

    fn not_over(&self) -> Result<(), Refusal> {
        if self.closed { Err(Refusal::ConsultationOver {}) } else { Ok(()) }
    }

    fn launched(&self) -> Result<Date, Refusal> {
        self.deadline.ok_or(Refusal::AppelOffresNotLaunched {})
    }

    fn not_opened(&self) -> Result<(), Refusal> {
        if self.opened.is_some() { Err(Refusal::OffresAlreadyOpen {}) } else { Ok(()) }
    }

    fn decided(&self) -> bool {
        self.chosen.is_some() || self.unsuccessful
    }

    fn undecided(&self) -> Result<(), Refusal> {
        if self.decided() { Err(Refusal::ResultAlreadyDecided {}) } else { Ok(()) }
    }

    fn subject(&self) -> Result<Subject, Refusal> {
        Ok(Subject::dossier(self.ingenierie.ok_or(Common::NotFound {})?))
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        let place = Place { territoire: self.territoire.clone(), dossier: self.ingenierie };
        asked.records(place, events)
    }
}

/// A mission goes to an organisation of the registry that holds the role.
fn referenced(prestataire: &Seen<Organisation>) -> Result<(), Refusal> {
    if prestataire.state.holds(OrganisationRole::Prestataire) {
        return Ok(());
    }
    Err(Refusal::NotPrestataire { prestataire: prestataire.id })
}

impl Sections {
    fn missing(&self) -> Vec<String> {
        [
            ("demarche", self.demarche.is_none()),
            ("objectifs", self.objectifs.is_none()),
            ("resultats", self.resultats.is_none()),
            ("conditions", self.conditions.is_none()),
            ("evaluation", self.evaluation_attendue && self.evaluation.is_none()),
        ]
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(name, _)| name.to_owned())
        .collect()
    }
}

impl Notation {
    /// The four marks, by criterion.
    pub fn marks(&self) -> [(&'static str, i32); 4] {
        [
            ("contenus", self.contenus),
            ("engagement", self.engagement),
            ("animation", self.animation),
            ("enquete", self.enquete),
        ]
    }

    fn out_of_range(&self) -> Option<(&'static str, i32)> {
        self.marks()
            .into_iter()
            .find(|(_, mark)| !(0..=MARK_MAX).contains(mark))
    }
}

impl Decider for Consultation {
    const CATEGORY: &'static str = "consultation";

    type Id = ConsultationId;
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
            Event::CahierDesChargesDrafted { ingenierie, dlas, territoire, edition, sections } => {
                self.ingenierie = Some(*ingenierie);
                self.dlas = dlas.iter().copied().collect();
                self.territoire = Some(territoire.clone());
                self.edition = *edition;
                self.sections = sections.clone();
                self.finalised = false;
            }
            Event::CahierDesChargesFinalised { .. } => self.finalised = true,
            Event::AppelOffresLaunched { deadline } => self.deadline = Some(*deadline),
            Event::PrestataireConsulted { prestataire } => {
                self.consulted.insert(*prestataire);
            }
            Event::PrestataireDeclined { prestataire } => {
                self.declined.insert(*prestataire);
            }
            Event::OffreReceived { prestataire, .. } => {
                self.offres.insert(*prestataire);
                self.declined.remove(prestataire);
            }
            Event::OffreWithdrawn { prestataire } => {
                self.offres.remove(prestataire);
            }
            Event::OffresOpened { offres } => {
                let opened = offres.iter().map(|it| (it.prestataire, it.montant));
                self.opened = Some(opened.collect());
            }
            Event::RuleWaived { .. } => (),
            Event::PrestataireChosen { prestataire, .. }
            | Event::PrestataireDirectlyChosen { prestataire, .. } => {
                self.chosen = Some(*prestataire);
            }
            Event::PrestataireInformed { prestataire, .. } => {
                self.informed.insert(*prestataire);
            }
            Event::ConsultationDeclaredUnsuccessful { .. } => self.unsuccessful = true,
            Event::ConsultationClosed {} => self.closed = true,
        }
    }
}
