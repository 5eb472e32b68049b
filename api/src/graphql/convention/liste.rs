//! Which conventions are looked for, and what they add up to: permanent and ponctuel, financeur by
//! financeur.

use std::collections::BTreeMap;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, connection::OpaqueCursor};
use domain::{ConventionId, convention_financement::Regime};
use projections::conventions::{self as rows, After, Filter, MODEL, Part};
use uuid::Uuid;

use super::{ConventionFinancement, EtatConvention, NatureConvention, RegimeFinancement, find};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        organisation::{self, Organisation},
        paging::{self, Connection, ListFields},
        past::{self, AsOfInput},
        scalars::{Cents, Date, Position},
        territoire::TerritoireInput,
    },
};

/// Conventions, and what they add up to.
type Conventions = Connection<OpaqueCursor<After>, ConventionFinancement, ConventionsFields>;

/// What a list of conventions says of itself.
#[derive(SimpleObject)]
pub(crate) struct ConventionsFields {
    #[graphql(flatten)]
    list: ListFields,
    /// The sums of all that the filter finds. Added up only when asked.
    totals: Option<TotauxConventions>,
}

/// Which conventions. What is left out restricts nothing.
#[derive(Default, InputObject)]
pub(crate) struct ConventionFilter {
    /// That this organisation notifies, or signed as a partner of a cadre.
    financeur: Option<ID>,
    /// On which this DLA draws.
    dla: Option<ID>,
    /// In their period on this day, and not closed by then.
    active_on: Option<Date>,
    /// Whose perimeter holds this territory, as far as official codes show.
    territoire: Option<TerritoireInput>,
    /// Permanent, or ponctuel.
    regime: Option<RegimeFinancement>,
    /// Frames, or money.
    nature: Option<NatureConvention>,
    /// That stand there.
    etat: Option<EtatConvention>,
    /// That put this convention cadre into effect.
    cadre: Option<ID>,
    /// That set money aside for this ingénierie.
    ingenierie: Option<ID>,
    /// Part of whose perimeter lies there, or inside it, as far as the codes show: those of a
    /// région.
    dans: Option<TerritoireInput>,
}

impl ConventionFilter {
    fn rows(&self) -> Result<Filter> {
        let id = |it: &ID| typed(it, "filter.financeur");
        let dla = |it: &ID| typed(it, "filter.dla");
        let cadre = |it: &ID| typed(it, "filter.cadre");
        let ingenierie = |it: &ID| typed(it, "filter.ingenierie");
        let territoire = |it: &TerritoireInput| it.parse("filter.territoire");
        Ok(Filter {
            financeur: self.financeur.as_ref().map(id).transpose()?,
            dla: self.dla.as_ref().map(dla).transpose()?,
            active_on: self.active_on.map(|it| it.0),
            territoire: self.territoire.as_ref().map(territoire).transpose()?,
            regime: self.regime.map(Into::into),
            nature: self.nature.map(Into::into),
            etat: self.etat.map(Into::into),
            cadre: self.cadre.as_ref().map(cadre).transpose()?,
            ingenierie: self.ingenierie.as_ref().map(ingenierie).transpose()?,
            dans: self
                .dans
                .as_ref()
                .map(|it| it.parse("filter.dans"))
                .transpose()?,
        })
    }
}

#[derive(Default)]
pub(crate) struct ConventionQuery;

#[Object]
impl ConventionQuery {
    /// A convention by its id.
    async fn convention(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
    ) -> Result<Option<ConventionFinancement>> {
        let id: ConventionId = typed(&id, "id")?;
        past::seen(ctx, as_of, || find(ctx, Some(id.0))).await
    }

    /// The conventions of your DLAs, or of your organisation as a financeur, the last signed
    /// first, with what they add up to.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn conventions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<ConventionFilter>,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<Conventions> {
        let asked = paging::asked(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().rows()?;
        past::travel(ctx, as_of).await?;
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let page = rows::list(reads, scope, &filter, asked.first, asked.after);
        let row = |it: rows::Convention| ((it.signed_on, it.id), ConventionFinancement(it.into()));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        let list = paging::total(ctx, list, rows::count(reads, scope, &filter)).await?;
        let totals = if ctx.look_ahead().field("totals").exists() {
            let parts = rows::parts(reads, scope, &filter).await?;
            Some(TotauxConventions { filter, parts })
        } else {
            None
        };
        Ok(paging::saying(list, |list| ConventionsFields { list, totals }))
    }
}

