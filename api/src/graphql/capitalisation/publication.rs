//! Publication of elements, and the consent of the structures that they come from.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{Line, OrganisationId, capitalisation as rules};
use projections::capitalisations as rows;
use uuid::Uuid;

use crate::{
    Result,
    graphql::{
        ids::typed,
        organisation::{self, Organisation},
        request::{Request, line, optional},
        scalars::Date,
        sealed::{Readers, open},
    },
};

/// Whether a structure agrees that what comes from it is published (consentement).
pub(crate) struct ConsentementPublication(pub(super) rows::Consentement);

/// Whether a structure agrees that what comes from it is published (consentement).
#[Object]
impl ConsentementPublication {
    /// The structure.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.structure)).await
    }

    /// When it last agreed.
    async fn given_on(&self) -> Date {
        Date(self.0.given_on)
    }

    /// Where the signed paper is kept. Absent when the structure said so here itself.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// Since when it no longer agrees. Absent while it does.
    async fn withdrawn_on(&self) -> Option<Date> {
        self.0.withdrawn_on.map(Date)
    }
}

/// Why an element is no longer published.
pub(crate) struct RetraitPublication {
    dlas: Vec<Uuid>,
    row: rows::Retrait,
}

impl RetraitPublication {
    pub(super) fn of(element: &rows::Element) -> Option<Self> {
        let row = element.retrait.clone()?;
        Some(Self { dlas: element.dlas.clone(), row })
    }
}

/// Why an element is no longer published.
#[Object]
impl RetraitPublication {
    /// What made it so.
    async fn cause(&self) -> CauseRetrait {
        self.row.cause.into()
    }

    /// Since when.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// The reason of the decision. Shown to the DLAs of the ingénierie; null for others, once
    /// erased, and when a structure withdrew its consent: it owes no reason.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(at) = &self.row.motif else { return Ok(None) };
        open(ctx, Readers::Dlas, &self.dlas, at.position, &at.pointer).await
    }
}

/// What made an element unpublished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::CauseRetrait")]
pub(crate) enum CauseRetrait {
    /// The DLA decided so.
    Decision,
    /// The structure it comes from withdrew its consent.
    ConsentementRetire,
}

/// An element, and nothing more to say.
#[derive(InputObject)]
pub(crate) struct ElementInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The capitalisation.
    pub(super) capitalisation: ID,
    /// The number of the element in it.
    pub(super) element: i32,
}

/// An element to take out of the catalogue.
#[derive(InputObject)]
pub(crate) struct UnpublishElementInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The capitalisation.
    pub(super) capitalisation: ID,
    /// The number of the element in it.
    pub(super) element: i32,
    /// Why (INV-36). Sealed: the DLAs of the ingénierie read it.
    pub(super) motif: String,
}

/// The consent of a structure.
#[derive(InputObject)]
pub(crate) struct GiveConsentementPublicationInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The capitalisation.
    pub(super) capitalisation: ID,
    /// The structure: one of the ingénierie, or one that an element comes from. A structure
    /// speaks for itself only.
    structure: ID,
    /// Where the signed paper is kept. Needed when the structure does not say so itself.
    reference: Option<String>,
}

impl GiveConsentementPublicationInput {
    pub(super) fn parse(&self) -> Result<(OrganisationId, Option<Line>)> {
        let structure = typed(&self.structure, "input.structure")?;
        Ok((structure, optional(line, "input.reference", self.reference.as_ref())?))
    }
}

/// The end of the consent of a structure.
#[derive(InputObject)]
pub(crate) struct WithdrawConsentementPublicationInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The capitalisation.
    pub(super) capitalisation: ID,
    /// The structure. A structure speaks for itself only.
    pub(super) structure: ID,
}
