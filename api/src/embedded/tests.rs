//! Each test has a server of its own, in a folder of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{Binaries, Durability, Embedded, Error, process};

const OWNED_DIR: &str = "ESSAIM_TEST_OWNED_DIR";

fn binaries() -> Binaries {
    let folder = |name| std::env::var_os(name).map(PathBuf::from);
    Binaries { bin: folder("ESSAIM_PG_BIN"), lib: folder("ESSAIM_PG_LIB") }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let it = super::scratch_dir().join(format!("essaim-unit-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&it);
        Self(it)
    }

    fn start(&self) -> Result<Embedded, Error> {
        Embedded::start(&self.0, Durability::Durable, &binaries())
    }

    fn postmaster(&self) -> Pid {
        let text = fs::read_to_string(self.0.join("data/postmaster.pid")).unwrap();
        Pid::from_raw(text.lines().next().unwrap().parse().unwrap()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn ask(server: &Embedded, sql: &str) -> String {
    let programs = binaries().find(&server.dir, None).unwrap();
    let mut psql = programs.command("psql", None, &server.dir);
    psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, "-d"]);
    let said = psql
        .arg(server.url("postgres", "postgres"))
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

#[test]
fn rows_outlive_a_stop_and_no_port_is_open() {
    let folder = Folder::new("stop");
    let server = folder.start().unwrap();
    ask(&server, "create table kept as select 7 as seven");
    assert_eq!(ask(&server, "show listen_addresses"), "");
    assert_eq!(ask(&server, "show fsync"), "on");
    server.stop().unwrap();
    assert!(!folder.0.join("data/postmaster.pid").exists());
    let server = folder.start().unwrap();
    assert_eq!(ask(&server, "select seven from kept"), "7");
}

#[test]
fn rows_outlive_a_killed_server() {
    let folder = Folder::new("killed");
    let server = folder.start().unwrap();
    ask(&server, "create table kept as select 7 as seven");
    kill_process(folder.postmaster(), Signal::KILL).unwrap();
    drop(server);
    let server = folder.start().unwrap();
    assert_eq!(ask(&server, "select seven from kept"), "7");
}

#[test]
fn a_killed_owner_leaves_no_server_in_the_way() {
    let folder = Folder::new("owner");
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "embedded::tests::owns_a_server_until_killed"])
        .env(OWNED_DIR, &folder.0)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let born = folder.0.join("born");
    while !born.exists() {
        assert!(owner.try_wait().unwrap().is_none(), "the owner ended early");
        thread::sleep(Duration::from_millis(20));
    }
    let orphan = folder.postmaster();
    owner.kill().unwrap();
    owner.wait().unwrap();
    let server = folder.start().unwrap();
    assert_ne!(folder.postmaster(), orphan);
    assert_eq!(ask(&server, "select seven from kept"), "7");
}

#[test]
#[ignore = "the other half of a_killed_owner_leaves_no_server_in_the_way, which calls it"]
fn owns_a_server_until_killed() {
    let Some(dir) = std::env::var_os(OWNED_DIR).map(PathBuf::from) else { return };
    // On a thread that ends: the server must not end with it.
    let start = thread::spawn({
        let dir = dir.clone();
        move || Embedded::start(&dir, Durability::Durable, &binaries())
    });
    let server = start.join().unwrap().unwrap();
    thread::sleep(Duration::from_millis(100));
    ask(&server, "create table kept as select 7 as seven");
    fs::write(dir.join("born"), "").unwrap();
    thread::sleep(Duration::from_mins(1));
}

#[test]
fn a_folder_has_one_owner_at_a_time() {
    let folder = Folder::new("taken");
    let server = folder.start().unwrap();
    assert!(matches!(folder.start(), Err(Error::InUse { .. })));
    assert_eq!(ask(&server, "select 1"), "1");
}

#[test]
fn a_mark_with_the_number_of_another_process_is_cleared_away() {
    let folder = Folder::new("reused");
    folder.start().unwrap().stop().unwrap();
    let mark = folder.0.join("data/postmaster.pid");
    fs::write(&mark, format!("{}\n{}\n", std::process::id(), folder.0.display())).unwrap();
    process::stop_leftover(&folder.0.join("data"), Duration::ZERO).unwrap();
    assert!(!mark.exists());
}

#[test]
fn a_half_made_database_is_made_anew() {
    let folder = Folder::new("half");
    fs::create_dir_all(folder.0.join("data.new/base")).unwrap();
    assert_eq!(ask(&folder.start().unwrap(), "select 1"), "1");
}

#[test]
fn an_ephemeral_folder_is_new_and_goes_with_the_server() {
    let folder = Folder::new("ephemeral");
    let start = || Embedded::start(&folder.0, Durability::Ephemeral, &binaries());
    let server = start().unwrap();
    assert_eq!(ask(&server, "show fsync"), "off");
    server.stop().unwrap();
    assert!(!folder.0.exists());
    fs::create_dir(&folder.0).unwrap();
    fs::write(folder.0.join("precious"), "").unwrap();
    assert!(matches!(start(), Err(Error::Io { .. })));
    assert!(folder.0.join("precious").exists());
}

#[test]
fn a_deep_folder_keeps_its_socket_elsewhere() {
    let folder = Folder::new("deep");
    let deep = Folder(folder.0.join("d".repeat(90)));
    let server = deep.start().unwrap();
    assert!(!server.sockets.starts_with(&folder.0));
    assert_eq!(ask(&server, "select 1"), "1");
    let sockets = server.sockets.clone();
    server.stop().unwrap();
    fs::remove_dir_all(sockets).unwrap();
}

#[test]
fn without_programs_the_message_says_what_to_do() {
    let folder = Folder::new("none");
    let nowhere = Binaries { bin: Some("/nowhere".into()), lib: None };
    let refused = Embedded::start(&folder.0, Durability::Durable, &nowhere).unwrap_err();
    assert!(refused.to_string().contains("./dev setup"), "{refused}");
}

#[test]
fn a_database_of_another_major_is_left_alone() {
    let folder = Folder::new("major");
    fs::create_dir_all(folder.0.join("data")).unwrap();
    fs::write(folder.0.join("data/PG_VERSION"), "9\n").unwrap();
    assert!(matches!(folder.start(), Err(Error::OtherMajor { major: 9, .. })));
}

#[test]
fn a_folder_asked_for_is_the_default() {
    assert_eq!(super::default_dir(Some("/asked".into())), Path::new("/asked"));
}
