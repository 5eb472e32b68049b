//! One fact, one line: as JSON, or as cells that a spreadsheet does not take for formulas.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_graphql::resolver_utils::enum_value;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{IngenierieId, OrganisationId, restated::Change};
use eventlog::{Position, Reader};
use projections::{Reads, organisations};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Error, Result, csv,
    faits::{self, Eyes, Fait, Said},
    graphql::{historique::filter::CategorieFait, ids::global},
};

/// The members of a line, in the order of the cells.
pub(super) const COLUMNS: [&str; 20] = [
    "position",
    "recordedAt",
    "on",
    "category",
    "type",
    "objet",
    "version",
    "ingenierieId",
    "commandId",
    "role",
    "organisationId",
    "organisation",
    "acteur",
    "via",
    "data",
    "changes",
    "restatedAt",
    "reglesEcartees",
    "sealed",
    "receipt",
];

/// A fact as its reader may know it. The members are those of `Fait` in GraphQL.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    position: String,
    recorded_at: jiff::Timestamp,
    on: domain::Date,
    category: Value,
    r#type: String,
    objet: String,
    version: String,
    ingenierie_id: Option<String>,
    command_id: Uuid,
    role: String,
    organisation_id: Option<String>,
    organisation: Option<String>,
    acteur: Option<Uuid>,
    via: Option<String>,
    data: Option<Value>,
    changes: Option<Vec<Changed>>,
    restated_at: Option<String>,
    regles_ecartees: Vec<Regle>,
    /// By pointer.
    sealed: BTreeMap<String, Option<Value>>,
    receipt: String,
}

#[derive(Serialize)]
struct Changed {
    pointer: String,
    before: Option<Value>,
    after: Option<Value>,
}

#[derive(Serialize)]
struct Regle {
    code: &'static str,
    invariant: &'static str,
    because: Option<Value>,
}

/// What lines need beside their facts, read once for all of them.
struct Beside<'a> {
    eyes: Eyes<'a>,
    /// Of the streams of the facts.
    histories: HashMap<Uuid, Vec<Said>>,
    names: HashMap<Uuid, String>,
    receipts: HashMap<Position, Vec<u8>>,
    opened: HashMap<(Position, String), Value>,
}

/// The lines of some facts.
pub(super) async fn lines(reads: &Reads, eyes: Eyes<'_>, facts: &[Fait]) -> Result<Vec<Line>> {
    let log = reads.log();
    let positions: Vec<_> = facts.iter().map(|it| it.recorded().position).collect();
    let streams: BTreeSet<_> = facts.iter().map(|it| it.recorded().stream).collect();
    let streams: Vec<_> = streams.into_iter().collect();
    let mut histories: HashMap<_, Vec<_>> = HashMap::new();
    for it in faits::histories(log, &streams).await? {
        histories.entry(it.recorded.stream).or_default().push(it);
    }
    let orgs: BTreeSet<_> = facts
        .iter()
        .filter_map(|it| it.recorded().actor.org)
        .collect();
    let orgs: Vec<_> = orgs.into_iter().map(OrganisationId).collect();
    let names = organisations::by_ids(reads, eyes.scope, &orgs).await?;
    let names = names
        .into_iter()
        .map(|it| (it.id, it.denomination))
        .collect();
    let receipts = log.receipts(&positions).await?;
    let mut beside = Beside { eyes, histories, names, receipts, opened: HashMap::new() };
    let mut sealed = BTreeSet::new();
    for it in facts {
        let at = it.recorded().position;
        let open = it
            .recorded()
            .sealed
            .iter()
            .filter(|pointer| it.opens(eyes, pointer));
        sealed.extend(open.map(|pointer| (at, pointer.clone())));
        let waived = it.waivers(beside.history(it))?.into_iter();
        sealed.extend(waived.map(|it| (Position(it.because.position), it.because.pointer)));
    }
    let places: Vec<_> = sealed
        .iter()
        .map(|(at, pointer)| (*at, pointer.as_str()))
        .collect();
    let reader = Reader::of(eyes.actor).to("DOWNLOAD");
    if !places.is_empty() {
        beside.opened = log.vault().open(&reader, &places).await?;
    }
    facts.iter().map(|it| beside.line(it)).collect()
}

impl Beside<'_> {
    fn history(&self, of: &Fait) -> &[Said] {
        self.histories
            .get(&of.recorded().stream)
            .map_or(&[], Vec::as_slice)
    }

    fn line(&self, it: &Fait) -> Result<Line> {
        let recorded = it.recorded();
        let (at, histories) = (recorded.position, self.history(it));
        let category = CategorieFait::of(&recorded.event);
        let identity = it.identity(self.eyes);
        let org = recorded.actor.org;
        let opened = |at, pointer: &String| self.opened.get(&(at, pointer.clone())).cloned();
        let receipt = self.receipts.get(&at);
        let receipt = receipt.ok_or_else(|| Error::internal(eventlog::Error::Hole(at)))?;
        let waivers = it.waivers(histories)?;
        Ok(Line {
            position: at.0.to_string(),
            recorded_at: recorded.recorded_at,
            on: recorded.on,
            category: enum_value(category).into_json().map_err(Error::internal)?,
            r#type: recorded.kind.clone(),
            objet: category.global(recorded.stream).0,
            version: recorded.version.0.to_string(),
            ingenierie_id: recorded.dossier.map(|it| global(IngenierieId(it)).0),
            command_id: recorded.command,
            role: recorded.actor.role.clone(),
            organisation_id: org.map(|it| global(OrganisationId(it)).0),
            organisation: org.and_then(|it| self.names.get(&it).cloned()),
            acteur: identity.map(|it| it.id),
            via: identity.and_then(|it| it.via.clone()),
            data: it.data(self.eyes).cloned(),
            changes: it
                .changes(self.eyes, histories)
                .map(|all| all.into_iter().map(Changed::of).collect()),
            restated_at: it.restated_at(histories).map(|it| it.0.to_string()),
            regles_ecartees: waivers
                .into_iter()
                .map(|it| Regle {
                    code: it.rule.code(),
                    invariant: it.rule.invariant(),
                    because: opened(Position(it.because.position), &it.because.pointer),
                })
                .collect(),
            sealed: recorded
                .sealed
                .iter()
                .map(|pointer| (pointer.clone(), opened(at, pointer)))
                .collect(),
            receipt: URL_SAFE_NO_PAD.encode(receipt),
        })
    }
}

impl Changed {
    fn of(it: Change) -> Self {
        Self { pointer: it.pointer, before: it.before, after: it.after }
    }
}

impl Line {
    /// One object on one line.
    pub(super) fn jsonl(&self, text: &mut String) -> Result<()> {
        text.push_str(&serde_json::to_string(self).map_err(Error::internal)?);
        text.push('\n');
        Ok(())
    }

    /// One record. A cell that holds several values holds them as JSON; what is absent is empty.
    pub(super) fn csv(&self, text: &mut String) -> Result<()> {
        let members = serde_json::to_value(self).map_err(Error::internal)?;
        let cells = COLUMNS.map(|name| match &members[name] {
            Value::Null => String::new(),
            Value::String(it) => it.clone(),
            Value::Array(it) if it.is_empty() => String::new(),
            Value::Object(it) if it.is_empty() => String::new(),
            other => other.to_string(),
        });
        csv::record(cells.iter().map(String::as_str), text);
        Ok(())
    }
}
