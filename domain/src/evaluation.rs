//! The evaluation of one ingénierie: its frame, what was measured, how each register is
//! assessed, and the synthesis that is communicated (`jugement`).
//!
//! It goes on after the ingénierie has ended (INV-38). The frame is in `cadre`, the grid that this
//! evaluation asks in `grille`, its campaigns in `campagne`, what is prepared and gathered in
//! `preparation`. What each respondent answers is a stream of its own (`reponse_evaluation`).

mod cadre;
mod campagne;
pub mod grille;
mod jugement;
mod preparation;
mod refusals;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

pub use self::{
    cadre::{
        Cadre, INDICATEURS_MAX, Indicateur, OUTILS_MAX, PARTICIPATIONS_MAX, Participation, Sens,
    },
    campagne::{CAMPAGNES_MAX, Campagne, Candidats, Invitation, REPONDANTS_MAX, Repondant},
    grille::{LIGNES_MAX, LigneAjoutee, LigneColonnes},
    preparation::{ETAPES_MAX, Etape, SOURCES_MAX},
    refusals::{CODES, Refusal},
};
use crate::{
    Asked, Date, Decided, Decider, Decision, DlaId, DocumentId, Dossier, EvaluationId,
    IngenierieId, Line, Mesure, OrganisationId, Place, Prose, Sealed, Territoire,
    actor::{Perimeter, Right, rights},
    referentiel::{Code, Colonne, Grille, LigneId},
    refusal::Common,
};

/// The most pieces of evidence behind one assessment.
pub const PREUVES_MAX: usize = 20;

/// What can happen to an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// What is evaluated, and why (method, step 2 B3).
    EvaluationPlanned {
        ingenierie: IngenierieId,
        dlas: Vec<DlaId>,
        /// The partners and structures of the ingénierie, who read its evaluation.
        organisations: Vec<OrganisationId>,
        territoire: Territoire,
        objet: Prose,
        raisons: Option<Prose>,
    },
    /// The reference frame is final: registers, tools, indicators, who takes part (method,
    /// step 3 B2).
    CadreEvaluationFinalised {
        registres: Vec<Registre>,
        outils: Vec<Line>,
        indicateurs: Vec<Indicateur>,
        participations: Vec<Participation>,
    },
    /// The grid asks other rows than the one it comes from (method, fiche 6). A campaign asks
    /// the edition that stands when it opens; the reference grid alone is the first.
    GrilleAdapted {
        edition: i32,
        reference: i32,
        ajouts: Vec<LigneAjoutee>,
        retraits: Vec<LigneId>,
        colonnes: Vec<LigneColonnes>,
        #[serde(skip_serializing_if = "Option::is_none")]
        motif: Option<Sealed<Prose>>,
    },
    /// When what is done (method, step 4 A3). The last one counts.
    EcheancierPrepared { etapes: Vec<Etape> },
    /// A document that the evaluation rests on (method, step 4 B1).
    SourceEvaluationAttached { document: DocumentId },
    /// Respondents may answer, on that edition of the grid, until it closes.
    CampagneEvaluationOpened {
        campagne: i32,
        titre: Line,
        closes_on: Date,
        reference: i32,
        edition: i32,
    },
    /// Someone is asked to answer a column.
    RespondentInvited { campagne: i32, repondant: Repondant, colonne: Colonne },
    /// Someone was asked again.
    RespondentReminded { campagne: i32, repondant: Repondant, relance_on: Date },
    /// Nobody answers any more.
    CampagneEvaluationClosed { campagne: i32 },
    /// An indicator was read. The last reading of a day counts.
    IndicateurMesured { indicateur: i32, valeur: Mesure, mesure_on: Date, source: Option<Line> },
    /// A register of the frame was assessed, or assessed again before the synthesis.
    RegistreAssessed {
        registre: Registre,
        appreciation: Appreciation,
        raisons: Sealed<Prose>,
        preuves: Vec<Line>,
    },
    /// What was obtained of an expected result of the ingénierie (method, step 4 B3).
    ResultatObtenuRecorded { resultat: i32, obtenu: Line, appreciation: Appreciation },
    /// The overall evaluation: the ingénierie presented, its registers restated (RUL-29).
    EvaluationSynthesised { presentation: Presentation, registres: Vec<RegistreRestitue> },
    /// The synthesis was sent to more recipients.
    EvaluationCommunicated { destinataires: Vec<Code> },
}

