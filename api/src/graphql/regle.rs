//! Rules that a justification set aside.

use async_graphql::{Context, Object};
use projections::{SealedPlace, Waiver};

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        scalars::Date,
        sealed::{Readers, open},
    },
};

/// A rule of the method that was set aside, and why. The method says of itself that it is to
/// be adapted; financeurs read the reason.
pub(crate) struct RegleEcartee(Waiver);

impl RegleEcartee {
    /// Those of a row.
    pub(crate) fn all(waivers: &[Waiver]) -> Vec<Self> {
        waivers.iter().cloned().map(Self).collect()
    }
}

/// A rule of the method that was set aside, and why. The method says of itself that it is to
/// be adapted; financeurs read the reason.
#[Object]
impl RegleEcartee {
    /// Stable: the `rule` of the error `JUSTIFICATION_NEEDED`.
    async fn code(&self) -> &'static str {
        self.0.rule.code()
    }

    /// Where the specification says it: `INV-12`.
    async fn invariant(&self) -> &'static str {
        self.0.rule.invariant()
    }

    /// The rule, in the language of the request.
    async fn libelle(&self, ctx: &Context<'_>) -> &'static str {
        ctx.language().choose(self.0.rule.fr(), self.0.rule.en())
    }

    /// When it was set aside.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }

    /// The justification. Whoever may read the dossier reads it; absent once erased.
    async fn because(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let SealedPlace { position, pointer } = &self.0.because;
        open(ctx, Readers::Dossier, &[], *position, pointer).await
    }
}
