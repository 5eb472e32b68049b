//! The same question of the grid across ingénieries (RM-11).

use async_graphql::{Context, Enum, InputObject, Object};
use domain::{
    IngenierieId, Liste,
    referentiel::{self as grid, Grille},
};
use projections::{
    AsOf, ReadModel, evaluations, financements, ingenieries, reponses,
    resultats::{self as rows, Dimension, Filter},
};
use uuid::Uuid;

use super::{
    grille::{ColonneEvaluation, LigneGrille},
    resultats::{NiveauCompte, taux},
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::global,
        paging::{self, AsOfObject},
        past::{self, AsOfInput},
        referentiel::Code,
        request::code_if_given,
        scalars::{Position, count},
        territoire::TerritoireInput,
    },
};

/// What a comparison is made of.
const COMPARED: [&ReadModel; 4] =
    [&evaluations::MODEL, &financements::MODEL, &ingenieries::MODEL, &reponses::MODEL];

#[derive(Default)]
pub(crate) struct ComparaisonQuery;

#[Object]
impl ComparaisonQuery {
    /// The same question across ingénieries (RM-11): the last campaign of each that you may read.
    /// What the results of an evaluation hide from you is left out.
    #[graphql(complexity = "10 * child_complexity + 1")]
    #[expect(clippy::too_many_arguments, reason = "what the question is, and as of when")]
    async fn comparaison_evaluations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of a row of the reference grid: `G3-Q1`.")] ligne: String,
        #[graphql(desc = "By what answers are told apart.")] dimension: DimensionComparaison,
        #[graphql(desc = "Which answers are compared.")] filter: Option<ComparaisonFilter>,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<ComparaisonEvaluations> {
        let ligne = super::grille::ligne("ligne", &ligne)?;
        let filter = filter.unwrap_or_default().rows(ctx)?;
        past::travel(ctx, as_of).await?;
        paging::reached(ctx.reads(), &COMPARED, at_least_position).await?;
        let as_of = ctx.reads().as_of_all(&COMPARED).await?;
        let dimension = dimension.into();
        let parts = rows::comparaison(ctx.reads(), ctx.scope(), &ligne, &filter, dimension);
        let parts = parts.await?;
        Ok(ComparaisonEvaluations { ligne, dimension, parts, as_of })
    }
}

/// By what answers are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Dimension")]
pub(crate) enum DimensionComparaison {
    /// What the plan de financement costs for each structure that takes part: bands that begin at
    /// 0, 500, 1,000, 2,000 and 4,000 euros.
    CoutParStructure,
    /// The département, as far as the codes show.
    Departement,
    /// The ingénierie itself.
    Ingenierie,
    /// The région, as far as the codes show.
    Region,
    /// The field of activity: an ingénierie of several counts for each.
    Secteur,
    /// The theme: an ingénierie of several counts for each.
    Theme,
    /// What the ingénierie does for structures (`TYPE_INGENIERIE`).
    TypeIngenierie,
}

/// Which answers are compared. What is left out restricts nothing.
#[derive(Default, InputObject)]
pub(crate) struct ComparaisonFilter {
    /// Of this column.
    colonne: Option<ColonneEvaluation>,
    /// To ingénieries that take place there, or inside it as far as the codes show.
    territoire: Option<TerritoireInput>,
    /// To those of this field of activity (`SECTEUR`).
    secteur: Option<String>,
    /// To those of this theme, among others perhaps (`TYPE_PRESTATION`).
    theme: Option<String>,
    /// To those that do this for structures (`TYPE_INGENIERIE`).
    type_ingenierie: Option<String>,
}

