//! The lists themselves: what this program brings, and what was amended since.
//!
//! What it brings is data (`lists.json`), each list with its version. A code is never removed
//! and never changes its meaning, for facts hold it for ever: it is given an end of validity.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::Event;
use crate::{
    Date, ReferentielId,
    values::{Invalid, uuid_of},
};

macro_rules! listes {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A reference list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum Liste {
            $($(#[$doc])* $name,)*
        }

        impl Liste {
            /// Every list, in the order of the file.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

listes! {
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
    /// The four steps of the method.
    Etape,
    /// What entitles a DLA to run the démarche (method, step 1 C1).
    LegitimiteDla,
    /// What a group of structures has in common (method, fiche 4 and step 3 A3).
    CritereGroupe,
    /// What an ingénierie does for structures (method, fiche 2).
    TypeIngenierie,
    /// Kinds of intervention (method, fiche 5).
    TypeIntervention,
    /// What an evaluation judges (method, step 3 B2).
    RegistreEvaluation,
    /// Who answers an evaluation (method, fiche 6).
    RepondantEvaluation,
    /// Kinds of answer to an evaluation (method, fiche 6).
    NatureReponse,
    /// What an offre is chosen by (method, step 3 C3).
    CritereChoix,
    /// What makes a structure ask for support.
    MomentCle,
    /// Fields of expertise of those who support.
    DomaineExpertise,
    /// What structures can share.
    RessourceMutualisable,
    /// What a support leads to.
    IssueAccompagnement,
}

impl Liste {
    /// The stream of its amendments: the same in every house, for it is made of the list's name
    /// (FNV-1a on 128 bits, as a UUID of version 8).
    pub fn id(self) -> ReferentielId {
        ReferentielId(uuid_of(&self.to_string()))
    }

    /// The list whose amendments stand in that stream.
    pub fn by_id(id: ReferentielId) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.id() == id)
    }

    /// A code of the list as this program brings it, for those who have no house around them.
    pub fn code(self, text: &str) -> Result<Code, Invalid> {
        COMPILED.chosen(self, text).map(|it| it.code.clone())
    }
}

/// As facts write it.
impl fmt::Display for Liste {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A code of a reference list. Read back from a fact it is not looked up: what was recorded
/// stays readable whatever the lists say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

impl Code {
    /// In characters.
    pub const MAX: usize = 60;

    /// A new code: capitals, digits and underscores, a capital first.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let plain = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_';
        let begins = text
            .bytes()
            .next()
            .is_some_and(|it| it.is_ascii_uppercase());
        if begins && text.len() <= Self::MAX && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new(
            format!(
                "Un code s'écrit en majuscules sans accent, chiffres et tirets bas, {} caractères au plus : par exemple ECONOMIE_CIRCULAIRE.",
                Self::MAX
            ),
            format!(
                "A code is written in plain capitals, digits and underscores, at most {} characters: for example ECONOMIE_CIRCULAIRE.",
                Self::MAX
            ),
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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
    /// A rule of this program names it: it does not end.
    #[serde(default)]
    pub of_rules: bool,
    pub valid_from: Option<Date>,
    /// Its last day.
    pub valid_to: Option<Date>,
}

impl Entry {
    /// Whether it may be chosen on that day.
    pub fn valid_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|it| it <= day) && self.valid_to.is_none_or(|it| day <= it)
    }

    /// Whether people mean it by these words: its code, a label or a synonym, whatever the case,
    /// the accents and the punctuation.
    pub fn is_named(&self, words: &str) -> bool {
        let words = plain(words);
        self.names().any(|it| plain(it) == words)
    }

    /// Whether one of its names holds these words.
    pub fn mentions(&self, words: &str) -> bool {
        let words = plain(words);
        self.names().any(|it| plain(it).contains(&words))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        [self.code.as_str(), &self.fr, &self.en]
            .into_iter()
            .chain(self.synonyms.iter().map(String::as_str))
    }
}

/// Words as they are compared: without case, accents or punctuation.
pub fn plain(words: &str) -> String {
    let bare: String = words
        .nfkd()
        .filter(|it| !is_combining_mark(*it))
        .flat_map(char::to_lowercase)
        .collect();
    let words = bare.split(|it: char| !it.is_alphanumeric());
    words
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A list with its values, as this program brings it or as it was amended since.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    pub liste: Liste,
    /// What it is called in French.
    pub fr: String,
    /// What it is called in English.
    pub en: String,
    /// Raised by every change of the list, in the program or by a command.
    pub version: i32,
    /// Its values are those that the rules of this program know: none is added, none ends.
    #[serde(default)]
    pub closed: bool,
    /// Lists whose values are taken too.
    #[serde(default)]
    pub accepts: Vec<Liste>,
    /// In the order of the method, then in that of their addition.
    pub entries: Vec<Entry>,
}

impl Values {
    /// The list as this program brings it.
    pub fn compiled(liste: Liste) -> &'static Self {
        COMPILED.values(liste)
    }

    /// Its own value of that code.
    pub fn entry(&self, code: &str) -> Option<&Entry> {
        self.entries.iter().find(|it| it.code.as_str() == code)
    }

    /// Takes an amendment into account. A program that brings a value which was added by a
    /// command before reads it as that command said it.
    pub fn apply(&mut self, event: &Event) {
        self.version += 1;
        match event {
            Event::ValeurReferenceAdded { valeur, .. } => {
                let known = self.of(&valeur.code);
                let entry = Entry {
                    code: valeur.code.clone(),
                    fr: valeur.libelle_fr.as_str().to_owned(),
                    en: valeur.libelle_en.as_str().to_owned(),
                    synonyms: valeur
                        .synonymes
                        .iter()
                        .map(|it| it.as_str().to_owned())
                        .collect(),
                    of_rules: known.as_ref().is_some_and(|it| it.of_rules),
                    valid_from: valeur.valid_from,
                    valid_to: valeur.valid_to,
                };
                match known {
                    Some(known) => *known = entry,
                    None => self.entries.push(entry),
                }
            }
            Event::ValeurReferenceRelabelled { code, libelle_fr, libelle_en, .. } => {
                let Some(known) = self.of(code) else { return };
                let before = [
                    std::mem::replace(&mut known.fr, libelle_fr.as_str().to_owned()),
                    std::mem::replace(&mut known.en, libelle_en.as_str().to_owned()),
                ];
                // People go on saying the old name, and so do commands that are sent again.
                for name in before {
                    if !known.is_named(&name) {
                        known.synonyms.push(name);
                    }
                }
            }
            Event::ValeurReferenceEnded { code, valid_to, .. } => {
                if let Some(known) = self.of(code) {
                    known.valid_to = Some(*valid_to);
                }
            }
            Event::SynonymeReferenceAdded { code, synonyme, .. } => {
                if let Some(known) = self.of(code) {
                    known.synonyms.push(synonyme.as_str().to_owned());
                }
            }
        }
    }

    fn of(&mut self, code: &Code) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|it| it.code == *code)
    }
}

