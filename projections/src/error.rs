//! Why a question got no answer, or goes no further: each with a code that says nothing of
//! what a fact holds.

use eventlog::{Position, Recorded};
use sqlx::Error as Sql;

/// Why a question got no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the answer has not caught up with the log")]
    Late,
    #[error("the log has not reached that position")]
    Ahead,
    #[error("that past is being built")]
    NotBuilt,
    #[error("as many pasts are in use as may be kept")]
    TooManyPasts,
    #[error("`{question}` reads a log that was forked at position {}", at.0)]
    Forked { question: &'static str, at: Position },
    #[error("the question declares `{0}` and does not apply it")]
    NotApplied(String),
    #[error("`{question}` cannot apply the fact at position {}: {code}", at.0)]
    Poisoned { question: &'static str, at: Position, code: String },
    #[error("applying facts panicked")]
    Panicked,
    #[error("another process runs `{0}`")]
    Busy(String),
    #[error("another process took over")]
    Fenced,
    #[error("no fact at position {} stops or waits for `{question}`", at.0)]
    NotWaiting { question: &'static str, at: Position },
    #[error("a row cannot be read or written")]
    Row(#[from] serde_json::Error),
    #[error("the log could not be read")]
    Log(#[from] eventlog::Error),
    #[error("the database did not answer")]
    Database(#[from] Sql),
}

impl Error {
    /// A kind that a question declares must change its rows.
    pub(crate) fn not_applied(recorded: &Recorded) -> Self {
        Self::NotApplied(format!("{}.{}", recorded.category, recorded.kind))
    }

    /// Whether more is asked than can be done now: the same request may be sent again.
    pub fn is_overload(&self) -> bool {
        match self {
            Self::Log(error) => error.is_overload(),
            Self::Database(error) => matches!(error, Sql::PoolTimedOut),
            Self::TooManyPasts => true,
            _ => false,
        }
    }

    /// What an operator looks up.
    pub fn code(&self) -> &str {
        match self {
            Self::Late => "READ_MODEL_LATE",
            Self::Ahead => "POSITION_NOT_REACHED",
            Self::NotBuilt => "PAST_NOT_BUILT",
            Self::TooManyPasts => "OVERLOADED",
            Self::Forked { .. } => "LOG_FORKED",
            Self::NotApplied(_) => "FACT_NOT_APPLIED",
            Self::Poisoned { code, .. } => code,
            Self::Panicked => "APPLY_PANICKED",
            Self::Busy(_) => "BUSY",
            Self::Fenced => "LEASE_LOST",
            Self::NotWaiting { .. } => "NOT_WAITING",
            Self::Row(_) => "ROW_UNFIT",
            Self::Log(eventlog::Error::Hole(_)) => "LOG_HOLE",
            Self::Log(error) if newer(error) => "FACT_NEWER",
            Self::Log(eventlog::Error::Unreadable { .. } | eventlog::Error::Malformed { .. }) => {
                "FACT_UNREADABLE"
            }
            Self::Database(error) if of_data(error) => "ROW_UNFIT",
            Self::Log(_) | Self::Database(_) => "DATABASE",
        }
    }

    /// The position it is about, when it is about one.
    pub(crate) fn at(&self) -> Option<Position> {
        match self {
            Self::Forked { at, .. } | Self::Poisoned { at, .. } => Some(*at),
            Self::Log(
                eventlog::Error::Hole(position)
                | eventlog::Error::Unreadable { position, .. }
                | eventlog::Error::Malformed { position, .. },
            ) => Some(*position),
            _ => None,
        }
    }

    /// Whether a fact is to blame, and not the database, the log or a process: trying again
    /// with this program leads nowhere.
    pub(crate) fn is_poison(&self) -> bool {
        match self {
            Self::NotApplied(_) | Self::Panicked | Self::Row(_) => true,
            // A newer program reads it: this one leaves it the lease.
            Self::Log(error) if newer(error) => false,
            Self::Log(error) => matches!(
                error,
                eventlog::Error::Unreadable { .. } | eventlog::Error::Malformed { .. }
            ),
            Self::Database(error) => of_data(error),
            _ => false,
        }
    }
}

/// Whether a newer program wrote the fact: its shape, its kind or its category is not known here.
fn newer(error: &eventlog::Error) -> bool {
    use domain::codec::CodecError;
    let eventlog::Error::Unreadable { source, .. } = error else { return false };
    match source {
        CodecError::Newer { .. } | CodecError::Category(_) => true,
        CodecError::Shape { kind, .. } => {
            domain::event_kinds().iter().all(|(_, known)| known != kind)
        }
        CodecError::Unwritable(_) => false,
    }
}

/// Whether the values are at fault (SQLSTATE classes 22 and 23, and values too large for
/// their column or index).
fn of_data(error: &Sql) -> bool {
    match error {
        Sql::ColumnDecode { .. } | Sql::Decode(_) => true,
        Sql::Database(error) => error
            .code()
            .is_some_and(|it| ["22", "23", "54"].iter().any(|class| it.starts_with(class))),
        _ => false,
    }
}
