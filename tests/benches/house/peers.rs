//! The same questions, asked of the house and of servers as others build them.

use std::{fmt::Write as _, io::Write as _, path::Path, process::Stdio, sync::Arc};

use anyhow::{Context, ensure};
use api::http::Options;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Role;
use house::{OpenHouse, Visitor, dossier::DLA};
use http::Method;
use projections::{conventions, organisations};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::{
    Bench, CALLERS, CONVENTIONS, ORGANISATIONS, ROUNDS, doors, filling,
    gauge::{Tally, Worker},
    references::Bare,
    report::{Group, Line},
};

/// Things asked for by their ids, in turn.
const ASKED: i64 = 100;
/// Things on one page.
const PAGE: i64 = 50;

/// A question in the words of one server.
struct Question {
    query: Arc<str>,
    variables: Arc<[Value]>,
    /// Where its answer stands.
    answer: &'static str,
}

/// A server, and what it is asked.
struct Peer {
    name: &'static str,
    visitors: Vec<Visitor>,
    one: Question,
    page: Question,
}

struct Asks {
    visitor: Visitor,
    query: Arc<str>,
    variables: Arc<[Value]>,
    answer: &'static str,
    next: usize,
}

impl Worker for Asks {
    async fn works(&mut self) -> anyhow::Result<usize> {
        self.next = (self.next + 1) % self.variables.len();
        let variables = self.variables[self.next].clone();
        let answer = self.visitor.posts(&self.query, variables).await?;
        let found = answer.pointer(self.answer).is_some_and(|it| !it.is_null());
        ensure!(found && answer.get("errors").is_none(), "{answer:#}");
        Ok(1)
    }
}

/// Asks whether the house lives, which its doors answer by themselves.
struct Knocks(Visitor);

impl Worker for Knocks {
    async fn works(&mut self) -> anyhow::Result<usize> {
        let answer = self.0.sends(Method::GET, "/health/live", &[], "").await?;
        ensure!(answer.status.is_success(), "{}", answer.status);
        Ok(1)
    }
}

impl Peer {
    fn asking(&self, question: &Question) -> Vec<Asks> {
        let asks = |(next, visitor): (usize, &Visitor)| Asks {
            visitor: visitor.clone(),
            query: question.query.clone(),
            variables: question.variables.clone(),
            answer: question.answer,
            next,
        };
        self.visitors.iter().enumerate().map(asks).collect()
    }
}

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Line>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    if !folder.join("node_modules").is_dir() {
        let said = "PEERS NOT MEASURED: tests/benches/peers wants `npm ci`\n";
        std::io::stderr().write_all(said.as_bytes())?;
        return Ok(vec![]);
    }
    // One caller plays all of them.
    let options = Options { caller_points: 0, ..OpenHouse::options() };
    let open = OpenHouse::with(bench.database().await?, options).await?;
    filling::organisations(&open.house.log, 0, ORGANISATIONS).await?;
    filling::conventions(&open.house.log, CONVENTIONS).await?;
    doors::settled(&open).await?;
    let at = open.database.as_admin();
    let mut db = open.database.admin().await?;
    copy(&mut db).await?;
    let ids: Vec<String> =
        sqlx::query_scalar("select id::text from peer.organisations order by id limit $1")
            .bind(ASKED)
            .fetch_all(&mut db)
            .await?;
    db.close().await?;
    let (mut by_hand, its_address) = started(&folder, "apollo.mjs", &at).await?;
    let (mut generated, other_address) = started(&folder, "postgraphile.mjs", &at).await?;
    let peers = [house(&open, &ids)?, apollo(&its_address, &ids), graphile(&other_address, &ids)];
    let raw = |name: &str, statements: &[String]| {
        Bare::playing(bench.pgbench.clone(), bench.place.join(name), statements, &at)
    };
    let raws = (raw("one", &statements(&ids))?, raw("page", &[page_statement()])?);
    let lines = in_turns(bench, &peers, &raws).await?;
    by_hand.kill().await?;
    generated.kill().await?;
    open.close().await?;
    Ok(lines)
}

/// Each is asked the one question, then the other, in turn with the others.
async fn in_turns(
    bench: &Bench,
    peers: &[Peer],
    (raw_one, raw_page): &(Bare, Bare),
) -> anyhow::Result<Vec<Line>> {
    let tallies = || peers.iter().map(|_| Tally::default()).collect::<Vec<_>>();
    let (mut ones, mut pages) = (tallies(), tallies());
    let (mut bare_one, mut bare_page, mut knocks) = <(Tally, Tally, Tally)>::default();
    let (gauge, callers) = (&bench.gauge, &bench.callers);
    for _ in 0..ROUNDS {
        for ((peer, one), page) in peers.iter().zip(&mut ones).zip(&mut pages) {
            gauge.slice_on(callers, peer.asking(&peer.one), one).await?;
            gauge
                .slice_on(callers, peer.asking(&peer.page), page)
                .await?;
        }
        let knocking = peers[0].visitors.iter().cloned().map(Knocks);
        gauge
            .slice_on(callers, knocking.collect(), &mut knocks)
            .await?;
        raw_one.slice(gauge, CALLERS, &mut bare_one).await?;
        raw_page.slice(gauge, CALLERS, &mut bare_page).await?;
    }
    let mut lines = vec![Line::of(Group::One, "nothing, over HTTP", CALLERS, knocks)];
    for (group, tallies, bare) in [(Group::One, ones, bare_one), (Group::Page, pages, bare_page)] {
        for (peer, tally) in peers.iter().zip(tallies) {
            lines.push(Line::of(group, peer.name, CALLERS, tally));
        }
        lines.push(Line::of(group, Line::BARE, CALLERS, bare));
    }
    Ok(lines)
}

