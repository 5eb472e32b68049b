//! The support of each structure, request by request (RM-06): what it asked for, what was found and
//! agreed on, what was done, what came of it.
//!
//! Those of its DLA read it, and the structure: neither a comité, nor a portal, nor those who pay,
//! for it holds what a structure confides.

use domain::{
    AccompagnementId, Code, Date, Event,
    accompagnement::{
        Canal, Etat, Event as Fact, Parties, Preconisation,
        plan::NatureAction,
        suivi::{Indicateurs, Moment},
    },
};
use eventlog::Recorded;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::QueryAs};
use uuid::Uuid;

use crate::{
    Error, Order, Page, ReadModel, Reads, Scope, SealedPlace,
    columns::Columns,
    rows::{Row, Rows, name_of},
};

mod fold;
pub mod impact;

pub const MODEL: ReadModel = ReadModel {
    name: "accompagnements",
    version: 1,
    tables: include_str!("accompagnements.sql"),
    reads: &[
        "accompagnement.SollicitationReceived",
        "accompagnement.PreDiagnosticSent",
        "accompagnement.PreDiagnosticReturned",
        "accompagnement.RendezVousQualificationHeld",
        "accompagnement.AccueilCompleted",
        "accompagnement.StructureOriented",
        "accompagnement.DiagnosticStarted",
        "accompagnement.DiagnosticCompleted",
        "accompagnement.DiagnosticValidated",
        "accompagnement.PreconisationsProposed",
        "accompagnement.PreconisationsAccepted",
        "accompagnement.PreconisationsRefused",
        "accompagnement.PlanAccompagnementEstablished",
        "accompagnement.ActionAppuiAdded",
        "accompagnement.ActionAppuiAttached",
        "accompagnement.ActionAppuiCompleted",
        "accompagnement.ActionAppuiCancelled",
        "accompagnement.RestitutionHeld",
        "accompagnement.SuiviRecorded",
        "accompagnement.ImpactMeasured",
        "accompagnement.NouveauBesoinIdentified",
        "accompagnement.AccompagnementClosed",
        "accompagnement.AccompagnementAbandoned",
        "accompagnement.AccompagnementReopened",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// One accompagnement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accompagnement {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    /// Its first one.
    pub received_position: i64,
    pub received_on: Date,
    pub dla: Uuid,
    pub structure: Uuid,
    pub relais: Option<Uuid>,
    pub canal: Option<Canal>,
    pub moments: Vec<String>,
    pub domaines: Vec<String>,
    pub demande: Option<SealedPlace>,
    pub etat: Etat,
    pub pre_diagnostic: PreDiagnostic,
    pub rendez_vous: Vec<Dit>,
    pub accueil: Option<Accueil>,
    pub orientations: Vec<Orientation>,
    pub diagnostic: Option<Diagnostic>,
    pub sans_suivi_depuis: Option<Date>,
    /// As they were proposed last.
    pub preconisations: Preconisations,
    pub plan: Option<Plan>,
    pub actions: Vec<Action>,
    pub ingenieries: Vec<Uuid>,
    pub restitutions: Vec<Restitution>,
    pub suivis: Vec<Dit>,
    pub mesures: Vec<Mesure>,
    pub besoins: Vec<Besoin>,
    pub issues: Vec<String>,
    pub fin: Option<Fin>,
}

/// The form that qualifies a request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PreDiagnostic {
    pub sent_on: Option<Date>,
    pub returned_on: Option<Date>,
    pub document: Option<Uuid>,
}

/// Something that took place, and what was said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dit {
    pub on: Date,
    pub position: i64,
    pub commentaire: Option<SealedPlace>,
}

/// Whether the DLA can help.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accueil {
    pub on: Date,
    pub pertinent: bool,
    pub motif: Option<SealedPlace>,
}

/// To whom the structure was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Orientation {
    pub on: Date,
    pub vers: Option<Uuid>,
    pub dispositif: Option<String>,
    pub commentaire: Option<SealedPlace>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Diagnostic {
    pub started_on: Option<Date>,
    pub completed_on: Option<Date>,
    pub validated_on: Option<Date>,
    pub situation: Option<SealedPlace>,
    pub forces: Option<SealedPlace>,
    pub capacite: Option<SealedPlace>,
    pub besoins: Option<SealedPlace>,
    pub domaines: Vec<String>,
    pub document: Option<Uuid>,
}

/// What is advised, and what the structure answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Preconisations {
    pub proposed_on: Option<Date>,
    /// Numbered from 1, in this order.
    pub toutes: Vec<Conseil>,
    pub answered_on: Option<Date>,
    /// The numbers of those that are kept; none when all are refused.
    pub retenues: Vec<i32>,
    pub motif: Option<SealedPlace>,
}

/// One thing advised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conseil {
    pub theme: Option<String>,
    pub enonce: SealedPlace,
}

/// What was agreed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub established_on: Date,
    pub echeance: Option<Date>,
    pub document: Option<Uuid>,
}

/// One action of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    pub numero: i32,
    pub nature: NatureAction,
    pub intitule: String,
    pub theme: Option<String>,
    pub preconisation: Option<i32>,
    pub ingenierie: Option<Uuid>,
    pub organisation: Option<Uuid>,
    pub echeance: Option<Date>,
    pub added_on: Date,
    pub suite: Suite,
    pub ended_on: Option<Date>,
    /// What was said when it was done, or why it was cancelled.
    pub commentaire: Option<SealedPlace>,
}

