//! Every setting, read once: `ESSAIM_…` variables over an optional TOML file over defaults.
//!
//! Nothing else in the house reads the environment. Limits that protect the process are
//! constants beside the code they protect, not settings.

mod issuers;
mod origin;

use std::{
    fmt,
    fs::read_to_string,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::Reseau;
use eventlog::{
    Kek,
    proof::{Signer, integrator},
};
use figment::{
    Figment,
    providers::{Format as _, Toml},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};

use self::origin::Environment;
pub use self::{
    issuers::IssuerSettings,
    origin::{Described, Origin, Problem},
};
use crate::{exports::giving::GivingPrefix, graphql::COMPLEXITY_MAX, quotas, trusted};

/// The settings of one process.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the server listens: address and port.
    pub listen: SocketAddr,
    /// The service's own access to Postgres. Without it, `essaim demo` runs a private server.
    pub database_url: Option<SecretString>,
    /// The access of the role that owns the log, for `essaim migrate`; the service's if absent.
    pub migration_database_url: Option<SecretString>,
    /// The name of the log, in every leaf and in every signed checkpoint. Never changed.
    pub log_origin: String,
    /// The key that wraps the keys of sealed values: 32 bytes in base64.
    pub kek: Option<SecretString>,
    /// A file that holds it, for those who mount secrets; `kek` has the last word.
    pub kek_file: Option<PathBuf>,
    /// The one that it replaces, until `essaim vault rotate` has wrapped everything anew.
    pub kek_previous: Option<SecretString>,
    /// A file that holds it; `kek_previous` has the last word.
    pub kek_previous_file: Option<PathBuf>,
    /// The keys that sign checkpoints, one a line, as `essaim log key` draws them.
    pub signing_key: Option<SecretString>,
    /// A file that holds them; `signing_key` has the last word.
    pub signing_key_file: Option<PathBuf>,
    /// Where the last checkpoint is copied, and compared with the log at start: out of reach of
    /// whoever restores the database.
    pub checkpoint_file: Option<PathBuf>,
    /// The folder of the contents of documents, unless a bucket is named.
    pub documents_dir: PathBuf,
    /// The bucket of an S3-compatible store that keeps them instead.
    pub documents_bucket: Option<String>,
    /// Its address, when it is not that of AWS.
    pub documents_endpoint: Option<String>,
    /// Its region.
    pub documents_region: Option<String>,
    /// The id of the key that opens it.
    pub documents_access_key: Option<String>,
    /// The key that opens it.
    pub documents_secret_key: Option<SecretString>,
    /// A file that holds it instead.
    pub documents_secret_key_file: Option<PathBuf>,
    /// Whose tokens are accepted.
    pub issuers: Vec<IssuerSettings>,
    /// The proxies in front of the server, by address or range: what they say in
    /// `X-Forwarded-For` is believed. A list, or text with commas.
    #[serde(deserialize_with = "list")]
    pub trusted_proxies: Vec<String>,
    /// Where spans go: the full address of an OTLP collector over HTTP, `…/v1/traces`.
    pub otlp_endpoint: Option<String>,
    /// How lines are written on standard error.
    pub log_format: LogFormat,
    /// Which lines are written, as in `info,sqlx=warn`.
    pub log_level: String,
    /// Whether GraphiQL is served.
    pub graphiql: bool,
    /// What begins the ids of an export in 360Giving: the prefix that 360Giving gave to whoever
    /// publishes them.
    pub giving_prefix: String,
    /// Which documents are answered: `off`, those that requests bring; `allow`, also those that
    /// they name by their hash; `require`, no others.
    pub trusted_documents: trusted::Mode,
    /// The folder of the documents that may be named: manifests of compilers, or one file each.
    pub trusted_documents_dir: Option<PathBuf>,
    /// What a caller may ask for in a minute, in points of complexity; 0 counts nothing.
    pub caller_points: u32,
    /// What an address without a token may, which can only read the schema; 0 counts nothing.
    pub stranger_points: u32,
    /// The web origins that may call from a browser; a list, or text with commas.
    #[serde(deserialize_with = "list")]
    pub cors_origins: Vec<String>,
    /// The most connections to Postgres, the writer's apart.
    pub pool_max: u32,
    /// How long a request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// How long a stopping server still accepts, so that balancers see it is not ready.
    pub drain_ms: u64,
    /// How long a stopping server waits for requests under way.
    pub grace_ms: u64,
    /// The folder of `initdb` and `postgres`, for the private server; searched if absent.
    pub pg_bin: Option<PathBuf>,
    /// The folder of their libraries, when the system does not know it.
    pub pg_lib: Option<PathBuf>,
    /// Where each setting came from.
    #[serde(skip)]
    pub(crate) origins: Vec<(&'static str, Origin)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database_url: None,
            migration_database_url: None,
            log_origin: "essaim.local/dev".to_owned(),
            kek: None,
            kek_file: None,
            kek_previous: None,
            kek_previous_file: None,
            signing_key: None,
            signing_key_file: None,
            checkpoint_file: None,
            documents_dir: PathBuf::from("/var/lib/essaim/documents"),
            documents_bucket: None,
            documents_endpoint: None,
            documents_region: None,
            documents_access_key: None,
            documents_secret_key: None,
            documents_secret_key_file: None,
            issuers: vec![],
            trusted_proxies: vec![],
            otlp_endpoint: None,
            log_format: LogFormat::Text,
            log_level: "info,sqlx=warn,hyper=warn,h2=warn,opentelemetry=warn".to_owned(),
            graphiql: false,
            giving_prefix: GivingPrefix::DEFAULT.to_owned(),
            trusted_documents: trusted::Mode::Off,
            trusted_documents_dir: None,
            caller_points: quotas::CALLER_POINTS,
            stranger_points: quotas::STRANGER_POINTS,
            cors_origins: vec![],
            pool_max: 16,
            request_timeout_ms: 30_000,
            drain_ms: 5_000,
            grace_ms: 20_000,
            pg_bin: None,
            pg_lib: None,
            origins: vec![],
        }
    }
}

