//! Séances, one row each: of one intervention, and as a calendar across dossiers.

use domain::{
    Date, InterventionId,
    intervention::{Event as Fact, Moment, NatureSeance},
};
use eventlog::Recorded;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, postgres::PgArguments, query::QueryScalar, types::Json};
use uuid::Uuid;

use super::Intervention;
use crate::{
    Error, Page, Reads, Scope, SealedPlace,
    rows::{Row, name_of},
    scope::joined,
};

/// One séance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seance {
    pub intervention: Uuid,
    pub seance: i32,
    /// Its last fact.
    pub position: i64,
    pub ingenierie: Uuid,
    pub dlas: Vec<Uuid>,
    pub etat: Etat,
    pub structure: Option<Uuid>,
    pub intervenant: Option<Uuid>,
    pub module: Option<String>,
    pub groupe: Option<i32>,
    pub territoire: String,
    pub jour: Date,
    pub debut: Option<String>,
    pub fin: Option<String>,
    pub lieu: Option<String>,
    pub held_on: Option<Date>,
    pub participants: Vec<Participant>,
    pub structures: Vec<Uuid>,
    pub motif: Option<SealedPlace>,
}

/// Where a séance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Etat {
    Programmee,
    Certifiee,
    Tenue,
    Annulee,
}

/// Someone who was convened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Participant {
    pub personne: Uuid,
    pub structure: Uuid,
    /// Nobody noted it yet.
    pub present: Option<bool>,
}

impl Row for Seance {
    const LOAD: &'static str = "select t.* from seances t where intervention = any($1)";
    const CLEAR: &'static str = "delete from seances where intervention = any($1)";
    const TABLE: &'static str = "seances";

    type Key = (Uuid, i32);

    fn key(&self) -> (Uuid, i32) {
        (self.intervention, self.seance)
    }
}

/// The séances of interventions that the caller may see, in the order of the calendar. A
/// structure sees no individual séance of another one.
pub async fn seances_of(
    reads: &Reads,
    scope: &Scope,
    interventions: &[InterventionId],
) -> Result<Vec<Seance>, Error> {
    let rows = sqlx::query_scalar(joined!(
        "seances",
        "where intervention = any($1)
           and ($2 or structure is null or structure = any($3))
         order by jour, debut nulls last, seance"
    ))
    .bind(interventions.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.own_structure().is_none())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// What to look for in the calendar.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The first day, included.
    pub du: Option<Date>,
    /// The last day, included.
    pub au: Option<Date>,
    pub ingenierie: Option<Uuid>,
    pub dla: Option<Uuid>,
    /// Séances that it leads.
    pub intervenant: Option<Uuid>,
    /// Séances to which it sends somebody, or that are its own.
    pub structure: Option<Uuid>,
    pub territoire: Option<String>,
    pub etat: Option<Etat>,
}

/// Where a page of the calendar goes on: after that séance.
pub type After = (Date, Option<String>, Uuid, i32);

/// The séances of the dossiers that one reads, and those that one leads or goes to, in the
/// order of the calendar.
pub async fn calendar(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: Option<After>,
) -> Result<Page<Seance>, Error> {
    let query = sqlx::query_scalar(joined!(
        "seances",
        "where ($1 or t.dlas && $2 or t.intervenant = any($3) or t.structures && $3
           or not $4 and exists (select from ingenieries i
                                 where i.id = t.ingenierie
                                   and ((i.dlas && $2 or i.id = any($2)) or i.dlas_contributeurs && $2
                                        or i.organisations && $3)))
      and (not $4 or t.structure is null or t.structure = any($3))
      and ($5::date is null or t.jour >= $5)
      and ($6::date is null or t.jour <= $6)
      and ($7::uuid is null or t.ingenierie = $7)
      and ($8::uuid is null or $8 = any(t.dlas))
      and ($9::uuid is null or t.intervenant = $9)
      and ($10::uuid is null or t.structure = $10 or $10 = any(t.structures))
      and ($11::text is null or split_part(t.territoire, '@', 1) = $11)
      and ($12::text is null or t.etat = $12)
           and ($13::date is null
                or (t.jour, coalesce(t.debut, '99:99'), t.intervention, t.seance)
                   > ($13, coalesce($14, '99:99'), $15, $16))
         order by t.jour, coalesce(t.debut, '99:99'), t.intervention, t.seance
         limit $17"
    ));
    let (jour, debut, intervention, seance) = match after {
        Some((jour, debut, intervention, seance)) => {
            (Some(jour), debut, Some(intervention), Some(seance))
        }
        None => (None, None, None, None),
    };
    let rows: Vec<Json<Seance>> = filter
        .bind(query, scope)?
        .bind(jour.map(ToSqlx::to_sqlx))
        .bind(debut)
        .bind(intervention)
        .bind(seance)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    let rows = rows.into_iter().map(|Json(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many séances a filter finds.
pub async fn count(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    let query = sqlx::query_scalar(
        "select count(*)
    from seances t
    where ($1 or t.dlas && $2 or t.intervenant = any($3) or t.structures && $3
           or not $4 and exists (select from ingenieries i
                                 where i.id = t.ingenierie
                                   and ((i.dlas && $2 or i.id = any($2)) or i.dlas_contributeurs && $2
                                        or i.organisations && $3)))
      and (not $4 or t.structure is null or t.structure = any($3))
      and ($5::date is null or t.jour >= $5)
      and ($6::date is null or t.jour <= $6)
      and ($7::uuid is null or t.ingenierie = $7)
      and ($8::uuid is null or $8 = any(t.dlas))
      and ($9::uuid is null or t.intervenant = $9)
      and ($10::uuid is null or t.structure = $10 or $10 = any(t.structures))
      and ($11::text is null or split_part(t.territoire, '@', 1) = $11)
      and ($12::text is null or t.etat = $12)",
    );
    Ok(filter.bind(query, scope)?.fetch_one(&reads.pool).await?)
}

impl Filter {
    /// The parameters `$1` to `$12`.
    fn bind<'q, O>(
        &self,
        query: QueryScalar<'q, Postgres, O, PgArguments>,
        scope: &Scope,
    ) -> Result<QueryScalar<'q, Postgres, O, PgArguments>, Error> {
        Ok(query
            .bind(scope.all)
            .bind(scope.dossiers())
            .bind(scope.organisations.clone())
            .bind(scope.own_structure().is_some())
            .bind(self.du.map(ToSqlx::to_sqlx))
            .bind(self.au.map(ToSqlx::to_sqlx))
            .bind(self.ingenierie)
            .bind(self.dla)
            .bind(self.intervenant)
            .bind(self.structure)
            .bind(self.territoire.clone())
            .bind(self.etat.map(name_of).transpose()?))
    }
}

