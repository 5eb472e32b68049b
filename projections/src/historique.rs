//! The history (RM-17): who did what, when, in which role, of dossiers and of the registries.
//!
//! It holds no content, only the ids that a fact names: the pages read the facts from the log,
//! by position, and open what is sealed for whoever may read it. Whether a dossier is seen is
//! known by `ingenieries`, and a convention by `conventions`: wait for all three before asking.

use domain::{
    Date, IngenierieId, OrganisationId, RoleName, ingenierie_collective::activites::proved_by,
};
use eventlog::{Position, Recorded};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{
    PgConnection, Postgres,
    postgres::PgArguments,
    query::QueryAs,
    types::{Json, Uuid},
};

use crate::{EVERY, Error, Order, Page, ReadModel, Reads, Scope, columns::Columns, copy::copy};

pub const MODEL: ReadModel = ReadModel {
    name: "historique",
    version: 3,
    tables: include_str!("historique.sql"),
    reads: EVERY,
    order: Order::Dossier,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// The categories whose facts belong to no dossier and are open to anyone with a token, as the
/// registries are. A fact of no dossier of any other category is seen by the house alone.
pub const REGISTRIES: &[&str] = &["dla", "organisation", "referentiel"];

/// The members of a content that name a person. Outsiders read no such content, and nothing is
/// found by it.
pub const PERSONNES: [&str; 2] = ["auteur", "personne"];

/// The members of a content that name structures.
const CONCERNED: [&str; 5] =
    ["structure", "structures", "organisations", "destinataire", "destinataires"];

/// One fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub position: i64,
    /// Facts of the registries belong to none.
    pub dossier: Option<Uuid>,
    pub stream: Uuid,
    pub category: String,
    /// Of its stream.
    pub version: i64,
    pub kind: String,
    /// The business date.
    pub occurred_on: Date,
    pub recorded_at: Timestamp,
    /// A random id: who stands behind it is not shown to outsiders.
    pub actor: Uuid,
    pub actor_org: Option<Uuid>,
    pub role: String,
    pub command: Uuid,
    /// What it is about, by id: its stream, and what its content names, persons apart.
    pub about: Vec<Uuid>,
    /// The structures it says something of: another structure does not read it.
    pub structures: Vec<Uuid>,
    /// The activity of the method that it proves.
    pub activite: Option<String>,
}

/// A fact that the actor may know of.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Found {
    #[serde(flatten)]
    pub entry: Entry,
    /// The DLAs concerned: their people read comments, reasons, and who acted.
    pub dlas: Vec<Uuid>,
}

/// What to look for. What is given holds together; an empty list is no limit.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub ingenieries: Vec<IngenierieId>,
    pub categories: Vec<String>,
    /// Whatever their category, `RuleWaived` for example.
    pub kinds: Vec<String>,
    pub roles: Vec<RoleName>,
    /// Its first position.
    pub from: Option<Position>,
    /// Its last position, included.
    pub to: Option<Position>,
    /// The first business date.
    pub on_from: Option<Date>,
    /// The last business date, included.
    pub on_to: Option<Date>,
    /// Recorded then or later.
    pub recorded_from: Option<Timestamp>,
    /// Recorded before.
    pub recorded_before: Option<Timestamp>,
    /// The organisations and DLAs that the fact is about: all of them.
    pub about: Vec<Uuid>,
    /// For whom it was done.
    pub by: Option<OrganisationId>,
    /// By whom, for those who may know.
    pub actor: Option<Uuid>,
    /// Of dossiers whose plan counts on this organisation.
    pub financeur: Option<OrganisationId>,
}

impl Filter {
    /// Of one dossier.
    #[must_use]
    pub fn of_dossier(mut self, id: IngenierieId) -> Self {
        if !self.ingenieries.is_empty() && !self.ingenieries.contains(&id) {
            return self.known_at(Position(0));
        }
        self.ingenieries = vec![id];
        self
    }

    /// As the log stood at a position: before any fact at 0.
    #[must_use]
    pub fn known_at(mut self, position: Position) -> Self {
        self.to = Some(self.to.map_or(position, |it| it.min(position)));
        self
    }
}

