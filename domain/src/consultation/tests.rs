//! Every answer of a consultation, and what holds whatever is asked.

use proptest::{collection::vec, prelude::*};

use super::{
    CauseRejet, Choice, Consultation, Contrat, Event, Event::*, Notateur, Notation, Offre,
    OffreOuverte, QualiteInvite, Refusal, SectionCahier, Sections,
};

mod choix_partage;
use crate::{
    Asked, Cents, ConsultationId, Date, Decider, Decision, Dossier, IngenierieId, OrganisationId,
    QuarterDays, Rule, Sealed, Subject, date,
    refusal::{Common, Listed, Param},
    testing::{
        DLA, INGENIERIE, OTHER_DLA, Scenario, TODAY, abandoned_ingenierie, absent_ingenierie,
        amina, folded, ingenierie, line, org, prestataire, prose, referenced, regional,
        responsable, stranger, unreferenced, vaucluse,
    },
};

const ID: ConsultationId = ConsultationId(uuid::Uuid::from_u128(6));
const ATELIER: OrganisationId = org(1);
const COOP: OrganisationId = org(2);
const LIGUE: OrganisationId = org(3);
const REGION: OrganisationId = org(41);
const RESTO: OrganisationId = org(51);
const DEADLINE: Date = date(2026, 3, 31);
const DAY_AFTER: Date = date(2026, 4, 1);
const PRICE: Cents = Cents(450_000);

/// One sample of every fact, with every optional member filled.
pub(crate) fn samples() -> Vec<Event> {
    vec![
        CahierDesChargesDrafted {
            ingenierie: INGENIERIE,
            dlas: vec![DLA, OTHER_DLA],
            territoire: vaucluse(),
            edition: 2,
            sections: Sections { evaluation: Some(prose("Rendre compte.")), ..sections() },
        },
        PartenaireInvited { organisation: REGION, qualite: QualiteInvite::Financeur },
        contribution(),
        CahierDesChargesFinalised { edition: 2 },
        AppelOffresLaunched { deadline: DEADLINE },
        PrestataireConsulted { prestataire: ATELIER },
        PrestataireDeclined { prestataire: COOP },
        received(ATELIER),
        OffreWithdrawn { prestataire: COOP },
        OffresOpened { offres: vec![envelope(ATELIER, PRICE)] },
        rejected(COOP, CauseRejet::Irrecevable),
        OffreScored {
            prestataire: ATELIER,
            par: Notateur::Organisation(REGION),
            notation: notation(),
            commentaire: Some(sealed("M. Roux connaît le terrain.")),
        },
        PreferenceStructureExpressed {
            structure: RESTO,
            prestataire: ATELIER,
            motif: Some(sealed("Mme Ferrand nous connaît.")),
        },
        waived(Rule::ConsultedMin),
        PrestataireChosen {
            prestataire: ATELIER,
            montant: PRICE,
            notation: notation(),
            motif: sealed("M. Roux connaît le terrain."),
            proces_verbal: Some(sealed("Présents : M. Roux, Mme Petit.")),
        },
        PrestataireDirectlyChosen { prestataire: LIGUE, montant: PRICE },
        PrestataireInformed { prestataire: ATELIER, retenu: true },
        unsuccessful(),
        ConsultationClosed {},
        ContratSigned { contrat: contrat() },
        ContratAmended { contrat: contrat(), motif: sealed("Mme Ferrand vient une fois de plus.") },
        ContratTerminated { motif: sealed("Mme Ferrand cesse son activité.") },
    ]
}

fn sealed(text: &str) -> Sealed<crate::Prose> {
    Sealed::new(Subject::dossier(INGENIERIE), prose(text))
}

fn contribution() -> Event {
    CahierDesChargesContributionRecorded {
        organisation: REGION,
        section: Some(SectionCahier::Conditions),
        contribution: sealed("Mme Petit demande des séances le soir."),
    }
}

fn rejected(prestataire: OrganisationId, cause: CauseRejet) -> Event {
    OffreRejected { prestataire, cause, motif: sealed("M. Roux n'a pas signé.") }
}

fn contrat() -> Contrat {
    Contrat {
        montant: PRICE,
        debut: date(2026, 4, 15),
        fin: Some(date(2026, 12, 31)),
        reference: Some(line("2026-017")),
    }
}

fn sections() -> Sections {
    Sections {
        demarche: Some(prose("Trois groupes de structures.")),
        objectifs: Some(prose("Stabiliser les emplois.")),
        resultats: Some(prose("Un budget pour chacune.")),
        conditions: Some(prose("Alterner le collectif et l'individuel.")),
        evaluation: None,
        evaluation_attendue: false,
    }
}

fn drafted(sections: Sections) -> Event {
    CahierDesChargesDrafted {
        ingenierie: INGENIERIE,
        dlas: vec![DLA],
        territoire: vaucluse(),
        edition: 1,
        sections,
    }
}

fn offre() -> Offre {
    Offre {
        montant: PRICE,
        jours: Some(QuarterDays(14)),
        proposition: Some(prose("Avec Mme Ferrand, formatrice.")),
    }
}

fn received(prestataire: OrganisationId) -> Event {
    let subject = Subject::offre(ID.0, prestataire);
    OffreReceived { prestataire, offre: Sealed::new(subject, offre()) }
}

fn envelope(prestataire: OrganisationId, montant: Cents) -> OffreOuverte {
    OffreOuverte { prestataire, montant, jours: Some(QuarterDays(14)) }
}

fn waived(rule: Rule) -> Event {
    let because = Sealed::new(Subject::dossier(INGENIERIE), prose("Seul sur ce sujet."));
    RuleWaived { rule, because }
}

