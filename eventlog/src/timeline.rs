//! Whether what this process remembers still is what the log says.
//!
//! A database can be put back under a process: a copy of it takes over that had not yet received
//! the last commits, or a backup is restored. What was read of the facts that are gone must not
//! decide anything. So all that is kept in memory bears the timeline in which it was read, and
//! another one begins whenever the log may be another: a connection that was always there is lost,
//! or the last fact seen is not in the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{EventLog, Position};

/// What was read in another one is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeline(u64);

/// The last fact that was read or written, by its place and its hash. While it is in the log,
/// so is every state in memory.
pub(crate) type Witness = (Position, [u8; 32]);

/// The timeline of this process, and the last fact seen in it. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Timelines(Arc<Mutex<(Timeline, Option<Witness>)>>);

impl Timelines {
    pub(crate) fn now(&self) -> Timeline {
        self.lock().0
    }

    pub(crate) fn witness(&self) -> (Timeline, Option<Witness>) {
        *self.lock()
    }

    /// A fact was read or written.
    pub(crate) fn saw(&self, timeline: Timeline, fact: Witness) {
        let mut now = self.lock();
        if now.0 == timeline && now.1.is_none_or(|last| last.0 < fact.0) {
            now.1 = Some(fact);
        }
    }

    /// The log may be another one: what is in memory is void.
    pub(crate) fn forget(&self) {
        let mut now = self.lock();
        *now = (Timeline(now.0.0 + 1), None);
    }

    fn lock(&self) -> MutexGuard<'_, (Timeline, Option<Witness>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventLog {
    /// The timeline of this process: whoever keeps a place in the log finds it again when there is
    /// another.
    pub fn timeline(&self) -> Timeline {
        self.timelines.now()
    }
}
