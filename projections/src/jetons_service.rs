//! Service tokens: which portals may come, for whom, until when. For those who issue them.
//!
//! Nobody is let in by this: a token is found in the log itself (`api/src/register.rs`), so that
//! a question that is late keeps none open.

use domain::{
    Date, Event, JetonServiceId, RoleName,
    jeton_service::{AccesJeton, Event as Fact, MotifRevocation},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Order, Page, ReadModel, Reads, Scope,
    columns::Columns,
    rows::{Row, Rows},
};

pub const MODEL: ReadModel = ReadModel {
    name: "jetons_service",
    version: 1,
    tables: include_str!("jetons_service.sql"),
    reads: &["jeton_service.JetonServiceIssued", "jeton_service.JetonServiceRevoked"],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// One service token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JetonService {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    /// The fact that issued it.
    pub issued_position: i64,
    pub issued_on: Date,
    pub libelle: String,
    pub role: RoleName,
    pub dlas: Vec<Uuid>,
    pub organisation: Option<Uuid>,
    pub acces: AccesJeton,
    /// Where it may come from; empty for anywhere.
    pub adresses: Vec<String>,
    /// The last day on which it is good.
    pub expires_on: Date,
    pub revoked_on: Option<Date>,
    pub motif: Option<MotifRevocation>,
}

impl Row for JetonService {
    const LOAD: &'static str = "select t.* from jetons_service t where id = any($1)";
    const CLEAR: &'static str = "delete from jetons_service where id = any($1)";
    const TABLE: &'static str = "jetons_service";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Whether the actor issues tokens.
fn answers(scope: &Scope) -> bool {
    scope.all || scope.role == Some(RoleName::Admin)
}

/// One token.
pub async fn by_id(
    reads: &Reads,
    scope: &Scope,
    id: JetonServiceId,
) -> Result<Option<JetonService>, Error> {
    let row = sqlx::query_as("select t.* from jetons_service t where id = $1 and $2")
        .bind(id.0)
        .bind(answers(scope))
        .fetch_optional(&reads.pool)
        .await?;
    Ok(row.map(|Columns(row)| row))
}

/// Tokens, the last issued first, after the position of one.
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    first: i64,
    after: Option<i64>,
) -> Result<Page<JetonService>, Error> {
    let rows = sqlx::query_as(
        "select t.*
         from jetons_service t
         where $1 and ($2::bigint is null or issued_position < $2)
         order by issued_position desc
         limit $3",
    )
    .bind(answers(scope))
    .bind(after)
    .bind(first + 1)
    .fetch_all(&reads.pool)
    .await?;
    let rows = rows.into_iter().map(|Columns(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many tokens there are.
pub async fn count(reads: &Reads, scope: &Scope) -> Result<i64, Error> {
    Ok(sqlx::query_scalar("select count(*) from jetons_service where $1")
        .bind(answers(scope))
        .fetch_one(&reads.pool)
        .await?)
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let streams = facts.iter().map(|it| it.stream);
    let mut rows = Rows::<JetonService>::load(db, streams).await?;
    for recorded in facts {
        let Event::JetonService(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        match fact {
            Fact::JetonServiceIssued(emission) => {
                let row = || JetonService {
                    id: recorded.stream,
                    version: recorded.version.0,
                    position: recorded.position.0,
                    issued_position: recorded.position.0,
                    issued_on: recorded.on,
                    libelle: emission.libelle.as_str().to_owned(),
                    role: emission.role,
                    dlas: emission.dlas.iter().map(|it| it.0).collect(),
                    organisation: emission.organisation.map(|it| it.0),
                    acces: emission.acces,
                    adresses: emission.adresses.iter().map(ToString::to_string).collect(),
                    expires_on: emission.expires_on,
                    revoked_on: None,
                    motif: None,
                };
                rows.entry(recorded.stream, row);
            }
            Fact::JetonServiceRevoked { motif } => {
                let row = rows.get_mut(&recorded.stream);
                let row = row.ok_or_else(|| Error::not_applied(recorded))?;
                row.version = recorded.version.0;
                row.position = recorded.position.0;
                row.revoked_on = Some(recorded.on);
                row.motif = *motif;
            }
        }
    }
    rows.save(db).await
}
