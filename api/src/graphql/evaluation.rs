//! Evaluations of ingénieries: the frame (`cadre`), the grid (`grille`), its campaigns
//! (`campagne`), what is answered (`reponse`), what it adds up to (`resultats`) and how that
//! compares (`comparaison`), then the judgement (`jugement`).

mod cadre;
mod campagne;
mod comparaison;
mod grille;
mod jugement;
pub(crate) mod reponse;
mod resultats;

use async_graphql::{Context, ID, InputObject, MergedObject, Object, SimpleObject};
use domain::{
    Date as Day, DocumentId, Dossier, EvaluationId, IngenierieId, Liste, referentiel::Grille,
};
use eventlog::Outcome;
use projections::evaluations::{self as rows, Filter, MODEL};
use uuid::Uuid;

use self::{
    cadre::{CadreEvaluation, FinaliseCadreInput, RecordMesureInput, RegistreEvaluation},
    campagne::{CampagneEvaluation, CampagneMutation, EtapeEcheancier},
    comparaison::ComparaisonQuery,
    grille::{AdaptationGrille, GrilleEvaluation},
    jugement::{
        Appreciation, AssessRegistreInput, RecordResultatObtenuInput, RegistreApprecie,
        ResultatObtenu, SyntheseEvaluation, SynthesiseEvaluationInput,
    },
    reponse::{ReponseEvaluationMutation, ReponseEvaluationQuery},
    resultats::ResultatsQuery,
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        document::Document,
        ids::{global, typed},
        ingenierie::{self, Ingenierie},
        loaders::{EvaluationsOf, OfIngenierie},
        paging::{self, List},
        referentiel::Code,
        request::{Recorded, Request, optional, prose},
        scalars::{Date, Position, Version},
        territoire::Territoire,
    },
};

/// The evaluation of one ingénierie collective: what is judged, by which means, and what comes
/// of it. There is one at most for each ingénierie, and it goes on after the ingénierie has
/// ended (INV-38). The DLAs, partners and structures of the ingénierie read it.
pub(crate) struct Evaluation(pub(crate) rows::Evaluation);

/// The evaluation of one ingénierie collective: what is judged, by which means, and what comes
/// of it. There is one at most for each ingénierie, and it goes on after the ingénierie has
/// ended (INV-38). The DLAs, partners and structures of the ingénierie read it.
#[Object]
impl Evaluation {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(EvaluationId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// The global id of the ingénierie that it evaluates.
    async fn ingenierie_id(&self) -> ID {
        global(IngenierieId(self.0.ingenierie))
    }

    /// The ingénierie itself. Null when you may not see its dossier.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        ingenierie::find(ctx, IngenierieId(self.0.ingenierie)).await
    }

    /// Where the ingénierie takes place.
    async fn territoire(&self) -> Option<Territoire> {
        Territoire::of(&self.0.territoire)
    }

    /// When it was planned.
    async fn planned_on(&self) -> Date {
        Date(self.0.planned_on)
    }

    /// What is evaluated (method, step 2 B3).
    async fn objet(&self) -> &str {
        &self.0.objet
    }

    /// Why it is evaluated, if it was said.
    async fn raisons(&self) -> Option<&str> {
        self.0.raisons.as_deref()
    }

    /// The reference frame (cadre de référence). Absent until it is final.
    async fn cadre(&self) -> Option<CadreEvaluation> {
        CadreEvaluation::of(&self.0)
    }

    /// The grid (grille) as it stands: what a campaign that opens now asks.
    async fn grille(&self) -> GrilleEvaluation {
        GrilleEvaluation { edition: Some(self.0.edition()), grille: self.0.grille() }
    }

    /// What each edition of the grid changed of the one before, the first edition being the
    /// reference.
    async fn adaptations(&self) -> Vec<AdaptationGrille> {
        AdaptationGrille::all(&self.0)
    }

    /// The schedule (échéancier), in the order of the days. Empty until it is prepared.
    async fn echeancier(&self) -> Vec<EtapeEcheancier> {
        self.0.echeancier.iter().map(EtapeEcheancier::of).collect()
    }

    /// The documents that it rests on, as far as you may see them, in the order they were
    /// attached.
    async fn sources(&self, ctx: &Context<'_>) -> Result<Vec<Document>> {
        let ids = self.0.sources.iter().map(|it| DocumentId(*it));
        let mut found = ctx.loaders().load_many(ids.clone()).await?;
        Ok(ids
            .filter_map(|it| found.remove(&it))
            .map(Document)
            .collect())
    }

    /// Its campaigns, in their order.
    async fn campagnes(&self) -> Vec<CampagneEvaluation> {
        let all = self.0.campagnes.iter();
        all.map(|it| CampagneEvaluation::of(&self.0, it)).collect()
    }

    /// How each register was assessed: the last assessment of each.
    async fn appreciations(&self) -> Vec<RegistreApprecie> {
        RegistreApprecie::all(&self.0)
    }

