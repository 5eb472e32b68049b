//! Every answer of an evaluation, and what holds whatever is asked.

mod campagnes;
mod grilles;

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};

use super::{
    Appreciation, Cadre, Evaluation, Event, Event::*, INDICATEURS_MAX, Indicateur, Jugement,
    OUTILS_MAX, Obtenu, PARTICIPATIONS_MAX, PREUVES_MAX, Participation, Presentation, Refusal,
    Registre, RegistreRestitue, Releve, Sens,
};
use crate::{
    Asked, Date, Decided, Decider, Decision, Dossier, Line, Mesure, Place, Sealed, Subject, date,
    ingenierie_collective::{
        self,
        confirmer::projet::{NatureResultat, ResultatAttendu},
    },
    referentiel::{Colonne, Liste},
    refusal::Common,
    testing::{
        DLA, INGENIERIE, OTHER_DLA, Scenario, TODAY, abandoned_ingenierie, absent_ingenierie,
        amina, code, codes, folded, ingenierie, ingenierie_with, line, org, prose, regional,
        stranger, structure, vaucluse,
    },
};

/// One sample of every fact, with every optional member filled.
pub(crate) fn samples() -> Vec<Event> {
    vec![
        EvaluationPlanned {
            ingenierie: INGENIERIE,
            dlas: vec![DLA, OTHER_DLA],
            organisations: vec![org(41), org(51)],
            territoire: vaucluse(),
            objet: prose("L'ensemble de la démarche."),
            raisons: Some(prose("Savoir si les objectifs sont atteints.")),
        },
        finalised(&cadre()),
        grilles::sample(),
        EcheancierPrepared { etapes: grilles::etapes() },
        SourceEvaluationAttached { document: grilles::DOCUMENT },
        campagnes::opened(2),
        campagnes::invited(campagnes::STRUCTURE, Colonne::Structures),
        campagnes::reminded(campagnes::STRUCTURE, TODAY),
        CampagneEvaluationClosed { campagne: 1 },
        mesured(1, "4.5", TODAY),
        assessed(Registre::Efficacite, Appreciation::Atteint),
        obtained(1, Appreciation::PartiellementAtteint),
        synthesised(),
        communicated(["STRUCTURES_BENEFICIAIRES", "PARTENAIRES_PERMANENTS"]),
    ]
}

/// As the decision plans it: with whom the ingénierie knows.
fn planned() -> Event {
    let around = ingenierie().perimeter;
    EvaluationPlanned {
        ingenierie: INGENIERIE,
        dlas: around.dlas.into_iter().collect(),
        organisations: around.organisations.into_iter().collect(),
        territoire: vaucluse(),
        objet: prose("L'ensemble de la démarche."),
        raisons: None,
    }
}

fn cadre() -> Cadre {
    let indicateur = |numero, intitule: &str, sens| Indicateur {
        numero,
        intitule: line(intitule),
        unite: line("ETP"),
        reference: Some(mesure("3")),
        cible: mesure(if sens == Sens::Hausse { "4.5" } else { "0" }),
        sens,
    };
    Cadre {
        registres: BTreeSet::from([Registre::Pertinence, Registre::Efficacite]),
        outils: vec![line("Questionnaire de fin"), line("Entretiens")],
        indicateurs: vec![
            indicateur(1, "Emplois", Sens::Hausse),
            indicateur(2, "Postes vacants", Sens::Baisse),
        ],
        participations: vec![Participation {
            acteur: line("Structures"),
            mode: line("Enquête, puis réunion"),
        }],
    }
}

fn finalised(cadre: &Cadre) -> Event {
    let Cadre { registres, outils, indicateurs, participations } = cadre.clone();
    let registres = registres.into_iter().collect();
    CadreEvaluationFinalised { registres, outils, indicateurs, participations }
}

fn mesure(text: &str) -> Mesure {
    Mesure::parse(text).unwrap()
}

fn releve(valeur: &str) -> Releve {
    Releve { valeur: mesure(valeur), source: Some(line("Bilans sociaux")) }
}

fn mesured(indicateur: i32, valeur: &str, mesure_on: Date) -> Event {
    let Releve { valeur, source } = releve(valeur);
    IndicateurMesured { indicateur, valeur, mesure_on, source }
}

