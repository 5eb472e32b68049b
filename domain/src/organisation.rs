//! Skeleton.

use serde::{Deserialize, Serialize};

use crate::{Decider, OrganisationId, Prose, Sealed, actor::rights, refusal::refusals};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// Skeleton.
    OrganisationClosed { motif: Sealed<Prose>, successor: Option<OrganisationId> },
}

refusals! {}

rights! {}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Organisation {
    closed: bool,
}

impl Decider for Organisation {
    const CATEGORY: &'static str = "organisation";

    type Id = OrganisationId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::OrganisationClosed { .. } => self.closed = true,
        }
    }
}

/// What an organisation is to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrganisationRole {
    /// Is referenced to carry out missions.
    Prestataire,
}

impl Organisation {
    /// Whether it holds the role now.
    pub fn holds(&self, _role: OrganisationRole) -> bool {
        true
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.closed
    }
}
