use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use super::{Event::*, *};
use crate::{
    Asked, Claim, Decision, Dla, Dossier, Objet, Organisation, Seen, date, dla, organisation,
    territoire::Niveau as Echelle,
    testing::{
        DLA, INGENIERIE, OTHER_DLA, Scenario, TODAY, abandoned_ingenierie, absent_ingenierie,
        admin, amina, financeur, folded, ingenierie, line, org, prose, referenced, regional,
        responsable, seen, stored, stranger, structure, unreferenced, vaucluse,
    },
};

const CONVENTION: ConventionId = ConventionId(Uuid::from_u128(0xC0));
const CADRE: ConventionId = ConventionId(Uuid::from_u128(0xCA));
const PORTEUSE: OrganisationId = org(30);
/// The financeur, and a partner of the cadre.
const CAF: u128 = 41;
const REGION: u128 = 42;
const YEAR: Periode = Periode { du: date(2026, 1, 1), au: date(2026, 12, 31) };
const SPRING: Periode = Periode { du: date(2026, 3, 1), au: date(2026, 5, 31) };

type It = ConventionFinancement;

fn montants(all: [i64; 4]) -> Vec<Niveau> {
    let niveau = |(n, minimum)| Niveau {
        intitule: line(&format!("Niveau {}", n + 1)),
        minimum: Cents(minimum),
    };
    all.into_iter().enumerate().map(niveau).collect()
}

fn termes() -> Termes {
    Termes {
        nature: NatureConvention::Financement,
        financeur: org(CAF),
        partenaires: BTreeSet::new(),
        dlas: BTreeSet::from([DLA, OTHER_DLA]),
        beneficiaire: Some(PORTEUSE),
        reference: line("2026-114"),
        objet: Objet::parse("Fonctionnement du DLA").unwrap(),
        perimetre: BTreeSet::from([vaucluse()]),
        regime: Regime::Permanent,
        niveaux: vec![],
        cadre: None,
        subvention: Subvention {
            nature: NatureSubvention::Numeraire,
            conditions: ConditionsVersement::Echelonne,
            precision: None,
            versement_du: Some(date(2026, 4, 1)),
            versement_au: Some(date(2027, 1, 31)),
            rae: Some(line("12")),
            notification_ue: false,
            dispositif: Some(line("DLA")),
        },
        articulation: Some(prose("Le permanent paie l'équipe, le ponctuel les prestataires.")),
    }
}

/// The convention cadre of the centres sociaux: 155,167 €, four levels.
fn cadre() -> Termes {
    Termes {
        nature: NatureConvention::Cadre,
        partenaires: BTreeSet::from([org(REGION)]),
        beneficiaire: None,
        niveaux: montants([1_000_000, 2_000_000, 3_000_000, 4_000_000]),
        ..termes()
    }
}

fn under_cadre(niveau: i32) -> Termes {
    Termes { cadre: Some(MiseEnOeuvre { convention: CADRE, niveau }), ..termes() }
}

fn signed_with(termes: Termes, montant: i64, minimum: Option<i64>) -> Event {
    let convention = if termes.nature == NatureConvention::Cadre { CADRE } else { CONVENTION };
    ConventionSigned {
        convention,
        signed_on: date(2026, 1, 15),
        termes: Box::new(termes),
        montant: Cents(montant),
        periode: YEAR,
        minimum: minimum.map(Cents),
    }
}

fn signed() -> Event {
    signed_with(termes(), 1_000_000, None)
}

fn signed_cadre() -> Event {
    signed_with(cadre(), 15_516_700, None)
}

/// It puts the first level into effect.
fn applied() -> Event {
    signed_with(under_cadre(1), 1_200_000, Some(1_000_000))
}

fn sealed(text: &str) -> Sealed<Prose> {
    Sealed::new(Subject::convention(CONVENTION), prose(text))
}

fn allocated(allocation: i32, montant: i64) -> Event {
    let montant = Cents(montant);
    EnveloppeAllocated { allocation, ingenierie: INGENIERIE, dla: DLA, montant, periode: SPRING }
}

fn released(allocation: i32, montant: i64) -> Event {
    AllocationReleased {
        allocation,
        ingenierie: INGENIERIE,
        financeur: org(CAF),
        montant: Cents(montant),
        motif: sealed("Moins cher que prévu."),
    }
}