fn jugement(appreciation: Appreciation) -> Jugement {
    let preuves = vec![line("Compte rendu du 12 mars")];
    Jugement { appreciation, raisons: prose("Mme Ferrand tient ses comptes."), preuves }
}

fn assessed(registre: Registre, appreciation: Appreciation) -> Event {
    let Jugement { appreciation, raisons, preuves } = jugement(appreciation);
    let raisons = Sealed::new(Subject::dossier(INGENIERIE), raisons);
    RegistreAssessed { registre, appreciation, raisons, preuves }
}

fn obtained(resultat: i32, appreciation: Appreciation) -> Event {
    ResultatObtenuRecorded { resultat, obtenu: line("Trois budgets sur cinq"), appreciation }
}

fn presentation() -> Presentation {
    Presentation {
        problematique: prose("Des emplois précaires."),
        objectifs: prose("Les stabiliser."),
        moyens: prose("Douze jours."),
        beneficiaires: prose("Cinq structures."),
        actions: prose("Trois ateliers."),
    }
}

fn synthesised() -> Event {
    let restated = |registre, appreciation| RegistreRestitue { registre, appreciation };
    EvaluationSynthesised {
        presentation: presentation(),
        registres: vec![
            restated(Registre::Pertinence, Appreciation::NonEvaluable),
            restated(Registre::Efficacite, Appreciation::Atteint),
        ],
    }
}

fn communicated<const N: usize>(to: [&str; N]) -> Event {
    let destinataires = to.map(|it| code(Liste::DestinataireTransfert, it)).to_vec();
    EvaluationCommunicated { destinataires }
}

fn framed() -> Vec<Event> {
    vec![planned(), finalised(&cadre())]
}

fn judged() -> Vec<Event> {
    let judged = [
        assessed(Registre::Efficacite, Appreciation::Atteint),
        assessed(Registre::Pertinence, Appreciation::NonEvaluable),
    ];
    [framed(), judged.to_vec()].concat()
}

fn done() -> Vec<Event> {
    [judged(), vec![synthesised()]].concat()
}

// INV-38
#[test]
fn an_ingenierie_is_evaluated_even_after_its_end() {
    for ingenierie in [ingenierie(), abandoned_ingenierie()] {
        Evaluation::given([])
            .when(|it| it.plan_evaluation(&amina(), &ingenierie, objet(), None))
            .claiming("evaluation", &INGENIERIE.0.to_string())
            .then([planned()]);
    }
}

#[test]
fn an_evaluation_is_planned_once() {
    Evaluation::given([planned()])
        .when(|it| it.plan_evaluation(&amina(), &ingenierie(), objet(), None))
        .refused(Common::AlreadyExists {});
}

#[test]
fn an_ingenierie_that_is_absent_or_unseen_is_not_evaluated() {
    Evaluation::given([])
        .when(|it| it.plan_evaluation(&amina(), &absent_ingenierie(), objet(), None))
        .refused(Common::NotFound {});
    Evaluation::given([])
        .when(|it| it.plan_evaluation(&stranger(), &ingenierie(), objet(), None))
        .refused(Common::NotFound {});
}

#[test]
fn those_of_the_ingenierie_read_its_evaluation() {
    let it: Evaluation = folded(samples());
    assert!(structure(41).by.sees(&it.perimeter()));
    assert!(regional().by.sees(&it.perimeter()));
    assert!(!structure(42).by.sees(&it.perimeter()));
    assert_eq!(it.ingenierie(), Some(INGENIERIE));
}

#[test]
fn the_frame_is_finalised_and_may_be_replaced_until_it_is_used() {
    let wider = Cadre { outils: vec![], ..cadre() };
    Evaluation::given([planned()])
        .when(|it| it.finalise_cadre(&amina(), cadre()))
        .then([finalised(&cadre())]);
    Evaluation::given(framed())
        .when(|it| it.finalise_cadre(&amina(), wider.clone()))
        .then([finalised(&wider)]);
    for used in [mesured(1, "4", TODAY), assessed(Registre::Pertinence, Appreciation::Atteint)] {
        let history = [framed(), vec![used]].concat();
        Evaluation::given(history.clone())
            .when(|it| it.finalise_cadre(&amina(), wider.clone()))
            .refused(Refusal::CadreInUse {});
        Evaluation::given(history)
            .when(|it| it.finalise_cadre(&amina(), cadre()))
            .nothing();
    }
}

