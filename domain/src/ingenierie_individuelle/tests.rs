//! Given facts of a mission, when a command is asked, then facts or a refusal; and what holds
//! whatever is asked in whatever order.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use super::{
    Event,
    Event::*,
    IngenierieIndividuelle as It, LIST_MAX, Objectif, RIGHTS, Refusal,
    mission::{Around, Description, Initiation},
};
use crate::{
    Asked, Cents, Decision, Dla, Document, DocumentId, Dossier, Genre, IngenierieCollective,
    IngenierieId, Liste, Organisation, OrganisationId, PlanFinancement, PlanFinancementId, Prose,
    Rule, Sealed, SeanceComiteId, Seen, Subject, Version,
    codec::{Tagged, decode, encode},
    document,
    ingenierie_collective::{
        Etat,
        confirmer::projet::{NatureResultat, ResultatAttendu},
        engager::SensAvis,
    },
    organisation, plan_financement,
    refusal::Common,
    seance_comite_appui::Avis,
    testing::{
        DLA, OTHER_DLA, Scenario, TODAY, amina, code, codes, financeur, folded, ingenierie, line,
        org, prose, raw, regional, responsable, seen, stranger, structure, vaucluse,
    },
};

const ID: IngenierieId = IngenierieId(Uuid::from_u128(70));
const PLAN: PlanFinancementId = PlanFinancementId(Uuid::from_u128(6));
const SEANCE: SeanceComiteId = SeanceComiteId(Uuid::from_u128(21));
const DOCUMENT: DocumentId = DocumentId(Uuid::from_u128(30));

/// The association that wants to open a recyclerie.
const VOISINAGE: OrganisationId = org(61);

fn sealed(text: &str) -> Sealed<Prose> {
    Sealed::new(Subject::dossier(ID), prose(text))
}

fn theme(it: &str) -> crate::Code {
    code(Liste::TypePrestation, it)
}

fn initiated() -> Event {
    IngenierieIndividuelleInitiated {
        ingenierie: ID,
        porteur: DLA,
        structure: VOISINAGE,
        intitule: line("Créer une recyclerie"),
        besoin: sealed("Savoir si le projet tient."),
        territoire: vaucluse(),
        secteurs: codes(Liste::Secteur, ["ENVIRONNEMENT"]),
        types: vec![theme("GESTION_FINANCIERE")],
        formation: false,
        origine: None,
        document: None,
    }
}

fn initiation() -> Initiation {
    Initiation {
        intitule: line("Créer une recyclerie"),
        besoin: prose("Savoir si le projet tient."),
        territoire: vaucluse(),
        secteurs: codes(Liste::Secteur, ["ENVIRONNEMENT"]),
        types: vec![theme("GESTION_FINANCIERE")],
        formation: false,
    }
}

fn organisation(events: impl IntoIterator<Item = organisation::Event>) -> Seen<Organisation> {
    let state = folded(events);
    Seen { id: VOISINAGE, version: Version(1), state }
}

fn around() -> Around {
    Around {
        porteur: Seen { id: DLA, version: Version(1), state: Dla::default() },
        structure: organisation([]),
        origine: None,
        document: None,
    }
}

fn resultat(enonce: &str) -> ResultatAttendu {
    ResultatAttendu { nature: NatureResultat::Quantitatif, enonce: line(enonce), cible: None }
}

fn objectif(it: &str) -> Objectif {
    Objectif { objectif: code(Liste::ObjectifOperationnel, it), precision: None }
}

fn validated() -> Vec<Event> {
    vec![initiated(), DemarcheValidated { dla: DLA }]
}

fn started() -> Vec<Event> {
    with(validated(), IngenierieIndividuelleStarted { plan: None })
}

fn finalised() -> Vec<Event> {
    with(started(), IngenierieIndividuelleFinalised {})
}

fn with(mut events: Vec<Event>, more: Event) -> Vec<Event> {
    events.push(more);
    events
}

fn avis(sens: SensAvis) -> Event {
    AvisComiteAppuiRecorded { dla: DLA, sens, commentaire: None, reserves: None, seance: SEANCE }
}

