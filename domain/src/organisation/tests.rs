use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};

use super::{
    ADHERENTS_MAX, Criteres, Declaration, Event, Event::*, Identifiants, Identite, Organisation,
    OrganisationRole, Profil, Refusal, referencement::Referencement,
};
use crate::{
    Ape, Cents, Claim, Decision, Etp, Expect, Liste, OrganisationId, Ridet, Rna, Sealed, Siren,
    Siret, Subject, Tahiti, Territoire, Version, date,
    refusal::Common,
    territoire::Niveau,
    testing::{
        Scenario, TODAY, admin, amina, code, financeur, folded, line, org, prose, seen, stored,
        stranger, structure, vaucluse,
    },
};

const ID: OrganisationId = org(1);

fn avignon() -> Territoire {
    Territoire::parse(Niveau::Commune, "84007").unwrap()
}

fn identite() -> Identite {
    Identite {
        denomination: line("Les Jardins du Rhône"),
        statut: code(Liste::StatutJuridique, "ASSOCIATION"),
        identifiants: Identifiants {
            siret: Some(Siret::parse("73282932000074").unwrap()),
            siren: Some(Siren::parse("732829320").unwrap()),
            rna: Some(Rna::parse("W842001234").unwrap()),
            ..Identifiants::default()
        },
        ape: Some(Ape::parse("88.99B").unwrap()),
        commune: Some(avignon()),
        secteurs: BTreeSet::from([code(Liste::Secteur, "ENVIRONNEMENT")]),
    }
}

fn declaration() -> Declaration {
    Declaration { identite: identite(), sans_identifiant: None }
}

/// A small association of Senegal, which no French register knows.
fn unknown_to_registers() -> Declaration {
    let identifiants = Identifiants::default();
    let identite = Identite { identifiants, ape: None, commune: None, ..identite() };
    Declaration { identite, sans_identifiant: None }
}

fn sealed(text: &str) -> Sealed<crate::Prose> {
    Sealed::new(Subject::organisation(ID), prose(text))
}

fn registered() -> Event {
    OrganisationRegistered { identite: identite(), sans_identifiant: None }
}

fn closed() -> [Event; 2] {
    [registered(), OrganisationClosed { motif: sealed("Dissolution."), successor: Some(org(2)) }]
}

fn criteres() -> Criteres {
    Criteres {
        territoire: Some(vaucluse()),
        secteur: Some(code(Liste::Secteur, "CULTURE")),
        branche: Some(code(Liste::Branche, "SPECTACLE_VIVANT")),
        budget: Some(Cents(12_500_000)),
        etp: Some(Etp(450)),
        adherents: Some(120),
    }
}

/// One of each, every field filled.
pub(crate) fn samples() -> Vec<Event> {
    let overseas = Identifiants {
        ridet: Some(Ridet::parse("1234567001").unwrap()),
        tahiti: Some(Tahiti::parse("A12345001").unwrap()),
        ..identite().identifiants
    };
    let everything = Identite { identifiants: overseas, ..identite() };
    vec![
        OrganisationRegistered {
            identite: everything.clone(),
            sans_identifiant: Some(sealed("En cours d'immatriculation.")),
        },
        OrganisationIdentityCorrected {
            identite: everything,
            sans_identifiant: Some(sealed("Association sénégalaise.")),
            motif: sealed("Faute de frappe."),
        },
        OrganisationRoleAssigned { role: OrganisationRole::StructurePorteuse },
        OrganisationRoleEnded {
            role: OrganisationRole::StructurePorteuse,
            motif: sealed("Fin de convention."),
        },
        ProfilStructureRecorded {
            as_of: TODAY,
            criteres: criteres(),
            projet: Some(sealed("Ouvrir un second lieu.")),
            competences: Some(sealed("Une comptable, deux médiateurs.")),
        },
        PrestataireReferenced { referencement: referencement() },
        PrestataireReferencementEnded { motif: sealed("Cessation d'activité.") },
        OrganisationMerged { survivor: org(2), motif: sealed("Saisie deux fois.") },
        OrganisationClosed { motif: sealed("Fusion."), successor: Some(org(2)) },
    ]
}

fn referencement() -> Referencement {
    Referencement {
        themes: [code(Liste::TypePrestation, "GESTION_FINANCIERE")].into(),
        secteurs: [code(Liste::Secteur, "CULTURE")].into(),
        territoires: [vaucluse()].into(),
        competences: [line("Comptabilité associative")].into(),
    }
}

fn prestataire() -> [Event; 2] {
    [registered(), OrganisationRoleAssigned { role: OrganisationRole::Prestataire }]
}

