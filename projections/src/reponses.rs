//! What respondents answered to the campaigns of evaluations: who said what, for those who may
//! know. What it adds up to is counted by `resultats`.

use domain::{
    Date, EvaluationId, Event,
    evaluation::Repondant,
    referentiel::{Colonne, LigneId},
    reponse_evaluation::{Donnee, Event as Fact},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Order, Page, ReadModel, Reads, Scope, SealedPlace,
    columns::Columns,
    rows::{Row, Rows, name_of},
};

pub const MODEL: ReadModel = ReadModel {
    name: "reponses",
    version: 1,
    tables: include_str!("reponses.sql"),
    reads: &[
        "reponse_evaluation.ReponseRecorded",
        "reponse_evaluation.ReponseRevised",
        "reponse_evaluation.ReponsesErased",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// An answer to one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reponse {
    pub reponse: Uuid,
    pub evaluation: Uuid,
    pub campagne: i32,
    pub repondant: Uuid,
    /// It is a DLA; otherwise an organisation.
    pub dla: bool,
    pub colonne: Colonne,
    pub ligne: LigneId,
    pub niveau: Option<i32>,
    /// None when nothing was written, and once it is erased.
    pub texte: Option<SealedPlace>,
    pub prospective: Option<SealedPlace>,
    /// The DLA wrote it down for the respondent.
    pub transcrite: bool,
    pub answered_on: Date,
    pub position: i64,
}

impl Row for Reponse {
    const LOAD: &'static str = "select t.* from reponses t where reponse = any($1)";
    const CLEAR: &'static str = "delete from reponses where reponse = any($1)";
    const TABLE: &'static str = "reponses";

    type Key = (Uuid, LigneId);

    fn key(&self) -> Self::Key {
        (self.reponse, self.ligne.clone())
    }
}

/// What to look for among the answers to a campaign.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub ligne: Option<LigneId>,
    pub colonne: Option<Colonne>,
}

/// The answers to a campaign, for the DLAs of its ingénierie, after a cursor (a position).
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    (evaluation, campagne): (EvaluationId, i32),
    filter: &Filter,
    (first, after): (i64, Option<i64>),
) -> Result<Page<Reponse>, Error> {
    let rows = sqlx::query_as(
        "select r.*
         from reponses r
         join evaluations e on e.id = r.evaluation
         left join ingenieries i on i.id = e.ingenierie
         where r.evaluation = $1 and r.campagne = $2
           and ($3 or e.dlas && $4 or (i.dlas && $4 or i.id = any($4)))
           and ($5::text is null or r.ligne = $5)
           and ($6::text is null or r.colonne = $6)
           and ($7::bigint is null or r.position > $7)
         order by r.position
         limit $8",
    )
    .bind(evaluation.0)
    .bind(campagne)
    .bind(scope.all)
    .bind(scope.confided())
    .bind(filter.ligne.as_ref().map(LigneId::as_str))
    .bind(filter.colonne.map(name_of).transpose()?)
    .bind(after)
    .bind(first + 1)
    .fetch_all(&reads.pool)
    .await?;
    Ok(Page::of(rows.into_iter().map(|Columns(row)| row).collect(), first))
}

/// What one respondent answered to a campaign, for themselves and for the DLAs of its ingénierie.
pub async fn of_repondant(
    reads: &Reads,
    scope: &Scope,
    (evaluation, campagne): (EvaluationId, i32),
    repondant: Uuid,
) -> Result<Vec<Reponse>, Error> {
    let rows = sqlx::query_as(
        "select r.*
         from reponses r
         join evaluations e on e.id = r.evaluation
         left join ingenieries i on i.id = e.ingenierie
         where r.evaluation = $1 and r.campagne = $2 and r.repondant = $3
           and (r.repondant = any($4) or $5 or e.dlas && $6 or (i.dlas && $6 or i.id = any($6)))
         order by r.position",
    )
    .bind(evaluation.0)
    .bind(campagne)
    .bind(repondant)
    .bind(&scope.repondants)
    .bind(scope.all)
    .bind(scope.confided())
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut rows = Rows::<Reponse>::load(db, facts.iter().map(|it| it.stream)).await?;
    for recorded in facts {
        let Event::ReponseEvaluation(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        match fact {
            Fact::ReponseRecorded(it) | Fact::ReponseRevised(it) => {
                rows.put(Reponse::of(it, recorded));
            }
            Fact::ReponsesErased { .. } => {
                let own = rows.values_mut().filter(|it| it.reponse == recorded.stream);
                own.for_each(|it| (it.texte, it.prospective) = (None, None));
            }
        }
    }
    rows.save(db).await
}

impl Reponse {
    fn of(it: &Donnee, recorded: &Recorded) -> Self {
        Self {
            reponse: recorded.stream,
            evaluation: it.evaluation.0,
            campagne: it.campagne,
            repondant: it.repondant.id(),
            dla: matches!(it.repondant, Repondant::Dla(_)),
            colonne: it.colonne,
            ligne: it.ligne.clone(),
            niveau: it.niveau,
            texte: SealedPlace::if_given(recorded, "/texte"),
            prospective: SealedPlace::if_given(recorded, "/prospective"),
            transcrite: it.transcrite,
            answered_on: recorded.on,
            position: recorded.position.0,
        }
    }
}
