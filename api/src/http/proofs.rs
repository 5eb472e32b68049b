//! Proofs, as text that verifiers of other houses read (C2SP): the checkpoint and its keys, tiles
//! of hashes, inclusion and consistency. Public, without a token: a hash tells nothing of a leaf,
//! which holds random ids. The leaves themselves are never given here.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use eventlog::{
    EventLog, Position,
    proof::{Refused, note},
};
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use tokio::sync::Semaphore;

use super::{Language, answer::Reply, asked::Media};
use crate::{
    Error,
    error::{Answer, BAD_USER_INPUT, CHECKPOINT_MALFORMED, ENTRIES_WITHHELD, Entry, OVERLOADED},
};

/// The most requests for proofs answered at once.
const IN_FLIGHT_MAX: usize = 64;
/// The longest checkpoint that somebody may send.
const NOTE_BYTES_MAX: usize = 16 * 1024;
/// A full tile.
const WIDTH: u64 = 256;

const TEXT: &str = "text/plain; charset=utf-8";
/// What moves with the log.
const BRIEF: &str = "public, max-age=1";
/// What never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

#[derive(Clone)]
struct Proofs {
    log: EventLog,
    places: Arc<Semaphore>,
}

/// Everything under `/log/v0`, which is the prefix of C2SP's paths.
pub fn router(log: EventLog) -> Router {
    Router::new()
        .route("/log/v0/checkpoint", get(checkpoint))
        .route("/log/v0/keys", get(keys))
        .route("/log/v0/tile/{level}/{*path}", get(tile))
        .route("/log/v0/proof/{position}", get(inclusion))
        .route("/log/v0/consistency", axum::routing::post(extension))
        .route("/log/v0/consistency/{size}", get(consistency))
        .with_state(Proofs { log, places: Arc::new(Semaphore::new(IN_FLIGHT_MAX)) })
}

/// Why a proof is not given.
enum No {
    Entry(StatusCode, &'static Entry),
    Error(Error),
}

impl From<eventlog::Error> for No {
    fn from(error: eventlog::Error) -> Self {
        Self::Error(error.into())
    }
}

impl No {
    fn input() -> Self {
        Self::Entry(StatusCode::BAD_REQUEST, &BAD_USER_INPUT)
    }

