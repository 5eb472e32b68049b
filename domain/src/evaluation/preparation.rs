//! What is prepared and gathered: the schedule, and the documents that the evaluation rests on.

use serde::{Deserialize, Serialize};

use super::{ECHEANCIER, Evaluation, Event, Refusal, SOURCE};
use crate::{Asked, Date, Decided, Decision, Document, Line, Seen, refusal::Common};

/// The most steps of a schedule.
pub const ETAPES_MAX: usize = 30;

/// The most documents that an evaluation rests on.
pub const SOURCES_MAX: usize = 100;

/// A step of the schedule of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Etape {
    pub intitule: Line,
    pub echeance: Date,
}

impl Evaluation {
    /// Says when what is done (method, step 4 A3). Until the synthesis, another may replace it.
    pub fn prepare_echeancier(&self, asked: &Asked, mut etapes: Vec<Etape>) -> Decision<Self> {
        self.visible_to(asked, &ECHEANCIER)?;
        etapes.sort_by_key(|it| it.echeance);
        if self.echeancier == etapes && !etapes.is_empty() {
            return Ok(Decided::nothing());
        }
        self.not_synthesised()?;
        if !(1..=ETAPES_MAX).contains(&etapes.len()) {
            return Err(Refusal::EtapesOutOfRange { max: ETAPES_MAX });
        }
        Ok(self.records(asked, [Event::EcheancierPrepared { etapes }]))
    }

    /// Attaches a document of the dossier: minutes of a meeting, of an interview (method, step 4
    /// B1).
    pub fn attach_source(&self, asked: &Asked, document: &Seen<Document>) -> Decision<Self> {
        self.visible_to(asked, &SOURCE)?;
        if self.sources.contains(&document.id) {
            return Ok(Decided::nothing());
        }
        self.not_synthesised()?;
        if !document.exists() {
            return Err(Common::NotFound {}.into());
        }
        if document.state.ingenierie() != self.ingenierie {
            return Err(Refusal::SourceElsewhere {});
        }
        if document.state.is_withdrawn() {
            return Err(Refusal::SourceWithdrawn {});
        }
        if self.sources.len() >= SOURCES_MAX {
            return Err(Refusal::SourcesTooMany { max: SOURCES_MAX });
        }
        let attached = Event::SourceEvaluationAttached { document: document.id };
        Ok(self.records(asked, [attached]).expecting(document))
    }
}
