//! What every command carries, and how it reaches the log.

use std::{
    collections::BTreeSet,
    future::Future,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use async_graphql::{Context, InputObject, Object};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Asked, Code, Date as Day, Decider, Decision, DlaId, Dossier, Liste, Prose, referentiel,
    refusal::Common,
};
use eventlog::{Command, Outcome, leaf};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Result,
    error::At,
    graphql::{
        context::ContextExt,
        scalars::{Date, Position, Version},
    },
};

/// What every command carries besides its own fields.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct Request {
    /// Drawn by you (a random UUID): sending the same command twice is harmless, for ever.
    /// It becomes the id of an object that the command opens.
    pub(crate) command_id: Uuid,
    /// The version you saw, if you want to be told that the object has moved since.
    pub(crate) seen_version: Option<Version>,
    /// When it happened, if not today.
    pub(crate) on: Option<Date>,
    /// The justification, when the command sets aside a rule that may be. It is kept in the
    /// history of the dossier, where its financeurs read it.
    pub(crate) because: Option<String>,
    #[graphql(skip)]
    choices: Choices,
}

/// Put beside a request whose commands are only tried: what they decide is not recorded.
#[derive(Debug, Clone, Copy)]
pub struct Essai;

/// The values of reference lists that a command chooses, each with its field.
#[derive(Debug, Clone, Default)]
struct Choices(Arc<Mutex<Vec<(String, referentiel::Entry)>>>);

impl Choices {
    fn add(&self, path: &str, entry: referentiel::Entry) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((path.trim_start_matches("input.").to_owned(), entry));
    }

    /// A list changes over time: what is chosen must have been in it on the day of the fact.
    fn valid_on(&self, on: Day) -> Result<(), Common> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.iter().find(|(_, entry)| !entry.valid_on(on)) {
            None => Ok(()),
            Some((path, entry)) => {
                Err(Common::CodeNotValid { path: path.clone(), code: entry.code.clone(), on })
            }
        }
    }
}

impl Request {
    /// The command as the log wants it. Its fingerprint is of who asks, what, and with which
    /// arguments.
    async fn command(&self, ctx: &Context<'_>) -> Result<Command> {
        let field = ctx.field();
        let arguments = field
            .arguments()
            .map_err(|it| crate::Error::internal(Unreadable(it.message)))?;
        let arguments: serde_json::Map<_, _> = arguments
            .into_iter()
            .map(|(name, value)| (name.to_string(), value.into_json().unwrap_or_default()))
            .collect();
        let mut request = json!([ctx.actor().id, field.name(), arguments]);
        leave_out_nulls(&mut request);
        let request = leaf::canonical(&request).map_err(eventlog::Error::from)?;
        let fingerprint = ctx.log().vault().fingerprint(&request).await?;
        let clock = ctx.clock();
        let because = self.because.as_deref().map(Prose::parse).transpose();
        Ok(Command {
            id: self.command_id,
            fingerprint,
            asked: Asked {
                by: ctx.actor().clone(),
                today: clock.today,
                on: self.on.map(|it| it.0),
                because: because.at("input.because")?,
            },
            at: clock.at,
            seen: self.seen_version.map(|it| domain::Version(it.0)),
            trace: ctx.trace(),
        })
    }

    /// Lets one stream decide.
    pub(crate) async fn decide<D: Decider>(
        &self,
        ctx: &Context<'_>,
        id: D::Id,
        decision: impl Fn(&D, &Asked) -> Decision<D> + Send + Sync,
    ) -> Result<Outcome> {
        self.decide_once_compiled(ctx, id, &decision).await
    }

    /// The same, compiled once an aggregate and not once a command.
    async fn decide_once_compiled<D: Decider>(
        &self,
        ctx: &Context<'_>,
        id: D::Id,
        decision: &(dyn Fn(&D, &Asked) -> Decision<D> + Send + Sync),
    ) -> Result<Outcome> {
        let gather = || std::future::ready(Ok(()));
        self.decide_with(ctx, id, gather, |it, asked, ()| decision(it, asked))
            .await
    }

