//! What a fiche holds.

use domain::{
    Code, Date, Genre, Line, Prose, QuarterDays, Territoire,
    ingenierie_collective::{
        Etat,
        activites::ActiviteMethode,
        confirmer::{
            mobilisation::Reponses,
            projet::{Intervenant, Module, ResultatAttendu, TypeIngenierie},
            technique::Scenario,
        },
        engager::{
            Compatibilite, PorteeObjectif, SensAvis,
            partage::{AccordProblematique, ObjetEvaluation},
        },
        identifier::cadrage::{AireIntervention, Coherences, Legitimite, RoleDla as Role},
    },
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{SealedPlace, Waiver};

/// One ingénierie, collective or individual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ingenierie {
    pub id: Uuid,
    pub genre: Genre,
    /// Of the ingénierie itself: facts of its plan do not raise it.
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    pub initiated_position: i64,
    pub porteur: Uuid,
    /// Those concerned, the lead first.
    pub dlas: Vec<Uuid>,
    /// Who sees the dossier without being of its DLAs. It names the contributors too: not to
    /// be shown.
    pub organisations: Vec<Uuid>,
    /// Whom the plan counts on. To be shown to those who see the plan only.
    pub contributeurs: Vec<Uuid>,
    /// The same, of DLAs.
    pub dlas_contributeurs: Vec<Uuid>,
    /// What only an individual one has.
    pub mission: Option<Mission>,
    pub intitule: Line,
    pub accroche: Option<Line>,
    pub territoire: Territoire,
    /// What it is looked for with.
    pub lieux: Vec<String>,
    pub secteurs: Vec<Code>,
    pub etat: Etat,
    pub initiated_on: Date,
    pub engaged_on: Option<Date>,
    /// When the projet d'intervention was last written.
    pub formalised_on: Option<Date>,
    pub confirmed_on: Option<Date>,
    pub started_on: Option<Date>,
    pub finalised_on: Option<Date>,
    pub abandoned_on: Option<Date>,
    pub abandon: Option<Abandon>,
    pub reouvertures: Vec<Note>,
    pub problematique: Problematique,
    pub objectifs: Vec<Objectif>,
    pub partenaires: Vec<Partenaire>,
    pub validations: Vec<Validation>,
    /// The last of each DLA.
    pub avis: Vec<Avis>,
    pub structures: Vec<Structure>,
    pub structures_mobilisees: i32,
    /// The structures that take part.
    pub participantes: Vec<Uuid>,
    pub groupes: Vec<Groupe>,
    pub resultats: Vec<ResultatAttendu>,
    /// When results were changed after the projet was formalised, or the mission validated.
    pub amendements: Vec<Note>,
    pub type_ingenierie: Option<TypeIngenierie>,
    pub types_prestation: Vec<Code>,
    pub sujets: Vec<Line>,
    /// In quarter days.
    pub temps_porteur: Option<i32>,
    pub intervenants: Vec<Intervenant>,
    pub modules: Vec<Module>,
    /// Of all modules on all their territories, in quarter days.
    pub jours: i32,
    pub subsidiarites: Vec<Subsidiarite>,
    pub complementarites: Vec<Note>,
    pub aire: Option<AireQualifiee>,
    /// The last of each DLA.
    pub roles_dla: Vec<RoleDla>,
    pub coherences: Vec<Coherence>,
    pub objectifs_evaluation: Option<ObjectifsEvaluation>,
    pub implications: Vec<Implication>,
    pub prises_en_compte: Vec<PriseEnCompte>,
    /// Those last set side by side.
    pub scenarios: Vec<Scenario>,
    /// Among these.
    pub choix_scenario: Option<ChoixScenario>,
    pub informations: Vec<Information>,
    pub waivers: Vec<Waiver>,
    pub activites_skipped: Vec<Skipped>,
}

/// What is done for one structure, and what it follows from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mission {
    pub structure: Uuid,
    /// What was last said of its need.
    pub besoin: SealedPlace,
    /// Whether it holds training.
    pub formation: bool,
    /// The ingénierie that it follows from.
    pub origine: Option<Uuid>,
    /// The diagnostic or the rapport that it follows from.
    pub document: Option<Uuid>,
}

/// The common need.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Problematique {
    pub enonce: Option<Prose>,
    /// Since when it has these words.
    pub stated_on: Option<Date>,
    pub sources: Vec<Source>,
    /// Of the words of today.
    pub confirmations: Vec<Confirmation>,
    pub reformulations: Vec<Reformulation>,
}

/// Where the need was heard of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    pub source: Code,
    pub precision: Option<Prose>,
    pub on: Date,
}

/// Structures that recognise the problem as theirs. Each stands where it said so last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confirmation {
    pub structures: Vec<Uuid>,
    pub methode: Line,
    pub on: Date,
}

