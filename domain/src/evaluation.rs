//! The evaluation of one ingénierie: its frame, what was measured, how each register is
//! assessed, and the synthesis that is communicated (`jugement`).
//!
//! It goes on after the ingénierie has ended (INV-38). The grid, its campaigns and their
//! answers are not here.

mod jugement;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Asked, Date, Decided, Decider, Decision, DlaId, Dossier, EvaluationId, IngenierieId, Line,
    Mesure, OrganisationId, Place, Prose, Sealed, Territoire,
    actor::{Perimeter, Right, rights},
    referentiel::Code,
    refusal::{Common, refusals},
};

/// The most tools that a frame names.
pub const OUTILS_MAX: usize = 20;

/// The most indicators that a frame holds.
pub const INDICATEURS_MAX: usize = 20;

/// The most kinds of participation that a frame provides for.
pub const PARTICIPATIONS_MAX: usize = 20;

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

/// What is counted to judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Indicateur {
    /// Its number in the frame, from 1.
    pub numero: i32,
    pub intitule: Line,
    pub unite: Line,
    /// Where it stood before the intervention, when known.
    pub reference: Option<Mesure>,
    /// Where it should stand after.
    pub cible: Mesure,
    pub sens: Sens,
}

/// Which way an indicator should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Sens {
    Hausse,
    Baisse,
}

/// How structures, partners or intervenants take part in the evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Participation {
    pub acteur: Line,
    pub mode: Line,
}

/// The frame, as it is finalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Cadre {
    pub registres: BTreeSet<Registre>,
    pub outils: Vec<Line>,
    pub indicateurs: Vec<Indicateur>,
    pub participations: Vec<Participation>,
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

refusals! {
    /// Without a register nothing is judged (method, step 3 B2b).
    RegistresMissing {} = "REGISTRES_MISSING" at "registres":
        "Adoptez au moins un registre : cohérence, pertinence, efficacité ou efficience.",
        "Adopt at least one register: coherence, relevance, effectiveness or efficiency.";
    /// See [`OUTILS_MAX`].
    OutilsTooMany { max: usize } = "OUTILS_TOO_MANY" at "outils":
        "Un cadre d'évaluation compte {max} outils au plus : regroupez-les.",
        "An evaluation frame names at most {max} tools: group them.";
    /// See [`INDICATEURS_MAX`].
    IndicateursTooMany { max: usize } = "INDICATEURS_TOO_MANY" at "indicateurs":
        "Un cadre d'évaluation compte {max} indicateurs au plus : gardez les plus parlants.",
        "An evaluation frame holds at most {max} indicators: keep the most telling ones.";
    /// See [`PARTICIPATIONS_MAX`].
    ParticipationsTooMany { max: usize } = "PARTICIPATIONS_TOO_MANY" at "participations":
        "Un cadre d'évaluation compte {max} participations au plus : regroupez-les.",
        "An evaluation frame provides for at most {max} participations: group them.";
    /// Readings name an indicator by its number.
    IndicateurMisnumbered { numero: i32 } = "INDICATEUR_MISNUMBERED" at "indicateurs":
        "Donnez à chaque indicateur un numéro à lui, à partir de 1 : {numero} ne convient pas.",
        "Give each indicator a number of its own, from 1: {numero} does not suit.";
    /// An indicator that should rise has a higher target, and conversely.
    CibleAgainstSens { numero: i32 } = "CIBLE_AGAINST_SENS" at "indicateurs":
        "La cible de l'indicateur {numero} va contre son sens : corrigez la référence, la cible ou le sens.",
        "The target of indicator {numero} goes against its direction: correct the reference, the target or the direction.";
    /// Judging first and choosing the criteria next would prove anything (RUL-08).
    CadreInUse {} = "CADRE_IN_USE" at "evaluation":
        "L'évaluation a commencé sur ce cadre : il ne change plus.",
        "The evaluation has begun on this frame: it no longer changes.";
    /// RUL-08.
    CadreNotFinalised {} = "CADRE_NOT_FINALISED" at "evaluation":
        "Finalisez d'abord le cadre de l'évaluation.",
        "Finalise the frame of the evaluation first.";
    /// Readings are those of the frame.
    IndicateurUnknown { indicateur: i32 } = "INDICATEUR_UNKNOWN" at "indicateur":
        "Le cadre n'a pas d'indicateur {indicateur} : choisissez un de ceux qu'il compte.",
        "The frame has no indicator {indicateur}: choose one of those it holds.";
    /// Assessments are those of the frame.
    RegistreNotAdopted { registre: Registre } = "REGISTRE_NOT_ADOPTED" at "registre":
        "Le cadre n'a pas adopté ce registre : choisissez un de ceux qu'il a adoptés.",
        "The frame did not adopt this register: choose one of those it adopted.";
    /// See [`PREUVES_MAX`].
    PreuvesTooMany { max: usize } = "PREUVES_TOO_MANY" at "preuves":
        "Citez {max} preuves au plus : gardez les plus parlantes.",
        "Quote at most {max} pieces of evidence: keep the most telling ones.";
    /// What was obtained is set beside what was expected.
    ResultatOutOfRange { max: usize } = "RESULTAT_OUT_OF_RANGE" at "resultat":
        "L'ingénierie compte {max} résultats attendus : désignez l'un d'eux par sa place, à partir de 1.",
        "The ingénierie expects {max} results: name one of them by its place, from 1.";
    /// INV-29.
    RegistresNotAssessed { missing: Vec<Registre> } = "REGISTRES_NOT_ASSESSED" at "evaluation":
        "Appréciez d'abord chaque registre adopté par le cadre.",
        "Assess each register that the frame adopted first.";
    /// The synthesis rests on what was judged by then.
    EvaluationAlreadySynthesised {} = "EVALUATION_ALREADY_SYNTHESISED" at "evaluation":
        "La synthèse de cette évaluation est faite : elle ne change plus.",
        "The synthesis of this evaluation is done: it no longer changes.";
    /// What is communicated is the synthesis (method, step 4 B4).
    EvaluationNotSynthesised {} = "EVALUATION_NOT_SYNTHESISED" at "evaluation":
        "Faites d'abord la synthèse de l'évaluation.",
        "Synthesise the evaluation first.";
    /// Sent to nobody is not sent.
    EvaluationDestinatairesMissing {} = "EVALUATION_DESTINATAIRES_MISSING" at "destinataires":
        "Indiquez au moins un destinataire.",
        "Give at least one recipient.";
}

