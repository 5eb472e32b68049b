//! One stream, read from its first fact to its last: as one state, or as its facts.

use std::{any::Any, sync::Arc};

use domain::{Decider, Either, Seen, Version, codec::decode};
use moka::sync::Cache;
use uuid::Uuid;

use crate::{
    Error, EventLog, Position,
    follow::{Leaf, Recorded},
    leaf,
    timeline::{Timeline, Timelines},
};

/// States kept in memory. The version check of the append is the authority: a stale state
/// can only produce a conflict.
const STATES_CACHED_MAX: u64 = 20_000;

/// A state, and where it stands in the log.
#[derive(Debug, Clone)]
pub struct Stream<D> {
    pub state: D,
    pub version: Version,
    pub position: Position,
    timeline: Timeline,
}

impl<D: Decider> Stream<D> {
    fn before_any(timeline: Timeline) -> Self {
        Self { state: D::default(), version: Version(0), position: Position(0), timeline }
    }

    pub(crate) fn timeline(&self) -> Timeline {
        self.timeline
    }
}

/// The states of streams at work, of any aggregate.
#[derive(Clone)]
pub(crate) struct States {
    kept: Cache<Uuid, Arc<dyn Any + Send + Sync>>,
    timelines: Timelines,
}

impl States {
    pub(crate) fn new(timelines: Timelines) -> Self {
        Self { kept: Cache::new(STATES_CACHED_MAX), timelines }
    }

    pub(crate) fn get<D: Decider>(&self, stream: Uuid) -> Option<Arc<Stream<D>>> {
        let kept: Arc<Stream<D>> = self.kept.get(&stream)?.downcast().ok()?;
        (kept.timeline == self.timelines.now()).then_some(kept)
    }

    /// The state of a stream without any fact.
    pub(crate) fn before_any<D: Decider>(&self) -> Arc<Stream<D>> {
        Arc::new(Stream::before_any(self.timelines.now()))
    }

    /// Keeps a state, unless a later one is there.
    pub(crate) fn keep<D: Decider>(&self, stream: Uuid, state: Arc<Stream<D>>) {
        let later = self
            .get::<D>(stream)
            .is_some_and(|kept| kept.version > state.version);
        if !later {
            self.kept.insert(stream, state);
        }
    }
}

impl EventLog {
    /// Rebuilds the state of one stream. An unknown id is the state before any fact.
    #[tracing::instrument(
        name = "load", skip_all,
        fields(
            otel.kind = "client", db.system.name = "postgresql", db.operation.name = "SELECT",
            db.namespace = self.pool.connect_options().get_database(), category = D::CATEGORY
        )
    )]
    pub async fn load<D: Decider>(&self, id: D::Id) -> Result<Arc<Stream<D>>, Error> {
        let stream: Uuid = id.into();
        let (timeline, witness) = self.timelines.witness();
        let known = self.cache.get::<D>(stream);
        let after = known.as_ref().map_or(Version(0), |it| it.version);
        let rows: Vec<(Position, i64, String, bool)> = sqlx::query_as(
            "select position, version, leaf::text,
                    $4::bigint is null
                    or exists (select from log.event where position = $4 and leaf_hash = $5)
             from log.event
             where stream = $1 and category = $2 and version > $3
             order by version",
        )
        .bind(stream)
        .bind(D::CATEGORY)
        .bind(after.0)
        .bind(witness.map(|(position, _)| position))
        .bind(witness.as_ref().map(|(_, hash)| hash.as_slice()))
        .fetch_all(&self.pool)
        .await?;
        let Some((position, _, leaf, holds)) = rows.last() else {
            return Ok(known.unwrap_or_else(|| Arc::new(Stream::before_any(timeline))));
        };
        if !holds {
            self.timelines.forget();
            return Box::pin(self.load::<D>(id)).await;
        }
        self.timelines.saw(timeline, (*position, leaf::hash(leaf)));
        let mut loaded = known.map_or_else(|| Stream::before_any(timeline), Arc::unwrap_or_clone);
        for (position, version, leaf, _) in rows {
            let leaf = Leaf::parse(position, &leaf)?;
            let event = decode::<D>(
                &leaf.kind,
                leaf.schema,
                leaf.data,
                leaf.sealed.iter().map(|(it, _)| it.as_str()),
            )
            .map_err(|source| Error::Unreadable { position, source })?;
            loaded.state.evolve(&event);
            loaded.version = Version(version);
            loaded.position = position;
        }
        let loaded = Arc::new(loaded);
        self.cache.keep(stream, loaded.clone());
        Ok(loaded)
    }

    /// Another aggregate, for a rule that looks across streams.
    pub async fn seen<D: Decider>(&self, id: D::Id) -> Result<Seen<D>, Error> {
        let loaded = self.load::<D>(id).await?;
        Ok(Seen { id, version: loaded.version, state: loaded.state.clone() })
    }

    /// A stream of one of two aggregates, as what they have in common: of the second when it is
    /// known to be, or when the first has no fact.
    pub async fn either<S: Either>(&self, id: <S::One as Decider>::Id) -> Result<S, Error> {
        if self.cache.get::<S::Other>(id.into()).is_none() {
            let one = self.seen::<S::One>(id).await?;
            if one.exists() {
                return Ok(one.into());
            }
        }
        let other = self.seen::<S::Other>(id).await?;
        Ok(other.into())
    }

    /// The facts of one stream, in order.
    pub async fn history<D: Decider>(&self, id: D::Id) -> Result<Vec<Recorded>, Error> {
        let stream: Uuid = id.into();
        let rows: Vec<(Position, jiff_sqlx::Timestamp, String)> = sqlx::query_as(
            "select position, recorded_at, leaf::text
             from log.event
             where stream = $1 and category = $2
             order by version",
        )
        .bind(stream)
        .bind(D::CATEGORY)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(position, at, leaf)| Recorded::read(position, at.to_jiff(), &leaf))
            .collect()
    }

    /// The facts of some kinds in some streams, in the order of the log.
    pub async fn histories(
        &self,
        streams: &[Uuid],
        kinds: &[&str],
    ) -> Result<Vec<Recorded>, Error> {
        let rows: Vec<(Position, jiff_sqlx::Timestamp, String)> = sqlx::query_as(
            "select position, recorded_at, leaf::text
             from log.event
             where stream = any($1) and kind = any($2)
             order by position",
        )
        .bind(streams)
        .bind(kinds)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(position, at, leaf)| Recorded::read(position, at.to_jiff(), &leaf))
            .collect()
    }
}
