//! A PostgreSQL of its own, API processes as they are deployed, and the ways to hurt them.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use api::embedded::{Binaries, Durability, Embedded};
use eventlog::EventLog;
use house::{Visitor, deployed, essaim};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use crate::{
    clients::{self, Clients},
    proxy::Proxy,
    story::Story,
    verdict::{self, Stored},
};

const ORIGIN: &str = "essaim.test/faults";
/// Recovery after a crash, or a process that starts on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// A disk that a database and its journal just fit on.
const DISK: &str = "size=320m,mode=755";

/// What stands there.
pub(crate) struct Shape {
    pub(crate) apis: usize,
    pub(crate) clients: usize,
    /// Of each API, its writer's apart.
    pub(crate) connections: u32,
    /// Whether the server has a small disk of its own.
    pub(crate) disk: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self { apis: 1, clients: 12, connections: 8, disk: false }
    }
}

pub(crate) struct Cluster {
    place: PathBuf,
    shape: Shape,
    server: Option<Embedded>,
    /// As the superuser, straight to the server.
    admin: PgConnectOptions,
    proxy: Proxy,
    apis: Vec<Child>,
    visitors: Vec<Visitor>,
    next: Arc<AtomicU64>,
    pub(crate) story: Story,
}

impl Cluster {
    pub(crate) async fn start(name: &str, shape: Shape) -> anyhow::Result<Self> {
        let name = name.to_lowercase().replace(' ', "-");
        let place = std::env::temp_dir().join(format!("essaim-{name}-{}", std::process::id()));
        fs::create_dir_all(place.join("server"))?;
        if shape.disk {
            mount(&place.join("server"))?;
        }
        let server = started(&place).await?;
        let url = server.url("postgres", "essaim");
        EventLog::create_database(&url).await?;
        EventLog::migrate_at(&url, ORIGIN).await?;
        let admin: PgConnectOptions = url.parse()?;
        let socket = admin.get_socket().cloned().context("a socket")?;
        let proxy = Proxy::start(&place.join("proxy"), socket)?;
        let token = deployed::configure(&place, ORIGIN, &[9; 32])?.token;
        let mut cluster = Self {
            place,
            server: Some(server),
            admin,
            proxy,
            apis: vec![],
            visitors: vec![],
            next: Arc::default(),
            story: Story::default(),
            shape,
        };
        for _ in 0..cluster.shape.apis {
            let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
            let visitor = Visitor::at(&format!("http://{address}"), Some(&token));
            cluster.visitors.push(visitor);
            cluster.apis.push(cluster.api(&address.to_string())?);
        }
        cluster.heal().await?;
        clients::registers_shared(&cluster.visitors[0], &mut cluster.story).await?;
        Ok(cluster)
    }

