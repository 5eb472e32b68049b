//! The history of a dossier: who did what, when, for whom and why.
//!
//! The read model says which facts an actor may see, the log what they hold, the vault what is
//! sealed in them.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Json, Object, SimpleObject};
use domain::{
    CapitalisationId, ConsultationId, DlaId, EvaluationId, Event, IngenierieId, OrganisationId,
    PersonId, PlanFinancementId, RoleName,
    consultation::Event as Consultation,
    ingenierie_collective::Event as Ingenierie,
    plan_financement::{Contributeur, Event as Plan},
    values::Invalid,
};
use eventlog::{Position as Place, Recorded};
use projections::{
    Page,
    historique::{self as rows, Filter},
    ingenieries,
};
use serde_json::Value;
use uuid::Uuid;

pub(crate) use projections::historique::MODEL;

use crate::{
    Error, Result,
    graphql::{
        context::ContextExt,
        ids::global,
        ingenierie_collective::{activites::receipt, own_structure},
        organisation::{self, Organisation},
        paging::{self, List},
        request::line,
        scalars::{Date, DateTime, Position, Version},
        sealed::{Readers, disclose, open},
        viewer::Role,
    },
};

/// A disclosure costs more than a field: it is read and journalled one by one.
const DIVULGATION_COST: usize = 10;

/// The most kinds that one filter names.
const TYPES_MAX: usize = 50;

/// A fact (fait) of a dossier: something that happened, recorded for ever.
pub(crate) struct Fait {
    recorded: Recorded,
    /// Whose people read comments and reasons.
    dlas: Arc<[Uuid]>,
}

/// A fact (fait) of a dossier: something that happened, recorded for ever.
#[Object]
impl Fait {
    /// Its place in the whole log. Positions rise; those between belong to other dossiers.
    async fn position(&self) -> Position {
        Position(self.recorded.position.0)
    }

    /// When the log recorded it.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.recorded.recorded_at)
    }

    /// When it happened, as people say it.
    async fn on(&self) -> Date {
        Date(self.recorded.on)
    }

    /// What happened, by its stable name: `StructureMobilised`.
    #[graphql(name = "type")]
    async fn kind(&self) -> &str {
        &self.recorded.kind
    }

    /// What kind of object it happened to.
    async fn category(&self) -> CategorieFait {
        CategorieFait::of(&self.recorded.event)
    }

    /// The global id of the object it happened to: the ingénierie itself, its plan de
    /// financement, one of its consultations, its evaluation or its capitalisation.
    async fn objet(&self) -> ID {
        CategorieFait::of(&self.recorded.event).global(self.recorded.stream)
    }

    /// The version of that object after it.
    async fn version(&self) -> Version {
        Version(self.recorded.version.0)
    }

    /// The command it comes from: facts of one command share it.
    async fn command_id(&self) -> Uuid {
        self.recorded.command
    }

    /// Who did it.
    async fn acteur(&self, ctx: &Context<'_>) -> Acteur {
        let stamp = &self.recorded.actor;
        let role = RoleName::ALL.iter().find(|it| it.as_str() == stamp.role);
        Acteur {
            id: ctx.scope().inside(&self.dlas).then_some(stamp.id),
            role: role.copied().map(Role::from),
            organisation: stamp.org,
        }
    }

    /// What it holds in clear, in the shape it was recorded in; ids in it are bare UUIDs, amounts
    /// are cents, days are quarter days. A structure reads what concerns it or all: null when
    /// the fact is about another structure.
    async fn data(&self, ctx: &Context<'_>) -> Option<Json<Value>> {
        self.shown(ctx).then(|| Json(self.content()))
    }

    /// The sealed texts it holds, with their values if you may read them.
    async fn sealed(&self, ctx: &Context<'_>) -> Vec<TexteScelle> {
        let shown = self.shown(ctx);
        let all = self.recorded.sealed.iter().map(|pointer| TexteScelle {
            position: self.recorded.position.0,
            pointer: pointer.clone(),
            readers: self.readers(pointer).filter(|_| shown),
            dlas: self.dlas.clone(),
        });
        all.collect()
    }

    /// The hash of the fact in the log (base64url), with which its presence can be proved.
    async fn receipt(&self, ctx: &Context<'_>) -> Result<String> {
        receipt(ctx, self.recorded.position).await
    }
}

