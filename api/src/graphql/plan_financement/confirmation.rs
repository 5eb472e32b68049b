//! Whether a plan stands, how its amounts count taxes, and what it came to.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{ActionFinancee, PlanFinancementId, Seen, plan_financement as rules};
use eventlog::EventLog;

use super::{PlanFinancementInput, PlanFinancementPayload, payload};
use crate::{
    Result,
    graphql::{
        context::ContextExt, credits_ingenierie, ids::typed, request::Request, scalars::Cents,
    },
};

/// How the amounts of a plan count value-added tax (TVA).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::RegimeTaxe")]
pub(crate) enum RegimeTaxe {
    /// Included (toutes taxes comprises).
    Ttc,
    /// Left out (hors taxes), for it is recovered.
    Ht,
    /// None applies.
    NonAssujetti,
}

#[derive(Default)]
pub(super) struct ConfirmationMutation;

#[Object]
impl ConfirmationMutation {
    /// Confirms that the plan stands: retained resources equal costs, to the cent (INV-10); what
    /// its crédits d'ingénierie pay for is declared, and no superposition is left to clear
    /// (INV-13); an OPCO pays where training is planned (INV-16). Counting on resources that are
    /// not granted yet, which the porteuse guarantees (INV-12), or on a collectivité that funds
    /// the DLA every year (INV-17) must be justified with `because`: one text for all that is
    /// set aside.
    async fn confirm_plan_financement(
        &self,
        ctx: &Context<'_>,
        input: PlanFinancementInput,
    ) -> Result<PlanFinancementPayload> {
        let id: PlanFinancementId = typed(&input.plan, "input.plan")?;
        let gather = || async move {
            let (_, dossier) = credits_ingenierie::of_dossier(ctx.log(), id).await?;
            Ok((dossier, declared(ctx.log(), id).await?))
        };
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::PlanFinancement, asked, (dossier, action)| {
                it.confirm_plan_financement(asked, id, (dossier, action.as_ref()))
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Says how the amounts of the plan count value-added tax: included (`TTC`), until it is
    /// said. A confirmed plan is reopened (INV-11).
    async fn choose_regime_taxe(
        &self,
        ctx: &Context<'_>,
        input: ChooseRegimeTaxeInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let regime = input.regime.into();
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.choose_regime_taxe(asked, regime)
            });
        Ok(payload(id, decided.await?))
    }

    /// Notes what a cost came to, in place of what was noted before. The plan still stands.
    async fn record_realise(
        &self,
        ctx: &Context<'_>,
        input: RecordRealiseInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let montant = input.montant.0;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.record_realise(asked, input.ligne, montant)
            });
        Ok(payload(id, decided.await?))
    }

    /// Closes the accounts of a confirmed plan, each of whose costs came to something: it changes
    /// no more. Another sum paid than spent must be justified with `because`.
    async fn settle_plan_financement(
        &self,
        ctx: &Context<'_>,
        input: PlanFinancementInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.settle_plan_financement(asked)
            });
        Ok(payload(id, decided.await?))
    }
}

/// The action that the plan declares now, as it stands.
async fn declared(
    log: &EventLog,
    plan: PlanFinancementId,
) -> Result<Option<Seen<ActionFinancee>>, eventlog::Error> {
    match credits_ingenierie::action_of(log, plan).await? {
        Some(action) => Ok(Some(log.seen(action).await?)),
        None => Ok(None),
    }
}

/// How the amounts of a plan count value-added tax.
#[derive(InputObject)]
pub(crate) struct ChooseRegimeTaxeInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// How.
    regime: RegimeTaxe,
}

/// What a cost came to.
#[derive(InputObject)]
pub(crate) struct RecordRealiseInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// The number of the cost in the plan.
    ligne: i32,
    /// What it came to, counted as the plan counts taxes: nothing, perhaps.
    montant: Cents,
}
