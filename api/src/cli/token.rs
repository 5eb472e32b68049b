//! `essaim token`: service tokens for portals, with the log alone.

use api::{
    config::Settings,
    jetons::{self, Known, day, dla, jeton, organisation, role},
};
use clap::{Args, Subcommand, ValueEnum};
use domain::{
    Date, DlaId, JetonServiceId, Line, OrganisationId, Reseau, RoleName,
    jeton_service::{AccesJeton, Emission, MotifRevocation},
};
use serde_json::json;

use super::{
    Failure, open,
    output::{Format, say, table, tell},
};

#[derive(Debug, Subcommand)]
pub(super) enum Word {
    /// Issues a token, and prints its secret: this once, nothing keeps it.
    Issue(Issue),
    /// Lists every token that was issued, without their secrets.
    List,
    /// Revokes a token, for ever: within a second it opens nothing more.
    Revoke {
        /// Its UUID, or its id in the API.
        #[arg(value_parser = jeton)]
        id: JetonServiceId,
        /// Why.
        #[arg(long, value_enum)]
        because: Option<Because>,
        #[command(flatten)]
        by: By,
    },
}

#[derive(Debug, Args)]
pub(super) struct Issue {
    /// What to call it: the portal and what for, and no name of a person.
    #[arg(long)]
    label: String,
    /// The role it acts in, such as `CHARGE_DE_MISSION` or `FINANCEUR`.
    #[arg(long, value_parser = role)]
    role: RoleName,
    /// A DLA it acts for; several times for several.
    #[arg(long, value_parser = dla)]
    dla: Vec<DlaId>,
    /// The organisation it acts for.
    #[arg(long, value_parser = organisation)]
    organisation: Option<OrganisationId>,
    /// Lets it give commands too: else it only reads.
    #[arg(long)]
    write: bool,
    /// An address it may come from, or a range (CIDR); several times for several. Anywhere when
    /// there is none.
    #[arg(long, value_parser = range)]
    from: Vec<Reseau>,
    /// The last day on which it is good, in Paris: at most 400 days from today.
    #[arg(long, value_parser = day)]
    expires: Date,
    #[command(flatten)]
    by: By,
}

/// The vault knows the name behind the id that the log has.
#[derive(Debug, Args)]
pub(super) struct By {
    /// Who does it.
    #[arg(long, env = "USER")]
    by: String,
}

/// Why a token is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Because {
    /// Somebody else may have seen it.
    Compromised,
    /// Another one takes its place.
    Replaced,
    /// Nobody uses it any more.
    Unused,
}

fn range(text: &str) -> Result<Reseau, String> {
    Reseau::parse(text).map_err(|no| no.en)
}

pub(super) async fn run(settings: &Settings, word: Word, format: Format) -> Result<(), Failure> {
    let house = open(settings).await?;
    let log = &house.log;
    let done = async {
        match word {
            Word::Issue(it) => issue(log, it, format).await,
            Word::List => {
                print(&jetons::list(log).await?, format);
                Ok(())
            }
            Word::Revoke { id, because, by } => {
                jetons::revoke(log, &by.by, id, because.map(motif)).await?;
                tell(&format!("{} is revoked", id.0));
                Ok(())
            }
        }
    };
    let done = done.await;
    house.close().await;
    done
}

async fn issue(log: &eventlog::EventLog, it: Issue, format: Format) -> Result<(), Failure> {
    let libelle = Line::parse(&it.label).map_err(|no| jetons::Failure::Refused(no.en))?;
    let emission = |secret: &api::auth::Secret| Emission {
        libelle,
        role: it.role,
        dlas: it.dla.into_iter().collect(),
        organisation: it.organisation,
        acces: if it.write { AccesJeton::ReadWrite } else { AccesJeton::Read },
        adresses: it.from.into_iter().collect(),
        expires_on: it.expires,
        empreinte: secret.empreinte(),
    };
    let (id, secret) = jetons::issue(log, &it.by.by, emission).await?;
    match format {
        Format::Json => say(&json!({ "id": id.0, "secret": secret.expose() }).to_string()),
        Format::Table => {
            tell(&format!("{} is issued; its secret is not shown again:", id.0));
            say(secret.expose());
        }
    }
    Ok(())
}

fn motif(because: Because) -> MotifRevocation {
    match because {
        Because::Compromised => MotifRevocation::Compromis,
        Because::Replaced => MotifRevocation::Remplace,
        Because::Unused => MotifRevocation::Inutilise,
    }
}

fn print(all: &[Known], format: Format) {
    let last = |it: &Known| it.usage.map(|it| it.last_used_at.to_string());
    match format {
        Format::Json => {
            let all = all.iter().map(|it| {
                json!({
                    "id": it.id.0,
                    "state": it.state(),
                    "label": it.emission.libelle,
                    "role": it.emission.role,
                    "dlas": it.emission.dlas,
                    "organisation": it.emission.organisation,
                    "access": it.emission.acces,
                    "from": it.emission.adresses,
                    "expires": it.emission.expires_on,
                    "lastUsedAt": last(it),
                    "uses": it.usage.map_or(0, |it| it.uses),
                })
            });
            say(&json!(all.collect::<Vec<_>>()).to_string());
        }
        Format::Table => say(&table(
            ["id", "state", "label", "role", "expires", "last used", "uses"],
            all.iter().map(|it| {
                [
                    it.id.0.to_string(),
                    it.state().to_owned(),
                    it.emission.libelle.as_str().to_owned(),
                    it.emission.role.as_str().to_owned(),
                    it.emission.expires_on.to_string(),
                    last(it).unwrap_or_default(),
                    it.usage.map_or(0, |it| it.uses).to_string(),
                ]
            }),
        )),
    }
}
