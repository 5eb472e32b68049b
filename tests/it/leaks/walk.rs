//! The way to each type of the schema, and what a caller is answered at its end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::Context;
use serde_json::{Value, json};

use super::{
    schema::Schema,
    world::{Caller, noun_of},
};

/// How many types are asked about at once: the guard lets ten fields of the root pass.
const AT_ONCE: usize = 6;
/// How far it goes: the guard bounds the depth.
const STEPS_MAX: usize = 9;

/// From a field of the root to a type, each step with the type that it leads to.
type Path = Vec<(String, String)>;

pub(crate) struct Walk {
    /// The fields of the root, as they are asked for.
    roots: Vec<String>,
    paths: BTreeMap<String, Path>,
    /// Every global id that was met.
    pub(crate) ids: BTreeSet<String>,
}

/// What a caller was answered.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) fields: BTreeMap<String, char>,
    pub(crate) text: String,
}

/// A type that was reached, how, and who reached it.
type Reached<'a> = (String, Path, &'a Caller);

impl Walk {
    /// Finds a way to each type that the finders can reach, the shortest first.
    pub(crate) async fn find(schema: &Schema, finders: &[&Caller]) -> anyhow::Result<Self> {
        let mut walk = Self { roots: vec![], paths: BTreeMap::new(), ids: BTreeSet::new() };
        let mut to_see = VecDeque::new();
        // What lists hold is met first, so that its ids are known to the fields that want one.
        let (want_id, others): (Vec<_>, Vec<_>) = schema
            .fields("Query")
            .into_iter()
            .partition(Schema::wants_id);
        for field in others {
            let call = schema.call(&field, None).context("a call")?;
            walk.roots.push(call.clone());
            for finder in finders.iter().filter(|_| field.composite) {
                let calls = [call.clone()];
                to_see.extend(walk.step(schema, finder, &vec![], &calls).await?);
            }
        }
        walk.follow(schema, &mut to_see).await?;
        for field in want_id.iter().filter(|it| it.composite) {
            let ids = walk.one_a_noun();
            let calls: Vec<_> = ids
                .iter()
                .filter_map(|id| schema.call(field, Some(id)))
                .collect();
            let mut chosen = None;
            for call in &calls {
                for finder in finders {
                    let reached = walk.step(schema, finder, &vec![], &[call.clone()]).await?;
                    if walk.answers(finder, call).await? {
                        chosen = chosen.or(Some(call.clone()));
                    }
                    to_see.extend(reached);
                }
            }
            walk.roots.extend(chosen.or_else(|| calls.first().cloned()));
        }
        walk.follow(schema, &mut to_see).await?;
        Ok(walk)
    }

    /// Whether a field of the root answers something.
    async fn answers(&self, finder: &Caller, call: &str) -> anyhow::Result<bool> {
        let asked = format!("{{ {call} {{ __typename }} }}");
        let answer = finder.visitor.posts(&asked, json!({})).await?;
        Ok(answer["data"][name_of(call)].is_object())
    }

