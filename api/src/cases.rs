//! Real cases of the trade, played through the public mutations.
//!
//! Source: the method booklet of Avise (March 2006, experience fiches FE1 and FE2), the
//! case of the Accueils Collectifs de Mineurs, the convention cadre of the centres sociaux of
//! the Bouches-du-Rhône, and two accompaniments of the Landes, one of a single structure. Each is a data file of commands, whose `about`
//! says what the source does not. The id of a command is drawn from its case and its name or
//! place, so that playing a case twice changes nothing: new steps go at the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

use async_graphql::{Name, Request, Value as GraphqlValue, Variables};
use bytes::Bytes;
use domain::{Actor, ActorId, Asked, Date, DlaId, DocumentId, OrganisationId, Role, RoleName};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    clock::RequestClock,
    documents::{
        Contents,
        receiving::{Awaited, NotReceived, Sender},
    },
    graphql::{
        self,
        ids::{encode, parts},
    },
    house::House,
    http::Language,
    processes,
};

/// The cases, in the order they are played.
const CASES: [(&str, &str); 7] = [
    ("landes", include_str!("../cases/landes.json")),
    ("fe1-1", include_str!("../cases/fe1-1.json")),
    ("fe1-3", include_str!("../cases/fe1-3.json")),
    ("fe2-1", include_str!("../cases/fe2-1.json")),
    ("centres-sociaux", include_str!("../cases/centres-sociaux.json")),
    ("fe2-3", include_str!("../cases/fe2-3.json")),
    ("acm", include_str!("../cases/acm.json")),
];

/// Whoever plays has no token: their id says so, and is the same at each playing.
const PLAYER: &str = "essaim/cases";

