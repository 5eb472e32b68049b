//! Appends: through the log, and by the references, in turns.

use std::sync::{Arc, LazyLock, atomic::AtomicI64};

use domain::{Actor, Decider, Place, Refusal, refusal::Common};
use eventlog::EventLog;
use house::questions::command;
use serde::{Deserialize, Serialize};
use sqlx::Connection;
use uuid::Uuid;

use crate::{
    Bench, ROUNDS, STREAMS, WRITERS,
    filling::{each, scattered, text},
    gauge::{Gauge, Tally, Worker},
    references::{self, Bare, Checked, Copied, Streams, Together, document},
    report::{Line, Machine},
};

/// With what the log adds around it, the leaf has about 600 bytes.
const TEXT_BYTES: usize = 240;
/// Writers beside a `COPY`.
const CROWD: usize = 512;
/// Facts copied in one go.
const COPIED: usize = 20_000;

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

domain::tagged!(Kept);

impl Decider for Diary {
    const CATEGORY: &'static str = "diary";
    type Id = Uuid;
    type Event = Kept;
    type Refusal = Never;

    fn evolve(&mut self, _: &Kept) {}
}

pub(crate) struct ThroughLog {
    pub(crate) log: EventLog,
    pub(crate) streams: Arc<Streams>,
}

impl Worker for ThroughLog {
    async fn works(&mut self) -> anyhow::Result<usize> {
        write(&self.log, self.streams.take()).await?;
        Ok(1)
    }
}

async fn write(log: &EventLog, stream: usize) -> anyhow::Result<()> {
    write_many(log, stream, 1).await
}

/// Several facts by one command.
pub(crate) async fn write_many(log: &EventLog, stream: usize, facts: usize) -> anyhow::Result<()> {
    static TEXT: LazyLock<String> = LazyLock::new(|| text(TEXT_BYTES));

    log.decide::<Diary>(&command(&Actor::HOUSE), scattered(stream), |_, asked| {
        let written = (0..facts).map(|_| Kept::Written { text: TEXT.clone() });
        Ok(asked.records(Place::default(), written))
    })
    .await?;
    Ok(())
}

/// Writers in turn with the references, each with as many at once.
pub(crate) async fn measure(bench: &Bench, machine: &mut Machine) -> anyhow::Result<Vec<Line>> {
    let (gauge, database) = (&bench.gauge, bench.database().await?);
    let (log, other) = (database.log().await?, database.log().await?);
    let mut admin = database.admin().await?;
    references::prepare(&mut admin).await?;
    fill(&log, 0).await?;
    fill(&other, STREAMS).await?;
    let bare = Bare::at(bench.pgbench.clone(), &bench.place, &database.as_admin())?;
    let (streams, others) = (Arc::new(Streams::from(0)), Arc::new(Streams::from(STREAMS)));
    let through = |log: &EventLog, streams: &Arc<Streams>| ThroughLog {
        log: log.clone(),
        streams: streams.clone(),
    };
    let most = WRITERS[WRITERS.len() - 1];
    let mut checked = vec![];
    for _ in 0..most {
        let (db, streams) = (database.admin().await?, streams.clone());
        checked.push(Checked { db, streams, document: document() });
    }
    let mut lines = vec![];
    for writers in WRITERS {
        let (mut logs, mut checks, mut bares) = <(Tally, Tally, Tally)>::default();
        for _ in 0..ROUNDS {
            let those = (0..writers).map(|_| through(&log, &streams));
            gauge.slice(those.collect(), &mut logs).await?;
            turn(gauge, &mut checked, writers, &mut checks).await?;
            bare.slice(gauge, writers, &mut bares).await?;
        }
        lines.push(Line::append("decide", writers, logs));
        lines.push(Line::append(Line::CHECKED, writers, checks));
        lines.push(Line::append(Line::BARE, writers, bares));
    }
    let copied = Copied::of_log(&mut admin, COPIED).await?;
    let next = Arc::new(AtomicI64::new(1));
    let db = database.admin().await?;
    let mut together = vec![Together { db, next, document: document() }];
    let (mut crowd, mut two, mut by_copy, mut hundreds) = <(Tally, Tally, Tally, Tally)>::default();
    for _ in 0..ROUNDS {
        let houses = [(&log, &streams), (&other, &others)].into_iter().cycle();
        let those = houses
            .take(most)
            .map(|(log, streams)| through(log, streams));
        gauge.slice(those.collect(), &mut two).await?;
        let those = (0..CROWD).map(|_| through(&log, &streams));
        gauge.slice(those.collect(), &mut crowd).await?;
        copied.slice(gauge, &mut admin, &mut by_copy).await?;
        together = gauge.slice(together, &mut hundreds).await?;
    }
    lines.push(Line::append("decide, two houses", most, two));
    lines.push(Line::append("decide", CROWD, crowd));
    lines.push(Line::other(Line::COPY, 1, by_copy));
    lines.push(Line::other("unnest of 100", 1, hundreds));
    machine.leaf_bytes =
        sqlx::query_scalar("select avg(octet_length(leaf::text))::float8 from log.event")
            .fetch_one(&mut admin)
            .await?;
    admin.close().await?;
    Ok(lines)
}

/// Every stream from there has its first fact, and its state in memory.
pub(crate) async fn fill(log: &EventLog, from: usize) -> anyhow::Result<()> {
    let log = log.clone();
    each(STREAMS, move |n| {
        let log = log.clone();
        async move { write(&log, from + n).await }
    })
    .await
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
