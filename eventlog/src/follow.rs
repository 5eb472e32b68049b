//! The log from a position on, and waiting for more.

use std::{collections::HashMap, time::Duration};

use domain::{Date, Event, Version};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use crate::{Error, EventLog, Position};

/// The truth about new facts is a look at the table: notifications are only hints.
const POLL: Duration = Duration::from_millis(250);

/// A fact with its place in the log.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub position: Position,
    pub recorded_at: Timestamp,
    pub id: Uuid,
    pub stream: Uuid,
    pub version: Version,
    pub category: String,
    /// For example `PrestataireChosen`.
    pub kind: String,
    pub schema: i16,
    /// The business date.
    pub on: Date,
    /// The time of the decision.
    pub at: Timestamp,
    pub command: Uuid,
    /// The dossier whose history shows it.
    pub dossier: Option<Uuid>,
    pub actor: ActorStamp,
    pub territoire: Option<String>,
    /// Pointers of the sealed values.
    pub sealed: Vec<String>,
    /// Its content in clear, in the shape it was stored in.
    pub data: Box<RawValue>,
    pub event: Event,
}

/// Who acted, as the leaf says it: a random id, an organisation, a role, a door.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ActorStamp {
    pub id: Uuid,
    pub org: Option<Uuid>,
    pub role: String,
    pub via: Option<String>,
}

/// What one round of following brought.
#[derive(Debug, Default)]
pub struct Batch {
    /// The facts of the wanted kinds.
    pub recorded: Vec<Recorded>,
    /// Those of the wanted kinds that this program cannot read.
    pub unreadable: Vec<Unreadable>,
    /// The last position read, wanted or not.
    pub last: Position,
}

/// A fact that this program cannot read, and what it belongs to as far as that can be told.
#[derive(Debug)]
pub struct Unreadable {
    pub position: Position,
    pub stream: Option<Uuid>,
    pub dossier: Option<Uuid>,
    pub error: Error,
}

impl Batch {
    /// For those who pass over nothing: a fact that cannot be read is an error.
    pub fn whole(self) -> Result<Self, Error> {
        match self.unreadable.into_iter().next() {
            Some(it) => Err(it.error),
            None => Ok(Self { unreadable: vec![], ..self }),
        }
    }

    fn take(&mut self, position: Position, recorded_at: Timestamp, leaf: &str) {
        match Recorded::read(position, recorded_at, leaf) {
            Ok(recorded) => self.recorded.push(recorded),
            Err(error) => {
                let leaf = Leaf::parse(position, leaf).ok();
                self.unreadable.push(Unreadable {
                    position,
                    stream: leaf.as_ref().map(|it| it.stream),
                    dossier: leaf.and_then(|it| it.dossier),
                    error,
                });
            }
        }
    }
}

/// A leaf as it is read.
pub(crate) struct Leaf<'a> {
    pub id: Uuid,
    pub category: String,
    pub stream: Uuid,
    pub version: i64,
    pub kind: String,
    pub schema: i16,
    pub on: Date,
    pub at: Timestamp,
    pub command: Uuid,
    pub dossier: Option<Uuid>,
    pub actor: ActorStamp,
    pub territoire: Option<String>,
    pub data: &'a RawValue,
    pub sealed: Vec<(String, Value)>,
}

impl<'a> Leaf<'a> {
    pub(crate) fn parse(position: Position, text: &'a str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Members<'a> {
            id: Uuid,
            stream: String,
            sv: i64,
            r#type: String,
            tv: i16,
            on: Date,
            at: Timestamp,
            cmd: Uuid,
            corr: Option<Uuid>,
            actor: ActorStamp,
            terr: Option<String>,
            #[serde(borrow)]
            data: &'a RawValue,
            #[serde(default)]
            sealed: serde_json::Map<String, Value>,
        }
        let malformed = |source| Error::Malformed { position, source };
        let it: Members<'_> = serde_json::from_str(text).map_err(malformed)?;
        let (category, stream) = it.stream.split_once('/').unwrap_or((&it.stream, ""));
        let stream = stream
            .parse()
            .map_err(|_| malformed(serde::de::Error::custom("stream is not category/uuid")))?;
        Ok(Self {
            id: it.id,
            category: category.to_owned(),
            stream,
            version: it.sv,
            kind: it.r#type,
            schema: it.tv,
            on: it.on,
            at: it.at,
            command: it.cmd,
            dossier: it.corr,
            actor: it.actor,
            territoire: it.terr,
            data: it.data,
            sealed: it.sealed.into_iter().collect(),
        })
    }
}

