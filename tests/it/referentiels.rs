//! The reference lists over HTTP: amended by command, used at once, by every process; and what
//! was recorded before stays as it was.

use domain::Role;
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{DLA, INGENIERIE},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uuid::Uuid;

fn command(n: u128) -> String {
    Uuid::from_u128(0x7000 + n).to_string()
}

fn id(noun: &str, id: impl Into<Uuid>) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(format!("{noun}:{}", id.into()))
}

fn amina(house: &OpenHouse) -> anyhow::Result<Visitor> {
    house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })
}

const LISTE: &str = "TYPE_PRESTATION";
const CODE: &str = "ECONOMIE_CIRCULAIRE";

fn circulaire(n: u128) -> Value {
    json!({
        "commandId": command(n), "liste": LISTE, "code": CODE,
        "libelleFr": "Économie circulaire", "libelleEn": "Circular economy",
        "synonymes": ["réemploi"],
    })
}

fn chooses(n: u128, types: &[&str]) -> Value {
    let ingenierie = id("Ingenierie", INGENIERIE);
    json!({
        "commandId": command(n), "ingenierie": ingenierie, "types": types, "sujets": ["Le tri"],
    })
}

/// The types of prestation that the dossier shows, in the language of its reader.
async fn types(visitor: &Visitor) -> anyhow::Result<Value> {
    let ingenierie = id("Ingenierie", INGENIERIE);
    let mut data = visitor
        .asks(
            "query($id: ID!) { ingenierie(id: $id) {
                 typesPrestation { code libelle } } }",
            json!({ "id": ingenierie }),
        )
        .await?;
    Ok(data["ingenierie"]["typesPrestation"].take())
}

const PAYLOAD: &str = "{ position version position referentiel { version amendements } }";

