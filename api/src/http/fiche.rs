//! The fiche of an ingénierie, whole: as JSON, and as a page to print.
//!
//! Both are one GraphQL document of ours, asked with the caller's token: what they may not read
//! in GraphQL is not here either. A kind of ingénierie is a document and a template; what is the
//! same in both is in the files `parts`, and the words for the values of enumerations in
//! `libelles.toml`.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use async_graphql::{Executor, ID, Request as GraphqlRequest, Variables};
use axum::{
    extract::{Path, Request, State},
    response::{Html, IntoResponse as _, Response},
};
use domain::{IngenierieId, Refusal, refusal::Common};
use http::{HeaderValue, StatusCode, header};
use minijinja::{Environment, context};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::{Doors, Language, answer::Reply, asked::Media, graphql::Asked};
use crate::{
    error::{Answer, Error, INTERNAL_SERVER_ERROR},
    graphql::ids::typed,
};

/// What is asked of a kind of ingénierie, and how it is shown.
struct Kind {
    /// The question that finds it.
    question: &'static str,
    document: &'static str,
    page: &'static str,
}

const COLLECTIVE: Kind = Kind {
    question: "ingenierie",
    document: concat!(
        include_str!("fiche/collective.graphql"),
        include_str!("fiche/parts.graphql"),
    ),
    page: "collective.html",
};

const INDIVIDUELLE: Kind = Kind {
    question: "ingenierieIndividuelle",
    document: concat!(
        include_str!("fiche/individuelle.graphql"),
        include_str!("fiche/parts.graphql"),
    ),
    page: "individuelle.html",
};

/// What is escaped in them is told by their names: they are HTML.
const PAGES: [(&str, &str); 4] = [
    ("page.html", include_str!("fiche/page.html")),
    ("parts.html", include_str!("fiche/parts.html")),
    ("collective.html", include_str!("fiche/collective.html")),
    ("individuelle.html", include_str!("fiche/individuelle.html")),
];

/// The values of the enumerations that a fiche shows, as people write them.
static LIBELLES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("fiche/libelles.toml")).expect("the file is part of the program")
});

/// `GET /ingenieries/{id}/fiche.json`, with the id of GraphQL.
pub(super) async fn json<E: Executor>(
    State(doors): State<Arc<Doors<E>>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let asked = asked(&request);
    match doors.fiche(asked, id, request).await {
        Ok((_, fiche)) => unstored(axum::Json(fiche).into_response()),
        Err(no) => no.for_caller(asked.media, asked.language).into_response(),
    }
}

/// `GET /ingenieries/{id}/fiche.html`.
pub(super) async fn html<E: Executor>(
    State(doors): State<Arc<Doors<E>>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let asked = asked(&request);
    let (kind, fiche) = match doors.fiche(asked, id, request).await {
        Ok(found) => found,
        Err(no) => return no.for_caller(asked.media, asked.language).into_response(),
    };
    match page(kind, &fiche) {
        Ok(page) => unstored(Html(page).into_response()),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a fiche has no page");
            let answer = Answer::of(&INTERNAL_SERVER_ERROR, asked.language);
            Reply::error(StatusCode::INTERNAL_SERVER_ERROR, answer)
                .for_caller(asked.media, asked.language)
                .into_response()
        }
    }
}

fn asked(request: &Request) -> Asked {
    Asked { language: Language::of_headers(request.headers()), media: Media::GraphqlResponse }
}

/// What depends on who asks is kept by no cache.
fn unstored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("authorization, accept-language"));
    response
}

impl<E: Executor> Doors<E> {
    /// The fiche of an ingénierie, of whichever kind it is.
    async fn fiche(
        &self,
        asked: Asked,
        id: String,
        request: Request,
    ) -> Result<(&'static Kind, Value), Reply> {
        let (parts, _) = request.into_parts();
        let unknown = typed::<IngenierieId>(&ID(id.clone()), "id").is_err();
        for kind in [&COLLECTIVE, &INDIVIDUELLE] {
            let variables = Variables::from_json(json!({ "id": id }));
            let document = GraphqlRequest::new(kind.document).variables(variables);
            let content = self.ask(asked, &parts, document).await?;
            if !content.errors.is_empty() && !unknown {
                let mut incomplete = Reply::executed(content);
                incomplete.status = StatusCode::INTERNAL_SERVER_ERROR;
                return Err(incomplete);
            }
            let mut data = content.data.into_json().unwrap_or_default();
            let found = data[kind.question].take();
            if !found.is_null() {
                return Ok((kind, found));
            }
        }
        let unknown = Error::from(Refusal::from(Common::NotFound {}));
        Err(Reply::error(StatusCode::NOT_FOUND, unknown.answer(asked.language)))
    }
}

fn page(kind: &Kind, fiche: &Value) -> Result<String, minijinja::Error> {
    let mut pages = Environment::new();
    for (name, text) in PAGES {
        pages.add_template(name, text)?;
    }
    pages.add_filter("libelle", libelle);
    pages.add_filter("euros", euros);
    pages.add_filter("jours", jours);
    pages.add_filter("jour", jour);
    let unfit = |it: serde_json::Error| {
        minijinja::Error::new(minijinja::ErrorKind::BadSerialization, it.to_string())
    };
    let fiche = minijinja::Value::deserialize(fiche).map_err(unfit)?;
    pages.get_template(kind.page)?.render(context! { fiche })
}

/// A value of an enumeration, as people write it; one that no file words shows as it is.
fn libelle(value: &str) -> String {
    LIBELLES.get(value).map_or(value, String::as_str).to_owned()
}