impl Recorded {
    pub(crate) fn read(
        position: Position,
        recorded_at: Timestamp,
        leaf: &str,
    ) -> Result<Self, Error> {
        let it = Leaf::parse(position, leaf)?;
        let pointers = it.sealed.iter().map(|(pointer, _)| pointer.as_str());
        let event = Event::decode(&it.category, &it.kind, it.schema, it.data, pointers)
            .map_err(|source| Error::Unreadable { position, source })?;
        Ok(Self {
            position,
            recorded_at,
            id: it.id,
            stream: it.stream,
            version: Version(it.version),
            category: it.category,
            kind: it.kind,
            schema: it.schema,
            on: it.on,
            at: it.at,
            command: it.command,
            dossier: it.dossier,
            actor: it.actor,
            territoire: it.territoire,
            sealed: it.sealed.into_iter().map(|(pointer, _)| pointer).collect(),
            data: it.data.to_owned(),
            event,
        })
    }
}

impl EventLog {
    /// Reads at most `limit` facts after a position. Only the wanted kinds (`category.Kind`)
    /// are carried; `None` wants all. A hole is corruption, and stops the reader; what to do
    /// about a fact that cannot be read is for the follower to say.
    pub async fn read_after(
        &self,
        after: Position,
        limit: i64,
        wanted: Option<&[&str]>,
    ) -> Result<Batch, Error> {
        let Some(facts) = self.tail.after(self, after, limit).await? else {
            return self.read_far(after, limit, wanted).await;
        };
        let mut batch = Batch { last: after, ..Batch::default() };
        for fact in facts {
            batch.last = fact.position;
            if !wanted.is_none_or(|all| all.contains(&fact.name.as_str())) {
                continue;
            }
            match fact.recorded() {
                Some(recorded) => batch.recorded.push(recorded),
                None => batch.take(fact.position, fact.recorded_at, &fact.leaf),
            }
        }
        Ok(batch)
    }

    /// The same, of facts that are no longer in memory.
    async fn read_far(
        &self,
        after: Position,
        limit: i64,
        wanted: Option<&[&str]>,
    ) -> Result<Batch, Error> {
        let rows: Vec<(Position, jiff_sqlx::Timestamp, Option<String>)> = sqlx::query_as(
            "select position, recorded_at,
                    case when $3::text[] is null or category || '.' || kind = any($3)
                         then leaf::text end
             from log.event
             where position > $1
             order by position
             limit $2",
        )
        .bind(after)
        .bind(limit)
        .bind(wanted)
        .fetch_all(&self.pool)
        .await?;
        let mut batch = Batch { last: after, ..Batch::default() };
        for (position, at, leaf) in rows {
            let expected = Position(batch.last.0 + 1);
            if position != expected {
                return Err(Error::Hole(expected));
            }
            batch.last = position;
            if let Some(leaf) = leaf {
                batch.take(position, at.to_jiff(), &leaf);
            }
        }
        Ok(batch)
    }

    /// The facts at some positions, as a follower receives them.
    pub async fn batch_at(&self, positions: &[Position]) -> Result<Batch, Error> {
        let rows = self.leaves_at(positions).await?;
        let mut batch = Batch::default();
        for (position, at, leaf) in rows {
            batch.last = position;
            batch.take(position, at.to_jiff(), &leaf);
        }
        Ok(batch)
    }

    /// Some facts, by position; those absent are left out.
    pub async fn at_positions(&self, positions: &[Position]) -> Result<Vec<Recorded>, Error> {
        let rows = self.leaves_at(positions).await?;
        rows.into_iter()
            .map(|(position, at, leaf)| Recorded::read(position, at.to_jiff(), &leaf))
            .collect()
    }

    async fn leaves_at(
        &self,
        positions: &[Position],
    ) -> Result<Vec<(Position, jiff_sqlx::Timestamp, String)>, Error> {
        Ok(sqlx::query_as(
            "select position, recorded_at, leaf::text
             from log.event
             where position = any($1)
             order by position",
        )
        .bind(positions.iter().map(|it| it.0).collect::<Vec<_>>())
        .fetch_all(&self.pool)
        .await?)
    }

    /// The leaf hashes of some facts, with which their presence in the log can be proved.
    pub async fn receipts(
        &self,
        positions: &[Position],
    ) -> Result<HashMap<Position, Vec<u8>>, Error> {
        let rows: Vec<(Position, Vec<u8>)> =
            sqlx::query_as("select position, leaf_hash from log.event where position = any($1)")
                .bind(positions.iter().map(|it| it.0).collect::<Vec<_>>())
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().collect())
    }

    /// Waits until something may stand after `position`: told by the writer of this process
    /// or another's notification, or after a poll's time.
    pub async fn wait(&self, position: Position) {
        let mut head = self.head.subscribe();
        let _ = tokio::time::timeout(POLL, head.wait_for(|it| *it > position)).await;
    }
}
