//! The accompagnement: one request of one structure, from the sollicitation to the suivi.
//!
//! Facts, refusals, rights, state and fold stand here; `accueil` is whether a DLA can help,
//! `diagnostic` what both found and agreed on, `plan` what will be done, `suivi` what came of it and
//! how it ends. Ingénieries are dossiers of their own: an action of the plan names the one that
//! carries it out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use self::{
    plan::{Action, NatureAction},
    suivi::{Indicateurs, Moment},
};
use crate::{
    AccompagnementId, Asked, Date, Decided, Decider, DlaId, DocumentId, IngenierieId, Line,
    OrganisationId, Perimeter, Place, Prose, Right, Sealed, Seen, Subject,
    actor::rights,
    document::Document,
    organisation::Organisation,
    referentiel::Code,
    refusal::{Common, refusals},
};

pub mod accueil;
pub mod diagnostic;
pub mod plan;
pub mod suivi;

#[cfg(test)]
pub(crate) mod tests;

/// The longest list that one command takes.
pub const LIST_MAX: usize = 30;

/// What can happen to an accompagnement. Every fact names the parties, so that readers need not
/// look elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// A structure asked a DLA for help, itself or through a partner.
    SollicitationReceived {
        accompagnement: AccompagnementId,
        parties: Parties,
        /// The partner that relayed the request.
        relais: Option<OrganisationId>,
        canal: Option<Canal>,
        /// Of `Liste::MomentCle`: what makes it ask now.
        moments: BTreeSet<Code>,
        /// Of `Liste::DomaineExpertise`: what it asks help with.
        domaines: BTreeSet<Code>,
        demande: Option<Sealed<Prose>>,
    },
    /// The structure received the form to fill in before the first meeting.
    PreDiagnosticSent { parties: Parties },
    /// It gave the form back.
    PreDiagnosticReturned { parties: Parties, document: Option<DocumentId> },
    /// Both met to qualify the request.
    RendezVousQualificationHeld { parties: Parties, commentaire: Option<Sealed<Prose>> },
    /// The DLA said whether it can help. Until the diagnostic, what was said last counts.
    AccueilCompleted { parties: Parties, pertinent: bool, motif: Option<Sealed<Prose>> },
    /// The structure was told of someone who helps better, or besides.
    StructureOriented {
        parties: Parties,
        vers: Option<OrganisationId>,
        /// A scheme or a service that is no organisation of the registry.
        dispositif: Option<Line>,
        commentaire: Option<Sealed<Prose>>,
    },
    /// The diagnostic partagé began.
    DiagnosticStarted { parties: Parties },
    /// The diagnostic partagé says what was found. What was said last counts, and is to be
    /// validated.
    DiagnosticCompleted {
        parties: Parties,
        situation: Option<Sealed<Prose>>,
        forces: Option<Sealed<Prose>>,
        /// What the structure can do by itself to consolidate.
        capacite: Option<Sealed<Prose>>,
        besoins: Option<Sealed<Prose>>,
        /// Of `Liste::DomaineExpertise`: where support is needed.
        domaines: BTreeSet<Code>,
        document: Option<DocumentId>,
    },
    /// The structure recognises itself in the diagnostic.
    DiagnosticValidated { parties: Parties },
    /// The DLA says what it advises, in place of what it advised before.
    PreconisationsProposed { parties: Parties, preconisations: Vec<Preconisation> },
    /// The structure takes these of them, numbered from 1.
    PreconisationsAccepted { parties: Parties, retenues: BTreeSet<i32> },
    /// The structure takes none.
    PreconisationsRefused { parties: Parties, motif: Sealed<Prose> },
    /// What will be done is agreed on. What was said last counts.
    PlanAccompagnementEstablished {
        parties: Parties,
        /// When the plan is to be carried out.
        echeance: Option<Date>,
        document: Option<DocumentId>,
    },
    /// The plan has one more action.
    ActionAppuiAdded { parties: Parties, numero: i32, action: Action },
    /// An ingénierie carries the action out.
    ActionAppuiAttached { parties: Parties, numero: i32, ingenierie: IngenierieId },
    /// The action was done.
    ActionAppuiCompleted { parties: Parties, numero: i32, commentaire: Option<Sealed<Prose>> },
    /// The action will not be done.
    ActionAppuiCancelled { parties: Parties, numero: i32, motif: Sealed<Prose> },
    /// What was done was told to the structure and to those it invited.
    RestitutionHeld {
        parties: Parties,
        /// The ingénierie that it closes, when it closes one.
        ingenierie: Option<IngenierieId>,
        commentaire: Option<Sealed<Prose>>,
        document: Option<DocumentId>,
    },
    /// The DLA took news of the structure.
    SuiviRecorded { parties: Parties, commentaire: Option<Sealed<Prose>> },
    /// How the structure does, in figures.
    ImpactMeasured {
        parties: Parties,
        moment: Moment,
        /// The day that a forecast is for.
        horizon: Option<Date>,
        indicateurs: Indicateurs,
    },
    /// Something else is needed, that the plan does not answer.
    NouveauBesoinIdentified {
        parties: Parties,
        besoin: Sealed<Prose>,
        /// Of `Liste::DomaineExpertise`.
        domaines: BTreeSet<Code>,
    },
    /// It is over, with what it led to. Suivi goes on.
    AccompagnementClosed {
        parties: Parties,
        /// Of `Liste::IssueAccompagnement`.
        issues: BTreeSet<Code>,
        bilan: Option<Sealed<Prose>>,
    },
    /// It was given up.
    AccompagnementAbandoned { parties: Parties, motif: Sealed<Prose> },
    /// It goes on after its end, where it stood.
    AccompagnementReopened { parties: Parties, motif: Sealed<Prose> },
}

