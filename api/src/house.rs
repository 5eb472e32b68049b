//! The parts put together: the log, the answers, the schema and the doors.

use std::{path::PathBuf, sync::Arc};

use async_graphql::Request;
use domain::{Actor, ActorId};
use eventlog::{
    EventLog, Kek,
    proof::{Integrator, Signer},
};
use futures_util::{FutureExt as _, future::BoxFuture};
use projections::{Reads, Scope};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    Error,
    auth::Verifier,
    clock::today_in_paris,
    documents::Contents,
    erasures, graphiql,
    graphql::{self, EssaimSchema, Pasts, SharedLoaders},
    http::{self, App, Drained, Identities, Language, Options, Running, Sdl, Stopping},
    listes::{self, Listes},
    live::Live,
    processes,
    register::Register,
    telemetry::Figures,
    trusted::{self, Trusted},
    work::Work,
};

/// How far behind the log an answer may be while the house calls itself ready, in facts.
const READY_LAG_MAX: i64 = 10_000;

/// How long a fact may wait to be seen meanwhile, in seconds.
const READY_LATE_MAX: f64 = 60.0;

/// The log and the answers, open. Cheap to clone.
#[derive(Clone)]
pub struct House {
    pub log: EventLog,
    pub reads: Reads,
    pub listes: Listes,
    pub live: Live,
    pub schema: EssaimSchema,
    loaders: SharedLoaders,
}

