//! The writer: one batch in flight, no timer. What queues while a batch flies is the next
//! batch, so that many commands share one lock, one round trip and one flush.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc, oneshot, watch},
    time::timeout,
};
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::{
    Error, Position,
    append::{Prepared, Sent, Verdict, append},
    timeline::Timelines,
    wake,
};

/// What the writer holds, and no more.
pub mod limits {
    use std::time::Duration;

    /// Commands that wait for their answer; beyond, callers are told `OVERLOADED`.
    pub const QUEUE_COMMANDS_MAX: usize = 8_192;
    /// Bytes that wait with them.
    pub const QUEUE_BYTES_MAX: usize = 64 << 20;
    /// Facts in one batch.
    pub const BATCH_FACTS_MAX: usize = 500;
    /// Bytes in one batch.
    pub const BATCH_BYTES_MAX: usize = 1 << 20;
    /// Tries to send a batch, and to connect for it, before giving up.
    pub const SENDS_MAX: u32 = 5;
    /// How long one may take: longer than the database lets anyone hold the lock of `log.append`
    /// (`LIMITS`), so that what comes of it is not known sooner by waiting. Without an end, a
    /// host that vanished would be waited for for ever.
    pub const SEND_MAX: Duration = Duration::from_secs(45);
    /// Times that what stood in the way of a batch may be gone when it is looked at.
    pub const LOOKS_MAX: u32 = 5;
}
use limits::{
    BATCH_BYTES_MAX, BATCH_FACTS_MAX, LOOKS_MAX, QUEUE_BYTES_MAX, QUEUE_COMMANDS_MAX, SEND_MAX,
    SENDS_MAX,
};

/// Plans are made once, whatever a batch holds, and walk indexes: tables that were empty when a
/// plan was made grow.
const PLANS: [(&str, &str); 4] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

const RECONNECT_PAUSE: Duration = Duration::from_millis(100);

/// The way to the writer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::UnboundedSender<Pending>,
    commands: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
}

struct Pending {
    command: Prepared,
    answer: oneshot::Sender<Result<Verdict, Error>>,
    since: Instant,
    /// That of the command, which the batch names.
    span: Span,
    /// Its place and its weight: freed when the answer is given.
    _room: [OwnedSemaphorePermit; 2],
    _waits: Waits,
}

impl Pending {
    /// Whoever asked may have gone: a recorded fact stands all the same.
    fn answers(self, verdict: Result<Verdict, Error>) {
        let _ = self.answer.send(verdict);
    }
}

impl Writer {
    pub(crate) fn start(
        options: PgConnectOptions,
        timelines: Timelines,
        head: watch::Sender<Position>,
    ) -> Self {
        let (queue, commands) = mpsc::unbounded_channel();
        let written = wake::notifier(options.clone());
        let task = Task {
            options: options.options(PLANS),
            connection: None,
            was_cut: false,
            timelines,
            commands,
            waiting: VecDeque::new(),
            head,
            written,
            node: std::process::id().to_string(),
        };
        tokio::spawn(task.run());
        Self {
            queue,
            commands: Arc::new(Semaphore::new(QUEUE_COMMANDS_MAX)),
            bytes: Arc::new(Semaphore::new(QUEUE_BYTES_MAX)),
        }
    }

    /// Takes nothing more.
    pub(crate) fn stop(&self) {
        self.commands.close();
    }

    /// Whether nobody can write any more.
    pub(crate) fn has_stopped(&self) -> bool {
        self.queue.is_closed() || self.commands.is_closed()
    }

    /// Queues a command and waits for its verdict.
    #[tracing::instrument(name = "append", skip_all, fields(events = command.facts.len()))]
    pub(crate) async fn write(&self, command: Prepared) -> Result<Verdict, Error> {
        let room = |of: &Arc<Semaphore>, takes| {
            of.clone()
                .try_acquire_many_owned(takes)
                .map_err(|why| match why {
                    TryAcquireError::NoPermits => Error::Overloaded,
                    TryAcquireError::Closed => Error::Stopped,
                })
        };
        let weight = u32::try_from(command.bytes()).map_err(|_| Error::Overloaded)?;
        let room = [room(&self.commands, 1)?, room(&self.bytes, weight)?];
        let (answer, verdict) = oneshot::channel();
        self.queue
            .send(Pending {
                command,
                answer,
                since: Instant::now(),
                span: Span::current(),
                _room: room,
                _waits: Waits::begin(),
            })
            .map_err(|_| Error::Stopped)?;
        verdict.await.map_err(|_| Error::Stopped)?
    }
}

/// Counted as long as a command waits for its answer.
struct Waits;

impl Waits {
    fn begin() -> Self {
        metrics::gauge!("essaim_writer_waiting").increment(1);
        Self
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        metrics::gauge!("essaim_writer_waiting").decrement(1);
    }
}

