//! Campaigns: opened on a final frame, those who are asked, closed.

use super::*;
use crate::{
    DlaId, OrganisationId, Seen,
    evaluation::campagne::{CAMPAGNES_MAX, Candidats, REPONDANTS_MAX, Repondant},
    organisation,
    referentiel::Grille,
    testing::{partenaire, prestataire, referenced, unreferenced},
};

pub(in crate::evaluation) const STRUCTURE: Repondant =
    Repondant::Structure(crate::testing::org(61));

pub(super) fn titre() -> Line {
    line("Enquête de fin")
}

pub(in crate::evaluation) fn opened(edition: i32) -> Event {
    let (titre, closes_on) = (titre(), date(2026, 3, 31));
    CampagneEvaluationOpened { campagne: 1, titre, closes_on, reference: 1, edition }
}

pub(super) fn invited(repondant: Repondant, colonne: Colonne) -> Event {
    RespondentInvited { campagne: 1, repondant, colonne }
}

pub(super) fn reminded(repondant: Repondant, relance_on: Date) -> Event {
    RespondentReminded { campagne: 1, repondant, relance_on }
}

/// The ingénierie, where sixty structures take part.
pub(super) fn mobilising() -> Dossier {
    Dossier { mobilisees: (61..121).map(org).collect(), ..ingenierie() }
}

pub(super) fn structures<const N: usize>(numbers: [u128; N]) -> Candidats {
    among(Colonne::Structures, numbers.map(referenced).to_vec())
}

fn among(colonne: Colonne, organisations: Vec<Seen<crate::Organisation>>) -> Candidats {
    Candidats { colonne, organisations, dlas: BTreeSet::new() }
}

fn ourselves(dlas: impl IntoIterator<Item = DlaId>) -> Candidats {
    let dlas = dlas.into_iter().collect();
    Candidats { colonne: Colonne::AutoEvaluationDla, organisations: vec![], dlas }
}

fn open() -> Vec<Event> {
    [framed(), vec![opened(1)]].concat()
}

fn closed() -> Vec<Event> {
    [open(), vec![CampagneEvaluationClosed { campagne: 1 }]].concat()
}

// INV-27
#[test]
fn a_campaign_opens_on_a_final_frame() {
    let asks = |history: Vec<Event>, closes_on| {
        Evaluation::given(history).when(|it| it.open_campagne(&amina(), titre(), closes_on))
    };
    let end = date(2026, 3, 31);
    asks(vec![planned()], end).refused(Refusal::CadreNotFinalised {});
    asks(framed(), end).then([opened(1)]);
    asks([framed(), vec![grilles::sample()]].concat(), end).then([opened(2)]);
    asks(open(), end).nothing();
    asks(open(), TODAY).refused(Refusal::CampagneAlreadyOpen { campagne: 1 });
    let second = CampagneEvaluationOpened {
        campagne: 2,
        titre: titre(),
        closes_on: TODAY,
        reference: Grille::current().version,
        edition: 1,
    };
    asks(closed(), TODAY).then([second]);
    let before = date(2026, 3, 15);
    asks(framed(), before).refused(Refusal::ClotureBeforeOuverture { on: TODAY });
    let many = (1..).take(CAMPAGNES_MAX).flat_map(|campagne| {
        let Event::CampagneEvaluationOpened { titre, closes_on, reference, edition, .. } =
            opened(1)
        else {
            panic!("an opening")
        };
        [
            CampagneEvaluationOpened { campagne, titre, closes_on, reference, edition },
            CampagneEvaluationClosed { campagne },
        ]
    });
    asks(framed().into_iter().chain(many).collect(), end)
        .refused(Refusal::CampagnesTooMany { max: CAMPAGNES_MAX });
    asks(done(), end).refused(Refusal::EvaluationAlreadySynthesised {});
}

#[test]
fn what_is_asked_is_no_longer_framed_otherwise() {
    Evaluation::given(open())
        .when(|it| it.finalise_cadre(&amina(), Cadre { outils: vec![], ..cadre() }))
        .refused(Refusal::CadreInUse {});
}

#[test]
fn the_synthesis_waits_for_the_end_of_the_campaign() {
    let assessed = [judged(), vec![opened(1)]].concat();
    Evaluation::given(assessed.clone())
        .when(|it| it.synthesise_evaluation(&amina(), presentation()))
        .refused(Refusal::CampagneStillOpen { campagne: 1 });
    let over = [assessed, vec![CampagneEvaluationClosed { campagne: 1 }]].concat();
    Evaluation::given(over)
        .when(|it| it.synthesise_evaluation(&amina(), presentation()))
        .then([synthesised()]);
}

