//! Needs that emerged and await an answer, and those that several DLAs could answer together
//! (RM-12).

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{DlaId, IngenierieId, Liste};
use projections::{
    AsOf, ReadModel,
    besoins::{self as rows, Dimension, Figures, Filter},
    evaluations, historique, ingenieries, reponses,
};

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        evaluation::reponse::ReponseEvaluation,
        ids::typed,
        ingenierie::{self, Ingenierie},
        paging::{self, AsOfObject, List},
        past::{self, AsOfInput},
        referentiel::Code,
        request::code_if_given,
        scalars::{Date, Position, count},
        territoire::{Territoire, TerritoireInput},
    },
};

/// What it is read from.
const MODELS: [&ReadModel; 4] =
    [&evaluations::MODEL, &historique::MODEL, &ingenieries::MODEL, &reponses::MODEL];

#[derive(Default)]
pub(crate) struct BesoinQuery;

#[Object]
impl BesoinQuery {
    /// The needs that emerged and await an answer (observatoire des besoins), of the dossiers that
    /// you may see: what ingénieries, collective or individual, identify as long as they are not
    /// engaged; those that several DLAs could answer together; and those that respondents wrote of
    /// when an ingénierie was evaluated.
    async fn besoins(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which needs count.")] filter: Option<BesoinFilter>,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<ObservatoireBesoins> {
        let filter = filter.unwrap_or_default().rows(ctx)?;
        past::travel(ctx, as_of).await?;
        paging::reached(ctx.reads(), &MODELS, at_least_position).await?;
        let as_of = ctx.reads().as_of_all(&MODELS).await?;
        Ok(ObservatoireBesoins { filter, as_of })
    }
}

/// Which needs count. What is left out restricts nothing.
#[derive(Default, InputObject)]
pub(crate) struct BesoinFilter {
    /// Taken up on this day or later.
    from: Option<Date>,
    /// Taken up on this day or earlier.
    to: Option<Date>,
    /// There, or inside it as far as the codes show: a département lies in its région, a commune
    /// or a QPV in its département.
    territoire: Option<TerritoireInput>,
    /// Of this field of activity (`SECTEUR`).
    secteur: Option<String>,
    /// Of this theme (`TYPE_PRESTATION`). An ingénierie collective has themes once it is engaged:
    /// until then, only individual ones are found by theme.
    theme: Option<String>,
    /// That concern this DLA.
    dla: Option<ID>,
    /// Heard of there, among others perhaps (`SOURCE_PROBLEMATIQUE`).
    source: Option<String>,
    /// Those that were given up as well: nobody answered them either.
    abandonnes: Option<bool>,
}

impl BesoinFilter {
    fn rows(self, ctx: &Context<'_>) -> Result<Filter> {
        let dla = |it: &ID| typed::<DlaId>(it, "filter.dla");
        let territoire = |it: &TerritoireInput| it.parse("filter.territoire");
        let (secteur, theme) = (self.secteur.as_deref(), self.theme.as_deref());
        let source = self.source.as_deref();
        Ok(Filter {
            from: self.from.map(|it| it.0),
            to: self.to.map(|it| it.0),
            territoire: self.territoire.as_ref().map(territoire).transpose()?,
            secteur: code_if_given(ctx, Liste::Secteur, "filter.secteur", secteur)?,
            theme: code_if_given(ctx, Liste::TypePrestation, "filter.theme", theme)?,
            dla: self.dla.as_ref().map(dla).transpose()?,
            source: code_if_given(ctx, Liste::SourceProblematique, "filter.source", source)?,
            abandonnes: self.abandonnes.unwrap_or_default(),
        })
    }
}

/// By what needs are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Dimension")]
pub(crate) enum DimensionBesoin {
    /// The département, as far as the codes show.
    Departement,
    /// The DLA: a need of several counts for each.
    Dla,
    /// The région, as far as the codes show.
    Region,
    /// The field of activity: a need of several counts for each.
    Secteur,
    /// Where it was heard of: a need that was heard of in several places counts for each.
    Source,
    /// The theme: a need of several counts for each.
    Theme,
}

/// The needs that emerged and await an answer.
pub(crate) struct ObservatoireBesoins {
    filter: Filter,
    as_of: AsOf,
}

/// The needs that emerged and await an answer.
#[Object]
impl ObservatoireBesoins {
    /// How recent the answer is.
    async fn as_of(&self) -> AsOfObject {
        self.as_of.into()
    }

