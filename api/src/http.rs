//! GraphQL over HTTP, by hand, and the few pages around it.
//!
//! A request goes through `layers` (id, span, figures, panics), then `graphql`: what is asked
//! (`asked`), who asks (`auth`), whether it may be (`guard`), the answer (`answer`). `server`
//! accepts connections and lets them end.

mod language;
mod layers;
mod asked;
mod answer;
mod downloads;
mod fiche;
mod graphql;
mod pages;
mod streaming;
pub mod documents;
pub mod exports;
pub mod historique;
pub mod proofs;
mod server;

use std::{sync::Arc, time::Duration};

use async_graphql::{Executor, Request};
use axum::{
    Router,
    routing::{any, get},
};
use domain::{Actor, ActorId};
use futures_util::future::BoxFuture;
use metrics::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use self::language::weighted;
pub use self::{
    downloads::Downloads,
    graphql::TraceId,
    language::Language,
    layers::RequestId,
    pages::Sdl,
    server::{Drained, Running, Stopping, serve},
};
use crate::{auth::Verifier, error::Error, exports::giving::GivingPrefix, telemetry::Figures};

/// The largest body of a request.
pub const BODY_BYTES_MAX: usize = 128 * 1024;
/// The most GraphQL requests answered at once; one more is told to come back.
pub const IN_FLIGHT_MAX: usize = 512;
/// What they are told to wait, in seconds.
pub const RETRY_AFTER_SECONDS: u64 = 2;

/// Gives each person an id of ours, whatever their issuer calls them.
pub trait Identities: Send + Sync + 'static {
    /// The id of an issuer's subject, drawn at their first visit.
    fn actor_id<'a>(
        &'a self,
        issuer: &'a str,
        subject: &'a str,
    ) -> BoxFuture<'a, Result<ActorId, Error>>;
}

/// Adds to a request what its resolvers need: its actor, what they may see, and loaders made for
/// them.
pub type Prepare =
    Arc<dyn Fn(Request, Actor) -> BoxFuture<'static, Result<Request, Error>> + Send + Sync>;
/// Whether the server can answer, or the reason why not.
pub type Ready = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What the doors open on. The parts are built elsewhere.
#[derive(Clone)]
pub struct App<E> {
    /// The schema, with [`crate::graphql::extensions::install`].
    pub schema: E,
    pub verifier: Arc<Verifier>,
    pub identities: Arc<dyn Identities>,
    pub prepare: Prepare,
    pub ready: Ready,
    pub figures: Figures,
    /// The schema's text, printed.
    pub sdl: Sdl,
    pub options: Options,
}

/// What the settings say of the doors.
#[derive(Debug, Clone)]
pub struct Options {
    pub request_timeout: Duration,
    pub cors_origins: Vec<String>,
    /// Whether the first page points to GraphiQL.
    pub graphiql: bool,
    /// Of the ids of what is told in 360Giving.
    pub giving_prefix: GivingPrefix,
}

impl From<&crate::config::Settings> for Options {
    fn from(settings: &crate::config::Settings) -> Self {
        Self {
            request_timeout: settings.request_timeout(),
            cors_origins: settings.cors_origins.clone(),
            graphiql: settings.graphiql,
            giving_prefix: settings.giving_prefix(),
        }
    }
}

/// An app under way: what its requests share.
struct Doors<E> {
    app: App<E>,
    running: Running,
    places: Arc<Semaphore>,
}

/// One of a bounded number of places, shown by a gauge, given back when dropped.
struct Place {
    gauge: Gauge,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    fn new(permit: OwnedSemaphorePermit, gauge: Gauge) -> Self {
        gauge.increment(1.0);
        Self { gauge, _permit: permit }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gauge.decrement(1.0);
    }
}

/// The routes. More may be merged before [`with_layers`] is put around all of them.
pub fn routes<E: Executor>(app: App<E>, running: &Running) -> Router {
    let doors = Arc::new(Doors {
        app,
        running: running.clone(),
        places: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
    });
    Router::new()
        .route("/", get(pages::landing))
        .route("/graphql", any(graphql::answer))
        .route("/ingenieries/{id}/fiche.json", get(fiche::json))
        .route("/ingenieries/{id}/fiche.html", get(fiche::html))
        .route("/schema.graphql", get(pages::schema))
        .route("/health/live", get(pages::live))
        .route("/health/ready", get(pages::ready))
        .route("/metrics", get(pages::metrics))
        .fallback(pages::nowhere)
        .with_state(doors)
}

/// What every route goes through, ours and those merged into them.
pub fn with_layers(routes: Router, options: &Options) -> Router {
    layers::around(routes, options)
}

/// The whole app: [`routes`] in their [`with_layers`].
pub fn router<E: Executor>(app: App<E>, running: &Running) -> Router {
    let options = app.options.clone();
    with_layers(routes(app, running), &options)
}

#[cfg(test)]
#[expect(clippy::unused_async, reason = "the engine wants resolvers to be async")]
mod tests;
