//! Every answer of a respondent's stream.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Donnee, Event, Event::*, Questionnaire, Refusal, Reponse, ReponseEvaluation};
use crate::{
    Asked, Decider, Evaluation, EvaluationId, Place, ReponseEvaluationId, Sealed, Seen, Subject,
    date,
    evaluation::{self, Cadre, LIGNES_MAX, Registre, Repondant},
    referentiel::{Colonne, LigneId, NatureReponse},
    refusal::Common,
    testing::{
        DLA, INGENIERIE, OTHER_DLA, Scenario, TODAY, amina, financeur, folded, ingenierie, line,
        org, partenaire, prestataire, prose, responsable, seen, stranger, structure, vaucluse,
    },
};

const EVALUATION: EvaluationId = EvaluationId(Uuid::from_u128(0xe));

fn ligne(text: &str) -> LigneId {
    LigneId::parse(text).unwrap()
}

fn donnee(repondant: Repondant, colonne: Colonne, on: &str, reponse: Reponse) -> Donnee {
    let id = ReponseEvaluationId::of(EVALUATION, 1, repondant.id());
    let seal = |it| Sealed::new(Subject::reponse(id), it);
    let Reponse { niveau, texte, prospective } = reponse;
    Donnee {
        evaluation: EVALUATION,
        campagne: 1,
        repondant,
        colonne,
        ligne: ligne(on),
        niveau,
        texte: texte.map(seal),
        prospective: prospective.map(seal),
        transcrite: false,
    }
}

fn niveau(niveau: i32) -> Reponse {
    Reponse { niveau: Some(niveau), ..Reponse::default() }
}

fn texte(text: &str) -> Reponse {
    Reponse { texte: Some(prose(text)), ..Reponse::default() }
}

fn prospective(level: i32) -> Reponse {
    Reponse { prospective: Some(prose("Mme Alberti poursuivra.")), ..niveau(level) }
}

/// One sample of every fact, with every optional member filled.
pub(crate) fn samples() -> Vec<Event> {
    let full = Reponse { texte: Some(prose("M. Delmas nous a aidés.")), ..prospective(3) };
    let of = |it: Reponse| {
        let transcrite = true;
        let it = donnee(Repondant::Structure(org(61)), Colonne::Structures, "G6-Q3", it);
        Donnee { transcrite, ..it }
    };
    let repondant = Repondant::Structure(org(61));
    vec![
        ReponseRecorded(of(full.clone())),
        ReponseRevised(of(full)),
        ReponsesErased { evaluation: EVALUATION, campagne: 1, repondant },
    ]
}

/// An evaluation whose campaign asks a structure, a CNAR, a prestataire and the DLA.
fn asking(more: impl IntoIterator<Item = evaluation::Event>) -> Seen<Evaluation> {
    let planned =
        Evaluation::default().plan_evaluation(&amina(), &ingenierie(), prose("La démarche."), None);
    let mut events: Vec<_> = planned.unwrap().events().cloned().collect();
    let it: Evaluation = folded(events.clone());
    let cadre = Cadre {
        registres: BTreeSet::from([Registre::Pertinence]),
        outils: vec![],
        indicateurs: vec![],
        participations: vec![],
    };
    events.extend(
        it.finalise_cadre(&amina(), cadre)
            .unwrap()
            .events()
            .cloned(),
    );
    let it: Evaluation = folded(events.clone());
    let opened = it.open_campagne(&amina(), line("Enquête"), date(2026, 3, 31));
    events.extend(opened.unwrap().events().cloned());
    let invited = [
        (Repondant::Structure(org(61)), Colonne::Structures),
        (Repondant::Organisation(org(90)), Colonne::Cnar),
        (Repondant::Organisation(org(91)), Colonne::Prestataires),
        (Repondant::Dla(DLA), Colonne::AutoEvaluationDla),
    ];
    events.extend(invited.map(|(repondant, colonne)| evaluation::Event::RespondentInvited {
        campagne: 1,
        repondant,
        colonne,
    }));
    events.extend(more);
    seen(EVALUATION, events)
}

fn closing() -> evaluation::Event {
    evaluation::Event::CampagneEvaluationClosed { campagne: 1 }
}

