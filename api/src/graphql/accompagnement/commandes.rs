//! What can be done to an accompagnement: the request and its accueil here, the rest beside.

mod diagnostic;
mod plan;
mod suivi;

use async_graphql::{Context, ID, InputObject, MergedObject, Object};
use domain::{
    AccompagnementId, Asked, Decision, DlaId, DocumentId, Liste, OrganisationId, Seen,
    accompagnement::accueil::{Around, Orientation, Sollicitation},
};
use eventlog::Outcome;
use projections::accompagnements::MODEL;

use super::{Accompagnement, CanalSollicitation, find};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        request::{Recorded, Request, line, optional, prose},
    },
};

/// Everything that can be done to an accompagnement.
#[derive(Default, MergedObject)]
pub(crate) struct AccompagnementMutation(
    AccueilMutation,
    diagnostic::DiagnosticMutation,
    plan::ParcoursMutation,
    suivi::ConsolidationMutation,
);

#[derive(Default)]
struct AccueilMutation;

#[Object]
impl AccueilMutation {
    /// Notes that a structure asks a DLA for help: the structure itself asks, the DLA notes it, or
    /// a partner relays it. Everything but the two may be said later. Its id is made of
    /// `commandId`.
    async fn record_sollicitation(
        &self,
        ctx: &Context<'_>,
        input: RecordSollicitationInput,
    ) -> Result<AccompagnementPayload> {
        let id = AccompagnementId(input.request.command_id);
        let sollicitation = input.sollicitation(ctx)?;
        let dla: DlaId = typed(&input.dla, "input.dla")?;
        let structure: OrganisationId = typed(&input.structure, "input.structure")?;
        let relais = input.relais.as_ref();
        let relais: Option<OrganisationId> =
            relais.map(|it| typed(it, "input.relais")).transpose()?;
        let gather = async || {
            let log = ctx.log();
            Ok(Around {
                dla: log.seen(dla).await?,
                structure: log.seen(structure).await?,
                relais: organisation_of(ctx, relais).await?,
            })
        };
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Accompagnement, asked, around| {
                it.record_sollicitation(asked, id, around, sollicitation.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Notes that the structure was sent the form to fill in before the first meeting.
    async fn send_pre_diagnostic(
        &self,
        ctx: &Context<'_>,
        input: AccompagnementInput,
    ) -> Result<AccompagnementPayload> {
        input
            .decide(ctx, domain::Accompagnement::send_pre_diagnostic)
            .await
    }

    /// Notes that the form came back, filled in. The structure gives it back itself, or the DLA
    /// notes it.
    async fn return_pre_diagnostic(
        &self,
        ctx: &Context<'_>,
        input: ReturnPreDiagnosticInput,
    ) -> Result<AccompagnementPayload> {
        let it = &input.accompagnement;
        it.decide_with(ctx, input.document.as_ref(), |it, asked, document| {
            it.return_pre_diagnostic(asked, document)
        })
        .await
    }

    /// Notes that both met to qualify the request, on the date `on`.
    async fn hold_rendez_vous_qualification(
        &self,
        ctx: &Context<'_>,
        input: AccompagnementCommentaireInput,
    ) -> Result<AccompagnementPayload> {
        let commentaire = input.commentaire()?;
        let it = &input.accompagnement;
        it.decide(ctx, |it, asked| it.hold_rendez_vous_qualification(asked, commentaire.clone()))
            .await
    }

    /// Says whether the DLA can help. When it cannot, the reason is mandatory (INV-36). The answer
    /// may change until the diagnostic begins.
    async fn complete_accueil(
        &self,
        ctx: &Context<'_>,
        input: CompleteAccueilInput,
    ) -> Result<AccompagnementPayload> {
        let motif = optional(prose, "input.motif", input.motif.as_ref())?;
        let it = &input.accompagnement;
        it.decide(ctx, |it, asked| it.complete_accueil(asked, input.pertinent, motif.clone()))
            .await
    }

    /// Notes that the structure was sent to someone who helps better, or besides: an organisation
    /// of the registry, a scheme, or both.
    async fn orient_structure(
        &self,
        ctx: &Context<'_>,
        input: OrientStructureInput,
    ) -> Result<AccompagnementPayload> {
        let id = input.accompagnement.id()?;
        let organisation = input.organisation.as_ref();
        let vers: Option<OrganisationId> = organisation
            .map(|it| typed(it, "input.organisation"))
            .transpose()?;
        let dispositif = optional(line, "input.dispositif", input.dispositif.as_ref())?;
        let commentaire = optional(prose, "input.commentaire", input.commentaire.as_ref())?;
        let gather = async || {
            Ok(Orientation {
                vers: organisation_of(ctx, vers).await?,
                dispositif: dispositif.clone(),
                commentaire: commentaire.clone(),
            })
        };
        let decided = input.accompagnement.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Accompagnement, asked, towards| it.orient_structure(asked, towards),
        );
        Ok(payload(id, decided.await?))
    }
}

/// A request of a structure.
#[derive(InputObject)]
pub(crate) struct RecordSollicitationInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA that is asked for help.
    dla: ID,
    /// The structure that asks.
    structure: ID,
    /// The partner that relays the request, if one does.
    relais: Option<ID>,
    /// How the request came.
    canal: Option<CanalSollicitation>,
    /// What makes it ask now: at most 30 codes of `MOMENT_CLE`.
    #[graphql(default)]
    moments_cles: Vec<String>,
    /// What it asks help with: at most 30 codes of `DOMAINE_EXPERTISE`.
    #[graphql(default)]
    domaines: Vec<String>,
    /// What it asks for, in its own words. Sealed: the DLA and the structure read it.
    demande: Option<String>,
}

impl RecordSollicitationInput {
    fn sollicitation(&self, ctx: &Context<'_>) -> Result<Sollicitation> {
        let request = &self.request;
        let (moments, domaines) = (&self.moments_cles, &self.domaines);
        Ok(Sollicitation {
            canal: self.canal.map(Into::into),
            moments: request.codes(ctx, Liste::MomentCle, "input.momentsCles", moments)?,
            domaines: request.codes(ctx, Liste::DomaineExpertise, "input.domaines", domaines)?,
            demande: optional(prose, "input.demande", self.demande.as_ref())?,
        })
    }
}

/// An accompagnement, and nothing more to say.
#[derive(InputObject)]
pub(crate) struct AccompagnementInput {
    #[graphql(flatten)]
    request: Request,
    /// The accompagnement.
    accompagnement: ID,
}

impl AccompagnementInput {
    fn id(&self) -> Result<AccompagnementId> {
        typed(&self.accompagnement, "input.accompagnement")
    }

