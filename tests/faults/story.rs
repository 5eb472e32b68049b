//! What the clients sent and what they were told, as they lived it.

use std::time::Instant;

use uuid::Uuid;

/// One command, from its first sending to its answer.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) command: Uuid,
    pub(crate) at: Instant,
    /// Sendings after the first.
    pub(crate) again: usize,
    pub(crate) told: Option<Told>,
}

/// What the API answered.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) at: Instant,
    pub(crate) position: i64,
    pub(crate) version: i64,
    pub(crate) receipt: String,
}

/// One question that had to be as fresh as a position.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) at_least: i64,
    /// How recent the answer said that it was.
    pub(crate) as_of: i64,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Story {
    pub(crate) sent: Vec<Sent>,
    pub(crate) reads: Vec<Read>,
    /// In the log, at the last verdict.
    pub(crate) facts: usize,
}

pub(crate) struct Count {
    pub(crate) acknowledged: usize,
    pub(crate) again: usize,
    pub(crate) facts: usize,
}

impl Story {
    pub(crate) fn told(&self) -> Count {
        Count {
            acknowledged: self.sent.iter().filter(|it| it.told.is_some()).count(),
            again: self.sent.iter().map(|it| it.again).sum(),
            facts: self.facts,
        }
    }
}
