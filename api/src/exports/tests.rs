//! Each column and each member, and why a subvention is not told.

use domain::{
    Date, Objet, OrganisationId,
    convention_financement::{ConditionsVersement, NatureSubvention, Subvention as Conditions},
    date,
};
use projections::financements::Versement;
use serde_json::json;
use uuid::Uuid;

use super::{giving::GivingPrefix, scdl::COLUMNS, *};

const SIRET: &str = "73282932000074";
const OTHER_SIRET: &str = "35600000049837";

fn identite(id: u128, siret: Option<&str>, rna: Option<&str>) -> Identite {
    Identite {
        id: Uuid::from_u128(id),
        denomination: format!("Organisation {id}"),
        siret: siret.map(str::to_owned),
        siren: None,
        rna: rna.map(str::to_owned),
    }
}

fn conditions() -> Conditions {
    Conditions {
        nature: NatureSubvention::Numeraire,
        conditions: ConditionsVersement::Echelonne,
        precision: None,
        versement_du: None,
        versement_au: None,
        rae: None,
        notification_ue: false,
        dispositif: None,
    }
}

fn convention(conditions: Conditions) -> Subvention {
    Subvention {
        source: Source::Convention { id: Uuid::from_u128(1), conditions },
        attribuant: identite(41, Some(SIRET), None),
        beneficiaires: vec![identite(51, Some(OTHER_SIRET), Some("W2A1234567"))],
        on: date(2026, 1, 15),
        reference: Some("2026-1".to_owned()),
        objet: "Appui".to_owned(),
        montant_cents: 4_500_050,
        requested_cents: None,
        paid_cents: 100,
        du: Some(date(2026, 1, 1)),
        au: Some(date(2026, 12, 31)),
        territoires: vec!["departement:84".to_owned(), "commune:84007@2024".to_owned()],
        ingenieries: vec![Uuid::from_u128(5)],
        positions: vec![7],
    }
}

fn paid(instalments: &[(Date, i64)]) -> Source {
    let versement = |(on, cents): &(Date, i64)| Versement { on: *on, montant_cents: *cents };
    Source::Ligne {
        plan: Uuid::from_u128(6),
        ligne: 3,
        versements: instalments.iter().map(versement).collect(),
        referenced: false,
        allocated_cents: 0,
        unreferenced_cents: 4_500_050,
    }
}

fn ligne() -> Subvention {
    let source = paid(&[(date(2026, 3, 1), 4_500_050)]);
    let it = convention(conditions());
    Subvention { source, du: None, au: None, requested_cents: Some(5_000_000), ..it }
}

fn with(mut it: Subvention, change: impl FnOnce(&mut Subvention)) -> Subvention {
    change(&mut it);
    it
}

fn of(subventions: Vec<Subvention>) -> Export {
    Export { as_of: AsOf::default(), subventions }
}

/// The cells of the one line, by column; or the code and the column of the one refusal.
fn scdl(it: Subvention) -> Result<Value, (&'static str, &'static str)> {
    let told = of(vec![it]).scdl();
    match (told.lines.as_slice(), told.rejets.as_slice()) {
        ([(_, line)], []) => Ok(serde_json::to_value(line).unwrap()),
        ([], [no]) => Err((no.motif.code(), no.field)),
        all => panic!("{all:?}"),
    }
}

fn cell(it: Subvention, column: &str) -> Value {
    scdl(it).unwrap()[column].take()
}

#[test]
fn the_columns_are_those_of_the_schema_in_its_order() {
    let told = of(vec![convention(conditions())]).scdl();
    assert_eq!(
        told.csv().unwrap(),
        "nomAttribuant,idAttribuant,dateConvention,referenceDecision,nomBeneficiaire,\
         idBeneficiaire,rnaBeneficiaire,objet,montant,nature,conditionsVersement,\
         datesPeriodeVersement,idRAE,notificationUE,pourcentageSubvention,dispositifAide\r\n\
         Organisation 41,73282932000074,2026-01-15,2026-1,Organisation 51,35600000049837,,Appui,\
         45000.50,aide en numéraire,échelonné,2026-01-01/2026-12-31,,non,1.00,\r\n"
    );
    let line = serde_json::to_value(&told.lines[0].1).unwrap();
    assert_eq!(line.as_object().unwrap().len(), COLUMNS.len());
    assert!(COLUMNS.iter().all(|it| line.get(it).is_some()), "{line}");
}

