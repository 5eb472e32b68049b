//! Values that cannot be confused: each is parsed once and then trusted.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

pub use jiff::civil::{Date, date};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )*};
}

ids! {
    /// One request of one structure, from the sollicitation to the suivi.
    AccompagnementId;
    /// A user of the API.
    ActorId;
    /// An action that crédits d'ingénierie pay for.
    ActionFinanceeId;
    /// What a capitalisation keeps of an ingénierie.
    CapitalisationId;
    /// A case of before the house, or of elsewhere.
    CasPasseId;
    /// A consultation of prestataires.
    ConsultationId;
    /// A convention between those who finance and a DLA.
    ConventionId;
    /// A dispositif local d'accompagnement.
    DlaId;
    /// A document: what is known of a file.
    DocumentId;
    /// The evaluation of one ingénierie.
    EvaluationId;
    /// An ingénierie, collective or individual.
    IngenierieId;
    /// The intervention of one ingénierie.
    InterventionId;
    /// A service token.
    JetonServiceId;
    /// A legal person, whatever its roles.
    OrganisationId;
    /// What opens dossiers to an auditor for a time.
    MandatAuditId;
    /// A person: known by this id in the facts, by name outside them only.
    PersonId;
    /// The plan de financement of one ingénierie.
    PlanFinancementId;
    /// A reference list.
    ReferentielId;
    /// What one respondent answers to one campaign of an evaluation.
    ReponseEvaluationId;
    /// A séance of the comité d'appui of a DLA.
    SeanceComiteId;
}

/// A place in one stream, from 1; 0 is before the first fact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Version(pub i64);

/// Why a value is not what it should be: one sentence in each language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    pub fr: String,
    pub en: String,
}

impl Invalid {
    pub(crate) fn new(fr: impl Into<String>, en: impl Into<String>) -> Self {
        Self { fr: fr.into(), en: en.into() }
    }
}

/// An id that a name makes, the same in every house: FNV-1a on 128 bits, as a UUID of version 8.
pub(crate) fn uuid_of(name: &str) -> Uuid {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = name
        .bytes()
        .fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    uuid::Builder::from_custom_bytes(hash.to_be_bytes()).into_uuid()
}

/// From one day to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Periode {
    pub du: Date,
    pub au: Date,
}

impl Periode {
    /// Whether they have a day in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.du <= other.au && other.du <= self.au
    }

    /// Whether the day is one of its days.
    pub fn holds(&self, day: Date) -> bool {
        (self.du..=self.au).contains(&day)
    }

    /// Whether all the days of the other are its own.
    pub fn contains(&self, other: &Self) -> bool {
        self.holds(other.du) && self.holds(other.au)
    }
}

/// The largest amount that one line may hold: a hundred million euros.
pub const AMOUNT_MAX: Cents = Cents(10_000_000_000);

/// Money, in euro cents.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    /// An amount of money that a line may hold: not negative, at most [`AMOUNT_MAX`].
    pub fn amount(cents: i64) -> Result<Self, Invalid> {
        if (0..=AMOUNT_MAX.0).contains(&cents) {
            return Ok(Self(cents));
        }
        Err(Invalid::new(
            format!("Indiquez un montant entre 0 et {AMOUNT_MAX}."),
            format!("Give an amount between 0 and {AMOUNT_MAX}."),
        ))
    }

    /// The sum. Amounts are bounded, so that no list of lines reaches the limit of the type.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Self {
        Self(
            amounts
                .into_iter()
                .fold(0, |sum: i64, it| sum.saturating_add(it.0)),
        )
    }
}

/// For people: `2 500,00 €`.
impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = (self.0.unsigned_abs() / 100).to_string();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        for (n, digit) in digits.chars().enumerate() {
            if n > 0 && (digits.len() - n).is_multiple_of(3) {
                f.write_str("\u{202f}")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ",{:02}\u{a0}€", self.0.unsigned_abs() % 100)
    }
}

/// Days, in quarters: half-days for interventions, quarters for valued time.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct QuarterDays(pub i32);

impl QuarterDays {
    /// At most ten years of one person.
    pub const MAX: Self = Self(4 * 3660);

    /// Parses days written with a dot, to the quarter: `3`, `0.5`, `1.25`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new(
                "Indiquez des jours au quart près, par exemple 3 ou 1.25.",
                "Give days to the quarter, for example 3 or 1.25.",
            )
        };
        let (days, part) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
        let quarter = match part.trim_end_matches('0') {
            "" => 0,
            "25" => 1,
            "5" => 2,
            "75" => 3,
            _ => return Err(invalid()),
        };
        if days.is_empty() || days.len() > 4 || !days.bytes().all(|it| it.is_ascii_digit()) {
            return Err(invalid());
        }
        let days: i32 = days.parse().map_err(|_| invalid())?;
        let all = Self(days * 4 + quarter);
        if all > Self::MAX { Err(invalid()) } else { Ok(all) }
    }
}

/// With a dot, to the quarter: `3`, `0.5`, `1.25`.
impl fmt::Display for QuarterDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0 / 4, ["", ".25", ".5", ".75"][self.0.rem_euclid(4) as usize])
    }
}

