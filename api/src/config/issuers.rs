//! Whose tokens are accepted: one table of the settings an issuer.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use domain::RoleName;
use serde::Deserialize;

use crate::auth::Source;

/// One issuer of tokens, and how it names what the house needs to know.
///
/// A claim is named by its name, or by a JSON pointer (RFC 6901) when it lies deeper, as in
/// `/realm_access/roles`: names of claims may hold dots, and many are addresses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSettings {
    /// The `iss` of its tokens, to the letter.
    pub issuer: String,
    /// The `aud` that its tokens carry when they are for this server.
    pub audience: String,
    /// Its public keys: a JSON Web Key Set in a file, read again from time to time.
    pub jwks_file: Option<PathBuf>,
    /// The same at an address. With neither, `/.well-known/openid-configuration` under the issuer
    /// says where they are.
    pub jwks_url: Option<String>,
    /// Certificates, in PEM, of the authorities that vouch for where its keys are fetched. They
    /// take the place of those of the machine: for an issuer behind an authority of its own.
    pub ca_file: Option<PathBuf>,
    /// The claim that holds the role, as in `CHARGE_DE_MISSION`: a text, or a list of texts of
    /// which exactly one is a role known here.
    #[serde(default = "role_claim")]
    pub role_claim: String,
    /// The claim that holds the organisation of the person: a UUID, a global id or a SIRET.
    #[serde(default = "organisation_claim")]
    pub organisation_claim: String,
    /// The claim that lists the DLAs of the person: UUIDs, global ids, or SIRETs of organisations
    /// that carry them.
    #[serde(default = "dlas_claim")]
    pub dlas_claim: String,
    /// What the issuer calls the roles. When it is given, no other name is known.
    #[serde(default)]
    pub roles: BTreeMap<String, RoleName>,
    /// The role of those to whom the issuer gives none.
    pub default_role: Option<RoleName>,
}

fn role_claim() -> String {
    "role".to_owned()
}

fn organisation_claim() -> String {
    "org".to_owned()
}

fn dlas_claim() -> String {
    "dlas".to_owned()
}

impl IssuerSettings {
    /// What a type cannot say: what was expected, when something else is there.
    pub(super) fn problem(&self) -> Option<&'static str> {
        if self.issuer.is_empty() || self.audience.is_empty() {
            return Some("an `issuer` and an `audience` for each");
        }
        if self.jwks_file.is_some() && self.jwks_url.is_some() {
            return Some("`jwks_file` or `jwks_url`, not both");
        }
        if self.ca_file.is_some() && self.jwks_file.is_some() {
            return Some("a `ca_file` only where keys are fetched");
        }
        if Source::of(self).is_err() {
            return Some("keys at an `https` address, or at `http` on this machine");
        }
        if self.roles.values().any(|it| *it == RoleName::House) {
            return Some("roles of people: nobody becomes HOUSE");
        }
        if matches!(self.default_role, Some(RoleName::House | RoleName::Admin)) {
            return Some("a `default_role` that is neither HOUSE nor ADMIN");
        }
        None
    }

    /// For whoever looks at the settings: whose, for whom, and where the keys are.
    pub(super) fn described(&self) -> String {
        let keys: &dyn fmt::Display = match (&self.jwks_file, &self.jwks_url) {
            (Some(file), _) => &file.display(),
            (None, Some(url)) => url,
            (None, None) => &"discovery",
        };
        format!("{} (audience {}, keys: {keys})", self.issuer, self.audience)
    }
}