struct Task {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
    /// Whether there was a connection, and it was lost.
    was_cut: bool,
    timelines: Timelines,
    commands: mpsc::UnboundedReceiver<Pending>,
    /// Taken from the queue, not yet sent: in order.
    waiting: VecDeque<Pending>,
    head: watch::Sender<Position>,
    written: watch::Sender<Position>,
    node: String,
}

impl Task {
    async fn run(mut self) {
        loop {
            if self.waiting.is_empty() {
                match self.commands.recv().await {
                    Some(pending) => self.waiting.push_back(pending),
                    // Nobody can write any more: leave politely.
                    None => break,
                }
            }
            while let Ok(pending) = self.commands.try_recv() {
                self.waiting.push_back(pending);
            }
            let batch = self.next_batch();
            if let Some(first) = batch.first() {
                metrics::histogram!("essaim_writer_queue_age_seconds")
                    .record(first.since.elapsed().as_secs_f64());
            }
            self.fly(batch).await;
        }
        if let Some(db) = self.connection.take() {
            let _ = db.close().await;
        }
    }

    /// Takes what may go together: at most one command a stream, a command id or a claim;
    /// the rest waits one turn, in order.
    fn next_batch(&mut self) -> Vec<Pending> {
        let (mut batch, mut rest) = (vec![], VecDeque::new());
        let (mut facts, mut bytes) = (0, 0);
        let mut touched = Touched::default();
        while let Some(pending) = self.waiting.pop_front() {
            let it = &pending.command;
            let fits = batch.is_empty()
                || (facts + it.facts.len() <= BATCH_FACTS_MAX
                    && bytes + it.bytes() <= BATCH_BYTES_MAX);
            // Recorded whatever the answer, so that what comes after a waiting one waits too.
            if touched.takes(it) && fits {
                facts += it.facts.len();
                bytes += it.bytes();
                batch.push(pending);
            } else {
                rest.push_back(pending);
                if !fits {
                    break;
                }
            }
        }
        rest.append(&mut self.waiting);
        self.waiting = rest;
        batch
    }

    /// Sends a batch until each of its commands is answered. One that the database refuses is
    /// cut in two, so that one poisoned command fails alone.
    fn fly(&mut self, mut batch: Vec<Pending>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut looks = 0;
            while looks < LOOKS_MAX {
                let timeline = self.timelines.now();
                batch = left(batch, |it| (it.timeline != timeline).then_some(Verdict::Void));
                if batch.is_empty() {
                    return;
                }
                let span = self.span(&batch);
                let commands: Vec<_> = batch.iter().map(|it| &it.command).collect();
                match self.send(&commands).instrument(span).await {
                    Ok(Sent::Recorded(stands)) => return self.recorded(batch, stands),
                    Ok(Sent::Hindered(verdicts)) => {
                        let (sent, mut verdicts) = (batch.len(), verdicts.into_iter());
                        batch = left(batch, |_| verdicts.next().flatten());
                        // As long as some are answered, the others come closer to it.
                        looks = if batch.len() < sent { 0 } else { looks + 1 };
                    }
                    Ok(Sent::Forked) => {
                        tracing::error!("the log is not the one that was read: states are void");
                        self.timelines.forget();
                    }
                    Ok(Sent::Lost) => self.timelines.forget(),
                    Err(sqlx::Error::Database(refused))
                        if batch.len() > 1 && !passing(&*refused) =>
                    {
                        tracing::warn!(error = %refused, "a batch was refused; it is cut in two");
                        let second = batch.split_off(batch.len() / 2);
                        self.fly(batch).await;
                        return self.fly(second).await;
                    }
                    Err(error) => return failed(batch, error),
                }
            }
            let restless = "what stands in the way of a batch comes and goes";
            failed(batch, sqlx::Error::Protocol(restless.to_owned()));
        })
    }

    /// The span of a batch. It belongs to no command, and names all those whose facts it records.
    fn span(&self, batch: &[Pending]) -> Span {
        let facts: usize = batch.iter().map(|it| it.command.facts.len()).sum();
        let span = tracing::info_span!(
            parent: None,
            "batch",
            otel.kind = "client",
            db.system.name = "postgresql",
            db.namespace = self.options.get_database(),
            db.operation.name = "log.append",
            db.operation.batch.size = batch.len(),
            facts,
        );
        for it in batch {
            span.follows_from(&it.span);
        }
        span
    }

    /// Sends a batch; again when the server is stopping, starting or out of room. When the
    /// connection is lost, connects again and says so: what the database holds may be less than
    /// what was read, and what was recorded unseen is found by its command ids.
    async fn send(&mut self, commands: &[&Prepared]) -> Result<Sent, sqlx::Error> {
        let started = Instant::now();
        let mut sends = 0;
        loop {
            sends += 1;
            let sent = timeout(SEND_MAX, self.try_to_send(commands)).await;
            match sent.unwrap_or_else(|late| Err(sqlx::Error::Io(late.into()))) {
                Ok(sent) => {
                    metrics::histogram!("essaim_writer_batch_commands")
                        .record(f64::from(u32::try_from(commands.len()).unwrap_or(u32::MAX)));
                    metrics::histogram!("essaim_writer_batch_seconds")
                        .record(started.elapsed().as_secs_f64());
                    return Ok(sent);
                }
                Err(sqlx::Error::Database(refused)) if !passing(&*refused) => {
                    return Err(sqlx::Error::Database(refused));
                }
                Err(error) => {
                    // What the server says, it says over a connection that stands.
                    if !matches!(error, sqlx::Error::Database(_)) {
                        self.was_cut |= self.connection.take().is_some();
                    }
                    if sends >= SENDS_MAX {
                        return Err(error);
                    }
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        sends,
                        "the writer tries again"
                    );
                    tokio::time::sleep(RECONNECT_PAUSE * sends).await;
                }
            }
        }
    }

    async fn try_to_send(&mut self, commands: &[&Prepared]) -> Result<Sent, sqlx::Error> {
        let (node, (_, witness)) = (self.node.clone(), self.timelines.witness());
        let db = match &mut self.connection {
            Some(db) => db,
            lost => {
                let db = lost.insert(self.options.connect().await?);
                if std::mem::take(&mut self.was_cut) {
                    return Ok(Sent::Lost);
                }
                db
            }
        };
        append(db, &node, witness, commands).await
    }

    /// Answers the commands of a batch that was recorded after a position.
    fn recorded(&self, batch: Vec<Pending>, stands: Position) {
        let mut last = stands;
        for it in batch {
            let mut stood = it.command.position;
            if let Some(hash) = it.command.receipt() {
                last.0 += i64::try_from(it.command.facts.len()).unwrap_or_default();
                stood = last;
                self.timelines.saw(it.command.timeline, (last, hash));
            }
            it.answers(Ok(Verdict::Appended(stood)));
        }
        let further = |head: &mut Position| {
            let moves = *head < last;
            *head = (*head).max(last);
            moves
        };
        if self.head.send_if_modified(further) {
            self.written.send_if_modified(further);
        }
    }
}

