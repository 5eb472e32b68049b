//! On which conditions structures take part, and how it will be carried out, answer by answer.

use super::*;
use crate::ingenierie_collective::advice::Advice;

fn when_free() -> Implication {
    Implication { disponibilite: Some(prose("Le lundi.")), ..Implication::default() }
}

// INV-23 (ADVISE): availability is asked for until it is known, of each or of all.
#[test]
fn conditions_are_assessed_for_one_structure_or_for_all() {
    let given = IngenierieCollective::given(mobilised());
    given
        .when(|it| it.assess_conditions_implication(&amina(), Some(RESTO), when_free()))
        .then([ConditionsImplicationAssessed {
            structure: Some(RESTO),
            fonctions: None,
            projets: None,
            disponibilite: Some(Sealed::new(Subject::organisation(RESTO), prose("Le lundi."))),
        }]);
    given
        .when(|it| it.assess_conditions_implication(&amina(), None, Implication::default()))
        .refused(Refusal::ConditionsMissing {});
    given
        .when(|it| it.assess_conditions_implication(&amina(), Some(RESEAU), when_free()))
        .refused(Refusal::StructureNotTargeted { structure: RESEAU });
    let unknown = |of: &[Option<OrganisationId>]| {
        let assessed = of.iter().map(|structure| ConditionsImplicationAssessed {
            structure: *structure,
            fonctions: None,
            projets: None,
            disponibilite: Some(Sealed::closed()),
        });
        let it: IngenierieCollective = folded(with(mobilised(), assessed));
        it.advice()
            .contains(&Advice::AvailabilityUnknown { structures: vec![RESTO] })
    };
    assert!(unknown(&[]));
    assert!(unknown(&[Some(VELO)]));
    assert!(!unknown(&[Some(RESTO)]));
    assert!(!unknown(&[None]));
}

#[test]
fn what_structures_said_is_weighed_with_partners() {
    let given = IngenierieCollective::given(mobilised());
    let suites = || prose("Un atelier de plus.");
    given
        .when(|it| {
            it.consider_commentaires_structures(&amina(), vec![REGION, REGION], true, suites())
        })
        .then([CommentairesStructuresConsidered {
            partenaires: vec![REGION],
            adaptee: true,
            suites: sealed("Un atelier de plus."),
        }]);
    given
        .when(|it| it.consider_commentaires_structures(&amina(), vec![VELO], false, suites()))
        .refused(Refusal::NotPartenaire { organisation: VELO });
}

#[test]
fn one_scenario_is_chosen_among_those_assessed() {
    let given = IngenierieCollective::given(engaged());
    given
        .when(|it| it.choose_scenario(&amina(), 1, None))
        .refused(Refusal::ScenarioUnknown { scenario: 1 });
    given
        .when(|it| it.assess_conditions_techniques(&amina(), vec![]))
        .refused(Refusal::ScenariosMissing {});
    given
        .when(|it| it.assess_conditions_techniques(&amina(), vec![way("Un"); 11]))
        .refused(Refusal::ListTooLong { field: "scenarios", max: 10 });
    let both = || vec![way("Au printemps"), way("À l'automne")];
    let assessed = ConditionsTechniquesAssessed { scenarios: both() };
    given
        .when(|it| it.assess_conditions_techniques(&amina(), both()))
        .then([assessed.clone()]);
    let chosen = ScenarioChosen { scenario: 2, motif: None };
    let given = IngenierieCollective::given(with(engaged(), [assessed, chosen.clone()]));
    given
        .when(|it| it.choose_scenario(&amina(), 2, None))
        .nothing();
    for scenario in [-1, 0, 3] {
        given
            .when(|it| it.choose_scenario(&amina(), scenario, None))
            .refused(Refusal::ScenarioUnknown { scenario });
    }
    // Other scenarios: the choice is to be made anew.
    let other = ConditionsTechniquesAssessed { scenarios: vec![way("Un"), way("Deux")] };
    IngenierieCollective::given(with(
        engaged(),
        [ConditionsTechniquesAssessed { scenarios: both() }, chosen.clone(), other],
    ))
    .when(|it| it.choose_scenario(&amina(), 2, None))
    .then([chosen]);
}

// RUL-31.
#[test]
fn partners_are_told_how_it_goes_once_it_is_confirmed() {
    let events = with(formalised(), [IngenierieCollectiveConfirmed {}]);
    let given = IngenierieCollective::given(events);
    let objet = || line("Première séance");
    given
        .when(|it| it.inform_partenaires(&amina(), vec![REGION], objet(), Some(prose("Le 4."))))
        .then([PartenairesInformed {
            destinataires: vec![REGION],
            objet: objet(),
            message: Some(sealed("Le 4.")),
        }]);
    given
        .when(|it| it.inform_partenaires(&amina(), vec![], objet(), None))
        .refused(Refusal::InformedMissing {});
    given
        .when(|it| it.inform_partenaires(&amina(), vec![RESEAU], objet(), None))
        .refused(Refusal::NotPartenaire { organisation: RESEAU });
}
