//! Comités d'appui over HTTP: a séance is convened, prepared, held and closed; each avis reaches
//! its dossier once, whatever dies meanwhile; and each one reads what is theirs.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, ensure};
use api::processes::{self, comite_appui};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Dla, Dossier, Event, IngenierieCollective, IngenierieId, Role, SeanceComiteAppui,
    SeanceComiteId,
    ingenierie_collective::{Event as DossierFact, engager::SensAvis},
    seance_comite_appui::{Avis, Event as Fact, Rencontre},
};
use eventlog::{EventLog, Position, Recorded};
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{DLA, FINANCEUR, INGENIERIE, OTHER_DLA, PRESTATAIRE, STRUCTURE, amina, line, prose},
    questions::{TODAY, because, command, responsable},
};
use projections::comites::MODEL;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SEANCE: Uuid = Uuid::from_u128(0x21);
const LATER: Uuid = Uuid::from_u128(0x22);
const OTHER: IngenierieId = IngenierieId(Uuid::from_u128(50));
const NADIA: Uuid = Uuid::from_u128(0x71);
const DAY: &str = "2026-03-12";

const READ: &str = "query($id: ID!) { seanceComiteAppui(id: $id) {
    etat date lieu visio duree ordreDuJourSentOn ordreDuJourModifie closedOn motif
    membres { personne presence }
    dossiers { ingenierieId rang duree reglesEcartees { code because }
               avis { sens commentaire reserves suite code } } } }";

const LIST: &str = "query($filter: SeanceComiteFilter, $after: String) {
    seancesComiteAppui(first: 1, filter: $filter, after: $after) {
        totalCount asOf { position } nodes { date dossiers { rang } }
        pageInfo { hasNextPage endCursor } } }";

const FICHE: &str = "query($id: ID!) { ingenierie(id: $id) {
    avis { sens commentaire reserves on seance { id } } } }";

fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn dossier(it: IngenierieId) -> String {
    id("Ingenierie", it.0)
}

/// The commands of one visitor to one séance, numbered so that each is sent once.
struct Giving<'a> {
    visitor: &'a Visitor,
    next: u128,
}

impl Giving<'_> {
    fn input(&mut self, mut more: Value) -> Value {
        self.next += 1;
        more["commandId"] = json!(Uuid::from_u128(self.next));
        more["seance"] = json!(id("SeanceComiteAppui", SEANCE));
        more["on"] = json!(DAY);
        more
    }

    async fn does(&mut self, mutation: &str, more: Value) -> anyhow::Result<Value> {
        let input = self.input(more);
        let selection = "{ seance { version } position }";
        self.visitor.does(mutation, input, selection).await
    }

    async fn is_refused(&mut self, mutation: &str, more: Value) -> anyhow::Result<String> {
        let input = self.input(more);
        let error = self.visitor.is_refused(mutation, input).await?;
        let code = error["extensions"]["code"].as_str();
        Ok(code.context("a code")?.to_owned())
    }
}

fn giving(visitor: &Visitor, from: u128) -> Giving<'_> {
    Giving { visitor, next: from * 1_000 }
}

async fn read(visitor: &Visitor) -> anyhow::Result<Value> {
    let variables = json!({ "id": id("SeanceComiteAppui", SEANCE) });
    Ok(visitor.asks(READ, variables).await?["seanceComiteAppui"].take())
}

async fn convene(by: &Visitor, seance: Uuid, day: &str) -> anyhow::Result<Value> {
    let input = json!({
        "commandId": seance, "dla": id("Dla", DLA.0), "date": day, "debut": "09:00",
        "fin": "12:30", "lieu": "Maison des associations, Avignon", "visio": true,
        "on": "2026-03-02",
    });
    by.does("conveneSeanceComiteAppui", input, "{ seance { id etat } }")
        .await
}