fn of(repondant: Uuid) -> Questionnaire {
    Questionnaire { campagne: 1, edition: 1, repondant }
}

fn answers<const N: usize>(all: [(&str, Reponse); N]) -> BTreeMap<LigneId, Reponse> {
    all.map(|(on, it)| (ligne(on), it)).into()
}

fn asks(
    history: impl IntoIterator<Item = Event>,
    by: &Asked,
    who: Repondant,
    what: (&str, Reponse),
) -> crate::testing::When<ReponseEvaluation> {
    ReponseEvaluation::given(history)
        .when(|it| it.answer_questions(by, &asking([]), of(who.id()), &answers([what])))
}

const OWN: Repondant = Repondant::Structure(org(61));
const CNAR: Repondant = Repondant::Organisation(org(90));
const CABINET: Repondant = Repondant::Organisation(org(91));
const SELF: Repondant = Repondant::Dla(DLA);

fn recorded(who: Repondant, colonne: Colonne, on: &str, what: Reponse) -> Event {
    ReponseRecorded(donnee(who, colonne, on, what))
}

// INV-28
#[test]
fn each_answers_their_own_column() {
    let (who, what) = (structure(61), niveau(3));
    asks([], &who, OWN, ("G1-Q1", what.clone()))
        .expecting(&asking([]))
        .then([recorded(OWN, Colonne::Structures, "G1-Q1", what.clone())]);
    asks([], &partenaire(90), CNAR, ("G2-Q1", texte("Oui."))).then([recorded(
        CNAR,
        Colonne::Cnar,
        "G2-Q1",
        texte("Oui."),
    )]);
    asks([], &prestataire(91), CABINET, ("G4-Q1", what.clone())).then([recorded(
        CABINET,
        Colonne::Prestataires,
        "G4-Q1",
        what,
    )]);
    asks([], &amina(), SELF, ("G3-Q1", prospective(2))).then([recorded(
        SELF,
        Colonne::AutoEvaluationDla,
        "G3-Q1",
        prospective(2),
    )]);
}

#[test]
fn several_rows_are_answered_at_once_or_none() {
    let asks = |last| {
        let all = answers([("G1-Q1", niveau(1)), ("G1-Q2", last)]);
        ReponseEvaluation::given([])
            .when(|it| it.answer_questions(&structure(61), &asking([]), of(OWN.id()), &all))
    };
    asks(niveau(2)).then([
        recorded(OWN, Colonne::Structures, "G1-Q1", niveau(1)),
        recorded(OWN, Colonne::Structures, "G1-Q2", niveau(2)),
    ]);
    asks(niveau(5)).refused(Refusal::NiveauOutOfRange { ligne: ligne("G1-Q2"), max: 4 });
}

#[test]
fn the_dla_writes_down_what_came_on_paper() {
    let said = donnee(OWN, Colonne::Structures, "G1-Q1", niveau(4));
    asks([], &amina(), OWN, ("G1-Q1", niveau(4)))
        .then([ReponseRecorded(Donnee { transcrite: true, ..said })]);
}

