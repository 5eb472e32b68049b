//! What an operator exports and an auditor checks, with the program as both use it; and the two
//! ways out of a fork.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use api::cases;
use eventlog::proof::{Integrator, Signer, integrator::STEP_MAX};
use house::{Database, OpenHouse, database::ORIGIN, essaim};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sqlx::{ConnectOptions, Executor};

/// A log with the cases of the trade, its key, and a folder for its exports.
struct Bench {
    database: Database,
    key: SecretString,
    verifier: String,
    folder: PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Bench {
    async fn set(name: &str) -> anyhow::Result<Self> {
        let house = OpenHouse::open().await?;
        cases::play(&house.house, &house.contents, "fe2-3").await?;
        let (signer, key) = Signer::draw(ORIGIN)?;
        let verifier = signer.verifier().to_string();
        // The keys of the house retire, these come.
        let database = house.into_database().await?;
        let mut integrator = Integrator::new(database.log().await?, [signer].into(), None);
        integrator.step(STEP_MAX).await?;
        let folder = std::env::temp_dir().join(format!("essaim-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self { database, key, verifier, folder })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The program, as the operator runs it.
    fn program(&self, origin: &str, arguments: &[&str]) -> anyhow::Result<Command> {
        let mut program = Command::new(essaim()?);
        program
            .env_remove("ESSAIM_TEST_DATABASE_URL")
            .env("ESSAIM_DATABASE_URL", self.database.as_service().to_url_lossy().as_str())
            .env("ESSAIM_MIGRATION_DATABASE_URL", self.database.as_admin().to_url_lossy().as_str())
            .env("ESSAIM_KEK", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
            .env("ESSAIM_SIGNING_KEY", self.key.expose_secret())
            .env("ESSAIM_CHECKPOINT_FILE", self.file("checkpoint"))
            .env("ESSAIM_DOCUMENTS_DIR", self.database.documents())
            .env("ESSAIM_LOG_ORIGIN", origin)
            .args(arguments);
        Ok(program)
    }

    fn operator(&self, origin: &str, arguments: &[&str]) -> anyhow::Result<Output> {
        Ok(self.program(origin, arguments)?.output()?)
    }

    fn operates(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.operator(ORIGIN, arguments)?;
        ensure!(output.status.success(), "{arguments:?}: {output:?}");
        Ok(String::from_utf8(output.stdout)?)
    }

    fn exports(&self, name: &str, more: &[&str]) -> anyhow::Result<PathBuf> {
        let file = self.file(name);
        let path = file.to_str().context("a path")?;
        self.operates(&[&["log", "export", path], more].concat())?;
        Ok(file)
    }

    fn audits(&self, file: &Path) -> anyhow::Result<(i32, Value)> {
        audit(file, &self.verifier)
    }
}

/// The program, as an auditor runs it: no settings, no database.
fn audit(file: &Path, key: &str) -> anyhow::Result<(i32, Value)> {
    let output = Command::new(essaim()?)
        .env_clear()
        .args(["log", "verify", "--format", "json", "--key", key])
        .arg(file)
        .output()?;
    let code = output.status.code().context("a code")?;
    Ok((code, serde_json::from_slice(&output.stdout).unwrap_or_default()))
}

/// The export with other lines; the rest stands beside it as it was.
fn tampered(file: &Path, lines: &[&str]) -> anyhow::Result<PathBuf> {
    let copy = file.with_file_name("tampered");
    fs::write(&copy, lines.join("\n") + "\n")?;
    for beside in ["proof", "hashes"] {
        fs::copy(file.with_added_extension(beside), copy.with_added_extension(beside))?;
    }
    Ok(copy)
}

fn is_at(flaw: &(i32, Value), position: usize, code: &str) {
    assert_eq!(flaw.0, 3, "{flaw:?}");
    assert_eq!((&flaw.1["position"], &flaw.1["code"]), (&position.into(), &code.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_and_a_tampered_one_does_not() -> anyhow::Result<()> {
    let bench = Bench::set("audit").await?;
    let file = bench.exports("all", &[])?;
    let (code, report) = bench.audits(&file)?;
    assert_eq!((code, &report["ok"], &report["withheld"]), (0, &true.into(), &0.into()));
    let text = fs::read_to_string(&file)?;
    let lines: Vec<&str> = text.lines().collect();
    let size = lines.len();
    assert_eq!(report["size"], size);

    // Another implementation comes to the same root.
    let mut stored = Stored(vec![]);
    for (n, line) in (0_u64..).zip(&lines) {
        stored
            .0
            .extend(tlog_tiles::stored_hashes(n, line.as_bytes(), &stored)?);
    }
    let root = tlog_tiles::tree_hash(size as u64, &stored)?;
    assert_eq!(report["rootHash"], root.to_string());

    let edited = lines[10].replacen("\"v\":\"essaim-leaf/1\"", "\"v\":\"essaim-leaf/2\"", 1);
    let mut one = lines.clone();
    one[10] = &edited;
    is_at(&bench.audits(&tampered(&file, &one)?)?, 11, "LEAF_CHANGED");
    let mut deleted = lines.clone();
    deleted.remove(20);
    is_at(&bench.audits(&tampered(&file, &deleted)?)?, 21, "LEAF_CHANGED");
    let mut swapped = lines.clone();
    swapped.swap(4, 5);
    is_at(&bench.audits(&tampered(&file, &swapped)?)?, 5, "LEAF_CHANGED");
    is_at(&bench.audits(&tampered(&file, &lines[..size - 3])?)?, size - 2, "EXPORT_TRUNCATED");
    let longer = [lines.as_slice(), &lines[..1]].concat();
    is_at(&bench.audits(&tampered(&file, &longer)?)?, size + 1, "EXPORT_TOO_LONG");
    let spaced = lines[3].replacen(':', ": ", 1);
    let mut loose = lines.clone();
    loose[3] = &spaced;
    let copy = tampered(&file, &loose)?;
    is_at(&bench.audits(&copy)?, 4, "LEAF_CHANGED");
    // Without the hashes of the operator, an auditor finds the same, or that the root differs.
    fs::remove_file(copy.with_added_extension("hashes"))?;
    is_at(&bench.audits(&copy)?, 4, "LEAF_NOT_CANONICAL");
    let copy = tampered(&file, &deleted)?;
    fs::remove_file(copy.with_added_extension("hashes"))?;
    assert_eq!(bench.audits(&copy)?.0, 3);

    // Rewritten, and signed again by somebody else.
    let (forger, _) = Signer::draw(ORIGIN)?;
    let copy = tampered(&file, &lines)?;
    let proof = copy.with_added_extension("proof");
    let mut manifest: Value = serde_json::from_str(&fs::read_to_string(&proof)?)?;
    let head = eventlog::proof::note::read(manifest["checkpoint"].as_str().context("a note")?)?;
    let resigned = eventlog::proof::note::sign(&head, &[forger]);
    manifest["checkpoint"] = resigned.into();
    fs::write(&proof, manifest.to_string())?;
    let (code, flaw) = bench.audits(&copy)?;
    assert_eq!((code, &flaw["code"]), (3, &"KEY_UNKNOWN".into()));
    fs::write(&proof, "{}")?;
    assert_eq!(bench.audits(&copy)?.0, 5, "this is no description of an export");

    let other = Signer::draw("essaim.test/other")?.0.verifier().to_string();
    let (code, flaw) = audit(&file, &other)?;
    assert_eq!((code, &flaw["code"]), (3, &"ORIGIN_DIFFERS".into()));
    assert_eq!(audit(&file, "not a key")?.0, 2);
    assert_eq!(audit(&bench.file("absent"), &bench.verifier)?.0, 5);
    Ok(())
}

/// What another implementation keeps of a tree.
struct Stored(Vec<tlog_tiles::Hash>);

impl tlog_tiles::HashReader for Stored {
    fn read_hashes(&self, at: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(at
            .iter()
            .map(|it| self.0[usize::try_from(*it).unwrap()])
            .collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_and_a_dossier_lead_to_the_same_root() -> anyhow::Result<()> {
    let bench = Bench::set("parts").await?;
    let all = bench.exports("all", &[])?;
    let (_, whole) = bench.audits(&all)?;
    let part = bench.exports("part", &["--first", "11", "--last", "50"])?;
    let (code, report) = bench.audits(&part)?;
    assert_eq!((code, &report["rootHash"]), (0, &whole["rootHash"]));
    let text = fs::read_to_string(&all)?;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(fs::read_to_string(&part)?.lines().collect::<Vec<_>>(), lines[10..50]);

    let dossiers = lines.iter().filter_map(|it| {
        let leaf: Value = serde_json::from_str(it).ok()?;
        Some(leaf["corr"].as_str()?.to_owned())
    });
    let dossier = dossiers.max().context("a dossier")?;
    let restricted = bench.exports("dossier", &["--dossier", &dossier])?;
    let (code, report) = bench.audits(&restricted)?;
    assert_eq!((code, &report["rootHash"]), (0, &whole["rootHash"]), "{report}");
    let shown = fs::read_to_string(&restricted)?;
    let (leaves, hidden): (Vec<_>, Vec<_>) = shown.lines().partition(|it| it.starts_with('{'));
    assert!(leaves.iter().all(|it| it.contains(&dossier)));
    assert_eq!(report["withheld"], hidden.len());
    assert!(leaves.len() > 5 && hidden.len() > 5);

    let proof = bench.file("a.tlog-proof");
    fs::write(&proof, bench.operates(&["log", "prove", "7"])?)?;
    let receipt = |line: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(eventlog::leaf::hash(line))
    };
    let check = |receipt: &str| -> anyhow::Result<Option<i32>> {
        let mut program = Command::new(essaim()?);
        let words = ["log", "check", "--key", &bench.verifier, "--receipt", receipt];
        Ok(program.env_clear().args(words).arg(&proof).status()?.code())
    };
    assert_eq!(check(&receipt(lines[6]))?, Some(0));
    assert_eq!(check(&receipt(lines[7]))?, Some(3));
    assert_eq!(check("nothing")?, Some(5));
    Ok(())
}

impl Bench {
    /// The database as it was some facts ago, as after a restore.
    async fn cut(&self, last: i64) -> anyhow::Result<()> {
        let mut db = self.database.admin().await?;
        db.execute("set session_replication_role = replica").await?;
        for table in ["event", "command"] {
            let statement = format!("delete from log.{table} where position > {last}");
            db.execute(sqlx::AssertSqlSafe(statement)).await?;
        }
        let statement = format!("delete from log.commit where last_position > {last}");
        db.execute(sqlx::AssertSqlSafe(statement)).await?;
        Ok(())
    }

    async fn ends(&self) -> anyhow::Result<Vec<i64>> {
        let pool = self.database.pool().await?;
        let all = sqlx::query_scalar("select last_position from log.commit order by 1 desc");
        Ok(all.fetch_all(&pool).await?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_is_refused_until_the_lost_facts_are_back() -> anyhow::Result<()> {
    let bench = Bench::set("replay").await?;
    let file = bench.exports("all", &[])?;
    let ends = bench.ends().await?;
    bench.cut(ends[6]).await?;
    let refused = bench.operator(ORIGIN, &["serve", "--format", "json"])?;
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    let said = String::from_utf8(refused.stderr)?;
    assert!(said.contains(&ends[0].to_string()) && said.contains(&ends[6].to_string()), "{said}");

    let path = file.to_str().context("a path")?;
    let key = bench.verifier.as_str();
    bench.operates(&["log", "replay", path, "--key", key])?;
    assert_eq!(bench.ends().await?[0], ends[0]);
    bench.database.log().await?.refuse_fork(None).await?;
    let again = bench.exports("again", &[])?;
    assert_eq!(fs::read(&again)?, fs::read(&file)?, "to the letter");
    let twice = bench.operates(&["log", "replay", path, "--key", key]);
    assert!(twice.is_ok(), "nothing is left to put back");
    Ok(())
}

/// A copy of the database takes over that lacks the last facts, with their signed head.
#[tokio::test(flavor = "multi_thread")]
async fn who_serves_a_log_that_loses_signed_facts_ends() -> anyhow::Result<()> {
    let bench = Bench::set("served").await?;
    let mut served = bench
        .program(ORIGIN, &["serve"])?
        .env("ESSAIM_LISTEN", "127.0.0.1:0")
        .env("ESSAIM_DRAIN_MS", "0")
        .stderr(Stdio::null())
        .spawn()?;
    // It has signed, and remembers what.
    while !bench.file("checkpoint").exists() {
        ensure!(served.try_wait()?.is_none(), "it serves");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bench.cut(bench.ends().await?[6]).await?;
    let mut db = bench.database.admin().await?;
    db.execute("update keeping.tree set size = 0, root = sha256(''); delete from keeping.tile")
        .await?;
    for _ in 0..600 {
        if let Some(ended) = served.try_wait()? {
            assert_eq!(ended.code(), Some(3));
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    served.kill()?;
    anyhow::bail!("it goes on")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_for_good_goes_on_under_another_name() -> anyhow::Result<()> {
    const NEW: &str = "essaim.test/second";
    let bench = Bench::set("reopen").await?;
    fs::write(bench.file("checkpoint"), bench.operates(&["log", "checkpoint"])?)?;
    let ends = bench.ends().await?;
    bench.cut(ends[6]).await?;
    let old = bench.file("checkpoint");
    let old = old.to_str().context("a path")?;
    let reopened = bench.operator(NEW, &["log", "reopen", "--checkpoint", old])?;
    assert!(reopened.status.success(), "{reopened:?}");

    let kek = eventlog::Kek::new([7; 32]);
    let pool = bench.database.pool().await?;
    let log = eventlog::EventLog::open(pool, bench.database.as_service(), NEW, kek).await?;
    log.refuse_fork(Some(&fs::read_to_string(old)?)).await?;
    let (signer, _) = Signer::draw(NEW)?;
    let key = signer.verifier().to_string();
    Integrator::new(log.clone(), [signer].into(), None)
        .step(STEP_MAX)
        .await?;
    let forks = log.forks().await?;
    assert_eq!((forks[0].origin.as_str(), forks[0].last.0), (ORIGIN, ends[6]));

    let file = bench.file("second");
    let path = file.to_str().context("a path")?;
    let exported = bench.operator(NEW, &["log", "export", path]);
    ensure!(exported?.status.success());
    let (code, report) = audit(&file, &key)?;
    assert_eq!((code, &report["size"]), (0, &ends[6].into()), "{report}");
    Ok(())
}