#[test]
fn a_frame_judges_something_and_stays_readable() {
    let indicateur = &cadre().indicateurs[0];
    let many = |count| {
        (1..)
            .take(count)
            .map(|numero| Indicateur { numero, ..indicateur.clone() })
    };
    let refused = |cadre: Cadre, no: Refusal| {
        Evaluation::given([planned()])
            .when(|it| it.finalise_cadre(&amina(), cadre))
            .refused(no);
    };
    refused(Cadre { registres: BTreeSet::new(), ..cadre() }, Refusal::RegistresMissing {});
    refused(
        Cadre { outils: vec![line("Entretien"); OUTILS_MAX + 1], ..cadre() },
        Refusal::OutilsTooMany { max: OUTILS_MAX },
    );
    refused(
        Cadre { indicateurs: many(INDICATEURS_MAX + 1).collect(), ..cadre() },
        Refusal::IndicateursTooMany { max: INDICATEURS_MAX },
    );
    let participation = cadre().participations[0].clone();
    refused(
        Cadre { participations: vec![participation; PARTICIPATIONS_MAX + 1], ..cadre() },
        Refusal::ParticipationsTooMany { max: PARTICIPATIONS_MAX },
    );
    let full = Cadre { indicateurs: many(INDICATEURS_MAX).collect(), ..cadre() };
    Evaluation::given([planned()])
        .when(|it| it.finalise_cadre(&amina(), full.clone()))
        .then([finalised(&full)]);
}

#[test]
fn indicators_have_a_number_of_their_own_and_a_target_their_way() {
    let with = |numero, reference: Option<&str>, cible: &str, sens| {
        let mut cadre = cadre();
        cadre.indicateurs[1] = Indicateur {
            numero,
            reference: reference.map(mesure),
            cible: mesure(cible),
            sens,
            ..cadre.indicateurs[1].clone()
        };
        cadre
    };
    for (cadre, no) in [
        (with(0, None, "1", Sens::Hausse), Refusal::IndicateurMisnumbered { numero: 0 }),
        (with(1, None, "1", Sens::Hausse), Refusal::IndicateurMisnumbered { numero: 1 }),
        (with(2, Some("2"), "1", Sens::Hausse), Refusal::CibleAgainstSens { numero: 2 }),
        (with(2, Some("1"), "2", Sens::Baisse), Refusal::CibleAgainstSens { numero: 2 }),
    ] {
        Evaluation::given([planned()])
            .when(|it| it.finalise_cadre(&amina(), cadre))
            .refused(no);
    }
    for cadre in [with(2, None, "1", Sens::Baisse), with(7, Some("1"), "1", Sens::Hausse)] {
        Evaluation::given([planned()])
            .when(|it| it.finalise_cadre(&amina(), cadre.clone()))
            .then([finalised(&cadre)]);
    }
}

#[test]
fn indicators_of_the_frame_are_read_on_a_date() {
    let asks = |history: Vec<Event>, asked: Asked, indicateur| {
        Evaluation::given(history).when(|it| it.record_mesure(&asked, indicateur, releve("4.50")))
    };
    let march = date(2026, 3, 2);
    asks(framed(), amina(), 1).then([mesured(1, "4.5", TODAY)]);
    asks(framed(), amina().on(march), 2).then([mesured(2, "4.5", march)]);
    let measured = [framed(), vec![mesured(1, "4.5", TODAY)]].concat();
    asks(measured.clone(), amina(), 1).nothing();
    asks(measured.clone(), amina().on(march), 1).then([mesured(1, "4.5", march)]);
    asks([framed(), vec![mesured(1, "4", TODAY)]].concat(), amina(), 1)
        .then([mesured(1, "4.5", TODAY)]);
    asks(framed(), amina(), 3).refused(Refusal::IndicateurUnknown { indicateur: 3 });
    asks(vec![planned()], amina(), 1).refused(Refusal::CadreNotFinalised {});
    asks(done(), amina(), 1).refused(Refusal::EvaluationAlreadySynthesised {});
}