/// Between whom an accompagnement takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parties {
    pub dla: DlaId,
    pub structure: OrganisationId,
}

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Canal {
    Courriel,
    Telephone,
    Rencontre,
    Formulaire,
}

/// What a DLA advises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preconisation {
    /// Of `Liste::TypePrestation`.
    pub theme: Option<Code>,
    pub enonce: Sealed<Prose>,
}

refusals! {
    /// INV-38.
    Over {} = "ACCOMPAGNEMENT_OVER" at "accompagnement":
        "Cet accompagnement est terminé : rouvrez-le pour le modifier. Le suivi reste possible.",
        "This accompagnement is over: reopen it to change it. Suivi goes on.";
    /// INV-39.
    StructureClosed { structure: OrganisationId } = "SOLLICITATION_STRUCTURE_CLOSED" at "structure":
        "Cette structure est fermée : choisissez celle qui lui succède.",
        "This structure is closed: choose the one that succeeds it.";
    /// INV-39: the other one stands for both.
    StructureMerged { survivor: OrganisationId } = "SOLLICITATION_STRUCTURE_MERGED" at "structure":
        "Cette structure a été fusionnée avec une autre : choisissez celle qui subsiste.",
        "This structure was merged into another: choose the one that stands for both.";
    /// A fact must fit in one leaf of the log.
    ListTooLong { field: &'static str, max: usize } = "ACCOMPAGNEMENT_LIST_TOO_LONG" at field:
        "La liste « {field} » dépasse {max} éléments : raccourcissez-la.",
        "The list `{field}` exceeds {max} items: shorten it.";
    /// A document is named by who may read it.
    DocumentUnknown {} = "ACCOMPAGNEMENT_DOCUMENT_UNKNOWN" at "document":
        "Ce document n'existe pas, ou vous n'y avez pas accès : corrigez-le ou retirez-le.",
        "This document does not exist, or you have no access to it: correct it or leave it out.";
    /// Who helps is known to the registry.
    OrganisationUnknown { field: &'static str } = "ACCOMPAGNEMENT_ORGANISATION_UNKNOWN" at field:
        "Cette organisation n'est pas au répertoire : enregistrez-la, ou nommez un dispositif.",
        "This organisation is not in the registry: register it, or name a scheme.";
    /// INV-36.
    AccueilMotifMissing {} = "ACCUEIL_MOTIF_MISSING" at "motif":
        "Indiquez pourquoi le DLA ne peut pas répondre à cette demande.",
        "Say why the DLA cannot answer this request.";
    /// What the diagnostic rests on no longer changes.
    AccueilSettled {} = "ACCUEIL_SETTLED" at "pertinent":
        "Le diagnostic a commencé : abandonnez l'accompagnement plutôt que de revenir sur l'accueil.",
        "The diagnostic has begun: give the accompagnement up rather than go back on the accueil.";
    /// Help begins once it is found relevant.
    NotWelcomed {} = "ACCUEIL_NOT_PERTINENT" at "accompagnement":
        "L'accueil n'a pas conclu à la pertinence d'un accompagnement : concluez-le d'abord.",
        "The accueil has not found the request relevant: complete it first.";
    /// An orientation leads somewhere.
    OrientationEmpty {} = "ORIENTATION_EMPTY" at "dispositif":
        "Indiquez vers qui la structure est orientée : une organisation ou un dispositif.",
        "Say to whom the structure is sent: an organisation or a scheme.";
    /// A diagnostic says something, or a document says it.
    DiagnosticEmpty {} = "DIAGNOSTIC_EMPTY" at "situation":
        "Indiquez au moins la situation, les forces, la capacité, les besoins ou un document.",
        "Give at least the situation, the strengths, the capacity, the needs or a document.";
    /// What is validated or answered was written.
    DiagnosticNotCompleted {} = "DIAGNOSTIC_NOT_COMPLETED" at "accompagnement":
        "Le diagnostic n'est pas établi : établissez-le d'abord.",
        "The diagnostic is not completed: complete it first.";
    /// The diagnostic is shared before what follows from it is agreed on.
    DiagnosticNotValidated {} = "DIAGNOSTIC_NOT_VALIDATED" at "accompagnement":
        "La structure n'a pas validé le diagnostic : faites-le valider d'abord.",
        "The structure has not validated the diagnostic: have it validated first.";
    /// To advise is to say something.
    PreconisationsMissing {} = "PRECONISATIONS_MISSING" at "preconisations":
        "Indiquez au moins une préconisation.",
        "Give at least one préconisation.";
    /// An answer needs a question.
    NothingProposed {} = "PRECONISATIONS_NOT_PROPOSED" at "accompagnement":
        "Aucune préconisation n'est proposée : proposez-les d'abord.",
        "No préconisation is proposed: propose some first.";
    /// To accept is to take something.
    RetenuesMissing {} = "PRECONISATIONS_RETENUES_MISSING" at "retenues":
        "Indiquez au moins une préconisation retenue, ou refusez-les toutes.",
        "Give at least one préconisation that is kept, or refuse them all.";
    /// Préconisations go by their place.
    PreconisationUnknown { numero: i32, field: &'static str } = "PRECONISATION_UNKNOWN" at field:
        "La préconisation n° {numero} n'existe pas : reprenez les numéros affichés.",
        "There is no préconisation {numero}: take the numbers that are shown.";
    /// INV-32.
    NotAccepted {} = "PRECONISATIONS_NOT_ACCEPTED" at "accompagnement":
        "Le plan d'accompagnement s'établit une fois les préconisations acceptées par la structure.",
        "The plan d'accompagnement is established once the structure has accepted préconisations.";
    /// Actions are of a plan.
    PlanMissing {} = "PLAN_NOT_ESTABLISHED" at "accompagnement":
        "Le plan d'accompagnement n'est pas établi : établissez-le d'abord.",
        "The plan d'accompagnement is not established: establish it first.";
    /// A plan that people can follow.
    TooManyActions { max: usize } = "TOO_MANY_ACTIONS_APPUI" at "actions":
        "Un plan compte au plus {max} actions.",
        "A plan holds at most {max} actions.";
    /// Actions go by their number.
    ActionUnknown { numero: i32 } = "ACTION_APPUI_UNKNOWN" at "action":
        "L'action n° {numero} n'existe pas dans ce plan : reprenez les numéros affichés.",
        "There is no action {numero} in this plan: take the numbers that are shown.";
    /// What ended stays as it ended.
    ActionSettled { numero: i32 } = "ACTION_APPUI_SETTLED" at "action":
        "L'action n° {numero} est déjà réalisée ou annulée : ajoutez-en une autre.",
        "Action {numero} is already done or cancelled: add another one.";
    /// An ingénierie carries out actions of its own kind.
    IngenierieUnfit { action: i32, field: &'static str } = "ACTION_APPUI_INGENIERIE_UNFIT" at field:
        "L'ingénierie de l'action n° {action} n'est pas de la même nature, ou pas de cette structure : choisissez-en une autre.",
        "The ingénierie of action {action} is not of the same nature, or not of this structure: choose another one.";
    /// Another one may not be known, or is absent.
    IngenierieUnknown { field: &'static str } = "ACTION_APPUI_INGENIERIE_UNKNOWN" at field:
        "Cette ingénierie n'existe pas, ou vous n'y avez pas accès : corrigez-la ou retirez-la.",
        "This ingénierie does not exist, or you have no access to it: correct it or leave it out.";
    /// To measure is to give a figure.
    IndicateursMissing {} = "IMPACT_INDICATEURS_MISSING" at "indicateurs":
        "Indiquez au moins un indicateur.",
        "Give at least one indicator.";
    /// A mistyped figure.
    IndicateurOutOfRange { indicateur: &'static str } = "IMPACT_OUT_OF_RANGE" at "indicateurs":
        "Le chiffre « {indicateur} » est négatif ou démesuré : corrigez-le.",
        "The figure `{indicateur}` is negative or immense: correct it.";
    /// Some of the jobs, at most all.
    CdiAboveEmplois { cdi: i32, emplois: i32 } = "IMPACT_CDI_ABOVE_EMPLOIS" at "indicateurs":
        "Il y a {cdi} CDI pour {emplois} emplois : corrigez l'un des deux.",
        "There are {cdi} permanent contracts for {emplois} jobs: correct one of them.";
    /// A forecast is for a day to come, and nothing else is.
    HorizonUnfit {} = "IMPACT_HORIZON" at "horizon":
        "Une prévision a un horizon postérieur à sa date ; une mesure n'en a pas.",
        "A forecast has a horizon after its date; a measure has none.";
}

rights! {
    SOLLICITATION = "recordSollicitation": ChargeDeMission, StructureBeneficiaire, Partenaire;
    SEND = "sendPreDiagnostic": ChargeDeMission;
    RETURN = "returnPreDiagnostic": ChargeDeMission, StructureBeneficiaire;
    RENDEZ_VOUS = "holdRendezVousQualification": ChargeDeMission;
    ACCUEIL = "completeAccueil": ChargeDeMission;
    ORIENT = "orientStructure": ChargeDeMission;
    START = "startDiagnostic": ChargeDeMission;
    COMPLETE = "completeDiagnostic": ChargeDeMission;
    VALIDATE = "validateDiagnostic": ChargeDeMission, StructureBeneficiaire;
    PROPOSE = "proposePreconisations": ChargeDeMission;
    ACCEPT = "acceptPreconisations": ChargeDeMission, StructureBeneficiaire;
    REFUSE = "refusePreconisations": ChargeDeMission, StructureBeneficiaire;
    ESTABLISH = "establishPlanAccompagnement": ChargeDeMission;
    ADD = "addActionAppui": ChargeDeMission;
    ATTACH = "attachActionAppui": ChargeDeMission;
    DONE = "completeActionAppui": ChargeDeMission, StructureBeneficiaire;
    CANCEL = "cancelActionAppui": ChargeDeMission;
    RESTITUTION = "holdRestitution": ChargeDeMission;
    SUIVI = "recordSuivi": ChargeDeMission;
    IMPACT = "measureImpact": ChargeDeMission, StructureBeneficiaire;
    BESOIN = "identifyNouveauBesoin": ChargeDeMission, StructureBeneficiaire;
    CLOSE = "closeAccompagnement": ChargeDeMission;
    ABANDON = "abandonAccompagnement": ChargeDeMission, ResponsablePorteuse;
    REOPEN = "reopenAccompagnement": ChargeDeMission, ResponsablePorteuse;
}

/// How far an accompagnement has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Etat {
    /// A request came, and the DLA has not said whether it can help.
    EnAccueil,
    /// The DLA cannot help.
    NonRetenu,
    /// The request is relevant; no plan is established.
    EnDiagnostic,
    /// A plan is under way.
    EnParcours,
    Clos,
    Abandonne,
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Accompagnement {
    id: Option<AccompagnementId>,
    parties: Option<Parties>,
    pre_diagnostic_sent: bool,
    pertinent: Option<bool>,
    diagnostic: Diagnostic,
    /// How many were proposed.
    preconisations: i32,
    reponse: Option<Reponse>,
    plan: Option<Plan>,
    actions: BTreeMap<i32, Suite>,
    end: Option<End>,
}

/// Where the diagnostic stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Diagnostic {
    #[default]
    Absent,
    Started,
    Completed,
    Validated,
}

/// What the structure answered to what was proposed.
#[derive(Debug, Clone, PartialEq)]
enum Reponse {
    Retenues(BTreeSet<i32>),
    Refusees,
}

#[derive(Debug, Clone, PartialEq)]
struct Plan {
    echeance: Option<Date>,
    document: Option<DocumentId>,
}

/// What became of an action.
#[derive(Debug, Clone, PartialEq)]
struct Suite {
    nature: NatureAction,
    ingenierie: Option<IngenierieId>,
    done: bool,
    cancelled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Closed,
    Abandoned,
}

impl Accompagnement {
    /// How far it has come; `None` before the request.
    pub fn etat(&self) -> Option<Etat> {
        self.parties?;
        Some(match (self.end, &self.plan, self.pertinent) {
            (Some(End::Closed), _, _) => Etat::Clos,
            (Some(End::Abandoned), _, _) => Etat::Abandonne,
            (None, Some(_), _) => Etat::EnParcours,
            (None, None, Some(true)) => Etat::EnDiagnostic,
            (None, None, Some(false)) => Etat::NonRetenu,
            (None, None, None) => Etat::EnAccueil,
        })
    }

    /// Who may know that it exists: its DLA, and the structure.
    pub fn perimeter(&self) -> Perimeter {
        let parties = self.parties.iter();
        Perimeter::of_dlas(parties.clone().map(|it| it.dla)).and(parties.map(|it| it.structure))
    }

    /// Lets pass who holds the right, whether it is over or not.
    fn known_to(&self, asked: &Asked, right: &Right) -> Result<Parties, Refusal> {
        asked.may(right, &self.perimeter())?;
        Ok(self.parties.ok_or(Common::NotFound {})?)
    }

    /// Lets pass who holds the right, while it is not over (INV-38).
    fn open_to(&self, asked: &Asked, right: &Right) -> Result<Parties, Refusal> {
        let parties = self.known_to(asked, right)?;
        if self.end.is_some() { Err(Refusal::Over {}) } else { Ok(parties) }
    }

    /// The same, once the accueil found the request relevant.
    fn welcomed(&self, asked: &Asked, right: &Right) -> Result<Parties, Refusal> {
        let parties = self.open_to(asked, right)?;
        if self.pertinent == Some(true) { Ok(parties) } else { Err(Refusal::NotWelcomed {}) }
    }

    /// Closes a text under the key of the accompagnement.
    fn sealed(&self, text: Prose) -> Result<Sealed<Prose>, Refusal> {
        let id = self.id.ok_or(Common::NotFound {})?;
        Ok(Sealed::new(Subject::accompagnement(id), text))
    }

    /// The same, of a text that may be left out.
    fn sealed_if(&self, text: Option<Prose>) -> Result<Option<Sealed<Prose>>, Refusal> {
        text.map(|it| self.sealed(it)).transpose()
    }
}

impl Event {
    /// Between whom.
    pub fn parties(&self) -> Parties {
        match self {
            Self::SollicitationReceived { parties, .. }
            | Self::PreDiagnosticSent { parties }
            | Self::PreDiagnosticReturned { parties, .. }
            | Self::RendezVousQualificationHeld { parties, .. }
            | Self::AccueilCompleted { parties, .. }
            | Self::StructureOriented { parties, .. }
            | Self::DiagnosticStarted { parties }
            | Self::DiagnosticCompleted { parties, .. }
            | Self::DiagnosticValidated { parties }
            | Self::PreconisationsProposed { parties, .. }
            | Self::PreconisationsAccepted { parties, .. }
            | Self::PreconisationsRefused { parties, .. }
            | Self::PlanAccompagnementEstablished { parties, .. }
            | Self::ActionAppuiAdded { parties, .. }
            | Self::ActionAppuiAttached { parties, .. }
            | Self::ActionAppuiCompleted { parties, .. }
            | Self::ActionAppuiCancelled { parties, .. }
            | Self::RestitutionHeld { parties, .. }
            | Self::SuiviRecorded { parties, .. }
            | Self::ImpactMeasured { parties, .. }
            | Self::NouveauBesoinIdentified { parties, .. }
            | Self::AccompagnementClosed { parties, .. }
            | Self::AccompagnementAbandoned { parties, .. }
            | Self::AccompagnementReopened { parties, .. } => *parties,
        }
    }
}

/// An accompagnement is part of no dossier of ingénierie.
fn records(asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
    asked.records(Place::default(), events)
}

/// A document that whoever names it may read.
fn readable(
    asked: &Asked,
    document: Option<&Seen<Document>>,
) -> Result<Option<DocumentId>, Refusal> {
    match document {
        Some(it) if !asked.by.sees(&it.state.perimeter()) => Err(Refusal::DocumentUnknown {}),
        it => Ok(it.map(|it| it.id)),
    }
}

/// An organisation that the registry knows.
fn registered(
    organisation: Option<&Seen<Organisation>>,
    field: &'static str,
) -> Result<Option<OrganisationId>, Refusal> {
    match organisation {
        Some(it) if !it.exists() => Err(Refusal::OrganisationUnknown { field }),
        it => Ok(it.map(|it| it.id)),
    }
}

fn at_most(field: &'static str, given: usize) -> Result<(), Refusal> {
    if given <= LIST_MAX {
        return Ok(());
    }
    Err(Refusal::ListTooLong { field, max: LIST_MAX })
}

impl Decider for Accompagnement {
    const CATEGORY: &'static str = "accompagnement";

    type Id = AccompagnementId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::SollicitationReceived { accompagnement, parties, .. } => {
                self.id = Some(*accompagnement);
                self.parties = Some(*parties);
            }
            Event::PreDiagnosticSent { .. } => self.pre_diagnostic_sent = true,
            Event::AccueilCompleted { pertinent, .. } => self.pertinent = Some(*pertinent),
            Event::DiagnosticStarted { .. } => self.diagnostic = Diagnostic::Started,
            Event::DiagnosticCompleted { .. } => self.diagnostic = Diagnostic::Completed,
            Event::DiagnosticValidated { .. } => self.diagnostic = Diagnostic::Validated,
            Event::PreconisationsProposed { preconisations, .. } => {
                self.preconisations = i32::try_from(preconisations.len()).unwrap_or(i32::MAX);
                self.reponse = None;
            }
            Event::PreconisationsAccepted { retenues, .. } => {
                self.reponse = Some(Reponse::Retenues(retenues.clone()));
            }
            Event::PreconisationsRefused { .. } => self.reponse = Some(Reponse::Refusees),
            Event::PlanAccompagnementEstablished { echeance, document, .. } => {
                self.plan = Some(Plan { echeance: *echeance, document: *document });
            }
            Event::ActionAppuiAdded { numero, action, .. } => {
                let Action { nature, ingenierie, .. } = *action;
                let suite = Suite { nature, ingenierie, done: false, cancelled: false };
                self.actions.insert(*numero, suite);
            }
            Event::ActionAppuiAttached { numero, ingenierie, .. } => {
                if let Some(it) = self.actions.get_mut(numero) {
                    it.ingenierie = Some(*ingenierie);
                }
            }
            Event::ActionAppuiCompleted { numero, .. } => {
                if let Some(it) = self.actions.get_mut(numero) {
                    it.done = true;
                }
            }
            Event::ActionAppuiCancelled { numero, .. } => {
                if let Some(it) = self.actions.get_mut(numero) {
                    it.cancelled = true;
                }
            }
            Event::AccompagnementClosed { .. } => self.end = Some(End::Closed),
            Event::AccompagnementAbandoned { .. } => self.end = Some(End::Abandoned),
            Event::AccompagnementReopened { .. } => self.end = None,
            Event::PreDiagnosticReturned { .. }
            | Event::RendezVousQualificationHeld { .. }
            | Event::StructureOriented { .. }
            | Event::RestitutionHeld { .. }
            | Event::SuiviRecorded { .. }
            | Event::ImpactMeasured { .. }
            | Event::NouveauBesoinIdentified { .. } => (),
        }
    }
}
