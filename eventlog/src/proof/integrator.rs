//! The one who makes the tree grow and signs its head. Every process runs one; whoever holds the
//! row of `keeping.tree` does the step, and the others look on.
//!
//! A step is one transaction: leaves in, tiles and signed head out. Before it signs, it makes the
//! last signed head again from what is stored; a head that does not come out is a fork, and
//! nothing is signed.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{Connection as _, PgConnection};
use tokio_util::sync::CancellationToken;

use super::{
    Refused, Signer,
    note::{self, Head},
    store::{TILE_WIDTH, frontier, leaf_hashes, signed_number},
    tree::{Frontier, Hash, Subtree},
};
use crate::{Error, EventLog, Position};

/// Leaves of one step, so that a long log is caught up in bounded pieces.
pub const STEP_MAX: u64 = 65_536;

/// Between two signatures: many commits share one.
const PAUSE: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Signs the heads of one log.
pub struct Integrator {
    log: EventLog,
    signers: Arc<[Signer]>,
    /// Where the last checkpoint is copied, outside the database that it witnesses.
    copy: Option<PathBuf>,
    frontier: Frontier,
    /// Whether this process has signed: its keys may be new.
    has_signed: bool,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Signed a larger tree.
    Signed(u64),
    /// The head of the log is signed.
    Level,
    /// Another process is at it.
    Held,
}

impl Integrator {
    pub fn new(log: EventLog, signers: Arc<[Signer]>, copy: Option<PathBuf>) -> Self {
        Self { log, signers, copy, frontier: Frontier::default(), has_signed: false }
    }

    /// Follows the log until told to stop. A log that is not the one that was signed ends it, and
    /// nothing more is written: facts that are missing could not come back among others.
    pub async fn keep(mut self, stop: CancellationToken) -> Result<(), Error> {
        let mut pause = PAUSE;
        loop {
            match self.step(STEP_MAX).await {
                Ok(Step::Signed(size)) if self.log.head().0.unsigned_abs() > size + STEP_MAX => {
                    pause = Duration::ZERO;
                }
                Ok(_) => pause = PAUSE,
                Err(error) => {
                    metrics::gauge!("essaim_checkpoint_stopped").set(1.0);
                    if matches!(error, Error::Forked { .. } | Error::Origin { .. }) {
                        self.log.stop_writing();
                        return Err(error);
                    }
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the head of the log was not signed"
                    );
                    pause = (pause * 2).clamp(PAUSE, PAUSE_MAX);
                }
            }
            let size = Position(i64::try_from(self.frontier.size()).unwrap_or(i64::MAX));
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = async {
                    tokio::time::sleep(pause).await;
                    self.log.wait(size).await;
                } => (),
            }
        }
    }

    /// Adds at most `leaves_max` leaves to the tree and signs its head.
    #[tracing::instrument(name = "integrate", skip_all)]
    pub async fn step(&mut self, leaves_max: u64) -> Result<Step, Error> {
        let mut db = self.log.pool.acquire().await?;
        let mut db = db.begin().await?;
        let grown = match self.grow(&mut db, leaves_max).await {
            Ok(grown) => grown,
            Err(error) => {
                // Others find the row free at once.
                db.rollback().await?;
                return Err(error);
            }
        };
        let Some(Grown { tree, note, step }) = grown else { return Ok(Step::Held) };
        db.commit().await?;
        self.frontier = tree;
        if let Some(note) = note {
            self.has_signed = true;
            metrics::gauge!("essaim_checkpoint_stopped").set(0.0);
            self.copy(note).await?;
        }
        Ok(step)
    }

    /// What a step writes, and what it leaves behind. None when another process holds the row.
    async fn grow(&self, db: &mut PgConnection, leaves_max: u64) -> Result<Option<Grown>, Error> {
        let row: Option<(i64, Vec<u8>, String)> = sqlx::query_as(
            "select t.size, t.root, o.name
             from keeping.tree t cross join log.origin o
             for update of t skip locked",
        )
        .fetch_optional(&mut *db)
        .await?;
        let Some((size, root, found)) = row else { return Ok(None) };
        if found != *self.log.origin {
            return Err(Error::Origin { found, expected: self.log.origin.to_string() });
        }
        let size = size.unsigned_abs();
        let head = EventLog::head_in(db).await?.0.unsigned_abs();
        if head < size {
            return Err(Error::Forked { signed: size, head });
        }
        let mut tree = self.frontier.clone();
        if tree.size() != size || tree.root().as_slice() != root {
            // A database that was put back is whole, and shorter: what was signed here is not in it.
            let signed = tree.size();
            if signed > size || frontier(db, signed).await?.root() != tree.root() {
                return Err(Error::Forked { signed, head });
            }
            tree = frontier(db, size).await?;
        }
        if tree.root().as_slice() != root {
            return Err(Error::Forked { signed: size, head });
        }
        let lag = lag_seconds(db, size).await?;
        let mut tiles = vec![];
        for leaf in leaf_hashes(db, size, leaves_max).await? {
            tree.push(leaf, |subtree, root| tiles.extend(as_tile(subtree, root)));
        }
        let step = if tree.size() > size { Step::Signed(tree.size()) } else { Step::Level };
        tell(step, lag, (tree.size(), head));
        if step == Step::Level && self.has_signed {
            return Ok(Some(Grown { tree, note: None, step }));
        }
        let head =
            Head { origin: self.log.origin.to_string(), size: tree.size(), root: tree.root() };
        let note = note::sign(&head, &self.signers);
        let keys: Vec<_> = self
            .signers
            .iter()
            .map(|it| it.verifier().to_string())
            .collect();
        store(db, &tiles, &head, (&note, &keys.join("\n"))).await?;
        Ok(Some(Grown { tree, note: Some(note), step }))
    }

    async fn copy(&self, note: String) -> Result<(), Error> {
        let Some(file) = self.copy.clone() else { return Ok(()) };
        let written = tokio::task::spawn_blocking(move || replace(&file, &note)).await;
        written
            .map_err(io::Error::other)
            .flatten()
            .map_err(Error::Copy)
    }
}

