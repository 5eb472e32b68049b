//! Accompagnements: how the support of a structure is seen, listed and counted.

pub(crate) mod commandes;
mod contenu;
mod impact;

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{
    AccompagnementId, DlaId, IngenierieId, Liste, OrganisationId,
    accompagnement::{
        self as rules,
        suivi::{SUIVI_MOIS, SUIVI_MOIS_MAX},
    },
};
use jiff::ToSpan as _;
use projections::accompagnements::{self as rows, Filter, MODEL, impact as counted};

use self::{
    contenu::{
        AccueilAccompagnement, ActionAppui, DiagnosticPartage, Echange, FinAccompagnement,
        MesureImpact, NouveauBesoin, OrientationStructure, PlanAccompagnement, PreDiagnostic,
        Preconisations, Restitution,
    },
    impact::BilanAccompagnements,
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::{global, typed},
        organisation::{self, Organisation},
        paging::{self, List},
        referentiel::Code,
        request::code_if_given,
        scalars::{Date, Position, Version},
        sealed::text,
    },
};

/// The support of one structure by one DLA, for one request: what it asked for, the diagnostic
/// partagé and what follows from it, the plan d'accompagnement, and what came of it. A structure
/// may have several over time. The people of its DLA read it, and the structure itself: nobody
/// else, neither a financeur nor the comité d'appui.
pub(crate) struct Accompagnement(pub(crate) rows::Accompagnement);

/// The support of one structure by one DLA, for one request: what it asked for, the diagnostic
/// partagé and what follows from it, the plan d'accompagnement, and what came of it. A structure
/// may have several over time. The people of its DLA read it, and the structure itself: nobody
/// else, neither a financeur nor the comité d'appui.
#[Object]
impl Accompagnement {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(AccompagnementId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// How far it has come.
    async fn etat(&self) -> EtatAccompagnement {
        self.0.etat.into()
    }

    /// The DLA that is asked for help.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, Some(self.0.dla)).await
    }

    /// The structure that asks.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.structure)).await
    }

    /// When it asked.
    async fn received_on(&self) -> Date {
        Date(self.0.received_on)
    }

    /// How the request came. Absent when it was not said.
    async fn canal(&self) -> Option<CanalSollicitation> {
        self.0.canal.map(Into::into)
    }

    /// The partner that relayed the request. Absent when the structure asked by itself.
    async fn relais(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.relais).await
    }

    /// What makes it ask now: values of `MOMENT_CLE`.
    async fn moments_cles(&self) -> Vec<Code> {
        Code::all(Liste::MomentCle, &self.0.moments)
    }

    /// Where support is needed, as the request, the diagnostic and later needs say: values of
    /// `DOMAINE_EXPERTISE`.
    async fn domaines(&self) -> Vec<Code> {
        Code::all(Liste::DomaineExpertise, &self.0.domaines)
    }

    /// What it asks for. Absent when it was not said, and once erased.
    async fn demande(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.0.demande else { return Ok(None) };
        text(ctx, place.position, &place.pointer).await
    }

    /// The form that the structure fills in before the first meeting. Absent until it is sent or
    /// comes back.
    async fn pre_diagnostic(&self) -> Option<PreDiagnostic> {
        let it = &self.0.pre_diagnostic;
        let known = it.sent_on.is_some() || it.returned_on.is_some();
        known.then(|| PreDiagnostic(it.clone()))
    }

    /// The meetings that qualified the request, in the order noted.
    async fn rendez_vous(&self) -> Vec<Echange> {
        self.0.rendez_vous.iter().cloned().map(Echange).collect()
    }

    /// Whether the DLA can help. Absent until it has said so.
    async fn accueil(&self) -> Option<AccueilAccompagnement> {
        self.0.accueil.clone().map(AccueilAccompagnement)
    }

    /// To whom the structure was sent, in the order noted.
    async fn orientations(&self) -> Vec<OrientationStructure> {
        let all = self.0.orientations.iter().cloned();
        all.map(OrientationStructure).collect()
    }

    /// What both found. Absent until it begins.
    async fn diagnostic(&self) -> Option<DiagnosticPartage> {
        self.0.diagnostic.clone().map(DiagnosticPartage)
    }

    /// What the DLA advises, and what the structure takes of it. Absent until it is proposed.
    async fn preconisations(&self) -> Option<Preconisations> {
        let it = &self.0.preconisations;
        it.proposed_on
            .map(|on| Preconisations { on, row: it.clone() })
    }

    /// What will be done. Absent until it is established.
    async fn plan(&self) -> Option<PlanAccompagnement> {
        self.0.plan.clone().map(PlanAccompagnement)
    }

    /// The actions of the plan, in the order they were added.
    async fn actions(&self) -> Vec<ActionAppui> {
        self.0.actions.iter().cloned().map(ActionAppui).collect()
    }

    /// The meetings where what was done was told, in the order noted.
    async fn restitutions(&self) -> Vec<Restitution> {
        let all = self.0.restitutions.iter().cloned();
        all.map(Restitution).collect()
    }

    /// When the DLA took news of the structure, and what it heard.
    async fn suivis(&self) -> Vec<Echange> {
        self.0.suivis.iter().cloned().map(Echange).collect()
    }

    /// The day from which news of the structure are due: 12 months after its diagnostic. Absent
    /// when there is no diagnostic, once news were taken, and when it was given up.
    async fn suivi_du(&self) -> Option<Date> {
        let since = self.0.sans_suivi_depuis?;
        since.checked_add(SUIVI_MOIS.months()).ok().map(Date)
    }

    /// Whether news of the structure are late: more than 18 months have passed since its
    /// diagnostic, without any (INV-40).
    async fn suivi_en_retard(&self, ctx: &Context<'_>) -> bool {
        let limit = late_before(ctx.clock().today);
        self.0.sans_suivi_depuis.is_some_and(|it| it < limit)
    }

    /// How the structure does, in figures, in the order noted.
    async fn mesures(&self) -> Vec<MesureImpact> {
        self.0.mesures.iter().cloned().map(MesureImpact).collect()
    }

    /// Needs that appeared and that the plan does not answer, in the order noted.
    async fn nouveaux_besoins(&self) -> Vec<NouveauBesoin> {
        self.0.besoins.iter().cloned().map(NouveauBesoin).collect()
    }

    /// What it led to, once it is closed: values of `ISSUE_ACCOMPAGNEMENT`.
    async fn issues(&self) -> Vec<Code> {
        Code::all(Liste::IssueAccompagnement, &self.0.issues)
    }

    /// How it ended. Absent while it goes on.
    async fn fin(&self) -> Option<FinAccompagnement> {
        self.0.fin.clone().map(FinAccompagnement)
    }
}

