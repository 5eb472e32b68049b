//! Skeleton.

use serde::{Deserialize, Serialize};

use crate::{Decider, OrganisationId, actor::rights, refusal::refusals};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// Skeleton.
    Skeleton {},
}

refusals! {}

rights! {}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Organisation {
    prestataire: bool,
}

impl Decider for Organisation {
    const CATEGORY: &'static str = "organisation";

    type Id = OrganisationId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Skeleton {} => self.prestataire = true,
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
    pub fn holds(&self, role: OrganisationRole) -> bool {
        match role {
            OrganisationRole::Prestataire => self.prestataire,
        }
    }
}
