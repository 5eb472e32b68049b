//! Whether a command takes longer in a long log, or in a long stream.

use std::sync::Arc;

use anyhow::Context;
use eventlog::EventLog;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{
    Bench, ROUNDS, STREAMS,
    appends::{ThroughLog, fill, write_many},
    gauge::{Tally, Worker},
    references::Streams,
    report::Line,
};

/// Writers of the two logs.
const WRITERS: [usize; 2] = [1, 64];
/// Facts of a short stream, and of a long one.
const LENGTHS: [usize; 2] = [10, 10_000];
/// Streams of each length, and writers.
const LONG: usize = 8;
/// Facts of one command, while streams are made long.
const TOGETHER: usize = 500;

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Line>> {
    let mut lines = logs(bench).await?;
    lines.extend(streams(bench).await?);
    Ok(lines)
}

/// Two logs, one with as many facts more as was asked for, in turns.
async fn logs(bench: &Bench) -> anyhow::Result<Vec<Line>> {
    let (short, long) = (bench.database().await?, bench.database().await?);
    let mut owner = long.admin().await?;
    lengthen(&mut owner, bench.words.facts).await?;
    owner.close().await?;
    let names = [STREAMS, STREAMS + bench.words.facts].map(|it| format!("decide, log of {it}"));
    let mut lines = vec![];
    let (short, long) = (short.log().await?, long.log().await?);
    for log in [&short, &long] {
        fill(log, 0).await?;
    }
    let streams = Arc::new(Streams::from(0));
    for writers in WRITERS {
        let mut tallies = <[Tally; 2]>::default();
        for _ in 0..ROUNDS {
            for (log, tally) in [&short, &long].into_iter().zip(&mut tallies) {
                let those =
                    (0..writers).map(|_| ThroughLog { log: log.clone(), streams: streams.clone() });
                bench.gauge.slice(those.collect(), tally).await?;
            }
        }
        for (name, tally) in names.iter().zip(tallies) {
            lines.push(Line::other(name, writers, tally));
        }
    }
    Ok(lines)
}

/// Facts of streams that nobody writes, and the commands that led to them.
async fn lengthen(owner: &mut PgConnection, facts: usize) -> anyhow::Result<()> {
    let last = i64::try_from(facts)?;
    sqlx::raw_sql(AssertSqlSafe(format!(
        r#"insert into log.event (position, leaf, leaf_hash, category, stream, version, kind,
                                  schema, command, actor, occurred_on, recorded_at)
           select n, leaf::json, sha256('\x00'::bytea || convert_to(leaf, 'UTF8')), 'filled',
                  gen_random_uuid(), 1, 'Filled', 1, gen_random_uuid(), gen_random_uuid(),
                  current_date, clock_timestamp()
           from generate_series(1, {last}) n,
                lateral (select '{{"n":' || n || ',"text":"' || repeat('x', 560) || '"}}') l (leaf);
           insert into log.command (command, fingerprint, stream, version, position)
           select command, leaf_hash, stream, version, position from log.event;
           insert into log.commit (commit_no, node, first_position, last_position, recorded_at,
                                   chain)
           values (1, 'bench', 1, {last}, clock_timestamp(), sha256(''));
           analyze log.event, log.command;
           checkpoint"#
    )))
    .execute(owner)
    .await
    .context("the log was not made longer")?;
    Ok(())
}

/// Writes to streams of its own.
struct ToOne {
    log: EventLog,
    stream: usize,
}

impl Worker for ToOne {
    async fn works(&mut self) -> anyhow::Result<usize> {
        write_many(&self.log, self.stream, 1).await?;
        Ok(1)
    }
}

async fn streams(bench: &Bench) -> anyhow::Result<Vec<Line>> {
    let database = bench.database().await?;
    let log = database.log().await?;
    for (length, from) in LENGTHS.into_iter().zip([0, LONG]) {
        for stream in from..from + LONG {
            for facts in (0..length).step_by(TOGETHER) {
                write_many(&log, stream, TOGETHER.min(length - facts)).await?;
            }
        }
    }
    let mut tallies = <[Tally; 2]>::default();
    for _ in 0..ROUNDS {
        for (from, tally) in [0, LONG].into_iter().zip(&mut tallies) {
            let those = (from..from + LONG).map(|stream| ToOne { log: log.clone(), stream });
            bench.gauge.slice(those.collect(), tally).await?;
        }
    }
    Ok(LENGTHS
        .into_iter()
        .zip(tallies)
        .map(|(length, tally)| Line::other(format!("decide, streams of {length}"), LONG, tally))
        .collect())
}
