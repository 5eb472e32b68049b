//! Step 3, objective A: structures are contacted, answer, commit, and form groupes.

use super::*;

#[test]
fn a_targeted_structure_is_contacted_once() {
    let given =
        IngenierieCollective::given(with(engaged(), [StructureContacted { structure: VELO }]));
    given
        .when(|it| it.contact_structure(&amina(), RESTO))
        .then([StructureContacted { structure: RESTO }]);
    given
        .when(|it| it.contact_structure(&amina(), VELO))
        .nothing();
    given
        .when(|it| it.contact_structure(&amina(), org(77)))
        .refused(Refusal::StructureNotTargeted { structure: org(77) });
}

#[test]
fn a_structure_answers_for_itself() {
    let given =
        IngenierieCollective::given(with(engaged(), [StructureContacted { structure: RESTO }]));
    for by in [structure(RESTO), amina()] {
        given
            .when(|it| it.record_structure_response(&by, RESTO, all_yes(), Some(prose("Oui."))))
            .then([StructureResponseRecorded {
                structure: RESTO,
                reponses: all_yes(),
                commentaire: Some(Sealed::new(Subject::organisation(RESTO), prose("Oui."))),
            }]);
    }
    given
        .when(|it| it.record_structure_response(&structure(VELO), RESTO, all_yes(), None))
        .refused(Common::NotFound {});
    given
        .when(|it| it.record_structure_response(&structure(VELO), VELO, all_yes(), None))
        .refused(Refusal::StructureNotContacted { structure: VELO });
    given
        .when(|it| it.record_structure_response(&amina(), org(77), all_yes(), None))
        .refused(Refusal::StructureNotTargeted { structure: org(77) });
}

#[test]
fn the_same_answers_change_nothing_and_others_replace_them() {
    let given = IngenierieCollective::given(mobilised());
    given
        .when(|it| it.record_structure_response(&amina(), RESTO, all_yes(), None))
        .nothing();
    let reponses = Reponses { methode: Reponse::SansReponse, ..all_yes() };
    given
        .when(|it| it.record_structure_response(&amina(), RESTO, reponses, None))
        .then([StructureResponseRecorded { structure: RESTO, reponses, commentaire: None }]);
}

// INV-20
#[test]
fn a_structure_takes_part_once_targeted_contacted_and_heard() {
    let mobilise = |it: &IngenierieCollective| it.mobilise_structure(&amina(), VELO, None);
    let mobilised = StructureMobilised { structure: VELO, participants: None };
    let contacted = StructureContacted { structure: VELO };
    let answered =
        StructureResponseRecorded { structure: VELO, reponses: all_yes(), commentaire: None };
    let untargeted = StructureUntargeted { structure: VELO, motif: Sealed::closed() };
    IngenierieCollective::given(with(engaged(), [untargeted]))
        .when(mobilise)
        .refused(Refusal::StructureNotTargeted { structure: VELO });
    IngenierieCollective::given(engaged())
        .when(mobilise)
        .refused(Refusal::StructureNotContacted { structure: VELO });
    IngenierieCollective::given(with(engaged(), [contacted.clone()]))
        .when(mobilise)
        .refused(Refusal::ResponseMissing { structure: VELO });
    IngenierieCollective::given(with(engaged(), [contacted, answered]))
        .when(mobilise)
        .then([mobilised]);
}

// INV-20: once per ingénierie.
#[test]
fn a_structure_takes_part_once() {
    let given = IngenierieCollective::given(mobilised());
    given
        .when(|it| it.mobilise_structure(&amina(), RESTO, Some(2)))
        .nothing();
    given
        .when(|it| it.mobilise_structure(&amina(), RESTO, Some(3)))
        .refused(Refusal::StructureAlreadyMobilised { structure: RESTO });
}

