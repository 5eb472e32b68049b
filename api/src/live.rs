//! The log as it grows, for those who follow it from outside.
//!
//! Each of them reads the store from the position that they know, within what they may see now,
//! and then waits for more. Nothing is broadcast but how far the facts may be read: a position
//! alone says what comes next, so that nothing is lost or told twice, whoever is asked again.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use domain::Actor;
use eventlog::Position;
use futures_util::{Stream, stream};
use projections::{
    Page, ReadModel, Reads, Scope, conventions, financements,
    historique::{self, Filter},
    ingenieries,
};
use tokio::{
    sync::{Semaphore, watch},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{
    Error, Result, clock,
    faits::{self, Eyes, Fait},
};

/// At most that often it is said that there is more, however fast the log grows.
const PAUSE: Duration = Duration::from_millis(50);
/// And no less often than that, however long what is recorded may not be told.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// How often one who has nothing for them learns how far the log was read.
pub const PROGRESS: Duration = Duration::from_secs(5);
/// How long a reader waits without being told: then it looks by itself.
const LOOK: Duration = Duration::from_secs(2);
/// Facts read at once.
const ROWS_AT_ONCE: i64 = 32;
/// How many read at once in one process, so that requests find connections too.
const READING_MAX: usize = 4;
/// How often a reading that fails is tried again before the caller is told.
const TRIES_MAX: u32 = 5;
/// How long to wait before the second try; then twice as long each time.
const TRY_PAUSE: Duration = Duration::from_millis(200);

/// What is followed, and what must have seen a fact before it is told: that it is there, and who
/// may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Faits,
    /// And the line that it moves.
    Lignes,
}

impl Subject {
    fn models(self) -> &'static [&'static ReadModel] {
        const ALL: [&ReadModel; 4] =
            [&historique::MODEL, &ingenieries::MODEL, &conventions::MODEL, &financements::MODEL];
        match self {
            Self::Faits => &ALL[..3],
            Self::Lignes => &ALL,
        }
    }
}

/// How many facts those who follow may not be told yet.
const LAG: &str = "essaim_live_lag_positions";

/// How far each subject may be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Heads {
    faits: Position,
    lignes: Position,
}

impl Heads {
    async fn read(reads: &Reads) -> Result<Self> {
        let faits = reads.whole_up_to(Subject::Faits.models()).await?;
        let lignes = reads.whole_up_to(Subject::Lignes.models()).await?;
        Ok(Self { faits, lignes })
    }

    fn of(self, subject: Subject) -> Position {
        match subject {
            Subject::Faits => self.faits,
            Subject::Lignes => self.lignes,
        }
    }
}

/// What those who follow share in one process. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    heads: watch::Sender<Heads>,
    reading: Arc<Semaphore>,
}

impl Default for Live {
    fn default() -> Self {
        let (heads, _) = watch::channel(Heads::default());
        Self { heads, reading: Arc::new(Semaphore::new(READING_MAX)) }
    }
}

impl Live {
    /// Says how far facts may be read, as long as somebody wants to know.
    pub async fn keep(self, reads: Reads, stop: CancellationToken) {
        let going = async {
            let mut pause = PAUSE;
            loop {
                let known = *self.heads.borrow();
                reads.log().wait(known.faits.min(known.lignes)).await;
                let wanted = self.heads.receiver_count() > 0;
                let read = if wanted { Some(Heads::read(&reads).await) } else { None };
                let stuck = match read {
                    Some(Ok(heads)) => !self.tell(heads, reads.log().head()),
                    Some(Err(error)) => {
                        tell(&error);
                        true
                    }
                    None => {
                        metrics::gauge!(LAG).set(0.0);
                        false
                    }
                };
                pause = if stuck { (pause * 2).min(PAUSE_MAX) } else { PAUSE };
                sleep(pause).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => (),
            () = going => (),
        }
    }

    /// Says whether it moves, or has no reason to.
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
    fn tell(&self, heads: Heads, log: Position) -> bool {
        let behind = (log.0 - heads.faits.0).max(0);
        metrics::gauge!(LAG).set(behind as f64);
        let moves = self.heads.send_if_modified(|known| {
            let moves = *known != heads;
            *known = heads;
            moves
        });
        moves || behind == 0
    }
}

/// One who follows, as the door where they stand knows them.
#[derive(Debug)]
pub struct Listener {
    /// They left, or must: what is under way ends, and nothing more is begun.
    gone: CancellationToken,
    /// Where they stood when they were cut off: this counts, and not what the document says.
    resume: Option<Position>,
    /// What was told last.
    told: AtomicI64,
    /// Up to where what was told has left the house: they may go on after it.
    written: Mutex<Option<Position>>,
}

impl Listener {
    pub fn new(resume: Option<Position>) -> Self {
        Self {
            gone: CancellationToken::new(),
            resume,
            told: AtomicI64::new(0),
            written: Mutex::new(None),
        }
    }

    /// They left.
    pub fn leave(&self) {
        self.gone.cancel();
    }

    /// Until they leave.
    pub async fn left(&self) {
        self.gone.cancelled().await;
    }

    pub fn has_left(&self) -> bool {
        self.gone.is_cancelled()
    }

    /// The position of what was told last.
    pub fn told(&self) -> Position {
        Position(self.told.load(Ordering::Acquire))
    }

    /// What was told up to there is on its way.
    pub fn wrote(&self, position: Position) {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(position);
    }

