//! Accepts connections, and lets them end. Our own loop: axum's sets no time-out on headers.

use std::{
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};
use tower::ServiceExt as _;

use super::Place;
use crate::auth::Peer;

/// The most connections open at once; the next ones wait to be accepted.
const CONNECTIONS_MAX: usize = 4_096;
/// How long a connection has to send the headers of a request.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
/// How many bytes of headers a request may have.
const HEADERS_BYTES_MAX: u32 = 32 * 1024;
/// The most requests at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 100;
/// How often an idle HTTP/2 connection is asked whether it is there.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long to wait when the system has no more files to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often the first bytes of a slow connection are looked at.
const PEEK_PAUSE: Duration = Duration::from_millis(20);
/// What an HTTP/2 connection begins with (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What is under way in a server.
#[derive(Debug, Clone, Default)]
pub struct Running {
    draining: Arc<AtomicBool>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Running {
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the server is about to stop: it is no longer ready, and still answers.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Until the doors close: what stays open must end, and say so.
    pub(super) async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// As long as it is kept, the server waits before it stops.
    pub(super) fn token(&self) -> TaskTrackerToken {
        self.tasks.token()
    }

    /// Work that must run to its end, whoever waits for it.
    pub fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.tasks.spawn(task)
    }
}

/// How a server stops.
#[derive(Debug, Clone, Copy)]
pub struct Stopping {
    /// Still accepting, but not ready, so that balancers look elsewhere.
    pub drain: Duration,
    /// Waiting for requests under way.
    pub grace: Duration,
}

/// How it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every request was answered.
    Whole,
    /// Some were still under way.
    Cut,
}

/// Serves until `stop`, then until what is under way has ended or `grace` has passed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    running: &Running,
    stop: CancellationToken,
    stopping: Stopping,
) -> Drained {
    let graceful = GracefulShutdown::new();
    let closing = running.closing.clone();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let accepted = async {
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let (stream, peer) = accept(&listener).await;
            let place = Place::new(place, metrics::gauge!("http_connections"));
            let (watcher, closing) = (graceful.watcher(), closing.clone());
            let connection = Connection { stream, peer, place, watcher, closing };
            tokio::spawn(connection.serve(router.clone()));
        }
    };
    let stopped = async {
        stop.cancelled().await;
        running.draining.store(true, Ordering::Relaxed);
        sleep(stopping.drain).await;
    };
    tokio::select! {
        () = accepted => {}
        () = stopped => {}
    }
    drop(listener);
    closing.cancel();
    running.tasks.close();
    let ended = async {
        graceful.shutdown().await;
        running.tasks.wait().await;
    };
    match timeout(stopping.grace, ended).await {
        Ok(()) => Drained::Whole,
        Err(_) => Drained::Cut,
    }
}

/// A connection that broke before it was accepted, or a full table of files, is not the end.
async fn accept(listener: &TcpListener) -> (TcpStream, Peer) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, Peer(peer)),
            Err(error) => {
                if !matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionRefused
                        | io::ErrorKind::ConnectionReset
                ) {
                    tracing::warn!(error = &error as &dyn std::error::Error, "accept failed");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

struct Connection {
    stream: TcpStream,
    peer: Peer,
    place: Place,
    watcher: Watcher,
    /// Nothing new is read once it is cancelled.
    closing: CancellationToken,
}

impl Connection {
    async fn serve(self, router: Router) {
        let Self { stream, peer, place: _place, watcher, closing } = self;
        let first = tokio::select! {
            () = closing.cancelled() => return,
            first = timeout(HEADERS_TIMEOUT, speaks_http2(&stream)) => first,
        };
        let Ok(Ok(http2)) = first else { return };
        // Answers are small and whole: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let builder = protocols();
        let builder = if http2 { builder.http2_only() } else { builder.http1_only() };
        let service = TowerToHyperService::new(router.map_request(
            move |mut request: http::Request<Incoming>| {
                request.extensions_mut().insert(peer);
                request.map(Body::new)
            },
        ));
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(error, "a connection broke");
        }
    }
}

fn protocols() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIMEOUT)
        .max_buf_size(HEADERS_BYTES_MAX as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL)
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADERS_BYTES_MAX);
    builder
}

/// Tells the protocols apart by the first bytes, which stay in the stream. The library would
/// do it too, and wait for ever for a caller who sends nothing.
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        let length = stream.peek(&mut first).await?;
        let same = first[..length] == PREFACE[..length];
        match length {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            _ if !same => return Ok(false),
            _ if length == PREFACE.len() => return Ok(true),
            _ => sleep(PEEK_PAUSE).await,
        }
    }
}
