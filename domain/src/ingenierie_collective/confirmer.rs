//! Step 3 of the method, CONFIRMER: the structures commit, the projet is written, and both
//! are confirmed. The consultation of prestataires is an aggregate of its own.

pub mod mobilisation;
pub mod projet;
pub mod technique;

use super::{CONFIRM, Etat, Event, IngenierieCollective, Refusal, SensAvis};
use crate::{Asked, Decided, Decision, OrganisationId, Rule, ingenierie_collective::engager};

impl IngenierieCollective {
    /// Passes the second milestone: the projet may be carried out.
    ///
    /// One justification excuses every rule that it sets aside.
    pub fn confirm_ingenierie(&self, asked: &Asked) -> Decision<Self> {
        self.past(asked, &CONFIRM, Etat::Engagee)?;
        if self.etat >= Some(Etat::Confirmee) {
            return Ok(Decided::nothing());
        }
        // INV-08 again, for the DLAs that joined after the démarche was engaged.
        self.validated_by_all()?;
        // INV-06: one avis for each DLA concerned; a postponed one is still to come.
        let given = |it: &SensAvis| *it != SensAvis::Ajourne;
        let dlas = self.waiting_for(|dla| self.avis.get(&dla).is_some_and(given));
        if !dlas.is_empty() {
            return Err(Refusal::AvisMissing { dlas });
        }
        if self.modules.is_empty() {
            return Err(Refusal::ProjetNotFormalised {});
        }
        if !self.structures.values().any(|it| it.mobilised) {
            return Err(Refusal::NobodyMobilised {});
        }
        let mut events = self.waive(asked, &self.broken_at_confirmation())?;
        events.push(Event::IngenierieCollectiveConfirmed {});
        Ok(self.records(asked, events))
    }

    fn broken_at_confirmation(&self) -> Vec<Rule> {
        let mut broken = vec![];
        // INV-07: the comité is consultative; going on against it is explained.
        if self
            .dlas()
            .any(|dla| self.avis.get(&dla) == Some(&SensAvis::Defavorable))
        {
            broken.push(Rule::AvisDefavorable);
        }
        // INV-09: the permanent funders of the porteur that were associated.
        let mut permanents = self
            .partenaires
            .values()
            .filter(|it| it.categorie.as_str() == engager::FINANCEUR_PERMANENT)
            .peekable();
        if permanents.peek().is_none() || !permanents.all(|it| it.confirms) {
            broken.push(Rule::FinanceursConfirm);
        }
        broken
    }

    /// A structure that takes part.
    fn mobilised(&self, structure: OrganisationId) -> Result<(), Refusal> {
        if self.is_mobilised(structure) {
            return Ok(());
        }
        Err(Refusal::StructureNotMobilised { structure })
    }
}
