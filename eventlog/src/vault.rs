//! Sealed values: in the leaf a salted commitment, beside the log a disclosure under the
//! key of its subject. Deleting the key erases the value and leaves every proof valid.
//!
//! The disclosure has the form of RFC 9901: `D = base64url(JCS([salt, pointer, value]))`,
//! and the leaf holds `base64url(SHA-256(D))`.

pub mod content;
mod erasing;
mod keys;
mod register;

use std::{collections::HashMap, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Actor, ActorId, Refusal, refusal::Common};
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretBox};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use uuid::Uuid;

use self::keys::{decrypt, encrypt, random};
pub use self::{
    keys::Kek,
    register::{Access, Due, Held},
};
use crate::{
    Error, Position, leaf,
    timeline::{Timeline, Timelines},
};

/// Unwrapped keys kept in memory, so that a dossier at work costs no query.
const KEYS_CACHED_MAX: u64 = 10_000;

/// Whoever reads the log forgets what it erases; after this, everyone has.
const CACHED_FOR: Duration = Duration::from_mins(1);

/// The subject whose key makes fingerprints. It is never erased.
const FINGERPRINTS: &str = "log/fingerprints";

/// Why a sealed value could not be opened or closed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the system gave no random bytes")]
    Random(#[from] getrandom::Error),
    #[error("a key or a value does not open: wrong key, or altered bytes")]
    Altered,
    #[error("the vault is wrapped by the key-encryption key {needed}, which is not the one given")]
    KekUnknown { needed: String },
}

/// The key of a subject, unwrapped.
type Key = Arc<SecretBox<[u8; 32]>>;

/// Keeps keys and disclosures. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    pool: PgPool,
    kek: Kek,
    /// What a database that was put back may never have held is not used again.
    timelines: Timelines,
    keys: Cache<String, (Timeline, Key)>,
    actors: Cache<(String, String), (Timeline, ActorId)>,
}

/// Who opens sealed values, as the journal tells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reader {
    pub actor: ActorId,
    /// Their role then: `FINANCEUR`.
    pub role: &'static str,
    /// What for: `READ`, `EXPORT`, `DISCLOSURE`, or the command that needs the values.
    pub purpose: &'static str,
    /// Why, where it must be said.
    pub because: Option<String>,
    /// Who runs the program, when no token says who asks.
    pub who: Option<String>,
}

impl Reader {
    /// Someone who reads for themselves.
    pub fn of(actor: &Actor) -> Self {
        let role = actor.role.name().as_str();
        Self { actor: actor.id, role, purpose: "READ", because: None, who: None }
    }

    /// The same, for a command.
    #[must_use]
    pub fn to(self, purpose: &'static str) -> Self {
        Self { purpose, ..self }
    }

    /// With a reason.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { because: Some(reason.into()), ..self }
    }

    /// At the command line.
    #[must_use]
    pub fn run_by(self, who: impl Into<String>) -> Self {
        Self { who: Some(who.into()), ..self }
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
    kek: String,
    /// As the leaf has it.
    commitment: Option<String>,
}

