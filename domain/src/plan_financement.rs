//! Skeleton.

use serde::{Deserialize, Serialize};

use crate::{Decider, PlanFinancementId, actor::rights, refusal::refusals};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// Skeleton.
    Skeleton {},
}

refusals! {}

rights! {}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanFinancement {}

impl Decider for PlanFinancement {
    const CATEGORY: &'static str = "plan_financement";

    type Id = PlanFinancementId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Skeleton {} => (),
        }
    }
}
