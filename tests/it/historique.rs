//! The history of a dossier: every fact of it, to those who may know.

use std::collections::BTreeSet;

use domain::{
    Actor, Capitalisation, CapitalisationId, Evaluation, EvaluationId, IngenierieCollective, Liste,
    RoleName,
};
use eventlog::Position;
use house::{
    Questions,
    dossier::{
        CONSULTATION, DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_DLA, OTHER_PRESTATAIRE,
        PRESTATAIRE, STRUCTURE, amina, code, prose,
    },
    questions::{admin, charge_de_mission, financeur, prestataire, responsable, structure},
};
use projections::{
    Scope,
    historique::{self, Entry, Filter, MODEL},
};
use uuid::Uuid;

const CATEGORIES: [&str; 5] =
    ["capitalisation", "consultation", "evaluation", "ingenierie_collective", "plan_financement"];

/// The dossier with a plan, a consultation, an evaluation and a capitalisation.
async fn asked() -> anyhow::Result<Questions> {
    let asked = Questions::open().await?;
    asked.confirmed().await?;
    asked.financed().await?;
    asked.consulted().await?;
    let ingenierie = asked.log.seen::<IngenierieCollective>(INGENIERIE).await?;
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
    Ok(asked)
}

async fn all(asked: &Questions, by: &Actor, filter: &Filter) -> anyhow::Result<Vec<Entry>> {
    let scope = Scope::of(by);
    let page =
        historique::of_dossier(&asked.reads, &scope, INGENIERIE, filter, (500, None)).await?;
    assert!(!page.has_next);
    let count = historique::count(&asked.reads, &scope, INGENIERIE, filter).await?;
    assert_eq!(usize::try_from(count)?, page.rows.len());
    Ok(page.rows)
}

async fn categories(asked: &Questions, by: &Actor) -> anyhow::Result<BTreeSet<String>> {
    let rows = all(asked, by, &Filter::default()).await?;
    Ok(rows.into_iter().map(|it| it.category).collect())
}

#[test]
fn every_kind_of_a_dossier_is_read() {
    // The registries are of no dossier.
    let of_dossiers: BTreeSet<_> = domain::event_kinds()
        .into_iter()
        .filter(|(category, _)| !["dla", "organisation", "personne"].contains(category))
        .map(|(category, kind)| format!("{category}.{kind}"))
        .collect();
    let read: BTreeSet<_> = MODEL.reads.iter().map(|it| (*it).to_owned()).collect();
    assert_eq!(read, of_dossiers);
    assert_eq!(read.len(), MODEL.reads.len());
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
        let page =
            historique::of_dossier(&asked.reads, &scope, INGENIERIE, &filter, (7, after)).await?;
        after = page.rows.last().map(|it| Position(it.position));
        paged.extend(page.rows);
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
    let of_dlas = [amina(), responsable(DLA), charge_de_mission(OTHER_DLA), Actor::HOUSE];
    let payers = [financeur(FINANCEUR), financeur(FONDATION)];
    for by in of_dlas.iter().chain(&payers) {
        assert_eq!(categories(&asked, by).await?, everything, "{by:?}");
    }
    // They see the dossier, not who bids nor who pays.
    let shown = BTreeSet::from(
        ["capitalisation", "evaluation", "ingenierie_collective"].map(str::to_owned),
    );
    for by in [structure(STRUCTURE), prestataire(OTHER_PRESTATAIRE)] {
        assert_eq!(categories(&asked, &by).await?, shown, "{by:?}");
        let filter = Filter { categories: vec!["consultation".to_owned()], ..Filter::default() };
        assert!(all(&asked, &by, &filter).await?.is_empty());
    }
    // A funder that is a partner and pays nothing here follows the consultation only.
    let mut partner = everything.clone();
    partner.remove("plan_financement");
    assert_eq!(categories(&asked, &financeur(OTHER_PRESTATAIRE)).await?, partner);
    for by in [prestataire(PRESTATAIRE), admin()] {
        assert!(categories(&asked, &by).await?.is_empty(), "{by:?}");
    }
    Ok(())
}
