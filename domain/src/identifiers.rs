//! Skeleton.

use crate::values::Invalid;

/// Skeleton.
pub struct Siret(String);
/// Skeleton.
pub struct Siren(String);
/// Skeleton.
pub struct Rna(String);

impl Siren {
    pub fn parse(code: &str) -> Result<Self, Invalid> {
        Ok(Self(code.to_owned()))
    }
}