#[test]
fn a_structure_sends_somebody_and_not_a_crowd() {
    let heard = [
        StructureContacted { structure: VELO },
        StructureResponseRecorded { structure: VELO, reponses: all_yes(), commentaire: None },
    ];
    let given = IngenierieCollective::given(with(engaged(), heard));
    for wrong in [-1, 0, 1_001] {
        given
            .when(|it| it.mobilise_structure(&amina(), VELO, Some(wrong)))
            .refused(Refusal::ParticipantsOutOfRange { max: 1_000 });
    }
}

// INV-22
#[test]
fn joining_after_the_start_is_justified() {
    let heard = [
        StructureContacted { structure: VELO },
        StructureResponseRecorded { structure: VELO, reponses: all_yes(), commentaire: None },
    ];
    let given = IngenierieCollective::given(with(under_way(), heard));
    given
        .when(|it| it.mobilise_structure(&amina(), VELO, None))
        .refused(Common::JustificationNeeded { rule: Rule::GroupStable });
    given
        .when(|it| it.mobilise_structure(&amina().because("Urgence."), VELO, None))
        .then([
            waived(Rule::GroupStable),
            StructureMobilised { structure: VELO, participants: None },
        ]);
}

// INV-22, INV-36
#[test]
fn leaving_after_the_start_is_justified() {
    let withdrawn = || StructureWithdrawn { structure: RESTO, motif: sealed("Départ.") };
    let withdraw =
        |it: &IngenierieCollective, by: &Asked| it.withdraw_structure(by, RESTO, prose("Départ."));
    IngenierieCollective::given(mobilised())
        .when(|it| withdraw(it, &amina()))
        .then([withdrawn()]);
    let given = IngenierieCollective::given(under_way());
    given
        .when(|it| withdraw(it, &amina()))
        .refused(Common::JustificationNeeded { rule: Rule::GroupStable });
    given
        .when(|it| withdraw(it, &amina().because("Urgence.")))
        .then([waived(Rule::GroupStable), withdrawn()]);
}

#[test]
fn only_those_who_take_part_leave() {
    let given = IngenierieCollective::given(engaged());
    given
        .when(|it| it.withdraw_structure(&amina(), RESTO, prose("Départ.")))
        .nothing();
    given
        .when(|it| it.withdraw_structure(&amina(), org(77), prose("Départ.")))
        .refused(Refusal::StructureNotTargeted { structure: org(77) });
}

#[test]
fn a_structure_that_left_may_come_back_and_sits_nowhere() {
    let events = with(
        mobilised(),
        [
            groupe(1, None),
            StructureAssignedToGroupe { structure: RESTO, groupe: 1 },
            StructureWithdrawn { structure: RESTO, motif: Sealed::closed() },
        ],
    );
    let it: IngenierieCollective = folded(events.clone());
    assert!(!it.is_mobilised(RESTO));
    let given = IngenierieCollective::given(events);
    given
        .when(|it| it.assign_structure_to_groupe(&amina(), RESTO, 1))
        .refused(Refusal::StructureNotMobilised { structure: RESTO });
    given
        .when(|it| it.mobilise_structure(&amina(), RESTO, Some(1)))
        .then([StructureMobilised { structure: RESTO, participants: Some(1) }]);
}

#[test]
fn a_structure_that_declines_answers_anew_if_it_changes_its_mind() {
    let decline =
        |it: &IngenierieCollective, who| it.decline_structure(&amina(), who, prose("Occupée."));
    let declined = StructureDeclined { structure: VELO, motif: sealed("Occupée.") };
    let contacted = with(engaged(), [StructureContacted { structure: VELO }]);
    let given = IngenierieCollective::given(contacted.clone());
    given.when(|it| decline(it, VELO)).then([declined.clone()]);
    given
        .when(|it| decline(it, RESTO))
        .refused(Refusal::StructureNotContacted { structure: RESTO });
    given
        .when(|it| decline(it, org(77)))
        .refused(Refusal::StructureNotTargeted { structure: org(77) });
    IngenierieCollective::given(mobilised())
        .when(|it| decline(it, RESTO))
        .refused(Refusal::StructureTakesPart { structure: RESTO });
    let answered =
        StructureResponseRecorded { structure: VELO, reponses: all_yes(), commentaire: None };
    let events = with(contacted, [answered.clone(), declined]);
    let given = IngenierieCollective::given(events.clone());
    given.when(|it| decline(it, VELO)).nothing();
    given
        .when(|it| it.mobilise_structure(&amina(), VELO, None))
        .refused(Refusal::ResponseMissing { structure: VELO });
    IngenierieCollective::given(with(events, [answered]))
        .when(|it| it.mobilise_structure(&amina(), VELO, None))
        .then([StructureMobilised { structure: VELO, participants: None }]);
}

