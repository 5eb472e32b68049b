//! How far the method is (RM-05): its activities counted, the next milestone and what it wants.

use async_graphql::{Context, Object, SimpleObject};
use domain::{
    Decider, DlaId, IngenierieId, PlanFinancement, PlanFinancementId, Rule,
    ingenierie_collective::jalons as rules,
    refusal::{Param, Refusal},
};
use projections::historique::MODEL as HISTORIQUE;

use super::{
    EtatIngenierie, IngenierieCollective,
    activites::{ActiviteMethode, EtatActivite},
};
use crate::{
    Result,
    graphql::{context::ContextExt, dla::Dla, paging::AsOfObject},
};

/// How far the method is: how many of its forty-five activities are done, and what the next
/// milestone wants.
#[derive(SimpleObject)]
pub(crate) struct AvancementMethode {
    /// How many activities a fact of the dossier proves.
    faites: i32,
    /// How many are left out, with a reason.
    ecartees: i32,
    /// How many nothing proves yet.
    a_faire: i32,
    /// The next milestone. Read from the log itself. For the DLAs concerned; null for others, and
    /// after the end.
    prochain_jalon: Option<ProchainJalon>,
    /// How recent the counts are.
    as_of: AsOfObject,
}

impl AvancementMethode {
    pub(super) async fn of(
        ctx: &Context<'_>,
        it: &IngenierieCollective,
        activites: &[ActiviteMethode],
    ) -> Result<Self> {
        let count = |etat| {
            let all = activites.iter().filter(|it| it.stands() == etat);
            i32::try_from(all.count()).unwrap_or(i32::MAX)
        };
        let inside = ctx.scope().inside(&it.0.dlas);
        let next = if inside { next(ctx, IngenierieId(it.0.id)).await? } else { None };
        Ok(Self {
            faites: count(EtatActivite::Faite),
            ecartees: count(EtatActivite::Ecartee),
            a_faire: count(EtatActivite::AFaire),
            prochain_jalon: next.map(ProchainJalon),
            as_of: ctx.reads().as_of(&HISTORIQUE).await?.into(),
        })
    }
}

/// The next milestone, as the log has it now.
async fn next(ctx: &Context<'_>, id: IngenierieId) -> Result<Option<rules::ProchainJalon>> {
    let log = ctx.log();
    let loaded = log.load::<domain::IngenierieCollective>(id).await?;
    let plan = log
        .claimed(PlanFinancement::CATEGORY, &id.0.to_string())
        .await?;
    // Without a plan, the nil id: a stream that has no fact.
    let plan = log
        .seen::<PlanFinancement>(PlanFinancementId(plan.unwrap_or_default()))
        .await?;
    Ok(loaded.state.prochain_jalon(&plan))
}

/// The next milestone (jalon) of an ingénierie, and what it wants.
pub(crate) struct ProchainJalon(rules::ProchainJalon);

/// The next milestone (jalon) of an ingénierie, and what it wants.
#[Object]
impl ProchainJalon {
    /// The state that it leads to.
    async fn etat(&self) -> EtatIngenierie {
        self.0.etat.into()
    }

    /// What has to be done first. Empty when the milestone may be passed.
    async fn blocages(&self) -> Vec<Blocage> {
        let all = self.0.blocages.iter().cloned();
        all.map(|it| Blocage(it.into())).collect()
    }

    /// The rules that passing it now would set aside: give a justification in `because`, or do
    /// what they ask.
    async fn a_justifier(&self) -> Vec<RegleAJustifier> {
        self.0
            .to_justify
            .iter()
            .copied()
            .map(RegleAJustifier)
            .collect()
    }
}

/// Something that keeps a milestone from being passed.
pub(crate) struct Blocage(Refusal);

/// Something that keeps a milestone from being passed.
#[Object]
impl Blocage {
    /// The code that the command would be refused with, such as `DEMARCHE_NOT_VALIDATED`.
    async fn code(&self) -> &'static str {
        self.0.code
    }

    /// What to do, in the language of the request.
    async fn message(&self, ctx: &Context<'_>) -> &str {
        ctx.language().choose(&self.0.fr, &self.0.en)
    }

    /// The DLAs that it waits for. Empty when it waits for none in particular.
    async fn dlas(&self, ctx: &Context<'_>) -> Result<Vec<Dla>> {
        let lists = self.0.params.iter().filter_map(|(_, it)| match it {
            Param::List(all) => Some(all),
            _ => None,
        });
        let ids = lists.flatten().filter_map(|it| match it {
            Param::Dla(id) => Some(*id),
            _ => None,
        });
        let ids: Vec<DlaId> = ids.collect();
        let mut found = ctx.loaders().load_many(ids.clone()).await?;
        let all = ids.iter().filter_map(|it| found.remove(it));
        Ok(all.map(Dla).collect())
    }
}

/// A rule that may be set aside with a justification.
pub(crate) struct RegleAJustifier(Rule);

/// A rule that may be set aside with a justification.
#[Object]
impl RegleAJustifier {
    /// Stable: the `rule` of the error `JUSTIFICATION_NEEDED`.
    async fn code(&self) -> &'static str {
        self.0.code()
    }

    /// Where the specification says it: `INV-09`.
    async fn invariant(&self) -> &'static str {
        self.0.invariant()
    }

    /// The rule, in the language of the request.
    async fn libelle(&self, ctx: &Context<'_>) -> &'static str {
        ctx.language().choose(self.0.fr(), self.0.en())
    }
}
