//! The questions, and how events keep the answers true.
//!
//! A read model is two files: what it is made of (`.sql`) and how facts fill it and how it
//! is asked (`.rs`). It is never migrated: a new version is built beside the old one.

use std::{sync::Arc, time::Duration};

use eventlog::{EventLog, Position, Recorded};
use futures_util::future::BoxFuture;
use sqlx::{PgConnection, PgPool, postgres::PgConnectOptions};
use uuid::Uuid;

pub mod accompagnements;
pub mod annuaires;
pub mod besoins;
pub mod bibliotheque;
pub mod capitalisations;
pub mod comites;
pub mod consultations;
pub mod conventions;
pub mod dlas;
pub mod documents;
pub mod evaluations;
pub mod exports;
pub mod financements;
pub mod historique;
pub mod ingenieries;
pub mod interventions;
pub mod jetons_service;
pub mod mandats_audit;
pub mod organisations;
pub mod personnes;
pub mod reponses;
pub mod resultats;
pub mod superpositions;
pub mod past;
pub mod statistiques;
pub mod scope;
pub mod runner;
pub mod waiting;
mod sift;
mod beside;
mod status;
mod error;
mod tables;
mod rows;
mod columns;
mod copy;

pub use crate::{
    beside::Verified,
    error::Error,
    scope::{Scope, SealedPlace, Waiver},
    status::{AsOf, Status, Stopped},
};

/// Every question of the house.
pub const ALL: &[&ReadModel] = &[
    &accompagnements::MODEL,
    &bibliotheque::MODEL,
    &capitalisations::MODEL,
    &comites::MODEL,
    &consultations::MODEL,
    &conventions::MODEL,
    &dlas::MODEL,
    &documents::MODEL,
    &evaluations::MODEL,
    &financements::MODEL,
    &historique::MODEL,
    &ingenieries::MODEL,
    &interventions::MODEL,
    &jetons_service::MODEL,
    &mandats_audit::MODEL,
    &organisations::MODEL,
    &personnes::MODEL,
    &reponses::MODEL,
    &superpositions::MODEL,
];

/// A question, its tables, and what a batch of facts changes in them.
pub struct ReadModel {
    pub name: &'static str,
    /// Raise it when `tables` or `apply` changes: the answer is then rebuilt from the whole
    /// log, beside the old one.
    pub version: u32,
    /// Its `create index` are run once the rows are there.
    pub tables: &'static str,
    /// The kinds it needs, as `category.Kind`, or [`EVERY`]. The others never reach `apply`.
    pub reads: &'static [&'static str],
    /// What waits when a fact cannot be applied.
    pub order: Order,
    pub apply: Apply,
}

/// Which facts must be applied in order: those after one that cannot be applied wait for it.
/// None is ever skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// All of them: the question pauses, for its answers add up what many streams say.
    Log,
    /// Those of one stream, which are parked; the other streams go on.
    Stream,
    /// Those of one dossier.
    Dossier,
}

impl Order {
    /// The sequence of a fact, of those that wait for one another.
    pub(crate) fn sequence(self, stream: Uuid, dossier: Option<Uuid>) -> Uuid {
        match self {
            Self::Log => Uuid::nil(),
            Self::Stream => stream,
            Self::Dossier => dossier.unwrap_or(stream),
        }
    }
}

/// Writes what a batch of facts changes. Each fact comes once, in the order of the log.
pub type Apply =
    for<'a> fn(&'a mut PgConnection, &'a [Recorded]) -> BoxFuture<'a, Result<(), Error>>;

/// What a question declares when it needs every kind, those to come included: a fact that the
/// program does not know then stops it, and waits for the program that does.
pub const EVERY: &[&str] = &["*"];

impl ReadModel {
    /// The kinds to carry from the log; `None` is all of them.
    pub(crate) fn wanted(&self) -> Option<&'static [&'static str]> {
        (self.reads != EVERY).then_some(self.reads)
    }

    /// Names its Postgres schema and its checkpoint.
    pub fn key(&self) -> String {
        format!("{}_v{}", self.name, self.version)
    }

    /// The question of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|it| it.name == name)
    }
}

/// The answers, at the versions this program knows. Cheap to clone.
#[derive(Clone)]
pub struct Reads {
    pub(crate) pool: PgPool,
    pub(crate) log: EventLog,
    pub(crate) told: Arc<waiting::Told>,
    pub(crate) pasts: Arc<past::Pasts>,
    /// How long a query waits for its answer to catch up.
    pub(crate) patience: Duration,
    /// The position they stand at, when it is not the newest.
    past: Option<Position>,
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub has_next: bool,
}

impl<T> Page<T> {
    /// From one row more than was asked for.
    pub(crate) fn of(mut rows: Vec<T>, first: i64) -> Self {
        let first = usize::try_from(first).unwrap_or_default();
        let has_next = rows.len() > first;
        rows.truncate(first);
        Self { rows, has_next }
    }
}

impl Reads {
    /// Opens the answers of the database of `url`.
    pub async fn connect(url: &str, connections: u32, log: EventLog) -> Result<Self, Error> {
        let options: PgConnectOptions = url.parse()?;
        Self::open(options.application_name("essaim-reads"), connections, log).await
    }

    /// Opens the answers on a pool of their own, so that queries find the current versions.
    pub async fn open(
        options: PgConnectOptions,
        connections: u32,
        log: EventLog,
    ) -> Result<Self, Error> {
        let schemas: Vec<_> = ALL.iter().map(|it| it.key()).collect();
        let options = options.options(eventlog::LIMITS);
        let pasts = past::Pasts::new(options.clone());
        let options = options.options([("search_path", schemas.join(","))]);
        let pool = eventlog::pooling(connections).connect_with(options).await?;
        let told = Arc::new(waiting::Told::new());
        Ok(Self { pool, log, told, pasts, patience: waiting::WAIT_MAX, past: None })
    }

    /// The same, where queries wait that long for their answers and not [`waiting::WAIT_MAX`].
    #[must_use]
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The log that the answers come from.
    pub fn log(&self) -> &EventLog {
        &self.log
    }

    /// Leaves the database politely.
    pub async fn close(&self) {
        self.pasts.close().await;
        self.pool.close().await;
    }
}
