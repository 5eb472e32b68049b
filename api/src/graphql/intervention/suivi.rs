//! How an intervention is followed, and how it ends.

use async_graphql::{Context, ID, InputObject, Object};
use domain::OrganisationId;

use super::{EtapePresence, InterventionInput, InterventionPayload};
use crate::{
    Result,
    graphql::{
        ids::{typed, typed_all},
        request::{optional, prose},
    },
};

#[derive(Default)]
pub(super) struct SuiviMutation;

#[Object]
impl SuiviMutation {
    /// Puts a structure that takes part and an intervenant in contact (method, step 4 A1a).
    async fn make_mise_en_relation(
        &self,
        ctx: &Context<'_>,
        input: MakeMiseEnRelationInput,
    ) -> Result<InterventionPayload> {
        let structure: OrganisationId = typed(&input.structure, "input.structure")?;
        let intervenant: OrganisationId = typed(&input.intervenant, "input.intervenant")?;
        input
            .of
            .decide_seeing(ctx, |it, asked, ingenierie| {
                it.make_mise_en_relation(asked, ingenierie, structure, intervenant)
            })
            .await
    }

    /// Notes that someone of your DLA was there, at the start or at the closing (RUL-11).
    async fn record_dla_presence(
        &self,
        ctx: &Context<'_>,
        input: RecordDlaPresenceInput,
    ) -> Result<InterventionPayload> {
        let (dla, etape) = (typed(&input.dla, "input.dla")?, input.etape.into());
        input
            .of
            .decide(ctx, |it, asked| it.record_dla_presence(asked, dla, etape))
            .await
    }

    /// Notes what partners or structures were told of the progress (RUL-31).
    async fn report_progress(
        &self,
        ctx: &Context<'_>,
        input: ReportProgressInput,
    ) -> Result<InterventionPayload> {
        let avancement = prose("input.avancement", &input.avancement)?;
        let told: Vec<OrganisationId> = typed_all(&input.destinataires, "input.destinataires")?;
        input
            .of
            .decide_seeing(ctx, |it, asked, ingenierie| {
                it.report_progress(asked, ingenierie, avancement.clone(), told.clone())
            })
            .await
    }

    /// Notes that an intervenant handed its mission report. A prestataire hands its own. Whoever
    /// handed one may hand another, with a `resume`.
    async fn deliver_rapport_mission(
        &self,
        ctx: &Context<'_>,
        input: DeliverRapportMissionInput,
    ) -> Result<InterventionPayload> {
        let intervenant: OrganisationId = typed(&input.intervenant, "input.intervenant")?;
        let resume = optional(prose, "input.resume", input.resume.as_ref())?;
        input
            .of
            .decide(ctx, |it, asked| it.deliver_rapport_mission(asked, intervenant, resume.clone()))
            .await
    }

    /// Ends the intervention, once each séance was held or cancelled. Without a DLA at the start
    /// and at the closing it must be justified with `because` (INV-30).
    async fn close_intervention(
        &self,
        ctx: &Context<'_>,
        input: InterventionInput,
    ) -> Result<InterventionPayload> {
        input
            .decide(ctx, domain::Intervention::close_intervention)
            .await
    }
}

/// A structure and an intervenant to put in contact.
#[derive(InputObject)]
pub(crate) struct MakeMiseEnRelationInput {
    #[graphql(flatten)]
    of: InterventionInput,
    /// The structure: it takes part in the ingénierie.
    structure: ID,
    /// Who intervenes.
    intervenant: ID,
}

/// Someone of a DLA was there.
#[derive(InputObject)]
pub(crate) struct RecordDlaPresenceInput {
    #[graphql(flatten)]
    of: InterventionInput,
    /// The DLA: one that you work for.
    dla: ID,
    /// At what moment.
    etape: EtapePresence,
}

/// What was said of the progress, and to whom.
#[derive(InputObject)]
pub(crate) struct ReportProgressInput {
    #[graphql(flatten)]
    of: InterventionInput,
    /// What was said. Sealed: the DLAs read it, and those who were told.
    avancement: String,
    /// Who was told: partners of the ingénierie, structures that take part. From 1 to 30.
    destinataires: Vec<ID>,
}

/// A mission report.
#[derive(InputObject)]
pub(crate) struct DeliverRapportMissionInput {
    #[graphql(flatten)]
    of: InterventionInput,
    /// Who hands it.
    intervenant: ID,
    /// What it says in short. Sealed: the DLAs and its author read it.
    resume: Option<String>,
}
