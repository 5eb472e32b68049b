//! Every answer of a séance of a comité d'appui, and what becomes of its avis.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};

use super::{
    Avis, DOSSIERS_MAX, DUREE_MAX, Event, Event::*, Pending, PresenceMembre, Refusal, Rencontre,
    SeanceComiteAppui,
};
use crate::{
    Asked, Date, Decision, Dla, Dossier, Heure, IngenierieCollective, IngenierieId, PersonId,
    Prose, Role, Rule, Sealed, SeanceComiteId, Seen, Subject, date, dla,
    ingenierie_collective::{self as dossier, engager::SensAvis},
    refusal::Common,
    testing::{
        DLA, INGENIERIE, OTHER_DLA, Scenario, TODAY, abandoned_ingenierie, absent_ingenierie,
        amina, asked, financeur, folded, ingenierie, ingenierie_with, line, membre, org, prose,
        regional, responsable, seen, stranger, vaucluse,
    },
};

const OTHER: IngenierieId = IngenierieId(uuid::Uuid::from_u128(50));
const NADIA: PersonId = PersonId(uuid::Uuid::from_u128(71));
const PAUL: PersonId = PersonId(uuid::Uuid::from_u128(72));
const DAY: Date = date(2026, 3, 12);
const SEANCE: SeanceComiteId = SeanceComiteId(uuid::Uuid::from_u128(21));

/// One sample of every fact, with every optional member filled.
pub(crate) fn samples() -> Vec<Event> {
    vec![
        SeanceComiteAppuiConvened {
            dla: DLA,
            rencontre: rencontre(DAY),
            organisateur: Some(org(30)),
            territoire: vaucluse(),
        },
        SeanceComiteAppuiRescheduled {
            dla: DLA,
            rencontre: rencontre(TODAY),
            motif: of_dla("M. Roux est pris."),
        },
        SeanceComiteAppuiCancelled { dla: DLA, motif: of_dla("M. Roux est pris.") },
        DossierInscribed { ingenierie: INGENIERIE, rang: 1, duree: Some(20) },
        DossierWithdrawn { ingenierie: INGENIERIE, motif: sealed("Mme Petit n'est pas prête.") },
        OrdreDuJourSent { dla: DLA, edition: 1 },
        MembrePresenceRecorded {
            dla: DLA,
            personne: NADIA,
            organisation: Some(org(41)),
            presence: PresenceMembre::Excuse,
        },
        AvisGiven {
            ingenierie: INGENIERIE,
            sens: SensAvis::FavorableAvecReserves,
            commentaire: Some(sealed("M. Roux y croit.")),
            reserves: Some(sealed("Associer Mme Petit.")),
        },
        waived(),
        SeanceComiteAppuiClosed { dla: DLA },
        AvisTransmitted { ingenierie: INGENIERIE },
        AvisNotTransmitted { ingenierie: INGENIERIE, code: "INGENIERIE_OVER".to_owned() },
    ]
}

fn sealed(text: &str) -> Sealed<Prose> {
    Sealed::new(Subject::dossier(INGENIERIE), prose(text))
}

fn of_dla(text: &str) -> Sealed<Prose> {
    Sealed::new(Subject::dla(DLA), prose(text))
}

fn waived() -> Event {
    RuleWaived { rule: Rule::ComplementariteChecked, because: sealed("La ligue répond demain.") }
}

fn rencontre(date: Date) -> Rencontre {
    Rencontre {
        date,
        debut: Heure::parse("9:00").ok(),
        fin: Heure::parse("12:30").ok(),
        lieu: Some(line("Maison des associations, Avignon")),
        visio: true,
    }
}

/// The DLA, which `org(30)` carries.
fn dla() -> Seen<Dla> {
    let registered = dla::Event::DlaRegistered {
        intitule: line("DLA du Vaucluse"),
        niveau: dla::NiveauDla::Departemental,
        territoires: BTreeSet::from([vaucluse()]),
    };
    seen(DLA, [registered, dla::Event::StructurePorteuseDesignated { porteuse: org(30) }])
}

fn convened() -> Event {
    SeanceComiteAppuiConvened {
        dla: DLA,
        rencontre: rencontre(DAY),
        organisateur: Some(org(30)),
        territoire: vaucluse(),
    }
}

