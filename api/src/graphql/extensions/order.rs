//! Fields in the order of the document. The engine writes them as they become ready.

use async_graphql::{
    Name, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

/// Writes an answer in the order of its document (specification 6.3).
pub(super) fn of_document(document: &ExecutableDocument, data: &mut Value) {
    if let Some((_, operation)) = document.operations.iter().next() {
        Asked::of(document, &[&operation.node.selection_set.node]).order(data);
    }
}

/// The keys that some sets ask for, whatever the type, each with what is asked below it.
struct Asked<'a>(IndexMap<&'a Name, Self>);

impl<'a> Asked<'a> {
    fn of(document: &'a ExecutableDocument, sets: &[&'a SelectionSet]) -> Self {
        let mut keys = IndexMap::new();
        for set in sets {
            collect(document, set, &mut keys);
        }
        let below = |(key, sets): (_, Vec<_>)| (key, Self::of(document, &sets));
        Self(keys.into_iter().map(below).collect())
    }

    fn order(&self, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|it| self.order(it)),
            Value::Object(members) => {
                for (key, asked) in self.0.iter().filter(|(_, asked)| !asked.0.is_empty()) {
                    if let Some(value) = members.get_mut(*key) {
                        asked.order(value);
                    }
                }
                let mut keys = self.0.keys();
                // What needs nothing looked up is ready in its order.
                if !members.keys().all(|it| keys.any(|key| *key == it)) {
                    members.sort_by_cached_key(|key, _| self.0.get_index_of(key));
                }
            }
            _ => {}
        }
    }
}

/// Adds the keys of a set, each with the sets below it.
fn collect<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    keys: &mut IndexMap<&'a Name, Vec<&'a SelectionSet>>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => keys
                .entry(&field.node.response_key().node)
                .or_default()
                .push(&field.node.selection_set.node),
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
