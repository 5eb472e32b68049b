//! What may be told of an ingénierie, and by whom it is named.

use std::collections::BTreeSet;

use super::{Annee, Cas, Recit, STRUCTURES_MAX, TrancheCout};
use crate::{
    Asked, Capitalisation, Cents, Decision, Dossier, Genre, OrganisationId, PlanFinancement,
    QuarterDays, Seen,
    capitalisation::{
        CauseRetrait, Event, Refusal,
        tests::{designated, open, told_no_more},
    },
    plan_financement,
    refusal::Common,
    testing::{
        Scenario, TODAY, abandoned_ingenierie, amina, financeur, folded, ingenierie, line, org,
        prose, seen, stranger, structure,
    },
    values::PlanFinancementId,
};

pub(crate) const NAMED: OrganisationId = org(61);

fn recit() -> Recit {
    Recit {
        titre: line("Négocier avec sa banque"),
        resume: prose("Trente associations informées en trois journées."),
        enseignements: Some(prose("Inviter une banque du territoire.")),
        annee: Annee::parse(2005).expect("a year"),
        transferable: true,
    }
}

/// The ingénierie once its projet is confirmed, with one structure that takes part.
pub(crate) fn told() -> Dossier {
    Dossier { ready: true, mobilisees: [NAMED].into(), jours: QuarterDays(12), ..ingenierie() }
}

fn absent_plan() -> Seen<PlanFinancement> {
    seen(PlanFinancementId(uuid::Uuid::from_u128(9)), [])
}

fn published<const N: usize>(named: [OrganisationId; N]) -> Event {
    let dossier = told();
    Event::CasPublished {
        cas: Cas {
            recit: recit(),
            territoire: dossier.territoire.expect("a place"),
            secteurs: dossier.secteurs,
            themes: dossier.themes,
            type_ingenierie: None,
            nombre_structures: Some(1),
            jours: Some(QuarterDays(12)),
            cout: None,
        },
        structures: named.into(),
    }
}

fn consented() -> Event {
    Event::ConsentementPublicationGiven { structure: NAMED, reference: None }
}

fn ready() -> Vec<Event> {
    [open(), vec![designated(), consented()]].concat()
}

pub(crate) fn publish<const N: usize>(
    it: &Capitalisation,
    asked: &Asked,
    dossier: &Dossier,
    named: [OrganisationId; N],
) -> Decision<Capitalisation> {
    it.publish_cas(asked, (dossier, &absent_plan()), recit(), named.into())
}

#[test]
fn an_ingenierie_is_told_with_its_figures_and_told_anew() {
    let asks = |history: Vec<Event>, dossier: Dossier| {
        Capitalisation::given(history).when(|it| publish(it, &amina(), &dossier, [NAMED]))
    };
    asks(ready(), told()).then([published([NAMED])]);
    let already = [ready(), vec![published([NAMED])]].concat();
    asks(already.clone(), told()).nothing();
    let Event::CasPublished { mut cas, structures } = published([NAMED]) else { return };
    cas.jours = None;
    let without_days = Dossier { jours: QuarterDays(0), ..told() };
    asks(already, without_days).then([Event::CasPublished { cas, structures }]);
}

#[test]
fn the_cost_is_that_of_a_confirmed_plan() {
    let confirmed = plan_financement::tests::standing();
    let total = folded::<PlanFinancement>(confirmed.clone()).total_cents();
    let plan = seen(PlanFinancementId(uuid::Uuid::from_u128(9)), confirmed);
    let it = folded::<Capitalisation>(ready());
    let decided = it
        .publish_cas(&amina(), (&told(), &plan), recit(), [NAMED].into())
        .expect("it is told");
    let events: Vec<_> = decided.events().collect();
    let [Event::CasPublished { cas, .. }] = events[..] else { panic!("{events:?}") };
    assert!(total > Cents(0));
    assert_eq!(cas.cout, Some(total));
}

