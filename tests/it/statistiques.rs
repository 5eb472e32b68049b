//! What DLAs did, what it cost and who paid: every count and sum against the dossiers themselves.

use std::collections::{BTreeMap, BTreeSet};

use api::cases;
use domain::{DlaId, OrganisationId, Role};
use house::{OpenHouse, Visitor};
use serde_json::{Value, json};
use uuid::Uuid;

const FIGURES: &str = "ingenieries structures participations jours seancesTenues dlas territoires
    plans cout retained granted paid valorisation coutParStructure coutParJour";

const DOSSIERS: &str = "query Dossiers($filter: IngenierieFilter) {
    ingenieries(first: 20, filter: $filter) {
        nodes {
            etat jours structuresMobilisees
            territoire { niveau code }
            secteurs { code }
            structures { etat structure { id } }
            dlas { id }
            intervention { seances { etat } }
            planFinancement { totals { depenses retained granted paid valorisation } }
        }
    }
}";

/// Some cases, and someone of all their DLAs.
async fn played(names: &[&str]) -> anyhow::Result<(OpenHouse, Vec<cases::Played>, Visitor)> {
    let house = OpenHouse::open().await?;
    let mut all = vec![];
    for name in names {
        all.push(cases::play(&house.house, &house.contents, name).await?);
    }
    house.caught_up().await?;
    let dlas = all.iter().flat_map(|it| it.dlas.clone()).collect();
    let visitor = house.visitor(Role::ChargeDeMission { dlas })?;
    Ok((house, all, visitor))
}

async fn statistics(visitor: &Visitor, filter: Value) -> anyhow::Result<Value> {
    let query = format!(
        "query Statistiques($filter: StatistiquesFilter) {{
            statistiquesActivite(filter: $filter) {{
                asOf {{ position }}
                totals {{ {FIGURES} }}
                positions(first: 1000)
            }}
        }}"
    );
    let mut found = visitor.asks(&query, json!({ "filter": filter })).await?;
    Ok(found["statistiquesActivite"].take())
}

fn all<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

fn cents(value: &Value) -> i64 {
    value.as_str().map_or(0, |it| it.parse().unwrap())
}

/// In quarters.
fn quarters(value: &Value) -> i64 {
    let days: f64 = value.as_str().map_or(0.0, |it| it.parse().unwrap());
    #[expect(clippy::cast_possible_truncation, reason = "quarters are whole")]
    let quarters = (days * 4.0) as i64;
    quarters
}

/// What dossiers come to, counted one by one.
fn counted(dossiers: &[Value]) -> Value {
    let mut structures = BTreeSet::new();
    let mut dlas = BTreeSet::new();
    let mut territoires = BTreeSet::new();
    let (mut parties, mut jours, mut tenues, mut plans) = (0, 0, 0, 0);
    let mut sums = [0_i64; 5];
    let (mut with_structures, mut with_days) = ([0_i64; 2], [0_i64; 2]);
    for it in dossiers {
        let here: Vec<_> = all(it, "structures")
            .iter()
            .filter(|it| it["etat"] == "MOBILISEE")
            .map(|it| it["structure"]["id"].as_str().unwrap())
            .collect();
        assert_eq!(json!(here.len()), it["structuresMobilisees"]);
        let (came, days) = (i64::try_from(here.len()).unwrap(), quarters(&it["jours"]));
        parties += came;
        structures.extend(here);
        dlas.extend(all(it, "dlas").iter().map(|it| it["id"].as_str().unwrap()));
        territoires.insert(it["territoire"].to_string());
        jours += days;
        tenues += all(&it["intervention"], "seances")
            .iter()
            .filter(|it| it["etat"] == "TENUE")
            .count();
        let totals = &it["planFinancement"]["totals"];
        if totals.is_object() {
            plans += 1;
            let names = ["depenses", "retained", "granted", "paid", "valorisation"];
            for (sum, name) in sums.iter_mut().zip(names) {
                *sum += cents(&totals[name]);
            }
            let cost = cents(&totals["depenses"]);
            if came > 0 {
                with_structures = [with_structures[0] + cost, with_structures[1] + came];
            }
            if days > 0 {
                with_days = [with_days[0] + 4 * cost, with_days[1] + days];
            }
        }
    }
    let each =
        |[cents, many]: [i64; 2]| (many > 0).then(|| ((2 * cents + many) / (2 * many)).to_string());
    json!({
        "ingenieries": dossiers.len(), "structures": structures.len(), "participations": parties,
        "jours": domain::QuarterDays(i32::try_from(jours).unwrap()).to_string(),
        "seancesTenues": tenues, "dlas": dlas.len(), "territoires": territoires.len(),
        "plans": plans, "cout": sums[0].to_string(), "retained": sums[1].to_string(),
        "granted": sums[2].to_string(), "paid": sums[3].to_string(),
        "valorisation": sums[4].to_string(),
        "coutParStructure": each(with_structures), "coutParJour": each(with_days),
    })
}

