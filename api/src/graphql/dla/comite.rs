//! Who advises a DLA: its comité d'appui, and its members.

use async_graphql::{Context, ID, InputObject, Object};
use domain::{OrganisationId, PersonId};
use projections::dlas as rows;
use uuid::Uuid;

use super::{DlaPayload, payload};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        organisation::{self, Organisation},
        request::{Request, optional, prose},
        scalars::Date,
    },
};

/// A member of the comité d'appui of a DLA.
pub(crate) struct MembreComite(pub(super) rows::MembreComite);

/// A member of the comité d'appui of a DLA.
#[Object]
impl MembreComite {
    /// The person, by the id that facts know them by; the name is not here.
    async fn personne(&self) -> Uuid {
        self.0.personne
    }

    /// For whom they sit. Absent when they sit for themselves.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.organisation).await
    }

    /// Since when.
    async fn since(&self) -> Date {
        Date(self.0.since)
    }
}

#[derive(Default)]
pub(crate) struct ComiteMutation;

#[Object]
impl ComiteMutation {
    /// Notes that the comité d'appui was constituted, or renewed, on the date of the request
    /// (`on`, or today).
    async fn constitute_comite_appui(
        &self,
        ctx: &Context<'_>,
        input: DlaInput,
    ) -> Result<DlaPayload> {
        let id = typed(&input.dla, "input.dla")?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Dla, asked| it.constitute_comite_appui(asked, id));
        Ok(payload(id, decided.await?))
    }

    /// Seats a person in the comité d'appui of the DLA, for an organisation or for themselves.
    /// Said anew, it takes the place of what was said before.
    async fn add_comite_appui_member(
        &self,
        ctx: &Context<'_>,
        input: AddComiteAppuiMemberInput,
    ) -> Result<DlaPayload> {
        let id = typed(&input.dla, "input.dla")?;
        let personne = PersonId(input.personne);
        let organisation = input.organisation.as_ref();
        let organisation = organisation.map(|it| typed(it, "input.organisation"));
        let organisation: Option<OrganisationId> = organisation.transpose()?;
        let gather = || async move {
            match organisation {
                Some(id) => ctx.log().seen::<domain::Organisation>(id).await.map(Some),
                None => Ok(None),
            }
        };
        let decided =
            input
                .request
                .decide_with(ctx, id, gather, |it: &domain::Dla, asked, organisation| {
                    it.add_comite_appui_member(asked, id, personne, organisation.as_ref())
                });
        Ok(payload(id, decided.await?))
    }

    /// Notes that a person no longer sits in the comité d'appui of the DLA.
    async fn remove_comite_appui_member(
        &self,
        ctx: &Context<'_>,
        input: RemoveComiteAppuiMemberInput,
    ) -> Result<DlaPayload> {
        let id = typed(&input.dla, "input.dla")?;
        let personne = PersonId(input.personne);
        let motif = optional(prose, "input.motif", input.motif.as_ref())?;
        let decided = input.request.decide(ctx, id, |it: &domain::Dla, asked| {
            it.remove_comite_appui_member(asked, id, personne, motif.clone())
        });
        Ok(payload(id, decided.await?))
    }
}

/// A DLA, and nothing more to say.
#[derive(InputObject)]
pub(crate) struct DlaInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA.
    dla: ID,
}

/// A member of the comité d'appui of a DLA.
#[derive(InputObject)]
pub(crate) struct AddComiteAppuiMemberInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA.
    dla: ID,
    /// The person, by a random UUID that you draw once and keep with the name: facts know
    /// people by id only.
    personne: Uuid,
    /// For whom they sit: an organisation that is open. None when they sit for themselves.
    organisation: Option<ID>,
}

/// A member who leaves the comité d'appui of a DLA.
#[derive(InputObject)]
pub(crate) struct RemoveComiteAppuiMemberInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA.
    dla: ID,
    /// The person, by the UUID they were added with.
    personne: Uuid,
    /// Why, if it is to be kept. Sealed for the person: it is erased with them.
    motif: Option<String>,
}