#[tokio::test]
async fn a_list_is_amended_used_at_once_and_ended() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.engaged().await?;
    let house = OpenHouse::on(questions.database).await?;
    let (amina, admin) = (amina(&house)?, house.visitor(Role::Admin)?);

    // Before, nobody knows it.
    let error = amina
        .is_refused("chooseTypesPrestation", chooses(1, &[CODE]))
        .await?;
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{error}");
    assert_eq!(error["extensions"]["path"], json!(["input", "types", "0"]));

    // Added, it is chosen at once: by its code, by any word for it.
    let added = admin
        .does("addValeurReference", circulaire(2), PAYLOAD)
        .await?;
    assert_eq!(added["referentiel"], json!({ "version": 2, "amendements": "1" }));
    assert_eq!(added["version"], "1");
    let shown = |libelle: &str| json!([{ "code": CODE, "libelle": libelle }]);
    let payload = "{ position ingenierie { typesPrestation { code libelle } } }";
    let chosen = amina
        .does("chooseTypesPrestation", chooses(3, &["REEMPLOI"]), payload)
        .await?;
    assert_eq!(chosen["ingenierie"]["typesPrestation"], shown("Économie circulaire"));

    // What is looked for is found by the same words.
    let found = amina
        .asks(
            "query($it: IngenierieFilter) { ingenieries(first: 5, filter: $it) {
                 totalCount } }",
            json!({ "it": { "typePrestation": "économie CIRCULAIRE" } }),
        )
        .await?;
    assert_eq!(found["ingenieries"]["totalCount"], 1);

    // Relabelled, what was recorded is read under its new name, and found by the old one.
    let relabelled = json!({
        "commandId": command(4), "liste": LISTE, "code": CODE,
        "libelleFr": "Économie du réemploi", "libelleEn": "Reuse economy", "seenVersion": "1",
    });
    admin
        .does("relabelValeurReference", relabelled, PAYLOAD)
        .await?;
    assert_eq!(types(&amina).await?, shown("Économie du réemploi"));
    assert_eq!(types(&amina.clone().speaking("en")).await?, shown("Reuse economy"));
    amina
        .does("chooseTypesPrestation", chooses(5, &["économie circulaire"]), "{ position }")
        .await?;

    // Ended, it is refused to later facts, and what was recorded keeps it and its label.
    let ended = json!({
        "commandId": command(6), "liste": LISTE, "code": CODE, "validTo": "2026-01-31",
    });
    let ended = admin.does("endValeurReference", ended, PAYLOAD).await?;
    for (language, sentence) in [
        ("fr", "Ce code n'est pas valable à la date du fait"),
        ("en", "This code is not valid on the date of the fact"),
    ] {
        let visitor = amina.clone().speaking(language);
        let error = visitor
            .is_refused("chooseTypesPrestation", chooses(7, &["COMMERCIAL", CODE]))
            .await?;
        assert_eq!(error["extensions"]["code"], "CODE_NOT_VALID", "{error}");
        assert_eq!(error["extensions"]["path"], json!(["input", "types", "1"]));
        assert!(error["message"].as_str().unwrap().starts_with(sentence), "{error}");
    }
    assert_eq!(types(&amina).await?, shown("Économie du réemploi"));
    // What was answered once is answered again.
    let again = amina
        .does("chooseTypesPrestation", chooses(3, &["REEMPLOI"]), "{ position }")
        .await?;
    assert_eq!(again["position"], chosen["position"]);

    // All of it is in the history, for all who have a token.
    let liste = amina
        .asks(
            "query($liste: ListeReference!, $counted: Position) { referentiel(liste: $liste) {
                 id liste libelle version amendements fermee
                 now: valeurs(validOn: \"2026-02-01\", search: \"reemploi\") { code }
                 then: valeurs(validOn: \"2026-01-31\", search: \"reemploi\") {
                     code libelle libelleFr libelleEn synonymes validFrom validTo }
                 historique(first: 10, atLeastPosition: $counted) { totalCount nodes { type category objet data
                     changes { pointer before after } acteur { role } } } } }",
            json!({ "liste": LISTE, "counted": ended["position"] }),
        )
        .await?;
    let liste = &liste["referentiel"];
    assert_eq!((&liste["version"], &liste["amendements"]), (&json!(4), &json!("3")));
    assert_eq!(liste["libelle"], "Types de prestation (Enée)");
    assert_eq!(liste["now"], json!([]));
    // The old French label needs no synonym: the code is the same word.
    assert_eq!(
        liste["then"],
        json!([{
            "code": CODE, "libelle": "Économie du réemploi",
            "libelleFr": "Économie du réemploi", "libelleEn": "Reuse economy",
            "synonymes": ["réemploi", "Circular economy"],
            "validFrom": null, "validTo": "2026-01-31",
        }])
    );
    let facts = liste["historique"]["nodes"].as_array().unwrap();
    let kinds: Vec<_> = facts
        .iter()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    let expected = ["ValeurReferenceAdded", "ValeurReferenceRelabelled", "ValeurReferenceEnded"];
    assert_eq!(kinds, expected);
    for fact in facts {
        assert_eq!(fact["category"], "REFERENTIEL");
        assert_eq!(fact["objet"], liste["id"]);
        assert_eq!(fact["acteur"]["role"], "ADMIN");
        assert_eq!(fact["data"]["code"], CODE);
    }
    let changed = facts[1]["changes"].as_array().unwrap();
    let before: Vec<_> = changed.iter().map(|it| &it["before"]).collect();
    assert_eq!(before, ["Circular economy", "Économie circulaire"]);
    let known = amina
        .asks(
            "query($id: ID!) { node(id: $id) { ... on Referentiel { liste } } }",
            json!({ "id": liste["id"] }),
        )
        .await?;
    assert_eq!(known["node"]["liste"], LISTE);
    house.close().await
}

#[tokio::test]
async fn what_one_process_amends_another_knows_within_a_second() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.engaged().await?;
    let one = OpenHouse::on(questions.database).await?;
    let other = OpenHouse::on(one.database.shared()).await?;
    let (admin, amina) = (one.visitor(Role::Admin)?, amina(&other)?);
    // Both serve before anything is amended.
    amina
        .is_refused("chooseTypesPrestation", chooses(1, &[CODE]))
        .await?;
    admin
        .does("addValeurReference", circulaire(2), PAYLOAD)
        .await?;
    let since = Instant::now();
    let query = "query($liste: ListeReference!) { referentiel(liste: $liste) { version } }";
    while amina.asks(query, json!({ "liste": LISTE })).await?["referentiel"]["version"] != 2 {
        assert!(since.elapsed() < Duration::from_secs(1), "it is not known yet");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    amina
        .does("chooseTypesPrestation", chooses(3, &[CODE]), "{ position }")
        .await?;
    // One that opens later reads what was amended before it serves.
    let late = OpenHouse::on(one.database.shared()).await?;
    let known = late
        .visitor(Role::Admin)?
        .asks(query, json!({ "liste": LISTE }))
        .await?;
    assert_eq!(known["referentiel"]["version"], 2);
    late.close().await?;
    other.close().await?;
    one.close().await
}