    fn reply(self, language: Language) -> Reply {
        match self {
            Self::Entry(StatusCode::SERVICE_UNAVAILABLE, entry) => {
                Reply::later(Answer::of(entry, language))
            }
            Self::Entry(status, entry) => Reply::error(status, Answer::of(entry, language)),
            Self::Error(error) => {
                let status = match &error {
                    Error::Proof(Refused::BeyondTree) => StatusCode::NOT_FOUND,
                    Error::Proof(Refused::NothingSigned) => StatusCode::SERVICE_UNAVAILABLE,
                    Error::Proof(Refused::Origin | Refused::Forked) => StatusCode::CONFLICT,
                    Error::Proof(_) => StatusCode::BAD_REQUEST,
                    _ => StatusCode::INTERNAL_SERVER_ERROR,
                };
                if let Error::Internal(error) = &error {
                    let error = &**error as &(dyn std::error::Error + 'static);
                    tracing::error!(error, "a proof was not given");
                }
                Reply::error(status, error.answer(language))
            }
        }
    }
}

impl Proofs {
    /// Asks the log in a task of its own: a caller who hangs up cancels nothing.
    async fn answer<F>(&self, headers: &HeaderMap, ask: impl FnOnce(EventLog) -> F) -> Response
    where
        F: Future<Output = Result<Response, No>> + Send + 'static,
    {
        let language = Language::of_headers(headers);
        let answered = match self.places.clone().try_acquire_owned() {
            Err(_) => Err(No::Entry(StatusCode::SERVICE_UNAVAILABLE, &OVERLOADED)),
            Ok(place) => {
                let asking = ask(self.log.clone());
                let task = tokio::spawn(async move {
                    let _place = place;
                    asking.await
                });
                task.await
                    .unwrap_or_else(|panic| Err(No::Error(Error::internal(panic))))
            }
        };
        let refused = |no: No| {
            no.reply(language)
                .for_caller(Media::Json, language)
                .into_response()
        };
        answered.unwrap_or_else(refused)
    }
}

fn cached(caching: &'static str, kind: &'static str, body: impl Into<Body>) -> Response {
    let headers = [(header::CACHE_CONTROL, caching), (header::CONTENT_TYPE, kind)];
    (headers, body.into()).into_response()
}

/// A number as C2SP writes it: no sign, no zero before it.
fn number(text: &str) -> Result<u64, No> {
    let it: u64 = text.parse().map_err(|_| No::input())?;
    if it.to_string() == text { Ok(it) } else { Err(No::input()) }
}

async fn checkpoint(State(proofs): State<Proofs>, headers: HeaderMap) -> Response {
    let ask = |log: EventLog| async move { Ok(cached(BRIEF, TEXT, log.checkpoint().await?.note)) };
    proofs.answer(&headers, ask).await
}

/// The keys that open the checkpoint, one a line.
async fn keys(State(proofs): State<Proofs>, headers: HeaderMap) -> Response {
    let ask = |log: EventLog| async move {
        let keys = log.checkpoint().await?.keys.join("\n") + "\n";
        Ok(cached(BRIEF, TEXT, keys))
    };
    proofs.answer(&headers, ask).await
}

/// A tile of hashes: `<L>/<N>[.p/<W>]`.
async fn tile(
    State(proofs): State<Proofs>,
    Path((level, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let ask = |log: EventLog| async move {
        if level == "entries" {
            return Err(No::Entry(StatusCode::FORBIDDEN, &ENTRIES_WITHHELD));
        }
        let level = u32::try_from(number(&level)?).map_err(|_| No::input())?;
        let (n, width) = place(&path).ok_or_else(No::input)?;
        if level > 63 {
            return Err(No::input());
        }
        let tile = log.tile(level, n, width).await?;
        let tile = tile.ok_or(No::Error(Error::Proof(Refused::BeyondTree)))?;
        Ok(cached(FOR_EVER, "application/octet-stream", tile))
    };
    proofs.answer(&headers, ask).await
}

/// `x001/x234/067.p/12`: the number of a tile, in groups of three digits, and its width.
fn place(path: &str) -> Option<(u64, u64)> {
    let (path, width) = match path.split_once(".p/") {
        Some((path, width)) => (path, number(width).ok().filter(|it| (1..WIDTH).contains(it))?),
        None => (path, WIDTH),
    };
    let groups: Vec<&str> = path.split('/').collect();
    let (last, before) = groups.split_last()?;
    let digits = |it: &str| it.len() == 3 && it.bytes().all(|it| it.is_ascii_digit());
    let mut n = String::new();
    for group in before {
        n += group.strip_prefix('x').filter(|it| digits(it))?;
    }
    n += Some(*last).filter(|it| digits(it))?;
    let leading_zeroes = !before.is_empty() && n.starts_with("000");
    n.parse()
        .ok()
        .filter(|_| !leading_zeroes)
        .map(|n| (n, width))
}

/// The proof that the fact at a position is in the log.
async fn inclusion(
    State(proofs): State<Proofs>,
    Path(position): Path<String>,
    headers: HeaderMap,
) -> Response {
    let ask = |log: EventLog| async move {
        let position = i64::try_from(number(&position)?).map_err(|_| No::input())?;
        let (proof, ..) = log.inclusion(Position(position)).await?;
        Ok(cached(BRIEF, TEXT, proof.to_string()))
    };
    proofs.answer(&headers, ask).await
}

/// The proof that the last checkpoint goes on from the tree of a size.
async fn consistency(
    State(proofs): State<Proofs>,
    Path(size): Path<String>,
    headers: HeaderMap,
) -> Response {
    let ask = |log: EventLog| async move {
        let (text, _) = log.extension(number(&size)?).await?;
        Ok(cached(BRIEF, TEXT, text))
    };
    proofs.answer(&headers, ask).await
}

/// The same, from a checkpoint that somebody holds and sends.
async fn extension(State(proofs): State<Proofs>, headers: HeaderMap, body: Body) -> Response {
    let malformed = || No::Entry(StatusCode::BAD_REQUEST, &CHECKPOINT_MALFORMED);
    let ask = |log: EventLog| async move {
        let body = Limited::new(body, NOTE_BYTES_MAX).collect().await;
        let body = body.map_err(|_| malformed())?.to_bytes();
        let note = std::str::from_utf8(&body).map_err(|_| malformed())?;
        let held = note::read(note).map_err(|_| malformed())?;
        Ok(cached(BRIEF, TEXT, log.extension_of(&held).await?))
    };
    proofs.answer(&headers, ask).await
}
