//! Compares a story with a log: what was acknowledged is there once, in its place, and nothing
//! else has moved.

use std::collections::{BTreeMap, HashMap, HashSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::story::Story;

/// One fact as the log's table holds it.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) position: i64,
    pub(crate) stream: Uuid,
    pub(crate) version: i64,
    pub(crate) command: Uuid,
    pub(crate) recorded_at: Timestamp,
    pub(crate) leaf: String,
    pub(crate) hash: Vec<u8>,
}

/// One batch.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) chain: Vec<u8>,
}

/// The whole log, as stored.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    pub(crate) facts: Vec<Fact>,
    pub(crate) commits: Vec<Commit>,
}

impl Stored {
    pub(crate) async fn read(db: &mut PgConnection) -> sqlx::Result<Self> {
        type Row = (i64, Uuid, i64, Uuid, jiff_sqlx::Timestamp, String, Vec<u8>);
        let facts: Vec<Row> = sqlx::query_as(
            "select position, stream, version, command, recorded_at, leaf::text, leaf_hash
             from log.event
             order by position",
        )
        .fetch_all(&mut *db)
        .await?;
        let commits: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(
            "select first_position, last_position, chain from log.commit order by commit_no",
        )
        .fetch_all(db)
        .await?;
        let fact = |(position, stream, version, command, at, leaf, hash): Row| Fact {
            position,
            stream,
            version,
            command,
            recorded_at: at.to_jiff(),
            leaf,
            hash,
        };
        let commit = |(first, last, chain)| Commit { first, last, chain };
        Ok(Self {
            facts: facts.into_iter().map(fact).collect(),
            commits: commits.into_iter().map(commit).collect(),
        })
    }
}

/// Everything that does not hold; empty when all is well.
pub(crate) fn faults(story: &Story, log: &Stored) -> Vec<String> {
    let mut found = vec![];
    places(log, &mut found);
    answers(story, log, &mut found);
    real_time(story, &mut found);
    proofs(log, &mut found);
    for read in &story.reads {
        if read.as_of < read.at_least {
            found.push(format!("stale read: {} asked, {} answered", read.at_least, read.as_of));
        }
    }
    found
}

/// Positions 1 to N, versions 1 to n in each stream, times that rise.
fn places(log: &Stored, found: &mut Vec<String>) {
    let mut versions: HashMap<Uuid, i64> = HashMap::new();
    let mut before = Timestamp::MIN;
    for (expected, fact) in (1..).zip(&log.facts) {
        if fact.position != expected {
            found.push(format!("hole: {} where {expected} belongs", fact.position));
            return;
        }
        let version = versions.entry(fact.stream).or_default();
        *version += 1;
        if fact.version != *version {
            found.push(format!("version {} at {expected}, expected {version}", fact.version));
        }
        if fact.recorded_at < before {
            found.push(format!("time goes back at {expected}"));
        }
        before = fact.recorded_at;
    }
}

/// Each acknowledged command once, where its client was told; none without an answer.
fn answers(story: &Story, log: &Stored, found: &mut Vec<String>) {
    let mut by_command: HashMap<Uuid, Vec<&Fact>> = HashMap::new();
    for fact in &log.facts {
        by_command.entry(fact.command).or_default().push(fact);
    }
    let mut sent = HashSet::new();
    for it in &story.sent {
        sent.insert(it.command);
        let Some(told) = &it.told else {
            found.push(format!("{} was never answered", it.command));
            continue;
        };
        match by_command.get(&it.command).map(Vec::as_slice) {
            None | Some([]) => found.push(format!("lost: {} was acknowledged", it.command)),
            Some([fact]) => {
                let receipt = URL_SAFE_NO_PAD.encode(&fact.hash);
                if (told.position, told.version, &told.receipt)
                    != (fact.position, fact.version, &receipt)
                {
                    found.push(format!(
                        "{} was told {}, and stands at {}",
                        it.command, told.position, fact.position
                    ));
                }
            }
            Some(twice) => {
                found.push(format!("duplicated: {} has {} facts", it.command, twice.len()));
            }
        }
    }
    for command in by_command.keys().filter(|it| !sent.contains(it)) {
        found.push(format!("{command} was never sent"));
    }
}

/// What was acknowledged before something else was sent stands before it.
fn real_time(story: &Story, found: &mut Vec<String>) {
    let mut acknowledged = BTreeMap::new();
    let mut sent = vec![];
    for it in &story.sent {
        if let Some(told) = &it.told {
            acknowledged.insert((told.at, told.position), it.command);
            sent.push((it.at, told.position, it.command));
        }
    }
    sent.sort_unstable();
    let mut earlier = acknowledged.into_iter().peekable();
    let mut furthest = 0;
    for (at, position, command) in sent {
        while let Some(((_, position), _)) = earlier.next_if(|((told, _), _)| *told < at) {
            furthest = furthest.max(position);
        }
        if position <= furthest {
            found
                .push(format!("{command} stands at {position}, after {furthest} was acknowledged"));
        }
    }
}

