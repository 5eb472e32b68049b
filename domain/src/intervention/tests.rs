//! Every answer of an intervention, and what holds whatever is asked.

use proptest::{collection::vec, prelude::*};

use super::{
    EtapePresence, Event, Event::*, Intervention, Moment, NatureSeance, Refusal, SeancePrevue,
};
use crate::{
    Asked, Date, Decider, Decision, Dossier, Heure, IngenierieCollective, OrganisationId, PersonId,
    Rule, Sealed, Subject, date,
    ingenierie_collective::{self as ingenierie, confirmer::projet::NatureModule},
    refusal::Common,
    testing::{
        DLA, INGENIERIE, OTHER_DLA, Scenario, TODAY, abandoned_ingenierie, amina, asked, folded,
        line, org, prestataire, prose, seen, stranger, structure, vaucluse,
    },
};

const SECOURS: OrganisationId = org(11);
const VERGER: OrganisationId = org(12);
const ELSEWHERE: OrganisationId = org(13);
const ATELIER: OrganisationId = org(1);
const NADIA: PersonId = PersonId(uuid::Uuid::from_u128(71));
const PAUL: PersonId = PersonId(uuid::Uuid::from_u128(72));
const FIRST_DAY: Date = date(2026, 3, 12);

/// One sample of every fact, with every optional member filled.
pub(crate) fn samples() -> Vec<Event> {
    vec![
        opened(),
        SeanceScheduled {
            seance: 1,
            nature: NatureSeance::Individuelle(SECOURS),
            module: Some(line("Construire son budget")),
            groupe: Some(1),
            intervenant: Some(ATELIER),
            territoire: Some(vaucluse()),
            moment: complete(),
        },
        SeanceRescheduled { seance: 1, moment: complete(), motif: sealed("La salle est prise.") },
        SeanceCancelled { seance: 1, motif: sealed("Plus de besoin.") },
        SeanceInformationCertified { seance: 1 },
        registered(1, SECOURS, NADIA),
        unregistered(),
        MiseEnRelationMade { structure: SECOURS, intervenant: ATELIER },
        SeanceHeld { seance: 1 },
        PresenceRecorded { seance: 1, personne: NADIA, present: true },
        DlaPresenceRecorded { dla: DLA, etape: EtapePresence::Demarrage },
        ProgressReported {
            avancement: sealed("M. Roux a vu trois structures."),
            destinataires: vec![org(41)],
        },
        RapportMissionDelivered {
            intervenant: ATELIER,
            resume: Some(sealed("Deux budgets tiennent.")),
        },
        waived(),
        InterventionClosed {},
    ]
}

fn sealed(text: &str) -> Sealed<crate::Prose> {
    Sealed::new(Subject::dossier(INGENIERIE), prose(text))
}

fn unregistered() -> Event {
    let motif = Sealed::new(Subject::person(NADIA), prose("Mme Petit part."));
    ParticipantUnregistered { seance: 1, personne: NADIA, motif }
}

fn waived() -> Event {
    RuleWaived { rule: Rule::DlaPresent, because: sealed("L'agent était malade.") }
}

fn opened() -> Event {
    InterventionOpened { ingenierie: INGENIERIE, dlas: vec![DLA], territoire: vaucluse() }
}

fn heure(text: &str) -> Heure {
    Heure::parse(text).expect("a valid time")
}

fn complete() -> Moment {
    Moment {
        date: FIRST_DAY,
        debut: Some(heure("9:00")),
        fin: Some(heure("12:30")),
        lieu: Some(line("Maison des associations, Avignon")),
    }
}

fn bare() -> Moment {
    Moment { date: FIRST_DAY, debut: None, fin: None, lieu: None }
}

fn prevue(moment: Moment) -> SeancePrevue {
    SeancePrevue {
        nature: NatureSeance::Collective,
        module: Some(line("Construire son budget")),
        groupe: Some(1),
        intervenant: Some(ATELIER),
        territoire: Some(vaucluse()),
        moment,
    }
}