/// Full-time equivalents, in hundredths; two digits in text (`4.50`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Etp(pub i32);

impl Etp {
    /// Parses `4`, `4.5` or `4.50`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new(
                "Indiquez des ETP avec deux décimales au plus, par exemple 4.50.",
                "Give full-time equivalents with at most two digits, for example 4.50.",
            )
        };
        let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let digits = format!("{whole}{part:0<2}");
        if whole.is_empty() || part.len() > 2 || digits.len() > 8 {
            return Err(invalid());
        }
        if !digits.bytes().all(|it| it.is_ascii_digit()) {
            return Err(invalid());
        }
        digits.parse().map(Self).map_err(|_| invalid())
    }
}

impl fmt::Display for Etp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Serialize for Etp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Etp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|no| serde::de::Error::custom(no.en))
    }
}

/// A time of the day, to the minute. Written `09:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Heure(u16);

impl Heure {
    /// Parses hours and minutes: `9:30`, `09:30`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new(
                "Indiquez une heure et des minutes, par exemple 09:30.",
                "Give an hour and minutes, for example 09:30.",
            )
        };
        let number = |it: &str, digits: usize, below: u16| {
            let plain =
                (1..=digits).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit());
            it.parse().ok().filter(|it: &u16| plain && *it < below)
        };
        let (hours, minutes) = text.trim().split_once(':').ok_or_else(invalid)?;
        let hours = number(hours, 2, 24).ok_or_else(invalid)?;
        let minutes = number(minutes, 2, 60)
            .filter(|_| minutes.len() == 2)
            .ok_or_else(invalid)?;
        Ok(Self(hours * 60 + minutes))
    }
}

impl fmt::Display for Heure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for Heure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Heure {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|no| serde::de::Error::custom(no.en))
    }
}

/// What an indicator shows, in ten-thousandths: a number of any sign, up to four digits after
/// the dot. Written as people write it, without idle zeros (`12`, `-0.5`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mesure(i64);

impl Mesure {
    /// In digits, before the dot and after it.
    const DIGITS: (usize, usize) = (12, 4);

    /// Parses `12`, `12.5` or `-0.25`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new(
                "Indiquez un nombre avec un point et quatre décimales au plus, par exemple 12 ou -0.5.",
                "Give a number with a dot and at most four decimals, for example 12 or -0.5.",
            )
        };
        let text = text.trim();
        let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |it: &str, digits| {
            (1..=digits).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit())
        };
        if !is_number(whole, Self::DIGITS.0) || !is_number(part, Self::DIGITS.1) {
            return Err(invalid());
        }
        let unsigned: i64 = format!("{whole}{part:0<4}")
            .parse()
            .map_err(|_| invalid())?;
        Ok(Self(sign * unsigned))
    }
}

impl fmt::Display for Mesure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0.unsigned_abs() / 10_000, self.0.unsigned_abs() % 10_000);
        let sign = if self.0 < 0 { "-" } else { "" };
        match format!("{part:04}").trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            digits => write!(f, "{sign}{whole}.{digits}"),
        }
    }
}

impl Serialize for Mesure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mesure {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|no| serde::de::Error::custom(no.en))
    }
}

/// One line of text: a name, a title. At most [`Line::MAX`] characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Line(String);

impl Line {
    /// In characters.
    pub const MAX: usize = 200;

    /// Trims and normalises (NFC). Refuses what is empty, too long, or holds control characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        parse_text(text, Self::MAX, char::is_control).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What something is for, in one line. At most [`Objet::MAX`] characters, which is what open data
/// on subventions take (SCDL 2.1.1, column `objet`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Objet(String);

impl Objet {
    /// In characters.
    pub const MAX: usize = 256;

    /// Trims and normalises (NFC). Refuses what is empty, too long, or holds control characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        parse_text(text, Self::MAX, char::is_control).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Paragraphs of text. At most [`Prose::MAX`] characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prose(String);

impl Prose {
    /// In characters.
    pub const MAX: usize = 5_000;

    /// Trims and normalises (NFC). Refuses what is empty, too long, or holds control
    /// characters other than line feeds and tabs.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.replace("\r\n", "\n");
        let odd = |it: char| it.is_control() && it != '\n' && it != '\t';
        parse_text(&text, Self::MAX, odd).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn parse_text(text: &str, max: usize, odd: impl Fn(char) -> bool) -> Result<String, Invalid> {
    let text: String = text.trim().nfc().collect();
    if text.is_empty() {
        return Err(Invalid::new("Ce texte est vide.", "This text is empty."));
    }
    if text.chars().count() > max {
        return Err(Invalid::new(
            format!("Ce texte dépasse {max} caractères : raccourcissez-le."),
            format!("This text exceeds {max} characters: shorten it."),
        ));
    }
    if text.chars().any(odd) {
        return Err(Invalid::new(
            "Ce texte contient un caractère de contrôle : retirez-le.",
            "This text holds a control character: remove it.",
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