    fn api(&self, address: &str) -> anyhow::Result<Child> {
        let lines = fs::File::options()
            .create(true)
            .append(true)
            .open(self.place.join("api.log"))?;
        let host = self.proxy.folder.display();
        Ok(Command::new(essaim()?)
            .arg("serve")
            .env_clear()
            .env("ESSAIM_CONFIG", self.place.join("essaim.toml"))
            .env("ESSAIM_LISTEN", address)
            // A few clients write as fast as they can.
            .env("ESSAIM_CALLER_POINTS", "0")
            .env(
                "ESSAIM_DATABASE_URL",
                format!("postgres:///essaim?host={host}&user=essaim_service"),
            )
            .env("ESSAIM_POOL_MAX", self.shape.connections.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(lines)
            .spawn()?)
    }

    pub(crate) fn clients(&self) -> Clients {
        Clients::begin(&self.visitors, self.shape.clients, &self.next)
    }

    pub(crate) fn kill_api(&mut self, which: usize) -> anyhow::Result<()> {
        self.apis[which].kill()?;
        self.apis[which].wait()?;
        Ok(())
    }

    /// A signal by its name.
    pub(crate) fn signal_api(&self, which: usize, name: &str) -> anyhow::Result<()> {
        kill(name, &[self.apis[which].id()])
    }

    /// The postmaster and all of its children, at once.
    pub(crate) fn kill_postgres(&mut self) -> anyhow::Result<()> {
        let pid = fs::read_to_string(self.place.join("server/data/postmaster.pid"))?;
        let postmaster: u32 = pid.lines().next().context("a pid")?.trim().parse()?;
        let mut all = vec![postmaster];
        for entry in fs::read_dir("/proc")?.flatten() {
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
            let Some((head, tail)) = stat.rsplit_once(')') else { continue };
            if tail.split_whitespace().nth(1) == Some(&postmaster.to_string())
                && let Some(pid) = head.split(' ').next().and_then(|it| it.parse().ok())
            {
                all.push(pid);
            }
        }
        kill("KILL", &all)
    }

    pub(crate) fn cut_connections(&self, cutting: bool) {
        self.proxy.cut(cutting);
    }

    /// An hour, as the log sees it: what it recorded last lies in the future.
    pub(crate) async fn clock_goes_back(&self) -> anyhow::Result<()> {
        let mut db = PgConnection::connect_with(&self.admin).await?;
        sqlx::raw_sql(
            "begin;
             select pg_advisory_xact_lock(7235409113468211);
             alter table log.commit disable trigger append_only;
             update log.commit set recorded_at = recorded_at + interval '1 hour'
             where commit_no = (select max(commit_no) from log.commit);
             alter table log.commit enable trigger append_only;
             commit",
        )
        .execute(&mut db)
        .await?;
        Ok(db.close().await?)
    }

    pub(crate) fn may_fill_a_disk() -> bool {
        let place = std::env::temp_dir().join(format!("essaim-disk-{}", std::process::id()));
        let may = fs::create_dir_all(&place).is_ok() && mount(&place).is_ok();
        if may {
            let _ = unmount(&place);
        }
        let _ = fs::remove_dir(&place);
        may
    }

    pub(crate) fn fill_the_disk(&self) -> anyhow::Result<()> {
        let mut file = fs::File::create(self.place.join("server/full"))?;
        // It ends when there is no room: that is what is wanted.
        let _ = std::io::copy(&mut std::io::repeat(0), &mut file);
        Ok(())
    }

    pub(crate) fn empty_the_disk(&self) -> anyhow::Result<()> {
        let told = fs::read_to_string(self.place.join("api.log"))?;
        ensure!(told.contains("No space left on device"), "the disk was never full");
        Ok(fs::remove_file(self.place.join("server/full"))?)
    }

    /// Starts again what has died, as a supervisor would, and waits until it answers.
    pub(crate) async fn heal(&mut self) -> anyhow::Result<()> {
        let since = Instant::now();
        while !self.postgres_answers().await {
            ensure!(since.elapsed() < PATIENCE, "PostgreSQL does not come back");
            // Its lock is freed before it is started again.
            drop(self.server.take());
            self.server = started(&self.place).await.ok();
        }
        for n in 0..self.apis.len() {
            let address = self.visitors[n].address().to_owned();
            if self.apis[n].try_wait()?.is_some() {
                self.apis[n] = self.api(&address)?;
            }
            loop {
                let ready = self.visitors[n].sends(http::Method::GET, "/health/ready", &[], "");
                if ready.await.is_ok_and(|it| it.status == 200) {
                    break;
                }
                if self.apis[n].try_wait()?.is_some() {
                    self.apis[n] = self.api(&address)?;
                }
                ensure!(since.elapsed() < PATIENCE, "an API does not come back: {}", self.lines());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    async fn postgres_answers(&self) -> bool {
        let connecting = PgConnection::connect_with(&self.admin);
        let connected = tokio::time::timeout(Duration::from_secs(2), connecting).await;
        matches!(connected, Ok(Ok(_)))
    }

    /// Whether everything that was lived so far is what the log holds.
    pub(crate) async fn verdict(&mut self) -> anyhow::Result<()> {
        let mut db = PgConnection::connect_with(&self.admin).await?;
        let stored = Stored::read(&mut db).await?;
        db.close().await?;
        self.story.facts = stored.facts.len();
        let faults = verdict::faults(&self.story, &stored);
        ensure!(faults.is_empty(), "{faults:#?}\n{}", self.lines());
        Ok(())
    }

    /// The last lines of the API.
    fn lines(&self) -> String {
        let text = fs::read_to_string(self.place.join("api.log")).unwrap_or_default();
        let from = text.lines().count().saturating_sub(30);
        text.lines().skip(from).collect::<Vec<_>>().join("\n")
    }

    /// Whether every answer is what the whole log says: each is built anew and compared.
    fn answers_hold(&self) -> anyhow::Result<()> {
        let host = self
            .admin
            .get_socket()
            .context("a socket")?
            .display()
            .to_string();
        let verified = Command::new(essaim()?)
            .args(["projections", "verify", "--all"])
            .env_clear()
            .env("ESSAIM_CONFIG", self.place.join("essaim.toml"))
            .env(
                "ESSAIM_DATABASE_URL",
                format!("postgres:///essaim?host={host}&user=essaim_service"),
            )
            .output()?;
        let said = String::from_utf8_lossy(&verified.stderr);
        ensure!(verified.status.success(), "{}: {said}", verified.status);
        Ok(())
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.answers_hold()?;
        for api in &mut self.apis {
            kill("TERM", &[api.id()])?;
            api.wait()?;
        }
        if let Some(server) = self.server.take() {
            tokio::task::spawn_blocking(|| server.stop()).await??;
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for api in &mut self.apis {
            let _ = api.kill();
            let _ = api.wait();
        }
        drop(self.server.take());
        if self.shape.disk {
            let _ = unmount(&self.place.join("server"));
        }
        let _ = fs::remove_dir_all(&self.place);
    }
}

async fn started(place: &Path) -> anyhow::Result<Embedded> {
    let place = place.join("server");
    let from = |name| std::env::var_os(name).map(Into::into);
    let binaries = Binaries { bin: from("ESSAIM_PG_BIN"), lib: from("ESSAIM_PG_LIB") };
    let start = move || Embedded::start(&place, Durability::Durable, &binaries);
    Ok(tokio::task::spawn_blocking(start).await??)
}

fn kill(signal: &str, processes: &[u32]) -> anyhow::Result<()> {
    let pids = processes.iter().map(ToString::to_string);
    let status = Command::new("kill")
        .arg(format!("-{signal}"))
        .args(pids)
        .stderr(Stdio::null())
        .status()?;
    // Those that have just ended cannot be told apart from those that one may not signal.
    ensure!(status.success() || processes.len() > 1, "kill -{signal}");
    Ok(())
}

fn mount(at: &Path) -> anyhow::Result<()> {
    called(
        Command::new("mount")
            .args(["-t", "tmpfs", "-o", DISK, "none"])
            .arg(at),
    )
}

fn unmount(at: &Path) -> anyhow::Result<()> {
    called(Command::new("umount").arg("--lazy").arg(at))
}

fn called(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "{command:?}");
    Ok(())
}