fn scheduled(seance: i32, moment: Moment) -> Event {
    let SeancePrevue { nature, module, groupe, intervenant, territoire, moment } = prevue(moment);
    SeanceScheduled { seance, nature, module, groupe, intervenant, territoire, moment }
}

fn registered(seance: i32, structure: OrganisationId, personne: PersonId) -> Event {
    ParticipantRegistered { seance, structure, personne }
}

/// The ingénierie as far as a milestone: SECOURS and VERGER take part.
fn as_far_as(milestone: ingenierie::Event) -> Dossier {
    use ingenierie::Event as Fact;
    let mut facts = vec![
        Fact::IngenierieCollectiveInitiated {
            ingenierie: INGENIERIE,
            porteur: DLA,
            intitule: line("Les relations avec les banques"),
            territoire: vaucluse(),
            secteurs: vec![],
        },
        Fact::IngenierieCollectiveEngaged {},
        Fact::GroupeConstituted {
            groupe: 1,
            intitule: line("Avignon"),
            module: None,
            territoire: None,
        },
        Fact::ProjetInterventionFormalised {
            modules: vec![ingenierie::confirmer::projet::Module {
                intitule: line("Construire son budget"),
                nature: NatureModule::Formation,
                formes: vec![],
                jours: crate::QuarterDays(8),
                territoires: vec![],
                duree: None,
            }],
        },
    ];
    for structure in [SECOURS, VERGER] {
        facts.push(Fact::StructureTargeted { structure });
        facts.push(Fact::StructureMobilised { structure, participants: None });
    }
    facts.push(milestone);
    seen::<IngenierieCollective>(INGENIERIE, facts).into()
}

fn confirmed() -> Dossier {
    as_far_as(ingenierie::Event::IngenierieCollectiveConfirmed {})
}

fn started() -> Dossier {
    let plan = crate::PlanFinancementId(uuid::Uuid::from_u128(8));
    as_far_as(ingenierie::Event::IngenierieCollectiveStarted { plan })
}

fn certified() -> Vec<Event> {
    vec![opened(), scheduled(1, complete()), SeanceInformationCertified { seance: 1 }]
}

fn convened() -> Vec<Event> {
    [certified(), vec![registered(1, SECOURS, NADIA)]].concat()
}

fn held() -> Vec<Event> {
    [convened(), vec![SeanceHeld { seance: 1 }]].concat()
}

fn closed() -> Vec<Event> {
    [held(), vec![waived(), InterventionClosed {}]].concat()
}

#[test]
fn a_confirmed_ingenierie_has_one_intervention() {
    Intervention::given([])
        .when(|it| it.open_intervention(&amina(), &confirmed()))
        .claiming("intervention", &INGENIERIE.0.to_string())
        .expecting(&confirmed())
        .then([opened()]);
    Intervention::given([opened()])
        .when(|it| it.open_intervention(&amina(), &confirmed()))
        .refused(Common::AlreadyExists {});
    let engaged = as_far_as(ingenierie::Event::IngenierieCollectiveEngaged {});
    Intervention::given([])
        .when(|it| it.open_intervention(&amina(), &engaged))
        .refused(Refusal::IngenierieNotConfirmed {});
    Intervention::given([])
        .when(|it| it.open_intervention(&amina(), &abandoned_ingenierie()))
        .refused(Refusal::IngenierieEnded {});
    Intervention::given([])
        .when(|it| it.open_intervention(&stranger(), &confirmed()))
        .refused(Common::NotFound {});
}

#[test]
fn a_seance_takes_the_next_number() {
    Intervention::given([opened()])
        .when(|it| it.schedule_seance(&amina(), &confirmed(), prevue(bare())))
        .expecting(&confirmed())
        .then([scheduled(1, bare())]);
    Intervention::given(held())
        .when(|it| it.schedule_seance(&amina(), &started(), prevue(complete())))
        .then([scheduled(2, complete())]);
}