#[test]
fn each_is_invited_in_a_column_of_theirs() {
    let asks = |history: Vec<Event>, who: &Candidats| {
        Evaluation::given(history).when(|it| it.invite_respondents(&amina(), &mobilising(), 1, who))
    };
    let other = |n| Repondant::Organisation(org(n));
    asks(open(), &structures([61, 62]))
        .expecting(&mobilising())
        .then([61, 62].map(|n| invited(Repondant::Structure(org(n)), Colonne::Structures)));
    asks(open(), &structures([60])).refused(Refusal::RepondantNotMobilised { structure: org(60) });
    let among_partners = |colonne, n| among(colonne, vec![referenced(n)]);
    for colonne in [Colonne::C2ra, Colonne::Cnar, Colonne::Prestataires, Colonne::AutresPartenaires]
    {
        asks(open(), &among_partners(colonne, 90)).then([invited(other(90), colonne)]);
        asks(open(), &among(colonne, vec![unreferenced(90)])).refused(Common::NotFound {});
    }
    let mut ended = referenced(90);
    ended
        .state
        .evolve(&organisation::Event::OrganisationRoleEnded {
            role: organisation::OrganisationRole::Prestataire,
            motif: Sealed::closed(),
        });
    asks(open(), &among(Colonne::Prestataires, vec![ended]))
        .refused(Refusal::RepondantNotPrestataire { prestataire: org(90) });
    asks(open(), &ourselves([DLA]))
        .then([invited(Repondant::Dla(DLA), Colonne::AutoEvaluationDla)]);
    asks(open(), &ourselves([OTHER_DLA])).refused(Refusal::RepondantNotOfColonne {});
    let mixed = Candidats { dlas: BTreeSet::from([DLA]), ..structures([61]) };
    asks(open(), &mixed).refused(Refusal::RepondantNotOfColonne {});
    asks(open(), &structures([])).refused(Refusal::RepondantsMissing {});
    let known = [open(), vec![invited(STRUCTURE, Colonne::Structures)]].concat();
    asks(known.clone(), &structures([61, 62]))
        .then([invited(Repondant::Structure(org(62)), Colonne::Structures)]);
    asks(known, &among(Colonne::Cnar, vec![referenced(61)]))
        .refused(Refusal::RepondantElsewhere { organisation: org(61) });
    let crowd =
        (0..REPONDANTS_MAX).map(|n| invited(other(1_000 + n as u128), Colonne::AutresPartenaires));
    asks(open().into_iter().chain(crowd).collect(), &structures([61]))
        .refused(Refusal::RepondantsTooMany { max: REPONDANTS_MAX });
    asks(framed(), &structures([61])).refused(Refusal::CampagneUnknown { campagne: 1 });
    asks(closed(), &structures([61])).refused(Refusal::CampagneIsClosed {});
}

#[test]
fn those_who_were_invited_are_reminded_once_a_day() {
    let asks = |history: Vec<Event>, who: &[OrganisationId]| {
        let who = who.iter().map(|it| it.0).collect();
        Evaluation::given(history).when(|it| it.remind_respondents(&amina(), 1, &who))
    };
    let known = [open(), vec![invited(STRUCTURE, Colonne::Structures)]].concat();
    asks(known.clone(), &[org(61)]).then([reminded(STRUCTURE, TODAY)]);
    let told = [known.clone(), vec![reminded(STRUCTURE, TODAY)]].concat();
    asks(told, &[org(61)]).nothing();
    let before = [known.clone(), vec![reminded(STRUCTURE, date(2026, 3, 9))]].concat();
    asks(before, &[org(61)]).then([reminded(STRUCTURE, TODAY)]);
    asks(known.clone(), &[org(62)]).refused(Refusal::RepondantUnknown {});
    asks(known, &[]).refused(Refusal::RepondantsMissing {});
    asks(closed(), &[org(61)]).refused(Refusal::CampagneIsClosed {});
}

#[test]
fn a_campaign_is_closed_once() {
    let asks = |history: Vec<Event>, campagne| {
        Evaluation::given(history).when(|it| it.close_campagne(&amina(), campagne))
    };
    asks(open(), 1).then([CampagneEvaluationClosed { campagne: 1 }]);
    asks(closed(), 1).nothing();
    asks(open(), 2).refused(Refusal::CampagneUnknown { campagne: 2 });
}

#[test]
fn those_who_are_asked_know_of_the_campaign_alone() {
    let who = [
        invited(Repondant::Organisation(org(90)), Colonne::Cnar),
        invited(Repondant::Organisation(org(91)), Colonne::Prestataires),
    ];
    let it: Evaluation = folded([open(), who.to_vec()].concat());
    for someone in [partenaire(90), prestataire(91)] {
        assert!(someone.by.sees(&it.perimeter_of(1)));
        assert!(!someone.by.sees(&it.perimeter()));
        assert!(!someone.by.sees(&it.perimeter_of(2)));
    }
    // A partner's role shows what it is asked, and nothing of what its organisation takes part in.
    assert!(!partenaire(41).by.sees(&it.perimeter()));
    assert!(structure(41).by.sees(&it.perimeter()));
}
