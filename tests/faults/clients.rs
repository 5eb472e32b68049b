//! Those who write while things break: each sends a command until it is answered, then the next.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::bail;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use house::Visitor;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::story::{Read, Sent, Story, Told};

/// A client that is not answered within this has not been served.
const PATIENCE: Duration = Duration::from_mins(1);
/// Before the same command is sent again.
const PAUSE: Duration = Duration::from_millis(40);
/// An answer that does not come within this is given up.
const ANSWER: Duration = Duration::from_secs(4);
/// Organisations that all clients correct, so that they meet.
const SHARED: u128 = 6;

const REGISTER: &str = "mutation($input: RegisterOrganisationInput!) {
    registerOrganisation(input: $input) { position version receipt } }";
const CORRECT: &str = "mutation($input: CorrectOrganisationIdentityInput!) {
    correctOrganisationIdentity(input: $input) { position version receipt } }";
const READ: &str = "query($at: Position) {
    organisations(first: 1, atLeastPosition: $at) { asOf { position } } }";

/// Answers after which the same command is sent again: nothing is known, or not now.
const AGAIN: [&str; 5] =
    ["OVERLOADED", "INTERNAL_SERVER_ERROR", "CONFLICT", "TIMEOUT", "NOT_READY"];

pub(crate) struct Clients {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<anyhow::Result<Story>>>,
}

impl Clients {
    /// So many begin; `next` numbers commands over all rounds.
    pub(crate) fn begin(visitors: &[Visitor], count: usize, next: &Arc<AtomicU64>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let tasks = (0..count).map(|n| {
            let mut visitors = visitors.to_vec();
            let first = n % visitors.len();
            visitors.rotate_left(first);
            let client = Client { visitors, next: next.clone(), story: Story::default() };
            tokio::spawn(client.lives(stop.clone()))
        });
        Self { tasks: tasks.collect(), stop }
    }

    /// Nobody begins anything new.
    pub(crate) fn rest(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Each ends what it has begun.
    pub(crate) async fn finish(self, story: &mut Story) -> anyhow::Result<()> {
        self.rest();
        for task in self.tasks {
            let lived = task.await??;
            story.sent.extend(lived.sent);
            story.reads.extend(lived.reads);
        }
        Ok(())
    }
}

/// The id of a shared organisation.
pub(crate) fn shared() -> impl Iterator<Item = Uuid> {
    (1..=SHARED).map(|it| Uuid::from_u128(0x5ba4_ed00 << 64 | it))
}

/// Registers the organisations that all correct.
pub(crate) async fn registers_shared(visitor: &Visitor, story: &mut Story) -> anyhow::Result<()> {
    let visitors = vec![visitor.clone()];
    let mut client = Client { visitors, next: Arc::default(), story: Story::default() };
    for command in shared() {
        let input = declares(command, "Partagée");
        client.sends(command, REGISTER, &input).await?;
    }
    story.sent.append(&mut client.story.sent);
    Ok(())
}

fn declares(command: Uuid, denomination: &str) -> Value {
    json!({
        "commandId": command,
        "denomination": denomination,
        "statut": "ASSOCIATION",
        "sansIdentifiant": "Association de fait",
    })
}

struct Client {
    /// The same person at each API; the first is asked first.
    visitors: Vec<Visitor>,
    next: Arc<AtomicU64>,
    story: Story,
}

impl Client {
    async fn lives(mut self, stop: Arc<AtomicBool>) -> anyhow::Result<Story> {
        let shared: Vec<_> = shared().collect();
        while !stop.load(Ordering::Relaxed) {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let command = Uuid::from_u128(0xc0_33a4d << 64 | u128::from(n));
            let mut input = declares(command, &format!("Association {n}"));
            let mutation = if n.is_multiple_of(3) {
                REGISTER
            } else {
                let which = shared[usize::try_from(n)? % shared.len()];
                input["organisation"] = URL_SAFE_NO_PAD
                    .encode(format!("Organisation:{which}"))
                    .into();
                input["motif"] = "Changement de nom".into();
                CORRECT
            };
            let position = self.sends(command, mutation, &input).await?;
            if n.is_multiple_of(5) {
                self.reads(position).await;
            }
        }
        Ok(self.story)
    }

    /// Sends a command until it is answered.
    async fn sends(&mut self, command: Uuid, mutation: &str, input: &Value) -> anyhow::Result<i64> {
        let mut sent = Sent { command, at: Instant::now(), again: 0, told: None };
        let told = loop {
            let answer = self.posts(mutation, json!({ "input": input })).await;
            if let Some(told) = answer.as_ref().and_then(told) {
                break told;
            }
            let code = answer
                .as_ref()
                .map(|it| it["errors"][0]["extensions"]["code"].clone());
            let known = code.as_ref().and_then(Value::as_str);
            if known.is_some_and(|it| !AGAIN.contains(&it)) {
                bail!("a command that must be accepted was refused: {answer:?}");
            }
            if sent.at.elapsed() > PATIENCE {
                // Left without an answer, which the verdict will say.
                self.story.sent.push(sent);
                bail!("no answer within {PATIENCE:?}: {answer:?}");
            }
            sent.again += 1;
            self.visitors.rotate_left(1);
            tokio::time::sleep(PAUSE).await;
        };
        let position = told.position;
        sent.told = Some(told);
        self.story.sent.push(sent);
        Ok(position)
    }

    /// Asks for an answer that counts a position; none is no lie.
    async fn reads(&mut self, at_least: i64) {
        let answer = self
            .posts(READ, json!({ "at": at_least.to_string() }))
            .await;
        let as_of = answer.and_then(|it| number(&it["data"]["organisations"]["asOf"]["position"]));
        if let Some(as_of) = as_of {
            self.story.reads.push(Read { at_least, as_of });
        }
    }

    async fn posts(&self, query: &str, variables: Value) -> Option<Value> {
        let posted = self.visitors[0].posts(query, variables);
        tokio::time::timeout(ANSWER, posted).await.ok()?.ok()
    }
}

fn told(answer: &Value) -> Option<Told> {
    let payload = answer["data"].as_object()?.values().next()?;
    Some(Told {
        at: Instant::now(),
        position: number(&payload["position"])?,
        version: number(&payload["version"])?,
        receipt: payload["receipt"].as_str()?.to_owned(),
    })
}

fn number(of: &Value) -> Option<i64> {
    of.as_str()?.parse().ok()
}