async fn dossiers(visitor: &Visitor, filter: Value) -> anyhow::Result<Vec<Value>> {
    let mut found = visitor.asks(DOSSIERS, json!({ "filter": filter })).await?;
    Ok(serde_json::from_value(found["ingenieries"]["nodes"].take())?)
}

#[tokio::test]
async fn every_figure_is_that_of_the_dossiers_counted_one_by_one() -> anyhow::Result<()> {
    let (_house, played, visitor) = played(&["fe1-1", "fe2-1", "acm"]).await?;
    let dla = |it: &DlaId| global("Dla", it.0);
    let first = dla(played[0].dlas.iter().next().unwrap());
    let filters = [
        json!({}),
        json!({ "dla": first }),
        json!({ "etat": "FINALISEE" }),
        json!({ "etat": "EN_IDENTIFICATION" }),
        json!({ "territoire": { "niveau": "REGION", "code": "93" } }),
        json!({ "territoire": { "niveau": "FRANCE", "code": "FR" } }),
    ];
    for filter in filters {
        let expected = counted(&dossiers(&visitor, filter.clone()).await?);
        let found = statistics(&visitor, filter.clone()).await?;
        assert_eq!(found["totals"], expected, "{filter}");
        assert_eq!(all(&found, "positions").is_empty(), expected["ingenieries"] == 0);
    }
    let whole = statistics(&visitor, json!({})).await?;
    assert_eq!(whole["totals"]["ingenieries"], 3);
    assert_eq!(
        statistics(&visitor, json!({ "from": "2031-01-01" })).await?["totals"]["ingenieries"],
        0
    );
    parts_add_up(&visitor).await
}

/// Told apart in every way, they are those of the dossiers that have the same thing in common.
async fn parts_add_up(visitor: &Visitor) -> anyhow::Result<()> {
    let query = format!(
        "query Par($dimension: DimensionStatistique!) {{ statistiquesActivite {{
            totals {{ {FIGURES} }}
            par(dimension: $dimension) {{
                cle code {{ code }} territoire {{ code }} dla {{ id }} figures {{ {FIGURES} }}
            }}
        }} }}"
    );
    let dossiers = dossiers(visitor, json!({})).await?;
    let apart = [
        ("TERRITOIRE", "territoire", (|it| vec![it["territoire"]["code"].clone()]) as Keys),
        ("SECTEUR", "code", |it| {
            all(it, "secteurs")
                .iter()
                .map(|it| it["code"].clone())
                .collect()
        }),
        ("DLA", "dla", |it| all(it, "dlas").iter().map(|it| it["id"].clone()).collect()),
        ("ETAT", "cle", |it| vec![it["etat"].clone()]),
    ];
    for (dimension, member, keys) in apart {
        let mut expected: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for it in &dossiers {
            for key in keys(it) {
                let key = key.as_str().unwrap().to_owned();
                expected.entry(key).or_default().push(it.clone());
            }
        }
        let found = visitor
            .asks(&query, json!({ "dimension": dimension }))
            .await?;
        let parts = all(&found["statistiquesActivite"], "par");
        assert_eq!(parts.len(), expected.len(), "{dimension}: {parts:#?}");
        for part in parts {
            let key = match member {
                "cle" => part["cle"].as_str(),
                "dla" => part["dla"]["id"].as_str(),
                other => part[other]["code"].as_str(),
            };
            let counted = counted(&expected[key.unwrap()]);
            assert_eq!(part["figures"], counted, "{dimension} {key:?}");
        }
    }
    for dimension in ["ANNEE", "DEPARTEMENT", "REGION", "THEME"] {
        let found = visitor
            .asks(&query, json!({ "dimension": dimension }))
            .await?;
        let found = &found["statistiquesActivite"];
        let sum: i64 = all(found, "par")
            .iter()
            .map(|it| it["figures"]["ingenieries"].as_i64().unwrap())
            .sum();
        assert!(sum >= found["totals"]["ingenieries"].as_i64().unwrap(), "{dimension}");
    }
    Ok(())
}

type Keys = fn(&Value) -> Vec<Value>;

