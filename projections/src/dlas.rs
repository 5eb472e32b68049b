//! The registry of DLAs: who carries them, where they work, with how much. Open to anyone
//! with a token.

use std::collections::BTreeSet;

use domain::{
    Code, Date, DlaId, Event, OrganisationId, Territoire,
    dla::{Event as Fact, NiveauDla},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Order, Page, ReadModel, Reads, Scope, SealedPlace,
    columns::Columns,
    rows::{Row, Rows, lieux, name_of},
};

pub const MODEL: ReadModel = ReadModel {
    name: "dlas",
    version: 4,
    tables: include_str!("dlas.sql"),
    reads: &[
        "dla.DlaRegistered",
        "dla.StructurePorteuseDesignated",
        "dla.ComiteAppuiConstituted",
        "dla.ComiteAppuiMemberAdded",
        "dla.ComiteAppuiMemberRemoved",
        "dla.ChargeDeMissionAppointed",
        "dla.ChargeDeMissionDeparted",
        "dla.PrioritesCiblageDefined",
        "dla.FondsIngenierieOpened",
        "dla.FondsIngenierieAdjusted",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// One DLA.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dla {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    pub intitule: String,
    pub niveau: NiveauDla,
    pub territoires: Vec<String>,
    /// What they are looked for with.
    pub lieux: Vec<String>,
    pub porteuses: Vec<Uuid>,
    /// When its comité d'appui was last constituted.
    pub comite_constitue_on: Option<Date>,
    /// In the order in which they came.
    pub membres_comite: Vec<MembreComite>,
    /// Persons: their names are not in the facts.
    pub charges_de_mission: Vec<Uuid>,
    /// By year.
    pub priorites: Vec<Priorites>,
    /// By year.
    pub fonds: Vec<Fonds>,
}

/// A member of the comité d'appui.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MembreComite {
    /// Their name is not in the facts.
    pub personne: Uuid,
    /// For whom they sit.
    pub organisation: Option<Uuid>,
    pub since: Date,
}

/// Whom the DLA means to accompany that year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Priorites {
    pub annee: i16,
    pub secteurs: BTreeSet<Code>,
    pub themes: BTreeSet<Code>,
}

/// Its crédits d'ingénierie of a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fonds {
    pub annee: i16,
    pub montant_cents: i64,
    /// Why it is no longer what was opened.
    pub motif: Option<SealedPlace>,
    /// The facts that make it.
    pub positions: Vec<i64>,
}

