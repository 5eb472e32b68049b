//! What the house does by itself while its doors are open. A task that panics is taken up again;
//! one that says why it cannot go on ends the house, whose supervisor starts it anew.

use std::{future::Future, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Between two tries of a task that panics.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// The tasks at work, until they are told to stop.
#[derive(Default)]
pub(crate) struct Work {
    stop: CancellationToken,
    tasks: JoinSet<Result<(), eventlog::Error>>,
}

impl Work {
    /// Begins a task, which goes on until it is told to stop. `name` is that of its figure.
    pub(crate) fn begin<F>(
        &mut self,
        name: &'static str,
        task: impl Fn(CancellationToken) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<(), eventlog::Error>> + Send,
    {
        let stop = self.stop.clone();
        let panics = metrics::counter!("essaim_task_panics_total", "task" => name);
        panics.increment(0);
        self.tasks.spawn(async move {
            let mut pause = PAUSE_MIN;
            loop {
                // Each turn begins with parts of its own; what all share is kept under locks
                // that heed no panic.
                let turn = AssertUnwindSafe(task(stop.clone())).catch_unwind();
                if let Ok(ended) = turn.await {
                    return ended;
                }
                panics.increment(1);
                tracing::error!(task = name, "a task panicked, and is taken up again");
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE_MAX),
                }
            }
        });
    }

    /// Waits until a task cannot go on: why.
    pub(crate) async fn failed(&mut self) -> eventlog::Error {
        while let Some(ended) = self.tasks.join_next().await {
            if let Ok(Err(error)) = ended {
                return error;
            }
        }
        std::future::pending().await
    }

    /// Tells all to stop, and waits until they have.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_taken_up_again() {
        let (begun, mut turns) = mpsc::unbounded_channel();
        let mut work = Work::default();
        work.begin("panics", move |stop| {
            let begun = begun.clone();
            async move {
                begun.send(()).unwrap();
                assert!(stop.is_cancelled(), "it panics until it is told to stop");
                Ok(())
            }
        });
        turns.recv().await.unwrap();
        turns.recv().await.unwrap();
        work.end().await;
    }

    #[tokio::test]
    async fn a_task_that_cannot_go_on_says_so() {
        let mut work = Work::default();
        work.begin("ends", |_| async { Ok(()) });
        work.begin("fails", |_| async { Err(eventlog::Error::Stopped) });
        assert!(matches!(work.failed().await, eventlog::Error::Stopped));
    }
}
