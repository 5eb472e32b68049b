//! Séances of the comités d'appui (RM-20): which dossiers are examined when, and what was said of
//! each.
//!
//! Those of the DLA see a séance whole. Those of another DLA see of it the dossiers that they
//! share, and nobody else sees any: what a comité said stands in the dossier for its readers.

use std::collections::BTreeSet;

use domain::{
    Date, DlaId, Event, SeanceComiteId,
    ingenierie_collective::engager::SensAvis,
    seance_comite_appui::{Event as Fact, PresenceMembre, Rencontre},
};
use eventlog::Recorded;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::QueryAs};
use uuid::Uuid;

use crate::{
    Error, Order, Page, ReadModel, Reads, Scope, SealedPlace, Waiver,
    columns::Columns,
    rows::{Row, Rows, name_of},
};

pub const MODEL: ReadModel = ReadModel {
    name: "comites",
    version: 1,
    tables: include_str!("comites.sql"),
    reads: &[
        "seance_comite_appui.SeanceComiteAppuiConvened",
        "seance_comite_appui.SeanceComiteAppuiRescheduled",
        "seance_comite_appui.SeanceComiteAppuiCancelled",
        "seance_comite_appui.DossierInscribed",
        "seance_comite_appui.DossierWithdrawn",
        "seance_comite_appui.OrdreDuJourSent",
        "seance_comite_appui.MembrePresenceRecorded",
        "seance_comite_appui.AvisGiven",
        "seance_comite_appui.RuleWaived",
        "seance_comite_appui.SeanceComiteAppuiClosed",
        "seance_comite_appui.AvisTransmitted",
        "seance_comite_appui.AvisNotTransmitted",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// One séance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seance {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    pub dla: Uuid,
    pub etat: Etat,
    pub jour: Date,
    pub debut: Option<String>,
    pub fin: Option<String>,
    pub lieu: Option<String>,
    pub visio: bool,
    pub organisateur: Option<Uuid>,
    pub territoire: String,
    pub envoye_on: Option<Date>,
    pub editions: i32,
    pub modifie: bool,
    pub ingenieries: Vec<Uuid>,
    /// In the order of the agenda.
    pub dossiers: Vec<Dossier>,
    pub membres: Vec<Membre>,
    pub closed_on: Option<Date>,
    pub motif: Option<SealedPlace>,
}

/// Where a séance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Etat {
    Convoquee,
    Annulee,
    Close,
}

/// A dossier on the agenda.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dossier {
    pub ingenierie: Uuid,
    pub rang: i32,
    pub duree: Option<i32>,
    pub inscribed_on: Date,
    pub avis: Option<Avis>,
    pub waivers: Vec<Waiver>,
}

/// What a comité said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Avis {
    pub sens: SensAvis,
    pub on: Date,
    pub commentaire: Option<SealedPlace>,
    pub reserves: Option<SealedPlace>,
    pub suite: Suite,
    /// Why the dossier did not take it.
    pub code: Option<String>,
}

/// What became of an avis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Suite {
    /// Until the séance is closed, and the dossier has answered.
    EnAttente,
    /// The dossier holds it.
    Retenu,
    /// The dossier said no.
    Refuse,
}

/// Someone who came, or did not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Membre {
    pub personne: Uuid,
    pub organisation: Option<Uuid>,
    pub presence: PresenceMembre,
}

impl Row for Seance {
    const LOAD: &'static str = "select t.* from seances_comite t where id = any($1)";
    const CLEAR: &'static str = "delete from seances_comite where id = any($1)";
    const TABLE: &'static str = "seances_comite";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// A séance as its reader may know it.
#[derive(Deserialize)]
struct Shown {
    #[serde(flatten)]
    seance: Seance,
    /// Of another DLA: the dossiers that the reader shares.
    shared: Vec<Uuid>,
}

impl Shown {
    fn to(self, scope: &Scope) -> Seance {
        let Self { mut seance, shared } = self;
        if !scope.inside(&[seance.dla]) {
            seance.dossiers.retain(|it| shared.contains(&it.ingenierie));
            seance.ingenieries.retain(|it| shared.contains(it));
            seance.membres.clear();
        }
        seance
    }
}

/// What an actor may see, that a filter finds: the parameters `$1` to `$8`.
macro_rules! select {
    ($what:literal $(, $tail:literal)?) => {
        concat!(
            "with it as (
                 select t.*,
                        array(select i.id from ingenieries i
                              where i.id = any(t.ingenieries)
                                and (i.dlas && $8 or i.id = any($8))
                              order by i.id) as shared
                 from seances_comite t
                 where ($3::uuid is null or t.dla = $3)
                   and ($4::date is null or t.jour >= $4)
                   and ($5::date is null or t.jour <= $5)
                   and ($6::uuid is null or $6 = any(t.ingenieries))
                   and ($7::text is null or t.etat = $7)
             )
             select ", $what, "
             from it
             where ($1 or dla = any($2)
                    or cardinality(shared) > 0 and ($6 is null or $6 = any(shared)))",
            $($tail)?
        )
    };
}

