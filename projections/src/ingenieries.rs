//! Ingénieries, collective and individual (RM-01): the fiche that presents one completely, and the
//! lists.
//!
//! What a fiche holds is in `fiche`, how facts fill it in `fold`, and in `individuelle` for those
//! of one structure. Whatever asks who sees a dossier asks here, and never which kind it is.

use domain::{
    Code, Date, DlaId, Genre, IngenierieId, OrganisationId, Territoire, ingenierie_collective::Etat,
};
use jiff_sqlx::ToSqlx;
use sqlx::{Postgres, postgres::PgArguments, query::QueryAs, types::Uuid};

use crate::{
    Error, Order, Page, ReadModel, Reads, Scope,
    columns::Columns,
    rows::{Row, escape_like, name_of},
};

mod fiche;
mod fold;
mod individuelle;

pub use fiche::*;

pub const MODEL: ReadModel = ReadModel {
    name: "ingenieries",
    version: 4,
    tables: include_str!("ingenieries.sql"),
    reads: &[
        "ingenierie_collective.IngenierieCollectiveInitiated",
        "ingenierie_collective.SourceProblematiqueRecorded",
        "ingenierie_collective.ProblematiqueStated",
        "ingenierie_collective.ProblematiqueReformulated",
        "ingenierie_collective.ProblematiqueConfirmed",
        "ingenierie_collective.SecteursDetermined",
        "ingenierie_collective.StructureTargeted",
        "ingenierie_collective.StructureUntargeted",
        "ingenierie_collective.SubsidiariteChecked",
        "ingenierie_collective.ComplementariteChecked",
        "ingenierie_collective.TerritoireQualified",
        "ingenierie_collective.RoleDlaDefined",
        "ingenierie_collective.CoherenceChecked",
        "ingenierie_collective.PartenaireAssociated",
        "ingenierie_collective.PartenaireWithdrawn",
        "ingenierie_collective.DlaAssociated",
        "ingenierie_collective.AttenteRecorded",
        "ingenierie_collective.ProblematiqueShared",
        "ingenierie_collective.ContributionIntervenantOffered",
        "ingenierie_collective.ObjectifsEvaluationSet",
        "ingenierie_collective.ObjectifStrategiqueSet",
        "ingenierie_collective.ObjectifOperationnelSet",
        "ingenierie_collective.ObjectifWithdrawn",
        "ingenierie_collective.DemarcheValidated",
        "ingenierie_collective.DemarcheConfirmedByFinanceur",
        "ingenierie_collective.AvisComiteAppuiRecorded",
        "ingenierie_collective.RuleWaived",
        "ingenierie_collective.IngenierieCollectiveEngaged",
        "ingenierie_collective.StructureContacted",
        "ingenierie_collective.StructureResponseRecorded",
        "ingenierie_collective.StructureMobilised",
        "ingenierie_collective.StructureDeclined",
        "ingenierie_collective.StructureWithdrawn",
        "ingenierie_collective.ConditionsImplicationAssessed",
        "ingenierie_collective.CommentairesStructuresConsidered",
        "ingenierie_collective.GroupeConstituted",
        "ingenierie_collective.StructureAssignedToGroupe",
        "ingenierie_collective.StructureRemovedFromGroupe",
        "ingenierie_collective.ResultatsAttendusFixed",
        "ingenierie_collective.ResultatsAttendusAmended",
        "ingenierie_collective.TypeIngenierieChosen",
        "ingenierie_collective.TypesPrestationChosen",
        "ingenierie_collective.AccrocheChosen",
        "ingenierie_collective.TempsPorteurPositioned",
        "ingenierie_collective.SystemeIntervenantDesigned",
        "ingenierie_collective.PartenaireIntervenantEngaged",
        "ingenierie_collective.ConditionsTechniquesAssessed",
        "ingenierie_collective.ScenarioChosen",
        "ingenierie_collective.ProjetInterventionFormalised",
        "ingenierie_collective.IngenierieCollectiveConfirmed",
        "ingenierie_collective.IngenierieCollectiveStarted",
        "ingenierie_collective.PartenairesInformed",
        "ingenierie_collective.IngenierieCollectiveFinalised",
        "ingenierie_collective.IngenierieCollectiveAbandoned",
        "ingenierie_collective.IngenierieCollectiveReopened",
        "ingenierie_collective.ActiviteSkipped",
        "ingenierie_collective.ActiviteUnskipped",
        "ingenierie_individuelle.IngenierieIndividuelleInitiated",
        "ingenierie_individuelle.IngenierieIndividuelleDescribed",
        "ingenierie_individuelle.ObjectifsSet",
        "ingenierie_individuelle.ResultatsAttendusFixed",
        "ingenierie_individuelle.ResultatsAttendusAmended",
        "ingenierie_individuelle.ComplementariteChecked",
        "ingenierie_individuelle.AvisComiteAppuiRecorded",
        "ingenierie_individuelle.DemarcheValidated",
        "ingenierie_individuelle.RuleWaived",
        "ingenierie_individuelle.IngenierieIndividuelleStarted",
        "ingenierie_individuelle.IngenierieIndividuelleFinalised",
        "ingenierie_individuelle.IngenierieIndividuelleAbandoned",
        "ingenierie_individuelle.IngenierieIndividuelleReopened",
        "plan_financement.RessourceSought",
    ],
    order: Order::Dossier,
    apply: |db, facts| Box::pin(fold::apply(db, facts)),
};

