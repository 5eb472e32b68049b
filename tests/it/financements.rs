//! What each ingénierie costs and who pays, as the DLAs and as the funders see it.

use std::collections::BTreeSet;

use domain::{
    Actor, Cents, Dossier, IngenierieId, Liste, PlanFinancement, PlanFinancementId, QuarterDays,
    Rule, date,
    plan_financement::{Contributeur, Donateur, PartVoulue, StatutRessource, Temps},
};
use eventlog::Position;
use house::dossier::{
    DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_DLA, OTHER_STRUCTURE, PLAN, PRESTATAIRE,
    STRUCTURE, amina, code, line, prose, vaucluse,
};
use house::questions::{
    Questions, because, charge_de_mission, command, financeur, on, prestataire, reader, structure,
};
use projections::{
    Scope,
    financements::{self, Filter, MODEL},
};
use uuid::Uuid;

const AUTRE_INGENIERIE: IngenierieId = IngenierieId(Uuid::from_u128(0x16));
const AUTRE_PLAN: PlanFinancementId = PlanFinancementId(Uuid::from_u128(0x19));

async fn plan(
    questions: &Questions,
    by: &Actor,
    ingenierie: IngenierieId,
    id: PlanFinancementId,
) -> anyhow::Result<()> {
    let ingenierie = questions.log.either::<Dossier>(ingenierie).await?;
    questions
        .decide::<PlanFinancement>(by, id, |it, asked| it.open_plan_financement(asked, &ingenierie))
        .await?;
    Ok(())
}

async fn seek(
    questions: &Questions,
    by: &Actor,
    plan: PlanFinancementId,
    who: Contributeur,
    montant: i64,
) -> anyhow::Result<()> {
    let source = code(Liste::SourceFinancement, "COLLECTIVITE");
    questions
        .decide::<PlanFinancement>(by, plan, |it, asked| {
            it.add_ressource(asked, source.clone(), who, Cents(montant))
        })
        .await?;
    Ok(())
}

async fn depense(
    questions: &Questions,
    by: &Actor,
    plan: PlanFinancementId,
    montant: i64,
) -> anyhow::Result<()> {
    let poste = code(Liste::PosteCout, "PRESTATIONS_EXTERIEURES");
    questions
        .decide::<PlanFinancement>(by, plan, |it, asked| {
            it.add_depense(asked, poste.clone(), line("Formation"), Cents(montant))
        })
        .await?;
    Ok(())
}

async fn request(questions: &Questions, by: &Actor, ligne: i32) -> anyhow::Result<()> {
    questions
        .decide::<PlanFinancement>(by, PLAN, |it, asked| it.request_ressource(asked, ligne))
        .await?;
    Ok(())
}

