//! What a respondent is asked, answers, and has forgotten.

use std::collections::BTreeMap;

use async_graphql::{Context, ID, InputObject, MergedObject, Object};
use domain::{
    Decider, Dossier, EvaluationId, ReponseEvaluationId, Seen,
    reponse_evaluation::{self as rules, Questionnaire},
};
use eventlog::Outcome;
use projections::{
    SealedPlace,
    evaluations::{self, Invite},
    reponses::{self as rows, MODEL},
};
use uuid::Uuid;

use super::{
    campagne::Repondant,
    grille::{ColonneEvaluation, GrilleEvaluation, LigneGrille, ligne},
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::{global, typed},
        organisation::{self, Organisation},
        paging,
        request::{Recorded, Request, optional, prose},
        scalars::{Date, Position},
        sealed::text,
        territoire::Territoire,
    },
};

#[derive(Default)]
pub(crate) struct ReponseEvaluationQuery;

#[Object]
impl ReponseEvaluationQuery {
    /// What you are asked to answer, for your organisation or for your DLAs: the latest first, at
    /// most 100.
    #[graphql(complexity = "5 * child_complexity + 1")]
    async fn invitations_evaluation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<Vec<InvitationEvaluation>> {
        let models = [&evaluations::MODEL, &MODEL];
        paging::reached(ctx.reads(), &models, at_least_position).await?;
        let found = evaluations::invitations_of(ctx.reads(), ctx.scope()).await?;
        Ok(found.into_iter().map(InvitationEvaluation).collect())
    }
}

/// What someone is asked to answer, with all that they need for it.
pub(crate) struct InvitationEvaluation(Invite);

/// What someone is asked to answer, with all that they need for it.
#[Object]
impl InvitationEvaluation {
    /// The global id of the evaluation, to send back with answers.
    async fn evaluation_id(&self) -> ID {
        global(EvaluationId(self.0.invitation.evaluation))
    }

    /// The number of the campaign, to send back with answers.
    async fn campagne(&self) -> i32 {
        self.0.invitation.campagne
    }

    /// The organisation that is asked, when it is one.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        let it = &self.0.invitation;
        organisation::find(ctx, (!it.dla).then_some(it.repondant)).await
    }

    /// The DLA that is asked, when it is one.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        let it = &self.0.invitation;
        dla::find(ctx, it.dla.then_some(it.repondant)).await
    }

    /// In which column.
    async fn colonne(&self) -> ColonneEvaluation {
        self.0.invitation.colonne.into()
    }

    /// The working title of the ingénierie.
    async fn intitule(&self) -> &str {
        &self.0.intitule
    }

    /// Where the ingénierie takes place.
    async fn territoire(&self) -> Option<Territoire> {
        Territoire::of(&self.0.territoire)
    }

    /// What is evaluated.
    async fn objet(&self) -> &str {
        &self.0.objet
    }

    /// The title of the campaign.
    async fn titre(&self) -> &str {
        &self.0.campagne_evaluation.titre
    }

    /// The last day to answer by yourself.
    async fn closes_on(&self) -> Date {
        Date(self.0.campagne_evaluation.closes_on)
    }

    /// When the campaign was closed: nobody answers any more. Absent while it is open.
    async fn closed_on(&self) -> Option<Date> {
        self.0.campagne_evaluation.closed_on.map(Date)
    }

    /// The grid that is asked, to send its edition back with answers.
    async fn grille(&self) -> GrilleEvaluation {
        let asked = &self.0.campagne_evaluation;
        let grille = asked.grille(&self.0.adaptations);
        GrilleEvaluation { edition: Some(asked.edition), grille }
    }

    /// The rows of the grid that this column answers.
    async fn questions(&self) -> Vec<LigneGrille> {
        let grille = self.0.campagne_evaluation.grille(&self.0.adaptations);
        let own =
            |it: &domain::referentiel::Ligne| it.colonnes.contains_key(&self.0.invitation.colonne);
        grille
            .lignes
            .into_iter()
            .filter(own)
            .map(LigneGrille)
            .collect()
    }

    /// What was answered so far.
    async fn reponses(&self, ctx: &Context<'_>) -> Result<Vec<ReponseEvaluation>> {
        let it = &self.0.invitation;
        let campaign = (EvaluationId(it.evaluation), it.campagne);
        of_repondant(ctx, campaign, it.repondant).await
    }
}

