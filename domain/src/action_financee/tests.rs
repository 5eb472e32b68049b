use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Action, ActionFinancee, BRANCHES_MAX, Base, CLAIM, Credits, Event, Event::*, Refusal,
    SUPERPOSITIONS_MAX,
};
use crate::{
    ActionFinanceeId, ActorId, Asked, Cents, Code, Decider, Decision, DlaId, Dossier,
    IngenierieCollective, IngenierieId, Liste, Periode, PlanFinancement, PlanFinancementId, Prose,
    Sealed, Seen, Subject, Territoire, date, ingenierie_collective,
    ingenierie_collective::Etat,
    plan_financement,
    refusal::Common,
    testing::{
        DLA, Given, OTHER_DLA, Scenario, amina, code, codes, folded, line, prose, regional,
        responsable, seen, stored, stranger, vaucluse,
    },
};

const EVERYWHERE: &str = "TOUS_SECTEURS";

fn action() -> Action {
    Action {
        theme: code(Liste::TypePrestation, "GESTION_FINANCIERE"),
        objet: code(Liste::ObjetPrestation, "OUTILS"),
    }
}

fn plan_id(n: u128) -> PlanFinancementId {
    PlanFinancementId(Uuid::from_u128(n))
}

fn ingenierie_id(n: u128) -> IngenierieId {
    IngenierieId(Uuid::from_u128(n))
}

fn year(year: i16) -> Periode {
    Periode { du: date(year, 1, 1), au: date(year, 12, 31) }
}

/// What the plan of an ingénierie of `DLA` says, declared by somebody who stands in no test.
fn credits(plan: u128, ingenierie: u128) -> Credits {
    Credits {
        plan: plan_id(plan),
        ingenierie: ingenierie_id(ingenierie),
        dlas: BTreeSet::from([DLA]),
        periode: year(2026),
        territoire: Some(vaucluse()),
        secteurs: BTreeSet::new(),
        branches: BTreeSet::new(),
        auteur: ActorId(Uuid::from_u128(99)),
    }
}

fn says(credits: Credits) -> Event {
    CreditsIngenierieDeclared { action: action(), credits }
}

pub(crate) fn declared(plan: u128, ingenierie: u128) -> Event {
    says(credits(plan, ingenierie))
}

/// The first plan met the second; each with its ingénierie.
pub(crate) fn detected(n: i32, one: (u128, u128), other: (u128, u128)) -> Event {
    SuperpositionDetected {
        superposition: n,
        plan: plan_id(one.0),
        ingenierie: ingenierie_id(one.1),
        autre_plan: plan_id(other.0),
        autre_ingenierie: ingenierie_id(other.1),
        bases: BTreeSet::from([Base::Territoire]),
    }
}

fn because(ingenierie: u128, text: &str) -> Sealed<Prose> {
    Sealed::new(Subject::dossier(ingenierie_id(ingenierie)), prose(text))
}

pub(crate) fn cleared(n: i32) -> Event {
    SuperpositionCleared { superposition: n, because: because(5, "Deux publics.") }
}

fn withdrawn(plan: u128, ingenierie: u128) -> Event {
    CreditsIngenierieWithdrawn { plan: plan_id(plan), motif: because(ingenierie, "Reporté.") }
}

/// An ingénierie of `DLA` in the Vaucluse, and its plan.
fn dossier(plan: u128, ingenierie: u128, secteurs: &[&str]) -> (Seen<PlanFinancement>, Dossier) {
    let secteurs = secteurs.iter().map(|it| code(Liste::Secteur, it)).collect();
    let initiated = ingenierie_collective::Event::IngenierieCollectiveInitiated {
        ingenierie: ingenierie_id(ingenierie),
        porteur: DLA,
        intitule: line("Tenir sa comptabilité"),
        territoire: vaucluse(),
        secteurs,
    };
    let opened = plan_financement::Event::PlanFinancementOpened {
        ingenierie: ingenierie_id(ingenierie),
        dlas: BTreeSet::from([DLA]),
        territoire: Some(vaucluse()),
    };
    (
        seen(plan_id(plan), [opened]),
        seen::<IngenierieCollective>(ingenierie_id(ingenierie), [initiated]).into(),
    )
}