/// What becomes of each avis, once none waits any more.
async fn settled(by: &Visitor) -> anyhow::Result<Vec<Value>> {
    for _ in 0..200 {
        let seen = read(by).await?;
        let all: Vec<_> = seen["dossiers"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| it["avis"].clone())
            .collect();
        if all.iter().all(|it| it["suite"] != "EN_ATTENTE") {
            return Ok(all);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("an avis still waits for its dossier")
}

/// The dossier of the tests, shared by both DLAs, and another one of the first, that nobody
/// compared with what others do.
async fn two_dossiers() -> anyhow::Result<Questions> {
    let questions = Questions::open().await?;
    questions.identified().await?;
    let other = questions.log.seen::<Dla>(OTHER_DLA).await?;
    questions
        .dossier(|it, asked| it.associate_dla(asked, &other))
        .await?;
    questions.initiate(OTHER, "Recruter ensemble").await?;
    questions.catch_up().await?;
    Ok(questions)
}

#[tokio::test]
async fn a_comite_meets_and_each_avis_reaches_its_dossier() -> anyhow::Result<()> {
    let house = OpenHouse::on(two_dossiers().await?.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let membre = house.visitor(Role::MembreComiteAppui { dlas: [DLA].into() })?;
    assert_eq!(convene(&amina, SEANCE, DAY).await?["seance"]["etat"], "CONVOQUEE");
    let mut gives = giving(&amina, 1);

    // The agenda. A dossier that was not compared with others needs a reason (INV-14).
    gives
        .does("inscribeDossier", json!({ "ingenierie": dossier(INGENIERIE), "duree": 20 }))
        .await?;
    let other = json!({ "ingenierie": dossier(OTHER), "duree": 15 });
    assert_eq!(gives.is_refused("inscribeDossier", other.clone()).await?, "JUSTIFICATION_NEEDED");
    let mut justified = other;
    justified["because"] = json!("La ligue répond demain.");
    gives.does("inscribeDossier", justified).await?;
    gives.does("sendOrdreDuJour", json!({})).await?;
    gives
        .does("inscribeDossier", json!({ "ingenierie": dossier(OTHER), "rang": 1, "duree": 15 }))
        .await?;
    let seen = read(&amina).await?;
    assert_eq!((&seen["duree"], &seen["ordreDuJourModifie"]), (&json!(35), &json!(true)));
    gives.does("sendOrdreDuJour", json!({})).await?;

    // The séance: who came, one avis a dossier.
    let nadia = json!({ "personne": NADIA, "presence": "PRESENT" });
    gives.does("recordMembrePresence", nadia).await?;
    let mut says = giving(&membre, 2);
    let with_reserves =
        json!({ "ingenierie": dossier(INGENIERIE), "sens": "FAVORABLE_AVEC_RESERVES" });
    assert_eq!(says.is_refused("giveAvis", with_reserves).await?, "RESERVES_MISSING");
    let against = json!({ "ingenierie": dossier(OTHER), "sens": "DEFAVORABLE" });
    assert_eq!(says.is_refused("giveAvis", against).await?, "COMMENTAIRE_MISSING");
    let whole = json!({
        "ingenierie": dossier(INGENIERIE), "sens": "FAVORABLE_AVEC_RESERVES",
        "commentaire": "M. Roux y croit.", "reserves": "Associer Mme Petit.",
    });
    says.does("giveAvis", whole).await?;
    assert_eq!(
        gives
            .is_refused("closeSeanceComiteAppui", json!({}))
            .await?,
        "AVIS_EXPECTED"
    );
    let later = json!({
        "ingenierie": dossier(OTHER), "sens": "AJOURNE", "commentaire": "À revoir en mai.",
    });
    gives.does("giveAvis", later).await?;
    assert_eq!(says.is_refused("closeSeanceComiteAppui", json!({})).await?, "FORBIDDEN");
    gives.does("closeSeanceComiteAppui", json!({})).await?;
    let nothing_new = json!({ "ingenierie": dossier(OTHER), "sens": "FAVORABLE" });
    assert_eq!(says.is_refused("giveAvis", nothing_new).await?, "SEANCE_COMITE_CLOSED");

    // Each dossier has its avis, with its texts, and says where it was given.
    let avis = settled(&amina).await?;
    assert!(avis.iter().all(|it| it["suite"] == "RETENU"), "{avis:?}");
    // The dossiers are another question than the séances.
    house.caught_up().await?;
    let fiche = async |by: &Visitor, it| {
        let mut data = by.asks(FICHE, json!({ "id": dossier(it) })).await?;
        Ok::<_, anyhow::Error>(data["ingenierie"]["avis"].take())
    };
    let whole = json!([{
        "sens": "FAVORABLE_AVEC_RESERVES", "commentaire": "M. Roux y croit.",
        "reserves": "Associer Mme Petit.", "on": DAY,
        "seance": { "id": id("SeanceComiteAppui", SEANCE) },
    }]);
    assert_eq!(fiche(&amina, INGENIERIE).await?, whole);
    assert_eq!(fiche(&amina, OTHER).await?[0]["sens"], "AJOURNE");
    // The history says that the house brought it, because of which fact.
    let query = "{ historique(first: 9, filter: { types: [\"AvisComiteAppuiRecorded\"] }) {
        nodes { acteur { role via } data } } }";
    let told = amina.asks(query, json!({})).await?;
    let facts = told["historique"]["nodes"].as_array().context("facts")?;
    assert_eq!(facts.len(), 2);
    for it in facts {
        assert_eq!(it["acteur"]["role"], "HOUSE");
        let via = it["acteur"]["via"].as_str().context("a cause")?;
        assert!(via.starts_with("comite_appui/record/"), "{via}");
    }
    each_reads_what_is_theirs(&house).await?;
    structures_keep_their_documents(&house).await?;
    agenda(&house).await?;
    house.close().await
}

async fn each_reads_what_is_theirs(house: &OpenHouse) -> anyhow::Result<()> {
    let membre = house.visitor(Role::MembreComiteAppui { dlas: [DLA].into() })?;
    let seen = read(&membre).await?;
    assert_eq!(seen["membres"], json!([{ "personne": NADIA, "presence": "PRESENT" }]));
    let waived =
        json!([{ "code": "COMPLEMENTARITE_CHECKED", "because": "La ligue répond demain." }]);
    assert_eq!(seen["dossiers"][0]["reglesEcartees"], waived);
    // The other DLA of a dossier: that dossier, and nothing else.
    let other = house.visitor_named("other", Role::ChargeDeMission { dlas: [OTHER_DLA].into() })?;
    let seen = read(&other).await?;
    assert_eq!(seen["membres"], json!([]));
    let shared = seen["dossiers"].as_array().context("dossiers")?;
    assert_eq!(shared.len(), 1);
    assert_eq!(shared[0]["ingenierieId"], dossier(INGENIERIE));
    assert_eq!(shared[0]["avis"]["commentaire"], "M. Roux y croit.");
    // It changes nothing there: for its commands the séance is absent.
    let mut tries = giving(&other, 3);
    assert_eq!(tries.is_refused("sendOrdreDuJour", json!({})).await?, "NOT_FOUND");
    // The others know of no séance; a structure reads the avis on its dossier, without its texts.
    for (who, role) in [
        ("financeur", Role::Financeur { financeur: FINANCEUR }),
        ("structure", Role::StructureBeneficiaire { structure: STRUCTURE }),
        ("prestataire", Role::Prestataire { prestataire: PRESTATAIRE }),
        ("admin", Role::Admin),
    ] {
        let visitor = house.visitor_named(who, role)?;
        assert_eq!(read(&visitor).await?, Value::Null, "{who}");
        let none = visitor.asks(LIST, json!({})).await?;
        assert_eq!(none["seancesComiteAppui"]["totalCount"], 0, "{who}");
    }
    let structure = house.visitor(Role::StructureBeneficiaire { structure: STRUCTURE })?;
    let seen = structure
        .asks(FICHE, json!({ "id": dossier(INGENIERIE) }))
        .await?;
    let avis = &seen["ingenierie"]["avis"][0];
    assert_eq!(avis["sens"], "FAVORABLE_AVEC_RESERVES");
    assert!(
        avis["commentaire"].is_null() && avis["reserves"].is_null() && avis["seance"].is_null()
    );
    // Who came is for the people of the DLA, in the history as on the page.
    let query = "{ historique(first: 9, filter: { categories: [SEANCE_COMITE_APPUI],
        types: [\"MembrePresenceRecorded\", \"SeanceComiteAppuiConvened\"] }) {
        nodes { type data } } }";
    let told = membre.asks(query, json!({})).await?;
    assert_eq!(told["historique"]["nodes"][1]["data"]["personne"], json!(NADIA));
    for visitor in [&other, &structure] {
        let told = visitor.asks(query, json!({})).await?;
        assert_eq!(told["historique"]["nodes"], json!([]));
    }
    Ok(())
}

