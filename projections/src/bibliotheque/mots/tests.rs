//! Words: folded alike wherever they come from, never an operator, shown where they were found.

use domain::Lists;

use super::{Recherche, TEXTE_MAX, extrait, mots, segments};

fn parsed(texte: &str) -> String {
    let parsed = Recherche::parse(texte, &Lists::default()).expect("short enough");
    parsed.expect("some text").0
}

#[test]
fn words_are_compared_without_case_accents_or_plural() {
    for (texte, expected) in [
        ("Crèches en difficulté", "creche en difficulte"),
        ("CRECHES EN DIFFICULTE", "creche en difficulte"),
        ("emplois, emploi", "emploi emploi"),
        ("centres sociaux", "centre social"),
        ("réseaux locaux", "reseau local"),
        ("mutualisées mutualisés mutualisé", "mutualise mutualise mutualise"),
        ("l'œuvre d'art", "l oeuvre d art"),
        ("process", "process"),
        ("cre\u{300}che", "creche"),
        ("20 h/semaine", "20 h semaine"),
        ("& | ! <-> :*", ""),
    ] {
        assert_eq!(mots(texte), expected, "{texte}");
    }
}

#[test]
fn an_operator_is_a_word_like_any_other() {
    for texte in ["!sport", "sport:*", "'sport' & (", "sport <->", "sport\\"] {
        assert_eq!(parsed(texte), parsed("sport"), "{texte}");
    }
    assert_eq!(parsed("& | !"), "");
    assert_eq!(Recherche::parse("  ", &Lists::default()), Ok(None));
}

#[test]
fn a_text_is_bounded() {
    let text = "é".repeat(TEXTE_MAX);
    assert!(Recherche::parse(&text, &Lists::default()).is_ok());
    assert!(Recherche::parse(&(text + "é"), &Lists::default()).is_err());
    assert!(Recherche::parse(&"a ".repeat(50_000), &Lists::default()).is_err());
}

#[test]
fn what_has_several_names_is_found_by_each() {
    let regional = parsed("DLA régional");
    assert!(regional.contains("'c2ra'"), "{regional}");
    assert!(parsed("C2RA").contains("('dla' <-> 'regional')"));
    assert!(parsed("OPCA").contains("'opco'") && parsed("opco").contains("'opca'"));
    assert!(parsed("crdla").contains("'cnar'"));
    // A name of a value finds what is about it, whatever its words.
    assert!(parsed("ressources humaines").contains("'codemanagementgrh'"));
    // The longest name counts, and the words around it are words.
    let long = parsed("former les ressources humaines du sport");
    assert!(long.starts_with("(('former'"), "{long}");
    assert!(long.contains("'codesport'"), "{long}");
}

#[test]
fn what_was_found_is_shown_where_it_stands() {
    let texte = "L'emploi associatif : des Emplois partagés.";
    let marked = "l [emploi] associatif des [emploi] partage";
    let shown: String = segments(texte, Some(marked))
        .iter()
        .map(|it| if it.trouve { format!("[{}]", it.texte) } else { it.texte.clone() })
        .collect();
    assert_eq!(shown, "L'[emploi] associatif : des [Emplois] partagés.");
    let plain = segments(texte, None);
    assert!(plain.len() == 1 && plain[0].texte == texte && !plain[0].trouve);
    assert_eq!(segments("", None), []);
}

#[test]
fn an_extract_is_around_what_was_found() {
    let texte: Vec<_> = (0..100).map(|n| format!("mot{n}")).collect();
    let (texte, marked) = (texte.join(" "), texte.join(" ").replace("mot60", "[mot60]"));
    let shown = extrait(&texte, Some(&marked));
    let whole: String = shown.iter().map(|it| it.texte.as_str()).collect();
    assert!(whole.starts_with("…mot52 ") && whole.ends_with(" mot91…"), "{whole}");
    let found: Vec<_> = shown.iter().filter(|it| it.trouve).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].texte, "mot60");
    let whole: String = extrait("Un mot.", None)
        .into_iter()
        .map(|it| it.texte)
        .collect();
    assert_eq!(whole, "Un mot.");
    let whole: String = extrait("", None).into_iter().map(|it| it.texte).collect();
    assert_eq!(whole, "");
}
