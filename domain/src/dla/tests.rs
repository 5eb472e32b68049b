use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use super::{
    ANNEE_MIN, Dla, Event, Event::*, MEMBRES_MAX, NiveauDla, PRIORITES_MAX, Priorites, Refusal,
    TERRITOIRES_MAX,
};
use crate::{
    Asked, Cents, Code, Decider, Decision, Expect, Line, Liste, Organisation, PersonId, Sealed,
    Seen, Subject, Territoire, Version, date,
    organisation::{self, OrganisationRole},
    refusal::Common,
    testing::{
        DLA, Scenario, TODAY, admin, amina, code, financeur, folded, line, membre, org, prose,
        responsable, seen, stored, stranger, vaucluse,
    },
    values::AMOUNT_MAX,
};

const AMINA: PersonId = PersonId(Uuid::from_u128(7));

fn intitule() -> Line {
    line("DLA du Vaucluse")
}

fn registered() -> Event {
    let territoires = BTreeSet::from([vaucluse()]);
    DlaRegistered { intitule: intitule(), niveau: NiveauDla::Departemental, territoires }
}

fn priorites() -> Priorites {
    Priorites {
        secteurs: BTreeSet::from([code(Liste::Secteur, "SPORT")]),
        themes: BTreeSet::from([code(Liste::TypePrestation, "MUTUALISATION")]),
    }
}

/// The organisation of that number, with or without the role of porteuse.
fn organisation(porteuse: bool) -> Seen<Organisation> {
    let registered = organisation::tests::samples().swap_remove(0);
    let role = OrganisationRole::StructurePorteuse;
    let assigned = organisation::Event::OrganisationRoleAssigned { role };
    seen(org(3), [registered].into_iter().chain(porteuse.then_some(assigned)))
}

fn adjusted(montant: i64) -> Event {
    let motif = Sealed::new(Subject::dla(DLA), prose("Gel de crédits."));
    FondsIngenierieAdjusted { annee: 2026, montant: Cents(montant), motif }
}

fn departed() -> Event {
    let motif = Some(Sealed::new(Subject::person(AMINA), prose("Mutation.")));
    ChargeDeMissionDeparted { personne: AMINA, motif }
}

/// One of each, every field filled.
pub(crate) fn samples() -> Vec<Event> {
    vec![
        registered(),
        StructurePorteuseDesignated { porteuse: org(3) },
        ComiteAppuiConstituted { date: TODAY },
        ComiteAppuiMemberAdded { personne: AMINA, organisation: Some(org(3)) },
        ComiteAppuiMemberRemoved {
            personne: AMINA,
            motif: Some(Sealed::new(Subject::person(AMINA), prose("Retraite."))),
        },
        ChargeDeMissionAppointed { personne: AMINA },
        departed(),
        PrioritesCiblageDefined { annee: 2026, priorites: priorites() },
        FondsIngenierieOpened { annee: 2026, montant: Cents(12_000_000) },
        adjusted(9_000_000),
    ]
}

#[test]
fn a_dla_works_on_its_territories() {
    let territoires = BTreeSet::from([vaucluse()]);
    let decided = Dla::default()
        .register_dla(&admin(), intitule(), NiveauDla::Departemental, territoires)
        .unwrap();
    assert_eq!(decided.facts[0].event, registered());
    assert_eq!(decided.facts[0].place.territoire, Some(vaucluse()));

    let dla: Dla = folded([registered()]);
    assert!(dla.exists());
    assert_eq!(dla.territoires().collect::<Vec<_>>(), [&vaucluse()]);
}

#[test]
fn a_dla_works_somewhere_and_not_everywhere() {
    let communes = (84_001..)
        .map(|it| Territoire::parse(crate::territoire::Niveau::Commune, &it.to_string()).unwrap());
    for territoires in [BTreeSet::new(), communes.take(TERRITOIRES_MAX + 1).collect()] {
        Dla::given([])
            .when(|it| it.register_dla(&admin(), intitule(), NiveauDla::Regional, territoires))
            .refused(Refusal::TerritoiresOutOfRange { max: TERRITOIRES_MAX });
    }
}

#[test]
fn an_id_names_one_dla() {
    Dla::given([registered()])
        .when(|it| {
            let territoires = BTreeSet::from([vaucluse()]);
            it.register_dla(&admin(), intitule(), NiveauDla::Departemental, territoires)
        })
        .refused(Common::AlreadyExists {});
}

