//! What DLAs did, what it cost and who paid, counted and added up (RM-15), whole or part by part.
//! It has no tables of its own: it asks those of the ingénieries, of their plans and séances, and
//! of the DLAs.
//!
//! A figure counts what its reader may see: dossiers, and of their money what their plan shows.

use domain::{Code, Date, DlaId, Territoire, ingenierie_collective::Etat};
use serde::Deserialize;
use sqlx::{Postgres, postgres::PgArguments, query::QueryScalar, types::Json};
use uuid::Uuid;

use crate::{Error, Reads, Scope, rows::name_of};

/// Which ingénieries count. What is left out restricts nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The first day of the initiation.
    pub from: Option<Date>,
    /// The last day of the initiation, included.
    pub to: Option<Date>,
    /// There, or inside it as far as the codes show.
    pub territoire: Option<Territoire>,
    pub secteur: Option<Code>,
    pub theme: Option<Code>,
    /// One of those concerned.
    pub dla: Option<DlaId>,
    pub etat: Option<Etat>,
}

/// By what figures are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    Annee,
    Departement,
    Dla,
    Etat,
    Region,
    Secteur,
    Territoire,
    Theme,
}

impl Dimension {
    fn as_str(self) -> &'static str {
        match self {
            Self::Annee => "ANNEE",
            Self::Departement => "DEPARTEMENT",
            Self::Dla => "DLA",
            Self::Etat => "ETAT",
            Self::Region => "REGION",
            Self::Secteur => "SECTEUR",
            Self::Territoire => "TERRITOIRE",
            Self::Theme => "THEME",
        }
    }
}

/// What some ingénieries add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Figures {
    /// What they have in common; `None` when they have no such thing, or for all of them.
    pub cle: Option<String>,
    pub ingenieries: i64,
    /// That take part, each once.
    pub structures: i64,
    /// The same, once an ingénierie.
    pub participations: i64,
    /// Planned, in quarters.
    pub jours: i64,
    /// Séances that were held.
    pub seances: i64,
    /// Who intervened in them, each once.
    pub intervenants: i64,
    /// Concerned, each once.
    pub dlas: i64,
    /// Where they take place, each once.
    pub territoires: i64,
    /// Of these, quartiers prioritaires de la politique de la ville.
    pub qpv: i64,
    pub plans: i64,
    pub cout_cents: i64,
    pub realise_cents: i64,
    pub retained_cents: i64,
    pub granted_cents: i64,
    pub paid_cents: i64,
    pub valorisation_cents: i64,
    /// What the plans cost of the ingénieries in which structures take part, and how many do.
    pub cout_structures_cents: i64,
    pub participations_payees: i64,
    /// What the plans cost of the ingénieries that plan days, and how many days.
    pub cout_jours_cents: i64,
    pub jours_payes: i64,
}

/// Who pays, over all that a filter finds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Part {
    pub financeur: Option<Uuid>,
    pub dla: Option<Uuid>,
    pub source: String,
    pub ingenieries: i64,
    pub sought_cents: i64,
    pub requested_cents: i64,
    pub granted_cents: i64,
    pub paid_cents: i64,
    pub positions: Vec<i64>,
}

/// `found`, the ingénieries that an actor may see and a filter finds, and `money`, of their plans
/// those that the actor may see: the parameters `$1` to `$10`.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "with found as (
                 select id, initiated_position, initiated_on, dlas, territoire, lieux, secteurs,
                        types_prestation, etat, jours, participantes
                 from ingenieries
                 where ($1 or dlas && $2 or id = any($2) or dlas_contributeurs && $2 or organisations && $3)
                   and ($4::date is null or initiated_on >= $4)
                   and ($5::date is null or initiated_on <= $5)
                   and ($6::text is null or lieux @> array[$6])
                   and ($7::text is null or $7 = any(secteurs))
                   and ($8::text is null or $8 = any(types_prestation))
                   and ($9::uuid is null or $9 = any(dlas))
                   and ($10::text is null or etat = $10)
             ), money as (
                 select p.*
                 from plans p
                 join found f on f.id = p.ingenierie
                 where $1 or p.dlas && $2 or f.dlas && $2 or f.id = any($2)
                    or p.organisations && $3
             ), takes_part as (
                 select id, unnest(participantes) as structure
                 from found
             ) ",
            $rest
        )
    };
}

