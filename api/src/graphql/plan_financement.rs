//! The plan de financement: what an ingénierie costs, who pays, when it is confirmed.

mod confirmation;
mod partage;
mod ressources;

use async_graphql::{Context, ID, InputObject, MergedObject, Object, SimpleObject};
use domain::{Dossier, IngenierieId, Liste, PlanFinancementId};
use eventlog::Outcome;
use projections::financements::{self as rows, MODEL};
use uuid::Uuid;

pub(crate) use self::ressources::{Contributeur, EtatRessource, RessourceFinancement};
use self::{
    confirmation::{ConfirmationMutation, RegimeTaxe},
    partage::{PartageMutation, ValorisationTemps},
    ressources::RessourcesMutation,
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        credits_ingenierie::{self, CreditsIngenierie, Superposition},
        ids::{global, typed},
        ingenierie::{self, Ingenierie},
        loaders::{LignesOf, OfIngenierie, PlansOf},
        past::{self, AsOfInput},
        referentiel::Code,
        regle::RegleEcartee,
        request::{Recorded, Request, line, prose},
        scalars::{Cents, Date, Position, Version},
        sealed::{Readers, open},
        territoire::Territoire,
    },
};

/// The plan de financement (financing plan) of one ingénierie: its costs, those who pay or may
/// pay, the time valued apart from cash. It is confirmed when retained resources equal costs,
/// to the cent (INV-10). The DLAs concerned see it, and whoever is thought of to pay.
pub(crate) struct PlanFinancement(pub(crate) rows::Plan);

/// The plan de financement (financing plan) of one ingénierie: its costs, those who pay or may
/// pay, the time valued apart from cash. It is confirmed when retained resources equal costs,
/// to the cent (INV-10). The DLAs concerned see it, and whoever is thought of to pay.
#[Object]
impl PlanFinancement {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(PlanFinancementId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// The ingénierie it pays for.
    async fn ingenierie_id(&self) -> ID {
        global(IngenierieId(self.0.ingenierie))
    }

    /// The ingénierie itself. Null when you may not see its dossier.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        ingenierie::find(ctx, IngenierieId(self.0.ingenierie)).await
    }

    /// Where the ingénierie takes place, as known when the plan was opened.
    async fn territoire(&self) -> Option<Territoire> {
        Territoire::of(self.0.territoire.as_ref()?)
    }

    /// Whether it stands. A later change of a line reopens it, and an ingénierie does not start
    /// while its plan is open (INV-11).
    async fn confirmed(&self) -> bool {
        self.0.confirmed
    }

    /// Since when it stands; absent while it is open.
    async fn confirmed_on(&self) -> Option<Date> {
        self.0.confirmed_on.map(Date)
    }

    /// How its amounts count value-added tax.
    async fn regime_taxe(&self) -> RegimeTaxe {
        self.0.regime_taxe.into()
    }

    /// When its accounts were closed (solde): it changes no more. Absent before.
    async fn settled_on(&self) -> Option<Date> {
        self.0.settled_on.map(Date)
    }

    /// What its crédits d'ingénierie pay for, as declared. Absent until it is.
    async fn credits_ingenierie(&self, ctx: &Context<'_>) -> Result<Option<CreditsIngenierie>> {
        credits_ingenierie::of_plan(ctx, PlanFinancementId(self.0.id)).await
    }

    /// The other plans found to pay for the same action (INV-13), the last found first.
    async fn superpositions(&self, ctx: &Context<'_>) -> Result<Vec<Superposition>> {
        credits_ingenierie::superpositions_of(ctx, PlanFinancementId(self.0.id)).await
    }

    /// Its sums.
    async fn totals(&self) -> TotauxPlan {
        let plan = &self.0;
        TotauxPlan {
            depenses: plan.total_cents.into(),
            realise: plan.realise_cents.into(),
            retained: plan.retained_cents.into(),
            granted: plan.granted_cents.into(),
            paid: plan.paid_cents.into(),
            valorisation: plan.valorisation_cents.into(),
            balanced: plan.total_cents == plan.retained_cents,
        }
    }

    /// What is to be paid for (dépenses), in the order added; those removed are still listed,
    /// and no longer count.
    async fn depenses(&self) -> Vec<Depense> {
        let concerned = &self.0.concerned;
        let depense = |row: &rows::Depense| Depense { row: row.clone(), dlas: concerned.clone() };
        self.0.depenses.iter().map(depense).collect()
    }

