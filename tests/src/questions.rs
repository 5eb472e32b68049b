//! The questions on a database of their own, asked at the moment a test chooses.
//!
//! Nothing follows the log behind the test's back: [`Questions::catch_up`] does, and says
//! whether a rebuild finds the same rows.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::ensure;
use domain::{
    Actor, ActorId, Asked, Date, Decider, Decision, DlaId, OrganisationId, Prose, Role, date,
};
use eventlog::{Command, EventLog, Outcome, Position, Reader};
use projections::{ALL, ReadModel, Reads};
use sqlx::{AssertSqlSafe, Connection};
use uuid::Uuid;

use crate::Database;

/// The day of the tests.
pub const TODAY: Date = date(2026, 3, 16);

static COMMANDS: AtomicU64 = AtomicU64::new(1);

/// A log and its questions.
pub struct Questions {
    pub log: EventLog,
    pub reads: Reads,
    /// Dropped after those who use it.
    pub database: Database,
}

impl Questions {
    /// On a fresh database.
    pub async fn open() -> anyhow::Result<Self> {
        Self::on(Database::open().await?).await
    }

    /// On that database.
    pub async fn on(database: Database) -> anyhow::Result<Self> {
        let log = database.log().await?;
        let reads = Reads::open(database.as_service(), 4, log.clone()).await?;
        Ok(Self { log, reads, database })
    }

    /// Lets one stream decide, today, as someone asks.
    pub async fn decide<D: Decider>(
        &self,
        by: &Actor,
        id: D::Id,
        decision: impl Fn(&D, &Asked) -> Decision<D> + Send + Sync,
    ) -> anyhow::Result<Outcome> {
        self.tell(&command(by), id, decision).await
    }

    /// The same, on another day, or with a justification.
    pub async fn tell<D: Decider>(
        &self,
        command: &Command,
        id: D::Id,
        decision: impl Fn(&D, &Asked) -> Decision<D> + Send + Sync,
    ) -> anyhow::Result<Outcome> {
        Ok(self.log.decide::<D>(command, id, decision).await?)
    }

    /// Lets every question see all the facts, in batches of the usual size.
    pub async fn catch_up(&self) -> anyhow::Result<Position> {
        let mut at = Position(0);
        for model in ALL.iter().copied() {
            at = self
                .reads
                .catch_up(model, projections::runner::BATCH_MAX)
                .await?;
        }
        Ok(at)
    }

    /// The rows of a question, as sorted JSON: one line a row, one paragraph a table.
    pub async fn dump(&self, model: &ReadModel) -> anyhow::Result<String> {
        let schema = model.key();
        let mut db = self.database.admin().await?;
        let tables: Vec<String> = sqlx::query_scalar(
            "select tablename::text from pg_tables where schemaname = $1 order by 1",
        )
        .bind(&schema)
        .fetch_all(&mut db)
        .await?;
        ensure!(!tables.is_empty(), "`{schema}` is not built");
        let mut paragraphs = vec![];
        for table in tables {
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
                r#"select to_jsonb(t)::text from {schema}.{table} t order by to_jsonb(t)::text collate "C""#
            )))
            .fetch_all(&mut db)
            .await?;
            paragraphs.push(format!("{table}\n{}\n", rows.join("\n")));
        }
        db.close().await?;
        Ok(paragraphs.join("\n"))
    }

    /// The rows of a question, once it is sure that they are the same built anew in one go as
    /// built fact by fact, from where the question stood.
    pub async fn dump_however_built(&self, model: &'static ReadModel) -> anyhow::Result<String> {
        self.reads.catch_up(model, 1).await?;
        let one_by_one = self.dump(model).await?;
        self.reads.rebuild(model, |_, _| ()).await?;
        let anew = self.dump(model).await?;
        ensure!(one_by_one == anew, "one by one:\n{one_by_one}\nanew:\n{anew}");
        Ok(anew)
    }
}

/// A request of today, without justification. Each has an id of its own.
pub fn command(by: &Actor) -> Command {
    let n = COMMANDS.fetch_add(1, Ordering::Relaxed);
    Command {
        id: Uuid::from_u128(0x00c0_0000_0000 + u128::from(n)),
        fingerprint: [0; 32],
        asked: Asked { by: by.clone(), today: TODAY, on: None, because: None },
        at: "2026-03-16T08:00:00Z".parse().expect("a time"),
        seen: None,
        trace: None,
    }
}

/// The same, about another day.
pub fn on(day: Date, mut command: Command) -> Command {
    command.asked.on = Some(day);
    command
}

/// The same, justified.
pub fn because(reason: &str, mut command: Command) -> Command {
    command.asked.because = Some(Prose::parse(reason).expect("a text"));
    command
}

/// Someone, in a role.
pub fn actor(role: Role) -> Actor {
    Actor { id: ActorId(Uuid::from_u128(7)), org: None, via: None, role }
}

/// Works for a DLA.
pub fn charge_de_mission(dla: DlaId) -> Actor {
    actor(Role::ChargeDeMission { dlas: BTreeSet::from([dla]) })
}

/// Answers for those who carry a DLA.
pub fn responsable(dla: DlaId) -> Actor {
    actor(Role::ResponsablePorteuse { dlas: BTreeSet::from([dla]) })
}

/// Finances.
pub fn financeur(financeur: OrganisationId) -> Actor {
    actor(Role::Financeur { financeur })
}

/// Is accompanied.
pub fn structure(structure: OrganisationId) -> Actor {
    actor(Role::StructureBeneficiaire { structure })
}

/// Bids.
pub fn prestataire(prestataire: OrganisationId) -> Actor {
    actor(Role::Prestataire { prestataire })
}

/// Keeps the registry.
pub fn admin() -> Actor {
    actor(Role::Admin)
}

/// The house itself, as the journal names it.
pub fn reader() -> Reader {
    Reader::of(&Actor::HOUSE)
}
