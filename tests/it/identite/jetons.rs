//! Service tokens: issued, shown once, used within what they open, and revoked at once.

use std::{process::Command, time::Duration};

use anyhow::{Context, ensure};
use api::auth::{REVOKED_WITHIN, Secret, Verifier};
use domain::{
    Actor, Dla, JetonService, JetonServiceId, Role, RoleName,
    jeton_service::{AccesJeton, Emission, MotifRevocation},
};
use house::{
    Database, OpenHouse, Questions, Visitor,
    database::ORIGIN,
    dossier::{DLA, FINANCEUR, line},
    essaim,
    questions::{admin, charge_de_mission, command},
};
use http::{Method, StatusCode};
use projections::{Scope, jetons_service};
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use uuid::Uuid;

use super::{VIEWER, asks, is_let_in, issuer::settings, with};

const ISSUED: &str = "{ secret secretAlreadyShown version jeton { \
                       id libelle role acces adresses expiresOn revokedOn uses \
                       dlas { intitule } organisation { denomination } } }";

/// A DLA that the registry knows.
async fn dla(house: &OpenHouse) -> anyhow::Result<()> {
    let territoires = [domain::Territoire::departement("84").unwrap()].into();
    house
        .house
        .log
        .decide::<Dla>(&command(&admin()), DLA, |it, asked| {
            let niveau = domain::dla::NiveauDla::Departemental;
            it.register_dla(
                asked,
                line("DLA 84"),
                niveau,
                std::collections::BTreeSet::clone(&territoires),
            )
        })
        .await?;
    Ok(())
}

fn id(noun: &str, id: Uuid) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

/// A token for the DLA, and then some of it changed.
fn voulu(changes: Value) -> Value {
    let until = api::clock::today_in_paris().saturating_add(jiff::Span::new().days(30));
    let mut all = json!({
        "commandId": Uuid::from_u128(0x7000_0000 + u128::from(next())),
        "libelle": "Portail de la région", "role": "CHARGE_DE_MISSION",
        "dlas": [id("Dla", DLA.0)], "acces": "READ_WRITE", "expiresOn": until.to_string(),
    });
    let Value::Object(changes) = changes else { panic!("changes are members") };
    all.as_object_mut().unwrap().extend(changes);
    all
}

/// A number that no other call has.
fn next() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Issues a token; its secret and its id.
async fn issued(by: &Visitor, changes: Value) -> anyhow::Result<(String, String)> {
    let payload = by.does("issueServiceToken", voulu(changes), ISSUED).await?;
    let text = |it: &Value| it.as_str().map(str::to_owned).context("a text");
    Ok((text(&payload["secret"])?, text(&payload["jeton"]["id"])?))
}