    /// The same, for a rule that looks at other streams: `gather` reads them.
    pub(crate) async fn decide_with<D, O, G, F>(
        &self,
        ctx: &Context<'_>,
        id: D::Id,
        gather: G,
        decision: impl Fn(&D, &Asked, &O) -> Decision<D> + Send + Sync,
    ) -> Result<Outcome>
    where
        D: Decider,
        O: Send + Sync,
        G: Fn() -> F + Send + Sync,
        F: Future<Output = Result<O, eventlog::Error>> + Send,
    {
        let command = self.command(ctx).await?;
        let joined = OnceLock::new();
        let decision = |it: &D, asked: &Asked, others: &O| {
            let decided = match joined.get() {
                None => decision(it, asked, others)?,
                Some(dlas) => {
                    let mut it = it.clone();
                    it.joined_by(dlas);
                    decision(&it, asked, others)?
                }
            };
            // After the rules, which say first what the caller may not do or see; and in the
            // decision, so that a command sent again is answered as the first time.
            self.choices.valid_on(asked.date())?;
            Ok(decided)
        };
        if ctx.data_opt::<Essai>().is_some() {
            let it = ctx.log().load::<D>(id).await?;
            let decided = decision(&it.state, &command.asked, &gather().await?);
            decided.map_err(|no: D::Refusal| eventlog::Error::Refused(no.into()))?;
            let (stream, version, position) = (id.into(), it.version, it.position);
            return Ok(Outcome { stream, version, position, receipt: None });
        }
        let decide = || ctx.log().decide_with(&command, id, &gather, &decision);
        let decided = decide().await;
        let Err(no @ eventlog::Error::Refused(_)) = decided else { return Ok(decided?) };
        // A part of a dossier knows the DLAs of its opening: before it says no, it looks whether
        // others have joined the dossier since.
        let late = late::<D>(ctx, id).await?;
        if late.is_empty() {
            return Err(no.into());
        }
        joined.get_or_init(|| late);
        Ok(decide().await?)
    }

    /// A code that the command chooses from a reference list, at its place. On the day of the
    /// fact it must be valid. Other words for it are taken too: what is recorded is the code.
    pub(crate) fn code(
        &self,
        ctx: &Context<'_>,
        list: Liste,
        path: &str,
        text: &str,
    ) -> Result<Code> {
        let lists = ctx.lists();
        let entry = lists.chosen(list, text).at(path)?;
        self.choices.add(path, entry.clone());
        Ok(entry.code.clone())
    }

    /// Several of them; the path says which one is unknown or not valid.
    pub(crate) fn codes<C: FromIterator<Code>>(
        &self,
        ctx: &Context<'_>,
        list: Liste,
        path: &str,
        texts: &[String],
    ) -> Result<C> {
        texts
            .iter()
            .enumerate()
            .map(|(n, it)| self.code(ctx, list, &format!("{path}.{n}"), it))
            .collect()
    }

    /// Who asks and when, for what must be known before deciding.
    pub(crate) async fn asked(&self, ctx: &Context<'_>) -> Result<Asked> {
        Ok(self.command(ctx).await?.asked)
    }
}

/// The DLAs that joined the dossier of a part since the part was opened.
async fn late<D: Decider>(ctx: &Context<'_>, id: D::Id) -> Result<BTreeSet<DlaId>> {
    let part = ctx.log().load::<D>(id).await?;
    let Some((ingenierie, known)) = part.state.part_of() else { return Ok(BTreeSet::new()) };
    let dossier = ctx.log().either::<Dossier>(ingenierie).await?;
    let dlas = dossier.dlas.into_iter();
    Ok(dlas.filter(|it| !known.contains(it)).collect())
}

/// The engine could not give the arguments back.
#[derive(Debug, thiserror::Error)]
#[error("the arguments of a field cannot be read: {0}")]
struct Unreadable(String);

/// An argument that is null says what an absent one says.
fn leave_out_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, it| !it.is_null());
            members.values_mut().for_each(leave_out_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_nulls),
        _ => (),
    }
}

/// What every change answers, whatever it changed.
pub(crate) struct Recorded(pub(crate) Outcome);

#[Object]
impl Recorded {
    /// Where the change stands in the log. Give it as `atLeastPosition` to read what you wrote.
    async fn position(&self) -> Position {
        Position(self.0.position.0)
    }

    /// The version of the object after the change.
    async fn version(&self) -> Version {
        Version(self.0.version.0)
    }

    /// The hash of the fact in the log (base64url), with which its presence can be proved.
    /// Absent when the command found nothing to do.
    async fn receipt(&self) -> Option<String> {
        self.0.receipt.map(|it| URL_SAFE_NO_PAD.encode(it))
    }
}

/// Parses text fields at their place: `line("input.intitule", &text)`.
pub(crate) fn line(path: &str, text: &str) -> Result<domain::Line> {
    domain::Line::parse(text).at(path)
}

/// Paragraphs at their place.
pub(crate) fn prose(path: &str, text: &str) -> Result<Prose> {
    Prose::parse(text).at(path)
}

/// The same, when the field may be left out.
pub(crate) fn optional<T>(
    parse: impl Fn(&str, &str) -> Result<T>,
    path: &str,
    text: Option<&String>,
) -> Result<Option<T>> {
    text.map(|it| parse(path, it)).transpose()
}

/// A code of a reference list, at its place, that was chosen before or is only looked for: by
/// the code, or by other words for it.
pub(crate) fn code(ctx: &Context<'_>, list: Liste, path: &str, text: &str) -> Result<Code> {
    let lists = ctx.lists();
    let entry = lists.chosen(list, text).at(path)?;
    Ok(entry.code.clone())
}

/// The same, of what a filter may leave out.
pub(crate) fn code_if_given(
    ctx: &Context<'_>,
    list: Liste,
    path: &str,
    text: Option<&str>,
) -> Result<Option<Code>> {
    text.map(|it| code(ctx, list, path, it)).transpose()
}
