//! The log: one append-only table, one total order without holes.
//!
//! It knows what a decider is, never which ones exist. Five verbs: [`EventLog::decide`],
//! [`EventLog::load`], [`EventLog::history`], [`EventLog::read_after`], [`EventLog::wait`].

use std::{sync::Arc, time::Duration};

use domain::{Asked, Refusal, Version, codec::CodecError};
use jiff::Timestamp;
use sqlx::{
    PgPool,
    migrate::{MigrateDatabase, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::watch;
use uuid::Uuid;

mod decide;
mod load;
mod timeline;
mod append;
mod writer;
mod follow;
mod tail;
mod wake;
pub mod leaf;
pub mod vault;
pub mod checkpoint;
pub mod proof;
pub mod parked;
mod process;
mod journal;
mod usage;

pub use crate::{
    follow::{ActorStamp, Batch, Recorded, Unreadable},
    journal::Reading,
    load::Stream,
    process::Process,
    timeline::Timeline,
    usage::Usage,
    vault::{Kek, Reader, Vault},
    writer::limits,
};

/// The schemas `log`, `keeping` and `vault`: the only migrations of the house.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The log. Cheap to clone.
#[derive(Clone)]
pub struct EventLog {
    pool: PgPool,
    /// Who speaks in this log; part of every leaf.
    origin: Arc<str>,
    vault: Vault,
    timelines: timeline::Timelines,
    cache: load::States,
    writer: writer::Writer,
    head: watch::Sender<Position>,
    tail: tail::Tail,
}

/// One request to change something.
#[derive(Debug, Clone)]
pub struct Command {
    /// Chosen by the caller, so that sending it twice is harmless.
    pub id: Uuid,
    /// Of the request and who sent it: the same id with another content is refused.
    pub fingerprint: [u8; 32],
    /// Who asks, when, and why.
    pub asked: Asked,
    /// The time of the decision.
    pub at: Timestamp,
    /// The version they saw, when they want to be told that it moved.
    pub seen: Option<Version>,
    /// The W3C trace of the request, kept with the facts it causes.
    pub trace: Option<String>,
}

/// What a command led to: the same answer however often it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub stream: Uuid,
    /// Where its stream stands after it.
    pub version: Version,
    /// Its last fact; when nothing was to do, the last fact of its stream.
    pub position: Position,
    /// The leaf hash of its last fact, with which its presence in the log can be proved.
    pub receipt: Option<[u8; 32]>,
}

/// A place in the whole log, from 1; 0 is before the first fact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Position(pub i64);

/// Why the log did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A business answer, not a failure.
    #[error("the rules say no: {}", .0.code)]
    Refused(Refusal),
    #[error("the stream moved three times in a row")]
    Conflict,
    #[error("the stream is no longer at the version seen")]
    Moved { current: Version },
    #[error("the command id was used for another request")]
    CommandReused,
    #[error("another stream holds a value of scope `{scope}`")]
    Claimed { scope: String },
    #[error("the writer's queue is full")]
    Overloaded,
    #[error("the fact cannot be written")]
    Leaf(#[from] leaf::Unfit),
    #[error("cannot encode a fact")]
    Codec(#[from] CodecError),
    #[error("cannot read the event at position {}", position.0)]
    Unreadable { position: Position, source: CodecError },
    #[error("the leaf at position {} is malformed", position.0)]
    Malformed { position: Position, source: serde_json::Error },
    #[error("position {} is missing from the log", .0.0)]
    Hole(Position),
    #[error("the log speaks for `{found}`, not for `{expected}`")]
    Origin { found: String, expected: String },
    #[error(
        "the log has {head} facts and does not extend the {signed} that were signed: it was forked"
    )]
    Forked { signed: u64, head: u64 },
    #[error("there is no such proof")]
    Proof(#[from] proof::Refused),
    #[error("the copy of the checkpoint cannot be written")]
    Copy(#[source] std::io::Error),
    #[error("a sealed value cannot be opened or closed")]
    Vault(#[from] vault::Failure),
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
    /// The batch failed: whether it was recorded is told by sending the same command again.
    #[error("the writer could not record a batch")]
    Writer(#[source] Arc<sqlx::Error>),
    /// As above, of one command.
    #[error("the connection to the database was lost again and again")]
    Lost,
    #[error("the database cannot be migrated")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("the writer stopped")]
    Stopped,
}

impl Error {
    /// Whether more is asked than can be done now: the same request may be sent again.
    pub fn is_overload(&self) -> bool {
        matches!(self, Self::Overloaded | Self::Database(sqlx::Error::PoolTimedOut))
    }
}

/// What a statement may take of the server. The writer has no such limit: it waits its turn.
pub const LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "15s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "30s"),
];

/// How connections are pooled: one that has rested is asked whether it is still there.
pub fn pooling(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(2))
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > Duration::from_secs(1) {
                    sqlx::Connection::ping(connection).await?;
                }
                Ok(true)
            })
        })
}

impl EventLog {
    /// Makes the database of `url` if the server does not have it yet.
    pub async fn create_database(url: &str) -> Result<(), Error> {
        if !sqlx::Postgres::database_exists(url).await? {
            sqlx::Postgres::create_database(url).await?;
        }
        Ok(())
    }