/// No plan: the nil stream, without any fact.
fn no_plan() -> Seen<PlanFinancement> {
    seen(PlanFinancementId(Uuid::nil()), [])
}

fn plan(of: IngenierieId, confirmed: bool) -> Seen<PlanFinancement> {
    use plan_financement::Event::{PlanFinancementConfirmed, PlanFinancementOpened};
    let (dlas, territoire) = ([DLA].into(), Some(vaucluse()));
    let opened = PlanFinancementOpened { ingenierie: of, dlas, territoire };
    let (total, valorisation) = (Cents(300_000), Cents(0));
    let confirmed = confirmed.then_some(PlanFinancementConfirmed { total, valorisation });
    seen(PLAN, [opened].into_iter().chain(confirmed))
}

#[test]
fn a_dla_opens_the_mission_of_one_structure() {
    It::given([])
        .when(|it| it.initiate_ingenierie_individuelle(&amina(), ID, &around(), initiation()))
        .then([initiated()]);
    let decided = It::default()
        .initiate_ingenierie_individuelle(&amina(), ID, &around(), initiation())
        .unwrap();
    assert_eq!(decided.facts[0].place.dossier, Some(ID));
    assert_eq!(decided.facts[0].place.territoire, Some(vaucluse()));
    assert_eq!(decided.expects.len(), 2);
    It::given([initiated()])
        .when(|it| it.initiate_ingenierie_individuelle(&amina(), ID, &around(), initiation()))
        .refused(Common::AlreadyExists {});
}

#[test]
fn a_mission_is_of_a_dla_and_of_a_structure_that_is_open() {
    let ask = |around: Around| {
        It::given([])
            .when(|it| it.initiate_ingenierie_individuelle(&amina(), ID, &around, initiation()))
    };
    let absent = seen(DLA, []);
    ask(Around { porteur: absent, ..around() }).refused(Common::NotFound {});
    let elsewhere = Seen { id: OTHER_DLA, version: Version(1), state: Dla::default() };
    ask(Around { porteur: elsewhere, ..around() }).refused(Common::NotFound {});
    ask(Around { structure: seen(VOISINAGE, []), ..around() }).refused(Common::NotFound {});
    let motif = Sealed::closed();
    let closed = organisation::Event::OrganisationClosed { motif, successor: None };
    ask(Around { structure: organisation([closed]), ..around() })
        .refused(Refusal::StructureClosed { structure: VOISINAGE });
    let (survivor, motif) = (org(9), Sealed::closed());
    let merged = organisation::Event::OrganisationMerged { survivor, motif };
    ask(Around { structure: organisation([merged]), ..around() })
        .refused(Refusal::StructureMerged { survivor });
}

#[test]
fn a_mission_says_what_it_follows_from_if_its_author_sees_it() {
    let report = |dla| -> Seen<Document> {
        let samples = document::tests::samples();
        let mut registered = samples.into_iter().next().unwrap();
        if let document::Event::DocumentRegistered { dlas, structure, .. } = &mut registered {
            *dlas = vec![dla];
            *structure = None;
        }
        seen(DOCUMENT, [registered])
    };
    let ask = |around: Around| {
        It::given([])
            .when(|it| it.initiate_ingenierie_individuelle(&amina(), ID, &around, initiation()))
    };
    let IngenierieIndividuelleInitiated {
        ingenierie,
        porteur,
        structure,
        intitule,
        besoin,
        territoire,
        secteurs,
        types,
        formation,
        ..
    } = initiated()
    else {
        unreachable!()
    };
    let from = ingenierie_of(DLA);
    ask(Around { origine: Some(from.clone()), document: Some(report(DLA)), ..around() }).then([
        IngenierieIndividuelleInitiated {
            ingenierie,
            porteur,
            structure,
            intitule,
            besoin,
            territoire,
            secteurs,
            types,
            formation,
            origine: Some(from.id),
            document: Some(DOCUMENT),
        },
    ]);
    ask(Around { origine: Some(ingenierie_of(OTHER_DLA)), ..around() })
        .refused(Refusal::OrigineUnknown { field: "origine" });
    ask(Around { document: Some(report(OTHER_DLA)), ..around() })
        .refused(Refusal::OrigineUnknown { field: "document" });
    ask(Around { document: Some(seen(DOCUMENT, [])), ..around() })
        .refused(Refusal::OrigineUnknown { field: "document" });
}

