//! Conventions over HTTP (RM-03): the convention cadre of the centres sociaux is read back, what
//! must be refused is, each one reads what is theirs, and two DLAs that draw at one instant never
//! take more than what is notified.

use std::collections::BTreeSet;

use anyhow::Context;
use api::cases;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Actor, Asked, Cents, ConventionFinancement, ConventionId, Dla, Dossier, Line, Objet,
    Organisation, Role,
    convention_financement::{
        Around, ConditionsVersement, NatureConvention, NatureSubvention, Periode, Regime,
        Subvention, Termes,
    },
    date,
    organisation::OrganisationRole,
};
use eventlog::{Command, Error, EventLog};
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{
        DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_DLA, PRESTATAIRE, STRUCTURE, amina, vaucluse,
    },
    questions::{admin, charge_de_mission, command},
};
use projections::conventions::MODEL;
use serde_json::{Value, json};
use uuid::Uuid;

const CONVENTION: ConventionId = ConventionId(Uuid::from_u128(0xC0));
const YEAR: Periode = Periode { du: date(2026, 1, 1), au: date(2026, 12, 31) };

const FIGURES: &str = "montant notified { montant positions } minimum
    complement { montant positions } supplement { montant positions }
    allocated { montant positions } paid { montant positions }
    remaining { montant positions } unpaid { montant }";

pub(crate) fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn convention() -> String {
    id("ConventionFinancement", CONVENTION.0)
}

/// The registry with its financeurs and the structure porteuse of the first DLA, and a dossier
/// that both DLAs share.
pub(crate) async fn registry() -> anyhow::Result<Questions> {
    let questions = Questions::open().await?;
    questions.initiated().await?;
    for (organisation, role) in [
        (FINANCEUR, OrganisationRole::Financeur),
        (FONDATION, OrganisationRole::Financeur),
        (STRUCTURE, OrganisationRole::StructurePorteuse),
    ] {
        questions
            .decide::<Organisation>(&admin(), organisation, |it, asked| {
                it.assign_organisation_role(asked, role)
            })
            .await?;
    }
    let porteuse = questions.organisation(STRUCTURE).await?;
    questions
        .decide::<Dla>(&admin(), DLA, |it, asked| it.designate_structure_porteuse(asked, &porteuse))
        .await?;
    let other = questions.log.seen::<Dla>(OTHER_DLA).await?;
    questions
        .dossier(|it, asked| it.associate_dla(asked, &other))
        .await?;
    questions.catch_up().await?;
    Ok(questions)
}

pub(crate) fn signature(command: u128, more: &Value) -> Value {
    let mut input = json!({
        "commandId": Uuid::from_u128(command), "on": "2026-01-15", "nature": "FINANCEMENT",
        "financeur": id("Organisation", FINANCEUR.0), "beneficiaire": id("Organisation", STRUCTURE.0),
        "dlas": [id("Dla", DLA.0), id("Dla", OTHER_DLA.0)],
        "reference": format!("2026-{command}"), "objet": "Ingénierie collective",
        "du": "2026-01-01", "au": "2026-12-31", "montant": "1000000", "regime": "PONCTUEL",
        "perimetre": [{ "niveau": "REGION", "code": "93" }], "conditionsVersement": "UNIQUE",
    });
    let members = more.as_object().into_iter().flatten();
    members.for_each(|(name, it)| input[name] = it.clone());
    input
}

fn allocation(command: u128, dla: Uuid, montant: &str) -> Value {
    json!({
        "commandId": Uuid::from_u128(command), "on": "2026-03-02", "convention": convention(),
        "ingenierie": id("Ingenierie", INGENIERIE.0), "dla": id("Dla", dla),
        "montant": montant, "du": "2026-03-01", "au": "2026-06-30",
    })
}

fn input(command: u128, mut more: Value) -> Value {
    more["commandId"] = json!(Uuid::from_u128(command));
    more["convention"] = json!(convention());
    more["on"] = json!("2026-03-02");
    more
}

async fn refusal(by: &Visitor, mutation: &str, input: Value) -> anyhow::Result<(String, String)> {
    let error = by.is_refused(mutation, input).await?;
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    Ok((text(&error["extensions"]["code"]), text(&error["message"])))
}