/// Why a case could not be played.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("there is no case named `{0}`")]
    NoCase(String),
    #[error("the case `{case}` cannot be read")]
    Unreadable { case: &'static str, source: serde_json::Error },
    #[error("the case `{case}` names `{name}`, which no step before opened")]
    Unknown { case: &'static str, name: String },
    #[error("what follows from the case cannot be done")]
    Log(#[from] eventlog::Error),
    #[error("step {step} (`{mutation}`) of the case `{case}` was refused: {message}")]
    Refused { case: &'static str, step: usize, mutation: String, message: String },
}

/// What a case left: whom the demo may play.
#[derive(Debug, Clone, Default)]
pub struct Played {
    pub dlas: BTreeSet<DlaId>,
    pub financeur: Option<OrganisationId>,
    pub structure: Option<OrganisationId>,
    pub prestataire: Option<OrganisationId>,
    pub partenaire: Option<OrganisationId>,
    pub auditeur: Option<OrganisationId>,
}

/// A data file.
#[derive(Deserialize)]
struct Case {
    /// Whom the tokens of the demo stand for, by the names of steps.
    #[serde(default)]
    guests: BTreeMap<String, String>,
    steps: Vec<Step>,
}

/// One command of a case.
#[derive(Debug, Clone, Deserialize)]
pub struct Step {
    /// The command is given once for each of these, in place of `{each}` in every text of the
    /// step: `["44", "49"]`, or `["01..30"]` for all from `01` to `30`.
    #[serde(default)]
    each: Vec<String>,
    /// What later steps call the object that it opens.
    #[serde(default)]
    pub name: Option<String>,
    /// The role that gives the command.
    pub r#as: RoleName,
    /// For roles that answer for an organisation: which one.
    #[serde(default)]
    pub of: Option<String>,
    /// The mutation.
    pub r#do: String,
    /// Its input. `@name` is the id of what the step of that name opened.
    pub input: Map<String, Value>,
    /// For `addDocumentVersion`: the text that is sent then, whose hash and size are its input.
    #[serde(default)]
    pub content: Option<String>,
}

/// Plays every case.
pub async fn play_all(house: &House, contents: &Contents) -> Result<Vec<Played>, Failure> {
    let mut all = vec![];
    for (name, _) in CASES {
        all.push(play(house, contents, name).await?);
    }
    Ok(all)
}

/// Plays one case, by the name of its file.
pub async fn play(house: &House, contents: &Contents, name: &str) -> Result<Played, Failure> {
    let (name, case) = read(name)?;
    let inputs = graphql::inputs().await;
    Stage::new(name, &inputs)
        .play((house, contents), case)
        .await
}

/// The commands of a case, one after the other, as they are written.
pub fn steps(name: &str) -> Result<Vec<Step>, Failure> {
    let (_, case) = read(name)?;
    let given = case.steps.iter().flat_map(|step| step.given(0));
    Ok(given.map(|(_, step)| step).collect())
}

/// The part of the auditor: a financeur opens to it what it funds, month by month. No case could
/// say it, since a mandate ends by itself; all month, the command is the same.
pub(crate) async fn mandate(
    house: &House,
    (financeur, auditeur): (OrganisationId, OrganisationId),
    today: Date,
) -> Result<(), Failure> {
    const MUTATION: &str = "grantMandatAudit";
    let (du, au) = (today.first_of_month(), today.last_of_month());
    let input = json!({
        "commandId": drawn(&format!("mandat/{du}/{}/{}", financeur.0, auditeur.0)),
        "auditeur": encode("Organisation", auditeur.0),
        "financeur": encode("Organisation", financeur.0),
        "du": du, "au": au, "reference": format!("Démonstration {du}"),
        "fondement": "Contrôle de service fait, pour la démonstration.",
    });
    let id = ActorId(drawn(&format!("{PLAYER}/{}", RoleName::Financeur.as_str())));
    let role = Role::Financeur { financeur };
    let actor = Actor { id, org: None, via: Some(PLAYER.to_owned()), role };
    match tell(house, actor, (MUTATION, "GrantMandatAuditInput"), input).await {
        None => Ok(()),
        Some(message) => {
            let (case, mutation) = ("mandat", MUTATION.to_owned());
            Err(Failure::Refused { case, step: 1, mutation, message })
        }
    }
}

/// Gives one command: why it was refused, if it was.
async fn tell(
    house: &House,
    actor: Actor,
    (mutation, of_type): (&str, &str),
    input: Value,
) -> Option<String> {
    let document =
        format!("mutation Step($input: {of_type}!) {{ {mutation}(input: $input) {{ position }} }}");
    let input = GraphqlValue::from_json(input).unwrap_or_default();
    let variables = Variables::from_value(GraphqlValue::Object(
        [(Name::new("input"), input)].into_iter().collect(),
    ));
    let request = Request::new(document)
        .variables(variables)
        .data(RequestClock::read())
        .data(Language::Fr);
    let request = house.prepare_command(request, &actor).data(actor);
    let answer = house.schema.execute(request).await;
    answer.errors.first().map(|it| it.message.clone())
}

fn read(name: &str) -> Result<(&'static str, Case), Failure> {
    let known = CASES.into_iter().find(|(case, _)| *case == name);
    let (name, text) = known.ok_or_else(|| Failure::NoCase(name.to_owned()))?;
    let case =
        serde_json::from_str(text).map_err(|source| Failure::Unreadable { case: name, source })?;
    Ok((name, case))
}

/// A case as it is being played.
struct Stage<'a> {
    case: &'static str,
    /// The input of each mutation.
    inputs: &'a BTreeMap<String, graphql::Input>,
    /// Global ids, by the name of the step that opened them.
    opened: BTreeMap<String, String>,
    dlas: BTreeSet<DlaId>,
}

impl<'a> Stage<'a> {
    fn new(case: &'static str, inputs: &'a BTreeMap<String, graphql::Input>) -> Self {
        Self { case, inputs, opened: BTreeMap::new(), dlas: BTreeSet::new() }
    }

    async fn play(
        mut self,
        (house, contents): (&House, &Contents),
        case: Case,
    ) -> Result<Played, Failure> {
        for (n, step) in case.steps.iter().enumerate() {
            for (place, step) in step.given(n + 1) {
                self.step(house, n + 1, &place, &step).await?;
                if let Some(content) = &step.content {
                    let sent = self.send(house, contents, &step, content).await;
                    sent.map_err(|why| self.refused(n + 1, &step.r#do, why))?;
                }
            }
        }
        processes::settle(house.reads.log()).await?;
        let guest = |role: &str| -> Result<Option<OrganisationId>, Failure> {
            let Some(name) = case.guests.get(role) else { return Ok(None) };
            Ok(Some(OrganisationId(self.id(name)?)))
        };
        Ok(Played {
            financeur: guest("financeur")?,
            structure: guest("structureBeneficiaire")?,
            prestataire: guest("prestataire")?,
            partenaire: guest("partenaire")?,
            auditeur: guest("auditeur")?,
            dlas: self.dlas,
        })
    }

    async fn step(
        &mut self,
        house: &House,
        n: usize,
        place: &str,
        step: &Step,
    ) -> Result<(), Failure> {
        let command = drawn(&format!("{}/{place}", self.case));
        let mut input = self.named(&Value::Object(step.input.clone()))?;
        if let Some(content) = &step.content {
            input["empreinte"] = json!(format!("{:x}", Sha256::digest(content)));
            input["taille"] = json!(content.len());
        }
        input["commandId"] = json!(command);
        let mutation = &step.r#do;
        let unknown = || Failure::Unknown { case: self.case, name: mutation.clone() };
        let of_type = &self.inputs.get(mutation).ok_or_else(unknown)?.name;
        let actor = self.actor(step)?;
        let refused = tell(house, actor, (mutation, of_type), input).await;
        if let Some(message) = refused {
            return Err(self.refused(n, mutation, message));
        }
        // What is opened is named; another edition of the same thing is not.
        if let (Some(noun), Some(name)) = (opens(mutation), &step.name) {
            self.opened
                .insert(name.clone(), encode(noun, command).to_string());
            if noun == "Dla" {
                self.dlas.insert(DlaId(command));
            }
        }
        Ok(())
    }

    /// Sends the first content of a document, as its owner does at its address.
    async fn send(
        &self,
        house: &House,
        contents: &Contents,
        step: &Step,
        content: &str,
    ) -> Result<(), String> {
        let log = house.reads.log();
        let name = step.input.get("document").and_then(Value::as_str);
        let name = name.and_then(|it| it.strip_prefix('@')).unwrap_or_default();
        let document = DocumentId(self.id(name).map_err(|it| it.to_string())?);
        let clock = RequestClock::read();
        let by = self.actor(step).map_err(|it| it.to_string())?;
        let asked = Asked { by, today: clock.today, on: None, because: None };
        let awaited = Awaited::of(log, &asked, document, 1).await;
        let said = |why: crate::Error| why.answer(Language::Fr).message;
        let awaited = awaited.map_err(said)?;
        let bytes = Bytes::from(content.to_owned());
        let pieces = futures_util::stream::iter([Ok::<_, Infallible>(bytes)]);
        let sender = Sender { asked, at: clock.at, trace: None };
        match awaited.receive((log, contents), sender, pieces).await {
            Ok(_) => Ok(()),
            Err(NotReceived::Error(why)) => Err(said(why)),
            Err(NotReceived::Taken(why)) => Err(why.to_string()),
        }
    }

    fn refused(&self, step: usize, mutation: &str, message: String) -> Failure {
        Failure::Refused { case: self.case, step, mutation: mutation.to_owned(), message }
    }

    /// Who gives the command: the role of the step, for the DLAs of the case.
    fn actor(&self, step: &Step) -> Result<Actor, Failure> {
        let dlas = self.dlas.clone();
        let of = || -> Result<OrganisationId, Failure> {
            Ok(OrganisationId(self.id(step.of.as_deref().unwrap_or_default())?))
        };
        let role = match step.r#as {
            RoleName::ChargeDeMission => Role::ChargeDeMission { dlas },
            RoleName::ResponsablePorteuse => Role::ResponsablePorteuse { dlas },
            RoleName::ChargeDeMissionRegional => {
                Role::ChargeDeMissionRegional { dlas, regional: of()? }
            }
            RoleName::MembreComiteAppui => Role::MembreComiteAppui { dlas },
            RoleName::Financeur => Role::Financeur { financeur: of()? },
            RoleName::StructureBeneficiaire => Role::StructureBeneficiaire { structure: of()? },
            RoleName::Prestataire => Role::Prestataire { prestataire: of()? },
            RoleName::Partenaire => Role::Partenaire { partenaire: of()? },
            RoleName::Auditeur => Role::Auditeur { auditeur: of()? },
            RoleName::Integration => Role::Integration { dlas },
            RoleName::Avise => Role::Avise,
            RoleName::Dpo => Role::Dpo,
            RoleName::Admin => Role::Admin,
            RoleName::House => Role::House,
        };
        let id = ActorId(drawn(&format!("{PLAYER}/{}", step.r#as.as_str())));
        Ok(Actor { id, org: None, via: Some(PLAYER.to_owned()), role })
    }

    /// The input with ids in place of names.
    fn named(&self, value: &Value) -> Result<Value, Failure> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix('@') {
                Some(name) => json!(self.global(name)?),
                None => value.clone(),
            },
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|it| self.named(it))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, it)| Ok((name.clone(), self.named(it)?)))
                    .collect::<Result<_, Failure>>()?,
            ),
            other => other.clone(),
        })
    }

    fn global(&self, name: &str) -> Result<&String, Failure> {
        self.opened
            .get(name)
            .ok_or_else(|| Failure::Unknown { case: self.case, name: name.to_owned() })
    }

    fn id(&self, name: &str) -> Result<Uuid, Failure> {
        let id = parts(&self.global(name)?.clone().into()).map(|(_, id)| id);
        id.ok_or_else(|| Failure::Unknown { case: self.case, name: name.to_owned() })
    }
}

