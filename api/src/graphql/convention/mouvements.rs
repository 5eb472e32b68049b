//! What makes the figures of a convention: avenants, what is added, set aside, paid.

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::IngenierieId;
use projections::conventions as rows;

use super::Lecteurs;
use crate::{
    Result,
    graphql::{
        dla::{self, Dla},
        ids::global,
        ingenierie::{self, Ingenierie},
        organisation::{self, Organisation},
        scalars::{Cents, Date, Position},
        territoire::Territoire,
    },
};

/// A change of a convention, signed by its parties.
pub(crate) struct AvenantConvention {
    pub(super) row: rows::Avenant,
    pub(super) of: Lecteurs,
}

/// A change of a convention, signed by its parties.
#[Object]
impl AvenantConvention {
    /// When it was signed.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// What is signed since then, when it changes.
    async fn montant(&self) -> Option<Cents> {
        self.row.montant_cents.map(Cents::from)
    }

    /// The first day of the period since then, when it changes.
    async fn du(&self) -> Option<Date> {
        self.row.du.map(Date)
    }

    /// The last day of the period since then, when it changes.
    async fn au(&self) -> Option<Date> {
        self.row.au.map(Date)
    }

    /// By which the financeur knows it.
    async fn reference(&self) -> Option<&str> {
        self.row.reference.as_deref()
    }

    /// Why it was signed. The DLAs and the financeur of the convention read it; absent for others,
    /// and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.of.open(ctx, Some(&self.row.motif)).await
    }

    /// The fact that makes it.
    async fn position(&self) -> Position {
        Position(self.row.position)
    }
}

/// What was added to a convention: a complement to its minimum, or a supplement for priority areas.
#[derive(SimpleObject)]
pub(crate) struct AjoutConvention {
    /// Its number in the convention, among those of its kind.
    numero: i32,
    /// When it was decided.
    on: Date,
    /// How much it adds.
    montant: Cents,
    /// By which the financeur knows it.
    reference: Option<String>,
    /// The priority areas it is for; none for a complement.
    quartiers: Vec<Territoire>,
    /// The fact that makes it.
    position: Position,
}

impl AjoutConvention {
    pub(super) fn of(it: &rows::Ajout) -> Self {
        let quartiers = it.quartiers.iter();
        Self {
            numero: it.numero,
            on: Date(it.on),
            montant: it.montant_cents.into(),
            reference: it.reference.clone(),
            quartiers: quartiers.filter_map(|it| Territoire::of(it)).collect(),
            position: Position(it.position),
        }
    }
}

/// What an organisation commits itself to, by a contrat de progrès.
pub(crate) struct EngagementProgres(pub(super) rows::Engagement);

/// What an organisation commits itself to, by a contrat de progrès.
#[Object]
impl EngagementProgres {
    /// Its number in the convention.
    async fn numero(&self) -> i32 {
        self.0.numero
    }

    /// When it was given.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }

    /// Who commits itself: a federation that runs equipments, for example.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.organisation)).await
    }

    /// To what.
    async fn enonce(&self) -> &str {
        &self.0.enonce
    }

    /// Until when.
    async fn echeance(&self) -> Option<Date> {
        self.0.echeance.map(Date)
    }

    /// The fact that makes it.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }
}

/// Money of a convention that a DLA sets aside for an ingénierie.
pub(crate) struct Allocation {
    pub(super) row: rows::Allocation,
    pub(super) of: Lecteurs,
}

/// Money of a convention that a DLA sets aside for an ingénierie.
#[Object]
impl Allocation {
    /// Its number in the convention: what `releaseAllocation` takes.
    async fn numero(&self) -> i32 {
        self.row.numero
    }

    /// When it was decided.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// The ingénierie.
    async fn ingenierie_id(&self) -> ID {
        global(IngenierieId(self.row.ingenierie))
    }

    /// The ingénierie itself. Null when you may not see its dossier.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        ingenierie::find(ctx, IngenierieId(self.row.ingenierie)).await
    }

    /// The DLA that sets it aside.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, Some(self.row.dla)).await
    }

    /// What is left of it: set aside, less what went back.
    async fn montant(&self) -> Cents {
        self.row.montant_cents.into()
    }

    /// What went back to the convention.
    async fn released(&self) -> Cents {
        self.row.released_cents.into()
    }

    /// The first day on which the ingénierie spends it.
    async fn du(&self) -> Date {
        Date(self.row.du)
    }

    /// The last day.
    async fn au(&self) -> Date {
        Date(self.row.au)
    }

    /// Why some went back, the last time. The DLAs and the financeur of the convention read it;
    /// absent for others, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.of.open(ctx, self.row.motif.as_ref()).await
    }

    /// The facts that make it, in rising order.
    async fn positions(&self) -> Vec<Position> {
        self.row.positions.iter().copied().map(Position).collect()
    }
}

/// An instalment of what a convention notifies.
pub(crate) struct VersementConvention {
    pub(super) row: rows::Versement,
    pub(super) of: Lecteurs,
}

/// An instalment of what a convention notifies.
#[Object]
impl VersementConvention {
    /// Its number in the convention: what `cancelVersement` takes.
    async fn numero(&self) -> i32 {
        self.row.numero
    }

    /// When it was paid.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// How much.
    async fn montant(&self) -> Cents {
        self.row.montant_cents.into()
    }

    /// By which the accounts know it.
    async fn reference(&self) -> Option<&str> {
        self.row.reference.as_deref()
    }

    /// Whether it was struck out: it then counts no more.
    async fn cancelled(&self) -> bool {
        self.row.cancelled.is_some()
    }

    /// Why it was struck out. The DLAs and the financeur of the convention read it; absent for
    /// others, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.of.open(ctx, self.row.cancelled.as_ref()).await
    }

    /// The facts that make it, in rising order.
    async fn positions(&self) -> Vec<Position> {
        self.row.positions.iter().copied().map(Position).collect()
    }
}