async fn of_repondant(
    ctx: &Context<'_>,
    campaign: (EvaluationId, i32),
    repondant: Uuid,
) -> Result<Vec<ReponseEvaluation>> {
    let found = rows::of_repondant(ctx.reads(), ctx.scope(), campaign, repondant).await?;
    Ok(found.into_iter().map(ReponseEvaluation).collect())
}

/// An answer to one question of an evaluation. Read by the DLAs of the ingénierie, and by who
/// gave it.
pub(crate) struct ReponseEvaluation(pub(crate) rows::Reponse);

/// An answer to one question of an evaluation. Read by the DLAs of the ingénierie, and by who
/// gave it.
#[Object]
impl ReponseEvaluation {
    /// The global id of all that this respondent answered to this campaign, as the history names
    /// it. Several rows share it: it is no key of this one.
    async fn objet(&self) -> ID {
        global(ReponseEvaluationId(self.0.reponse))
    }

    /// The code of the row.
    async fn ligne(&self) -> &str {
        self.0.ligne.as_str()
    }

    /// In which column.
    async fn colonne(&self) -> ColonneEvaluation {
        self.0.colonne.into()
    }

    /// The organisation that answered, when it is one.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, (!self.0.dla).then_some(self.0.repondant)).await
    }

    /// The DLA that answered, when it is one.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, self.0.dla.then_some(self.0.repondant)).await
    }

    /// The level of the scale, if one was given.
    async fn niveau(&self) -> Option<i32> {
        self.0.niveau
    }

    /// What was written. Null when nothing was, and once it is erased.
    async fn texte(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        written(ctx, self.0.texte.as_ref()).await
    }

    /// The outlook (prospective). Null when there is none, and once it is erased.
    async fn prospective(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        written(ctx, self.0.prospective.as_ref()).await
    }

    /// Whether the DLA wrote it down for the respondent, who answered on paper or aloud.
    async fn transcrite(&self) -> bool {
        self.0.transcrite
    }

    /// When it was last answered.
    async fn on(&self) -> Date {
        Date(self.0.answered_on)
    }

    /// The fact that says so.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }
}

/// Rows of answers are read by those who may read their texts, and by nobody else.
async fn written(ctx: &Context<'_>, at: Option<&SealedPlace>) -> Result<Option<String>> {
    let Some(SealedPlace { position, pointer }) = at else { return Ok(None) };
    text(ctx, *position, pointer).await
}

#[derive(Default)]
pub(crate) struct ReponseEvaluationMutation;

#[Object]
impl ReponseEvaluationMutation {
    /// Answers questions of a campaign, or answers them otherwise until it closes: all that you
    /// send, or nothing. A DLA answers for itself, and writes down what others told it.
    async fn answer_questions(
        &self,
        ctx: &Context<'_>,
        input: AnswerQuestionsInput,
    ) -> Result<ReponsesPayload> {
        let evaluation: EvaluationId = typed(&input.evaluation, "input.evaluation")?;
        let said = input.repondant.as_ref();
        let said = said
            .map(|it| Repondant::parse("input.repondant", it))
            .transpose()?;
        // Whoever answers for one alone need not say for whom.
        let own = match ctx.scope().repondants.as_slice() {
            [own] => *own,
            _ => Uuid::nil(),
        };
        let repondant = said.map_or(own, Repondant::id);
        let what = Questionnaire { campagne: input.campagne, edition: input.edition, repondant };
        let reponses = input.reponses()?;
        let id = ReponseEvaluationId::of(evaluation, input.campagne, repondant);
        let decided = input.request.decide_with(
            ctx,
            id,
            || asking(ctx, evaluation),
            |it: &domain::ReponseEvaluation, asked, evaluation| {
                it.answer_questions(asked, evaluation, what, &reponses)
            },
        );
        Ok(payload((evaluation, input.campagne), repondant, decided.await?))
    }