    /// Those who pay, or may (ressources), in the order they were thought of; those who
    /// declined are still listed, and no longer count.
    async fn ressources(&self, ctx: &Context<'_>) -> Result<Vec<RessourceFinancement>> {
        let key = OfIngenierie(IngenierieId(self.0.ingenierie));
        let lignes = ctx.loaders().load_one::<LignesOf>(key).await?;
        let lignes = lignes.unwrap_or_default();
        let own = lignes.into_iter().filter(|it| it.plan == self.0.id);
        Ok(own.map(RessourceFinancement).collect())
    }

    /// Time given and valued (valorisations), equally a cost and a resource, apart from cash.
    async fn valorisations(&self) -> Vec<ValorisationTemps> {
        self.0
            .valorisations
            .iter()
            .map(ValorisationTemps::of)
            .collect()
    }

    /// The rules that were set aside to confirm it, with their justifications (INV-12).
    async fn regles_ecartees(&self) -> Vec<RegleEcartee> {
        RegleEcartee::all(&self.0.waivers)
    }
}

/// A plan by its id.
pub(crate) async fn find(ctx: &Context<'_>, id: Uuid) -> Result<Option<PlanFinancement>> {
    let row = ctx.loaders().load_one(PlanFinancementId(id)).await?;
    Ok(row.map(PlanFinancement))
}

/// The plan of an ingénierie: it has one at most.
pub(crate) async fn of_ingenierie(
    ctx: &Context<'_>,
    ingenierie: IngenierieId,
) -> Result<Option<PlanFinancement>> {
    let key = OfIngenierie(ingenierie);
    let plans = ctx.loaders().load_one::<PlansOf>(key).await?;
    Ok(plans
        .unwrap_or_default()
        .into_iter()
        .next()
        .map(PlanFinancement))
}

/// The sums of a plan, in cash except `valorisation`.
#[derive(SimpleObject)]
pub(crate) struct TotauxPlan {
    /// What the ingénierie costs: dépenses that were not removed.
    depenses: Cents,
    /// What they came to, as far as it is known.
    realise: Cents,
    /// Resources that were not refused: what was granted, or else what is sought.
    retained: Cents,
    /// What was granted.
    granted: Cents,
    /// What was paid.
    paid: Cents,
    /// Time valued, equal on both sides: in none of the other sums.
    valorisation: Cents,
    /// Whether retained resources equal costs, to the cent: what a confirmation needs (INV-10).
    balanced: bool,
}

/// Something to pay for (dépense).
pub(crate) struct Depense {
    row: rows::Depense,
    dlas: Vec<Uuid>,
}

/// Something to pay for (dépense).
#[Object]
impl Depense {
    /// Its number in the plan: what `reviseDepense` and `removeDepense` take.
    async fn ligne(&self) -> i32 {
        self.row.ligne
    }

    /// What kind of cost it is (`POSTE_COUT`).
    async fn poste(&self) -> Code {
        Code::new(Liste::PosteCout, &self.row.poste)
    }

    /// What it is.
    async fn intitule(&self) -> &str {
        &self.row.intitule
    }

    /// The last estimate of its cost; `regimeTaxe` says how taxes count.
    async fn montant(&self) -> Cents {
        self.row.montant_cents.into()
    }

    /// What it came to. Absent until it is known.
    async fn realise(&self) -> Option<Cents> {
        self.row.realise_cents.map(Into::into)
    }

    /// Whether it was removed: it then counts no more.
    async fn removed(&self) -> bool {
        self.row.removed.is_some()
    }

    /// Why it was removed. The DLAs concerned read it; absent for others, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.row.removed else { return Ok(None) };
        open(ctx, Readers::Dlas, &self.dlas, place.position, &place.pointer).await
    }

    /// The facts that make it, in rising order.
    async fn positions(&self) -> Vec<Position> {
        self.row.positions.iter().copied().map(Position).collect()
    }
}

#[derive(Default)]
pub(crate) struct PlanFinancementQuery;

#[Object]
impl PlanFinancementQuery {
    /// A plan de financement by its id.
    async fn plan_financement(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
    ) -> Result<Option<PlanFinancement>> {
        let id: PlanFinancementId = typed(&id, "id")?;
        past::seen(ctx, as_of, || find(ctx, id.0)).await
    }
}