#[tokio::test]
async fn the_convention_cadre_of_the_centres_sociaux_is_read_back() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let played = cases::play(&house.house, &house.contents, "centres-sociaux").await?;
    house.caught_up().await?;
    let departement = Role::Financeur { financeur: played.financeur.context("one")? };
    let departement = house.visitor_named("departement", departement)?;
    let chargee = house.visitor(Role::ChargeDeMission { dlas: played.dlas.clone() })?;

    let query = format!(
        "query($filter: ConventionFilter) {{ conventions(first: 10, filter: $filter) {{
            totalCount asOf {{ position }}
            totals {{
                ensemble {{ conventions notified minimum complement supplement allocated paid
                            remaining unpaid cadres cadresMontant }}
                parFinanceur {{ financeur {{ denomination }} permanent {{ notified paid }}
                                ponctuel {{ notified paid }} }}
                positions(first: 100)
            }}
            nodes {{ nature regime etat niveau {FIGURES}
                     niveaux {{ numero minimum }} cadre {{ reference }} reference
                     partenaires {{ denomination }} beneficiaire {{ denomination }}
                     engagements {{ enonce echeance position }}
                     allocations {{ montant released motif positions ingenierie {{ intitule }} }}
                     supplements {{ quartiers {{ code }} montant position }}
                     versements {{ montant reference positions }} }} }} }}"
    );
    let all = chargee.asks(&query, json!({})).await?["conventions"].take();
    assert_eq!(all["totalCount"], 3);
    let cadre = all["nodes"].as_array().context("nodes")?.iter();
    let cadre = cadre
        .clone()
        .find(|it| it["nature"] == "CADRE")
        .context("the cadre")?;
    assert_eq!(cadre["notified"]["montant"], "15516700");
    let minima: Vec<_> = cadre["niveaux"]
        .as_array()
        .context("levels")?
        .iter()
        .collect();
    assert_eq!(minima.len(), 4);
    assert_eq!(minima[3], &json!({ "numero": 4, "minimum": "4000000" }));
    assert_eq!(cadre["engagements"][0]["echeance"], "2021-12-31");

    // What puts it into effect: minima, complements, what is set aside and paid.
    assert_eq!(
        all["totals"]["ensemble"],
        json!({
            "conventions": 2, "notified": "7550000", "minimum": "6000000", "complement": "750000",
            "supplement": "800000", "allocated": "3250000", "paid": "2250000",
            "remaining": "4300000", "unpaid": "5300000", "cadres": 1, "cadresMontant": "15516700",
        })
    );
    let mut by: Vec<_> = all["totals"]["parFinanceur"]
        .as_array()
        .context("parts")?
        .clone();
    by.sort_by_key(|it| it["permanent"]["notified"].to_string());
    assert_eq!(by[0]["ponctuel"], json!({ "notified": "2250000", "paid": "2250000" }));
    assert_eq!(by[1]["permanent"], json!({ "notified": "5300000", "paid": "0" }));

    // Each figure says which facts make it, and the sums say all of them.
    let nodes = all["nodes"].as_array().context("nodes")?;
    let spent = nodes
        .iter()
        .find(|it| it["niveau"] == 4)
        .context("the département's")?;
    assert_eq!(spent["cadre"]["reference"], "AGC-2019");
    assert_eq!(spent["complement"]["montant"], "500000");
    assert_eq!(spent["allocations"][0]["released"], "200000");
    assert_eq!(spent["allocations"][0]["motif"], "Deux journées de moins que prévu.");
    let facts = |it: &Value| it.as_array().map_or(0, Vec::len);
    assert_eq!(facts(&spent["notified"]["positions"]), 2);
    assert_eq!(spent["allocated"]["positions"], spent["allocations"][0]["positions"]);
    assert_eq!(facts(&spent["remaining"]["positions"]), 4);
    assert_eq!(spent["supplement"]["positions"], json!([spent["supplements"][0]["position"]]));
    assert_eq!(facts(&all["totals"]["positions"]), 9);

    // A financeur reads its own; the partner of a cadre reads the cadre.
    let own = departement.asks(&query, json!({})).await?["conventions"].take();
    assert_eq!(own["totalCount"], 2);
    for (filter, found) in [
        (json!({ "activeOn": "2019-06-30" }), 3),
        (json!({ "activeOn": "2020-06-30" }), 1),
        (json!({ "territoire": { "niveau": "QPV", "code": "QN01301N" } }), 3),
        (json!({ "territoire": { "niveau": "DEPARTEMENT", "code": "84" } }), 0),
        (json!({ "regime": "PONCTUEL" }), 1),
        (json!({ "nature": "CADRE" }), 1),
        (json!({ "etat": "CLOSE" }), 0),
        (json!({ "dla": id("Dla", played.dlas.first().context("a DLA")?.0) }), 3),
        (json!({ "financeur": id("Organisation", Uuid::from_u128(1)) }), 0),
    ] {
        let it = chargee.asks(&query, json!({ "filter": filter })).await?;
        assert_eq!(it["conventions"]["totalCount"], found, "{filter}");
    }
    house.close().await
}