fn chosen(prestataire: OrganisationId) -> Event {
    let motif = Sealed::new(Subject::dossier(INGENIERIE), prose("M. Roux connaît le terrain."));
    PrestataireChosen {
        prestataire,
        montant: PRICE,
        notation: notation(),
        motif,
        proces_verbal: None,
    }
}

fn unsuccessful() -> Event {
    let motif = Sealed::new(Subject::dossier(INGENIERIE), prose("Aucune ne convient."));
    ConsultationDeclaredUnsuccessful { motif }
}

fn notation() -> Notation {
    Notation { contenus: 5, engagement: 4, animation: 3, enquete: 0 }
}

fn choice(prestataire: OrganisationId) -> Choice {
    Choice {
        prestataire,
        notation: Some(notation()),
        motif: prose("M. Roux connaît le terrain."),
        proces_verbal: None,
    }
}

fn finalised() -> Vec<Event> {
    vec![drafted(sections()), CahierDesChargesFinalised { edition: 1 }]
}

fn launched() -> Vec<Event> {
    [finalised(), vec![AppelOffresLaunched { deadline: DEADLINE }]].concat()
}

/// Three prestataires consulted.
fn consulted() -> Vec<Event> {
    let consulted = [ATELIER, COOP, LIGUE].map(|prestataire| PrestataireConsulted { prestataire });
    [launched(), consulted.to_vec()].concat()
}

/// Two of the three answered, so that nothing opens before the deadline.
fn half_answered() -> Vec<Event> {
    [consulted(), vec![received(ATELIER), received(COOP)]].concat()
}

fn opened() -> Vec<Event> {
    let offres = vec![envelope(ATELIER, PRICE), envelope(COOP, Cents(380_000))];
    [half_answered(), vec![OffresOpened { offres }]].concat()
}

fn decided() -> Vec<Event> {
    [opened(), vec![chosen(ATELIER)]].concat()
}

fn failed() -> Vec<Event> {
    [opened(), vec![unsuccessful()]].concat()
}

fn closed() -> Vec<Event> {
    let informed = [(ATELIER, true), (COOP, false)]
        .map(|(prestataire, retenu)| PrestataireInformed { prestataire, retenu });
    [decided(), informed.to_vec(), vec![ConsultationClosed {}]].concat()
}

#[test]
fn an_ingenierie_gets_its_cahier_des_charges() {
    Consultation::given([])
        .when(|it| it.draft_cahier_des_charges(&amina(), &ingenierie(), sections()))
        .expecting(&ingenierie())
        .then([drafted(sections())]);
}

#[test]
fn a_cahier_des_charges_changes_by_editions_that_are_to_be_finalised_again() {
    let shorter = Sections { conditions: None, ..sections() };
    let next = CahierDesChargesDrafted {
        ingenierie: INGENIERIE,
        dlas: vec![DLA],
        territoire: vaucluse(),
        edition: 2,
        sections: shorter.clone(),
    };
    Consultation::given(finalised())
        .when(|it| it.draft_cahier_des_charges(&amina(), &ingenierie(), shorter.clone()))
        .then([next.clone()]);
    Consultation::given([finalised(), vec![next]].concat())
        .when(|it| it.launch_appel_offres(&amina(), &ingenierie(), DEADLINE))
        .refused(Refusal::CahierDesChargesNotFinal {});
}

// INV-38: a mission is not given for an ingénierie that is over, nor for another one.
#[test]
fn nothing_is_awarded_once_the_ingenierie_has_ended() {
    let asked = amina().because("Seul sur ce sujet.");
    let elsewhere = Dossier { id: IngenierieId(uuid::Uuid::from_u128(6)), ..ingenierie() };
    for (dossier, refusal) in [
        (abandoned_ingenierie(), Refusal::IngenierieEnded {}),
        (elsewhere, Refusal::Common(Common::NotFound {})),
    ] {
        Consultation::given(finalised())
            .when(|it| it.launch_appel_offres(&asked, &dossier, DEADLINE))
            .refused(refusal.clone());
        Consultation::given(opened())
            .when(|it| it.choose_prestataire(&asked, &dossier, choice(ATELIER)))
            .refused(refusal.clone());
        Consultation::given(launched())
            .when(|it| it.award_directly(&asked, &dossier, &referenced(1), PRICE))
            .refused(refusal.clone());
        Consultation::given(launched())
            .when(|it| it.consult_prestataire(&asked, &dossier, &referenced(4)))
            .refused(refusal.clone());
        let signs = responsable().because("Seul sur ce sujet.");
        Consultation::given(decided())
            .when(|it| it.sign_contrat(&signs, &dossier, choix_partage::unplanned(contrat())))
            .refused(refusal);
    }
}

#[test]
fn the_same_cahier_des_charges_is_not_a_new_edition() {
    for history in [finalised(), launched(), decided()] {
        Consultation::given(history)
            .when(|it| it.draft_cahier_des_charges(&amina(), &ingenierie(), sections()))
            .nothing();
    }
}

#[test]
fn the_terms_do_not_change_once_the_call_is_out() {
    let refused = |history, no: Refusal| {
        Consultation::given(history)
            .when(|it| it.draft_cahier_des_charges(&amina(), &ingenierie(), Sections::default()))
            .refused(no);
    };
    refused(launched(), Refusal::CahierDesChargesFinal {});
    refused(decided(), Refusal::ResultAlreadyDecided {});
    refused(closed(), Refusal::ConsultationOver {});
}

#[test]
fn a_consultation_serves_one_ingenierie() {
    let mut other = ingenierie();
    other.id = crate::IngenierieId(uuid::Uuid::from_u128(55));
    Consultation::given(finalised())
        .when(|it| it.draft_cahier_des_charges(&amina(), &other, sections()))
        .refused(Common::AlreadyExists {});
}

