//! `essaim export`: the open files of a financeur, with the rights of the house, and on standard
//! error what they do not tell.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use api::{
    config::Settings,
    exports::{self, Export, Filter, Told},
    http::Language,
};
use clap::{Args, Subcommand};
use domain::{Actor, Date, OrganisationId};
use serde_json::Value;

use super::{
    Failure, Tongue, open,
    output::{Format, table, tell},
};

/// Some subventions were refused: the file tells the others.
const REFUSED: u8 = 5;

#[derive(Debug, Subcommand)]
pub(super) enum Word {
    /// Writes the file of subventions (SCDL 2.1.1, CSV). Exit code 5 when some were refused.
    Scdl(Asked),
    /// Writes the grants in 360Giving (JSON). Exit code 5 when some were refused.
    #[command(name = "360giving")]
    Giving(Asked),
}

#[derive(Debug, Args)]
pub(super) struct Asked {
    /// Who grants: the UUID of the organisation, or its id in the API.
    #[arg(long, value_parser = financeur)]
    financeur: OrganisationId,
    /// Signed or notified on this day or later.
    #[arg(long)]
    from: Option<Date>,
    /// Signed or notified on this day or earlier.
    #[arg(long)]
    to: Option<Date>,
    /// As of the end of that day, in Paris: what was recorded later does not count.
    #[arg(long, conflicts_with = "as_of_position")]
    as_of_date: Option<Date>,
    /// As of that position of the log: what was recorded later does not count.
    #[arg(long)]
    as_of_position: Option<i64>,
    /// The file; standard output by default.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The file of what is not told, in JSON; by default standard error, as a table.
    #[arg(long)]
    rejects: Option<PathBuf>,
    /// The language of the reasons.
    #[arg(long, value_enum, default_value_t = Tongue::En)]
    lang: Tongue,
}

fn financeur(text: &str) -> Result<OrganisationId, &'static str> {
    exports::financeur(text).ok_or("expected the UUID of an organisation, or its id in the API")
}

pub(super) async fn run(
    settings: &Settings,
    word: Word,
    format: Format,
) -> Result<ExitCode, Failure> {
    let (Word::Scdl(asked) | Word::Giving(asked)) = &word;
    let filter = Filter { financeur: asked.financeur, from: asked.from, to: asked.to };
    let house = open(settings).await?;
    let export = async {
        let reads = exports::as_of(&house.reads, asked.as_of_date, asked.as_of_position).await?;
        Export::read(&reads, &Actor::HOUSE, &filter).await
    };
    let export = export.await;
    house.close().await;
    let export = export.map_err(Failure::Export)?;
    let export = export.ok_or(Failure::NoFinanceur)?;
    tell(&format!("as of position {}", export.as_of.position.0));
    match &word {
        Word::Scdl(asked) => {
            let told = export.scdl();
            let text = told.csv().map_err(Failure::Export)?;
            write(asked, &text, &told, format)
        }
        Word::Giving(asked) => {
            let told = export.giving(&settings.giving_prefix());
            write(asked, &format!("{}\n", told.package()), &told, format)
        }
    }
}

fn write<T>(
    asked: &Asked,
    text: &str,
    told: &Told<T>,
    format: Format,
) -> Result<ExitCode, Failure> {
    match &asked.out {
        Some(file) => put(file, text)?,
        None => io::stdout().write_all(text.as_bytes())?,
    }
    let rejets = told.rejets(match asked.lang {
        Tongue::En => Language::En,
        Tongue::Fr => Language::Fr,
    });
    match (&asked.rejects, format) {
        (Some(file), _) => put(file, &format!("{rejets}\n"))?,
        (None, Format::Json) => tell(&rejets.to_string()),
        (None, Format::Table) if told.rejets.is_empty() => (),
        (None, Format::Table) => tell(&rows(&rejets)),
    }
    Ok(if told.to_correct() > 0 { ExitCode::from(REFUSED) } else { ExitCode::SUCCESS })
}

fn put(file: &Path, text: &str) -> Result<(), Failure> {
    fs::write(file, text).map_err(|it| Failure::Output { file: file.to_owned(), reason: it })
}

fn rows(rejets: &Value) -> String {
    let all = rejets["rejets"].as_array().into_iter().flatten();
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    table(
        ["date", "amount", "reference", "what", "code", "reason"],
        all.map(|it| {
            ["date", "montant", "reference", "objet", "code", "raison"].map(|name| text(&it[name]))
        }),
    )
}
