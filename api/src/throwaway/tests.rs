use std::{fs, path::PathBuf, process::ExitCode};

use super::{FOLDER, run, sweep};
use crate::embedded::{Binaries, scratch_dir};

fn run_sh(script: &str) -> ExitCode {
    let folder = |name| std::env::var_os(name).map(PathBuf::from);
    let binaries = Binaries { bin: folder("ESSAIM_PG_BIN"), lib: folder("ESSAIM_PG_LIB") };
    run(&["sh", "-c", script].map(String::from), &binaries).unwrap()
}

#[test]
fn the_command_gets_a_url_and_its_exit_code_comes_back() {
    let url = r#"case "$ESSAIM_TEST_DATABASE_URL" in postgres:///postgres?host=/*) exit 7;; esac"#;
    assert_eq!(run_sh(url), ExitCode::from(7));
    assert_eq!(run_sh("kill -KILL $$"), ExitCode::from(137));
    assert!(
        !scratch_dir()
            .join(format!("{FOLDER}{}", std::process::id()))
            .exists()
    );
}

#[test]
fn what_a_killed_run_left_is_swept_and_nothing_else() {
    let place = std::env::temp_dir().join(format!("essaim-sweep-{}", std::process::id()));
    // Linux hands out no number above 2^22.
    let (dead, own) = (format!("{FOLDER}2147483647"), format!("{FOLDER}{}", std::process::id()));
    for name in [dead.as_str(), own.as_str(), "essaim-throwaway-notes", "other"] {
        fs::create_dir_all(place.join(name)).unwrap();
    }
    sweep(&place);
    assert!(!place.join(dead).exists());
    assert_eq!(fs::read_dir(&place).unwrap().count(), 3);
    fs::remove_dir_all(place).unwrap();
}
