//! Needs that emerged and await an answer, and those that several DLAs could answer together
//! (RM-12). It has no tables of its own: it asks those of the ingénieries, and the history for the
//! facts that say so.
//!
//! A need is an ingénierie, collective or individual, as long as it is not engaged: what was heard
//! of, from whom, where. Its reader sees those of the dossiers that they may see. Beside them stand
//! the needs that respondents wrote of when an ingénierie was evaluated, for its DLAs.

use domain::{Code, Date, DlaId, Territoire};
use serde::Deserialize;
use sqlx::{Postgres, postgres::PgArguments, query::QueryScalar, types::Json};
use uuid::Uuid;

use crate::{Error, Page, Reads, Scope, reponses::Reponse};

/// The most candidates that are shown: those of most DLAs.
pub const CANDIDATS_MAX: i64 = 100;

/// The questions of the reference grid that ask which needs emerged (themes G6 and G7).
pub const QUESTIONS: [&str; 4] = ["G6-Q1", "G6-Q2", "G7-Q1", "G7-Q2"];

/// Which needs count. What is left out restricts nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The first day on which it was taken up.
    pub from: Option<Date>,
    /// The last, included.
    pub to: Option<Date>,
    /// There, or inside it as far as the codes show.
    pub territoire: Option<Territoire>,
    pub secteur: Option<Code>,
    pub theme: Option<Code>,
    /// One of those concerned.
    pub dla: Option<DlaId>,
    /// Where it was heard of.
    pub source: Option<Code>,
    /// Those that were given up as well: nobody answered them either.
    pub abandonnes: bool,
}

/// A need, and the ingénierie that identifies it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Besoin {
    pub ingenierie: Uuid,
    /// Its first fact.
    pub position: i64,
    pub emerged_on: Date,
    pub sources: Vec<String>,
    /// The structures that it is thought to be of, and those that recognise it as theirs.
    pub structures: i64,
    pub confirmees: i64,
    pub abandonne: bool,
}

/// What a respondent wrote of a need, and the ingénierie that was evaluated.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Exprime {
    pub ingenierie: Uuid,
    pub reponse: Reponse,
}

/// By what needs are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    Departement,
    Dla,
    Region,
    Secteur,
    Source,
    Theme,
}

/// How many needs, of how many DLAs and structures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Figures {
    /// What they have in common; `None` when they have no such thing, or for all of them.
    pub cle: Option<String>,
    pub besoins: i64,
    /// Each once.
    pub dlas: i64,
    pub structures: i64,
}

/// Needs of one sector or theme, in one région, that different DLAs identify.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Candidat {
    pub region: String,
    /// The sector or the theme that they share: one of the two.
    pub secteur: Option<String>,
    pub theme: Option<String>,
    pub dlas: Vec<Uuid>,
    pub ingenieries: Vec<Uuid>,
    pub structures: i64,
}

impl Dimension {
    fn as_str(self) -> &'static str {
        match self {
            Self::Departement => "DEPARTEMENT",
            Self::Dla => "DLA",
            Self::Region => "REGION",
            Self::Secteur => "SECTEUR",
            Self::Source => "SOURCE",
            Self::Theme => "THEME",
        }
    }
}

/// `found`, the needs that an actor may see and a filter finds: the parameters `$1` to `$11`;
/// `concerned`, the structures of each, and whether they recognise it.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "with found as (
                 select id, initiated_position, initiated_on, porteur, dlas, lieux, secteurs,
                        types_prestation, etat, problematique, structures, mission,
                        array(select distinct it->>'source'
                              from jsonb_array_elements(problematique->'sources') it) as sources
                 from ingenieries
                 where ($1 or dlas && $2 or id = any($2) or dlas_contributeurs && $2 or organisations && $3)
                   and (etat = 'EN_IDENTIFICATION' or $11 and etat = 'ABANDONNEE')
                   and ($4::date is null or initiated_on >= $4)
                   and ($5::date is null or initiated_on <= $5)
                   and ($6::text is null or lieux @> array[$6])
                   and ($7::text is null or $7 = any(secteurs))
                   and ($8::text is null or $8 = any(types_prestation))
                   and ($9::uuid is null or $9 = any(dlas))
                   and ($10::text is null or problematique @> jsonb_build_object(
                           'sources', jsonb_build_array(jsonb_build_object('source', $10))))
             ), said as (
                 select f.id, (s->>'structure')::uuid as structure, false as confirmed
                 from found f
                 cross join lateral jsonb_array_elements(f.structures) s
                 where s->>'etat' not in ('DECLINEE', 'RETIREE')
                 union all
                 select f.id, s::uuid, true
                 from found f
                 cross join lateral jsonb_array_elements(f.problematique->'confirmations') c
                 cross join lateral jsonb_array_elements_text(c->'structures') s
                 union all
                 select f.id, (f.mission->>'structure')::uuid, true
                 from found f
                 where f.mission is not null
             ), concerned as (
                 select id, structure, bool_or(confirmed) as confirmed
                 from said
                 group by id, structure
             ) ",
            $rest
        )
    };
}

