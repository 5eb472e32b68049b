//! Inter-DLA, over HTTP: each DLA concerned validates for itself and has its own avis (RUL-24),
//! and one that joins late takes part in everything that was opened before.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Role;
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{DLA, INGENIERIE, OTHER_DLA},
};
use serde_json::{Value, json};
use uuid::Uuid;

static COMMANDS: AtomicU64 = AtomicU64::new(700_000);

fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn dossier() -> String {
    id("Ingenierie", INGENIERIE.0)
}

/// An input with an id of its own.
fn input(mut more: Value) -> Value {
    let n = COMMANDS.fetch_add(1, Ordering::Relaxed);
    more["commandId"] = json!(Uuid::from_u128(n.into()));
    more
}

/// The same, about the ingénierie.
fn of_dossier(mut more: Value) -> Value {
    more["ingenierie"] = json!(dossier());
    input(more)
}

async fn does(by: &Visitor, mutation: &str, more: Value) -> anyhow::Result<Value> {
    by.does(mutation, more, "{ position }").await
}

async fn code(by: &Visitor, mutation: &str, more: Value) -> anyhow::Result<Value> {
    Ok(by.is_refused(mutation, more).await?["extensions"].take())
}

/// Those who work for one DLA, answer for it, advise it.
fn people(house: &OpenHouse, dla: domain::DlaId) -> anyhow::Result<[Visitor; 3]> {
    let dlas = || [dla].into();
    Ok([
        house
            .visitor_named(&format!("charge/{}", dla.0), Role::ChargeDeMission { dlas: dlas() })?,
        house.visitor_named(
            &format!("responsable/{}", dla.0),
            Role::ResponsablePorteuse { dlas: dlas() },
        )?,
        house.visitor_named(
            &format!("membre/{}", dla.0),
            Role::MembreComiteAppui { dlas: dlas() },
        )?,
    ])
}

#[tokio::test]
async fn each_dla_validates_for_itself_and_has_its_own_avis() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.identified().await?;
    questions.catch_up().await?;
    let house = OpenHouse::on(questions.database).await?;
    let [amina, paul, membre] = people(&house, DLA)?;
    let [bruno, louise, other_membre] = people(&house, OTHER_DLA)?;
    let dla = |it: domain::DlaId| json!({ "dla": id("Dla", it.0) });

    // Bruno does not know the dossier until his DLA is associated.
    let source = || of_dossier(json!({ "source": "RESEAU" }));
    assert_eq!(code(&bruno, "recordSource", source()).await?["code"], "NOT_FOUND");
    does(&amina, "associateDla", of_dossier(dla(OTHER_DLA))).await?;
    does(&bruno, "recordSource", source()).await?;
    let role = json!({ "dla": id("Dla", OTHER_DLA.0), "legitimites": ["MANDAT"] });
    does(&bruno, "defineRoleDla", of_dossier(role)).await?;

    // INV-08: one validation each, by whoever answers for it.
    let mine = of_dossier(dla(OTHER_DLA));
    assert_eq!(code(&paul, "validateDemarche", mine).await?["code"], "FORBIDDEN");
    does(&paul, "validateDemarche", of_dossier(dla(DLA))).await?;
    let no = code(&amina, "engageIngenierie", of_dossier(json!({}))).await?;
    assert_eq!(no["code"], "DEMARCHE_NOT_VALIDATED");
    assert_eq!(no["params"]["dlas"], json!([id("Dla", OTHER_DLA.0)]));
    does(&louise, "validateDemarche", of_dossier(dla(OTHER_DLA))).await?;
    does(&amina, "engageIngenierie", of_dossier(json!({}))).await?;

    // INV-06: one avis each, by its own comité.
    let avis =
        |it: domain::DlaId, sens: &str| of_dossier(json!({ "dla": id("Dla", it.0), "sens": sens }));
    let why = json!("À chiffrer.");
    let foreign = code(&membre, "recordAvis", avis(OTHER_DLA, "FAVORABLE")).await?;
    assert_eq!(foreign["code"], "FORBIDDEN");
    does(&membre, "recordAvis", avis(DLA, "FAVORABLE")).await?;
    for by in [&amina, &bruno] {
        let no = code(by, "confirmIngenierie", of_dossier(json!({}))).await?;
        assert_eq!(no["code"], "AVIS_MISSING");
        assert_eq!(no["params"]["dlas"], json!([id("Dla", OTHER_DLA.0)]));
    }
    let mut put_off = avis(OTHER_DLA, "AJOURNE");
    let no = code(&other_membre, "recordAvis", put_off.clone()).await?;
    assert_eq!(no["code"], "AVIS_COMMENTAIRE_MISSING");
    put_off["commentaire"] = why.clone();
    does(&other_membre, "recordAvis", put_off).await?;
    let no = code(&amina, "confirmIngenierie", of_dossier(json!({}))).await?;
    assert_eq!(no["code"], "AVIS_MISSING");
    let mut with_reserves = avis(OTHER_DLA, "FAVORABLE_AVEC_RESERVES");
    with_reserves["reserves"] = why;
    does(&other_membre, "recordAvis", with_reserves).await?;
    let no = code(&amina, "confirmIngenierie", of_dossier(json!({}))).await?;
    assert_eq!(no["code"], "PROJET_NOT_FORMALISED");

    let read = "query($id: ID!) { ingenierie(id: $id) {
        dlas { id } validations { dla { id } } avis { dla { id } sens }
        rolesDla { dla { id } } } }";
    let both = json!([{ "id": id("Dla", DLA.0) }, { "id": id("Dla", OTHER_DLA.0) }]);
    let of_both = json!([{ "dla": both[0] }, { "dla": both[1] }]);
    for reader in [&amina, &bruno] {
        let fiche = reader.asks(read, json!({ "id": dossier() })).await?["ingenierie"].take();
        assert_eq!((&fiche["dlas"], &fiche["validations"]), (&both, &of_both));
        assert_eq!(fiche["avis"].as_array().map(Vec::len), Some(2));
        assert_eq!(fiche["rolesDla"], json!([{ "dla": both[1] }]));
    }
    house.close().await
}

