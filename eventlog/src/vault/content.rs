//! Contents that are too large for the log, under the key of their subject: a stream of chunks,
//! each of which opens at its place, in its content, and nowhere else.
//!
//! ```text
//! content = "ESC1" ‖ nonce(19) ‖ STREAM-BE32( XChaCha20-Poly1305, key, chunks of 64 KiB )
//! ```
//!
//! The key is derived from that of the subject: when the subject is erased, nothing opens.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{
        Payload,
        generic_array::GenericArray,
        stream::{DecryptorBE32, EncryptorBE32},
    },
};
use domain::Subject;
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

use super::{Failure, Vault, keys::random};
use crate::Error;

/// The bytes of a chunk, the last one apart, which is shorter or as long.
pub const CHUNK: usize = 64 * 1024;
/// The same, sealed.
pub const CHUNK_SEALED: usize = CHUNK + 16;
/// What stands before the first chunk.
pub const HEAD: usize = MARK.len() + NONCE_BYTES;

const MARK: &[u8; 4] = b"ESC1";
const NONCE_BYTES: usize = 19;

/// What the key of a subject is hashed with, so that contents have one of their own.
const DERIVING: &str = "essaim/content";

/// Seals and opens the contents of one subject.
pub struct ContentKey(SecretBox<[u8; 32]>);

/// A content that is being sealed, chunk by chunk.
pub struct Sealing {
    stream: EncryptorBE32<XChaCha20Poly1305>,
    about: String,
}

/// A content that is being opened, chunk by chunk.
pub struct Opening {
    stream: DecryptorBE32<XChaCha20Poly1305>,
    about: String,
}

impl Vault {
    /// The key of a subject's contents, if the subject has one and was not erased. The caller has
    /// checked the right to read, and writes in the journal what it opens.
    pub async fn content_key(&self, subject: &Subject) -> Result<Option<ContentKey>, Error> {
        let key = self.existing_key(subject.as_str()).await?;
        Ok(key.map(|key| {
            let derived = Sha256::new_with_prefix(DERIVING).chain_update(key.expose_secret());
            ContentKey(SecretBox::new(Box::new(derived.finalize().into())))
        }))
    }
}

impl ContentKey {
    /// Begins to seal a content, which `about` names: what stands before its first chunk.
    pub fn seal(&self, about: &str) -> Result<(Vec<u8>, Sealing), Failure> {
        let nonce = random::<NONCE_BYTES>()?;
        let stream = EncryptorBE32::from_aead(self.cipher(), GenericArray::from_slice(&nonce));
        let head = [MARK.as_slice(), &nonce].concat();
        Ok((head, Sealing { stream, about: about.to_owned() }))
    }

    /// Begins to open a content, by what stands before its first chunk.
    pub fn open(&self, about: &str, head: &[u8]) -> Result<Opening, Failure> {
        let nonce = head.strip_prefix(MARK.as_slice());
        let nonce = nonce.filter(|it| it.len() == NONCE_BYTES);
        let nonce = GenericArray::from_slice(nonce.ok_or(Failure::Altered)?);
        let stream = DecryptorBE32::from_aead(self.cipher(), nonce);
        Ok(Opening { stream, about: about.to_owned() })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.expose_secret().into())
    }
}

impl Sealing {
    /// A chunk of [`CHUNK`] bytes that is not the last one.
    pub fn next(&mut self, chunk: &[u8]) -> Result<Vec<u8>, Failure> {
        let chunk = Payload { msg: chunk, aad: self.about.as_bytes() };
        self.stream
            .encrypt_next(chunk)
            .map_err(|_| Failure::Altered)
    }

    /// The last one.
    pub fn last(self, chunk: &[u8]) -> Result<Vec<u8>, Failure> {
        let chunk = Payload { msg: chunk, aad: self.about.as_bytes() };
        self.stream
            .encrypt_last(chunk)
            .map_err(|_| Failure::Altered)
    }
}

impl Opening {
    /// A chunk of [`CHUNK_SEALED`] bytes that is not the last one.
    pub fn next(&mut self, chunk: &[u8]) -> Result<Vec<u8>, Failure> {
        let chunk = Payload { msg: chunk, aad: self.about.as_bytes() };
        self.stream
            .decrypt_next(chunk)
            .map_err(|_| Failure::Altered)
    }

    /// The last one: a content that was cut does not open.
    pub fn last(self, chunk: &[u8]) -> Result<Vec<u8>, Failure> {
        let chunk = Payload { msg: chunk, aad: self.about.as_bytes() };
        self.stream
            .decrypt_last(chunk)
            .map_err(|_| Failure::Altered)
    }
}
