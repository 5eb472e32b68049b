//! Load, decide, append: the only way facts enter the log.

use std::{future::Future, sync::Arc};

use domain::{Asked, Decided, Decider, Decision, Version};
use uuid::Uuid;

use crate::{Command, Error, EventLog, Outcome, Position, Stream, append::Verdict, vault::erased};

/// A third conflict in a row means a hot stream, which one more try would hide.
const CONFLICTS_MAX: u32 = 3;
/// Times that the connection may be lost under one command.
const LOSSES_MAX: u32 = 5;

/// What one look at a stream, and one try to record what it said, led to.
enum Tried {
    Answered(Outcome),
    /// Someone else appended in between.
    Overtaken,
    /// What was read may be void, and whether it was recorded is not known.
    Lost,
}

/// A decision, whatever closure it came in.
type Look<'a, D> = dyn Fn(&D, &Asked) -> Decision<D> + Send + Sync + 'a;

impl EventLog {
    /// Lets one stream decide, and records what it decided.
    ///
    /// `decision` may run more than once: when someone else appends first, the stream is
    /// read again and asked again. It must not have effects.
    pub async fn decide<D: Decider>(
        &self,
        command: &Command,
        id: D::Id,
        decision: impl Fn(&D, &Asked) -> Decision<D> + Send + Sync,
    ) -> Result<Outcome, Error> {
        let gather = || std::future::ready(Ok::<_, Error>(()));
        self.decide_with(command, id, gather, |it, asked, ()| decision(it, asked))
            .await
    }

    /// The same, for a rule that looks at other streams: `gather` reads them, again at each try.
    #[tracing::instrument(
        name = "decide", skip_all,
        fields(category = D::CATEGORY, command.id = %command.id, events = tracing::field::Empty)
    )]
    pub async fn decide_with<D, O, G, F>(
        &self,
        command: &Command,
        id: D::Id,
        gather: G,
        decision: impl Fn(&D, &Asked, &O) -> Decision<D> + Send + Sync,
    ) -> Result<Outcome, Error>
    where
        D: Decider,
        O: Send + Sync,
        G: Fn() -> F + Send + Sync,
        F: Future<Output = Result<O, Error>> + Send,
    {
        let (mut conflicts, mut losses) = (0, 0);
        while conflicts < CONFLICTS_MAX && losses < LOSSES_MAX {
            let others = gather().await?;
            let look = |it: &D, asked: &Asked| decision(it, asked, &others);
            let fresh = conflicts + losses > 0;
            // Apart, so that what a mutation carries through the doors stays small.
            let attempt = Box::pin(self.attempt(command, id, fresh, &look));
            match attempt.await? {
                Tried::Answered(outcome) => return Ok(outcome),
                Tried::Overtaken => conflicts += 1,
                Tried::Lost => losses += 1,
            }
        }
        Err(if losses < LOSSES_MAX { Error::Conflict } else { Error::Lost })
    }

    /// Decides once, and records.
    ///
    /// Not generic in the decision: it is compiled once an aggregate, not once a command.
    async fn attempt<D: Decider>(
        &self,
        command: &Command,
        id: D::Id,
        fresh: bool,
        decision: &Look<'_, D>,
    ) -> Result<Tried, Error> {
        let stream: Uuid = id.into();
        // The first look may be at a state kept in memory; or at none, when the command gives its
        // own id to a stream that it opens. Should there be one, the append says so.
        let known = match self.cache.get::<D>(stream) {
            _ if fresh => None,
            None if stream == command.id => Some(self.cache.before_any()),
            kept => kept,
        };
        let is_read = known.is_none();
        let mut state = match known {
            Some(state) => state,
            None => self.load::<D>(id).await?,
        };
        let mut answered = answer(&state, command, decision);
        // Neither a refusal nor "already so".
        let acts = |it: &Result<Decided<_>, _>| it.as_ref().is_ok_and(|it| !it.facts.is_empty());
        // A "no" is never given unread.
        if !acts(&answered) && !is_read {
            state = self.load::<D>(id).await?;
            answered = answer(&state, command, decision);
        }
        // Nor to a command that was recorded before, which may be why.
        if !acts(&answered)
            && let Some(outcome) = self.answered(command).await?
        {
            return Ok(Tried::Answered(outcome));
        }
        let decided = answered?;
        tracing::Span::current().record("events", decided.facts.len());
        let prepared = match self.prepare::<D>(command, id, &state, &decided).await {
            // It seals for whom nothing is held any more: what it led to before stands.
            Err(no @ Error::Refused(_)) => {
                return self.answered(command).await?.ok_or(no).map(Tried::Answered);
            }
            prepared => prepared?,
        };
        let (version, receipt) = (Version(prepared.version()), prepared.receipt());
        match self.writer.write(prepared).await? {
            Verdict::Appended(position) => {
                let outcome = Outcome { stream, version, position, receipt };
                self.keep(state, stream, &decided, &outcome);
                Ok(Tried::Answered(outcome))
            }
            Verdict::Duplicate => self
                .answered(command)
                .await?
                .ok_or(Error::Stopped)
                .map(Tried::Answered),
            Verdict::Reused => Err(Error::CommandReused),
            Verdict::Erased => Err(erased()),
            Verdict::Claimed(scope) => Err(Error::Claimed { scope }),
            Verdict::Conflict => {
                metrics::counter!("essaim_append_conflicts_total").increment(1);
                Ok(Tried::Overtaken)
            }
            Verdict::Void => Ok(Tried::Lost),
        }
    }

    /// What the same command led to before. Another request under the same id is refused.
    pub async fn answered(&self, command: &Command) -> Result<Option<Outcome>, Error> {
        type Row = (Vec<u8>, Uuid, i64, Position, Option<Vec<u8>>);
        let row: Option<Row> = sqlx::query_as(
            "select c.fingerprint, c.stream, c.version, c.position, e.leaf_hash
             from log.command c
             left join log.event e on e.position = c.position and e.command = c.command
             where c.command = $1",
        )
        .bind(command.id)
        .fetch_optional(&self.pool)
        .await?;
        let Some((fingerprint, stream, version, position, leaf_hash)) = row else {
            return Ok(None);
        };
        if fingerprint != command.fingerprint {
            return Err(Error::CommandReused);
        }
        let receipt = leaf_hash.and_then(|it| it.try_into().ok());
        Ok(Some(Outcome { stream, version: Version(version), position, receipt }))
    }

    /// Remembers the state that follows, so that the next command of the stream reads nothing.
    fn keep<D: Decider>(
        &self,
        state: Arc<Stream<D>>,
        stream: Uuid,
        decided: &Decided<D::Event>,
        outcome: &Outcome,
    ) {
        let mut next = Arc::unwrap_or_clone(state);
        for event in decided.events() {
            next.state.evolve(event);
        }
        next.version = outcome.version;
        next.position = outcome.position;
        self.cache.keep(stream, Arc::new(next));
    }
}

/// What one look at the state says. After a "no" nothing is recorded: it may be a "yes" later.
fn answer<D: Decider>(
    state: &Stream<D>,
    command: &Command,
    decision: &Look<'_, D>,
) -> Result<Decided<D::Event>, Error> {
    // INV-37.
    if command.seen.is_some_and(|seen| seen != state.version) {
        return Err(Error::Moved { current: state.version });
    }
    decision(&state.state, &command.asked).map_err(|no| Error::Refused(no.into()))
}
