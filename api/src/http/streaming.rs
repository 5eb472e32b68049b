//! What is written while it is read: piece by piece, as fast as it is taken, and cut when it
//! stops before its end.

use std::{io, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use tokio::sync::mpsc;

/// How long a reader may take no more, or a writer send no more, before it is given up.
pub(super) const STALLED_MAX: Duration = Duration::from_mins(1);

/// What goes from who writes to who reads.
pub(super) enum Piece {
    Some(Bytes),
    End,
}

/// What is read. It is cut when it stops before its end, whatever stopped it: what was received
/// is not taken for the whole.
pub(super) fn body(taken: mpsc::Receiver<Piece>) -> Body {
    Body::from_stream(futures_util::stream::unfold(Some(taken), async |taken| {
        let mut taken = taken?;
        match taken.recv().await {
            Some(Piece::Some(piece)) => Some((Ok(piece), Some(taken))),
            Some(Piece::End) => None,
            None => Some((Err(io::Error::other("the download stopped before its end")), None)),
        }
    }))
}
