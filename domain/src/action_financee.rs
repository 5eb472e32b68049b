//! An action that crédits d'ingénierie pay for, whichever DLA pays: a theme of Enée and an object.
//!
//! Crédits d'ingénierie do not stack on others for the same action (method, fiche 7, RUL-02).
//! All plans that pay for one action are in one stream, so that of two plans declared at the same
//! instant the second sees the first. The comparison itself is in `superposition`.

mod superposition;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::superposition::{Base, TOUS_SECTEURS};
use crate::{
    ActionFinanceeId, ActorId, Asked, Code, Decided, Decider, Decision, DlaId, Dossier,
    IngenierieId, Periode, Place, PlanFinancement, PlanFinancementId, Prose, Sealed, Seen, Subject,
    Territoire,
    actor::{Perimeter, Right, rights},
    ingenierie_collective::Etat,
    refusal::{Common, refusals},
};

/// Branches that one plan names: an action for more is for none in particular.
pub const BRANCHES_MAX: usize = 10;

/// Superpositions found at once: an object that so many share says too little.
pub const SUPERPOSITIONS_MAX: usize = 200;

/// The claim that a plan makes, so that it pays for one action at a time.
pub const CLAIM: &str = "credits_ingenierie";

/// What can happen to an action. Each fact stands in the dossier of the plan that it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// A plan pays for the action with crédits d'ingénierie. What it said last counts.
    CreditsIngenierieDeclared { action: Action, credits: Credits },
    /// Another plan already pays for the same action, at the same time and in the same place,
    /// sector or branch (INV-13).
    SuperpositionDetected {
        superposition: i32,
        plan: PlanFinancementId,
        ingenierie: IngenierieId,
        autre_plan: PlanFinancementId,
        autre_ingenierie: IngenierieId,
        bases: BTreeSet<Base>,
    },
    /// Somebody other than the authors says why both may pay.
    SuperpositionCleared { superposition: i32, because: Sealed<Prose> },
    /// A plan no longer pays for the action.
    CreditsIngenierieWithdrawn { plan: PlanFinancementId, motif: Sealed<Prose> },
}

/// What is paid for, wherever and whoever pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Of `Liste::TypePrestation`, the themes of Enée.
    pub theme: Code,
    /// Of `Liste::ObjetPrestation`.
    pub objet: Code,
}

/// What one plan declares: all that the comparison looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credits {
    pub plan: PlanFinancementId,
    pub ingenierie: IngenierieId,
    /// Those concerned by the ingénierie.
    pub dlas: BTreeSet<DlaId>,
    /// When the action takes place.
    pub periode: Periode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub territoire: Option<Territoire>,
    /// Of `Liste::Secteur`.
    pub secteurs: BTreeSet<Code>,
    /// Of `Liste::Branche`.
    pub branches: BTreeSet<Code>,
    /// Who declared it: somebody else clears what it meets.
    pub auteur: ActorId,
}

refusals! {
    /// An action ends after it begins.
    PeriodeReversed {} = "PERIODE_REVERSED" at "au":
        "La fin de la période précède son début : corrigez les dates.",
        "The period ends before it begins: correct the dates.";
    /// Two words about one action.
    TooManyBranches { max: usize } = "TOO_MANY_BRANCHES" at "branches":
        "Indiquez au plus {max} branches.",
        "Give at most {max} branches.";
    /// The object says too little to compare.
    TooManySuperpositions { max: usize } = "TOO_MANY_SUPERPOSITIONS" at "objet":
        "Plus de {max} plans financent déjà cette action : choisissez un objet plus précis.",
        "More than {max} plans already pay for this action: choose a more precise object.";
    /// No such overlap, or what made it was withdrawn.
    SuperpositionUnknown { superposition: i32 } = "SUPERPOSITION_UNKNOWN" at "superposition":
        "Cette action n'a pas de superposition {superposition}, ou elle est devenue sans objet.",
        "This action has no superposition {superposition}, or it has lapsed.";
    /// Who declared it does not judge it (INV-13).
    SuperpositionOwn {} = "SUPERPOSITION_OWN" at "superposition":
        "Une superposition est levée par une autre personne que celles qui ont déclaré les crédits.",
        "A superposition is cleared by somebody other than those who declared the credits.";
    /// What was compared before a plan was confirmed is what it still says (INV-13).
    PlanStands {} = "PLAN_CONFIRMED" at "plan":
        "Ce plan est confirmé : modifiez d'abord une de ses lignes, ce qui le rouvre, puis changez ce que paient ses crédits d'ingénierie.",
        "This plan is confirmed: change one of its lines first, which reopens it, then change what its crédits d'ingénierie pay for.";
    /// INV-38.
    CreditsAfterEnd {} = "CREDITS_AFTER_END" at "plan":
        "L'ingénierie de ce plan est finalisée ou abandonnée : rouvrez-la avant d'y déclarer des crédits d'ingénierie.",
        "The ingénierie of this plan is finalised or abandoned: reopen it before declaring crédits d'ingénierie for it.";
    /// Nothing to withdraw.
    ActionNotOfPlan {} = "ACTION_NOT_OF_PLAN" at "plan":
        "Ce plan ne déclare aucune action : il n'y a rien à retirer.",
        "This plan declares no action: there is nothing to withdraw.";
}

