//! What the API says of values, whatever the command: texts, codes of the reference lists.

use domain::Role;
use eventlog::Position;
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{DLA, FINANCEUR, PLAN},
};
use serde_json::{Value, json};
use uuid::Uuid;

fn command(n: u128) -> String {
    Uuid::from_u128(0x6000 + n).to_string()
}

fn id(noun: &str, id: impl Into<Uuid>) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(format!("{noun}:{}", id.into()))
}

fn amina(house: &OpenHouse) -> anyhow::Result<Visitor> {
    house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })
}

#[tokio::test]
async fn a_text_with_a_null_character_is_refused_at_its_place() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let visitor = house.visitor(Role::Admin)?;
    let odd = "Les\0Jardins";
    let with = |field: &str, value: Value| {
        let mut input = json!({
            "commandId": command(1),
            "denomination": "Les Jardins",
            "statut": "ASSOCIATION",
            "siret": "73282932000074",
        });
        input[field] = value;
        input
    };
    // A line, a code, an identifier, a text, an id of one's own, an item, the justification.
    for (field, value, path) in [
        ("denomination", json!(odd), vec!["denomination"]),
        ("statut", json!(odd), vec!["statut"]),
        ("siret", json!(odd), vec!["siret"]),
        ("sansIdentifiant", json!(odd), vec!["sansIdentifiant"]),
        ("commandId", json!(odd), vec!["commandId"]),
        ("secteurs", json!(["SPORT", odd]), vec!["secteurs", "1"]),
        ("because", json!(odd), vec!["because"]),
    ] {
        let error = visitor
            .is_refused("registerOrganisation", with(field, value))
            .await?;
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{error}");
        let path: Vec<_> = ["input"].into_iter().chain(path).collect();
        assert_eq!(error["extensions"]["path"], json!(path), "{error}");
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|it| it.contains("U+0000")),
            "{error}"
        );
    }
    // What is nested, and what questions are asked: a filter, a cursor, an id; as a variable, in
    // the document, as a default.
    for (query, variables, path) in [
        (
            "mutation($input: RegisterDlaInput!) { registerDla(input: $input) { position } }",
            json!({ "input": {
                "commandId": command(2), "intitule": "DLA 84", "niveau": "DEPARTEMENTAL",
                "territoires": [{ "niveau": "DEPARTEMENT", "code": odd }],
            } }),
            json!(["input", "territoires", "0", "code"]),
        ),
        (
            "query($it: OrganisationFilter) { organisations(first: 1, filter: $it) { totalCount } }",
            json!({ "it": { "search": odd } }),
            json!(["filter", "search"]),
        ),
        (
            "query($it: String) { organisations(first: 1, after: $it) { totalCount } }",
            json!({ "it": odd }),
            json!(["after"]),
        ),
        ("query($it: ID!) { node(id: $it) { id } }", json!({ "it": odd }), json!(["id"])),
        (r#"{ viewer { role } ... { node(id: "\u0000") { id } } }"#, json!({}), json!(["id"])),
        (r#"query($it: ID! = "\u0000") { node(id: $it) { id } }"#, json!({}), json!(["it"])),
    ] {
        let answer = visitor.posts(query, variables).await?;
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!(extensions["code"], "BAD_USER_INPUT", "{query}: {answer}");
        assert_eq!(extensions["path"], path, "{answer}");
    }
    let english = visitor.clone().speaking("en");
    let error = english
        .is_refused("registerOrganisation", with("because", json!(odd)))
        .await?;
    assert_eq!(error["message"], "This text holds the character U+0000: remove it.");
    assert_eq!(house.house.log.newest().await?.0, Position(0));
    house.close().await
}

#[tokio::test]
async fn a_code_is_chosen_while_its_list_holds_it() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.financed().await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = amina(&house)?;
    let plan = id("PlanFinancement", PLAN);
    let contributeur = json!({ "organisation": id("Organisation", FINANCEUR) });
    let ressource = |n, source: &str, on: &str| {
        json!({
            "commandId": command(n), "on": on, "plan": plan, "source": source,
            "contributeur": contributeur, "montant": "100",
        })
    };
    // The OPCOs took the place of the OPCAs on 1 April 2019.
    for (n, source, on) in [(1, "OPCA", "2019-04-01"), (2, "OPCO", "2019-03-31")] {
        let error = amina
            .is_refused("addRessource", ressource(n, source, on))
            .await?;
        let extensions = &error["extensions"];
        assert_eq!(extensions["code"], "CODE_NOT_VALID", "{error}");
        assert_eq!(extensions["path"], json!(["input", "source"]));
        assert_eq!(extensions["params"], json!({ "code": source, "on": on }));
    }
    for (n, source, on) in [(3, "OPCA", "2019-03-31"), (4, "OPCO", "2019-04-01")] {
        amina
            .does("addRessource", ressource(n, source, on), "{ position }")
            .await?;
    }
    let part = |source: &str| json!({ "source": source, "contributeur": contributeur, "poids": 1 });
    let partage = json!({
        "commandId": command(5), "plan": plan, "total": "100",
        "parts": [part("ETAT"), part("OPCA")],
    });
    let error = amina.is_refused("shareCost", partage).await?;
    assert_eq!(error["extensions"]["code"], "CODE_NOT_VALID", "{error}");
    assert_eq!(error["extensions"]["path"], json!(["input", "parts", "1", "source"]));
    // What the caller may not know of comes first.
    let stranger =
        house.visitor(Role::ChargeDeMission { dlas: [domain::DlaId(Uuid::nil())].into() })?;
    let error = stranger
        .is_refused("addRessource", ressource(6, "OPCA", "2019-04-01"))
        .await?;
    assert_eq!(error["extensions"]["code"], "NOT_FOUND", "{error}");
    house.close().await
}

