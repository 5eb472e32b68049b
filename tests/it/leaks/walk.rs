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
/// How many fields of the root are asked for at once.
const ROOTS_AT_ONCE: usize = 8;
/// How many objects of a noun are tried.
const OF_A_NOUN: usize = 2;
/// How far it goes: the guard bounds the depth.
const STEPS_MAX: usize = 9;

/// A field as it is asked for, and the type that it leads to.
type Step = (String, String);

/// From a field of the root to a type.
type Path = Vec<Step>;

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

/// Someone who finds the way, and the types that they have reached.
struct Finder<'a> {
    caller: &'a Caller,
    reached: BTreeSet<String>,
    /// Those from which they have not gone on, and how they came there.
    to_see: VecDeque<(String, Path)>,
}

impl Walk {
    /// Finds a way to each type that the finders can reach: the shortest of the first who does.
    pub(crate) async fn find(schema: &Schema, finders: &[&Caller]) -> anyhow::Result<Self> {
        let mut walk = Self { roots: vec![], paths: BTreeMap::new(), ids: BTreeSet::new() };
        let mut finders: Vec<_> = finders
            .iter()
            .map(|caller| Finder { caller, reached: BTreeSet::new(), to_see: VecDeque::new() })
            .collect();
        // What lists hold is met first, so that its ids are known to the fields that want one.
        let (want_id, others): (Vec<_>, Vec<_>) = schema
            .fields("Query")
            .into_iter()
            .partition(Schema::wants_id);
        for field in others {
            let call = schema.call(&field, None).context("a call")?;
            walk.roots.push(call.clone());
            for finder in finders.iter_mut().filter(|_| field.composite) {
                walk.step(schema, finder, &[], std::slice::from_ref(&call))
                    .await?;
            }
        }
        walk.follow(schema, &mut finders).await?;
        for field in want_id.iter().filter(|it| it.composite) {
            let mut chosen = None;
            for id in walk.few_of_each() {
                let Some(call) = schema.call(field, Some(&id)) else { continue };
                // An id of another noun is refused before anything is read.
                if !walk.takes(finders[0].caller, &call).await? {
                    continue;
                }
                for finder in &mut finders {
                    if chosen.is_none() && walk.answers(finder.caller, &call).await? {
                        walk.step(schema, finder, &[], std::slice::from_ref(&call))
                            .await?;
                        chosen = Some(call.clone());
                    }
                }
            }
            walk.roots.extend(chosen);
        }
        walk.follow(schema, &mut finders).await?;
        Ok(walk)
    }

    /// Whether a field of the root takes the id that it is told.
    async fn takes(&self, finder: &Caller, call: &str) -> anyhow::Result<bool> {
        let asked = format!("{{ {call} {{ __typename }} }}");
        let answer = finder.visitor.posts(&asked, json!({})).await?;
        Ok(answer["errors"][0]["extensions"]["code"] != "BAD_USER_INPUT")
    }

    /// Whether it answers something.
    async fn answers(&self, finder: &Caller, call: &str) -> anyhow::Result<bool> {
        let asked = format!("{{ {call} {{ __typename }} }}");
        let answer = finder.visitor.posts(&asked, json!({})).await?;
        Ok(!flat(&answer["data"][name_of(call)]).is_empty())
    }

