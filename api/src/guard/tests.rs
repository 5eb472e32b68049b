use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use async_graphql::Value;
use proptest::prelude::*;

use super::*;

/// The usual query of tools, as graphql-js prints it.
const INTROSPECTION: &str = "
    query IntrospectionQuery {
      __schema {
        description
        queryType { name kind }
        mutationType { name kind }
        subscriptionType { name kind }
        types { ...FullType }
        directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } }
      }
    }
    fragment FullType on __Type {
      kind name description specifiedByURL isOneOf
      fields(includeDeprecated: true) {
        name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef }
        isDeprecated deprecationReason
      }
      inputFields(includeDeprecated: true) { ...InputValue }
      interfaces { ...TypeRef }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      possibleTypes { ...TypeRef }
    }
    fragment InputValue on __InputValue {
      name description type { ...TypeRef } defaultValue isDeprecated deprecationReason
    }
    fragment TypeRef on __Type {
      kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
      ofType { kind name ofType { kind name ofType { kind name ofType { kind name
      ofType { kind name } } } } } } } } }
    }";

fn ask(document: impl Into<String>) -> Result<Admitted, ServerError> {
    admit(&mut Request::new(document), Language::En)
}

fn code(document: impl Into<String>) -> String {
    match ask(document) {
        Ok(_) => "ADMITTED".to_owned(),
        Err(error) => match error.extensions.and_then(|it| it.get("code").cloned()) {
            Some(Value::String(code)) => code,
            other => panic!("no code: {other:?}"),
        },
    }
}

fn nested(levels: usize) -> String {
    format!("{}a{}", "{a".repeat(levels - 1) + "{", "}".repeat(levels))
}

#[test]
fn an_ordinary_document_is_let_in_and_parsed_once() {
    let mut request = Request::new("mutation M { a { b } }");
    let admitted = admit(&mut request, Language::Fr).unwrap();
    assert_eq!(admitted, Admitted { operation: OperationType::Mutation, meta_only: false });
    // The engine would parse this text again if the document had not been kept.
    request.query = "not GraphQL".to_owned();
    assert!(request.parsed_query().is_ok());
}

#[test]
fn two_thousand_nested_brackets_are_refused_in_milliseconds() {
    let begun = Instant::now();
    for open in ["{a", "[", "(", "{a(b:[", "{a(b:{c:"] {
        assert_eq!(code(format!("{{a{}", open.repeat(2_000))), "DOCUMENT_TOO_DEEP");
    }
    assert!(begun.elapsed() < Duration::from_millis(50), "{:?}", begun.elapsed());
}

#[test]
fn nested_fragments_are_refused_in_milliseconds() {
    let mut bomb = "{...f0}".to_owned();
    for n in 0..29 {
        write!(bomb, "fragment f{n} on Q{{...f{m} ...f{m}}}", m = n + 1).unwrap();
    }
    bomb.push_str("fragment f29 on Q{a}");
    let begun = Instant::now();
    assert_eq!(code(bomb), "DOCUMENT_TOO_COMPLEX");
    assert!(begun.elapsed() < Duration::from_millis(50), "{:?}", begun.elapsed());
}

#[test]
fn brackets_hidden_in_strings_and_comments_do_not_count() {
    let open = "{".repeat(100);
    assert_eq!(code(format!("{{a(b: \"{open}\")}}")), "ADMITTED");
    assert_eq!(code(format!("{{a(b: \"\"\"{open} \\\"\"\" {open}\"\"\")}}")), "ADMITTED");
    assert_eq!(code(format!("{{a # {open}\n}}")), "ADMITTED");
}

#[test]
fn an_open_block_string_does_not_hide_brackets() {
    let open = "[".repeat(2_000);
    assert_eq!(code(format!("{{a(b:[\"\"\"\" {open}")), "GRAPHQL_PARSE_FAILED");
    assert_eq!(code(format!("{{a(b:\"\n{open}")), "DOCUMENT_TOO_DEEP");
    assert_eq!(code(format!("{{a # \r{open}")), "DOCUMENT_TOO_DEEP");
}

#[test]
fn bytes_and_tokens_are_bounded() {
    assert_eq!(code(format!("{{a #{}\n}}", "x".repeat(DOCUMENT_BYTES_MAX))), "DOCUMENT_TOO_LARGE");
    assert_eq!(code(format!("{{{}}}", "a ".repeat(TOKENS_MAX))), "DOCUMENT_TOO_COMPLEX");
}

#[test]
fn what_does_not_parse_is_said_briefly() {
    let error = ask(format!("{{a(b: \"{}\") {{", "secret ".repeat(500))).unwrap_err();
    assert!(error.message.len() < 400 && !error.message.contains("secret"), "{error}");
    assert!(
        error
            .message
            .starts_with("This document is not valid GraphQL: "),
        "{error}"
    );
    assert!(!error.locations.is_empty());
    assert_eq!(code(""), "GRAPHQL_PARSE_FAILED");
    assert_eq!(code("{a} {b}"), "GRAPHQL_PARSE_FAILED");
}

