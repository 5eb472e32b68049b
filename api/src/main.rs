//! The command line: one binary, a word for each thing an operator does.

// The merged schema nests deeper than the compiler allows by itself, once optimised.
#![recursion_limit = "256"]

use std::process::ExitCode;

use clap::Parser;

mod cli;

/// Allocation was a third of what a GraphQL request took with the C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
