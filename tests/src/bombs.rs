//! Requests that are made to be expensive: small to send, large to answer.

use std::fmt::Write as _;

use anyhow::{bail, ensure};
use http::Method;
use serde_json::{Value, json};

use crate::{
    sockets::{Heard, Socket},
    visitors::{Answer, Visitor},
};

/// One of them, and the codes that may refuse it.
pub struct Bomb {
    pub name: &'static str,
    /// The body of the request.
    pub body: String,
    pub codes: &'static [&'static str],
}

const COMPLEX: &[&str] = &["DOCUMENT_TOO_COMPLEX"];
const DEEP: &[&str] = &["DOCUMENT_TOO_DEEP"];
const LARGE: &[&str] = &["DOCUMENT_TOO_LARGE"];
const PARSE: &[&str] = &["GRAPHQL_PARSE_FAILED"];
const REQUEST: &[&str] = &["BAD_REQUEST"];
const VALIDATION: &[&str] = &["GRAPHQL_VALIDATION_FAILED"];
const VALUE: &[&str] = &["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"];

/// All of them.
pub fn all() -> Vec<Bomb> {
    let documents = [shapes(), floods()].into_iter().flatten();
    let sent = documents.map(|(name, text, codes)| {
        let body = json!({ "query": text }).to_string();
        Bomb { name, body, codes }
    });
    sent.chain(bodies()).collect()
}

type Document = (&'static str, String, &'static [&'static str]);

/// Documents whose form is the trouble.
fn shapes() -> Vec<Document> {
    let mut fragments = "{...f0}".to_owned();
    for n in 0..29 {
        let _ = write!(fragments, "fragment f{n} on Query{{...f{m} ...f{m}}}", m = n + 1);
    }
    fragments.push_str("fragment f29 on Query{viewer{role}}");
    let ring = "{...a} fragment a on Query{...b} fragment b on Query{...a}".to_owned();
    let types = "fields{type{".repeat(5) + "name" + &"}}".repeat(5);
    let pages = "{ingenieries(first:100){nodes{historique(first:100){nodes{position}}}}}";
    let object = format!("{}1{}", "{a:".repeat(50), "}".repeat(50));
    vec![
        ("fragments in fragments", fragments, COMPLEX),
        ("a ring of fragments", ring, VALIDATION),
        ("two thousand brackets", format!("{{a{}", "[".repeat(2_000)), DEEP),
        ("types of types", format!("{{__schema{{types{{{types}}}}}}}"), DEEP),
        ("pages of pages", pages.to_owned(), COMPLEX),
        (
            "objects in objects",
            format!("mutation{{registerOrganisation(input:{object}){{position}}}}"),
            DEEP,
        ),
        ("a string without an end", format!("{{a(b:\"\"\"{}", "\"".repeat(9_000)), PARSE),
    ]
}

/// Documents with too much of something.
fn floods() -> Vec<Document> {
    let aliases: Vec<_> = (0..200).map(|n| format!("a{n}:role")).collect();
    let aliases = aliases.join(" ");
    let roots: Vec<_> = (0..11).map(|n| format!("a{n}:viewer{{role}}")).collect();
    let roots = roots.join(" ");
    let directives = "@skip(if:false)".repeat(200);
    let signs = "\u{1f41d}\u{301}".repeat(200);
    vec![
        ("aliases", format!("{{viewer{{{aliases}}}}}"), COMPLEX),
        ("directives", format!("{{viewer{{role {directives}}}}}"), VALIDATION),
        (
            "a directive that nobody knows",
            format!("{{viewer{{role {}}}}}", "@aa".repeat(900)),
            VALIDATION,
        ),
        ("a list of values", format!("{{nodes(ids:[{}]){{id}}}}", "1 ".repeat(3_000)), COMPLEX),
        ("fields at the root", format!("{{{roots}}}"), COMPLEX),
        ("signs of other scripts", format!("{{\u{202e}{signs}\u{0}\u{feff}}}"), PARSE),
        ("a long text", format!("{{node(id:\"{}\"){{id}}}}", "A".repeat(20_000)), LARGE),
    ]
}

/// What is wrong beside the document.
fn bodies() -> Vec<Bomb> {
    let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
    let query =
        "mutation A($i:RegisterOrganisationInput!){registerOrganisation(input:$i){position}}";
    vec![
        Bomb {
            name: "variables in variables",
            body: format!("{{\"query\":\"{query}\",\"variables\":{{\"i\":{deep}}}}}"),
            codes: VALUE,
        },
        Bomb {
            name: "json in json",
            body: format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000)),
            codes: REQUEST,
        },
        Bomb {
            name: "a long variable",
            body: json!({
                "query": "query A($i:[ID!]!){nodes(ids:$i){id}}",
                "variables": { "i": vec!["A"; 10_000] },
            })
            .to_string(),
            codes: &["BAD_USER_INPUT", "DOCUMENT_TOO_COMPLEX"],
        },
    ]
}

/// Sends one.
pub async fn throw(visitor: &Visitor, body: &str) -> anyhow::Result<Answer> {
    let headers =
        [("content-type", "application/json"), ("accept", "application/graphql-response+json")];
    visitor
        .sends(Method::POST, "/graphql", &headers, body.to_owned())
        .await
}

/// Sends one over a WebSocket: the errors that it is answered; none when it is answered by a
/// goodbye, because no client of the protocol says such things.
pub async fn throw_over(socket: &mut Socket, body: &str) -> anyhow::Result<Option<Value>> {
    let message = format!("{{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{body}}}");
    socket.says_text(message).await?;
    let mut said = match socket.next().await? {
        Heard::Said(said) => said,
        Heard::Closed(4400, _) => return Ok(None),
        Heard::Closed(code, reason) => bail!("closed: {code} {reason}"),
    };
    if said["type"] == "error" {
        return Ok(Some(said["payload"].take()));
    }
    let complete = socket.hears_of("1").await?;
    ensure!(complete["type"] == "complete", "{complete}");
    Ok(Some(said["payload"]["errors"].take()))
}
