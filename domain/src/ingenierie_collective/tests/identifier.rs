//! Step 1, answer by answer.

use super::*;

fn initiation() -> Initiation {
    Initiation {
        intitule: line("Ressources humaines du sport"),
        territoire: vaucluse(),
        secteurs: vec![secteur("SPORT"), secteur("SPORT")],
    }
}

#[test]
fn a_dla_initiates_an_ingenierie_that_it_leads() {
    let absent = IngenierieCollective::default();
    let porteur = dla(DLA);
    let decided = absent
        .initiate_ingenierie(&amina(), ID, &porteur, initiation())
        .unwrap();
    assert_eq!(decided.expects[0].stream, DLA.0);
    assert_eq!(decided.facts[0].place.dossier, Some(ID));
    assert_eq!(decided.events().cloned().collect::<Vec<_>>(), [initiated()]);
}

#[test]
fn an_ingenierie_is_led_by_a_dla_of_whoever_initiates_it() {
    let absent = IngenierieCollective::given([]);
    absent
        .when(|it| it.initiate_ingenierie(&stranger(), ID, &dla(DLA), initiation()))
        .refused(Common::NotFound {});
    absent
        .when(|it| it.initiate_ingenierie(&responsable(), ID, &dla(DLA), initiation()))
        .refused(Common::Forbidden { act: "initiateIngenierie".to_owned() });
    absent
        .when(|it| it.initiate_ingenierie(&amina(), ID, &seen(DLA, []), initiation()))
        .refused(Common::NotFound {});
}

#[test]
fn an_id_names_one_ingenierie() {
    IngenierieCollective::given([initiated()])
        .when(|it| it.initiate_ingenierie(&amina(), ID, &dla(DLA), initiation()))
        .refused(Common::AlreadyExists {});
}

#[test]
fn a_list_has_an_end() {
    let too_long = |field| Refusal::ListTooLong { field, max: 30 };
    let secteurs = vec![secteur("SPORT"); 31];
    let initiation = Initiation { secteurs: secteurs.clone(), ..initiation() };
    IngenierieCollective::given([])
        .when(|it| it.initiate_ingenierie(&amina(), ID, &dla(DLA), initiation))
        .refused(too_long("secteurs"));
    IngenierieCollective::given([initiated()])
        .when(|it| it.determine_secteurs(&amina(), secteurs))
        .refused(too_long("secteurs"));
}

#[test]
fn a_source_is_recorded_once_with_its_precision() {
    let recorded = SourceProblematiqueRecorded { source: source(), precision: None };
    let precision = Some(prose("Huit diagnostics."));
    IngenierieCollective::given([initiated()])
        .when(|it| it.record_source(&amina(), source(), None))
        .then([recorded.clone()]);
    let given = IngenierieCollective::given([initiated(), recorded]);
    given
        .when(|it| it.record_source(&amina(), source(), None))
        .nothing();
    given
        .when(|it| it.record_source(&amina(), source(), precision.clone()))
        .then([SourceProblematiqueRecorded { source: source(), precision: precision.clone() }]);
}

// INV-19
#[test]
fn a_problematique_has_a_source() {
    let stated = ProblematiqueStated { enonce: prose("Recruter.") };
    let state = |it: &IngenierieCollective| it.state_problematique(&amina(), prose("Recruter."));
    IngenierieCollective::given([initiated()])
        .when(state)
        .refused(Refusal::SourceMissing {});
    let sourced = [initiated(), SourceProblematiqueRecorded { source: source(), precision: None }];
    IngenierieCollective::given(sourced.clone())
        .when(state)
        .then([stated.clone()]);
    IngenierieCollective::given(with(sourced.to_vec(), [stated]))
        .when(state)
        .nothing();
}

#[test]
fn a_problematique_is_reformulated_not_stated_twice() {
    let given = IngenierieCollective::given(identified());
    let reformulated = |enonce: &str| ProblematiqueReformulated {
        enonce: prose(enonce),
        motif: sealed("Après contact."),
    };
    given
        .when(|it| it.state_problematique(&amina(), prose("Mutualiser.")))
        .refused(Refusal::ProblematiqueAlreadyStated {});
    let reformulate = |it: &IngenierieCollective, enonce: &str| {
        it.reformulate_problematique(&amina(), prose(enonce), prose("Après contact."))
    };
    given
        .when(|it| reformulate(it, "Recruter dans le sport."))
        .nothing();
    given
        .when(|it| reformulate(it, "Mutualiser."))
        .then([reformulated("Mutualiser.")]);
    IngenierieCollective::given([initiated()])
        .when(|it| reformulate(it, "Mutualiser."))
        .refused(Refusal::ProblematiqueNotStated {});
}

