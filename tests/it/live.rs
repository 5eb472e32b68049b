//! What is followed as it happens: over a WebSocket and by events, by clients that people use and
//! by one that says anything.

mod clients;
mod doors;

use std::collections::BTreeSet;

use domain::Role;
use house::{OpenHouse, Questions, dossier::DLA};
use serde_json::{Value, json};
use uuid::Uuid;

/// The feed of changes, with what a portal keeps of each.
const LOG: &str = "subscription Log($after: Position, $filter: HistoriqueFilter) {
    log(after: $after, filter: $filter) {
        position
        fait { position type category objet ingenierieId commandId }
    }
}";

/// Everything that a page of the history shows of a fact.
const FAIT: &str = "position recordedAt on type category objet ingenierieId version commandId
    acteur { id via role organisation { id } } data
    changes { pointer before after } restatedAt reglesEcartees { code because }
    sealed { pointer value } receipt";

fn charge_de_mission() -> Role {
    Role::ChargeDeMission { dlas: BTreeSet::from([DLA]) }
}

/// A house with the dossier of the Vaucluse, confirmed and financed.
async fn furnished() -> anyhow::Result<(OpenHouse, Questions)> {
    let open = OpenHouse::open().await?;
    let questions = Questions {
        log: open.house.log.clone(),
        reads: open.house.reads.clone(),
        database: open.database.shared(),
    };
    questions.confirmed().await?;
    questions.financed().await?;
    open.caught_up().await?;
    Ok((open, questions))
}

fn token_of(open: &OpenHouse, role: Role) -> anyhow::Result<String> {
    Ok(open.visitor(role)?.token.unwrap_or_default())
}

/// The global id of a thing.
fn global(noun: &str, id: Uuid) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

/// Every fact that the history shows someone.
async fn history(open: &OpenHouse, role: Role, filter: Value) -> anyhow::Result<Vec<Value>> {
    let query = format!(
        "query($after: String, $filter: HistoriqueFilter) {{
             historique(first: 20, after: $after, filter: $filter) {{
                 nodes {{ {FAIT} }} pageInfo {{ endCursor hasNextPage }}
             }}
         }}"
    );
    let (visitor, mut after, mut all) = (open.visitor(role)?, Value::Null, vec![]);
    loop {
        let variables = json!({ "after": after, "filter": filter });
        let mut page = visitor.asks(&query, variables).await?["historique"].take();
        all.append(&mut serde_json::from_value(page["nodes"].take())?);
        after = page["pageInfo"]["endCursor"].take();
        if page["pageInfo"]["hasNextPage"] == false {
            return Ok(all);
        }
    }
}