    /// Destroys what a respondent wrote to a campaign, for ever: the levels stay. Another person
    /// than those who read it decides it.
    async fn erase_reponses(
        &self,
        ctx: &Context<'_>,
        input: EraseReponsesInput,
    ) -> Result<ReponsesPayload> {
        let evaluation: EvaluationId = typed(&input.evaluation, "input.evaluation")?;
        let repondant = Repondant::parse("input.repondant", &input.repondant)?.id();
        let id = ReponseEvaluationId::of(evaluation, input.campagne, repondant);
        let decided = input.request.decide_with(
            ctx,
            id,
            || asking(ctx, evaluation),
            |it: &domain::ReponseEvaluation, asked, evaluation| {
                it.erase_reponses(asked, evaluation, input.campagne, repondant)
            },
        );
        Ok(payload((evaluation, input.campagne), repondant, decided.await?))
    }
}

/// The evaluation, known to the DLAs that joined its dossier since it was planned.
async fn asking(
    ctx: &Context<'_>,
    id: EvaluationId,
) -> Result<Seen<domain::Evaluation>, eventlog::Error> {
    let log = ctx.log();
    let mut seen = log.seen::<domain::Evaluation>(id).await?;
    if let Some(ingenierie) = seen.state.ingenierie() {
        let dossier = log.either::<Dossier>(ingenierie).await?;
        seen.state.joined_by(&dossier.dlas.into_iter().collect());
    }
    Ok(seen)
}

/// An answer to one question.
#[derive(InputObject)]
pub(crate) struct ReponseInput {
    /// The code of the row.
    ligne: String,
    /// The level of the scale.
    niveau: Option<i32>,
    /// What you have to say. Sealed: the DLAs of the ingénierie read it, and you.
    texte: Option<String>,
    /// The outlook (prospective). Sealed in the same way.
    prospective: Option<String>,
}

/// Answers to a campaign.
#[derive(InputObject)]
pub(crate) struct AnswerQuestionsInput {
    #[graphql(flatten)]
    request: Request,
    /// The evaluation.
    evaluation: ID,
    /// The number of the campaign.
    campagne: i32,
    /// The edition of the grid that you read.
    edition: i32,
    /// Who answers, an organisation or a DLA: yourself by default. A DLA that writes down what
    /// others told it says who.
    repondant: Option<ID>,
    /// From 1 to 80 answers; of two to the same row, the last counts.
    reponses: Vec<ReponseInput>,
}

impl AnswerQuestionsInput {
    fn reponses(&self) -> Result<BTreeMap<domain::referentiel::LigneId, rules::Reponse>> {
        let parse = |(n, it): (usize, &ReponseInput)| {
            let at = |field: &str| format!("input.reponses.{n}.{field}");
            let reponse = rules::Reponse {
                niveau: it.niveau,
                texte: optional(prose, &at("texte"), it.texte.as_ref())?,
                prospective: optional(prose, &at("prospective"), it.prospective.as_ref())?,
            };
            Ok((ligne(&at("ligne"), &it.ligne)?, reponse))
        };
        self.reponses.iter().enumerate().map(parse).collect()
    }
}

/// Answers to forget.
#[derive(InputObject)]
pub(crate) struct EraseReponsesInput {
    #[graphql(flatten)]
    request: Request,
    /// The evaluation.
    evaluation: ID,
    /// The number of the campaign.
    campagne: i32,
    /// Whose answers: an organisation or a DLA.
    repondant: ID,
}

/// What every change of answers answers.
#[derive(MergedObject)]
pub(crate) struct ReponsesPayload(ReponsesChanged, Recorded);

fn payload(campaign: (EvaluationId, i32), repondant: Uuid, outcome: Outcome) -> ReponsesPayload {
    ReponsesPayload(ReponsesChanged { campaign, repondant, outcome }, Recorded(outcome))
}

struct ReponsesChanged {
    campaign: (EvaluationId, i32),
    repondant: Uuid,
    outcome: Outcome,
}

#[Object]
impl ReponsesChanged {
    /// All that this respondent answered to the campaign, at least as recent as the change.
    async fn reponses(&self, ctx: &Context<'_>) -> Result<Vec<ReponseEvaluation>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        of_repondant(ctx, self.campaign, self.repondant).await
    }
}
