use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use super::{
    Contributeur, Donateur, Event, Event::*, LIGNES_MAX, PARTS_MAX, PERSONNES_MAX, POIDS_MAX, Part,
    PartVoulue, PlanFinancement, PlanFinancementId, Refusal, RegimeTaxe, StatutRessource, Temps,
    partage::shares,
};
use crate::{
    ActionFinancee, ActionFinanceeId, Asked, Cents, Claim, Code, Decider, Decision, Dossier,
    IngenierieCollective, IngenierieId, Liste, Prose, QuarterDays, Rule, Sealed, Subject, date,
    ingenierie_collective::{
        Etat, Event as Fact,
        confirmer::projet::{Module, NatureModule},
    },
    refusal::Common,
    testing::{
        DLA, OTHER_DLA, Scenario, TODAY, absent_ingenierie, amina, code, financeur, folded, line,
        org, prose, regional, responsable, seen, stored, stranger, vaucluse,
    },
    values::AMOUNT_MAX,
};

const INGENIERIE: IngenierieId = IngenierieId(Uuid::from_u128(5));

/// The région, which pays line 2.
const PLAN: PlanFinancementId = PlanFinancementId(Uuid::from_u128(6));

const REGION: Contributeur = Contributeur::Organisation(org(20));

/// Something that is asked of a plan.
type Asking<'a> = dyn Fn(&PlanFinancement) -> Decision<PlanFinancement> + 'a;

fn ingenierie() -> Dossier {
    dossier([])
}

/// The ingénierie, after some facts.
fn dossier(facts: impl IntoIterator<Item = Fact>) -> Dossier {
    let initiated = Fact::IngenierieCollectiveInitiated {
        ingenierie: INGENIERIE,
        porteur: DLA,
        intitule: line("Négocier avec sa banque"),
        territoire: vaucluse(),
        secteurs: vec![],
    };
    seen::<IngenierieCollective>(INGENIERIE, [initiated].into_iter().chain(facts)).into()
}

fn sealed(text: &str) -> Sealed<Prose> {
    Sealed::new(Subject::dossier(INGENIERIE), prose(text))
}

fn poste() -> Code {
    code(Liste::PosteCout, "PRESTATIONS_EXTERIEURES")
}

fn source() -> Code {
    code(Liste::SourceFinancement, "COLLECTIVITE")
}

fn opened() -> Event {
    PlanFinancementOpened {
        ingenierie: INGENIERIE,
        dlas: BTreeSet::from([DLA]),
        territoire: Some(vaucluse()),
    }
}

fn depense(ligne: i32, montant: i64) -> Event {
    let intitule = line("Trois journées");
    DepenseAdded { ligne, poste: poste(), intitule, montant: Cents(montant) }
}

fn sought(ligne: i32, montant: i64) -> Event {
    RessourceSought { ligne, source: source(), contributeur: REGION, montant: Cents(montant) }
}

fn requested() -> Event {
    RessourceRequested { ligne: 2, contributeur: REGION }
}

fn granted(montant: i64) -> Event {
    RessourceGranted { ligne: 2, contributeur: REGION, montant: Cents(montant) }
}

fn refused() -> Event {
    RessourceRefused { ligne: 2, contributeur: REGION, motif: sealed("Budget épuisé.") }
}

fn notified(reference: Option<&str>) -> Event {
    RessourceNotified { ligne: 2, contributeur: REGION, reference: reference.map(line) }
}

fn paid(montant: i64) -> Event {
    RessourcePaid { ligne: 2, contributeur: REGION, montant: Cents(montant) }
}

fn confirmed() -> Event {
    PlanFinancementConfirmed { total: Cents(250_000), valorisation: Cents(0) }
}

fn temps() -> Temps {
    Temps {
        donateur: Donateur::Partenaire,
        personnes: 3,
        jours: QuarterDays(5),
        tarif_jour: Cents(33_333),
    }
}

/// A cost of 2,500 € (line 1), and the région asked for as much (line 2).
fn asked_for() -> Vec<Event> {
    vec![opened(), depense(1, 250_000), sought(2, 250_000), requested()]
}

fn after(mut events: Vec<Event>, more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    events.extend(more);
    events
}

/// The same plan, granted and confirmed.
/// Confirms a plan that no DLA pays for.
fn confirm(it: &PlanFinancement, asked: &Asked) -> Decision<PlanFinancement> {
    it.confirm_plan_financement(asked, PLAN, (&ingenierie(), None))
}

pub(crate) fn standing() -> Vec<Event> {
    after(asked_for(), [granted(250_000), confirmed()])
}

/// One of each, every field filled.
pub(crate) fn samples() -> Vec<Event> {
    let parts = vec![
        Part { source: source(), contributeur: REGION, poids: 2, montant: Cents(16_667) },
        Part {
            source: code(Liste::SourceFinancement, "DLA"),
            contributeur: Contributeur::Dla(DLA),
            poids: 1,
            montant: Cents(8_333),
        },
    ];
    vec![
        opened(),
        depense(1, 250_000),
        DepenseRevised { ligne: 1, montant: Cents(260_000) },
        DepenseRemoved { ligne: 1, motif: sealed("Salle prêtée.") },
        sought(2, 250_000),
        requested(),
        granted(250_000),
        refused(),
        notified(Some("2026-0042")),
        paid(100_000),
        ValorisationRecorded { ligne: 3, temps: temps(), montant: Cents(124_999) },
        CostShared { total: Cents(25_000), parts },
        RuleWaived { rule: Rule::LinesGranted, because: sealed("La porteuse garantit.") },
        confirmed(),
        PlanFinancementReopened {},
        RegimeTaxeChosen { regime: RegimeTaxe::Ht },
        RealiseRecorded { ligne: 1, montant: Cents(240_000) },
        PlanFinancementSettled { realise: Cents(240_000), verse: Cents(240_000) },
    ]
}

