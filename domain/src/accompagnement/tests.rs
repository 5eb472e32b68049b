//! Given facts of an accompagnement, when a command is asked, then facts or a refusal; and what
//! holds whatever is asked in whatever order.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use super::{
    Accompagnement as It, Canal, Etat, Event,
    Event::*,
    LIST_MAX, Parties, Preconisation, RIGHTS, Refusal,
    accueil::{Around, Orientation, Sollicitation},
    diagnostic::{self, Conclusions},
    plan::{Action, Addition, NatureAction, Restitution},
    suivi::{Indicateurs, Moment, PERSONNES_MAX},
};
use crate::{
    AccompagnementId, Asked, Cents, Code, Decision, Dla, Document, DocumentId, Dossier, Etp, Genre,
    IngenierieId, Liste, Organisation, OrganisationId, Prose, Sealed, Seen, Subject, Version,
    codec::{Tagged, decode, encode},
    date, document, organisation,
    refusal::Common,
    testing::{
        DLA, OTHER_DLA, Scenario, TODAY, amina, code, codes, financeur, folded, ingenierie, line,
        membre, org, partenaire, portail, prose, raw, regional, responsable, seen, stranger,
        structure,
    },
};

const ID: AccompagnementId = AccompagnementId(Uuid::from_u128(80));
const DOCUMENT: DocumentId = DocumentId(Uuid::from_u128(30));

/// The épicerie sociale that wants to keep its jobs.
const EPICERIE: OrganisationId = org(61);

/// The fédération that sends it.
const FEDERATION: OrganisationId = org(41);

const PARTIES: Parties = Parties { dla: DLA, structure: EPICERIE };

fn sealed(text: &str) -> Sealed<Prose> {
    Sealed::new(Subject::accompagnement(ID), prose(text))
}

fn theme(it: &str) -> Code {
    code(Liste::TypePrestation, it)
}

fn received() -> Event {
    SollicitationReceived {
        accompagnement: ID,
        parties: PARTIES,
        relais: None,
        canal: Some(Canal::Telephone),
        moments: codes(Liste::MomentCle, ["NOUVEAU_DIRECTEUR"]),
        domaines: codes(Liste::DomaineExpertise, ["GESTION_FINANCIERE"]),
        demande: Some(sealed("Garder nos deux emplois.")),
    }
}

fn sollicitation() -> Sollicitation {
    Sollicitation {
        canal: Some(Canal::Telephone),
        moments: codes(Liste::MomentCle, ["NOUVEAU_DIRECTEUR"]),
        domaines: codes(Liste::DomaineExpertise, ["GESTION_FINANCIERE"]),
        demande: Some(prose("Garder nos deux emplois.")),
    }
}

fn organisation(
    id: OrganisationId,
    events: impl IntoIterator<Item = organisation::Event>,
) -> Seen<Organisation> {
    Seen { id, version: Version(1), state: folded(events) }
}

fn around() -> Around {
    Around {
        dla: Seen { id: DLA, version: Version(1), state: Dla::default() },
        structure: organisation(EPICERIE, []),
        relais: None,
    }
}

fn relayed() -> Around {
    Around { relais: Some(organisation(FEDERATION, [])), ..around() }
}

fn welcomed() -> Event {
    AccueilCompleted { parties: PARTIES, pertinent: true, motif: None }
}

fn found() -> Conclusions {
    Conclusions {
        besoins: Some(prose("Un tableau de bord.")),
        domaines: codes(Liste::DomaineExpertise, ["GESTION_FINANCIERE"]),
        ..Conclusions::default()
    }
}

fn completed() -> Event {
    DiagnosticCompleted {
        parties: PARTIES,
        situation: None,
        forces: None,
        capacite: None,
        besoins: Some(sealed("Un tableau de bord.")),
        domaines: codes(Liste::DomaineExpertise, ["GESTION_FINANCIERE"]),
        document: None,
    }
}

fn proposed() -> Event {
    let enonces = ["Suivre la trésorerie.", "Former le bureau."];
    let preconisations = enonces.map(|it| Preconisation { theme: None, enonce: sealed(it) });
    PreconisationsProposed { parties: PARTIES, preconisations: preconisations.into() }
}

fn accepted() -> Event {
    PreconisationsAccepted { parties: PARTIES, retenues: [1, 2].into() }
}

fn established() -> Event {
    PlanAccompagnementEstablished { parties: PARTIES, echeance: None, document: None }
}

fn validated() -> Vec<Event> {
    vec![received(), welcomed(), completed(), DiagnosticValidated { parties: PARTIES }]
}

fn planned() -> Vec<Event> {
    [validated(), vec![proposed(), accepted(), established()]].concat()
}

/// With an action that the structure does itself, and one for a prestataire.
fn acting() -> Vec<Event> {
    let added =
        |numero, nature| ActionAppuiAdded { parties: PARTIES, numero, action: action(nature) };
    let two = vec![added(1, NatureAction::Interne), added(2, NatureAction::IngenierieIndividuelle)];
    [planned(), two].concat()
}

