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
//! - `checked insert`: one statement in its own transaction that moves the stream's version if it
//!   is as expected, and adds as many bytes under a sequence's number: what usual libraries do at
//!   their best. No command ids, no hashes, no chain, and numbers that have holes.
//! - `bare insert`: one transaction that adds as many bytes, and checks nothing.
//! - `mutation`: `registerOrganisation` over HTTP, through every door.
//! - `one organisation`, `20 organisations`: queries over HTTP, of a registry of 10,000.
//! - `rebuild …`: a read model built anew; an operation is one fact applied.
//!
//! Columns:
//!
//! - `at once`: writers or connections, each with one operation in flight. The references have a
//!   connection each; the log has one writer's connection whatever their number.
//! - `per second`, and `p50` and `p99` of how long one operation took, in milliseconds.
//! - `CPU`: microseconds of processor an operation: `utime + stime` of /proc/<pid>/stat for this
//!   process, for the postmaster and for its children, those that ended included (its `cutime`
//!   and `cstime`). This process holds the house *and* those who call it: for the rows over HTTP,
//!   the client's own work is in it. `of it, server` is PostgreSQL's part.
//! - `rate ÷ checked`, `rate ÷ bare`, `CPU ÷ checked`, `CPU ÷ bare`: against the reference with
//!   the same number at once.

mod appends;
mod doors;
mod filling;
mod gauge;
mod rebuilds;
mod report;

use std::{env, fs, path::Path, time::Duration};

use anyhow::bail;
use api::embedded::{Binaries, Durability, Embedded};
use clap::Parser;
use house::Database;

use crate::{
    gauge::Gauge,
    report::{Format, Line, Machine},
};

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
/// A rebuild is repeated at least so long.
const REBUILDS: Duration = Duration::from_secs(3);

/// Measures the house.
#[derive(Parser)]
struct Words {
    /// How results are printed.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let words = Words::parse();
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("house-bench");
    let from = |name| env::var_os(name).map(Into::into);
    let binaries = Binaries { bin: from("ESSAIM_PG_BIN"), lib: from("ESSAIM_PG_LIB") };
    // Another run in the same folder is told apart by its lock, before anything is deleted.
    let server = Embedded::start(&place, Durability::Durable, &binaries)?;
    let url = server.url("postgres", "postgres");
    let measured = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            tokio::select! {
                measured = measure(&url, &place) => measured,
                _ = tokio::signal::ctrl_c() => bail!("interrupted"),
            }
        });
    server.stop()?;
    fs::remove_dir_all(&place)?;
    let (machine, lines) = measured?;
    report::print(words.format, &machine, &lines)?;
    Ok(())
}

async fn measure(server: &str, place: &Path) -> anyhow::Result<(Machine, Vec<Line>)> {
    let gauge = Gauge::of_server(&place.join("data"))?;
    let mut machine = Machine::look()?;
    let database = Database::at(server).await?;
    let mut lines = appends::measure(&gauge, &database, &mut machine).await?;
    lines.extend(doors::measure(&gauge, Database::at(server).await?).await?);
    lines.extend(rebuilds::measure(&gauge, server).await?);
    machine.look_again()?;
    Ok((machine, lines))
}
