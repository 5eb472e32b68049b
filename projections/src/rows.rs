//! The rows that a batch of facts touches: read once, folded in memory, written once.
//!
//! Rows belong to an owner (a dossier, an organisation). A batch reads all the rows of the
//! owners it touches, and puts their new rows in place of the old: a few statements,
//! whatever the number of facts.

use std::collections::{BTreeMap, BTreeSet};

use domain::Territoire;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, columns::Columns, copy::copy};

/// A row of a read model. Its members are the columns of its table, by name.
pub(crate) trait Row: Serialize + DeserializeOwned + Send + Sync + Unpin + 'static {
    /// Selects the columns of the rows of the owners `$1`.
    const LOAD: &'static str;
    /// Deletes the rows of the owners `$1`.
    const CLEAR: &'static str;
    const TABLE: &'static str;

    /// Tells rows apart.
    type Key: Ord + Clone + Send;

    fn key(&self) -> Self::Key;
}

/// The rows of some owners.
pub(crate) struct Rows<R: Row> {
    owners: Vec<Uuid>,
    rows: BTreeMap<R::Key, R>,
}

impl<R: Row> Rows<R> {
    pub(crate) async fn load(
        db: &mut PgConnection,
        owners: impl IntoIterator<Item = Uuid>,
    ) -> Result<Self, Error> {
        let mut owners: Vec<_> = owners.into_iter().collect();
        owners.sort_unstable();
        owners.dedup();
        let rows: Vec<Columns<R>> = sqlx::query_as(R::LOAD).bind(&owners).fetch_all(db).await?;
        let rows = rows.into_iter();
        let rows = rows.map(|Columns(row)| (row.key(), row)).collect();
        Ok(Self { owners, rows })
    }

    /// One row, if it is there.
    pub(crate) fn get_mut(&mut self, key: &R::Key) -> Option<&mut R> {
        self.rows.get_mut(key)
    }

    /// One row, made if it is not there.
    pub(crate) fn entry(&mut self, key: R::Key, make: impl FnOnce() -> R) -> &mut R {
        self.rows.entry(key).or_insert_with(make)
    }

    /// Adds a row, or puts it in place of the one it replaces.
    pub(crate) fn put(&mut self, row: R) {
        self.rows.insert(row.key(), row);
    }

    /// Takes a row away.
    pub(crate) fn remove(&mut self, key: &R::Key) {
        self.rows.remove(key);
    }

    /// All of them.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut R> {
        self.rows.values_mut()
    }

    pub(crate) async fn save(self, db: &mut PgConnection) -> Result<(), Error> {
        if self.owners.is_empty() {
            return Ok(());
        }
        sqlx::query(R::CLEAR)
            .bind(&self.owners)
            .execute(&mut *db)
            .await?;
        copy(db, R::TABLE, self.rows.values()).await
    }
}

/// A value's name, as facts and columns write it.
pub(crate) fn name_of(it: impl Serialize) -> Result<String, Error> {
    Ok(serde_json::from_value(serde_json::to_value(it)?)?)
}

/// So that a `%` in a name is a percent sign.
pub(crate) fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

/// What territories are looked for with: themselves, and those that the codes show around them.
pub(crate) fn lieux<'a>(territoires: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let territoires = territoires.into_iter();
    let territoires = territoires.filter_map(|it| it.parse::<Territoire>().ok());
    let lieux: BTreeSet<_> = territoires
        .flat_map(|it| it.around())
        .map(|it| it.cle())
        .collect();
    lieux.into_iter().collect()
}