/// The ingénierie of the tests, compared with what others do.
fn checked() -> Dossier {
    ingenierie_with([dossier::Event::ComplementariteChecked {
        commentaire: sealed("Vu la ligue."),
    }])
}

fn inscribed(ingenierie: IngenierieId, rang: i32) -> Event {
    DossierInscribed { ingenierie, rang, duree: None }
}

fn given(ingenierie: IngenierieId, sens: SensAvis) -> Event {
    AvisGiven { ingenierie, sens, commentaire: None, reserves: None }
}

fn with(more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    [convened()].into_iter().chain(more).collect()
}

/// Two dossiers on the agenda.
fn two() -> Vec<Event> {
    with([inscribed(INGENIERIE, 1), inscribed(OTHER, 2)])
}

fn examined() -> Vec<Event> {
    let avis =
        [given(INGENIERIE, SensAvis::Favorable), given(OTHER, SensAvis::FavorableAvecReserves)];
    [two(), avis.to_vec()].concat()
}

fn closed() -> Vec<Event> {
    [examined(), vec![SeanceComiteAppuiClosed { dla: DLA }]].concat()
}

fn bare(sens: SensAvis) -> Avis {
    Avis { sens, commentaire: None, reserves: None }
}

fn house() -> Asked {
    asked(Role::House)
}

#[test]
fn a_comite_is_convened_by_its_dla_somewhere() {
    let none = SeanceComiteAppui::given([]);
    let convene = |by: &Asked, rencontre: Rencontre, organisateur| {
        let by = by.clone();
        none.when(move |it| it.convene_seance_comite_appui(&by, &dla(), rencontre, organisateur))
    };
    convene(&amina(), rencontre(DAY), Some(org(30)))
        .expecting(&dla())
        .then([convened()]);
    let nowhere = || Rencontre { lieu: None, visio: false, ..rencontre(DAY) };
    convene(&amina(), nowhere(), None).refused(Refusal::LieuMissing {});
    let by_visio = Rencontre { visio: true, ..nowhere() };
    convene(&amina(), by_visio.clone(), None).then([SeanceComiteAppuiConvened {
        dla: DLA,
        rencontre: by_visio,
        organisateur: None,
        territoire: vaucluse(),
    }]);
    let backwards = Rencontre { fin: Heure::parse("8:00").ok(), ..rencontre(DAY) };
    convene(&amina(), backwards, None).refused_with("COMITE_HEURES_REVERSED");
    convene(&amina(), rencontre(DAY), Some(org(31)))
        .refused(Refusal::OrganisateurNotPorteuse { organisateur: org(31) });
    convene(&stranger(), rencontre(DAY), None).refused(Common::NotFound {});
    convene(&membre(), rencontre(DAY), None).refused_with("NOT_FOUND");
    let absent = seen::<Dla>(DLA, []);
    none.when(|it| it.convene_seance_comite_appui(&amina(), &absent, rencontre(DAY), None))
        .refused(Common::NotFound {});
    SeanceComiteAppui::given([convened()])
        .when(|it| it.convene_seance_comite_appui(&amina(), &dla(), rencontre(DAY), None))
        .refused(Common::AlreadyExists {});
}

#[test]
fn a_seance_moves_or_is_called_off_with_a_reason() {
    let given_ = SeanceComiteAppui::given([convened()]);
    let why = || prose("M. Roux est pris.");
    given_
        .when(|it| it.reschedule_seance_comite_appui(&amina(), rencontre(TODAY), why()))
        .then([SeanceComiteAppuiRescheduled {
            dla: DLA,
            rencontre: rencontre(TODAY),
            motif: of_dla("M. Roux est pris."),
        }]);
    given_
        .when(|it| it.reschedule_seance_comite_appui(&amina(), rencontre(DAY), why()))
        .nothing();
    let cancelled = SeanceComiteAppuiCancelled { dla: DLA, motif: of_dla("M. Roux est pris.") };
    given_
        .when(|it| it.cancel_seance_comite_appui(&amina(), why()))
        .then([cancelled.clone()]);
    let off = SeanceComiteAppui::given(with([cancelled]));
    off.when(|it| it.cancel_seance_comite_appui(&amina(), why()))
        .nothing();
    off.when(|it| it.inscribe_dossier(&amina(), &checked(), (None, None)))
        .refused(Refusal::SeanceAnnulee {});
    off.when(|it| it.close_seance_comite_appui(&amina()))
        .refused(Refusal::SeanceAnnulee {});
    SeanceComiteAppui::given(examined())
        .when(|it| it.cancel_seance_comite_appui(&amina(), why()))
        .refused(Refusal::AvisAlreadyGiven {});
    SeanceComiteAppui::given(closed())
        .when(|it| it.cancel_seance_comite_appui(&amina(), why()))
        .refused(Refusal::SeanceClose {});
}