#[test]
fn an_organisation_in_the_role_carries_the_dla() {
    let decided = folded::<Dla>([registered()])
        .designate_structure_porteuse(&admin(), &organisation(true))
        .unwrap();
    let designated = StructurePorteuseDesignated { porteuse: org(3) };
    assert_eq!(decided.events().collect::<Vec<_>>(), [&designated]);
    assert_eq!(decided.expects, [Expect { stream: org(3).into(), version: Version(2) }]);

    Dla::given([registered(), designated.clone()])
        .when(|it| it.designate_structure_porteuse(&admin(), &organisation(true)))
        .nothing();
    let carried: Dla = folded([registered(), designated]);
    assert_eq!(carried.porteuses().collect::<Vec<_>>(), [org(3)]);
}

#[test]
fn an_organisation_outside_the_role_carries_nothing() {
    Dla::given([registered()])
        .when(|it| it.designate_structure_porteuse(&admin(), &organisation(false)))
        .refused(Refusal::NotStructurePorteuse { porteuse: org(3) });
    Dla::given([registered()])
        .when(|it| it.designate_structure_porteuse(&admin(), &seen(org(3), [])))
        .refused(Common::NotFound {});
}

#[test]
fn the_comite_dappui_is_constituted_and_renewed() {
    let last_year = date(2025, 1, 15);
    let constituted = ComiteAppuiConstituted { date: last_year };
    Dla::given([registered()])
        .when(|it| it.constitute_comite_appui(&amina().on(last_year), DLA))
        .then([constituted.clone()]);
    Dla::given([registered(), constituted.clone()])
        .when(|it| it.constitute_comite_appui(&amina().on(last_year), DLA))
        .nothing();
    Dla::given([registered(), constituted])
        .when(|it| it.constitute_comite_appui(&admin(), DLA))
        .then([ComiteAppuiConstituted { date: TODAY }]);
}

#[test]
fn people_come_and_go() {
    let appointed = ChargeDeMissionAppointed { personne: AMINA };
    let appoint = |it: &Dla| it.appoint_charge_de_mission(&admin(), AMINA);
    let depart = |it: &Dla| it.depart_charge_de_mission(&admin(), AMINA, Some(prose("Mutation.")));
    let after =
        |events: &[Event]| Dla::given([registered()].into_iter().chain(events.iter().cloned()));
    after(&[]).when(appoint).then([appointed.clone()]);
    after(&[]).when(depart).nothing();
    after(std::slice::from_ref(&appointed))
        .when(appoint)
        .nothing();
    after(std::slice::from_ref(&appointed))
        .when(depart)
        .then([departed()]);
    after(&[appointed.clone(), departed()])
        .when(appoint)
        .then([appointed]);
}

#[test]
fn priorities_are_set_by_year() {
    let defined = PrioritesCiblageDefined { annee: 2026, priorites: priorites() };
    Dla::given([registered()])
        .when(|it| it.define_priorites_ciblage(&amina(), DLA, 2026, priorites()))
        .then([defined.clone()]);
    Dla::given([registered(), defined.clone()])
        .when(|it| it.define_priorites_ciblage(&amina(), DLA, 2026, priorites()))
        .nothing();
    let others = Priorites { secteurs: BTreeSet::new(), ..priorites() };
    Dla::given([registered(), defined])
        .when(|it| it.define_priorites_ciblage(&amina(), DLA, 2026, others.clone()))
        .then([PrioritesCiblageDefined { annee: 2026, priorites: others.clone() }]);
}

#[test]
fn priorities_name_something_and_not_everything() {
    let many: BTreeSet<Code> = (0..=PRIORITES_MAX)
        .map(|n| serde_json::from_value(n.to_string().into()).unwrap())
        .collect();
    let everything = Priorites { secteurs: many, ..priorites() };
    for odd in [Priorites::default(), everything] {
        Dla::given([registered()])
            .when(|it| it.define_priorites_ciblage(&amina(), DLA, 2026, odd))
            .refused(Refusal::PrioritesOutOfRange { max: PRIORITES_MAX });
    }
}