fn action(nature: NatureAction) -> Action {
    Action {
        nature,
        intitule: line("Tenir un tableau de bord"),
        theme: None,
        preconisation: None,
        ingenierie: None,
        organisation: None,
        echeance: None,
    }
}

fn addition(nature: NatureAction) -> Addition {
    Addition {
        nature,
        intitule: line("Tenir un tableau de bord"),
        theme: None,
        preconisation: None,
        ingenierie: None,
        organisation: None,
        echeance: None,
    }
}

fn with(mut events: Vec<Event>, more: Event) -> Vec<Event> {
    events.push(more);
    events
}

fn closed() -> Vec<Event> {
    with(acting(), AccompagnementClosed { parties: PARTIES, issues: BTreeSet::new(), bilan: None })
}

fn abandoned() -> Vec<Event> {
    let motif = sealed("Plus de bureau.");
    with(acting(), AccompagnementAbandoned { parties: PARTIES, motif })
}

/// The mission of one structure, that its DLA sees.
fn mission(of: OrganisationId) -> Dossier {
    let mut it = ingenierie();
    it.genre = Genre::Individuelle;
    it.mobilisees = [of].into();
    it
}

/// An ingénierie that only another DLA sees.
fn elsewhere() -> Dossier {
    let mut it = ingenierie();
    it.perimeter = crate::Perimeter::of_dlas([OTHER_DLA]);
    it
}

/// A document that the people of that DLA read.
fn paper(of: crate::DlaId) -> Seen<Document> {
    let mut registered = document::tests::samples().swap_remove(0);
    if let document::Event::DocumentRegistered { dlas, structure, .. } = &mut registered {
        *dlas = vec![of];
        *structure = None;
    }
    seen(DOCUMENT, [registered])
}

fn emplois(emplois: i32) -> Indicateurs {
    Indicateurs { emplois: Some(emplois), ..Indicateurs::default() }
}

fn forbidden(act: &str) -> Refusal {
    Common::Forbidden { act: act.to_owned() }.into()
}

#[test]
fn a_request_is_noted_by_the_dla_the_structure_or_a_partner_that_relays_it() {
    for by in [amina(), structure(61)] {
        It::given([])
            .when(|it| it.record_sollicitation(&by, ID, &around(), sollicitation()))
            .then([received()]);
    }
    let SollicitationReceived {
        accompagnement, parties, canal, moments, domaines, demande, ..
    } = received()
    else {
        unreachable!()
    };
    let relais = Some(FEDERATION);
    It::given([])
        .when(|it| it.record_sollicitation(&partenaire(41), ID, &relayed(), sollicitation()))
        .then([SollicitationReceived {
            accompagnement,
            parties,
            relais,
            canal,
            moments,
            domaines,
            demande,
        }]);
    for by in [stranger(), structure(62), partenaire(42)] {
        It::given([])
            .when(|it| it.record_sollicitation(&by, ID, &relayed(), sollicitation()))
            .refused(Common::NotFound {});
    }
    It::given([received()])
        .when(|it| it.record_sollicitation(&amina(), ID, &around(), sollicitation()))
        .refused(Common::AlreadyExists {});
    let decided = It::default()
        .record_sollicitation(&amina(), ID, &around(), Sollicitation::default())
        .unwrap();
    assert_eq!(decided.expects.len(), 2);
    assert_eq!(decided.facts[0].place, crate::Place::default());
}

// INV-39
#[test]
fn a_request_is_of_a_dla_and_a_structure_that_are_there() {
    let ask = |around: Around| {
        It::given([])
            .when(|it| it.record_sollicitation(&amina(), ID, &around, Sollicitation::default()))
    };
    ask(Around { dla: seen(DLA, []), ..around() }).refused(Common::NotFound {});
    ask(Around { structure: seen(EPICERIE, []), ..around() }).refused(Common::NotFound {});
    ask(Around { relais: Some(seen(FEDERATION, [])), ..around() }).refused(Common::NotFound {});
    let motif = Sealed::closed();
    let closed = organisation::Event::OrganisationClosed { motif, successor: None };
    ask(Around { structure: organisation(EPICERIE, [closed]), ..around() })
        .refused(Refusal::StructureClosed { structure: EPICERIE });
    let (survivor, motif) = (org(9), Sealed::closed());
    let merged = organisation::Event::OrganisationMerged { survivor, motif };
    ask(Around { structure: organisation(EPICERIE, [merged]), ..around() })
        .refused(Refusal::StructureMerged { survivor });
}

