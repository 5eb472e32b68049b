//! Places, by their official code and nothing else.
//!
//! Partners hold INSEE codes: they come in and go out as they are (lesson of
//! Aides-territoires, whose internal perimeter ids nobody could match).

use std::{fmt, ops::RangeInclusive, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{identifiers::Siren, values::Invalid};

/// A level of territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Niveau {
    Commune,
    Epci,
    Qpv,
    Departement,
    Region,
    /// The whole country.
    France,
}

impl Niveau {
    /// Every level, from the smallest.
    pub const ALL: &[Self] =
        &[Self::Commune, Self::Epci, Self::Qpv, Self::Departement, Self::Region, Self::France];

    /// As written in facts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Commune => "commune",
            Self::Epci => "epci",
            Self::Qpv => "qpv",
            Self::Departement => "departement",
            Self::Region => "region",
            Self::France => "france",
        }
    }
}

/// A territory: a level and an official code. Written `departement:84` in facts, and
/// `commune:84007@2024` when the year is known of the code officiel géographique that it is of:
/// communes merge and part every 1 January.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Territoire {
    niveau: Niveau,
    code: String,
    millesime: Option<i16>,
}

/// The years that a code officiel géographique can be of: the first was that of 1943.
const MILLESIMES: RangeInclusive<i16> = 1943..=2100;

impl Territoire {
    /// Checks the form of the code: INSEE for communes (never postal), départements and
    /// régions, SIREN for EPCI, the 2024 form for QPV (décret 2023-1314).
    pub fn parse(niveau: Niveau, code: &str) -> Result<Self, Invalid> {
        let code = code.trim().to_ascii_uppercase();
        let valid = match niveau {
            Niveau::Commune => {
                code.len() == 5
                    && departement_of(&code).is_some_and(is_departement)
                    && code.bytes().skip(2).all(|it| it.is_ascii_digit())
            }
            Niveau::Epci => Siren::parse(&code).is_ok_and(|it| it.as_str() == code),
            Niveau::Qpv => is_qpv(&code),
            Niveau::Departement => is_departement(&code),
            Niveau::Region => code.len() == 2 && code.bytes().all(|it| it.is_ascii_digit()),
            Niveau::France => code == "FR",
        };
        if valid {
            return Ok(Self { niveau, code, millesime: None });
        }
        Err(Invalid::new(
            "Ce code de territoire n'a pas la forme attendue : code INSEE d'une commune (pas le code postal), d'un département ou d'une région, SIREN d'un EPCI, code QN d'un QPV.",
            "This territory code does not have the expected form: INSEE code of a commune (not the postal code), département or région, SIREN of an EPCI, QN code of a QPV.",
        ))
    }

    /// A département, by its INSEE code.
    pub fn departement(code: &str) -> Result<Self, Invalid> {
        Self::parse(Niveau::Departement, code)
    }

    /// The same, of that year's code officiel géographique. Of communes only.
    pub fn of_millesime(mut self, year: i32) -> Result<Self, Invalid> {
        let millesime = i16::try_from(year)
            .ok()
            .filter(|it| self.niveau == Niveau::Commune && MILLESIMES.contains(it));
        if millesime.is_none() {
            return Err(Invalid::new(
                "Le millésime est l'année, sur quatre chiffres, du code officiel géographique d'une commune : les autres territoires n'en ont pas.",
                "The vintage is the year, on four digits, of the official code of a commune: other territories have none.",
            ));
        }
        self.millesime = millesime;
        Ok(self)
    }

    /// The year of the code officiel géographique that its code is of, when it was said.
    pub fn millesime(&self) -> Option<i16> {
        self.millesime
    }

    /// What it is looked for by: its level and its code, of whatever year.
    pub fn cle(&self) -> String {
        format!("{}:{}", self.niveau.as_str(), self.code)
    }

    pub fn niveau(&self) -> Niveau {
        self.niveau
    }

    pub fn code(&self) -> &str {
        &self.code
    }
}

/// The département at the head of a commune's code; `None` when it is too short.
fn departement_of(code: &str) -> Option<&str> {
    let head = code.get(..2)?;
    if head == "97" || head == "98" { code.get(..3) } else { Some(head) }
}

/// `01` to `95` without `20`, `2A`, `2B`, and the overseas codes.
fn is_departement(code: &str) -> bool {
    match code {
        "20" => false,
        "2A" | "2B" | "971" | "972" | "973" | "974" | "975" | "976" | "977" | "978" | "986"
        | "987" | "988" => true,
        _ => code.len() == 2 && code.parse::<u8>().is_ok_and(|it| (1..=95).contains(&it)),
    }
}

/// `QN`, the département on three characters, a number on two digits, and N, M or I.
fn is_qpv(code: &str) -> bool {
    let Some(rest) = code
        .strip_prefix("QN")
        .filter(|it| it.is_ascii() && it.len() == 6)
    else {
        return false;
    };
    let (departement, rest) = rest.split_at(3);
    let (number, state) = rest.split_at(2);
    is_departement(departement.strip_prefix('0').unwrap_or(departement))
        && number.bytes().all(|it| it.is_ascii_digit())
        && matches!(state, "N" | "M" | "I")
}

impl fmt::Display for Territoire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cle())?;
        match self.millesime {
            Some(year) => write!(f, "@{year}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Territoire {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (level, code) = text.split_once(':').unwrap_or((text, ""));
        let niveau = Niveau::ALL
            .iter()
            .find(|it| it.as_str() == level)
            .ok_or_else(|| Invalid::new("Niveau de territoire inconnu.", "Unknown level."))?;
        let (code, year) = code
            .split_once('@')
            .map_or((code, None), |(it, year)| (it, Some(year)));
        let place = Self::parse(*niveau, code)?;
        match year {
            Some(year) => place.of_millesime(year.parse().unwrap_or_default()),
            None => Ok(place),
        }
    }
}

impl Serialize for Territoire {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Territoire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(|no: Invalid| serde::de::Error::custom(no.en))
    }
}

#[cfg(test)]
mod tests;