/// One accompagnement, if the caller may see it.
pub(crate) async fn find(
    ctx: &Context<'_>,
    id: AccompagnementId,
) -> Result<Option<Accompagnement>> {
    Ok(ctx.loaders().load_one(id).await?.map(Accompagnement))
}

/// A diagnostic of before that day, without news since, is one whose suivi is late.
fn late_before(today: domain::Date) -> domain::Date {
    today.saturating_sub(SUIVI_MOIS_MAX.months())
}

/// How far the support of a structure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Etat")]
pub(crate) enum EtatAccompagnement {
    /// A request came, and the DLA has not said whether it can help.
    EnAccueil,
    /// The DLA cannot help: it says why, and may send the structure elsewhere.
    NonRetenu,
    /// The DLA can help: both look at the situation, and agree on what follows.
    EnDiagnostic,
    /// The plan is established, and under way.
    EnParcours,
    /// It is over. Suivi goes on.
    Clos,
    /// It was given up.
    Abandonne,
}

/// How a request came to a DLA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Canal")]
pub(crate) enum CanalSollicitation {
    /// By e-mail.
    Courriel,
    /// By telephone.
    Telephone,
    /// In a meeting, or at an event.
    Rencontre,
    /// By a form, on paper or on a site.
    Formulaire,
}

/// Which accompagnements are looked for: all that is given must hold.
#[derive(Default, InputObject)]
pub(crate) struct AccompagnementFilter {
    /// Of this structure: its parcours over time.
    structure: Option<ID>,
    /// Of this DLA.
    dla: Option<ID>,
    /// That have come so far.
    etat: Option<EtatAccompagnement>,
    /// Where support is needed in this field: a code of `DOMAINE_EXPERTISE`.
    domaine: Option<String>,
    /// Asked for on this day or later.
    du: Option<Date>,
    /// Asked for on this day or before.
    au: Option<Date>,
    /// Whose plan this ingénierie carries out a part of.
    ingenierie: Option<ID>,
    /// Whose suivi is late: more than 18 months after the diagnostic, without news (INV-40).
    #[graphql(default)]
    suivi_en_retard: bool,
    /// Where a need appeared that the plan does not answer.
    #[graphql(default)]
    nouveau_besoin: bool,
}

impl AccompagnementFilter {
    fn rows(&self, ctx: &Context<'_>) -> Result<Filter> {
        let structure = self.structure.as_ref();
        let structure = structure.map(|it| typed::<OrganisationId>(it, "filter.structure"));
        let dla = self.dla.as_ref().map(|it| typed::<DlaId>(it, "filter.dla"));
        let ingenierie = self.ingenierie.as_ref();
        let ingenierie = ingenierie.map(|it| typed::<IngenierieId>(it, "filter.ingenierie"));
        let domaine = self.domaine.as_deref();
        let late = self.suivi_en_retard;
        Ok(Filter {
            structure: structure.transpose()?.map(|it| it.0),
            dla: dla.transpose()?.map(|it| it.0),
            etat: self.etat.map(Into::into),
            domaine: code_if_given(ctx, Liste::DomaineExpertise, "filter.domaine", domaine)?,
            du: self.du.map(|it| it.0),
            au: self.au.map(|it| it.0),
            ingenierie: ingenierie.transpose()?.map(|it| it.0),
            sans_suivi_avant: late.then(|| late_before(ctx.clock().today)),
            nouveau_besoin: self.nouveau_besoin,
        })
    }
}

#[derive(Default)]
pub(crate) struct AccompagnementQuery;

#[Object]
impl AccompagnementQuery {
    /// An accompagnement by its id. Null when it does not exist, or when you may not see it.
    async fn accompagnement(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Accompagnement>> {
        find(ctx, typed(&id, "id")?).await
    }

    /// The accompagnements that you may see, the last asked for first: those of your DLAs, or
    /// those of your structure.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn accompagnements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<AccompagnementFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<i64, Accompagnement>> {
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let asked = paging::asked(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().rows(ctx)?;
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let page = rows::list(reads, scope, &filter, asked.first, asked.after);
        let row = |it: rows::Accompagnement| (it.received_position, Accompagnement(it));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count(reads, scope, &filter)).await
    }

    /// What the accompagnements of a filter add up to, and what changed for the structures: those
    /// that you may see, the same as `accompagnements` lists.
    async fn bilan_accompagnements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to look for.")] filter: Option<AccompagnementFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<BilanAccompagnements> {
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let filter = filter.unwrap_or_default().rows(ctx)?;
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let as_of = reads.as_of(&MODEL).await?;
        let figures = counted::figures(reads, scope, &filter).await?;
        let comparaisons = counted::comparaisons(reads, scope, &filter).await?;
        Ok(BilanAccompagnements { as_of, figures, comparaisons })
    }
}
