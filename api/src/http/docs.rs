//! Pages for people who build front-ends: every code that an error may carry, and operations
//! that are ready to be asked. Both are made of what the program itself uses.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, LazyLock},
};

use async_graphql::Executor;
use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, Uri, header};
use minijinja::{Environment, context, value::Serde};
use serde::Serialize;

use super::{Doors, Language, answer, asked};
use crate::error::CATALOGUE;

/// A code, where it comes from, and what it says.
#[derive(Debug, Serialize)]
pub(super) struct Explained {
    code: &'static str,
    /// The aggregate whose rule it is; none for those of the doors, and those that all share.
    category: Option<&'static str>,
    /// The field of the command that it is about, when it is always the same.
    field: Option<&'static str>,
    retryable: bool,
    fr: &'static str,
    en: &'static str,
    /// Where it is explained.
    doc: String,
}

/// An operation that is ready to be asked.
#[derive(Debug, Serialize)]
struct Operation {
    name: &'static str,
    roles: Vec<&'static str>,
    fr: &'static str,
    en: &'static str,
    document: &'static str,
    /// Where GraphiQL opens it.
    address: String,
}

macro_rules! operations {
    ($($name:literal),* $(,)?) => {
        /// Each in a file, which says in its first lines what it answers, and to whom.
        const OPERATIONS: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../operations/", $name, ".graphql")))),*
        ];
    };
}

operations![
    "moi",
    "dossiers",
    "financements",
    "conventions",
    "historique",
    "regles-ecartees",
    "statistiques",
    "evaluations",
    "bibliotheque",
    "referentiels",
];

static CODES: LazyLock<Vec<Explained>> = LazyLock::new(codes);
static READY: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    OPERATIONS
        .iter()
        .filter_map(|(name, it)| operation(name, it))
        .collect()
});
static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    for (name, text) in [
        ("errors.html", include_str!("docs/errors.html")),
        ("operations.html", include_str!("docs/operations.html")),
    ] {
        // A template that does not parse is found by the test that shows it.
        let _ = pages.add_template(name, text);
    }
    pages
});

/// Every code once, in alphabetical order.
fn codes() -> Vec<Explained> {
    let doc = |code: &str| format!("/docs/errors#{code}");
    let mut all: BTreeMap<&str, Explained> = BTreeMap::new();
    for it in CATALOGUE {
        let (code, retryable, fr, en) = (it.code, it.retryable, it.fr, it.en);
        let doc = doc(code);
        all.insert(code, Explained { code, category: None, field: None, retryable, fr, en, doc });
    }
    for (category, entries) in domain::refusal_codes() {
        for it in entries {
            let field = (!it.path.is_empty()).then_some(it.path);
            let (code, fr, en) = (it.code, it.fr, it.en);
            let new = Explained { code, category, field, retryable: false, fr, en, doc: doc(code) };
            all.entry(code).or_insert(new);
        }
    }
    all.into_values().collect()
}

/// What the first lines of a file say; none when one is missing, which a test would see.
fn operation(name: &'static str, text: &'static str) -> Option<Operation> {
    let said = |what: &str| {
        let line = text
            .lines()
            .find_map(|it| it.strip_prefix("# ")?.strip_prefix(what));
        line.map(|it| it.trim_start_matches(':').trim())
    };
    let document = &text[text.find("\nquery ")? + 1..];
    let mut address = "/graphiql?query=".to_owned();
    for byte in document.bytes() {
        if byte.is_ascii_alphanumeric() {
            address.push(byte.into());
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    Some(Operation {
        name,
        roles: said("roles")?.split(' ').collect(),
        fr: said("fr")?,
        en: said("en")?,
        document,
        address,
    })
}

/// A text that is the same until the program is another: whoever has it is told so.
pub(super) fn fixed(
    asked: &HeaderMap,
    (content_type, language): (&'static str, Language),
    tag: &str,
    text: impl Into<Body>,
) -> Response {
    let kept = asked.get(header::IF_NONE_MATCH);
    let same = kept.is_some_and(|it| answer::matches(it, tag));
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_LANGUAGE, language.tag()),
        (header::VARY, "accept-language"),
        (header::CACHE_CONTROL, "public, no-cache"),
        (header::ETAG, tag),
    ];
    if same {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, text.into()).into_response()
}

/// The language that the address asks for, or else the headers.
pub(super) fn language(address: &Uri, headers: &HeaderMap) -> Language {
    asked::parameters(address)
        .and_then(|it| Language::of_tag(it.get("lang")?))
        .unwrap_or_else(|| Language::of_headers(headers))
}

/// Every code, for machines.
pub(super) async fn errors_json(headers: HeaderMap) -> Response {
    let text = serde_json::to_string_pretty(&*CODES).unwrap_or_default();
    let tag = answer::etag("", text.as_bytes());
    fixed(&headers, ("application/json; charset=utf-8", Language::En), &tag, text)
}

/// Every code, for people.
pub(super) async fn errors(address: Uri, headers: HeaderMap) -> Response {
    let language = language(&address, &headers);
    let shown = context! { language => language.tag(), codes => Serde(&*CODES) };
    show("errors.html", &headers, language, shown)
}

/// The operations that are ready, for people; with links into GraphiQL where it is shown.
pub(super) async fn operations<E: Executor>(
    State(doors): State<Arc<Doors<E>>>,
    address: Uri,
    headers: HeaderMap,
) -> Response {
    let language = language(&address, &headers);
    let graphiql = doors.app.options.graphiql;
    let shown = context! { language => language.tag(), graphiql, operations => Serde(&*READY) };
    show("operations.html", &headers, language, shown)
}

fn show(name: &str, asked: &HeaderMap, language: Language, shown: minijinja::Value) -> Response {
    match PAGES.get_template(name).and_then(|it| it.render(shown)) {
        Ok(page) => {
            let tag = answer::etag(language.tag(), page.as_bytes());
            fixed(asked, ("text/html; charset=utf-8", language), &tag, page)
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a page is not printed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests;
