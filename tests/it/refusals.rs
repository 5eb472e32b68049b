//! What the API says when it says no: a stable code, the field, a sentence; nothing written.

use std::collections::BTreeSet;

use domain::{DlaId, Role};
use eventlog::Position;
use house::{OpenHouse, Visitor};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

const JSON: (&str, &str) = ("content-type", "application/json");

fn register(command: &str, siret: &str) -> Value {
    json!({
        "commandId": command,
        "denomination": "Association d'essai",
        "statut": "ASSOCIATION",
        "siret": siret,
    })
}

const ONE: &str = "6e1fd4b2-91f4-4b54-9f0e-30f3b0a5b001";
const TWO: &str = "6e1fd4b2-91f4-4b54-9f0e-30f3b0a5b002";
const SIRET: &str = "73282932000074";

fn admin(house: &OpenHouse) -> anyhow::Result<Visitor> {
    house.visitor(Role::Admin)
}

#[tokio::test]
async fn bad_values_name_their_field_in_the_language_of_the_caller() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let visitor = admin(&house)?;
    for (field, value) in [
        ("siret", json!("73282932000079")),
        ("rna", json!("W12")),
        ("denomination", json!("   ")),
        ("statut", json!("INCONNU")),
        ("commune", json!("84")),
        ("secteurs.0", json!("CHASSE_AUX_PAPILLONS")),
    ] {
        let mut input = register(ONE, SIRET);
        match field.split_once('.') {
            Some((list, _)) => input[list] = json!([value]),
            None => input[field] = value,
        }
        let error = visitor.is_refused("registerOrganisation", input).await?;
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{field}: {error}");
        let path: Vec<_> = ["input"].into_iter().chain(field.split('.')).collect();
        assert_eq!(error["extensions"]["path"], json!(path), "{error}");
        assert_ne!(error["message"], "", "{error}");
    }
    let english = visitor.clone().speaking("en");
    let (fr, en) = (
        visitor
            .is_refused("registerOrganisation", register(ONE, "1"))
            .await?,
        english
            .is_refused("registerOrganisation", register(ONE, "1"))
            .await?,
    );
    assert_eq!(fr["extensions"], en["extensions"]);
    assert_ne!(fr["message"], en["message"]);
    assert_eq!(house.house.log.newest().await?.0, Position(0));
    house.close().await
}

#[tokio::test]
async fn an_id_of_another_noun_is_told_apart() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let visitor = admin(&house)?;
    let made = visitor
        .does("registerOrganisation", register(ONE, SIRET), "{ organisation { id } }")
        .await?;
    let organisation = &made["organisation"]["id"];
    let closing = json!({ "commandId": TWO, "consultation": organisation });
    let error = visitor.is_refused("closeConsultation", closing).await?;
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(error["extensions"]["path"], json!(["input", "consultation"]));
    for malformed in ["", "zz", "%%%", "T3JnYW5pc2F0aW9u"] {
        let closing = json!({ "commandId": TWO, "consultation": malformed });
        let error = visitor.is_refused("closeConsultation", closing).await?;
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{malformed}: {error}");
    }
    house.close().await
}

#[tokio::test]
async fn a_command_is_answered_once_and_its_id_is_not_used_twice() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let visitor = admin(&house)?;
    let sent = (0..10).map(|_| {
        let visitor = visitor.clone();
        tokio::spawn(async move {
            visitor
                .does("registerOrganisation", register(ONE, SIRET), "{ position version receipt }")
                .await
        })
    });
    let mut answers = vec![];
    for answer in sent.collect::<Vec<_>>() {
        answers.push(answer.await??);
    }
    assert!(answers.iter().all(|it| *it == answers[0]), "{answers:#?}");
    assert_eq!(house.house.log.newest().await?.0, Position(1));

    let other = register(ONE, "35600000000048");
    let error = visitor.is_refused("registerOrganisation", other).await?;
    assert_eq!(error["extensions"]["code"], "COMMAND_ID_REUSED");
    let taken = visitor
        .is_refused("registerOrganisation", register(TWO, SIRET))
        .await?;
    assert_eq!(taken["extensions"]["code"], "ALREADY_CLAIMED");
    assert_eq!(house.house.log.newest().await?.0, Position(1));
    house.close().await
}

#[tokio::test]
async fn an_identifier_given_by_mistake_is_free_once_corrected() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let visitor = admin(&house)?;
    let made = visitor
        .does("registerOrganisation", register(ONE, SIRET), "{ organisation { id } }")
        .await?;
    let mut right = register("6e1fd4b2-91f4-4b54-9f0e-30f3b0a5b003", "35600000000048");
    right["organisation"] = made["organisation"]["id"].clone();
    right["motif"] = json!("Le SIRET était celui d'une homonyme.");
    visitor
        .does("correctOrganisationIdentity", right, "{ position }")
        .await?;
    visitor
        .does("registerOrganisation", register(TWO, SIRET), "{ position }")
        .await?;
    house.close().await
}

#[tokio::test]
async fn a_stale_version_is_told_the_current_one() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let visitor = admin(&house)?;
    let made = visitor
        .does("registerOrganisation", register(ONE, SIRET), "{ organisation { id } }")
        .await?;
    let role = |command: &str, role: &str, seen: &str| {
        json!({
            "commandId": command,
            "organisation": made["organisation"]["id"],
            "role": role,
            "seenVersion": seen,
        })
    };
    visitor
        .does("assignOrganisationRole", role(TWO, "FINANCEUR", "1"), "{ version }")
        .await?;
    let three = "6e1fd4b2-91f4-4b54-9f0e-30f3b0a5b003";
    let error = visitor
        .is_refused("assignOrganisationRole", role(three, "PRESTATAIRE", "1"))
        .await?;
    assert_eq!(error["extensions"]["code"], "VERSION_MOVED");
    assert_eq!(error["extensions"]["params"]["currentVersion"], "2");
    house.close().await
}

