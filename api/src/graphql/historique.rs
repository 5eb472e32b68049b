//! The history: who did what, when, for whom and why; of one dossier, and of all that the actor
//! may see.
//!
//! The read model says which facts an actor may see, the log what they hold, the vault what is
//! sealed in them, and `faits` how much of a fact each one reads.

pub(crate) mod filter;

use std::sync::Arc;

use async_graphql::{Context, ID, Json, Object, SimpleObject};
use domain::{IngenierieId, PersonId, RoleName};
use eventlog::{Position as Place, Recorded};
use projections::{
    historique::{self as rows, Filter},
    personnes,
};
use serde_json::Value;
use uuid::Uuid;

pub(crate) use projections::historique::MODEL;

use self::filter::{CategorieFait, HistoriqueFilter};
use crate::{
    Result,
    audits::{self, Lecture, Lu},
    faits::{self, Said},
    graphql::{
        context::ContextExt,
        ids::global,
        ingenierie_collective::activites::receipt,
        loaders::HistoryOf,
        organisation::{self, Organisation},
        paging::{self, List},
        past::AsOfInput,
        personne::IdentitePersonne,
        regle::RegleEcartee,
        request::line,
        scalars::{Date, DateTime, Position, Version},
        sealed::{disclose, text},
        viewer::Role,
    },
};

/// A disclosure costs more than a field: it is read and journalled one by one.
const DIVULGATION_COST: usize = 10;

/// A fact (fait): something that happened, recorded for ever.
pub(crate) struct Fait(pub(crate) faits::Fait);

/// A fact (fait): something that happened, recorded for ever.
#[Object]
impl Fait {
    /// Its place in the whole log. Positions rise; those between are not of this list.
    async fn position(&self) -> Position {
        Position(self.recorded().position.0)
    }

    /// When the log recorded it.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.recorded().recorded_at)
    }

    /// When it happened, as people say it.
    async fn on(&self) -> Date {
        Date(self.recorded().on)
    }

    /// What happened, by its stable name: `StructureMobilised`.
    #[graphql(name = "type")]
    async fn kind(&self) -> &str {
        &self.recorded().kind
    }

    /// What kind of object it happened to.
    async fn category(&self) -> CategorieFait {
        CategorieFait::of(&self.recorded().event)
    }

    /// The global id of the object it happened to: an ingénierie, its plan de financement, one of
    /// its consultations, its intervention, its evaluation, its capitalisation; an organisation, a
    /// DLA, a reference list.
    async fn objet(&self) -> ID {
        CategorieFait::of(&self.recorded().event).global(self.recorded().stream)
    }

    /// The global id of the ingénierie whose dossier shows it. Null for facts of the registries.
    async fn ingenierie_id(&self) -> Option<ID> {
        self.recorded().dossier.map(|it| global(IngenierieId(it)))
    }

    /// The version of that object after it.
    async fn version(&self) -> Version {
        Version(self.recorded().version.0)
    }

    /// The command it comes from: facts of one command share it.
    async fn command_id(&self) -> Uuid {
        self.recorded().command
    }

    /// Who did it.
    async fn acteur(&self, ctx: &Context<'_>) -> Acteur {
        let stamp = &self.recorded().actor;
        let role = RoleName::ALL.iter().find(|it| it.as_str() == stamp.role);
        let identity = self.0.identity(ctx.eyes());
        let audited = self.0.audited(ctx.eyes());
        Acteur {
            audited: audited.map(|it| (it, self.recorded().position)),
            id: identity.map(|it| it.id),
            via: identity.and_then(|it| it.via.clone()),
            role: role.copied().map(Role::from),
            organisation: stamp.org,
        }
    }

    /// What it holds in clear, in the shape it was recorded in; ids in it are bare UUIDs, amounts
    /// are cents, days are quarter days. A structure reads what concerns it or all: null when
    /// the fact is about another structure. A fact about a person is read by the DLAs concerned:
    /// null for others.
    async fn data(&self, ctx: &Context<'_>) -> Option<Json<Value>> {
        self.0.data(ctx.eyes()).cloned().map(Json)
    }

    /// What it changes of what was said before of the same thing, value by value: a line of a
    /// plan, an identity, a problématique. Sealed texts are not compared. Null when such facts
    /// state nothing anew, or when you may not read it: see `data`.
    async fn changes(&self, ctx: &Context<'_>) -> Result<Option<Vec<Changement>>> {
        let histories = self.histories(ctx).await?;
        let all = self.0.changes(ctx.eyes(), &histories);
        Ok(all.map(|all| all.into_iter().map(Changement::of).collect()))
    }

    /// The position of the next fact that says the same anew, corrects it or ends it, whatever
    /// `asOf` says. Null while this one stands.
    async fn restated_at(&self, ctx: &Context<'_>) -> Result<Option<Position>> {
        let histories = self.histories(ctx).await?;
        Ok(self.0.restated_at(&histories).map(|it| Position(it.0)))
    }

    /// The rules that its command set aside, and why.
    async fn regles_ecartees(&self, ctx: &Context<'_>) -> Result<Vec<RegleEcartee>> {
        let histories = self.histories(ctx).await?;
        Ok(RegleEcartee::all(&self.0.waivers(&histories)?))
    }

    /// The sealed texts it holds, with their values if you may read them.
    async fn sealed(&self, ctx: &Context<'_>) -> Vec<TexteScelle> {
        let all = self.recorded().sealed.iter().map(|pointer| TexteScelle {
            position: self.recorded().position,
            pointer: pointer.clone(),
            readable: self.0.opens(ctx.eyes(), pointer),
        });
        all.collect()
    }

    /// The hash of the fact in the log (base64url): `inclusionProof` proves with it that the fact
    /// is there, and so does `/log/v0/proof/<position>` without a token.
    async fn receipt(&self, ctx: &Context<'_>) -> Result<String> {
        receipt(ctx, self.recorded().position).await
    }
}

