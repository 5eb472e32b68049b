//! What the commands of an ingénierie share: which one, which structure of it, and the way to
//! the log.

use async_graphql::{Context, ID, InputObject};
use domain::{Asked, Decision, Genre, IngenierieId, OrganisationId, Prose};

use super::{IngenierieCollectivePayload, payload};
use crate::{
    Result,
    graphql::{
        ids::typed,
        ingenierie::of_kind,
        request::{Request, prose},
    },
};

/// An ingénierie, and nothing more to say.
#[derive(InputObject)]
pub(crate) struct IngenierieInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The ingénierie collective.
    ingenierie: ID,
}

impl IngenierieInput {
    pub(super) fn id(&self) -> Result<IngenierieId> {
        typed(&self.ingenierie, "input.ingenierie")
    }

    /// Lets the ingénierie decide.
    pub(super) async fn decide(
        &self,
        ctx: &Context<'_>,
        decision: impl Fn(
            &domain::IngenierieCollective,
            &Asked,
        ) -> Decision<domain::IngenierieCollective>
        + Send
        + Sync,
    ) -> Result<IngenierieCollectivePayload> {
        let id = self.id()?;
        let decided = self.request.decide(ctx, id, decision).await;
        Ok(payload(id, of_kind(ctx, id, Genre::Collective, decided).await?))
    }

    /// The same, for a rule that looks at other streams: `gather` reads them.
    pub(super) async fn decide_with<O, G, F>(
        &self,
        ctx: &Context<'_>,
        gather: G,
        decision: impl Fn(
            &domain::IngenierieCollective,
            &Asked,
            &O,
        ) -> Decision<domain::IngenierieCollective>
        + Send
        + Sync,
    ) -> Result<IngenierieCollectivePayload>
    where
        O: Send + Sync,
        G: Fn() -> F + Send + Sync,
        F: Future<Output = Result<O, eventlog::Error>> + Send,
    {
        let id = self.id()?;
        let decided = self.request.decide_with(ctx, id, gather, decision).await;
        Ok(payload(id, of_kind(ctx, id, Genre::Collective, decided).await?))
    }
}

/// A structure of an ingénierie.
#[derive(InputObject)]
pub(crate) struct StructureCibleeInput {
    #[graphql(flatten)]
    pub(super) dossier: IngenierieInput,
    /// The structure.
    structure: ID,
}

impl StructureCibleeInput {
    pub(super) fn structure(&self) -> Result<OrganisationId> {
        typed(&self.structure, "input.structure")
    }
}

/// A structure of an ingénierie that will not take part, and why.
#[derive(InputObject)]
pub(crate) struct StructureCibleeMotifInput {
    #[graphql(flatten)]
    pub(super) dossier: IngenierieInput,
    /// The structure.
    structure: ID,
    /// The reason. Sealed: the DLAs read it.
    motif: String,
}

impl StructureCibleeMotifInput {
    pub(super) fn parse(&self) -> Result<(OrganisationId, Prose)> {
        let motif = prose("input.motif", &self.motif)?;
        Ok((typed(&self.structure, "input.structure")?, motif))
    }
}
