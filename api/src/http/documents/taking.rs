//! A content that is sent: taken if it is what its version declared, and said in the log once it
//! is in its place.

use axum::{
    Json,
    body::Body,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use domain::{Asked as Asking, Decider as _, DocumentId, document::TypeMedia};
use eventlog::Command;
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, header, request::Parts};
use projections::documents::MODEL;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Asked, Coming, Exchanges, No, actor_of, standing};
use crate::{
    Error,
    clock::RequestClock,
    documents::NotTaken,
    error::{CONTENT_CUT, CONTENT_DIGEST_DIFFERS, CONTENT_SIZE_DIFFERS, CONTENT_TYPE_DIFFERS},
    http::streaming::STALLED_MAX,
    processes::named,
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
    let asking = Asking { by: actor, today: clock.today, on: None, because: None };
    let (known, dlas) = standing(log, document).await?;
    let expected = known
        .expected(&asking, version)
        .map_err(domain::Refusal::from)?;
    announced(&parts.headers, expected.taille, &expected.media)?;
    let subject = known.subject(document);
    let key = log.vault().content_key(&subject).await?;
    let key = key.ok_or_else(No::nothing)?;
    let content = Box::pin(in_time(body));
    it.contents
        .take(document, expected, &key, content)
        .await
        .map_err(refused)?;
    // The same content is the same command, whoever sends it and how often.
    let what = format!("sendDocumentContent/{}/{version}", document.0);
    let command = Command {
        id: named(&Sha256::digest(&what).into()),
        fingerprint: log.vault().fingerprint(&what).await?,
        asked: asking,
        at: clock.at,
        seen: None,
        trace: Some(telemetry::trace_of_request(&parts.headers)),
    };
    let decided = log.decide::<domain::Document>(&command, document, |it, asked| {
        let mut it = it.clone();
        it.joined_by(&dlas);
        it.receive_document_content(asked, version)
    });
    let position = match decided.await {
        Ok(outcome) => outcome.position,
        Err(no) => {
            leave_nothing(&it, document).await?;
            return Err(no.into());
        }
    };
    match it.reads.caught_up(&MODEL, position).await {
        // It is taken all the same: whoever reads in a moment finds it.
        Ok(()) | Err(projections::Error::Late) => (),
        Err(error) => return Err(Error::from(error).into()),
    }
    Ok(Json(json!({ "position": position.0.to_string() })).into_response())
}

/// Whoever erased the document while its content came has deleted what was there, not this.
async fn leave_nothing(it: &Exchanges, document: DocumentId) -> Result<(), No> {
    if standing(it.reads.log(), document).await?.0.is_erased() {
        let deleted = it.contents.delete(document).await;
        deleted.map_err(Error::internal)?;
    }
    Ok(())
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

fn refused(why: NotTaken) -> No {
    match why {
        NotTaken::Cut => No::Content(&CONTENT_CUT),
        NotTaken::Size => No::Content(&CONTENT_SIZE_DIFFERS),
        NotTaken::Type => No::Content(&CONTENT_TYPE_DIFFERS),
        NotTaken::Digest => No::Content(&CONTENT_DIGEST_DIFFERS),
        it @ (NotTaken::Sealing(_) | NotTaken::Store(_)) => Error::internal(it).into(),
    }
}
