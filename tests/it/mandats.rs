//! Mandates of auditors over HTTP: what one opens, between which days, to whom, and the journal of
//! what was read under it.

use anyhow::Context;
use api::clock;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    MandatAudit, MandatAuditId, OrganisationId, PlanFinancement, Role,
    decider::Decider as _,
    mandat_audit::{Nommes, Termes},
};
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{
        CONSULTATION, DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_STRUCTURE, PLAN, STRUCTURE,
        line, prose,
    },
    questions::financeur,
};
use http::{Method, StatusCode};
use jiff::{
    ToSpan as _,
    civil::{Date, date},
};
use projections::mandats_audit::MODEL;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Any organisation of the registry may be the one that controls.
const AUDITEUR: OrganisationId = OTHER_STRUCTURE;
const MANDAT: Uuid = Uuid::from_u128(0xa0d1);
const DOCUMENT: Uuid = Uuid::from_u128(0xd0c);
const MEDIA: &str = "text/csv";
const CONTENT: &[u8] = b"emargement;Mme Roux\n";

const READ: &str = "query($id: ID!, $plan: ID!, $document: ID!, $consultation: ID!) {
    ingenierie(id: $id) { intitule planFinancement { id }
        historique(first: 100) { totalCount nodes { type acteur { id role } data } } }
    planFinancement(id: $plan) { ressources { etat } }
    document(id: $document) { titre }
    consultation(id: $consultation) { id }
    ingenieries(first: 5) { totalCount } mandatsAudit(first: 5) { totalCount } }";

fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn mandat() -> String {
    id("MandatAudit", MANDAT)
}

fn today() -> Date {
    clock::today_in_paris()
}

/// What the financeur opens, from one day to another, counted from today.
fn grant(command: Uuid, du: i32, au: i32) -> Value {
    json!({
        "commandId": command, "auditeur": id("Organisation", AUDITEUR.0),
        "dossiers": [id("Ingenierie", INGENIERIE.0)],
        "du": today() + du.days(), "au": today() + au.days(),
        "reference": "CSF 2026-3", "fondement": "Contrôle demandé par Mme Petit.",
    })
}

/// The dossier, financed and consulted, with a document whose content was sent; its doors open.
async fn opened() -> anyhow::Result<OpenHouse> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.financed().await?;
    questions.consulted().await?;
    questions.catch_up().await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let registered = json!({
        "commandId": DOCUMENT, "ingenierie": id("Ingenierie", INGENIERIE.0),
        "nature": "COMPTE_RENDU", "titre": "Émargement – Mme Roux", "date": "2026-03-02",
        "donneesPersonnelles": false,
    });
    amina
        .does("registerDocument", registered, "{ position }")
        .await?;
    let version = json!({
        "commandId": Uuid::from_u128(0xd0d), "document": id("Document", DOCUMENT),
        "empreinte": format!("{:x}", Sha256::digest(CONTENT)), "taille": CONTENT.len(),
        "media": MEDIA,
    });
    amina
        .does("addDocumentVersion", version, "{ position }")
        .await?;
    let address = format!("/documents/{}/versions/1", id("Document", DOCUMENT));
    let sent = amina
        .sends(Method::PUT, &address, &[("content-type", MEDIA)], CONTENT)
        .await?;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    Ok(house)
}

async fn reads(by: &Visitor) -> anyhow::Result<Value> {
    let variables = json!({
        "id": id("Ingenierie", INGENIERIE.0), "plan": id("PlanFinancement", PLAN.0),
        "document": id("Document", DOCUMENT), "consultation": id("Consultation", CONSULTATION.0),
    });
    by.asks(READ, variables).await
}

