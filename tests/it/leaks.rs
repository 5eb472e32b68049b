//! Who reads what, field by field: the whole schema is walked over HTTP by every sort of caller, in
//! a world where each has something to read and something that is hidden from them.
//!
//! `leaks.txt` is the matrix, compared at every run. Beside it: what was planted is found in no
//! answer of those who may not read it, and what is hidden answers as what does not exist.

mod schema;
mod walk;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use anyhow::ensure;
use expect_test::expect_file;
use serde_json::{Map, Value, json};

use self::{
    schema::{Field, Schema},
    walk::Walk,
    world::{Caller, SECRETS, World, noun_of, refusals},
};

/// Commands that a role may give on an object that it does not read, each for a reason.
const BLIND: &[(&str, &str)] = &[
    // A comité speaks of dossiers of its DLA that no agenda holds.
    ("MEMBRE_COMITE_APPUI", "recordAvis"),
];

/// How many commands go at once: the guard lets ten fields of the root pass.
const AT_ONCE: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_reads_what_is_theirs_and_nothing_else() -> anyhow::Result<()> {
    let world = World::open().await?;
    let callers = world.callers()?;
    let schema = Schema::read(&callers[0].visitor).await?;
    let finders: Vec<_> = callers.iter().filter(|it| it.finds).collect();
    let walk = Walk::find(&schema, &finders).await?;
    let mut matrix: BTreeMap<String, String> = BTreeMap::new();
    let mut read = BTreeSet::new();
    for caller in &callers {
        let seen = walk.seen_by(&schema, caller).await?;
        let looked = world::looked(caller).await?;
        read.extend(world::told(caller, &(seen.text + &looked))?);
        for (coordinate, what) in seen.fields {
            matrix.entry(coordinate).or_default().push(what);
        }
    }
    // What nobody found would not have been missed.
    for secret in SECRETS.iter().filter(|it| !it.readers.is_empty()) {
        ensure!(read.contains(secret.text), "nobody reads `{}`", secret.text);
    }
    expect_file!["leaks.txt"].assert_eq(&printed(&callers, &matrix));
    let ids = walk.few_of_each();
    let by_id = by_id(&schema, &callers[0], &ids).await?;
    let commands = Commands::read(&world, &schema, &callers[0], &ids).await?;
    for caller in &callers {
        let hidden = hidden_from(caller, &ids).await?;
        hidden_is_absent(&schema, caller, &by_id, &hidden).await?;
        commands.tell_nothing(caller, &hidden).await?;
    }
    world.house.close().await
}

/// One line a field, one column a caller.
fn printed(callers: &[Caller], matrix: &BTreeMap<String, String>) -> String {
    let mut text = String::from(
        "v a value, . null or empty, - nothing to ask it of, ! refused; by column:\n\n",
    );
    for (n, caller) in callers.iter().enumerate() {
        let _ = writeln!(text, "{}{}", "|".repeat(n), caller.name);
    }
    text.push('\n');
    for (coordinate, line) in matrix {
        let _ = writeln!(text, "{line} {coordinate}");
    }
    text
}

/// Those of some objects that a caller does not see.
async fn hidden_from(caller: &Caller, ids: &[String]) -> anyhow::Result<Vec<String>> {
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }";
    let answer = caller.visitor.asks(query, json!({ "ids": ids })).await?;
    let nodes = answer["nodes"].as_array().into_iter().flatten();
    let hidden = ids.iter().zip(nodes).filter(|(_, it)| it.is_null());
    Ok(hidden.map(|(id, _)| id.clone()).collect())
}

/// An id of the same noun, of nothing.
fn absent_like(id: &str) -> String {
    world::id(&noun_of(id).unwrap_or_default(), world::ABSENT)
}

/// The fields of the root that take an id, each with a noun that it takes: an id of another one is
/// refused before anything is read.
async fn by_id(
    schema: &Schema,
    caller: &Caller,
    ids: &[String],
) -> anyhow::Result<Vec<(Field, String)>> {
    let nouns: BTreeSet<_> = ids.iter().filter_map(|it| noun_of(it)).collect();
    let mut all = vec![];
    for field in schema.fields("Query") {
        if !Schema::wants_id(&field) || !field.composite {
            continue;
        }
        for noun in &nouns {
            let call = schema.call(&field, Some(&world::id(noun, world::ABSENT)));
            let asked = format!("{{ {} {{ __typename }} }}", call.unwrap_or_default());
            let answer = caller.visitor.posts(&asked, json!({})).await?;
            if answer["errors"][0]["extensions"]["code"] != "BAD_USER_INPUT" {
                all.push((field.clone(), noun.clone()));
            }
        }
    }
    ensure!(all.len() > 10, "few fields take an id: {all:?}");
    Ok(all)
}

