//! What is sealed: opened for whoever may read it, never without a trace, and only as it was.

use domain::{
    Actor, Decider, IngenierieId, Place, Prose, Refusal, Sealed, Subject, refusal::Common,
};
use eventlog::{EventLog, Position};
use house::{
    Database,
    questions::{command, reader},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::Connection;
use uuid::Uuid;

/// A notebook of sealed texts: the smallest thing that seals.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notebook;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum Noted {
    Noted { text: Sealed<Prose> },
}

#[derive(Debug, PartialEq)]
pub(crate) struct Never;

impl From<Common> for Never {
    fn from(_: Common) -> Self {
        Self
    }
}

impl From<Never> for Refusal {
    fn from(_: Never) -> Self {
        Common::NotFound {}.into()
    }
}

domain::tagged!(Noted);

impl Decider for Notebook {
    const CATEGORY: &'static str = "notebook";
    type Id = Uuid;
    type Event = Noted;
    type Refusal = Never;

    fn evolve(&mut self, _: &Noted) {}
}

const DOSSIER: IngenierieId = IngenierieId(Uuid::from_u128(5));

async fn notes(log: &EventLog, text: &str) -> anyhow::Result<Position> {
    let text = Sealed::new(Subject::dossier(DOSSIER), Prose::parse(text).expect("a text"));
    let noted = |_: &Notebook, asked: &domain::Asked| {
        Ok(asked.records(Place::default(), [Noted::Noted { text: text.clone() }]))
    };
    let outcome = log
        .decide::<Notebook>(&command(&Actor::HOUSE), Uuid::from_u128(1), noted)
        .await?;
    Ok(outcome.position)
}

async fn opens(log: &EventLog, at: &[Position]) -> anyhow::Result<Vec<Option<Value>>> {
    let places: Vec<_> = at.iter().map(|it| (*it, "/text")).collect();
    let mut opened = log.vault().open(&reader(), &places).await?;
    let of = |it: &Position| opened.remove(&(*it, "/text".to_owned()));
    Ok(at.iter().map(of).collect())
}

#[tokio::test]
async fn nothing_is_opened_without_a_trace() -> anyhow::Result<()> {
    type Row = (Uuid, String, String, i64, String, String);
    let database = Database::open().await?;
    let log = database.log().await?;
    let at = notes(&log, "Ils hésitent.").await?;
    assert_eq!(opens(&log, &[at]).await?, [Some(json!("Ils hésitent."))]);
    assert_eq!(opens(&log, &[Position(99)]).await?, [None]);

    let mut db = database.admin().await?;
    let journal: Vec<Row> =
        sqlx::query_as("select actor, role, purpose, position, pointer, subject from vault.access")
            .fetch_all(&mut db)
            .await?;
    let house = Actor::HOUSE.id.0;
    let subject = Subject::dossier(DOSSIER).as_str().to_owned();
    let (role, purpose, pointer) = ("HOUSE".to_owned(), "READ".to_owned(), "/text".to_owned());
    assert_eq!(journal, [(house, role, purpose, at.0, pointer, subject)]);

    // A journal that cannot be written opens nothing.
    sqlx::raw_sql("revoke insert on vault.access from essaim_service")
        .execute(&mut db)
        .await?;
    assert!(opens(&log, &[at]).await.is_err());
    Ok(db.close().await?)
}

/// A copy of the database takes over that had not yet received the last commits, and cuts every
/// connection: the key that was lost with them is not used from memory, for nothing it seals would
/// ever be opened.
#[tokio::test]
async fn a_key_that_the_database_lost_seals_nothing_more() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    notes(&log, "Oui.").await?;
    let mut db = database.admin().await?;
    sqlx::raw_sql(
        "set session_replication_role = replica;
         delete from log.event;
         delete from log.command;
         delete from log.commit;
         delete from vault.sealed;
         delete from vault.subject_key;
         select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and usename = 'essaim_service'",
    )
    .execute(&mut db)
    .await?;
    let at = notes(&log, "Non.").await?;
    assert_eq!(at, Position(1));
    assert_eq!(opens(&log, &[at]).await?, [Some(json!("Non."))]);
    Ok(db.close().await?)
}

#[tokio::test]
async fn a_value_opens_only_as_the_leaf_committed_to_it() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    let (first, second) = (notes(&log, "Oui.").await?, notes(&log, "Non.").await?);
    let third = notes(&log, "Peut-être.").await?;
    let mut db = database.admin().await?;
    // Both boxes open with the same key; only the leaf tells that one was put in the other's place.
    sqlx::query(
        "update vault.sealed set box = (select box from vault.sealed where position = $1)
         where position = $2",
    )
    .bind(first)
    .bind(second)
    .execute(&mut db)
    .await?;
    sqlx::query("update vault.sealed set box = set_byte(box, 40, get_byte(box, 40) # 1) where position = $1")
        .bind(third)
        .execute(&mut db)
        .await?;
    // What was tampered with is not shown, and takes nothing else with it.
    assert_eq!(opens(&log, &[first, second, third]).await?, [Some(json!("Oui.")), None, None]);

    sqlx::query("delete from vault.subject_key")
        .execute(&mut db)
        .await?;
    assert_eq!(opens(&log, &[first]).await?, [None], "without its key it is erased");
    Ok(db.close().await?)
}
