//! What a request asks: the media type it accepts, and the GraphQL it carries. Strict, so
//! that a form of another site is never taken for a request.

use std::collections::HashMap;

use async_graphql::{Request, Variables};
use http::{HeaderMap, Uri, header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::weighted;

/// What we can write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: the status speaks too.
    GraphqlResponse,
    /// `application/json`: what clients of old expect, 200 for what is an answer.
    #[default]
    Json,
}

impl Media {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// How a caller wants to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accepted {
    /// One answer, and the request is over.
    Once(Media),
    /// Events, as long as there are.
    Events,
}

impl Accepted {
    /// What `Accept` prefers (RFC 9110, 12.5.1); none when it accepts nothing of ours. Clients that
    /// name events beside JSON, with the same weight, send queries: they are answered once.
    pub(super) fn of_headers(headers: &HeaderMap) -> Option<Self> {
        let asked: Vec<&str> = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|it| it.to_str().ok())
            .flat_map(|it| it.split(','))
            .filter(|it| !it.trim().is_empty())
            .collect();
        if asked.is_empty() {
            return Some(Self::Once(Media::Json));
        }
        asked
            .iter()
            .filter_map(|it| {
                let (range, quality) = weighted(it);
                let (rank, accepted) = match range.to_ascii_lowercase().as_str() {
                    "application/graphql-response+json" => (4, Self::Once(Media::GraphqlResponse)),
                    "application/json" => (3, Self::Once(Media::Json)),
                    "text/event-stream" => (2, Self::Events),
                    "application/*" => (1, Self::Once(Media::Json)),
                    "*/*" => (0, Self::Once(Media::Json)),
                    _ => return None,
                };
                (quality > 0).then_some((quality, rank, accepted))
            })
            .max_by_key(|(quality, rank, _)| (*quality, *rank))
            .map(|(.., accepted)| accepted)
    }
}

/// How a body is announced.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ContentType {
    Json,
    Other,
    Missing,
}

impl ContentType {
    pub(super) fn of_headers(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(header::CONTENT_TYPE) else { return Self::Missing };
        let mut parts = value.to_str().unwrap_or_default().split(';').map(str::trim);
        let json = parts
            .next()
            .is_some_and(|it| it.eq_ignore_ascii_case("application/json"));
        let utf8 = parts.all(|it| match it.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        });
        if json && utf8 { Self::Json } else { Self::Other }
    }
}

/// A GraphQL request as the specification shapes it: null is absent, other keys are ignored.
#[derive(Deserialize)]
struct Parameters {
    query: Option<String>,
    #[serde(rename = "documentId")]
    document_id: Option<String>,
    #[serde(rename = "operationName")]
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
    extensions: Option<Map<String, Value>>,
}

/// What a request says beside its document: put into it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Beside {
    /// The registered document that it asks.
    pub(super) document_id: Option<String>,
    /// Whether it wants to know what it costs.
    pub(super) cost: bool,
}

impl Parameters {
    fn into_request(self) -> Option<Request> {
        let extensions = self.extensions.unwrap_or_default();
        // As Apollo's and urql's own links name a document.
        let hash = extensions
            .get("persistedQuery")
            .and_then(|it| it.get("sha256Hash"));
        let hash = hash
            .and_then(Value::as_str)
            .map(|it| format!("sha256:{it}"));
        let document_id = self.document_id.or(hash);
        if self.query.is_none() && document_id.is_none() {
            return None;
        }
        let cost = extensions.get("cost") == Some(&Value::Bool(true));
        let request = Request::new(self.query.unwrap_or_default());
        let mut request = request.data(Beside { document_id, cost });
        request.operation_name = self.operation_name;
        request.variables = Variables::from_json(self.variables.unwrap_or_default().into());
        Some(request)
    }
}

/// The request of a body; none when it is not one.
pub(super) fn of_body(body: &[u8]) -> Option<Request> {
    of_value(serde_json::from_slice(body).ok()?)
}

/// The same, of what a body would hold.
pub(super) fn of_value(body: Value) -> Option<Request> {
    // A derived type would also take a JSON list, member by member.
    if !body.is_object() {
        return None;
    }
    Parameters::deserialize(body).ok()?.into_request()
}

/// The request of an address; none when it is not one.
pub(super) fn of_address(address: &Uri) -> Option<Request> {
    let all = parameters(address)?;
    let text = |name: &str| all.get(name).filter(|it| !it.is_empty()).cloned();
    let members = |name: &str| text(name).map(|it| serde_json::from_str(&it)).transpose();
    Parameters {
        query: text("query"),
        document_id: text("documentId"),
        operation_name: text("operationName"),
        variables: members("variables").ok()?,
        extensions: members("extensions").ok()?,
    }
    .into_request()
}

/// The parameters of an address, as forms write them; none when they are not text.
pub(super) fn parameters(address: &Uri) -> Option<HashMap<String, String>> {
    address
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|it| !it.is_empty())
        .map(|it| {
            let (name, value) = it.split_once('=').unwrap_or((it, ""));
            Some((decoded(name)?, decoded(value)?))
        })
        .collect()
}

