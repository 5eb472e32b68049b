//! The contents of documents: sent to the version that GraphQL announced, read by those whom the
//! document is shown to. What is not theirs answers as if it did not exist.
//!
//! A version is declared first (`addDocumentVersion`), then its bytes are put at its address: so
//! the rules have decided before the first byte is taken, nothing is in the store that the log
//! does not name, and whoever was cut off sends the same again.

mod giving;
mod taking;

use std::sync::Arc;

use async_graphql::ID;
use axum::{
    Router,
    extract::{Path, Request, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use domain::{Actor, DocumentId, Refusal};
use http::StatusCode;
use projections::Reads;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

use super::{Identities, Language, Running, answer::Reply, asked::Media};
use crate::{
    Error,
    auth::{Caller, Denied, Verifier},
    documents::Contents,
    error::{
        Answer, CONTENT_ABSENT, CONTENT_ALTERED, CONTENT_CUT, CONTENT_DIGEST_DIFFERS,
        CONTENT_SIZE_DIFFERS, CONTENT_TYPE_DIFFERS, Entry, OVERLOADED,
    },
    graphql::ids::typed,
};

/// The most contents on their way at once, in or out: each holds a few MiB.
const IN_FLIGHT_MAX: usize = 16;

/// What the door opens on.
#[derive(Clone)]
pub struct Exchanges {
    pub verifier: Arc<Verifier>,
    pub identities: Arc<dyn Identities>,
    pub reads: Reads,
    pub contents: Contents,
    pub running: Running,
}

#[derive(Clone)]
struct Door {
    it: Exchanges,
    places: Arc<Semaphore>,
}

/// One of a document's contents: the last one, when none is named.
#[derive(Debug, Clone, Copy)]
struct Asked {
    document: DocumentId,
    version: Option<i32>,
}

/// Their addresses.
pub fn router(it: Exchanges) -> Router {
    let places = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    let last = |State(door): State<Door>, Path(id): Path<String>, request: Request| async move {
        door.answer((id, None), request, false).await
    };
    let one = |State(door): State<Door>,
               Path((id, n)): Path<(String, String)>,
               request: Request| {
        async move { door.answer((id, Some(n)), request, false).await }
    };
    let put = |State(door): State<Door>,
               Path((id, n)): Path<(String, String)>,
               request: Request| {
        async move { door.answer((id, Some(n)), request, true).await }
    };
    Router::new()
        .route("/documents/{document}", get(last))
        .route("/documents/{document}/versions/{version}", get(one).put(put))
        .with_state(Door { it, places })
}

impl Door {
    async fn answer(
        &self,
        (id, version): (String, Option<String>),
        request: Request,
        takes: bool,
    ) -> Response {
        let language = Language::of_headers(request.headers());
        let answered = self.begin((id, version), request, takes).await;
        answered.unwrap_or_else(|no| {
            no.reply(language)
                .for_caller(Media::Json, language)
                .into_response()
        })
    }

    async fn begin(
        &self,
        (id, version): (String, Option<String>),
        request: Request,
        takes: bool,
    ) -> Result<Response, No> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| No::Error(Error::Overloaded))?;
        let (request, body) = request.into_parts();
        let verifier = &self.it.verifier;
        let caller = verifier.caller(&request.headers, &request.extensions);
        let caller = caller.await.and_then(|it| it.ok_or(Denied::Anonymous));
        let caller = caller.map_err(No::Denied)?;
        if takes && caller.read_only {
            return Err(No::Denied(Denied::ReadOnly));
        }
        let document = typed(&ID(id), "document")?;
        let version = match version.map(|it| it.parse()) {
            None => None,
            Some(Ok(version)) => Some(version),
            Some(Err(_)) => return Err(No::nothing()),
        };
        let asked = Asked { document, version };
        let it = self.it.clone();
        // Work in a task of its own: a caller who hangs up leaves nothing half done.
        let task = async move {
            if takes {
                taking::take(it, (caller, place), asked, (request, body)).await
            } else {
                giving::give(it, (caller, place), asked, request).await
            }
        };
        let task = self.it.running.spawn(task.in_current_span());
        task.await.map_err(Error::internal)?
    }
}

/// Who comes, and the place they take until they are answered.
type Coming = (Caller, OwnedSemaphorePermit);

async fn actor_of(it: &Exchanges, caller: Caller) -> Result<Actor, No> {
    let id = it
        .identities
        .actor_id(&caller.issuer, &caller.subject)
        .await?;
    Ok(caller.actor(id))
}

/// Why there is no exchange.
#[derive(Debug)]
enum No {
    Denied(Denied),
    Error(Error),
    Content(&'static Entry),
}

impl From<Error> for No {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<eventlog::Error> for No {
    fn from(error: eventlog::Error) -> Self {
        Self::Error(error.into())
    }
}

impl From<Refusal> for No {
    fn from(no: Refusal) -> Self {
        Self::Error(no.into())
    }
}

impl No {
    /// It is absent, or not for them.
    fn nothing() -> Self {
        Refusal::from(domain::refusal::Common::NotFound {}).into()
    }

    fn reply(&self, language: Language) -> Reply {
        match self {
            Self::Denied(denied) => Reply::denied(denied, language),
            Self::Error(Error::Overloaded) => Reply::later(Answer::of(&OVERLOADED, language)),
            Self::Error(error) => {
                tell(error);
                Reply::error(status_of(error), error.answer(language))
            }
            Self::Content(entry) => {
                Reply::error(status_of_content(entry), Answer::of(entry, language))
            }
        }
    }
}

fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::Invalid { .. } => StatusCode::BAD_REQUEST,
        Error::Refused(no) => match no.code {
            "NOT_FOUND" | "DOCUMENT_VERSION_UNKNOWN" => StatusCode::NOT_FOUND,
            "FORBIDDEN" => StatusCode::FORBIDDEN,
            "DOCUMENT_WITHDRAWN" => StatusCode::GONE,
            _ => StatusCode::CONFLICT,
        },
        Error::Conflict => StatusCode::CONFLICT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn status_of_content(entry: &Entry) -> StatusCode {
    let all = [
        (&CONTENT_ABSENT, StatusCode::NOT_FOUND),
        (&CONTENT_CUT, StatusCode::BAD_REQUEST),
        (&CONTENT_DIGEST_DIFFERS, StatusCode::UNPROCESSABLE_ENTITY),
        (&CONTENT_SIZE_DIFFERS, StatusCode::UNPROCESSABLE_ENTITY),
        (&CONTENT_TYPE_DIFFERS, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (&CONTENT_ALTERED, StatusCode::INTERNAL_SERVER_ERROR),
    ];
    let known = all.iter().find(|(it, _)| it.code == entry.code);
    known.map_or(StatusCode::INTERNAL_SERVER_ERROR, |(_, status)| *status)
}

fn tell(error: &Error) {
    if let Error::Internal(error) = error {
        let error = &**error as &(dyn std::error::Error + 'static);
        tracing::error!(error, "a content was neither taken nor given");
    }
}
