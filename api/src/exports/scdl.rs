//! SCDL "subventions" 2.1.1: the essential data of conventions, as the law has them published
//! (décret 2017-779). One line a beneficiary, every rule of the schema, or a reason.
//!
//! What no fact says is computed, and only this: a line of a plan is money (valued time has lines
//! of its own), told to no one at the European Commission, paid as its payments say; a convention
//! that does not say when it is paid is paid in its period; nobody shares a convention, so that a
//! beneficiary has all of it.

use std::collections::BTreeSet;

use async_graphql::SimpleObject;
use domain::{
    Objet, Rna, Siret,
    convention_financement::{ConditionsVersement, NatureSubvention, Subvention as Conditions},
};
use projections::{
    exports::{Identite, Source, Subvention},
    financements::Versement,
};
use serde::Serialize;
use serde_json::Value;

use super::{Export, Motif, Told, euros, shortened};
use crate::{Error, Result, csv};

/// The columns, in the order of the schema.
pub const COLUMNS: [&str; 16] = [
    "nomAttribuant",
    "idAttribuant",
    "dateConvention",
    "referenceDecision",
    "nomBeneficiaire",
    "idBeneficiaire",
    "rnaBeneficiaire",
    "objet",
    "montant",
    "nature",
    "conditionsVersement",
    "datesPeriodeVersement",
    "idRAE",
    "notificationUE",
    "pourcentageSubvention",
    "dispositifAide",
];

/// The longest number in the répertoire des aides aux entreprises.
const RAE_MAX: usize = 5;

/// One subvention, as the open file of subventions tells it (SCDL 2.1.1): members are its
/// columns, texts are its cells. What is absent is empty there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "LigneScdl")]
pub struct Line {
    /// Who grants.
    nom_attribuant: String,
    /// The SIRET of who grants.
    id_attribuant: String,
    /// When the convention was signed, or the money notified: `2019-02-11`.
    date_convention: String,
    /// The reference of the convention, or of the letter.
    reference_decision: Option<String>,
    /// The structure porteuse that receives.
    nom_beneficiaire: String,
    /// Its SIRET.
    id_beneficiaire: Option<String>,
    /// Its number in the RNA, when it has digits only.
    rna_beneficiaire: Option<String>,
    /// What it is for, in 256 characters at most.
    objet: String,
    /// Euros, with a dot: `53000.00`.
    montant: String,
    /// `aide en numéraire`, `aide en nature`, or both.
    nature: String,
    /// `unique`, `échelonné`, or as it is described.
    conditions_versement: String,
    /// A day, or the first and the last with a slash between: `2019-03-01/2020-01-31`.
    dates_periode_versement: String,
    /// The number of the aid in the répertoire des aides aux entreprises.
    #[serde(rename = "idRAE")]
    #[graphql(name = "idRAE")]
    id_rae: Option<String>,
    /// `oui` or `non`.
    #[serde(rename = "notificationUE")]
    #[graphql(name = "notificationUE")]
    notification_ue: String,
    /// The part of the beneficiary: `1.00` is all of it.
    pourcentage_subvention: String,
    /// The dispositif d'aide it belongs to.
    dispositif_aide: Option<String>,
}

impl Export {
    /// Its lines, no two alike.
    pub fn scdl(&self) -> Told<Line> {
        let mut known = BTreeSet::new();
        self.told(Motif::scdl, |it, porteuse| {
            let line = Line::of(it, porteuse)?;
            if known.insert(line.clone()) { Ok(line) } else { Err(Motif::Duplicate) }
        })
    }
}

impl Told<Line> {
    /// The file: comma, UTF-8, no byte order mark. A cell that a spreadsheet would compute begins
    /// with an apostrophe, and is still no longer than the schema has it.
    pub fn csv(&self) -> Result<String> {
        let mut text = String::new();
        csv::record(COLUMNS, &mut text);
        for (_, line) in &self.lines {
            let members = serde_json::to_value(line).map_err(Error::internal)?;
            let cells = COLUMNS.map(|name| match &members[name] {
                Value::String(cell) => cell.clone(),
                _ => String::new(),
            });
            csv::record(cells.iter().map(String::as_str), &mut text);
        }
        Ok(text)
    }
}

