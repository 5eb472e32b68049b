//! The contract of whoever was chosen: how it is seen, signed, changed and ended.

use async_graphql::{Context, InputObject, Object};
use domain::{
    ConsultationId, Decider, Seen,
    consultation::{self as rules, ContratVoulu},
};
use eventlog::EventLog;
use projections::consultations as rows;
use uuid::Uuid;

use super::{ConsultationInput, ConsultationPayload, payload, served};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        request::{line, optional, prose},
        scalars::{Cents, Date},
        sealed::{Readers, open},
    },
};

/// The contract of a mission, as it stands.
pub(crate) struct Contrat {
    pub(super) row: rows::Contrat,
    pub(super) dlas: Vec<Uuid>,
}

/// The contract of a mission, as it stands.
#[Object]
impl Contrat {
    /// The whole price, taxes included.
    async fn montant(&self) -> Cents {
        Cents::from(self.row.montant_cents)
    }

    /// When the mission starts.
    async fn debut(&self) -> Date {
        Date(self.row.debut)
    }

    /// When it ends, if that was said.
    async fn fin(&self) -> Option<Date> {
        self.row.fin.map(Date)
    }

    /// How the structure porteuse files it.
    async fn reference(&self) -> Option<&str> {
        self.row.reference.as_ref().map(domain::Line::as_str)
    }

    /// When it was signed.
    async fn signed_on(&self) -> Date {
        Date(self.row.signed_on)
    }

    /// Its avenants (changes signed later), oldest first.
    async fn avenants(&self) -> Vec<Avenant> {
        let all = self.row.avenants.iter();
        all.map(|it| Avenant { row: it.clone(), dlas: self.dlas.clone() })
            .collect()
    }

    /// When it was ended before its time; absent otherwise.
    async fn terminated_on(&self) -> Option<Date> {
        self.row.terminated.as_ref().map(|it| Date(it.on))
    }

    /// Why it was ended. The DLAs read it; absent for others, and once erased.
    async fn motif_resiliation(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(fin) = &self.row.terminated else { return Ok(None) };
        open(ctx, Readers::Dlas, &self.dlas, fin.motif.position, &fin.motif.pointer).await
    }
}

/// A change of a contract: what it says from then on.
pub(crate) struct Avenant {
    row: rows::Avenant,
    dlas: Vec<Uuid>,
}

/// A change of a contract: what it says from then on.
#[Object]
impl Avenant {
    /// When it was signed.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// The whole price from then on, taxes included.
    async fn montant(&self) -> Cents {
        Cents::from(self.row.montant_cents)
    }

    /// When the mission ends from then on, if that was said.
    async fn fin(&self) -> Option<Date> {
        self.row.fin.map(Date)
    }

    /// Why. The DLAs read it; absent for others, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let place = &self.row.motif;
        open(ctx, Readers::Dlas, &self.dlas, place.position, &place.pointer).await
    }
}

#[derive(Default)]
pub(crate) struct ContratMutation;

#[Object]
impl ContratMutation {
    /// Signs the contract with whoever was chosen, also once the consultation is closed, as long as
    /// the ingénierie is not over (INV-38). More than the plan de financement sets aside for outside
    /// services must be justified (INV-34).
    async fn sign_contrat(
        &self,
        ctx: &Context<'_>,
        input: SignContratInput,
    ) -> Result<ConsultationPayload> {
        let id = input.of.id()?;
        let contrat = input.contrat.parse()?;
        let decided = input.of.request.decide_with(
            ctx,
            id,
            || async move {
                let ingenierie = served(ctx.log(), id).await?;
                Ok((ingenierie, plan_of(ctx.log(), id).await?))
            },
            |it: &domain::Consultation, asked, (ingenierie, plan)| {
                let voulu = ContratVoulu { contrat: contrat.clone(), plan: plan.as_ref() };
                it.sign_contrat(asked, ingenierie, voulu)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Changes a contract by an avenant: gives the whole of what it says from then on. The reason
    /// is mandatory (INV-36), and INV-34 holds as when signing.
    async fn amend_contrat(
        &self,
        ctx: &Context<'_>,
        input: AmendContratInput,
    ) -> Result<ConsultationPayload> {
        let id = input.of.id()?;
        let contrat = input.contrat.parse()?;
        let motif = prose("input.motif", &input.motif)?;
        let decided = input.of.request.decide_with(
            ctx,
            id,
            || plan_of(ctx.log(), id),
            |it: &domain::Consultation, asked, plan| {
                let voulu = ContratVoulu { contrat: contrat.clone(), plan: plan.as_ref() };
                it.amend_contrat(asked, voulu, motif.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Ends a contract before its time. The reason is mandatory (INV-36).
    async fn terminate_contrat(
        &self,
        ctx: &Context<'_>,
        input: TerminateContratInput,
    ) -> Result<ConsultationPayload> {
        let id = input.of.id()?;
        let motif = prose("input.motif", &input.motif)?;
        let decided = input
            .of
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.terminate_contrat(asked, motif.clone())
            });
        Ok(payload(id, decided.await?))
    }
}

/// The plan de financement of the ingénierie that a consultation serves, if it has one.
async fn plan_of(
    log: &EventLog,
    id: ConsultationId,
) -> Result<Option<Seen<domain::PlanFinancement>>, eventlog::Error> {
    let it = log.load::<domain::Consultation>(id).await?;
    let Some(ingenierie) = it.state.ingenierie() else { return Ok(None) };
    let claimed = log
        .claimed(domain::PlanFinancement::CATEGORY, &ingenierie.0.to_string())
        .await?;
    match claimed {
        Some(plan) => Ok(Some(log.seen(domain::PlanFinancementId(plan)).await?)),
        None => Ok(None),
    }
}

/// What a contract says.
#[derive(InputObject)]
pub(crate) struct ContratInput {
    /// The whole price, taxes included.
    montant: Cents,
    /// When the mission starts.
    debut: Date,
    /// When it ends, if that is said.
    fin: Option<Date>,
    /// How the structure porteuse files it: a number, no name.
    reference: Option<String>,
}

impl ContratInput {
    fn parse(&self) -> Result<rules::Contrat> {
        Ok(rules::Contrat {
            montant: self.montant.0,
            debut: self.debut.0,
            fin: self.fin.map(|it| it.0),
            reference: optional(line, "input.reference", self.reference.as_ref())?,
        })
    }
}

/// A contract to sign.
#[derive(InputObject)]
pub(crate) struct SignContratInput {
    #[graphql(flatten)]
    of: ConsultationInput,
    #[graphql(flatten)]
    contrat: ContratInput,
}

/// A contract to change.
#[derive(InputObject)]
pub(crate) struct AmendContratInput {
    #[graphql(flatten)]
    of: ConsultationInput,
    #[graphql(flatten)]
    contrat: ContratInput,
    /// Why it changes. Sealed: the DLAs read it.
    motif: String,
}

/// A contract to end.
#[derive(InputObject)]
pub(crate) struct TerminateContratInput {
    #[graphql(flatten)]
    of: ConsultationInput,
    /// Why it is ended. Sealed: the DLAs read it.
    motif: String,
}
