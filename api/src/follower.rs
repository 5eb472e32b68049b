//! Reading the log as it grows, for what each process does for itself: what it keeps in memory,
//! the keys it forgets. What one process does for all is an `eventlog::Process`, under a lease and
//! with a place that it remembers.

use std::{error::Error, future::Future, time::Duration};

use eventlog::{EventLog, Position};
use tokio_util::sync::CancellationToken;

/// At most that often, however fast the log grows.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// One that follows.
pub(crate) trait Follower: Sync {
    /// The figure that is 1 while it cannot go on, and what is said then.
    const STOPPED: &'static str;
    const COMPLAINT: &'static str;
    type Error: Error + 'static;

    /// Brings everything up to the log, and answers up to where it was read: first of all, and
    /// when the log may be another one.
    fn begin(&self) -> impl Future<Output = Result<Position, Self::Error>> + Send;

    /// Reads some facts more, and answers up to where.
    fn read_on(&self, at: Position) -> impl Future<Output = Result<Position, Self::Error>> + Send;
}

/// Begins, and goes on as the log grows, until told to stop.
pub(crate) async fn keep<F: Follower>(follower: &F, log: &EventLog, stop: CancellationToken) {
    let (mut at, mut timeline) = (Position(0), None);
    let mut pause = PAUSE;
    let going = async {
        loop {
            log.wait(at).await;
            let now = Some(log.timeline());
            let read =
                if now == timeline { follower.read_on(at).await } else { follower.begin().await };
            match read {
                Ok(to) => {
                    (at, timeline) = (to, now);
                    pause = PAUSE;
                    metrics::gauge!(F::STOPPED).set(0.0);
                }
                Err(error) => {
                    metrics::gauge!(F::STOPPED).set(1.0);
                    tracing::error!(
                        position = at.0,
                        error = &error as &dyn Error,
                        "{}",
                        F::COMPLAINT
                    );
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
            tokio::time::sleep(pause).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => (),
        () = going => (),
    }
}
