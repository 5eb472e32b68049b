//! Who pays: a resource is sought, requested, granted or refused, notified, paid.

use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, Union};
use domain::{
    IngenierieId, Liste, OrganisationId, PlanFinancementId,
    plan_financement::{Contributeur as Who, StatutRessource},
};
use projections::financements::Ligne;
use uuid::Uuid;

use super::{PlanFinancement, PlanFinancementPayload, find, payload};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::{global, typed},
        organisation::{self, Organisation},
        referentiel::Code,
        request::{Request, line, optional, prose},
        scalars::{Cents, Date, Position},
        sealed::{Readers, open},
    },
};

/// One resource of a plan de financement: somebody who pays, or may, from the day they are
/// thought of to their last payment.
pub(crate) struct RessourceFinancement(pub(crate) Ligne);

/// One resource of a plan de financement: somebody who pays, or may, from the day they are
/// thought of to their last payment.
#[Object]
impl RessourceFinancement {
    /// Its number in the plan: what `grantRessource` and its sisters take.
    async fn ligne(&self) -> i32 {
        self.0.ligne
    }

    /// The ingénierie it pays for.
    async fn ingenierie_id(&self) -> ID {
        global(IngenierieId(self.0.ingenierie))
    }

    /// The plan it stands in.
    async fn plan_financement(&self, ctx: &Context<'_>) -> Result<Option<PlanFinancement>> {
        find(ctx, self.0.plan).await
    }

    /// Where the money comes from (`SOURCE_FINANCEMENT`).
    async fn source(&self) -> Code {
        Code::new(Liste::SourceFinancement, &self.0.source)
    }

    /// Who pays, or may.
    async fn contributeur(&self, ctx: &Context<'_>) -> Result<Option<Contributeur>> {
        Contributeur::find(ctx, self.0.financeur, self.0.dla).await
    }

    /// How far it has come.
    async fn etat(&self) -> EtatRessource {
        self.0.state.into()
    }

    /// How much they are thought of for.
    async fn sought(&self) -> Cents {
        self.0.sought_cents.into()
    }

    /// How much they were asked for; absent while they were not asked.
    async fn requested(&self) -> Option<Cents> {
        self.0.requested_on?;
        Some(self.0.sought_cents.into())
    }

    /// How much they promised; absent until they do, and when they take the promise back.
    async fn granted(&self) -> Option<Cents> {
        self.0.granted_cents.map(Cents::from)
    }

    /// How much they paid in all: never more than was granted.
    async fn paid(&self) -> Cents {
        self.0.paid_cents.into()
    }

    /// When they were thought of.
    async fn sought_on(&self) -> Date {
        Date(self.0.sought_on)
    }

    /// When they were asked.
    async fn requested_on(&self) -> Option<Date> {
        self.0.requested_on.map(Date)
    }

    /// When they gave their last answer: it may change until it is notified.
    async fn answered_on(&self) -> Option<Date> {
        self.0.answered_on.map(Date)
    }

    /// When they wrote that they will pay.
    async fn notified_on(&self) -> Option<Date> {
        self.0.notified_on.map(Date)
    }

    /// The reference of the letter in which they wrote it, when it is known.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// Why they declined. The DLAs concerned read it, and those who declined; absent for
    /// others, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.0.motif else { return Ok(None) };
        let plan = ctx
            .loaders()
            .load_one(PlanFinancementId(self.0.plan))
            .await?;
        let mut dlas = plan.map_or_else(Vec::new, |it| it.concerned);
        dlas.extend(self.0.dla);
        let readers = match self.0.financeur {
            Some(own) => Readers::DlasAnd(OrganisationId(own)),
            None => Readers::Dlas,
        };
        open(ctx, readers, &dlas, place.position, &place.pointer).await
    }

    /// The facts that make these figures, in rising order.
    async fn positions(&self) -> Vec<Position> {
        self.0.positions.iter().copied().map(Position).collect()
    }
}

/// How far a resource of a plan has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "StatutRessource")]
pub(crate) enum EtatRessource {
    /// Thought of.
    Sought,
    /// Asked for: it awaits an answer.
    Requested,
    /// Promised: the amount may still change.
    Granted,
    /// Promised in writing (notifiée): payments may follow, and the amount stands.
    Notified,
    /// Declined: it counts no more.
    Refused,
}

/// Who pays: a DLA with its crédits d'ingénierie, or an organisation.
#[derive(Union)]
pub(crate) enum Contributeur {
    Dla(Dla),
    Organisation(Organisation),
}

