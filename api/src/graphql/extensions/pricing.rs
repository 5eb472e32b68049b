//! What a document is worth: checked once, measured, paid for before it is executed.
//!
//! The engine checks a document against the schema each time, which costs more than most
//! answers. What it found depends on the document, the operation and the variables alone, so it
//! is kept under the hash of the three; only what was found good is kept.

use std::sync::LazyLock;

use async_graphql::{Request, ValidationResult};
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::answers::member;
use crate::guard::TextHash;

/// The most verdicts kept: each is a hash and three numbers.
const KEPT_MAX: u64 = 20_000;

static KEPT: LazyLock<Cache<Key, ValidationResult>> = LazyLock::new(|| Cache::new(KEPT_MAX));

/// What a verdict is kept under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// None for a document that the guard has not hashed.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let TextHash(text) = member(&request.data)?;
        let mut hash = Sha256::new();
        hash.update(text);
        let named = request.operation_name.as_deref();
        hash.update(serde_json::to_vec(&(named, &request.variables)).ok()?);
        Some(Self(hash.finalize().into()))
    }

    pub(super) fn kept(self) -> Option<ValidationResult> {
        KEPT.get(&self)
    }

    pub(super) fn keep(self, verdict: ValidationResult) {
        KEPT.insert(self, verdict);
    }
}