/// That it reads nothing.
async fn is_outside(by: &Visitor, why: &str) -> anyhow::Result<()> {
    let seen = reads(by).await?;
    for field in ["ingenierie", "planFinancement", "document", "consultation"] {
        assert_eq!(seen[field], Value::Null, "{why}: {field}");
    }
    assert_eq!(seen["ingenieries"]["totalCount"], 0, "{why}");
    let dossier = json!({ "ingenieries": [id("Ingenierie", INGENIERIE.0)] });
    let query = "query($filter: HistoriqueFilter) {
        historique(first: 1, filter: $filter) { totalCount } }";
    let none = by.asks(query, json!({ "filter": dossier })).await?;
    assert_eq!(none["historique"]["totalCount"], 0, "{why}");
    let address = format!("/documents/{}", id("Document", DOCUMENT));
    let answer = by.sends(Method::GET, &address, &[], vec![]).await?;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{why}");
    Ok(())
}

fn payer(house: &OpenHouse) -> anyhow::Result<Visitor> {
    house.visitor(Role::Financeur { financeur: FINANCEUR })
}

fn auditor(house: &OpenHouse) -> anyhow::Result<Visitor> {
    house.visitor(Role::Auditeur { auditeur: AUDITEUR })
}

#[tokio::test]
async fn a_mandate_opens_a_dossier_and_ends() -> anyhow::Result<()> {
    let house = opened().await?;
    let (payer, auditor) = (payer(&house)?, auditor(&house)?);
    let other_payer =
        house.visitor_named("other", Role::Financeur { financeur: OTHER_STRUCTURE })?;
    is_outside(&auditor, "no mandate").await?;
    let no = other_payer
        .is_refused("grantMandatAudit", grant(MANDAT, 0, 30))
        .await?;
    assert_eq!(no["extensions"]["code"], "NOT_FOUND");
    let no = auditor
        .is_refused("grantMandatAudit", grant(MANDAT, 0, 30))
        .await?;
    assert_eq!(no["extensions"]["code"], "FORBIDDEN");

    // One that has not begun opens nothing.
    let later = grant(Uuid::from_u128(0xa0d0), 1, 30);
    payer
        .does("grantMandatAudit", later, "{ mandatAudit { enVigueur } }")
        .await?;
    is_outside(&auditor, "it begins tomorrow").await?;

    let granted = payer
        .does(
            "grantMandatAudit",
            grant(MANDAT, 0, 30),
            "{ mandatAudit { enVigueur fondement mandant { id } ingenieries lectures { quoi } } }",
        )
        .await?;
    let it = &granted["mandatAudit"];
    assert_eq!((&it["enVigueur"], &it["lectures"]), (&json!(true), &json!([])));
    assert_eq!(it["fondement"], "Contrôle demandé par Mme Petit.");
    assert_eq!(it["mandant"]["id"], id("Organisation", FINANCEUR.0));

    let seen = reads(&auditor).await?;
    assert_eq!(seen["document"]["titre"], "Émargement – Mme Roux");
    assert!(
        !seen["planFinancement"]["ressources"]
            .as_array()
            .context("lines")?
            .is_empty()
    );
    // The page of the consultation is not evidence; its facts are.
    assert_eq!(seen["consultation"], Value::Null);
    let facts = seen["ingenierie"]["historique"]["nodes"]
        .as_array()
        .context("facts")?;
    assert!(facts.iter().any(|it| it["type"] == "PrestataireConsulted"));
    assert!(facts.iter().all(|it| it["acteur"]["id"].is_string()), "{facts:#?}");
    let foreign = json!({
        "commandId": Uuid::from_u128(0xa0d2), "ingenierie": id("Ingenierie", INGENIERIE.0),
    });
    let no = auditor.is_refused("engageIngenierie", foreign).await?;
    assert_eq!(no["extensions"]["code"], "NOT_FOUND", "a mandate opens nothing to writing");

    let revoked = json!({
        "commandId": Uuid::from_u128(0xa0d3), "mandat": mandat(), "motif": "Contrôle clos.",
    });
    let no = other_payer
        .is_refused("revokeMandatAudit", revoked.clone())
        .await?;
    assert_eq!(no["extensions"]["code"], "NOT_FOUND");
    payer
        .does("revokeMandatAudit", revoked, "{ mandatAudit { revokedOn motif } }")
        .await?;
    is_outside(&auditor, "it was revoked").await?;
    house.close().await
}

