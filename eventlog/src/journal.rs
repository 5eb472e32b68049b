//! What was read of the log beside sealed values: in the same journal, before the first line is
//! given.

use crate::{Error, EventLog, Position, Reader};

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
}