// INV-38
#[test]
fn an_abandoned_ingenierie_consults_nobody() {
    Consultation::given([])
        .when(|it| it.draft_cahier_des_charges(&amina(), &abandoned_ingenierie(), sections()))
        .refused(Refusal::IngenierieEnded {});
}

#[test]
fn an_ingenierie_that_is_absent_or_unseen_has_no_cahier_des_charges() {
    Consultation::given([])
        .when(|it| it.draft_cahier_des_charges(&amina(), &absent_ingenierie(), sections()))
        .refused(Common::NotFound {});
    Consultation::given([])
        .when(|it| it.draft_cahier_des_charges(&stranger(), &ingenierie(), sections()))
        .refused(Common::NotFound {});
}

// INV-01
#[test]
fn a_cahier_des_charges_is_final_when_its_sections_are_filled() {
    Consultation::given([drafted(sections())])
        .when(|it| it.finalise_cahier_des_charges(&amina()))
        .then([CahierDesChargesFinalised { edition: 1 }]);
    Consultation::given(finalised())
        .when(|it| it.finalise_cahier_des_charges(&amina()))
        .nothing();
    let missing = |names: &[&str]| Refusal::SectionsMissing {
        missing: Listed(names.iter().map(ToString::to_string).collect()),
    };
    Consultation::given([drafted(Sections::default())])
        .when(|it| it.finalise_cahier_des_charges(&amina()))
        .refused(missing(&["demarche", "objectifs", "resultats", "conditions"]));
    let evaluating = Sections { evaluation_attendue: true, ..sections() };
    Consultation::given([drafted(evaluating)])
        .when(|it| it.finalise_cahier_des_charges(&amina()))
        .refused(missing(&["evaluation"]));
}

#[test]
fn missing_sections_are_named_in_a_sentence() {
    let missing = Listed(vec!["demarche".to_owned(), "objectifs".to_owned()]);
    let no: crate::Refusal = Refusal::SectionsMissing { missing }.into();
    assert!(no.fr.ends_with("finaliser : demarche, objectifs."), "{}", no.fr);
    let missing = serde_json::json!(["demarche", "objectifs"]);
    assert_eq!(no.params, [("missing", Param::Plain(missing))]);
}

#[test]
fn a_mission_that_was_awarded_needs_no_final_cahier_des_charges() {
    let direct = PrestataireDirectlyChosen { prestataire: ATELIER, montant: PRICE };
    let awarded = [drafted(sections()), waived(Rule::Competition), direct];
    Consultation::given(awarded.clone())
        .when(|it| it.finalise_cahier_des_charges(&amina()))
        .refused(Refusal::ResultAlreadyDecided {});
    Consultation::given(awarded)
        .when(|it| it.launch_appel_offres(&amina(), &ingenierie(), DEADLINE))
        .refused(Refusal::ResultAlreadyDecided {});
}

// INV-01
#[test]
fn offres_are_asked_for_on_a_final_cahier_des_charges() {
    Consultation::given(finalised())
        .when(|it| it.launch_appel_offres(&amina(), &ingenierie(), DEADLINE))
        .expecting(&ingenierie())
        .then([AppelOffresLaunched { deadline: DEADLINE }]);
    Consultation::given([drafted(sections())])
        .when(|it| it.launch_appel_offres(&amina(), &ingenierie(), DEADLINE))
        .refused(Refusal::CahierDesChargesNotFinal {});
}

#[test]
fn a_deadline_gives_time_to_answer_and_does_not_move() {
    let yesterday = date(2026, 3, 15);
    Consultation::given(finalised())
        .when(|it| it.launch_appel_offres(&amina(), &ingenierie(), yesterday))
        .refused(Refusal::DeadlinePast { deadline: yesterday });
    Consultation::given(launched())
        .when(|it| it.launch_appel_offres(&amina(), &ingenierie(), DEADLINE))
        .nothing();
    Consultation::given(launched())
        .when(|it| it.launch_appel_offres(&amina(), &ingenierie(), DAY_AFTER))
        .refused(Refusal::AppelOffresAlreadyLaunched { deadline: DEADLINE });
}

#[test]
fn referenced_prestataires_are_consulted_once() {
    Consultation::given(launched())
        .when(|it| it.consult_prestataire(&amina(), &ingenierie(), &referenced(1)))
        .expecting_all([(&referenced(1)).into(), (&ingenierie()).into()])
        .then([PrestataireConsulted { prestataire: ATELIER }]);
    Consultation::given(decided())
        .when(|it| it.consult_prestataire(&amina(), &ingenierie(), &referenced(1)))
        .nothing();
    Consultation::given(launched())
        .when(|it| it.consult_prestataire(&amina(), &ingenierie(), &unreferenced(1)))
        .refused(Refusal::NotPrestataire { prestataire: ATELIER });
}

#[test]
fn nobody_is_consulted_without_time_to_answer() {
    let refused = |history: Vec<Event>, asked: Asked, no: Refusal| {
        Consultation::given(history)
            .when(|it| it.consult_prestataire(&asked, &ingenierie(), &referenced(4)))
            .refused(no);
    };
    refused(finalised(), amina(), Refusal::AppelOffresNotLaunched {});
    refused(launched(), at(DAY_AFTER), Refusal::TooLateToConsult { deadline: DEADLINE });
    refused(opened(), amina(), Refusal::OffresAlreadyOpen {});
    refused(decided(), amina(), Refusal::ResultAlreadyDecided {});
}

#[test]
fn a_prestataire_sends_a_sealed_offre_until_the_deadline() {
    for asked in [prestataire(1), amina()] {
        for today in [TODAY, DEADLINE] {
            let asked = Asked { today, ..asked.clone() };
            Consultation::given(consulted())
                .when(|it| it.submit_offre(&asked, (ID, &ingenierie()), ATELIER, offre()))
                .then([received(ATELIER)]);
        }
        let late = Asked { today: DAY_AFTER, ..asked };
        Consultation::given(consulted())
            .when(|it| it.submit_offre(&late, (ID, &ingenierie()), ATELIER, offre()))
            .refused(Refusal::OffreLate { deadline: DEADLINE });
    }
}