fn groupe(groupe: i32, module: Option<&str>) -> Event {
    GroupeConstituted {
        groupe,
        intitule: line(&format!("Groupe {groupe}")),
        module: module.map(line),
        territoire: None,
    }
}

#[test]
fn groupes_are_numbered_from_one() {
    let voulu =
        |intitule: &str| GroupeVoulu { intitule: line(intitule), module: None, territoire: None };
    IngenierieCollective::given(engaged())
        .when(|it| it.constitute_groupe(&amina(), voulu("Groupe 1")))
        .then([groupe(1, None)]);
    let given = IngenierieCollective::given(with(engaged(), [groupe(1, None)]));
    given
        .when(|it| it.constitute_groupe(&amina(), voulu("Groupe 2")))
        .then([groupe(2, None)]);
    given
        .when(|it| it.constitute_groupe(&amina(), voulu("Groupe 1")))
        .nothing();
}

// INV-21
#[test]
fn a_structure_sits_in_one_groupe_of_a_module() {
    let sits = StructureAssignedToGroupe { structure: RESTO, groupe: 1 };
    let groupes = [
        groupe(1, Some("Gérer")),
        groupe(2, Some("Gérer")),
        groupe(3, Some("Recruter")),
        groupe(4, None),
    ];
    let events = with(mobilised(), groupes);
    let assign = |it: &IngenierieCollective, who, groupe| {
        it.assign_structure_to_groupe(&amina(), who, groupe)
    };
    let given = IngenierieCollective::given(events.clone());
    given.when(|it| assign(it, RESTO, 1)).then([sits.clone()]);
    given
        .when(|it| assign(it, RESTO, 9))
        .refused(Refusal::GroupeUnknown { groupe: 9 });
    given
        .when(|it| assign(it, VELO, 1))
        .refused(Refusal::StructureNotMobilised { structure: VELO });
    let given = IngenierieCollective::given(with(events, [sits]));
    given.when(|it| assign(it, RESTO, 1)).nothing();
    given
        .when(|it| assign(it, RESTO, 2))
        .refused(Refusal::InAnotherGroupe { structure: RESTO, groupe: 1 });
    for groupe in [3, 4] {
        given
            .when(|it| assign(it, RESTO, groupe))
            .then([StructureAssignedToGroupe { structure: RESTO, groupe }]);
    }
}

#[test]
fn a_structure_changes_groupe_by_leaving_the_first() {
    let sits = StructureAssignedToGroupe { structure: RESTO, groupe: 1 };
    let events = with(mobilised(), [groupe(1, None), groupe(2, None), sits]);
    let remove = |it: &IngenierieCollective, groupe| {
        it.remove_structure_from_groupe(&amina(), RESTO, groupe, prose("Autre niveau."))
    };
    let removed =
        StructureRemovedFromGroupe { structure: RESTO, groupe: 1, motif: sealed("Autre niveau.") };
    let given = IngenierieCollective::given(events.clone());
    given
        .when(|it| remove(it, 9))
        .refused(Refusal::GroupeUnknown { groupe: 9 });
    given.when(|it| remove(it, 2)).nothing();
    given.when(|it| remove(it, 1)).then([removed.clone()]);
    IngenierieCollective::given(with(events, [removed]))
        .when(|it| it.assign_structure_to_groupe(&amina(), RESTO, 2))
        .then([StructureAssignedToGroupe { structure: RESTO, groupe: 2 }]);
}
