//! Opening sealed texts for those who may read them.

use async_graphql::Context;
use domain::Line;
use eventlog::{Position, Reader, vault::Disclosure};
use serde_json::Value;
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
    text(ctx, position, pointer).await
}

/// The same, for someone who is known to be one of its readers.
pub(crate) async fn text(
    ctx: &Context<'_>,
    position: i64,
    pointer: &str,
) -> Result<Option<String>> {
    let value = opened(ctx, position, pointer).await?;
    Ok(value.and_then(|it| it.as_str().map(str::to_owned)))
}

/// Opens one sealed value, if it was not erased. The caller has checked the right to read.
pub(crate) async fn opened(
    ctx: &Context<'_>,
    position: i64,
    pointer: &str,
) -> Result<Option<Value>> {
    let place = SealedAt { position: Position(position), pointer: pointer.to_owned() };
    ctx.loaders().load_one(place).await.map_err(Error::internal)
}

/// What lets the actor check one sealed text against the log, if it was not erased. The caller has
/// checked the right to read; the journal says why they wanted it.
pub(crate) async fn disclose(
    ctx: &Context<'_>,
    place: (Position, &str),
    because: &Line,
) -> Result<Option<Disclosure>> {
    let reader = Reader::of(ctx.actor())
        .to("DISCLOSURE")
        .because(because.as_str());
    Ok(ctx.log().vault().disclose(&reader, place).await?)
}
