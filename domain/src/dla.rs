//! Skeleton.

use serde::{Deserialize, Serialize};

use crate::{Decider, DlaId, actor::rights, refusal::refusals};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// Skeleton.
    Skeleton {},
}

refusals! {}

rights! {}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dla {}

impl Decider for Dla {
    const CATEGORY: &'static str = "dla";

    type Id = DlaId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Skeleton {} => (),
        }
    }
}
