//! What a running server tells of itself, and what people look at: no alert and no panel asks for
//! a figure that nobody gives.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use anyhow::Context as _;
use http::Method;
use serde_json::{Value, json};

use crate::demo::Demo;

fn deployed(file: &str) -> anyhow::Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../deploy")
        .join(file);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// The names of figures in an expression: words of ours.
fn names(expression: &str) -> BTreeSet<String> {
    expression
        .split(|it: char| !it.is_ascii_alphanumeric() && it != '_')
        .filter(|it| {
            ["essaim_", "http_", "graphql_"]
                .iter()
                .any(|ours| it.starts_with(ours))
        })
        .map(str::to_owned)
        .collect()
}

/// The expressions of a dashboard, panels and variables.
fn expressions(dashboard: &Value, found: &mut Vec<String>) {
    match dashboard {
        Value::Object(members) => {
            for (name, it) in members {
                match it {
                    Value::String(text) if ["expr", "query"].contains(&name.as_str()) => {
                        found.push(text.clone());
                    }
                    it => expressions(it, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|it| expressions(it, found)),
        _ => (),
    }
}

/// Given a server that has answered, followed and refused something, when it is scraped, then it
/// gives every figure that the dashboard and the alerts ask for.
#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_and_the_alerts_ask_for_figures_that_exist() -> anyhow::Result<()> {
    let data = std::env::temp_dir().join(format!("essaim-figures-test-{}", std::process::id()));
    let demo = Demo::start(&data, &["--fresh"])?;
    let visitor = demo.visitor("chargeDeMission")?;
    let input = json!({
        "commandId": "6b9f0f43-8c0e-4d5e-9f4e-2f0f3a1f7a10",
        "denomination": "Repair Café",
        "statut": "ASSOCIATION",
        "sansIdentifiant": "En création.",
    });
    let done = visitor
        .does("registerOrganisation", input, "{ position }")
        .await?;
    assert!(done["position"].is_string(), "{done}");
    let follow = json!({ "query": "subscription { log(after: \"0\", filter: { to: \"3\" }) { position } }" });
    let headers = [("content-type", "application/json"), ("accept", "text/event-stream")];
    visitor
        .sends(Method::POST, "/graphql", &headers, follow.to_string())
        .await?;

    let (mut dashboard, rules) = (vec![], deployed("prometheus/rules.yml")?);
    expressions(&serde_json::from_str(&deployed("grafana/essaim.json")?)?, &mut dashboard);
    let mut asked: BTreeSet<_> = dashboard.iter().flat_map(|it| names(it)).collect();
    assert!(asked.len() > 30, "{asked:?}");
    let alerts = rules
        .lines()
        .filter(|it| !it.trim_start().starts_with("annotations:"));
    asked.extend(alerts.flat_map(names));

    let mut missing: Vec<&String> = vec![];
    // What is taken every few seconds comes a little later than the doors open.
    for _ in 0..40 {
        let scraped = visitor.sends(Method::GET, "/metrics", &[], "").await?;
        let text = String::from_utf8(scraped.body.to_vec())?;
        let given: BTreeSet<_> = text
            .lines()
            .filter_map(|it| it.split(['{', ' ']).next())
            .collect();
        missing = asked
            .iter()
            .filter(|it| !given.contains(it.as_str()))
            .collect();
        if missing.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    demo.stop()?;
    fs::remove_dir_all(&data)?;
    assert_eq!(missing, Vec::<&String>::new());
    Ok(())
}