#[test]
fn a_siret_has_its_key_and_an_rna_digits_only() {
    let attribuant =
        |siret| with(convention(conditions()), |it| it.attribuant = identite(41, siret, None));
    for siret in [None, Some("73282932000075"), Some("22040000000000"), Some("732829320")] {
        let no = scdl(attribuant(siret)).unwrap_err();
        assert_eq!(no, ("ATTRIBUANT_WITHOUT_SIRET", "idAttribuant"), "{siret:?}");
    }
    let porteuse = |siret, rna| {
        scdl(with(convention(conditions()), |it| it.beneficiaires = vec![identite(51, siret, rna)]))
    };
    for (siret, rna, told) in [
        (Some(SIRET), Some("W751234567"), json!([SIRET, "W751234567"])),
        (Some(SIRET), Some("W2A1234567"), json!([SIRET, null])),
        (None, Some("W751234567"), json!([null, "W751234567"])),
    ] {
        let line = porteuse(siret, rna).unwrap();
        assert_eq!(json!([line["idBeneficiaire"], line["rnaBeneficiaire"]]), told);
    }
    let no = porteuse(None, Some("W2A1234567")).unwrap_err();
    assert_eq!(no, ("RNA_UNFIT", "rnaBeneficiaire"));
    let no = porteuse(Some("73282932000075"), None).unwrap_err();
    assert_eq!(no, ("BENEFICIAIRE_WITHOUT_ID", "idBeneficiaire"));
}

#[test]
fn a_long_text_is_shortened_even_when_an_apostrophe_goes_before_it() {
    let objet = |text: String| {
        let told = of(vec![with(convention(conditions()), |it| it.objet = text)]).scdl();
        let csv = told.csv().unwrap();
        let record = csv.lines().nth(1).unwrap().to_owned();
        record.split(',').nth(7).unwrap().to_owned()
    };
    let max = Objet::MAX;
    assert_eq!(objet("é".repeat(max)), "é".repeat(max));
    assert_eq!(objet("é".repeat(max + 1)), format!("{}…", "é".repeat(max - 1)));
    assert_eq!(objet("=".repeat(max)), format!("'{}…", "=".repeat(max - 2)));
}

#[test]
fn how_and_when_a_convention_is_paid_is_as_signed() {
    let told = |how, du, au| {
        let precision = Some(Objet::parse("Sur justificatifs.").unwrap());
        let precision = precision.filter(|_| how == ConditionsVersement::Autre);
        let it = Conditions {
            conditions: how,
            precision,
            versement_du: du,
            versement_au: au,
            ..conditions()
        };
        let line = scdl(convention(it)).unwrap();
        json!([line["conditionsVersement"], line["datesPeriodeVersement"]])
    };
    let (du, au) = (Some(date(2026, 3, 1)), Some(date(2027, 1, 31)));
    assert_eq!(told(ConditionsVersement::Unique, du, None), json!(["unique", "2026-03-01"]));
    assert_eq!(told(ConditionsVersement::Unique, du, du), json!(["unique", "2026-03-01"]));
    assert_eq!(
        told(ConditionsVersement::Echelonne, du, au),
        json!(["échelonné", "2026-03-01/2027-01-31"])
    );
    assert_eq!(
        told(ConditionsVersement::Autre, None, None),
        json!(["Sur justificatifs.", "2026-01-01/2026-12-31"])
    );
}

