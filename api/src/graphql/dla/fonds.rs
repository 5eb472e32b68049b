//! What a DLA may spend on ingénieries in a year, what it promised and paid of it, and what is left.

use async_graphql::{Context, Object};
use domain::DlaId;
use projections::{SealedPlace, dlas::Fonds, financements::Engagement};
use uuid::Uuid;

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        financement::MontantTrace,
        loaders::EngagementsOf,
        scalars::{Cents, Position},
        sealed::{Readers, open},
    },
};

/// The crédits d'ingénierie of a DLA for one year.
pub(crate) struct FondsIngenierie {
    dla: Uuid,
    row: Fonds,
}

/// The crédits d'ingénierie of a DLA for one year.
#[Object]
impl FondsIngenierie {
    /// The year.
    async fn annee(&self) -> i16 {
        self.row.annee
    }

    /// What the DLA may spend on ingénieries that year.
    async fn montant(&self) -> Cents {
        self.row.montant_cents.into()
    }

    /// The facts that made it so much.
    async fn positions(&self) -> Vec<Position> {
        self.row.positions.iter().copied().map(Position).collect()
    }

    /// What it promised to plans de financement that year (engagé). Null for those who are not of
    /// this DLA.
    async fn engage(&self, ctx: &Context<'_>) -> Result<Option<MontantTrace>> {
        let engagement = self.engagement(ctx).await?;
        Ok(engagement.map(|it| MontantTrace::of(it.engage_cents, it.positions.into_iter())))
    }

    /// What it paid of it, in whichever year. Null for those who are not of this DLA.
    async fn paid(&self, ctx: &Context<'_>) -> Result<Option<MontantTrace>> {
        let engagement = self.engagement(ctx).await?;
        Ok(engagement.map(|it| MontantTrace::of(it.paid_cents, it.positions.into_iter())))
    }

    /// What is left to promise: below zero when more was promised than opened. Null for those who
    /// are not of this DLA.
    async fn remaining(&self, ctx: &Context<'_>) -> Result<Option<MontantTrace>> {
        let opened = self.row.positions.iter().copied();
        Ok(self.engagement(ctx).await?.map(|it| {
            let left = self.row.montant_cents - it.engage_cents;
            MontantTrace::of(left, opened.chain(it.positions))
        }))
    }

    /// Why it was last adjusted. Sealed: those of the DLA read it; absent for others, and when
    /// it is as it was opened.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(SealedPlace { position, pointer }) = &self.row.motif else { return Ok(None) };
        open(ctx, Readers::Dlas, &[self.dla], *position, pointer).await
    }
}

impl FondsIngenierie {
    pub(super) fn of(dla: Uuid, row: Fonds) -> Self {
        Self { dla, row }
    }

    /// What of it is promised and paid, for those of the DLA.
    async fn engagement(&self, ctx: &Context<'_>) -> Result<Option<Engagement>> {
        let scope = ctx.scope();
        if !scope.all && !scope.inside(&[self.dla]) {
            return Ok(None);
        }
        let years = ctx
            .loaders()
            .load_one(EngagementsOf(DlaId(self.dla)))
            .await?;
        let year = years
            .unwrap_or_default()
            .into_iter()
            .find(|it| it.annee == self.row.annee);
        Ok(Some(year.unwrap_or_else(|| Engagement::none(self.dla, self.row.annee))))
    }
}
