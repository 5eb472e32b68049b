//! An object of an answer, field by field, in the order of its document.

use std::{future::poll_fn, pin::Pin, sync::Arc, task::Poll};

use async_graphql_itself::{
    ContextSelectionSet, Name, Positioned, ServerResult, Value,
    indexmap::{IndexMap, map::Entry},
    parser::types::{Field, Selection},
    registry::MetaType,
    resolver_utils::{self as theirs, ContainerType},
};
use futures_util::future::join_all;

use crate::Failures;

/// A field or an item under way.
pub(crate) type Resolving<'a, T> = Pin<Box<dyn Future<Output = ServerResult<T>> + Send + 'a>>;

/// Resolves an object: its fields as the document asks for them, those of the fragments that apply
/// among them.
///
/// This is compiled for each type of the schema: what need not be stands in functions of its own.
pub async fn resolve_container<'a, T: ContainerType + ?Sized>(
    ctx: &ContextSelectionSet<'a>,
    root: &'a T,
) -> ServerResult<Value> {
    let name = root.introspection_type_name();
    let mut fields = Vec::with_capacity(ctx.item.node.items.len());
    collect(ctx, &name, &mut fields);
    if fields.is_empty() {
        return Ok(Value::Object(IndexMap::new()));
    }
    // An interface or a union: what stands behind it is for itself to resolve.
    if name != T::type_name() {
        let resolved = theirs::resolve_container(ctx, root).await?;
        return Ok(in_order(&fields, resolved));
    }
    let mut resolving: Vec<Resolving<'_, Option<Value>>> = Vec::with_capacity(fields.len());
    for field in fields.iter().filter(|it| !is_typename(it)) {
        resolving.push(Box::pin(async move {
            let ctx = ctx.with_field(field);
            root.resolve_field(&ctx).await
        }));
    }
    let resolved = together(resolving).await;
    object(ctx, &name, &fields, resolved)
}

/// What an object is, once its fields are resolved.
fn object(
    ctx: &ContextSelectionSet<'_>,
    name: &str,
    fields: &[&Positioned<Field>],
    resolved: Vec<ServerResult<Option<Value>>>,
) -> ServerResult<Value> {
    let mut resolved = resolved.into_iter();
    let failures = ctx.data_opt::<Arc<Failures>>();
    let mut members = IndexMap::with_capacity(fields.len());
    for field in fields {
        let value = if is_typename(field) {
            Value::String(name.to_owned())
        } else {
            let resolved = resolved.next().unwrap_or(Ok(None));
            match failures {
                Some(failures) => failures.of_field(ctx, (name, field), resolved),
                None => resolved?.unwrap_or_default(),
            }
        };
        insert(&mut members, &field.node.response_key().node, value);
    }
    Ok(Value::Object(members))
}

/// The members that others resolved, in the order of the document.
fn in_order(fields: &[&Positioned<Field>], mut resolved: Value) -> Value {
    if let Value::Object(members) = &mut resolved {
        let place = |key: &Name| {
            fields
                .iter()
                .position(|it| it.node.response_key().node == *key)
        };
        members.sort_by_cached_key(|key, _| place(key));
    }
    resolved
}

fn is_typename(field: &Positioned<Field>) -> bool {
    field.node.name.node == "__typename"
}

fn collect<'a>(ctx: &ContextSelectionSet<'a>, name: &str, fields: &mut Vec<&'a Positioned<Field>>) {
    let may_be = |on: &str| match ctx.schema_env.registry.types.get(on) {
        Some(
            MetaType::Interface { possible_types, .. } | MetaType::Union { possible_types, .. },
        ) => possible_types.contains(name),
        _ => false,
    };
    for selection in &ctx.item.node.items {
        let (on, within) = match &selection.node {
            Selection::Field(field) => {
                fields.push(field);
                continue;
            }
            Selection::InlineFragment(inline) => {
                (inline.node.type_condition.as_ref(), &inline.node.selection_set)
            }
            Selection::FragmentSpread(spread) => {
                let named = &spread.node.fragment_name.node;
                let Some(it) = ctx.query_env.fragments.get(named) else { continue };
                (Some(&it.node.type_condition), &it.node.selection_set)
            }
        };
        let on = on.map(|it| it.node.on.node.as_str());
        if on.is_none_or(|on| on == name || may_be(on)) {
            collect(&ctx.with_selection_set(within), name, fields);
        }
    }
}

/// What they come to, in their order. Each is begun before any is waited for, so that what they
/// look up may be looked up together; what looks nothing up is done by then.
pub(crate) async fn together<T>(all: Vec<Resolving<'_, T>>) -> Vec<ServerResult<T>> {
    let (mut done, mut waiting) = (Vec::with_capacity(all.len()), vec![]);
    for (n, mut resolving) in all.into_iter().enumerate() {
        let begun = poll_fn(|cx| Poll::Ready(resolving.as_mut().poll(cx))).await;
        done.push(match begun {
            Poll::Ready(resolved) => Some(resolved),
            Poll::Pending => {
                waiting.push(async move { (n, resolving.await) });
                None
            }
        });
    }
    if !waiting.is_empty() {
        for (n, resolved) in join_all(waiting).await {
            done[n] = Some(resolved);
        }
    }
    done.into_iter().flatten().collect()
}

/// What is asked twice under one key is one member, with all that is asked below it.
fn insert(members: &mut IndexMap<Name, Value>, key: &Name, value: Value) {
    match members.entry(key.clone()) {
        Entry::Vacant(it) => {
            it.insert(value);
        }
        Entry::Occupied(mut it) => merge(it.get_mut(), value),
    }
}

fn merge(here: &mut Value, more: Value) {
    match (here, more) {
        (Value::Object(members), Value::Object(more)) => {
            for (key, value) in more {
                insert(members, &key, value);
            }
        }
        (Value::List(items), Value::List(more)) => {
            for (item, more) in items.iter_mut().zip(more) {
                merge(item, more);
            }
        }
        _ => {}
    }
}
