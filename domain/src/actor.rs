//! Who asks, in which role, and for whom. A role carries its own perimeter.
//!
//! Source of the roles: the DLA's own organisation (décret 2015-1103 and the
//! method's list of actors), and those who control what is financed. What each may do is said by the aggregates (`rights!`)
//! and printed in `rights.txt`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{ActorId, DlaId, OrganisationId};

/// An authenticated person or machine, acting in one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Drawn at random for an issuer and a subject, so that erasing the mapping forgets the person.
    pub id: ActorId,
    /// For which organisation they act.
    pub org: Option<OrganisationId>,
    /// By which door they came: the client that holds their token.
    pub via: Option<String>,
    pub role: Role,
}

/// What an actor may do, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Works for one or several DLAs.
    ChargeDeMission { dlas: BTreeSet<DlaId> },
    /// Answers for the structure that carries the DLA.
    ResponsablePorteuse { dlas: BTreeSet<DlaId> },
    /// Supports the DLAs of a region (once C2RA): reads their dossiers, answers for its own
    /// organisation, and advises.
    ChargeDeMissionRegional { dlas: BTreeSet<DlaId>, regional: OrganisationId },
    /// Gives opinions on the dossiers that the comité d'appui of a DLA examines.
    MembreComiteAppui { dlas: BTreeSet<DlaId> },
    /// Reads what it finances or is asked to finance, answers for its own lines.
    Financeur { financeur: OrganisationId },
    /// Is accompanied.
    StructureBeneficiaire { structure: OrganisationId },
    /// Bids, intervenes.
    Prestataire { prestataire: OrganisationId },
    /// Takes part in ingénieries without paying (C2RA, CNAR, networks, resource centres): reads
    /// what it is asked to answer, and answers it.
    Partenaire { partenaire: OrganisationId },
    /// Controls: reads what a mandate opens to its organisation, between its dates.
    Auditeur { auditeur: OrganisationId },
    /// A regional portal: brings data into the dossiers of some DLAs.
    Integration { dlas: BTreeSet<DlaId> },
    /// Leads the network: keeps its reference lists, reads figures and what is published.
    Avise,
    /// Answers for the protection of data: register, holds, erasures, journals.
    Dpo,
    /// Keeps the registry of organisations and DLAs.
    Admin,
    /// The house itself, when it reads a fact and draws its consequence.
    House,
}

/// A role without its perimeter, as events and tables write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RoleName {
    ChargeDeMission,
    ResponsablePorteuse,
    ChargeDeMissionRegional,
    MembreComiteAppui,
    Financeur,
    StructureBeneficiaire,
    Prestataire,
    Partenaire,
    Auditeur,
    Integration,
    Avise,
    Dpo,
    Admin,
    House,
}

impl RoleName {
    /// Every role, in the order of the tables.
    pub const ALL: &[Self] = &[
        Self::ChargeDeMission,
        Self::ResponsablePorteuse,
        Self::ChargeDeMissionRegional,
        Self::MembreComiteAppui,
        Self::Financeur,
        Self::StructureBeneficiaire,
        Self::Prestataire,
        Self::Partenaire,
        Self::Auditeur,
        Self::Integration,
        Self::Avise,
        Self::Dpo,
        Self::Admin,
        Self::House,
    ];

    /// As written in events, tokens and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ChargeDeMission => "CHARGE_DE_MISSION",
            Self::ResponsablePorteuse => "RESPONSABLE_PORTEUSE",
            Self::ChargeDeMissionRegional => "CHARGE_DE_MISSION_REGIONAL",
            Self::MembreComiteAppui => "MEMBRE_COMITE_APPUI",
            Self::Financeur => "FINANCEUR",
            Self::StructureBeneficiaire => "STRUCTURE_BENEFICIAIRE",
            Self::Prestataire => "PRESTATAIRE",
            Self::Partenaire => "PARTENAIRE",
            Self::Auditeur => "AUDITEUR",
            Self::Integration => "INTEGRATION",
            Self::Avise => "AVISE",
            Self::Dpo => "DPO",
            Self::Admin => "ADMIN",
            Self::House => "HOUSE",
        }
    }
}

