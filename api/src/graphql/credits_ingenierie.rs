//! Crédits d'ingénierie: what plans declare that they pay for, and the register of superpositions
//! (RM-04).

use std::collections::BTreeSet;

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object};
use domain::{
    ActionFinanceeId, DlaId, Dossier, IngenierieId, Liste, Periode, PlanFinancement as Plan,
    PlanFinancementId, Seen,
    action_financee::{self as rules, Action, CLAIM},
};
use eventlog::{EventLog, Outcome};
use projections::superpositions::{self as rows, MODEL};
use uuid::Uuid;

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::{global, typed},
        ingenierie::{self, Ingenierie},
        loaders::{CreditsOf, SuperpositionsOf},
        paging::{self, List},
        past::{self, AsOfInput},
        referentiel::Code,
        request::{Recorded, Request, code_if_given, prose},
        scalars::{Date, Position},
        sealed::text,
        territoire::Territoire,
    },
};

/// The action of a plan that declares none: no action has this id.
const UNDECLARED: ActionFinanceeId = ActionFinanceeId(Uuid::nil());

/// What a plan de financement declares that its crédits d'ingénierie pay for: the action, when,
/// where, in which sectors and branches. It is what is compared with what other plans declare.
pub(crate) struct CreditsIngenierie(rows::Credits);

/// What a plan de financement declares that its crédits d'ingénierie pay for: the action, when,
/// where, in which sectors and branches. It is what is compared with what other plans declare.
#[Object]
impl CreditsIngenierie {
    /// The plan.
    async fn plan_id(&self) -> ID {
        global(PlanFinancementId(self.0.plan))
    }

    /// The ingénierie that it pays for.
    async fn ingenierie_id(&self) -> ID {
        global(IngenierieId(self.0.ingenierie))
    }

    /// The ingénierie itself. Null when you may not see its dossier.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        ingenierie::find(ctx, IngenierieId(self.0.ingenierie)).await
    }

    /// The DLAs concerned by the ingénierie.
    async fn dlas(&self, ctx: &Context<'_>) -> Result<Vec<Dla>> {
        let found = self.0.dlas.iter().map(|it| dla::find(ctx, Some(*it)));
        let found = futures_util::future::try_join_all(found).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The theme of the action (`TYPE_PRESTATION`).
    async fn theme(&self) -> Code {
        Code::new(Liste::TypePrestation, &self.0.theme)
    }

    /// What the action is about (`OBJET_PRESTATION`).
    async fn objet(&self) -> Code {
        Code::new(Liste::ObjetPrestation, &self.0.objet)
    }

    /// The first day of the action.
    async fn du(&self) -> Date {
        Date(self.0.du)
    }

    /// Its last day.
    async fn au(&self) -> Date {
        Date(self.0.au)
    }

    /// Where it takes place: the territory of the ingénierie.
    async fn territoire(&self) -> Option<Territoire> {
        Territoire::of(self.0.territoire.as_ref()?)
    }

    /// The fields of activity of the ingénierie (`SECTEUR`) when it was declared.
    async fn secteurs(&self) -> Vec<Code> {
        Code::all(Liste::Secteur, &self.0.secteurs)
    }

    /// The professional branches of the beneficiaries (`BRANCHE`), when they are of some.
    async fn branches(&self) -> Vec<Code> {
        Code::all(Liste::Branche, &self.0.branches)
    }

    /// When it was declared.
    async fn declared_on(&self) -> Date {
        Date(self.0.declared_on)
    }

    /// The fact that declares it.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }
}

/// Two plans whose crédits d'ingénierie pay for the same action (INV-13): found when the second of
/// them is declared, whichever it is. Neither plan is confirmed before somebody else than those
/// who declared them has said why both may pay.
pub(crate) struct Superposition(rows::Superposition);

/// Two plans whose crédits d'ingénierie pay for the same action (INV-13): found when the second of
/// them is declared, whichever it is. Neither plan is confirmed before somebody else than those
/// who declared them has said why both may pay.
#[Object]
impl Superposition {
    /// The action: what `clearSuperposition` takes, with the number.
    async fn action_id(&self) -> ID {
        global(ActionFinanceeId(self.0.action))
    }

