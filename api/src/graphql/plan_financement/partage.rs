//! Costs that are shared between several, and time that is valued.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::{
    Liste,
    plan_financement::{Donateur, PartVoulue, Temps},
};
use projections::financements as rows;

use super::{PlanFinancementPayload, payload, ressources::ContributeurInput};
use crate::{
    Result,
    graphql::{
        ids::typed,
        request::Request,
        scalars::{Cents, Jours, Position},
    },
};

/// Time given and valued (valorisation): equally a cost and a resource, apart from cash
/// (method, step 2 C3d).
#[derive(SimpleObject)]
pub(crate) struct ValorisationTemps {
    /// Its number in the plan.
    ligne: i32,
    /// Who gives the time.
    donateur: DonateurTemps,
    /// How many people.
    personnes: i32,
    /// How many days each of them gives.
    jours: Jours,
    /// What a day of one person is worth.
    tarif_jour: Cents,
    /// What it comes to: people, times days, times the rate, to the nearest cent.
    montant: Cents,
    /// The fact that makes it.
    position: Position,
}

impl ValorisationTemps {
    pub(super) fn of(it: &rows::Valorisation) -> Self {
        Self {
            ligne: it.ligne,
            donateur: it.donateur.into(),
            personnes: it.personnes,
            jours: Jours(it.jours),
            tarif_jour: it.tarif_jour_cents.into(),
            montant: it.montant_cents.into(),
            position: Position(it.position),
        }
    }
}

/// Who gives time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Donateur")]
pub(crate) enum DonateurTemps {
    /// The DLA.
    Dla,
    /// A partner of the ingénierie.
    Partenaire,
    /// A structure bénéficiaire: accompanied.
    Beneficiaire,
}

#[derive(Default)]
pub(crate) struct PartageMutation;

#[Object]
impl PartageMutation {
    /// Values time, equally as a cost and as a resource, apart from cash. A confirmed plan is
    /// reopened (INV-11).
    async fn record_valorisation(
        &self,
        ctx: &Context<'_>,
        input: RecordValorisationInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let TempsInput { donateur, personnes, jours, tarif_jour } = input.temps;
        let temps = Temps {
            donateur: donateur.into(),
            personnes,
            jours: jours.0,
            tarif_jour: tarif_jour.0,
        };
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.record_valorisation(asked, temps)
            });
        Ok(payload(id, decided.await?))
    }

    /// Shares a cost between several: one resource each, in whole cents, whose sum is the cost
    /// (INV-18). The cents that no division gives go to the first parts, one each. A confirmed
    /// plan is reopened (INV-11).
    async fn share_cost(
        &self,
        ctx: &Context<'_>,
        input: ShareCostInput,
    ) -> Result<PlanFinancementPayload> {
        let id = typed(&input.plan, "input.plan")?;
        let total = input.total.0;
        let parts = input.parts.iter().enumerate();
        let parts: Vec<_> = parts
            .map(|(n, it)| it.parse(ctx, &input.request, &format!("input.parts.{n}")))
            .collect::<Result<_>>()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::PlanFinancement, asked| {
                it.share_cost(asked, total, parts.clone())
            });
        Ok(payload(id, decided.await?))
    }
}

/// Time to value.
#[derive(InputObject)]
pub(crate) struct RecordValorisationInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// The time given.
    temps: TempsInput,
}

/// Time given.
#[derive(InputObject)]
pub(crate) struct TempsInput {
    /// Who gives it.
    donateur: DonateurTemps,
    /// How many people: from 1 to 1,000.
    personnes: i32,
    /// How many days each of them gives: at least `"0.25"`.
    jours: Jours,
    /// What a day of one person is worth: at least one cent.
    tarif_jour: Cents,
}

/// A cost to share.
#[derive(InputObject)]
pub(crate) struct ShareCostInput {
    #[graphql(flatten)]
    request: Request,
    /// The plan.
    plan: ID,
    /// The cost: at least one cent for each part.
    total: Cents,
    /// Between whom: from 1 to 50 parts, in the order in which leftover cents are given.
    parts: Vec<PartInput>,
}

/// One's part of a shared cost.
#[derive(InputObject)]
pub(crate) struct PartInput {
    /// Where the money comes from: a code of `SOURCE_FINANCEMENT`.
    source: String,
    /// Who pays.
    contributeur: ContributeurInput,
    /// Its weight among the others, from 1 to 1,000,000: equal weights make equal parts.
    poids: i32,
}

impl PartInput {
    fn parse(&self, ctx: &Context<'_>, request: &Request, path: &str) -> Result<PartVoulue> {
        Ok(PartVoulue {
            source: request.code(
                ctx,
                Liste::SourceFinancement,
                &format!("{path}.source"),
                &self.source,
            )?,
            contributeur: self.contributeur.parse(&format!("{path}.contributeur"))?,
            poids: self.poids,
        })
    }
}
