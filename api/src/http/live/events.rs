//! GraphQL over events sent by the server: one operation a request, in the mode of *distinct
//! connections* of `graphql-sse`. Each event of a subscription has its position as its id, so that
//! a reader who comes back with `Last-Event-ID` goes on where they were.

use std::{sync::Arc, time::Duration};

use async_graphql::{Executor, Response as GraphqlResponse, ServerError, Value};
use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use eventlog::Position;
use futures_util::{StreamExt as _, stream::BoxStream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use serde_json::json;
use tokio::{
    sync::mpsc,
    time::{Instant, interval_at, timeout},
};
use tracing::Instrument as _;

use super::{Room, SLOW_MAX, Seat, Subscribed, TOKEN_LOOK, WAITING_MAX, closed, sent};
use crate::{
    auth::{Caller, Denied},
    error::{Answer, OVERLOADED, TOO_MANY_CONNECTIONS},
    graphql::extensions::Executed,
    http::{
        Doors, Language,
        answer::Reply,
        asked::Media,
        graphql::{Asked, Following, read},
        streaming::{Piece, body},
    },
    live::Listener,
};

/// How often one who has nothing to read is shown that somebody is there.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a reader who was cut off waits before coming back, in milliseconds.
const RETRY_MS: u32 = 2_000;
/// How figures call it.
const TRANSPORT: &str = "events";

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Proxies that wait to fill a buffer are asked not to.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// An address where events are all there is, whatever is accepted.
pub(in crate::http) async fn at_its_own_address<E: Executor>(
    State(doors): State<Arc<Doors<E>>>,
    request: Request,
) -> Response {
    answer(doors, request).await
}

pub(in crate::http) async fn answer<E: Executor>(
    doors: Arc<Doors<E>>,
    request: Request,
) -> Response {
    let language = Language::of_headers(request.headers());
    let asked = Asked { language, media: Media::Json };
    match begin(&doors, asked, request).await {
        Ok(taken) => respond(taken, language),
        Err(no) => no.for_caller(Media::Json, language).into_response(),
    }
}

/// Begins the operation; its answers are read from what this returns.
async fn begin<E: Executor>(
    doors: &Arc<Doors<E>>,
    asked: Asked,
    request: Request,
) -> Result<mpsc::Receiver<Piece>, Reply> {
    if !matches!(*request.method(), Method::GET | Method::POST) {
        return Err(asked.method("GET, POST"));
    }
    let Some(room) = doors
        .rooms
        .place(TRANSPORT)
        .filter(|_| !doors.running.is_draining())
    else {
        return Err(Reply::later(Answer::of(&OVERLOADED, asked.language)));
    };
    let (parts, body) = request.into_parts();
    let denied = |no: Denied| Reply::denied(&no, asked.language);
    let caller = doors.who(&parts).await.map_err(denied)?;
    let caller = caller.ok_or_else(|| denied(Denied::Anonymous))?;
    let Some(seat) = doors.rooms.of(&caller) else {
        return Err(Reply::later(Answer::of(&TOO_MANY_CONNECTIONS, asked.language)));
    };
    let deadline = Instant::now() + doors.app.options.request_timeout;
    let request = read(asked, &parts, body, deadline).await?;
    let listener = Arc::new(Listener::new(last_event(&parts.headers)));
    let following = match doors.follow(asked, &parts, request, &listener).await {
        Ok(following) => following,
        // What is wrong with the document is told as an event; the rest, as over HTTP.
        Err(no) if no.status == StatusCode::OK => Following::Once(errors(no.into_errors())),
        Err(no) => return Err(no),
    };
    let (written, taken) = mpsc::channel(WAITING_MAX);
    let doors = doors.clone();
    let running = doors.running.clone();
    let open = Open { doors, parts, caller, listener, written, _room: room, _seat: seat };
    running.spawn(open.write(following).in_current_span());
    Ok(taken)
}

fn errors(errors: Vec<ServerError>) -> GraphqlResponse {
    GraphqlResponse::from_errors(errors)
}

fn respond(taken: mpsc::Receiver<Piece>, language: Language) -> Response {
    let mut response = Response::new(body(taken));
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CONTENT_LANGUAGE, language.tag()),
        (header::VARY, "accept, accept-language, authorization"),
        (header::CACHE_CONTROL, "no-store"),
        (X_ACCEL_BUFFERING, "no"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Where the reader stood, as their browser remembers it.
fn last_event(headers: &HeaderMap) -> Option<Position> {
    let position: i64 = headers.get(LAST_EVENT_ID)?.to_str().ok()?.parse().ok()?;
    Some(Position(position.max(0)))
}

/// One operation whose answers are being written.
struct Open<E> {
    doors: Arc<Doors<E>>,
    parts: Parts,
    caller: Caller,
    listener: Arc<Listener>,
    written: mpsc::Sender<Piece>,
    _room: Room,
    _seat: Seat,
}

/// Why nothing more is written, as figures call it.
type Reason = &'static str;

impl<E: Executor> Open<E> {
    async fn write(self, following: Following) {
        let reason = match self.write_all(following).await {
            Ok(reason) | Err(reason) => reason,
        };
        closed(TRANSPORT, reason);
        // Whoever is too slow or gone finds no end: what they hold is not taken for the whole.
        if !matches!(reason, "slow" | "left") {
            let _ = timeout(SLOW_MAX, self.written.send(Piece::End)).await;
        }
    }

    async fn write_all(&self, following: Following) -> Result<Reason, Reason> {
        self.send(format!("retry: {RETRY_MS}\n\n")).await?;
        match following {
            Following::Once(response) => self.send(next(&response, None)).await?,
            Following::Stream { stream, executed } => self.write_stream(stream, &executed).await?,
        }
        self.send("event: complete\ndata: \n\n".to_owned()).await?;
        Ok("complete")
    }

    async fn write_stream(
        &self,
        mut stream: BoxStream<'static, GraphqlResponse>,
        executed: &Executed,
    ) -> Result<(), Reason> {
        let _subscribed = Subscribed::begin();
        let mut looks = interval_at(Instant::now() + TOKEN_LOOK, TOKEN_LOOK);
        let mut beats = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        let mut why = None;
        loop {
            tokio::select! {
                // What is under way ends by itself: no query is dropped on its way.
                response = stream.next() => match response {
                    Some(_) if self.listener.has_left() => (),
                    Some(response) => {
                        let at = executed.has_begun().then(|| self.listener.told());
                        let written = self.send(next(&response, at)).await;
                        written.unwrap_or_else(|reason| self.leave(&mut why, reason));
                    }
                    None => return why.map_or(Ok(()), Err),
                },
                () = self.doors.running.closing(), if why.is_none() => {
                    self.leave(&mut why, "shutdown");
                }
                () = self.written.closed(), if why.is_none() => self.leave(&mut why, "left"),
                _ = looks.tick(), if why.is_none() => {
                    if let Err(denied) = self.doors.still(&self.parts, &self.caller).await {
                        let language = Language::of_headers(&self.parts.headers);
                        let error = denied.answer(language).into_server_error();
                        let _ = self.send(next(&errors(vec![error]), None)).await;
                        let _ = self.send("event: complete\ndata: \n\n".to_owned()).await;
                        self.leave(&mut why, "token");
                    }
                }
                _ = beats.tick(), if why.is_none() => {
                    let written = self.send(":\n\n".to_owned()).await;
                    written.unwrap_or_else(|reason| self.leave(&mut why, reason));
                }
            }
        }
    }

    fn leave(&self, why: &mut Option<Reason>, reason: Reason) {
        why.get_or_insert(reason);
        self.listener.leave();
    }

    async fn send(&self, text: String) -> Result<(), Reason> {
        let sending = self.written.send(Piece::Some(Bytes::from(text)));
        match timeout(SLOW_MAX, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err("left"),
            Err(_) => Err("slow"),
        }
    }
}

/// An answer as an event. What was not executed has no data, not even null.
fn next(response: &GraphqlResponse, at: Option<Position>) -> String {
    // Values of the engine are JSON already: nothing in them can fail to be written.
    let data = match at {
        None if response.is_err() && response.data == Value::Null => {
            json!({ "errors": response.errors }).to_string()
        }
        _ => serde_json::to_string(response).unwrap_or_default(),
    };
    let id = at.map_or_else(String::new, |at| format!("id: {}\n", at.0));
    sent();
    format!("event: next\n{id}data: {data}\n\n")
}
