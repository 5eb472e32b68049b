//! Whatever is asked, by whomever, in whatever order, the hard rules hold.
//!
//! A real case is given to the house out of order: commands come late, early, twice, from the
//! wrong people, with parts of other commands in place of their own; and between them any
//! mutation of the schema, made up of words seen elsewhere. Each is asked again under its own id.
//! What was recorded is then read fact by fact by `rules`, which knows the rules of the trade and
//! nothing of the code.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use api::cases::{self, Step};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{DlaId, OrganisationId, Role, RoleName};
use house::{OpenHouse, Visitor, visitors::document};
use serde_json::{Map, Value, json};
use sqlx::PgPool;
use uuid::Uuid;

/// The right of each role to each mutation, as the domain tells auditors.
const RIGHTS: &str = include_str!("../../domain/src/rights.txt");

/// Everything that can be asked.
const SCHEMA: &str = "{ __schema {
    mutationType { fields { name args { type { ofType { name } } } } }
    types { kind name enumValues { name } inputFields { name type {
        kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";

/// Throws that are the same for the same seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One below that number.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap();
        usize::try_from(self.throw() % end).unwrap()
    }

    /// So many times out of a hundred.
    fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }
}

/// What was seen while a case was played.
#[derive(Default)]
struct Seen {
    accepted: usize,
    refused: BTreeMap<String, usize>,
    mutations: BTreeSet<String>,
    kinds: BTreeSet<String>,
}

/// How a command is given.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// By whom and as it is written.
    AsWritten,
    /// Now and then by somebody else, or in other words.
    Played,
}

/// A case under way, in a house of its own.
struct Play {
    house: OpenHouse,
    facts: PgPool,
    dice: Dice,
    /// How much goes wrong, in percent.
    chaos: usize,
    steps: Vec<Step>,
    schema: Value,
    /// The mutations that take a justification.
    justifiable: BTreeSet<String>,
    /// What was written in a field of that name, in any case.
    words: BTreeMap<String, Vec<Value>>,
    /// Global ids, by the name of the step that opens them; those that nothing opened lead nowhere.
    ids: BTreeMap<String, String>,
    dlas: BTreeSet<DlaId>,
    organisations: Vec<OrganisationId>,
    visitors: BTreeMap<String, Visitor>,
    seen: Seen,
}

impl Play {
    async fn of(case: &str, (seed, chaos): (u64, usize)) -> anyhow::Result<Self> {
        let house = OpenHouse::open().await?;
        let schema = house.visitor(Role::Admin)?.asks(SCHEMA, json!({})).await?["__schema"].take();
        let mut words: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for case in ["fe2-3", "acm", "fe1-1", "centres-sociaux"] {
            for step in cases::steps(case)? {
                harvest(&Value::Object(step.input), &mut words);
            }
        }
        let inputs = api::graphql::inputs().await.into_iter();
        let justifiable = inputs.filter(|(_, it)| it.fields.contains("because"));
        let justifiable = justifiable.map(|(mutation, _)| mutation).collect();
        Ok(Self {
            facts: house.database.pool().await?,
            house,
            dice: Dice(seed),
            chaos,
            justifiable,
            steps: cases::steps(case)?,
            schema,
            words,
            ids: BTreeMap::new(),
            dlas: BTreeSet::new(),
            organisations: vec![OrganisationId(Uuid::from_u128(404))],
            visitors: BTreeMap::new(),
            seen: Seen::default(),
        })
    }

    /// Gives every command of the case twice over, most in their turn, and others between them.
    async fn run(&mut self) -> anyhow::Result<()> {
        for turn in (0..self.steps.len()).chain(0..self.steps.len()) {
            let command = self.steps[turn].clone();
            // What everything else hangs on comes once, in its turn.
            if cases::opens(&command.r#do).is_some() {
                let opened = command
                    .name
                    .as_ref()
                    .is_some_and(|it| self.ids.contains_key(it));
                if !opened {
                    self.give(command, Manner::AsWritten).await?;
                }
                continue;
            }
            if self.dice.percent(self.chaos) {
                self.give_another().await?;
            } else {
                self.give(command, Manner::Played).await?;
            }
            if self.dice.percent(2 * self.chaos) {
                self.give_another().await?;
            }
            if self.dice.percent(2 * self.chaos) {
                let made_up = self.made_up();
                self.give(made_up, Manner::AsWritten).await?;
            }
        }
        Ok(())
    }

