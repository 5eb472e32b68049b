//! An export, and whoever checks it without asking anyone.
//!
//! Line *k* of an export that begins at position *f* is, without its line feed, the leaf of
//! position *f* + *k* − 1. A leaf that is withheld is replaced by its hash in base64, between
//! quotes, so that the rest still leads to the signed root. Beside the lines stand a
//! description (`.proof`) and the leaf hashes (`.hashes`, 32 bytes a line: the tiles of level 0
//! end to end), which tell which line is wrong; what they say is believed only if it leads to
//! the root.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Fork, Refused,
    note::{self, Head, VerifierKey},
    tree::{Frontier, Hash},
};
use crate::{
    Position,
    follow::Leaf,
    leaf::{self, Unfit},
};

/// The name of the format.
const FORMAT: &str = "essaim-export/1";

/// What an export says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: String,
    /// The positions of its first and last lines.
    pub first: u64,
    pub last: u64,
    /// How many of its lines are hashes.
    pub withheld: u64,
    /// The checkpoint that its lines lead to.
    pub checkpoint: String,
    /// The heads of the perfect subtrees before its first line, and after its last.
    left: Vec<String>,
    right: Vec<String>,
    /// The names that the log has left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    forks: Vec<Left>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Left {
    origin: String,
    last: i64,
    checkpoint: String,
}

impl Manifest {
    /// Describes the lines of positions `first` to `last` of a signed tree.
    pub fn new(
        (first, last): (u64, u64),
        checkpoint: String,
        (left, right): (&[Hash], &[Hash]),
        forks: Vec<Fork>,
    ) -> Self {
        let encoded = |all: &[Hash]| all.iter().map(|it| STANDARD.encode(it)).collect();
        let forks = forks.into_iter().map(|it| Left {
            origin: it.origin,
            last: it.last.0,
            checkpoint: it.checkpoint,
        });
        Self {
            format: FORMAT.to_owned(),
            first,
            last,
            withheld: 0,
            checkpoint,
            left: encoded(left),
            right: encoded(right),
            forks: forks.collect(),
        }
    }

    /// Reads what stands in `.proof`.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let it: Self = serde_json::from_str(text).map_err(|_| Refused::ManifestMalformed)?;
        let fits = it.format == FORMAT && it.first > 0 && it.last >= it.first - 1;
        if fits { Ok(it) } else { Err(Refused::ManifestMalformed) }
    }

    /// As it stands in `.proof`.
    pub fn text(&self) -> Result<String, Refused> {
        serde_json::to_string_pretty(self).map_err(|_| Refused::ManifestMalformed)
    }
}

/// The line of a leaf that is withheld.
pub fn withheld(hash: &Hash) -> String {
    format!("\"{}\"", STANDARD.encode(hash))
}

/// Why an export does not hold, and where that shows first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Flaw {
    /// None when it is about the whole.
    pub position: Option<u64>,
    #[source]
    pub why: Reason,
}

/// What is wrong with an export. Each has a code, which is never renamed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("lines are missing from here on")]
    Truncated,
    #[error("there are more lines than the export says")]
    TooLong,
    #[error("this is not a leaf: {0}")]
    Leaf(#[from] Unfit),
    #[error("this is not a canonical leaf: it would be written otherwise")]
    NotCanonical,
    #[error("this line was changed: its hash is not the one exported")]
    Changed,
    #[error("the leaf is of another log")]
    OtherLog,
    #[error("version {found} of its stream follows version {after}")]
    Version { after: i64, found: i64 },
    #[error("the lines do not lead to the signed root")]
    Root,
}

impl Reason {
    /// Its stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(it) => it.code(),
            Self::Truncated => "EXPORT_TRUNCATED",
            Self::TooLong => "EXPORT_TOO_LONG",
            Self::Leaf(_) => "LEAF_UNFIT",
            Self::NotCanonical => "LEAF_NOT_CANONICAL",
            Self::Changed => "LEAF_CHANGED",
            Self::OtherLog => "LEAF_OF_ANOTHER_LOG",
            Self::Version { .. } => "VERSION_MISSING",
            Self::Root => "ROOT_DIFFERS",
        }
    }
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub head: Head,
    pub first: u64,
    pub last: u64,
    pub withheld: u64,
    pub streams: usize,
}

/// An audit under way: one line at a time, and no more memory than a number a stream.
pub struct Audit {
    manifest: Manifest,
    head: Head,
    frontier: Frontier,
    right: Vec<Hash>,
    versions: HashMap<Uuid, i64>,
    withheld: u64,
}