/// What an evaluation judges (method, step 3 B2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Registre {
    /// The means suit the objectives and complete each other.
    Coherence,
    /// The objectives answer the problématique.
    Pertinence,
    /// The results meet the objectives.
    Efficacite,
    /// The results are worth the means.
    Efficience,
}

/// How far something was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Appreciation {
    Atteint,
    PartiellementAtteint,
    NonAtteint,
    /// Nothing allows a judgement, which is a result too.
    NonEvaluable,
}

/// One reading of an indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Releve {
    pub valeur: Mesure,
    /// Where the figure comes from.
    pub source: Option<Line>,
}

/// What an assessment says of a register.
#[derive(Debug, Clone, PartialEq)]
pub struct Jugement {
    pub appreciation: Appreciation,
    pub raisons: Prose,
    pub preuves: Vec<Line>,
}

/// What was obtained of an expected result.
#[derive(Debug, Clone, PartialEq)]
pub struct Obtenu {
    /// Its place in the list that the ingénierie fixed, from 1.
    pub resultat: i32,
    pub obtenu: Line,
    pub appreciation: Appreciation,
}

/// The five elements that present an ingénierie (RUL-29; method, step 4 B4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Presentation {
    pub problematique: Prose,
    pub objectifs: Prose,
    pub moyens: Prose,
    pub beneficiaires: Prose,
    pub actions: Prose,
}

/// A register as the synthesis restates it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistreRestitue {
    pub registre: Registre,
    pub appreciation: Appreciation,
}