#[test]
fn an_organisation_enters_the_registry_with_its_identifiers() {
    let decided = Organisation::default()
        .register_organisation(&amina(), ID, declaration())
        .unwrap();
    assert_eq!(decided.facts[0].event, registered());
    assert_eq!(decided.facts[0].place.territoire, Some(avignon()));
    let siret = Claim { scope: "siret", value: "73282932000074".to_owned() };
    let rna = Claim { scope: "rna", value: "W842001234".to_owned() };
    assert_eq!(decided.claims, [rna, siret]);
    assert_eq!(decided.releases, []);
}

#[test]
fn an_overseas_number_is_an_identifier() {
    let mut overseas = unknown_to_registers();
    overseas.identite.identifiants.tahiti = Some(Tahiti::parse("A12345").unwrap());
    let decided = Organisation::default()
        .register_organisation(&admin(), ID, overseas)
        .unwrap();
    assert_eq!(decided.claims, [Claim { scope: "tahiti", value: "A12345".to_owned() }]);
}

// INV-39
#[test]
fn an_organisation_without_identifier_says_why() {
    let mut declared = unknown_to_registers();
    Organisation::given([])
        .when(|it| it.register_organisation(&amina(), ID, declared.clone()))
        .refused(Refusal::IdentifierMissing {});

    declared.sans_identifiant = Some(prose("Association sénégalaise."));
    Organisation::given([])
        .when(|it| it.register_organisation(&amina(), ID, declared.clone()))
        .then([OrganisationRegistered {
            identite: declared.identite.clone(),
            sans_identifiant: Some(sealed("Association sénégalaise.")),
        }]);
}

#[test]
fn a_reason_is_recorded_only_when_there_is_no_identifier() {
    let declared = Declaration { sans_identifiant: Some(prose("Aucun.")), ..declaration() };
    Organisation::given([])
        .when(|it| it.register_organisation(&amina(), ID, declared))
        .then([registered()]);
}

// INV-39
#[test]
fn a_siren_is_that_of_the_siret() {
    let mut declared = declaration();
    let of_another = Siren::parse("356000000").unwrap();
    declared.identite.identifiants.siren = Some(of_another.clone());
    let siret = identite().identifiants.siret.unwrap();
    Organisation::given([])
        .when(|it| it.register_organisation(&amina(), ID, declared))
        .refused(Refusal::SirenMismatch { siren: of_another, siret });
}

#[test]
fn a_seat_is_in_a_commune() {
    let mut declared = declaration();
    declared.identite.commune = Some(vaucluse());
    Organisation::given([])
        .when(|it| it.register_organisation(&amina(), ID, declared))
        .refused(Refusal::NotACommune { territoire: vaucluse() });
}

#[test]
fn an_id_names_one_organisation() {
    Organisation::given([registered()])
        .when(|it| it.register_organisation(&amina(), ID, declaration()))
        .refused(Common::AlreadyExists {});
}

#[test]
fn a_correction_claims_what_is_new_and_releases_what_was_wrong() {
    let mut declared = declaration();
    declared.identite.identifiants.siret = Some(Siret::parse("35600000049837").unwrap());
    declared.identite.identifiants.siren = None;
    let decided = folded::<Organisation>([registered()])
        .correct_organisation_identity(&amina(), ID, declared.clone(), prose("Transfert."))
        .unwrap();
    let siret = Claim { scope: "siret", value: "35600000049837".to_owned() };
    assert_eq!(decided.claims, [siret]);
    let wrong = Claim { scope: "siret", value: "73282932000074".to_owned() };
    assert_eq!(decided.releases, [wrong]);
    let corrected = OrganisationIdentityCorrected {
        identite: declared.identite,
        sans_identifiant: None,
        motif: sealed("Transfert."),
    };
    assert_eq!(decided.events().collect::<Vec<_>>(), [&corrected]);
}

#[test]
fn correcting_what_is_right_changes_nothing() {
    Organisation::given([registered()])
        .when(|it| it.correct_organisation_identity(&amina(), ID, declaration(), prose("Rien.")))
        .nothing();
}

#[test]
fn a_correction_is_checked_like_a_registration() {
    Organisation::given([registered()])
        .when(|it| {
            let declared = unknown_to_registers();
            it.correct_organisation_identity(&amina(), ID, declared, prose("Radiée."))
        })
        .refused(Refusal::IdentifierMissing {});
}

