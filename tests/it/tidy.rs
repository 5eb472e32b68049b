//! The rules of the house that a test can hold: floors, sizes, absences.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Who may lean on whom: a crate sees only the floors below it.
const FLOORS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("eventlog", &["domain"]),
    ("projections", &["domain", "eventlog"]),
    ("engine", &[]),
    ("api", &["domain", "eventlog", "projections"]),
];

/// Libraries that belong to some floors only.
const KEPT_IN: &[(&str, &[&str])] = &[
    ("async-graphql", &["api"]),
    ("async-graphql-itself", &["engine"]),
    ("axum", &["api"]),
    ("jsonwebtoken", &["api"]),
    ("opentelemetry", &["api"]),
    ("sqlx", &["eventlog", "projections"]),
    ("tokio", &["eventlog", "projections", "api"]),
];

/// The longest file of code. At 400 look for the second subject.
const LINES_MAX: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests stand in the house")
        .to_owned()
}

/// What a crate depends on, tests apart.
fn dependencies(krate: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join(krate).join("Cargo.toml")).unwrap();
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|it| it.split(['.', '=', ' ']).next())
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Files of code, tests apart.
fn sources(extension: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() && name != "tests" && name != "dist" && name != "node_modules" {
                walk(&path, extension, found);
            } else if path.extension().is_some_and(|it| it == extension) && name != "tests.rs" {
                found.push(path);
            }
        }
    }
    let mut found = vec![];
    for (krate, _) in FLOORS {
        walk(&root().join(krate).join("src"), extension, &mut found);
    }
    found
}

#[test]
fn every_crate_leans_only_on_the_floors_below() {
    for (krate, below) in FLOORS {
        let needs = dependencies(krate);
        assert!(!needs.is_empty(), "{krate}");
        for (other, _) in FLOORS {
            assert!(
                below.contains(other) || !needs.contains(*other),
                "{krate} must not lean on {other}"
            );
        }
    }
}

#[test]
fn libraries_stay_on_their_floors() {
    for (library, floors) in KEPT_IN {
        for (krate, _) in FLOORS {
            let there = dependencies(krate).contains(*library);
            assert!(!there || floors.contains(krate), "{library} does not belong in {krate}");
        }
    }
}

#[test]
fn no_file_holds_two_subjects() {
    for file in sources("rs") {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines", file.display());
    }
}

#[test]
fn every_room_says_what_it_is_for() {
    for file in sources("rs") {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{} has no header", file.display());
    }
}

#[test]
fn facts_are_written_in_one_place() {
    for file in sources("rs") {
        let text = fs::read_to_string(&file).unwrap();
        let writes = text.contains("log.append(") || text.contains("insert into log.event");
        assert!(!writes || file.ends_with("eventlog/src/append.rs"), "{}", file.display());
    }
}

#[test]
fn the_log_knows_no_noun_of_the_trade() {
    let nouns = [
        "Accompagnement",
        "Consultation",
        "Document",
        "Ingenierie",
        "Intervention",
        "Organisation",
        "PlanFinancement",
        "Capitalisation",
        "CasPasse",
        "Referentiel",
        "ComiteAppui",
        "Convention",
        "MandatAudit",
    ];
    for file in sources("rs")
        .iter()
        .filter(|it| it.starts_with(root().join("eventlog")))
    {
        let text = fs::read_to_string(file).unwrap();
        for noun in nouns {
            // A doc comment may give an example; code may not.
            let named = text
                .lines()
                .any(|it| !it.trim_start().starts_with("//") && it.contains(noun));
            assert!(!named, "{} names {noun}", file.display());
        }
    }
}

#[test]
fn nothing_is_left_unfinished() {
    for file in sources("rs").into_iter().chain(sources("sql")) {
        let text = fs::read_to_string(&file).unwrap();
        for word in ["todo!", "unimplemented!", "TODO", "FIXME", "XXX"] {
            assert!(!text.contains(word), "{} holds {word}", file.display());
        }
    }
}
