use std::collections::BTreeSet;

use super::{
    ADRESSES_MAX, AccesJeton, CLAIM, DLAS_MAX, Emission, Event, Event::*, JetonService,
    MotifRevocation, Refusal,
};
use crate::{
    Decision, Dla, DlaId, OrganisationId, Reseau, RoleName, Seen, Version, date,
    document::Empreinte,
    refusal::Common,
    testing::{DLA, Scenario, TODAY, admin, amina, line},
};
use uuid::Uuid;

const FINANCEUR: OrganisationId = OrganisationId(Uuid::from_u128(41));

fn emission() -> Emission {
    Emission {
        libelle: line("Portail de la région Sud"),
        role: RoleName::ChargeDeMission,
        dlas: BTreeSet::from([DLA]),
        organisation: None,
        acces: AccesJeton::ReadWrite,
        adresses: BTreeSet::from([Reseau::parse("203.0.113.0/24").unwrap()]),
        expires_on: date(2027, 3, 16),
        empreinte: Empreinte::parse(&"a".repeat(64)).unwrap(),
    }
}

fn of_financeur() -> Emission {
    Emission {
        role: RoleName::Financeur,
        dlas: BTreeSet::new(),
        organisation: Some(FINANCEUR),
        ..emission()
    }
}

fn issued() -> Event {
    JetonServiceIssued(emission())
}

/// One of each, every field filled.
pub(crate) fn samples() -> Vec<Event> {
    let motif = Some(MotifRevocation::Compromis);
    // No token acts for both; the shape of a fact holds both.
    let whole = Emission { organisation: Some(FINANCEUR), ..emission() };
    vec![JetonServiceIssued(whole), JetonServiceRevoked { motif }]
}

fn known(id: DlaId) -> Seen<Dla> {
    Seen { id, version: Version(1), state: Dla::default() }
}

fn issue(emission: Emission) -> impl FnOnce(&JetonService) -> Decision<JetonService> {
    let dlas: Vec<_> = emission.dlas.iter().copied().map(known).collect();
    move |it| it.issue_service_token(&admin(), emission, &dlas, None)
}

fn revoke(it: &JetonService) -> Decision<JetonService> {
    it.revoke_service_token(&admin(), Some(MotifRevocation::Remplace))
}

#[test]
fn a_token_is_issued_once_and_is_found_by_its_hash() {
    JetonService::given([])
        .when(issue(emission()))
        .claiming(CLAIM, &"a".repeat(64))
        .then([issued()]);
    JetonService::given([issued()])
        .when(issue(emission()))
        .refused(Common::AlreadyExists {});
}

#[test]
fn it_acts_for_those_that_its_role_acts_for() {
    let dlas = Refusal::JetonDlasOutOfRange { max: DLAS_MAX };
    for wrong in [
        Emission { dlas: BTreeSet::new(), ..emission() },
        Emission { organisation: Some(FINANCEUR), ..emission() },
        Emission {
            dlas: (0..=DLAS_MAX as u128)
                .map(|it| DlaId(Uuid::from_u128(it)))
                .collect(),
            ..emission()
        },
    ] {
        JetonService::given([])
            .when(issue(wrong))
            .refused(dlas.clone());
    }
    for wrong in [
        Emission { organisation: None, ..of_financeur() },
        Emission { dlas: BTreeSet::from([DLA]), ..of_financeur() },
    ] {
        JetonService::given([])
            .when(issue(wrong))
            .refused(Refusal::JetonOrganisationNeeded {});
    }
    JetonService::given([])
        .when(issue(of_financeur()))
        .then([JetonServiceIssued(of_financeur())]);
}

#[test]
fn no_machine_keeps_the_registry_controls_or_is_the_house() {
    for role in [RoleName::Admin, RoleName::Dpo, RoleName::Auditeur, RoleName::House] {
        JetonService::given([])
            .when(issue(Emission { role, ..emission() }))
            .refused(Refusal::JetonRoleUnfit { role: role.as_str() });
    }
}

#[test]
fn it_ends_within_four_hundred_days() {
    let last = date(2027, 4, 20);
    for good in [TODAY, last] {
        let emission = Emission { expires_on: good, ..emission() };
        JetonService::given([])
            .when(issue(emission.clone()))
            .then([JetonServiceIssued(emission)]);
    }
    for bad in [TODAY.yesterday().unwrap(), last.tomorrow().unwrap()] {
        JetonService::given([])
            .when(issue(Emission { expires_on: bad, ..emission() }))
            .refused(Refusal::JetonExpiryOutOfRange { from: TODAY, until: last });
    }
}

#[test]
fn it_comes_from_a_few_ranges() {
    let range = |it| Reseau::parse(&format!("203.0.113.{it}")).unwrap();
    let adresses = |max: usize| (0..max).map(range).collect();
    let many = Emission { adresses: adresses(ADRESSES_MAX + 1), ..emission() };
    JetonService::given([])
        .when(issue(many))
        .refused(Refusal::JetonAdressesOutOfRange { max: ADRESSES_MAX });
    let most = Emission { adresses: adresses(ADRESSES_MAX), ..emission() };
    JetonService::given([])
        .when(issue(most.clone()))
        .then([JetonServiceIssued(most)]);
}

#[test]
fn it_acts_for_nobody_unknown() {
    let unknown = Seen::<Dla> { id: DLA, version: Version(0), state: Dla::default() };
    JetonService::given([])
        .when(|it| it.issue_service_token(&admin(), emission(), &[unknown], None))
        .refused(Common::NotFound {});
}

#[test]
fn it_is_revoked_once() {
    JetonService::given([issued()])
        .when(revoke)
        .then([JetonServiceRevoked { motif: Some(MotifRevocation::Remplace) }]);
    JetonService::given([issued(), JetonServiceRevoked { motif: None }])
        .when(revoke)
        .nothing();
    JetonService::given([])
        .when(revoke)
        .refused(Common::NotFound {});
}

#[test]
fn administrators_alone_issue_and_revoke() {
    JetonService::given([])
        .when(|it| it.issue_service_token(&amina(), emission(), &[known(DLA)], None))
        .refused(Common::Forbidden { act: "issueServiceToken".to_owned() });
    JetonService::given([issued()])
        .when(|it| it.revoke_service_token(&amina(), None))
        .refused(Common::NotFound {});
}
