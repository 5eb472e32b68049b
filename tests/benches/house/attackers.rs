//! Requests that are made to be expensive, one caller after the other; and what it saves to have
//! seen a document before.

use std::sync::Arc;

use api::http::Options;
use domain::Role;
use house::{
    OpenHouse, Visitor,
    bombs::{self, Bomb},
    sockets::Socket,
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

/// Throws one bomb over a WebSocket, and comes back when it is shown out.
struct ThrowsOver {
    url: Arc<str>,
    token: Arc<str>,
    socket: Option<Socket>,
    body: Arc<str>,
}

impl Worker for ThrowsOver {
    async fn works(&mut self) -> anyhow::Result<usize> {
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => Socket::of(&self.url, &self.token).await?,
        };
        if let Some(errors) = bombs::throw_over(&mut socket, &self.body).await? {
            anyhow::ensure!(errors.is_array(), "it was answered");
            self.socket = Some(socket);
        }
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
    let (gauge, callers) = (&bench.gauge, &bench.callers);
    let url: Arc<str> = open.url.as_str().into();
    let token: Arc<str> = visitor.token.as_deref().unwrap_or_default().into();
    for Bomb { name, body, .. } in bombs::all() {
        let body: Arc<str> = body.into();
        let (mut over_http, mut over_socket) = <(Tally, Tally)>::default();
        let throws = Throws { visitor: visitor.clone(), body: body.clone() };
        gauge
            .slice_on(callers, vec![throws], &mut over_http)
            .await?;
        let (url, token) = (url.clone(), token.clone());
        let throws = ThrowsOver { url, token, socket: None, body };
        gauge
            .slice_on(callers, vec![throws], &mut over_socket)
            .await?;
        lines.push(Line::other(format!("bomb: {name}"), 1, over_http));
        lines.push(Line::other(format!("over a WebSocket: {name}"), 1, over_socket));
    }
    let asks = |known| vec![Asks { visitor: visitor.clone(), known, next: 0 }];
    let (mut known, mut new) = (asks(true), asks(false));
    let (mut of_known, mut of_new) = <(Tally, Tally)>::default();
    for _ in 0..ROUNDS {
        known = gauge.slice_on(callers, known, &mut of_known).await?;
        new = gauge.slice_on(callers, new, &mut of_new).await?;
    }
    lines.push(Line::other("a document seen before", 1, of_known));
    lines.push(Line::other("a document never seen", 1, of_new));
    open.close().await?;
    Ok(lines)
}