#[test]
fn an_agenda_holds_dossiers_of_its_dla_in_an_order() {
    let given_ = SeanceComiteAppui::given([convened()]);
    given_
        .when(|it| it.inscribe_dossier(&amina(), &checked(), (None, Some(20))))
        .expecting(&checked())
        .then([DossierInscribed { ingenierie: INGENIERIE, rang: 1, duree: Some(20) }]);
    let two = SeanceComiteAppui::given(two());
    two.when(|it| it.inscribe_dossier(&amina(), &checked(), (None, None)))
        .nothing();
    two.when(|it| it.inscribe_dossier(&amina(), &checked(), (Some(3), None)))
        .then([inscribed(INGENIERIE, 3)]);
    for rang in [0, -1, i32::try_from(DOSSIERS_MAX).unwrap() + 1] {
        given_
            .when(|it| it.inscribe_dossier(&amina(), &checked(), (Some(rang), None)))
            .refused(Refusal::RangOutOfRange { max: DOSSIERS_MAX });
    }
    for duree in [0, DUREE_MAX + 1] {
        given_
            .when(|it| it.inscribe_dossier(&amina(), &checked(), (None, Some(duree))))
            .refused(Refusal::DureeOutOfRange { max: DUREE_MAX });
    }
    given_
        .when(|it| it.inscribe_dossier(&amina(), &absent_ingenierie(), (None, None)))
        .refused(Common::NotFound {});
    given_
        .when(|it| it.inscribe_dossier(&amina(), &abandoned_ingenierie(), (None, None)))
        .refused(Refusal::DossierEnded {});
    // Of both DLAs, someone sees a dossier that does not concern this comité.
    let elsewhere = SeanceComiteAppuiConvened {
        dla: OTHER_DLA,
        rencontre: rencontre(DAY),
        organisateur: None,
        territoire: vaucluse(),
    };
    let of_both = asked(Role::ChargeDeMission { dlas: [DLA, OTHER_DLA].into() });
    SeanceComiteAppui::given([elsewhere])
        .when(|it| it.inscribe_dossier(&of_both, &checked(), (None, None)))
        .refused(Refusal::DossierOfAnotherDla { dla: OTHER_DLA });
    let many = (1..=u128::try_from(DOSSIERS_MAX).unwrap())
        .map(|n| inscribed(IngenierieId(uuid::Uuid::from_u128(1_000 + n)), 1));
    SeanceComiteAppui::given(with(many))
        .when(|it| it.inscribe_dossier(&amina(), &checked(), (Some(2), None)))
        .refused(Refusal::TooManyDossiers { max: DOSSIERS_MAX });
}

/// INV-14: JUSTIFY.
#[test]
fn a_dossier_that_was_not_compared_with_others_goes_to_the_comite_with_a_reason() {
    let given_ = SeanceComiteAppui::given([convened()]);
    given_
        .when(|it| it.inscribe_dossier(&amina(), &ingenierie(), (None, None)))
        .refused(Common::JustificationNeeded { rule: Rule::ComplementariteChecked });
    let justified = amina().because("La ligue répond demain.");
    given_
        .when(|it| it.inscribe_dossier(&justified, &ingenierie(), (None, None)))
        .then([waived(), inscribed(INGENIERIE, 1)]);
}

#[test]
fn a_dossier_leaves_the_agenda_before_it_is_examined() {
    let given_ = SeanceComiteAppui::given(two());
    let why = || prose("Mme Petit n'est pas prête.");
    given_
        .when(|it| it.withdraw_dossier(&amina(), INGENIERIE, why()))
        .then([DossierWithdrawn {
            ingenierie: INGENIERIE,
            motif: sealed("Mme Petit n'est pas prête."),
        }]);
    SeanceComiteAppui::given([convened()])
        .when(|it| it.withdraw_dossier(&amina(), INGENIERIE, why()))
        .nothing();
    SeanceComiteAppui::given(examined())
        .when(|it| it.withdraw_dossier(&amina(), INGENIERIE, why()))
        .refused(Refusal::DossierExamined {});
}

