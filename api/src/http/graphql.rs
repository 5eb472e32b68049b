//! One GraphQL request, from its bytes to its answer.
//!
//! What touches a database runs in a task of its own: a caller who hangs up cancels nothing.

use std::sync::Arc;

use async_graphql::{
    Executor, Name, Request as GraphqlRequest, Response as GraphqlResponse, ServerError,
    parser::types::OperationType,
};
use axum::{
    body::{Body, HttpBody as _},
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use futures_util::stream::BoxStream;
use http::{Method, StatusCode, header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::{task::JoinHandle, time::Instant};
use tracing::{Instrument as _, Span};

use super::{
    App, BODY_BYTES_MAX, Doors, Language, Place, RequestId,
    answer::Reply,
    asked::{self, Accepted, Beside, ContentType, Media},
    live,
};
use crate::{
    auth::{Caller, Denied},
    clock::RequestClock,
    error::{
        Answer, BAD_REQUEST, BODY_TOO_LARGE, Entry, INTERNAL_SERVER_ERROR, METHOD_NOT_ALLOWED,
        NOT_ACCEPTABLE, OVERLOADED, RATE_LIMITED, REQUEST_TIMEOUT, SUBSCRIPTION_NEEDS_STREAM,
        UNSUPPORTED_MEDIA_TYPE,
    },
    graphql::extensions::{Executed, member},
    guard,
    live::Listener,
    quotas::{Purse, Who},
    telemetry,
};

/// The trace that a request belongs to, in 32 hexadecimal digits: every event says its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceId(pub String);

pub(super) async fn answer<E: Executor>(
    State(doors): State<Arc<Doors<E>>>,
    request: Request,
) -> Response {
    if live::upgrades(request.headers()) {
        return live::websocket::answer(doors, request).await;
    }
    let media = match Accepted::of_headers(request.headers()) {
        Some(Accepted::Events) => return live::events::answer(doors, request).await,
        Some(Accepted::Once(media)) => Some(media),
        None => None,
    };
    let language = Language::of_headers(request.headers());
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
    pub(super) fn error(self, status: StatusCode, entry: &Entry) -> Reply {
        Reply::error(status, Answer::of(entry, self.language))
    }

    /// A well-formed request that cannot be executed: under the media type of old, an answer.
    fn unfit(self) -> StatusCode {
        match self.media {
            Media::GraphqlResponse => StatusCode::BAD_REQUEST,
            Media::Json => StatusCode::OK,
        }
    }

    /// What failed before execution: because of the document, or because it was not paid for.
    fn request_error(self, purse: &Purse, errors: Vec<ServerError>) -> Reply {
        match purse.retry_after() {
            Some(seconds) => Reply::limited(errors, seconds),
            None => Reply::request_error(self.unfit(), errors),
        }
    }

    pub(super) fn method(self, allowed: &'static str) -> Reply {
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
        let mut entered = self.enter(asked, &parts).await?;
        let mut request = read(asked, &parts, body, entered.deadline).await?;
        let named = self.named(asked, &mut entered, &mut request)?;
        let content = self.run(asked, &parts, entered, request).await?;
        let reply = Reply::executed(content);
        let keepable = named && parts.method == Method::GET;
        let kept = || parts.headers.get(header::IF_NONE_MATCH).cloned();
        Ok(if keepable { reply.keepable(kept()) } else { reply })
    }

    /// Asks a document of the house, as whoever sent the request.
    pub(super) async fn ask(
        &self,
        asked: Asked,
        parts: &Parts,
        request: GraphqlRequest,
    ) -> Result<GraphqlResponse, Reply> {
        let entered = self.enter(asked, parts).await?;
        self.run(asked, parts, entered, request.data(Known)).await
    }

    /// Says who comes, and takes a place.
    pub(super) async fn enter(&self, asked: Asked, parts: &Parts) -> Result<Entered, Reply> {
        let caller = self.app.verifier.caller(&parts.headers, &parts.extensions);
        let caller = caller
            .await
            .map_err(|denied| Reply::denied(&denied, asked.language))?;
        let places = if caller.is_some() { &self.places } else { &self.strangers };
        let place = places
            .clone()
            .try_acquire_owned()
            .map(|it| Place::new(it, metrics::gauge!("http_requests_in_flight")))
            .map_err(|_| Reply::later(Answer::of(&OVERLOADED, asked.language)))?;
        let deadline = Instant::now() + self.app.options.request_timeout;
        let address = || self.app.verifier.address(&parts.headers, &parts.extensions);
        let stranger = || address().map_or(Who::Crowd, Who::address);
        let who = caller.as_ref().map_or_else(stranger, Who::caller);
        let purse = Purse::new(self.quotas.clone(), who);
        Ok(Entered { caller, purse, place, deadline })
    }

    /// What a document answers, and what is left to whoever asked it.
    async fn run(
        &self,
        asked: Asked,
        parts: &Parts,
        entered: Entered,
        request: GraphqlRequest,
    ) -> Result<GraphqlResponse, Reply> {
        let purse = entered.purse.clone();
        match self.run_paid(asked, parts, entered, request).await {
            Ok(mut content) => {
                content.http_headers.extend(purse.headers());
                Ok(content)
            }
            Err(reply) => Err(reply.with_all(purse.headers())),
        }
    }

    /// What a document answers, once it is let in.
    async fn run_paid(
        &self,
        asked: Asked,
        parts: &Parts,
        entered: Entered,
        mut request: GraphqlRequest,
    ) -> Result<GraphqlResponse, Reply> {
        let (operation, span) = self.admit(asked, parts, &entered, &mut request)?;
        if operation == OperationType::Subscription {
            return Err(asked.error(asked.unfit(), &SUBSCRIPTION_NEEDS_STREAM));
        }
        let request = in_context(request, asked.language, parts).data(operation);
        self.execute(asked, entered, request, request_id(parts))
            .instrument(span)
            .await
    }

    /// Fills in the document that a request names instead of sending it. Says whether it does.
    #[expect(clippy::result_large_err, reason = "one a request, and only when it is refused")]
    fn named(
        &self,
        asked: Asked,
        entered: &mut Entered,
        request: &mut GraphqlRequest,
    ) -> Result<bool, Reply> {
        let Beside { document_id, cost } = beside(request);
        entered.purse = entered.purse.clone().telling(cost);
        let Some(id) = document_id else { return Ok(false) };
        let filled = self.app.trusted.fill(request, &id);
        filled.map_err(|no| asked.error(asked.unfit(), no))?;
        request.data.insert(Known);
        Ok(true)
    }

    /// The kind of a document that may be executed for whoever came in, and its span.
    #[expect(clippy::result_large_err, reason = "one a request, and only when it is refused")]
    fn admit(
        &self,
        asked: Asked,
        parts: &Parts,
        entered: &Entered,
        request: &mut GraphqlRequest,
    ) -> Result<(OperationType, Span), Reply> {
        let purse = &entered.purse;
        let admitted = guard::admit(request, asked.language).map_err(|no| {
            // An error all the same: what is left only decides how it is said.
            let paid = purse.pay_refused();
            let limited = || Answer::of(&RATE_LIMITED, asked.language).into_server_error();
            asked.request_error(purse, vec![if paid.is_ok() { no } else { limited() }])
        })?;
        let known = member::<Known>(&request.data).is_some();
        // Whoever is shown GraphiQL reads the schema with it.
        let shown = admitted.meta_only && self.app.options.graphiql;
        if !known && !shown {
            let free = self.app.trusted.answers_free();
            free.map_err(|no| asked.error(asked.unfit(), no))?;
        }
        let mutates = admitted.operation == OperationType::Mutation;
        if mutates && parts.method == Method::GET {
            return Err(asked.method("POST"));
        }
        if entered.caller.is_none() && !admitted.meta_only {
            return Err(Reply::denied(&Denied::Anonymous, asked.language));
        }
        if mutates && entered.caller.as_ref().is_some_and(|it| it.read_only) {
            return Err(Reply::denied(&Denied::ReadOnly, asked.language));
        }
        let mut operations = request.parsed_query().ok().into_iter();
        let name = operations.find_map(|it| it.operations.iter().next()?.0);
        let span = telemetry::operation_span(admitted.operation, name.map(Name::as_str));
        Ok((admitted.operation, span))
    }

    /// What a document answers at a door that stays open: once, or as long as somebody listens.
    pub(super) async fn follow(
        &self,
        asked: Asked,
        parts: &Parts,
        mut request: GraphqlRequest,
        listener: &Arc<Listener>,
    ) -> Result<Following, Reply> {
        let mut entered = self.enter(asked, parts).await?;
        self.named(asked, &mut entered, &mut request)?;
        let (operation, span) = self.admit(asked, parts, &entered, &mut request)?;
        let request = in_context(request, asked.language, parts).data(operation);
        let id = request_id(parts);
        if operation != OperationType::Subscription {
            let once = self.execute(asked, entered, request, id).instrument(span);
            return Ok(Following::Once(once.await?));
        }
        let executed = Executed::default();
        let Entered { caller, purse, deadline, .. } = entered;
        let request = request
            .data(executed.clone())
            .data(purse)
            .data(listener.clone());
        let app = self.app.clone();
        let task = async move {
            Ok(app
                .schema
                .execute_stream(prepared(&app, caller, request).await?, None))
        };
        let task = self.running.spawn(task.instrument(span));
        let stream = self.finished(asked, deadline, task, &id).await?;
        Ok(Following::Stream { stream, executed })
    }

    /// Runs to its end, whether or not anyone still waits.
    async fn execute(
        &self,
        asked: Asked,
        it: Entered,
        mut request: GraphqlRequest,
        id: RequestId,
    ) -> Result<GraphqlResponse, Reply> {
        let Entered { caller, purse, place, deadline } = it;
        let executed = Executed::default();
        request = request.data(executed.clone()).data(purse.clone());
        let app = self.app.clone();
        let task = async move {
            let _place = place;
            let request = prepared(&app, caller, request).await?;
            Ok(app.schema.execute(request).await)
        };
        let task = self.running.spawn(task.in_current_span());
        let content = self.finished(asked, deadline, task, &id).await?;
        if executed.has_begun() {
            return Ok(content);
        }
        Err(asked.request_error(&purse, content.errors))
    }

    /// What a task answers in time; or why it does not.
    async fn finished<T>(
        &self,
        asked: Asked,
        deadline: Instant,
        task: JoinHandle<crate::Result<T>>,
        id: &RequestId,
    ) -> Result<T, Reply> {
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
            Ok(Ok(Ok(done))) => Ok(done),
        }
    }
}

/// What is answered at a door that stays open.
pub(super) enum Following {
    Once(GraphqlResponse),
    Stream { stream: BoxStream<'static, GraphqlResponse>, executed: Executed },
}

/// The request with whoever sent it, and what they may see.
async fn prepared<E>(
    app: &App<E>,
    caller: Option<Caller>,
    request: GraphqlRequest,
) -> crate::Result<GraphqlRequest> {
    let Some(caller) = caller else { return Ok(request) };
    let id = app
        .identities
        .actor_id(&caller.issuer, &caller.subject)
        .await?;
    (app.prepare)(request, caller.actor(id)).await
}

/// Someone who came in.
pub(super) struct Entered {
    pub(super) caller: Option<Caller>,
    /// What they pay with.
    purse: Purse,
    /// Given back when execution ends, not when the caller leaves.
    place: Place,
    pub(super) deadline: Instant,
}

/// The GraphQL request that the HTTP request carries.
pub(super) async fn read(
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
    let too_large = || asked.error(StatusCode::PAYLOAD_TOO_LARGE, &BODY_TOO_LARGE);
    // What is announced to be too large is not read at all.
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let body = Limited::new(body, BODY_BYTES_MAX).collect();
    let body = match tokio::time::timeout_at(deadline, body).await {
        Err(_) => return Err(asked.error(StatusCode::REQUEST_TIMEOUT, &REQUEST_TIMEOUT)),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large()),
        Ok(Err(_)) => return Err(bad()),
        Ok(Ok(body)) => body.to_bytes(),
    };
    asked::of_body(&body).ok_or_else(bad)
}

/// Put into a request whose document is registered, or of the house itself.
struct Known;

fn beside(request: &GraphqlRequest) -> Beside {
    member(&request.data).cloned().unwrap_or_default()
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
