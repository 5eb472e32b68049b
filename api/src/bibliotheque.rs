//! Cases of before, told from a file: one line a case, each the input of `recordCasPasse` in JSON
//! without its command id.
//!
//! The id of a command is drawn from who tells and from what the line says: a file that is given
//! again changes nothing, and a line that was corrected is another case. Each line stands or falls
//! alone.

use std::collections::BTreeSet;

use async_graphql::{ID, Name, Request, Value as GraphqlValue, Variables};
use domain::{Actor, ActorId, CasPasse, CasPasseId, DlaId, Role};
use eventlog::leaf;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    clock::RequestClock,
    graphql::{
        Essai,
        ids::{global, typed},
    },
    house::House,
    http::Language,
    processes::named,
};

/// The cases of before that the sources of the house tell, for the demo and as an example: what is
/// known of each, and nothing else.
pub const OURS: &str = include_str!("../cases/bibliotheque.jsonl");

/// The most lines of one file.
pub const LIGNES_MAX: usize = 10_000;

/// The longest line, in bytes: no case that the log takes is longer.
pub const LIGNE_BYTES_MAX: usize = 64 * 1024;

/// Whoever imports has no token: their id says so, and is the same each time.
const IMPORTER: &str = "essaim/cases/import";

const COMMAND: &str = "mutation Import($input: RecordCasPasseInput!) {
    recordCasPasse(input: $input) { position }
}";

/// Why a file was left in the middle. What was recorded stays, and the same file may be given
/// again.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the file holds more than {LIGNES_MAX} lines: divide it")]
    TooLong,
    #[error("line {ligne}: {message}")]
    Stopped { ligne: usize, message: String },
    #[error("the log does not answer")]
    Log(#[from] eventlog::Error),
}

/// Who tells the cases of a file, and how.
#[derive(Debug, Clone, Copy)]
pub struct Import {
    /// The network when none does.
    pub dla: Option<DlaId>,
    /// Nothing is recorded: the report says what would be.
    pub essai: bool,
    pub language: Language,
}

/// What became of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ligne {
    /// From 1, blank ones counted.
    pub numero: usize,
    pub titre: Option<String>,
    pub sort: Sort,
}

/// What becomes of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sort {
    /// It was recorded; in a dry run, it would be.
    Accepted,
    /// The same line was recorded before.
    Unchanged,
    /// It holds no case that the house takes.
    Refused { code: String, champ: String, message: String },
}

/// Who tells, by people at a terminal: a UUID, or an id of the API.
pub fn dla(text: &str) -> Option<DlaId> {
    let uuid = text.parse().ok().map(DlaId);
    uuid.or_else(|| typed(&ID(text.to_owned()), "dla").ok())
}

impl Sort {
    /// As the report writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::Unchanged => "UNCHANGED",
            Self::Refused { .. } => "REFUSED",
        }
    }

    fn invalid(language: Language, champ: &str, fr: &str, en: &str) -> Self {
        Self::Refused {
            code: "BAD_USER_INPUT".to_owned(),
            champ: champ.to_owned(),
            message: language.choose(fr, en).to_owned(),
        }
    }
}

impl Import {
    /// Tells every case of a file, line after line.
    pub async fn run(&self, house: &House, texte: &str) -> Result<Vec<Ligne>, Failure> {
        let lines = texte.lines().enumerate();
        let lines = lines.filter(|(_, it)| !it.trim().is_empty());
        if lines.clone().count() > LIGNES_MAX {
            return Err(Failure::TooLong);
        }
        let (mut all, mut told) = (vec![], BTreeSet::new());
        for (n, line) in lines {
            let numero = n + 1;
            let (titre, sort) = match self.input(line) {
                Err(no) => (None, no),
                Ok(input) => {
                    let titre = input["titre"].as_str().map(str::to_owned);
                    (titre, self.tell(house, numero, input, &mut told).await?)
                }
            };
            all.push(Ligne { numero, titre, sort });
        }
        Ok(all)
    }