#[tokio::test]
async fn what_is_read_under_a_mandate_is_written_first() -> anyhow::Result<()> {
    let house = opened().await?;
    let (payer, auditor) = (payer(&house)?, auditor(&house)?);
    let admin = house.visitor(Role::Admin)?;
    payer
        .does("grantMandatAudit", grant(MANDAT, 0, 30), "{ position }")
        .await?;
    let claire = json!({
        "commandId": Uuid::from_u128(0xc1a1), "personne": Uuid::from_u128(0xc1a0),
        "nom": "Amina Exemple",
        "compte": { "emetteur": "urn:essaim:dev", "sujet": "visitor/CHARGE_DE_MISSION" },
    });
    admin
        .does("identifyPersonne", claire, "{ position }")
        .await?;
    reads(&auditor).await?;
    let address = format!("/documents/{}", id("Document", DOCUMENT));
    let given = auditor.sends(Method::GET, &address, &[], vec![]).await?;
    assert_eq!((given.status, &given.body[..]), (StatusCode::OK, CONTENT));
    let file = format!("/historique.csv?ingenieries={}", id("Ingenierie", INGENIERIE.0));
    let given = auditor.sends(Method::GET, &file, &[], vec![]).await?;
    assert_eq!(given.status, StatusCode::OK);

    // Who acted is known by name with a reason, to the auditor alone.
    let named = "{ historique(first: 1, filter: { types: [\"DocumentRegistered\"] }) { nodes {
        acteur { identite(because: \"CSF 2026-3\") { nom } } } } }";
    let name = |seen: &Value| seen["historique"]["nodes"][0]["acteur"]["identite"].clone();
    assert_eq!(name(&auditor.asks(named, json!({})).await?)["nom"], "Amina Exemple");
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    assert_eq!(name(&amina.asks(named, json!({})).await?), Value::Null);
    let personne = json!({ "id": Uuid::from_u128(0xc1a0) });
    let journal = "query($id: UUID!) { personne(id: $id) { acces { purpose because role } } }";
    let acces = admin.asks(journal, personne).await?["personne"]["acces"][0].take();
    let told = json!({ "purpose": "AUDIT", "because": "CSF 2026-3", "role": "AUDITEUR" });
    assert_eq!(acces, told);

    // Whoever granted the mandate reads what was read, and so do those who answer for the house.
    let lectures = "query($id: ID!) { mandatAudit(id: $id) {
        lectures { quoi objet because position } } }";
    let read = |by: Visitor| async move {
        let seen = by.asks(lectures, json!({ "id": mandat() })).await?;
        anyhow::Ok(seen["mandatAudit"]["lectures"].clone())
    };
    let all = read(payer.clone()).await?;
    let read_what = |quoi: &str, objet: &str| {
        let lines = all.as_array().into_iter().flatten();
        lines
            .filter(|it| it["quoi"] == quoi && it["objet"] == objet)
            .count()
    };
    // A page, the file, and the page where a name was asked for.
    assert_eq!(read_what("HISTORIQUE", &id("Ingenierie", INGENIERIE.0)), 3, "{all:#}");
    assert_eq!(read_what("DOCUMENT", &id("Document", DOCUMENT)), 2, "{all:#}");
    let personne = id("Personne", Uuid::from_u128(0xc1a0));
    assert_eq!(read_what("IDENTITE", &personne), 1, "{all:#}");
    for by in [house.visitor(Role::Admin)?, house.visitor(Role::Dpo)?] {
        assert_eq!(read(by).await?, all);
    }
    assert_eq!(read(auditor).await?, Value::Null);
    let other = house.visitor_named("other", Role::Financeur { financeur: FONDATION })?;
    assert_eq!(read(other).await?, Value::Null);
    house.close().await
}

