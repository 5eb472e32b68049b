//! Finds the programs of PostgreSQL on this machine, and prepares how they are called.

use std::{
    cmp::Reverse,
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Error, account::Account};

pub(super) const MAJOR_MIN: u32 = 15;
/// Bytewise order, so that no library's idea of French changes an index; `lower('É')` is right all the same.
pub(super) const LOCALE: &str = if cfg!(target_os = "linux") { "C.UTF-8" } else { "en_US.UTF-8" };

const USUAL: &[&str] = &[
    "/usr/lib/postgresql",
    "/opt/homebrew/opt",
    "/usr/local/opt",
    "/usr/local/pgsql",
    "/Applications/Postgres.app/Contents/Versions",
];

/// Where the programs are, when that is known (`ESSAIM_PG_BIN`, `ESSAIM_PG_LIB`). By default the usual folders and `PATH` are searched.
#[derive(Clone, Debug, Default)]
pub struct Binaries {
    /// The folder that holds `postgres` and `initdb`; no other is then looked at.
    pub bin: Option<PathBuf>,
    /// Folders of libraries that the system's loader does not know, joined by `:`.
    pub lib: Option<PathBuf>,
}

pub(super) struct Programs {
    bin: PathBuf,
    lib: Option<PathBuf>,
    setpriv: Option<&'static str>,
}

impl Binaries {
    /// The newest programs; or, for a database that exists, those of the major version that made it.
    pub(super) fn find(&self, dir: &Path, made_by: Option<u32>) -> Result<Programs, Error> {
        let mut found: Vec<(u32, PathBuf)> = self
            .places()
            .into_iter()
            .filter(|place| place.join("initdb").is_file())
            // `initdb` finds `postgres` beside itself, so a link in PATH is followed first.
            .filter_map(|place| Some(place.join("postgres").canonicalize().ok()?.parent()?.into()))
            .filter_map(|place: PathBuf| Some((self.major(&place)?, place)))
            .collect();
        found.sort_by_key(|(major, _)| Reverse(*major));
        let suits = |major| made_by.map_or(major >= MAJOR_MIN, |made_by| major == made_by);
        if let Some((_, bin)) = found.iter().find(|(major, _)| suits(*major)) {
            let (bin, lib) = (bin.clone(), self.lib.clone());
            return Ok(Programs { bin, lib, setpriv: setpriv() });
        }
        let seen: Vec<String> = found
            .iter()
            .map(|(major, bin)| format!("{major} in {}", bin.display()))
            .collect();
        let seen = if seen.is_empty() { "none".into() } else { seen.join(", ") };
        Err(match made_by {
            Some(major) => Error::OtherMajor { dir: dir.into(), major, seen },
            None => Error::NoPrograms { seen },
        })
    }

    /// A program that comes with the server, such as `pgbench`.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let places = self.places().into_iter();
        places.map(|it| it.join(name)).find(|it| it.is_file())
    }

    fn places(&self) -> Vec<PathBuf> {
        if let Some(bin) = &self.bin {
            return vec![bin.clone()];
        }
        let mut places = Vec::new();
        for usual in USUAL {
            places.push(Path::new(usual).join("bin"));
            let versions = fs::read_dir(usual).into_iter().flatten().flatten();
            places.extend(versions.map(|version| version.path().join("bin")));
        }
        places.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        places
    }

    fn major(&self, bin: &Path) -> Option<u32> {
        let mut postgres = Command::new(bin.join("postgres"));
        if let Some(lib) = &self.lib {
            postgres.env("LD_LIBRARY_PATH", lib);
        }
        let said = postgres
            .arg("--version")
            .stderr(Stdio::null())
            .output()
            .ok()?;
        // "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", "... 19devel"
        let said = String::from_utf8_lossy(&said.stdout);
        let version = said.split_once("(PostgreSQL) ")?.1;
        version
            .split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse()
            .ok()
    }
}

impl Programs {
    /// A call that ends with the thread that makes it. It gets none of our environment, which may hold secrets and `PG*` variables.
    pub(super) fn command(&self, name: &str, account: Option<&Account>, cwd: &Path) -> Command {
        let program = self.bin.join(name);
        let mut command = match self.setpriv {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "INT"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", LOCALE)
            .current_dir(cwd);
        if let Some(lib) = &self.lib {
            command.env("LD_LIBRARY_PATH", lib);
        }
        if let Some(account) = account {
            // The standard library also drops root's supplementary groups.
            command.uid(account.uid).gid(account.gid);
        }
        command
    }
}

/// Tying a child's life to ours needs `prctl` between `fork` and `exec`, which safe Rust cannot do and this program can.
fn setpriv() -> Option<&'static str> {
    ["/usr/bin/setpriv", "/bin/setpriv"]
        .into_iter()
        .find(|setpriv| {
            let mut probe = Command::new(setpriv);
            probe
                .args(["--pdeathsig", "INT", "true"])
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            probe.status().is_ok_and(|it| it.success())
        })
}
