//! `essaim person`: what those who answer for the protection of data ask for outside the API.

use std::collections::BTreeMap;

use api::{clock, config::Settings, documents::Contents, erasures};
use clap::{Args, Subcommand};
use domain::{Actor, Event, PersonId, Personne, Subject, personne::Event as Fact};
use eventlog::{EventLog, Reader, Recorded};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Failure, open,
    output::{Format, Progress, say, table},
};

/// Lines of the journal in one export: all of them.
const ACCESSES_MAX: i64 = i64::MAX;

/// Leaves read at once.
const PAGE: u64 = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum Word {
    /// Prints all that is held on a person, and who opened it, as JSON. The journal says that you
    /// did, before anything is opened.
    Export {
        /// The UUID that facts know the person by.
        id: Uuid,
        #[command(flatten)]
        reason: Reason,
    },
    /// Lists what has been held for longer than its retention says.
    Due,
}

/// Kept in the journal of the vault.
#[derive(Debug, Args)]
pub(super) struct Reason {
    /// Why: the number of the request or the case, and no name.
    #[arg(long)]
    because: String,
    /// Who does it.
    #[arg(long, env = "USER")]
    by: String,
}

pub(super) async fn run(settings: &Settings, word: Word, format: Format) -> Result<(), Failure> {
    let contents = Contents::of(settings)?;
    let house = open(settings).await?;
    let log = &house.log;
    let done = async {
        // What was erased is in no answer, even when nobody serves.
        erasures::finish(log, &contents).await?;
        match word {
            Word::Export { id, reason } => export(log, PersonId(id), &reason).await,
            Word::Due => due(log, format).await,
        }
    };
    let done = done.await;
    house.close().await;
    done
}

async fn export(log: &EventLog, id: PersonId, reason: &Reason) -> Result<(), Failure> {
    let (vault, subject) = (log.vault(), Subject::person(id));
    let history = log.history::<Personne>(id).await?;
    let acteurs = log.load::<Personne>(id).await?;
    let acteurs: Vec<_> = acteurs.state.acteurs().iter().map(|it| it.0).collect();
    let held = vault.held(&subject).await?;
    let places: Vec<_> = held
        .iter()
        .map(|it| (it.position, it.pointer.as_str()))
        .collect();
    let reader = Reader::of(&Actor::HOUSE)
        .to("EXPORT")
        .because(&reason.because)
        .run_by(&reason.by);
    let mut opened = vault.open(&reader, &places).await?;
    let values = held.into_iter().map(|it| {
        let value = opened.remove(&(it.position, it.pointer.clone()));
        json!({
            "position": it.position.0,
            "stream": format!("{}/{}", it.category, it.stream),
            "type": it.kind,
            "on": it.on.to_string(),
            "pointer": it.pointer,
            "value": value,
        })
    });
    let values: Vec<_> = values.collect();
    let accesses = vault.accesses(&subject, ACCESSES_MAX).await?;
    let accesses = accesses.into_iter().map(|it| {
        json!({
            "at": it.at.to_string(),
            "actor": it.actor,
            "role": it.role,
            "purpose": it.purpose,
            "because": it.because,
            "who": it.who,
            "position": it.position.0,
            "pointer": it.pointer,
        })
    });
    let accesses: Vec<_> = accesses.collect();
    let facts = mentions(log, id, &acteurs).await?;
    if history.is_empty() && facts.is_empty() {
        return Err(Failure::NoPerson);
    }
    let accounts = vault.accounts(&acteurs).await?;
    let accounts = accounts.iter().map(
        |(issuer, subject, actor)| json!({ "issuer": issuer, "subject": subject, "actor": actor }),
    );
    let until = vault.due_of(&subject).await?;
    let all = json!({
        "personne": id.0,
        "exportedAt": clock::now().to_string(),
        "identite": identity(&values),
        "values": values,
        "keptUntil": until.map(|it| it.since.to_string()),
        "obligations": holds(&history),
        "effacement": erasure(&history, vault.erased_at(&subject).await?),
        "accounts": accounts.collect::<Vec<_>>(),
        "facts": facts,
        "accesses": accesses,
    });
    say(&all.to_string());
    Ok(())
}

/// The last that was said of who the person is.
fn identity(values: &[Value]) -> Option<&Value> {
    let said = values.iter().rev();
    let mut said = said.filter(|it| it["type"] == "PersonneIdentified");
    said.next().map(|it| &it["value"])
}

/// The legal holds in force, since when.
fn holds(history: &[Recorded]) -> Value {
    let mut holds = BTreeMap::new();
    for recorded in history {
        match &recorded.event {
            Event::Personne(Fact::LegalHoldPlaced { reference, .. }) => {
                holds.insert(reference.as_str(), recorded.on.to_string());
            }
            Event::Personne(Fact::LegalHoldLifted { reference }) => {
                holds.remove(reference.as_str());
            }
            _ => (),
        }
    }
    json!(holds)
}

fn erasure(history: &[Recorded], destroyed: Option<Timestamp>) -> Option<Value> {
    let erased = history.iter().find(|it| it.kind == "PersonalDataErased")?;
    Some(json!({
        "position": erased.position.0,
        "on": erased.on.to_string(),
        "data": erased.data,
        "destroyedAt": destroyed.map(|it| it.to_string()),
    }))
}

/// Every fact that names the person by their id, and every fact that they did. The whole log is
/// read: no index says who is named where.
async fn mentions(log: &EventLog, id: PersonId, acteurs: &[Uuid]) -> Result<Vec<Value>, Failure> {
    let acteurs: Vec<_> = acteurs.iter().map(Uuid::to_string).collect();
    let person = id.0.to_string();
    let head = log.newest().await?.0;
    let progress = Progress::new("export");
    let (mut at, mut found) = (0, vec![]);
    loop {
        let leaves = log.leaves_after(at, PAGE).await?;
        let Some(last) = leaves.last() else { break };
        at = last.position.0.unsigned_abs();
        for it in &leaves {
            let names = it.leaf.contains(&person);
            // The leaf is read only if it may be one: most are not.
            if !names && !acteurs.iter().any(|id| it.leaf.contains(id)) {
                continue;
            }
            let leaf: Value = serde_json::from_str(&it.leaf).unwrap_or_default();
            let did = leaf["actor"]["id"].as_str().map(str::to_owned);
            found.push(json!({
                "position": it.position.0,
                "stream": leaf["stream"],
                "type": leaf["type"],
                "on": leaf["on"],
                "names": names,
                "did": did.is_some_and(|it| acteurs.contains(&it)),
            }));
        }
        progress.tell(last.position.0, head.0);
    }
    progress.end();
    Ok(found)
}

async fn due(log: &EventLog, format: Format) -> Result<(), Failure> {
    let all = log.vault().due(clock::today_in_paris()).await?;
    match format {
        Format::Json => {
            let all = all.iter().map(|it| {
                json!({
                    "subject": it.subject,
                    "values": it.values,
                    "last": it.last.to_string(),
                    "since": it.since.to_string(),
                })
            });
            say(&json!(all.collect::<Vec<_>>()).to_string());
        }
        Format::Table => say(&table(
            ["subject", "values", "last", "due since"],
            all.iter().map(|it| {
                [
                    it.subject.clone(),
                    it.values.to_string(),
                    it.last.to_string(),
                    it.since.to_string(),
                ]
            }),
        )),
    }
    Ok(())
}