    /// Goes on from each type that was reached.
    async fn follow(&mut self, schema: &Schema, finders: &mut [Finder<'_>]) -> anyhow::Result<()> {
        for finder in finders {
            while let Some((of, path)) = finder.to_see.pop_front() {
                let fields = schema.fields(&of);
                let composite = fields.iter().filter(|it| it.composite);
                let calls: Vec<_> = composite.filter_map(|it| schema.call(it, None)).collect();
                if path.len() < STEPS_MAX && !calls.is_empty() {
                    self.step(schema, finder, &path, &calls).await?;
                }
                // Its plain fields, for the ids that they hold.
                let asked = query(&[(&path, &plain(schema, &of))]);
                let answer = finder.caller.visitor.posts(&asked, json!({})).await?;
                gather(&answer, &mut self.ids);
            }
        }
        Ok(())
    }

    /// One step further, where someone gets something: the types that they had not reached.
    async fn step(
        &mut self,
        schema: &Schema,
        finder: &mut Finder<'_>,
        path: &[Step],
        calls: &[String],
    ) -> anyhow::Result<()> {
        let mut waiting = VecDeque::from([calls]);
        while let Some(calls) = waiting.pop_front() {
            let asked: Vec<_> = calls
                .iter()
                .map(|it| format!("{it} {{ __typename }}"))
                .collect();
            let asked = query(&[(path, &asked.join(" "))]);
            let answer = finder.caller.visitor.posts(&asked, json!({})).await?;
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
                    if known && finder.reached.insert(of.to_owned()) {
                        let mut longer = path.to_vec();
                        longer.push((call.clone(), of.to_owned()));
                        let first = self.paths.entry(of.to_owned());
                        first.or_insert_with(|| longer.clone());
                        finder.to_see.push_back((of.to_owned(), longer));
                    }
                }
            }
        }
        Ok(())
    }

    /// Some ids of each noun, far from one another in their order: of several dossiers.
    pub(crate) fn few_of_each(&self) -> Vec<String> {
        let mut by_noun: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for id in &self.ids {
            if let Some(noun) = noun_of(id) {
                by_noun.entry(noun).or_default().push(id);
            }
        }
        let few = by_noun.into_values().flat_map(|all| {
            let step = all.len().div_ceil(OF_A_NOUN).max(1);
            all.into_iter().step_by(step).cloned().collect::<Vec<_>>()
        });
        few.collect()
    }

    /// Every field of every type, as a caller is answered.
    pub(crate) async fn seen_by(&self, schema: &Schema, caller: &Caller) -> anyhow::Result<Seen> {
        let mut seen = Seen::default();
        let fields = schema.fields("Query");
        let asked = |call: &String| {
            let field = fields.iter().find(|it| it.name == name_of(call));
            let composite = field.is_some_and(|it| it.composite);
            if composite { format!("{call} {{ __typename }}") } else { call.clone() }
        };
        let mut waiting: VecDeque<_> = self.roots.chunks(ROOTS_AT_ONCE).collect();
        while let Some(calls) = waiting.pop_front() {
            let all: Vec<_> = calls.iter().map(asked).collect();
            let answer = caller
                .visitor
                .posts(&query(&[(&[], &all.join(" "))]), json!({}))
                .await?;
            seen.text += &answer.to_string();
            // One that may not be null takes the others with it.
            if answer["data"].is_null() && calls.len() > 1 {
                let (one, other) = calls.split_at(calls.len() / 2);
                waiting.extend([one, other]);
                continue;
            }
            for name in calls.iter().map(|it| name_of(it)) {
                let errors = answer["errors"].as_array();
                let mut errors = errors.into_iter().flatten();
                let refused = errors.any(|it| it["path"][0] == name || answer["data"].is_null());
                let what = if refused { '!' } else { said(&answer["data"][name]) };
                seen.fields.insert(format!("Query.{name}"), what);
            }
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
                .map(|(of, it)| (self.paths[*of].as_slice(), it.as_str()))
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
fn query(all: &[(&[Step], &str)]) -> String {
    let mut text = String::from("{");
    for (n, (path, asked)) in all.iter().enumerate() {
        let mut inner = (*asked).to_owned();
        for (depth, (call, of)) in path.iter().enumerate().rev() {
            let key = if depth == 0 { format!("a{n}: ") } else { String::new() };
            inner = format!("{key}{call} {{ __typename ... on {of} {{ {inner} }} }}");
        }
        text.push(' ');
        text += &inner;
    }
    text + " }"
}

/// The field of a call.
fn name_of(call: &str) -> &str {
    call.split('(').next().unwrap_or_default()
}

/// The key of a way in an answer.
fn key(path: &[Step], n: usize) -> String {
    if path.is_empty() { String::new() } else { format!("a{n}") }
}

/// The objects at the end of a way.
fn holders<'a>(data: &'a Value, path: &[Step], n: usize) -> Vec<&'a Value> {
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