impl ComparaisonFilter {
    fn rows(self, ctx: &Context<'_>) -> Result<Filter> {
        let territoire = |it: &TerritoireInput| it.parse("filter.territoire");
        let (secteur, theme) = (self.secteur.as_deref(), self.theme.as_deref());
        let genre = self.type_ingenierie.as_deref();
        Ok(Filter {
            colonne: self.colonne.map(Into::into),
            territoire: self.territoire.as_ref().map(territoire).transpose()?,
            secteur: code_if_given(ctx, Liste::Secteur, "filter.secteur", secteur)?,
            theme: code_if_given(ctx, Liste::TypePrestation, "filter.theme", theme)?,
            genre: code_if_given(ctx, Liste::TypeIngenierie, "filter.typeIngenierie", genre)?,
        })
    }
}

/// The same question across ingénieries.
pub(crate) struct ComparaisonEvaluations {
    ligne: grid::LigneId,
    dimension: Dimension,
    parts: Vec<rows::Part>,
    as_of: AsOf,
}

/// The same question across ingénieries.
#[Object]
impl ComparaisonEvaluations {
    /// How recent the answer is.
    async fn as_of(&self) -> AsOfObject {
        self.as_of.into()
    }

    /// The question, as the newest reference grid asks it. Null of a row that an evaluation added.
    async fn question(&self) -> Option<LigneGrille> {
        let rows = &Grille::current().lignes;
        let row = rows.iter().find(|it| it.ligne == self.ligne)?;
        Some(LigneGrille(row.clone()))
    }

    /// Part by part, beginning with who answered most. Parts may share ingénieries.
    async fn parts(&self) -> Vec<PartComparaison> {
        let all = self.parts.iter().cloned();
        all.map(|row| PartComparaison { dimension: self.dimension, row })
            .collect()
    }
}

/// What ingénieries that have something in common answered.
pub(crate) struct PartComparaison {
    dimension: Dimension,
    row: rows::Part,
}

/// What ingénieries that have something in common answered.
#[Object]
impl PartComparaison {
    /// What they have in common: a code, a place, the global id of the ingénierie, or where a band
    /// of cost begins, in cents. Absent for those that have no such thing.
    async fn cle(&self) -> Option<String> {
        let cle = self.row.cle.as_ref()?;
        match (self.dimension, cle.parse::<Uuid>()) {
            (Dimension::Ingenierie, Ok(id)) => Some(global(IngenierieId(id)).to_string()),
            _ => Some(cle.clone()),
        }
    }

    /// The sector, the theme or the type, when they are told apart by it.
    async fn code(&self) -> Option<Code> {
        let liste = match self.dimension {
            Dimension::Secteur => Liste::Secteur,
            Dimension::Theme => Liste::TypePrestation,
            Dimension::TypeIngenierie => Liste::TypeIngenierie,
            Dimension::CoutParStructure
            | Dimension::Departement
            | Dimension::Ingenierie
            | Dimension::Region => return None,
        };
        Some(Code::new(liste, self.row.cle.as_ref()?))
    }

    /// How many ingénieries.
    async fn ingenieries(&self) -> i32 {
        i32::try_from(self.row.ingenieries.len()).unwrap_or(i32::MAX)
    }

    /// How many respondents, over all columns that you may read.
    async fn reponses(&self) -> i32 {
        count(self.row.reponses)
    }

    /// How many gave each level of the scale, the lowest first: those that nobody gave are left
    /// out.
    async fn niveaux(&self) -> Vec<NiveauCompte> {
        let mut levels = self.row.niveaux.clone();
        levels.dedup();
        let of = |it: i32| NiveauCompte::of(it, &self.row.niveaux);
        levels.into_iter().map(of).collect()
    }

    /// The mean level, in hundredths, to the nearest. Null when nobody gave one.
    async fn moyenne(&self) -> Option<i32> {
        let sum: i64 = self.row.niveaux.iter().copied().map(i64::from).sum();
        let many = i64::try_from(self.row.niveaux.len()).ok()?;
        taux(sum, many)
    }

    /// The facts behind, in rising order.
    async fn positions(&self) -> Vec<Position> {
        self.row.positions.iter().copied().map(Position).collect()
    }
}
