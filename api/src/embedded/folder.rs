//! The server's folders: where they are, who may enter them, and who has taken them.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};

use rustix::fs::{Access, access, statvfs};

use super::{Error, account::Account, cannot};

const LOG_BYTES_MAX: u64 = 1 << 20;
/// A socket's whole path has 104 bytes on the narrowest system, and `/.s.PGSQL.5432` follows the folder.
const SOCKET_DIR_BYTES_MAX: usize = 88;
const MEMORY_FREE_BYTES_MIN: u64 = 2 << 30;

/// Where the demonstration keeps its database: `asked`, else `.data/pg` in the project that one stands in, else the machine's place for such data.
pub fn default_dir(asked: Option<PathBuf>) -> PathBuf {
    if let Some(dir) = asked {
        return dir;
    }
    let project = std::env::current_dir()
        .ok()
        .filter(|dir| dir.join("Cargo.toml").exists());
    if let Some(dir) = project.map(|dir| dir.join(".data/pg"))
        && Account::of_server(&dir.join("data"))
            .is_ok_and(|it| it.is_none_or(|it| it.first_closed_above(&dir.join("data")).is_none()))
    {
        return dir;
    }
    if rustix::process::geteuid().is_root() {
        return "/var/lib/essaim/pg".into();
    }
    std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".local/share")))
        .unwrap_or_else(std::env::temp_dir)
        .join("essaim/pg")
}

/// Where a server that may be forgotten is quickest: in memory when there is room, else the temporary folder.
/// Containers often give `/dev/shm` 64 MiB only.
pub fn scratch_dir() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let room = statvfs(memory)
        .is_ok_and(|fs| fs.f_bavail.saturating_mul(fs.f_frsize) >= MEMORY_FREE_BYTES_MIN);
    let writable = access(memory, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    if room && writable { memory.into() } else { std::env::temp_dir() }
}

/// The lock ends with the process, however it ends. The server does not inherit it.
pub(super) fn lock(dir: &Path) -> Result<fs::File, Error> {
    let path = dir.join("lock");
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(cannot("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::InUse { dir: dir.into() }),
        Err(fs::TryLockError::Error(source)) => Err(cannot("lock", &path)(source)),
    }
}

pub(super) fn socket_dir(dir: &Path) -> PathBuf {
    let near = dir.join("run");
    if near.as_os_str().len() <= SOCKET_DIR_BYTES_MAX {
        return near;
    }
    let mut hash = DefaultHasher::new();
    dir.hash(&mut hash);
    let uid = rustix::process::geteuid().as_raw();
    std::env::temp_dir().join(format!(".essaim-{uid}-{:x}", hash.finish()))
}

pub(super) fn private_dir(path: &Path, account: Option<&Account>) -> Result<(), Error> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let there = fs::symlink_metadata(path).map_err(cannot("look at", path))?;
            let me = rustix::process::geteuid().as_raw();
            let ours = there.uid() == me || account.is_some_and(|it| it.uid == there.uid());
            if !there.is_dir() || !ours {
                return Err(Error::Foreign { path: path.into() });
            }
        }
        made => made.map_err(cannot("create", path))?,
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(cannot("close", path))?;
    account.map_or(Ok(()), |it| {
        chown(path, Some(it.uid), Some(it.gid)).map_err(cannot("give away", path))
    })
}

pub(super) fn log_file(path: &Path) -> io::Result<fs::File> {
    let file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    if file.metadata()?.len() > LOG_BYTES_MAX {
        file.set_len(0)?;
    }
    Ok(file)
}

pub(super) fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}
