//! Rules that a justification set aside.

use async_graphql::{Context, Object};
use projections::SealedPlace;

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
pub(crate) struct RegleEcartee {
    pub(crate) rule: domain::Rule,
    pub(crate) on: domain::Date,
    pub(crate) because: SealedPlace,
}

/// A rule of the method that was set aside, and why. The method says of itself that it is to
/// be adapted; financeurs read the reason.
#[Object]
impl RegleEcartee {
    /// Stable: the `rule` of the error `JUSTIFICATION_NEEDED`.
    async fn code(&self) -> &'static str {
        self.rule.code()
    }

    /// Where the specification says it: `INV-12`.
    async fn invariant(&self) -> &'static str {
        self.rule.invariant()
    }

    /// The rule, in the language of the request.
    async fn libelle(&self, ctx: &Context<'_>) -> &'static str {
        ctx.language().choose(self.rule.fr(), self.rule.en())
    }

    /// When it was set aside.
    async fn on(&self) -> Date {
        Date(self.on)
    }

    /// The justification. Whoever may read the dossier reads it; absent once erased.
    async fn because(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let SealedPlace { position, pointer } = &self.because;
        open(ctx, Readers::Dossier, &[], *position, pointer).await
    }
}
