//! Interventions and their séances (RM-09): what takes place when, where, for whom, who came.

mod calendrier;

use domain::{
    Date, Event, IngenierieId, InterventionId,
    intervention::{EtapePresence, Event as Fact},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

pub use self::calendrier::{After, Etat, Filter, Participant, Seance, calendar, count, seances_of};
use self::calendrier::{seance_of, structure_of};
use crate::{
    Error, Order, ReadModel, Reads, Scope, SealedPlace, Waiver,
    rows::{Row, Rows},
    scope::joined,
};

pub const MODEL: ReadModel = ReadModel {
    name: "interventions",
    version: 1,
    tables: include_str!("interventions.sql"),
    reads: &[
        "intervention.InterventionOpened",
        "intervention.SeanceScheduled",
        "intervention.SeanceRescheduled",
        "intervention.SeanceCancelled",
        "intervention.SeanceInformationCertified",
        "intervention.ParticipantRegistered",
        "intervention.ParticipantUnregistered",
        "intervention.MiseEnRelationMade",
        "intervention.SeanceHeld",
        "intervention.PresenceRecorded",
        "intervention.DlaPresenceRecorded",
        "intervention.ProgressReported",
        "intervention.RapportMissionDelivered",
        "intervention.RuleWaived",
        "intervention.InterventionClosed",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// One intervention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intervention {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    pub ingenierie: Uuid,
    pub dlas: Vec<Uuid>,
    pub organisations: Vec<Uuid>,
    pub territoire: String,
    pub closed_on: Option<Date>,
    pub relations: Vec<Relation>,
    pub presences: Vec<Presence>,
    pub avancements: Vec<Avancement>,
    pub rapports: Vec<Rapport>,
    pub waivers: Vec<Waiver>,
}

/// A structure and an intervenant that were put in contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    pub structure: Uuid,
    pub intervenant: Uuid,
    pub on: Date,
}

/// A DLA that was there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Presence {
    pub dla: Uuid,
    pub etape: EtapePresence,
    pub on: Date,
}

/// What partners were told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Avancement {
    pub on: Date,
    pub destinataires: Vec<Uuid>,
    pub text: SealedPlace,
}

/// A mission report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rapport {
    pub intervenant: Uuid,
    pub on: Date,
    pub resume: Option<SealedPlace>,
}

impl Row for Intervention {
    const LOAD: &'static str = "select t.* from interventions t where id = any($1)";
    const CLEAR: &'static str = "delete from interventions where id = any($1)";
    const TABLE: &'static str = "interventions";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Some interventions, by id.
pub async fn by_ids(
    reads: &Reads,
    scope: &Scope,
    ids: &[InterventionId],
) -> Result<Vec<Intervention>, Error> {
    shown(reads, scope, (ids, &[])).await
}

/// The interventions of some ingénieries: one each, at most.
pub async fn of_ingenieries(
    reads: &Reads,
    scope: &Scope,
    ingenieries: &[IngenierieId],
) -> Result<Vec<Intervention>, Error> {
    shown(reads, scope, (&[], ingenieries)).await
}

/// Those of the dossiers that one reads, and those where one intervenes.
async fn shown(
    reads: &Reads,
    scope: &Scope,
    (ids, ingenieries): (&[InterventionId], &[IngenierieId]),
) -> Result<Vec<Intervention>, Error> {
    let rows = sqlx::query_scalar(joined!(
        "interventions",
        "where (id = any($1) or ingenierie = any($2))
           and ($3 or dlas && $4 or organisations && $5
                or exists (
                    select from ingenieries i
                    where i.id = t.ingenierie
                      and ((i.dlas && $4 or i.id = any($4)) or i.dlas_contributeurs && $4 or i.organisations && $5)))"
    ))
    .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(ingenieries.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let owners = || facts.iter().map(|it| it.stream);
    let mut rows = Rows::<Intervention>::load(&mut *db, owners()).await?;
    let mut seances = Rows::<Seance>::load(&mut *db, owners()).await?;
    for recorded in facts {
        let Event::Intervention(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        if let Fact::InterventionOpened { ingenierie, dlas, territoire } = fact {
            rows.put(Intervention {
                id: recorded.stream,
                version: 0,
                position: 0,
                ingenierie: ingenierie.0,
                dlas: dlas.iter().map(|it| it.0).collect(),
                organisations: vec![],
                territoire: territoire.to_string(),
                closed_on: None,
                relations: vec![],
                presences: vec![],
                avancements: vec![],
                rapports: vec![],
                waivers: vec![],
            });
        }
        let row = rows
            .get_mut(&recorded.stream)
            .ok_or_else(|| Error::not_applied(recorded))?;
        row.version = recorded.version.0;
        row.position = recorded.position.0;
        row.apply(fact, recorded);
        if let Some(scheduled) = Seance::scheduled(fact, recorded, row) {
            seances.put(scheduled);
        } else if let Some(seance) = seance_of(fact) {
            let seance = seances
                .get_mut(&(recorded.stream, seance))
                .ok_or_else(|| Error::not_applied(recorded))?;
            seance.position = recorded.position.0;
            seance.apply(fact, recorded);
        }
    }
    rows.save(&mut *db).await?;
    seances.save(db).await
}

impl Intervention {
    fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        let on = recorded.on;
        match fact {
            Fact::SeanceScheduled { nature, intervenant, .. } => {
                self.concerns(intervenant.map(|it| it.0));
                self.concerns(structure_of(*nature));
            }
            Fact::ParticipantRegistered { structure, .. } => self.concerns([structure.0]),
            Fact::MiseEnRelationMade { structure, intervenant } => {
                self.concerns([structure.0, intervenant.0]);
                let (structure, intervenant) = (structure.0, intervenant.0);
                self.relations.push(Relation { structure, intervenant, on });
            }
            Fact::DlaPresenceRecorded { dla, etape } => {
                self.presences
                    .push(Presence { dla: dla.0, etape: *etape, on });
            }
            Fact::ProgressReported { destinataires, .. } => self.avancements.push(Avancement {
                on,
                destinataires: destinataires.iter().map(|it| it.0).collect(),
                text: SealedPlace::of(recorded, "/avancement"),
            }),
            Fact::RapportMissionDelivered { intervenant, .. } => self.rapports.push(Rapport {
                intervenant: intervenant.0,
                on,
                resume: SealedPlace::if_given(recorded, "/resume"),
            }),
            Fact::RuleWaived { rule, .. } => self.waivers.push(Waiver::of(*rule, recorded)),
            Fact::InterventionClosed {} => self.closed_on = Some(on),
            Fact::InterventionOpened { .. }
            | Fact::SeanceRescheduled { .. }
            | Fact::SeanceCancelled { .. }
            | Fact::SeanceInformationCertified { .. }
            | Fact::ParticipantUnregistered { .. }
            | Fact::SeanceHeld { .. }
            | Fact::PresenceRecorded { .. } => (),
        }
    }

    /// Those who see the intervention as their own: once is enough.
    fn concerns(&mut self, organisations: impl IntoIterator<Item = Uuid>) {
        for it in organisations {
            if !self.organisations.contains(&it) {
                self.organisations.push(it);
            }
        }
    }
}
