//! Which conventions are looked for, and what they add up to.

use domain::{
    ConventionId, Date, DlaId, IngenierieId, OrganisationId, Territoire,
    convention_financement::{NatureConvention, Regime},
};
use jiff_sqlx::ToSqlx;
use serde::Deserialize;
use sqlx::{Postgres, postgres::PgArguments, query::QueryAs, types::Json};
use uuid::Uuid;

use super::{Convention, Etat};
use crate::{Error, Page, Reads, Scope, columns::Columns, rows::name_of};

/// Which conventions. What is left out restricts nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Who notifies it, or signs it as a partner.
    pub financeur: Option<OrganisationId>,
    /// Who draws on it.
    pub dla: Option<DlaId>,
    /// In its period on that day, and not closed by then.
    pub active_on: Option<Date>,
    /// That lies in its perimeter, as far as the codes show.
    pub territoire: Option<Territoire>,
    pub regime: Option<Regime>,
    pub nature: Option<NatureConvention>,
    pub etat: Option<Etat>,
    /// That it puts into effect.
    pub cadre: Option<ConventionId>,
    /// For which it sets money aside.
    pub ingenierie: Option<IngenierieId>,
    /// Part of its perimeter lies there, or inside it, as far as the codes show.
    pub dans: Option<Territoire>,
}

/// Where a page goes on: after that convention.
pub type After = (Date, Uuid);

/// What one financeur brings in one regime, over all that a filter finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Part {
    pub financeur: Uuid,
    pub regime: Regime,
    /// Conventions de financement. The other figures are theirs, but for the cadres.
    pub conventions: i64,
    pub notified_cents: i64,
    pub minimum_cents: i64,
    pub complement_cents: i64,
    pub supplement_cents: i64,
    pub allocated_cents: i64,
    pub paid_cents: i64,
    /// Frames, and what they are for: conventions de financement put it into effect, so that it
    /// is in none of the other sums.
    pub cadres: i64,
    pub cadres_cents: i64,
}

/// What an actor may see, that a filter finds: the parameters `$1` to `$13`.
macro_rules! select {
    ($what:literal $(, $tail:literal)?) => {
        concat!(
            "select ", $what, "
             from conventions t
             where ($1 or dlas && $2 or id = any($2) or organisations && $3)
               and ($4::uuid is null or organisations @> array[$4])
               and ($5::uuid is null or dlas @> array[$5])
               and ($6::date is null
                    or du <= $6 and $6 <= au and (closed_on is null or $6 <= closed_on))
               and ($7::text[] is null
                    or exists (select from unnest(perimetre) as lieu
                               where split_part(lieu, '@', 1) = any($7)))
               and ($8::text is null or regime = $8)
               and ($9::text is null or nature = $9)
               and ($10::text is null or etat = $10)
               and ($11::uuid is null or cadre = $11)
               and ($12::uuid is null or ingenieries @> array[$12])
               and ($13::text is null or lieux @> array[$13])",
            $($tail)?
        )
    };
}

/// Conventions, the last signed first.
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: Option<After>,
) -> Result<Page<Convention>, Error> {
    const LIST: &str = select!(
        "t.*",
        " and ($14::date is null or (signed_on, id) < ($14, $15))
          order by signed_on desc, id desc
          limit $16"
    );
    let (signed_on, id) = after.unzip();
    let rows: Vec<Columns<Convention>> = filter
        .bind(sqlx::query_as(LIST), scope)?
        .bind(signed_on.map(ToSqlx::to_sqlx))
        .bind(id)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    Ok(Page::of(rows.into_iter().map(|Columns(row)| row).collect(), first))
}

/// How many conventions a filter finds.
pub async fn count(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    let query = filter.bind(sqlx::query_as(select!("count(*)")), scope)?;
    let (count,) = query.fetch_one(&reads.pool).await?;
    Ok(count)
}

/// What the conventions that a filter finds add up to, financeur by financeur.
pub async fn parts(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<Vec<Part>, Error> {
    const PARTS: &str = select!(
        "jsonb_build_object(
             'financeur', financeur,
             'regime', regime,
             'conventions', count(*) filter (where nature = 'FINANCEMENT'),
             'notified_cents', coalesce(sum(notified_cents) filter (where nature = 'FINANCEMENT'), 0),
             'minimum_cents', coalesce(sum(minimum_cents), 0),
             'complement_cents', coalesce(sum(complement_cents), 0),
             'supplement_cents', coalesce(sum(supplement_cents), 0),
             'allocated_cents', coalesce(sum(allocated_cents), 0),
             'paid_cents', coalesce(sum(paid_cents), 0),
             'cadres', count(*) filter (where nature = 'CADRE'),
             'cadres_cents', coalesce(sum(montant_cents) filter (where nature = 'CADRE'), 0)
         )",
        " group by financeur, regime order by financeur, regime"
    );
    let rows: Vec<(Json<Part>,)> = filter
        .bind(sqlx::query_as(PARTS), scope)?
        .fetch_all(&reads.pool)
        .await?;
    Ok(rows.into_iter().map(|(Json(row),)| row).collect())
}

/// The facts that make these sums, in the order of the log, after one of them.
pub async fn positions(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: i64,
) -> Result<Vec<i64>, Error> {
    const FACTS: &str = concat!(
        "select fact from (",
        select!("unnest(notified_by || drawn_by) as fact"),
        ") facts where fact > $14 order by fact limit $15"
    );
    let query = filter.bind(sqlx::query_as(FACTS), scope)?;
    let rows = query.bind(after).bind(first).fetch_all(&reads.pool).await?;
    Ok(rows.into_iter().map(|(position,)| position).collect())
}

impl Filter {
    fn bind<'q, O>(
        &self,
        query: QueryAs<'q, Postgres, O, PgArguments>,
        scope: &Scope,
    ) -> Result<QueryAs<'q, Postgres, O, PgArguments>, Error> {
        let around = self.territoire.as_ref().map(Territoire::around);
        let around = around.map(|all| all.iter().map(Territoire::cle).collect::<Vec<_>>());
        Ok(query
            .bind(scope.all)
            .bind(scope.evidence())
            .bind(scope.organisations.clone())
            .bind(self.financeur.map(|it| it.0))
            .bind(self.dla.map(|it| it.0))
            .bind(self.active_on.map(ToSqlx::to_sqlx))
            .bind(around)
            .bind(self.regime.map(name_of).transpose()?)
            .bind(self.nature.map(name_of).transpose()?)
            .bind(self.etat.map(name_of).transpose()?)
            .bind(self.cadre.map(|it| it.0))
            .bind(self.ingenierie.map(|it| it.0))
            .bind(self.dans.as_ref().map(Territoire::cle)))
    }
}
