//! Who an organisation is, as registers know it.

use async_graphql::{Context, InputObject};
use domain::{
    Ape, Liste, Ridet, Rna, Siren, Siret, Tahiti, Territoire as Place,
    organisation::{Declaration, Identifiants, Identite},
    territoire::Niveau,
    values::Invalid,
};

use crate::{
    Result,
    error::At,
    graphql::request::{Request, line, optional, prose},
};

/// Who an organisation is. It stands flat in the inputs that declare it.
#[derive(InputObject)]
pub(crate) struct IdentiteInput {
    /// Its name, as registers write it.
    denomination: String,
    /// Its legal form: a code of `STATUT_JURIDIQUE`.
    statut: String,
    /// The establishment, on 14 digits; spaces and dots are ignored.
    siret: Option<String>,
    /// The legal unit, on 9 digits: that of the SIRET, when both are given.
    siren: Option<String>,
    /// Its number in the national register of associations (répertoire national des
    /// associations): `W` and nine characters.
    rna: Option<String>,
    /// Its number in Nouvelle-Calédonie.
    ridet: Option<String>,
    /// Its number in Polynésie française.
    tahiti: Option<String>,
    /// Why it has no identifier, when it has none (INV-39). Sealed.
    sans_identifiant: Option<String>,
    /// Its main activity (NAF): `88.99B`.
    ape: Option<String>,
    /// Where it has its seat: the INSEE code of a commune, never the postal code.
    commune: Option<String>,
    /// The year of the code officiel géographique that this code is of: communes merge and part.
    commune_millesime: Option<i32>,
    /// Its fields of activity: codes of `SECTEUR`.
    secteurs: Option<Vec<String>>,
}

impl IdentiteInput {
    /// What is declared, once every value has its form.
    pub(super) fn parse(&self, ctx: &Context<'_>, request: &Request) -> Result<Declaration> {
        let secteurs = self.secteurs.as_deref().unwrap_or_default();
        let sans_identifiant = self.sans_identifiant.as_ref();
        Ok(Declaration {
            identite: Identite {
                denomination: line("input.denomination", &self.denomination)?,
                statut: request.code(ctx, Liste::StatutJuridique, "input.statut", &self.statut)?,
                identifiants: Identifiants {
                    siret: given(Siret::parse, "input.siret", self.siret.as_ref())?,
                    siren: given(Siren::parse, "input.siren", self.siren.as_ref())?,
                    rna: given(Rna::parse, "input.rna", self.rna.as_ref())?,
                    ridet: given(Ridet::parse, "input.ridet", self.ridet.as_ref())?,
                    tahiti: given(Tahiti::parse, "input.tahiti", self.tahiti.as_ref())?,
                },
                ape: given(Ape::parse, "input.ape", self.ape.as_ref())?,
                commune: self.seat()?,
                secteurs: request.codes(ctx, Liste::Secteur, "input.secteurs", secteurs)?,
            },
            sans_identifiant: optional(prose, "input.sansIdentifiant", sans_identifiant)?,
        })
    }

    fn seat(&self) -> Result<Option<Place>> {
        let commune = |text: &str| Place::parse(Niveau::Commune, text);
        let commune = given(commune, "input.commune", self.commune.as_ref())?;
        let Some(year) = self.commune_millesime else { return Ok(commune) };
        let alone = || Invalid {
            fr: "Ce millésime est celui d'une commune : indiquez-la.".to_owned(),
            en: "This vintage is that of a commune: give it.".to_owned(),
        };
        let dated = commune
            .ok_or_else(alone)
            .and_then(|it| it.of_millesime(year));
        Ok(Some(dated.at("input.communeMillesime")?))
    }
}

/// A value that may be left out, at its place.
fn given<T>(
    parse: impl Fn(&str) -> Result<T, Invalid>,
    path: &str,
    text: Option<&String>,
) -> Result<Option<T>> {
    text.map(|it| parse(it)).transpose().at(path)
}
