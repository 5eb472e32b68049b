//! What a structure looks like over time, by the five criteria of the method.

use async_graphql::{Context, InputObject, Object};
use domain::{
    Etp, Liste, OrganisationId,
    organisation::{Criteres, Profil},
};
use projections::organisations as rows;

use crate::{
    Result,
    error::At,
    graphql::{
        referentiel::Code,
        request::{Request, optional, prose},
        scalars::{Cents, Date},
        sealed::{Readers, open},
        territoire::{Territoire, TerritoireInput},
    },
};

/// What a structure looked like on a date, by the five criteria of the method (step 1 B):
/// territory, field, project, weight, skills. What was not noted is absent.
pub(crate) struct ProfilStructure {
    organisation: OrganisationId,
    row: rows::Profil,
}

impl ProfilStructure {
    pub(super) fn of(organisation: OrganisationId, row: &rows::Profil) -> Self {
        Self { organisation, row: row.clone() }
    }

    /// A text of it. The registry belongs to no DLA: those of any DLA read it, and the
    /// structure itself.
    async fn text(&self, ctx: &Context<'_>, pointer: &str) -> Result<Option<String>> {
        let readers = Readers::Network(Some(self.organisation));
        open(ctx, readers, &[], self.row.position, pointer).await
    }
}

/// What a structure looked like on a date, by the five criteria of the method (step 1 B):
/// territory, field, project, weight, skills. What was not noted is absent.
#[Object]
impl ProfilStructure {
    /// The date it is true of.
    async fn as_of(&self) -> Option<Date> {
        self.row.as_of.parse().ok().map(Date)
    }

    /// Where it works.
    async fn territoire(&self) -> Option<Territoire> {
        self.row.criteres.territoire.as_ref().map(Territoire::from)
    }

    /// Its field of activity (`SECTEUR`).
    async fn secteur(&self) -> Option<Code> {
        let code = self.row.criteres.secteur.as_ref()?;
        Some(Code::new(Liste::Secteur, code.as_str()))
    }

    /// Its professional branch (`BRANCHE`).
    async fn branche(&self) -> Option<Code> {
        let code = self.row.criteres.branche.as_ref()?;
        Some(Code::new(Liste::Branche, code.as_str()))
    }

    /// Its yearly budget.
    async fn budget(&self) -> Option<Cents> {
        self.row.criteres.budget.map(Cents)
    }

    /// Its employees in full-time equivalents, with two digits: `4.50`.
    async fn etp(&self) -> Option<String> {
        self.row.criteres.etp.map(|it| it.to_string())
    }

    /// Its adhérents (members).
    async fn adherents(&self) -> Option<i32> {
        self.row.criteres.adherents
    }

    /// Its project. Sealed: the DLAs and the structure itself read it; absent for others, and
    /// once erased.
    async fn projet(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.text(ctx, "/projet").await
    }

    /// Its skills. Sealed: the DLAs and the structure itself read it; absent for others, and
    /// once erased.
    async fn competences(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.text(ctx, "/competences").await
    }
}

/// The five criteria of the method (step 1 B), as far as they are known: territory, field,
/// project, weight (budget, full-time equivalents, members), skills.
#[derive(InputObject)]
pub(crate) struct ProfilStructureInput {
    /// Where it works.
    territoire: Option<TerritoireInput>,
    /// Its field of activity: a code of `SECTEUR`.
    secteur: Option<String>,
    /// Its professional branch: a code of `BRANCHE`.
    branche: Option<String>,
    /// Its yearly budget.
    budget: Option<Cents>,
    /// Its employees in full-time equivalents, with a dot and at most two digits: `4.50`.
    etp: Option<String>,
    /// Its adhérents (members).
    adherents: Option<i32>,
    /// Its project. Sealed.
    projet: Option<String>,
    /// Its skills. Sealed.
    competences: Option<String>,
}

impl ProfilStructureInput {
    /// The criteria, once every value has its form.
    pub(super) fn parse(&self, ctx: &Context<'_>, request: &Request) -> Result<Profil> {
        let territoire = self.territoire.as_ref();
        let secteur = |path: &str, text: &str| request.code(ctx, Liste::Secteur, path, text);
        let branche = |path: &str, text: &str| request.code(ctx, Liste::Branche, path, text);
        let etp = |path: &str, text: &str| Etp::parse(text).at(path);
        Ok(Profil {
            criteres: Criteres {
                territoire: territoire
                    .map(|it| it.parse("input.profil.territoire"))
                    .transpose()?,
                secteur: optional(secteur, "input.profil.secteur", self.secteur.as_ref())?,
                branche: optional(branche, "input.profil.branche", self.branche.as_ref())?,
                budget: self.budget.map(|it| it.0),
                etp: optional(etp, "input.profil.etp", self.etp.as_ref())?,
                adherents: self.adherents,
            },
            projet: optional(prose, "input.profil.projet", self.projet.as_ref())?,
            competences: optional(prose, "input.profil.competences", self.competences.as_ref())?,
        })
    }
}
