//! Organisations: the registry of who is who, in which roles.

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object, SimpleObject};
use domain::{
    Ape, Liste, OrganisationId, Ridet, Rna, Siren, Siret, Tahiti, Territoire as Place,
    organisation::{self as rules, Declaration, Identifiants, Identite},
    territoire::Niveau,
};
use eventlog::Outcome;
use projections::organisations::{self as rows, Filter, MODEL};
use uuid::Uuid;

use crate::{
    Result,
    error::At,
    graphql::{
        context::ContextExt,
        ids::{global, typed},
        paging::{self, List},
        referentiel::Code,
        request::{Recorded, Request, code, codes, line, optional, prose},
        scalars::{Cents, Date, Position, Version},
        territoire::Territoire,
    },
};

/// A legal person of the network, whatever its roles.
pub(crate) struct Organisation(pub(crate) rows::Organisation);

/// A legal person of the network, whatever its roles.
#[Object]
impl Organisation {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(OrganisationId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// Its name, as registers write it.
    async fn denomination(&self) -> &str {
        &self.0.denomination
    }

    /// Its legal form.
    async fn statut(&self) -> Code {
        Code::new(Liste::StatutJuridique, &self.0.statut)
    }

    /// The establishment, on 14 digits.
    async fn siret(&self) -> Option<&str> {
        self.0.siret.as_deref()
    }

    /// The legal unit, on 9 digits.
    async fn siren(&self) -> Option<&str> {
        self.0.siren.as_deref()
    }

    /// Its number in the national register of associations.
    async fn rna(&self) -> Option<&str> {
        self.0.rna.as_deref()
    }

    /// Its number in Nouvelle-Calédonie.
    async fn ridet(&self) -> Option<&str> {
        self.0.ridet.as_deref()
    }

    /// Its number in Polynésie française.
    async fn tahiti(&self) -> Option<&str> {
        self.0.tahiti.as_deref()
    }

    /// Its main activity (NAF).
    async fn ape(&self) -> Option<&str> {
        self.0.ape.as_deref()
    }

    /// Where it has its seat: an INSEE code.
    async fn commune(&self) -> Option<&str> {
        self.0.commune.as_deref()
    }

    /// Its fields of activity.
    async fn secteurs(&self) -> Vec<Code> {
        Code::all(Liste::Secteur, &self.0.secteurs)
    }

    /// What it is to the network now.
    async fn roles(&self) -> Vec<OrganisationRole> {
        let all = OrganisationRole::ALL.iter().copied();
        all.filter(|it| self.0.roles.iter().any(|role| role == it.code()))
            .collect()
    }

    /// Whether it ended.
    async fn closed(&self) -> bool {
        self.0.closed
    }

    /// Who took its place.
    async fn successor(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        find(ctx, self.0.successor).await
    }

    /// What it looked like over time, by the five criteria of the method.
    async fn profils(&self) -> Vec<ProfilStructure> {
        self.0.profils.iter().map(ProfilStructure::of).collect()
    }
}

/// An organisation by its id, as the registry shows it.
pub(crate) async fn find(ctx: &Context<'_>, id: Option<Uuid>) -> Result<Option<Organisation>> {
    let Some(id) = id else { return Ok(None) };
    let row = ctx.loaders().load_one(OrganisationId(id)).await?;
    Ok(row.map(Organisation))
}

/// What a structure looked like on a date.
#[derive(SimpleObject)]
pub(crate) struct ProfilStructure {
    /// The date it is true of.
    as_of: Option<Date>,
    /// Where it works.
    territoire: Option<Territoire>,
    /// Its field of activity.
    secteur: Option<Code>,
    /// Its professional branch.
    branche: Option<Code>,
    /// Its yearly budget.
    budget: Option<Cents>,
    /// Its employees in full-time equivalents, with two digits: `4.50`.
    etp: Option<String>,
    /// Its adhérents.
    adherents: Option<i32>,
}

impl ProfilStructure {
    fn of(it: &rows::Profil) -> Self {
        let criteres = &it.criteres;
        let code = |list, code: &Option<domain::Code>| {
            code.as_ref().map(|it| Code::new(list, it.as_str()))
        };
        Self {
            as_of: it.as_of.parse().ok().map(Date),
            territoire: criteres.territoire.as_ref().map(Territoire::from),
            secteur: code(Liste::Secteur, &criteres.secteur),
            branche: code(Liste::Branche, &criteres.branche),
            budget: criteres.budget.map(Cents),
            etp: criteres.etp.map(|it| it.to_string()),
            adherents: criteres.adherents,
        }
    }
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// What an organisation is to the network. It may be several things at once.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        pub(crate) enum OrganisationRole {
            $($(#[$doc])* $name,)*
        }

        impl OrganisationRole {
            const ALL: &[Self] = &[$(Self::$name),*];

            /// As facts write it.
            fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }

        impl From<OrganisationRole> for rules::OrganisationRole {
            fn from(it: OrganisationRole) -> Self {
                match it {
                    $(OrganisationRole::$name => Self::$name,)*
                }
            }
        }
    };
}

roles! {
    /// Carries a DLA.
    StructurePorteuse = "STRUCTURE_PORTEUSE";
    /// Is accompanied.
    StructureBeneficiaire = "STRUCTURE_BENEFICIAIRE";
    /// Finances a DLA or an ingénierie.
    Financeur = "FINANCEUR";
    /// Is referenced to carry out missions.
    Prestataire = "PRESTATAIRE";
    /// Is associated to ingénieries: a network, a federation, a bank.
    Partenaire = "PARTENAIRE";
    /// Animates a field for the scheme.
    CentreDeRessources = "CENTRE_DE_RESSOURCES";
    /// Finances the training of a branch.
    Opco = "OPCO";
}

#[derive(Default)]
pub(crate) struct OrganisationQuery;

#[Object]
impl OrganisationQuery {
    /// The registry of organisations, by name.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn organisations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<OrganisationFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<(String, Uuid), Organisation>> {
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let asked = paging::asked(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().rows();
        let page =
            rows::list(ctx.reads(), ctx.scope(), &filter, asked.first, asked.after.clone()).await?;
        let row = |it: rows::Organisation| ((it.denomination.clone(), it.id), Organisation(it));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count(ctx.reads(), ctx.scope(), &filter)).await
    }

