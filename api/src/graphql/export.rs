//! What a financeur grants, as open files tell it: their lines, page by page, and what they do not
//! tell. The files themselves are downloads (`http/exports.rs`).

use async_graphql::{Context, ID, Json, Object, SimpleObject};
use domain::{IngenierieId, OrganisationId};
use projections::{
    Page,
    conventions::MODEL,
    exports::{Key, MODELS, Source, Subvention},
};
use serde_json::Value;

use crate::{
    Result,
    exports::{Export, Filter, Rejet, Told, scdl},
    graphql::{
        context::ContextExt,
        convention::{self, ConventionFinancement},
        ids::{global, typed},
        organisation::{self, Organisation},
        paging::{self, AsOfObject, List},
        past::{self, AsOfInput},
        plan_financement::{self, PlanFinancement},
        scalars::{Cents, Date, Position},
    },
};

#[derive(Default)]
pub(crate) struct ExportQuery;

#[Object]
impl ExportQuery {
    /// What a financeur (funder) grants to structures porteuses, as open files tell it: its
    /// conventions, for all that they notify, and what it notified in plans de financement beside
    /// them. A financeur asks for itself only; those of a DLA see of it the
    /// conventions and the plans that they may see; an administrator sees all. Null when it is not
    /// yours to ask. The files are downloaded at `/exports/scdl-subventions.csv` and
    /// `/exports/360giving.json`, the arguments being parameters there.
    #[expect(clippy::too_many_arguments, reason = "what every export is asked")]
    async fn export_subventions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation, in its role of financeur.")] financeur: ID,
        #[graphql(desc = "Signed or notified on this day or later.")] from: Option<Date>,
        #[graphql(desc = "Signed or notified on this day or earlier.")] to: Option<Date>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
        #[graphql(
            desc = "The day or the position to answer as of: what was recorded later does not count. Organisations go by their names and identifiers of now."
        )]
        as_of: Option<AsOfInput>,
    ) -> Result<Option<ExportSubventions>> {
        let financeur: OrganisationId = typed(&financeur, "financeur")?;
        paging::reached(ctx.reads(), &MODELS, at_least_position).await?;
        past::travel(ctx, as_of).await?;
        let filter = Filter { financeur, from: from.map(|it| it.0), to: to.map(|it| it.0) };
        let export = Export::read(ctx.reads(), ctx.actor(), &filter).await?;
        Ok(export.map(|export| ExportSubventions { financeur, export }))
    }
}

/// What a financeur grants, as open files tell it.
pub(crate) struct ExportSubventions {
    financeur: OrganisationId,
    export: Export,
}

/// What a financeur grants, as open files tell it.
#[Object]
impl ExportSubventions {
    /// The organisation, in its role of financeur.
    async fn financeur(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.financeur.0)).await
    }

    /// How recent the answer is.
    async fn as_of(&self) -> AsOfObject {
        self.export.as_of.into()
    }

    /// The lines of the file of subventions (SCDL 2.1.1), by date.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn scdl(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
    ) -> Result<List<Key, scdl::Line>> {
        self.page(ctx, (first, after), self.export.scdl().lines)
            .await
    }

    /// The subventions that the file of subventions does not tell, and why.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn scdl_rejets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
    ) -> Result<List<Key, RejetExport>> {
        self.page(ctx, (first, after), rejets(self.export.scdl()))
            .await
    }

    /// The grants of the 360Giving file, by date.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn giving(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
    ) -> Result<List<Key, Grant>> {
        let told = self.export.giving(ctx.giving_prefix()).lines;
        let grants = told
            .into_iter()
            .map(|(key, it)| (key, Grant { grant: Json(it) }));
        self.page(ctx, (first, after), grants.collect()).await
    }

    /// The subventions that the 360Giving file does not tell, and why.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn giving_rejets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
    ) -> Result<List<Key, RejetExport>> {
        let told = self.export.giving(ctx.giving_prefix());
        self.page(ctx, (first, after), rejets(told)).await
    }
}

