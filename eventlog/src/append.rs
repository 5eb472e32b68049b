//! Facts go in: prepared on the caller's task, written by the writer's one statement.

use domain::{Actor, Claim, Date, Decided, Decider, Expect, codec::encode};
use serde_json::Map;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Command, Error, EventLog, Position, Stream,
    leaf::{self, Members},
    timeline::{Timeline, Witness},
    vault::SealedValue,
};

/// The lock under which facts are numbered, as `log.append` takes it.
pub(crate) const WRITING: i64 = 7_235_409_113_468_211;

/// What `log.append` raises when it does not find the witness.
const FORKED: &str = "ESFRK";

/// One command ready for the log: canonical, sealed and hashed.
pub(crate) struct Prepared {
    pub command: Uuid,
    pub fingerprint: [u8; 32],
    pub category: &'static str,
    pub stream: Uuid,
    /// The version its stream must stand at.
    pub after: i64,
    /// In which it was decided.
    pub timeline: Timeline,
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
    pub(crate) fn version(&self) -> i64 {
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

/// What the log answered to one command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Recorded; its last fact stands there, or its stream when it has none.
    Appended(Position),
    /// The same command was answered before.
    Duplicate,
    /// The command id was used for another request.
    Reused,
    /// Its stream, or a stream it relied on, has moved.
    Conflict,
    /// Another stream holds a value it claims, in this scope.
    Claimed(String),
    /// It seals for a subject that was erased meanwhile.
    Erased,
    /// What it was decided on is void, whether it was recorded or not.
    Void,
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
            let (place, stream) = (&fact.place, format_args!("{}/{stream}", D::CATEGORY));
            let territory = place.territoire.as_ref().map(ToString::to_string);
            let mut leaf = Members::open();
            write_actor(&mut leaf, &command.asked.by)?;
            leaf.plain("at", leaf::time(command.at));
            leaf.plain("cmd", command.id);
            if let Some(dossier) = place.dossier {
                leaf.plain("corr", dossier.0);
            }
            leaf.value("data", &stored.data)?;
            leaf.plain("id", event_id(command));
            leaf.text("log", &self.origin)?;
            leaf.plain("on", fact.on);
            write_commitments(&mut leaf, &sealed)?;
            leaf.plain("stream", stream);
            leaf.number("sv", version)?;
            if let Some(territory) = &territory {
                leaf.text("terr", territory)?;
            }
            if let Some(trace) = &command.trace {
                leaf.text("trace", trace)?;
            }
            leaf.number("tv", stored.schema.into())?;
            leaf.plain("type", &stored.kind);
            leaf.plain("v", leaf::PROFILE);
            let text = leaf.close()?;
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
            timeline: after.timeline(),
            position: after.position,
            actor: command.asked.by.id.0,
            facts,
            expects: decided.expects.clone(),
            claims: decided.claims.clone(),
            releases: decided.releases.clone(),
        })
    }
}

/// What came of sending a batch.
pub(crate) enum Sent {
    /// Recorded whole, after this position.
    Recorded(Position),
    /// Nothing was recorded: what stands in the way of each command, if anything does.
    Hindered(Vec<Option<Verdict>>),
    /// The witness is not in the log, and nothing was recorded.
    Forked,
    /// The connection was lost, and another stands: whether it was recorded is not known.
    Lost,
}

/// Sends a batch in one round trip, if the log still holds the witness.
pub(crate) async fn append(
    db: &mut PgConnection,
    node: &str,
    witness: Option<Witness>,
    commands: &[&Prepared],
) -> Result<Sent, sqlx::Error> {
    let facts: Vec<_> = commands
        .iter()
        .flat_map(|it| it.facts.iter().map(move |fact| (it, fact)))
        .collect();
    let sealed: Vec<_> = (1_i32..)
        .zip(&facts)
        .flat_map(|(n, (_, fact))| fact.sealed.iter().map(move |it| (n, it)))
        .collect();
    // A command's last fact by its place, from 1; none for an outcome without fact.
    let last = commands.iter().scan(0_i32, |facts, it| {
        *facts += i32::try_from(it.facts.len()).unwrap_or(i32::MAX);
        Some((!it.facts.is_empty()).then_some(*facts))
    });
    let (expects, claims) = (expects(commands), claims(commands));
    let sent: Result<Option<Position>, _> = sqlx::query_scalar(
        "select log.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                           $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30,
                           $31)",
    )
    .bind(node)
    .bind(witness.map(|(position, _)| position))
    .bind(witness.as_ref().map(|(_, hash)| hash.as_slice()))
    .bind(column(commands, |it| it.command))
    .bind(column(commands, |it| it.fingerprint.as_slice()))
    .bind(column(commands, |it| it.stream))
    .bind(column(commands, |it| it.version()))
    .bind(last.collect::<Vec<_>>())
    .bind(column(commands, |it| it.position.0))
    .bind(column(&facts, |(_, it)| it.leaf.as_str()))
    .bind(column(&facts, |(_, it)| it.hash.as_slice()))
    .bind(column(&facts, |(of, _)| of.category))
    .bind(column(&facts, |(of, _)| of.stream))
    .bind(column(&facts, |(_, it)| it.version))
    .bind(column(&facts, |(_, it)| it.kind.as_str()))
    .bind(column(&facts, |(_, it)| it.schema))
    .bind(column(&facts, |(of, _)| of.command))
    .bind(column(&facts, |(of, _)| of.actor))
    .bind(column(&facts, |(_, it)| it.territory.as_deref()))
    .bind(column(&facts, |(_, it)| jiff_sqlx::Date::from(it.on)))
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
    .fetch_one(&mut *db)
    .await;
    match sent {
        Ok(Some(stands)) => Ok(Sent::Recorded(stands)),
        Ok(None) => Ok(Sent::Hindered(judge(db, commands).await?)),
        Err(sqlx::Error::Database(refused)) if refused.is_unique_violation() => {
            Ok(Sent::Hindered(judge(db, commands).await?))
        }
        Err(sqlx::Error::Database(refused)) if refused.code().as_deref() == Some(FORKED) => {
            Ok(Sent::Forked)
        }
        Err(error) => Err(error),
    }
}