#[test]
fn an_agenda_is_sent_again_once_it_has_changed() {
    SeanceComiteAppui::given([convened()])
        .when(|it| it.send_ordre_du_jour(&amina()))
        .refused(Refusal::OrdreDuJourEmpty {});
    let sent = OrdreDuJourSent { dla: DLA, edition: 1 };
    SeanceComiteAppui::given(two())
        .when(|it| it.send_ordre_du_jour(&amina()))
        .then([sent.clone()]);
    let once = [two(), vec![sent]].concat();
    SeanceComiteAppui::given(once.clone())
        .when(|it| it.send_ordre_du_jour(&amina()))
        .nothing();
    SeanceComiteAppui::given([once, vec![inscribed(OTHER, 3)]].concat())
        .when(|it| it.send_ordre_du_jour(&amina()))
        .then([OrdreDuJourSent { dla: DLA, edition: 2 }]);
}

#[test]
fn presence_is_noted_from_the_day_of_the_seance() {
    let given_ = SeanceComiteAppui::given([convened()]);
    let noted = |organisation, presence| MembrePresenceRecorded {
        dla: DLA,
        personne: NADIA,
        organisation,
        presence,
    };
    let present = PresenceMembre::Present;
    given_
        .when(|it| it.record_membre_presence(&amina(), NADIA, Some(org(41)), present))
        .then([noted(Some(org(41)), present)]);
    let eve = amina().on(date(2026, 3, 11));
    given_
        .when(|it| it.record_membre_presence(&eve, NADIA, None, present))
        .refused(Refusal::SeanceToCome { date: DAY });
    let known = SeanceComiteAppui::given(with([noted(None, present)]));
    known
        .when(|it| it.record_membre_presence(&amina(), NADIA, None, present))
        .nothing();
    known
        .when(|it| it.record_membre_presence(&amina(), NADIA, None, PresenceMembre::Absent))
        .then([noted(None, PresenceMembre::Absent)]);
}

#[test]
fn an_avis_is_given_by_the_comite_of_the_dla_on_its_agenda() {
    let given_ = SeanceComiteAppui::given(two());
    for by in [amina(), membre()] {
        given_
            .when(|it| it.give_avis(&by, INGENIERIE, bare(SensAvis::Favorable)))
            .then([given(INGENIERIE, SensAvis::Favorable)]);
    }
    let favorable = || bare(SensAvis::Favorable);
    given_
        .when(|it| it.give_avis(&stranger(), INGENIERIE, favorable()))
        .refused(Common::NotFound {});
    given_
        .when(|it| it.give_avis(&financeur(41), INGENIERIE, favorable()))
        .refused(Common::NotFound {});
    given_
        .when(|it| it.give_avis(&responsable(), INGENIERIE, favorable()))
        .refused_with("FORBIDDEN");
    SeanceComiteAppui::given([convened()])
        .when(|it| it.give_avis(&membre(), INGENIERIE, favorable()))
        .refused(Refusal::DossierNotInscribed {});
    let eve = membre().on(date(2026, 3, 11));
    given_
        .when(|it| it.give_avis(&eve, INGENIERIE, favorable()))
        .refused(Refusal::SeanceToCome { date: DAY });
    SeanceComiteAppui::given(closed())
        .when(|it| it.give_avis(&membre(), INGENIERIE, favorable()))
        .refused(Refusal::SeanceClose {});
    // Until the closing what was said last counts.
    let examined = SeanceComiteAppui::given(examined());
    examined
        .when(|it| it.give_avis(&membre(), INGENIERIE, favorable()))
        .nothing();
    let later = Avis {
        sens: SensAvis::Ajourne,
        commentaire: Some(prose("M. Roux y croit.")),
        reserves: None,
    };
    examined
        .when(|it| it.give_avis(&membre(), INGENIERIE, later))
        .then([AvisGiven {
            ingenierie: INGENIERIE,
            sens: SensAvis::Ajourne,
            commentaire: Some(sealed("M. Roux y croit.")),
            reserves: None,
        }]);
}