/// 1: 10 000 € of costs. 2: removed. 3, 4: the région. 5: the caisse, which declines.
/// 6: the neighbour DLA. 7: valued time. 8, 9: a shared cost.
async fn live(questions: &Questions) -> anyhow::Result<Actor> {
    questions.identified().await?;
    let amina = amina();
    plan(questions, &amina, INGENIERIE, PLAN).await?;
    depense(questions, &amina, PLAN, 900_000).await?;
    depense(questions, &amina, PLAN, 77).await?;
    let region = financeur(FINANCEUR);
    seek(questions, &amina, PLAN, Contributeur::Organisation(FINANCEUR), 400_000).await?;
    seek(questions, &amina, PLAN, Contributeur::Organisation(FINANCEUR), 50_000).await?;
    seek(questions, &amina, PLAN, Contributeur::Organisation(FONDATION), 300_000).await?;
    seek(questions, &amina, PLAN, Contributeur::Dla(OTHER_DLA), 540_000).await?;
    for ligne in 3..=6 {
        request(questions, &amina, ligne).await?;
    }
    let q = questions;
    q.decide::<PlanFinancement>(&amina, PLAN, |it, asked| {
        it.revise_depense(asked, 1, Cents(1_000_000))
    })
    .await?;
    let motif = prose("Madame Martin prête la salle.");
    q.decide::<PlanFinancement>(&amina, PLAN, |it, asked| {
        it.remove_depense(asked, 2, motif.clone())
    })
    .await?;
    for montant in [410_000, 400_000] {
        q.decide::<PlanFinancement>(&region, PLAN, |it, asked| {
            it.grant_ressource(asked, 3, Cents(montant))
        })
        .await?;
    }
    let motif = prose("Budget épuisé.");
    q.decide::<PlanFinancement>(&financeur(FONDATION), PLAN, |it, asked| {
        it.refuse_ressource(asked, 5, motif.clone())
    })
    .await?;
    let notified = on(date(2026, 3, 10), command(&region));
    q.tell::<PlanFinancement>(&notified, PLAN, |it, asked| it.notify_ressource(asked, 3, None))
        .await?;
    let reference = Some(line("2026-114"));
    q.decide::<PlanFinancement>(&region, PLAN, |it, asked| {
        it.notify_ressource(asked, 3, reference.clone())
    })
    .await?;
    q.decide::<PlanFinancement>(&region, PLAN, |it, asked| {
        it.pay_ressource(asked, 3, Cents(150_000))
    })
    .await?;
    q.decide::<PlanFinancement>(&amina, PLAN, |it, asked| {
        it.grant_ressource(asked, 6, Cents(540_000))
    })
    .await?;
    q.decide::<PlanFinancement>(&amina, PLAN, |it, asked| {
        let (donateur, personnes, jours) = (Donateur::Partenaire, 2, QuarterDays(3));
        it.record_valorisation(
            asked,
            Temps { donateur, personnes, jours, tarif_jour: Cents(20_000) },
        )
    })
    .await?;
    q.decide::<PlanFinancement>(&amina, PLAN, |it, asked| {
        let part = |who| PartVoulue {
            source: code(Liste::SourceFinancement, "BENEFICIAIRES"),
            contributeur: Contributeur::Organisation(who),
            poids: 1,
        };
        it.share_cost(asked, Cents(10_000), vec![part(STRUCTURE), part(FONDATION)])
    })
    .await?;
    let guaranteed = because("La porteuse garantit.", command(&amina));
    q.declare_credits(PLAN).await?;
    q.confirm_plan(&guaranteed, PLAN).await?;
    // Another plan, confirmed then reopened.
    questions.initiate(AUTRE_INGENIERIE, "Le bénévolat").await?;
    plan(questions, &amina, AUTRE_INGENIERIE, AUTRE_PLAN).await?;
    depense(questions, &amina, AUTRE_PLAN, 100).await?;
    seek(questions, &amina, AUTRE_PLAN, Contributeur::Organisation(FINANCEUR), 100).await?;
    let guaranteed = because("La porteuse garantit.", command(&amina));
    q.confirm_plan(&guaranteed, AUTRE_PLAN).await?;
    depense(questions, &amina, AUTRE_PLAN, 1).await?;
    Ok(amina)
}

async fn told() -> anyhow::Result<(Questions, Scope)> {
    let questions = Questions::open().await?;
    let amina = live(&questions).await?;
    questions.catch_up().await?;
    Ok((questions, Scope::of(&amina)))
}

#[tokio::test]
async fn plans_and_lines_are_the_same_however_they_are_built() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    live(&questions).await?;
    let dump = questions.dump_however_built(&MODEL).await?;
    for secret in ["Martin", "épuisé", "garantit"] {
        assert!(!dump.contains(secret), "{secret} in {dump}");
    }
    Ok(())
}

