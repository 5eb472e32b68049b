//! Service tokens: a portal comes by itself. Issued, listed and revoked by administrators; the
//! secret is shown once.

use std::collections::BTreeSet;

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object};
use domain::{
    JetonServiceId, OrganisationId, Reseau,
    jeton_service::{self as rules, Emission},
};
use eventlog::{Outcome, Usage};
use projections::jetons_service::{self as rows, MODEL};

use crate::{
    Error, Result,
    auth::Secret,
    error::At as _,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::{global, typed, typed_all},
        organisation::{self, Organisation},
        paging::{self, List},
        request::{Recorded, Request, line},
        scalars::{Date, DateTime, Position, Version},
        viewer::Role,
    },
    jetons::acting_for,
};

/// One token, and how it was used.
pub(crate) struct JetonService(rows::JetonService, Option<Usage>);

/// A service token: a portal comes with it by itself, in one role and for some DLAs or one
/// organisation, until a day that is known. What it writes names it (`via`) in the history.
#[Object]
impl JetonService {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(JetonServiceId(self.0.id))
    }

    /// What it is called.
    async fn libelle(&self) -> &str {
        &self.0.libelle
    }

    /// The role it acts in.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// The DLAs it acts for, when its role acts for DLAs.
    async fn dlas(&self, ctx: &Context<'_>) -> Result<Vec<Dla>> {
        dla::find_all(ctx, &self.0.dlas).await
    }

    /// The organisation it acts for, when its role acts for one.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.organisation).await
    }

    /// What it may do.
    async fn acces(&self) -> AccesJeton {
        self.0.acces.into()
    }

    /// The ranges of addresses it may come from (CIDR). Empty for anywhere.
    async fn adresses(&self) -> &[String] {
        &self.0.adresses
    }

    /// When it was issued.
    async fn issued_on(&self) -> Date {
        Date(self.0.issued_on)
    }

    /// The last day on which it is good, in Paris.
    async fn expires_on(&self) -> Date {
        Date(self.0.expires_on)
    }

    /// When it was revoked. Null while it was not.
    async fn revoked_on(&self) -> Option<Date> {
        self.0.revoked_on.map(Date)
    }

    /// Why it was revoked, if that was said.
    async fn motif(&self) -> Option<MotifRevocation> {
        self.0.motif.map(Into::into)
    }

    /// When it was last used, to the minute. Null when it never was.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.1.map(|it| DateTime(it.last_used_at))
    }

    /// How often it was used, about: what a process counted within the last minute may be missing.
    async fn uses(&self) -> i32 {
        self.1
            .map_or(0, |it| i32::try_from(it.uses).unwrap_or(i32::MAX))
    }

    /// Send it back with a change to learn whether someone came first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// The position of its last fact.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }
}

/// What a service token may do within its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::AccesJeton")]
pub(crate) enum AccesJeton {
    /// Ask questions.
    Read,
    /// And give commands.
    ReadWrite,
}

/// Why a service token is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::MotifRevocation")]
pub(crate) enum MotifRevocation {
    /// Somebody else may have seen it.
    Compromis,
    /// Another one takes its place.
    Remplace,
    /// Nobody uses it any more.
    Inutilise,
}

#[derive(Default)]
pub(crate) struct JetonServiceQuery;

#[Object]
impl JetonServiceQuery {
    /// A service token by its global id. Null for those who do not issue them.
    async fn service_token(&self, ctx: &Context<'_>, id: ID) -> Result<Option<JetonService>> {
        find(ctx, typed(&id, "id")?).await
    }

    /// The service tokens, the last issued first: those that ended and those that were revoked
    /// too. Empty for those who do not issue them. Secrets are never shown again.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn service_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<i64, JetonService>> {
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let asked = paging::asked(first, after.as_deref())?;
        let page = rows::list(ctx.reads(), ctx.scope(), asked.first, asked.after);
        let row = |it: rows::JetonService| (it.issued_position, JetonService(it, None));
        let mut list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        let ids: Vec<_> = list.edges.iter().map(|it| it.node.0.id).collect();
        let mut usages = ctx.log().usages(&ids).await?;
        for edge in &mut list.edges {
            edge.node.1 = usages.remove(&edge.node.0.id);
        }
        paging::total(ctx, list, rows::count(ctx.reads(), ctx.scope())).await
    }
}

/// One token, if the caller issues them.
pub(crate) async fn find(ctx: &Context<'_>, id: JetonServiceId) -> Result<Option<JetonService>> {
    let row = rows::by_id(ctx.reads(), ctx.scope(), id).await?;
    let Some(row) = row else { return Ok(None) };
    let usage = ctx.log().usages(&[id.0]).await?.remove(&id.0);
    Ok(Some(JetonService(row, usage)))
}

#[derive(Default)]
pub(crate) struct JetonServiceMutation;

