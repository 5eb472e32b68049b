//! Step 3, objective B: the projet d'intervention.

use super::*;
use crate::{
    ingenierie_collective::{LIST_MAX, confirmer::projet::MODULES_MAX},
    refusal::Listed,
};

fn other() -> ResultatAttendu {
    ResultatAttendu {
        nature: NatureResultat::Qualitatif,
        enonce: line("Des pratiques"),
        cible: None,
    }
}

// INV-26
#[test]
fn results_are_fixed_until_the_projet_is_formalised() {
    let fix = |it: &IngenierieCollective, resultats: &[ResultatAttendu]| {
        it.fix_resultats_attendus(&amina(), resultats.to_vec())
    };
    let given = IngenierieCollective::given(engaged());
    given
        .when(|it| fix(it, &[]))
        .refused(Refusal::ResultatsMissing {});
    given
        .when(|it| fix(it, &vec![other(); 31]))
        .refused_with("INGENIERIE_LIST_TOO_LONG");
    given
        .when(|it| fix(it, &[resultat()]))
        .then([ResultatsAttendusFixed { resultats: vec![resultat()] }]);
    let given = IngenierieCollective::given(formalised());
    given.when(|it| fix(it, &[resultat()])).nothing();
    given
        .when(|it| fix(it, &[other()]))
        .refused(Refusal::ResultatsFrozen {});
}

// INV-26, INV-36
#[test]
fn results_are_amended_afterwards_with_a_reason() {
    let amend = |it: &IngenierieCollective, resultats: &[ResultatAttendu]| {
        it.amend_resultats_attendus(&amina(), resultats.to_vec(), prose("Moins d'inscrits."))
    };
    IngenierieCollective::given(engaged())
        .when(|it| amend(it, &[other()]))
        .refused(Refusal::ResultatsNotFrozen {});
    let given = IngenierieCollective::given(formalised());
    given
        .when(|it| amend(it, &[]))
        .refused(Refusal::ResultatsMissing {});
    given
        .when(|it| amend(it, &vec![other(); 31]))
        .refused_with("INGENIERIE_LIST_TOO_LONG");
    given.when(|it| amend(it, &[resultat()])).nothing();
    given
        .when(|it| amend(it, &[other()]))
        .then([ResultatsAttendusAmended {
            resultats: vec![other()],
            motif: sealed("Moins d'inscrits."),
        }]);
}

#[test]
fn a_type_is_chosen() {
    let given = IngenierieCollective::given(engaged());
    for type_ingenierie in [
        TypeIngenierie::T1,
        TypeIngenierie::T2Individuelle,
        TypeIngenierie::T2Collective,
        TypeIngenierie::T2LesDeux,
    ] {
        given
            .when(|it| it.choose_type(&amina(), type_ingenierie))
            .then([TypeIngenierieChosen { type_ingenierie }]);
    }
    IngenierieCollective::given(formalised())
        .when(|it| it.choose_type(&amina(), TypeIngenierie::T1))
        .nothing();
}

// INV-24
#[test]
fn a_solution_with_structures_plans_accompaniment() {
    let t2 = TypeIngenierie::T2Collective;
    IngenierieCollective::given(formalised())
        .when(|it| it.choose_type(&amina(), t2))
        .refused(Refusal::AccompagnementMissing { field: "typeIngenierie" });
    let ready = [
        ResultatsAttendusFixed { resultats: vec![resultat()] },
        TypeIngenierieChosen { type_ingenierie: t2 },
        TypesPrestationChosen { types: vec![grh()], sujets: vec![] },
    ];
    let given = IngenierieCollective::given(with(engaged(), ready));
    given
        .when(|it| it.formalise_projet(&amina(), vec![module(NatureModule::Information)]))
        .refused(Refusal::AccompagnementMissing { field: "modules" });
    let modules = || vec![module(NatureModule::Formation), module(NatureModule::Accompagnement)];
    given
        .when(|it| it.formalise_projet(&amina(), modules()))
        .then([ProjetInterventionFormalised { modules: modules() }]);
}

// INV-25
#[test]
fn a_theme_is_an_enee_theme_and_topics_keep_their_order() {
    let given = IngenierieCollective::given(engaged());
    let sujets = || vec![line("Recruter"), line("Former"), line("Anticiper")];
    given
        .when(|it| it.choose_types_prestation(&amina(), vec![], sujets()))
        .refused(Refusal::TypesPrestationMissing {});
    given
        .when(|it| it.choose_types_prestation(&amina(), vec![grh(); 31], vec![]))
        .refused_with("INGENIERIE_LIST_TOO_LONG");
    given
        .when(|it| it.choose_types_prestation(&amina(), vec![grh()], vec![line("Oui"); 31]))
        .refused_with("INGENIERIE_LIST_TOO_LONG");
    given
        .when(|it| it.choose_types_prestation(&amina(), vec![grh(), grh()], sujets()))
        .then([TypesPrestationChosen { types: vec![grh()], sujets: sujets() }]);
    IngenierieCollective::given(formalised())
        .when(|it| it.choose_types_prestation(&amina(), vec![grh()], vec![]))
        .nothing();
}

#[test]
fn an_accroche_and_the_time_of_the_porteur_are_chosen() {
    let chosen = AccrocheChosen { accroche: line("Le sport embauche") };
    let positioned = TempsPorteurPositioned { temps: QuarterDays(6) };
    let given = IngenierieCollective::given(engaged());
    given
        .when(|it| it.choose_accroche(&amina(), line("Le sport embauche")))
        .then([chosen.clone()]);
    given
        .when(|it| it.position_temps_porteur(&amina(), QuarterDays(6)))
        .then([positioned.clone()]);
    let given = IngenierieCollective::given(with(engaged(), [chosen, positioned]));
    given
        .when(|it| it.choose_accroche(&amina(), line("Le sport embauche")))
        .nothing();
    given
        .when(|it| it.position_temps_porteur(&amina(), QuarterDays(6)))
        .nothing();
}