#[test]
fn adopted_registers_are_assessed_and_assessed_again() {
    let asks = |history: Vec<Event>, registre| {
        Evaluation::given(history)
            .when(|it| it.assess_registre(&amina(), registre, jugement(Appreciation::NonAtteint)))
    };
    let lower = assessed(Registre::Efficacite, Appreciation::NonAtteint);
    asks(framed(), Registre::Efficacite).then([lower.clone()]);
    asks(judged(), Registre::Efficacite).then([lower]);
    asks(framed(), Registre::Efficience)
        .refused(Refusal::RegistreNotAdopted { registre: Registre::Efficience });
    asks(vec![planned()], Registre::Efficacite).refused(Refusal::CadreNotFinalised {});
    asks(done(), Registre::Efficacite).refused(Refusal::EvaluationAlreadySynthesised {});
}

#[test]
fn evidence_is_chosen() {
    let mut heavy = jugement(Appreciation::Atteint);
    heavy.preuves = vec![line("Compte rendu"); PREUVES_MAX + 1];
    Evaluation::given(framed())
        .when(|it| it.assess_registre(&amina(), Registre::Efficacite, heavy))
        .refused(Refusal::PreuvesTooMany { max: PREUVES_MAX });
}

#[test]
fn what_was_obtained_is_set_beside_what_was_expected() {
    let asks = |history: Vec<Event>, resultat| {
        let obtenu = line("Trois budgets sur cinq");
        Evaluation::given(history).when(|it| {
            let expecting = expecting_results();
            let appreciation = Appreciation::Atteint;
            it.record_resultat_obtenu(
                &amina(),
                &expecting,
                Obtenu { resultat, obtenu, appreciation },
            )
        })
    };
    let reached = obtained(1, Appreciation::Atteint);
    asks(vec![planned()], 1)
        .expecting(&expecting_results())
        .then([reached.clone()]);
    asks(vec![planned()], 2).then([obtained(2, Appreciation::Atteint)]);
    asks(vec![planned(), obtained(1, Appreciation::NonAtteint)], 1).then([reached.clone()]);
    asks(vec![planned(), reached], 1).nothing();
    for odd in [0, -1, 3] {
        asks(vec![planned()], odd).refused(Refusal::ResultatOutOfRange { max: 2 });
    }
    asks(done(), 1).refused(Refusal::EvaluationAlreadySynthesised {});
}

// INV-29, RUL-29
#[test]
fn the_synthesis_presents_the_ingenierie_and_restates_each_adopted_register() {
    let asks = |history: Vec<Event>, presentation| {
        Evaluation::given(history).when(|it| it.synthesise_evaluation(&amina(), presentation))
    };
    asks(judged(), presentation()).then([synthesised()]);
    asks(done(), presentation()).nothing();
    let other = Presentation { moyens: prose("Dix jours."), ..presentation() };
    asks(done(), other).refused(Refusal::EvaluationAlreadySynthesised {});
    asks(vec![planned()], presentation()).refused(Refusal::CadreNotFinalised {});
    let half = [framed(), vec![assessed(Registre::Efficacite, Appreciation::Atteint)]].concat();
    asks(half, presentation())
        .refused(Refusal::RegistresNotAssessed { missing: vec![Registre::Pertinence] });
}

#[test]
fn the_synthesis_is_communicated_to_those_who_have_not_had_it() {
    let (structures, dispositif) = ("STRUCTURES_BENEFICIAIRES", "PARTENAIRES_DISPOSITIF");
    let both = codes(Liste::DestinataireTransfert, [structures, dispositif]);
    let asks = |history: Vec<Event>, to: &BTreeSet<_>| {
        Evaluation::given(history).when(|it| it.communicate_evaluation(&amina(), to))
    };
    asks(done(), &both).then([communicated([dispositif, structures])]);
    let told = [done(), vec![communicated([structures])]].concat();
    asks(told.clone(), &both).then([communicated([dispositif])]);
    asks(told, &codes(Liste::DestinataireTransfert, [structures])).nothing();
    asks(judged(), &both).refused(Refusal::EvaluationNotSynthesised {});
    asks(done(), &BTreeSet::new()).refused(Refusal::EvaluationDestinatairesMissing {});
}

