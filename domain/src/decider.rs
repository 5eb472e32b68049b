//! The shape every aggregate shares: a state that folds its facts.
//!
//! Deciding is not in the trait: each command is a plain method of the state,
//! with its own parameters. `consultation.rs` is the model to follow.

use std::{collections::BTreeSet, fmt::Debug};

use jiff::civil::Date;
use uuid::Uuid;

use crate::{
    DlaId, IngenierieId, Territoire, Version,
    actor::{Actor, Perimeter, Right},
    codec::{Tagged, Upcaster},
    refusal::{Common, Refusal},
    rules::Rule,
    sealed::{Sealed, Subject},
    values::Prose,
};

/// What a command leads to: new facts, none when it is already so, or a "no".
pub type Decision<D> = Result<Decided<<D as Decider>::Event>, <D as Decider>::Refusal>;

/// A state rebuilt from one stream of facts. `Default` is the state before any.
pub trait Decider: Default + Clone + Send + Sync + 'static {
    /// Names the stream's family in the log. Stored: never rename.
    const CATEGORY: &'static str;
    /// How shapes stored long ago become today's, oldest first.
    const UPCASTERS: &'static [Upcaster] = &[];

    /// Identifies one stream.
    type Id: Copy + Send + Sync + Into<Uuid> + From<Uuid>;
    /// What can happen to it.
    type Event: Tagged + Clone + Debug + PartialEq + Send + Sync;
    /// Why it says no.
    type Refusal: Into<Refusal> + From<Common> + Debug + PartialEq + Send;

    /// Takes one fact into account. Decides nothing, cannot fail.
    fn evolve(&mut self, event: &Self::Event);

    /// The dossier that it is a part of, and the DLAs of that dossier when the part was opened.
    /// `None` for what is of no dossier, and for the dossier itself.
    fn part_of(&self) -> Option<(IngenierieId, &BTreeSet<DlaId>)> {
        None
    }

    /// DLAs that joined the dossier since then: the part is theirs too.
    fn joined_by(&mut self, _dlas: &BTreeSet<DlaId>) {}
}

/// What a decision wants recorded, all or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided<E> {
    /// The new facts, in order. None means that it is already so.
    pub facts: Vec<Fact<E>>,
    /// Values that no other stream may hold, such as a SIRET.
    pub claims: Vec<Claim>,
    /// Values that its stream held, and leaves to others.
    pub releases: Vec<Claim>,
    /// Other streams that a hard rule relied on: the append checks that they have not moved.
    pub expects: Vec<Expect>,
}

/// One new fact, with the date and the place it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact<E> {
    pub event: E,
    /// The business date: when it happened, as people say it.
    pub on: Date,
    pub place: Place,
}

/// Where a fact belongs, so that readers need not look elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    pub territoire: Option<Territoire>,
    /// The ingénierie whose dossier shows the fact.
    pub dossier: Option<IngenierieId>,
}

/// A value held by one stream at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What kind of value, for example `siret`. Stored: never rename.
    pub scope: &'static str,
    pub value: String,
}

/// A stream that was read, at the version it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expect {
    pub stream: Uuid,
    pub version: Version,
}

/// Another aggregate as it was read, for the rules that look across streams.
#[derive(Debug, Clone)]
pub struct Seen<D: Decider> {
    pub id: D::Id,
    pub version: Version,
    pub state: D,
}

impl<D: Decider> Seen<D> {
    /// Whether the stream has any fact.
    pub fn exists(&self) -> bool {
        self.version > Version(0)
    }
}

impl<D: Decider> From<&Seen<D>> for Expect {
    fn from(seen: &Seen<D>) -> Self {
        Self { stream: seen.id.into(), version: seen.version }
    }
}

/// What two aggregates under one kind of id have in common, for rules that do not ask which: a
/// stream is of one of them.
pub trait Either: From<Seen<Self::One>> + From<Seen<Self::Other>> {
    type One: Decider;
    type Other: Decider<Id = <Self::One as Decider>::Id>;
}

impl<E> Decided<E> {
    /// It is already so: nothing to record.
    pub fn nothing() -> Self {
        Self { facts: vec![], claims: vec![], releases: vec![], expects: vec![] }
    }

    /// Holds a value that no other stream may hold.
    #[must_use]
    pub fn claiming(mut self, scope: &'static str, value: impl Into<String>) -> Self {
        self.claims.push(Claim { scope, value: value.into() });
        self
    }

    /// Leaves a value to others. A value that the stream does not hold stays where it is.
    #[must_use]
    pub fn releasing(mut self, scope: &'static str, value: impl Into<String>) -> Self {
        self.releases.push(Claim { scope, value: value.into() });
        self
    }

    /// Stands only if the other stream is still as it was read.
    #[must_use]
    pub fn expecting(mut self, seen: impl Into<Expect>) -> Self {
        self.expects.push(seen.into());
        self
    }

    /// The facts alone.
    pub fn events(&self) -> impl Iterator<Item = &E> {
        self.facts.iter().map(|fact| &fact.event)
    }
}

/// One request to decide, as the decision sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub by: Actor,
    /// The date of the request, in Paris.
    pub today: Date,
    /// When it happened, if not today.
    pub on: Option<Date>,
    /// The justification, when a rule is to be set aside.
    pub because: Option<Prose>,
}

impl Asked {
    /// Lets pass the roles that hold the right, when the object is in their perimeter.
    pub fn may(&self, right: &Right, around: &Perimeter) -> Result<(), Common> {
        if !self.by.sees(around) {
            return Err(Common::NotFound {});
        }
        if !right.roles.contains(&self.by.role.name()) {
            let reads_it = around.everyone || self.by.role.reads_its_perimeter();
            let no = Common::Forbidden { act: right.act.to_owned() };
            return Err(if reads_it { no } else { Common::NotFound {} });
        }
        match self.on {
            Some(on) if on > self.today => Err(Common::DateInFuture { on, today: self.today }),
            _ => Ok(()),
        }
    }

    /// The business date of what is asked.
    pub fn date(&self) -> Date {
        self.on.unwrap_or(self.today)
    }

    /// Sets a rule aside for the reason given, or says that a reason is needed.
    ///
    /// The reason is sealed for the dossier, so that those who may read the dossier read it.
    pub fn waive(&self, rule: Rule, subject: Subject) -> Result<(Rule, Sealed<Prose>), Common> {
        let because = self
            .because
            .clone()
            .ok_or(Common::JustificationNeeded { rule })?;
        Ok((rule, Sealed::new(subject, because)))
    }

    /// The facts to record, at their place, on the date of the request.
    #[expect(clippy::needless_pass_by_value, reason = "a place is built for the facts it goes to")]
    pub fn records<E>(&self, place: Place, events: impl IntoIterator<Item = E>) -> Decided<E> {
        let on = self.date();
        Decided {
            facts: events
                .into_iter()
                .map(|event| Fact { event, on, place: place.clone() })
                .collect(),
            claims: vec![],
            releases: vec![],
            expects: vec![],
        }
    }
}