#[test]
fn a_closed_organisation_can_still_be_corrected() {
    let mut declared = declaration();
    declared.identite.denomination = line("Les Jardins du Rhône en Avignon");
    let after = folded::<Organisation>(closed());
    let decided = after.correct_organisation_identity(&admin(), ID, declared, prose("Nom."));
    assert_eq!(decided.unwrap().facts.len(), 1);
}

#[test]
fn an_organisation_takes_and_leaves_roles() {
    let role = OrganisationRole::Prestataire;
    let assigned = OrganisationRoleAssigned { role };
    let ended = OrganisationRoleEnded { role, motif: sealed("Départ.") };
    let end = |it: &Organisation| it.end_organisation_role(&amina(), ID, role, prose("Départ."));
    let assign = |it: &Organisation| it.assign_organisation_role(&amina(), role);
    Organisation::given([registered()])
        .when(assign)
        .then([assigned.clone()]);
    Organisation::given([registered(), assigned.clone()])
        .when(assign)
        .nothing();
    Organisation::given([registered(), assigned.clone()])
        .when(end)
        .then([ended.clone()]);
    Organisation::given([registered(), assigned.clone(), ended])
        .when(end)
        .nothing();

    let holder: Organisation = folded([registered(), assigned]);
    assert!(holder.holds(role));
    assert!(!holder.holds(OrganisationRole::Financeur));
}

#[test]
fn a_closed_organisation_holds_no_role_and_takes_none() {
    let role = OrganisationRole::Financeur;
    let [registered, over] = closed();
    let after = [registered, OrganisationRoleAssigned { role }, over];
    assert!(!folded::<Organisation>(after.clone()).holds(role));
    Organisation::given(after)
        .when(|it| it.assign_organisation_role(&amina(), OrganisationRole::Opco))
        .refused(Refusal::OrganisationOver {});
}

#[test]
fn a_structure_describes_itself_on_a_date() {
    let profil = Profil {
        criteres: criteres(),
        projet: Some(prose("Ouvrir un second lieu.")),
        competences: Some(prose("Deux médiateurs.")),
    };
    let ask = structure(1).on(date(2025, 12, 31));
    Organisation::given([registered()])
        .when(|it| it.record_profil_structure(&ask, ID, profil.clone()))
        .then([ProfilStructureRecorded {
            as_of: date(2025, 12, 31),
            criteres: criteres(),
            projet: Some(sealed("Ouvrir un second lieu.")),
            competences: Some(sealed("Deux médiateurs.")),
        }]);
    Organisation::given([registered()])
        .when(|it| it.record_profil_structure(&structure(2), ID, profil))
        .refused(Common::Forbidden { act: "recordProfilStructure".to_owned() });
}

#[test]
fn the_same_figures_on_the_same_date_change_nothing() {
    let profil = || Profil { criteres: criteres(), ..Profil::default() };
    let recorded = ProfilStructureRecorded {
        as_of: TODAY,
        criteres: criteres(),
        projet: None,
        competences: None,
    };
    let given = [registered(), recorded.clone()];
    Organisation::given(given.clone())
        .when(|it| it.record_profil_structure(&amina(), ID, profil()))
        .nothing();
    let yesterday = amina().on(date(2026, 3, 15));
    Organisation::given(given)
        .when(|it| it.record_profil_structure(&yesterday, ID, profil()))
        .then([ProfilStructureRecorded {
            as_of: date(2026, 3, 15),
            criteres: criteres(),
            projet: None,
            competences: None,
        }]);
}

#[test]
fn a_profile_says_something_possible() {
    let profil = |criteres| Profil { criteres, ..Profil::default() };
    let odd = [
        ("budget", Criteres { budget: Some(Cents(-1)), ..criteres() }),
        ("etp", Criteres { etp: Some(Etp(-1)), ..criteres() }),
        ("adherents", Criteres { adherents: Some(ADHERENTS_MAX + 1), ..criteres() }),
    ];
    for (critere, odd) in odd {
        Organisation::given([registered()])
            .when(|it| it.record_profil_structure(&amina(), ID, profil(odd)))
            .refused(Refusal::PoidsOutOfRange { critere: critere.to_owned() });
    }
    Organisation::given([registered()])
        .when(|it| it.record_profil_structure(&amina(), ID, Profil::default()))
        .refused(Refusal::ProfilEmpty {});
    Organisation::given(closed())
        .when(|it| it.record_profil_structure(&amina(), ID, profil(criteres())))
        .refused(Refusal::OrganisationOver {});
}

