//! The history: every fact, to those who may know.

use std::collections::BTreeSet;

use domain::{
    Actor, Capitalisation, CapitalisationId, Cents, Dla, Document, DocumentId, Dossier, Evaluation,
    EvaluationId, Intervention, InterventionId, Liste, OrganisationId, PlanFinancement, RoleName,
    SeanceComiteAppui, SeanceComiteId, date,
    document::{Around, Declaration, Visibilite},
    seance_comite_appui::Rencontre,
};
use eventlog::Position;
use house::{
    Questions,
    dossier::{
        CONSULTATION, DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_DLA, OTHER_PRESTATAIRE,
        OTHER_STRUCTURE, PLAN, PRESTATAIRE, STRUCTURE, amina, code, line, prose,
    },
    questions::{
        admin, charge_de_mission, command, financeur, on, prestataire, responsable, structure,
    },
};
use projections::{
    Scope,
    historique::{self, Entry, Filter, MODEL},
};
use uuid::Uuid;

const CATEGORIES: [&str; 9] = [
    "action_financee",
    "capitalisation",
    "consultation",
    "document",
    "evaluation",
    "ingenierie_collective",
    "intervention",
    "plan_financement",
    "seance_comite_appui",
];

/// The dossier with a plan, a consultation, an intervention, an evaluation, a capitalisation and a
/// document.
async fn asked() -> anyhow::Result<Questions> {
    let asked = Questions::open().await?;
    asked.confirmed().await?;
    asked.financed().await?;
    asked.consulted().await?;
    let ingenierie = asked.log.either::<Dossier>(INGENIERIE).await?;
    asked
        .decide::<Intervention>(&amina(), InterventionId(Uuid::from_u128(11)), |it, asked| {
            it.open_intervention(asked, &ingenierie)
        })
        .await?;
    let evaluation = EvaluationId(Uuid::from_u128(9));
    asked
        .decide::<Evaluation>(&amina(), evaluation, |it, asked| {
            it.plan_evaluation(asked, &ingenierie, prose("Les prêts obtenus."), None)
        })
        .await?;
    let natures = BTreeSet::from([code(Liste::NatureCapitalisation, "METHODE")]);
    asked
        .decide::<Capitalisation>(&amina(), CapitalisationId(Uuid::from_u128(10)), |it, asked| {
            it.determine_nature_capitalisation(asked, &ingenierie, natures.clone())
        })
        .await?;
    let document = DocumentId(Uuid::from_u128(14));
    let around = Around { ingenierie: Some(ingenierie.clone()), ..Around::default() };
    let declared = Declaration {
        structure: None,
        nature: code(Liste::NatureDocument, "ETUDE"),
        titre: line("Étude de Mme Roux"),
        date: house::questions::TODAY,
        langue: None,
        personnelles: false,
        visibilite: Visibilite::default(),
    };
    asked
        .decide::<Document>(&amina(), document, |it, asked| {
            it.register_document(asked, document, &around, declared.clone())
        })
        .await?;
    let dla = asked.log.seen::<Dla>(DLA).await?;
    let seance = SeanceComiteId(Uuid::from_u128(12));
    let rencontre = Rencontre {
        date: house::questions::TODAY,
        debut: None,
        fin: None,
        lieu: None,
        visio: true,
    };
    asked
        .decide::<SeanceComiteAppui>(&amina(), seance, |it, asked| {
            it.convene_seance_comite_appui(asked, &dla, rencontre.clone(), None)
        })
        .await?;
    asked
        .decide::<SeanceComiteAppui>(&amina(), seance, |it, asked| {
            it.inscribe_dossier(asked, &ingenierie, (None, None))
        })
        .await?;
    Ok(asked)
}

async fn all(asked: &Questions, by: &Actor, filter: &Filter) -> anyhow::Result<Vec<Entry>> {
    found(asked, by, &filter.clone().of_dossier(INGENIERIE)).await
}