fn declare(
    it: &ActionFinancee,
    asked: &Asked,
    plan: u128,
    ingenierie: u128,
) -> Decision<ActionFinancee> {
    let (plan, ingenierie) = dossier(plan, ingenierie, &[]);
    let said = (year(2026), BTreeSet::new());
    it.declare_credits_ingenierie(asked, (&plan, &ingenierie), action(), said)
}

fn by(n: u128, mut asked: Asked) -> Asked {
    asked.by.id = ActorId(Uuid::from_u128(n));
    asked
}

pub(crate) fn samples() -> Vec<Event> {
    let secteurs = codes(Liste::Secteur, ["SPORT"]);
    let branches = codes(Liste::Branche, ["PATRIMOINE"]);
    vec![
        says(Credits { secteurs, branches, ..credits(6, 5) }),
        detected(1, (6, 5), (4, 3)),
        cleared(1),
        withdrawn(4, 3),
    ]
}

#[test]
fn a_plan_declares_what_its_credits_pay_for() {
    let auteur = ActorId(Uuid::from_u128(7));
    ActionFinancee::given([])
        .when(|it| declare(it, &amina(), 6, 5))
        .then([says(Credits { auteur, ..credits(6, 5) })]);
    ActionFinancee::given([])
        .when(|it| declare(it, &amina(), 6, 5))
        .claiming(CLAIM, &plan_id(6).0.to_string());
    // Whoever says it again.
    ActionFinancee::given([declared(6, 5)])
        .when(|it| declare(it, &amina(), 6, 5))
        .nothing();
}

#[test]
fn those_of_the_dossier_declare_its_credits() {
    for (nobody, no) in [
        (stranger(), Common::NotFound {}),
        (regional(), Common::Forbidden { act: "declareCreditsIngenierie".to_owned() }),
        (responsable(), Common::Forbidden { act: "declareCreditsIngenierie".to_owned() }),
    ] {
        ActionFinancee::given([])
            .when(|it| declare(it, &nobody, 6, 5))
            .refused(no);
    }
    // A plan of another dossier.
    let ((plan, _), (_, other)) = (dossier(6, 5, &[]), dossier(4, 3, &[]));
    ActionFinancee::given([])
        .when(|it| {
            let said = (year(2026), BTreeSet::new());
            it.declare_credits_ingenierie(&amina(), (&plan, &other), action(), said)
        })
        .refused(Common::NotFound {});
}

#[test]
fn what_is_declared_is_possible() {
    let (plan, ingenierie) = dossier(6, 5, &[]);
    let reversed = Periode { du: date(2026, 2, 1), au: date(2026, 1, 31) };
    ActionFinancee::given([])
        .when(|it| {
            let said = (reversed, BTreeSet::new());
            it.declare_credits_ingenierie(&amina(), (&plan, &ingenierie), action(), said)
        })
        .refused(Refusal::PeriodeReversed {});
    let branches: BTreeSet<Code> = (0..=BRANCHES_MAX)
        .map(|n| serde_json::from_str(&format!("\"B{n}\"")).unwrap())
        .collect();
    ActionFinancee::given([])
        .when(|it| {
            let said = (year(2026), branches.clone());
            it.declare_credits_ingenierie(&amina(), (&plan, &ingenierie), action(), said)
        })
        .refused(Refusal::TooManyBranches { max: BRANCHES_MAX });
    let crowd = (100..=100 + SUPERPOSITIONS_MAX as u128).map(|n| declared(n, n));
    ActionFinancee::given(crowd)
        .when(|it| declare(it, &amina(), 6, 5))
        .refused(Refusal::TooManySuperpositions { max: SUPERPOSITIONS_MAX });
}

