//! The tree as the database keeps it: leaf hashes in `log.event`, one root for every 256 hashes
//! in `keeping.tile`, the signed head in `keeping.tree`. Any proof is one statement: at most
//! 255 hashes a level on each side.

use std::{ops::Range, time::Duration};

use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Inclusion, Refused,
    inclusion::lines,
    note::{self, Head},
    tree::{self, Frontier, Hash, Subtree, cover},
};
use crate::{Error, EventLog, Position};

/// Two to the power of this is how many hashes a tile holds.
const TILE_HEIGHT: u32 = 8;
/// How long a proof waits for the signature of a fact that is recorded.
const SIGNED_WAIT_MAX: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How many hashes a tile holds.
pub(super) const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// A signed head.
#[derive(Debug, Clone)]
pub struct Signed {
    pub head: Head,
    /// The checkpoint, as it was signed.
    pub note: String,
    /// The keys that open it, as verifiers hold them.
    pub keys: Vec<String>,
    pub signed_at: Timestamp,
}

/// One leaf on its way out of the house.
#[derive(Debug, Clone)]
pub struct Exported {
    pub position: Position,
    pub leaf: String,
    pub hash: Hash,
    /// The dossier whose history shows it.
    pub dossier: Option<Uuid>,
}

impl EventLog {
    /// The last checkpoint that was signed.
    pub async fn checkpoint(&self) -> Result<Signed, Error> {
        let row: Option<(String, String, jiff_sqlx::Timestamp)> =
            sqlx::query_as("select note, keys, signed_at from keeping.tree where note is not null")
                .fetch_optional(&self.pool)
                .await?;
        let (note, keys, signed_at) = row.ok_or(Refused::NothingSigned)?;
        let keys = keys.lines().map(str::to_owned).collect();
        Ok(Signed { head: note::read(&note)?, note, keys, signed_at: signed_at.to_jiff() })
    }

