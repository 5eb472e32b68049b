//! The history as a file, for those who work with a spreadsheet or a program of their own:
//! `/historique.csv` and `/historique.jsonl`, to whoever has a token, as much as GraphQL would
//! show them. Streamed, bounded, and written in the journal of readings before it begins.

mod asked;
mod line;

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use domain::Actor;
use eventlog::{Position, Reader, proof::Refused};
use http::{HeaderName, HeaderValue, header};
use projections::{
    Reads, Scope, conventions,
    historique::{self as rows, Filter, MODEL},
    ingenieries,
};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tracing::Instrument as _;

use self::{
    asked::Asked,
    line::{COLUMNS, lines},
};
use super::{
    Running,
    downloads::{AS_OF, Coming, Door, Downloads, tell},
    streaming::{Piece, STALLED_MAX, body},
};
use crate::{
    Result,
    clock::today_in_paris,
    csv,
    faits::{self, Eyes},
};

/// The most facts of one download; the next ones are at the address that it gives.
const ROWS_MAX: i64 = 100_000;
/// Facts read and written at once.
const ROWS_AT_ONCE: i64 = 500;
/// The most downloads at once.
const IN_FLIGHT_MAX: usize = 8;

/// The last signed head of the log, with which each receipt is proved.
const SIZE: HeaderName = HeaderName::from_static("essaim-checkpoint-size");
const ROOT: HeaderName = HeaderName::from_static("essaim-checkpoint-root");

/// How the lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Jsonl,
}

impl Format {
    fn media(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Jsonl => "application/jsonl; charset=utf-8",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }
}

/// Both addresses.
pub fn router(it: Downloads) -> Router {
    let csv = |State(door): State<Door>, request: Request| async move {
        door.answer(request, |it| give(it, Format::Csv)).await
    };
    let jsonl = |State(door): State<Door>, request: Request| async move {
        door.answer(request, |it| give(it, Format::Jsonl)).await
    };
    Router::new()
        .route("/historique.csv", get(csv))
        .route("/historique.jsonl", get(jsonl))
        .with_state(Door::new(it, IN_FLIGHT_MAX))
}

/// The answer's head; its body follows as the reader takes it.
async fn give(Coming { it, actor, request, place }: Coming, format: Format) -> Result<Response> {
    let asked = Asked::of(&request.uri)?;
    let query = request.uri.query().unwrap_or_default();
    let download = Download::prepare(it, actor, asked, query).await?;
    Ok(download.answer(format, place, query))
}

/// A download under way.
struct Download {
    reads: Reads,
    running: Running,
    actor: Actor,
    scope: Scope,
    filter: Filter,
    bom: bool,
    as_of: Position,
    /// The first fact that does not fit.
    next: Option<Position>,
    /// Size and root of the signed tree.
    head: Option<(u64, String)>,
}

impl Download {
    async fn prepare(it: Downloads, actor: Actor, asked: Asked, query: &str) -> Result<Self> {
        let Downloads { reads, running, .. } = it;
        let scope = Scope::read(&reads, &actor, today_in_paris()).await?;
        let known = match &asked.as_of {
            Some(it) => Some(it.position(reads.log()).await?),
            None => None,
        };
        let facts = reads.as_of(&MODEL).await?.position;
        let dossiers = reads.as_of(&ingenieries::MODEL).await?.position;
        let seen = dossiers.min(reads.as_of(&conventions::MODEL).await?.position);
        let as_of = known.map_or(facts.min(seen), |it| it.min(facts).min(seen));
        let filter = asked.filter.known_at(as_of);
        let next = rows::after_many(&reads, &scope, &filter, ROWS_MAX).await?;
        let head = match reads.log().checkpoint().await {
            Ok(it) => Some((it.head.size, URL_SAFE_NO_PAD.encode(it.head.root))),
            Err(eventlog::Error::Proof(Refused::NothingSigned)) => None,
            Err(error) => return Err(error.into()),
        };
        let reader = Reader::of(&actor).to("DOWNLOAD");
        reads
            .log()
            .note_reading(&reader, as_of, (MODEL.name, query))
            .await?;
        Ok(Self { reads, running, actor, scope, filter, bom: asked.bom, as_of, next, head })
    }

    fn answer(self, format: Format, place: OwnedSemaphorePermit, query: &str) -> Response {
        let name = format!("historique-{}.{}", self.as_of.0, format.extension());
        let mut headers = vec![
            (header::CONTENT_TYPE, format.media().to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::VARY, "authorization".to_owned()),
            (AS_OF, self.as_of.0.to_string()),
        ];
        if let Some((size, root)) = &self.head {
            headers.extend([(SIZE, size.to_string()), (ROOT, root.clone())]);
        }
        if let Some(next) = self.next {
            let address = asked::continued(query, next, self.as_of);
            let link = format!("</historique.{}?{address}>; rel=\"next\"", format.extension());
            headers.push((header::LINK, link));
        }
        let (written, taken) = mpsc::channel(1);
        let running = self.running.clone();
        let write = async move {
            let _place = place;
            if let Err(error) = self.write(format, &written).await {
                tell(&error);
            }
        };
        running.spawn(write.in_current_span());
        let mut response = Response::new(body(taken));
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    /// Writes the facts, some at a time, as fast as they are taken.
    async fn write(&self, format: Format, to: &mpsc::Sender<Piece>) -> Result<()> {
        let mut text = String::new();
        if format == Format::Csv {
            text.push_str(if self.bom { "\u{feff}" } else { "" });
            csv::record(COLUMNS.iter().copied(), &mut text);
        }
        let (mut left, mut after) = (ROWS_MAX, None);
        loop {
            let eyes = Eyes { actor: &self.actor, scope: &self.scope };
            let place = (left.min(ROWS_AT_ONCE), after);
            let page = faits::page(&self.reads, eyes, &self.filter, place).await?;
            after = page.rows.last().map(|it| it.recorded().position);
            left -= ROWS_AT_ONCE;
            for line in lines(&self.reads, eyes, &page.rows).await? {
                match format {
                    Format::Csv => line.csv(&mut text)?,
                    Format::Jsonl => line.jsonl(&mut text)?,
                }
            }
            let chunk = Piece::Some(Bytes::from(std::mem::take(&mut text)));
            if to.send_timeout(chunk, STALLED_MAX).await.is_err() {
                return Ok(());
            }
            if !page.has_next || left <= 0 {
                let _ = to.send_timeout(Piece::End, STALLED_MAX).await;
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