/// What opens a commitment: whoever holds it can compare it with the leaf without asking anyone.
#[derive(Debug, Clone, PartialEq)]
pub struct Disclosure {
    /// `D`, in base64url. Its SHA-256 is the commitment.
    pub text: String,
    pub salt: String,
    pub value: Value,
    /// As the leaf has it, in base64url.
    pub commitment: String,
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
    pub(crate) fn new(pool: PgPool, kek: Kek, timelines: Timelines) -> Self {
        fn cache<K, V>() -> Cache<K, V>
        where
            K: std::hash::Hash + Eq + Send + Sync + 'static,
            V: Clone + Send + Sync + 'static,
        {
            let cache = Cache::builder().max_capacity(KEYS_CACHED_MAX);
            cache.time_to_live(CACHED_FOR).build()
        }
        Self { pool, kek, timelines, keys: cache(), actors: cache() }
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
            let value = self.disclosed(&it).ok()?.value;
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
            let value = self.disclosed(&it)?.value;
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
                 select s.position, s.pointer, s.subject, s.box, k.wrapped, k.kek,
                        e.leaf -> 'sealed' -> s.pointer ->> 'd' as commitment
                 from unnest($1::bigint[], $2::text[]) as it (position, pointer)
                 join vault.sealed s on s.position = it.position and s.pointer = it.pointer
                 join vault.subject_key k on k.subject = s.subject and k.wrapped is not null
                 join log.event e on e.position = s.position
             ),
             journal as (
                 insert into vault.access (actor, role, purpose, position, pointer, subject,
                                           because, who)
                 select $3, $4, $5, position, pointer, subject, $6, $7 from asked
             )
             select * from asked",
        )
        .bind(positions.into_iter().map(|it| it.0).collect::<Vec<_>>())
        .bind(pointers)
        .bind(reader.actor.0)
        .bind(reader.role)
        .bind(reader.purpose)
        .bind(&reader.because)
        .bind(&reader.who)
        .fetch_all(&self.pool)
        .await?;
        Ok(boxes)
    }

    /// The disclosure of one value, for someone who may read it and would rather check. The
    /// journal comes first, as for every opening.
    pub async fn disclose(
        &self,
        reader: &Reader,
        place: (Position, &str),
    ) -> Result<Option<Disclosure>, Error> {
        let boxes = self.boxes(reader, &[place]).await?;
        Ok(boxes.first().map(|it| self.disclosed(it)).transpose()?)
    }

    /// What a box holds, if it is what the leaf committed to.
    fn disclosed(&self, it: &Boxed) -> Result<Disclosure, Failure> {
        let disclosure = self.unboxed(it);
        if let Err(failure) = &disclosure {
            metrics::counter!("essaim_vault_altered_total").increment(1);
            tracing::error!(
                position = it.position.0,
                pointer = it.pointer,
                error = failure as &dyn std::error::Error,
                "a sealed value does not open"
            );
        }
        disclosure
    }

    fn unboxed(&self, it: &Boxed) -> Result<Disclosure, Failure> {
        let key = self.kek.unwrap(&it.subject, &it.wrapped, &it.kek)?;
        let disclosure = decrypt(key.expose_secret(), &it.disclosure, it.pointer.as_bytes())?;
        let commitment = URL_SAFE_NO_PAD.encode(Sha256::digest(&disclosure));
        if it.commitment.as_deref() != Some(&commitment) {
            return Err(Failure::Altered);
        }
        let text = String::from_utf8(disclosure).map_err(|_| Failure::Altered)?;
        let parts = URL_SAFE_NO_PAD
            .decode(&text)
            .map_err(|_| Failure::Altered)?;
        let parts: (String, String, Value) =
            serde_json::from_slice(&parts).map_err(|_| Failure::Altered)?;
        let (salt, pointer, value) = parts;
        if pointer != it.pointer {
            return Err(Failure::Altered);
        }
        Ok(Disclosure { text, salt, value, commitment })
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
        let timeline = self.timelines.now();
        if let Some((read, known)) = self.actors.get(&who)
            && read == timeline
        {
            return Ok(known);
        }
        let id = match self.known_actor(issuer, subject).await? {
            Some(id) => id,
            None => self.draw_actor(issuer, subject).await?,
        };
        self.actors.insert(who, (timeline, id));
        Ok(id)
    }

    async fn known_actor(&self, issuer: &str, subject: &str) -> Result<Option<ActorId>, Error> {
        let id: Option<Uuid> =
            sqlx::query_scalar("select actor from vault.actor where issuer = $1 and subject = $2")
                .bind(issuer)
                .bind(subject)
                .fetch_optional(&self.pool)
                .await?;
        Ok(id.map(ActorId))
    }

    async fn draw_actor(&self, issuer: &str, subject: &str) -> Result<ActorId, Error> {
        let drawn = uuid::Builder::from_random_bytes(random::<16>()?).into_uuid();
        sqlx::query(
            "insert into vault.actor (issuer, subject, actor) values ($1, $2, $3)
             on conflict do nothing",
        )
        .bind(issuer)
        .bind(subject)
        .bind(drawn)
        .execute(&self.pool)
        .await?;
        // Another process may have been first: its id is the one.
        self.known_actor(issuer, subject)
            .await?
            .ok_or(Error::Stopped)
    }

    /// The key of a subject, made the first time it is needed, and never again once it was erased.
    async fn key(&self, subject: &str) -> Result<Key, Error> {
        if let Some(key) = self.existing_key(subject).await? {
            return Ok(key);
        }
        sqlx::query(
            "insert into vault.subject_key (subject, wrapped, kek) values ($1, $2, $3)
             on conflict do nothing",
        )
        .bind(subject)
        .bind(self.kek.wrap(subject, &random::<32>()?)?)
        .bind(self.kek.id())
        .execute(&self.pool)
        .await?;
        // Another process may have been first: its key is the one.
        self.existing_key(subject)
            .await?
            .ok_or_else(|| Failure::Altered.into())
    }

    async fn existing_key(&self, subject: &str) -> Result<Option<Key>, Error> {
        type Row = (Option<Vec<u8>>, Option<String>);
        let timeline = self.timelines.now();
        if let Some((read, key)) = self.keys.get(subject)
            && read == timeline
        {
            return Ok(Some(key));
        }
        let row: Option<Row> =
            sqlx::query_as("select wrapped, kek from vault.subject_key where subject = $1")
                .bind(subject)
                .fetch_optional(&self.pool)
                .await?;
        let Some((wrapped, kek)) = row else { return Ok(None) };
        let (wrapped, kek) = wrapped.zip(kek).ok_or_else(erased)?;
        let key = Arc::new(self.kek.unwrap(subject, &wrapped, &kek)?);
        self.keys
            .insert(subject.to_owned(), (timeline, key.clone()));
        Ok(Some(key))
    }
}

/// Nothing more is sealed for whom nothing is held any more.
pub(crate) fn erased() -> Error {
    Error::Refused(Refusal::from(Common::Erased {}))
}
