//! Why a request failed, as the caller may know it. The only exit for error text.
//!
//! A resolver's `?` makes a neutral answer and keeps the error as its source; the extension
//! `Answers` then says it again in the language of the request.

pub(crate) mod catalogue;

use std::sync::Arc;

use async_graphql::{
    ErrorExtensionValues, InputType, InputValueError, Name, ScalarType, ServerError, Value,
};
use domain::{Refusal, refusal::Param, values::Invalid};
use eventlog::proof::Refused;

pub use self::catalogue::*;
use crate::{
    graphql::{
        ids::global,
        scalars::{Cents, Jours},
    },
    http::Language,
};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// It has no `Display`, on purpose: async-graphql would show anything displayable to the
/// caller, and a database message must not take that road.
#[derive(Debug, Clone)]
pub enum Error {
    /// A rule says no.
    Refused(Refusal),
    /// A value is not what it should be; the path is dotted, for example `input.siret`.
    Invalid { path: String, why: Invalid },
    /// Someone was faster, several times.
    Conflict,
    /// The version that the caller saw is no longer the current one.
    Moved { current: i64 },
    /// One command id, two requests.
    CommandIdReused,
    /// The log takes no more for now.
    Overloaded,
    /// A read model has not followed in time.
    Late,
    /// An answer as of an earlier time is being built.
    PastNotBuilt,
    /// `atLeastPosition` was not reached in time.
    PositionNotReached,
    /// Another stream holds the value, for example a `siret`.
    ClaimTaken { scope: String },
    /// An event would not fit in the log.
    EventTooLarge,
    /// A proof that cannot be given.
    Proof(Refused),
    /// The receipt is not that of the fact.
    ReceiptDiffers,
    /// What the caller may not know more about.
    Internal(Arc<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// What happened that the caller may not know more about.
    pub fn internal(why: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(Arc::new(why))
    }

    /// The answer, in a language.
    pub fn answer(&self, language: Language) -> Answer {
        match self {
            Self::Refused(no) => Answer {
                code: no.code,
                message: language.choose(&no.fr, &no.en).to_owned(),
                path: path_in_input(&no.path),
                params: params(&no.params),
                retryable: false,
            },
            Self::Invalid { path, why } => Answer {
                message: language.choose(&why.fr, &why.en).to_owned(),
                path: split(path),
                ..Answer::of(&BAD_USER_INPUT, language)
            },
            Self::Conflict => Answer::of(&CONFLICT, language),
            Self::Moved { current } => {
                Answer::of(&VERSION_MOVED, language).with("currentVersion", current.to_string())
            }
            Self::CommandIdReused => Answer::of(&COMMAND_ID_REUSED, language).at("input.commandId"),
            Self::Overloaded => Answer::of(&OVERLOADED, language),
            Self::Late => Answer::of(&READ_MODEL_LATE, language),
            Self::PastNotBuilt => Answer::of(&PAST_NOT_BUILT, language),
            Self::PositionNotReached => Answer::of(&POSITION_NOT_REACHED, language),
            Self::ClaimTaken { scope } => {
                Answer::of(&ALREADY_CLAIMED, language).with("scope", scope.clone())
            }
            Self::EventTooLarge => Answer::of(&EVENT_TOO_LARGE, language),
            Self::Proof(why) => Answer::of(of_proof(*why), language),
            Self::ReceiptDiffers => Answer::of(&RECEIPT_DIFFERS, language).at("receipt"),
            Self::Internal(_) => Answer::of(&INTERNAL_SERVER_ERROR, language),
        }
    }
}

impl From<Refusal> for Error {
    fn from(no: Refusal) -> Self {
        Self::Refused(no)
    }
}

impl From<eventlog::Error> for Error {
    fn from(error: eventlog::Error) -> Self {
        use eventlog::{Error as Log, leaf::Unfit};
        match error {
            Log::Refused(no) => Self::Refused(no),
            Log::Conflict => Self::Conflict,
            Log::Moved { current } => Self::Moved { current: current.0 },
            Log::CommandReused => Self::CommandIdReused,
            Log::Claimed { scope } => Self::ClaimTaken { scope },
            it if it.is_overload() => Self::Overloaded,
            Log::Leaf(Unfit::TooLarge(_)) => Self::EventTooLarge,
            Log::Proof(why) => Self::Proof(why),
            other => Self::internal(other),
        }
    }
}

/// What the catalogue says of a proof that cannot be given.
pub(crate) fn of_proof(why: Refused) -> &'static Entry {
    match why {
        Refused::Origin => &ORIGIN_DIFFERS,
        Refused::BeyondTree => &SIZE_BEYOND_TREE,
        Refused::NothingSigned => &CHECKPOINT_ABSENT,
        Refused::Forked | Refused::ProofDiffers => &CHECKPOINT_FORKED,
        Refused::Note
        | Refused::KeyMalformed
        | Refused::KeyUnknown
        | Refused::Signature
        | Refused::ProofMalformed
        | Refused::ManifestMalformed => &CHECKPOINT_MALFORMED,
    }
}

