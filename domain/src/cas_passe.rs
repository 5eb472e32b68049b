//! A case of before the house, or of elsewhere: told from a document, without a dossier.
//!
//! Each is a fact of its own, owned by the DLA that tells it, or by the network. It is read by
//! anyone with a token until its owner takes it out of the library.

#[cfg(test)]
pub(crate) mod tests;

use serde::{Deserialize, Serialize};

use crate::{
    Asked, CasPasseId, Decided, Decider, Decision, Dla, DlaId, Line, Place, RoleName, Seen,
    actor::{Perimeter, Right, rights},
    capitalisation::cas::Cas,
    refusal::{Common, refusals},
};

/// What can happen to a case of before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// It was told: anyone with a token reads it.
    CasPasseRecorded {
        /// Who tells it; the network when none does.
        dla: Option<DlaId>,
        cas: Box<Cas>,
        /// What it is told from: a document and its date.
        source: Line,
    },
    /// It is no longer a case of the library.
    CasPasseWithdrawn { dla: Option<DlaId>, cause: CauseRetraitCas },
}

/// Why a case of before is taken out of the library. A word, so that nothing is written here of
/// those who asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CauseRetraitCas {
    /// It is told twice.
    Doublon,
    /// It is not what happened.
    Erreur,
    /// Nobody should do the same any more.
    Obsolete,
    /// Somebody whom it concerns asked for it.
    Demande,
}

refusals! {
    /// A case is told once it took place.
    CasPasseInFuture { annee: i16 } = "CAS_PASSE_IN_FUTURE" at "annee":
        "L'année {annee} n'est pas encore venue : indiquez celle où le cas s'est déroulé.",
        "The year {annee} has not come yet: give the one in which the case took place.";
    /// A search finds it by its themes and its sectors.
    CasPasseThemesMissing {} = "CAS_PASSE_THEMES_MISSING" at "themes":
        "Indiquez au moins un thème d'Enée : c'est par lui que d'autres trouvent ce cas.",
        "Give at least one theme of Enée: others find the case by it.";
}

rights! {
    RECORD = "recordCasPasse": ChargeDeMission, Admin;
    WITHDRAW = "withdrawCasPasse": ChargeDeMission, Admin;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CasPasse {
    /// Who tells it, and what it says.
    told: Option<(Option<DlaId>, Cas, Line)>,
    withdrawn: bool,
}

impl CasPasse {
    /// Tells a case of before. The same one is not told twice.
    pub fn record_cas_passe(
        &self,
        asked: &Asked,
        dla: Option<&Seen<Dla>>,
        cas: Cas,
        source: Line,
    ) -> Decision<Self> {
        let of = dla.map(|it| it.id);
        let around = of.map_or_else(Perimeter::open, |it| Perimeter::of_dlas([it]));
        asked.may(&RECORD, &around)?;
        tells(asked, &RECORD, of)?;
        if dla.is_some_and(|it| !it.exists()) {
            return Err(Common::NotFound {}.into());
        }
        if let Some(told) = &self.told {
            let same = *told == (of, cas, source);
            return if same {
                Ok(Decided::nothing())
            } else {
                Err(Common::AlreadyExists {}.into())
            };
        }
        let annee = cas.recit.annee;
        if annee.is_to_come(asked) {
            return Err(Refusal::CasPasseInFuture { annee: annee.get() });
        }
        if cas.themes.is_empty() {
            return Err(Refusal::CasPasseThemesMissing {});
        }
        let place = Place { territoire: Some(cas.territoire.clone()), dossier: None };
        let cas = Box::new(cas);
        Ok(asked.records(place, [Event::CasPasseRecorded { dla: of, cas, source }]))
    }

    /// Takes it out of the library.
    pub fn withdraw_cas_passe(&self, asked: &Asked, cause: CauseRetraitCas) -> Decision<Self> {
        let Some((dla, cas, _)) = &self.told else {
            return Err(Common::NotFound {}.into());
        };
        // Anyone reads it.
        asked.may(&WITHDRAW, &Perimeter::open())?;
        tells(asked, &WITHDRAW, *dla)?;
        if self.withdrawn {
            return Ok(Decided::nothing());
        }
        let place = Place { territoire: Some(cas.territoire.clone()), dossier: None };
        Ok(asked.records(place, [Event::CasPasseWithdrawn { dla: *dla, cause }]))
    }
}

/// Lets pass those of the DLA that tells a case; an administrator, for those of the network.
fn tells(asked: &Asked, right: &Right, dla: Option<DlaId>) -> Result<(), Refusal> {
    let own = match dla {
        Some(dla) => asked.by.serves(dla),
        None => asked.by.role.name() == RoleName::Admin,
    };
    if own { Ok(()) } else { Err(Common::Forbidden { act: right.act.to_owned() }.into()) }
}

impl Decider for CasPasse {
    const CATEGORY: &'static str = "cas_passe";

    type Id = CasPasseId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::CasPasseRecorded { dla, cas, source } => {
                self.told = Some((*dla, Cas::clone(cas), source.clone()));
            }
            Event::CasPasseWithdrawn { .. } => self.withdrawn = true,
        }
    }
}
