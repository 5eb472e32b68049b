//! What ingénieries leave to others: the catalogue, and who reads what of it.

use domain::{
    Actor, Capitalisation, CapitalisationId, Dossier, IngenierieId, Liste, OrganisationId,
    Territoire,
    capitalisation::{
        CauseRetrait, Element, Genre,
        transfert::{Destinataire, Transfert},
    },
};
use eventlog::Position;
use house::dossier::{
    FONDATION, INGENIERIE, OTHER_DLA, OTHER_STRUCTURE, PRESTATAIRE, STRUCTURE, amina, code, codes,
    line, prose, vaucluse,
};
use house::questions::{
    Questions, TODAY, admin, charge_de_mission, financeur, prestataire, reader, structure,
};
use projections::{
    Scope,
    capitalisations::{self, ElementId, EtatConsentement, Filter, MODEL},
};
use sqlx::{AssertSqlSafe, Connection, Executor};
use uuid::Uuid;

const CAPITALISATION: CapitalisationId = CapitalisationId(Uuid::from_u128(0xca));

const LATER: IngenierieId = IngenierieId(Uuid::from_u128(0x1a));

const ALL: [ElementId; 4] = [id(1), id(2), id(3), id(4)];

const fn id(numero: i32) -> ElementId {
    ElementId { capitalisation: CAPITALISATION, numero }
}

fn element(titre: &str, genre: Genre, structure: Option<OrganisationId>) -> Element {
    Element {
        nature: code(Liste::NatureCapitalisation, "METHODE"),
        genre,
        titre: line(titre),
        description: prose("Comment négocier à 100 % avec sa banque."),
        secteurs: [].into(),
        themes: codes(Liste::TypePrestation, ["MUTUALISATION"]),
        lien: Some(line("https://exemple.org/guide")),
        structure,
    }
}

async fn determine(q: &Questions, by: &Actor, natures: &[&str]) -> anyhow::Result<()> {
    let ingenierie = q.log.either::<Dossier>(INGENIERIE).await?;
    q.decide::<Capitalisation>(by, CAPITALISATION, |it, asked| {
        let natures = natures
            .iter()
            .map(|it| code(Liste::NatureCapitalisation, it))
            .collect();
        it.determine_nature_capitalisation(asked, &ingenierie, natures)
    })
    .await?;
    Ok(())
}

async fn publish(q: &Questions, by: &Actor, numero: i32) -> anyhow::Result<()> {
    q.decide::<Capitalisation>(by, CAPITALISATION, |it, asked| {
        it.assess_transferabilite(asked, numero, true, prose("Essaimer."))
    })
    .await?;
    q.decide::<Capitalisation>(by, CAPITALISATION, |it, asked| it.publish_element(asked, numero))
        .await?;
    Ok(())
}

/// 1: a guide, published. 2: a testimony, published with consent. 3: withdrawn by decision.
/// 4: never published.
async fn live(q: &Questions) -> anyhow::Result<Actor> {
    q.identified().await?;
    let amina = amina();
    determine(q, &amina, &["METHODE"]).await?;
    for contenu in [
        element("Guide de négociation", Genre::Outil, None),
        element("Témoignage", Genre::Temoignage, Some(FONDATION)),
        element("Premier livret", Genre::Livret, None),
        element("Brouillon", Genre::Autre, None),
    ] {
        q.decide::<Capitalisation>(&amina, CAPITALISATION, |it, asked| {
            it.record_element(asked, contenu.clone())
        })
        .await?;
    }
    q.decide::<Capitalisation>(&amina, CAPITALISATION, |it, asked| {
        it.target_destinataires(asked, codes(Liste::DestinataireTransfert, ["INTERVENANTS"]))
    })
    .await?;
    q.decide::<Capitalisation>(&amina, CAPITALISATION, |it, asked| {
        let responsable = code(Liste::ResponsableTransfert, "STRUCTURE_PORTEUSE");
        it.designate_responsable(asked, responsable, Some(STRUCTURE))
    })
    .await?;
    q.decide::<Capitalisation>(&amina, CAPITALISATION, |it, asked| {
        let formes = codes(Liste::FormeTransfert, ["GUIDE"]);
        it.adapt_modalites(asked, formes, codes(Liste::TonTransfert, ["CONVIVIAL"]))
    })
    .await?;
    q.decide::<Capitalisation>(&structure(FONDATION), CAPITALISATION, |it, asked| {
        it.give_consentement_publication(asked, FONDATION, None)
    })
    .await?;
    for numero in [2, 3, 1] {
        publish(q, &amina, numero).await?;
    }
    q.decide::<Capitalisation>(&amina, CAPITALISATION, |it, asked| {
        it.unpublish_element(asked, 3, prose("Madame Petit y est nommée."))
    })
    .await?;
    // With whom the ingénierie knows now, and the structures of the elements as before.
    determine(q, &amina, &["METHODE", "CONTENU"]).await?;
    Ok(amina)
}

