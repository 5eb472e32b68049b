//! What an actor may see, as query parameters. No query function can be called without it.

use std::collections::BTreeSet;

use domain::{Actor, Date, DlaId, Role, RoleName, Rule};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Error, Reads, comites, mandats_audit, mandats_audit::Ouvert};

/// The rows that an actor may see: a row is theirs when it shares a DLA or an organisation, or
/// when its dossier is one that they read by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Everything: the house itself.
    pub all: bool,
    /// Those that the actor works for, answers for, supports or advises.
    pub dlas: Vec<Uuid>,
    /// Whose dossiers the actor reads: DLAs, and dossiers that they read one by one. An id is
    /// of one thing only, so that one list holds both.
    around: Vec<Uuid>,
    /// The organisation of an auditor, and what its mandates open.
    auditeur: Option<Uuid>,
    mandats: Vec<Ouvert>,
    pub organisations: Vec<Uuid>,
    /// Whose answers the actor gives: their organisation, or their DLAs.
    pub repondants: Vec<Uuid>,
    /// For the rows that only some roles see.
    pub role: Option<RoleName>,
}

impl Scope {
    /// What the role of an actor shows them, as the agendas and the mandates of today have it.
    pub async fn read(reads: &Reads, actor: &Actor, today: Date) -> Result<Self, Error> {
        let mut scope = Self::of(actor);
        match &actor.role {
            Role::MembreComiteAppui { dlas } => {
                scope.around = comites::inscribed(reads, dlas).await?;
            }
            Role::Auditeur { auditeur } => {
                scope.mandats = mandats_audit::in_force(reads, *auditeur, today).await?;
            }
            Role::ChargeDeMission { .. }
            | Role::ResponsablePorteuse { .. }
            | Role::ChargeDeMissionRegional { .. }
            | Role::Financeur { .. }
            | Role::StructureBeneficiaire { .. }
            | Role::Prestataire { .. }
            | Role::Partenaire { .. }
            | Role::Integration { .. }
            | Role::Avise
            | Role::Dpo
            | Role::Admin
            | Role::House => (),
        }
        Ok(scope)
    }

    /// What the role alone shows: of the dossiers that are opened one by one, none. Says of rows
    /// what `Actor::sees` says of states.
    pub fn of(actor: &Actor) -> Self {
        let role = Some(actor.role.name());
        let organisations: Vec<_> = actor.answers_for().map(|it| it.0).into_iter().collect();
        let repondants = organisations.clone();
        let ids = |dlas: &BTreeSet<DlaId>| -> Vec<Uuid> { dlas.iter().map(|it| it.0).collect() };
        match &actor.role {
            Role::ChargeDeMission { dlas } | Role::ResponsablePorteuse { dlas } => {
                let dlas = ids(dlas);
                let (around, repondants) = (dlas.clone(), dlas.clone());
                Self { dlas, around, repondants, role, ..Self::default() }
            }
            Role::ChargeDeMissionRegional { dlas, .. } => {
                let dlas = ids(dlas);
                Self { repondants, around: dlas.clone(), dlas, role, ..Self::default() }
            }
            // Of the DLA, its séances: its dossiers are those on their agendas.
            Role::MembreComiteAppui { dlas } => Self { dlas: ids(dlas), role, ..Self::default() },
            // The dossiers of the DLAs, and nothing that is for their people.
            Role::Integration { dlas } => Self { around: ids(dlas), role, ..Self::default() },
            Role::Financeur { .. }
            | Role::StructureBeneficiaire { .. }
            | Role::Prestataire { .. } => {
                Self { organisations, repondants, role, ..Self::default() }
            }
            // What it is asked to answer, and nothing of the dossiers that it takes part in.
            Role::Partenaire { .. } => Self { repondants, role, ..Self::default() },
            // What its mandates open is read with them.
            Role::Auditeur { auditeur } => {
                Self { auditeur: Some(auditeur.0), role, ..Self::default() }
            }
            Role::Avise | Role::Dpo | Role::Admin => Self { role, ..Self::default() },
            Role::House => Self { all: true, role, ..Self::default() },
        }
    }

