//! Requests that are made to be expensive, one caller after the other; and what it saves to have
//! seen a document before.

use std::sync::Arc;

use api::http::Options;
use domain::Role;
use house::{
    OpenHouse, Visitor,
    bombs::{self, Bomb},
};
use serde_json::json;

use crate::{
    Bench, ROUNDS,
    gauge::{Tally, Worker},
    report::Line,
};

/// A page as front-ends ask it.
const PAGE: &str = "query Page($first: Int!) { organisations(first: $first) { totalCount \
    pageInfo { hasNextPage endCursor } nodes { id version denomination siret rna ape commune \
    roles closed statut { code libelle } secteurs { code libelle } successor { id denomination } \
    } } }";

/// Throws one bomb.
struct Throws {
    visitor: Visitor,
    body: Arc<str>,
}

impl Worker for Throws {
    async fn works(&mut self) -> anyhow::Result<usize> {
        let answer = bombs::throw(&self.visitor, &self.body).await?;
        // Under the media type of old, a refusal is an answer too.
        let refused = answer.json()?["errors"].is_array();
        anyhow::ensure!(refused, "it was answered");
        Ok(1)
    }
}

/// Asks one page of nothing, in words that were seen before or never.
struct Asks {
    visitor: Visitor,
    known: bool,
    next: u64,
}

impl Worker for Asks {
    async fn works(&mut self) -> anyhow::Result<usize> {
        self.next += u64::from(!self.known);
        // A comment makes it another text, which means the same.
        let query = format!("{PAGE} # {:020}", self.next);
        let body = json!({ "query": query, "variables": { "first": 20 } }).to_string();
        let answer = bombs::throw(&self.visitor, &body).await?;
        anyhow::ensure!(answer.status.is_success(), "{answer:?}");
        Ok(1)
    }
}

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Line>> {
    let options = Options { caller_points: 0, ..OpenHouse::options() };
    let open = OpenHouse::with(bench.database().await?, options).await?;
    let visitor = open.visitor(Role::Admin)?;
    let mut lines = vec![];
    for Bomb { name, body, .. } in bombs::all() {
        let workers = vec![Throws { visitor: visitor.clone(), body: body.into() }];
        let mut tally = Tally::default();
        bench
            .gauge
            .slice_on(&bench.callers, workers, &mut tally)
            .await?;
        lines.push(Line::other(format!("bomb: {name}"), 1, tally));
    }
    let asks = |known| vec![Asks { visitor: visitor.clone(), known, next: 0 }];
    let (mut known, mut new) = (asks(true), asks(false));
    let (mut of_known, mut of_new) = <(Tally, Tally)>::default();
    for _ in 0..ROUNDS {
        known = bench
            .gauge
            .slice_on(&bench.callers, known, &mut of_known)
            .await?;
        new = bench
            .gauge
            .slice_on(&bench.callers, new, &mut of_new)
            .await?;
    }
    lines.push(Line::other("a document seen before", 1, of_known));
    lines.push(Line::other("a document never seen", 1, of_new));
    open.close().await?;
    Ok(lines)
}