impl ExportSubventions {
    /// One page of what was read whole.
    async fn page<T: async_graphql::OutputType>(
        &self,
        ctx: &Context<'_>,
        (first, after): (i32, Option<String>),
        all: Vec<(Key, T)>,
    ) -> Result<List<Key, T>> {
        let asked = paging::asked::<Key>(first, after.as_deref())?;
        let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let first = usize::try_from(asked.first).unwrap_or_default();
        let mut rows: Vec<_> = all
            .into_iter()
            .filter(|(key, _)| asked.after.is_none_or(|after| *key > after))
            .collect();
        let has_next = rows.len() > first;
        rows.truncate(first);
        let page = async { Ok::<_, crate::Error>(Page { rows, has_next }) };
        let mut list = paging::list(ctx, &MODEL, &asked, page, |it| it).await?;
        let as_of = self.export.as_of;
        list.more.stand_at(as_of.position, as_of.recorded_at);
        paging::total(ctx, list, async { Ok(count) }).await
    }
}

fn rejets<T>(told: Told<T>) -> Vec<(Key, RejetExport)> {
    let all = told.rejets.into_iter();
    all.map(|it| (it.subvention.key(), RejetExport(it)))
        .collect()
}

/// One subvention, as 360Giving tells it.
#[derive(SimpleObject)]
#[graphql(name = "GrantGiving")]
pub(crate) struct Grant {
    /// The grant, with the members of the schema of 360Giving.
    grant: Json<Value>,
}

/// A subvention that a file does not tell, and why.
pub(crate) struct RejetExport(Rejet);

/// A subvention that a file does not tell, and why.
#[Object]
impl RejetExport {
    /// Why, as programs know it: `IN_CONVENTION` is in the file with its convention, any other is
    /// to be corrected.
    async fn code(&self) -> &str {
        self.0.motif.code()
    }

    /// The column or the member of the file that would be wrong.
    async fn champ(&self) -> &str {
        self.0.field
    }

    /// Why, and what to do.
    async fn raison(&self, ctx: &Context<'_>) -> &str {
        self.0.motif.say(ctx.language())
    }

    /// The convention, when it is one.
    async fn convention(&self, ctx: &Context<'_>) -> Result<Option<ConventionFinancement>> {
        match self.told().source {
            Source::Convention { id, .. } => convention::find(ctx, Some(id)).await,
            Source::Ligne { .. } => Ok(None),
        }
    }

    /// The plan whose line it is, when it is one.
    async fn plan_financement(&self, ctx: &Context<'_>) -> Result<Option<PlanFinancement>> {
        match self.told().source {
            Source::Convention { .. } => Ok(None),
            Source::Ligne { plan, .. } => plan_financement::find(ctx, plan).await,
        }
    }

    /// The line of that plan.
    async fn ligne(&self) -> Option<i32> {
        match self.told().source {
            Source::Convention { .. } => None,
            Source::Ligne { ligne, .. } => Some(ligne),
        }
    }

    /// The ingénieries that it pays for, as far as it is known.
    async fn ingenierie_ids(&self) -> Vec<ID> {
        let all = self.told().ingenieries.iter();
        all.map(|it| global(IngenierieId(*it))).collect()
    }

    /// The reference of the convention, or of the letter.
    async fn reference(&self) -> Option<&str> {
        self.told().reference.as_deref()
    }

    /// What the convention is for, or the title of the ingénierie.
    async fn objet(&self) -> &str {
        &self.told().objet
    }

    /// When it was signed, or notified.
    async fn date(&self) -> Date {
        Date(self.told().on)
    }

    /// How much is notified in all.
    async fn montant(&self) -> Cents {
        self.told().montant_cents.into()
    }

    /// The facts that make this amount, in rising order.
    async fn positions(&self) -> Vec<Position> {
        self.told()
            .positions
            .iter()
            .copied()
            .map(Position)
            .collect()
    }

    /// The structures porteuses that may receive it.
    async fn beneficiaires(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>> {
        let ids: Vec<_> = self.told().beneficiaires.iter().map(|it| it.id).collect();
        organisation::find_all(ctx, &ids).await
    }
}

impl RejetExport {
    fn told(&self) -> &Subvention {
        &self.0.subvention
    }
}
