//! What the answers to an evaluation add up to (RM-10).

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::{
    EvaluationId, IngenierieId,
    ingenierie_collective::confirmer::projet::ResultatAttendu,
    referentiel::{self as grid, Grille},
};
use projections::{
    AsOf, ReadModel, evaluations, ingenieries, reponses,
    resultats::{self as rows, Cellule},
};

use super::{
    Evaluation,
    campagne::CampagneEvaluation,
    find,
    grille::{ColonneEvaluation, LigneGrille, NatureReponse, NiveauEchelle},
    jugement::{Appreciation, RegistreApprecie},
    reponse::ReponseEvaluation,
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        paging::{self, AsOfObject, List},
        past::{self, AsOfInput},
        scalars::{Position, count},
    },
};

/// What the results of one evaluation are made of.
const MODELS: [&ReadModel; 3] = [&evaluations::MODEL, &ingenieries::MODEL, &reponses::MODEL];

#[derive(Default)]
pub(crate) struct ResultatsQuery;

#[Object]
impl ResultatsQuery {
    /// What a campaign of an evaluation tells (RM-10), question by question and column by column.
    /// The DLAs of the ingénierie read every figure. Others who see the evaluation read those of a
    /// closed campaign, and none that fewer than 5 respondents make. Null when the evaluation or
    /// the campaign does not exist, or when you may not see it.
    #[expect(clippy::too_many_arguments, reason = "which campaign, and as of when")]
    async fn resultats_evaluation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The evaluation.")] evaluation: ID,
        #[graphql(desc = "The number of the campaign; the last by default.")] campagne: Option<i32>,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<Option<ResultatsEvaluation>> {
        let id: EvaluationId = typed(&evaluation, "evaluation")?;
        if at_least_position.is_some() && as_of.is_none() {
            paging::reached(ctx.reads(), &MODELS, at_least_position).await?;
        }
        let travels = as_of.is_some();
        let Some(evaluation) = past::seen(ctx, as_of, || find(ctx, id)).await? else {
            return Ok(None);
        };
        if travels {
            paging::reached(ctx.reads(), &MODELS, at_least_position).await?;
        }
        let last = evaluation.0.campagnes.last().map(|it| it.numero);
        let Some(campagne) = campagne
            .or(last)
            .filter(|it| evaluation.0.campagne(*it).is_some())
        else {
            return Ok(None);
        };
        Ok(Some(ResultatsEvaluation::of(ctx, evaluation.0, campagne).await?))
    }
}

/// What a campaign of an evaluation tells.
pub(crate) struct ResultatsEvaluation {
    row: evaluations::Evaluation,
    campagne: i32,
    cellules: Vec<Cellule>,
    participations: Vec<rows::Participation>,
    as_of: AsOf,
}

impl ResultatsEvaluation {
    /// Of an evaluation that the actor may see.
    pub(super) async fn of(
        ctx: &Context<'_>,
        row: evaluations::Evaluation,
        campagne: i32,
    ) -> Result<Self> {
        let (reads, scope, id) = (ctx.reads(), ctx.scope(), EvaluationId(row.id));
        let as_of = reads.as_of_all(&MODELS).await?;
        let cellules = rows::cellules(reads, scope, id, campagne).await?;
        let participations = rows::participations(reads, scope, id, campagne).await?;
        Ok(Self { row, campagne, cellules, participations, as_of })
    }

    fn asked(&self) -> Option<(&evaluations::Campagne, Grille)> {
        let it = self.row.campagne(self.campagne)?;
        Some((it, it.grille(&self.row.adaptations)))
    }
}

/// What a campaign of an evaluation tells.
#[Object]
impl ResultatsEvaluation {
    /// How recent the answer is.
    async fn as_of(&self) -> AsOfObject {
        self.as_of.into()
    }

    /// The evaluation.
    async fn evaluation(&self) -> Evaluation {
        Evaluation(self.row.clone())
    }

    /// The campaign.
    async fn campagne(&self) -> Option<CampagneEvaluation> {
        let it = self.row.campagne(self.campagne)?;
        Some(CampagneEvaluation::of(&self.row, it))
    }

    /// How each column took part: those that were asked.
    async fn colonnes(&self) -> Vec<ParticipationColonne> {
        let all = self.participations.iter().cloned();
        all.map(ParticipationColonne).collect()
    }

