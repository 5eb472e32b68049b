//! The consultation: prestataires are asked for an offre, one of them is chosen.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Asked, Cents, ConsultationId, Date, Decided, Decider, Decision, DlaId, IngenierieCollective,
    IngenierieId, Organisation, OrganisationId, Place, Prose, QuarterDays, Sealed, Seen, Subject,
    Territoire,
    actor::{Perimeter, rights},
    organisation,
    refusal::{Common, refusals},
    rules::Rule,
};

#[cfg(test)]
mod tests;

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
    /// A prestataire will not answer.
    PrestataireDeclined { prestataire: OrganisationId },
    /// A prestataire answered. Nobody reads the offre before the opening.
    OffreReceived { prestataire: OrganisationId, offre: Sealed<Offre> },
    /// A prestataire took its offre back.
    OffreWithdrawn { prestataire: OrganisationId },
    /// The offres were opened together.
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
    /// INV-01.
    SectionsMissing { missing: Vec<String> } = "SECTIONS_MISSING" at "sections":
        "Complétez les sections du cahier des charges avant de le finaliser : {missing:?}.",
        "Complete the sections of the cahier des charges before finalising it: {missing:?}.";
    /// The call is out: its terms no longer change.
    CahierDesChargesFinal {} = "CAHIER_DES_CHARGES_FINAL" at "consultation":
        "L'appel d'offres est lancé : le cahier des charges ne change plus.",
        "The appel d'offres is launched: the cahier des charges no longer changes.";
    /// INV-01.
    CahierDesChargesNotFinal {} = "CAHIER_DES_CHARGES_NOT_FINAL" at "consultation":
        "Finalisez d'abord le cahier des charges.",
        "Finalise the cahier des charges first.";
    /// Offres are asked for by a call.
    AppelOffresNotLaunched {} = "APPEL_OFFRES_NOT_LAUNCHED" at "consultation":
        "Lancez d'abord l'appel d'offres.",
        "Launch the appel d'offres first.";
    /// A deadline gives time to answer.
    DeadlinePast { deadline: Date } = "DEADLINE_PAST" at "deadline":
        "La date limite ({deadline}) est déjà passée : choisissez une date à venir.",
        "The deadline ({deadline}) has already passed: choose a date to come.";
    /// The organisation does not hold the role.
    NotPrestataire { prestataire: OrganisationId } = "NOT_PRESTATAIRE" at "prestataire":
        "Cette organisation n'est pas référencée comme prestataire.",
        "This organisation is not referenced as a prestataire.";
    /// Only those who received the cahier des charges answer it.
    NotConsulted { prestataire: OrganisationId } = "NOT_CONSULTED" at "prestataire":
        "Ce prestataire n'a pas été consulté.",
        "This prestataire was not consulted.";
    /// The deadline is the same for all.
    OffreLate { deadline: Date } = "OFFRE_LATE" at "prestataire":
        "Les offres étaient attendues jusqu'au {deadline} : celle-ci arrive trop tard.",
        "Offres were expected until {deadline}: this one comes too late.";
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
        "Un autre prestataire a déjà été choisi.",
        "Another prestataire has already been chosen.";
    /// Nobody is informed of a result before there is one.
    NoResultYet {} = "NO_RESULT_YET" at "consultation":
        "Aucun résultat n'est encore décidé.",
        "No result has been decided yet.";
    /// INV-05.
    BiddersNotInformed { waiting: Vec<OrganisationId> } = "BIDDERS_NOT_INFORMED" at "consultation":
        "Informez d'abord chaque candidat du résultat.",
        "Inform every bidder of the result first.";
    /// It ended.
    ConsultationOver {} = "CONSULTATION_OVER" at "consultation":
        "Cette consultation est terminée.",
        "This consultation is over.";
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

/// What choosing needs to be told.
pub struct Choice {
    pub prestataire: OrganisationId,
    pub notation: Notation,
    pub motif: Prose,
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
        if self.deadline.is_some() || self.chosen.is_some() {
            return Err(Refusal::CahierDesChargesFinal {});
        }
        if self.edition > 0 && self.sections == sections {
            return Ok(Decided::nothing());
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
        Ok(asked.records(place, [drafted]))
    }

