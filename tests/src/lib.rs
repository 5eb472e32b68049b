//! The scaffolding of the tests: databases, the house as it runs, and those who visit it.

pub mod database;
pub mod visitors;

pub use database::Database;
pub use visitors::{Answer, OpenHouse, Visitor};