#[test]
fn a_better_offre_may_follow() {
    Consultation::given(half_answered())
        .when(|it| it.submit_offre(&prestataire(1), (ID, &ingenierie()), ATELIER, offre()))
        .then([received(ATELIER)]);
}

#[test]
fn only_the_dla_notes_an_offre_that_came_another_day() {
    let noted = at(DAY_AFTER).on(DEADLINE);
    Consultation::given(consulted())
        .when(|it| it.submit_offre(&noted, (ID, &ingenierie()), ATELIER, offre()))
        .then([received(ATELIER)]);
    let backdated = Asked { today: DAY_AFTER, ..prestataire(1) }.on(DEADLINE);
    Consultation::given(consulted())
        .when(|it| it.submit_offre(&backdated, (ID, &ingenierie()), ATELIER, offre()))
        .refused(Refusal::OffreBackdated {});
}

#[test]
fn an_offre_answers_a_call_that_is_still_open() {
    let refused = |history: Vec<Event>, no: Refusal| {
        Consultation::given(history)
            .when(|it| it.submit_offre(&amina(), (ID, &ingenierie()), ATELIER, offre()))
            .refused(no);
    };
    refused(launched(), Refusal::NotConsulted { prestataire: ATELIER });
    // INV-38
    Consultation::given(consulted())
        .when(|it| it.submit_offre(&amina(), (ID, &abandoned_ingenierie()), ATELIER, offre()))
        .refused(Refusal::IngenierieEnded {});
    refused(opened(), Refusal::OffresAlreadyOpen {});
    refused(decided(), Refusal::ResultAlreadyDecided {});
    // No command leads here: the call always comes before those who are consulted.
    let consulted = PrestataireConsulted { prestataire: ATELIER };
    refused(vec![drafted(sections()), consulted], Refusal::AppelOffresNotLaunched {});
}

#[test]
fn a_bidder_acts_for_nobody_else() {
    let history = half_answered();
    Consultation::given(history.clone())
        .when(|it| it.submit_offre(&prestataire(2), (ID, &ingenierie()), ATELIER, offre()))
        .refused(Common::NotFound {});
    Consultation::given(history.clone())
        .when(|it| it.withdraw_offre(&prestataire(2), ATELIER))
        .refused(Common::NotFound {});
    Consultation::given(history)
        .when(|it| it.decline_consultation(&prestataire(2), ATELIER))
        .refused(Common::NotFound {});
}

#[test]
fn an_offre_is_taken_back_before_the_opening() {
    Consultation::given(half_answered())
        .when(|it| it.withdraw_offre(&prestataire(1), ATELIER))
        .then([OffreWithdrawn { prestataire: ATELIER }]);
    Consultation::given(half_answered())
        .when(|it| it.withdraw_offre(&amina(), LIGUE))
        .nothing();
    Consultation::given(opened())
        .when(|it| it.withdraw_offre(&prestataire(1), ATELIER))
        .refused(Refusal::OffresAlreadyOpen {});
    Consultation::given(decided())
        .when(|it| it.withdraw_offre(&prestataire(1), ATELIER))
        .refused(Refusal::ResultAlreadyDecided {});
    Consultation::given(half_answered())
        .when(|it| it.withdraw_offre(&amina(), org(4)))
        .refused(Refusal::NotConsulted { prestataire: org(4) });
}

#[test]
fn a_prestataire_declines_and_its_offre_goes_with_it() {
    let declined = |prestataire| PrestataireDeclined { prestataire };
    Consultation::given(half_answered())
        .when(|it| it.decline_consultation(&prestataire(3), LIGUE))
        .then([declined(LIGUE)]);
    Consultation::given(half_answered())
        .when(|it| it.decline_consultation(&amina(), ATELIER))
        .then([OffreWithdrawn { prestataire: ATELIER }, declined(ATELIER)]);
    Consultation::given([half_answered(), vec![declined(LIGUE)]].concat())
        .when(|it| it.decline_consultation(&amina(), LIGUE))
        .nothing();
    Consultation::given(opened())
        .when(|it| it.decline_consultation(&amina(), LIGUE))
        .refused(Refusal::OffresAlreadyOpen {});
    Consultation::given(decided())
        .when(|it| it.decline_consultation(&amina(), LIGUE))
        .refused(Refusal::ResultAlreadyDecided {});
    Consultation::given(half_answered())
        .when(|it| it.decline_consultation(&amina(), org(4)))
        .refused(Refusal::NotConsulted { prestataire: org(4) });
}

#[test]
fn who_declined_may_still_send_an_offre() {
    let history = [consulted(), vec![PrestataireDeclined { prestataire: LIGUE }]].concat();
    Consultation::given(history)
        .when(|it| it.submit_offre(&prestataire(3), (ID, &ingenierie()), LIGUE, offre()))
        .then([received(LIGUE)]);
}

// INV-02
#[test]
fn offres_open_after_the_deadline_or_once_everyone_has_answered() {
    let envelopes = [envelope(ATELIER, PRICE), envelope(COOP, PRICE)];
    let opening = OffresOpened { offres: envelopes.to_vec() };
    Consultation::given(half_answered())
        .when(|it| it.open_offres(&at(DEADLINE), &envelopes))
        .refused(Refusal::OffresStillExpected { deadline: DEADLINE });
    Consultation::given(half_answered())
        .when(|it| it.open_offres(&at(DAY_AFTER), &envelopes))
        .then([opening.clone()]);
    let all = [half_answered(), vec![PrestataireDeclined { prestataire: LIGUE }]].concat();
    Consultation::given(all)
        .when(|it| it.open_offres(&responsable(), &envelopes))
        .then([opening]);
}

