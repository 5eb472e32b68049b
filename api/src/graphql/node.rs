//! Any object by its global id.

use async_graphql::{Context, ID, Interface, Object};
use domain::{
    CapitalisationId, ConsultationId, ConventionId, DlaId, DocumentId, EvaluationId, IngenierieId,
    InterventionId, Liste, MandatAuditId, OrganisationId, PlanFinancementId, ReferentielId,
    SeanceComiteId,
};

use crate::{
    Error, Result,
    graphql::{
        bibliotheque::{self, FicheBibliotheque},
        capitalisation::{Capitalisation, ElementCapitalise},
        consultation::Consultation,
        context::ContextExt,
        convention::ConventionFinancement,
        dla::Dla,
        document::Document,
        evaluation::Evaluation,
        ids::{self, Noun, parts},
        ingenierie::{self, Ingenierie},
        ingenierie_collective::IngenierieCollective,
        ingenierie_individuelle::IngenierieIndividuelle,
        intervention::Intervention,
        mandat_audit::MandatAudit,
        organisation::Organisation,
        plan_financement::PlanFinancement,
        referentiel::Referentiel,
        seance_comite_appui::SeanceComiteAppui,
    },
};

/// The most objects that one request may fetch by id.
const NODES_MAX: usize = 100;

/// What has a global id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The global id."))]
pub(crate) enum Node {
    Capitalisation(Capitalisation),
    Consultation(Consultation),
    ConventionFinancement(ConventionFinancement),
    Dla(Dla),
    Document(Document),
    ElementCapitalise(ElementCapitalise),
    Evaluation(Evaluation),
    FicheBibliotheque(FicheBibliotheque),
    IngenierieCollective(IngenierieCollective),
    IngenierieIndividuelle(IngenierieIndividuelle),
    Intervention(Intervention),
    MandatAudit(MandatAudit),
    Organisation(Organisation),
    PlanFinancement(PlanFinancement),
    Referentiel(Referentiel),
    SeanceComiteAppui(SeanceComiteAppui),
}

#[derive(Default)]
pub(crate) struct NodeQuery;

#[Object]
impl NodeQuery {
    /// An object by its global id. Null when it does not exist, or when you may not see it.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Node>> {
        find(ctx, &id).await
    }

    /// Several objects by their global ids, at most 100, in the order asked.
    #[graphql(complexity = "ids.len().min(NODES_MAX).saturating_mul(child_complexity)")]
    async fn nodes(&self, ctx: &Context<'_>, ids: Vec<ID>) -> Result<Vec<Option<Node>>> {
        if ids.len() > NODES_MAX {
            return Err(Error::Invalid {
                path: "ids".to_owned(),
                why: domain::values::Invalid {
                    fr: format!("Demandez au plus {NODES_MAX} objets à la fois."),
                    en: format!("Ask for at most {NODES_MAX} objects at once."),
                },
            });
        }
        let found = ids.iter().map(|id| find(ctx, id));
        futures_util::future::try_join_all(found).await
    }
}

async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>> {
    let loaders = ctx.loaders();
    if let Some(id) = ids::element(id) {
        let row = loaders.load_one(id).await?;
        return Ok(row.map(|it| Node::ElementCapitalise(ElementCapitalise(it))));
    }
    if let Some(id) = ids::fiche(id) {
        return Ok(bibliotheque::find(ctx, id)
            .await?
            .map(Node::FicheBibliotheque));
    }
    let Some((noun, id)) = parts(id) else { return Ok(None) };
    Ok(match noun.as_str() {
        CapitalisationId::NAME => {
            let row = loaders.load_one(CapitalisationId(id)).await?;
            row.map(|it| Node::Capitalisation(Capitalisation(it)))
        }
        ConsultationId::NAME => {
            let row = loaders.load_one(ConsultationId(id)).await?;
            row.map(|it| Node::Consultation(Consultation(it)))
        }
        ConventionId::NAME => {
            let row = loaders.load_one(ConventionId(id)).await?;
            row.map(|it| Node::ConventionFinancement(ConventionFinancement(it)))
        }
        DlaId::NAME => {
            let row = loaders.load_one(DlaId(id)).await?;
            row.map(|it| Node::Dla(Dla(it)))
        }
        DocumentId::NAME => {
            let row = loaders.load_one(DocumentId(id)).await?;
            row.map(|it| Node::Document(Document(it)))
        }
        EvaluationId::NAME => {
            let row = loaders.load_one(EvaluationId(id)).await?;
            row.map(|it| Node::Evaluation(Evaluation(it)))
        }
        IngenierieId::NAME => ingenierie::find(ctx, IngenierieId(id))
            .await?
            .map(|it| match it {
                Ingenierie::Collective(it) => Node::IngenierieCollective(it),
                Ingenierie::Individuelle(it) => Node::IngenierieIndividuelle(it),
            }),
        InterventionId::NAME => {
            let row = loaders.load_one(InterventionId(id)).await?;
            row.map(|it| Node::Intervention(Intervention(it)))
        }
        MandatAuditId::NAME => {
            let row = loaders.load_one(MandatAuditId(id)).await?;
            row.map(|it| Node::MandatAudit(MandatAudit(it)))
        }
        OrganisationId::NAME => {
            let row = loaders.load_one(OrganisationId(id)).await?;
            row.map(|it| Node::Organisation(Organisation(it)))
        }
        PlanFinancementId::NAME => {
            let row = loaders.load_one(PlanFinancementId(id)).await?;
            row.map(|it| Node::PlanFinancement(PlanFinancement(it)))
        }
        ReferentielId::NAME => {
            let liste = Liste::by_id(ReferentielId(id));
            liste.map(|it| Node::Referentiel(Referentiel::of(ctx, it)))
        }
        SeanceComiteId::NAME => {
            let row = loaders.load_one(SeanceComiteId(id)).await?;
            row.map(|it| Node::SeanceComiteAppui(SeanceComiteAppui(it)))
        }
        _ => None,
    })
}