/// What an actor may know of, that a filter finds: the parameters `$1` to `$21`.
///
/// Facts of a séance of a comité that are of no dossier, and those of a case of before, name their
/// DLA, whose people alone see them; those of an accompagnement, the structure sees too; those of a convention are for those who see it.
///
/// Of a dossier that they see, only those of the plan see the facts of the plan and what pays for
/// it; only the DLAs, those who pay and the house those of consultations; only its own DLAs, and
/// auditors, who was asked to answer an evaluation; only the DLAs and whose they are those of a
/// document and of the answers. Others learn of them by their page, as far as it is shown to them.
///
/// A filter finds nothing by what its reader may not read: who acted, what another structure did,
/// who pays.
macro_rules! select {
    ($what:literal $(, $tail:literal)?) => {
        concat!(
            "with it as (
                 select h.*,
                        coalesce(i.dlas, case h.category when 'dla' then array[h.stream]
                                                         when 'seance_comite_appui' then h.about
                                                         when 'cas_passe' then h.about
                                                         when 'accompagnement' then h.about
                                                         when 'convention_financement' then coalesce(c.dlas, '{}')
                                                         else '{}'::uuid[] end) as dlas,
                        $1 or (i.dlas && $2 or i.id = any($2)) or i.dlas_contributeurs && $2
                           or i.contributeurs && $3 as of_plan,
                        (i.dlas && $2 or i.id = any($2)) or i.dlas_contributeurs && $2
                           or i.organisations && $3 as of_dossier,
                        c.dlas && $2 or c.id = any($2) or c.organisations && $3 as of_convention,
                        i.contributeurs
                 from historique h
                 left join ingenieries i on i.id = h.dossier
                 left join conventions c on c.id = h.stream
                 where (cardinality($6::uuid[]) = 0 or h.dossier = any($6))
                   and (cardinality($7::text[]) = 0 or h.category = any($7))
                   and (cardinality($8::text[]) = 0 or h.kind = any($8))
                   and (cardinality($9::text[]) = 0 or h.role = any($9))
                   and ($10::bigint is null or h.position >= $10)
                   and ($11::bigint is null or h.position <= $11)
                   and ($12::date is null or h.occurred_on >= $12)
                   and ($13::date is null or h.occurred_on <= $13)
                   and ($14::timestamptz is null or h.recorded_at >= $14)
                   and ($15::timestamptz is null or h.recorded_at < $15)
                   and (cardinality($16::uuid[]) = 0 or h.about @> $16)
                   and ($17::uuid is null or h.actor_org = $17)
                   and ($18::uuid is null or h.actor = $18)
             )
             select ", $what, "
             from it
             where ($1 or of_convention
                       or case when dossier is null
                               then category = any($5)
                                    or category in ('seance_comite_appui', 'cas_passe')
                                       and about && $21
                                    or category = 'accompagnement' and category <> all($4)
                                       and (about && $21 or structures @> array[$19])
                               else of_dossier and category <> all($4) and kind <> all($4)
                                    and (category not in ('plan_financement', 'action_financee',
                                                          'convention_financement')
                                         or of_plan)
                                    and (kind not in ('RespondentInvited', 'RespondentReminded')
                                         or dlas && $2 or dossier = any($2))
                                    and (category not in ('document', 'reponse_evaluation')
                                         or $1 or dlas && $21 or about && $3
                                         or category = 'document' and dossier = any($2))
                               end)
               and (cardinality($16) = 0 or $19::uuid is null or structures <@ array[$19])
               and ($18 is null or $1 or dlas && $21 or dossier = any($2))
               and ($20::uuid is null or of_plan and contributeurs @> array[$20])",
            $($tail)?
        )
    };
}

/// The categories and the kinds of which someone reads no fact, even of a dossier that they read:
/// the consultations, but for those who follow them; the people behind answers and documents, and what structures confide, for
/// those who come for figures, for evidence or for an opinion.
fn withheld(scope: &Scope) -> Vec<&'static str> {
    let mut all = vec![];
    if !scope.follows_consultations() {
        all.push("consultation");
    }
    match scope.role {
        Some(RoleName::Auditeur) => all.push("reponse_evaluation"),
        Some(RoleName::Integration | RoleName::MembreComiteAppui) => {
            all.extend(["accompagnement", "document", "reponse_evaluation"]);
            all.extend(["RespondentInvited", "RespondentReminded"]);
        }
        Some(
            RoleName::ChargeDeMission
            | RoleName::ResponsablePorteuse
            | RoleName::ChargeDeMissionRegional
            | RoleName::Financeur
            | RoleName::StructureBeneficiaire
            | RoleName::Prestataire
            | RoleName::Partenaire
            | RoleName::Avise
            | RoleName::Dpo
            | RoleName::Admin
            | RoleName::House,
        )
        | None => (),
    }
    all
}

