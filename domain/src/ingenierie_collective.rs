//! Skeleton.

use serde::{Deserialize, Serialize};

use crate::{Decider, IngenierieId, actor::rights, refusal::refusals};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// Skeleton.
    Skeleton {},
}

refusals! {}

rights! {}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IngenierieCollective {}

impl Decider for IngenierieCollective {
    const CATEGORY: &'static str = "ingenierie_collective";

    type Id = IngenierieId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Skeleton {} => (),
        }
    }
}

impl IngenierieCollective {
    /// Who may know that it exists.
    pub fn perimeter(&self) -> crate::Perimeter {
        crate::Perimeter::default()
    }

    /// Where it takes place.
    pub fn territoire(&self) -> Option<crate::Territoire> {
        None
    }

    /// The DLAs concerned, the lead first.
    pub fn dlas(&self) -> impl Iterator<Item = crate::DlaId> {
        [].into_iter()
    }
}
