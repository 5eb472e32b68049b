//! Service tokens, as the command line issues, lists and revokes them: with the log alone, so that
//! one can be revoked while nobody serves and every question is stopped.

use async_graphql::ID;
use domain::{
    Actor, Asked, Date, Dla, DlaId, JetonService, JetonServiceId, Organisation, OrganisationId,
    Role, RoleName, Seen,
    jeton_service::{CLAIM, Emission, MotifRevocation},
};
use eventlog::{Command, EventLog, Usage, leaf};
use serde_json::{Value, json};

use crate::{
    auth::{NoRandom, OPERATOR, Secret},
    clock::{self, RequestClock},
    graphql::ids::{Noun, typed},
};

/// By which door those come who run the program.
const VIA: &str = "essaim token";

/// Why a token was neither issued nor revoked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the log does not answer")]
    Log(#[from] eventlog::Error),
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Random(#[from] NoRandom),
}

/// A token as the log knows it.
#[derive(Debug, Clone)]
pub struct Known {
    pub id: JetonServiceId,
    pub emission: Emission,
    pub revoked: bool,
    pub usage: Option<Usage>,
}

impl Known {
    /// In one word: `good`, `expired` or `revoked`.
    pub fn state(&self) -> &'static str {
        if self.revoked {
            "revoked"
        } else if clock::today_in_paris() > self.emission.expires_on {
            "expired"
        } else {
            "good"
        }
    }
}

/// Issues a token, for whom the emission says; its own hash takes the place of that in it.
pub async fn issue(
    log: &EventLog,
    by: &str,
    emission: impl FnOnce(&Secret) -> Emission,
) -> Result<(JetonServiceId, Secret), Failure> {
    let secret = Secret::draw()?;
    let emission = emission(&secret);
    let request = json!(["issueServiceToken", emission.libelle.as_str()]);
    let command = command(log, by, &request).await?;
    let id = JetonServiceId(command.id);
    let gather = || acting_for(log, &emission);
    let decided = log.decide_with(&command, id, gather, |it: &JetonService, asked, seen| {
        let (dlas, organisation): &(Vec<_>, Option<_>) = seen;
        it.issue_service_token(asked, emission.clone(), dlas, organisation.as_ref())
    });
    decided.await.map_err(refused)?;
    Ok((id, secret))
}

/// Revokes a token. One that was revoked stays so.
pub async fn revoke(
    log: &EventLog,
    by: &str,
    id: JetonServiceId,
    motif: Option<MotifRevocation>,
) -> Result<(), Failure> {
    let command = command(log, by, &json!(["revokeServiceToken", id, motif])).await?;
    let decided =
        log.decide(&command, id, |it: &JetonService, asked| it.revoke_service_token(asked, motif));
    decided.await.map_err(refused)?;
    Ok(())
}

/// Every token that was ever issued.
pub async fn list(log: &EventLog) -> Result<Vec<Known>, Failure> {
    let ids = log.holders(CLAIM).await?;
    let mut usages = log.usages(&ids).await?;
    let mut all = vec![];
    for id in ids {
        let jeton = log.load::<JetonService>(JetonServiceId(id)).await?;
        let Some(emission) = jeton.state.emission().cloned() else { continue };
        let (id, usage) = (JetonServiceId(id), usages.remove(&id));
        all.push(Known { id, emission, revoked: jeton.state.is_revoked(), usage });
    }
    Ok(all)
}

/// Those that a token is to act for, as the registry has them.
pub(crate) async fn acting_for(
    log: &EventLog,
    emission: &Emission,
) -> Result<(Vec<Seen<Dla>>, Option<Seen<Organisation>>), eventlog::Error> {
    let mut dlas = vec![];
    for id in &emission.dlas {
        dlas.push(log.seen::<Dla>(*id).await?);
    }
    let organisation = match emission.organisation {
        Some(id) => Some(log.seen::<Organisation>(id).await?),
        None => None,
    };
    Ok((dlas, organisation))
}

/// What someone at a terminal asks, as an administrator whose name the vault alone knows.
async fn command(log: &EventLog, by: &str, request: &Value) -> Result<Command, Failure> {
    let id = log.vault().actor(OPERATOR, by).await?;
    let RequestClock { today, at } = RequestClock::read();
    let request = leaf::canonical(request).map_err(eventlog::Error::from)?;
    let by = Actor { id, org: None, via: Some(VIA.to_owned()), role: Role::Admin };
    Ok(Command {
        id: clock::draw_request_id(),
        fingerprint: log.vault().fingerprint(&request).await?,
        asked: Asked { by, today, on: None, because: None },
        at,
        seen: None,
        trace: None,
    })
}

fn refused(error: eventlog::Error) -> Failure {
    match error {
        eventlog::Error::Refused(no) => Failure::Refused(no.en),
        other => Failure::Log(other),
    }
}

/// A DLA by its UUID, or by its id in the API.
pub fn dla(text: &str) -> Result<DlaId, &'static str> {
    id(text).ok_or("expected the UUID of a DLA, or its id in the API")
}

/// The same, of an organisation.
pub fn organisation(text: &str) -> Result<OrganisationId, &'static str> {
    id(text).ok_or("expected the UUID of an organisation, or its id in the API")
}

/// The same, of a service token.
pub fn jeton(text: &str) -> Result<JetonServiceId, &'static str> {
    id(text).ok_or("expected the UUID of a service token, or its id in the API")
}

/// A role by its name.
pub fn role(text: &str) -> Result<RoleName, &'static str> {
    let mut all = RoleName::ALL.iter();
    let known = all.find(|it| it.as_str() == text).copied();
    known.ok_or("expected a role such as CHARGE_DE_MISSION")
}

/// A day.
pub fn day(text: &str) -> Result<Date, &'static str> {
    text.parse()
        .map_err(|_| "expected a day such as 2027-01-31")
}

fn id<N: Noun>(text: &str) -> Option<N> {
    let uuid = text.parse().ok().map(N::from);
    uuid.or_else(|| typed(&ID(text.to_owned()), "id").ok())
}