#[test]
fn a_plan_is_opened_for_one_ingenierie() {
    let decided = PlanFinancement::default()
        .open_plan_financement(&amina(), &ingenierie())
        .unwrap();
    assert_eq!(decided.facts[0].event, opened());
    assert_eq!(decided.facts[0].place.dossier, Some(INGENIERIE));
    assert_eq!(decided.facts[0].place.territoire, Some(vaucluse()));
    let value = INGENIERIE.0.to_string();
    assert_eq!(decided.claims, [Claim { scope: "plan_financement", value }]);
    // What ends the ingénierie at the same instant comes before or after, never unseen.
    assert_eq!(decided.expects, [(&ingenierie()).into()]);

    let plan: PlanFinancement = folded([opened()]);
    assert!(plan.exists());
    assert_eq!(plan.ingenierie(), Some(INGENIERIE));
    assert!(!plan.is_confirmed());
}

#[test]
fn a_plan_is_opened_by_those_who_see_the_ingenierie() {
    PlanFinancement::given([])
        .when(|it| it.open_plan_financement(&stranger(), &ingenierie()))
        .refused(Common::NotFound {});
    PlanFinancement::given([])
        .when(|it| it.open_plan_financement(&amina(), &absent_ingenierie()))
        .refused(Common::NotFound {});
    PlanFinancement::given([])
        .when(|it| it.open_plan_financement(&responsable(), &ingenierie()))
        .refused(Common::Forbidden { act: "openPlanFinancement".to_owned() });
    let abandoned = Fact::IngenierieCollectiveAbandoned {
        etat: Etat::Engagee,
        motif: sealed("Plus personne."),
    };
    PlanFinancement::given([])
        .when(|it| it.open_plan_financement(&amina(), &dossier([abandoned.clone()])))
        .refused(Refusal::IngenierieEnded {});
    PlanFinancement::given([opened()])
        .when(|it| it.open_plan_financement(&amina(), &ingenierie()))
        .refused(Common::AlreadyExists {});
}

#[test]
fn a_cost_is_added_revised_and_removed() {
    PlanFinancement::given([opened()])
        .when(|it| it.add_depense(&amina(), poste(), line("Trois journées"), Cents(250_000)))
        .then([depense(1, 250_000)]);

    let given = [opened(), depense(1, 250_000)];
    let revised = DepenseRevised { ligne: 1, montant: Cents(260_000) };
    PlanFinancement::given(given.clone())
        .when(|it| it.revise_depense(&amina(), 1, Cents(260_000)))
        .then([revised.clone()]);
    PlanFinancement::given(given.clone())
        .when(|it| it.revise_depense(&amina(), 1, Cents(250_000)))
        .nothing();
    PlanFinancement::given(given.clone())
        .when(|it| it.revise_depense(&amina(), 2, Cents(1)))
        .refused(Refusal::LigneUnknown { ligne: 2 });
    let plan: PlanFinancement = folded(after(given.to_vec(), [revised]));
    assert_eq!(plan.total_cents(), Cents(260_000));

    let removed = DepenseRemoved { ligne: 1, motif: sealed("Salle prêtée.") };
    let remove = |it: &PlanFinancement| it.remove_depense(&amina(), 1, prose("Salle prêtée."));
    PlanFinancement::given(given.clone())
        .when(remove)
        .then([removed.clone()]);
    let given = after(given.to_vec(), [removed]);
    PlanFinancement::given(given.clone()).when(remove).nothing();
    PlanFinancement::given(given.clone())
        .when(|it| it.revise_depense(&amina(), 1, Cents(1)))
        .refused(Refusal::LigneUnknown { ligne: 1 });
    PlanFinancement::given(given.clone())
        .when(|it| it.remove_depense(&amina(), 9, prose("Erreur.")))
        .refused(Refusal::LigneUnknown { ligne: 9 });
    // A number is given once.
    PlanFinancement::given(given)
        .when(|it| it.add_depense(&amina(), poste(), line("Trois journées"), Cents(1)))
        .then([depense(2, 1)]);
}

