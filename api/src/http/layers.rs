//! What every request goes through: an id, a span, figures, a net for panics, the headers
//! that keep browsers from guessing.

use std::{
    any::Any,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, DefaultPredicate, Predicate as _, predicate::SizeAbove},
    cors::CorsLayer,
    set_header::SetResponseHeaderLayer,
};
use tracing::Instrument as _;

use super::{Language, Options, answer};
use crate::{
    clock,
    error::{Answer, INTERNAL_SERVER_ERROR},
    telemetry,
};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The hash of what is given, as RFC 9530 writes it.
pub(super) const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
/// The longest id that a caller may give to a request.
const REQUEST_ID_BYTES_MAX: usize = 64;
/// How long a browser may remember what another origin may do.
const CORS_MAX_AGE: Duration = Duration::from_hours(1);

/// The smallest answer that is compressed: one packet travels as fast as half of one.
const COMPRESSED_BYTES_MIN: u64 = 1_024;

/// What names one request in answers, lines and spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The caller's, if it is short and plain; one of ours otherwise.
    fn of(request: &Request) -> Self {
        let plain = |it: &&str| {
            let fine = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
            (1..=REQUEST_ID_BYTES_MAX).contains(&it.len()) && it.bytes().all(fine)
        };
        request
            .headers()
            .get(X_REQUEST_ID)
            .and_then(|it| it.to_str().ok())
            .filter(plain)
            .map_or_else(|| Self(clock::draw_request_id().to_string()), Self::new)
    }
}

pub(super) fn around(routes: Router, options: &Options) -> Router {
    let fixed = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    };
    // One layer of many: each layer of a router is a box more to clone for each request.
    let compression = CompressionLayer::new().gzip(true).compress_when(
        DefaultPredicate::new()
            .and(SizeAbove::new(COMPRESSED_BYTES_MIN))
            .and(unhashed),
    );
    let layers = ServiceBuilder::new()
        .layer(from_fn(watched))
        .layer(cors(&options.cors_origins))
        .layer(compression)
        .layer(fixed("content-security-policy", "default-src 'none'; frame-ancestors 'none'"))
        .layer(fixed("referrer-policy", "no-referrer"))
        .layer(fixed("x-frame-options", "DENY"))
        .layer(fixed("x-content-type-options", "nosniff"))
        .layer(CatchPanicLayer::custom(panicked));
    routes.layer(layers)
}

/// What goes with its hash goes as it is.
fn unhashed(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key(REPR_DIGEST)
}

fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|it| it.parse().ok()).collect();
    if origins.is_empty() {
        return CorsLayer::new();
    }
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT])
        .allow_headers([
            header::ACCEPT,
            header::ACCEPT_LANGUAGE,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            X_REQUEST_ID,
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("traceparent"),
            HeaderName::from_static("tracestate"),
        ])
        .expose_headers([
            X_REQUEST_ID,
            header::RETRY_AFTER,
            header::CONTENT_DISPOSITION,
            header::ETAG,
            REPR_DIGEST,
        ])
        .max_age(CORS_MAX_AGE)
}

/// Names, times and counts a request. Labels are bounded: known methods, known routes.
async fn watched(mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = RequestId::of(&request);
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let known = [Method::GET, Method::POST, Method::PUT, Method::HEAD, Method::OPTIONS];
    let method = known.iter().find(|it| *it == request.method());
    let method = method.map_or("other", Method::as_str).to_owned();
    let span = telemetry::http_span(&method, &route, request.headers());
    span.record("request.id", id.as_str());
    request.extensions_mut().insert(id.clone());

    let mut response = next.run(request).instrument(span.clone()).await;

    span.record("http.response.status_code", response.status().as_u16());
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    let status = response.status().as_u16().to_string();
    metrics::histogram!(
        "http_request_seconds", "route" => route, "method" => method, "status" => status
    )
    .record(begun.elapsed().as_secs_f64());
    response
}

/// A programmer's mistake outside GraphQL, where the request's id is in the headers alone.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    let answer = Answer::of(&INTERNAL_SERVER_ERROR, Language::Fr);
    answer::Reply::error(StatusCode::INTERNAL_SERVER_ERROR, answer).into_response()
}
