//! Batch loading: one query per kind of thing, within the actor's scope, for all the requests that
//! ask at once and may see the same.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_graphql::dataloader::{DataLoader, Loader};
use domain::{
    AccompagnementId, Actor, CapitalisationId, ConsultationId, ConventionId, DlaId, DocumentId,
    EvaluationId, IngenierieId, InterventionId, MandatAuditId, OrganisationId, PlanFinancementId,
    SeanceComiteId,
};
use eventlog::{Position, Reader};
use moka::sync::Cache;
use projections::{
    Reads, Scope, accompagnements,
    annuaires::{self, Experience},
    bibliotheque::{self, Fiche, FicheId},
    capitalisations::{self, Descendant, Element, ElementId, Transfert},
    comites, consultations, conventions, dlas, documents, evaluations, financements, historique,
    ingenieries, interventions, mandats_audit, organisations, superpositions,
};
use uuid::Uuid;

use crate::{
    Error,
    faits::{self, Said},
};

/// The readers whose loaders are kept; beyond, those who asked longest ago get new ones.
const READERS_MAX: u64 = 1_000;

/// How long loaders that nobody asks are kept.
const IDLE: Duration = Duration::from_mins(1);

/// Made for one reader: they carry what that reader may see, and remember nothing of what they
/// loaded.
pub struct Loaders {
    reads: Reads,
    scope: Scope,
    reader: Reader,
}

impl Loaders {
    /// The loaders of one reader, from these answers.
    pub fn of(reads: &Reads, scope: &Scope, actor: &Actor) -> DataLoader<Self> {
        let (scope, reader) = (scope.clone(), Reader::of(actor));
        let loaders = Self { reads: reads.clone(), scope, reader };
        DataLoader::new(loaders, tokio::spawn)
    }
}

/// The loaders at work. Requests of one reader with the same rights share them: what they ask
/// within a millisecond is one statement.
#[derive(Clone)]
pub struct SharedLoaders(Cache<(Scope, Reader), Arc<DataLoader<Loaders>>>);

impl Default for SharedLoaders {
    fn default() -> Self {
        let kept = Cache::builder().max_capacity(READERS_MAX);
        Self(kept.time_to_idle(IDLE).build())
    }
}

impl SharedLoaders {
    /// Those of a reader, from the answers as they stand.
    pub fn of(&self, reads: &Reads, scope: &Scope, actor: &Actor) -> Arc<DataLoader<Loaders>> {
        let key = (scope.clone(), Reader::of(actor));
        self.0
            .get_with(key, || Arc::new(Loaders::of(reads, scope, actor)))
    }
}

/// Every loader is the same: ids in, rows out, one query. A row that many others name is shared by
/// all who asked for it.
macro_rules! loads {
    ($($id:ident => $row:ty = $by_ids:path;)*) => {
        $(impl Loader<$id> for Loaders {
            type Value = $row;
            type Error = Arc<projections::Error>;

            async fn load(&self, ids: &[$id]) -> Result<HashMap<$id, $row>, Self::Error> {
                let rows = $by_ids(&self.reads, &self.scope, ids).await.map_err(Arc::new)?;
                Ok(rows.into_iter().map(|row| ($id(row.id), row.into())).collect())
            }
        })*
    };
}

loads! {
    AccompagnementId => accompagnements::Accompagnement = accompagnements::by_ids;
    CapitalisationId => capitalisations::Capitalisation = capitalisations::by_ids;
    ConsultationId => consultations::Consultation = consultations::by_ids;
    ConventionId => Arc<conventions::Convention> = conventions::by_ids;
    DlaId => Arc<dlas::Dla> = dlas::by_ids;
    DocumentId => documents::Document = documents::by_ids;
    EvaluationId => evaluations::Evaluation = evaluations::by_ids;
    IngenierieId => ingenieries::Ingenierie = ingenieries::by_ids;
    InterventionId => interventions::Intervention = interventions::by_ids;
    MandatAuditId => mandats_audit::Mandat = mandats_audit::by_ids;
    OrganisationId => Arc<organisations::Organisation> = organisations::by_ids;
    PlanFinancementId => financements::Plan = financements::plans_by_ids;
    SeanceComiteId => comites::Seance = comites::by_ids;
}

/// The things of a dossier: asked by its ingénierie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OfIngenierie<const WHAT: u8>(pub(crate) IngenierieId);

/// Consultations of an ingénierie.
pub(crate) type ConsultationsOf = OfIngenierie<0>;
/// Evaluations of an ingénierie.
pub(crate) type EvaluationsOf = OfIngenierie<1>;
/// What ingénieries leave to others.
pub(crate) type CapitalisationsOf = OfIngenierie<2>;

