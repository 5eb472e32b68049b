//! Whom the server runs as. PostgreSQL refuses root, so root lends it an ordinary account.

use std::{
    fmt, fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::Error;

#[derive(Debug)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// Nobody in particular unless we are root; then the owner of the database that is there, else `postgres`, else `nobody`.
    /// (`initdb` wants an account with a name, so a bare number would not do for a new database.)
    pub(super) fn of_server(data: &Path) -> Result<Option<Self>, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        if let Ok(there) = fs::metadata(data)
            && there.uid() != 0
        {
            return Ok(Some(Self { uid: there.uid(), gid: there.gid() }));
        }
        let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| Self::named(name, &accounts))
            .map(Some)
            .ok_or(Error::NoAccount)
    }

    fn named(name: &str, accounts: &str) -> Option<Self> {
        let line = accounts
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let mut fields = line.split(':').skip(1);
        let uid = fields.next()?.parse().ok().filter(|&uid| uid != 0)?;
        Some(Self { uid, gid: fields.next()?.parse().ok()? })
    }

    pub(super) fn first_closed_above(&self, path: &Path) -> Option<PathBuf> {
        path.ancestors()
            .skip(1)
            .find(|dir| {
                fs::metadata(dir).is_ok_and(|it| {
                    let own = it.uid() == self.uid && it.mode() & 0o100 != 0;
                    !own && it.mode() & 0o001 == 0
                })
            })
            .map(Path::to_path_buf)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.uid)
    }
}