#[test]
fn a_seance_is_of_the_projet_and_for_those_who_take_part() {
    let refused = |prevue: SeancePrevue, no: Refusal| {
        Intervention::given([opened()])
            .when(|it| it.schedule_seance(&amina(), &confirmed(), prevue.clone()))
            .refused(no);
    };
    let module = Some(line("Autre chose"));
    refused(SeancePrevue { module, ..prevue(bare()) }, Refusal::ModuleUnknown {});
    let groupe = Some(2);
    refused(
        SeancePrevue { groupe, ..prevue(bare()) },
        Refusal::GroupeOfSeanceUnknown { groupe: 2 },
    );
    let nature = NatureSeance::Individuelle(ELSEWHERE);
    refused(
        SeancePrevue { nature, ..prevue(bare()) },
        Refusal::StructureAbsent { structure: ELSEWHERE },
    );
    let (debut, fin) = (heure("12:30"), heure("9:00"));
    let reversed = Moment { debut: Some(debut), fin: Some(fin), ..bare() };
    refused(prevue(reversed), Refusal::HeuresReversed { debut, fin });
}

#[test]
fn another_ingenierie_says_nothing_here() {
    let other = Dossier { id: crate::IngenierieId(uuid::Uuid::from_u128(55)), ..started() };
    Intervention::given([opened()])
        .when(|it| it.schedule_seance(&amina(), &other, prevue(bare())))
        .refused(Refusal::IngenierieElsewhere {});
}

// RUL-12
#[test]
fn what_is_certified_is_complete_and_is_certified_again_when_it_moves() {
    Intervention::given([opened(), scheduled(1, complete())])
        .when(|it| it.certify_seance_information(&amina(), 1))
        .then([SeanceInformationCertified { seance: 1 }]);
    Intervention::given(certified())
        .when(|it| it.certify_seance_information(&amina(), 1))
        .nothing();
    for moment in [
        Moment { lieu: None, ..complete() },
        Moment { debut: None, ..complete() },
        Moment { fin: None, ..complete() },
    ] {
        Intervention::given([opened(), scheduled(1, moment)])
            .when(|it| it.certify_seance_information(&amina(), 1))
            .refused(Refusal::InformationIncomplete {});
    }
    let later = Moment { date: date(2026, 3, 14), ..complete() };
    let moved = SeanceRescheduled {
        seance: 1,
        moment: later.clone(),
        motif: sealed("La salle est prise."),
    };
    Intervention::given(certified())
        .when(|it| it.reschedule_seance(&amina(), 1, later.clone(), prose("La salle est prise.")))
        .then([moved.clone()]);
    let history = [certified(), vec![moved]].concat();
    Intervention::given(history.clone())
        .when(|it| it.reschedule_seance(&amina(), 1, later.clone(), prose("Encore.")))
        .nothing();
    Intervention::given(history)
        .when(|it| it.register_participant(&amina(), &started(), 1, (SECOURS, NADIA)))
        .refused(Refusal::InformationNotCertified { seance: 1 });
}

// INV-31
#[test]
fn people_are_convened_to_a_certified_seance() {
    for asked in [amina(), structure(11)] {
        Intervention::given(certified())
            .when(|it| it.register_participant(&asked, &started(), 1, (SECOURS, NADIA)))
            .expecting(&started())
            .then([registered(1, SECOURS, NADIA)]);
    }
    Intervention::given([opened(), scheduled(1, complete())])
        .when(|it| it.register_participant(&amina(), &started(), 1, (SECOURS, NADIA)))
        .refused(Refusal::InformationNotCertified { seance: 1 });
    Intervention::given(convened())
        .when(|it| it.register_participant(&amina(), &started(), 1, (SECOURS, NADIA)))
        .nothing();
    Intervention::given(convened())
        .when(|it| it.register_participant(&amina(), &started(), 1, (VERGER, NADIA)))
        .refused(Refusal::RegisteredForAnother { structure: SECOURS });
    Intervention::given(certified())
        .when(|it| it.register_participant(&amina(), &started(), 1, (ELSEWHERE, NADIA)))
        .refused(Refusal::StructureAbsent { structure: ELSEWHERE });
    Intervention::given(held())
        .when(|it| it.register_participant(&amina(), &started(), 1, (VERGER, PAUL)))
        .then([registered(1, VERGER, PAUL)]);
}

