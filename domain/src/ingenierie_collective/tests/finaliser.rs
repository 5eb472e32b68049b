//! Step 4, answer by answer; and what is left out of the method.

use super::*;
use crate::testing::TODAY;

fn confirmed() -> Vec<Event> {
    with(formalised(), [IngenierieCollectiveConfirmed {}])
}

// INV-11
#[test]
fn an_intervention_starts_on_its_own_confirmed_plan() {
    let given = IngenierieCollective::given(confirmed());
    given
        .when(|it| it.start_ingenierie(&amina(), &seen(PLAN, [])))
        .refused(Refusal::PlanElsewhere {});
    given
        .when(|it| it.start_ingenierie(&amina(), &plan_of(IngenierieId(PLAN.0))))
        .refused(Refusal::PlanElsewhere {});
    given
        .when(|it| it.start_ingenierie(&amina(), &plan_of(ID)))
        .refused(Refusal::PlanStillOpen {});
    given
        .when(|it| it.start_ingenierie(&amina(), &confirmed_plan()))
        .then([IngenierieCollectiveStarted { plan: PLAN }]);
    IngenierieCollective::given(under_way())
        .when(|it| it.start_ingenierie(&amina(), &confirmed_plan()))
        .nothing();
}

// INV-11: the plan must not be reopened meanwhile.
#[test]
fn starting_stands_only_if_the_plan_has_not_moved() {
    let it: IngenierieCollective = folded(confirmed());
    let plan = confirmed_plan();
    let expects = it.start_ingenierie(&amina(), &plan).unwrap().expects;
    let expected: Vec<_> = expects.iter().map(|it| (it.stream, it.version)).collect();
    assert_eq!(expected, [(PLAN.0, plan.version)]);
}

#[test]
fn the_milestones_follow_each_other() {
    let engaged = IngenierieCollective::given(formalised());
    let current = Etat::Engagee;
    engaged
        .when(|it| it.start_ingenierie(&amina(), &confirmed_plan()))
        .refused(Refusal::StepTooEarly { needed: Etat::Confirmee, current });
    IngenierieCollective::given(confirmed())
        .when(|it| it.finalise_ingenierie(&amina()))
        .refused(Refusal::StepTooEarly { needed: Etat::EnIntervention, current: Etat::Confirmee });
}

#[test]
fn an_intervention_is_finalised_on_a_day() {
    let given = IngenierieCollective::given(under_way());
    let day = TODAY.yesterday().unwrap();
    given
        .when(|it| it.finalise_ingenierie(&amina().on(day)))
        .then([IngenierieCollectiveFinalised {}]);
    let tomorrow = TODAY.tomorrow().unwrap();
    given
        .when(|it| it.finalise_ingenierie(&amina().on(tomorrow)))
        .refused(Common::DateInFuture { on: tomorrow, today: TODAY });
    IngenierieCollective::given(finalised())
        .when(|it| it.finalise_ingenierie(&amina()))
        .nothing();
    let it: IngenierieCollective = folded(under_way());
    assert_eq!(it.finalise_ingenierie(&amina().on(day)).unwrap().facts[0].on, day);
}

// INV-36, INV-38
#[test]
fn what_is_abandoned_reopens_where_it_was() {
    for (etat, events) in [
        (Etat::EnIdentification, identified()),
        (Etat::Engagee, engaged()),
        (Etat::Confirmee, confirmed()),
        (Etat::EnIntervention, under_way()),
    ] {
        let abandoned = IngenierieCollectiveAbandoned { etat, motif: sealed("Plus de besoin.") };
        let reopened = IngenierieCollectiveReopened { etat, motif: sealed("Besoin revenu.") };
        for by in [amina(), responsable()] {
            IngenierieCollective::given(events.clone())
                .when(|it| it.abandon_ingenierie(&by, prose("Plus de besoin.")))
                .then([abandoned.clone()]);
            IngenierieCollective::given(with(events.clone(), [abandoned.clone()]))
                .when(|it| it.reopen_ingenierie(&by, prose("Besoin revenu.")))
                .then([reopened.clone()]);
        }
        let it: IngenierieCollective = folded(with(events, [abandoned, reopened]));
        assert_eq!(it.etat(), Some(etat));
    }
}

#[test]
fn what_is_abandoned_is_abandoned_once_and_what_is_finalised_is_not() {
    let motif = Sealed::closed();
    let abandoned = IngenierieCollectiveAbandoned { etat: Etat::EnIdentification, motif };
    IngenierieCollective::given([initiated(), abandoned])
        .when(|it| it.abandon_ingenierie(&amina(), prose("Encore.")))
        .nothing();
    IngenierieCollective::given(finalised())
        .when(|it| it.abandon_ingenierie(&amina(), prose("Encore.")))
        .refused(Refusal::IngenierieOver { etat: Etat::Finalisee });
}

#[test]
fn what_is_finalised_reopens_in_intervention_and_no_further() {
    let reopened = IngenierieCollectiveReopened {
        etat: Etat::EnIntervention,
        motif: sealed("Une séance reste."),
    };
    let reopen =
        |it: &IngenierieCollective| it.reopen_ingenierie(&amina(), prose("Une séance reste."));
    IngenierieCollective::given(finalised())
        .when(reopen)
        .then([reopened.clone()]);
    IngenierieCollective::given(with(finalised(), [reopened]))
        .when(reopen)
        .nothing();
    let it: IngenierieCollective = folded(finalised());
    assert!(it.etat().unwrap().is_over());
}

// INV-36, RUL-01
#[test]
fn an_activity_is_left_out_with_a_reason_and_taken_up_again() {
    let skipped = ActiviteSkipped { activite: activite(), motif: sealed("Sans objet.") };
    let skip =
        |it: &IngenierieCollective| it.skip_activite(&amina(), activite(), prose("Sans objet."));
    let unskip = |it: &IngenierieCollective| it.unskip_activite(&amina(), activite());
    let given = IngenierieCollective::given([initiated()]);
    given.when(skip).then([skipped.clone()]);
    given.when(unskip).nothing();
    let given = IngenierieCollective::given([initiated(), skipped.clone()]);
    given.when(skip).nothing();
    given
        .when(unskip)
        .then([ActiviteUnskipped { activite: activite() }]);
    let unskipped = ActiviteUnskipped { activite: activite() };
    IngenierieCollective::given([initiated(), skipped, unskipped])
        .when(unskip)
        .nothing();
}
