//! How far a follower has read, and who runs it. Moved in the transaction of the follower's
//! own writes, so that each fact counts exactly once.
//!
//! A follower is run by whoever holds its lease. A lease that is not renewed may be taken, and
//! its token then no longer opens the checkpoint: a runner that slept too long wakes up, and
//! writes nothing.

use std::time::Duration;

use sqlx::{PgConnection, Row, postgres::types::PgInterval};
use uuid::Uuid;

use crate::{Error, Position, parked};

/// How long a lease lasts that is not renewed.
pub const LEASE: Duration = Duration::from_secs(4);

/// Where a follower stands: its position, and the log's chain there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub position: Position,
    pub chain: Vec<u8>,
    pub epoch: i32,
}

/// The right to move a follower.
#[derive(Debug, Clone)]
pub struct Lease {
    pub follower: String,
    /// Fences out those who held it before.
    token: i64,
}

/// A follower whose row is held until the transaction ends.
#[derive(Debug)]
pub struct Held {
    pub at: Checkpoint,
    /// Whether the log has another chain there: it is not the one that was followed. Said of where
    /// the follower stood when this was asked: to be believed if it stands where it was last seen.
    pub forked: bool,
    /// Whether it has ever reached the end of the log.
    pub built: bool,
    /// The code of what stopped it, and where.
    pub stopped: Option<String>,
    pub stopped_at: Option<Position>,
    /// The sequences that wait.
    pub parked: Vec<Uuid>,
    /// The facts that it leaves out for good.
    pub discarded: Vec<Position>,
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

/// Forgets a follower, and what waits for it.
pub async fn forget(db: &mut PgConnection, follower: &str) -> Result<(), Error> {
    parked::forget(db, follower).await?;
    sqlx::query("delete from keeping.checkpoint where follower = $1")
        .bind(follower)
        .execute(db)
        .await?;
    Ok(())
}

/// Takes the lease of a follower, if nobody holds it.
pub async fn acquire(db: &mut PgConnection, follower: &str) -> Result<Option<Lease>, Error> {
    let token = sqlx::query_scalar(
        "update keeping.checkpoint
         set token = nextval('keeping.token'), held_until = clock_timestamp() + $2
         where follower = (select follower from keeping.checkpoint
                           where follower = $1 and held_until < clock_timestamp()
                           for update skip locked)
         returning token",
    )
    .bind(follower)
    .bind(lease())
    .fetch_optional(db)
    .await?;
    Ok(token.map(|token| Lease { follower: follower.to_owned(), token }))
}

/// Takes the lease of a follower from whoever holds it, once their transaction has ended.
pub async fn take(db: &mut PgConnection, follower: &str) -> Result<Option<Lease>, Error> {
    let token = sqlx::query_scalar(
        "update keeping.checkpoint
         set token = nextval('keeping.token'), held_until = clock_timestamp() + $2
         where follower = $1
         returning token",
    )
    .bind(follower)
    .bind(lease())
    .fetch_optional(db)
    .await?;
    Ok(token.map(|token| Lease { follower: follower.to_owned(), token }))
}

/// Goes on holding a lease, and says where its follower stands. `None` when it was lost.
pub async fn renew(db: &mut PgConnection, lease: &Lease) -> Result<Option<Checkpoint>, Error> {
    let row: Option<(Position, Vec<u8>, i32)> = sqlx::query_as(
        "update keeping.checkpoint
         set held_until = clock_timestamp() + $3
         where follower = $1 and token = $2
         returning position, chain, epoch",
    )
    .bind(&lease.follower)
    .bind(lease.token)
    .bind(self::lease())
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(position, chain, epoch)| Checkpoint { position, chain, epoch }))
}

/// Gives a lease back, so that nobody waits for its end.
pub async fn release(db: &mut PgConnection, lease: &Lease) -> Result<(), Error> {
    sqlx::query(
        "update keeping.checkpoint
         set held_until = '-infinity'
         where follower = $1 and token = $2",
    )
    .bind(&lease.follower)
    .bind(lease.token)
    .execute(db)
    .await?;
    Ok(())
}

