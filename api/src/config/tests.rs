use std::fs;

use super::*;

fn from(variables: &[(&str, &str)]) -> Result<Settings, Problem> {
    Settings::from(None, owned(variables))
}

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    variables.iter().map(pair).collect()
}

/// A file of settings, gone with the value.
struct File(PathBuf);

impl File {
    fn of(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("essaim-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn the_environment_has_the_last_word_over_the_file_over_the_defaults() {
    let file = File::of("layers.toml", "pool_max = 3\ndrain_ms = 7\n");
    let settings =
        Settings::from(Some(&file.0), owned(&[("ESSAIM_POOL_MAX", "5"), ("HOME", "/")])).unwrap();
    assert_eq!((settings.pool_max, settings.drain_ms, settings.grace_ms), (5, 7, 20_000));
    let origin = |name: &str| {
        let all = settings.describe();
        all.into_iter().find(|it| it.name == name).unwrap().origin
    };
    assert_eq!(origin("pool_max"), Origin::Environment);
    assert_eq!(origin("drain_ms"), Origin::File(file.0.clone()));
    assert_eq!(origin("grace_ms"), Origin::Default);
}

#[test]
fn lists_and_issuers_can_be_written_in_a_variable() {
    let settings = from(&[
        ("ESSAIM_CORS_ORIGINS", "https://a.fr, https://b.fr"),
        (
            "ESSAIM_ISSUERS",
            "[{issuer=\"https://id.fr\", audience=\"essaim\", jwks_file=\"/keys\", role_claim=\"r\"}]",
        ),
    ])
    .unwrap();
    assert_eq!(settings.cors_origins, ["https://a.fr", "https://b.fr"]);
    let issuer = &settings.issuers[0];
    assert_eq!((issuer.role_claim.as_str(), issuer.dlas_claim.as_str()), ("r", "dlas"));
}

#[test]
fn an_issuer_is_declared_in_its_own_words() {
    let file = File::of(
        "issuers.toml",
        r#"
        [[issuers]]
        issuer = "https://id.fr/realms/dla"
        audience = "essaim"
        role_claim = "/realm_access/roles"
        default_role = "FINANCEUR"
        [issuers.roles]
        "dla-charge" = "CHARGE_DE_MISSION"
        "#,
    );
    let settings = Settings::from(Some(&file.0), []).unwrap();
    let issuer = &settings.issuers[0];
    assert_eq!(issuer.roles["dla-charge"], domain::RoleName::ChargeDeMission);
    assert_eq!(issuer.default_role, Some(domain::RoleName::Financeur));
    let shown = settings.describe();
    let shown = shown.iter().find(|it| it.name == "issuers").unwrap();
    let told = "https://id.fr/realms/dla (audience essaim, keys: discovery)";
    assert_eq!(shown.value, told);
}

#[test]
fn an_issuer_that_cannot_be_trusted_is_refused() {
    let issuer = |more: &str| {
        let table = format!("[{{issuer=\"https://id.fr\", audience=\"essaim\"{more}}}]");
        from(&[("ESSAIM_ISSUERS", &table)])
            .err()
            .map(|it| it.to_string())
    };
    assert_eq!(issuer(""), None);
    for (more, why) in [
        (", jwks_file=\"/k\", jwks_url=\"https://id.fr/k\"", "not both"),
        (", jwks_url=\"http://id.fr/k\"", "`https` address"),
        (", jwks_file=\"/k\", ca_file=\"/c\"", "only where keys are fetched"),
        (", jwks_url=\"k\"", "`https` address"),
        (", default_role=\"ADMIN\"", "neither HOUSE nor ADMIN"),
        (", default_role=\"KING\"", "expected one of"),
        (", roles={maison=\"HOUSE\"}", "nobody becomes HOUSE"),
    ] {
        let no = issuer(more).unwrap();
        assert!(no.contains(why), "{more}: {no}");
    }
    let plain = [("ESSAIM_ISSUERS", "[{issuer=\"http://id.fr\", audience=\"essaim\"}]")];
    assert!(from(&plain).is_err());
}

#[test]
fn proxies_are_named_by_address() {
    let settings = from(&[("ESSAIM_TRUSTED_PROXIES", "10.0.0.0/8, ::1")]).unwrap();
    assert_eq!(settings.trusted_proxies().unwrap().len(), 2);
    assert!(from(&[("ESSAIM_TRUSTED_PROXIES", "proxy.local")]).is_err());
}

#[test]
fn secrets_are_shown_nowhere() {
    let kek = STANDARD.encode([7; 32]);
    let url = "postgres://essaim:secret@db/essaim";
    let settings = from(&[("ESSAIM_KEK", &kek), ("DATABASE_URL", url)]).unwrap();
    let shown = format!("{settings:?} {:?}", settings.describe());
    assert!(!shown.contains("secret@") && !shown.contains(&kek));
    assert!(settings.describe().iter().any(|it| it.value == "********"));
    assert_eq!(settings.kek().unwrap().unwrap().id(), Kek::new([7; 32]).id());
}

#[test]
fn our_database_variable_has_the_last_word() {
    for pair in [["DATABASE_URL", "ESSAIM_DATABASE_URL"], ["ESSAIM_DATABASE_URL", "DATABASE_URL"]] {
        let settings = from(&pair.map(|it| (it, it))).unwrap();
        assert_eq!(settings.database_url.unwrap().expose_secret(), "ESSAIM_DATABASE_URL");
    }
}

#[test]
fn a_problem_names_the_variable_and_what_is_expected() {
    let said = |name, value| from(&[(name, value)]).unwrap_err().to_string();
    assert_eq!(
        said("ESSAIM_POOL_MAX", "many"),
        "pool_max (ESSAIM_POOL_MAX) from environment: expected u32"
    );
    assert_eq!(
        said("ESSAIM_LOG_FORMAT", "xml"),
        "log_format (ESSAIM_LOG_FORMAT) from environment: expected one of text, json"
    );
    assert_eq!(
        said("ESSAIM_KEK", "c2VjcmV0"),
        "kek (ESSAIM_KEK) from environment: expected 32 bytes in base64, as `openssl rand -base64 32` prints them"
    );
    assert_eq!(
        said("ESSAIM_LISTENN", "x"),
        "listenn (ESSAIM_LISTENN) from environment is not a setting: `essaim config` lists them"
    );
    assert!(said("ESSAIM_LISTEN", "8080").contains("ESSAIM_LISTEN"));
    assert!(said("ESSAIM_CORS_ORIGINS", "https://a.fr/path").contains("without a path"));
}

#[test]
fn a_file_that_is_not_there_or_not_toml_is_said() {
    let absent = Settings::from(Some(Path::new("/nowhere.toml")), []).unwrap_err();
    assert_eq!(absent.to_string(), "the file /nowhere.toml does not exist or cannot be read");
    let file = File::of("broken.toml", "kek = \"secret\npool_max = 3");
    let broken = Settings::from(Some(&file.0), []).unwrap_err().to_string();
    assert!(broken.contains("is not TOML") && !broken.contains("secret"), "{broken}");
}
