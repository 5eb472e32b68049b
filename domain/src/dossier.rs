//! An ingénierie, collective or individual, as what is attached to it sees it: whom it concerns,
//! where it is, how far it has come.
//!
//! Its plan, consultations, intervention, evaluation, capitalisation and documents, the money set
//! aside for it and the comité that advises on it read this, and never ask which of the two it is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Code, DlaId, Either, Expect, IngenierieCollective, IngenierieId, IngenierieIndividuelle, Line,
    OrganisationId, Perimeter, QuarterDays, Seen, Territoire, Version,
    ingenierie_collective::{Etat, confirmer::projet::TypeIngenierie},
};

/// For how many an ingénierie is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Genre {
    /// For several structures.
    Collective,
    /// For one.
    Individuelle,
}

/// What the two kinds have in common, as it was read. An absent one has a version of 0, and
/// concerns nobody.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    pub id: IngenierieId,
    pub version: Version,
    pub genre: Genre,
    /// Who may know that it exists.
    pub perimeter: Perimeter,
    /// The DLAs concerned, the lead first.
    pub dlas: Vec<DlaId>,
    pub territoire: Option<Territoire>,
    pub secteurs: BTreeSet<Code>,
    /// The themes of Enée.
    pub themes: BTreeSet<Code>,
    /// What a collective one does for structures, once it is chosen.
    pub type_ingenierie: Option<TypeIngenierie>,
    pub etat: Option<Etat>,
    /// Its séances may be planned: what will be done is settled.
    pub ready: bool,
    /// By category. An individual ingénierie has no network of partners.
    pub partenaires: BTreeMap<OrganisationId, Code>,
    /// The structures that take part now.
    pub mobilisees: BTreeSet<OrganisationId>,
    /// The modules of its projet, and its groupes: of a collective one only.
    pub modules: Vec<Line>,
    /// The days that its modules plan, on all their territories.
    pub jours: QuarterDays,
    pub groupes: BTreeSet<i32>,
    /// Whether it holds training.
    pub formation: bool,
    /// How many results it expects: they go by their place, from 1.
    pub resultats: usize,
    /// Whether it was compared with what other operators do (INV-14).
    pub complementarite_checked: bool,
}

impl Dossier {
    /// Whether it was finalised or abandoned.
    pub fn is_over(&self) -> bool {
        self.etat.is_some_and(Etat::is_over)
    }
}

impl Either for Dossier {
    type One = IngenierieCollective;
    type Other = IngenierieIndividuelle;
}

impl From<&Dossier> for Expect {
    fn from(it: &Dossier) -> Self {
        Self { stream: it.id.0, version: it.version }
    }
}

impl From<Seen<IngenierieCollective>> for Dossier {
    fn from(Seen { id, version, state }: Seen<IngenierieCollective>) -> Self {
        Self {
            id,
            version,
            genre: Genre::Collective,
            perimeter: state.perimeter(),
            dlas: state.dlas().collect(),
            territoire: state.territoire(),
            secteurs: state.secteurs().clone(),
            themes: state.themes().cloned().collect(),
            type_ingenierie: state.type_ingenierie(),
            etat: state.etat(),
            ready: state.etat() >= Some(Etat::Confirmee),
            partenaires: state
                .partenaires()
                .map(|(id, categorie)| (id, categorie.clone()))
                .collect(),
            mobilisees: state.mobilisees().collect(),
            modules: state.modules().cloned().collect(),
            jours: state.jours(),
            groupes: state.groupes().collect(),
            formation: state.plans_formation(),
            resultats: state.resultats_attendus(),
            complementarite_checked: state.is_complementarite_checked(),
        }
    }
}

impl From<Seen<IngenierieIndividuelle>> for Dossier {
    fn from(Seen { id, version, state }: Seen<IngenierieIndividuelle>) -> Self {
        Self {
            id,
            version,
            genre: Genre::Individuelle,
            perimeter: state.perimeter(),
            dlas: state.dla().into_iter().collect(),
            territoire: state.territoire(),
            secteurs: state.secteurs().clone(),
            themes: state.themes().cloned().collect(),
            type_ingenierie: None,
            etat: state.etat(),
            ready: state.etat() >= Some(Etat::Engagee),
            partenaires: BTreeMap::new(),
            mobilisees: state.structure().into_iter().collect(),
            modules: vec![],
            jours: QuarterDays(0),
            groupes: BTreeSet::new(),
            formation: state.holds_formation(),
            resultats: state.resultats_attendus(),
            complementarite_checked: state.is_complementarite_checked(),
        }
    }
}
