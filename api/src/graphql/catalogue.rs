//! Every code that an error may carry, with its sentences: the documentation of errors.

use async_graphql::{Object, SimpleObject};

use crate::error::CATALOGUE;

/// A code that errors carry in `extensions.code`, and what it means.
#[derive(SimpleObject)]
pub(crate) struct ErrorDescription {
    /// Stable: never renamed, never given another meaning.
    code: &'static str,
    /// The field of the input that it is about, when it is always the same.
    field: Option<&'static str>,
    /// What the caller is told, in French. Words between braces are filled in.
    fr: &'static str,
    /// The same in English.
    en: &'static str,
    /// Whether sending the same request again later may succeed.
    retryable: bool,
}

#[derive(Default)]
pub(crate) struct CatalogueQuery;

#[Object]
impl CatalogueQuery {
    /// Every code that an error may carry in `extensions.code`, in alphabetical order.
    async fn errors(&self) -> Vec<ErrorDescription> {
        errors()
    }
}

/// Technical codes, then the rules' own.
pub(crate) fn errors() -> Vec<ErrorDescription> {
    let technical = CATALOGUE.iter().map(|it| ErrorDescription {
        code: it.code,
        field: None,
        fr: it.fr,
        en: it.en,
        retryable: it.retryable,
    });
    let rules = domain::refusal_codes()
        .into_iter()
        .flat_map(|(_, all)| all)
        .map(|it| ErrorDescription {
            code: it.code,
            field: (!it.path.is_empty()).then_some(it.path),
            fr: it.fr,
            en: it.en,
            retryable: false,
        });
    let mut all: Vec<_> = technical.chain(rules).collect();
    all.sort_by_key(|it| it.code);
    all.dedup_by_key(|it| it.code);
    all
}
