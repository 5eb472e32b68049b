//! Mandates of auditors: who may read what, from when to when, and what they read.

use std::collections::BTreeSet;

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object, SimpleObject};
use domain::{
    ConventionFinancement, ConventionId, Dossier, IngenierieId, MandatAuditId, OrganisationId,
    PlanFinancement, PlanFinancementId, Subject,
    decider::Decider as _,
    mandat_audit::{Nommes, PORTEE_MAX, Refusal, Termes},
};
use eventlog::Outcome;
use projections::mandats_audit::{self as rows, MODEL};
use uuid::Uuid;

use crate::{
    Error, Result,
    audits::Lu,
    graphql::{
        context::ContextExt,
        ids::{global, typed, typed_all},
        organisation::{self, Organisation},
        paging::{self, List},
        request::{Recorded, Request, line, prose},
        scalars::{Date, DateTime, Position, Version},
        sealed::text,
    },
};

/// The most lines of the journal that one answer holds.
const LECTURES_MAX: i64 = 100;

/// A mandate (mandat d'audit): it opens to an organisation that controls the dossiers and the
/// conventions that it names, for reading, between two days. Whoever granted it sees it, the
/// organisation that it is for, administrators and DPOs.
pub(crate) struct MandatAudit(pub(crate) rows::Mandat);

/// A mandate (mandat d'audit): it opens to an organisation that controls the dossiers and the
/// conventions that it names, for reading, between two days. Whoever granted it sees it, the
/// organisation that it is for, administrators and DPOs.
#[Object]
impl MandatAudit {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(MandatAuditId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// The organisation that controls.
    async fn auditeur(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.auditeur)).await
    }

    /// The financeur that granted it. Null for a control that a law provides for.
    async fn mandant(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.mandant).await
    }

    /// The global ids of the ingénieries that it names.
    async fn ingenieries(&self) -> Vec<ID> {
        let all = self.0.dossiers.iter();
        all.map(|it| global(IngenierieId(*it))).collect()
    }

    /// The global ids of the conventions that it names: the ingénieries that draw on them are
    /// opened too.
    async fn conventions(&self) -> Vec<ID> {
        let all = self.0.conventions.iter();
        all.map(|it| global(ConventionId(*it))).collect()
    }

    /// The financeur of which all that it funds is opened, as it stands when it is read. Null
    /// when it names dossiers or conventions alone.
    async fn financeur(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.financeur).await
    }

    /// The first day.
    async fn du(&self) -> Date {
        Date(self.0.du)
    }

    /// The last day.
    async fn au(&self) -> Date {
        Date(self.0.au)
    }

    /// The number of the control.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// By which law or which agreement. Sealed: reading it is written in the journal.
    async fn fondement(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        text(ctx, self.0.fondement.position, &self.0.fondement.pointer).await
    }

    /// When it was granted.
    async fn granted_on(&self) -> Date {
        Date(self.0.granted_on)
    }

    /// When it was revoked. Null while it stands.
    async fn revoked_on(&self) -> Option<Date> {
        self.0.revoked_on.map(Date)
    }

    /// Why it was revoked (INV-36). Sealed. Null while it stands.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.0.motif else { return Ok(None) };
        text(ctx, place.position, &place.pointer).await
    }

    /// Whether it opens something today.
    async fn en_vigueur(&self, ctx: &Context<'_>) -> bool {
        let today = ctx.clock().today;
        self.0.revoked_on.is_none() && self.0.du <= today && today <= self.0.au
    }

    /// What was read under it, latest first: the last 100 readings. For whoever granted it, for
    /// administrators and DPOs; null for others.
    async fn lectures(&self, ctx: &Context<'_>) -> Result<Option<Vec<LectureAudit>>> {
        let scope = ctx.scope();
        let granted = self
            .0
            .mandant
            .is_some_and(|it| scope.organisations.contains(&it));
        if !(granted || scope.all || scope.keeps_house()) {
            return Ok(None);
        }
        let subject = Subject::mandat_audit(MandatAuditId(self.0.id));
        let accesses = ctx.log().vault().accesses(&subject, LECTURES_MAX).await?;
        Ok(Some(accesses.into_iter().filter_map(LectureAudit::of).collect()))
    }
}

