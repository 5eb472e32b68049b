//! Which later ingénieries reuse an element (essaimage), and what became of it.

use std::{collections::BTreeMap, sync::Arc};

use async_graphql::{Context, ID, InputObject, Object};
use domain::{Dossier, IngenierieId};
use projections::capitalisations::{self as rows, Descendant, ElementId};
use uuid::Uuid;

use super::{CapitalisationPayload, ElementCapitalise, payload};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::typed,
        ingenierie::{self, Ingenierie},
        loaders::{DescendantsOf, OfIngenierie, ReutilisationsOf},
        paging,
        request::{Request, prose},
        scalars::{Date, Position},
        territoire::Territoire,
    },
};

/// What became of an element: the ingénieries that reuse it, and those that reuse what these kept
/// in their turn, as far as you may read the elements on the way. Each counts once, and the
/// ingénierie that made the element does not descend from it.
pub(crate) struct Essaimage(Arc<Vec<Descendant>>);

impl Essaimage {
    pub(super) async fn of(ctx: &Context<'_>, element: ElementId) -> Result<Self> {
        let rows = ctx.loaders().load_one(DescendantsOf(element)).await?;
        Ok(Self(rows.unwrap_or_default()))
    }

    /// How many ingénieries by something that they have one or several of.
    fn counted<K: Ord>(&self, by: impl Fn(&Descendant) -> Vec<K>) -> Vec<(K, i32)> {
        let mut counts = BTreeMap::new();
        for key in self.0.iter().flat_map(by) {
            *counts.entry(key).or_default() += 1;
        }
        let mut counts: Vec<(K, i32)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }
}

/// What became of an element: the ingénieries that reuse it, and those that reuse what these kept
/// in their turn, as far as you may read the elements on the way. Each counts once, and the
/// ingénierie that made the element does not descend from it.
#[Object]
impl Essaimage {
    /// How many ingénieries descend from it.
    async fn ingenieries(&self) -> i32 {
        total(self.0.len())
    }

    /// How many of them reuse the element itself.
    async fn directes(&self) -> i32 {
        total(self.0.iter().filter(|it| it.generation == 1).count())
    }

    /// How many in each territory, the most first.
    async fn par_territoire(&self) -> Vec<EssaimageTerritoire> {
        let counts = self.counted(|it| vec![it.reutilisation.territoire.clone()]);
        counts
            .into_iter()
            .map(|(cle, count)| EssaimageTerritoire { cle, count })
            .collect()
    }

    /// How many for each DLA, the most first: an ingénierie of several counts for each.
    async fn par_dla(&self) -> Vec<EssaimageDla> {
        let counts = self.counted(|it| it.reutilisation.dlas.clone());
        counts
            .into_iter()
            .map(|(dla, count)| EssaimageDla { dla, count })
            .collect()
    }

    /// The declarations that lead to them by the shortest way, oldest first.
    #[expect(clippy::unused_async, reason = "the engine wants resolvers to be async")]
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn reutilisations(
        &self,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The position after which to start: the last that you have.")]
        after: Option<Position>,
    ) -> Result<Vec<Reutilisation>> {
        let first = paging::asked::<i64>(first, None)?.first;
        let after = after.map_or(0, |it| it.0);
        let wanted = self.0.iter().filter(|it| it.reutilisation.position > after);
        let wanted = wanted.take(usize::try_from(first).unwrap_or_default());
        Ok(wanted
            .map(|it| Reutilisation { generation: it.generation, row: it.reutilisation.clone() })
            .collect())
    }
}

/// How many ingénieries descend from an element in one territory.
pub(crate) struct EssaimageTerritoire {
    cle: String,
    count: i32,
}

/// How many ingénieries descend from an element in one territory.
#[Object]
impl EssaimageTerritoire {
    /// Where they take place.
    async fn territoire(&self) -> Option<Territoire> {
        Territoire::of(&self.cle)
    }

    /// How many.
    async fn ingenieries(&self) -> i32 {
        self.count
    }
}

/// How many ingénieries of one DLA descend from an element.
pub(crate) struct EssaimageDla {
    dla: Uuid,
    count: i32,
}

