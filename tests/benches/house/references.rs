//! What the log is compared with: how others write to PostgreSQL.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, ensure};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use uuid::Uuid;

use crate::{
    SLICE, STREAMS, WARM_UP,
    filling::{scattered, text},
    gauge::{Gauge, Tally, Worker},
};

/// What each stores, as one document.
const DOCUMENT_BYTES: usize = 600;
/// Rows of one transaction, when many go together.
const TOGETHER: usize = 100;

const TABLES: &str = "
    create schema reference;
    create table reference.event (
        position    bigint      generated always as identity primary key,
        stream      uuid        not null,
        version     bigint      not null,
        kind        text        not null,
        data        json        not null,
        recorded_at timestamptz not null default now(),
        unique (stream, version)
    );
    create table reference.bare (
        position    bigint      generated always as identity primary key,
        data        json        not null
    );
    create table reference.log (like log.event including all);";

/// Makes the tables of the references.
pub(crate) async fn prepare(db: &mut PgConnection) -> anyhow::Result<()> {
    sqlx::raw_sql(TABLES).execute(db).await?;
    Ok(())
}

/// A document of the usual size.
pub(crate) fn document() -> String {
    let around = r#"{"text":""}"#.len();
    format!(r#"{{"text":"{}"}}"#, text(DOCUMENT_BYTES - around))
}

/// Hands out the streams one after the other, so that no two writers have the same.
pub(crate) struct Streams {
    from: usize,
    next: AtomicUsize,
}

impl Streams {
    /// The streams from a number.
    pub(crate) fn from(from: usize) -> Self {
        Self { from, next: AtomicUsize::new(0) }
    }

    pub(crate) fn take(&self) -> usize {
        self.from + self.next.fetch_add(1, Ordering::Relaxed) % STREAMS
    }
}

/// (a) One transaction a command: where does its stream stand, is that where it was, add a fact
/// under a sequence's number.
pub(crate) struct Checked {
    pub(crate) db: PgConnection,
    pub(crate) streams: Arc<Streams>,
    pub(crate) document: String,
}

impl Worker for Checked {
    async fn works(&mut self) -> anyhow::Result<usize> {
        let stream = scattered(self.streams.take());
        let mut transaction = self.db.begin().await?;
        let version: Option<i64> =
            sqlx::query_scalar("select max(version) from reference.event where stream = $1")
                .bind(stream)
                .fetch_one(&mut *transaction)
                .await?;
        sqlx::query(
            "insert into reference.event (stream, version, kind, data)
             values ($1, $2, 'Written', $3::json)",
        )
        .bind(stream)
        .bind(version.unwrap_or_default() + 1)
        .bind(&self.document)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(1)
    }
}

/// (c) Many rows a transaction, under versions that nobody checks.
pub(crate) struct Together {
    pub(crate) db: PgConnection,
    pub(crate) next: Arc<AtomicI64>,
    pub(crate) document: String,
}

impl Worker for Together {
    async fn works(&mut self) -> anyhow::Result<usize> {
        let from = self.next.fetch_add(1, Ordering::Relaxed);
        let streams: Vec<Uuid> = (0..TOGETHER).map(|n| scattered(2 * STREAMS + n)).collect();
        sqlx::query(
            "insert into reference.event (stream, version, kind, data)
             select stream, $2, 'Written', data::json
             from unnest($1::uuid[], $3::text[]) it (stream, data)",
        )
        .bind(streams)
        .bind(from)
        .bind(vec![self.document.as_str(); TOGETHER])
        .execute(&mut self.db)
        .await?;
        Ok(TOGETHER)
    }
}

/// (d) Facts already written, copied into a table like theirs with its indexes and checks.
pub(crate) struct Copied {
    into: String,
    rows: Vec<u8>,
    pub(crate) count: usize,
}

impl Copied {
    /// Takes the first facts of the log, as `COPY` writes them.
    pub(crate) async fn of_log(db: &mut PgConnection, most: usize) -> anyhow::Result<Self> {
        let facts = format!("select * from log.event where position <= {most} order by position");
        Self::of(db, &facts, "reference.log".to_owned()).await
    }

    /// Takes the rows of a question, one by table, for tables like theirs with their indexes.
    pub(crate) async fn of_answer(
        db: &mut PgConnection,
        schema: &str,
    ) -> anyhow::Result<Vec<Self>> {
        sqlx::raw_sql("create schema if not exists reference")
            .execute(&mut *db)
            .await?;
        let tables: Vec<String> =
            sqlx::query_scalar("select tablename::text from pg_tables where schemaname = $1")
                .bind(schema)
                .fetch_all(&mut *db)
                .await?;
        let mut all = vec![];
        for table in tables {
            let (from, into) = (format!("{schema}.{table}"), format!("reference.{table}"));
            let like = format!("create table {into} (like {from} including all)");
            sqlx::raw_sql(AssertSqlSafe(like)).execute(&mut *db).await?;
            all.push(Self::of(db, &format!("select * from {from}"), into).await?);
        }
        Ok(all)
    }

    async fn of(db: &mut PgConnection, select: &str, into: String) -> anyhow::Result<Self> {
        use futures_util::TryStreamExt as _;

        let copy = format!("copy ({select}) to stdout (format binary)");
        let chunks = db.copy_out_raw(&copy).await?;
        let rows = chunks.try_fold(vec![], |mut all, chunk| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        });
        let rows = rows.await?;
        let count = format!("select count(*) from ({select}) rows");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(count))
            .fetch_one(db)
            .await?;
        Ok(Self { into, rows, count: usize::try_from(count)? })
    }

    /// Empties its table.
    pub(crate) async fn empty(&self, db: &mut PgConnection) -> anyhow::Result<()> {
        sqlx::raw_sql(AssertSqlSafe(format!("truncate {}", self.into)))
            .execute(db)
            .await?;
        Ok(())
    }

    /// Copies them in.
    pub(crate) async fn copy(&self, db: &mut PgConnection) -> anyhow::Result<()> {
        let statement = format!("copy {} from stdin (format binary)", self.into);
        let mut copy = db.copy_in_raw(&statement).await?;
        for chunk in self.rows.chunks(64 << 10) {
            copy.send(chunk).await?;
        }
        copy.finish().await?;
        Ok(())
    }

    /// Copies them in, again and again for a slice; emptying the table is not counted.
    pub(crate) async fn slice(
        &self,
        gauge: &Gauge,
        db: &mut PgConnection,
        tally: &mut Tally,
    ) -> anyhow::Result<()> {
        let until = tally.elapsed + SLICE;
        while tally.elapsed < until {
            self.empty(db).await?;
            gauge
                .whole(tally, async {
                    self.copy(db).await?;
                    Ok(self.count)
                })
                .await?;
        }
        Ok(())
    }
}

