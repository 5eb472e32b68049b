//! Requests over HTTP, through the doors that the service opens.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use api::http::Options;
use domain::Role;
use house::{OpenHouse, Visitor, visitors::document};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Bench, CALLERS, ORGANISATIONS, ROUNDS, filling,
    gauge::{Tally, Worker},
    report::Line,
};

const FIELDS: &str = "id denomination statut { code libelle } rna roles closed";

/// Answers follow the log within this when nothing is written.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Gives commands.
struct Registers {
    visitor: Visitor,
    mutation: Arc<str>,
    known: Arc<AtomicUsize>,
}

impl Worker for Registers {
    async fn works(&mut self) -> anyhow::Result<usize> {
        let n = self.known.fetch_add(1, Ordering::Relaxed);
        let input = json!({
            "commandId": Uuid::from_u128(n as u128),
            "denomination": "Association d'essai",
            "statut": "ASSOCIATION",
            "rna": filling::rna(n),
        });
        self.visitor
            .asks(&self.mutation, json!({ "input": input }))
            .await?;
        Ok(1)
    }
}

/// Asks questions, the variables in turn.
struct Asks {
    visitor: Visitor,
    query: Arc<str>,
    variables: Arc<[Value]>,
    next: usize,
}

impl Worker for Asks {
    async fn works(&mut self) -> anyhow::Result<usize> {
        self.next = (self.next + 1) % self.variables.len();
        let variables = self.variables[self.next].clone();
        // Nothing is written meanwhile: nobody waits for what was.
        let answer = self.visitor.posts(&self.query, variables).await?;
        ensure!(answer.get("errors").is_none(), "{answer:#}");
        Ok(1)
    }
}

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Line>> {
    let (gauge, callers_run) = (&bench.gauge, &bench.callers);
    // One caller plays all of them.
    let options = Options { caller_points: 0, ..OpenHouse::options() };
    let open = OpenHouse::with(bench.database().await?, options).await?;
    filling::organisations(&open.house.log, 0, ORGANISATIONS).await?;
    settled(&open).await?;
    // Each has a client, which keeps a connection, of its own.
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| open.visitor(Role::Admin))
        .collect::<Result<_, _>>()?;
    let mutation = document("registerOrganisation", "{ position version receipt }").await;
    let known = Arc::new(AtomicUsize::new(ORGANISATIONS));
    let mut registers = each(&callers, |visitor, _| Registers {
        visitor,
        mutation: mutation.as_str().into(),
        known: known.clone(),
    });
    let query = format!("query One($id: ID!) {{ organisation(id: $id) {{ {FIELDS} }} }}");
    let mut one = asking(&callers, &query, ids(&callers[0]).await?);
    let query = format!(
        "query Page($first: Int!) {{ organisations(first: $first) \
         {{ nodes {{ {FIELDS} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    );
    let mut page = asking(&callers, &query, vec![json!({ "first": 20 })]);
    let (mut mutations, mut ones, mut pages) = <(Tally, Tally, Tally)>::default();
    for _ in 0..ROUNDS {
        registers = gauge
            .slice_on(callers_run, registers, &mut mutations)
            .await?;
        settled(&open).await?;
        one = gauge.slice_on(callers_run, one, &mut ones).await?;
        page = gauge.slice_on(callers_run, page, &mut pages).await?;
    }
    open.close().await?;
    Ok(vec![
        Line::append("mutation", CALLERS, mutations),
        Line::other("one organisation", CALLERS, ones),
        Line::other("20 organisations", CALLERS, pages),
    ])
}

fn each<W>(callers: &[Visitor], worker: impl Fn(Visitor, usize) -> W) -> Vec<W> {
    let callers = callers.iter().cloned();
    callers.zip(0..).map(|(it, n)| worker(it, n)).collect()
}

fn asking(callers: &[Visitor], query: &str, variables: Vec<Value>) -> Vec<Asks> {
    let (query, variables): (Arc<str>, Arc<[Value]>) = (query.into(), variables.into());
    each(callers, |visitor, next| Asks {
        visitor,
        query: query.clone(),
        variables: variables.clone(),
        next,
    })
}

/// The variables that name a hundred organisations.
async fn ids(visitor: &Visitor) -> anyhow::Result<Vec<Value>> {
    let page = visitor
        .asks("{ organisations(first: 100) { nodes { id } } }", json!({}))
        .await?;
    let nodes = page["organisations"]["nodes"].as_array();
    Ok(nodes.context("no organisations")?.clone())
}

/// Waits until every answer has seen every fact.
pub(crate) async fn settled(open: &OpenHouse) -> anyhow::Result<()> {
    loop {
        let all = open.house.reads.status().await?;
        if all.iter().all(|it| it.position == it.head) {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
