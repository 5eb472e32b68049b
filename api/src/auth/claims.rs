//! From the claims of a verified token to a role with its perimeter.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Actor, ActorId, DlaId, OrganisationId, Role, RoleName, Siret};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Denied, registry::Found};
use crate::config::IssuerSettings;

/// The longest `azp` or `client_id` that is kept.
const CLIENT_CHARS_MAX: usize = 100;

/// How an issuer names what the house needs to know. A claim goes by its name, or by a JSON
/// pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimNames {
    pub role: String,
    pub organisation: String,
    pub dlas: String,
    /// What it calls the roles; when it is empty, what we call them.
    pub roles: BTreeMap<String, RoleName>,
    /// The role of those to whom it gives none.
    pub default_role: Option<RoleName>,
}

impl Default for ClaimNames {
    fn default() -> Self {
        let [role, organisation, dlas] = ["role", "org", "dlas"].map(str::to_owned);
        Self { role, organisation, dlas, roles: BTreeMap::new(), default_role: None }
    }
}

impl From<&IssuerSettings> for ClaimNames {
    fn from(it: &IssuerSettings) -> Self {
        Self {
            role: it.role_claim.clone(),
            organisation: it.organisation_claim.clone(),
            dlas: it.dlas_claim.clone(),
            roles: it.roles.clone(),
            default_role: it.default_role,
        }
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
    /// Whether they may change nothing, whatever their role.
    pub read_only: bool,
}

impl Caller {
    /// The caller as the house knows them.
    pub fn actor(self, id: ActorId) -> Actor {
        Actor { id, org: self.org, via: self.via, role: self.role }
    }
}

/// Whom a verified token names, in the words of its issuer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bearer<'a> {
    names: &'a ClaimNames,
    issuer: &'a str,
    subject: String,
    via: Option<String>,
    role: RoleName,
    organisation: Option<Named>,
    /// None when the claim is absent, or holds something else.
    dlas: Option<Vec<Named>>,
}

/// An organisation, or the DLAs that it carries, as a claim names them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    Id(Uuid),
    Siret(Siret),
}

impl Named {
    fn siret(&self) -> Option<&Siret> {
        match self {
            Self::Siret(siret) => Some(siret),
            Self::Id(_) => None,
        }
    }
}

impl ClaimNames {
    /// What the claims say, as far as they say it by themselves.
    pub(super) fn bearer<'a>(
        &'a self,
        issuer: &'a str,
        subject: &str,
        claims: &Map<String, Value>,
    ) -> Result<Bearer<'a>, Denied> {
        let role = self.role(claims)?;
        let no_organisation = || Denied::Perimeter(self.organisation.clone());
        let organisation = match at(claims, &self.organisation) {
            None | Some(Value::Null) => None,
            Some(it) => Some(named(it, "Organisation").ok_or_else(no_organisation)?),
        };
        let via = ["azp", "client_id"]
            .into_iter()
            .find_map(|it| claims.get(it).and_then(Value::as_str))
            .map(|it| it.chars().take(CLIENT_CHARS_MAX).collect());
        let dlas = at(claims, &self.dlas).and_then(dlas);
        let subject = subject.to_owned();
        Ok(Bearer { names: self, issuer, subject, via, role, organisation, dlas })
    }

    /// The one role known here that the claim names.
    fn role(&self, claims: &Map<String, Value>) -> Result<RoleName, Denied> {
        let unknown = || Denied::Role(self.role.clone());
        let said: Vec<&str> = match at(claims, &self.role) {
            None | Some(Value::Null) => vec![],
            Some(Value::Array(all)) => {
                let texts = all.iter().map(Value::as_str);
                texts.collect::<Option<_>>().ok_or_else(unknown)?
            }
            Some(it) => vec![it.as_str().ok_or_else(unknown)?],
        };
        let known: BTreeSet<_> = said.into_iter().filter_map(|it| self.known(it)).collect();
        let mut known = known.into_iter();
        match (known.next(), known.next()) {
            (Some(role), None) => Ok(role),
            (None, _) => self.default_role.ok_or_else(unknown),
            (Some(_), Some(_)) => Err(Denied::Roles(self.role.clone())),
        }
    }

    /// No token makes anyone the house itself.
    fn known(&self, text: &str) -> Option<RoleName> {
        let ours = || RoleName::ALL.iter().find(|it| it.as_str() == text);
        let role = if self.roles.is_empty() { ours() } else { self.roles.get(text) };
        role.copied().filter(|it| *it != RoleName::House)
    }
}

