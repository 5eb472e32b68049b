//! Opening sealed texts for those who may read them.

use async_graphql::Context;
use domain::{Line, OrganisationId};
use eventlog::{Position, Reader, vault::Disclosure};
use serde_json::Value;
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

impl Readers {
    /// Whether the actor is one of them.
    fn hold(self, ctx: &Context<'_>, dlas: &[Uuid]) -> bool {
        match self {
            Self::Dossier => true,
            Self::Dlas => ctx.scope().inside(dlas),
            Self::DlasAnd(own) => {
                ctx.scope().inside(dlas) || ctx.actor().answers_for() == Some(own)
            }
        }
    }
}

/// Opens one sealed text, if the actor may read it and if it was not erased.
pub(crate) async fn open(
    ctx: &Context<'_>,
    readers: Readers,
    dlas: &[Uuid],
    position: i64,
    pointer: &str,
) -> Result<Option<String>> {
    if !readers.hold(ctx, dlas) {
        return Ok(None);
    }
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

/// What lets the actor check one sealed text against the log, if they may read it and if it was
/// not erased. The journal says why they wanted it.
pub(crate) async fn disclose(
    ctx: &Context<'_>,
    readers: Readers,
    dlas: &[Uuid],
    place: (Position, &str),
    because: &Line,
) -> Result<Option<Disclosure>> {
    if !readers.hold(ctx, dlas) {
        return Ok(None);
    }
    let reader = Reader::of(ctx.actor())
        .to("DISCLOSURE")
        .because(because.as_str());
    Ok(ctx.log().vault().disclose(&reader, place).await?)
}
