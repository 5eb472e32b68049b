//! Facts go in: prepared on the caller's task, written by the writer's one statement.

use domain::{Claim, Date, Decided, Decider, Expect, codec::encode};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Command, Error, EventLog, Position, Stream, leaf, vault::SealedValue};

/// The lock under which facts are numbered, as `log.append` takes it.
pub(crate) const WRITING: i64 = 7_235_409_113_468_211;

/// One command ready for the log: canonical, sealed and hashed.
pub(crate) struct Prepared {
    pub command: Uuid,
    pub fingerprint: [u8; 32],
    pub category: &'static str,
    pub stream: Uuid,
    /// The version its stream must stand at.
    pub after: i64,
    /// Where its stream stands, for an outcome without fact.
    pub position: Position,
    pub actor: Uuid,
    pub facts: Vec<PreparedFact>,
    pub expects: Vec<Expect>,
    pub claims: Vec<Claim>,
    pub releases: Vec<Claim>,
}

pub(crate) struct PreparedFact {
    pub leaf: String,
    pub hash: [u8; 32],
    pub version: i64,
    pub kind: String,
    pub schema: i16,
    pub territory: Option<String>,
    pub on: Date,
    pub sealed: Vec<SealedValue>,
}

impl Prepared {
    /// Where its stream stands once it is appended.
    fn version(&self) -> i64 {
        self.facts.last().map_or(self.after, |it| it.version)
    }

    /// The hash of its last fact.
    pub(crate) fn receipt(&self) -> Option<[u8; 32]> {
        self.facts.last().map(|it| it.hash)
    }

    /// Roughly what it weighs in a batch.
    pub(crate) fn bytes(&self) -> usize {
        let weight = |it: &PreparedFact| {
            let sealed: usize = it.sealed.iter().map(|it| it.boxed.len()).sum();
            it.leaf.len() + sealed
        };
        256 + self.facts.iter().map(weight).sum::<usize>()
    }
}

/// What the log answered to one command of a batch.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Verdict {
    pub answer: String,
    /// Where its stream stands: after it, or instead of where it was expected.
    pub version: Option<i64>,
    pub position: Option<Position>,
    pub taken: Option<String>,
}

impl EventLog {
    /// Writes facts as leaves that follow a state.
    pub(crate) async fn prepare<D: Decider>(
        &self,
        command: &Command,
        id: D::Id,
        after: &Stream<D>,
        decided: &Decided<D::Event>,
    ) -> Result<Prepared, Error> {
        let stream: Uuid = id.into();
        let mut facts = Vec::with_capacity(decided.facts.len());
        for (version, fact) in (after.version.0 + 1..).zip(&decided.facts) {
            let stored = encode::<D>(&fact.event)?;
            let mut sealed = Vec::with_capacity(stored.sealed.len());
            for value in stored.sealed {
                sealed.push(self.vault.seal(value).await?);
            }
            let territory = fact.place.territoire.as_ref().map(ToString::to_string);
            let by = &command.asked.by;
            let mut members = json!({
                "v": leaf::PROFILE,
                "log": &*self.origin,
                "id": event_id(command),
                "stream": format!("{}/{stream}", D::CATEGORY),
                "sv": version,
                "type": stored.kind,
                "tv": stored.schema,
                "at": leaf::time(command.at),
                "on": fact.on.to_string(),
                "cmd": command.id,
                "actor": { "id": by.id, "role": by.role.name() },
                "data": stored.data,
            });
            put(&mut members["actor"], "org", by.org.map(|it| json!(it)));
            put(&mut members["actor"], "via", by.via.as_deref().map(Value::from));
            put(&mut members, "corr", fact.place.dossier.map(|it| json!(it)));
            put(&mut members, "terr", territory.as_deref().map(Value::from));
            put(&mut members, "trace", command.trace.as_deref().map(Value::from));
            let commitments: Map<_, _> = sealed
                .iter()
                .map(|it| (it.pointer.clone(), it.commitment.clone()))
                .collect();
            put(&mut members, "sealed", (!commitments.is_empty()).then(|| commitments.into()));
            let text = leaf::canonical(&members)?;
            facts.push(PreparedFact {
                hash: leaf::hash(&text),
                leaf: text,
                version,
                kind: stored.kind,
                schema: stored.schema,
                territory,
                on: fact.on,
                sealed,
            });
        }
        Ok(Prepared {
            command: command.id,
            fingerprint: command.fingerprint,
            category: D::CATEGORY,
            stream,
            after: after.version.0,
            position: after.position,
            actor: command.asked.by.id.0,
            facts,
            expects: decided.expects.clone(),
            claims: decided.claims.clone(),
            releases: decided.releases.clone(),
        })
    }
}

