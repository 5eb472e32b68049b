//! What people send to bring a house down, and what it answers: a refusal with a code, in a few
//! words, and nothing of what is behind the door. `cargo bench -p tests --bench house -- --only
//! attackers` says how long each takes.

use std::{process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use api::{cases, http::Options};
use domain::Role;
use house::{
    Database, OpenHouse, Visitor,
    bombs::{self, Bomb},
    sockets::Socket,
};
use http::StatusCode;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
};

/// The longest refusal, in bytes.
const REFUSAL_BYTES_MAX: usize = 4_096;
/// Connections that send a byte now and then.
const SLOW: usize = 300;
/// How long an answer may lag: a busy machine proves nothing wrong.
const PATIENCE: Duration = Duration::from_secs(15);

/// What no answer says, whatever goes wrong: SQL, paths, panics, tokens.
fn says_nothing_of_us(text: &str, token: &str) {
    let lower = text.to_lowercase();
    for secret in [
        "select ",
        "insert into",
        "postgres",
        "sqlx",
        ".rs:",
        "/src/",
        "/root",
        "/home",
        "/tmp",
        "panicked",
        "unwrap",
        "stack backtrace",
        "bearer ey",
    ] {
        assert!(!lower.contains(secret), "{secret}: {text}");
    }
    assert!(!text.contains(token), "the token: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_are_refused_by_code_and_in_few_words() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let admin = house.visitor(Role::Admin)?;
    let token = admin.token.clone().unwrap();
    let all = bombs::all();
    assert!(all.len() >= 12);
    for Bomb { name, body, codes } in all {
        // An attacker with a token, who gets further than one without.
        for visitor in [&admin, &house.stranger()] {
            let answer = bombs::throw(visitor, &body).await?;
            let text = String::from_utf8(answer.body.to_vec())?;
            assert!(text.len() <= REFUSAL_BYTES_MAX, "{name}: {} bytes: {text}", text.len());
            let said = answer.json()?;
            assert!(said["data"].is_null(), "{name}: {text}");
            let code = said["errors"][0]["extensions"]["code"]
                .as_str()
                .unwrap_or_default();
            let fine = codes.contains(&code) || code == "UNAUTHENTICATED";
            assert!(fine, "{name}: {text}");
            says_nothing_of_us(&text, &token);
        }
    }
    admin.asks("{ viewer { role } }", json!({})).await?;
    house.close().await
}

/// Given connections that stay open, when bombs come over them, then each is refused as over HTTP,
/// or ends its own connection; the others go on.
#[tokio::test(flavor = "multi_thread")]
async fn bombs_over_a_websocket_are_refused_as_well() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let admin = house.visitor(Role::Admin)?;
    let token = admin.token.clone().unwrap();
    let mut other = Socket::of(&house.url, &token).await?;
    for Bomb { name, body, codes } in bombs::all() {
        let mut socket = Socket::of(&house.url, &token).await?;
        let Some(errors) = bombs::throw_over(&mut socket, &body).await? else {
            assert_eq!(codes, ["BAD_REQUEST"], "{name}");
            continue;
        };
        let text = errors.to_string();
        assert!(text.len() <= REFUSAL_BYTES_MAX, "{name}: {} bytes: {text}", text.len());
        let code = errors[0]["extensions"]["code"].as_str();
        assert!(code.is_some_and(|it| codes.contains(&it)), "{name}: {text}");
        says_nothing_of_us(&text, &token);
    }
    other
        .subscribes("after", "{ viewer { role } }", json!({}))
        .await?;
    let said = other.hears_of("after").await?;
    assert_eq!(said["payload"]["data"]["viewer"]["role"], "ADMIN", "{said}");
    house.close().await
}

/// A connection that has sent something, and waits.
async fn connected(visitor: &Visitor, sent: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(visitor.address()).await?;
    stream.write_all(sent.as_bytes()).await?;
    Ok(stream)
}

