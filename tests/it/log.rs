//! The log's promises: one total order without holes, each command answered once, facts
//! never changed.

use std::time::Duration;

use domain::{
    Actor, Asked, Decider, Decision, Place, Refusal, Seen, Version, date, refusal::Common,
};
use eventlog::{Command, Error, EventLog, Outcome, Position};
use house::Database;
use serde::{Deserialize, Serialize};
use sqlx::{Connection, Executor, Row};
use uuid::Uuid;

/// A counter that stops at ten: the smallest thing that decides.
#[derive(Debug, Clone, Default)]
struct Counter(i64);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum Counted {
    Up { by: i64 },
}

#[derive(Debug, PartialEq)]
struct Full;

impl From<Common> for Full {
    fn from(_: Common) -> Self {
        Self
    }
}

impl From<Full> for Refusal {
    fn from(_: Full) -> Self {
        Common::NotFound {}.into()
    }
}

domain::tagged!(Counted);

impl Decider for Counter {
    const CATEGORY: &'static str = "counter";
    type Id = Uuid;
    type Event = Counted;
    type Refusal = Full;

    fn evolve(&mut self, event: &Counted) {
        let Counted::Up { by } = event;
        self.0 += by;
    }
}

fn up(it: &Counter, asked: &Asked) -> Decision<Counter> {
    if it.0 >= 10 {
        return Err(Full);
    }
    Ok(asked.records(Place::default(), [Counted::Up { by: 1 }]))
}

/// Nothing to do for a counter that stands there.
fn back_to(wanted: i64) -> impl Fn(&Counter, &Asked) -> Decision<Counter> {
    move |it, asked| {
        let change = (it.0 != wanted).then_some(Counted::Up { by: wanted - it.0 });
        Ok(asked.records(Place::default(), change))
    }
}

fn command(id: u128) -> Command {
    Command {
        id: Uuid::from_u128(id),
        fingerprint: [0; 32],
        asked: Asked { by: Actor::HOUSE, today: date(2026, 3, 16), on: None, because: None },
        at: "2026-03-16T08:00:00Z".parse().unwrap(),
        seen: None,
        trace: None,
    }
}

const STREAM: Uuid = Uuid::from_u128(0xc0);

async fn count(log: &EventLog, id: u128, stream: Uuid) -> Result<Outcome, Error> {
    log.decide::<Counter>(&command(id), stream, up).await
}

#[tokio::test]
async fn facts_are_numbered_from_one_without_holes() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    for n in 1..=5_u32 {
        let outcome = count(&log, n.into(), STREAM).await?;
        assert_eq!(outcome.version, Version(n.into()));
        assert_eq!(outcome.position, Position(n.into()));
        assert!(outcome.receipt.is_some());
    }
    assert_eq!(log.head(), Position(5));
    assert_eq!(log.load::<Counter>(STREAM).await?.state.0, 5);
    Ok(())
}

/// INV-37.
#[tokio::test]
async fn the_same_command_sent_ten_times_at_once_counts_once() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    let sent = (0..10).map(|_| {
        let log = log.clone();
        tokio::spawn(async move { count(&log, 1, STREAM).await })
    });
    let mut outcomes = vec![];
    for answer in sent.collect::<Vec<_>>() {
        outcomes.push(answer.await??);
    }
    assert!(outcomes.iter().all(|it| *it == outcomes[0]), "{outcomes:?}");
    assert_eq!(log.load::<Counter>(STREAM).await?.state.0, 1);
    Ok(())
}

/// INV-37.
#[tokio::test]
async fn a_command_id_used_for_something_else_is_refused() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    count(&log, 1, STREAM).await?;
    let other = Command { fingerprint: [1; 32], ..command(1) };
    let again = log.decide::<Counter>(&other, STREAM, up).await;
    assert!(matches!(again, Err(Error::CommandReused)), "{again:?}");
    Ok(())
}

