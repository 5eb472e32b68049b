//! What came of the support: news, figures, other needs; and how it ends.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    ABANDON, Accompagnement, BESOIN, CLOSE, End, Event, IMPACT, REOPEN, Refusal, SUIVI, at_most,
    records,
};
use crate::{
    Asked, Cents, Date, Decided, Decision, Etp, Prose, organisation::ETP_MAX, referentiel::Code,
    values::AMOUNT_MAX,
};

/// More people than this is a mistyped figure.
pub const PERSONNES_MAX: i32 = 10_000_000;

/// News are due from so many months after the diagnostic (method, « assurer un suivi dans la durée »).
pub const SUIVI_MOIS: i32 = 12;

/// After so many without news, the suivi is late (INV-40).
pub const SUIVI_MOIS_MAX: i32 = 18;

/// To what moment figures belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Moment {
    /// Before the support: what later figures are compared with.
    Reference,
    /// After it.
    Suivi,
    /// What is hoped for, at a horizon.
    Prevision,
}

/// How a structure does, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indicateurs {
    /// People employed.
    pub emplois: Option<i32>,
    /// Of them, on permanent contracts.
    pub cdi: Option<i32>,
    pub etp: Option<Etp>,
    /// The yearly budget.
    pub budget: Option<Cents>,
    /// How many organisations finance it.
    pub financeurs: Option<i32>,
    /// People reached in a year.
    pub beneficiaires: Option<i32>,
}

impl Accompagnement {
    /// Notes that the DLA took news of the structure, while it goes on or after its end.
    pub fn record_suivi(&self, asked: &Asked, commentaire: Option<Prose>) -> Decision<Self> {
        let parties = self.known_to(asked, &SUIVI)?;
        let commentaire = self.sealed_if(commentaire)?;
        Ok(records(asked, [Event::SuiviRecorded { parties, commentaire }]))
    }

    /// Gives figures of the structure on the date of the request: before the support, after it, or
    /// hoped for at a horizon. Each measure counts.
    pub fn measure_impact(
        &self,
        asked: &Asked,
        moment: Moment,
        horizon: Option<Date>,
        indicateurs: Indicateurs,
    ) -> Decision<Self> {
        let parties = self.known_to(asked, &IMPACT)?;
        indicateurs.stand()?;
        let stands = match moment {
            Moment::Prevision => horizon.is_some_and(|it| it > asked.date()),
            Moment::Reference | Moment::Suivi => horizon.is_none(),
        };
        if !stands {
            return Err(Refusal::HorizonUnfit {});
        }
        Ok(records(asked, [Event::ImpactMeasured { parties, moment, horizon, indicateurs }]))
    }

    /// Notes a need that the plan does not answer. Each one counts.
    pub fn identify_nouveau_besoin(
        &self,
        asked: &Asked,
        besoin: Prose,
        domaines: BTreeSet<Code>,
    ) -> Decision<Self> {
        let parties = self.known_to(asked, &BESOIN)?;
        at_most("domaines", domaines.len())?;
        let besoin = self.sealed(besoin)?;
        Ok(records(asked, [Event::NouveauBesoinIdentified { parties, besoin, domaines }]))
    }

    /// Ends it, with what it led to. Actions that are not done stay as they are.
    pub fn close_accompagnement(
        &self,
        asked: &Asked,
        issues: BTreeSet<Code>,
        bilan: Option<Prose>,
    ) -> Decision<Self> {
        let parties = self.known_to(asked, &CLOSE)?;
        if self.end == Some(End::Closed) {
            return Ok(Decided::nothing());
        }
        self.welcomed(asked, &CLOSE)?;
        at_most("issues", issues.len())?;
        let bilan = self.sealed_if(bilan)?;
        Ok(records(asked, [Event::AccompagnementClosed { parties, issues, bilan }]))
    }

    /// Gives it up. The reason is mandatory (INV-36).
    pub fn abandon_accompagnement(&self, asked: &Asked, motif: Prose) -> Decision<Self> {
        let parties = self.known_to(asked, &ABANDON)?;
        if self.end == Some(End::Abandoned) {
            return Ok(Decided::nothing());
        }
        self.open_to(asked, &ABANDON)?;
        let motif = self.sealed(motif)?;
        Ok(records(asked, [Event::AccompagnementAbandoned { parties, motif }]))
    }

    /// Goes on after the end, where it stood, with a reason. What is not over is already open.
    pub fn reopen_accompagnement(&self, asked: &Asked, motif: Prose) -> Decision<Self> {
        let parties = self.known_to(asked, &REOPEN)?;
        if self.end.is_none() {
            return Ok(Decided::nothing());
        }
        let motif = self.sealed(motif)?;
        Ok(records(asked, [Event::AccompagnementReopened { parties, motif }]))
    }
}

impl Indicateurs {
    /// At least one figure, each of a size that structures have.
    fn stand(&self) -> Result<(), Refusal> {
        if *self == Self::default() {
            return Err(Refusal::IndicateursMissing {});
        }
        let Self { emplois, cdi, etp, budget, financeurs, beneficiaires } = self;
        let people = |it: &Option<i32>| it.is_some_and(|it| !(0..=PERSONNES_MAX).contains(&it));
        let odd = [
            ("emplois", people(emplois)),
            ("cdi", people(cdi)),
            ("etp", etp.is_some_and(|it| !(0..=ETP_MAX.0).contains(&it.0))),
            ("budget", budget.is_some_and(|it| !(0..=AMOUNT_MAX.0).contains(&it.0))),
            ("financeurs", people(financeurs)),
            ("beneficiaires", people(beneficiaires)),
        ];
        if let Some((indicateur, _)) = odd.into_iter().find(|(_, odd)| *odd) {
            return Err(Refusal::IndicateurOutOfRange { indicateur });
        }
        match (*cdi, *emplois) {
            (Some(cdi), Some(emplois)) if cdi > emplois => {
                Err(Refusal::CdiAboveEmplois { cdi, emplois })
            }
            _ => Ok(()),
        }
    }
}