/// The needs, the last taken up first, after a cursor (the position of their first fact).
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: Option<i64>,
) -> Result<Page<Besoin>, Error> {
    const SQL: &str = select!(
        "select jsonb_build_object(
             'ingenierie', f.id,
             'position', f.initiated_position,
             'emerged_on', f.initiated_on,
             'sources', f.sources,
             'structures', (select count(*) from concerned c where c.id = f.id),
             'confirmees', (select count(*) from concerned c where c.id = f.id and c.confirmed),
             'abandonne', f.etat = 'ABANDONNEE'
         )
         from found f
         where $12::bigint is null or f.initiated_position < $12
         order by f.initiated_position desc
         limit $13"
    );
    let rows: Vec<Json<Besoin>> = filter
        .bind(sqlx::query_scalar(SQL), scope)
        .bind(after)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    Ok(Page::of(rows.into_iter().map(|Json(row)| row).collect(), first))
}

/// How many there are: part by part, the most first, or in all.
pub async fn figures(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    dimension: Option<Dimension>,
) -> Result<Vec<Figures>, Error> {
    const SQL: &str = select!(
        ", keyed as (
             select f.id, f.dlas, k.cle
             from found f
             cross join lateral unnest(coalesce(nullif(case $12
                 when 'DEPARTEMENT' then
                     array(select it from unnest(f.lieux) it where it like 'departement:%')
                 when 'DLA' then f.dlas::text[]
                 when 'REGION' then
                     array(select it from unnest(f.lieux) it where it like 'region:%')
                 when 'SECTEUR' then f.secteurs
                 when 'SOURCE' then f.sources
                 when 'THEME' then f.types_prestation
                 else '{}' end, '{}'), array[''])) as k(cle)
         )
         select jsonb_build_object(
             'cle', nullif(k.cle, ''),
             'besoins', count(distinct k.id),
             'dlas', count(distinct d.dla),
             'structures', count(distinct c.structure)
         )
         from keyed k
         cross join lateral unnest(k.dlas) d(dla)
         left join concerned c on c.id = k.id
         group by k.cle
         order by count(distinct k.id) desc, k.cle"
    );
    let rows = filter
        .bind(sqlx::query_scalar(SQL), scope)
        .bind(dimension.map(Dimension::as_str))
        .fetch_all(&reads.pool)
        .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// Needs of one sector or theme, in one région, that ingénieries led by different DLAs identify:
/// one between DLAs could answer them. Those of most DLAs first.
pub async fn candidats(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
) -> Result<Vec<Candidat>, Error> {
    const SQL: &str = select!(
        ", keyed as (
             select f.id, f.porteur, f.dlas, r.region, k.secteur, k.theme
             from found f
             cross join lateral unnest(f.lieux) r(region)
             cross join lateral (
                 select it as secteur, null as theme from unnest(f.secteurs) it
                 union all
                 select null, it from unnest(f.types_prestation) it
             ) k
             where r.region like 'region:%'
         )
         select jsonb_build_object(
             'region', k.region,
             'secteur', k.secteur,
             'theme', k.theme,
             'dlas', jsonb_agg(distinct d.dla),
             'ingenieries', jsonb_agg(distinct k.id),
             'structures', count(distinct c.structure)
         )
         from keyed k
         cross join lateral unnest(k.dlas) d(dla)
         left join concerned c on c.id = k.id
         group by k.region, k.secteur, k.theme
         having count(distinct k.porteur) > 1
         order by count(distinct d.dla) desc, count(distinct k.id) desc,
                  k.region, k.secteur, k.theme
         limit $12"
    );
    let rows = filter
        .bind(sqlx::query_scalar(SQL), scope)
        .bind(CANDIDATS_MAX)
        .fetch_all(&reads.pool)
        .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// The answers that tell of needs, for the DLAs of the ingénierie: the parameters `$1` to `$9`.
