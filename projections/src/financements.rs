//! What each ingénierie costs and who pays (RM-02): its plan, and one line for each resource.
//!
//! `partenaire` is what one funder asks of them. A line shows amounts and dates to all those
//! of the plan; why it was refused stays sealed.

use domain::{
    Date, DlaId, Event, IngenierieId, PlanFinancementId, QuarterDays, Territoire,
    plan_financement::{Donateur, Event as Fact, RegimeTaxe, StatutRessource},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Error, Order, ReadModel, Reads, Scope, SealedPlace, Waiver,
    columns::Columns,
    rows::{Row, Rows},
    scope::joined,
};

mod ligne;
mod partenaire;

pub use ligne::{Ligne, Versement};
pub use partenaire::{
    Autre, Filter, Financement, Totals, awaiting, by_partenaire, count_awaiting,
    count_by_partenaire, positions_by_partenaire, totals_by_partenaire,
};

pub const MODEL: ReadModel = ReadModel {
    name: "financements",
    version: 5,
    tables: include_str!("financements.sql"),
    reads: &[
        "plan_financement.PlanFinancementOpened",
        "plan_financement.DepenseAdded",
        "plan_financement.DepenseRevised",
        "plan_financement.DepenseRemoved",
        "plan_financement.RessourceSought",
        "plan_financement.RessourceRequested",
        "plan_financement.RessourceGranted",
        "plan_financement.RessourceRefused",
        "plan_financement.RessourceNotified",
        "plan_financement.RessourcePaid",
        "plan_financement.ValorisationRecorded",
        "plan_financement.CostShared",
        "plan_financement.RuleWaived",
        "plan_financement.PlanFinancementConfirmed",
        "plan_financement.PlanFinancementReopened",
        "plan_financement.RegimeTaxeChosen",
        "plan_financement.RealiseRecorded",
        "plan_financement.PlanFinancementSettled",
    ],
    order: Order::Log,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// The plan de financement of one ingénierie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    pub ingenierie: Uuid,
    /// Those concerned, and those that pay with their crédits d'ingénierie.
    pub dlas: Vec<Uuid>,
    /// Those concerned: the plan is theirs.
    pub concerned: Vec<Uuid>,
    /// Those thought of to pay.
    pub organisations: Vec<Uuid>,
    pub territoire: Option<String>,
    pub confirmed: bool,
    pub confirmed_on: Option<Date>,
    pub regime_taxe: RegimeTaxe,
    pub settled_on: Option<Date>,
    /// The costs, in cash.
    pub total_cents: i64,
    /// What the costs came to, as far as it is known.
    pub realise_cents: i64,
    /// What was granted, or else what is sought; nothing of those who declined.
    pub retained_cents: i64,
    pub granted_cents: i64,
    pub paid_cents: i64,
    /// Valued time, equal on both sides and apart from cash.
    pub valorisation_cents: i64,
    pub depenses: Vec<Depense>,
    pub ressources: Vec<Ressource>,
    pub valorisations: Vec<Valorisation>,
    pub waivers: Vec<Waiver>,
}

/// Something to pay for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Depense {
    pub ligne: i32,
    pub poste: String,
    pub intitule: String,
    pub montant_cents: i64,
    /// What it came to.
    pub realise_cents: Option<i64>,
    /// Why it is not to be paid for after all: it no longer counts.
    pub removed: Option<SealedPlace>,
    /// The facts that make it.
    pub positions: Vec<i64>,
}

/// Somebody who pays, or may. Its dates and reasons are in its [`Ligne`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ressource {
    pub ligne: i32,
    pub source: String,
    pub financeur: Option<Uuid>,
    pub dla: Option<Uuid>,
    pub state: StatutRessource,
    pub sought_cents: i64,
    pub granted_cents: Option<i64>,
    pub paid_cents: i64,
}

/// Time given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Valorisation {
    pub ligne: i32,
    pub donateur: Donateur,
    pub personnes: i32,
    /// Of each person.
    pub jours: QuarterDays,
    pub tarif_jour_cents: i64,
    pub montant_cents: i64,
    /// The fact that makes it.
    pub position: i64,
}

impl Row for Plan {
    const LOAD: &'static str = "select t.* from plans t where id = any($1)";
    const CLEAR: &'static str = "delete from plans where id = any($1)";
    const TABLE: &'static str = "plans";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Some plans, by id.
pub async fn plans_by_ids(
    reads: &Reads,
    scope: &Scope,
    ids: &[PlanFinancementId],
) -> Result<Vec<Plan>, Error> {
    let rows = sqlx::query_scalar(joined!(
        "plans",
        "where id = any($1) and ($2 or dlas && $3 or organisations && $4
                or exists (select from ingenieries i
                           where i.id = ingenierie and (i.dlas && $3 or i.id = any($3))))"
    ))
    .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.evidence())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// The plans of some ingénieries: one each at most.
