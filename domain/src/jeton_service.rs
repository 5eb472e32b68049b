//! A service token: a portal comes by itself, in one role and for some DLAs or one organisation,
//! until a day that is known when it is issued.
//!
//! The secret is shown once, to whoever asked for it, and stands nowhere. Its SHA-256 does: the
//! secret is 256 bits drawn at random, which no hash gives away.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use serde::{Deserialize, Serialize};

use crate::{
    Asked, Date, Decided, Decider, Decision, Dla, DlaId, JetonServiceId, Line, Organisation,
    OrganisationId, Place, Reseau, RoleName, Seen,
    actor::{Perimeter, rights},
    document::Empreinte,
    refusal::{Common, refusals},
};

#[cfg(test)]
pub(crate) mod tests;

/// How long a token may be good for, in days: it is renewed once a year, with a month to do it.
pub const VALIDITY_DAYS_MAX: i64 = 400;

/// The most DLAs that one token acts for: those of a large region.
pub const DLAS_MAX: usize = 100;

/// The most ranges of addresses that one token may come from.
pub const ADRESSES_MAX: usize = 20;

/// Under which a hash is held by one token: what a token is found by.
pub const CLAIM: &str = "jeton_service";

/// Roles that act for DLAs.
const OF_DLAS: &[RoleName] = &[
    RoleName::ChargeDeMission,
    RoleName::ResponsablePorteuse,
    RoleName::MembreComiteAppui,
    RoleName::Integration,
];

/// Roles that act for one organisation.
const OF_ORGANISATION: &[RoleName] = &[
    RoleName::Financeur,
    RoleName::StructureBeneficiaire,
    RoleName::Prestataire,
    RoleName::Partenaire,
];

/// What can happen to a service token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// It may be used from now on.
    JetonServiceIssued(Emission),
    /// It may no longer be used.
    JetonServiceRevoked {
        #[serde(skip_serializing_if = "Option::is_none")]
        motif: Option<MotifRevocation>,
    },
}

/// For whom a token is, what it opens, from where and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Emission {
    /// What it is called: no name of a person, for it stands in clear.
    pub libelle: Line,
    pub role: RoleName,
    /// For the roles that act for DLAs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dlas: BTreeSet<DlaId>,
    /// For the roles that act for an organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    pub acces: AccesJeton,
    /// Where it may come from; empty for anywhere.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub adresses: BTreeSet<Reseau>,
    /// The last day on which it is good, in Paris.
    pub expires_on: Date,
    /// Of its secret.
    pub empreinte: Empreinte,
}

/// What a token may do within its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccesJeton {
    /// Ask questions.
    Read,
    /// And give commands.
    ReadWrite,
}

/// Why a token was revoked. Chosen, not written: it stands in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MotifRevocation {
    /// Somebody else may have seen it.
    Compromis,
    /// Another one takes its place.
    Remplace,
    /// Nobody uses it any more.
    Inutilise,
}

refusals! {
    /// A machine that could issue tokens would renew its own for ever.
    JetonRoleUnfit { role: &'static str } = "JETON_ROLE_UNFIT" at "role":
        "Un jeton de service n'agit pas en {role} : choisissez un rôle qui agit pour des DLA ou pour une organisation.",
        "A service token does not act as {role}: choose a role that acts for DLAs or for an organisation.";
    /// The role says for whom it acts.
    JetonDlasOutOfRange { max: usize } = "JETON_DLAS_OUT_OF_RANGE" at "dlas":
        "Ce rôle agit pour des DLA : indiquez-en entre 1 et {max}, et pas d'organisation.",
        "This role acts for DLAs: give between 1 and {max}, and no organisation.";
    /// The same, of one organisation.
    JetonOrganisationNeeded {} = "JETON_ORGANISATION_NEEDED" at "organisation":
        "Ce rôle agit pour une organisation : indiquez-la, et aucun DLA.",
        "This role acts for an organisation: give it, and no DLA.";
    /// A token that nobody renews must end.
    JetonExpiryOutOfRange { from: Date, until: Date } = "JETON_EXPIRY_OUT_OF_RANGE" at "expiresOn":
        "Indiquez un dernier jour entre le {from} et le {until}.",
        "Give a last day between {from} and {until}.";
    /// A fact must fit in one leaf of the log.
    JetonAdressesOutOfRange { max: usize } = "JETON_ADRESSES_OUT_OF_RANGE" at "adresses":
        "Indiquez au plus {max} plages d'adresses.",
        "Give at most {max} ranges of addresses.";
}

rights! {
    ISSUE = "issueServiceToken": Admin;
    REVOKE = "revokeServiceToken": Admin;
}

/// What the decisions need to remember, and those who let the token in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JetonService {
    emission: Option<Emission>,
    revoked: bool,
}

