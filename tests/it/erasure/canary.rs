//! After an erasure nothing is left: not the text, not the bytes that held it, in no file of the
//! server, of the program or of an export. And every proof made before still holds.
//!
//! The program runs as it is deployed, on a server of its own, whose files are searched.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use api::embedded::{Binaries, Durability, Embedded};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use eventlog::EventLog;
use house::{Visitor, deployed, essaim};
use http::Method;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

const ORIGIN: &str = "essaim.test/canary";

/// It occurs nowhere else, and JSON may write it in several ways.
const CANARY: &str = "Zoé-Émeline Quœurdœuvre 7f3a91c2";

/// Her account.
const ACCOUNT: &str = "compte-kx81zq07-canari";

const PATIENCE: Duration = Duration::from_mins(1);

struct Deployed {
    place: PathBuf,
    server: Option<Embedded>,
    program: Child,
    address: String,
    visitor: Visitor,
    key: String,
    url: String,
}

impl Drop for Deployed {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
        drop(self.server.take());
        let _ = fs::remove_dir_all(&self.place);
    }
}

impl Deployed {
    async fn start() -> anyhow::Result<Self> {
        let place = std::env::temp_dir().join(format!("essaim-canary-{}", std::process::id()));
        let from = |name| std::env::var_os(name).map(Into::into);
        let binaries = Binaries { bin: from("ESSAIM_PG_BIN"), lib: from("ESSAIM_PG_LIB") };
        fs::create_dir_all(&place)?;
        let folder = place.join("server");
        let start = move || Embedded::start(&folder, Durability::Durable, &binaries);
        let server = tokio::task::spawn_blocking(start).await??;
        let url = server.url("postgres", "essaim");
        EventLog::create_database(&url).await?;
        EventLog::migrate_at(&url, ORIGIN).await?;
        let settings = deployed::configure(&place, ORIGIN, &[9; 32])?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let program = serving(&place, &server, &address)?;
        let visitor = Visitor::at(&format!("http://{address}"), Some(&settings.token));
        let key = settings.verifier.to_string();
        let it = Self { place, server: Some(server), program, address, visitor, key, url };
        it.is_ready().await?;
        Ok(it)
    }