    /// An organisation by its id.
    async fn organisation(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Organisation>> {
        let id: OrganisationId = typed(&id, "id")?;
        find(ctx, Some(id.0)).await
    }
}

/// What to look for among organisations.
#[derive(Default, InputObject)]
pub(crate) struct OrganisationFilter {
    /// Part of the name, whatever the case.
    search: Option<String>,
    /// Those that hold this role.
    role: Option<OrganisationRole>,
    /// The one that has this SIRET.
    siret: Option<String>,
}

impl OrganisationFilter {
    fn rows(self) -> Filter {
        Filter {
            search: self.search,
            role: self.role.map(|it| it.code().to_owned()),
            siret: self.siret,
        }
    }
}

#[derive(Default)]
pub(crate) struct OrganisationMutation;

#[Object]
impl OrganisationMutation {
    /// Enters an organisation in the registry, with at least one identifier or the reason why
    /// it has none (INV-39). A SIRET or an RNA belongs to one organisation only.
    async fn register_organisation(
        &self,
        ctx: &Context<'_>,
        input: RegisterOrganisationInput,
    ) -> Result<OrganisationPayload> {
        let id = OrganisationId(input.request.command_id);
        let declaration = input.declaration()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Organisation, asked| {
                it.register_organisation(asked, id, declaration.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Says what an organisation is to the network.
    async fn assign_organisation_role(
        &self,
        ctx: &Context<'_>,
        input: AssignOrganisationRoleInput,
    ) -> Result<OrganisationPayload> {
        let id = typed(&input.organisation, "input.organisation")?;
        let role = input.role.into();
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Organisation, asked| {
                it.assign_organisation_role(asked, role)
            });
        Ok(payload(id, decided.await?))
    }
}

/// A new organisation.
#[derive(InputObject)]
pub(crate) struct RegisterOrganisationInput {
    #[graphql(flatten)]
    request: Request,
    /// Its name, as registers write it.
    denomination: String,
    /// Its legal form: a code of `STATUT_JURIDIQUE`.
    statut: String,
    /// The establishment, on 14 digits; spaces and dots are ignored.
    siret: Option<String>,
    /// The legal unit, on 9 digits.
    siren: Option<String>,
    /// Its number in the national register of associations.
    rna: Option<String>,
    /// Its number in Nouvelle-Calédonie.
    ridet: Option<String>,
    /// Its number in Polynésie française.
    tahiti: Option<String>,
    /// Why it has no identifier, when it has none. Sealed.
    sans_identifiant: Option<String>,
    /// Its main activity (NAF).
    ape: Option<String>,
    /// Where it has its seat: an INSEE code.
    commune: Option<String>,
    /// Its fields of activity: codes of `SECTEUR`.
    secteurs: Option<Vec<String>>,
}

impl RegisterOrganisationInput {
    fn declaration(&self) -> Result<Declaration> {
        let identifiants = Identifiants {
            siret: self
                .siret
                .as_deref()
                .map(Siret::parse)
                .transpose()
                .at("input.siret")?,
            siren: self
                .siren
                .as_deref()
                .map(Siren::parse)
                .transpose()
                .at("input.siren")?,
            rna: self
                .rna
                .as_deref()
                .map(Rna::parse)
                .transpose()
                .at("input.rna")?,
            ridet: self
                .ridet
                .as_deref()
                .map(Ridet::parse)
                .transpose()
                .at("input.ridet")?,
            tahiti: self
                .tahiti
                .as_deref()
                .map(Tahiti::parse)
                .transpose()
                .at("input.tahiti")?,
        };
        let commune = self
            .commune
            .as_deref()
            .map(|it| Place::parse(Niveau::Commune, it));
        let secteurs = self.secteurs.as_deref().unwrap_or_default();
        Ok(Declaration {
            identite: Identite {
                denomination: line("input.denomination", &self.denomination)?,
                statut: code(Liste::StatutJuridique, "input.statut", &self.statut)?,
                identifiants,
                ape: self
                    .ape
                    .as_deref()
                    .map(Ape::parse)
                    .transpose()
                    .at("input.ape")?,
                commune: commune.transpose().at("input.commune")?,
                secteurs: codes(Liste::Secteur, "input.secteurs", secteurs)?,
            },
            sans_identifiant: optional(
                prose,
                "input.sansIdentifiant",
                self.sans_identifiant.as_ref(),
            )?,
        })
    }
}

/// A role for an organisation.
#[derive(InputObject)]
pub(crate) struct AssignOrganisationRoleInput {
    #[graphql(flatten)]
    request: Request,
    /// The organisation.
    organisation: ID,
    /// What it is to the network.
    role: OrganisationRole,
}

/// What every change of an organisation answers.
#[derive(MergedObject)]
pub(crate) struct OrganisationPayload(OrganisationChanged, Recorded);

fn payload(id: OrganisationId, outcome: Outcome) -> OrganisationPayload {
    OrganisationPayload(OrganisationChanged { id, outcome }, Recorded(outcome))
}

struct OrganisationChanged {
    id: OrganisationId,
    outcome: Outcome,
}

#[Object]
impl OrganisationChanged {
    /// The organisation, at least as recent as the change.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, Some(self.id.0)).await
    }
}