#[tokio::test]
async fn two_writers_on_one_stream_lose_nothing() -> anyhow::Result<()> {
    let database = Database::open().await?;
    // Two logs, as two processes would be: their memories do not know each other.
    let (left, right) = (database.log().await?, database.log().await?);
    for n in 0..4_u128 {
        let (a, b) =
            tokio::join!(count(&left, 2 * n + 1, STREAM), count(&right, 2 * n + 2, STREAM));
        assert_ne!(a?.position, b?.position);
    }
    assert_eq!(left.load::<Counter>(STREAM).await?.state.0, 8);
    assert_eq!(right.load::<Counter>(STREAM).await?.version, Version(8));
    Ok(())
}

#[tokio::test]
async fn a_no_from_memory_is_asked_again() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let (left, right) = (database.log().await?, database.log().await?);
    let shrink = |_: &Counter, asked: &Asked| -> Decision<Counter> {
        Ok(asked.records(Place::default(), [Counted::Up { by: -5 }]))
    };
    for n in 1..=10 {
        count(&left, n, STREAM).await?;
    }
    assert!(matches!(count(&left, 11, STREAM).await, Err(Error::Refused(_))));
    right
        .decide::<Counter>(&command(12), STREAM, shrink)
        .await?;
    // The left one remembers ten: it looks again before it says no.
    count(&left, 11, STREAM).await?;
    Ok(())
}

#[tokio::test]
async fn already_so_from_memory_is_asked_again() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let (left, right) = (database.log().await?, database.log().await?);
    count(&left, 1, STREAM).await?;
    count(&right, 2, STREAM).await?;
    // The left one remembers one, which would be already so.
    let done = left
        .decide::<Counter>(&command(3), STREAM, back_to(1))
        .await?;
    assert_eq!(done.version, Version(3));
    assert_eq!(right.load::<Counter>(STREAM).await?.state.0, 1);
    Ok(())
}

#[tokio::test]
async fn a_command_that_opens_a_stream_under_its_own_id_may_find_it_there() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let (left, right) = (database.log().await?, database.log().await?);
    let own = |n: u128| (n, Uuid::from_u128(n));
    let (id, stream) = own(0x10);
    let opened = count(&left, id, stream).await?;
    assert_eq!(opened.version, Version(1));
    assert_eq!(count(&right, id, stream).await?, opened);
    // Others are there already: it is decided on what they did.
    let (id, stream) = own(0x20);
    count(&right, 1, stream).await?;
    assert_eq!(count(&left, id, stream).await?.version, Version(2));
    let (id, stream) = own(0x30);
    for n in 2..=11 {
        count(&right, n, stream).await?;
    }
    assert!(matches!(count(&left, id, stream).await, Err(Error::Refused(_))));
    let (id, stream) = own(0x40);
    count(&right, 12, stream).await?;
    let done = left
        .decide::<Counter>(&command(id), stream, back_to(0))
        .await?;
    assert_eq!(done.version, Version(2));
    Ok(())
}

/// INV-37.
#[tokio::test]
async fn a_stale_version_is_told_where_the_stream_stands() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    count(&log, 1, STREAM).await?;
    count(&log, 2, STREAM).await?;
    let stale = Command { seen: Some(Version(1)), ..command(3) };
    let moved = log.decide::<Counter>(&stale, STREAM, up).await;
    assert!(matches!(moved, Err(Error::Moved { current: Version(2) })), "{moved:?}");
    // A replay is answered, however old the version it saw.
    let replay = Command { seen: Some(Version(0)), ..command(1) };
    assert_eq!(log.decide::<Counter>(&replay, STREAM, up).await?.version, Version(1));
    Ok(())
}

#[tokio::test]
async fn nothing_to_do_is_an_answer_that_is_kept() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    let first = count(&log, 1, STREAM).await?;
    let nothing = |_: &Counter, _: &Asked| -> Decision<Counter> { Ok(domain::Decided::nothing()) };
    let idle = log.decide::<Counter>(&command(2), STREAM, nothing).await?;
    assert_eq!((idle.position, idle.version), (first.position, first.version));
    count(&log, 3, STREAM).await?;
    // The same command, though now it would do something: its first answer stands.
    let again = log.decide::<Counter>(&command(2), STREAM, up).await?;
    assert_eq!(again.position, first.position);
    assert_eq!(log.head(), Position(2));
    Ok(())
}