impl Line {
    fn of(it: &Subvention, porteuse: &Identite) -> Result<Self, Motif> {
        let siret = siret(&it.attribuant).ok_or(Motif::AttribuantWithoutSiret)?;
        let (id_beneficiaire, rna_beneficiaire) = identifiants(porteuse)?;
        let paid = Paid::of(it)?;
        let conditions = match &it.source {
            Source::Convention { conditions, .. } => Some(conditions),
            Source::Ligne { .. } => None,
        };
        let text = |of: fn(&Conditions) -> Option<&domain::Line>| {
            Some(conditions.and_then(of)?.as_str().to_owned())
        };
        let id_rae = text(|it| it.rae.as_ref());
        if !id_rae.as_deref().is_none_or(is_rae) {
            return Err(Motif::RaeUnfit);
        }
        let notified = conditions.is_some_and(|it| it.notification_ue);
        Ok(Self {
            nom_attribuant: it.attribuant.denomination.clone(),
            id_attribuant: siret,
            date_convention: it.on.to_string(),
            reference_decision: it.reference.clone(),
            nom_beneficiaire: porteuse.denomination.clone(),
            id_beneficiaire,
            rna_beneficiaire,
            objet: fitted(&match conditions {
                Some(_) => it.objet.clone(),
                None => format!("Cofinancement de l'ingénierie collective : {}", it.objet),
            }),
            montant: euros(it.montant_cents),
            nature: nature(conditions.map_or(NatureSubvention::Numeraire, |it| it.nature)),
            conditions_versement: paid.how,
            dates_periode_versement: paid.when,
            id_rae,
            notification_ue: if notified { "oui" } else { "non" }.to_owned(),
            pourcentage_subvention: "1.00".to_owned(),
            dispositif_aide: text(|it| it.dispositif.as_ref()),
        })
    }
}

/// A SIRET whose key is right.
fn siret(of: &Identite) -> Option<String> {
    let siret = of.siret.as_deref()?;
    Some(Siret::parse(siret).ok()?.as_str().to_owned())
}

/// One of the two at least. An RNA with a letter is left out beside a SIRET: the schema takes
/// digits only.
fn identifiants(of: &Identite) -> Result<(Option<String>, Option<String>), Motif> {
    let rna = of.rna.as_deref().and_then(|it| Rna::parse(it).ok());
    let digits = |it: &&Rna| it.as_str().bytes().skip(1).all(|it| it.is_ascii_digit());
    let told = rna.as_ref().filter(digits).map(|it| it.as_str().to_owned());
    match (siret(of), told, rna) {
        (None, None, None) => Err(Motif::BeneficiaireWithoutId),
        (None, None, Some(_)) => Err(Motif::RnaUnfit),
        (siret, told, _) => Ok((siret, told)),
    }
}

fn is_rae(text: &str) -> bool {
    text.chars().count() <= RAE_MAX && text.chars().all(char::is_alphanumeric)
}

fn nature(of: NatureSubvention) -> String {
    match of {
        NatureSubvention::Numeraire => "aide en numéraire",
        NatureSubvention::Nature => "aide en nature",
        NatureSubvention::NumeraireEtNature => "aide en numéraire;aide en nature",
    }
    .to_owned()
}

/// A text that fits the schema once nobody computes it.
fn fitted(text: &str) -> String {
    shortened(text, Objet::MAX - csv::guard(text).chars().count())
}

/// How and when it is paid.
struct Paid {
    how: String,
    when: String,
}

impl Paid {
    const UNIQUE: &str = "unique";
    const ECHELONNE: &str = "échelonné";

    fn of(it: &Subvention) -> Result<Self, Motif> {
        match &it.source {
            Source::Convention { conditions, .. } => Self::as_signed(it, conditions),
            Source::Ligne { versements, .. } => Self::as_paid(it.montant_cents, versements),
        }
    }

    fn as_signed(it: &Subvention, conditions: &Conditions) -> Result<Self, Motif> {
        let how = match (conditions.conditions, &conditions.precision) {
            (ConditionsVersement::Unique, _) => Self::UNIQUE.to_owned(),
            (ConditionsVersement::Echelonne, _) => Self::ECHELONNE.to_owned(),
            (ConditionsVersement::Autre, Some(text)) => fitted(text.as_str()),
            (ConditionsVersement::Autre, None) => return Err(Motif::VersementUnknown),
        };
        let when = match (conditions.versement_du, conditions.versement_au) {
            (Some(du), Some(au)) if du != au => format!("{du}/{au}"),
            (Some(day), _) => day.to_string(),
            (None, _) => match (it.du, it.au) {
                (Some(du), Some(au)) => format!("{du}/{au}"),
                _ => return Err(Motif::VersementUnknown),
            },
        };
        Ok(Self { how, when })
    }

    fn as_paid(montant_cents: i64, versements: &[Versement]) -> Result<Self, Motif> {
        let paid: i64 = versements.iter().map(|it| it.montant_cents).sum();
        let days = versements.iter().map(|it| it.on);
        let (Some(first), Some(last)) = (days.clone().min(), days.max()) else {
            return Err(Motif::VersementUnknown);
        };
        if paid < montant_cents {
            return Err(Motif::VersementUnknown);
        }
        if versements.len() == 1 {
            return Ok(Self { how: Self::UNIQUE.to_owned(), when: first.to_string() });
        }
        Ok(Self { how: Self::ECHELONNE.to_owned(), when: format!("{first}/{last}") })
    }
}