#[test]
fn offres_open_once() {
    Consultation::given(opened())
        .when(|it| it.open_offres(&amina(), &[]))
        .nothing();
    Consultation::given(decided())
        .when(|it| it.open_offres(&amina(), &[]))
        .nothing();
    let it: Consultation = folded(opened());
    assert_eq!(it.envelopes_to_open(&amina()), Ok([].into()));
}

#[test]
fn no_envelope_is_touched_when_the_opening_is_refused() {
    let it: Consultation = folded(half_answered());
    let no = Refusal::OffresStillExpected { deadline: DEADLINE };
    assert_eq!(it.envelopes_to_open(&amina()), Err(no));
    assert_eq!(it.envelopes_to_open(&at(DAY_AFTER)), Ok([ATELIER, COOP].into()));
    assert_eq!(it.envelopes_to_open(&prestataire(1)), Err(forbidden("openOffres")));
}

#[test]
fn the_last_envelope_of_each_bidder_counts() {
    let envelopes = [
        envelope(COOP, Cents(500_000)),
        envelope(ATELIER, PRICE),
        envelope(LIGUE, Cents(1)),
        envelope(COOP, Cents(380_000)),
    ];
    let offres = vec![envelope(ATELIER, PRICE), envelope(COOP, Cents(380_000))];
    Consultation::given(half_answered())
        .when(|it| it.open_offres(&at(DAY_AFTER), &envelopes))
        .then([OffresOpened { offres }]);
}

#[test]
fn no_bidder_is_left_out_of_the_opening() {
    Consultation::given(half_answered())
        .when(|it| it.open_offres(&at(DAY_AFTER), &[envelope(ATELIER, PRICE)]))
        .refused(Refusal::EnvelopesMissing { missing: vec![COOP] });
}

#[test]
fn there_is_something_to_open() {
    let refused = |history: Vec<Event>, asked: Asked, no: Refusal| {
        Consultation::given(history)
            .when(|it| it.open_offres(&asked, &[]))
            .refused(no);
    };
    refused(finalised(), amina(), Refusal::AppelOffresNotLaunched {});
    refused(consulted(), amina(), Refusal::OffresStillExpected { deadline: DEADLINE });
    refused(consulted(), at(DAY_AFTER), Refusal::NoOffreReceived {});
    refused(launched(), at(DAY_AFTER), Refusal::NoOffreReceived {});
    let direct = PrestataireDirectlyChosen { prestataire: LIGUE, montant: PRICE };
    let awarded = [half_answered(), vec![direct]].concat();
    refused(awarded, at(DAY_AFTER), Refusal::ResultAlreadyDecided {});
}

#[test]
fn one_of_those_who_answered_is_chosen() {
    for asked in [amina(), responsable()] {
        Consultation::given(opened())
            .when(|it| it.choose_prestataire(&asked, &ingenierie(), choice(ATELIER)))
            .expecting(&ingenierie())
            .then([chosen(ATELIER)]);
    }
    Consultation::given(decided())
        .when(|it| it.choose_prestataire(&amina(), &ingenierie(), choice(ATELIER)))
        .nothing();
    Consultation::given(decided())
        .when(|it| it.choose_prestataire(&amina(), &ingenierie(), choice(COOP)))
        .refused(Refusal::AnotherPrestataireChosen { chosen: ATELIER });
    Consultation::given(failed())
        .when(|it| it.choose_prestataire(&amina(), &ingenierie(), choice(ATELIER)))
        .refused(Refusal::ResultAlreadyDecided {});
}

// INV-02
#[test]
fn nobody_is_chosen_on_a_closed_envelope_or_without_an_offre() {
    Consultation::given(half_answered())
        .when(|it| it.choose_prestataire(&at(DAY_AFTER), &ingenierie(), choice(ATELIER)))
        .refused(Refusal::OffresNotOpen {});
    Consultation::given(opened())
        .when(|it| it.choose_prestataire(&amina(), &ingenierie(), choice(LIGUE)))
        .refused(Refusal::NoOffre { prestataire: LIGUE });
}

// INV-05
#[test]
fn each_of_the_four_criteria_is_marked_from_0_to_5() {
    let odd = [
        ("contenus", Notation { contenus: 6, ..notation() }),
        ("engagement", Notation { engagement: -1, ..notation() }),
        ("animation", Notation { animation: 6, ..notation() }),
        ("enquete", Notation { enquete: i32::MIN, ..notation() }),
    ];
    for (critere, notation) in odd {
        Consultation::given(opened())
            .when(|it| {
                it.choose_prestataire(
                    &amina(),
                    &ingenierie(),
                    Choice { notation: Some(notation), ..choice(ATELIER) },
                )
            })
            .refused(Refusal::MarkOutOfRange { critere: critere.to_owned(), max: 5 });
    }
}

// INV-04
#[test]
fn fewer_than_three_consulted_is_justified() {
    let mut history = launched();
    history.extend([ATELIER, COOP].map(|prestataire| PrestataireConsulted { prestataire }));
    history.extend([received(ATELIER), received(COOP)]);
    history.push(OffresOpened { offres: vec![envelope(ATELIER, PRICE), envelope(COOP, PRICE)] });
    Consultation::given(history.clone())
        .when(|it| it.choose_prestataire(&amina(), &ingenierie(), choice(ATELIER)))
        .refused(Common::JustificationNeeded { rule: Rule::ConsultedMin });
    let asked = amina().because("Seul sur ce sujet.");
    Consultation::given(history)
        .when(|it| it.choose_prestataire(&asked, &ingenierie(), choice(ATELIER)))
        .then([waived(Rule::ConsultedMin), chosen(ATELIER)]);
}

