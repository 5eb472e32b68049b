//! What is pointed out, and never refused.

use super::*;
use crate::ingenierie_collective::advice::{Advice, FORMES_INDIVIDUELLES};

fn advice(events: Vec<Event>) -> Vec<Advice> {
    folded::<IngenierieCollective>(events).advice()
}

fn checked() -> Event {
    ComplementariteChecked { commentaire: Sealed::closed() }
}

#[test]
fn a_dossier_in_order_needs_no_advice() {
    assert_eq!(advice(with(under_way(), [checked()])), []);
    assert_eq!(advice(finalised()), []);
    assert_eq!(advice(vec![]), []);
}

// RUL-03, case FE1-3
#[test]
fn the_comparisons_with_others_are_looked_at() {
    assert_eq!(advice(vec![initiated()]), [Advice::ComplementariteUnchecked {}]);
    let found = |contenu, financement| SubsidiariteChecked {
        contenu,
        financement,
        commentaire: Sealed::closed(),
    };
    for found_elsewhere in [found(false, true), found(true, false)] {
        let events = vec![initiated(), checked(), found_elsewhere];
        assert_eq!(advice(events), [Advice::NotSubsidiaire {}]);
    }
    assert_eq!(advice(vec![initiated(), checked(), found(true, true)]), []);
}

// INV-24
#[test]
fn type_1_hardly_individualises() {
    let individual = |type_ingenierie, forme_individuelle| {
        let formes = vec![forme(forme_individuelle)];
        let modules = vec![Module { formes, ..module(NatureModule::Accompagnement) }];
        let events = [
            checked(),
            TypeIngenierieChosen { type_ingenierie },
            ProjetInterventionFormalised { modules },
        ];
        advice(with(formalised(), events))
    };
    let modules = vec!["Gérer ses ressources humaines".to_owned()];
    for it in FORMES_INDIVIDUELLES {
        let expected = Advice::IndividualTimeInT1 { modules: modules.clone() };
        assert_eq!(individual(TypeIngenierie::T1, it), [expected]);
        assert_eq!(individual(TypeIngenierie::T2Collective, it), []);
    }
    assert_eq!(individual(TypeIngenierie::T1, "TEMPS_COLLECTIF"), []);
}

// RUL-16
#[test]
fn attentes_against_the_porteur_are_pointed_out() {
    let attente = |compatibilite| AttenteRecorded {
        partenaire: REGION,
        compatibilite,
        attente: Sealed::closed(),
    };
    let with_attente = |compatibilite| advice(with(engaged(), [checked(), attente(compatibilite)]));
    for against in [Compatibilite::Contradictoire, Compatibilite::Incompatible] {
        let expected = Advice::AttentesInConflict { partenaires: vec![REGION] };
        assert_eq!(with_attente(against), [expected]);
    }
    assert_eq!(with_attente(Compatibilite::Complementaire), []);
}

// INV-23, method, step 3 A
#[test]
fn structures_that_may_not_fit_are_pointed_out() {
    let reponses = Reponses { methode: Reponse::Non, ..all_yes() };
    let events = [
        checked(),
        StructureContacted { structure: VELO },
        StructureResponseRecorded { structure: VELO, reponses, commentaire: None },
        StructureMobilised { structure: VELO, participants: None },
        GroupeConstituted { groupe: 1, intitule: line("Nord"), module: None, territoire: None },
        StructureAssignedToGroupe { structure: VELO, groupe: 1 },
    ];
    let expected = [
        Advice::ReluctantStructures { structures: vec![VELO] },
        Advice::ParticipantsUnknown { structures: vec![VELO] },
        Advice::AvailabilityUnknown { structures: vec![RESTO, VELO] },
        Advice::WithoutGroupe { structures: vec![RESTO] },
    ];
    assert_eq!(advice(with(mobilised(), events)), expected);
}

// RUL-24
#[test]
fn a_dla_that_joined_after_the_confirmation_is_pointed_out() {
    let joined = with(under_way(), [checked(), DlaAssociated { dla: OTHER_DLA }]);
    let expected = Advice::DlasNotConsulted { dlas: vec![OTHER_DLA] };
    assert_eq!(advice(joined.clone()), [expected]);
    let consulted = [DemarcheValidated { dla: OTHER_DLA }, avis(OTHER_DLA, SensAvis::Favorable)];
    assert_eq!(advice(with(joined, consulted)), []);
}

#[test]
fn each_advice_has_its_code_and_its_sentences() {
    let all = [
        Advice::IndividualTimeInT1 { modules: vec![] },
        Advice::ComplementariteUnchecked {},
        Advice::NotSubsidiaire {},
        Advice::AttentesInConflict { partenaires: vec![] },
        Advice::ReluctantStructures { structures: vec![] },
        Advice::ParticipantsUnknown { structures: vec![] },
        Advice::WithoutGroupe { structures: vec![] },
        Advice::AvailabilityUnknown { structures: vec![] },
        Advice::CoherenceToAdjust {},
        Advice::ProblematiqueNotShared { partenaires: vec![] },
        Advice::DlasNotConsulted { dlas: vec![] },
    ];
    let codes: std::collections::BTreeSet<_> = all.iter().map(|it| it.entry().code).collect();
    assert_eq!(codes.len(), all.len());
    for it in all {
        assert!(it.entry().fr.ends_with('.') && it.entry().en.ends_with('.'));
    }
}