/// A reading under a mandate: written before anything was given.
#[derive(SimpleObject)]
pub(crate) struct LectureAudit {
    /// When.
    at: DateTime,
    /// Who, by the random id that stands for them in the log.
    acteur: Uuid,
    /// What was read.
    quoi: ObjetLecture,
    /// The global id of the ingénierie or the convention whose history it is, of the document, or
    /// of the person.
    objet: ID,
    /// The last fact that was read.
    position: Position,
    /// Why, where it had to be said.
    because: Option<String>,
}

impl LectureAudit {
    /// As the journal has it. The sealed texts of the mandate itself stand there too.
    fn of(it: eventlog::vault::Access) -> Option<Self> {
        let (quoi, objet) = it.pointer.strip_prefix('/')?.split_once('/')?;
        let quoi = Lu::ALL.into_iter().find(|known| known.as_str() == quoi)?;
        Some(Self {
            at: DateTime(it.at),
            acteur: it.actor,
            quoi: quoi.into(),
            objet: ID(objet.to_owned()),
            position: Position(it.position.0),
            because: it.because,
        })
    }
}

/// What an auditor read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Lu")]
pub(crate) enum ObjetLecture {
    /// Facts of a dossier or of a convention.
    Historique,
    /// A document: its title, or its content.
    Document,
    /// Who a person is.
    Identite,
}

#[derive(Default)]
pub(crate) struct MandatAuditQuery;

#[Object]
impl MandatAuditQuery {
    /// A mandate by its global id. Null when it does not exist, or when you may not see it.
    async fn mandat_audit(&self, ctx: &Context<'_>, id: ID) -> Result<Option<MandatAudit>> {
        find(ctx, typed(&id, "id")?).await
    }

    /// The mandates that you granted or that are for you; all of them for administrators and
    /// DPOs. The last granted first.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn mandats_audit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<i64, MandatAudit>> {
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let asked = paging::asked(first, after.as_deref())?;
        let page = rows::list(ctx.reads(), ctx.scope(), asked.first, asked.after);
        let row = |it: rows::Mandat| (it.granted_position, MandatAudit(it));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count(ctx.reads(), ctx.scope())).await
    }
}

async fn find(ctx: &Context<'_>, id: MandatAuditId) -> Result<Option<MandatAudit>> {
    Ok(ctx.loaders().load_one(id).await?.map(MandatAudit))
}

#[derive(Default)]
pub(crate) struct MandatAuditMutation;

