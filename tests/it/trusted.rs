//! Documents that are asked by their hash, answers that callers keep, and points that run out.

use std::{fs, path::PathBuf};

use api::{
    http::Options,
    trusted::{Mode, id_of},
};
use domain::Role;
use house::{Database, OpenHouse, Visitor, visitors::Answer};
use http::{Method, StatusCode};
use serde_json::{Value, json};

const VIEWER: &str = "query Viewer { viewer { role } }";
const LIST: &str = "query List($first: Int!) { organisations(first: $first) { totalCount } }";

/// A folder with a manifest of two documents, as codegen prints it.
struct Registered(PathBuf);

impl Registered {
    fn new(name: &str) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("essaim-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let manifest = json!({ id_of(VIEWER): VIEWER, id_of(LIST): LIST });
        fs::write(folder.join("portail.json"), manifest.to_string())?;
        Ok(Self(folder))
    }

    async fn house(&self, mode: Mode) -> anyhow::Result<OpenHouse> {
        let options = Options {
            trusted_documents: mode,
            trusted_documents_dir: Some(self.0.clone()),
            graphiql: false,
            ..OpenHouse::options()
        };
        OpenHouse::with(Database::open().await?, options).await
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn posts(visitor: &Visitor, body: Value) -> anyhow::Result<Answer> {
    let headers =
        [("content-type", "application/json"), ("accept", "application/graphql-response+json")];
    visitor
        .sends(Method::POST, "/graphql", &headers, body.to_string())
        .await
}

fn code(answer: &Answer) -> anyhow::Result<(u16, Value)> {
    let code = answer.json()?["errors"][0]["extensions"]["code"].take();
    Ok((answer.status.as_u16(), code))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_document_is_asked_by_its_hash() -> anyhow::Result<()> {
    let registered = Registered::new("registered")?;
    let house = registered.house(Mode::Allow).await?;
    let admin = house.visitor(Role::Admin)?;

    let answer = posts(&admin, json!({ "documentId": id_of(VIEWER) })).await?;
    assert_eq!(answer.json()?["data"]["viewer"]["role"], "ADMIN");
    // As the links of Apollo and urql name it.
    let hash = id_of(VIEWER).replace("sha256:", "");
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let answer = posts(&admin, json!({ "extensions": extensions })).await?;
    assert_eq!(answer.json()?["data"]["viewer"]["role"], "ADMIN");

    let free = "{ __typename }";
    for (body, code_said) in [
        (json!({ "documentId": id_of(free) }), "PERSISTED_QUERY_NOT_FOUND"),
        (json!({ "documentId": "sha256:" }), "PERSISTED_QUERY_NOT_FOUND"),
        (json!({ "query": free, "documentId": id_of(VIEWER) }), "PERSISTED_QUERY_HASH_DIFFERS"),
    ] {
        assert_eq!(code(&posts(&admin, body).await?)?, (400, code_said.into()));
    }
    // It may be sent with its id, and is not registered by that.
    let both = json!({ "query": free, "documentId": id_of(free) });
    assert_eq!(posts(&admin, both).await?.json()?["data"]["__typename"], "Query");
    let answer = posts(&admin, json!({ "documentId": id_of(free) })).await?;
    assert_eq!(code(&answer)?.1, "PERSISTED_QUERY_NOT_FOUND");
    house.close().await?;

    let house = registered.house(Mode::Require).await?;
    let admin = house.visitor(Role::Admin)?;
    for free in [free, VIEWER, "{ __schema { queryType { name } } }"] {
        let answer = posts(&admin, json!({ "query": free })).await?;
        assert_eq!(code(&answer)?, (400, "PERSISTED_QUERY_ID_REQUIRED".into()), "{free}");
    }
    let answer = posts(&admin, json!({ "documentId": id_of(VIEWER) })).await?;
    assert_eq!(answer.json()?["data"]["viewer"]["role"], "ADMIN");
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_kept_is_not_sent_again() -> anyhow::Result<()> {
    let registered = Registered::new("kept")?;
    let house = registered.house(Mode::Allow).await?;
    let admin = house.visitor(Role::Admin)?;
    let address = format!("/graphql?documentId={}&variables=%7B%22first%22:1%7D", id_of(LIST));
    let get =
        async |headers: &[(&str, &str)]| admin.sends(Method::GET, &address, headers, "").await;

    let first = get(&[]).await?;
    assert_eq!(first.json()?["data"]["organisations"]["totalCount"], 0);
    assert_eq!(first.headers["cache-control"], "private, no-cache");
    assert_eq!(first.headers["vary"], "accept, accept-language, authorization");
    let tag = first.headers["etag"].to_str()?.to_owned();
    let again = get(&[("if-none-match", &tag)]).await?;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(again.headers["etag"], first.headers["etag"]);

    // Another answer has another name.
    let input = json!({
        "commandId": "6e1fd4b2-91f4-4b54-9f0e-30f3b0a5b001", "denomination": "Régie",
        "statut": "ASSOCIATION", "rna": "W759999999",
    });
    admin
        .does("registerOrganisation", input, "{ position }")
        .await?;
    house.caught_up().await?;
    let other = get(&[("if-none-match", &tag)]).await?;
    assert_eq!(other.json()?["data"]["organisations"]["totalCount"], 1);

    // What a request brings, and what fails, is not kept.
    let free = admin
        .sends(Method::GET, "/graphql?query=%7B__typename%7D", &[], "")
        .await?;
    let failed = format!("/graphql?documentId={}", id_of(LIST));
    let failed = admin.sends(Method::GET, &failed, &[], "").await?;
    assert!(failed.json()?.get("errors").is_some());
    for answer in [free, failed] {
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(!answer.headers.contains_key("etag"));
    }
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_asks_too_much_is_told_how_long_to_wait() -> anyhow::Result<()> {
    let options = Options { caller_points: 1_000, stranger_points: 1_000, ..OpenHouse::options() };
    let house = OpenHouse::with(Database::open().await?, options).await?;
    let admin = house.visitor(Role::Admin)?;
    let query = "{ organisations(first: 100) { nodes { id denomination } } }";

    let body = json!({ "query": query, "extensions": { "cost": true } });
    let answer = posts(&admin, body.clone()).await?;
    let cost = answer.json()?["extensions"]["cost"].take();
    let complexity = cost["complexity"].as_u64().unwrap();
    assert!((200..=1_000).contains(&complexity), "{cost}");
    assert_eq!((&cost["limit"], &cost["complexityMax"]), (&json!(1_000), &json!(1_000)));
    assert_eq!(answer.headers["ratelimit-policy"], "\"caller\";q=1000;w=60;qu=\"points\"");
    let said = answer.headers["ratelimit-remaining"]
        .to_str()?
        .parse::<u64>()?;
    assert_eq!(cost["remaining"], said);
    assert_eq!(
        posts(&admin, json!({ "query": query }))
            .await?
            .json()?
            .get("extensions"),
        None
    );

    // Nothing asks about the time: until the points are gone, then not one more.
    let mut refused = answer;
    for _ in 0..1_000 {
        refused = posts(&admin, body.clone()).await?;
        if refused.status != StatusCode::OK {
            break;
        }
    }
    assert_eq!(code(&refused)?, (429, "RATE_LIMITED".into()));
    assert_eq!(refused.json()?["errors"][0]["extensions"]["retryable"], true);
    let wait: u64 = refused.headers["retry-after"].to_str()?.parse()?;
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.headers["ratelimit"], format!("\"caller\";r=0;t={wait}"));
    let typed = refused.headers["content-type"].to_str()?;
    assert!(typed.starts_with("application/graphql-response+json"), "{typed}");

    // Another caller, and a stranger, have points of their own; a stranger runs out of theirs
    // with documents that are refused, too.
    let other = house.visitor_named("someone else", Role::Admin)?;
    assert_eq!(posts(&other, body).await?.status, StatusCode::OK);
    let stranger = house.stranger();
    let mut last = posts(&stranger, json!({ "query": "{ __typename }" })).await?;
    assert_eq!(last.headers["ratelimit-limit"], "1000");
    for _ in 0..3_000 {
        last = posts(&stranger, json!({ "query": "{" })).await?;
        if last.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
    }
    assert_eq!(code(&last)?, (429, "RATE_LIMITED".into()));
    house.close().await
}
