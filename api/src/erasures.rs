//! What the log says is erased, destroyed in the vault: before the doors open, and as long as
//! they are.
//!
//! The fact is the truth. A process that dies between the fact and the destruction leaves it to
//! the others, or to the next that starts; a vault that comes out of a backup is brought up to
//! the log in the same way. Every process reads, so that each forgets the keys it keeps.

use domain::{
    Document, DocumentId, Event, PersonId, Personne, ReponseEvaluationId, Subject, document,
    personne, reponse_evaluation,
};
use eventlog::{EventLog, Position, Recorded};
use tokio_util::sync::CancellationToken;

use crate::{
    documents::Contents,
    follower::{self, Follower},
};

/// The facts that erase.
const KINDS: &[&str] = &[
    "document.DocumentErased",
    "personne.PersonalDataErased",
    "reponse_evaluation.ReponsesErased",
];

/// Why something is not destroyed yet.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Log(#[from] eventlog::Error),
    #[error("the store of documents did not delete a content")]
    Store(#[from] object_store::Error),
}

/// Facts read at once.
const BATCH: i64 = 10_000;

/// Destroys as the log grows.
struct Eraser<'a>(&'a EventLog, &'a Contents);

impl Follower for Eraser<'_> {
    const STOPPED: &'static str = "essaim_erasures_stopped";
    const COMPLAINT: &'static str = "what was erased is not destroyed yet";
    type Error = Failure;

    async fn begin(&self) -> Result<Position, Failure> {
        finish(self.0, self.1).await
    }

    async fn read_on(&self, at: Position) -> Result<Position, Failure> {
        step(self.0, self.1, at).await
    }
}

/// Destroys all that the log says is erased and this vault still holds. Until it has, nobody
/// serves. Answers up to where the log was read.
pub async fn finish(log: &EventLog, contents: &Contents) -> Result<Position, Failure> {
    let mut at = log.replayed().await?;
    loop {
        let next = step(log, contents, at).await?;
        if next == at {
            return Ok(at);
        }
        at = next;
        log.has_replayed(at).await?;
    }
}

/// Goes on as the log grows, until told to stop.
pub async fn keep(log: EventLog, contents: Contents, stop: CancellationToken) {
    follower::keep(&Eraser(&log, &contents), &log, stop).await;
}

/// Reads some facts more. What is destroyed is marked at once; how far the log was read is also
/// told at start, which is often enough.
async fn step(log: &EventLog, contents: &Contents, at: Position) -> Result<Position, Failure> {
    let batch = log.read_after(at, BATCH, Some(KINDS)).await?.whole()?;
    for recorded in &batch.recorded {
        destroy(log, contents, recorded).await?;
        log.has_replayed(recorded.position).await?;
    }
    Ok(batch.last)
}

async fn destroy(log: &EventLog, contents: &Contents, recorded: &Recorded) -> Result<(), Failure> {
    let at = recorded.position;
    match &recorded.event {
        Event::Personne(personne::Event::PersonalDataErased { .. }) => {
            let id = PersonId(recorded.stream);
            let known = log.load::<Personne>(id).await?;
            let acteurs: Vec<_> = known.state.acteurs().iter().copied().collect();
            log.vault()
                .erase(&Subject::person(id), &acteurs, at)
                .await?;
        }
        // First the key, without which nothing opens; then what it sealed.
        Event::Document(document::Event::DocumentErased {}) => {
            let id = DocumentId(recorded.stream);
            let known = log.load::<Document>(id).await?;
            log.vault().erase(&known.state.subject(id), &[], at).await?;
            contents.delete(id).await?;
        }
        Event::ReponseEvaluation(reponse_evaluation::Event::ReponsesErased { .. }) => {
            let subject = Subject::reponse(ReponseEvaluationId(recorded.stream));
            log.vault().erase(&subject, &[], at).await?;
        }
        _ => return Ok(()),
    }
    tracing::info!(position = at.0, "what was erased is destroyed");
    Ok(())
}
