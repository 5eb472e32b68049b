//! A private PostgreSQL server, run as a child process from programs already on the machine.
//! Only a unix socket is opened, in a folder that nobody else may enter: there is no port to clash on and no password to keep.
//! As root the server drops to an ordinary account, since PostgreSQL refuses root.
//! It is for the demonstration and the tests; a service in production is given the URL of a server that somebody looks after.

mod account;
mod binaries;
mod folder;
mod process;

#[cfg(test)]
mod tests;

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::Duration,
};

use rustix::process::Signal;

use account::Account;
pub use binaries::Binaries;
use binaries::Programs;
pub use folder::{default_dir, scratch_dir};
use folder::{lock, log_file, private_dir, socket_dir, tail};
use process::{Server, Wait};

/// What a crash of the machine may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: every commit is on disk before it is acknowledged.
    Durable,
    /// Everything: nothing is flushed, and the folder is deleted when the server stops.
    Ephemeral,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {doing}")]
    Io { doing: String, source: io::Error },
    #[error(
        "no PostgreSQL {} or newer was found (seen: {seen}); `./dev setup` installs one, or let ESSAIM_PG_BIN name the folder that holds `postgres` and `initdb`",
        binaries::MAJOR_MIN
    )]
    NoPrograms { seen: String },
    #[error(
        "the database in {} was made by PostgreSQL {major}, which is not on this machine (seen: {seen}); install it, or delete the folder to start afresh",
        dir.display()
    )]
    OtherMajor { dir: PathBuf, major: u32, seen: String },
    #[error("another process already runs the database in {}; stop that one first, or choose another folder", dir.display())]
    InUse { dir: PathBuf },
    #[error("the database server runs as account {account}, which may not enter {}; choose a folder that it can reach, such as one under /var/lib", closed.display())]
    Closed { account: String, closed: PathBuf },
    #[error(
        "PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody` to run it as; create one"
    )]
    NoAccount,
    #[error("{} exists and belongs to somebody else; remove it, or choose another folder", path.display())]
    Foreign { path: PathBuf },
    #[error("`initdb` could not make a database:\n{output}")]
    InitDb { output: String },
    #[error("PostgreSQL stopped while it was starting; the end of {} says:\n{tail}", log.display())]
    Stopped { log: PathBuf, tail: String },
    #[error("PostgreSQL was not ready after {} s; {} may say why", READY_WITHIN.as_secs(), log.display())]
    NotReady { log: PathBuf },
    #[error("PostgreSQL did not stop within {} s and was stopped hard; it will recover at its next start", STOP_WITHIN.as_secs())]
    Unclean,
    #[error("a server left behind by a process that died does not stop; end process {pid} by hand")]
    Leftover { pid: i32 },
}

const READY_WITHIN: Duration = Duration::from_mins(2);
const STOP_WITHIN: Duration = Duration::from_mins(1);

const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "jit=off",
    "timezone=UTC",
    "log_line_prefix=%m [%p] ",
    "cluster_name=essaim",
];
const DURABLE: &[&str] = &["wal_level=replica", "wal_compression=on"];
const EPHEMERAL: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=4GB",
    "checkpoint_timeout=1h",
    "autovacuum=off",
    "shared_buffers=256MB",
];

/// A running server. Dropping it stops the server; [`Embedded::stop`] does so and tells how it went.
///
/// Where `setpriv` exists (util-linux, so nearly every Linux), the kernel shuts the server down cleanly when this process dies in any way, `kill -9` included.
/// That signal is tied to the *thread* that started the server, so each server has a thread of its own which lives exactly as long; `start` may be called from anywhere, short-lived threads included.
#[derive(Debug)]
pub struct Embedded {
    dir: PathBuf,
    sockets: PathBuf,
    durability: Durability,
    server: Option<Server>,
    /// Locked as long as this process lives: the sign that the folder is taken.
    _lock: fs::File,
}

impl Embedded {
    /// Starts the server of `dir`, which it makes when missing, and returns once connections are accepted.
    /// Blocks for about a second the first time, a fraction of one later.
    /// An [`Durability::Ephemeral`] folder must not exist yet, since it will be deleted.
    pub fn start(dir: &Path, durability: Durability, binaries: &Binaries) -> Result<Self, Error> {
        let made = match durability {
            Durability::Durable => fs::create_dir_all(dir),
            Durability::Ephemeral => fs::create_dir(dir),
        };
        let dir = made
            .and_then(|()| dir.canonicalize())
            .map_err(|source| Error::Io { doing: format!("create {}", dir.display()), source })?;
        let lock = lock(&dir)?;
        let sockets = socket_dir(&dir);
        let mut it = Self { dir, sockets, durability, server: None, _lock: lock };
        it.server = Some(it.boot(binaries)?);
        Ok(it)
    }

    /// A URL that sqlx and libpq understand. The superuser is `postgres`; so is a database that always exists.
    pub fn url(&self, user: &str, database: &str) -> String {
        let host = encoded(self.sockets.as_os_str().as_encoded_bytes());
        format!(
            "postgres:///{}?host={host}&user={}",
            encoded(database.as_bytes()),
            encoded(user.as_bytes())
        )
    }

