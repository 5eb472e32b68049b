//! The log under fire: servers are killed, frozen, cut off, starved and filled up while clients
//! write, and what the clients were told is compared with what the log holds.
//!
//! Each fault strikes a cluster of its own: a durable PostgreSQL, one or two API processes as
//! `essaim serve`, clients over HTTP that send a command again until they are answered. A few
//! rounds by default; `./dev test --long` plays 25 of each.

mod cluster;
mod clients;
mod proxy;
mod story;
mod verdict;

use std::{env, io::Write as _, time::Duration};

use cluster::{Cluster, Shape};
use tokio::sync::Mutex;

/// Rounds of a fault unless `FAULT_ROUNDS` says otherwise.
const SHORT: usize = 2;

fn rounds() -> usize {
    let asked = env::var_os("FAULT_ROUNDS");
    asked
        .and_then(|it| it.to_str()?.parse().ok())
        .unwrap_or(SHORT)
}

/// Faults take turns, whoever runs the tests: each wants the machine for itself.
static TURN: Mutex<()> = Mutex::const_new(());

/// Plays a fault some rounds long; after each the whole story must hold.
async fn plays(
    name: &str,
    shape: Shape,
    strike: impl AsyncFn(&mut Cluster, Duration) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let _turn = TURN.lock().await;
    let mut cluster = Cluster::start(name, shape).await?;
    let rounds = rounds();
    for round in 0..rounds {
        // Never the same moment twice, and the same ones in each run.
        let moment = Duration::from_millis(150 + (round as u64 * 137) % 500);
        let clients = cluster.clients();
        strike(&mut cluster, moment).await?;
        clients.rest();
        cluster.heal().await?;
        clients.finish(&mut cluster.story).await?;
        cluster.verdict().await?;
    }
    let told = cluster.story.told();
    let row = format!(
        "{name}: {rounds} rounds, {} commands acknowledged, {} sent again, {} facts: all hold\n",
        told.acknowledged, told.again, told.facts,
    );
    std::io::stdout().write_all(row.as_bytes())?;
    cluster.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_api() -> anyhow::Result<()> {
    plays("killed API", Shape::default(), async |it, moment| {
        tokio::time::sleep(moment).await;
        it.kill_api(0)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgres() -> anyhow::Result<()> {
    plays("killed PostgreSQL", Shape::default(), async |it, moment| {
        tokio::time::sleep(moment).await;
        it.kill_postgres()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_cut_anywhere() -> anyhow::Result<()> {
    plays("cut connections", Shape::default(), async |it, moment| {
        it.cut_connections(true);
        tokio::time::sleep(moment + Duration::from_secs(1)).await;
        it.cut_connections(false);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_apis_frozen() -> anyhow::Result<()> {
    plays("frozen API of two", Shape { apis: 2, ..Shape::default() }, async |it, moment| {
        tokio::time::sleep(moment).await;
        it.signal_api(1, "STOP")?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        it.signal_api(1, "CONT")
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_starved_pool() -> anyhow::Result<()> {
    plays(
        "starved pool",
        Shape { connections: 1, clients: 64, ..Shape::default() },
        async |_, moment| {
            tokio::time::sleep(moment).await;
            Ok(())
        },
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps() -> anyhow::Result<()> {
    plays("jumping clock", Shape::default(), async |it, moment| {
        tokio::time::sleep(moment).await;
        it.clock_goes_back().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk() -> anyhow::Result<()> {
    if !Cluster::may_fill_a_disk() {
        // Said, never hidden: a disk of its own takes the right to mount one.
        std::io::stdout().write_all(b"full disk: NOT PLAYED, no right to mount a tmpfs\n")?;
        return Ok(());
    }
    plays("full disk", Shape { disk: true, ..Shape::default() }, async |it, moment| {
        tokio::time::sleep(moment).await;
        it.fill_the_disk()?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        it.empty_the_disk()
    })
    .await
}
