//! Batch loading: one query per kind of thing and per request, within the actor's scope.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::{DataLoader, Loader};
use domain::{Actor, CapitalisationId, ConsultationId, EvaluationId, IngenierieId, OrganisationId};
use projections::{
    Reads, Scope,
    capitalisations::{self, Element, ElementId},
    consultations, evaluations, organisations,
};

/// Made for one request: it carries what its actor may see.
pub struct Loaders {
    reads: Reads,
    scope: Scope,
}

impl Loaders {
    /// The loaders of one request.
    pub fn of(reads: &Reads, actor: &Actor) -> DataLoader<Self> {
        let loaders = Self { reads: reads.clone(), scope: Scope::of(actor) };
        DataLoader::new(loaders, tokio::spawn)
    }
}

/// Every loader is the same: ids in, rows out, one query.
macro_rules! loads {
    ($($id:ident => $row:ty = $by_ids:path;)*) => {
        $(impl Loader<$id> for Loaders {
            type Value = $row;
            type Error = Arc<projections::Error>;

            async fn load(&self, ids: &[$id]) -> Result<HashMap<$id, $row>, Self::Error> {
                let rows = $by_ids(&self.reads, &self.scope, ids).await.map_err(Arc::new)?;
                Ok(rows.into_iter().map(|row| ($id(row.id), row)).collect())
            }
        })*
    };
}

loads! {
    CapitalisationId => capitalisations::Capitalisation = capitalisations::by_ids;
    ConsultationId => consultations::Consultation = consultations::by_ids;
    EvaluationId => evaluations::Evaluation = evaluations::by_ids;
    OrganisationId => organisations::Organisation = organisations::by_ids;
}

/// The things of a dossier: asked by its ingénierie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OfIngenierie<const WHAT: u8>(pub(crate) IngenierieId);

/// Consultations of an ingénierie.
pub(crate) type ConsultationsOf = OfIngenierie<0>;

/// Every loader of a dossier's things is the same: ingénieries in, rows out, one query.
macro_rules! loads_of_ingenierie {
    ($($key:ty => $row:ty = $of:path;)*) => {
        $(impl Loader<$key> for Loaders {
            type Value = Vec<$row>;
            type Error = Arc<projections::Error>;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Vec<$row>>, Self::Error> {
                let ids: Vec<_> = keys.iter().map(|it| it.0).collect();
                let rows = $of(&self.reads, &self.scope, &ids).await.map_err(Arc::new)?;
                let mut by_ingenierie: HashMap<_, Vec<_>> = HashMap::new();
                for row in rows {
                    let key = OfIngenierie(IngenierieId(row.ingenierie));
                    by_ingenierie.entry(key).or_default().push(row);
                }
                Ok(by_ingenierie)
            }
        })*
    };
}

loads_of_ingenierie! {
    ConsultationsOf => consultations::Consultation = consultations::of_ingenieries;
}

/// An element by its id.
impl Loader<ElementId> for Loaders {
    type Value = Element;
    type Error = Arc<projections::Error>;

    async fn load(&self, ids: &[ElementId]) -> Result<HashMap<ElementId, Element>, Self::Error> {
        let rows = capitalisations::elements_by_ids(&self.reads, &self.scope, ids);
        let rows = rows.await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (row.id(), row)).collect())
    }
}

/// The elements of a capitalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ElementsOf(pub(crate) CapitalisationId);

impl Loader<ElementsOf> for Loaders {
    type Value = Vec<Element>;
    type Error = Arc<projections::Error>;

    async fn load(
        &self,
        keys: &[ElementsOf],
    ) -> Result<HashMap<ElementsOf, Vec<Element>>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|it| it.0).collect();
        let rows = capitalisations::elements_of(&self.reads, &self.scope, &ids);
        let mut by_capitalisation: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows.await.map_err(Arc::new)? {
            let key = ElementsOf(CapitalisationId(row.capitalisation));
            by_capitalisation.entry(key).or_default().push(row);
        }
        Ok(by_capitalisation)
    }
}