#[Object]
impl MandatAuditMutation {
    /// Opens to an organisation that controls what you fund, for reading, from one day to another.
    /// An administrator opens any dossier, for a control that a law provides for. The command id
    /// becomes its id.
    async fn grant_mandat_audit(
        &self,
        ctx: &Context<'_>,
        input: GrantMandatAuditInput,
    ) -> Result<MandatAuditPayload> {
        let id = MandatAuditId(input.request.command_id);
        let (noms, termes) = input.parse()?;
        let gather = || noms.read(ctx);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::MandatAudit, asked, nommes| {
                it.grant_mandat_audit(asked, id, nommes, termes.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Lets a mandate last longer, while it stands.
    async fn extend_mandat_audit(
        &self,
        ctx: &Context<'_>,
        input: ExtendMandatAuditInput,
    ) -> Result<MandatAuditPayload> {
        let id: MandatAuditId = typed(&input.mandat, "input.mandat")?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::MandatAudit, asked| {
                it.extend_mandat_audit(asked, input.au.0)
            });
        Ok(payload(id, decided.await?))
    }

    /// Ends a mandate at once. The reason is mandatory (INV-36).
    async fn revoke_mandat_audit(
        &self,
        ctx: &Context<'_>,
        input: RevokeMandatAuditInput,
    ) -> Result<MandatAuditPayload> {
        let id: MandatAuditId = typed(&input.mandat, "input.mandat")?;
        let motif = prose("input.motif", &input.motif)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::MandatAudit, asked| {
                it.revoke_mandat_audit(asked, id, motif.clone())
            });
        Ok(payload(id, decided.await?))
    }
}

/// What to open, to whom, and for how long.
#[derive(InputObject)]
pub(crate) struct GrantMandatAuditInput {
    #[graphql(flatten)]
    request: Request,
    /// The organisation that controls: those who come with a token of its auditors.
    auditeur: ID,
    /// The ingénieries to open, at most 100.
    #[graphql(default)]
    dossiers: Vec<ID>,
    /// The conventions to open, at most 100, with the ingénieries that draw on them.
    #[graphql(default)]
    conventions: Vec<ID>,
    /// The financeur of which all that it funds is opened: you, unless a law provides for it.
    financeur: Option<ID>,
    /// The first day.
    du: Date,
    /// The last day: at most 366 days later.
    au: Date,
    /// The number of the control: no name, for it stands in clear.
    reference: String,
    /// By which law or which agreement. Sealed.
    fondement: String,
}

/// What a mandate names, by id.
struct Noms {
    auditeur: OrganisationId,
    dossiers: BTreeSet<IngenierieId>,
    conventions: BTreeSet<ConventionId>,
    financeur: Option<OrganisationId>,
}

impl GrantMandatAuditInput {
    fn parse(&self) -> Result<(Noms, Termes)> {
        // Each is read before the rule counts them.
        if self.dossiers.len().max(self.conventions.len()) > PORTEE_MAX {
            let no = domain::Refusal::from(Refusal::PorteeTooLarge { max: PORTEE_MAX });
            return Err(Error::from(eventlog::Error::Refused(no)));
        }
        let dossiers: Vec<_> = typed_all(&self.dossiers, "input.dossiers")?;
        let conventions: Vec<_> = typed_all(&self.conventions, "input.conventions")?;
        let financeur = self.financeur.as_ref();
        let noms = Noms {
            auditeur: typed(&self.auditeur, "input.auditeur")?,
            dossiers: dossiers.into_iter().collect(),
            conventions: conventions.into_iter().collect(),
            financeur: financeur
                .map(|it| typed(it, "input.financeur"))
                .transpose()?,
        };
        let termes = Termes {
            du: self.du.0,
            au: self.au.0,
            reference: line("input.reference", &self.reference)?,
            fondement: prose("input.fondement", &self.fondement)?,
        };
        Ok((noms, termes))
    }
}

impl Noms {
    async fn read(&self, ctx: &Context<'_>) -> Result<Nommes, eventlog::Error> {
        let log = ctx.log();
        let mut dossiers = vec![];
        for id in &self.dossiers {
            let plan = log
                .claimed(PlanFinancement::CATEGORY, &id.0.to_string())
                .await?;
            // Without a plan, the nil id: a stream that has no fact.
            let plan = PlanFinancementId(plan.unwrap_or_default());
            let plan = log.seen::<PlanFinancement>(plan).await?;
            dossiers.push((log.either::<Dossier>(*id).await?, plan));
        }
        let mut conventions = vec![];
        for id in &self.conventions {
            conventions.push(log.seen::<ConventionFinancement>(*id).await?);
        }
        let financeur = match self.financeur {
            Some(id) => Some(log.seen(id).await?),
            None => None,
        };
        let auditeur = log.seen(self.auditeur).await?;
        Ok(Nommes { auditeur, dossiers, conventions, financeur })
    }
}

/// A mandate to let last longer.
#[derive(InputObject)]
pub(crate) struct ExtendMandatAuditInput {
    #[graphql(flatten)]
    request: Request,
    /// The mandate.
    mandat: ID,
    /// Its new last day: at most 366 days from now.
    au: Date,
}

/// A mandate to end.
#[derive(InputObject)]
pub(crate) struct RevokeMandatAuditInput {
    #[graphql(flatten)]
    request: Request,
    /// The mandate.
    mandat: ID,
    /// Why (INV-36). Sealed.
    motif: String,
}

/// What every change of a mandate answers.
#[derive(MergedObject)]
pub(crate) struct MandatAuditPayload(MandatAuditChanged, Recorded);

fn payload(id: MandatAuditId, outcome: Outcome) -> MandatAuditPayload {
    MandatAuditPayload(MandatAuditChanged { id, outcome }, Recorded(outcome))
}

struct MandatAuditChanged {
    id: MandatAuditId,
    outcome: Outcome,
}

#[Object]
impl MandatAuditChanged {
    /// The mandate, at least as recent as the change.
    async fn mandat_audit(&self, ctx: &Context<'_>) -> Result<Option<MandatAudit>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, self.id).await
    }
}