#[test]
fn a_request_is_qualified_by_a_form_and_a_meeting_that_both_may_be_left_out() {
    let given = It::given([received()]);
    given
        .when(|it| it.send_pre_diagnostic(&amina()))
        .then([PreDiagnosticSent { parties: PARTIES }]);
    It::given([received(), PreDiagnosticSent { parties: PARTIES }])
        .when(|it| it.send_pre_diagnostic(&amina()))
        .nothing();
    given
        .when(|it| it.return_pre_diagnostic(&structure(61), None))
        .then([PreDiagnosticReturned { parties: PARTIES, document: None }]);
    given
        .when(|it| it.return_pre_diagnostic(&amina(), Some(&paper(DLA))))
        .then([PreDiagnosticReturned { parties: PARTIES, document: Some(DOCUMENT) }]);
    given
        .when(|it| it.return_pre_diagnostic(&amina(), Some(&paper(OTHER_DLA))))
        .refused(Refusal::DocumentUnknown {});
    given
        .when(|it| it.hold_rendez_vous_qualification(&amina(), Some(prose("Deux heures."))))
        .then([RendezVousQualificationHeld {
            parties: PARTIES,
            commentaire: Some(sealed("Deux heures.")),
        }]);
    given
        .when(|it| it.complete_accueil(&amina(), true, None))
        .then([welcomed()]);
}

// INV-36
#[test]
fn a_dla_that_cannot_help_says_why_and_may_think_again_until_the_diagnostic() {
    let given = It::given([received()]);
    given
        .when(|it| it.complete_accueil(&amina(), false, None))
        .refused(Refusal::AccueilMotifMissing {});
    let motif = Some(sealed("Création d'activité."));
    let declined = AccueilCompleted { parties: PARTIES, pertinent: false, motif };
    given
        .when(|it| it.complete_accueil(&amina(), false, Some(prose("Création d'activité."))))
        .then([declined.clone()]);
    let given = It::given([received(), declined]);
    given
        .when(|it| it.start_diagnostic(&amina()))
        .refused(Refusal::NotWelcomed {});
    given
        .when(|it| it.complete_accueil(&amina(), false, None))
        .nothing();
    given
        .when(|it| it.complete_accueil(&amina(), true, None))
        .then([welcomed()]);
    It::given([received(), welcomed(), completed()])
        .when(|it| it.complete_accueil(&amina(), false, Some(prose("Trop tard."))))
        .refused(Refusal::AccueilSettled {});
}

#[test]
fn an_orientation_leads_to_an_organisation_or_to_a_scheme() {
    let given = It::given([received()]);
    given
        .when(|it| it.orient_structure(&amina(), &Orientation::default()))
        .refused(Refusal::OrientationEmpty {});
    let nobody = Orientation { vers: Some(seen(FEDERATION, [])), ..Orientation::default() };
    given
        .when(|it| it.orient_structure(&amina(), &nobody))
        .refused(Refusal::OrganisationUnknown { field: "organisation" });
    let towards = Orientation {
        vers: Some(organisation(FEDERATION, [])),
        dispositif: Some(line("Point d'appui à la vie associative")),
        commentaire: None,
    };
    given
        .when(|it| it.orient_structure(&amina(), &towards))
        .then([StructureOriented {
            parties: PARTIES,
            vers: Some(FEDERATION),
            dispositif: Some(line("Point d'appui à la vie associative")),
            commentaire: None,
        }]);
}

#[test]
fn a_diagnostic_says_something_and_is_validated_by_the_structure() {
    let given = It::given([received(), welcomed()]);
    given
        .when(|it| it.start_diagnostic(&amina()))
        .then([DiagnosticStarted { parties: PARTIES }]);
    It::given([received(), welcomed(), completed()])
        .when(|it| it.start_diagnostic(&amina()))
        .nothing();
    given
        .when(|it| it.complete_diagnostic(&amina(), Conclusions::default(), None))
        .refused(Refusal::DiagnosticEmpty {});
    given
        .when(|it| it.complete_diagnostic(&amina(), found(), None))
        .then([completed()]);
    given
        .when(|it| it.complete_diagnostic(&amina(), found(), Some(&paper(OTHER_DLA))))
        .refused(Refusal::DocumentUnknown {});
    given
        .when(|it| it.validate_diagnostic(&structure(61)))
        .refused(Refusal::DiagnosticNotCompleted {});
    for by in [structure(61), amina()] {
        It::given([received(), welcomed(), completed()])
            .when(|it| it.validate_diagnostic(&by))
            .then([DiagnosticValidated { parties: PARTIES }]);
    }
    It::given(validated())
        .when(|it| it.validate_diagnostic(&structure(61)))
        .nothing();
    // What is written anew is validated anew.
    It::given(with(validated(), completed()))
        .when(|it| it.validate_diagnostic(&structure(61)))
        .then([DiagnosticValidated { parties: PARTIES }]);
}

