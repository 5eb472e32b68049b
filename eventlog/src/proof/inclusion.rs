//! A proof that a leaf is in the log, as text that is checked without asking anyone
//! (C2SP `tlog-proof@v1`).

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    Refused,
    note::{self, Head, VerifierKey},
    tree::{Hash, root_of_inclusion},
};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// A leaf's place, the way from it to the root, and the checkpoint that says the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    pub index: u64,
    pub path: Vec<Hash>,
    pub checkpoint: String,
}

impl Inclusion {
    /// What the checkpoint says, once the proof is known to hold for a leaf.
    pub fn verify(&self, leaf: &Hash, origin: &str, keys: &[VerifierKey]) -> Result<Head, Refused> {
        let head = note::open(&self.checkpoint, origin, keys)?;
        if self.index >= head.size {
            return Err(Refused::BeyondTree);
        }
        match root_of_inclusion(leaf, self.index, head.size, &self.path) {
            Some(root) if root == head.root => Ok(head),
            _ => Err(Refused::ProofDiffers),
        }
    }
}

/// Hashes in base64, one a line.
pub(crate) fn lines(path: &[Hash]) -> String {
    path.iter().map(|it| STANDARD.encode(it) + "\n").collect()
}

impl fmt::Display for Inclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = lines(&self.path);
        write!(f, "{FIRST_LINE}\nindex {}\n{path}\n{}", self.index, self.checkpoint)
    }
}

impl FromStr for Inclusion {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        let malformed = |_| Refused::ProofMalformed;
        let (proof, checkpoint) = text.split_once("\n\n").ok_or(Refused::ProofMalformed)?;
        let mut lines = proof.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(Refused::ProofMalformed);
        }
        lines.next_if(|it| it.starts_with("extra "));
        let index = lines
            .next()
            .and_then(|it| it.strip_prefix("index "))
            .ok_or(Refused::ProofMalformed)?;
        Ok(Self {
            index: note::decimal(index).map_err(malformed)?,
            path: lines
                .map(note::hash)
                .collect::<Result<_, _>>()
                .map_err(malformed)?,
            checkpoint: checkpoint.to_owned(),
        })
    }
}
