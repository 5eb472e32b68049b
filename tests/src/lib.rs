//! The scaffolding of the tests: databases, the house as it runs, and those who visit it.

pub mod database;

pub use database::Database;