#[test]
fn answers_are_revised_until_the_campaign_closes() {
    let known = || [recorded(OWN, Colonne::Structures, "G1-Q1", niveau(3))];
    let by = structure(61);
    asks(known(), &by, OWN, ("G1-Q1", niveau(3))).nothing();
    asks(known(), &by, OWN, ("G1-Q1", niveau(4))).then([ReponseRevised(donnee(
        OWN,
        Colonne::Structures,
        "G1-Q1",
        niveau(4),
    ))]);
    let both = Reponse { texte: Some(prose("Mieux.")), ..niveau(3) };
    asks(known(), &by, OWN, ("G1-Q1", both.clone())).then([ReponseRevised(donnee(
        OWN,
        Colonne::Structures,
        "G1-Q1",
        both.clone(),
    ))]);
    let told = [recorded(OWN, Colonne::Structures, "G1-Q1", both)];
    asks(told, &by, OWN, ("G1-Q1", niveau(3))).then([ReponseRevised(donnee(
        OWN,
        Colonne::Structures,
        "G1-Q1",
        niveau(3),
    ))]);
    let late = |by: &Asked, evaluation: &Seen<Evaluation>| {
        let all = answers([("G1-Q1", niveau(4))]);
        ReponseEvaluation::given([])
            .when(|it| it.answer_questions(by, evaluation, of(OWN.id()), &all))
    };
    let end = date(2026, 3, 31);
    for someone in [structure(61), amina()] {
        late(&someone, &asking([closing()])).refused(Refusal::ReponseAfterClosing { on: end });
    }
    let april = date(2026, 4, 1);
    let tardy = Asked { today: april, on: Some(TODAY), ..structure(61) };
    late(&tardy, &asking([])).refused(Refusal::ReponseAfterClosing { on: end });
    let last = Asked { today: end, ..structure(61) };
    late(&last, &asking([])).then([recorded(OWN, Colonne::Structures, "G1-Q1", niveau(4))]);
    let paper = Asked { today: april, ..amina() };
    let said = donnee(OWN, Colonne::Structures, "G1-Q1", niveau(4));
    late(&paper, &asking([])).then([ReponseRecorded(Donnee { transcrite: true, ..said })]);
}

// INV-28
#[test]
fn nobody_answers_for_another() {
    let what = ("G1-Q1", niveau(3));
    asks([], &structure(61), CNAR, what.clone()).refused(Refusal::RepondantOther {});
    // It takes part in the ingénierie, and was not asked.
    asks([], &structure(41), Repondant::Structure(org(41)), what.clone())
        .refused(Refusal::RepondantNotInvited {});
    asks([], &amina(), Repondant::Structure(org(62)), what.clone())
        .refused(Refusal::RepondantNotInvited {});
    for unseen in [structure(62), financeur(70), partenaire(41), stranger()] {
        asks([], &unseen, OWN, what.clone()).refused(Common::NotFound {});
    }
    asks([], &responsable(), OWN, what.clone())
        .refused(Common::Forbidden { act: "answerQuestions".to_owned() });
    let mut joint = asking([]);
    joint.state.joined_by(&BTreeSet::from([OTHER_DLA]));
    ReponseEvaluation::given([])
        .when(|it| {
            let all = answers([("G3-Q1", prospective(2))]);
            it.answer_questions(&stranger(), &joint, of(SELF.id()), &all)
        })
        .refused(Refusal::RepondantOther {});
}

// INV-28
#[test]
fn an_answer_is_of_the_kind_that_the_grid_asks() {
    let wrong = |on, nature| Refusal::ReponseNatureWrong { ligne: ligne(on), nature };
    let refused = |by: Asked, who, what: (&str, Reponse), no: Refusal| {
        asks([], &by, who, what).refused(no);
    };
    for (on, what) in [
        ("G4-Q1", niveau(2)),
        ("G4-Q1", Reponse { texte: Some(prose("Si.")), ..niveau(2) }),
        ("G4-Q1", Reponse::default()),
    ] {
        refused(amina(), SELF, (on, what), wrong(on, NatureReponse::Descriptif));
    }
    for what in [texte("Oui."), prospective(3)] {
        refused(amina(), SELF, ("G8-Q2", what), wrong("G8-Q2", NatureReponse::Appreciation));
    }
    for what in [niveau(3), texte("Oui.")] {
        let no = wrong("G3-Q1", NatureReponse::AppreciationProspective);
        refused(amina(), SELF, ("G3-Q1", what), no);
    }
    for what in [Reponse::default(), prospective(3)] {
        refused(structure(61), OWN, ("G1-Q1", what), wrong("G1-Q1", NatureReponse::Libre));
    }
    refused(
        structure(61),
        OWN,
        ("G2-Q1", niveau(1)),
        Refusal::ColonneNotTicked { ligne: ligne("G2-Q1"), colonne: Colonne::Structures },
    );
    refused(
        structure(61),
        OWN,
        ("G1", niveau(1)),
        Refusal::ColonneNotTicked { ligne: ligne("G1"), colonne: Colonne::Structures },
    );
    let unknown = Refusal::QuestionUnknown { ligne: ligne("G9-Q1") };
    refused(structure(61), OWN, ("G9-Q1", niveau(1)), unknown);
    for odd in [0, 5, -1] {
        let no = Refusal::NiveauOutOfRange { ligne: ligne("G1-Q1"), max: 4 };
        refused(structure(61), OWN, ("G1-Q1", niveau(odd)), no);
    }
}

