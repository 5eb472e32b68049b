//! The judgement of an evaluation: registers, results, synthesis.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::evaluation as rules;
use projections::evaluations as rows;
use uuid::Uuid;

use super::cadre::RegistreEvaluation;
use crate::{
    Result,
    graphql::{
        request::{Request, line, prose},
        scalars::Date,
        sealed::{Readers, open},
    },
};

/// How far something was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Appreciation")]
pub(crate) enum Appreciation {
    /// Reached.
    Atteint,
    /// Reached in part.
    PartiellementAtteint,
    /// Not reached.
    NonAtteint,
    /// Nothing allows a judgement, which is a result too.
    NonEvaluable,
}

/// How a register of the frame was assessed.
pub(crate) struct RegistreApprecie {
    dlas: Vec<Uuid>,
    row: rows::RegistreApprecie,
}

impl RegistreApprecie {
    pub(super) fn all(of: &rows::Evaluation) -> Vec<Self> {
        let assessed = of.appreciations.iter().cloned();
        assessed
            .map(|row| Self { dlas: of.dlas.clone(), row })
            .collect()
    }
}

/// How a register of the frame was assessed.
#[Object]
impl RegistreApprecie {
    /// The register.
    async fn registre(&self) -> RegistreEvaluation {
        self.row.registre.into()
    }

    /// How far it was reached.
    async fn appreciation(&self) -> Appreciation {
        self.row.appreciation.into()
    }

    /// When it was assessed.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// Why it is assessed so. Shown to the DLAs of the ingénierie; null for others, and once
    /// erased.
    async fn raisons(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let at = &self.row.raisons;
        open(ctx, Readers::Dlas, &self.dlas, at.position, &at.pointer).await
    }

    /// What it rests on: documents, figures, answers.
    async fn preuves(&self) -> &[String] {
        &self.row.preuves
    }
}

/// What was obtained of a result that the ingénierie expected.
#[derive(SimpleObject)]
pub(crate) struct ResultatObtenu {
    /// Its place in the list of expected results of the ingénierie, from 1.
    resultat: i32,
    /// What was obtained.
    obtenu: String,
    /// How far it was reached.
    appreciation: Appreciation,
}

impl ResultatObtenu {
    pub(super) fn of(it: &rows::ResultatObtenu) -> Self {
        Self {
            resultat: it.resultat,
            obtenu: it.obtenu.clone(),
            appreciation: it.appreciation.into(),
        }
    }
}

/// The overall evaluation: the ingénierie presented in five elements (method, step 4 B4). The
/// registers stand as they were last assessed.
#[derive(SimpleObject)]
pub(crate) struct SyntheseEvaluation {
    /// When it was done.
    on: Date,
    /// The need that the ingénierie answers.
    problematique: String,
    /// What it aimed at.
    objectifs: String,
    /// The means it was given.
    moyens: String,
    /// Those it served.
    beneficiaires: String,
    /// What was done.
    actions: String,
}

impl SyntheseEvaluation {
    pub(super) fn of(it: &rows::Evaluation) -> Option<Self> {
        let (presentation, on) = (it.presentation.as_ref()?, it.synthesised_on?);
        let text = |it: &domain::Prose| it.as_str().to_owned();
        Some(Self {
            on: Date(on),
            problematique: text(&presentation.problematique),
            objectifs: text(&presentation.objectifs),
            moyens: text(&presentation.moyens),
            beneficiaires: text(&presentation.beneficiaires),
            actions: text(&presentation.actions),
        })
    }
}

/// How a register is assessed.
#[derive(InputObject)]
pub(crate) struct AssessRegistreInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The evaluation.
    pub(super) evaluation: ID,
    /// A register that the frame adopted.
    pub(super) registre: RegistreEvaluation,
    /// How far it was reached.
    appreciation: Appreciation,
    /// Why. Sealed: the DLAs of the ingénierie read it.
    raisons: String,
    /// What it rests on: documents, figures, answers. At most 20; no name of a person.
    preuves: Option<Vec<String>>,
}

impl AssessRegistreInput {
    pub(super) fn jugement(&self) -> Result<rules::Jugement> {
        let preuves = self.preuves.iter().flatten().enumerate();
        Ok(rules::Jugement {
            appreciation: self.appreciation.into(),
            raisons: prose("input.raisons", &self.raisons)?,
            preuves: preuves
                .map(|(n, it)| line(&format!("input.preuves.{n}"), it))
                .collect::<Result<_>>()?,
        })
    }
}

/// What was obtained of an expected result.
#[derive(InputObject)]
pub(crate) struct RecordResultatObtenuInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The evaluation.
    pub(super) evaluation: ID,
    /// The expected result, by its place in the list of the ingénierie, from 1.
    pub(super) resultat: i32,
    /// What was obtained.
    obtenu: String,
    /// How far it was reached.
    appreciation: Appreciation,
}

impl RecordResultatObtenuInput {
    pub(super) fn parse(&self) -> Result<rules::Obtenu> {
        let obtenu = line("input.obtenu", &self.obtenu)?;
        let appreciation = self.appreciation.into();
        Ok(rules::Obtenu { resultat: self.resultat, obtenu, appreciation })
    }
}

/// The overall evaluation.
#[derive(InputObject)]
pub(crate) struct SynthesiseEvaluationInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The evaluation.
    pub(super) evaluation: ID,
    /// The ingénierie, presented.
    pub(super) presentation: PresentationIngenierieInput,
}

/// The five elements that present an ingénierie (method, step 4 B4).
#[derive(InputObject)]
pub(crate) struct PresentationIngenierieInput {
    /// The need that the ingénierie answers.
    problematique: String,
    /// What it aimed at.
    objectifs: String,
    /// The means it was given.
    moyens: String,
    /// Those it served.
    beneficiaires: String,
    /// What was done.
    actions: String,
}

impl PresentationIngenierieInput {
    pub(super) fn parse(&self) -> Result<rules::Presentation> {
        let text = |name: &str, it: &str| prose(&format!("input.presentation.{name}"), it);
        Ok(rules::Presentation {
            problematique: text("problematique", &self.problematique)?,
            objectifs: text("objectifs", &self.objectifs)?,
            moyens: text("moyens", &self.moyens)?,
            beneficiaires: text("beneficiaires", &self.beneficiaires)?,
            actions: text("actions", &self.actions)?,
        })
    }
}
