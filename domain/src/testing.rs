//! Given facts, when asked, then new facts or a refusal.

use std::collections::BTreeSet;

use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use uuid::Uuid;

use crate::{
    Actor, ActorId, Asked, Code, Date, Decider, Decision, DlaId, Dossier, Expect,
    IngenierieCollective, IngenierieId, Line, Liste, Organisation, OrganisationId, Prose, Refusal,
    Role, Sealed, Seen, Subject, Territoire, Version,
    codec::{Stored, decode, encode},
    date, ingenierie_collective, organisation,
};

pub(crate) const DLA: DlaId = DlaId(Uuid::from_u128(84));
pub(crate) const OTHER_DLA: DlaId = DlaId(Uuid::from_u128(85));
pub(crate) const INGENIERIE: IngenierieId = IngenierieId(Uuid::from_u128(5));
pub(crate) const TODAY: Date = date(2026, 3, 16);

pub(crate) trait Scenario: Decider {
    fn given(events: impl IntoIterator<Item = Self::Event>) -> Given<Self> {
        Given(folded(events))
    }
}

impl<D: Decider> Scenario for D {}

pub(crate) struct Given<D>(D);

impl<D: Decider> Given<D> {
    pub(crate) fn when(&self, ask: impl FnOnce(&D) -> Decision<D>) -> When<D> {
        When(ask(&self.0))
    }
}

pub(crate) struct When<D: Decider>(Decision<D>);

impl<D: Decider> When<D> {
    /// Exactly these facts are recorded.
    #[track_caller]
    pub(crate) fn then(self, expected: impl IntoIterator<Item = D::Event>) {
        let recorded = self
            .0
            .map(|decided| decided.facts.into_iter().map(|it| it.event).collect());
        assert_eq!(recorded, Ok(expected.into_iter().collect::<Vec<_>>()));
    }

    /// The decision stands only if the other stream has not moved.
    #[track_caller]
    pub(crate) fn expecting(self, other: impl Into<Expect>) -> Self {
        self.expecting_all([other.into()])
    }

    /// The same of these, and of no other.
    #[track_caller]
    pub(crate) fn expecting_all<const N: usize>(self, others: [Expect; N]) -> Self {
        let expects = self.0.as_ref().map(|decided| decided.expects.clone());
        assert_eq!(expects, Ok(others.to_vec()));
        self
    }

    /// It holds this value, and no other.
    #[track_caller]
    pub(crate) fn claiming(self, scope: &str, value: &str) -> Self {
        let claims = self.0.as_ref().map(|decided| {
            let held = decided.claims.iter();
            held.map(|it| (it.scope.to_owned(), it.value.clone()))
                .collect()
        });
        assert_eq!(claims, Ok(vec![(scope.to_owned(), value.to_owned())]));
        self
    }

    /// It is already so.
    #[track_caller]
    pub(crate) fn nothing(self) {
        self.then([]);
    }

    /// It says no, for this reason.
    #[track_caller]
    pub(crate) fn refused(self, expected: impl Into<D::Refusal>) {
        assert_eq!(self.0.map(|decided| decided.facts), Err(expected.into()));
    }

    /// It says no, with this code.
    #[track_caller]
    pub(crate) fn refused_with(self, code: &str) {
        let no: Refusal = self.0.expect_err("it was to be refused").into();
        assert_eq!(no.code, code);
    }
}

/// The state after some facts.
pub(crate) fn folded<D: Decider>(events: impl IntoIterator<Item = D::Event>) -> D {
    let mut state = D::default();
    for event in events {
        state.evolve(&event);
    }
    state
}

/// Another aggregate, as a decision that looks across streams sees it.
pub(crate) fn seen<D: Decider>(id: D::Id, events: impl IntoIterator<Item = D::Event>) -> Seen<D> {
    let events: Vec<_> = events.into_iter().collect();
    let version = Version(i64::try_from(events.len()).expect("a short history"));
    Seen { id, version, state: folded(events) }
}

/// A request of today, without justification.
pub(crate) fn asked(role: Role) -> Asked {
    let by = Actor { id: ActorId(Uuid::from_u128(7)), org: None, via: None, role };
    Asked { by, today: TODAY, on: None, because: None }
}

/// By a chargée de mission of `DLA`.
pub(crate) fn amina() -> Asked {
    asked(Role::ChargeDeMission { dlas: BTreeSet::from([DLA]) })
}

/// By a chargé de mission of another DLA, who sees nothing here.
pub(crate) fn stranger() -> Asked {
    asked(Role::ChargeDeMission { dlas: BTreeSet::from([OTHER_DLA]) })
}

/// By the person who answers for the porteuse of `DLA`.
pub(crate) fn responsable() -> Asked {
    asked(Role::ResponsablePorteuse { dlas: BTreeSet::from([DLA]) })
}

/// By a member of the comité d'appui of `DLA`.
pub(crate) fn membre() -> Asked {
    asked(Role::MembreComiteAppui { dlas: BTreeSet::from([DLA]) })
}

/// By someone who supports `DLA` from its region: they read all, and write little.
pub(crate) fn regional() -> Asked {
    asked(Role::ChargeDeMissionRegional { dlas: BTreeSet::from([DLA]), regional: org(91) })
}

/// By a portal that brings data into the dossiers of `DLA`.
pub(crate) fn portail() -> Asked {
    asked(Role::Integration { dlas: BTreeSet::from([DLA]) })
}

