//! Read models built anew, each from a log that holds nothing but its facts.

use house::questions::Questions;
use projections::{ReadModel, ingenieries, organisations};

use crate::{
    Bench, DOSSIERS, ORGANISATIONS, REBUILDS, filling,
    gauge::{Gauge, Tally},
    report::Line,
};

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Line>> {
    let gauge = &bench.gauge;
    let registry = Questions::on(bench.database().await?).await?;
    filling::organisations(&registry.log, ORGANISATIONS).await?;
    let first = rebuilt(gauge, &registry, &organisations::MODEL).await?;
    let dossiers = Questions::on(bench.database().await?).await?;
    filling::dossiers(&dossiers.log, DOSSIERS).await?;
    let second = rebuilt(gauge, &dossiers, &ingenieries::MODEL).await?;
    Ok(vec![
        Line::other("rebuild organisations", 1, first),
        Line::other("rebuild ingenieries", 1, second),
    ])
}

async fn rebuilt(
    gauge: &Gauge,
    questions: &Questions,
    model: &'static ReadModel,
) -> anyhow::Result<Tally> {
    let rebuild = async || {
        let to = questions.reads.rebuild(model, |_, _| ()).await?;
        Ok(usize::try_from(to.0)?)
    };
    // The first one is not counted.
    rebuild().await.map(|_: usize| ())?;
    let mut tally = Tally::default();
    while tally.elapsed < REBUILDS {
        gauge.whole(&mut tally, rebuild()).await?;
    }
    Ok(tally)
}
