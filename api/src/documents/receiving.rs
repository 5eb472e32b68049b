//! A content that comes: taken if it is what its version declared, and said in the log once it is
//! in its place.

use std::collections::BTreeSet;

use bytes::Bytes;
use domain::{
    Asked, Decider as _, DlaId, Document, DocumentId, Dossier, Refusal, document::Version,
};
use eventlog::{Command, EventLog, Position, vault::content::ContentKey};
use futures_util::Stream;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{Contents, NotTaken};
use crate::{Error, processes::named};

/// A content that may come, for whoever was found to have the right to send it.
pub(crate) struct Awaited {
    document: DocumentId,
    number: i32,
    /// What was declared of it.
    pub(crate) version: Version,
    /// Of its dossier, those that joined it late included.
    dlas: BTreeSet<DlaId>,
    key: ContentKey,
}

/// Who sends it, when, and in which trace.
pub(crate) struct Sender {
    pub(crate) asked: Asked,
    pub(crate) at: Timestamp,
    pub(crate) trace: Option<String>,
}

/// Why a content was not received. Nothing is left of it.
pub(crate) enum NotReceived {
    Taken(NotTaken),
    Error(Error),
}

impl<T: Into<Error>> From<T> for NotReceived {
    fn from(error: T) -> Self {
        Self::Error(error.into())
    }
}

/// A document as it stands, and the DLAs of its dossier, those that joined it late included.
pub(crate) async fn standing(
    log: &EventLog,
    id: DocumentId,
) -> Result<(Document, BTreeSet<DlaId>), Error> {
    let mut known = log.seen::<Document>(id).await?.state;
    let dlas = match known.ingenierie() {
        None => BTreeSet::new(),
        Some(ingenierie) => {
            let dossier = log.either::<Dossier>(ingenierie).await;
            dossier?.dlas.into_iter().collect()
        }
    };
    known.joined_by(&dlas);
    Ok((known, dlas))
}

impl Awaited {
    /// The content of a version, if it may come from whoever asks.
    pub(crate) async fn of(
        log: &EventLog,
        asked: &Asked,
        document: DocumentId,
        number: i32,
    ) -> Result<Self, Error> {
        let (known, dlas) = standing(log, document).await?;
        let version = known
            .expected(asked, number)
            .map_err(Refusal::from)?
            .clone();
        let key = log.vault().content_key(&known.subject(document)).await?;
        let nothing = || Refusal::from(domain::refusal::Common::NotFound {});
        Ok(Self { document, number, version, dlas, key: key.ok_or_else(nothing)? })
    }

    /// Takes it, and says so. The same content is the same command, whoever sends it and how
    /// often.
    pub(crate) async fn receive<E>(
        &self,
        (log, contents): (&EventLog, &Contents),
        sender: Sender,
        content: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<Position, NotReceived> {
        contents
            .take(self.document, &self.version, &self.key, content)
            .await
            .map_err(NotReceived::Taken)?;
        let what = format!("sendDocumentContent/{}/{}", self.document.0, self.number);
        let command = Command {
            id: named(&Sha256::digest(&what).into()),
            fingerprint: log.vault().fingerprint(&what).await?,
            asked: sender.asked,
            at: sender.at,
            seen: None,
            trace: sender.trace,
        };
        let decided = log.decide::<Document>(&command, self.document, |it, asked| {
            let mut it = it.clone();
            it.joined_by(&self.dlas);
            it.receive_document_content(asked, self.number)
        });
        match decided.await {
            Ok(outcome) => Ok(outcome.position),
            Err(no) => {
                // Whoever erased the document meanwhile has deleted what was there, not this.
                if standing(log, self.document).await?.0.is_erased() {
                    let deleted = contents.delete(self.document).await;
                    deleted.map_err(Error::internal)?;
                }
                Err(no.into())
            }
        }
    }
}
