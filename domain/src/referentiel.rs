//! The reference lists: codes that facts hold, and what people read in their place.
//!
//! They are data (`referentiel/lists.json`), each with its version. A code is never removed,
//! for facts hold it for ever: it is given an end of validity.

use std::{fmt, sync::LazyLock};

use serde::{Deserialize, Serialize};

use crate::{Date, values::Invalid};

#[cfg(test)]
mod tests;

/// A reference list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Liste {
    /// Fields of activity.
    Secteur,
    /// Branches of a field of activity.
    Branche,
    /// Where a problématique comes from (method, step 1 A1 to A6).
    SourceProblematique,
    /// Kinds of partners around an ingénierie (method, step 2 A1).
    CategoriePartenaire,
    /// Strategic objectives (method, step 2 B1).
    ObjectifStrategique,
    /// Operational objectives (method, step 2 B2).
    ObjectifOperationnel,
    /// Forms that an intervention takes (method, fiche 2).
    FormeIntervention,
    /// The themes of Enée.
    TypePrestation,
    /// What a prestation of a theme is about (method, fiche 5).
    ObjetPrestation,
    /// Who finances (method, fiche 7).
    SourceFinancement,
    /// What is paid for.
    PosteCout,
    /// What is kept of an ingénierie (method, step 4 C1).
    NatureCapitalisation,
    /// To whom it is transferred (method, step 4 C3).
    DestinataireTransfert,
    /// Who answers for the transfer (method, step 4 C4).
    ResponsableTransfert,
    /// In which form (method, step 4 C5).
    FormeTransfert,
    /// In which tone (method, step 4 C5).
    TonTransfert,
    /// Kinds of documents (DOC-01 to DOC-31).
    NatureDocument,
    /// Legal forms of organisations.
    StatutJuridique,
}

/// A code of a reference list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

/// One value of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    pub code: Code,
    /// Its French label.
    pub fr: String,
    /// Its English label.
    pub en: String,
    /// Other words for it, old names among them: for imports and searches.
    #[serde(default)]
    pub synonyms: Vec<String>,
    pub valid_from: Option<Date>,
    /// Its last day.
    pub valid_to: Option<Date>,
}

/// A list as `lists.json` holds it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    liste: Liste,
    version: i32,
    /// Lists whose values are taken too.
    #[serde(default)]
    accepts: Vec<Liste>,
    entries: Vec<Entry>,
}

static LISTS: LazyLock<Vec<Values>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("referentiel/lists.json"))
        .expect("a test reads the same file with the same types")
});

impl Liste {
    /// Every list.
    pub const ALL: &[Self] = &[
        Self::Secteur,
        Self::Branche,
        Self::SourceProblematique,
        Self::CategoriePartenaire,
        Self::ObjectifStrategique,
        Self::ObjectifOperationnel,
        Self::FormeIntervention,
        Self::TypePrestation,
        Self::ObjetPrestation,
        Self::SourceFinancement,
        Self::PosteCout,
        Self::NatureCapitalisation,
        Self::DestinataireTransfert,
        Self::ResponsableTransfert,
        Self::FormeTransfert,
        Self::TonTransfert,
        Self::NatureDocument,
        Self::StatutJuridique,
    ];

    /// Checks that the list holds the code, or that a list whose values it takes does.
    pub fn code(self, text: &str) -> Result<Code, Invalid> {
        self.chosen(text).map(|it| it.code.clone())
    }

    /// The value behind a code, which must be one of those.
    pub fn chosen(self, text: &str) -> Result<&'static Entry, Invalid> {
        self.entry(text.trim()).ok_or_else(|| {
            let known: Vec<_> = self.taken().map(|it| it.code.as_str()).collect();
            let known = known.join(", ");
            Invalid::new(
                format!("Ce code est inconnu : choisissez parmi {known}."),
                format!("This code is unknown: choose among {known}."),
            )
        })
    }

    /// What people read in the place of a code.
    pub fn entry(self, code: &str) -> Option<&'static Entry> {
        self.taken().find(|it| it.code.as_str() == code)
    }

    /// The value that people mean by a code, a label or a synonym, whatever the case.
    pub fn find(self, words: &str) -> Option<&'static Entry> {
        let words = words.trim().to_lowercase();
        self.taken()
            .find(|it| it.names().any(|name| name.to_lowercase() == words))
    }

    /// Its own values, in the order of the method.
    pub fn entries(self) -> &'static [Entry] {
        self.values().map_or(&[], |it| &it.entries)
    }

    /// Raised by every change of the list.
    pub fn version(self) -> i32 {
        self.values().map_or(0, |it| it.version)
    }

    fn values(self) -> Option<&'static Values> {
        LISTS.iter().find(|it| it.liste == self)
    }

    fn taken(self) -> impl Iterator<Item = &'static Entry> {
        let others = self.values().map_or(&[][..], |it| &it.accepts);
        self.entries()
            .iter()
            .chain(others.iter().flat_map(|it| it.entries()))
    }
}

impl Code {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Entry {
    /// Whether it may be chosen on that day.
    pub fn valid_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|it| it <= day) && self.valid_to.is_none_or(|it| day <= it)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        [self.code.as_str(), &self.fr, &self.en]
            .into_iter()
            .chain(self.synonyms.iter().map(String::as_str))
    }
}
