//! How many operations, how long each, and how much processor they took.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;

use crate::{SLICE, WARM_UP};

/// `/proc` counts in hundredths of a second, on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// One of those that work at once.
pub(crate) trait Worker: Send + Sized + 'static {
    /// One operation.
    fn works(&mut self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// What was measured of one kind of operation.
#[derive(Default)]
pub(crate) struct Tally {
    /// How long each took; empty when they are not told apart.
    pub(crate) took: Vec<Duration>,
    pub(crate) operations: usize,
    pub(crate) elapsed: Duration,
    pub(crate) cpu: Cpu,
}

/// Processor time used.
#[derive(Default, Clone, Copy)]
pub(crate) struct Cpu {
    pub(crate) ours: Duration,
    pub(crate) server: Duration,
}

/// Reads the processor time of this process and of a PostgreSQL.
pub(crate) struct Gauge {
    postmaster: u32,
}

impl Gauge {
    /// The server of a data directory.
    pub(crate) fn of_server(data: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(data.join("postmaster.pid"))?;
        let pid = text.lines().next().context("an empty postmaster.pid")?;
        Ok(Self { postmaster: pid.trim().parse()? })
    }

    fn read(&self) -> anyhow::Result<Cpu> {
        let ours = Stat::of("self").context("the processor time is read in /proc")?;
        let postmaster = Stat::of(&self.postmaster.to_string()).context("the server is gone")?;
        let mut server = postmaster.used + postmaster.used_by_ended_children;
        for process in fs::read_dir("/proc")?.flatten() {
            // A process may end while it is looked at: its time is then the postmaster's.
            if let Some(pid) = process.file_name().to_str()
                && let Some(stat) = Stat::of(pid)
                && stat.parent == self.postmaster
            {
                server += stat.used;
            }
        }
        Ok(Cpu { ours: ours.used, server })
    }

    /// Lets workers work for a slice, and adds what they did. Gives them back.
    pub(crate) async fn slice<W: Worker>(
        &self,
        workers: Vec<W>,
        tally: &mut Tally,
    ) -> anyhow::Result<Vec<W>> {
        let (workers, _) = work(workers, WARM_UP).await?;
        let (since, before) = (Instant::now(), self.read()?);
        let (workers, took) = work(workers, SLICE).await?;
        tally.operations += took.len();
        tally.took.extend(took);
        self.stop(since, before, tally)?;
        Ok(workers)
    }

    /// Measures one long operation, which says how many it was worth.
    pub(crate) async fn whole(
        &self,
        tally: &mut Tally,
        operation: impl Future<Output = anyhow::Result<usize>>,
    ) -> anyhow::Result<()> {
        let (since, before) = (Instant::now(), self.read()?);
        tally.operations += operation.await?;
        self.stop(since, before, tally)
    }

    fn stop(&self, since: Instant, before: Cpu, tally: &mut Tally) -> anyhow::Result<()> {
        tally.elapsed += since.elapsed();
        let after = self.read()?;
        tally.cpu.ours += after.ours.saturating_sub(before.ours);
        tally.cpu.server += after.server.saturating_sub(before.server);
        Ok(())
    }
}

async fn work<W: Worker>(
    workers: Vec<W>,
    during: Duration,
) -> anyhow::Result<(Vec<W>, Vec<Duration>)> {
    let until = Instant::now() + during;
    let tasks = workers.into_iter().map(|mut worker| {
        tokio::spawn(async move {
            let mut took = vec![];
            loop {
                let since = Instant::now();
                if since >= until {
                    return anyhow::Ok((worker, took));
                }
                worker.works().await?;
                took.push(since.elapsed());
            }
        })
    });
    let (mut back, mut all) = (vec![], vec![]);
    for task in tasks.collect::<Vec<_>>() {
        let (worker, took) = task.await??;
        back.push(worker);
        all.extend(took);
    }
    Ok((back, all))
}

struct Stat {
    parent: u32,
    used: Duration,
    used_by_ended_children: Duration,
}

impl Stat {
    fn of(pid: &str) -> Option<Self> {
        let text = fs::read_to_string(PathBuf::from("/proc").join(pid).join("stat")).ok()?;
        // The second field is a name in brackets, which may hold anything.
        let fields: Vec<_> = text.rsplit_once(')')?.1.split_whitespace().collect();
        // As proc(5) numbers them, from 1.
        let field = |n: usize| fields.get(n - 3)?.parse::<u32>().ok();
        Some(Self {
            parent: field(4)?,
            used: TICK * (field(14)? + field(15)?),
            used_by_ended_children: TICK * (field(16)? + field(17)?),
        })
    }
}
