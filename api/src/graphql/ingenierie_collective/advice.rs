//! What the house points out and never refuses, from what one dossier knows.

use async_graphql::{Context, Object};
use domain::{DlaId, IngenierieId, OrganisationId, ingenierie_collective::advice as rules};

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::Dla,
        organisation::{self, Organisation},
    },
};

/// Something that deserves a look: a warning that never blocks. It goes away by itself when
/// the dossier changes.
pub(crate) struct Advice(rules::Advice);

/// Something that deserves a look: a warning that never blocks. It goes away by itself when
/// the dossier changes.
#[Object]
impl Advice {
    /// Stable: what to translate or to draw an icon by, such as `WITHOUT_GROUPE`.
    async fn code(&self) -> &str {
        self.0.entry().code
    }

    /// What to do, in the language of the request.
    async fn message(&self, ctx: &Context<'_>) -> &str {
        let entry = self.0.entry();
        ctx.language().choose(entry.fr, entry.en)
    }

    /// The part of the fiche it is about, such as `structures`. Absent when it is about the
    /// whole.
    async fn path(&self) -> Option<&str> {
        Some(self.0.entry().path).filter(|it| !it.is_empty())
    }

    /// The structures or partners it is about. Empty when it is about none.
    async fn organisations(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>> {
        let ids: Vec<_> = self.about_organisations().iter().map(|it| it.0).collect();
        organisation::find_all(ctx, &ids).await
    }

    /// The DLAs it is about. Empty when it is about none.
    async fn dlas(&self, ctx: &Context<'_>) -> Result<Vec<Dla>> {
        let rules::Advice::DlasNotConsulted { dlas } = &self.0 else { return Ok(vec![]) };
        let ids = dlas.iter().copied();
        let mut found = ctx.loaders().load_many::<DlaId, _>(ids.clone()).await?;
        Ok(ids.filter_map(|it| found.remove(&it)).map(Dla).collect())
    }

    /// The modules it is about, by their intitulé. Empty when it is about none.
    async fn modules(&self) -> &[String] {
        match &self.0 {
            rules::Advice::IndividualTimeInT1 { modules } => modules,
            _ => &[],
        }
    }
}

impl Advice {
    fn about_organisations(&self) -> &[OrganisationId] {
        match &self.0 {
            rules::Advice::AttentesInConflict { partenaires: all }
            | rules::Advice::AvailabilityUnknown { structures: all }
            | rules::Advice::ProblematiqueNotShared { partenaires: all }
            | rules::Advice::ReluctantStructures { structures: all }
            | rules::Advice::ParticipantsUnknown { structures: all }
            | rules::Advice::WithoutGroupe { structures: all } => all,
            _ => &[],
        }
    }
}

/// What there is to say of an ingénierie, as the log has it now.
pub(super) async fn of(ctx: &Context<'_>, id: IngenierieId) -> Result<Vec<Advice>> {
    let loaded = ctx.log().load::<domain::IngenierieCollective>(id).await?;
    Ok(loaded.state.advice().into_iter().map(Advice).collect())
}
