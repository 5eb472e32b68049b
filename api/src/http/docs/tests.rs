use std::path::Path;

use domain::actor::RoleName;

use super::*;
use crate::{
    graphql,
    trusted::{Mode, Trusted},
};

fn shown(name: &str, language: Language) -> String {
    let shown = context! {
        language => language.tag(), graphiql => true, codes => Serde(&*CODES), operations => Serde(&*READY),
    };
    PAGES.get_template(name).unwrap().render(shown).unwrap()
}

#[test]
fn every_code_has_its_place_in_both_languages() {
    assert!(CODES.len() > 100);
    for language in [Language::Fr, Language::En] {
        let page = shown("errors.html", language);
        for it in &*CODES {
            let anchor = format!("<dt id=\"{}\">", it.code);
            assert_eq!(page.matches(&anchor).count(), 1, "{}", it.code);
            assert!(!it.fr.is_empty() && !it.en.is_empty() && it.fr != it.en, "{}", it.code);
        }
        assert_eq!(page.matches("<dd lang=\"fr\">").count(), CODES.len());
    }
}

#[tokio::test]
async fn every_ready_operation_fits_the_schema_and_can_be_registered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("operations");
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!((files, READY.len()), (OPERATIONS.len(), OPERATIONS.len()));
    let schema = graphql::builder().finish();
    let trusted = Trusted::load(Mode::Require, Some(&folder), &schema)
        .await
        .unwrap();
    // Each by its hash, and by its name.
    assert_eq!(trusted.len(), 2 * files);
    let page = shown("operations.html", Language::Fr);
    for it in &*READY {
        assert!(page.contains(&format!("<h2 id=\"{}\">", it.name)), "{}", it.name);
        assert!(it.address.starts_with("/graphiql?query=query%20"), "{}", it.address);
        for role in &it.roles {
            assert!(RoleName::ALL.iter().any(|it| it.as_str() == *role), "{}: {role}", it.name);
        }
    }
}