macro_rules! exprimes {
    ($rest:literal) => {
        concat!(
            "with found as (
                 select i.id, r as reponse, r.position
                 from reponses r
                 join evaluations e on e.id = r.evaluation
                 join ingenieries i on i.id = e.ingenierie
                 where r.ligne = any($1) and r.texte is not null
                   and ($2 or e.dlas && $3 or (i.dlas && $3 or i.id = any($3)))
                   and ($4::date is null or r.answered_on >= $4)
                   and ($5::date is null or r.answered_on <= $5)
                   and ($6::text is null or i.lieux @> array[$6])
                   and ($7::text is null or $7 = any(i.secteurs))
                   and ($8::text is null or $8 = any(i.types_prestation))
                   and ($9::uuid is null or $9 = any(i.dlas))
             ) ",
            $rest
        )
    };
}

/// What respondents wrote of needs, the last first, after a cursor (a position).
pub async fn exprimes(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: Option<i64>,
) -> Result<Page<Exprime>, Error> {
    const SQL: &str = exprimes!(
        "select jsonb_build_object('ingenierie', id, 'reponse', to_jsonb(reponse))
         from found
         where $10::bigint is null or position < $10
         order by position desc
         limit $11"
    );
    let rows: Vec<Json<Exprime>> = filter
        .bind_written(sqlx::query_scalar(SQL), scope)
        .bind(after)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    Ok(Page::of(rows.into_iter().map(|Json(row)| row).collect(), first))
}

/// How many answers tell of needs.
pub async fn count_exprimes(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    let query = sqlx::query_scalar(exprimes!("select count(*) from found"));
    Ok(filter
        .bind_written(query, scope)
        .fetch_one(&reads.pool)
        .await?)
}

/// The facts that make these answers, in the order of the log, after one of them.
pub async fn positions(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: i64,
) -> Result<Vec<i64>, Error> {
    const SQL: &str = select!(
        "select h.position
         from historique h
         join found f on f.id = h.dossier
         where h.kind = any($12)
           and h.position > $13
           and ($15::bigint is null or h.position <= $15)
         order by h.position
         limit $14"
    );
    Ok(filter
        .bind(sqlx::query_scalar(SQL), scope)
        .bind(COUNTED)
        .bind(after)
        .bind(first)
        .bind(reads.past())
        .fetch_all(&reads.pool)
        .await?)
}

/// The facts that say what a need is, and of whom.
const COUNTED: [&str; 16] = [
    "IngenierieCollectiveInitiated",
    "SourceProblematiqueRecorded",
    "ProblematiqueStated",
    "ProblematiqueReformulated",
    "ProblematiqueConfirmed",
    "SecteursDetermined",
    "StructureTargeted",
    "StructureUntargeted",
    "StructureDeclined",
    "DlaAssociated",
    "IngenierieCollectiveAbandoned",
    "IngenierieCollectiveReopened",
    "IngenierieIndividuelleInitiated",
    "IngenierieIndividuelleDescribed",
    "IngenierieIndividuelleAbandoned",
    "IngenierieIndividuelleReopened",
];

impl Filter {
    /// Binds `$1` to `$11`.
    fn bind<'q, O>(
        &self,
        query: QueryScalar<'q, Postgres, O, PgArguments>,
        scope: &Scope,
    ) -> QueryScalar<'q, Postgres, O, PgArguments> {
        query
            .bind(scope.all)
            .bind(scope.dossiers())
            .bind(scope.organisations.clone())
            .bind(self.from.map(jiff_sqlx::Date::from))
            .bind(self.to.map(jiff_sqlx::Date::from))
            .bind(self.territoire.as_ref().map(Territoire::cle))
            .bind(self.secteur.as_ref().map(ToString::to_string))
            .bind(self.theme.as_ref().map(ToString::to_string))
            .bind(self.dla.map(|it| it.0))
            .bind(self.source.as_ref().map(ToString::to_string))
            .bind(self.abandonnes)
    }

    /// Binds `$1` to `$9` of what was written: a source and an end are those of an ingénierie.
    fn bind_written<'q, O>(
        &self,
        query: QueryScalar<'q, Postgres, O, PgArguments>,
        scope: &Scope,
    ) -> QueryScalar<'q, Postgres, O, PgArguments> {
        query
            .bind(QUESTIONS)
            .bind(scope.all)
            .bind(scope.confided())
            .bind(self.from.map(jiff_sqlx::Date::from))
            .bind(self.to.map(jiff_sqlx::Date::from))
            .bind(self.territoire.as_ref().map(Territoire::cle))
            .bind(self.secteur.as_ref().map(ToString::to_string))
            .bind(self.theme.as_ref().map(ToString::to_string))
            .bind(self.dla.map(|it| it.0))
    }
}