#[test]
fn a_structure_takes_some_of_what_is_advised_or_nothing() {
    let advice = |enonces: &[&str]| -> Vec<_> {
        let of = |it: &&str| diagnostic::Preconisation { theme: None, enonce: prose(it) };
        enonces.iter().map(of).collect()
    };
    let both = || advice(&["Suivre la trésorerie.", "Former le bureau."]);
    It::given([received(), welcomed()])
        .when(|it| it.propose_preconisations(&amina(), both()))
        .refused(Refusal::DiagnosticNotCompleted {});
    It::given(validated())
        .when(|it| it.propose_preconisations(&amina(), vec![]))
        .refused(Refusal::PreconisationsMissing {});
    It::given(validated())
        .when(|it| it.propose_preconisations(&amina(), both()))
        .then([proposed()]);
    It::given(validated())
        .when(|it| it.accept_preconisations(&structure(61), None))
        .refused(Refusal::NothingProposed {});
    It::given([received(), welcomed(), completed(), proposed()])
        .when(|it| it.accept_preconisations(&structure(61), None))
        .refused(Refusal::DiagnosticNotValidated {});
    let given = It::given(with(validated(), proposed()));
    given
        .when(|it| it.accept_preconisations(&structure(61), None))
        .then([accepted()]);
    given
        .when(|it| it.accept_preconisations(&structure(61), Some([2].into())))
        .then([PreconisationsAccepted { parties: PARTIES, retenues: [2].into() }]);
    given
        .when(|it| it.accept_preconisations(&structure(61), Some(BTreeSet::new())))
        .refused(Refusal::RetenuesMissing {});
    given
        .when(|it| it.accept_preconisations(&structure(61), Some([3].into())))
        .refused(Refusal::PreconisationUnknown { numero: 3, field: "retenues" });
    let motif = sealed("Pas cette année.");
    let refused = PreconisationsRefused { parties: PARTIES, motif };
    given
        .when(|it| it.refuse_preconisations(&structure(61), prose("Pas cette année.")))
        .then([refused.clone()]);
    // What was said last counts, and nothing is said twice.
    It::given([validated(), vec![proposed(), refused, accepted()]].concat())
        .when(|it| it.accept_preconisations(&structure(61), None))
        .nothing();
    // Advice given anew waits for an answer.
    It::given([validated(), vec![proposed(), accepted(), proposed()]].concat())
        .when(|it| it.establish_plan_accompagnement(&amina(), None, None, &[]))
        .refused(Refusal::NotAccepted {});
}

// INV-32
#[test]
fn a_plan_rests_on_what_the_structure_accepted() {
    It::given(with(validated(), proposed()))
        .when(|it| it.establish_plan_accompagnement(&amina(), None, None, &[]))
        .refused(Refusal::NotAccepted {});
    let given = It::given([validated(), vec![proposed(), accepted()]].concat());
    let first = [addition(NatureAction::Interne)];
    given
        .when(|it| it.establish_plan_accompagnement(&amina(), None, None, &first))
        .then([
            established(),
            ActionAppuiAdded { parties: PARTIES, numero: 1, action: action(NatureAction::Interne) },
        ]);
    given
        .when(|it| it.add_action_appui(&amina(), &first[0]))
        .refused(Refusal::PlanMissing {});
    It::given(planned())
        .when(|it| it.establish_plan_accompagnement(&amina(), None, None, &[]))
        .nothing();
    let echeance = Some(date(2027, 6, 30));
    It::given(planned())
        .when(|it| it.establish_plan_accompagnement(&amina(), echeance, None, &[]))
        .then([PlanAccompagnementEstablished { parties: PARTIES, echeance, document: None }]);
}

#[test]
fn actions_are_numbered_and_each_ends_once() {
    let more = Addition { preconisation: Some(2), ..addition(NatureAction::Expertise) };
    let added = Action { preconisation: Some(2), ..action(NatureAction::Expertise) };
    It::given(acting())
        .when(|it| it.add_action_appui(&amina(), &more))
        .then([ActionAppuiAdded { parties: PARTIES, numero: 3, action: added }]);
    let unknown = Addition { preconisation: Some(3), ..more };
    It::given(acting())
        .when(|it| it.add_action_appui(&amina(), &unknown))
        .refused(Refusal::PreconisationUnknown { numero: 3, field: "preconisation" });
    let nobody = Some(seen(FEDERATION, []));
    let nobody = Addition { organisation: nobody, ..addition(NatureAction::Orientation) };
    It::given(acting())
        .when(|it| it.add_action_appui(&amina(), &nobody))
        .refused(Refusal::OrganisationUnknown { field: "organisation" });
    let many = vec![addition(NatureAction::Interne); LIST_MAX - 1];
    It::given(acting())
        .when(|it| it.establish_plan_accompagnement(&amina(), None, None, &many))
        .refused(Refusal::TooManyActions { max: LIST_MAX });
    let done = ActionAppuiCompleted { parties: PARTIES, numero: 1, commentaire: None };
    let motif = || sealed("Plus de temps.");
    let cancelled = ActionAppuiCancelled { parties: PARTIES, numero: 1, motif: motif() };
    It::given(acting())
        .when(|it| it.complete_action_appui(&structure(61), 1, None))
        .then([done.clone()]);
    It::given(acting())
        .when(|it| it.cancel_action_appui(&amina(), 1, prose("Plus de temps.")))
        .then([cancelled.clone()]);
    It::given(acting())
        .when(|it| it.complete_action_appui(&amina(), 9, None))
        .refused(Refusal::ActionUnknown { numero: 9 });
    let given = It::given(with(acting(), done));
    given
        .when(|it| it.complete_action_appui(&amina(), 1, None))
        .nothing();
    given
        .when(|it| it.cancel_action_appui(&amina(), 1, prose("Plus de temps.")))
        .refused(Refusal::ActionSettled { numero: 1 });
    let given = It::given(with(acting(), cancelled));
    given
        .when(|it| it.cancel_action_appui(&amina(), 1, prose("Plus de temps.")))
        .nothing();
    given
        .when(|it| it.complete_action_appui(&amina(), 1, None))
        .refused(Refusal::ActionSettled { numero: 1 });
}

