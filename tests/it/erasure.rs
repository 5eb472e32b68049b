//! Erasing a person: what destroys, what refuses, what stays true; what is held, for how long,
//! and who opened it; changing the key that wraps keys.

use std::{
    process::{Command, Output},
    time::Duration,
};

use anyhow::{Context, ensure};
use api::documents::Contents;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Actor, ActorId, DlaId, Line, PersonId, Personne, Prose, Role, Subject,
    personne::{FondementEffacement, IdentitePersonne},
};
use eventlog::{Error, EventLog, Kek, Position, Reader};
use house::{
    Database, OpenHouse, Questions, Visitor,
    database::ORIGIN,
    dossier::{FINANCEUR, INGENIERIE},
    essaim,
    questions::{TODAY, admin, command, on},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{ConnectOptions, Connection, Executor};
use uuid::Uuid;

mod canary;

/// As base64, the keys of 32 sevens (the tests') and of 32 eights.
const SEVENS: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
const EIGHTS: &str = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";

const CLAIRE: PersonId = PersonId(Uuid::from_u128(0xc1a1_4e00));
/// A DLA that has nothing to do with any of it.
const STRANGER: DlaId = DlaId(Uuid::from_u128(0xd1a));
const ACCOUNT: ActorId = ActorId(Uuid::from_u128(0xacc0));

fn line(text: &str) -> Line {
    Line::parse(text).expect("a line")
}

async fn identified(log: &EventLog) -> anyhow::Result<Position> {
    let who = || IdentitePersonne {
        nom: line("Claire Exemple"),
        courriel: Some(line("claire@exemple.fr")),
        telephone: None,
    };
    let outcome = log
        .decide::<Personne>(&command(&admin()), CLAIRE, |it, asked| {
            it.identify_personne(asked, CLAIRE, who(), Some(ACCOUNT))
        })
        .await?;
    Ok(outcome.position)
}

/// The fact alone: nobody has destroyed anything yet.
async fn erased(log: &EventLog) -> anyhow::Result<Position> {
    let outcome = log
        .decide::<Personne>(&command(&admin()), CLAIRE, |it, asked| {
            it.erase_personne(asked, FondementEffacement::ConsentementRetire, line("2026-14"))
        })
        .await?;
    Ok(outcome.position)
}

async fn held(database: &Database) -> anyhow::Result<[i64; 3]> {
    let mut db = database.admin().await?;
    let mut counts = [0; 3];
    for (count, statement) in counts.iter_mut().zip([
        "select count(*) from vault.subject_key where subject like 'person/%' and wrapped is not null",
        "select count(*) from vault.sealed where subject like 'person/%'",
        "select count(*) from vault.actor where issuer = 'issuer'",
    ]) {
        *count = sqlx::query_scalar(statement).fetch_one(&mut db).await?;
    }
    db.close().await?;
    Ok(counts)
}

/// The account of Claire, as her first visit leaves it.
async fn visited(database: &Database) -> anyhow::Result<()> {
    let mut db = database.admin().await?;
    sqlx::query("insert into vault.actor (issuer, subject, actor) values ('issuer', 'claire', $1)")
        .bind(ACCOUNT.0)
        .execute(&mut db)
        .await?;
    Ok(db.close().await?)
}

fn operator(database: &Database, kek: [&str; 2], arguments: &[&str]) -> anyhow::Result<Output> {
    let mut program = Command::new(essaim()?);
    program
        .env_remove("ESSAIM_TEST_DATABASE_URL")
        .env("ESSAIM_DATABASE_URL", database.as_service().to_url_lossy().as_str())
        .env("ESSAIM_DOCUMENTS_DIR", database.documents())
        .env("ESSAIM_LOG_ORIGIN", ORIGIN)
        .env("ESSAIM_KEK", kek[0])
        .env("USER", "dpo");
    if !kek[1].is_empty() {
        program.env("ESSAIM_KEK_PREVIOUS", kek[1]);
    }
    Ok(program.args(arguments).output()?)
}

fn operates(database: &Database, kek: [&str; 2], arguments: &[&str]) -> anyhow::Result<Value> {
    let output = operator(database, kek, arguments)?;
    ensure!(output.status.success(), "{arguments:?}: {output:?}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_was_cut_short_is_finished_before_anyone_is_served() -> anyhow::Result<()> {
    let database = Database::open().await?;
    visited(&database).await?;
    let log = database.log().await?;
    let at = identified(&log).await?;
    erased(&log).await?;
    log.close().await;
    // The fact is recorded, and the process that wrote it is gone.
    assert_eq!(held(&database).await?, [1, 1, 1]);

    let house = OpenHouse::on(database).await?;
    let answer = house.stranger();
    answer
        .sends(http::Method::GET, "/health/live", &[], "")
        .await?;
    assert_eq!(held(&house.database).await?, [0, 0, 0]);
    let place = [(at, "/identite")];
    let reader = Reader::of(&Actor::HOUSE);
    assert!(
        house
            .house
            .log
            .vault()
            .open(&reader, &place)
            .await?
            .is_empty()
    );
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_out_of_a_backup_forgets_again() -> anyhow::Result<()> {
    let database = Database::open().await?;
    visited(&database).await?;
    let log = database.log().await?;
    identified(&log).await?;
    let mut db = database.admin().await?;
    let tables = ["subject_key", "sealed", "actor", "replayed"];
    for table in tables {
        let backup = format!("create table public.{table} as table vault.{table}");
        db.execute(sqlx::AssertSqlSafe(backup)).await?;
    }
    erased(&log).await?;
    api::erasures::finish(&log, &Contents::in_folder(&database.documents())?).await?;
    assert_eq!(held(&database).await?, [0, 0, 0]);
    for table in tables {
        let restored =
            format!("truncate vault.{table}; insert into vault.{table} table public.{table}");
        db.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(restored)))
            .await?;
    }
    assert_eq!(held(&database).await?, [1, 1, 1], "the backup brings it back");
    api::erasures::finish(&log, &Contents::in_folder(&database.documents())?).await?;
    assert_eq!(held(&database).await?, [0, 0, 0]);

    // A vault that says to be ahead of the log, or on another one, is not believed.
    db.execute("update vault.replayed set position = 99")
        .await?;
    assert_eq!(log.replayed().await?, Position(0));
    Ok(db.close().await?)
}

#[tokio::test]
async fn nothing_is_sealed_again_for_whom_was_erased() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let (log, other) = (database.log().await?, database.log().await?);
    // Both processes have the key in memory.
    for log in [&log, &other] {
        identified(log).await?;
    }
    erased(&log).await?;
    api::erasures::finish(&log, &Contents::in_folder(&database.documents())?).await?;

    let refused = |outcome: anyhow::Result<Position>| match outcome {
        Ok(at) => panic!("it was recorded at {at:?}"),
        Err(error) => match error.downcast::<Error>() {
            Ok(Error::Refused(no)) => no.code,
            other => panic!("{other:?}"),
        },
    };
    assert_eq!(refused(identified(&log).await), "PERSON_ERASED");
    // The rule of the person aside, the vault and the log refuse all the same: this process has
    // no key for them, that one still has it in memory.
    for log in [&log, &other] {
        let noted = noted(log).await;
        assert_eq!(refused(noted), "PERSON_ERASED");
    }
    assert_eq!(held(&database).await?, [0, 0, 0]);

    // What was erased does not come back, not even by hand.
    let mut db = database.admin().await?;
    for statement in [
        "update vault.subject_key set erased_at = null, erased_by = null, kek = 'k', wrapped = ''
         where subject like 'person/%'",
        "delete from vault.subject_key where subject like 'person/%'",
    ] {
        assert!(db.execute(statement).await.is_err(), "{statement}");
    }
    Ok(db.close().await?)
}