#[tokio::test]
async fn a_plan_says_what_the_domain_says() -> anyhow::Result<()> {
    let (questions, scope) = told().await?;
    let reads = &questions.reads;
    let plans =
        financements::plans_of_ingenieries(reads, &scope, &[INGENIERIE, AUTRE_INGENIERIE]).await?;
    for plan in &plans {
        let state = questions
            .log
            .seen::<PlanFinancement>(PlanFinancementId(plan.id))
            .await?;
        assert_eq!(plan.version, state.version.0);
        let state = state.state;
        assert_eq!(plan.total_cents, state.total_cents().0);
        assert_eq!(plan.retained_cents, state.retained_cents().0);
        assert_eq!(plan.valorisation_cents, state.valorisation_cents().0);
        assert_eq!(plan.confirmed, state.is_confirmed());
        assert_eq!(plan.confirmed_on.is_some(), plan.confirmed);
        let around = state.perimeter();
        let set = |ids: &[Uuid]| ids.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(set(&plan.dlas), around.dlas.iter().map(|it| it.0).collect());
        let payers = around.organisations.iter().map(|it| it.0).collect();
        assert_eq!(set(&plan.organisations), payers);
    }
    let plans = financements::plans_by_ids(reads, &scope, &[PLAN]).await?;
    let [plan] = plans.as_slice() else { panic!("{plans:?}") };
    assert_eq!((plan.total_cents, plan.granted_cents), (1_000_000, 940_000));
    assert_eq!((plan.paid_cents, plan.valorisation_cents), (150_000, 30_000));
    assert_eq!((plan.concerned.as_slice(), plan.ressources.len()), (&[DLA.0][..], 6));
    assert_eq!(plan.waivers[0].rule, Rule::LinesGranted);
    // The reasons open where the rows say.
    let removed = plan.depenses[1].removed.as_ref().expect("removed");
    let waived = &plan.waivers[0].because;
    let places = [removed, waived].map(|it| (Position(it.position), it.pointer.as_str()));
    let opened = questions.log.vault().open(&reader(), &places).await?;
    assert_eq!(opened.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_line_goes_from_sought_to_paid() -> anyhow::Result<()> {
    let (questions, scope) = told().await?;
    let lignes =
        financements::lignes_of_ingenieries(&questions.reads, &scope, &[INGENIERIE]).await?;
    assert_eq!(lignes.iter().map(|it| it.ligne).collect::<Vec<_>>(), [3, 4, 5, 6, 8, 9]);
    let paid = &lignes[0];
    assert_eq!((paid.state, paid.granted_cents), (StatutRessource::Notified, Some(400_000)));
    assert_eq!((paid.paid_cents, paid.reference.as_deref()), (150_000, Some("2026-114")));
    assert_eq!(paid.notified_on, Some(date(2026, 3, 10)));
    assert_eq!(paid.positions.len(), 7);
    assert_eq!(paid.positions.first(), Some(&paid.first_position));
    assert_eq!(paid.positions.last(), Some(&paid.last_position));
    let declined = &lignes[2];
    assert_eq!((declined.state, declined.granted_cents), (StatutRessource::Refused, None));
    let motif = declined.motif.as_ref().expect("a reason");
    let place = (Position(motif.position), motif.pointer.as_str());
    let opened = questions.log.vault().open(&reader(), &[place]).await?;
    assert_eq!(opened.values().next().and_then(|it| it.as_str()), Some("Budget épuisé."));
    assert_eq!((lignes[3].dla, lignes[3].financeur), (Some(OTHER_DLA.0), None));
    Ok(())
}

#[tokio::test]
async fn a_plan_is_seen_by_its_dlas_and_by_those_who_pay() -> anyhow::Result<()> {
    let (questions, _) = told().await?;
    for (by, sees) in [
        (charge_de_mission(DLA), true),
        // It pays.
        (charge_de_mission(OTHER_DLA), true),
        (financeur(FINANCEUR), true),
        // It declined.
        (financeur(FONDATION), true),
        // It takes a part of a cost.
        (structure(STRUCTURE), true),
        // It is targeted, and pays nothing.
        (structure(OTHER_STRUCTURE), false),
        (prestataire(PRESTATAIRE), false),
        (house::questions::admin(), false),
        (Actor::HOUSE, true),
    ] {
        let (reads, scope) = (&questions.reads, Scope::of(&by));
        let plans = financements::plans_by_ids(reads, &scope, &[PLAN]).await?;
        assert_eq!(!plans.is_empty(), sees, "{by:?}");
        let plans = financements::plans_of_ingenieries(reads, &scope, &[INGENIERIE]).await?;
        assert_eq!(!plans.is_empty(), sees, "{by:?}");
        let lignes = financements::lignes_of_ingenieries(reads, &scope, &[INGENIERIE]).await?;
        assert_eq!(lignes.len(), if sees { 6 } else { 0 }, "{by:?}");
    }
    Ok(())
}

async fn found(questions: &Questions, scope: &Scope, filter: &Filter) -> Vec<Uuid> {
    let page = financements::by_partenaire(&questions.reads, scope, filter, 10, None)
        .await
        .unwrap();
    let totals = financements::totals_by_partenaire(&questions.reads, scope, filter)
        .await
        .unwrap();
    assert_eq!(totals.ingenieries, i64::try_from(page.rows.len()).unwrap());
    page.rows.iter().map(|it| it.ingenierie).collect()
}

#[tokio::test]
async fn a_funder_sees_what_it_pays_for_and_beside_whom() -> anyhow::Result<()> {
    let (questions, _) = told().await?;
    let (reads, scope, all) =
        (&questions.reads, Scope::of(&financeur(FINANCEUR)), Filter::of(FINANCEUR));
    let first = financements::by_partenaire(reads, &scope, &all, 1, None).await?;
    assert!(first.has_next);
    let [latest] = first.rows.as_slice() else { panic!("{first:?}") };
    assert_eq!((latest.ingenierie, latest.total_cents), (AUTRE_INGENIERIE.0, 101));
    assert!(latest.autres.is_empty() && !latest.confirmed);
    let second = financements::by_partenaire(reads, &scope, &all, 1, Some(latest.position)).await?;
    assert!(!second.has_next);
    let [oldest] = second.rows.as_slice() else { panic!("{second:?}") };
    assert_eq!((oldest.plan, oldest.confirmed), (PLAN.0, true));
    assert_eq!(oldest.lignes.iter().map(|it| it.ligne).collect::<Vec<_>>(), [3, 4]);
    // The caisse declined one line, and takes a part of a cost.
    let expected = [
        (Some(FONDATION.0), None, 0),
        (Some(STRUCTURE.0), None, 0),
        (None, Some(OTHER_DLA.0), 540_000),
    ];
    let autres = oldest.autres.iter();
    let autres = autres.map(|it| (it.financeur, it.dla, it.granted_cents));
    assert_eq!(autres.collect::<Vec<_>>(), expected);
    let totals = financements::totals_by_partenaire(reads, &scope, &all).await?;
    assert_eq!((totals.ingenieries, totals.sought_cents), (2, 450_100));
    assert_eq!((totals.requested_cents, totals.granted_cents), (450_000, 400_000));
    assert_eq!((totals.paid_cents, totals.others_granted_cents), (150_000, 540_000));
    Ok(())
}

#[tokio::test]
async fn every_figure_names_the_facts_that_make_it() -> anyhow::Result<()> {
    let (questions, scope) = told().await?;
    let (reads, all) = (&questions.reads, Filter::of(FINANCEUR));
    let facts = questions.log.history::<PlanFinancement>(PLAN).await?;
    let of_costs: BTreeSet<_> = facts
        .iter()
        .filter(|it| it.kind.starts_with("Depense"))
        .map(|it| it.position.0)
        .collect();
    let page = financements::by_partenaire(reads, &scope, &all, 10, None).await?;
    let row = &page.rows[1];
    assert_eq!(row.cost_positions.iter().copied().collect::<BTreeSet<_>>(), of_costs);
    let lignes = financements::lignes_of_ingenieries(reads, &scope, &[INGENIERIE]).await?;
    // Line 6 alone: the neighbour's.
    assert_eq!(row.autres[2].positions, lignes[3].positions);
    let own = page.rows.iter().flat_map(|it| &it.lignes);
    let mut expected: BTreeSet<_> = own.flat_map(|it| it.positions.clone()).collect();
    expected.extend(&lignes[3].positions);
    let (mut found, mut after) = (vec![], 0);
    loop {
        let next = financements::positions_by_partenaire(reads, &scope, &all, 3, after).await?;
        let Some(last) = next.last() else { break };
        after = *last;
        found.extend(next);
    }
    assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    let stranger = Scope::of(&financeur(PRESTATAIRE));
    let hidden = financements::positions_by_partenaire(reads, &stranger, &all, 10, 0).await?;
    assert!(hidden.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_lines_of_a_funder_are_filtered() -> anyhow::Result<()> {
    let (questions, scope) = told().await?;
    let all = Filter::of(FINANCEUR);
    let both = vec![AUTRE_INGENIERIE.0, INGENIERIE.0];
    let today = Some(house::questions::TODAY);
    let (before, after) = (Some(date(2026, 3, 15)), Some(date(2026, 3, 17)));
    let place = |it: &str| Some(it.parse().expect("a territory"));
    for (filter, expected) in [
        (all.clone(), both.clone()),
        (Filter { from: today, to: today, ..all.clone() }, both.clone()),
        (Filter { to: before, ..all.clone() }, vec![]),
        (Filter { from: after, ..all.clone() }, vec![]),
        (Filter { dla: Some(OTHER_DLA), ..all.clone() }, vec![INGENIERIE.0]),
        (Filter { territoire: Some(vaucluse()), ..all.clone() }, both.clone()),
        (Filter { territoire: place("region:93"), ..all.clone() }, both.clone()),
        (Filter { territoire: place("departement:13"), ..all.clone() }, vec![]),
        (Filter { territoire: place("commune:84007"), ..all.clone() }, vec![]),
        (Filter { secteur: Some(code(Liste::Secteur, "SPORT")), ..all.clone() }, both),
        (Filter { secteur: Some(code(Liste::Secteur, "CULTURE")), ..all.clone() }, vec![]),
        (
            Filter { theme: Some(code(Liste::TypePrestation, "MUTUALISATION")), ..all.clone() },
            vec![],
        ),
        (Filter { state: Some(StatutRessource::Notified), ..all.clone() }, vec![INGENIERIE.0]),
        (Filter { state: Some(StatutRessource::Refused), ..all.clone() }, vec![]),
        (Filter::of(PRESTATAIRE), vec![]),
    ] {
        assert_eq!(found(&questions, &scope, &filter).await, expected, "{filter:?}");
    }
    let none =
        financements::totals_by_partenaire(&questions.reads, &scope, &Filter::of(PRESTATAIRE))
            .await?;
    assert_eq!((none.sought_cents, none.others_granted_cents), (0, 0));
    // Of the région, the neighbour knows the plan that it pays for with it.
    let neighbour = Scope::of(&charge_de_mission(OTHER_DLA));
    assert_eq!(found(&questions, &neighbour, &all).await, [INGENIERIE.0]);
    let stranger = Scope::of(&financeur(PRESTATAIRE));
    assert!(found(&questions, &stranger, &all).await.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_funder_sees_what_awaits_its_answer() -> anyhow::Result<()> {
    let (questions, scope) = told().await?;
    let reads = &questions.reads;
    let waiting = financements::awaiting(reads, &scope, FINANCEUR, 10, None).await?;
    assert_eq!(waiting.rows.iter().map(|it| it.ligne).collect::<Vec<_>>(), [4]);
    assert_eq!(financements::count_awaiting(reads, &scope, FINANCEUR).await?, 1);
    let after = Some(waiting.rows[0].last_position);
    assert!(
        financements::awaiting(reads, &scope, FINANCEUR, 10, after)
            .await?
            .rows
            .is_empty()
    );
    assert_eq!(financements::count_awaiting(reads, &scope, FONDATION).await?, 0);
    let stranger = Scope::of(&financeur(PRESTATAIRE));
    assert_eq!(financements::count_awaiting(reads, &stranger, FINANCEUR).await?, 0);
    assert!(
        financements::awaiting(reads, &stranger, FINANCEUR, 10, None)
            .await?
            .rows
            .is_empty()
    );
    Ok(())
}
