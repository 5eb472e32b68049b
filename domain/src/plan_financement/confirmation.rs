//! When a plan may stand: it balances, its crédits d'ingénierie stack on no others, and each
//! resource is what it may be.

use super::{CHOOSE_REGIME, CONFIRM, Contributeur, Event, PlanFinancement, Refusal, RegimeTaxe};
use crate::{
    ActionFinancee, Asked, Cents, Decided, Decision, Dossier, OrganisationId, PlanFinancementId,
    Rule, Seen, ingenierie_collective::engager::FINANCEUR_PERMANENT, refusal::Common,
};

/// The source that pays for training alone (RUL-19).
const SOURCE_OPCO: &str = "OPCO";

/// What it took the place of.
const SOURCE_OPCA: &str = "OPCA";

/// The source whose permanent and ponctuel funding are to be articulated (RUL-18).
pub const SOURCE_COLLECTIVITE: &str = "COLLECTIVITE";

impl PlanFinancement {
    /// Confirms that the plan stands. It looks at its dossier and, when a DLA pays with its
    /// crédits d'ingénierie, at the action that they pay for.
    pub fn confirm_plan_financement(
        &self,
        asked: &Asked,
        plan: PlanFinancementId,
        (dossier, action): (&Dossier, Option<&Seen<ActionFinancee>>),
    ) -> Decision<Self> {
        self.kept_by(asked, &CONFIRM)?;
        if self.confirmed {
            return Ok(Decided::nothing());
        }
        if self.ingenierie != Some(dossier.id) {
            return Err(Common::NotFound {}.into());
        }
        self.balances()?;
        self.trains(dossier)?;
        let paid_by_a_dla = self
            .retained()
            .any(|it| matches!(it.contributeur, Contributeur::Dla(_)));
        if paid_by_a_dla {
            stacks_on_none(plan, dossier, action)?;
        }
        let mut events = vec![];
        // INV-12: the porteuse may guarantee what is not granted yet.
        let unsure = self.retained().any(|it| !it.is_granted());
        // INV-17: permanent and ponctuel funding of one collectivité are articulated.
        let twice = self.retained().any(|it| {
            it.source.as_str() == SOURCE_COLLECTIVITE
                && matches!(it.contributeur, Contributeur::Organisation(id) if is_permanent(dossier, id))
        });
        for (rule, applies) in [(Rule::LinesGranted, unsure), (Rule::FundingArticulated, twice)] {
            if applies {
                let (rule, because) = asked.waive(rule, self.subject()?)?;
                events.push(Event::RuleWaived { rule, because });
            }
        }
        let (total, valorisation) = (self.total_cents(), self.valorisation);
        events.push(Event::PlanFinancementConfirmed { total, valorisation });
        let decided = self.records(asked, events).expecting(dossier);
        Ok(match action {
            Some(action) if paid_by_a_dla => decided.expecting(action),
            _ => decided,
        })
    }

    /// Says how the amounts of the plan count taxes: included, until it is said.
    pub fn choose_regime_taxe(&self, asked: &Asked, regime: RegimeTaxe) -> Decision<Self> {
        self.kept_by(asked, &CHOOSE_REGIME)?;
        if self.regime == regime {
            return Ok(Decided::nothing());
        }
        Ok(self.changes(asked, [Event::RegimeTaxeChosen { regime }]))
    }

    /// INV-10: in cents, retained resources are costs. Valued time is equal on both sides by
    /// construction, so it is left out of both sums.
    fn balances(&self) -> Result<(), Refusal> {
        let (depenses, ressources) = (self.total_cents(), self.retained_cents());
        if depenses == Cents(0) {
            return Err(Refusal::PlanEmpty {});
        }
        let ecart = Cents((depenses.0 - ressources.0).abs());
        match depenses.cmp(&ressources) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => {
                Err(Refusal::PlanLacksRessources { depenses, ressources, ecart })
            }
            std::cmp::Ordering::Less => {
                Err(Refusal::PlanExceedsDepenses { depenses, ressources, ecart })
            }
        }
    }

    /// INV-16: an OPCO pays where training is set up.
    fn trains(&self, dossier: &Dossier) -> Result<(), Refusal> {
        let mut retained = self.ressources.iter().filter(|(_, it)| it.is_retained());
        let of_an_opco =
            retained.find(|(_, it)| [SOURCE_OPCA, SOURCE_OPCO].contains(&it.source.as_str()));
        match of_an_opco {
            Some((ligne, _)) if !dossier.formation => {
                Err(Refusal::FormationNotPlanned { ligne: *ligne })
            }
            _ => Ok(()),
        }
    }
}

/// INV-13: the plan declared what its crédits d'ingénierie pay for, as the dossier is now, and
/// nothing that it meets is left to clear.
fn stacks_on_none(
    plan: PlanFinancementId,
    dossier: &Dossier,
    action: Option<&Seen<ActionFinancee>>,
) -> Result<(), Refusal> {
    let declared = action.and_then(|it| Some((it, it.state.credits(plan)?)));
    let Some((action, credits)) = declared else {
        return Err(Refusal::CreditsNotDeclared {});
    };
    let same_dlas = dossier.dlas.iter().all(|it| credits.dlas.contains(it));
    if credits.secteurs != dossier.secteurs || !same_dlas {
        return Err(Refusal::CreditsOutdated {});
    }
    match action.state.uncleared(plan).count() {
        0 => Ok(()),
        nombre => Err(Refusal::SuperpositionsUncleared { nombre }),
    }
}

fn is_permanent(dossier: &Dossier, organisation: OrganisationId) -> bool {
    let categorie = dossier.partenaires.get(&organisation);
    categorie.is_some_and(|it| it.as_str() == FINANCEUR_PERMANENT)
}
