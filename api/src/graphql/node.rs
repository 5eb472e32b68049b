//! Any object by its global id.

use async_graphql::{Context, ID, Interface, Object};
use domain::{
    AccompagnementId, CapitalisationId, ConsultationId, ConventionId, DlaId, DocumentId,
    EvaluationId, IngenierieId, InterventionId, JetonServiceId, Liste, MandatAuditId,
    OrganisationId, PlanFinancementId, ReferentielId, SeanceComiteId,
};

use crate::{
    Error, Result,
    graphql::{
        accompagnement::Accompagnement,
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
        jeton_service::{self, JetonService},
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
    Accompagnement(Accompagnement),
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
    JetonService(JetonService),
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
    macro_rules! loaded {
        ($id:ident($key:ident) => $object:ident) => {
            loaders
                .load_one($id($key))
                .await?
                .map(|it| Node::$object($object(it)))
        };
    }
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
        AccompagnementId::NAME => loaded!(AccompagnementId(id) => Accompagnement),
        CapitalisationId::NAME => loaded!(CapitalisationId(id) => Capitalisation),
        ConsultationId::NAME => loaded!(ConsultationId(id) => Consultation),
        ConventionId::NAME => loaded!(ConventionId(id) => ConventionFinancement),
        DlaId::NAME => loaded!(DlaId(id) => Dla),
        DocumentId::NAME => loaded!(DocumentId(id) => Document),
        EvaluationId::NAME => loaded!(EvaluationId(id) => Evaluation),
        IngenierieId::NAME => ingenierie::find(ctx, IngenierieId(id))
            .await?
            .map(|it| match it {
                Ingenierie::Collective(it) => Node::IngenierieCollective(it),
                Ingenierie::Individuelle(it) => Node::IngenierieIndividuelle(it),
            }),
        InterventionId::NAME => loaded!(InterventionId(id) => Intervention),
        JetonServiceId::NAME => jeton_service::find(ctx, JetonServiceId(id))
            .await?
            .map(Node::JetonService),
        MandatAuditId::NAME => loaded!(MandatAuditId(id) => MandatAudit),
        OrganisationId::NAME => loaded!(OrganisationId(id) => Organisation),
        PlanFinancementId::NAME => loaded!(PlanFinancementId(id) => PlanFinancement),
        ReferentielId::NAME => {
            let liste = Liste::by_id(ReferentielId(id));
            liste.map(|it| Node::Referentiel(Referentiel::of(ctx, it)))
        }
        SeanceComiteId::NAME => loaded!(SeanceComiteId(id) => SeanceComiteAppui),
        _ => None,
    })
}