rights! {
    DECLARE = "declareCreditsIngenierie": ChargeDeMission;
    WITHDRAW = "withdrawCreditsIngenierie": ChargeDeMission;
    CLEAR = "clearSuperposition": ResponsablePorteuse;
}

/// One action, as the decisions remember it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActionFinancee {
    /// The plans that pay for it now.
    plans: BTreeMap<PlanFinancementId, Credits>,
    /// The last number given to a superposition, from 1.
    superpositions: i32,
    /// Those that stand, cleared or not: the two plans, and whether it was cleared.
    standing: BTreeMap<i32, Superposition>,
}

/// Two plans that pay for the same.
#[derive(Debug, Clone, PartialEq)]
struct Superposition {
    /// What was declared last comes first: its dossier holds the finding.
    credits: [Credits; 2],
    cleared: bool,
}

impl Action {
    /// The stream of the action: the same in every house, for it is made of its codes
    /// (FNV-1a on 128 bits, as a UUID of version 8).
    pub fn id(&self) -> ActionFinanceeId {
        ActionFinanceeId(crate::values::uuid_of(&format!("{}/{}", self.theme, self.objet)))
    }
}

impl ActionFinancee {
    /// Says that a plan pays for the action with crédits d'ingénierie, or says it anew, and finds
    /// which others already do (INV-13). Where, and in which sectors, the dossier knows.
    ///
    /// A plan pays for one action: the log holds the claim.
    pub fn declare_credits_ingenierie(
        &self,
        asked: &Asked,
        (plan, dossier): (&Seen<PlanFinancement>, &Dossier),
        action: Action,
        (periode, branches): (Periode, BTreeSet<Code>),
    ) -> Decision<Self> {
        concerns(asked, &DECLARE, plan, dossier)?;
        if periode.au < periode.du {
            return Err(Refusal::PeriodeReversed {});
        }
        if branches.len() > BRANCHES_MAX {
            return Err(Refusal::TooManyBranches { max: BRANCHES_MAX });
        }
        let credits = Credits {
            plan: plan.id,
            ingenierie: dossier.id,
            dlas: dossier.dlas.iter().copied().collect(),
            periode,
            territoire: dossier.territoire.clone(),
            secteurs: dossier.secteurs.clone(),
            branches,
            auteur: asked.by.id,
        };
        let known = self.plans.get(&plan.id);
        if known.is_some_and(|it| credits.says_as(it)) {
            return Ok(Decided::nothing());
        }
        if dossier.is_over() {
            return Err(Refusal::CreditsAfterEnd {});
        }
        let others = self.plans.values().filter(|it| it.plan != plan.id);
        let met: Vec<_> = others
            .map(|other| (other, credits.meets(other)))
            .filter(|(_, bases)| !bases.is_empty())
            .collect();
        if plan.state.is_confirmed() && !met.is_empty() {
            return Err(Refusal::PlanStands {});
        }
        if met.len() > SUPERPOSITIONS_MAX {
            return Err(Refusal::TooManySuperpositions { max: SUPERPOSITIONS_MAX });
        }
        let detected = met
            .into_iter()
            .zip(self.superpositions + 1..)
            .map(|((other, bases), n)| Event::SuperpositionDetected {
                superposition: n,
                plan: plan.id,
                ingenierie: dossier.id,
                autre_plan: other.plan,
                autre_ingenierie: other.ingenierie,
                bases,
            });
        let place = credits.place();
        let declared = [Event::CreditsIngenierieDeclared { action, credits: credits.clone() }];
        Ok(asked
            .records(place, declared.into_iter().chain(detected))
            .claiming(CLAIM, plan.id.0)
            .expecting(plan)
            .expecting(dossier))
    }