#[test]
fn a_fonds_is_adjusted_once_it_is_open() {
    let adjust = |montant| {
        move |it: &Dla| {
            let motif = prose("Gel de crédits.");
            it.adjust_fonds_ingenierie(&amina(), DLA, (2026, Cents(montant)), motif)
        }
    };
    Dla::given([registered()])
        .when(adjust(9_000_000))
        .refused(Refusal::FondsNotOpened { annee: 2026 });
    let opened = FondsIngenierieOpened { annee: 2026, montant: Cents(12_000_000) };
    let open = Dla::given([registered(), opened.clone()]);
    open.when(adjust(12_000_000)).nothing();
    open.when(adjust(-1))
        .refused(Refusal::FondsOutOfRange { max: AMOUNT_MAX });
    open.when(adjust(9_000_000)).then([adjusted(9_000_000)]);
    open.when(|it| {
        let motif = prose("Gel de crédits.");
        it.adjust_fonds_ingenierie(&stranger(), DLA, (2026, Cents(1)), motif)
    })
    .refused(Common::Forbidden { act: "adjustFondsIngenierie".to_owned() });
    let lowered: Dla = folded([registered(), opened, adjusted(9_000_000)]);
    assert_eq!(lowered.fonds(2026), Some(Cents(9_000_000)));
}

#[test]
fn one_fonds_is_opened_a_year() {
    let opened = FondsIngenierieOpened { annee: 2026, montant: Cents(12_000_000) };
    let open = |asked: Asked, montant| {
        move |it: &Dla| it.open_fonds_ingenierie(&asked, DLA, 2026, Cents(montant))
    };
    Dla::given([registered()])
        .when(open(responsable(), 12_000_000))
        .then([opened.clone()]);
    Dla::given([registered(), opened.clone()])
        .when(open(amina(), 12_000_000))
        .nothing();
    Dla::given([registered(), opened.clone()])
        .when(open(amina(), 1))
        .refused(Refusal::FondsAlreadyOpened { annee: 2026, montant: Cents(12_000_000) });
    for odd in [-1, AMOUNT_MAX.0 + 1] {
        Dla::given([registered()])
            .when(open(amina(), odd))
            .refused(Refusal::FondsOutOfRange { max: AMOUNT_MAX });
    }

    let dla: Dla = folded([registered(), opened]);
    assert_eq!(dla.fonds(2026), Some(Cents(12_000_000)));
    assert_eq!(dla.fonds(2025), None);
}

#[test]
fn members_join_the_comite_and_leave_it() {
    let added = |organisation| ComiteAppuiMemberAdded { personne: AMINA, organisation };
    let given = Dla::given([registered()]);
    let sits_for = organisation(false);
    given
        .when(|it| it.add_comite_appui_member(&amina(), DLA, AMINA, Some(&sits_for)))
        .expecting(&sits_for)
        .then([added(Some(org(3)))]);
    given
        .when(|it| it.remove_comite_appui_member(&amina(), DLA, AMINA, None))
        .nothing();
    let motif = Sealed::closed();
    let closed = organisation::Event::OrganisationClosed { motif, successor: None };
    let closed: Seen<Organisation> = seen(org(3), [closed]);
    given
        .when(|it| it.add_comite_appui_member(&amina(), DLA, AMINA, Some(&closed)))
        .refused(Refusal::ComiteOrganisationUnfit { organisation: org(3) });
    given
        .when(|it| it.add_comite_appui_member(&amina(), DLA, AMINA, Some(&seen(org(9), []))))
        .refused(Common::NotFound {});
    // Another organisation takes the place of the first.
    let given = Dla::given([registered(), added(Some(org(3)))]);
    given
        .when(|it| it.add_comite_appui_member(&amina(), DLA, AMINA, Some(&sits_for)))
        .nothing();
    given
        .when(|it| it.add_comite_appui_member(&amina(), DLA, AMINA, None))
        .then([added(None)]);
    let motif = Some(Sealed::new(Subject::person(AMINA), prose("Retraite.")));
    given
        .when(|it| it.remove_comite_appui_member(&admin(), DLA, AMINA, Some(prose("Retraite."))))
        .then([ComiteAppuiMemberRemoved { personne: AMINA, motif }]);
    let full = (0..MEMBRES_MAX as u128).map(|n| ComiteAppuiMemberAdded {
        personne: PersonId(Uuid::from_u128(0xfff + n)),
        organisation: None,
    });
    Dla::given([registered()].into_iter().chain(full))
        .when(|it| it.add_comite_appui_member(&amina(), DLA, AMINA, None))
        .refused(Refusal::ComiteFull { max: MEMBRES_MAX });
}

