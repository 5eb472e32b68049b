//! What a fiche holds.

use domain::{
    Code, Date, Line, Prose, Territoire,
    ingenierie_collective::{
        Etat,
        activites::ActiviteMethode,
        confirmer::{
            mobilisation::Reponses,
            projet::{Intervenant, Module, ResultatAttendu, TypeIngenierie},
        },
        engager::{Compatibilite, PorteeObjectif, SensAvis},
    },
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{SealedPlace, Waiver};

/// One ingénierie collective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ingenierie {
    pub id: Uuid,
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
    pub intitule: Line,
    pub accroche: Option<Line>,
    pub territoire: Territoire,
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
    pub groupes: Vec<Groupe>,
    pub resultats: Vec<ResultatAttendu>,
    /// When results were changed after the projet was formalised.
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
    pub waivers: Vec<Waiver>,
    pub activites_skipped: Vec<Skipped>,
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
