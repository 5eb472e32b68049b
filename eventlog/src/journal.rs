//! What was read of the log beside sealed values: in the same journal, before the first line is
//! given.

use domain::Subject;

use crate::{Error, EventLog, Position, Reader};

/// Facts that are read on someone's word: whose, up to which one, and how they were asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub subject: Subject,
    pub up_to: Position,
    pub asked: String,
}

impl EventLog {
    /// Writes that someone reads many facts at once, up to a position: `what`, and how it was
    /// asked.
    pub async fn note_reading(
        &self,
        reader: &Reader,
        up_to: Position,
        (what, asked): (&str, &str),
    ) -> Result<(), Error> {
        sqlx::query(
            "insert into vault.access (actor, role, purpose, position, pointer, subject)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(reader.actor.0)
        .bind(reader.role)
        .bind(reader.purpose)
        .bind(up_to)
        .bind(asked)
        .bind(what)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The same of several readings at once: all are written, or none.
    pub async fn note_readings(&self, reader: &Reader, all: &[Reading]) -> Result<(), Error> {
        sqlx::query(
            "insert into vault.access (actor, role, purpose, because, position, pointer, subject)
             select $1, $2, $3, $4, it.*
             from unnest($5::bigint[], $6::text[], $7::text[]) it",
        )
        .bind(reader.actor.0)
        .bind(reader.role)
        .bind(reader.purpose)
        .bind(&reader.because)
        .bind(all.iter().map(|it| it.up_to).collect::<Vec<_>>())
        .bind(all.iter().map(|it| it.asked.as_str()).collect::<Vec<_>>())
        .bind(all.iter().map(|it| it.subject.as_str()).collect::<Vec<_>>())
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
