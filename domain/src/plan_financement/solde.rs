//! What it came to: actual costs, and the closing of the accounts.

use super::{Event, PlanFinancement, RECORD_REALISE, Refusal, SETTLE, payable};
use crate::{Asked, Cents, Decided, Decision, Rule};

impl PlanFinancement {
    /// Notes what a cost came to, in place of what was noted before. The plan still stands.
    pub fn record_realise(&self, asked: &Asked, ligne: i32, montant: Cents) -> Decision<Self> {
        self.kept_by(asked, &RECORD_REALISE)?;
        let Some(Some(_)) = self.depenses.get(&ligne) else {
            return Err(Refusal::LigneUnknown { ligne });
        };
        // What was planned may have cost nothing after all.
        if montant != Cents(0) {
            payable("montant", montant)?;
        }
        if self.realises.get(&ligne) == Some(&montant) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::RealiseRecorded { ligne, montant }]))
    }

    /// Closes the accounts of a confirmed plan, each of whose costs came to something. Another sum
    /// paid than spent is justified.
    pub fn settle_plan_financement(&self, asked: &Asked) -> Decision<Self> {
        if self.settled && asked.may(&SETTLE, &self.perimeter()).is_ok() && self.is_kept_by(asked) {
            return Ok(Decided::nothing());
        }
        self.kept_by(asked, &SETTLE)?;
        if !self.confirmed {
            return Err(Refusal::PlanNotConfirmed {});
        }
        let mut costs = self.depenses.iter().filter(|(_, it)| it.is_some());
        if let Some((ligne, _)) = costs.find(|(ligne, _)| !self.realises.contains_key(ligne)) {
            return Err(Refusal::RealiseMissing { ligne: *ligne });
        }
        let realise = self.realise_cents();
        let verse = Cents::sum(self.ressources.values().map(|it| it.paid));
        let mut events = vec![];
        if realise != verse {
            let (rule, because) = asked.waive(Rule::PaidAsSpent, self.subject()?)?;
            events.push(Event::RuleWaived { rule, because });
        }
        events.push(Event::PlanFinancementSettled { realise, verse });
        Ok(self.records(asked, events))
    }

    /// What the costs came to, as far as it is known.
    pub fn realise_cents(&self) -> Cents {
        let kept = self.depenses.iter().filter(|(_, it)| it.is_some());
        Cents::sum(kept.filter_map(|(ligne, _)| self.realises.get(ligne).copied()))
    }
}
