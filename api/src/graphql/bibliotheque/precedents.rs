//! Precedents: who already did this, here or elsewhere.

use async_graphql::{Context, ID, Object};
use domain::{IngenierieId, Liste};
use projections::{AsOf, ReadModel, bibliotheque as rows, ingenieries};

use super::FicheBibliotheque;
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        paging::{self, AsOfObject},
        referentiel::Code,
        scalars::Position,
        territoire::Territoire,
    },
};

/// What they are looked for in.
const MODELS: [&ReadModel; 2] = [&rows::MODEL, &ingenieries::MODEL];

#[derive(Default)]
pub(crate) struct PrecedentsQuery;

#[Object]
impl PrecedentsQuery {
    /// Who already did what an ingénierie is about, here or elsewhere (RM-14): the cards of the
    /// library that share a theme with it, or words of its title and of its problématique, the
    /// most alike first. Read them before you note the check of complementarity. Null when the
    /// ingénierie does not exist, or when you may not see it.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn precedents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ingénierie, even in its first days.")] ingenierie: ID,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<Option<Precedents>> {
        let id: IngenierieId = typed(&ingenierie, "ingenierie")?;
        let first = paging::asked::<()>(first, None)?.first;
        paging::reached(ctx.reads(), &MODELS, at_least_position).await?;
        let as_of = ctx.reads().as_of_all(&MODELS).await?;
        let found = rows::precedents(ctx.reads(), ctx.scope(), id, first).await?;
        Ok(found.map(|all| Precedents { all, as_of }))
    }
}

/// What looks like an ingénierie, in the library.
pub(crate) struct Precedents {
    all: Vec<rows::Precedent>,
    as_of: AsOf,
}

/// What looks like an ingénierie, in the library.
#[Object]
impl Precedents {
    /// The cards, the most alike first.
    async fn nodes(&self) -> Vec<Precedent> {
        self.all.iter().cloned().map(Precedent).collect()
    }

    /// How recent the answer is.
    async fn as_of(&self) -> AsOfObject {
        self.as_of.into()
    }
}

/// A card of the library that looks like an ingénierie, and why.
pub(crate) struct Precedent(rows::Precedent);

/// A card of the library that looks like an ingénierie, and why.
#[Object]
impl Precedent {
    /// The card.
    async fn fiche(&self) -> FicheBibliotheque {
        FicheBibliotheque(self.0.fiche.clone())
    }

    /// The themes of Enée that both have: three points each.
    async fn themes(&self) -> Vec<Code> {
        Code::all(Liste::TypePrestation, self.0.themes.iter().map(domain::Code::as_str))
    }

    /// The fields of activity that both have: two points each.
    async fn secteurs(&self) -> Vec<Code> {
        Code::all(Liste::Secteur, self.0.secteurs.iter().map(domain::Code::as_str))
    }

    /// The territories around both, the country apart: two points when a département is one of
    /// them, one point when only a région or a place in no département is.
    async fn territoires(&self) -> Vec<Territoire> {
        let lieux = self.0.lieux.iter();
        lieux.filter_map(|it| Territoire::of(it)).collect()
    }

    /// Whether words of its title or of its problématique are there: up to four points, as they
    /// are many and well placed.
    async fn mots(&self) -> bool {
        self.0.rang > 0
    }
}