#[tokio::test]
async fn a_value_is_claimed_by_one_stream() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    let claiming =
        |it: &Counter, asked: &Asked| Ok(up(it, asked)?.claiming("siret", "73282932000074"));
    let claim = |id: u128, stream: u128| {
        let log = log.clone();
        tokio::spawn(async move {
            log.decide::<Counter>(&command(id), Uuid::from_u128(stream), claiming)
                .await
        })
    };
    let (a, b) = tokio::join!(claim(1, 0xa), claim(2, 0xb));
    let answers = [a?, b?];
    assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 1, "{answers:?}");
    assert!(
        answers
            .iter()
            .any(|it| matches!(it, Err(Error::Claimed { scope }) if scope == "siret"))
    );
    // Its holder may claim it again.
    let holder = log
        .claimed("siret", "73282932000074")
        .await?
        .expect("claimed");
    log.decide::<Counter>(&command(3), holder, claiming).await?;
    Ok(())
}

#[tokio::test]
async fn a_value_is_free_for_one_other_stream_once_its_holder_releases_it() -> anyhow::Result<()> {
    const SIRET: &str = "73282932000074";
    let database = Database::open().await?;
    let log = database.log().await?;
    let claiming = |it: &Counter, asked: &Asked| Ok(up(it, asked)?.claiming("siret", SIRET));
    let releasing = |it: &Counter, asked: &Asked| Ok(up(it, asked)?.releasing("siret", SIRET));
    let (holder, stranger) = (Uuid::from_u128(0xa), Uuid::from_u128(0xb));
    log.decide::<Counter>(&command(1), holder, claiming).await?;
    // Releasing what another holds takes nothing from it.
    log.decide::<Counter>(&command(2), stranger, releasing)
        .await?;
    assert_eq!(log.claimed("siret", SIRET).await?, Some(holder));
    // A release that is refused releases nothing.
    let stale = Command { seen: Some(Version(9)), ..command(3) };
    let moved = log.decide::<Counter>(&stale, holder, releasing).await;
    assert!(matches!(moved, Err(Error::Moved { .. })), "{moved:?}");
    assert_eq!(log.claimed("siret", SIRET).await?, Some(holder));

    let taken = async move |log: &EventLog| {
        let by = log.claimed("siret", SIRET).await?;
        Ok::<_, Error>(by.is_some_and(|it| it != holder))
    };
    // Two ask for it at the very moment it is released: one of them holds it in the end.
    let ask = |id: u128, stream: u128| {
        let log = log.clone();
        tokio::spawn(async move {
            loop {
                let asked = command(id);
                let stream = Uuid::from_u128(stream);
                match log.decide::<Counter>(&asked, stream, claiming).await {
                    Err(Error::Claimed { .. }) if !taken(&log).await? => {}
                    answer => return answer,
                }
            }
        })
    };
    let asks = [ask(4, 0xc), ask(5, 0xd)];
    log.decide::<Counter>(&command(6), holder, releasing)
        .await?;
    let mut answers = vec![];
    for answer in asks {
        answers.push(answer.await?);
    }
    let taken: Vec<_> = answers.iter().filter_map(|it| it.as_ref().ok()).collect();
    assert_eq!(taken.len(), 1, "{answers:?}");
    assert_eq!(log.claimed("siret", SIRET).await?, Some(taken[0].stream));
    Ok(())
}

