//! Who is at the door: a bearer token becomes a caller, or a refusal that tells strangers nothing.
//!
//! The library checks signatures and dates; what it leaves to its users is checked here:
//! the list of algorithms, `crit`, `typ`, `iat`, an `iss` that is one string, and that each
//! required claim is there. The key decides the algorithm, the header only names the key.
//!
//! A token of an issuer is read without waiting for anything: keys and claims are at hand. Only a
//! key that is not known, or an organisation named by its SIRET, has it wait.

mod address;
mod checked;
mod claims;
mod denied;
mod fetcher;
mod keyring;
mod keys;
mod registry;
mod service;
mod source;

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use domain::Reseau;
use futures_util::future::join_all;
use http::{Extensions, HeaderMap, header};
use jsonwebtoken::{Algorithm, Validation, crypto::aws_lc, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

pub use self::{
    address::Peer,
    claims::{Caller, ClaimNames},
    denied::Denied,
    fetcher::AuthoritiesProblem,
    keyring::{Keyring, Pace, REFRESH_AGAIN, REFRESH_EVERY, UNKNOWN_KEY_PAUSE},
    keys::{Key, KeyProblem, keys_of},
    registry::{REMEMBERED, Registry, Service},
    service::{NoRandom, REVOKED_WITHIN, Secret, USE_NOTED_EVERY},
    source::{Source, SourceProblem},
};
use self::{
    checked::{Checked, CheckedTokens},
    claims::Bearer,
    fetcher::Fetcher,
    keyring::Origin,
    registry::{Found, Remembered},
    service::Services,
};
use crate::{
    clock,
    config::{IssuerSettings, Settings},
};

/// What may sign a token. No shared secret: whoever verifies could also mint.
pub const ALGORITHMS: &[Algorithm] =
    &[Algorithm::EdDSA, Algorithm::ES256, Algorithm::PS256, Algorithm::RS256];
/// How far the clocks of issuers may be from ours.
const LEEWAY_SECONDS: u64 = 30;
/// The longest token that is looked at.
const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// The longest `sub`.
const SUBJECT_CHARS_MAX: usize = 255;
/// What the names of the issuers that the house itself is begin with: no setting may name one.
const OURS: &str = "urn:essaim:";
/// Who stands behind those who run the program, as issuers do behind people.
pub const OPERATOR: &str = "urn:essaim:operator";
/// The end of the year 9999: no date of a token is later.
const SECONDS_MAX: f64 = 253_402_300_799.0;

/// The issuers whose tokens are accepted, with their keys, and what tokens are looked up with.
#[derive(Clone, Default)]
pub struct Verifier {
    issuers: HashMap<String, Issuer>,
    registry: Option<Arc<dyn Registry>>,
    remembered: Remembered,
    checked: CheckedTokens,
    services: Services,
    trusted_proxies: Vec<Reseau>,
}

/// One issuer of tokens.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// The `iss` of its tokens, to the letter.
    pub name: String,
    /// The `aud` of the tokens that are for this server.
    pub audience: String,
    pub claims: ClaimNames,
    pub keys: Keyring,
}

/// Why the issuers of the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IssuerProblem {
    #[error("issuers (ESSAIM_ISSUERS): {issuer}: the file of its keys cannot be read")]
    File { issuer: String, source: std::io::Error },
    #[error("issuers (ESSAIM_ISSUERS): {issuer}: the file of its keys holds none that can be used")]
    Keys { issuer: String, source: KeyProblem },
    #[error("issuers (ESSAIM_ISSUERS): {issuer}: its keys have no safe address")]
    Address { issuer: String, source: SourceProblem },
    #[error("issuers (ESSAIM_ISSUERS): {issuer}: its `ca_file` cannot be used")]
    Authorities { issuer: String, source: AuthoritiesProblem },
    #[error("issuers (ESSAIM_ISSUERS): {issuer} is listed twice")]
    Twice { issuer: String },
    #[error("issuers (ESSAIM_ISSUERS): {issuer} belongs to the house")]
    Reserved { issuer: String },
}

impl Verifier {
    /// No issuer yet: every token is refused.
    pub fn new() -> Self {
        // Chosen here, because two providers in one build make the first use panic.
        // An error says that it was chosen already.
        let _ = aws_lc::DEFAULT_PROVIDER.install_default();
        Self::default()
    }

    /// The issuers of the settings: with the keys that their files hold now, without those that
    /// must be fetched. [`Verifier::keep`] fetches them.
    pub fn from_settings(settings: &Settings) -> Result<Self, IssuerProblem> {
        Self::at_pace(settings, Pace::default())
    }

    /// The same, whose keys are read again at another pace.
    pub fn at_pace(settings: &Settings, pace: Pace) -> Result<Self, IssuerProblem> {
        let mut all = Self::new();
        all.trusted_proxies = settings.trusted_proxies().unwrap_or_default();
        for it in &settings.issuers {
            let issuer = it.issuer.clone();
            if issuer.starts_with(OURS) {
                return Err(IssuerProblem::Reserved { issuer });
            }
            if all.issuers.contains_key(&issuer) {
                return Err(IssuerProblem::Twice { issuer });
            }
            all = all.with(Issuer::from_settings(it, pace)?);
        }
        Ok(all)
    }

