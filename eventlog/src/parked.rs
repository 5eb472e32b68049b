//! Facts that a follower could not apply, those that wait behind them, and what people did
//! about it. Written in the transaction that holds the follower's row.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, Position};

/// A fact that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    pub position: Position,
    /// What it belongs to: a stream, or a dossier.
    pub sequence: Uuid,
    /// Why it cannot be applied. `None` when it waits for one before it.
    pub code: Option<String>,
}

/// Who did something about facts that could not be applied, and why.
#[derive(Debug, Clone)]
pub struct Because<'a> {
    pub who: &'a str,
    pub why: &'a str,
}

/// What waits for a follower, in the order of the log.
pub async fn of(db: &mut PgConnection, follower: &str) -> Result<Vec<Parked>, Error> {
    let rows: Vec<(Position, Uuid, Option<String>)> = sqlx::query_as(
        "select position, sequence, code
         from keeping.parked
         where follower = $1
         order by position",
    )
    .bind(follower)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(position, sequence, code)| Parked { position, sequence, code })
        .collect())
}

/// Parks facts.
pub async fn add(db: &mut PgConnection, follower: &str, facts: &[Parked]) -> Result<(), Error> {
    if facts.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into keeping.parked (follower, position, sequence, code)
         select $1, * from unnest($2::bigint[], $3::uuid[], $4::text[])",
    )
    .bind(follower)
    .bind(facts.iter().map(|it| it.position.0).collect::<Vec<_>>())
    .bind(facts.iter().map(|it| it.sequence).collect::<Vec<_>>())
    .bind(facts.iter().map(|it| it.code.clone()).collect::<Vec<_>>())
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets what waits for a follower.
pub async fn forget(db: &mut PgConnection, follower: &str) -> Result<(), Error> {
    sqlx::query("delete from keeping.parked where follower = $1")
        .bind(follower)
        .execute(db)
        .await?;
    Ok(())
}

/// Gives what waits for one follower to another, in place of its own.
pub(crate) async fn replace(db: &mut PgConnection, by: &str, follower: &str) -> Result<(), Error> {
    let facts = of(&mut *db, by).await?;
    forget(&mut *db, follower).await?;
    add(db, follower, &facts).await
}

/// Records that someone had a follower try again, or leave out the fact at a position.
pub async fn intervene(
    db: &mut PgConnection,
    follower: &str,
    discarded: Option<Position>,
    because: &Because<'_>,
) -> Result<(), Error> {
    sqlx::query(
        "insert into keeping.intervention (follower, word, position, who, because)
         values ($1, case when $2::bigint is null then 'retry' else 'discard' end, $2, $3, $4)
         on conflict do nothing",
    )
    .bind(follower)
    .bind(discarded)
    .bind(because.who)
    .bind(because.why)
    .execute(db)
    .await?;
    Ok(())
}
