//! The words about the answers: where they stand, what waits, building them anew, comparing
//! them with the log.

use api::config::Settings;
use clap::{Args, Subcommand};
use eventlog::{
    Position,
    parked::{Because, Parked},
};
use projections::{ALL, ReadModel, Reads, Status, Verified};
use serde_json::{Value, json};

use super::{
    Failure, open,
    output::{Format, Progress, say, table},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Word {
    /// Where each question stands, and the facts that it cannot apply. Exit code 7 when one is
    /// stopped, incomplete or behind.
    Status,
    /// Builds a question anew beside the answer in use, then puts it in its place.
    Rebuild(Which),
    /// Builds a question beside the answer in use, and compares them. Exit code 3 when they
    /// differ.
    Verify(Which),
    /// Tries again the facts that a question could not apply. Exit code 7 when some still wait.
    Retry {
        /// The question.
        name: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Leaves out for good a fact that a question cannot apply.
    Discard {
        /// The question.
        name: String,
        /// The position of the fact in the log.
        position: i64,
        #[command(flatten)]
        reason: Reason,
    },
    /// Drops the versions of questions that no process runs and this program does not know.
    Prune,
}

/// One question, or all.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The question; `--all` for every one.
    #[arg(required_unless_present = "all")]
    name: Option<String>,
    /// Every question, one after the other.
    #[arg(long, conflicts_with = "name")]
    all: bool,
}

/// Kept for ever beside what is done.
#[derive(Debug, Args)]
pub(crate) struct Reason {
    /// Why.
    #[arg(long)]
    because: String,
    /// Who does it.
    #[arg(long, env = "USER")]
    by: String,
}

/// Does what was asked.
pub(crate) async fn run(settings: &Settings, word: Word, format: Format) -> Result<(), Failure> {
    let house = open(settings).await?;
    let reads = &house.reads;
    let done = match word {
        Word::Status => status(reads, format).await,
        Word::Rebuild(which) => rebuild(reads, &which, format).await,
        Word::Verify(which) => verify(reads, &which, format).await,
        Word::Retry { name, reason } => retry(reads, &name, None, &reason, format).await,
        Word::Discard { name, position, reason } => {
            retry(reads, &name, Some(Position(position)), &reason, format).await
        }
        Word::Prune => prune(reads, format).await,
    };
    house.close().await;
    done
}

impl Which {
    fn models(&self) -> Result<Vec<&'static ReadModel>, Failure> {
        let Some(name) = &self.name else { return Ok(ALL.to_vec()) };
        Ok(vec![named(name)?])
    }
}

fn named(name: &str) -> Result<&'static ReadModel, Failure> {
    ReadModel::named(name).ok_or_else(|| Failure::NoQuestion(name.to_owned()))
}

async fn status(reads: &Reads, format: Format) -> Result<(), Failure> {
    let all = reads.status().await?;
    match format {
        Format::Json => say(&json!(all.iter().map(described).collect::<Vec<_>>()).to_string()),
        Format::Table => {
            say(&table(
                ["question", "version", "position", "head", "behind", "parked", "state"],
                all.iter().map(|it| {
                    [
                        it.question.to_owned(),
                        it.version.to_string(),
                        it.position.0.to_string(),
                        it.head.0.to_string(),
                        (it.head.0 - it.position.0).to_string(),
                        it.sequences().to_string(),
                        state(it),
                    ]
                }),
            ));
            let poisons: Vec<_> = all
                .iter()
                .flat_map(|it| it.poisons().map(|poison| (it.question, poison)))
                .collect();
            if !poisons.is_empty() {
                say("");
                say(&table(
                    ["question", "cannot apply", "of", "because of"],
                    poisons.iter().map(|(question, (it, code))| {
                        let position = it.position.0.to_string();
                        let sequence = it.sequence.to_string();
                        [(*question).to_owned(), position, sequence, (*code).to_owned()]
                    }),
                ));
            }
        }
    }
    let current = |it: &Status| {
        it.position == it.head && it.built && it.stopped.is_none() && it.parked.is_empty()
    };
    if all.iter().all(current) { Ok(()) } else { Err(Failure::NotUpToDate) }
}

