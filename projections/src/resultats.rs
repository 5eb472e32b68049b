//! What the answers to evaluations add up to: question by question and column by column (RM-10),
//! and the same question across ingénieries (RM-11). It has no tables of its own: it asks those of
//! the answers, of the evaluations, of the ingénieries and of their plans.
//!
//! Those of the DLAs read every cell. Others read those of campaigns that are closed, so that
//! nobody learns an answer by what it changed, and only the cells where enough respondents speak:
//! no sum over cells is shown to them that they could not make themselves.

use domain::{
    Code, EvaluationId, Territoire,
    referentiel::{Colonne, LigneId},
};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Reads, Scope, rows::name_of};

/// The fewest respondents whose answers are shown together to those who may not know who said
/// what: with fewer, one knows them.
pub const REPONSES_SHOWN_MIN: i64 = 5;

/// What a column answered to a question.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Cellule {
    pub ligne: LigneId,
    pub colonne: Colonne,
    /// How many answered.
    pub reponses: i64,
    /// The levels they gave, in rising order; none when too few gave one to be shown.
    pub niveaux: Option<Vec<i32>>,
    /// How many wrote something that is not erased.
    pub textes: i64,
    /// The facts behind.
    pub positions: Vec<i64>,
}

/// How a column took part in a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Participation {
    pub colonne: Colonne,
    pub invited: i64,
    /// Those who answered one question at least; none when too few were asked to be shown.
    pub answered: Option<i64>,
    /// The facts that invited them.
    pub positions: Vec<i64>,
}

/// The cells of campaigns that an actor may read, whatever the parameters after `$4`.
///
/// `inside`: of one of the DLAs. The others read closed campaigns, and cells of so many answers.
macro_rules! cellules {
    ($which:literal, $rest:literal) => {
        concat!(
            "with seen as (
                 select e.id, e.ingenierie, (c.it->>'numero')::int as campagne,
                        ($1 or e.dlas && $2 or coalesce((i.dlas && $2 or i.id = any($2)), false)) as inside
                 from evaluations e
                 left join ingenieries i on i.id = e.ingenierie
                 cross join lateral jsonb_array_elements(e.campagnes) c(it)
                 where ($1 or e.dlas && $2 or coalesce((i.dlas && $2 or i.id = any($2)), false)
                        or (e.organisations && $3 or e.dlas && $3 or i.dlas && $3 or i.id = any($3))
                           and c.it->>'closed_on' is not null)
             ), cellules as (
                 select s.ingenierie, s.id as evaluation, s.campagne, r.ligne, r.colonne,
                        count(*) as reponses,
                        case when s.inside or count(r.niveau) >= $4 or count(r.niveau) = 0
                             then coalesce(jsonb_agg(r.niveau order by r.niveau)
                                               filter (where r.niveau is not null), '[]')
                             end as niveaux,
                        count(*) filter (where r.texte is not null or r.prospective is not null)
                            as textes,
                        jsonb_agg(r.position order by r.position) as positions
                 from seen s
                 join reponses r on r.evaluation = s.id and r.campagne = s.campagne
                 where ",
            $which,
            "    group by s.ingenierie, s.id, s.campagne, s.inside, r.ligne, r.colonne
                 having s.inside or count(*) >= $4
             ) ",
            $rest
        )
    };
}

/// What was answered to a campaign, cell by cell.
pub async fn cellules(
    reads: &Reads,
    scope: &Scope,
    evaluation: EvaluationId,
    campagne: i32,
) -> Result<Vec<Cellule>, Error> {
    let rows = sqlx::query_scalar(cellules!(
        "s.id = $5 and s.campagne = $6",
        "select to_json(c) from cellules c order by ligne, colonne"
    ))
    .bind(scope.all)
    .bind(scope.confided())
    .bind(scope.told_of_many())
    .bind(REPONSES_SHOWN_MIN)
    .bind(evaluation.0)
    .bind(campagne)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// Who was asked and who answered, column by column.
pub async fn participations(
    reads: &Reads,
    scope: &Scope,
    evaluation: EvaluationId,
    campagne: i32,
) -> Result<Vec<Participation>, Error> {
    let rows = sqlx::query_scalar(
        "with seen as (
             select e.id, ($1 or e.dlas && $2 or coalesce((i.dlas && $2 or i.id = any($2)), false)) as inside,
                    c.it->>'closed_on' is not null as closed
             from evaluations e
             left join ingenieries i on i.id = e.ingenierie
             cross join lateral jsonb_array_elements(e.campagnes) c(it)
             where e.id = $5 and (c.it->>'numero')::int = $6
               and ($1 or e.dlas && $2 or coalesce((i.dlas && $2 or i.id = any($2)), false)
                    or e.organisations && $3 or e.dlas && $3 or i.dlas && $3 or i.id = any($3))
         )
         select jsonb_build_object(
             'colonne', v.colonne,
             'invited', count(*),
             'answered', case when s.inside or s.closed and count(*) >= $4 then count(*) filter (
                 where exists (select from reponses r
                               where r.evaluation = v.evaluation and r.campagne = v.campagne
                                 and r.repondant = v.repondant)) end,
             'positions', jsonb_agg(v.position order by v.position))
         from seen s
         join invitations v on v.evaluation = s.id and v.campagne = $6
         group by v.colonne, s.inside, s.closed
         order by v.colonne",
    )
    .bind(scope.all)
    .bind(scope.confided())
    .bind(scope.told_of_many())
    .bind(REPONSES_SHOWN_MIN)
    .bind(evaluation.0)
    .bind(campagne)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// Which ingénieries are compared. What is left out restricts nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub colonne: Option<Colonne>,
    /// There, or inside it as far as the codes show.
    pub territoire: Option<Territoire>,
    pub secteur: Option<Code>,
    pub theme: Option<Code>,
    /// `TYPE_INGENIERIE`.
    pub genre: Option<Code>,
}