/// A dossier on an agenda is open to the comité, but for what is a structure's.
async fn structures_keep_their_documents(house: &OpenHouse) -> anyhow::Result<()> {
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let structure = house.visitor(Role::StructureBeneficiaire { structure: STRUCTURE })?;
    let membre = house.visitor(Role::MembreComiteAppui { dlas: [DLA].into() })?;
    for (n, by, nature) in [(1, &amina, "COMPTE_RENDU"), (2, &structure, "DIAGNOSTIC")] {
        let document = json!({
            "commandId": Uuid::from_u128(0xd0c0 + n), "ingenierie": dossier(INGENIERIE),
            "nature": nature, "titre": "Séance", "date": DAY, "donneesPersonnelles": false,
        });
        by.does("registerDocument", document, "{ position }")
            .await?;
    }
    house.caught_up().await?;
    for (by, natures) in
        [(&amina, vec!["DIAGNOSTIC", "COMPTE_RENDU"]), (&membre, vec!["COMPTE_RENDU"])]
    {
        let query = "{ documents(first: 9) { nodes { nature { code } } } }";
        let mut seen = by.asks(query, json!({})).await?;
        let seen: Vec<_> = seen["documents"]["nodes"]
            .as_array_mut()
            .context("documents")?
            .iter_mut()
            .map(|it| it["nature"]["code"].take())
            .collect();
        assert_eq!(seen, natures);
    }
    // Nor do they read in the history what they do not read there.
    let query = "{ historique(first: 9, filter: { categories: [DOCUMENT] }) { totalCount } }";
    for (by, facts) in [(&amina, 2), (&membre, 0)] {
        let seen = by.asks(query, json!({})).await?;
        assert_eq!(seen["historique"]["totalCount"], facts);
    }
    Ok(())
}

