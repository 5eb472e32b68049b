//! Step 2, answer by answer.

use super::*;
use crate::{Expect, ingenierie_collective::advice::Advice, seance_comite_appui::Avis};

// INV-39: a closed organisation enters no new dossier.
#[test]
fn a_partner_is_associated_and_its_place_may_change() {
    let given = IngenierieCollective::given(engaged());
    let permanent = || categorie("FINANCEUR_PERMANENT");
    given
        .when(|it| it.associate_partenaire(&amina(), &organisation(REGION), permanent(), None))
        .nothing();
    let role = Some(line("Cofinance"));
    given
        .when(|it| {
            it.associate_partenaire(&amina(), &organisation(REGION), permanent(), role.clone())
        })
        .then([PartenaireAssociated {
            organisation: REGION,
            categorie: permanent(),
            role: role.clone(),
        }]);
    given
        .when(|it| it.associate_partenaire(&amina(), &seen(RESEAU, []), permanent(), None))
        .refused(Common::NotFound {});
    let closed = closed_organisation(RESEAU);
    given
        .when(|it| it.associate_partenaire(&amina(), &closed, permanent(), None))
        .refused(Refusal::ClosedOrganisation { field: "organisation", organisation: RESEAU });
}

#[test]
fn a_partner_leaves_with_a_reason() {
    let given = IngenierieCollective::given(engaged());
    given
        .when(|it| it.withdraw_partenaire(&amina(), REGION, prose("Budget.")))
        .then([PartenaireWithdrawn { organisation: REGION, motif: sealed("Budget.") }]);
    given
        .when(|it| it.withdraw_partenaire(&amina(), RESEAU, prose("Budget.")))
        .nothing();
}

#[test]
fn another_dla_joins_once() {
    let given = IngenierieCollective::given([initiated()]);
    given
        .when(|it| it.associate_dla(&amina(), &dla(OTHER_DLA)))
        .then([DlaAssociated { dla: OTHER_DLA }]);
    given
        .when(|it| it.associate_dla(&amina(), &dla(DLA)))
        .nothing();
    given
        .when(|it| it.associate_dla(&amina(), &seen(OTHER_DLA, [])))
        .refused(Common::NotFound {});
}

#[test]
fn partners_and_only_they_have_attentes() {
    let given = IngenierieCollective::given(engaged());
    let against = Compatibilite::Incompatible;
    given
        .when(|it| it.record_attente(&amina(), REGION, against, prose("Un label.")))
        .then([AttenteRecorded {
            partenaire: REGION,
            compatibilite: against,
            attente: sealed("Un label."),
        }]);
    given
        .when(|it| it.record_attente(&amina(), RESEAU, against, prose("Un label.")))
        .refused(Refusal::NotPartenaire { organisation: RESEAU });
}

#[test]
fn objectives_are_set_precised_and_withdrawn() {
    let given = IngenierieCollective::given([
        initiated(),
        ObjectifStrategiqueSet { objectif: competences(), precision: None },
        ObjectifOperationnelSet { objectif: competences(), precision: None },
    ]);
    let precision = || Some(prose("Recruter."));
    given
        .when(|it| it.set_objectif_strategique(&amina(), competences(), None))
        .nothing();
    given
        .when(|it| it.set_objectif_strategique(&amina(), competences(), precision()))
        .then([ObjectifStrategiqueSet { objectif: competences(), precision: precision() }]);
    given
        .when(|it| it.set_objectif_operationnel(&amina(), competences(), None))
        .nothing();
    given
        .when(|it| it.set_objectif_operationnel(&amina(), innovation(), precision()))
        .then([ObjectifOperationnelSet { objectif: innovation(), precision: precision() }]);
    for portee in [PorteeObjectif::Strategique, PorteeObjectif::Operationnel] {
        given
            .when(|it| it.withdraw_objectif(&amina(), portee, competences(), prose("Trop.")))
            .then([ObjectifWithdrawn { portee, objectif: competences(), motif: sealed("Trop.") }]);
        given
            .when(|it| it.withdraw_objectif(&amina(), portee, innovation(), prose("Trop.")))
            .nothing();
    }
}