#[tokio::test]
async fn a_rule_across_streams_stands_only_if_the_other_has_not_moved() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    let other = Uuid::from_u128(0xd);
    count(&log, 1, other).await?;
    let stale: Seen<Counter> = log.seen(other).await?;
    count(&log, 2, other).await?;
    let gather = || std::future::ready(Ok::<_, Error>(stale.clone()));
    let relying =
        |it: &Counter, asked: &Asked, seen: &Seen<Counter>| Ok(up(it, asked)?.expecting(seen));
    let refused = log.decide_with(&command(3), STREAM, gather, relying).await;
    assert!(matches!(refused, Err(Error::Conflict)), "{refused:?}");
    let fresh = || log.seen::<Counter>(other);
    log.decide_with(&command(3), STREAM, fresh, relying).await?;
    Ok(())
}

#[tokio::test]
async fn the_chain_and_the_hashes_recompute() -> anyhow::Result<()> {
    use sha2::{Digest, Sha256};
    let database = Database::open().await?;
    let log = database.log().await?;
    let sent: Vec<_> = (0..40_u128)
        .map(|n| {
            let log = log.clone();
            tokio::spawn(async move { count(&log, n + 1, Uuid::from_u128(n % 20)).await })
        })
        .collect();
    for answer in sent {
        answer.await??;
    }
    let mut db = database.admin().await?;
    let leaves = sqlx::query("select leaf::text, leaf_hash from log.event order by position")
        .fetch_all(&mut db)
        .await?;
    assert_eq!(leaves.len(), 40);
    let hashes: Vec<Vec<u8>> = leaves.iter().map(|row| row.get(1)).collect();
    for row in &leaves {
        let leaf: String = row.get(0);
        assert_eq!(
            Sha256::digest([&[0], leaf.as_bytes()].concat()).as_slice(),
            row.get::<Vec<u8>, _>(1)
        );
    }
    let commits = sqlx::query(
        "select first_position, last_position, chain from log.commit order by commit_no",
    )
    .fetch_all(&mut db)
    .await?;
    let (mut chain, mut next) = (vec![0; 32], 1);
    for commit in commits {
        let (first, last): (i64, i64) = (commit.get(0), commit.get(1));
        assert_eq!(first, next);
        next = last + 1;
        let of_batch = &hashes[usize::try_from(first - 1)?..usize::try_from(last)?];
        chain = Sha256::digest([chain, of_batch.concat()].concat()).to_vec();
        assert_eq!(chain, commit.get::<Vec<u8>, _>(2));
    }
    assert_eq!(next, 41);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn the_service_appends_and_changes_no_fact() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    count(&log, 1, STREAM).await?;
    let service = database.pool().await?;
    for forbidden in [
        "update log.event set kind = 'Down'",
        "delete from log.event",
        "truncate log.event",
        "insert into log.claim values ('siret', 'x', gen_random_uuid())",
        "update log.command set version = 9",
        "delete from log.command",
        "update vault.sealed set pointer = ''",
        "alter table log.event disable trigger all",
        "drop schema log cascade",
    ] {
        let refused = service.execute(forbidden).await;
        assert!(refused.is_err(), "{forbidden}");
    }
    // Nor does the owner, by mistake.
    let mut owner = database.admin().await?;
    for forbidden in [
        "update log.event set kind = 'Down'",
        "delete from log.commit",
        "truncate log.event cascade",
    ] {
        let refused = owner.execute(forbidden).await.expect_err(forbidden);
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
    Ok(())
}

#[tokio::test]
async fn appending_refuses_a_longer_transaction() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let mut db = database.admin().await?;
    let nothing = &*format!("select log.append('test', null, null{})", ", '{}'".repeat(28));
    let nothing = || sqlx::raw_sql(sqlx::AssertSqlSafe(nothing));
    db.execute(nothing()).await?;
    for opening in [
        "begin isolation level repeatable read",
        "begin isolation level serializable",
        "begin; create temporary table written (n int)",
        "begin; select pg_sleep(1.1)",
    ] {
        db.execute(sqlx::raw_sql(opening)).await?;
        let refused = db.execute(nothing()).await;
        assert!(refused.is_err(), "{opening}");
        db.execute("rollback").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_reader_sees_every_position_once_while_others_write() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let (left, right) = (database.log().await?, database.log().await?);
    let write = |log: EventLog, from: u128| {
        tokio::spawn(async move {
            for n in 0..60 {
                count(&log, from + n, Uuid::from_u128(from + n % 12)).await?;
            }
            Ok::<_, Error>(())
        })
    };
    let writers = [write(left.clone(), 1_000), write(right, 2_000)];
    let mut at = Position(0);
    while at < Position(120) && !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        // `Hole` would stop the reader.
        at = left.read_after(at, 7, Some(&[])).await?.last;
        left.wait(at).await;
    }
    for writer in writers {
        writer.await??;
    }
    Ok(())
}

