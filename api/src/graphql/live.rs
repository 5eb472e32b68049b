//! What can be followed as it happens: the facts of a dossier, those of a financeur's lines, all
//! that one may see. Each event is read from the log when it is told, as its reader may read it.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject, Subscription};
use domain::{
    Event, IngenierieId, OrganisationId, plan_financement::Event as Plan, refusal::Common,
    values::Invalid,
};
use eventlog::Recorded;
use futures_util::{Stream, StreamExt as _, stream::BoxStream};
use projections::historique::Filter;

use crate::{
    Error, Result,
    graphql::{
        context::ContextExt,
        historique::{Fait, filter::HistoriqueFilter},
        ids::typed,
        ingenierie::{self, Ingenierie},
        loaders::{LignesOf, OfIngenierie},
        plan_financement::{self, PlanFinancement, RessourceFinancement},
        scalars::Position,
    },
    live::{self, Asked, Listener, Live, Subject, Told},
};

/// What happens to a line of a plan, whoever pays it.
const MOVES: [&str; 6] = [
    "RessourceSought",
    "RessourceRequested",
    "RessourceGranted",
    "RessourceRefused",
    "RessourceNotified",
    "RessourcePaid",
];

type Events<T> = BoxStream<'static, Result<T>>;

/// What can be followed as it happens. Every subscription first tells what was recorded since
/// `after`, then what comes, in the order of the log: each event says its position, and whoever
/// subscribes again after it misses nothing and is told nothing twice.
pub struct Subscription;

/// What can be followed as it happens. Every subscription first tells what was recorded since
/// `after`, then what comes, in the order of the log: each event says its position, and whoever
/// subscribes again after it misses nothing and is told nothing twice.
#[Subscription]
impl Subscription {
    /// The facts of an ingénierie, with those of its plan de financement, consultations,
    /// intervention, evaluation and capitalisation that you may see: what its `historique` shows,
    /// as it happens.
    async fn dossier(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "Tell what comes after this position. From now on when left out.")]
        after: Option<Position>,
    ) -> Result<Events<Evenement>> {
        let id: IngenierieId = typed(&id, "id")?;
        if ctx.loaders().load_one(id).await?.is_none() {
            return Err(Error::Refused(Common::NotFound {}.into()));
        }
        let filter = Filter::default().of_dossier(id);
        let told = follow(ctx, Subject::Faits, filter, after).await?;
        Ok(told.map(|it| it.map(Evenement::from)).boxed())
    }

    /// What happens to the lines of a financeur (funder) in plans de financement: sought,
    /// requested, granted, refused, notified, paid. A financeur follows its own; those of a DLA
    /// those of the plans that they may see.
    async fn lignes_financement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation, in its role of financeur. Yours when left out.")]
        financeur: Option<ID>,
        #[graphql(desc = "Tell what comes after this position. From now on when left out.")]
        after: Option<Position>,
    ) -> Result<Events<EvenementLigne>> {
        let own = ctx.actor().answers_for();
        let asked: Option<OrganisationId> =
            financeur.map(|it| typed(&it, "financeur")).transpose()?;
        let Some(financeur) = asked.or(own) else { return Err(whose()) };
        // Of others, one who answers for an organisation may not ask: see `financementPartenaire`.
        if own.is_some_and(|own| own != financeur) {
            return Err(Error::Refused(Common::NotFound {}.into()));
        }
        let filter = Filter {
            categories: vec!["plan_financement".to_owned()],
            kinds: MOVES.map(str::to_owned).to_vec(),
            about: vec![financeur.0],
            ..Filter::default()
        };
        let told = follow(ctx, Subject::Lignes, filter, after).await?;
        Ok(told
            .map(|it| it.map(|it| EvenementLigne(it.into())))
            .boxed())
    }

    /// Every fact that you may see: the feed of changes for portals. What you may not see is
    /// passed over; an event without a fact says from time to time how far the log was read. What
    /// you come to see later is not told anew: read it in `historique`.
    async fn log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Tell what comes after this position. From now on when left out.")]
        after: Option<Position>,
        #[graphql(desc = "What to follow. With `to`, the subscription ends there.")] filter: Option<
            HistoriqueFilter,
        >,
    ) -> Result<Events<Evenement>> {
        let filter = filter.unwrap_or_default().rows()?;
        let told = follow(ctx, Subject::Faits, filter, after).await?;
        Ok(told.map(|it| it.map(Evenement::from)).boxed())
    }
}