/// An ingénierie collective that only that DLA sees.
fn ingenierie_of(dla: crate::DlaId) -> Dossier {
    let mut it = ingenierie();
    it.perimeter = crate::Perimeter::of_dlas([dla]);
    it
}

// INV-25
#[test]
fn a_mission_has_a_theme_and_lists_are_bounded() {
    let ask = |initiation: Initiation| {
        It::given([])
            .when(|it| it.initiate_ingenierie_individuelle(&amina(), ID, &around(), initiation))
    };
    ask(Initiation { types: vec![], ..initiation() }).refused(Refusal::ThemesMissing {});
    let many = vec![theme("GESTION_FINANCIERE"); LIST_MAX + 1];
    ask(Initiation { types: many, ..initiation() })
        .refused(Refusal::MissionListTooLong { field: "types", max: LIST_MAX });
    let twice = vec![theme("GESTION_FINANCIERE"); 2];
    ask(Initiation { types: twice, ..initiation() }).then([initiated()]);
    It::given([initiated()])
        .when(|it| {
            let description = Description { types: Some(vec![]), ..Description::default() };
            it.describe_ingenierie_individuelle(&amina(), description)
        })
        .refused(Refusal::ThemesMissing {});
}

#[test]
fn what_is_said_anew_is_what_changes() {
    let given = It::given([initiated()]);
    let same = Description {
        intitule: Some(line("Créer une recyclerie")),
        secteurs: Some(codes(Liste::Secteur, ["ENVIRONNEMENT"])),
        types: Some(vec![theme("GESTION_FINANCIERE")]),
        formation: Some(false),
        besoin: None,
    };
    given
        .when(|it| it.describe_ingenierie_individuelle(&amina(), same.clone()))
        .nothing();
    let more = Description {
        intitule: Some(line("Ouvrir une recyclerie")),
        besoin: Some(prose("Trouver un local.")),
        ..same
    };
    let described = IngenierieIndividuelleDescribed {
        structure: VOISINAGE,
        intitule: Some(line("Ouvrir une recyclerie")),
        besoin: Some(sealed("Trouver un local.")),
        secteurs: None,
        types: None,
        formation: None,
    };
    given
        .when(|it| it.describe_ingenierie_individuelle(&amina(), more.clone()))
        .then([described.clone()]);
    // The need, sealed, cannot be compared: it counts again.
    let again = IngenierieIndividuelleDescribed {
        structure: VOISINAGE,
        intitule: None,
        besoin: Some(sealed("Trouver un local.")),
        secteurs: None,
        types: None,
        formation: None,
    };
    It::given([initiated(), described])
        .when(|it| it.describe_ingenierie_individuelle(&amina(), more))
        .then([again]);
}

#[test]
fn objectives_are_stated_together_each_once() {
    let given = It::given([initiated()]);
    let both = vec![objectif("INNOVATION"), objectif("ADAPTABILITE")];
    let set = ObjectifsSet { objectifs: both.clone() };
    given
        .when(|it| it.set_objectifs_individuels(&amina(), both.clone()))
        .then([set.clone()]);
    It::given([initiated(), set])
        .when(|it| it.set_objectifs_individuels(&amina(), both))
        .nothing();
    given
        .when(|it| it.set_objectifs_individuels(&amina(), vec![]))
        .refused(Refusal::ObjectifsMissing {});
    let innovation = code(Liste::ObjectifOperationnel, "INNOVATION");
    given
        .when(|it| it.set_objectifs_individuels(&amina(), vec![objectif("INNOVATION"); 2]))
        .refused(Refusal::ObjectifTwice { objectif: innovation });
}