/// What a question does, in a word.
fn state(it: &Status) -> String {
    match &it.stopped {
        Some(why) => format!("stopped at {}: {}", why.at.0, why.code),
        None if !it.built => "being built".to_owned(),
        None if !it.followed => "followed by nobody".to_owned(),
        None => "followed".to_owned(),
    }
}

fn described(it: &Status) -> Value {
    json!({
        "question": it.question,
        "version": it.version,
        "position": it.position.0,
        "head": it.head.0,
        "lateSeconds": it.late,
        "built": it.built,
        "followed": it.followed,
        "stopped": it.stopped.as_ref().map(|it| json!({ "code": it.code, "at": it.at.0 })),
        "parked": waiting(&it.parked),
    })
}

/// Facts that wait; those with a code are why the others do.
fn waiting(parked: &[Parked]) -> Value {
    parked
        .iter()
        .map(|it| json!({ "position": it.position.0, "of": it.sequence, "code": it.code }))
        .collect()
}

async fn rebuild(reads: &Reads, which: &Which, format: Format) -> Result<(), Failure> {
    for model in which.models()? {
        let progress = Progress::new(model.name);
        let position = reads
            .rebuild(model, |at, head| progress.tell(at.0, head.0))
            .await?;
        progress.end();
        match format {
            Format::Json => {
                say(&json!({ "question": model.name, "position": position.0 }).to_string());
            }
            Format::Table => say(&format!("{} rebuilt up to position {}", model.name, position.0)),
        }
    }
    Ok(())
}

async fn verify(reads: &Reads, which: &Which, format: Format) -> Result<(), Failure> {
    let mut differ = vec![];
    for model in which.models()? {
        let progress = Progress::new(model.name);
        let it = reads
            .verify(model, |at, head| progress.tell(at.0, head.0))
            .await?;
        progress.end();
        tell(model, &it, format);
        if !it.holds() {
            differ.push(model.name);
        }
    }
    if differ.is_empty() { Ok(()) } else { Err(Failure::Differs(differ.join(", "))) }
}

fn tell(model: &ReadModel, it: &Verified, format: Format) {
    if format == Format::Json {
        let (question, position) = (model.name, it.position.0);
        let told = json!({
            "question": question,
            "position": position,
            "holds": it.holds(),
            "live": it.live,
            "anew": it.anew,
        });
        say(&told.to_string());
        return;
    }
    let verdict = if it.holds() { "is what the log says" } else { "is not what the log says" };
    say(&format!("{} {verdict} at position {}", model.name, it.position.0));
    for (live, anew) in it.live.iter().zip(&it.anew) {
        say(&format!("  {live}"));
        if live != anew {
            say(&format!("  {anew} built anew"));
        }
    }
}

async fn retry(
    reads: &Reads,
    name: &str,
    discarded: Option<Position>,
    reason: &Reason,
    format: Format,
) -> Result<(), Failure> {
    let model = named(name)?;
    let because = Because { who: &reason.by, why: &reason.because };
    let still = match discarded {
        Some(position) => reads.discard(model, position, &because).await?,
        None => reads.retry(model, &because).await?,
    };
    match format {
        Format::Json => {
            say(&json!({ "question": model.name, "parked": waiting(&still) }).to_string());
        }
        Format::Table => say(&format!("{}: {} facts wait", model.name, still.len())),
    }
    // Another poison may be left by who left one out.
    if still.is_empty() || discarded.is_some() { Ok(()) } else { Err(Failure::StillWaiting) }
}

async fn prune(reads: &Reads, format: Format) -> Result<(), Failure> {
    let dropped = reads.prune().await?;
    match format {
        Format::Json => say(&json!({ "dropped": dropped }).to_string()),
        Format::Table if dropped.is_empty() => say("nothing to drop"),
        Format::Table => dropped.iter().for_each(|it| say(&format!("{it} dropped"))),
    }
    Ok(())
}
