//! Skeleton.

use serde::{Deserialize, Serialize};

use crate::{Decider, EvaluationId, actor::rights, refusal::refusals};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// Skeleton.
    Skeleton {},
}

refusals! {}

rights! {}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evaluation {}

impl Decider for Evaluation {
    const CATEGORY: &'static str = "evaluation";

    type Id = EvaluationId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Skeleton {} => (),
        }
    }
}