// INV-26, INV-36
#[test]
fn results_are_amended_with_a_reason_once_the_demarche_is_validated() {
    let first = vec![resultat("Un budget")];
    let fixed = ResultatsAttendusFixed { resultats: first.clone() };
    It::given([initiated()])
        .when(|it| it.fix_resultats_individuels(&amina(), first.clone(), None))
        .then([fixed.clone()]);
    It::given([initiated()])
        .when(|it| it.fix_resultats_individuels(&amina(), vec![], None))
        .refused(Refusal::ResultatsMissing {});
    let given = It::given([initiated(), fixed, DemarcheValidated { dla: DLA }]);
    given
        .when(|it| it.fix_resultats_individuels(&amina(), first, None))
        .nothing();
    let more = vec![resultat("Un budget"), resultat("Un local")];
    given
        .when(|it| it.fix_resultats_individuels(&amina(), more.clone(), None))
        .refused(Refusal::MotifMissing {});
    let motif = sealed("La mairie prête un local.");
    let amended = ResultatsAttendusAmended { resultats: more.clone(), motif };
    given
        .when(|it| {
            let motif = Some(prose("La mairie prête un local."));
            it.fix_resultats_individuels(&amina(), more, motif)
        })
        .then([amended]);
}

// INV-08
#[test]
fn whoever_answers_for_the_porteuse_validates() {
    It::given([initiated()])
        .when(|it| it.validate_demarche_individuelle(&responsable()))
        .then([DemarcheValidated { dla: DLA }]);
    It::given([initiated()])
        .when(|it| it.validate_demarche_individuelle(&amina()))
        .refused(forbidden("validateDemarcheIndividuelle"));
    It::given(validated())
        .when(|it| it.validate_demarche_individuelle(&responsable()))
        .nothing();
    It::given([initiated()])
        .when(|it| it.start_ingenierie_individuelle(&amina(), &no_plan()))
        .refused(Refusal::NotValidated {});
}

// INV-11
#[test]
fn a_mission_starts_without_a_plan_or_on_one_that_stands() {
    let given = It::given(validated());
    given
        .when(|it| it.start_ingenierie_individuelle(&amina(), &no_plan()))
        .then([IngenierieIndividuelleStarted { plan: None }]);
    given
        .when(|it| it.start_ingenierie_individuelle(&amina(), &plan(ID, false)))
        .refused(Refusal::PlanOpen {});
    given
        .when(|it| it.start_ingenierie_individuelle(&amina(), &plan(ID, true)))
        .expecting(&plan(ID, true))
        .then([IngenierieIndividuelleStarted { plan: Some(PLAN) }]);
    // The plan of another dossier is none of its own.
    let other = plan(IngenierieId(Uuid::from_u128(5)), false);
    given
        .when(|it| it.start_ingenierie_individuelle(&amina(), &other))
        .then([IngenierieIndividuelleStarted { plan: None }]);
    It::given(started())
        .when(|it| it.start_ingenierie_individuelle(&amina(), &plan(ID, false)))
        .nothing();
}

// INV-07
#[test]
fn going_on_against_the_comite_is_explained() {
    let house = Asked { by: crate::Actor::HOUSE, today: TODAY, on: None, because: None };
    let unfavourable = || Avis {
        sens: SensAvis::Defavorable,
        commentaire: Some(prose("Trop tôt.")),
        reserves: None,
    };
    let recorded = AvisComiteAppuiRecorded {
        dla: DLA,
        sens: SensAvis::Defavorable,
        commentaire: Some(sealed("Trop tôt.")),
        reserves: None,
        seance: SEANCE,
    };
    let given = It::given(validated());
    given
        .when(|it| it.receive_avis(&house, DLA, SEANCE, unfavourable()))
        .then([recorded]);
    given
        .when(|it| it.receive_avis(&house, OTHER_DLA, SEANCE, unfavourable()))
        .refused(Common::NotFound {});
    given
        .when(|it| it.receive_avis(&regional(), DLA, SEANCE, unfavourable()))
        .refused(forbidden("receiveAvis"));
    let against = It::given(with(validated(), avis(SensAvis::Defavorable)));
    against
        .when(|it| it.start_ingenierie_individuelle(&amina(), &no_plan()))
        .refused(Common::JustificationNeeded { rule: Rule::AvisDefavorable });
    let because = sealed("Le local se libère.");
    against
        .when(|it| {
            let asked = amina().because("Le local se libère.");
            it.start_ingenierie_individuelle(&asked, &no_plan())
        })
        .then([
            RuleWaived { rule: Rule::AvisDefavorable, because },
            IngenierieIndividuelleStarted { plan: None },
        ]);
    let better = with(with(validated(), avis(SensAvis::Defavorable)), avis(SensAvis::Favorable));
    It::given(better)
        .when(|it| it.start_ingenierie_individuelle(&amina(), &no_plan()))
        .then([IngenierieIndividuelleStarted { plan: None }]);
}

