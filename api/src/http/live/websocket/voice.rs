//! How one operation speaks to its client.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_graphql::{Response, ServerError};
use futures_util::{StreamExt as _, stream::BoxStream};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    messages::{complete, error, next},
    writing::Outgoing,
};
use crate::{
    http::live::{SLOW_MAX, Subscribed, sent},
    live::Listener,
};

/// The voice of one operation.
pub(super) struct Voice {
    pub(super) id: String,
    pub(super) listener: Arc<Listener>,
    pub(super) outgoing: mpsc::Sender<Outgoing>,
    /// Set before the last word is said: whoever hears it may use the id again.
    pub(super) over: Arc<AtomicBool>,
    /// Said when there is no room for what it has to tell.
    pub(super) slow: CancellationToken,
}

impl Voice {
    pub(super) async fn answers(&self, content: &Response) {
        self.say(Outgoing::message(next(&self.id, content))).await;
        self.ends(complete(&self.id)).await;
    }

    pub(super) async fn fails(&self, errors: &[ServerError]) {
        self.ends(error(&self.id, errors)).await;
    }

    async fn ends(&self, last: String) {
        self.over.store(true, Ordering::Release);
        self.say(Outgoing::message(last)).await;
    }

    /// Tells what comes, to its end: no query is dropped on its way.
    pub(super) async fn tells(
        &self,
        mut stream: BoxStream<'static, Response>,
        has_begun: impl Fn() -> bool,
    ) {
        let _subscribed = Subscribed::begin();
        while let Some(response) = stream.next().await {
            if self.listener.has_left() {
                continue;
            }
            if !has_begun() && response.is_err() {
                return self.fails(&response.errors).await;
            }
            let event = next(&self.id, &response);
            let place = (self.listener.clone(), self.listener.told());
            self.say(Outgoing::event(event, place)).await;
            sent();
        }
        self.ends(complete(&self.id)).await;
    }

    /// Waits for room, and no longer than a reader may take.
    async fn say(&self, it: Outgoing) {
        if self.listener.has_left() {
            return;
        }
        let sending = timeout(SLOW_MAX, self.outgoing.send(it));
        let sent = tokio::select! {
            sent = sending => sent,
            () = self.listener.left() => return,
        };
        match sent {
            Ok(Ok(())) => (),
            Ok(Err(_)) => self.listener.leave(),
            Err(_) => {
                // Before it leaves, for where it stands is asked of those that are still there.
                self.slow.cancel();
                self.listener.leave();
            }
        }
    }
}