#[test]
fn a_closed_organisation_names_its_successor() {
    let successor = seen::<Organisation>(org(2), [registered()]);
    let decided = folded::<Organisation>([registered()])
        .close_organisation(&amina(), ID, prose("Dissolution."), Some(&successor))
        .unwrap();
    assert_eq!(decided.events().collect::<Vec<_>>(), [&closed()[1]]);
    assert_eq!(decided.expects, [Expect { stream: org(2).into(), version: Version(1) }]);

    let after: Organisation = folded(closed());
    assert!(after.is_closed());
    assert_eq!(after.successor(), Some(org(2)));
}

#[test]
fn an_organisation_may_end_without_successor() {
    Organisation::given([registered()])
        .when(|it| it.close_organisation(&admin(), ID, prose("Dissolution."), None))
        .then([OrganisationClosed { motif: sealed("Dissolution."), successor: None }]);
}

#[test]
fn closing_again_changes_nothing_and_changes_no_successor() {
    let successor = seen::<Organisation>(org(2), [registered()]);
    Organisation::given(closed())
        .when(|it| it.close_organisation(&amina(), ID, prose("Encore."), Some(&successor)))
        .nothing();
    Organisation::given(closed())
        .when(|it| it.close_organisation(&amina(), ID, prose("Encore."), None))
        .refused(Refusal::OrganisationOver {});
}

#[test]
fn a_successor_is_another_open_organisation() {
    for successor in [seen(ID, [registered()]), seen(org(2), []), seen(org(2), closed())] {
        Organisation::given([registered()])
            .when(|it| it.close_organisation(&amina(), ID, prose("Fusion."), Some(&successor)))
            .refused(Refusal::SuccessorUnfit { successor: successor.id });
    }
}

type Ask = fn(&Organisation, &crate::Asked) -> Decision<Organisation>;

const ASKS: &[(&str, Ask)] = &[
    ("correctOrganisationIdentity", |it, asked| {
        it.correct_organisation_identity(asked, ID, declaration(), prose("Faute."))
    }),
    ("assignOrganisationRole", |it, asked| {
        it.assign_organisation_role(asked, OrganisationRole::Partenaire)
    }),
    ("endOrganisationRole", |it, asked| {
        it.end_organisation_role(asked, ID, OrganisationRole::Partenaire, prose("Fin."))
    }),
    ("recordProfilStructure", |it, asked| {
        let profil = Profil { criteres: criteres(), ..Profil::default() };
        it.record_profil_structure(asked, ID, profil)
    }),
    ("closeOrganisation", |it, asked| it.close_organisation(asked, ID, prose("Fin."), None)),
];

#[test]
fn the_registry_is_kept_by_some_and_read_by_all() {
    Organisation::given([])
        .when(|it| it.register_organisation(&financeur(1), ID, declaration()))
        .refused(Common::Forbidden { act: "registerOrganisation".to_owned() });
    for (act, ask) in ASKS {
        Organisation::given([registered()])
            .when(|it| ask(it, &financeur(1)))
            .refused(Common::Forbidden { act: (*act).to_owned() });
        Organisation::given([])
            .when(|it| ask(it, &financeur(1)))
            .refused(Common::NotFound {});
        Organisation::given([])
            .when(|it| ask(it, &amina()))
            .refused(Common::NotFound {});
        Organisation::given([registered()])
            .when(|it| ask(it, &stranger().on(date(2026, 3, 17))))
            .refused(Common::DateInFuture { on: date(2026, 3, 17), today: TODAY });
        let state: Organisation = folded([registered()]);
        assert!(ask(&state, &stranger()).is_ok(), "{act}: any DLA keeps the registry");
    }
}

#[test]
fn facts_are_read_as_they_were_written() {
    let read = stored::<Organisation>(samples());
    assert_eq!(folded::<Organisation>(read), folded(samples()));
}

proptest! {
    /// Whatever is asked, in whatever order, asking again changes nothing.
    #[test]
    fn asking_again_changes_nothing(steps in vec(0..ASKS.len(), 0..12)) {
        let mut it: Organisation = folded([registered()]);
        for step in steps {
            let Ok(decided) = ASKS[step].1(&it, &amina()) else { continue };
            decided.events().for_each(|event| crate::Decider::evolve(&mut it, event));
            prop_assert_eq!(ASKS[step].1(&it, &amina()).map(|it| it.facts), Ok(vec![]));
        }
    }
}