#[test]
fn an_answer_is_to_the_campaign_and_the_grid_that_were_read() {
    let asks = |what: Questionnaire, all: &BTreeMap<_, _>| {
        ReponseEvaluation::given([])
            .when(|it| it.answer_questions(&structure(61), &asking([]), what, all))
    };
    let one = answers([("G1-Q1", niveau(1))]);
    asks(Questionnaire { edition: 2, ..of(OWN.id()) }, &one)
        .refused(Refusal::GrilleOther { edition: 1 });
    // Whoever is asked by one campaign does not know of another.
    asks(Questionnaire { campagne: 2, ..of(OWN.id()) }, &one).refused(Common::NotFound {});
    let max = LIGNES_MAX;
    asks(of(OWN.id()), &BTreeMap::new()).refused(Refusal::ReponsesOutOfRange { max });
    let many = (0..=max)
        .map(|n| (ligne(&format!("G1-Q{n}")), niveau(1)))
        .collect();
    asks(of(OWN.id()), &many).refused(Refusal::ReponsesOutOfRange { max });
}

#[test]
fn what_was_written_is_erased_by_another_person() {
    let erased = || ReponsesErased { evaluation: EVALUATION, campagne: 1, repondant: OWN };
    let known = || recorded(OWN, Colonne::Structures, "G1-Q1", texte("M. Roux a tout fait."));
    let asks = |history: Vec<Event>, by: &Asked, who: Repondant| {
        ReponseEvaluation::given(history)
            .when(|it| it.erase_reponses(by, &asking([closing()]), 1, who.id()))
    };
    asks(vec![known()], &responsable(), OWN).then([erased()]);
    asks(vec![known(), erased()], &responsable(), OWN).nothing();
    asks(vec![], &responsable(), Repondant::Structure(org(62)))
        .refused(Refusal::RepondantNotInvited {});
    asks(vec![known()], &amina(), OWN)
        .refused(Common::Forbidden { act: "eraseReponses".to_owned() });
    asks(vec![known()], &partenaire(61), OWN).refused(Common::NotFound {});
    ReponseEvaluation::given([known(), erased()])
        .when(|it| {
            let all = answers([("G1-Q1", niveau(1))]);
            it.answer_questions(&structure(61), &asking([]), of(OWN.id()), &all)
        })
        .refused(Refusal::ReponsesAreErased {});
}

#[test]
fn each_respondent_has_a_stream_of_their_own() {
    let ids: BTreeSet<_> = [
        ReponseEvaluationId::of(EVALUATION, 1, OWN.id()),
        ReponseEvaluationId::of(EVALUATION, 1, CNAR.id()),
        ReponseEvaluationId::of(EVALUATION, 2, OWN.id()),
        ReponseEvaluationId::of(EvaluationId(Uuid::from_u128(0xf)), 1, OWN.id()),
    ]
    .into();
    assert_eq!(ids.len(), 4);
    assert_eq!(
        ReponseEvaluationId::of(EVALUATION, 1, OWN.id()),
        ReponseEvaluationId::of(EVALUATION, 1, OWN.id())
    );
}

#[test]
fn facts_carry_the_place_and_the_dossier() {
    let it = ReponseEvaluation::default();
    let all = answers([("G1-Q1", niveau(1))]);
    let decided = it.answer_questions(&structure(61), &asking([]), of(OWN.id()), &all);
    let place = Place { territoire: Some(vaucluse()), dossier: Some(INGENIERIE) };
    assert!(decided.unwrap().facts.iter().all(|it| it.place == place));
}

#[test]
fn nothing_is_dated_tomorrow() {
    let tomorrow = date(2026, 3, 17);
    asks([], &structure(61).on(tomorrow), OWN, ("G1-Q1", niveau(1)))
        .refused(Common::DateInFuture { on: tomorrow, today: TODAY });
}
