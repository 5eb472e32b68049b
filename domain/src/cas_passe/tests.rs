//! Every answer of a case of before.

use super::{CasPasse, CauseRetraitCas, Event, Event::*, Refusal};
use crate::{
    Asked, Cents, Decision, Dla, DlaId, QuarterDays, Seen,
    capitalisation::cas::{Annee, Cas, Recit},
    dla::{Event as DlaEvent, NiveauDla},
    ingenierie_collective::confirmer::projet::TypeIngenierie,
    referentiel::Liste,
    refusal::Common,
    testing::{
        DLA, OTHER_DLA, Scenario, TODAY, admin, amina, codes, financeur, line, prose, seen,
        stranger, vaucluse,
    },
};

/// One sample of every fact, with every optional member filled.
pub(crate) fn samples() -> Vec<Event> {
    vec![recorded(Some(DLA)), withdrawn(Some(DLA), CauseRetraitCas::Doublon)]
}

/// A case told in full.
pub(crate) fn cas() -> Cas {
    Cas {
        recit: Recit {
            titre: line("Six associations sportives d'un même territoire"),
            resume: prose("Projet associatif, organisation et mutualisation."),
            enseignements: Some(prose("Associer la collectivité dès le début.")),
            annee: Annee::parse(2013).expect("a year"),
            transferable: true,
        },
        territoire: vaucluse(),
        secteurs: codes(Liste::Secteur, ["SPORT"]),
        themes: codes(Liste::TypePrestation, ["MUTUALISATION"]),
        type_ingenierie: Some(TypeIngenierie::T2Collective),
        nombre_structures: Some(6),
        jours: Some(QuarterDays(16)),
        cout: Some(Cents(540_000)),
    }
}

fn recorded(dla: Option<DlaId>) -> Event {
    CasPasseRecorded { dla, cas: Box::new(cas()), source: line("Journal du DLA, 2014") }
}

fn withdrawn(dla: Option<DlaId>, cause: CauseRetraitCas) -> Event {
    CasPasseWithdrawn { dla, cause }
}

fn known(id: DlaId) -> Seen<Dla> {
    let registered = DlaEvent::DlaRegistered {
        intitule: line("DLA 84"),
        niveau: NiveauDla::Departemental,
        territoires: [vaucluse()].into(),
    };
    seen(id, [registered])
}

fn record(it: &CasPasse, asked: &Asked, dla: Option<&Seen<Dla>>, cas: Cas) -> Decision<CasPasse> {
    it.record_cas_passe(asked, dla, cas, line("Journal du DLA, 2014"))
}

#[test]
fn a_dla_tells_its_cases_and_the_network_its_own() {
    let dla = known(DLA);
    CasPasse::given([])
        .when(|it| record(it, &amina(), Some(&dla), cas()))
        .then([recorded(Some(DLA))]);
    CasPasse::given([])
        .when(|it| record(it, &admin(), None, cas()))
        .then([recorded(None)]);
    CasPasse::given([])
        .when(|it| record(it, &amina(), None, cas()))
        .refused(Common::Forbidden { act: "recordCasPasse".to_owned() });
    for by in [stranger(), admin()] {
        CasPasse::given([])
            .when(|it| record(it, &by, Some(&dla), cas()))
            .refused(Common::NotFound {});
    }
    let absent = seen::<Dla>(DLA, []);
    CasPasse::given([])
        .when(|it| record(it, &amina(), Some(&absent), cas()))
        .refused(Common::NotFound {});
}

#[test]
fn a_case_is_told_once() {
    let dla = known(DLA);
    CasPasse::given([recorded(Some(DLA))])
        .when(|it| record(it, &amina(), Some(&dla), cas()))
        .nothing();
    let mut other = cas();
    other.nombre_structures = Some(7);
    CasPasse::given([recorded(Some(DLA))])
        .when(|it| record(it, &amina(), Some(&dla), other))
        .refused(Common::AlreadyExists {});
}

#[test]
fn a_case_took_place_and_is_about_something() {
    let dla = known(DLA);
    let mut later = cas();
    later.recit.annee = Annee::parse(i32::from(TODAY.year()) + 1).expect("a year");
    CasPasse::given([])
        .when(|it| record(it, &amina(), Some(&dla), later))
        .refused(Refusal::CasPasseInFuture { annee: TODAY.year() + 1 });
    let mut vague = cas();
    vague.themes.clear();
    CasPasse::given([])
        .when(|it| record(it, &amina(), Some(&dla), vague))
        .refused(Refusal::CasPasseThemesMissing {});
    for year in [13, 1989, 2101, 100_000] {
        assert!(Annee::parse(year).is_err(), "{year}");
    }
}

#[test]
fn its_owner_takes_it_out_once() {
    let cause = CauseRetraitCas::Demande;
    let asks = |history: Vec<Event>, by: &Asked| {
        CasPasse::given(history).when(|it| it.withdraw_cas_passe(by, cause))
    };
    asks(vec![recorded(Some(DLA))], &amina()).then([withdrawn(Some(DLA), cause)]);
    asks(vec![recorded(None)], &admin()).then([withdrawn(None, cause)]);
    let out = vec![recorded(Some(DLA)), withdrawn(Some(DLA), cause)];
    asks(out, &amina()).nothing();
    asks(vec![], &amina()).refused(Common::NotFound {});
    let forbidden = || Common::Forbidden { act: "withdrawCasPasse".to_owned() };
    for by in [stranger(), financeur(41), admin()] {
        asks(vec![recorded(Some(DLA))], &by).refused(forbidden());
    }
    asks(vec![recorded(None)], &amina()).refused(forbidden());
    asks(vec![recorded(Some(OTHER_DLA))], &amina()).refused(forbidden());
}
