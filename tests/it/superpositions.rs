//! Crédits d'ingénierie over HTTP (RM-04): what stacks on what is found on both sides, explained
//! by somebody else, and known to those concerned alone; and however many declare at one instant.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    ActionFinancee, Asked, Cents, DlaId, Dossier, IngenierieId, Liste, Periode, PlanFinancement,
    PlanFinancementId, Role, Seen, action_financee::Action, date, plan_financement::Contributeur,
};
use eventlog::{Error, EventLog};
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{DLA, FINANCEUR, INGENIERIE, OTHER_DLA, PLAN, amina, code, line},
    questions::command,
};
use serde_json::{Value, json};
use uuid::Uuid;

const AUTRE_INGENIERIE: IngenierieId = IngenierieId(Uuid::from_u128(55));
const AUTRE_PLAN: PlanFinancementId = PlanFinancementId(Uuid::from_u128(66));

fn global(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn action() -> Action {
    Action {
        theme: code(Liste::TypePrestation, "GESTION_FINANCIERE"),
        objet: code(Liste::ObjetPrestation, "OUTILS"),
    }
}

/// The plan of an ingénierie of the DLA, which pays it alone but for what the financeur gives.
async fn plan(
    questions: &Questions,
    ingenierie: IngenierieId,
    plan: PlanFinancementId,
) -> anyhow::Result<()> {
    let dossier = questions.log.either::<Dossier>(ingenierie).await?;
    let poste = code(Liste::PosteCout, "PRESTATIONS_EXTERIEURES");
    let q = questions;
    q.decide::<PlanFinancement>(&amina(), plan, |it, asked| {
        it.open_plan_financement(asked, &dossier)
    })
    .await?;
    q.decide::<PlanFinancement>(&amina(), plan, |it, asked| {
        it.add_depense(asked, poste.clone(), line("Animation"), Cents(300))
    })
    .await?;
    for (source, who, cents) in
        [("DLA", Contributeur::Dla(DLA), 200), ("ETAT", Contributeur::Organisation(FINANCEUR), 100)]
    {
        let source = code(Liste::SourceFinancement, source);
        q.decide::<PlanFinancement>(&amina(), plan, |it, asked| {
            it.add_ressource(asked, source.clone(), who, Cents(cents))
        })
        .await?;
    }
    Ok(())
}

/// Two ingénieries of one DLA, each with its plan.
async fn two_plans() -> anyhow::Result<OpenHouse> {
    let questions = Questions::open().await?;
    questions.initiated().await?;
    questions
        .initiate(AUTRE_INGENIERIE, "Les outils de gestion")
        .await?;
    plan(&questions, INGENIERIE, PLAN).await?;
    plan(&questions, AUTRE_INGENIERIE, AUTRE_PLAN).await?;
    let Questions { log, reads, database } = questions;
    reads.close().await;
    log.close().await;
    OpenHouse::on(database).await
}

/// A command, numbered so that each is sent once.
fn input(n: u128, plan: PlanFinancementId, mut fields: Value) -> Value {
    fields["commandId"] = json!(Uuid::from_u128(0xc0_0000 + n));
    fields["plan"] = json!(global("PlanFinancement", plan.0));
    fields
}

const SEEN: &str = "{
    creditsIngenierie { theme { code } objet { code } du au secteurs { code } territoire { code } }
    superpositions { numero etat bases actionId cotes { planId } detectedOn justification } }";

const REGISTER: &str = "query($filter: SuperpositionFilter) {
    superpositions(first: 10, filter: $filter) { totalCount
        nodes { numero etat bases theme { code } cotes { ingenierieId dlas { id } }
                justification clearedOn lapsedOn positions } } }";

async fn register(by: &Visitor, filter: Value) -> anyhow::Result<Value> {
    let mut data = by.asks(REGISTER, json!({ "filter": filter })).await?;
    Ok(data["superpositions"].take())
}

fn dlas(all: impl IntoIterator<Item = DlaId>) -> BTreeSet<DlaId> {
    all.into_iter().collect()
}

