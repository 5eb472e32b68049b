//! What prepares and opens an evaluation to those who answer it: schedule, sources, grid,
//! campaigns, invitations.

use std::collections::BTreeSet;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::{
    DlaId, DocumentId, Dossier, EvaluationId, IngenierieId, OrganisationId,
    evaluation::{self as rules, Candidats},
};
use projections::evaluations::{self as rows};
use uuid::Uuid;

use super::{
    EvaluationPayload,
    grille::{AdaptGrilleInput, ColonneEvaluation, GrilleEvaluation},
    payload,
    resultats::ResultatsEvaluation,
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::{Noun, parts, typed},
        organisation::{self, Organisation},
        request::{Request, line},
        scalars::Date,
    },
};

/// A campaign of an evaluation: an edition of the grid, asked until a day.
pub(crate) struct CampagneEvaluation {
    evaluation: rows::Evaluation,
    row: rows::Campagne,
}

impl CampagneEvaluation {
    pub(super) fn of(evaluation: &rows::Evaluation, row: &rows::Campagne) -> Self {
        Self { evaluation: evaluation.clone(), row: row.clone() }
    }
}

/// A campaign of an evaluation: an edition of the grid, asked until a day.
#[Object]
impl CampagneEvaluation {
    /// Its number in the evaluation, by which commands name it.
    async fn campagne(&self) -> i32 {
        self.row.numero
    }

    /// Its title.
    async fn titre(&self) -> &str {
        &self.row.titre
    }

    /// When it opened.
    async fn opened_on(&self) -> Date {
        Date(self.row.opened_on)
    }

    /// Its last day for those who answer by themselves.
    async fn closes_on(&self) -> Date {
        Date(self.row.closes_on)
    }

    /// When it was closed: nobody answers any more. Absent while it is open.
    async fn closed_on(&self) -> Option<Date> {
        self.row.closed_on.map(Date)
    }

    /// The grid that it asks: it no longer moves (INV-27).
    async fn grille(&self) -> GrilleEvaluation {
        let grille = self.row.grille(&self.evaluation.adaptations);
        GrilleEvaluation { edition: Some(self.row.edition), grille }
    }

    /// What it tells, as `resultatsEvaluation` does.
    async fn resultats(&self, ctx: &Context<'_>) -> Result<ResultatsEvaluation> {
        ResultatsEvaluation::of(ctx, self.evaluation.clone(), self.row.numero).await
    }

    /// Who is asked to answer, column by column. Shown to the DLAs of the ingénierie; empty for
    /// others. Auditors find it in the history.
    #[graphql(complexity = "20 * child_complexity + 1")]
    async fn invitations(&self, ctx: &Context<'_>) -> Result<Vec<Invitation>> {
        let id = EvaluationId(self.evaluation.id);
        let found = rows::invites(ctx.reads(), ctx.scope(), id, self.row.numero);
        Ok(found.await?.into_iter().map(Invitation).collect())
    }
}

/// Someone who is asked to answer a campaign.
pub(crate) struct Invitation(rows::Invitation);

/// Someone who is asked to answer a campaign.
#[Object(name = "InvitationCampagne")]
impl Invitation {
    /// In which column.
    async fn colonne(&self) -> ColonneEvaluation {
        self.0.colonne.into()
    }

    /// The organisation that is asked, when it is one.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, (!self.0.dla).then_some(self.0.repondant)).await
    }

    /// The DLA that is asked, when it is one.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, self.0.dla.then_some(self.0.repondant)).await
    }

    /// When they were invited.
    async fn invited_on(&self) -> Date {
        Date(self.0.invited_on)
    }

    /// When they were asked again.
    async fn relances(&self) -> Vec<Date> {
        self.0.relances.iter().copied().map(Date).collect()
    }
}

/// A step of the schedule of an evaluation.
#[derive(SimpleObject, InputObject)]
#[graphql(input_name = "EtapeEcheancierInput")]
pub(crate) struct EtapeEcheancier {
    /// What is done, at most 200 characters.
    intitule: String,
    /// Until when.
    echeance: Date,
}

