//! A content that is sent over HTTP.

use axum::{
    Json,
    body::Body,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use domain::{Asked as Asking, document::TypeMedia};
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, header, request::Parts};
use projections::documents::MODEL;
use serde_json::json;

use super::{Asked, Coming, Exchanges, No, actor_of};
use crate::{
    Error,
    clock::RequestClock,
    documents::{
        NotTaken,
        receiving::{Awaited, NotReceived, Sender},
    },
    error::{CONTENT_CUT, CONTENT_DIGEST_DIFFERS, CONTENT_SIZE_DIFFERS, CONTENT_TYPE_DIFFERS},
    http::streaming::STALLED_MAX,
    telemetry,
};

pub(super) async fn take(
    it: Exchanges,
    (caller, _place): Coming,
    Asked { document, version }: Asked,
    (parts, body): (Parts, Body),
) -> Result<Response, No> {
    let version = version.ok_or_else(No::nothing)?;
    let log = it.reads.log();
    let actor = actor_of(&it, caller).await?;
    let clock = RequestClock::read();
    let asked = Asking { by: actor, today: clock.today, on: None, because: None };
    let awaited = Awaited::of(log, &asked, document, version).await?;
    announced(&parts.headers, awaited.version.taille, &awaited.version.media)?;
    let trace = Some(telemetry::trace_of_request(&parts.headers));
    let sender = Sender { asked, at: clock.at, trace };
    let content = Box::pin(in_time(body));
    let received = awaited.receive((log, &it.contents), sender, content).await;
    let position = received.map_err(refused)?;
    match it.reads.caught_up(&MODEL, position).await {
        // It is taken all the same: whoever reads in a moment finds it.
        Ok(()) | Err(projections::Error::Late) => (),
        Err(error) => return Err(Error::from(error).into()),
    }
    Ok(Json(json!({ "position": position.0.to_string() })).into_response())
}

/// What the headers say must be what the version declared.
fn announced(headers: &HeaderMap, taille: i64, media: &TypeMedia) -> Result<(), No> {
    let text = |name| headers.get(name).and_then(|it| it.to_str().ok());
    let sent = text(header::CONTENT_TYPE).and_then(|it| TypeMedia::parse(it).ok());
    if sent.as_ref() != Some(media) {
        return Err(No::Content(&CONTENT_TYPE_DIFFERS));
    }
    let length = text(header::CONTENT_LENGTH).and_then(|it| it.parse::<i64>().ok());
    if length.is_some_and(|it| it != taille) {
        return Err(No::Content(&CONTENT_SIZE_DIFFERS));
    }
    Ok(())
}

/// A body, given up when nothing comes for too long.
fn in_time(body: Body) -> impl Stream<Item = Result<Bytes, NotTaken>> {
    futures_util::stream::unfold(body.into_data_stream(), async |mut body| {
        match tokio::time::timeout(STALLED_MAX, body.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(piece))) => Some((Ok(piece), body)),
            Ok(Some(Err(_))) | Err(_) => Some((Err(NotTaken::Cut), body)),
        }
    })
}

fn refused(why: NotReceived) -> No {
    let why = match why {
        NotReceived::Error(error) => return error.into(),
        NotReceived::Taken(why) => why,
    };
    match why {
        NotTaken::Cut => No::Content(&CONTENT_CUT),
        NotTaken::Size => No::Content(&CONTENT_SIZE_DIFFERS),
        NotTaken::Type => No::Content(&CONTENT_TYPE_DIFFERS),
        NotTaken::Digest => No::Content(&CONTENT_DIGEST_DIFFERS),
        it @ (NotTaken::Sealing(_) | NotTaken::Store(_)) => Error::internal(it).into(),
    }
}
