//! Opening sealed texts for those who may read them.

use async_graphql::Context;
use domain::OrganisationId;
use eventlog::Position;
use uuid::Uuid;

use crate::{
    Error, Result,
    graphql::{context::ContextExt, loaders::SealedAt},
};

/// Who may read a sealed text of a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever may read the dossier: the justification of a rule set aside.
    Dossier,
    /// Those of its DLAs: comments and reasons.
    Dlas,
    /// Those of its DLAs, and the organisation whose own words they are.
    DlasAnd(OrganisationId),
}

/// Opens one sealed text, if the actor may read it and if it was not erased.
pub(crate) async fn open(
    ctx: &Context<'_>,
    readers: Readers,
    dlas: &[Uuid],
    position: i64,
    pointer: &str,
) -> Result<Option<String>> {
    let may_read = match readers {
        Readers::Dossier => true,
        Readers::Dlas => ctx.scope().inside(dlas),
        Readers::DlasAnd(own) => ctx.scope().inside(dlas) || ctx.actor().answers_for() == Some(own),
    };
    if !may_read {
        return Ok(None);
    }
    let place = SealedAt { position: Position(position), pointer: pointer.to_owned() };
    let value = ctx
        .loaders()
        .load_one(place)
        .await
        .map_err(Error::internal)?;
    Ok(value.and_then(|it| it.as_str().map(str::to_owned)))
}
