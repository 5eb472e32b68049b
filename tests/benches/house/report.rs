//! What was measured, as people or scripts read it.

use std::{
    fs,
    io::{self, Write},
    thread::available_parallelism,
    time::Duration,
};

use clap::ValueEnum;
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use serde_json::{Value, json};

use crate::gauge::Tally;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For scripts: one JSON document a line, the machine's first.
    Json,
}

/// What the figures were measured on.
pub(crate) struct Machine {
    cores: usize,
    /// As /proc/loadavg says: over 1, 5 and 15 minutes.
    load_before: String,
    load_after: String,
    pub(crate) postgresql: String,
    pub(crate) leaf_bytes: Option<f64>,
}

impl Machine {
    pub(crate) fn look() -> anyhow::Result<Self> {
        Ok(Self {
            cores: available_parallelism()?.get(),
            load_before: load()?,
            load_after: String::new(),
            postgresql: String::new(),
            leaf_bytes: None,
        })
    }

    pub(crate) fn look_again(&mut self) -> anyhow::Result<()> {
        self.load_after = load()?;
        Ok(())
    }

    /// How large they were, if any were written.
    fn leaves(&self) -> String {
        let bytes = self
            .leaf_bytes
            .map(|it| format!(", leaves of {it:.0} bytes"));
        bytes.unwrap_or_default()
    }

    fn document(&self) -> Value {
        json!({
            "cores": self.cores,
            "loadBefore": self.load_before,
            "loadAfter": self.load_after,
            "postgresql": self.postgresql,
            "leafBytes": self.leaf_bytes.map(f64::round),
        })
    }
}

fn load() -> anyhow::Result<String> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').take(3).collect::<Vec<_>>().join(" "))
}

/// One row.
pub(crate) struct Line {
    what: String,
    at_once: usize,
    /// The lines that it is compared with.
    group: Group,
    tally: Tally,
}

/// What is compared with one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Each ends in a durable append.
    Appends,
    /// One thing by its id.
    One,
    /// A page of fifty, each with what it names.
    Page,
    /// Nothing.
    Alone,
}

impl Group {
    /// What all are asked, before the name of who answers.
    fn question(self) -> &'static str {
        match self {
            Self::One => "organisation by id: ",
            Self::Page => "50 conventions: ",
            Self::Appends | Self::Alone => "",
        }
    }
}

impl Line {
    pub(crate) const CHECKED: &str = "checked insert";
    pub(crate) const BARE: &str = "pgbench";
    pub(crate) const COPY: &str = "COPY";
    pub(crate) const APOLLO: &str = "Apollo Server";
    pub(crate) const POSTGRAPHILE: &str = "PostGraphile";

    pub(crate) fn append(what: impl Into<String>, at_once: usize, tally: Tally) -> Self {
        Self::of(Group::Appends, what, at_once, tally)
    }

    pub(crate) fn other(what: impl Into<String>, at_once: usize, tally: Tally) -> Self {
        Self::of(Group::Alone, what, at_once, tally)
    }

    pub(crate) fn of(
        group: Group,
        what: impl Into<String>,
        at_once: usize,
        mut tally: Tally,
    ) -> Self {
        tally.took.sort_unstable();
        Self { what: what.into(), at_once, group, tally }
    }

    fn name(&self) -> String {
        format!("{}{}", self.group.question(), self.what)
    }

    fn per_second(&self) -> f64 {
        self.operations() / self.tally.elapsed.as_secs_f64()
    }

    /// In milliseconds: no more than so many hundredths of the operations took as long or less.
    fn percentile(&self, hundredths: usize) -> Option<f64> {
        let took = &self.tally.took;
        let it = took.get(took.len() * hundredths / 100)?;
        Some(it.as_secs_f64() * 1e3)
    }

    /// In microseconds an operation.
    fn cpu(&self) -> f64 {
        self.server() + self.each(self.tally.cpu.ours)
    }

    fn server(&self) -> f64 {
        self.each(self.tally.cpu.server)
    }

    fn each(&self, cpu: Duration) -> f64 {
        cpu.as_secs_f64() * 1e6 / self.operations()
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate is a float")]
    fn operations(&self) -> f64 {
        self.tally.operations.max(1) as f64
    }

    /// The reference with as many at once.
    fn beside<'a>(&self, all: &'a [Self], reference: &str) -> Option<&'a Self> {
        let same = |it: &&Self| (it.group, it.at_once) == (self.group, self.at_once);
        all.iter()
            .filter(same)
            .find(|it| self.group != Group::Alone && it.what == reference)
    }

    /// Its figures, by the names of its columns, with the digits that mean something.
    fn figures(&self, all: &[Self]) -> [(&'static str, Option<f64>, usize); 13] {
        let ratio = |reference, of: fn(&Self) -> f64| {
            let beside = self.beside(all, reference)?;
            Some(of(self) / of(beside))
        };
        let bare = self.beside(all, Self::BARE);
        let median = bare.and_then(|it| Some(self.percentile(50)? / it.percentile(50)?));
        let appends = self.group == Group::Appends;
        let copy = all.iter().find(|it| appends && it.what == Self::COPY);
        [
            ("per second", Some(self.per_second()), 0),
            ("p50 ms", self.percentile(50), 2),
            ("p99 ms", self.percentile(99), 2),
            ("CPU µs", Some(self.cpu()), 0),
            ("of it, server", Some(self.server()), 0),
            ("rate ÷ checked", ratio(Self::CHECKED, Self::per_second), 2),
            ("rate ÷ bare", ratio(Self::BARE, Self::per_second), 2),
            ("CPU ÷ checked", ratio(Self::CHECKED, Self::cpu), 2),
            ("CPU ÷ bare", ratio(Self::BARE, Self::cpu), 2),
            ("p50 ÷ bare", median, 2),
            ("CPU ÷ COPY", copy.map(|it| self.cpu() / it.cpu()), 2),
            ("CPU ÷ Apollo", ratio(Self::APOLLO, Self::cpu), 2),
            ("CPU ÷ PostGraphile", ratio(Self::POSTGRAPHILE, Self::cpu), 2),
        ]
    }
}

pub(crate) fn print(format: Format, machine: &Machine, lines: &[Line]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Format::Table => {
            writeln!(
                out,
                "{} cores, PostgreSQL {}{}; load {} before, {} after\n",
                machine.cores,
                machine.postgresql,
                machine.leaves(),
                machine.load_before,
                machine.load_after,
            )?;
            writeln!(out, "{}", table(lines))
        }
        Format::Json => {
            writeln!(out, "{}", machine.document())?;
            lines
                .iter()
                .try_for_each(|it| writeln!(out, "{}", document(it, lines)))
        }
    }
}

fn table(lines: &[Line]) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    for line in lines {
        let figures = line.figures(lines);
        if table.header().is_none() {
            let names = figures.iter().map(|(name, ..)| *name);
            table.set_header(["what", "at once"].into_iter().chain(names));
        }
        let shown = figures
            .iter()
            .map(|(_, figure, digits)| figure.map(|it| format!("{it:.digits$}")));
        let head = [line.name(), line.at_once.to_string()];
        table.add_row(head.into_iter().chain(shown.map(Option::unwrap_or_default)));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

fn document(line: &Line, all: &[Line]) -> Value {
    let mut document = json!({
        "what": line.name(),
        "at once": line.at_once,
        "operations": line.tally.operations,
    });
    for (name, figure, _) in line.figures(all) {
        if let Some(figure) = figure {
            document[name] = json!((figure * 1e3).round() / 1e3);
        }
    }
    document
}