#[test]
fn only_what_started_is_finalised_and_the_rest_is_given_up() {
    It::given(validated())
        .when(|it| it.finalise_ingenierie_individuelle(&amina()))
        .refused(Refusal::NotStarted {});
    It::given(started())
        .when(|it| it.finalise_ingenierie_individuelle(&amina()))
        .then([IngenierieIndividuelleFinalised {}]);
    let motif = || sealed("Le local est perdu.");
    for (etat, events) in [
        (Etat::EnIdentification, vec![initiated()]),
        (Etat::Engagee, validated()),
        (Etat::EnIntervention, started()),
    ] {
        let abandoned = IngenierieIndividuelleAbandoned { etat, motif: motif() };
        It::given(events.clone())
            .when(|it| it.abandon_ingenierie_individuelle(&amina(), prose("Le local est perdu.")))
            .then([abandoned.clone()]);
        // It goes on where it stood.
        let reopened = IngenierieIndividuelleReopened { etat, motif: motif() };
        It::given(with(events, abandoned))
            .when(|it| it.reopen_ingenierie_individuelle(&amina(), prose("Le local est perdu.")))
            .then([reopened]);
    }
    let reopened = IngenierieIndividuelleReopened { etat: Etat::EnIntervention, motif: motif() };
    It::given(finalised())
        .when(|it| it.reopen_ingenierie_individuelle(&responsable(), prose("Le local est perdu.")))
        .then([reopened]);
    It::given(started())
        .when(|it| it.reopen_ingenierie_individuelle(&amina(), prose("Par erreur.")))
        .nothing();
}

#[test]
fn those_concerned_know_the_mission_and_others_see_it_as_a_dossier() {
    let it: It = folded(started());
    for by in [amina(), regional(), structure(61)] {
        assert!(by.by.sees(&it.perimeter()));
    }
    for by in [stranger(), financeur(8), structure(62)] {
        assert!(!by.by.sees(&it.perimeter()));
    }
    let dossier = |events: Vec<Event>| Dossier::from(seen::<It>(ID, events));
    let under_way = dossier(started());
    assert_eq!(under_way.genre, Genre::Individuelle);
    assert_eq!(under_way.dlas, [DLA]);
    assert_eq!(under_way.mobilisees, BTreeSet::from([VOISINAGE]));
    assert_eq!(under_way.secteurs, codes(Liste::Secteur, ["ENVIRONNEMENT"]));
    assert!(under_way.ready && !under_way.is_over() && !under_way.formation);
    assert!(!dossier(vec![initiated()]).ready);
    assert!(dossier(finalised()).is_over());
    assert_eq!(dossier(vec![]).perimeter, crate::Perimeter::default());
    let training = IngenierieIndividuelleDescribed {
        structure: VOISINAGE,
        intitule: None,
        besoin: None,
        secteurs: None,
        types: None,
        formation: Some(true),
    };
    assert!(dossier(vec![initiated(), training]).formation);
    let of_the_other_kind = Dossier::from(seen::<IngenierieCollective>(ID, []));
    assert_eq!(of_the_other_kind.genre, Genre::Collective);
}

fn forbidden(act: &str) -> Refusal {
    Common::Forbidden { act: act.to_owned() }.into()
}

/// One of the commands, with a choice among a few.
type Command = fn(&It, &Asked, u8) -> Decision<It>;