fn paid(versement: i32, montant: i64) -> Event {
    VersementRecorded { versement, montant: Cents(montant), reference: Some(line("Mandat 7")) }
}

fn amended(montant: Option<i64>, periode: Option<Periode>) -> Event {
    ConventionAmended {
        financeur: org(CAF),
        montant: montant.map(Cents),
        periode,
        reference: Some(line("Avenant 1")),
        motif: sealed("Le budget a été revu."),
    }
}

fn qpv(code: &str) -> Territoire {
    Territoire::parse(Echelle::Qpv, code).unwrap()
}

fn quartiers() -> BTreeSet<Territoire> {
    BTreeSet::from([qpv("QN08401M"), qpv("QN08402N")])
}

fn avenant(montant: Option<i64>, periode: Option<Periode>) -> Avenant {
    Avenant {
        montant: montant.map(Cents),
        periode,
        reference: Some(line("Avenant 1")),
        motif: prose("Le budget a été revu."),
    }
}

fn supplement() -> Event {
    SupplementTerritorialGranted {
        supplement: 1,
        quartiers: quartiers(),
        montant: Cents(500_000),
        reference: None,
    }
}

fn engagement() -> Event {
    EngagementProgresRecorded {
        engagement: 1,
        organisation: org(50),
        enonce: prose("Un tableau de bord dans chaque centre social."),
        echeance: Some(date(2026, 12, 31)),
    }
}

/// One sample of each kind, in the order of a life, with every member that it may hold.
pub(crate) fn samples() -> Vec<Event> {
    let Termes { partenaires, niveaux, .. } = cadre();
    let precision = Some(Objet::parse("Sur bilan").unwrap());
    let subvention = Subvention { precision, ..termes().subvention };
    let whole = Termes { partenaires, niveaux, subvention, ..under_cadre(1) };
    vec![
        signed_with(whole, 1_200_000, Some(1_000_000)),
        ComplementAdded { complement: 1, montant: Cents(300_000), reference: Some(line("D7")) },
        supplement(),
        engagement(),
        allocated(1, 1_500_000),
        amended(Some(1_300_000), Some(Periode { du: YEAR.du, au: date(2027, 3, 31) })),
        released(1, 100_000),
        paid(1, 2_000_000),
        VersementCancelled {
            versement: 1,
            financeur: org(CAF),
            montant: Cents(2_000_000),
            motif: sealed("Compte erroné."),
        },
        ConventionClosed {
            financeur: org(CAF),
            notified: Cents(2_100_000),
            allocated: Cents(1_400_000),
            paid: Cents(0),
            motif: Some(sealed("Le programme s'arrête.")),
        },
    ]
}

fn a_dla(id: DlaId, porteuse: Option<OrganisationId>) -> Seen<Dla> {
    let registered = dla::Event::DlaRegistered {
        intitule: line("DLA"),
        niveau: dla::NiveauDla::Departemental,
        territoires: BTreeSet::from([vaucluse()]),
    };
    let carried = porteuse.map(|porteuse| dla::Event::StructurePorteuseDesignated { porteuse });
    seen(id, [registered].into_iter().chain(carried))
}

fn a_financeur(n: u128) -> Seen<Organisation> {
    let Seen { id, version, mut state } = referenced(n);
    let role = organisation::OrganisationRole::Financeur;
    state.evolve(&organisation::Event::OrganisationRoleAssigned { role });
    Seen { id, version, state }
}

fn around(cadre: Option<Seen<It>>) -> Around {
    Around {
        dlas: vec![a_dla(DLA, Some(PORTEUSE)), a_dla(OTHER_DLA, None)],
        financeur: a_financeur(CAF),
        cadre,
    }
}

fn the_cadre() -> Seen<It> {
    seen(CADRE, [signed_cadre()])
}

fn sign(it: &It, asked: &Asked, termes: &Termes, montant: i64) -> Decision<It> {
    let around = around(termes.cadre.map(|_| the_cadre()));
    it.sign_convention(asked, CONVENTION, (termes, Cents(montant), YEAR), &around)
}

fn allocate(it: &It, asked: &Asked, montant: i64) -> Decision<It> {
    it.allocate_enveloppe(asked, &ingenierie(), DLA, (Cents(montant), SPRING))
}