/// The words that a problématique had before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reformulation {
    pub former: Option<Prose>,
    pub on: Date,
    pub motif: SealedPlace,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Objectif {
    pub portee: PorteeObjectif,
    pub objectif: Code,
    pub precision: Option<Prose>,
    pub on: Date,
}

/// A partner of the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partenaire {
    pub organisation: Uuid,
    pub categorie: Code,
    pub role: Option<Line>,
    pub since: Date,
    /// The last that it said.
    pub attente: Option<Attente>,
    /// When it confirmed the démarche, as a financeur.
    pub confirmed_on: Option<Date>,
    /// What it last said of the problem.
    pub partage: Option<Partage>,
    /// What it last offered to bring.
    pub contribution: Option<Contribution>,
    /// What it was last engaged for.
    pub engagement: Option<Engagement>,
    /// When it was last told how things go.
    pub informed_on: Option<Date>,
}

/// Whether a partner shares the problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partage {
    pub accord: AccordProblematique,
    pub on: Date,
    pub anteriorite: Option<SealedPlace>,
    pub interet: Option<SealedPlace>,
}

/// What a partner could bring as an intervenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    pub contribution: Line,
    pub competences: Option<Line>,
    pub temps: Option<QuarterDays>,
    pub on: Date,
}

/// What a partner will do as an intervenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Engagement {
    pub mission: Line,
    pub temps: Option<QuarterDays>,
    pub on: Date,
}

/// Where the structures are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AireQualifiee {
    pub aire: AireIntervention,
    pub on: Date,
    pub commentaire: Option<SealedPlace>,
}

/// Why a DLA acts, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleDla {
    pub dla: Uuid,
    pub legitimites: Vec<Legitimite>,
    pub role: Role,
    pub on: Date,
}

/// The démarche was held against what it must fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coherence {
    pub axes: Coherences,
    pub on: Date,
    pub commentaire: Option<SealedPlace>,
}

/// What will be evaluated, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectifsEvaluation {
    pub objets: Vec<ObjetEvaluation>,
    pub raison: Prose,
    pub on: Date,
}

/// On which conditions one structure takes part, or all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Implication {
    pub structure: Option<Uuid>,
    pub on: Date,
    pub fonctions: Option<SealedPlace>,
    pub projets: Option<SealedPlace>,
    pub disponibilite: Option<SealedPlace>,
}

/// What structures said was taken into account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriseEnCompte {
    pub partenaires: Vec<Uuid>,
    pub adaptee: bool,
    pub on: Date,
    pub suites: SealedPlace,
}

/// The scenario that was chosen, by its place from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChoixScenario {
    pub scenario: i32,
    pub on: Date,
    pub motif: Option<SealedPlace>,
}

/// Partners were told how it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Information {
    pub destinataires: Vec<Uuid>,
    pub objet: Line,
    pub on: Date,
    pub message: Option<SealedPlace>,
}

/// What a partner expects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attente {
    pub compatibilite: Compatibilite,
    pub on: Date,
    pub attente: SealedPlace,
}

/// A porteuse inscribed the démarche in its activities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    pub dla: Uuid,
    pub on: Date,
}

/// The opinion of the comité d'appui of a DLA.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Avis {
    pub dla: Uuid,
    pub sens: SensAvis,
    pub on: Date,
    pub commentaire: Option<SealedPlace>,
    pub reserves: Option<SealedPlace>,
    /// Where it was given, when a séance was.
    pub seance: Option<Uuid>,
}

/// A targeted structure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Structure {
    pub structure: Uuid,
    pub etat: EtatStructure,
    /// Since when it is in that state.
    pub since: Date,
    /// To the four questions; none any more once it declined.
    pub reponses: Option<Reponses>,
    pub repondu_on: Option<Date>,
    pub commentaire: Option<SealedPlace>,
    /// Whom it sends, while it takes part.
    pub participants: Option<i32>,
    /// Why it declined or left, while it is so.
    pub motif: Option<SealedPlace>,
}

/// Where a structure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EtatStructure {
    Ciblee,
    Contactee,
    Repondu,
    Mobilisee,
    Declinee,
    /// It took part, and left.
    Retiree,
}

/// Structures that work together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Groupe {
    pub groupe: i32,
    pub intitule: Line,
    pub module: Option<Line>,
    pub territoire: Option<Territoire>,
    pub structures: Vec<Uuid>,
}

/// A comparison with existing offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subsidiarite {
    pub contenu: bool,
    pub financement: bool,
    pub on: Date,
    pub commentaire: SealedPlace,
}

/// An activity of the method is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Skipped {
    pub activite: ActiviteMethode,
    pub on: Date,
    pub motif: SealedPlace,
}

/// It was given up, while it is so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Abandon {
    /// The state that it had reached.
    pub etat: Etat,
    pub motif: SealedPlace,
}

/// Something was done on a day, and the words that go with it are sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub on: Date,
    pub text: SealedPlace,
}