/// Tokens that look like good ones and are not.
pub(super) async fn bad(house: &OpenHouse) -> anyhow::Result<Vec<(&'static str, String)>> {
    dla(house).await?;
    let administrator = house.visitor(Role::Admin)?;
    let (good, _) = issued(&administrator, json!({})).await?;
    ensure!(is_let_in(house, &good).await?, "the model of the others is good");
    let (revoked, id) = issued(&administrator, json!({})).await?;
    let input = json!({ "commandId": Uuid::from_u128(0x7a), "jeton": id });
    administrator
        .does("revokeServiceToken", input, "{ position }")
        .await?;
    let elsewhere = json!({ "adresses": ["203.0.113.0/24"] });
    let (elsewhere, _) = issued(&administrator, elsewhere).await?;
    // Issued long ago, by the date of its command, and ended since.
    let secret = Secret::draw()?;
    let emission = Emission {
        libelle: line("Portail d'avant"),
        role: RoleName::ChargeDeMission,
        dlas: [DLA].into(),
        organisation: None,
        acces: AccesJeton::Read,
        adresses: [].into(),
        expires_on: domain::date(2026, 3, 20),
        empreinte: secret.empreinte(),
    };
    let log = &house.house.log;
    let seen = [log.seen::<Dla>(DLA).await?];
    let id = JetonServiceId(Uuid::from_u128(0x7b));
    log.decide::<JetonService>(&command(&admin()), id, |it, asked| {
        it.issue_service_token(asked, emission.clone(), &seen, None)
    })
    .await?;
    let last = if good.ends_with('0') { '1' } else { '0' };
    Ok(vec![
        ("a service token that nobody issued", Secret::draw()?.expose().to_owned()),
        ("a service token that was revoked", revoked),
        ("a service token that has ended", secret.expose().to_owned()),
        ("a service token from elsewhere", elsewhere),
        ("a service token with a wrong check", format!("{}{last}", &good[..good.len() - 1])),
        ("a service token cut short", good[..good.len() - 1].to_owned()),
        ("a service token and more", format!("{good}0")),
        ("a service token in small letters", good.to_lowercase()),
        ("the beginning of a service token", "essaim_".to_owned()),
        ("the hash of a service token", format!("essaim_{}", secret.empreinte().as_str())),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_comes_with_a_token_that_was_shown_once() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    dla(&house).await?;
    let administrator = house.visitor(Role::Admin)?;
    let input = voulu(json!({}));
    let payload = administrator
        .does("issueServiceToken", input.clone(), ISSUED)
        .await?;
    let secret = payload["secret"].as_str().context("a secret")?.to_owned();
    ensure!(secret.starts_with("essaim_") && secret.len() == 56, "{secret}");
    assert_eq!(payload["secretAlreadyShown"], false);
    assert_eq!(payload["jeton"]["dlas"], json!([{ "intitule": "DLA 84" }]));
    // Sent again, the same command has the same answer, and no secret any more.
    let again = administrator
        .does("issueServiceToken", input, ISSUED)
        .await?;
    assert_eq!((&again["secret"], &again["secretAlreadyShown"]), (&Value::Null, &json!(true)));
    assert_eq!(again["jeton"]["id"], payload["jeton"]["id"]);
    assert_eq!(again["version"], payload["version"]);

    let portal = with(&house, &secret);
    let seen = portal.asks("{ viewer { role dlas } }", json!({})).await?;
    let dla_id = id("Dla", DLA.0);
    assert_eq!(seen["viewer"], json!({ "role": "CHARGE_DE_MISSION", "dlas": [dla_id] }));
    // What it does says by which token.
    let constitutes = json!({ "commandId": Uuid::from_u128(0x7c), "dla": dla_id });
    portal
        .does("constituteComiteAppui", constitutes, "{ position }")
        .await?;
    let stream = payload["jeton"]["id"].as_str().unwrap();
    let mut db = house.database.admin().await?;
    let (via, leaves): (String, String) = sqlx::query_as(
        "select (select leaf->'actor'->>'via' from log.event where kind = 'ComiteAppuiConstituted'),
                (select string_agg(leaf::text, ' ') from log.event)",
    )
    .fetch_one(&mut db)
    .await?;
    let (category, uuid) = via.split_once('/').context("a stream")?;
    assert_eq!((category, id("JetonService", uuid.parse()?).as_str()), ("jeton_service", stream));
    // The secret stands nowhere in the log; what finds it does.
    let hash = Secret::parse(&secret).unwrap().empreinte();
    assert!(!leaves.contains(&secret) && leaves.contains(hash.as_str()));
    // It was used, and those who issue tokens see that.
    let query = "query Used($id: ID!) { serviceToken(id: $id) { uses lastUsedAt } \
                 serviceTokens(first: 10) { totalCount nodes { id uses } } }";
    let used = async || administrator.asks(query, json!({ "id": stream })).await;
    let mut seen = used().await?;
    for _ in 0..100 {
        if seen["serviceToken"]["uses"] != 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        seen = used().await?;
    }
    assert_eq!(seen["serviceToken"]["uses"], 1, "written once a minute: {seen}");
    assert!(seen["serviceToken"]["lastUsedAt"].is_string());
    let nodes = json!([{ "id": stream, "uses": 1 }]);
    assert_eq!(seen["serviceTokens"], json!({ "totalCount": 1, "nodes": nodes }));
    let nothing = portal.asks(query, json!({ "id": stream })).await?;
    assert_eq!(nothing["serviceToken"], Value::Null);
    assert_eq!(nothing["serviceTokens"], json!({ "totalCount": 0, "nodes": [] }));
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_reads_changes_nothing() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    dla(&house).await?;
    let administrator = house.visitor(Role::Admin)?;
    let (secret, _) = issued(&administrator, json!({ "acces": "READ" })).await?;
    let portal = with(&house, &secret);
    assert!(is_let_in(&house, &secret).await?);
    let mutation = "mutation { constituteComiteAppui(input: { commandId: \
                    \"00000000-0000-0000-0000-00000000007d\", dla: \"x\" }) { position } }";
    let headers = [("content-type", "application/json"), ("accept-language", "fr")];
    let body = json!({ "query": mutation }).to_string();
    let answer = portal
        .sends(Method::POST, "/graphql", &headers, body)
        .await?;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let error = answer.json()?["errors"][0].take();
    assert_eq!(error["extensions"]["code"], "FORBIDDEN");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("Ce jeton ne permet que de lire")
    );
    // Nor by the door of documents.
    let path = format!("/documents/{}/versions/1", id("Document", Uuid::from_u128(1)));
    let answer = portal.sends(Method::PUT, &path, &[], "%PDF-").await?;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let answer = portal.sends(Method::GET, &path, &[], "").await?;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_opens_nothing_within_a_second() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    dla(&house).await?;
    let administrator = house.visitor(Role::Admin)?;
    let (secret, id) = issued(&administrator, json!({})).await?;
    assert!(is_let_in(&house, &secret).await?);
    let input = json!({ "commandId": Uuid::from_u128(0x7e), "jeton": id, "motif": "COMPROMIS" });
    let revoked = administrator
        .does("revokeServiceToken", input, "{ jeton { revokedOn motif } }")
        .await?;
    assert_eq!(revoked["jeton"]["motif"], "COMPROMIS");
    assert!(revoked["jeton"]["revokedOn"].is_string());
    tokio::time::sleep(REVOKED_WITHIN + Duration::from_millis(100)).await;
    assert!(!is_let_in(&house, &secret).await?);
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_comes_from_where_it_may() -> anyhow::Result<()> {
    let mut settings = settings(vec![]);
    settings.trusted_proxies = vec!["127.0.0.0/8".to_owned()];
    let verifier = Verifier::from_settings(&settings)?;
    let behind = OpenHouse::admitting(Database::open().await?, verifier).await?;
    let alone = OpenHouse::open().await?;
    for (house, proxied) in [(&behind, true), (&alone, false)] {
        dla(house).await?;
        let administrator = house.visitor(Role::Admin)?;
        let ranges = json!({ "adresses": ["203.0.113.0/24", "2001:db8::/32"] });
        let (secret, _) = issued(&administrator, ranges).await?;
        let (here, _) = issued(&administrator, json!({ "adresses": ["127.0.0.1"] })).await?;
        let status = async |token: &str, forwarded: &str| -> anyhow::Result<StatusCode> {
            let mut headers = vec![("content-type", "application/json")];
            if !forwarded.is_empty() {
                headers.push(("x-forwarded-for", forwarded));
            }
            let body = json!({ "query": VIEWER }).to_string();
            let portal = with(house, token);
            Ok(portal
                .sends(Method::POST, "/graphql", &headers, body)
                .await?
                .status)
        };
        let believed = if proxied { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        assert_eq!(status(&secret, "203.0.113.9").await?, believed);
        assert_eq!(status(&secret, "198.51.100.1, 203.0.113.9").await?, believed);
        assert_eq!(status(&secret, "2001:db8::7").await?, believed);
        for forwarded in ["", "203.0.113.9, 198.51.100.1", "198.51.100.1", "somebody"] {
            assert_eq!(status(&secret, forwarded).await?, StatusCode::UNAUTHORIZED, "{forwarded}");
        }
        assert_eq!(status(&here, "").await?, StatusCode::OK);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_token_may_be_is_refused_with_its_field() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    dla(&house).await?;
    let administrator = house.visitor(Role::Admin)?;
    let financeur = id("Organisation", FINANCEUR.0);
    for (changes, code, field) in [
        (json!({ "role": "ADMIN" }), "JETON_ROLE_UNFIT", "role"),
        (json!({ "dlas": null }), "JETON_DLAS_OUT_OF_RANGE", "dlas"),
        (json!({ "role": "FINANCEUR" }), "JETON_ORGANISATION_NEEDED", "organisation"),
        (json!({ "expiresOn": "2099-01-01" }), "JETON_EXPIRY_OUT_OF_RANGE", "expiresOn"),
        (json!({ "expiresOn": "2020-01-01" }), "JETON_EXPIRY_OUT_OF_RANGE", "expiresOn"),
        (json!({ "adresses": ["203.0.113.7/24"] }), "BAD_USER_INPUT", "adresses"),
        (json!({ "dlas": ["x"] }), "BAD_USER_INPUT", "dlas"),
        (json!({ "libelle": " " }), "BAD_USER_INPUT", "libelle"),
    ] {
        let error = administrator
            .is_refused("issueServiceToken", voulu(changes))
            .await?;
        assert_eq!(error["extensions"]["code"], code, "{error}");
        assert_eq!(error["extensions"]["path"][1], field, "{error}");
    }
    let unknown = json!({ "role": "FINANCEUR", "dlas": null, "organisation": financeur });
    let error = administrator
        .is_refused("issueServiceToken", voulu(unknown))
        .await?;
    assert_eq!(error["extensions"]["code"], "NOT_FOUND");
    let chargee = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let error = chargee
        .is_refused("issueServiceToken", voulu(json!({})))
        .await?;
    assert_eq!(error["extensions"]["code"], "FORBIDDEN");
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_the_same_however_it_is_built() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.registry().await?;
    let seen = [questions.log.seen::<Dla>(DLA).await?];
    for n in 1..=3_u128 {
        let emission = Emission {
            libelle: line(&format!("Portail {n}")),
            role: RoleName::ChargeDeMission,
            dlas: [DLA].into(),
            organisation: None,
            acces: AccesJeton::Read,
            adresses: [domain::Reseau::parse("203.0.113.0/24").unwrap()].into(),
            expires_on: domain::date(2027, 1, 1),
            empreinte: Secret::draw()?.empreinte(),
        };
        questions
            .decide::<JetonService>(&admin(), JetonServiceId(Uuid::from_u128(n)), |it, asked| {
                it.issue_service_token(asked, emission.clone(), &seen, None)
            })
            .await?;
    }
    questions
        .decide::<JetonService>(&admin(), JetonServiceId(Uuid::from_u128(2)), |it, asked| {
            it.revoke_service_token(asked, Some(MotifRevocation::Inutilise))
        })
        .await?;
    questions.dump_however_built(&jetons_service::MODEL).await?;
    let names = async |by: &Actor, after| -> anyhow::Result<Vec<(String, bool)>> {
        let page = jetons_service::list(&questions.reads, &Scope::of(by), 2, after).await?;
        let rows = page.rows.into_iter();
        Ok(rows
            .map(|it| (it.libelle, it.revoked_on.is_some()))
            .collect())
    };
    let last = jetons_service::list(&questions.reads, &Scope::of(&admin()), 2, None).await?;
    let after = last.rows.last().map(|it| it.issued_position);
    let of = |n: u8, revoked| (format!("Portail {n}"), revoked);
    assert_eq!(names(&admin(), None).await?, [of(3, false), of(2, true)]);
    assert_eq!(names(&admin(), after).await?, [of(1, false)]);
    assert!(names(&charge_de_mission(DLA), None).await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_issues_lists_and_revokes() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    dla(&house).await?;
    let run = |arguments: &[&str]| -> anyhow::Result<(Option<i32>, String, String)> {
        let output = Command::new(essaim()?)
            .env_remove("ESSAIM_TEST_DATABASE_URL")
            .env("ESSAIM_DATABASE_URL", house.database.as_service().to_url_lossy().as_str())
            .env("ESSAIM_KEK", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
            .env("ESSAIM_LOG_ORIGIN", ORIGIN)
            .env("USER", "claire")
            .args(["--format", "json", "token"])
            .args(arguments)
            .output()?;
        let text = |it| String::from_utf8_lossy(it).trim().to_owned();
        Ok((output.status.code(), text(&output.stdout), text(&output.stderr)))
    };
    let dla = DLA.0.to_string();
    let until = api::clock::today_in_paris().saturating_add(jiff::Span::new().days(30));
    let until = until.to_string();
    let issue = |expires: &str| {
        run(&[
            "issue",
            "--label",
            "Portail",
            "--role",
            "CHARGE_DE_MISSION",
            "--dla",
            &dla,
            "--from",
            "127.0.0.0/8",
            "--expires",
            expires,
        ])
    };
    let (code, told, _) = issue(&until)?;
    assert_eq!(code, Some(0));
    let told: Value = serde_json::from_str(&told)?;
    let (id, secret) = (told["id"].as_str().unwrap(), told["secret"].as_str().unwrap());
    let seen = with(&house, secret).asks(VIEWER, json!({})).await?;
    assert_eq!(seen["viewer"]["role"], "CHARGE_DE_MISSION");

    let (code, told, _) = run(&["list"])?;
    assert_eq!(code, Some(0));
    assert!(!told.contains(secret));
    let told: Value = serde_json::from_str(&told)?;
    assert_eq!(told[0]["id"], id);
    assert_eq!((&told[0]["state"], &told[0]["access"]), (&json!("good"), &json!("READ")));
    assert_eq!(told[0]["from"], json!(["127.0.0.0/8"]));

    assert_eq!(run(&["revoke", id, "--because", "compromised"])?.0, Some(0));
    tokio::time::sleep(REVOKED_WITHIN + Duration::from_millis(100)).await;
    assert_eq!(
        asks(&house, &[&format!("Bearer {secret}")]).await?.status,
        StatusCode::UNAUTHORIZED
    );
    let told: Value = serde_json::from_str(&run(&["list"])?.1)?;
    assert_eq!(told[0]["state"], "revoked");

    let (code, _, complaint) = issue("2099-01-01")?;
    assert_eq!(code, Some(5), "{complaint}");
    assert!(complaint.contains("last day"), "{complaint}");
    // Who did it is known to the vault alone.
    let mut db = house.database.admin().await?;
    let named: bool = sqlx::query_scalar(
        "select exists (select from log.event where leaf::text like '%claire%')",
    )
    .fetch_one(&mut db)
    .await?;
    assert!(!named);
    house.close().await
}
