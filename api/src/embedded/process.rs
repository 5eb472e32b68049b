//! The server as a process: its start on a thread of its own, its readiness, its end, and the ones that a dead owner left.

use std::{
    fs, io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::Error;

const POLL: Duration = Duration::from_millis(5);
const LAST_RESORT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// The thread that the server is tied to waits for this end of the channel to go.
    _keeper: mpsc::Sender<()>,
}

pub(super) enum Wait {
    Ready,
    Stopped,
    TooLong,
}

impl Server {
    pub(super) fn spawn(mut command: Command) -> io::Result<Self> {
        // Its own group: Ctrl-C reaches us alone, we finish our work, then we stop the server.
        command.process_group(0);
        let (keeper, until_dropped) = mpsc::channel::<()>();
        let (started, start) = mpsc::channel();
        thread::Builder::new()
            .name("postgres".into())
            .spawn(move || {
                if started.send(command.spawn()).is_ok() {
                    let _ = until_dropped.recv();
                }
            })?;
        let child = start.recv().map_err(|_| io::ErrorKind::BrokenPipe)??;
        Ok(Self { child, _keeper: keeper })
    }

    /// Line 8 of `postmaster.pid` says `ready` once connections are accepted; line 1 says whose line that is.
    pub(super) fn wait_ready(&mut self, data: &Path, limit: Duration) -> Wait {
        let pid = self.child.id().to_string();
        let until = Instant::now() + limit;
        while Instant::now() < until {
            let text = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            let mut lines = text.lines().map(str::trim);
            if lines.next() == Some(&pid) && lines.nth(6) == Some("ready") {
                return Wait::Ready;
            }
            if self.ended() {
                return Wait::Stopped;
            }
            thread::sleep(POLL);
        }
        Wait::TooLong
    }

    /// Says whether it ended in time by that signal.
    pub(super) fn stop(mut self, signal: Signal, limit: Duration) -> bool {
        let pid = Pid::from_child(&self.child);
        let mut ends = |signal, limit| {
            // A process that is gone already cannot be told, and need not be.
            let _ = kill_process(pid, signal);
            within(limit, || self.ended())
        };
        ends(signal, limit) || {
            ends(Signal::QUIT, LAST_RESORT);
            false
        }
    }

    fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

/// The caller holds the folder's lock, so a server that still lives there has lost its owner: it is shutting down, or must be told to.
pub(super) fn stop_leftover(data: &Path, limit: Duration) -> Result<(), Error> {
    let file = data.join("postmaster.pid");
    let Some(pid) = fs::read_to_string(&file)
        .ok()
        .and_then(|text| first_pid(&text))
    else {
        return Ok(());
    };
    let proc = format!("/proc/{pid}");
    if !Path::new(&proc).exists() {
        // PostgreSQL clears away the mark of a dead server itself, and without /proc says why it does not start.
        return Ok(());
    }
    // Numbers are reused, above all in containers: ours is the one that was called with this folder.
    let ours = || {
        let words = fs::read(format!("{proc}/cmdline")).unwrap_or_default();
        words
            .split(|&byte| byte == 0)
            .any(|word| word == data.as_os_str().as_encoded_bytes())
    };
    if !ours() {
        return fs::remove_file(&file).map_err(super::cannot("remove", &file));
    }
    let _ = kill_process(pid, Signal::INT);
    if within(limit, || !ours()) { Ok(()) } else { Err(Error::Leftover { pid: pid.as_raw_pid() }) }
}

fn first_pid(text: &str) -> Option<Pid> {
    let pid: i32 = text.lines().next()?.trim().parse().ok()?;
    if pid > 0 { Pid::from_raw(pid) } else { None }
}

fn within(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + limit;
    loop {
        if done() {
            return true;
        }
        if Instant::now() > until {
            return false;
        }
        thread::sleep(POLL);
    }
}