#[tokio::test]
async fn what_two_plans_pay_for_twice_is_found_and_explained() -> anyhow::Result<()> {
    let house = two_plans().await?;
    let by = house.visitor(Role::ChargeDeMission { dlas: dlas([DLA]) })?;
    let answers = house.visitor(Role::ResponsablePorteuse { dlas: dlas([DLA]) })?;
    let what = |du: &str| json!({ "theme": "GESTION_FINANCIERE", "objet": "OUTILS", "du": du, "au": "2026-12-31" });

    // A plan that a DLA pays says first what it pays for.
    let because = json!({ "because": "La porteuse se porte garante." });
    let no = by
        .is_refused("confirmPlanFinancement", input(1, PLAN, because.clone()))
        .await?;
    assert_eq!(no["extensions"]["code"], "CREDITS_NOT_DECLARED");
    let odd = json!({ "theme": "GESTION_FINANCIERE", "objet": "ASTRES",
                      "du": "2026-01-01", "au": "2026-12-31" });
    let no = by
        .is_refused("declareCreditsIngenierie", input(2, PLAN, odd))
        .await?;
    assert_eq!(no["extensions"]["path"], json!(["input", "objet"]));
    let no = by
        .is_refused("declareCreditsIngenierie", input(3, PLAN, what("2027-01-01")))
        .await?;
    assert_eq!(no["extensions"]["code"], "PERIODE_REVERSED");
    assert_eq!(no["extensions"]["path"], json!(["input", "au"]));

    // The first meets nothing.
    let first = by
        .does("declareCreditsIngenierie", input(4, PLAN, what("2026-01-01")), SEEN)
        .await?;
    assert_eq!(first["superpositions"], json!([]));
    assert_eq!(first["creditsIngenierie"]["secteurs"], json!([{ "code": "SPORT" }]));
    assert_eq!(first["creditsIngenierie"]["territoire"], json!({ "code": "84" }));

    // The second meets the first, on both bases; each of the two plans shows it.
    let second = by
        .does("declareCreditsIngenierie", input(5, AUTRE_PLAN, what("2026-06-01")), SEEN)
        .await?;
    let found = &second["superpositions"][0];
    assert_eq!(found["etat"], "OUVERTE");
    assert_eq!(found["bases"], json!(["TERRITOIRE", "SECTEUR"]));
    let sides = json!([
        { "planId": global("PlanFinancement", AUTRE_PLAN.0) },
        { "planId": global("PlanFinancement", PLAN.0) },
    ]);
    assert_eq!(found["cotes"], sides);
    for plan in [PLAN, AUTRE_PLAN] {
        let id = json!({ "id": global("PlanFinancement", plan.0) });
        let of = "query($id: ID!) { planFinancement(id: $id) { superpositions { numero } } }";
        let seen = by.asks(of, id).await?;
        assert_eq!(seen["planFinancement"]["superpositions"], json!([{ "numero": 1 }]));
        let n = 10 + plan.0.as_u128();
        let no = by
            .is_refused("confirmPlanFinancement", input(n, plan, because.clone()))
            .await?;
        assert_eq!(no["extensions"]["code"], "SUPERPOSITIONS_UNCLEARED");
    }

    // Somebody else explains it: neither who declared it, nor anyone who is not concerned.
    let clear = |n: u128| {
        json!({ "commandId": Uuid::from_u128(0xc1_0000 + n), "action": found["actionId"],
                "superposition": 1, "justification": "Madame Roux forme d'autres bénévoles." })
    };
    let no = by.is_refused("clearSuperposition", clear(1)).await?;
    assert_eq!(no["extensions"]["code"], "FORBIDDEN");
    let elsewhere =
        house.visitor_named("elsewhere", Role::ResponsablePorteuse { dlas: dlas([OTHER_DLA]) })?;
    let no = elsewhere.is_refused("clearSuperposition", clear(2)).await?;
    assert_eq!(no["extensions"]["code"], "NOT_FOUND");
    let cleared = answers
        .does("clearSuperposition", clear(3), "{ superposition { etat justification } }")
        .await?;
    let text = "Madame Roux forme d'autres bénévoles.";
    let explained = json!({ "etat": "LEVEE", "justification": text });
    assert_eq!(cleared["superposition"], explained);
    by.does("confirmPlanFinancement", input(20, PLAN, because), "{ position }")
        .await?;

    // What it was confirmed with is what it goes on saying.
    let motif = json!({ "motif": "L'action est reportée." });
    let no = by
        .is_refused("withdrawCreditsIngenierie", input(21, PLAN, motif.clone()))
        .await?;
    assert_eq!(no["extensions"]["code"], "PLAN_CONFIRMED");

    // The register: the DLA and whoever pays read it, others nothing.
    house.caught_up().await?;
    let payer = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    for reader in [&by, &answers, &payer] {
        let all = register(reader, json!({ "etat": "LEVEE", "base": "SECTEUR" })).await?;
        assert_eq!(all["totalCount"], 1);
        assert_eq!(all["nodes"][0]["justification"], text);
        // What was declared on both sides, what was found, who explained it.
        assert_eq!(all["nodes"][0]["positions"].as_array().unwrap().len(), 4);
        assert_eq!(register(reader, json!({ "etat": "OUVERTE" })).await?["totalCount"], 0);
    }
    let other =
        house.visitor_named("other", Role::Financeur { financeur: house::dossier::FONDATION })?;
    let stranger =
        house.visitor_named("s", Role::StructureBeneficiaire { structure: FINANCEUR })?;
    for nobody in [&elsewhere, &other, &stranger] {
        assert_eq!(register(nobody, json!({})).await?["totalCount"], 0);
    }

    // What a plan withdraws meets nothing any more, and the action may be another.
    let left = by
        .does("withdrawCreditsIngenierie", input(30, AUTRE_PLAN, motif), SEEN)
        .await?;
    assert_eq!(left["creditsIngenierie"], Value::Null);
    assert_eq!(left["superpositions"][0]["etat"], "CADUQUE");
    house.close().await
}

