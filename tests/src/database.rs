//! A fresh, migrated database a test, cloned from a template that the first test builds.
//!
//! The template's name holds a hash of the migrations, so that a changed migration builds
//! a new one. `file_copy` is several times faster here than running migrations each time.

use std::{
    path::PathBuf,
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::Context;
use eventlog::{EventLog, MIGRATIONS};
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// The log of the tests speaks under this name.
pub const ORIGIN: &str = "essaim.test/log";

/// Held while the template is built: other test processes wait.
const TEMPLATE_LOCK: i64 = 20_251_122;

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// One database, dropped with its owner.
pub struct Database {
    admin: PgConnectOptions,
    name: String,
    /// Whether it goes with this.
    owned: bool,
}

impl Database {
    /// Clones the template. `./dev test` says where the server is.
    pub async fn open() -> anyhow::Result<Self> {
        let admin = std::env::var_os("ESSAIM_TEST_DATABASE_URL").context(
            "run the tests with ./dev test, or set ESSAIM_TEST_DATABASE_URL to a server of yours",
        )?;
        Self::at(&admin.to_string_lossy()).await
    }

    /// The same, on the server of a superuser's URL.
    pub async fn at(url: &str) -> anyhow::Result<Self> {
        let admin = PgConnectOptions::from_str(url)?;
        let mut db = PgConnection::connect_with(&admin).await?;
        let template = template(&mut db, &admin).await?;
        let n = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("essaim_{}_{n}", std::process::id());
        run(&mut db, format!("drop database if exists {name} with (force)")).await?;
        run(&mut db, format!("create database {name} template {template} strategy file_copy"))
            .await?;
        // Rights on a database are not copied with it.
        run(&mut db, format!("grant create on database {name} to essaim_service")).await?;
        db.close().await?;
        Ok(Self { admin, name, owned: true })
    }

    /// The same database, for another process: it goes with the first.
    #[must_use]
    pub fn shared(&self) -> Self {
        Self { admin: self.admin.clone(), name: self.name.clone(), owned: false }
    }

    /// As the role that owns everything.
    pub fn as_admin(&self) -> PgConnectOptions {
        self.admin.clone().database(&self.name)
    }

    /// As the role of the service, with its rights and no more.
    pub fn as_service(&self) -> PgConnectOptions {
        self.as_admin().username("essaim_service")
    }

    /// A few connections of the service.
    pub async fn pool(&self) -> anyhow::Result<PgPool> {
        Ok(PgPoolOptions::new()
            .max_connections(8)
            .connect_with(self.as_service())
            .await?)
    }

    /// One connection of the owner.
    pub async fn admin(&self) -> anyhow::Result<PgConnection> {
        Ok(PgConnection::connect_with(&self.as_admin()).await?)
    }

    /// The folder of its documents, which goes with it.
    pub fn documents(&self) -> PathBuf {
        std::env::temp_dir().join(format!("{}-documents", self.name))
    }

    /// The log, opened as the service opens it.
    pub async fn log(&self) -> anyhow::Result<EventLog> {
        let kek = eventlog::Kek::new([7; 32]);
        Ok(EventLog::open(self.pool().await?, self.as_service(), ORIGIN, kek).await?)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.owned {
            return;
        }
        let _ = std::fs::remove_dir_all(self.documents());
        let (admin, name) = (self.admin.clone(), std::mem::take(&mut self.name));
        // The test's runtime may be going down: a thread of its own drops the database.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                if let Ok(mut db) = PgConnection::connect_with(&admin).await {
                    // The throw-away server goes away with what could not be dropped.
                    let _ = run(&mut db, format!("drop database {name} with (force)")).await;
                }
            });
        });
        let _ = dropping.join();
    }
}

async fn template(db: &mut PgConnection, admin: &PgConnectOptions) -> anyhow::Result<String> {
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in MIGRATIONS.iter().flat_map(|it| it.checksum.iter()) {
        sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let name = format!("essaim_template_{sum:x}");
    sqlx::query("select pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut *db)
        .await?;
    let built: bool = sqlx::query_scalar(
        "select exists (select from pg_database where datname = $1 and datistemplate)",
    )
    .bind(&name)
    .fetch_one(&mut *db)
    .await?;
    if !built {
        run(db, format!("drop database if exists {name}")).await?;
        run(db, format!("create database {name}")).await?;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(admin.clone().database(&name))
            .await?;
        EventLog::migrate(&pool, ORIGIN).await?;
        pool.close().await;
        run(db, format!("alter database {name} is_template true allow_connections false")).await?;
    }
    sqlx::query("select pg_advisory_unlock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(db)
        .await?;
    Ok(name)
}

async fn run(db: &mut PgConnection, statement: String) -> anyhow::Result<()> {
    db.execute(AssertSqlSafe(statement)).await?;
    Ok(())
}
