//! Conventions with those who finance (RM-03): what is notified, set aside, paid and left; what is
//! permanent and what is ponctuel, financeur by financeur; minima and what comes above.
//!
//! The DLAs that draw on a convention see it whole, and so do those who finance. `liste` finds
//! conventions and adds them up, `fold` is how facts fill the rows.

use domain::{
    ConventionId, Date,
    convention_financement::{NatureConvention, Regime, Subvention},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Error, Order, ReadModel, Reads, Scope, SealedPlace, columns::Columns, rows::Row};

mod fold;
mod liste;

pub use liste::{After, Filter, Part, count, list, parts, positions};

pub const MODEL: ReadModel = ReadModel {
    name: "conventions",
    version: 2,
    tables: include_str!("conventions.sql"),
    reads: &[
        "convention_financement.ConventionSigned",
        "convention_financement.ConventionAmended",
        "convention_financement.ComplementAdded",
        "convention_financement.SupplementTerritorialGranted",
        "convention_financement.EngagementProgresRecorded",
        "convention_financement.EnveloppeAllocated",
        "convention_financement.AllocationReleased",
        "convention_financement.VersementRecorded",
        "convention_financement.VersementCancelled",
        "convention_financement.ConventionClosed",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(fold::apply(db, facts)),
};

/// One convention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Convention {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    pub nature: NatureConvention,
    pub regime: Regime,
    pub etat: Etat,
    pub financeur: Uuid,
    /// The financeur, then the other institutions of a cadre.
    pub organisations: Vec<Uuid>,
    pub dlas: Vec<Uuid>,
    pub beneficiaire: Option<Uuid>,
    pub reference: String,
    pub objet: String,
    pub signed_on: Date,
    pub du: Date,
    pub au: Date,
    pub perimetre: Vec<String>,
    /// What it is looked for with.
    pub lieux: Vec<String>,
    pub cadre: Option<Uuid>,
    pub niveau: Option<i32>,
    /// Signed, as avenants left it.
    pub montant_cents: i64,
    pub minimum_cents: Option<i64>,
    /// What comes above the minimum, supplements apart.
    pub complement_cents: i64,
    pub supplement_cents: i64,
    pub notified_cents: i64,
    pub allocated_cents: i64,
    pub paid_cents: i64,
    /// Those that draw on it now.
    pub ingenieries: Vec<Uuid>,
    pub niveaux: Vec<Niveau>,
    pub subvention: Subvention,
    pub articulation: Option<String>,
    /// The facts that make what is notified: the first signs it.
    pub notified_by: Vec<i64>,
    /// And those that make what is set aside and paid.
    pub drawn_by: Vec<i64>,
    pub avenants: Vec<Avenant>,
    pub complements: Vec<Ajout>,
    pub supplements: Vec<Ajout>,
    pub engagements: Vec<Engagement>,
    pub allocations: Vec<Allocation>,
    pub versements: Vec<Versement>,
    pub closed_on: Option<Date>,
    /// Why it was closed.
    pub motif: Option<SealedPlace>,
}

/// Where a convention stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Etat {
    /// Not closed, whatever its period.
    Ouverte,
    Close,
}

/// A level of a cadre.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Niveau {
    pub intitule: String,
    pub minimum_cents: i64,
}

/// What an avenant changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Avenant {
    pub on: Date,
    pub montant_cents: Option<i64>,
    pub du: Option<Date>,
    pub au: Option<Date>,
    pub reference: Option<String>,
    pub motif: SealedPlace,
    pub position: i64,
}

/// What was added above: a complement, or a supplement for some quartiers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ajout {
    pub numero: i32,
    pub on: Date,
    pub montant_cents: i64,
    pub reference: Option<String>,
    pub quartiers: Vec<String>,
    pub position: i64,
}

/// What an organisation commits itself to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Engagement {
    pub numero: i32,
    pub on: Date,
    pub organisation: Uuid,
    pub enonce: String,
    pub echeance: Option<Date>,
    pub position: i64,
}

/// What is set aside for an ingénierie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Allocation {
    pub numero: i32,
    pub on: Date,
    pub ingenierie: Uuid,
    pub dla: Uuid,
    /// What is left of it.
    pub montant_cents: i64,
    pub released_cents: i64,
    pub du: Date,
    pub au: Date,
    /// Why some went back, the last time.
    pub motif: Option<SealedPlace>,
    pub positions: Vec<i64>,
}

/// An instalment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Versement {
    pub numero: i32,
    pub on: Date,
    pub montant_cents: i64,
    pub reference: Option<String>,
    /// Why it was struck out: it then counts no more.
    pub cancelled: Option<SealedPlace>,
    pub positions: Vec<i64>,
}

impl Row for Convention {
    const LOAD: &'static str = "select t.* from conventions t where id = any($1)";
    const CLEAR: &'static str = "delete from conventions where id = any($1)";
    const TABLE: &'static str = "conventions";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Some conventions, by id.
pub async fn by_ids(
    reads: &Reads,
    scope: &Scope,
    ids: &[ConventionId],
) -> Result<Vec<Convention>, Error> {
    let rows = sqlx::query_as(
        "select t.* from conventions t
         where id = any($1) and ($2 or dlas && $3 or id = any($3) or organisations && $4)",
    )
    .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.evidence())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}
