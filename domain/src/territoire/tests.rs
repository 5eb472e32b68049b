use super::{Niveau, Territoire};

#[test]
fn official_codes_are_recognised() {
    for (niveau, code) in [
        (Niveau::Commune, "84007"),
        (Niveau::Commune, "2A004"),
        (Niveau::Commune, "97411"),
        (Niveau::Departement, "2B"),
        (Niveau::Departement, "974"),
        (Niveau::Region, "93"),
        (Niveau::Qpv, "QN06201M"),
        (Niveau::Commune, "2B033"),
        (Niveau::Commune, "97105"),
        (Niveau::Commune, "97611"),
        (Niveau::Commune, "98818"),
        (Niveau::Departement, "2A"),
        (Niveau::Departement, "01"),
        (Niveau::Departement, "976"),
        (Niveau::Region, "94"),
        (Niveau::Region, "01"),
        (Niveau::Qpv, "QN02B01N"),
        (Niveau::Qpv, "QN97411I"),
        (Niveau::Epci, "732829320"),
        (Niveau::France, "FR"),
    ] {
        let it = Territoire::parse(niveau, code).unwrap();
        assert_eq!(it.to_string().parse(), Ok(it), "{code}");
    }
}

#[test]
fn other_codes_are_refused() {
    for (niveau, code) in [
        (Niveau::Commune, "8400"),
        (Niveau::Commune, "20004"),
        (Niveau::Commune, "99999"),
        (Niveau::Departement, "20"),
        (Niveau::Departement, "96"),
        (Niveau::Region, "9"),
        (Niveau::Region, "2A"),
        (Niveau::Departement, "970"),
        (Niveau::Region, "99"),
        (Niveau::Qpv, "QP084001"),
        (Niveau::Qpv, "QN06201"),
        (Niveau::Qpv, "QN06201X"),
        (Niveau::Qpv, "QN09601N"),
        (Niveau::Epci, "73282932"),
        (Niveau::France, "BE"),
        (Niveau::Commune, "84007@2024"),
        (Niveau::Epci, "732829321"),
        (Niveau::Commune, "é4007"),
    ] {
        assert!(Territoire::parse(niveau, code).is_err(), "{code}");
    }
}

#[test]
fn a_commune_is_of_a_year_and_looked_for_in_any() {
    let gadagne = Territoire::parse(Niveau::Commune, " 84036 ").unwrap();
    let then = gadagne.clone().of_millesime(2024).unwrap();
    assert_eq!(then.to_string(), "commune:84036@2024");
    assert_eq!((then.millesime(), gadagne.millesime()), (Some(2024), None));
    assert_eq!((then.cle(), gadagne.cle()), (gadagne.to_string(), gadagne.to_string()));
    let stored = serde_json::to_string(&then).unwrap();
    assert_eq!(serde_json::from_str::<Territoire>(&stored).unwrap(), then);
    for odd in ["commune:84036@", "commune:84036@24", "commune:84036@2024@2025", "region:93@2024"] {
        assert!(odd.parse::<Territoire>().is_err(), "{odd}");
    }
    for year in [1942, 2101, -1, i32::MAX] {
        assert!(gadagne.clone().of_millesime(year).is_err(), "{year}");
    }
    let vaucluse = Territoire::departement("84").unwrap();
    assert!(vaucluse.of_millesime(2024).is_err());
}

fn parse(text: &str) -> Territoire {
    text.parse().unwrap()
}

/// In words: what the codes show of the second in the first.
fn told(outer: &str, inner: &str) -> &'static str {
    let (outer, inner) = (parse(outer), parse(inner));
    match (outer.covers(&inner), outer.may_cover(&inner)) {
        (true, true) => "in",
        (false, true) => "perhaps",
        (false, false) => "out",
        (true, false) => "absurd",
    }
}

#[test]
fn a_territory_covers_what_the_codes_show_to_lie_in_it() {
    for (outer, inner, expected) in [
        ("france:FR", "epci:732829320", "in"),
        ("france:FR", "departement:987", "in"),
        ("region:93", "departement:84", "in"),
        ("region:93", "commune:84007", "in"),
        ("region:93", "qpv:QN08401M", "in"),
        ("region:94", "commune:2A004", "in"),
        ("departement:84", "commune:84007", "in"),
        ("departement:84", "departement:84", "in"),
        // A place is itself whatever the year of its code.
        ("commune:84007@2019", "commune:84007@2024", "in"),
        ("commune:84007", "commune:84007@2024", "in"),
        ("departement:2A", "qpv:QN02A01N", "in"),
        ("departement:974", "qpv:QN97401N", "in"),
        // A région and a département may have one code, and are not one place.
        ("region:84", "departement:84", "out"),
        ("region:84", "commune:84007", "out"),
        ("region:75", "commune:75056", "out"),
        ("departement:84", "region:93", "out"),
        ("departement:84", "france:FR", "out"),
        ("departement:84", "commune:13055", "out"),
        ("departement:84", "qpv:QN01301N", "out"),
        ("region:93", "departement:987", "out"),
        ("commune:84007", "commune:84031", "out"),
        ("commune:84007", "qpv:QN01301N", "out"),
        ("qpv:QN08401M", "commune:84007", "out"),
        ("epci:732829320", "departement:84", "out"),
        ("commune:84007", "qpv:QN08401M", "perhaps"),
        ("departement:84", "epci:732829320", "perhaps"),
        ("region:93", "epci:732829320", "perhaps"),
        ("epci:732829320", "commune:84007", "perhaps"),
    ] {
        assert_eq!(told(outer, inner), expected, "{inner} in {outer}");
    }
}

#[test]
fn territories_overlap_unless_the_codes_show_the_contrary() {
    for (one, other, expected) in [
        ("region:93", "departement:84", true),
        ("commune:84007", "departement:84", true),
        ("commune:84007", "qpv:QN08401M", true),
        ("epci:732829320", "departement:84", true),
        ("departement:13", "departement:84", false),
        ("region:84", "departement:84", false),
        ("commune:84007", "commune:84031", false),
        ("commune:84007", "qpv:QN01301N", false),
    ] {
        let (one, other) = (parse(one), parse(other));
        assert_eq!(one.overlaps(&other), expected, "{one} and {other}");
        assert_eq!(other.overlaps(&one), expected, "{other} and {one}");
    }
}

#[test]
fn every_departement_of_the_mainland_lies_in_one_region() {
    let mainland = (1..=95).filter(|it| *it != 20).map(|it| format!("{it:02}"));
    for code in mainland.chain(["2A", "2B"].map(str::to_owned)) {
        let departement = Territoire::departement(&code).unwrap();
        let regions = super::REGIONS
            .iter()
            .filter(|(it, _)| parse(&format!("region:{it}")).covers(&departement));
        assert_eq!(regions.count(), 1, "{code}");
    }
}

#[test]
fn what_is_around_a_territory_covers_it() {
    let around = |text: &str| {
        let it = parse(text);
        let all = it.around();
        assert!(all.iter().all(|wider| wider.covers(&it)), "{text}");
        all.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(around("qpv:QN08401M"), "qpv:QN08401M departement:84 region:93 france:FR");
    assert_eq!(around("commune:98711"), "commune:98711 departement:987 france:FR");
    assert_eq!(around("departement:2B"), "departement:2B region:94 france:FR");
    assert_eq!(around("epci:732829320"), "epci:732829320 france:FR");
    assert_eq!(around("france:FR"), "france:FR");
}
