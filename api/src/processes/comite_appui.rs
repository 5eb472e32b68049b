//! Each avis of a closed séance, brought to its dossier.
//!
//! The dossier decides, as on anything else. When it says no the séance keeps the code, where the
//! DLA reads it, and the other dossiers go on.

use std::collections::HashMap;

use domain::{
    Dossier, Event, Genre, IngenierieCollective, IngenierieId, IngenierieIndividuelle, Prose,
    SeanceComiteAppui, SeanceComiteId,
    seance_comite_appui::{Avis, Event as Fact, Pending},
};
use eventlog::{Error, EventLog, Process, Reader, Recorded};
use futures_util::future::BoxFuture;

use super::because_of;
use crate::error::catalogue::COMMAND_ID_REUSED;

pub const PROCESS: Process = Process {
    name: "process/comite_appui",
    reads: &["seance_comite_appui.SeanceComiteAppuiClosed"],
    act,
};

/// Brings every avis that still waits. What a process began, another ends.
pub fn act<'a>(log: &'a EventLog, closed: &'a Recorded) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        let seance = SeanceComiteId(closed.stream);
        let pending = log.load::<SeanceComiteAppui>(seance).await?.state.pending();
        if pending.is_empty() {
            return Ok(());
        }
        // What was said last counts.
        let facts = log.history::<SeanceComiteAppui>(seance).await?;
        let given: HashMap<IngenierieId, &Recorded> = facts
            .iter()
            .filter_map(|it| match &it.event {
                Event::SeanceComiteAppui(Fact::AvisGiven { ingenierie, .. }) => {
                    Some((*ingenierie, it))
                }
                _ => None,
            })
            .collect();
        for it in pending {
            if let Some(given) = given.get(&it.ingenierie) {
                let refused = record(log, seance, given, it).await?;
                settle(log, seance, given, (it.ingenierie, refused)).await?;
            }
        }
        Ok(())
    })
}

/// Has the dossier hold the avis. Answers the code of its refusal, if it says no.
pub async fn record(
    log: &EventLog,
    seance: SeanceComiteId,
    given: &Recorded,
    it: Pending,
) -> Result<Option<&'static str>, Error> {
    let command = because_of(given, "comite_appui/record", given.on);
    let texts = ["/commentaire", "/reserves"].map(|it| (given.position, it));
    let reader = Reader::of(&command.asked.by).to("RECORD_AVIS");
    let mut texts = log.vault().open(&reader, &texts).await?;
    // A text that was erased meanwhile stays so.
    let mut text = |pointer: &str| {
        let value = texts.remove(&(given.position, pointer.to_owned()))?;
        Prose::parse(value.as_str()?).ok()
    };
    let (commentaire, reserves) = (text("/commentaire"), text("/reserves"));
    let avis = Avis { sens: it.sens, commentaire, reserves };
    let decided = match log.either::<Dossier>(it.ingenierie).await?.genre {
        Genre::Collective => {
            log.decide::<IngenierieCollective>(&command, it.ingenierie, |dossier, asked| {
                dossier.receive_avis(asked, it.dla, seance, avis.clone())
            })
            .await
        }
        Genre::Individuelle => {
            log.decide::<IngenierieIndividuelle>(&command, it.ingenierie, |dossier, asked| {
                dossier.receive_avis(asked, it.dla, seance, avis.clone())
            })
            .await
        }
    };
    match decided {
        Ok(_) => Ok(None),
        Err(Error::Refused(no)) => Ok(Some(no.code)),
        // Someone else's command has the id: the avis must not wait for ever behind it.
        Err(Error::CommandReused) => Ok(Some(COMMAND_ID_REUSED.code)),
        Err(error) => Err(error),
    }
}

/// Has the séance say what became of the avis.
async fn settle(
    log: &EventLog,
    seance: SeanceComiteId,
    given: &Recorded,
    (ingenierie, refused): (IngenierieId, Option<&'static str>),
) -> Result<(), Error> {
    let purpose = refused.map_or("comite_appui/recorded", |_| "comite_appui/refused");
    let command = because_of(given, purpose, given.on);
    log.decide::<SeanceComiteAppui>(&command, seance, |it, asked| {
        it.settle_avis(asked, ingenierie, refused)
    })
    .await?;
    Ok(())
}