    async fn is_ready(&self) -> anyhow::Result<()> {
        let since = Instant::now();
        loop {
            let ready = self.visitor.sends(Method::GET, "/health/ready", &[], "");
            if ready.await.is_ok_and(|it| it.status == 200) {
                return Ok(());
            }
            ensure!(since.elapsed() < PATIENCE, "the program does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Kills the program, and starts it again.
    async fn dies(&mut self) -> anyhow::Result<()> {
        self.program.kill()?;
        self.program.wait()?;
        let server = self.server.as_ref().context("a server")?;
        self.program = serving(&self.place, server, &self.address)?;
        self.is_ready().await
    }

    /// Waits until what is read of a person is so: the register follows what was written.
    async fn comes_to_say(
        &self,
        query: &str,
        personne: Uuid,
        holds: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<()> {
        let since = Instant::now();
        loop {
            let told = self.visitor.asks(query, json!({ "id": personne })).await?;
            if holds(&told["personne"]) {
                return Ok(());
            }
            ensure!(since.elapsed() < PATIENCE, "the register does not follow: {told}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn operator(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let server = self.server.as_ref().context("a server")?;
        Ok(Command::new(essaim()?)
            .env_clear()
            .env("ESSAIM_CONFIG", self.place.join("essaim.toml"))
            .env("ESSAIM_DATABASE_URL", server.url("essaim_service", "essaim"))
            .args(arguments)
            .output()?)
    }

    fn operates(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let output = self.operator(arguments)?;
        ensure!(output.status.success(), "{arguments:?}: {output:?}");
        Ok(())
    }

    fn file(&self, name: &str) -> anyhow::Result<String> {
        let path = self.place.join(name);
        Ok(path.to_str().context("a path")?.to_owned())
    }

    /// Everything of the person, wherever a text may be sealed for her; answers each receipt.
    async fn lives(&self, personne: Uuid) -> anyhow::Result<Vec<(i64, String)>> {
        let mut receipts = vec![];
        let mut dla = Value::Null;
        let steps = [
            (
                "registerDla",
                json!({ "intitule": "DLA 84", "niveau": "DEPARTEMENTAL", "territoires": [{ "niveau": "DEPARTEMENT", "code": "84" }] }),
            ),
            (
                "identifyPersonne",
                json!({ "nom": CANARY, "compte": { "emetteur": deployed::ISSUER, "sujet": ACCOUNT } }),
            ),
            (
                "identifyPersonne",
                json!({ "nom": CANARY, "courriel": format!("{CANARY}@exemple.fr") }),
            ),
            ("appointChargeDeMission", json!({})),
            ("departChargeDeMission", json!({ "motif": format!("Mutation de {CANARY}.") })),
            (
                "placeLegalHold",
                json!({ "reference": "FSE 3", "motif": format!("Contrôle de {CANARY}.") }),
            ),
            ("liftLegalHold", json!({ "reference": "FSE 3" })),
        ];
        for (n, (mutation, mut input)) in (1..).zip(steps) {
            input["commandId"] = json!(Uuid::from_u128(0xca_0000 + n));
            if mutation != "registerDla" {
                input["personne"] = json!(personne);
            }
            if mutation.ends_with("ChargeDeMission") {
                input["dla"] = dla.clone();
            }
            let selection = match mutation {
                "registerDla" => "{ position receipt dla { id } }",
                _ => "{ position receipt }",
            };
            let answer = self.visitor.does(mutation, input, selection).await?;
            if mutation == "registerDla" {
                dla = answer["dla"]["id"].clone();
            }
            let position = answer["position"].as_str().context("a position")?;
            let receipt = answer["receipt"].as_str().context("a receipt")?;
            receipts.push((position.parse()?, receipt.to_owned()));
        }
        // What is refused was read and answered too.
        let wrong = json!({ "commandId": Uuid::from_u128(0xca_ffff), "personne": personne, "nom": CANARY, "courriel": "" });
        self.visitor.is_refused("identifyPersonne", wrong).await?;
        Ok(receipts)
    }

    /// Which of the needles are in which files.
    fn search(&self, needles: &[(String, Vec<u8>)]) -> anyhow::Result<Vec<(String, PathBuf)>> {
        let mut found = vec![];
        let mut folders = vec![self.place.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    // A file of the server may go while it is looked for.
                    let Ok(bytes) = fs::read(&path) else { continue };
                    let there = holds(&bytes, needles);
                    found.extend(there.into_iter().map(|it| (it, path.clone())));
                }
            }
        }
        Ok(found)
    }
}

fn serving(place: &Path, server: &Embedded, address: &str) -> anyhow::Result<Child> {
    let mut lines = fs::File::options();
    let lines = lines
        .create(true)
        .append(true)
        .open(place.join("api.log"))?;
    Ok(Command::new(essaim()?)
        .arg("serve")
        .env_clear()
        .env("ESSAIM_CONFIG", place.join("essaim.toml"))
        .env("ESSAIM_LISTEN", address)
        .env("ESSAIM_LOG_LEVEL", "debug")
        .env("ESSAIM_DATABASE_URL", server.url("essaim_service", "essaim"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(lines)
        .spawn()?)
}

/// The names of the needles that are in there.
fn holds(hay: &[u8], needles: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut starts = vec![false; 1 << 16];
    for (_, needle) in needles {
        starts[usize::from(u16::from_be_bytes([needle[0], needle[1]]))] = true;
    }
    let mut found = vec![];
    for (at, pair) in hay.windows(2).enumerate() {
        if starts[usize::from(u16::from_be_bytes([pair[0], pair[1]]))] {
            let rest = &hay[at..];
            let there = needles.iter().filter(|(_, it)| rest.starts_with(it));
            found.extend(there.map(|(name, _)| name.clone()));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The ways in which a text may be written.
fn written(name: &str, text: &str) -> Vec<(String, Vec<u8>)> {
    let escaped: String = text
        .encode_utf16()
        .map(|it| match char::from_u32(it.into()) {
            Some(it) if it.is_ascii() => it.to_string(),
            _ => format!("\\u{it:04x}"),
        })
        .collect();
    let mut ways = vec![
        (format!("{name} as it is"), text.as_bytes().to_vec()),
        (format!("{name} in JSON"), escaped.into_bytes()),
    ];
    // Base64 of the text inside another: one way a place within three bytes, without its edges.
    for before in 0..3 {
        let inside = [vec![b'x'; before].as_slice(), text.as_bytes(), b"xx"].concat();
        for (kind, all) in
            [("URL", URL_SAFE_NO_PAD.encode(&inside)), ("plain", STANDARD_NO_PAD.encode(&inside))]
        {
            let part = &all[4..all.len() - 4];
            ways.push((format!("{name} in {kind} base64, {before} after"), part.into()));
        }
    }
    ways
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_erased_is_found_nowhere_and_every_proof_holds() -> anyhow::Result<()> {
    let mut it = Deployed::start().await?;
    let mut db = PgConnection::connect(&it.url).await?;
    // Old files of the journal are deleted and not written over later.
    for setting in ["wal_recycle = off", "min_wal_size = '32MB'", "max_wal_size = '64MB'"] {
        let setting = sqlx::AssertSqlSafe(format!("alter system set {setting}"));
        db.execute(setting).await?;
    }
    db.execute("select pg_reload_conf()").await?;

    let personne = Uuid::from_u128(0xca_aa_aa);
    let receipts = it.lives(personne).await?;
    let read = "query ($id: UUID!) { personne(id: $id) { identite { nom courriel } obligations { motif } } }";
    it.comes_to_say(read, personne, |told| told["identite"]["nom"] == CANARY)
        .await?;

    // The text is nowhere even before: what is searched for is what could bring it back.
    let mut secrets: Vec<(String, Vec<u8>)> = vec![];
    let boxes: Vec<(String, Vec<u8>)> = sqlx::query_as(
        "select 'box ' || position || pointer, box from vault.sealed where subject = $1
         union all
         select 'key', wrapped from vault.subject_key where subject = $1",
    )
    .bind(format!("person/{personne}"))
    .fetch_all(&mut db)
    .await?;
    assert_eq!(boxes.len(), 5, "four boxes and their key");
    secrets.extend(boxes);
    secrets.extend(written("account", ACCOUNT));
    db.execute("checkpoint").await?;
    let before = it.search(&secrets)?;
    for (name, _) in secrets
        .iter()
        .filter(|(name, _)| !name.starts_with("account in"))
    {
        assert!(before.iter().any(|(it, _)| it == name), "the search does not find {name}");
    }
    secrets.extend(written("canary", CANARY));

    // Proofs and an export, as an auditor keeps them.
    let mut proofs = vec![];
    for (position, receipt) in &receipts {
        let path = format!("/log/v0/proof/{position}");
        let answer = it.visitor.sends(Method::GET, &path, &[], "").await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        let file = it.file(&format!("proof-{position}"))?;
        fs::write(&file, &answer.body)?;
        proofs.push((file, receipt.clone()));
    }
    let export = it.file("before")?;
    it.operates(&["log", "export", &export])?;

    let ground = json!({
        "commandId": Uuid::from_u128(0xca_e000), "personne": personne,
        "fondement": "CONSENTEMENT_RETIRE", "reference": "2026-14",
    });
    it.visitor
        .does("erasePersonne", ground, "{ position }")
        .await?;
    // Whether it had begun to destroy or not: the next that starts ends it, and only then answers.
    it.dies().await?;
    let held: i64 = sqlx::query_scalar(
        "select count(*) from vault.subject_key where subject = $1 and erased_at is null",
    )
    .bind(format!("person/{personne}"))
    .fetch_one(&mut db)
    .await?;
    assert_eq!(held, 0, "it answers, and has not destroyed");
    // The register follows once the lease of the dead has ended.
    let query = "query ($id: UUID!) { personne(id: $id) { effacement { destroyedAt } } }";
    it.comes_to_say(query, personne, |told| !told["effacement"]["destroyedAt"].is_null())
        .await?;
    for table in ["subject_key", "sealed", "actor"] {
        db.execute(sqlx::AssertSqlSafe(format!("vacuum full vault.{table}")))
            .await?;
    }
    for _ in 0..3 {
        db.execute("select pg_switch_wal()").await?;
        db.execute("checkpoint").await?;
    }

    let after = it.file("after")?;
    it.operates(&["log", "export", &after])?;
    let held = it.operator(&[
        "person",
        "export",
        &personne.to_string(),
        "--because",
        "2026-14",
        "--by",
        "dpo",
    ])?;
    fs::write(it.place.join("held"), &held.stdout)?;
    ensure!(held.status.success(), "{held:?}");
    assert_eq!(it.search(&secrets)?, [], "something is left");
    let lines = fs::read_to_string(it.place.join("api.log"))?;
    assert!(lines.contains("what was erased is destroyed"), "the lines were written: {lines}");

    for (file, receipt) in &proofs {
        it.operates(&["log", "check", file, "--receipt", receipt, "--key", &it.key])?;
    }
    for file in [&export, &after] {
        it.operates(&["log", "verify", file, "--key", &it.key])?;
    }
    let [old, new] = [fs::read_to_string(Path::new(&export))?, fs::read_to_string(&after)?];
    assert!(new.starts_with(&old), "the log goes on from what it was");
    Ok(db.close().await?)
}