impl Bearer<'_> {
    /// The SIRETs of organisations that must be looked up, and of those that carry DLAs.
    pub(super) fn sirets(&self) -> (Vec<&Siret>, Vec<&Siret>) {
        let organisation = self.organisation.iter().filter_map(Named::siret);
        let dlas = self.dlas.iter().flatten().filter_map(Named::siret);
        (organisation.collect(), dlas.collect())
    }

    /// The caller, with what was found of the SIRETs.
    pub(super) fn caller(self, found: &Found) -> Result<Caller, Denied> {
        let Self { names, organisation, dlas, .. } = self;
        let org = match organisation {
            None => None,
            Some(Named::Id(id)) => Some(OrganisationId(id)),
            Some(Named::Siret(siret)) => Some(
                *found
                    .organisations
                    .get(&siret)
                    .ok_or_else(|| Denied::Unregistered(names.organisation.clone()))?,
            ),
        };
        let dlas = || {
            let mut all = BTreeSet::new();
            for it in dlas.iter().flatten() {
                match it {
                    Named::Id(id) => all.extend([DlaId(*id)]),
                    Named::Siret(siret) => all.extend(
                        found
                            .dlas
                            .get(siret)
                            .filter(|it| !it.is_empty())
                            .ok_or_else(|| Denied::Unregistered(names.dlas.clone()))?,
                    ),
                }
            }
            if all.is_empty() { Err(Denied::Perimeter(names.dlas.clone())) } else { Ok(all) }
        };
        let organisation = || org.ok_or_else(|| Denied::Perimeter(names.organisation.clone()));
        let role = role_of(self.role, dlas, organisation)?;
        let role = role.ok_or_else(|| Denied::Role(names.role.clone()))?;
        let (issuer, subject) = (self.issuer.to_owned(), self.subject);
        Ok(Caller { issuer, subject, org, via: self.via, role, read_only: false })
    }
}

/// The role with its perimeter; none for the house, which nobody becomes.
pub(super) fn role_of<E>(
    name: RoleName,
    dlas: impl Fn() -> Result<BTreeSet<DlaId>, E>,
    organisation: impl Fn() -> Result<OrganisationId, E>,
) -> Result<Option<Role>, E> {
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
        RoleName::House => return Ok(None),
    };
    Ok(Some(role))
}

/// The claim of that name; when it begins with `/`, what a JSON pointer shows (RFC 6901).
fn at<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let Some(pointer) = name.strip_prefix('/') else { return claims.get(name) };
    let (first, rest) = match pointer.find('/') {
        Some(end) => pointer.split_at(end),
        None => (pointer, ""),
    };
    let first = first.replace("~1", "/").replace("~0", "~");
    claims.get(&first)?.pointer(rest)
}

/// One, or a list; one that is none of the forms spoils the list.
fn dlas(value: &Value) -> Option<Vec<Named>> {
    match value {
        Value::Array(all) => all.iter().map(|it| named(it, "Dla")).collect(),
        one => Some(vec![named(one, "Dla")?]),
    }
}

/// A UUID, the global id of a noun (`Noun:uuid` in URL-safe base64), or a SIRET.
fn named(value: &Value, noun: &str) -> Option<Named> {
    let text = value.as_str()?;
    if let Ok(id) = text.parse() {
        return Some(Named::Id(id));
    }
    if let Ok(siret) = Siret::parse(text) {
        return Some(Named::Siret(siret));
    }
    let global = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    let (named, id) = std::str::from_utf8(&global).ok()?.split_once(':')?;
    if named == noun { id.parse().ok().map(Named::Id) } else { None }
}
