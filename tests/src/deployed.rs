//! The settings of the program as it is deployed, with an issuer of its own.

use std::{fs, path::Path};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use eventlog::proof::{Signer, VerifierKey};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::ExposeSecret;
use serde_json::json;

/// Whose tokens are accepted.
pub const ISSUER: &str = "https://issuer.example";

/// The account of the administrator.
pub const ADMIN: &str = "deployed";

/// What goes with the settings.
pub struct Deployed {
    /// An administrator's.
    pub token: String,
    /// Opens the checkpoints.
    pub verifier: VerifierKey,
}

/// Writes `essaim.toml` and what it names.
pub fn configure(place: &Path, origin: &str, kek: &[u8; 32]) -> anyhow::Result<Deployed> {
    let pair = Ed25519KeyPair::generate()?;
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let jwks = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "k", "x": x }] });
    fs::write(place.join("jwks.json"), jwks.to_string())?;
    let (signer, key) = Signer::draw(origin)?;
    let settings = format!(
        "log_origin = \"{origin}\"\nkek = \"{}\"\nsigning_key = \"{}\"\ndocuments_dir = \"{}\"\ndrain_ms = 0\n\n[[issuers]]\nissuer = \"{ISSUER}\"\n\
         audience = \"essaim\"\njwks_file = \"{}\"\n",
        STANDARD.encode(kek),
        key.expose_secret().trim(),
        place.join("documents").display(),
        place.join("jwks.json").display(),
    );
    fs::write(place.join("essaim.toml"), settings)?;
    let now = api::clock::now().as_second();
    let claims = json!({
        "iss": ISSUER, "aud": "essaim", "sub": ADMIN, "role": "ADMIN",
        "iat": now, "exp": now + 86_400, "client_id": ADMIN,
    });
    let header = Header { kid: Some("k".to_owned()), ..Header::new(Algorithm::EdDSA) };
    let key = EncodingKey::from_ed_der(pair.to_pkcs8()?.as_ref());
    let token = jsonwebtoken::encode(&header, &claims, &key)?;
    Ok(Deployed { token, verifier: signer.verifier().clone() })
}