    /// The same, or everything, for what is made to be published.
    #[must_use]
    pub fn widened(self, to_all: bool) -> Self {
        Self { all: self.all || to_all, ..self }
    }

    /// What rows of dossiers must share, by their DLAs or by their dossier.
    pub(crate) fn dossiers(&self) -> Vec<Uuid> {
        self.around.clone()
    }

    /// The same of what is evidence: an auditor reads it too, of the dossiers and the conventions
    /// of their mandates.
    pub(crate) fn evidence(&self) -> Vec<Uuid> {
        let opened = self.mandats.iter().flat_map(Ouvert::ids);
        self.around.iter().copied().chain(opened).collect()
    }

    /// The same of documents, which are for people: a portal reads none.
    pub(crate) fn papers(&self) -> Vec<Uuid> {
        let portal = self.role == Some(RoleName::Integration);
        if portal { vec![] } else { self.evidence() }
    }

    /// The same of what people said in confidence to their DLA, such as answers to an evaluation:
    /// neither a portal nor a comité reads it.
    pub(crate) fn confided(&self) -> Vec<Uuid> {
        match self.role {
            Some(RoleName::Integration | RoleName::MembreComiteAppui) => vec![],
            _ => self.dossiers(),
        }
    }

    /// What rows must share with whoever reads, of what was confided, only what many said together:
    /// an organisation, or what makes a dossier theirs.
    pub(crate) fn told_of_many(&self) -> Vec<Uuid> {
        self.organisations
            .iter()
            .chain(&self.around)
            .copied()
            .collect()
    }

    /// Whether it is to the actor that people of these DLAs' dossiers confide.
    pub fn hears(&self, dlas: &[Uuid]) -> bool {
        self.role != Some(RoleName::MembreComiteAppui) && self.inside(dlas)
    }

    /// The same of consultations, for those who may follow them.
    pub(crate) fn followed(&self) -> Vec<Uuid> {
        if self.follows_consultations() { self.dossiers() } else { vec![] }
    }

    /// The organisation of an auditor.
    pub(crate) fn auditeur(&self) -> Option<Uuid> {
        self.auditeur
    }

    /// The mandates that open a dossier or a convention to the auditor who asks.
    pub fn mandats_of(&self, id: Uuid) -> impl Iterator<Item = Uuid> {
        let opening = self
            .mandats
            .iter()
            .filter(move |it| it.ids().any(|it| it == id));
        opening.map(|it| it.id)
    }

    /// Whether it is opened to the auditor who asks.
    pub fn audits(&self, id: Uuid) -> bool {
        self.mandats_of(id).next().is_some()
    }

    /// Whether the actor reads figures of the whole network, and nothing of a dossier.
    pub(crate) fn counts_all(&self) -> bool {
        self.all || self.role == Some(RoleName::Avise)
    }

    /// Whether the actor answers for the house: its registry, or the data that it holds.
    pub fn keeps_house(&self) -> bool {
        matches!(self.role, Some(RoleName::Admin | RoleName::Dpo))
    }

    /// Whether the actor may follow how prestataires were asked, and what they offer: those
    /// of the DLAs, those who pay, and those who control. Prestataires and structures must not learn of others'
    /// offres.
    pub fn follows_consultations(&self) -> bool {
        match self.role {
            Some(
                RoleName::ChargeDeMission
                | RoleName::ResponsablePorteuse
                | RoleName::ChargeDeMissionRegional
                | RoleName::MembreComiteAppui
                | RoleName::Financeur
                | RoleName::Auditeur
                | RoleName::House,
            ) => true,
            Some(
                RoleName::StructureBeneficiaire
                | RoleName::Prestataire
                | RoleName::Partenaire
                | RoleName::Integration
                | RoleName::Avise
                | RoleName::Dpo
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
