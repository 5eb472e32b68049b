//! Evaluations, from the frame to those who have the synthesis.

use std::collections::BTreeSet;

use domain::{
    Actor, Dossier, Evaluation, EvaluationId, IngenierieId, Liste, Mesure, date,
    evaluation::{
        Appreciation, Cadre, Indicateur, Jugement, Obtenu, Participation, Presentation, Registre,
        Releve, Sens,
    },
    ingenierie_collective::confirmer::projet::{NatureResultat, ResultatAttendu},
};
use eventlog::Position;
use house::dossier::{INGENIERIE, OTHER_DLA, PRESTATAIRE, STRUCTURE, amina, codes, line, prose};
use house::questions::{
    Questions, TODAY, charge_de_mission, command, financeur, on, prestataire, reader, structure,
};
use projections::{
    Scope,
    evaluations::{self, Filter, MODEL},
};
use uuid::Uuid;

const EVALUATION: EvaluationId = EvaluationId(Uuid::from_u128(0xe));
const AUTRE_INGENIERIE: IngenierieId = IngenierieId(Uuid::from_u128(0x16));
const AUTRE: EvaluationId = EvaluationId(Uuid::from_u128(0xf));

fn mesure(text: &str) -> Mesure {
    Mesure::parse(text).expect("a number")
}

fn cadre(intitule: &str) -> Cadre {
    Cadre {
        registres: BTreeSet::from([Registre::Pertinence, Registre::Efficacite]),
        outils: vec![line("Questionnaire")],
        indicateurs: vec![Indicateur {
            numero: 1,
            intitule: line(intitule),
            unite: line("ETP"),
            reference: Some(mesure("3")),
            cible: mesure("4.5"),
            sens: Sens::Hausse,
        }],
        participations: vec![Participation { acteur: line("Structures"), mode: line("Enquête") }],
    }
}

async fn plan(
    questions: &Questions,
    by: &Actor,
    ingenierie: IngenierieId,
    id: EvaluationId,
) -> anyhow::Result<()> {
    let ingenierie = questions.log.either::<Dossier>(ingenierie).await?;
    questions
        .decide::<Evaluation>(by, id, |it, asked| {
            it.plan_evaluation(asked, &ingenierie, prose("La démarche."), None)
        })
        .await?;
    Ok(())
}

async fn assess(
    questions: &Questions,
    by: &Actor,
    registre: Registre,
    appreciation: Appreciation,
) -> anyhow::Result<()> {
    questions
        .decide::<Evaluation>(by, EVALUATION, |it, asked| {
            let raisons = prose("Monsieur Durand le dit.");
            let preuves = vec![line("Compte rendu du 3 mars")];
            it.assess_registre(asked, registre, Jugement { appreciation, raisons, preuves })
        })
        .await?;
    Ok(())
}

async fn live(q: &Questions) -> anyhow::Result<Actor> {
    q.engaged().await?;
    q.dossier(|it, asked| {
        let resultat = ResultatAttendu {
            nature: NatureResultat::Quantitatif,
            enonce: line("Des contrats"),
            cible: Some(line("Deux")),
        };
        it.fix_resultats_attendus(asked, vec![resultat.clone(), resultat])
    })
    .await?;
    let amina = amina();
    plan(q, &amina, INGENIERIE, EVALUATION).await?;
    for intitule in ["Postes", "Emplois"] {
        q.decide::<Evaluation>(&amina, EVALUATION, |it, asked| {
            it.finalise_cadre(asked, cadre(intitule))
        })
        .await?;
    }
    for (day, valeur) in [(TODAY, "4"), (date(2026, 1, 9), "3.5"), (TODAY, "4.25")] {
        q.tell::<Evaluation>(&on(day, command(&amina)), EVALUATION, |it, asked| {
            let source = Some(line("Bilan social"));
            it.record_mesure(asked, 1, Releve { valeur: mesure(valeur), source })
        })
        .await?;
    }
    assess(q, &amina, Registre::Efficacite, Appreciation::NonAtteint).await?;
    assess(q, &amina, Registre::Pertinence, Appreciation::Atteint).await?;
    assess(q, &amina, Registre::Efficacite, Appreciation::PartiellementAtteint).await?;
    let ingenierie = q.log.either::<Dossier>(INGENIERIE).await?;
    for (resultat, appreciation) in
        [(2, Appreciation::Atteint), (1, Appreciation::NonEvaluable), (2, Appreciation::NonAtteint)]
    {
        q.decide::<Evaluation>(&amina, EVALUATION, |it, asked| {
            let obtenu = line("Deux contrats");
            it.record_resultat_obtenu(asked, &ingenierie, Obtenu { resultat, obtenu, appreciation })
        })
        .await?;
    }
    q.decide::<Evaluation>(&amina, EVALUATION, |it, asked| {
        let text = || prose("Ce qui fut fait.");
        it.synthesise_evaluation(
            asked,
            Presentation {
                problematique: text(),
                objectifs: text(),
                moyens: text(),
                beneficiaires: text(),
                actions: text(),
            },
        )
    })
    .await?;
    for destinataires in [["INTERVENANTS"], ["STRUCTURES_BENEFICIAIRES"]] {
        let destinataires = codes(Liste::DestinataireTransfert, destinataires);
        q.decide::<Evaluation>(&amina, EVALUATION, |it, asked| {
            it.communicate_evaluation(asked, &destinataires)
        })
        .await?;
    }
    q.initiate(AUTRE_INGENIERIE, "Le bénévolat").await?;
    plan(q, &amina, AUTRE_INGENIERIE, AUTRE).await?;
    Ok(amina)
}

