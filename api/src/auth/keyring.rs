//! The keys of one issuer as they were last read: at hand without waiting, read again in the
//! background, and once for all who ask for one that is not there.
//!
//! The last good set stays when a later reading fails: an issuer that is down locks nobody out
//! whose key is known.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore, watch},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    fetcher::Fetcher,
    keys::Key,
    source::{Source, SourceProblem},
};
use crate::clock;

/// How often keys that come are read again: as long as one that the issuer took back is believed.
pub const REFRESH_EVERY: Duration = Duration::from_mins(10);
/// How soon they are asked for again when they do not come.
pub const REFRESH_AGAIN: Duration = Duration::from_secs(10);
/// How long after a token that names an unknown key another such token has them read again.
/// Anyone can send one: they must not be able to have us call the issuer at will.
pub const UNKNOWN_KEY_PAUSE: Duration = Duration::from_mins(1);
/// The longest that a request waits for keys to be read because of its own.
const UNKNOWN_KEY_WAIT: Duration = Duration::from_secs(5);
/// The most requests that wait for that at once, one issuer: one more is refused at once.
const WAITING_MAX: usize = 128;

/// How often keys are read again.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// While they come.
    pub every: Duration,
    /// While they do not.
    pub again: Duration,
    /// Because of a key that is not known.
    pub unknown: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { every: REFRESH_EVERY, again: REFRESH_AGAIN, unknown: UNKNOWN_KEY_PAUSE }
    }
}

/// The keys of one issuer. Cheap to clone: they are the same keys.
#[derive(Clone)]
pub struct Keyring(Arc<Inner>);

/// Where the keys of an issuer come from: nowhere, when they stay as they are.
#[derive(Debug, Default)]
pub(super) struct Origin {
    pub(super) issuer: String,
    pub(super) source: Source,
    pub(super) fetcher: Fetcher,
}

struct Inner {
    from: Origin,
    pace: Pace,
    keys: RwLock<Arc<[Key]>>,
    /// How many readings have begun.
    begun: AtomicU64,
    /// The last that has ended.
    ended: watch::Sender<u64>,
    /// When a token last had them read again, and the reading that answers it.
    asked: Mutex<Option<(Instant, u64)>>,
    wake: Notify,
    waiting: Semaphore,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("source", &self.0.from.source)
            .field("keys", &self.now())
            .finish_non_exhaustive()
    }
}

impl Keyring {
    /// Keys that stay as they are.
    pub fn fixed(keys: Vec<Key>) -> Self {
        Self::of(Origin::default(), keys, Pace::default())
    }

    /// The keys of an issuer, those known so far, read again at that pace once
    /// [`Keyring::keep`] runs.
    pub(super) fn of(from: Origin, known: Vec<Key>, pace: Pace) -> Self {
        Self(Arc::new(Inner {
            from,
            pace,
            keys: RwLock::new(known.into()),
            begun: AtomicU64::new(0),
            ended: watch::Sender::new(0),
            asked: Mutex::new(None),
            wake: Notify::new(),
            waiting: Semaphore::new(WAITING_MAX),
        }))
    }

    /// Those known now.
    pub fn now(&self) -> Arc<[Key]> {
        let keys = self.0.keys.read();
        keys.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads them now, and again and again until told to stop.
    pub(super) async fn keep(self, stop: CancellationToken) {
        if self.is_fixed() {
            return;
        }
        loop {
            let read = tokio::select! {
                () = stop.cancelled() => return,
                read = self.read() => read,
            };
            let pause = if read { self.0.pace.every } else { self.0.pace.again };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
                () = self.0.wake.notified() => {}
            }
        }
    }

    /// Whether they stay as they are.
    fn is_fixed(&self) -> bool {
        matches!(self.0.from.source, Source::Fixed)
    }

    /// Whether a set came that can be used: it takes the place of the one before.
    async fn read(&self) -> bool {
        let it = &self.0;
        let reading = it.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let read = it.from.source.read(&it.from.issuer, &it.from.fetcher).await;
        let came = read.is_ok();
        match read {
            Ok(keys) => self.take(keys),
            Err(problem) => self.complain(&problem),
        }
        it.ended.send_replace(reading);
        came
    }

    /// Takes a set in place of the one before.
    pub(super) fn take(&self, keys: Vec<Key>) {
        let issuer = self.0.from.issuer.clone();
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
        let at = clock::now().as_second() as f64;
        metrics::gauge!("essaim_issuer_keys_read_timestamp_seconds", "issuer" => issuer).set(at);
        let changed = names(&keys) != names(&self.now());
        if changed {
            tracing::info!(
                issuer = self.0.from.issuer,
                keys = keys.len(),
                "the keys of an issuer came"
            );
        }
        let mut kept = self.0.keys.write().unwrap_or_else(PoisonError::into_inner);
        *kept = keys.into();
    }

    fn complain(&self, problem: &SourceProblem) {
        let issuer = self.0.from.issuer.clone();
        metrics::counter!("essaim_issuer_keys_failures_total", "issuer" => issuer).increment(1);
        let (kept, error) = (self.now().len(), problem as &dyn std::error::Error);
        tracing::warn!(
            issuer = self.0.from.issuer,
            kept,
            error,
            "the keys of an issuer did not come"
        );
    }

    /// Has them read again because a token names one that is not there, unless that was done
    /// lately; waits for the reading that answers it, whoever asked first.
    pub(super) async fn ask(&self) {
        let it = &self.0;
        if self.is_fixed() {
            return;
        }
        let Ok(_place) = it.waiting.try_acquire() else { return };
        let mut ended = it.ended.subscribe();
        let answer = {
            let mut asked = it.asked.lock().unwrap_or_else(PoisonError::into_inner);
            match *asked {
                // Before the first set, nobody needs to ask: it is on its way.
                _ if self.now().is_empty() => it.begun.load(Ordering::SeqCst).max(1),
                Some((at, reading)) if at.elapsed() < it.pace.unknown => reading,
                _ => {
                    // One that has begun may have missed the key.
                    let next = it.begun.load(Ordering::SeqCst) + 1;
                    *asked = Some((Instant::now(), next));
                    it.wake.notify_one();
                    next
                }
            }
        };
        let _ = timeout(UNKNOWN_KEY_WAIT, ended.wait_for(|it| *it >= answer)).await;
    }
}

/// What tells whether a set is another one.
fn names(keys: &[Key]) -> Vec<Option<&str>> {
    keys.iter().map(|it| it.kid.as_deref()).collect()
}
