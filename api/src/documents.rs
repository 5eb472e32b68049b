//! Where the contents of documents are kept: a folder, or a bucket of an S3-compatible store.
//!
//! What is kept is sealed (`eventlog::vault::content`) and named by the document and the SHA-256
//! of the content. It appears under its name once it is whole and has that very hash: the folder
//! writes beside and renames once the disk has it, a bucket assembles the parts at the end.

pub(crate) mod receiving;

use std::{fs, io, os::unix::fs::DirBuilderExt as _, path::Path as Folder, sync::Arc};

use bytes::{Bytes, BytesMut};
use domain::{DocumentId, document::Version};
use eventlog::vault::{
    Failure as Unsealed,
    content::{CHUNK, CHUNK_SEALED, ContentKey, HEAD, Opening, Sealing},
};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream::BoxStream};
use object_store::{
    Error as StoreError, ObjectStore, ObjectStoreExt as _, WriteMultipart, aws::AmazonS3Builder,
    local::LocalFileSystem, path::Path,
};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};

use crate::config::{Problem, Settings};

/// The contents, wherever they are. Cheap to clone.
#[derive(Clone)]
pub struct Contents(Arc<dyn ObjectStore>);

/// Why there is no place for contents.
#[derive(Debug, thiserror::Error)]
pub enum Closed {
    #[error("the folder of documents, ESSAIM_DOCUMENTS_DIR, cannot be used: {0}")]
    Folder(#[from] io::Error),
    #[error("the store of documents cannot be used")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Settings(#[from] Problem),
}

/// Why a content was not taken. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    #[error("it stopped before its end")]
    Cut,
    #[error("it has not the size that was declared")]
    Size,
    #[error("it does not begin as its type does")]
    Type,
    #[error("it has not the SHA-256 that was declared")]
    Digest,
    #[error("it cannot be sealed")]
    Sealing(#[from] Unsealed),
    #[error("the store did not take it")]
    Store(#[from] StoreError),
}

/// Why a content is not given.
#[derive(Debug, thiserror::Error)]
pub enum NotGiven {
    #[error("what is kept is not what was sent, or is no longer there")]
    Altered,
    #[error("the store did not give it")]
    Store(#[source] StoreError),
}

impl Contents {
    /// As the settings say.
    pub fn of(settings: &Settings) -> Result<Self, Closed> {
        let Some(bucket) = &settings.documents_bucket else {
            return Self::in_folder(&settings.documents_dir);
        };
        let mut store = AmazonS3Builder::new().with_bucket_name(bucket);
        if let Some(region) = &settings.documents_region {
            store = store.with_region(region);
        }
        if let Some(endpoint) = &settings.documents_endpoint {
            store = store
                .with_endpoint(endpoint)
                .with_allow_http(endpoint.starts_with("http://"));
        }
        if let Some(key) = &settings.documents_access_key {
            store = store.with_access_key_id(key);
        }
        if let Some(secret) = settings.documents_secret()? {
            store = store.with_secret_access_key(secret.expose_secret().trim());
        }
        Ok(Self(Arc::new(store.build()?)))
    }

    /// In a folder, made if it is not there, which nobody else reads.
    pub fn in_folder(folder: &Folder) -> Result<Self, Closed> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self(Arc::new(store)))
    }

    /// Takes a content that comes piece by piece, if it is what was declared. It takes the place
    /// of the same content, should it be there: sending it again repairs.
    pub async fn take<E>(
        &self,
        document: DocumentId,
        expected: &Version,
        key: &ContentKey,
        mut content: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<(), NotTaken> {
        let name = name(document, expected.empreinte.as_str());
        let upload = self.0.put_multipart(&Path::from(name.as_str())).await?;
        let mut taking = Taking::new(WriteMultipart::new(upload), key, &name)?;
        while let Some(piece) = content.next().await {
            let taken = match piece {
                Ok(piece) => taking.piece(&piece, expected).await,
                Err(_) => Err(NotTaken::Cut),
            };
            if let Err(no) = taken {
                give_up(taking.to).await;
                return Err(no);
            }
        }
        taking.end(expected).await
    }

    /// Gives a content, piece by piece, once its first one has opened. It fails where it is not
    /// what was sent.
    pub async fn give(
        &self,
        document: DocumentId,
        empreinte: &str,
        key: &ContentKey,
    ) -> Result<BoxStream<'static, Result<Bytes, NotGiven>>, NotGiven> {
        let name = name(document, empreinte);
        let found = self.0.get(&Path::from(name.as_str())).await;
        let mut sealed = match found {
            Ok(found) => found.into_stream(),
            Err(StoreError::NotFound { .. }) => return Err(NotGiven::Altered),
            Err(error) => return Err(NotGiven::Store(error)),
        };
        let mut held = BytesMut::new();
        while held.len() < HEAD && more(&mut sealed, &mut held).await? {}
        if held.len() < HEAD {
            return Err(NotGiven::Altered);
        }
        let beginning = held.split_to(HEAD);
        let opening = key.open(&name, &beginning).map_err(|_| NotGiven::Altered)?;
        let giving = Giving {
            sealed,
            held,
            opening: Some(opening),
            hash: Sha256::new(),
            empreinte: empreinte.to_owned(),
        };
        let (first, giving) = giving.next().await?;
        let first = futures_util::stream::iter([Ok(first)]);
        let others = futures_util::stream::try_unfold(giving, async |giving| {
            let Some(giving) = giving else { return Ok(None) };
            giving.next().await.map(Some)
        });
        Ok(first.chain(others).boxed())
    }

    /// Deletes every content of a document.
    pub async fn delete(&self, document: DocumentId) -> Result<(), StoreError> {
        let folder = Path::from(document.0.to_string());
        let names = self.0.list(Some(&folder)).map_ok(|it| it.location).boxed();
        self.0
            .delete_stream(names)
            .try_for_each(|_| async { Ok(()) })
            .await
    }
}

fn name(document: DocumentId, empreinte: &str) -> String {
    format!("{}/{empreinte}", document.0)
}

/// A content under way to its place.
struct Taking {
    to: WriteMultipart,
    sealing: Sealing,
    /// What is not sealed yet: never more than a chunk.
    held: BytesMut,
    hash: Sha256,
    size: u64,
}

impl Taking {
    fn new(mut to: WriteMultipart, key: &ContentKey, name: &str) -> Result<Self, NotTaken> {
        let (head, sealing) = key.seal(name)?;
        to.write(&head);
        Ok(Self { to, sealing, held: BytesMut::new(), hash: Sha256::new(), size: 0 })
    }

