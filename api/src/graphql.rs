//! What can be asked: one page a noun, merged into one schema.
//!
//! Read `consultation` for the model of a page, `request` for what every command carries.

pub mod extensions;
pub(crate) mod context;
pub(crate) mod ids;
pub(crate) mod scalars;
pub(crate) mod request;
pub(crate) mod paging;
pub(crate) mod loaders;
pub(crate) mod sealed;
mod capitalisation;
mod catalogue;
mod consultation;
mod evaluation;
mod node;
mod organisation;
mod referentiel;
pub mod sdl;
mod territoire;
mod viewer;

use async_graphql::{EmptySubscription, MergedObject, Schema};

pub use self::loaders::Loaders;

/// The most a query may cost: a list costs `first` times what it holds.
pub const COMPLEXITY_MAX: usize = 1_000;

/// Everything that can be read.
#[derive(Default, MergedObject)]
pub struct Query(
    capitalisation::CapitalisationQuery,
    catalogue::CatalogueQuery,
    consultation::ConsultationQuery,
    evaluation::EvaluationQuery,
    node::NodeQuery,
    organisation::OrganisationQuery,
    referentiel::ReferentielQuery,
    viewer::ViewerQuery,
);

/// Everything that can be done: one command each, recorded in the log.
#[derive(Default, MergedObject)]
pub struct Mutation(
    capitalisation::CapitalisationMutation,
    consultation::ConsultationMutation,
    evaluation::EvaluationMutation,
    organisation::OrganisationMutation,
);

/// The schema and what runs it.
pub type EssaimSchema = Schema<Query, Mutation, EmptySubscription>;

/// Builds the schema, without anything to answer from: enough to print it.
pub fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, EmptySubscription> {
    extensions::install(Schema::build(Query::default(), Mutation::default(), EmptySubscription))
        .register_output_type::<node::Node>()
        .limit_complexity(COMPLEXITY_MAX)
        .disable_suggestions()
}