#[test]
fn a_case_is_told_once_it_is_settled_and_someone_answers_for_it() {
    let asks = |history: Vec<Event>, dossier: Dossier| {
        Capitalisation::given(history).when(|it| publish(it, &amina(), &dossier, []))
    };
    asks(ready(), ingenierie()).refused(Refusal::CasTooEarly {});
    asks(open(), told()).refused(Refusal::ResponsableMissing {});
    let other = Dossier { id: crate::IngenierieId(uuid::Uuid::from_u128(55)), ..told() };
    asks(ready(), other).refused(Common::NotFound {});
    // What was given up teaches too.
    assert!(abandoned_ingenierie().ready);
    let next = i32::from(TODAY.year()) + 1;
    let later = Recit { annee: Annee::parse(next).expect("a year"), ..recit() };
    Capitalisation::given(ready())
        .when(|it| it.publish_cas(&amina(), (&told(), &absent_plan()), later, BTreeSet::new()))
        .refused(Refusal::CasInFuture { annee: TODAY.year() + 1 });
    for (by, no) in [
        (stranger(), Common::NotFound {}),
        (structure(51), Common::Forbidden { act: "publishCas".to_owned() }),
        (financeur(99), Common::NotFound {}),
    ] {
        Capitalisation::given(ready())
            .when(|it| publish(it, &by, &told(), []))
            .refused(no);
    }
}

// INV-33
#[test]
fn a_case_names_those_who_took_part_and_agree() {
    let asks = |history: Vec<Event>, dossier: Dossier, named: BTreeSet<OrganisationId>| {
        Capitalisation::given(history)
            .when(|it| it.publish_cas(&amina(), (&dossier, &absent_plan()), recit(), named))
    };
    asks(ready(), told(), [org(51)].into())
        .refused(Refusal::CasStructureNotConcerned { structure: org(51) });
    let unasked = [open(), vec![designated()]].concat();
    asks(unasked.clone(), told(), [NAMED].into())
        .refused(Refusal::CasConsentementMissing { structure: NAMED });
    asks(unasked, told(), BTreeSet::new()).then([published([])]);
    let many = (1000..).map(org).take(STRUCTURES_MAX + 1).collect();
    asks(ready(), told(), many).refused(Refusal::CasStructuresTooMany { max: STRUCTURES_MAX });
}

#[test]
fn the_case_of_one_structure_names_it() {
    let mission = Dossier { genre: Genre::Individuelle, ..told() };
    Capitalisation::given(ready())
        .when(|it| publish(it, &amina(), &mission, []))
        .refused(Refusal::CasStructureMissing {});
    Capitalisation::given(ready())
        .when(|it| publish(it, &amina(), &mission, [NAMED]))
        .then([published([NAMED])]);
}

#[test]
fn a_case_is_taken_out_by_decision_or_by_whom_it_names() {
    let already = |named| [ready(), vec![named]].concat();
    Capitalisation::given(already(published([])))
        .when(|it| it.unpublish_cas(&amina(), prose("Une structure y est reconnaissable.")))
        .then([told_no_more()]);
    Capitalisation::given(ready())
        .when(|it| it.unpublish_cas(&amina(), prose("Une structure y est reconnaissable.")))
        .nothing();
    let withdrawn = Event::ConsentementPublicationWithdrawn { structure: NAMED };
    let cause = CauseRetrait::ConsentementRetire;
    let out = Event::CasUnpublished { cause, motif: None };
    Capitalisation::given(already(published([NAMED])))
        .when(|it| it.withdraw_consentement_publication(&amina(), NAMED))
        .then([withdrawn.clone(), out]);
    // It names nobody: it stays.
    Capitalisation::given(already(published([])))
        .when(|it| it.withdraw_consentement_publication(&amina(), NAMED))
        .then([withdrawn]);
}

#[test]
fn bands_of_cost_leave_no_gap() {
    use TrancheCout::*;
    for (cents, band) in [
        (0, MoinsDe3000),
        (299_999, MoinsDe3000),
        (300_000, De3000A6000),
        (599_999, De3000A6000),
        (600_000, De6000A12000),
        (1_199_999, De6000A12000),
        (1_200_000, De12000A25000),
        (2_499_999, De12000A25000),
        (2_500_000, APartirDe25000),
        (10_000_000_000, APartirDe25000),
    ] {
        assert_eq!(TrancheCout::of(Cents(cents)), band, "{cents}");
    }
}