/// Facts in the order of the log, after a cursor (a position).
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    (first, after): (i64, Option<Position>),
) -> Result<Page<Found>, Error> {
    const LIST: &str =
        select!("it.*", " and ($22::bigint is null or position > $22) order by position limit $23");
    let rows: Vec<Columns<Found>> = filter
        .bind(sqlx::query_as(LIST), scope)
        .bind(after)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    let rows = rows.into_iter().map(|Columns(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many facts a filter finds.
pub async fn count(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    let query = filter.bind(sqlx::query_as(select!("count(*)")), scope);
    let (count,) = query.fetch_one(&reads.pool).await?;
    Ok(count)
}

/// The position of the fact that comes after so many others, if there is one.
pub async fn after_many(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    many: i64,
) -> Result<Option<Position>, Error> {
    const AFTER_MANY: &str = select!("position", " order by position offset $22 limit 1");
    let query = filter.bind(sqlx::query_as(AFTER_MANY), scope).bind(many);
    let row = query.fetch_optional(&reads.pool).await?;
    Ok(row.map(|(position,)| position))
}

/// The first fact that proves an activity of the method.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Preuve {
    pub ingenierie: Uuid,
    pub activite: String,
    pub position: i64,
    pub on: Date,
    pub kind: String,
    /// Whether the actor may read the fact: that the activity is done shows to whoever sees the
    /// dossier.
    pub readable: bool,
}

/// What proves the activities of some ingénieries: one fact each.
pub async fn preuves(
    reads: &Reads,
    scope: &Scope,
    ingenieries: &[IngenierieId],
) -> Result<Vec<Preuve>, Error> {
    let rows = sqlx::query_scalar(
        "select distinct on (h.dossier, h.activite)
             jsonb_build_object(
                 'ingenierie', h.dossier, 'activite', h.activite, 'position', h.position,
                 'on', h.occurred_on, 'kind', h.kind,
                 'readable', h.category <> all($5) and h.kind <> all($5)
                     and (h.category <> 'plan_financement'
                          or $2 or (i.dlas && $3 or i.id = any($3)) or i.dlas_contributeurs && $3
                          or i.contributeurs && $4))
         from historique h
         join ingenieries i on i.id = h.dossier
         where h.dossier = any($1) and h.activite is not null
           and ($2 or (i.dlas && $3 or i.id = any($3)) or i.dlas_contributeurs && $3 or i.organisations && $4)
           and ($6::bigint is null or h.position <= $6)
         order by h.dossier, h.activite, h.position",
    )
    .bind(ingenieries.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.evidence())
    .bind(&scope.organisations)
    .bind(withheld(scope))
    .bind(reads.past())
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

impl Filter {
    /// The parameters `$1` to `$21`.
    fn bind<'q, O>(
        &self,
        query: QueryAs<'q, Postgres, O, PgArguments>,
        scope: &Scope,
    ) -> QueryAs<'q, Postgres, O, PgArguments> {
        let roles: Vec<_> = self.roles.iter().map(|it| it.as_str()).collect();
        let dossiers: Vec<_> = self.ingenieries.iter().map(|it| it.0).collect();
        query
            .bind(scope.all)
            .bind(scope.evidence())
            .bind(scope.organisations.clone())
            .bind(withheld(scope))
            .bind(REGISTRIES)
            .bind(dossiers)
            .bind(self.categories.clone())
            .bind(self.kinds.clone())
            .bind(roles)
            .bind(self.from)
            .bind(self.to)
            .bind(self.on_from.map(jiff_sqlx::Date::from))
            .bind(self.on_to.map(jiff_sqlx::Date::from))
            .bind(self.recorded_from.map(ToSqlx::to_sqlx))
            .bind(self.recorded_before.map(ToSqlx::to_sqlx))
            .bind(self.about.clone())
            .bind(self.by.map(|it| it.0))
            .bind(self.actor)
            .bind(scope.own_structure())
            .bind(self.financeur.map(|it| it.0))
            .bind(scope.dlas.clone())
    }
}

/// A history only grows: nothing is read back.
async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let entries: Vec<_> = facts.iter().map(Entry::of).collect();
    copy(db, "historique", &entries).await
}

impl Entry {
    fn of(recorded: &Recorded) -> Self {
        let data = &content(recorded);
        let mut about = vec![recorded.stream];
        named(data, &mut about);
        about.sort_unstable();
        about.dedup();
        Self {
            position: recorded.position.0,
            dossier: recorded.dossier,
            stream: recorded.stream,
            category: recorded.category.clone(),
            version: recorded.version.0,
            kind: recorded.kind.clone(),
            occurred_on: recorded.on,
            recorded_at: recorded.recorded_at,
            actor: recorded.actor.id,
            actor_org: recorded.actor.org,
            role: recorded.actor.role.clone(),
            command: recorded.command,
            about,
            structures: structures(data),
            activite: proved_by(&recorded.event, &recorded.kind).map(str::to_owned),
        }
    }
}

/// The structures that a content says something of: by the names of members, wherever they
/// stand. Lists of those who see a dossier (`organisations`) or were told something
/// (`destinataires`) hold structures too.
pub fn structures(content: &Value) -> Vec<Uuid> {
    let mut ids = vec![];
    match content {
        Value::Array(items) => ids.extend(items.iter().flat_map(structures)),
        Value::Object(members) => {
            for (name, it) in members {
                if CONCERNED.contains(&name.as_str()) {
                    named(it, &mut ids);
                } else {
                    ids.extend(structures(it));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
    ids
}

/// What a fact holds in clear.
pub fn content(recorded: &Recorded) -> Value {
    serde_json::from_str(recorded.data.get()).unwrap_or_default()
}

/// The ids that a content names, wherever they stand; persons are not looked for.
fn named(content: &Value, ids: &mut Vec<Uuid>) {
    match content {
        Value::String(text) => ids.extend(text.parse::<Uuid>()),
        Value::Array(items) => items.iter().for_each(|it| named(it, ids)),
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !PERSONNES.contains(&name.as_str()))
            .for_each(|(_, it)| named(it, ids)),
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}
