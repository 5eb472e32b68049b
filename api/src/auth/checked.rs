//! Tokens that were found good, so that a caller who asks again is not checked from the start: the
//! signature alone is a tenth of what a small answer costs.
//!
//! One is kept under its hash, with the keys it was checked against. When the issuer has others,
//! or the same read anew, it is checked again. Its end is looked at each time.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::Key;

/// The most tokens that are kept.
const KEPT_MAX: u64 = 10_000;
/// How long one is kept that nobody sends.
const IDLE: Duration = Duration::from_mins(5);

/// A token that is good but for its end.
pub(super) struct Checked {
    pub(super) issuer: String,
    pub(super) keys: Arc<[Key]>,
    pub(super) claims: Map<String, Value>,
}

/// The tokens that were found good lately.
#[derive(Clone)]
pub(super) struct CheckedTokens(Cache<[u8; 32], Arc<Checked>>);

impl Default for CheckedTokens {
    fn default() -> Self {
        let kept = Cache::builder().max_capacity(KEPT_MAX);
        Self(kept.time_to_idle(IDLE).build())
    }
}

impl CheckedTokens {
    pub(super) fn get(&self, token: &str) -> Option<Arc<Checked>> {
        self.0.get(&hash(token))
    }

    pub(super) fn keep(&self, token: &str, checked: Checked) -> Arc<Checked> {
        let checked = Arc::new(checked);
        self.0.insert(hash(token), checked.clone());
        checked
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
