//! The words of the command line, and what each does. Data on standard output, everything
//! else on standard error.

mod cases;
mod export;
mod log;
mod output;
mod person;
mod projections;
mod serving;
mod token;
mod vault;

use std::{io, net::SocketAddr, path::PathBuf, process::ExitCode};

use api::{
    config::{Problem, Settings},
    demo,
    embedded::{self, Binaries},
    graphql,
    house::Closed,
    http::Language,
    telemetry, throwaway,
};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use eventlog::{EventLog, vault::Failure::KekUnknown};
use secrecy::ExposeSecret;
use serde_json::json;

use self::output::{Format, say, table};

/// Essaim: the event-sourced API of the DLA network.
///
/// Exit codes: 0 ok, 1 failure, 2 usage, 3 integrity broken, 5 data refused, 6 a dependency does
/// not answer, 7 not up to date.
#[derive(Debug, Parser)]
#[command(name = "essaim", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// A TOML file of settings; `ESSAIM_*` variables have the last word.
    #[arg(long, global = true, env = "ESSAIM_CONFIG")]
    config: Option<PathBuf>,
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(subcommand)]
    word: Word,
}

#[derive(Debug, Subcommand)]
enum Word {
    /// Answers on the database of `ESSAIM_DATABASE_URL`.
    Serve,
    /// Answers on a private PostgreSQL, with real cases of the trade and a token a role.
    Demo {
        /// Where to listen; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Where the private server keeps its data.
        #[arg(long)]
        data_dir: Option<PathBuf>,
        /// Forgets what the data directory held.
        #[arg(long)]
        fresh: bool,
    },
    /// Creates or upgrades the schemas `log`, `keeping` and `vault`.
    Migrate,
    /// The answers: where they stand, what waits, and building them anew.
    Projections {
        #[command(subcommand)]
        word: projections::Word,
    },
    /// The log: exporting it, proving and verifying what it says.
    Log {
        #[command(subcommand)]
        word: log::Word,
    },
    /// The library: telling cases of before from a file.
    Cases {
        #[command(subcommand)]
        word: cases::Word,
    },
    /// The open files of what a financeur grants.
    Export {
        #[command(subcommand)]
        word: export::Word,
    },
    /// Personal data: what is held on a person, and what has been held for too long.
    Person {
        #[command(subcommand)]
        word: person::Word,
    },
    /// Service tokens, with which portals come by themselves.
    Token {
        #[command(subcommand)]
        word: token::Word,
    },
    /// The vault: changing the key that wraps its keys.
    Vault {
        #[command(subcommand)]
        word: vault::Word,
    },
    /// Prints the GraphQL schema.
    Schema {
        /// The language of its documentation.
        #[arg(long, value_enum, default_value_t = Tongue::En)]
        lang: Tongue,
    },
    /// Prints every setting, its origin, and its value unless it is a secret.
    Config,
    /// Asks a running server whether it is ready.
    Health {
        /// The address of the server.
        #[arg(long, default_value = "127.0.0.1:8080")]
        address: SocketAddr,
    },
    /// Prints a completion script.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Runs a command with a throw-away PostgreSQL around it: for the tests.
    #[command(hide = true)]
    WithPostgres {
        #[arg(trailing_var_arg = true, required = true)]
        command: Vec<String>,
    },
}

/// A language of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tongue {
    /// English.
    En,
    /// French.
    Fr,
}

