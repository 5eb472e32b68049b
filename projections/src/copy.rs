//! Rows into a table by `copy`, which costs the server less than parsing them as JSON: their
//! members are its columns, by name.

use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;

use crate::Error;

/// How a column is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
enum Kind {
    Plain,
    Array,
    Json,
}

/// The columns of a table, in its order.
type Columns = Arc<[(String, Kind)]>;

/// What tables look like, by their names, which no two have: the program that makes them says it.
static TABLES: LazyLock<Mutex<HashMap<&'static str, Columns>>> = LazyLock::new(Mutex::default);

/// Adds rows to a table of the current schema.
pub(crate) async fn copy<'a, R: Serialize + 'a>(
    db: &mut PgConnection,
    table: &'static str,
    rows: impl IntoIterator<Item = &'a R>,
) -> Result<(), Error> {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let columns = columns(db, table).await?;
    // Written before the server is told of it: nothing can fail in the middle.
    let mut text = String::new();
    for row in rows {
        write(&mut text, &serde_json::to_value(row)?, &columns);
    }
    let names: Vec<_> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let into = format!("copy {table} ({}) from stdin", names.join(", "));
    let mut into = db.copy_in_raw(&into).await?;
    into.send(text.as_bytes()).await?;
    into.finish().await?;
    Ok(())
}

/// Asked of the database once.
async fn columns(db: &mut PgConnection, table: &'static str) -> Result<Columns, Error> {
    let tables = || TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = tables().get(table) {
        return Ok(known.clone());
    }
    let columns: Vec<(String, Kind)> = sqlx::query_as(
        "select a.attname::text,
                case when t.typcategory = 'A' then 'array'
                     when t.typname = 'jsonb' then 'json'
                     else 'plain' end
         from pg_attribute a
         join pg_type t on t.oid = a.atttypid
         where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
           and a.attgenerated = ''
         order by a.attnum",
    )
    .bind(table)
    .fetch_all(&mut *db)
    .await?;
    let columns: Columns = columns.into();
    tables().insert(table, columns.clone());
    Ok(columns)
}

/// One line: the columns of a row, between tabs.
fn write(text: &mut String, row: &Value, columns: &[(String, Kind)]) {
    for (n, (name, kind)) in columns.iter().enumerate() {
        if n > 0 {
            text.push('\t');
        }
        match (kind, &row[name.as_str()]) {
            (_, Value::Null) => text.push_str("\\N"),
            (Kind::Json, value) => escape(text, &value.to_string()),
            (Kind::Array, Value::Array(items)) => escape(text, &array(items)),
            (_, Value::String(it)) => escape(text, it),
            (_, value) => escape(text, &value.to_string()),
        }
    }
    text.push('\n');
}

/// An array of texts or of numbers, as Postgres reads it.
fn array(items: &[Value]) -> String {
    let mut text = "{".to_owned();
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        if let Value::String(it) = item {
            // Quoted as in JSON but for what is escaped there and not here.
            let it = it.replace('\\', "\\\\").replace('"', "\\\"");
            let _ = write!(text, "\"{it}\"");
        } else {
            let _ = write!(text, "{item}");
        }
    }
    text.push('}');
    text
}

/// What separates columns and rows stands behind a backslash.
fn escape(text: &mut String, it: &str) {
    let mut rest = it;
    while let Some(n) = rest.find(['\\', '\t', '\n', '\r']) {
        let (plain, special) = rest.split_at(n);
        text.push_str(plain);
        text.push('\\');
        text.push(match special.as_bytes()[0] {
            b'\t' => 't',
            b'\n' => 'n',
            b'\r' => 'r',
            _ => '\\',
        });
        rest = &special[1..];
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests;
