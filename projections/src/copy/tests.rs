//! What a line says of a row, whatever its texts hold.

use serde_json::json;

use super::{Kind, write};

fn columns(all: &[(&str, Kind)]) -> Vec<(String, Kind)> {
    all.iter()
        .map(|(name, kind)| ((*name).to_owned(), *kind))
        .collect()
}

#[test]
fn columns_stand_in_the_order_of_the_table() {
    let columns = columns(&[("b", Kind::Plain), ("a", Kind::Plain), ("c", Kind::Plain)]);
    let mut text = String::new();
    write(&mut text, &json!({ "a": 1, "b": "un", "c": null }), &columns);
    write(&mut text, &json!({ "a": true, "b": "deux" }), &columns);
    assert_eq!(text, "un\t1\t\\N\ndeux\ttrue\t\\N\n");
}

#[test]
fn what_separates_is_escaped() {
    let columns = columns(&[("a", Kind::Plain), ("b", Kind::Array), ("c", Kind::Json)]);
    let mut text = String::new();
    let odd = "a\tb\nc\\d\"e";
    write(&mut text, &json!({ "a": odd, "b": [odd, "NULL"], "c": [odd] }), &columns);
    let [a, b, c] = text.trim_end_matches('\n').split('\t').collect::<Vec<_>>()[..] else {
        panic!("{text:?}")
    };
    assert_eq!(a, "a\\tb\\nc\\\\d\"e");
    assert_eq!(b, "{\"a\\tb\\nc\\\\\\\\d\\\\\"e\",\"NULL\"}");
    assert_eq!(c, "[\"a\\\\tb\\\\nc\\\\\\\\d\\\\\"e\"]");
}
