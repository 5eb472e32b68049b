//! What is shared between several, and time that is valued: arithmetic in whole cents.

use serde::{Deserialize, Serialize};

use super::{
    Contributeur, Event, PlanFinancement, RECORD_VALORISATION, Refusal, SHARE_COST, payable,
};
use crate::{Asked, Cents, Code, Decision, QuarterDays};

/// Between how many a cost is shared at most.
pub const PARTS_MAX: usize = 50;

/// The largest weight of a part.
pub const POIDS_MAX: i32 = 1_000_000;

/// How many people one line of valued time counts at most.
pub const PERSONNES_MAX: i32 = 1_000;

/// One's part of a shared cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Of `Liste::SourceFinancement`.
    pub source: Code,
    pub contributeur: Contributeur,
    /// Its weight among the others; equal weights make equal parts.
    pub poids: i32,
    /// What it comes to.
    pub montant: Cents,
}

/// A part as it is asked for: its amount follows from the weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartVoulue {
    pub source: Code,
    pub contributeur: Contributeur,
    pub poids: i32,
}

/// Time given, to be valued (method, step 2 C3d).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Temps {
    pub donateur: Donateur,
    pub personnes: i32,
    /// Of each person.
    pub jours: QuarterDays,
    /// What a day of one person is worth.
    pub tarif_jour: Cents,
}

/// Who gives time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Donateur {
    Dla,
    Partenaire,
    Beneficiaire,
}

impl PlanFinancement {
    /// Values time, equally as a cost and as a resource.
    pub fn record_valorisation(&self, asked: &Asked, temps: Temps) -> Decision<Self> {
        self.kept_by(asked, &RECORD_VALORISATION)?;
        if !(1..=PERSONNES_MAX).contains(&temps.personnes)
            || !(1..=QuarterDays::MAX.0).contains(&temps.jours.0)
        {
            let jours = QuarterDays::MAX;
            return Err(Refusal::TempsOutOfRange { personnes: PERSONNES_MAX, jours });
        }
        payable("temps.tarifJour", temps.tarif_jour)?;
        let montant = payable("temps", temps.montant())?;
        let ligne = self.next_ligne()?;
        Ok(self.changes(asked, [Event::ValorisationRecorded { ligne, temps, montant }]))
    }

    /// Shares a cost between several: one resource each (INV-18).
    pub fn share_cost(
        &self,
        asked: &Asked,
        total: Cents,
        voulues: Vec<PartVoulue>,
    ) -> Decision<Self> {
        self.kept_by(asked, &SHARE_COST)?;
        payable("total", total)?;
        if !(1..=PARTS_MAX).contains(&voulues.len()) {
            return Err(Refusal::PartsOutOfRange { max: PARTS_MAX });
        }
        if voulues
            .iter()
            .any(|it| !(1..=POIDS_MAX).contains(&it.poids))
        {
            return Err(Refusal::WeightOutOfRange { max: POIDS_MAX });
        }
        let montants = shares(total, &voulues.iter().map(|it| it.poids).collect::<Vec<_>>());
        if montants.contains(&Cents(0)) {
            return Err(Refusal::ShareTooSmall {});
        }
        let parts: Vec<_> = voulues
            .into_iter()
            .zip(montants)
            .map(|(it, montant)| {
                let PartVoulue { source, contributeur, poids } = it;
                Part { source, contributeur, poids, montant }
            })
            .collect();
        let mut after = self.clone();
        let mut sought = vec![];
        for Part { source, contributeur, montant, .. } in parts.iter().cloned() {
            after.lignes = after.next_ligne()?;
            let ligne = after.lignes;
            sought.push(Event::RessourceSought { ligne, source, contributeur, montant });
        }
        let shared = Event::CostShared { total, parts };
        Ok(self.changes(asked, [shared].into_iter().chain(sought)))
    }
}

impl Temps {
    /// People, times days, times the rate of a day, rounded to the nearest cent, halves up.
    fn montant(&self) -> Cents {
        let quarters = i128::from(self.personnes) * i128::from(self.jours.0);
        let quarters_of_cents = quarters * i128::from(self.tarif_jour.0);
        Cents(i64::try_from((quarters_of_cents + 2).div_euclid(4)).unwrap_or(i64::MAX))
    }
}

/// Shares a total by weights of at least one, in cents. The sum is exact (INV-18): the cents
/// that no division gives go to the first parts, one each.
pub(super) fn shares(total: Cents, weights: &[i32]) -> Vec<Cents> {
    let all: i128 = weights.iter().copied().map(i128::from).sum();
    let floor = |weight: i32| match (i128::from(total.0) * i128::from(weight)).checked_div(all) {
        Some(part) => i64::try_from(part).unwrap_or(total.0),
        None => 0,
    };
    let mut parts: Vec<_> = weights.iter().map(|it| Cents(floor(*it))).collect();
    let left = total.0 - Cents::sum(parts.iter().copied()).0;
    parts
        .iter_mut()
        .zip(0..left)
        .for_each(|(part, _)| part.0 += 1);
    parts
}