    /// Gives some command of the case, too early or too late.
    async fn give_another(&mut self) -> anyhow::Result<()> {
        let other = self.dice.below(self.steps.len());
        self.give(self.steps[other].clone(), Manner::Played).await
    }

    /// Gives one command, and the same once more.
    async fn give(&mut self, mut step: Step, manner: Manner) -> anyhow::Result<()> {
        let played = manner == Manner::Played;
        let stranger = played && self.dice.percent(self.chaos);
        let role = if stranger { self.any_role() } else { self.role(&step) };
        if played && self.dice.percent(self.chaos) {
            self.twist(&mut step.input);
        }
        let mutation = step.r#do.clone();
        if played && self.dice.percent(30) && self.justifiable.contains(&mutation) {
            step.input
                .entry("because")
                .or_insert(json!("Le comité le demande."));
        }
        let command = Uuid::from_u64_pair(self.dice.throw(), self.dice.throw());
        let mut input = self.with_ids(&Value::Object(step.input));
        input["commandId"] = json!(command);
        let visitor = self.visitor(&role)?;
        let asked = document(&mutation, "{ position version }").await;
        let variables = json!({ "input": input });
        let answer = visitor.posts(&asked, variables.clone()).await?;
        let said = format!("{mutation} by {:?}: {input} -> {answer}", role.name());
        self.seen.mutations.insert(mutation.clone());
        let written = self.written(command).await?;
        if let Some(error) = answer["errors"].get(0) {
            let code = error["extensions"]["code"].as_str().unwrap_or("NONE");
            ensure!(!["INTERNAL", "NONE"].contains(&code), "{said}");
            ensure!(written == 0, "refused and written: {said}");
            *self.seen.refused.entry(code.to_owned()).or_default() += 1;
            return Ok(());
        }
        ensure!(may(role.name(), &mutation), "against the table of rights: {said}");
        let again = visitor.posts(&asked, variables).await?;
        ensure!(again["data"] == answer["data"], "another answer: {said}, then {again}");
        ensure!(self.written(command).await? == written, "written again: {said}");
        self.seen.accepted += 1;
        self.opened(step.name.as_ref(), &mutation, command);
        Ok(())
    }

    fn opened(&mut self, name: Option<&String>, mutation: &str, command: Uuid) {
        let (Some(noun), Some(name)) = (cases::opens(mutation), name) else { return };
        self.ids.insert(name.clone(), global(noun, command));
        match noun {
            "Dla" => drop(self.dlas.insert(DlaId(command))),
            "Organisation" => self.organisations.push(OrganisationId(command)),
            _ => (),
        }
    }

    async fn written(&self, command: Uuid) -> anyhow::Result<i64> {
        let count = sqlx::query_scalar("select count(*) from log.event where command = $1");
        Ok(count.bind(command).fetch_one(&self.facts).await?)
    }

    fn visitor(&mut self, role: &Role) -> anyhow::Result<Visitor> {
        let name = format!("{role:?}");
        if let Some(known) = self.visitors.get(&name) {
            return Ok(known.clone());
        }
        let visitor = self.house.visitor_named(&name, role.clone())?;
        self.visitors.insert(name, visitor.clone());
        Ok(visitor)
    }

