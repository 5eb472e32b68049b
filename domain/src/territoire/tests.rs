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
