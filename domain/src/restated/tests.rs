//! Before and after, and that what is declared exists.

use std::{fs, path::Path};

use serde_json::json;

use super::*;

fn seen(category: &str, facts: &[(&str, Value)]) -> Vec<(String, Value, Value)> {
    let (kind, _) = facts.last().unwrap();
    let all = subject(category, kind)
        .unwrap()
        .changes(facts.iter().map(|(kind, it)| (*kind, it)));
    let value = |it: Option<Value>| it.unwrap_or(Value::Null);
    all.into_iter()
        .map(|it| (it.pointer, value(it.before), value(it.after)))
        .collect()
}

fn change(pointer: &str, before: Value, after: Value) -> (String, Value, Value) {
    (pointer.to_owned(), before, after)
}

#[test]
fn a_part_is_said_anew_and_the_rest_stands() {
    let added = ("DepenseAdded", json!({ "ligne": 1, "poste": "SALLE", "montant": 900 }));
    let revised = |montant| ("DepenseRevised", json!({ "ligne": 1, "montant": montant }));
    let removed = ("DepenseRemoved", json!({ "ligne": 1 }));
    let mut facts = vec![added];
    assert_eq!(
        seen("plan_financement", &facts),
        [
            change("/montant", Value::Null, json!(900)),
            change("/poste", Value::Null, json!("SALLE"))
        ]
    );
    facts.extend([revised(1_000), revised(1_100)]);
    assert_eq!(seen("plan_financement", &facts), [change("/montant", json!(1_000), json!(1_100))]);
    facts.push(removed);
    assert_eq!(
        seen("plan_financement", &facts),
        [
            change("/montant", json!(1_100), Value::Null),
            change("/poste", json!("SALLE"), Value::Null)
        ]
    );
}

#[test]
fn what_is_said_whole_forgets_what_it_leaves_out() {
    let identite = |it: Value| json!({ "identite": it });
    let facts = [
        (
            "OrganisationRegistered",
            identite(json!({ "ape": "8899B", "denomination": "A", "identifiants": { "rna": "W1" },
                "secteurs": ["SPORT"] })),
        ),
        (
            "OrganisationIdentityCorrected",
            identite(json!({ "denomination": "A", "identifiants": { "rna": "W2", "siren": "7" },
                "secteurs": ["SPORT", "CULTURE"] })),
        ),
    ];
    assert_eq!(
        seen("organisation", &facts),
        [
            change("/identite/identifiants/rna", json!("W1"), json!("W2")),
            change("/identite/identifiants/siren", Value::Null, json!("7")),
            change("/identite/secteurs", json!(["SPORT"]), json!(["SPORT", "CULTURE"])),
            change("/identite/ape", json!("8899B"), Value::Null),
        ]
    );
}

#[test]
fn one_line_is_not_another() {
    let depense = subject("plan_financement", "DepenseAdded").unwrap();
    assert!(depense.same(&json!({ "ligne": 1 }), &json!({ "ligne": 1, "montant": 3 })));
    assert!(!depense.same(&json!({ "ligne": 1 }), &json!({ "ligne": 2 })));
    assert_eq!(subject("plan_financement", "RessourcePaid"), None, "payments add up");
    assert_eq!(subject("dla", "DepenseAdded"), None);
}

#[test]
fn what_is_declared_exists() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let known = crate::event_kinds();
    for subject in SUBJECTS {
        for kind in subject.kinds() {
            assert!(known.contains(&(subject.category, kind)), "{}.{kind}", subject.category);
            let about = SUBJECTS.iter().filter(|it| it.category == subject.category);
            assert_eq!(about.filter(|it| it.kinds().any(|it| it == kind)).count(), 1, "{kind}");
            let file = golden.join(format!("{}.{kind}.v1.json", subject.category));
            let fact: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
            for member in subject.of {
                assert!(fact["data"].get(member).is_some(), "{kind} has no `{member}`");
            }
        }
    }
}