#[test]
fn an_action_is_carried_out_by_an_ingenierie_of_its_nature() {
    let ask = |nature, ingenierie| {
        let action = Addition { ingenierie: Some(ingenierie), ..addition(nature) };
        It::given(planned()).when(|it| it.add_action_appui(&amina(), &action))
    };
    let added = |nature| ActionAppuiAdded {
        parties: PARTIES,
        numero: 1,
        action: Action { ingenierie: Some(ingenierie().id), ..action(nature) },
    };
    let (alone, together) =
        (NatureAction::IngenierieIndividuelle, NatureAction::IngenierieCollective);
    ask(alone, mission(EPICERIE)).then([added(alone)]);
    ask(together, ingenierie()).then([added(together)]);
    let unfit = |action| Refusal::IngenierieUnfit { action, field: "ingenierie" };
    ask(alone, mission(org(62))).refused(unfit(1));
    ask(alone, ingenierie()).refused(unfit(1));
    ask(together, mission(EPICERIE)).refused(unfit(1));
    ask(NatureAction::Interne, ingenierie()).refused(unfit(1));
    let unknown = |field| Refusal::IngenierieUnknown { field };
    ask(together, elsewhere()).refused(unknown("ingenierie"));
    let list = [
        addition(NatureAction::Interne),
        Addition { ingenierie: Some(elsewhere()), ..addition(together) },
    ];
    It::given(planned())
        .when(|it| it.establish_plan_accompagnement(&amina(), None, None, &list))
        .refused(unknown("actions"));
    // It may come later.
    let attached = ActionAppuiAttached { parties: PARTIES, numero: 2, ingenierie: ingenierie().id };
    let given = It::given(acting());
    given
        .when(|it| it.attach_action_appui(&amina(), 2, &mission(EPICERIE)))
        .then([attached.clone()]);
    given
        .when(|it| it.attach_action_appui(&amina(), 1, &mission(EPICERIE)))
        .refused(unfit(1));
    It::given(with(acting(), attached))
        .when(|it| it.attach_action_appui(&amina(), 2, &mission(EPICERIE)))
        .nothing();
    let cancelled = ActionAppuiCancelled { parties: PARTIES, numero: 2, motif: sealed("Non.") };
    It::given(with(acting(), cancelled))
        .when(|it| it.attach_action_appui(&amina(), 2, &mission(EPICERIE)))
        .refused(Refusal::ActionSettled { numero: 2 });
}

#[test]
fn what_was_done_is_told_in_a_restitution() {
    let told = Restitution { ingenierie: Some(ingenierie()), ..Restitution::default() };
    It::given(planned())
        .when(|it| it.hold_restitution(&amina(), &told))
        .then([RestitutionHeld {
            parties: PARTIES,
            ingenierie: Some(ingenierie().id),
            commentaire: None,
            document: None,
        }]);
    let elsewhere = Restitution { ingenierie: Some(elsewhere()), ..Restitution::default() };
    It::given(planned())
        .when(|it| it.hold_restitution(&amina(), &elsewhere))
        .refused(Refusal::IngenierieUnknown { field: "ingenierie" });
    It::given(validated())
        .when(|it| it.hold_restitution(&amina(), &Restitution::default()))
        .refused(Refusal::PlanMissing {});
}

#[test]
fn figures_are_of_a_size_that_structures_have() {
    let given = It::given(planned());
    let measured = |moment, horizon| ImpactMeasured {
        parties: PARTIES,
        moment,
        horizon,
        indicateurs: emplois(4),
    };
    given
        .when(|it| it.measure_impact(&amina(), Moment::Reference, None, emplois(4)))
        .then([measured(Moment::Reference, None)]);
    let horizon = Some(date(2028, 1, 1));
    given
        .when(|it| it.measure_impact(&structure(61), Moment::Prevision, horizon, emplois(4)))
        .then([measured(Moment::Prevision, horizon)]);
    for (moment, horizon) in [
        (Moment::Prevision, None),
        (Moment::Prevision, Some(TODAY)),
        (Moment::Suivi, Some(date(2028, 1, 1))),
    ] {
        given
            .when(|it| it.measure_impact(&amina(), moment, horizon, emplois(4)))
            .refused(Refusal::HorizonUnfit {});
    }
    let ask = |indicateurs: Indicateurs| {
        given.when(|it| it.measure_impact(&amina(), Moment::Suivi, None, indicateurs))
    };
    ask(Indicateurs::default()).refused(Refusal::IndicateursMissing {});
    let none = Indicateurs::default;
    for (indicateur, odd) in [
        ("emplois", emplois(-1)),
        ("emplois", emplois(PERSONNES_MAX + 1)),
        ("cdi", Indicateurs { cdi: Some(-1), ..none() }),
        ("etp", Indicateurs { etp: Some(Etp(-1)), ..none() }),
        ("budget", Indicateurs { budget: Some(Cents(-1)), ..none() }),
        ("financeurs", Indicateurs { financeurs: Some(-1), ..none() }),
        ("beneficiaires", Indicateurs { beneficiaires: Some(-1), ..none() }),
    ] {
        ask(odd).refused(Refusal::IndicateurOutOfRange { indicateur });
    }
    ask(Indicateurs { cdi: Some(5), ..emplois(4) })
        .refused(Refusal::CdiAboveEmplois { cdi: 5, emplois: 4 });
}