#[test]
fn whoever_answers_for_a_porteuse_validates_for_its_dla() {
    let given = IngenierieCollective::given(with(identified(), [DlaAssociated { dla: OTHER_DLA }]));
    given
        .when(|it| it.validate_demarche(&responsable(), DLA))
        .then([DemarcheValidated { dla: DLA }]);
    given
        .when(|it| it.validate_demarche(&responsable(), OTHER_DLA))
        .refused(Common::Forbidden { act: "validateDemarche".to_owned() });
    IngenierieCollective::given(engaged())
        .when(|it| it.validate_demarche(&responsable(), DLA))
        .nothing();
}

#[test]
fn a_dla_that_takes_no_part_validates_nothing() {
    let of_both = asked(Role::ResponsablePorteuse { dlas: [DLA, OTHER_DLA].into() });
    IngenierieCollective::given(identified())
        .when(|it| it.validate_demarche(&of_both, OTHER_DLA))
        .refused(Refusal::DlaNotConcerned { dla: OTHER_DLA });
}

#[test]
fn a_financeur_confirms_for_itself() {
    let given = IngenierieCollective::given(with(
        identified(),
        [
            associated(REGION, "FINANCEUR_PONCTUEL"),
            associated(org(7), "FINANCEUR_PERMANENT"),
            associated(RESEAU, "RESEAU_BENEFICIAIRES"),
        ],
    ));
    let confirmed = || [DemarcheConfirmedByFinanceur { financeur: REGION }];
    for by in [financeur(8), amina()] {
        given
            .when(|it| it.confirm_demarche_by_financeur(&by, REGION))
            .then(confirmed());
    }
    given
        .when(|it| it.confirm_demarche_by_financeur(&financeur(7), REGION))
        .refused(Common::NotFound {});
    for nobody in [RESEAU, org(77)] {
        given
            .when(|it| it.confirm_demarche_by_financeur(&amina(), nobody))
            .refused(Refusal::NotFinanceur { financeur: nobody });
    }
    IngenierieCollective::given(engaged())
        .when(|it| it.confirm_demarche_by_financeur(&financeur(8), REGION))
        .nothing();
}

fn favorable() -> Avis {
    Avis { sens: SensAvis::Favorable, commentaire: None, reserves: None }
}

#[test]
fn the_last_avis_of_a_dla_replaces_the_former() {
    let given = IngenierieCollective::given(engaged());
    given
        .when(|it| it.record_avis(&membre(), DLA, favorable()))
        .nothing();
    let recorded = |sens, commentaire, reserves| AvisComiteAppuiRecorded {
        dla: DLA,
        sens,
        commentaire,
        reserves,
        seance: None,
    };
    let commentaire = Some(prose("À revoir."));
    for sens in [SensAvis::Ajourne, SensAvis::Defavorable, SensAvis::Favorable] {
        let avis = Avis { sens, commentaire: commentaire.clone(), reserves: None };
        given
            .when(|it| it.record_avis(&amina(), DLA, avis))
            .then([recorded(sens, Some(sealed("À revoir.")), None)]);
    }
    let sens = SensAvis::FavorableAvecReserves;
    let reserves = Some(prose("Chiffrer les transports."));
    given
        .when(|it| it.record_avis(&membre(), DLA, Avis { sens, commentaire: None, reserves }))
        .then([recorded(sens, None, Some(sealed("Chiffrer les transports.")))]);
}

// INV-36
#[test]
fn an_avis_says_its_reservations_and_why_it_is_not_favourable() {
    let given = IngenierieCollective::given(engaged());
    let bare = |sens| Avis { sens, ..favorable() };
    for (avis, no) in [
        (bare(SensAvis::Ajourne), Refusal::AvisCommentaireMissing {}),
        (bare(SensAvis::Defavorable), Refusal::AvisCommentaireMissing {}),
        (bare(SensAvis::FavorableAvecReserves), Refusal::AvisReservesMissing {}),
        (
            Avis { reserves: Some(prose("Chiffrer.")), ..favorable() },
            Refusal::AvisReservesUnexpected {},
        ),
    ] {
        given
            .when(|it| it.record_avis(&membre(), DLA, avis))
            .refused(no);
    }
}