#[test]
fn a_year_is_one_of_the_scheme() {
    for annee in [2001, 2032] {
        let refused = Refusal::AnneeOutOfRange { min: ANNEE_MIN, max: 2031 };
        Dla::given([registered()])
            .when(|it| it.open_fonds_ingenierie(&amina(), DLA, annee, Cents(1)))
            .refused(refused.clone());
        Dla::given([registered()])
            .when(|it| it.define_priorites_ciblage(&amina(), DLA, annee, priorites()))
            .refused(refused);
    }
}

type Ask = fn(&Dla, &Asked) -> Decision<Dla>;

const ADMIN_ASKS: &[(&str, Ask)] = &[
    ("designateStructurePorteuse", |it, asked| {
        it.designate_structure_porteuse(asked, &organisation(true))
    }),
    ("appointChargeDeMission", |it, asked| it.appoint_charge_de_mission(asked, AMINA)),
    ("departChargeDeMission", |it, asked| it.depart_charge_de_mission(asked, AMINA, None)),
];

const DLA_ASKS: &[(&str, Ask)] = &[
    ("constituteComiteAppui", |it, asked| it.constitute_comite_appui(asked, DLA)),
    ("definePrioritesCiblage", |it, asked| {
        it.define_priorites_ciblage(asked, DLA, 2026, priorites())
    }),
    ("adjustFondsIngenierie", |it, asked| {
        it.adjust_fonds_ingenierie(asked, DLA, (2026, Cents(9_000_000)), prose("Gel de crédits."))
    }),
    ("openFondsIngenierie", |it, asked| {
        it.open_fonds_ingenierie(asked, DLA, 2026, Cents(12_000_000))
    }),
    ("addComiteAppuiMember", |it, asked| {
        it.add_comite_appui_member(asked, DLA, AMINA, Some(&organisation(false)))
    }),
    ("removeComiteAppuiMember", |it, asked| it.remove_comite_appui_member(asked, DLA, AMINA, None)),
];

#[test]
fn the_registry_of_dlas_is_kept_by_the_administrator() {
    Dla::given([])
        .when(|it| {
            let territoires = BTreeSet::from([vaucluse()]);
            it.register_dla(&amina(), intitule(), NiveauDla::Departemental, territoires)
        })
        .refused(Common::Forbidden { act: "registerDla".to_owned() });
    for (act, ask) in ADMIN_ASKS {
        Dla::given([registered()])
            .when(|it| ask(it, &amina()))
            .refused(Common::Forbidden { act: (*act).to_owned() });
        Dla::given([])
            .when(|it| ask(it, &admin()))
            .refused(Common::NotFound {});
    }
}

#[test]
fn a_dla_is_written_by_those_who_serve_it() {
    for (act, ask) in DLA_ASKS {
        for by in [stranger(), financeur(1), membre()] {
            Dla::given([registered()])
                .when(|it| ask(it, &by))
                .refused(Common::Forbidden { act: (*act).to_owned() });
        }
        Dla::given([])
            .when(|it| ask(it, &amina()))
            .refused(Common::NotFound {});
        Dla::given([registered()])
            .when(|it| ask(it, &amina().on(date(2026, 3, 17))))
            .refused(Common::DateInFuture { on: date(2026, 3, 17), today: TODAY });
    }
}

#[test]
fn facts_are_read_as_they_were_written() {
    assert_eq!(folded::<Dla>(stored::<Dla>(samples())), folded(samples()));
}

proptest! {
    /// Whatever is asked, in whatever order, asking again changes nothing.
    #[test]
    fn asking_again_changes_nothing(steps in vec((any::<bool>(), 0..3_usize), 0..12)) {
        let mut it: Dla = folded([registered()]);
        for (by_admin, n) in steps {
            let (ask, asked) = if by_admin {
                (ADMIN_ASKS[n].1, admin())
            } else {
                (DLA_ASKS[n].1, amina())
            };
            let Ok(decided) = ask(&it, &asked) else { continue };
            decided.events().for_each(|event| it.evolve(event));
            prop_assert_eq!(ask(&it, &asked).map(|it| it.facts), Ok(vec![]));
        }
    }
}