/// What a filter finds, whatever the dossier.
async fn found(asked: &Questions, by: &Actor, filter: &Filter) -> anyhow::Result<Vec<Entry>> {
    let scope = Scope::of(by);
    let page = historique::list(&asked.reads, &scope, filter, (500, None)).await?;
    assert!(!page.has_next);
    let count = historique::count(&asked.reads, &scope, filter).await?;
    assert_eq!(usize::try_from(count)?, page.rows.len());
    Ok(page.rows.into_iter().map(|it| it.entry).collect())
}

async fn categories(asked: &Questions, by: &Actor) -> anyhow::Result<BTreeSet<String>> {
    let rows = all(asked, by, &Filter::default()).await?;
    Ok(rows.into_iter().map(|it| it.category).collect())
}

#[tokio::test]
async fn every_fact_of_the_log_is_in_the_history() -> anyhow::Result<()> {
    let asked = asked().await?;
    asked.catch_up().await?;
    let rows = found(&asked, &Actor::HOUSE, &Filter::default()).await?;
    let positions: Vec<_> = rows.iter().map(|it| it.position).collect();
    let (head, _) = asked.log.newest().await?;
    assert_eq!(positions, (1..=head.0).collect::<Vec<_>>());
    // A category is of dossiers, or of the registries that all may read. One that is neither is
    // seen by the house alone, until somebody decides who else sees it.
    let categories: BTreeSet<_> = domain::event_kinds()
        .into_iter()
        .map(|(it, _)| it)
        .collect();
    // Of an accompagnement, the people of its DLA and the structure:
    // `tests/it/accompagnements.rs`.
    // Of persons, the house alone: those who keep their register read it by `personne`. Of a
    // convention, those who see it: `tests/it/conventions.rs` asks for all that it holds. Of a
    // mission, those who see its dossier: `tests/it/individuelles.rs`. Of a case of before, the
    // people of the DLA that tells it: `tests/it/bibliotheque.rs`. Of answers to an evaluation, the
    // DLAs of the dossier and whoever gave them: `tests/it/campagnes.rs`. Of mandates and service
    // tokens, the house alone: their pages say them to whoever may know.
    let decided = CATEGORIES
        .iter()
        .chain(historique::REGISTRIES)
        .chain(&[
            "accompagnement",
            "cas_passe",
            "convention_financement",
            "ingenierie_individuelle",
            "jeton_service",
            "mandat_audit",
            "personne",
            "reponse_evaluation",
        ])
        .copied();
    assert_eq!(categories, decided.collect());
    Ok(())
}

#[tokio::test]
async fn a_history_holds_every_fact_of_the_dossier() -> anyhow::Result<()> {
    let asked = asked().await?;
    asked.dump_however_built(&MODEL).await?;
    asked.catch_up().await?;
    let rows = all(&asked, &amina(), &Filter::default()).await?;
    let positions: Vec<_> = rows.iter().map(|it| Position(it.position)).collect();
    assert!(positions.is_sorted());
    let mut recorded = asked
        .log
        .read_after(Position(0), 1_000, None)
        .await?
        .recorded;
    recorded.retain(|it| it.dossier == Some(INGENIERIE.0));
    assert_eq!(positions, recorded.iter().map(|it| it.position).collect::<Vec<_>>());
    for (row, fact) in rows.iter().zip(&recorded) {
        assert_eq!((&row.category, &row.kind), (&fact.category, &fact.kind));
        assert_eq!((row.stream, row.version), (fact.stream, fact.version.0));
        assert_eq!((row.occurred_on, row.recorded_at), (fact.on, fact.recorded_at));
        assert_eq!((row.actor, row.actor_org), (fact.actor.id, fact.actor.org));
        assert_eq!((&row.role, row.command), (&fact.actor.role, fact.command));
    }
    let found: BTreeSet<_> = rows.iter().map(|it| it.category.as_str()).collect();
    assert_eq!(found, CATEGORIES.into());
    Ok(())
}

