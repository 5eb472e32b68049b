//! What stands between an ingénierie and its next milestone. The decisions refuse by these lists,
//! and the checklist of the method shows them before anyone asks.

use super::{Etat, IngenierieCollective, Refusal, SensAvis, engager};
use crate::{PlanFinancement, Rule, Seen};

/// The next milestone, and what it wants.
#[derive(Debug, Clone, PartialEq)]
pub struct ProchainJalon {
    /// The state that it leads to.
    pub etat: Etat,
    /// What has to be done first, in the order of the method.
    pub blocages: Vec<Refusal>,
    /// The rules that going on now would set aside, with a justification.
    pub to_justify: Vec<Rule>,
}

impl IngenierieCollective {
    /// The next milestone, with the plan de financement as it stands, if there is one. None
    /// before the first fact, and after the end.
    pub fn prochain_jalon(&self, plan: &Seen<PlanFinancement>) -> Option<ProchainJalon> {
        let (etat, blocages, to_justify) = match self.etat? {
            Etat::EnIdentification => {
                (Etat::Engagee, self.blocks_engagement(), self.broken_at_engagement())
            }
            Etat::Engagee => {
                (Etat::Confirmee, self.blocks_confirmation(), self.broken_at_confirmation())
            }
            Etat::Confirmee => {
                (Etat::EnIntervention, self.blocks_start(plan).into_iter().collect(), vec![])
            }
            Etat::EnIntervention => (Etat::Finalisee, vec![], vec![]),
            Etat::Finalisee | Etat::Abandonnee => return None,
        };
        Some(ProchainJalon { etat, blocages, to_justify })
    }

    /// What keeps the démarche from being engaged.
    pub(super) fn blocks_engagement(&self) -> Vec<Refusal> {
        let stated = self.problematique.is_some();
        let stated = (!stated).then_some(Refusal::ProblematiqueNotStated {});
        stated
            .into_iter()
            .chain(self.validation_missing())
            .collect()
    }

    /// INV-19: a need is identified and confirmed, or one says why one goes on.
    pub(super) fn broken_at_engagement(&self) -> Vec<Rule> {
        let unconfirmed = self.confirmed_by.is_empty();
        unconfirmed
            .then_some(Rule::ProblematiqueConfirmed)
            .into_iter()
            .collect()
    }

    /// What keeps the projet from being confirmed.
    pub(super) fn blocks_confirmation(&self) -> Vec<Refusal> {
        // INV-06: one avis for each DLA concerned; a postponed one is still to come.
        let given = |it: &SensAvis| *it != SensAvis::Ajourne;
        let dlas = self.waiting_for(|dla| self.avis.get(&dla).is_some_and(given));
        let avis = (!dlas.is_empty()).then_some(Refusal::AvisMissing { dlas });
        let formalised = !self.modules.is_empty();
        let projet = (!formalised).then_some(Refusal::ProjetNotFormalised {});
        let mobilised = self.structures.values().any(|it| it.mobilised);
        let nobody = (!mobilised).then_some(Refusal::NobodyMobilised {});
        // INV-08 again, for the DLAs that joined after the démarche was engaged.
        [self.validation_missing(), avis, projet, nobody]
            .into_iter()
            .flatten()
            .collect()
    }

    /// INV-07 and INV-09.
    pub(super) fn broken_at_confirmation(&self) -> Vec<Rule> {
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

    /// INV-11: its own plan, and no line of it in the air. A plan of another dossier is answered
    /// as an absent one: it may not be known here.
    pub(super) fn blocks_start(&self, plan: &Seen<PlanFinancement>) -> Option<Refusal> {
        if !plan.exists() || plan.state.ingenierie() != self.id {
            return Some(Refusal::PlanElsewhere {});
        }
        (!plan.state.is_confirmed()).then_some(Refusal::PlanStillOpen {})
    }

    /// INV-08: whoever answers for each porteuse concerned validates the démarche.
    fn validation_missing(&self) -> Option<Refusal> {
        let dlas = self.waiting_for(|dla| self.validated.contains(&dla));
        (!dlas.is_empty()).then_some(Refusal::DemarcheNotValidated { dlas })
    }
}