impl EtapeEcheancier {
    pub(super) fn of(it: &rules::Etape) -> Self {
        Self { intitule: it.intitule.as_str().to_owned(), echeance: Date(it.echeance) }
    }
}

#[derive(Default)]
pub(crate) struct CampagneMutation;

#[Object]
impl CampagneMutation {
    /// Adapts the grid of an evaluation to its situation, as one more edition: rows added, removed
    /// with a reason, asked to others. Nothing moves while a campaign is open (INV-27).
    async fn adapt_grille(
        &self,
        ctx: &Context<'_>,
        input: AdaptGrilleInput,
    ) -> Result<EvaluationPayload> {
        let id = typed(&input.evaluation, "input.evaluation")?;
        let adaptation = input.adaptation()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Evaluation, asked| it.adapt_grille(asked, &adaptation));
        Ok(payload(id, decided.await?))
    }

    /// Says when what is done (échéancier). Another may replace it until the synthesis.
    async fn prepare_echeancier(
        &self,
        ctx: &Context<'_>,
        input: PrepareEcheancierInput,
    ) -> Result<EvaluationPayload> {
        let id = typed(&input.evaluation, "input.evaluation")?;
        let step = |(n, it): (usize, &EtapeEcheancier)| {
            let intitule = line(&format!("input.etapes.{n}.intitule"), &it.intitule)?;
            Ok(rules::Etape { intitule, echeance: it.echeance.0 })
        };
        let etapes = input.etapes.iter().enumerate().map(step);
        let etapes: Vec<_> = etapes.collect::<Result<_>>()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Evaluation, asked| {
                it.prepare_echeancier(asked, etapes.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Attaches a document of the dossier that the evaluation rests on: minutes of a meeting, of
    /// an interview.
    async fn attach_source(
        &self,
        ctx: &Context<'_>,
        input: AttachSourceInput,
    ) -> Result<EvaluationPayload> {
        let id = typed(&input.evaluation, "input.evaluation")?;
        let document: DocumentId = typed(&input.document, "input.document")?;
        let gather = || ctx.log().seen::<domain::Document>(document);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Evaluation, asked, document| it.attach_source(asked, document),
        );
        Ok(payload(id, decided.await?))
    }

    /// Opens a campaign on the grid as it stands, once the frame is final. One is open at a time.
    async fn open_campagne(
        &self,
        ctx: &Context<'_>,
        input: OpenCampagneInput,
    ) -> Result<EvaluationPayload> {
        let id = typed(&input.evaluation, "input.evaluation")?;
        let titre = line("input.titre", &input.titre)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Evaluation, asked| {
                it.open_campagne(asked, titre.clone(), input.closes_on.0)
            });
        Ok(payload(id, decided.await?))
    }

    /// Asks people to answer in a column: the structures that take part, prestataires, partners,
    /// or the DLA about itself. Those who were asked already are not asked again.
    async fn invite_respondents(
        &self,
        ctx: &Context<'_>,
        input: InviteRespondentsInput,
    ) -> Result<EvaluationPayload> {
        let id: EvaluationId = typed(&input.evaluation, "input.evaluation")?;
        let repondants = repondants(&input.repondants)?;
        let colonne = input.colonne.into();
        let gather = async || {
            let log = ctx.log();
            let ingenierie = log.seen::<domain::Evaluation>(id).await?.state.ingenierie();
            let ingenierie = ingenierie.unwrap_or(IngenierieId(Uuid::nil()));
            let dossier = log.either::<Dossier>(ingenierie).await?;
            let mut candidats = Candidats { colonne, organisations: vec![], dlas: BTreeSet::new() };
            for it in &repondants {
                match *it {
                    Repondant::Dla(it) => drop(candidats.dlas.insert(it)),
                    Repondant::Organisation(it) => {
                        candidats.organisations.push(log.seen(it).await?);
                    }
                }
            }
            Ok((dossier, candidats))
        };
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Evaluation, asked, (dossier, candidats)| {
                it.invite_respondents(asked, dossier, input.campagne, candidats)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Notes that people were asked again: once a day each.
    async fn remind_respondents(
        &self,
        ctx: &Context<'_>,
        input: RemindRespondentsInput,
    ) -> Result<EvaluationPayload> {
        let id = typed(&input.evaluation, "input.evaluation")?;
        let repondants = repondants(&input.repondants)?;
        let repondants = repondants.into_iter().map(Repondant::id).collect();
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Evaluation, asked| {
                it.remind_respondents(asked, input.campagne, &repondants)
            });
        Ok(payload(id, decided.await?))
    }

    /// Closes a campaign: nobody answers it any more, and its results are shown to those who read
    /// the evaluation.
    async fn close_campagne(
        &self,
        ctx: &Context<'_>,
        input: CloseCampagneInput,
    ) -> Result<EvaluationPayload> {
        let id = typed(&input.evaluation, "input.evaluation")?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Evaluation, asked| {
                it.close_campagne(asked, input.campagne)
            });
        Ok(payload(id, decided.await?))
    }
}