impl Fait {
    /// Who may read a sealed text of this fact; nobody may read an offre: a consultation opens
    /// its offres together.
    fn readers(&self, pointer: &str) -> Option<Readers> {
        match &self.recorded.event {
            Event::Consultation(Consultation::OffreReceived { .. }) => None,
            Event::IngenierieCollective(Ingenierie::StructureResponseRecorded {
                structure,
                ..
            }) => Some(Readers::DlasAnd(*structure)),
            Event::PlanFinancement(Plan::RessourceRefused {
                contributeur: Contributeur::Organisation(organisation),
                ..
            }) => Some(Readers::DlasAnd(*organisation)),
            _ if pointer == "/because" => Some(Readers::Dossier),
            _ => Some(Readers::Dlas),
        }
    }

    fn content(&self) -> Value {
        serde_json::from_str(self.recorded.data.get()).unwrap_or_default()
    }

    /// Whether the actor may read what it holds: a structure reads nothing of another one.
    fn shown(&self, ctx: &Context<'_>) -> bool {
        let Some(own) = own_structure(ctx) else { return true };
        let is_own = |it: &Value| it.as_str().and_then(|it| it.parse().ok()) == Some(own);
        let data = self.content();
        let one = data.get("structure").is_none_or(is_own);
        let several = data.get("structures").and_then(Value::as_array);
        one && several.is_none_or(|all| all.iter().all(is_own))
    }
}

/// Who did something, as the log says it. No name stands in the log.
pub(crate) struct Acteur {
    id: Option<Uuid>,
    role: Option<Role>,
    organisation: Option<Uuid>,
}

/// Who did something, as the log says it. No name stands in the log.
#[Object]
impl Acteur {
    /// A random id that stands for one person. For the DLAs concerned; null for others.
    async fn id(&self) -> Option<Uuid> {
        self.id
    }

    /// In which role. Null when that role no longer exists.
    async fn role(&self) -> Option<Role> {
        self.role
    }

    /// For which organisation. Null when the token named none.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.organisation).await
    }
}