#[Object]
impl JetonServiceMutation {
    /// Issues a service token: a portal may come with it by itself. The answer shows its secret,
    /// this once: nothing keeps it.
    async fn issue_service_token(
        &self,
        ctx: &Context<'_>,
        input: IssueServiceTokenInput,
    ) -> Result<JetonServiceIssuedPayload> {
        let id = JetonServiceId(input.request.command_id);
        let secret = Secret::draw().map_err(Error::internal)?;
        let emission = input.emission(&secret)?;
        let gather = || acting_for(ctx.log(), &emission);
        let decide = |it: &domain::JetonService, asked: &domain::Asked, seen: &_| {
            let (dlas, organisation): &(Vec<_>, Option<_>) = seen;
            it.issue_service_token(asked, emission.clone(), dlas, organisation.as_ref())
        };
        let outcome = input.request.decide_with(ctx, id, gather, decide).await?;
        // The same command sent again finds the first one's hash: its secret is gone.
        let recorded = ctx.log().load::<domain::JetonService>(id).await?;
        let recorded = recorded.state.emission().map(|it| &it.empreinte);
        let secret = (recorded == Some(&emission.empreinte)).then_some(secret);
        let issued = JetonServiceIssued { changed: JetonServiceChanged { id, outcome }, secret };
        Ok(JetonServiceIssuedPayload(issued, Recorded(outcome)))
    }

    /// Revokes a service token, for ever: within a second it opens nothing more.
    async fn revoke_service_token(
        &self,
        ctx: &Context<'_>,
        input: RevokeServiceTokenInput,
    ) -> Result<JetonServicePayload> {
        let id = typed(&input.jeton, "input.jeton")?;
        let motif = input.motif.map(Into::into);
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::JetonService, asked| {
                it.revoke_service_token(asked, motif)
            });
        let outcome = decided.await?;
        Ok(JetonServicePayload(JetonServiceChanged { id, outcome }, Recorded(outcome)))
    }
}

/// A portal that may come by itself.
#[derive(InputObject)]
pub(crate) struct IssueServiceTokenInput {
    #[graphql(flatten)]
    request: Request,
    /// What to call it: the portal and what for. No name of a person, for it stands in clear.
    libelle: String,
    /// The role it acts in: one that acts for DLAs or for an organisation.
    role: Role,
    /// The DLAs it acts for, when the role acts for DLAs. At most 100.
    dlas: Option<Vec<ID>>,
    /// The organisation it acts for, when the role acts for one.
    organisation: Option<ID>,
    /// What it may do.
    acces: AccesJeton,
    /// The addresses it may come from, or ranges of them (CIDR): anywhere when there is none. At
    /// most 20.
    adresses: Option<Vec<String>>,
    /// The last day on which it is good, in Paris: at most 400 days from today.
    expires_on: Date,
}

impl IssueServiceTokenInput {
    fn emission(&self, secret: &Secret) -> Result<Emission> {
        let dlas = typed_all(self.dlas.as_deref().unwrap_or_default(), "input.dlas")?;
        let organisation: Option<OrganisationId> = match &self.organisation {
            Some(id) => Some(typed(id, "input.organisation")?),
            None => None,
        };
        let adresses = self.adresses.iter().flatten().enumerate();
        let adresses = adresses.map(|(n, it)| Reseau::parse(it).at(format!("input.adresses.{n}")));
        Ok(Emission {
            libelle: line("input.libelle", &self.libelle)?,
            role: self.role.into(),
            dlas: dlas.into_iter().collect(),
            organisation,
            acces: self.acces.into(),
            adresses: adresses.collect::<Result<BTreeSet<_>>>()?,
            expires_on: self.expires_on.0,
            empreinte: secret.empreinte(),
        })
    }
}

/// A service token that may no longer be used.
#[derive(InputObject)]
pub(crate) struct RevokeServiceTokenInput {
    #[graphql(flatten)]
    request: Request,
    /// The token.
    jeton: ID,
    /// Why.
    motif: Option<MotifRevocation>,
}

/// A service token that was issued, and its secret.
#[derive(MergedObject)]
pub(crate) struct JetonServiceIssuedPayload(JetonServiceIssued, Recorded);

/// A service token that was changed.
#[derive(MergedObject)]
pub(crate) struct JetonServicePayload(JetonServiceChanged, Recorded);

struct JetonServiceIssued {
    changed: JetonServiceChanged,
    secret: Option<Secret>,
}

#[Object]
impl JetonServiceIssued {
    /// The token, at least as recent as the change.
    async fn jeton(&self, ctx: &Context<'_>) -> Result<Option<JetonService>> {
        self.changed.read(ctx).await
    }

    /// What the portal sends (`Authorization: Bearer …`). Keep it now: it is not shown again. Null
    /// when the same command was already answered.
    async fn secret(&self) -> Option<&str> {
        self.secret.as_ref().map(Secret::expose)
    }

    /// Whether the secret was shown by an earlier answer to this command: if it was lost, revoke
    /// the token and issue another.
    async fn secret_already_shown(&self) -> bool {
        self.secret.is_none()
    }
}

struct JetonServiceChanged {
    id: JetonServiceId,
    outcome: Outcome,
}

#[Object]
impl JetonServiceChanged {
    /// The token, at least as recent as the change.
    async fn jeton(&self, ctx: &Context<'_>) -> Result<Option<JetonService>> {
        self.read(ctx).await
    }
}

impl JetonServiceChanged {
    async fn read(&self, ctx: &Context<'_>) -> Result<Option<JetonService>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, self.id).await
    }
}
