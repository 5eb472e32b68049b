//! The answers as they stood at a position of the log: the same facts, applied by the same
//! program, up to there and no further, in tables beside those in use. Whoever asks again at
//! that position, even in years, reads the same figures.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use eventlog::{Position, checkpoint};
use sqlx::{Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::sync::Semaphore;

use crate::{
    ALL, Error, ReadModel, Reads, consultations, conventions, dlas, evaluations, financements,
    ingenieries, interventions, reponses, runner::BUILD_MAX, superpositions, tables,
};

/// How many positions are kept at once; the one that nobody has asked for longest makes room.
pub const PASTS_MAX: i64 = 16;

/// How long a reader waits for a position that nobody has asked for before.
pub const BUILT_WITHIN: Duration = Duration::from_secs(10);

/// A past that was asked for so lately may be being read: no request lasts as long.
const IN_USE: Duration = Duration::from_mins(5);

/// Connections to one past. Few people look at the same one.
const CONNECTIONS: u32 = 2;

const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The questions that are also answered as of then. The others are as of now: names and people,
/// for what is erased stays erased; documents and what is published, for what is withdrawn stays
/// withdrawn; the history, which needs no past; and the séances of comités, whose avis stand in the
/// dossiers.
const THEN: &[&ReadModel] = &[
    &consultations::MODEL,
    &conventions::MODEL,
    &dlas::MODEL,
    &evaluations::MODEL,
    &financements::MODEL,
    &ingenieries::MODEL,
    &interventions::MODEL,
    &reponses::MODEL,
    &superpositions::MODEL,
];

/// What leads to the pasts that this process has read lately.
pub(crate) struct Pasts {
    options: PgConnectOptions,
    open: Mutex<BTreeMap<Position, (PgPool, Instant)>>,
    /// One is built at a time: the questions of now have the first claim on the machine.
    building: Semaphore,
}

impl Pasts {
    pub(crate) fn new(options: PgConnectOptions) -> Arc<Self> {
        Arc::new(Self { options, open: Mutex::default(), building: Semaphore::new(1) })
    }

    /// The way to one past. Those that nobody reads any more are let go.
    fn pool(&self, position: Position) -> PgPool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, (_, used)| used.elapsed() < IN_USE);
        let (pool, used) = open.entry(position).or_insert_with(|| {
            let schemas: Vec<_> = ALL.iter().map(|it| key(it, Some(position))).collect();
            let options = self.options.clone();
            let pool = eventlog::pooling(CONNECTIONS)
                .idle_timeout(IN_USE)
                .connect_lazy_with(options.options([("search_path", schemas.join(","))]));
            (pool, Instant::now())
        });
        *used = Instant::now();
        pool.clone()
    }

    pub(crate) async fn close(&self) {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        for (pool, _) in open.into_values() {
            pool.close().await;
        }
    }
}

/// The schema that answers a question, now or as of a position.
pub(crate) fn key(model: &ReadModel, at: Option<Position>) -> String {
    match at {
        Some(at) if THEN.iter().any(|it| it.name == model.name) => {
            format!("{}_at_{}", model.key(), at.0)
        }
        _ => model.key(),
    }
}

impl Reads {
    /// The answers as they stood at a position. Refuses one that the log has not reached
    /// ([`Error::Ahead`]); one that nobody has asked for before takes the time of applying what
    /// the log said by then, and goes on being built after [`Error::NotBuilt`].
    pub async fn at(&self, position: Position) -> Result<Self, Error> {
        if position > self.log.newest().await?.0 {
            return Err(Error::Ahead);
        }
        let mut db = self.pool.acquire().await?;
        sqlx::query(
            "insert into keeping.past (position) values ($1)
             on conflict (position) do update set asked_at = clock_timestamp()",
        )
        .bind(position)
        .execute(&mut *db)
        .await?;
        if !built(&mut db, THEN, position).await? {
            make_room(&mut db, position).await?;
            drop(db);
            let building = tokio::spawn(self.clone().build(position));
            match tokio::time::timeout(BUILT_WITHIN, building).await {
                Err(_) => return Err(Error::NotBuilt),
                Ok(ended) => ended.map_err(|_| Error::Panicked)??,
            }
        }
        Ok(Self { pool: self.pasts.pool(position), past: Some(position), ..self.clone() })
    }

