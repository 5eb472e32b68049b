//! The program as scripts start it: one line when it is ready, a clean end, data that stay.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::Context;
use house::{Visitor, essaim};
use serde_json::{Value, json};

pub(crate) struct Demo {
    child: Child,
    line: Value,
}

impl Demo {
    pub(crate) fn start(data: &Path, more: &[&str]) -> anyhow::Result<Self> {
        Self::start_with(data, more, &[])
    }

    /// The same, with settings in its environment.
    pub(crate) fn start_with(
        data: &Path,
        more: &[&str],
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(essaim()?)
            .args(["demo", "--listen", "127.0.0.1:0", "--format", "json", "--data-dir"])
            .arg(data)
            .args(more)
            // The demo knows its settings, and this one is of the tests.
            .env_remove("ESSAIM_TEST_DATABASE_URL")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut line)?;
        Ok(Self { line: serde_json::from_str(&line).with_context(|| line.clone())?, child })
    }

    pub(crate) fn visitor(&self, role: &str) -> anyhow::Result<Visitor> {
        let token = self.line["tokens"][role].as_str().context("a token")?;
        Ok(Visitor::at(self.line["url"].as_str().context("an address")?, Some(token)))
    }

    async fn head(&self) -> anyhow::Result<Value> {
        let query = "{ organisations(first: 1) { totalCount asOf { position } } }";
        Ok(self.visitor("admin")?.asks(query, json!({})).await?["organisations"].take())
    }

    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let stopped = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        anyhow::ensure!(stopped.success());
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "{status}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_says_when_it_is_ready_ends_cleanly_and_keeps_its_data() -> anyhow::Result<()> {
    let data = std::env::temp_dir().join(format!("essaim-demo-test-{}", std::process::id()));
    let demo = Demo::start(&data, &["--fresh"])?;
    for role in [
        "chargeDeMission",
        "responsablePorteuse",
        "membreComiteAppui",
        "financeur",
        "structureBeneficiaire",
        "prestataire",
        "partenaire",
        "auditeur",
        "admin",
    ] {
        let viewer = demo
            .visitor(role)?
            .asks("{ viewer { role } }", json!({}))
            .await?;
        assert!(viewer["viewer"]["role"].is_string(), "{role}: {viewer}");
    }
    let chargee = demo.visitor("chargeDeMission")?;
    for (what, query) in api::demo::QUERIES {
        let answer = chargee.asks(query, json!({})).await?;
        assert_ne!(answer["ingenieries"]["nodes"], json!([]), "{what}");
    }
    tour(&chargee).await?;
    let page = demo
        .visitor("admin")?
        .sends(http::Method::GET, "/graphiql", &[("accept-encoding", "gzip")], "")
        .await?;
    assert_eq!(page.status, 200);
    let played = demo.head().await?;
    demo.stop()?;

    let again = Demo::start(&data, &[])?;
    assert_eq!(again.head().await?, played, "playing the cases twice changes nothing");
    again.stop()?;
    std::fs::remove_dir_all(&data)?;
    Ok(())
}

/// Asks the queries of the README, and compares each answer with the one printed there. Receipts
/// hold the time: they are compared by their shape.
async fn tour(chargee: &Visitor) -> anyhow::Result<()> {
    let readme = include_str!("../../README.md");
    let mut fences = readme.split("```").skip(1).step_by(2);
    let mut asked = 0;
    while let Some(fence) = fences.next() {
        let Some(query) = fence.strip_prefix("graphql\n") else { continue };
        let printed = fences.next().and_then(|it| it.strip_prefix("json\n"));
        let mut printed: Value = serde_json::from_str(printed.context("a query without answer")?)?;
        let mut answer = chargee.posts(query, json!({})).await?;
        for it in [&mut printed, &mut answer] {
            if let Some(receipt) = it.pointer_mut("/data/registerOrganisation/receipt") {
                *receipt = receipt.as_str().map(str::len).into();
            }
        }
        assert_eq!(answer, printed, "{query}");
        asked += 1;
    }
    assert!(asked > 0, "the README asks nothing");
    follow(chargee, readme).await
}

/// Follows what the README follows with curl, and compares what is told with what it prints.
async fn follow(chargee: &Visitor, readme: &str) -> anyhow::Result<()> {
    let (_, command) = readme
        .split_once("curl -sN ")
        .context("nothing is followed")?;
    let (_, body) = command.split_once("-d '").context("no body")?;
    let (body, rest) = body.split_once('\'').context("no end")?;
    let (_, printed) = rest.split_once("```text\n").context("no events")?;
    let (printed, _) = printed.split_once("```").context("no end of events")?;
    let headers = [("content-type", "application/json"), ("accept", "text/event-stream")];
    let told = chargee
        .sends(http::Method::POST, "/graphql", &headers, body.to_owned())
        .await?;
    assert_eq!(String::from_utf8(told.body.to_vec())?.trim(), printed.trim());
    Ok(())
}
