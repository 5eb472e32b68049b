//! Erasing a subject: its key, what it protects and who stands behind its actors are destroyed,
//! and the row of the key stays without key, so that none is made again.
//!
//! The fact is the truth: whoever reads the log destroys, again after a restore, and destroying
//! twice changes nothing.

use domain::{ActorId, Subject};
use jiff::Timestamp;

use super::Vault;
use crate::{Error, EventLog, Position, append::WRITING, checkpoint};

impl Vault {
    /// Destroys what is held for a subject, as the fact at `by` says. Who stood behind `actors` is
    /// forgotten with it.
    pub async fn erase(
        &self,
        subject: &Subject,
        actors: &[ActorId],
        by: Position,
    ) -> Result<(), Error> {
        let mut tx = self.pool.begin().await?;
        // Nobody appends meanwhile: what was sealed before is deleted, what comes later is refused.
        sqlx::query("select pg_advisory_xact_lock($1)")
            .bind(WRITING)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "insert into vault.subject_key as k (subject, erased_at, erased_by)
             values ($1, clock_timestamp(), $2)
             on conflict (subject) do update
             set wrapped = null, kek = null, erased_at = excluded.erased_at,
                 erased_by = excluded.erased_by
             where k.erased_at is null",
        )
        .bind(subject.as_str())
        .bind(by)
        .execute(&mut *tx)
        .await?;
        sqlx::query("delete from vault.sealed where subject = $1")
            .bind(subject.as_str())
            .execute(&mut *tx)
            .await?;
        sqlx::query("delete from vault.actor where actor = any($1)")
            .bind(actors.iter().map(|it| it.0).collect::<Vec<_>>())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.keys.invalidate(subject.as_str());
        self.actors.invalidate_all();
        Ok(())
    }

    /// When a subject was erased, once it was.
    pub async fn erased_at(&self, subject: &Subject) -> Result<Option<Timestamp>, Error> {
        let at: Option<Option<jiff_sqlx::Timestamp>> =
            sqlx::query_scalar("select erased_at from vault.subject_key where subject = $1")
                .bind(subject.as_str())
                .fetch_optional(&self.pool)
                .await?;
        Ok(at.flatten().map(jiff_sqlx::Timestamp::to_jiff))
    }
}

impl EventLog {
    /// Up to where this vault has done what the log says of erasures. A log that is no longer the
    /// one it followed is read from its first fact.
    pub async fn replayed(&self) -> Result<Position, Error> {
        let mut db = self.pool.acquire().await?;
        let (position, chain): (Position, Vec<u8>) =
            sqlx::query_as("select position, chain from vault.replayed")
                .fetch_one(&mut *db)
                .await?;
        let there = checkpoint::of_log(&mut db, position).await?;
        let same = there.is_some_and(|it| it.chain == chain);
        Ok(if same { position } else { Position(0) })
    }

    /// Says that every erasure up to there is done in this vault.
    pub async fn has_replayed(&self, to: Position) -> Result<(), Error> {
        let mut db = self.pool.acquire().await?;
        let Some(at) = checkpoint::of_log(&mut db, to).await? else { return Ok(()) };
        sqlx::query("update vault.replayed set position = $1, chain = $2 where position <> $1 or chain <> $2")
            .bind(at.position)
            .bind(at.chain)
            .execute(&mut *db)
            .await?;
        Ok(())
    }
}