    /// Makes the last edition final (INV-01).
    pub fn finalise_cahier_des_charges(&self, asked: &Asked) -> Decision<Self> {
        self.open_to(asked, &FINALISE)?;
        let missing = self.sections.missing();
        if !missing.is_empty() {
            return Err(Refusal::SectionsMissing { missing });
        }
        if self.finalised {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::CahierDesChargesFinalised { edition: self.edition }]))
    }

    /// Asks for offres until a deadline (INV-01).
    pub fn launch_appel_offres(&self, asked: &Asked, deadline: Date) -> Decision<Self> {
        self.open_to(asked, &LAUNCH)?;
        if self.deadline == Some(deadline) {
            return Ok(Decided::nothing());
        }
        if self.deadline.is_some() {
            return Err(Refusal::CahierDesChargesFinal {});
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
        self.launched()?;
        self.not_opened()?;
        if self.consulted.contains(&prestataire.id) {
            return Ok(Decided::nothing());
        }
        if !prestataire
            .state
            .holds(organisation::OrganisationRole::Prestataire)
        {
            return Err(Refusal::NotPrestataire { prestataire: prestataire.id });
        }
        let consulted = Event::PrestataireConsulted { prestataire: prestataire.id };
        Ok(self.records(asked, [consulted]))
    }

    /// Notes that a prestataire will not answer.
    pub fn decline_consultation(
        &self,
        asked: &Asked,
        prestataire: OrganisationId,
    ) -> Decision<Self> {
        self.bidder(asked, &DECLINE, prestataire)?;
        if self.declined.contains(&prestataire) {
            return Ok(Decided::nothing());
        }
        self.not_opened()?;
        Ok(self.records(asked, [Event::PrestataireDeclined { prestataire }]))
    }

    /// Receives an offre, or a better one from the same prestataire.
    pub fn submit_offre(
        &self,
        asked: &Asked,
        id: ConsultationId,
        prestataire: OrganisationId,
        offre: Offre,
    ) -> Decision<Self> {
        self.bidder(asked, &SUBMIT, prestataire)?;
        self.not_opened()?;
        let deadline = self.launched()?;
        if asked.date() > deadline {
            return Err(Refusal::OffreLate { deadline });
        }
        let offre = Sealed::new(Subject::offre(id.0, prestataire), offre);
        Ok(self.records(asked, [Event::OffreReceived { prestataire, offre }]))
    }

    /// Takes an offre back.
    pub fn withdraw_offre(&self, asked: &Asked, prestataire: OrganisationId) -> Decision<Self> {
        self.bidder(asked, &WITHDRAW, prestataire)?;
        self.not_opened()?;
        if !self.offres.contains(&prestataire) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::OffreWithdrawn { prestataire }]))
    }

    /// Whether the offres may be opened now: the log opens the envelopes only then.
    pub fn may_open_offres(&self, asked: &Asked) -> Result<(), Refusal> {
        self.open_to(asked, &OPEN)?;
        let deadline = self.launched()?;
        if self.offres.is_empty() {
            return Err(Refusal::NoOffreReceived {});
        }
        let answered = |it| self.offres.contains(it) || self.declined.contains(it);
        if asked.date() <= deadline && !self.consulted.iter().all(answered) {
            return Err(Refusal::OffresStillExpected { deadline });
        }
        Ok(())
    }

    /// Opens the offres together, with what their envelopes held.
    pub fn open_offres(&self, asked: &Asked, envelopes: &[OffreOuverte]) -> Decision<Self> {
        self.may_open_offres(asked)?;
        if self.opened.is_some() {
            return Ok(Decided::nothing());
        }
        let offres: Vec<_> = envelopes
            .iter()
            .filter(|it| self.offres.contains(&it.prestataire))
            .cloned()
            .collect();
        Ok(self.records(asked, [Event::OffresOpened { offres }]))
    }

    /// Chooses who will carry out the mission.
    ///
    /// Choosing the same one again changes nothing. Changing one's mind is another
    /// decision, because a contract may already be signed.
    pub fn choose_prestataire(&self, asked: &Asked, choice: Choice) -> Decision<Self> {
        self.open_to(asked, &CHOOSE)?;
        let Choice { prestataire, notation, motif } = choice;
        if self.already_chosen(prestataire)? {
            return Ok(Decided::nothing());
        }
        // INV-02: on an admissible offre, after the deadline or once everyone has answered,
        // which the opening has checked.
        let Some(opened) = &self.opened else { return Err(Refusal::OffresNotOpen {}) };
        let Some(&montant) = opened.get(&prestataire) else {
            return Err(Refusal::NoOffre { prestataire });
        };
        // INV-05: each of the four criteria of the method is marked.
        if let Some((critere, _)) = notation.out_of_range() {
            return Err(Refusal::MarkOutOfRange { critere: critere.to_owned(), max: MARK_MAX });
        }
        let subject = self.subject()?;
        let mut events = vec![];
        // INV-04: competition is required (décret 2015-1103); how much is local practice.
        if self.consulted.len() < CONSULTED_MIN {
            let (rule, because) = asked.waive(Rule::ConsultedMin, subject.clone())?;
            events.push(Event::RuleWaived { rule, because });
        }
        let motif = Sealed::new(subject, motif);
        events.push(Event::PrestataireChosen { prestataire, montant, notation, motif });
        Ok(self.records(asked, events))
    }

    /// Chooses a prestataire without competition (INV-03).
    pub fn award_directly(
        &self,
        asked: &Asked,
        prestataire: &Seen<Organisation>,
        montant: Cents,
    ) -> Decision<Self> {
        self.open_to(asked, &AWARD)?;
        if self.already_chosen(prestataire.id)? {
            return Ok(Decided::nothing());
        }
        if !prestataire
            .state
            .holds(organisation::OrganisationRole::Prestataire)
        {
            return Err(Refusal::NotPrestataire { prestataire: prestataire.id });
        }
        let (rule, because) = asked.waive(Rule::Competition, self.subject()?)?;
        let chosen = Event::PrestataireDirectlyChosen { prestataire: prestataire.id, montant };
        Ok(self.records(asked, [Event::RuleWaived { rule, because }, chosen]))
    }

    /// Tells a bidder the result.
    pub fn inform_prestataire(&self, asked: &Asked, prestataire: OrganisationId) -> Decision<Self> {
        self.open_to(asked, &INFORM)?;
        if self.chosen.is_none() && !self.unsuccessful {
            return Err(Refusal::NoResultYet {});
        }
        if !self.offres.contains(&prestataire) && self.chosen != Some(prestataire) {
            return Err(Refusal::NoOffre { prestataire });
        }
        if self.informed.contains(&prestataire) {
            return Ok(Decided::nothing());
        }
        let retenu = self.chosen == Some(prestataire);
        Ok(self.records(asked, [Event::PrestataireInformed { prestataire, retenu }]))
    }

    /// Declares that no offre answers the need. The reason is mandatory (INV-36).
    pub fn declare_unsuccessful(&self, asked: &Asked, motif: Prose) -> Decision<Self> {
        self.open_to(asked, &UNSUCCESSFUL)?;
        if self.unsuccessful {
            return Ok(Decided::nothing());
        }
        if let Some(chosen) = self.chosen {
            return Err(Refusal::AnotherPrestataireChosen { chosen });
        }
        let motif = Sealed::new(self.subject()?, motif);
        Ok(self.records(asked, [Event::ConsultationDeclaredUnsuccessful { motif }]))
    }

    /// Ends the consultation, once every bidder was informed (INV-05).
    pub fn close(&self, asked: &Asked) -> Decision<Self> {
        self.visible_to(asked, &CLOSE)?;
        if self.closed {
            return Ok(Decided::nothing());
        }
        if self.chosen.is_none() && !self.unsuccessful {
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

    /// Who was chosen.
    pub fn chosen(&self) -> Option<OrganisationId> {
        self.chosen
    }

    /// Who may know that it exists: its DLAs, and those it consulted.
    pub fn perimeter(&self) -> Perimeter {
        Perimeter::of_dlas(self.dlas.iter().copied()).and(self.consulted.iter().copied())
    }

    fn visible_to(&self, asked: &Asked, right: &crate::actor::Right) -> Result<(), Refusal> {
        Ok(asked.may(right, &self.perimeter())?)
    }

    fn open_to(&self, asked: &Asked, right: &crate::actor::Right) -> Result<(), Refusal> {
        self.visible_to(asked, right)?;
        if self.closed { Err(Refusal::ConsultationOver {}) } else { Ok(()) }
    }

    /// Lets pass the bidder itself, or the DLA that notes what the bidder sent it.
    fn bidder(
        &self,
        asked: &Asked,
        right: &crate::actor::Right,
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

    fn launched(&self) -> Result<Date, Refusal> {
        self.deadline.ok_or(Refusal::AppelOffresNotLaunched {})
    }

    fn not_opened(&self) -> Result<(), Refusal> {
        if self.opened.is_some() { Err(Refusal::OffresAlreadyOpen {}) } else { Ok(()) }
    }

    fn already_chosen(&self, prestataire: OrganisationId) -> Result<bool, Refusal> {
        match self.chosen {
            Some(chosen) if chosen == prestataire => Ok(true),
            Some(chosen) => Err(Refusal::AnotherPrestataireChosen { chosen }),
            None => Ok(false),
        }
    }

    fn subject(&self) -> Result<Subject, Refusal> {
        Ok(Subject::dossier(self.ingenierie.ok_or(Common::NotFound {})?))
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        let place = Place { territoire: self.territoire.clone(), dossier: self.ingenierie };
        asked.records(place, events)
    }
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
                self.offres.remove(prestataire);
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
