//! Finding ingénieries: by id, and in the list.

use async_graphql::{Context, ID, InputObject, Object};
use domain::{Genre, IngenierieId, Liste, ingenierie_collective::Etat};
use projections::ingenieries::{self as rows, Filter, MODEL};

use super::{EtatIngenierie, IngenierieCollective};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        ingenierie::{self, Ingenierie},
        paging::{self, List},
        past::{self, AsOfInput},
        request::code_if_given,
        scalars::{Date, Position},
        territoire::TerritoireInput,
    },
};

#[derive(Default)]
pub(crate) struct IngenierieCollectiveQuery;

#[Object]
impl IngenierieCollectiveQuery {
    /// The ingénieries collectives that you may see, the last initiated first.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn ingenieries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<IngenierieFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<i64, IngenierieCollective>> {
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let asked = paging::asked(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().rows(ctx)?;
        let page = rows::list(ctx.reads(), ctx.scope(), &filter, asked.first, asked.after);
        let row = |it: rows::Ingenierie| (it.initiated_position, IngenierieCollective(it));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count(ctx.reads(), ctx.scope(), &filter)).await
    }

    /// An ingénierie collective by its id. Null when it does not exist, or when you may not see
    /// it. One of one structure is asked by `ingenierieIndividuelle`, either by `node`.
    async fn ingenierie(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
    ) -> Result<Option<IngenierieCollective>> {
        let id: IngenierieId = typed(&id, "id")?;
        past::seen(ctx, as_of, || find(ctx, id)).await
    }
}

/// An ingénierie collective by its id, if the actor may see it.
pub(crate) async fn find(
    ctx: &Context<'_>,
    id: IngenierieId,
) -> Result<Option<IngenierieCollective>> {
    match ingenierie::find(ctx, id).await? {
        Some(Ingenierie::Collective(it)) => Ok(Some(it)),
        Some(Ingenierie::Individuelle(_)) | None => Ok(None),
    }
}

/// What to look for among ingénieries. What is given holds together.
#[derive(Default, InputObject)]
pub(crate) struct IngenierieFilter {
    /// Those that stand there.
    etat: Option<EtatIngenierie>,
    /// Those that concern this DLA, whether it leads them or not.
    dla: Option<ID>,
    /// Those that look for structures in this sector: a code of `SECTEUR`.
    secteur: Option<String>,
    /// Those that take place there, or inside it as far as the codes show.
    territoire: Option<TerritoireInput>,
    /// Those of this theme: a code of `TYPE_PRESTATION`.
    type_prestation: Option<String>,
    /// Part of the intitulé or of the accroche, whatever the case.
    search: Option<String>,
    /// Those initiated on this day or later.
    initiated_from: Option<Date>,
    /// Those initiated on this day or before.
    initiated_to: Option<Date>,
}

impl IngenierieFilter {
    fn rows(self, ctx: &Context<'_>) -> Result<Filter> {
        let secteur =
            code_if_given(ctx, Liste::Secteur, "filter.secteur", self.secteur.as_deref())?;
        let theme = code_if_given(
            ctx,
            Liste::TypePrestation,
            "filter.typePrestation",
            self.type_prestation.as_deref(),
        )?;
        let territoire = self.territoire.as_ref();
        let territoire = territoire.map(|it| it.parse("filter.territoire"));
        let dla = self.dla.as_ref().map(|it| typed(it, "filter.dla"));
        Ok(Filter {
            genre: Some(Genre::Collective),
            structure: None,
            etat: self.etat.map(Etat::from),
            dla: dla.transpose()?,
            secteur,
            territoire: territoire.transpose()?,
            type_prestation: theme,
            search: self.search,
            initiated_from: self.initiated_from.map(|it| it.0),
            initiated_to: self.initiated_to.map(|it| it.0),
        })
    }
}
