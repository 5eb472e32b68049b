//! Rows into a table by `copy`, which costs the server less than parsing them as JSON: their
//! members are its columns, by name.

mod line;

use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;

use self::line::Lines;
use crate::Error;

/// How many bytes of rows are sent before more are written.
const SENT_AT_ONCE: usize = 64 * 1024;

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
    let names: Vec<_> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let into = format!("copy {table} ({}) from stdin", names.join(", "));
    let mut into = db.copy_in_raw(&into).await?;
    let (mut lines, mut text) = (Lines::of(&columns), String::new());
    for row in rows {
        if let Err(error) = lines.add(row, &mut text) {
            into.abort("a row cannot be written").await?;
            return Err(error.into());
        }
        // The server reads these while the next are written.
        if text.len() >= SENT_AT_ONCE {
            into.send(text.as_bytes()).await?;
            text.clear();
        }
    }
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
