use std::collections::BTreeSet;

use super::{Code, LISTS, Liste};
use crate::date;

#[test]
fn every_list_stands_once_with_its_version() {
    let found: Vec<_> = LISTS.iter().map(|it| it.liste).collect();
    assert_eq!(found, Liste::ALL);
    for liste in Liste::ALL {
        assert!(liste.version() >= 1, "{liste:?}");
        assert!(!liste.entries().is_empty(), "{liste:?}");
    }
}

#[test]
fn a_code_and_its_labels_stand_once_in_their_list() {
    for liste in Liste::ALL {
        let mut names = BTreeSet::new();
        for entry in liste.entries() {
            let code = entry.code.as_str();
            let plain = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_';
            assert!(code.bytes().all(plain), "{code}");
            assert!(names.insert(code.to_lowercase()), "{liste:?} {code}");
            for label in [&entry.fr, &entry.en] {
                assert_eq!(label.trim(), label);
                assert!(!label.is_empty(), "{code}");
            }
            for synonym in &entry.synonyms {
                assert!(names.insert(synonym.to_lowercase()), "{liste:?} {synonym}");
            }
        }
    }
}

#[test]
fn a_code_is_checked_against_its_list() {
    assert_eq!(Liste::Secteur.code(" SPORT ").unwrap().as_str(), "SPORT");
    assert_eq!(Liste::Secteur.entry("SPORT").unwrap().fr, "Sport");
    let no = Liste::Secteur.code("SPORTS").unwrap_err();
    assert!(no.fr.contains("SPORT, CULTURE"), "{}", no.fr);
    assert!(no.en.contains("SPORT, CULTURE"), "{}", no.en);
    assert!(Liste::Branche.code("SPORT").is_err());
    assert_eq!(Liste::Branche.entry("SPORT"), None);
}

// The cases of the method list skills under operational objectives, the fiche under strategic
// ones: a value of either list is taken in both.
#[test]
fn objectives_are_taken_across_both_lists() {
    assert!(Liste::ObjectifOperationnel.code("COMPETENCES").is_ok());
    assert!(Liste::ObjectifStrategique.code("BESOINS").is_ok());
    assert_eq!(Liste::ObjectifStrategique.entries().len(), 4);
    assert_eq!(Liste::ObjectifOperationnel.entries().len(), 6);
}

#[test]
fn people_find_a_value_by_its_words() {
    let codes = |liste: Liste, words| liste.find(words).map(|it| it.code.as_str());
    assert_eq!(codes(Liste::SourceFinancement, "opca"), Some("OPCA"));
    assert_eq!(codes(Liste::SourceFinancement, " DLA régional "), Some("C2RA"));
    assert_eq!(codes(Liste::TypePrestation, "MANAGEMENT / GRH"), Some("MANAGEMENT_GRH"));
    assert_eq!(codes(Liste::TypePrestation, "astrologie"), None);
}

#[test]
fn the_seven_themes_of_enee_are_there() {
    assert_eq!(Liste::TypePrestation.entries().len(), 7);
}

#[test]
fn a_value_is_valid_between_its_dates_included() {
    let mut entry = Liste::Secteur.entries()[0].clone();
    assert!(entry.valid_on(date(2026, 1, 1)));
    entry.valid_from = Some(date(2026, 1, 2));
    entry.valid_to = Some(date(2026, 1, 3));
    let valid: Vec<_> = (1..5)
        .map(|day| entry.valid_on(date(2026, 1, day)))
        .collect();
    assert_eq!(valid, [false, true, true, false]);
}

#[test]
fn a_code_is_written_as_a_string() {
    let code = Liste::Secteur.code("SPORT").unwrap();
    assert_eq!(serde_json::to_string(&code).unwrap(), "\"SPORT\"");
    assert_eq!(serde_json::from_str::<Code>("\"SPORT\"").unwrap(), code);
    assert_eq!(code.to_string(), "SPORT");
}
