//! Read models: built anew from a log that holds nothing but their facts, and following it.

use house::questions::Questions;
use projections::{ReadModel, ingenieries, organisations, runner::BATCH_MAX};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use crate::{
    Bench, DOSSIERS, ORGANISATIONS, REBUILDS, filling,
    gauge::{Gauge, Tally},
    references::Copied,
    report::Line,
};

/// Facts recorded while nobody follows, then followed.
const FOLLOWED: usize = 5_000;
/// Facts applied one at a time.
const ONE_BY_ONE: usize = 2_000;

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Line>> {
    let gauge = &bench.gauge;
    let registry = Questions::on(bench.database().await?).await?;
    filling::organisations(&registry.log, 0, ORGANISATIONS).await?;
    let mut lines = anew(gauge, &registry, &organisations::MODEL).await?;
    lines.push(one_by_one(gauge, &registry).await?);
    lines.push(following(gauge, &registry).await?);
    let dossiers = Questions::on(bench.database().await?).await?;
    filling::dossiers(&dossiers.log, DOSSIERS).await?;
    lines.extend(anew(gauge, &dossiers, &ingenieries::MODEL).await?);
    Ok(lines)
}

/// A question built anew, in turn with a copy of the rows that this gives.
async fn anew(
    gauge: &Gauge,
    questions: &Questions,
    model: &'static ReadModel,
) -> anyhow::Result<Vec<Line>> {
    let rebuild = async || {
        let to = questions.reads.rebuild(model, |_, _| ()).await?;
        anyhow::Ok(usize::try_from(to.0)?)
    };
    // The first one is not counted.
    let facts = rebuild().await?;
    let mut db = questions.database.admin().await?;
    let tables = Copied::of_answer(&mut db, &model.key()).await?;
    let (mut anew, mut copied) = <(Tally, Tally)>::default();
    while anew.elapsed < REBUILDS {
        gauge.whole(&mut anew, rebuild()).await?;
        for table in &tables {
            table.empty(&mut db).await?;
        }
        gauge
            .whole(&mut copied, async {
                for table in &tables {
                    table.copy(&mut db).await?;
                }
                Ok(facts)
            })
            .await?;
    }
    db.close().await?;
    Ok(vec![
        Line::other(format!("rebuild {}", model.name), 1, anew),
        Line::other(format!("COPY of {}", model.name), 1, copied),
    ])
}

/// As a projection without batches does it: a statement a fact, each in its own transaction.
async fn one_by_one(gauge: &Gauge, questions: &Questions) -> anyhow::Result<Line> {
    let mut db: PgConnection = questions.database.admin().await?;
    let schema = organisations::MODEL.key();
    let some = format!("select id from {schema}.organisations limit {ONE_BY_ONE}");
    let ids: Vec<Uuid> = sqlx::query_scalar(AssertSqlSafe(some))
        .fetch_all(&mut db)
        .await?;
    let upsert = format!(
        "insert into reference.organisations select * from {schema}.organisations where id = $1
         on conflict (id) do update set version = excluded.version"
    );
    let mut tally = Tally::default();
    while tally.elapsed < REBUILDS {
        sqlx::raw_sql("truncate reference.organisations")
            .execute(&mut db)
            .await?;
        gauge
            .whole(&mut tally, async {
                for id in &ids {
                    sqlx::query(AssertSqlSafe(upsert.clone()))
                        .bind(id)
                        .execute(&mut db)
                        .await?;
                }
                Ok(ids.len())
            })
            .await?;
    }
    db.close().await?;
    Ok(Line::other("a statement a fact, organisations", 1, tally))
}

/// Facts that come while the question is in use: batches of the usual size, each one crash-safe.
async fn following(gauge: &Gauge, questions: &Questions) -> anyhow::Result<Line> {
    let (mut tally, mut known) = (Tally::default(), ORGANISATIONS);
    let follow = async || {
        questions
            .reads
            .catch_up(&organisations::MODEL, BATCH_MAX)
            .await
    };
    follow().await?;
    while tally.elapsed < REBUILDS / 3 {
        filling::organisations(&questions.log, known, FOLLOWED).await?;
        known += FOLLOWED;
        gauge
            .whole(&mut tally, async {
                follow().await?;
                Ok(FOLLOWED)
            })
            .await?;
    }
    Ok(Line::other("follow organisations", 1, tally))
}
