//! The reference frame: registers, tools, indicators, who takes part.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Evaluation, Event, FINALISE_CADRE, Refusal, Registre};
use crate::{Asked, Decided, Decision, Line, Mesure};

/// The most tools that a frame names.
pub const OUTILS_MAX: usize = 20;

/// The most indicators that a frame holds.
pub const INDICATEURS_MAX: usize = 20;

/// The most kinds of participation that a frame provides for.
pub const PARTICIPATIONS_MAX: usize = 20;

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

impl Evaluation {
    /// Makes the frame final. Until it is used, another may replace it.
    pub fn finalise_cadre(&self, asked: &Asked, cadre: Cadre) -> Decision<Self> {
        self.visible_to(asked, &FINALISE_CADRE)?;
        if self.cadre.as_ref() == Some(&cadre) {
            return Ok(Decided::nothing());
        }
        let used = !self.mesures.is_empty() || !self.assessed.is_empty();
        if used || !self.campagnes.is_empty() {
            return Err(Refusal::CadreInUse {});
        }
        cadre.check()?;
        let Cadre { registres, outils, indicateurs, participations } = cadre;
        let registres = registres.into_iter().collect();
        let finalised =
            Event::CadreEvaluationFinalised { registres, outils, indicateurs, participations };
        Ok(self.records(asked, [finalised]))
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
