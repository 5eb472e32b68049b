//! Proofs that the log keeps its word: a Merkle tree over the leaf hashes (RFC 9162), whose head
//! is signed (C2SP `tlog-checkpoint`). The leaf of position *n* is the tree's leaf of index
//! *n* − 1.
//!
//! `tree`, `note`, `inclusion` and `export` are pure: an auditor runs them without a database.

pub mod tree;
pub mod note;
pub mod inclusion;
pub mod export;
pub mod integrator;
mod store;
mod fork;

pub use self::{
    export::{Audit, Flaw, Manifest, Report},
    fork::Fork,
    inclusion::Inclusion,
    integrator::Integrator,
    note::{Head, Signer, VerifierKey},
    store::{Exported, Signed},
    tree::Hash,
};

/// Why a proof is not one. Each has a code, which is never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("this is not a checkpoint as C2SP writes them")]
    Note,
    #[error("this is not a key: expected `name+id+base64`")]
    KeyMalformed,
    #[error("the checkpoint is of another log")]
    Origin,
    #[error("no key that you trust has signed the checkpoint")]
    KeyUnknown,
    #[error("a signature of a key that you trust is wrong")]
    Signature,
    #[error("this is not a proof: expected `c2sp.org/tlog-proof@v1`")]
    ProofMalformed,
    #[error("the tree that was signed is smaller than that")]
    BeyondTree,
    #[error("the proof does not lead from this leaf to the signed root")]
    ProofDiffers,
    #[error("nothing has been signed yet")]
    NothingSigned,
    #[error("the checkpoint and this log tell different stories")]
    Forked,
    #[error("this is not the description of an export: expected `essaim-export/1`")]
    ManifestMalformed,
}

impl Refused {
    /// Its stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Note => "CHECKPOINT_MALFORMED",
            Self::KeyMalformed => "KEY_MALFORMED",
            Self::Origin => "ORIGIN_DIFFERS",
            Self::KeyUnknown => "KEY_UNKNOWN",
            Self::Signature => "SIGNATURE_WRONG",
            Self::ProofMalformed => "PROOF_MALFORMED",
            Self::BeyondTree => "SIZE_BEYOND_TREE",
            Self::ProofDiffers => "PROOF_DIFFERS",
            Self::NothingSigned => "CHECKPOINT_ABSENT",
            Self::Forked => "CHECKPOINT_FORKED",
            Self::ManifestMalformed => "MANIFEST_MALFORMED",
        }
    }
}