// RM-19
#[test]
fn a_prestataire_is_referenced_until_its_referencing_ends() {
    let given = Organisation::given(prestataire());
    let referenced = PrestataireReferenced { referencement: referencement() };
    given
        .when(|it| it.reference_prestataire(&amina(), referencement()))
        .then([referenced.clone()]);
    given
        .when(|it| it.reference_prestataire(&amina(), Referencement::default()))
        .refused(Refusal::ReferencementEmpty {});
    let many = (0..31).map(|n| line(&format!("Compétence {n}"))).collect();
    given
        .when(|it| {
            it.reference_prestataire(
                &amina(),
                Referencement { competences: many, ..referencement() },
            )
        })
        .refused(Refusal::ReferencementTooLong { field: "competences", max: 30 });
    given
        .when(|it| it.end_referencement_prestataire(&amina(), ID, prose("Retraite.")))
        .nothing();
    Organisation::given([registered()])
        .when(|it| it.reference_prestataire(&amina(), referencement()))
        .refused(Refusal::NotPrestataire {});
    let given = Organisation::given(prestataire().into_iter().chain([referenced]));
    given
        .when(|it| it.reference_prestataire(&amina(), referencement()))
        .nothing();
    given
        .when(|it| it.end_referencement_prestataire(&amina(), ID, prose("Retraite.")))
        .then([PrestataireReferencementEnded { motif: sealed("Retraite.") }]);
}

fn merged() -> [Event; 2] {
    [registered(), OrganisationMerged { survivor: org(2), motif: Sealed::closed() }]
}

// INV-39: one SIRET, one organisation, before and after.
#[test]
fn what_was_entered_twice_becomes_one() {
    let other = |identifiants: Identifiants| {
        let identite = Identite { identifiants, ..identite() };
        seen(org(2), [OrganisationRegistered { identite, sans_identifiant: None }])
    };
    let it: Organisation = folded([registered()]);
    let merge = |survivor| it.merge_organisations(&admin(), ID, &survivor, prose("Doublon."));
    // The survivor has none: it may take them up.
    let survivor = other(Identifiants::default());
    let decided = merge(survivor.clone()).unwrap();
    assert_eq!(
        decided.facts[0].event,
        OrganisationMerged { survivor: org(2), motif: sealed("Doublon.") }
    );
    assert_eq!(decided.expects, [Expect { stream: org(2).0, version: survivor.version }]);
    let siret = Claim { scope: "siret", value: "73282932000074".to_owned() };
    let rna = Claim { scope: "rna", value: "W842001234".to_owned() };
    assert_eq!((decided.releases, decided.claims), (vec![rna.clone(), siret], vec![]));
    // It has a SIRET of its own: nobody enters the other one again.
    let own = Siret::parse("35600000000048").unwrap();
    let decided = merge(other(Identifiants { siret: Some(own), ..Identifiants::default() }));
    assert_eq!(decided.unwrap().releases, [rna]);
}

#[test]
fn one_merges_into_another_that_is_open() {
    let given = Organisation::given([registered()]);
    let motif = || prose("Doublon.");
    let unfit = Refusal::SurvivorUnfit { survivor: org(2) };
    for survivor in [seen(org(2), closed()), seen(org(2), merged())] {
        given
            .when(|it| it.merge_organisations(&admin(), ID, &survivor, motif()))
            .refused(unfit.clone());
    }
    given
        .when(|it| it.merge_organisations(&admin(), ID, &seen(ID, [registered()]), motif()))
        .refused(Refusal::SurvivorUnfit { survivor: ID });
    given
        .when(|it| it.merge_organisations(&admin(), ID, &seen(org(9), []), motif()))
        .refused(Common::NotFound {});
}

#[test]
fn what_was_merged_names_the_one_that_stands_for_it() {
    let survivor = seen(org(2), [registered()]);
    let it: Organisation = folded(merged());
    assert!(it.is_closed());
    assert_eq!(it.merged_into(), Some(org(2)));
    let named = Err(Refusal::OrganisationMergedInto { survivor: org(2) });
    let motif = || prose("Erreur.");
    let answers = [
        it.correct_organisation_identity(&admin(), ID, declaration(), motif()),
        it.assign_organisation_role(&admin(), OrganisationRole::Financeur),
        it.end_organisation_role(&admin(), ID, OrganisationRole::Financeur, motif()),
        it.record_profil_structure(&admin(), ID, Profil::default()),
        it.reference_prestataire(&admin(), referencement()),
        it.end_referencement_prestataire(&admin(), ID, motif()),
        it.close_organisation(&admin(), ID, motif(), None),
        it.merge_organisations(&admin(), ID, &seen(org(3), [registered()]), motif()),
    ];
    for answer in answers {
        assert_eq!(answer, named);
    }
    let again = it.merge_organisations(&admin(), ID, &survivor, motif());
    assert_eq!(again.map(|it| it.facts), Ok(vec![]));
}
