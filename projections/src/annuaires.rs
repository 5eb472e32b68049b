//! The directories: of prestataires (RM-19), and of the partners around the dossiers that one
//! reads (RM-18). They have no tables of their own: they ask those of the registry, of the
//! ingénieries, and of what prestataires were asked and did.

use domain::{
    Code, Date, DlaId, Line, OrganisationId, Territoire,
    ingenierie_collective::engager::Compatibilite,
};
use serde::{Deserialize, Serialize};
use sqlx::{
    Postgres,
    postgres::PgArguments,
    query::{QueryAs, QueryScalar},
    types::{Json, Uuid},
};

use crate::{
    Error, Page, Reads, Scope,
    columns::Columns,
    organisations::Organisation,
    rows::{escape_like, name_of},
};

/// Which prestataires to look for.
#[derive(Debug, Clone, Default)]
pub struct PrestataireFilter {
    /// Part of the name, whatever the case.
    pub search: Option<String>,
    pub theme: Option<Code>,
    /// This one, or all.
    pub secteur: Option<Code>,
    /// This one, or all; none that it is in or that is in it.
    pub territoire: Option<Territoire>,
    /// Part of a skill, whatever the case.
    pub competence: Option<String>,
}

/// Prestataires that are referenced and that a filter finds: the parameters `$1` to `$5`.
macro_rules! select_prestataires {
    ($what:literal $(, $tail:literal)?) => {
        concat!(
            "select ", $what, "
             from organisations t
             where referencement is not null and 'PRESTATAIRE' = any(roles)
               and not closed and merged_into is null
               and ($1::text is null or denomination ilike '%' || $1 || '%')
               and ($2::text is null or referencement->'themes' ? $2)
               and ($3::text is null or referencement->'secteurs' ? $3
                    or referencement->'secteurs' = '[]')
               and ($4::text is null or $4 in (select split_part(it, '@', 1) from
                           jsonb_array_elements_text(referencement->'territoires') it)
                    or referencement->'territoires' = '[]')
               and ($5::text is null or exists (
                   select from jsonb_array_elements_text(referencement->'competences') it
                   where it ilike '%' || $5 || '%'))",
            $($tail)?
        )
    };
}

/// Prestataires that are referenced, by name, after a cursor (name, id).
pub async fn prestataires(
    reads: &Reads,
    _scope: &Scope,
    filter: &PrestataireFilter,
    first: i64,
    after: Option<(String, Uuid)>,
) -> Result<Page<Organisation>, Error> {
    const LIST: &str = select_prestataires!(
        "t.*",
        " and ($6::text is null or (denomination, id) > ($6, $7))
         order by denomination, id
         limit $8"
    );
    let (name, id) = after.unzip();
    let rows: Vec<Columns<Organisation>> = filter
        .bind(sqlx::query_as(LIST))
        .bind(name)
        .bind(id)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    let rows = rows.into_iter().map(|Columns(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many prestataires a filter finds.
pub async fn count_prestataires(
    reads: &Reads,
    _scope: &Scope,
    filter: &PrestataireFilter,
) -> Result<i64, Error> {
    const COUNT: &str = select_prestataires!("count(*)");
    let query = filter.bind(sqlx::query_as(COUNT));
    let (count,) = query.fetch_one(&reads.pool).await?;
    Ok(count)
}

impl PrestataireFilter {
    /// The parameters `$1` to `$5`.
    fn bind<'q, O>(
        &self,
        query: QueryAs<'q, Postgres, O, PgArguments>,
    ) -> QueryAs<'q, Postgres, O, PgArguments> {
        query
            .bind(self.search.as_deref().map(escape_like))
            .bind(self.theme.as_ref().map(ToString::to_string))
            .bind(self.secteur.as_ref().map(ToString::to_string))
            .bind(self.territoire.as_ref().map(Territoire::cle))
            .bind(self.competence.as_deref().map(escape_like))
    }
}

/// What a prestataire did for the network, as far as the house knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experience {
    pub id: Uuid,
    /// Consultations that asked it.
    pub consultations: i32,
    /// Those that chose it, directly awarded ones included.
    pub choix: i32,
    /// Séances that it led, and when the last one was.
    pub seances: i32,
    pub last_seance_on: Option<Date>,
    /// Where it was chosen or led séances, the last one first.
    pub ingenieries: Vec<Uuid>,
}

/// What some prestataires did.
pub async fn experiences(
    reads: &Reads,
    _scope: &Scope,
    ids: &[OrganisationId],
) -> Result<Vec<Experience>, Error> {
    let rows = sqlx::query_scalar(
        "select jsonb_build_object(
             'id', o.id,
             'consultations', (
                 select count(*) from consultations c
                 where exists (select from jsonb_array_elements(c.candidats) it
                               where it->>'prestataire' = o.id::text)),
             'choix', (select count(*) from consultations c where c.chosen = o.id),
             'seances', s.held,
             'last_seance_on', s.last,
             'ingenieries', (
                 select coalesce(jsonb_agg(d.ingenierie order by d.position desc), '[]')
                 from (
                     select ingenierie, max(position) as position
                     from (
                         select ingenierie, position from consultations where chosen = o.id
                         union all
                         select ingenierie, position from seances
                         where intervenant = o.id and etat = 'TENUE'
                     ) mission
                     group by ingenierie
                 ) d))
         from unnest($1::uuid[]) o(id)
         cross join lateral (
             select count(*) as held, max(jour) as last
             from seances
             where intervenant = o.id and etat = 'TENUE'
         ) s",
    )
    .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// Which partners to look for.