// INV-38
#[test]
fn nothing_is_declared_once_the_ingenierie_is_over() {
    let (plan, mut ingenierie) = dossier(6, 5, &[]);
    ingenierie.etat = Some(Etat::Abandonnee);
    let ask = |given: Given<ActionFinancee>| {
        given.when(|it| {
            let said = (year(2026), BTreeSet::new());
            it.declare_credits_ingenierie(&amina(), (&plan, &ingenierie), action(), said)
        })
    };
    ask(ActionFinancee::given([])).refused(Refusal::CreditsAfterEnd {});
    // What was declared before is already so.
    ask(ActionFinancee::given([declared(6, 5)])).nothing();
}

// INV-13
#[test]
fn another_plan_for_the_same_action_is_found() {
    let auteur = ActorId(Uuid::from_u128(7));
    ActionFinancee::given([declared(4, 3)])
        .when(|it| declare(it, &amina(), 6, 5))
        .then([says(Credits { auteur, ..credits(6, 5) }), detected(1, (6, 5), (4, 3))]);
    let both: ActionFinancee =
        folded([declared(4, 3), declared(6, 5), detected(1, (6, 5), (4, 3))]);
    assert_eq!(both.uncleared(plan_id(6)).collect::<Vec<_>>(), [1]);
    assert_eq!(both.uncleared(plan_id(4)).collect::<Vec<_>>(), [1]);
    assert_eq!(both.uncleared(plan_id(8)).count(), 0);
}

// INV-13, RUL-02: at the same time, and on one of three bases.
#[test]
fn two_plans_meet_in_time_and_in_a_place_a_sector_or_a_branch() {
    let territory = |it: &str| it.parse::<Territoire>().unwrap();
    let here = credits(6, 5);
    let there = Credits { territoire: Some(territory("departement:13")), ..credits(4, 3) };
    let sport = |it: &Credits| Credits { secteurs: codes(Liste::Secteur, ["SPORT"]), ..it.clone() };
    let all =
        |it: &Credits| Credits { secteurs: codes(Liste::Secteur, [EVERYWHERE]), ..it.clone() };
    let arts =
        |it: &Credits| Credits { branches: codes(Liste::Branche, ["PATRIMOINE"]), ..it.clone() };
    let within = |it: &str| Credits { territoire: Some(territory(it)), ..credits(4, 3) };
    let later = Credits { periode: year(2027), ..credits(4, 3) };
    let last_day = Periode { du: date(2026, 12, 31), au: date(2027, 6, 30) };
    let nowhere = Credits { territoire: None, ..credits(4, 3) };
    for (one, other, expected) in [
        (&here, &there, vec![]),
        (&here, &within("commune:84007"), vec![Base::Territoire]),
        (&here, &within("region:93"), vec![Base::Territoire]),
        (&here, &later, vec![]),
        (&here, &Credits { periode: last_day, ..credits(4, 3) }, vec![Base::Territoire]),
        (&here, &nowhere, vec![]),
        (&sport(&here), &there, vec![]),
        (&sport(&here), &sport(&there), vec![Base::Secteur]),
        (&sport(&here), &all(&there), vec![Base::Secteur]),
        (&here, &all(&there), vec![]),
        (&arts(&here), &arts(&there), vec![Base::Branche]),
        (
            &arts(&sport(&here)),
            &arts(&sport(&within("region:93"))),
            vec![Base::Territoire, Base::Secteur, Base::Branche],
        ),
    ] {
        let expected = BTreeSet::from_iter(expected);
        assert_eq!(one.meets(other), expected, "{one:?} {other:?}");
        assert_eq!(other.meets(one), expected, "the same from both sides");
    }
}

#[test]
fn the_dossier_says_in_which_sectors() {
    let (plan, ingenierie) = dossier(6, 5, &["SPORT"]);
    let far = Credits {
        territoire: Some("departement:29".parse().unwrap()),
        secteurs: codes(Liste::Secteur, ["SPORT"]),
        ..credits(4, 3)
    };
    let found = folded::<ActionFinancee>([says(far)])
        .declare_credits_ingenierie(
            &amina(),
            (&plan, &ingenierie),
            action(),
            (year(2026), BTreeSet::new()),
        )
        .unwrap();
    let SuperpositionDetected { bases, .. } = &found.facts[1].event else { panic!("{found:?}") };
    assert_eq!(*bases, BTreeSet::from([Base::Secteur]));
    assert_eq!(found.expects.len(), 2, "the plan and the dossier are still as they were read");
}