    /// Cuts the connections and leaves nothing to recover.
    pub fn stop(mut self) -> Result<(), Error> {
        self.shut_down()
    }

    fn boot(&self, binaries: &Binaries) -> Result<Server, Error> {
        let data = self.dir.join("data");
        let account = Account::of_server(&data)?;
        if let Some(account) = &account {
            let open = fs::Permissions::from_mode(0o755);
            // A umask of 077 must not lock the server out of the folder root has just made for it.
            if fs::metadata(&self.dir).is_ok_and(|dir| dir.uid() == 0) {
                fs::set_permissions(&self.dir, open).map_err(cannot("open", &self.dir))?;
            }
            if let Some(closed) = account.first_closed_above(&data) {
                return Err(Error::Closed { account: account.to_string(), closed });
            }
        }
        process::stop_leftover(&data, STOP_WITHIN)?;
        let programs = binaries.find(&self.dir, made_by(&data))?;
        private_dir(&self.sockets, account.as_ref())?;
        if made_by(&data).is_none() {
            self.make(&data, &programs, account.as_ref())?;
        }
        // After `kill -9` of a server its sessions hold the shared memory for a moment.
        let mut patience = 20;
        loop {
            match self.spawn(&data, &programs, account.as_ref()) {
                Err(Error::Stopped { tail, .. })
                    if patience > 0 && tail.contains("shared memory block") =>
                {
                    patience -= 1;
                    thread::sleep(Duration::from_millis(250));
                }
                outcome => return outcome,
            }
        }
    }

    fn make(
        &self,
        data: &Path,
        programs: &Programs,
        account: Option<&Account>,
    ) -> Result<(), Error> {
        // Under another name first, so that an interrupted `initdb` leaves no half database.
        let new = self.dir.join("data.new");
        if new.exists() {
            fs::remove_dir_all(&new).map_err(cannot("remove", &new))?;
        }
        private_dir(&new, account)?;
        let mut initdb = programs.command("initdb", account, &new);
        initdb
            .args(["--username=postgres", "--auth-local=trust", "--auth-host=reject"])
            .args(["--encoding=UTF8", "--locale", binaries::LOCALE, "--data-checksums"])
            .args((self.durability == Durability::Ephemeral).then_some("--no-sync"))
            .arg("-D")
            .arg(&new)
            .stdin(Stdio::null());
        let done = initdb
            .output()
            .map_err(|source| Error::Io { doing: "run `initdb`".into(), source })?;
        if !done.status.success() {
            let output = String::from_utf8_lossy(&done.stderr).trim_end().to_owned();
            return Err(Error::InitDb { output });
        }
        fs::rename(&new, data).map_err(cannot("move the new database to", data))
    }

    fn spawn(
        &self,
        data: &Path,
        programs: &Programs,
        account: Option<&Account>,
    ) -> Result<Server, Error> {
        let log = self.dir.join("server.log");
        let (out, err) = log_file(&log)
            .and_then(|file| Ok((file.try_clone()?, file)))
            .map_err(cannot("open", &log))?;
        let mut postgres = programs.command("postgres", account, data);
        postgres.arg("-D").arg(data).arg("-k").arg(&self.sockets);
        let also = match self.durability {
            Durability::Durable => DURABLE,
            Durability::Ephemeral => EPHEMERAL,
        };
        for setting in SETTINGS.iter().chain(also) {
            postgres.arg("-c").arg(setting);
        }
        postgres.stdin(Stdio::null()).stdout(out).stderr(err);
        let mut server = Server::spawn(postgres)
            .map_err(|source| Error::Io { doing: "run `postgres`".into(), source })?;
        match server.wait_ready(data, READY_WITHIN) {
            Wait::Ready => Ok(server),
            Wait::Stopped => {
                let tail = tail(&log);
                Err(Error::Stopped { log, tail })
            }
            Wait::TooLong => {
                server.stop(Signal::QUIT, STOP_WITHIN);
                Err(Error::NotReady { log })
            }
        }
    }

    fn shut_down(&mut self) -> Result<(), Error> {
        let signal = match self.durability {
            Durability::Durable => Signal::INT,
            // Nothing will be read again, so nothing needs to be written.
            Durability::Ephemeral => Signal::QUIT,
        };
        let clean = self
            .server
            .take()
            .is_none_or(|server| server.stop(signal, STOP_WITHIN));
        if self.durability == Durability::Ephemeral {
            // What cannot be removed lies in memory or the temporary folder, and is swept later.
            let _ = fs::remove_dir_all(&self.sockets);
            let _ = fs::remove_dir_all(&self.dir);
        }
        if clean { Ok(()) } else { Err(Error::Unclean) }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // `stop` is for those who want to know.
        let _ = self.shut_down();
    }
}

/// The major version of the server that made the database, if there is one.
fn made_by(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn cannot<'a>(doing: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Error + 'a {
    move |source| Error::Io { doing: format!("{doing} {}", path.display()), source }
}

fn encoded(text: &[u8]) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_.".contains(&b);
    text.iter()
        .map(|&b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