// INV-03
#[test]
fn a_mission_given_without_competition_is_justified() {
    let direct = PrestataireDirectlyChosen { prestataire: ATELIER, montant: PRICE };
    let asked = responsable().because("Seul sur ce sujet.");
    for history in [vec![drafted(sections())], half_answered(), opened()] {
        Consultation::given(history.clone())
            .when(|it| it.award_directly(&amina(), &ingenierie(), &referenced(1), PRICE))
            .refused(Common::JustificationNeeded { rule: Rule::Competition });
        Consultation::given(history)
            .when(|it| it.award_directly(&asked, &ingenierie(), &referenced(1), PRICE))
            .expecting_all([(&referenced(1)).into(), (&ingenierie()).into()])
            .then([waived(Rule::Competition), direct.clone()]);
    }
}

#[test]
fn a_mission_is_given_once_to_a_referenced_prestataire() {
    let asked = amina().because("Seul sur ce sujet.");
    Consultation::given(finalised())
        .when(|it| it.award_directly(&asked, &ingenierie(), &unreferenced(1), PRICE))
        .refused(Refusal::NotPrestataire { prestataire: ATELIER });
    Consultation::given(decided())
        .when(|it| it.award_directly(&asked, &ingenierie(), &referenced(1), PRICE))
        .nothing();
    Consultation::given(decided())
        .when(|it| it.award_directly(&asked, &ingenierie(), &referenced(2), PRICE))
        .refused(Refusal::AnotherPrestataireChosen { chosen: ATELIER });
    Consultation::given(failed())
        .when(|it| it.award_directly(&asked, &ingenierie(), &referenced(1), PRICE))
        .refused(Refusal::ResultAlreadyDecided {});
}

#[test]
fn whoever_is_chosen_without_competition_sees_the_consultation() {
    let direct = PrestataireDirectlyChosen { prestataire: LIGUE, montant: PRICE };
    let it: Consultation = folded([drafted(sections()), direct]);
    assert!(prestataire(3).by.sees(&it.perimeter()));
    assert!(!prestataire(1).by.sees(&it.perimeter()));
    assert_eq!((it.chosen(), it.ingenierie()), (Some(LIGUE), Some(INGENIERIE)));
}

// INV-36
#[test]
fn a_consultation_is_unsuccessful_when_no_offre_answers_the_need() {
    let ask = |it: &Consultation, asked: &Asked| {
        it.declare_consultation_unsuccessful(asked, prose("Aucune ne convient."))
    };
    for (history, asked) in [
        (opened(), amina()),
        (opened(), responsable()),
        (consulted(), at(DAY_AFTER)),
        (launched(), at(DAY_AFTER)),
    ] {
        Consultation::given(history)
            .when(|it| ask(it, &asked))
            .then([unsuccessful()]);
    }
    Consultation::given(failed())
        .when(|it| ask(it, &amina()))
        .nothing();
    for (history, asked, no) in [
        (finalised(), amina(), Refusal::AppelOffresNotLaunched {}),
        (launched(), amina(), Refusal::OffresStillExpected { deadline: DEADLINE }),
        (consulted(), amina(), Refusal::OffresStillExpected { deadline: DEADLINE }),
        (half_answered(), at(DAY_AFTER), Refusal::OffresNotOpen {}),
        (decided(), amina(), Refusal::ResultAlreadyDecided {}),
    ] {
        Consultation::given(history)
            .when(|it| ask(it, &asked))
            .refused(no);
    }
}

// INV-05
#[test]
fn each_bidder_learns_the_result() {
    let informed = |prestataire, retenu| PrestataireInformed { prestataire, retenu };
    let asks = |history: Vec<Event>, who| {
        Consultation::given(history).when(|it| it.inform_prestataire(&amina(), who))
    };
    asks(decided(), ATELIER).then([informed(ATELIER, true)]);
    asks(decided(), COOP).then([informed(COOP, false)]);
    asks(failed(), ATELIER).then([informed(ATELIER, false)]);
    asks([decided(), vec![informed(COOP, false)]].concat(), COOP).nothing();
    asks(decided(), LIGUE).refused(Refusal::NoOffre { prestataire: LIGUE });
    asks(opened(), ATELIER).refused(Refusal::NoResultYet {});
    let direct = PrestataireDirectlyChosen { prestataire: LIGUE, montant: PRICE };
    asks([half_answered(), vec![direct]].concat(), LIGUE).then([informed(LIGUE, true)]);
}

// INV-05
#[test]
fn a_consultation_ends_when_every_bidder_was_informed() {
    let mut history = decided();
    history.push(PrestataireInformed { prestataire: ATELIER, retenu: true });
    Consultation::given(history.clone())
        .when(|it| it.close_consultation(&amina()))
        .refused(Refusal::BiddersNotInformed { waiting: vec![COOP] });
    history.push(PrestataireInformed { prestataire: COOP, retenu: false });
    Consultation::given(history)
        .when(|it| it.close_consultation(&amina()))
        .then([ConsultationClosed {}]);
    Consultation::given(closed())
        .when(|it| it.close_consultation(&amina()))
        .nothing();
    Consultation::given(opened())
        .when(|it| it.close_consultation(&amina()))
        .refused(Refusal::NoResultYet {});
}

#[test]
fn facts_carry_the_date_the_place_and_the_dossier() {
    let it: Consultation = folded(launched());
    let decided = it
        .consult_prestataire(&at(DEADLINE).on(TODAY), &ingenierie(), &referenced(1))
        .unwrap();
    let fact = &decided.facts[0];
    assert_eq!((fact.on, fact.place.dossier), (TODAY, Some(INGENIERIE)));
    assert_eq!(fact.place.territoire, Some(vaucluse()));
}

