//! Reading the log as it grows, for what each process does for itself: what it keeps in memory,
//! the keys it forgets. What one process does for all is an `eventlog::Process`, under a lease and
//! with a place that it remembers.

use std::{future::Future, time::Duration};

use eventlog::{EventLog, Position};
use tokio_util::sync::CancellationToken;

/// At most that often, however fast the log grows.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What people see of one that cannot go on.
pub(crate) struct Follower {
    /// The figure that is 1 meanwhile.
    pub(crate) stopped: &'static str,
    pub(crate) complaint: &'static str,
}

/// Goes on from a position as the log grows, until told to stop: `read_on` reads some facts more,
/// and answers up to where.
pub(crate) async fn keep<F, E>(
    log: &EventLog,
    mut at: Position,
    stop: CancellationToken,
    follower: &Follower,
    read_on: impl Fn(Position) -> F,
) where
    F: Future<Output = Result<Position, E>>,
    E: std::error::Error + 'static,
{
    let mut pause = PAUSE;
    let going = async {
        loop {
            log.wait(at).await;
            match read_on(at).await {
                Ok(to) => {
                    at = to;
                    pause = PAUSE;
                    metrics::gauge!(follower.stopped).set(0.0);
                }
                Err(error) => {
                    metrics::gauge!(follower.stopped).set(1.0);
                    tracing::error!(
                        position = at.0,
                        error = &error as &dyn std::error::Error,
                        "{}",
                        follower.complaint
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
