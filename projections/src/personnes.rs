//! The register of personal data (RM-25): who is known, what must be kept, what was erased. For
//! those who answer for the protection of data. Names stay in the vault.

use domain::{
    ActorId, Date, Event, PersonId,
    personne::{Event as Fact, FondementEffacement},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Order, Page, ReadModel, Reads, Scope, SealedPlace,
    columns::Columns,
    rows::{Row, Rows},
};

pub const MODEL: ReadModel = ReadModel {
    name: "personnes",
    version: 2,
    tables: include_str!("personnes.sql"),
    reads: &[
        "personne.PersonneIdentified",
        "personne.LegalHoldPlaced",
        "personne.LegalHoldLifted",
        "personne.PersonalDataErased",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// One person, as the register knows them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Personne {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    /// Nothing once it was erased.
    pub identite: Option<SealedPlace>,
    /// When it was last said who they are.
    pub identified_on: Option<Date>,
    /// The actors that they are, as far as it was said.
    pub acteurs: Vec<Uuid>,
    /// Those in force.
    pub obligations: Vec<Obligation>,
    pub effacement: Option<Effacement>,
}

/// A reason to keep what is held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Obligation {
    pub reference: String,
    pub since: Date,
    pub motif: Option<SealedPlace>,
}

/// That what was held was destroyed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effacement {
    pub fondement: FondementEffacement,
    pub reference: String,
    pub on: Date,
    pub position: i64,
}

impl Row for Personne {
    const LOAD: &'static str = "select t.* from personnes t where id = any($1)";
    const CLEAR: &'static str = "delete from personnes where id = any($1)";
    const TABLE: &'static str = "personnes";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Whether the actor answers for the protection of data.
fn answers(scope: &Scope) -> bool {
    scope.all || scope.keeps_house()
}

/// One person.
pub async fn by_id(reads: &Reads, scope: &Scope, id: PersonId) -> Result<Option<Personne>, Error> {
    let row = sqlx::query_as("select t.* from personnes t where id = $1 and $2")
        .bind(id.0)
        .bind(answers(scope))
        .fetch_optional(&reads.pool)
        .await?;
    Ok(row.map(|Columns(row)| row))
}

/// Who stands behind an actor, as far as it was said. The caller has checked the right to know.
pub async fn of_acteur(reads: &Reads, acteur: Uuid) -> Result<Option<Personne>, Error> {
    let row = sqlx::query_as("select t.* from personnes t where acteurs @> array[$1]")
        .bind(acteur)
        .fetch_optional(&reads.pool)
        .await?;
    Ok(row.map(|Columns(row)| row))
}

/// Persons, in the order of their ids, after one.
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    first: i64,
    after: Option<Uuid>,
) -> Result<Page<Personne>, Error> {
    let rows = sqlx::query_as(
        "select t.*
         from personnes t
         where $1 and ($2::uuid is null or id > $2)
         order by id
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

/// How many persons there are.
pub async fn count(reads: &Reads, scope: &Scope) -> Result<i64, Error> {
    Ok(sqlx::query_scalar("select count(*) from personnes where $1")
        .bind(answers(scope))
        .fetch_one(&reads.pool)
        .await?)
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut rows = Rows::<Personne>::load(db, facts.iter().map(|it| it.stream)).await?;
    for recorded in facts {
        let Event::Personne(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        let row = rows.entry(recorded.stream, || Personne::unknown(recorded.stream));
        row.version = recorded.version.0;
        row.position = recorded.position.0;
        row.apply(fact, recorded);
    }
    rows.save(db).await
}

impl Personne {
    /// Before its first fact.
    fn unknown(id: Uuid) -> Self {
        Self {
            id,
            version: 0,
            position: 0,
            identite: None,
            identified_on: None,
            acteurs: vec![],
            obligations: vec![],
            effacement: None,
        }
    }

    fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        match fact {
            Fact::PersonneIdentified { acteur, .. } => {
                let known = |it: &ActorId| self.acteurs.contains(&it.0);
                let acteur = acteur.filter(|it| !known(it));
                self.acteurs.extend(acteur.map(|it| it.0));
                self.identite = Some(SealedPlace::of(recorded, "/identite"));
                self.identified_on = Some(recorded.on);
            }
            Fact::LegalHoldPlaced { reference, .. } => self.obligations.push(Obligation {
                reference: reference.as_str().to_owned(),
                since: recorded.on,
                motif: SealedPlace::if_given(recorded, "/motif"),
            }),
            Fact::LegalHoldLifted { reference } => {
                self.obligations
                    .retain(|it| it.reference != reference.as_str());
            }
            Fact::PersonalDataErased { fondement, reference } => {
                self.identite = None;
                self.acteurs.clear();
                self.effacement = Some(Effacement {
                    fondement: *fondement,
                    reference: reference.as_str().to_owned(),
                    on: recorded.on,
                    position: recorded.position.0,
                });
            }
        }
    }
}
