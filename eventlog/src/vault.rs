//! Sealed values: in the leaf a salted commitment, beside the log a disclosure under the
//! key of its subject. Deleting the key erases the value and leaves every proof valid.
//!
//! The disclosure has the form of RFC 9901: `D = base64url(JCS([salt, pointer, value]))`,
//! and the leaf holds `base64url(SHA-256(D))`.

use std::{collections::HashMap, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    AeadInPlace, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use domain::{Actor, ActorId};
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretBox};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{Error, Position, leaf};

/// Unwrapped keys kept in memory, so that a dossier at work costs no query.
const KEYS_CACHED_MAX: u64 = 10_000;

/// A key that another process destroyed seals no more after this.
const KEYS_CACHED_FOR: Duration = Duration::from_mins(1);

const NONCE_BYTES: usize = 24;

/// The subject whose key makes fingerprints. It is never erased.
const FINGERPRINTS: &str = "log/fingerprints";

/// The key-encryption key: wraps the keys of subjects. From configuration only.
#[derive(Clone)]
pub struct Kek(Arc<SecretBox<[u8; 32]>>);

impl Kek {
    pub fn new(key: [u8; 32]) -> Self {
        Self(Arc::new(SecretBox::new(Box::new(key))))
    }
}

/// Why a sealed value could not be opened or closed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the system gave no random bytes")]
    Random(#[from] getrandom::Error),
    #[error("a key or a value does not open: wrong key, or altered bytes")]
    Altered,
}

/// Keeps keys and disclosures. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    pool: PgPool,
    kek: Kek,
    keys: Cache<String, Arc<SecretBox<[u8; 32]>>>,
    actors: Cache<(String, String), ActorId>,
}

/// Who opens sealed values, as the journal tells it.
#[derive(Debug, Clone)]
pub struct Reader {
    pub actor: ActorId,
    /// Their role then: `FINANCEUR`.
    pub role: &'static str,
    /// What for: `READ`, or the command that needs the values.
    pub purpose: &'static str,
}

impl Reader {
    /// Someone who reads for themselves.
    pub fn of(actor: &Actor) -> Self {
        Self { actor: actor.id, role: actor.role.name().as_str(), purpose: "READ" }
    }

    /// The same, for a command.
    #[must_use]
    pub fn to(self, purpose: &'static str) -> Self {
        Self { purpose, ..self }
    }
}

#[derive(sqlx::FromRow)]
struct Boxed {
    position: Position,
    pointer: String,
    subject: String,
    #[sqlx(rename = "box")]
    disclosure: Vec<u8>,
    wrapped: Vec<u8>,
    /// As the leaf has it.
    commitment: Option<String>,
}

/// A value ready for the log.
pub(crate) struct SealedValue {
    pub pointer: String,
    pub subject: String,
    /// What the leaf says: `d`, the commitment, and `s`, whose key protects it.
    pub commitment: Value,
    /// The disclosure, encrypted.
    pub boxed: Vec<u8>,
}

impl Vault {
    pub(crate) fn new(pool: PgPool, kek: Kek) -> Self {
        let keys = Cache::builder()
            .max_capacity(KEYS_CACHED_MAX)
            .time_to_live(KEYS_CACHED_FOR)
            .build();
        Self { pool, kek, keys, actors: Cache::new(KEYS_CACHED_MAX) }
    }