/// Cents, a string of digits, as `2 500,00 €`.
fn euros(cents: &str) -> String {
    let (sign, digits) = cents.strip_prefix('-').map_or(("", cents), |it| ("−", it));
    let digits = format!("{digits:0>3}");
    let (units, rest) = digits.split_at(digits.len() - 2);
    let mut grouped = String::new();
    for (n, digit) in units.chars().enumerate() {
        if n > 0 && (units.len() - n).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped},{rest}\u{a0}€")
}

/// A number of days, `"1.25"`, as `1,25 jour`.
fn jours(days: &str) -> String {
    let plural = days.parse::<f64>().is_ok_and(|it| it >= 2.0);
    format!("{}\u{a0}jour{}", days.replace('.', ","), if plural { "s" } else { "" })
}

/// A date as `16 mars 2026`.
fn jour(date: &str) -> String {
    const MONTHS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let Ok(date) = date.parse::<jiff::civil::Date>() else { return date.to_owned() };
    let month = usize::try_from(date.month() - 1)
        .ok()
        .and_then(|it| MONTHS.get(it));
    let day = if date.day() == 1 { "1er".to_owned() } else { date.day().to_string() };
    format!("{day} {} {}", month.copied().unwrap_or_default(), date.year())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use async_graphql::parser::{
        parse_query, parse_schema,
        types::{
            BaseType, ExecutableDocument, Selection, SelectionSet, TypeKind, TypeSystemDefinition,
        },
    };

    use super::*;

    #[test]
    fn amounts_and_days_read_as_french_does() {
        assert_eq!(euros("250000"), "2\u{202f}500,00\u{a0}€");
        assert_eq!(euros("5"), "0,05\u{a0}€");
        assert_eq!(euros("-123456789"), "−1\u{202f}234\u{202f}567,89\u{a0}€");
        assert_eq!(jours("1.25"), "1,25\u{a0}jour");
        assert_eq!(jours("3"), "3\u{a0}jours");
        assert_eq!(jour("2026-03-01"), "1er mars 2026");
    }

    /// Every value of every enumeration that the documents ask for, and of no other.
    #[test]
    fn each_value_that_a_fiche_shows_has_its_words() {
        let types = Types::of(include_str!("../../../schema.graphql"));
        let mut shown = BTreeSet::new();
        for kind in [&COLLECTIVE, &INDIVIDUELLE] {
            let document = parse_query(kind.document).expect("it parses");
            for (_, operation) in document.operations.iter() {
                types.values(&document, "Query", &operation.node.selection_set.node, &mut shown);
            }
        }
        let worded: BTreeSet<_> = LIBELLES.keys().cloned().collect();
        assert_eq!(shown, worded);
    }

    /// The schema: what each field of each type is, and the values of each enumeration.
    #[derive(Default)]
    struct Types {
        fields: BTreeMap<(String, String), String>,
        values: BTreeMap<String, Vec<String>>,
    }

    impl Types {
        fn of(schema: &str) -> Self {
            let mut all = Self::default();
            for it in parse_schema(schema).expect("it parses").definitions {
                let TypeSystemDefinition::Type(it) = it else { continue };
                let name = it.node.name.to_string();
                let fields = match it.node.kind {
                    TypeKind::Enum(it) => {
                        let values = it.values.into_iter();
                        let values = values.map(|it| it.node.value.node.to_string());
                        all.values.insert(name, values.collect());
                        continue;
                    }
                    TypeKind::Object(it) => it.fields,
                    TypeKind::Interface(it) => it.fields,
                    _ => continue,
                };
                for field in fields {
                    let key = (name.clone(), field.node.name.to_string());
                    all.fields.insert(key, named(&field.node.ty.node.base));
                }
            }
            all
        }

        /// What the leaves of a selection may say, where they are enumerations.
        fn values(
            &self,
            document: &ExecutableDocument,
            of: &str,
            selection: &SelectionSet,
            shown: &mut BTreeSet<String>,
        ) {
            for item in &selection.items {
                let (of, inside) = match &item.node {
                    Selection::Field(it) => {
                        let key = (of.to_owned(), it.node.name.to_string());
                        let Some(to) = self.fields.get(&key) else { continue };
                        shown.extend(self.values.get(to).into_iter().flatten().cloned());
                        (to.as_str(), &it.node.selection_set.node)
                    }
                    Selection::FragmentSpread(it) => {
                        let part = &document.fragments[&it.node.fragment_name.node].node;
                        (part.type_condition.node.on.node.as_str(), &part.selection_set.node)
                    }
                    Selection::InlineFragment(it) => {
                        let on = it.node.type_condition.as_ref();
                        let of = on.map_or(of, |it| it.node.on.node.as_str());
                        (of, &it.node.selection_set.node)
                    }
                };
                self.values(document, of, inside, shown);
            }
        }
    }

    fn named(base: &BaseType) -> String {
        match base {
            BaseType::Named(name) => name.to_string(),
            BaseType::List(of) => named(&of.base),
        }
    }

    #[test]
    fn what_people_write_is_shown_as_text() -> Result<(), minijinja::Error> {
        let fiche = json!({ "intitule": "<script>alert(1)</script>", "etat": "ENGAGEE",
            "territoire": { "niveau": "COMMUNE", "code": "84007" }, "problematique": {},
            "besoin": "<script>alert(2)</script>", "documents": {}, "jours": "0" });
        for kind in [&COLLECTIVE, &INDIVIDUELLE] {
            let page = page(kind, &fiche)?;
            assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
        }
        Ok(())
    }
}