rights! {
    PLAN = "planEvaluation": ChargeDeMission;
    FINALISE_CADRE = "finaliseCadre": ChargeDeMission;
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

    /// Makes the frame final. Until it is used, another may replace it.
    pub fn finalise_cadre(&self, asked: &Asked, cadre: Cadre) -> Decision<Self> {
        self.visible_to(asked, &FINALISE_CADRE)?;
        if self.cadre.as_ref() == Some(&cadre) {
            return Ok(Decided::nothing());
        }
        if !self.mesures.is_empty() || !self.assessed.is_empty() {
            return Err(Refusal::CadreInUse {});
        }
        cadre.check()?;
        let Cadre { registres, outils, indicateurs, participations } = cadre;
        let registres = registres.into_iter().collect();
        let finalised =
            Event::CadreEvaluationFinalised { registres, outils, indicateurs, participations };
        Ok(self.records(asked, [finalised]))
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

    fn visible_to(&self, asked: &Asked, right: &Right) -> Result<(), Refusal> {
        Ok(asked.may(right, &self.perimeter())?)
    }

    fn final_cadre(&self) -> Result<&Cadre, Refusal> {
        self.cadre.as_ref().ok_or(Refusal::CadreNotFinalised {})
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        let place = Place { territoire: self.territoire.clone(), dossier: self.ingenierie };
        asked.records(place, events)
    }
}

impl Cadre {
    fn check(&self) -> Result<(), Refusal> {
        if self.registres.is_empty() {
            return Err(Refusal::RegistresMissing {});
        }
        if self.outils.len() > OUTILS_MAX {
            return Err(Refusal::OutilsTooMany { max: OUTILS_MAX });
        }
        if self.indicateurs.len() > INDICATEURS_MAX {
            return Err(Refusal::IndicateursTooMany { max: INDICATEURS_MAX });
        }
        if self.participations.len() > PARTICIPATIONS_MAX {
            return Err(Refusal::ParticipationsTooMany { max: PARTICIPATIONS_MAX });
        }
        let mut numeros = BTreeSet::new();
        for Indicateur { numero, reference, cible, sens, .. } in &self.indicateurs {
            if *numero < 1 || !numeros.insert(numero) {
                return Err(Refusal::IndicateurMisnumbered { numero: *numero });
            }
            let against = reference.is_some_and(|reference| match sens {
                Sens::Hausse => *cible < reference,
                Sens::Baisse => *cible > reference,
            });
            if against {
                return Err(Refusal::CibleAgainstSens { numero: *numero });
            }
        }
        Ok(())
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
