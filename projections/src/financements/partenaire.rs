//! What one funder asks: what it was asked for, what it gave, beside whom, and what awaits
//! its answer. Whoever asks sees of it the plans in their own scope, and no other.

use domain::{Code, Date, DlaId, OrganisationId, Territoire, plan_financement::StatutRessource};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, postgres::PgArguments, query::QueryScalar, types::Json};
use uuid::Uuid;

use super::Ligne;
use crate::{Error, Page, Reads, Scope, columns::Columns, rows::name_of};

/// Which lines of a funder.
#[derive(Debug, Clone)]
pub struct Filter {
    pub financeur: OrganisationId,
    /// The first day on which they were sought.
    pub from: Option<Date>,
    /// The last day on which they were sought.
    pub to: Option<Date>,
    /// Concerned, or paying.
    pub dla: Option<DlaId>,
    /// The ingénierie takes place there, or inside it as far as the codes show.
    pub territoire: Option<Territoire>,
    pub state: Option<StatutRessource>,
    /// Of the ingénierie.
    pub secteur: Option<Code>,
    /// A theme of the ingénierie.
    pub theme: Option<Code>,
}

impl Filter {
    /// Every line of a funder.
    pub fn of(financeur: OrganisationId) -> Self {
        Self {
            financeur,
            from: None,
            to: None,
            dla: None,
            territoire: None,
            state: None,
            secteur: None,
            theme: None,
        }
    }

    /// Binds `$1` to `$11`.
    fn bind<'q, O>(
        &self,
        query: QueryScalar<'q, Postgres, O, PgArguments>,
        scope: &Scope,
    ) -> Result<QueryScalar<'q, Postgres, O, PgArguments>, Error> {
        Ok(query
            .bind(self.financeur.0)
            .bind(scope.all)
            .bind(scope.dossiers())
            .bind(scope.organisations.clone())
            .bind(self.from.map(jiff_sqlx::Date::from))
            .bind(self.to.map(jiff_sqlx::Date::from))
            .bind(self.dla.map(|it| it.0))
            .bind(self.territoire.as_ref().map(Territoire::cle))
            .bind(self.state.map(name_of).transpose()?)
            .bind(self.secteur.as_ref().map(ToString::to_string))
            .bind(self.theme.as_ref().map(ToString::to_string)))
    }
}

/// Selects from `found`: what is told of the lines of a funder that an actor may see and a filter
/// finds, the parameters `$1` to `$11`.
macro_rules! select {
    ($found:literal, $group:literal, $rest:literal) => {
        concat!(
            "with found as (
                 select ",
            $found,
            "    from lignes
                 where financeur = $1
                   and ($2 or dlas && $3 or organisations && $4
                        or exists (select from ingenieries i
                                   where i.id = ingenierie and (i.dlas && $3 or i.id = any($3))))
                   and ($5::date is null or sought_on >= $5)
                   and ($6::date is null or sought_on <= $6)
                   and ($7::uuid is null or $7 = any(dlas))
                   and ($8::text is null or $8 = any(lieux))
                   and ($9::text is null or state = $9)
                   and ($10::text is null
                        or exists (select from ingenieries i
                                   where i.id = ingenierie and $10 = any(i.secteurs)))
                   and ($11::text is null
                        or exists (select from ingenieries i
                                   where i.id = ingenierie and $11 = any(i.types_prestation))) ",
            $group,
            ") ",
            $rest
        )
    };
}

/// One ingénierie, as one of its funders sees it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Financement {
    pub ingenierie: Uuid,
    pub plan: Uuid,
    /// That take part.
    pub structures: i32,
    pub territoire: Option<String>,
    /// Of the first of the lines found: the cursor.
    pub position: i64,
    pub confirmed: bool,
    /// What the ingénierie costs, in cash.
    pub total_cents: i64,
    /// The facts that make it, cost by cost.
    pub cost_positions: Vec<i64>,
    /// The funder's own, those that the filter finds.
    pub lignes: Vec<Ligne>,
    /// Those who pay beside it, or may: not those who declined.
    pub autres: Vec<Autre>,
}

/// Who else pays for an ingénierie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Autre {
    pub financeur: Option<Uuid>,
    pub dla: Option<Uuid>,
    pub granted_cents: i64,
    /// The facts that make it, line by line.
    pub positions: Vec<i64>,
}

/// A funder's lines, added up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    pub ingenieries: i64,
    pub sought_cents: i64,
    /// Of what was sought, what was ever asked for.
    pub requested_cents: i64,
    pub granted_cents: i64,
    pub paid_cents: i64,
    /// What others grant to the ingénieries to which the funder grants something: divided by
    /// what it grants, its leverage.
    pub others_granted_cents: i64,
    /// That take part in the ingénieries to which the funder grants something, each once.
    pub structures: i64,
    /// Where these ingénieries take place, each once.
    pub territoires: Vec<String>,
}

/// The facts that say which structures take part.
const MOBILISATIONS: [&str; 2] = ["StructureMobilised", "StructureWithdrawn"];