    /// Where to go on after; none when they follow nothing.
    pub fn resumes_after(&self) -> Option<Position> {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is told.
pub(crate) enum Told {
    Fait(Box<Fait>),
    /// Nothing was for them up to there.
    Read(Position),
}

impl Told {
    pub(crate) fn position(&self) -> Position {
        match self {
            Self::Fait(it) => it.recorded().position,
            Self::Read(position) => *position,
        }
    }
}

/// What somebody asks to follow.
pub(crate) struct Asked {
    pub(crate) subject: Subject,
    pub(crate) filter: Filter,
    pub(crate) after: Option<Position>,
}

/// The facts after a position, as they come, within what their reader may see when each is read.
pub(crate) async fn follow(
    (live, reads): (Live, Reads),
    actor: Actor,
    listener: Arc<Listener>,
    asked: Asked,
) -> Result<impl Stream<Item = Result<Told>> + Send + use<>> {
    let Asked { subject, filter, after } = asked;
    let heads = live.heads.subscribe();
    // What was told before anyone wanted to know may be old.
    let now = Heads::read(&reads).await?;
    live.tell(now, reads.log().head());
    let head = now.of(subject);
    let after = listener.resume.or(after);
    for model in subject.models() {
        if let Some(after) = after.filter(|it| *it > head) {
            let caught_up = reads.caught_up(model, after).await;
            caught_up.map_err(|_| Error::PositionNotReached)?;
        }
    }
    let at = after.unwrap_or(head);
    listener.wrote(at);
    let following = Following {
        live,
        heads,
        reads,
        actor,
        subject,
        filter,
        listener,
        at,
        sent: at,
        // The first who has nothing to read learns at once from where.
        sent_when: None,
        ready: VecDeque::new(),
    };
    Ok(stream::unfold(Some(following), async |following| {
        let mut following = following?;
        match following.next().await {
            Ok(told) => told.map(|told| (Ok(told), Some(following))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

/// One reading under way.
struct Following {
    live: Live,
    heads: watch::Receiver<Heads>,
    reads: Reads,
    actor: Actor,
    subject: Subject,
    filter: Filter,
    listener: Arc<Listener>,
    /// Read up to there.
    at: Position,
    /// Told up to there.
    sent: Position,
    sent_when: Option<Instant>,
    ready: VecDeque<Fait>,
}

impl Following {
    /// What comes next; nothing once they left, or once all that was asked for is told.
    async fn next(&mut self) -> Result<Option<Told>> {
        loop {
            if self.listener.has_left() {
                return Ok(None);
            }
            if let Some(fait) = self.ready.pop_front() {
                return Ok(Some(self.tell(Told::Fait(Box::new(fait)))));
            }
            let head = self.heads.borrow_and_update().of(self.subject);
            if self.ended() {
                return Ok(None);
            }
            if head > self.at {
                self.read(head).await?;
            } else if self.due().is_some_and(|it| it.is_zero()) {
                return Ok(Some(self.tell(Told::Read(self.at))));
            } else {
                self.wait().await;
            }
        }
    }

    fn tell(&mut self, told: Told) -> Told {
        self.sent = told.position();
        self.sent_when = Some(Instant::now());
        self.listener.told.store(self.sent.0, Ordering::Release);
        told
    }

    /// Whether the filter has an end, and this is it.
    fn ended(&self) -> bool {
        self.filter.to.is_some_and(|it| it <= self.at)
    }

    /// How long until it is said how far the log was read; none when they know.
    fn due(&self) -> Option<Duration> {
        match self.sent_when {
            None => Some(Duration::ZERO),
            Some(when) if self.at > self.sent => Some(PROGRESS.saturating_sub(when.elapsed())),
            Some(_) => None,
        }
    }

    async fn wait(&mut self) {
        let due = self.due().unwrap_or(LOOK).min(LOOK);
        tokio::select! {
            () = self.listener.left() => (),
            _ = timeout(due, self.heads.changed()) => (),
        }
    }

    /// Reads some facts, up to a position at most.
    async fn read(&mut self, head: Position) -> Result<()> {
        let mut tries = 0;
        let page = loop {
            tries += 1;
            match self.page(head).await {
                Ok(page) => break page,
                Err(error) if tries >= TRIES_MAX => return Err(error),
                Err(error) => {
                    tell(&error);
                    sleep(TRY_PAUSE * 2_u32.pow(tries - 1)).await;
                }
            }
        };
        let last = page.rows.last().map(|it| it.recorded().position);
        self.at = last.filter(|_| page.has_next).unwrap_or(head);
        self.ready.extend(page.rows);
        Ok(())
    }

    /// In a task of its own: one who leaves cancels no query.
    async fn page(&self, head: Position) -> Result<Page<Fait>> {
        let place = self.live.reading.clone().acquire_owned().await;
        let (reads, actor) = (self.reads.clone(), self.actor.clone());
        let filter = self.filter.clone().known_at(head);
        let place_in_list = (ROWS_AT_ONCE, Some(self.at));
        let read = async move {
            let _place = place;
            // A mandate may have ended since, a dossier may have left an agenda.
            let scope = Scope::read(&reads, &actor, clock::today_in_paris()).await?;
            let eyes = Eyes { actor: &actor, scope: &scope };
            faits::page(&reads, eyes, &filter, place_in_list).await
        };
        tokio::spawn(read.in_current_span())
            .await
            .map_err(Error::internal)?
    }
}

/// Their next try, or their next request, tells them more.
fn tell(error: &Error) {
    if let Error::Internal(error) = error {
        let error = &**error as &(dyn std::error::Error + 'static);
        tracing::warn!(error, "the log could not be read for those who follow it");
    }
}