/// The sums of some conventions.
pub(crate) struct TotauxConventions {
    filter: Filter,
    /// By financeur and regime.
    parts: Vec<Part>,
}

/// The sums of some conventions.
#[Object]
impl TotauxConventions {
    /// All of them.
    async fn ensemble(&self) -> Enveloppe {
        Enveloppe::of(&self.parts, None)
    }

    /// Those that finance DLAs year after year.
    async fn permanent(&self) -> Enveloppe {
        Enveloppe::of(&self.parts, Some(Regime::Permanent))
    }

    /// Those that finance what DLAs do once.
    async fn ponctuel(&self) -> Enveloppe {
        Enveloppe::of(&self.parts, Some(Regime::Ponctuel))
    }

    /// The same, collectivité by collectivité, and so on for every other institution.
    async fn par_financeur(&self) -> Vec<EnveloppeFinanceur> {
        let mut by_financeur: BTreeMap<Uuid, Vec<Part>> = BTreeMap::new();
        for part in &self.parts {
            by_financeur.entry(part.financeur).or_default().push(*part);
        }
        let all = by_financeur.into_iter();
        all.map(|(financeur, parts)| EnveloppeFinanceur { financeur, parts })
            .collect()
    }

    /// The facts that make these figures, in rising order.
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

/// What one institution brings, by the conventions that the filter finds.
pub(crate) struct EnveloppeFinanceur {
    financeur: Uuid,
    parts: Vec<Part>,
}

/// What one institution brings, by the conventions that the filter finds.
#[Object]
impl EnveloppeFinanceur {
    /// The institution.
    async fn financeur(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.financeur)).await
    }

    /// To DLAs, year after year.
    async fn permanent(&self) -> Enveloppe {
        Enveloppe::of(&self.parts, Some(Regime::Permanent))
    }

    /// To what DLAs do once.
    async fn ponctuel(&self) -> Enveloppe {
        Enveloppe::of(&self.parts, Some(Regime::Ponctuel))
    }
}

/// Conventions added up. Cadres are counted apart: conventions de financement put them into
/// effect, and no euro counts twice.
#[derive(SimpleObject)]
pub(crate) struct Enveloppe {
    /// How many conventions de financement.
    conventions: i32,
    /// What they notify in all.
    notified: Cents,
    /// Of it, the minima of the levels that they put into effect.
    minimum: Cents,
    /// Of it, what comes above these minima, supplements apart.
    complement: Cents,
    /// Of it, what was added for priority areas.
    supplement: Cents,
    /// What is set aside for ingénieries.
    allocated: Cents,
    /// What was paid.
    paid: Cents,
    /// What is left to set aside.
    remaining: Cents,
    /// What is left to pay.
    unpaid: Cents,
    /// How many conventions cadres.
    cadres: i32,
    /// What the cadres are for: in none of the other sums.
    cadres_montant: Cents,
}

impl Enveloppe {
    fn of(parts: &[Part], regime: Option<Regime>) -> Self {
        let counted = parts
            .iter()
            .filter(|it| regime.is_none_or(|regime| it.regime == regime));
        let sum = |of: fn(&Part) -> i64| counted.clone().map(of).sum::<i64>();
        let count = |of| i32::try_from(sum(of)).unwrap_or(i32::MAX);
        let notified = sum(|it| it.notified_cents);
        let (allocated, paid) = (sum(|it| it.allocated_cents), sum(|it| it.paid_cents));
        Self {
            conventions: count(|it| it.conventions),
            notified: notified.into(),
            minimum: sum(|it| it.minimum_cents).into(),
            complement: sum(|it| it.complement_cents).into(),
            supplement: sum(|it| it.supplement_cents).into(),
            allocated: allocated.into(),
            paid: paid.into(),
            remaining: (notified - allocated).into(),
            unpaid: (notified - paid).into(),
            cadres: count(|it| it.cadres),
            cadres_montant: sum(|it| it.cadres_cents).into(),
        }
    }
}