/// A step that is ready to be kept.
struct Grown {
    tree: Frontier,
    /// The checkpoint, when one was signed.
    note: Option<String>,
    step: Step,
}

/// Figures of a step: `lag` is how long its first leaf has waited.
#[expect(clippy::cast_precision_loss, reason = "figures to look at")]
fn tell(step: Step, lag: f64, (size, head): (u64, u64)) {
    metrics::gauge!("essaim_checkpoint_size").set(size as f64);
    metrics::gauge!("essaim_checkpoint_lag_positions").set(head.saturating_sub(size) as f64);
    metrics::gauge!("essaim_checkpoint_lag_seconds").set(if size < head { lag } else { 0.0 });
    if step != Step::Level {
        metrics::histogram!("essaim_checkpoint_wait_seconds").record(lag);
    }
}

/// Tiles hold the heads at every eighth height.
fn as_tile(it: Subtree, root: Hash) -> Option<(i16, i64, Vec<u8>)> {
    let width = TILE_WIDTH.ilog2();
    if !it.height.is_multiple_of(width) {
        return None;
    }
    let level = i16::try_from(it.height / width).ok()?;
    Some((level, i64::try_from(it.index).ok()?, root.to_vec()))
}

/// How long the first leaf that is not signed has waited.
async fn lag_seconds(db: &mut PgConnection, size: u64) -> Result<f64, Error> {
    let lag: Option<f64> = sqlx::query_scalar(
        "select extract(epoch from clock_timestamp() - recorded_at)::float8
         from log.event
         where position = $1",
    )
    .bind(signed_number(size + 1)?)
    .fetch_optional(db)
    .await?;
    Ok(lag.unwrap_or_default())
}

async fn store(
    db: &mut PgConnection,
    tiles: &[(i16, i64, Vec<u8>)],
    head: &Head,
    (note, keys): (&str, &str),
) -> Result<(), Error> {
    sqlx::query(
        "insert into keeping.tile (level, n, root)
         select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])",
    )
    .bind(tiles.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(tiles.iter().map(|it| it.1).collect::<Vec<_>>())
    .bind(tiles.iter().map(|it| it.2.as_slice()).collect::<Vec<_>>())
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "update keeping.tree
         set size = $1, root = $2, note = $3, keys = $4, signed_at = clock_timestamp()",
    )
    .bind(signed_number(head.size)?)
    .bind(head.root.as_slice())
    .bind(note)
    .bind(keys)
    .execute(db)
    .await?;
    Ok(())
}

/// Puts a text in the place of a file, whole or not at all.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let beside = file.with_added_extension("new");
    let mut out = std::fs::File::create(&beside)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    std::fs::rename(beside, file)
}

/// A setting of signing keys: one a line, all sign. Each bears the name of the log.
pub fn signers(keys: &secrecy::SecretString, origin: &str) -> Result<Arc<[Signer]>, Refused> {
    use secrecy::ExposeSecret as _;
    let lines = keys.expose_secret().lines().map(str::trim);
    let all = lines
        .filter(|it| !it.is_empty())
        .map(|it| Signer::parse(&secrecy::SecretString::from(it)))
        .collect::<Result<Arc<[_]>, _>>()?;
    let named = all.iter().all(|it| it.verifier().name() == origin);
    if all.is_empty() || !named { Err(Refused::KeyMalformed) } else { Ok(all) }
}