impl Fait {
    fn recorded(&self) -> &Recorded {
        self.0.recorded()
    }

    async fn histories(&self, ctx: &Context<'_>) -> Result<Arc<Vec<Said>>> {
        let key = HistoryOf(self.recorded().stream);
        Ok(ctx.loaders().load_one(key).await?.unwrap_or_default())
    }
}

/// A value that a fact changes.
#[derive(SimpleObject)]
pub(crate) struct Changement {
    /// Where it stands in the fact's `data`, as a JSON pointer: `/montant`. A list is one value.
    pointer: String,
    /// What was said before. Null when nothing was.
    before: Option<Json<Value>>,
    /// What is said from then on. Null when nothing is any more.
    after: Option<Json<Value>>,
}

impl Changement {
    fn of(it: domain::restated::Change) -> Self {
        Self { pointer: it.pointer, before: it.before.map(Json), after: it.after.map(Json) }
    }
}

/// Who did something, as the log says it. No name stands in the log.
pub(crate) struct Acteur {
    /// What a mandate opens to the reader, and the fact.
    audited: Option<(Uuid, Place)>,
    id: Option<Uuid>,
    via: Option<String>,
    role: Option<Role>,
    organisation: Option<Uuid>,
}

/// Who did something, as the log says it. No name stands in the log.
#[Object]
impl Acteur {
    /// A random id that stands for one person. For the DLAs concerned and for those who control;
    /// null for others.
    async fn id(&self) -> Option<Uuid> {
        self.id
    }

    /// By which door they came: the client that held their token. For the DLAs concerned and for
    /// those who control; null for others.
    async fn via(&self) -> Option<&str> {
        self.via.as_deref()
    }

    /// In which role. Null when that role no longer exists.
    async fn role(&self) -> Option<Role> {
        self.role
    }

    /// For which organisation. Null when the token named none.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.organisation).await
    }

    /// Who the person is, for an auditor whose mandate opens the fact: with a reason, which is
    /// kept in the journal of the mandate and in that of the person. Null for others, when nobody
    /// said who they are, and once they are erased.
    #[graphql(complexity = "DIVULGATION_COST + child_complexity")]
    async fn identite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Why it is needed: the number of the control or the case, and no name.")]
        because: String,
    ) -> Result<Option<IdentitePersonne>> {
        let because = line("because", &because)?;
        let (Some((opened, up_to)), Some(acteur)) = (self.audited, self.id) else {
            return Ok(None);
        };
        let Some(personne) = personnes::of_acteur(ctx.reads(), acteur).await? else {
            return Ok(None);
        };
        let objet = global(PersonId(personne.id));
        let lecture = Lecture { opened, objet, up_to };
        let why = (Lu::Identite, Some(because.as_str()));
        audits::note(ctx.log(), ctx.eyes(), why, [lecture]).await?;
        IdentitePersonne::audited(ctx, &personne, &because).await
    }
}

