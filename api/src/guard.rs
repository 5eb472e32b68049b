//! What a document must be before the engine sees it, whatever the transport.
//!
//! The engine parses by recursion and walks fragments expanded: 2,000 brackets abort the
//! process, 853 bytes of nested fragments hold a thread for seventeen seconds. So the text is
//! counted first, parsed once, measured with a memory, and handed on parsed. What was let in is
//! kept by the hash of its text: a document that comes again is not parsed again.

mod measure;

use std::{
    collections::HashSet,
    sync::{Arc, LazyLock},
};

use async_graphql::{
    Request, ServerError,
    parser::types::{
        ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
    },
};
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use crate::{
    error::{
        Answer, DOCUMENT_TOO_COMPLEX, DOCUMENT_TOO_DEEP, DOCUMENT_TOO_LARGE, Entry,
        GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED,
    },
    http::Language,
};

/// The longest document, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 16 * 1024;
/// The deepest nesting of `{`, `(` and `[` together.
pub const NESTING_MAX: usize = 40;
/// The most lexical tokens.
pub const TOKENS_MAX: usize = 2_000;
/// The most selections, fragments expanded; a spread counts beside what it spreads.
pub const SELECTIONS_MAX: u64 = 1_000;
/// The deepest path of fields outside `__schema` and `__type`.
pub const DEPTH_MAX: u64 = 12;
/// The deepest path of fields from `__schema` or `__type`: the usual query of tools needs 15.
pub const INTROSPECTION_DEPTH_MAX: u64 = 15;
/// The most lists of fields or types inside one another under `__schema` or `__type`: each
/// multiplies the answer by the size of the schema.
pub const INTROSPECTION_LISTS_MAX: u64 = 2;
/// The most aliases, fragments expanded.
pub const ALIASES_MAX: u64 = 30;
/// The most fields at the root, fragments expanded.
pub const ROOT_FIELDS_MAX: u64 = 10;
/// How much text the documents have that are kept parsed, in bytes; parsed, each takes some
/// dozens of times as much.
const KEPT_BYTES_MAX: u64 = 1024 * 1024;
/// How much of a parser's message is repeated to the caller.
const PARSE_MESSAGE_CHARS_MAX: usize = 200;

/// What the transport needs to know of a document that was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    pub operation: OperationType,
    /// It asks for nothing but `__typename`, `__schema` and `__type`.
    pub meta_only: bool,
}

/// The SHA-256 of a document's text, put into the request that was let in: what is found out
/// about the document is kept under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextHash(pub [u8; 32]);

/// The document itself, put there too.
#[derive(Debug, Clone)]
pub struct Parsed(pub Arc<ExecutableDocument>);

/// A document that was let in.
struct Kept {
    document: Parsed,
    admitted: Admitted,
    bytes: u32,
}

/// What is kept depends on the text alone: one memory serves every server of the process.
static KEPT: LazyLock<Cache<TextHash, Arc<Kept>>> = LazyLock::new(|| {
    Cache::builder()
        .weigher(|_, it: &Arc<Kept>| it.bytes)
        .max_capacity(KEPT_BYTES_MAX)
        .build()
});

/// Lets a request's document in, or says why not. The request keeps the parsed document.
pub fn admit(request: &mut Request, language: Language) -> Result<Admitted, ServerError> {
    let refuse = |no: No| no.into_server_error(language);
    fits(&request.query).map_err(refuse)?;
    let hash = TextHash(Sha256::digest(&request.query).into());
    request.data.insert(hash);
    if let Some(kept) = KEPT.get(&hash) {
        request.set_parsed_query(kept.document.0.as_ref().clone());
        request.data.insert(kept.document.clone());
        return Ok(kept.admitted);
    }
    scan(&request.query).map_err(refuse)?;
    let bytes = u32::try_from(request.query.len()).unwrap_or(u32::MAX);
    let document = request
        .parsed_query()
        .map_err(|error| parse_failed(&error, language))?;
    let admitted = judge(document).map_err(refuse)?;
    let document = Parsed(Arc::new(document.clone()));
    request.data.insert(document.clone());
    KEPT.insert(hash, Arc::new(Kept { document, admitted, bytes }));
    Ok(admitted)
}

/// A document that is not let in: the code, and its sentence in each language.
#[derive(Debug, Clone, PartialEq)]
struct No {
    entry: Entry,
    fr: String,
    en: String,
}

impl No {
    fn new(entry: Entry, fr: impl Into<String>, en: impl Into<String>) -> Self {
        Self { entry, fr: fr.into(), en: en.into() }
    }

    /// Something exceeds a limit.
    fn exceeds(entry: Entry, max: impl Into<u64>, of: [&str; 2]) -> Self {
        let max = max.into();
        Self::new(
            entry,
            format!("{} (au plus {max} {}).", entry.fr.trim_end_matches('.'), of[0]),
            format!("{} (at most {max} {}).", entry.en.trim_end_matches('.'), of[1]),
        )
    }

    fn into_server_error(self, language: Language) -> ServerError {
        Answer::of(&self.entry, language)
            .saying(language.choose(&self.fr, &self.en))
            .into_server_error()
    }
}

fn fits(document: &str) -> Result<(), No> {
    if document.len() <= DOCUMENT_BYTES_MAX {
        return Ok(());
    }
    Err(No::exceeds(DOCUMENT_TOO_LARGE, DOCUMENT_BYTES_MAX as u64, ["octets", "bytes"]))
}