/// Hashes and chain recompute.
fn proofs(log: &Stored, found: &mut Vec<String>) {
    for fact in &log.facts {
        let mut sha = Sha256::new_with_prefix([0]);
        sha.update(&fact.leaf);
        if sha.finalize().as_slice() != fact.hash {
            found.push(format!("the hash at {} is not its leaf's", fact.position));
        }
    }
    let mut chain = vec![0; 32];
    let mut next = 1;
    for commit in &log.commits {
        let (from, to) = (usize::try_from(commit.first - 1), usize::try_from(commit.last));
        let facts = from
            .ok()
            .zip(to.ok())
            .and_then(|(from, to)| log.facts.get(from..to));
        let Some(facts) = facts.filter(|_| commit.first == next) else {
            found.push(format!("the batch at {} does not follow {next}", commit.first));
            return;
        };
        let mut sha = Sha256::new_with_prefix(&chain);
        for fact in facts {
            sha.update(&fact.hash);
        }
        chain = sha.finalize().to_vec();
        if chain != commit.chain {
            found.push(format!("the chain breaks at {}", commit.first));
        }
        next = commit.last + 1;
    }
    if next != i64::try_from(log.facts.len()).unwrap_or_default() + 1 {
        found.push(format!("the batches end before {next}, the facts do not"));
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::story::{Read, Sent, Told};

    /// Six commands, one after the other, on two streams, three batches.
    fn sound() -> (Story, Stored) {
        let start = Instant::now();
        let (mut story, mut log) = (Story::default(), Stored::default());
        for n in 1..=6_i64 {
            let leaf = format!("{{\"n\":{n}}}");
            let mut sha = Sha256::new_with_prefix([0]);
            sha.update(&leaf);
            let hash = sha.finalize().to_vec();
            let command = Uuid::from_u128(n.unsigned_abs().into());
            let version = (n + 1) / 2;
            let at = |tenth: i64| start + Duration::from_millis((n * 10 + tenth).unsigned_abs());
            let receipt = URL_SAFE_NO_PAD.encode(&hash);
            let told = Told { at: at(5), position: n, version, receipt };
            story
                .sent
                .push(Sent { command, at: at(0), again: 0, told: Some(told) });
            log.facts.push(Fact {
                position: n,
                stream: Uuid::from_u128(u128::from(n.unsigned_abs() % 2)),
                version,
                command,
                recorded_at: Timestamp::from_second(n).unwrap(),
                leaf,
                hash,
            });
        }
        chained(&mut log);
        story.reads.push(Read { at_least: 4, as_of: 4 });
        (story, log)
    }

    /// As an operator who knows how would rewrite the chain.
    fn chained(log: &mut Stored) {
        let mut chain = vec![0; 32];
        log.commits.clear();
        for facts in log.facts.chunks(2) {
            let mut sha = Sha256::new_with_prefix(&chain);
            for fact in facts {
                sha.update(&fact.hash);
            }
            chain = sha.finalize().to_vec();
            let (first, last) = (facts[0].position, facts[facts.len() - 1].position);
            log.commits
                .push(Commit { first, last, chain: chain.clone() });
        }
    }

    #[test]
    fn a_sound_story_has_no_fault() {
        let (story, log) = sound();
        assert_eq!(faults(&story, &log), Vec::<String>::new());
    }

    fn finds(what: &str, seed: impl Fn(&mut Story, &mut Stored)) {
        let (mut story, mut log) = sound();
        seed(&mut story, &mut log);
        let found = faults(&story, &log);
        assert!(found.iter().any(|it| it.contains(what)), "{what} in {found:?}");
    }

    #[test]
    fn a_lost_fact_is_found() {
        // The last one, renumbered and chained again so that nothing else is wrong.
        finds("lost", |_, log| {
            log.facts.pop();
            chained(log);
        });
    }

    #[test]
    fn a_duplicated_fact_is_found() {
        finds("duplicated", |_, log| {
            let mut twice = log.facts[5].clone();
            (twice.position, twice.version) = (7, 4);
            log.facts.push(twice);
            chained(log);
        });
    }

    #[test]
    fn swapped_facts_are_found() {
        finds("was acknowledged", |story, log| {
            // Both the log and the answers agree, and real time does not.
            for (left, right) in [(1, 3)] {
                log.facts.swap(left, right);
                let (a, b) = (log.facts[left].clone(), log.facts[right].clone());
                (log.facts[left].position, log.facts[left].version) = (b.position, b.version);
                (log.facts[right].position, log.facts[right].version) = (a.position, a.version);
                let (a, b) = (story.sent[left].told.clone(), story.sent[right].told.clone());
                let place = |told: &Option<Told>| told.as_ref().map(|it| (it.position, it.version));
                let (at_left, at_right) = (place(&a).unwrap(), place(&b).unwrap());
                for (n, at) in [(left, at_right), (right, at_left)] {
                    let told = story.sent[n].told.as_mut().unwrap();
                    (told.position, told.version) = at;
                }
            }
            chained(log);
        });
    }

    #[test]
    fn a_hole_is_found() {
        finds("hole", |_, log| {
            log.facts.remove(2);
        });
    }

    #[test]
    fn a_stale_read_is_found() {
        finds("stale read", |story, _| story.reads.push(Read { at_least: 5, as_of: 4 }));
    }

    #[test]
    fn a_fact_nobody_sent_a_silence_and_an_edit_are_found() {
        finds("never sent", |story, _| {
            story.sent.remove(0);
        });
        finds("never answered", |story, _| story.sent[5].told = None);
        finds("hash", |_, log| log.facts[2].leaf.push(' '));
        finds("chain", |_, log| log.commits[1].chain[0] ^= 1);
        finds("time goes back", |_, log| log.facts[3].recorded_at = Timestamp::UNIX_EPOCH);
    }
}