fn january() -> Asked {
    amina().on(date(2026, 1, 15))
}

#[test]
fn a_convention_is_signed_by_those_it_binds() {
    for asked in
        [january(), responsable().on(date(2026, 1, 15)), financeur(CAF).on(date(2026, 1, 15))]
    {
        It::given([])
            .when(|it| sign(it, &asked, &termes(), 1_000_000))
            .then([signed()]);
    }
    let decided = sign(&It::default(), &january(), &termes(), 1_000_000).unwrap();
    let value = format!("{}/2026-114", org(CAF).0);
    assert_eq!(decided.claims, [Claim { scope: It::CATEGORY, value }]);
    let expected: Vec<_> = decided.expects.iter().map(|it| it.stream).collect();
    assert_eq!(expected, [org(CAF).0, DLA.0, OTHER_DLA.0]);
    assert_eq!(decided.facts[0].place, Place { territoire: Some(vaucluse()), dossier: None });
    It::given([])
        .when(|it| sign(it, &regional(), &termes(), 1))
        .refused(Common::Forbidden { act: "signConvention".to_owned() });
    for nobody in [financeur(REGION), structure(51), admin()] {
        It::given([])
            .when(|it| sign(it, &nobody, &termes(), 1))
            .refused(Common::NotFound {});
    }
    // A partner of a cadre does not sign it for the first institution.
    It::given([])
        .when(|it| sign(it, &financeur(REGION), &cadre(), 15_516_700))
        .refused(Common::Forbidden { act: "signConvention".to_owned() });
    It::given([signed()])
        .when(|it| sign(it, &january(), &termes(), 1_000_000))
        .refused(Common::AlreadyExists {});
}

#[test]
fn a_cadre_is_signed_with_rising_levels_and_put_into_effect_above_a_minimum() {
    let asked = january();
    let cadre_of = |niveaux| Termes { niveaux, ..cadre() };
    let sign_cadre = |termes: &Termes, montant| {
        It::default().sign_convention(&asked, CADRE, (termes, Cents(montant), YEAR), &around(None))
    };
    let recorded = sign_cadre(&cadre(), 15_516_700).unwrap();
    assert_eq!(recorded.events().collect::<Vec<_>>(), [&signed_cadre()]);
    for (termes, code) in [
        (cadre_of(vec![]), "CONVENTION_LIST_OUT_OF_RANGE"),
        (cadre_of(montants([1, 2, 2, 3])), "MINIMA_NOT_RISING"),
        (cadre_of(montants([0, 1, 2, 3])), "CONVENTION_MONTANT_OUT_OF_RANGE"),
        (cadre_of(montants([1, 2, 3, 15_516_701])), "BELOW_MINIMUM"),
        (Termes { cadre: under_cadre(1).cadre, ..cadre() }, "CADRE_OF_CADRE"),
    ] {
        It::given([])
            .when(|_| sign_cadre(&termes, 15_516_700))
            .refused_with(code);
    }
    It::given([])
        .when(|it| sign(it, &asked, &under_cadre(1), 1_200_000))
        .then([applied()]);
    It::given([])
        .when(|it| sign(it, &asked, &under_cadre(1), 999_999))
        .refused(Refusal::BelowMinimum { minimum: Cents(1_000_000) });
    for niveau in [-1, 0, 5] {
        It::given([])
            .when(|it| sign(it, &asked, &under_cadre(niveau), 1_200_000))
            .refused(Refusal::NiveauUnknown { niveaux: 4 });
    }
}

