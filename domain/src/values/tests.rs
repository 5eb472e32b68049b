use super::{Cents, Etp, Line, Mesure, Prose, QuarterDays};

#[test]
fn amounts_are_written_as_people_write_them() {
    assert_eq!(Cents(250_000).to_string(), "2\u{202f}500,00\u{a0}€");
    assert_eq!(Cents(8_333).to_string(), "83,33\u{a0}€");
    assert_eq!(Cents(-5).to_string(), "-0,05\u{a0}€");
}

#[test]
fn an_amount_is_neither_negative_nor_immense() {
    assert!(Cents::amount(-1).is_err());
    assert!(Cents::amount(10_000_000_001).is_err());
    assert_eq!(Cents::amount(0), Ok(Cents(0)));
}

#[test]
fn days_go_by_quarters() {
    for (text, quarters) in [("3", 12), ("0.5", 2), ("1.25", 5), ("2.750", 11)] {
        assert_eq!(QuarterDays::parse(text), Ok(QuarterDays(quarters)), "{text}");
    }
    assert_eq!(QuarterDays(5).to_string(), "1.25");
    assert_eq!(QuarterDays(12).to_string(), "3");
    for text in ["", "-1", "0.3", "1,5", "99999", ".5"] {
        assert!(QuarterDays::parse(text).is_err(), "{text}");
    }
}

#[test]
fn full_time_equivalents_have_two_digits() {
    assert_eq!(Etp::parse("4.5"), Ok(Etp(450)));
    assert_eq!(Etp(450).to_string(), "4.50");
    for text in ["4.555", "", "1e3", "-2"] {
        assert!(Etp::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_measure_is_a_number_of_any_sign() {
    for (text, written) in [
        ("12", "12"),
        (" 12.50 ", "12.5"),
        ("-0.25", "-0.25"),
        ("-0", "0"),
        ("007.0000", "7"),
        ("999999999999.9999", "999999999999.9999"),
        ("0.0001", "0.0001"),
    ] {
        let it = Mesure::parse(text).unwrap();
        assert_eq!(it.to_string(), written, "{text}");
        assert_eq!(Mesure::parse(written), Ok(it), "{text}");
        let json = serde_json::to_value(it).unwrap();
        assert_eq!(json, written);
        assert_eq!(serde_json::from_value::<Mesure>(json).unwrap(), it);
    }
    for text in ["", "-", ".5", "5.", "1,5", "1e3", "+1", "--1", "0.00001", "1000000000000", "1.-5"]
    {
        assert!(Mesure::parse(text).is_err(), "{text}");
    }
    assert!(Mesure::parse("-2").unwrap() < Mesure::parse("-1.5").unwrap());
    assert!(serde_json::from_str::<Mesure>("12.5").is_err());
}

#[test]
fn text_is_trimmed_and_normalised() {
    let composed = "Été";
    let decomposed = " E\u{301}te\u{301} ";
    assert_eq!(Line::parse(decomposed).unwrap().as_str(), composed);
    assert_eq!(Prose::parse("a\r\nb").unwrap().as_str(), "a\nb");
}

#[test]
fn text_refuses_what_is_empty_long_or_odd() {
    assert!(Line::parse("  ").is_err());
    assert!(Line::parse("a\nb").is_err());
    assert!(Line::parse(&"é".repeat(Line::MAX)).is_ok());
    assert!(Line::parse(&"é".repeat(Line::MAX + 1)).is_err());
    assert!(Prose::parse("a\0b").is_err());
}
