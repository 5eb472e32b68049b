//! Service tokens: what a portal comes with by itself. Nothing in them says what they open; their
//! SHA-256 finds what the log knows of them.
//!
//! `essaim_`, 43 digits of base 62 for 256 bits drawn at random, and 6 more that check them: so
//! that those who look for secrets that were published recognise one, and a mistyped one asks
//! nothing of the database.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use aws_lc_rs::rand;
use domain::{
    JetonService, JetonServiceId,
    document::Empreinte,
    jeton_service::{AccesJeton, Emission},
};
use moka::sync::Cache;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::{Caller, Denied, claims::role_of, registry::Registry, unanswered};
use crate::clock;

/// What each begins with.
pub(super) const PREFIX: &str = "essaim_";
/// Who stands behind them, as issuers do behind people. No setting may name it.
pub(super) const ISSUER: &str = "urn:essaim:service";
/// How long what the log says of a token is believed: a token that was revoked opens nothing
/// after that, in whatever process.
pub const REVOKED_WITHIN: Duration = Duration::from_secs(1);
/// How often at most the uses of a token are written, in each process.
pub const USE_NOTED_EVERY: Duration = Duration::from_mins(1);
/// How many tokens are remembered.
const REMEMBERED_MAX: u64 = 10_000;
/// The most that are looked up at once: strangers who guess must not take the connections of
/// those who work.
const LOOKUPS_MAX: usize = 4;
/// The bytes of a secret, and the digits that hold them.
const SECRET_BYTES: usize = 32;
const SECRET_DIGITS: usize = 43;
/// The bytes that check it, and their digits.
const CHECK_BYTES: usize = 4;
const CHECK_DIGITS: usize = 6;

/// The secret of a service token. It prints nothing.
#[derive(Debug, Clone)]
pub struct Secret(SecretString);

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gave no random bytes")]
pub struct NoRandom;

impl Secret {
    /// Draws one.
    pub fn draw() -> Result<Self, NoRandom> {
        let mut bytes = [0; SECRET_BYTES];
        rand::fill(&mut bytes).map_err(|_| NoRandom)?;
        let digits = base62(&bytes, SECRET_DIGITS);
        let check = check_of(&digits);
        Ok(Self(format!("{PREFIX}{digits}{check}").into()))
    }

    /// Reads what somebody sent, if it has the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let whole = digits.len() == SECRET_DIGITS + CHECK_DIGITS
            && digits.bytes().all(|it| it.is_ascii_alphanumeric());
        let (digits, check) = digits.split_at_checked(SECRET_DIGITS).filter(|_| whole)?;
        (check_of(digits) == check).then(|| Self(text.into()))
    }

    /// What finds it.
    pub fn empreinte(&self) -> Empreinte {
        let hash = hex::encode(Sha256::digest(self.0.expose_secret().as_bytes()));
        Empreinte::parse(&hash).expect("a SHA-256 is one")
    }

    /// For whoever asked for it, once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What checks the digits of a secret: it proves nothing, anyone can compute it.
fn check_of(digits: &str) -> String {
    let hash = Sha256::digest(format!("{PREFIX}{digits}"));
    base62(&hash[..CHECK_BYTES], CHECK_DIGITS)
}

/// A number, the most significant byte first, in so many digits of base 62.
fn base62(bytes: &[u8], digits: usize) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut number = bytes.to_vec();
    let mut written: Vec<char> = (0..digits)
        .map(|_| {
            let rest = number.iter_mut().fold(0_u32, |rest, byte| {
                let part = rest * 256 + u32::from(*byte);
                *byte = u8::try_from(part / 62).unwrap_or(u8::MAX);
                part % 62
            });
            char::from(DIGITS[rest as usize])
        })
        .collect();
    written.reverse();
    written.into_iter().collect()
}

/// What the log says of a token.
#[derive(Debug, Clone)]
struct Known {
    id: JetonServiceId,
    jeton: JetonService,
}

/// Service tokens on their way in.
#[derive(Clone)]
pub(super) struct Services {
    known: Cache<Empreinte, Known>,
    lookups: Arc<Semaphore>,
    uses: Arc<Mutex<HashMap<JetonServiceId, Uses>>>,
}

/// Of one token, in this process.
struct Uses {
    noted: Instant,
    /// Since then.
    count: i64,
}

impl Default for Services {
    fn default() -> Self {
        Self {
            known: Cache::builder()
                .max_capacity(REMEMBERED_MAX)
                .time_to_live(REVOKED_WITHIN)
                .build(),
            lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)),
            uses: Arc::default(),
        }
    }
}