// INV-38: after the end, news and figures; and what takes longer is done.
#[test]
fn after_the_end_suivi_goes_on_and_nothing_else_but_a_reopening() {
    let goes_on = [
        "completeActionAppui",
        "recordSuivi",
        "measureImpact",
        "identifyNouveauBesoin",
        "reopenAccompagnement",
    ];
    for (so_already, events) in
        [("closeAccompagnement", closed()), ("abandonAccompagnement", abandoned())]
    {
        let it: It = folded(events);
        for (act, command) in &COMMANDS[1..] {
            let answer = command(&it, &amina(), 1);
            if *act == so_already || goes_on.contains(act) {
                assert!(answer.is_ok(), "{act}: {answer:?}");
            } else {
                assert_eq!(answer, Err(Refusal::Over {}), "{act}");
            }
        }
    }
}

#[test]
fn it_goes_on_where_it_stood() {
    let issues = codes(Liste::IssueAccompagnement, ["EMPLOIS_CREES"]);
    It::given(acting())
        .when(|it| it.close_accompagnement(&amina(), issues.clone(), None))
        .then([AccompagnementClosed { parties: PARTIES, issues, bilan: None }]);
    It::given([received()])
        .when(|it| it.close_accompagnement(&amina(), BTreeSet::new(), None))
        .refused(Refusal::NotWelcomed {});
    let motif = || sealed("Close par erreur.");
    let reopened = AccompagnementReopened { parties: PARTIES, motif: motif() };
    for events in [closed(), abandoned()] {
        It::given(events.clone())
            .when(|it| it.reopen_accompagnement(&responsable(), prose("Close par erreur.")))
            .then([reopened.clone()]);
        let again: It = folded(with(events, reopened.clone()));
        assert_eq!(again.etat(), Some(Etat::EnParcours));
    }
    It::given(acting())
        .when(|it| it.reopen_accompagnement(&amina(), prose("Close par erreur.")))
        .nothing();
    let etat = |events: Vec<Event>| folded::<It>(events).etat();
    assert_eq!(etat(vec![]), None);
    assert_eq!(etat(vec![received()]), Some(Etat::EnAccueil));
    assert_eq!(etat(vec![received(), welcomed()]), Some(Etat::EnDiagnostic));
    assert_eq!(etat(planned()), Some(Etat::EnParcours));
    assert_eq!(etat(closed()), Some(Etat::Clos));
    assert_eq!(etat(abandoned()), Some(Etat::Abandonne));
    let declined = AccueilCompleted { parties: PARTIES, pertinent: false, motif: None };
    assert_eq!(etat(vec![received(), declined]), Some(Etat::NonRetenu));
}

#[test]
fn those_concerned_know_it_and_nobody_else_does() {
    let it: It = folded(planned());
    for by in [amina(), responsable(), regional(), structure(61)] {
        assert!(by.by.sees(&it.perimeter()));
    }
    // Neither a financeur nor the comité reads what a structure confides (charter of the DLA 06).
    for by in [stranger(), financeur(8), structure(62), membre(), partenaire(41)] {
        assert!(!by.by.sees(&it.perimeter()));
    }
}

/// One of the commands, with a choice among a few.
type Command = fn(&It, &Asked, u8) -> Decision<It>;

