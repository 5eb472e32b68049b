use std::collections::BTreeSet;

use serde_json::json;

use super::*;

fn extensions(error: &Error, language: Language) -> serde_json::Value {
    serde_json::to_value(error.answer(language).extensions()).unwrap()
}

#[test]
fn a_code_is_declared_once_by_the_doors_and_the_rules_together() {
    let doors: Vec<_> = CATALOGUE.iter().map(|it| it.code).collect();
    let unique: BTreeSet<_> = doors.iter().collect();
    assert_eq!(unique.len(), doors.len());
    // FORBIDDEN is said by both: by the door for a token, by a rule for an object.
    let both: Vec<_> = domain::refusal_codes()
        .iter()
        .flat_map(|(_, all)| *all)
        .map(|it| it.code)
        .filter(|code| doors.contains(code))
        .collect();
    assert_eq!(both, ["FORBIDDEN"]);
}

#[test]
fn every_sentence_ends() {
    for entry in CATALOGUE {
        assert!(entry.fr.ends_with('.') && entry.en.ends_with('.'), "{}", entry.code);
    }
}

#[test]
fn a_refusal_names_its_field_and_says_its_params_as_the_schema_writes_them() {
    let id = domain::OrganisationId(uuid::Uuid::from_u128(7));
    let no = Refusal {
        code: "TOO_FEW_CONSULTED",
        path: "offres.prestataire".into(),
        params: vec![
            ("consulted", 2.into()),
            ("waiting", vec![id].into()),
            ("dla", domain::DlaId(id.0).into()),
            ("max", domain::Cents(250_000).into()),
            ("jours", domain::QuarterDays(5).into()),
            ("deadline", domain::date(2026, 3, 16).into()),
        ],
        fr: "Consultez-en trois.".to_owned(),
        en: "Consult three.".to_owned(),
    };
    assert_eq!(Error::from(no.clone()).answer(Language::En).message, "Consult three.");
    assert_eq!(
        extensions(&no.into(), Language::Fr),
        json!({
            "code": "TOO_FEW_CONSULTED",
            "params": {
                "consulted": 2,
                "waiting": [global(id).0],
                "dla": global(domain::DlaId(id.0)).0,
                "max": "250000",
                "jours": "1.25",
                "deadline": "2026-03-16",
            },
            "path": ["input", "offres", "prestataire"],
            "retryable": false,
        })
    );
}

#[test]
fn a_refusal_about_the_whole_request_has_neither_path_nor_params() {
    let no = domain::refusal::Common::NotFound {}.into();
    assert_eq!(
        extensions(&Error::Refused(no), Language::Fr),
        json!({ "code": "NOT_FOUND", "retryable": false })
    );
}

#[test]
fn a_version_that_moved_is_said_as_text() {
    assert_eq!(
        extensions(&Error::Moved { current: 7 }, Language::Fr),
        json!({ "code": "VERSION_MOVED", "params": { "currentVersion": "7" }, "retryable": false })
    );
}

#[test]
fn an_invalid_value_names_where_it_came_from() {
    let error = domain::Cents::amount(-1).at("input.montant").unwrap_err();
    let answer = error.answer(Language::En);
    assert_eq!(answer.code, "BAD_USER_INPUT");
    assert_eq!(answer.path, ["input", "montant"]);
    assert!(answer.message.starts_with("Give an amount"));
}

#[test]
fn what_is_internal_says_nothing_of_itself() {
    let error = Error::internal(std::io::Error::other("password of the database"));
    let answer = async_graphql::Error::from(error);
    assert!(!format!("{answer:?}").contains("password"));
}
