//! The scaffolding of the tests: databases, the house as it runs, and those who visit it.

// The merged schema nests deeper than the compiler allows by itself, once optimised.
#![recursion_limit = "256"]

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

pub mod bombs;
pub mod database;
pub mod deployed;
pub mod dossier;
pub mod questions;
pub mod sockets;
pub mod visitors;

pub use database::Database;
pub use questions::Questions;
pub use visitors::{Answer, OpenHouse, Visitor, document};

/// The program, built beside the tests.
pub fn essaim() -> anyhow::Result<PathBuf> {
    let tests = std::env::current_exe()?;
    let folder = tests.parent().and_then(Path::parent);
    let program = folder.context("no target folder")?.join("essaim");
    ensure!(program.is_file(), "`cargo build -p api` comes first");
    Ok(program)
}