#[test]
fn a_structure_convenes_and_strikes_off_its_own_people() {
    Intervention::given(certified())
        .when(|it| it.register_participant(&structure(12), &started(), 1, (SECOURS, NADIA)))
        .refused(Common::NotFound {});
    Intervention::given(certified())
        .when(|it| it.register_participant(&structure(13), &started(), 1, (ELSEWHERE, NADIA)))
        .refused(Common::NotFound {});
    let history = [convened(), vec![registered(1, VERGER, PAUL)]].concat();
    Intervention::given(history.clone())
        .when(|it| it.unregister_participant(&structure(12), 1, NADIA, prose("Absente.")))
        .refused(Common::NotFound {});
    Intervention::given(history)
        .when(|it| it.unregister_participant(&structure(11), 1, NADIA, prose("Mme Petit part.")))
        .then([unregistered()]);
    // It is answered alike when it asks again, though it sends nobody any more.
    Intervention::given([convened(), vec![unregistered()]].concat())
        .when(|it| it.unregister_participant(&structure(11), 1, NADIA, prose("Mme Petit part.")))
        .nothing();
}

#[test]
fn an_individual_seance_is_for_its_structure() {
    let individual = SeanceScheduled {
        seance: 1,
        nature: NatureSeance::Individuelle(SECOURS),
        module: None,
        groupe: None,
        intervenant: None,
        territoire: None,
        moment: complete(),
    };
    let history = vec![opened(), individual, SeanceInformationCertified { seance: 1 }];
    Intervention::given(history)
        .when(|it| it.register_participant(&amina(), &started(), 1, (VERGER, PAUL)))
        .refused(Refusal::OtherStructureExpected { structure: VERGER });
}

#[test]
fn a_seance_is_held_from_its_day_on_once_the_ingenierie_started() {
    for asked in [amina(), prestataire(1)] {
        Intervention::given(convened())
            .when(|it| it.hold_seance(&asked, &started(), 1))
            .expecting(&started())
            .then([SeanceHeld { seance: 1 }]);
    }
    Intervention::given(held())
        .when(|it| it.hold_seance(&amina(), &started(), 1))
        .nothing();
    Intervention::given(convened())
        .when(|it| it.hold_seance(&amina(), &confirmed(), 1))
        .refused(Refusal::IngenierieNotStarted {});
    Intervention::given(convened())
        .when(|it| it.hold_seance(&amina().on(date(2026, 3, 11)), &started(), 1))
        .refused(Refusal::SeanceToCome { date: FIRST_DAY });
    let other = SeanceScheduled {
        seance: 2,
        nature: NatureSeance::Collective,
        module: None,
        groupe: None,
        intervenant: Some(org(2)),
        territoire: None,
        moment: complete(),
    };
    Intervention::given([convened(), vec![other]].concat())
        .when(|it| it.hold_seance(&prestataire(2), &started(), 1))
        .refused(Common::NotFound {});
}

// INV-31
#[test]
fn attendance_is_of_a_held_seance_and_of_those_who_were_convened() {
    for asked in [amina(), prestataire(1)] {
        Intervention::given(held())
            .when(|it| it.record_presence(&asked, 1, NADIA, true))
            .then([PresenceRecorded { seance: 1, personne: NADIA, present: true }]);
    }
    Intervention::given(convened())
        .when(|it| it.record_presence(&amina(), 1, NADIA, true))
        .refused(Refusal::SeanceNotHeld { seance: 1 });
    Intervention::given(held())
        .when(|it| it.record_presence(&amina(), 1, PAUL, true))
        .refused(Refusal::NotRegistered {});
    let noted = PresenceRecorded { seance: 1, personne: NADIA, present: true };
    let history = [held(), vec![noted]].concat();
    Intervention::given(history.clone())
        .when(|it| it.record_presence(&amina(), 1, NADIA, true))
        .nothing();
    Intervention::given(history.clone())
        .when(|it| it.record_presence(&amina(), 1, NADIA, false))
        .then([PresenceRecorded { seance: 1, personne: NADIA, present: false }]);
    Intervention::given(history)
        .when(|it| it.unregister_participant(&amina(), 1, NADIA, prose("Erreur.")))
        .refused(Refusal::PresenceAlreadyNoted {});
}