#[test]
fn what_puts_a_cadre_into_effect_lies_inside_it() {
    let asked = january();
    let sign = |termes: &Termes, periode, cadre: Seen<It>| {
        let around =
            Around { financeur: a_financeur(termes.financeur.0.as_u128()), ..around(Some(cadre)) };
        It::default().sign_convention(
            &asked,
            CONVENTION,
            (termes, Cents(1_200_000), periode),
            &around,
        )
    };
    let partner = Termes { financeur: org(REGION), ..under_cadre(1) };
    assert!(sign(&partner, YEAR, the_cadre()).is_ok());
    let other = Termes { financeur: org(43), ..under_cadre(1) };
    It::given([])
        .when(|_| sign(&other, YEAR, the_cadre()))
        .refused(Refusal::FinanceurNotOfCadre {});
    let late = Periode { du: YEAR.du, au: date(2027, 1, 1) };
    It::given([])
        .when(|_| sign(&under_cadre(1), late, the_cadre()))
        .refused(Refusal::OutsidePeriode { field: "au", du: YEAR.du, au: YEAR.au });
    let gard = Territoire::departement("30").unwrap();
    let elsewhere = Termes { perimetre: BTreeSet::from([gard.clone()]), ..under_cadre(1) };
    It::given([])
        .when(|_| sign(&elsewhere, YEAR, the_cadre()))
        .refused(Refusal::OutsidePerimetre { territoire: gard, field: "perimetre" });
    let closed = ConventionClosed {
        financeur: org(CAF),
        notified: Cents(1),
        allocated: Cents(0),
        paid: Cents(0),
        motif: None,
    };
    for cadre in [
        seen(CADRE, []),
        seen(CADRE, [signed()]),
        seen(CADRE, [signed_cadre(), closed]),
        seen(
            CADRE,
            [signed_with(
                Termes { dlas: [DlaId(Uuid::from_u128(9))].into(), ..cadre() },
                15_516_700,
                None,
            )],
        ),
    ] {
        It::given([])
            .when(|_| sign(&under_cadre(1), YEAR, cadre))
            .refused(Refusal::CadreUnknown {});
    }
}

#[test]
fn odd_terms_are_refused() {
    let subvention = |change: fn(&mut Subvention)| {
        let mut it = termes();
        change(&mut it.subvention);
        it
    };
    for (termes, montant, code) in [
        (termes(), 0, "CONVENTION_MONTANT_OUT_OF_RANGE"),
        (termes(), -1, "CONVENTION_MONTANT_OUT_OF_RANGE"),
        (termes(), AMOUNT_MAX.0 + 1, "CONVENTION_MONTANT_OUT_OF_RANGE"),
        (Termes { perimetre: BTreeSet::new(), ..termes() }, 1, "CONVENTION_LIST_OUT_OF_RANGE"),
        (Termes { niveaux: cadre().niveaux, ..termes() }, 1, "ONLY_IN_CADRE"),
        (Termes { partenaires: cadre().partenaires, ..termes() }, 1, "ONLY_IN_CADRE"),
        (Termes { beneficiaire: None, ..termes() }, 1, "BENEFICIAIRE_MISSING"),
        (Termes { beneficiaire: Some(org(31)), ..termes() }, 1, "BENEFICIAIRE_NOT_PORTEUSE"),
        (subvention(|it| it.conditions = ConditionsVersement::Autre), 1, "CONDITIONS_UNCLEAR"),
        (subvention(|it| it.precision = Objet::parse("Sur bilan").ok()), 1, "CONDITIONS_UNCLEAR"),
        (subvention(|it| it.rae = Some(line("123456"))), 1, "RAE_TOO_LONG"),
        (
            subvention(|it| it.versement_au = Some(date(2026, 3, 31))),
            1,
            "CONVENTION_PERIODE_REVERSED",
        ),
        (subvention(|it| it.versement_du = None), 1, "VERSEMENT_WITHOUT_START"),
    ] {
        It::given([])
            .when(|it| sign(it, &january(), &termes, montant))
            .refused_with(code);
    }
    let with = |around: Around, periode| {
        It::default().sign_convention(
            &january(),
            CONVENTION,
            (&termes(), Cents(1), periode),
            &around,
        )
    };
    let reversed = Periode { du: YEAR.au, au: YEAR.du };
    It::given([])
        .when(|_| with(around(None), reversed))
        .refused(Refusal::PeriodeReversed { field: "au", du: YEAR.au, au: YEAR.du });
    It::given([])
        .when(|_| with(Around { financeur: unreferenced(CAF), ..around(None) }, YEAR))
        .refused(Refusal::NotAFinanceur {});
    It::given([])
        .when(|_| with(Around { dlas: vec![seen(DLA, [])], ..around(None) }, YEAR))
        .refused(Common::NotFound {});
}

