//! What an actor may see, as query parameters. No query function can be called without it.

use domain::{Actor, Date, Role, RoleName, Rule};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The rows that an actor may see: a row is theirs when it shares a DLA or an organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Everything: the house itself.
    pub all: bool,
    pub dlas: Vec<Uuid>,
    pub organisations: Vec<Uuid>,
    /// Whose answers the actor gives: their organisation, or their DLAs.
    pub repondants: Vec<Uuid>,
    /// For the rows that only some roles see.
    pub role: Option<RoleName>,
}

impl Scope {
    /// What the role of an actor shows them. Says of rows what `Actor::sees` says of states.
    pub fn of(actor: &Actor) -> Self {
        let role = Some(actor.role.name());
        let organisations: Vec<_> = actor.answers_for().map(|it| it.0).into_iter().collect();
        let repondants = organisations.clone();
        match &actor.role {
            Role::ChargeDeMission { dlas }
            | Role::ResponsablePorteuse { dlas }
            | Role::MembreComiteAppui { dlas } => {
                let dlas: Vec<_> = dlas.iter().map(|it| it.0).collect();
                Self { repondants: dlas.clone(), dlas, role, ..Self::default() }
            }
            Role::Financeur { .. }
            | Role::StructureBeneficiaire { .. }
            | Role::Prestataire { .. } => {
                Self { organisations, repondants, role, ..Self::default() }
            }
            // What it is asked to answer, and nothing of the dossiers that it takes part in.
            Role::Partenaire { .. } => Self { repondants, role, ..Self::default() },
            Role::Admin => Self { role, ..Self::default() },
            Role::House => Self { all: true, role, ..Self::default() },
        }
    }

    /// Whether the actor may follow how prestataires were asked, and what they offer: those
    /// of the DLAs, and those who pay. Prestataires and structures must not learn of others'
    /// offres.
    pub fn follows_consultations(&self) -> bool {
        match self.role {
            Some(
                RoleName::ChargeDeMission
                | RoleName::ResponsablePorteuse
                | RoleName::MembreComiteAppui
                | RoleName::Financeur
                | RoleName::House,
            ) => true,
            Some(
                RoleName::StructureBeneficiaire
                | RoleName::Prestataire
                | RoleName::Partenaire
                | RoleName::Admin,
            )
            | None => false,
        }
    }

    /// The structure that asks for itself: it reads nothing of another one.
    pub fn own_structure(&self) -> Option<Uuid> {
        let own = self.role == Some(RoleName::StructureBeneficiaire);
        self.organisations.first().copied().filter(|_| own)
    }

    /// Whether the actor works for, answers for or advises one of these DLAs.
    pub fn inside(&self, dlas: &[Uuid]) -> bool {
        self.all || dlas.iter().any(|it| self.dlas.contains(it))
    }
}

/// Rows `t` of a table whose rows belong to a dossier, each with the DLAs of its dossier as they
/// stand now: one that was associated after the row was opened reads it like the others.
macro_rules! joined {
    ($table:literal, $($rest:tt)+) => {
        concat!(
            "select to_jsonb(t) || jsonb_build_object('dlas', t.dlas || coalesce(
                        (select i.dlas from ingenieries i where i.id = t.ingenierie), '{}'))
             from ",
            $table,
            " t ",
            $($rest)+
        )
    };
}
pub(crate) use joined;

/// Where a sealed value stands: rows never hold it opened, the query opens it for a reader
/// who may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPlace {
    pub position: i64,
    pub pointer: String,
}

impl SealedPlace {
    /// In that fact, by JSON pointer.
    pub(crate) fn of(recorded: &Recorded, pointer: &str) -> Self {
        Self { position: recorded.position.0, pointer: pointer.to_owned() }
    }

    /// The same, of a value that a fact may hold or not.
    pub(crate) fn if_given(recorded: &Recorded, pointer: &str) -> Option<Self> {
        let given = recorded.sealed.iter().any(|it| it == pointer);
        given.then(|| Self::of(recorded, pointer))
    }
}

/// A rule that was set aside, and where the reason is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    pub rule: Rule,
    pub on: Date,
    pub because: SealedPlace,
}

impl Waiver {
    /// As a `RuleWaived` says it, whatever its aggregate.
    pub(crate) fn of(rule: Rule, recorded: &Recorded) -> Self {
        Self { rule, on: recorded.on, because: SealedPlace::of(recorded, "/because") }
    }
}
