use proptest::prelude::*;

use super::{Ape, Ridet, Rna, Siren, Siret, Tahiti};

#[test]
fn a_siret_is_recognised() {
    for code in ["73282932000074", "35600000000048", "35600000049837"] {
        assert_eq!(Siret::parse(code).unwrap().as_str(), code);
    }
}

#[test]
fn a_wrong_siret_is_refused() {
    for code in [
        "73282932000079",
        // La Poste, head office apart: neither rule.
        "35600000000011",
        // Passes the Luhn check on fourteen digits, fails it on the SIREN.
        "22040000000000",
        "7328293200007",
        "732829320000745",
        "7328293200007A",
        "",
        "é3282932000074",
    ] {
        assert!(Siret::parse(code).is_err(), "{code}");
    }
}

#[test]
fn spaces_and_dots_are_left_aside() {
    let siret = Siret::parse(" 732 829 320\u{a0}000\u{202f}74 ").unwrap();
    assert_eq!(siret.to_string(), "73282932000074");
    assert_eq!(siret.siren(), Siren::parse("732.829.320").unwrap());
}

#[test]
fn a_siren_has_nine_digits_and_a_check() {
    assert!(Siren::parse("732829320").is_ok());
    assert!(Siren::parse("356000000").is_ok());
    for code in ["732829321", "73282932", "7328293200", "73282932X", ""] {
        assert!(Siren::parse(code).is_err(), "{code}");
    }
}

#[test]
fn an_rna_number_may_hold_the_letter_of_its_greffe() {
    for code in ["W842001234", "w2a1001234", "W9R1234567"] {
        assert!(Rna::parse(code).is_ok(), "{code}");
    }
    for code in ["842001234", "W84200123", "W8420012345", "WA42001234", "W84200123A", ""] {
        assert!(Rna::parse(code).is_err(), "{code}");
    }
}

#[test]
fn an_ape_code_has_four_digits_and_a_letter() {
    assert_eq!(Ape::parse("88.99b").unwrap().as_str(), "8899B");
    assert_eq!(Ape::parse("8899B").unwrap().as_str(), "8899B");
    for code in ["8899", "88999", "8899BB", "A899B", ""] {
        assert!(Ape::parse(code).is_err(), "{code}");
    }
}

#[test]
fn overseas_numbers_are_recognised() {
    for code in ["123456", "1234567", "123456789", "1 234 567.001"] {
        assert!(Ridet::parse(code).is_ok(), "{code}");
    }
    for code in ["12345", "12345678", "12345678901", "12345A", ""] {
        assert!(Ridet::parse(code).is_err(), "{code}");
    }
    for code in ["A12345", "012345", "a12345 001"] {
        assert!(Tahiti::parse(code).is_ok(), "{code}");
    }
    for code in ["A1234", "A1234567", "AB2345", "A1234567890", ""] {
        assert!(Tahiti::parse(code).is_err(), "{code}");
    }
}

#[test]
fn what_is_stored_is_checked_when_read() {
    let siret: Siret = serde_json::from_str("\"73282932000074\"").unwrap();
    assert_eq!(serde_json::to_string(&siret).unwrap(), "\"73282932000074\"");
    assert!(serde_json::from_str::<Siret>("\"73282932000079\"").is_err());
    assert!(serde_json::from_str::<Rna>("\"R1\"").is_err());
}

proptest! {
    /// The check digit is the only one of the ten that fits.
    #[test]
    fn one_last_digit_in_ten_makes_a_siren(head in "[0-9]{8}") {
        let valid = (0..10).filter(|it| Siren::parse(&format!("{head}{it}")).is_ok());
        prop_assert_eq!(valid.count(), 1);
    }

    /// Nothing that is typed makes the parsers panic.
    #[test]
    fn any_text_is_answered(text in "\\PC{0,20}") {
        let _ = (Siret::parse(&text), Siren::parse(&text), Rna::parse(&text), Ape::parse(&text));
        let _ = (Ridet::parse(&text), Tahiti::parse(&text));
    }
}
