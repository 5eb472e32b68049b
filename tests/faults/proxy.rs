//! Stands between the API and PostgreSQL, and cuts connections after some bytes, anywhere.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};

/// The socket's name, for a server on the usual port.
const SOCKET: &str = ".s.PGSQL.5432";

pub(crate) struct Proxy {
    pub(crate) folder: PathBuf,
    cutting: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Listens in a folder for the server whose socket is in another.
    pub(crate) fn start(folder: &Path, server: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let listener = UnixListener::bind(folder.join(SOCKET))?;
        let cutting = Arc::new(AtomicBool::new(false));
        let (cuts, seeds) = (cutting.clone(), Arc::new(AtomicU64::new(1)));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, cuts, seeds) = (server.join(SOCKET), cuts.clone(), seeds.clone());
                tokio::spawn(async move {
                    // A server that is down closes the door at once, as it would itself.
                    let Ok(server) = UnixStream::connect(server).await else { return };
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    tokio::select! {
                        _ = passes(from_client, to_server, &cuts, &seeds) => (),
                        _ = passes(from_server, to_client, &cuts, &seeds) => (),
                    }
                });
            }
        });
        Ok(Self { folder: folder.to_owned(), cutting, task })
    }

    pub(crate) fn cut(&self, cutting: bool) {
        self.cutting.store(cutting, Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Passes bytes on until one side ends, or, while cutting, until a number of bytes that differs
/// each time: in the middle of a message as well as between two.
async fn passes(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    cutting: &AtomicBool,
    seeds: &AtomicU64,
) -> io::Result<()> {
    let mut bytes = vec![0; 16 << 10];
    let mut left = 0;
    loop {
        let read = from.read(&mut bytes).await?;
        if read == 0 {
            return Ok(());
        }
        let mut passed = &bytes[..read];
        if cutting.load(Ordering::Relaxed) {
            if left == 0 {
                left = scattered(seeds.fetch_add(1, Ordering::Relaxed)) % 20_000;
            }
            left = left.saturating_sub(read as u64);
            if left == 0 {
                passed = &passed[..read / 2];
            }
        }
        to.write_all(passed).await?;
        if passed.len() < read {
            return Ok(());
        }
    }
}

/// As `SplitMix64` scatters a counter.
fn scattered(n: u64) -> u64 {
    let mut it = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    it ^ (it >> 31)
}
