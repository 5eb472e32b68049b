//! A "no", as data: a stable code, the field it is about, one sentence in each language.
//!
//! Each aggregate declares its own with `refusals!`, so that a rule and its answer
//! stand on one screen; at the log's door they are erased to [`Refusal`].

use std::{borrow::Cow, fmt};

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use crate::{
    Cents, Code, DlaId, Heure, OrganisationId, QuarterDays, Siren, Siret, Territoire,
    evaluation::Registre,
    ingenierie_collective::Etat,
    plan_financement::StatutRessource,
    referentiel::{Colonne, LigneId, NatureReponse},
    rules::Rule,
};

/// A "no" as it leaves the domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Stable: part of the contract with callers.
    pub code: &'static str,
    /// The input field it is about, in camelCase; empty when it is about the whole request.
    pub path: Cow<'static, str>,
    /// What goes with the code, by name.
    pub params: Vec<(&'static str, Param)>,
    /// What to do, for people who read French.
    pub fr: String,
    /// The same in English.
    pub en: String,
}

/// What goes with a code: of a known type, so that callers receive it as the API writes that type.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    Cents(Cents),
    Jours(QuarterDays),
    Dla(DlaId),
    Organisation(OrganisationId),
    List(Vec<Param>),
    /// Written alike everywhere: a number, a date, a word.
    Plain(Value),
}

macro_rules! params {
    ($($type:ty => $variant:ident),*; plain $($plain:ty),*) => {
        $(impl From<$type> for Param {
            fn from(it: $type) -> Self {
                Self::$variant(it)
            }
        })*
        $(impl From<$plain> for Param {
            fn from(it: $plain) -> Self {
                Self::Plain(serde_json::to_value(it).unwrap_or_default())
            }
        })*
    };
}

params! {
    Cents => Cents, QuarterDays => Jours, DlaId => Dla, OrganisationId => Organisation;
    plain i16, i32, usize, &'static str, String, Listed, Code, Date, Etat, Heure, Registre, Rule, Siren, Siret,
    StatutRessource, Territoire, LigneId, Colonne, NatureReponse
}

impl<T: Into<Self>> From<Vec<T>> for Param {
    fn from(all: Vec<T>) -> Self {
        Self::List(all.into_iter().map(Into::into).collect())
    }
}

/// A code as the catalogue lists it: its sentences still hold their placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub code: &'static str,
    /// The field it is about; empty when it is about none, or when the command says which.
    pub path: &'static str,
    pub fr: &'static str,
    pub en: &'static str,
}

/// Several names in one sentence, with commas between them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Listed(pub Vec<String>);

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// Declares why an aggregate says no: variant, code, field, French, English.
///
/// It writes the enum, its erasure to [`Refusal`] and its part of the catalogue. A refusal of
/// commands that name the same thing differently has the field as a member: `at field`.
macro_rules! refusals {
    (@known $path:literal) => { $path };
    (@known $field:ident) => { "" };
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? }
        = $code:literal at $path:tt: $fr:literal, $en:literal;)*) => {
        /// Why it says no.
        #[derive(Debug, Clone, PartialEq)]
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
                match no {
                    $(Refusal::$name { $($field),* } => Self {
                        code: $code,
                        path: std::borrow::Cow::Borrowed($path),
                        fr: format!($fr),
                        en: format!($en),
                        params: vec![$((stringify!($field), $field.into())),*],
                    },)*
                    Refusal::Common(no) => no.into(),
                }
            }
        }

        /// Every code of this aggregate.
        pub const CODES: &[$crate::refusal::Entry] = &[
            $($crate::refusal::Entry {
                code: $code,
                path: $crate::refusal::refusals!(@known $path),
                fr: $fr,
                en: $en,
            },)*
        ];
    };
}
pub(crate) use refusals;

/// What any aggregate may answer.
#[derive(Debug, Clone, PartialEq)]
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
    /// A code of a reference list has its time; the path is that of the field that chose it.
    CodeNotValid { path: String, code: Code, on: Date },
    /// What is held on a person was erased: nothing more is sealed for them.
    Erased {},
}

impl From<Common> for Refusal {
    fn from(no: Common) -> Self {
        let (entry, params) = match &no {
            Common::NotFound {} => (&COMMON[0], vec![]),
            Common::Forbidden { act } => (&COMMON[1], vec![("act", act.clone().into())]),
            Common::JustificationNeeded { rule } => (&COMMON[2], vec![("rule", (*rule).into())]),
            Common::DateInFuture { on, today } => {
                (&COMMON[3], vec![("on", (*on).into()), ("today", (*today).into())])
            }
            Common::AlreadyExists {} => (&COMMON[4], vec![]),
            Common::CodeNotValid { code, on, .. } => {
                (&COMMON[5], vec![("code", code.clone().into()), ("on", (*on).into())])
            }
            Common::Erased {} => (&COMMON[6], vec![]),
        };
        let Entry { code, path, fr, en } = *entry;
        let mut refusal =
            Self { code, path: path.into(), params, fr: fr.to_owned(), en: en.to_owned() };
        if let Common::JustificationNeeded { rule } = no {
            refusal.fr = format!("{fr} {}", rule.fr());
            refusal.en = format!("{en} {}", rule.en());
        } else if let Common::CodeNotValid { path, .. } = no {
            refusal.path = path.into();
        }
        refusal
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
    Entry {
        code: "CODE_NOT_VALID",
        path: "",
        fr: "Ce code n'est pas valable à la date du fait : choisissez-en un autre, ou corrigez la date.",
        en: "This code is not valid on the date of the fact: choose another, or correct the date.",
    },
    Entry {
        code: "PERSON_ERASED",
        path: "personne",
        fr: "Les données de cette personne ont été effacées : enregistrez-la sous un nouvel identifiant.",
        en: "The data of this person were erased: register them under a new id.",
    },
];