    /// Migrates the database of `url`, as the migration role, and names the log.
    pub async fn migrate_at(url: &str, origin: &str) -> Result<(), Error> {
        let pool = PgPoolOptions::new().max_connections(1).connect(url).await?;
        let migrated = Self::migrate(&pool, origin).await;
        pool.close().await;
        migrated
    }

    /// Opens the log of `url`, with a pool of its own and the writer's connection apart.
    pub async fn connect(
        url: &str,
        connections: u32,
        origin: &str,
        kek: Kek,
    ) -> Result<Self, Error> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.application_name("essaim");
        let pool = pooling(connections)
            .connect_with(options.clone().options(LIMITS))
            .await?;
        Self::open(pool, options, origin, kek).await
    }

    /// Creates or upgrades the schemas, as the migration role, and names the log.
    pub async fn migrate(pool: &PgPool, origin: &str) -> Result<(), Error> {
        MIGRATIONS.run(pool).await?;
        sqlx::query("insert into log.origin (name) values ($1) on conflict do nothing")
            .bind(origin)
            .execute(pool)
            .await?;
        Ok(())
    }

    /// Opens a migrated log. `writer` connects on its own, directly, whatever pools the rest.
    pub async fn open(
        pool: PgPool,
        writer: PgConnectOptions,
        origin: &str,
        kek: Kek,
    ) -> Result<Self, Error> {
        let found: String = sqlx::query_scalar("select name from log.origin")
            .fetch_one(&pool)
            .await?;
        if found != origin {
            return Err(Error::Origin { found, expected: origin.to_owned() });
        }
        let (head, _) = watch::channel(Self::stored_head(&pool).await?);
        let timelines = timeline::Timelines::default();
        let log = Self {
            vault: Vault::new(pool.clone(), kek, timelines.clone()),
            writer: writer::Writer::start(writer.clone(), timelines.clone(), head.clone()),
            cache: load::States::new(timelines.clone()),
            origin: origin.into(),
            pool,
            head,
            tail: tail::Tail::default(),
            timelines,
        };
        log.vault.refuse_other_kek().await?;
        let told = wake::Heard { head: log.head.clone(), timelines: log.timelines.clone() };
        wake::start(writer, told, log.pool.close_event());
        Ok(log)
    }

    /// The last position that this process knows to be recorded.
    pub fn head(&self) -> Position {
        *self.head.borrow()
    }

    /// The last position recorded, and when.
    pub async fn newest(&self) -> Result<(Position, Option<Timestamp>), Error> {
        let row: Option<(Position, jiff_sqlx::Timestamp)> = sqlx::query_as(
            "select last_position, recorded_at from log.commit order by commit_no desc limit 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map_or((Position(0), None), |(position, at)| (position, Some(at.to_jiff()))))
    }

    /// When the fact at `position` was recorded.
    pub async fn recorded_at(&self, position: Position) -> Result<Option<Timestamp>, Error> {
        let at: Option<jiff_sqlx::Timestamp> =
            sqlx::query_scalar("select recorded_at from log.event where position = $1")
                .bind(position)
                .fetch_optional(&self.pool)
                .await?;
        Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
    }

    /// The last position recorded before a moment. Facts are recorded in the order of their
    /// times, so it is found in as many steps as its number has bits.
    pub async fn before(&self, moment: Timestamp) -> Result<Position, Error> {
        Ok(sqlx::query_scalar(
            "with recursive search (low, high) as (
                 select 0::bigint, coalesce(max(last_position), 0) from log.commit
                 union all
                 select case when e.recorded_at < $1 then middle else low end,
                        case when e.recorded_at < $1 then high else middle - 1 end
                 from search
                 cross join lateral (select (low + high + 1) / 2 as middle) it
                 join log.event e on e.position = middle
                 where low < high
             )
             select low from search where low = high",
        )
        .bind(jiff_sqlx::Timestamp::from(moment))
        .fetch_one(&self.pool)
        .await?)
    }

    /// The stream that holds a claimed value.
    pub async fn claimed(&self, scope: &str, value: &str) -> Result<Option<Uuid>, Error> {
        Ok(sqlx::query_scalar("select stream from log.claim where scope = $1 and value = $2")
            .bind(scope)
            .bind(value)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Every stream that holds a claimed value of a scope.
    pub async fn holders(&self, scope: &str) -> Result<Vec<Uuid>, Error> {
        Ok(sqlx::query_scalar("select stream from log.claim where scope = $1 order by stream")
            .bind(scope)
            .fetch_all(&self.pool)
            .await?)
    }

    /// Who speaks in this log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The values kept under key.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Leaves the database politely.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Records nothing more in this process.
    pub(crate) fn stop_writing(&self) {
        self.writer.stop();
    }

    /// Whether this process can record nothing more.
    pub fn has_stopped(&self) -> bool {
        self.writer.has_stopped()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    async fn stored_head(pool: &PgPool) -> Result<Position, Error> {
        let head: Option<Position> =
            sqlx::query_scalar("select max(last_position) from log.commit")
                .fetch_one(pool)
                .await?;
        Ok(head.unwrap_or_default())
    }
}
