//! What a line says of a row, whatever its texts hold.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Kind, line::Lines};

fn columns(all: &[(&str, Kind)]) -> Vec<(String, Kind)> {
    all.iter()
        .map(|(name, kind)| ((*name).to_owned(), *kind))
        .collect()
}

fn lines<'a>(columns: &[(String, Kind)], rows: impl IntoIterator<Item = &'a Value>) -> String {
    let (mut lines, mut text) = (Lines::of(columns), String::new());
    for row in rows {
        lines.add(row, &mut text).unwrap();
    }
    text
}

#[test]
fn columns_stand_in_the_order_of_the_table() {
    let columns = columns(&[("b", Kind::Plain), ("a", Kind::Plain), ("c", Kind::Plain)]);
    let rows = [json!({ "a": 1, "b": "un", "c": null }), json!({ "a": true, "b": "deux", "d": 4 })];
    assert_eq!(lines(&columns, &rows), "un\t1\t\\N\ndeux\ttrue\t\\N\n");
}

#[test]
fn what_separates_is_escaped() {
    let columns = columns(&[("a", Kind::Plain), ("b", Kind::Array), ("c", Kind::Json)]);
    let odd = "a\tb\nc\\d\"e";
    let text = lines(&columns, [&json!({ "a": odd, "b": [odd, "NULL"], "c": [odd] })]);
    let [a, b, c] = text.trim_end_matches('\n').split('\t').collect::<Vec<_>>()[..] else {
        panic!("{text:?}")
    };
    assert_eq!(a, "a\\tb\\nc\\\\d\"e");
    assert_eq!(b, "{\"a\\tb\\nc\\\\\\\\d\\\\\"e\",\"NULL\"}");
    assert_eq!(c, "[\"a\\\\tb\\\\nc\\\\\\\\d\\\\\"e\"]");
}

#[test]
fn a_struct_says_what_its_json_says() {
    #[derive(Serialize)]
    struct Inner {
        c: Option<i64>,
        d: Vec<i64>,
    }
    #[derive(Serialize)]
    struct Row {
        a: Option<&'static str>,
        #[serde(flatten)]
        inner: Inner,
        #[serde(skip_serializing_if = "Option::is_none")]
        e: Option<Value>,
        f: Option<Inner>,
    }
    let columns = columns(&[
        ("a", Kind::Plain),
        ("c", Kind::Plain),
        ("d", Kind::Array),
        ("e", Kind::Json),
        ("f", Kind::Json),
    ]);
    let none = Row { a: None, inner: Inner { c: None, d: vec![] }, e: None, f: None };
    let inner = || Inner { c: Some(-1), d: vec![1, 2] };
    let all = Row { a: Some("un"), inner: inner(), e: Some(json!("é")), f: Some(inner()) };
    for row in [none, all] {
        let (mut lines_of, mut text) = (Lines::of(&columns), String::new());
        lines_of.add(&row, &mut text).unwrap();
        assert_eq!(text, lines(&columns, [&serde_json::to_value(&row).unwrap()]));
    }
    let seq = Lines::of(&columns).add(&[1], &mut String::new());
    assert!(seq.is_err(), "a row is a struct");
}
