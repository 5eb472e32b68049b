//! The consultation: prestataires are asked for an offre, one of them is chosen.
//!
//! This file holds the facts and the state. The cahier des charges and those who help to write it
//! are in `cahier`, the call in `appel`, the offres in `offres`, what they are thought of in
//! `notation`, who carries out the mission in `choix`, on which terms in `contrat`.

mod cahier;
mod appel;
mod offres;
mod notation;
mod choix;
mod contrat;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::{
    cahier::{QualiteInvite, SectionCahier, Sections},
    choix::Choice,
    contrat::{Contrat, ContratVoulu},
    notation::{MARK_MAX, Moyenne, Notateur, Notation, classement, moyenne},
    offres::{CauseRejet, Offre, OffreOuverte},
};
use crate::{
    Asked, Cents, ConsultationId, Date, Decided, Decider, DlaId, Dossier, IngenierieId,
    OrganisationId, Place, Prose, Sealed, Subject, Territoire,
    actor::{Perimeter, Right, rights},
    refusal::{Common, Listed, refusals},
    rules::Rule,
};

/// Fewer prestataires consulted than this must be justified (INV-04, practice of the DLA du Var).
pub const CONSULTED_MIN: usize = 3;

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
    /// Who pays or takes part was invited to help: with the cahier des charges, then the choice.
    PartenaireInvited { organisation: OrganisationId, qualite: QualiteInvite },
    /// An invited one said what the cahier des charges should say.
    CahierDesChargesContributionRecorded {
        organisation: OrganisationId,
        #[serde(skip_serializing_if = "Option::is_none")]
        section: Option<SectionCahier>,
        contribution: Sealed<Prose>,
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
    /// An offre is out of the competition.
    OffreRejected { prestataire: OrganisationId, cause: CauseRejet, motif: Sealed<Prose> },
    /// Someone marked an opened offre. What each says last counts.
    OffreScored {
        prestataire: OrganisationId,
        par: Notateur,
        notation: Notation,
        #[serde(skip_serializing_if = "Option::is_none")]
        commentaire: Option<Sealed<Prose>>,
    },
    /// A structure said whom it would rather work with. What it says last counts.
    PreferenceStructureExpressed {
        structure: OrganisationId,
        prestataire: OrganisationId,
        #[serde(skip_serializing_if = "Option::is_none")]
        motif: Option<Sealed<Prose>>,
    },
    /// A rule was set aside, for the reason given.
    RuleWaived { rule: Rule, because: Sealed<Prose> },
    /// One of those who answered will carry out the mission.
    PrestataireChosen {
        prestataire: OrganisationId,
        montant: Cents,
        notation: Notation,
        motif: Sealed<Prose>,
        /// The minutes of the choice.
        #[serde(skip_serializing_if = "Option::is_none")]
        proces_verbal: Option<Sealed<Prose>>,
    },
    /// A prestataire was chosen without competition.
    PrestataireDirectlyChosen { prestataire: OrganisationId, montant: Cents },
    /// A bidder was told the result.
    PrestataireInformed { prestataire: OrganisationId, retenu: bool },
    /// No offre answers the need.
    ConsultationDeclaredUnsuccessful { motif: Sealed<Prose> },
    /// Every bidder was informed: nothing is left to do.
    ConsultationClosed {},
    /// The mission has its contract.
    ContratSigned { contrat: Contrat },
    /// The contract was changed by an avenant: what it says now.
    ContratAmended { contrat: Contrat, motif: Sealed<Prose> },
    /// The contract was ended before its time.
    ContratTerminated { motif: Sealed<Prose> },
}