/// Answers the commands that have a verdict; leaves the others.
fn left(
    batch: Vec<Pending>,
    mut verdict: impl FnMut(&Prepared) -> Option<Verdict>,
) -> Vec<Pending> {
    let mut left = Vec::with_capacity(batch.len());
    for it in batch {
        match verdict(&it.command) {
            Some(verdict) => it.answers(Ok(verdict)),
            None => left.push(it),
        }
    }
    left
}

fn failed(batch: Vec<Pending>, error: sqlx::Error) {
    tracing::error!(error = &error as &dyn std::error::Error, "a batch failed");
    let error = Arc::new(error);
    for it in batch {
        it.answers(Err(Error::Writer(error.clone())));
    }
}

/// What a batch touches already.
#[derive(Default)]
struct Touched<'a> {
    written: HashSet<Uuid>,
    expected: HashSet<Uuid>,
    commands: HashSet<Uuid>,
    claims: HashSet<(&'a str, String)>,
}

impl Touched<'_> {
    /// Whether a command touches nothing that the batch touches. A check and a write of the
    /// same stream do not go together: two commands could each rely on what the other changes.
    fn takes(&mut self, it: &Prepared) -> bool {
        let relies = |on: &HashSet<Uuid>| it.expects.iter().any(|it| on.contains(&it.stream));
        let free = !self.written.contains(&it.stream)
            && !self.expected.contains(&it.stream)
            && !self.commands.contains(&it.command)
            && !relies(&self.written)
            && !it
                .claims
                .iter()
                .any(|claim| self.claims.contains(&(claim.scope, claim.value.clone())));
        self.written.insert(it.stream);
        self.commands.insert(it.command);
        self.expected
            .extend(it.expects.iter().map(|expect| expect.stream));
        self.claims.extend(
            it.claims
                .iter()
                .map(|claim| (claim.scope, claim.value.clone())),
        );
        free
    }
}

/// The server is stopping or starting: the same batch may be sent again.
fn passing(refused: &dyn sqlx::error::DatabaseError) -> bool {
    // Class 57P: operator intervention; 08: connection exceptions; 53: insufficient resources.
    refused.code().is_some_and(|code| {
        code.starts_with("57P") || code.starts_with("08") || code.starts_with("53")
    })
}