/// Who is named by a global id: an organisation or a DLA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Repondant {
    Organisation(OrganisationId),
    Dla(DlaId),
}

impl Repondant {
    pub(super) fn id(self) -> Uuid {
        match self {
            Self::Organisation(id) => id.0,
            Self::Dla(id) => id.0,
        }
    }

    pub(super) fn parse(path: &str, id: &ID) -> Result<Self> {
        match parts(id) {
            Some((noun, id)) if noun == DlaId::NAME => Ok(Self::Dla(DlaId(id))),
            _ => typed(id, path).map(Self::Organisation),
        }
    }
}

fn repondants(ids: &[ID]) -> Result<BTreeSet<Repondant>> {
    let all = ids.iter().enumerate();
    all.map(|(n, it)| Repondant::parse(&format!("input.repondants.{n}"), it))
        .collect()
}

/// A schedule.
#[derive(InputObject)]
pub(crate) struct PrepareEcheancierInput {
    #[graphql(flatten)]
    request: Request,
    /// The evaluation.
    evaluation: ID,
    /// All its steps, from 1 to 30.
    etapes: Vec<EtapeEcheancier>,
}

/// A document that an evaluation rests on.
#[derive(InputObject)]
pub(crate) struct AttachSourceInput {
    #[graphql(flatten)]
    request: Request,
    /// The evaluation.
    evaluation: ID,
    /// The document, of the same dossier.
    document: ID,
}

/// A campaign to open.
#[derive(InputObject)]
pub(crate) struct OpenCampagneInput {
    #[graphql(flatten)]
    request: Request,
    /// The evaluation, whose frame is final.
    evaluation: ID,
    /// Its title, as respondents read it.
    titre: String,
    /// Its last day for those who answer by themselves.
    closes_on: Date,
}

/// People to ask.
#[derive(InputObject)]
pub(crate) struct InviteRespondentsInput {
    #[graphql(flatten)]
    request: Request,
    /// The evaluation.
    evaluation: ID,
    /// The number of the campaign.
    campagne: i32,
    /// In which column.
    colonne: ColonneEvaluation,
    /// Organisations; for `AUTO_EVALUATION_DLA`, DLAs of the dossier. A campaign has at most 300
    /// respondents.
    repondants: Vec<ID>,
}

/// People to ask again.
#[derive(InputObject)]
pub(crate) struct RemindRespondentsInput {
    #[graphql(flatten)]
    request: Request,
    /// The evaluation.
    evaluation: ID,
    /// The number of the campaign.
    campagne: i32,
    /// Organisations or DLAs that were invited.
    repondants: Vec<ID>,
}

/// A campaign to close.
#[derive(InputObject)]
pub(crate) struct CloseCampagneInput {
    #[graphql(flatten)]
    request: Request,
    /// The evaluation.
    evaluation: ID,
    /// The number of the campaign.
    campagne: i32,
}