/// The dossiers on the agendas of the comités of some DLAs: their members read those.
pub(crate) async fn inscribed(reads: &Reads, dlas: &BTreeSet<DlaId>) -> Result<Vec<Uuid>, Error> {
    Ok(sqlx::query_scalar(
        "select distinct unnest(ingenieries)
         from seances_comite
         where dla = any($1) and etat <> 'ANNULEE'",
    )
    .bind(dlas.iter().map(|it| it.0).collect::<Vec<_>>())
    .fetch_all(&reads.pool)
    .await?)
}

/// Some séances, by id.
pub async fn by_ids(
    reads: &Reads,
    scope: &Scope,
    ids: &[SeanceComiteId],
) -> Result<Vec<Seance>, Error> {
    const BY_IDS: &str = select!("it.*", " and id = any($9)");
    let rows: Vec<Columns<Shown>> = Filter::default()
        .bind(sqlx::query_as(BY_IDS), scope)?
        .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
        .fetch_all(&reads.pool)
        .await?;
    Ok(rows.into_iter().map(|Columns(row)| row.to(scope)).collect())
}

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Whose comité.
    pub dla: Option<Uuid>,
    /// The first day, included.
    pub du: Option<Date>,
    /// The last day, included.
    pub au: Option<Date>,
    /// With this dossier on the agenda.
    pub ingenierie: Option<Uuid>,
    pub etat: Option<Etat>,
}

/// Where a page goes on: after that séance.
pub type After = (Date, Option<String>, Uuid);

/// Séances in the order of the calendar.
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: Option<After>,
) -> Result<Page<Seance>, Error> {
    const LIST: &str = select!(
        "it.*",
        " and ($9::date is null
               or (jour, coalesce(debut, '99:99'), id) > ($9, coalesce($10, '99:99'), $11))
          order by jour, coalesce(debut, '99:99'), id
          limit $12"
    );
    let (jour, debut, id) = match after {
        Some((jour, debut, id)) => (Some(jour), debut, Some(id)),
        None => (None, None, None),
    };
    let rows: Vec<Columns<Shown>> = filter
        .bind(sqlx::query_as(LIST), scope)?
        .bind(jour.map(ToSqlx::to_sqlx))
        .bind(debut)
        .bind(id)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    Ok(Page::of(rows.into_iter().map(|Columns(row)| row.to(scope)).collect(), first))
}

/// How many séances a filter finds.
pub async fn count(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    let query = filter.bind(sqlx::query_as(select!("count(*)")), scope)?;
    let (count,) = query.fetch_one(&reads.pool).await?;
    Ok(count)
}

impl Filter {
    fn bind<'q, O>(
        &self,
        query: QueryAs<'q, Postgres, O, PgArguments>,
        scope: &Scope,
    ) -> Result<QueryAs<'q, Postgres, O, PgArguments>, Error> {
        Ok(query
            .bind(scope.all)
            .bind(scope.dlas.clone())
            .bind(self.dla)
            .bind(self.du.map(ToSqlx::to_sqlx))
            .bind(self.au.map(ToSqlx::to_sqlx))
            .bind(self.ingenierie)
            .bind(self.etat.map(name_of).transpose()?)
            .bind(scope.dossiers()))
    }
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut rows = Rows::<Seance>::load(db, facts.iter().map(|it| it.stream)).await?;
    for recorded in facts {
        let Event::SeanceComiteAppui(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        if let Some(convened) = Seance::convened(fact, recorded) {
            rows.put(convened);
        }
        let row = rows
            .get_mut(&recorded.stream)
            .ok_or_else(|| Error::not_applied(recorded))?;
        row.version = recorded.version.0;
        row.position = recorded.position.0;
        row.apply(fact, recorded);
    }
    rows.save(db).await
}

impl Seance {
    fn convened(fact: &Fact, recorded: &Recorded) -> Option<Self> {
        let Fact::SeanceComiteAppuiConvened { dla, rencontre, organisateur, territoire } = fact
        else {
            return None;
        };
        let mut it = Self {
            id: recorded.stream,
            version: 0,
            position: 0,
            dla: dla.0,
            etat: Etat::Convoquee,
            jour: rencontre.date,
            debut: None,
            fin: None,
            lieu: None,
            visio: false,
            organisateur: organisateur.map(|it| it.0),
            territoire: territoire.to_string(),
            envoye_on: None,
            editions: 0,
            modifie: false,
            ingenieries: vec![],
            dossiers: vec![],
            membres: vec![],
            closed_on: None,
            motif: None,
        };
        it.meets(rencontre);
        Some(it)
    }

    fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        match fact {
            Fact::SeanceComiteAppuiConvened { .. } => (),
            Fact::SeanceComiteAppuiRescheduled { rencontre, .. } => {
                self.meets(rencontre);
                self.motif = Some(SealedPlace::of(recorded, "/motif"));
            }
            Fact::SeanceComiteAppuiCancelled { .. } => {
                self.etat = Etat::Annulee;
                self.motif = Some(SealedPlace::of(recorded, "/motif"));
            }
            Fact::DossierInscribed { ingenierie, rang, duree } => {
                self.inscribe(ingenierie.0, (*rang, *duree), recorded.on);
                self.changes();
            }
            Fact::DossierWithdrawn { ingenierie, .. } => {
                self.dossiers.retain(|it| it.ingenierie != ingenierie.0);
                self.changes();
            }
            Fact::OrdreDuJourSent { edition, .. } => {
                self.envoye_on = Some(recorded.on);
                self.editions = *edition;
                self.modifie = false;
            }
            Fact::MembrePresenceRecorded { personne, organisation, presence, .. } => {
                self.membres.retain(|it| it.personne != personne.0);
                self.membres.push(Membre {
                    personne: personne.0,
                    organisation: organisation.map(|it| it.0),
                    presence: *presence,
                });
            }
            Fact::AvisGiven { ingenierie, sens, .. } => {
                let avis = Avis {
                    sens: *sens,
                    on: recorded.on,
                    commentaire: SealedPlace::if_given(recorded, "/commentaire"),
                    reserves: SealedPlace::if_given(recorded, "/reserves"),
                    suite: Suite::EnAttente,
                    code: None,
                };
                self.of(ingenierie.0, |it| it.avis = Some(avis));
            }
            // It stands just before the inscription that it excuses, in the same dossier.
            Fact::RuleWaived { rule, .. } => {
                let Some(dossier) = recorded.dossier else { return };
                self.inscribe(dossier, (0, None), recorded.on);
                self.of(dossier, |it| it.waivers.push(Waiver::of(*rule, recorded)));
            }
            Fact::SeanceComiteAppuiClosed { .. } => {
                self.etat = Etat::Close;
                self.closed_on = Some(recorded.on);
            }
            Fact::AvisTransmitted { ingenierie } => {
                self.becomes(ingenierie.0, Suite::Retenu, None);
            }
            Fact::AvisNotTransmitted { ingenierie, code } => {
                self.becomes(ingenierie.0, Suite::Refuse, Some(code.clone()));
            }
        }
    }

    fn meets(&mut self, rencontre: &Rencontre) {
        self.jour = rencontre.date;
        self.debut = rencontre.debut.map(|it| it.to_string());
        self.fin = rencontre.fin.map(|it| it.to_string());
        self.lieu = rencontre.lieu.as_ref().map(|it| it.as_str().to_owned());
        self.visio = rencontre.visio;
    }

    /// A dossier that is there already moves: it comes before those of the same place.
    fn inscribe(&mut self, ingenierie: Uuid, (rang, duree): (i32, Option<i32>), on: Date) {
        let known = self
            .dossiers
            .iter()
            .position(|it| it.ingenierie == ingenierie);
        let dossier = if let Some(n) = known {
            Dossier { rang, duree, ..self.dossiers.remove(n) }
        } else {
            let (inscribed_on, waivers) = (on, vec![]);
            Dossier { ingenierie, rang, duree, inscribed_on, avis: None, waivers }
        };
        self.dossiers.insert(0, dossier);
    }

    fn changes(&mut self) {
        self.dossiers.sort_by_key(|it| it.rang);
        self.ingenieries = self.dossiers.iter().map(|it| it.ingenierie).collect();
        self.modifie = self.editions > 0;
    }

    fn becomes(&mut self, ingenierie: Uuid, suite: Suite, code: Option<String>) {
        self.of(ingenierie, |it| {
            if let Some(avis) = &mut it.avis {
                (avis.suite, avis.code) = (suite, code);
            }
        });
    }

    fn of(&mut self, ingenierie: Uuid, change: impl FnOnce(&mut Dossier)) {
        if let Some(it) = self
            .dossiers
            .iter_mut()
            .find(|it| it.ingenierie == ingenierie)
        {
            change(it);
        }
    }
}
