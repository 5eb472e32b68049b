//! Skeleton.

use serde::{Deserialize, Serialize};

use crate::{
    Decider, DlaId, IngenierieId, OrganisationId, Perimeter, Territoire, actor::rights,
    refusal::refusals,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// Skeleton.
    Skeleton { dlas: Vec<DlaId>, organisations: Vec<OrganisationId>, territoire: Territoire },
    /// Skeleton.
    Abandoned {},
}

refusals! {}

rights! {}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IngenierieCollective {
    dlas: Vec<DlaId>,
    organisations: Vec<OrganisationId>,
    territoire: Option<Territoire>,
    over: bool,
}

impl Decider for IngenierieCollective {
    const CATEGORY: &'static str = "ingenierie_collective";

    type Id = IngenierieId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Skeleton { dlas, organisations, territoire } => {
                self.dlas.clone_from(dlas);
                self.organisations.clone_from(organisations);
                self.territoire = Some(territoire.clone());
            }
            Event::Abandoned {} => self.over = true,
        }
    }
}

impl IngenierieCollective {
    /// Who may know that it exists.
    pub fn perimeter(&self) -> Perimeter {
        Perimeter::of_dlas(self.dlas()).and(self.organisations.iter().copied())
    }

    /// Where it takes place.
    pub fn territoire(&self) -> Option<Territoire> {
        self.territoire.clone()
    }

    /// The DLAs concerned, the lead first.
    pub fn dlas(&self) -> impl Iterator<Item = DlaId> {
        self.dlas.iter().copied()
    }

    /// Whether it was finalised or abandoned.
    pub fn is_over(&self) -> bool {
        self.over
    }
}