    /// What was obtained of the results that the ingénierie expected, in their order.
    async fn resultats(&self) -> Vec<ResultatObtenu> {
        self.0.resultats.iter().map(ResultatObtenu::of).collect()
    }

    /// The overall evaluation (synthèse). Absent until it is done; then nothing is measured or
    /// assessed any more.
    async fn synthese(&self) -> Option<SyntheseEvaluation> {
        SyntheseEvaluation::of(&self.0)
    }

    /// To whom the synthesis was sent, in the order sent.
    async fn communications(&self) -> Vec<CommunicationEvaluation> {
        let sent = self.0.communications.iter();
        sent.map(CommunicationEvaluation::of).collect()
    }
}

/// Someone to whom the synthesis of an evaluation was sent.
#[derive(SimpleObject)]
pub(crate) struct CommunicationEvaluation {
    /// Who: a value of `DESTINATAIRE_TRANSFERT`.
    destinataire: Code,
    /// Since when they have it.
    on: Date,
}

impl CommunicationEvaluation {
    fn of(it: &rows::Communication) -> Self {
        let destinataire = Code::new(Liste::DestinataireTransfert, it.destinataire.as_str());
        Self { destinataire, on: Date(it.on) }
    }
}

/// All that is asked about evaluations: merged here, since a root that merges too many pages one
/// after the other is too deep for the compiler.
#[derive(Default, MergedObject)]
pub(crate) struct Queries(
    EvaluationQuery,
    ReponseEvaluationQuery,
    ResultatsQuery,
    ComparaisonQuery,
);

/// All that is done to them.
#[derive(Default, MergedObject)]
pub(crate) struct Mutations(EvaluationMutation, CampagneMutation, ReponseEvaluationMutation);

#[derive(Default)]
struct EvaluationQuery;

#[Object]
impl EvaluationQuery {
    /// The evaluations that you may see, the latest planned first.
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn evaluations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<EvaluationFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<(Day, Uuid), Evaluation>> {
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let asked = paging::asked(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().rows();
        let page = rows::list(ctx.reads(), ctx.scope(), &filter, asked.first, asked.after);
        let row = |it: rows::Evaluation| ((it.planned_on, it.id), Evaluation(it));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count(ctx.reads(), ctx.scope(), &filter)).await
    }

    /// The reference grid of the method (fiche 6): what an evaluation starts from. Null when there
    /// is no such version.
    async fn grille_reference(
        &self,
        #[graphql(desc = "Which version; the newest by default.")] version: Option<i32>,
    ) -> Option<GrilleEvaluation> {
        let grille = version.map_or_else(|| Some(Grille::current()), Grille::version)?;
        Some(GrilleEvaluation { edition: None, grille: grille.clone() })
    }

