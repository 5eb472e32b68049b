//! A convention: what those who finance notify, and what is drawn on it, never above.
//!
//! A convention cadre is a frame between partners: it fixes levels, which are minima, and is not
//! spent. A convention de financement is: it may put a level of a cadre into effect, and what it
//! brings above the minimum is a complement (RUL-25). Facts, state and fold stand here; what is
//! signed is in `termes`, signing and its avenants in `signature`, what is drawn in `enveloppe`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Asked, Cents, ConventionId, Date, Decided, Decider, DlaId, IngenierieId, Line, OrganisationId,
    Place, Prose, Sealed, Subject, Territoire,
    actor::{Perimeter, Right, rights},
    refusal::Common,
    values::AMOUNT_MAX,
};

mod enveloppe;
mod refusals;
mod signature;
mod termes;
#[cfg(test)]
pub(crate) mod tests;

pub use crate::Periode;
pub use refusals::{CODES, Refusal};
pub use signature::{Around, Avenant};
pub use termes::{
    ConditionsVersement, DLAS_MAX, MiseEnOeuvre, NIVEAUX_MAX, NatureConvention, NatureSubvention,
    Niveau, PARTENAIRES_MAX, PERIMETRE_MAX, Regime, Subvention, Termes,
};

/// Facts of one kind in one convention: more than a year of a région brings.
pub const FAITS_MAX: i32 = 2_000;

/// What can happen to a convention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// Those who finance committed themselves. An avenant changes the amount and the period, and
    /// nothing else.
    ConventionSigned {
        convention: ConventionId,
        signed_on: Date,
        termes: Box<Termes>,
        montant: Cents,
        periode: Periode,
        /// Of the level of the cadre that it puts into effect.
        #[serde(skip_serializing_if = "Option::is_none")]
        minimum: Option<Cents>,
    },
    /// An avenant was signed.
    ConventionAmended {
        financeur: OrganisationId,
        #[serde(skip_serializing_if = "Option::is_none")]
        montant: Option<Cents>,
        #[serde(skip_serializing_if = "Option::is_none")]
        periode: Option<Periode>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reference: Option<Line>,
        motif: Sealed<Prose>,
    },
    /// The financeur adds to the minimum, by a policy of its own.
    ComplementAdded {
        complement: i32,
        montant: Cents,
        #[serde(skip_serializing_if = "Option::is_none")]
        reference: Option<Line>,
    },
    /// The financeur adds for the géographie prioritaire.
    SupplementTerritorialGranted {
        supplement: i32,
        quartiers: BTreeSet<Territoire>,
        montant: Cents,
        #[serde(skip_serializing_if = "Option::is_none")]
        reference: Option<Line>,
    },
    /// A federation commits itself, by a contrat de progrès.
    EngagementProgresRecorded {
        engagement: i32,
        organisation: OrganisationId,
        enonce: Prose,
        #[serde(skip_serializing_if = "Option::is_none")]
        echeance: Option<Date>,
    },
    /// A DLA sets money aside for an ingénierie.
    EnveloppeAllocated {
        allocation: i32,
        ingenierie: IngenierieId,
        dla: DlaId,
        montant: Cents,
        /// When the ingénierie spends it.
        periode: Periode,
    },
    /// Some of it, or all, goes back to the convention.
    AllocationReleased {
        allocation: i32,
        ingenierie: IngenierieId,
        financeur: OrganisationId,
        montant: Cents,
        motif: Sealed<Prose>,
    },
    /// The financeur paid some of what it notified.
    VersementRecorded {
        versement: i32,
        montant: Cents,
        #[serde(skip_serializing_if = "Option::is_none")]
        reference: Option<Line>,
    },
    /// It was noted by mistake, or did not arrive.
    VersementCancelled {
        versement: i32,
        financeur: OrganisationId,
        montant: Cents,
        motif: Sealed<Prose>,
    },
    /// Nothing more happens to it. Its figures are those of that day.
    ConventionClosed {
        financeur: OrganisationId,
        notified: Cents,
        allocated: Cents,
        paid: Cents,
        #[serde(skip_serializing_if = "Option::is_none")]
        motif: Option<Sealed<Prose>>,
    },
}