#[test]
fn an_avis_is_given_for_ones_own_dla_concerned() {
    IngenierieCollective::given(with(engaged(), [DlaAssociated { dla: OTHER_DLA }]))
        .when(|it| it.record_avis(&membre(), OTHER_DLA, favorable()))
        .refused(Common::Forbidden { act: "recordAvis".to_owned() });
    let of_both = asked(Role::ChargeDeMission { dlas: [DLA, OTHER_DLA].into() });
    IngenierieCollective::given(engaged())
        .when(|it| it.record_avis(&of_both, OTHER_DLA, favorable()))
        .refused(Refusal::DlaNotConcerned { dla: OTHER_DLA });
}

#[test]
fn one_engages_on_a_stated_problematique() {
    IngenierieCollective::given([initiated(), DemarcheValidated { dla: DLA }])
        .when(|it| it.engage_ingenierie(&amina()))
        .refused(Refusal::ProblematiqueNotStated {});
}

// INV-08
#[test]
fn every_porteuse_validates_before_one_engages() {
    let joined = DlaAssociated { dla: OTHER_DLA };
    let given = with(identified(), [joined, DemarcheValidated { dla: DLA }]);
    IngenierieCollective::given(given.clone())
        .when(|it| it.engage_ingenierie(&amina()))
        .refused(Refusal::DemarcheNotValidated { dlas: vec![OTHER_DLA] });
    let given = with(given, [DemarcheValidated { dla: OTHER_DLA }]);
    IngenierieCollective::given(given)
        .when(|it| it.engage_ingenierie(&amina()))
        .then([IngenierieCollectiveEngaged {}]);
    IngenierieCollective::given(engaged())
        .when(|it| it.engage_ingenierie(&amina()))
        .nothing();
}

// INV-19
#[test]
fn engaging_on_an_unconfirmed_problematique_is_justified() {
    let reformulated =
        ProblematiqueReformulated { enonce: prose("Mutualiser."), motif: Sealed::closed() };
    let given = with(identified(), [reformulated, DemarcheValidated { dla: DLA }]);
    let given = IngenierieCollective::given(given);
    given
        .when(|it| it.engage_ingenierie(&amina()))
        .refused(Common::JustificationNeeded { rule: Rule::ProblematiqueConfirmed });
    given
        .when(|it| it.engage_ingenierie(&amina().because("Urgence.")))
        .then([waived(Rule::ProblematiqueConfirmed), IngenierieCollectiveEngaged {}]);
}

#[test]
fn a_partner_whose_place_changes_keeps_what_it_said() {
    let attente = AttenteRecorded {
        partenaire: REGION,
        compatibilite: Compatibilite::Incompatible,
        attente: Sealed::closed(),
    };
    let moved = associated(REGION, "FINANCEUR_PONCTUEL");
    let events = with(engaged(), [attente, moved]);
    let it: IngenierieCollective = folded(events.clone());
    let conflict = Advice::AttentesInConflict { partenaires: vec![REGION] };
    assert!(it.advice().contains(&conflict));
    IngenierieCollective::given(events)
        .when(|it| it.confirm_demarche_by_financeur(&amina(), REGION))
        .nothing();
}

// The registry may close it meanwhile (INV-39).
#[test]
fn who_enters_the_dossier_must_not_have_moved() {
    let it: IngenierieCollective = folded(identified());
    let (partner, ours) = (organisation(RESEAU), categorie("RESSOURCE"));
    let methode = || line("Réunion");
    for decided in [
        it.target_structure(&amina(), &partner),
        it.associate_partenaire(&amina(), &partner, ours, None),
        it.confirm_problematique(&amina(), std::slice::from_ref(&partner), methode()),
    ] {
        let expects = decided.unwrap().expects;
        assert_eq!(expects, [Expect { stream: RESEAU.0, version: Version(1) }]);
    }
    let expects = it.associate_dla(&amina(), &dla(OTHER_DLA)).unwrap().expects;
    assert_eq!(expects, [Expect { stream: OTHER_DLA.0, version: Version(1) }]);
}