#[test]
fn what_is_over_no_longer_moves() {
    let cancelled = SeanceCancelled { seance: 1, motif: sealed("Plus de besoin.") };
    Intervention::given(certified())
        .when(|it| it.cancel_seance(&amina(), 1, prose("Plus de besoin.")))
        .then([cancelled.clone()]);
    let history = [certified(), vec![cancelled]].concat();
    Intervention::given(history.clone())
        .when(|it| it.cancel_seance(&amina(), 1, prose("Encore.")))
        .nothing();
    Intervention::given(history.clone())
        .when(|it| it.register_participant(&amina(), &started(), 1, (SECOURS, NADIA)))
        .refused(Refusal::SeanceIsCancelled { seance: 1 });
    Intervention::given(history)
        .when(|it| it.hold_seance(&amina(), &started(), 1))
        .refused(Refusal::SeanceIsCancelled { seance: 1 });
    Intervention::given(held())
        .when(|it| it.cancel_seance(&amina(), 1, prose("Trop tard.")))
        .refused(Refusal::SeanceAlreadyHeld { seance: 1 });
    Intervention::given(held())
        .when(|it| it.certify_seance_information(&amina(), 9))
        .refused(Refusal::SeanceUnknown { seance: 9 });
    Intervention::given(closed())
        .when(|it| it.schedule_seance(&amina(), &started(), prevue(bare())))
        .refused(Refusal::InterventionOver {});
}

#[test]
fn structures_and_intervenants_are_put_in_contact_once() {
    let made = MiseEnRelationMade { structure: SECOURS, intervenant: ATELIER };
    Intervention::given([opened()])
        .when(|it| it.make_mise_en_relation(&amina(), &confirmed(), SECOURS, ATELIER))
        .then([made.clone()]);
    Intervention::given([opened(), made])
        .when(|it| it.make_mise_en_relation(&amina(), &confirmed(), SECOURS, ATELIER))
        .nothing();
    Intervention::given([opened()])
        .when(|it| it.make_mise_en_relation(&amina(), &confirmed(), ELSEWHERE, ATELIER))
        .refused(Refusal::StructureAbsent { structure: ELSEWHERE });
}

#[test]
fn partners_and_structures_are_told_of_the_progress() {
    let report = |to: Vec<OrganisationId>| {
        Intervention::given([opened()]).when(|it| {
            let avancement = prose("M. Roux a vu trois structures.");
            it.report_progress(&amina(), &started(), avancement, to)
        })
    };
    report(vec![SECOURS]).then([ProgressReported {
        avancement: sealed("M. Roux a vu trois structures."),
        destinataires: vec![SECOURS],
    }]);
    report(vec![ELSEWHERE]).refused(Refusal::DestinataireUnknown { organisation: ELSEWHERE });
    report(vec![]).refused(Refusal::DestinatairesOutOfRange { max: 30 });
}

#[test]
fn an_intervenant_hands_its_own_report_even_after_the_end() {
    let delivered = RapportMissionDelivered { intervenant: ATELIER, resume: None };
    for (history, asked) in [(held(), prestataire(1)), (closed(), amina())] {
        Intervention::given(history)
            .when(|it| it.deliver_rapport_mission(&asked, ATELIER, None))
            .then([delivered.clone()]);
    }
    Intervention::given(held())
        .when(|it| it.deliver_rapport_mission(&prestataire(1), org(2), None))
        .refused(Common::NotFound {});
    let once = [held(), vec![delivered]].concat();
    Intervention::given(once.clone())
        .when(|it| it.deliver_rapport_mission(&amina(), ATELIER, None))
        .nothing();
    let resume = prose("Trois structures ont changé de banque.");
    Intervention::given(once)
        .when(|it| it.deliver_rapport_mission(&amina(), ATELIER, Some(resume.clone())))
        .then([RapportMissionDelivered {
            intervenant: ATELIER,
            resume: Some(sealed(resume.as_str())),
        }]);
}