    /// Who gives the command in the case.
    fn role(&self, step: &Step) -> Role {
        let of = step.of.as_ref().and_then(|name| self.ids.get(name));
        let of = of.and_then(|it| uuid(it)).unwrap_or_default();
        Self::named(step.r#as, OrganisationId(of), self.dlas.clone())
    }

    /// Somebody, for one DLA or one organisation.
    fn any_role(&mut self) -> Role {
        let names = [
            RoleName::ChargeDeMission,
            RoleName::ResponsablePorteuse,
            RoleName::MembreComiteAppui,
            RoleName::Financeur,
            RoleName::StructureBeneficiaire,
            RoleName::Prestataire,
            RoleName::Partenaire,
            RoleName::Admin,
        ];
        let name = *self.dice.one(&names).unwrap();
        let of = *self.dice.one(&self.organisations).unwrap();
        let known: Vec<_> = self.dlas.iter().copied().collect();
        let dlas = match self.dice.one(&known) {
            Some(dla) if self.dice.percent(70) => [*dla].into(),
            _ => [DlaId(Uuid::from_u128(404))].into(),
        };
        Self::named(name, of, dlas)
    }

    fn named(name: RoleName, of: OrganisationId, dlas: BTreeSet<DlaId>) -> Role {
        match name {
            RoleName::ChargeDeMission => Role::ChargeDeMission { dlas },
            RoleName::ResponsablePorteuse => Role::ResponsablePorteuse { dlas },
            RoleName::ChargeDeMissionRegional => {
                Role::ChargeDeMissionRegional { dlas, regional: of }
            }
            RoleName::Auditeur => Role::Auditeur { auditeur: of },
            RoleName::Integration => Role::Integration { dlas },
            RoleName::Avise => Role::Avise,
            RoleName::Dpo => Role::Dpo,
            RoleName::MembreComiteAppui => Role::MembreComiteAppui { dlas },
            RoleName::Financeur => Role::Financeur { financeur: of },
            RoleName::StructureBeneficiaire => Role::StructureBeneficiaire { structure: of },
            RoleName::Prestataire => Role::Prestataire { prestataire: of },
            RoleName::Partenaire => Role::Partenaire { partenaire: of },
            RoleName::Admin | RoleName::House => Role::Admin,
        }
    }

    /// The same command with a part of another in place of its own, or without a part.
    fn twist(&mut self, input: &mut Map<String, Value>) {
        let names: Vec<_> = input.keys().cloned().collect();
        let Some(name) = self.dice.one(&names).cloned() else { return };
        match self.dice.below(5) {
            0 => drop(input.remove(&name)),
            1 => drop(input.insert(name, Value::Null)),
            _ => {
                let known = self.words.get(&name).cloned().unwrap_or_default();
                if let Some(word) = self.dice.one(&known) {
                    input.insert(name, word.clone());
                }
            }
        }
    }

    /// Any mutation, as its input says it is written.
    fn made_up(&mut self) -> Step {
        let fields = self.schema["mutationType"]["fields"].as_array().cloned();
        let field = self.dice.one(&fields.unwrap_or_default()).cloned();
        let field = field.unwrap_or_default();
        let of = text(&field["args"][0]["type"]["ofType"]["name"]);
        let Value::Object(input) = self.input(&of) else { unreachable!("an input") };
        let roles = [RoleName::ChargeDeMission, RoleName::ResponsablePorteuse, RoleName::Admin];
        let r#as = *self.dice.one(&roles).unwrap();
        let step = json!({ "as": r#as, "do": text(&field["name"]), "input": input });
        serde_json::from_value(step).expect("a step")
    }

    fn input(&mut self, of: &str) -> Value {
        let types = self.schema["types"].as_array();
        let known = types.into_iter().flatten().find(|it| it["name"] == of);
        let known = known.cloned().unwrap_or_default();
        if let Some(values) = known["enumValues"].as_array() {
            return self
                .dice
                .one(values)
                .map_or(Value::Null, |it| it["name"].clone());
        }
        let fields = known["inputFields"].as_array().cloned().unwrap_or_default();
        let mut input = Map::new();
        for field in fields {
            let needed = field["type"]["kind"] == "NON_NULL";
            let name = text(&field["name"]);
            // Nobody here has seen a version.
            if needed || name != "seenVersion" && self.dice.percent(50) {
                let value = self.value(&name, &field["type"]);
                input.insert(name, value);
            }
        }
        Value::Object(input)
    }

    /// What a field of that name and type may say: what one said elsewhere, most of the time.
    fn value(&mut self, name: &str, of: &Value) -> Value {
        let known = self.words.get(name).cloned().unwrap_or_default();
        if let Some(word) = self.dice.one(&known)
            && self.dice.percent(90)
        {
            return word.clone();
        }
        match of["kind"].as_str() {
            Some("NON_NULL") => self.value(name, &of["ofType"]),
            Some("LIST") => {
                let count = self.dice.below(3);
                (0..count)
                    .map(|_| self.value(name, &of["ofType"]))
                    .collect()
            }
            Some("SCALAR") => self.scalar(&text(&of["name"])),
            _ => self.input(&text(&of["name"])),
        }
    }

    fn scalar(&mut self, of: &str) -> Value {
        let names: Vec<_> = self.ids.keys().cloned().collect();
        match of {
            "ID" => self
                .dice
                .one(&names)
                .map_or(json!("x"), |it| json!(format!("@{it}"))),
            "Int" => json!(self.dice.below(4)),
            "Boolean" => json!(self.dice.percent(50)),
            "Date" => json!("2026-03-16"),
            "Cents" | "Position" | "Version" => json!(self.dice.below(300_000).to_string()),
            "UUID" => json!(Uuid::from_u64_pair(7, self.dice.throw() % 3)),
            _ => json!("Un mot."),
        }
    }

    /// Ids in place of names.
    fn with_ids(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix('@') {
                Some(name) => {
                    let nowhere = || global("Ingenierie", Uuid::from_u128(404));
                    json!(self.ids.get(name).cloned().unwrap_or_else(nowhere))
                }
                None => value.clone(),
            },
            Value::Array(items) => items.iter().map(|it| self.with_ids(it)).collect(),
            Value::Object(members) => {
                let members = members.iter();
                members
                    .map(|(name, it)| (name.clone(), self.with_ids(it)))
                    .collect()
            }
            other => other.clone(),
        }
    }
}

/// Whether the table of rights gives the mutation to the role.
fn may(role: RoleName, mutation: &str) -> bool {
    let mut lines = RIGHTS.lines();
    let roles: Vec<_> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let place = roles.iter().position(|it| *it == role.as_str());
    let mut rows = lines.map(|it| it.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|it| it.first() == Some(&mutation));
    match (place, row) {
        (Some(place), Some(row)) => row.get(place + 1) == Some(&"yes"),
        _ => false,
    }
}

/// Keeps what each field says, by its name.
fn harvest(value: &Value, words: &mut BTreeMap<String, Vec<Value>>) {
    match value {
        Value::Object(members) => {
            for (name, it) in members {
                let known = words.entry(name.clone()).or_default();
                if !known.contains(it) {
                    known.push(it.clone());
                }
                harvest(it, words);
            }
        }
        Value::Array(items) => items.iter().for_each(|it| harvest(it, words)),
        _ => (),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn global(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn uuid(global: &str) -> Option<Uuid> {
    let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(global).ok()?).ok()?;
    plain.split_once(':')?.1.parse().ok()
}

/// Plays a case by so many throws of the dice, and reads what came of it.
async fn played(case: &str, throws: (u64, usize)) -> anyhow::Result<Seen> {
    let mut play = Play::of(case, throws).await?;
    play.run().await?;
    let facts = rules::facts(&play.facts).await?;
    rules::check(&facts)?;
    let mut seen = std::mem::take(&mut play.seen);
    seen.kinds = facts.into_iter().map(|it| it.kind).collect();
    play.facts.close().await;
    play.house.close().await?;
    Ok(seen)
}

/// Those that `rules` knows.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_in_whatever_order_the_hard_rules_hold() -> anyhow::Result<()> {
    let mut all = Seen::default();
    for (case, seed, chaos) in [("acm", 1, 3), ("fe2-3", 2, 6)] {
        let seen = played(case, (seed, chaos)).await;
        let seen = seen.with_context(|| format!("case {case}, seed {seed}"))?;
        all.accepted += seen.accepted;
        for (code, count) in seen.refused {
            *all.refused.entry(code).or_default() += count;
        }
        all.mutations.extend(seen.mutations);
        all.kinds.extend(seen.kinds);
    }
    let Seen { accepted, refused, mutations, kinds } = all;
    // Much was done, much was refused for many reasons, and the cases went far.
    let refusals: usize = refused.values().sum();
    ensure!(accepted > 400 && refusals > 300 && refused.len() > 30, "{accepted} {refused:?}");
    ensure!(mutations.len() > 100, "{} mutations", mutations.len());
    let far = [
        "IngenierieCollectiveConfirmed",
        "IngenierieCollectiveStarted",
        "PlanFinancementConfirmed",
        "PrestataireChosen",
        "PresenceRecorded",
        "EvaluationSynthesised",
        "ElementPublished",
    ];
    let far = far.into_iter().filter(|it| kinds.contains(*it)).count();
    ensure!(far >= 4, "no case went far: {kinds:?}");
    Ok(())
}
