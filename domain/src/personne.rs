//! A person: known by an id in the facts, by name under seal only, forgotten on request.
//!
//! Erasing destroys the key of everything that is sealed for the person (`eventlog/src/vault`):
//! what was said of them can no longer be read, and every proof of the log stands.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    ActorId, Asked, Decided, Decider, Decision, Line, PersonId, Place, Prose, RoleName, Sealed,
    Subject,
    actor::{Perimeter, rights},
    refusal::{Common, refusals},
};

#[cfg(test)]
pub(crate) mod tests;

/// Reasons to keep, all at once: more than anyone needs.
pub const HOLDS_MAX: usize = 20;

/// What can happen to what is known of a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// Who the person is, from now on, and the actor they are when they have an account here.
    PersonneIdentified {
        identite: Sealed<IdentitePersonne>,
        #[serde(skip_serializing_if = "Option::is_none")]
        acteur: Option<ActorId>,
    },
    /// What is held must be kept for now: a dispute, a control under way.
    LegalHoldPlaced {
        reference: Line,
        #[serde(skip_serializing_if = "Option::is_none")]
        motif: Option<Sealed<Prose>>,
    },
    /// That reason to keep has ended.
    LegalHoldLifted { reference: Line },
    /// What is held was destroyed, on this ground (GDPR, article 17).
    PersonalDataErased { fondement: FondementEffacement, reference: Line },
}

/// Who a person is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentitePersonne {
    pub nom: Line,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub courriel: Option<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<Line>,
}

/// Why personal data are erased: GDPR, article 17(1), points a to e.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FondementEffacement {
    /// They are no longer needed, or their retention has ended.
    DonneesInutiles,
    /// The person no longer consents.
    ConsentementRetire,
    /// The person objects, and nothing weighs more.
    Opposition,
    /// They should never have been held.
    TraitementIllicite,
    /// A law or a court says so.
    ObligationLegale,
}

refusals! {
    /// The law asks to keep what is held.
    LegalHold {} = "LEGAL_HOLD" at "personne":
        "Une obligation de conservation s'applique : levez-la d'abord.",
        "A legal hold applies: lift it first.";
    /// Somebody lifts them one by one.
    TooManyHolds { max: usize } = "TOO_MANY_HOLDS" at "reference":
        "Il y a déjà {max} obligations de conservation : levez-en une d'abord.",
        "There are {max} legal holds already: lift one first.";
}

rights! {
    IDENTIFY = "identifyPersonne": Dpo, Admin;
    HOLD = "placeLegalHold": Dpo, Admin;
    LIFT = "liftLegalHold": Dpo, Admin;
    ERASE = "erasePersonne": Dpo, Admin;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Personne {
    identified: bool,
    acteurs: BTreeSet<ActorId>,
    holds: BTreeSet<Line>,
    erased: bool,
}

impl Personne {
    /// Says who the person is. Saying otherwise later takes its place.
    pub fn identify_personne(
        &self,
        asked: &Asked,
        id: PersonId,
        identite: IdentitePersonne,
        acteur: Option<ActorId>,
    ) -> Decision<Self> {
        asked.may(&IDENTIFY, &Perimeter::open())?;
        self.not_erased()?;
        let identite = Sealed::new(Subject::person(id), identite);
        Ok(records(asked, Event::PersonneIdentified { identite, acteur }))
    }

    /// Has what is held kept, whatever is asked, until the hold is lifted.
    pub fn place_legal_hold(
        &self,
        asked: &Asked,
        id: PersonId,
        reference: Line,
        motif: Option<Prose>,
    ) -> Decision<Self> {
        asked.may(&HOLD, &self.perimeter(asked))?;
        self.not_erased()?;
        if self.holds.contains(&reference) {
            return Ok(Decided::nothing());
        }
        if self.holds.len() >= HOLDS_MAX {
            return Err(Refusal::TooManyHolds { max: HOLDS_MAX });
        }
        let motif = motif.map(|it| Sealed::new(Subject::person(id), it));
        Ok(records(asked, Event::LegalHoldPlaced { reference, motif }))
    }

    /// Ends one reason to keep.
    pub fn lift_legal_hold(&self, asked: &Asked, reference: Line) -> Decision<Self> {
        asked.may(&LIFT, &self.perimeter(asked))?;
        if !self.holds.contains(&reference) {
            return Ok(Decided::nothing());
        }
        Ok(records(asked, Event::LegalHoldLifted { reference }))
    }

    /// Has everything that is sealed for the person destroyed.
    pub fn erase_personne(
        &self,
        asked: &Asked,
        fondement: FondementEffacement,
        reference: Line,
    ) -> Decision<Self> {
        asked.may(&ERASE, &self.perimeter(asked))?;
        if self.erased {
            return Ok(Decided::nothing());
        }
        if !self.holds.is_empty() {
            return Err(Refusal::LegalHold {});
        }
        Ok(records(asked, Event::PersonalDataErased { fondement, reference }))
    }

    /// The actors that the person is, as far as it was said.
    pub fn acteurs(&self) -> &BTreeSet<ActorId> {
        &self.acteurs
    }

    /// Who may know that it exists: those who answer for the protection of data.
    fn perimeter(&self, asked: &Asked) -> Perimeter {
        let answers = matches!(asked.by.role.name(), RoleName::Dpo | RoleName::Admin);
        if self.identified && answers { Perimeter::open() } else { Perimeter::default() }
    }

    fn not_erased(&self) -> Result<(), Common> {
        if self.erased { Err(Common::Erased {}) } else { Ok(()) }
    }
}

fn records(asked: &Asked, event: Event) -> Decided<Event> {
    asked.records(Place::default(), [event])
}

impl Decider for Personne {
    const CATEGORY: &'static str = "personne";

    type Id = PersonId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::PersonneIdentified { acteur, .. } => {
                self.identified = true;
                self.acteurs.extend(*acteur);
            }
            Event::LegalHoldPlaced { reference, .. } => {
                self.holds.insert(reference.clone());
            }
            Event::LegalHoldLifted { reference } => {
                self.holds.remove(reference);
            }
            Event::PersonalDataErased { .. } => self.erased = true,
        }
    }
}
