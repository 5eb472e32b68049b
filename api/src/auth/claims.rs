//! From the claims of a verified token to a role with its perimeter.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Actor, ActorId, DlaId, OrganisationId, Role, RoleName};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Denied;

/// The longest `azp` or `client_id` that is kept.
const CLIENT_CHARS_MAX: usize = 100;

/// How an issuer names what the house needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimNames {
    pub role: String,
    pub organisation: String,
    pub dlas: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        let [role, organisation, dlas] = ["role", "org", "dlas"].map(str::to_owned);
        Self { role, organisation, dlas }
    }
}

/// Whom a token names, before the house has looked up its own id for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub issuer: String,
    pub subject: String,
    pub org: Option<OrganisationId>,
    pub via: Option<String>,
    pub role: Role,
}

impl Caller {
    /// The caller as the house knows them.
    pub fn actor(self, id: ActorId) -> Actor {
        Actor { id, org: self.org, via: self.via, role: self.role }
    }
}

impl ClaimNames {
    pub(super) fn caller(
        &self,
        issuer: &str,
        subject: &str,
        claims: &Map<String, Value>,
    ) -> Result<Caller, Denied> {
        let name = claims
            .get(&self.role)
            .and_then(Value::as_str)
            .and_then(role_name)
            .ok_or_else(|| Denied::Role(self.role.clone()))?;
        let no_organisation = || Denied::Perimeter(self.organisation.clone());
        let org = match claims.get(&self.organisation) {
            None | Some(Value::Null) => None,
            Some(it) => Some(id_of(it, "Organisation").ok_or_else(no_organisation)?),
        }
        .map(OrganisationId);
        let via = ["azp", "client_id"]
            .into_iter()
            .find_map(|it| claims.get(it).and_then(Value::as_str))
            .map(|it| it.chars().take(CLIENT_CHARS_MAX).collect());
        let dlas = || {
            self.dlas(claims)
                .ok_or_else(|| Denied::Perimeter(self.dlas.clone()))
        };
        let organisation = || org.ok_or_else(no_organisation);
        let role = match name {
            RoleName::ChargeDeMission => Role::ChargeDeMission { dlas: dlas()? },
            RoleName::ResponsablePorteuse => Role::ResponsablePorteuse { dlas: dlas()? },
            RoleName::ChargeDeMissionRegional => {
                Role::ChargeDeMissionRegional { dlas: dlas()?, regional: organisation()? }
            }
            RoleName::MembreComiteAppui => Role::MembreComiteAppui { dlas: dlas()? },
            RoleName::Financeur => Role::Financeur { financeur: organisation()? },
            RoleName::StructureBeneficiaire => {
                Role::StructureBeneficiaire { structure: organisation()? }
            }
            RoleName::Prestataire => Role::Prestataire { prestataire: organisation()? },
            RoleName::Partenaire => Role::Partenaire { partenaire: organisation()? },
            RoleName::Auditeur => Role::Auditeur { auditeur: organisation()? },
            RoleName::Integration => Role::Integration { dlas: dlas()? },
            RoleName::Avise => Role::Avise,
            RoleName::Dpo => Role::Dpo,
            RoleName::Admin => Role::Admin,
            // No token makes anyone the house itself.
            RoleName::House => return Err(Denied::Role(self.role.clone())),
        };
        let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
        Ok(Caller { issuer, subject, org, via, role })
    }

    /// At least one DLA; one that is not an id spoils the list.
    fn dlas(&self, claims: &Map<String, Value>) -> Option<BTreeSet<DlaId>> {
        let all: BTreeSet<DlaId> = claims
            .get(&self.dlas)?
            .as_array()?
            .iter()
            .map(|it| id_of(it, "Dla").map(DlaId))
            .collect::<Option<_>>()?;
        (!all.is_empty()).then_some(all)
    }
}

fn role_name(text: &str) -> Option<RoleName> {
    RoleName::ALL.iter().copied().find(|it| it.as_str() == text)
}

/// A UUID, or the global id of a noun: `Noun:uuid` in URL-safe base64.
fn id_of(value: &Value, noun: &str) -> Option<Uuid> {
    let text = value.as_str()?;
    if let Ok(id) = text.parse() {
        return Some(id);
    }
    let global = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    let (named, id) = std::str::from_utf8(&global).ok()?.split_once(':')?;
    if named == noun { id.parse().ok() } else { None }
}