/// A text that is not in the fact itself: a reason, a comment, an offre. It can be erased
/// without touching the log.
pub(crate) struct TexteScelle {
    position: i64,
    pointer: String,
    /// Nobody, when absent.
    readers: Option<Readers>,
    dlas: Arc<[Uuid]>,
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
        let Some(readers) = self.readers else { return Ok(None) };
        open(ctx, readers, &self.dlas, self.position, &self.pointer).await
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
        let Some(readers) = self.readers else { return Ok(None) };
        let place = (Place(self.position), self.pointer.as_str());
        let disclosed = disclose(ctx, readers, &self.dlas, place, &because).await?;
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

macro_rules! categories {
    ($($(#[$doc:meta])* $name:ident = $stored:literal, $id:ident;)*) => {
        /// What kind of object a fact happened to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        pub(crate) enum CategorieFait {
            $($(#[$doc])* $name,)*
        }

        impl CategorieFait {
            fn of(event: &Event) -> Self {
                match event {
                    $(Event::$name(_) => Self::$name,)*
                }
            }

            /// As the log writes it.
            fn stored(self) -> &'static str {
                match self {
                    $(Self::$name => $stored,)*
                }
            }

            /// The id of such an object.
            fn global(self, id: Uuid) -> ID {
                match self {
                    $(Self::$name => global($id(id)),)*
                }
            }
        }
    };
}

categories! {
    /// What an ingénierie leaves to others.
    Capitalisation = "capitalisation", CapitalisationId;
    /// A consultation of prestataires.
    Consultation = "consultation", ConsultationId;
    /// A DLA. Its facts stand in no dossier.
    Dla = "dla", DlaId;
    /// The evaluation of an ingénierie.
    Evaluation = "evaluation", EvaluationId;
    /// The ingénierie itself.
    IngenierieCollective = "ingenierie_collective", IngenierieId;
    /// An organisation. Its facts stand in no dossier.
    Organisation = "organisation", OrganisationId;
    /// A person. Their facts stand in no dossier.
    Personne = "personne", PersonId;
    /// The plan de financement of an ingénierie.
    PlanFinancement = "plan_financement", PlanFinancementId;
}

/// What to look for in a history. What is given holds together; an empty list is no limit.
#[derive(Default, InputObject)]
pub(crate) struct HistoriqueFilter {
    /// Facts of these kinds of objects.
    categories: Option<Vec<CategorieFait>>,
    /// Facts of these names, whatever their category: `RuleWaived` for the rules set aside. At
    /// most 50.
    types: Option<Vec<String>>,
    /// Facts at this position or later.
    from: Option<Position>,
    /// Facts at this position or before.
    to: Option<Position>,
    /// Facts done in these roles.
    roles: Option<Vec<Role>>,
}

impl HistoriqueFilter {
    fn rows(self) -> Result<Filter> {
        let types = self.types.unwrap_or_default();
        if types.len() > TYPES_MAX {
            return Err(Error::Invalid {
                path: "filter.types".to_owned(),
                why: Invalid {
                    fr: format!("Indiquez au plus {TYPES_MAX} types de faits."),
                    en: format!("Give at most {TYPES_MAX} types of facts."),
                },
            });
        }
        let known = domain::event_kinds();
        let unknown = |it: &String| !known.iter().any(|(_, kind)| kind == it);
        if let Some(n) = types.iter().position(unknown) {
            return Err(Error::Invalid {
                path: format!("filter.types.{n}"),
                why: Invalid {
                    fr: "Aucun fait ne porte ce nom : indiquez par exemple RuleWaived.".to_owned(),
                    en: "No fact has this name: give for example RuleWaived.".to_owned(),
                },
            });
        }
        let categories = self.categories.unwrap_or_default();
        let roles = self.roles.unwrap_or_default();
        Ok(Filter {
            categories: categories.iter().map(|it| it.stored().to_owned()).collect(),
            kinds: types,
            from: self.from.map(|it| Place(it.0)),
            to: self.to.map(|it| Place(it.0)),
            roles: roles.into_iter().map(RoleName::from).collect(),
        })
    }
}

/// A page of the history of a dossier, oldest first.
pub(crate) async fn list(
    ctx: &Context<'_>,
    dossier: &ingenieries::Ingenierie,
    first: i32,
    after: Option<&str>,
    filter: HistoriqueFilter,
) -> Result<List<i64, Fait>> {
    let (reads, scope) = (ctx.reads(), ctx.scope());
    let id = IngenierieId(dossier.id);
    let asked = paging::asked(first, after)?;
    let filter = filter.rows()?;
    let place = (asked.first, asked.after.map(Place));
    let page = async {
        let page = rows::of_dossier(reads, scope, id, &filter, place).await?;
        let positions: Vec<_> = page.rows.iter().map(|it| Place(it.position)).collect();
        let rows = ctx.log().at_positions(&positions).await?;
        Ok::<_, Error>(Page { rows, has_next: page.has_next })
    };
    let dlas: Arc<[Uuid]> = dossier.dlas.as_slice().into();
    let fait = |it: Recorded| (it.position.0, Fait { recorded: it, dlas: dlas.clone() });
    let list = paging::list(ctx, &MODEL, &asked, page, fait).await?;
    paging::total(ctx, list, rows::count(reads, scope, id, &filter)).await
}
