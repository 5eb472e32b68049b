//! The reference frame of an evaluation, and what its indicators show.

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use domain::evaluation as rules;
use projections::evaluations as rows;

use crate::{
    Result,
    graphql::{
        request::{Request, line, optional},
        scalars::{Date, Mesure},
    },
};

/// The reference frame (cadre de référence) of an evaluation: what is judged, and by which
/// means (method, step 3 B2).
#[derive(SimpleObject)]
pub(crate) struct CadreEvaluation {
    /// The registers that are judged: each is to be assessed before the synthesis (INV-29).
    registres: Vec<RegistreEvaluation>,
    /// The tools: questionnaires, interviews, dashboards.
    outils: Vec<String>,
    /// What is counted to judge.
    indicateurs: Vec<IndicateurEvaluation>,
    /// Who takes part in the evaluation, and how.
    participations: Vec<ParticipationEvaluation>,
}

impl CadreEvaluation {
    /// A final frame has a register at least.
    pub(super) fn of(it: &rows::Evaluation) -> Option<Self> {
        if it.registres.is_empty() {
            return None;
        }
        let participation = |it: &rules::Participation| ParticipationEvaluation {
            acteur: it.acteur.as_str().to_owned(),
            mode: it.mode.as_str().to_owned(),
        };
        Some(Self {
            registres: it.registres.iter().map(|it| (*it).into()).collect(),
            outils: it.outils.clone(),
            indicateurs: it
                .indicateurs
                .iter()
                .map(IndicateurEvaluation::of)
                .collect(),
            participations: it.participations.iter().map(participation).collect(),
        })
    }
}

/// What an evaluation judges: a register (registre) of the method (step 3 B2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Registre")]
pub(crate) enum RegistreEvaluation {
    /// The means suit the objectives and complete each other.
    Coherence,
    /// The objectives answer the problématique.
    Pertinence,
    /// The results meet the objectives.
    Efficacite,
    /// The results are worth the means.
    Efficience,
}

/// Something that is counted to judge.
#[derive(SimpleObject)]
pub(crate) struct IndicateurEvaluation {
    /// Its number in the frame, by which readings name it.
    numero: i32,
    /// What is counted.
    intitule: String,
    /// In what it is counted: jobs, hours, euros.
    unite: String,
    /// Where it stood before the intervention, when known.
    reference: Option<Mesure>,
    /// Where it should stand after.
    cible: Mesure,
    /// Which way it should go.
    sens: SensIndicateur,
    /// What it showed, from the first day to the last; one reading a day.
    mesures: Vec<ReleveIndicateur>,
}

impl IndicateurEvaluation {
    fn of(it: &rows::Indicateur) -> Self {
        let releve = |it: &rows::Releve| ReleveIndicateur {
            on: Date(it.on),
            valeur: Mesure(it.valeur),
            source: it.source.clone(),
        };
        Self {
            numero: it.numero,
            intitule: it.intitule.clone(),
            unite: it.unite.clone(),
            reference: it.reference.map(Mesure),
            cible: Mesure(it.cible),
            sens: it.sens.into(),
            mesures: it.mesures.iter().map(releve).collect(),
        }
    }
}

/// Which way an indicator should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Sens")]
pub(crate) enum SensIndicateur {
    /// Up.
    Hausse,
    /// Down.
    Baisse,
}

/// One reading of an indicator.
#[derive(SimpleObject)]
pub(crate) struct ReleveIndicateur {
    /// The day it is true of.
    on: Date,
    /// What the indicator shows, in its unit.
    valeur: Mesure,
    /// Where the figure comes from, if it was said.
    source: Option<String>,
}

/// Someone who takes part in an evaluation: structures, partners, intervenants.
#[derive(SimpleObject)]
pub(crate) struct ParticipationEvaluation {
    /// Who takes part.
    acteur: String,
    /// How they take part.
    mode: String,
}

/// The frame of an evaluation. It takes the place of the one before, as a whole.
#[derive(InputObject)]
pub(crate) struct FinaliseCadreInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The evaluation.
    pub(super) evaluation: ID,
    /// The registers that are judged: at least one.
    registres: Vec<RegistreEvaluation>,
    /// The tools: questionnaires, interviews, dashboards. At most 20.
    outils: Option<Vec<String>>,
    /// What is counted to judge. At most 20.
    indicateurs: Option<Vec<IndicateurInput>>,
    /// Who takes part in the evaluation, and how. At most 20.
    participations: Option<Vec<ParticipationInput>>,
}

impl FinaliseCadreInput {
    pub(super) fn cadre(&self) -> Result<rules::Cadre> {
        let (outils, indicateurs) = (self.outils.iter(), self.indicateurs.iter());
        let participations = self.participations.iter().flatten();
        Ok(rules::Cadre {
            registres: self.registres.iter().map(|it| (*it).into()).collect(),
            outils: outils
                .flatten()
                .enumerate()
                .map(|(n, it)| line(&format!("input.outils.{n}"), it))
                .collect::<Result<_>>()?,
            indicateurs: indicateurs
                .flatten()
                .enumerate()
                .map(|(n, it)| it.parse(&format!("input.indicateurs.{n}")))
                .collect::<Result<_>>()?,
            participations: participations
                .enumerate()
                .map(|(n, it)| it.parse(&format!("input.participations.{n}")))
                .collect::<Result<_>>()?,
        })
    }
}

/// Something that is counted to judge.
#[derive(InputObject)]
pub(crate) struct IndicateurInput {
    /// Its number, from 1, by which readings name it: one of its own.
    numero: i32,
    /// What is counted.
    intitule: String,
    /// In what it is counted: jobs, hours, euros.
    unite: String,
    /// Where it stood before the intervention, when known.
    reference: Option<Mesure>,
    /// Where it should stand after: not below the reference when it should rise, not above
    /// when it should fall.
    cible: Mesure,
    /// Which way it should go.
    sens: SensIndicateur,
}

impl IndicateurInput {
    fn parse(&self, path: &str) -> Result<rules::Indicateur> {
        Ok(rules::Indicateur {
            numero: self.numero,
            intitule: line(&format!("{path}.intitule"), &self.intitule)?,
            unite: line(&format!("{path}.unite"), &self.unite)?,
            reference: self.reference.map(|it| it.0),
            cible: self.cible.0,
            sens: self.sens.into(),
        })
    }
}

/// Someone who takes part in an evaluation: structures, partners, intervenants. No name of a
/// person.
#[derive(InputObject)]
pub(crate) struct ParticipationInput {
    /// Who takes part.
    acteur: String,
    /// How they take part.
    mode: String,
}

impl ParticipationInput {
    fn parse(&self, path: &str) -> Result<rules::Participation> {
        Ok(rules::Participation {
            acteur: line(&format!("{path}.acteur"), &self.acteur)?,
            mode: line(&format!("{path}.mode"), &self.mode)?,
        })
    }
}

/// A reading of an indicator, on the date of the request.
#[derive(InputObject)]
pub(crate) struct RecordMesureInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The evaluation.
    pub(super) evaluation: ID,
    /// The number of the indicator in the frame.
    pub(super) indicateur: i32,
    /// What it shows, in its unit.
    valeur: Mesure,
    /// Where the figure comes from.
    source: Option<String>,
}

impl RecordMesureInput {
    pub(super) fn releve(&self) -> Result<rules::Releve> {
        let source = optional(line, "input.source", self.source.as_ref())?;
        Ok(rules::Releve { valeur: self.valeur.0, source })
    }
}