/// How many ingénieries of one DLA descend from an element.
#[Object]
impl EssaimageDla {
    /// The DLA.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, Some(self.dla)).await
    }

    /// How many.
    async fn ingenieries(&self) -> i32 {
        self.count
    }
}

/// An ingénierie reuses an element (réutilisation).
pub(crate) struct Reutilisation {
    generation: i32,
    row: rows::Reutilisation,
}

/// An ingénierie reuses an element (réutilisation).
#[Object]
impl Reutilisation {
    /// The element. Null when you may not read it.
    async fn element(&self, ctx: &Context<'_>) -> Result<Option<ElementCapitalise>> {
        let row = ctx.loaders().load_one(self.row.id()).await?;
        Ok(row.map(ElementCapitalise))
    }

    /// The ingénierie that reuses it. Null when you may not see its dossier.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        ingenierie::find(ctx, IngenierieId(self.row.ingenierie)).await
    }

    /// The DLAs that it concerned when it said so.
    async fn dlas(&self, ctx: &Context<'_>) -> Result<Vec<Dla>> {
        dla::find_all(ctx, &self.row.dlas).await
    }

    /// Where it takes place.
    async fn territoire(&self) -> Option<Territoire> {
        Territoire::of(&self.row.territoire)
    }

    /// How far it is from the element that was asked about: 1 when it reuses the element itself, 2
    /// when it reuses what such an ingénierie kept, at most 10.
    async fn generation(&self) -> i32 {
        self.generation
    }

    /// Since when.
    async fn on(&self) -> Date {
        Date(self.row.declared_on)
    }

    /// The fact that says so.
    async fn position(&self) -> Position {
        Position(self.row.position)
    }
}

/// What an ingénierie reuses.
pub(crate) async fn of_ingenierie(
    ctx: &Context<'_>,
    ingenierie: IngenierieId,
) -> Result<Vec<Reutilisation>> {
    let key: ReutilisationsOf = OfIngenierie(ingenierie);
    let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
    Ok(rows
        .into_iter()
        .map(|row| Reutilisation { generation: 1, row })
        .collect())
}

fn total(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[derive(Default)]
pub(crate) struct EssaimageMutation;

#[Object]
impl EssaimageMutation {
    /// Says that a later ingénierie of your DLA reuses an element that was published, or handed
    /// over to you. Whoever reads the element learns in which territory and with which DLA, and
    /// nothing else of a dossier that they may not see.
    async fn declare_reutilisation(
        &self,
        ctx: &Context<'_>,
        input: DeclareReutilisationInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let ingenierie: IngenierieId = typed(&input.ingenierie, "input.ingenierie")?;
        let gather = || ctx.log().either::<Dossier>(ingenierie);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Capitalisation, asked, ingenierie| {
                it.declare_reutilisation(asked, input.element, ingenierie)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Takes such a declaration back: it was a mistake, or came to nothing. The reason is
    /// mandatory (INV-36). The DLAs that made the element may do so too.
    async fn withdraw_reutilisation(
        &self,
        ctx: &Context<'_>,
        input: WithdrawReutilisationInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let ingenierie: IngenierieId = typed(&input.ingenierie, "input.ingenierie")?;
        let motif = prose("input.motif", &input.motif)?;
        let gather = || ctx.log().either::<Dossier>(ingenierie);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Capitalisation, asked, ingenierie| {
                it.withdraw_reutilisation(asked, input.element, ingenierie, motif.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }
}

/// A later ingénierie reuses an element.
#[derive(InputObject)]
pub(crate) struct DeclareReutilisationInput {
    #[graphql(flatten)]
    request: Request,
    /// The capitalisation that holds the element.
    capitalisation: ID,
    /// The number of the element in it.
    element: i32,
    /// The ingénierie of your DLA that reuses it: another one than that which made it.
    ingenierie: ID,
}

/// A reuse that is taken back.
#[derive(InputObject)]
pub(crate) struct WithdrawReutilisationInput {
    #[graphql(flatten)]
    request: Request,
    /// The capitalisation that holds the element.
    capitalisation: ID,
    /// The number of the element in it.
    element: i32,
    /// The ingénierie that does not reuse it.
    ingenierie: ID,
    /// Why (INV-36). Sealed: the DLAs of the ingénierie that made the element read it.
    motif: String,
}
