//! `async-graphql`, but for how an answer is walked.
//!
//! Its macros make each object of the schema call `resolver_utils::resolve_container`, of the crate
//! that is named `async_graphql` where they stand. Here that is this crate: everything else is
//! theirs, and that function is ours (`walk`). Theirs makes several allocations a field and asks
//! every extension about each of them; it writes fields as they become ready, leaves out the keys
//! of those that fail, and nulls the parent of one that may be null itself. Ours asks nobody, and
//! does what the specification wants.

mod items;
mod nulls;
mod walk;

pub use async_graphql_itself::*;
pub use items::Items;
pub use nulls::Failures;

pub mod resolver_utils {
    pub use async_graphql_itself::resolver_utils::*;

    pub use crate::walk::resolve_container;
}
