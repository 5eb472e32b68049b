//! Skeleton.

use serde::{Deserialize, Serialize};

use crate::{CapitalisationId, Decider, actor::rights, refusal::refusals};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// Skeleton.
    Skeleton {},
}

refusals! {}

rights! {}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Capitalisation {}

impl Decider for Capitalisation {
    const CATEGORY: &'static str = "capitalisation";

    type Id = CapitalisationId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Skeleton {} => (),
        }
    }
}