#[test]
fn facts_carry_the_place_and_the_dossier() {
    let place = Place { territoire: Some(vaucluse()), dossier: Some(INGENIERIE) };
    for (_, command) in COMMANDS {
        let history = if let Command::Plan = command { vec![] } else { framed() };
        let Ok(decided) = command.ask(&folded(history), &amina()) else { continue };
        assert!(decided.facts.iter().all(|it| it.place == place), "{command:?}");
    }
}

/// Every command, in the order of the table of rights.
const COMMANDS: [(&str, Command); 14] = [
    ("planEvaluation", Command::Plan),
    ("finaliseCadre", Command::Cadre(2)),
    ("adaptGrille", Command::Adapt(1)),
    ("prepareEcheancier", Command::Echeancier),
    ("attachSource", Command::Source),
    ("openCampagne", Command::Open(1)),
    ("inviteRespondents", Command::Invite(1)),
    ("remindRespondents", Command::Remind),
    ("closeCampagne", Command::Close(1)),
    ("recordMesure", Command::Mesure(1, TODAY)),
    ("assessRegistre", Command::Assess(Registre::Efficacite)),
    ("recordResultatObtenu", Command::Resultat(1)),
    ("synthesiseEvaluation", Command::Synthesise),
    ("communicateEvaluation", Command::Communicate),
];

#[test]
fn every_command_has_its_right() {
    let acts: Vec<_> = super::RIGHTS.iter().map(|right| right.act).collect();
    assert_eq!(acts, COMMANDS.map(|(act, _)| act));
}

#[test]
fn what_an_actor_may_not_see_does_not_exist() {
    for (_, command) in COMMANDS {
        Evaluation::given(framed())
            .when(|it| command.ask(it, &stranger()))
            .refused(Common::NotFound {});
        if !matches!(command, Command::Plan) {
            Evaluation::given([])
                .when(|it| command.ask(it, &amina()))
                .refused(Common::NotFound {});
        }
    }
}

#[test]
fn whoever_supports_the_dla_sees_and_does_nothing() {
    for (act, command) in COMMANDS {
        Evaluation::given(framed())
            .when(|it| command.ask(it, &regional()))
            .refused(Common::Forbidden { act: act.to_owned() });
    }
}

#[test]
fn nothing_is_dated_tomorrow() {
    let tomorrow = date(2026, 3, 17);
    for (_, command) in COMMANDS {
        Evaluation::given(framed())
            .when(|it| command.ask(it, &amina().on(tomorrow)))
            .refused(Common::DateInFuture { on: tomorrow, today: TODAY });
    }
}

fn objet() -> crate::Prose {
    prose("L'ensemble de la démarche.")
}

/// The ingénierie evaluated, with two results to reach.
fn expecting_results() -> Dossier {
    let resultat = ResultatAttendu {
        nature: NatureResultat::Qualitatif,
        enonce: line("Des budgets tenus"),
        cible: None,
    };
    let resultats = vec![resultat.clone(), resultat];
    ingenierie_with([ingenierie_collective::Event::ResultatsAttendusFixed { resultats }])
}

#[derive(Debug, Clone, Copy)]
enum Command {
    Plan,
    /// With so many tools.
    Cadre(usize),
    /// Removes that question of the third theme.
    Adapt(u8),
    Echeancier,
    Source,
    /// Closing so many days later.
    Open(i8),
    /// In that campaign.
    Invite(i32),
    Remind,
    Close(i32),
    Mesure(i32, Date),
    Assess(Registre),
    Resultat(i32),
    Synthesise,
    Communicate,
}