static COMPILED: LazyLock<Lists> = LazyLock::new(|| {
    let all: Vec<Values> = serde_json::from_str(include_str!("lists.json"))
        .expect("a test reads the same file with the same types");
    Lists(all.into_iter().map(|it| (it.liste, Arc::new(it))).collect())
});

/// Every list, at one moment. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists(BTreeMap<Liste, Arc<Values>>);

/// As this program brings them.
impl Default for Lists {
    fn default() -> Self {
        COMPILED.clone()
    }
}

impl Lists {
    /// One list.
    pub fn values(&self, liste: Liste) -> &Values {
        self.0
            .get(&liste)
            .expect("a test finds every list in the file")
    }

    /// The same lists, one of them as it stands now.
    #[must_use]
    pub fn with(mut self, values: Values) -> Self {
        self.0.insert(values.liste, Arc::new(values));
        self
    }

    /// What people read in the place of a code.
    pub fn entry(&self, liste: Liste, code: &str) -> Option<&Entry> {
        self.taken(liste).find(|it| it.code.as_str() == code)
    }

    /// The value that people mean, by its code or by other words for it. It must be one of the
    /// list, or of those whose values the list takes.
    pub fn chosen(&self, liste: Liste, text: &str) -> Result<&Entry, Invalid> {
        let text = text.trim();
        self.entry(liste, text)
            .or_else(|| self.taken(liste).find(|it| it.is_named(text)))
            .ok_or_else(|| {
                let known: Vec<_> = self.taken(liste).map(|it| it.code.as_str()).collect();
                let known = known.join(", ");
                Invalid::new(
                    format!("Ce code est inconnu : choisissez parmi {known}."),
                    format!("This code is unknown: choose among {known}."),
                )
            })
    }

    fn taken(&self, liste: Liste) -> impl Iterator<Item = &Entry> {
        let values = self.values(liste);
        let others = values.accepts.iter();
        values
            .entries
            .iter()
            .chain(others.flat_map(|it| &self.values(*it).entries))
    }
}
