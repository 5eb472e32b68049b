//! What a financeur grants, subvention by subvention, as open files tell it (RM-24): its
//! conventions, and what it notified in plans beside them. No tables of its own: it asks those of
//! conventions, plans, dossiers, DLAs and the registry.
//!
//! Who receives is the structure porteuse, never those it accompanies: they receive a service. A
//! cadre is no money. A line of a plan may be money of a convention of the same financeur: what is
//! needed to tell comes with it.

use domain::{Date, OrganisationId, convention_financement::Subvention as Conditions};
use jiff_sqlx::ToSqlx;
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Error, Page, ReadModel, Reads, Scope, conventions, dlas, financements, financements::Versement,
    ingenieries, organisations,
};

/// The most subventions of one export.
pub const SUBVENTIONS_MAX: i64 = 10_000;

/// The questions whose tables are asked.
pub const MODELS: [&ReadModel; 5] = [
    &conventions::MODEL,
    &financements::MODEL,
    &ingenieries::MODEL,
    &dlas::MODEL,
    &organisations::MODEL,
];

/// Which subventions: those of a financeur, signed or notified between two days, both included.
#[derive(Debug, Clone, Copy)]
pub struct Filter {
    pub financeur: OrganisationId,
    pub from: Option<Date>,
    pub to: Option<Date>,
}

/// Tells subventions apart, in the order of an export: when it was signed or notified, the
/// convention or the plan, the line of the plan.
pub type Key = (Date, Uuid, i32);

/// One subvention of a financeur, as it stands.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Subvention {
    pub source: Source,
    pub attribuant: Identite,
    /// The structures porteuses that it may be for.
    pub beneficiaires: Vec<Identite>,
    /// When it was signed, or notified.
    pub on: Date,
    pub reference: Option<String>,
    /// What the convention is for, or the title of the ingénierie.
    pub objet: String,
    /// Notified in all.
    pub montant_cents: i64,
    /// Of a line, once it was asked for.
    pub requested_cents: Option<i64>,
    pub paid_cents: i64,
    /// The period of a convention.
    pub du: Option<Date>,
    pub au: Option<Date>,
    pub territoires: Vec<String>,
    /// Those it pays for, as far as it is known.
    pub ingenieries: Vec<Uuid>,
    /// The facts that make what is notified.
    pub positions: Vec<i64>,
}

/// Where a subvention comes from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Convention {
        id: Uuid,
        conditions: Conditions,
    },
    Ligne {
        plan: Uuid,
        ligne: i32,
        versements: Vec<Versement>,
        /// Its reference is that of a convention of the financeur, or of what was added to it.
        referenced: bool,
        /// What the conventions of the financeur set aside for the ingénierie, beside what lines
        /// with their reference say.
        allocated_cents: i64,
        /// What the financeur notified to the ingénierie in lines without their reference.
        unreferenced_cents: i64,
    },
}

/// Who an organisation is; the one that it was merged into, if it was.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Identite {
    pub id: Uuid,
    pub denomination: String,
    pub siret: Option<String>,
    pub siren: Option<String>,
    pub rna: Option<String>,
}

impl Subvention {
    pub fn key(&self) -> Key {
        match self.source {
            Source::Convention { id, .. } => (self.on, id, 0),
            Source::Ligne { plan, ligne, .. } => (self.on, plan, ligne),
        }
    }
}

/// The subventions of a financeur that an actor may see, at most [`SUBVENTIONS_MAX`], by key.
pub async fn subventions(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
) -> Result<Page<Subvention>, Error> {
    let rows: Vec<Json<Subvention>> = sqlx::query_scalar(SUBVENTIONS)
        .bind(filter.financeur.0)
        .bind(scope.all)
        .bind(scope.dossiers())
        .bind(&scope.organisations)
        .bind(filter.from.map(ToSqlx::to_sqlx))
        .bind(filter.to.map(ToSqlx::to_sqlx))
        .bind(SUBVENTIONS_MAX + 1)
        .fetch_all(&reads.pool)
        .await?;
    let rows = rows.into_iter().map(|Json(row)| row).collect();
    Ok(Page::of(rows, SUBVENTIONS_MAX))
}