    /// Accepts the tokens of one more issuer.
    #[must_use]
    pub fn with(mut self, issuer: Issuer) -> Self {
        self.issuers.insert(issuer.name.clone(), issuer);
        self
    }

    /// Looks up there what tokens name: organisations by SIRET, service tokens. Without it, none
    /// is known.
    #[must_use]
    pub fn knowing(mut self, registry: Arc<dyn Registry>) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Reads the keys of the issuers, now and again, until told to stop.
    pub async fn keep(&self, stop: CancellationToken) {
        let all = self.issuers.values();
        join_all(all.map(|it| it.keys.clone().keep(stop.clone()))).await;
    }

    /// The caller that a request names; none when it holds no token at all. A token that
    /// was sent and is bad is refused: the caller is not anonymous by mistake.
    pub async fn caller(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Option<Caller>, Denied> {
        let caller = self.known(headers, extensions).await;
        if let Err(denied) = &caller {
            let reason = denied.reason();
            metrics::counter!("essaim_tokens_refused_total", "reason" => reason).increment(1);
            tracing::debug!(reason, ?denied, "a token was refused");
        }
        caller
    }

    /// Where a request comes from, as far as it can be believed.
    pub fn address(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        address::of_caller(headers, extensions, &self.trusted_proxies)
    }

    async fn known(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Option<Caller>, Denied> {
        let Some(token) = token_of(headers)? else { return Ok(None) };
        if token.starts_with(service::PREFIX) {
            let registry = self.registry.as_deref().ok_or(Denied::ServiceUnknown)?;
            let from = self.address(headers, extensions);
            return self.services.caller(registry, token, from).await.map(Some);
        }
        let bearer = match self.read(token) {
            Err(Denied::Key) => {
                self.issuer(token)?.keys.ask().await;
                self.read(token)?
            }
            read => read?,
        };
        let sirets = bearer.sirets();
        let found = match &self.registry {
            Some(registry) if !(sirets.0.is_empty() && sirets.1.is_empty()) => {
                let found = self.remembered.find(&**registry, sirets).await;
                found.map_err(|error| unanswered(&error))?
            }
            _ => Found::default(),
        };
        bearer.caller(&found).map(Some)
    }

    /// The caller that a token of an issuer names, when nothing needs to be looked up.
    pub fn verify(&self, token: &str) -> Result<Caller, Denied> {
        self.read(token)?.caller(&Found::default())
    }

    /// What a token of an issuer says, once it is known to be good.
    fn read(&self, token: &str) -> Result<Bearer<'_>, Denied> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Denied::Malformed);
        }
        let checked = match self.checked.get(token) {
            Some(it) if Arc::ptr_eq(&it.keys, &self.named(&it.issuer)?.keys.now()) => it,
            _ => self.checked.keep(token, self.check(token)?),
        };
        let Checked { issuer, claims, .. } = &*checked;
        has_not_expired(claims)?;
        let issuer = self.named(issuer)?;
        issuer
            .claims
            .bearer(&issuer.name, subject_of(claims)?, claims)
    }

    /// Checks what does not change while the keys stay.
    fn check(&self, token: &str) -> Result<Checked, Denied> {
        // An algorithm that the library does not know, `none` first, does not parse.
        let header = decode_header(token).map_err(|_| Denied::Malformed)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Denied::Algorithm);
        }
        let known = |it: &str| {
            let name = it.to_ascii_lowercase();
            matches!(name.trim_start_matches("application/"), "jwt" | "at+jwt")
        };
        // A token inside a token (`cty`) is not looked for.
        let more = header.crit.is_some() || header.cty.is_some();
        if more || !header.typ.as_deref().is_none_or(known) {
            return Err(Denied::Header);
        }
        let issuer = self.issuer(token)?;
        let keys = issuer.keys.now();
        let key = key_of(&keys, header.kid.as_deref())?;
        if key.algorithm != header.alg {
            return Err(Denied::Algorithm);
        }
        let claims = decode::<Map<String, Value>>(token, &key.key, &issuer.validation(key))
            .map_err(|error| denied(&error))?
            .claims;
        dates_are_believable(&claims)?;
        Ok(Checked { issuer: issuer.name.clone(), keys, claims })
    }

    /// The issuer that the token claims to be from; the signature will tell.
    fn issuer(&self, token: &str) -> Result<&Issuer, Denied> {
        #[derive(Deserialize)]
        struct Claimed {
            iss: Value,
        }
        let claimed: Claimed =
            jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| Denied::Issuer)?;
        self.named(claimed.iss.as_str().ok_or(Denied::Issuer)?)
    }

    fn named(&self, issuer: &str) -> Result<&Issuer, Denied> {
        self.issuers.get(issuer).ok_or(Denied::Issuer)
    }
}

