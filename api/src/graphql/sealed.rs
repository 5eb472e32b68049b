//! Opening sealed texts for those who may read them.

use async_graphql::Context;
use eventlog::Position;
use uuid::Uuid;

pub(crate) use crate::faits::Readers;
use crate::{
    Error, Result,
    graphql::{context::ContextExt, loaders::SealedAt},
};

/// Opens one sealed text, if the actor may read it and if it was not erased.
pub(crate) async fn open(
    ctx: &Context<'_>,
    readers: Readers,
    dlas: &[Uuid],
    position: i64,
    pointer: &str,
) -> Result<Option<String>> {
    if !readers.include(ctx.eyes(), dlas) {
        return Ok(None);
    }
    opened(ctx, position, pointer).await
}

/// The same, for someone who is known to be one of its readers.
pub(crate) async fn opened(
    ctx: &Context<'_>,
    position: i64,
    pointer: &str,
) -> Result<Option<String>> {
    let place = SealedAt { position: Position(position), pointer: pointer.to_owned() };
    let value = ctx
        .loaders()
        .load_one(place)
        .await
        .map_err(Error::internal)?;
    Ok(value.and_then(|it| it.as_str().map(str::to_owned)))
}
