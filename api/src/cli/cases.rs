//! `essaim cases`: cases of before, told from a file, and a report line by line.

use std::{fs, path::PathBuf, process::ExitCode};

use api::{
    bibliotheque::{self, Import, Ligne, Sort},
    config::Settings,
    http::Language,
};
use clap::{Args, Subcommand};
use domain::DlaId;
use serde_json::json;

use super::{
    Failure, Tongue, open,
    output::{Format, say, table, tell},
};

/// Some lines were refused: the others stand.
const REFUSED: u8 = 5;

#[derive(Debug, Subcommand)]
pub(super) enum Word {
    /// Tells the cases of a file of JSON lines: each is the input of `recordCasPasse`, without
    /// `commandId` and `dla`. The same file given again changes nothing. Exit code 5 when some
    /// lines were refused.
    Import(Asked),
}

#[derive(Debug, Args)]
pub(super) struct Asked {
    /// The file.
    file: PathBuf,
    /// The DLA that tells them: its UUID, or its id in the API. The network by default.
    #[arg(long, value_parser = dla)]
    dla: Option<DlaId>,
    /// Says what would be recorded, and records nothing.
    #[arg(long)]
    dry_run: bool,
    /// The language of the reasons.
    #[arg(long, value_enum, default_value_t = Tongue::En)]
    lang: Tongue,
}

fn dla(text: &str) -> Result<DlaId, &'static str> {
    bibliotheque::dla(text).ok_or("expected the UUID of a DLA, or its id in the API")
}

pub(super) async fn run(
    settings: &Settings,
    Word::Import(asked): Word,
    format: Format,
) -> Result<ExitCode, Failure> {
    let unread = |reason: std::io::Error| Failure::Input {
        file: asked.file.clone(),
        reason: reason.to_string(),
    };
    let text = fs::read_to_string(&asked.file).map_err(unread)?;
    let language = if asked.lang == Tongue::Fr { Language::Fr } else { Language::En };
    let import = Import { dla: asked.dla, essai: asked.dry_run, language };
    let house = open(settings).await?;
    let told = async {
        house.listes.read_all(&house.log).await?;
        Ok::<_, Failure>(import.run(&house, &text).await?)
    };
    let told = told.await;
    house.close().await;
    let lines = told?;
    report(&lines, format);
    let of = |sort: &str| lines.iter().filter(|it| it.sort.as_str() == sort).count();
    let (accepted, unchanged, refused) = (of("ACCEPTED"), of("UNCHANGED"), of("REFUSED"));
    let dry = if asked.dry_run { "dry run, nothing recorded: " } else { "" };
    tell(&format!("{dry}{accepted} accepted, {unchanged} unchanged, {refused} refused"));
    Ok(if refused > 0 { ExitCode::from(REFUSED) } else { ExitCode::SUCCESS })
}

fn report(lines: &[Ligne], format: Format) {
    let cells = lines.iter().map(|it| {
        let [code, champ, message] = match &it.sort {
            Sort::Refused { code, champ, message } => [code, champ, message].map(String::clone),
            Sort::Accepted | Sort::Unchanged => [const { String::new() }; 3],
        };
        (it, [code, champ, message])
    });
    match format {
        Format::Table => say(&table(
            ["line", "title", "outcome", "code", "field", "reason"],
            cells.map(|(it, [code, champ, message])| {
                let titre = it.titre.clone().unwrap_or_default();
                let sort = it.sort.as_str().to_owned();
                [it.numero.to_string(), titre, sort, code, champ, message]
            }),
        )),
        Format::Json => {
            let all = cells.map(|(it, [code, champ, message])| {
                let given = |it: String| (!it.is_empty()).then_some(it);
                json!({
                    "line": it.numero,
                    "title": it.titre,
                    "outcome": it.sort.as_str(),
                    "code": given(code),
                    "field": given(champ),
                    "reason": given(message),
                })
            });
            say(&json!(all.collect::<Vec<_>>()).to_string());
        }
    }
}
