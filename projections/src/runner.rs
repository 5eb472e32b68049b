//! Follows the log and keeps every answer true.
//!
//! Rows and checkpoint move in one transaction. A question that fails stops there, says so,
//! and tries again: it never skips a fact.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use eventlog::{
    Position,
    checkpoint::{self, Checkpoint},
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio_util::sync::CancellationToken;

use crate::{ALL, AsOf, Error, ReadModel, Reads};

/// Facts applied in one transaction.
pub const BATCH_MAX: i64 = 1_000;

/// How long a query waits for its answer to catch up.
pub const WAIT_MAX: Duration = Duration::from_secs(2);

const LOOK_AGAIN: Duration = Duration::from_millis(20);
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// How far each question has come in this process, and what stopped it.
#[derive(Default)]
pub struct Progress {
    positions: Mutex<HashMap<&'static str, Position>>,
    stopped: Mutex<HashMap<&'static str, String>>,
}

/// Where one question stands.
#[derive(Debug, Clone)]
pub struct Status {
    pub question: &'static str,
    pub version: u32,
    pub position: Position,
    pub head: Position,
    /// Why it stopped, if it did, in this process.
    pub stopped: Option<String>,
}

impl Reads {
    /// Builds what is missing and follows the log until told to stop.
    pub async fn follow(&self, stop: CancellationToken) -> Result<(), Error> {
        let mut db = self.pool.acquire().await?;
        for model in ALL {
            create(&mut db, model, &model.key()).await?;
        }
        drop(db);
        let followers = ALL.iter().map(|model| {
            let (reads, stop) = (self.clone(), stop.clone());
            tokio::spawn(async move { reads.keep(model, &stop).await })
        });
        for follower in followers.collect::<Vec<_>>() {
            // A panic is the programmer's; the others go on, `ready` says that one stopped.
            if let Err(panic) = follower.await {
                tracing::error!(error = %panic, "a question's follower ended");
            }
        }
        Ok(())
    }

