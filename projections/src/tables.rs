//! The Postgres schemas that hold answers: one a question and a version, made and dropped
//! here and nowhere else.

use eventlog::checkpoint;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::{ALL, Error, ReadModel, past};

/// What a runner that is stopped in the middle of a transaction may cost the others.
const ASLEEP_MAX: &str = "3s";

/// Makes the schema of a question and enrols its follower, if they are not there.
pub(crate) async fn create(
    db: &mut PgConnection,
    model: &ReadModel,
    key: &str,
) -> Result<(), Error> {
    let mut db = db.begin().await?;
    alone(&mut db).await?;
    if !exists(&mut db, key).await? {
        db.execute(AssertSqlSafe(format!("create schema {key}")))
            .await?;
        enter(&mut db, key).await?;
        let (_, tables) = statements(model);
        run(&mut db, &tables).await?;
        checkpoint::forget(&mut db, key).await?;
    }
    checkpoint::enrol(&mut db, key).await?;
    db.commit().await?;
    Ok(())
}

/// Makes the indexes of a question, in the caller's transaction: once its rows are there, for
/// that costs less than keeping them up row by row. PostgreSQL then looks at the rows: who asks
/// before it has would have whole tables sorted for one page.
pub(crate) async fn index(db: &mut PgConnection, model: &ReadModel) -> Result<(), Error> {
    let (indexes, tables) = statements(model);
    unhurried(db).await?;
    run(db, &indexes).await?;
    for table in tables.iter().filter_map(|it| name(it)) {
        // One that is known to be empty would be read from end to end, however it grows.
        let look = format!("select exists (select from {table})");
        if sqlx::query_scalar(AssertSqlSafe(look))
            .fetch_one(&mut *db)
            .await?
        {
            db.execute(AssertSqlSafe(format!("analyze {table}")))
                .await?;
        }
    }
    Ok(())
}

/// The table that a statement makes.
fn name(statement: &str) -> Option<&str> {
    let rest = statement.strip_prefix("create table ")?;
    rest.split_whitespace().next()
}

/// Lets the statements of this transaction take the time that a long log wants.
async fn unhurried(db: &mut PgConnection) -> Result<(), Error> {
    db.execute("set local statement_timeout to 0").await?;
    Ok(())
}

/// The statements that make indexes, and the others.
fn statements(model: &ReadModel) -> (Vec<String>, Vec<String>) {
    let text: String = model
        .tables
        .lines()
        .map(|it| it.split("--").next().unwrap_or_default().to_owned() + "\n")
        .collect();
    let all = text.split(';').map(|it| it.trim().to_owned());
    all.partition(|it| it.starts_with("create index") || it.starts_with("create unique index"))
}

async fn run(db: &mut PgConnection, statements: &[String]) -> Result<(), Error> {
    db.execute(sqlx::raw_sql(AssertSqlSafe(statements.join(";\n"))))
        .await?;
    Ok(())
}

/// Drops a schema and forgets its follower.
pub(crate) async fn drop(db: &mut PgConnection, key: &str) -> Result<(), Error> {
    let mut db = db.begin().await?;
    alone(&mut db).await?;
    db.execute(AssertSqlSafe(format!("drop schema if exists {key} cascade")))
        .await?;
    checkpoint::forget(&mut db, key).await?;
    db.commit().await?;
    Ok(())
}

/// Puts one schema in place of another, in the caller's transaction.
pub(crate) async fn replace(db: &mut PgConnection, by: &str, key: &str) -> Result<(), Error> {
    db.execute(sqlx::raw_sql(AssertSqlSafe(format!(
        "drop schema {key} cascade; alter schema {by} rename to {key}"
    ))))
    .await?;
    checkpoint::replace(db, by, key).await?;
    Ok(())
}

/// What the statements of this transaction read and write.
pub(crate) async fn enter(db: &mut PgConnection, key: &str) -> Result<(), Error> {
    db.execute(sqlx::raw_sql(AssertSqlSafe(format!(
        "set local search_path to {key};
         set local idle_in_transaction_session_timeout to '{ASLEEP_MAX}'"
    ))))
    .await?;
    Ok(())
}

/// The followers that no process runs and no question of this program needs: earlier versions,
/// questions that are gone, and what was left half built.
pub(crate) async fn stale(db: &mut PgConnection) -> Result<Vec<String>, Error> {
    let mut idle = checkpoint::idle(db).await?;
    let pasts = past::keys(db).await?;
    idle.retain(|it| {
        !pasts.contains(it)
            && ALL
                .iter()
                .all(|model| *it != model.key() && !newer(model, it))
    });
    // Whatever else follows the log is not ours.
    let schemas: Vec<String> = sqlx::query_scalar(
        "select nspname::text from pg_namespace
         where nspname = any($1) and nspname ~ '_v[0-9]+(_rebuild|_verify|_at_[0-9]+)?$'
         order by 1",
    )
    .bind(idle)
    .fetch_all(db)
    .await?;
    Ok(schemas)
}

/// Whether a key is that of a version this program does not know yet.
fn newer(model: &ReadModel, key: &str) -> bool {
    let version = key
        .strip_prefix(model.name)
        .and_then(|it| it.strip_prefix("_v"));
    let version = version.map(|it| it.split_once("_at_").map_or(it, |(version, _)| version));
    version.is_some_and(|it| it.parse::<u32>().is_ok_and(|it| it > model.version))
}

/// How many rows each table holds, and a sum of their hashes that does not depend on their
/// order: one line a table.
pub(crate) async fn digest(db: &mut PgConnection, key: &str) -> Result<Vec<String>, Error> {
    let mut db = db.begin().await?;
    unhurried(&mut db).await?;
    let tables: Vec<String> = sqlx::query_scalar(
        "select tablename::text from pg_tables where schemaname = $1 order by 1",
    )
    .bind(key)
    .fetch_all(&mut *db)
    .await?;
    let mut lines = vec![];
    for table in tables {
        let (rows, sum): (i64, String) = sqlx::query_as(AssertSqlSafe(format!(
            "select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text
             from {key}.{table} t"
        )))
        .fetch_one(&mut *db)
        .await?;
        lines.push(format!("{table} {rows} {sum}"));
    }
    db.commit().await?;
    Ok(lines)
}

/// One process at a time makes and drops schemas.
async fn alone(db: &mut PgConnection) -> Result<(), Error> {
    db.execute("select pg_advisory_xact_lock(7235409113468212)")
        .await?;
    Ok(())
}

async fn exists(db: &mut PgConnection, key: &str) -> Result<bool, Error> {
    Ok(sqlx::query_scalar("select exists (select from pg_namespace where nspname = $1)")
        .bind(key)
        .fetch_one(db)
        .await?)
}
