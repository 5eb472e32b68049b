//! What the house does by itself because of a fact of the trade.
//!
//! `eventlog::Process` says when; here stands what. Each command has an id that the fact and its
//! purpose alone decide, so that it is recorded once however often it is given.

pub mod comite_appui;

use domain::{Actor, ActorId, Asked, Date, OrganisationId, Role};
use eventlog::{Command, EventLog, Process, Recorded};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::RequestClock;

/// Everything that the house does by itself.
pub const ALL: &[&Process] = &[&comite_appui::PROCESS];

/// Does all of it until told to stop.
pub async fn keep(log: EventLog, stop: CancellationToken) {
    let running = ALL.iter().map(|it| log.carry_out(it, stop.clone()));
    futures_util::future::join_all(running).await;
}

/// Does what follows from what there is, and returns.
pub async fn settle(log: &EventLog) -> Result<(), eventlog::Error> {
    for process in ALL {
        log.carry_out_all(process).await?;
    }
    Ok(())
}

/// A command of the house, because of a fact and for a purpose: `comite_appui/record`. Whoever
/// reads what it leads to finds the fact by its id in the `via` of the actor, and for whom it was
/// done in its organisation.
fn because_of(fact: &Recorded, purpose: &str, on: Date) -> Command {
    let name = format!("essaim/{purpose}/{}", fact.id);
    let fingerprint: [u8; 32] = Sha256::digest(&name).into();
    let clock = RequestClock::read();
    let by = Actor {
        id: ActorId(Uuid::nil()),
        org: fact.actor.org.map(OrganisationId),
        via: Some(format!("{purpose}/{}", fact.id)),
        role: Role::House,
    };
    Command {
        id: named(&fingerprint),
        fingerprint,
        asked: Asked { by, today: clock.today, on: Some(on), because: None },
        at: clock.at,
        seen: None,
        trace: None,
    }
}

/// A UUID of version 8, as RFC 9562 (appendix B.2) draws it from a SHA-256.
pub(crate) fn named(hash: &[u8; 32]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