/// A value sealed for Claire by another object.
async fn noted(log: &EventLog) -> anyhow::Result<Position> {
    use super::vault::{Notebook, Noted};
    let text = domain::Sealed::new(
        Subject::person(CLAIRE),
        Prose::parse("Elle est partie.").expect("a text"),
    );
    let decision = |_: &Notebook, asked: &domain::Asked| {
        let noted = Noted::Noted { text: text.clone() };
        Ok(asked.records(domain::Place::default(), [noted]))
    };
    let outcome = log
        .decide::<Notebook>(&command(&Actor::HOUSE), Uuid::from_u128(77), decision)
        .await?;
    Ok(outcome.position)
}

fn input(n: u128, more: &Value) -> Value {
    let mut input = json!({ "commandId": Uuid::from_u128(0xe0_0000 + n), "personne": CLAIRE.0 });
    for (name, value) in more.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    input
}

async fn register(visitor: &Visitor) -> anyhow::Result<Value> {
    let query = "query ($id: UUID!) { personne(id: $id) {
        identite { nom courriel } obligations { reference motif }
        detenu { type pointer } conservation { mois echeance }
        effacement { fondement reference destroyedAt }
        acces { role purpose because pointer }
    } }";
    let mut data = visitor.asks(query, json!({ "id": CLAIRE.0 })).await?;
    Ok(data["personne"].take())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_identified_held_and_erased_and_the_register_tells() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let dpo = house.visitor(Role::Admin)?;
    let ground = json!({ "fondement": "OPPOSITION", "reference": "2026-14" });
    let unknown = dpo.is_refused("erasePersonne", input(1, &ground)).await?;
    assert_eq!(unknown["extensions"]["code"], "NOT_FOUND");

    let who =
        json!({ "nom": "Claire Exemple", "compte": { "emetteur": "issuer", "sujet": "claire" } });
    dpo.does("identifyPersonne", input(2, &who), "{ personne { identite { nom } } }")
        .await?;
    let hold = json!({ "reference": "FSE 3", "motif": "Un contrôle." });
    dpo.does("placeLegalHold", input(3, &hold), "{ personne { id } }")
        .await?;
    assert_eq!(held(&house.database).await?, [1, 2, 1]);

    let told = register(&dpo).await?;
    assert_eq!(told["identite"]["nom"], "Claire Exemple");
    assert_eq!(told["obligations"], json!([{ "reference": "FSE 3", "motif": "Un contrôle." }]));
    assert_eq!(
        told["detenu"],
        json!([
            { "type": "PersonneIdentified", "pointer": "/identite" },
            { "type": "LegalHoldPlaced", "pointer": "/motif" },
        ])
    );
    assert_eq!(told["conservation"]["mois"], 36);
    assert_eq!(told["effacement"], Value::Null);
    // Others know nothing of anyone.
    let other = house.visitor(Role::ChargeDeMission { dlas: [STRANGER].into() })?;
    assert_eq!(register(&other).await?, Value::Null);
    let list = other.asks("{ personnes(first: 5) { totalCount nodes { id } } }", json!({}));
    assert_eq!(list.await?["personnes"], json!({ "totalCount": 0, "nodes": [] }));
    let refused = other.is_refused("erasePersonne", input(4, &ground)).await?;
    assert_eq!(refused["extensions"]["code"], "NOT_FOUND");

    // A hold, or no ground: refused, with nothing half done.
    let refused = dpo.is_refused("erasePersonne", input(5, &ground)).await?;
    assert_eq!(refused["extensions"]["code"], "LEGAL_HOLD");
    assert!(
        refused["message"]
            .as_str()
            .context("a sentence")?
            .contains("conservation")
    );
    let baseless = dpo
        .posts(
            "mutation ($input: ErasePersonneInput!) { erasePersonne(input: $input) { position } }",
            json!({ "input": input(6, &json!({ "reference": "2026-14" })) }),
        )
        .await?;
    assert_eq!(baseless["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{baseless}");
    assert_eq!(held(&house.database).await?, [1, 2, 1]);
    assert_eq!(house.house.log.newest().await?.0, Position(2));

    dpo.does("liftLegalHold", input(7, &json!({ "reference": "FSE 3" })), "{ position }")
        .await?;
    let done = dpo
        .does("erasePersonne", input(8, &ground), "{ personne { identite { nom } } }")
        .await?;
    assert_eq!(done["personne"]["identite"], Value::Null);
    let told = destroyed(&dpo).await?;
    assert_eq!(held(&house.database).await?, [0, 0, 0]);
    assert_eq!(told["detenu"], json!([]));
    assert_eq!(told["conservation"], Value::Null);
    assert_eq!(told["effacement"]["fondement"], "OPPOSITION");
    let accesses = told["acces"].as_array().context("a journal")?;
    assert!(
        accesses
            .iter()
            .all(|it| it["purpose"] == "READ" && it["role"] == "ADMIN")
    );
    assert!(accesses.len() >= 3, "who opened what stays: {accesses:?}");

    let again = dpo
        .is_refused("identifyPersonne", input(9, &json!({ "nom": "Claire" })))
        .await?;
    assert_eq!(again["extensions"]["code"], "PERSON_ERASED");
    // What was answered is answered again, though it could not be done now.
    for (mutation, input) in
        [("identifyPersonne", input(2, &who)), ("placeLegalHold", input(3, &hold))]
    {
        dpo.does(mutation, input, "{ position }").await?;
    }
    assert_eq!(held(&house.database).await?, [0, 0, 0], "and nothing comes back with it");
    house.close().await
}

