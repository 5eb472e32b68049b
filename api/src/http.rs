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
mod docs;
mod fiche;
mod graphql;
pub mod live;
mod pages;
mod streaming;
pub mod documents;
pub mod exports;
pub mod historique;
pub mod proofs;
mod server;

use std::{path::PathBuf, sync::Arc, time::Duration};

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
use crate::{
    auth::Verifier,
    error::Error,
    exports::giving::GivingPrefix,
    quotas::Quotas,
    telemetry::Figures,
    trusted::{self, Trusted},
};

/// The largest body of a request.
pub const BODY_BYTES_MAX: usize = 128 * 1024;
/// The most GraphQL requests answered at once; one more is told to come back.
pub const IN_FLIGHT_MAX: usize = 512;
/// The most of them for those who come without a token: however slowly they send their bodies,
/// they keep no place from those who have one.
pub const STRANGERS_IN_FLIGHT_MAX: usize = 64;
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
    /// The documents that may be asked by their hash.
    pub trusted: Arc<Trusted>,
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
    /// Which documents are answered, and where those stand that are asked by their hash.
    pub trusted_documents: trusted::Mode,
    pub trusted_documents_dir: Option<PathBuf>,
    /// What a caller and an address without a token may ask for in a minute, in points of
    /// complexity; zero counts nothing.
    pub caller_points: u32,
    pub stranger_points: u32,
}

impl From<&crate::config::Settings> for Options {
    fn from(settings: &crate::config::Settings) -> Self {
        Self {
            request_timeout: settings.request_timeout(),
            cors_origins: settings.cors_origins.clone(),
            graphiql: settings.graphiql,
            giving_prefix: settings.giving_prefix(),
            trusted_documents: settings.trusted_documents,
            trusted_documents_dir: settings.trusted_documents_dir.clone(),
            caller_points: settings.caller_points,
            stranger_points: settings.stranger_points,
        }
    }
}

/// An app under way: what its requests share.
struct Doors<E> {
    app: Arc<App<E>>,
    running: Running,
    places: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    /// What names the schema's text in each language.
    sdl_tags: [String; 2],
    quotas: Arc<Quotas>,
    rooms: live::Rooms,
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
    let Options { caller_points, stranger_points, .. } = app.options;
    let tag = |text: &str| answer::etag("", text.as_bytes());
    let doors = Arc::new(Doors {
        sdl_tags: [tag(&app.sdl.fr), tag(&app.sdl.en)],
        quotas: Arc::new(Quotas::new(caller_points, stranger_points)),
        app: Arc::new(app),
        running: running.clone(),
        places: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
        strangers: Arc::new(Semaphore::new(STRANGERS_IN_FLIGHT_MAX)),
        rooms: live::Rooms::default(),
    });
    Router::new()
        .route("/", get(pages::landing))
        .route("/graphql", any(graphql::answer))
        .route("/graphql/stream", any(live::events::at_its_own_address))
        .route("/ingenieries/{id}/fiche.json", get(fiche::json))
        .route("/ingenieries/{id}/fiche.html", get(fiche::html))
        .route("/schema.graphql", get(pages::schema))
        .route("/docs/errors", get(docs::errors))
        .route("/docs/errors.json", get(docs::errors_json))
        .route("/docs/operations", get(docs::operations))
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
