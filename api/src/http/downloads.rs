//! What every file that is downloaded goes through: who asks, a place among a few, a task of its
//! own, and why there is no file.

pub(super) mod parameters;

use std::sync::Arc;

use axum::{
    extract::Request,
    response::{IntoResponse as _, Response},
};
use domain::Actor;
use http::{HeaderName, StatusCode, request::Parts};
use projections::Reads;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

use super::{Identities, Language, Running, answer::Reply, asked::Media};
use crate::{
    Error, Result,
    auth::{Denied, Verifier},
    error::{Answer, OVERLOADED},
};

/// The position that a download stands at: no later fact is in it.
pub(super) const AS_OF: HeaderName = HeaderName::from_static("essaim-as-of");

/// What the doors open on.
#[derive(Clone)]
pub struct Downloads {
    pub verifier: Arc<Verifier>,
    pub identities: Arc<dyn Identities>,
    pub reads: Reads,
    pub running: Running,
}

/// Where files are asked for, some at once.
#[derive(Clone)]
pub(super) struct Door {
    it: Downloads,
    places: Arc<Semaphore>,
}

/// Who comes, what they ask, and the place they take until they are answered.
pub(super) struct Coming {
    pub(super) it: Downloads,
    pub(super) actor: Actor,
    pub(super) request: Parts,
    pub(super) place: OwnedSemaphorePermit,
}

impl Door {
    pub(super) fn new(it: Downloads, in_flight_max: usize) -> Self {
        Self { it, places: Arc::new(Semaphore::new(in_flight_max)) }
    }

    pub(super) async fn answer<F>(
        &self,
        request: Request,
        give: impl FnOnce(Coming) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = Result<Response>> + Send + 'static,
    {
        // Its body says nothing, and cannot be shared between threads.
        let (request, _) = request.into_parts();
        let language = Language::of_headers(&request.headers);
        let answered = self.begin(request, give).await;
        answered.unwrap_or_else(|no| {
            no.reply(language)
                .for_caller(Media::Json, language)
                .into_response()
        })
    }

    async fn begin<F>(
        &self,
        request: Parts,
        give: impl FnOnce(Coming) -> F + Send + 'static,
    ) -> Result<Response, No>
    where
        F: Future<Output = Result<Response>> + Send + 'static,
    {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| No::Error(Error::Overloaded))?;
        let verifier = &self.it.verifier;
        let caller = verifier.caller(&request.headers, &request.extensions);
        let caller = caller.await.and_then(|it| it.ok_or(Denied::Anonymous));
        let caller = caller.map_err(No::Denied)?;
        let it = self.it.clone();
        // Work in a task of its own: a caller who hangs up cancels no query.
        let task = async move {
            let id = it
                .identities
                .actor_id(&caller.issuer, &caller.subject)
                .await?;
            give(Coming { actor: caller.actor(id), it, request, place }).await
        };
        let task = self.it.running.spawn(task.in_current_span());
        Ok(task.await.map_err(Error::internal)??)
    }
}

/// Why there is no download.
enum No {
    Denied(Denied),
    Error(Error),
}

impl From<Error> for No {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl No {
    fn reply(&self, language: Language) -> Reply {
        match self {
            Self::Denied(denied) => Reply::denied(denied, language),
            Self::Error(Error::Overloaded) => Reply::later(Answer::of(&OVERLOADED, language)),
            Self::Error(error) => {
                tell(error);
                Reply::error(status_of(error), error.answer(language))
            }
        }
    }
}

fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::Invalid { .. } => StatusCode::BAD_REQUEST,
        Error::Refused(no) if no.code == "NOT_FOUND" => StatusCode::NOT_FOUND,
        Error::PositionNotReached => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What its reader may not know more about.
pub(super) fn tell(error: &Error) {
    if let Error::Internal(error) = error {
        let error = &**error as &(dyn std::error::Error + 'static);
        tracing::error!(error, "a file was not downloaded");
    }
}