    /// Goes on from each type that was reached.
    async fn follow<'a>(
        &mut self,
        schema: &Schema,
        to_see: &mut VecDeque<Reached<'a>>,
    ) -> anyhow::Result<()> {
        while let Some((of, path, finder)) = to_see.pop_front() {
            let fields = schema.fields(&of);
            let composite = fields.iter().filter(|it| it.composite);
            let calls: Vec<_> = composite.filter_map(|it| schema.call(it, None)).collect();
            if path.len() < STEPS_MAX && !calls.is_empty() {
                to_see.extend(self.step(schema, finder, &path, &calls).await?);
            }
            // Its plain fields, for the ids that they hold.
            let asked = plain(schema, &of);
            let answer = finder
                .visitor
                .posts(&query(&[(&path, &asked)]), json!({}))
                .await?;
            gather(&answer, &mut self.ids);
        }
        Ok(())
    }

    /// One step further, where somebody gets something: the types that nobody had reached.
    async fn step<'a>(
        &mut self,
        schema: &Schema,
        finder: &'a Caller,
        path: &Path,
        calls: &[String],
    ) -> anyhow::Result<Vec<Reached<'a>>> {
        let (mut reached, mut waiting) = (vec![], VecDeque::from([calls]));
        while let Some(calls) = waiting.pop_front() {
            let asked: Vec<_> = calls
                .iter()
                .map(|it| format!("{it} {{ __typename }}"))
                .collect();
            let asked = query(&[(path, &asked.join(" "))]);
            let answer = finder.visitor.posts(&asked, json!({})).await?;
            // Too much at once: by halves.
            if answer["data"].is_null() && calls.len() > 1 {
                let (one, other) = calls.split_at(calls.len() / 2);
                waiting.extend([one, other]);
                continue;
            }
            let holders = holders(&answer["data"], path, 0);
            for call in calls {
                for found in holders.iter().flat_map(|it| flat(&it[name_of(call)])) {
                    let Some(of) = found["__typename"].as_str() else { continue };
                    let known = schema.objects().any(|it| it == of);
                    if known && !self.paths.contains_key(of) {
                        let mut longer = path.clone();
                        longer.push((call.clone(), of.to_owned()));
                        self.paths.insert(of.to_owned(), longer.clone());
                        reached.push((of.to_owned(), longer, finder));
                    }
                }
            }
        }
        Ok(reached)
    }

    /// An id of each noun.
    fn one_a_noun(&self) -> Vec<String> {
        let mut by_noun = BTreeMap::new();
        for id in &self.ids {
            if let Some(noun) = noun_of(id) {
                by_noun.entry(noun).or_insert_with(|| id.clone());
            }
        }
        by_noun.into_values().collect()
    }

    /// Every field of every type, as a caller is answered.
    pub(crate) async fn seen_by(&self, schema: &Schema, caller: &Caller) -> anyhow::Result<Seen> {
        let mut seen = Seen::default();
        let nowhere = vec![];
        for call in &self.roots {
            let name = name_of(call);
            let field = schema
                .fields("Query")
                .into_iter()
                .find(|it| it.name == name);
            let asked = match field {
                Some(it) if it.composite => format!("{call} {{ __typename }}"),
                _ => call.clone(),
            };
            let answer = caller
                .visitor
                .posts(&query(&[(&nowhere, &asked)]), json!({}))
                .await?;
            seen.text += &answer.to_string();
            let refused = answer["errors"].is_array();
            let what = if refused { '!' } else { said(&answer["data"][name]) };
            seen.fields.insert(format!("Query.{name}"), what);
        }
        let types: Vec<_> = schema.objects().filter(|it| *it != "Query").collect();
        for of in types.iter().filter(|it| !self.paths.contains_key(**it)) {
            for field in schema.fields(of) {
                seen.fields.insert(format!("{of}.{}", field.name), '-');
            }
        }
        let types: Vec<_> = types
            .into_iter()
            .filter(|it| self.paths.contains_key(*it))
            .collect();
        let mut waiting: VecDeque<Vec<&str>> = types.chunks(AT_ONCE).map(<[_]>::to_vec).collect();
        while let Some(asked) = waiting.pop_front() {
            let selections: Vec<_> = asked.iter().map(|it| selection(schema, it)).collect();
            let all: Vec<_> = asked
                .iter()
                .zip(&selections)
                .map(|(of, it)| (&self.paths[*of], it.as_str()))
                .collect();
            let answer = caller.visitor.posts(&query(&all), json!({})).await?;
            // Too much at once: by halves.
            if answer["data"].is_null() && asked.len() > 1 {
                let (one, other) = asked.split_at(asked.len() / 2);
                waiting.extend([one.to_vec(), other.to_vec()]);
                continue;
            }
            seen.text += &answer.to_string();
            for (n, of) in asked.iter().enumerate() {
                self.tell(schema, (&answer, n), of, &mut seen);
            }
        }
        Ok(seen)
    }

    fn tell(&self, schema: &Schema, (answer, n): (&Value, usize), of: &str, seen: &mut Seen) {
        let holders = holders(&answer["data"], &self.paths[of], n);
        let errors = answer["errors"].as_array();
        for field in schema.fields(of) {
            let mut refused = errors.into_iter().flatten().filter(|it| {
                let path = it["path"].as_array();
                let ends = path.is_some_and(|it| {
                    it.first() == Some(&json!(key(&self.paths[of], n)))
                        && it.last() == Some(&json!(field.name))
                });
                ends || answer["data"].is_null()
            });
            let values: Vec<_> = holders
                .iter()
                .map(|it| said(&it[field.name.as_str()]))
                .collect();
            let what = if values.contains(&'v') {
                'v'
            } else if refused.next().is_some() {
                '!'
            } else if values.is_empty() {
                '-'
            } else {
                '.'
            };
            seen.fields.insert(format!("{of}.{}", field.name), what);
        }
    }
}

