//! Sharing the choice: who is invited, what they bring, what offres are thought of.

use async_graphql::{Context, ID, InputObject, Object};
use domain::{ConsultationId, OrganisationId, consultation::Notation as Marks};

use super::{
    ConsultationInput, ConsultationPayload, PrestataireInput,
    cahier::SectionCahier,
    candidat::{CauseRejet, NotateurInput},
    choix::NotationInput,
    payload, served,
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        request::{optional, prose},
    },
};

#[derive(Default)]
pub(crate) struct ChoixPartageMutation;

#[Object]
impl ChoixPartageMutation {
    /// Invites a financeur that is a partner of the dossier, or a structure that is mobilised in
    /// it, to help with the cahier des charges and the choice (RUL-22). Whoever bids is not
    /// invited, and whoever is invited is not consulted.
    async fn invite_partenaire(
        &self,
        ctx: &Context<'_>,
        input: InvitePartenaireInput,
    ) -> Result<ConsultationPayload> {
        let id = input.of.id()?;
        let organisation: OrganisationId = typed(&input.organisation, "input.organisation")?;
        let gather = || served(ctx.log(), id);
        let decided = input.of.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Consultation, asked, ingenierie| {
                it.invite_partenaire(asked, ingenierie, organisation)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Notes what an invited one would have the cahier des charges say, until the call is out: by
    /// itself, or by the DLA that was told.
    async fn record_cahier_des_charges_contribution(
        &self,
        ctx: &Context<'_>,
        input: RecordCahierDesChargesContributionInput,
    ) -> Result<ConsultationPayload> {
        let id = input.of.id()?;
        let organisation = typed(&input.organisation, "input.organisation")?;
        let section = input.section.map(Into::into);
        let text = prose("input.contribution", &input.contribution)?;
        let decided = input
            .of
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.record_cahier_des_charges_contribution(
                    asked,
                    organisation,
                    section,
                    text.clone(),
                )
            });
        Ok(payload(id, decided.await?))
    }

    /// Puts an offre out of the competition: one that came on paper after the deadline, or one
    /// that was opened and cannot be admitted (INV-02). The reason is mandatory (INV-36), and its
    /// bidder is told the result like the others (INV-05).
    async fn reject_offre(
        &self,
        ctx: &Context<'_>,
        input: RejectOffreInput,
    ) -> Result<ConsultationPayload> {
        let (id, prestataire) = input.of.ids()?;
        let cause = input.cause.into();
        let motif = prose("input.motif", &input.motif)?;
        let decided = input
            .of
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.reject_offre(asked, prestataire, cause, motif.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Marks an opened offre on the four criteria of the method, in place of what the same one
    /// said before: the DLA for itself, an invited structure or financeur for itself.
    async fn score_offre(
        &self,
        ctx: &Context<'_>,
        input: ScoreOffreInput,
    ) -> Result<ConsultationPayload> {
        let (id, prestataire) = input.of.ids()?;
        let par = input.par.parse("input.par")?;
        let notation = Marks::from(input.notation);
        let commentaire = optional(prose, "input.commentaire", input.commentaire.as_ref())?;
        let decided = input
            .of
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.score_offre(asked, (prestataire, par), notation, commentaire.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Says whom an invited structure would rather work with, among the opened offres: by itself,
    /// or by the DLA that was told. What it says last counts.
    async fn express_preference_structure(
        &self,
        ctx: &Context<'_>,
        input: ExpressPreferenceStructureInput,
    ) -> Result<ConsultationPayload> {
        let (id, prestataire): (ConsultationId, _) = input.of.ids()?;
        let structure = typed(&input.structure, "input.structure")?;
        let motif = optional(prose, "input.motif", input.motif.as_ref())?;
        let decided = input
            .of
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.express_preference_structure(asked, structure, prestataire, motif.clone())
            });
        Ok(payload(id, decided.await?))
    }
}

/// Who is invited to help.
#[derive(InputObject)]
pub(crate) struct InvitePartenaireInput {
    #[graphql(flatten)]
    of: ConsultationInput,
    /// A financeur that is a partner of the dossier, or a structure mobilised in it.
    organisation: ID,
}

/// What an invited one would have the cahier des charges say.
#[derive(InputObject)]
pub(crate) struct RecordCahierDesChargesContributionInput {
    #[graphql(flatten)]
    of: ConsultationInput,
    /// Whose words they are.
    organisation: ID,
    /// About which section; absent when about the whole.
    section: Option<SectionCahier>,
    /// What it would have it say. Sealed: the DLAs and its author read it.
    contribution: String,
}

/// An offre to put out of the competition.
#[derive(InputObject)]
pub(crate) struct RejectOffreInput {
    #[graphql(flatten)]
    of: PrestataireInput,
    /// Late, or inadmissible.
    cause: CauseRejet,
    /// The reason. Sealed: the DLAs and the bidder read it.
    motif: String,
}

/// Marks for an offre.
#[derive(InputObject)]
pub(crate) struct ScoreOffreInput {
    #[graphql(flatten)]
    of: PrestataireInput,
    /// Who marks.
    par: NotateurInput,
    /// The marks, from 0 to 5.
    notation: NotationInput,
    /// What they add. Sealed: the DLAs and its author read it.
    commentaire: Option<String>,
}

/// Whom a structure would rather work with.
#[derive(InputObject)]
pub(crate) struct ExpressPreferenceStructureInput {
    #[graphql(flatten)]
    of: PrestataireInput,
    /// The structure: one that is invited.
    structure: ID,
    /// Why. Sealed: the DLAs and the structure read it.
    motif: Option<String>,
}