// INV-10
#[test]
fn no_line_is_negative_or_for_nothing() {
    let out = |field| Refusal::MontantOutOfRange { field, max: AMOUNT_MAX };
    for odd in [Cents(-1), Cents(0), Cents(AMOUNT_MAX.0 + 1)] {
        let asks: [(&str, &Asking<'_>); 6] = [
            ("montant", &|it| it.add_depense(&amina(), poste(), line("Rien"), odd)),
            ("montant", &|it| it.revise_depense(&amina(), 1, odd)),
            ("montant", &|it| it.add_ressource(&amina(), source(), REGION, odd)),
            ("montant", &|it| it.grant_ressource(&amina(), 2, odd)),
            ("total", &|it| it.share_cost(&amina(), odd, voulues(&[1, 1]))),
            ("temps.tarifJour", &|it| {
                it.record_valorisation(&amina(), Temps { tarif_jour: odd, ..temps() })
            }),
        ];
        for (field, ask) in asks {
            PlanFinancement::given(asked_for())
                .when(ask)
                .refused(out(field));
        }
        PlanFinancement::given(after(asked_for(), [granted(9), notified(None)]))
            .when(|it| it.pay_ressource(&amina(), 2, odd))
            .refused(out("montant"));
    }
}

// INV-10
#[test]
fn valued_time_is_no_line_of_cash() {
    let poste = code(Liste::PosteCout, super::POSTE_VALORISATION);
    PlanFinancement::given([opened()])
        .when(|it| it.add_depense(&amina(), poste, line("Deux jours"), Cents(1)))
        .refused(Refusal::PosteIsValorisation {});
}

#[test]
fn a_plan_has_so_many_lines() {
    let full = [opened(), depense(LIGNES_MAX, 1)];
    let no = Refusal::PlanFull { max: LIGNES_MAX };
    PlanFinancement::given(full.clone())
        .when(|it| it.add_depense(&amina(), poste(), line("Encore"), Cents(1)))
        .refused(no.clone());
    PlanFinancement::given(full.clone())
        .when(|it| it.add_ressource(&amina(), source(), REGION, Cents(1)))
        .refused(no.clone());
    PlanFinancement::given(full)
        .when(|it| it.record_valorisation(&amina(), temps()))
        .refused(no.clone());
    PlanFinancement::given([opened(), depense(LIGNES_MAX - 1, 1)])
        .when(|it| it.share_cost(&amina(), Cents(2), voulues(&[1, 1])))
        .refused(no);
}

#[test]
fn a_resource_is_sought_then_requested() {
    let given = vec![opened(), depense(1, 250_000)];
    PlanFinancement::given(given.clone())
        .when(|it| it.add_ressource(&amina(), source(), REGION, Cents(250_000)))
        .then([sought(2, 250_000)]);
    let given = after(given, [sought(2, 250_000)]);
    PlanFinancement::given(given.clone())
        .when(|it| it.request_ressource(&amina(), 2))
        .then([requested()]);
    PlanFinancement::given(asked_for())
        .when(|it| it.request_ressource(&amina(), 2))
        .nothing();
    PlanFinancement::given(given)
        .when(|it| it.request_ressource(&amina(), 1))
        .refused(Refusal::LigneUnknown { ligne: 1 });
    for (answer, statut) in
        [(granted(1), StatutRessource::Granted), (refused(), StatutRessource::Refused)]
    {
        PlanFinancement::given(after(asked_for(), [answer]))
            .when(|it| it.request_ressource(&amina(), 2))
            .refused(Refusal::RessourceAnswered { ligne: 2, statut });
    }
}

#[test]
fn the_financeur_grants_its_line_or_the_dla_notes_it() {
    for by in [financeur(20), amina()] {
        PlanFinancement::given(asked_for())
            .when(|it| it.grant_ressource(&by, 2, Cents(200_000)))
            .then([granted(200_000)]);
    }
    let given = after(asked_for(), [granted(200_000)]);
    assert_eq!(folded::<PlanFinancement>(given.clone()).retained_cents(), Cents(200_000));
    PlanFinancement::given(given.clone())
        .when(|it| it.grant_ressource(&financeur(20), 2, Cents(200_000)))
        .nothing();
    PlanFinancement::given(given)
        .when(|it| it.grant_ressource(&financeur(20), 2, Cents(250_000)))
        .then([granted(250_000)]);
}

#[test]
fn a_grant_answers_a_request_until_it_is_in_writing() {
    let grant = |it: &PlanFinancement| it.grant_ressource(&amina(), 2, Cents(1));
    let refuse = |it: &PlanFinancement| it.refuse_ressource(&amina(), 2, prose("Non."));
    let never_asked = [opened(), depense(1, 250_000), sought(2, 250_000)];
    let no = Refusal::RessourceNotRequested { ligne: 2 };
    PlanFinancement::given(never_asked.clone())
        .when(grant)
        .refused(no.clone());
    PlanFinancement::given(never_asked).when(refuse).refused(no);
    PlanFinancement::given(after(asked_for(), [refused()]))
        .when(grant)
        .refused(Refusal::RessourceDeclined { ligne: 2 });
    let in_writing = after(asked_for(), [granted(250_000), notified(None)]);
    for ask in [&grant as &Asking<'_>, &refuse] {
        PlanFinancement::given(in_writing.clone())
            .when(ask)
            .refused(Refusal::RessourceInWriting { ligne: 2 });
    }
    PlanFinancement::given(asked_for())
        .when(|it| it.grant_ressource(&amina(), 1, Cents(1)))
        .refused(Refusal::LigneUnknown { ligne: 1 });
}

#[test]
fn a_refused_resource_is_no_longer_counted() {
    let refuse =
        |it: &PlanFinancement| it.refuse_ressource(&financeur(20), 2, prose("Budget épuisé."));
    PlanFinancement::given(asked_for())
        .when(refuse)
        .then([refused()]);
    PlanFinancement::given(after(asked_for(), [granted(1)]))
        .when(refuse)
        .then([refused()]);
    let given = after(asked_for(), [refused()]);
    assert_eq!(folded::<PlanFinancement>(given.clone()).retained_cents(), Cents(0));
    PlanFinancement::given(given).when(refuse).nothing();
}

#[test]
fn a_grant_is_notified_and_its_reference_may_follow() {
    let notify = |reference: Option<&'static str>| {
        move |it: &PlanFinancement| it.notify_ressource(&financeur(20), 2, reference.map(line))
    };
    PlanFinancement::given(asked_for())
        .when(notify(None))
        .refused(Refusal::RessourceNotGranted { ligne: 2 });
    let given = after(asked_for(), [granted(250_000)]);
    PlanFinancement::given(given.clone())
        .when(notify(None))
        .then([notified(None)]);
    let given = after(given, [notified(None)]);
    PlanFinancement::given(given.clone())
        .when(notify(None))
        .nothing();
    PlanFinancement::given(given.clone())
        .when(notify(Some("2026-0042")))
        .then([notified(Some("2026-0042"))]);
    let given = after(given, [notified(Some("2026-0042"))]);
    PlanFinancement::given(given.clone())
        .when(notify(Some("2026-0042")))
        .nothing();
    PlanFinancement::given(given).when(notify(None)).nothing();
}

