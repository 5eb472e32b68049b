//! How service tokens are used: counted beside the log, seldom and roughly.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Error, EventLog};

/// How a token was used so far, as far as it was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    pub uses: i64,
    pub last_used_at: Timestamp,
}

impl EventLog {
    /// Notes that a token was used so many times more, just now.
    pub async fn note_use(&self, token: Uuid, uses: i64) -> Result<(), Error> {
        sqlx::query(
            "insert into keeping.service_token_use as t (token, uses, last_used_at)
             values ($1, $2, clock_timestamp())
             on conflict (token) do update
             set uses = t.uses + excluded.uses,
                 last_used_at = greatest(t.last_used_at, excluded.last_used_at)",
        )
        .bind(token)
        .bind(uses)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// How these tokens were used. One that never was is not there.
    pub async fn usages(&self, tokens: &[Uuid]) -> Result<HashMap<Uuid, Usage>, Error> {
        let rows: Vec<(Uuid, i64, jiff_sqlx::Timestamp)> = sqlx::query_as(
            "select token, uses, last_used_at from keeping.service_token_use
             where token = any($1)",
        )
        .bind(tokens)
        .fetch_all(&self.pool)
        .await?;
        let rows = rows
            .into_iter()
            .map(|(token, uses, at)| (token, Usage { uses, last_used_at: at.to_jiff() }));
        Ok(rows.collect())
    }
}