    /// What a line says, as the input of the command.
    fn input(&self, line: &str) -> Result<Value, Sort> {
        let invalid = |champ, fr, en| Sort::invalid(self.language, champ, fr, en);
        if line.len() > LIGNE_BYTES_MAX {
            return Err(invalid(
                "",
                "Cette ligne est trop longue : 64 Kio au plus.",
                "This line is too long: at most 64 KiB.",
            ));
        }
        let Ok(Value::Object(mut input)) = serde_json::from_str(line) else {
            return Err(invalid(
                "",
                "Cette ligne n'est pas un objet JSON.",
                "This line is not a JSON object.",
            ));
        };
        for ours in ["commandId", "dla", "seenVersion", "on", "because"] {
            if input.contains_key(ours) {
                return Err(invalid(
                    ours,
                    "Ce champ n'est pas d'un fichier de cas : retirez-le.",
                    "This field is not one of a file of cases: leave it out.",
                ));
            }
        }
        if let Some(dla) = self.dla {
            input.insert("dla".to_owned(), json!(global(dla).to_string()));
        }
        let text = leaf::canonical(&Value::Object(input.clone())).map_err(|_| {
            invalid(
                "",
                "Cette ligne contient ce que le journal ne garde pas : un nombre à virgule ou un caractère nul.",
                "This line holds what the log does not keep: a number with decimals or a null character.",
            )
        })?;
        let hash: [u8; 32] = Sha256::digest(format!("{IMPORTER}/{text}")).into();
        input.insert("commandId".to_owned(), json!(named(&hash)));
        Ok(Value::Object(input))
    }

    /// Gives the command of a line.
    async fn tell(
        &self,
        house: &House,
        ligne: usize,
        input: Value,
        told: &mut BTreeSet<CasPasseId>,
    ) -> Result<Sort, Failure> {
        let id = input["commandId"].as_str().and_then(|it| it.parse().ok());
        let id = CasPasseId(id.unwrap_or_default());
        let known = house.log.load::<CasPasse>(id).await?;
        if known.version.0 > 0 || told.contains(&id) {
            return Ok(Sort::Unchanged);
        }
        let actor = self.actor();
        let input = GraphqlValue::from_json(input).unwrap_or_default();
        let variables = Variables::from_value(GraphqlValue::Object(
            [(Name::new("input"), input)].into_iter().collect(),
        ));
        let request = Request::new(COMMAND)
            .variables(variables)
            .data(RequestClock::read())
            .data(self.language)
            .data(actor.clone());
        let request = if self.essai { request.data(Essai) } else { request };
        let answer = house
            .schema
            .execute(house.prepare_command(request, &actor))
            .await;
        let Some(error) = answer.errors.first() else {
            told.insert(id);
            return Ok(Sort::Accepted);
        };
        let known = serde_json::to_value(error).unwrap_or_default();
        let known = &known["extensions"];
        let code = known["code"].as_str().unwrap_or("INTERNAL_SERVER_ERROR");
        if known["retryable"] == true || code == "INTERNAL_SERVER_ERROR" {
            return Err(Failure::Stopped { ligne, message: error.message.clone() });
        }
        let path = known["path"].as_array().into_iter().flatten();
        let path = path.filter_map(|it| match it {
            Value::String(it) if it != "input" => Some(it.clone()),
            Value::Number(it) => Some(it.to_string()),
            _ => None,
        });
        Ok(Sort::Refused {
            code: code.to_owned(),
            champ: path.collect::<Vec<_>>().join("."),
            message: error.message.clone(),
        })
    }

    /// Who tells: someone of the DLA, or those who keep the network's own.
    fn actor(&self) -> Actor {
        let hash: [u8; 32] = Sha256::digest(IMPORTER).into();
        let role = match self.dla {
            Some(dla) => Role::ChargeDeMission { dlas: [dla].into() },
            None => Role::Admin,
        };
        let id = ActorId(named(&hash));
        Actor { id, org: None, via: Some(IMPORTER.to_owned()), role }
    }
}
