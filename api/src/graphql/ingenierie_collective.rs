//! The ingénierie collective: its fiche, its list and what every change of it shares. The
//! mutations and the parts of the fiche are cut by the four steps of the method.

mod avancement;
mod ciblage;
mod input;
mod jalons;
mod identifier;
pub(crate) mod recherche;
pub(crate) mod engager;
mod confirmer;
mod finaliser;
mod advice;
pub(crate) mod activites;

use async_graphql::{Context, ID, MergedObject, Object};
use domain::{IngenierieId, Line, Liste, OrganisationId, QuarterDays, Seen};
use eventlog::{EventLog, Outcome};
use projections::ingenieries::{self as rows, MODEL};

pub(crate) use self::recherche::{IngenierieCollectiveQuery, find};
use self::{
    activites::ActiviteMethode,
    advice::Advice,
    avancement::AvancementMethode,
    ciblage::TableauCiblage,
    confirmer::{
        ConfirmerMutation,
        mobilisation::{Groupe, MobilisationMutation, StructureCiblee},
        projet::{Intervenant, Module, ProjetMutation},
        technique::{
            ChoixScenario, ConditionsImplication, PriseEnCompte, Scenario, TechniqueMutation,
        },
    },
    engager::{
        EngagerMutation, Partenaire,
        partage::{ObjectifsEvaluation, PartenariatMutation},
    },
    finaliser::{ActiviteSkipped, FinaliserMutation, InformationPartenaires},
    identifier::{
        IdentifierMutation, Problematique, Subsidiarite,
        cadrage::{AireIntervention, CadrageMutation, CoherenceDemarche, RoleDla},
    },
    input::{IngenierieInput, StructureCibleeInput, StructureCibleeMotifInput},
};
pub(crate) use self::{
    confirmer::projet::{ResultatAttendu, ResultatAttenduInput, TypeIngenierie, resultats},
    engager::{AvisComiteAppui, Compatibilite, Objectif, ValidationDemarche},
    finaliser::{Abandon, NoteDatee},
    jalons::{EtatIngenierie, Jalons},
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
        ingenierie::{Part, shown},
        intervention::{self, Intervention},
        loaders::{OfIngenierie, PreuvesOf},
        paging::{self, List},
        past::AsOfInput,
        plan_financement::{self, PlanFinancement},
        referentiel::Code,
        regle::RegleEcartee,
        request::Recorded,
        scalars::{Date, Jours, Position, Version},
        territoire::Territoire,
    },
};

/// An ingénierie collective: one common answer, built by a DLA with partners, to needs that
/// several structures share. This is its fiche.
pub(crate) struct IngenierieCollective(pub(crate) rows::Ingenierie);

/// An ingénierie collective: one common answer, built by a DLA with partners, to needs that
/// several structures share. This is its fiche.
#[Object]
impl IngenierieCollective {
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

    /// When it passed its milestones (jalons).
    pub(crate) async fn jalons(&self) -> Jalons {
        Jalons::of(&self.0)
    }

    /// Its working title.
    pub(crate) async fn intitule(&self) -> &str {
        self.0.intitule.as_str()
    }

    /// The catchy title (accroche) that structures and partners read. Absent until it is chosen.
    async fn accroche(&self) -> Option<&str> {
        self.0.accroche.as_ref().map(Line::as_str)
    }

    /// Where it takes place.
    pub(crate) async fn territoire(&self) -> Territoire {
        Territoire::from(&self.0.territoire)
    }

    /// The sectors in which structures are looked for: codes of `SECTEUR`.
    pub(crate) async fn secteurs(&self) -> Vec<Code> {
        Code::all(Liste::Secteur, self.0.secteurs.iter().map(domain::Code::as_str))
    }