fn announcing(visitor: &Visitor, token: Option<&str>, body: &str) -> String {
    let host = visitor.address();
    let token = token
        .map(|it| format!("authorization: Bearer {it}\r\n"))
        .unwrap_or_default();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         {token}{body}\r\n\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_connections_do_not_keep_an_honest_client_waiting() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let admin = house.visitor(Role::Admin)?;
    let mut slow = vec![];
    for n in 0..SLOW {
        let stranger = house.stranger();
        let sent = match n % 3 {
            0 => "POST /graphql HTTP/1.1\r\nhost: x\r\nx-".to_owned(),
            1 => "P".to_owned(),
            _ => announcing(&stranger, None, "content-length: 1000") + "{\"query\":",
        };
        slow.push(connected(&stranger, &sent).await?);
    }
    for n in 0..20 {
        let asked = admin.asks("{ viewer { role } }", json!({}));
        let data = tokio::time::timeout(PATIENCE, asked).await??;
        assert_eq!(data["viewer"]["role"], "ADMIN", "{n}");
        for stream in slow.iter_mut().skip(n).step_by(20) {
            // Some were told to go; those that were not go on slowly.
            let _ = stream.write_all(b"x").await;
        }
    }
    drop(slow);
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_not_read_to_its_end() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let admin = house.visitor(Role::Admin)?;
    let token = admin.token.as_deref();

    // 129 KiB are announced: the answer comes before the first of them.
    let announced = announcing(&admin, token, &format!("content-length: {}", 129 * 1024));
    let mut stream = connected(&admin, &announced).await?;
    assert!(heard(&mut stream).await?.starts_with("HTTP/1.1 413"));

    // Nothing is announced: what is taken of it is what fits, and what lies in sockets.
    let announced = announcing(&admin, token, "transfer-encoding: chunked");
    let mut stream = connected(&admin, &announced).await?;
    let chunk = format!("{:x}\r\n{}\r\n", 64 * 1024, " ".repeat(64 * 1024));
    let endless = 512 * 1024 * 1024;
    let mut bytes = 0;
    while bytes < endless {
        let sent = tokio::time::timeout(PATIENCE, stream.write(chunk.as_bytes())).await;
        match sent {
            Ok(Ok(length)) => bytes += length,
            // The house has closed its side, or reads no more.
            Ok(Err(_)) | Err(_) => break,
        }
    }
    assert!(bytes < endless / 8, "{bytes} bytes were taken");
    house.close().await
}

/// What comes first.
async fn heard(stream: &mut TcpStream) -> anyhow::Result<String> {
    let mut first = [0; 512];
    let length = tokio::time::timeout(PATIENCE, stream.read(&mut first)).await??;
    Ok(String::from_utf8_lossy(&first[..length]).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_hold_places_keep_none_from_those_with_a_token() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let (admin, stranger) = (house.visitor(Role::Admin)?, house.stranger());
    let mut held = vec![];
    let announced = announcing(&stranger, None, "content-length: 1000");
    for _ in 1..api::http::STRANGERS_IN_FLIGHT_MAX {
        held.push(connected(&stranger, &announced).await?);
    }
    // They are all inside once one more is turned away. Whoever asks may have had the place of one
    // of them meanwhile: another one comes each time.
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        held.push(connected(&stranger, &announced).await?);
        let answer = bombs::throw(&stranger, r#"{"query":"{__typename}"}"#).await?;
        if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        assert!(std::time::Instant::now() < until, "nobody was turned away");
    }
    admin.asks("{ viewer { role } }", json!({})).await?;
    drop(held);
    house.close().await
}

/// Seconds of fuzzing, unless `FUZZ_SECONDS` says more.
const FUZZ_SECONDS: &str = "25";

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(fuzz), ignore = "schemathesis is not here: ./dev setup")]
async fn whatever_the_schema_allows_is_answered_or_refused_by_code() -> anyhow::Result<()> {
    let options = Options { caller_points: 0, ..OpenHouse::options() };
    let house = OpenHouse::with(Database::open().await?, options).await?;
    let played = cases::play(&house.house, &house.contents, "fe2-3").await?;
    house.caught_up().await?;
    let folder = std::env::temp_dir().join(format!("essaim-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let seconds = std::env::vars().find(|(name, _)| name == "FUZZ_SECONDS");
    let seconds = seconds.map_or_else(|| FUZZ_SECONDS.to_owned(), |(_, it)| it);
    let chargee = house.visitor(Role::ChargeDeMission { dlas: played.dlas })?;
    let token = chargee.token.as_deref().unwrap_or_default();
    let output = Command::new(option_env!("FUZZ_ST").context("no schemathesis")?)
        .args(["run", &format!("http://{}/graphql", chargee.address())])
        .args(["-H", &format!("Authorization: Bearer {token}")])
        .args(["--phases", "fuzzing", "--warnings", "off", "--no-color"])
        .args(["--checks", "says_what_is_wrong,response_schema_conformance"])
        .args(["--max-examples", if seconds == FUZZ_SECONDS { "1" } else { "50" }])
        .args(["--max-time", &seconds])
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(&folder)
        .stdin(Stdio::null())
        .output()
        .await?;
    std::fs::remove_dir_all(&folder)?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{said}");
    ensure!(said.contains(" passed"), "{said}");
    house.close().await
}
