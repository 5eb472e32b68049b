//! Skeleton.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    Cents, Decider, DlaId, IngenierieId, PlanFinancementId, Territoire, actor::rights,
    refusal::refusals,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// Skeleton.
    PlanFinancementOpened {
        ingenierie: IngenierieId,
        dlas: BTreeSet<DlaId>,
        territoire: Option<Territoire>,
    },
    /// Skeleton.
    PlanFinancementConfirmed { total: Cents, valorisation: Cents },
}

refusals! {}

rights! {}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanFinancement {
    ingenierie: Option<IngenierieId>,
    confirmed: bool,
}

impl PlanFinancement {
    /// Whether no line of it is in the air.
    pub fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// Which ingénierie it finances.
    pub fn ingenierie(&self) -> Option<IngenierieId> {
        self.ingenierie
    }
}

impl Decider for PlanFinancement {
    const CATEGORY: &'static str = "plan_financement";

    type Id = PlanFinancementId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::PlanFinancementOpened { ingenierie, .. } => self.ingenierie = Some(*ingenierie),
            Event::PlanFinancementConfirmed { .. } => self.confirmed = true,
        }
    }
}