/// Lines are compared with conventions whatever the period and whoever asks: a euro that is in a
/// convention is not told a second time because the convention is out of sight.
const SUBVENTIONS: &str = "
with recursive identites(id, devenue) as (
    select id, id from organisations
    where id = $1
       or id in (select beneficiaire from conventions where financeur = $1)
       or id in (select unnest(porteuses) from dlas)
    union all
    select i.id, o.merged_into
    from identites i join organisations o on o.id = i.devenue
    where o.merged_into is not null
), organisation(id, identite) as (
    select i.id, jsonb_build_object('id', o.id, 'denomination', o.denomination,
                                    'siret', o.siret, 'siren', o.siren, 'rna', o.rna)
    from identites i join organisations o on o.id = i.devenue
    where o.merged_into is null
), own as (
    select * from conventions where financeur = $1 and nature = 'FINANCEMENT'
), ligne as (
    select l.*, l.reference is not null and exists (
               select from own c
               where c.reference = l.reference
                  or exists (select from jsonb_array_elements(
                                 c.avenants || c.complements || c.supplements) it
                             where it->>'reference' = l.reference)) as referenced
    from lignes l
    where l.financeur = $1 and l.state = 'NOTIFIED'
), compared as (
    select l.*,
           coalesce(sum(granted_cents) filter (where referenced) over (partition by ingenierie), 0)
               as referenced_cents,
           coalesce(sum(granted_cents) filter (where not referenced) over (partition by ingenierie), 0)
               as unreferenced_cents,
           (select coalesce(sum((it->>'montant_cents')::bigint), 0)
            from own c, jsonb_array_elements(c.allocations) it
            where it->>'ingenierie' = l.ingenierie::text) as allocated_cents
    from ligne l
), subvention as (
    select signed_on as day, id, 0 as ligne, array[beneficiaire] as porteuses,
           jsonb_build_object(
               'source', jsonb_build_object('convention',
                   jsonb_build_object('id', id, 'conditions', subvention)),
               'on', signed_on, 'reference', reference, 'objet', objet,
               'montant_cents', notified_cents, 'requested_cents', null,
               'paid_cents', paid_cents, 'du', du, 'au', au, 'territoires', perimetre,
               'ingenieries', ingenieries, 'positions', notified_by) as told
    from own
    where $2 or dlas && $3 or organisations && $4
    union all
    select l.notified_on, l.plan, l.ligne,
           array(select unnest(d.porteuses) from dlas d where d.id = any(i.dlas)),
           jsonb_build_object(
               'source', jsonb_build_object('ligne', jsonb_build_object(
                   'plan', l.plan, 'ligne', l.ligne, 'versements', l.versements,
                   'referenced', l.referenced,
                   'allocated_cents', greatest(l.allocated_cents - l.referenced_cents, 0),
                   'unreferenced_cents', l.unreferenced_cents)),
               'on', l.notified_on, 'reference', l.reference, 'objet', i.intitule,
               'montant_cents', l.granted_cents, 'requested_cents',
               case when l.requested_on is not null then l.sought_cents end,
               'paid_cents', l.paid_cents, 'du', null, 'au', null,
               'territoires', array[i.territoire], 'ingenieries', array[i.id],
               'positions', l.positions)
    from compared l join ingenieries i on i.id = l.ingenierie
    where $2 or l.dlas && $3 or (i.dlas && $3 or i.id = any($3)) or l.organisations && $4
)
select s.told || jsonb_build_object(
           'attribuant', a.identite,
           'beneficiaires', (select coalesce(jsonb_agg(distinct o.identite), '[]')
                             from organisation o where o.id = any(s.porteuses)))
from subvention s join organisation a on a.id = $1
where ($5::date is null or s.day >= $5) and ($6::date is null or s.day <= $6)
order by s.day, s.id, s.ligne
limit $7";