/// The register, once the destruction is told.
async fn destroyed(visitor: &Visitor) -> anyhow::Result<Value> {
    for _ in 0..100 {
        let told = register(visitor).await?;
        if !told["effacement"]["destroyedAt"].is_null() {
            // It may have been destroyed between two fields of that answer.
            return register(visitor).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("nobody destroys")
}

#[tokio::test]
async fn all_that_is_held_is_exported_and_the_journal_says_so_first() -> anyhow::Result<()> {
    let database = Database::open().await?;
    visited(&database).await?;
    let log = database.log().await?;
    let at = identified(&log).await?;
    let export = ["person", "export", &CLAIRE.0.to_string(), "--because", "Demande 2026-14"];
    let told = operates(&database, [SEVENS, ""], &export)?;
    assert_eq!(told["identite"]["nom"], "Claire Exemple");
    assert_eq!(told["values"][0]["position"], at.0);
    assert_eq!(told["values"][0]["pointer"], "/identite");
    assert_eq!(told["accounts"][0]["subject"], "claire");
    assert_eq!(told["facts"][0]["names"], true);
    let access = &told["accesses"][0];
    let said = [&access["purpose"], &access["because"], &access["who"]];
    assert_eq!(said, ["EXPORT", "Demande 2026-14", "dpo"]);

    // A journal that cannot be written opens nothing.
    let mut db = database.admin().await?;
    db.execute("revoke insert on vault.access from essaim_service")
        .await?;
    let refused = operator(&database, [SEVENS, ""], &export)?;
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{refused:?}");
    db.execute("grant insert on vault.access to essaim_service")
        .await?;

    erased(&log).await?;
    let told = operates(&database, [SEVENS, ""], &export)?;
    assert_eq!([&told["identite"], &told["values"]], [&Value::Null, &json!([])]);
    assert_eq!(told["effacement"]["data"]["fondement"], "CONSENTEMENT_RETIRE");
    assert!(!told.to_string().contains("Claire"), "{told}");

    let nobody = ["person", "export", &Uuid::from_u128(1).to_string(), "--because", "x"];
    assert_eq!(operator(&database, [SEVENS, ""], &nobody)?.status.code(), Some(5));
    Ok(db.close().await?)
}

#[tokio::test]
async fn what_has_been_held_for_too_long_is_listed() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    identified(&log).await?;
    let vault = log.vault();
    let subject = Subject::person(CLAIRE);
    let until = vault
        .due_of(&subject)
        .await?
        .context("something is held")?
        .since;
    assert_eq!(until, TODAY.checked_add(jiff::Span::new().months(36))?);
    assert!(vault.due(until.yesterday()?).await?.is_empty());
    assert_eq!(vault.due(until).await?[0].subject, subject.as_str());

    // Said again later, it may be held for longer.
    let later = TODAY.checked_add(jiff::Span::new().months(6))?;
    let mut again = on(later, command(&admin()));
    again.asked.today = later;
    log.decide::<Personne>(&again, CLAIRE, |it, asked| {
        let nom = line("Claire Exemple");
        let who = IdentitePersonne { nom, courriel: None, telephone: None };
        it.identify_personne(asked, CLAIRE, who, None)
    })
    .await?;
    assert!(vault.due(until).await?.is_empty());
    let listed = operates(&database, [SEVENS, ""], &["person", "due", "--format", "json"])?;
    assert_eq!(listed, json!([]), "by the clock of the program");
    Ok(())
}

#[tokio::test]
async fn the_key_of_keys_is_changed_while_everything_is_read() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let log = database.log().await?;
    let at = identified(&log).await?;
    let opens = async |log: EventLog| {
        let reader = Reader::of(&Actor::HOUSE);
        let opened = log.vault().open(&reader, &[(at, "/identite")]).await;
        let nom = opened?
            .remove(&(at, "/identite".to_owned()))
            .unwrap_or_default();
        Ok::<_, anyhow::Error>(nom["nom"] == "Claire Exemple")
    };
    let with = async |kek: Kek| {
        let pool = database.pool().await?;
        let log = EventLog::open(pool, database.as_service(), ORIGIN, kek).await;
        Ok::<_, anyhow::Error>(log)
    };
    let (old, new) = ([7; 32], [8; 32]);

    // Another key alone does not open this vault, and says so at once.
    let refused = with(Kek::new(new)).await?;
    assert!(matches!(refused, Err(Error::Vault(_))), "a wrong key opened");
    let told = operator(&database, [EIGHTS, ""], &["person", "due"])?;
    let told = (told.status.code(), String::from_utf8(told.stderr)?);
    assert!(told.0 == Some(2) && told.1.contains("ESSAIM_KEK_PREVIOUS"), "{told:?}");

    let both = with(Kek::new(new).or(old)).await??;
    assert!(opens(both).await?);
    let rotated = operates(&database, [EIGHTS, SEVENS], &["vault", "rotate", "--format", "json"])?;
    assert_eq!(rotated["rewrapped"], 1);
    let rotated = operates(&database, [EIGHTS, SEVENS], &["vault", "rotate", "--format", "json"])?;
    assert_eq!(rotated["rewrapped"], 0, "run again, it finds nothing to do");
    assert!(opens(with(Kek::new(new)).await??).await?);
    assert!(with(Kek::new(old)).await?.is_err(), "the old key is of no use any more");
    // A process that already has both goes on.
    assert!(opens(with(Kek::new(old).or(new)).await??).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_recomputes_the_commitment_of_a_justification() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.financed().await?;
    let house = OpenHouse::on(questions.database).await?;
    let id = URL_SAFE_NO_PAD.encode(format!("Ingenierie:{}", INGENIERIE.0));
    let query = "query ($id: ID!, $because: String!) { ingenierie(id: $id) {
        historique(first: 20, filter: { types: [\"RuleWaived\"] }) { nodes {
            position sealed { pointer divulgation(because: $because) {
                disclosure salt value commitment
            } } } } } }";
    let asked = |because: &str| json!({ "id": id, "because": because });
    let auditor = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    // The read models follow.
    let mut told = Value::Null;
    for _ in 0..100 {
        told = auditor.asks(query, asked("Contrôle 7")).await?;
        if told["ingenierie"]["historique"]["nodes"][0].is_object() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let fact = &told["ingenierie"]["historique"]["nodes"][0];
    let given = &fact["sealed"][0]["divulgation"];
    assert_eq!(given["value"], "La porteuse se porte garante.", "{told}");

    // With the leaf alone, and SHA-256.
    let position: i64 = fact["position"].as_str().context("a position")?.parse()?;
    let mut db = house.database.admin().await?;
    let leaf: String = sqlx::query_scalar("select leaf::text from log.event where position = $1")
        .bind(position)
        .fetch_one(&mut db)
        .await?;
    let leaf: Value = serde_json::from_str(&leaf)?;
    let text = given["disclosure"].as_str().context("a text")?;
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(text));
    assert_eq!(leaf["sealed"]["/because"]["d"], digest);
    assert_eq!(given["commitment"], digest);
    let parts: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text)?)?;
    assert_eq!(parts, json!([given["salt"], "/because", given["value"]]));

    let journal: Vec<(String, String)> = sqlx::query_as(
        "select role, because from vault.access where purpose = 'DISCLOSURE' and position = $1",
    )
    .bind(position)
    .fetch_all(&mut db)
    .await?;
    assert!(journal.contains(&("FINANCEUR".to_owned(), "Contrôle 7".to_owned())), "{journal:?}");
    db.close().await?;

    // A reason is needed; who may not read is given nothing.
    let blank = auditor.posts(query, asked(" ")).await?;
    assert_eq!(blank["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    let stranger = house.visitor(Role::ChargeDeMission { dlas: [STRANGER].into() })?;
    assert_eq!(stranger.asks(query, asked("Contrôle 7")).await?["ingenierie"], Value::Null);
    house.close().await
}