impl JetonService {
    /// Lets a portal come by itself. Those it acts for are known to the registry.
    pub fn issue_service_token(
        &self,
        asked: &Asked,
        emission: Emission,
        dlas: &[Seen<Dla>],
        organisation: Option<&Seen<Organisation>>,
    ) -> Decision<Self> {
        asked.may(&ISSUE, &Perimeter::open())?;
        if self.emission.is_some() {
            return Err(Common::AlreadyExists {}.into());
        }
        emission.check(asked)?;
        if !dlas.iter().all(Seen::exists) || !organisation.is_none_or(Seen::exists) {
            return Err(Common::NotFound {}.into());
        }
        let empreinte = emission.empreinte.as_str().to_owned();
        let issued = Event::JetonServiceIssued(emission);
        Ok(records(asked, issued).claiming(CLAIM, empreinte))
    }

    /// Has it be good for nothing any more, for ever.
    pub fn revoke_service_token(
        &self,
        asked: &Asked,
        motif: Option<MotifRevocation>,
    ) -> Decision<Self> {
        asked.may(&REVOKE, &self.perimeter(asked))?;
        if self.revoked {
            return Ok(Decided::nothing());
        }
        Ok(records(asked, Event::JetonServiceRevoked { motif }))
    }

    /// What it opens, once it was issued.
    pub fn emission(&self) -> Option<&Emission> {
        self.emission.as_ref()
    }

    /// Whether it was taken back.
    pub fn is_revoked(&self) -> bool {
        self.revoked
    }

    /// Who may know that it exists: those who issue them.
    fn perimeter(&self, asked: &Asked) -> Perimeter {
        let answers = asked.by.role.name() == RoleName::Admin;
        if self.emission.is_some() && answers { Perimeter::open() } else { Perimeter::default() }
    }
}

impl Emission {
    /// What a type cannot say.
    fn check(&self, asked: &Asked) -> Result<(), Refusal> {
        if OF_DLAS.contains(&self.role) {
            if self.organisation.is_some() || !(1..=DLAS_MAX).contains(&self.dlas.len()) {
                return Err(Refusal::JetonDlasOutOfRange { max: DLAS_MAX });
            }
        } else if OF_ORGANISATION.contains(&self.role) {
            if self.organisation.is_none() || !self.dlas.is_empty() {
                return Err(Refusal::JetonOrganisationNeeded {});
            }
        } else {
            return Err(Refusal::JetonRoleUnfit { role: self.role.as_str() });
        }
        let from = asked.today;
        let until = from.saturating_add(VALIDITY_DAYS_MAX.days());
        if !(from..=until).contains(&self.expires_on) {
            return Err(Refusal::JetonExpiryOutOfRange { from, until });
        }
        if self.adresses.len() > ADRESSES_MAX {
            return Err(Refusal::JetonAdressesOutOfRange { max: ADRESSES_MAX });
        }
        Ok(())
    }
}

fn records(asked: &Asked, event: Event) -> Decided<Event> {
    asked.records(Place::default(), [event])
}

impl Decider for JetonService {
    const CATEGORY: &'static str = "jeton_service";

    type Id = JetonServiceId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::JetonServiceIssued(emission) => self.emission = Some(emission.clone()),
            Event::JetonServiceRevoked { .. } => self.revoked = true,
        }
    }
}