    /// An evaluation by its id. Null when it does not exist, or when you may not see it.
    async fn evaluation(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Evaluation>> {
        find(ctx, typed(&id, "id")?).await
    }
}

/// The evaluations of an ingénierie: one at most.
pub(crate) async fn of_ingenierie(
    ctx: &Context<'_>,
    ingenierie: IngenierieId,
) -> Result<Vec<Evaluation>> {
    let key: EvaluationsOf = OfIngenierie(ingenierie);
    let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
    Ok(rows.into_iter().map(Evaluation).collect())
}

/// An evaluation by its id, if the actor may see it.
async fn find(ctx: &Context<'_>, id: EvaluationId) -> Result<Option<Evaluation>> {
    Ok(ctx.loaders().load_one(id).await?.map(Evaluation))
}

/// What to look for among evaluations. What is left out is not looked at.
#[derive(Default, InputObject)]
pub(crate) struct EvaluationFilter {
    /// Those whose synthesis is done, or is not.
    synthesised: Option<bool>,
    /// Those where this register was assessed; with `appreciation`, assessed so.
    registre: Option<RegistreEvaluation>,
    /// Those where a register was assessed so; with `registre`, that register.
    appreciation: Option<Appreciation>,
}

impl EvaluationFilter {
    fn rows(self) -> Filter {
        Filter {
            synthesised: self.synthesised,
            registre: self.registre.map(Into::into),
            appreciation: self.appreciation.map(Into::into),
        }
    }
}

#[derive(Default)]
struct EvaluationMutation;

#[Object]
impl EvaluationMutation {
    /// Decides to evaluate an ingénierie: one evaluation each. The command id becomes the id
    /// of the evaluation.
    async fn plan_evaluation(
        &self,
        ctx: &Context<'_>,
        input: PlanEvaluationInput,
    ) -> Result<EvaluationPayload> {
        let id = EvaluationId(input.request.command_id);
        let ingenierie: IngenierieId = typed(&input.ingenierie, "input.ingenierie")?;
        let objet = prose("input.objet", &input.objet)?;
        let raisons = optional(prose, "input.raisons", input.raisons.as_ref())?;
        let gather = || ctx.log().either::<Dossier>(ingenierie);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Evaluation, asked, ingenierie| {
                it.plan_evaluation(asked, ingenierie, objet.clone(), raisons.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Makes the reference frame final: registers, tools, indicators, who takes part. Another
    /// may replace it as long as nothing was measured or assessed on it.
    async fn finalise_cadre(
        &self,
        ctx: &Context<'_>,
        input: FinaliseCadreInput,
    ) -> Result<EvaluationPayload> {
        let id = typed(&input.evaluation, "input.evaluation")?;
        let cadre = input.cadre()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Evaluation, asked| {
                it.finalise_cadre(asked, cadre.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Records what an indicator of the frame shows on the date of the request (`on`, or
    /// today). A later reading of the same day takes the place of the first.
    async fn record_mesure(
        &self,
        ctx: &Context<'_>,
        input: RecordMesureInput,
    ) -> Result<EvaluationPayload> {
        let id = typed(&input.evaluation, "input.evaluation")?;
        let releve = input.releve()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Evaluation, asked| {
                it.record_mesure(asked, input.indicateur, releve.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Assesses a register of the frame, or assesses it again until the synthesis.
    async fn assess_registre(
        &self,
        ctx: &Context<'_>,
        input: AssessRegistreInput,
    ) -> Result<EvaluationPayload> {
        let id = typed(&input.evaluation, "input.evaluation")?;
        let registre = input.registre.into();
        let jugement = input.jugement()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Evaluation, asked| {
                it.assess_registre(asked, registre, jugement.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Records what was obtained of a result that the ingénierie expected, or records it again
    /// until the synthesis.
    async fn record_resultat_obtenu(
        &self,
        ctx: &Context<'_>,
        input: RecordResultatObtenuInput,
    ) -> Result<EvaluationPayload> {
        let id = typed(&input.evaluation, "input.evaluation")?;
        let obtenu = input.parse()?;
        let gather = async || {
            let log = ctx.log();
            let evaluation = log.seen::<domain::Evaluation>(id).await?;
            let evaluated = evaluation.state.ingenierie();
            log.either::<Dossier>(evaluated.unwrap_or(IngenierieId(Uuid::nil())))
                .await
        };
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Evaluation, asked, ingenierie| {
                it.record_resultat_obtenu(asked, ingenierie, obtenu.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Synthesises the evaluation, once and for all, when each register of the frame is
    /// assessed (INV-29). Nothing is measured or assessed afterwards.
    async fn synthesise_evaluation(
        &self,
        ctx: &Context<'_>,
        input: SynthesiseEvaluationInput,
    ) -> Result<EvaluationPayload> {
        let id = typed(&input.evaluation, "input.evaluation")?;
        let presentation = input.presentation.parse()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Evaluation, asked| {
                it.synthesise_evaluation(asked, presentation.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Sends the synthesis. Those who have it already are not sent it again.
    async fn communicate_evaluation(
        &self,
        ctx: &Context<'_>,
        input: CommunicateEvaluationInput,
    ) -> Result<EvaluationPayload> {
        let id = typed(&input.evaluation, "input.evaluation")?;
        let liste = Liste::DestinataireTransfert;
        let destinataires =
            input
                .request
                .codes(ctx, liste, "input.destinataires", &input.destinataires)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Evaluation, asked| {
                it.communicate_evaluation(asked, &destinataires)
            });
        Ok(payload(id, decided.await?))
    }
}

/// An evaluation to plan.
#[derive(InputObject)]
pub(crate) struct PlanEvaluationInput {
    #[graphql(flatten)]
    request: Request,
    /// The ingénierie to evaluate.
    ingenierie: ID,
    /// What is evaluated.
    objet: String,
    /// Why it is evaluated.
    raisons: Option<String>,
}

/// A synthesis to send.
#[derive(InputObject)]
pub(crate) struct CommunicateEvaluationInput {
    #[graphql(flatten)]
    request: Request,
    /// The evaluation.
    evaluation: ID,
    /// To whom, at least one: codes of `DESTINATAIRE_TRANSFERT`.
    destinataires: Vec<String>,
}

/// What every change of an evaluation answers.
#[derive(MergedObject)]
pub(crate) struct EvaluationPayload(EvaluationChanged, Recorded);

fn payload(id: EvaluationId, outcome: Outcome) -> EvaluationPayload {
    EvaluationPayload(EvaluationChanged { id, outcome }, Recorded(outcome))
}

struct EvaluationChanged {
    id: EvaluationId,
    outcome: Outcome,
}

#[Object]
impl EvaluationChanged {
    /// The evaluation, at least as recent as the change.
    async fn evaluation(&self, ctx: &Context<'_>) -> Result<Option<Evaluation>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, self.id).await
    }
}
