//! What an actor may see, as query parameters. No query function can be called without it.

use domain::{Actor, Role};
use uuid::Uuid;

/// The rows that an actor may see: a row is theirs when it shares a DLA or an organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Everything: the house itself.
    pub all: bool,
    pub dlas: Vec<Uuid>,
    pub organisations: Vec<Uuid>,
}

impl Scope {
    /// What the role of an actor shows them. Says of rows what `Actor::sees` says of states.
    pub fn of(actor: &Actor) -> Self {
        let organisations = actor.answers_for().map(|it| it.0).into_iter().collect();
        match &actor.role {
            Role::ChargeDeMission { dlas }
            | Role::ResponsablePorteuse { dlas }
            | Role::MembreComiteAppui { dlas } => {
                Self { dlas: dlas.iter().map(|it| it.0).collect(), ..Self::default() }
            }
            Role::Financeur { .. }
            | Role::StructureBeneficiaire { .. }
            | Role::Prestataire { .. } => Self { organisations, ..Self::default() },
            Role::Admin => Self::default(),
            Role::House => Self { all: true, ..Self::default() },
        }
    }

    /// Whether the actor works for, answers for or advises one of these DLAs.
    pub fn inside(&self, dlas: &[Uuid]) -> bool {
        self.all || dlas.iter().any(|it| self.dlas.contains(it))
    }
}