/// Why a word was not done, and the exit code that says so.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Settings(#[from] Problem),
    #[error("{0} is needed: see `essaim config`")]
    Needed(&'static str),
    #[error("nothing was ever recorded of this person")]
    NoPerson,
    #[error(
        "{other}: give the key-encryption key of that number as ESSAIM_KEK, or as ESSAIM_KEK_PREVIOUS while keys change"
    )]
    OtherKek { other: eventlog::vault::Failure },
    #[error("there is no question named `{0}`: `essaim projections status` lists them")]
    NoQuestion(String),
    #[error("no organisation has this id")]
    NoFinanceur,
    #[error("{}: it cannot be written", file.display())]
    Output {
        file: PathBuf,
        #[source]
        reason: io::Error,
    },
    #[error("the subventions cannot be exported: {}", told(.0))]
    Export(api::Error),
    #[error(transparent)]
    Import(#[from] api::bibliotheque::Failure),
    #[error("some answers are stopped, incomplete or behind the log")]
    NotUpToDate,
    #[error("{}: {reason}", file.display())]
    Input { file: PathBuf, reason: String },
    #[error("the answers of {0} are not what the log says: rebuild them")]
    Differs(String),
    #[error("facts still cannot be applied")]
    StillWaiting,
    #[error("the server at {0} is not ready")]
    NotReady(SocketAddr),
    #[error(transparent)]
    Demo(#[from] demo::Failure),
    #[error(transparent)]
    House(#[from] Closed),
    #[error(transparent)]
    Documents(#[from] api::documents::Closed),
    #[error(transparent)]
    Erasing(#[from] api::erasures::Failure),
    #[error(transparent)]
    Log(#[from] eventlog::Error),
    #[error(transparent)]
    Reads(#[from] ::projections::Error),
    #[error(transparent)]
    Postgres(#[from] embedded::Error),
    #[error(transparent)]
    Telemetry(#[from] telemetry::Failure),
    #[error(transparent)]
    Token(#[from] api::jetons::Failure),
    #[error(transparent)]
    Issuers(#[from] api::auth::IssuerProblem),
    #[error("the system refused")]
    System(#[from] io::Error),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Needed(_) | Self::NoQuestion(_) | Self::OtherKek { .. } => 2,
            Self::Log(it) | Self::House(Closed::Log(it)) if log::is_broken(it) => 3,
            Self::Differs(_) | Self::Reads(::projections::Error::Forked { .. }) => 3,
            Self::NoPerson
            | Self::NoFinanceur
            | Self::Export(api::Error::Invalid { .. })
            | Self::Input { .. }
            | Self::Token(api::jetons::Failure::Refused(_))
            | Self::Import(api::bibliotheque::Failure::TooLong)
            | Self::Reads(::projections::Error::NotWaiting { .. }) => 5,
            Self::NotReady(_)
            | Self::Log(_)
            | Self::Reads(_)
            | Self::Export(_)
            | Self::Import(_)
            | Self::Token(api::jetons::Failure::Log(_))
            | Self::House(_) => 6,
            Self::NotUpToDate | Self::StillWaiting => 7,
            _ => 1,
        }
    }
}

/// An error of the doors has one exit, which chooses what may be known of it.
fn told(error: &api::Error) -> String {
    match error {
        api::Error::Internal(why) => why.to_string(),
        other => other.answer(Language::En).message,
    }
}

/// Does what was asked. A failure is told with its causes, one a line.
pub(crate) fn run(cli: Cli) -> ExitCode {
    match cli.run() {
        Ok(code) => code,
        Err(failure) => {
            output::complain(&failure);
            ExitCode::from(failure.code())
        }
    }
}

impl Cli {
    fn run(self) -> Result<ExitCode, Failure> {
        let format = self.format;
        let settings = || Settings::load(self.config.as_deref());
        match self.word {
            Word::Serve => serving::serve(&settings()?)?,
            Word::Demo { listen, data_dir, fresh } => {
                serving::demo(settings()?, listen, data_dir, fresh, format)?;
            }
            Word::Migrate => migrate(&settings()?)?,
            Word::Projections { word } => {
                runtime()?.block_on(projections::run(&settings()?, word, format))?;
            }
            Word::Log { word } => return log::run(word, &settings, format),
            Word::Cases { word } => {
                return runtime()?.block_on(cases::run(&settings()?, word, format));
            }
            Word::Export { word } => {
                return runtime()?.block_on(export::run(&settings()?, word, format));
            }
            Word::Person { word } => {
                runtime()?.block_on(person::run(&settings()?, word, format))?;
            }
            Word::Token { word } => runtime()?.block_on(token::run(&settings()?, word, format))?,
            Word::Vault { word } => runtime()?.block_on(vault::run(&settings()?, word, format))?,
            Word::Schema { lang } => {
                let language = if lang == Tongue::Fr { Language::Fr } else { Language::En };
                say(graphql::sdl(language).trim_end());
            }
            Word::Config => print_config(&settings()?, format),
            Word::Health { address } => serving::health(address)?,
            Word::Completions { shell } => {
                clap_complete::generate(shell, &mut Self::command(), "essaim", &mut io::stdout());
            }
            Word::WithPostgres { command } => {
                let settings = settings()?;
                let binaries =
                    Binaries { bin: settings.pg_bin.clone(), lib: settings.pg_lib.clone() };
                return Ok(throwaway::run(&command, &binaries)?);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

pub(crate) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

fn migrate(settings: &Settings) -> Result<(), Failure> {
    let url = settings
        .migration_database_url
        .as_ref()
        .or(settings.database_url.as_ref())
        .ok_or(Failure::Needed("ESSAIM_MIGRATION_DATABASE_URL"))?;
    runtime()?.block_on(EventLog::migrate_at(url.expose_secret(), &settings.log_origin))?;
    Ok(())
}

/// The log and the answers that the settings name.
pub(crate) async fn open(settings: &Settings) -> Result<api::house::House, Failure> {
    let url = settings
        .database_url
        .as_ref()
        .ok_or(Failure::Needed("ESSAIM_DATABASE_URL"))?;
    let kek = settings
        .kek()?
        .ok_or(Failure::Needed("ESSAIM_KEK or ESSAIM_KEK_FILE"))?;
    let house =
        api::house::House::open(url.expose_secret(), settings.pool_max, &settings.log_origin, kek);
    house.await.map_err(|it| match it {
        Closed::Log(eventlog::Error::Vault(other @ KekUnknown { .. })) => {
            Failure::OtherKek { other }
        }
        it => it.into(),
    })
}

fn print_config(settings: &Settings, format: Format) {
    let rows = settings.describe();
    match format {
        Format::Json => {
            let all: Vec<_> = rows
                .iter()
                .map(|it| {
                    json!({
                        "variable": it.variable(),
                        "value": it.value,
                        "origin": it.origin.to_string(),
                    })
                })
                .collect();
            say(&json!(all).to_string());
        }
        Format::Table => say(&table(
            ["variable", "value", "origin"],
            rows.iter()
                .map(|it| [it.variable(), it.value.clone(), it.origin.to_string()]),
        )),
    }
}
