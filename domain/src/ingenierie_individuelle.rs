//! The ingénierie individuelle: the mission of one structure, carried by one DLA.
//!
//! The simpler twin of the ingénierie collective: no network of partners, no groupes, no projet of
//! modules. Facts, refusals, rights, state and fold stand here; `mission` is what is to be done and
//! why, `jalons` how far it has come. What both kinds share for others to read is `Dossier`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    Asked, Decided, Decider, DlaId, DocumentId, IngenierieId, Line, OrganisationId, Perimeter,
    Place, PlanFinancementId, Prose, Right, Rule, Sealed, SeanceComiteId, Subject, Territoire,
    actor::rights,
    ingenierie_collective::{Etat, confirmer::projet::ResultatAttendu, engager::SensAvis},
    referentiel::Code,
    refusal::{Common, refusals},
};

pub mod mission;

mod jalons;
#[cfg(test)]
pub(crate) mod tests;

/// The longest list that one command takes.
pub const LIST_MAX: usize = 30;

/// What can happen to an ingénierie individuelle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// A DLA started to build a mission for one structure.
    IngenierieIndividuelleInitiated {
        ingenierie: IngenierieId,
        porteur: DlaId,
        structure: OrganisationId,
        intitule: Line,
        besoin: Sealed<Prose>,
        territoire: Territoire,
        secteurs: BTreeSet<Code>,
        /// Of `Liste::TypePrestation`, the themes of Enée.
        types: Vec<Code>,
        /// Whether the mission holds training.
        formation: bool,
        /// The ingénierie that it follows from.
        origine: Option<IngenierieId>,
        /// The diagnostic or the rapport de mission that it follows from.
        document: Option<DocumentId>,
    },
    /// What was said of the mission is said anew; what is absent stays as it was.
    IngenierieIndividuelleDescribed {
        structure: OrganisationId,
        intitule: Option<Line>,
        besoin: Option<Sealed<Prose>>,
        secteurs: Option<BTreeSet<Code>>,
        types: Option<Vec<Code>>,
        formation: Option<bool>,
    },
    /// What the mission is for. What was said last counts.
    ObjectifsSet { objectifs: Vec<Objectif> },
    /// The results to reach.
    ResultatsAttendusFixed { resultats: Vec<ResultatAttendu> },
    /// The results to reach were changed after the porteuse validated the démarche.
    ResultatsAttendusAmended { resultats: Vec<ResultatAttendu>, motif: Sealed<Prose> },
    /// The mission was compared with what other operators already do.
    ComplementariteChecked { commentaire: Sealed<Prose> },
    /// The comité d'appui gave its opinion. The last one counts.
    AvisComiteAppuiRecorded {
        dla: DlaId,
        sens: SensAvis,
        commentaire: Option<Sealed<Prose>>,
        /// The reservations of an avis that is favourable with some.
        reserves: Option<Sealed<Prose>>,
        seance: SeanceComiteId,
    },
    /// Milestone: whoever answers for the porteuse inscribed the mission in its activities.
    DemarcheValidated { dla: DlaId },
    /// A rule was set aside, for the reason given.
    RuleWaived { rule: Rule, because: Sealed<Prose> },
    /// Milestone: the mission started, with its plan de financement if it has one.
    IngenierieIndividuelleStarted { plan: Option<PlanFinancementId> },
    /// The mission is done. Evaluation, capitalisation and suivi go on.
    IngenierieIndividuelleFinalised {},
    /// It was given up, in the state it had reached.
    IngenierieIndividuelleAbandoned { etat: Etat, motif: Sealed<Prose> },
    /// It goes on after its end, in the state it had before.
    IngenierieIndividuelleReopened { etat: Etat, motif: Sealed<Prose> },
}

/// What a mission is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Objectif {
    /// Of `Liste::ObjectifOperationnel`.
    pub objectif: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<Prose>,
}