// INV-30
#[test]
fn an_intervention_closes_when_the_dla_was_there_or_says_why_not() {
    let there = |etape| DlaPresenceRecorded { dla: DLA, etape };
    Intervention::given(held())
        .when(|it| it.record_dla_presence(&amina(), DLA, EtapePresence::Demarrage))
        .then([there(EtapePresence::Demarrage)]);
    let both = [EtapePresence::Demarrage, EtapePresence::Cloture].map(there);
    Intervention::given([held(), both.to_vec()].concat())
        .when(|it| it.close_intervention(&amina()))
        .then([InterventionClosed {}]);
    for presences in [vec![], vec![there(EtapePresence::Demarrage)]] {
        let history = [held(), presences].concat();
        Intervention::given(history.clone())
            .when(|it| it.close_intervention(&amina()))
            .refused(Common::JustificationNeeded { rule: Rule::DlaPresent });
        Intervention::given(history)
            .when(|it| it.close_intervention(&amina().because("L'agent était malade.")))
            .then([waived(), InterventionClosed {}]);
    }
    Intervention::given(convened())
        .when(|it| it.close_intervention(&amina().because("L'agent était malade.")))
        .refused(Refusal::SeancesWaiting { seances: vec![1] });
    Intervention::given(closed())
        .when(|it| it.close_intervention(&amina()))
        .nothing();
}

#[test]
fn a_dla_attends_for_itself() {
    Intervention::given(held())
        .when(|it| it.record_dla_presence(&amina(), OTHER_DLA, EtapePresence::Cloture))
        .refused(Refusal::DlaElsewhere { dla: OTHER_DLA });
    let both = InterventionOpened {
        ingenierie: INGENIERIE,
        dlas: vec![DLA, OTHER_DLA],
        territoire: vaucluse(),
    };
    Intervention::given([both])
        .when(|it| it.record_dla_presence(&amina(), OTHER_DLA, EtapePresence::Cloture))
        .refused(Common::Forbidden { act: "recordDlaPresence".to_owned() });
}

#[test]
fn strangers_know_nothing_of_it() {
    let outside = [stranger(), structure(13), prestataire(3)];
    for asked in outside {
        Intervention::given(held())
            .when(|it| it.record_presence(&asked, 1, NADIA, true))
            .refused(Common::NotFound {});
    }
    Intervention::given(held())
        .when(|it| it.close_intervention(&prestataire(1)))
        .refused(Common::Forbidden { act: "closeIntervention".to_owned() });
}

#[derive(Debug, Clone)]
enum Command {
    Schedule(bool),
    Move(i32),
    Cancel(i32),
    Certify(i32),
    Register(i32, OrganisationId, PersonId),
    Unregister(i32, PersonId),
    Hold(i32),
    Note(i32, PersonId, bool),
    Attend(EtapePresence),
    Close,
}