#[tokio::test]
async fn a_convention_says_no_in_both_languages() -> anyhow::Result<()> {
    let house = OpenHouse::on(registry().await?.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let british = house
        .visitor(Role::ChargeDeMission { dlas: [DLA].into() })?
        .speaking("en");
    let other = house.visitor_named("other", Role::ChargeDeMission { dlas: [OTHER_DLA].into() })?;
    let caf = house.visitor_named("caf", Role::Financeur { financeur: FINANCEUR })?;
    let fondation = house.visitor_named("fondation", Role::Financeur { financeur: FONDATION })?;

    for (more, code) in [
        (json!({ "montant": "0" }), "CONVENTION_MONTANT_OUT_OF_RANGE"),
        (json!({ "montant": "-1" }), "BAD_USER_INPUT"),
        (json!({ "montant": "10000000001" }), "BAD_USER_INPUT"),
        (json!({ "montant": "9223372036854775808" }), "BAD_USER_INPUT"),
        (json!({ "montant": "10000 USD" }), "BAD_USER_INPUT"),
        (json!({ "au": "2025-12-31" }), "CONVENTION_PERIODE_REVERSED"),
        (json!({ "perimetre": [{ "niveau": "DEPARTEMENT", "code": "84000" }] }), "BAD_USER_INPUT"),
        (json!({ "perimetre": [{ "niveau": "REGION", "code": "99" }] }), "BAD_USER_INPUT"),
        (json!({ "financeur": id("Organisation", PRESTATAIRE.0) }), "NOT_A_FINANCEUR"),
        (json!({ "beneficiaire": id("Organisation", FINANCEUR.0) }), "BENEFICIAIRE_NOT_PORTEUSE"),
    ] {
        let (found, _) = refusal(&amina, "signConvention", signature(0xC1, &more)).await?;
        assert_eq!(found, code, "{more}");
    }
    let pounds = signature(0xC1, &json!({ "montant": "£100" }));
    let (_, message) = refusal(&british, "signConvention", pounds).await?;
    assert!(message.contains("an amount in euro cents"), "{message}");
    let (code, _) = refusal(&fondation, "signConvention", signature(0xC1, &json!({}))).await?;
    assert_eq!(code, "NOT_FOUND", "a financeur signs for itself");
    let signed = caf
        .does("signConvention", signature(0xC0, &json!({})), "{ convention { id etat } receipt }")
        .await?;
    assert_eq!(signed["convention"], json!({ "id": convention(), "etat": "OUVERTE" }));
    let twin = signature(0xC1, &json!({ "reference": "2026-192" }));
    assert_eq!(refusal(&amina, "signConvention", twin).await?.0, "ALREADY_CLAIMED");

    // Two DLAs draw on it; the refusal says by how much.
    amina
        .does("allocateEnveloppe", allocation(1, DLA.0, "600000"), "{ position }")
        .await?;
    let above = allocation(2, OTHER_DLA.0, "400001");
    let (code, message) = refusal(&other, "allocateEnveloppe", above).await?;
    assert_eq!(code, "ALLOCATED_ABOVE_NOTIFIED");
    assert!(message.contains("dépasse de 0,01"), "{message}");
    let (_, message) =
        refusal(&british, "allocateEnveloppe", allocation(3, DLA.0, "400001")).await?;
    assert!(message.contains("exceeds it by 0,01"), "{message}");
    other
        .does("allocateEnveloppe", allocation(4, OTHER_DLA.0, "400000"), "{ position }")
        .await?;
    for (by, more, code) in [
        (&amina, json!({ "au": "2027-01-01" }), "OUTSIDE_CONVENTION_PERIODE"),
        (&amina, json!({ "dla": id("Dla", OTHER_DLA.0) }), "FORBIDDEN"),
        (&caf, json!({}), "FORBIDDEN"),
        (&fondation, json!({}), "NOT_FOUND"),
    ] {
        let mut asked = allocation(5, DLA.0, "1");
        more.as_object()
            .into_iter()
            .flatten()
            .for_each(|(name, it)| asked[name] = it.clone());
        assert_eq!(refusal(by, "allocateEnveloppe", asked).await?.0, code, "{more}");
    }
    for (by, mutation, more, code) in [
        (&caf, "recordVersement", json!({ "montant": "1000001" }), "PAID_ABOVE_NOTIFIED"),
        (&fondation, "recordVersement", json!({ "montant": "1" }), "NOT_FOUND"),
        (&fondation, "closeConvention", json!({ "motif": "Non." }), "NOT_FOUND"),
        (
            &caf,
            "amendConvention",
            json!({ "montant": "999999", "motif": "Moins." }),
            "AMENDED_BELOW_COMMITTED",
        ),
        (&caf, "addComplement", json!({ "montant": "1" }), "NO_MINIMUM"),
        (&caf, "closeConvention", json!({}), "CLOSE_REASON_MISSING"),
    ] {
        let (found, _) = refusal(by, mutation, input(6, more)).await?;
        assert_eq!(found, code, "{mutation}");
    }
    let elsewhere =
        signature(0xC2, &json!({ "perimetre": [{ "niveau": "DEPARTEMENT", "code": "30" }] }));
    amina
        .does("signConvention", elsewhere, "{ position }")
        .await?;
    let mut asked = allocation(7, DLA.0, "1");
    asked["convention"] = json!(id("ConventionFinancement", Uuid::from_u128(0xC2)));
    let (code, _) = refusal(&amina, "allocateEnveloppe", asked).await?;
    assert_eq!(code, "OUTSIDE_CONVENTION_PERIMETRE");

    let versement = input(8, json!({ "montant": "300000", "reference": "Mandat 7" }));
    caf.does("recordVersement", versement, "{ position }")
        .await?;
    let struck = input(9, json!({ "versement": 1, "motif": "Compte de M. Roux." }));
    caf.does("cancelVersement", struck, "{ position }").await?;
    let closed = input(10, json!({ "motif": "Le programme s'arrête." }));
    let selection = "{ convention { etat motif paid { montant } versements { cancelled motif } } }";
    let closed = caf.does("closeConvention", closed, selection).await?;
    assert_eq!(closed["convention"]["etat"], "CLOSE");
    assert_eq!(closed["convention"]["motif"], "Le programme s'arrête.");
    assert_eq!(closed["convention"]["paid"]["montant"], "0");
    assert_eq!(closed["convention"]["versements"][0]["motif"], "Compte de M. Roux.");
    let late = allocation(11, DLA.0, "1");
    assert_eq!(refusal(&amina, "allocateEnveloppe", late).await?.0, "CONVENTION_CLOSED");
    each_reads_what_is_theirs(&house).await?;
    // A commune is found whatever the year of its code.
    let marseille = json!({ "niveau": "COMMUNE", "code": "13055", "millesime": 2024 });
    let there = signature(0xC5, &json!({ "perimetre": [marseille] }));
    let there = caf.does("signConvention", there, "{ position }").await?;
    let mut filter = json!({ "niveau": "COMMUNE", "code": "13055" });
    for year in [Value::Null, json!(2020), json!(2024)] {
        filter["millesime"] = year;
        let query = "query($at: Position!, $filter: ConventionFilter) {
            conventions(first: 1, atLeastPosition: $at, filter: $filter) { totalCount } }";
        let asked = json!({ "at": there["position"], "filter": { "territoire": filter } });
        // It lies in the région of the other convention too.
        assert_eq!(caf.asks(query, asked).await?["conventions"]["totalCount"], 2);
    }
    house.close().await
}

