//! Mandates: what auditors may read, from when to when, and on whose word.
//!
//! What a mandate names is in its facts; what it opens is found when it is read, since a financeur
//! funds more every day.

use domain::{Date, Event, MandatAuditId, OrganisationId, mandat_audit::Event as Fact};
use eventlog::Recorded;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Error, Order, Page, ReadModel, Reads, Scope, SealedPlace,
    columns::Columns,
    rows::{Row, Rows},
};

pub const MODEL: ReadModel = ReadModel {
    name: "mandats_audit",
    version: 1,
    tables: include_str!("mandats_audit.sql"),
    reads: &[
        "mandat_audit.MandatAuditGranted",
        "mandat_audit.MandatAuditExtended",
        "mandat_audit.MandatAuditRevoked",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// One mandate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mandat {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    pub granted_position: i64,
    pub auditeur: Uuid,
    pub mandant: Option<Uuid>,
    pub dossiers: Vec<Uuid>,
    pub conventions: Vec<Uuid>,
    pub financeur: Option<Uuid>,
    pub du: Date,
    pub au: Date,
    pub reference: String,
    pub fondement: SealedPlace,
    pub granted_on: Date,
    pub revoked_on: Option<Date>,
    pub motif: Option<SealedPlace>,
}

/// What a mandate opens today.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub struct Ouvert {
    pub id: Uuid,
    pub dossiers: Vec<Uuid>,
    pub conventions: Vec<Uuid>,
}

impl Ouvert {
    /// Everything that it opens.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Uuid> {
        self.dossiers.iter().chain(&self.conventions).copied()
    }
}

impl Row for Mandat {
    const LOAD: &'static str = "select t.* from mandats_audit t where id = any($1)";
    const CLEAR: &'static str = "delete from mandats_audit where id = any($1)";
    const TABLE: &'static str = "mandats_audit";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Selects of the mandates `t` that the caller knows of: whoever granted it, the organisation
/// that it is for, and those who answer for the house. `$1` to `$3` are
/// what `knowing` says.
macro_rules! known {
    ($what:literal, $rest:literal) => {
        concat!(
            "select ",
            $what,
            " from mandats_audit t where ($1 or mandant = any($2) or auditeur = any($3)) ",
            $rest
        )
    };
}

/// What `known!` binds.
fn knowing(scope: &Scope) -> (bool, Vec<Uuid>, Vec<Uuid>) {
    let auditeur = scope.auditeur().into_iter().collect();
    (scope.all || scope.keeps_house(), scope.organisations.clone(), auditeur)
}

/// Some mandates, by id.
pub async fn by_ids(
    reads: &Reads,
    scope: &Scope,
    ids: &[MandatAuditId],
) -> Result<Vec<Mandat>, Error> {
    let (all, organisations, auditeur) = knowing(scope);
    let rows = sqlx::query_as(known!("t.*", "and id = any($4)"))
        .bind(all)
        .bind(organisations)
        .bind(auditeur)
        .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
        .fetch_all(&reads.pool)
        .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

/// Mandates, the last granted first, before one.
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    first: i64,
    before: Option<i64>,
) -> Result<Page<Mandat>, Error> {
    let (all, organisations, auditeur) = knowing(scope);
    let rows = sqlx::query_as(known!(
        "t.*",
        "and ($4::bigint is null or granted_position < $4)
         order by granted_position desc limit $5"
    ))
    .bind(all)
    .bind(organisations)
    .bind(auditeur)
    .bind(before)
    .bind(first + 1)
    .fetch_all(&reads.pool)
    .await?;
    Ok(Page::of(rows.into_iter().map(|Columns(row)| row).collect(), first))
}

/// How many mandates the caller knows of.
pub async fn count(reads: &Reads, scope: &Scope) -> Result<i64, Error> {
    let (all, organisations, auditeur) = knowing(scope);
    Ok(sqlx::query_scalar(known!("count(*)", ""))
        .bind(all)
        .bind(organisations)
        .bind(auditeur)
        .fetch_one(&reads.pool)
        .await?)
}

/// What the mandates of an organisation open on a day: the dossiers they name, those that draw on
/// the conventions they name, and all that a financeur funds or is asked to fund.
pub(crate) async fn in_force(
    reads: &Reads,
    auditeur: OrganisationId,
    on: Date,
) -> Result<Vec<Ouvert>, Error> {
    let rows = sqlx::query_scalar(
        "select jsonb_build_object(
                    'id', m.id,
                    'dossiers', (
                        select coalesce(jsonb_agg(i.id), '[]')
                        from ingenieries i
                        where i.id = any(m.dossiers)
                           or i.contributeurs @> array[m.financeur]
                           or exists (select from conventions c
                                      where c.id = any(m.conventions)
                                        and i.id = any(c.ingenieries))),
                    'conventions', (
                        select coalesce(jsonb_agg(c.id), '[]')
                        from conventions c
                        where c.id = any(m.conventions) or c.financeur = m.financeur))
         from mandats_audit m
         where m.auditeur = $1 and m.revoked_on is null and m.du <= $2 and $2 <= m.au
         order by m.granted_position",
    )
    .bind(auditeur.0)
    .bind(on.to_sqlx())
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut rows = Rows::<Mandat>::load(db, facts.iter().map(|it| it.stream)).await?;
    for recorded in facts {
        let Event::MandatAudit(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        if let Some(granted) = Mandat::granted(fact, recorded) {
            rows.put(granted);
        }
        let row = rows
            .get_mut(&recorded.stream)
            .ok_or_else(|| Error::not_applied(recorded))?;
        row.version = recorded.version.0;
        row.position = recorded.position.0;
        match fact {
            Fact::MandatAuditGranted { .. } => (),
            Fact::MandatAuditExtended { au } => row.au = *au,
            Fact::MandatAuditRevoked { .. } => {
                row.revoked_on = Some(recorded.on);
                row.motif = Some(SealedPlace::of(recorded, "/motif"));
            }
        }
    }
    rows.save(db).await
}

impl Mandat {
    /// As its first fact has it.
    fn granted(fact: &Fact, recorded: &Recorded) -> Option<Self> {
        let Fact::MandatAuditGranted { auditeur, mandant, portee, du, au, reference, .. } = fact
        else {
            return None;
        };
        Some(Self {
            id: recorded.stream,
            version: 0,
            position: 0,
            granted_position: recorded.position.0,
            auditeur: auditeur.0,
            mandant: mandant.map(|it| it.0),
            dossiers: portee.dossiers.iter().map(|it| it.0).collect(),
            conventions: portee.conventions.iter().map(|it| it.0).collect(),
            financeur: portee.financeur.map(|it| it.0),
            du: *du,
            au: *au,
            reference: reference.as_str().to_owned(),
            fondement: SealedPlace::of(recorded, "/fondement"),
            granted_on: recorded.on,
            revoked_on: None,
            motif: None,
        })
    }
}
