//! What is followed as it happens: over a WebSocket and by events, by clients that people use and
//! by one that says anything.

mod clients;
mod doors;
mod socket;

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

/// All facts that a page of the history shows someone, as long as there are no more than 100.
async fn history(open: &OpenHouse, role: Role, filter: Value) -> anyhow::Result<Vec<Value>> {
    let query = format!(
        "query($filter: HistoriqueFilter) {{
             historique(first: 100, filter: $filter) {{ nodes {{ {FAIT} }} pageInfo {{ hasNextPage }} }}
         }}"
    );
    let mut answer = open
        .visitor(role)?
        .asks(&query, json!({ "filter": filter }))
        .await?;
    assert_eq!(answer["historique"]["pageInfo"]["hasNextPage"], false);
    Ok(serde_json::from_value(answer["historique"]["nodes"].take())?)
}
