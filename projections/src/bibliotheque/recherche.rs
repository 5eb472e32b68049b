//! Searching the library: what is found, in which order, where in its text, and how many of each.

use domain::{
    Code, DlaId, Territoire, capitalisation::cas::TrancheCout,
    ingenierie_collective::confirmer::projet::TypeIngenierie,
};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, postgres::PgArguments, query::QueryScalar, types::Json};
use uuid::Uuid;

use super::{
    Fiche, GenreFiche, Recherche, Segment,
    mots::{extrait, segments, shows},
};
use crate::{Error, Page, Reads, Scope, rows::name_of};

/// What to look for. What is left out restricts nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub texte: Option<Recherche>,
    pub genre: Option<GenreFiche>,
    pub nature: Option<Code>,
    pub secteur: Option<Code>,
    pub theme: Option<Code>,
    /// There, or inside it as far as the codes show.
    pub territoire: Option<Territoire>,
    pub type_ingenierie: Option<TypeIngenierie>,
    pub tranche: Option<TrancheCout>,
    /// What was not assessed is neither.
    pub transferable: Option<bool>,
    /// The first year.
    pub from: Option<i16>,
    /// The last one, included.
    pub to: Option<i16>,
    pub dla: Option<DlaId>,
}

/// Names a card for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FicheId {
    pub origine: Uuid,
    /// 0 for a case.
    pub numero: i32,
}

/// A place in what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub rang: i64,
    pub published_position: i64,
    pub origine: Uuid,
    pub numero: i32,
}

/// A card that was found, and where its words are.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouvee {
    pub fiche: Fiche,
    /// In millionths; 0 when no text is searched for.
    pub rang: i64,
    pub titre: Vec<Segment>,
    /// Around the first words found in its text, or its beginning.
    pub extrait: Vec<Segment>,
}

/// By what cards are told apart, and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Dimension {
    Genre,
    Nature,
    Secteur,
    Theme,
    Departement,
    Region,
    Type,
    Tranche,
    Transferable,
    Annee,
    Dla,
}

/// How many of the cards that were found have something in common.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Facette {
    pub dimension: Dimension,
    pub valeur: String,
    pub nombre: i64,
}

/// The published cards that a filter finds: the parameters `$1` to `$12`.
macro_rules! found {
    ($rest:literal) => {
        concat!(
            "with found as (
                 select t.*,
                        case when $1::text is null then 0
                             else (ts_rank(recherche, to_tsquery('pg_catalog.french', $1))
                                   * 1000000)::bigint end as rang
                 from fiches_bibliotheque t
                 where published
                   and ($1::text is null or recherche @@ to_tsquery('pg_catalog.french', $1))
                   and ($2::text is null or genre = $2)
                   and ($3::text is null or $3 = any(natures))
                   and ($4::text is null or $4 = any(secteurs))
                   and ($5::text is null or $5 = any(themes))
                   and ($6::text is null or lieux @> array[$6])
                   and ($7::text is null or type_ingenierie = $7)
                   and ($8::text is null or tranche = $8)
                   and ($9::boolean is null or transferable = $9)
                   and ($10::int is null or annee >= $10)
                   and ($11::int is null or annee <= $11)
                   and ($12::uuid is null or $12 = any(dlas))
             ) ",
            $rest
        )
    };
}

/// A card as the statement gives it, its words marked.
#[derive(Deserialize)]
struct Marked {
    fiche: Fiche,
    rang: i64,
    titre: Option<String>,
    resume: Option<String>,
    enseignements: Option<String>,
}

/// What a filter finds, the best first, then the latest published, after a cursor.
pub async fn search(
    reads: &Reads,
    _scope: &Scope,
    filter: &Filter,
    first: i64,
    after: Option<Cursor>,
) -> Result<Page<Trouvee>, Error> {
    const SEARCH: &str = found!(
        ", page as (
             select * from found
             where $13::bigint is null
                or (-rang, -published_position, origine, numero)
                   > (-$13, -$14::bigint, $15::uuid, $16::int)
             order by -rang, -published_position, origine, numero
             limit $17
         )
         select jsonb_build_object(
             'fiche', to_jsonb(t) - 'recherche',
             'rang', rang,
             'titre', ts_headline('pg_catalog.french', mots_titre, q.texte, q.marks),
             'resume', ts_headline('pg_catalog.french', mots_resume, q.texte, q.marks),
             'enseignements',
                 ts_headline('pg_catalog.french', mots_enseignements, q.texte, q.marks))
         from page t
         cross join (select to_tsquery('pg_catalog.french', $1) as texte,
                            'HighlightAll=true, StartSel=[, StopSel=]' as marks) q
         order by -rang, -published_position, origine, numero"
    );
    let rows: Vec<Json<Marked>> = filter
        .bind(sqlx::query_scalar(SEARCH))?
        .bind(after.map(|it| it.rang))
        .bind(after.map(|it| it.published_position))
        .bind(after.map(|it| it.origine))
        .bind(after.map(|it| it.numero))
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    let rows = rows.into_iter().map(|Json(it)| Trouvee::of(it)).collect();
    Ok(Page::of(rows, first))
}

