//! Runs one command, in practice the tests, with a throw-away PostgreSQL around it: in memory where there is room, gone afterwards.

use std::{
    fs, io,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, ExitCode, ExitStatus},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    runtime,
    signal::unix::{Signal as Signals, SignalKind, signal},
    time::{sleep, timeout},
};

use crate::embedded::{Binaries, Durability, Embedded, Error, scratch_dir};

#[cfg(test)]
mod tests;

/// Holds the URL of the server, as its superuser, for the command.
pub const URL_VARIABLE: &str = "ESSAIM_TEST_DATABASE_URL";

const FOLDER: &str = "essaim-throwaway-";
const POLL: Duration = Duration::from_millis(20);
/// A terminal sends Ctrl-C to the command as well as to us; it is told again if it has not heeded it by then.
const HEEDS_WITHIN: Duration = Duration::from_secs(5);
const ENDS_WITHIN: Duration = Duration::from_secs(15);

/// Gives the exit code of the command; 128 and the signal's number when a signal ended it, or us.
/// To be called outside any runtime.
pub fn run(command: &[String], binaries: &Binaries) -> Result<ExitCode, Error> {
    let Some((program, arguments)) = command.split_first() else {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "no command was given");
        return Err(Error::Io { doing: "run a command with a database".into(), source });
    };
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::Io { doing: "start the runtime".into(), source })?;
    // Before the server starts, so that from its first file on nothing is left behind.
    let mut stops = {
        let _inside = runtime.enter();
        Stops::new().map_err(|source| Error::Io { doing: "listen for signals".into(), source })?
    };
    let place = scratch_dir();
    sweep(&place);
    let dir = place.join(format!("{FOLDER}{}", std::process::id()));
    let server = Embedded::start(&dir, Durability::Ephemeral, binaries)?;
    let mut child = Command::new(program)
        .args(arguments)
        .env(URL_VARIABLE, server.url("postgres", "postgres"))
        .spawn()
        .map_err(|source| Error::Io { doing: format!("run `{program}`"), source })?;
    let code = runtime
        .block_on(code(&mut child, &mut stops))
        .map_err(|source| Error::Io { doing: format!("wait for `{program}`"), source })?;
    server.stop()?;
    Ok(ExitCode::from(code))
}

struct Stops {
    interrupt: Signals,
    terminate: Signals,
    hang_up: Signals,
}

impl Stops {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::HUP,
        }
    }
}

async fn code(child: &mut Child, stops: &mut Stops) -> io::Result<u8> {
    let stopped = tokio::select! {
        status = ended(child) => return Ok(code_of(status?)),
        stopped = stops.next() => stopped,
    };
    let patience = if stopped == Signal::INT { HEEDS_WITHIN } else { Duration::ZERO };
    if timeout(patience, ended(child)).await.is_err() {
        // It may have ended this very moment, which is what is wanted.
        let _ = kill_process(Pid::from_child(child), Signal::TERM);
        if timeout(ENDS_WITHIN, ended(child)).await.is_err() {
            child.kill()?;
            child.wait()?;
        }
    }
    Ok(128 + u8::try_from(stopped.as_raw()).unwrap_or_default())
}

async fn ended(child: &mut Child) -> io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        sleep(POLL).await;
    }
}

fn code_of(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    u8::try_from(code).unwrap_or(1)
}

/// Deletes what runs left that were killed before they could: their process is gone, and so is its lock.
fn sweep(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name
            .to_str()
            .and_then(|name| name.strip_prefix(FOLDER)?.parse().ok());
        let Some(pid) = pid.filter(|&pid| pid > 0).and_then(Pid::from_raw) else { continue };
        let lives = rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH);
        let locked =
            fs::File::open(entry.path().join("lock")).is_ok_and(|lock| lock.try_lock().is_err());
        if !lives && !locked {
            // Somebody else's folder stays: it is theirs to sweep.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
