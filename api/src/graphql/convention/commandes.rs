//! Conventions: signed, changed, drawn on, paid and closed.

use async_graphql::{Context, ID, InputObject, MergedObject, Object};
use domain::{
    Asked, ConventionId, Decision, DlaId, Dossier, IngenierieId, OrganisationId,
    convention_financement::Avenant as Voulu,
};
use eventlog::Outcome;
use projections::conventions::MODEL;

use super::{
    ConventionFinancement, find,
    signature::{PeriodeInput, SignConventionInput, around},
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        request::{Recorded, Request, line, optional, prose},
        scalars::{Cents, Date},
        territoire::TerritoireInput,
    },
};

#[derive(Default)]
pub(crate) struct ConventionMutation;

#[Object]
impl ConventionMutation {
    /// Signs a convention: a cadre (framework agreement), with its levels, or money, which may put
    /// a level of a cadre into effect and then brings at least its minimum (RUL-25).
    async fn sign_convention(
        &self,
        ctx: &Context<'_>,
        input: SignConventionInput,
    ) -> Result<ConventionPayload> {
        let id = ConventionId(input.request.command_id);
        let ((termes, periode), montant) = (input.parse()?, input.montant.0);
        let gather = || around(ctx, &termes);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::ConventionFinancement, asked, around| {
                it.sign_convention(asked, id, (&termes, montant, periode), around)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Changes what is signed or the period, by an avenant: never below what is set aside or paid,
    /// nor below the minimum of a level. The reason is mandatory (INV-36).
    async fn amend_convention(
        &self,
        ctx: &Context<'_>,
        input: AmendConventionInput,
    ) -> Result<ConventionPayload> {
        let voulu = Voulu {
            montant: input.montant.map(|it| it.0),
            periode: input.periode.as_ref().map(PeriodeInput::parse),
            reference: optional(line, "input.reference", input.reference.as_ref())?,
            motif: prose("input.motif", &input.motif)?,
        };
        input
            .of
            .decide(ctx, |it, asked| it.amend_convention(asked, voulu.clone()))
            .await
    }

    /// Adds to the minimum of the level that a convention puts into effect, by a policy of its
    /// financeur's own (RUL-25).
    async fn add_complement(
        &self,
        ctx: &Context<'_>,
        input: AddComplementInput,
    ) -> Result<ConventionPayload> {
        let reference = optional(line, "input.reference", input.reference.as_ref())?;
        let montant = input.montant.0;
        input
            .of
            .decide(ctx, |it, asked| it.add_complement(asked, montant, reference.clone()))
            .await
    }

    /// Adds for priority areas (quartiers prioritaires) that lie in the perimeter.
    async fn grant_supplement_territorial(
        &self,
        ctx: &Context<'_>,
        input: GrantSupplementTerritorialInput,
    ) -> Result<ConventionPayload> {
        let quartiers = input.quartiers.iter().enumerate();
        let quartiers = quartiers.map(|(n, it)| it.parse(&format!("input.quartiers.{n}")));
        let quartiers: std::collections::BTreeSet<_> = quartiers.collect::<Result<_>>()?;
        let reference = optional(line, "input.reference", input.reference.as_ref())?;
        let montant = input.montant.0;
        input
            .of
            .decide(ctx, |it, asked| {
                let (quartiers, reference) = (quartiers.clone(), reference.clone());
                it.grant_supplement_territorial(asked, quartiers, montant, reference)
            })
            .await
    }

    /// Notes what an organisation commits itself to, by a contrat de progrès: a federation that
    /// runs equipments, for example.
    async fn record_engagement_progres(
        &self,
        ctx: &Context<'_>,
        input: RecordEngagementProgresInput,
    ) -> Result<ConventionPayload> {
        let organisation: OrganisationId = typed(&input.organisation, "input.organisation")?;
        let enonce = prose("input.enonce", &input.enonce)?;
        let echeance = input.echeance.map(|it| it.0);
        input
            .of
            .decide(ctx, |it, asked| {
                it.record_engagement_progres(asked, organisation, enonce.clone(), echeance)
            })
            .await
    }

    /// Sets money of a convention aside for an ingénierie, never above what is notified, in the
    /// period and the perimeter of the convention (INV-15). Two DLAs that ask at one instant are
    /// answered one after the other.
    async fn allocate_enveloppe(
        &self,
        ctx: &Context<'_>,
        input: AllocateEnveloppeInput,
    ) -> Result<ConventionPayload> {
        let id = input.of.id()?;
        let ingenierie: IngenierieId = typed(&input.ingenierie, "input.ingenierie")?;
        let dla: DlaId = typed(&input.dla, "input.dla")?;
        let what = (input.montant.0, input.periode.parse());
        let gather = || ctx.log().either::<Dossier>(ingenierie);
        let decided = input.of.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::ConventionFinancement, asked, ingenierie| {
                it.allocate_enveloppe(asked, ingenierie, dla, what)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Gives some of an allocation back to its convention, or all of it. The DLA that set it aside
    /// does. The reason is mandatory (INV-36).
    async fn release_allocation(
        &self,
        ctx: &Context<'_>,
        input: ReleaseAllocationInput,
    ) -> Result<ConventionPayload> {
        let motif = prose("input.motif", &input.motif)?;
        let montant = input.montant.map(|it| it.0);
        input
            .of
            .decide(ctx, |it, asked| {
                it.release_allocation(asked, input.allocation, montant, motif.clone())
            })
            .await
    }

    /// Notes an instalment that the financeur paid. Together they never exceed what is notified.
    async fn record_versement(
        &self,
        ctx: &Context<'_>,
        input: RecordVersementInput,
    ) -> Result<ConventionPayload> {
        let reference = optional(line, "input.reference", input.reference.as_ref())?;
        let montant = input.montant.0;
        input
            .of
            .decide(ctx, |it, asked| it.record_versement(asked, montant, reference.clone()))
            .await
    }

    /// Strikes out an instalment that was noted by mistake, or did not arrive. The reason is
    /// mandatory (INV-36).
    async fn cancel_versement(
        &self,
        ctx: &Context<'_>,
        input: CancelVersementInput,
    ) -> Result<ConventionPayload> {
        let motif = prose("input.motif", &input.motif)?;
        input
            .of
            .decide(ctx, |it, asked| it.cancel_versement(asked, input.versement, motif.clone()))
            .await
    }

    /// Closes a convention: nothing more happens to it. What is notified and was not paid is
    /// explained.
    async fn close_convention(
        &self,
        ctx: &Context<'_>,
        input: CloseConventionInput,
    ) -> Result<ConventionPayload> {
        let motif = optional(prose, "input.motif", input.motif.as_ref())?;
        input
            .of
            .decide(ctx, |it, asked| it.close_convention(asked, motif.clone()))
            .await
    }
}

/// A convention, and what every command carries.
#[derive(InputObject)]
pub(crate) struct ConventionInput {
    #[graphql(flatten)]
    request: Request,
    /// The convention.
    convention: ID,
}

impl ConventionInput {
    fn id(&self) -> Result<ConventionId> {
        typed(&self.convention, "input.convention")
    }

    /// Lets the convention decide.
    async fn decide(
        &self,
        ctx: &Context<'_>,
        decision: impl Fn(
            &domain::ConventionFinancement,
            &Asked,
        ) -> Decision<domain::ConventionFinancement>
        + Send
        + Sync,
    ) -> Result<ConventionPayload> {
        let id = self.id()?;
        Ok(payload(id, self.request.decide(ctx, id, decision).await?))
    }
}

/// An avenant: it changes what is signed, the period, or both.
#[derive(InputObject)]
pub(crate) struct AmendConventionInput {
    #[graphql(flatten)]
    of: ConventionInput,
    /// What is signed from now on, complements and supplements apart.
    montant: Option<Cents>,
    /// The period from now on.
    periode: Option<PeriodeInput>,
    /// By which the financeur knows the avenant.
    reference: Option<String>,
    /// Why it is signed (INV-36). Sealed: the DLAs and the financeur of the convention read it.
    motif: String,
}

/// What a financeur adds to a minimum.
#[derive(InputObject)]
pub(crate) struct AddComplementInput {
    #[graphql(flatten)]
    of: ConventionInput,
    /// How much: at least one cent.
    montant: Cents,
    /// By which the financeur knows it.
    reference: Option<String>,
}

/// What a financeur adds for priority areas.
#[derive(InputObject)]
pub(crate) struct GrantSupplementTerritorialInput {
    #[graphql(flatten)]
    of: ConventionInput,
    /// The priority areas, by their QN codes. At most 100.
    quartiers: Vec<TerritoireInput>,
    /// How much: at least one cent.
    montant: Cents,
    /// By which the financeur knows it.
    reference: Option<String>,
}

/// What an organisation commits itself to.
#[derive(InputObject)]
pub(crate) struct RecordEngagementProgresInput {
    #[graphql(flatten)]
    of: ConventionInput,
    /// Who commits itself.
    organisation: ID,
    /// To what. Name nobody here: it is not sealed.
    enonce: String,
    /// Until when.
    echeance: Option<Date>,
}

/// Money to set aside for an ingénierie.
#[derive(InputObject)]
pub(crate) struct AllocateEnveloppeInput {
    #[graphql(flatten)]
    of: ConventionInput,
    /// The ingénierie: one that concerns the DLA, neither finalised nor abandoned.
    ingenierie: ID,
    /// The DLA that sets it aside: one of those that draw on the convention.
    dla: ID,
    /// How much: at least one cent.
    montant: Cents,
    #[graphql(flatten)]
    periode: PeriodeInput,
}

/// An allocation that goes back to its convention.
#[derive(InputObject)]
pub(crate) struct ReleaseAllocationInput {
    #[graphql(flatten)]
    of: ConventionInput,
    /// The number of the allocation.
    allocation: i32,
    /// How much, when it is not all that is left.
    montant: Option<Cents>,
    /// Why it goes back (INV-36). Sealed: the DLAs and the financeur of the convention read it.
    motif: String,
}

/// An instalment.
#[derive(InputObject)]
pub(crate) struct RecordVersementInput {
    #[graphql(flatten)]
    of: ConventionInput,
    /// How much: at least one cent.
    montant: Cents,
    /// By which the accounts know it.
    reference: Option<String>,
}

/// An instalment that does not count.
#[derive(InputObject)]
pub(crate) struct CancelVersementInput {
    #[graphql(flatten)]
    of: ConventionInput,
    /// The number of the instalment.
    versement: i32,
    /// Why it is struck out (INV-36). Sealed: the DLAs and the financeur of the convention read
    /// it.
    motif: String,
}

/// A convention to close.
#[derive(InputObject)]
pub(crate) struct CloseConventionInput {
    #[graphql(flatten)]
    of: ConventionInput,
    /// Why it is closed: needed when something is left to pay. Sealed: the DLAs and the financeur
    /// of the convention read it.
    motif: Option<String>,
}

/// What every change of a convention answers.
#[derive(MergedObject)]
pub(crate) struct ConventionPayload(ConventionChanged, Recorded);

fn payload(id: ConventionId, outcome: Outcome) -> ConventionPayload {
    ConventionPayload(ConventionChanged { id, outcome }, Recorded(outcome))
}

struct ConventionChanged {
    id: ConventionId,
    outcome: Outcome,
}

#[Object]
impl ConventionChanged {
    /// The convention, at least as recent as the change.
    async fn convention(&self, ctx: &Context<'_>) -> Result<Option<ConventionFinancement>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, Some(self.id.0)).await
    }
}
