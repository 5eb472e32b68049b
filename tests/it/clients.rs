//! The clients that people use, as they use them: `tests/clients` holds one script each, which a
//! house answers. A script that ends well has seen what it says it looks for.

use std::process::Stdio;

use anyhow::{Context, ensure};
use api::{cases, http::Options, trusted::Mode};
use domain::{DlaId, Role};
use house::{Database, OpenHouse, Visitor};
use tokio::process::Command;

/// Runs one script of `tests/clients`, as a visitor of a house if it asks one.
async fn script(arguments: &[&str], visitor: Option<&Visitor>) -> anyhow::Result<String> {
    script_beside(arguments, visitor, None).await
}

/// The same, beside someone who keeps the house, by their token.
async fn script_beside(
    arguments: &[&str],
    visitor: Option<&Visitor>,
    admin: Option<&str>,
) -> anyhow::Result<String> {
    let node = option_env!("CLIENTS_NODE").context("no Node")?;
    let mut command = Command::new(node);
    command
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/clients"))
        .stdin(Stdio::null());
    if let Some(visitor) = visitor {
        command
            .env("ESSAIM_URL", format!("http://{}", visitor.address()))
            .env("ESSAIM_TOKEN", visitor.token.as_deref().unwrap_or_default());
    }
    if let Some(token) = admin {
        command.env("ESSAIM_ADMIN", token);
    }
    let output = command.output().await?;
    let said = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    ensure!(output.status.success(), "{arguments:?}\n{}\n{}", said[0], said[1]);
    Ok(said[0].clone())
}

/// A house where the cases have been played, and someone who works for all their DLAs.
async fn filled(names: &[&str]) -> anyhow::Result<(OpenHouse, Visitor)> {
    let house = OpenHouse::open().await?;
    let mut dlas: Vec<DlaId> = vec![];
    for name in names {
        dlas.extend(cases::play(&house.house, &house.contents, name).await?.dlas);
    }
    house.caught_up().await?;
    let chargee = house.visitor(Role::ChargeDeMission { dlas: dlas.into_iter().collect() })?;
    Ok((house, chargee))
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(clients), ignore = "Node and `tests/clients` are not here: ./dev setup")]
async fn graphql_goes_over_http_as_every_audit_wants_it() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    script(&["audit.mjs"], Some(&house.visitor(Role::Admin)?)).await?;
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(clients), ignore = "Node and `tests/clients` are not here: ./dev setup")]
async fn relay_pages_commands_and_refetches_whatever_has_an_id() -> anyhow::Result<()> {
    let (house, chargee) = filled(&["fe2-3", "acm", "landes", "centres-sociaux"]).await?;
    let admin = house.visitor(Role::Admin)?;
    script_beside(&["relay.mjs"], Some(&chargee), admin.token.as_deref()).await?;
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(clients), ignore = "Node and `tests/clients` are not here: ./dev setup")]
async fn typed_apps_compile_and_their_operations_are_answered() -> anyhow::Result<()> {
    for app in ["codegen", "tada"] {
        script(&["typed.mjs", app, "make"], None).await?;
    }
    // What codegen registers of its own documents.
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/generated/codegen");
    let options = Options {
        trusted_documents: Mode::Allow,
        trusted_documents_dir: Some(folder.into()),
        ..OpenHouse::options()
    };
    let house = OpenHouse::with(Database::open().await?, options).await?;
    let played = cases::play(&house.house, &house.contents, "fe2-3").await?;
    house.caught_up().await?;
    let chargee = house.visitor(Role::ChargeDeMission { dlas: played.dlas })?;
    for app in ["codegen", "tada"] {
        script(&["typed.mjs", app], Some(&chargee)).await?;
    }
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(clients), ignore = "Node and `tests/clients` are not here: ./dev setup")]
async fn the_first_requests_run_as_they_are_printed() -> anyhow::Result<()> {
    let (house, _) = filled(&["fe2-3"]).await?;
    let admin = house.visitor(Role::Admin)?;
    for nth in ["0", "1"] {
        let said = script(&["snippet.mjs", nth], Some(&admin)).await?;
        let last = ["at", "BAD_USER_INPUT input.siret"][usize::from(nth == "1")];
        ensure!(said.contains(last), "{said}");
    }
    let page = include_str!("../../docs/quick-start.md");
    let python = page.split("```python\n").nth(1).context("an example")?;
    let python = python.split("```").next().context("its end")?;
    let output = Command::new("python3")
        .args(["-c", python])
        .env("ESSAIM_URL", format!("http://{}", admin.address()))
        .env("ESSAIM_TOKEN", admin.token.as_deref().unwrap_or_default())
        .stdin(Stdio::null())
        .output()
        .await?;
    ensure!(output.status.success(), "{output:?}");
    ensure!(output.stdout.starts_with(b"ADMIN\n"), "{output:?}");
    house.close().await
}

#[tokio::test]
#[cfg_attr(not(clients), ignore = "Node and `tests/clients` are not here: ./dev setup")]
async fn the_schema_is_as_linters_want_it() -> anyhow::Result<()> {
    script(&["lint.mjs"], None).await?;
    Ok(())
}

#[tokio::test]
#[cfg_attr(not(clients), ignore = "Node and `tests/clients` are not here: ./dev setup")]
async fn the_schema_breaks_nothing_that_was_not_deprecated() -> anyhow::Result<()> {
    script(&["changes.test.mjs"], None).await?;
    script(&["changes.mjs"], None).await?;
    Ok(())
}