impl Row for Dla {
    const LOAD: &'static str = "select t.* from dlas t where id = any($1)";
    const CLEAR: &'static str = "delete from dlas where id = any($1)";
    const TABLE: &'static str = "dlas";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Some DLAs, by id.
pub async fn by_ids(reads: &Reads, _scope: &Scope, ids: &[DlaId]) -> Result<Vec<Dla>, Error> {
    let rows = sqlx::query_as("select t.* from dlas t where id = any($1)")
        .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
        .fetch_all(&reads.pool)
        .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

/// The DLAs that an organisation carries.
pub async fn carried_by(
    reads: &Reads,
    _scope: &Scope,
    id: OrganisationId,
) -> Result<Vec<DlaId>, Error> {
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from dlas where porteuses @> array[$1]")
        .bind(id.0)
        .fetch_all(&reads.pool)
        .await?;
    Ok(ids.into_iter().map(DlaId).collect())
}

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub niveau: Option<NiveauDla>,
    /// It works there, or inside it as far as the codes show.
    pub territoire: Option<Territoire>,
}

/// DLAs by name, after a cursor (name, id).
pub async fn list(
    reads: &Reads,
    _scope: &Scope,
    filter: &Filter,
    first: i64,
    after: Option<(String, Uuid)>,
) -> Result<Page<Dla>, Error> {
    let (name, id) = after.unzip();
    let rows = sqlx::query_as(
        "select t.*
         from dlas t
         where ($1::text is null or niveau = $1)
           and ($2::text is null or lieux @> array[$2])
           and ($3::text is null or (intitule, id) > ($3, $4))
         order by intitule, id
         limit $5",
    )
    .bind(filter.niveau.map(name_of).transpose()?)
    .bind(filter.territoire.as_ref().map(Territoire::cle))
    .bind(name)
    .bind(id)
    .bind(first + 1)
    .fetch_all(&reads.pool)
    .await?;
    let rows = rows.into_iter().map(|Columns(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many DLAs a filter finds.
pub async fn count(reads: &Reads, _scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    Ok(sqlx::query_scalar(
        "select count(*)
         from dlas
         where ($1::text is null or niveau = $1)
           and ($2::text is null or lieux @> array[$2])",
    )
    .bind(filter.niveau.map(name_of).transpose()?)
    .bind(filter.territoire.as_ref().map(Territoire::cle))
    .fetch_one(&reads.pool)
    .await?)
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut rows = Rows::<Dla>::load(db, facts.iter().map(|it| it.stream)).await?;
    for recorded in facts {
        let Event::Dla(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        let row = rows.entry(recorded.stream, || Dla::unnamed(recorded.stream));
        row.version = recorded.version.0;
        row.position = recorded.position.0;
        row.apply(fact, recorded);
    }
    rows.save(db).await
}

impl Dla {
    /// Before its first fact, which names it.
    fn unnamed(id: Uuid) -> Self {
        Self {
            id,
            version: 0,
            position: 0,
            intitule: String::new(),
            niveau: NiveauDla::Departemental,
            territoires: vec![],
            lieux: vec![],
            porteuses: vec![],
            comite_constitue_on: None,
            membres_comite: vec![],
            charges_de_mission: vec![],
            priorites: vec![],
            fonds: vec![],
        }
    }

    fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        match fact {
            Fact::DlaRegistered { intitule, niveau, territoires } => {
                intitule.as_str().clone_into(&mut self.intitule);
                self.niveau = *niveau;
                self.territoires = territoires.iter().map(Territoire::to_string).collect();
                self.lieux = lieux(self.territoires.iter().map(String::as_str));
            }
            Fact::StructurePorteuseDesignated { porteuse } => self.porteuses.push(porteuse.0),
            Fact::ComiteAppuiConstituted { date } => self.comite_constitue_on = Some(*date),
            Fact::ComiteAppuiMemberAdded { personne, organisation } => {
                let (id, sits_for) = (personne.0, organisation.map(|it| it.0));
                let mut all = self.membres_comite.iter_mut();
                match all.find(|it| it.personne == id) {
                    Some(known) => known.organisation = sits_for,
                    None => self.membres_comite.push(MembreComite {
                        personne: id,
                        organisation: sits_for,
                        since: recorded.on,
                    }),
                }
            }
            Fact::ComiteAppuiMemberRemoved { personne, .. } => {
                self.membres_comite.retain(|it| it.personne != personne.0);
            }
            Fact::ChargeDeMissionAppointed { personne } => {
                self.charges_de_mission.push(personne.0);
            }
            Fact::ChargeDeMissionDeparted { personne, .. } => {
                self.charges_de_mission.retain(|it| *it != personne.0);
            }
            Fact::PrioritesCiblageDefined { annee, priorites } => {
                self.priorites.retain(|it| it.annee != *annee);
                let domain::dla::Priorites { secteurs, themes } = priorites.clone();
                self.priorites
                    .push(Priorites { annee: *annee, secteurs, themes });
                self.priorites.sort_by_key(|it| it.annee);
            }
            Fact::FondsIngenierieOpened { annee, montant } => {
                self.fonds.push(Fonds {
                    annee: *annee,
                    montant_cents: montant.0,
                    motif: None,
                    positions: vec![recorded.position.0],
                });
                self.fonds.sort_by_key(|it| it.annee);
            }
            Fact::FondsIngenierieAdjusted { annee, montant, .. } => {
                let opened = self.fonds.iter_mut().filter(|it| it.annee == *annee);
                for fonds in opened {
                    fonds.montant_cents = montant.0;
                    fonds.positions.push(recorded.position.0);
                    fonds.motif = Some(SealedPlace::of(recorded, "/motif"));
                }
            }
        }
    }
}
