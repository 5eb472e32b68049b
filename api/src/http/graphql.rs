//! One GraphQL request, from its bytes to its answer.
//!
//! What touches a database runs in a task of its own: a caller who hangs up cancels nothing.

use std::sync::Arc;

use async_graphql::{
    Executor, Request as GraphqlRequest, Response as GraphqlResponse, parser::types::OperationType,
};
use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{Method, StatusCode, header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::{
    BODY_BYTES_MAX, Doors, Language, Place, RequestId,
    answer::Reply,
    asked::{self, ContentType, Media},
};
use crate::{
    auth::{Caller, Denied},
    clock::RequestClock,
    error::{
        Answer, BAD_REQUEST, BODY_TOO_LARGE, Entry, GRAPHQL_VALIDATION_FAILED,
        INTERNAL_SERVER_ERROR, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, OVERLOADED, REQUEST_TIMEOUT,
        UNSUPPORTED_MEDIA_TYPE,
    },
    graphql::extensions::Executed,
    guard, telemetry,
};

/// The trace that a request belongs to, in 32 hexadecimal digits: every event says its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceId(pub String);

pub(super) async fn answer<E: Executor>(
    State(doors): State<Arc<Doors<E>>>,
    request: Request,
) -> Response {
    let language = Language::of_headers(request.headers());
    let media = Media::of_headers(request.headers());
    let asked = Asked { language, media: media.unwrap_or_default() };
    let reply = match media {
        None => asked.error(StatusCode::NOT_ACCEPTABLE, &NOT_ACCEPTABLE),
        Some(_) => doors.answer(asked, request).await.unwrap_or_else(|no| no),
    };
    reply.for_caller(asked.media, language).into_response()
}

/// How a caller wants to be answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) language: Language,
    pub(super) media: Media,
}

impl Asked {
    fn error(self, status: StatusCode, entry: &Entry) -> Reply {
        Reply::error(status, Answer::of(entry, self.language))
    }

    /// A well-formed request that cannot be executed: under the media type of old, an answer.
    fn unfit(self) -> StatusCode {
        match self.media {
            Media::GraphqlResponse => StatusCode::BAD_REQUEST,
            Media::Json => StatusCode::OK,
        }
    }

    fn method(self, allowed: &'static str) -> Reply {
        self.error(StatusCode::METHOD_NOT_ALLOWED, &METHOD_NOT_ALLOWED)
            .with(header::ALLOW, allowed)
    }
}

impl<E: Executor> Doors<E> {
    /// The answer, or the reason why there is none: both are replies.
    async fn answer(&self, asked: Asked, request: Request) -> Result<Reply, Reply> {
        if !matches!(*request.method(), Method::GET | Method::POST) {
            return Err(asked.method("GET, POST"));
        }
        let (parts, body) = request.into_parts();
        let entered = self.enter(asked, &parts)?;
        let request = read(asked, &parts, body, entered.deadline).await?;
        let content = self.run(asked, &parts, entered, request).await?;
        Ok(Reply::executed(content))
    }

    /// Asks a document of the house, as whoever sent the request.
    pub(super) async fn ask(
        &self,
        asked: Asked,
        parts: &Parts,
        request: GraphqlRequest,
    ) -> Result<GraphqlResponse, Reply> {
        let entered = self.enter(asked, parts)?;
        self.run(asked, parts, entered, request).await
    }

    /// Takes a place, and says who comes.
    #[expect(clippy::result_large_err, reason = "one a request, and only when it is refused")]
    fn enter(&self, asked: Asked, parts: &Parts) -> Result<Entered, Reply> {
        let place = self
            .places
            .clone()
            .try_acquire_owned()
            .map(|it| Place::new(it, metrics::gauge!("http_requests_in_flight")))
            .map_err(|_| Reply::later(Answer::of(&OVERLOADED, asked.language)))?;
        let caller = self.app.verifier.caller(&parts.headers).map_err(|denied| {
            tracing::info!(reason = ?denied, "token refused");
            Reply::denied(&denied, asked.language)
        })?;
        let deadline = Instant::now() + self.app.options.request_timeout;
        Ok(Entered { caller, place, deadline })
    }

