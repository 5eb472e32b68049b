//! How far the questions have come in this process, and waiting until one has come further.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use eventlog::{Position, checkpoint};
use tokio::sync::{Notify, watch};

use crate::{ALL, Error, ReadModel, Reads};

/// How long a query waits for its answer to catch up, unless told otherwise.
pub const WAIT_MAX: Duration = Duration::from_secs(2);

const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How far the runners of this process have come, by question.
pub(crate) struct Told(BTreeMap<&'static str, Progress>);

#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) at: watch::Sender<Position>,
    /// Somebody waits for more.
    pub(crate) wanted: Notify,
}

impl Progress {
    /// Waits for a position, and says so each time that less came.
    async fn reaches(&self, told: &mut watch::Receiver<Position>, position: Position) {
        while *told.borrow_and_update() < position {
            self.wanted.notify_one();
            if told.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

impl Told {
    pub(crate) fn new() -> Self {
        Self(
            ALL.iter()
                .map(|it| (it.name, Progress::default()))
                .collect(),
        )
    }

    pub(crate) fn of(&self, model: &ReadModel) -> Option<&Progress> {
        self.0.get(model.name)
    }
}

impl Reads {
    /// Waits until a question has seen a position; [`Error::Late`] after [`WAIT_MAX`], or as
    /// long as these answers are patient, and at once for a position that is not recorded yet.
    pub async fn caught_up(
        &self,
        model: &'static ReadModel,
        position: Position,
    ) -> Result<(), Error> {
        let Some(progress) = self.told.of(model) else { return Err(Error::Late) };
        if *progress.at.borrow() >= position {
            return Ok(());
        }
        // Every list may have to wait, and few do: they need not carry what waiting takes.
        Box::pin(self.catches_up(model, position, progress)).await
    }

    async fn catches_up(
        &self,
        model: &ReadModel,
        position: Position,
        progress: &Progress,
    ) -> Result<(), Error> {
        let mut told = progress.at.subscribe();
        let until = Instant::now() + self.patience;
        let here = progress.reaches(&mut told, position);
        if tokio::time::timeout(LOOK_AGAIN, here).await.is_ok() {
            return Ok(());
        }
        // What nobody recorded would be waited for in vain.
        if self.log.head() < position && self.log.newest().await?.0 < position {
            return Err(Error::Late);
        }
        // Another process may run it, and says so in the checkpoint alone.
        while checkpoint::of(&mut *self.pool.acquire().await?, &model.key()).await? < Some(position)
        {
            if Instant::now() > until {
                return Err(Error::Late);
            }
            let seen = progress.reaches(&mut told, position);
            if tokio::time::timeout(LOOK_AGAIN, seen).await.is_ok() {
                return Ok(());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_says_so_again_when_less_came() {
        let progress = Progress::default();
        let mut told = progress.at.subscribe();
        let waits = progress.reaches(&mut told, Position(5));
        let comes = async {
            for at in [3, 4, 5] {
                progress.wanted.notified().await;
                progress.at.send_replace(Position(at));
            }
        };
        tokio::join!(waits, comes);
        // Nobody waits for what is there.
        progress
            .reaches(&mut progress.at.subscribe(), Position(5))
            .await;
        let wanted = tokio::time::timeout(Duration::ZERO, progress.wanted.notified());
        assert!(wanted.await.is_err());
    }
}