impl Step {
    /// The commands it stands for, each with what tells it from the others of the case.
    fn given(&self, n: usize) -> Vec<(String, Self)> {
        let each: Vec<_> = self.each.iter().flat_map(|it| ranged(it)).collect();
        if each.is_empty() {
            let place = self.name.clone().unwrap_or_else(|| format!("{n}"));
            return vec![(place, self.clone())];
        }
        let given = each.iter().map(|each| {
            let step = self.with(each);
            (step.name.clone().unwrap_or_else(|| format!("{n}/{each}")), step)
        });
        given.collect()
    }

    /// The step with one of those in place of `{each}`.
    fn with(&self, each: &str) -> Self {
        let text = |it: &String| it.replace("{each}", each);
        Self {
            each: vec![],
            name: self.name.as_ref().map(text),
            r#as: self.r#as,
            of: self.of.as_ref().map(text),
            r#do: self.r#do.clone(),
            content: self.content.as_ref().map(text),
            input: self
                .input
                .iter()
                .map(|(name, it)| (name.clone(), filled(it, each)))
                .collect(),
        }
    }
}

/// `01..03` is `01`, `02` and `03`; another text is itself.
fn ranged(text: &str) -> Vec<String> {
    let ends = text.split_once("..").map(|(first, last)| {
        let width = first.len();
        (first.parse::<u32>(), last.parse::<u32>(), width)
    });
    match ends {
        Some((Ok(first), Ok(last), width)) => {
            (first..=last).map(|it| format!("{it:0width$}")).collect()
        }
        _ => vec![text.to_owned()],
    }
}