    /// What a document answers, once it is let in.
    async fn run(
        &self,
        asked: Asked,
        parts: &Parts,
        entered: Entered,
        mut request: GraphqlRequest,
    ) -> Result<GraphqlResponse, Reply> {
        let admitted = guard::admit(&mut request, asked.language)
            .map_err(|no| Reply::request_error(asked.unfit(), vec![no]))?;
        if admitted.operation == OperationType::Mutation && parts.method == Method::GET {
            return Err(asked.method("POST"));
        }
        if admitted.operation == OperationType::Subscription {
            return Err(asked.error(asked.unfit(), &GRAPHQL_VALIDATION_FAILED));
        }
        if entered.caller.is_none() && !admitted.meta_only {
            return Err(Reply::denied(&Denied::Anonymous, asked.language));
        }
        let request = in_context(request, asked.language, parts);
        self.execute(asked, entered, request, request_id(parts))
            .await
    }

    /// Runs to its end, whether or not anyone still waits.
    async fn execute(
        &self,
        asked: Asked,
        it: Entered,
        mut request: GraphqlRequest,
        id: RequestId,
    ) -> Result<GraphqlResponse, Reply> {
        let Entered { caller, place, deadline } = it;
        let executed = Executed::default();
        request = request.data(executed.clone());
        let app = self.app.clone();
        let task = async move {
            let _place = place;
            if let Some(caller) = caller {
                let actor_id = app
                    .identities
                    .actor_id(&caller.issuer, &caller.subject)
                    .await?;
                let actor = caller.actor(actor_id);
                request = (app.prepare)(request, actor).await?;
            }
            Ok(app.schema.execute(request).await)
        };
        let task = self.running.spawn(task.in_current_span());
        let internal = || {
            let answer = Answer::of(&INTERNAL_SERVER_ERROR, asked.language);
            let mut error = answer.into_server_error();
            if let Some(extensions) = &mut error.extensions {
                extensions.set("requestId", id.as_str());
            }
            Reply::request_error(StatusCode::INTERNAL_SERVER_ERROR, vec![error])
        };
        match tokio::time::timeout_at(deadline, task).await {
            Err(_) => Err(Reply::later(Answer::of(&REQUEST_TIMEOUT, asked.language))),
            Ok(Err(error)) => {
                tracing::error!(request.id = id.as_str(), %error, "a request panicked");
                Err(internal())
            }
            Ok(Ok(Err(crate::Error::Internal(error)))) => {
                let error = &*error as &(dyn std::error::Error + 'static);
                tracing::error!(request.id = id.as_str(), error, "the caller was not looked up");
                Err(internal())
            }
            Ok(Ok(Err(error))) => Err(Reply::later(error.answer(asked.language))),
            Ok(Ok(Ok(content))) if executed.has_begun() => Ok(content),
            Ok(Ok(Ok(content))) => Err(Reply::request_error(asked.unfit(), content.errors)),
        }
    }
}

/// Someone who came in.
struct Entered {
    caller: Option<Caller>,
    /// Given back when execution ends, not when the caller leaves.
    place: Place,
    deadline: Instant,
}

/// The GraphQL request that the HTTP request carries.
async fn read(
    asked: Asked,
    parts: &Parts,
    body: Body,
    deadline: Instant,
) -> Result<GraphqlRequest, Reply> {
    let bad = || asked.error(StatusCode::BAD_REQUEST, &BAD_REQUEST);
    if parts.method == Method::GET {
        return asked::of_address(&parts.uri).ok_or_else(bad);
    }
    match ContentType::of_headers(&parts.headers) {
        ContentType::Json => {}
        ContentType::Missing => {
            return Err(asked.error(StatusCode::BAD_REQUEST, &UNSUPPORTED_MEDIA_TYPE));
        }
        ContentType::Other => {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(asked.error(status, &UNSUPPORTED_MEDIA_TYPE));
        }
    }
    let body = Limited::new(body, BODY_BYTES_MAX).collect();
    let body = match tokio::time::timeout_at(deadline, body).await {
        Err(_) => return Err(asked.error(StatusCode::REQUEST_TIMEOUT, &REQUEST_TIMEOUT)),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Err(asked.error(StatusCode::PAYLOAD_TOO_LARGE, &BODY_TOO_LARGE));
        }
        Ok(Err(_)) => return Err(bad()),
        Ok(Ok(body)) => body.to_bytes(),
    };
    asked::of_body(&body).ok_or_else(bad)
}

/// What every resolver may ask its context.
fn in_context(request: GraphqlRequest, language: Language, parts: &Parts) -> GraphqlRequest {
    request
        .data(language)
        .data(RequestClock::read())
        .data(request_id(parts))
        .data(TraceId(telemetry::trace_of_request(&parts.headers)))
}

fn request_id(parts: &Parts) -> RequestId {
    let known = parts.extensions.get::<RequestId>();
    known.cloned().unwrap_or_else(|| RequestId::new(""))
}
