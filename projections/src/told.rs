//! How far the questions have come in this process, and whether somebody waits for more.

use std::collections::BTreeMap;

use eventlog::Position;
use tokio::sync::{Notify, watch};

use crate::{ALL, ReadModel};

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
    pub(crate) async fn reaches(&self, told: &mut watch::Receiver<Position>, position: Position) {
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