impl From<projections::Error> for Error {
    fn from(error: projections::Error) -> Self {
        Self::from(Arc::new(error))
    }
}

impl From<Arc<projections::Error>> for Error {
    fn from(error: Arc<projections::Error>) -> Self {
        match *error {
            projections::Error::Late => Self::Late,
            projections::Error::Ahead => Self::PositionNotReached,
            projections::Error::NotBuilt => Self::PastNotBuilt,
            _ if error.is_overload() => Self::Overloaded,
            _ => Self::Internal(error),
        }
    }
}

/// In French, with the error as its source: `Answers` says it in the language of the request.
impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        let answer = error.answer(Language::Fr);
        Self {
            extensions: Some(answer.extensions()),
            message: answer.message,
            source: Some(Arc::new(error)),
        }
    }
}

/// Names the field of the input that a value came from.
pub trait At<T> {
    /// The path is dotted, as in `input.siret`.
    fn at(self, path: impl Into<String>) -> Result<T>;
}

impl<T> At<T> for Result<T, Invalid> {
    fn at(self, path: impl Into<String>) -> Result<T> {
        self.map_err(|why| Error::Invalid { path: path.into(), why })
    }
}

/// Why a scalar refuses a value, in both languages: `Answers` chooses.
pub fn invalid_scalar<T: InputType>(why: Invalid) -> InputValueError<T> {
    InputValueError::custom(&why.en)
        .with_extension("code", BAD_USER_INPUT.code)
        .with_extension(BOTH[0], why.fr)
        .with_extension(BOTH[1], why.en)
}

/// Where [`invalid_scalar`] leaves its sentences.
pub(crate) const BOTH: [&str; 2] = ["fr", "en"];

/// An error as the caller receives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub code: &'static str,
    pub message: String,
    /// The field of the input it is about; empty when it is about the whole request.
    pub path: Vec<String>,
    /// What goes with the code.
    pub params: Value,
    pub retryable: bool,
}

impl Answer {
    /// What the catalogue says.
    pub fn of(entry: &Entry, language: Language) -> Self {
        Self {
            code: entry.code,
            message: entry.say(language).to_owned(),
            path: vec![],
            params: Value::Null,
            retryable: entry.retryable,
        }
    }

    /// Another sentence than the catalogue's, because more is known.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The field of the input it is about, dotted.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.path = split(path);
        self
    }

    #[must_use]
    fn with(mut self, name: &str, value: String) -> Self {
        let name = Name::new(name);
        self.params = Value::Object([(name, Value::String(value))].into_iter().collect());
        self
    }

    /// Its `extensions`.
    pub fn extensions(&self) -> ErrorExtensionValues {
        let mut all = ErrorExtensionValues::default();
        all.set("code", self.code);
        all.set("retryable", self.retryable);
        if !self.path.is_empty() {
            all.set("path", Value::List(self.path.iter().map(|it| it.as_str().into()).collect()));
        }
        if matches!(&self.params, Value::Object(members) if !members.is_empty()) {
            all.set("params", self.params.clone());
        }
        all
    }

    /// As the engine writes it.
    pub fn into_server_error(self) -> ServerError {
        let extensions = self.extensions();
        let mut error = ServerError::new(self.message, None);
        error.extensions = Some(extensions);
        error
    }
}

/// What goes with a refusal, each as the schema writes its type.
fn params(all: &[(&'static str, Param)]) -> Value {
    fn written(param: &Param) -> Value {
        match param {
            Param::Cents(it) => ScalarType::to_value(&Cents(*it)),
            Param::Jours(it) => ScalarType::to_value(&Jours(*it)),
            Param::Dla(id) => Value::String(global(*id).0),
            Param::Organisation(id) => Value::String(global(*id).0),
            Param::List(all) => Value::List(all.iter().map(written).collect()),
            Param::Plain(it) => Value::from_json(it.clone()).unwrap_or_default(),
        }
    }
    let named = all.iter().map(|(name, it)| (Name::new(name), written(it)));
    Value::Object(named.collect())
}

/// Refusals name a field of the mutation's input.
fn path_in_input(path: &str) -> Vec<String> {
    if path.is_empty() { vec![] } else { split(&format!("input.{path}")) }
}

fn split(path: &str) -> Vec<String> {
    path.split('.')
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
