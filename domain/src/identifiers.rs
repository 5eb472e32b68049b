//! Official identifiers of organisations. Each is parsed once, spaces and dots apart, and
//! then trusted; whether it names a living organisation is for INSEE to say.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::values::Invalid;

#[cfg(test)]
mod tests;

/// The SIREN of La Poste, whose establishments are numbered by another rule.
const LA_POSTE: &str = "356000000";

/// The head office of La Poste, which follows the common rule.
const LA_POSTE_HEAD_OFFICE: &str = "35600000000048";

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// As registries write it: no space, no dot, capitals.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?)
                    .map_err(|no| serde::de::Error::custom(no.en))
            }
        }
    )*};
}

identifiers! {
    /// A legal unit in the SIRENE register: nine digits.
    Siren;
    /// An establishment in the SIRENE register: the SIREN and five digits.
    Siret;
    /// An association in the national register (RNA).
    Rna;
    /// The main activity (APE), as a code of the NAF.
    Ape;
    /// An enterprise (RID) or an establishment (RIDET) of Nouvelle-Calédonie.
    Ridet;
    /// An enterprise of Polynésie française, with or without its establishment.
    Tahiti;
}

impl Siren {
    /// Nine digits that pass the Luhn check.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let code = compact(text);
        if code.len() == 9 && digits(&code) && luhn(&code) {
            return Ok(Self(code));
        }
        Err(Invalid::new(
            "Ce SIREN n'est pas valide : vérifiez ses neuf chiffres.",
            "This SIREN is not valid: check its nine digits.",
        ))
    }
}

impl Siret {
    /// Fourteen digits that pass the Luhn check and begin with a valid SIREN.
    ///
    /// The establishments of La Poste, its head office apart, are valid when their digits add
    /// up to a multiple of five (rule of python-stdnum, `stdnum/fr/siret.py`).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let code = compact(text);
        if code.len() == 14 && digits(&code) && Siren::parse(&code[..9]).is_ok() {
            let post_office = code.starts_with(LA_POSTE) && code != LA_POSTE_HEAD_OFFICE;
            let valid = if post_office { digit_sum(&code).is_multiple_of(5) } else { luhn(&code) };
            if valid {
                return Ok(Self(code));
            }
        }
        Err(Invalid::new(
            "Ce SIRET n'est pas valide : vérifiez ses quatorze chiffres.",
            "This SIRET is not valid: check its fourteen digits.",
        ))
    }

    /// The legal unit that the establishment belongs to.
    pub fn siren(&self) -> Siren {
        Siren(self.0[..9].to_owned())
    }
}

impl Rna {
    /// `W`, a digit, a digit or a letter, seven digits (form used by Data.Subvention).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let code = compact(text);
        if let [b'W', first, greffe, rest @ ..] = code.as_bytes()
            && first.is_ascii_digit()
            && (greffe.is_ascii_digit() || greffe.is_ascii_uppercase())
            && rest.len() == 7
            && rest.iter().all(u8::is_ascii_digit)
        {
            return Ok(Self(code));
        }
        Err(Invalid::new(
            "Ce numéro RNA n'est pas valide : il commence par W, suivi de neuf caractères.",
            "This RNA number is not valid: it begins with W, followed by nine characters.",
        ))
    }
}

impl Ape {
    /// Four digits and a letter: `8899B`, or `88.99B`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let code = compact(text);
        if let [numbers @ .., letter] = code.as_bytes()
            && numbers.len() == 4
            && numbers.iter().all(u8::is_ascii_digit)
            && letter.is_ascii_uppercase()
        {
            return Ok(Self(code));
        }
        Err(Invalid::new(
            "Ce code APE n'est pas valide : quatre chiffres et une lettre, par exemple 88.99B.",
            "This APE code is not valid: four digits and a letter, for example 88.99B.",
        ))
    }
}

impl Ridet {
    /// Six or seven digits for an enterprise, nine or ten for an establishment.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let code = compact(text);
        if matches!(code.len(), 6 | 7 | 9 | 10) && digits(&code) {
            return Ok(Self(code));
        }
        Err(Invalid::new(
            "Ce numéro n'est pas valide : un RID a six ou sept chiffres, un RIDET neuf ou dix.",
            "This number is not valid: a RID has six or seven digits, a RIDET nine or ten.",
        ))
    }
}

impl Tahiti {
    /// A letter or a digit and five digits, then three digits for an establishment.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let code = compact(text);
        if let [first, rest @ ..] = code.as_bytes()
            && (first.is_ascii_digit() || first.is_ascii_uppercase())
            && matches!(rest.len(), 5 | 8)
            && rest.iter().all(u8::is_ascii_digit)
        {
            return Ok(Self(code));
        }
        Err(Invalid::new(
            "Ce numéro TAHITI n'est pas valide : six caractères, ou neuf avec l'établissement.",
            "This TAHITI number is not valid: six characters, or nine with the establishment.",
        ))
    }
}

/// People copy identifiers with spaces of every width, and with dots.
fn compact(text: &str) -> String {
    text.chars()
        .filter(|it| !it.is_whitespace() && *it != '.')
        .map(|it| it.to_ascii_uppercase())
        .collect()
}

fn digits(code: &str) -> bool {
    code.bytes().all(|it| it.is_ascii_digit())
}

fn digit_sum(code: &str) -> u32 {
    code.bytes().map(|it| u32::from(it - b'0')).sum()
}

/// From the right, every second digit is doubled, and the digits add up to a multiple of ten.
fn luhn(code: &str) -> bool {
    let sum: u32 = code
        .bytes()
        .rev()
        .map(|it| u32::from(it - b'0'))
        .enumerate()
        .map(|(n, digit)| if n % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}
