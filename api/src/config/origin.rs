//! Where a setting comes from, and how a wrong one is told.

use std::{fmt, path::PathBuf};

use figment::{
    Figment, Metadata, Profile, Provider, Source,
    value::{Dict, Map, Value},
};

/// What every variable of ours begins with.
const PREFIX: &str = "ESSAIM_";
/// Read by the command line itself, before the settings.
const COMMAND_LINE: &[&str] = &["config"];
/// How the environment is named in figment's metadata.
const ENVIRONMENT: &str = "environment";

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(PathBuf),
    Environment,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(file) => write!(f, "file {}", file.display()),
            Self::Environment => f.write_str("environment"),
        }
    }
}

/// A setting, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    pub name: &'static str,
    /// Masked when it is a secret, empty when it is not set.
    pub value: String,
    pub origin: Origin,
}

impl Described {
    /// The variable that sets it.
    pub fn variable(&self) -> String {
        variable(self.name)
    }
}

/// Why the settings cannot be used. Never repeats a value: it may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("the file {} does not exist or cannot be read", file.display())]
    NoFile { file: PathBuf },
    #[error("{name} ({}) from {origin}: expected {expected}", variable(name))]
    Invalid { name: String, origin: Origin, expected: String },
    #[error(
        "{name} ({}) from {origin} is not a setting: `essaim config` lists them",
        variable(name)
    )]
    Unknown { name: String, origin: Origin },
    #[error("the file {} is not TOML: line and column {at}", file.display())]
    NotToml { file: PathBuf, at: String },
}

impl From<figment::Error> for Problem {
    fn from(error: figment::Error) -> Self {
        use figment::error::Kind;

        let origin = error.metadata.as_ref().map_or(Origin::Default, origin_of);
        let name = error.path.join(".");
        let expected = match error.kind {
            Kind::InvalidType(_, expected)
            | Kind::InvalidValue(_, expected)
            | Kind::InvalidLength(_, expected) => expected,
            Kind::UnknownVariant(_, known) => format!("one of {}", known.join(", ")),
            // The path ends with the field itself.
            Kind::UnknownField(..) => return Self::Unknown { name, origin },
            Kind::MissingField(field) => format!("a member `{field}`"),
            // A parser's message quotes the text: its last lines say what was expected.
            Kind::Message(text) => match &origin {
                Origin::File(file) if name.is_empty() => {
                    let at = text.lines().next().unwrap_or_default();
                    let at = at.trim_start_matches("TOML parse error at ").to_owned();
                    return Self::NotToml { file: file.clone(), at };
                }
                _ => text,
            },
            _ => "another kind of value".to_owned(),
        };
        Self::Invalid { name, origin, expected }
    }
}

fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.split('.').next().unwrap_or(name).to_ascii_uppercase())
}

/// The origins of the settings that are not the default.
pub(super) fn of_each(
    sources: &Figment,
    rows: &[(&'static str, String)],
) -> Vec<(&'static str, Origin)> {
    rows.iter()
        .filter_map(|(name, _)| Some((*name, origin_of(sources.find_metadata(name)?))))
        .collect()
}

fn origin_of(metadata: &Metadata) -> Origin {
    match &metadata.source {
        Some(Source::File(file)) => Origin::File(file.clone()),
        _ if metadata.name == ENVIRONMENT => Origin::Environment,
        _ => Origin::Default,
    }
}

/// The variables that are ours; `DATABASE_URL` counts where ours is absent.
pub(super) struct Environment(Dict);

impl Environment {
    pub(super) fn of(all: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut ours = Dict::new();
        for (name, text) in all {
            if name == "DATABASE_URL" {
                ours.entry("database_url".to_owned())
                    .or_insert_with(|| Value::from(text));
            } else if let Some(name) = name.strip_prefix(PREFIX) {
                let name = name.to_ascii_lowercase();
                if !COMMAND_LINE.contains(&name.as_str()) {
                    ours.insert(name.clone(), read(&name, text));
                }
            }
        }
        Self(ours)
    }
}

/// A secret is text, whatever it looks like; the rest may be a number, a boolean, a list.
fn read(name: &str, text: String) -> Value {
    const TEXTS: &[&str] = &[
        "kek",
        "kek_previous",
        "signing_key",
        "documents_bucket",
        "documents_access_key",
        "documents_secret_key",
        "database_url",
        "migration_database_url",
        "log_origin",
    ];
    if TEXTS.contains(&name) {
        return Value::from(text);
    }
    match text.parse() {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named(ENVIRONMENT)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.0.clone()))
    }
}
