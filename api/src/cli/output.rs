//! What people and scripts read.

use std::{
    error::Error,
    io::{self, IsTerminal, Write},
};

use clap::ValueEnum;
use comfy_table::{Table, presets::NOTHING};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For scripts: one JSON document a line.
    Json,
}

/// One line, or a text, on standard output. A reader that has gone is not an error.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// One line on standard error.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// A failure and its causes, one a line.
pub(crate) fn complain(failure: &dyn Error) {
    tell(&format!("essaim: {failure}"));
    let mut cause = failure.source();
    while let Some(it) = cause {
        tell(&format!("  because {it}"));
        cause = it.source();
    }
}

/// Rows under their headings.
pub(crate) fn table<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(headings);
    table.add_rows(rows);
    table.trim_fmt()
}

/// How long a bar is.
const BAR: i64 = 30;

/// How far long work has come, on a terminal only.
pub(crate) struct Progress {
    name: &'static str,
    shown: bool,
}

impl Progress {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, shown: io::stderr().is_terminal() }
    }

    pub(crate) fn tell(&self, at: i64, head: i64) {
        if self.shown {
            let share = |whole: i64| whole * at.clamp(0, head) / head.max(1);
            let done = usize::try_from(share(BAR)).unwrap_or_default();
            let left = usize::try_from(BAR).unwrap_or_default() - done;
            let (done, left) = ("█".repeat(done), "░".repeat(left));
            let _ = write!(
                io::stderr(),
                "\r{} {done}{left} {:3} % {at} / {head}",
                self.name,
                share(100)
            );
        }
    }

    pub(crate) fn end(&self) {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
