use uuid::Uuid;

use super::{Event, Event::*, FondementEffacement, HOLDS_MAX, IdentitePersonne, Personne, Refusal};
use crate::{
    ActorId, Line, PersonId, Prose, Sealed, Subject,
    refusal::Common,
    testing::{Scenario, admin, amina, folded, line, prose},
};

const CLAIRE: PersonId = PersonId(Uuid::from_u128(21));
const ACCOUNT: ActorId = ActorId(Uuid::from_u128(22));

fn identite() -> IdentitePersonne {
    IdentitePersonne {
        nom: line("Claire Exemple"),
        courriel: Some(line("claire@exemple.fr")),
        telephone: Some(line("01 99 00 00 00")),
    }
}

fn identified() -> Event {
    let identite = Sealed::new(Subject::person(CLAIRE), identite());
    PersonneIdentified { identite, acteur: Some(ACCOUNT) }
}

fn motif() -> Prose {
    prose("Des pièces sont demandées.")
}

fn reference() -> Line {
    line("Demande 2026-14")
}

fn erased() -> Event {
    let fondement = FondementEffacement::ConsentementRetire;
    PersonalDataErased { fondement, reference: reference() }
}

fn held() -> Event {
    let motif = Some(Sealed::new(Subject::person(CLAIRE), motif()));
    LegalHoldPlaced { reference: line("Contrôle FSE 2026-3"), motif }
}

/// One of each, every field filled.
pub(crate) fn samples() -> Vec<Event> {
    vec![identified(), held(), LegalHoldLifted { reference: line("Contrôle FSE 2026-3") }, erased()]
}

fn erases(it: &Personne) -> crate::Decision<Personne> {
    it.erase_personne(&admin(), FondementEffacement::ConsentementRetire, reference())
}

#[test]
fn a_person_is_known_by_name_under_seal() {
    let identifies =
        |it: &Personne| it.identify_personne(&admin(), CLAIRE, identite(), Some(ACCOUNT));
    Personne::given([]).when(identifies).then([identified()]);
    Personne::given([identified()])
        .when(identifies)
        .then([identified()]);
    let known: Personne = folded([identified()]);
    assert_eq!(known.acteurs(), &[ACCOUNT].into());
}

#[test]
fn what_is_held_is_erased_once() {
    Personne::given([identified()])
        .when(erases)
        .then([erased()]);
    Personne::given([identified(), erased()])
        .when(erases)
        .nothing();
}

#[test]
fn nobody_unknown_is_erased() {
    Personne::given([])
        .when(erases)
        .refused(Common::NotFound {});
}

#[test]
fn what_was_erased_does_not_come_back() {
    Personne::given([identified(), erased()])
        .when(|it| it.identify_personne(&admin(), CLAIRE, identite(), None))
        .refused(Common::Erased {});
    Personne::given([identified(), erased()])
        .when(|it| it.place_legal_hold(&admin(), CLAIRE, reference(), None))
        .refused(Common::Erased {});
}

#[test]
fn a_legal_hold_stands_before_an_erasure() {
    Personne::given([identified(), held()])
        .when(erases)
        .refused(Refusal::LegalHold {});
    let lifted = LegalHoldLifted { reference: line("Contrôle FSE 2026-3") };
    Personne::given([identified(), held(), lifted])
        .when(erases)
        .then([erased()]);
}

#[test]
fn a_hold_is_placed_and_lifted_once() {
    let reference = || line("Contrôle FSE 2026-3");
    Personne::given([identified()])
        .when(|it| it.place_legal_hold(&admin(), CLAIRE, reference(), Some(motif())))
        .then([held()]);
    Personne::given([identified(), held()])
        .when(|it| it.place_legal_hold(&admin(), CLAIRE, reference(), None))
        .nothing();
    Personne::given([identified(), held()])
        .when(|it| it.lift_legal_hold(&admin(), reference()))
        .then([LegalHoldLifted { reference: reference() }]);
    Personne::given([identified()])
        .when(|it| it.lift_legal_hold(&admin(), reference()))
        .nothing();
}

#[test]
fn holds_are_counted() {
    let holds = (0..HOLDS_MAX)
        .map(|n| LegalHoldPlaced { reference: line(&format!("Hold {n}")), motif: None });
    let full: Personne = folded([identified()].into_iter().chain(holds));
    let one_more = full.place_legal_hold(&admin(), CLAIRE, reference(), None);
    assert_eq!(one_more, Err(Refusal::TooManyHolds { max: HOLDS_MAX }));
}

#[test]
fn others_than_an_administrator_identify_nobody_and_know_of_nobody() {
    Personne::given([])
        .when(|it| it.identify_personne(&amina(), CLAIRE, identite(), None))
        .refused(Common::Forbidden { act: "identifyPersonne".to_owned() });
    let known: Personne = folded([identified()]);
    for refused in [
        known.place_legal_hold(&amina(), CLAIRE, reference(), None),
        known.lift_legal_hold(&amina(), reference()),
        known.erase_personne(&amina(), FondementEffacement::Opposition, reference()),
    ] {
        assert_eq!(refused, Err(Refusal::Common(Common::NotFound {})));
    }
}
