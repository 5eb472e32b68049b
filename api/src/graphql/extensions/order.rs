//! Fields in the order of the document. The engine writes them as they become ready.

use std::sync::{Arc, OnceLock};

use async_graphql::{
    Name, Response, ServerResult, Value, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery},
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

/// Writes an answer in the order of its document (specification 6.3).
#[derive(Debug, Clone, Copy, Default)]
pub struct Order;

impl ExtensionFactory for Order {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Asked(OnceLock::new()))
    }
}

/// The document of one operation.
struct Asked(OnceLock<ExecutableDocument>);

#[async_trait::async_trait]
impl Extension for Asked {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        // Mutations run one after the other, but their payloads do not.
        if document.operations.iter().len() == 1 {
            let _ = self.0.set(document.clone());
        }
        Ok(document)
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut response = next.run(ctx, operation_name).await;
        if let Some(document) = self.0.get()
            && let Some((_, operation)) = document.operations.iter().next()
        {
            order(document, &[&operation.node.selection_set.node], &mut response.data);
        }
        response
    }
}

/// Orders an object as the sets that asked for it, and what is in it likewise.
fn order(document: &ExecutableDocument, sets: &[&SelectionSet], value: &mut Value) {
    match value {
        Value::List(items) => {
            for item in items {
                order(document, sets, item);
            }
        }
        Value::Object(members) => {
            let mut asked = IndexMap::new();
            for set in sets {
                collect(document, set, &mut asked);
            }
            for (key, sets) in asked {
                if let Some(mut value) = members.shift_remove(key) {
                    order(document, &sets, &mut value);
                    members.insert(key.clone(), value);
                }
            }
        }
        _ => {}
    }
}

/// The keys that a set asks for, whatever the type, each with the sets below it.
fn collect<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    asked: &mut IndexMap<&'a Name, Vec<&'a SelectionSet>>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => asked
                .entry(&field.node.response_key().node)
                .or_default()
                .push(&field.node.selection_set.node),
            Selection::InlineFragment(inline) => {
                collect(document, &inline.node.selection_set.node, asked);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(it) = document.fragments.get(&spread.node.fragment_name.node) {
                    collect(document, &it.node.selection_set.node, asked);
                }
            }
        }
    }
}
