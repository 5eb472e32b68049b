//! The newest facts, read once for all that follow the log in this process.
//!
//! Whoever stands within them takes the next ones from memory; whoever is further behind reads
//! the log alone. What is given is what was in the table when it was last looked at, and it is
//! looked at for whoever has nothing left to read: memory hides no fact.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
    time::Instant,
};

use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::{Error, EventLog, Position, follow::Recorded, timeline::Timeline};

/// Facts kept at most.
const FACTS_MAX: usize = 2_000;
/// Bytes of leaves kept at most, beside one look at the table.
const BYTES_MAX: usize = 4 << 20;
/// Facts that one look brings.
const LOOK_MAX: i64 = 1_000;

/// A fact that several may ask for.
pub(crate) struct Fact {
    pub(crate) position: Position,
    pub(crate) recorded_at: Timestamp,
    /// `category.Kind`.
    pub(crate) name: String,
    pub(crate) leaf: String,
    read: OnceLock<Option<Recorded>>,
}

impl Fact {
    /// The fact, read once; none when this program cannot read it.
    pub(crate) fn recorded(&self) -> Option<Recorded> {
        let read = || Recorded::read(self.position, self.recorded_at, &self.leaf).ok();
        self.read.get_or_init(read).clone()
    }
}

#[derive(Clone, Default)]
pub(crate) struct Tail(Arc<Mutex<Kept>>);

/// Facts without a hole between them, the last of which stands at `last`.
#[derive(Default)]
struct Kept {
    facts: VecDeque<Arc<Fact>>,
    bytes: usize,
    last: Position,
    /// In which they were read.
    timeline: Timeline,
    /// When the last look at the table began.
    looked: Option<Instant>,
}

impl Tail {
    /// At most `limit` facts after a position; none when it is further back than what is kept, or
    /// when more are wanted than one look brings: a reader of much reads alone.
    pub(crate) async fn after(
        &self,
        log: &EventLog,
        after: Position,
        limit: i64,
    ) -> Result<Option<Vec<Arc<Fact>>>, Error> {
        if limit > LOOK_MAX {
            return Ok(None);
        }
        let asked = Instant::now();
        let mut kept = self.0.lock().await;
        let timeline = log.timelines.now();
        if after > kept.last || kept.timeline != timeline {
            *kept = Kept { last: after, timeline, ..Kept::default() };
        }
        // Others may have looked while this one waited for its turn: once is enough.
        if after == kept.last && kept.looked.is_none_or(|looked| looked < asked) {
            let looked = Instant::now();
            for fact in log.newer(after, LOOK_MAX).await? {
                kept.add(fact);
            }
            kept.looked = Some(looked);
        }
        Ok(kept.after(after, limit))
    }
}

impl Kept {
    fn add(&mut self, fact: Fact) {
        self.last = fact.position;
        self.bytes += fact.leaf.len();
        self.facts.push_back(Arc::new(fact));
        while self.facts.len() > FACTS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.facts.pop_front() else { return };
            self.bytes -= oldest.leaf.len();
        }
    }

    fn after(&self, after: Position, limit: i64) -> Option<Vec<Arc<Fact>>> {
        let kept = i64::try_from(self.facts.len()).unwrap_or(i64::MAX);
        // The last position before those kept.
        let before = self.last.0 - kept;
        let skipped = usize::try_from(after.0 - before).ok()?;
        let limit = usize::try_from(limit).unwrap_or_default();
        Some(
            self.facts
                .iter()
                .skip(skipped)
                .take(limit)
                .cloned()
                .collect(),
        )
    }
}

impl EventLog {
    /// The facts after a position, whatever their kind.
    async fn newer(&self, after: Position, limit: i64) -> Result<Vec<Fact>, Error> {
        let rows: Vec<(Position, jiff_sqlx::Timestamp, String, String)> = sqlx::query_as(
            "select position, recorded_at, category || '.' || kind, leaf::text
             from log.event
             where position > $1
             order by position
             limit $2",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let mut facts = Vec::with_capacity(rows.len());
        for ((position, at, name, leaf), expected) in rows.into_iter().zip(after.0 + 1..) {
            if position.0 != expected {
                return Err(Error::Hole(Position(expected)));
            }
            let read = OnceLock::new();
            facts.push(Fact { position, recorded_at: at.to_jiff(), name, leaf, read });
        }
        Ok(facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(positions: std::ops::RangeInclusive<i64>) -> Kept {
        let mut kept = Kept { last: Position(positions.start() - 1), ..Kept::default() };
        for n in positions {
            kept.add(Fact {
                position: Position(n),
                recorded_at: Timestamp::UNIX_EPOCH,
                name: "diary.Written".to_owned(),
                leaf: "{}".to_owned(),
                read: OnceLock::new(),
            });
        }
        kept
    }

    fn given(kept: &Kept, after: i64, limit: i64) -> Option<Vec<i64>> {
        let facts = kept.after(Position(after), limit)?;
        Some(facts.iter().map(|it| it.position.0).collect())
    }

    #[test]
    fn whoever_stands_within_what_is_kept_gets_what_comes_next() {
        let kept = kept(5..=9);
        assert_eq!(given(&kept, 4, 10), Some(vec![5, 6, 7, 8, 9]));
        assert_eq!(given(&kept, 6, 2), Some(vec![7, 8]));
        assert_eq!(given(&kept, 9, 10), Some(vec![]));
    }

    #[test]
    fn whoever_is_further_back_gets_nothing_from_memory() {
        assert_eq!(given(&kept(5..=9), 3, 10), None);
        assert_eq!(given(&Kept::default(), 0, 10), Some(vec![]));
    }

    #[test]
    fn the_oldest_leave_when_there_are_too_many() {
        let most = i64::try_from(FACTS_MAX).unwrap();
        let kept = kept(1..=most + 3);
        assert_eq!(kept.facts.len(), FACTS_MAX);
        assert_eq!(given(&kept, 2, 1), None);
        assert_eq!(given(&kept, 3, 1), Some(vec![4]));
        assert_eq!(kept.bytes, FACTS_MAX * 2);
    }
}
