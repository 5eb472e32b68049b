//! How an answer is written: its status, its headers, and no `data` in the error of a request.

use std::fmt::Write as _;

use async_graphql::{Response as GraphqlResponse, ServerError};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use sha2::{Digest as _, Sha256};

use super::{Language, RETRY_AFTER_SECONDS, asked::Media};
use crate::{auth::Denied, error::Answer};

/// A response, not written yet.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) media: Media,
    pub(super) language: Language,
    content: GraphqlResponse,
    /// Whether execution began: else there is no `data`, not even null.
    executed: bool,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether the caller may keep it, and what they kept (`If-None-Match`).
    keepable: Option<Keepable>,
}

/// The most errors of a request that failed before execution: what is wrong with it is wrong more
/// than once, and one that is made to be wrong everywhere is not answered at length.
const REQUEST_ERRORS_MAX: usize = 10;
/// How much of its hash names an answer, in bytes.
const ETAG_BYTES: usize = 16;

/// An answer that the caller may keep, and what they kept of it before.
#[derive(Debug)]
struct Keepable {
    kept: Option<HeaderValue>,
}

impl Reply {
    /// What was executed.
    pub(super) fn executed(content: GraphqlResponse) -> Self {
        Self { content, executed: true, ..Self::request_error(StatusCode::OK, vec![]) }
    }

    /// What failed before execution.
    pub(super) fn request_error(status: StatusCode, mut errors: Vec<ServerError>) -> Self {
        errors.truncate(REQUEST_ERRORS_MAX);
        Self {
            status,
            media: Media::Json,
            language: Language::Fr,
            content: GraphqlResponse::from_errors(errors),
            executed: false,
            headers: vec![],
            keepable: None,
        }
    }

    /// One error of ours.
    pub(super) fn error(status: StatusCode, answer: Answer) -> Self {
        Self::request_error(status, vec![answer.into_server_error()])
    }

    pub(super) fn denied(denied: &Denied, language: Language) -> Self {
        if *denied == Denied::Unanswered {
            return Self::later(denied.answer(language));
        }
        let reply = Self::error(denied.status(), denied.answer(language));
        match denied.challenge() {
            Some(challenge) => reply.with(header::WWW_AUTHENTICATE, challenge),
            None => reply,
        }
    }

    /// Try again, in a moment.
    pub(super) fn later(answer: Answer) -> Self {
        let mut reply = Self::error(StatusCode::SERVICE_UNAVAILABLE, answer);
        reply
            .headers
            .push((header::RETRY_AFTER, RETRY_AFTER_SECONDS.into()));
        reply
    }

    #[must_use]
    pub(super) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// More headers.
    #[must_use]
    pub(super) fn with_all(mut self, more: Vec<(HeaderName, HeaderValue)>) -> Self {
        self.headers.extend(more);
        self
    }

    /// The caller asked for too much in a minute.
    pub(super) fn limited(errors: Vec<ServerError>, seconds: u64) -> Self {
        let reply = Self::request_error(StatusCode::TOO_MANY_REQUESTS, errors);
        reply.with_all(vec![(header::RETRY_AFTER, seconds.into())])
    }

    /// An answer without errors may be kept by the caller alone, who asks each time whether it is
    /// still the answer.
    #[must_use]
    pub(super) fn keepable(mut self, kept: Option<HeaderValue>) -> Self {
        if self.executed && self.content.errors.is_empty() {
            self.keepable = Some(Keepable { kept });
        }
        self
    }

    /// What it says went wrong.
    pub(super) fn into_errors(self) -> Vec<ServerError> {
        self.content.errors
    }

    /// In the media type and the language that were asked for.
    #[must_use]
    pub(super) fn for_caller(self, media: Media, language: Language) -> Self {
        Self { media, language, ..self }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        // Values of the engine are JSON already: nothing in them can fail to be written.
        let Ok(body) = serde_json::to_vec(&self) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let tag = self
            .keepable
            .as_ref()
            .map(|_| etag(self.media.content_type(), &body));
        let same = self
            .keepable
            .and_then(|it| it.kept)
            .zip(tag.as_ref())
            .is_some_and(|(it, tag)| matches(&it, tag));
        let mut response = Response::new(if same { Body::empty() } else { body.into() });
        *response.status_mut() = if same { StatusCode::NOT_MODIFIED } else { self.status };
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, self.media.content_type()),
            (header::CONTENT_LANGUAGE, self.language.tag()),
            (header::VARY, "accept, accept-language, authorization"),
            (header::CACHE_CONTROL, "no-store"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Some(tag) = tag.and_then(|it| HeaderValue::try_from(it).ok()) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
            headers.insert(header::ETAG, tag);
        }
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        for (name, value) in &self.content.http_headers {
            headers.append(name, value.clone());
        }
        response
    }
}

/// What names an answer. It is weak: compressed or not, the answer is the same.
pub(super) fn etag(kind: &str, body: &[u8]) -> String {
    let hash = Sha256::new()
        .chain_update(kind)
        .chain_update(body)
        .finalize();
    let mut tag = "W/\"".to_owned();
    for byte in hash.iter().take(ETAG_BYTES) {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// Whether what the caller kept is this answer (RFC 9110, 13.1.2).
pub(super) fn matches(kept: &HeaderValue, tag: &str) -> bool {
    let opaque = |it: &str| it.trim().trim_start_matches("W/").to_owned();
    let all = kept.to_str().unwrap_or_default();
    all.trim() == "*" || all.split(',').any(|it| opaque(it) == opaque(tag))
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.executed {
            return self.content.serialize(serializer);
        }
        let mut members = serializer.serialize_map(Some(1))?;
        members.serialize_entry("errors", &self.content.errors)?;
        members.end()
    }
}
