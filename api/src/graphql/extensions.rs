//! What the engine does not do by itself: errors that say the right thing and no more
//! (`answers`), the fields at the root in the order of the document (`order`), no text that cannot
//! be kept (`texts`), no work twice and none unpaid (`pricing`).
//!
//! One extension does it all: the engine calls each of its extensions for each field at the root,
//! of interfaces, and of its own types, whether or not it has something to do there.

mod answers;
mod order;
mod pricing;
mod texts;

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use async_graphql::{
    Data, Failures, ObjectType, Request, Response, SchemaBuilder, ServerError, ServerResult,
    SubscriptionType, ValidationResult, Value, Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery,
        NextPrepareRequest, NextRequest, NextResolve, NextSubscribe, NextValidation, ResolveInfo,
    },
    parser::types::{ExecutableDocument, OperationType},
};
use futures_util::{StreamExt as _, stream::BoxStream};

pub(crate) use self::answers::member;
use self::{answers::Reader, pricing::Key};
use crate::{
    clock::RequestClock,
    error::{Answer, RATE_LIMITED},
    guard::Parsed,
    quotas::Purse,
};

/// Adds what the engine does not do.
pub fn install<Query, Mutation, Subscription>(
    schema: SchemaBuilder<Query, Mutation, Subscription>,
) -> SchemaBuilder<Query, Mutation, Subscription>
where
    Query: ObjectType + 'static,
    Mutation: ObjectType + 'static,
    Subscription: SubscriptionType + 'static,
{
    schema.extension(Ours)
}

/// Put into the request by the transport, set when execution begins: what fails before is
/// an error of the request, and carries no data.
#[derive(Debug, Clone, Default)]
pub struct Executed(Arc<AtomicBool>);

impl Executed {
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Put into a request whose document is only to be checked against the schema.
#[derive(Debug, Clone, Copy)]
pub struct CheckedOnly;

struct Ours;

impl ExtensionFactory for Ours {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Asked::default())
    }
}

/// One request on its way through the engine.
#[derive(Default)]
struct Asked {
    known: Arc<OnceLock<Known>>,
    failures: Arc<Failures>,
}

/// What came with it.
#[derive(Default)]
struct Known {
    reader: Reader,
    purse: Option<Purse>,
    document: Option<Parsed>,
    /// What its verdict is kept under.
    key: Option<Key>,
}

impl Asked {
    fn known(&self) -> &Known {
        self.known.get_or_init(Known::default)
    }
}

#[async_trait::async_trait]
impl Extension for Asked {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let begun = Instant::now();
        let mut response = next.run(ctx).await;
        let Known { reader, purse, .. } = self.known();
        for error in &mut response.errors {
            reader.settle(error);
        }
        let outcome = if response.is_ok() { "ok" } else { "error" };
        metrics::histogram!(
            "graphql_request_seconds", "operation" => reader.kind(), "outcome" => outcome
        )
        .record(begun.elapsed().as_secs_f64());
        match purse.as_ref().and_then(Purse::told) {
            Some(cost) => response.extension("cost", cost),
            None => response,
        }
    }

    /// Every event leaves as an answer does.
    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let known = self.known.clone();
        let settled = next.run(ctx, stream).map(move |mut response| {
            let reader = &known.get_or_init(Known::default).reader;
            for error in &mut response.errors {
                reader.settle(error);
            }
            response
        });
        settled.boxed()
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let _ = self.known.set(Known {
            reader: Reader::of(&request),
            purse: member(&request.data).cloned(),
            document: member(&request.data).cloned(),
            key: Key::of(&request),
        });
        next.run(ctx, request).await
    }

    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        texts::can_be_kept(&document, variables)?;
        Ok(document)
    }

    /// Found once, paid for each time.
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let Known { reader, purse, key, .. } = self.known();
        let found = if let Some(kept) = key.and_then(Key::kept) {
            kept
        } else {
            let found = next.run(ctx).await?;
            if let Some(key) = key {
                key.keep(found);
            }
            found
        };
        if let Some(purse) = purse {
            let limited = |_| vec![Answer::of(&RATE_LIMITED, reader.language).into_server_error()];
            purse.pay(&found).map_err(limited)?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a complexity is at most 1,000")]
        metrics::histogram!("graphql_complexity").record(found.complexity as f64);
        Ok(found)
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        if let Some(executed) = ctx.data_opt::<Executed>() {
            executed.begin();
        }
        if ctx.data_opt::<CheckedOnly>().is_some() {
            return Response::default();
        }
        // Each event is answered at its own time, not when somebody subscribed.
        let mut data = Data::default();
        data.insert(self.failures.clone());
        if self.known().reader.operation == Some(OperationType::Subscription) {
            data.insert(RequestClock::read());
        }
        let mut response = next.run_with_data(ctx, operation_name, data).await;
        self.failures.told(&mut response);
        if let Some(Parsed(document)) = &self.known().document {
            order::of_document(document, &mut response.data);
        }
        response
    }

    /// The fields at the root are the operations that people know: each is counted and timed.
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let (node, kind) = (*info.path_node, info.return_type);
        if node.parent.is_some() || info.is_for_introspection {
            let resolved = next.run(ctx, info).await;
            return Ok(self.failures.resolved((&node, kind), resolved));
        }
        let (begun, on, field) =
            (Instant::now(), info.parent_type.to_owned(), info.name.to_owned());
        let resolved = next.run(ctx, info).await;
        let outcome = if resolved.is_ok() { "ok" } else { "error" };
        metrics::histogram!(
            "graphql_field_seconds", "on" => on, "field" => field, "outcome" => outcome
        )
        .record(begun.elapsed().as_secs_f64());
        Ok(self.failures.resolved((&node, kind), resolved))
    }
}

#[cfg(test)]
#[expect(clippy::unused_async, reason = "the engine wants resolvers to be async")]
mod tests;