    /// All that the filter finds.
    async fn totals(&self, ctx: &Context<'_>) -> Result<FiguresBesoins> {
        let all = rows::figures(ctx.reads(), ctx.scope(), &self.filter, None).await?;
        Ok(FiguresBesoins(all.into_iter().next().unwrap_or_default()))
    }

    /// The same, part by part, the most first. Parts may share needs, and then add up to more than
    /// the totals.
    #[graphql(complexity = "20 * child_complexity + 1")]
    async fn par(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By what they are told apart.")] dimension: DimensionBesoin,
    ) -> Result<Vec<PartBesoins>> {
        let dimension = dimension.into();
        let parts = rows::figures(ctx.reads(), ctx.scope(), &self.filter, Some(dimension)).await?;
        Ok(parts
            .into_iter()
            .map(|row| PartBesoins { dimension, row })
            .collect())
    }

    /// The needs themselves, the last taken up first.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn liste(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
    ) -> Result<List<i64, Besoin>> {
        let asked = paging::asked(first, after.as_deref())?;
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let page = rows::list(reads, scope, &self.filter, asked.first, asked.after);
        let row = |it: rows::Besoin| (it.position, Besoin(it));
        let list = paging::list(ctx, &ingenieries::MODEL, &asked, page, row).await?;
        let count = async {
            let all = rows::figures(reads, scope, &self.filter, None).await?;
            Ok(all.first().map_or(0, |it| it.besoins))
        };
        paging::total(ctx, list, count).await
    }

    /// Needs of one sector or theme, in one région, that ingénieries led by different DLAs
    /// identify: one between DLAs could answer them. Those of most DLAs first, at most 100.
    #[graphql(complexity = "20 * child_complexity + 1")]
    async fn candidats_inter_dla(&self, ctx: &Context<'_>) -> Result<Vec<CandidatInterDla>> {
        let found = rows::candidats(ctx.reads(), ctx.scope(), &self.filter).await?;
        Ok(found.into_iter().map(CandidatInterDla).collect())
    }

    /// What respondents wrote of needs when an ingénierie was evaluated, in answer to G6-Q1, G6-Q2,
    /// G7-Q1 and G7-Q2, the last first. The filter is about that ingénierie, and its days about the
    /// answers; `source` and `abandonnes` do not restrict it. Shown to the DLAs of the ingénierie.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn exprimes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
    ) -> Result<List<i64, BesoinExprime>> {
        let asked = paging::asked(first, after.as_deref())?;
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let page = rows::exprimes(reads, scope, &self.filter, asked.first, asked.after);
        let row = |it: rows::Exprime| (it.reponse.position, BesoinExprime(it));
        let list = paging::list(ctx, &reponses::MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count_exprimes(reads, scope, &self.filter)).await
    }

    /// The facts that make these answers, in rising order; those of `exprimes` apart, which say
    /// their own.
    #[graphql(complexity = "paging::positions_cost(first)")]
    async fn positions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 1,000.")] first: i32,
        #[graphql(desc = "The position after which to start: the last that you have.")]
        after: Option<Position>,
    ) -> Result<Vec<Position>> {
        let first = paging::positions(first)?;
        let after = after.map_or(0, |it| it.0);
        let found = rows::positions(ctx.reads(), ctx.scope(), &self.filter, first, after).await?;
        Ok(found.into_iter().map(Position).collect())
    }
}

/// A need, as the ingénierie that identifies it says it.
pub(crate) struct Besoin(rows::Besoin);

/// A need, as the ingénierie that identifies it says it.
#[Object]
impl Besoin {
    /// The ingénierie, with its problématique.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        ingenierie::find(ctx, IngenierieId(self.0.ingenierie)).await
    }

    /// When it was taken up.
    async fn emerged_on(&self) -> Date {
        Date(self.0.emerged_on)
    }

    /// The fact that says so.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }

    /// Where it was heard of: values of `SOURCE_PROBLEMATIQUE`.
    async fn sources(&self) -> Vec<Code> {
        Code::all(Liste::SourceProblematique, &self.0.sources)
    }

    /// How many structures it is thought to be of.
    async fn structures(&self) -> i32 {
        count(self.0.structures)
    }

    /// How many of them recognise it as theirs.
    async fn structures_confirmees(&self) -> i32 {
        count(self.0.confirmees)
    }

    /// Whether its ingénierie was given up.
    async fn abandonne(&self) -> bool {
        self.0.abandonne
    }
}

