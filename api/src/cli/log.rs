//! `essaim log`: what an operator gives out of the log, and what an auditor makes of it. `verify`,
//! `check` and `key` ask no database and no settings.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use api::config::{Problem, Settings};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use clap::{Args, Subcommand};
use eventlog::{
    EventLog, Position,
    leaf::{self, BYTES_MAX},
    proof::{
        Audit, Flaw, Hash, Head, Inclusion, Manifest, Refused, Report, Signer, VerifierKey,
        export::{Reason, withheld},
        tree::Frontier,
    },
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Failure, open,
    output::{Format, Progress, say, tell},
    runtime,
};

/// Leaves read at once.
const PAGE: u64 = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum Word {
    /// Writes leaves into FILE, what proves them into FILE.proof and FILE.hashes.
    Export {
        /// The file of leaves: one a line.
        file: PathBuf,
        /// The first position.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
        first: u64,
        /// The last position; by default the last that is signed.
        #[arg(long)]
        last: Option<u64>,
        /// Shows the facts of one dossier (the UUID of the ingénierie); the others are given as
        /// hashes. For those who may read the dossier.
        #[arg(long)]
        dossier: Option<Uuid>,
    },
    /// Checks an export without asking anyone. Exit code 3 when it does not hold.
    Verify {
        /// The file of leaves; FILE.proof stands beside it, and FILE.hashes if it was kept.
        file: PathBuf,
        #[command(flatten)]
        trust: Trust,
    },
    /// Prints the last signed checkpoint.
    Checkpoint,
    /// Prints the proof that the fact at a position is in the log.
    Prove {
        /// Where the fact stands.
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        position: i64,
    },
    /// Checks a proof without asking anyone. Exit code 3 when it does not hold.
    Check {
        /// The proof, as `prove` or `/log/v0/proof/POSITION` gave it.
        file: PathBuf,
        /// The receipt of the fact: what a mutation answered. One in 64 begins with a hyphen.
        #[arg(long, allow_hyphen_values = true)]
        receipt: String,
        #[command(flatten)]
        trust: Trust,
    },
    /// Draws a signing key for the log of the settings: the secret, then what verifiers hold.
    Key,
    /// After a restore: puts back the leaves that an export has and the log has lost.
    Replay {
        /// The file of leaves of a whole export.
        file: PathBuf,
        #[command(flatten)]
        trust: Trust,
    },
    /// After a loss for good: lets the log go on under the name of the settings. Needs the role
    /// that owns the log.
    Reopen {
        /// The last checkpoint signed under the old name.
        #[arg(long)]
        checkpoint: PathBuf,
    },
}

/// Whom the auditor believes.
#[derive(Debug, Args)]
pub(super) struct Trust {
    /// A key of the log (`name+id+key`), which you got another way. Twice while keys change.
    #[arg(long = "key", required = true)]
    keys: Vec<VerifierKey>,
}

impl Trust {
    fn origin(&self) -> &str {
        self.keys.first().map_or("", VerifierKey::name)
    }
}

/// Whether the log is not what was signed.
pub(super) fn is_broken(error: &eventlog::Error) -> bool {
    use eventlog::Error;
    matches!(error, Error::Forked { .. } | Error::Hole(_) | Error::Proof(Refused::Forked))
}