impl Command {
    fn ask(&self, it: &Intervention, asked: &Asked) -> Decision<Intervention> {
        let ingenierie = started();
        match *self {
            Self::Schedule(whole) => {
                let moment = if whole { complete() } else { bare() };
                it.schedule_seance(asked, &ingenierie, prevue(moment))
            }
            Self::Move(seance) => {
                let moment = Moment { date: TODAY, ..complete() };
                it.reschedule_seance(asked, seance, moment, prose("La salle est prise."))
            }
            Self::Cancel(seance) => it.cancel_seance(asked, seance, prose("Plus de besoin.")),
            Self::Certify(seance) => it.certify_seance_information(asked, seance),
            Self::Register(seance, structure, personne) => {
                it.register_participant(asked, &ingenierie, seance, (structure, personne))
            }
            Self::Unregister(seance, personne) => {
                it.unregister_participant(asked, seance, personne, prose("Absente."))
            }
            Self::Hold(seance) => it.hold_seance(asked, &ingenierie, seance),
            Self::Note(seance, personne, present) => {
                it.record_presence(asked, seance, personne, present)
            }
            Self::Attend(etape) => it.record_dla_presence(asked, DLA, etape),
            Self::Close => it.close_intervention(asked),
        }
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let seance = || 1..4_i32;
    let person = || prop_oneof![Just(NADIA), Just(PAUL)];
    let structure = || prop_oneof![Just(SECOURS), Just(VERGER), Just(ELSEWHERE)];
    let etape = prop_oneof![Just(EtapePresence::Demarrage), Just(EtapePresence::Cloture)];
    prop_oneof![
        any::<bool>().prop_map(Command::Schedule),
        seance().prop_map(Command::Move),
        seance().prop_map(Command::Cancel),
        seance().prop_map(Command::Certify),
        (seance(), structure(), person()).prop_map(|(n, of, who)| Command::Register(n, of, who)),
        (seance(), person()).prop_map(|(n, who)| Command::Unregister(n, who)),
        seance().prop_map(Command::Hold),
        (seance(), person(), any::<bool>()).prop_map(|(n, who, came)| Command::Note(n, who, came)),
        etape.prop_map(Command::Attend),
        Just(Command::Close),
    ]
}

fn any_request() -> impl Strategy<Value = Asked> {
    prop_oneof![
        5 => Just(amina()),
        1 => Just(amina().because("L'agent était malade.")),
        1 => Just(structure(11)),
        1 => Just(structure(13)),
        1 => Just(prestataire(1)),
        1 => Just(stranger()),
        1 => Just(asked(crate::Role::Admin)),
    ]
}

proptest! {
    /// INV-30, INV-31, and asking again changes nothing.
    #[test]
    fn nobody_is_convened_nor_noted_out_of_order(
        steps in vec((any_command(), any_request()), 0..60),
    ) {
        let mut history = vec![opened()];
        let mut it: Intervention = folded(history.clone());
        for (command, asked) in steps {
            let Ok(decided) = command.ask(&it, &asked) else { continue };
            decided.events().for_each(|event| it.evolve(event));
            history.extend(decided.events().cloned());
            if !matches!(command, Command::Schedule(_)) {
                prop_assert_eq!(
                    command.ask(&it, &asked),
                    Ok(crate::Decided::nothing()),
                    "{:?}",
                    command
                );
            }
        }
        let (mut certified, mut convened, mut held) = <(Vec<i32>, Vec<_>, Vec<i32>)>::default();
        let mut ended = false;
        for event in &history {
            prop_assert!(!ended, "something happened after the end: {:?}", event);
            match event {
                SeanceInformationCertified { seance } => certified.push(*seance),
                SeanceRescheduled { seance, .. } => certified.retain(|it| it != seance),
                SeanceHeld { seance } => held.push(*seance),
                ParticipantRegistered { seance, personne, .. } => {
                    prop_assert!(certified.contains(seance) || held.contains(seance));
                    convened.push((*seance, *personne));
                }
                ParticipantUnregistered { seance, personne, .. } => {
                    convened.retain(|it| *it != (*seance, *personne));
                }
                PresenceRecorded { seance, personne, .. } => {
                    prop_assert!(held.contains(seance));
                    prop_assert!(convened.contains(&(*seance, *personne)));
                }
                InterventionClosed {} => {
                    ended = true;
                    let there = |etape| {
                        history.contains(&DlaPresenceRecorded { dla: DLA, etape })
                    };
                    prop_assert!(
                        history.contains(&waived())
                            || there(EtapePresence::Demarrage) && there(EtapePresence::Cloture)
                    );
                }
                InterventionOpened { .. }
                | SeanceScheduled { .. }
                | SeanceCancelled { .. }
                | MiseEnRelationMade { .. }
                | DlaPresenceRecorded { .. }
                | ProgressReported { .. }
                | RapportMissionDelivered { .. }
                | RuleWaived { .. } => (),
            }
        }
    }
}