#[tokio::test]
async fn a_history_is_filtered_and_paged() -> anyhow::Result<()> {
    let asked = asked().await?;
    asked.catch_up().await?;
    let rows = all(&asked, &amina(), &Filter::default()).await?;
    let scope = Scope::of(&amina());
    let mut after = None;
    let mut paged = vec![];
    loop {
        let filter = Filter::default();
        let filter = filter.of_dossier(INGENIERIE);
        let page = historique::list(&asked.reads, &scope, &filter, (7, after)).await?;
        after = page.rows.last().map(|it| Position(it.entry.position));
        paged.extend(page.rows.into_iter().map(|it| it.entry));
        if !page.has_next {
            break;
        }
    }
    assert_eq!(paged, rows);

    let filter = Filter { categories: vec!["consultation".to_owned()], ..Filter::default() };
    let of_consultation = all(&asked, &amina(), &filter).await?;
    assert!(of_consultation.iter().all(|it| it.stream == CONSULTATION.0));
    assert_eq!(of_consultation.len(), 6);
    let filter = Filter { kinds: vec!["RuleWaived".to_owned()], ..Filter::default() };
    assert_eq!(all(&asked, &amina(), &filter).await?.len(), 1);
    let filter = Filter { roles: vec![RoleName::ResponsablePorteuse], ..Filter::default() };
    let validated = all(&asked, &amina(), &filter).await?;
    assert_eq!(validated.len(), 1);
    assert_eq!(validated[0].kind, "DemarcheValidated");
    let (from, to) = (Position(rows[3].position), Position(rows[5].position));
    let filter = Filter { from: Some(from), to: Some(to), ..Filter::default() };
    assert_eq!(all(&asked, &amina(), &filter).await?, rows[3..=5]);
    Ok(())
}