impl Row for Ingenierie {
    const LOAD: &'static str = "select t.* from ingenieries t where id = any($1)";
    const CLEAR: &'static str = "delete from ingenieries where id = any($1)";
    const TABLE: &'static str = "ingenieries";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Some ingénieries, by id.
pub async fn by_ids(
    reads: &Reads,
    scope: &Scope,
    ids: &[IngenierieId],
) -> Result<Vec<Ingenierie>, Error> {
    let rows = sqlx::query_as(
        "select t.*
         from ingenieries t
         where id = any($1)
           and ($2 or dlas && $3 or id = any($3) or dlas_contributeurs && $3 or organisations && $4)",
    )
    .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.evidence())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of one kind; of both when none is given.
    pub genre: Option<Genre>,
    pub etat: Option<Etat>,
    /// One of those concerned.
    pub dla: Option<DlaId>,
    /// Whom an individual one is for.
    pub structure: Option<OrganisationId>,
    pub secteur: Option<Code>,
    /// There, or inside it as far as the codes show.
    pub territoire: Option<Territoire>,
    pub type_prestation: Option<Code>,
    /// Part of the intitulé or of the accroche, whatever the case.
    pub search: Option<String>,
    /// The first day of the initiation.
    pub initiated_from: Option<Date>,
    /// The last day of the initiation, included.
    pub initiated_to: Option<Date>,
}

/// What an actor may see, that a filter finds: the parameters `$1` to `$13`.
macro_rules! select {
    ($what:literal $(, $tail:literal)?) => {
        concat!(
            "select ", $what, "
             from ingenieries t
             where ($1 or dlas && $2 or id = any($2) or dlas_contributeurs && $2 or organisations && $3)
               and ($4::text is null or etat = $4)
               and ($5::uuid is null or $5 = any(dlas))
               and ($6::text is null or $6 = any(secteurs))
               and ($7::text is null or lieux @> array[$7])
               and ($8::text is null or $8 = any(types_prestation))
               and ($9::text is null or intitule ilike '%' || $9 || '%'
                                     or accroche ilike '%' || $9 || '%')
               and ($10::date is null or initiated_on >= $10)
               and ($11::date is null or initiated_on <= $11)
               and ($12::text is null or genre = $12)
               and ($13::text is null or mission->>'structure' = $13)",
            $($tail)?
        )
    };
}

/// Ingénieries, the last initiated first, after a cursor (the position of the initiation).
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: Option<i64>,
) -> Result<Page<Ingenierie>, Error> {
    const LIST: &str = select!(
        "t.*",
        " and ($14::bigint is null or initiated_position < $14)
          order by initiated_position desc limit $15"
    );
    let rows: Vec<Columns<Ingenierie>> = filter
        .bind(sqlx::query_as(LIST), scope)?
        .bind(after)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    let rows = rows.into_iter().map(|Columns(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many ingénieries a filter finds.
pub async fn count(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    let query = filter.bind(sqlx::query_as(select!("count(*)")), scope)?;
    let (count,) = query.fetch_one(&reads.pool).await?;
    Ok(count)
}

impl Filter {
    /// The parameters `$1` to `$13`.
    fn bind<'q, O>(
        &self,
        query: QueryAs<'q, Postgres, O, PgArguments>,
        scope: &Scope,
    ) -> Result<QueryAs<'q, Postgres, O, PgArguments>, Error> {
        Ok(query
            .bind(scope.all)
            .bind(scope.evidence())
            .bind(scope.organisations.clone())
            .bind(self.etat.map(name_of).transpose()?)
            .bind(self.dla.map(|it| it.0))
            .bind(self.secteur.as_ref().map(ToString::to_string))
            .bind(self.territoire.as_ref().map(Territoire::cle))
            .bind(self.type_prestation.as_ref().map(ToString::to_string))
            .bind(self.search.as_deref().map(escape_like))
            .bind(self.initiated_from.map(ToSqlx::to_sqlx))
            .bind(self.initiated_to.map(ToSqlx::to_sqlx))
            .bind(self.genre.map(name_of).transpose()?)
            .bind(self.structure.map(|it| it.0.to_string())))
    }
}