/// Everything that can be done to a plan.
#[derive(Default, MergedObject)]
pub(crate) struct PlanFinancementMutation(
    CoutsMutation,
    ConfirmationMutation,
    RessourcesMutation,
    PartageMutation,
);

#[derive(Default)]
struct CoutsMutation;

#[Object]
impl CoutsMutation {
    /// Opens the plan de financement of an ingénierie: it has one only.
    async fn open_plan_financement(
        &self,
        ctx: &Context<'_>,
        input: OpenPlanFinancementInput,
    ) -> Result<PlanFinancementPayload> {
        let id = PlanFinancementId(input.request.command_id);
        let ingenierie: IngenierieId = typed(&input.ingenierie, "input.ingenierie")?;
        let gather = || ctx.log().either::<Dossier>(ingenierie);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::PlanFinancement, asked, ingenierie| {
                it.open_plan_financement(asked, ingenierie)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Adds a cost. A confirmed plan is reopened (INV-11). Valued time is no cost in cash:
    /// `recordValorisation` records it.
    async fn add_depense(
        &self,
        ctx: &Context<'_>,
        input: AddDepenseInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let poste = input
            .request
            .code(ctx, Liste::PosteCout, "input.poste", &input.poste)?;
        let intitule = line("input.intitule", &input.intitule)?;
        let montant = input.montant.0;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.add_depense(asked, poste.clone(), intitule.clone(), montant)
            });
        Ok(payload(id, decided.await?))
    }

    /// Estimates a cost anew. A confirmed plan is reopened (INV-11).
    async fn revise_depense(
        &self,
        ctx: &Context<'_>,
        input: ReviseDepenseInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let montant = input.montant.0;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.revise_depense(asked, input.ligne, montant)
            });
        Ok(payload(id, decided.await?))
    }

    /// Removes a cost. The reason is mandatory (INV-36). A confirmed plan is reopened (INV-11).
    async fn remove_depense(
        &self,
        ctx: &Context<'_>,
        input: RemoveDepenseInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let motif = prose("input.motif", &input.motif)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.remove_depense(asked, input.ligne, motif.clone())
            });
        Ok(payload(id, decided.await?))
    }
}

/// A new plan de financement.
#[derive(InputObject)]
pub(crate) struct OpenPlanFinancementInput {
    #[graphql(flatten)]
    request: Request,
    /// The ingénierie it pays for.
    ingenierie: ID,
}

/// A plan de financement, and nothing more to say.
#[derive(InputObject)]
pub(crate) struct PlanFinancementInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
}

/// A cost.
#[derive(InputObject)]
pub(crate) struct AddDepenseInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// What kind of cost it is: a code of `POSTE_COUT`, except `VALORISATION_TEMPS`.
    poste: String,
    /// What it is.
    intitule: String,
    /// Its cost, counted as the plan counts taxes: at least one cent.
    montant: Cents,
}

/// A cost estimated anew.
#[derive(InputObject)]
pub(crate) struct ReviseDepenseInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// The number of the cost in the plan.
    ligne: i32,
    /// Its cost now, counted as the plan counts taxes: at least one cent.
    montant: Cents,
}

/// A cost that is not to be paid for after all.
#[derive(InputObject)]
pub(crate) struct RemoveDepenseInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// The number of the cost in the plan.
    ligne: i32,
    /// Why it is removed (INV-36). Sealed: the DLAs concerned read it.
    motif: String,
}

/// What every change of a plan de financement answers.
#[derive(MergedObject)]
pub(crate) struct PlanFinancementPayload(PlanFinancementChanged, Recorded);

fn payload(id: PlanFinancementId, outcome: Outcome) -> PlanFinancementPayload {
    PlanFinancementPayload(PlanFinancementChanged { id, outcome }, Recorded(outcome))
}

struct PlanFinancementChanged {
    id: PlanFinancementId,
    outcome: Outcome,
}

#[Object]
impl PlanFinancementChanged {
    /// The plan, at least as recent as the change.
    async fn plan_financement(&self, ctx: &Context<'_>) -> Result<Option<PlanFinancement>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, self.id.0).await
    }
}
