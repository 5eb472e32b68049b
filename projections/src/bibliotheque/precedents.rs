//! Precedents: who already did this, here or elsewhere (RM-14). They are looked for with what an
//! ingénierie says of itself: its themes, its sectors, its place, the words of its problématique.

use domain::{Code, IngenierieId};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Fiche, Recherche};
use crate::{Error, Reads, Scope};

/// A card of the library that looks like an ingénierie, and why.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Precedent {
    pub fiche: Fiche,
    /// The themes and the sectors that both have.
    pub themes: Vec<Code>,
    pub secteurs: Vec<Code>,
    /// The territories around both, the country apart.
    pub lieux: Vec<String>,
    /// How much their words look alike, in millionths.
    pub rang: i64,
    /// By which precedents are ranked.
    pub points: i64,
}

/// What an ingénierie says of itself.
#[derive(Debug, Clone, Default, Deserialize)]
struct Dossier {
    intitule: String,
    enonce: Option<String>,
}

/// The cards that look like an ingénierie that the actor sees, the most alike first: a theme
/// counts three points, a sector two, the same département two and the same région one, words up
/// to four. What shares neither theme, nor words, is no precedent. Its own cards are left out.
pub async fn precedents(
    reads: &Reads,
    scope: &Scope,
    ingenierie: IngenierieId,
    first: i64,
) -> Result<Option<Vec<Precedent>>, Error> {
    let dossier: Option<Json<Dossier>> = sqlx::query_scalar(
        "select jsonb_build_object('intitule', intitule, 'enonce', problematique->>'enonce')
         from ingenieries
         where id = $1
           and ($2 or dlas && $3 or id = any($3) or dlas_contributeurs && $3 or organisations && $4)",
    )
    .bind(ingenierie.0)
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .fetch_optional(&reads.pool)
    .await?;
    let Some(Json(dossier)) = dossier else { return Ok(None) };
    let texts = [Some(dossier.intitule.as_str()), dossier.enonce.as_deref()];
    let words = Recherche::any_of(texts.into_iter().flatten());
    let rows = alike(reads, ingenierie.0, &words, first).await?;
    Ok(Some(rows))
}

async fn alike(
    reads: &Reads,
    ingenierie: Uuid,
    words: &Recherche,
    first: i64,
) -> Result<Vec<Precedent>, Error> {
    let rows = sqlx::query_scalar(
        "with compared as (
             select t.*,
                    array(select unnest(t.themes) intersect select unnest(i.types_prestation)
                          order by 1) as themes_communs,
                    array(select unnest(t.secteurs) intersect select unnest(i.secteurs)
                          order by 1) as secteurs_communs,
                    array(select it from unnest(t.lieux) it
                          where it = any(i.lieux) and it <> 'france:FR'
                          order by 1) as lieux_communs,
                    (ts_rank(t.recherche, q.texte) * 1000000)::bigint as rang
             from ingenieries i
             cross join (select to_tsquery('pg_catalog.french', $2) as texte) q
             join fiches_bibliotheque t
               on t.published and t.ingenierie is distinct from i.id
              and (t.themes && i.types_prestation or t.recherche @@ q.texte)
             where i.id = $1
         ), scored as (
             select *,
                    3000000 * cardinality(themes_communs)
                    + 2000000 * cardinality(secteurs_communs)
                    + case when exists (select from unnest(lieux_communs) it
                                        where it like 'departement:%') then 2000000
                           when cardinality(lieux_communs) > 0 then 1000000
                           else 0 end
                    + 4 * rang as points
             from compared
         )
         select jsonb_build_object(
             'fiche', to_jsonb(t) - 'recherche',
             'themes', themes_communs,
             'secteurs', secteurs_communs,
             'lieux', lieux_communs,
             'rang', rang,
             'points', points)
         from scored t
         order by points desc, published_position desc, origine, numero
         limit $3",
    )
    .bind(ingenierie)
    .bind(&words.0)
    .bind(first)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}