#[test]
fn instalments_never_exceed_what_was_granted() {
    let pay = |cents| move |it: &PlanFinancement| it.pay_ressource(&financeur(20), 2, Cents(cents));
    PlanFinancement::given(after(asked_for(), [granted(250_000)]))
        .when(pay(1))
        .refused(Refusal::RessourceNotNotified { ligne: 2 });
    let given = after(asked_for(), [granted(250_000), notified(None)]);
    PlanFinancement::given(given.clone())
        .when(pay(100_000))
        .then([paid(100_000)]);
    let given = after(given, [paid(100_000)]);
    PlanFinancement::given(given.clone())
        .when(pay(150_001))
        .refused(Refusal::PaidAboveGranted { ligne: 2, remaining: Cents(150_000) });
    PlanFinancement::given(given)
        .when(pay(150_000))
        .then([paid(150_000)]);
}

#[test]
fn time_is_valued_to_the_cent_apart_from_cash() {
    // 3 people, 1.25 days each, 333.33 € a day: 1,249.9875 €.
    let recorded = ValorisationRecorded { ligne: 1, temps: temps(), montant: Cents(124_999) };
    PlanFinancement::given([opened()])
        .when(|it| it.record_valorisation(&amina(), temps()))
        .then([recorded.clone()]);
    let plan: PlanFinancement = folded([opened(), recorded]);
    assert_eq!(plan.valorisation_cents(), Cents(124_999));
    assert_eq!((plan.total_cents(), plan.retained_cents()), (Cents(0), Cents(0)));
}

#[test]
fn somebody_gives_some_time() {
    let out = Refusal::TempsOutOfRange { personnes: PERSONNES_MAX, jours: QuarterDays::MAX };
    for odd in [
        Temps { personnes: 0, ..temps() },
        Temps { personnes: PERSONNES_MAX + 1, ..temps() },
        Temps { jours: QuarterDays(0), ..temps() },
        Temps { jours: QuarterDays(QuarterDays::MAX.0 + 1), ..temps() },
    ] {
        PlanFinancement::given([opened()])
            .when(|it| it.record_valorisation(&amina(), odd))
            .refused(out.clone());
    }
    let immense = Temps {
        personnes: PERSONNES_MAX,
        jours: QuarterDays::MAX,
        tarif_jour: AMOUNT_MAX,
        ..temps()
    };
    // One person, a quarter of a day, a cent a day: a quarter of a cent is nothing.
    let tiny = Temps { personnes: 1, jours: QuarterDays(1), tarif_jour: Cents(1), ..temps() };
    for odd in [immense, tiny] {
        PlanFinancement::given([opened()])
            .when(|it| it.record_valorisation(&amina(), odd))
            .refused(Refusal::MontantOutOfRange { field: "temps", max: AMOUNT_MAX });
    }
}

fn voulues(weights: &[i32]) -> Vec<PartVoulue> {
    weights
        .iter()
        .map(|&poids| PartVoulue { source: source(), contributeur: REGION, poids })
        .collect()
}

// INV-18
#[test]
fn a_cost_is_shared_to_the_cent() {
    let part = |montant| Part {
        source: source(),
        contributeur: REGION,
        poids: 1,
        montant: Cents(montant),
    };
    PlanFinancement::given([opened()])
        .when(|it| it.share_cost(&amina(), Cents(10_000), voulues(&[1, 1, 1])))
        .then([
            CostShared { total: Cents(10_000), parts: vec![part(3_334), part(3_333), part(3_333)] },
            sought(1, 3_334),
            sought(2, 3_333),
            sought(3, 3_333),
        ]);
    assert_eq!(shares(Cents(101), &[2, 1]), [Cents(68), Cents(33)]);
}

// INV-18
#[test]
fn a_cost_is_shared_between_some_who_all_pay() {
    let share = |total, weights: &[i32]| {
        let voulues = voulues(weights);
        move |it: &PlanFinancement| it.share_cost(&amina(), Cents(total), voulues)
    };
    for weights in [vec![], vec![1; PARTS_MAX + 1]] {
        PlanFinancement::given([opened()])
            .when(share(10_000, &weights))
            .refused(Refusal::PartsOutOfRange { max: PARTS_MAX });
    }
    for odd in [0, -1, POIDS_MAX + 1] {
        PlanFinancement::given([opened()])
            .when(share(10_000, &[1, odd]))
            .refused(Refusal::WeightOutOfRange { max: POIDS_MAX });
    }
    PlanFinancement::given([opened()])
        .when(share(2, &[1, 1, 1]))
        .refused(Refusal::ShareTooSmall {});
}

