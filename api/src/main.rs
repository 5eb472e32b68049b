//! The command line: one binary, a word for each thing an operator does.

use std::process::ExitCode;

use clap::Parser;

mod cli;

/// A third of a GraphQL request is allocation: this one takes less of it than the C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