/// The elements that an ingénierie reuses.
pub(crate) type ReutilisationsOf = OfIngenierie<4>;

/// Interventions of an ingénierie: one at most.
pub(crate) type InterventionsOf = OfIngenierie<3>;

/// Plans de financement of an ingénierie: one at most.
pub(crate) type PlansOf = OfIngenierie<10>;

/// Resources of the plan of an ingénierie.
pub(crate) type LignesOf = OfIngenierie<11>;

/// What proves the activities of an ingénierie.
pub(crate) type PreuvesOf = OfIngenierie<12>;

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
    CapitalisationsOf => capitalisations::Capitalisation = capitalisations::of_ingenieries;
    ConsultationsOf => consultations::Consultation = consultations::of_ingenieries;
    EvaluationsOf => evaluations::Evaluation = evaluations::of_ingenieries;
    InterventionsOf => interventions::Intervention = interventions::of_ingenieries;
    LignesOf => financements::Ligne = financements::lignes_of_ingenieries;
    PreuvesOf => historique::Preuve = historique::preuves;
    PlansOf => financements::Plan = financements::plans_of_ingenieries;
    ReutilisationsOf => capitalisations::Reutilisation =
        capitalisations::reutilisations_of_ingenieries;
}

/// The séances of an intervention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SeancesOf(pub(crate) InterventionId);

impl Loader<SeancesOf> for Loaders {
    type Value = Vec<interventions::Seance>;
    type Error = Arc<projections::Error>;

    async fn load(
        &self,
        keys: &[SeancesOf],
    ) -> Result<HashMap<SeancesOf, Self::Value>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|it| it.0).collect();
        let rows = interventions::seances_of(&self.reads, &self.scope, &ids)
            .await
            .map_err(Arc::new)?;
        let mut by_intervention: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let key = SeancesOf(InterventionId(row.intervention));
            by_intervention.entry(key).or_default().push(row);
        }
        Ok(by_intervention)
    }
}

/// What a DLA promised of its crédits d'ingénierie, year by year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct EngagementsOf(pub(crate) DlaId);

impl Loader<EngagementsOf> for Loaders {
    type Value = Vec<financements::Engagement>;
    type Error = Arc<projections::Error>;

    async fn load(
        &self,
        keys: &[EngagementsOf],
    ) -> Result<HashMap<EngagementsOf, Self::Value>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|it| it.0).collect();
        let rows = financements::engagements(&self.reads, &self.scope, &ids);
        let mut by_dla: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows.await.map_err(Arc::new)? {
            by_dla
                .entry(EngagementsOf(DlaId(row.dla)))
                .or_default()
                .push(row);
        }
        Ok(by_dla)
    }
}

/// What a plan declares that its crédits d'ingénierie pay for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CreditsOf(pub(crate) PlanFinancementId);

impl Loader<CreditsOf> for Loaders {
    type Value = superpositions::Credits;
    type Error = Arc<projections::Error>;

    async fn load(
        &self,
        keys: &[CreditsOf],
    ) -> Result<HashMap<CreditsOf, Self::Value>, Self::Error> {
        let plans: Vec<_> = keys.iter().map(|it| it.0).collect();
        let rows = superpositions::credits_by_plans(&self.reads, &self.scope, &plans);
        let rows = rows.await.map_err(Arc::new)?.into_iter();
        Ok(rows
            .map(|it| (CreditsOf(PlanFinancementId(it.plan)), it))
            .collect())
    }
}

/// The superpositions of a plan, on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SuperpositionsOf(pub(crate) PlanFinancementId);

impl Loader<SuperpositionsOf> for Loaders {
    type Value = Vec<superpositions::Superposition>;
    type Error = Arc<projections::Error>;

    async fn load(
        &self,
        keys: &[SuperpositionsOf],
    ) -> Result<HashMap<SuperpositionsOf, Self::Value>, Self::Error> {
        let plans: Vec<_> = keys.iter().map(|it| it.0).collect();
        let rows = superpositions::of_plans(&self.reads, &self.scope, &plans);
        let mut by_plan: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows.await.map_err(Arc::new)? {
            for key in row.plans.map(|it| SuperpositionsOf(PlanFinancementId(it))) {
                if keys.contains(&key) {
                    by_plan.entry(key).or_default().push(row.clone());
                }
            }
        }
        Ok(by_plan)
    }
}

/// What a prestataire did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ExperienceOf(pub(crate) OrganisationId);

impl Loader<ExperienceOf> for Loaders {
    type Value = Experience;
    type Error = Arc<projections::Error>;