#[test]
fn an_avis_says_why_and_with_which_reservations() {
    let given_ = SeanceComiteAppui::given(two());
    for sens in [SensAvis::Defavorable, SensAvis::Ajourne] {
        given_
            .when(|it| it.give_avis(&membre(), INGENIERIE, bare(sens)))
            .refused(Refusal::CommentaireMissing {});
    }
    let with_reserves = bare(SensAvis::FavorableAvecReserves);
    given_
        .when(|it| it.give_avis(&membre(), INGENIERIE, with_reserves))
        .refused(Refusal::ReservesMissing {});
    let odd = Avis { reserves: Some(prose("Aucune.")), ..bare(SensAvis::Favorable) };
    given_
        .when(|it| it.give_avis(&membre(), INGENIERIE, odd))
        .refused(Refusal::ReservesUnexpected {});
}

#[test]
fn a_seance_closes_once_every_dossier_has_its_avis() {
    SeanceComiteAppui::given(two())
        .when(|it| it.close_seance_comite_appui(&amina()))
        .refused(Refusal::AvisExpected { dossiers: 2 });
    let examined = SeanceComiteAppui::given(examined());
    examined
        .when(|it| it.close_seance_comite_appui(&amina()))
        .then([SeanceComiteAppuiClosed { dla: DLA }]);
    examined
        .when(|it| it.close_seance_comite_appui(&membre()))
        .refused_with("FORBIDDEN");
    let eve = amina().on(date(2026, 3, 11));
    examined
        .when(|it| it.close_seance_comite_appui(&eve))
        .refused(Refusal::SeanceToCome { date: DAY });
    SeanceComiteAppui::given(closed())
        .when(|it| it.close_seance_comite_appui(&amina()))
        .nothing();
}

#[test]
fn each_avis_of_a_closed_seance_waits_for_its_dossier() {
    assert_eq!(folded::<SeanceComiteAppui>(examined()).pending(), vec![]);
    let waits = |ingenierie, sens| Pending { ingenierie, dla: DLA, sens };
    let one = waits(INGENIERIE, SensAvis::Favorable);
    let other = waits(OTHER, SensAvis::FavorableAvecReserves);
    assert_eq!(folded::<SeanceComiteAppui>(closed()).pending(), vec![one, other]);
    let given_ = SeanceComiteAppui::given(closed());
    given_
        .when(|it| it.settle_avis(&house(), INGENIERIE, None))
        .then([AvisTransmitted { ingenierie: INGENIERIE }]);
    let refused = AvisNotTransmitted { ingenierie: OTHER, code: "INGENIERIE_OVER".to_owned() };
    given_
        .when(|it| it.settle_avis(&house(), OTHER, Some("INGENIERIE_OVER")))
        .then([refused.clone()]);
    given_
        .when(|it| it.settle_avis(&amina(), INGENIERIE, None))
        .refused(Common::NotFound {});
    let settled = [closed(), vec![AvisTransmitted { ingenierie: INGENIERIE }, refused]].concat();
    assert_eq!(folded::<SeanceComiteAppui>(settled.clone()).pending(), vec![]);
    let settled = SeanceComiteAppui::given(settled);
    settled
        .when(|it| it.settle_avis(&house(), INGENIERIE, Some("INGENIERIE_OVER")))
        .nothing();
    settled
        .when(|it| it.settle_avis(&house(), OTHER, Some("INGENIERIE_OVER")))
        .nothing();
    // That the dossier holds it is said last.
    settled
        .when(|it| it.settle_avis(&house(), OTHER, None))
        .then([AvisTransmitted { ingenierie: OTHER }]);
}

