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
            Niveau::Region => REGIONS.iter().any(|(region, _)| *region == code),
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

    /// Whether the codes show that the other lies in this one, whole.
    pub fn covers(&self, other: &Self) -> bool {
        self.contains(other) == Some(true)
    }

    /// Whether the other may lie in this one: the codes do not show the contrary.
    pub fn may_cover(&self, other: &Self) -> bool {
        self.contains(other) != Some(false)
    }

    /// Those that the codes show to cover it: itself, its département, its région, the country.
    pub fn around(&self) -> Vec<Self> {
        let departement = match self.niveau {
            Niveau::Commune | Niveau::Qpv => self.departement_code(),
            Niveau::Epci | Niveau::Departement | Niveau::Region | Niveau::France => None,
        };
        let region = match self.niveau {
            Niveau::Commune | Niveau::Qpv | Niveau::Departement => {
                self.departement_code().and_then(region_of)
            }
            Niveau::Epci | Niveau::Region | Niveau::France => None,
        };
        let country = (self.niveau != Niveau::France).then_some("FR");
        let wider = [
            (Niveau::Departement, departement),
            (Niveau::Region, region),
            (Niveau::France, country),
        ];
        let known = wider.into_iter().filter_map(|(niveau, code)| {
            Some(Self { niveau, code: code?.to_owned(), millesime: None })
        });
        [self.clone()].into_iter().chain(known).collect()
    }

    /// Whether the two may share a place: one covers the other, or the codes cannot tell.
    ///
    /// A code says nothing of what an EPCI is made of, nor in which commune a QPV lies: whoever
    /// must be careful takes those for the same place until somebody has looked.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.may_cover(other) || other.may_cover(self)
    }

    /// Whether the other lies in this one; `None` when the codes alone cannot tell.
    fn contains(&self, other: &Self) -> Option<bool> {
        if self.niveau == Niveau::France {
            return Some(true);
        }
        if self.niveau == other.niveau {
            // Territories of one level share no place, whatever the years of their codes.
            return Some(self.code == other.code);
        }
        match (self.niveau, other.niveau) {
            (Niveau::Region, Niveau::Departement | Niveau::Commune | Niveau::Qpv) => {
                let region = other.departement_code().and_then(region_of);
                Some(region == Some(self.code.as_str()))
            }
            (Niveau::Departement, Niveau::Commune | Niveau::Qpv) => {
                Some(other.departement_code() == Some(self.code.as_str()))
            }
            // Quartiers lie in some commune of their département.
            (Niveau::Commune, Niveau::Qpv) => {
                let same = self.departement_code() == other.departement_code();
                if same { None } else { Some(false) }
            }
            // An EPCI may lie astride départements, and its SIREN names none.
            (Niveau::Region | Niveau::Departement, Niveau::Epci)
            | (Niveau::Epci, Niveau::Commune | Niveau::Qpv) => None,
            // What is left is larger than this one.
            _ => Some(false),
        }
    }

    /// The département that the code names.
    fn departement_code(&self) -> Option<&str> {
        match self.niveau {
            Niveau::Commune => departement_of(&self.code),
            Niveau::Qpv => {
                let three = self.code.get(2..5)?;
                Some(three.strip_prefix('0').unwrap_or(three))
            }
            Niveau::Departement => Some(&self.code),
            Niveau::Epci | Niveau::Region | Niveau::France => None,
        }
    }
}

/// The régions since 2016, with their départements. The other overseas collectivités are in none.
const REGIONS: &[(&str, &str)] = &[
    ("01", "971"),
    ("02", "972"),
    ("03", "973"),
    ("04", "974"),
    ("06", "976"),
    ("11", "75 77 78 91 92 93 94 95"),
    ("24", "18 28 36 37 41 45"),
    ("27", "21 25 39 58 70 71 89 90"),
    ("28", "14 27 50 61 76"),
    ("32", "02 59 60 62 80"),
    ("44", "08 10 51 52 54 55 57 67 68 88"),
    ("52", "44 49 53 72 85"),
    ("53", "22 29 35 56"),
    ("75", "16 17 19 23 24 33 40 47 64 79 86 87"),
    ("76", "09 11 12 30 31 32 34 46 48 65 66 81 82"),
    ("84", "01 03 07 15 26 38 42 43 63 69 73 74"),
    ("93", "04 05 06 13 83 84"),
    ("94", "2A 2B"),
];

/// The région in which a département lies.
fn region_of(departement: &str) -> Option<&'static str> {
    REGIONS
        .iter()
        .find(|(_, all)| all.split(' ').any(|it| it == departement))
        .map(|(region, _)| *region)
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
