//! Opening sealed texts for those who may read them.

use async_graphql::Context;
use eventlog::Position;
use uuid::Uuid;

use crate::{Result, graphql::context::ContextExt};

/// Who may read a sealed text of a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever may read the dossier: the justification of a rule set aside.
    Dossier,
    /// Those of its DLAs: comments and reasons.
    Dlas,
}

/// Opens one sealed text, if the actor may read it and if it was not erased.
pub(crate) async fn open(
    ctx: &Context<'_>,
    readers: Readers,
    dlas: &[Uuid],
    position: i64,
    pointer: &str,
) -> Result<Option<String>> {
    if readers == Readers::Dlas && !ctx.scope().inside(dlas) {
        return Ok(None);
    }
    let mut opened = ctx
        .log()
        .vault()
        .open(&[(Position(position), pointer)])
        .await?;
    let value = opened.remove(&(Position(position), pointer.to_owned()));
    Ok(value.and_then(|it| it.as_str().map(str::to_owned)))
}
