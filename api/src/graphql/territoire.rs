//! Territories: official codes in and out.

use async_graphql::{Enum, InputObject, SimpleObject};
use domain::territoire::Niveau;

use crate::{Result, error::At};

/// A level of territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum NiveauTerritoire {
    /// A commune, by its INSEE code (never the postal code).
    Commune,
    /// An intercommunalité, by its SIREN.
    Epci,
    /// A quartier prioritaire de la politique de la ville, by its 2024 code.
    Qpv,
    /// A département, by its INSEE code.
    Departement,
    /// A région, by its INSEE code.
    Region,
    /// The whole country: code `FR`.
    France,
}

/// A territory, by its level and official code.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Territoire {
    /// The level.
    niveau: NiveauTerritoire,
    /// The official code at that level.
    code: String,
    /// The year of the code officiel géographique that the code of a commune is of, when it was
    /// said.
    millesime: Option<i32>,
}

/// A territory, by its level and official code.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct TerritoireInput {
    /// The level.
    niveau: NiveauTerritoire,
    /// The official code at that level.
    code: String,
    /// The year of the code officiel géographique that the code of a commune is of: communes
    /// merge and part. Filters find the place whatever its year.
    millesime: Option<i32>,
}

impl TerritoireInput {
    /// The territory, if its code has the form of its level.
    pub(crate) fn parse(&self, path: &str) -> Result<domain::Territoire> {
        let place =
            domain::Territoire::parse(self.niveau.into(), &self.code).at(format!("{path}.code"))?;
        match self.millesime {
            Some(year) => place.of_millesime(year).at(format!("{path}.millesime")),
            None => Ok(place),
        }
    }
}

impl Territoire {
    /// As a read model writes it: `departement:84`.
    pub(crate) fn of(text: &str) -> Option<Self> {
        text.parse().ok().map(|it| Self::from(&it))
    }
}

impl From<&domain::Territoire> for Territoire {
    fn from(it: &domain::Territoire) -> Self {
        Self {
            niveau: it.niveau().into(),
            code: it.code().to_owned(),
            millesime: it.millesime().map(Into::into),
        }
    }
}

impl From<NiveauTerritoire> for Niveau {
    fn from(it: NiveauTerritoire) -> Self {
        match it {
            NiveauTerritoire::Commune => Self::Commune,
            NiveauTerritoire::Epci => Self::Epci,
            NiveauTerritoire::Qpv => Self::Qpv,
            NiveauTerritoire::Departement => Self::Departement,
            NiveauTerritoire::Region => Self::Region,
            NiveauTerritoire::France => Self::France,
        }
    }
}

impl From<Niveau> for NiveauTerritoire {
    fn from(it: Niveau) -> Self {
        match it {
            Niveau::Commune => Self::Commune,
            Niveau::Epci => Self::Epci,
            Niveau::Qpv => Self::Qpv,
            Niveau::Departement => Self::Departement,
            Niveau::Region => Self::Region,
            Niveau::France => Self::France,
        }
    }
}