    /// Lets the accompagnement decide.
    async fn decide(
        &self,
        ctx: &Context<'_>,
        decision: impl Fn(&domain::Accompagnement, &Asked) -> Decision<domain::Accompagnement>
        + Send
        + Sync,
    ) -> Result<AccompagnementPayload> {
        let id = self.id()?;
        Ok(payload(id, self.request.decide(ctx, id, decision).await?))
    }

    /// The same, with the document that a command names, if it names one.
    async fn decide_with(
        &self,
        ctx: &Context<'_>,
        document: Option<&ID>,
        decision: impl Fn(
            &domain::Accompagnement,
            &Asked,
            Option<&Seen<domain::Document>>,
        ) -> Decision<domain::Accompagnement>
        + Send
        + Sync,
    ) -> Result<AccompagnementPayload> {
        let id = self.id()?;
        let document: Option<DocumentId> =
            document.map(|it| typed(it, "input.document")).transpose()?;
        let gather = || paper(ctx, document);
        let decided = self.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Accompagnement, asked, document: &Option<_>| {
                decision(it, asked, document.as_ref())
            },
        );
        Ok(payload(id, decided.await?))
    }
}

/// The organisation that a command names, as it stands.
async fn organisation_of(
    ctx: &Context<'_>,
    id: Option<OrganisationId>,
) -> Result<Option<Seen<domain::Organisation>>, eventlog::Error> {
    match id {
        Some(id) => Ok(Some(ctx.log().seen(id).await?)),
        None => Ok(None),
    }
}

/// The document that a command names, as it stands.
async fn paper(
    ctx: &Context<'_>,
    id: Option<DocumentId>,
) -> Result<Option<Seen<domain::Document>>, eventlog::Error> {
    match id {
        Some(id) => Ok(Some(ctx.log().seen(id).await?)),
        None => Ok(None),
    }
}

/// An accompagnement, and what was said.
#[derive(InputObject)]
pub(crate) struct AccompagnementCommentaireInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// What was said. Sealed: the DLA and the structure read it.
    commentaire: Option<String>,
}

impl AccompagnementCommentaireInput {
    fn commentaire(&self) -> Result<Option<domain::Prose>> {
        optional(prose, "input.commentaire", self.commentaire.as_ref())
    }
}

/// An accompagnement, and the reason of what is done.
#[derive(InputObject)]
pub(crate) struct AccompagnementMotifInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// The reason. Sealed: the DLA and the structure read it.
    motif: String,
}

impl AccompagnementMotifInput {
    fn motif(&self) -> Result<domain::Prose> {
        prose("input.motif", &self.motif)
    }
}

/// A form that came back.
#[derive(InputObject)]
pub(crate) struct ReturnPreDiagnosticInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// The document that holds the answers, if there is one.
    document: Option<ID>,
}

/// Whether a DLA can help.
#[derive(InputObject)]
pub(crate) struct CompleteAccueilInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// Whether it can.
    pertinent: bool,
    /// Why. Mandatory when it cannot. Sealed: the DLA and the structure read it.
    motif: Option<String>,
}

/// To whom a structure is sent.
#[derive(InputObject)]
pub(crate) struct OrientStructureInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// An organisation of the registry.
    organisation: Option<ID>,
    /// A scheme or a service, on one line. In clear in the history: name nobody.
    dispositif: Option<String>,
    /// What is said of it. Sealed: the DLA and the structure read it.
    commentaire: Option<String>,
}

/// What every change of an accompagnement answers.
#[derive(MergedObject)]
pub(crate) struct AccompagnementPayload(AccompagnementChanged, Recorded);

fn payload(id: AccompagnementId, outcome: Outcome) -> AccompagnementPayload {
    AccompagnementPayload(AccompagnementChanged { id, outcome }, Recorded(outcome))
}

struct AccompagnementChanged {
    id: AccompagnementId,
    outcome: Outcome,
}

#[Object]
impl AccompagnementChanged {
    /// The accompagnement, at least as recent as the change. Null for a partner that relayed a
    /// request: it does not read what follows.
    async fn accompagnement(&self, ctx: &Context<'_>) -> Result<Option<Accompagnement>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, self.id).await
    }
}
