//! What is added above, what is drawn on a convention, what is paid of it.
//!
//! One stream a convention: two DLAs that draw on it at one instant are decided one after the
//! other, each on what the other left (INV-15).

use std::collections::BTreeSet;

use super::{
    ALLOCATE, CANCEL_VERSEMENT, COMPLEMENT, ConventionFinancement, ENGAGEMENT, Event, PAY,
    PERIMETRE_MAX, Periode, RELEASE, Refusal, SUPPLEMENT, given, next,
};
use crate::{
    Asked, Cents, Date, Decided, Decision, DlaId, Dossier, Line, OrganisationId, Prose, Territoire,
    refusal::Common, territoire,
};

impl ConventionFinancement {
    /// Adds to the minimum of the level that it puts into effect (RUL-25).
    pub fn add_complement(
        &self,
        asked: &Asked,
        montant: Cents,
        reference: Option<Line>,
    ) -> Decision<Self> {
        let signed = self.spending(asked, &COMPLEMENT)?;
        if signed.minimum.is_none() {
            return Err(Refusal::NoMinimum {});
        }
        let montant = given(montant)?;
        let complement = next(self.complements.0)?;
        Ok(signed.records(asked, Event::ComplementAdded { complement, montant, reference }))
    }

    /// Adds for priority areas that lie in its perimeter.
    pub fn grant_supplement_territorial(
        &self,
        asked: &Asked,
        quartiers: BTreeSet<Territoire>,
        montant: Cents,
        reference: Option<Line>,
    ) -> Decision<Self> {
        let signed = self.spending(asked, &SUPPLEMENT)?;
        let montant = given(montant)?;
        if quartiers.is_empty() || quartiers.len() > PERIMETRE_MAX {
            let (min, max) = (1, PERIMETRE_MAX);
            return Err(Refusal::ListOutOfRange { field: "quartiers", min, max });
        }
        for it in &quartiers {
            if it.niveau() != territoire::Niveau::Qpv {
                return Err(Refusal::NotAQuartier { territoire: it.clone() });
            }
            if !signed.termes.may_cover(it) {
                let territoire = it.clone();
                return Err(Refusal::OutsidePerimetre { territoire, field: "quartiers" });
            }
        }
        let supplement = next(self.supplements.0)?;
        let granted =
            Event::SupplementTerritorialGranted { supplement, quartiers, montant, reference };
        Ok(signed.records(asked, granted))
    }

    /// Notes what an organisation commits itself to, by a contrat de progrès.
    pub fn record_engagement_progres(
        &self,
        asked: &Asked,
        organisation: OrganisationId,
        enonce: Prose,
        echeance: Option<Date>,
    ) -> Decision<Self> {
        let signed = self.going_on(asked, &ENGAGEMENT)?;
        let engagement = next(self.engagements)?;
        let recorded =
            Event::EngagementProgresRecorded { engagement, organisation, enonce, echeance };
        Ok(signed.records(asked, recorded))
    }

