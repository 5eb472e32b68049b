//! Who asks, as the house knows them.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use domain::RoleName;

use crate::graphql::{context::ContextExt, ids::global};

/// What a person or a portal does in the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "RoleName")]
pub(crate) enum Role {
    /// Works for one or several DLAs.
    ChargeDeMission,
    /// Answers for the structure that carries a DLA.
    ResponsablePorteuse,
    /// Supports the DLAs of a region: reads their dossiers, answers and advises.
    ChargeDeMissionRegional,
    /// Gives opinions on the dossiers that the comité d'appui of a DLA examines.
    MembreComiteAppui,
    /// Reads what it finances or is asked to finance.
    Financeur,
    /// Is accompanied.
    StructureBeneficiaire,
    /// Bids and intervenes.
    Prestataire,
    /// Takes part in ingénieries without paying: reads what it is asked to answer, and answers
    /// it.
    Partenaire,
    /// Controls: reads what a mandate opens, between its dates.
    Auditeur,
    /// A regional portal: brings data into the dossiers of some DLAs.
    Integration,
    /// Leads the network: keeps its reference lists, reads figures and what is published.
    Avise,
    /// Answers for the protection of data.
    Dpo,
    /// Keeps the registry of organisations and DLAs.
    Admin,
    /// The house itself, when it draws the consequence of a fact.
    House,
}

/// Who asks, in which role, and for whom.
#[derive(SimpleObject)]
pub(crate) struct Viewer {
    /// The role of the token.
    role: Role,
    /// The DLAs it works for, answers for, supports or advises.
    dlas: Vec<ID>,
    /// The organisation it acts for.
    organisation: Option<ID>,
}

#[derive(Default)]
pub(crate) struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Who you are here: the role and the perimeter of your token.
    async fn viewer(&self, ctx: &Context<'_>) -> Viewer {
        let actor = ctx.actor();
        Viewer {
            role: actor.role.name().into(),
            dlas: actor.role.dlas().map(global).collect(),
            organisation: actor.answers_for().or(actor.org).map(global),
        }
    }
}
