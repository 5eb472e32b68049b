//! Step 3 of the method, CONFIRMER: the structures commit, the projet is written, and both
//! are confirmed. The consultation of prestataires is an aggregate of its own.

pub mod mobilisation;
pub mod projet;
pub mod technique;

use super::{CONFIRM, Etat, Event, IngenierieCollective, Refusal};
use crate::{Asked, Decided, Decision, OrganisationId};

impl IngenierieCollective {
    /// Passes the second milestone: the projet may be carried out.
    ///
    /// One justification excuses every rule that it sets aside.
    pub fn confirm_ingenierie(&self, asked: &Asked) -> Decision<Self> {
        self.past(asked, &CONFIRM, Etat::Engagee)?;
        if self.etat >= Some(Etat::Confirmee) {
            return Ok(Decided::nothing());
        }
        if let Some(no) = self.blocks_confirmation().into_iter().next() {
            return Err(no);
        }
        let mut events = self.waive(asked, &self.broken_at_confirmation())?;
        events.push(Event::IngenierieCollectiveConfirmed {});
        Ok(self.records(asked, events))
    }

    /// A structure that takes part.
    fn mobilised(&self, structure: OrganisationId) -> Result<(), Refusal> {
        if self.is_mobilised(structure) {
            return Ok(());
        }
        Err(Refusal::StructureNotMobilised { structure })
    }
}
