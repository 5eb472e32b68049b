//! The front door: HTTP, GraphQL, the command line, and a private PostgreSQL for those who have none.

pub mod embedded;
mod graphiql;
pub mod throwaway;