fn lease() -> PgInterval {
    let microseconds = i64::try_from(LEASE.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}

/// Holds the row of a follower until the transaction ends. `None` when the lease was lost.
/// What is built beside an answer leaves out what that answer, `of`, leaves out.
pub async fn hold(db: &mut PgConnection, lease: &Lease, of: &str) -> Result<Option<Held>, Error> {
    let row = sqlx::query(
        "select c.position, c.chain, c.epoch, c.built_at is not null as built, c.stopped,
                c.stopped_at, (log.chain, log.epoch) is distinct from (c.chain, c.epoch)
                              and c.position > 0 as forked,
                array(select distinct sequence from keeping.parked where follower = $1) as parked,
                array(select position from keeping.intervention
                      where follower = $3 and position is not null) as discarded
         from keeping.checkpoint c
         left join lateral (
             select chain, epoch from log.commit
             where last_position >= c.position
             order by last_position
             limit 1
         ) log on true
         where c.follower = $1 and c.token = $2
         for update of c",
    )
    .bind(&lease.follower)
    .bind(lease.token)
    .bind(of)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let at = Checkpoint {
        position: row.try_get("position")?,
        chain: row.try_get("chain")?,
        epoch: row.try_get("epoch")?,
    };
    let discarded: Vec<i64> = row.try_get("discarded")?;
    Ok(Some(Held {
        at,
        forked: row.try_get("forked")?,
        built: row.try_get("built")?,
        stopped: row.try_get("stopped")?,
        stopped_at: row.try_get("stopped_at")?,
        parked: row.try_get("parked")?,
        discarded: discarded.into_iter().map(Position).collect(),
    }))
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

/// Moves a follower whose row is held to a position of the log: it runs. Says whether the log has
/// that position.
pub async fn advance(db: &mut PgConnection, follower: &str, to: Position) -> Result<bool, Error> {
    let before_any = Checkpoint::origin();
    let moved = sqlx::query(
        "update keeping.checkpoint
         set position = $2, chain = log.chain, epoch = log.epoch, moved_at = clock_timestamp(),
             stopped = null, stopped_at = null
         from (
             select $3::bytea as chain, $4::int as epoch where $2 = 0
             union all
             (select chain, epoch from log.commit
              where last_position >= $2 and $2 > 0
              order by last_position
              limit 1)
         ) log
         where follower = $1",
    )
    .bind(follower)
    .bind(to)
    .bind(before_any.chain)
    .bind(before_any.epoch)
    .execute(db)
    .await?;
    Ok(moved.rows_affected() > 0)
}

/// Says that a follower whose row is held has reached the end of the log, and runs.
pub async fn reached(db: &mut PgConnection, follower: &str) -> Result<(), Error> {
    sqlx::query(
        "update keeping.checkpoint
         set built_at = coalesce(built_at, clock_timestamp()), stopped = null, stopped_at = null
         where follower = $1",
    )
    .bind(follower)
    .execute(db)
    .await?;
    Ok(())
}

/// Says why a follower goes no further, and at which position. Without a lease, only when
/// nobody holds it.
pub async fn stop(
    db: &mut PgConnection,
    follower: &str,
    lease: Option<&Lease>,
    (code, at): (&str, Option<Position>),
) -> Result<(), Error> {
    enrol(&mut *db, follower).await?;
    sqlx::query(
        "update keeping.checkpoint
         set stopped = $3, stopped_at = coalesce($4, position)
         where follower = $1 and (token = $2 or $2 is null and held_until < clock_timestamp())",
    )
    .bind(follower)
    .bind(lease.map(|it| it.token))
    .bind(code)
    .bind(at)
    .execute(db)
    .await?;
    Ok(())
}

/// Puts one follower, whose row is held, in place of another, whose row is held too.
pub async fn replace(db: &mut PgConnection, by: &str, follower: &str) -> Result<(), Error> {
    sqlx::query(
        "update keeping.checkpoint old
         set position = new.position, chain = new.chain, epoch = new.epoch,
             built_at = new.built_at, moved_at = clock_timestamp(),
             stopped = null, stopped_at = null
         from keeping.checkpoint new
         where old.follower = $2 and new.follower = $1",
    )
    .bind(by)
    .bind(follower)
    .execute(&mut *db)
    .await?;
    parked::replace(db, by, follower).await?;
    forget(db, by).await
}

/// Where `follower` stands, without holding it.
pub async fn of(db: &mut PgConnection, follower: &str) -> Result<Option<Position>, Error> {
    Ok(sqlx::query_scalar("select position from keeping.checkpoint where follower = $1")
        .bind(follower)
        .fetch_optional(db)
        .await?)
}

/// Followers that nobody runs.
pub async fn idle(db: &mut PgConnection) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar(
        "select follower from keeping.checkpoint
         where held_until < clock_timestamp()
         order by follower",
    )
    .fetch_all(db)
    .await?)
}