pub async fn plans_of_ingenieries(
    reads: &Reads,
    scope: &Scope,
    ingenieries: &[IngenierieId],
) -> Result<Vec<Plan>, Error> {
    let rows = sqlx::query_scalar(joined!(
        "plans",
        "where ingenierie = any($1) and ($2 or dlas && $3 or organisations && $4
                or exists (select from ingenieries i
                           where i.id = ingenierie and (i.dlas && $3 or i.id = any($3))))"
    ))
    .bind(ingenieries.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.evidence())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// The resources of some ingénieries, in the order they were thought of.
pub async fn lignes_of_ingenieries(
    reads: &Reads,
    scope: &Scope,
    ingenieries: &[IngenierieId],
) -> Result<Vec<Ligne>, Error> {
    let rows = sqlx::query_as(
        "select t.*
         from lignes t
         where ingenierie = any($1) and ($2 or dlas && $3 or organisations && $4
                or exists (select from ingenieries i
                           where i.id = ingenierie and (i.dlas && $3 or i.id = any($3))))
         order by first_position",
    )
    .bind(ingenieries.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.evidence())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

/// What a DLA promised of its crédits d'ingénierie in a year, by the day of its last answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Engagement {
    pub dla: Uuid,
    pub annee: i16,
    pub engage_cents: i64,
    /// Of it, whenever that was.
    pub paid_cents: i64,
    /// The facts that make both.
    pub positions: Vec<i64>,
}

impl Engagement {
    /// Of a year in which nothing was promised.
    pub fn none(dla: Uuid, annee: i16) -> Self {
        Self { dla, annee, engage_cents: 0, paid_cents: 0, positions: vec![] }
    }
}