// INV-15
#[test]
fn money_is_set_aside_up_to_what_is_notified() {
    It::given([signed()])
        .when(|it| allocate(it, &amina(), 1_000_000))
        .expecting(&ingenierie())
        .then([allocated(1, 1_000_000)]);
    It::given([signed(), allocated(1, 600_000)])
        .when(|it| allocate(it, &amina(), 400_001))
        .refused(Refusal::AllocatedAboveNotified { remaining: Cents(400_000), above: Cents(1) });
    It::given([signed(), allocated(1, 600_000), released(1, 100_000)])
        .when(|it| allocate(it, &amina(), 500_000))
        .then([allocated(2, 500_000)]);
    let above = [applied(), samples()[1].clone(), supplement()];
    assert_eq!(folded::<It>(above.clone()).notified_cents(), Cents(2_000_000));
    It::given(above)
        .when(|it| allocate(it, &amina(), 2_000_000))
        .then([allocated(1, 2_000_000)]);
    let decided = allocate(&folded([signed()]), &amina(), 1).unwrap();
    assert_eq!(decided.facts[0].place.dossier, Some(INGENIERIE));
    for odd in [0, -5, AMOUNT_MAX.0 + 1] {
        It::given([signed()])
            .when(|it| allocate(it, &amina(), odd))
            .refused(Refusal::MontantOutOfRange { max: AMOUNT_MAX });
    }
}

// INV-15
#[test]
fn an_allocation_lies_in_the_time_and_the_perimeter() {
    let in_time = |asked: Asked, periode| {
        folded::<It>([signed()]).allocate_enveloppe(&asked, &ingenierie(), DLA, (Cents(1), periode))
    };
    let outside = |field| Refusal::OutsidePeriode { field, du: YEAR.du, au: YEAR.au };
    let early = Periode { du: date(2025, 12, 31), ..SPRING };
    let late = Periode { au: date(2027, 1, 1), ..SPRING };
    It::given([])
        .when(|_| in_time(amina(), early))
        .refused(outside("du"));
    It::given([])
        .when(|_| in_time(amina(), late))
        .refused(outside("au"));
    let reversed = Periode { du: SPRING.au, au: SPRING.du };
    It::given([])
        .when(|_| in_time(amina(), reversed))
        .refused_with("CONVENTION_PERIODE_REVERSED");
    let next_year = Asked { today: date(2027, 2, 1), ..amina() };
    It::given([])
        .when(|_| in_time(next_year, SPRING))
        .refused(outside("on"));
    It::given([])
        .when(|_| in_time(amina().on(date(2026, 1, 14)), SPRING))
        .refused(Refusal::BeforeSignature { signed_on: date(2026, 1, 15) });
    for (code, fits) in [
        ("region:93", true),
        ("france:FR", true),
        ("departement:13", false),
        ("commune:84007", false),
        ("epci:732829320", false),
    ] {
        let perimetre = BTreeSet::from([code.parse().unwrap()]);
        let it: It = folded([signed_with(Termes { perimetre, ..termes() }, 1, None)]);
        assert_eq!(allocate(&it, &amina(), 1).is_ok(), fits, "{code}");
        if !fits {
            It::given([])
                .when(|_| allocate(&it, &amina(), 1))
                .refused(Refusal::OutsidePerimetre { territoire: vaucluse(), field: "ingenierie" });
        }
    }
}

#[test]
fn a_dla_draws_on_its_own_conventions_for_its_own_ingenieries() {
    let draws = |asked: Asked, ingenierie: Dossier, dla| {
        folded::<It>([signed()]).allocate_enveloppe(&asked, &ingenierie, dla, (Cents(1), SPRING))
    };
    let forbidden = || Common::Forbidden { act: "allocateEnveloppe".to_owned() };
    It::given([])
        .when(|_| draws(amina(), ingenierie(), OTHER_DLA))
        .refused(forbidden());
    It::given([])
        .when(|_| draws(financeur(CAF), ingenierie(), DLA))
        .refused(forbidden());
    // The other DLA of the convention does not see the dossier.
    It::given([])
        .when(|_| draws(stranger(), ingenierie(), OTHER_DLA))
        .refused(Common::NotFound {});
    It::given([])
        .when(|_| draws(amina(), absent_ingenierie(), DLA))
        .refused(Common::NotFound {});
    let nowhere = DlaId(Uuid::from_u128(99));
    It::given([])
        .when(|_| draws(amina(), ingenierie(), nowhere))
        .refused(Refusal::DlaNotOfConvention { dla: nowhere });
    It::given([])
        .when(|_| draws(amina(), abandoned_ingenierie(), DLA))
        .refused(Refusal::IngenierieEnded {});
    let both = crate::Role::ChargeDeMission { dlas: BTreeSet::from([DLA, OTHER_DLA]) };
    It::given([])
        .when(|_| draws(crate::testing::asked(both), ingenierie(), OTHER_DLA))
        .refused(Refusal::IngenierieOfAnotherDla { dla: OTHER_DLA });
    // What one DLA set aside, the other does not give back.
    It::given([signed(), allocated(1, 5)])
        .when(|it| it.release_allocation(&stranger(), 1, None, prose("Non.")))
        .refused(Common::Forbidden { act: "releaseAllocation".to_owned() });
}