/// A value with a text in place of `{each}`.
fn filled(value: &Value, each: &str) -> Value {
    match value {
        Value::String(text) => json!(text.replace("{each}", each)),
        Value::Array(items) => items.iter().map(|it| filled(it, each)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, it)| (name.clone(), filled(it, each)))
            .collect(),
        other => other.clone(),
    }
}

/// The noun that a mutation opens, if it opens one.
pub fn opens(mutation: &str) -> Option<&'static str> {
    Some(match mutation {
        "recordSollicitation" => "Accompagnement",
        "registerOrganisation" => "Organisation",
        "registerDla" => "Dla",
        "initiateIngenierie" | "initiateIngenierieIndividuelle" => "Ingenierie",
        "openPlanFinancement" => "PlanFinancement",
        "draftCahierDesCharges" => "Consultation",
        "openIntervention" => "Intervention",
        "conveneSeanceComiteAppui" => "SeanceComiteAppui",
        "signConvention" => "ConventionFinancement",
        "planEvaluation" => "Evaluation",
        "determineNatureCapitalisation" => "Capitalisation",
        "registerDocument" => "Document",
        "grantMandatAudit" => "MandatAudit",
        _ => return None,
    })
}

/// The id that stands for a name, the same at each playing.
fn drawn(name: &str) -> Uuid {
    let sum: [u8; 32] = Sha256::digest(name).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sum[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests;
