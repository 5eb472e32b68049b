//! Everything is described in both languages, and the printed schemas are those of the code.

use expect_test::expect_file;

use super::*;

#[test]
fn everything_is_described_in_both_languages() {
    assert_eq!(missing(Language::En), Vec::<String>::new());
    assert_eq!(missing(Language::Fr), Vec::<String>::new());
}

#[test]
fn no_text_describes_what_is_gone() {
    assert_eq!(orphans(), Vec::<String>::new());
}

/// `UPDATE_EXPECT=1` writes them anew.
#[test]
fn the_committed_schemas_are_those_of_the_code() {
    expect_file!["../../../../schema.graphql"].assert_eq(&sdl(Language::En));
    expect_file!["../../../../schema.fr.graphql"].assert_eq(&sdl(Language::Fr));
}

#[test]
fn both_texts_are_schemas_that_the_parser_reads() {
    for language in [Language::En, Language::Fr] {
        let text = sdl(language);
        let document = async_graphql::parser::parse_schema(text).unwrap();
        assert_eq!(document.definitions.len(), SCHEMA.types().count());
    }
}

#[test]
fn the_closest_key_speaks_and_idle_keys_are_named() {
    let texts: Texts = toml::from_str(
        r#"
        [en]
        "A.on" = "Set."
        [fr]
        "*.on" = "Quand."
        "*Input.on" = "Quand, sinon aujourd'hui."
        "AInput.on" = "Le jour même."
        "*.gone" = "Rien."
        "#,
    )
    .unwrap();
    let fr = |at| texts.say(Language::Fr, at, Some("When."));
    assert_eq!(fr("AInput.on").as_deref(), Some("Le jour même."));
    assert_eq!(fr("BInput.on").as_deref(), Some("Quand, sinon aujourd'hui."));
    assert_eq!(fr("A.on").as_deref(), Some("Quand."));
    assert_eq!(fr("A.off"), None);
    let en = |at| texts.say(Language::En, at, Some("When."));
    assert_eq!(en("A.on").as_deref(), Some("Set."));
    assert_eq!(en("BInput.on").as_deref(), Some("When."));
    let all = ["A.on", "AInput.on", "BInput.on"].map(str::to_owned);
    assert_eq!(texts.orphans(&all), ["fr: *.gone"]);
}

#[test]
fn descriptions_are_wrapped_by_paragraph() {
    let text = "One two\nthree four.\n\n- a b\n- c";
    assert_eq!(wrapped(text, 13), ["One two three", "four.", "", "- a b", "- c"]);
}