/// By what answers are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    CoutParStructure,
    Departement,
    Ingenierie,
    Region,
    Secteur,
    Theme,
    TypeIngenierie,
}

impl Dimension {
    fn as_str(self) -> &'static str {
        match self {
            Self::CoutParStructure => "COUT_PAR_STRUCTURE",
            Self::Departement => "DEPARTEMENT",
            Self::Ingenierie => "INGENIERIE",
            Self::Region => "REGION",
            Self::Secteur => "SECTEUR",
            Self::Theme => "THEME",
            Self::TypeIngenierie => "TYPE_INGENIERIE",
        }
    }
}

/// Where a band of cost per structure begins, in cents.
pub const TRANCHES: [i64; 5] = [0, 50_000, 100_000, 200_000, 400_000];

/// What ingénieries that have something in common answered to a question.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Part {
    /// What they have in common; `None` for those that have no such thing. A band of cost is
    /// where it begins, in cents.
    pub cle: Option<String>,
    pub ingenieries: Vec<Uuid>,
    pub reponses: i64,
    /// The levels given, in rising order.
    pub niveaux: Vec<i32>,
    pub positions: Vec<i64>,
}

/// The same question across ingénieries: the last campaign of each that the actor may read, cells
/// that are hidden from them left out.
pub async fn comparaison(
    reads: &Reads,
    scope: &Scope,
    ligne: &LigneId,
    filter: &Filter,
    dimension: Dimension,
) -> Result<Vec<Part>, Error> {
    const SQL: &str = cellules!(
        "r.ligne = $5 and ($6::text is null or r.colonne = $6)
             and s.campagne = (select max(l.campagne) from seen l where l.id = s.id)",
        ", found as (
             select i.id, i.secteurs, i.types_prestation, i.type_ingenierie, i.lieux,
                    (select p.total_cents / nullif(cardinality(i.participantes), 0)
                     from plans p
                     where p.ingenierie = i.id
                       and ($1 or p.dlas && $2 or (i.dlas && $2 or i.id = any($2)) or p.organisations && $3)) as cout
             from ingenieries i
             where ($7::text is null or i.lieux @> array[$7])
               and ($8::text is null or $8 = any(i.secteurs))
               and ($9::text is null or $9 = any(i.types_prestation))
               and ($10::text is null or i.type_ingenierie = $10)
         ), keyed as (
             select f.id, k.cle
             from found f
             cross join lateral unnest(coalesce(nullif(case $11
                 when 'COUT_PAR_STRUCTURE' then
                     array(select max(t)::text from unnest($12::bigint[]) t where t <= f.cout
                           having max(t) is not null)
                 when 'DEPARTEMENT' then
                     array(select it from unnest(f.lieux) it where it like 'departement:%')
                 when 'INGENIERIE' then array[f.id::text]
                 when 'REGION' then
                     array(select it from unnest(f.lieux) it where it like 'region:%')
                 when 'SECTEUR' then f.secteurs
                 when 'THEME' then f.types_prestation
                 else array_remove(array[f.type_ingenierie], null) end, '{}'), array['']))
                 as k(cle)
         )
         select jsonb_build_object(
             'cle', nullif(k.cle, ''),
             'ingenieries', jsonb_agg(distinct c.ingenierie),
             'reponses', sum(c.reponses),
             'niveaux', coalesce(jsonb_path_query_array(jsonb_agg(c.niveaux), '$[*][*]'), '[]'),
             'positions', jsonb_path_query_array(jsonb_agg(c.positions), '$[*][*]'))
         from keyed k
         join cellules c on c.ingenierie = k.id
         where c.niveaux is not null
         group by k.cle
         order by sum(c.reponses) desc, k.cle"
    );
    let rows: Vec<Json<Part>> = sqlx::query_scalar(SQL)
        .bind(scope.all)
        .bind(scope.confided())
        .bind(scope.told_of_many())
        .bind(REPONSES_SHOWN_MIN)
        .bind(ligne.as_str())
        .bind(filter.colonne.map(name_of).transpose()?)
        .bind(filter.territoire.as_ref().map(Territoire::cle))
        .bind(filter.secteur.as_ref().map(Code::as_str))
        .bind(filter.theme.as_ref().map(Code::as_str))
        .bind(filter.genre.as_ref().map(Code::as_str))
        .bind(dimension.as_str())
        .bind(&TRANCHES[..])
        .fetch_all(&reads.pool)
        .await?;
    let sorted = |Json(mut part): Json<Part>| {
        part.niveaux.sort_unstable();
        part.positions.sort_unstable();
        part
    };
    Ok(rows.into_iter().map(sorted).collect())
}