#[test]
fn depth_is_bounded_and_introspection_has_its_own_bound() {
    assert_eq!(code(nested(12)), "ADMITTED");
    assert_eq!(code(nested(13)), "DOCUMENT_TOO_DEEP");
    assert_eq!(code(INTROSPECTION), "ADMITTED");
    let types = |levels: usize| {
        format!("{{__type(name: \"A\"){{{}name{}}}}}", "ofType{".repeat(levels), "}".repeat(levels))
    };
    assert_eq!(code(types(13)), "ADMITTED");
    assert_eq!(code(types(14)), "DOCUMENT_TOO_DEEP");
}

#[test]
fn a_fragment_does_not_hide_depth() {
    let document = format!("{{a{{...f}}}} fragment f on Q {}", nested(12));
    assert_eq!(code(document), "DOCUMENT_TOO_DEEP");
}

#[test]
fn circular_introspection_is_refused() {
    let two = "{__schema{types{fields{type{fields{type{name}}}}}}}";
    let three = "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}";
    assert_eq!(code(two), "ADMITTED");
    assert_eq!(code(three), "DOCUMENT_TOO_DEEP");
}

#[test]
fn cycles_are_refused() {
    let cycle = "{...a} fragment a on Q{...b} fragment b on Q{...a}";
    assert_eq!(code(cycle), "GRAPHQL_VALIDATION_FAILED");
    let unused = "{x} fragment a on Q{...a}";
    assert_eq!(code(unused), "GRAPHQL_VALIDATION_FAILED");
}

#[test]
fn a_chain_of_fragments_as_long_as_the_document_is_measured() {
    let mut chain = "{...f0}".to_owned();
    let links = 240;
    for n in 0..links {
        write!(chain, "fragment f{n} on Q{{...f{m}}}", m = n + 1).unwrap();
    }
    write!(chain, "fragment f{links} on Q{{a}}").unwrap();
    assert_eq!(code(chain), "ADMITTED");
}

#[test]
fn aliases_root_fields_and_operations_are_bounded() {
    let aliases = |n: usize| {
        (0..n).fold(String::new(), |mut all, n| {
            write!(all, "a{n}: a ").unwrap();
            all
        })
    };
    assert_eq!(code(format!("{{x {{{}}}}}", aliases(30))), "ADMITTED");
    assert_eq!(code(format!("{{x {{{}}}}}", aliases(31))), "DOCUMENT_TOO_COMPLEX");
    assert_eq!(code(format!("{{{}}}", aliases(10))), "ADMITTED");
    assert_eq!(code(format!("{{{}}}", aliases(11))), "DOCUMENT_TOO_COMPLEX");
    assert_eq!(code("query A{a} query B{b}"), "GRAPHQL_VALIDATION_FAILED");
}

#[test]
fn a_mutation_is_not_asked_for_twice() {
    assert_eq!(code("mutation{pay{a} pay{b}}"), "GRAPHQL_VALIDATION_FAILED");
    let hidden = "mutation{pay{a} ...f} fragment f on M{... on M{pay{b}}}";
    assert_eq!(code(hidden), "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(code("mutation{a: pay{a} b: pay{b}}"), "ADMITTED");
    assert_eq!(code("{read{a} read{b}}"), "ADMITTED");
}

#[test]
fn only_meta_fields_are_told_apart() {
    let meta = |document: &str| ask(document).unwrap().meta_only;
    assert!(meta("{__typename}"));
    assert!(meta(INTROSPECTION));
    assert!(meta("{...f} fragment f on Q{__typename}"));
    assert!(!meta("{__typename a}"));
    assert!(!meta("{__typename: a}"));
    assert!(!meta("{...f} fragment f on Q{... on Q{a}}"));
    assert!(!meta("{...nowhere a}"));
    assert!(!meta("mutation{__typename}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Ten thousand pieces of syntax in any order: an answer, and soon.
    #[test]
    fn no_soup_of_brackets_panics_or_takes_long(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "{", "}", "(", ")", "[", "]", "\"", "\"\"\"", "\\", "#", "\n", "a", ":", "$", "...",
                "on Q", "fragment f on Q", "query", "mutation", "1", "1.5e3", "@a", "!", "=", "é", " ",
            ]),
            0..2_000,
        ),
    ) {
        let begun = Instant::now();
        let _ = ask(pieces.concat());
        prop_assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }

    /// Well-formed nests of every depth: admitted or refused by depth alone.
    #[test]
    fn depth_alone_decides_of_a_nest(levels in 1_usize..200) {
        let expected = if levels <= 12 { "ADMITTED" } else { "DOCUMENT_TOO_DEEP" };
        prop_assert_eq!(code(nested(levels)), expected);
    }
}
