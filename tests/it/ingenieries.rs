//! The fiche and the list of ingénieries: what they hold, who sees what, and that a rebuild
//! finds the same rows.

use domain::{
    Actor, Dla, IngenierieCollective, IngenierieId, Liste, Territoire, date,
    ingenierie_collective::{
        Etat,
        activites::ActiviteMethode,
        confirmer::projet::{NatureResultat, ResultatAttendu, TypeIngenierie},
        engager::{PorteeObjectif, SensAvis},
    },
    seance_comite_appui::Avis,
};
use house::{
    Questions,
    dossier::{
        DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_DLA, OTHER_PRESTATAIRE, OTHER_STRUCTURE, PLAN,
        PRESTATAIRE, STRUCTURE, amina, code, line, org, prose, vaucluse,
    },
    questions::{
        TODAY, actor, admin, because, charge_de_mission, command, financeur, on, prestataire,
        reader, structure,
    },
};
use projections::{
    Scope, SealedPlace,
    ingenieries::{self, EtatStructure, Filter, Ingenierie, MODEL},
};
use uuid::Uuid;

async fn fiche(asked: &Questions, by: &Actor) -> anyhow::Result<Option<Ingenierie>> {
    let rows = ingenieries::by_ids(&asked.reads, &Scope::of(by), &[INGENIERIE]).await?;
    Ok(rows.into_iter().next())
}

/// A text, opened where the fiche says that it stands.
async fn opened(asked: &Questions, place: &SealedPlace) -> anyhow::Result<String> {
    let position = eventlog::Position(place.position);
    let pointer = place.pointer.as_str();
    let opened = asked
        .log
        .vault()
        .open(&reader(), &[(position, pointer)])
        .await?;
    let value = opened.get(&(position, pointer.to_owned()));
    let text = value.and_then(serde_json::Value::as_str);
    Ok(text.unwrap_or("erased").to_owned())
}

#[test]
fn every_kind_of_an_ingenierie_is_read() {
    let mut expected: Vec<_> = domain::event_kinds()
        .into_iter()
        .filter(|(category, _)| category.starts_with("ingenierie_"))
        .map(|(category, kind)| format!("{category}.{kind}"))
        .collect();
    expected.push("plan_financement.RessourceSought".to_owned());
    assert_eq!(MODEL.reads, expected);
}