refusals! {
    /// INV-38.
    IngenierieEnded {} = "INGENIERIE_ENDED" at "ingenierie":
        "Cette ingénierie est finalisée ou abandonnée : rouvrez-la avant de consulter des prestataires, de recevoir des offres ou de signer un contrat.",
        "This ingénierie is finalised or abandoned: reopen it before consulting prestataires, receiving offres or signing a contract.";
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
    /// Who bids helps neither to write nor to choose.
    InvitedBids { organisation: OrganisationId } = "INVITED_BIDS" at "organisation":
        "Cette organisation est consultée : elle ne peut pas prendre part au choix.",
        "This organisation is consulted: it cannot take part in the choice.";
    /// The same, the other way round.
    PrestataireInvited { prestataire: OrganisationId } = "PRESTATAIRE_INVITED" at "prestataire":
        "Cette organisation prend part au choix : elle ne peut pas être consultée.",
        "This organisation takes part in the choice: it cannot be consulted.";
    /// Those who pay, and those who will be accompanied.
    NotInvitable { organisation: OrganisationId } = "NOT_INVITABLE" at "organisation":
        "Seuls un financeur partenaire ou une structure mobilisée dans l'ingénierie peuvent être invités.",
        "Only a financeur that is a partner, or a structure mobilised in the ingénierie, may be invited.";
    /// Nobody has a say without being asked.
    NotInvited { field: &'static str, organisation: OrganisationId } = "NOT_INVITED" at field:
        "Cette organisation n'est pas invitée à cette consultation : invitez-la d'abord.",
        "This organisation is not invited to this consultation: invite it first.";
    /// A DLA marks for itself.
    NotateurElsewhere { dla: DlaId } = "NOTATEUR_ELSEWHERE" at "par":
        "Ce DLA ne participe pas à cette consultation.",
        "This DLA takes no part in this consultation.";
    /// An offre that came in time is not late.
    OffreNotLate { deadline: Date } = "OFFRE_NOT_LATE" at "cause":
        "Les offres étaient attendues jusqu'au {deadline} : celle-ci n'est pas tardive.",
        "Offres were expected until {deadline}: this one is not late.";
    /// INV-05: nobody marked it, so there is no mean to take.
    NotationMissing {} = "NOTATION_MISSING" at "notation":
        "Personne n'a noté cette offre : indiquez sa note sur chacun des quatre critères.",
        "Nobody marked this offre: give its mark on each of the four criteria.";
    /// There is nobody to sign with.
    NobodyChosen {} = "NOBODY_CHOSEN" at "consultation":
        "Choisissez d'abord un prestataire.",
        "Choose a prestataire first.";
    /// What is signed changes by an avenant.
    ContratAlreadySigned {} = "CONTRAT_ALREADY_SIGNED" at "consultation":
        "Le contrat est déjà signé : modifiez-le par un avenant.",
        "The contract is already signed: change it by an avenant.";
    /// Nothing to change or to end.
    ContratNotSigned {} = "CONTRAT_NOT_SIGNED" at "consultation":
        "Le contrat n'est pas encore signé.",
        "The contract is not signed yet.";
    /// What ended does not change.
    ContratOver {} = "CONTRAT_TERMINATED" at "consultation":
        "Le contrat est résilié : il ne change plus.",
        "The contract is terminated: it no longer changes.";
    /// A mission ends after it starts.
    ContratDatesReversed { debut: Date, fin: Date } = "CONTRAT_DATES_REVERSED" at "fin":
        "La mission commence le {debut} et finit le {fin} : indiquez une fin postérieure au début.",
        "The mission starts on {debut} and ends on {fin}: give an end after the start.";
    /// It ended.
    ConsultationOver {} = "CONSULTATION_OVER" at "consultation":
        "Cette consultation est terminée : ouvrez-en une autre.",
        "This consultation is over: open another one.";
}

rights! {
    DRAFT = "draftCahierDesCharges": ChargeDeMission;
    INVITE = "invitePartenaire": ChargeDeMission;
    CONTRIBUTE = "recordCahierDesChargesContribution":
        ChargeDeMission, Financeur, StructureBeneficiaire;
    FINALISE = "finaliseCahierDesCharges": ChargeDeMission;
    LAUNCH = "launchAppelOffres": ChargeDeMission;
    CONSULT = "consultPrestataire": ChargeDeMission;
    DECLINE = "declineConsultation": ChargeDeMission, Prestataire;
    SUBMIT = "submitOffre": ChargeDeMission, Prestataire;
    WITHDRAW = "withdrawOffre": ChargeDeMission, Prestataire;
    OPEN = "openOffres": ChargeDeMission, ResponsablePorteuse;
    REJECT = "rejectOffre": ChargeDeMission, ResponsablePorteuse;
    SCORE = "scoreOffre": ChargeDeMission, Financeur, StructureBeneficiaire;
    PREFER = "expressPreferenceStructure": ChargeDeMission, StructureBeneficiaire;
    CHOOSE = "choosePrestataire": ChargeDeMission, ResponsablePorteuse;
    AWARD = "awardDirectly": ChargeDeMission, ResponsablePorteuse;
    INFORM = "informPrestataire": ChargeDeMission;
    UNSUCCESSFUL = "declareConsultationUnsuccessful": ChargeDeMission, ResponsablePorteuse;
    CLOSE = "closeConsultation": ChargeDeMission;
    SIGN = "signContrat": ResponsablePorteuse;
    AMEND = "amendContrat": ResponsablePorteuse;
    TERMINATE = "terminateContrat": ResponsablePorteuse;
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
    invites: BTreeMap<OrganisationId, QualiteInvite>,
    deadline: Option<Date>,
    consulted: BTreeSet<OrganisationId>,
    declined: BTreeSet<OrganisationId>,
    offres: BTreeSet<OrganisationId>,
    opened: Option<BTreeMap<OrganisationId, Cents>>,
    /// Late or inadmissible.
    rejected: BTreeSet<OrganisationId>,
    /// By offre and by who marked it.
    notes: BTreeMap<OrganisationId, BTreeMap<Notateur, Notation>>,
    preferences: BTreeMap<OrganisationId, OrganisationId>,
    chosen: Option<OrganisationId>,
    informed: BTreeSet<OrganisationId>,
    unsuccessful: bool,
    closed: bool,
    contrat: Option<Signed>,
}

/// A contract, and whether it was ended before its time.
#[derive(Debug, Clone, PartialEq)]
struct Signed {
    contrat: Contrat,
    terminated: bool,
}

impl Consultation {
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

    /// Who may know that it exists: its DLAs, those it consulted or invited, and whoever was
    /// chosen.
    pub fn perimeter(&self) -> Perimeter {
        Perimeter::of_dlas(self.dlas.iter().copied())
            .and(self.consulted.iter().copied())
            .and(self.invites.keys().copied())
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

    /// Its own ingénierie. Another one is answered as an absent one.
    fn serves(&self, ingenierie: &Dossier) -> Result<(), Refusal> {
        if self.ingenierie == Some(ingenierie.id) {
            return Ok(());
        }
        Err(Common::NotFound {}.into())
    }

    /// Its own ingénierie, which is not over.
    fn goes_on(&self, ingenierie: &Dossier) -> Result<(), Refusal> {
        self.serves(ingenierie)?;
        under_way(ingenierie)
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

/// INV-38: what follows the end of an ingénierie is its evaluation, not new missions.
fn under_way(ingenierie: &Dossier) -> Result<(), Refusal> {
    if ingenierie.is_over() { Err(Refusal::IngenierieEnded {}) } else { Ok(()) }
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
            Event::PartenaireInvited { organisation, qualite } => {
                self.invites.insert(*organisation, *qualite);
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
            Event::OffreRejected { prestataire, .. } => {
                self.rejected.insert(*prestataire);
            }
            Event::OffreScored { prestataire, par, notation, .. } => {
                let notes = self.notes.entry(*prestataire).or_default();
                notes.insert(*par, *notation);
            }
            Event::PreferenceStructureExpressed { structure, prestataire, .. } => {
                self.preferences.insert(*structure, *prestataire);
            }
            Event::CahierDesChargesContributionRecorded { .. } | Event::RuleWaived { .. } => (),
            Event::PrestataireChosen { prestataire, .. }
            | Event::PrestataireDirectlyChosen { prestataire, .. } => {
                self.chosen = Some(*prestataire);
            }
            Event::PrestataireInformed { prestataire, .. } => {
                self.informed.insert(*prestataire);
            }
            Event::ConsultationDeclaredUnsuccessful { .. } => self.unsuccessful = true,
            Event::ConsultationClosed {} => self.closed = true,
            Event::ContratSigned { contrat } | Event::ContratAmended { contrat, .. } => {
                self.contrat = Some(Signed { contrat: contrat.clone(), terminated: false });
            }
            Event::ContratTerminated { .. } => {
                if let Some(it) = &mut self.contrat {
                    it.terminated = true;
                }
            }
        }
    }
}
