//! Who is at the door: a bearer token becomes a caller, or a refusal that says why.
//!
//! The library checks signatures and dates; what it leaves to its users is checked here:
//! the list of algorithms, `crit`, `typ`, `iat`, an `iss` that is one string, and that each
//! required claim is there. The key decides the algorithm, the header only names the key.

mod claims;
mod keys;

use std::collections::HashMap;

use http::{HeaderMap, StatusCode, header};
use jsonwebtoken::{Algorithm, Validation, crypto::aws_lc, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

pub use self::{
    claims::{Caller, ClaimNames},
    keys::{Key, KeyProblem, keys_of},
};
use crate::{
    clock,
    config::{IssuerSettings, Settings},
    error::{Answer, FORBIDDEN, UNAUTHENTICATED},
    http::Language,
    tokens,
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

/// The issuers whose tokens are accepted, with their keys.
#[derive(Debug, Default)]
pub struct Verifier {
    issuers: HashMap<String, Issuer>,
}

/// One issuer of tokens.
#[derive(Debug)]
pub struct Issuer {
    /// The `iss` of its tokens, to the letter.
    pub name: String,
    /// The `aud` of the tokens that are for this server.
    pub audience: String,
    pub claims: ClaimNames,
    pub keys: Vec<Key>,
}

/// Why the issuers of the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IssuerProblem {
    #[error("issuers (ESSAIM_ISSUERS): {issuer}: the file of its keys cannot be read")]
    File { issuer: String, source: std::io::Error },
    #[error("issuers (ESSAIM_ISSUERS): {issuer}: the file of its keys holds none that can be used")]
    Keys { issuer: String, source: KeyProblem },
    #[error("issuers (ESSAIM_ISSUERS): {issuer} is listed twice")]
    Twice { issuer: String },
    #[error("issuers (ESSAIM_ISSUERS): {issuer} belongs to the demo")]
    Reserved { issuer: String },
}

/// Why a caller is not let in. The sentences never repeat the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// No token, where one is needed.
    Anonymous,
    /// Not a bearer token, or not a JWT.
    Malformed,
    /// Signed with an algorithm that is not accepted, or not the key's.
    Algorithm,
    /// `crit` or `typ` ask for something that is not known here.
    Header,
    /// Not one of the issuers, or an `iss` that is not one string.
    Issuer,
    /// No such key, or no way to tell which.
    Key,
    Signature,
    Audience,
    Expired,
    /// `nbf` or `iat` is in the future.
    TooEarly,
    /// A required claim is absent or has another form.
    Claim(&'static str),
    /// The claim of the role is absent, or names a role that is not known here.
    Role(String),
    /// The role does not say for whom: the claim that is absent or has another form.
    Perimeter(String),
}

impl Verifier {
    /// No issuer yet: every token is refused.
    pub fn new() -> Self {
        // Chosen here, because two providers in one build make the first use panic.
        // An error says that it was chosen already.
        let _ = aws_lc::DEFAULT_PROVIDER.install_default();
        Self::default()
    }

    /// The issuers of the settings, with the keys that their files hold now.
    pub fn from_settings(settings: &Settings) -> Result<Self, IssuerProblem> {
        let mut all = Self::new();
        for it in &settings.issuers {
            let issuer = it.issuer.clone();
            if issuer == tokens::ISSUER {
                return Err(IssuerProblem::Reserved { issuer });
            }
            if all.issuers.contains_key(&issuer) {
                return Err(IssuerProblem::Twice { issuer });
            }
            all = all.with(Issuer::from_settings(it)?);
        }
        Ok(all)
    }

    /// Accepts the tokens of one more issuer.
    #[must_use]
    pub fn with(mut self, issuer: Issuer) -> Self {
        self.issuers.insert(issuer.name.clone(), issuer);
        self
    }

    /// The caller that the headers name; none when they hold no token at all. A token that
    /// was sent and is bad is refused: the caller is not anonymous by mistake.
    pub fn caller(&self, headers: &HeaderMap) -> Result<Option<Caller>, Denied> {
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
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(Denied::Malformed);
        }
        self.verify(token.trim()).map(Some)
    }

    /// The caller that a token names.
    pub fn verify(&self, token: &str) -> Result<Caller, Denied> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Denied::Malformed);
        }
        // An algorithm that the library does not know, `none` first, does not parse.
        let header = decode_header(token).map_err(|_| Denied::Malformed)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Denied::Algorithm);
        }
        let known = |it: &str| {
            let name = it.to_ascii_lowercase();
            matches!(name.trim_start_matches("application/"), "jwt" | "at+jwt")
        };
        if header.crit.is_some() || !header.typ.as_deref().is_none_or(known) {
            return Err(Denied::Header);
        }
        let issuer = self.issuer(token)?;
        let key = issuer.key(header.kid.as_deref())?;
        if key.algorithm != header.alg {
            return Err(Denied::Algorithm);
        }
        let claims = decode::<Map<String, Value>>(token, &key.key, &issuer.validation(key))
            .map_err(|error| denied(&error))?
            .claims;
        not_from_the_future(&claims)?;
        let subject = subject_of(&claims)?;
        issuer.claims.caller(&issuer.name, subject, &claims)
    }

    /// The issuer that the token claims to be from; the signature will tell.
    fn issuer(&self, token: &str) -> Result<&Issuer, Denied> {
        #[derive(Deserialize)]
        struct Claimed {
            iss: Value,
        }
        let claimed: Claimed =
            jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| Denied::Issuer)?;
        claimed
            .iss
            .as_str()
            .and_then(|it| self.issuers.get(it))
            .ok_or(Denied::Issuer)
    }
}

