//! Two records of one organisation become one.

use async_graphql::{Context, ID, InputObject, Object};
use domain::OrganisationId;

use super::{OrganisationPayload, payload};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        request::{Request, prose},
    },
};

#[derive(Default)]
pub(crate) struct FusionMutation;

#[Object]
impl FusionMutation {
    /// Merges an organisation that was entered twice into the one that stands for both (the
    /// survivor), for good. It enters no new dossier, and its commands are refused with
    /// `ORGANISATION_MERGED`, which names the survivor; dossiers that hold it keep it, and it
    /// says `fusionneeDans`.
    ///
    /// It keeps its SIRET, RNA or overseas number when the survivor has one of its own, so that
    /// nobody enters it a third time; what the survivor lacks is free, and
    /// `correctOrganisationIdentity` gives it to the survivor.
    async fn merge_organisations(
        &self,
        ctx: &Context<'_>,
        input: MergeOrganisationsInput,
    ) -> Result<OrganisationPayload> {
        let id: OrganisationId = typed(&input.organisation, "input.organisation")?;
        let survivor: OrganisationId = typed(&input.survivor, "input.survivor")?;
        let motif = prose("input.motif", &input.motif)?;
        let gather = || ctx.log().seen::<domain::Organisation>(survivor);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Organisation, asked, survivor| {
                it.merge_organisations(asked, id, survivor, motif.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }
}

/// An organisation that was entered twice.
#[derive(InputObject)]
pub(crate) struct MergeOrganisationsInput {
    #[graphql(flatten)]
    request: Request,
    /// The record that is left behind.
    organisation: ID,
    /// The one that stands for both: another organisation, open, which was not merged itself.
    survivor: ID,
    /// How it is known that they are the same (INV-36). Sealed.
    motif: String,
}