    /// The position that these answers stand at, when it is not the newest.
    pub fn past(&self) -> Option<Position> {
        self.past
    }

    async fn build(self, position: Position) -> Result<(), Error> {
        let building = self.pasts.building.acquire().await;
        let built = async {
            for model in THEN {
                self.build_one(model, position).await?;
            }
            Ok(())
        };
        let built = built.await;
        if let Err(error) = &built {
            tracing::error!(
                log.position = position.0,
                code = Error::code(error),
                error = error as &dyn std::error::Error,
                "a past could not be built"
            );
        }
        drop(building);
        built
    }

    /// Builds one question up to there, or waits for the process that does.
    async fn build_one(&self, model: &'static ReadModel, at: Position) -> Result<(), Error> {
        while !built(&mut *self.pool.acquire().await?, &[model], at).await? {
            let Some(mut run) = self.run(model, &key(model, Some(at))).await? else {
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            };
            while run.at < at {
                let left = at.0 - run.at.0;
                self.step(&mut run, BUILD_MAX.min(left)).await?;
            }
            let mut db = self.pool.acquire().await?;
            let mut db = db.begin().await?;
            run.hold(&mut db).await?.ok_or(Error::Fenced)?;
            tables::index(&mut db, model).await?;
            checkpoint::reached(&mut db, &run.lease.follower).await?;
            db.commit().await?;
            self.release(&run).await?;
        }
        Ok(())
    }
}

/// Whether all of these questions are answered as of then.
async fn built(
    db: &mut PgConnection,
    models: &[&ReadModel],
    position: Position,
) -> Result<bool, Error> {
    let keys: Vec<_> = models.iter().map(|it| key(it, Some(position))).collect();
    let built: i64 = sqlx::query_scalar(
        "select count(*) from keeping.checkpoint where follower = any($1) and built_at is not null",
    )
    .bind(&keys)
    .fetch_one(db)
    .await?;
    Ok(usize::try_from(built).ok() == Some(models.len()))
}

/// Drops the pasts that nobody has asked for longest; refuses when so many are in use.
async fn make_room(db: &mut PgConnection, asked: Position) -> Result<(), Error> {
    let mut db = db.begin().await?;
    // Whoever asks for one of them meanwhile waits here, and then has it built anew.
    let dropped: Vec<Position> = sqlx::query_scalar(
        "delete from keeping.past
         where asked_at < clock_timestamp() - make_interval(secs => $1)
           and position in (select position from keeping.past
                            order by asked_at desc, position offset $2)
         returning position",
    )
    .bind(IN_USE.as_secs_f64())
    .bind(PASTS_MAX)
    .fetch_all(&mut *db)
    .await?;
    for position in dropped {
        for model in THEN {
            tables::drop(&mut db, &key(model, Some(position))).await?;
        }
    }
    let left: i64 = sqlx::query_scalar("select count(*) from keeping.past")
        .fetch_one(&mut *db)
        .await?;
    if left > PASTS_MAX {
        sqlx::query("delete from keeping.past where position = $1")
            .bind(asked)
            .execute(&mut *db)
            .await?;
    }
    db.commit().await?;
    if left > PASTS_MAX { Err(Error::TooManyPasts) } else { Ok(()) }
}

/// The schemas of the pasts that are kept, of this program's questions.
pub(crate) async fn keys(db: &mut PgConnection) -> Result<Vec<String>, Error> {
    let kept: Vec<Position> = sqlx::query_scalar("select position from keeping.past")
        .fetch_all(db)
        .await?;
    let of = |at| THEN.iter().map(move |it| key(it, Some(at)));
    Ok(kept.into_iter().flat_map(of).collect())
}