#[tokio::test]
async fn an_amendment_that_cannot_be_says_why_and_changes_nothing() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let admin = house.visitor(Role::Admin)?;
    let with = |field: &str, value: Value| {
        let mut input = circulaire(1);
        input[field] = value;
        input
    };
    for (input, code, path, fr, en) in [
        (
            with("code", json!("économie")),
            "BAD_USER_INPUT",
            json!(["input", "code"]),
            "Un code s'écrit en majuscules",
            "A code is written in plain capitals",
        ),
        (
            with("libelleFr", json!(" ")),
            "BAD_USER_INPUT",
            json!(["input", "libelleFr"]),
            "Ce texte est vide",
            "This text is empty",
        ),
        (
            with("code", json!("COMMERCIAL")),
            "VALEUR_EXISTS",
            json!(["input", "code"]),
            "Le code COMMERCIAL existe déjà",
            "The code COMMERCIAL exists already",
        ),
        (
            with("synonymes", json!(["Étude de marché"])),
            "NOM_TAKEN",
            json!(["input", "synonymes"]),
            "« Étude de marché » désigne déjà la valeur COMMERCIAL",
            "`Étude de marché` already names the value COMMERCIAL",
        ),
        (
            with("liste", json!("ETAPE")),
            "LISTE_CLOSED",
            json!(["input", "liste"]),
            "Les valeurs de cette liste sont celles des règles",
            "The values of this list are those of the rules",
        ),
    ] {
        for (language, sentence) in [("fr", fr), ("en", en)] {
            let visitor = admin.clone().speaking(language);
            let error = visitor
                .is_refused("addValeurReference", input.clone())
                .await?;
            assert_eq!(error["extensions"]["code"], code, "{error}");
            assert_eq!(error["extensions"]["path"], path, "{error}");
            assert!(error["message"].as_str().unwrap().starts_with(sentence), "{error}");
        }
    }
    for (mutation, input, code) in [
        (
            "relabelValeurReference",
            json!({ "code": "RIEN", "libelleFr": "Rien", "libelleEn": "Nothing" }),
            "VALEUR_UNKNOWN",
        ),
        (
            "endValeurReference",
            json!({ "code": "OPCO", "validTo": "2019-03-31", "liste": "SOURCE_FINANCEMENT" }),
            "VALIDITE_REVERSED",
        ),
        (
            "endValeurReference",
            json!({ "code": "VALORISATION_TEMPS", "validTo": "2026-01-31", "liste": "POSTE_COUT" }),
            "VALEUR_OF_RULES",
        ),
        (
            "addSynonymeReference",
            json!({ "code": "COMMERCIAL", "synonyme": "mutualisation" }),
            "NOM_TAKEN",
        ),
    ] {
        let mut whole = json!({ "commandId": command(2), "liste": LISTE });
        whole
            .as_object_mut()
            .unwrap()
            .extend(input.as_object().unwrap().clone());
        let error = admin.is_refused(mutation, whole).await?;
        assert_eq!(error["extensions"]["code"], code, "{error}");
    }
    let error = amina(&house)?
        .is_refused("addValeurReference", circulaire(3))
        .await?;
    assert_eq!(error["extensions"]["code"], "FORBIDDEN", "{error}");
    assert_eq!(house.house.log.newest().await?.0, eventlog::Position(0));

    // One code, one meaning, in two lists that take each other's values.
    let objectif = |n, liste: &str| {
        let mut input = circulaire(n);
        input["liste"] = json!(liste);
        input
    };
    admin
        .does("addValeurReference", objectif(4, "OBJECTIF_STRATEGIQUE"), PAYLOAD)
        .await?;
    let error = admin
        .is_refused("addValeurReference", objectif(5, "OBJECTIF_OPERATIONNEL"))
        .await?;
    assert_eq!(error["extensions"]["code"], "ALREADY_CLAIMED", "{error}");
    house.close().await
}

#[tokio::test]
async fn every_list_is_read_in_both_languages() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let query = "{ referentiels { liste libelle version fermee accepte
                   valeurs { code libelle libelleFr libelleEn synonymes } } }";
    for (language, label) in [("fr", "libelleFr"), ("en", "libelleEn")] {
        let lists = amina(&house)?
            .speaking(language)
            .asks(query, json!({}))
            .await?;
        let lists = lists["referentiels"].as_array().unwrap();
        assert_eq!(lists.len(), domain::Liste::ALL.len());
        for value in lists
            .iter()
            .flat_map(|it| it["valeurs"].as_array().unwrap())
        {
            assert_eq!(value["libelle"], value[label]);
        }
        let closed = lists.iter().filter(|it| it["fermee"] == true);
        assert_eq!(closed.count(), 8);
    }
    house.close().await
}