    async fn piece(&mut self, piece: &[u8], expected: &Version) -> Result<(), NotTaken> {
        self.size += piece.len() as u64;
        if i64::try_from(self.size).is_ok_and(|it| it > expected.taille) {
            return Err(NotTaken::Size);
        }
        self.hash.update(piece);
        self.held.extend_from_slice(piece);
        let begins = self.size - self.held.len() as u64 == 0;
        if begins && !begins_alike(&self.held, expected.media.beginning()) {
            return Err(NotTaken::Type);
        }
        while self.held.len() > CHUNK {
            let chunk = self.sealing.next(&self.held.split_to(CHUNK))?;
            // One part on its way at a time: memory stays bounded whatever the size.
            self.to.wait_for_capacity(1).await?;
            self.to.put(chunk.into());
        }
        Ok(())
    }

    async fn end(self, expected: &Version) -> Result<(), NotTaken> {
        let Self { mut to, sealing, held, hash, size } = self;
        let no = if i64::try_from(size).is_ok_and(|it| it < expected.taille) {
            Some(NotTaken::Size)
        } else if held.len() as u64 == size && !held.starts_with(expected.media.beginning()) {
            Some(NotTaken::Type)
        } else if hex_of(hash) != expected.empreinte.as_str() {
            Some(NotTaken::Digest)
        } else {
            None
        };
        if let Some(no) = no {
            give_up(to).await;
            return Err(no);
        }
        to.put(sealing.last(&held)?.into());
        to.finish().await?;
        Ok(())
    }
}

/// Leaves nothing of what was begun. A store that does not answer keeps parts that nobody sees.
async fn give_up(upload: WriteMultipart) {
    if let Err(error) = upload.abort().await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "parts of a content are left in the store");
    }
}

/// As far as both go.
fn begins_alike(content: &[u8], beginning: &[u8]) -> bool {
    content
        .iter()
        .zip(beginning)
        .all(|(one, other)| one == other)
}

/// A content under way to its reader.
struct Giving {
    sealed: BoxStream<'static, Result<Bytes, StoreError>>,
    held: BytesMut,
    /// Until the last chunk is open.
    opening: Option<Opening>,
    hash: Sha256,
    empreinte: String,
}

impl Giving {
    /// The next piece, and what is left to give.
    async fn next(mut self) -> Result<(Bytes, Option<Self>), NotGiven> {
        let mut last = false;
        while !last && self.held.len() <= CHUNK_SEALED {
            last = !more(&mut self.sealed, &mut self.held).await?;
        }
        let Some(mut opening) = self.opening.take() else { return Err(NotGiven::Altered) };
        let altered = |_: Unsealed| NotGiven::Altered;
        if self.held.len() > CHUNK_SEALED {
            let chunk = opening
                .next(&self.held.split_to(CHUNK_SEALED))
                .map_err(altered)?;
            self.hash.update(&chunk);
            self.opening = Some(opening);
            return Ok((chunk.into(), Some(self)));
        }
        let chunk = opening.last(&self.held).map_err(altered)?;
        self.hash.update(&chunk);
        if hex_of(self.hash) != self.empreinte {
            return Err(NotGiven::Altered);
        }
        Ok((chunk.into(), None))
    }
}

/// Reads some more, if there is any.
async fn more(
    from: &mut BoxStream<'static, Result<Bytes, StoreError>>,
    to: &mut BytesMut,
) -> Result<bool, NotGiven> {
    match from.next().await {
        None => Ok(false),
        Some(Ok(piece)) => {
            to.extend_from_slice(&piece);
            Ok(true)
        }
        Some(Err(error)) => Err(NotGiven::Store(error)),
    }
}

fn hex_of(hash: Sha256) -> String {
    format!("{:x}", hash.finalize())
}