#[derive(Debug, Clone, Default)]
pub struct PartenaireFilter {
    /// Part of the name, whatever the case.
    pub search: Option<String>,
    pub categorie: Option<Code>,
    /// Those of the dossiers of that DLA.
    pub dla: Option<DlaId>,
    /// Those of the dossiers of that sector.
    pub secteur: Option<Code>,
    /// Those of the dossiers of that place, and of none around or inside.
    pub territoire: Option<Territoire>,
    /// Those that expect something of that kind.
    pub compatibilite: Option<Compatibilite>,
}

/// A partner, across the dossiers that one reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartenaireReseau {
    pub organisation: Uuid,
    pub denomination: String,
    pub categories: Vec<Code>,
    /// The last initiated first.
    pub ingenieries: Vec<Uuid>,
    pub since: Date,
    /// How many of its last expectations suit the porteur, or do not.
    pub complementaires: i32,
    pub en_conflit: i32,
    /// What it offered to bring as an intervenant.
    pub contributions: Vec<Line>,
    pub informed_on: Option<Date>,
}

/// Partners of the dossiers that an actor reads, that a filter finds: the parameters `$1` to `$9`.
macro_rules! select_partenaires {
    ($what:literal $(, $tail:literal)?) => {
        concat!(
            "select ", $what, "
             from ingenieries i
             cross join lateral jsonb_array_elements(i.partenaires) p
             join organisations o on o.id = (p->>'organisation')::uuid
             where ($1 or (i.dlas && $2 or i.id = any($2)) or i.dlas_contributeurs && $2 or i.organisations && $3)
               and ($4::text is null or o.denomination ilike '%' || $4 || '%')
               and ($5::text is null or p->>'categorie' = $5)
               and ($6::uuid is null or $6 = any(i.dlas))
               and ($7::text is null or $7 = any(i.secteurs))
               and ($8::text is null or split_part(i.territoire, '@', 1) = $8)
               and ($9::text is null or p->'attente'->>'compatibilite' = $9)",
            $($tail)?
        )
    };
}

/// The partners of the dossiers that one reads, by name, after a cursor (name, id).
pub async fn partenaires(
    reads: &Reads,
    scope: &Scope,
    filter: &PartenaireFilter,
    first: i64,
    after: Option<(String, Uuid)>,
) -> Result<Page<PartenaireReseau>, Error> {
    const LIST: &str = select_partenaires!(
        "jsonb_build_object(
             'organisation', o.id,
             'denomination', o.denomination,
             'categories', jsonb_agg(distinct p->'categorie'),
             'ingenieries', jsonb_agg(i.id order by i.initiated_position desc),
             'since', min(p->>'since'),
             'complementaires', count(*) filter (
                 where p->'attente'->>'compatibilite' = 'COMPLEMENTAIRE'),
             'en_conflit', count(*) filter (
                 where p->'attente'->>'compatibilite' in ('CONTRADICTOIRE', 'INCOMPATIBLE')),
             'contributions', coalesce(
                 jsonb_agg(distinct p->'contribution'->'contribution')
                     filter (where p->'contribution' <> 'null'), '[]'),
             'informed_on', max(p->>'informed_on'))",
        " and ($10::text is null or (o.denomination, o.id) > ($10, $11))
         group by o.id, o.denomination
         order by o.denomination, o.id
         limit $12"
    );
    let (name, id) = after.unzip();
    let rows: Vec<Json<PartenaireReseau>> = filter
        .bind(sqlx::query_scalar(LIST), scope)?
        .bind(name)
        .bind(id)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    let rows = rows.into_iter().map(|Json(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many partners a filter finds.
pub async fn count_partenaires(
    reads: &Reads,
    scope: &Scope,
    filter: &PartenaireFilter,
) -> Result<i64, Error> {
    const COUNT: &str = select_partenaires!("count(distinct o.id)");
    let query = sqlx::query_scalar(COUNT);
    Ok(filter.bind(query, scope)?.fetch_one(&reads.pool).await?)
}

impl PartenaireFilter {
    /// The parameters `$1` to `$9`.
    fn bind<'q, O>(
        &self,
        query: QueryScalar<'q, Postgres, O, PgArguments>,
        scope: &Scope,
    ) -> Result<QueryScalar<'q, Postgres, O, PgArguments>, Error> {
        Ok(query
            .bind(scope.all)
            .bind(scope.dossiers())
            .bind(scope.organisations.clone())
            .bind(self.search.as_deref().map(escape_like))
            .bind(self.categorie.as_ref().map(ToString::to_string))
            .bind(self.dla.map(|it| it.0))
            .bind(self.secteur.as_ref().map(ToString::to_string))
            .bind(self.territoire.as_ref().map(Territoire::cle))
            .bind(self.compatibilite.map(name_of).transpose()?))
    }
}