#[tokio::test]
async fn who_comes_for_figures_or_for_people_reads_no_dossier() -> anyhow::Result<()> {
    let house = opened().await?;
    for role in [Role::Avise, Role::Dpo, Role::Auditeur { auditeur: STRUCTURE }] {
        is_outside(&house.visitor(role.clone())?, role.name().as_str()).await?;
    }
    // Figures are of all; people are for those who answer for their data.
    let figures =
        "{ statistiquesActivite { totals { ingenieries } } personnes(first: 1) { totalCount } }";
    let avise = house.visitor(Role::Avise)?.asks(figures, json!({})).await?;
    assert_eq!(avise["statistiquesActivite"]["totals"]["ingenieries"], 1);
    let dpo = house.visitor(Role::Dpo)?.asks(figures, json!({})).await?;
    assert_eq!(dpo["statistiquesActivite"]["totals"]["ingenieries"], 0);
    // A portal reads the dossiers of its DLAs, and neither offres, documents nor names.
    let portail = house.visitor(Role::Integration { dlas: [DLA].into() })?;
    let seen = reads(&portail).await?;
    assert!(seen["ingenierie"]["intitule"].is_string());
    assert_eq!((&seen["document"], &seen["consultation"]), (&Value::Null, &Value::Null));
    let facts = seen["ingenierie"]["historique"]["nodes"]
        .as_array()
        .context("facts")?;
    assert!(facts.iter().all(|it| it["acteur"]["id"].is_null()), "{facts:#?}");
    let kinds = facts.iter().filter_map(|it| it["type"].as_str());
    assert_eq!(
        kinds
            .filter(|it| it.contains("Offre") || it.contains("Document"))
            .count(),
        0
    );
    // A region supports its DLAs, and reads as they do.
    let dlas = [DLA].into();
    let regional = Role::ChargeDeMissionRegional { dlas, regional: AUDITEUR };
    let seen = reads(&house.visitor(regional)?).await?;
    assert!(seen["consultation"]["id"].is_string());
    // A comité reads what it examines, and this dossier is on no agenda.
    let membre = house.visitor(Role::MembreComiteAppui { dlas: [DLA].into() })?;
    is_outside(&membre, "no agenda holds it").await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let seance = Uuid::from_u128(0x5ea);
    let convened = json!({
        "commandId": seance, "dla": id("Dla", DLA.0), "date": today() + 1.day(), "visio": true,
    });
    amina
        .does("conveneSeanceComiteAppui", convened, "{ position }")
        .await?;
    let inscribed = json!({
        "commandId": Uuid::from_u128(0x5eb), "seance": id("SeanceComiteAppui", seance),
        "ingenierie": id("Ingenierie", INGENIERIE.0), "because": "Sous réserve de comparaison.",
    });
    amina
        .does("inscribeDossier", inscribed, "{ position }")
        .await?;
    assert!(reads(&membre).await?["ingenierie"]["intitule"].is_string());
    house.close().await
}

#[tokio::test]
async fn mandates_are_the_same_however_they_were_built() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.financed().await?;
    let by = financeur(FINANCEUR);
    let (mandat, log) = (MandatAuditId(MANDAT), &questions.log);
    let held = log
        .claimed(PlanFinancement::CATEGORY, &INGENIERIE.0.to_string())
        .await?;
    assert_eq!(held, Some(PLAN.0));
    let nommes = Nommes {
        auditeur: log.seen(AUDITEUR).await?,
        dossiers: vec![(log.either(INGENIERIE).await?, log.seen(PLAN).await?)],
        conventions: vec![],
        financeur: Some(log.seen(FINANCEUR).await?),
    };
    let termes = Termes {
        du: date(2026, 3, 16),
        au: date(2026, 4, 15),
        reference: line("CSF 2026-3"),
        fondement: prose("Un contrôle."),
    };
    questions
        .decide::<MandatAudit>(&by, mandat, |it, asked| {
            it.grant_mandat_audit(asked, mandat, &nommes, termes.clone())
        })
        .await?;
    questions
        .decide::<MandatAudit>(&by, mandat, |it, asked| {
            it.extend_mandat_audit(asked, asked.today + 90.days())
        })
        .await?;
    questions
        .decide::<MandatAudit>(&by, mandat, |it, asked| {
            it.revoke_mandat_audit(asked, mandat, prose("Clos."))
        })
        .await?;
    let dump = questions.dump_however_built(&MODEL).await?;
    assert!(dump.contains("CSF 2026-3"), "{dump}");
    Ok(())
}
