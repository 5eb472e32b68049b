//! How an answer is written: its status, its headers, and no `data` in the error of a request.

use async_graphql::{Response as GraphqlResponse, ServerError};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

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
}

impl Reply {
    /// What was executed.
    pub(super) fn executed(content: GraphqlResponse) -> Self {
        Self { content, executed: true, ..Self::request_error(StatusCode::OK, vec![]) }
    }

    /// What failed before execution.
    pub(super) fn request_error(status: StatusCode, errors: Vec<ServerError>) -> Self {
        Self {
            status,
            media: Media::Json,
            language: Language::Fr,
            content: GraphqlResponse::from_errors(errors),
            executed: false,
            headers: vec![],
        }
    }

    /// One error of ours.
    pub(super) fn error(status: StatusCode, answer: Answer) -> Self {
        Self::request_error(status, vec![answer.into_server_error()])
    }

    pub(super) fn denied(denied: &Denied, language: Language) -> Self {
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
        let body = match serde_json::to_vec(&self) {
            Ok(body) => Body::from(body),
            // Values of the engine are JSON already: nothing in them can fail to be written.
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, self.media.content_type()),
            (header::CONTENT_LANGUAGE, self.language.tag()),
            (header::VARY, "accept, accept-language, authorization"),
            (header::CACHE_CONTROL, "no-store"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
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
