//! Who sees what, and what they are told of the rest.

use super::*;
use crate::{
    refusal::Common,
    testing::{DLA, admin, amina, asked, membre, org, portail, regional},
};

const READ: Right = Right { act: "mobiliseStructure", roles: &[RoleName::ChargeDeMission] };

#[test]
fn a_member_of_a_comite_sees_its_seances_and_no_dossier_by_its_dla() {
    let dossier = Perimeter::of_dlas([DLA]);
    assert!(!membre().by.sees(&dossier));
    assert!(membre().by.sees(&dossier.advised_by([DLA])));
    assert!(!amina().by.sees(&Perimeter::default().advised_by([DLA])));
}

#[test]
fn who_keeps_registries_or_controls_sees_no_dossier_to_write_to() {
    let around = Perimeter::of_dlas([DLA])
        .and([org(71)])
        .answered_by([org(71)]);
    let auditeur = asked(Role::Auditeur { auditeur: org(71) });
    for by in [auditeur, asked(Role::Avise), asked(Role::Dpo), admin()] {
        assert!(!by.by.sees(&around), "{:?}", by.by.role);
        assert!(by.by.sees(&Perimeter::open()));
    }
}

#[test]
fn a_regional_support_answers_for_its_own_organisation() {
    assert!(regional().by.sees(&Perimeter::of_dlas([DLA])));
    assert!(
        regional()
            .by
            .sees(&Perimeter::default().answered_by([org(91)]))
    );
    assert!(!regional().by.sees(&Perimeter::default().and([org(91)])));
    assert!(!regional().by.serves(DLA));
}

#[test]
fn a_portal_is_not_told_what_it_may_not_do_from_what_is_not_there() {
    let dossier = Perimeter::of_dlas([DLA]);
    let forbidden = Common::Forbidden { act: READ.act.to_owned() };
    assert_eq!(portail().may(&READ, &dossier), Err(Common::NotFound {}));
    assert_eq!(regional().may(&READ, &dossier), Err(forbidden.clone()));
    assert_eq!(portail().may(&READ, &Perimeter::open()), Err(forbidden));
}
