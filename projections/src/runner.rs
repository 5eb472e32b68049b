//! Follows the log and keeps every answer true.
//!
//! Rows and checkpoint move in one transaction, of the process that holds the question's
//! lease. A fact that cannot be applied parks what follows in its sequence, or pauses its
//! question, as the question declares: it is never skipped.

use std::{
    panic::resume_unwind,
    time::{Duration, Instant},
};

use eventlog::{
    Batch, Position,
    checkpoint::{self, Held, Lease},
    parked::{self, Because, Parked},
};
use sqlx::{Connection, PgConnection};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{
    ALL, Error, Order, ReadModel, Reads,
    sift::{attempt, sift},
    tables,
};

/// Facts applied in one transaction.
pub const BATCH_MAX: i64 = 1_000;

/// The same where nothing else is to be seen meanwhile: rows are written once for more facts.
pub(crate) const BUILD_MAX: i64 = 10_000;

const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How often a process looks whether a question has lost its runner.
const TAKE_OVER: Duration = Duration::from_secs(1);
/// How long the checkpoint of a question may stay behind, over facts that change nothing in it.
const UNSAVED_MAX: Duration = Duration::from_millis(50);
/// How long new facts gather before a question that nobody waits for applies them: a batch costs
/// the same whatever it holds.
const GATHER: Duration = Duration::from_millis(20);
/// A lease is renewed long before it ends.
const RENEW: Duration = Duration::from_secs(1);

/// One question, or what is built beside it, run under its lease.
pub(crate) struct Run {
    pub(crate) model: &'static ReadModel,
    pub(crate) lease: Lease,
    /// How far it has come.
    pub(crate) at: Position,
    /// What its checkpoint said when it was last seen, and when that was.
    saved: (Position, Instant),
    unsaved_max: Duration,
    renewed: Instant,
    /// Whether it is known to have reached the end of the log, and not to have stopped since.
    settled: bool,
    ahead: Option<Ahead>,
}

/// A batch that is read while the one before is applied.
struct Ahead {
    after: Position,
    /// How many facts it was to hold at most.
    size: i64,
    batch: JoinHandle<Result<Batch, eventlog::Error>>,
}

/// What a turn of a follower led to.
enum Turn {
    Moved,
    /// Nothing to read after this position.
    Idle(Position),
    /// Another process runs it.
    Watching,
}

impl Reads {
    /// Builds what is missing and follows the log until told to stop. Panics when one of those
    /// that follow does.
    pub async fn follow(&self, stop: CancellationToken) {
        let mut followers = JoinSet::new();
        for model in ALL {
            let (reads, stop) = (self.clone(), stop.clone());
            followers.spawn(async move { reads.keep(model, &stop).await });
        }
        let ended = async {
            while let Some(ended) = followers.join_next().await {
                // Whoever asked to follow takes all of it up again.
                if let Err(ended) = ended
                    && let Ok(panic) = ended.try_into_panic()
                {
                    resume_unwind(panic);
                }
            }
        };
        tokio::join!(self.watch(&stop), ended);
    }