    async fn load(
        &self,
        keys: &[ExperienceOf],
    ) -> Result<HashMap<ExperienceOf, Self::Value>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|it| it.0).collect();
        let rows = annuaires::experiences(&self.reads, &self.scope, &ids);
        let rows = rows.await.map_err(Arc::new)?;
        let keyed = rows.into_iter();
        Ok(keyed
            .map(|it| (ExperienceOf(OrganisationId(it.id)), it))
            .collect())
    }
}

/// A sealed text, by its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SealedAt {
    pub(crate) position: Position,
    pub(crate) pointer: String,
}

/// Opened values. The caller has checked the right to read: `sealed::open` does.
impl Loader<SealedAt> for Loaders {
    type Value = serde_json::Value;
    type Error = Arc<eventlog::Error>;

    async fn load(&self, keys: &[SealedAt]) -> Result<HashMap<SealedAt, Self::Value>, Self::Error> {
        let places: Vec<_> = keys
            .iter()
            .map(|it| (it.position, it.pointer.as_str()))
            .collect();
        let opened = self.reads.log().vault().open(&self.reader, &places).await?;
        let found = opened
            .into_iter()
            .map(|((position, pointer), value)| (SealedAt { position, pointer }, value));
        Ok(found.collect())
    }
}

/// The leaf hash of a fact, by its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ReceiptAt(pub(crate) Position);

impl Loader<ReceiptAt> for Loaders {
    type Value = Vec<u8>;
    type Error = Arc<eventlog::Error>;

    async fn load(
        &self,
        keys: &[ReceiptAt],
    ) -> Result<HashMap<ReceiptAt, Self::Value>, Self::Error> {
        let positions: Vec<_> = keys.iter().map(|it| it.0).collect();
        let found = self.reads.log().receipts(&positions).await?;
        Ok(found
            .into_iter()
            .map(|(at, hash)| (ReceiptAt(at), hash))
            .collect())
    }
}

/// The facts of a stream that say what others change, and which rules were set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct HistoryOf(pub(crate) Uuid);

impl Loader<HistoryOf> for Loaders {
    type Value = Arc<Vec<Said>>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[HistoryOf],
    ) -> Result<HashMap<HistoryOf, Self::Value>, Self::Error> {
        let streams: Vec<_> = keys.iter().map(|it| it.0).collect();
        let all = faits::histories(self.reads.log(), &streams).await?;
        let past = self.reads.past();
        let then = |it: &Said| past.is_none_or(|past| it.recorded.position <= past);
        let mut by_stream: HashMap<_, Vec<_>> = HashMap::new();
        for said in all.into_iter().filter(then) {
            by_stream
                .entry(HistoryOf(said.recorded.stream))
                .or_default()
                .push(said);
        }
        Ok(by_stream
            .into_iter()
            .map(|(key, it)| (key, Arc::new(it)))
            .collect())
    }
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

/// A published card of the library by its id.
impl Loader<FicheId> for Loaders {
    type Value = Fiche;
    type Error = Arc<projections::Error>;

    async fn load(&self, ids: &[FicheId]) -> Result<HashMap<FicheId, Fiche>, Self::Error> {
        let rows = bibliotheque::by_ids(&self.reads, &self.scope, ids);
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

/// The transfers of a capitalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TransfertsOf(pub(crate) CapitalisationId);

impl Loader<TransfertsOf> for Loaders {
    type Value = Vec<Transfert>;
    type Error = Arc<projections::Error>;

    async fn load(
        &self,
        keys: &[TransfertsOf],
    ) -> Result<HashMap<TransfertsOf, Vec<Transfert>>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|it| it.0).collect();
        let rows = capitalisations::transferts_of(&self.reads, &self.scope, &ids);
        let mut by_capitalisation: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows.await.map_err(Arc::new)? {
            let key = TransfertsOf(CapitalisationId(row.capitalisation));
            by_capitalisation.entry(key).or_default().push(row);
        }
        Ok(by_capitalisation)
    }
}

/// The ingénieries that descend from an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DescendantsOf(pub(crate) ElementId);

impl Loader<DescendantsOf> for Loaders {
    type Value = Arc<Vec<Descendant>>;
    type Error = Arc<projections::Error>;

    async fn load(
        &self,
        keys: &[DescendantsOf],
    ) -> Result<HashMap<DescendantsOf, Self::Value>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|it| it.0).collect();
        let rows = capitalisations::descendants(&self.reads, &self.scope, &ids);
        let mut by_element: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows.await.map_err(Arc::new)? {
            by_element
                .entry(DescendantsOf(row.origin()))
                .or_default()
                .push(row);
        }
        Ok(by_element
            .into_iter()
            .map(|(key, it)| (key, Arc::new(it)))
            .collect())
    }
}