/// Why each command of a batch may not be recorded; `None` for those that may.
async fn judge(
    db: &mut PgConnection,
    commands: &[&Prepared],
) -> Result<Vec<Option<Verdict>>, sqlx::Error> {
    let subjects: Vec<_> = numbered(commands)
        .flat_map(|(n, it)| it.facts.iter().map(move |fact| (n, fact)))
        .flat_map(|(n, fact)| fact.sealed.iter().map(move |it| (n, &it.subject)))
        .collect();
    let (expects, claims) = (expects(commands), claims(commands));
    let rows: Vec<(String, Option<String>)> = sqlx::query_as(
        "select verdict, taken
         from log.judge($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(column(commands, |it| it.command))
    .bind(column(commands, |it| it.fingerprint.as_slice()))
    .bind(column(commands, |it| it.stream))
    .bind(column(commands, |it| it.after))
    .bind(column(&expects, |(of, _)| *of))
    .bind(column(&expects, |(_, it)| it.stream))
    .bind(column(&expects, |(_, it)| it.version.0))
    .bind(column(&claims, |(of, ..)| *of))
    .bind(column(&claims, |(_, it, _)| it.scope))
    .bind(column(&claims, |(_, it, _)| it.value.as_str()))
    .bind(column(&claims, |(.., released)| *released))
    .bind(column(&subjects, |(of, _)| *of))
    .bind(column(&subjects, |(_, it)| it.as_str()))
    .fetch_all(db)
    .await?;
    let verdict = |(verdict, taken): (String, Option<String>)| match verdict.as_str() {
        "clear" => None,
        "duplicate" => Some(Verdict::Duplicate),
        "reused" => Some(Verdict::Reused),
        "claimed" => Some(Verdict::Claimed(taken.unwrap_or_default())),
        "erased" => Some(Verdict::Erased),
        _ => Some(Verdict::Conflict),
    };
    Ok(rows.into_iter().map(verdict).collect())
}

/// Commands by their place in the batch, as the database counts.
fn numbered<'a>(commands: &[&'a Prepared]) -> impl Iterator<Item = (i32, &'a Prepared)> {
    (1_i32..).zip(commands.iter().copied())
}

fn expects<'a>(commands: &[&'a Prepared]) -> Vec<(i32, &'a Expect)> {
    numbered(commands)
        .flat_map(|(n, it)| it.expects.iter().map(move |expect| (n, expect)))
        .collect()
}

/// The values claimed, and those released.
fn claims<'a>(commands: &[&'a Prepared]) -> Vec<(i32, &'a Claim, bool)> {
    numbered(commands)
        .flat_map(|(n, it)| {
            let claims = it.claims.iter().map(move |claim| (n, claim, false));
            claims.chain(it.releases.iter().map(move |claim| (n, claim, true)))
        })
        .collect()
}

fn column<'a, T, U>(rows: &'a [T], of: impl Fn(&'a T) -> U) -> Vec<U> {
    rows.iter().map(of).collect()
}

fn write_actor(leaf: &mut Members, by: &Actor) -> Result<(), leaf::Unfit> {
    leaf.open_object("actor");
    leaf.plain("id", by.id.0);
    if let Some(org) = by.org {
        leaf.plain("org", org.0);
    }
    leaf.plain("role", by.role.name().as_str());
    if let Some(via) = &by.via {
        leaf.text("via", via)?;
    }
    leaf.close_object();
    Ok(())
}

fn write_commitments(leaf: &mut Members, sealed: &[SealedValue]) -> Result<(), leaf::Unfit> {
    if sealed.is_empty() {
        return Ok(());
    }
    let commitments: Map<_, _> = sealed
        .iter()
        .map(|it| (it.pointer.clone(), it.commitment.clone()))
        .collect();
    leaf.value("sealed", &commitments.into())
}

/// The one place where the id of a fact is drawn: time-ordered from the time of the decision.
fn event_id(command: &Command) -> Uuid {
    let since = command.at.as_duration();
    let (secs, nanos) = (since.as_secs().unsigned_abs(), since.subsec_nanos().unsigned_abs());
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, secs, nanos))
}