/// The rows of the house in a schema of their own, with their indexes, and with the foreign key
/// that `PostGraphile` goes by.
async fn copy(db: &mut PgConnection) -> anyhow::Result<()> {
    let mut statements = "create schema peer;".to_owned();
    for (model, table) in
        [(&organisations::MODEL, "organisations"), (&conventions::MODEL, "conventions")]
    {
        let from = format!("{}.{table}", model.key());
        write!(
            statements,
            "create table peer.{table} (like {from} including all);
             insert into peer.{table} select * from {from};
             analyze {from};"
        )?;
    }
    statements += "alter table peer.conventions
                       add foreign key (financeur) references peer.organisations;
                   analyze peer.organisations;
                   analyze peer.conventions;";
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(db).await?;
    Ok(())
}

/// A server of Node, and its address, which it says when it listens.
async fn started(
    folder: &Path,
    script: &str,
    at: &PgConnectOptions,
) -> anyhow::Result<(Child, String)> {
    let socket = at.get_socket().context("a server without a socket")?;
    let mut server = Command::new("node")
        .arg(script)
        .current_dir(folder)
        .env("NODE_ENV", "production")
        .env("GRAPHILE_ENV", "production")
        .env("PGHOST", socket)
        .env("PGUSER", at.get_username())
        .env("PGDATABASE", at.get_database().context("no database")?)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("no `node`")?;
    let mut lines = BufReader::new(server.stdout.take().context("no output")?).lines();
    let said = lines.next_line().await?;
    let address = said.with_context(|| format!("{script} ended before it listened"))?;
    Ok((server, address.trim_end_matches('/').to_owned()))
}

/// The house, which asks for a token and decides what its caller may see.
fn house(open: &OpenHouse, ids: &[String]) -> anyhow::Result<Peer> {
    let visitor = || open.visitor(Role::ChargeDeMission { dlas: [DLA].into() });
    let global = |id: &String| {
        let id = URL_SAFE_NO_PAD.encode(format!("Organisation:{id}"));
        json!({ "id": id })
    };
    Ok(Peer {
        name: "the house",
        visitors: (0..CALLERS).map(|_| visitor()).collect::<anyhow::Result<_>>()?,
        one: Question {
            query: "query One($id: ID!) { organisation(id: $id) \
                    { id denomination statut { code } rna roles closed } }"
                .into(),
            variables: ids.iter().map(global).collect(),
            answer: "/data/organisation/denomination",
        },
        page: Question {
            query: "query Page($first: Int!) { conventions(first: $first) \
                    { nodes { id reference objet signedOn notified { montant } financeur { id denomination } } } }"
                .into(),
            variables: [json!({ "first": PAGE })].into(),
            answer: "/data/conventions/nodes/49/financeur/denomination",
        },
    })
}

fn apollo(address: &str, ids: &[String]) -> Peer {
    Peer {
        name: Line::APOLLO,
        visitors: strangers(address),
        one: Question {
            query: "query One($id: ID!) { organisation(id: $id) \
                    { id denomination statut rna roles closed } }"
                .into(),
            variables: ids.iter().map(|it| json!({ "id": it })).collect(),
            answer: "/data/organisation/denomination",
        },
        page: Question {
            query: "query Page($first: Int!) { conventions(first: $first) \
                    { id reference objet signedOn notified financeur { id denomination } } }"
                .into(),
            variables: [json!({ "first": PAGE })].into(),
            answer: "/data/conventions/49/financeur/denomination",
        },
    }
}

fn graphile(address: &str, ids: &[String]) -> Peer {
    Peer {
        name: Line::POSTGRAPHILE,
        visitors: strangers(address),
        one: Question {
            query: "query One($id: UUID!) { organisationByRowId(rowId: $id) \
                    { id denomination statut rna roles closed } }"
                .into(),
            variables: ids.iter().map(|it| json!({ "id": it })).collect(),
            answer: "/data/organisationByRowId/denomination",
        },
        page: Question {
            query: "query Page($first: Int!) { \
                    allConventions(first: $first, orderBy: [SIGNED_ON_DESC, ROW_ID_DESC]) \
                    { nodes { id reference objet signedOn notifiedCents \
                    organisationByFinanceur { id denomination } } } }"
                .into(),
            variables: [json!({ "first": PAGE })].into(),
            answer: "/data/allConventions/nodes/49/organisationByFinanceur/denomination",
        },
    }
}

fn strangers(address: &str) -> Vec<Visitor> {
    (0..CALLERS).map(|_| Visitor::at(address, None)).collect()
}

/// What a front end would have read, one statement each.
fn statements(ids: &[String]) -> Vec<String> {
    let one = |id: &String| {
        format!(
            "select id, denomination, statut, rna, roles, closed
             from peer.organisations where id = '{id}'"
        )
    };
    ids.iter().map(one).collect()
}

fn page_statement() -> String {
    format!(
        "select c.id, c.reference, c.objet, c.signed_on, c.notified_cents, o.id, o.denomination
         from peer.conventions c join peer.organisations o on o.id = c.financeur
         order by c.signed_on desc, c.id desc limit {PAGE}"
    )
}