/// What a respondent wrote of a need when an ingénierie was evaluated.
pub(crate) struct BesoinExprime(rows::Exprime);

/// What a respondent wrote of a need when an ingénierie was evaluated.
#[Object]
impl BesoinExprime {
    /// The ingénierie that was evaluated.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        ingenierie::find(ctx, IngenierieId(self.0.ingenierie)).await
    }

    /// The answer, with its text, who gave it, when, and the fact that says so.
    async fn reponse(&self) -> ReponseEvaluation {
        ReponseEvaluation(self.0.reponse.clone())
    }
}

/// What some needs have in common, and how many they are.
pub(crate) struct PartBesoins {
    dimension: Dimension,
    row: Figures,
}

/// What some needs have in common, and how many they are.
#[Object]
impl PartBesoins {
    /// What they have in common, as it is looked for: a code, the id of a DLA. Absent for those
    /// that have no such thing.
    async fn cle(&self) -> Option<&str> {
        self.row.cle.as_deref()
    }

    /// The sector, the source or the theme, when they are told apart by it.
    async fn code(&self) -> Option<Code> {
        let list = match self.dimension {
            Dimension::Secteur => Liste::Secteur,
            Dimension::Source => Liste::SourceProblematique,
            Dimension::Theme => Liste::TypePrestation,
            Dimension::Departement | Dimension::Dla | Dimension::Region => return None,
        };
        Some(Code::new(list, self.row.cle.clone()?))
    }

    /// The DLA, when they are told apart by it.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        let id = self.row.cle.as_ref().and_then(|it| it.parse().ok());
        match self.dimension {
            Dimension::Dla => dla::find(ctx, id).await,
            _ => Ok(None),
        }
    }

    /// The territory, when they are told apart by it.
    async fn territoire(&self) -> Option<Territoire> {
        match self.dimension {
            Dimension::Departement | Dimension::Region => Territoire::of(self.row.cle.as_ref()?),
            _ => None,
        }
    }

    /// How many they are.
    async fn figures(&self) -> FiguresBesoins {
        FiguresBesoins(self.row.clone())
    }
}

/// How many needs, of how many DLAs and structures.
pub(crate) struct FiguresBesoins(Figures);

/// How many needs, of how many DLAs and structures.
#[Object]
impl FiguresBesoins {
    /// How many needs.
    async fn besoins(&self) -> i32 {
        count(self.0.besoins)
    }

    /// How many DLAs they concern, each counted once.
    async fn dlas(&self) -> i32 {
        count(self.0.dlas)
    }

    /// How many structures they are thought to be of, each counted once.
    async fn structures(&self) -> i32 {
        count(self.0.structures)
    }
}

/// Needs that one ingénierie between DLAs could answer.
pub(crate) struct CandidatInterDla(rows::Candidat);

/// Needs that one ingénierie between DLAs could answer.
#[Object]
impl CandidatInterDla {
    /// The région where they are.
    async fn region(&self) -> Option<Territoire> {
        Territoire::of(&self.0.region)
    }

    /// The field of activity that they share (`SECTEUR`). Absent when they share a theme.
    async fn secteur(&self) -> Option<Code> {
        Some(Code::new(Liste::Secteur, self.0.secteur.clone()?))
    }

    /// The theme that they share (`TYPE_PRESTATION`). Absent when they share a sector.
    async fn theme(&self) -> Option<Code> {
        Some(Code::new(Liste::TypePrestation, self.0.theme.clone()?))
    }

    /// The DLAs that they concern.
    async fn dlas(&self, ctx: &Context<'_>) -> Result<Vec<Dla>> {
        dla::find_all(ctx, &self.0.dlas).await
    }

    /// How many needs.
    async fn besoins(&self) -> i32 {
        i32::try_from(self.0.ingenieries.len()).unwrap_or(i32::MAX)
    }

    /// How many structures they are thought to be of, each counted once.
    async fn structures(&self) -> i32 {
        count(self.0.structures)
    }

    /// The ingénieries that identify them.
    async fn ingenieries(&self, ctx: &Context<'_>) -> Result<Vec<Ingenierie>> {
        let ids = self.0.ingenieries.iter().map(|it| IngenierieId(*it));
        let mut found = ctx.loaders().load_many(ids.clone()).await?;
        Ok(ids
            .filter_map(|it| found.remove(&it))
            .map(Ingenierie::of)
            .collect())
    }
}