/// Why the house did not open.
#[derive(Debug, thiserror::Error)]
pub enum Closed {
    #[error("the log cannot be opened")]
    Log(#[from] eventlog::Error),
    #[error("what the log says is erased is not destroyed")]
    Erasing(#[from] erasures::Failure),
    #[error("the registered documents are not taken")]
    Trusted(#[from] trusted::Problem),
    #[error("the answers cannot be opened")]
    Reads(#[from] projections::Error),
}

/// What the doors need besides the house.
pub struct Doors {
    pub verifier: Verifier,
    pub figures: Figures,
    pub options: Options,
    pub stopping: Stopping,
    pub signing: Signing,
    pub contents: Contents,
}

/// Who signs the head of the log, and where the last checkpoint is copied.
#[derive(Clone)]
pub struct Signing {
    pub signers: Arc<[Signer]>,
    pub copy: Option<PathBuf>,
}

impl House {
    /// Opens the house on a migrated database, with the rights of the service.
    pub async fn open(url: &str, connections: u32, origin: &str, kek: Kek) -> Result<Self, Closed> {
        let log = EventLog::connect(url, connections, origin, kek).await?;
        let reads = Reads::connect(url, connections, log.clone()).await?;
        Ok(Self::of(log, reads))
    }

    /// A house of parts that are open.
    pub fn of(log: EventLog, reads: Reads) -> Self {
        let (listes, live) = (Listes::default(), Live::default());
        let schema = graphql::builder()
            .data(reads.clone())
            .data(listes.clone())
            .data(live.clone())
            .finish();
        let loaders = SharedLoaders::default();
        Self { log, reads, listes, live, schema, loaders }
    }

    /// A request as its resolvers find it: what its actor may see goes with it.
    pub async fn prepare(
        &self,
        request: Request,
        actor: &Actor,
    ) -> Result<Request, projections::Error> {
        let scope = Scope::read(&self.reads, actor, today_in_paris()).await?;
        Ok(self.with(request, scope, actor))
    }

    /// The same of a command, which decides by the log alone: the answers need not be there.
    pub fn prepare_command(&self, request: Request, actor: &Actor) -> Request {
        self.with(request, Scope::of(actor), actor)
    }

    fn with(&self, request: Request, scope: Scope, actor: &Actor) -> Request {
        let loaders = self.loaders.of(&self.reads, &scope, actor);
        request.data(scope).data(loaders).data(Pasts::default())
    }

    /// Follows the log and answers at the door until told to stop; not before what the log says
    /// is erased is destroyed, and the reference lists are those of the log. A log that turns out
    /// not to be the one that was signed ends it too.
    pub async fn serve(
        &self,
        listener: TcpListener,
        doors: Doors,
        stop: CancellationToken,
    ) -> Result<Drained, Closed> {
        let options = &doors.options;
        let folder = options.trusted_documents_dir.as_deref();
        let trusted = Trusted::load(options.trusted_documents, folder, &self.schema).await?;
        let mut work = self.start(&doors).await?;
        let (running, stopping) = (Running::new(), doors.stopping);
        let whole = self.routes(doors, trusted, &running);
        let served = http::serve(listener, whole, &running, stop.clone(), stopping);
        tokio::pin!(served);
        let (drained, failed) = tokio::select! {
            drained = &mut served => (drained, None),
            why = work.failed() => {
                tracing::error!(error = &why as &dyn std::error::Error, "the house closes");
                stop.cancel();
                (served.await, Some(why))
            }
        };
        work.end().await;
        failed.map_or(Ok(drained), |why| Err(why.into()))
    }

    /// Starts what the house does by itself.
    async fn start(&self, doors: &Doors) -> Result<Work, Closed> {
        erasures::finish(&self.log, &doors.contents).await?;
        self.listes.read_all(&self.log).await?;
        let mut work = Work::default();
        let (log, contents) = (self.log.clone(), doors.contents.clone());
        work.begin("erasures", move |stop| {
            erasures::keep(log.clone(), contents.clone(), stop).map(Ok)
        });
        let (listes, log) = (self.listes.clone(), self.log.clone());
        work.begin("listes", move |stop| listes::keep(listes.clone(), log.clone(), stop).map(Ok));
        let reads = self.reads.clone();
        work.begin("answers", move |stop| {
            let reads = reads.clone();
            async move { reads.follow(stop).await }.map(Ok)
        });
        let log = self.log.clone();
        work.begin("processes", move |stop| processes::keep(log.clone(), stop).map(Ok));
        let verifier = doors.verifier.clone();
        work.begin("issuers", move |stop| {
            let verifier = verifier.clone();
            async move { verifier.keep(stop).await }.map(Ok)
        });
        let (log, signing) = (self.log.clone(), doors.signing.clone());
        work.begin("signing", move |stop| {
            let Signing { signers, copy } = signing.clone();
            Integrator::new(log.clone(), signers, copy).keep(stop)
        });
        let (live, reads) = (self.live.clone(), self.reads.clone());
        work.begin("live", move |stop| live.clone().keep(reads.clone(), stop).map(Ok));
        Ok(work)
    }

    /// Every door.
    fn routes(&self, doors: Doors, trusted: Trusted, running: &Running) -> axum::Router {
        let house = self.clone();
        let registry = Register { reads: self.reads.clone(), running: running.clone() };
        let downloads = http::Downloads {
            verifier: Arc::new(doors.verifier.knowing(Arc::new(registry))),
            identities: Arc::new(Known(self.log.clone())),
            reads: self.reads.clone(),
            running: running.clone(),
        };
        let exchanges = http::documents::Exchanges {
            verifier: downloads.verifier.clone(),
            identities: downloads.identities.clone(),
            reads: self.reads.clone(),
            contents: doors.contents,
            running: running.clone(),
        };
        let app = App {
            schema: self.schema.clone(),
            verifier: downloads.verifier.clone(),
            identities: downloads.identities.clone(),
            prepare: Arc::new({
                let prefix = doors.options.giving_prefix.clone();
                move |request, actor| {
                    let (house, prefix) = (house.clone(), prefix.clone());
                    Box::pin(async move {
                        Ok(house
                            .prepare(request, &actor)
                            .await?
                            .data(actor)
                            .data(prefix))
                    })
                }
            }),
            ready: Arc::new({
                let reads = self.reads.clone();
                move || Box::pin(ready(reads.clone()))
            }),
            figures: doors.figures,
            sdl: Sdl {
                fr: graphql::sdl(Language::Fr).into(),
                en: graphql::sdl(Language::En).into(),
            },
            trusted: Arc::new(trusted),
            options: doors.options.clone(),
        };
        let routes = http::routes(app, running);
        let routes = if doors.options.graphiql { routes.merge(graphiql::router()) } else { routes };
        let routes = routes.merge(http::proofs::router(self.log.clone()));
        let prefix = &doors.options.giving_prefix;
        let routes = routes.merge(http::exports::router(downloads.clone(), prefix));
        let routes = routes.merge(http::historique::router(downloads));
        let routes = routes.merge(http::documents::router(exchanges));
        http::with_layers(routes, &doors.options)
    }

    /// Refuses a log that does not extend the last checkpoint signed, in the database or in the
    /// copy outside it.
    pub async fn refuse_fork(&self, signing: &Signing) -> Result<(), Closed> {
        let kept = signing.copy.as_ref().filter(|it| it.exists());
        let kept = kept.map(std::fs::read_to_string).transpose();
        let kept = kept.map_err(eventlog::Error::Copy)?;
        Ok(self.log.refuse_fork(kept.as_deref()).await?)
    }

    /// Leaves the database politely.
    pub async fn close(&self) {
        self.reads.close().await;
        self.log.close().await;
    }
}

/// Ready when the database answers, and every question is built and keeps up, whichever process
/// runs it.
async fn ready(reads: Reads) -> Result<(), String> {
    reads.log().ping().await.map_err(|it| it.to_string())?;
    if reads.log().has_stopped() {
        return Err("nothing can be written any more".to_owned());
    }
    if reads.log().is_cut().await.map_err(|it| it.to_string())? {
        return Err("the log is shorter than what was signed".to_owned());
    }
    for it in reads.status().await.map_err(|it| it.to_string())? {
        let (question, at) = (it.question, it.position.0);
        if let Some(why) = it.stopped {
            return Err(format!("`{question}` is stopped at {}: {}", why.at.0, why.code));
        }
        if !it.built {
            return Err(format!("`{question}` is being built, at {at}"));
        }
        if it.head.0 - at > READY_LAG_MAX || it.late > READY_LATE_MAX {
            return Err(format!("`{question}` is catching up at {at}"));
        }
    }
    Ok(())
}

/// People, by the random ids that stand for them in the log.
struct Known(EventLog);

impl Identities for Known {
    fn actor_id<'a>(
        &'a self,
        issuer: &'a str,
        subject: &'a str,
    ) -> BoxFuture<'a, Result<ActorId, Error>> {
        Box::pin(async move { Ok(self.0.vault().actor(issuer, subject).await?) })
    }
}