rights! {
    PLAN = "planEvaluation": ChargeDeMission;
    FINALISE_CADRE = "finaliseCadre": ChargeDeMission;
    ADAPT_GRILLE = "adaptGrille": ChargeDeMission;
    ECHEANCIER = "prepareEcheancier": ChargeDeMission;
    SOURCE = "attachSource": ChargeDeMission;
    OPEN_CAMPAGNE = "openCampagne": ChargeDeMission;
    INVITE = "inviteRespondents": ChargeDeMission;
    REMIND = "remindRespondents": ChargeDeMission;
    CLOSE_CAMPAGNE = "closeCampagne": ChargeDeMission;
    MESURE = "recordMesure": ChargeDeMission;
    ASSESS = "assessRegistre": ChargeDeMission;
    RESULTAT = "recordResultatObtenu": ChargeDeMission;
    SYNTHESISE = "synthesiseEvaluation": ChargeDeMission;
    COMMUNICATE = "communicateEvaluation": ChargeDeMission;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evaluation {
    ingenierie: Option<IngenierieId>,
    dlas: BTreeSet<DlaId>,
    organisations: BTreeSet<OrganisationId>,
    territoire: Option<Territoire>,
    cadre: Option<Cadre>,
    /// None before it was adapted or asked: then it is the newest reference.
    grille: Option<Arc<Grille>>,
    /// How many times it was adapted, and how many rows were ever added.
    adaptations: i32,
    ajoutees: usize,
    echeancier: Vec<Etape>,
    sources: BTreeSet<DocumentId>,
    campagnes: BTreeMap<i32, Campagne>,
    mesures: BTreeMap<(i32, Date), Releve>,
    assessed: BTreeMap<Registre, Appreciation>,
    resultats: BTreeMap<i32, (Line, Appreciation)>,
    synthesis: Option<Presentation>,
    told: BTreeSet<Code>,
}

impl Evaluation {
    /// Decides to evaluate an ingénierie: one evaluation each.
    pub fn plan_evaluation(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        objet: Prose,
        raisons: Option<Prose>,
    ) -> Decision<Self> {
        let around = &ingenierie.perimeter;
        asked.may(&PLAN, around)?;
        if self.ingenierie.is_some() {
            return Err(Common::AlreadyExists {}.into());
        }
        let territoire = ingenierie.territoire.clone().ok_or(Common::NotFound {})?;
        let planned = Event::EvaluationPlanned {
            ingenierie: ingenierie.id,
            dlas: ingenierie.dlas.clone(),
            organisations: around.organisations.iter().copied().collect(),
            territoire: territoire.clone(),
            objet,
            raisons,
        };
        let place = Place { territoire: Some(territoire), dossier: Some(ingenierie.id) };
        Ok(asked
            .records(place, [planned])
            .claiming("evaluation", ingenierie.id.0.to_string()))
    }

    /// The ingénierie it evaluates.
    pub fn ingenierie(&self) -> Option<IngenierieId> {
        self.ingenierie
    }

    /// Who may know that it exists: the DLAs, partners and structures of the ingénierie when
    /// it was planned.
    pub fn perimeter(&self) -> Perimeter {
        Perimeter::of_dlas(self.dlas.iter().copied()).and(self.organisations.iter().copied())
    }

    /// The dossier and the place of its facts, and of those of its answers.
    pub(crate) fn place(&self) -> Place {
        Place { territoire: self.territoire.clone(), dossier: self.ingenierie }
    }

    fn visible_to(&self, asked: &Asked, right: &Right) -> Result<(), Refusal> {
        Ok(asked.may(right, &self.perimeter())?)
    }

    fn final_cadre(&self) -> Result<&Cadre, Refusal> {
        self.cadre.as_ref().ok_or(Refusal::CadreNotFinalised {})
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        asked.records(self.place(), events)
    }
}

impl Decider for Evaluation {
    const CATEGORY: &'static str = "evaluation";

    type Id = EvaluationId;
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
            Event::EvaluationPlanned { ingenierie, dlas, organisations, territoire, .. } => {
                self.ingenierie = Some(*ingenierie);
                self.dlas = dlas.iter().copied().collect();
                self.organisations = organisations.iter().copied().collect();
                self.territoire = Some(territoire.clone());
            }
            Event::CadreEvaluationFinalised { registres, outils, indicateurs, participations } => {
                self.cadre = Some(Cadre {
                    registres: registres.iter().copied().collect(),
                    outils: outils.clone(),
                    indicateurs: indicateurs.clone(),
                    participations: participations.clone(),
                });
            }
            Event::GrilleAdapted { reference, ajouts, retraits, colonnes, .. } => {
                let grille = self.grille.get_or_insert_with(|| named(*reference));
                grille::adapt(Arc::make_mut(grille), ajouts, retraits, colonnes);
                self.adaptations += 1;
                self.ajoutees += ajouts.len();
            }
            Event::EcheancierPrepared { etapes } => self.echeancier.clone_from(etapes),
            Event::SourceEvaluationAttached { document } => {
                self.sources.insert(*document);
            }
            Event::CampagneEvaluationOpened { campagne, titre, closes_on, reference, edition } => {
                let grille = self.grille.get_or_insert_with(|| named(*reference)).clone();
                let opened = Campagne::opened(titre.clone(), *closes_on, (*edition, grille));
                self.campagnes.insert(*campagne, opened);
            }
            Event::RespondentInvited { campagne, .. }
            | Event::RespondentReminded { campagne, .. }
            | Event::CampagneEvaluationClosed { campagne } => {
                if let Some(it) = self.campagnes.get_mut(campagne) {
                    it.evolve(event);
                }
            }
            Event::IndicateurMesured { indicateur, valeur, mesure_on, source } => {
                let releve = Releve { valeur: *valeur, source: source.clone() };
                self.mesures.insert((*indicateur, *mesure_on), releve);
            }
            Event::RegistreAssessed { registre, appreciation, .. } => {
                self.assessed.insert(*registre, *appreciation);
            }
            Event::ResultatObtenuRecorded { resultat, obtenu, appreciation } => {
                self.resultats
                    .insert(*resultat, (obtenu.clone(), *appreciation));
            }
            Event::EvaluationSynthesised { presentation, .. } => {
                self.synthesis = Some(presentation.clone());
            }
            Event::EvaluationCommunicated { destinataires } => {
                self.told.extend(destinataires.iter().cloned());
            }
        }
    }
}

fn named(reference: i32) -> Arc<Grille> {
    Arc::new(Grille::named(reference).clone())
}
