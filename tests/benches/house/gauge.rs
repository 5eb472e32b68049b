//! How many operations, how long each, and how much processor they took.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::runtime::Handle;

use crate::{SLICE, WARM_UP};

/// `/proc` counts in hundredths of a second, on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// Threads of this process that play the callers of an API, and are no part of it.
pub(crate) const CALLERS: &str = "callers";

/// One of those that work at once.
pub(crate) trait Worker: Send + Sized + 'static {
    /// Does it once; answers how many operations that was.
    fn works(&mut self) -> impl Future<Output = anyhow::Result<usize>> + Send;
}

/// What was measured of one kind of operation.
#[derive(Default)]
pub(crate) struct Tally {
    /// How long each call took; empty when they are not told apart.
    pub(crate) took: Vec<Duration>,
    pub(crate) operations: usize,
    pub(crate) elapsed: Duration,
    pub(crate) cpu: Cpu,
}

/// Processor time used.
#[derive(Default, Clone, Copy)]
pub(crate) struct Cpu {
    /// By this process and the programs it started, the server and the callers apart.
    pub(crate) ours: Duration,
    pub(crate) server: Duration,
}

/// Reads the processor time of this process and of a PostgreSQL.
pub(crate) struct Gauge {
    postmaster: u32,
}

/// Where a measure began.
pub(crate) struct Since {
    at: Instant,
    cpu: Cpu,
}

impl Gauge {
    /// The server of a data directory.
    pub(crate) fn of_server(data: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(data.join("postmaster.pid"))?;
        let pid = text.lines().next().context("an empty postmaster.pid")?;
        Ok(Self { postmaster: pid.trim().parse()? })
    }

    pub(crate) fn start(&self) -> anyhow::Result<Since> {
        Ok(Since { at: Instant::now(), cpu: self.read()? })
    }

    pub(crate) fn stop(&self, since: &Since, tally: &mut Tally) -> anyhow::Result<()> {
        tally.elapsed += since.at.elapsed();
        let after = self.read()?;
        tally.cpu.ours += after.ours.saturating_sub(since.cpu.ours);
        tally.cpu.server += after.server.saturating_sub(since.cpu.server);
        Ok(())
    }

    fn read(&self) -> anyhow::Result<Cpu> {
        let me = Stat::of("/proc/self").context("the processor time is read in /proc")?;
        let postmaster = Stat::of(format!("/proc/{}", self.postmaster));
        let postmaster = postmaster.context("the server is gone")?;
        let mut server = postmaster.used + postmaster.used_by_ended_children;
        let mut ours = me.used;
        for process in fs::read_dir("/proc")?.flatten() {
            // A process may end while it is looked at: its time is then the postmaster's.
            let Some(stat) = Stat::of(process.path()) else { continue };
            if stat.parent == self.postmaster {
                server += stat.used;
            } else if stat.parent == std::process::id() && stat.id != self.postmaster {
                ours += stat.used;
            }
        }
        for thread in fs::read_dir("/proc/self/task")?.flatten() {
            if let Some(stat) = Stat::of(thread.path())
                && stat.name == CALLERS
            {
                ours = ours.saturating_sub(stat.used);
            }
        }
        Ok(Cpu { ours, server })
    }

    /// Lets workers work for a slice, and adds what they did. Gives them back.
    pub(crate) async fn slice<W: Worker>(
        &self,
        workers: Vec<W>,
        tally: &mut Tally,
    ) -> anyhow::Result<Vec<W>> {
        self.slice_on(&Handle::current(), workers, tally).await
    }

    /// The same, on the threads of another runtime.
    pub(crate) async fn slice_on<W: Worker>(
        &self,
        runtime: &Handle,
        workers: Vec<W>,
        tally: &mut Tally,
    ) -> anyhow::Result<Vec<W>> {
        let (workers, ..) = work(runtime, workers, WARM_UP).await?;
        let since = self.start()?;
        let (workers, took, operations) = work(runtime, workers, SLICE).await?;
        self.stop(&since, tally)?;
        tally.operations += operations;
        tally.took.extend(took);
        Ok(workers)
    }

    /// Measures one long operation, which says how many it was worth.
    pub(crate) async fn whole(
        &self,
        tally: &mut Tally,
        operation: impl Future<Output = anyhow::Result<usize>>,
    ) -> anyhow::Result<()> {
        let since = self.start()?;
        tally.operations += operation.await?;
        self.stop(&since, tally)
    }
}

async fn work<W: Worker>(
    runtime: &Handle,
    workers: Vec<W>,
    during: Duration,
) -> anyhow::Result<(Vec<W>, Vec<Duration>, usize)> {
    let until = Instant::now() + during;
    let tasks = workers.into_iter().map(|mut worker| {
        runtime.spawn(async move {
            let (mut took, mut operations) = (vec![], 0);
            loop {
                let since = Instant::now();
                if since >= until {
                    return anyhow::Ok((worker, took, operations));
                }
                operations += worker.works().await?;
                took.push(since.elapsed());
            }
        })
    });
    let (mut back, mut all, mut sum) = (vec![], vec![], 0);
    for task in tasks.collect::<Vec<_>>() {
        let (worker, took, operations) = task.await??;
        back.push(worker);
        all.extend(took);
        sum += operations;
    }
    Ok((back, all, sum))
}

struct Stat {
    id: u32,
    name: String,
    parent: u32,
    used: Duration,
    used_by_ended_children: Duration,
}

impl Stat {
    /// Of a folder of /proc: a process, or one of its threads.
    fn of(folder: impl Into<PathBuf>) -> Option<Self> {
        let text = fs::read_to_string(folder.into().join("stat")).ok()?;
        // The second field is a name in brackets, which may hold anything.
        let (head, tail) = text.rsplit_once(')')?;
        let (id, name) = head.split_once(" (")?;
        let fields: Vec<_> = tail.split_whitespace().collect();
        // As proc(5) numbers them, from 1.
        let field = |n: usize| fields.get(n - 3)?.parse::<u32>().ok();
        Some(Self {
            id: id.parse().ok()?,
            name: name.to_owned(),
            parent: field(4)?,
            used: TICK * (field(14)? + field(15)?),
            used_by_ended_children: TICK * (field(16)? + field(17)?),
        })
    }
}