/// A text that is not in the fact itself: a reason, a comment, an offre. It can be erased
/// without touching the log.
pub(crate) struct TexteScelle {
    position: Place,
    pointer: String,
    /// Whether the actor may read it.
    readable: bool,
}

/// A text that is not in the fact itself: a reason, a comment, an offre. It can be erased
/// without touching the log.
#[Object]
impl TexteScelle {
    /// Its place in the fact, as a JSON pointer: `/motif`, `/because`.
    async fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The text. The justification of a rule set aside is read by whoever reads the dossier,
    /// the other texts by the DLAs concerned and by the organisation whose words they are. Null
    /// for others, once erased, and for offres.
    async fn value(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if !self.readable {
            return Ok(None);
        }
        text(ctx, self.position.0, &self.pointer).await
    }

    /// What lets an auditor check the text against the fact in the log, without asking anyone:
    /// for those who may read it, with a reason that is kept in the journal. Null otherwise.
    #[graphql(complexity = "DIVULGATION_COST + child_complexity")]
    async fn divulgation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Why it is needed: the number of the control or the case, and no name.")]
        because: String,
    ) -> Result<Option<Divulgation>> {
        let because = line("because", &because)?;
        if !self.readable {
            return Ok(None);
        }
        let disclosed = disclose(ctx, (self.position, &self.pointer), &because).await?;
        Ok(disclosed.map(|it| Divulgation {
            disclosure: it.text,
            salt: it.salt,
            value: it.value.as_str().map(str::to_owned),
            commitment: it.commitment,
        }))
    }
}

/// What opens a commitment of a fact (RFC 9901): its SHA-256 is what the fact holds.
#[derive(SimpleObject)]
pub(crate) struct Divulgation {
    /// The disclosure, in base64url: a JSON array of salt, pointer and value. The SHA-256 of this
    /// text, in base64url, is the commitment.
    disclosure: String,
    /// The salt, in base64url: 256 random bits, drawn for this value.
    salt: String,
    /// The text. Null when the value is not a text.
    value: Option<String>,
    /// The commitment: member `d` of `sealed`, at this pointer, in the fact as it is exported.
    commitment: String,
}

/// What a list is asked, beside its filter.
pub(crate) struct Paged {
    pub(crate) first: i32,
    pub(crate) after: Option<String>,
    pub(crate) at_least: Option<Position>,
    pub(crate) as_of: Option<AsOfInput>,
}

#[derive(Default)]
pub(crate) struct HistoriqueQuery;

#[Object]
impl HistoriqueQuery {
    /// The facts that you may know of, oldest first: who did what, when, for whom and why; those
    /// of your dossiers, those of the registries of organisations and of DLAs, those of the
    /// reference lists. The same is downloaded at `/historique.csv` and `/historique.jsonl`, with
    /// the members of the filter as parameters.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn historique(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<HistoriqueFilter>,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<i64, Fait>> {
        let filter = filter.unwrap_or_default().rows()?;
        list(ctx, filter, Paged { first, after, at_least: at_least_position, as_of }).await
    }
}

/// A page of a history, oldest first.
pub(crate) async fn list(
    ctx: &Context<'_>,
    mut filter: Filter,
    it: Paged,
) -> Result<List<i64, Fait>> {
    let (reads, scope) = (ctx.reads(), ctx.scope());
    let asked = paging::asked(it.first, it.after.as_deref())?;
    paging::at_least(ctx, &MODEL, it.at_least).await?;
    paging::at_least(ctx, &projections::ingenieries::MODEL, it.at_least).await?;
    paging::at_least(ctx, &projections::conventions::MODEL, it.at_least).await?;
    let known = match &it.as_of {
        Some(it) => Some(it.position(ctx.log()).await?),
        None => None,
    };
    let known = known.into_iter().chain(reads.past()).min();
    if let Some(known) = known {
        filter = filter.known_at(known);
    }
    let page = faits::page(reads, ctx.eyes(), &filter, (asked.first, asked.after.map(Place)));
    let fait = |it: faits::Fait| (it.recorded().position.0, Fait(it));
    let mut list = paging::list(ctx, &MODEL, &asked, page, fait).await?;
    if let Some(known) = known.filter(|it| it.0 < list.more.position()) {
        let at = ctx.log().at_positions(&[known]).await?;
        list.more
            .stand_at(known, at.first().map(|it| it.recorded_at));
    }
    paging::total(ctx, list, rows::count(reads, scope, &filter)).await
}
