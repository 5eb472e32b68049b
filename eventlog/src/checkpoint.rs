//! How far a follower has read. Moved in the transaction of the follower's own writes, so
//! that each fact counts exactly once.

use sqlx::PgConnection;

use crate::{Error, Position};

/// Where a follower stands: its position, and the log's chain there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub position: Position,
    pub chain: Vec<u8>,
    pub epoch: i32,
}

impl Checkpoint {
    /// Before the first fact.
    pub fn origin() -> Self {
        Self { position: Position(0), chain: vec![0; 32], epoch: 1 }
    }
}

/// Adds a follower that starts from the first fact, if it is not known.
pub async fn enrol(db: &mut PgConnection, follower: &str) -> Result<(), Error> {
    let start = Checkpoint::origin();
    sqlx::query(
        "insert into keeping.checkpoint (follower, position, chain, epoch)
         values ($1, $2, $3, $4)
         on conflict do nothing",
    )
    .bind(follower)
    .bind(start.position)
    .bind(start.chain)
    .bind(start.epoch)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a follower.
pub async fn forget(db: &mut PgConnection, follower: &str) -> Result<(), Error> {
    sqlx::query("delete from keeping.checkpoint where follower = $1")
        .bind(follower)
        .execute(db)
        .await?;
    Ok(())
}

/// Where `follower` stands, held until the transaction ends.
///
/// `None` when another program holds it, or when it is not enrolled.
pub async fn hold(db: &mut PgConnection, follower: &str) -> Result<Option<Checkpoint>, Error> {
    let row: Option<(Position, Vec<u8>, i32)> = sqlx::query_as(
        "select position, chain, epoch
         from keeping.checkpoint
         where follower = $1
         for update skip locked",
    )
    .bind(follower)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(position, chain, epoch)| Checkpoint { position, chain, epoch }))
}

/// The log's chain and epoch at a position: those of the commit that holds it.
pub async fn of_log(
    db: &mut PgConnection,
    position: Position,
) -> Result<Option<Checkpoint>, Error> {
    if position == Position(0) {
        return Ok(Some(Checkpoint::origin()));
    }
    let row: Option<(Vec<u8>, i32)> = sqlx::query_as(
        "select chain, epoch
         from log.commit
         where last_position >= $1
         order by last_position
         limit 1",
    )
    .bind(position)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(chain, epoch)| Checkpoint { position, chain, epoch }))
}

/// Moves `follower` forward.
pub async fn advance(db: &mut PgConnection, follower: &str, to: &Checkpoint) -> Result<(), Error> {
    sqlx::query(
        "update keeping.checkpoint
         set position = $2, chain = $3, epoch = $4, moved_at = clock_timestamp()
         where follower = $1",
    )
    .bind(follower)
    .bind(to.position)
    .bind(&to.chain)
    .bind(to.epoch)
    .execute(db)
    .await?;
    Ok(())
}

/// Where `follower` stands, without holding it.
pub async fn of(db: &mut PgConnection, follower: &str) -> Result<Option<Position>, Error> {
    Ok(sqlx::query_scalar("select position from keeping.checkpoint where follower = $1")
        .bind(follower)
        .fetch_optional(db)
        .await?)
}
