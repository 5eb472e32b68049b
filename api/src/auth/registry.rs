//! What must be looked up once a token is known to be good: which organisation has a SIRET, which
//! DLAs it carries. Remembered for a minute.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use domain::{DlaId, JetonService, JetonServiceId, OrganisationId, Siret, document::Empreinte};
use futures_util::future::BoxFuture;
use moka::sync::Cache;

use crate::Error;

/// How long a SIRET is known to be that of an organisation: as long as one that moved to another
/// opens what the first may see.
pub const REMEMBERED: Duration = Duration::from_mins(1);
/// How many are remembered.
const REMEMBERED_MAX: u64 = 10_000;

/// A service token, and what is known of it.
pub type Service = (JetonServiceId, JetonService);

/// Who knows the organisations, and the service tokens. The work is done in a task of its own: a caller who hangs up
/// cancels no query.
pub trait Registry: Send + Sync + 'static {
    /// The organisation that has a SIRET.
    fn organisation(&self, siret: Siret) -> BoxFuture<'_, Result<Option<OrganisationId>, Error>>;

    /// The DLAs that an organisation carries.
    fn carried_by(&self, id: OrganisationId) -> BoxFuture<'_, Result<BTreeSet<DlaId>, Error>>;

    /// The service token that has a secret of that hash, as the log knows it now.
    fn service(&self, empreinte: Empreinte) -> BoxFuture<'_, Result<Option<Service>, Error>>;

    /// Notes that a service token was used so many times more. Nobody waits for it.
    fn used(&self, id: JetonServiceId, uses: i64);
}

/// What was found of some SIRETs.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) organisations: HashMap<Siret, OrganisationId>,
    /// The DLAs that the organisation carries.
    pub(super) dlas: HashMap<Siret, BTreeSet<DlaId>>,
}

/// What is remembered of the registry.
#[derive(Debug, Clone)]
pub(super) struct Remembered {
    organisations: Cache<Siret, OrganisationId>,
    dlas: Cache<OrganisationId, BTreeSet<DlaId>>,
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            organisations: Cache::builder()
                .max_capacity(REMEMBERED_MAX)
                .time_to_live(REMEMBERED)
                .build(),
            dlas: Cache::builder()
                .max_capacity(REMEMBERED_MAX)
                .time_to_live(REMEMBERED)
                .build(),
        }
    }
}

impl Remembered {
    /// Looks these SIRETs up. What is not there is not remembered: it may be entered at any moment.
    pub(super) async fn find(
        &self,
        registry: &dyn Registry,
        (organisations, carriers): (Vec<&Siret>, Vec<&Siret>),
    ) -> Result<Found, Error> {
        let mut found = Found::default();
        for siret in organisations {
            if let Some(id) = self.organisation(registry, siret).await? {
                found.organisations.insert(siret.clone(), id);
            }
        }
        for siret in carriers {
            let Some(id) = self.organisation(registry, siret).await? else { continue };
            let dlas = match self.dlas.get(&id) {
                Some(known) => known,
                None => registry.carried_by(id).await?,
            };
            if !dlas.is_empty() {
                self.dlas.insert(id, dlas.clone());
            }
            found.dlas.insert(siret.clone(), dlas);
        }
        Ok(found)
    }

    async fn organisation(
        &self,
        registry: &dyn Registry,
        siret: &Siret,
    ) -> Result<Option<OrganisationId>, Error> {
        if let Some(known) = self.organisations.get(siret) {
            return Ok(Some(known));
        }
        let found = registry.organisation(siret.clone()).await?;
        if let Some(id) = found {
            self.organisations.insert(siret.clone(), id);
        }
        Ok(found)
    }
}