// INV-10
#[test]
fn a_plan_is_confirmed_when_it_balances() {
    let confirm = |it: &PlanFinancement| confirm(it, &responsable());
    PlanFinancement::given([opened()])
        .when(confirm)
        .refused(Refusal::PlanEmpty {});
    PlanFinancement::given(after(asked_for(), [granted(249_999)]))
        .when(confirm)
        .refused(Refusal::PlanLacksRessources {
            depenses: Cents(250_000),
            ressources: Cents(249_999),
            ecart: Cents(1),
        });
    PlanFinancement::given(after(asked_for(), [granted(250_007)]))
        .when(confirm)
        .refused(Refusal::PlanExceedsDepenses {
            depenses: Cents(250_000),
            ressources: Cents(250_007),
            ecart: Cents(7),
        });
    PlanFinancement::given(after(asked_for(), [refused()]))
        .when(confirm)
        .refused(Refusal::PlanLacksRessources {
            depenses: Cents(250_000),
            ressources: Cents(0),
            ecart: Cents(250_000),
        });
    PlanFinancement::given(after(asked_for(), [granted(250_000)]))
        .when(confirm)
        .then([confirmed()]);
    PlanFinancement::given(standing()).when(confirm).nothing();
    assert!(folded::<PlanFinancement>(standing()).is_confirmed());
}

// INV-12
#[test]
fn counting_on_what_is_not_granted_must_be_justified() {
    PlanFinancement::given(asked_for())
        .when(|it| confirm(it, &amina()))
        .refused(Common::JustificationNeeded { rule: Rule::LinesGranted });
    PlanFinancement::given(asked_for())
        .when(|it| confirm(it, &amina().because("La porteuse garantit.")))
        .then([
            RuleWaived { rule: Rule::LinesGranted, because: sealed("La porteuse garantit.") },
            confirmed(),
        ]);
}