/// The bearer token of a request: one, in one header.
fn token_of(headers: &HeaderMap) -> Result<Option<&str>, Denied> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else { return Ok(None) };
    if sent.next().is_some() {
        return Err(Denied::Malformed);
    }
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|it| it.split_once(' '))
        .ok_or(Denied::Malformed)?;
    if scheme.eq_ignore_ascii_case("Bearer") {
        Ok(Some(token.trim()))
    } else {
        Err(Denied::Malformed)
    }
}

/// Whoever asks is told to come back; whoever runs the server is told why.
fn unanswered(error: &crate::Error) -> Denied {
    if let crate::Error::Internal(error) = error {
        let error = &**error as &(dyn std::error::Error + 'static);
        tracing::error!(error, "what a token names was not looked up");
    }
    Denied::Unanswered
}

impl Issuer {
    fn from_settings(settings: &IssuerSettings, pace: Pace) -> Result<Self, IssuerProblem> {
        let name = settings.issuer.clone();
        let issuer = || name.clone();
        let source = Source::of(settings)
            .map_err(|source| IssuerProblem::Address { issuer: issuer(), source })?;
        // What a mistake in the settings would leave without a key is told at once.
        let known = match &source {
            Source::File(file) => {
                let json = std::fs::read(file)
                    .map_err(|source| IssuerProblem::File { issuer: issuer(), source })?;
                keys_of(json).map_err(|source| IssuerProblem::Keys { issuer: issuer(), source })?
            }
            Source::Fixed | Source::Url(_) | Source::Discovery(_) => vec![],
        };
        let fetcher = match &settings.ca_file {
            Some(file) => Fetcher::trusting(file)
                .map_err(|source| IssuerProblem::Authorities { issuer: issuer(), source })?,
            None => Fetcher::default(),
        };
        Ok(Self {
            keys: Keyring::of(Origin { issuer: issuer(), source, fetcher }, known, pace),
            name,
            audience: settings.audience.clone(),
            claims: settings.into(),
        })
    }

    fn validation(&self, key: &Key) -> Validation {
        let mut all = Validation::new(key.algorithm);
        all.leeway = LEEWAY_SECONDS;
        all.validate_nbf = true;
        all.set_issuer(&[&self.name]);
        all.set_audience(&[&self.audience]);
        // Without this, a token that merely lacks `iss` or `aud` would pass.
        all.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        all
    }
}

/// Without a `kid`, only an issuer of one key can be meant.
fn key_of<'a>(keys: &'a [Key], kid: Option<&str>) -> Result<&'a Key, Denied> {
    match (kid, keys) {
        (None, [only]) => Ok(only),
        (None, [_, ..]) => Err(Denied::KeyUnnamed),
        (None, []) => Err(Denied::Key),
        (Some(kid), all) => {
            let mut all = all.iter();
            all.find(|it| it.kid.as_deref() == Some(kid))
                .ok_or(Denied::Key)
        }
    }
}

fn denied(error: &jsonwebtoken::errors::Error) -> Denied {
    use jsonwebtoken::errors::ErrorKind;

    match error.kind() {
        ErrorKind::InvalidSignature => Denied::Signature,
        ErrorKind::InvalidAudience => Denied::Audience,
        ErrorKind::InvalidIssuer => Denied::Issuer,
        ErrorKind::ExpiredSignature => Denied::Expired,
        ErrorKind::ImmatureSignature => Denied::TooEarly,
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => Denied::Algorithm,
        ErrorKind::MissingRequiredClaim(name) | ErrorKind::InvalidClaimFormat(name) => {
            let known = ["exp", "nbf", "iss", "aud", "sub"];
            known
                .into_iter()
                .find(|it| it == name)
                .map_or(Denied::Malformed, Denied::Claim)
        }
        _ => Denied::Malformed,
    }
}

/// Dates are numbers of this age, and a token from the future is not believed. `iat` and `nbf`
/// may be absent.
fn dates_are_believable(claims: &Map<String, Value>) -> Result<(), Denied> {
    for name in ["exp", "nbf", "iat"] {
        let Some(said) = claims.get(name) else { continue };
        let seconds = said.as_f64().filter(|it| (0.0..=SECONDS_MAX).contains(it));
        let seconds = seconds.ok_or(Denied::Claim(name))?;
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
        let latest = (clock::now().as_second() + LEEWAY_SECONDS.cast_signed()) as f64;
        if name == "iat" && seconds > latest {
            return Err(Denied::TooEarly);
        }
    }
    Ok(())
}

/// The library looks at it once, and a token that it found good is kept.
fn has_not_expired(claims: &Map<String, Value>) -> Result<(), Denied> {
    let ends = claims
        .get("exp")
        .and_then(Value::as_f64)
        .ok_or(Denied::Claim("exp"))?;
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
    let latest = (clock::now().as_second() - LEEWAY_SECONDS.cast_signed()) as f64;
    if ends < latest { Err(Denied::Expired) } else { Ok(()) }
}

fn subject_of(claims: &Map<String, Value>) -> Result<&str, Denied> {
    claims
        .get("sub")
        .and_then(Value::as_str)
        .filter(|it| !it.trim().is_empty() && it.chars().count() <= SUBJECT_CHARS_MAX)
        .ok_or(Denied::Claim("sub"))
}

#[cfg(test)]
mod tests;