impl Command {
    fn ask(self, it: &Evaluation, asked: &Asked) -> Decision<Evaluation> {
        match self {
            Self::Plan => it.plan_evaluation(asked, &ingenierie(), objet(), None),
            Self::Cadre(outils) => {
                let outils: Vec<Line> = vec![line("Entretien"); outils];
                it.finalise_cadre(asked, Cadre { outils, ..cadre() })
            }
            Self::Adapt(n) => it.adapt_grille(asked, &grilles::removing(&format!("G3-Q{n}"))),
            Self::Echeancier => it.prepare_echeancier(asked, grilles::etapes()),
            Self::Source => it.attach_source(asked, &grilles::document(Some(ingenierie()))),
            Self::Open(days) => {
                it.open_campagne(asked, campagnes::titre(), date(2026, 3, 16 + days))
            }
            Self::Invite(campagne) => {
                let (around, who) = (campagnes::mobilising(), campagnes::structures([61]));
                it.invite_respondents(asked, &around, campagne, &who)
            }
            Self::Remind => {
                it.remind_respondents(asked, 1, &BTreeSet::from([campagnes::STRUCTURE.id()]))
            }
            Self::Close(campagne) => it.close_campagne(asked, campagne),
            Self::Mesure(numero, on) => {
                let asked = Asked { on: asked.on.or(Some(on)), ..asked.clone() };
                it.record_mesure(&asked, numero, releve("4"))
            }
            Self::Assess(registre) => {
                it.assess_registre(asked, registre, jugement(Appreciation::Atteint))
            }
            Self::Resultat(n) => {
                let expecting = expecting_results();
                let (obtenu, appreciation) = (line("Reçu"), Appreciation::Atteint);
                it.record_resultat_obtenu(
                    asked,
                    &expecting,
                    Obtenu { resultat: n, obtenu, appreciation },
                )
            }
            Self::Synthesise => it.synthesise_evaluation(asked, presentation()),
            Self::Communicate => {
                let to = codes(Liste::DestinataireTransfert, ["INTERVENANTS"]);
                it.communicate_evaluation(asked, &to)
            }
        }
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let registre = prop_oneof![
        Just(Registre::Coherence),
        Just(Registre::Pertinence),
        Just(Registre::Efficacite),
    ];
    prop_oneof![
        3 => Just(Command::Plan),
        3 => (0..4_usize).prop_map(Command::Cadre),
        2 => (1..4_u8).prop_map(Command::Adapt),
        1 => Just(Command::Echeancier),
        1 => Just(Command::Source),
        2 => (0..3_i8).prop_map(Command::Open),
        2 => (1..3).prop_map(Command::Invite),
        1 => Just(Command::Remind),
        1 => (1..3).prop_map(Command::Close),
        2 => (0..4, 1..4_i8).prop_map(|(n, day)| Command::Mesure(n, date(2026, 3, day))),
        4 => registre.prop_map(Command::Assess),
        2 => (0..4).prop_map(Command::Resultat),
        1 => Just(Command::Synthesise),
        1 => Just(Command::Communicate),
    ]
}

proptest! {
    /// Whatever is asked, in whatever order, asking again changes nothing; and a synthesis
    /// stands on assessed registers only (INV-29).
    #[test]
    fn asking_again_changes_nothing(steps in vec(any_command(), 0..40)) {
        let mut it = Evaluation::default();
        for command in steps {
            let Ok(decided) = command.ask(&it, &amina()) else { continue };
            decided.events().for_each(|event| it.evolve(event));
            let again = command.ask(&it, &amina());
            match command {
                Command::Plan => prop_assert_eq!(again, Err(Common::AlreadyExists {}.into())),
                Command::Assess(_) => {
                    // Sealed reasons cannot be compared: they are recorded, to no effect.
                    let mut after = it.clone();
                    again.unwrap().events().for_each(|event| after.evolve(event));
                    prop_assert_eq!(&after, &it);
                }
                Command::Cadre(_)
                | Command::Adapt(_)
                | Command::Echeancier
                | Command::Source
                | Command::Open(_)
                | Command::Close(_)
                | Command::Mesure(..)
                | Command::Resultat(_)
                | Command::Synthesise
                | Command::Communicate => prop_assert_eq!(again, Ok(Decided::nothing())),
                Command::Invite(_) | Command::Remind => {
                    prop_assert_eq!(again.unwrap().facts, vec![]);
                }
            }
            // INV-27: at most one campaign is open.
            prop_assert!(it.campagnes.values().filter(|it| !it.is_closed()).count() <= 1);
            if it.synthesis.is_some() {
                let adopted = &it.cadre.as_ref().unwrap().registres;
                prop_assert!(adopted.iter().all(|registre| it.assessed.contains_key(registre)));
            }
        }
    }
}