/// By the financeur of that number.
pub(crate) fn financeur(n: u128) -> Asked {
    asked(Role::Financeur { financeur: org(n) })
}

/// By the structure of that number.
pub(crate) fn structure(n: u128) -> Asked {
    asked(Role::StructureBeneficiaire { structure: org(n) })
}

/// By the prestataire of that number.
pub(crate) fn prestataire(n: u128) -> Asked {
    asked(Role::Prestataire { prestataire: org(n) })
}

/// By the partner of that number.
pub(crate) fn partenaire(n: u128) -> Asked {
    asked(Role::Partenaire { partenaire: org(n) })
}

/// By the administrator of the registry.
pub(crate) fn admin() -> Asked {
    asked(Role::Admin)
}

impl Asked {
    /// The same request, justified.
    pub(crate) fn because(mut self, reason: &str) -> Self {
        self.because = Some(prose(reason));
        self
    }

    /// The same request, about another day.
    pub(crate) fn on(mut self, on: Date) -> Self {
        self.on = Some(on);
        self
    }
}

/// An organisation, by number.
pub(crate) const fn org(n: u128) -> OrganisationId {
    OrganisationId(Uuid::from_u128(n))
}

/// The ingénierie of `DLA` in the Vaucluse, in its first days.
pub(crate) fn ingenierie() -> Dossier {
    ingenierie_with([])
}

/// The same, abandoned.
pub(crate) fn abandoned_ingenierie() -> Dossier {
    let motif = Sealed::new(Subject::dossier(INGENIERIE), prose("Faute de structures."));
    let abandoned = ingenierie_collective::Event::IngenierieCollectiveAbandoned {
        etat: ingenierie_collective::Etat::EnIdentification,
        motif,
    };
    ingenierie_with([abandoned])
}

/// An ingénierie without any fact.
pub(crate) fn absent_ingenierie() -> Dossier {
    seen::<IngenierieCollective>(INGENIERIE, []).into()
}

/// The ingénierie of `DLA`, after some more facts.
pub(crate) fn ingenierie_with(
    facts: impl IntoIterator<Item = ingenierie_collective::Event>,
) -> Dossier {
    let facts = initiated().into_iter().chain(facts);
    seen::<IngenierieCollective>(INGENIERIE, facts).into()
}

fn initiated() -> Vec<ingenierie_collective::Event> {
    use ingenierie_collective::Event::{IngenierieCollectiveInitiated, PartenaireAssociated};
    let mut events = vec![IngenierieCollectiveInitiated {
        ingenierie: INGENIERIE,
        porteur: DLA,
        intitule: line("Les relations avec les banques"),
        territoire: vaucluse(),
        secteurs: vec![],
    }];
    let categorie = code(Liste::CategoriePartenaire, "RESEAU_DLA");
    events.extend([41, 51].map(|n| PartenaireAssociated {
        organisation: org(n),
        categorie: categorie.clone(),
        role: None,
    }));
    events
}

/// An organisation that is referenced as a prestataire.
pub(crate) fn referenced(n: u128) -> Seen<Organisation> {
    let role = organisation::OrganisationRole::Prestataire;
    let identite = organisation::Identite {
        denomination: line("Atelier Conseil"),
        statut: code(Liste::StatutJuridique, "ASSOCIATION"),
        identifiants: organisation::Identifiants::default(),
        ape: None,
        commune: None,
        secteurs: BTreeSet::new(),
    };
    let registered =
        organisation::Event::OrganisationRegistered { identite, sans_identifiant: None };
    seen(org(n), [registered, organisation::Event::OrganisationRoleAssigned { role }])
}

/// An organisation that is not referenced as a prestataire.
pub(crate) fn unreferenced(n: u128) -> Seen<Organisation> {
    seen(org(n), [])
}

/// A code of a reference list.
pub(crate) fn code(liste: Liste, code: &str) -> Code {
    liste.code(code).expect("a code of the list")
}

/// Codes of a reference list.
pub(crate) fn codes<const N: usize>(liste: Liste, codes: [&str; N]) -> BTreeSet<Code> {
    codes.into_iter().map(|it| code(liste, it)).collect()
}

pub(crate) fn line(text: &str) -> Line {
    Line::parse(text).expect("a valid line")
}

pub(crate) fn prose(text: &str) -> Prose {
    Prose::parse(text).expect("a valid text")
}

pub(crate) fn vaucluse() -> Territoire {
    Territoire::departement("84").expect("a valid code")
}

/// What is read back from the log: the same facts, their sealed values closed.
pub(crate) fn stored<D: Decider>(events: impl IntoIterator<Item = D::Event>) -> Vec<D::Event> {
    events
        .into_iter()
        .map(|event| {
            let Stored { kind, schema, data, sealed } = encode::<D>(&event).expect("writable");
            assert!(holds_no_null(&data), "{kind}: {data}");
            let pointers = sealed.iter().map(|it| it.pointer.as_str());
            decode::<D>(&kind, schema, &raw(&data), pointers).expect("readable")
        })
        .collect()
}

/// A value as the text of a leaf holds it.
pub(crate) fn raw(value: &Value) -> Box<RawValue> {
    to_raw_value(value).expect("a value is a text")
}

fn holds_no_null(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().all(holds_no_null),
        Value::Object(members) => members.values().all(holds_no_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}