/// Every command, by the name of its right.
const COMMANDS: &[(&str, Command)] = &[
    ("recordSollicitation", |it, by, _| {
        it.record_sollicitation(by, ID, &around(), sollicitation())
    }),
    ("sendPreDiagnostic", |it, by, _| it.send_pre_diagnostic(by)),
    ("returnPreDiagnostic", |it, by, _| it.return_pre_diagnostic(by, None)),
    ("holdRendezVousQualification", |it, by, _| it.hold_rendez_vous_qualification(by, None)),
    ("completeAccueil", |it, by, n| {
        it.complete_accueil(by, n > 0, (n == 0).then(|| prose("Une création.")))
    }),
    ("orientStructure", |it, by, _| {
        let vers = Some(organisation(FEDERATION, []));
        it.orient_structure(by, &Orientation { vers, ..Orientation::default() })
    }),
    ("startDiagnostic", |it, by, _| it.start_diagnostic(by)),
    ("completeDiagnostic", |it, by, _| it.complete_diagnostic(by, found(), None)),
    ("validateDiagnostic", |it, by, _| it.validate_diagnostic(by)),
    ("proposePreconisations", |it, by, n| {
        let one = diagnostic::Preconisation { theme: None, enonce: prose("Former le bureau.") };
        it.propose_preconisations(by, vec![one; usize::from(n)])
    }),
    ("acceptPreconisations", |it, by, n| {
        it.accept_preconisations(by, (n > 0).then(|| [i32::from(n)].into()))
    }),
    ("refusePreconisations", |it, by, _| it.refuse_preconisations(by, prose("Pas maintenant."))),
    ("establishPlanAccompagnement", |it, by, n| {
        let actions = vec![addition(NatureAction::Interne); usize::from(n)];
        it.establish_plan_accompagnement(by, None, None, &actions)
    }),
    ("addActionAppui", |it, by, _| it.add_action_appui(by, &addition(NatureAction::Expertise))),
    ("attachActionAppui", |it, by, n| it.attach_action_appui(by, i32::from(n), &mission(EPICERIE))),
    ("completeActionAppui", |it, by, n| it.complete_action_appui(by, i32::from(n), None)),
    ("cancelActionAppui", |it, by, n| {
        it.cancel_action_appui(by, i32::from(n), prose("Plus de temps."))
    }),
    ("holdRestitution", |it, by, _| it.hold_restitution(by, &Restitution::default())),
    ("recordSuivi", |it, by, _| it.record_suivi(by, None)),
    ("measureImpact", |it, by, n| {
        it.measure_impact(by, Moment::Suivi, None, emplois(i32::from(n)))
    }),
    ("identifyNouveauBesoin", |it, by, _| {
        it.identify_nouveau_besoin(by, prose("Un local."), BTreeSet::new())
    }),
    ("closeAccompagnement", |it, by, _| it.close_accompagnement(by, BTreeSet::new(), None)),
    ("abandonAccompagnement", |it, by, _| it.abandon_accompagnement(by, prose("Plus de besoin."))),
    ("reopenAccompagnement", |it, by, _| it.reopen_accompagnement(by, prose("Par erreur."))),
];

#[test]
fn every_right_has_its_command_in_these_tests() {
    let rights: Vec<_> = RIGHTS.iter().map(|it| it.act).collect();
    let commands: Vec<_> = COMMANDS.iter().map(|(act, _)| *act).collect();
    assert_eq!(rights, commands);
}

#[test]
fn a_stranger_and_an_absent_accompagnement_get_the_same_answer() {
    let not_found = Err(Refusal::Common(Common::NotFound {}));
    for (act, command) in &COMMANDS[1..] {
        for by in [stranger(), membre(), financeur(8), portail()] {
            assert_eq!(command(&folded(acting()), &by, 1), not_found, "{act}");
        }
        assert_eq!(command(&It::default(), &amina(), 1), not_found, "{act}");
    }
}