impl Role {
    /// The role without its perimeter.
    pub fn name(&self) -> RoleName {
        match self {
            Self::ChargeDeMission { .. } => RoleName::ChargeDeMission,
            Self::ResponsablePorteuse { .. } => RoleName::ResponsablePorteuse,
            Self::ChargeDeMissionRegional { .. } => RoleName::ChargeDeMissionRegional,
            Self::MembreComiteAppui { .. } => RoleName::MembreComiteAppui,
            Self::Financeur { .. } => RoleName::Financeur,
            Self::StructureBeneficiaire { .. } => RoleName::StructureBeneficiaire,
            Self::Prestataire { .. } => RoleName::Prestataire,
            Self::Partenaire { .. } => RoleName::Partenaire,
            Self::Auditeur { .. } => RoleName::Auditeur,
            Self::Integration { .. } => RoleName::Integration,
            Self::Avise => RoleName::Avise,
            Self::Dpo => RoleName::Dpo,
            Self::Admin => RoleName::Admin,
            Self::House => RoleName::House,
        }
    }

    /// The DLAs of its perimeter.
    pub fn dlas(&self) -> impl Iterator<Item = DlaId> {
        let dlas = match self {
            Self::ChargeDeMission { dlas }
            | Self::ResponsablePorteuse { dlas }
            | Self::ChargeDeMissionRegional { dlas, .. }
            | Self::MembreComiteAppui { dlas }
            | Self::Integration { dlas } => Some(dlas),
            Self::Financeur { .. }
            | Self::StructureBeneficiaire { .. }
            | Self::Prestataire { .. }
            | Self::Partenaire { .. }
            | Self::Auditeur { .. }
            | Self::Avise
            | Self::Dpo
            | Self::Admin
            | Self::House => None,
        };
        dlas.into_iter().flatten().copied()
    }

    /// Whether whoever holds it reads all that their perimeter holds. A portal reads no offre and
    /// no document: to it, what it may not do is not told from what is not there.
    pub fn reads_its_perimeter(&self) -> bool {
        match self {
            Self::Integration { .. } => false,
            Self::ChargeDeMission { .. }
            | Self::ResponsablePorteuse { .. }
            | Self::ChargeDeMissionRegional { .. }
            | Self::MembreComiteAppui { .. }
            | Self::Financeur { .. }
            | Self::StructureBeneficiaire { .. }
            | Self::Prestataire { .. }
            | Self::Partenaire { .. }
            | Self::Auditeur { .. }
            | Self::Avise
            | Self::Dpo
            | Self::Admin
            | Self::House => true,
        }
    }
}

/// Who may know that an object exists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Perimeter {
    /// Anyone with a token.
    pub everyone: bool,
    /// Whoever works for, answers for, supports or fills one of these.
    pub dlas: BTreeSet<DlaId>,
    /// Whoever sits in the comité d'appui of one of these.
    pub comites: BTreeSet<DlaId>,
    /// The organisations concerned: financeurs, structures, prestataires.
    pub organisations: BTreeSet<OrganisationId>,
    /// Those who are asked to answer, in whatever role.
    pub repondants: BTreeSet<OrganisationId>,
}

impl Perimeter {
    /// Known to anyone with a token, such as the registry of organisations.
    pub fn open() -> Self {
        Self { everyone: true, ..Self::default() }
    }

    /// Known to those of some DLAs.
    pub fn of_dlas(dlas: impl IntoIterator<Item = DlaId>) -> Self {
        Self { dlas: dlas.into_iter().collect(), ..Self::default() }
    }

    /// And to these organisations.
    #[must_use]
    pub fn and(mut self, organisations: impl IntoIterator<Item = OrganisationId>) -> Self {
        self.organisations.extend(organisations);
        self
    }

