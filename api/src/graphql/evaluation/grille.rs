//! The grid of an evaluation: rows, the columns that answer them, the scale.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::{
    evaluation::{
        LigneColonnes,
        grille::{Adaptation, Ajout},
    },
    referentiel::{self as rules, Colonnes, Grille, LigneId},
};
use projections::{SealedPlace, evaluations as rows};
use uuid::Uuid;

use crate::{
    Result,
    error::At,
    graphql::{
        context::ContextExt,
        request::{Request, line, optional, prose},
        scalars::Date,
        sealed::{Readers, open},
    },
};

/// The grid (grille) of an evaluation: questions, who answers each, and on which scale.
pub(crate) struct GrilleEvaluation {
    pub(super) edition: Option<i32>,
    pub(super) grille: Grille,
}

/// The grid (grille) of an evaluation: questions, who answers each, and on which scale.
#[Object]
impl GrilleEvaluation {
    /// The version of the reference grid that it comes from.
    async fn reference(&self) -> i32 {
        self.grille.version
    }

    /// Which edition of the evaluation, to send back with answers: 1 is the reference as it is.
    /// Absent of the reference grid itself.
    async fn edition(&self) -> Option<i32> {
        self.edition
    }

    /// What an appreciation is given on, the lowest level first.
    async fn echelle(&self, ctx: &Context<'_>) -> Vec<NiveauEchelle> {
        NiveauEchelle::all(ctx, &self.grille)
    }

    /// The rows, in their order.
    async fn lignes(&self) -> Vec<LigneGrille> {
        self.grille
            .lignes
            .iter()
            .cloned()
            .map(LigneGrille)
            .collect()
    }
}

/// A level of the scale of appreciations.
#[derive(SimpleObject)]
pub(crate) struct NiveauEchelle {
    /// Its place, from 1, by which answers name it.
    pub(super) niveau: i32,
    /// What it means, in the language of the request.
    libelle: String,
}

impl NiveauEchelle {
    pub(super) fn all(ctx: &Context<'_>, grille: &Grille) -> Vec<Self> {
        let language = ctx.language();
        let label = |it: &rules::Niveau| language.choose(&it.fr, &it.en).to_owned();
        let levels = (1..).zip(&grille.echelle);
        levels
            .map(|(niveau, it)| Self { niveau, libelle: label(it) })
            .collect()
    }
}

/// A row of the grid.
pub(crate) struct LigneGrille(pub(super) rules::Ligne);

/// A row of the grid.
#[Object]
impl LigneGrille {
    /// Its code, by which answers name it: `G3-Q1`, or `G3-A1` for a row that was added.
    async fn ligne(&self) -> &str {
        self.0.ligne.as_str()
    }

    /// What it is.
    async fn genre(&self) -> GenreLigne {
        self.0.genre.into()
    }

    /// The heading or the question, in the language of the request. A row that was added has the
    /// words of who added it.
    async fn texte(&self, ctx: &Context<'_>) -> &str {
        ctx.language().choose(&self.0.fr, &self.0.en)
    }

    /// Who answers it, and how. Nobody answers a heading.
    async fn colonnes(&self) -> Vec<CelluleGrille> {
        CelluleGrille::all(&self.0.colonnes)
    }
}

/// A ticked cell of the grid.
#[derive(SimpleObject)]
pub(crate) struct CelluleGrille {
    /// Who answers.
    colonne: ColonneEvaluation,
    /// How.
    nature: NatureReponse,
}

impl CelluleGrille {
    fn all(colonnes: &Colonnes) -> Vec<Self> {
        let cell = |(colonne, nature): (&rules::Colonne, &rules::NatureReponse)| Self {
            colonne: (*colonne).into(),
            nature: (*nature).into(),
        };
        colonnes.iter().map(cell).collect()
    }
}

/// Who answers an evaluation: a column of the grid (`REPONDANT_EVALUATION`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Colonne")]
pub(crate) enum ColonneEvaluation {
    /// The beneficiary structures.
    Structures,
    /// The C2RA, today regional DLAs.
    #[graphql(name = "C2RA")]
    C2ra,
    /// The CNAR, today CRDLA.
    Cnar,
    /// The prestataires.
    Prestataires,
    /// The other partners.
    AutresPartenaires,
    /// The DLA about itself.
    AutoEvaluationDla,
}

/// How a cell is answered (`NATURE_REPONSE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::NatureReponse")]
pub(crate) enum NatureReponse {
    /// A text, without a level.
    Descriptif,
    /// A level of the scale, with a text or without.
    Appreciation,
    /// A level of the scale and an outlook (prospective), with a text or without.
    AppreciationProspective,
    /// A level, a text, or both: the grid ticks the cell and says no more.
    Libre,
}

/// What a row of the grid is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::GenreLigne")]
pub(crate) enum GenreLigne {
    /// A heading.
    Theme,
    /// The beginning of the questions that follow, which is answered too.
    Amorce,
    /// A question.
    Question,
}