/// Keyed by what tells parts apart, `$11`; all have the key `''` when nothing does.
const FIGURES: &str = select!(
    ", keyed as (
         select f.id, k.cle
         from found f
         cross join lateral unnest(coalesce(nullif(case $11
             when 'ANNEE' then array[extract(year from f.initiated_on)::text]
             when 'DEPARTEMENT' then
                 array(select it from unnest(f.lieux) it where it like 'departement:%')
             when 'DLA' then f.dlas::text[]
             when 'ETAT' then array[f.etat]
             when 'REGION' then array(select it from unnest(f.lieux) it where it like 'region:%')
             when 'SECTEUR' then f.secteurs
             when 'TERRITOIRE' then array[split_part(f.territoire, '@', 1)]
             when 'THEME' then f.types_prestation
             else '{}' end, '{}'), array[''])) as k(cle)
     ), parties as (
         select id, count(distinct structure) as parties from takes_part group by id
     ), reached as (
         select k.cle, count(distinct t.structure) as structures
         from keyed k
         join takes_part t on t.id = k.id
         group by k.cle
     ), helped as (
         select k.cle, count(distinct s.intervenant) as intervenants
         from keyed k
         join seances s on s.ingenierie = k.id
         where s.held_on is not null
         group by k.cle
     ), acting as (
         select k.cle, count(distinct d) as dlas
         from keyed k
         join found f on f.id = k.id
         cross join lateral unnest(f.dlas) d
         group by k.cle
     ), tenues as (
         select s.ingenierie as id, count(*) as seances
         from seances s
         join found f on f.id = s.ingenierie
         where s.held_on is not null
         group by 1
     )
     select to_json(it) from (
         select nullif(k.cle, '') as cle,
                count(*) as ingenieries,
                coalesce(max(r.structures), 0) as structures,
                coalesce(sum(p.parties), 0) as participations,
                coalesce(sum(f.jours), 0) as jours,
                coalesce(sum(t.seances), 0) as seances,
                coalesce(max(h.intervenants), 0) as intervenants,
                coalesce(max(a.dlas), 0) as dlas,
                count(distinct split_part(f.territoire, '@', 1)) as territoires,
                count(distinct split_part(f.territoire, '@', 1))
                    filter (where f.territoire like 'qpv:%') as qpv,
                count(m.id) as plans,
                coalesce(sum(m.total_cents), 0) as cout_cents,
                coalesce(sum(m.realise_cents), 0) as realise_cents,
                coalesce(sum(m.retained_cents), 0) as retained_cents,
                coalesce(sum(m.granted_cents), 0) as granted_cents,
                coalesce(sum(m.paid_cents), 0) as paid_cents,
                coalesce(sum(m.valorisation_cents), 0) as valorisation_cents,
                coalesce(sum(m.total_cents) filter (where p.parties > 0), 0)
                    as cout_structures_cents,
                coalesce(sum(p.parties) filter (where m.id is not null), 0)
                    as participations_payees,
                coalesce(sum(m.total_cents) filter (where f.jours > 0), 0) as cout_jours_cents,
                coalesce(sum(f.jours) filter (where m.id is not null), 0) as jours_payes
         from keyed k
         join found f on f.id = k.id
         left join reached r on r.cle = k.cle
         left join helped h on h.cle = k.cle
         left join acting a on a.cle = k.cle
         left join parties p on p.id = k.id
         left join tenues t on t.id = k.id
         left join money m on m.ingenierie = k.id
         group by k.cle
         order by count(*) desc, k.cle
     ) it"
);

