//! Who asks, as the house knows them.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use domain::{DlaId, RoleName};

use crate::graphql::{context::ContextExt, ids::global};

/// What a person or a portal does in the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "RoleName")]
pub(crate) enum Role {
    /// Works for one or several DLAs.
    ChargeDeMission,
    /// Answers for the structure that carries a DLA.
    ResponsablePorteuse,
    /// Gives opinions on the dossiers of a DLA.
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
    /// The DLAs it works for, answers for or advises.
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
        let (actor, scope) = (ctx.actor(), ctx.scope());
        Viewer {
            role: actor.role.name().into(),
            dlas: scope.dlas.iter().map(|it| global(DlaId(*it))).collect(),
            organisation: actor.answers_for().or(actor.org).map(global),
        }
    }
}