    /// Sets money aside for an ingénierie of a DLA of the convention, in its time and its
    /// perimeter (INV-15).
    pub fn allocate_enveloppe(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        dla: DlaId,
        (montant, periode): (Cents, Periode),
    ) -> Decision<Self> {
        let signed = self.spending(asked, &ALLOCATE)?;
        if !signed.termes.dlas.contains(&dla) {
            return Err(Refusal::DlaNotOfConvention { dla });
        }
        if !asked.by.serves(dla) {
            return Err(Common::Forbidden { act: ALLOCATE.act.to_owned() }.into());
        }
        if !asked.by.sees(&ingenierie.perimeter) {
            return Err(Common::NotFound {}.into());
        }
        let montant = given(montant)?;
        periode.stands()?;
        let Periode { du, au } = signed.periode;
        let days = [("on", asked.date()), ("du", periode.du), ("au", periode.au)];
        if let Some((field, _)) = days.into_iter().find(|(_, it)| !signed.periode.holds(*it)) {
            return Err(Refusal::OutsidePeriode { field, du, au });
        }
        if !ingenierie.dlas.contains(&dla) {
            return Err(Refusal::IngenierieOfAnotherDla { dla });
        }
        if ingenierie.is_over() {
            return Err(Refusal::IngenierieEnded {});
        }
        let territoire = ingenierie.territoire.clone();
        if let Some(territoire) = territoire.filter(|it| !signed.termes.may_cover(it)) {
            return Err(Refusal::OutsidePerimetre { territoire, field: "ingenierie" });
        }
        let remaining = Cents(self.notified_cents().0 - self.allocated_cents().0);
        if montant > remaining {
            let above = Cents(montant.0 - remaining.0);
            return Err(Refusal::AllocatedAboveNotified { remaining, above });
        }
        let allocation = next(self.allocations.len().try_into().unwrap_or(i32::MAX))?;
        let allocated = Event::EnveloppeAllocated {
            allocation,
            ingenierie: ingenierie.id,
            dla,
            montant,
            periode,
        };
        Ok(signed
            .records_of(asked, ingenierie.id, allocated)
            .expecting(ingenierie))
    }

    /// Gives some of an allocation back to the convention, or all of it. The reason is mandatory
    /// (INV-36).
    pub fn release_allocation(
        &self,
        asked: &Asked,
        allocation: i32,
        montant: Option<Cents>,
        motif: Prose,
    ) -> Decision<Self> {
        let signed = self.going_on(asked, &RELEASE)?;
        let unknown = Refusal::AllocationUnknown { allocation };
        let it = self.allocations.get(&allocation).ok_or(unknown)?;
        if !asked.by.serves(it.dla) {
            return Err(Common::Forbidden { act: RELEASE.act.to_owned() }.into());
        }
        let remaining = it.montant;
        let montant = match montant {
            None if remaining == Cents(0) => return Ok(Decided::nothing()),
            None => remaining,
            Some(montant) => given(montant)?,
        };
        if montant > remaining {
            return Err(Refusal::ReleasedAboveAllocated { remaining });
        }
        let ingenierie = it.ingenierie;
        let (financeur, motif) = (signed.financeur(), signed.seals(motif));
        let released =
            Event::AllocationReleased { allocation, ingenierie, financeur, montant, motif };
        Ok(signed.records_of(asked, ingenierie, released))
    }

    /// Notes an instalment. Together they never exceed what was notified; they may come after the
    /// period, when the balance is paid.
    pub fn record_versement(
        &self,
        asked: &Asked,
        montant: Cents,
        reference: Option<Line>,
    ) -> Decision<Self> {
        let signed = self.spending(asked, &PAY)?;
        let montant = given(montant)?;
        let remaining = Cents(self.notified_cents().0 - self.paid_cents().0);
        if montant > remaining {
            let above = Cents(montant.0 - remaining.0);
            return Err(Refusal::PaidAboveNotified { remaining, above });
        }
        let versement = next(self.versements.len().try_into().unwrap_or(i32::MAX))?;
        Ok(signed.records(asked, Event::VersementRecorded { versement, montant, reference }))
    }

    /// Strikes an instalment out. The reason is mandatory (INV-36).
    pub fn cancel_versement(&self, asked: &Asked, versement: i32, motif: Prose) -> Decision<Self> {
        let signed = self.going_on(asked, &CANCEL_VERSEMENT)?;
        let montant = *self
            .versements
            .get(&versement)
            .ok_or(Refusal::VersementUnknown { versement })?;
        if montant == Cents(0) {
            return Ok(Decided::nothing());
        }
        let (financeur, motif) = (signed.financeur(), signed.seals(motif));
        let cancelled = Event::VersementCancelled { versement, financeur, montant, motif };
        Ok(signed.records(asked, cancelled))
    }
}
