//! What can be done to an ingénierie individuelle.

use async_graphql::{Context, ID, InputObject, MergedObject, Object};
use domain::{
    Asked, Decider, Decision, DlaId, DocumentId, Dossier, Genre, IngenierieId, Liste,
    OrganisationId, PlanFinancement, PlanFinancementId,
    ingenierie_individuelle::{
        self as rules,
        mission::{Around, Description, Initiation},
    },
};
use eventlog::Outcome;
use projections::ingenieries::MODEL;

use super::{IngenierieIndividuelle, recherche::find};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        ingenierie::of_kind,
        ingenierie_collective::{ResultatAttenduInput, resultats},
        request::{Recorded, Request, line, optional, prose},
        territoire::TerritoireInput,
    },
};

/// Everything that can be done to an ingénierie individuelle.
#[derive(Default, MergedObject)]
pub(crate) struct IngenierieIndividuelleMutation(MissionMutation, JalonsMutation);

#[derive(Default)]
struct MissionMutation;

#[Object]
impl MissionMutation {
    /// Starts the mission of one structure, in the state `EN_IDENTIFICATION`. It has at least one
    /// theme of Enée (INV-25). Its id is made of `commandId`.
    async fn initiate_ingenierie_individuelle(
        &self,
        ctx: &Context<'_>,
        input: InitiateIngenierieIndividuelleInput,
    ) -> Result<IngenierieIndividuellePayload> {
        let id = IngenierieId(input.request.command_id);
        let initiation = input.initiation(ctx)?;
        let named = input.named()?;
        let gather = || named.gather(ctx);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::IngenierieIndividuelle, asked, around| {
                it.initiate_ingenierie_individuelle(asked, id, around, initiation.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Says anew what the mission is, until its end. What is absent stays as it was.
    async fn describe_ingenierie_individuelle(
        &self,
        ctx: &Context<'_>,
        input: DescribeIngenierieIndividuelleInput,
    ) -> Result<IngenierieIndividuellePayload> {
        let description = input.description(ctx)?;
        let mission = &input.mission;
        mission
            .decide(ctx, |it, asked| {
                it.describe_ingenierie_individuelle(asked, description.clone())
            })
            .await
    }

    /// Says what the mission is for, in place of what was said before.
    async fn set_objectifs_individuels(
        &self,
        ctx: &Context<'_>,
        input: SetObjectifsIndividuelsInput,
    ) -> Result<IngenierieIndividuellePayload> {
        let objectifs = input.objectifs(ctx)?;
        let mission = &input.mission;
        mission
            .decide(ctx, |it, asked| it.set_objectifs_individuels(asked, objectifs.clone()))
            .await
    }

    /// Fixes the results to reach, in place of the former ones. Once the démarche is validated
    /// they change for a reason (INV-26).
    async fn fix_resultats_individuels(
        &self,
        ctx: &Context<'_>,
        input: FixResultatsIndividuelsInput,
    ) -> Result<IngenierieIndividuellePayload> {
        let resultats = resultats(&input.resultats)?;
        let motif = optional(prose, "input.motif", input.motif.as_ref())?;
        let mission = &input.mission;
        mission
            .decide(ctx, |it, asked| {
                it.fix_resultats_individuels(asked, resultats.clone(), motif.clone())
            })
            .await
    }

    /// Notes that the mission was compared with what other operators do (RUL-03): before the
    /// comité d'appui reads it, if it does (INV-14).
    async fn check_complementarite_individuelle(
        &self,
        ctx: &Context<'_>,
        input: CheckComplementariteIndividuelleInput,
    ) -> Result<IngenierieIndividuellePayload> {
        let commentaire = prose("input.commentaire", &input.commentaire)?;
        let mission = &input.mission;
        mission
            .decide(ctx, |it, asked| {
                it.check_complementarite_individuelle(asked, commentaire.clone())
            })
            .await
    }
}

#[derive(Default)]
struct JalonsMutation;

#[Object]
impl JalonsMutation {
    /// Passes the first milestone: whoever answers for the structure porteuse inscribes the
    /// mission in its activities (INV-08).
    async fn validate_demarche_individuelle(
        &self,
        ctx: &Context<'_>,
        input: IngenierieIndividuelleInput,
    ) -> Result<IngenierieIndividuellePayload> {
        input
            .decide(ctx, domain::IngenierieIndividuelle::validate_demarche_individuelle)
            .await
    }

    /// Passes the second milestone: the mission starts. If it has a plan de financement, the plan
    /// is confirmed (INV-11). Going on after an unfavourable avis is justified with `because`
    /// (INV-07).
    async fn start_ingenierie_individuelle(
        &self,
        ctx: &Context<'_>,
        input: IngenierieIndividuelleInput,
    ) -> Result<IngenierieIndividuellePayload> {
        let id = input.id()?;
        let gather = async || {
            let (log, ingenierie) = (ctx.log(), id.0.to_string());
            let plan = log.claimed(PlanFinancement::CATEGORY, &ingenierie).await?;
            // Without a plan, the nil id: a stream that has no fact.
            let plan = PlanFinancementId(plan.unwrap_or_default());
            log.seen::<PlanFinancement>(plan).await
        };
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            domain::IngenierieIndividuelle::start_ingenierie_individuelle,
        );
        let decided = decided.await;
        Ok(payload(id, of_kind(ctx, id, Genre::Individuelle, decided).await?))
    }

    /// Passes the last milestone: the mission is done, on the date `on`. Evaluation and
    /// capitalisation go on; nothing else changes any more unless it is reopened (INV-38).
    async fn finalise_ingenierie_individuelle(
        &self,
        ctx: &Context<'_>,
        input: IngenierieIndividuelleInput,
    ) -> Result<IngenierieIndividuellePayload> {
        input
            .decide(ctx, domain::IngenierieIndividuelle::finalise_ingenierie_individuelle)
            .await
    }

    /// Gives the mission up, wherever it stands, with the reason (INV-36).
    async fn abandon_ingenierie_individuelle(
        &self,
        ctx: &Context<'_>,
        input: IngenierieIndividuelleMotifInput,
    ) -> Result<IngenierieIndividuellePayload> {
        let motif = prose("input.motif", &input.motif)?;
        let mission = &input.mission;
        mission
            .decide(ctx, |it, asked| it.abandon_ingenierie_individuelle(asked, motif.clone()))
            .await
    }

    /// Goes on after the end, in the state it had before, with the reason. On a mission that is
    /// not over it does nothing.
    async fn reopen_ingenierie_individuelle(
        &self,
        ctx: &Context<'_>,
        input: IngenierieIndividuelleMotifInput,
    ) -> Result<IngenierieIndividuellePayload> {
        let motif = prose("input.motif", &input.motif)?;
        let mission = &input.mission;
        mission
            .decide(ctx, |it, asked| it.reopen_ingenierie_individuelle(asked, motif.clone()))
            .await
    }
}

/// The mission of one structure.
#[derive(InputObject)]
pub(crate) struct InitiateIngenierieIndividuelleInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA that carries it.
    porteur: ID,
    /// The structure that it is for.
    structure: ID,
    /// Its working title, on one line. In clear in the history: name nobody.
    intitule: String,
    /// What the structure needs. Sealed: the DLA and the structure read it.
    besoin: String,
    /// Where it takes place.
    territoire: TerritoireInput,
    /// The fields of activity of the structure: at most 30 codes of `SECTEUR`.
    secteurs: Option<Vec<String>>,
    /// The themes of Enée, the main one first: from 1 to 30 codes of `TYPE_PRESTATION`.
    types: Vec<String>,
    /// Whether the mission holds training.
    #[graphql(default)]
    formation: bool,
    /// The ingénierie that it follows from, collective or individual, if it follows from one.
    origine: Option<ID>,
    /// The diagnostic, or the rapport de mission, that it follows from, if it follows from one.
    document: Option<ID>,
}

impl InitiateIngenierieIndividuelleInput {
    fn initiation(&self, ctx: &Context<'_>) -> Result<Initiation> {
        let secteurs = self.secteurs.as_deref().unwrap_or_default();
        let request = &self.request;
        Ok(Initiation {
            intitule: line("input.intitule", &self.intitule)?,
            besoin: prose("input.besoin", &self.besoin)?,
            territoire: self.territoire.parse("input.territoire")?,
            secteurs: request.codes(ctx, Liste::Secteur, "input.secteurs", secteurs)?,
            types: request.codes(ctx, Liste::TypePrestation, "input.types", &self.types)?,
            formation: self.formation,
        })
    }