// INV-11
#[test]
fn a_change_of_a_line_reopens_the_plan() {
    let asks: [(&str, &Asking<'_>); 8] = [
        ("add", &|it| it.add_depense(&amina(), poste(), line("Salle"), Cents(1))),
        ("revise", &|it| it.revise_depense(&amina(), 1, Cents(1))),
        ("remove", &|it| it.remove_depense(&amina(), 1, prose("Non."))),
        ("seek", &|it| it.add_ressource(&amina(), source(), REGION, Cents(1))),
        ("grant", &|it| it.grant_ressource(&financeur(20), 2, Cents(1))),
        ("refuse", &|it| it.refuse_ressource(&financeur(20), 2, prose("Non."))),
        ("value", &|it| it.record_valorisation(&amina(), temps())),
        ("share", &|it| it.share_cost(&amina(), Cents(2), voulues(&[1, 1]))),
    ];
    for (name, ask) in asks {
        let mut plan: PlanFinancement = folded(standing());
        let decided = ask(&plan).unwrap();
        let events: Vec<_> = decided.events().collect();
        assert_eq!(events[0], &PlanFinancementReopened {}, "{name}");
        assert!(events.len() > 1, "{name}");
        for event in events {
            plan.evolve(event);
        }
        assert!(!plan.is_confirmed(), "{name}");
    }
}

// INV-11: paying what was promised is no change.
#[test]
fn carrying_out_what_was_promised_leaves_the_plan_confirmed() {
    PlanFinancement::given(standing())
        .when(|it| it.notify_ressource(&amina(), 2, None))
        .then([notified(None)]);
    PlanFinancement::given(after(standing(), [notified(None)]))
        .when(|it| it.pay_ressource(&amina(), 2, Cents(1)))
        .then([paid(1)]);
    let guaranteed = after(asked_for(), [confirmed()]);
    PlanFinancement::given(guaranteed)
        .when(|it| it.grant_ressource(&financeur(20), 2, Cents(250_000)))
        .then([granted(250_000)]);
}

// INV-16
#[test]
fn an_opco_pays_where_training_is_planned() {
    let opco = code(Liste::SourceFinancement, "OPCO");
    let given = || {
        vec![
            opened(),
            depense(1, 5),
            RessourceSought {
                ligne: 2,
                source: opco.clone(),
                contributeur: REGION,
                montant: Cents(5),
            },
            requested(),
            granted(5),
        ]
    };
    PlanFinancement::given(given())
        .when(|it| confirm(it, &amina()))
        .refused(Refusal::FormationNotPlanned { ligne: 2 });
    let module = |nature| Module {
        intitule: line("Se former"),
        nature,
        formes: vec![],
        jours: QuarterDays(4),
        territoires: vec![],
        duree: None,
    };
    let with =
        |nature| dossier([Fact::ProjetInterventionFormalised { modules: vec![module(nature)] }]);
    PlanFinancement::given(given())
        .when(|it| {
            it.confirm_plan_financement(&amina(), PLAN, (&with(NatureModule::Information), None))
        })
        .refused(Refusal::FormationNotPlanned { ligne: 2 });
    PlanFinancement::given(given())
        .when(|it| {
            it.confirm_plan_financement(&amina(), PLAN, (&with(NatureModule::Formation), None))
        })
        .then([PlanFinancementConfirmed { total: Cents(5), valorisation: Cents(0) }]);
    PlanFinancement::given(after(given(), [depense(3, 1), sought(4, 6), refused()]))
        .when(|it| confirm(it, &amina().because("La porteuse garantit.")))
        .then([
            RuleWaived { rule: Rule::LinesGranted, because: sealed("La porteuse garantit.") },
            PlanFinancementConfirmed { total: Cents(6), valorisation: Cents(0) },
        ]);
}

// INV-17
#[test]
fn a_collectivite_that_pays_every_year_says_how_its_line_goes_with_that() {
    let associated = |categorie| Fact::PartenaireAssociated {
        organisation: org(20),
        categorie: code(Liste::CategoriePartenaire, categorie),
        role: None,
    };
    let permanent = dossier([associated("FINANCEUR_PERMANENT")]);
    let given = after(asked_for(), [granted(250_000)]);
    PlanFinancement::given(given.clone())
        .when(|it| it.confirm_plan_financement(&amina(), PLAN, (&permanent, None)))
        .refused(Common::JustificationNeeded { rule: Rule::FundingArticulated });
    let because = "Le socle annuel ne couvre pas cette action.";
    PlanFinancement::given(given.clone())
        .when(|it| it.confirm_plan_financement(&amina().because(because), PLAN, (&permanent, None)))
        .then([
            RuleWaived { rule: Rule::FundingArticulated, because: sealed(because) },
            confirmed(),
        ]);
    let ponctuel = dossier([associated("FINANCEUR_PONCTUEL")]);
    PlanFinancement::given(given)
        .when(|it| it.confirm_plan_financement(&amina(), PLAN, (&ponctuel, None)))
        .then([confirmed()]);
}

/// A plan that the DLA pays for, its line granted.
fn paid_by_the_dla() -> Vec<Event> {
    let (source, contributeur) = (code(Liste::SourceFinancement, "DLA"), Contributeur::Dla(DLA));
    vec![
        opened(),
        depense(1, 250_000),
        RessourceSought { ligne: 2, source, contributeur, montant: Cents(250_000) },
        RessourceRequested { ligne: 2, contributeur },
        RessourceGranted { ligne: 2, contributeur, montant: Cents(250_000) },
    ]
}

// INV-13
#[test]
fn credits_d_ingenierie_are_declared_and_stack_on_none_that_nobody_cleared() {
    use crate::action_financee::tests::{cleared, declared, detected};
    let ask = |it: &PlanFinancement, dossier: &Dossier, facts: &[_]| {
        let action = seen::<ActionFinancee>(ActionFinanceeId(Uuid::nil()), facts.iter().cloned());
        it.confirm_plan_financement(&amina(), PLAN, (dossier, Some(&action)))
    };
    let here = ingenierie();
    PlanFinancement::given(paid_by_the_dla())
        .when(|it| confirm(it, &amina()))
        .refused(Refusal::CreditsNotDeclared {});
    PlanFinancement::given(paid_by_the_dla())
        .when(|it| ask(it, &here, &[declared(9, 4)]))
        .refused(Refusal::CreditsNotDeclared {});
    let own = [declared(9, 4), declared(6, 5), detected(1, (6, 5), (9, 4))];
    PlanFinancement::given(paid_by_the_dla())
        .when(|it| ask(it, &here, &own[..2]))
        .then([confirmed()]);
    PlanFinancement::given(paid_by_the_dla())
        .when(|it| ask(it, &here, &own))
        .refused(Refusal::SuperpositionsUncleared { nombre: 1 });
    // Whichever of the two came first.
    let first = [declared(6, 5), declared(9, 4), detected(1, (9, 4), (6, 5))];
    PlanFinancement::given(paid_by_the_dla())
        .when(|it| ask(it, &here, &first))
        .refused(Refusal::SuperpositionsUncleared { nombre: 1 });
    let cleared = own
        .clone()
        .into_iter()
        .chain([cleared(1)])
        .collect::<Vec<_>>();
    PlanFinancement::given(paid_by_the_dla())
        .when(|it| ask(it, &here, &cleared))
        .then([confirmed()]);
    // What was compared is what the dossier says.
    let sport = Fact::SecteursDetermined { secteurs: vec![code(Liste::Secteur, "SPORT")] };
    PlanFinancement::given(paid_by_the_dla())
        .when(|it| ask(it, &dossier([sport.clone()]), &own[..2]))
        .refused(Refusal::CreditsOutdated {});
    let joined = Fact::DlaAssociated { dla: OTHER_DLA };
    PlanFinancement::given(paid_by_the_dla())
        .when(|it| ask(it, &dossier([joined.clone()]), &own[..2]))
        .refused(Refusal::CreditsOutdated {});
}

#[test]
fn the_accounts_are_closed_on_what_it_came_to() {
    let settle = |it: &PlanFinancement| it.settle_plan_financement(&responsable());
    let came_to = |montant| RealiseRecorded { ligne: 1, montant: Cents(montant) };
    PlanFinancement::given(asked_for())
        .when(settle)
        .refused(Refusal::PlanNotConfirmed {});
    PlanFinancement::given(standing())
        .when(settle)
        .refused(Refusal::RealiseMissing { ligne: 1 });
    PlanFinancement::given(standing())
        .when(|it| it.record_realise(&amina(), 1, Cents(240_000)))
        .then([came_to(240_000)]);
    PlanFinancement::given(after(standing(), [came_to(240_000)]))
        .when(|it| it.record_realise(&amina(), 1, Cents(240_000)))
        .nothing();
    PlanFinancement::given(standing())
        .when(|it| it.record_realise(&amina(), 1, Cents(0)))
        .then([came_to(0)]);
    PlanFinancement::given(standing())
        .when(|it| it.record_realise(&amina(), 2, Cents(1)))
        .refused(Refusal::LigneUnknown { ligne: 2 });
    PlanFinancement::given(standing())
        .when(|it| it.record_realise(&amina(), 1, Cents(-1)))
        .refused(Refusal::MontantOutOfRange { field: "montant", max: AMOUNT_MAX });

    let paid_as_spent = after(standing(), [notified(None), paid(240_000), came_to(240_000)]);
    let settled = PlanFinancementSettled { realise: Cents(240_000), verse: Cents(240_000) };
    PlanFinancement::given(paid_as_spent.clone())
        .when(settle)
        .then([settled.clone()]);
    let spent_more = after(standing(), [notified(None), paid(240_000), came_to(250_000)]);
    PlanFinancement::given(spent_more.clone())
        .when(settle)
        .refused(Common::JustificationNeeded { rule: Rule::PaidAsSpent });
    PlanFinancement::given(spent_more)
        .when(|it| it.settle_plan_financement(&responsable().because("La porteuse paie le reste.")))
        .then([
            RuleWaived { rule: Rule::PaidAsSpent, because: sealed("La porteuse paie le reste.") },
            PlanFinancementSettled { realise: Cents(250_000), verse: Cents(240_000) },
        ]);

    let over = after(paid_as_spent, [settled]);
    PlanFinancement::given(over.clone()).when(settle).nothing();
    for (act, ask) in KEPT.iter().chain(ANSWERED) {
        if *act != "settlePlanFinancement" {
            PlanFinancement::given(over.clone())
                .when(|it| ask(it, &amina()))
                .refused(Refusal::PlanSettled {});
        }
    }
}

#[test]
fn how_taxes_are_counted_is_said_once() {
    PlanFinancement::given([opened()])
        .when(|it| it.choose_regime_taxe(&amina(), RegimeTaxe::Ttc))
        .nothing();
    PlanFinancement::given(standing())
        .when(|it| it.choose_regime_taxe(&amina(), RegimeTaxe::Ht))
        .then([PlanFinancementReopened {}, RegimeTaxeChosen { regime: RegimeTaxe::Ht }]);
}

type Ask = fn(&PlanFinancement, &Asked) -> Decision<PlanFinancement>;

/// What those of the DLA do alone.
const KEPT: &[(&str, Ask)] = &[
    ("addDepense", |it, asked| it.add_depense(asked, poste(), line("Salle"), Cents(1))),
    ("reviseDepense", |it, asked| it.revise_depense(asked, 1, Cents(260_000))),
    ("removeDepense", |it, asked| it.remove_depense(asked, 1, prose("Non."))),
    ("addRessource", |it, asked| it.add_ressource(asked, source(), REGION, Cents(10_000))),
    ("requestRessource", |it, asked| it.request_ressource(asked, 2)),
    ("recordValorisation", |it, asked| it.record_valorisation(asked, temps())),
    ("shareCost", |it, asked| it.share_cost(asked, Cents(10_001), voulues(&[1, 3]))),
    ("confirmPlanFinancement", confirm),
    ("chooseRegimeTaxe", |it, asked| it.choose_regime_taxe(asked, RegimeTaxe::Ht)),
    ("recordRealise", |it, asked| it.record_realise(asked, 1, Cents(240_000))),
    ("settlePlanFinancement", |it, asked| it.settle_plan_financement(asked)),
];

/// What a financeur answers too.
const ANSWERED: &[(&str, Ask)] = &[
    ("grantRessource", |it, asked| it.grant_ressource(asked, 2, Cents(250_000))),
    ("refuseRessource", |it, asked| it.refuse_ressource(asked, 2, prose("Non."))),
    ("notifyRessource", |it, asked| it.notify_ressource(asked, 2, None)),
    ("payRessource", |it, asked| it.pay_ressource(asked, 2, Cents(1))),
];

#[test]
fn a_plan_is_kept_by_its_dla_and_hidden_from_others() {
    for (act, ask) in KEPT.iter().chain(ANSWERED) {
        for nobody in [stranger(), financeur(21)] {
            PlanFinancement::given(asked_for())
                .when(|it| ask(it, &nobody))
                .refused(Common::NotFound {});
        }
        PlanFinancement::given([])
            .when(|it| ask(it, &amina()))
            .refused(Common::NotFound {});
        PlanFinancement::given(asked_for())
            .when(|it| ask(it, &regional()))
            .refused(Common::Forbidden { act: (*act).to_owned() });
        PlanFinancement::given(asked_for())
            .when(|it| ask(it, &amina().on(date(2026, 3, 17))))
            .refused(Common::DateInFuture { on: date(2026, 3, 17), today: TODAY });
    }
    for (act, ask) in KEPT {
        PlanFinancement::given(asked_for())
            .when(|it| ask(it, &financeur(20)))
            .refused(Common::Forbidden { act: (*act).to_owned() });
    }
}

#[test]
fn a_financeur_touches_its_own_lines_only() {
    let other = Contributeur::Organisation(org(21));
    let line_3 =
        RessourceSought { ligne: 3, source: source(), contributeur: other, montant: Cents(1) };
    for (_, ask) in ANSWERED {
        PlanFinancement::given(after(asked_for(), [line_3.clone()]))
            .when(|it| ask(it, &financeur(21)))
            .refused(Common::NotFound {});
    }
    PlanFinancement::given(asked_for())
        .when(|it| it.grant_ressource(&financeur(20), 9, Cents(1)))
        .refused(Common::NotFound {});
    let contributeur = Contributeur::Dla(DLA);
    let of_the_dla =
        RessourceSought { ligne: 3, source: source(), contributeur, montant: Cents(1) };
    PlanFinancement::given(after(asked_for(), [of_the_dla]))
        .when(|it| it.grant_ressource(&financeur(20), 3, Cents(1)))
        .refused(Common::NotFound {});
}

#[test]
fn a_dla_that_only_pays_answers_for_its_line_and_keeps_none_of_the_plan() {
    let contributeur = Contributeur::Dla(OTHER_DLA);
    let given = after(
        asked_for(),
        [
            RessourceSought { ligne: 3, source: source(), contributeur, montant: Cents(5) },
            RessourceRequested { ligne: 3, contributeur },
        ],
    );
    PlanFinancement::given(given.clone())
        .when(|it| it.grant_ressource(&stranger(), 3, Cents(5)))
        .then([RessourceGranted { ligne: 3, contributeur, montant: Cents(5) }]);
    PlanFinancement::given(given.clone())
        .when(|it| it.grant_ressource(&stranger(), 2, Cents(5)))
        .refused(Common::NotFound {});
    for (act, ask) in KEPT {
        PlanFinancement::given(given.clone())
            .when(|it| ask(it, &stranger()))
            .refused(Common::Forbidden { act: (*act).to_owned() });
    }
}

#[test]
fn facts_are_read_as_they_were_written() {
    let read = stored::<PlanFinancement>(samples());
    assert_eq!(folded::<PlanFinancement>(read), folded(samples()));
    let text = serde_json::to_value(sought(2, 1)).unwrap();
    assert_eq!(text["data"]["contributeur"], serde_json::json!({ "organisation": org(20) }));
}

proptest! {
    // INV-18
    #[test]
    fn parts_sum_to_the_total(
        total in 1..=AMOUNT_MAX.0,
        weights in vec(1..=POIDS_MAX, 1..=PARTS_MAX),
    ) {
        let parts = shares(Cents(total), &weights);
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(Cents::sum(parts.iter().copied()), Cents(total));
        let all: i128 = weights.iter().copied().map(i128::from).sum();
        for (part, weight) in parts.iter().zip(weights) {
            // Nobody is more than a cent away from the exact part.
            let away = i128::from(part.0) * all - i128::from(total) * i128::from(weight);
            prop_assert!(away.abs() <= all);
        }
    }

    // INV-18
    #[test]
    fn equal_weights_differ_by_one_cent_at_most(
        total in 1..=AMOUNT_MAX.0,
        weight in 1..=POIDS_MAX,
        parts in 1..=PARTS_MAX,
    ) {
        let parts = shares(Cents(total), &vec![weight; parts]);
        prop_assert!(parts.is_sorted_by(|one, next| one >= next), "the first pay the rest");
        prop_assert!(parts[0].0 - parts[parts.len() - 1].0 <= 1);
    }

    // INV-10, INV-11: whatever is asked, a confirmed plan balances.
    #[test]
    fn a_confirmed_plan_balances(steps in vec((0..KEPT.len() + ANSWERED.len(), any::<bool>()), 0..40)) {
        let mut it: PlanFinancement = folded(asked_for());
        for (n, balance) in steps {
            let ask = KEPT.iter().chain(ANSWERED).nth(n).unwrap().1;
            let asked = amina().because("La porteuse garantit.");
            if let Ok(decided) = ask(&it, &asked) {
                decided.events().for_each(|event| it.evolve(event));
            }
            // Now and then somebody makes up the difference, so that plans are confirmed.
            let gap = it.total_cents().0 - it.retained_cents().0;
            if balance && gap > 0 && let Ok(decided) = it.add_ressource(&asked, source(), REGION, Cents(gap)) {
                decided.events().for_each(|event| it.evolve(event));
            }
            if it.is_confirmed() {
                prop_assert_eq!(it.total_cents(), it.retained_cents());
            }
        }
    }

    /// Whatever state it is in, asking again for what names its line changes nothing.
    #[test]
    fn asking_again_changes_nothing(steps in vec(0..KEPT.len() + ANSWERED.len(), 0..40)) {
        // What adds a line or an instalment adds another one: the command id tells a retry.
        let adds = ["addDepense", "addRessource", "recordValorisation", "shareCost", "payRessource"];
        let mut it: PlanFinancement = folded(asked_for());
        for n in steps {
            let (act, ask) = *KEPT.iter().chain(ANSWERED).nth(n).unwrap();
            let asked = amina().because("La porteuse garantit.");
            let Ok(decided) = ask(&it, &asked) else { continue };
            decided.events().for_each(|event| it.evolve(event));
            if !adds.contains(&act) {
                prop_assert_eq!(ask(&it, &asked).map(|it| it.facts), Ok(vec![]));
            }
        }
    }
}