/// Every command, in the order of the table of rights.
const COMMANDS: [(&str, Command); 21] = [
    ("draftCahierDesCharges", Command::Draft),
    ("invitePartenaire", Command::Invite(41)),
    ("recordCahierDesChargesContribution", Command::Contribute(41)),
    ("finaliseCahierDesCharges", Command::Finalise),
    ("launchAppelOffres", Command::Launch),
    ("consultPrestataire", Command::Consult(1)),
    ("declineConsultation", Command::Decline(1)),
    ("submitOffre", Command::Submit(1)),
    ("withdrawOffre", Command::Withdraw(1)),
    ("openOffres", Command::Open),
    ("rejectOffre", Command::Reject(1, CauseRejet::Irrecevable)),
    ("scoreOffre", Command::Score(1, 41)),
    ("expressPreferenceStructure", Command::Prefer(1, 51)),
    ("choosePrestataire", Command::Choose(1)),
    ("awardDirectly", Command::Award(1)),
    ("informPrestataire", Command::Inform(1)),
    ("declareConsultationUnsuccessful", Command::Unsuccessful),
    ("closeConsultation", Command::Close),
    ("signContrat", Command::Sign),
    ("amendContrat", Command::Amend),
    ("terminateContrat", Command::Terminate),
];

#[test]
fn every_command_has_its_right() {
    let acts: Vec<_> = super::RIGHTS.iter().map(|right| right.act).collect();
    assert_eq!(acts, COMMANDS.map(|(act, _)| act));
}

#[test]
fn what_an_actor_may_not_see_does_not_exist() {
    for (_, command) in COMMANDS {
        Consultation::given(opened())
            .when(|it| command.ask(it, &stranger()))
            .refused(Common::NotFound {});
        // Before its first fact, a consultation is as absent as the one that nobody may see.
        if !matches!(command, Command::Draft) {
            Consultation::given([])
                .when(|it| command.ask(it, &amina()))
                .refused(Common::NotFound {});
        }
    }
}

#[test]
fn whoever_supports_the_dla_sees_and_does_nothing() {
    for (act, command) in COMMANDS {
        Consultation::given(opened())
            .when(|it| command.ask(it, &regional()))
            .refused(forbidden(act));
    }
}

#[test]
fn nothing_is_dated_tomorrow() {
    let tomorrow = date(2026, 3, 17);
    for (_, command) in COMMANDS {
        let by = if command.is_of_the_contract() { responsable() } else { amina() };
        Consultation::given(opened())
            .when(|it| command.ask(it, &by.on(tomorrow)))
            .refused(Common::DateInFuture { on: tomorrow, today: TODAY });
    }
}

#[test]
fn nothing_happens_after_the_end_but_the_contract() {
    for (_, command) in COMMANDS
        .into_iter()
        .filter(|(_, it)| !it.is_of_the_contract())
    {
        let asks = Consultation::given(closed()).when(|it| command.ask(it, &amina()));
        if let Command::Close = command {
            asks.nothing();
        } else {
            asks.refused(Refusal::ConsultationOver {});
        }
    }
}

fn at(today: Date) -> Asked {
    Asked { today, ..amina() }
}

fn forbidden(act: &str) -> Refusal {
    Common::Forbidden { act: act.to_owned() }.into()
}

/// A command with its organisation, by number.
#[derive(Debug, Clone, Copy)]
enum Command {
    Draft,
    Finalise,
    Launch,
    Consult(u128),
    Decline(u128),
    Submit(u128),
    Withdraw(u128),
    Open,
    Choose(u128),
    Award(u128),
    Inform(u128),
    Unsuccessful,
    Close,
    Invite(u128),
    Contribute(u128),
    Reject(u128, CauseRejet),
    Score(u128, u128),
    Prefer(u128, u128),
    Sign,
    Amend,
    Terminate,
}

impl Command {
    fn is_of_the_contract(self) -> bool {
        matches!(self, Self::Sign | Self::Amend | Self::Terminate)
    }

    fn ask(self, it: &Consultation, asked: &Asked) -> Decision<Consultation> {
        let envelopes = [1, 2, 3, 4].map(|n| envelope(org(n), PRICE));
        match self {
            Self::Draft => it.draft_cahier_des_charges(asked, &ingenierie(), sections()),
            Self::Finalise => it.finalise_cahier_des_charges(asked),
            Self::Launch => it.launch_appel_offres(asked, &ingenierie(), DEADLINE),
            Self::Consult(n) => it.consult_prestataire(asked, &ingenierie(), &referenced(n)),
            Self::Decline(n) => it.decline_consultation(asked, org(n)),
            Self::Submit(n) => it.submit_offre(asked, (ID, &ingenierie()), org(n), offre()),
            Self::Withdraw(n) => it.withdraw_offre(asked, org(n)),
            Self::Open => it.open_offres(asked, &envelopes),
            Self::Choose(n) => it.choose_prestataire(asked, &ingenierie(), choice(org(n))),
            Self::Award(n) => it.award_directly(asked, &ingenierie(), &referenced(n), PRICE),
            Self::Inform(n) => it.inform_prestataire(asked, org(n)),
            Self::Unsuccessful => {
                it.declare_consultation_unsuccessful(asked, prose("Aucune ne convient."))
            }
            Self::Close => it.close_consultation(asked),
            Self::Invite(n) => it.invite_partenaire(asked, &choix_partage::mobilised(), org(n)),
            Self::Contribute(n) => {
                it.record_cahier_des_charges_contribution(asked, org(n), None, prose("Le soir."))
            }
            Self::Reject(n, cause) => it.reject_offre(asked, org(n), cause, prose("Pas signée.")),
            Self::Score(n, by) => {
                let par = Notateur::Organisation(org(by));
                it.score_offre(asked, (org(n), par), notation(), None)
            }
            Self::Prefer(n, by) => it.express_preference_structure(asked, org(by), org(n), None),
            Self::Sign => {
                it.sign_contrat(asked, &ingenierie(), choix_partage::unplanned(contrat()))
            }
            Self::Amend => {
                let contrat = Contrat { fin: None, ..contrat() };
                it.amend_contrat(asked, choix_partage::unplanned(contrat), prose("Plus long."))
            }
            Self::Terminate => it.terminate_contrat(asked, prose("Cesse.")),
        }
    }
}

