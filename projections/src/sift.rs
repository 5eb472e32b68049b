//! A batch that cannot be applied whole: what can be applied of it is, in order, and what
//! cannot is named, with what waits behind it.

use std::{collections::BTreeMap, panic::AssertUnwindSafe};

use eventlog::{Batch, Position, Recorded, checkpoint::Held, parked::Parked};
use futures_util::FutureExt;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::{Error, ReadModel};

/// Applies facts, all or none.
pub(crate) async fn attempt(
    db: &mut PgConnection,
    model: &ReadModel,
    facts: &[Recorded],
) -> Result<(), Error> {
    if facts.is_empty() {
        return Ok(());
    }
    AssertUnwindSafe((model.apply)(db, facts))
        .catch_unwind()
        .await
        .unwrap_or(Err(Error::Panicked))
}

/// Applies what can be applied, and returns what waits.
pub(crate) async fn sift(
    db: &mut PgConnection,
    model: &'static ReadModel,
    batch: Batch,
    held: &Held,
) -> Result<Vec<Parked>, Error> {
    let mut waits = Waits::of(held);
    for it in batch.unreadable {
        let (at, stream) = (it.position, it.stream);
        let error = Error::from(it.error);
        if held.discarded.contains(&at) {
            continue;
        }
        if !error.is_poison() {
            return Err(error);
        }
        // Whose fact it is cannot be told: anyone's may wait for it.
        let Some(stream) = stream else {
            let code = error.code().to_owned();
            return Err(Error::Poisoned { question: model.name, at, code });
        };
        waits.park(at, model.order.sequence(stream, it.dossier), &error);
    }
    let mut facts = batch.recorded;
    facts.retain(|it| !held.discarded.contains(&it.position));
    let mut todo = vec![facts];
    while let Some(mut facts) = todo.pop() {
        facts.retain(|it| !waits.hold(it.position, model.order.sequence(it.stream, it.dossier)));
        let Some(first) = facts.first() else { continue };
        let mut db = db.begin().await?;
        match attempt(&mut db, model, &facts).await {
            Ok(()) => db.commit().await?,
            Err(error) if !error.is_poison() => return Err(error),
            Err(error) => {
                db.rollback().await?;
                if facts.len() == 1 {
                    let sequence = model.order.sequence(first.stream, first.dossier);
                    waits.park(first.position, sequence, &error);
                } else {
                    let later = facts.split_off(facts.len() / 2);
                    todo.extend([later, facts]);
                }
            }
        }
    }
    for it in waits.parked.iter().filter(|it| it.code.is_some()) {
        tracing::error!(
            question = model.name,
            log.position = it.position.0,
            code = it.code,
            "a fact cannot be applied"
        );
    }
    Ok(waits.parked)
}

/// What waits, and from where on.
struct Waits {
    from: BTreeMap<Uuid, Position>,
    parked: Vec<Parked>,
}

impl Waits {
    fn of(held: &Held) -> Self {
        let from = held.parked.iter().map(|it| (*it, Position(0))).collect();
        Self { from, parked: vec![] }
    }

    fn park(&mut self, position: Position, sequence: Uuid, error: &Error) {
        // Two of one sequence: the later one waits for the first, and has its turn after it.
        let from = self.from.entry(sequence).or_insert(position);
        *from = (*from).min(position);
        let code = Some(error.code().to_owned());
        self.parked.push(Parked { position, sequence, code });
    }

    /// Whether a fact waits. It is then among those parked.
    fn hold(&mut self, position: Position, sequence: Uuid) -> bool {
        let waits = self
            .from
            .get(&sequence)
            .is_some_and(|from| *from < position);
        if waits {
            self.parked.push(Parked { position, sequence, code: None });
        }
        waits
    }
}
