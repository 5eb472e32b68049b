use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt as _;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{connection::said, messages::Heard, voice::Voice, writing::Outgoing, *};
use crate::live::Listener;

fn headers(origin: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::HOST, "essaim.example:8080".parse().unwrap());
    if let Some(origin) = origin {
        headers.insert(header::ORIGIN, origin.parse().unwrap());
    }
    headers
}

#[test]
fn a_page_of_another_site_opens_nothing_unless_it_is_listed() {
    let listed = ["https://portail.example".to_owned()];
    let comes = |origin| welcome(&headers(origin), &listed);
    assert!(comes(None), "a program has no origin");
    assert!(comes(Some("https://essaim.example:8080")), "a page of ours");
    assert!(comes(Some("https://portail.example")));
    assert!(!comes(Some("https://portail.example.evil.example")));
    assert!(!comes(Some("https://essaim.example")));
    assert!(!comes(Some("null")));
}

#[test]
fn what_is_no_message_of_the_protocol_is_told_apart() {
    let of = |it: Value| Heard::of(&it.to_string());
    assert_eq!(of(json!({ "type": "connection_init" })), Ok(Heard::Init(Map::new())));
    assert_eq!(of(json!({ "type": "pong", "payload": null })), Ok(Heard::Pong));
    assert_eq!(of(json!({ "type": "complete", "id": "1" })), Ok(Heard::Complete("1".to_owned())));
    for it in [
        json!([]),
        json!({}),
        json!({ "type": "start", "id": "1" }),
        json!({ "type": "connection_init", "payload": [] }),
        json!({ "type": "ping", "payload": 1 }),
        json!({ "type": "complete" }),
        json!({ "type": "subscribe", "id": 1, "payload": {} }),
        json!({ "type": "subscribe", "id": "", "payload": {} }),
    ] {
        assert!(of(it.clone()).is_err(), "{it}");
    }
    assert!(Heard::of("{").is_err());
}

#[test]
fn the_payload_names_headers_whatever_their_case() {
    let payload = json!({ "Authorization": "Bearer a", "accept-language": 1 });
    let payload = payload.as_object().unwrap();
    assert_eq!(said(payload, &header::AUTHORIZATION), Some("Bearer a"));
    assert_eq!(said(payload, &header::ACCEPT_LANGUAGE), None);
}

/// Whoever hears the last word may use the id at once, in the same breath.
#[tokio::test]
async fn an_operation_is_over_before_its_last_word_leaves() {
    let (outgoing, _queue) = mpsc::channel(1);
    outgoing
        .try_send(Outgoing::message("another".to_owned()))
        .unwrap_or_else(|_| unreachable!("there is room for one"));
    let over = Arc::<AtomicBool>::default();
    let voice = Voice {
        id: "1".to_owned(),
        listener: Arc::new(Listener::new(None)),
        outgoing,
        over: over.clone(),
        slow: CancellationToken::new(),
    };
    assert!(voice.fails(&[]).now_or_never().is_none(), "it waits for room");
    assert!(over.load(Ordering::Acquire));
}