/// All that can be asked of a type.
fn selection(schema: &Schema, of: &str) -> String {
    let fields = schema.fields(of);
    let asked = fields.iter().filter_map(|it| {
        let call = schema.call(it, None)?;
        Some(if it.composite { format!("{call} {{ __typename }}") } else { call })
    });
    asked.collect::<Vec<_>>().join(" ")
}

fn plain(schema: &Schema, of: &str) -> String {
    let fields = schema.fields(of);
    let asked = fields.iter().filter(|it| !it.composite);
    let asked = asked.filter_map(|it| schema.call(it, None));
    let asked: Vec<_> = asked.collect();
    if asked.is_empty() { "__typename".to_owned() } else { asked.join(" ") }
}

/// Several ways at once, each under a key of its own.
fn query(all: &[(&Path, &str)]) -> String {
    let mut text = String::from("{");
    for (n, (path, asked)) in all.iter().enumerate() {
        let mut inner = (*asked).to_owned();
        for (depth, (call, of)) in path.iter().enumerate().rev() {
            let key = if depth == 0 { format!("a{n}: ") } else { String::new() };
            inner = format!("{key}{call} {{ __typename ... on {of} {{ {inner} }} }}");
        }
        text += &format!(" {inner}");
    }
    text + " }"
}

/// The field of a call.
fn name_of(call: &str) -> &str {
    call.split('(').next().unwrap_or_default()
}

/// The key of a way in an answer.
fn key(path: &Path, n: usize) -> String {
    if path.is_empty() { String::new() } else { format!("a{n}") }
}

/// The objects at the end of a way.
fn holders<'a>(data: &'a Value, path: &Path, n: usize) -> Vec<&'a Value> {
    let mut all = vec![data];
    for (depth, (call, of)) in path.iter().enumerate() {
        let name = name_of(call);
        let name = if depth == 0 { format!("a{n}") } else { name.to_owned() };
        let next = all.into_iter().flat_map(|it| flat(&it[name.as_str()]));
        all = next.filter(|it| it["__typename"] == *of).collect();
    }
    all
}

/// What a list holds, whatever its depth; another value is itself.
fn flat(it: &Value) -> Vec<&Value> {
    match it {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        Value::Null => vec![],
        other => vec![other],
    }
}

fn said(it: &Value) -> char {
    match it {
        Value::Null => '.',
        Value::Array(items) if items.is_empty() => '.',
        _ => 'v',
    }
}

/// The global ids that an answer holds.
fn gather(it: &Value, ids: &mut BTreeSet<String>) {
    match it {
        Value::String(text) if noun_of(text).is_some() => {
            ids.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|it| gather(it, ids)),
        Value::Object(members) => members.values().for_each(|it| gather(it, ids)),
        _ => (),
    }
}
