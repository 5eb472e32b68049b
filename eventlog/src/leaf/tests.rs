use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{BYTES_MAX, NUMBER_MAX, Unfit, canonical, hash, time};

#[test]
fn members_are_sorted_and_nothing_is_spaced() {
    let leaf = json!({ "b": [1, true, "x"], "a": { "z": -3, "A": "é" } });
    assert_eq!(canonical(&leaf).unwrap(), r#"{"a":{"A":"é","z":-3},"b":[1,true,"x"]}"#);
}

#[test]
fn text_is_escaped_as_rfc_8785_says() {
    let leaf = json!("\u{8}\t\n\u{c}\r\"\\\u{1f}\u{7f}/\u{2028}");
    assert_eq!(canonical(&leaf).unwrap(), "\"\\b\\t\\n\\f\\r\\\"\\\\\\u001f\u{7f}/\u{2028}\"");
}

#[test]
fn text_is_normalised() {
    assert_eq!(canonical(&json!("e\u{301}")).unwrap(), "\"é\"");
}

#[test]
fn what_is_not_in_the_profile_is_refused() {
    let deep = (0..9).fold(json!(1), |it, _| json!([it]));
    for (leaf, why) in [
        (json!(null), Unfit::Null),
        (json!({ "a": null }), Unfit::Null),
        (json!(1.5), Unfit::Number),
        (json!(NUMBER_MAX + 1), Unfit::Number),
        (json!(-NUMBER_MAX - 1), Unfit::Number),
        (json!(u64::MAX), Unfit::Number),
        (json!("a\0b"), Unfit::Nul),
        (json!({ "é": 1 }), Unfit::Name),
        (deep, Unfit::TooDeep),
        (json!("x".repeat(BYTES_MAX - 1)), Unfit::TooLarge(BYTES_MAX + 1)),
    ] {
        assert_eq!(canonical(&leaf), Err(why), "{leaf:.60}");
    }
    assert!(canonical(&json!("x".repeat(BYTES_MAX - 2))).is_ok());
    assert!(canonical(&json!([NUMBER_MAX, -NUMBER_MAX])).is_ok());
}

#[test]
fn a_leaf_is_hashed_as_rfc_9162_says() {
    // SHA-256 of the single byte 0x00: the leaf hash of the empty text.
    let empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    assert_eq!(hex::encode(hash("")), empty);
}

#[test]
fn times_have_microseconds_and_end_with_z() {
    let at: Timestamp = "2026-03-16T08:15:30.5Z".parse().unwrap();
    assert_eq!(time(at), "2026-03-16T08:15:30.500000Z");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-NUMBER_MAX..=NUMBER_MAX).prop_map(Value::from),
        "[^\0]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[ -~]{0,6}", inner, 0..5)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Reading a canonical text and writing it again gives the same bytes.
    #[test]
    fn canonical_text_is_a_fixed_point(leaf in any_json()) {
        let text = canonical(&leaf).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(canonical(&read).unwrap(), text);
    }
}