    /// The same, once it holds a fact that is recorded: the signature follows within a second.
    async fn checkpoint_holding(&self, position: Position) -> Result<Signed, Error> {
        let deadline = tokio::time::Instant::now() + SIGNED_WAIT_MAX;
        loop {
            let signed = self.checkpoint().await?;
            let held = index_of(position)? < signed.head.size;
            let late = tokio::time::Instant::now() >= deadline || position > self.head();
            if held || late {
                return Ok(signed);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The proof that the fact at a position is in the last signed tree, and its leaf hash.
    pub async fn inclusion(&self, position: Position) -> Result<(Inclusion, Hash, Signed), Error> {
        let signed = self.checkpoint_holding(position).await?;
        let index = index_of(position)?;
        let (leaf, path) = self.inclusion_within(index, signed.head.size).await?;
        let proof = Inclusion { index, path, checkpoint: signed.note.clone() };
        // What does not hold is never given out: a leaf or a tile was changed behind our back.
        match tree::root_of_inclusion(&leaf, index, signed.head.size, &proof.path) {
            Some(root) if root == signed.head.root => Ok((proof, leaf, signed)),
            _ => Err(self.betrayed(position.0)),
        }
    }

    /// What is stored does not lead to what was signed.
    fn betrayed(&self, at: i64) -> Error {
        tracing::error!(log = &*self.origin, at, "the log does not lead to its signed head");
        Refused::Forked.into()
    }

    async fn inclusion_within(&self, index: u64, size: u64) -> Result<(Hash, Vec<Hash>), Error> {
        let path = tree::inclusion(index, size).ok_or(Refused::BeyondTree)?;
        let leaf = index..index + 1;
        let all = [vec![leaf], path].concat();
        let mut hashes = self.heads(&all).await?.into_iter();
        let leaf = hashes.next().ok_or(Refused::BeyondTree)?;
        Ok((leaf, hashes.collect()))
    }

    /// The proof that the tree of size `to` goes on from that of size `from`, and both roots.
    pub async fn consistency(&self, from: u64, to: u64) -> Result<(Vec<Hash>, [Hash; 2]), Error> {
        let signed = self.checkpoint().await?;
        if to > signed.head.size {
            return Err(Refused::BeyondTree.into());
        }
        let path = tree::consistency(from, to).ok_or(Refused::BeyondTree)?;
        let all = [path, vec![0..from, 0..to]].concat();
        let mut hashes = self.heads(&all).await?;
        let (new, old) = (hashes.pop(), hashes.pop());
        let roots = [old.unwrap_or_else(tree::empty), new.unwrap_or_else(tree::empty)];
        // The root of the signed size is the signed one, or what is stored is not what was signed.
        let whole = to < signed.head.size || roots[1] == signed.head.root;
        if whole && tree::is_consistent((from, &roots[0]), (to, &roots[1]), &hashes) {
            Ok((hashes, roots))
        } else {
            Err(self.betrayed(signed_number(to)?))
        }
    }

    /// The proof that the last checkpoint goes on from a smaller tree, as a witness is sent it
    /// (C2SP `tlog-witness`), and the root of the smaller one.
    pub async fn extension(&self, from: u64) -> Result<(String, Hash), Error> {
        let signed = self.checkpoint().await?;
        let (path, [old, _]) = self.consistency(from, signed.head.size).await?;
        Ok((format!("old {from}\n{}\n{}", lines(&path), signed.note), old))
    }

    /// The same, from a checkpoint that somebody holds.
    pub async fn extension_of(&self, held: &Head) -> Result<String, Error> {
        if held.origin != *self.origin {
            return Err(Refused::Origin.into());
        }
        let (text, root) = self.extension(held.size).await?;
        if root == held.root { Ok(text) } else { Err(Refused::Forked.into()) }
    }

    /// A tile of the signed tree: `width` hashes of a level, from the `n`th group of 256. None
    /// when the signed tree does not have it.
    pub async fn tile(&self, level: u32, n: u64, width: u64) -> Result<Option<Vec<u8>>, Error> {
        let size = self.checkpoint().await?.head.size;
        let height = TILE_HEIGHT * level;
        let first = n.checked_mul(TILE_WIDTH);
        let there = size.checked_shr(height).unwrap_or(0);
        let Some(first) = first.filter(|it| it.saturating_add(width) <= there) else {
            return Ok(None);
        };
        let all = (first..first + width).map(|index| Subtree { height, index });
        let hashes = subtrees(&mut *self.pool.acquire().await?, &all.collect::<Vec<_>>()).await?;
        Ok(Some(hashes.concat()))
    }

    /// The heads of ranges of leaves, each aligned as the ranges of proofs are.
    pub async fn heads(&self, ranges: &[Range<u64>]) -> Result<Vec<Hash>, Error> {
        let covers: Vec<_> = ranges.iter().map(|it| cover(it.clone())).collect();
        let mut db = self.pool.acquire().await?;
        let mut hashes = subtrees(&mut db, &covers.concat()).await?.into_iter();
        let heads = covers.iter().map(|it| {
            tree::head(
                hashes
                    .by_ref()
                    .take(it.len())
                    .collect::<Vec<_>>()
                    .into_iter(),
            )
        });
        Ok(heads.collect())
    }

    /// The heads of the perfect subtrees that make a range.
    pub async fn covering(&self, range: Range<u64>) -> Result<Vec<Hash>, Error> {
        subtrees(&mut *self.pool.acquire().await?, &cover(range)).await
    }

    /// Leaves to export, after a position.
    pub async fn leaves_after(&self, after: u64, limit: u64) -> Result<Vec<Exported>, Error> {
        let rows: Vec<(Position, String, Vec<u8>, Option<Uuid>)> = sqlx::query_as(
            "select position, leaf::text, leaf_hash, (leaf ->> 'corr')::uuid
             from log.event
             where position > $1
             order by position
             limit $2",
        )
        .bind(signed_number(after)?)
        .bind(signed_number(limit)?)
        .fetch_all(&self.pool)
        .await?;
        let exported = |(position, leaf, hash, dossier): (_, _, Vec<u8>, _)| {
            Ok(Exported { position, leaf, hash: array(hash, position)?, dossier })
        };
        rows.into_iter().map(exported).collect()
    }

    /// The head of the log's first leaves, as the leaves say it where no tile does.
    pub async fn root_at(&self, size: u64) -> Result<Hash, Error> {
        let mut db = self.pool.acquire().await?;
        let known: i64 = sqlx::query_scalar("select size from keeping.tree")
            .fetch_one(&mut *db)
            .await?;
        let known = known.unsigned_abs().min(size);
        let mut at = frontier(&mut db, known).await?;
        while at.size() < size {
            let limit = (size - at.size()).min(super::integrator::STEP_MAX);
            let leaves = leaf_hashes(&mut db, at.size(), limit).await?;
            if leaves.is_empty() {
                return Err(Refused::BeyondTree.into());
            }
            for leaf in leaves {
                at.push(leaf, |_, _| ());
            }
        }
        Ok(at.root())
    }
}

/// The index of the leaf of a position.
fn index_of(position: Position) -> Result<u64, Refused> {
    let index = position
        .0
        .checked_sub(1)
        .and_then(|it| u64::try_from(it).ok());
    index.ok_or(Refused::BeyondTree)
}

/// A number as Postgres holds it. No log is longer than that.
pub(super) fn signed_number(n: u64) -> Result<i64, Refused> {
    i64::try_from(n).map_err(|_| Refused::BeyondTree)
}

fn array(hash: Vec<u8>, position: Position) -> Result<Hash, Error> {
    hash.try_into().map_err(|_| Error::Hole(position))
}

/// The frontier of the first leaves, from tiles.
pub(super) async fn frontier(db: &mut PgConnection, size: u64) -> Result<Frontier, Error> {
    let heads = subtrees(db, &cover(0..size)).await?;
    Ok(Frontier::of(size, heads).ok_or(Refused::Forked)?)
}

/// Leaf hashes after a number of leaves. A hole is corruption.
pub(super) async fn leaf_hashes(
    db: &mut PgConnection,
    after: u64,
    limit: u64,
) -> Result<Vec<Hash>, Error> {
    let rows: Vec<(Position, Vec<u8>)> = sqlx::query_as(
        "select position, leaf_hash from log.event where position > $1 order by position limit $2",
    )
    .bind(signed_number(after)?)
    .bind(signed_number(limit)?)
    .fetch_all(db)
    .await?;
    let expected = (signed_number(after)? + 1..).map(Position);
    rows.into_iter()
        .zip(expected)
        .map(|((position, hash), expected)| {
            if position != expected {
                return Err(Error::Hole(expected));
            }
            array(hash, position)
        })
        .collect()
}

/// The heads of perfect subtrees, from the hashes of the tiles below each.
async fn subtrees(db: &mut PgConnection, wanted: &[Subtree]) -> Result<Vec<Hash>, Error> {
    let (mut levels, mut firsts, mut counts) = (vec![], vec![], vec![]);
    for it in wanted {
        let within = it.height % TILE_HEIGHT;
        levels.push(i32::try_from(it.height / TILE_HEIGHT).unwrap_or(i32::MAX));
        firsts.push(signed_number(it.index << within)?);
        counts.push(1_i64 << within);
    }
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "select s.k, h.hash
         from unnest($1::int[], $2::bigint[], $3::bigint[])
              with ordinality s (level, first, count, k)
         cross join lateral (
             select e.position - 1 as n, e.leaf_hash as hash
             from log.event e
             where s.level = 0 and e.position > s.first and e.position <= s.first + s.count
             union all
             select t.n, t.root
             from keeping.tile t
             where t.level = s.level and t.n >= s.first and t.n < s.first + s.count
         ) h
         order by s.k, h.n",
    )
    .bind(levels)
    .bind(firsts)
    .bind(&counts)
    .fetch_all(db)
    .await?;
    let mut rows = rows.into_iter().peekable();
    let mut heads = Vec::with_capacity(wanted.len());
    for (k, count) in (1_i64..).zip(counts) {
        let mut hashes = vec![];
        while let Some((_, hash)) = rows.next_if(|(it, _)| *it == k) {
            hashes.push(array(hash, Position(0))?);
        }
        if i64::try_from(hashes.len()) != Ok(count) {
            // A leaf or a tile is missing.
            return Err(Refused::Forked.into());
        }
        let mut whole = Frontier::default();
        for hash in hashes {
            whole.push(hash, |_, _| ());
        }
        heads.push(whole.root());
    }
    Ok(heads)
}
