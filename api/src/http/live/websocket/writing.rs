//! What a client is told, in order; and up to where it left the house, for whoever must go on
//! elsewhere.

use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use eventlog::Position;
use futures_util::{SinkExt as _, stream::SplitSink};
use tokio::{sync::mpsc, time::timeout};

use super::{GOODBYE_MAX, Goodbye};
use crate::live::Listener;

/// The longest reason that a close frame holds, in bytes (RFC 6455, 5.5).
const REASON_BYTES_MAX: usize = 123;

/// One message, and what it tells a listener.
pub(super) struct Outgoing {
    text: String,
    tells: Option<(Arc<Listener>, Position)>,
}

impl Outgoing {
    pub(super) fn message(text: String) -> Self {
        Self { text, tells: None }
    }

    pub(super) fn event(text: String, tells: (Arc<Listener>, Position)) -> Self {
        Self { text, tells: Some(tells) }
    }
}

/// Writes until nobody has anything more to say, or goodbye is said; then says it.
pub(super) async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut queue: mpsc::Receiver<Outgoing>,
    goodbye: Arc<Goodbye>,
) {
    loop {
        let next = tokio::select! {
            biased;
            () = goodbye.said.cancelled() => break,
            next = queue.recv() => next,
        };
        let Some(Outgoing { text, tells }) = next else { break };
        // What is fed goes before the goodbye: it counts as told from then on.
        let fed = tokio::select! {
            biased;
            fed = sink.feed(Message::text(text)) => fed,
            () = goodbye.said.cancelled() => break,
        };
        if fed.is_err() {
            return;
        }
        if let Some((listener, position)) = tells {
            listener.wrote(position);
        }
        let flushed = tokio::select! {
            biased;
            flushed = sink.flush() => flushed,
            () = goodbye.said.cancelled() => break,
        };
        if flushed.is_err() {
            return;
        }
    }
    if let Some((code, says)) = goodbye.frame() {
        let reason = shortened(&says).into();
        let frame = Message::Close(Some(CloseFrame { code, reason }));
        let _ = timeout(GOODBYE_MAX, sink.send(frame)).await;
    }
}

fn shortened(text: &str) -> &str {
    let end = (0..=text.len().min(REASON_BYTES_MAX)).rev();
    let end = end.into_iter().find(|it| text.is_char_boundary(*it));
    &text[..end.unwrap_or_default()]
}
