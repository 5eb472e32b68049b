//! What is built beside an answer in use: a new one that takes its place, or one that it is
//! compared with. Also the end of what nobody needs any more.

use eventlog::{Position, checkpoint};
use sqlx::Connection;

use crate::{
    Error, ReadModel, Reads,
    runner::{BUILD_MAX, Run},
    tables,
};

/// An answer, and the same built anew from the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Where both stand.
    pub position: Position,
    /// A line a table: its name, its number of rows, the sum of their hashes.
    pub live: Vec<String>,
    pub anew: Vec<String>,
}

impl Verified {
    /// Whether the answer in use is what the log says.
    pub fn holds(&self) -> bool {
        self.live == self.anew
    }
}

impl Reads {
    /// Builds one question anew beside the answer in use, then puts it in its place, never
    /// less recent. `tell` hears how far it has come.
    pub async fn rebuild(
        &self,
        model: &'static ReadModel,
        tell: impl Fn(Position, Position),
    ) -> Result<Position, Error> {
        let mut beside = self.beside(model, "rebuild").await?;
        while self.step(&mut beside, BUILD_MAX).await? {
            tell(beside.at, self.log.newest().await?.0);
        }
        // The answer in use stands still while they change places.
        let mut live = self.take(model).await?;
        while self.step(&mut beside, BUILD_MAX).await? {}
        let mut db = self.pool.acquire().await?;
        let mut db = db.begin().await?;
        let (old, new) = (live.hold(&mut db).await?, beside.hold(&mut db).await?);
        if old.is_none() || new.is_none() {
            return Err(Error::Fenced);
        }
        tables::replace(&mut db, &beside.lease.follower, &model.key()).await?;
        db.commit().await?;
        self.release(&live).await?;
        Ok(beside.at)
    }

    /// Builds one question beside the answer in use, up to where that stands, and compares.
    pub async fn verify(
        &self,
        model: &'static ReadModel,
        tell: impl Fn(Position, Position),
    ) -> Result<Verified, Error> {
        let key = model.key();
        let mut db = self.pool.acquire().await?;
        tables::create(&mut db, model, &key).await?;
        let mut snapshot = db
            .begin_with("begin isolation level repeatable read read only")
            .await?;
        let position = checkpoint::of(&mut snapshot, &key)
            .await?
            .unwrap_or_default();
        let live = tables::digest(&mut snapshot, &key).await?;
        snapshot.rollback().await?;
        let mut beside = self.beside(model, "verify").await?;
        while beside.at < position {
            let left = position.0 - beside.at.0;
            self.step(&mut beside, BUILD_MAX.min(left)).await?;
            tell(beside.at, position);
        }
        let anew = tables::digest(&mut db, &beside.lease.follower).await?;
        tables::drop(&mut db, &beside.lease.follower).await?;
        Ok(Verified { position, live, anew })
    }

    /// An empty schema beside the answer in use, run by this process.
    async fn beside(&self, model: &'static ReadModel, what: &str) -> Result<Run, Error> {
        let key = format!("{}_{what}", model.key());
        let mut db = self.pool.acquire().await?;
        // Whoever holds its lease is at work on it.
        tables::create(&mut db, model, &key).await?;
        if checkpoint::acquire(&mut db, &key).await?.is_none() {
            return Err(Error::Busy(key));
        }
        tables::drop(&mut db, &key).await?;
        self.run(model, &key).await?.ok_or(Error::Busy(key))
    }

    /// Drops what no process runs and no question of this program needs: earlier versions,
    /// questions that are gone, and what was left half built. Returns their names.
    pub async fn prune(&self) -> Result<Vec<String>, Error> {
        let mut db = self.pool.acquire().await?;
        let mut dropped = vec![];
        for key in tables::stale(&mut db).await? {
            if checkpoint::acquire(&mut db, &key).await?.is_some() {
                tables::drop(&mut db, &key).await?;
                dropped.push(key);
            }
        }
        Ok(dropped)
    }
}