/// Follows for whoever asked, at the door where they stand.
async fn follow(
    ctx: &Context<'_>,
    subject: Subject,
    filter: Filter,
    after: Option<Position>,
) -> Result<impl Stream<Item = Result<Told>> + Send + use<>> {
    let listener = ctx.data_opt::<Arc<Listener>>().cloned();
    let listener = listener.unwrap_or_else(|| Arc::new(Listener::new(None)));
    let after = after.map(|it| eventlog::Position(it.0));
    let live: &Live = ctx.data_unchecked();
    let house = (live.clone(), ctx.reads().clone());
    let asked = Asked { subject, filter, after };
    live::follow(house, ctx.actor().clone(), listener, asked).await
}

fn whose() -> Error {
    let why = Invalid {
        fr: "Indiquez l'organisation dont vous suivez les lignes.".to_owned(),
        en: "Give the organisation whose lines you follow.".to_owned(),
    };
    Error::Invalid { path: "financeur".to_owned(), why }
}

/// What a subscription tells: a fact, or how far the log was read when nothing in it was for you.
#[derive(SimpleObject)]
pub(crate) struct Evenement {
    /// Subscribe again `after` this position, and nothing is missed or told twice.
    position: Position,
    /// The fact. Null when nothing was for you up to this position.
    fait: Option<Fait>,
}

impl From<Told> for Evenement {
    fn from(told: Told) -> Self {
        let position = Position(told.position().0);
        let fait = match told {
            Told::Fait(it) => Some(Fait(*it)),
            Told::Read(_) => None,
        };
        Self { position, fait }
    }
}

/// What a subscription to the lines of a financeur tells: what happened to one, or how far the log
/// was read when nothing in it was about them.
pub(crate) struct EvenementLigne(Evenement);

/// What a subscription to the lines of a financeur tells: what happened to one, or how far the log
/// was read when nothing in it was about them.
#[Object]
impl EvenementLigne {
    /// Subscribe again `after` this position, and nothing is missed or told twice.
    async fn position(&self) -> Position {
        self.0.position
    }

    /// The fact. Null when nothing was for you up to this position.
    async fn fait(&self) -> Option<&Fait> {
        self.0.fait.as_ref()
    }

    /// The line that it moves, as it stands now.
    async fn ligne(&self, ctx: &Context<'_>) -> Result<Option<RessourceFinancement>> {
        let Some((recorded, dossier)) = self.dossier() else { return Ok(None) };
        let Some(number) = ligne(&recorded.event) else { return Ok(None) };
        let key = OfIngenierie(dossier);
        let all = ctx.loaders().load_one::<LignesOf>(key).await?;
        let mut all = all.unwrap_or_default().into_iter();
        let it = all.find(|it| (it.plan, it.ligne) == (recorded.stream, number));
        Ok(it.map(RessourceFinancement))
    }

    /// The plan in which the line stands.
    async fn plan_financement(&self, ctx: &Context<'_>) -> Result<Option<PlanFinancement>> {
        match self.dossier() {
            Some((recorded, _)) => plan_financement::find(ctx, recorded.stream).await,
            None => Ok(None),
        }
    }

    /// The ingénierie that it pays for.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        match self.dossier() {
            Some((_, dossier)) => ingenierie::find(ctx, dossier).await,
            None => Ok(None),
        }
    }
}

impl EvenementLigne {
    fn dossier(&self) -> Option<(&Recorded, IngenierieId)> {
        let recorded = self.0.fait.as_ref()?.0.recorded();
        Some((recorded, IngenierieId(recorded.dossier?)))
    }
}

/// The line that a fact of a plan moves, by its number.
fn ligne(event: &Event) -> Option<i32> {
    let Event::PlanFinancement(event) = event else { return None };
    match event {
        Plan::RessourceSought { ligne, .. }
        | Plan::RessourceRequested { ligne, .. }
        | Plan::RessourceGranted { ligne, .. }
        | Plan::RessourceRefused { ligne, .. }
        | Plan::RessourceNotified { ligne, .. }
        | Plan::RessourcePaid { ligne, .. } => Some(*ligne),
        _ => None,
    }
}
