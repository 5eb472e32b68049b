//! From the cahier des charges to the answers awaited.

use async_graphql::{Context, ID, InputObject, Object};
use domain::{ConsultationId, Dossier, IngenierieId, consultation::Sections};

use super::{ConsultationInput, ConsultationPayload, PrestataireInput, payload, served};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        request::{Request, optional, prose},
        scalars::Date,
    },
};

#[derive(Default)]
pub(crate) struct AppelOffresMutation;

#[Object]
impl AppelOffresMutation {
    /// Writes the cahier des charges of an ingénierie, or its next edition. Without
    /// `consultation`, opens a new one.
    async fn draft_cahier_des_charges(
        &self,
        ctx: &Context<'_>,
        input: DraftCahierDesChargesInput,
    ) -> Result<ConsultationPayload> {
        let ingenierie: IngenierieId = typed(&input.ingenierie, "input.ingenierie")?;
        let id = match &input.consultation {
            Some(id) => typed(id, "input.consultation")?,
            None => ConsultationId(input.request.command_id),
        };
        let sections = input.sections.parse()?;
        let gather = || ctx.log().either::<Dossier>(ingenierie);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Consultation, asked, ingenierie| {
                it.draft_cahier_des_charges(asked, ingenierie, sections.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Makes the last edition of the cahier des charges final (INV-01).
    async fn finalise_cahier_des_charges(
        &self,
        ctx: &Context<'_>,
        input: ConsultationInput,
    ) -> Result<ConsultationPayload> {
        let id = input.id()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.finalise_cahier_des_charges(asked)
            });
        Ok(payload(id, decided.await?))
    }

    /// Asks for offres until a deadline, included (INV-01).
    async fn launch_appel_offres(
        &self,
        ctx: &Context<'_>,
        input: LaunchAppelOffresInput,
    ) -> Result<ConsultationPayload> {
        let id = typed(&input.consultation, "input.consultation")?;
        let deadline = input.deadline.0;
        let gather = || served(ctx.log(), id);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Consultation, asked, ingenierie| {
                it.launch_appel_offres(asked, ingenierie, deadline)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Sends the cahier des charges to one more prestataire, as long as the ingénierie is not over
    /// (INV-38).
    async fn consult_prestataire(
        &self,
        ctx: &Context<'_>,
        input: PrestataireInput,
    ) -> Result<ConsultationPayload> {
        let (id, prestataire) = input.ids()?;
        let gather = || async move {
            let ingenierie = served(ctx.log(), id).await?;
            Ok((ingenierie, ctx.log().seen::<domain::Organisation>(prestataire).await?))
        };
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Consultation, asked, (ingenierie, prestataire)| {
                it.consult_prestataire(asked, ingenierie, prestataire)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Notes that a prestataire will not answer.
    async fn decline_consultation(
        &self,
        ctx: &Context<'_>,
        input: PrestataireInput,
    ) -> Result<ConsultationPayload> {
        let (id, prestataire) = input.ids()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.decline_consultation(asked, prestataire)
            });
        Ok(payload(id, decided.await?))
    }
}

/// A cahier des charges, or its next edition.
#[derive(InputObject)]
pub(crate) struct DraftCahierDesChargesInput {
    #[graphql(flatten)]
    request: Request,
    /// The ingénierie it serves.
    ingenierie: ID,
    /// The consultation to write anew; absent, a new one is opened.
    consultation: Option<ID>,
    /// The sections, as far as they are written.
    sections: SectionsInput,
}

/// The sections of a cahier des charges. Each may be left for later.
#[derive(InputObject)]
pub(crate) struct SectionsInput {
    /// The overall démarche.
    demarche: Option<String>,
    /// Objectives of the ingénierie.
    objectifs: Option<String>,
    /// Object and expected results of the intervention.
    resultats: Option<String>,
    /// Technical and method conditions to respect.
    conditions: Option<String>,
    /// The intervenant's role in the evaluation.
    evaluation: Option<String>,
    /// Whether the intervenant takes part in the evaluation.
    #[graphql(default)]
    evaluation_attendue: bool,
}

impl SectionsInput {
    fn parse(&self) -> Result<Sections> {
        Ok(Sections {
            demarche: optional(prose, "input.sections.demarche", self.demarche.as_ref())?,
            objectifs: optional(prose, "input.sections.objectifs", self.objectifs.as_ref())?,
            resultats: optional(prose, "input.sections.resultats", self.resultats.as_ref())?,
            conditions: optional(prose, "input.sections.conditions", self.conditions.as_ref())?,
            evaluation: optional(prose, "input.sections.evaluation", self.evaluation.as_ref())?,
            evaluation_attendue: self.evaluation_attendue,
        })
    }
}

/// A call for offres.
#[derive(InputObject)]
pub(crate) struct LaunchAppelOffresInput {
    #[graphql(flatten)]
    request: Request,
    /// The consultation.
    consultation: ID,
    /// The last day for offres, included.
    deadline: Date,
}