#[test]
fn an_allocation_goes_back_in_whole_or_in_part() {
    let release = |it: &It, montant: Option<i64>| {
        it.release_allocation(&amina(), 1, montant.map(Cents), prose("Moins cher que prévu."))
    };
    let given = [signed(), allocated(1, 500)];
    It::given(given.clone())
        .when(|it| release(it, Some(200)))
        .then([released(1, 200)]);
    It::given(given.clone())
        .when(|it| release(it, None))
        .then([released(1, 500)]);
    It::given(given.clone())
        .when(|it| release(it, Some(501)))
        .refused(Refusal::ReleasedAboveAllocated { remaining: Cents(500) });
    It::given(given.clone())
        .when(|it| release(it, Some(0)))
        .refused_with("CONVENTION_MONTANT_OUT_OF_RANGE");
    It::given(given.into_iter().chain([released(1, 500)]))
        .when(|it| release(it, None))
        .nothing();
    It::given([signed()])
        .when(|it| release(it, None))
        .refused(Refusal::AllocationUnknown { allocation: 1 });
}

#[test]
fn payments_add_up_to_what_is_notified_at_most() {
    let pay = |it: &It, asked: &Asked, montant| {
        it.record_versement(asked, Cents(montant), Some(line("Mandat 7")))
    };
    It::given([signed()])
        .when(|it| pay(it, &financeur(CAF), 1_000_000))
        .then([paid(1, 1_000_000)]);
    It::given([signed(), paid(1, 700_000)])
        .when(|it| pay(it, &amina(), 300_002))
        .refused(Refusal::PaidAboveNotified { remaining: Cents(300_000), above: Cents(2) });
    for odd in [0, -1] {
        It::given([signed()])
            .when(|it| pay(it, &amina(), odd))
            .refused(Refusal::MontantOutOfRange { max: AMOUNT_MAX });
    }
    // The balance is paid once the bilan is in.
    let later = Asked { today: date(2027, 2, 1), ..amina() };
    It::given([signed()])
        .when(|it| pay(it, &later, 1))
        .then([paid(1, 1)]);
    let cancel = |it: &It, n| it.cancel_versement(&amina(), n, prose("Compte erroné."));
    let cancelled = VersementCancelled {
        versement: 1,
        financeur: org(CAF),
        montant: Cents(7),
        motif: sealed("Compte erroné."),
    };
    It::given([signed(), paid(1, 7)])
        .when(|it| cancel(it, 1))
        .then([cancelled.clone()]);
    It::given([signed(), paid(1, 7), cancelled])
        .when(|it| cancel(it, 1))
        .nothing();
    It::given([signed()])
        .when(|it| cancel(it, 1))
        .refused(Refusal::VersementUnknown { versement: 1 });
}

