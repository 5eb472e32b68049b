//! An error in a nullable field nulls that field; in a field that cannot be null, it nulls
//! the nearest parent that can. async-graphql leaves the key out instead, or nulls the parent.

use std::{
    collections::HashSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_graphql_itself::{
    ContextSelectionSet, PathSegment, Positioned, QueryPathNode, QueryPathSegment, Response,
    ServerError, ServerResult, Value, parser::types::Field,
};

/// What failed in one operation: nulls go where the specification wants them (6.4.4).
#[derive(Default)]
pub struct Failures {
    /// Whether anything has: most operations never take the lock.
    any: AtomicBool,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    /// With where: a field that is asked twice under one key fails once.
    errors: Vec<(Vec<PathSegment>, ServerError)>,
    /// Where a null must stand, or above if there may be none.
    failed: Vec<Vec<PathSegment>>,
    /// Where one stands: what is asked twice under one key has it put once more at the end, when
    /// all that was asked there is one.
    nulled: Vec<Vec<PathSegment>>,
}

impl Failures {
    /// What resolved at a node of an answer, whose type is written so.
    pub fn resolved(
        &self,
        (node, kind): (&QueryPathNode<'_>, &str),
        resolved: ServerResult<Option<Value>>,
    ) -> Option<Value> {
        let mut value = match resolved {
            Ok(value) if !self.any.load(Ordering::Acquire) => return value,
            Ok(value) => value.unwrap_or_default(),
            Err(error) => {
                self.fail(path_of(node), error);
                Value::Null
            }
        };
        // Nobody tells here which items of a list may be null: their field knows.
        if matches!(node.segment, QueryPathSegment::Name(_)) {
            self.settle(&path_of(node), kind, &mut value);
        }
        Some(value)
    }

    /// What a field of an object resolved to.
    pub(crate) fn of_field(
        &self,
        ctx: &ContextSelectionSet<'_>,
        (object, field): (&str, &Positioned<Field>),
        resolved: ServerResult<Option<Value>>,
    ) -> Value {
        match resolved {
            Ok(value) if !self.any.load(Ordering::Acquire) => value,
            resolved => {
                let described = ctx.schema_env.registry.types.get(object);
                let described = described.and_then(|it| it.field_by_name(&field.node.name.node));
                let kind = described.map_or("", |it| it.ty.as_str());
                let ctx = ctx.with_field(field);
                let node = ctx.path_node.as_ref();
                node.and_then(|node| self.resolved((node, kind), resolved))
            }
        }
        .unwrap_or_default()
    }

    /// What an item of a list resolved to.
    pub(crate) fn of_item(
        &self,
        ctx: &ContextSelectionSet<'_>,
        resolved: ServerResult<Value>,
    ) -> Value {
        if let (Err(error), Some(node)) = (&resolved, &ctx.path_node) {
            self.fail(path_of(node), ctx.set_error_path(error.clone()));
        }
        resolved.unwrap_or_default()
    }

    /// Tells what failed, of an operation that has been executed.
    pub fn told(&self, response: &mut Response) {
        if !self.any.load(Ordering::Acquire) {
            return;
        }
        let found = std::mem::take(&mut *self.found());
        if found.failed.iter().any(Vec::is_empty) {
            response.data = Value::Null;
        }
        for at in &found.nulled {
            nullify(&mut response.data, at);
        }
        let mut told = HashSet::new();
        for (at, error) in found.errors {
            if told.insert(format!("{at:?}")) {
                response.errors.push(error);
            }
        }
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.any.store(true, Ordering::Release);
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, path: Vec<PathSegment>, error: ServerError) {
        let mut found = self.found();
        found.errors.push((path.clone(), error));
        found.failed.push(path);
    }

    /// Puts the nulls of a field: in its lists, in its place, or above it.
    fn settle(&self, path: &[PathSegment], kind: &str, value: &mut Value) {
        let nullable = levels(kind);
        let mut found = self.found();
        // One of a field below belongs to that field, asked twice and not settled there yet.
        let here = |it: &mut Vec<PathSegment>| {
            let items = it.strip_prefix(path).map(|it| it.iter());
            items.is_some_and(|mut it| it.all(|it| matches!(it, PathSegment::Index(_))))
        };
        for failed in found.failed.extract_if(.., here).collect::<Vec<_>>() {
            let items = &failed[path.len()..];
            let level = (0..=items.len())
                .rev()
                .find(|it| nullable.get(*it) == Some(&true));
            if let Some(level) = level {
                nullify(value, &items[..level]);
                let at = failed[..path.len() + level].to_vec();
                found.nulled.push(at);
            } else {
                let parent = path.split_last().map_or(&[][..], |(_, parent)| parent);
                found.failed.push(parent.to_vec());
                return;
            }
        }
    }
}

/// Whether null may stand for the field, for an item, for an item of an item.
fn levels(kind: &str) -> Vec<bool> {
    let mut levels = vec![];
    let mut rest = Some(kind);
    while let Some(kind) = rest {
        let inner = kind.strip_suffix('!');
        levels.push(inner.is_none());
        rest = inner
            .unwrap_or(kind)
            .strip_prefix('[')
            .and_then(|it| it.strip_suffix(']'));
    }
    levels
}

/// Puts a null at a place, if there is one.
fn nullify(value: &mut Value, at: &[PathSegment]) {
    match (at.split_first(), value) {
        (None, value) => *value = Value::Null,
        (Some((PathSegment::Index(index), rest)), Value::List(items)) => {
            if let Some(item) = items.get_mut(*index) {
                nullify(item, rest);
            }
        }
        (Some((PathSegment::Field(name), rest)), Value::Object(members)) => {
            if let Some(member) = members.get_mut(name.as_str()) {
                nullify(member, rest);
            }
        }
        // What was there is null already.
        _ => {}
    }
}

fn path_of(node: &QueryPathNode<'_>) -> Vec<PathSegment> {
    let mut path = vec![];
    let mut next = Some(node);
    while let Some(node) = next {
        path.push(match node.segment {
            QueryPathSegment::Index(at) => PathSegment::Index(at),
            QueryPathSegment::Name(name) => PathSegment::Field(name.to_owned()),
        });
        next = node.parent;
    }
    path.reverse();
    path
}