impl Services {
    /// The caller that a token stands for, when it comes from where it may.
    pub(super) async fn caller(
        &self,
        registry: &dyn Registry,
        token: &str,
        from: Option<IpAddr>,
    ) -> Result<Caller, Denied> {
        let secret = Secret::parse(token).ok_or(Denied::ServiceUnknown)?;
        let Known { id, jeton } = self.look_up(registry, secret.empreinte()).await?;
        let emission = jeton.emission().ok_or(Denied::ServiceUnknown)?;
        if jeton.is_revoked() {
            return Err(Denied::ServiceRevoked);
        }
        if clock::today_in_paris() > emission.expires_on {
            return Err(Denied::ServiceExpired);
        }
        let within = |from| emission.adresses.iter().any(|it| it.holds(from));
        if !emission.adresses.is_empty() && !from.is_some_and(within) {
            return Err(Denied::ServiceAddress);
        }
        let caller = caller_of(id, emission)?;
        if let Some(uses) = self.uses(id) {
            registry.used(id, uses);
        }
        Ok(caller)
    }

    async fn look_up(
        &self,
        registry: &dyn Registry,
        empreinte: Empreinte,
    ) -> Result<Known, Denied> {
        if let Some(known) = self.known.get(&empreinte) {
            return Ok(known);
        }
        let _place = self.lookups.acquire().await;
        // Whoever waited may find what another has looked up meanwhile.
        if let Some(known) = self.known.get(&empreinte) {
            return Ok(known);
        }
        let found = registry.service(empreinte.clone()).await;
        let found = found.map_err(|error| unanswered(&error))?;
        let (id, jeton) = found.ok_or(Denied::ServiceUnknown)?;
        let known = Known { id, jeton };
        self.known.insert(empreinte, known.clone());
        Ok(known)
    }

    /// How often it was used since that was last written, when it is time to write it again.
    fn uses(&self, id: JetonServiceId) -> Option<i64> {
        let now = Instant::now();
        let mut all = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(uses) = all.get_mut(&id) else {
            all.insert(id, Uses { noted: now, count: 0 });
            return Some(1);
        };
        uses.count += 1;
        if now.duration_since(uses.noted) < USE_NOTED_EVERY {
            return None;
        }
        uses.noted = now;
        Some(std::mem::take(&mut uses.count))
    }
}

/// The facts that it writes name its stream as the door they came by.
fn caller_of(id: JetonServiceId, emission: &Emission) -> Result<Caller, Denied> {
    let dlas = || Ok::<_, Denied>(emission.dlas.clone());
    let organisation = || emission.organisation.ok_or(Denied::ServiceUnknown);
    let role = role_of(emission.role, dlas, organisation)?.ok_or(Denied::ServiceUnknown)?;
    Ok(Caller {
        issuer: ISSUER.to_owned(),
        subject: id.0.to_string(),
        org: emission.organisation,
        via: Some(format!("jeton_service/{}", id.0)),
        role,
        read_only: emission.acces == AccesJeton::Read,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_base_62() {
        assert_eq!(base62(&[0], 2), "00");
        assert_eq!(base62(&[61], 2), "0z");
        assert_eq!(base62(&[62], 2), "10");
        assert_eq!(base62(&[1, 0], 3), "048");
        // The largest number fits in its digits: one digit less would lose its head.
        assert!(base62(&[255; SECRET_BYTES], SECRET_DIGITS).starts_with(|it| it != '0'));
        assert_eq!(&base62(&[255; SECRET_BYTES], SECRET_DIGITS + 1)[..1], "0");
        assert_eq!(&base62(&[255; CHECK_BYTES], CHECK_DIGITS + 1)[..1], "0");
    }

    #[test]
    fn a_secret_is_recognised_whole_only() {
        let secret = Secret::draw().unwrap();
        let text = secret.expose();
        assert_eq!(text.len(), PREFIX.len() + SECRET_DIGITS + CHECK_DIGITS);
        assert_eq!(Secret::parse(text).unwrap().empreinte(), secret.empreinte());
        assert_ne!(Secret::draw().unwrap().expose(), text);
        let other = if text.ends_with('0') { '1' } else { '0' };
        let altered = format!("{}{other}", &text[..text.len() - 1]);
        for bad in
            [&altered, &text[..text.len() - 1], &text[1..], "essaim_", "", &format!("{text}0")]
        {
            assert!(Secret::parse(bad).is_none(), "{bad}");
        }
        let accented = format!("{PREFIX}{}é", &text[PREFIX.len()..text.len() - 2]);
        assert!(Secret::parse(&accented).is_none());
    }

    #[test]
    fn a_secret_is_shown_by_no_line() {
        let secret = Secret::draw().unwrap();
        assert!(!format!("{secret:?}").contains(&secret.expose()[PREFIX.len()..]));
    }

    #[test]
    fn uses_are_counted_and_seldom_written() {
        let services = Services::default();
        let id = JetonServiceId(uuid::Uuid::from_u128(1));
        assert_eq!(services.uses(id), Some(1));
        assert_eq!((services.uses(id), services.uses(id)), (None, None));
        let mut all = services.uses.lock().unwrap();
        let uses = all.get_mut(&id).unwrap();
        uses.noted -= USE_NOTED_EVERY;
        drop(all);
        assert_eq!(services.uses(id), Some(3));
        assert_eq!(services.uses(id), None);
    }
}
