//! What accompagnements add up to, and what changed for the structures.

use async_graphql::{Enum, Object};
use domain::accompagnement::suivi::Moment;
use projections::{AsOf, accompagnements::impact as rows};

use crate::graphql::{
    paging::AsOfObject,
    scalars::{Mesure, count},
};

/// What some accompagnements add up to. Each stage counts those that reached it, whatever became
/// of them later.
pub(crate) struct BilanAccompagnements {
    pub(super) as_of: AsOf,
    pub(super) figures: rows::Figures,
    pub(super) comparaisons: Vec<rows::Comparaison>,
}

/// What some accompagnements add up to. Each stage counts those that reached it, whatever became
/// of them later.
#[Object]
impl BilanAccompagnements {
    /// How recent the answer is.
    async fn as_of(&self) -> AsOfObject {
        self.as_of.into()
    }

    /// Requests.
    async fn sollicitations(&self) -> i32 {
        count(self.figures.sollicitations)
    }

    /// Structures that asked, each once.
    async fn structures(&self) -> i32 {
        count(self.figures.structures)
    }

    /// Requests that the accueil found relevant.
    async fn retenues(&self) -> i32 {
        count(self.figures.retenues)
    }

    /// Requests that the DLA could not answer.
    async fn non_retenues(&self) -> i32 {
        count(self.figures.non_retenues)
    }

    /// Requests whose structure was sent elsewhere, or elsewhere as well.
    async fn orientees(&self) -> i32 {
        count(self.figures.orientees)
    }

    /// Diagnostics that are completed.
    async fn diagnostics(&self) -> i32 {
        count(self.figures.diagnostics)
    }

    /// Of them, those that the structure validated.
    async fn diagnostics_valides(&self) -> i32 {
        count(self.figures.diagnostics_valides)
    }

    /// Plans d'accompagnement.
    async fn plans(&self) -> i32 {
        count(self.figures.plans)
    }

    /// Actions of these plans, whatever became of them.
    async fn actions(&self) -> i32 {
        count(self.figures.actions)
    }

    /// Of them, those that were done.
    async fn actions_realisees(&self) -> i32 {
        count(self.figures.actions_realisees)
    }

    /// Accompagnements whose structure gave news.
    async fn suivis(&self) -> i32 {
        count(self.figures.suivis)
    }

    /// Those that are over.
    async fn clos(&self) -> i32 {
        count(self.figures.clos)
    }

    /// Those that were given up.
    async fn abandonnes(&self) -> i32 {
        count(self.figures.abandonnes)
    }

    /// What changed for the structures: of each indicator, the sums of what was measured at the
    /// suivi, and before or as it was hoped for. Only accompagnements measured at both moments
    /// count; of each, the last figure.
    async fn comparaisons(&self) -> Vec<ComparaisonImpact> {
        let all = self.comparaisons.iter().cloned();
        all.map(ComparaisonImpact).collect()
    }
}

/// One indicator, over the accompagnements that were measured at both moments.
pub(crate) struct ComparaisonImpact(rows::Comparaison);

/// One indicator, over the accompagnements that were measured at both moments.
#[Object]
impl ComparaisonImpact {
    /// Which one: `emplois`, `cdi`, `etp`, `budget` (in euro cents), `financeurs` or
    /// `beneficiaires`.
    async fn indicateur(&self) -> &str {
        &self.0.indicateur
    }

    /// What the suivi is compared with: the reference, or the forecast.
    async fn avec(&self) -> MomentMesure {
        self.0.avec.into()
    }

    /// How many accompagnements count.
    async fn accompagnements(&self) -> i32 {
        count(self.0.accompagnements)
    }

    /// The sum at that moment.
    async fn avant(&self) -> Mesure {
        Mesure(self.0.avant)
    }

    /// The sum at the suivi.
    async fn suivi(&self) -> Mesure {
        Mesure(self.0.suivi)
    }
}

/// To what moment figures of a structure belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Moment")]
pub(crate) enum MomentMesure {
    /// Before the support: what later figures are compared with.
    Reference,
    /// After it.
    Suivi,
    /// What is hoped for, at a horizon.
    Prevision,
}
