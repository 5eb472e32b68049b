//! What verifying a token asks of the house: who has a SIRET, which service token has a secret.
//!
//! The log decides both: a question that is late, stopped or being built anew must not keep a
//! token open that was revoked. Which DLAs an organisation carries is asked of the answers.

use std::{collections::BTreeSet, future::Future};

use domain::{
    Actor, DlaId, JetonService, JetonServiceId, OrganisationId, Siret, document::Empreinte,
    jeton_service,
};
use futures_util::future::BoxFuture;
use projections::{Reads, Scope, dlas};
use tracing::Instrument as _;

use crate::{
    Error, Result,
    auth::{Registry, Service},
    http::Running,
};

/// Under which the log holds the SIRET of an organisation.
const SIRET: &str = "siret";

/// The house, as the doors ask it.
pub(crate) struct Register {
    pub(crate) reads: Reads,
    pub(crate) running: Running,
}

impl Register {
    /// In a task of its own: a caller who hangs up cancels no query.
    fn apart<T: Send + 'static>(
        &self,
        task: impl Future<Output = Result<T>> + Send + 'static,
    ) -> BoxFuture<'_, Result<T>> {
        let task = self.running.spawn(task.in_current_span());
        Box::pin(async move { task.await.map_err(Error::internal)? })
    }
}

impl Registry for Register {
    fn organisation(&self, siret: Siret) -> BoxFuture<'_, Result<Option<OrganisationId>>> {
        let log = self.reads.log().clone();
        self.apart(async move {
            let stream = log.claimed(SIRET, siret.as_str()).await?;
            Ok(stream.map(OrganisationId))
        })
    }

    fn carried_by(&self, id: OrganisationId) -> BoxFuture<'_, Result<BTreeSet<DlaId>>> {
        let reads = self.reads.clone();
        self.apart(async move {
            let dlas = dlas::carried_by(&reads, &Scope::of(&Actor::HOUSE), id).await?;
            Ok(dlas.into_iter().collect())
        })
    }

    fn service(&self, empreinte: Empreinte) -> BoxFuture<'_, Result<Option<Service>>> {
        let log = self.reads.log().clone();
        self.apart(async move {
            let stream = log
                .claimed(jeton_service::CLAIM, empreinte.as_str())
                .await?;
            let Some(id) = stream.map(JetonServiceId) else { return Ok(None) };
            let seen = log.seen::<JetonService>(id).await?;
            Ok(Some((id, seen.state)))
        })
    }

    fn used(&self, id: JetonServiceId, uses: i64) {
        let log = self.reads.log().clone();
        let task = async move {
            if let Err(error) = log.note_use(id.0, uses).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the use of a service token was not noted");
            }
        };
        self.running.spawn(task.in_current_span());
    }
}