    /// Follows the log for one question, whenever no other process does.
    async fn keep(&self, model: &'static ReadModel, stop: &CancellationToken) {
        let mut pause = PAUSE_MIN;
        let mut run = None;
        while !stop.is_cancelled() {
            let wait = match self.turn(model, &mut run).await {
                Ok(Turn::Moved) => {
                    pause = PAUSE_MIN;
                    continue;
                }
                Ok(Turn::Idle(at)) => {
                    pause = PAUSE_MIN;
                    tokio::select! {
                        () = stop.cancelled() => break,
                        () = self.worth_reading(model, at) => continue,
                    }
                }
                Ok(Turn::Watching) => TAKE_OVER,
                Err(error) => {
                    self.stopped(model, run.take(), &error).await;
                    let wait = pause;
                    pause = (pause * 2).min(PAUSE_MAX);
                    wait
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(wait) => (),
            }
        }
        if let Some(run) = run {
            // A lease that cannot be given back ends by itself.
            let _ = self.release(&run).await;
        }
    }

    /// Waits for facts after a position, and for more of them unless somebody wants the first.
    async fn worth_reading(&self, model: &ReadModel, at: Position) {
        self.log.wait(at).await;
        if let Some(progress) = self.told.of(model) {
            let _ = tokio::time::timeout(GATHER, progress.wanted.notified()).await;
        }
    }

    /// Goes on with the run, or takes it up when nobody else does.
    async fn turn(&self, model: &'static ReadModel, run: &mut Option<Run>) -> Result<Turn, Error> {
        if run.is_none() {
            *run = self.run(model, &model.key()).await?;
            if let Some(run) = run {
                run.unsaved_max = UNSAVED_MAX;
            }
        }
        let Some(running) = run else { return Ok(Turn::Watching) };
        match self.step(running, BATCH_MAX).await {
            Ok(true) if running.is_behind() => Ok(Turn::Moved),
            Ok(_) => Ok(Turn::Idle(running.at)),
            Err(Error::Fenced) => {
                *run = None;
                Ok(Turn::Watching)
            }
            Err(error) => Err(error),
        }
    }

    /// Makes a question's tables if they are missing, and takes its lease if it is free.
    pub(crate) async fn run(
        &self,
        model: &'static ReadModel,
        key: &str,
    ) -> Result<Option<Run>, Error> {
        let mut db = self.pool.acquire().await?;
        let mut lease = checkpoint::acquire(&mut db, key).await?;
        if lease.is_none() && checkpoint::of(&mut db, key).await?.is_some() {
            return Ok(None);
        }
        // A checkpoint does not say that the tables are there: making them may have failed.
        tables::create(&mut db, model, key).await?;
        if lease.is_none() {
            lease = checkpoint::acquire(&mut db, key).await?;
        }
        let Some(lease) = lease else { return Ok(None) };
        Run::of(&mut db, model, lease).await
    }

    /// Takes the lease of a question from whoever has it.
    pub(crate) async fn take(&self, model: &'static ReadModel) -> Result<Run, Error> {
        let key = model.key();
        let mut db = self.pool.acquire().await?;
        tables::create(&mut db, model, &key).await?;
        let lease = checkpoint::take(&mut db, &key)
            .await?
            .ok_or(Error::Fenced)?;
        Run::of(&mut db, model, lease).await?.ok_or(Error::Fenced)
    }

    pub(crate) async fn release(&self, run: &Run) -> Result<(), Error> {
        Ok(checkpoint::release(&mut *self.pool.acquire().await?, &run.lease).await?)
    }

    /// Says why a question stopped, where every process sees it, and leaves it to others.
    async fn stopped(&self, model: &'static ReadModel, run: Option<Run>, error: &Error) {
        tracing::error!(
            question = model.name,
            code = error.code(),
            error = error as &dyn std::error::Error,
            "a question stopped"
        );
        let told = async {
            let mut db = self.pool.acquire().await?;
            let lease = run.as_ref().map(|it| &it.lease);
            let why = (error.code(), error.at());
            checkpoint::stop(&mut db, &model.key(), lease, why).await?;
            if let Some(lease) = lease {
                checkpoint::release(&mut db, lease).await?;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = told.await {
            tracing::warn!(
                question = model.name,
                error = &error as &dyn std::error::Error,
                "that a question stopped could not be recorded"
            );
        }
    }

    /// Applies the next facts to one question. Says whether there were any.
    pub(crate) async fn step(&self, run: &mut Run, batch_max: i64) -> Result<bool, Error> {
        let started = Instant::now();
        if run.renewed.elapsed() > RENEW {
            run.renew(&mut *self.pool.acquire().await?).await?;
        }
        let batch = self.next(run, batch_max).await?;
        let (nothing_new, unsaved) = (batch.last == run.at, run.at != run.saved.0);
        if nothing_new && run.settled && !unsaved {
            return Ok(false);
        }
        if run.may_skip(&batch) {
            run.at = batch.last;
            self.tell(run);
            return Ok(!nothing_new);
        }
        let span = tracing::info_span!(
            "projection",
            otel.kind = "client",
            db.system.name = "postgresql",
            db.namespace = self.pool.connect_options().get_database(),
            db.collection.name = run.model.name,
            db.operation.batch.size = batch.recorded.len(),
            question = run.model.name,
            from = run.at.0 + 1,
            to = batch.last.0,
        );
        let from = run.at;
        let whole = match self.apply(run, &batch).instrument(span.clone()).await {
            Err(error) if error.is_poison() => false,
            applied => applied?,
        };
        if !whole {
            self.apply_some(run, batch).instrument(span).await?;
        }
        let moved = run.at != from;
        if moved && run.lease.follower == run.model.key() {
            self.tell(run);
            metrics::histogram!("essaim_projection_batch_seconds", "question" => run.model.name)
                .record(started.elapsed().as_secs_f64());
        }
        Ok(moved)
    }

    fn tell(&self, run: &Run) {
        if let Some(told) = self.told.of(run.model) {
            told.at.send_replace(run.at);
        }
    }

    /// Reads the batch after where a run stands, and has the next one read meanwhile.
    async fn next(&self, run: &mut Run, batch_max: i64) -> Result<Batch, Error> {
        let read = |after| {
            let (log, wanted) = (self.log.clone(), run.model.wanted());
            async move { log.read_after(after, batch_max, wanted).await }
        };
        let batch = match run.ahead.take() {
            Some(it) if (it.after, it.size) == (run.at, batch_max) => {
                it.batch.await.map_err(|_| Error::Panicked)??
            }
            _ => read(run.at).await?,
        };
        if batch.last.0 - run.at.0 == batch_max {
            let (after, batch) = (batch.last, tokio::spawn(read(batch.last)));
            run.ahead = Some(Ahead { after, size: batch_max, batch });
        }
        Ok(batch)
    }

    /// Applies a batch whole. Says whether it may: nothing of it waits or is left out.
    async fn apply(&self, run: &mut Run, batch: &Batch) -> Result<bool, Error> {
        let mut db = self.pool.acquire().await?;
        let mut db = db.begin().await?;
        let Some(held) = run.hold(&mut db).await? else { return Ok(true) };
        if batch.last == run.at {
            if !held.built {
                tables::index(&mut db, run.model).await?;
            }
            if !held.built || held.stopped.is_some() {
                checkpoint::reached(&mut db, &run.lease.follower).await?;
            }
            if run.at != run.saved.0 {
                run.advance(&mut db, run.at).await?;
            }
            db.commit().await?;
            run.stands(run.at);
            run.settled = true;
            return Ok(true);
        }
        let left_out = |position| held.discarded.contains(&position);
        if !held.parked.is_empty()
            || !batch.unreadable.is_empty()
            || batch.recorded.iter().any(|it| left_out(it.position))
        {
            return Ok(false);
        }
        attempt(&mut db, run.model, &batch.recorded).await?;
        run.advance(&mut db, batch.last).await?;
        db.commit().await?;
        run.stands(batch.last);
        Ok(true)
    }

    /// Applies what can be applied of a batch. What waits is parked, or pauses the question.
    async fn apply_some(&self, run: &mut Run, batch: Batch) -> Result<(), Error> {
        let mut db = self.pool.acquire().await?;
        let mut db = db.begin().await?;
        let Some(held) = run.hold(&mut db).await? else { return Ok(()) };
        let mut last = batch.last;
        let waits = sift(&mut db, run.model, batch, &held).await?;
        match waits.iter().min_by_key(|it| it.position) {
            Some(first) if run.model.order == Order::Log => {
                last = Position(first.position.0 - 1);
                if last == run.at {
                    return Err(Error::Poisoned {
                        question: run.model.name,
                        at: first.position,
                        code: first.code.clone().unwrap_or_default(),
                    });
                }
            }
            _ => parked::add(&mut db, &run.lease.follower, &waits).await?,
        }
        run.advance(&mut db, last).await?;
        db.commit().await?;
        run.stands(last);
        Ok(())
    }

    /// Builds one question if it is missing, and applies the facts that it has not seen, at
    /// most `batch_max` at a time: the rows must not depend on it. Whoever runs the question
    /// stands back meanwhile.
    pub async fn catch_up(
        &self,
        model: &'static ReadModel,
        batch_max: i64,
    ) -> Result<Position, Error> {
        let mut run = self.take(model).await?;
        while self.step(&mut run, batch_max).await? {}
        self.release(&run).await?;
        Ok(run.at)
    }

    /// Tries again what stops a question or waits for it, and says what still waits.
    pub async fn retry(
        &self,
        model: &'static ReadModel,
        because: &Because<'_>,
    ) -> Result<Vec<Parked>, Error> {
        self.intervene(model, None, because).await
    }

    /// Leaves out, for good, a fact that cannot be applied; what waited behind it is applied.
    pub async fn discard(
        &self,
        model: &'static ReadModel,
        position: Position,
        because: &Because<'_>,
    ) -> Result<Vec<Parked>, Error> {
        self.intervene(model, Some(position), because).await
    }

    async fn intervene(
        &self,
        model: &'static ReadModel,
        discarded: Option<Position>,
        because: &Because<'_>,
    ) -> Result<Vec<Parked>, Error> {
        let mut run = self.take(model).await?;
        match self.try_again(&mut run, discarded, because).await {
            Ok(waits) => {
                self.release(&run).await?;
                Ok(waits)
            }
            Err(error @ Error::NotWaiting { .. }) => {
                self.release(&run).await?;
                Err(error)
            }
            Err(error) => {
                self.stopped(model, Some(run), &error).await;
                Err(error)
            }
        }
    }

    async fn try_again(
        &self,
        run: &mut Run,
        discarded: Option<Position>,
        because: &Because<'_>,
    ) -> Result<Vec<Parked>, Error> {
        let (question, key) = (run.model.name, run.model.key());
        let mut db = self.pool.acquire().await?;
        let mut db = db.begin().await?;
        parked::intervene(&mut db, &key, discarded, because).await?;
        let mut held = run.hold(&mut db).await?.ok_or(Error::Fenced)?;
        let waiting = parked::of(&mut db, &key).await?;
        if let Some(at) = discarded {
            let waits = |it: &Parked| it.position == at && it.code.is_some();
            if !waiting.iter().any(waits) && held.stopped_at != Some(at) {
                return Err(Error::NotWaiting { question, at });
            }
        }
        held.parked.clear();
        let positions: Vec<_> = waiting.iter().map(|it| it.position).collect();
        let batch = self.log.batch_at(&positions).await?;
        let waits = sift(&mut db, run.model, batch, &held).await?;
        parked::forget(&mut db, &key).await?;
        parked::add(&mut db, &key, &waits).await?;
        db.commit().await?;
        // A question that pauses goes on, or says why not.
        self.step(run, BATCH_MAX).await?;
        Ok(waits)
    }
}

impl Run {
    async fn of(
        db: &mut PgConnection,
        model: &'static ReadModel,
        lease: Lease,
    ) -> Result<Option<Self>, Error> {
        let at = checkpoint::of(db, &lease.follower).await?;
        let renewed = Instant::now();
        Ok(at.map(|at| Self {
            model,
            lease,
            at,
            saved: (at, renewed),
            unsaved_max: Duration::ZERO,
            renewed,
            settled: false,
            ahead: None,
        }))
    }

    /// Whether there is more to do at once than what is new.
    fn is_behind(&self) -> bool {
        self.ahead.is_some() || !self.settled
    }

    /// Its rows and its checkpoint stand there.
    fn stands(&mut self, at: Position) {
        self.at = at;
        self.saved = (at, Instant::now());
    }

    /// Whether it may go past a batch that changes nothing in it, and save that later: when much
    /// is written elsewhere, most of a question's work would be to say how far it has read.
    fn may_skip(&self, batch: &Batch) -> bool {
        self.settled
            && batch.recorded.is_empty()
            && batch.unreadable.is_empty()
            && self.saved.1.elapsed() < self.unsaved_max
    }

    /// Goes on holding the lease; what happened to the row meanwhile is seen.
    async fn renew(&mut self, db: &mut PgConnection) -> Result<(), Error> {
        let at = checkpoint::renew(db, &self.lease)
            .await?
            .ok_or(Error::Fenced)?;
        self.renewed = Instant::now();
        if self.saved.0 != at.position {
            self.settled = false;
            self.stands(at.position);
        }
        if checkpoint::of_log(db, at.position).await?.as_ref() == Some(&at) {
            return Ok(());
        }
        Err(self.forked(at.position))
    }

    /// Holds the row for the length of the transaction. `None` when it no longer stands where
    /// it was last seen: its answer was replaced.
    pub(crate) async fn hold(&mut self, db: &mut PgConnection) -> Result<Option<Held>, Error> {
        tables::enter(db, &self.lease.follower).await?;
        let held = checkpoint::hold(db, &self.lease, &self.model.key())
            .await?
            .ok_or(Error::Fenced)?;
        if held.at.position != self.saved.0 {
            self.stands(held.at.position);
            return Ok(None);
        }
        if held.forked {
            return Err(self.forked(held.at.position));
        }
        Ok(Some(held))
    }

    async fn advance(&self, db: &mut PgConnection, to: Position) -> Result<(), Error> {
        let moved = checkpoint::advance(db, &self.lease.follower, to).await?;
        if moved { Ok(()) } else { Err(self.forked(to)) }
    }

    fn forked(&self, at: Position) -> Error {
        Error::Forked { question: self.model.name, at }
    }
}