refusals! {
    /// Another kind of ingénierie is meant.
    NotIndividuelle {} = "INGENIERIE_NOT_INDIVIDUELLE" at "ingenierie":
        "Cette ingénierie est collective : utilisez les commandes des ingénieries collectives.",
        "This ingénierie is collective: use the commands of ingénieries collectives.";
    /// INV-38.
    MissionOver { etat: Etat } = "MISSION_OVER" at "ingenierie":
        "Cette ingénierie individuelle est terminée : rouvrez-la pour la modifier.",
        "This ingénierie individuelle is over: reopen it to change it.";
    /// A fact must fit in one leaf of the log.
    MissionListTooLong { field: &'static str, max: usize } = "MISSION_LIST_TOO_LONG" at field:
        "La liste « {field} » dépasse {max} éléments : raccourcissez-la.",
        "The list `{field}` exceeds {max} items: shorten it.";
    /// INV-39.
    StructureClosed { structure: OrganisationId } = "MISSION_STRUCTURE_CLOSED" at "structure":
        "Cette structure est fermée : choisissez celle qui lui succède.",
        "This structure is closed: choose the one that succeeds it.";
    /// INV-39: the other one stands for both.
    StructureMerged { survivor: OrganisationId } = "MISSION_STRUCTURE_MERGED" at "structure":
        "Cette structure a été fusionnée avec une autre : choisissez celle qui subsiste.",
        "This structure was merged into another: choose the one that stands for both.";
    /// What a mission follows from is absent, or is not to be known.
    OrigineUnknown { field: &'static str } = "MISSION_ORIGINE_UNKNOWN" at field:
        "Cette origine n'existe pas, ou vous n'y avez pas accès : corrigez-la ou retirez-la.",
        "This origin does not exist, or you have no access to it: correct it or leave it out.";
    /// INV-25.
    ThemesMissing {} = "MISSION_THEMES_MISSING" at "types":
        "Choisissez au moins un type de prestation Enée pour la mission.",
        "Choose at least one Enée type de prestation for the mission.";
    /// A mission is for something.
    ObjectifsMissing {} = "MISSION_OBJECTIFS_MISSING" at "objectifs":
        "Indiquez au moins un objectif.",
        "Give at least one objective.";
    /// Two words about one objective.
    ObjectifTwice { objectif: Code } = "MISSION_OBJECTIF_TWICE" at "objectifs":
        "L'objectif {objectif} est indiqué deux fois : gardez-en un.",
        "The objective {objectif} is given twice: keep one.";
    /// A result is fixed by stating it.
    ResultatsMissing {} = "MISSION_RESULTATS_MISSING" at "resultats":
        "Indiquez au moins un résultat attendu de la mission.",
        "Give at least one expected result of the mission.";
    /// INV-26, INV-36.
    MotifMissing {} = "MISSION_MOTIF_MISSING" at "motif":
        "La démarche est validée : indiquez pourquoi les résultats attendus changent.",
        "The démarche is validated: say why the expected results change.";
    /// INV-08.
    NotValidated {} = "MISSION_NOT_VALIDATED" at "ingenierie":
        "Le responsable de la structure porteuse doit d'abord valider la démarche.",
        "Whoever answers for the porteuse must validate the démarche first.";
    /// Only what started ends; the rest is given up.
    NotStarted {} = "MISSION_NOT_STARTED" at "ingenierie":
        "Cette ingénierie n'a pas démarré : démarrez-la, ou abandonnez-la.",
        "This ingénierie has not started: start it, or give it up.";
    /// INV-11.
    PlanOpen {} = "MISSION_PLAN_OPEN" at "ingenierie":
        "Le plan de financement de cette ingénierie est ouvert : confirmez-le d'abord.",
        "The plan de financement of this ingénierie is open: confirm it first.";
}

rights! {
    INITIATE = "initiateIngenierieIndividuelle": ChargeDeMission;
    DESCRIBE = "describeIngenierieIndividuelle": ChargeDeMission;
    OBJECTIFS = "setObjectifsIndividuels": ChargeDeMission;
    RESULTATS = "fixResultatsIndividuels": ChargeDeMission;
    COMPLEMENTARITE = "checkComplementariteIndividuelle": ChargeDeMission;
    VALIDATE = "validateDemarcheIndividuelle": ResponsablePorteuse;
    START = "startIngenierieIndividuelle": ChargeDeMission;
    FINALISE = "finaliseIngenierieIndividuelle": ChargeDeMission;
    ABANDON = "abandonIngenierieIndividuelle": ChargeDeMission, ResponsablePorteuse;
    REOPEN = "reopenIngenierieIndividuelle": ChargeDeMission, ResponsablePorteuse;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IngenierieIndividuelle {
    id: Option<IngenierieId>,
    etat: Option<Etat>,
    abandoned_in: Option<Etat>,
    porteur: Option<DlaId>,
    structure: Option<OrganisationId>,
    intitule: Option<Line>,
    territoire: Option<Territoire>,
    secteurs: BTreeSet<Code>,
    types: Vec<Code>,
    formation: bool,
    objectifs: Vec<Objectif>,
    resultats: Vec<ResultatAttendu>,
    complementarite_checked: bool,
    avis: Option<SensAvis>,
}

impl IngenierieIndividuelle {
    /// Whether it was initiated.
    pub fn exists(&self) -> bool {
        self.etat.is_some()
    }

    /// How far it has come; `None` before it is initiated. It is never `Confirmee`: no projet of
    /// modules is written, and the démarche that the porteuse validates is what will be done.
    pub fn etat(&self) -> Option<Etat> {
        self.etat
    }

    /// Who may know that it exists: its DLA, and the structure.
    pub fn perimeter(&self) -> Perimeter {
        Perimeter::of_dlas(self.porteur).and(self.structure)
    }

    /// The DLA that carries it.
    pub fn dla(&self) -> Option<DlaId> {
        self.porteur
    }

    /// The structure that it is for.
    pub fn structure(&self) -> Option<OrganisationId> {
        self.structure
    }

    /// Where it takes place.
    pub fn territoire(&self) -> Option<Territoire> {
        self.territoire.clone()
    }

    /// The fields of activity of the structure.
    pub fn secteurs(&self) -> &BTreeSet<Code> {
        &self.secteurs
    }

    /// The themes of Enée, the main one first.
    pub fn themes(&self) -> impl Iterator<Item = &Code> {
        self.types.iter()
    }

    /// Whether it holds training.
    pub fn holds_formation(&self) -> bool {
        self.formation
    }

    /// How many results it expects: they go by their place, from 1.
    pub fn resultats_attendus(&self) -> usize {
        self.resultats.len()
    }

    /// Whether it was compared with what other operators do.
    pub fn is_complementarite_checked(&self) -> bool {
        self.complementarite_checked
    }

    /// Lets pass who holds the right, on an ingénierie that is not over (INV-38).
    fn open_to(&self, asked: &Asked, right: &Right) -> Result<(), Refusal> {
        asked.may(right, &self.perimeter())?;
        match self.etat {
            Some(etat) if etat.is_over() => Err(Refusal::MissionOver { etat }),
            _ => Ok(()),
        }
    }

    /// Closes a text under the key of the dossier.
    fn sealed(&self, text: Prose) -> Result<Sealed<Prose>, Refusal> {
        Ok(Sealed::new(self.subject()?, text))
    }

    fn subject(&self) -> Result<Subject, Refusal> {
        Ok(Subject::dossier(self.id.ok_or(Common::NotFound {})?))
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        let place = Place { territoire: self.territoire.clone(), dossier: self.id };
        asked.records(place, events)
    }
}

impl Decider for IngenierieIndividuelle {
    const CATEGORY: &'static str = "ingenierie_individuelle";

    type Id = IngenierieId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::IngenierieIndividuelleInitiated {
                ingenierie,
                porteur,
                structure,
                intitule,
                territoire,
                secteurs,
                types,
                formation,
                besoin: _,
                origine: _,
                document: _,
            } => {
                self.id = Some(*ingenierie);
                self.etat = Some(Etat::EnIdentification);
                self.porteur = Some(*porteur);
                self.structure = Some(*structure);
                self.intitule = Some(intitule.clone());
                self.territoire = Some(territoire.clone());
                self.secteurs.clone_from(secteurs);
                self.types.clone_from(types);
                self.formation = *formation;
            }
            Event::IngenierieIndividuelleDescribed {
                structure: _,
                intitule,
                besoin: _,
                secteurs,
                types,
                formation,
            } => {
                if let Some(intitule) = intitule {
                    self.intitule = Some(intitule.clone());
                }
                if let Some(secteurs) = secteurs {
                    self.secteurs.clone_from(secteurs);
                }
                if let Some(types) = types {
                    self.types.clone_from(types);
                }
                if let Some(formation) = formation {
                    self.formation = *formation;
                }
            }
            Event::ObjectifsSet { objectifs } => self.objectifs.clone_from(objectifs),
            Event::ResultatsAttendusFixed { resultats }
            | Event::ResultatsAttendusAmended { resultats, .. } => {
                self.resultats.clone_from(resultats);
            }
            Event::ComplementariteChecked { .. } => self.complementarite_checked = true,
            Event::AvisComiteAppuiRecorded { sens, .. } => self.avis = Some(*sens),
            Event::DemarcheValidated { .. } => self.etat = Some(Etat::Engagee),
            Event::RuleWaived { .. } => (),
            Event::IngenierieIndividuelleStarted { .. } => self.etat = Some(Etat::EnIntervention),
            Event::IngenierieIndividuelleFinalised {} => self.etat = Some(Etat::Finalisee),
            Event::IngenierieIndividuelleAbandoned { etat, .. } => {
                self.abandoned_in = Some(*etat);
                self.etat = Some(Etat::Abandonnee);
            }
            Event::IngenierieIndividuelleReopened { etat, .. } => self.etat = Some(*etat),
        }
    }
}