async fn withdraw(q: &Questions) -> anyhow::Result<()> {
    q.decide::<Capitalisation>(&structure(FONDATION), CAPITALISATION, |it, asked| {
        it.withdraw_consentement_publication(asked, FONDATION)
    })
    .await?;
    Ok(())
}

/// The numbers of the elements that the catalogue shows.
async fn shown(q: &Questions, scope: &Scope, filter: &Filter) -> anyhow::Result<Vec<i32>> {
    let page = capitalisations::elements(&q.reads, scope, filter, 10, None).await?;
    let count = capitalisations::count(&q.reads, scope, filter).await?;
    assert_eq!(count, i64::try_from(page.rows.len())?, "{filter:?}");
    Ok(page.rows.iter().map(|it| it.numero).collect())
}

#[tokio::test]
async fn the_catalogue_is_the_same_however_it_is_built() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    let amina = live(&questions).await?;
    share(&questions, &amina).await?;
    withdraw(&questions).await?;
    let dump = questions.dump_however_built(&MODEL).await?;
    assert!(dump.contains("Brouillon") && !dump.contains("Petit"), "{dump}");
    assert!(dump.contains("Courriel du 12") && dump.contains("2026-03-16"), "{dump}");
    Ok(())
}

/// The testimony and the draft are handed over to the neighbours, who reuse the guide.
async fn share(q: &Questions, amina: &Actor) -> anyhow::Result<()> {
    q.decide::<Capitalisation>(amina, CAPITALISATION, |it, asked| {
        it.assess_transferabilite(asked, 4, true, prose("Essaimer."))
    })
    .await?;
    let to = Destinataire::Dla(OTHER_DLA);
    for element in [2, 4] {
        q.decide::<Capitalisation>(amina, CAPITALISATION, |it, asked| {
            let contenu = Transfert {
                element,
                categories: codes(Liste::DestinataireTransfert, ["INTERVENANTS"]),
                destinataires: [to, Destinataire::Organisation(PRESTATAIRE)].into(),
                forme: code(Liste::FormeTransfert, "GUIDE"),
                par: Some(STRUCTURE),
            };
            it.perform_transfert(asked, contenu)
        })
        .await?;
    }
    q.decide::<Capitalisation>(amina, CAPITALISATION, |it, asked| {
        it.acknowledge_transfert(asked, 1, to, Some(line("Courriel du 12")))
    })
    .await?;
    q.initiate(LATER, "Les banques, deuxième année").await?;
    let later = q.log.either::<Dossier>(LATER).await?;
    for element in [1, 2] {
        q.decide::<Capitalisation>(amina, CAPITALISATION, |it, asked| {
            it.declare_reutilisation(asked, element, &later)
        })
        .await?;
    }
    q.decide::<Capitalisation>(amina, CAPITALISATION, |it, asked| {
        it.withdraw_reutilisation(asked, 2, &later, prose("Madame Petit n'est plus là."))
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn what_was_handed_over_is_read_by_its_recipients_while_it_stands() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    let amina = live(&questions).await?;
    share(&questions, &amina).await?;
    questions.catch_up().await?;
    let all = Filter::default();
    let du = |it: &str| Filter { du: Some(code(Liste::DestinataireTransfert, it)), ..all.clone() };
    let with = |transfere| Filter { transfere: Some(transfere), ..all.clone() };
    let consents = |it| Filter { consentement: Some(it), ..all.clone() };
    let scope = Scope::of(&amina);
    for (filter, expected) in [
        // Served of 2 and 4; 3 was taken back.
        (du("INTERVENANTS"), vec![1]),
        (du("PARTENAIRES_PERMANENTS"), vec![]),
        (with(true), vec![2, 4]),
        (with(false), vec![1, 3]),
        (consents(EtatConsentement::Donne), vec![2]),
        (consents(EtatConsentement::SansObjet), vec![1, 3, 4]),
    ] {
        assert_eq!(shown(&questions, &scope, &filter).await?, expected, "{filter:?}");
    }
    let recipients = [charge_de_mission(OTHER_DLA), prestataire(PRESTATAIRE)];
    for by in &recipients {
        let scope = Scope::of(by);
        assert_eq!(shown(&questions, &scope, &all).await?, [1, 2, 4], "{by:?}");
        assert_eq!(shown(&questions, &scope, &with(true)).await?, [2, 4], "{by:?}");
        assert_eq!(shown(&questions, &scope, &with(false)).await?, [1], "{by:?}");
        // What is due is for its DLAs to know.
        assert_eq!(shown(&questions, &scope, &du("INTERVENANTS")).await?, [0; 0], "{by:?}");
        let rows = capitalisations::transferts_of(&questions.reads, &scope, &[CAPITALISATION]);
        let rows = rows.await?;
        assert_eq!(rows.iter().map(|it| it.element).collect::<Vec<_>>(), [2, 4], "{by:?}");
        assert!(rows.iter().all(|it| it.destinataires.len() == 1), "{rows:?}");
    }
    let other = Scope::of(&structure(OTHER_STRUCTURE));
    let rows = capitalisations::transferts_of(&questions.reads, &other, &[CAPITALISATION]).await?;
    assert_eq!(rows, []);
    withdraw(&questions).await?;
    questions.catch_up().await?;
    for by in &recipients {
        let scope = Scope::of(by);
        assert_eq!(shown(&questions, &scope, &all).await?, [1, 4], "{by:?}");
        let rows = capitalisations::transferts_of(&questions.reads, &scope, &[CAPITALISATION]);
        assert_eq!(rows.await?.len(), 1, "{by:?}");
    }
    let rows = capitalisations::transferts_of(&questions.reads, &scope, &[CAPITALISATION]).await?;
    assert_eq!(rows.len(), 2, "those of the ingénierie know what they did");
    Ok(())
}

#[tokio::test]
async fn what_is_published_is_read_by_everyone_and_the_rest_inside() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    let amina = live(&questions).await?;
    questions.catch_up().await?;
    let reads = &questions.reads;
    for (by, inside) in [
        (amina, true),
        (structure(STRUCTURE), true),
        // An element comes from it.
        (structure(FONDATION), true),
        (charge_de_mission(OTHER_DLA), false),
        (financeur(PRESTATAIRE), false),
        (prestataire(PRESTATAIRE), false),
        (admin(), false),
    ] {
        let scope = Scope::of(&by);
        let expected = if inside { vec![1, 2, 3, 4] } else { vec![1, 2] };
        let numeros =
            |it: &[capitalisations::Element]| -> Vec<_> { it.iter().map(|it| it.numero).collect() };
        assert_eq!(shown(&questions, &scope, &Filter::default()).await?, expected, "{by:?}");
        let rows = capitalisations::elements_of(reads, &scope, &[CAPITALISATION]).await?;
        assert_eq!(numeros(&rows), expected, "{by:?}");
        let rows = capitalisations::elements_by_ids(reads, &scope, &ALL).await?;
        assert_eq!(rows.len(), expected.len(), "{by:?}");
        let rows = capitalisations::by_ids(reads, &scope, &[CAPITALISATION]).await?;
        assert_eq!(!rows.is_empty(), inside, "{by:?}");
        let rows = capitalisations::of_ingenieries(reads, &scope, &[INGENIERIE]).await?;
        assert_eq!(!rows.is_empty(), inside, "{by:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_withdrawn_consent_takes_the_element_out_at_once() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    let amina = live(&questions).await?;
    questions.catch_up().await?;
    withdraw(&questions).await?;
    // A batch may end between the withdrawal and the fact that unpublishes.
    let reads = &questions.reads;
    let facts = questions
        .log
        .history::<Capitalisation>(CAPITALISATION)
        .await?;
    let [.., withdrawal, _unpublished] = facts.as_slice() else { panic!("{facts:?}") };
    assert_eq!(withdrawal.kind, "ConsentementPublicationWithdrawn");
    let mut db = questions.database.admin().await?;
    db.execute(AssertSqlSafe(format!("set search_path to {}", MODEL.key())))
        .await?;
    (MODEL.apply)(&mut db, std::slice::from_ref(withdrawal)).await?;
    db.close().await?;
    let outsider = Scope::of(&prestataire(PRESTATAIRE));
    assert_eq!(shown(&questions, &outsider, &Filter::default()).await?, [1]);
    reads.rebuild(&MODEL, |_, _| ()).await?;
    assert_eq!(shown(&questions, &outsider, &Filter::default()).await?, [1]);
    let inside = Scope::of(&amina);
    let rows = capitalisations::elements_by_ids(reads, &inside, &[id(2), id(3)]).await?;
    let causes: Vec<_> = rows
        .iter()
        .filter_map(|it| it.retrait.as_ref())
        .map(|it| (it.cause, it.motif.is_some()))
        .collect();
    let (retire, decision) = (CauseRetrait::ConsentementRetire, CauseRetrait::Decision);
    assert_eq!(causes, [(retire, false), (decision, true)]);
    let motif = rows[1]
        .retrait
        .as_ref()
        .and_then(|it| it.motif.clone())
        .expect("a reason");
    let place = (Position(motif.position), motif.pointer.as_str());
    assert_eq!(questions.log.vault().open(&reader(), &[place]).await?.len(), 1);
    let rows = capitalisations::by_ids(reads, &inside, &[CAPITALISATION]).await?;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(row.consentements[0].withdrawn_on, Some(TODAY));
    assert_eq!(row.responsable_organisation, Some(STRUCTURE.0));
    assert_eq!((row.natures.len(), row.formes.len(), row.tons.len()), (2, 1, 1));
    Ok(())
}

#[tokio::test]
async fn the_catalogue_is_paged_the_latest_first() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    let scope = Scope::of(&live(&questions).await?);
    questions.catch_up().await?;
    let (mut after, mut numeros) = (None, vec![]);
    loop {
        let all = Filter::default();
        let page = capitalisations::elements(&questions.reads, &scope, &all, 1, after).await?;
        let [row] = page.rows.as_slice() else { panic!("{page:?}") };
        numeros.push(row.numero);
        after = Some(row.cursor());
        if !page.has_next {
            break;
        }
    }
    assert_eq!(numeros, [1, 2, 3, 4]);
    Ok(())
}

#[tokio::test]
async fn the_catalogue_is_filtered() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    let scope = Scope::of(&live(&questions).await?);
    questions.catch_up().await?;
    let search = |text: &str| Filter { search: Some(text.to_owned()), ..Filter::default() };
    let var = Territoire::departement("83").expect("a département");
    let secteur = Some(code(Liste::Secteur, "SPORT"));
    let theme = |it| Some(code(Liste::TypePrestation, it));
    let nature = |it| Some(code(Liste::NatureCapitalisation, it));
    for (filter, expected) in [
        (search("NÉGOCIATION"), vec![1]),
        (search("100 %"), vec![1, 2, 3, 4]),
        (search("1%0"), vec![]),
        (Filter { genre: Some(Genre::Temoignage), ..Filter::default() }, vec![2]),
        (Filter { nature: nature("METHODE"), ..Filter::default() }, vec![1, 2, 3, 4]),
        (Filter { nature: nature("CONTENU"), ..Filter::default() }, vec![]),
        (Filter { theme: theme("MUTUALISATION"), ..Filter::default() }, vec![1, 2, 3, 4]),
        (Filter { theme: theme("COMMERCIAL"), ..Filter::default() }, vec![]),
        (Filter { secteur, ..Filter::default() }, vec![]),
        (Filter { territoire: Some(vaucluse()), ..Filter::default() }, vec![1, 2, 3, 4]),
        (Filter { territoire: Some(var), ..Filter::default() }, vec![]),
        (Filter { transferable: Some(true), ..Filter::default() }, vec![1, 2, 3]),
        (Filter { transferable: Some(false), ..Filter::default() }, vec![]),
        (Filter { published: Some(true), ..Filter::default() }, vec![1, 2]),
        (Filter { published: Some(false), ..Filter::default() }, vec![3, 4]),
    ] {
        assert_eq!(shown(&questions, &scope, &filter).await?, expected, "{filter:?}");
    }
    Ok(())
}
