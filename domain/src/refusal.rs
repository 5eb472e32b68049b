//! A "no", as data: a stable code, the field it is about, one sentence in each language.
//!
//! Each aggregate declares its own with `refusals!`, so that a rule and its answer
//! stand on one screen; at the log's door they are erased to [`Refusal`].

use std::fmt;

use jiff::civil::Date;
use serde_json::Value;

use crate::rules::Rule;

/// A "no" as it leaves the domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Stable: part of the contract with callers.
    pub code: &'static str,
    /// The input field it is about, in camelCase; empty when it is about the whole request.
    pub path: &'static str,
    /// What goes with the code, in camelCase.
    pub details: Value,
    /// What to do, for people who read French.
    pub fr: String,
    /// The same in English.
    pub en: String,
}

/// A code as the catalogue lists it: its sentences still hold their placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub code: &'static str,
    pub path: &'static str,
    pub fr: &'static str,
    pub en: &'static str,
}

/// Several names in one sentence, with commas between them.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Listed(pub Vec<String>);

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// Declares why an aggregate says no: variant, code, field, French, English.
///
/// It writes the enum, its erasure to [`Refusal`] and its part of the catalogue.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? }
        = $code:literal at $path:literal: $fr:literal, $en:literal;)*) => {
        /// Why it says no.
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        #[serde(untagged, rename_all_fields = "camelCase")]
        pub enum Refusal {
            $($(#[$doc])* $name { $($field: $type),* },)*
            /// What any aggregate may answer.
            Common($crate::refusal::Common),
        }

        impl From<$crate::refusal::Common> for Refusal {
            fn from(no: $crate::refusal::Common) -> Self {
                Self::Common(no)
            }
        }

        impl From<Refusal> for $crate::refusal::Refusal {
            fn from(no: Refusal) -> Self {
                let details = serde_json::to_value(&no).unwrap_or_default();
                match no {
                    $(Refusal::$name { $($field),* } => {
                        let _ = ($(&$field,)*);
                        Self { code: $code, path: $path, details, fr: format!($fr), en: format!($en) }
                    })*
                    Refusal::Common(no) => no.into(),
                }
            }
        }

        /// Every code of this aggregate.
        pub const CODES: &[$crate::refusal::Entry] = &[
            $($crate::refusal::Entry { code: $code, path: $path, fr: $fr, en: $en },)*
        ];
    };
}
pub(crate) use refusals;

/// What any aggregate may answer.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Common {
    /// It is absent, or the actor may not know that it exists: the answer is the same.
    NotFound {},
    /// The actor may read it, and may not do this to it.
    Forbidden { act: String },
    /// The rule may be set aside, but not in silence.
    JustificationNeeded { rule: Rule },
    /// A fact cannot have happened tomorrow.
    DateInFuture { on: Date, today: Date },
    /// An id already names something else.
    AlreadyExists {},
}

impl From<Common> for Refusal {
    fn from(no: Common) -> Self {
        let details = serde_json::to_value(&no).unwrap_or_default();
        let entry = match &no {
            Common::NotFound {} => &COMMON[0],
            Common::Forbidden { .. } => &COMMON[1],
            Common::JustificationNeeded { .. } => &COMMON[2],
            Common::DateInFuture { .. } => &COMMON[3],
            Common::AlreadyExists {} => &COMMON[4],
        };
        let (fr, en) = match no {
            Common::JustificationNeeded { rule } => {
                (format!("{} {}", entry.fr, rule.fr()), format!("{} {}", entry.en, rule.en()))
            }
            Common::NotFound {}
            | Common::Forbidden { .. }
            | Common::DateInFuture { .. }
            | Common::AlreadyExists {} => (entry.fr.to_owned(), entry.en.to_owned()),
        };
        Self { code: entry.code, path: entry.path, details, fr, en }
    }
}

/// The codes that every aggregate shares.
pub const COMMON: &[Entry] = &[
    Entry {
        code: "NOT_FOUND",
        path: "",
        fr: "Cet objet n'existe pas, ou vous n'y avez pas accès.",
        en: "This object does not exist, or you have no access to it.",
    },
    Entry {
        code: "FORBIDDEN",
        path: "",
        fr: "Votre rôle ne permet pas cette action sur ce dossier.",
        en: "Your role does not allow this action on this dossier.",
    },
    Entry {
        code: "JUSTIFICATION_NEEDED",
        path: "because",
        fr: "Cette règle peut être écartée si vous la justifiez dans « because » :",
        en: "This rule may be set aside if you justify it in `because`:",
    },
    Entry {
        code: "DATE_IN_FUTURE",
        path: "on",
        fr: "Un fait ne peut pas être daté dans le futur : corrigez la date.",
        en: "A fact cannot be dated in the future: correct the date.",
    },
    Entry {
        code: "ALREADY_EXISTS",
        path: "commandId",
        fr: "Cet identifiant désigne déjà un autre objet : tirez-en un nouveau.",
        en: "This id already names another object: draw a new one.",
    },
];
