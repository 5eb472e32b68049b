//! The register of superpositions (RM-04): what crédits d'ingénierie pay for, which overlaps were
//! found, on which basis, who cleared them and why.
//!
//! Those of the DLAs of either plan see an overlap, and the financeurs whom either plan counts on.

use domain::{
    ActionFinanceeId, Date, Event, IngenierieId, PlanFinancementId,
    action_financee::{self as rules, Action, Base, Event as Fact},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::QueryAs};
use uuid::Uuid;

use crate::{
    Error, Order, Page, ReadModel, Reads, Scope, SealedPlace,
    columns::Columns,
    rows::{Row, Rows, name_of},
};

pub const MODEL: ReadModel = ReadModel {
    name: "superpositions",
    version: 1,
    tables: include_str!("superpositions.sql"),
    reads: &[
        "action_financee.CreditsIngenierieDeclared",
        "action_financee.SuperpositionDetected",
        "action_financee.SuperpositionCleared",
        "action_financee.CreditsIngenierieWithdrawn",
    ],
    // A plan may leave one action for another.
    order: Order::Log,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// What a plan declares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Credits {
    pub plan: Uuid,
    pub ingenierie: Uuid,
    pub action: Uuid,
    pub theme: String,
    pub objet: String,
    pub dlas: Vec<Uuid>,
    pub du: Date,
    pub au: Date,
    pub territoire: Option<String>,
    pub secteurs: Vec<String>,
    pub branches: Vec<String>,
    pub declared_on: Date,
    pub position: i64,
}

/// Two plans that pay for the same action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Superposition {
    pub action: Uuid,
    pub numero: i32,
    pub theme: String,
    pub objet: String,
    pub etat: Etat,
    pub bases: Vec<Base>,
    pub plans: [Uuid; 2],
    pub ingenieries: [Uuid; 2],
    /// What the two declared when it was found.
    pub cotes: [Credits; 2],
    /// Of both.
    pub dlas: Vec<Uuid>,
    pub detected_on: Date,
    pub cleared_on: Option<Date>,
    pub because: Option<SealedPlace>,
    pub lapsed_on: Option<Date>,
    pub first_position: i64,
    /// The facts that make it.
    pub positions: Vec<i64>,
}

/// What became of an overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Etat {
    /// Nobody has explained it yet.
    Ouverte,
    /// Somebody said why both may pay.
    Levee,
    /// One of the two plans says something else now, or nothing.
    Caduque,
}

impl Row for Credits {
    const LOAD: &'static str = "select t.* from credits t where action = any($1)";
    const CLEAR: &'static str = "delete from credits where action = any($1)";
    const TABLE: &'static str = "credits";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.plan
    }
}

impl Row for Superposition {
    const LOAD: &'static str = "select t.* from superpositions t where action = any($1)";
    const CLEAR: &'static str = "delete from superpositions where action = any($1)";
    const TABLE: &'static str = "superpositions";

    type Key = (Uuid, i32);

    fn key(&self) -> (Uuid, i32) {
        (self.action, self.numero)
    }
}

/// What some plans declare.
pub async fn credits_by_plans(
    reads: &Reads,
    scope: &Scope,
    plans: &[PlanFinancementId],
) -> Result<Vec<Credits>, Error> {
    let rows = sqlx::query_as(
        "select t.*
         from credits t
         where plan = any($1)
           and ($2 or dlas && $3 or exists (select from plans p
                                            where p.id = plan and (p.dlas && $3
                                                                   or p.organisations && $4)))",
    )
    .bind(plans.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

/// What to look for: all that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of either plan.
    pub dla: Option<Uuid>,
    pub ingenierie: Option<IngenierieId>,
    pub plans: Vec<Uuid>,
    pub theme: Option<String>,
    pub objet: Option<String>,
    pub base: Option<Base>,
    pub etat: Option<Etat>,
}

/// What an actor may see, that a filter finds: the parameters `$1` to `$11`.
macro_rules! select {
    ($what:literal $(, $tail:literal)?) => {
        concat!(
            "select ", $what, "
             from superpositions t
             where ($1 or t.dlas && $2
                    or $4 and exists (select from plans p
                                      where p.id = any(t.plans) and p.organisations && $3))
               and ($5::uuid is null or $5 = any(t.dlas))
               and ($6::uuid is null or $6 = any(t.ingenieries))
               and (cardinality($7::uuid[]) = 0 or t.plans && $7)
               and ($8::text is null or t.theme = $8)
               and ($9::text is null or t.objet = $9)
               and ($10::text is null or $10 = any(t.bases))
               and ($11::text is null or t.etat = $11)",
            $($tail)?
        )
    };
}

/// Overlaps, the last found first.
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    (first, after): (i64, Option<i64>),
) -> Result<Page<Superposition>, Error> {
    const LIST: &str = select!(
        "t.*",
        " and ($12::bigint is null or first_position < $12) order by first_position desc limit $13"
    );
    let rows = filter
        .bind(sqlx::query_as(LIST), scope)?
        .bind(after)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    Ok(Page::of(rows.into_iter().map(|Columns(row)| row).collect(), first))
}

