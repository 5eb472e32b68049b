//! What the house does because of a fact: read in order, done at least once, recorded exactly once.
//!
//! One process at a time follows the log for a cause, under the lease of its checkpoint. It acts
//! first, and says afterwards how far it has read: whoever dies between the two leaves the same
//! fact to another, who acts again under the same command id, and `log.command` answers what was
//! done. So nothing rests on the lease, which only spares work.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sqlx::Connection;
use tokio_util::sync::CancellationToken;

use crate::{
    Error, EventLog, Position, Recorded,
    checkpoint::{self, Lease},
};

/// Facts read at once.
const BATCH_MAX: i64 = 1_000;

/// At most that often, however fast the log grows.
const PAUSE: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How often others look whether somebody still acts.
const TAKE_OVER: Duration = Duration::from_secs(1);
/// A lease is renewed long before it ends, and tells then how far was read.
const RENEW: Duration = Duration::from_secs(1);

/// What follows from the facts of some kinds.
pub struct Process {
    /// Names its checkpoint. Stored: never rename.
    pub name: &'static str,
    /// As `category.Kind`.
    pub reads: &'static [&'static str],
    /// Does what follows from one fact. It may be called again for the same fact, at the same
    /// moment too: every command it gives has an id that the fact alone decides. A refusal is an
    /// answer, for it to note where people see it; an error is tried again, and holds up the rest.
    pub act: for<'a> fn(&'a EventLog, &'a Recorded) -> BoxFuture<'a, Result<(), Error>>,
}

/// A process under its lease.
struct Run {
    lease: Lease,
    at: Position,
    /// How far the checkpoint knows.
    told: Position,
    renewed: Instant,
}

impl EventLog {
    /// Does what follows from the facts of the log, as it grows, until told to stop.
    pub async fn carry_out(&self, process: &'static Process, stop: CancellationToken) {
        let stopped = metrics::gauge!("essaim_process_stopped", "process" => process.name);
        let mut pause = PAUSE;
        let mut run = None;
        loop {
            // What is under way is dropped where it stands, as by a death: that is safe.
            let turn = tokio::select! {
                () = stop.cancelled() => break,
                turn = self.turn(process, &mut run) => turn,
            };
            let wait = match turn {
                Ok(wait) => {
                    stopped.set(0.0);
                    pause = PAUSE;
                    wait
                }
                Err(error) => {
                    stopped.set(1.0);
                    tracing::error!(
                        process = process.name,
                        position = run.as_ref().map(|it| it.at.0),
                        error = &error as &dyn std::error::Error,
                        "what follows from a fact is not done yet"
                    );
                    // Another process may know better.
                    self.give_back(run.take()).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                    pause
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(wait) => (),
            }
        }
        self.give_back(run).await;
    }

    /// Does what follows from every fact there is, whether another process does it too or not.
    pub async fn carry_out_all(&self, process: &Process) -> Result<(), Error> {
        let head = self.newest().await?.0;
        let mut at = Position(0);
        while at < head {
            let batch = self.read_after(at, BATCH_MAX, Some(process.reads)).await?;
            let batch = batch.whole()?;
            for recorded in &batch.recorded {
                (process.act)(self, recorded).await?;
            }
            at = batch.last;
        }
        Ok(())
    }

    /// Takes up the lease if it is free, or reads on. Says how long to rest.
    async fn turn(&self, process: &Process, run: &mut Option<Run>) -> Result<Duration, Error> {
        let Some(running) = run else {
            *run = self.take_up(process).await?;
            return Ok(if run.is_some() { Duration::ZERO } else { TAKE_OVER });
        };
        self.wait(running.at).await;
        let batch = self
            .read_after(running.at, BATCH_MAX, Some(process.reads))
            .await?
            .whole()?;
        for recorded in &batch.recorded {
            (process.act)(self, recorded).await?;
        }
        running.at = batch.last;
        let acted = !batch.recorded.is_empty();
        if (acted || running.renewed.elapsed() > RENEW) && !self.tell(running).await? {
            *run = None;
        }
        Ok(PAUSE)
    }

    async fn take_up(&self, process: &Process) -> Result<Option<Run>, Error> {
        let mut db = self.pool.acquire().await?;
        checkpoint::enrol(&mut db, process.name).await?;
        let Some(lease) = checkpoint::acquire(&mut db, process.name).await? else {
            return Ok(None);
        };
        let Some(known) = checkpoint::renew(&mut db, &lease).await? else { return Ok(None) };
        // After a restore the log may not be the one that was read: it is read anew, and what was
        // done is answered as done.
        let same = checkpoint::of_log(&mut db, known.position).await?.as_ref() == Some(&known);
        let at = if same { known.position } else { Position(0) };
        Ok(Some(Run { lease, at, told: known.position, renewed: Instant::now() }))
    }

    /// Says how far was read, and goes on holding the lease. Whether it still does.
    async fn tell(&self, run: &mut Run) -> Result<bool, Error> {
        let mut db = self.pool.acquire().await?;
        if checkpoint::renew(&mut db, &run.lease).await?.is_none() {
            return Ok(false);
        }
        run.renewed = Instant::now();
        if run.at == run.told {
            return Ok(true);
        }
        let mut db = db.begin().await?;
        let name = run.lease.follower.clone();
        if checkpoint::hold(&mut db, &run.lease, &name)
            .await?
            .is_none()
        {
            return Ok(false);
        }
        if checkpoint::advance(&mut db, &name, run.at).await? {
            db.commit().await?;
            run.told = run.at;
        }
        Ok(true)
    }

    /// A lease that cannot be given back ends by itself.
    async fn give_back(&self, run: Option<Run>) {
        let Some(run) = run else { return };
        if let Ok(mut db) = self.pool.acquire().await {
            let _ = checkpoint::release(&mut db, &run.lease).await;
        }
    }
}