/// What some DLAs promised of their crédits d'ingénierie, as their own people know it.
pub async fn engagements(
    reads: &Reads,
    scope: &Scope,
    dlas: &[DlaId],
) -> Result<Vec<Engagement>, Error> {
    let rows = sqlx::query_scalar(
        "select jsonb_build_object(
             'dla', dla,
             'annee', extract(year from answered_on)::int,
             'engage_cents', sum(granted_cents),
             'paid_cents', sum(paid_cents),
             'positions', jsonb_path_query_array(jsonb_agg(positions), '$[*][*]')
         )
         from lignes
         where dla = any($1) and granted_cents is not null and ($2 or dla = any($3))
         group by dla, extract(year from answered_on)",
    )
    .bind(dlas.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(&scope.dlas)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut plans = Rows::<Plan>::load(db, facts.iter().map(|it| it.stream)).await?;
    let mut lignes = Rows::<Ligne>::load(db, facts.iter().map(|it| it.stream)).await?;
    for recorded in facts {
        let Event::PlanFinancement(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        if let Fact::PlanFinancementOpened { .. } = fact {
            plans.put(Plan::unopened(recorded.stream));
        }
        let plan = plans
            .get_mut(&recorded.stream)
            .ok_or_else(|| Error::not_applied(recorded))?;
        plan.version = recorded.version.0;
        plan.position = recorded.position.0;
        plan.apply(fact, recorded);
        if let Some(sought) = Ligne::sought(plan, fact, recorded) {
            lignes.put(sought);
        } else if let Some(numero) = ligne::answered(fact) {
            lignes
                .get_mut(&(recorded.stream, numero))
                .ok_or_else(|| Error::not_applied(recorded))?
                .apply(fact, recorded);
        }
    }
    plans.values_mut().for_each(Plan::forget_ressources);
    for ligne in lignes.values_mut() {
        if let Some(plan) = plans.get_mut(&ligne.plan) {
            plan.take(ligne);
        }
    }
    // Whoever sees the plan sees its lines.
    for ligne in lignes.values_mut() {
        if let Some(plan) = plans.get_mut(&ligne.plan) {
            ligne.dlas.clone_from(&plan.dlas);
            ligne.organisations.clone_from(&plan.organisations);
        }
    }
    plans.save(db).await?;
    lignes.save(db).await
}

impl Plan {
    /// Before its first fact, which opens it.
    fn unopened(id: Uuid) -> Self {
        Self {
            id,
            version: 0,
            position: 0,
            ingenierie: Uuid::nil(),
            dlas: vec![],
            concerned: vec![],
            organisations: vec![],
            territoire: None,
            confirmed: false,
            confirmed_on: None,
            regime_taxe: RegimeTaxe::default(),
            settled_on: None,
            total_cents: 0,
            realise_cents: 0,
            retained_cents: 0,
            granted_cents: 0,
            paid_cents: 0,
            valorisation_cents: 0,
            depenses: vec![],
            ressources: vec![],
            valorisations: vec![],
            waivers: vec![],
        }
    }

    fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        match fact {
            Fact::PlanFinancementOpened { ingenierie, dlas, territoire } => {
                self.ingenierie = ingenierie.0;
                self.concerned = dlas.iter().map(|it| it.0).collect();
                self.territoire = territoire.as_ref().map(Territoire::to_string);
            }
            Fact::DepenseAdded { ligne, poste, intitule, montant } => {
                self.total_cents += montant.0;
                self.depenses.push(Depense {
                    ligne: *ligne,
                    poste: poste.to_string(),
                    intitule: intitule.as_str().to_owned(),
                    montant_cents: montant.0,
                    realise_cents: None,
                    removed: None,
                    positions: vec![recorded.position.0],
                });
            }
            Fact::DepenseRevised { ligne, montant } => {
                if let Some(it) = self.depenses.iter_mut().find(|it| it.ligne == *ligne) {
                    self.total_cents += montant.0 - it.montant_cents;
                    it.montant_cents = montant.0;
                    it.positions.push(recorded.position.0);
                }
            }
            Fact::DepenseRemoved { ligne, .. } => {
                if let Some(it) = self.depenses.iter_mut().find(|it| it.ligne == *ligne) {
                    self.total_cents -= it.montant_cents;
                    self.realise_cents -= it.realise_cents.take().unwrap_or_default();
                    it.removed = Some(SealedPlace::of(recorded, "/motif"));
                    it.positions.push(recorded.position.0);
                }
            }
            Fact::ValorisationRecorded { ligne, temps, montant } => {
                self.valorisation_cents += montant.0;
                self.valorisations.push(Valorisation {
                    ligne: *ligne,
                    donateur: temps.donateur,
                    personnes: temps.personnes,
                    jours: temps.jours,
                    tarif_jour_cents: temps.tarif_jour.0,
                    montant_cents: montant.0,
                    position: recorded.position.0,
                });
            }
            Fact::RuleWaived { rule, .. } => self.waivers.push(Waiver::of(*rule, recorded)),
            Fact::PlanFinancementConfirmed { .. } => {
                self.confirmed = true;
                self.confirmed_on = Some(recorded.on);
            }
            Fact::PlanFinancementReopened {} => {
                self.confirmed = false;
                self.confirmed_on = None;
            }
            Fact::RegimeTaxeChosen { regime } => self.regime_taxe = *regime,
            Fact::RealiseRecorded { ligne, montant } => {
                self.came_to(*ligne, montant.0, recorded.position.0);
            }
            Fact::PlanFinancementSettled { .. } => self.settled_on = Some(recorded.on),
            // Counted from the lines; a shared cost is one line a part.
            Fact::RessourceSought { .. }
            | Fact::RessourceRequested { .. }
            | Fact::RessourceGranted { .. }
            | Fact::RessourceRefused { .. }
            | Fact::RessourceNotified { .. }
            | Fact::RessourcePaid { .. }
            | Fact::CostShared { .. } => (),
        }
    }

    /// A cost came to so much.
    fn came_to(&mut self, ligne: i32, cents: i64, position: i64) {
        if let Some(it) = self.depenses.iter_mut().find(|it| it.ligne == ligne) {
            self.realise_cents += cents - it.realise_cents.unwrap_or_default();
            it.realise_cents = Some(cents);
            it.positions.push(position);
        }
    }

    /// Before its lines are counted anew.
    fn forget_ressources(&mut self) {
        self.dlas.clone_from(&self.concerned);
        self.organisations.clear();
        self.ressources.clear();
        (self.retained_cents, self.granted_cents, self.paid_cents) = (0, 0, 0);
    }

    /// Counts one of its lines. Lines come in the order of their numbers.
    fn take(&mut self, ligne: &Ligne) {
        self.granted_cents += ligne.granted_cents.unwrap_or_default();
        self.paid_cents += ligne.paid_cents;
        if ligne.state != StatutRessource::Refused {
            self.retained_cents += ligne.granted_cents.unwrap_or(ligne.sought_cents);
        }
        self.dlas
            .extend(ligne.dla.filter(|it| !self.dlas.contains(it)));
        let known = &self.organisations;
        self.organisations
            .extend(ligne.financeur.filter(|it| !known.contains(it)));
        self.ressources.push(ligne.ressource());
    }
}
