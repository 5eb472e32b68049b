//! Texts that the house cannot keep: neither Postgres nor the log holds U+0000.

use std::convert::Infallible;

use async_graphql::{
    ServerResult, Value, Variables,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use crate::{
    error::{Answer, BAD_USER_INPUT, BOTH},
    http::Language,
};

/// Refuses U+0000 in every argument, and names its place there.
pub(super) fn can_be_kept(
    document: &ExecutableDocument,
    variables: &Variables,
) -> ServerResult<()> {
    let operations = document.operations.iter().map(|(_, it)| &it.node);
    let mut definitions = operations.clone().flat_map(|it| &it.variable_definitions);
    let fragments = document.fragments.values();
    let place = operations
        .map(|it| &it.selection_set.node)
        .chain(fragments.map(|it| &it.node.selection_set.node))
        .find_map(|set| in_arguments(set, variables))
        .or_else(|| {
            definitions.find_map(|it| {
                let default = it.node.default_value.as_ref()?;
                within(&it.node.name.node, &default.node)
            })
        });
    let Some(mut place) = place else { return Ok(()) };
    place.reverse();
    let answer = Answer::of(&BAD_USER_INPUT, Language::default()).at(&place.join("."));
    let mut error = answer.into_server_error();
    if let Some(extensions) = &mut error.extensions {
        extensions.set(BOTH[0], "Ce texte contient le caractère U+0000 : retirez-le.");
        extensions.set(BOTH[1], "This text holds the character U+0000: remove it.");
    }
    Err(error)
}

/// Where an argument of a set holds one, from the inside out.
fn in_arguments(set: &SelectionSet, variables: &Variables) -> Option<Vec<String>> {
    set.items.iter().find_map(|it| match &it.node {
        Selection::Field(field) => {
            let mut arguments = field.node.arguments.iter();
            let found = arguments.find_map(|(name, value)| {
                let given =
                    |name| Ok::<_, Infallible>(variables.get(&name).cloned().unwrap_or_default());
                let Ok(value) = value.node.clone().into_const_with(given);
                within(&name.node, &value)
            });
            found.or_else(|| in_arguments(&field.node.selection_set.node, variables))
        }
        Selection::InlineFragment(it) => in_arguments(&it.node.selection_set.node, variables),
        Selection::FragmentSpread(_) => None,
    })
}

/// Where a value holds one, from the inside out.
fn in_value(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => text.contains('\0').then(Vec::new),
        Value::List(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(n, it)| within(&n.to_string(), it))
        }
        Value::Object(members) => {
            let mut members = members.iter();
            members.find_map(|(name, it)| within(name, it))
        }
        _ => None,
    }
}

/// The same, of what stands under a name.
fn within(name: &str, value: &Value) -> Option<Vec<String>> {
    let mut place = in_value(value)?;
    place.push(name.to_owned());
    Some(place)
}
