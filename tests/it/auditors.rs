//! What auditors ask of the history, over HTTP: by GraphQL and as a download, each reader as much
//! as they may know, each line traced to the log.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Cents, Consultation, Decider, Dla, DlaId, Dossier, Evaluation, EvaluationId,
    IngenierieCollective, Intervention, InterventionId, OrganisationId, PersonId, Place,
    PlanFinancement, Prose, Role, Rule, Sealed, SeanceComiteAppui, SeanceComiteId, Subject,
    consultation, ingenierie_collective, intervention, plan_financement, seance_comite_appui,
};
use house::{
    Answer, OpenHouse, Questions, Visitor,
    dossier::{
        CONSULTATION, DLA, FINANCEUR, INGENIERIE, OTHER_STRUCTURE, PLAN, PRESTATAIRE, STRUCTURE,
        amina, prose,
    },
    questions::{admin, because, command},
};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Connection;
use uuid::Uuid;

/// Works for the DLA; the facts know people by such ids.
const PERSONNE: PersonId = PersonId(Uuid::from_u128(0x7e45));

const QUESTION: &str = "query Faits($after: String, $filter: HistoriqueFilter, $known: AsOfInput) {
    historique(first: 20, after: $after, filter: $filter, asOf: $known) {
        pageInfo { hasNextPage endCursor } asOf { position }
        nodes {
            position recordedAt on category type objet version ingenierieId commandId
            acteur { id via role organisation { id denomination } } data
            changes { pointer before after } restatedAt
            reglesEcartees { code invariant because } sealed { pointer value } receipt } } }";

/// A dossier that was financed, consulted and evaluated, corrected here and there; its doors open.
async fn dossier() -> anyhow::Result<OpenHouse> {
    let asked = Questions::open().await?;
    asked.confirmed().await?;
    asked.financed().await?;
    asked.consulted().await?;
    let ingenierie = asked.log.either::<Dossier>(INGENIERIE).await?;
    asked
        .decide::<Evaluation>(&amina(), EvaluationId(Uuid::from_u128(9)), |it, asked| {
            it.plan_evaluation(asked, &ingenierie, prose("Les prêts."), None)
        })
        .await?;
    asked
        .decide::<Dla>(&admin(), DLA, |it, asked| it.appoint_charge_de_mission(asked, PERSONNE))
        .await?;
    asked
        .decide::<PlanFinancement>(&amina(), PLAN, |it, asked| {
            it.revise_depense(asked, 1, Cents(500_100))
        })
        .await?;
    let command = because("=La porteuse garantit, encore.", command(&amina()));
    asked
        .tell::<PlanFinancement>(&command, PLAN, |it, asked| {
            it.revise_depense(asked, 1, Cents(500_000))
        })
        .await?;
    asked.confirm_plan(&command_again(&command), PLAN).await?;
    let Questions { log, reads, database } = asked;
    reads.close().await;
    log.close().await;
    let house = OpenHouse::on(database).await?;
    let (head, _) = house.house.log.newest().await?;
    let all = json!({ "at": head.0.to_string() });
    let caught =
        "query($at: Position!) { historique(first: 1, atLeastPosition: $at) { totalCount } }";
    house.visitor(Role::Admin)?.asks(caught, all).await?;
    Ok(house)
}

/// The same justification, for another command.
fn command_again(it: &eventlog::Command) -> eventlog::Command {
    eventlog::Command { id: Uuid::from_u128(0xa9a1), ..it.clone() }
}

fn charge(dla: DlaId) -> Role {
    Role::ChargeDeMission { dlas: BTreeSet::from([dla]) }
}

/// Everyone who asks, and what they are.
fn readers() -> Vec<(&'static str, Role)> {
    vec![
        ("amina", charge(DLA)),
        ("elsewhere", charge(DlaId(Uuid::from_u128(99)))),
        ("payer", Role::Financeur { financeur: FINANCEUR }),
        ("other payer", Role::Financeur { financeur: PRESTATAIRE }),
        ("structure", Role::StructureBeneficiaire { structure: STRUCTURE }),
        ("prestataire", Role::Prestataire { prestataire: PRESTATAIRE }),
        ("admin", Role::Admin),
    ]
}