async fn each_reads_what_is_theirs(house: &OpenHouse) -> anyhow::Result<()> {
    house.caught_up().await?;
    let read = "query($id: ID!) { convention(id: $id) { reference motif } node(id: $id) { id }
        historique(first: 30, filter: { categories: [CONVENTION_FINANCEMENT] }) {
            totalCount nodes { type sealed { pointer value } } } }";
    let facts = async |who: &str, role: Role| {
        let visitor = house.visitor_named(who, role)?;
        visitor.asks(read, json!({ "id": convention() })).await
    };
    for (who, role) in [
        ("amina", Role::ChargeDeMission { dlas: [DLA].into() }),
        (
            "regional",
            Role::ChargeDeMissionRegional { dlas: [OTHER_DLA].into(), regional: PRESTATAIRE },
        ),
        ("caf", Role::Financeur { financeur: FINANCEUR }),
    ] {
        let seen = facts(who, role).await?;
        assert_eq!(seen["convention"]["motif"], "Le programme s'arrête.", "{who}");
        // Both conventions: their signatures, two allocations, a payment struck out, a closing.
        assert_eq!(seen["historique"]["totalCount"], 7, "{who}: {seen:#}");
        let text = seen["historique"].to_string();
        assert!(text.contains("Compte de M. Roux."), "{who}: {text}");
    }
    for (who, role) in [
        ("fondation", Role::Financeur { financeur: FONDATION }),
        ("structure", Role::StructureBeneficiaire { structure: STRUCTURE }),
        ("prestataire", Role::Prestataire { prestataire: PRESTATAIRE }),
        ("admin", Role::Admin),
        ("membre", Role::MembreComiteAppui { dlas: [OTHER_DLA].into() }),
        (
            "portail elsewhere",
            Role::Integration { dlas: [domain::DlaId(Uuid::from_u128(99))].into() },
        ),
        ("auditeur", Role::Auditeur { auditeur: FINANCEUR }),
        ("avise", Role::Avise),
        ("dpo", Role::Dpo),
    ] {
        let seen = facts(who, role).await?;
        assert_eq!((&seen["convention"], &seen["node"]), (&Value::Null, &Value::Null), "{who}");
        assert_eq!(seen["historique"]["totalCount"], 0, "{who}");
    }
    Ok(())
}