#[test]
fn a_minimum_is_completed_and_a_quartier_supplemented() {
    let complement = |it: &It| it.add_complement(&financeur(CAF), Cents(300_000), Some(line("D7")));
    It::given([applied()])
        .when(complement)
        .then([samples()[1].clone()]);
    It::given([signed()])
        .when(complement)
        .refused(Refusal::NoMinimum {});
    It::given([applied()])
        .when(|it| it.add_complement(&amina(), Cents(0), None))
        .refused(Refusal::MontantOutOfRange { max: AMOUNT_MAX });
    let grant = |it: &It, all: &[&str]| {
        let quartiers = all.iter().map(|it| it.parse().unwrap()).collect();
        it.grant_supplement_territorial(&amina(), quartiers, Cents(500_000), None)
    };
    It::given([signed()])
        .when(|it| grant(it, &["qpv:QN08401M", "qpv:QN08402N"]))
        .then([supplement()]);
    It::given([signed()])
        .when(|it| grant(it, &[]))
        .refused_with("CONVENTION_LIST_OUT_OF_RANGE");
    It::given([signed()])
        .when(|it| grant(it, &["commune:84007"]))
        .refused_with("NOT_A_QUARTIER");
    It::given([signed()])
        .when(|it| grant(it, &["qpv:QN01301N"]))
        .refused(Refusal::OutsidePerimetre { territoire: qpv("QN01301N"), field: "quartiers" });
    It::given([signed_cadre()])
        .when(|it| {
            let enonce = prose("Un tableau de bord dans chaque centre social.");
            it.record_engagement_progres(&amina(), org(50), enonce, Some(date(2026, 12, 31)))
        })
        .then([engagement()]);
}

#[test]
fn an_avenant_never_goes_below_what_is_committed() {
    let amend =
        |it: &It, montant, periode| it.amend_convention(&amina(), avenant(montant, periode));
    It::given([signed()])
        .when(|it| amend(it, Some(900_000), None))
        .then([amended(Some(900_000), None)]);
    It::given([signed()])
        .when(|it| amend(it, None, None))
        .refused(Refusal::AvenantEmpty {});
    It::given([signed()])
        .when(|it| amend(it, Some(1_000_000), Some(YEAR)))
        .nothing();
    It::given([signed()])
        .when(|it| amend(it, Some(0), None))
        .refused_with("CONVENTION_MONTANT_OUT_OF_RANGE");
    let drawn = [signed(), allocated(1, 400), paid(1, 300)];
    It::given(drawn.clone())
        .when(|it| amend(it, Some(399), None))
        .refused(Refusal::AmendedBelowCommitted { allocated: Cents(400), paid: Cents(300) });
    It::given(drawn.clone())
        .when(|it| amend(it, Some(400), None))
        .then([amended(Some(400), None)]);
    It::given([applied()])
        .when(|it| amend(it, Some(999_999), None))
        .refused(Refusal::BelowMinimum { minimum: Cents(1_000_000) });
    It::given([signed_cadre()])
        .when(|it| amend(it, Some(3_999_999), None))
        .refused(Refusal::BelowMinimum { minimum: Cents(4_000_000) });
    let short = Periode { du: YEAR.du, au: date(2026, 4, 30) };
    It::given(drawn.clone())
        .when(|it| amend(it, None, Some(short)))
        .refused(Refusal::AllocationsLeftOut { allocation: 1 });
    It::given(drawn.into_iter().chain([released(1, 400)]))
        .when(|it| amend(it, None, Some(short)))
        .then([amended(None, Some(short))]);
}

#[test]
fn a_closed_convention_changes_no_more() {
    It::given([signed(), paid(1, 999_999)])
        .when(|it| it.close_convention(&amina(), None))
        .refused(Refusal::CloseReasonMissing { remaining: Cents(1) });
    let closed = |paid: i64, motif: Option<&str>| ConventionClosed {
        financeur: org(CAF),
        notified: Cents(1_000_000),
        allocated: Cents(0),
        paid: Cents(paid),
        motif: motif.map(sealed),
    };
    It::given([signed(), paid(1, 1_000_000)])
        .when(|it| it.close_convention(&amina(), None))
        .then([closed(1_000_000, None)]);
    It::given([signed()])
        .when(|it| it.close_convention(&financeur(CAF), Some(prose("Abandon."))))
        .then([closed(0, Some("Abandon."))]);
    let over = [signed(), allocated(1, 5), paid(1, 5), closed(5, Some("Fin."))];
    for (act, ask) in COMMANDS {
        if *act == "closeConvention" {
            It::given(over.clone())
                .when(|it| ask(it, &amina()))
                .nothing();
        } else {
            It::given(over.clone())
                .when(|it| ask(it, &amina()))
                .refused(Refusal::Closed {});
        }
    }
}

#[test]
fn a_cadre_is_not_spent() {
    for (act, ask) in COMMANDS {
        if ["addComplement", "grantSupplementTerritorial", "allocateEnveloppe", "recordVersement"]
            .contains(act)
        {
            It::given([signed_cadre()])
                .when(|it| ask(it, &amina()))
                .refused(Refusal::CadreNotSpent {});
        }
    }
}

