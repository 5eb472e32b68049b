//! What the log says is erased, destroyed in the vault: before the doors open, and as long as
//! they are.
//!
//! The fact is the truth. A process that dies between the fact and the destruction leaves it to
//! the others, or to the next that starts; a vault that comes out of a backup is brought up to
//! the log in the same way. Every process reads, so that each forgets the keys it keeps.

use domain::{Event, PersonId, Personne, Subject, personne::Event as Fact};
use eventlog::{Error, EventLog, Position, Recorded};
use tokio_util::sync::CancellationToken;

use crate::follower::{self, Follower};

/// The facts that erase.
const KINDS: &[&str] = &["personne.PersonalDataErased"];

/// Facts read at once.
const BATCH: i64 = 10_000;

const FOLLOWER: Follower = Follower {
    stopped: "essaim_erasures_stopped",
    complaint: "what was erased is not destroyed yet",
};

/// Destroys all that the log says is erased and this vault still holds. Until it has, nobody
/// serves. Answers up to where the log was read.
pub async fn finish(log: &EventLog) -> Result<Position, Error> {
    let mut at = log.replayed().await?;
    loop {
        let next = step(log, at).await?;
        if next == at {
            return Ok(at);
        }
        at = next;
        log.has_replayed(at).await?;
    }
}

/// Goes on as the log grows, until told to stop.
pub async fn keep(log: EventLog, at: Position, stop: CancellationToken) {
    follower::keep(&log, at, stop, &FOLLOWER, |at| step(&log, at)).await;
}

/// Reads some facts more. What is destroyed is marked at once; how far the log was read is also
/// told at start, which is often enough.
async fn step(log: &EventLog, at: Position) -> Result<Position, Error> {
    let batch = log.read_after(at, BATCH, Some(KINDS)).await?.whole()?;
    for recorded in &batch.recorded {
        destroy(log, recorded).await?;
        log.has_replayed(recorded.position).await?;
    }
    Ok(batch.last)
}

async fn destroy(log: &EventLog, recorded: &Recorded) -> Result<(), Error> {
    let Event::Personne(Fact::PersonalDataErased { .. }) = &recorded.event else { return Ok(()) };
    let id = PersonId(recorded.stream);
    let known = log.load::<Personne>(id).await?;
    let acteurs: Vec<_> = known.state.acteurs().iter().copied().collect();
    log.vault()
        .erase(&Subject::person(id), &acteurs, recorded.position)
        .await?;
    tracing::info!(position = recorded.position.0, "what was erased is destroyed");
    Ok(())
}