#[tokio::test]
async fn evaluations_are_the_same_however_they_are_built() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    live(&questions).await?;
    let dump = questions.dump_however_built(&MODEL).await?;
    assert!(!dump.contains("Durand"), "{dump}");
    Ok(())
}

#[tokio::test]
async fn an_evaluation_tells_readings_judgements_and_results() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    let scope = Scope::of(&live(&questions).await?);
    questions.catch_up().await?;
    let rows = evaluations::of_ingenieries(&questions.reads, &scope, &[INGENIERIE]).await?;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.id, row.planned_on), (EVALUATION.0, TODAY));
    assert_eq!(row.registres, [Registre::Pertinence, Registre::Efficacite]);
    let [indicateur] = row.indicateurs.as_slice() else { panic!("{row:?}") };
    assert_eq!(indicateur.intitule, "Emplois");
    let readings: Vec<_> = indicateur
        .mesures
        .iter()
        .map(|it| (it.on, it.valeur))
        .collect();
    assert_eq!(readings, [(date(2026, 1, 9), mesure("3.5")), (TODAY, mesure("4.25"))]);
    let judged: Vec<_> = row
        .appreciations
        .iter()
        .map(|it| (it.registre, it.appreciation))
        .collect();
    assert_eq!(
        judged,
        [
            (Registre::Pertinence, Appreciation::Atteint),
            (Registre::Efficacite, Appreciation::PartiellementAtteint)
        ]
    );
    let raisons = &row.appreciations[0].raisons;
    let place = (Position(raisons.position), raisons.pointer.as_str());
    let opened = questions.log.vault().open(&reader(), &[place]).await?;
    let text = opened.values().next().and_then(|it| it.as_str());
    assert_eq!(text, Some("Monsieur Durand le dit."));
    let obtained: Vec<_> = row
        .resultats
        .iter()
        .map(|it| (it.resultat, it.appreciation))
        .collect();
    assert_eq!(obtained, [(1, Appreciation::NonEvaluable), (2, Appreciation::NonAtteint)]);
    assert!(row.presentation.is_some());
    assert_eq!((row.synthesised_on, row.communications.len()), (Some(TODAY), 2));
    Ok(())
}

#[tokio::test]
async fn an_evaluation_is_seen_by_those_of_the_ingenierie() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    let amina = live(&questions).await?;
    questions.catch_up().await?;
    for (by, sees, all) in [
        (amina, true, 2),
        // It is targeted by one ingénierie, and not by the other.
        (structure(STRUCTURE), true, 1),
        (charge_de_mission(OTHER_DLA), false, 0),
        (financeur(PRESTATAIRE), false, 0),
        (prestataire(PRESTATAIRE), false, 0),
        (house::questions::admin(), false, 0),
    ] {
        let (reads, scope) = (&questions.reads, Scope::of(&by));
        let rows = evaluations::by_ids(reads, &scope, &[EVALUATION]).await?;
        assert_eq!(!rows.is_empty(), sees, "{by:?}");
        let rows = evaluations::of_ingenieries(reads, &scope, &[INGENIERIE]).await?;
        assert_eq!(!rows.is_empty(), sees, "{by:?}");
        let found = evaluations::list(reads, &scope, &Filter::default(), 10, None).await?;
        assert_eq!(found.rows.len(), all, "{by:?}");
        let count = evaluations::count(reads, &scope, &Filter::default()).await?;
        assert_eq!(count, i64::try_from(all)?, "{by:?}");
    }
    Ok(())
}

#[tokio::test]
async fn evaluations_are_paged_and_filtered() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    let scope = Scope::of(&live(&questions).await?);
    questions.catch_up().await?;
    let (reads, all) = (&questions.reads, Filter::default());
    let first = evaluations::list(reads, &scope, &all, 1, None).await?;
    assert_eq!((first.rows[0].id, first.has_next), (AUTRE.0, true));
    let after = Some((first.rows[0].planned_on, first.rows[0].id));
    let second = evaluations::list(reads, &scope, &all, 1, after).await?;
    assert_eq!((second.rows[0].id, second.has_next), (EVALUATION.0, false));
    let (atteint, partiel) = (Appreciation::Atteint, Appreciation::PartiellementAtteint);
    for (filter, expected) in [
        (Filter { synthesised: Some(true), ..all.clone() }, vec![EVALUATION.0]),
        (Filter { synthesised: Some(false), ..all.clone() }, vec![AUTRE.0]),
        (Filter { registre: Some(Registre::Efficacite), ..all.clone() }, vec![EVALUATION.0]),
        (Filter { registre: Some(Registre::Coherence), ..all.clone() }, vec![]),
        (Filter { appreciation: Some(partiel), ..all.clone() }, vec![EVALUATION.0]),
        (
            Filter {
                registre: Some(Registre::Efficacite),
                appreciation: Some(atteint),
                ..all.clone()
            },
            vec![],
        ),
    ] {
        let rows = evaluations::list(reads, &scope, &filter, 10, None)
            .await?
            .rows;
        assert_eq!(rows.iter().map(|it| it.id).collect::<Vec<_>>(), expected, "{filter:?}");
        let count = evaluations::count(reads, &scope, &filter).await?;
        assert_eq!(count, i64::try_from(expected.len())?, "{filter:?}");
    }
    Ok(())
}