#[tokio::test]
async fn accounts_are_closed_over_http() -> anyhow::Result<()> {
    let house = two_plans().await?;
    let by = house.visitor(Role::ChargeDeMission { dlas: dlas([DLA]) })?;
    let plan = |n: u128, fields: Value| input(0x100 + n, PLAN, fields);
    by.does("chooseRegimeTaxe", plan(1, json!({ "regime": "HT" })), "{ position }")
        .await?;
    let no = by
        .is_refused("settlePlanFinancement", plan(2, json!({})))
        .await?;
    assert_eq!(no["extensions"]["code"], "PLAN_NOT_CONFIRMED");
    let what = json!({ "theme": "MUTUALISATION", "objet": "CONCEPTION",
                       "du": "2026-01-01", "au": "2026-03-31" });
    by.does("declareCreditsIngenierie", plan(3, what), "{ position }")
        .await?;
    let because = |it: &str| json!({ "because": it });
    by.does("confirmPlanFinancement", plan(4, because("Garanti.")), "{ position }")
        .await?;
    let came_to = json!({ "ligne": 1, "montant": "280" });
    by.does("recordRealise", plan(5, came_to), "{ position }")
        .await?;
    let no = by
        .is_refused("settlePlanFinancement", plan(6, json!({})))
        .await?;
    assert_eq!(no["extensions"]["code"], "JUSTIFICATION_NEEDED");
    let seen = by
        .does(
            "settlePlanFinancement",
            plan(7, because("Les versements suivent.")),
            "{ planFinancement { regimeTaxe settledOn totals { depenses realise }
                                 depenses { realise } reglesEcartees { code } } }",
        )
        .await?;
    let seen = &seen["planFinancement"];
    assert_eq!(seen["regimeTaxe"], "HT");
    assert_eq!(seen["totals"], json!({ "depenses": "300", "realise": "280" }));
    assert!(seen["settledOn"].is_string());
    let codes = json!([{ "code": "LINES_GRANTED" }, { "code": "PAID_AS_SPENT" }]);
    assert_eq!(seen["reglesEcartees"], codes);
    let late = json!({ "ligne": 1, "montant": "1" });
    let no = by.is_refused("reviseDepense", plan(8, late)).await?;
    assert_eq!(no["extensions"]["code"], "PLAN_SETTLED");
    house.close().await
}

/// Declares until the log has an answer.
async fn declared(log: &EventLog, n: u128) -> anyhow::Result<()> {
    let id = |base: u128| Uuid::from_u128(base + n);
    let (plan, dossier) = (PlanFinancementId(id(600)), IngenierieId(id(500)));
    let command = command(&amina());
    loop {
        let gather = || async {
            Ok((log.seen::<PlanFinancement>(plan).await?, log.either::<Dossier>(dossier).await?))
        };
        let decision = |it: &ActionFinancee,
                        asked: &Asked,
                        (plan, dossier): &(Seen<PlanFinancement>, Dossier)| {
            let year = Periode { du: date(2026, 1, 1), au: date(2026, 12, 31) };
            it.declare_credits_ingenierie(asked, (plan, dossier), action(), (year, BTreeSet::new()))
        };
        match log
            .decide_with(&command, action().id(), &gather, &decision)
            .await
        {
            Ok(_) => return Ok(()),
            Err(Error::Conflict) => (),
            Err(other) => return Err(other.into()),
        }
    }
}

// INV-13: found on both sides, whichever came second, however concurrent.
#[tokio::test(flavor = "multi_thread")]
async fn plans_declared_at_one_instant_all_find_each_other() -> anyhow::Result<()> {
    const PLANS: u128 = 12;
    let questions = Questions::open().await?;
    questions.initiated().await?;
    for n in 0..PLANS {
        let id = IngenierieId(Uuid::from_u128(500 + n));
        questions.initiate(id, "Les outils de gestion").await?;
        plan(&questions, id, PlanFinancementId(Uuid::from_u128(600 + n))).await?;
    }
    // Two logs, as two processes would be: their memories do not know each other.
    let logs = [questions.database.log().await?, questions.database.log().await?];
    let asking = (0..PLANS).map(|n| declared(&logs[usize::from(n % 2 == 0)], n));
    futures_util::future::try_join_all(asking).await?;
    let all = questions.log.seen::<ActionFinancee>(action().id()).await?;
    for n in 0..PLANS {
        let met = all
            .state
            .uncleared(PlanFinancementId(Uuid::from_u128(600 + n)));
        assert_eq!(met.count(), usize::try_from(PLANS - 1)?, "{n}");
    }
    for log in logs {
        log.close().await;
    }
    Ok(())
}