/// A plus is a space, `%C3%A9` is é. A percent sign that announces nothing is itself.
fn decoded(text: &str) -> Option<String> {
    let digit = |it: Option<&u8>| it.and_then(|it| char::from(*it).to_digit(16));
    let bytes = text.as_bytes();
    let mut all = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let announced = (*byte == b'%')
            .then(|| digit(bytes.get(at + 1)).zip(digit(bytes.get(at + 2))))
            .flatten()
            .and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        all.push(match announced {
            Some(byte) => {
                at += 2;
                byte
            }
            None if *byte == b'+' => b' ',
            None => *byte,
        });
        at += 1;
    }
    String::from_utf8(all).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str) -> Option<Accepted> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        Accepted::of_headers(&headers)
    }

    #[test]
    fn the_preferred_media_type_is_chosen() {
        let graphql = "application/graphql-response+json";
        let [new, json] = [Media::GraphqlResponse, Media::Json].map(|it| Some(Accepted::Once(it)));
        assert_eq!(Accepted::of_headers(&HeaderMap::new()), json);
        assert_eq!(accept("*/*"), json);
        assert_eq!(accept(graphql), new);
        assert_eq!(accept(&format!("application/json, {graphql}")), new);
        assert_eq!(accept(&format!("application/json, {graphql};q=0.9")), json);
        assert_eq!(accept(&format!("{graphql};q=0, */*;q=0.1")), json);
        assert_eq!(accept("text/html"), None);
    }

    #[test]
    fn events_are_sent_to_those_who_prefer_them() {
        let events = Some(Accepted::Events);
        assert_eq!(accept("text/event-stream, multipart/mixed"), events);
        assert_eq!(accept("text/event-stream, */*"), events);
        assert_eq!(accept("application/json;q=0.9, text/event-stream"), events);
        let json = Some(Accepted::Once(Media::Json));
        assert_eq!(accept("text/event-stream, application/json"), json);
        assert_eq!(accept("text/event-stream;q=0.9, */*"), json);
        assert_eq!(accept("text/event-stream;q=0"), None);
    }

    #[test]
    fn only_json_in_utf8_is_read() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
            ContentType::of_headers(&headers)
        };
        assert_eq!(of("application/json"), ContentType::Json);
        assert_eq!(of("Application/JSON; charset=\"UTF-8\""), ContentType::Json);
        assert_eq!(of("application/json; charset=utf-16"), ContentType::Other);
        assert_eq!(of("text/plain"), ContentType::Other);
        assert_eq!(ContentType::of_headers(&HeaderMap::new()), ContentType::Missing);
    }

    #[test]
    fn a_body_is_one_object_with_a_document() {
        let fine = |body: &str| of_body(body.as_bytes()).is_some();
        assert!(fine(r#"{"query":"{a}"}"#));
        assert!(fine(r#"{"query":"{a}","variables":null,"operationName":null,"other":1}"#));
        for body in [
            "",
            "{",
            "null",
            "[]",
            r#"[{"query":"{a}"}]"#,
            r#"["{a}",null,null,null]"#,
            "{}",
            r#"{"query":1}"#,
            r#"{"query":null}"#,
            r#"{"query":"{a}","variables":[]}"#,
            r#"{"query":"{a}","operationName":1}"#,
            r#"{"query":"{a}","extensions":""}"#,
            r#"{"documentId":1}"#,
            r#"{"extensions":{"persistedQuery":{}}}"#,
        ] {
            assert!(!fine(body), "{body}");
        }
    }

    #[test]
    fn a_document_may_be_named_and_its_cost_asked() {
        let of = |body: &str| {
            let request = of_body(body.as_bytes()).unwrap();
            let beside = request.data.get(&std::any::TypeId::of::<Beside>()).unwrap();
            let Beside { document_id, cost } = beside.downcast_ref::<Beside>().unwrap();
            (request.query, document_id.clone(), *cost)
        };
        let named = Some("sha256:ab".to_owned());
        assert_eq!(of(r#"{"query":"{a}"}"#), ("{a}".to_owned(), None, false));
        assert_eq!(of(r#"{"documentId":"sha256:ab"}"#), (String::new(), named.clone(), false));
        assert_eq!(
            of(r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"},"cost":true}}"#),
            (String::new(), named, true)
        );
    }

    #[test]
    fn an_address_carries_the_same() {
        let of = |query: &str| of_address(&format!("/graphql?{query}").parse().unwrap());
        let request =
            of("query=query%20A%7Ba%7D&operationName=A&variables=%7B%22x%22:1%7D").unwrap();
        assert_eq!(request.query, "query A{a}");
        assert_eq!(request.operation_name.as_deref(), Some("A"));
        assert_eq!(request.variables.len(), 1);
        assert_eq!(of("query=%C3%A9+a%+%2").unwrap().query, "é a% %2");
        assert!(of("query=%FF").is_none());
        assert!(of("").is_none());
        assert!(of("query=%7Ba%7D&variables=[]").is_none());
    }
}