#[test]
fn structures_confirm_what_was_stated() {
    let confirm = |it: &IngenierieCollective, structures: &[Seen<Organisation>]| {
        it.confirm_problematique(&amina(), structures, line("Enquête"))
    };
    IngenierieCollective::given([initiated()])
        .when(|it| confirm(it, &[organisation(RESTO)]))
        .refused(Refusal::ProblematiqueNotStated {});
    let given = IngenierieCollective::given(identified());
    given
        .when(|it| confirm(it, &[]))
        .refused(Refusal::StructuresMissing {});
    given
        .when(|it| confirm(it, &vec![organisation(RESTO); 201]))
        .refused_with("INGENIERIE_LIST_TOO_LONG");
    given
        .when(|it| confirm(it, &[seen(VELO, [])]))
        .refused(Common::NotFound {});
    given
        .when(|it| confirm(it, &[closed_organisation(VELO)]))
        .refused(Refusal::ClosedOrganisation { field: "structures", organisation: VELO });
    given
        .when(|it| confirm(it, &[organisation(RESTO)]))
        .nothing();
    given
        .when(|it| confirm(it, &[organisation(VELO), organisation(RESTO), organisation(VELO)]))
        .then([ProblematiqueConfirmed {
            structures: vec![RESTO, VELO], methode: line("Enquête")
        }]);
}

#[test]
fn a_reformulated_problematique_is_confirmed_anew() {
    let reformulated =
        ProblematiqueReformulated { enonce: prose("Mutualiser."), motif: Sealed::closed() };
    IngenierieCollective::given(with(identified(), [reformulated]))
        .when(|it| it.confirm_problematique(&amina(), &[organisation(RESTO)], line("Enquête")))
        .then([ProblematiqueConfirmed { structures: vec![RESTO], methode: line("Enquête") }]);
}

#[test]
fn sectors_are_determined_in_any_order() {
    let given = IngenierieCollective::given([initiated()]);
    given
        .when(|it| it.determine_secteurs(&amina(), vec![]))
        .refused(Refusal::SecteursMissing {});
    given
        .when(|it| it.determine_secteurs(&amina(), vec![secteur("SPORT")]))
        .nothing();
    let secteurs = vec![secteur("SPORT"), secteur("CULTURE"), secteur("SPORT")];
    given
        .when(|it| it.determine_secteurs(&amina(), secteurs))
        .then([SecteursDetermined { secteurs: vec![secteur("CULTURE"), secteur("SPORT")] }]);
}

// INV-39: a closed organisation enters no new dossier.
#[test]
fn an_open_structure_is_targeted_once() {
    let given = IngenierieCollective::given([initiated()]);
    given
        .when(|it| it.target_structure(&amina(), &seen(RESTO, [])))
        .refused(Common::NotFound {});
    given
        .when(|it| it.target_structure(&amina(), &closed_organisation(RESTO)))
        .refused(Refusal::ClosedOrganisation { field: "structure", organisation: RESTO });
    given
        .when(|it| it.target_structure(&amina(), &organisation(RESTO)))
        .then([StructureTargeted { structure: RESTO }]);
    IngenierieCollective::given(identified())
        .when(|it| it.target_structure(&amina(), &closed_organisation(RESTO)))
        .nothing();
}

#[test]
fn a_structure_that_takes_part_is_not_untargeted() {
    let untarget = |it: &IngenierieCollective, structure| {
        it.untarget_structure(&amina(), structure, prose("Trop loin."))
    };
    let given = IngenierieCollective::given(mobilised());
    given
        .when(|it| untarget(it, RESTO))
        .refused(Refusal::StructureTakesPart { structure: RESTO });
    given
        .when(|it| untarget(it, VELO))
        .then([StructureUntargeted { structure: VELO, motif: sealed("Trop loin.") }]);
    given.when(|it| untarget(it, org(77))).nothing();
}

#[test]
fn an_untargeted_structure_no_longer_sees_the_dossier() {
    let untargeted = StructureUntargeted { structure: VELO, motif: Sealed::closed() };
    let it: IngenierieCollective = folded(with(identified(), [untargeted]));
    assert!(!structure(VELO).by.sees(&it.perimeter()));
}

#[test]
fn each_check_counts() {
    let given = IngenierieCollective::given([initiated()]);
    let commentaire = || prose("La région forme déjà.");
    let found = Subsidiarite { contenu: false, financement: true, commentaire: commentaire() };
    given
        .when(|it| it.check_subsidiarite(&amina(), found))
        .then([SubsidiariteChecked {
            contenu: false,
            financement: true,
            commentaire: sealed("La région forme déjà."),
        }]);
    given
        .when(|it| it.check_complementarite(&amina(), commentaire()))
        .then([ComplementariteChecked { commentaire: sealed("La région forme déjà.") }]);
}

// INV-39: what was merged enters no dossier; the one that stands for it does.
#[test]
fn what_was_merged_is_not_targeted() {
    let merged =
        organisation::Event::OrganisationMerged { survivor: org(7), motif: Sealed::closed() };
    IngenierieCollective::given([initiated()])
        .when(|it| it.target_structure(&amina(), &seen(RESTO, [merged])))
        .refused(Refusal::MergedOrganisation { field: "structure", survivor: org(7) });
}