/// Rare ends, so that long stories happen.
fn any_command() -> impl Strategy<Value = Command> {
    let who = 1..=4_u128;
    prop_oneof![
        2 => Just(Command::Draft),
        2 => Just(Command::Finalise),
        2 => Just(Command::Launch),
        8 => who.clone().prop_map(Command::Consult),
        3 => who.clone().prop_map(Command::Decline),
        8 => who.clone().prop_map(Command::Submit),
        2 => who.clone().prop_map(Command::Withdraw),
        6 => Just(Command::Open),
        6 => who.clone().prop_map(Command::Choose),
        1 => who.clone().prop_map(Command::Award),
        3 => who.clone().prop_map(Command::Inform),
        1 => Just(Command::Unsuccessful),
        2 => Just(Command::Close),
        2 => prop_oneof![Just(41), Just(51), Just(1)].prop_map(Command::Invite),
        1 => prop_oneof![Just(41), Just(51)].prop_map(Command::Contribute),
        2 => (1..=4_u128, prop_oneof![Just(CauseRejet::Tardive), Just(CauseRejet::Irrecevable)])
            .prop_map(|(n, cause)| Command::Reject(n, cause)),
        3 => (1..=4_u128, prop_oneof![Just(41), Just(51)])
            .prop_map(|(n, by)| Command::Score(n, by)),
        2 => (1..=4_u128, prop_oneof![Just(41), Just(51)])
            .prop_map(|(n, by)| Command::Prefer(n, by)),
        2 => Just(Command::Sign),
        2 => Just(Command::Amend),
        1 => Just(Command::Terminate),
    ]
}

/// By Amina with a reason, or by a prestataire; before, on or after the deadline.
fn any_request() -> impl Strategy<Value = Asked> {
    let who = prop_oneof![
        6 => Just(amina().because("Seul sur ce sujet.")),
        1 => Just(responsable().because("Seul sur ce sujet.")),
        1 => (1..=4_u128).prop_map(prestataire),
    ];
    let day = prop_oneof![Just(TODAY), Just(DEADLINE), Just(DAY_AFTER)];
    (who, day).prop_map(|(asked, today)| Asked { today, ..asked })
}

proptest! {
    /// Whatever is asked, in whatever order, asking again changes nothing.
    #[test]
    fn asking_again_changes_nothing(
        steps in vec((any_command(), any_request()), 0..60),
    ) {
        let mut it = Consultation::default();
        for (command, asked) in steps {
            let Ok(decided) = command.ask(&it, &asked) else { continue };
            decided.events().for_each(|event| it.evolve(event));
            let again = command.ask(&it, &asked);
            if let Command::Submit(_) | Command::Contribute(_) = command {
                // What an envelope holds cannot be compared: it is recorded, to no effect.
                let mut after = it.clone();
                again.unwrap().events().for_each(|event| after.evolve(event));
                prop_assert_eq!(&after, &it);
            } else {
                prop_assert_eq!(again, Ok(crate::Decided::nothing()), "{:?}", command);
            }
        }
    }

    /// INV-02, INV-03: at most one is chosen, on an opened offre or by a justified award.
    #[test]
    fn at_most_one_is_chosen_and_not_by_surprise(
        steps in vec((any_command(), any_request()), 0..60),
    ) {
        let mut it = Consultation::default();
        let mut history: Vec<Event> = vec![];
        for (command, asked) in steps {
            let Ok(decided) = command.ask(&it, &asked) else { continue };
            decided.events().for_each(|event| it.evolve(event));
            history.extend(decided.events().cloned());
        }
        let mut bidders = vec![];
        let mut winners = vec![];
        let mut out = vec![];
        let mut signed = false;
        for (n, event) in history.iter().enumerate() {
            if let OffresOpened { offres } = event {
                bidders.extend(offres.iter().map(|it| it.prestataire));
            }
            if let OffreRejected { prestataire, .. } = event {
                out.push(*prestataire);
            }
            if let OffreScored { prestataire, .. }
            | PreferenceStructureExpressed { prestataire, .. } = event
            {
                prop_assert!(bidders.contains(prestataire) && !out.contains(prestataire));
            }
            if let ContratSigned { .. } = event {
                prop_assert!(!winners.is_empty() && !signed);
                signed = true;
            }
            if let ContratAmended { .. } | ContratTerminated { .. } = event {
                prop_assert!(signed);
            }
            if let PrestataireChosen { prestataire, .. } = event {
                prop_assert!(bidders.contains(prestataire) && !out.contains(prestataire));
                winners.push(*prestataire);
            }
            if let PrestataireDirectlyChosen { prestataire, .. } = event {
                prop_assert_eq!(&history[n - 1], &waived(Rule::Competition));
                winners.push(*prestataire);
            }
        }
        prop_assert!(winners.len() <= 1, "{:?}", winners);
        prop_assert_eq!(it.chosen(), winners.first().copied());
        let failed = history.iter().any(|it| matches!(it, ConsultationDeclaredUnsuccessful { .. }));
        prop_assert!(!(failed && it.chosen().is_some()), "a failed consultation chose someone");
    }
}
