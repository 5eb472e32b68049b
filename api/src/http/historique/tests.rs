//! What a cell looks like, and that the address takes what GraphQL takes.

use http_body_util::BodyExt as _;
use serde_json::json;

use super::{
    asked::{LISTS, SINGLES, continued},
    *,
};
use crate::{Error, graphql};

#[tokio::test]
async fn the_address_takes_every_member_of_the_filter() {
    let query = r#"{ __type(name: "HistoriqueFilter") { inputFields { name type { kind } } } }"#;
    let answer = graphql::builder().finish().execute(query).await;
    let answer = answer.data.into_json().unwrap();
    let fields = answer["__type"]["inputFields"].as_array().unwrap();
    let of = |list: bool| {
        let several = fields
            .iter()
            .filter(|it| (it["type"]["kind"] == json!("LIST")) == list);
        let mut names: Vec<_> = several.map(|it| it["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(of(true), LISTS);
    assert_eq!(of(false), SINGLES);
}

#[test]
fn what_is_malformed_is_named() {
    let path = |query: &str| {
        let address = format!("/historique.csv?{query}").parse().unwrap();
        match Asked::of(&address) {
            Err(Error::Invalid { path, .. }) => Some(path),
            _ => None,
        }
    };
    for (query, at) in [
        ("from=x", "from"),
        ("onFrom=16/03/2026", "onFrom"),
        ("roles=ADMIN,SORCIER", "roles"),
        ("types=RuleWaived,Rien", "types.1"),
        ("organisation=abc", "organisation"),
        ("filtre=1", "filtre"),
        ("bom=oui", "bom"),
        ("asOfDate=2026-03-16&asOfPosition=3", "asOf"),
    ] {
        assert_eq!(path(query).as_deref(), Some(at), "{query}");
    }
    assert_eq!(path("roles=ADMIN,FINANCEUR&types=&from=3&bom=true&asOfPosition=9"), None);
}

#[tokio::test]
async fn a_download_that_stops_before_its_end_is_cut() {
    for ended in [true, false] {
        let (written, taken) = mpsc::channel(2);
        written
            .send(Piece::Some(Bytes::from_static(b"1\r\n")))
            .await
            .ok()
            .unwrap();
        if ended {
            written.send(Piece::End).await.ok().unwrap();
        }
        drop(written);
        let read = body(taken).collect().await;
        assert_eq!(read.is_ok(), ended);
    }
}

#[test]
fn what_comes_after_is_known_at_the_same_position() {
    let next = continued("from=3&types=A%2CB&asOfDate=2026-03-16", Position(12), Position(40));
    assert_eq!(next, "types=A%2CB&from=12&asOfPosition=40");
}
