//! The evaluation grid (method, fiche 6): who answers which question, and how.
//!
//! What this program brings is data (`grille.json`), version by version. A version never changes
//! once an evaluation may have used it: facts name it, and answers are read by it for ever. The
//! method wants the grid adapted to each situation: an evaluation keeps its own rows beside.

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use serde::{Deserialize, Serialize};

use crate::values::Invalid;

/// Who answers: a column of the grid (`REPONDANT_EVALUATION`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Colonne {
    /// Beneficiary structures.
    Structures,
    /// C2RA, today regional DLAs.
    C2ra,
    /// CNAR, today CRDLA.
    Cnar,
    Prestataires,
    AutresPartenaires,
    /// The DLA about itself.
    AutoEvaluationDla,
}

impl Colonne {
    /// Every column, in the order of the grid.
    pub const ALL: [Self; 6] = [
        Self::Structures,
        Self::C2ra,
        Self::Cnar,
        Self::Prestataires,
        Self::AutresPartenaires,
        Self::AutoEvaluationDla,
    ];
}

/// How a ticked cell is answered (`NATURE_REPONSE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NatureReponse {
    /// A text.
    Descriptif,
    /// A level of the scale, with a text or without.
    Appreciation,
    /// A level of the scale and an outlook, with a text or without.
    AppreciationProspective,
    /// The grid ticks the cell and says no more: a level, a text, or both.
    Libre,
}

/// What a row of the grid is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GenreLigne {
    /// A heading: nobody answers it.
    Theme,
    /// The beginning of the questions that follow, which is answered too.
    Amorce,
    Question,
}

/// Names a row: `G3` a theme, `G3-Q1` a question of it, `G3-A1` one that an evaluation added.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LigneId(String);

impl LigneId {
    /// In characters.
    pub const MAX: usize = 12;

    /// Capitals, digits and hyphens. Whether a grid has such a row is another question.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let plain = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'-';
        if !text.is_empty() && text.len() <= Self::MAX && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new(
            "Désignez une ligne de la grille par son code, par exemple G3-Q1.",
            "Name a row of the grid by its code, for example G3-Q1.",
        ))
    }

    /// The row that an evaluation adds under a theme.
    pub(crate) fn added(theme: &Self, n: usize) -> Self {
        Self(format!("{theme}-A{n}"))
    }

    /// The theme of the row; its own, when it is one.
    pub fn theme(&self) -> &str {
        self.0.split_once('-').map_or(&self.0, |(theme, _)| theme)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LigneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ticked columns of a row, and how each is answered.
pub type Colonnes = BTreeMap<Colonne, NatureReponse>;

/// A row of the grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ligne {
    pub ligne: LigneId,
    pub genre: GenreLigne,
    pub fr: String,
    pub en: String,
    /// None ticked: nobody answers it.
    #[serde(default)]
    pub colonnes: Colonnes,
}

/// A level of the scale of appreciations.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Niveau {
    pub fr: String,
    pub en: String,
}

/// One version of the reference grid.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grille {
    pub version: i32,
    /// What an appreciation is given on, the lowest first: a level is a place in it, from 1.
    pub echelle: Vec<Niveau>,
    pub lignes: Vec<Ligne>,
}

static GRILLES: LazyLock<Vec<Grille>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("grille.json"))
        .expect("a test reads the same file with the same types")
});

impl Grille {
    /// Every version, the oldest first.
    pub fn all() -> &'static [Self] {
        &GRILLES
    }

    /// The version that an evaluation starts from today.
    pub fn current() -> &'static Self {
        Self::all().last().expect("a test finds a version")
    }

    /// A version.
    pub fn version(version: i32) -> Option<&'static Self> {
        Self::all().iter().find(|it| it.version == version)
    }

    /// The version that a fact names: programs bring versions before facts name them.
    pub fn named(version: i32) -> &'static Self {
        Self::version(version).unwrap_or_else(|| Self::current())
    }

    /// Whether an appreciation may have that level.
    pub fn has_niveau(&self, niveau: i32) -> bool {
        usize::try_from(niveau).is_ok_and(|it| (1..=self.echelle.len()).contains(&it))
    }
}

#[cfg(test)]
mod tests;