/// The overlaps of some plans, the last found first.
pub async fn of_plans(
    reads: &Reads,
    scope: &Scope,
    plans: &[PlanFinancementId],
) -> Result<Vec<Superposition>, Error> {
    const OF_PLANS: &str = select!("t.*", " order by first_position desc");
    let filter = Filter { plans: plans.iter().map(|it| it.0).collect(), ..Filter::default() };
    let rows = filter
        .bind(sqlx::query_as(OF_PLANS), scope)?
        .fetch_all(&reads.pool)
        .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

/// One overlap, by its number among those of its action.
pub async fn by_number(
    reads: &Reads,
    scope: &Scope,
    action: ActionFinanceeId,
    numero: i32,
) -> Result<Option<Superposition>, Error> {
    const BY_NUMBER: &str = select!("t.*", " and action = $12 and numero = $13");
    let row = Filter::default()
        .bind(sqlx::query_as(BY_NUMBER), scope)?
        .bind(action.0)
        .bind(numero)
        .fetch_optional(&reads.pool)
        .await?;
    Ok(row.map(|Columns(row)| row))
}

/// How many overlaps a filter finds.
pub async fn count(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    let query = filter.bind(sqlx::query_as(select!("count(*)")), scope)?;
    let (count,) = query.fetch_one(&reads.pool).await?;
    Ok(count)
}

impl Filter {
    fn bind<'q, O>(
        &self,
        query: QueryAs<'q, Postgres, O, PgArguments>,
        scope: &Scope,
    ) -> Result<QueryAs<'q, Postgres, O, PgArguments>, Error> {
        Ok(query
            .bind(scope.all)
            .bind(scope.dossiers())
            .bind(scope.organisations.clone())
            .bind(scope.follows_consultations())
            .bind(self.dla)
            .bind(self.ingenierie.map(|it| it.0))
            .bind(self.plans.clone())
            .bind(self.theme.clone())
            .bind(self.objet.clone())
            .bind(self.base.map(name_of).transpose()?)
            .bind(self.etat.map(name_of).transpose()?))
    }
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let actions = || facts.iter().map(|it| it.stream);
    let mut credits = Rows::<Credits>::load(db, actions()).await?;
    let mut found = Rows::<Superposition>::load(db, actions()).await?;
    for recorded in facts {
        let Event::ActionFinancee(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        match fact {
            Fact::CreditsIngenierieDeclared { action, credits: said } => {
                lapse(&mut found, said.plan, recorded);
                credits.put(Credits::of(action, said, recorded));
            }
            Fact::SuperpositionDetected { superposition, plan, autre_plan, bases, .. } => {
                let sides = [plan, autre_plan].map(|it| credits.get_mut(&it.0).cloned());
                let [Some(last), Some(first)] = sides else {
                    return Err(Error::not_applied(recorded));
                };
                let bases = bases.iter().copied().collect();
                found.put(Superposition::between([last, first], (*superposition, bases), recorded));
            }
            Fact::SuperpositionCleared { superposition, .. } => {
                let it = found
                    .get_mut(&(recorded.stream, *superposition))
                    .ok_or_else(|| Error::not_applied(recorded))?;
                it.etat = Etat::Levee;
                it.cleared_on = Some(recorded.on);
                it.because = Some(SealedPlace::of(recorded, "/because"));
                it.positions.push(recorded.position.0);
            }
            Fact::CreditsIngenierieWithdrawn { plan, .. } => {
                lapse(&mut found, *plan, recorded);
                credits.remove(&plan.0);
            }
        }
    }
    credits.save(db).await?;
    found.save(db).await
}

/// What a plan overlapped no longer holds, for it says something else or nothing.
fn lapse(found: &mut Rows<Superposition>, plan: PlanFinancementId, recorded: &Recorded) {
    let stands = |it: &&mut Superposition| {
        it.action == recorded.stream && it.plans.contains(&plan.0) && it.etat != Etat::Caduque
    };
    for it in found.values_mut().filter(stands) {
        it.etat = Etat::Caduque;
        it.lapsed_on = Some(recorded.on);
        it.positions.push(recorded.position.0);
    }
}

impl Credits {
    fn of(action: &Action, credits: &rules::Credits, recorded: &Recorded) -> Self {
        Self {
            plan: credits.plan.0,
            ingenierie: credits.ingenierie.0,
            action: recorded.stream,
            theme: action.theme.to_string(),
            objet: action.objet.to_string(),
            dlas: credits.dlas.iter().map(|it| it.0).collect(),
            du: credits.periode.du,
            au: credits.periode.au,
            territoire: credits.territoire.as_ref().map(ToString::to_string),
            secteurs: credits.secteurs.iter().map(ToString::to_string).collect(),
            branches: credits.branches.iter().map(ToString::to_string).collect(),
            declared_on: recorded.on,
            position: recorded.position.0,
        }
    }
}

impl Superposition {
    /// The plan declared last comes first.
    fn between(
        [last, first]: [Credits; 2],
        (numero, bases): (i32, Vec<Base>),
        recorded: &Recorded,
    ) -> Self {
        let mut dlas: Vec<_> = last.dlas.iter().chain(&first.dlas).copied().collect();
        dlas.sort_unstable();
        dlas.dedup();
        Self {
            action: recorded.stream,
            numero,
            theme: last.theme.clone(),
            objet: last.objet.clone(),
            etat: Etat::Ouverte,
            bases,
            plans: [last.plan, first.plan],
            ingenieries: [last.ingenierie, first.ingenierie],
            dlas,
            detected_on: recorded.on,
            cleared_on: None,
            because: None,
            lapsed_on: None,
            first_position: recorded.position.0,
            positions: vec![first.position, last.position, recorded.position.0],
            cotes: [last, first],
        }
    }
}
