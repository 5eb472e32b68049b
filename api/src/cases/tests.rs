use super::*;

fn cases() -> Vec<(&'static str, Case)> {
    CASES
        .into_iter()
        .map(|(name, text)| (name, serde_json::from_str(text).unwrap()))
        .collect()
}

/// The names that a value asks for.
fn asked(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => text.strip_prefix('@').into_iter().collect(),
        Value::Array(items) => items.iter().flat_map(asked).collect(),
        Value::Object(members) => members.values().flat_map(asked).collect(),
        _ => vec![],
    }
}

#[test]
fn every_step_names_what_a_step_before_opened() {
    for (case, Case { guests, steps }) in cases() {
        let mut opened = BTreeSet::new();
        for (n, step) in steps.iter().enumerate() {
            for (place, step) in step.given(n + 1) {
                let names = step.input.values().flat_map(asked);
                for name in names.chain(step.of.as_deref()) {
                    assert!(opened.contains(name), "{case}, step {}: {name}", n + 1);
                }
                if opens(&step.r#do).is_some() {
                    assert_eq!(step.name.as_ref(), Some(&place), "{case}, step {}", n + 1);
                    assert!(opened.insert(place), "{case}, step {}: opened twice", n + 1);
                }
            }
        }
        for name in guests.values() {
            assert!(opened.contains(name), "{case}, guest {name}");
        }
    }
}

#[test]
fn steps_are_told_in_the_order_of_their_dates() {
    for (case, Case { steps, .. }) in cases() {
        let dates: Vec<_> = steps.iter().map(|it| it.input["on"].as_str()).collect();
        assert!(dates.iter().all(Option::is_some), "{case}");
        assert!(dates.is_sorted(), "{case}");
    }
}

#[test]
fn a_step_is_given_once_for_each() {
    let step = json!({
        "each": ["9A", "08..11"],
        "name": "structure-{each}",
        "as": "ADMIN",
        "do": "registerOrganisation",
        "input": { "denomination": "Association n° {each}", "secteurs": ["{each}"] },
    });
    let step: Step = serde_json::from_value(step).unwrap();
    let given = step.given(7);
    let places: Vec<_> = given.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(
        places,
        ["structure-9A", "structure-08", "structure-09", "structure-10", "structure-11"]
    );
    assert_eq!(given[1].1.input["denomination"], "Association n° 08");
    assert_eq!(given[1].1.input["secteurs"], json!(["08"]));
    let unnamed = Step { name: None, ..step };
    assert_eq!(unnamed.given(7)[1].0, "7/08");
    let once = Step { each: vec![], ..unnamed };
    assert_eq!(once.given(7)[0].0, "7");
}
