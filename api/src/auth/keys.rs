//! The public keys of an issuer, each with the one algorithm it is for.

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse},
};

use super::ALGORITHMS;

/// A public key, and the algorithm it decides.
#[derive(Debug, Clone)]
pub struct Key {
    pub kid: Option<String>,
    pub algorithm: Algorithm,
    pub key: DecodingKey,
}

/// Why a set of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyProblem {
    #[error("not a JSON Web Key Set")]
    Form(#[source] serde_json::Error),
    #[error("a key cannot be read")]
    Key(#[source] jsonwebtoken::errors::Error),
    #[error("no key for EdDSA, ES256, PS256 or RS256")]
    None,
    #[error("two keys have one `kid`, or none")]
    Ambiguous,
}

/// The keys of a JSON Web Key Set that may sign a token here. Others are left aside: an
/// issuer also publishes keys to encrypt, and kinds that are not accepted.
pub fn keys_of(json: impl AsRef<[u8]>) -> Result<Vec<Key>, KeyProblem> {
    let set: JwkSet = serde_json::from_slice(json.as_ref()).map_err(KeyProblem::Form)?;
    let mut keys: Vec<Key> = vec![];
    for jwk in &set.keys {
        let Some(algorithm) = algorithm_of(jwk) else { continue };
        let key = DecodingKey::from_jwk(jwk).map_err(KeyProblem::Key)?;
        let kid = jwk.common.key_id.clone();
        if keys.iter().any(|it| it.kid == kid) {
            return Err(KeyProblem::Ambiguous);
        }
        keys.push(Key { kid, algorithm, key });
    }
    if keys.is_empty() { Err(KeyProblem::None) } else { Ok(keys) }
}

/// What the key is for: its `alg`, which must fit its kind; else the usual one of its kind.
fn algorithm_of(jwk: &Jwk) -> Option<Algorithm> {
    if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    let fitting: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[Algorithm::RS256, Algorithm::PS256],
        AlgorithmParameters::EllipticCurve(it) if it.curve == EllipticCurve::P256 => {
            &[Algorithm::ES256]
        }
        AlgorithmParameters::OctetKeyPair(it) if it.curve == EllipticCurve::Ed25519 => {
            &[Algorithm::EdDSA]
        }
        _ => return None,
    };
    let algorithm = match jwk.common.key_algorithm {
        None => *fitting.first()?,
        Some(said) => Algorithm::try_from(said).ok()?,
    };
    (fitting.contains(&algorithm) && ALGORITHMS.contains(&algorithm)).then_some(algorithm)
}
