//! When the log is not what was signed: noticed before anything is written, and the two ways
//! out. Either the missing leaves come back from an export, or the log goes on under another
//! name that tells the last checkpoint of the first.

use sqlx::{Connection as _, Executor as _, PgConnection};

use super::{
    Refused,
    note::{self, Head},
    tree,
};
use crate::{
    Error, EventLog, Position,
    append::{Prepared, PreparedFact, Sent, WRITING, append},
    follow::Leaf,
    leaf,
    timeline::Timeline,
};

/// A name that the log has left, because facts were lost for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    pub origin: String,
    /// The last checkpoint signed under that name.
    pub checkpoint: String,
    /// The last position under it.
    pub last: Position,
}

impl EventLog {
    /// Refuses a log that does not extend what was signed: the head that the database keeps, and
    /// a checkpoint kept outside it.
    pub async fn refuse_fork(&self, kept: Option<&str>) -> Result<(), Error> {
        let stored: (i64, Vec<u8>) = sqlx::query_as("select size, root from keeping.tree")
            .fetch_one(&self.pool)
            .await?;
        let root = stored.1.try_into().map_err(|_| Refused::Forked)?;
        self.refuse_head(stored.0.unsigned_abs(), root).await?;
        let Some(kept) = kept else { return Ok(()) };
        let head: Head = note::read(kept)?;
        if head.origin == *self.origin {
            return self.refuse_head(head.size, head.root).await;
        }
        let left = self.forks().await?;
        if left
            .iter()
            .any(|it| note::read(&it.checkpoint).as_ref() == Ok(&head))
        {
            return Ok(());
        }
        Err(Error::Origin { found: head.origin, expected: self.origin.to_string() })
    }

    async fn refuse_head(&self, size: u64, root: tree::Hash) -> Result<(), Error> {
        let head = Self::stored_head(&self.pool).await?.0.unsigned_abs();
        if head < size || self.root_at(size).await? != root {
            return Err(Error::Forked { signed: size, head });
        }
        Ok(())
    }

    /// Whether the log is shorter than what was signed: its database was put back under it.
    pub async fn is_cut(&self) -> Result<bool, Error> {
        Ok(sqlx::query_scalar(
            "select t.size > coalesce((select max(last_position) from log.commit), 0)
             from keeping.tree t",
        )
        .fetch_one(&self.pool)
        .await?)
    }

    /// The names that this log has left, oldest first.
    pub async fn forks(&self) -> Result<Vec<Fork>, Error> {
        let rows: Vec<(String, String, Position)> =
            sqlx::query_as("select origin, checkpoint, last from log.fork order by epoch")
                .fetch_all(&self.pool)
                .await?;
        let fork = |(origin, checkpoint, last)| Fork { origin, checkpoint, last };
        Ok(rows.into_iter().map(fork).collect())
    }

    /// Lets the log go on under another name, as the role that owns it. `checkpoint` is the last
    /// that was signed under the name it leaves.
    pub async fn reopen_at(url: &str, origin: &str, checkpoint: &str) -> Result<(), Error> {
        let left = note::read(checkpoint)?;
        let mut db = PgConnection::connect(url).await?;
        let mut tx = db.begin().await?;
        sqlx::query("select pg_advisory_xact_lock($1)")
            .bind(WRITING)
            .execute(&mut *tx)
            .await?;
        let found: String = sqlx::query_scalar("select name from log.origin")
            .fetch_one(&mut *tx)
            .await?;
        if found != left.origin || found == origin {
            return Err(Error::Origin { found, expected: left.origin });
        }
        sqlx::query(
            "insert into log.fork (epoch, origin, checkpoint, last)
             select coalesce((select max(epoch) from log.fork), 1) + 1, $1, $2,
                    coalesce((select max(last_position) from log.commit), 0)",
        )
        .bind(&left.origin)
        .bind(checkpoint)
        .execute(&mut *tx)
        .await?;
        sqlx::query("update log.origin set name = $1")
            .bind(origin)
            .execute(&mut *tx)
            .await?;
        // The tree is made anew from the leaves that are left.
        tx.execute("delete from keeping.tile").await?;
        tx.execute(
            "update keeping.tree
             set size = 0, root = sha256(''), note = null, keys = null, signed_at = null",
        )
        .await?;
        tx.commit().await?;
        db.close().await?;
        Ok(())
    }

    /// Puts leaves back, in order, as they were: those of one command at a time. The first must
    /// be the next of the log. The fingerprints of commands and the claims are not in leaves, and
    /// do not come back.
    pub async fn replay(&self, command: &[String]) -> Result<Position, Error> {
        let mut db = self.pool.acquire().await?;
        let next = Self::head_in(&mut db).await?.0 + 1;
        let prepared = prepared(Position(next), command)?;
        let last = Position(next - 1 + i64::try_from(command.len()).unwrap_or_default());
        match append(&mut db, "replay", None, &[&prepared]).await? {
            Sent::Recorded(stands) if stands == Position(next - 1) => Ok(last),
            _ => Err(Refused::Forked.into()),
        }
    }

    pub(super) async fn head_in(db: &mut PgConnection) -> Result<Position, Error> {
        let head: Option<Position> =
            sqlx::query_scalar("select max(last_position) from log.commit")
                .fetch_one(db)
                .await?;
        Ok(head.unwrap_or_default())
    }
}

/// The leaves of one command, as the append takes them.
fn prepared(first: Position, leaves: &[String]) -> Result<Prepared, Error> {
    let mut facts = Vec::with_capacity(leaves.len());
    let mut whole: Option<Leaf<'_>> = None;
    for (n, text) in (first.0..).zip(leaves) {
        let it = Leaf::parse(Position(n), text)?;
        facts.push(PreparedFact {
            hash: leaf::hash(text),
            leaf: text.clone(),
            version: it.version,
            kind: it.kind.clone(),
            schema: it.schema,
            territory: it.territoire.clone(),
            on: it.on,
            sealed: vec![],
        });
        whole.get_or_insert(it);
    }
    let it = whole.ok_or(Refused::ManifestMalformed)?;
    let category = domain::event_kinds()
        .into_iter()
        .map(|(category, _)| category);
    let category = category.into_iter().find(|known| *known == it.category);
    Ok(Prepared {
        command: it.command,
        fingerprint: [0; 32],
        category: category.ok_or(Refused::ManifestMalformed)?,
        stream: it.stream,
        after: it.version - 1,
        timeline: Timeline::default(),
        position: Position(first.0 - 1),
        actor: it.actor.id,
        facts,
        expects: vec![],
        claims: vec![],
        releases: vec![],
    })
}