#[test]
fn the_structure_answers_and_tells_and_decides_nothing_of_the_plan() {
    let its_own = [
        "returnPreDiagnostic",
        "validateDiagnostic",
        "acceptPreconisations",
        "refusePreconisations",
        "completeActionAppui",
        "measureImpact",
        "identifyNouveauBesoin",
    ];
    for (act, command) in &COMMANDS[1..] {
        let answer = command(&folded(acting()), &structure(61), 1);
        if its_own.contains(act) {
            assert!(answer.is_ok(), "{act}: {answer:?}");
        } else {
            assert_eq!(answer, Err(forbidden(act)), "{act}");
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
    [samples_until_the_plan(), samples_from_the_plan_on()].concat()
}

fn samples_until_the_plan() -> Vec<Event> {
    let parties = PARTIES;
    let text = || sealed("Pour une raison dite.");
    let commentaire = || Some(text());
    let document = Some(DOCUMENT);
    let mut first = received();
    if let SollicitationReceived { relais, .. } = &mut first {
        *relais = Some(FEDERATION);
    }
    let advised = Preconisation { theme: Some(theme("GESTION_FINANCIERE")), enonce: text() };
    vec![
        first,
        PreDiagnosticSent { parties },
        PreDiagnosticReturned { parties, document },
        RendezVousQualificationHeld { parties, commentaire: commentaire() },
        AccueilCompleted { parties, pertinent: false, motif: commentaire() },
        StructureOriented {
            parties,
            vers: Some(FEDERATION),
            dispositif: Some(line("France Active")),
            commentaire: commentaire(),
        },
        DiagnosticStarted { parties },
        DiagnosticCompleted {
            parties,
            situation: commentaire(),
            forces: commentaire(),
            capacite: commentaire(),
            besoins: commentaire(),
            domaines: codes(Liste::DomaineExpertise, ["RESSOURCES_HUMAINES"]),
            document,
        },
        DiagnosticValidated { parties },
        PreconisationsProposed { parties, preconisations: vec![advised] },
        PreconisationsAccepted { parties, retenues: [1].into() },
        PreconisationsRefused { parties, motif: text() },
    ]
}

fn samples_from_the_plan_on() -> Vec<Event> {
    let (parties, numero) = (PARTIES, 1);
    let text = || sealed("Pour une raison dite.");
    let commentaire = || Some(text());
    let (document, echeance) = (Some(DOCUMENT), Some(date(2027, 6, 30)));
    let ingenierie = IngenierieId(Uuid::from_u128(5));
    let action = Action {
        theme: Some(theme("GESTION_FINANCIERE")),
        preconisation: Some(1),
        ingenierie: Some(ingenierie),
        organisation: Some(FEDERATION),
        echeance,
        ..action(NatureAction::IngenierieIndividuelle)
    };
    let indicateurs = Indicateurs {
        emplois: Some(5),
        cdi: Some(3),
        etp: Some(Etp(350)),
        budget: Some(Cents(18_000_000)),
        financeurs: Some(4),
        beneficiaires: Some(230),
    };
    let (moment, horizon) = (Moment::Prevision, Some(date(2028, 1, 1)));
    let domaines = codes(Liste::DomaineExpertise, ["RESSOURCES_HUMAINES"]);
    let issues = codes(Liste::IssueAccompagnement, ["OUTILS_GESTION"]);
    let told = Some(ingenierie);
    vec![
        PlanAccompagnementEstablished { parties, echeance, document },
        ActionAppuiAdded { parties, numero, action },
        ActionAppuiAttached { parties, numero, ingenierie },
        ActionAppuiCompleted { parties, numero, commentaire: commentaire() },
        ActionAppuiCancelled { parties, numero, motif: text() },
        RestitutionHeld { parties, ingenierie: told, commentaire: commentaire(), document },
        SuiviRecorded { parties, commentaire: commentaire() },
        ImpactMeasured { parties, moment, horizon, indicateurs },
        NouveauBesoinIdentified { parties, besoin: text(), domaines },
        AccompagnementClosed { parties, issues, bilan: commentaire() },
        AccompagnementAbandoned { parties, motif: text() },
        AccompagnementReopened { parties, motif: text() },
    ]
}

proptest! {
    // Whatever is asked by whomever, in whatever order.
    #[test]
    fn the_hard_rules_hold(steps in vec((0..COMMANDS.len(), 0_u8..4, any::<bool>()), 0..60)) {
        let mut facts: Vec<Event> = vec![];
        for (command, n, own) in steps {
            let it: It = folded(facts.clone());
            let by = if own { structure(61) } else { amina() };
            let Ok(decided) = COMMANDS[command].1(&it, &by, n) else { continue };
            let last = |of: fn(&Event) -> bool| facts.iter().rposition(of);
            for event in decided.events() {
                // One beginning.
                let begins = matches!(event, SollicitationReceived { .. });
                prop_assert_eq!(begins, facts.is_empty());
                // INV-32: a plan after the last advice was accepted, and that after the last
                // diagnostic was validated.
                if let PlanAccompagnementEstablished { .. } = event {
                    let proposed = last(|it| matches!(it, PreconisationsProposed { .. }));
                    let accepted = last(|it| matches!(it, PreconisationsAccepted { .. }));
                    prop_assert!(proposed.is_some() && accepted > proposed);
                }
                if let PreconisationsAccepted { retenues, .. } = event {
                    let completed = last(|it| matches!(it, DiagnosticCompleted { .. }));
                    let validated = last(|it| matches!(it, DiagnosticValidated { .. }));
                    prop_assert!(completed.is_some() && validated > completed);
                    prop_assert!(retenues.iter().all(|it| (1..=it_proposes(&facts)).contains(it)));
                }
                // Numbers follow one another.
                if let ActionAppuiAdded { numero, .. } = event {
                    prop_assert!(!it.actions.contains_key(numero));
                }
                if let AccompagnementReopened { .. } = event {
                    prop_assert!(matches!(it.etat(), Some(Etat::Clos | Etat::Abandonne)));
                }
            }
            facts.extend(decided.events().cloned());
            let now: It = folded(facts.clone());
            // No action ends in two ways, and a plan is of a request that was found relevant.
            prop_assert!(now.actions.values().all(|it| !(it.done && it.cancelled)));
            prop_assert!(now.actions.len() <= LIST_MAX);
            prop_assert!(now.plan.is_none() || now.pertinent == Some(true));
            prop_assert!(now.actions.is_empty() || now.plan.is_some());
        }
    }
}

/// How many préconisations were proposed last.
fn it_proposes(facts: &[Event]) -> i32 {
    let mut proposed = 0;
    for fact in facts {
        if let PreconisationsProposed { preconisations, .. } = fact {
            proposed = preconisations.len();
        }
    }
    i32::try_from(proposed).unwrap()
}