/// What names a batch.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub id: Uuid,
    /// Whether it was sent before, and its answer lost.
    pub again: bool,
    /// The process that writes.
    pub node: &'a str,
}

/// Sends a batch in one round trip; answers one verdict a command, in order.
pub(crate) async fn append(
    db: &mut PgConnection,
    batch: Batch<'_>,
    commands: &[Prepared],
) -> Result<Vec<Verdict>, sqlx::Error> {
    let numbered = || (1_i32..).zip(commands);
    let facts: Vec<_> = numbered()
        .flat_map(|(n, it)| it.facts.iter().map(move |fact| (n, it, fact)))
        .collect();
    let expects: Vec<_> = numbered()
        .flat_map(|(n, it)| it.expects.iter().map(move |expect| (n, expect)))
        .collect();
    let claims: Vec<_> = numbered()
        .flat_map(|(n, it)| {
            let claims = it.claims.iter().map(move |claim| (n, claim, false));
            claims.chain(it.releases.iter().map(move |claim| (n, claim, true)))
        })
        .collect();
    let sealed: Vec<_> = (1_i32..)
        .zip(&facts)
        .flat_map(|(n, (.., fact))| fact.sealed.iter().map(move |it| (n, it)))
        .collect();
    // A command's last fact by its place, from 1; none for an outcome without fact.
    let last = numbered().scan(0_i32, |facts, (_, it)| {
        *facts += i32::try_from(it.facts.len()).unwrap_or(i32::MAX);
        Some((!it.facts.is_empty()).then_some(*facts))
    });
    sqlx::query_as(
        "select verdict as answer, version, position, taken
         from log.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                         $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30,
                         $31, $32, $33, $34)",
    )
    .bind(batch.id)
    .bind(batch.again)
    .bind(batch.node)
    .bind(column(commands, |it| it.command))
    .bind(column(commands, |it| it.fingerprint.as_slice()))
    .bind(column(commands, |it| it.category))
    .bind(column(commands, |it| it.stream))
    .bind(column(commands, |it| it.after))
    .bind(column(commands, Prepared::version))
    .bind(column(commands, |it| it.position.0))
    .bind(last.collect::<Vec<_>>())
    .bind(column(&facts, |(n, ..)| *n))
    .bind(column(&facts, |(.., it)| it.leaf.as_str()))
    .bind(column(&facts, |(.., it)| it.hash.as_slice()))
    .bind(column(&facts, |(_, of, _)| of.category))
    .bind(column(&facts, |(_, of, _)| of.stream))
    .bind(column(&facts, |(.., it)| it.version))
    .bind(column(&facts, |(.., it)| it.kind.as_str()))
    .bind(column(&facts, |(.., it)| it.schema))
    .bind(column(&facts, |(_, of, _)| of.command))
    .bind(column(&facts, |(_, of, _)| of.actor))
    .bind(column(&facts, |(.., it)| it.territory.as_deref()))
    .bind(column(&facts, |(.., it)| jiff_sqlx::Date::from(it.on)))
    .bind(column(&expects, |(of, _)| *of))
    .bind(column(&expects, |(_, it)| it.stream))
    .bind(column(&expects, |(_, it)| it.version.0))
    .bind(column(&claims, |(of, ..)| *of))
    .bind(column(&claims, |(_, it, _)| it.scope))
    .bind(column(&claims, |(_, it, _)| it.value.as_str()))
    .bind(column(&claims, |(.., released)| *released))
    .bind(column(&sealed, |(of, _)| *of))
    .bind(column(&sealed, |(_, it)| it.pointer.as_str()))
    .bind(column(&sealed, |(_, it)| it.subject.as_str()))
    .bind(column(&sealed, |(_, it)| it.boxed.as_slice()))
    .fetch_all(db)
    .await
}

fn column<'a, T, U>(rows: &'a [T], of: impl Fn(&'a T) -> U) -> Vec<U> {
    rows.iter().map(of).collect()
}

/// Adds a member, or leaves it out.
fn put(members: &mut Value, name: &str, value: Option<Value>) {
    if let (Value::Object(members), Some(value)) = (members, value) {
        members.insert(name.to_owned(), value);
    }
}

/// The one place where the id of a fact is drawn: time-ordered from the time of the decision.
fn event_id(command: &Command) -> Uuid {
    let since = command.at.as_duration();
    let (secs, nanos) = (since.as_secs().unsigned_abs(), since.subsec_nanos().unsigned_abs());
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, secs, nanos))
}
