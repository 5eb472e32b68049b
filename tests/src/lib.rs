//! The scaffolding of the tests: databases, the house as it runs, and those who visit it.

pub mod database;
pub mod dossier;
pub mod questions;
pub mod visitors;

pub use database::Database;
pub use questions::Questions;
pub use visitors::{Answer, OpenHouse, Visitor};