#[tokio::test]
async fn a_place_comes_in_and_goes_out_by_its_official_code() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let admin = house.visitor(Role::Admin)?;
    let dla = |n, territoires: Value| {
        json!({
            "commandId": command(n), "intitule": "DLA", "niveau": "DEPARTEMENTAL",
            "territoires": territoires,
        })
    };
    let place = |niveau: &str, code: &str| json!({ "niveau": niveau, "code": code });
    let places = json!([
        { "niveau": "COMMUNE", "code": "2A004", "millesime": 2024 },
        place("COMMUNE", "97411"),
        place("DEPARTEMENT", "2B"),
        place("EPCI", "732829320"),
        place("QPV", "QN06201M"),
        place("REGION", "94"),
    ]);
    let selection = "{ dla { territoires { niveau code millesime } } }";
    let registered = admin
        .does("registerDla", dla(1, places.clone()), selection)
        .await?;
    let mut shown = registered["dla"]["territoires"].as_array().unwrap().clone();
    for it in &mut shown {
        it.as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
    }
    for it in places.as_array().unwrap() {
        assert!(shown.contains(it), "{it}: {shown:?}");
    }
    // A place is looked for whatever the year of its code.
    for (filter, found) in [
        (place("COMMUNE", "2A004"), 1),
        (json!({ "niveau": "COMMUNE", "code": "2A004", "millesime": 2019 }), 1),
        (place("COMMUNE", "2A005"), 0),
    ] {
        let query = "query($it: DlaFilter) { dlas(first: 5, filter: $it) { totalCount } }";
        let answer = admin
            .asks(query, json!({ "it": { "territoire": filter } }))
            .await?;
        assert_eq!(answer["dlas"]["totalCount"], found, "{filter}");
    }
    for (refused, field) in [
        (place("COMMUNE", "20004"), "code"),
        (place("EPCI", "732829321"), "code"),
        (place("QPV", "QP084001"), "code"),
        (json!({ "niveau": "REGION", "code": "94", "millesime": 2024 }), "millesime"),
        (json!({ "niveau": "COMMUNE", "code": "2A004", "millesime": 24 }), "millesime"),
    ] {
        for (language, word) in
            [("fr", "millésime|code de territoire"), ("en", "vintage|territory code")]
        {
            let visitor = admin.clone().speaking(language);
            let error = visitor
                .is_refused("registerDla", dla(2, json!([refused])))
                .await?;
            assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{error}");
            let path = json!(["input", "territoires", "0", field]);
            assert_eq!(error["extensions"]["path"], path, "{error}");
            let message = error["message"].as_str().unwrap();
            assert!(word.split('|').any(|it| message.contains(it)), "{error}");
        }
    }
    // So does the seat of an organisation.
    let seat = |n, commune: Option<&str>, year: i32| {
        json!({
            "commandId": command(n), "denomination": "Les Jardins", "statut": "association",
            "siret": "73282932000074", "commune": commune, "communeMillesime": year,
        })
    };
    let selection = "{ organisation { commune communeMillesime statut { code } } }";
    let it = admin
        .does("registerOrganisation", seat(3, Some("84036"), 2024), selection)
        .await?;
    let shown = json!({
        "commune": "84036", "communeMillesime": 2024, "statut": { "code": "ASSOCIATION" },
    });
    assert_eq!(it["organisation"], shown);
    for (commune, year) in [(None, 2024), (Some("84036"), 24)] {
        let error = admin
            .is_refused("registerOrganisation", seat(4, commune, year))
            .await?;
        assert_eq!(error["extensions"]["path"], json!(["input", "communeMillesime"]), "{error}");
    }
    house.close().await
}