impl Contributeur {
    /// One of the two, as lines write it.
    pub(crate) async fn find(
        ctx: &Context<'_>,
        organisation: Option<Uuid>,
        dla: Option<Uuid>,
    ) -> Result<Option<Self>> {
        if organisation.is_some() {
            let found = organisation::find(ctx, organisation).await?;
            return Ok(found.map(Self::Organisation));
        }
        Ok(dla::find(ctx, dla).await?.map(Self::Dla))
    }
}

/// Who pays: exactly one of the two.
#[derive(OneofObject)]
pub(crate) enum ContributeurInput {
    /// A DLA, with its crédits d'ingénierie.
    Dla(ID),
    /// An organisation.
    Organisation(ID),
}

impl ContributeurInput {
    pub(super) fn parse(&self, path: &str) -> Result<Who> {
        Ok(match self {
            Self::Dla(id) => Who::Dla(typed(id, &format!("{path}.dla"))?),
            Self::Organisation(id) => {
                Who::Organisation(typed(id, &format!("{path}.organisation"))?)
            }
        })
    }
}

#[derive(Default)]
pub(crate) struct RessourcesMutation;

#[Object]
impl RessourcesMutation {
    /// Thinks of somebody to pay. A confirmed plan is reopened (INV-11).
    async fn add_ressource(
        &self,
        ctx: &Context<'_>,
        input: AddRessourceInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let source =
            input
                .request
                .code(ctx, Liste::SourceFinancement, "input.source", &input.source)?;
        let contributeur = input.contributeur.parse("input.contributeur")?;
        let montant = input.montant.0;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.add_ressource(asked, source.clone(), contributeur, montant)
            });
        Ok(payload(id, decided.await?))
    }

    /// Notes that they were asked: they may now answer.
    async fn request_ressource(
        &self,
        ctx: &Context<'_>,
        input: RessourceInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.request_ressource(asked, input.ligne)
            });
        Ok(payload(id, decided.await?))
    }

    /// Notes how much they will pay: by themselves, or by the DLA for them. Until it is
    /// notified, another amount takes its place. A confirmed plan is reopened, unless they
    /// grant exactly what it counted on (INV-11).
    async fn grant_ressource(
        &self,
        ctx: &Context<'_>,
        input: GrantRessourceInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let montant = input.montant.0;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.grant_ressource(asked, input.ligne, montant)
            });
        Ok(payload(id, decided.await?))
    }

    /// Notes that they will not pay, or no longer: until it is notified, a promise may be taken
    /// back. The reason is mandatory (INV-36). A confirmed plan is reopened (INV-11).
    async fn refuse_ressource(
        &self,
        ctx: &Context<'_>,
        input: RefuseRessourceInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let motif = prose("input.motif", &input.motif)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.refuse_ressource(asked, input.ligne, motif.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Notes that they wrote that they will pay (notification). The reference of the letter may
    /// come later.
    async fn notify_ressource(
        &self,
        ctx: &Context<'_>,
        input: NotifyRessourceInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let reference = optional(line, "input.reference", input.reference.as_ref())?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.notify_ressource(asked, input.ligne, reference.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Notes an instalment, once the resource is notified. Together they never exceed what was
    /// granted.
    async fn pay_ressource(
        &self,
        ctx: &Context<'_>,
        input: PayRessourceInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let montant = input.montant.0;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.pay_ressource(asked, input.ligne, montant)
            });
        Ok(payload(id, decided.await?))
    }
}

/// Somebody thought of to pay.
#[derive(InputObject)]
pub(crate) struct AddRessourceInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// Where the money comes from: a code of `SOURCE_FINANCEMENT`.
    source: String,
    /// Who pays.
    contributeur: ContributeurInput,
    /// How much they are thought of for: at least one cent.
    montant: Cents,
}

/// A resource of a plan, and nothing more to say.
#[derive(InputObject)]
pub(crate) struct RessourceInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// The number of the resource in the plan.
    ligne: i32,
}

/// A promise.
#[derive(InputObject)]
pub(crate) struct GrantRessourceInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// The number of the resource in the plan.
    ligne: i32,
    /// How much they will pay: at least one cent, less or more than what was sought.
    montant: Cents,
}

/// A refusal.
#[derive(InputObject)]
pub(crate) struct RefuseRessourceInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// The number of the resource in the plan.
    ligne: i32,
    /// Why they will not pay (INV-36). Sealed: the DLAs concerned read it, and those who
    /// declined.
    motif: String,
}

/// A promise in writing.
#[derive(InputObject)]
pub(crate) struct NotifyRessourceInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// The number of the resource in the plan.
    ligne: i32,
    /// The reference of the letter.
    reference: Option<String>,
}

/// An instalment.
#[derive(InputObject)]
pub(crate) struct PayRessourceInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// The number of the resource in the plan.
    ligne: i32,
    /// How much is paid now: at least one cent.
    montant: Cents,
}