    /// Question by question, headings included, in the order of the grid.
    async fn lignes(&self, ctx: &Context<'_>) -> Vec<ResultatLigne> {
        let Some((_, grille)) = self.asked() else { return vec![] };
        let rows = grille.lignes.iter();
        rows.map(|it| ResultatLigne { cellules: self.cells(ctx, &grille, it), ligne: it.clone() })
            .collect()
    }

    /// Answers one by one, in the order in which they were recorded. Shown to the DLAs of the
    /// ingénierie; empty for others.
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn reponses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "Those to this row alone.")] ligne: Option<String>,
        #[graphql(desc = "Those of this column alone.")] colonne: Option<ColonneEvaluation>,
    ) -> Result<List<i64, ReponseEvaluation>> {
        let asked = paging::asked(first, after.as_deref())?;
        let ligne = ligne
            .map(|it| super::grille::ligne("ligne", &it))
            .transpose()?;
        let filter = reponses::Filter { ligne, colonne: colonne.map(Into::into) };
        let campaign = (EvaluationId(self.row.id), self.campagne);
        let place = (asked.first, asked.after);
        let page = reponses::list(ctx.reads(), ctx.scope(), campaign, &filter, place);
        let row = |it: reponses::Reponse| (it.position, ReponseEvaluation(it));
        paging::list(ctx, &reponses::MODEL, &asked, page, row).await
    }

    /// How each register was assessed: the last assessment of each.
    async fn registres(&self) -> Vec<RegistreApprecie> {
        RegistreApprecie::all(&self.row)
    }

    /// What the ingénierie expected, beside what was obtained.
    async fn resultats(&self, ctx: &Context<'_>) -> Result<Vec<ResultatCompare>> {
        let ingenierie = ctx
            .loaders()
            .load_one(IngenierieId(self.row.ingenierie))
            .await?;
        let expected = ingenierie.map(|it| it.resultats).unwrap_or_default();
        let beside = |(n, it): (i32, &ResultatAttendu)| {
            ResultatCompare::of(n, it, self.row.resultats.iter().find(|it| it.resultat == n))
        };
        Ok((1..).zip(&expected).map(beside).collect())
    }
}

impl ResultatsEvaluation {
    /// The cells of a row: those that are ticked.
    fn cells(
        &self,
        ctx: &Context<'_>,
        grille: &Grille,
        ligne: &grid::Ligne,
    ) -> Vec<ResultatCellule> {
        let cell = |(colonne, nature): (&grid::Colonne, &grid::NatureReponse)| {
            let known = self.cellules.iter();
            let mut known = known.filter(|it| it.ligne == ligne.ligne && it.colonne == *colonne);
            let asked = self.participations.iter().find(|it| it.colonne == *colonne);
            ResultatCellule {
                colonne: (*colonne).into(),
                nature: (*nature).into(),
                invited: asked.map_or(0, |it| it.invited),
                // A cell without answers is hidden like one with a few.
                hidden: !ctx.scope().hears(&self.row.dlas),
                echelle: NiveauEchelle::all(ctx, grille),
                row: known.next().cloned(),
            }
        };
        ligne.colonnes.iter().map(cell).collect()
    }
}

/// How a column took part in a campaign.
pub(crate) struct ParticipationColonne(rows::Participation);

/// How a column took part in a campaign.
#[Object]
impl ParticipationColonne {
    /// Who was asked.
    async fn colonne(&self) -> ColonneEvaluation {
        self.0.colonne.into()
    }

    /// How many were asked.
    async fn invited(&self) -> i32 {
        count(self.0.invited)
    }

    /// How many answered one question at least. Null when too few were asked for you to know.
    async fn answered(&self) -> Option<i32> {
        self.0.answered.map(count)
    }

    /// The share of those asked who answered, in hundredths, to the nearest. Null as above.
    async fn taux(&self) -> Option<i32> {
        taux(self.0.answered?, self.0.invited)
    }

    /// The facts that asked them, in rising order.
    async fn positions(&self) -> Vec<Position> {
        self.0.positions.iter().copied().map(Position).collect()
    }
}

/// What was answered to a row of the grid.
pub(crate) struct ResultatLigne {
    ligne: grid::Ligne,
    cellules: Vec<ResultatCellule>,
}