#[tokio::test]
async fn a_fiche_presents_an_ingenierie_completely() -> anyhow::Result<()> {
    let asked = Questions::open().await?;
    asked.confirmed().await?;
    asked.financed().await?;
    let plan = asked.log.seen(PLAN).await?;
    let started = asked
        .dossier(|it, asked| it.start_ingenierie(asked, &plan))
        .await?;
    let rows = asked.dump_however_built(&MODEL).await?;
    assert_eq!(rows.matches("\"id\"").count(), 1, "{rows}");

    let it = fiche(&asked, &amina()).await?.expect("seen");
    assert_eq!((it.version, it.position), (started.version.0, started.position.0));
    assert_eq!((it.porteur, &it.dlas[..]), (DLA.0, &[DLA.0][..]));
    assert_eq!((it.intitule, it.territoire), (line("Les relations avec les banques"), vaucluse()));
    assert_eq!(it.accroche, Some(line("Parler à son banquier")));
    assert_eq!(it.etat, Etat::EnIntervention);
    let dates = [it.engaged_on, it.formalised_on, it.confirmed_on, it.started_on];
    assert_eq!((it.initiated_on, dates), (TODAY, [Some(TODAY); 4]));
    assert_eq!((it.finalised_on, it.abandoned_on, it.abandon), (None, None, None));
    // Two days on two territories, half a day on one.
    assert_eq!((it.jours, it.temps_porteur), (2 * 8 + 2, Some(6)));
    assert_eq!(it.modules.len(), 2);
    assert_eq!(it.type_ingenierie, Some(TypeIngenierie::T2Collective));
    assert_eq!(it.types_prestation, [code(Liste::TypePrestation, "GESTION_FINANCIERE")]);
    assert_eq!(it.structures_mobilisees, 2);
    let first = &it.structures[0];
    assert_eq!((first.etat, first.participants), (EtatStructure::Mobilisee, Some(2)));
    let comment = first.commentaire.as_ref().expect("one");
    assert_eq!(opened(&asked, comment).await?, "Volontiers.");
    assert_eq!(it.groupes[0].structures, [STRUCTURE.0]);
    assert_eq!(it.problematique.sources.len(), 1);
    assert_eq!(it.problematique.confirmations[0].structures, [STRUCTURE.0, OTHER_STRUCTURE.0]);
    assert_eq!(it.validations[0].dla, DLA.0);
    assert_eq!((it.avis[0].dla, it.avis[0].sens), (DLA.0, SensAvis::Favorable));
    let partner = &it.partenaires[0];
    assert_eq!((partner.organisation, partner.confirmed_on), (FINANCEUR.0, Some(TODAY)));
    let attente = &partner.attente.as_ref().expect("one").attente;
    assert_eq!(opened(&asked, attente).await?, "Être vue.");
    assert!(it.subsidiarites[0].contenu && !it.subsidiarites[0].financement);
    assert_eq!(opened(&asked, &it.complementarites[0].text).await?, "Vu la ligue.");
    let portees: Vec<_> = it.objectifs.iter().map(|it| it.portee).collect();
    assert_eq!(portees, [PorteeObjectif::Strategique, PorteeObjectif::Operationnel]);
    assert_eq!(it.intervenants.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_fiche_follows_those_who_come_and_go() -> anyhow::Result<()> {
    let asked = Questions::open().await?;
    asked.confirmed().await?;
    let motif = || prose("Faute de temps.");
    asked
        .dossier(|it, asked| it.withdraw_structure(asked, STRUCTURE, motif()))
        .await?;
    asked
        .dossier(|it, asked| it.withdraw_partenaire(asked, FINANCEUR, motif()))
        .await?;
    let third = asked.organisation(FONDATION).await?;
    for _ in 0..2 {
        asked
            .dossier(|it, asked| it.target_structure(asked, &third))
            .await?;
        asked
            .dossier(|it, asked| it.contact_structure(asked, FONDATION))
            .await?;
        asked
            .dossier(|it, asked| it.untarget_structure(asked, FONDATION, motif()))
            .await?;
    }
    asked
        .dossier(|it, asked| it.target_structure(asked, &third))
        .await?;
    asked
        .dossier(|it, asked| it.contact_structure(asked, FONDATION))
        .await?;
    asked
        .dossier(|it, asked| it.decline_structure(asked, FONDATION, motif()))
        .await?;
    let other = asked.log.seen::<Dla>(OTHER_DLA).await?;
    asked
        .dossier(|it, asked| it.associate_dla(asked, &other))
        .await?;
    asked
        .dossier(|it, asked| {
            it.withdraw_objectif(
                asked,
                PorteeObjectif::Operationnel,
                code(Liste::ObjectifOperationnel, "INNOVATION"),
                motif(),
            )
        })
        .await?;
    let put_off =
        Avis { sens: SensAvis::Ajourne, commentaire: Some(prose("À revoir.")), reserves: None };
    asked
        .dossier(|it, asked| it.record_avis(asked, DLA, put_off.clone()))
        .await?;
    asked.dump_however_built(&MODEL).await?;

    let it = fiche(&asked, &amina()).await?.expect("seen");
    let etats: Vec<_> = it.structures.iter().map(|it| it.etat).collect();
    assert_eq!(etats, [EtatStructure::Retiree, EtatStructure::Mobilisee, EtatStructure::Declinee]);
    let reason = it.structures[0].motif.as_ref().expect("a reason");
    assert_eq!(opened(&asked, reason).await?, "Faute de temps.");
    assert_eq!(it.structures_mobilisees, 1);
    assert!(it.groupes[0].structures.is_empty());
    assert_eq!(it.dlas, [DLA.0, OTHER_DLA.0]);
    assert_eq!(it.objectifs.len(), 1);
    assert_eq!((it.avis.len(), it.avis[0].sens), (1, SensAvis::Ajourne));
    let why = it.avis[0].commentaire.as_ref().expect("a reason");
    assert_eq!(opened(&asked, why).await?, "À revoir.");
    assert!(fiche(&asked, &financeur(FINANCEUR)).await?.is_none());
    assert!(fiche(&asked, &structure(STRUCTURE)).await?.is_some());
    assert!(
        fiche(&asked, &charge_de_mission(OTHER_DLA))
            .await?
            .is_some()
    );
    Ok(())
}

#[tokio::test]
async fn a_fiche_keeps_the_reasons_of_what_was_changed() -> anyhow::Result<()> {
    let asked = Questions::open().await?;
    asked.confirmed().await?;
    asked
        .dossier(|it, asked| {
            it.reformulate_problematique(asked, prose("Elles se connaissent peu."), prose("Mieux."))
        })
        .await?;
    asked
        .dossier(|it, asked| {
            let resultat = ResultatAttendu {
                nature: NatureResultat::Qualitatif,
                enonce: line("Des rencontres"),
                cible: None,
            };
            it.amend_resultats_attendus(asked, vec![resultat], prose("Moins d'inscrits."))
        })
        .await?;
    let activite = || ActiviteMethode::parse("S2-STEP1-A4").expect("one");
    asked
        .dossier(|it, asked| it.skip_activite(asked, activite(), prose("Sans objet.")))
        .await?;
    asked
        .dossier(|it, asked| it.abandon_ingenierie(asked, prose("Erreur.")))
        .await?;
    asked.reads.catch_up(&MODEL, 7).await?;
    let abandoned = fiche(&asked, &amina()).await?.expect("seen");
    let abandon = abandoned.abandon.expect("one");
    assert_eq!((abandoned.etat, abandon.etat), (Etat::Abandonnee, Etat::Confirmee));
    assert_eq!(abandoned.abandoned_on, Some(TODAY));
    assert_eq!(opened(&asked, &abandon.motif).await?, "Erreur.");

    asked
        .dossier(|it, asked| it.reopen_ingenierie(asked, prose("Clos par erreur.")))
        .await?;
    asked.dump_however_built(&MODEL).await?;
    let it = fiche(&asked, &amina()).await?.expect("seen");
    assert_eq!((it.etat, it.abandoned_on, it.abandon), (Etat::Confirmee, None, None));
    assert_eq!(opened(&asked, &it.reouvertures[0].text).await?, "Clos par erreur.");
    assert_eq!(it.problematique.enonce, Some(prose("Elles se connaissent peu.")));
    let reformulation = &it.problematique.reformulations[0];
    assert_eq!(reformulation.former, Some(prose("Les banques prêtent peu.")));
    assert_eq!(opened(&asked, &reformulation.motif).await?, "Mieux.");
    assert_eq!(it.problematique.confirmations, []);
    assert_eq!(it.resultats.len(), 1);
    assert_eq!(opened(&asked, &it.amendements[0].text).await?, "Moins d'inscrits.");
    assert_eq!(it.activites_skipped[0].activite, activite());
    Ok(())
}

#[tokio::test]
async fn a_rule_set_aside_stands_in_the_fiche_with_its_reason() -> anyhow::Result<()> {
    let asked = Questions::open().await?;
    asked.identified().await?;
    asked
        .dossier(|it, asked| {
            it.reformulate_problematique(asked, prose("Autrement."), prose("Mieux."))
        })
        .await?;
    let responsable = house::questions::responsable(DLA);
    asked
        .decide::<IngenierieCollective>(&responsable, INGENIERIE, |it, asked| {
            it.validate_demarche(asked, DLA)
        })
        .await?;
    let justified = because("L'urgence.", command(&amina()));
    asked
        .tell::<IngenierieCollective>(&justified, INGENIERIE, |it, asked| {
            it.engage_ingenierie(asked)
        })
        .await?;
    asked.catch_up().await?;
    let it = fiche(&asked, &amina()).await?.expect("seen");
    assert_eq!(it.waivers[0].rule, domain::Rule::ProblematiqueConfirmed);
    assert_eq!(opened(&asked, &it.waivers[0].because).await?, "L'urgence.");
    Ok(())
}

#[tokio::test]
async fn only_those_of_the_dossier_see_it() -> anyhow::Result<()> {
    let asked = Questions::open().await?;
    asked.confirmed().await?;
    asked.consulted().await?;
    asked.catch_up().await?;
    // Nobody counts on them yet.
    for later in [financeur(FONDATION), charge_de_mission(OTHER_DLA)] {
        assert!(fiche(&asked, &later).await?.is_none(), "{later:?}");
    }
    asked.financed().await?;
    asked.catch_up().await?;
    let seen = [
        amina(),
        Actor::HOUSE,
        financeur(FINANCEUR),
        financeur(FONDATION),
        charge_de_mission(OTHER_DLA),
        structure(STRUCTURE),
        prestataire(OTHER_PRESTATAIRE),
    ];
    for by in &seen {
        assert!(fiche(&asked, by).await?.is_some(), "{by:?}");
        let count = ingenieries::count(&asked.reads, &Scope::of(by), &Filter::default()).await?;
        assert_eq!(count, 1, "{by:?}");
    }
    // Those who were consulted and nothing else see the consultation, not the dossier.
    let unseen = [prestataire(PRESTATAIRE), financeur(org(99)), admin()];
    for by in &unseen {
        assert!(fiche(&asked, by).await?.is_none(), "{by:?}");
        let scope = Scope::of(by);
        let page = ingenieries::list(&asked.reads, &scope, &Filter::default(), 10, None).await?;
        assert!(page.rows.is_empty(), "{by:?}");
        assert_eq!(ingenieries::count(&asked.reads, &scope, &Filter::default()).await?, 0);
    }
    let of_nobody = Scope::of(&actor(domain::Role::ChargeDeMission { dlas: [].into() }));
    assert!(
        ingenieries::by_ids(&asked.reads, &of_nobody, &[INGENIERIE])
            .await?
            .is_empty()
    );
    Ok(())
}

#[tokio::test]
async fn the_list_is_filtered_and_paged() -> anyhow::Result<()> {
    let asked = Questions::open().await?;
    asked.confirmed().await?;
    let ids = [101, 102, 103].map(|n| IngenierieId(Uuid::from_u128(n)));
    for (id, intitule) in ids
        .iter()
        .zip(["L'emploi à 50 %", "Le bénévolat", "L'Emploi sportif"])
    {
        asked.initiate(*id, intitule).await?;
    }
    let earlier = on(date(2026, 1, 5), command(&amina()));
    let last = IngenierieId(Uuid::from_u128(104));
    let dla = asked.log.seen::<Dla>(DLA).await?;
    asked
        .tell::<IngenierieCollective>(&earlier, last, |it, asked| {
            let initiation = domain::ingenierie_collective::identifier::Initiation {
                intitule: line("Les locaux"),
                territoire: Territoire::departement("13").expect("one"),
                secteurs: vec![code(Liste::Secteur, "CULTURE")],
            };
            it.initiate_ingenierie(asked, last, &dla, initiation)
        })
        .await?;
    asked.catch_up().await?;

    let scope = Scope::of(&amina());
    let mut after = None;
    let mut found = vec![];
    loop {
        let page = ingenieries::list(&asked.reads, &scope, &Filter::default(), 2, after).await?;
        after = page.rows.last().map(|it| it.initiated_position);
        found.extend(page.rows.into_iter().map(|it| it.id));
        if !page.has_next {
            break;
        }
    }
    assert_eq!(found, [last, ids[2], ids[1], ids[0], INGENIERIE].map(|it| it.0));

    let any = Filter::default;
    let filters = [
        (Filter { etat: Some(Etat::Confirmee), ..any() }, vec![INGENIERIE]),
        (Filter { search: Some("emploi".to_owned()), ..any() }, vec![ids[2], ids[0]]),
        (Filter { search: Some("50 %".to_owned()), ..any() }, vec![ids[0]]),
        (Filter { search: Some("BANQUIER".to_owned()), ..any() }, vec![INGENIERIE]),
        (Filter { search: Some("_".to_owned()), ..any() }, vec![]),
        (Filter { secteur: Some(code(Liste::Secteur, "CULTURE")), ..any() }, vec![last]),
        (Filter { territoire: Territoire::departement("13").ok(), ..any() }, vec![last]),
        (Filter { dla: Some(OTHER_DLA), ..any() }, vec![]),
        (
            Filter {
                type_prestation: Some(code(Liste::TypePrestation, "GESTION_FINANCIERE")),
                ..any()
            },
            vec![INGENIERIE],
        ),
        (Filter { initiated_to: Some(date(2026, 1, 5)), ..any() }, vec![last]),
        (
            Filter { dla: Some(DLA), initiated_from: Some(TODAY), ..any() },
            vec![ids[2], ids[1], ids[0], INGENIERIE],
        ),
    ];
    for (filter, expected) in filters {
        let page = ingenieries::list(&asked.reads, &scope, &filter, 10, None).await?;
        let found: Vec<_> = page.rows.iter().map(|it| it.id).collect();
        let expected: Vec<_> = expected.iter().map(|it| it.0).collect();
        assert_eq!(found, expected, "{filter:?}");
        let count = ingenieries::count(&asked.reads, &scope, &filter).await?;
        assert_eq!(usize::try_from(count)?, expected.len(), "{filter:?}");
    }
    Ok(())
}