#[tokio::test]
async fn what_a_role_may_not_do_or_see_is_refused() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let dlas = BTreeSet::from([DlaId(Uuid::from_u128(1))]);
    let membre = house.visitor(Role::MembreComiteAppui { dlas })?;
    let error = membre
        .is_refused("registerOrganisation", register(ONE, SIRET))
        .await?;
    assert_eq!(error["extensions"]["code"], "FORBIDDEN");
    // An absent dossier and a dossier of others are the same.
    let absent = "Q29uc3VsdGF0aW9uOjZlMWZkNGIyLTkxZjQtNGI1NC05ZjBlLTMwZjNiMGE1YjAwOQ";
    let closing = json!({ "commandId": ONE, "consultation": absent });
    let error = membre.is_refused("closeConsultation", closing).await?;
    assert_eq!(error["extensions"]["code"], "NOT_FOUND");

    let stranger = house.stranger();
    let answer = stranger
        .sends(Method::POST, "/graphql", &[JSON], r#"{"query":"{ viewer { role } }"}"#)
        .await?;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.headers.contains_key("www-authenticate"));
    assert_eq!(answer.json()?["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    let mut forger = stranger.clone();
    forger.token = Some("eyJhbGciOiJub25lIn0.e30.".to_owned());
    let answer = forger
        .sends(Method::POST, "/graphql", &[JSON], r#"{"query":"{ __typename }"}"#)
        .await?;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(!String::from_utf8_lossy(&answer.body).contains("eyJ"));
    house.close().await
}

#[tokio::test]
async fn what_would_kill_the_process_is_refused_and_the_process_lives() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let visitor = admin(&house)?;
    let brackets = format!("{{ a(b: {}{}) }}", "[".repeat(2_000), "]".repeat(2_000));
    let mut bomb = "{ ...f0 } ".to_owned();
    for n in 0..30 {
        use std::fmt::Write as _;
        write!(bomb, "fragment f{n} on Query {{ ...f{} ...f{} }} ", n + 1, n + 1)?;
    }
    bomb.push_str("fragment f30 on Query { __typename }");
    let twice = "mutation { registerOrganisation(input: {commandId: \"6e1fd4b2-91f4-4b54-9f0e-30f3b0a5b001\", denomination: \"a\", statut: \"ASSOCIATION\"}) { position } registerOrganisation(input: {commandId: \"6e1fd4b2-91f4-4b54-9f0e-30f3b0a5b001\", denomination: \"a\", statut: \"ASSOCIATION\"}) { version } }";
    for (query, codes) in [
        (brackets.as_str(), ["DOCUMENT_TOO_DEEP", "DOCUMENT_TOO_LARGE"].as_slice()),
        (bomb.as_str(), &["DOCUMENT_TOO_LARGE", "DOCUMENT_TOO_COMPLEX"]),
        (twice, &["GRAPHQL_VALIDATION_FAILED", "DOCUMENT_TOO_COMPLEX", "BAD_USER_INPUT"]),
        (
            "{ organisations(first: 100) { nodes { successor { successor { successor { id } } } } edges { node { successor { successor { id } } } } } }",
            &["DOCUMENT_TOO_COMPLEX"],
        ),
        ("{", &["GRAPHQL_PARSE_FAILED"]),
        ("{ nowhere }", &["GRAPHQL_VALIDATION_FAILED"]),
    ] {
        let answer = visitor.posts(query, json!({})).await?;
        let code = answer["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default();
        assert!(codes.contains(&code), "{query:.80}: {answer}");
        assert!(answer.to_string().len() < 2_000, "{answer}");
    }
    let huge = "x".repeat(10 << 20);
    match visitor.sends(Method::POST, "/graphql", &[JSON], huge).await {
        Ok(answer) => {
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
            assert_eq!(answer.json()?["errors"][0]["extensions"]["code"], "BODY_TOO_LARGE");
        }
        // The server may close before all of it is sent.
        Err(error) => assert!(error.to_string().contains("client error"), "{error:#}"),
    }
    let text = visitor
        .sends(
            Method::POST,
            "/graphql",
            &[("content-type", "text/plain")],
            r#"{"query":"{ __typename }"}"#,
        )
        .await?;
    assert_eq!(text.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let lives = visitor.asks("{ viewer { role } }", json!({})).await?;
    assert_eq!(lives["viewer"]["role"], "ADMIN");
    assert_eq!(house.house.log.newest().await?.0, Position(0));
    house.close().await
}

#[tokio::test]
async fn a_question_waits_for_a_position_and_says_when_it_waited_too_long() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let visitor = admin(&house)?;
    let made = visitor
        .does("registerOrganisation", register(ONE, SIRET), "{ position }")
        .await?;
    let query = "query($at: Position) { organisations(first: 1, atLeastPosition: $at) { totalCount asOf { position recordedAt } } }";
    let answer = visitor
        .posts(query, json!({ "at": made["position"] }))
        .await?;
    let page = &answer["data"]["organisations"];
    assert_eq!(page["totalCount"], 1);
    assert_eq!(page["asOf"]["position"], "1");
    let late = visitor.posts(query, json!({ "at": "1000" })).await?;
    assert_eq!(late["errors"][0]["extensions"]["code"], "POSITION_NOT_REACHED");
    house.close().await
}