/// What became of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Suite {
    Prevue,
    Realisee,
    Annulee,
}

/// A meeting where what was done was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Restitution {
    pub on: Date,
    pub ingenierie: Option<Uuid>,
    pub document: Option<Uuid>,
    pub commentaire: Option<SealedPlace>,
}

/// How the structure does, on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mesure {
    pub on: Date,
    pub position: i64,
    pub moment: Moment,
    pub horizon: Option<Date>,
    pub indicateurs: Indicateurs,
}

/// A need that the plan does not answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Besoin {
    pub on: Date,
    pub domaines: Vec<String>,
    pub besoin: SealedPlace,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fin {
    pub on: Date,
    /// What came of it, or why it was given up.
    pub texte: Option<SealedPlace>,
}

impl Row for Accompagnement {
    const LOAD: &'static str = "select t.* from accompagnements t where id = any($1)";
    const CLEAR: &'static str = "delete from accompagnements where id = any($1)";
    const TABLE: &'static str = "accompagnements";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Selects of the accompagnements `t` that an actor may see and a filter finds: the parameters
/// `$1` to `$12`.
macro_rules! select {
    ($what:literal, $tail:literal) => {
        concat!(
            "select ",
            $what,
            " from accompagnements t
             where ($1 or t.dla = any($2) or t.structure = $3)
               and ($4::uuid is null or t.structure = $4)
               and ($5::uuid is null or t.dla = $5)
               and ($6::text is null or t.etat = $6)
               and ($7::text is null or $7 = any(t.domaines))
               and ($8::date is null or t.received_on >= $8)
               and ($9::date is null or t.received_on <= $9)
               and ($10::uuid is null or $10 = any(t.ingenieries))
               and ($11::date is null or t.sans_suivi_depuis < $11)
               and (not $12 or jsonb_array_length(t.besoins) > 0) ",
            $tail
        )
    };
}
pub(crate) use select;

/// What to look for. What is given holds together.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub structure: Option<Uuid>,
    pub dla: Option<Uuid>,
    pub etat: Option<Etat>,
    /// Of the request, of the diagnostic or of a later need.
    pub domaine: Option<Code>,
    /// The first day of the request, included.
    pub du: Option<Date>,
    /// The last one, included.
    pub au: Option<Date>,
    /// That carries out an action of the plan.
    pub ingenierie: Option<Uuid>,
    /// Diagnosed before that day, and without news since.
    pub sans_suivi_avant: Option<Date>,
    /// Where a need appeared that the plan does not answer.
    pub nouveau_besoin: bool,
}

impl Filter {
    /// Binds `$1` to `$12`.
    fn bind<'q, O>(
        &self,
        query: QueryAs<'q, Postgres, O, PgArguments>,
        scope: &Scope,
    ) -> Result<QueryAs<'q, Postgres, O, PgArguments>, Error> {
        Ok(query
            .bind(scope.all)
            .bind(scope.confided())
            .bind(scope.own_structure())
            .bind(self.structure)
            .bind(self.dla)
            .bind(self.etat.map(name_of).transpose()?)
            .bind(self.domaine.as_ref().map(ToString::to_string))
            .bind(self.du.map(ToSqlx::to_sqlx))
            .bind(self.au.map(ToSqlx::to_sqlx))
            .bind(self.ingenierie)
            .bind(self.sans_suivi_avant.map(ToSqlx::to_sqlx))
            .bind(self.nouveau_besoin))
    }
}

/// Some accompagnements, by id.
pub async fn by_ids(
    reads: &Reads,
    scope: &Scope,
    ids: &[AccompagnementId],
) -> Result<Vec<Accompagnement>, Error> {
    let query = sqlx::query_as(select!("t.*", "and t.id = any($13)"));
    let rows: Vec<Columns<Accompagnement>> = Filter::default()
        .bind(query, scope)?
        .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
        .fetch_all(&reads.pool)
        .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

/// The last requests first, after a cursor (the position of a request).
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    before: Option<i64>,
) -> Result<Page<Accompagnement>, Error> {
    const LIST: &str = select!(
        "t.*",
        "and ($13::bigint is null or t.received_position < $13)
         order by t.received_position desc
         limit $14"
    );
    let rows: Vec<Columns<Accompagnement>> = filter
        .bind(sqlx::query_as(LIST), scope)?
        .bind(before)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    Ok(Page::of(rows.into_iter().map(|Columns(row)| row).collect(), first))
}

/// How many accompagnements a filter finds.
pub async fn count(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    let query = filter.bind(sqlx::query_as(select!("count(*)", "")), scope)?;
    let (count,) = query.fetch_one(&reads.pool).await?;
    Ok(count)
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut rows = Rows::<Accompagnement>::load(db, facts.iter().map(|it| it.stream)).await?;
    for recorded in facts {
        let Event::Accompagnement(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        if let Some(received) = Accompagnement::received(fact, recorded) {
            rows.put(received);
        }
        let row = rows
            .get_mut(&recorded.stream)
            .ok_or_else(|| Error::not_applied(recorded))?;
        row.version = recorded.version.0;
        row.position = recorded.position.0;
        row.accueil(fact, recorded);
        row.diagnostic(fact, recorded);
        row.plan(fact, recorded);
        row.suivi(fact, recorded);
    }
    rows.save(db).await
}
