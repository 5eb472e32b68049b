//! How fast the house is on this machine, beside what a plain table would do.
//!
//! `./dev bench`, or `cargo bench -p tests`; `-- --format json` prints one document a line.
//! It starts a PostgreSQL of its own in the target directory, on disk, with `fsync` and
//! `synchronous_commit` on: every operation counted is durable. The folder goes at the end.
//! Nothing is asserted. Figures are worth comparing within one run: what is compared takes
//! turns, so that other work on the machine weighs on all alike.
//!
//! Rows:
//!
//! - `decide`: one command through `EventLog::decide`, from its decision to its receipt. Its one
//!   fact is a leaf of about 600 bytes, in one of 10,000 streams whose states are in memory.
//!   `decide, two houses`: half of the writers with a log of their own on the same database.
//! - `checked insert`: a transaction a command that reads the stream's version and adds as many
//!   bytes under a sequence's number, as usual libraries do. No command ids, no hashes, no chain,
//!   and numbers that have holes.
//! - `pgbench`: PostgreSQL's own program, adding as many bytes a transaction, checking nothing.
//! - `unnest of 100`: a hundred rows a transaction, checking nothing.
//! - `COPY`: facts of the log into a table like theirs, with its indexes and checks.
//! - `mutation`: `registerOrganisation` over HTTP, through every door.
//! - `one organisation`, `20 organisations`: queries over HTTP, of a registry of 10,000.
//! - `bomb: …`: a request that is made to be expensive, and is refused.
//! - `a document seen before`, `a document never seen`: the same page of an empty registry, in one
//!   text or in another each time: parsing, measuring and checking it is what differs.
//! - `organisation by id`, `50 conventions`: the same two questions asked of the house, of an
//!   Apollo Server and of a `PostGraphile` (`tests/benches/peers`) on the same rows, and of
//!   PostgreSQL by `pgbench`. The house alone asks for a token, and decides what may be seen.
//!   `nothing, over HTTP`: `/health/live` of the house, which no answer over HTTP can beat.
//! - `rebuild …`: a read model built anew; an operation is one fact applied. Beside it, for as
//!   many facts: `COPY of …`, the rows that it gives, into tables like its own; `a statement a
//!   fact`, each row by an upsert in its own transaction; `follow …`, facts that come while the
//!   question is in use, in batches.
//! - `decide, log of …`: in a log of 10,000 facts, and in one of as many more as `--facts` says.
//!   `decide, streams of …`: in streams of so many facts each, whose states are in memory.
//!
//! Columns:
//!
//! - `at once`: writers or connections, each with one operation in flight. The references have a
//!   connection each; the log has one writer's connection whatever their number.
//! - `per second`, and `p50` and `p99` of how long one call took, in milliseconds.
//! - `CPU`: microseconds of processor an operation, as /proc counts them: those of this process,
//!   of `pgbench`, of the postmaster and of its children. For the rows over HTTP the threads that
//!   play the callers are left out. `of it, server` is PostgreSQL's part.
//! - ratios `÷ checked` and `÷ bare`: against the checked insert and `pgbench` with the same
//!   number at once; `÷ COPY`: against `COPY`; `÷ Apollo`, `÷ PostGraphile`: against these.

// The merged schema nests deeper than the compiler allows by itself, once optimised.
#![recursion_limit = "256"]

mod appends;
mod attackers;
mod doors;
mod filling;
mod gauge;
mod growth;
mod peers;
mod rebuilds;
mod references;
mod report;

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use api::embedded::{Binaries, Durability, Embedded};
use clap::{Parser, ValueEnum};
use house::Database;
use sqlx::{Connection, PgConnection};
use tokio::runtime::{Handle, Runtime};

use crate::{
    gauge::Gauge,
    report::{Format, Line, Machine},
};

/// The one of `essaim`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Before each slice, not counted.
const WARM_UP: Duration = Duration::from_millis(300);
/// What is measured in one go.
const SLICE: Duration = Duration::from_secs(2);
/// Slices of each kind, taking turns.
const ROUNDS: usize = 2;
/// Writers of the log and of the references.
const WRITERS: [usize; 3] = [1, 8, 64];
/// Connections to the doors.
const CALLERS: usize = 64;
const STREAMS: usize = 10_000;
const ORGANISATIONS: usize = 10_000;
const DOSSIERS: usize = 2_000;
const CONVENTIONS: usize = 2_000;
/// A rebuild is repeated at least so long.
const REBUILDS: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Appends,
    Doors,
    Attackers,
    Peers,
    Rebuilds,
    Growth,
}

/// Measures the house.
#[derive(Parser)]
struct Words {
    /// Measures this alone; what is compared with it is then missing from other rows.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Facts in the long log of `growth`: five millions take some minutes and 8 GB.
    #[arg(long, default_value_t = 500_000)]
    facts: usize,
    /// How results are printed.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let words = Words::parse();
    let format = words.format;
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("house-bench");
    let from = |name| env::var_os(name).map(Into::into);
    let binaries = Binaries { bin: from("ESSAIM_PG_BIN"), lib: from("ESSAIM_PG_LIB") };
    // Another run in the same folder is told apart by its lock, before anything is deleted.
    let server = Embedded::start(&place, Durability::Durable, &binaries)?;
    let callers = runtime(gauge::CALLERS)?;
    let bench = Bench {
        url: server.url("postgres", "postgres"),
        gauge: Gauge::of_server(&place.join("data"))?,
        pgbench: binaries
            .program("pgbench")
            .context("no pgbench beside PostgreSQL: Debian has it in `postgresql`")?,
        callers: callers.handle().clone(),
        place: place.clone(),
        words,
    };
    let measured = runtime("house")?.block_on(async {
        tokio::select! {
            measured = bench.measure() => measured,
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        }
    });
    callers.shutdown_background();
    server.stop()?;
    fs::remove_dir_all(&place)?;
    let (machine, lines) = measured?;
    report::print(format, &machine, &lines)?;
    Ok(())
}

fn runtime(name: &str) -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .thread_name(name)
        .enable_all()
        .build()
}

/// What the measures share.
struct Bench {
    url: String,
    gauge: Gauge,
    pgbench: PathBuf,
    /// Where those who call over HTTP run.
    callers: Handle,
    place: PathBuf,
    words: Words,
}

impl Bench {
    async fn measure(&self) -> anyhow::Result<(Machine, Vec<Line>)> {
        let mut machine = Machine::look()?;
        let mut db = PgConnection::connect(&self.url).await?;
        machine.postgresql = sqlx::query_scalar("show server_version")
            .fetch_one(&mut db)
            .await?;
        db.close().await?;
        let mut lines = vec![];
        let asked = |part| self.words.only.is_none_or(|only| only == part);
        if asked(Part::Appends) {
            lines.extend(appends::measure(self, &mut machine).await?);
        }
        if asked(Part::Doors) {
            lines.extend(doors::measure(self).await?);
        }
        if asked(Part::Attackers) {
            lines.extend(attackers::measure(self).await?);
        }
        if asked(Part::Peers) {
            lines.extend(peers::measure(self).await?);
        }
        if asked(Part::Rebuilds) {
            lines.extend(rebuilds::measure(self).await?);
        }
        if asked(Part::Growth) {
            lines.extend(growth::measure(self).await?);
        }
        machine.look_again()?;
        Ok((machine, lines))
    }

    /// A migrated database.
    async fn database(&self) -> anyhow::Result<Database> {
        Database::at(&self.url).await
    }
}
