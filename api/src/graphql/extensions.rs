//! What the engine does not do by itself: errors that say the right thing and no more
//! (`Answers`), nulls where the specification wants them (`Nulls`), fields in the order of
//! the document (`Order`), no text that cannot be kept (`Texts`), no work twice and none unpaid
//! (`Pricing`).
//!
//! A schema adds them in this order; the first added is the outermost.

mod answers;
mod nulls;
mod order;
mod pricing;
mod texts;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_graphql::{ObjectType, SchemaBuilder, SubscriptionType};

pub(crate) use self::answers::member;
pub use self::{
    answers::Answers,
    nulls::Nulls,
    order::Order,
    pricing::{CheckedOnly, Pricing},
    texts::Texts,
};

/// Adds all of them, in their order.
pub fn install<Query, Mutation, Subscription>(
    schema: SchemaBuilder<Query, Mutation, Subscription>,
) -> SchemaBuilder<Query, Mutation, Subscription>
where
    Query: ObjectType + 'static,
    Mutation: ObjectType + 'static,
    Subscription: SubscriptionType + 'static,
{
    schema
        .extension(Order)
        .extension(Nulls)
        .extension(Answers)
        .extension(Texts)
        .extension(Pricing)
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

#[cfg(test)]
#[expect(clippy::unused_async, reason = "the engine wants resolvers to be async")]
mod tests;