#[tokio::test]
async fn nobody_learns_of_the_offres_or_the_plan_by_the_history() -> anyhow::Result<()> {
    let asked = asked().await?;
    asked.catch_up().await?;
    let everything = BTreeSet::from(CATEGORIES.map(str::to_owned));
    let of_dlas = [amina(), responsable(DLA), Actor::HOUSE];
    for by in of_dlas {
        assert_eq!(categories(&asked, &by).await?, everything, "{by:?}");
    }
    // Those who pay, a DLA among them, learn of a document by its page, if it is shown to them.
    let mut paid = everything;
    paid.remove("document");
    for by in [charge_de_mission(OTHER_DLA), financeur(FINANCEUR), financeur(FONDATION)] {
        assert_eq!(categories(&asked, &by).await?, paid, "{by:?}");
    }
    // They see the dossier, not who bids nor who pays.
    let shown = BTreeSet::from(
        [
            "capitalisation",
            "evaluation",
            "ingenierie_collective",
            "intervention",
            "seance_comite_appui",
        ]
        .map(str::to_owned),
    );
    for by in [structure(STRUCTURE), prestataire(OTHER_PRESTATAIRE)] {
        assert_eq!(categories(&asked, &by).await?, shown, "{by:?}");
        let filter = Filter { categories: vec!["consultation".to_owned()], ..Filter::default() };
        assert!(all(&asked, &by, &filter).await?.is_empty());
    }
    // A funder that is a partner and pays nothing here follows the consultation only.
    for of_plan in ["plan_financement", "action_financee"] {
        paid.remove(of_plan);
    }
    assert_eq!(categories(&asked, &financeur(OTHER_PRESTATAIRE)).await?, paid);
    for by in [prestataire(PRESTATAIRE), admin()] {
        assert!(categories(&asked, &by).await?.is_empty(), "{by:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_filter_finds_what_it_names_and_nothing_that_is_masked() -> anyhow::Result<()> {
    let asked = asked().await?;
    asked.catch_up().await?;
    let everything = found(&asked, &amina(), &Filter::default()).await?;
    let kinds =
        |rows: Vec<Entry>| -> BTreeSet<String> { rows.into_iter().map(|it| it.kind).collect() };
    let about = |id: OrganisationId| Filter { about: vec![id.0], ..Filter::default() };

    // Its own facts, and those that name it wherever its name stands.
    let of_financeur = found(&asked, &amina(), &about(FINANCEUR)).await?;
    let expected = everything
        .iter()
        .filter(|it| it.about.contains(&FINANCEUR.0));
    assert_eq!(of_financeur, expected.cloned().collect::<Vec<_>>());
    let expected = [
        "AttenteRecorded",
        "DemarcheConfirmedByFinanceur",
        "EvaluationPlanned",
        "NatureCapitalisationDetermined",
        "OrganisationRegistered",
        "PartenaireAssociated",
        "RessourceSought",
    ];
    assert_eq!(kinds(of_financeur), expected.map(str::to_owned).into());

    // A structure reads nothing of another one: nothing is found by it.
    let by = structure(STRUCTURE);
    let other = kinds(found(&asked, &by, &about(OTHER_STRUCTURE)).await?);
    assert!(!other.contains("StructureMobilised"), "{other:?}");
    let own = kinds(found(&asked, &by, &about(STRUCTURE)).await?);
    assert!(own.contains("StructureMobilised") && !own.contains("ProblematiqueConfirmed"));

    // Who acted is found by the DLAs concerned.
    let acted = Filter { actor: Some(amina().id.0), ..Filter::default() };
    let acted_here = found(&asked, &amina(), &acted).await?;
    assert!(acted_here.len() > 40 && acted_here.iter().all(|it| it.category != "organisation"));
    for by in [financeur(FINANCEUR), structure(STRUCTURE), admin()] {
        assert_eq!(found(&asked, &by, &acted).await?, [], "{by:?}");
    }

    // Who pays is found by those who see the plan.
    let paid = Filter { financeur: Some(FONDATION), ..Filter::default() };
    assert!(found(&asked, &financeur(FINANCEUR), &paid).await?.len() > 40);
    assert_eq!(found(&asked, &structure(STRUCTURE), &paid).await?, []);
    let unpaid = Filter { financeur: Some(PRESTATAIRE), ..Filter::default() };
    assert_eq!(found(&asked, &amina(), &unpaid).await?, []);

    // The registries are open to all, and to strangers nothing else is.
    let stranger = kinds(found(&asked, &financeur(PRESTATAIRE), &Filter::default()).await?);
    let registries = ["DlaRegistered", "OrganisationRegistered", "OrganisationRoleAssigned"];
    assert_eq!(stranger, registries.map(str::to_owned).into());
    Ok(())
}

#[tokio::test]
async fn a_history_knows_what_happened_and_when_it_was_known() -> anyhow::Result<()> {
    let asked = asked().await?;
    let late = on(date(2025, 11, 3), command(&amina()));
    asked
        .tell::<PlanFinancement>(&late, PLAN, |it, asked| {
            it.revise_depense(asked, 1, Cents(510_000))
        })
        .await?;
    asked.catch_up().await?;
    let day = date(2025, 11, 3);
    let then = Filter { on_from: Some(day), on_to: Some(day), ..Filter::default() };
    let happened = found(&asked, &amina(), &then).await?;
    // The revision reopens the plan, in the same command.
    let kinds: Vec<_> = happened.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["PlanFinancementReopened", "DepenseRevised"]);
    let revised = &happened[1];

    // It happened long before, and was known last.
    let rows = all(&asked, &amina(), &Filter::default()).await?;
    let before = Position(happened[0].position - 1);
    let known = all(&asked, &amina(), &Filter::default().known_at(before)).await?;
    assert_eq!(known, rows[..rows.len() - 2]);
    let known = asked.log.before(revised.recorded_at).await?;
    assert_eq!(known, before);
    let nothing = Filter { recorded_before: Some(rows[0].recorded_at), ..Filter::default() };
    assert_eq!(all(&asked, &amina(), &nothing).await?, []);
    let since = Filter { recorded_from: Some(revised.recorded_at), ..Filter::default() };
    assert_eq!(all(&asked, &amina(), &since).await?, happened);
    Ok(())
}