// Case FE1-1: one prestataire, one bank, one guarantee fund.
#[test]
fn partners_intervene_beside_prestataires() {
    let banque = organisation(RESEAU);
    let voulus = [
        IntervenantVoulu { organisation: None, qualite: line("prestataire"), nombre: 1 },
        IntervenantVoulu { organisation: Some(&banque), qualite: line("banque"), nombre: 1 },
        IntervenantVoulu { organisation: None, qualite: line("fonds de garantie"), nombre: 1 },
    ];
    let designed =
        SystemeIntervenantDesigned { intervenants: voulus.iter().map(Intervenant::from).collect() };
    IngenierieCollective::given(engaged())
        .when(|it| it.design_systeme(&amina(), &voulus))
        .then([designed.clone()]);
    IngenierieCollective::given(with(engaged(), [designed]))
        .when(|it| it.design_systeme(&amina(), &voulus))
        .nothing();
    let it: IngenierieCollective = folded(engaged());
    let expects = it.design_systeme(&amina(), &voulus).unwrap().expects;
    assert_eq!(expects.iter().map(|it| it.stream).collect::<Vec<_>>(), [RESEAU.0]);
}

#[test]
fn a_systeme_names_open_organisations_and_counts_them() {
    let given = IngenierieCollective::given(engaged());
    let (absent, closed) = (seen(RESEAU, []), closed_organisation(RESEAU));
    let voulu =
        |organisation, nombre| IntervenantVoulu { organisation, qualite: line("témoin"), nombre };
    given
        .when(|it| it.design_systeme(&amina(), &[]))
        .refused(Refusal::IntervenantsMissing {});
    given
        .when(|it| it.design_systeme(&amina(), &vec![voulu(None, 1); 31]))
        .refused_with("INGENIERIE_LIST_TOO_LONG");
    for wrong in [0, 101] {
        given
            .when(|it| it.design_systeme(&amina(), &[voulu(None, wrong)]))
            .refused(Refusal::IntervenantsOutOfRange { max: 100 });
    }
    given
        .when(|it| it.design_systeme(&amina(), &[voulu(Some(&absent), 3)]))
        .refused(Common::NotFound {});
    given
        .when(|it| it.design_systeme(&amina(), &[voulu(Some(&closed), 3)]))
        .refused(Refusal::ClosedOrganisation { field: "intervenants", organisation: RESEAU });
}

#[test]
fn a_projet_needs_its_type_themes_and_results() {
    let formalise =
        |it: &IngenierieCollective, modules: Vec<Module>| it.formalise_projet(&amina(), modules);
    let given = IngenierieCollective::given(engaged());
    given
        .when(|it| formalise(it, vec![]))
        .refused(Refusal::ModulesMissing {});
    given
        .when(|it| formalise(it, vec![module(NatureModule::Formation); 21]))
        .refused_with("INGENIERIE_LIST_TOO_LONG");
    let missing = ["type", "typesPrestation", "resultatsAttendus"];
    given
        .when(|it| formalise(it, vec![module(NatureModule::Formation)]))
        .refused(Refusal::ProjetIncomplete {
            missing: Listed(missing.map(str::to_owned).to_vec()),
        });
}

#[test]
fn a_projet_may_be_written_again() {
    let given = IngenierieCollective::given(formalised());
    let module = module(NatureModule::Formation);
    given
        .when(|it| it.formalise_projet(&amina(), vec![module.clone()]))
        .nothing();
    for module in [
        Module { territoires: vec![vaucluse(); 31], ..module.clone() },
        Module { formes: vec![forme("DEBAT"); 31], ..module.clone() },
    ] {
        given
            .when(|it| it.formalise_projet(&amina(), vec![module.clone()]))
            .refused_with("INGENIERIE_LIST_TOO_LONG");
    }
    // Without territory a module is given on that of the ingénierie.
    let elsewhere = Module { territoires: vec![], jours: QuarterDays(8), ..module.clone() };
    let placed = Module { territoires: vec![vaucluse()], ..elsewhere.clone() };
    given
        .when(|it| it.formalise_projet(&amina(), vec![elsewhere.clone()]))
        .then([ProjetInterventionFormalised { modules: vec![placed] }]);
}

/// The most bytes of a leaf of the log, with room for its own members.
const LEAF_MAX: usize = 65_535 - 2_000;

#[test]
fn the_longest_projet_and_results_fit_in_one_leaf() {
    let longest = line(&"🐝".repeat(Line::MAX));
    let module = Module {
        intitule: longest.clone(),
        nature: NatureModule::Accompagnement,
        formes: vec![forme("ENTRETIEN_INDIVIDUEL"); LIST_MAX],
        jours: QuarterDays::MAX,
        territoires: vec![vaucluse(); LIST_MAX],
        duree: Some(longest.clone()),
    };
    let resultat = ResultatAttendu {
        nature: NatureResultat::Quantitatif,
        enonce: longest.clone(),
        cible: Some(longest),
    };
    for event in [
        ProjetInterventionFormalised { modules: vec![module; MODULES_MAX] },
        ResultatsAttendusFixed { resultats: vec![resultat; LIST_MAX] },
    ] {
        let stored = encode::<IngenierieCollective>(&event).unwrap();
        assert!(stored.data.to_string().len() < LEAF_MAX, "{}", stored.kind);
    }
}