    /// Its number among those of the action, from 1.
    async fn numero(&self) -> i32 {
        self.0.numero
    }

    /// The theme of the action (`TYPE_PRESTATION`).
    async fn theme(&self) -> Code {
        Code::new(Liste::TypePrestation, &self.0.theme)
    }

    /// What the action is about (`OBJET_PRESTATION`).
    async fn objet(&self) -> Code {
        Code::new(Liste::ObjetPrestation, &self.0.objet)
    }

    /// What became of it.
    async fn etat(&self) -> EtatSuperposition {
        self.0.etat.into()
    }

    /// What the two have in common besides the action and the time.
    async fn bases(&self) -> Vec<BaseSuperposition> {
        self.0.bases.iter().map(|it| (*it).into()).collect()
    }

    /// What the two plans declared when it was found (both sides: the last declared first).
    async fn cotes(&self) -> Vec<CreditsIngenierie> {
        self.0
            .cotes
            .iter()
            .cloned()
            .map(CreditsIngenierie)
            .collect()
    }

    /// When it was found.
    async fn detected_on(&self) -> Date {
        Date(self.0.detected_on)
    }

    /// When it was cleared.
    async fn cleared_on(&self) -> Option<Date> {
        self.0.cleared_on.map(Date)
    }

    /// Why both may pay. Absent until it is cleared, and once erased.
    async fn justification(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.0.because else { return Ok(None) };
        text(ctx, place.position, &place.pointer).await
    }

    /// When it lapsed, for one of the plans says something else since.
    async fn lapsed_on(&self) -> Option<Date> {
        self.0.lapsed_on.map(Date)
    }

    /// The facts that make it, in rising order.
    async fn positions(&self) -> Vec<Position> {
        self.0.positions.iter().copied().map(Position).collect()
    }
}

/// What two plans for the same action have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Base")]
pub(crate) enum BaseSuperposition {
    /// Their territories share a place, or the codes alone cannot tell.
    Territoire,
    /// A field of activity.
    Secteur,
    /// A professional branch.
    Branche,
}

/// What became of a superposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::Etat")]
pub(crate) enum EtatSuperposition {
    /// Nobody has explained it yet: neither plan is confirmed.
    Ouverte,
    /// Somebody said why both may pay.
    Levee,
    /// One of the two plans says something else since, or nothing.
    Caduque,
}

/// What a plan declares now, if it declares something.
pub(crate) async fn of_plan(
    ctx: &Context<'_>,
    plan: PlanFinancementId,
) -> Result<Option<CreditsIngenierie>> {
    let row = ctx.loaders().load_one(CreditsOf(plan)).await?;
    Ok(row.map(CreditsIngenierie))
}

/// The superpositions of a plan, the last found first.
pub(crate) async fn superpositions_of(
    ctx: &Context<'_>,
    plan: PlanFinancementId,
) -> Result<Vec<Superposition>> {
    let rows = ctx.loaders().load_one(SuperpositionsOf(plan)).await?;
    Ok(rows
        .unwrap_or_default()
        .into_iter()
        .map(Superposition)
        .collect())
}

/// Which superpositions are looked for: all that is given must hold.
#[derive(Default, InputObject)]
pub(crate) struct SuperpositionFilter {
    /// Of a plan of this DLA.
    dla: Option<ID>,
    /// Of the plan of this ingénierie.
    ingenierie: Option<ID>,
    /// About this theme (`TYPE_PRESTATION`).
    theme: Option<String>,
    /// About this object (`OBJET_PRESTATION`).
    objet: Option<String>,
    /// On this basis, among others perhaps.
    base: Option<BaseSuperposition>,
    /// Of which this became.
    etat: Option<EtatSuperposition>,
}

impl SuperpositionFilter {
    fn parse(&self, ctx: &Context<'_>) -> Result<rows::Filter> {
        let dla = self.dla.as_ref().map(|it| typed::<DlaId>(it, "filter.dla"));
        let ingenierie = self.ingenierie.as_ref();
        let ingenierie = ingenierie.map(|it| typed::<IngenierieId>(it, "filter.ingenierie"));
        let theme =
            code_if_given(ctx, Liste::TypePrestation, "filter.theme", self.theme.as_deref())?;
        let objet =
            code_if_given(ctx, Liste::ObjetPrestation, "filter.objet", self.objet.as_deref())?;
        Ok(rows::Filter {
            dla: dla.transpose()?.map(|it| it.0),
            ingenierie: ingenierie.transpose()?,
            plans: vec![],
            theme: theme.map(|it| it.to_string()),
            objet: objet.map(|it| it.to_string()),
            base: self.base.map(Into::into),
            etat: self.etat.map(Into::into),
        })
    }
}

