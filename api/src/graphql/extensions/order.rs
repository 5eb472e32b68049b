//! The fields at the root in the order of the document: below it, `engine` keeps that order by
//! itself.

use async_graphql::{
    Name, Value,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

/// Writes the members of an answer in the order of its document (specification 6.3).
pub(super) fn of_document(document: &ExecutableDocument, data: &mut Value) {
    let Value::Object(members) = data else { return };
    if members.len() < 2 {
        return;
    }
    let Some((_, operation)) = document.operations.iter().next() else { return };
    let mut keys = vec![];
    collect(document, &operation.node.selection_set.node, &mut keys);
    members.sort_by_cached_key(|key, _| keys.iter().position(|it| *it == key));
}

/// Adds the keys that a set asks for.
fn collect<'a>(document: &'a ExecutableDocument, set: &'a SelectionSet, keys: &mut Vec<&'a Name>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => keys.push(&field.node.response_key().node),
            Selection::InlineFragment(inline) => {
                collect(document, &inline.node.selection_set.node, keys);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(it) = document.fragments.get(&spread.node.fragment_name.node) {
                    collect(document, &it.node.selection_set.node, keys);
                }
            }
        }
    }
}