#[test]
fn what_is_said_anew_is_compared_anew() {
    let both = [declared(4, 3), declared(6, 5), detected(1, (6, 5), (4, 3)), cleared(1)];
    let (plan, ingenierie) = dossier(4, 3, &[]);
    let asked = by(7, amina());
    let said = (year(2027), BTreeSet::new());
    ActionFinancee::given(both.clone())
        .when(|it| {
            it.declare_credits_ingenierie(&asked, (&plan, &ingenierie), action(), said.clone())
        })
        .then([says(Credits { auteur: asked.by.id, periode: year(2027), ..credits(4, 3) })]);
    let moved = says(Credits { periode: year(2027), ..credits(4, 3) });
    let it: ActionFinancee = folded(both.into_iter().chain([moved]));
    let decided = declare(&it, &asked, 4, 3).unwrap();
    let facts: Vec<_> = decided.events().cloned().collect();
    // A number is given once, and what was cleared before is to be cleared again.
    assert_eq!(facts[1], detected(2, (4, 3), (6, 5)));
}

// INV-13: whoever declared it does not judge it.
#[test]
fn a_superposition_is_cleared_by_somebody_else_who_answers_for_a_porteuse() {
    let both = vec![declared(4, 3), declared(6, 5), detected(1, (6, 5), (4, 3))];
    let clear = |it: &ActionFinancee, asked: &Asked| {
        it.clear_superposition(asked, 1, prose("Deux publics."))
    };
    ActionFinancee::given(both.clone())
        .when(|it| clear(it, &responsable()))
        .then([cleared(1)]);
    ActionFinancee::given(both.clone())
        .when(|it| clear(it, &by(99, responsable())))
        .refused(Refusal::SuperpositionOwn {});
    ActionFinancee::given(both.clone())
        .when(|it| clear(it, &amina()))
        .refused(Common::Forbidden { act: "clearSuperposition".to_owned() });
    ActionFinancee::given(both.clone())
        .when(|it| clear(it, &stranger()))
        .refused(Common::NotFound {});
    ActionFinancee::given([])
        .when(|it| clear(it, &responsable()))
        .refused(Common::NotFound {});
    ActionFinancee::given(both.clone())
        .when(|it| it.clear_superposition(&responsable(), 2, prose("Non.")))
        .refused(Refusal::SuperpositionUnknown { superposition: 2 });
    let after: ActionFinancee = folded(both.iter().cloned().chain([cleared(1)]));
    assert_eq!(after.uncleared(plan_id(6)).count(), 0);
    ActionFinancee::given(both.into_iter().chain([cleared(1)]))
        .when(|it| clear(it, &responsable()))
        .nothing();
    // Either DLA may be the one that explains.
    let theirs = Credits { dlas: BTreeSet::from([OTHER_DLA]), ..credits(4, 3) };
    ActionFinancee::given([says(theirs), declared(6, 5), detected(1, (6, 5), (4, 3))])
        .when(|it| clear(it, &responsable_of(OTHER_DLA)))
        .then([cleared(1)]);
}

fn responsable_of(dla: DlaId) -> Asked {
    let mut asked = responsable();
    asked.by.role = crate::Role::ResponsablePorteuse { dlas: BTreeSet::from([dla]) };
    asked
}

#[test]
fn credits_are_withdrawn_with_a_reason_and_meet_nothing_any_more() {
    let both = vec![declared(4, 3), declared(6, 5), detected(1, (6, 5), (4, 3))];
    let (plan, ingenierie) = dossier(4, 3, &[]);
    let withdraw = |it: &ActionFinancee| {
        it.withdraw_credits_ingenierie(&amina(), (&plan, &ingenierie), prose("Reporté."))
    };
    ActionFinancee::given(both.clone())
        .when(withdraw)
        .then([withdrawn(4, 3)]);
    let decided = withdraw(&folded(both.clone())).unwrap();
    assert_eq!(decided.releases.len(), 1, "the plan may pay for another action");
    let after: ActionFinancee = folded(both.into_iter().chain([withdrawn(4, 3)]));
    assert_eq!(after.uncleared(plan_id(6)).count(), 0);
    assert_eq!(after.credits(plan_id(4)), None);
    ActionFinancee::given([declared(6, 5)])
        .when(withdraw)
        .refused(Refusal::ActionNotOfPlan {});
}