/// What was answered to a row of the grid.
#[Object]
impl ResultatLigne {
    /// The row.
    async fn ligne(&self) -> LigneGrille {
        LigneGrille(self.ligne.clone())
    }

    /// Column by column: those that are ticked. None of a heading.
    async fn cellules(&self) -> &[ResultatCellule] {
        &self.cellules
    }
}

/// What one column answered to one question.
pub(crate) struct ResultatCellule {
    colonne: ColonneEvaluation,
    nature: NatureReponse,
    invited: i64,
    hidden: bool,
    echelle: Vec<NiveauEchelle>,
    row: Option<Cellule>,
}

/// What one column answered to one question.
#[Object]
impl ResultatCellule {
    /// Who answers.
    async fn colonne(&self) -> ColonneEvaluation {
        self.colonne
    }

    /// How.
    async fn nature(&self) -> NatureReponse {
        self.nature
    }

    /// How many were asked.
    async fn invited(&self) -> i32 {
        count(self.invited)
    }

    /// How many answered. Null when too few did for you to know.
    async fn reponses(&self) -> Option<i32> {
        self.answered().map(count)
    }

    /// The share of those asked who answered, in hundredths, to the nearest. Null when nobody was
    /// asked, and when too few answered for you to know.
    async fn taux(&self) -> Option<i32> {
        taux(self.answered()?, self.invited)
    }

    /// How many gave each level of the scale, the lowest first. Null when too few gave one for you
    /// to know.
    async fn niveaux(&self) -> Option<Vec<NiveauCompte>> {
        let empty = vec![];
        let given = match &self.row {
            Some(it) => it.niveaux.as_ref()?,
            None => self.answered().map(|_| &empty)?,
        };
        let of = |it: &NiveauEchelle| NiveauCompte::of(it.niveau, given);
        Some(self.echelle.iter().map(of).collect())
    }

    /// How many wrote something that is not erased. Null when too few answered for you to know.
    async fn textes(&self) -> Option<i32> {
        self.answered()?;
        Some(count(self.row.as_ref().map_or(0, |it| it.textes)))
    }

    /// The facts behind these figures, in rising order.
    async fn positions(&self) -> Vec<Position> {
        let all = self.row.iter().flat_map(|it| &it.positions);
        all.copied().map(Position).collect()
    }
}

impl ResultatCellule {
    fn answered(&self) -> Option<i64> {
        match &self.row {
            Some(it) => Some(it.reponses),
            None => (!self.hidden).then_some(0),
        }
    }
}

/// How many gave a level of the scale.
#[derive(SimpleObject)]
pub(crate) struct NiveauCompte {
    /// The level.
    niveau: i32,
    /// How many.
    nombre: i32,
}

impl NiveauCompte {
    pub(super) fn of(niveau: i32, given: &[i32]) -> Self {
        let nombre = given.iter().filter(|it| **it == niveau).count();
        Self { niveau, nombre: i32::try_from(nombre).unwrap_or(i32::MAX) }
    }
}

/// What an ingénierie expected, beside what was obtained.
#[derive(SimpleObject)]
pub(crate) struct ResultatCompare {
    /// Its place in the list of expected results, from 1.
    resultat: i32,
    /// What was expected.
    attendu: String,
    /// How much of it, if it was said.
    cible: Option<String>,
    /// What was obtained, once it is recorded.
    obtenu: Option<String>,
    /// How far it was reached, once it is recorded.
    appreciation: Option<Appreciation>,
    /// The fact that says what was obtained.
    position: Option<Position>,
}

impl ResultatCompare {
    fn of(n: i32, it: &ResultatAttendu, obtained: Option<&evaluations::ResultatObtenu>) -> Self {
        Self {
            resultat: n,
            attendu: it.enonce.as_str().to_owned(),
            cible: it.cible.as_ref().map(|it| it.as_str().to_owned()),
            obtenu: obtained.map(|it| it.obtenu.clone()),
            appreciation: obtained.map(|it| it.appreciation.into()),
            position: obtained.map(|it| Position(it.position)),
        }
    }
}

/// So many hundredths, to the nearest. None of nothing.
pub(super) fn taux(part: i64, whole: i64) -> Option<i32> {
    let hundredths = (part * 100 + whole / 2).checked_div(whole)?;
    Some(count(hundredths))
}
