//! What accompagnements add up to, and what changed for the structures (RM-15, RM-16).

use domain::{Mesure, accompagnement::suivi::Moment};
use serde::Deserialize;
use sqlx::types::Json;

use super::{Filter, select};
use crate::{Error, Reads, Scope};

/// How many, by how far they have come. Each stage counts those that reached it, whatever became
/// of them later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Figures {
    pub sollicitations: i64,
    /// That ask, each once.
    pub structures: i64,
    pub retenues: i64,
    pub non_retenues: i64,
    pub orientees: i64,
    pub diagnostics: i64,
    pub diagnostics_valides: i64,
    pub plans: i64,
    pub actions: i64,
    pub actions_realisees: i64,
    pub suivis: i64,
    pub clos: i64,
    pub abandonnes: i64,
}

/// One indicator, over the accompagnements that were measured at both moments.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Comparaison {
    pub indicateur: String,
    /// The reference or the forecast: what the suivi is compared with.
    pub avec: Moment,
    pub accompagnements: i64,
    /// The sums.
    pub avant: Mesure,
    pub suivi: Mesure,
}

/// What the accompagnements that a filter finds add up to.
pub async fn figures(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<Figures, Error> {
    const FIGURES: &str = select!(
        "jsonb_build_object(
             'sollicitations', count(*),
             'structures', count(distinct t.structure),
             'retenues', count(*) filter (where (t.accueil->>'pertinent')::boolean),
             'non_retenues', count(*) filter (where not (t.accueil->>'pertinent')::boolean),
             'orientees', count(*) filter (where jsonb_array_length(t.orientations) > 0),
             'diagnostics', count(*) filter (where t.diagnostic->>'completed_on' is not null),
             'diagnostics_valides', count(*) filter (where t.diagnostic->>'validated_on' is not null),
             'plans', count(t.plan),
             'actions', coalesce(sum(jsonb_array_length(t.actions)), 0),
             'actions_realisees', coalesce(sum(jsonb_array_length(
                 jsonb_path_query_array(t.actions, '$[*] ? (@.suite == \"REALISEE\")'))), 0),
             'suivis', count(*) filter (where jsonb_array_length(t.suivis) > 0),
             'clos', count(*) filter (where t.etat = 'CLOS'),
             'abandonnes', count(*) filter (where t.etat = 'ABANDONNE'))",
        ""
    );
    let query = filter.bind(sqlx::query_as(FIGURES), scope)?;
    let (Json(figures),) = query.fetch_one(&reads.pool).await?;
    Ok(figures)
}

/// What changed between the last reference, or the last forecast, and the last suivi. Of each
/// indicator, the last value given at each moment counts.
pub async fn comparaisons(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
) -> Result<Vec<Comparaison>, Error> {
    const COMPARAISONS: &str = concat!(
        "with it as (",
        select!("t.id, t.mesures", ""),
        "), said as (
             select distinct on (it.id, i.key, m->>'moment')
                    it.id, i.key as indicateur, m->>'moment' as moment, i.value::numeric as valeur
             from it
             cross join lateral jsonb_array_elements(it.mesures) m
             cross join lateral jsonb_each_text(m->'indicateurs') i
             where i.value is not null
             order by it.id, i.key, m->>'moment', m->>'on' desc, (m->>'position')::bigint desc
         )
         select jsonb_build_object(
                    'indicateur', s.indicateur, 'avec', a.moment, 'accompagnements', count(*),
                    'avant', sum(a.valeur)::text, 'suivi', sum(s.valeur)::text)
         from said s
         join said a on a.id = s.id and a.indicateur = s.indicateur
                    and a.moment in ('REFERENCE', 'PREVISION')
         where s.moment = 'SUIVI'
         group by s.indicateur, a.moment
         order by s.indicateur, a.moment desc"
    );
    let query = filter.bind(sqlx::query_as(COMPARAISONS), scope)?;
    let rows: Vec<(Json<Comparaison>,)> = query.fetch_all(&reads.pool).await?;
    Ok(rows.into_iter().map(|(Json(row),)| row).collect())
}