/// Every command, by the name of its right.
const COMMANDS: &[(&str, Command)] = &[
    ("initiateIngenierieIndividuelle", |it, by, _| {
        it.initiate_ingenierie_individuelle(by, ID, &around(), initiation())
    }),
    ("describeIngenierieIndividuelle", |it, by, n| {
        let types = (n > 1).then(|| vec![theme("GESTION_FINANCIERE"); usize::from(n) - 2]);
        let description = Description {
            intitule: Some(line(&format!("Mission {n}"))),
            types,
            ..Description::default()
        };
        it.describe_ingenierie_individuelle(by, description)
    }),
    ("setObjectifsIndividuels", |it, by, n| {
        it.set_objectifs_individuels(by, vec![objectif("INNOVATION"); usize::from(n)])
    }),
    ("fixResultatsIndividuels", |it, by, n| {
        let motif = (n == 1).then(|| prose("Moins de temps."));
        it.fix_resultats_individuels(by, vec![resultat(&n.to_string()); usize::from(n)], motif)
    }),
    ("checkComplementariteIndividuelle", |it, by, _| {
        it.check_complementarite_individuelle(by, prose("Vu la CCI."))
    }),
    ("validateDemarcheIndividuelle", |it, by, _| it.validate_demarche_individuelle(by)),
    ("startIngenierieIndividuelle", |it, by, n| {
        let plans = [no_plan(), plan(ID, true), plan(ID, false)];
        it.start_ingenierie_individuelle(by, &plans[usize::from(n % 3)])
    }),
    ("finaliseIngenierieIndividuelle", |it, by, _| it.finalise_ingenierie_individuelle(by)),
    ("abandonIngenierieIndividuelle", |it, by, _| {
        it.abandon_ingenierie_individuelle(by, prose("Plus de besoin."))
    }),
    ("reopenIngenierieIndividuelle", |it, by, _| {
        it.reopen_ingenierie_individuelle(by, prose("Clos par erreur."))
    }),
];

#[test]
fn every_right_has_its_command_in_these_tests() {
    let rights: Vec<_> = RIGHTS.iter().map(|it| it.act).collect();
    let commands: Vec<_> = COMMANDS.iter().map(|(act, _)| *act).collect();
    assert_eq!(rights, commands);
}

#[test]
fn a_stranger_and_an_absent_dossier_get_the_same_answer() {
    let not_found = Err(Refusal::Common(Common::NotFound {}));
    for (act, command) in &COMMANDS[1..] {
        assert_eq!(command(&folded(started()), &stranger(), 1), not_found, "{act}");
        assert_eq!(command(&It::default(), &amina(), 1), not_found, "{act}");
    }
}

#[test]
fn the_structure_reads_its_mission_and_decides_nothing_of_it() {
    for (act, command) in &COMMANDS[1..] {
        let answer = command(&folded(started()), &structure(61), 1);
        assert_eq!(answer, Err(forbidden(act)), "{act}");
    }
}

// INV-38: after the end, only a reopening. What ended so already changes nothing.
#[test]
fn nothing_moves_after_the_end_but_a_reopening() {
    let motif = Sealed::closed();
    let abandoned = IngenierieIndividuelleAbandoned { etat: Etat::EnIntervention, motif };
    let ends = [
        (Etat::Finalisee, "finaliseIngenierieIndividuelle", finalised()),
        (Etat::Abandonnee, "abandonIngenierieIndividuelle", with(started(), abandoned)),
    ];
    for (etat, so_already, events) in ends {
        let it = folded(events);
        for (act, command) in &COMMANDS[1..] {
            let validates = *act == "validateDemarcheIndividuelle";
            let by = if validates { responsable() } else { amina() };
            let answer = command(&it, &by, 1);
            if *act == so_already || *act == "reopenIngenierieIndividuelle" {
                assert!(answer.is_ok(), "{act}: {answer:?}");
            } else {
                assert_eq!(answer, Err(Refusal::MissionOver { etat }), "{act}");
            }
        }
    }
}

