//! Documents that are registered before anybody asks them, and asked by their hash.
//!
//! A front-end's build knows every document that it will send. Printed into a manifest by its
//! compiler and laid in a folder of the server, they are checked once, at start; a request then
//! names one (`documentId`) instead of repeating it, and a server that requires it answers
//! nothing else. An id is `sha256:` and the hash of the text, or, for a file `name.graphql`, its
//! name.

use std::{
    collections::{BTreeMap, HashMap},
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_graphql::{
    Executor, Request, ServerError, Variables,
    parser::types::{BaseType, VariableDefinition},
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::{
    error::{
        Entry, PERSISTED_QUERY_HASH_DIFFERS, PERSISTED_QUERY_ID_REQUIRED,
        PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_NOT_SUPPORTED,
    },
    graphql::extensions::CheckedOnly,
    guard,
    http::Language,
};

/// What an id that is a hash begins with.
const PREFIX: &str = "sha256:";
/// The largest file of documents.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The most documents of a server.
const DOCUMENTS_MAX: usize = 10_000;

/// Which documents a server answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Those that requests bring; none by its id.
    #[default]
    Off,
    /// Those that requests bring, and those that they name.
    Allow,
    /// Those that they name.
    Require,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Allow => "allow",
            Self::Require => "require",
        })
    }
}

/// The documents of a server, by id.
#[derive(Debug, Default)]
pub struct Trusted {
    mode: Mode,
    texts: HashMap<String, Arc<str>>,
}

/// Why a folder of documents is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("trusted_documents_dir (ESSAIM_TRUSTED_DOCUMENTS_DIR) is not set")]
    Nowhere,
    #[error("{file}: it cannot be read")]
    Unread { file: PathBuf, source: std::io::Error },
    #[error("{file}: larger than {FILE_BYTES_MAX} bytes")]
    TooLarge { file: PathBuf },
    #[error("{file}: not a manifest, an object of texts by `sha256:` and their hash")]
    Manifest { file: PathBuf, source: Option<serde_json::Error> },
    #[error("{file}: `{id}` is not the SHA-256 of its text")]
    Hash { file: PathBuf, id: String },
    #[error("{file}: `{id}`: {why}")]
    Refused { file: PathBuf, id: String, why: String },
    #[error("{file}: more than {DOCUMENTS_MAX} documents")]
    TooMany { file: PathBuf },
}

/// A manifest as compilers print it: texts by id (graphql-codegen, Relay), or a list (Apollo).
#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    Listed { operations: Vec<Listed> },
    ById(BTreeMap<String, String>),
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    body: String,
}

impl Trusted {
    /// Reads a folder, and checks each document against the schema and the guard.
    pub async fn load<E: Executor>(
        mode: Mode,
        folder: Option<&Path>,
        schema: &E,
    ) -> Result<Self, Problem> {
        let mut all = Self { mode, texts: HashMap::new() };
        if mode == Mode::Off {
            return Ok(all);
        }
        for file in files(folder.ok_or(Problem::Nowhere)?)? {
            for (id, text) in read(&file)? {
                if !all.texts.contains_key(&id) {
                    check(schema, &text).await.map_err(|why| Problem::Refused {
                        file: file.clone(),
                        id: id.clone(),
                        why,
                    })?;
                }
                all.texts.insert(id, text);
            }
            if all.texts.len() > DOCUMENTS_MAX {
                return Err(Problem::TooMany { file });
            }
        }
        Ok(all)
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Gives a request the document that it names; whether it may bring its own is asked apart.
    pub(crate) fn fill(&self, request: &mut Request, id: &str) -> Result<(), &'static Entry> {
        let brought = !request.query.is_empty();
        if self.mode == Mode::Off {
            return Err(&PERSISTED_QUERY_NOT_SUPPORTED);
        }
        if brought && id != id_of(&request.query) {
            return Err(&PERSISTED_QUERY_HASH_DIFFERS);
        }
        match self.texts.get(id) {
            Some(text) => text.as_ref().clone_into(&mut request.query),
            // What it brings is its own: nobody registers a document by sending it.
            None if brought && self.mode == Mode::Allow => {}
            None => return Err(&PERSISTED_QUERY_NOT_FOUND),
        }
        Ok(())
    }

