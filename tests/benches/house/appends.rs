//! Appends: through the log, and by the two references, in turns.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use anyhow::Context;
use domain::{Actor, Decider, Place, Refusal, refusal::Common};
use eventlog::EventLog;
use house::{Database, questions::command};
use serde::{Deserialize, Serialize};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::{
    ROUNDS, STREAMS, WRITERS,
    filling::{each, scattered},
    gauge::{Gauge, Tally, Worker},
    report::{Line, Machine},
};

/// With what the log adds around it, the leaf has about 600 bytes.
const TEXT_BYTES: usize = 240;
/// What the references store, as one document.
const DOCUMENT_BYTES: usize = 600;

const REFERENCE: &str = "
    create schema reference;
    create table reference.stream (stream uuid primary key, version bigint not null);
    create table reference.event (
        position    bigint      generated always as identity primary key,
        stream      uuid        not null,
        version     bigint      not null,
        kind        text        not null,
        data        json        not null,
        recorded_at timestamptz not null default now(),
        unique (stream, version)
    );
    create table reference.bare (
        position    bigint      generated always as identity primary key,
        data        json        not null
    );";

const CHECKED: &str = "
    with moved as (
        update reference.stream set version = version + 1
        where stream = $1 and version = $2
        returning stream, version
    )
    insert into reference.event (stream, version, kind, data)
    select stream, version, 'Written', $3::json from moved
    returning position";

const BARE: &str = "insert into reference.bare (data) values ($1::json)";

/// A stream that only grows.
#[derive(Debug, Clone, Default)]
struct Diary;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum Kept {
    Written { text: String },
}

#[derive(Debug, PartialEq)]
struct Never;

impl From<Common> for Never {
    fn from(_: Common) -> Self {
        Self
    }
}

impl From<Never> for Refusal {
    fn from(_: Never) -> Self {
        Common::NotFound {}.into()
    }
}

impl Decider for Diary {
    const CATEGORY: &'static str = "diary";
    type Id = Uuid;
    type Event = Kept;
    type Refusal = Never;

    fn evolve(&mut self, _: &Kept) {}
}

/// Hands out the streams one after the other, so that no two writers have the same.
struct Streams {
    next: AtomicUsize,
    /// Of the streams of the checked reference.
    versions: Vec<AtomicI64>,
}

impl Streams {
    fn take(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed) % STREAMS
    }
}

struct ThroughLog {
    log: EventLog,
    streams: Arc<Streams>,
}

impl Worker for ThroughLog {
    async fn works(&mut self) -> anyhow::Result<()> {
        write(&self.log, self.streams.take()).await
    }
}

async fn write(log: &EventLog, stream: usize) -> anyhow::Result<()> {
    let written = Kept::Written { text: text(TEXT_BYTES) };
    log.decide::<Diary>(&command(&Actor::HOUSE), scattered(stream), |_, asked| {
        Ok(asked.records(Place::default(), [written.clone()]))
    })
    .await?;
    Ok(())
}

struct Checked {
    db: PgConnection,
    streams: Arc<Streams>,
    document: String,
}

impl Worker for Checked {
    async fn works(&mut self) -> anyhow::Result<()> {
        let stream = self.streams.take();
        let version = &self.streams.versions[stream];
        sqlx::query_scalar::<_, i64>(CHECKED)
            .bind(scattered(stream))
            .bind(version.fetch_add(1, Ordering::Relaxed))
            .bind(&self.document)
            .fetch_optional(&mut self.db)
            .await?
            .context("the stream has moved")?;
        Ok(())
    }
}

struct Bare {
    db: PgConnection,
    document: String,
}

impl Worker for Bare {
    async fn works(&mut self) -> anyhow::Result<()> {
        sqlx::query(BARE)
            .bind(&self.document)
            .execute(&mut self.db)
            .await?;
        Ok(())
    }
}

pub(crate) async fn measure(
    gauge: &Gauge,
    database: &Database,
    machine: &mut Machine,
) -> anyhow::Result<Vec<Line>> {
    let log = database.log().await?;
    let mut admin = database.admin().await?;
    let streams = prepare(&log, &mut admin).await?;
    let mut through_log = vec![];
    let mut checked = vec![];
    let mut bare = vec![];
    for _ in 0..*WRITERS.iter().max().context("no writers")? {
        let (streams, document) = (streams.clone(), document());
        through_log.push(ThroughLog { log: log.clone(), streams: streams.clone() });
        let db = database.admin().await?;
        checked.push(Checked { db, streams, document: document.clone() });
        bare.push(Bare { db: database.admin().await?, document });
    }
    let mut lines = vec![];
    for writers in WRITERS {
        let (mut logs, mut checks, mut bares) = <(Tally, Tally, Tally)>::default();
        for _ in 0..ROUNDS {
            turn(gauge, &mut through_log, writers, &mut logs).await?;
            turn(gauge, &mut checked, writers, &mut checks).await?;
            turn(gauge, &mut bare, writers, &mut bares).await?;
        }
        lines.push(Line::append("decide", writers, logs));
        lines.push(Line::append(Line::CHECKED, writers, checks));
        lines.push(Line::append(Line::BARE, writers, bares));
    }
    machine.postgresql = sqlx::query_scalar("show server_version")
        .fetch_one(&mut admin)
        .await?;
    machine.leaf_bytes =
        sqlx::query_scalar("select avg(octet_length(leaf::text))::float8 from log.event")
            .fetch_one(&mut admin)
            .await?;
    admin.close().await?;
    Ok(lines)
}

/// Every stream has its first fact, and every state is in memory.
async fn prepare(log: &EventLog, admin: &mut PgConnection) -> anyhow::Result<Arc<Streams>> {
    sqlx::raw_sql(REFERENCE).execute(&mut *admin).await?;
    let all: Vec<_> = (0..STREAMS).map(scattered).collect();
    sqlx::query("insert into reference.stream select unnest($1::uuid[]), 0")
        .bind(all)
        .execute(&mut *admin)
        .await?;
    let versions = (0..STREAMS).map(|_| AtomicI64::new(0)).collect();
    let writes = log.clone();
    each(STREAMS, move |n| {
        let log = writes.clone();
        async move { write(&log, n).await }
    })
    .await?;
    Ok(Arc::new(Streams { next: AtomicUsize::new(0), versions }))
}

/// One slice of the first few workers; the others rest.
async fn turn<W: Worker>(
    gauge: &Gauge,
    all: &mut Vec<W>,
    at_once: usize,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let few = all.drain(..at_once).collect();
    all.extend(gauge.slice(few, tally).await?);
    Ok(())
}

fn document() -> String {
    let around = r#"{"text":""}"#.len();
    format!(r#"{{"text":"{}"}}"#, text(DOCUMENT_BYTES - around))
}

/// Prose of so many bytes.
fn text(bytes: usize) -> String {
    const PROSE: &str = "Les structures disent la meme difficulte: presenter leurs comptes. ";
    PROSE.chars().cycle().take(bytes).collect()
}