type Ask = fn(&It, &Asked) -> Decision<It>;

/// What is asked of a convention that was signed.
const COMMANDS: &[(&str, Ask)] = &[
    ("amendConvention", |it, asked| it.amend_convention(asked, avenant(Some(900_000), None))),
    ("addComplement", |it, asked| it.add_complement(asked, Cents(300_000), None)),
    ("grantSupplementTerritorial", |it, asked| {
        it.grant_supplement_territorial(asked, quartiers(), Cents(5), None)
    }),
    ("recordEngagementProgres", |it, asked| {
        it.record_engagement_progres(asked, org(50), prose("Oui."), None)
    }),
    ("allocateEnveloppe", |it, asked| allocate(it, asked, 300_000)),
    ("releaseAllocation", |it, asked| it.release_allocation(asked, 1, None, prose("Non."))),
    ("recordVersement", |it, asked| it.record_versement(asked, Cents(250_000), None)),
    ("cancelVersement", |it, asked| it.cancel_versement(asked, 1, prose("Non."))),
    ("closeConvention", |it, asked| it.close_convention(asked, Some(prose("Fin.")))),
];

#[test]
fn a_convention_is_kept_by_those_it_binds_and_hidden_from_others() {
    let given = [signed_with(Termes { dlas: [DLA].into(), ..under_cadre(1) }, 1_200_000, Some(1))];
    for (act, ask) in COMMANDS {
        for nobody in [stranger(), financeur(REGION), structure(51), admin()] {
            It::given(given.clone())
                .when(|it| ask(it, &nobody))
                .refused(Common::NotFound {});
        }
        It::given([])
            .when(|it| ask(it, &amina()))
            .refused(Common::NotFound {});
        let forbidden = || Common::Forbidden { act: (*act).to_owned() };
        It::given(given.clone())
            .when(|it| ask(it, &regional()))
            .refused(forbidden());
        It::given([signed_cadre()])
            .when(|it| ask(it, &financeur(REGION)))
            .refused(forbidden());
        It::given(given.clone())
            .when(|it| ask(it, &amina().on(date(2026, 3, 17))))
            .refused(Common::DateInFuture { on: date(2026, 3, 17), today: TODAY });
        if *act != "allocateEnveloppe" && *act != "releaseAllocation" {
            It::given(given.clone())
                .when(|it| ask(it, &financeur(CAF).on(date(2026, 1, 2))))
                .refused(Refusal::BeforeSignature { signed_on: date(2026, 1, 15) });
        }
    }
}

#[test]
fn facts_are_read_as_they_were_written() {
    let read = stored::<It>(samples());
    assert_eq!(folded::<It>(read), folded(samples()));
    let read = stored::<It>([signed_cadre(), signed()]);
    assert_eq!(folded::<It>(read), folded([signed_cadre(), signed()]));
}

proptest! {
    // INV-15, RUL-25: whatever is asked in whatever order, what is allocated and what is paid stay
    // within what is notified, and what is notified above the minimum.
    #[test]
    fn nothing_goes_above_what_is_notified(
        steps in vec((0_u8..7, 1_i64..900_000, 1_i32..5), 0..60),
    ) {
        let mut it: It = folded([applied()]);
        for (act, montant, n) in steps {
            let asked = amina();
            let decided = match act {
                0 | 1 => allocate(&it, &asked, montant),
                2 => it.release_allocation(&asked, n, Some(Cents(montant)), prose("Non.")),
                3 => it.record_versement(&asked, Cents(montant), None),
                4 => it.cancel_versement(&asked, n, prose("Non.")),
                5 => it.amend_convention(&asked, avenant(Some(montant * 2), None)),
                _ => it.add_complement(&asked, Cents(montant / 10 + 1), None),
            };
            if let Ok(decided) = decided {
                decided.events().for_each(|event| it.evolve(event));
            }
            prop_assert!(it.allocated_cents() <= it.notified_cents());
            prop_assert!(it.paid_cents() <= it.notified_cents());
            prop_assert!(it.notified_cents() >= Cents(1_000_000));
            prop_assert!(it.allocations.values().all(|it| it.montant >= Cents(0)));
        }
    }
}