// INV-13: what a plan was confirmed with is what it goes on saying.
#[test]
fn a_plan_that_stands_says_nothing_else() {
    let (plan, ingenierie) = dossier(6, 5, &[]);
    let opened = plan_financement::Event::PlanFinancementOpened {
        ingenierie: ingenierie.id,
        dlas: BTreeSet::from([DLA]),
        territoire: Some(vaucluse()),
    };
    let confirmed = plan_financement::Event::PlanFinancementConfirmed {
        total: Cents(1),
        valorisation: Cents(0),
    };
    let plan: Seen<PlanFinancement> = seen(plan.id, [opened, confirmed]);
    let declare = |it: &ActionFinancee, periode| {
        let said = (periode, BTreeSet::new());
        it.declare_credits_ingenierie(&amina(), (&plan, &ingenierie), action(), said)
    };
    let given = [declared(4, 3), says(Credits { periode: year(2027), ..credits(6, 5) })];
    ActionFinancee::given(given.clone())
        .when(|it| declare(it, year(2026)))
        .refused(Refusal::PlanStands {});
    // Another time meets nothing either.
    let auteur = ActorId(Uuid::from_u128(7));
    ActionFinancee::given(given.clone())
        .when(|it| declare(it, year(2028)))
        .then([says(Credits { auteur, periode: year(2028), ..credits(6, 5) })]);
    let withdraw = |it: &ActionFinancee, dossier| {
        it.withdraw_credits_ingenierie(&amina(), (&plan, dossier), prose("Reporté."))
    };
    ActionFinancee::given(given.clone())
        .when(|it| withdraw(it, &ingenierie))
        .refused(Refusal::PlanStands {});
    let mut over = ingenierie.clone();
    over.etat = Some(ingenierie_collective::Etat::Abandonnee);
    ActionFinancee::given(given)
        .when(|it| withdraw(it, &over))
        .then([withdrawn(6, 5)]);
}

#[test]
fn an_action_has_one_stream() {
    assert_eq!(action().id(), action().id());
    let other = Action { objet: code(Liste::ObjetPrestation, "PLAN"), ..action() };
    assert_ne!(action().id(), other.id());
    assert_eq!(action().id().0.get_version_num(), 8);
    assert_ne!(action().id(), ActionFinanceeId(Uuid::nil()));
}

#[test]
fn facts_are_read_as_they_were_written() {
    let read = stored::<ActionFinancee>(samples());
    assert_eq!(folded::<ActionFinancee>(read), folded(samples()));
}

proptest! {
    // INV-13: in whatever order plans are declared, moved and withdrawn, any two that overlap
    // are known to both.
    #[test]
    fn every_overlap_is_known_to_both_sides(
        steps in prop::collection::vec((1..6_u128, 0..3_i16, any::<bool>()), 0..30),
    ) {
        let mut it = ActionFinancee::default();
        for (n, later, withdraws) in steps {
            let (plan, ingenierie) = dossier(n, n, &[]);
            let both = (&plan, &ingenierie);
            let said = (year(2026 + later), BTreeSet::new());
            let decided = if withdraws {
                it.withdraw_credits_ingenierie(&amina(), both, prose("Reporté."))
            } else {
                it.declare_credits_ingenierie(&amina(), both, action(), said)
            };
            if let Ok(decided) = decided {
                decided.events().for_each(|event| it.evolve(event));
            }
            for one in it.plans.values() {
                let met = it.plans.values().filter(|other| other.plan != one.plan);
                let met = met.filter(|other| !one.meets(other).is_empty()).count();
                prop_assert_eq!(it.uncleared(one.plan).count(), met);
            }
        }
    }
}