/// What the ingénieries add up to: part by part, the largest first, or all of them.
pub async fn figures(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    dimension: Option<Dimension>,
) -> Result<Vec<Figures>, Error> {
    let rows = filter
        .bind(sqlx::query_scalar(FIGURES), scope)?
        .bind(dimension.map(Dimension::as_str))
        .fetch_all(&reads.pool)
        .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// Who pays for the ingénieries, and from which source; who is asked for most comes first.
pub async fn parts(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<Vec<Part>, Error> {
    const SQL: &str = select!(
        "select jsonb_build_object(
             'financeur', l.financeur,
             'dla', l.dla,
             'source', l.source,
             'ingenieries', count(distinct l.ingenierie),
             'sought_cents', sum(l.sought_cents),
             'requested_cents',
                 coalesce(sum(l.sought_cents) filter (where l.requested_on is not null), 0),
             'granted_cents', coalesce(sum(l.granted_cents), 0),
             'paid_cents', sum(l.paid_cents),
             'positions', jsonb_path_query_array(jsonb_agg(l.positions), '$[*][*]')
         )
         from lignes l
         join money m on m.id = l.plan
         group by l.financeur, l.dla, l.source
         order by sum(l.sought_cents) desc, l.financeur, l.dla, l.source"
    );
    let rows = filter
        .bind(sqlx::query_scalar(SQL), scope)?
        .fetch_all(&reads.pool)
        .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// The facts of the dossiers that these figures count, in the order of the log, after one of them.
/// Which activities they are of stands in the history.
pub async fn positions(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: i64,
) -> Result<Vec<i64>, Error> {
    const SQL: &str = select!(
        "select distinct fact
         from (
             select initiated_position as fact from found
             union all
             select h.position
             from historique h
             join found f on f.id = h.dossier
             where h.kind = any($11) and ($14::bigint is null or h.position <= $14)
             union all
             select p::bigint
             from money m
             cross join lateral jsonb_path_query(m.depenses, '$[*].positions[*]') p
             union all
             select v::bigint
             from money m
             cross join lateral jsonb_path_query(m.valorisations, '$[*].position') v
             union all
             select unnest(l.positions)
             from lignes l
             join money m on m.id = l.plan
         ) facts
         where fact > $12
         order by fact
         limit $13"
    );
    Ok(filter
        .bind(sqlx::query_scalar(SQL), scope)?
        .bind(COUNTED)
        .bind(after)
        .bind(first)
        .bind(reads.past())
        .fetch_all(&reads.pool)
        .await?)
}

/// The facts that counts are made of, beside those that money is made of.
const COUNTED: [&str; 6] = [
    "StructureMobilised",
    "StructureWithdrawn",
    "ProjetInterventionFormalised",
    "SystemeIntervenantDesigned",
    "SeanceHeld",
    "DlaAssociated",
];

/// What the DLAs of a territory may spend in a year, and what they promised of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Fonds {
    pub annee: i32,
    pub dlas: i64,
    pub montant_cents: i64,
    pub engage_cents: i64,
    pub paid_cents: i64,
}

/// The crédits d'ingénierie of the actor's DLAs that work in a territory or inside it, year by
/// year.
pub async fn fonds(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<Vec<Fonds>, Error> {
    let rows = sqlx::query_scalar(
        "select to_json(it) from (
             select (f->>'annee')::int as annee,
                    count(*) as dlas,
                    sum((f->>'montant_cents')::bigint) as montant_cents,
                    sum(e.engage_cents) as engage_cents,
                    sum(e.paid_cents) as paid_cents
             from dlas d
             cross join lateral jsonb_array_elements(d.fonds) f
             cross join lateral (
                 select coalesce(sum(l.granted_cents), 0) as engage_cents,
                        coalesce(sum(l.paid_cents), 0) as paid_cents
                 from lignes l
                 where l.dla = d.id and l.granted_cents is not null
                   and extract(year from l.answered_on) = (f->>'annee')::int
             ) e
             where ($1 or d.id = any($2))
               and ($3::text is null or d.lieux @> array[$3])
               and ($4::uuid is null or d.id = $4)
             group by 1
             order by 1
         ) it",
    )
    .bind(scope.counts_all())
    .bind(&scope.dlas)
    .bind(filter.territoire.as_ref().map(Territoire::cle))
    .bind(filter.dla.map(|it| it.0))
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

impl Filter {
    /// Binds `$1` to `$10`.
    fn bind<'q, O>(
        &self,
        query: QueryScalar<'q, Postgres, O, PgArguments>,
        scope: &Scope,
    ) -> Result<QueryScalar<'q, Postgres, O, PgArguments>, Error> {
        Ok(query
            .bind(scope.counts_all())
            .bind(scope.dossiers())
            .bind(scope.organisations.clone())
            .bind(self.from.map(jiff_sqlx::Date::from))
            .bind(self.to.map(jiff_sqlx::Date::from))
            .bind(self.territoire.as_ref().map(Territoire::cle))
            .bind(self.secteur.as_ref().map(ToString::to_string))
            .bind(self.theme.as_ref().map(ToString::to_string))
            .bind(self.dla.map(|it| it.0))
            .bind(self.etat.map(name_of).transpose()?))
    }
}
