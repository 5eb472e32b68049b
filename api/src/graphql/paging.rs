//! Pages of lists: forward only, by keyset cursors, each as of a position.

use async_graphql::{
    Context, OutputType, SimpleObject,
    connection::{CursorType, OpaqueCursor},
};
use domain::values::Invalid;
use futures_util::future::try_join_all;
use projections::{AsOf, ReadModel, Reads};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Error, Result,
    graphql::{
        context::ContextExt,
        scalars::{DateTime, Position},
    },
};

mod connection;

pub(crate) use connection::{Connection, Edge};

/// The most rows a page may hold.
pub(crate) const FIRST_MAX: i32 = 100;

/// The most positions that one request may ask for.
const POSITIONS_MAX: i32 = 1_000;

/// How many positions cost as much as one field.
const POSITIONS_PER_COST: usize = 100;

/// A list of things, with how many there are and how recent the answer is.
pub(crate) type List<C, T> = Connection<OpaqueCursor<C>, T, ListFields>;

/// What every list says of itself.
#[derive(SimpleObject)]
pub(crate) struct ListFields {
    /// How many there are in all, for this filter. Counted only when asked.
    total_count: Option<i32>,
    /// How recent the answer is.
    // Looked up only when asked, too: a page is one statement then.
    as_of: AsOfObject,
}

/// The point of the log that an answer stands at.
#[derive(SimpleObject)]
#[graphql(name = "AsOf")]
pub(crate) struct AsOfObject {
    /// Everything up to this position is counted.
    position: Position,
    /// When that position was recorded. Absent before the first fact.
    recorded_at: Option<DateTime>,
    /// How many dossiers or objects are shown as they were earlier: a later fact of theirs waits
    /// for a repair.
    parked: i32,
}

impl From<AsOf> for AsOfObject {
    fn from(it: AsOf) -> Self {
        Self {
            position: Position(it.position.0),
            recorded_at: it.recorded_at.map(DateTime),
            parked: i32::try_from(it.parked).unwrap_or(i32::MAX),
        }
    }
}

/// What a list is asked: where to start, how many.
pub(crate) struct Asked<C> {
    pub(crate) first: i64,
    pub(crate) after: Option<C>,
}

/// Reads the arguments of a list.
pub(crate) fn asked<C: Serialize + DeserializeOwned + Send + Sync>(
    first: i32,
    after: Option<&str>,
) -> Result<Asked<C>> {
    if !(1..=FIRST_MAX).contains(&first) {
        return Err(Error::Invalid {
            path: "first".to_owned(),
            why: Invalid {
                fr: format!("Demandez entre 1 et {FIRST_MAX} éléments."),
                en: format!("Ask for 1 to {FIRST_MAX} elements."),
            },
        });
    }
    let after = after
        .map(OpaqueCursor::<C>::decode_cursor)
        .transpose()
        .map_err(|_| Error::Invalid {
            path: "after".to_owned(),
            why: Invalid {
                fr: "Ce curseur n'est pas de cette liste : reprenez-le tel que l'API l'a donné."
                    .to_owned(),
                en: "This cursor is not of this list: take it as the API gave it.".to_owned(),
            },
        })?;
    Ok(Asked { first: first.into(), after: after.map(|it| it.0) })
}

/// Makes a list of a page of rows, which are read after the point they are said to stand at:
/// it never claims more than they show.
pub(crate) async fn list<R, E, C, T>(
    ctx: &Context<'_>,
    model: &'static ReadModel,
    asked: &Asked<C>,
    page: impl Future<Output = Result<projections::Page<R>, E>>,
    row: impl Fn(R) -> (C, T),
) -> Result<List<C, T>>
where
    Error: From<E>,
    C: Serialize + DeserializeOwned + Send + Sync,
    T: OutputType,
{
    let asks = ctx.look_ahead().field("asOf").exists();
    let as_of = if asks { ctx.reads().as_of(model).await? } else { AsOf::default() };
    let page = page.await?;
    let fields = ListFields { total_count: None, as_of: as_of.into() };
    let edge = |it| {
        let (cursor, node) = row(it);
        Edge { cursor: OpaqueCursor(cursor), node }
    };
    Ok(Connection {
        edges: page.rows.into_iter().map(edge).collect(),
        goes_on: asked.after.is_some(),
        has_next: page.has_next,
        more: fields,
    })
}

impl ListFields {
    /// The position that the answer stands at.
    pub(crate) fn position(&self) -> i64 {
        self.as_of.position.0
    }

    /// The answer stands at that position, which is not later than the one it was read at.
    pub(crate) fn stand_at(&mut self, position: eventlog::Position, at: Option<jiff::Timestamp>) {
        self.as_of.position = Position(position.0);
        self.as_of.recorded_at = at.map(DateTime);
    }
}

/// Counts, if the total was asked for.
pub(crate) async fn total<C, T>(
    ctx: &Context<'_>,
    mut list: List<C, T>,
    count: impl Future<Output = Result<i64, projections::Error>>,
) -> Result<List<C, T>>
where
    C: Serialize + DeserializeOwned + Send + Sync,
    T: OutputType,
{
    if ctx.look_ahead().field("totalCount").exists() {
        list.more.total_count = Some(i32::try_from(count.await?).unwrap_or(i32::MAX));
    }
    Ok(list)
}

/// Waits until a question has seen a position, when the caller asks for one.
pub(crate) async fn at_least(
    ctx: &Context<'_>,
    model: &'static ReadModel,
    position: Option<Position>,
) -> Result<()> {
    reached(ctx.reads(), &[model], position).await
}

/// The same, of an answer that several questions make.
pub(crate) async fn reached(
    reads: &Reads,
    models: &[&'static ReadModel],
    position: Option<Position>,
) -> Result<()> {
    let Some(Position(position)) = position else { return Ok(()) };
    if reads.past().is_some_and(|it| it.0 < position) {
        return Err(Error::PositionNotReached);
    }
    let position = eventlog::Position(position);
    let all = models.iter().map(|model| reads.caught_up(model, position));
    match try_join_all(all).await {
        Err(projections::Error::Late) => Err(Error::PositionNotReached),
        other => Ok(other.map(drop)?),
    }
}

/// What a page costs: as many times what it holds as it has rows.
pub(crate) fn cost(first: i32, child: usize) -> usize {
    let rows = usize::try_from(first.clamp(0, FIRST_MAX)).unwrap_or_default();
    rows.saturating_mul(child).saturating_add(1)
}

/// How many positions are asked for, of the facts that make a figure.
pub(crate) fn positions(first: i32) -> Result<i64> {
    if (1..=POSITIONS_MAX).contains(&first) {
        return Ok(first.into());
    }
    Err(Error::Invalid {
        path: "first".to_owned(),
        why: Invalid {
            fr: format!("Demandez entre 1 et {POSITIONS_MAX} positions."),
            en: format!("Ask for 1 to {POSITIONS_MAX} positions."),
        },
    })
}

/// Positions are digits: a hundred cost as much as one field.
pub(crate) fn positions_cost(first: i32) -> usize {
    let positions = usize::try_from(first.clamp(0, POSITIONS_MAX)).unwrap_or_default();
    1 + positions / POSITIONS_PER_COST
}

/// The same list, that says more of itself.
pub(crate) fn saying<C, T, F>(
    list: List<C, T>,
    fields: impl FnOnce(ListFields) -> F,
) -> Connection<OpaqueCursor<C>, T, F> {
    let Connection { edges, goes_on, has_next, more } = list;
    Connection { edges, goes_on, has_next, more: fields(more) }
}