/// The facts that GraphQL shows, page after page, each as a line of the download says it.
async fn asked(by: &Visitor, filter: &Value, known: &Value) -> anyhow::Result<Vec<Value>> {
    let (mut all, mut after) = (vec![], Value::Null);
    loop {
        let variables = json!({ "after": after, "filter": filter, "known": known });
        let answer = by.asks(QUESTION, variables).await?;
        let page = &answer["historique"];
        all.extend(
            page["nodes"]
                .as_array()
                .context("nodes")?
                .iter()
                .map(as_line),
        );
        if page["pageInfo"]["hasNextPage"] != json!(true) {
            return Ok(all);
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn as_line(node: &Value) -> Value {
    let mut line = node.clone();
    let acteur = line["acteur"].take();
    let sealed = line["sealed"].take();
    let by_pointer = sealed.as_array().unwrap().iter();
    line["sealed"] = by_pointer
        .map(|it| (it["pointer"].as_str().unwrap().to_owned(), it["value"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    line["role"] = acteur["role"].clone();
    line["via"] = acteur["via"].clone();
    line["organisationId"] = acteur["organisation"]["id"].clone();
    line["organisation"] = acteur["organisation"]["denomination"].clone();
    line["acteur"] = acteur["id"].clone();
    line
}

async fn downloads(by: &Visitor, path: &str) -> anyhow::Result<Answer> {
    let answer = by.sends(Method::GET, path, &[], "").await?;
    ensure!(answer.status == StatusCode::OK, "{path}: {answer:?}");
    Ok(answer)
}

fn jsonl(answer: &Answer) -> anyhow::Result<Vec<Value>> {
    let text = std::str::from_utf8(&answer.body)?;
    Ok(text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

/// Records of RFC 4180, by the names of the first.
pub(crate) fn csv(text: &str) -> Vec<BTreeMap<String, String>> {
    let (mut records, mut record, mut cell) = (vec![], vec![], String::new());
    let (mut quoted, mut chars) = (false, text.chars().peekable());
    while let Some(it) = chars.next() {
        match it {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(chars.next(), Some('\n'));
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            it => cell.push(it),
        }
    }
    assert!(!quoted && cell.is_empty() && record.is_empty(), "cut: {cell}");
    let names = records.remove(0);
    let by_name = |it: Vec<String>| {
        assert_eq!(it.len(), names.len());
        names.iter().cloned().zip(it).collect()
    };
    records.into_iter().map(by_name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reader_reads_the_same_in_graphql_and_in_a_download() -> anyhow::Result<()> {
    let house = dossier().await?;
    let mut counts = BTreeMap::new();
    for (who, role) in readers() {
        let by = house.visitor(role)?;
        let asked = asked(&by, &Value::Null, &Value::Null).await?;
        let answer = downloads(&by, "/historique.jsonl").await?;
        assert_eq!(jsonl(&answer)?, asked, "{who}");
        let text = std::str::from_utf8(&answer.body)?;
        let records = downloads(&by, "/historique.csv").await?;
        let records = csv(std::str::from_utf8(&records.body)?);
        assert_eq!(records.len(), asked.len(), "{who}");
        for (record, line) in records.iter().zip(&asked) {
            assert_eq!(record.len(), line.as_object().unwrap().len());
            for (name, cell) in record {
                let cell = cell.strip_prefix('\'').unwrap_or(cell);
                let said = match &line[name] {
                    Value::String(it) => it.clone(),
                    it if [json!(null), json!([]), json!({})].contains(it) => String::new(),
                    it => it.to_string(),
                };
                assert_eq!(cell, said, "{who}: {name}");
            }
        }

        // Justifications are for all who see the plan; other texts, and who acted, are not.
        let inside = who == "amina";
        assert_eq!(
            text.contains("=La porteuse garantit, encore."),
            inside || who == "payer",
            "{who}"
        );
        assert_eq!(text.contains("Volontiers."), inside || who == "structure", "{who}");
        assert_eq!(text.contains("Rien d'équivalent."), inside, "{who}");
        assert!(!text.contains("Deux ateliers."), "{who} reads an offre");
        assert_eq!(asked.iter().any(|it| !it["acteur"].is_null()), inside, "{who}");
        let knows_people = inside || who == "admin";
        assert_eq!(text.contains(&PERSONNE.0.to_string()), knows_people, "{who}");
        counts.insert(who, asked.len());
    }
    // Those to whom the dossier is not known see the registries.
    let registries = counts["admin"];
    assert!(counts["amina"] > counts["structure"] && counts["structure"] > registries);
    assert_eq!(counts["payer"], counts["amina"]);
    for stranger in ["elsewhere", "other payer", "prestataire"] {
        assert_eq!(counts[stranger], registries, "{stranger}");
    }
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_structure_reads_nothing_of_another_one() -> anyhow::Result<()> {
    let house = dossier().await?;
    let by = house.visitor(Role::StructureBeneficiaire { structure: STRUCTURE })?;
    let lines = jsonl(&downloads(&by, "/historique.jsonl").await?)?;
    let other = OTHER_STRUCTURE.0.to_string();
    for line in lines.iter().filter(|it| it["category"] != "ORGANISATION") {
        assert!(!line.to_string().contains(&other), "{line}");
    }
    let own = lines.iter().filter(|it| it["type"] == "StructureMobilised");
    let told: Vec<_> = own.map(|it| it["data"]["structure"].clone()).collect();
    assert_eq!(told, [json!(STRUCTURE.0), Value::Null], "the other fact is there, without content");
    // Nor is it found by asking for it.
    let id = URL_SAFE_NO_PAD.encode(format!("Organisation:{other}"));
    let found = downloads(&by, &format!("/historique.jsonl?organisation={id}")).await?;
    let found = jsonl(&found)?;
    assert!(!found.is_empty() && found.iter().all(|it| it["category"] == "ORGANISATION"));
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_says_why_and_what_it_changed_and_is_proved() -> anyhow::Result<()> {
    let house = dossier().await?;
    let payer = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    let lines = jsonl(&downloads(&payer, "/historique.jsonl?categories=PLAN_FINANCEMENT").await?)?;
    let of = |kind: &str| {
        lines
            .iter()
            .filter(|it| it["type"] == kind)
            .collect::<Vec<_>>()
    };
    let (added, revised) = (of("DepenseAdded")[0], of("DepenseRevised"));
    let change = |before: i64, after: i64| json!([{ "pointer": "/montant", "before": before, "after": after }]);
    assert_eq!(revised[0]["changes"], change(500_000, 500_100));
    assert_eq!(revised[1]["changes"], change(500_100, 500_000));
    assert_eq!(added["changes"][1]["before"], Value::Null);
    assert_eq!(added["restatedAt"], revised[0]["position"]);
    assert_eq!(revised[0]["restatedAt"], revised[1]["position"]);
    assert_eq!(revised[1]["restatedAt"], Value::Null);
    assert_eq!(of("RessourceSought")[0]["changes"], Value::Null, "it states nothing anew");

    let confirmed = of("PlanFinancementConfirmed");
    for (fact, because) in confirmed
        .iter()
        .zip(["La porteuse se porte garante.", "=La porteuse garantit, encore."])
    {
        let rules = fact["reglesEcartees"].as_array().unwrap();
        assert_eq!(rules.len(), 1, "{fact}");
        assert_eq!(
            (&rules[0]["invariant"], &rules[0]["because"]),
            (&json!("INV-12"), &json!(because))
        );
    }
    assert_eq!(added["reglesEcartees"], json!([]));

    let proof = "query($at: Position!, $receipt: String) {
        inclusionProof(position: $at, receipt: $receipt) { leafHash } }";
    for line in &lines {
        let variables = json!({ "at": line["position"], "receipt": line["receipt"] });
        let proved = payer.asks(proof, variables).await?;
        assert_eq!(proved["inclusionProof"]["leafHash"], line["receipt"]);
    }
    let forged = json!({ "at": added["position"], "receipt": revised[0]["receipt"] });
    let refused = payer.posts(proof, forged).await?;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "RECEIPT_DIFFERS");
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_looked_for_is_found_alike() -> anyhow::Result<()> {
    let house = dossier().await?;
    let amina = house.visitor(charge(DLA))?;
    let all = asked(&amina, &Value::Null, &Value::Null).await?;
    let org = |id: OrganisationId| URL_SAFE_NO_PAD.encode(format!("Organisation:{}", id.0));
    let dla = URL_SAFE_NO_PAD.encode(format!("Dla:{}", DLA.0));
    let ingenierie = URL_SAFE_NO_PAD.encode(format!("Ingenierie:{}", INGENIERIE.0));
    let actor = amina_id(&all)?;
    let recorded = all[0]["recordedAt"].as_str().context("a time")?[..10].to_owned();
    for (name, value, least) in [
        ("ingenieries", json!([ingenierie]), 40),
        ("categories", json!(["DLA", "CONSULTATION"]), 8),
        ("types", json!(["RuleWaived"]), 2),
        ("roles", json!(["RESPONSABLE_PORTEUSE", "ADMIN"]), 9),
        ("from", json!("20"), 40),
        ("to", json!("20"), 20),
        ("onFrom", json!("2026-03-16"), 40),
        ("onTo", json!("2026-03-15"), 0),
        ("recordedFrom", json!(recorded), 40),
        ("recordedTo", json!("2020-01-01"), 0),
        ("acteur", json!(actor), 40),
        ("byOrganisation", json!(org(FINANCEUR)), 0),
        ("organisation", json!(org(FINANCEUR)), 5),
        ("dla", json!(dla), 5),
        ("financeur", json!(org(FINANCEUR)), 40),
    ] {
        let found = asked(&amina, &json!({ name: value }), &Value::Null).await?;
        let text = match &value {
            Value::Array(all) => all
                .iter()
                .map(|it| it.as_str().unwrap())
                .collect::<Vec<_>>()
                .join(","),
            one => one.as_str().unwrap().to_owned(),
        };
        let lines = downloads(&amina, &format!("/historique.jsonl?{name}={text}")).await?;
        assert_eq!(jsonl(&lines)?, found, "{name}");
        assert!(found.len() >= least && (least > 0 || found.is_empty()), "{name}: {}", found.len());
        let everything = ["onFrom", "recordedFrom"].contains(&name);
        assert_eq!(found.len() == all.len(), everything, "{name}");
    }
    let history = "query($id: ID!, $other: [ID!]) { ingenierie(id: $id) {
        one: historique(first: 1) { totalCount }
        none: historique(first: 1, filter: { ingenieries: $other }) { totalCount } } }";
    let other = URL_SAFE_NO_PAD.encode(format!("Ingenierie:{}", PLAN.0));
    let answer = amina
        .asks(history, json!({ "id": ingenierie, "other": [other] }))
        .await?;
    assert!(answer["ingenierie"]["one"]["totalCount"].as_i64() > Some(40));
    assert_eq!(answer["ingenierie"]["none"]["totalCount"], 0);
    house.close().await
}

fn amina_id(all: &[Value]) -> anyhow::Result<String> {
    let fact = all.iter().find(|it| it["type"] == "DemarcheValidated");
    let id = fact.context("a fact")?["acteur"].as_str();
    Ok(id.context("an id")?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_told_as_it_was_known() -> anyhow::Result<()> {
    let house = dossier().await?;
    let amina = house.visitor(charge(DLA))?;
    let all = asked(&amina, &Value::Null, &Value::Null).await?;
    let at = |it: &Value| it["position"].as_str().unwrap().parse::<i64>().unwrap();
    let revised = all
        .iter()
        .position(|it| it["type"] == "DepenseRevised")
        .unwrap();
    let known = at(&all[revised]) - 1;
    let before = asked(&amina, &Value::Null, &json!({ "position": known.to_string() })).await?;
    assert_eq!(before, all[..revised]);
    let added = before
        .iter()
        .find(|it| it["type"] == "DepenseAdded")
        .unwrap();
    assert_eq!(added["restatedAt"], all[revised]["position"], "what is known since is told");

    let as_of = "query($known: AsOfInput) { historique(first: 1, asOf: $known) {
        totalCount asOf { position recordedAt } } }";
    let answer = amina
        .asks(as_of, json!({ "known": { "position": known.to_string() } }))
        .await?;
    assert_eq!(answer["historique"]["totalCount"], revised);
    assert_eq!(answer["historique"]["asOf"]["position"], known.to_string());
    let today = all[0]["recordedAt"].as_str().unwrap()[..10].parse::<jiff::civil::Date>()?;
    for (day, expected) in
        [(today.tomorrow()?, all.len()), (today.checked_sub(jiff::Span::new().days(3))?, 0)]
    {
        let answer = amina
            .asks(as_of, json!({ "known": { "date": day.to_string() } }))
            .await?;
        assert_eq!(answer["historique"]["totalCount"], expected, "{day}");
        let path = format!("/historique.jsonl?asOfDate={day}");
        assert_eq!(jsonl(&downloads(&amina, &path).await?)?.len(), expected, "{day}");
    }
    let path = format!("/historique.csv?asOfPosition={known}");
    let answer = downloads(&amina, &path).await?;
    assert_eq!(answer.headers["essaim-as-of"], known.to_string().as_str());
    assert_eq!(csv(std::str::from_utf8(&answer.body)?).len(), revised);
    let both = json!({ "known": { "position": "1", "date": "2026-03-16" } });
    assert!(amina.posts(as_of, both).await?["errors"].is_array());
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_says_where_it_stands_and_leaves_a_trace() -> anyhow::Result<()> {
    let house = dossier().await?;
    let payer = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    let checkpoint = "{ checkpoint { size rootHash } }";
    let (head, _) = house.house.log.newest().await?;
    let mut signed = Value::Null;
    for _ in 0..100 {
        signed = payer.posts(checkpoint, json!({})).await?["data"]["checkpoint"].take();
        if signed["size"] == json!(head.0.to_string()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let answer = downloads(&payer, "/historique.csv?types=RuleWaived&bom=true").await?;
    let header = |name: &str| answer.headers[name].to_str().unwrap_or_default().to_owned();
    assert_eq!(header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("essaim-as-of"), head.0.to_string());
    assert_eq!(json!(header("essaim-checkpoint-size")), signed["size"]);
    assert_eq!(json!(header("essaim-checkpoint-root")), signed["rootHash"]);
    assert!(answer.headers.get("link").is_none(), "nothing is left");
    let text = std::str::from_utf8(&answer.body)?;
    let text = text.strip_prefix('\u{feff}').context("a mark")?;
    assert!(text.starts_with("position,recordedAt,on,category,type,"));

    let mut db = house.database.admin().await?;
    let journal: Vec<(String, i64, String, String)> = sqlx::query_as(
        "select role, position, pointer, subject from vault.access where purpose = 'DOWNLOAD' order by at",
    )
    .fetch_all(&mut db)
    .await?;
    db.close().await?;
    let (role, position, how, what) = journal.first().context("a trace")?;
    assert_eq!((role.as_str(), *position, what.as_str()), ("FINANCEUR", head.0, "historique"));
    assert_eq!(how, "types=RuleWaived&bom=true");
    assert_eq!(journal.len(), 1 + csv(text).len(), "and one line for each text that was opened");

    for (by, path, status, code) in [
        (house.stranger(), "/historique.csv", 401, "UNAUTHENTICATED"),
        (payer.clone(), "/historique.csv?from=dix", 400, "BAD_USER_INPUT"),
        (payer.clone(), "/historique.jsonl?types=Rien", 400, "BAD_USER_INPUT"),
    ] {
        let answer = by.sends(Method::GET, path, &[], "").await?;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(answer.json()?["errors"][0]["extensions"]["code"], code, "{path}");
    }
    house.close().await
}

/// Sets a rule aside in one stream of the dossier, as its decisions do.
async fn sets_aside<D: Decider>(
    asked: &Questions,
    id: D::Id,
    rule: Rule,
    event: fn(Rule, Sealed<Prose>) -> D::Event,
) -> anyhow::Result<()> {
    let why = format!("Pour {}.", rule.code());
    let command = because(&why, command(&amina()));
    asked
        .tell::<D>(&command, id, |_, asked| {
            let (rule, because) = asked.waive(rule, Subject::dossier(INGENIERIE))?;
            let place = Place { territoire: None, dossier: Some(INGENIERIE) };
            Ok(asked.records(place, [event(rule, because)]))
        })
        .await?;
    Ok(())
}

/// INV-03, 04, 07, 09, 10, 12, 14, 17, 19, 22, 30 and 34: whichever part of a dossier sets a rule
/// aside, those who pay read in the history that it was, and why.
#[tokio::test(flavor = "multi_thread")]
async fn every_justification_is_read_by_those_who_pay() -> anyhow::Result<()> {
    let asked = Questions::open().await?;
    asked.confirmed().await?;
    asked.financed().await?;
    asked.consulted().await?;
    for &rule in Rule::ALL {
        let it = &asked;
        match rule {
            Rule::AvisDefavorable
            | Rule::FinanceursConfirm
            | Rule::ProblematiqueConfirmed
            | Rule::GroupStable => {
                sets_aside::<IngenierieCollective>(it, INGENIERIE, rule, |rule, because| {
                    ingenierie_collective::Event::RuleWaived { rule, because }
                })
                .await?;
            }
            Rule::Competition | Rule::ConsultedMin | Rule::ContratWithinPlan => {
                sets_aside::<Consultation>(it, CONSULTATION, rule, |rule, because| {
                    consultation::Event::RuleWaived { rule, because }
                })
                .await?;
            }
            Rule::LinesGranted | Rule::FundingArticulated | Rule::PaidAsSpent => {
                sets_aside::<PlanFinancement>(it, PLAN, rule, |rule, because| {
                    plan_financement::Event::RuleWaived { rule, because }
                })
                .await?;
            }
            Rule::DlaPresent => {
                let id = InterventionId(Uuid::from_u128(0x30));
                sets_aside::<Intervention>(it, id, rule, |rule, because| {
                    intervention::Event::RuleWaived { rule, because }
                })
                .await?;
            }
            Rule::ComplementariteChecked => {
                let id = SeanceComiteId(Uuid::from_u128(0x14));
                sets_aside::<SeanceComiteAppui>(it, id, rule, |rule, because| {
                    seance_comite_appui::Event::RuleWaived { rule, because }
                })
                .await?;
            }
        }
    }
    asked.catch_up().await?;
    let Questions { log, reads, database } = asked;
    reads.close().await;
    log.close().await;
    let house = OpenHouse::on(database).await?;
    let payer = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    let lines = jsonl(&downloads(&payer, "/historique.jsonl?types=RuleWaived").await?)?;
    for rule in Rule::ALL {
        let why = json!({ "/because": format!("Pour {}.", rule.code()) });
        let mut of_rule = lines.iter().filter(|it| it["data"]["rule"] == rule.code());
        assert!(of_rule.any(|it| it["sealed"] == why), "{}: {lines:#?}", rule.invariant());
    }
    house.close().await
}
