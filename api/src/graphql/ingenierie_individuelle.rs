//! The ingénierie individuelle: its fiche and what every change of it shares. `recherche` finds
//! them, `commandes` is what can be done to one.

mod commandes;
mod recherche;

use async_graphql::{Context, ID, Object};
use domain::{IngenierieId, Liste};
use projections::ingenieries as rows;

pub(crate) use self::{
    commandes::IngenierieIndividuelleMutation, recherche::IngenierieIndividuelleQuery,
};
use crate::{
    Result,
    graphql::{
        capitalisation::{
            self, Capitalisation,
            essaimage::{self, Reutilisation},
        },
        consultation::{self, Consultation},
        context::ContextExt,
        dla::{self, Dla},
        document::{self, Document},
        evaluation::{self, Evaluation},
        historique::{self, Fait, Paged, filter::HistoriqueFilter},
        ids::global,
        ingenierie::{self, Ingenierie, Part, shown},
        ingenierie_collective::{
            Abandon, AvisComiteAppui, EtatIngenierie, Jalons, NoteDatee, Objectif, ResultatAttendu,
            ValidationDemarche,
        },
        intervention::{self, Intervention},
        organisation::{self, Organisation},
        paging::{self, List},
        past::AsOfInput,
        plan_financement::{self, PlanFinancement},
        referentiel::Code,
        regle::RegleEcartee,
        scalars::{Position, Version},
        sealed::Readers,
        territoire::Territoire,
    },
};

/// An ingénierie individuelle: the mission that a DLA finances for one structure. This is its
/// fiche.
pub(crate) struct IngenierieIndividuelle(pub(crate) rows::Ingenierie);

/// An ingénierie individuelle: the mission that a DLA finances for one structure. This is its
/// fiche.
#[Object]
impl IngenierieIndividuelle {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(IngenierieId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    pub(crate) async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// How far it has come.
    pub(crate) async fn etat(&self) -> EtatIngenierie {
        self.0.etat.into()
    }

    /// When it passed its milestones (jalons). It has no projet to formalise or to confirm.
    pub(crate) async fn jalons(&self) -> Jalons {
        Jalons::of(&self.0)
    }

    /// Its working title.
    pub(crate) async fn intitule(&self) -> &str {
        self.0.intitule.as_str()
    }

    /// The structure that it is for. Null when you may not know of it.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        let mission = self.0.mission.as_ref().map(|it| it.structure);
        organisation::find(ctx, mission.filter(|it| shown(ctx, *it))).await
    }

    /// What the structure needs, as it was last said. Shown to the DLA and to the structure; null
    /// for others, and once erased.
    async fn besoin(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(mission) = &self.0.mission else { return Ok(None) };
        let readers = Readers::DlasAnd(domain::OrganisationId(mission.structure));
        self.part(()).open(ctx, readers, &mission.besoin).await
    }

    /// Whether the mission holds training, which an OPCO may then pay for (INV-16).
    async fn formation(&self) -> bool {
        self.0.mission.as_ref().is_some_and(|it| it.formation)
    }

    /// The ingénierie that it follows from, such as a collective one in which the need appeared.
    /// Absent when it follows from none, or when you may not see it.
    async fn origine(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        match self.0.mission.as_ref().and_then(|it| it.origine) {
            Some(id) => ingenierie::find(ctx, IngenierieId(id)).await,
            None => Ok(None),
        }
    }

