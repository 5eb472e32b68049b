//! What is stored for ever and what others read: the golden files, the codes, the rights.
//!
//! A golden file is written once (`UPDATE_EXPECT=1` writes the missing ones) and never
//! edited: it is how a fact of that time is read by every later program.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::PathBuf,
};

use expect_test::expect_file;
use serde_json::{Value, json};

use crate::{
    Capitalisation, Consultation, Decider, Dla, Evaluation, Event, IngenierieCollective,
    Organisation, PlanFinancement, RoleName, capitalisation,
    codec::{Stored, encode},
    consultation, dla, evaluation, event_kinds, ingenierie_collective, organisation,
    plan_financement, refusal_codes, rights,
};

/// One sample of every kind, by aggregate: one line each.
fn samples() -> Vec<Sample> {
    [
        of::<Capitalisation>(capitalisation::tests::samples()),
        of::<Consultation>(consultation::tests::samples()),
        of::<Dla>(dla::tests::samples()),
        of::<Evaluation>(evaluation::tests::samples()),
        of::<IngenierieCollective>(ingenierie_collective::tests::samples()),
        of::<Organisation>(organisation::tests::samples()),
        of::<PlanFinancement>(plan_financement::tests::samples()),
    ]
    .concat()
}

/// A fact as it is stored, and as a log or a mistake could show it.
#[derive(Clone)]
struct Sample {
    category: &'static str,
    stored: Stored,
    shown: [String; 2],
}

fn of<D: Decider>(events: Vec<D::Event>) -> Vec<Sample> {
    let sample = |event: D::Event| Sample {
        category: D::CATEGORY,
        stored: encode::<D>(&event).unwrap(),
        shown: [format!("{event:?}"), serde_json::to_string(&event).unwrap()],
    };
    events.into_iter().map(sample).collect()
}

impl Sample {
    fn file(&self) -> String {
        format!("{}.{}.v{}.json", self.category, self.stored.kind, self.stored.schema)
    }

    fn golden(&self) -> Value {
        let pointers = self.stored.sealed.iter().map(|it| it.pointer.as_str());
        // In the order of the text, which does not depend on that of the members.
        let sealed: BTreeSet<_> = pointers.collect();
        json!({ "data": self.stored.data, "sealed": sealed })
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Every golden file, by name.
fn golden_files() -> BTreeMap<String, Value> {
    let read = |entry: Result<fs::DirEntry, std::io::Error>| {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_str(&text).unwrap())
    };
    fs::read_dir(folder()).unwrap().map(read).collect()
}

#[test]
fn every_fact_is_written_as_its_golden_file() {
    let files = golden_files();
    let updating = env::var_os("UPDATE_EXPECT").is_some_and(|it| it == "1");
    for sample in samples() {
        let name = sample.file();
        match files.get(&name) {
            Some(file) => assert_eq!(
                *file,
                sample.golden(),
                "{name} is never edited: add an optional member, a new fact, or an upcaster",
            ),
            None if updating => {
                let text = serde_json::to_string_pretty(&sample.golden()).unwrap();
                fs::write(folder().join(name), text + "\n").unwrap();
            }
            None => panic!("golden/{name} is missing: run the test once with UPDATE_EXPECT=1"),
        }
    }
}

#[test]
fn every_golden_file_is_read_by_this_program() {
    for (name, file) in golden_files() {
        let [category, kind, schema, "json"] = name.split('.').collect::<Vec<_>>()[..] else {
            panic!("golden/{name} is not named category.Kind.vN.json")
        };
        let schema = schema.strip_prefix('v').unwrap().parse().unwrap();
        let sealed = file["sealed"].as_array().unwrap();
        let sealed = sealed.iter().map(|it| it.as_str().unwrap());
        let read = Event::decode(category, kind, schema, file["data"].clone(), sealed);
        assert!(read.is_ok(), "golden/{name}: {read:?}");
    }
}

#[test]
fn every_kind_has_a_sample_hence_a_golden_file() {
    let sampled: BTreeSet<_> = samples()
        .into_iter()
        .map(|it| (it.category, it.stored.kind))
        .collect();
    let expected: BTreeSet<_> = event_kinds()
        .into_iter()
        .map(|(category, kind)| (category, kind.to_owned()))
        .collect();
    assert_eq!(sampled, expected);
}

#[test]
fn a_sealed_value_shows_nowhere_in_clear() {
    let mut sealed = 0;
    for Sample { stored, shown, .. } in samples() {
        let stored_shown = [stored.data.to_string(), format!("{stored:?}")];
        for secret in stored.sealed.iter().flat_map(|it| texts(&it.value)) {
            sealed += 1;
            for shown in shown.iter().chain(&stored_shown) {
                assert!(!shown.contains(&secret), "{}: {shown}", stored.kind);
            }
        }
    }
    assert!(sealed > 0, "some sample seals something");
}

/// Every text and every number inside, the short ones apart: they occur by chance.
fn texts(value: &Value) -> Vec<String> {
    let texts = match value {
        Value::Null | Value::Bool(_) => vec![],
        Value::Number(number) => vec![number.to_string()],
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
    };
    texts.into_iter().filter(|it| it.len() > 4).collect()
}

#[test]
fn a_code_has_one_meaning_and_two_sentences() {
    let mut codes = BTreeSet::new();
    for entry in refusal_codes() {
        assert!(codes.insert(entry.code), "{} is used twice", entry.code);
        let screaming = |it: char| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_';
        assert!(entry.code.chars().all(screaming), "{}", entry.code);
        assert!(entry.path.chars().all(|it| it.is_ascii_alphanumeric()), "{}", entry.path);
        for sentence in [entry.fr, entry.en] {
            let ends = sentence.ends_with(['.', ':']);
            assert!(ends && sentence.len() > 10, "{}: {sentence}", entry.code);
        }
    }
}

#[test]
fn who_may_do_what_is_the_table_that_auditors_read() {
    let mut acts = BTreeSet::new();
    let mut table = format!("{:34}", "");
    for role in RoleName::ALL {
        write!(table, "  {}", role.as_str()).unwrap();
    }
    for (category, rights) in rights() {
        if rights.is_empty() {
            continue;
        }
        write!(table, "\n\n{category}").unwrap();
        for right in rights {
            assert!(acts.insert(right.act), "two commands are named {}", right.act);
            let mut row = format!("  {:32}", right.act);
            for role in RoleName::ALL {
                let mark = if right.roles.contains(role) { "yes" } else { "-" };
                write!(row, "  {mark:0$}", role.as_str().len()).unwrap();
            }
            write!(table, "\n{}", row.trim_end()).unwrap();
        }
    }
    expect_file!["rights.txt"].assert_eq(&(table + "\n"));
}