    fn named(&self) -> Result<Named> {
        let origine = self.origine.as_ref();
        let document = self.document.as_ref();
        Ok(Named {
            porteur: typed(&self.porteur, "input.porteur")?,
            structure: typed(&self.structure, "input.structure")?,
            origine: origine.map(|it| typed(it, "input.origine")).transpose()?,
            document: document.map(|it| typed(it, "input.document")).transpose()?,
        })
    }
}

/// Whom a mission is of, and what it follows from.
struct Named {
    porteur: DlaId,
    structure: OrganisationId,
    origine: Option<IngenierieId>,
    document: Option<DocumentId>,
}

impl Named {
    async fn gather(&self, ctx: &Context<'_>) -> Result<Around, eventlog::Error> {
        let log = ctx.log();
        Ok(Around {
            porteur: log.seen(self.porteur).await?,
            structure: log.seen(self.structure).await?,
            origine: match self.origine {
                Some(id) => Some(log.either::<Dossier>(id).await?),
                None => None,
            },
            document: match self.document {
                Some(id) => Some(log.seen(id).await?),
                None => None,
            },
        })
    }
}

/// An ingénierie individuelle, and nothing more to say.
#[derive(InputObject)]
pub(crate) struct IngenierieIndividuelleInput {
    #[graphql(flatten)]
    request: Request,
    /// The ingénierie individuelle.
    ingenierie: ID,
}

impl IngenierieIndividuelleInput {
    fn id(&self) -> Result<IngenierieId> {
        typed(&self.ingenierie, "input.ingenierie")
    }