#[derive(Default)]
pub(crate) struct CreditsIngenierieQuery;

#[Object]
impl CreditsIngenierieQuery {
    /// The register of superpositions: which overlaps of crédits d'ingénierie were found, on which
    /// basis, who explained them and how; the last found first. The people of the DLAs of either
    /// plan read it, and the financeurs whom either plan counts on.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn superpositions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<SuperpositionFilter>,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<i64, Superposition>> {
        let asked = paging::asked(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().parse(ctx)?;
        past::travel(ctx, as_of).await?;
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let page = rows::list(reads, scope, &filter, (asked.first, asked.after));
        let row = |it: rows::Superposition| (it.first_position, Superposition(it));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count(reads, scope, &filter)).await
    }
}

#[derive(Default)]
pub(crate) struct CreditsIngenierieMutation;

#[Object]
impl CreditsIngenierieMutation {
    /// Declares the action that a plan pays for with crédits d'ingénierie, or declares it anew.
    /// Where and in which sectors, the dossier knows. What it meets among all other plans is
    /// recorded (INV-13), and a plan that a DLA pays for is not confirmed before it is declared.
    /// A plan pays for one action: withdraw the one before declaring another. A confirmed plan
    /// declares nothing that meets others before a change of its lines reopens it.
    async fn declare_credits_ingenierie(
        &self,
        ctx: &Context<'_>,
        input: DeclareCreditsIngenierieInput,
    ) -> Result<CreditsIngenieriePayload> {
        let plan: PlanFinancementId = typed(&input.plan, "input.plan")?;
        let request = &input.request;
        let action = Action {
            theme: request.code(ctx, Liste::TypePrestation, "input.theme", &input.theme)?,
            objet: request.code(ctx, Liste::ObjetPrestation, "input.objet", &input.objet)?,
        };
        let branches = input.branches.unwrap_or_default();
        let branches: BTreeSet<_> =
            request.codes(ctx, Liste::Branche, "input.branches", &branches)?;
        let periode = Periode { du: input.du.0, au: input.au.0 };
        let gather = || of_dossier(ctx.log(), plan);
        let decided = request.decide_with(
            ctx,
            action.id(),
            gather,
            |it: &domain::ActionFinancee, asked, (plan, dossier)| {
                let said = (periode, branches.clone());
                it.declare_credits_ingenierie(asked, (plan, dossier), action.clone(), said)
            },
        );
        Ok(payload(plan, decided.await?))
    }

    /// Says that a plan no longer pays for its action. What it met lapses. A confirmed plan says
    /// so only when its ingénierie was abandoned.
    async fn withdraw_credits_ingenierie(
        &self,
        ctx: &Context<'_>,
        input: WithdrawCreditsIngenierieInput,
    ) -> Result<CreditsIngenieriePayload> {
        let plan: PlanFinancementId = typed(&input.plan, "input.plan")?;
        let motif = prose("input.motif", &input.motif)?;
        let action = action_of(ctx.log(), plan).await?.unwrap_or(UNDECLARED);
        let gather = || of_dossier(ctx.log(), plan);
        let decided = input.request.decide_with(
            ctx,
            action,
            gather,
            |it: &domain::ActionFinancee, asked, (plan, dossier)| {
                it.withdraw_credits_ingenierie(asked, (plan, dossier), motif.clone())
            },
        );
        Ok(payload(plan, decided.await?))
    }

