//! Doors that stay open, for those who follow what happens: over a WebSocket (`websocket`), or by
//! events that the server sends (`events`). What is asked there goes through the same doors as any request,
//! one operation at a time: the token, the guard, the places in flight.

pub mod events;
pub mod websocket;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_graphql::Executor;
use http::{HeaderMap, header, request::Parts};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Doors;
use crate::auth::{Caller, Denied};

/// The most that stay open at once in one process.
pub const CONNECTIONS_MAX: usize = 2_000;
/// The most that one caller may leave open at once in one process.
pub const CONNECTIONS_PER_CALLER_MAX: usize = 30;
/// The most operations at once on one connection, subscriptions for the most part.
pub const OPERATIONS_MAX: usize = 20;
/// What waits to be taken by one connection, in messages.
pub const WAITING_MAX: usize = 32;
/// How long a message may wait for room, before its reader is too slow.
pub const SLOW_MAX: Duration = Duration::from_secs(10);
/// How often a token that was let in is looked at again: it may expire, or lose its key.
pub const TOKEN_LOOK: Duration = Duration::from_secs(5);

/// Whether a request is to become a WebSocket.
pub(super) fn upgrades(headers: &HeaderMap) -> bool {
    let all = headers.get_all(header::UPGRADE).iter();
    all.filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','))
        .any(|it| it.trim().eq_ignore_ascii_case("websocket"))
}

/// Room for connections that stay open.
pub(super) struct Rooms {
    places: Arc<Semaphore>,
    callers: Arc<Mutex<Callers>>,
}

/// How many each caller has open, by issuer and subject.
type Callers = HashMap<(String, String), usize>;

impl Default for Rooms {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(CONNECTIONS_MAX)), callers: Arc::default() }
    }
}

impl Rooms {
    /// A place for one connection more, whoever comes; none when all are taken.
    fn place(&self, transport: &'static str) -> Option<Room> {
        let permit = self.places.clone().try_acquire_owned().ok()?;
        metrics::gauge!("essaim_live_connections", "transport" => transport).increment(1.0);
        Some(Room { transport, _permit: permit })
    }

    /// One connection more of that caller; none when they have enough.
    fn of(&self, caller: &Caller) -> Option<Seat> {
        let who = (caller.issuer.clone(), caller.subject.clone());
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let open = callers.entry(who.clone()).or_default();
        if *open >= CONNECTIONS_PER_CALLER_MAX {
            return None;
        }
        *open += 1;
        Some(Seat { who, callers: self.callers.clone() })
    }
}

/// The place of one connection, given back when dropped.
struct Room {
    transport: &'static str,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Room {
    fn drop(&mut self) {
        metrics::gauge!("essaim_live_connections", "transport" => self.transport).decrement(1.0);
    }
}

/// One of the connections of a caller, given back when dropped.
struct Seat {
    who: (String, String),
    callers: Arc<Mutex<Callers>>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = callers.get_mut(&self.who) {
            *open -= 1;
            if *open == 0 {
                callers.remove(&self.who);
            }
        }
    }
}

/// Counted as long as something is followed.
struct Subscribed;

impl Subscribed {
    fn begin() -> Self {
        metrics::gauge!("essaim_live_subscriptions").increment(1.0);
        Self
    }
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        metrics::gauge!("essaim_live_subscriptions").decrement(1.0);
    }
}

impl<E: Executor> Doors<E> {
    /// Who the headers name now. The only look at a token here: each operation looks again.
    async fn who(&self, parts: &Parts) -> Result<Option<Caller>, Denied> {
        let verifier = &self.app.verifier;
        verifier.caller(&parts.headers, &parts.extensions).await
    }

    /// Whether whoever was let in is still who they were.
    async fn still(&self, parts: &Parts, caller: &Caller) -> Result<(), Denied> {
        match self.who(parts).await? {
            Some(now) if now == *caller => Ok(()),
            _ => Err(Denied::Anonymous),
        }
    }
}

/// An event was sent.
fn sent() {
    metrics::counter!("essaim_live_events_total").increment(1);
}

/// A connection ended, for that reason.
fn closed(transport: &'static str, reason: &'static str) {
    metrics::counter!("essaim_live_closes_total", "transport" => transport, "reason" => reason)
        .increment(1);
}
