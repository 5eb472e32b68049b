//! The reference lists as the log has them now: what commands choose from, and the labels that
//! people read.
//!
//! Decisions and read models never ask them: a list that changes changes no fact, and no answer
//! that is built again. Each process follows the amendments; the one that records an amendment
//! reads it before it answers.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use domain::{Event, Liste, Lists, codec::Tagged, referentiel::Event as Fact, referentiel::Values};
use eventlog::{Error, EventLog, Position};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::follower::{self, Follower};

/// Facts read at once.
const BATCH: i64 = 10_000;

/// The lists of this process. Cheap to clone: clones share them.
#[derive(Debug, Clone, Default)]
pub struct Listes {
    now: Arc<RwLock<Arc<Lists>>>,
    /// Held from reading to keeping, so that nobody puts an older reading over a newer one.
    reading: Arc<Mutex<()>>,
}

impl Listes {
    /// As they are known now.
    pub fn now(&self) -> Arc<Lists> {
        self.now
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads every list, and answers up to where the log was read.
    pub async fn read_all(&self, log: &EventLog) -> Result<Position, Error> {
        let (at, _) = log.newest().await?;
        self.read(log, Liste::ALL).await?;
        Ok(at)
    }

    /// Reads some lists again.
    pub async fn read(&self, log: &EventLog, listes: &[Liste]) -> Result<(), Error> {
        let _alone = self.reading.lock().await;
        let streams: Vec<Uuid> = listes.iter().map(|it| it.id().0).collect();
        let facts = log.histories(&streams, Fact::kinds()).await?;
        let mut amended: BTreeMap<Liste, Values> = listes
            .iter()
            .map(|it| (*it, Values::compiled(*it).clone()))
            .collect();
        for recorded in &facts {
            let Event::Referentiel(fact) = &recorded.event else { continue };
            if let Some(values) = amended.get_mut(&fact.liste()) {
                values.apply(fact);
            }
        }
        let before = Lists::clone(&self.now());
        let after = amended.into_values().fold(before, Lists::with);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        Ok(())
    }
}

/// Reads amendments as the log grows.
struct Keeper<'a>(&'a Listes, &'a EventLog);

impl Follower for Keeper<'_> {
    const STOPPED: &'static str = "essaim_listes_stopped";
    const COMPLAINT: &'static str = "the reference lists are not up to date";
    type Error = Error;

    async fn begin(&self) -> Result<Position, Error> {
        self.0.read_all(self.1).await
    }

    async fn read_on(&self, at: Position) -> Result<Position, Error> {
        step(self.0, self.1, at).await
    }
}

/// Goes on as the log grows, until told to stop.
pub async fn keep(listes: Listes, log: EventLog, stop: CancellationToken) {
    follower::keep(&Keeper(&listes, &log), &log, stop).await;
}

async fn step(listes: &Listes, log: &EventLog, at: Position) -> Result<Position, Error> {
    let kinds: Vec<_> = Fact::kinds()
        .iter()
        .map(|it| format!("referentiel.{it}"))
        .collect();
    let kinds: Vec<_> = kinds.iter().map(String::as_str).collect();
    let batch = log.read_after(at, BATCH, Some(&kinds)).await?.whole()?;
    let amended: Vec<_> = batch
        .recorded
        .iter()
        .filter_map(|it| match &it.event {
            Event::Referentiel(fact) => Some(fact.liste()),
            _ => None,
        })
        .collect();
    if !amended.is_empty() {
        listes.read(log, &amended).await?;
    }
    Ok(batch.last)
}