/// `pgbench`: PostgreSQL's own program, and what it plays.
pub(crate) struct Bare {
    program: PathBuf,
    folder: PathBuf,
    scripts: Vec<String>,
    host: PathBuf,
    user: String,
    database: String,
}

impl Bare {
    /// (b) One row a transaction, checking nothing.
    pub(crate) fn at(
        program: PathBuf,
        place: &Path,
        db: &PgConnectOptions,
    ) -> anyhow::Result<Self> {
        let insert = format!("insert into reference.bare (data) values ('{}')", document());
        Self::playing(program, place.join("pgbench"), &[insert], db)
    }

    /// These statements, each as often as the others.
    pub(crate) fn playing(
        program: PathBuf,
        folder: PathBuf,
        statements: &[String],
        db: &PgConnectOptions,
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(&folder)?;
        let mut scripts = vec![];
        for (n, statement) in statements.iter().enumerate() {
            let name = format!("{n}.sql");
            fs::write(folder.join(&name), format!("{statement};\n"))?;
            scripts.push(format!("--file={name}"));
        }
        Ok(Self {
            program,
            folder,
            scripts,
            host: db
                .get_socket()
                .cloned()
                .context("a server without a socket")?,
            user: db.get_username().to_owned(),
            database: db.get_database().context("no database")?.to_owned(),
        })
    }

    /// Connections are made before the slice begins, and closed after it has ended.
    pub(crate) async fn slice(
        &self,
        gauge: &Gauge,
        at_once: usize,
        tally: &mut Tally,
    ) -> anyhow::Result<()> {
        let connecting =
            Duration::from_millis(500) + Duration::from_millis(10) * u32::try_from(at_once)?;
        let whole = connecting + WARM_UP + SLICE + Duration::from_secs(1);
        let mut program = tokio::process::Command::new(&self.program)
            .args(["--no-vacuum", "--protocol=prepared", "--log"])
            .args(&self.scripts)
            .arg(format!("--client={at_once}"))
            .arg(format!("--jobs={}", at_once.min(2)))
            .arg(format!("--time={}", whole.as_secs()))
            .arg(format!("--host={}", self.host.display()))
            .arg(format!("--username={}", self.user))
            .arg(&self.database)
            .current_dir(&self.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        tokio::time::sleep(connecting + WARM_UP).await;
        let (from, since) = (now()?, gauge.start()?);
        tokio::time::sleep(SLICE).await;
        gauge.stop(&since, tally)?;
        let to = now()?;
        ensure!(program.wait().await?.success(), "pgbench failed");
        for entry in fs::read_dir(&self.folder)?.flatten() {
            if !entry
                .file_name()
                .to_string_lossy()
                .starts_with("pgbench_log")
            {
                continue;
            }
            // client, number, microseconds, script, and when it ended: seconds, microseconds
            for line in fs::read_to_string(entry.path())?.lines() {
                let it: Vec<u64> = line.split(' ').map_while(|it| it.parse().ok()).collect();
                let [_, _, took, _, seconds, micros, ..] = it[..] else { continue };
                let ended = Duration::from_secs(seconds) + Duration::from_micros(micros);
                if (from..to).contains(&ended) {
                    tally.operations += 1;
                    tally.took.push(Duration::from_micros(took));
                }
            }
            fs::remove_file(entry.path())?;
        }
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "pgbench writes the wall clock in its log")]
fn now() -> anyhow::Result<Duration> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?)
}
