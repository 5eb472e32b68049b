//! Answers as of an earlier time: a root field says when, and whatever is asked inside it is
//! read as it stood then.

use std::sync::OnceLock;

use async_graphql::{Context, OneofObject, QueryPathSegment, dataloader::DataLoader};
use domain::values::Invalid;
use eventlog::EventLog;
use projections::Reads;

use crate::{
    Result,
    clock::{self, RequestClock},
    error::At,
    graphql::{
        context::ContextExt,
        loaders::Loaders,
        scalars::{Date, Position},
    },
};

/// The time that an answer is as of: exactly one of the two.
#[derive(OneofObject)]
pub(crate) enum AsOfInput {
    /// The end of that day, in Paris: what was recorded by then is counted.
    Date(Date),
    /// This position of the log: what was recorded up to there is counted.
    Position(Position),
}

impl AsOfInput {
    /// The last position that is counted.
    pub(crate) async fn position(&self, log: &EventLog) -> Result<eventlog::Position> {
        match self {
            Self::Position(Position(position)) => Ok(eventlog::Position((*position).max(0))),
            Self::Date(Date(day)) => {
                let end = day.tomorrow().unwrap_or(*day);
                let end = clock::start_in_paris(end).ok_or_else(out_of_time);
                Ok(log.before(end.at("asOf.date")?).await?)
            }
        }
    }

    /// The answers as they stood then. The day of the request is refused: it is not over.
    pub(crate) async fn reads(&self, now: &Reads, clock: RequestClock) -> Result<Reads> {
        if matches!(self, Self::Date(Date(day)) if *day >= clock.today) {
            return Err(not_over()).at("asOf.date");
        }
        Ok(now.at(self.position(now.log()).await?).await?)
    }
}

fn out_of_time() -> Invalid {
    Invalid {
        fr: "Indiquez une date de notre temps.".to_owned(),
        en: "Give a date of our time.".to_owned(),
    }
}

/// The pasts that a request asks for, each by the root field that does.
#[derive(Default)]
pub struct Pasts(OnceLock<Box<Past>>);

pub(crate) struct Past {
    root: String,
    pub(crate) reads: Reads,
    pub(crate) loaders: DataLoader<Loaders>,
    others: Pasts,
}

impl Pasts {
    fn add(&self, past: Past) {
        let mut past = Box::new(past);
        let mut place = self;
        while let Err(back) = place.0.set(past) {
            let Some(taken) = place.0.get() else { return };
            (past, place) = (back, &taken.others);
        }
    }

    fn of(&self, root: &str) -> Option<&Past> {
        let mut place = self;
        while let Some(past) = place.0.get() {
            if past.root == root {
                return Some(past);
            }
            place = &past.others;
        }
        None
    }
}

/// The past that the root of this field asks for, if it asks for one.
pub(crate) fn of<'a>(ctx: &'a Context<'_>) -> Option<&'a Past> {
    let pasts: &Pasts = ctx.data_opt()?;
    pasts.0.get()?;
    pasts.of(root(ctx)?)
}

/// What is read from here on, in this root field and inside it, is as of that time.
pub(crate) async fn travel(ctx: &Context<'_>, as_of: Option<AsOfInput>) -> Result<()> {
    let Some(as_of) = as_of else { return Ok(()) };
    let (Some(pasts), Some(root)) = (ctx.data_opt::<Pasts>(), root(ctx)) else {
        return Ok(());
    };
    // Few travel: the others need not carry what it takes.
    let reads = Box::pin(as_of.reads(ctx.reads(), ctx.clock())).await?;
    let loaders = Loaders::of(&reads, ctx.scope(), ctx.actor());
    let past = Past { root: root.to_owned(), reads, loaders, others: Pasts::default() };
    pasts.add(past);
    Ok(())
}

/// A thing as it stood then, for those who may see it now.
pub(crate) async fn seen<T, F: Future<Output = Result<Option<T>>>>(
    ctx: &Context<'_>,
    as_of: Option<AsOfInput>,
    find: impl Fn() -> F,
) -> Result<Option<T>> {
    let now = find().await?;
    if now.is_none() || as_of.is_none() {
        return Ok(now);
    }
    travel(ctx, as_of).await?;
    find().await
}

/// Its figures may still change.
fn not_over() -> Invalid {
    Invalid {
        fr: "Cette journée n'est pas finie, et ses chiffres peuvent changer : indiquez un jour passé."
            .to_owned(),
        en: "This day is not over, and its figures may change: give a day in the past.".to_owned(),
    }
}

/// The name of the root field in the answer.
fn root<'a>(ctx: &Context<'a>) -> Option<&'a str> {
    let mut node = ctx.path_node.as_ref()?;
    while let Some(parent) = node.parent {
        node = parent;
    }
    match node.segment {
        QueryPathSegment::Name(name) => Some(name),
        QueryPathSegment::Index(_) => None,
    }
}