    /// And to the comité d'appui of these.
    #[must_use]
    pub fn advised_by(mut self, dlas: impl IntoIterator<Item = DlaId>) -> Self {
        self.comites.extend(dlas);
        self
    }

    /// And to these, who are asked to answer.
    #[must_use]
    pub fn answered_by(mut self, repondants: impl IntoIterator<Item = OrganisationId>) -> Self {
        self.repondants.extend(repondants);
        self
    }
}

impl Actor {
    /// The house itself. The id is nil: no person stands behind it.
    pub const HOUSE: Self =
        Self { id: ActorId(uuid::Uuid::nil()), org: None, via: None, role: Role::House };

    /// Whether the actor may know that the object exists.
    pub fn sees(&self, around: &Perimeter) -> bool {
        around.everyone
            || match &self.role {
                Role::ChargeDeMission { dlas }
                | Role::ResponsablePorteuse { dlas }
                | Role::Integration { dlas } => !dlas.is_disjoint(&around.dlas),
                // Of the dossiers of the DLA, the agendas say which they read: by reading alone.
                Role::MembreComiteAppui { dlas } => !dlas.is_disjoint(&around.comites),
                Role::ChargeDeMissionRegional { dlas, regional } => {
                    !dlas.is_disjoint(&around.dlas) || around.repondants.contains(regional)
                }
                Role::Financeur { financeur: id }
                | Role::StructureBeneficiaire { structure: id }
                | Role::Prestataire { prestataire: id } => {
                    around.organisations.contains(id) || around.repondants.contains(id)
                }
                Role::Partenaire { partenaire: id } => around.repondants.contains(id),
                // What an auditor reads, a mandate opens to reading and to nothing else. The others
                // keep registries, and see no business content.
                Role::Auditeur { .. } | Role::Avise | Role::Dpo | Role::Admin => false,
                Role::House => true,
            }
    }

    /// Whether the actor works for, answers for or advises that DLA.
    pub fn serves(&self, dla: DlaId) -> bool {
        match &self.role {
            Role::ChargeDeMission { dlas }
            | Role::ResponsablePorteuse { dlas }
            | Role::MembreComiteAppui { dlas } => dlas.contains(&dla),
            Role::ChargeDeMissionRegional { .. }
            | Role::Financeur { .. }
            | Role::StructureBeneficiaire { .. }
            | Role::Prestataire { .. }
            | Role::Partenaire { .. }
            | Role::Auditeur { .. }
            | Role::Integration { .. }
            | Role::Avise
            | Role::Dpo
            | Role::Admin
            | Role::House => false,
        }
    }

    /// The organisation the actor answers for, when the role is about one.
    pub fn answers_for(&self) -> Option<OrganisationId> {
        match &self.role {
            Role::ChargeDeMissionRegional { regional: id, .. }
            | Role::Financeur { financeur: id }
            | Role::StructureBeneficiaire { structure: id }
            | Role::Prestataire { prestataire: id }
            | Role::Partenaire { partenaire: id }
            | Role::Auditeur { auditeur: id } => Some(*id),
            Role::ChargeDeMission { .. }
            | Role::ResponsablePorteuse { .. }
            | Role::MembreComiteAppui { .. }
            | Role::Integration { .. }
            | Role::Avise
            | Role::Dpo
            | Role::Admin
            | Role::House => None,
        }
    }
}

/// A command and the roles that may give it, inside their perimeter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The command, named as its mutation.
    pub act: &'static str,
    pub roles: &'static [RoleName],
}

/// Declares who may do what to an aggregate; `rights.txt` shows the whole table.
macro_rules! rights {
    ($($name:ident = $act:literal: $($role:ident),+;)*) => {
        $(const $name: $crate::actor::Right = $crate::actor::Right {
            act: $act,
            roles: &[$($crate::actor::RoleName::$role),+],
        };)*

        /// Who may do what here.
        pub const RIGHTS: &[$crate::actor::Right] = &[$($name),*];
    };
}
pub(crate) use rights;

#[cfg(test)]
mod tests;