#[tokio::test]
async fn money_is_shown_by_who_pays_and_by_fund() -> anyhow::Result<()> {
    let (_house, played, visitor) = played(&["fe2-1"]).await?;
    let found = visitor
        .asks(
            "{ statistiquesActivite {
                totals { retained granted paid }
                financements { contributeur { __typename } source { code } granted { montant positions } paid }
                fonds { annee dlas montant engage paid remaining }
            } }",
            json!({}),
        )
        .await?;
    let found = &found["statistiquesActivite"];
    let parts = all(found, "financements");
    let granted: i64 = parts
        .iter()
        .map(|it| cents(&it["granted"]["montant"]))
        .sum();
    assert_eq!(json!(granted.to_string()), found["totals"]["granted"]);
    let paid: i64 = parts.iter().map(|it| cents(&it["paid"])).sum();
    assert_eq!(json!(paid.to_string()), found["totals"]["paid"]);
    assert!(
        parts
            .iter()
            .all(|it| !all(&it["granted"], "positions").is_empty())
    );

    // A DLA opens its fund of the year of its promises: what it promised is taken off it.
    let dlas: Vec<_> = played
        .iter()
        .flat_map(|it| it.dlas.iter().copied())
        .collect();
    let year = api::clock::today_in_paris().year();
    let paying = parts
        .iter()
        .filter(|it| it["contributeur"]["__typename"] == "Dla")
        .map(|it| cents(&it["granted"]["montant"]))
        .sum::<i64>();
    assert!(paying > 0, "no DLA pays: {parts:#?}");
    let mut engaged = 0;
    for (n, dla) in dlas.iter().enumerate() {
        let id = global("Dla", dla.0);
        let command = Uuid::from_u128(0x0190_b0b0_0000_7000_8000_0000_0000_0000 + n as u128);
        let query = "query($id: ID!) { dla(id: $id) { fonds {
            annee montant positions engage { montant positions } paid { montant }
            remaining { montant positions } } } }";
        let before = visitor.asks(query, json!({ "id": id })).await?;
        if !all(&before["dla"], "fonds")
            .iter()
            .any(|it| it["annee"] == year)
        {
            let opened =
                json!({ "commandId": command, "dla": id, "annee": year, "montant": "5000000" });
            visitor
                .does("openFondsIngenierie", opened, "{ dla { id } }")
                .await?;
        }
        let after = visitor.asks(query, json!({ "id": id })).await?;
        for it in all(&after["dla"], "fonds")
            .iter()
            .filter(|it| it["annee"] == year)
        {
            let left = cents(&it["montant"]) - cents(&it["engage"]["montant"]);
            assert_eq!(cents(&it["remaining"]["montant"]), left, "{it:#}");
            assert!(!all(it, "positions").is_empty());
            engaged += cents(&it["engage"]["montant"]);
        }
    }
    let fonds = visitor
        .asks(
            "{ statistiquesActivite { fonds { annee dlas montant engage remaining } } }",
            json!({}),
        )
        .await?;
    let fonds = all(&fonds["statistiquesActivite"], "fonds");
    let this_year = fonds.iter().find(|it| it["annee"] == year).unwrap();
    assert_eq!(cents(&this_year["engage"]), engaged);
    assert_eq!(
        cents(&this_year["remaining"]),
        cents(&this_year["montant"]) - cents(&this_year["engage"])
    );
    Ok(())
}

#[tokio::test]
async fn each_counts_what_they_may_see() -> anyhow::Result<()> {
    let (house, played, _) = played(&["acm"]).await?;
    let stranger =
        house.visitor(Role::ChargeDeMission { dlas: [DlaId(Uuid::from_u128(9))].into() })?;
    let found = statistics(&stranger, json!({})).await?;
    assert_eq!(
        (&found["totals"]["ingenieries"], &found["totals"]["cout"]),
        (&json!(0), &json!("0"))
    );
    assert_eq!(all(&found, "positions").len(), 0);

    let caf: OrganisationId = played.iter().rev().find_map(|it| it.financeur).unwrap();
    let caf_sees = house.visitor(Role::Financeur { financeur: caf })?;
    let own = dossiers(&caf_sees, json!({})).await?;
    assert_eq!(statistics(&caf_sees, json!({})).await?["totals"], counted(&own));

    // A structure knows of its dossier, not of what it costs.
    let structure = played.iter().rev().find_map(|it| it.structure).unwrap();
    let takes_part = house.visitor(Role::StructureBeneficiaire { structure })?;
    let found = statistics(&takes_part, json!({})).await?;
    assert_eq!((&found["totals"]["plans"], &found["totals"]["cout"]), (&json!(0), &json!("0")));

    let funds = "query($id: ID!) { dla(id: $id) { fonds { montant engage { montant } } } }";
    let id = global("Dla", played[0].dlas.iter().next().unwrap().0);
    let seen = caf_sees.asks(funds, json!({ "id": id })).await?;
    assert!(
        all(&seen["dla"], "fonds")
            .iter()
            .all(|it| it["engage"].is_null())
    );
    Ok(())
}

fn global(noun: &str, id: Uuid) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}
