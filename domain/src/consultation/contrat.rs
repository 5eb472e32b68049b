//! The contract of whoever was chosen: signed, changed by avenants, ended before its time. It goes
//! on after the consultation is closed.

use serde::{Deserialize, Serialize};

use super::{AMEND, Consultation, Event, Refusal, SIGN, Signed, TERMINATE};
use crate::{
    Asked, Cents, Date, Decided, Decision, Dossier, Line, PlanFinancement, Prose, Rule, Sealed,
    Seen, actor::Right,
};

/// What a contract says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contrat {
    /// The whole price, taxes included.
    pub montant: Cents,
    pub debut: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fin: Option<Date>,
    /// How the porteuse files it: a number, no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
}

/// A contract to sign or to change, beside the plan that pays for it, if there is one.
#[derive(Debug, Clone)]
pub struct ContratVoulu<'a> {
    pub contrat: Contrat,
    pub plan: Option<&'a Seen<PlanFinancement>>,
}

impl Consultation {
    /// Signs with whoever was chosen, while the ingénierie goes on (INV-38).
    pub fn sign_contrat(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        voulu: ContratVoulu<'_>,
    ) -> Decision<Self> {
        asked.may(&SIGN, &self.perimeter())?;
        match &self.contrat {
            Some(known) if known.contrat == voulu.contrat => return Ok(Decided::nothing()),
            Some(_) => return Err(Refusal::ContratAlreadySigned {}),
            None if self.chosen.is_none() => return Err(Refusal::NobodyChosen {}),
            None => self.goes_on(ingenierie)?,
        }
        let signed = self.within_plan(asked, voulu, |contrat| Event::ContratSigned { contrat })?;
        Ok(signed.expecting(ingenierie))
    }

    /// Changes the contract by an avenant. The reason is mandatory (INV-36).
    pub fn amend_contrat(
        &self,
        asked: &Asked,
        voulu: ContratVoulu<'_>,
        motif: Prose,
    ) -> Decision<Self> {
        let known = self.signed(asked, &AMEND)?;
        if known.terminated {
            return Err(Refusal::ContratOver {});
        }
        if known.contrat == voulu.contrat {
            return Ok(Decided::nothing());
        }
        let motif = Sealed::new(self.subject()?, motif);
        self.within_plan(asked, voulu, |contrat| Event::ContratAmended { contrat, motif })
    }

    /// Ends the contract before its time. The reason is mandatory (INV-36).
    pub fn terminate_contrat(&self, asked: &Asked, motif: Prose) -> Decision<Self> {
        if self.signed(asked, &TERMINATE)?.terminated {
            return Ok(Decided::nothing());
        }
        let motif = Sealed::new(self.subject()?, motif);
        Ok(self.records(asked, [Event::ContratTerminated { motif }]))
    }

    fn signed(&self, asked: &Asked, right: &Right) -> Result<&Signed, Refusal> {
        asked.may(right, &self.perimeter())?;
        self.contrat.as_ref().ok_or(Refusal::ContratNotSigned {})
    }

    /// INV-34: a contract above the line of the plan that pays for it is justified. Without a plan
    /// nothing is set aside for it.
    fn within_plan(
        &self,
        asked: &Asked,
        voulu: ContratVoulu<'_>,
        fact: impl FnOnce(Contrat) -> Event,
    ) -> Decision<Self> {
        let ContratVoulu { contrat, plan } = voulu;
        if let Some(fin) = contrat.fin.filter(|fin| *fin < contrat.debut) {
            return Err(Refusal::ContratDatesReversed { debut: contrat.debut, fin });
        }
        let line = plan.map_or(Cents(0), |it| it.state.prestations_cents());
        let mut events = vec![];
        if contrat.montant > line {
            let (rule, because) = asked.waive(Rule::ContratWithinPlan, self.subject()?)?;
            events.push(Event::RuleWaived { rule, because });
        }
        events.push(fact(contrat));
        let decided = self.records(asked, events);
        Ok(plan.into_iter().fold(decided, Decided::expecting))
    }
}