/// By each field of the root that takes an id of that noun.
async fn hidden_is_absent(
    schema: &Schema,
    caller: &Caller,
    by_id: &[(Field, String)],
    hidden: &[String],
) -> anyhow::Result<()> {
    for id in hidden {
        let mut answers = vec![];
        for id in [id.clone(), absent_like(id)] {
            let own = by_id
                .iter()
                .filter(|(_, noun)| noun_of(&id).as_ref() == Some(noun));
            let calls = own.filter_map(|(field, _)| schema.call(field, Some(&id)));
            let calls: Vec<_> = calls.map(|it| format!("{it} {{ __typename }}")).collect();
            let asked = format!("{{ __typename {} }}", calls.join(" "));
            let answer = caller.visitor.posts(&asked, json!({})).await?;
            answers.push((refusals(&answer), answer["data"].clone()));
        }
        ensure!(answers[0] == answers[1], "{}: {id}: {answers:#?}", caller.name);
    }
    Ok(())
}

/// The commands, each with what it is about.
struct Commands<'a> {
    world: &'a World,
    schema: &'a Schema,
    /// The mutation, its input, the field of what it is about, and a noun that this field takes.
    all: Vec<[String; 4]>,
}

impl<'a> Commands<'a> {
    /// An id of another noun is refused before anything is read: so the nouns are found.
    async fn read(
        world: &'a World,
        schema: &'a Schema,
        caller: &Caller,
        ids: &[String],
    ) -> anyhow::Result<Self> {
        let nouns: BTreeSet<_> = ids.iter().filter_map(|it| noun_of(it)).collect();
        let mut all = vec![];
        for (mutation, input) in schema.commands() {
            let Some(target) = schema.target(&input) else { continue };
            for noun in &nouns {
                all.push([mutation.clone(), input.clone(), target.clone(), noun.clone()]);
            }
        }
        let mut it = Self { world, schema, all: vec![] };
        for some in all.chunks(AT_ONCE) {
            let tries: Vec<_> = some
                .iter()
                .map(|it| (it, world::id(&it[3], world::ABSENT)))
                .collect();
            let answer = it.given(caller, &tries).await?;
            for (k, command) in some.iter().enumerate() {
                let errors = answer["errors"].as_array().into_iter().flatten();
                let mut own = errors.filter(|it| it["path"][0] == format!("m{k}"));
                let of_another = |it: &Value| {
                    let code = &it["extensions"]["code"];
                    let path = it["extensions"]["path"].as_array();
                    *code == "BAD_USER_INPUT"
                        && path.is_some_and(|it| it.contains(&json!(command[2])))
                };
                if !own.any(of_another) {
                    it.all.push(command.clone());
                }
            }
        }
        ensure!(it.all.len() > 100, "few commands are about something: {:?}", it.all);
        Ok(it)
    }

    /// Each, on what is hidden from its caller and on what does not exist.
    async fn tell_nothing(&self, caller: &Caller, hidden: &[String]) -> anyhow::Result<()> {
        let role = caller.role.name().as_str();
        let mut tries = vec![];
        for command in &self.all {
            if BLIND.contains(&(role, command[0].as_str())) {
                continue;
            }
            let of_noun = |it: &&String| noun_of(it).as_ref() == Some(&command[3]);
            tries.extend(hidden.iter().find(of_noun).map(|id| (command, id.clone())));
        }
        for some in tries.chunks(AT_ONCE) {
            let absent = some.iter().map(|(command, id)| (*command, absent_like(id)));
            let absent: Vec<_> = absent.collect();
            let one = refusals(&self.given(caller, some).await?);
            let other = refusals(&self.given(caller, &absent).await?);
            for (one, other) in one.iter().zip(&other) {
                ensure!(one == other, "{}: {some:#?}: {one:#} {other:#}", caller.name);
            }
            ensure!(one.len() == other.len(), "{}: {some:#?}", caller.name);
        }
        Ok(())
    }

    /// Some commands at once, each on an object.
    async fn given(
        &self,
        caller: &Caller,
        some: &[(&[String; 4], String)],
    ) -> anyhow::Result<Value> {
        let (mut declared, mut calls) = (String::new(), String::new());
        let mut variables = Map::new();
        for (k, ([mutation, input, target, _], id)) in some.iter().enumerate() {
            let mut given = self.schema.filled(input);
            given["commandId"] = json!(self.world.command_id());
            let listed = given[target.as_str()].is_array();
            given[target.as_str()] = if listed { json!([id]) } else { json!(id) };
            let _ = write!(declared, "$i{k}: {input}! ");
            let _ = write!(calls, "m{k}: {mutation}(input: $i{k}) {{ position }} ");
            variables.insert(format!("i{k}"), given);
        }
        let document = format!("mutation({declared}) {{ {calls} }}");
        caller
            .visitor
            .posts(&document, Value::Object(variables))
            .await
    }
}