    /// Says why two plans may pay for the same action (INV-13): by somebody who answers for the
    /// porteuse of one of their DLAs, and who declared neither.
    async fn clear_superposition(
        &self,
        ctx: &Context<'_>,
        input: ClearSuperpositionInput,
    ) -> Result<SuperpositionPayload> {
        let action: ActionFinanceeId = typed(&input.action, "input.action")?;
        let justification = prose("input.justification", &input.justification)?;
        let numero = input.superposition;
        let decided = input
            .request
            .decide(ctx, action, |it: &domain::ActionFinancee, asked| {
                it.clear_superposition(asked, numero, justification.clone())
            });
        let outcome = decided.await?;
        let changed = SuperpositionChanged { action, numero, outcome };
        Ok(SuperpositionPayload(changed, Recorded(outcome)))
    }
}

/// The action that a plan declares now: the log holds the claim.
pub(crate) async fn action_of(
    log: &EventLog,
    plan: PlanFinancementId,
) -> Result<Option<ActionFinanceeId>, eventlog::Error> {
    let held = log.claimed(CLAIM, &plan.0.to_string()).await?;
    Ok(held.map(ActionFinanceeId))
}

/// A plan and its dossier. Those of a plan that is not there are absent too.
pub(crate) async fn of_dossier(
    log: &EventLog,
    plan: PlanFinancementId,
) -> Result<(Seen<Plan>, Dossier), eventlog::Error> {
    let plan = log.seen::<Plan>(plan).await?;
    let dossier = plan.state.ingenierie().unwrap_or(IngenierieId(plan.id.0));
    let dossier = log.either::<Dossier>(dossier).await?;
    Ok((plan, dossier))
}

/// What crédits d'ingénierie pay for.
#[derive(InputObject)]
pub(crate) struct DeclareCreditsIngenierieInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// The theme of the action: a code of `TYPE_PRESTATION`.
    theme: String,
    /// What the action is about: a code of `OBJET_PRESTATION`.
    objet: String,
    /// Its first day.
    du: Date,
    /// Its last day.
    au: Date,
    /// The professional branches of the beneficiaries, when they are of some: codes of `BRANCHE`,
    /// at most 10.
    branches: Option<Vec<String>>,
}

/// Crédits d'ingénierie that no longer pay for an action.
#[derive(InputObject)]
pub(crate) struct WithdrawCreditsIngenierieInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// Why (INV-36). Sealed: the DLAs concerned read it.
    motif: String,
}

/// Why two plans may pay for the same action.
#[derive(InputObject)]
pub(crate) struct ClearSuperpositionInput {
    #[graphql(flatten)]
    request: Request,
    /// The action: `actionId` of the superposition.
    action: ID,
    /// The number of the superposition.
    superposition: i32,
    /// Why both may pay. Sealed: those who may read the superposition read it.
    justification: String,
}

/// What a change of what crédits d'ingénierie pay for answers.
#[derive(MergedObject)]
pub(crate) struct CreditsIngenieriePayload(CreditsIngenierieChanged, Recorded);

fn payload(plan: PlanFinancementId, outcome: Outcome) -> CreditsIngenieriePayload {
    CreditsIngenieriePayload(CreditsIngenierieChanged { plan, outcome }, Recorded(outcome))
}

struct CreditsIngenierieChanged {
    plan: PlanFinancementId,
    outcome: Outcome,
}

#[Object]
impl CreditsIngenierieChanged {
    /// What the plan declares now, at least as recent as the change.
    async fn credits_ingenierie(&self, ctx: &Context<'_>) -> Result<Option<CreditsIngenierie>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        of_plan(ctx, self.plan).await
    }

    /// The superpositions of the plan, the last found first.
    async fn superpositions(&self, ctx: &Context<'_>) -> Result<Vec<Superposition>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        superpositions_of(ctx, self.plan).await
    }
}

/// What clearing a superposition answers.
#[derive(MergedObject)]
pub(crate) struct SuperpositionPayload(SuperpositionChanged, Recorded);

struct SuperpositionChanged {
    action: ActionFinanceeId,
    numero: i32,
    outcome: Outcome,
}

#[Object]
impl SuperpositionChanged {
    /// The superposition, at least as recent as the change.
    async fn superposition(&self, ctx: &Context<'_>) -> Result<Option<Superposition>> {
        let (reads, scope) = (ctx.reads(), ctx.scope());
        reads.caught_up(&MODEL, self.outcome.position).await?;
        let row = rows::by_number(reads, scope, self.action, self.numero).await?;
        Ok(row.map(Superposition))
    }
}
