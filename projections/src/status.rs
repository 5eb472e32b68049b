//! Where every question stands, as any process sees it: for readers, operators and scrapers.

use std::{collections::BTreeSet, time::Duration};

use eventlog::{
    Position,
    parked::{self, Parked},
};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::{ALL, Error, ReadModel, Reads, past};

/// How often the figures are taken.
const LOOK: Duration = Duration::from_secs(5);

/// How recent an answer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AsOf {
    pub position: Position,
    /// `None` before the first fact.
    pub recorded_at: Option<Timestamp>,
    /// How many streams or dossiers have facts that wait.
    pub parked: i64,
}

/// Where one question stands.
#[derive(Debug, Clone)]
pub struct Status {
    pub question: &'static str,
    pub version: u32,
    pub position: Position,
    pub head: Position,
    /// How long the first fact that it has not seen has waited, in seconds.
    pub late: f64,
    /// Whether it has ever reached the end of the log.
    pub built: bool,
    /// Whether a process runs it.
    pub followed: bool,
    pub stopped: Option<Stopped>,
    /// The facts that wait, in the order of the log.
    pub parked: Vec<Parked>,
}

/// Why a question goes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    pub code: String,
    pub at: Position,
}

impl Status {
    /// The facts that cannot be applied, without those that wait behind them.
    pub fn poisons(&self) -> impl Iterator<Item = (&Parked, &str)> {
        self.parked
            .iter()
            .filter_map(|it| Some((it, it.code.as_deref()?)))
    }

    /// How many streams or dossiers wait.
    pub fn sequences(&self) -> usize {
        let all: BTreeSet<_> = self.parked.iter().map(|it| it.sequence).collect();
        all.len()
    }
}

impl Reads {
    /// How recent the answers to a question are.
    pub async fn as_of(&self, model: &'static ReadModel) -> Result<AsOf, Error> {
        let row: Option<(Position, Option<jiff_sqlx::Timestamp>, i64)> = sqlx::query_as(
            "select c.position, e.recorded_at,
                    (select count(distinct sequence) from keeping.parked p
                     where p.follower = c.follower)
             from keeping.checkpoint c
             left join log.event e on e.position = c.position
             where c.follower = $1",
        )
        .bind(past::key(model, self.past))
        .fetch_optional(&self.pool)
        .await?;
        let Some((position, at, parked)) = row else { return Ok(AsOf::default()) };
        Ok(AsOf { position, recorded_at: at.map(jiff_sqlx::Timestamp::to_jiff), parked })
    }

    /// How recent an answer is that several questions make: as the least recent of them.
    pub async fn as_of_all(&self, models: &[&'static ReadModel]) -> Result<AsOf, Error> {
        let mut all: Option<AsOf> = None;
        for model in models {
            let it = self.as_of(model).await?;
            let parked = all.map_or(0, |known| known.parked) + it.parked;
            let first = all.filter(|known| known.position <= it.position);
            all = Some(AsOf { parked, ..first.unwrap_or(it) });
        }
        Ok(all.unwrap_or_default())
    }

    /// Up to where some questions have seen every fact, none of them waiting for a repair: what
    /// they show there is not to change by a fact of before.
    pub async fn whole_up_to(&self, models: &[&'static ReadModel]) -> Result<Position, Error> {
        let keys: Vec<_> = models.iter().map(|it| it.key()).collect();
        Ok(sqlx::query_scalar(
            "select case when count(*) < cardinality($1::text[]) then 0
                         else min(least(c.position,
                                        (select min(p.position) - 1 from keeping.parked p
                                         where p.follower = c.follower))) end
             from keeping.checkpoint c
             where c.follower = any($1)",
        )
        .bind(keys)
        .fetch_one(&self.pool)
        .await?)
    }

    /// Where every question stands.
    pub async fn status(&self) -> Result<Vec<Status>, Error> {
        type Row = (Position, bool, bool, Option<String>, Option<Position>, Option<f64>);
        let head = self.log.newest().await?.0;
        let mut db = self.pool.acquire().await?;
        let mut all = vec![];
        for model in ALL.iter().copied() {
            let key = model.key();
            let (position, built, followed, code, at, late): Row = sqlx::query_as(
                "select coalesce(c.position, 0), c.built_at is not null,
                        coalesce(c.held_until > clock_timestamp(), false), c.stopped, c.stopped_at,
                        extract(epoch from clock_timestamp() - e.recorded_at)::float8
                 from (select $1::text as follower) it
                 left join keeping.checkpoint c on c.follower = it.follower
                 left join log.event e on e.position = coalesce(c.position, 0) + 1",
            )
            .bind(&key)
            .fetch_one(&mut *db)
            .await?;
            let at = at.unwrap_or(position);
            all.push(Status {
                question: model.name,
                version: model.version,
                position,
                head: head.max(position),
                late: late.unwrap_or_default(),
                built,
                followed,
                stopped: code.map(|code| Stopped { code, at }),
                parked: parked::of(&mut db, &key).await?,
            });
        }
        Ok(all)
    }

    /// Keeps the figures fresh until told to stop, whoever runs the questions.
    pub(crate) async fn watch(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.status().await {
                Ok(all) => all.iter().for_each(measure),
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "where the questions stand could not be read"
                ),
            }
            tokio::select! {
                () = stop.cancelled() => (),
                () = tokio::time::sleep(LOOK) => (),
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn measure(it: &Status) {
    let question = it.question;
    let behind = it.head.0 - it.position.0;
    metrics::gauge!("essaim_log_head_position").set(it.head.0 as f64);
    metrics::gauge!("essaim_projection_lag_positions", "question" => question).set(behind as f64);
    metrics::gauge!("essaim_projection_lag_seconds", "question" => question).set(it.late);
    metrics::gauge!("essaim_projection_parked", "question" => question).set(it.sequences() as f64);
    metrics::gauge!("essaim_projection_paused", "question" => question)
        .set(f64::from(u8::from(it.stopped.is_some())));
}