#[tokio::test]
async fn a_dla_that_joins_late_takes_part_in_what_was_opened_before() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.catch_up().await?;
    let house = OpenHouse::on(questions.database).await?;
    let [amina, ..] = people(&house, DLA)?;
    let [bruno, ..] = people(&house, OTHER_DLA)?;
    let mut opened = vec![];
    for (mutation, more) in [
        ("openPlanFinancement", json!({})),
        ("planEvaluation", json!({ "objet": "La démarche." })),
        ("determineNatureCapitalisation", json!({ "natures": ["METHODE"] })),
        ("openIntervention", json!({})),
        ("draftCahierDesCharges", json!({ "sections": { "demarche": "Collective." } })),
    ] {
        let more = of_dossier(more);
        opened.push(more["commandId"].clone());
        does(&amina, mutation, more).await?;
    }
    let of = |n: usize, noun: &str| {
        let uuid: Uuid = opened[n].as_str().unwrap().parse().unwrap();
        id(noun, uuid)
    };
    let plan = of(0, "PlanFinancement");
    let evaluation = of(1, "Evaluation");
    let capitalisation = of(2, "Capitalisation");
    let intervention = of(3, "Intervention");
    let consultation = of(4, "Consultation");
    let commands = || {
        let depense = json!({
            "plan": plan, "poste": "PRESTATIONS_EXTERIEURES", "intitule": "Animation",
            "montant": "100000",
        });
        let moment = json!({ "date": "2026-10-05" });
        let cadre = json!({ "evaluation": evaluation, "registres": ["EFFICACITE"] });
        [
            ("addDepense", depense),
            ("finaliseCadre", cadre),
            (
                "targetDestinataires",
                json!({ "capitalisation": capitalisation, "destinataires": ["INTERVENANTS"] }),
            ),
            ("scheduleSeance", json!({ "intervention": intervention, "moment": moment })),
            (
                "recordDlaPresence",
                json!({
                    "intervention": intervention, "dla": id("Dla", OTHER_DLA.0),
                    "etape": "DEMARRAGE",
                }),
            ),
            (
                "draftCahierDesCharges",
                json!({
                    "ingenierie": dossier(), "consultation": consultation,
                    "sections": { "demarche": "Des deux DLA." },
                }),
            ),
        ]
    };
    let read = "query($id: ID!) { ingenierie(id: $id) {
        planFinancement { depenses { intitule } } evaluations { objet }
        capitalisations { natures { code } } intervention { seances { numero } }
        consultations { id } } }";
    for (mutation, more) in commands() {
        assert_eq!(code(&bruno, mutation, input(more)).await?["code"], "NOT_FOUND", "{mutation}");
    }
    let seen = bruno.asks(read, json!({ "id": dossier() })).await?;
    assert_eq!(seen["ingenierie"], Value::Null);

    let joins = json!({ "dla": id("Dla", OTHER_DLA.0) });
    does(&amina, "associateDla", of_dossier(joins)).await?;
    for (mutation, more) in commands() {
        does(&bruno, mutation, input(more)).await?;
    }
    // A financeur without a place in the dossier is told what it was told before.
    let financeur = domain::OrganisationId(Uuid::from_u128(0xfff));
    let stranger = house.visitor(Role::Financeur { financeur })?;
    for (mutation, more) in commands() {
        let no = code(&stranger, mutation, input(more)).await?;
        assert_eq!(no["code"], "NOT_FOUND", "{mutation}");
    }
    let head = house.house.log.head();
    for model in projections::ALL.iter().copied() {
        house.house.reads.caught_up(model, head).await?;
    }
    let bruno = bruno.asks(read, json!({ "id": dossier() })).await?["ingenierie"].take();
    let amina = amina.asks(read, json!({ "id": dossier() })).await?["ingenierie"].take();
    assert_eq!(bruno, amina);
    assert_eq!(bruno["planFinancement"]["depenses"], json!([{ "intitule": "Animation" }]));
    assert_eq!(bruno["evaluations"], json!([{ "objet": "La démarche." }]));
    assert_eq!(bruno["intervention"]["seances"], json!([{ "numero": 1 }]));
    for list in ["capitalisations", "consultations"] {
        assert_eq!(bruno[list].as_array().map(Vec::len), Some(1), "{list}");
    }
    house.close().await
}