    /// Commits to a value, and encrypts its disclosure for its subject.
    pub(crate) async fn seal(&self, value: domain::codec::ToSeal) -> Result<SealedValue, Error> {
        let domain::codec::ToSeal { pointer, subject, value } = value;
        let salt = URL_SAFE_NO_PAD.encode(random::<32>()?);
        let disclosure = leaf::canonical(&json!([salt, pointer, value]))?;
        let disclosure = URL_SAFE_NO_PAD.encode(disclosure);
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&disclosure));
        let key = self.key(&subject).await?;
        let boxed = encrypt(key.expose_secret(), disclosure.as_bytes(), pointer.as_bytes())?;
        let commitment = json!({ "d": digest, "s": subject });
        Ok(SealedValue { pointer, subject, commitment, boxed })
    }

    /// Opens values for someone who may read them, and first writes in the journal that they do.
    /// What was erased is absent. So is what was altered, which is told to those who operate.
    ///
    /// The caller has checked the right to read: this room knows keys, not roles.
    pub async fn open(
        &self,
        reader: &Reader,
        places: &[(Position, &str)],
    ) -> Result<HashMap<(Position, String), Value>, Error> {
        let boxes = self.boxes(reader, places).await?;
        let opened = boxes.into_iter().filter_map(|it| {
            let value = self.disclosed(&it).ok()?;
            Some(((it.position, it.pointer), value))
        });
        Ok(opened.collect())
    }

    /// The same, for a decision: one altered value and there is none.
    pub async fn open_unaltered(
        &self,
        reader: &Reader,
        places: &[(Position, &str)],
    ) -> Result<HashMap<(Position, String), Value>, Error> {
        let boxes = self.boxes(reader, places).await?;
        let opened = boxes.into_iter().map(|it| {
            let value = self.disclosed(&it)?;
            Ok(((it.position, it.pointer), value))
        });
        opened.collect()
    }

    /// Boxes, their keys and what the leaves say of them, once the journal says who opens them.
    async fn boxes(
        &self,
        reader: &Reader,
        places: &[(Position, &str)],
    ) -> Result<Vec<Boxed>, Error> {
        let (positions, pointers): (Vec<_>, Vec<_>) = places.iter().copied().unzip();
        // The statement has ended, journal included, before the first box is opened.
        let boxes = sqlx::query_as(
            "with asked as (
                 select s.position, s.pointer, s.subject, s.box, k.wrapped,
                        e.leaf -> 'sealed' -> s.pointer ->> 'd' as commitment
                 from unnest($1::bigint[], $2::text[]) as it (position, pointer)
                 join vault.sealed s on s.position = it.position and s.pointer = it.pointer
                 join vault.subject_key k on k.subject = s.subject
                 join log.event e on e.position = s.position
             ),
             journal as (
                 insert into vault.access (actor, role, purpose, position, pointer, subject)
                 select $3, $4, $5, position, pointer, subject from asked
             )
             select * from asked",
        )
        .bind(positions.into_iter().map(|it| it.0).collect::<Vec<_>>())
        .bind(pointers)
        .bind(reader.actor.0)
        .bind(reader.role)
        .bind(reader.purpose)
        .fetch_all(&self.pool)
        .await?;
        Ok(boxes)
    }

    /// The value of a box, if it is what the leaf committed to.
    fn disclosed(&self, it: &Boxed) -> Result<Value, Failure> {
        let value = self.unboxed(it);
        if let Err(failure) = &value {
            metrics::counter!("essaim_vault_altered_total").increment(1);
            tracing::error!(
                position = it.position.0,
                pointer = it.pointer,
                error = failure as &dyn std::error::Error,
                "a sealed value does not open"
            );
        }
        value
    }

    fn unboxed(&self, it: &Boxed) -> Result<Value, Failure> {
        let key = self.unwrap(&it.subject, &it.wrapped)?;
        let disclosure = decrypt(key.expose_secret(), &it.disclosure, it.pointer.as_bytes())?;
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&disclosure));
        if it.commitment.as_deref() != Some(&digest) {
            return Err(Failure::Altered);
        }
        let text = URL_SAFE_NO_PAD
            .decode(disclosure)
            .map_err(|_| Failure::Altered)?;
        let parts: [Value; 3] = serde_json::from_slice(&text).map_err(|_| Failure::Altered)?;
        let [_, pointer, value] = parts;
        if pointer == it.pointer { Ok(value) } else { Err(Failure::Altered) }
    }

    /// The fingerprint of a request, under a key of the vault: whoever reads the log alone cannot
    /// guess what a sealed value was by trying.
    pub async fn fingerprint(&self, request: &str) -> Result<[u8; 32], Error> {
        let key = self.key(FINGERPRINTS).await?;
        let inner = Sha256::new_with_prefix(key.expose_secret()).chain_update(request);
        let outer = Sha256::new_with_prefix(key.expose_secret()).chain_update(inner.finalize());
        Ok(outer.finalize().into())
    }

    /// The random id that stands for a person in the log; drawn the first time they come.
    pub async fn actor(&self, issuer: &str, subject: &str) -> Result<ActorId, Error> {
        let who = (issuer.to_owned(), subject.to_owned());
        if let Some(known) = self.actors.get(&who) {
            return Ok(known);
        }
        let drawn = Uuid::from_bytes(random::<16>()?);
        let drawn = uuid::Builder::from_random_bytes(*drawn.as_bytes()).into_uuid();
        sqlx::query(
            "insert into vault.actor (issuer, subject, actor) values ($1, $2, $3)
             on conflict do nothing",
        )
        .bind(issuer)
        .bind(subject)
        .bind(drawn)
        .execute(&self.pool)
        .await?;
        let id: Uuid =
            sqlx::query_scalar("select actor from vault.actor where issuer = $1 and subject = $2")
                .bind(issuer)
                .bind(subject)
                .fetch_one(&self.pool)
                .await?;
        self.actors.insert(who, ActorId(id));
        Ok(ActorId(id))
    }

    /// The key of a subject, made the first time it is needed.
    async fn key(&self, subject: &str) -> Result<Arc<SecretBox<[u8; 32]>>, Error> {
        if let Some(key) = self.existing_key(subject).await? {
            return Ok(key);
        }
        let made = random::<32>()?;
        let wrapped = encrypt(self.kek.0.expose_secret(), &made, subject.as_bytes())?;
        sqlx::query(
            "insert into vault.subject_key (subject, wrapped) values ($1, $2)
             on conflict do nothing",
        )
        .bind(subject)
        .bind(wrapped)
        .execute(&self.pool)
        .await?;
        // Another process may have been first: its key is the one.
        self.existing_key(subject)
            .await?
            .ok_or_else(|| Failure::Altered.into())
    }

    async fn existing_key(&self, subject: &str) -> Result<Option<Arc<SecretBox<[u8; 32]>>>, Error> {
        if let Some(key) = self.keys.get(subject) {
            return Ok(Some(key));
        }
        let wrapped: Option<Vec<u8>> =
            sqlx::query_scalar("select wrapped from vault.subject_key where subject = $1")
                .bind(subject)
                .fetch_optional(&self.pool)
                .await?;
        let Some(wrapped) = wrapped else { return Ok(None) };
        let key = Arc::new(self.unwrap(subject, &wrapped)?);
        self.keys.insert(subject.to_owned(), key.clone());
        Ok(Some(key))
    }

    fn unwrap(&self, subject: &str, wrapped: &[u8]) -> Result<SecretBox<[u8; 32]>, Failure> {
        let key = decrypt(self.kek.0.expose_secret(), wrapped, subject.as_bytes())?;
        let key: [u8; 32] = key.try_into().map_err(|_| Failure::Altered)?;
        Ok(SecretBox::new(Box::new(key)))
    }
}

/// XChaCha20-Poly1305 with a fresh nonce, which stands before the ciphertext.
fn encrypt(key: &[u8; 32], plain: &[u8], about: &[u8]) -> Result<Vec<u8>, Failure> {
    let nonce = random::<NONCE_BYTES>()?;
    let cipher = XChaCha20Poly1305::new(key.into());
    let mut boxed = plain.to_vec();
    cipher
        .encrypt_in_place(XNonce::from_slice(&nonce), about, &mut boxed)
        .map_err(|_| Failure::Altered)?;
    Ok([nonce.as_slice(), &boxed].concat())
}

fn decrypt(key: &[u8; 32], boxed: &[u8], about: &[u8]) -> Result<Vec<u8>, Failure> {
    let (nonce, cipher) = boxed
        .split_at_checked(NONCE_BYTES)
        .ok_or(Failure::Altered)?;
    XChaCha20Poly1305::new(key.into())
        .decrypt(XNonce::from_slice(nonce), Payload { msg: cipher, aad: about })
        .map_err(|_| Failure::Altered)
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