    /// The DLA that leads it.
    pub(crate) async fn porteur(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, Some(self.0.porteur)).await
    }

    /// The DLAs concerned, the one that leads first. Several when it is inter-DLA.
    pub(crate) async fn dlas(&self, ctx: &Context<'_>) -> Result<Vec<Dla>> {
        dla::find_all(ctx, &self.0.dlas).await
    }

    /// The need that structures share (problématique).
    async fn problematique(&self) -> Problematique {
        Problematique(self.part(self.0.problematique.clone()))
    }

    /// The objectives that the partners share.
    async fn objectifs(&self) -> Vec<Objectif> {
        self.0.objectifs.iter().cloned().map(Objectif).collect()
    }

    /// The comparisons with existing offers (subsidiarité), oldest first.
    async fn subsidiarites(&self) -> Vec<Subsidiarite> {
        self.each(&self.0.subsidiarites, Subsidiarite)
    }

    /// The comparisons with what other operators do (complémentarité), oldest first.
    async fn complementarites(&self) -> Vec<NoteDatee> {
        self.each(&self.0.complementarites, NoteDatee)
    }

    /// Where the structures are, and where they work (method, step 1 B1). Absent until the
    /// territory is qualified.
    async fn aire_intervention(&self) -> Option<AireIntervention> {
        let aire = self.0.aire.clone()?;
        Some(AireIntervention(self.part(aire)))
    }

    /// Why each DLA concerned is entitled to run the démarche, and how it goes about it (method,
    /// step 1 C1 and C2).
    async fn roles_dla(&self) -> Vec<RoleDla> {
        self.0.roles_dla.iter().cloned().map(RoleDla).collect()
    }

    /// The checks of coherence on the four axes of the method (step 1 C3), oldest first.
    async fn coherences(&self) -> Vec<CoherenceDemarche> {
        self.each(&self.0.coherences, CoherenceDemarche)
    }

    /// What will be evaluated and why (method, step 2 B3). Absent until it is said.
    async fn objectifs_evaluation(&self) -> Option<ObjectifsEvaluation> {
        self.0.objectifs_evaluation.clone().map(ObjectifsEvaluation)
    }

    /// The partners of the network.
    async fn partenaires(&self) -> Vec<Partenaire> {
        self.each(&self.0.partenaires, Partenaire)
    }

    /// Which structures porteuses inscribed the démarche in their activities (INV-08).
    async fn validations(&self) -> Vec<ValidationDemarche> {
        let all = self.0.validations.iter().cloned();
        all.map(ValidationDemarche).collect()
    }

    /// The last avis of the comité d'appui of each DLA concerned (INV-06).
    async fn avis(&self) -> Vec<AvisComiteAppui> {
        self.each(&self.0.avis, AvisComiteAppui)
    }

    /// The targeted structures, and where each stands. A structure sees itself only.
    async fn structures(&self, ctx: &Context<'_>) -> Vec<StructureCiblee> {
        let all = self.0.structures.iter();
        all.filter(|it| shown(ctx, it.structure))
            .map(|it| StructureCiblee(self.part(it.clone())))
            .collect()
    }

    /// On which conditions structures take part (method, step 3 A2), oldest first. A structure
    /// sees its own, and those of all.
    async fn conditions_implication(&self, ctx: &Context<'_>) -> Vec<ConditionsImplication> {
        let all = self.0.implications.iter();
        all.filter(|it| it.structure.is_none_or(|it| shown(ctx, it)))
            .map(|it| ConditionsImplication(self.part(it.clone())))
            .collect()
    }

    /// How what structures said was taken into account with partners (method, step 3 B1), oldest
    /// first.
    async fn prises_en_compte(&self) -> Vec<PriseEnCompte> {
        self.each(&self.0.prises_en_compte, PriseEnCompte)
    }

    /// How many structures take part now.
    pub(crate) async fn structures_mobilisees(&self) -> i32 {
        self.0.structures_mobilisees
    }

    /// The groupes of structures that work together. A structure sees those it sits in.
    async fn groupes(&self, ctx: &Context<'_>) -> Vec<Groupe> {
        let all = self.0.groupes.iter();
        all.filter(|it| {
            ctx.scope()
                .own_structure()
                .is_none_or(|own| it.structures.contains(&own))
        })
        .cloned()
        .map(Groupe)
        .collect()
    }

    /// The results to reach (method, step 3 B1d).
    async fn resultats_attendus(&self) -> Vec<ResultatAttendu> {
        let all = self.0.resultats.iter().cloned();
        all.map(ResultatAttendu).collect()
    }

    /// When results were changed after the projet was formalised, and why (INV-26).
    async fn amendements_resultats(&self) -> Vec<NoteDatee> {
        self.each(&self.0.amendements, NoteDatee)
    }

    /// What it does for structures. Absent until it is chosen.
    async fn type_ingenierie(&self) -> Option<TypeIngenierie> {
        self.0.type_ingenierie.map(TypeIngenierie::from)
    }

    /// The themes of Enée (the information system of the DLA): codes of `TYPE_PRESTATION`.
    pub(crate) async fn types_prestation(&self) -> Vec<Code> {
        let codes = self.0.types_prestation.iter();
        Code::all(Liste::TypePrestation, codes.map(domain::Code::as_str))
    }

    /// The topics, in the order they will be treated.
    async fn sujets(&self) -> Vec<&str> {
        self.0.sujets.iter().map(Line::as_str).collect()
    }

    /// The porteur's own time of intervention. Absent until it is positioned.
    async fn temps_porteur(&self) -> Option<Jours> {
        self.0.temps_porteur.map(Jours::from)
    }

    /// The système intervenant: who intervenes, prestataires and partners.
    async fn systeme_intervenant(&self) -> Vec<Intervenant> {
        let all = self.0.intervenants.iter().cloned();
        all.map(Intervenant).collect()
    }

    /// The ways of carrying it out that were last set side by side (method, step 3 C1).
    async fn scenarios(&self) -> Vec<Scenario> {
        Scenario::all(&self.0.scenarios)
    }

    /// Which of the `scenarios` was chosen. Absent until one is.
    async fn scenario_choisi(&self) -> Option<ChoixScenario> {
        let choix = self.0.choix_scenario.clone()?;
        Some(ChoixScenario(self.part(choix)))
    }

    /// When partners were told how it goes (RUL-31), oldest first.
    async fn informations_partenaires(&self) -> Vec<InformationPartenaires> {
        self.each(&self.0.informations, InformationPartenaires)
    }

    /// The modules of the projet d'intervention. Empty until it is formalised.
    async fn modules(&self) -> Vec<Module> {
        self.0.modules.iter().cloned().map(Module).collect()
    }

    /// The days of all modules, on all their territories.
    async fn jours(&self) -> Jours {
        Jours(QuarterDays(self.0.jours))
    }

    /// The rules that were set aside, oldest first, each with its justification. Every reader of
    /// the dossier sees them, financeurs among them.
    pub(crate) async fn regles_ecartees(&self) -> Vec<RegleEcartee> {
        RegleEcartee::all(&self.0.waivers)
    }

    /// The checklist of the method: its forty-five activities in the order of its four steps,
    /// each done, left out or to do, with the fact that proves it.
    async fn activites(&self, ctx: &Context<'_>) -> Result<Vec<ActiviteMethode>> {
        let key: PreuvesOf = OfIngenierie(IngenierieId(self.0.id));
        let preuves = ctx.loaders().load_one(key).await?.unwrap_or_default();
        Ok(ActiviteMethode::checklist(self, &preuves))
    }

    /// How far the method is (RM-05): how many of its activities are done, and what the next
    /// milestone wants.
    async fn avancement(&self, ctx: &Context<'_>) -> Result<AvancementMethode> {
        let activites = self.activites(ctx).await?;
        AvancementMethode::of(ctx, self, &activites).await
    }

    /// What the targeted structures have in common (RM-07), by the five criteria of the method:
    /// their profiles as they were on a day. Those that declined or left do not count. For the
    /// DLAs concerned; null for others.
    async fn ciblage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day that the profiles are true of; today when none is given.")]
        on: Option<Date>,
    ) -> Result<Option<TableauCiblage>> {
        if !ctx.scope().inside(&self.0.dlas) {
            return Ok(None);
        }
        let gone = [rows::EtatStructure::Declinee, rows::EtatStructure::Retiree];
        let structures = self.0.structures.iter();
        let structures = structures
            .filter(|it| !gone.contains(&it.etat))
            .map(|it| it.structure);
        TableauCiblage::of(ctx, structures.collect(), on)
            .await
            .map(Some)
    }

    /// The activities of the method that are left out, while they are.
    async fn activites_skipped(&self) -> Vec<ActiviteSkipped> {
        self.each(&self.0.activites_skipped, ActiviteSkipped)
    }

    /// Why it was given up, and where it stood. Absent unless it is given up now.
    async fn abandon(&self) -> Option<Abandon> {
        let abandon = self.0.abandon.clone()?;
        Some(Abandon(self.part(abandon)))
    }

    /// When it was reopened after its end, and why.
    async fn reouvertures(&self) -> Vec<NoteDatee> {
        self.each(&self.0.reouvertures, NoteDatee)
    }

    /// What deserves a look: warnings that never block. Read from the log itself, so it counts
    /// as much as twenty fields. For the DLAs concerned; null for others, and as of an earlier
    /// time.
    #[graphql(complexity = "20 + child_complexity")]
    async fn advice(&self, ctx: &Context<'_>) -> Result<Option<Vec<Advice>>> {
        if ctx.reads().past().is_some() || !ctx.scope().inside(&self.0.dlas) {
            return Ok(None);
        }
        advice::of(ctx, IngenierieId(self.0.id)).await.map(Some)
    }

    /// What it costs and who pays. Null while no plan is opened, or when you may not see it.
    pub(crate) async fn plan_financement(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<PlanFinancement>> {
        plan_financement::of_ingenierie(ctx, IngenierieId(self.0.id)).await
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

    /// Its consultations of prestataires that you may see.
    pub(crate) async fn consultations(&self, ctx: &Context<'_>) -> Result<Vec<Consultation>> {
        consultation::of_ingenierie(ctx, IngenierieId(self.0.id)).await
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

    /// Its intervention: the séances, who came, how it was followed. Absent until it is opened.
    pub(crate) async fn intervention(&self, ctx: &Context<'_>) -> Result<Option<Intervention>> {
        intervention::of_ingenierie(ctx, IngenierieId(self.0.id)).await
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

impl IngenierieCollective {
    /// A part of this fiche.
    fn part<T>(&self, row: T) -> Part<T> {
        Part { dlas: self.0.dlas.as_slice().into(), row }
    }

    /// Parts of this fiche.
    fn each<T: Clone, P>(&self, rows: &[T], part: impl Fn(Part<T>) -> P) -> Vec<P> {
        self.part(()).each(rows, part)
    }
}

/// Everything that can be done to an ingénierie, step by step.
#[derive(Default, MergedObject)]
pub(crate) struct IngenierieCollectiveMutation(
    IdentifierMutation,
    CadrageMutation,
    EngagerMutation,
    PartenariatMutation,
    MobilisationMutation,
    ProjetMutation,
    TechniqueMutation,
    ConfirmerMutation,
    FinaliserMutation,
);

/// Organisations as they stand now, for a rule that looks at them.
async fn seen_all(
    log: &EventLog,
    ids: &[OrganisationId],
) -> Result<Vec<Seen<domain::Organisation>>, eventlog::Error> {
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        all.push(log.seen(*id).await?);
    }
    Ok(all)
}

/// What every change of an ingénierie answers.
#[derive(MergedObject)]
pub(crate) struct IngenierieCollectivePayload(IngenierieCollectiveChanged, Recorded);

fn payload(id: IngenierieId, outcome: Outcome) -> IngenierieCollectivePayload {
    IngenierieCollectivePayload(IngenierieCollectiveChanged { id, outcome }, Recorded(outcome))
}

struct IngenierieCollectiveChanged {
    id: IngenierieId,
    outcome: Outcome,
}

#[Object]
impl IngenierieCollectiveChanged {
    /// The ingénierie, at least as recent as the change.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<IngenierieCollective>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, self.id).await
    }
}