    /// Follows the log for one question.
    async fn keep(&self, model: &'static ReadModel, stop: &CancellationToken) {
        let mut pause = PAUSE_MIN;
        while !stop.is_cancelled() {
            let after = self.progress.of(model);
            match self.step(model, &model.key(), BATCH_MAX).await {
                Ok(moved) => {
                    pause = PAUSE_MIN;
                    self.progress.runs(model);
                    if !moved {
                        tokio::select! {
                            () = stop.cancelled() => return,
                            () = self.log.wait(after) => (),
                        }
                    }
                }
                Err(error) => {
                    tracing::error!(
                        question = model.name,
                        error = &error as &dyn std::error::Error,
                        "a question stopped"
                    );
                    self.progress.stops(model, &error);
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(pause) => (),
                    }
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }

    /// Applies the next facts to one question. Says whether there were any.
    #[tracing::instrument(name = "projection", skip_all, fields(question = model.name, from, to))]
    async fn step(
        &self,
        model: &'static ReadModel,
        key: &str,
        batch_max: i64,
    ) -> Result<bool, Error> {
        let started = Instant::now();
        // What is built beside says nothing of the answer in use.
        let in_use = key == model.key();
        let mut db = self.pool.acquire().await?;
        let mut db = db.begin().await?;
        let Some(held) = checkpoint::hold(&mut db, key).await? else {
            // Another process is at it: what it did is known by its checkpoint.
            if let Some(position) = checkpoint::of(&mut db, key).await?.filter(|_| in_use) {
                self.progress.reaches(model, position);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
            return Ok(false);
        };
        if checkpoint::of_log(&mut db, held.position).await?.as_ref() != Some(&held) {
            return Err(Error::Forked { question: model.name, at: held.position });
        }
        let wanted: Vec<_> = model.reads.iter().map(|it| (*it).to_owned()).collect();
        let batch = self
            .log
            .read_after(held.position, batch_max, Some(&wanted))
            .await?;
        if in_use {
            self.progress.reaches(model, held.position);
        }
        if batch.last == held.position {
            return Ok(false);
        }
        tracing::Span::current().record("from", held.position.0 + 1);
        tracing::Span::current().record("to", batch.last.0);
        if !batch.recorded.is_empty() {
            set_schema(&mut db, key).await?;
            (model.apply)(&mut db, &batch.recorded).await?;
        }
        let to = checkpoint::of_log(&mut db, batch.last)
            .await?
            .ok_or(Error::Forked { question: model.name, at: batch.last })?;
        checkpoint::advance(&mut db, key, &to).await?;
        db.commit().await?;
        if in_use {
            self.progress.reaches(model, batch.last);
        }
        metrics::histogram!("essaim_projection_batch_seconds", "question" => model.name)
            .record(started.elapsed().as_secs_f64());
        Ok(true)
    }

    /// Builds one question if it is missing, and applies the facts that it has not seen, at
    /// most `batch_max` at a time: the rows must not depend on it.
    pub async fn catch_up(
        &self,
        model: &'static ReadModel,
        batch_max: i64,
    ) -> Result<Position, Error> {
        let key = model.key();
        create(&mut *self.pool.acquire().await?, model, &key).await?;
        while self.step(model, &key, batch_max).await? {}
        Ok(self.progress.of(model))
    }

    /// Builds one question anew beside the answer in use, then puts it in its place.
    /// `tell` hears how far it has come.
    pub async fn rebuild(
        &self,
        model: &'static ReadModel,
        tell: impl Fn(Position, Position),
    ) -> Result<Position, Error> {
        let (key, beside) = (model.key(), format!("{}_rebuild", model.key()));
        let mut db = self.pool.acquire().await?;
        create(&mut db, model, &key).await?;
        drop_schema(&mut db, &beside).await?;
        create(&mut db, model, &beside).await?;
        let mut at = Position(0);
        while self.step(model, &beside, BATCH_MAX).await? {
            at = checkpoint::of(&mut db, &beside).await?.unwrap_or_default();
            tell(at, self.log.newest().await?.0);
        }
        // The answer in use stands still while they change places.
        let mut db = db.begin().await?;
        while checkpoint::hold(&mut db, &key).await?.is_none() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let built = checkpoint::hold(&mut db, &beside)
            .await?
            .unwrap_or_else(Checkpoint::origin);
        db.execute(AssertSqlSafe(format!("drop schema {key} cascade")))
            .await?;
        db.execute(AssertSqlSafe(format!("alter schema {beside} rename to {key}")))
            .await?;
        checkpoint::advance(&mut db, &key, &built).await?;
        checkpoint::forget(&mut db, &beside).await?;
        db.commit().await?;
        Ok(built.position.max(at))
    }

    /// Waits until a question has seen a position; [`Error::Late`] after [`WAIT_MAX`].
    pub async fn caught_up(
        &self,
        model: &'static ReadModel,
        position: Position,
    ) -> Result<(), Error> {
        let until = Instant::now() + WAIT_MAX;
        while self.progress.of(model) < position {
            if let Some(stored) =
                checkpoint::of(&mut *self.pool.acquire().await?, &model.key()).await?
            {
                self.progress.reaches(model, stored);
            }
            if self.progress.of(model) >= position {
                break;
            }
            if Instant::now() > until {
                return Err(Error::Late);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// How recent the answers to a question are.
    pub async fn as_of(&self, model: &'static ReadModel) -> Result<AsOf, Error> {
        let row: Option<(Position, Option<jiff_sqlx::Timestamp>)> = sqlx::query_as(
            "select c.position, e.recorded_at
             from keeping.checkpoint c
             left join log.event e on e.position = c.position
             where c.follower = $1",
        )
        .bind(model.key())
        .fetch_optional(&self.pool)
        .await?;
        let (position, at) = row.unwrap_or_default();
        Ok(AsOf { position, recorded_at: at.map(jiff_sqlx::Timestamp::to_jiff) })
    }

    /// Where every question stands.
    pub async fn status(&self) -> Result<Vec<Status>, Error> {
        let (head, head_at) = self.log.newest().await?;
        let mut all = vec![];
        for model in ALL.iter().copied() {
            let as_of = self.as_of(model).await?;
            let behind = head.0 - as_of.position.0;
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
            metrics::gauge!("essaim_projection_lag_positions", "question" => model.name)
                .set(behind as f64);
            let late = match (head_at, as_of.recorded_at) {
                (Some(head), Some(seen)) if behind > 0 => head.duration_since(seen).as_secs_f64(),
                _ => 0.0,
            };
            metrics::gauge!("essaim_projection_lag_seconds", "question" => model.name).set(late);
            all.push(Status {
                question: model.name,
                version: model.version,
                position: as_of.position,
                head,
                stopped: self.progress.stopped(model),
            });
        }
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        metrics::gauge!("essaim_log_head_position").set(head.0 as f64);
        Ok(all)
    }
}

impl Progress {
    fn of(&self, model: &ReadModel) -> Position {
        lock(&self.positions)
            .get(model.name)
            .copied()
            .unwrap_or_default()
    }

    fn reaches(&self, model: &ReadModel, position: Position) {
        let mut positions = lock(&self.positions);
        let known = positions.entry(model.name).or_default();
        *known = (*known).max(position);
    }

    fn stops(&self, model: &ReadModel, error: &Error) {
        lock(&self.stopped).insert(model.name, error.to_string());
    }

    fn runs(&self, model: &ReadModel) {
        lock(&self.stopped).remove(model.name);
    }

    fn stopped(&self, model: &ReadModel) -> Option<String> {
        lock(&self.stopped).get(model.name).cloned()
    }
}

/// A map whose holder panicked is still a map.
fn lock<T>(it: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    it.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Makes the schema of a question and enrols its follower, if they are not there.
async fn create(db: &mut PgConnection, model: &ReadModel, key: &str) -> Result<(), Error> {
    let mut db = db.begin().await?;
    // One process at a time makes schemas.
    db.execute("select pg_advisory_xact_lock(7235409113468212)")
        .await?;
    let there: bool =
        sqlx::query_scalar("select exists (select from pg_namespace where nspname = $1)")
            .bind(key)
            .fetch_one(&mut *db)
            .await?;
    if !there {
        db.execute(AssertSqlSafe(format!("create schema {key}")))
            .await?;
        set_schema(&mut db, key).await?;
        db.execute(sqlx::raw_sql(model.tables)).await?;
        checkpoint::forget(&mut db, key).await?;
    }
    checkpoint::enrol(&mut db, key).await?;
    db.commit().await?;
    Ok(())
}

async fn drop_schema(db: &mut PgConnection, key: &str) -> Result<(), Error> {
    db.execute(AssertSqlSafe(format!("drop schema if exists {key} cascade")))
        .await?;
    checkpoint::forget(db, key).await?;
    Ok(())
}

/// What `apply` writes to, for the length of the transaction.
async fn set_schema(db: &mut PgConnection, key: &str) -> Result<(), Error> {
    db.execute(AssertSqlSafe(format!("set local search_path to {key}")))
        .await?;
    Ok(())
}
