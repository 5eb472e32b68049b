//! What can be asked: one page a noun, merged into one schema.
//!
//! Read `consultation` for the model of a page, `request` for what every command carries.

pub mod extensions;
pub(crate) mod context;
mod credits_ingenierie;
pub(crate) mod ids;
pub(crate) mod scalars;
pub(crate) mod request;
pub(crate) mod paging;
pub(crate) mod past;
pub(crate) mod loaders;
pub(crate) mod sealed;
mod accompagnement;
mod annuaire;
mod besoin;
mod bibliotheque;
mod capitalisation;
mod catalogue;
mod consultation;
mod convention;
mod dla;
mod document;
mod evaluation;
mod export;
mod financement;
pub(crate) mod historique;
mod ingenierie;
mod ingenierie_collective;
mod ingenierie_individuelle;
mod intervention;
mod jeton_service;
mod live;
mod mandat_audit;
mod node;
mod organisation;
mod personne;
mod plan_financement;
mod preuve;
mod referentiel;
mod regle;
mod seance_comite_appui;
mod statistiques;
pub mod sdl;
mod territoire;
mod viewer;

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{MergedObject, Schema};

pub use self::{live::Subscription, loaders::SharedLoaders, past::Pasts, request::Essai, sdl::sdl};

/// The most a query may cost: a list costs `first` times what it holds.
pub const COMPLEXITY_MAX: usize = 1_000;

/// Everything that can be read.
#[derive(Default, MergedObject)]
pub struct Query(
    annuaire::AnnuaireQuery,
    consultation::ConsultationQuery,
    credits_ingenierie::CreditsIngenierieQuery,
    convention::ConventionQuery,
    dla::DlaQuery,
    document::DocumentQuery,
    evaluation::Queries,
    export::ExportQuery,
    historique::HistoriqueQuery,
    ingenierie_collective::IngenierieCollectiveQuery,
    ingenierie_individuelle::IngenierieIndividuelleQuery,
    intervention::InterventionQuery,
    node::NodeQuery,
    organisation::OrganisationQuery,
    plan_financement::PlanFinancementQuery,
    preuve::PreuveQuery,
    referentiel::ReferentielQuery,
    seance_comite_appui::SeanceComiteAppuiQuery,
    CallersQuery,
    CountedQuery,
    KeptQuery,
    LeftQuery,
);

/// Who comes, people and portals.
#[derive(Default, MergedObject)]
pub struct CallersQuery(
    jeton_service::JetonServiceQuery,
    personne::PersonneQuery,
    viewer::ViewerQuery,
);

/// What is counted over many dossiers. A merged object is as deep as it is long, and the compiler
/// follows it so far and no further: some are merged apart, and come last.
#[derive(Default, MergedObject)]
pub struct CountedQuery(
    accompagnement::AccompagnementQuery,
    besoin::BesoinQuery,
    financement::FinancementQuery,
    statistiques::StatistiquesQuery,
);

/// Who may read what, and who answers for it.
#[derive(Default, MergedObject)]
pub struct KeptQuery(mandat_audit::MandatAuditQuery, personne::PersonneQuery);

/// What ingénieries leave to others.
#[derive(Default, MergedObject)]
pub struct LeftQuery(
    bibliotheque::BibliothequeQuery,
    bibliotheque::PrecedentsQuery,
    capitalisation::CapitalisationQuery,
    catalogue::CatalogueQuery,
);

/// Everything that can be done: one command each, recorded in the log.
#[derive(Default, MergedObject)]
pub struct Mutation(
    consultation::appel_offres::AppelOffresMutation,
    consultation::choix::ChoixMutation,
    consultation::contrat::ContratMutation,
    consultation::partage::ChoixPartageMutation,
    credits_ingenierie::CreditsIngenierieMutation,
    convention::commandes::ConventionMutation,
    dla::DlaMutation,
    dla::comite::ComiteMutation,
    document::DocumentMutation,
    evaluation::Mutations,
    ingenierie_collective::IngenierieCollectiveMutation,
    AloneMutation,
    intervention::InterventionMutation,
    organisation::OrganisationMutation,
    organisation::fusion::FusionMutation,
    organisation::referencement::ReferencementMutation,
    KeptMutation,
    plan_financement::PlanFinancementMutation,
    referentiel::ReferentielMutation,
    seance_comite_appui::commandes::SeanceComiteAppuiMutation,
    CallersMutation,
    LeftMutation,
);

/// What is known of people, and which portals may come.
#[derive(Default, MergedObject)]
pub struct CallersMutation(jeton_service::JetonServiceMutation, personne::PersonneMutation);

/// What is done for one structure.
#[derive(Default, MergedObject)]
pub struct AloneMutation(
    accompagnement::commandes::AccompagnementMutation,
    ingenierie_individuelle::IngenierieIndividuelleMutation,
);

/// What is done so that others can take up what an ingénierie leaves.
#[derive(Default, MergedObject)]
pub struct LeftMutation(
    bibliotheque::commandes::BibliothequeMutation,
    capitalisation::CapitalisationMutation,
    capitalisation::essaimage::EssaimageMutation,
    capitalisation::transfert::TransfertMutation,
);

/// What is done by those who open dossiers to others, and who answer for what is held.
#[derive(Default, MergedObject)]
pub struct KeptMutation(mandat_audit::MandatAuditMutation, personne::PersonneMutation);

/// The schema and what runs it.
pub type EssaimSchema = Schema<Query, Mutation, Subscription>;

/// Builds the schema, without anything to answer from: enough to print it.
pub fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    extensions::install(Schema::build(Query::default(), Mutation::default(), Subscription))
        .register_output_type::<node::Node>()
        .limit_complexity(COMPLEXITY_MAX)
        .disable_suggestions()
}

/// The input of a mutation.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its type: commands that say no more than another share it.
    pub name: String,
    pub fields: BTreeSet<String>,
}

/// The input of each mutation.
pub async fn inputs() -> BTreeMap<String, Input> {
    const QUERY: &str = "{ __schema { mutationType { fields { name args { type { ofType { \
                         name inputFields { name } } } } } } } }";
    let answer = builder().finish().execute(QUERY).await;
    let data = answer.data.into_json().unwrap_or_default();
    let fields = data["__schema"]["mutationType"]["fields"].as_array();
    let text = |it: &serde_json::Value| it.as_str().unwrap_or_default().to_owned();
    fields
        .into_iter()
        .flatten()
        .map(|it| {
            let input = &it["args"][0]["type"]["ofType"];
            let fields = input["inputFields"].as_array().into_iter().flatten();
            let fields = fields.map(|it| text(&it["name"])).collect();
            (text(&it["name"]), Input { name: text(&input["name"]), fields })
        })
        .collect()
}