impl Seance {
    /// As a fact puts it in the calendar, if it does.
    pub(super) fn scheduled(fact: &Fact, recorded: &Recorded, of: &Intervention) -> Option<Self> {
        let Fact::SeanceScheduled {
            seance,
            nature,
            module,
            groupe,
            intervenant,
            territoire,
            moment,
        } = fact
        else {
            return None;
        };
        let structure = structure_of(*nature);
        let territoire = territoire.as_ref().map(ToString::to_string);
        let mut it = Self {
            intervention: of.id,
            seance: *seance,
            position: recorded.position.0,
            ingenierie: of.ingenierie,
            dlas: of.dlas.clone(),
            etat: Etat::Programmee,
            structure,
            intervenant: intervenant.map(|it| it.0),
            module: module.as_ref().map(|it| it.as_str().to_owned()),
            groupe: *groupe,
            territoire: territoire.unwrap_or_else(|| of.territoire.clone()),
            jour: moment.date,
            debut: None,
            fin: None,
            lieu: None,
            held_on: None,
            participants: vec![],
            structures: structure.into_iter().collect(),
            motif: None,
        };
        it.takes_place(moment);
        Some(it)
    }

    pub(super) fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        match fact {
            Fact::SeanceRescheduled { moment, .. } => {
                self.takes_place(moment);
                self.etat = Etat::Programmee;
                self.motif = Some(SealedPlace::of(recorded, "/motif"));
            }
            Fact::SeanceCancelled { .. } => {
                self.etat = Etat::Annulee;
                self.motif = Some(SealedPlace::of(recorded, "/motif"));
            }
            Fact::SeanceInformationCertified { .. } => self.etat = Etat::Certifiee,
            Fact::SeanceHeld { .. } => {
                self.etat = Etat::Tenue;
                self.held_on = Some(recorded.on);
            }
            Fact::ParticipantRegistered { structure, personne, .. } => {
                let (personne, structure) = (personne.0, structure.0);
                self.participants
                    .push(Participant { personne, structure, present: None });
                self.gathers();
            }
            Fact::ParticipantUnregistered { personne, .. } => {
                self.participants.retain(|it| it.personne != personne.0);
                self.gathers();
            }
            Fact::PresenceRecorded { personne, present, .. } => {
                let mut those = self.participants.iter_mut();
                if let Some(it) = those.find(|it| it.personne == personne.0) {
                    it.present = Some(*present);
                }
            }
            Fact::InterventionOpened { .. }
            | Fact::SeanceScheduled { .. }
            | Fact::MiseEnRelationMade { .. }
            | Fact::DlaPresenceRecorded { .. }
            | Fact::ProgressReported { .. }
            | Fact::RapportMissionDelivered { .. }
            | Fact::RuleWaived { .. }
            | Fact::InterventionClosed {} => (),
        }
    }

    fn takes_place(&mut self, moment: &Moment) {
        self.jour = moment.date;
        self.debut = moment.debut.map(|it| it.to_string());
        self.fin = moment.fin.map(|it| it.to_string());
        self.lieu = moment.lieu.as_ref().map(|it| it.as_str().to_owned());
    }

    /// Which structures it is for.
    fn gathers(&mut self) {
        let sent = self.participants.iter().map(|it| it.structure);
        let mut all: Vec<_> = self.structure.into_iter().chain(sent).collect();
        all.sort_unstable();
        all.dedup();
        self.structures = all;
    }
}

/// The séance that a fact is about.
pub(super) fn seance_of(fact: &Fact) -> Option<i32> {
    match fact {
        Fact::SeanceScheduled { seance, .. }
        | Fact::SeanceRescheduled { seance, .. }
        | Fact::SeanceCancelled { seance, .. }
        | Fact::SeanceInformationCertified { seance }
        | Fact::ParticipantRegistered { seance, .. }
        | Fact::ParticipantUnregistered { seance, .. }
        | Fact::SeanceHeld { seance }
        | Fact::PresenceRecorded { seance, .. } => Some(*seance),
        Fact::InterventionOpened { .. }
        | Fact::MiseEnRelationMade { .. }
        | Fact::DlaPresenceRecorded { .. }
        | Fact::ProgressReported { .. }
        | Fact::RapportMissionDelivered { .. }
        | Fact::RuleWaived { .. }
        | Fact::InterventionClosed {} => None,
    }
}

/// Of an individual séance.
pub(super) fn structure_of(nature: NatureSeance) -> Option<Uuid> {
    match nature {
        NatureSeance::Collective => None,
        NatureSeance::Individuelle(structure) => Some(structure.0),
    }
}
