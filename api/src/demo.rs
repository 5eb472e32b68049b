//! The demo: the house on its own PostgreSQL, with real cases of the trade and a token a role.

use std::{
    collections::BTreeSet,
    fs, io,
    net::SocketAddr,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::rand;
use domain::{DlaId, OrganisationId, Role};
use eventlog::{
    EventLog, Kek,
    proof::{Signer, integrator},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use crate::{
    auth::Verifier,
    bibliotheque::{self, Import},
    cases::{self, Played},
    clock,
    config::Settings,
    documents::{self, Contents},
    embedded::{self, Binaries, Durability, Embedded},
    house::{Closed, House, Signing},
    http::Language,
    tokens::{self, Bearer, DevIssuer},
};

/// The database of the demo, in its private server.
const DATABASE: &str = "essaim";

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the demo answers on this machine only: {0} is not a loopback address")]
    NotLoopback(SocketAddr),
    #[error("the private server cannot run")]
    Server(#[from] embedded::Error),
    #[error("the data directory cannot be used")]
    Directory(#[from] io::Error),
    #[error("the system gave no random bytes")]
    Random,
    #[error("the data were made by another version of the program: `--fresh` starts over")]
    OtherVersion(#[source] eventlog::Error),
    #[error("the database cannot be prepared")]
    Log(#[from] eventlog::Error),
    #[error("the house cannot be opened")]
    House(#[from] Closed),
    #[error("the cases cannot be played")]
    Cases(#[from] cases::Failure),
    #[error("the cases of before cannot be told")]
    Bibliotheque(#[from] bibliotheque::Failure),
    #[error(transparent)]
    Documents(#[from] documents::Closed),
    #[error("there are no tokens")]
    Tokens(#[from] tokens::Failure),
}

/// A private server with an empty or a known house in it.
pub struct Ground {
    server: Embedded,
    directory: PathBuf,
    kek: Kek,
}

impl Ground {
    /// Starts the private server of a data directory; `fresh` forgets what it held.
    /// Call it outside the async runtime: it waits.
    pub fn prepare(
        settings: &Settings,
        listen: SocketAddr,
        directory: Option<PathBuf>,
        fresh: bool,
    ) -> Result<Self, Failure> {
        if !listen.ip().is_loopback() {
            return Err(Failure::NotLoopback(listen));
        }
        let directory = embedded::default_dir(directory);
        if fresh && directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        let binaries = Binaries { bin: settings.pg_bin.clone(), lib: settings.pg_lib.clone() };
        let server = Embedded::start(&directory, Durability::Durable, &binaries)?;
        Ok(Self { server, kek: kek_of(&directory)?, directory })
    }

    /// Migrates the database and opens the house, with the rights of the service.
    pub async fn open(&self, settings: &Settings) -> Result<House, Failure> {
        let admin = self.server.url("postgres", DATABASE);
        EventLog::create_database(&admin).await?;
        let migrated = EventLog::migrate_at(&admin, &settings.log_origin).await;
        migrated.map_err(|it| match it {
            eventlog::Error::Migration(_) => Failure::OtherVersion(it),
            it => Failure::Log(it),
        })?;
        let service = self.server.url("essaim_service", DATABASE);
        Ok(House::open(&service, settings.pool_max, &settings.log_origin, self.kek.clone()).await?)
    }

    /// Who signs the checkpoints of a demo: a key drawn once, kept beside the data.
    pub fn signing(&self, settings: &Settings) -> Result<Signing, Failure> {
        let file = self.directory.join("signing-key");
        let text = if file.exists() {
            SecretString::from(fs::read_to_string(&file)?)
        } else {
            let (_, drawn) = Signer::draw(&settings.log_origin).map_err(|_| Failure::Random)?;
            keep(&file, drawn.expose_secret().as_bytes())?;
            drawn
        };
        let signers = integrator::signers(&text, &settings.log_origin);
        let signers = signers.map_err(eventlog::Error::from)?;
        Ok(Signing { signers, copy: Some(self.directory.join("checkpoint")) })
    }

    /// Where the contents of documents are kept: beside the data.
    pub fn contents(&self) -> Result<Contents, Failure> {
        Ok(Contents::in_folder(&self.directory.join("documents"))?)
    }

    /// Stops the private server.
    pub fn stop(self) -> Result<(), Failure> {
        Ok(self.server.stop()?)
    }
}

/// Who may come to the demo.
pub struct Guests {
    issuer: DevIssuer,
    played: Vec<Played>,
}

impl Guests {
    /// Plays the cases, which changes nothing when they were played before, and makes a key
    /// for the tokens of this process.
    pub async fn invite(house: &House, contents: &Contents) -> Result<Self, Failure> {
        let played = cases::play_all(house, contents).await?;
        if let (Some(financeur), Some(auditeur)) =
            (guest(&played, |it| it.financeur), guest(&played, |it| it.auditeur))
        {
            cases::mandate(house, (financeur, auditeur), clock::today_in_paris()).await?;
        }
        let import = Import { dla: None, essai: false, language: Language::Fr };
        import.run(house, bibliotheque::OURS).await?;
        Ok(Self { issuer: DevIssuer::new()?, played })
    }

    /// Accepts the tokens of the demo, and no others.
    pub fn verifier(&self) -> Verifier {
        Verifier::new().with(self.issuer.issuer())
    }

    /// One token a role: everything of the cases, as that role sees it.
    pub fn tokens(&self) -> Result<Map<String, Value>, Failure> {
        let dlas: BTreeSet<DlaId> = self.played.iter().flat_map(|it| it.dlas.clone()).collect();
        let guest = |of| guest(&self.played, of);
        let mut roles = vec![
            ("chargeDeMission", Role::ChargeDeMission { dlas: dlas.clone() }),
            ("responsablePorteuse", Role::ResponsablePorteuse { dlas: dlas.clone() }),
            ("membreComiteAppui", Role::MembreComiteAppui { dlas }),
        ];
        if let Some(financeur) = guest(|it| it.financeur) {
            roles.push(("financeur", Role::Financeur { financeur }));
        }
        if let Some(structure) = guest(|it| it.structure) {
            roles.push(("structureBeneficiaire", Role::StructureBeneficiaire { structure }));
        }
        if let Some(prestataire) = guest(|it| it.prestataire) {
            roles.push(("prestataire", Role::Prestataire { prestataire }));
        }
        if let Some(partenaire) = guest(|it| it.partenaire) {
            roles.push(("partenaire", Role::Partenaire { partenaire }));
        }
        if let Some(auditeur) = guest(|it| it.auditeur) {
            roles.push(("auditeur", Role::Auditeur { auditeur }));
        }
        roles.push(("admin", Role::Admin));
        let now = clock::now();
        roles
            .into_iter()
            .map(|(name, role)| {
                let bearer = Bearer { subject: format!("demo/{name}"), role, org: None };
                Ok((name.to_owned(), json!(self.issuer.mint(&bearer, now)?)))
            })
            .collect()
    }
}

/// Whom a token stands for: the guest of the last case that names one, which is the fullest.
fn guest(played: &[Played], of: fn(&Played) -> Option<OrganisationId>) -> Option<OrganisationId> {
    played.iter().rev().find_map(of)
}

/// The key-encryption key of a demo: drawn once, kept beside the data.
fn kek_of(directory: &Path) -> Result<Kek, Failure> {
    let file = directory.join("kek");
    if let Ok(known) = fs::read(&file)
        && let Ok(key) = <[u8; 32]>::try_from(known)
    {
        return Ok(Kek::new(key));
    }
    let mut key = [0; 32];
    rand::fill(&mut key).map_err(|_| Failure::Random)?;
    keep(&file, &key)?;
    Ok(Kek::new(key))
}

/// Writes a secret that nobody else may read.
fn keep(file: &Path, secret: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut out = options
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(file)?;
    io::Write::write_all(&mut out, secret)?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))
}

/// Three queries to try, for whoever has just started the demo.
pub const QUERIES: [(&str, &str); 3] = [
    (
        "les ingénieries et leur coût",
        "{ ingenieries(first: 10) { totalCount nodes { intitule etat porteur { intitule } \
         structuresMobilisees planFinancement { totals { depenses } } } } }",
    ),
    (
        "ce que chaque financeur a accordé",
        "{ ingenieries(first: 10) { nodes { intitule planFinancement { ressources { etat granted \
         contributeur { ... on Dla { intitule } ... on Organisation { denomination } } } } } } }",
    ),
    (
        "qui a fait quoi, quand, et pourquoi",
        "{ ingenieries(first: 1) { nodes { intitule historique(first: 20) { nodes { position on \
         type acteur { role } sealed { value } } } } } }",
    ),
];
