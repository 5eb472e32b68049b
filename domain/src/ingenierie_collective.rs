//! Skeleton.

use serde::{Deserialize, Serialize};

use crate::{
    Code, Decider, DlaId, IngenierieId, Line, Perimeter, Territoire, actor::rights,
    refusal::refusals,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// Skeleton.
    IngenierieCollectiveInitiated {
        ingenierie: IngenierieId,
        porteur: DlaId,
        intitule: Line,
        territoire: Territoire,
        secteurs: Vec<Code>,
    },
}

refusals! {}

rights! {}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IngenierieCollective {
    dla: Option<DlaId>,
    territoire: Option<Territoire>,
}

impl Decider for IngenierieCollective {
    const CATEGORY: &'static str = "ingenierie_collective";

    type Id = IngenierieId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::IngenierieCollectiveInitiated { porteur, territoire, .. } => {
                self.dla = Some(*porteur);
                self.territoire = Some(territoire.clone());
            }
        }
    }
}

impl IngenierieCollective {
    /// Who may know that it exists.
    pub fn perimeter(&self) -> Perimeter {
        Perimeter::of_dlas(self.dlas())
    }

    /// Where it takes place.
    pub fn territoire(&self) -> Option<Territoire> {
        self.territoire.clone()
    }

    /// The DLAs concerned, the lead first.
    pub fn dlas(&self) -> impl Iterator<Item = DlaId> {
        self.dla.into_iter()
    }
}
