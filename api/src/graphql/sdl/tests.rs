//! Everything is described in both languages, and the printed schemas are those of the code.

use std::{collections::BTreeSet, env, fs, path::Path};

use super::*;
use crate::graphql::inputs;

#[test]
fn everything_is_described_in_both_languages() {
    assert_eq!(missing(Language::En), Vec::<String>::new());
    assert_eq!(missing(Language::Fr), Vec::<String>::new());
}

#[test]
fn no_text_describes_what_is_gone() {
    assert_eq!(orphans(), Vec::<String>::new());
}

/// `UPDATE_EXPECT=1` writes them anew. The first line that differs is told: a whole
/// difference of files this long takes minutes to compute.
#[test]
fn the_committed_schemas_are_those_of_the_code() {
    for (file, language) in [("schema.graphql", Language::En), ("schema.fr.graphql", Language::Fr)]
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
        let printed = sdl(language);
        if env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&path, &printed).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        let differs = printed
            .lines()
            .zip(committed.lines())
            .position(|(a, b)| a != b);
        assert!(
            printed == committed,
            "{file} is not the schema of the code, from line {:?} on: UPDATE_EXPECT=1 writes it",
            differs.map(|n| n + 1),
        );
    }
}

#[tokio::test]
async fn every_mutation_is_an_act_of_the_table_of_rights_and_the_reverse() {
    let acts: BTreeSet<_> = domain::rights()
        .iter()
        .flat_map(|(_, rights)| rights.iter().map(|it| it.act.to_owned()))
        .collect();
    let mutations: BTreeSet<_> = inputs().await.into_keys().collect();
    assert_eq!(mutations, acts);
}

/// Which command raises which refusal is declared nowhere: the field is looked for in the
/// commands of the aggregate. Over HTTP, `Visitor::is_refused` looks for it in the very command.
#[tokio::test]
async fn every_refusal_is_about_a_field_that_a_command_of_its_aggregate_has() {
    let inputs = inputs().await;
    for (category, entries) in domain::refusal_codes() {
        let rights = domain::rights();
        let acts = rights
            .iter()
            .filter(|(of, _)| category.is_none_or(|it| it == *of))
            .flat_map(|(_, rights)| rights.iter().map(|it| it.act));
        let known: BTreeSet<_> = acts.flat_map(|act| &inputs[act].fields).collect();
        for entry in entries.iter().filter(|it| !it.path.is_empty()) {
            assert!(known.contains(&entry.path.to_owned()), "{}: {}", entry.code, entry.path);
        }
    }
}

/// Clients keep what they read by its `id`, and read it again by `node`.
#[test]
fn what_has_an_id_is_a_node_and_the_reverse() {
    let objects = SCHEMA.types().filter(|it| it.kind == Kind::Object);
    for it in objects {
        let fields = SCHEMA.fields(it);
        let has_id = fields
            .iter()
            .any(|it| it.name == "id" && it.ty.to_string() == "ID!");
        let mut interfaces = it.interfaces.iter().flatten();
        let is_node = interfaces.any(|it| it.to_string() == "Node");
        assert_eq!(has_id, is_node, "{}", it.name);
    }
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
