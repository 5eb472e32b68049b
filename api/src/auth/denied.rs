//! Why somebody is not let in: for us in detail, for strangers in one and the same answer.
//!
//! Whoever holds no good token learns nothing from what is wrong with theirs: neither which
//! issuers and keys there are, nor whether a token was once good. Whoever holds one is told what
//! their role lacks.

use http::StatusCode;

use crate::{
    error::{Answer, FORBIDDEN, OVERLOADED, UNAUTHENTICATED},
    http::Language,
};

/// Why a caller is not let in. It never repeats the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// No token, where one is needed.
    Anonymous,
    /// Not a bearer token, or not a JWT.
    Malformed,
    /// Signed with an algorithm that is not accepted, or not the key's.
    Algorithm,
    /// `crit`, `typ` or `cty` ask for something that is not known here.
    Header,
    /// Not one of the issuers, or an `iss` that is not one string.
    Issuer,
    /// No such key: it may have come since the keys were read.
    Key,
    /// No way to tell which of several keys.
    KeyUnnamed,
    Signature,
    Audience,
    Expired,
    /// `nbf` or `iat` is in the future.
    TooEarly,
    /// A required claim is absent or has another form.
    Claim(&'static str),
    /// A service token that is not one, or that nobody issued.
    ServiceUnknown,
    ServiceRevoked,
    ServiceExpired,
    /// A service token from an address that is not its own.
    ServiceAddress,
    /// The claim of the role is absent, or names no role that is known here.
    Role(String),
    /// It names several.
    Roles(String),
    /// The role does not say for whom: the claim that is absent or has another form.
    Perimeter(String),
    /// The claim names by SIRET what the registry does not know.
    Unregistered(String),
    /// A token that only reads, on its way to change something.
    ReadOnly,
    /// The registry did not answer: the same token may be good in a moment.
    Unanswered,
}

impl Denied {
    /// The caller is known but may not do this: another token of theirs changes nothing.
    fn is_forbidden(&self) -> bool {
        matches!(
            self,
            Self::Role(_)
                | Self::Roles(_)
                | Self::Perimeter(_)
                | Self::Unregistered(_)
                | Self::ReadOnly
        )
    }

    /// How figures and lines name it.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::Header => "header",
            Self::Issuer => "issuer",
            Self::Key => "key",
            Self::KeyUnnamed => "key_unnamed",
            Self::Signature => "signature",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::TooEarly => "too_early",
            Self::Claim(_) => "claim",
            Self::ServiceUnknown => "service_unknown",
            Self::ServiceRevoked => "service_revoked",
            Self::ServiceExpired => "service_expired",
            Self::ServiceAddress => "service_address",
            Self::Role(_) => "role",
            Self::Roles(_) => "roles",
            Self::Perimeter(_) => "perimeter",
            Self::Unregistered(_) => "unregistered",
            Self::ReadOnly => "read_only",
            Self::Unanswered => "unanswered",
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unanswered => StatusCode::SERVICE_UNAVAILABLE,
            it if it.is_forbidden() => StatusCode::FORBIDDEN,
            _ => StatusCode::UNAUTHORIZED,
        }
    }

    /// The challenge of a 401 (RFC 6750, 3).
    pub fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::Anonymous => Some("Bearer realm=\"essaim\""),
            it if it.status() == StatusCode::UNAUTHORIZED => {
                Some("Bearer realm=\"essaim\", error=\"invalid_token\"")
            }
            _ => None,
        }
    }

    /// What the caller is told.
    pub fn answer(&self, language: Language) -> Answer {
        let (fr, en) = match self {
            Self::Role(name) => (
                format!("Votre jeton ne donne pas de rôle connu ici dans « {name} »."),
                format!("Your token gives no role known here in `{name}`."),
            ),
            Self::Roles(name) => (
                format!(
                    "Votre jeton donne plusieurs rôles dans « {name} » : demandez-en un qui n'en donne qu'un."
                ),
                format!("Your token gives several roles in `{name}`: ask for one that gives one."),
            ),
            Self::Perimeter(name) => (
                format!("Votre jeton donne un rôle sans dire pour qui dans « {name} »."),
                format!("Your token gives a role without saying for whom in `{name}`."),
            ),
            Self::Unregistered(name) => (
                format!(
                    "Le registre ne connaît pas l'organisation dont « {name} » donne le SIRET, ou aucun DLA qu'elle porte : demandez son inscription."
                ),
                format!(
                    "The registry does not know the organisation whose SIRET `{name}` gives, or no DLA that it carries: ask for it to be entered."
                ),
            ),
            Self::ReadOnly => (
                "Ce jeton ne permet que de lire : demandez un jeton de lecture et d'écriture."
                    .to_owned(),
                "This token only allows reading: ask for one that reads and writes.".to_owned(),
            ),
            Self::Unanswered => return Answer::of(&OVERLOADED, language),
            Self::Anonymous => return Answer::of(&UNAUTHENTICATED, language),
            _ => (
                "Ce jeton n'est pas accepté : demandez-en un nouveau à qui vous l'a donné."
                    .to_owned(),
                "This token is not accepted: ask whoever gave it to you for a new one.".to_owned(),
            ),
        };
        let entry = if self.is_forbidden() { &FORBIDDEN } else { &UNAUTHENTICATED };
        Answer::of(entry, language).saying(language.choose(&fr, &en))
    }
}