#[test]
fn how_and_when_a_line_is_paid_is_known_once_it_is() {
    let told = |instalments: &[(Date, i64)]| {
        scdl(with(ligne(), |it| it.source = paid(instalments)))
            .map(|it| json!([it["conditionsVersement"], it["datesPeriodeVersement"]]))
    };
    let (march, june) = (date(2026, 3, 1), date(2026, 6, 1));
    assert_eq!(told(&[(march, 4_500_050)]), Ok(json!(["unique", "2026-03-01"])));
    assert_eq!(
        told(&[(march, 500_050), (june, 4_000_000)]),
        Ok(json!(["échelonné", "2026-03-01/2026-06-01"]))
    );
    for not_yet in [&[][..], &[(march, 4_500_049)]] {
        assert_eq!(told(not_yet), Err(("VERSEMENT_UNKNOWN", "datesPeriodeVersement")));
    }
}

#[test]
fn the_other_columns_say_what_was_signed() {
    let natures = [
        (NatureSubvention::Numeraire, "aide en numéraire"),
        (NatureSubvention::Nature, "aide en nature"),
        (NatureSubvention::NumeraireEtNature, "aide en numéraire;aide en nature"),
    ];
    for (nature, told) in natures {
        assert_eq!(cell(convention(Conditions { nature, ..conditions() }), "nature"), told);
    }
    let signed = Conditions { notification_ue: true, ..conditions() };
    assert_eq!(cell(convention(signed), "notificationUE"), "oui");
    assert_eq!(cell(ligne(), "notificationUE"), "non");
    assert_eq!(cell(ligne(), "objet"), "Cofinancement de l'ingénierie collective : Appui");
    assert_eq!(cell(ligne(), "nature"), "aide en numéraire");
    let rae = |text: &str| Some(domain::Line::parse(text).unwrap());
    let signed = Conditions { rae: rae("12345"), dispositif: rae("65d5b6c7"), ..conditions() };
    let line = scdl(convention(signed)).unwrap();
    assert_eq!((&line["idRAE"], &line["dispositifAide"]), (&json!("12345"), &json!("65d5b6c7")));
    for unfit in ["=1", "123456"] {
        let no = scdl(convention(Conditions { rae: rae(unfit), ..conditions() })).unwrap_err();
        assert_eq!(no, ("RAE_UNFIT", "idRAE"), "{unfit}");
    }
}

#[test]
fn no_euro_is_told_twice() {
    let ligne = |referenced, allocated_cents, unreferenced_cents| {
        let (plan, ligne_no, versements) = (Uuid::from_u128(6), 3, vec![]);
        let source = Source::Ligne {
            plan,
            ligne: ligne_no,
            versements,
            referenced,
            allocated_cents,
            unreferenced_cents,
        };
        let told =
            of(vec![with(ligne(), |it| it.source = source)]).giving(&GivingPrefix::default());
        (told.rejets.first().map(|it| it.motif), told.to_correct())
    };
    assert_eq!(ligne(false, 0, 500), (None, 0));
    assert_eq!(ligne(true, 0, 0), (Some(Motif::InConvention), 0));
    assert_eq!(ligne(false, 500, 500), (Some(Motif::InConvention), 0));
    assert_eq!(ligne(false, 499, 500), (Some(Motif::ConventionUnclear), 1));
}

#[test]
fn one_structure_porteuse_receives_or_nobody_knows_how_much() {
    let own = identite(41, Some(SIRET), None);
    let (one, other) = (identite(51, Some(SIRET), None), identite(52, Some(SIRET), None));
    for (porteuses, code) in [
        (vec![], "PORTEUSE_MISSING"),
        (vec![one, other], "PARTS_UNKNOWN"),
        (vec![own], "OWN_MONEY"),
    ] {
        let no = scdl(with(ligne(), |it| it.beneficiaires = porteuses)).unwrap_err();
        assert_eq!(no.0, code);
    }
}

#[test]
fn no_two_lines_are_alike() {
    let other = with(ligne(), |it| {
        if let Source::Ligne { ligne, .. } = &mut it.source {
            *ligne = 4;
        }
    });
    let told = of(vec![ligne(), other.clone()]).scdl();
    assert_eq!((told.lines.len(), told.rejets[0].motif), (1, Motif::Duplicate));
    assert_eq!(told.rejets[0].subvention, other);
    let told = with(other, |it| it.reference = Some("2026-2".to_owned()));
    assert_eq!(of(vec![ligne(), told]).scdl().lines.len(), 2);
}

