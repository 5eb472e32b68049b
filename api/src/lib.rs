//! Placeholder.

mod graphiql;