#[test]
fn a_dossier_takes_the_avis_that_the_house_brings() {
    use crate::testing::seen as of;
    let given_ = |more: Vec<dossier::Event>| {
        let facts = [
            vec![dossier::Event::IngenierieCollectiveInitiated {
                ingenierie: INGENIERIE,
                porteur: DLA,
                intitule: line("Les relations avec les banques"),
                territoire: vaucluse(),
                secteurs: vec![],
            }],
            more,
        ];
        of::<IngenierieCollective>(INGENIERIE, facts.concat()).state
    };
    let avis = || Avis {
        sens: SensAvis::Favorable,
        commentaire: Some(prose("M. Roux y croit.")),
        reserves: None,
    };
    let received = given_(vec![]).receive_avis(&house(), DLA, SEANCE, avis());
    let recorded = dossier::Event::AvisComiteAppuiRecorded {
        dla: DLA,
        sens: SensAvis::Favorable,
        commentaire: Some(sealed("M. Roux y croit.")),
        reserves: None,
        seance: Some(SEANCE),
    };
    assert_eq!(received.unwrap().events().collect::<Vec<_>>(), [&recorded]);
    // An avis like the last is one more: it was given.
    let again = given_(vec![recorded]).receive_avis(&house(), DLA, SEANCE, avis());
    assert_eq!(again.unwrap().facts.len(), 1);
    for by in [amina(), regional()] {
        let no = given_(vec![]).receive_avis(&by, DLA, SEANCE, avis());
        assert_eq!(no.unwrap_err(), Common::Forbidden { act: "receiveAvis".to_owned() }.into());
    }
    let no = given_(vec![]).receive_avis(&house(), OTHER_DLA, SEANCE, avis());
    assert_eq!(no.unwrap_err(), dossier::Refusal::DlaNotConcerned { dla: OTHER_DLA });
}

/// One of the commands, about a dossier among two.
type Command = fn(&SeanceComiteAppui, &Asked, bool) -> Decision<SeanceComiteAppui>;

const COMMANDS: &[Command] = &[
    |it, by, _| it.convene_seance_comite_appui(by, &dla(), rencontre(DAY), None),
    |it, by, _| it.reschedule_seance_comite_appui(by, rencontre(TODAY), prose("Pris.")),
    |it, by, one| {
        if one {
            it.cancel_seance_comite_appui(by, prose("Pris."))
        } else {
            it.send_ordre_du_jour(by)
        }
    },
    |it, by, one| {
        let mut dossier = checked();
        dossier.id = if one { INGENIERIE } else { OTHER };
        it.inscribe_dossier(by, &dossier, (None, None))
    },
    |it, by, one| it.withdraw_dossier(by, if one { INGENIERIE } else { OTHER }, prose("Pris.")),
    |it, by, _| it.record_membre_presence(by, PAUL, None, PresenceMembre::Present),
    |it, by, one| {
        let avis = bare(SensAvis::Favorable);
        it.give_avis(by, if one { INGENIERIE } else { OTHER }, avis)
    },
    |it, by, _| it.close_seance_comite_appui(by),
    |it, by, one| it.settle_avis(by, if one { INGENIERIE } else { OTHER }, None),
    |it, by, one| it.settle_avis(by, if one { INGENIERIE } else { OTHER }, Some("NOT_FOUND")),
];

proptest! {
    /// Whatever is asked, by whomever: nothing is said after the closing, each dossier examined
    /// is settled once, and asking the same again changes nothing.
    #[test]
    fn whatever_is_asked_each_avis_is_settled_once(
        asks in vec((0..COMMANDS.len(), any::<bool>(), 0..4_usize), 0..60)
    ) {
        let people = [amina(), membre(), house(), stranger()];
        let mut facts: Vec<Event> = vec![];
        for (command, one, who) in asks {
            let state = folded::<SeanceComiteAppui>(facts.clone());
            let ask = |it: &SeanceComiteAppui| COMMANDS[command](it, &people[who], one);
            let Ok(decided) = ask(&state) else { continue };
            let new: Vec<_> = decided.events().cloned().collect();
            let after = folded::<SeanceComiteAppui>(facts.iter().chain(&new).cloned());
            if let Ok(again) = ask(&after) {
                // A reason is a text, and texts cannot be compared.
                prop_assert!(again.facts.is_empty(), "{again:?}");
            }
            facts.extend(new);
        }
        let closed = facts.iter().position(|it| matches!(it, SeanceComiteAppuiClosed { .. }));
        let settled = |it: &&Event| matches!(it, AvisTransmitted { .. });
        let mut said = BTreeSet::new();
        for it in &facts {
            if let AvisGiven { ingenierie, .. } = it {
                said.insert(*ingenierie);
            }
        }
        if let Some(closed) = closed {
            let after = &facts[closed + 1..];
            let house_only = after.iter().all(|it| {
                matches!(it, AvisTransmitted { .. } | AvisNotTransmitted { .. })
            });
            prop_assert!(house_only, "{after:?}");
            prop_assert!(after.iter().filter(settled).count() <= said.len());
        } else {
            prop_assert_eq!(facts.iter().filter(settled).count(), 0);
        }
    }
}