/// Counts what can be counted without parsing.
///
/// It sees what the parser sees: brackets in comments and strings do not count. A block
/// string without an end is refused here, because the parser reads it again as short strings.
fn scan(document: &str) -> Result<(), No> {
    let bytes = document.as_bytes();
    let (mut at, mut depth, mut tokens) = (0, 0_usize, 0);
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let length = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += until_line_end(rest);
                continue;
            }
            b'"' if rest.starts_with(BLOCK) => block_string(rest).ok_or_else(|| {
                No::new(
                    GRAPHQL_PARSE_FAILED,
                    "Ce document n'est pas du GraphQL valide : un texte \"\"\" n'est pas fermé.",
                    "This document is not valid GraphQL: a \"\"\" string is not closed.",
                )
            })?,
            b'"' => short_string(rest),
            b'{' | b'(' | b'[' => {
                depth += 1;
                1
            }
            b'}' | b')' | b']' => {
                depth = depth.saturating_sub(1);
                1
            }
            b'.' if rest.starts_with(b"...") => 3,
            _ => rest
                .iter()
                .take_while(|it| it.is_ascii_alphanumeric() || **it == b'_')
                .count()
                .max(1),
        };
        at += length;
        tokens += 1;
        if depth > NESTING_MAX {
            let of = ["accolades ou crochets imbriqués", "nested brackets"];
            return Err(No::exceeds(DOCUMENT_TOO_DEEP, NESTING_MAX as u64, of));
        }
        if tokens > TOKENS_MAX {
            let of = ["mots", "tokens"];
            return Err(No::exceeds(DOCUMENT_TOO_COMPLEX, TOKENS_MAX as u64, of));
        }
    }
    Ok(())
}

const BLOCK: &[u8] = b"\"\"\"";

/// Its length, quotes included; none without an end.
fn block_string(from: &[u8]) -> Option<usize> {
    let mut at = BLOCK.len();
    while at < from.len() {
        if from[at..].starts_with(b"\\\"\"\"") {
            at += 4;
        } else if from[at..].starts_with(BLOCK) {
            return Some(at + BLOCK.len());
        } else {
            at += 1;
        }
    }
    None
}

/// Its length, quotes included; a line that ends inside one makes the parser stop there.
fn short_string(from: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = from.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\r' | b'\n' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    from.len()
}

fn until_line_end(from: &[u8]) -> usize {
    from.iter()
        .position(|it| matches!(it, b'\r' | b'\n'))
        .unwrap_or(from.len())
}

/// The parser quotes whole lines of the document: only what it expected is repeated.
fn parse_failed(error: &ServerError, language: Language) -> ServerError {
    let detail: String = error
        .message
        .lines()
        .next_back()
        .unwrap_or_default()
        .trim_start_matches([' ', '='])
        .chars()
        .take(PARSE_MESSAGE_CHARS_MAX)
        .collect();
    let sentence = GRAPHQL_PARSE_FAILED.say(language).trim_end_matches('.');
    let mut answer = Answer::of(&GRAPHQL_PARSE_FAILED, language)
        .saying(format!("{sentence}{}{detail}.", language.choose(" : ", ": ")))
        .into_server_error();
    answer.locations.clone_from(&error.locations);
    answer
}

/// Measures the parsed document.
fn judge(document: &ExecutableDocument) -> Result<Admitted, No> {
    let operation = only_operation(document)?;
    let mut measures = measure::Measures::of(document);
    measures.check_fragments()?;
    let root = &operation.selection_set.node;
    measures.check_operation(root)?;
    let fields = root_fields(document, root);
    let meta_only = operation.ty == OperationType::Query
        && fields
            .iter()
            .all(|it| matches!(it.name, "__typename" | "__schema" | "__type"));
    if operation.ty == OperationType::Mutation {
        let mut seen = HashSet::new();
        if let Some(twice) = fields.iter().find(|it| !seen.insert(it.key)) {
            return Err(No::new(
                GRAPHQL_VALIDATION_FAILED,
                format!("« {} » est demandé deux fois : une seule, ou des alias.", twice.key),
                format!("`{}` is asked for twice: ask once, or use aliases.", twice.key),
            ));
        }
    }
    if operation.ty == OperationType::Subscription {
        let alone = matches!(root.items.as_slice(), [only] if matches!(
            &only.node, Selection::Field(field) if !field.node.name.node.starts_with("__")
        ));
        if !alone {
            return Err(No::new(
                GRAPHQL_VALIDATION_FAILED,
                "Une souscription suit un seul champ, écrit à sa racine, sans fragment.",
                "A subscription follows a single field, written at its root, without a fragment.",
            ));
        }
    }
    Ok(Admitted { operation: operation.ty, meta_only })
}

fn only_operation(document: &ExecutableDocument) -> Result<&OperationDefinition, No> {
    let mut all = document.operations.iter();
    match (all.next(), all.next()) {
        (Some((_, only)), None) => Ok(&only.node),
        _ => Err(No::new(
            GRAPHQL_VALIDATION_FAILED,
            "Envoyez une seule opération par document.",
            "Send a single operation in a document.",
        )),
    }
}

/// A field at the root: its name, and the key of its answer.
struct RootField<'a> {
    name: &'a str,
    key: &'a str,
}

/// The fields at the root, fragments expanded. The measures have already bounded them.
fn root_fields<'a>(document: &'a ExecutableDocument, root: &'a SelectionSet) -> Vec<RootField<'a>> {
    let mut found = vec![];
    let mut sets = vec![root];
    while let Some(set) = sets.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => found.push(RootField {
                    name: &field.node.name.node,
                    key: &field.node.response_key().node,
                }),
                Selection::InlineFragment(inline) => sets.push(&inline.node.selection_set.node),
                Selection::FragmentSpread(spread) => sets.extend(
                    document
                        .fragments
                        .get(&spread.node.fragment_name.node)
                        .map(|it| &it.node.selection_set.node),
                ),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