fn termes() -> Termes {
    Termes {
        nature: NatureConvention::Financement,
        financeur: FINANCEUR,
        partenaires: BTreeSet::new(),
        dlas: BTreeSet::from([DLA, OTHER_DLA]),
        beneficiaire: Some(STRUCTURE),
        reference: Line::parse("2026-1").unwrap(),
        objet: Objet::parse("Ingénierie collective").unwrap(),
        perimetre: BTreeSet::from([vaucluse()]),
        regime: Regime::Ponctuel,
        niveaux: vec![],
        cadre: None,
        subvention: Subvention {
            nature: NatureSubvention::Numeraire,
            conditions: ConditionsVersement::Unique,
            precision: None,
            versement_du: None,
            versement_au: None,
            rae: None,
            notification_ue: false,
            dispositif: None,
        },
        articulation: None,
    }
}

/// Asks until the log has an answer: whoever comes second is decided again on what the first left.
async fn drawn(log: &EventLog, command: &Command, montant: i64) -> anyhow::Result<bool> {
    let dla = if command.asked.by.serves(DLA) { DLA } else { OTHER_DLA };
    loop {
        let gather = || log.either::<Dossier>(INGENIERIE);
        let decision = |it: &ConventionFinancement, asked: &Asked, dossier: &Dossier| {
            it.allocate_enveloppe(asked, dossier, dla, (Cents(montant), YEAR))
        };
        match log
            .decide_with(command, CONVENTION, &gather, &decision)
            .await
        {
            Ok(_) => return Ok(true),
            Err(Error::Refused(no)) => {
                assert_eq!(no.code, "ALLOCATED_ABOVE_NOTIFIED");
                return Ok(false);
            }
            Err(Error::Conflict) => (),
            Err(other) => return Err(other.into()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_dlas_that_draw_at_one_instant_never_take_more_than_is_notified() -> anyhow::Result<()>
{
    let questions = registry().await?;
    let around = Around {
        dlas: vec![questions.log.seen(DLA).await?, questions.log.seen(OTHER_DLA).await?],
        financeur: questions.organisation(FINANCEUR).await?,
        cadre: None,
    };
    questions
        .decide::<ConventionFinancement>(&amina(), CONVENTION, |it, asked| {
            it.sign_convention(asked, CONVENTION, (&termes(), Cents(100_000), YEAR), &around)
        })
        .await?;
    // Two logs, as two processes would be: their memories do not know each other.
    let people: [(EventLog, Actor); 2] = [
        (questions.database.log().await?, amina()),
        (questions.database.log().await?, charge_de_mission(OTHER_DLA)),
    ];
    let mut asking = vec![];
    for n in 0..20_i64 {
        for (log, by) in &people {
            let (log, command, montant) = (log.clone(), command(by), 7_000 + n);
            asking
                .push((montant, tokio::spawn(async move { drawn(&log, &command, montant).await })));
        }
    }
    let (mut taken, mut left_out) = (0, 0);
    for (montant, answer) in asking {
        if answer.await?? { taken += montant } else { left_out += 1 }
    }
    let state = questions
        .log
        .seen::<ConventionFinancement>(CONVENTION)
        .await?
        .state;
    assert_eq!(state.allocated_cents(), Cents(taken), "what was answered is what the log holds");
    assert!(taken <= 100_000 && taken > 100_000 - 7_020, "{taken}");
    assert!(left_out > 20, "{left_out}");
    let rows = questions.dump_however_built(&MODEL).await?;
    assert!(rows.contains(&format!("\"allocated_cents\": {taken}")), "{rows}");
    Ok(())
}