/// The ingénieries that a funder pays for or is asked to, the latest first, after a cursor
/// (position). [`totals_by_partenaire`] says how many there are.
pub async fn by_partenaire(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: Option<i64>,
) -> Result<Page<Financement>, Error> {
    const SQL: &str = select!(
        "plan, min(first_position) as position, array_agg(ligne) as lignes",
        "group by plan",
        "select jsonb_build_object(
             'ingenierie', p.ingenierie,
             'plan', p.id,
             'structures', coalesce(cardinality(i.participantes), 0),
             'territoire', i.territoire,
             'position', f.position,
             'confirmed', p.confirmed,
             'total_cents', p.total_cents,
             'cost_positions', jsonb_path_query_array(p.depenses, '$[*].positions[*]'),
             'lignes', (
                 select jsonb_agg(to_jsonb(l) order by l.ligne)
                 from lignes l
                 where l.plan = p.id and l.ligne = any(f.lignes)
             ),
             'autres', (
                 select coalesce(jsonb_agg(to_jsonb(a) order by a.financeur, a.dla), '[]')
                 from (
                     select l.financeur, l.dla,
                            coalesce(sum(l.granted_cents), 0) as granted_cents,
                            jsonb_path_query_array(jsonb_agg(l.positions), '$[*][*]') as positions
                     from lignes l
                     where l.plan = p.id
                       and l.financeur is distinct from $1
                       and l.state <> 'REFUSED'
                     group by l.financeur, l.dla
                 ) a
             )
         )
         from found f
         join plans p on p.id = f.plan
         left join ingenieries i on i.id = p.ingenierie
         where $12::bigint is null or f.position < $12
         order by f.position desc
         limit $13"
    );
    let rows = filter
        .bind(sqlx::query_scalar(SQL), scope)?
        .bind(after)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    let rows = rows.into_iter().map(|Json(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many ingénieries a filter finds lines of.
pub async fn count_by_partenaire(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
) -> Result<i64, Error> {
    const SQL: &str = select!("plan", "group by plan", "select count(*) from found");
    let query = filter.bind(sqlx::query_scalar(SQL), scope)?;
    Ok(query.fetch_one(&reads.pool).await?)
}

/// What a funder was asked for and gave, in all.
pub async fn totals_by_partenaire(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
) -> Result<Totals, Error> {
    const SQL: &str = select!(
        "plan, ingenierie,
                    sum(sought_cents) as sought,
                    sum(sought_cents) filter (where requested_on is not null) as requested,
                    sum(granted_cents) as granted,
                    sum(paid_cents) as paid",
        "group by plan, ingenierie",
        "select jsonb_build_object(
             'ingenieries', count(*),
             'structures', (
                 select count(distinct structure)
                 from found f
                 join ingenieries i on i.id = f.ingenierie and f.granted > 0
                 cross join lateral unnest(i.participantes) structure
             ),
             'territoires', (
                 select coalesce(jsonb_agg(distinct i.territoire), '[]')
                 from found f
                 join ingenieries i on i.id = f.ingenierie and f.granted > 0
             ),
             'sought_cents', coalesce(sum(sought), 0),
             'requested_cents', coalesce(sum(requested), 0),
             'granted_cents', coalesce(sum(granted), 0),
             'paid_cents', coalesce(sum(paid), 0),
             'others_granted_cents', (
                 select coalesce(sum(l.granted_cents), 0)
                 from lignes l
                 join found f on f.plan = l.plan and f.granted > 0
                 where l.financeur is distinct from $1
             )
         )
         from found"
    );
    let Json(totals) = filter
        .bind(sqlx::query_scalar(SQL), scope)?
        .fetch_one(&reads.pool)
        .await?;
    Ok(totals)
}

/// The facts that make these sums, in the order of the log, after one of them: those of the
/// lines found, of what others grant beside them, and of the structures that take part.
pub async fn positions_by_partenaire(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: i64,
) -> Result<Vec<i64>, Error> {
    const SQL: &str = select!(
        "plan, ingenierie, granted_cents, positions",
        "",
        "select distinct fact
         from (
             select unnest(positions) as fact
             from found
             union all
             select unnest(l.positions)
             from lignes l
             where l.financeur is distinct from $1
               and l.granted_cents is not null
               and l.plan in (select plan from found where granted_cents is not null)
             union all
             select h.position
             from historique h
             where h.kind = any($14) and ($15::bigint is null or h.position <= $15)
               and h.dossier in (select ingenierie from found where granted_cents > 0)
         ) facts
         where fact > $12
         order by fact
         limit $13"
    );
    Ok(filter
        .bind(sqlx::query_scalar(SQL), scope)?
        .bind(after)
        .bind(first)
        .bind(MOBILISATIONS)
        .bind(reads.past())
        .fetch_all(&reads.pool)
        .await?)
}

/// The lines that await a funder's answer, the longest first, after a cursor (last position).
pub async fn awaiting(
    reads: &Reads,
    scope: &Scope,
    financeur: OrganisationId,
    first: i64,
    after: Option<i64>,
) -> Result<Page<Ligne>, Error> {
    let rows = sqlx::query_as(
        "select t.*
         from lignes t
         where financeur = $1
           and state = 'REQUESTED'
           and ($2 or dlas && $3 or organisations && $4
                or exists (select from ingenieries i
                           where i.id = ingenierie and (i.dlas && $3 or i.id = any($3))))
           and ($5::bigint is null or last_position > $5)
         order by last_position
         limit $6",
    )
    .bind(financeur.0)
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .bind(after)
    .bind(first + 1)
    .fetch_all(&reads.pool)
    .await?;
    let rows = rows.into_iter().map(|Columns(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many lines await a funder's answer.
pub async fn count_awaiting(
    reads: &Reads,
    scope: &Scope,
    financeur: OrganisationId,
) -> Result<i64, Error> {
    Ok(sqlx::query_scalar(
        "select count(*)
         from lignes
         where financeur = $1
           and state = 'REQUESTED'
           and ($2 or dlas && $3 or organisations && $4
                or exists (select from ingenieries i
                           where i.id = ingenierie and (i.dlas && $3 or i.id = any($3))))",
    )
    .bind(financeur.0)
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .fetch_one(&reads.pool)
    .await?)
}