#[test]
fn samples_hold_every_kind_and_read_back() {
    let mut written = vec![];
    for event in samples() {
        let stored = encode::<It>(&event).unwrap();
        let pointers = stored.sealed.iter().map(|it| it.pointer.as_str());
        let read = decode::<It>(&stored.kind, stored.schema, &raw(&stored.data), pointers);
        assert!(read.is_ok(), "{}: {read:?}", stored.kind);
        written.push(stored.kind);
    }
    assert_eq!(written, Event::kinds());
}

/// One fact of every kind, every optional field filled.
pub(crate) fn samples() -> Vec<Event> {
    let motif = || sealed("Pour une raison dite.");
    let mut opened = initiated();
    if let IngenierieIndividuelleInitiated { origine, document, .. } = &mut opened {
        (*origine, *document) = (Some(IngenierieId(Uuid::from_u128(5))), Some(DOCUMENT));
    }
    let precision = Some(prose("Avec la mairie."));
    let resultats = vec![ResultatAttendu {
        cible: Some(line("Deux emplois")),
        ..resultat("Des emplois durables")
    }];
    vec![
        opened,
        IngenierieIndividuelleDescribed {
            structure: VOISINAGE,
            intitule: Some(line("Ouvrir une recyclerie")),
            besoin: Some(sealed("Trouver un local.")),
            secteurs: Some(codes(Liste::Secteur, ["CULTURE", "ENVIRONNEMENT"])),
            types: Some(vec![theme("MANAGEMENT_GRH")]),
            formation: Some(true),
        },
        ObjectifsSet { objectifs: vec![Objectif { precision, ..objectif("INNOVATION") }] },
        ResultatsAttendusFixed { resultats: resultats.clone() },
        ResultatsAttendusAmended { resultats, motif: motif() },
        ComplementariteChecked { commentaire: motif() },
        AvisComiteAppuiRecorded {
            dla: DLA,
            sens: SensAvis::FavorableAvecReserves,
            commentaire: Some(motif()),
            reserves: Some(motif()),
            seance: SEANCE,
        },
        DemarcheValidated { dla: DLA },
        RuleWaived { rule: Rule::AvisDefavorable, because: motif() },
        IngenierieIndividuelleStarted { plan: Some(PLAN) },
        IngenierieIndividuelleFinalised {},
        IngenierieIndividuelleAbandoned { etat: Etat::EnIntervention, motif: motif() },
        IngenierieIndividuelleReopened { etat: Etat::EnIntervention, motif: motif() },
    ]
}

proptest! {
    // Whatever is asked by whomever, in whatever order.
    #[test]
    fn the_hard_rules_hold(steps in vec((0..COMMANDS.len(), 0_u8..4, any::<bool>()), 0..60)) {
        let mut facts: Vec<Event> = vec![];
        for (command, n, answers) in steps {
            let it: It = folded(facts.clone());
            let by = if answers { responsable() } else { amina() };
            let Ok(decided) = COMMANDS[command].1(&it, &by, n) else { continue };
            for event in decided.events() {
                // One beginning.
                let begins = matches!(event, IngenierieIndividuelleInitiated { .. });
                prop_assert_eq!(begins, facts.is_empty());
                // INV-38.
                let reopens = matches!(event, IngenierieIndividuelleReopened { .. });
                prop_assert_eq!(reopens, it.etat().is_some_and(Etat::is_over));
                // INV-08: validated by those who answer for the porteuse, before it starts.
                let validates = matches!(event, DemarcheValidated { .. });
                prop_assert!(answers || !validates);
                if let IngenierieIndividuelleStarted { plan } = event {
                    let validated = |it: &Event| matches!(it, DemarcheValidated { .. });
                    prop_assert!(facts.iter().any(validated));
                    // INV-11: on a plan that stands, or on none.
                    prop_assert_eq!(plan.is_some(), n % 3 == 1);
                }
                // INV-26.
                if let ResultatsAttendusFixed { .. } = event {
                    prop_assert_eq!(it.etat(), Some(Etat::EnIdentification));
                }
            }
            facts.extend(decided.events().cloned());
            let now: It = folded(facts.clone());
            // INV-25, and no state that a mission does not have.
            prop_assert!(facts.is_empty() || !now.types.is_empty());
            prop_assert_ne!(now.etat(), Some(Etat::Confirmee));
        }
    }
}