/// What one edition of a grid changed.
pub(crate) struct AdaptationGrille {
    dlas: Vec<Uuid>,
    row: rows::Adaptation,
}

impl AdaptationGrille {
    pub(super) fn all(of: &rows::Evaluation) -> Vec<Self> {
        let all = of.adaptations.iter().cloned();
        all.map(|row| Self { dlas: of.dlas.clone(), row }).collect()
    }
}

/// What one edition of a grid changed.
#[Object]
impl AdaptationGrille {
    /// The edition that it made.
    async fn edition(&self) -> i32 {
        self.row.edition
    }

    /// When.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// The rows that were added.
    async fn ajouts(&self) -> Vec<String> {
        self.row
            .ajouts
            .iter()
            .map(|it| it.ligne.to_string())
            .collect()
    }

    /// The rows that were removed.
    async fn retraits(&self) -> Vec<String> {
        self.row.retraits.iter().map(LigneId::to_string).collect()
    }

    /// The rows that are asked to others than before.
    async fn colonnes(&self) -> Vec<String> {
        self.row
            .colonnes
            .iter()
            .map(|it| it.ligne.to_string())
            .collect()
    }

    /// Why, if it was said. Shown to the DLAs of the ingénierie; null for others, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(SealedPlace { position, pointer }) = &self.row.motif else { return Ok(None) };
        open(ctx, Readers::Dlas, &self.dlas, *position, pointer).await
    }
}

/// A cell to tick.
#[derive(InputObject)]
pub(crate) struct CelluleInput {
    /// Who answers.
    colonne: ColonneEvaluation,
    /// How; `LIBRE` by default.
    nature: Option<NatureReponse>,
}

/// A question to add to the grid of an evaluation.
#[derive(InputObject)]
pub(crate) struct AjoutLigneInput {
    /// The code of the theme under which it goes: `G3`.
    theme: String,
    /// The question, at most 200 characters. No name of a person.
    question: String,
    /// Who answers it, at least one.
    colonnes: Vec<CelluleInput>,
}

/// Other columns for a row of the grid.
#[derive(InputObject)]
pub(crate) struct ColonnesLigneInput {
    /// The code of the row: `G3-Q1`.
    ligne: String,
    /// All those that answer it, at least one: others no longer do.
    colonnes: Vec<CelluleInput>,
}

/// What to change in the grid of an evaluation.
#[derive(InputObject)]
pub(crate) struct AdaptGrilleInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The evaluation.
    pub(super) evaluation: ID,
    /// Questions to add.
    ajouts: Option<Vec<AjoutLigneInput>>,
    /// The codes of the rows to remove.
    retraits: Option<Vec<String>>,
    /// Rows to ask to others than before.
    colonnes: Option<Vec<ColonnesLigneInput>>,
    /// Why: needed to remove rows. Sealed: the DLAs of the ingénierie read it.
    motif: Option<String>,
}

impl AdaptGrilleInput {
    pub(super) fn adaptation(&self) -> Result<Adaptation> {
        let ajouts = (0..).zip(self.ajouts.iter().flatten());
        let retraits = (0..).zip(self.retraits.iter().flatten());
        let colonnes = (0..).zip(self.colonnes.iter().flatten());
        Ok(Adaptation {
            ajouts: ajouts.map(|(n, it)| it.parse(n)).collect::<Result<_>>()?,
            retraits: retraits
                .map(|(n, it)| ligne(&format!("input.retraits.{n}"), it))
                .collect::<Result<_>>()?,
            colonnes: colonnes.map(|(n, it)| it.parse(n)).collect::<Result<_>>()?,
            motif: optional(prose, "input.motif", self.motif.as_ref())?,
        })
    }
}

impl AjoutLigneInput {
    fn parse(&self, n: usize) -> Result<Ajout> {
        let at = format!("input.ajouts.{n}");
        Ok(Ajout {
            theme: ligne(&format!("{at}.theme"), &self.theme)?,
            question: line(&format!("{at}.question"), &self.question)?,
            colonnes: colonnes(&self.colonnes),
        })
    }
}

impl ColonnesLigneInput {
    fn parse(&self, n: usize) -> Result<LigneColonnes> {
        let ligne = ligne(&format!("input.colonnes.{n}.ligne"), &self.ligne)?;
        Ok(LigneColonnes { ligne, colonnes: colonnes(&self.colonnes) })
    }
}

/// The last word counts.
fn colonnes(cells: &[CelluleInput]) -> Colonnes {
    let cell = |it: &CelluleInput| {
        let nature = it.nature.unwrap_or(NatureReponse::Libre);
        (it.colonne.into(), nature.into())
    };
    cells.iter().map(cell).collect()
}

/// The code of a row, at its place.
pub(super) fn ligne(path: &str, text: &str) -> Result<LigneId> {
    LigneId::parse(text).at(path)
}
