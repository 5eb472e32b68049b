//! Organisations: the registry of who is who, in which roles.

pub(crate) mod fusion;
mod identite;
mod profil;
pub(crate) mod referencement;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object};
use domain::{Liste, OrganisationId, organisation as rules};
use eventlog::Outcome;
use projections::organisations::{self as rows, Filter, MODEL};
use uuid::Uuid;

use self::{
    identite::IdentiteInput,
    profil::{ProfilStructure, ProfilStructureInput},
    referencement::{ExperiencePrestataire, ReferencementPrestataire},
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::{global, typed},
        paging::{self, List},
        referentiel::Code,
        request::{Recorded, Request, prose},
        scalars::{Position, Version},
    },
};

/// A legal person of the network, whatever its roles.
pub(crate) struct Organisation(pub(crate) Arc<rows::Organisation>);

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

    /// The year of the code officiel géographique that this code is of, when it was said.
    async fn commune_millesime(&self) -> Option<i32> {
        self.0.millesime.map(Into::into)
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

    /// The organisation that it was merged into (fusionnée dans): the two were the same, entered
    /// twice, and this one stands for both. Absent unless it was.
    async fn fusionnee_dans(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        find(ctx, self.0.merged_into).await
    }

    /// What it offers as a prestataire. Absent unless it is referenced.
    async fn referencement(&self) -> Option<ReferencementPrestataire> {
        let referencement = self.0.referencement.clone()?;
        Some(ReferencementPrestataire(*referencement))
    }

    /// What it did as a prestataire for the network, as far as it is known here. For those of the
    /// DLAs, and for itself; null for others.
    async fn experience(&self, ctx: &Context<'_>) -> Result<Option<ExperiencePrestataire>> {
        ExperiencePrestataire::of(ctx, OrganisationId(self.0.id)).await
    }

    /// What it looked like over time, by the five criteria of the method.
    async fn profils(&self) -> Vec<ProfilStructure> {
        let profil = |it: &rows::Profil| ProfilStructure::of(OrganisationId(self.0.id), it);
        self.0.profils.iter().map(profil).collect()
    }
}

/// An organisation by its id, as the registry shows it.
pub(crate) async fn find(ctx: &Context<'_>, id: Option<Uuid>) -> Result<Option<Organisation>> {
    let Some(id) = id else { return Ok(None) };
    let row = ctx.loaders().load_one(OrganisationId(id)).await?;
    Ok(row.map(Organisation))
}

/// Several organisations by their ids, in the same order.
pub(crate) async fn find_all(ctx: &Context<'_>, ids: &[Uuid]) -> Result<Vec<Organisation>> {
    let ids = ids.iter().map(|it| OrganisationId(*it));
    let mut found = ctx.loaders().load_many(ids.clone()).await?;
    Ok(ids
        .filter_map(|it| found.remove(&it))
        .map(Organisation)
        .collect())
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
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
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
        let page = rows::list(ctx.reads(), ctx.scope(), &filter, asked.first, asked.after.clone());
        let row =
            |it: rows::Organisation| ((it.denomination.clone(), it.id), Organisation(it.into()));
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
        let declaration = input.identite.parse(ctx, &input.request)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Organisation, asked| {
                it.register_organisation(asked, id, declaration.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Puts the identity of an organisation right: what is given takes the place of all that
    /// was known. The reason is mandatory (INV-36); INV-39 holds as for a new organisation.
    async fn correct_organisation_identity(
        &self,
        ctx: &Context<'_>,
        input: CorrectOrganisationIdentityInput,
    ) -> Result<OrganisationPayload> {
        let id = typed(&input.organisation, "input.organisation")?;
        let declaration = input.identite.parse(ctx, &input.request)?;
        let motif = prose("input.motif", &input.motif)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Organisation, asked| {
                it.correct_organisation_identity(asked, id, declaration.clone(), motif.clone())
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

    /// Ends what an organisation is to the network. The reason is mandatory (INV-36).
    async fn end_organisation_role(
        &self,
        ctx: &Context<'_>,
        input: EndOrganisationRoleInput,
    ) -> Result<OrganisationPayload> {
        let id = typed(&input.organisation, "input.organisation")?;
        let role = input.role.into();
        let motif = prose("input.motif", &input.motif)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Organisation, asked| {
                it.end_organisation_role(asked, id, role, motif.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Notes what a structure looks like on the date of the request, by the five criteria of
    /// the method. A later note for the same date takes its place. A structure speaks of
    /// itself only.
    async fn record_profil_structure(
        &self,
        ctx: &Context<'_>,
        input: RecordProfilStructureInput,
    ) -> Result<OrganisationPayload> {
        let id = typed(&input.organisation, "input.organisation")?;
        let profil = input.profil.parse(ctx, &input.request)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Organisation, asked| {
                it.record_profil_structure(asked, id, profil.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Closes an organisation, and says which one takes its place, if any. The reason is
    /// mandatory (INV-36). A closed organisation holds no role and enters no new dossier
    /// (INV-39).
    async fn close_organisation(
        &self,
        ctx: &Context<'_>,
        input: CloseOrganisationInput,
    ) -> Result<OrganisationPayload> {
        let id = typed(&input.organisation, "input.organisation")?;
        let successor: Option<OrganisationId> = input
            .successor
            .as_ref()
            .map(|it| typed(it, "input.successor"))
            .transpose()?;
        let motif = prose("input.motif", &input.motif)?;
        let gather = || async move {
            match successor {
                Some(id) => ctx.log().seen::<domain::Organisation>(id).await.map(Some),
                None => Ok(None),
            }
        };
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Organisation, asked, successor| {
                it.close_organisation(asked, id, motif.clone(), successor.as_ref())
            },
        );
        Ok(payload(id, decided.await?))
    }
}

/// A new organisation.
#[derive(InputObject)]
pub(crate) struct RegisterOrganisationInput {
    #[graphql(flatten)]
    request: Request,
    #[graphql(flatten)]
    identite: IdentiteInput,
}

/// Who an organisation is, put right.
#[derive(InputObject)]
pub(crate) struct CorrectOrganisationIdentityInput {
    #[graphql(flatten)]
    request: Request,
    /// The organisation.
    organisation: ID,
    #[graphql(flatten)]
    identite: IdentiteInput,
    /// Why it is put right (INV-36). Sealed.
    motif: String,
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

/// A role that ends.
#[derive(InputObject)]
pub(crate) struct EndOrganisationRoleInput {
    #[graphql(flatten)]
    request: Request,
    /// The organisation.
    organisation: ID,
    /// What it no longer is to the network.
    role: OrganisationRole,
    /// Why it ends (INV-36). Sealed.
    motif: String,
}

/// What a structure looks like on the date of the request (`on`, or today).
#[derive(InputObject)]
pub(crate) struct RecordProfilStructureInput {
    #[graphql(flatten)]
    request: Request,
    /// The structure.
    organisation: ID,
    /// At least one of the five criteria.
    profil: ProfilStructureInput,
}

/// An organisation that ends.
#[derive(InputObject)]
pub(crate) struct CloseOrganisationInput {
    #[graphql(flatten)]
    request: Request,
    /// The organisation.
    organisation: ID,
    /// Why it ends (INV-36). Sealed.
    motif: String,
    /// Who takes its place, if anyone does: another organisation, which is open.
    successor: Option<ID>,
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