/// How many cards a filter finds.
pub async fn count(reads: &Reads, _scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    let query = filter.bind(sqlx::query_scalar(found!("select count(*) from found")))?;
    Ok(query.fetch_one(&reads.pool).await?)
}

/// What the cards that a filter finds have in common, the most frequent first.
pub async fn facettes(
    reads: &Reads,
    _scope: &Scope,
    filter: &Filter,
) -> Result<Vec<Facette>, Error> {
    const FACETTES: &str = found!(
        "select jsonb_build_object('dimension', f.dimension, 'valeur', f.valeur,
                                   'nombre', count(*))
         from found t
         cross join lateral (
             select 'GENRE' as dimension, genre as valeur
             union all select 'NATURE', unnest(natures)
             union all select 'SECTEUR', unnest(secteurs)
             union all select 'THEME', unnest(themes)
             union all select 'DEPARTEMENT', it from unnest(lieux) it where it like 'departement:%'
             union all select 'REGION', it from unnest(lieux) it where it like 'region:%'
             union all select 'TYPE', type_ingenierie
             union all select 'TRANCHE', tranche
             union all select 'TRANSFERABLE', transferable::text
             union all select 'ANNEE', annee::text
             union all select 'DLA', unnest(dlas)::text
         ) f
         where f.valeur is not null
         group by f.dimension, f.valeur
         order by f.dimension, count(*) desc, f.valeur"
    );
    let query = filter.bind(sqlx::query_scalar(FACETTES))?;
    let rows: Vec<Json<Facette>> = query.fetch_all(&reads.pool).await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// Some published cards, by id.
pub async fn by_ids(reads: &Reads, _scope: &Scope, ids: &[FicheId]) -> Result<Vec<Fiche>, Error> {
    let rows = sqlx::query_scalar(
        "select to_jsonb(t) - 'recherche'
         from fiches_bibliotheque t
         where published and (origine, numero) in (select * from unnest($1::uuid[], $2::int[]))",
    )
    .bind(ids.iter().map(|it| it.origine).collect::<Vec<_>>())
    .bind(ids.iter().map(|it| it.numero).collect::<Vec<_>>())
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

impl Filter {
    /// The parameters `$1` to `$12`.
    fn bind<'q, O>(
        &self,
        query: QueryScalar<'q, Postgres, O, PgArguments>,
    ) -> Result<QueryScalar<'q, Postgres, O, PgArguments>, Error> {
        Ok(query
            .bind(self.texte.as_ref().map(|it| it.0.clone()))
            .bind(self.genre.map(name_of).transpose()?)
            .bind(self.nature.as_ref().map(ToString::to_string))
            .bind(self.secteur.as_ref().map(ToString::to_string))
            .bind(self.theme.as_ref().map(ToString::to_string))
            .bind(self.territoire.as_ref().map(Territoire::cle))
            .bind(self.type_ingenierie.map(name_of).transpose()?)
            .bind(self.tranche.map(name_of).transpose()?)
            .bind(self.transferable)
            .bind(self.from.map(i32::from))
            .bind(self.to.map(i32::from))
            .bind(self.dla.map(|it| it.0)))
    }
}

impl Trouvee {
    fn of(it: Marked) -> Self {
        let Marked { fiche, rang, titre, resume, enseignements } = it;
        let titre = segments(&fiche.titre, titre.as_deref());
        // The summary, unless only what comes after it holds what was found.
        let after = fiche
            .enseignements
            .as_ref()
            .filter(|_| !shows(resume.as_deref()) && shows(enseignements.as_deref()));
        let extrait = match after {
            Some(after) => extrait(after, enseignements.as_deref()),
            None => extrait(&fiche.resume, resume.as_deref()),
        };
        Self { fiche, rang, titre, extrait }
    }

    pub fn cursor(&self) -> Cursor {
        let Fiche { published_position, origine, numero, .. } = self.fiche;
        Cursor { rang: self.rang, published_position, origine, numero }
    }
}
