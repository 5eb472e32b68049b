//! A content that is read: by those who see the document, once the journal says so.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use domain::{Actor, DocumentId, document::TypeMedia};
use eventlog::{Position, Reader};
use futures_util::{StreamExt as _, stream::BoxStream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use projections::{
    Scope,
    documents::{self as rows, Document, Version},
};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tracing::Instrument as _;

use super::{Asked, Coming, Exchanges, No, actor_of, tell};
use crate::{
    Error,
    audits::{self, Lecture, Lu},
    clock::today_in_paris,
    documents::{NotGiven, receiving::standing},
    error::{CONTENT_ABSENT, CONTENT_ALTERED},
    faits::Eyes,
    http::{
        layers::REPR_DIGEST,
        streaming::{Piece, STALLED_MAX, body},
    },
};

pub(super) async fn give(
    it: Exchanges,
    (caller, place): Coming,
    Asked { document, version }: Asked,
    parts: Parts,
) -> Result<Response, No> {
    let actor = actor_of(&it, caller).await?;
    let log = it.reads.log();
    let scope = Scope::read(&it.reads, &actor, today_in_paris()).await;
    let scope = scope.map_err(Error::from)?;
    let row = rows::by_ids(&it.reads, &scope, &[document]).await;
    let row = row.map_err(Error::from)?.pop().ok_or_else(No::nothing)?;
    // The log has the last word: what was withdrawn a moment ago is no longer given.
    let (known, _) = standing(log, document).await?;
    if known.is_withdrawn() {
        return Err(domain::Refusal::from(domain::document::Refusal::DocumentIsWithdrawn {}).into());
    }
    let wanted = chosen(&row, version)?;
    let etag = format!("\"{}\"", wanted.empreinte);
    if is_known(&parts.headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let subject = known.subject(document);
    let key = log.vault().content_key(&subject).await?;
    let key = key.ok_or_else(No::nothing)?;
    let eyes = Eyes { actor: &actor, scope: &scope };
    audits::note(log, eyes, (Lu::Document, None), Lecture::of_document(&row)).await?;
    let titre = opened(&it, &actor, &row).await?;
    let what = format!("/versions/{}", wanted.numero);
    log.note_reading(
        &Reader::of(&actor).to("DOWNLOAD"),
        Position(row.position),
        (subject.as_str(), &what),
    )
    .await?;
    let content = it.contents.give(document, &wanted.empreinte, &key).await;
    let content = content.map_err(|why| no_content(document, why))?;
    let mut response = Response::new(streamed(&it, document, content, place));
    let headers = response.headers_mut();
    for (name, value) in described(wanted, &titre, etag) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

/// The version asked for, once its content came.
fn chosen(row: &Document, version: Option<i32>) -> Result<&Version, No> {
    let absent = No::Content(&CONTENT_ABSENT);
    let Some(version) = version else { return row.current().ok_or(absent) };
    let found = row.versions.iter().find(|it| it.numero == version);
    let found = found.ok_or_else(|| {
        domain::Refusal::from(domain::document::Refusal::VersionUnknown { version })
    })?;
    if found.received_on.is_some() { Ok(found) } else { Err(absent) }
}

/// Whether they have it already.
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut known = known
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','));
    known.any(|it| it.trim().trim_start_matches("W/") == etag)
}

/// The title, which names the file.
async fn opened(it: &Exchanges, actor: &Actor, row: &Document) -> Result<String, No> {
    let at = Position(row.titre.position);
    let reader = Reader::of(actor).to("DOWNLOAD");
    let place = [(at, row.titre.pointer.as_str())];
    let opened = it.reads.log().vault().open(&reader, &place).await?;
    let titre = opened.values().next().and_then(|it| it.as_str());
    Ok(titre.unwrap_or("document").to_owned())
}

/// What goes before it. A browser saves it, and runs nothing of it.
fn described(version: &Version, titre: &str, etag: String) -> Vec<(HeaderName, String)> {
    let extension = TypeMedia::parse(&version.media).map_or("bin", |it| it.extension());
    let name = encoded(&format!("{titre}.{extension}"));
    let hash = hex_bytes(&version.empreinte);
    vec![
        (header::CONTENT_TYPE, version.media.clone()),
        (header::CONTENT_LENGTH, version.taille.to_string()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"document.{extension}\"; filename*=UTF-8''{name}"),
        ),
        (header::ETAG, etag),
        (REPR_DIGEST, format!("sha-256=:{}:", STANDARD.encode(hash))),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::VARY, "authorization".to_owned()),
    ]
}

fn hex_bytes(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |it: &[u8]| u8::from_str_radix(str::from_utf8(it).ok()?, 16).ok();
    pairs.filter_map(byte).collect()
}

/// As RFC 8187 writes the name of a file.
fn encoded(name: &str) -> String {
    use std::fmt::Write as _;
    let mut all = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            all.push(char::from(byte));
        } else {
            let _ = write!(all, "%{byte:02X}");
        }
    }
    all
}

/// What is read, as fast as it is taken, and cut where it is not what was sent.
fn streamed(
    it: &Exchanges,
    document: DocumentId,
    mut content: BoxStream<'static, Result<Bytes, NotGiven>>,
    place: OwnedSemaphorePermit,
) -> Body {
    let (written, taken) = mpsc::channel(1);
    let write = async move {
        let _place = place;
        while let Some(piece) = content.next().await {
            let piece = match piece {
                Ok(piece) => Piece::Some(piece),
                Err(why) => {
                    if let No::Error(error) = no_content(document, why) {
                        tell(&error);
                    }
                    return;
                }
            };
            if written.send_timeout(piece, STALLED_MAX).await.is_err() {
                return;
            }
        }
        let _ = written.send_timeout(Piece::End, STALLED_MAX).await;
    };
    it.running.spawn(write.in_current_span());
    body(taken)
}

/// Tells those who operate, who alone can do something about it.
fn no_content(document: DocumentId, why: NotGiven) -> No {
    match why {
        NotGiven::Altered => {
            metrics::counter!("essaim_documents_altered_total").increment(1);
            tracing::error!(document = %document.0, "a content is not what was sent");
            No::Content(&CONTENT_ALTERED)
        }
        NotGiven::Store(_) => Error::internal(why).into(),
    }
}