impl Audit {
    /// Opens the checkpoint of an export with keys that the auditor trusts. The first key bears
    /// the name of the log.
    pub fn of(manifest: Manifest, keys: &[VerifierKey]) -> Result<Self, Refused> {
        let origin = keys.first().ok_or(Refused::KeyUnknown)?.name();
        let head = note::open(&manifest.checkpoint, origin, keys)?;
        if manifest.last > head.size {
            return Err(Refused::BeyondTree);
        }
        let heads = |all: &[String]| {
            all.iter()
                .map(|it| note::hash(it))
                .collect::<Result<Vec<_>, _>>()
        };
        let malformed = |_| Refused::ManifestMalformed;
        let left = heads(&manifest.left).map_err(malformed)?;
        let right = heads(&manifest.right).map_err(malformed)?;
        let frontier = Frontier::of(manifest.first - 1, left).ok_or(Refused::ManifestMalformed)?;
        Ok(Self { manifest, head, frontier, right, versions: HashMap::new(), withheld: 0 })
    }

    /// Checks one line. `told` is what the export says of its hash.
    pub fn line(&mut self, line: &str, told: Option<Hash>) -> Result<(), Flaw> {
        let position = self.frontier.size() + 1;
        let hash = self.checked(position, line, told);
        let hash = hash.map_err(|why| Flaw { position: Some(position), why })?;
        self.frontier.push(hash, |_, _| ());
        Ok(())
    }

    fn checked(&mut self, position: u64, line: &str, told: Option<Hash>) -> Result<Hash, Reason> {
        if position > self.manifest.last {
            return Err(Reason::TooLong);
        }
        let hidden = line.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        let hash = match hidden {
            Some(it) => note::hash(it).map_err(|_| Reason::NotCanonical)?,
            None => leaf::hash(line),
        };
        // First, so that a canonical forgery is found where it is.
        if told.is_some_and(|it| it != hash) {
            return Err(Reason::Changed);
        }
        if hidden.is_some() {
            self.withheld += 1;
        } else {
            self.shown(position, line)?;
        }
        Ok(hash)
    }

    /// A leaf that is shown: in its one form, of this log, in the order of its stream.
    fn shown(&mut self, position: u64, line: &str) -> Result<(), Reason> {
        if line.len() > leaf::BYTES_MAX {
            return Err(Unfit::TooLarge(line.len()).into());
        }
        let value: Value = serde_json::from_str(line).map_err(|_| Reason::NotCanonical)?;
        if leaf::canonical(&value)? != line || value["v"] != leaf::PROFILE {
            return Err(Reason::NotCanonical);
        }
        let place = Position(i64::try_from(position).unwrap_or(i64::MAX));
        let origin = self.manifest.forks.iter().find(|it| place.0 <= it.last);
        let origin = origin.map_or(&self.head.origin, |it| &it.origin);
        if value["log"] != **origin {
            return Err(Reason::OtherLog);
        }
        let it = Leaf::parse(place, line).map_err(|_| Reason::NotCanonical)?;
        let whole = self.manifest.withheld == 0;
        let after = self.versions.insert(it.stream, it.version);
        let follows = match after {
            None if whole && self.manifest.first == 1 => it.version == 1,
            None => it.version > 0,
            Some(after) if whole => it.version == after + 1,
            Some(after) => it.version > after,
        };
        let after = after.unwrap_or_default();
        if follows { Ok(()) } else { Err(Reason::Version { after, found: it.version }) }
    }

    /// What was found, once every line has been read.
    pub fn end(mut self) -> Result<Report, Flaw> {
        let last = self.frontier.size();
        if last < self.manifest.last {
            return Err(Flaw { position: Some(last + 1), why: Reason::Truncated });
        }
        let whole = |why| Flaw { position: None, why };
        if self.withheld != self.manifest.withheld {
            return Err(whole(Refused::ManifestMalformed.into()));
        }
        self.frontier
            .grow(last..self.head.size, self.right)
            .ok_or_else(|| whole(Refused::ManifestMalformed.into()))?;
        if self.frontier.root() != self.head.root {
            return Err(whole(Reason::Root));
        }
        Ok(Report {
            head: self.head,
            first: self.manifest.first,
            last,
            withheld: self.withheld,
            streams: self.versions.len(),
        })
    }
}
