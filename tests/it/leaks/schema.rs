//! The schema as it says itself: types, fields, and something to say to each argument.

use std::collections::BTreeMap;

use house::Visitor;
use serde_json::{Map, Value, json};

use super::world;

const TYPES: &str = "{ __schema { types { name kind enumValues { name }
    fields { name args { name defaultValue type { ...T } } type { ...T } }
    inputFields { name defaultValue type { ...T } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The fields of the root that say how an answer was made, and nothing of the world.
const APART: &[&str] = &["errors"];

/// What a walk does not reach: what commands answer, what is followed, what says how an answer was
/// made.
const ELSEWHERE: &[&str] = &["Mutation", "Subscription", "ErrorDescription"];

pub(crate) struct Schema {
    types: BTreeMap<String, Value>,
}

/// A field that can be asked for.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    args: Vec<Value>,
    /// The type of what it holds, and whether that has fields.
    pub(crate) composite: bool,
}

impl Schema {
    pub(crate) async fn read(by: &Visitor) -> anyhow::Result<Self> {
        let mut answer = by.asks(TYPES, json!({})).await?;
        let all = answer["__schema"]["types"].take();
        let all = all.as_array().cloned().unwrap_or_default().into_iter();
        let types = all.map(|it| (text(&it["name"]), it)).collect();
        Ok(Self { types })
    }

    /// The objects that an answer may hold.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &str> {
        let objects = self.types.iter().filter(|(name, it)| {
            it["kind"] == "OBJECT" && !name.starts_with("__") && !ELSEWHERE.contains(&name.as_str())
        });
        objects
            .map(|(name, _)| name.as_str())
            .filter(|it| !it.ends_with("Payload"))
    }

    pub(crate) fn fields(&self, of: &str) -> Vec<Field> {
        let all = self.types[of]["fields"].as_array().into_iter().flatten();
        let all = all.filter(|it| of != "Query" || !APART.contains(&text(&it["name"]).as_str()));
        let field = |it: &Value| Field {
            name: text(&it["name"]),
            args: it["args"].as_array().cloned().unwrap_or_default(),
            composite: self.is_composite(&named(&it["type"])),
        };
        all.map(field).collect()
    }

    fn is_composite(&self, name: &str) -> bool {
        let kind = &self.types[name]["kind"];
        kind == "OBJECT" || kind == "INTERFACE" || kind == "UNION"
    }

    /// The field with what it must be told; none when it wants the id of something.
    pub(crate) fn call(&self, field: &Field, id: Option<&str>) -> Option<String> {
        let mut said = vec![];
        for arg in field.args.iter().filter(|it| is_needed(it)) {
            let (name, of) = (text(&arg["name"]), &arg["type"]);
            let value = match (named(of).as_str(), id) {
                ("ID", Some(id)) => shaped(of, &json!(id)),
                ("ID", None) => return None,
                _ => shaped(of, &self.value(&name, &named(of))),
            };
            said.push(format!("{name}: {}", self.literal(&named(of), &value)));
        }
        let args = if said.is_empty() { String::new() } else { format!("({})", said.join(", ")) };
        Some(format!("{}{args}", field.name))
    }

    /// Whether it must be told the id of something.
    pub(crate) fn wants_id(field: &Field) -> bool {
        let mut needed = field.args.iter().filter(|it| is_needed(it));
        needed.any(|it| named(&it["type"]) == "ID")
    }

    /// Each command with the type of its input.
    pub(crate) fn commands(&self) -> Vec<(String, String)> {
        let all = self.types["Mutation"]["fields"].as_array();
        let all = all.into_iter().flatten();
        all.map(|it| (text(&it["name"]), named(&it["args"][0]["type"])))
            .collect()
    }

    /// The first id that a command must be given: what it is about.
    pub(crate) fn target(&self, input: &str) -> Option<String> {
        let all = self.types[input]["inputFields"].as_array();
        let mut all = all.into_iter().flatten().filter(|it| is_needed(it));
        let id = all.find(|it| it["type"]["ofType"]["name"] == "ID")?;
        Some(text(&id["name"]))
    }

    /// An input with all that it must hold.
    pub(crate) fn filled(&self, input: &str) -> Value {
        let all = self.types[input]["inputFields"].as_array();
        let all = all.map(Vec::as_slice).unwrap_or_default();
        let needed: Vec<_> = all.iter().filter(|it| is_needed(it)).collect();
        // Of those that are one of several things, the first.
        let needed = if needed.is_empty() { all.iter().take(1).collect() } else { needed };
        let members = needed.into_iter().map(|it| {
            let (name, of) = (text(&it["name"]), &it["type"]);
            let value = match named(of).as_str() {
                "ID" => json!(world::any_organisation()),
                it if self.types[it]["kind"] == "INPUT_OBJECT" => self.filled(it),
                it => self.value(&name, it),
            };
            (name, shaped(of, &value))
        });
        Value::Object(members.collect::<Map<_, _>>())
    }

    /// Something of a type that means nothing in particular.
    fn value(&self, name: &str, of: &str) -> Value {
        match (name, of) {
            ("first", _) => json!(2),
            ("annee", "Int") => json!(2026),
            (_, "Int") => json!(1),
            (_, "Boolean") => json!(false),
            (_, "Date") => json!("2026-03-16"),
            (_, "UUID") => json!("00000000-0000-0000-0000-0000000c1a1e"),
            (_, "Cents" | "Position" | "Version") => json!("1"),
            _ => match self.types[of]["enumValues"][0]["name"].as_str() {
                Some(first) => json!(first),
                None => json!("1"),
            },
        }
    }

    /// As a document writes it: the names of enumerations have no quotes.
    fn literal(&self, of: &str, value: &Value) -> String {
        match value {
            Value::Array(items) => {
                let all: Vec<_> = items.iter().map(|it| self.literal(of, it)).collect();
                format!("[{}]", all.join(", "))
            }
            Value::String(name) if self.types[of]["kind"] == "ENUM" => name.clone(),
            other => other.to_string(),
        }
    }
}

/// A value, in a list where the type is one.
fn shaped(of: &Value, value: &Value) -> Value {
    match of["kind"].as_str() {
        Some("NON_NULL") => shaped(&of["ofType"], value),
        Some("LIST") => json!([value]),
        _ => value.clone(),
    }
}

fn is_needed(it: &Value) -> bool {
    it["type"]["kind"] == "NON_NULL" && it["defaultValue"].is_null()
}

/// The name of a type, whatever surrounds it.
fn named(of: &Value) -> String {
    match of["name"].as_str() {
        Some(name) => name.to_owned(),
        None if of["ofType"].is_object() => named(&of["ofType"]),
        None => String::new(),
    }
}

fn text(it: &Value) -> String {
    it.as_str().unwrap_or_default().to_owned()
}