/// How lines are written on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

impl Settings {
    /// Reads the environment, and the file if one is named.
    pub fn load(file: Option<&Path>) -> Result<Self, Problem> {
        Self::from(file, std::env::vars())
    }

    fn from(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Problem> {
        let mut sources = Figment::new();
        if let Some(file) = file {
            if !file.is_file() {
                return Err(Problem::NoFile { file: file.to_owned() });
            }
            sources = sources.merge(Toml::file_exact(file));
        }
        let sources = sources.merge(Environment::of(environment));
        let mut settings: Self = sources.extract().map_err(Problem::from)?;
        settings.origins = origin::of_each(&sources, &settings.rows());
        settings.check()?;
        Ok(settings)
    }

    /// What a type cannot say.
    fn check(&self) -> Result<(), Problem> {
        self.kek()?;
        let invalid = |name, expected| Err(self.invalid(name, expected));
        if self.log_origin.is_empty() || self.log_origin.contains(|it: char| it.is_whitespace()) {
            return invalid("log_origin", "a name without spaces, for example `dla.fr/log`");
        }
        if self.pool_max == 0 {
            return invalid("pool_max", "at least 1");
        }
        if self.request_timeout_ms == 0 {
            return invalid("request_timeout_ms", "at least 1");
        }
        if GivingPrefix::parse(&self.giving_prefix).is_none() {
            return invalid("giving_prefix", "`360G-` and letters or digits, as 360Giving gave it");
        }
        if let Some(expected) = self.issuers.iter().find_map(IssuerSettings::problem) {
            return invalid("issuers", expected);
        }
        if self.trusted_proxies().is_none() {
            return invalid("trusted_proxies", "addresses or ranges such as `10.0.0.0/8`");
        }
        if self.trusted_documents != trusted::Mode::Off && self.trusted_documents_dir.is_none() {
            return invalid("trusted_documents", "`off`, unless `trusted_documents_dir` is set");
        }
        // The largest document that is let in can be asked once at least.
        let enough = |points: u32| points == 0 || points as usize >= COMPLEXITY_MAX;
        if !enough(self.caller_points) {
            return invalid("caller_points", "0, or at least 1000");
        }
        if !enough(self.stranger_points) {
            return invalid("stranger_points", "0, or at least 1000");
        }
        let is_origin = |it: &String| {
            it.split_once("://").is_some_and(|(scheme, host)| {
                matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains('/')
            })
        };
        if !self.cors_origins.iter().all(is_origin) {
            return invalid("cors_origins", "origins such as `https://portail.fr`, without a path");
        }
        Ok(())
    }

    fn invalid(&self, name: &'static str, expected: &'static str) -> Problem {
        Problem::Invalid {
            name: name.to_owned(),
            origin: self.origin(name),
            expected: expected.to_owned(),
        }
    }

    /// The key that wraps keys, from `kek` or `kek_file`, and the one that it replaces.
    pub fn kek(&self) -> Result<Option<Kek>, Problem> {
        let current = self.key_of(("kek", &self.kek), ("kek_file", &self.kek_file))?;
        let previous = self.key_of(
            ("kek_previous", &self.kek_previous),
            ("kek_previous_file", &self.kek_previous_file),
        )?;
        Ok(current.map(|key| match previous {
            Some(previous) => Kek::new(key).or(previous),
            None => Kek::new(key),
        }))
    }

    fn key_of(
        &self,
        value: (&'static str, &Option<SecretString>),
        file: (&'static str, &Option<PathBuf>),
    ) -> Result<Option<[u8; 32]>, Problem> {
        const EXPECTED: &str = "32 bytes in base64, as `openssl rand -base64 32` prints them";
        let Some((name, text)) = self.held(value, file)? else { return Ok(None) };
        let bytes = STANDARD
            .decode(text.expose_secret().trim())
            .map_err(|_| self.invalid(name, EXPECTED))?;
        let key = bytes.try_into().map_err(|_| self.invalid(name, EXPECTED))?;
        Ok(Some(key))
    }

    /// The keys that sign checkpoints, from `signing_key` or `signing_key_file`.
    pub fn signers(&self) -> Result<Option<Arc<[Signer]>>, Problem> {
        const EXPECTED: &str = "keys of this log, one a line, as `essaim log key` draws them";
        let value = ("signing_key", &self.signing_key);
        let Some((name, text)) = self.held(value, ("signing_key_file", &self.signing_key_file))?
        else {
            return Ok(None);
        };
        let signers = integrator::signers(&text, &self.log_origin);
        Ok(Some(signers.map_err(|_| self.invalid(name, EXPECTED))?))
    }

    /// The key that opens the bucket of documents, from `documents_secret_key` or its file.
    pub(crate) fn documents_secret(&self) -> Result<Option<SecretString>, Problem> {
        let held = self.held(
            ("documents_secret_key", &self.documents_secret_key),
            ("documents_secret_key_file", &self.documents_secret_key_file),
        )?;
        Ok(held.map(|(_, secret)| secret))
    }

    /// A secret given as it is, or in a file, and the name of the setting that gave it.
    fn held(
        &self,
        (name, value): (&'static str, &Option<SecretString>),
        (file_name, file): (&'static str, &Option<PathBuf>),
    ) -> Result<Option<(&'static str, SecretString)>, Problem> {
        match (value, file) {
            (Some(value), _) => Ok(Some((name, value.clone()))),
            (None, Some(file)) => {
                let text = read_to_string(file)
                    .map_err(|_| self.invalid(file_name, "a file that can be read"))?;
                Ok(Some((file_name, SecretString::from(text))))
            }
            (None, None) => Ok(None),
        }
    }

    /// The prefix of the ids of 360Giving, which [`Settings::load`] has checked.
    pub fn giving_prefix(&self) -> GivingPrefix {
        GivingPrefix::parse(&self.giving_prefix).unwrap_or_default()
    }

    /// The ranges of `trusted_proxies`; none when one of them is not a range.
    pub fn trusted_proxies(&self) -> Option<Vec<Reseau>> {
        let ranges = self.trusted_proxies.iter();
        ranges.map(|it| Reseau::parse(it).ok()).collect()
    }

    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub fn drain(&self) -> Duration {
        Duration::from_millis(self.drain_ms)
    }

    pub fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }

    /// Name, value and origin of each setting. Secrets are masked.
    pub fn describe(&self) -> Vec<Described> {
        let rows = self.rows().into_iter();
        rows.map(|(name, value)| Described { name, value, origin: self.origin(name) })
            .collect()
    }

    fn origin(&self, name: &str) -> Origin {
        self.origins
            .iter()
            .find(|(it, _)| *it == name)
            .map_or(Origin::Default, |(_, origin)| origin.clone())
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let secret = |it: &Option<SecretString>| it.as_ref().map(|_| "********".to_owned());
        let path = |it: &Option<PathBuf>| it.as_ref().map(|it| it.display().to_string());
        let issuers = self.issuers.iter().map(IssuerSettings::described);
        let rows = [
            ("listen", Some(self.listen.to_string())),
            ("database_url", secret(&self.database_url)),
            ("migration_database_url", secret(&self.migration_database_url)),
            ("log_origin", Some(self.log_origin.clone())),
            ("kek", secret(&self.kek)),
            ("kek_file", path(&self.kek_file)),
            ("kek_previous", secret(&self.kek_previous)),
            ("kek_previous_file", path(&self.kek_previous_file)),
            ("signing_key", secret(&self.signing_key)),
            ("signing_key_file", path(&self.signing_key_file)),
            ("checkpoint_file", path(&self.checkpoint_file)),
            ("documents_dir", Some(self.documents_dir.display().to_string())),
            ("documents_bucket", self.documents_bucket.clone()),
            ("documents_endpoint", self.documents_endpoint.clone()),
            ("documents_region", self.documents_region.clone()),
            ("documents_access_key", self.documents_access_key.clone()),
            ("documents_secret_key", secret(&self.documents_secret_key)),
            ("documents_secret_key_file", path(&self.documents_secret_key_file)),
            ("issuers", Some(issuers.collect::<Vec<_>>().join(", "))),
            ("trusted_proxies", Some(self.trusted_proxies.join(", "))),
            ("otlp_endpoint", self.otlp_endpoint.clone()),
            ("log_format", Some(self.log_format.to_string())),
            ("log_level", Some(self.log_level.clone())),
            ("graphiql", Some(self.graphiql.to_string())),
            ("giving_prefix", Some(self.giving_prefix.clone())),
            ("trusted_documents", Some(self.trusted_documents.to_string())),
            ("trusted_documents_dir", path(&self.trusted_documents_dir)),
            ("caller_points", Some(self.caller_points.to_string())),
            ("stranger_points", Some(self.stranger_points.to_string())),
            ("cors_origins", Some(self.cors_origins.join(", "))),
            ("pool_max", Some(self.pool_max.to_string())),
            ("request_timeout_ms", Some(self.request_timeout_ms.to_string())),
            ("drain_ms", Some(self.drain_ms.to_string())),
            ("grace_ms", Some(self.grace_ms.to_string())),
            ("pg_bin", path(&self.pg_bin)),
            ("pg_lib", path(&self.pg_lib)),
        ];
        rows.into_iter()
            .map(|(name, value)| (name, value.unwrap_or_default()))
            .collect()
    }
}

/// A list, or text with commas, which is easier to write in a variable.
fn list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a list, or text with commas")]
    enum ListOrText {
        List(Vec<String>),
        Text(String),
    }
    Ok(match ListOrText::deserialize(from)? {
        ListOrText::List(all) => all,
        ListOrText::Text(text) => text
            .split(',')
            .map(|it| it.trim().to_owned())
            .filter(|it| !it.is_empty())
            .collect(),
    })
}

#[cfg(test)]
mod tests;