    /// The diagnostic, or the rapport de mission, that it follows from. Absent when it follows
    /// from none, or when you may not read it.
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        match self.0.mission.as_ref().and_then(|it| it.document) {
            Some(id) => {
                let row = ctx.loaders().load_one(domain::DocumentId(id)).await?;
                Ok(row.map(Document))
            }
            None => Ok(None),
        }
    }

    /// Where it takes place.
    pub(crate) async fn territoire(&self) -> Territoire {
        Territoire::from(&self.0.territoire)
    }

    /// The fields of activity of the structure: codes of `SECTEUR`.
    pub(crate) async fn secteurs(&self) -> Vec<Code> {
        Code::all(Liste::Secteur, self.0.secteurs.iter().map(domain::Code::as_str))
    }

    /// The themes of Enée (the information system of the DLA), the main one first: codes of
    /// `TYPE_PRESTATION`.
    pub(crate) async fn types_prestation(&self) -> Vec<Code> {
        let codes = self.0.types_prestation.iter();
        Code::all(Liste::TypePrestation, codes.map(domain::Code::as_str))
    }

    /// The DLA that carries it.
    pub(crate) async fn porteur(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, Some(self.0.porteur)).await
    }

    /// The DLAs concerned: the one that carries it.
    pub(crate) async fn dlas(&self, ctx: &Context<'_>) -> Result<Vec<Dla>> {
        dla::find_all(ctx, &self.0.dlas).await
    }

    /// What it is for.
    async fn objectifs(&self) -> Vec<Objectif> {
        self.0.objectifs.iter().cloned().map(Objectif).collect()
    }

    /// The results to reach.
    async fn resultats_attendus(&self) -> Vec<ResultatAttendu> {
        let all = self.0.resultats.iter().cloned();
        all.map(ResultatAttendu).collect()
    }

    /// When results were changed after the démarche was validated, and why (INV-26).
    async fn amendements_resultats(&self) -> Vec<NoteDatee> {
        self.part(()).each(&self.0.amendements, NoteDatee)
    }

    /// The comparisons with what other operators do (complémentarité), oldest first.
    async fn complementarites(&self) -> Vec<NoteDatee> {
        self.part(()).each(&self.0.complementarites, NoteDatee)
    }

    /// When the structure porteuse inscribed it in its activities (INV-08). Empty until then.
    async fn validations(&self) -> Vec<ValidationDemarche> {
        let all = self.0.validations.iter().cloned();
        all.map(ValidationDemarche).collect()
    }

    /// The last avis of the comité d'appui, when it examined the mission: it need not.
    async fn avis(&self) -> Vec<AvisComiteAppui> {
        self.part(()).each(&self.0.avis, AvisComiteAppui)
    }

    /// How many structures take part now: one.
    pub(crate) async fn structures_mobilisees(&self) -> i32 {
        self.0.structures_mobilisees
    }

    /// The rules that were set aside, oldest first, each with its justification. Every reader of
    /// the dossier sees them, financeurs among them.
    pub(crate) async fn regles_ecartees(&self) -> Vec<RegleEcartee> {
        RegleEcartee::all(&self.0.waivers)
    }

    /// Why it was given up, and where it stood. Absent unless it is given up now.
    async fn abandon(&self) -> Option<Abandon> {
        let abandon = self.0.abandon.clone()?;
        Some(Abandon(self.part(abandon)))
    }

    /// When it was reopened after its end, and why.
    async fn reouvertures(&self) -> Vec<NoteDatee> {
        self.part(()).each(&self.0.reouvertures, NoteDatee)
    }

    /// What it costs and who pays. Null while no plan is opened, or when you may not see it.
    pub(crate) async fn plan_financement(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<PlanFinancement>> {
        plan_financement::of_ingenierie(ctx, IngenierieId(self.0.id)).await
    }

    /// Its consultations of prestataires that you may see.
    pub(crate) async fn consultations(&self, ctx: &Context<'_>) -> Result<Vec<Consultation>> {
        consultation::of_ingenierie(ctx, IngenierieId(self.0.id)).await
    }

    /// Its intervention: the séances, who came, how it was followed. Absent until it is opened.
    pub(crate) async fn intervention(&self, ctx: &Context<'_>) -> Result<Option<Intervention>> {
        intervention::of_ingenierie(ctx, IngenierieId(self.0.id)).await
    }

    /// Its evaluations: one at most today.
    pub(crate) async fn evaluations(&self, ctx: &Context<'_>) -> Result<Vec<Evaluation>> {
        evaluation::of_ingenierie(ctx, IngenierieId(self.0.id)).await
    }

    /// What it leaves to others: one capitalisation at most today, with its elements.
    pub(crate) async fn capitalisations(&self, ctx: &Context<'_>) -> Result<Vec<Capitalisation>> {
        capitalisation::of_ingenierie(ctx, IngenierieId(self.0.id)).await
    }

    /// What it reuses of what other ingénieries left, of the elements that you may read.
    pub(crate) async fn reutilisations(&self, ctx: &Context<'_>) -> Result<Vec<Reutilisation>> {
        essaimage::of_ingenierie(ctx, IngenierieId(self.0.id)).await
    }

    /// Its documents that you read, last registered first.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
    ) -> Result<List<i64, Document>> {
        document::of_ingenierie(ctx, self.0.id, (first, after)).await
    }

    /// Its history, oldest first: who did what, when, for whom and why; with the facts of its
    /// plan de financement, consultations, intervention, evaluation and capitalisation that you
    /// may see.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn historique(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<HistoriqueFilter>,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<i64, Fait>> {
        let filter = filter.unwrap_or_default().rows()?;
        let filter = filter.of_dossier(IngenierieId(self.0.id));
        let paged = Paged { first, after, at_least: at_least_position, as_of };
        historique::list(ctx, filter, paged).await
    }
}

impl IngenierieIndividuelle {
    /// A part of this fiche.
    fn part<T>(&self, row: T) -> Part<T> {
        Part { dlas: self.0.dlas.as_slice().into(), row }
    }
}
