//! GraphQL over a WebSocket, as the protocol `graphql-transport-ws` has it: strictly, so that what
//! a client does wrong is told with the close code that the protocol gives it.
//!
//! One task reads what the client says and one writes what it is told, from a bounded queue; each
//! operation has a task of its own between them.

mod connection;
mod messages;
mod voice;
mod writing;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_graphql::Executor;
use axum::{
    extract::{
        FromRequestParts as _, Request,
        ws::{WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse as _, Response},
};
use futures_util::StreamExt as _;
use http::{HeaderMap, Method, StatusCode, Uri, header, request::Parts};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use self::{connection::Connection, writing::write};
use super::{Room, WAITING_MAX, closed};
use crate::{
    auth::Denied,
    error::{Answer, BAD_REQUEST, FORBIDDEN, OVERLOADED},
    http::{BODY_BYTES_MAX, Doors, Language, answer::Reply, asked::Media, graphql::Asked},
    live::Listener,
    telemetry,
};

/// The one protocol that is spoken.
pub const PROTOCOL: &str = "graphql-transport-ws";
/// The longest message that is read, as the body of a request.
pub const MESSAGE_BYTES_MAX: usize = BODY_BYTES_MAX;
/// The longest that is received at all: between the two it is told what is wrong.
const FRAME_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;
/// How long a client has to say who it is.
pub const INIT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a client is asked whether it is there, and how long it has to say so.
pub const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long a connection on which nothing is asked stays open.
pub const IDLE_MAX: Duration = Duration::from_mins(10);
/// How long a client has to take that it is told goodbye, and to say so too.
const GOODBYE_MAX: Duration = Duration::from_secs(20);
/// How often what depends on time is looked at.
const TICK: Duration = Duration::from_millis(500);
/// How figures call it.
const TRANSPORT: &str = "websocket";

/// Why a connection is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Close {
    code: u16,
    /// What the client reads, in English as the protocol has it.
    says: String,
    /// What figures say.
    reason: &'static str,
}

impl Close {
    fn new(code: u16, reason: &'static str, says: impl Into<String>) -> Self {
        Self { code, says: says.into(), reason }
    }

    fn bad(says: &str) -> Self {
        Self::new(4400, "bad_request", says)
    }

    fn denied(denied: &Denied) -> Self {
        // Another token may be let in: a client that has one comes back. Without any it need not.
        match denied {
            Denied::Anonymous => Self::new(4401, "unauthorised", "Unauthorized"),
            denied => {
                let says = denied.answer(Language::En).message;
                Self::new(4403, "token", format!("Forbidden: {says}"))
            }
        }
    }

    /// Too slow: the client comes back when it can take more.
    fn slow() -> Self {
        Self::new(4430, "slow", "Too slow")
    }

    fn shutdown() -> Self {
        Self::new(1012, "shutdown", "Service restart")
    }
}

pub(in crate::http) async fn answer<E: Executor>(
    doors: Arc<Doors<E>>,
    request: Request,
) -> Response {
    let language = Language::of_headers(request.headers());
    let asked = Asked { language, media: Media::Json };
    match upgrade(doors, asked, request).await {
        Ok(response) => response,
        Err(no) => no.for_caller(Media::Json, language).into_response(),
    }
}

async fn upgrade<E: Executor>(
    doors: Arc<Doors<E>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Reply> {
    let (mut parts, _) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &())
        .await
        .map_err(|no| asked.error(no.into_response().status(), &BAD_REQUEST))?;
    if !welcome(&parts.headers, &doors.app.options.cors_origins) {
        return Err(asked.error(StatusCode::FORBIDDEN, &FORBIDDEN));
    }
    let Some(room) = doors
        .rooms
        .place(TRANSPORT)
        .filter(|_| !doors.running.is_draining())
    else {
        return Err(Reply::later(Answer::of(&OVERLOADED, asked.language)));
    };
    let token = doors.running.token();
    // Each operation comes as the body of a request would.
    parts.method = Method::POST;
    let span = telemetry::websocket_span(&parts.headers);
    Ok(upgrade
        .protocols([PROTOCOL])
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .on_upgrade(move |socket| {
            let served = async move {
                let _token = token;
                serve(doors, parts, room, socket).await;
            };
            served.instrument(span)
        }))
}

/// Whether a page of that origin may come: a browser says where a page is from, and lets any page
/// open a WebSocket anywhere.
fn welcome(headers: &HeaderMap, origins: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let own = origin
        .parse::<Uri>()
        .ok()
        .and_then(|it| it.authority().cloned());
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
    let same = own
        .zip(host)
        .is_some_and(|(own, host)| own.as_str() == host);
    same || origins.iter().any(|it| it == origin)
}

/// Serves one connection to its end.
async fn serve<E: Executor>(doors: Arc<Doors<E>>, parts: Parts, room: Room, socket: WebSocket) {
    let speaks = socket.protocol().is_some_and(|it| it == PROTOCOL);
    let (sink, heard) = socket.split();
    let (outgoing, queue) = mpsc::channel(WAITING_MAX);
    let goodbye = Arc::new(Goodbye::default());
    let writer = tokio::spawn(write(sink, queue, goodbye.clone()));
    let mut connection = Connection::new((doors, parts, room), heard, outgoing);
    let ended = if speaks {
        connection.run().await
    } else {
        Err(Close::new(4406, "protocol", "Subprotocol not acceptable"))
    };
    let reason = match ended {
        Ok(()) => "left",
        Err(close) => {
            let reason = close.reason;
            goodbye.say(close, connection.listeners());
            reason
        }
    };
    closed(TRANSPORT, reason);
    let mut heard = connection.end();
    // Reading on is what lets the client's own goodbye through: without it, it would see a broken
    // connection.
    let goodbye = async {
        let _ = writer.await;
        while let Some(Ok(_)) = heard.next().await {}
    };
    let _ = timeout(GOODBYE_MAX, goodbye).await;
}

/// That a connection ends, and how: said once, to the task that writes.
#[derive(Debug, Default)]
struct Goodbye {
    close: OnceLock<(Close, Vec<Arc<Listener>>)>,
    said: CancellationToken,
}

impl Goodbye {
    fn say(&self, close: Close, listeners: Vec<Arc<Listener>>) {
        let _ = self.close.set((close, listeners));
        self.said.cancel();
    }

    /// The code, and the reason with the position after which all that is followed may go on: to be
    /// asked once nothing more is written.
    fn frame(&self) -> Option<(u16, String)> {
        let (close, listeners) = self.close.get()?;
        let after = listeners.iter().filter_map(|it| it.resumes_after()).min();
        let says = after.map_or_else(
            || close.says.clone(),
            |after| format!("{}; resume after {}", close.says.trim_end_matches('.'), after.0),
        );
        Some((close.code, says))
    }
}

#[cfg(test)]
mod tests;