/// What a copy that takes over without the last commits looks like: two facts are left.
async fn loses_all_but_two(database: &Database) -> anyhow::Result<()> {
    let mut owner = database.admin().await?;
    owner
        .execute(
            "set session_replication_role = replica;
             delete from log.event where position > 2;
             delete from log.command where position > 2;
             delete from log.commit where last_position > 2",
        )
        .await?;
    Ok(())
}

/// A database that was put back under a running process, where others went on: what the process
/// remembers of its streams never was.
#[tokio::test]
async fn what_was_read_of_a_log_that_is_no_more_is_void() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    for n in 1..=4 {
        count(&log, n, STREAM).await?;
    }
    loses_all_but_two(&database).await?;
    let other = database.log().await?;
    for n in 11..=13 {
        count(&other, n, Uuid::from_u128(n)).await?;
    }
    // To read what the others wrote does not make what was read before any truer.
    log.load::<Counter>(Uuid::from_u128(13)).await?;
    let outcome = count(&log, 5, STREAM).await?;
    assert_eq!((outcome.version, outcome.position), (Version(3), Position(6)));
    assert_eq!(log.load::<Counter>(STREAM).await?.state.0, 3);
    Ok(())
}

/// The same, noticed by a process that neither writes nor reads a stream: the connection by which
/// it listens is cut.
#[tokio::test]
async fn what_follows_the_log_is_read_again_once_connections_were_cut() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let (log, writer) = (database.log().await?, database.log().await?);
    for n in 1..=4 {
        count(&writer, n, STREAM).await?;
    }
    let streams = async |after| -> anyhow::Result<Vec<_>> {
        let batch = log.read_after(after, 10, None).await?;
        // Of a category that only this test knows.
        Ok(batch
            .unreadable
            .into_iter()
            .filter_map(|it| it.stream)
            .collect())
    };
    assert_eq!(streams(Position(2)).await?, [STREAM, STREAM]);
    let before = log.timeline();
    loses_all_but_two(&database).await?;
    let other = Uuid::from_u128(13);
    for n in 11..=12 {
        count(&database.log().await?, n, other).await?;
    }
    let mut owner = database.admin().await?;
    owner
        .execute(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and usename = 'essaim_service'",
        )
        .await?;
    tokio::time::timeout(Duration::from_secs(20), async {
        while log.timeline() == before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await?;
    assert_eq!(streams(Position(2)).await?, [other, other]);
    Ok(())
}

/// One command of a batch that was answered before does not keep the others from being recorded.
#[tokio::test]
async fn what_stands_in_the_way_of_one_stops_no_other() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let (log, elsewhere) = (database.log().await?, database.log().await?);
    for n in 1..=20 {
        count(&log, n, Uuid::from_u128(n)).await?;
    }
    // Behind the back of the first, whose memory of these streams is now stale.
    for n in (1..=20).step_by(3) {
        count(&elsewhere, 100 + n, Uuid::from_u128(n)).await?;
    }
    let sent = (1..=20).map(|n| {
        let log = log.clone();
        tokio::spawn(async move { count(&log, 200 + n, Uuid::from_u128(n)).await })
    });
    for (n, answer) in (1_i64..).zip(sent.collect::<Vec<_>>()) {
        let stands = if n % 3 == 1 { 3 } else { 2 };
        assert_eq!(answer.await??.version, Version(stands), "stream {n}");
    }
    assert_eq!(log.head(), Position(20 + 7 + 20));
    Ok(())
}
