//! A list of an answer.

use std::{borrow::Cow, sync::Arc};

use async_graphql_itself::{
    ContextSelectionSet, OutputType, Positioned, ServerResult, Value, parser::types::Field,
    registry::Registry,
};

use crate::{
    Failures,
    walk::{Resolving, together},
};

/// A list, as a vector is one; but its items ask nobody, and those that need nothing looked up are
/// done at once.
pub struct Items<T>(pub Vec<T>);

impl<T: OutputType> OutputType for Items<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        <Vec<T> as OutputType>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<T> as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        let items = self.0.iter().enumerate().map(|(n, item)| {
            let resolving: Resolving<'_, Value> = Box::pin(async move {
                let ctx = ctx.with_index(n);
                let resolved = item.resolve(&ctx, field).await;
                match ctx.data_opt::<Arc<Failures>>() {
                    Some(failures) => Ok(failures.of_item(&ctx, resolved)),
                    None => resolved.map_err(|error| ctx.set_error_path(error)),
                }
            });
            resolving
        });
        let items = together(items.collect()).await.into_iter();
        items.collect::<ServerResult<_>>().map(Value::List)
    }
}