async fn agenda(house: &OpenHouse) -> anyhow::Result<()> {
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    convene(&amina, LATER, "2026-05-04").await?;
    let page = async |by: &Visitor, filter: Value, after: Value| {
        let asked = json!({ "filter": filter, "after": after });
        Ok::<_, anyhow::Error>(by.asks(LIST, asked).await?["seancesComiteAppui"].take())
    };
    let first = page(&amina, Value::Null, Value::Null).await?;
    assert_eq!((&first["totalCount"], &first["nodes"][0]["date"]), (&json!(2), &json!(DAY)));
    let next = page(&amina, Value::Null, first["pageInfo"]["endCursor"].clone()).await?;
    assert_eq!(next["nodes"], json!([{ "date": "2026-05-04", "dossiers": [] }]));
    assert_eq!(next["pageInfo"]["hasNextPage"], false);
    let other = house.visitor_named("other", Role::ChargeDeMission { dlas: [OTHER_DLA].into() })?;
    for (by, filter, found) in [
        (&amina, json!({ "du": "2026-03-13" }), 1),
        (&amina, json!({ "au": DAY }), 1),
        (&amina, json!({ "etat": "CLOSE" }), 1),
        (&amina, json!({ "dla": id("Dla", DLA.0) }), 2),
        (&amina, json!({ "dla": id("Dla", OTHER_DLA.0) }), 0),
        (&amina, json!({ "ingenierie": dossier(OTHER) }), 1),
        (&other, Value::Null, 1),
        (&other, json!({ "ingenierie": dossier(INGENIERIE) }), 1),
        (&other, json!({ "ingenierie": dossier(OTHER) }), 0),
    ] {
        let seen = page(by, filter.clone(), Value::Null).await?;
        assert_eq!(seen["totalCount"], found, "{filter}");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_comite_cannot_do_is_said_in_both_languages() -> anyhow::Result<()> {
    let house = OpenHouse::on(two_dossiers().await?.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let nowhere =
        json!({ "commandId": SEANCE, "dla": id("Dla", DLA.0), "date": DAY, "on": "2026-03-02" });
    for (language, sentence) in [
        ("fr", "Indiquez un lieu, ou que la séance se tient en visio."),
        ("en", "Give a place, or say that the séance is held by visio."),
    ] {
        let visitor = amina.clone().speaking(language);
        let no = visitor
            .is_refused("conveneSeanceComiteAppui", nowhere.clone())
            .await?;
        assert_eq!(no["message"], sentence);
        assert_eq!(no["extensions"]["path"], json!(["input", "lieu"]));
    }
    convene(&amina, SEANCE, DAY).await?;
    let mut gives = giving(&amina, 1);
    let one = json!({ "ingenierie": dossier(INGENIERIE) });
    assert_eq!(
        gives
            .is_refused("giveAvis", json!({ "ingenierie": dossier(OTHER), "sens": "FAVORABLE" }))
            .await?,
        "DOSSIER_NOT_INSCRIBED"
    );
    assert_eq!(gives.is_refused("sendOrdreDuJour", json!({})).await?, "ORDRE_DU_JOUR_EMPTY");
    gives.does("inscribeDossier", one).await?;
    let why = "La salle est prise.";
    let moves = json!({ "date": "2026-03-20", "visio": true, "motif": why });
    gives.does("rescheduleSeanceComiteAppui", moves).await?;
    let early = json!({ "ingenierie": dossier(INGENIERIE), "sens": "FAVORABLE" });
    assert_eq!(gives.is_refused("giveAvis", early).await?, "COMITE_TO_COME");
    let withdrawn = json!({ "ingenierie": dossier(INGENIERIE), "motif": "Pas prêt." });
    gives.does("withdrawDossier", withdrawn).await?;
    gives
        .does("cancelSeanceComiteAppui", json!({ "motif": why }))
        .await?;
    let seen = read(&amina).await?;
    assert_eq!((&seen["etat"], &seen["motif"]), (&json!("ANNULEE"), &json!(why)));
    assert_eq!((&seen["visio"], &seen["lieu"]), (&json!(true), &Value::Null));
    house.close().await
}

/// Some dossiers of the DLA, each with a favourable avis in a séance that is closed.
async fn closed(dossiers: u128) -> anyhow::Result<(Questions, Vec<IngenierieId>, Recorded)> {
    let questions = Questions::open().await?;
    questions.registry().await?;
    let dla = questions.log.seen::<Dla>(DLA).await?;
    let seance = SeanceComiteId(SEANCE);
    let rencontre = Rencontre {
        date: TODAY,
        debut: None,
        fin: None,
        lieu: Some(line("Avignon")),
        visio: false,
    };
    questions
        .decide::<SeanceComiteAppui>(&amina(), seance, |it, asked| {
            it.convene_seance_comite_appui(asked, &dla, rencontre.clone(), None)
        })
        .await?;
    let mut all = vec![];
    for n in 1..=dossiers {
        let id = IngenierieId(Uuid::from_u128(500 + n));
        questions.initiate(id, &format!("Projet {n}")).await?;
        let seen = questions.log.either::<Dossier>(id).await?;
        let justified = because("Vu de vive voix.", command(&amina()));
        questions
            .tell::<SeanceComiteAppui>(&justified, seance, |it, asked| {
                it.inscribe_dossier(asked, &seen, (None, None))
            })
            .await?;
        let avis = Avis {
            sens: SensAvis::Favorable,
            commentaire: Some(prose(&format!("Mme Petit suit le {n}."))),
            reserves: None,
        };
        questions
            .decide::<SeanceComiteAppui>(&amina(), seance, |it, asked| {
                it.give_avis(asked, id, avis.clone())
            })
            .await?;
        all.push(id);
    }
    let outcome = questions
        .decide::<SeanceComiteAppui>(&amina(), seance, |it, asked| {
            it.close_seance_comite_appui(asked)
        })
        .await?;
    let closed = questions.log.at_positions(&[outcome.position]).await?;
    Ok((questions, all, closed.into_iter().next().context("the closing")?))
}

/// How many times each dossier received an avis, and the séance said so.
async fn received(log: &EventLog) -> anyhow::Result<BTreeMap<IngenierieId, (usize, usize)>> {
    let batch = log.read_after(Position(0), 10_000, None).await?;
    let mut all = BTreeMap::<_, (usize, usize)>::new();
    for it in batch.recorded {
        match &it.event {
            Event::IngenierieCollective(DossierFact::AvisComiteAppuiRecorded {
                seance, ..
            }) => {
                ensure!(*seance == Some(SeanceComiteId(SEANCE)));
                all.entry(IngenierieId(it.stream)).or_default().0 += 1;
            }
            Event::SeanceComiteAppui(Fact::AvisTransmitted { ingenierie }) => {
                all.entry(*ingenierie).or_default().1 += 1;
            }
            _ => (),
        }
    }
    Ok(all)
}

#[tokio::test]
async fn an_avis_reaches_its_dossier_once_whoever_dies_on_the_way() -> anyhow::Result<()> {
    let (questions, dossiers, closing) = closed(12).await?;
    // One who dies just after the dossier has it: the séance does not know.
    let state = questions
        .log
        .load::<SeanceComiteAppui>(SeanceComiteId(SEANCE))
        .await?;
    let first = state.state.pending()[0];
    let facts = questions
        .log
        .history::<SeanceComiteAppui>(SeanceComiteId(SEANCE))
        .await?;
    let given = facts.iter().find(|it| {
        matches!(&it.event, Event::SeanceComiteAppui(Fact::AvisGiven { ingenierie, .. })
                 if *ingenierie == first.ingenierie)
    });
    let given = given.context("the avis")?;
    let seance = SeanceComiteId(SEANCE);
    assert_eq!(comite_appui::record(&questions.log, seance, given, first).await?, None);
    assert_eq!(received(&questions.log).await?[&first.ingenierie], (1, 0));
    // Then many, each dropped wherever it stands after a moment, its batch in flight included.
    for n in 0..12 {
        let log = questions.database.log().await?;
        let closing = closing.clone();
        let dies = tokio::spawn(async move { comite_appui::act(&log, &closing).await });
        tokio::time::sleep(Duration::from_millis(2 + 3 * n)).await;
        dies.abort();
        let _ = dies.await;
    }
    // Two at once, who know nothing of each other.
    let (left, right) = (questions.database.log().await?, questions.database.log().await?);
    let (a, b) =
        tokio::join!(comite_appui::act(&left, &closing), comite_appui::act(&right, &closing));
    a?;
    b?;
    let once: BTreeMap<_, _> = dossiers.iter().map(|it| (*it, (1, 1))).collect();
    assert_eq!(received(&questions.log).await?, once);
    // And a follower that reads the whole log anew finds nothing left to do.
    let stop = CancellationToken::new();
    let follows = tokio::spawn(processes::keep(left, stop.clone()));
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.cancel();
    follows.await?;
    assert_eq!(received(&questions.log).await?, once);
    Ok(())
}

#[tokio::test]
async fn another_process_ends_what_one_began() -> anyhow::Result<()> {
    let (questions, dossiers, _) = closed(4).await?;
    // The first holds the lease and dies with it; nobody gives it back.
    let log = questions.database.log().await?;
    let dies = tokio::spawn(processes::keep(log, CancellationToken::new()));
    tokio::time::sleep(Duration::from_millis(60)).await;
    dies.abort();
    let _ = dies.await;
    let stop = CancellationToken::new();
    let log = questions.database.log().await?;
    let follows = tokio::spawn(processes::keep(log, stop.clone()));
    let once: BTreeMap<_, _> = dossiers.iter().map(|it| (*it, (1, 1))).collect();
    for _ in 0..100 {
        if received(&questions.log).await? == once {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.cancel();
    follows.await?;
    assert_eq!(received(&questions.log).await?, once);
    Ok(())
}

#[tokio::test]
async fn a_dossier_that_refuses_its_avis_holds_up_no_other() -> anyhow::Result<()> {
    let (questions, dossiers, _) = closed(2).await?;
    // Abandoned between the séance and the moment when the house comes with the avis.
    questions
        .decide::<IngenierieCollective>(&responsable(DLA), dossiers[0], |it, asked| {
            it.abandon_ingenierie(asked, prose("Faute de structures."))
        })
        .await?;
    questions.catch_up().await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let avis = settled(&amina).await?;
    assert_eq!(
        (&avis[0]["suite"], &avis[0]["code"]),
        (&json!("REFUSE"), &json!("INGENIERIE_OVER"))
    );
    assert_eq!((&avis[1]["suite"], &avis[1]["code"]), (&json!("RETENU"), &Value::Null));
    house.close().await
}

#[tokio::test]
async fn comites_say_the_same_however_they_are_built() -> anyhow::Result<()> {
    let (questions, _, closing) = closed(3).await?;
    comite_appui::act(&questions.log, &closing).await?;
    let dump = questions.dump_however_built(&MODEL).await?;
    assert!(dump.contains("RETENU"), "{dump}");
    Ok(())
}