rights! {
    SIGN = "signConvention": ChargeDeMission, ResponsablePorteuse, Financeur;
    AMEND = "amendConvention": ChargeDeMission, ResponsablePorteuse, Financeur;
    COMPLEMENT = "addComplement": ChargeDeMission, ResponsablePorteuse, Financeur;
    SUPPLEMENT = "grantSupplementTerritorial": ChargeDeMission, ResponsablePorteuse, Financeur;
    ENGAGEMENT = "recordEngagementProgres": ChargeDeMission, ResponsablePorteuse, Financeur;
    ALLOCATE = "allocateEnveloppe": ChargeDeMission, ResponsablePorteuse;
    RELEASE = "releaseAllocation": ChargeDeMission, ResponsablePorteuse;
    PAY = "recordVersement": ChargeDeMission, ResponsablePorteuse, Financeur;
    CANCEL_VERSEMENT = "cancelVersement": ChargeDeMission, ResponsablePorteuse, Financeur;
    CLOSE = "closeConvention": ChargeDeMission, ResponsablePorteuse, Financeur;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConventionFinancement {
    signed: Option<Signed>,
    /// What was added above: how many times, how much in all.
    complements: (i32, Cents),
    supplements: (i32, Cents),
    engagements: i32,
    /// By number; what is left of each.
    allocations: BTreeMap<i32, Allocation>,
    /// By number; nothing once cancelled.
    versements: BTreeMap<i32, Cents>,
    closed: bool,
}

/// A convention as its signature and its avenants say it.
#[derive(Debug, Clone, PartialEq)]
struct Signed {
    id: ConventionId,
    on: Date,
    termes: Termes,
    montant: Cents,
    periode: Periode,
    minimum: Option<Cents>,
}

/// What is set aside for an ingénierie.
#[derive(Debug, Clone, PartialEq)]
struct Allocation {
    ingenierie: IngenierieId,
    dla: DlaId,
    montant: Cents,
    periode: Periode,
}

impl ConventionFinancement {
    /// Whether it was signed.
    pub fn exists(&self) -> bool {
        self.signed.is_some()
    }

    /// What the financeur notified: what was signed, and what was added above.
    pub fn notified_cents(&self) -> Cents {
        let montant = self.signed.as_ref().map(|it| it.montant);
        let added = [self.complements.1, self.supplements.1];
        Cents::sum(montant.into_iter().chain(added))
    }

    /// What is set aside for ingénieries.
    pub fn allocated_cents(&self) -> Cents {
        Cents::sum(self.allocations.values().map(|it| it.montant))
    }

    /// What the financeur paid.
    pub fn paid_cents(&self) -> Cents {
        Cents::sum(self.versements.values().copied())
    }

    /// Who may know that it exists: the DLAs that draw on it, and those who finance.
    pub fn perimeter(&self) -> Perimeter {
        self.signed
            .as_ref()
            .map(|it| it.termes.perimeter())
            .unwrap_or_default()
    }

    /// Lets pass who holds the right: those of its DLAs, and its financeur. Partners of a cadre
    /// read it, and change nothing there.
    fn known_to(&self, asked: &Asked, right: &Right) -> Result<&Signed, Refusal> {
        asked.may(right, &self.perimeter())?;
        let signed = self.signed.as_ref().ok_or(Common::NotFound {})?;
        let own = asked.by.answers_for();
        if own.is_some_and(|it| it != signed.termes.financeur) {
            return Err(Common::Forbidden { act: right.act.to_owned() }.into());
        }
        Ok(signed)
    }

    /// The same, of a convention that goes on, from its signature on.
    fn going_on(&self, asked: &Asked, right: &Right) -> Result<&Signed, Refusal> {
        let signed = self.known_to(asked, right)?;
        if self.closed {
            return Err(Refusal::Closed {});
        }
        if asked.date() < signed.on {
            return Err(Refusal::BeforeSignature { signed_on: signed.on });
        }
        Ok(signed)
    }

    /// The same, of one that is spent.
    fn spending(&self, asked: &Asked, right: &Right) -> Result<&Signed, Refusal> {
        let signed = self.going_on(asked, right)?;
        match signed.termes.nature {
            NatureConvention::Cadre => Err(Refusal::CadreNotSpent {}),
            NatureConvention::Financement => Ok(signed),
        }
    }
}

impl Signed {
    fn financeur(&self) -> OrganisationId {
        self.termes.financeur
    }

    fn seals(&self, motif: Prose) -> Sealed<Prose> {
        Sealed::new(Subject::convention(self.id), motif)
    }

    /// Where it applies first: facts stand at one place.
    fn place(&self, dossier: Option<IngenierieId>) -> Place {
        Place { territoire: self.termes.perimetre.first().cloned(), dossier }
    }

    fn records(&self, asked: &Asked, event: Event) -> Decided<Event> {
        asked.records(self.place(None), [event])
    }

    /// The same, in the dossier of an ingénierie: its history shows it.
    fn records_of(&self, asked: &Asked, ingenierie: IngenierieId, event: Event) -> Decided<Event> {
        asked.records(self.place(Some(ingenierie)), [event])
    }
}

/// The number of what comes after so many.
fn next(so_far: i32) -> Result<i32, Refusal> {
    if so_far < FAITS_MAX { Ok(so_far + 1) } else { Err(Refusal::Full { max: FAITS_MAX }) }
}

/// Something is given: no amount is nothing, none is negative.
fn given(montant: Cents) -> Result<Cents, Refusal> {
    if (1..=AMOUNT_MAX.0).contains(&montant.0) {
        return Ok(montant);
    }
    Err(Refusal::MontantOutOfRange { max: AMOUNT_MAX })
}

impl Decider for ConventionFinancement {
    const CATEGORY: &'static str = "convention_financement";

    type Id = ConventionId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::ConventionSigned {
                convention,
                signed_on,
                termes,
                montant,
                periode,
                minimum,
            } => {
                self.signed = Some(Signed {
                    id: *convention,
                    on: *signed_on,
                    termes: (**termes).clone(),
                    montant: *montant,
                    periode: *periode,
                    minimum: *minimum,
                });
            }
            Event::ConventionAmended { montant, periode, .. } => {
                if let Some(it) = &mut self.signed {
                    it.montant = montant.unwrap_or(it.montant);
                    it.periode = periode.unwrap_or(it.periode);
                }
            }
            Event::ComplementAdded { complement, montant, .. } => {
                self.complements = (*complement, Cents::sum([self.complements.1, *montant]));
            }
            Event::SupplementTerritorialGranted { supplement, montant, .. } => {
                self.supplements = (*supplement, Cents::sum([self.supplements.1, *montant]));
            }
            Event::EngagementProgresRecorded { engagement, .. } => self.engagements = *engagement,
            Event::EnveloppeAllocated { allocation, ingenierie, dla, montant, periode } => {
                let it = Allocation {
                    ingenierie: *ingenierie,
                    dla: *dla,
                    montant: *montant,
                    periode: *periode,
                };
                self.allocations.insert(*allocation, it);
            }
            Event::AllocationReleased { allocation, montant, .. } => {
                if let Some(it) = self.allocations.get_mut(allocation) {
                    it.montant = Cents(it.montant.0 - montant.0);
                }
            }
            Event::VersementRecorded { versement, montant, .. } => {
                self.versements.insert(*versement, *montant);
            }
            Event::VersementCancelled { versement, .. } => {
                self.versements.insert(*versement, Cents(0));
            }
            Event::ConventionClosed { .. } => self.closed = true,
        }
    }
}