#[test]
fn a_grant_says_what_is_known_and_nothing_else() {
    let prefix = GivingPrefix::parse("360G-dla").unwrap();
    let signed =
        Conditions { dispositif: Some(domain::Line::parse("DLA").unwrap()), ..conditions() };
    let told = of(vec![convention(signed), ligne()]).giving(&prefix);
    let (convention, ligne) = (&told.lines[0].1, &told.lines[1].1);
    assert_eq!(
        convention,
        &json!({
            "id": format!("360G-dla-{}", Uuid::from_u128(1)),
            "title": "Appui",
            "description": "Convention de financement (référence 2026-1) : Appui",
            "currency": "EUR",
            "amountAwarded": 45_000.5,
            "amountDisbursed": 1,
            "awardDate": "2026-01-15",
            "plannedDates": [{ "startDate": "2026-01-01", "endDate": "2026-12-31" }],
            "fundingOrganization": [{ "id": "FR-RCS-732829320", "name": "Organisation 41" }],
            "recipientOrganization": [{ "id": "FR-RCS-356000000", "name": "Organisation 51" }],
            "beneficiaryLocation": [
                { "countryCode": "FR", "geoCode": "84", "geoCodeType": "departement" },
                { "countryCode": "FR", "geoCode": "84007", "geoCodeType": "commune" },
            ],
            "grantProgramme": [{ "title": "DLA" }],
            "relatedActivity": [format!("360G-dla-{}", Uuid::from_u128(5))],
        })
    );
    assert_eq!(ligne["id"], format!("360G-dla-{}-3", Uuid::from_u128(6)));
    assert_eq!(ligne["amountAppliedFor"], 50_000);
    assert!(ligne.get("plannedDates").is_none() && ligne.get("grantProgramme").is_none());
    // Who has no SIREN has an id of ours: no list holds the RNA.
    let unknown = with(super::tests::ligne(), |it| {
        it.beneficiaires = vec![identite(51, None, Some("W751234567"))];
    });
    let told = of(vec![unknown]).giving(&prefix);
    let id = format!("360G-dla-{}", Uuid::from_u128(51));
    assert_eq!(told.lines[0].1["recipientOrganization"][0]["id"], id);
}

#[test]
fn a_prefix_is_as_360giving_gives_it() {
    assert!(GivingPrefix::parse("360G-blf").is_some());
    for no in ["blf", "360G-", "360G-a/b", "360g-blf", "360G-é"] {
        assert_eq!(GivingPrefix::parse(no), None, "{no}");
    }
}

#[test]
fn a_refusal_says_what_and_why_in_both_languages() {
    let told = of(vec![with(ligne(), |it| it.beneficiaires = vec![])]).scdl();
    let [fr, en] = [Language::Fr, Language::En].map(|it| told.rejets(it)["rejets"][0].take());
    assert_eq!(fr["code"], "PORTEUSE_MISSING");
    assert_eq!((&fr["champ"], &fr["montant"]), (&json!("nomBeneficiaire"), &json!("45000.50")));
    assert_eq!((&fr["ligne"], &fr["convention"]), (&json!(3), &Value::Null));
    assert_ne!(fr["raison"], en["raison"]);
    let codes: std::collections::BTreeSet<_> = Motif::ALL.iter().map(|it| it.code()).collect();
    assert_eq!(codes.len(), Motif::ALL.len());
    assert!(COLUMNS.iter().any(|column| *column == told.rejets[0].field));
}

#[test]
fn a_financeur_is_named_by_either_id() {
    let id = OrganisationId(Uuid::from_u128(41));
    assert_eq!(financeur(&id.0.to_string()), Some(id));
    assert_eq!(financeur(&global(id).0), Some(id));
    assert_eq!(financeur(&global(ConventionId(id.0)).0), None);
}

#[test]
fn texts_and_amounts_are_written_as_files_take_them() {
    assert_eq!([0, 5, 4_500_050].map(euros), ["0.00", "0.05", "45000.50"]);
    assert_eq!(shortened("un deux", 4), "un…");
    assert_eq!(shortened("un", 2), "un");
}