    /// Says why two plans may pay for the same action: by somebody who answers for the porteuse of
    /// a DLA concerned, and who declared neither.
    pub fn clear_superposition(
        &self,
        asked: &Asked,
        superposition: i32,
        because: Prose,
    ) -> Decision<Self> {
        let Some(known) = self.standing.get(&superposition) else {
            // Whoever sees nothing of the action is told nothing of it.
            asked.may(&CLEAR, &around(self.plans.values()))?;
            return Err(Refusal::SuperpositionUnknown { superposition });
        };
        let [last, first] = &known.credits;
        asked.may(&CLEAR, &around([last, first]))?;
        if known.cleared {
            return Ok(Decided::nothing());
        }
        if [last, first].iter().any(|it| it.auteur == asked.by.id) {
            return Err(Refusal::SuperpositionOwn {});
        }
        let because = Sealed::new(Subject::dossier(last.ingenierie), because);
        let cleared = Event::SuperpositionCleared { superposition, because };
        Ok(asked.records(last.place(), [cleared]))
    }

    /// Says that a plan no longer pays for the action. The reason is mandatory (INV-36). What it
    /// met is no superposition any more. A plan that stands goes on saying what it pays for, unless
    /// its ingénierie was abandoned.
    pub fn withdraw_credits_ingenierie(
        &self,
        asked: &Asked,
        (plan, dossier): (&Seen<PlanFinancement>, &Dossier),
        motif: Prose,
    ) -> Decision<Self> {
        concerns(asked, &WITHDRAW, plan, dossier)?;
        let credits = self
            .plans
            .get(&plan.id)
            .ok_or(Refusal::ActionNotOfPlan {})?;
        if plan.state.is_confirmed() && dossier.etat != Some(Etat::Abandonnee) {
            return Err(Refusal::PlanStands {});
        }
        let motif = Sealed::new(Subject::dossier(dossier.id), motif);
        let withdrawn = Event::CreditsIngenierieWithdrawn { plan: plan.id, motif };
        Ok(asked
            .records(credits.place(), [withdrawn])
            .releasing(CLAIM, plan.id.0)
            .expecting(plan)
            .expecting(dossier))
    }

    /// What a plan declared, while it pays for the action.
    pub fn credits(&self, plan: PlanFinancementId) -> Option<&Credits> {
        self.plans.get(&plan)
    }

    /// The superpositions of a plan that nobody has cleared yet, whichever of the two was first.
    pub fn uncleared(&self, plan: PlanFinancementId) -> impl Iterator<Item = i32> {
        let open = self.standing.iter().filter(|(_, it)| !it.cleared);
        open.filter(move |(_, it)| it.is_of(plan)).map(|(n, _)| *n)
    }

    /// What a plan met no longer stands, for it says something else or nothing.
    fn forget_met(&mut self, plan: PlanFinancementId) {
        self.standing.retain(|_, it| !it.is_of(plan));
    }
}

impl Superposition {
    fn is_of(&self, plan: PlanFinancementId) -> bool {
        self.credits.iter().any(|it| it.plan == plan)
    }
}

/// Who may know of what these plans pay for: their DLAs.
fn around<'a>(credits: impl IntoIterator<Item = &'a Credits>) -> Perimeter {
    Perimeter::of_dlas(credits.into_iter().flat_map(|it| it.dlas.iter().copied()))
}

/// Lets pass those of the DLAs of the dossier, on its own plan.
fn concerns(
    asked: &Asked,
    right: &Right,
    plan: &Seen<PlanFinancement>,
    dossier: &Dossier,
) -> Result<(), Refusal> {
    let dlas = Perimeter::of_dlas(dossier.dlas.iter().copied());
    asked.may(right, &dlas)?;
    if plan.state.ingenierie() != Some(dossier.id) {
        return Err(Common::NotFound {}.into());
    }
    Ok(())
}

impl Credits {
    fn place(&self) -> Place {
        Place { territoire: self.territoire.clone(), dossier: Some(self.ingenierie) }
    }

    /// Whether the other says the same, whoever says it.
    fn says_as(&self, other: &Self) -> bool {
        Self { auteur: other.auteur, ..self.clone() } == *other
    }
}

impl Decider for ActionFinancee {
    const CATEGORY: &'static str = "action_financee";

    type Id = ActionFinanceeId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::CreditsIngenierieDeclared { credits, .. } => {
                self.forget_met(credits.plan);
                self.plans.insert(credits.plan, credits.clone());
            }
            Event::SuperpositionDetected { superposition, plan, autre_plan, .. } => {
                self.superpositions = *superposition;
                let both = self.plans.get(plan).zip(self.plans.get(autre_plan));
                if let Some((last, first)) = both {
                    let credits = [last.clone(), first.clone()];
                    self.standing
                        .insert(*superposition, Superposition { credits, cleared: false });
                }
            }
            Event::SuperpositionCleared { superposition, .. } => {
                if let Some(it) = self.standing.get_mut(superposition) {
                    it.cleared = true;
                }
            }
            Event::CreditsIngenierieWithdrawn { plan, .. } => {
                self.forget_met(*plan);
                self.plans.remove(plan);
            }
        }
    }
}
