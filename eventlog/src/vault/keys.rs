//! The key-encryption key, what it wraps, and changing it: rows say which key wraps them, both
//! the new and the previous one open, and rotating wraps anew what the previous one wraps.

use std::sync::Arc;

use chacha20poly1305::{
    AeadInPlace, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

use super::{Failure, Vault};
use crate::Error;

/// Keys wrapped anew in one transaction.
const BATCH: i64 = 500;

const NONCE_BYTES: usize = 24;

/// What a key is hashed with, so that its name is of no use elsewhere.
const NAMING: &str = "essaim/kek-id";

/// The key-encryption key: wraps the keys of subjects. From configuration only.
#[derive(Clone)]
pub struct Kek {
    /// Wraps and opens.
    current: Arc<Wrapping>,
    /// Opens what is not wrapped anew yet.
    previous: Option<Arc<Wrapping>>,
}

struct Wrapping {
    id: String,
    key: SecretBox<[u8; 32]>,
}

impl Wrapping {
    fn of(key: [u8; 32]) -> Arc<Self> {
        let derived = Sha256::new_with_prefix(NAMING).chain_update(key).finalize();
        let id = hex::encode(&Sha256::digest(derived)[..8]);
        Arc::new(Self { id, key: SecretBox::new(Box::new(key)) })
    }
}

impl Kek {
    pub fn new(key: [u8; 32]) -> Self {
        Self { current: Wrapping::of(key), previous: None }
    }

    /// And the one that it replaces.
    #[must_use]
    pub fn or(self, previous: [u8; 32]) -> Self {
        Self { previous: Some(Wrapping::of(previous)), ..self }
    }

    /// What names it, without telling it.
    pub fn id(&self) -> &str {
        &self.current.id
    }

    fn ids(&self) -> Vec<&str> {
        let all = [Some(&self.current), self.previous.as_ref()];
        all.into_iter().flatten().map(|it| it.id.as_str()).collect()
    }

    fn named(&self, id: &str) -> Result<&Wrapping, Failure> {
        let all = [Some(&self.current), self.previous.as_ref()];
        all.into_iter()
            .flatten()
            .find(|it| it.id == id)
            .map(|it| &**it)
            .ok_or_else(|| Failure::KekUnknown { needed: id.to_owned() })
    }

    /// A key under the current one.
    pub(super) fn wrap(&self, subject: &str, key: &[u8; 32]) -> Result<Vec<u8>, Failure> {
        encrypt(self.current.key.expose_secret(), key, subject.as_bytes())
    }

    /// The key of a subject, by the name of what wraps it.
    pub(super) fn unwrap(
        &self,
        subject: &str,
        wrapped: &[u8],
        by: &str,
    ) -> Result<SecretBox<[u8; 32]>, Failure> {
        let key = self.named(by)?.key.expose_secret();
        let key = decrypt(key, wrapped, subject.as_bytes())?;
        let key: [u8; 32] = key.try_into().map_err(|_| Failure::Altered)?;
        Ok(SecretBox::new(Box::new(key)))
    }
}

impl Vault {
    /// Refuses keys that do not open every row.
    pub(crate) async fn refuse_other_kek(&self) -> Result<(), Error> {
        let other: Option<String> =
            sqlx::query_scalar("select kek from vault.subject_key where kek <> all($1) limit 1")
                .bind(self.kek.ids())
                .fetch_optional(&self.pool)
                .await?;
        match other {
            Some(needed) => Err(Failure::KekUnknown { needed }.into()),
            None => Ok(()),
        }
    }

    /// How many keys are wrapped by another key-encryption key than the current one.
    pub async fn to_rewrap(&self) -> Result<i64, Error> {
        Ok(sqlx::query_scalar("select count(*) from vault.subject_key where kek <> $1")
            .bind(self.kek.id())
            .fetch_one(&self.pool)
            .await?)
    }

    /// Wraps some keys anew, under the current key-encryption key: how many. None is left when it
    /// answers 0. What the keys seal is not touched, and may be read meanwhile.
    pub async fn rewrap(&self) -> Result<usize, Error> {
        let mut tx = self.pool.begin().await?;
        let rows: Vec<(String, Vec<u8>, String)> = sqlx::query_as(
            "select subject, wrapped, kek
             from vault.subject_key
             where kek <> $1
             order by subject
             limit $2
             for update",
        )
        .bind(self.kek.id())
        .bind(BATCH)
        .fetch_all(&mut *tx)
        .await?;
        let (mut subjects, mut wrapped) = (vec![], vec![]);
        for (subject, old, by) in rows {
            let key = self.kek.unwrap(&subject, &old, &by)?;
            wrapped.push(self.kek.wrap(&subject, key.expose_secret())?);
            subjects.push(subject);
        }
        sqlx::query(
            "update vault.subject_key k
             set wrapped = it.wrapped, kek = $1
             from unnest($2::text[], $3::bytea[]) it (subject, wrapped)
             where k.subject = it.subject",
        )
        .bind(self.kek.id())
        .bind(&subjects)
        .bind(&wrapped)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(subjects.len())
    }
}

/// XChaCha20-Poly1305 with a fresh nonce, which stands before the ciphertext.
pub(super) fn encrypt(key: &[u8; 32], plain: &[u8], about: &[u8]) -> Result<Vec<u8>, Failure> {
    let nonce = random::<NONCE_BYTES>()?;
    let cipher = XChaCha20Poly1305::new(key.into());
    let mut boxed = plain.to_vec();
    cipher
        .encrypt_in_place(XNonce::from_slice(&nonce), about, &mut boxed)
        .map_err(|_| Failure::Altered)?;
    Ok([nonce.as_slice(), &boxed].concat())
}

pub(super) fn decrypt(key: &[u8; 32], boxed: &[u8], about: &[u8]) -> Result<Vec<u8>, Failure> {
    let (nonce, cipher) = boxed
        .split_at_checked(NONCE_BYTES)
        .ok_or(Failure::Altered)?;
    XChaCha20Poly1305::new(key.into())
        .decrypt(XNonce::from_slice(nonce), Payload { msg: cipher, aad: about })
        .map_err(|_| Failure::Altered)
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
