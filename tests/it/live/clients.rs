//! The clients that people use, as they are published: `graphql-ws` and `graphql-sse` for npm.

use std::{path::Path, process::Stdio};

use anyhow::{Context as _, ensure};
use house::{OpenHouse, Visitor, document};
use serde_json::{Value, json};
use tokio::process::Command;
use uuid::Uuid;

use super::{LOG, charge_de_mission};

/// How many commands are given while they follow.
const COMMANDS: usize = 200;
/// How many are given at once.
const AT_ONCE: usize = 8;
/// After how many facts their connection is cut, each time.
const CUT_EVERY: usize = 35;

/// Given commands that come eight at a time, when a client follows them and its connection is cut
/// again and again, then it hears each fact once, in the order of the log.
async fn follows_through_cuts(transport: &str) -> anyhow::Result<()> {
    let open = OpenHouse::open().await?;
    let visitor = open.visitor(charge_de_mission())?;
    let asked = json!({
        "url": open.url,
        "token": visitor.token,
        "transport": transport,
        "query": LOG,
        "many": COMMANDS,
        "cutEvery": CUT_EVERY,
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/live/follow.mjs");
    let client = Command::new(option_env!("CLIENTS_NODE").context("no Node")?)
        .arg(script)
        .arg(asked.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let (client, given) = tokio::join!(client, give_commands(&visitor));
    given?;
    let client = client?;
    ensure!(client.status.success(), "{}", String::from_utf8_lossy(&client.stderr));
    let heard: Value = serde_json::from_slice(&client.stdout)
        .with_context(|| String::from_utf8_lossy(&client.stdout).into_owned())?;
    let positions: Vec<_> = heard["facts"]
        .as_array()
        .context("no facts")?
        .iter()
        .collect();
    let expected: Vec<_> = (1..=COMMANDS).map(|it| json!(it.to_string())).collect();
    assert_eq!(positions, expected.iter().collect::<Vec<_>>(), "{transport}");
    // What was on its way when a connection is cut comes with the next one: fewer cuts are enough.
    assert!(heard["connections"].as_u64() >= Some(3), "{heard}");
    open.close().await
}

async fn give_commands(visitor: &Visitor) -> anyhow::Result<()> {
    let command = document("registerOrganisation", "{ position }").await;
    let mut under_way = tokio::task::JoinSet::new();
    for lane in 0..AT_ONCE {
        let (visitor, command) = (visitor.clone(), command.clone());
        under_way.spawn(async move {
            for n in (lane..COMMANDS).step_by(AT_ONCE) {
                let input = json!({
                    "commandId": Uuid::from_u128(0x4000_8000_0000_0000_0000 + n as u128),
                    "denomination": format!("Association {n}"),
                    "statut": "ASSOCIATION",
                    "sansIdentifiant": "En création.",
                });
                let answer = visitor.posts(&command, json!({ "input": input })).await?;
                ensure!(answer.get("errors").is_none(), "{answer}");
            }
            Ok(())
        });
    }
    while let Some(lane) = under_way.join_next().await {
        lane??;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(clients), ignore = "Node and `tests/clients` are not here: ./dev setup")]
async fn graphql_ws_that_is_cut_off_misses_nothing_and_hears_nothing_twice() -> anyhow::Result<()> {
    follows_through_cuts("graphql-ws").await
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(clients), ignore = "Node and `tests/clients` are not here: ./dev setup")]
async fn graphql_sse_that_is_cut_off_misses_nothing_and_hears_nothing_twice() -> anyhow::Result<()>
{
    follows_through_cuts("graphql-sse").await
}