impl Issuer {
    fn from_settings(settings: &IssuerSettings) -> Result<Self, IssuerProblem> {
        let issuer = settings.issuer.clone();
        let json = std::fs::read_to_string(&settings.jwks_file)
            .map_err(|source| IssuerProblem::File { issuer: issuer.clone(), source })?;
        let keys = keys_of(&json)
            .map_err(|source| IssuerProblem::Keys { issuer: issuer.clone(), source })?;
        Ok(Self {
            name: issuer,
            audience: settings.audience.clone(),
            claims: ClaimNames {
                role: settings.role_claim.clone(),
                organisation: settings.organisation_claim.clone(),
                dlas: settings.dlas_claim.clone(),
            },
            keys,
        })
    }

    /// Without a `kid`, only an issuer of one key can be meant.
    fn key(&self, kid: Option<&str>) -> Result<&Key, Denied> {
        let found = match (kid, self.keys.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(kid), all) => all.iter().find(|it| it.kid.as_deref() == Some(kid)),
        };
        found.ok_or(Denied::Key)
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

/// `iat` may be absent; a token from the future is not believed.
fn not_from_the_future(claims: &Map<String, Value>) -> Result<(), Denied> {
    let Some(issued) = claims.get("iat") else { return Ok(()) };
    let issued = issued.as_f64().ok_or(Denied::Claim("iat"))?;
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
    let latest = (clock::now().as_second() + LEEWAY_SECONDS.cast_signed()) as f64;
    if issued > latest { Err(Denied::TooEarly) } else { Ok(()) }
}

fn subject_of(claims: &Map<String, Value>) -> Result<&str, Denied> {
    claims
        .get("sub")
        .and_then(Value::as_str)
        .filter(|it| !it.trim().is_empty() && it.chars().count() <= SUBJECT_CHARS_MAX)
        .ok_or(Denied::Claim("sub"))
}

impl Denied {
    /// Why, as figures are labelled.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::Header => "header",
            Self::Issuer => "issuer",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::TooEarly => "too_early",
            Self::Claim(_) => "claim",
            Self::Role(_) => "role",
            Self::Perimeter(_) => "perimeter",
        }
    }

    /// The caller is known but holds no role here: another token of theirs changes nothing.
    fn is_forbidden(&self) -> bool {
        matches!(self, Self::Role(_) | Self::Perimeter(_))
    }

    pub fn status(&self) -> StatusCode {
        if self.is_forbidden() { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED }
    }

    /// The challenge of a 401 (RFC 6750, 3).
    pub fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::Role(_) | Self::Perimeter(_) => None,
            Self::Anonymous => Some("Bearer realm=\"essaim\""),
            _ => Some("Bearer realm=\"essaim\", error=\"invalid_token\""),
        }
    }

    /// What the caller is told.
    pub fn answer(&self, language: Language) -> Answer {
        let (fr, en) = match self {
            Self::Claim(name) => {
                let fr = format!("Ce jeton ne dit pas « {name} » comme il le faut.");
                return self.saying(language, &fr, &format!("This token lacks a proper `{name}`."));
            }
            Self::Role(name) => {
                let fr = format!("Votre jeton ne donne pas de rôle connu ici dans « {name} ».");
                let en = format!("Your token gives no role known here in `{name}`.");
                return self.saying(language, &fr, &en);
            }
            Self::Perimeter(name) => {
                let fr = format!("Votre jeton donne un rôle sans dire pour qui dans « {name} ».");
                let en = format!("Your token gives a role without saying for whom in `{name}`.");
                return self.saying(language, &fr, &en);
            }
            simple => simple.sentences(),
        };
        self.saying(language, fr, en)
    }

    /// Those that name no claim.
    fn sentences(&self) -> (&'static str, &'static str) {
        match self {
            Self::Malformed => (
                "Ce jeton n'est pas un JWT signé : envoyez « Authorization: Bearer … ».",
                "This token is not a signed JWT: send `Authorization: Bearer …`.",
            ),
            Self::Algorithm => (
                "L'algorithme de ce jeton n'est pas accepté.",
                "The algorithm of this token is not accepted.",
            ),
            Self::Header => (
                "L'en-tête de ce jeton demande ce que ce service ne connaît pas.",
                "The header of this token asks for what this service does not know.",
            ),
            Self::Issuer => (
                "L'émetteur de ce jeton n'est pas reconnu.",
                "The issuer of this token is not recognised.",
            ),
            Self::Key => {
                ("La clé de ce jeton n'est pas connue.", "The key of this token is not known.")
            }
            Self::Signature => (
                "La signature de ce jeton n'est pas valable.",
                "The signature of this token is not valid.",
            ),
            Self::Audience => (
                "Ce jeton est destiné à un autre service.",
                "This token is meant for another service.",
            ),
            Self::Expired => (
                "Ce jeton a expiré : demandez-en un nouveau.",
                "This token has expired: ask for a new one.",
            ),
            Self::TooEarly => {
                ("Ce jeton n'est pas encore valable.", "This token is not valid yet.")
            }
            Self::Anonymous | Self::Claim(_) | Self::Role(_) | Self::Perimeter(_) => {
                (UNAUTHENTICATED.fr, UNAUTHENTICATED.en)
            }
        }
    }

    fn saying(&self, language: Language, fr: &str, en: &str) -> Answer {
        let entry = if self.is_forbidden() { &FORBIDDEN } else { &UNAUTHENTICATED };
        Answer::of(entry, language).saying(language.choose(fr, en))
    }
}

#[cfg(test)]
mod tests;