    /// Lets the mission decide.
    async fn decide(
        &self,
        ctx: &Context<'_>,
        decision: impl Fn(
            &domain::IngenierieIndividuelle,
            &Asked,
        ) -> Decision<domain::IngenierieIndividuelle>
        + Send
        + Sync,
    ) -> Result<IngenierieIndividuellePayload> {
        let id = self.id()?;
        let decided = self.request.decide(ctx, id, decision).await;
        Ok(payload(id, of_kind(ctx, id, Genre::Individuelle, decided).await?))
    }
}

/// An ingénierie individuelle, and the reason of what is done.
#[derive(InputObject)]
pub(crate) struct IngenierieIndividuelleMotifInput {
    #[graphql(flatten)]
    mission: IngenierieIndividuelleInput,
    /// The reason. Sealed: the DLA reads it.
    motif: String,
}

/// What is said anew of a mission. What is absent stays as it was.
#[derive(InputObject)]
pub(crate) struct DescribeIngenierieIndividuelleInput {
    #[graphql(flatten)]
    mission: IngenierieIndividuelleInput,
    /// Its working title, on one line. In clear in the history: name nobody.
    intitule: Option<String>,
    /// What the structure needs. Sealed: the DLA and the structure read it.
    besoin: Option<String>,
    /// The fields of activity of the structure: at most 30 codes of `SECTEUR`.
    secteurs: Option<Vec<String>>,
    /// The themes of Enée, the main one first: from 1 to 30 codes of `TYPE_PRESTATION`.
    types: Option<Vec<String>>,
    /// Whether the mission holds training.
    formation: Option<bool>,
}

impl DescribeIngenierieIndividuelleInput {
    fn description(&self, ctx: &Context<'_>) -> Result<Description> {
        let request = &self.mission.request;
        let secteurs = self.secteurs.as_deref();
        let secteurs = secteurs.map(|it| request.codes(ctx, Liste::Secteur, "input.secteurs", it));
        let types = self.types.as_deref();
        let types = types.map(|it| request.codes(ctx, Liste::TypePrestation, "input.types", it));
        Ok(Description {
            intitule: optional(line, "input.intitule", self.intitule.as_ref())?,
            besoin: optional(prose, "input.besoin", self.besoin.as_ref())?,
            secteurs: secteurs.transpose()?,
            types: types.transpose()?,
            formation: self.formation,
        })
    }
}

/// What a mission is for.
#[derive(InputObject)]
pub(crate) struct SetObjectifsIndividuelsInput {
    #[graphql(flatten)]
    mission: IngenierieIndividuelleInput,
    /// From 1 to 30 objectives, each once, in place of all the former ones.
    objectifs: Vec<ObjectifIndividuelInput>,
}

/// One objective of a mission.
#[derive(InputObject)]
pub(crate) struct ObjectifIndividuelInput {
    /// A code of `OBJECTIF_OPERATIONNEL`.
    objectif: String,
    /// What it means here. In clear in the history: name nobody.
    precision: Option<String>,
}

impl SetObjectifsIndividuelsInput {
    fn objectifs(&self, ctx: &Context<'_>) -> Result<Vec<rules::Objectif>> {
        let request = &self.mission.request;
        let parse = |(n, it): (usize, &ObjectifIndividuelInput)| {
            let path = |field: &str| format!("input.objectifs.{n}.{field}");
            let liste = Liste::ObjectifOperationnel;
            Ok(rules::Objectif {
                objectif: request.code(ctx, liste, &path("objectif"), &it.objectif)?,
                precision: optional(prose, &path("precision"), it.precision.as_ref())?,
            })
        };
        self.objectifs.iter().enumerate().map(parse).collect()
    }
}

/// The results to reach.
#[derive(InputObject)]
pub(crate) struct FixResultatsIndividuelsInput {
    #[graphql(flatten)]
    mission: IngenierieIndividuelleInput,
    /// From 1 to 30 results, in place of all the former ones.
    resultats: Vec<ResultatAttenduInput>,
    /// Why they change, once the démarche is validated. Sealed: the DLA reads it.
    motif: Option<String>,
}

/// A comparison with what other operators do.
#[derive(InputObject)]
pub(crate) struct CheckComplementariteIndividuelleInput {
    #[graphql(flatten)]
    mission: IngenierieIndividuelleInput,
    /// What was found. Sealed: the DLA reads it.
    commentaire: String,
}

/// What every change of an ingénierie individuelle answers.
#[derive(MergedObject)]
pub(crate) struct IngenierieIndividuellePayload(IngenierieIndividuelleChanged, Recorded);

fn payload(id: IngenierieId, outcome: Outcome) -> IngenierieIndividuellePayload {
    IngenierieIndividuellePayload(IngenierieIndividuelleChanged { id, outcome }, Recorded(outcome))
}

struct IngenierieIndividuelleChanged {
    id: IngenierieId,
    outcome: Outcome,
}

#[Object]
impl IngenierieIndividuelleChanged {
    /// The ingénierie, at least as recent as the change.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<IngenierieIndividuelle>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, self.id).await
    }
}
