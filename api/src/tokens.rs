//! The demo's own issuer: a key made at start, tokens for whoever the demo plays.
//!
//! Only the demo installs its key, so a server refuses these tokens: it knows no such issuer.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use domain::{DlaId, OrganisationId, Role};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
use serde_json::{Map, Value, json};

use crate::auth::{ClaimNames, Issuer, Key, Keyring};

/// The `iss` of the demo's tokens. No setting may name it.
pub const ISSUER: &str = "urn:essaim:dev";
/// Their `aud`.
const AUDIENCE: &str = "essaim";
/// Their `kid`.
const KID: &str = "dev";
/// How long they last: a day's work.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// A key pair that lives as long as the process.
pub struct DevIssuer {
    private: EncodingKey,
    public: DecodingKey,
}

/// Why the demo has no tokens.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("no key could be made")]
    Key,
    #[error("a token could not be signed")]
    Signature(#[source] jsonwebtoken::errors::Error),
}

/// Whom a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    pub subject: String,
    pub role: Role,
    /// For roles that carry none by themselves.
    pub org: Option<OrganisationId>,
}

impl DevIssuer {
    /// Makes a key pair.
    pub fn new() -> Result<Self, Failure> {
        let pair = Ed25519KeyPair::generate().map_err(|_| Failure::Key)?;
        let private = pair.to_pkcs8().map_err(|_| Failure::Key)?;
        Ok(Self {
            private: EncodingKey::from_ed_der(private.as_ref()),
            public: DecodingKey::from_ed_der(pair.public_key().as_ref()),
        })
    }

    /// What a verifier needs to accept these tokens.
    pub fn issuer(&self) -> Issuer {
        Issuer {
            name: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            claims: ClaimNames::default(),
            keys: Keyring::fixed(vec![Key {
                kid: Some(KID.to_owned()),
                algorithm: Algorithm::EdDSA,
                key: self.public.clone(),
            }]),
        }
    }

    /// A token for twelve hours from now.
    pub fn mint(&self, bearer: &Bearer, now: Timestamp) -> Result<String, Failure> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(KID.to_owned());
        encode(&header, &bearer.claims(now), &self.private).map_err(Failure::Signature)
    }
}

impl Bearer {
    fn claims(&self, now: Timestamp) -> Map<String, Value> {
        let names = ClaimNames::default();
        let mut all = Map::from_iter([
            ("iss".to_owned(), json!(ISSUER)),
            ("aud".to_owned(), json!(AUDIENCE)),
            ("sub".to_owned(), json!(self.subject)),
            ("iat".to_owned(), json!(now.as_second())),
            ("exp".to_owned(), json!((now + LIFETIME).as_second())),
            ("client_id".to_owned(), json!("demo")),
            (names.role, json!(self.role.name().as_str())),
        ]);
        let (org, dlas) = match &self.role {
            Role::ChargeDeMission { dlas }
            | Role::ResponsablePorteuse { dlas }
            | Role::MembreComiteAppui { dlas }
            | Role::Integration { dlas } => (self.org, Some(dlas)),
            Role::ChargeDeMissionRegional { dlas, regional } => (Some(*regional), Some(dlas)),
            Role::Financeur { financeur: id }
            | Role::StructureBeneficiaire { structure: id }
            | Role::Prestataire { prestataire: id }
            | Role::Partenaire { partenaire: id }
            | Role::Auditeur { auditeur: id } => (Some(*id), None),
            Role::Avise | Role::Dpo | Role::Admin | Role::House => (self.org, None),
        };
        if let Some(OrganisationId(id)) = org {
            all.insert(names.organisation, json!(id));
        }
        if let Some(dlas) = dlas {
            let ids = dlas.iter().map(|DlaId(id)| id);
            all.insert(names.dlas, json!(ids.collect::<Vec<_>>()));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;
    use crate::{
        auth::{Denied, Verifier},
        clock,
    };

    const ID: Uuid = Uuid::from_u128(7);

    fn bearer(role: Role) -> Bearer {
        Bearer { subject: "amina".to_owned(), role, org: Some(OrganisationId(ID)) }
    }

    #[test]
    fn whoever_the_demo_plays_is_recognised() {
        let dev = DevIssuer::new().unwrap();
        let verifier = Verifier::new().with(dev.issuer());
        let dlas = BTreeSet::from([DlaId(ID)]);
        for role in [
            Role::ChargeDeMission { dlas: dlas.clone() },
            Role::ResponsablePorteuse { dlas: dlas.clone() },
            Role::MembreComiteAppui { dlas: dlas.clone() },
            Role::ChargeDeMissionRegional { dlas: dlas.clone(), regional: OrganisationId(ID) },
            Role::Integration { dlas },
            Role::Financeur { financeur: OrganisationId(ID) },
            Role::StructureBeneficiaire { structure: OrganisationId(ID) },
            Role::Prestataire { prestataire: OrganisationId(ID) },
            Role::Partenaire { partenaire: OrganisationId(ID) },
            Role::Auditeur { auditeur: OrganisationId(ID) },
            Role::Avise,
            Role::Dpo,
            Role::Admin,
        ] {
            let token = dev.mint(&bearer(role.clone()), clock::now()).unwrap();
            let caller = verifier.verify(&token).unwrap();
            assert_eq!((caller.role, caller.org), (role, Some(OrganisationId(ID))));
            assert_eq!((caller.issuer.as_str(), caller.subject.as_str()), (ISSUER, "amina"));
            assert_eq!(caller.via.as_deref(), Some("demo"));
        }
    }

    #[test]
    fn nobody_becomes_the_house() {
        let dev = DevIssuer::new().unwrap();
        let token = dev.mint(&bearer(Role::House), clock::now()).unwrap();
        let verifier = Verifier::new().with(dev.issuer());
        assert_eq!(verifier.verify(&token), Err(Denied::Role("role".to_owned())));
    }

    #[test]
    fn a_token_ends_after_twelve_hours_and_serves_no_other_process() {
        let dev = DevIssuer::new().unwrap();
        let verifier = Verifier::new().with(dev.issuer());
        let yesterday = clock::now() - LIFETIME - SignedDuration::from_mins(1);
        let old = dev.mint(&bearer(Role::Admin), yesterday).unwrap();
        assert_eq!(verifier.verify(&old), Err(Denied::Expired));
        let token = dev.mint(&bearer(Role::Admin), clock::now()).unwrap();
        assert_eq!(Verifier::new().verify(&token), Err(Denied::Issuer));
        let other = DevIssuer::new().unwrap();
        assert_eq!(Verifier::new().with(other.issuer()).verify(&token), Err(Denied::Signature));
    }
}