    /// Whether a document that a request brings is answered.
    pub(crate) fn answers_free(&self) -> Result<(), &'static Entry> {
        if self.mode == Mode::Require { Err(&PERSISTED_QUERY_ID_REQUIRED) } else { Ok(()) }
    }
}

/// The id of a text.
pub fn id_of(text: &str) -> String {
    format!("{PREFIX}{:x}", Sha256::digest(text))
}

/// The files of a folder that hold documents, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let unread = |source| Problem::Unread { file: folder.to_owned(), source };
    let mut all = vec![];
    for entry in fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if matches!(extension(&path), "json" | "graphql") {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

fn extension(path: &Path) -> &str {
    path.extension()
        .and_then(|it| it.to_str())
        .unwrap_or_default()
}

/// The documents of a file, each by its ids.
fn read(file: &Path) -> Result<Vec<(String, Arc<str>)>, Problem> {
    let unread = |source| Problem::Unread { file: file.to_owned(), source };
    if fs::metadata(file).map_err(unread)?.len() > FILE_BYTES_MAX {
        return Err(Problem::TooLarge { file: file.to_owned() });
    }
    let text = fs::read_to_string(file).map_err(unread)?;
    if extension(file) == "graphql" {
        let name = file
            .file_stem()
            .and_then(|it| it.to_str())
            .unwrap_or_default();
        // What stands before a colon says how to read an id, and is not ours to give.
        if name.is_empty() || name.contains(':') {
            return Err(Problem::Hash { file: file.to_owned(), id: name.to_owned() });
        }
        let text: Arc<str> = text.into();
        return Ok(vec![(id_of(&text), text.clone()), (name.to_owned(), text)]);
    }
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|source| Problem::Manifest { file: file.to_owned(), source: Some(source) })?;
    let listed: Vec<(String, String)> = match manifest {
        Manifest::Listed { operations } => {
            operations.into_iter().map(|it| (it.id, it.body)).collect()
        }
        Manifest::ById(all) => all.into_iter().collect(),
    };
    if listed.is_empty() {
        return Err(Problem::Manifest { file: file.to_owned(), source: None });
    }
    listed
        .into_iter()
        .map(|(id, text)| {
            let hash = id_of(&text);
            // Relay prints the hash alone.
            if id == hash || format!("{PREFIX}{id}") == hash {
                Ok((hash, text.into()))
            } else {
                Err(Problem::Hash { file: file.to_owned(), id })
            }
        })
        .collect()
}

/// Whether a document is let in and fits the schema, whatever its variables will be.
async fn check<E: Executor>(schema: &E, text: &str) -> Result<(), String> {
    let mut request = Request::new(text).data(Language::En).data(CheckedOnly);
    let said = |it: ServerError| it.message;
    guard::admit(&mut request, Language::En).map_err(said)?;
    let document = request.parsed_query().map_err(|it| it.message.clone())?;
    let variables = document
        .operations
        .iter()
        .flat_map(|(_, it)| &it.node.variable_definitions)
        .filter(|it| sizes(&it.node))
        // The smallest page: what a list costs is measured again each time.
        .map(|it| (it.node.name.node.to_string(), 1.into()))
        .collect::<serde_json::Map<_, _>>();
    request.variables = Variables::from_json(variables.into());
    let answer = schema.execute(request).await;
    answer
        .errors
        .into_iter()
        .next()
        .map_or(Ok(()), |it| Err(said(it)))
}

/// The engine cannot measure a document without the sizes of its lists.
fn sizes(it: &VariableDefinition) -> bool {
    it.default_value.is_none()
        && matches!(&it.var_type.node.base, BaseType::Named(name) if name == "Int")
}

#[cfg(test)]
#[expect(clippy::unused_async, reason = "the engine wants resolvers to be async")]
mod tests;
