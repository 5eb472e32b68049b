//! Step 3 of the method, CONFIRMER: the structures commit, the projet is written, and both
//! are confirmed. The consultation of prestataires has a page of its own.

pub(super) mod mobilisation;
pub(super) mod projet;
pub(super) mod technique;

use async_graphql::{Context, Object};

use super::{IngenierieCollectivePayload, IngenierieInput};
use crate::Result;

#[derive(Default)]
pub(crate) struct ConfirmerMutation;

#[Object]
impl ConfirmerMutation {
    /// Passes the second milestone: the projet may be carried out.
    ///
    /// Every DLA concerned has validated (INV-08) and has the avis of its comité d'appui
    /// (INV-06), the projet is formalised, and at least one structure is mobilised. Going on
    /// after an unfavourable avis (INV-07), or before the permanent funders of the porteur
    /// confirmed (INV-09), is justified with `because`: one text for all that is set aside.
    async fn confirm_ingenierie(
        &self,
        ctx: &Context<'_>,
        input: IngenierieInput,
    ) -> Result<IngenierieCollectivePayload> {
        input
            .decide(ctx, domain::IngenierieCollective::confirm_ingenierie)
            .await
    }
}
