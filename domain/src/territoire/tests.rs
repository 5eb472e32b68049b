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
        (Niveau::Epci, "732829320"),
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
        (Niveau::Qpv, "QP084001"),
        (Niveau::Epci, "732829321"),
        (Niveau::Commune, "é4007"),
    ] {
        assert!(Territoire::parse(niveau, code).is_err(), "{code}");
    }
}