pub(super) fn run(
    word: Word,
    settings: &dyn Fn() -> Result<Settings, Problem>,
    format: Format,
) -> Result<ExitCode, Failure> {
    match word {
        Word::Verify { file, trust } => {
            return Ok(conclude(&audit(&file, &trust, |_, _| ())?, format));
        }
        Word::Check { file, receipt, trust } => return check(&file, &receipt, &trust, format),
        Word::Key => key(&settings()?.log_origin, format)?,
        Word::Reopen { checkpoint } => {
            let settings = settings()?;
            let url = settings.migration_database_url.as_ref();
            let url = url.ok_or(Failure::Needed("ESSAIM_MIGRATION_DATABASE_URL"))?;
            let note = read(&checkpoint)?;
            let origin = &settings.log_origin;
            runtime()?.block_on(EventLog::reopen_at(url.expose_secret(), origin, &note))?;
            tell(&format!("the log goes on as {origin}: draw a key of that name"));
        }
        Word::Export { file, first, last, dossier } => {
            let span = Span { first, last, dossier };
            with_log(settings, async |log| export(log, &file, &span, format).await)?;
        }
        Word::Checkpoint => with_log(settings, async |log| {
            say(log.checkpoint().await?.note.trim_end());
            Ok(())
        })?,
        Word::Prove { position } => with_log(settings, async |log| {
            let (proof, ..) = log.inclusion(Position(position)).await?;
            say(proof.to_string().trim_end());
            Ok(())
        })?,
        Word::Replay { file, trust } => {
            let mut code = ExitCode::SUCCESS;
            with_log(settings, async |log| {
                code = replay(log, &file, &trust, format).await?;
                Ok(())
            })?;
            return Ok(code);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn with_log(
    settings: &dyn Fn() -> Result<Settings, Problem>,
    work: impl AsyncFnOnce(&EventLog) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let settings = settings()?;
    runtime()?.block_on(async {
        let house = open(&settings).await?;
        let done = work(&house.log).await;
        house.close().await;
        done
    })
}

/// What to export.
struct Span {
    first: u64,
    last: Option<u64>,
    dossier: Option<Uuid>,
}

async fn export(log: &EventLog, file: &Path, span: &Span, format: Format) -> Result<(), Failure> {
    let signed = log.checkpoint().await?;
    let size = signed.head.size;
    let (first, last) = (span.first, span.last.unwrap_or(size));
    if last > size || first > last + 1 {
        return Err(eventlog::Error::from(Refused::BeyondTree).into());
    }
    let (left, right) = (log.covering(0..first - 1).await?, log.covering(last..size).await?);
    let forks = log.forks().await?;
    let mut manifest = Manifest::new((first, last), signed.note, (&left, &right), forks);
    let mut lines = BufWriter::new(File::create(file)?);
    let mut hashes = BufWriter::new(File::create(beside(file, "hashes"))?);
    let progress = Progress::new("export");
    let mut at = first - 1;
    while at < last {
        for it in log.leaves_after(at, PAGE.min(last - at)).await? {
            at += 1;
            if it.position.0.unsigned_abs() != at {
                return Err(eventlog::Error::Hole(it.position).into());
            }
            if span
                .dossier
                .is_none_or(|dossier| it.dossier == Some(dossier))
            {
                writeln!(lines, "{}", it.leaf)?;
            } else {
                manifest.withheld += 1;
                writeln!(lines, "{}", withheld(&it.hash))?;
            }
            hashes.write_all(&it.hash)?;
        }
        progress.tell(signed_count(at), signed_count(last));
    }
    progress.end();
    lines.flush()?;
    hashes.flush()?;
    let text = manifest.text().map_err(eventlog::Error::from)?;
    fs::write(beside(file, "proof"), text + "\n")?;
    match format {
        Format::Json => say(&json!({
            "file": file.display().to_string(),
            "first": first,
            "last": last,
            "withheld": manifest.withheld,
            "size": size,
        })
        .to_string()),
        Format::Table => say(&format!(
            "positions {first} to {last} of {size}, {} withheld, in {}",
            manifest.withheld,
            file.display()
        )),
    }
    Ok(())
}

/// `FILE.proof`, `FILE.hashes`.
fn beside(file: &Path, extension: &str) -> PathBuf {
    file.with_added_extension(extension)
}

/// Reads an export line by line. `each` hears of every line that holds, with its position.
fn audit(
    file: &Path,
    trust: &Trust,
    mut each: impl FnMut(u64, &str),
) -> Result<Result<Report, Flaw>, Failure> {
    let proof = beside(file, "proof");
    let manifest = Manifest::parse(&read(&proof)?).map_err(|it| input(&proof, &it))?;
    let (first, last) = (manifest.first, manifest.last);
    let whole = |why: Refused| Flaw { position: None, why: why.into() };
    let mut audit = match Audit::of(manifest, &trust.keys) {
        Ok(audit) => audit,
        Err(Refused::ManifestMalformed) => return Err(input(&proof, &Refused::ManifestMalformed)),
        Err(Refused::Note) => return Err(input(&proof, &Refused::Note)),
        Err(why) => return Ok(Err(whole(why))),
    };
    let mut lines = Lines::of(file)?;
    let mut hashes = File::open(beside(file, "hashes")).ok().map(BufReader::new);
    let progress = Progress::new("verify");
    let mut at = first;
    while let Some(line) = lines.next().map_err(|it| input(file, &it))? {
        let mut told: Hash = [0; 32];
        let known = hashes
            .as_mut()
            .is_some_and(|it| it.read_exact(&mut told).is_ok());
        let text = std::str::from_utf8(line);
        let text = text.map_err(|_| Flaw { position: Some(at), why: Reason::NotCanonical });
        let checked = text.and_then(|it| {
            audit.line(it, known.then_some(told))?;
            each(at, it);
            Ok(())
        });
        if let Err(flaw) = checked {
            progress.end();
            return Ok(Err(flaw));
        }
        if at % PAGE == 0 {
            progress.tell(signed_count(at - first), signed_count(last - first));
        }
        at += 1;
    }
    progress.end();
    Ok(audit.end())
}

/// Lines without their line feeds, none longer than it takes to see that it is too long.
struct Lines {
    file: BufReader<File>,
    line: Vec<u8>,
}

impl Lines {
    fn of(file: &Path) -> Result<Self, Failure> {
        let file = File::open(file).map_err(|it| input(file, &it))?;
        Ok(Self { file: BufReader::new(file), line: vec![] })
    }

    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        let bytes_max = u64::try_from(BYTES_MAX + 2).unwrap_or(u64::MAX);
        let read = self
            .file
            .by_ref()
            .take(bytes_max)
            .read_until(b'\n', &mut self.line)?;
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        Ok((read > 0).then_some(line))
    }
}

fn conclude(audited: &Result<Report, Flaw>, format: Format) -> ExitCode {
    let (table, value) = match audited {
        Ok(it) => (
            format!(
                "it holds: {}, positions {} to {} of the {} signed, {} withheld, {} streams",
                it.head.origin, it.first, it.last, it.head.size, it.withheld, it.streams
            ),
            json!({
                "ok": true,
                "origin": it.head.origin,
                "size": it.head.size,
                "rootHash": STANDARD.encode(it.head.root),
                "first": it.first,
                "last": it.last,
                "withheld": it.withheld,
                "streams": it.streams,
            }),
        ),
        Err(it) => (
            match it.position {
                Some(position) => format!("it does not hold, at position {position}: {}", it.why),
                None => format!("it does not hold: {}", it.why),
            },
            broken(it.position, it.why.code(), &it.why),
        ),
    };
    print(&table, &value, format);
    if audited.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(3) }
}

fn broken(position: Option<u64>, code: &str, reason: &dyn std::fmt::Display) -> Value {
    json!({ "ok": false, "position": position, "code": code, "reason": reason.to_string() })
}

fn print(table: &str, value: &Value, format: Format) {
    match format {
        Format::Table => say(table),
        Format::Json => say(&value.to_string()),
    }
}

fn check(file: &Path, receipt: &str, trust: &Trust, format: Format) -> Result<ExitCode, Failure> {
    let proof: Inclusion = read(file)?
        .parse()
        .map_err(|it: Refused| input(file, &it))?;
    let leaf = URL_SAFE_NO_PAD
        .decode(receipt)
        .ok()
        .and_then(|it| it.try_into().ok());
    let leaf: Hash = leaf.ok_or_else(|| Failure::Input {
        file: PathBuf::from("--receipt"),
        reason: "expected 32 bytes in base64url".to_owned(),
    })?;
    Ok(match proof.verify(&leaf, trust.origin(), &trust.keys) {
        Ok(Head { origin, size, .. }) => {
            let position = proof.index + 1;
            print(
                &format!("it holds: position {position} of the {size} signed of {origin}"),
                &json!({ "ok": true, "origin": origin, "size": size, "position": position }),
                format,
            );
            ExitCode::SUCCESS
        }
        Err(why) => {
            print(&format!("it does not hold: {why}"), &broken(None, why.code(), &why), format);
            ExitCode::from(3)
        }
    })
}

fn key(origin: &str, format: Format) -> Result<(), Failure> {
    let (signer, secret) = Signer::draw(origin).map_err(eventlog::Error::from)?;
    let (secret, verifier) = (secret.expose_secret(), signer.verifier());
    print(
        &format!("{secret}\n{verifier}"),
        &json!({ "signingKey": secret, "verifierKey": verifier.to_string() }),
        format,
    );
    Ok(())
}

/// Puts back what follows the head of the log, one command at a time, once the export is known
/// to hold and to begin as the log does.
async fn replay(
    log: &EventLog,
    file: &Path,
    trust: &Trust,
    format: Format,
) -> Result<ExitCode, Failure> {
    let (head, _) = log.newest().await?;
    let after = head.0.unsigned_abs();
    let mut common = Frontier::default();
    let audited = audit(file, trust, |position, line| {
        if position <= after {
            common.push(leaf::hash(line), |_, _| ());
        }
    })?;
    let Ok(report) = &audited else { return Ok(conclude(&audited, format)) };
    if report.first > 1 || report.withheld > 0 || report.last < after {
        return Err(input(file, &"a whole export is needed, longer than the log"));
    }
    if log.root_at(after).await? != common.root() {
        return Err(eventlog::Error::from(Refused::Forked).into());
    }
    let mut command = (String::new(), vec![]);
    let mut lines = Lines::of(file)?;
    let mut position = 0;
    while let Some(line) = lines.next()? {
        position += 1;
        if position <= after {
            continue;
        }
        let leaf = String::from_utf8_lossy(line).into_owned();
        let of: Value = serde_json::from_str(&leaf).unwrap_or_default();
        let of = of["cmd"].as_str().unwrap_or_default().to_owned();
        if of != command.0 {
            put_back(log, &mut command.1).await?;
            command.0 = of;
        }
        command.1.push(leaf);
    }
    put_back(log, &mut command.1).await?;
    tell(&format!("positions {} to {} are back", after + 1, report.last));
    tell("commands sent again will be told COMMAND_ID_REUSED; claims did not come back");
    Ok(ExitCode::SUCCESS)
}

async fn put_back(log: &EventLog, leaves: &mut Vec<String>) -> Result<(), Failure> {
    if !leaves.is_empty() {
        log.replay(leaves).await?;
        leaves.clear();
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|it| input(file, &it))
}

fn input(file: &Path, reason: &dyn std::fmt::Display) -> Failure {
    Failure::Input { file: file.to_owned(), reason: reason.to_string() }
}

fn signed_count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
