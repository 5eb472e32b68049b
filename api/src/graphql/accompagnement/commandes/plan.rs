//! The plan d'accompagnement: established, its actions added and carried out.

use async_graphql::{Context, ID, InputObject, Object};
use domain::{
    DocumentId, Dossier, IngenierieId, Liste, OrganisationId,
    accompagnement::plan::{Addition, Restitution},
};
use futures_util::future::try_join_all;

use super::{
    super::contenu::NatureActionAppui, AccompagnementInput, AccompagnementPayload, organisation_of,
    paper, payload,
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        request::{Request, line, optional, prose},
        scalars::Date,
    },
};

#[derive(Default)]
pub(super) struct ParcoursMutation;

#[Object]
impl ParcoursMutation {
    /// Establishes the plan d'accompagnement, once the structure accepted what is advised
    /// (INV-32), with its first actions if they are known. Sent again, it changes its échéance and
    /// its document, and adds the actions that it names.
    async fn establish_plan_accompagnement(
        &self,
        ctx: &Context<'_>,
        input: EstablishPlanAccompagnementInput,
    ) -> Result<AccompagnementPayload> {
        let id = input.accompagnement.id()?;
        let request = &input.accompagnement.request;
        let document = input.document.as_ref();
        let document: Option<DocumentId> =
            document.map(|it| typed(it, "input.document")).transpose()?;
        let echeance = input.echeance.map(|it| it.0);
        let parse = |(n, it): (usize, &ActionAppuiInput)| {
            it.parse(ctx, request, &format!("input.actions.{n}"))
        };
        let actions = input.actions.iter().enumerate().map(parse);
        let actions = actions.collect::<Result<Vec<_>>>()?;
        let gather = async || {
            let actions = actions.iter().map(|it| it.gather(ctx));
            Ok((paper(ctx, document).await?, try_join_all(actions).await?))
        };
        let decided = request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Accompagnement, asked, (document, actions): &(Option<_>, Vec<_>)| {
                it.establish_plan_accompagnement(asked, echeance, document.as_ref(), actions)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Adds an action to the plan: its number is the next one. A plan holds at most 30.
    async fn add_action_appui(
        &self,
        ctx: &Context<'_>,
        input: AddActionAppuiInput,
    ) -> Result<AccompagnementPayload> {
        let id = input.accompagnement.id()?;
        let request = &input.accompagnement.request;
        let action = input.action.parse(ctx, request, "input")?;
        let gather = || action.gather(ctx);
        let decided =
            request.decide_with(ctx, id, gather, |it: &domain::Accompagnement, asked, action| {
                it.add_action_appui(asked, action)
            });
        Ok(payload(id, decided.await?))
    }

    /// Says which ingénierie carries an action out: of the nature of the action, and of this
    /// structure when it is individual.
    async fn attach_action_appui(
        &self,
        ctx: &Context<'_>,
        input: AttachActionAppuiInput,
    ) -> Result<AccompagnementPayload> {
        let (id, action) = (input.of.accompagnement.id()?, input.of.action);
        let ingenierie: IngenierieId = typed(&input.ingenierie, "input.ingenierie")?;
        let gather = || ctx.log().either::<Dossier>(ingenierie);
        let decided = input.of.accompagnement.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Accompagnement, asked, ingenierie| {
                it.attach_action_appui(asked, action, ingenierie)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Notes that an action was done, even once the accompagnement is over. The structure says so
    /// itself, or the DLA notes it.
    async fn complete_action_appui(
        &self,
        ctx: &Context<'_>,
        input: CompleteActionAppuiInput,
    ) -> Result<AccompagnementPayload> {
        let commentaire = optional(prose, "input.commentaire", input.commentaire.as_ref())?;
        let of = &input.of;
        of.accompagnement
            .decide(ctx, |it, asked| {
                it.complete_action_appui(asked, of.action, commentaire.clone())
            })
            .await
    }

    /// Takes an action out of the plan, with the reason (INV-36).
    async fn cancel_action_appui(
        &self,
        ctx: &Context<'_>,
        input: CancelActionAppuiInput,
    ) -> Result<AccompagnementPayload> {
        let motif = prose("input.motif", &input.motif)?;
        let of = &input.of;
        of.accompagnement
            .decide(ctx, |it, asked| it.cancel_action_appui(asked, of.action, motif.clone()))
            .await
    }

    /// Notes that what was done was told to the structure and to those it invited.
    async fn hold_restitution(
        &self,
        ctx: &Context<'_>,
        input: HoldRestitutionInput,
    ) -> Result<AccompagnementPayload> {
        let id = input.accompagnement.id()?;
        let (ingenierie, document) = (input.ingenierie.as_ref(), input.document.as_ref());
        let ingenierie = ingenierie
            .map(|it| typed(it, "input.ingenierie"))
            .transpose()?;
        let document = document.map(|it| typed(it, "input.document")).transpose()?;
        let commentaire = optional(prose, "input.commentaire", input.commentaire.as_ref())?;
        let gather = async || {
            Ok(Restitution {
                ingenierie: dossier(ctx, ingenierie).await?,
                commentaire: commentaire.clone(),
                document: paper(ctx, document).await?,
            })
        };
        let decided = input.accompagnement.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Accompagnement, asked, told| it.hold_restitution(asked, told),
        );
        Ok(payload(id, decided.await?))
    }
}

/// The ingénierie that a command names, as it stands.
async fn dossier(
    ctx: &Context<'_>,
    id: Option<IngenierieId>,
) -> Result<Option<Dossier>, eventlog::Error> {
    match id {
        Some(id) => Ok(Some(ctx.log().either::<Dossier>(id).await?)),
        None => Ok(None),
    }
}

/// What is agreed on.
#[derive(InputObject)]
pub(crate) struct EstablishPlanAccompagnementInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// When the plan is to be carried out.
    echeance: Option<Date>,
    /// The document that says it, if there is one.
    document: Option<ID>,
    /// Actions to add, in this order. A plan holds at most 30.
    #[graphql(default)]
    actions: Vec<ActionAppuiInput>,
}

/// One action to add to a plan.
#[derive(InputObject)]
pub(crate) struct ActionAppuiInput {
    /// Who acts.
    nature: NatureActionAppui,
    /// What it is, on one line. In clear in the history: name nobody.
    intitule: String,
    /// The theme of Enée: a code of `TYPE_PRESTATION`.
    theme: Option<String>,
    /// The number of the préconisation that it answers.
    preconisation: Option<i32>,
    /// The ingénierie that carries it out, of the same nature, if there is one already:
    /// `attachActionAppui` says it later.
    ingenierie: Option<ID>,
    /// Who helps, when it is neither the DLA nor the structure.
    organisation: Option<ID>,
    /// When it is to be done.
    echeance: Option<Date>,
}

/// An action as a command says it: what it names is still to be read.
struct Said {
    action: Addition,
    ingenierie: Option<IngenierieId>,
    organisation: Option<OrganisationId>,
}

impl Said {
    async fn gather(&self, ctx: &Context<'_>) -> Result<Addition, eventlog::Error> {
        let ingenierie = dossier(ctx, self.ingenierie).await?;
        let organisation = organisation_of(ctx, self.organisation).await?;
        Ok(Addition { ingenierie, organisation, ..self.action.clone() })
    }
}

impl ActionAppuiInput {
    fn parse(&self, ctx: &Context<'_>, request: &Request, at: &str) -> Result<Said> {
        let path = |field: &str| format!("{at}.{field}");
        let theme = |path: &str, it: &str| request.code(ctx, Liste::TypePrestation, path, it);
        let organisation = self.organisation.as_ref();
        let organisation = organisation.map(|it| typed(it, &path("organisation")));
        let ingenierie = self.ingenierie.as_ref();
        let ingenierie = ingenierie.map(|it| typed(it, &path("ingenierie")));
        let action = Addition {
            nature: self.nature.into(),
            intitule: line(&path("intitule"), &self.intitule)?,
            theme: optional(theme, &path("theme"), self.theme.as_ref())?,
            preconisation: self.preconisation,
            ingenierie: None,
            organisation: None,
            echeance: self.echeance.map(|it| it.0),
        };
        let (ingenierie, organisation) = (ingenierie.transpose()?, organisation.transpose()?);
        Ok(Said { action, ingenierie, organisation })
    }
}

/// An action to add to the plan of an accompagnement.
#[derive(InputObject)]
pub(crate) struct AddActionAppuiInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    #[graphql(flatten)]
    action: ActionAppuiInput,
}

/// An action of a plan.
#[derive(InputObject)]
pub(crate) struct OfActionAppuiInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// The number of the action.
    action: i32,
}

/// An action, and the ingénierie that carries it out.
#[derive(InputObject)]
pub(crate) struct AttachActionAppuiInput {
    #[graphql(flatten)]
    of: OfActionAppuiInput,
    /// The ingénierie.
    ingenierie: ID,
}

/// An action that was done.
#[derive(InputObject)]
pub(crate) struct CompleteActionAppuiInput {
    #[graphql(flatten)]
    of: OfActionAppuiInput,
    /// What came of it. Sealed: the DLA and the structure read it.
    commentaire: Option<String>,
}

/// An action that will not be done.
#[derive(InputObject)]
pub(crate) struct CancelActionAppuiInput {
    #[graphql(flatten)]
    of: OfActionAppuiInput,
    /// The reason. Sealed: the DLA and the structure read it.
    motif: String,
}

/// A meeting where what was done is told.
#[derive(InputObject)]
pub(crate) struct HoldRestitutionInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// The ingénierie that it closes, if it closes one.
    ingenierie: Option<ID>,
    /// What was told. Sealed: the DLA and the structure read it.
    commentaire: Option<String>,
    /// The final report, if there is one.
    document: Option<ID>,
}
