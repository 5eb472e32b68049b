//! Later ingénieries that reuse an element.

use uuid::Uuid;

use super::*;
use crate::{DlaId, Dossier, IngenierieId, capitalisation::REUTILISATIONS_MAX};

const LATER: IngenierieId = IngenierieId(Uuid::from_u128(6));

/// An ingénierie of these DLAs, after that which made the elements.
pub(super) fn later<const N: usize>(dlas: [DlaId; N]) -> Dossier {
    let mut it = ingenierie();
    it.id = LATER;
    it.dlas = dlas.to_vec();
    it.perimeter = crate::Perimeter::of_dlas(dlas);
    it
}

pub(super) fn reused(element: i32) -> Event {
    reused_by(element, LATER, OTHER_DLA)
}

fn reused_by(element: i32, ingenierie: IngenierieId, dla: DlaId) -> Event {
    ReutilisationDeclared { element, ingenierie, dlas: vec![dla], territoire: vaucluse() }
}

pub(super) fn abandoned_reuse(element: i32) -> Event {
    let motif = Sealed::new(Subject::dossier(INGENIERIE), prose("Sans suite."));
    ReutilisationWithdrawn { element, ingenierie: LATER, motif }
}

fn declares(
    history: Vec<Event>,
    asked: &Asked,
    element: i32,
    ingenierie: &Dossier,
) -> crate::testing::When<Capitalisation> {
    Capitalisation::given(history).when(|it| it.declare_reutilisation(asked, element, ingenierie))
}

#[test]
fn a_later_ingenierie_reuses_what_was_published_or_handed_over() {
    let handed = [ready(), vec![handed_over(1, transfert(2))]].concat();
    let theirs = later([OTHER_DLA]);
    for history in [published(), handed] {
        declares(history.clone(), &stranger(), 2, &theirs).then([reused(2)]);
        let history = [history, vec![reused(2)]].concat();
        declares(history, &stranger(), 2, &theirs).nothing();
    }
    // Nothing was given to them.
    declares(ready(), &stranger(), 2, &theirs).refused(Common::NotFound {});
    declares(published(), &stranger(), 3, &theirs).refused(Common::NotFound {});
    // Nor to anyone, though they read it.
    let own = later([DLA]);
    declares(ready(), &amina(), 2, &own).refused(Refusal::ElementNotShared { element: 2 });
    declares(published(), &amina(), 3, &own).refused(Refusal::ElementUnknown { element: 3 });
    declares(published(), &amina(), 2, &own).then([reused_by(2, LATER, DLA)]);
    let taken_back = [published(), vec![decided_against(2)]].concat();
    declares(taken_back, &amina(), 2, &own).refused(Refusal::ElementNotShared { element: 2 });
}

#[test]
fn who_declares_a_reuse_answers_for_the_ingenierie_that_reuses() {
    declares(published(), &stranger(), 2, &later([DLA])).refused(Common::NotFound {});
    declares(published(), &stranger(), 2, &absent_ingenierie()).refused(Common::NotFound {});
    let of_both = later([DLA, OTHER_DLA]);
    declares(published(), &stranger(), 2, &of_both).then([ReutilisationDeclared {
        element: 2,
        ingenierie: LATER,
        dlas: vec![DLA, OTHER_DLA],
        territoire: vaucluse(),
    }]);
}

#[test]
fn an_ingenierie_does_not_reuse_what_it_made() {
    declares(published(), &amina(), 2, &ingenierie()).refused(Refusal::ReutilisationOwn {});
}

#[test]
fn so_many_reuses_and_no_more() {
    let mut history = published();
    let others = (100..).map(|n| IngenierieId(Uuid::from_u128(n)));
    history.extend(
        others
            .take(REUTILISATIONS_MAX)
            .map(|it| reused_by(1, it, OTHER_DLA)),
    );
    declares(history, &stranger(), 2, &later([OTHER_DLA]))
        .refused(Refusal::ReutilisationsTooMany { max: REUTILISATIONS_MAX });
}

#[test]
fn a_reuse_is_withdrawn_for_a_reason_by_either_side() {
    let asks = |history: Vec<Event>, asked: Asked| {
        let motif = prose("Sans suite.");
        Capitalisation::given(history)
            .when(|it| it.withdraw_reutilisation(&asked, 2, &later([OTHER_DLA]), motif))
    };
    let history = [published(), vec![reused(2)]].concat();
    for asked in [stranger(), amina()] {
        asks(history.clone(), asked.clone()).then([abandoned_reuse(2)]);
        asks(published(), asked).nothing();
    }
    asks(history.clone(), structure(61)).refused(Common::NotFound {});
    let again = [history.clone(), vec![abandoned_reuse(2)]].concat();
    declares(again, &stranger(), 2, &later([OTHER_DLA])).then([reused(2)]);
    // Even once they may no longer read the element; what they never declared stays unknown.
    let taken_back = vec![decided_against(2)];
    asks([history, taken_back.clone()].concat(), stranger()).then([abandoned_reuse(2)]);
    asks([published(), taken_back].concat(), stranger()).refused(Common::NotFound {});
    asks(kept(), amina()).nothing();
}
