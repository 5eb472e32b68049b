//! Consultations of prestataires (RM-08): who was asked, who answered, who was chosen and why.
//!
//! Before the opening a row knows that an offre came, and nothing of what it holds.

mod choix_partage;

use domain::{
    ConsultationId, Date, Event, IngenierieId,
    consultation::{CauseRejet, Event as Fact, Notation, Sections},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

pub use self::choix_partage::{
    Avenant, Contrat, Contribution, Edition, Fin, Invitation, Note, Preference,
};
use crate::{
    Error, Order, ReadModel, Reads, Scope, SealedPlace, Waiver,
    columns::Columns,
    rows::{Row, Rows},
};

pub const MODEL: ReadModel = ReadModel {
    name: "consultations",
    version: 3,
    tables: include_str!("consultations.sql"),
    reads: &[
        "consultation.CahierDesChargesDrafted",
        "consultation.PartenaireInvited",
        "consultation.CahierDesChargesContributionRecorded",
        "consultation.CahierDesChargesFinalised",
        "consultation.AppelOffresLaunched",
        "consultation.PrestataireConsulted",
        "consultation.PrestataireDeclined",
        "consultation.OffreReceived",
        "consultation.OffreWithdrawn",
        "consultation.OffresOpened",
        "consultation.OffreRejected",
        "consultation.OffreScored",
        "consultation.PreferenceStructureExpressed",
        "consultation.RuleWaived",
        "consultation.PrestataireChosen",
        "consultation.PrestataireDirectlyChosen",
        "consultation.PrestataireInformed",
        "consultation.ConsultationDeclaredUnsuccessful",
        "consultation.ConsultationClosed",
        "consultation.ContratSigned",
        "consultation.ContratAmended",
        "consultation.ContratTerminated",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// One consultation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Consultation {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    pub ingenierie: Uuid,
    pub dlas: Vec<Uuid>,
    pub organisations: Vec<Uuid>,
    pub invites: Vec<Uuid>,
    pub territoire: String,
    pub edition: i32,
    pub sections: Sections,
    /// Every edition, oldest first.
    pub editions: Vec<Edition>,
    pub invitations: Vec<Invitation>,
    pub contributions: Vec<Contribution>,
    pub etat: Etat,
    pub deadline: Option<Date>,
    pub candidats: Vec<Candidat>,
    pub chosen: Option<Uuid>,
    pub montant_cents: Option<i64>,
    pub choix: Option<Choix>,
    pub preferences: Vec<Preference>,
    /// Why no offre answered the need.
    pub infructueuse: Option<SealedPlace>,
    pub contrat: Option<Contrat>,
    pub waivers: Vec<Waiver>,
}

/// Where a consultation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Etat {
    Redaction,
    Finalisee,
    Lancee,
    Ouverte,
    Attribuee,
    Infructueuse,
    Close,
}

/// One of those consulted, or awarded directly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidat {
    pub prestataire: Uuid,
    pub reponse: Reponse,
    /// Where its offre is sealed.
    pub offre_position: Option<i64>,
    /// Known from the opening on.
    pub montant_cents: Option<i64>,
    pub jours: Option<i32>,
    /// Whether it was told the result, and which.
    pub informe: Option<bool>,
    pub rejet: Option<Rejet>,
    /// What each gave it, in the order they first did.
    pub notes: Vec<Note>,
}

/// Why an offre is out of the competition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rejet {
    pub cause: CauseRejet,
    pub on: Date,
    pub motif: SealedPlace,
}

/// What a prestataire answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reponse {
    Attendue,
    Offre,
    Declinee,
    /// It was asked nothing, and awarded directly.
    HorsConcurrence,
}

/// Why one was chosen. The reasons are sealed at `position`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choix {
    pub position: i64,
    pub on: Date,
    pub notation: Option<Notation>,
    pub proces_verbal: Option<SealedPlace>,
}

impl Row for Consultation {
    const LOAD: &'static str = "select t.* from consultations t where id = any($1)";
    const CLEAR: &'static str = "delete from consultations where id = any($1)";
    const TABLE: &'static str = "consultations";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Some consultations, by id: those of one's DLAs, of the dossiers that one reads when one may
/// follow consultations there, and otherwise those that one was asked in, or invited to help with
/// as a structure.
pub async fn by_ids(
    reads: &Reads,
    scope: &Scope,
    ids: &[ConsultationId],
) -> Result<Vec<Consultation>, Error> {
    let rows = sqlx::query_as(
        "select t.*
         from consultations t
         where id = any($1)
           and ($2 or dlas && $3 or not $5 and organisations && $4 or invites && $6
                or $5 and exists (
                    select from ingenieries i
                    where i.id = t.ingenierie
                      and ((i.dlas && $3 or i.id = any($3)) or i.dlas_contributeurs && $3 or i.organisations && $4)))",
    )
    .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.followed())
    .bind(&scope.organisations)
    .bind(scope.follows_consultations())
    .bind(scope.own_structure().into_iter().collect::<Vec<_>>())
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

/// The consultations of some ingénieries.
pub async fn of_ingenieries(
    reads: &Reads,
    scope: &Scope,
    ingenieries: &[IngenierieId],
) -> Result<Vec<Consultation>, Error> {
    let rows = sqlx::query_as(
        "select t.*
         from consultations t
         where ingenierie = any($1)
           and ($2 or dlas && $3 or not $5 and organisations && $4 or invites && $6
                or $5 and exists (
                    select from ingenieries i
                    where i.id = t.ingenierie
                      and ((i.dlas && $3 or i.id = any($3)) or i.dlas_contributeurs && $3 or i.organisations && $4)))
         order by position",
    )
    .bind(ingenieries.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.followed())
    .bind(&scope.organisations)
    .bind(scope.follows_consultations())
    .bind(scope.own_structure().into_iter().collect::<Vec<_>>())
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut rows = Rows::<Consultation>::load(db, facts.iter().map(|it| it.stream)).await?;
    for recorded in facts {
        let Event::Consultation(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        if let Fact::CahierDesChargesDrafted { .. } = fact {
            let row = Consultation::drafted(recorded.stream);
            rows.entry(recorded.stream, || row);
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

impl Consultation {
    fn drafted(id: Uuid) -> Self {
        Self {
            id,
            version: 0,
            position: 0,
            ingenierie: Uuid::nil(),
            dlas: vec![],
            organisations: vec![],
            invites: vec![],
            territoire: String::new(),
            edition: 0,
            sections: Sections::default(),
            editions: vec![],
            invitations: vec![],
            contributions: vec![],
            etat: Etat::Redaction,
            deadline: None,
            candidats: vec![],
            chosen: None,
            montant_cents: None,
            choix: None,
            preferences: vec![],
            infructueuse: None,
            contrat: None,
            waivers: vec![],
        }
    }

    fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        let (position, on) = (recorded.position.0, recorded.on);
        match fact {
            Fact::CahierDesChargesDrafted { .. }
            | Fact::CahierDesChargesFinalised { .. }
            | Fact::PartenaireInvited { .. }
            | Fact::CahierDesChargesContributionRecorded { .. }
            | Fact::OffreScored { .. }
            | Fact::PreferenceStructureExpressed { .. }
            | Fact::ContratSigned { .. }
            | Fact::ContratAmended { .. }
            | Fact::ContratTerminated { .. } => self.share(fact, recorded),
            Fact::AppelOffresLaunched { deadline } => {
                self.deadline = Some(*deadline);
                self.etat = Etat::Lancee;
            }
            Fact::PrestataireConsulted { prestataire } => {
                self.organisations.push(prestataire.0);
                self.candidats
                    .push(Candidat::new(prestataire.0, Reponse::Attendue));
            }
            Fact::PrestataireDeclined { prestataire } => {
                self.candidat(prestataire.0).reponse = Reponse::Declinee;
            }
            Fact::OffreReceived { prestataire, .. } => {
                let candidat = self.candidat(prestataire.0);
                candidat.reponse = Reponse::Offre;
                candidat.offre_position = Some(position);
            }
            Fact::OffreWithdrawn { prestataire } => {
                let candidat = self.candidat(prestataire.0);
                candidat.reponse = Reponse::Attendue;
                candidat.offre_position = None;
            }
            Fact::OffresOpened { offres } => {
                self.etat = Etat::Ouverte;
                for offre in offres {
                    let candidat = self.candidat(offre.prestataire.0);
                    candidat.montant_cents = Some(offre.montant.0);
                    candidat.jours = offre.jours.map(|it| it.0);
                }
            }
            Fact::OffreRejected { prestataire, cause, .. } => {
                let motif = SealedPlace::of(recorded, "/motif");
                let rejet = Rejet { cause: *cause, on, motif };
                self.candidat(prestataire.0).rejet = Some(rejet);
            }
            Fact::RuleWaived { rule, .. } => self.waivers.push(Waiver::of(*rule, recorded)),
            Fact::PrestataireChosen { prestataire, montant, notation, .. } => {
                self.attribute(prestataire.0, montant.0);
                let proces_verbal = SealedPlace::if_given(recorded, "/procesVerbal");
                self.choix = Some(Choix { position, on, notation: Some(*notation), proces_verbal });
            }
            Fact::PrestataireDirectlyChosen { prestataire, montant } => {
                self.attribute(prestataire.0, montant.0);
                self.choix = Some(Choix { position, on, notation: None, proces_verbal: None });
            }
            Fact::PrestataireInformed { prestataire, retenu } => {
                self.candidat(prestataire.0).informe = Some(*retenu);
            }
            Fact::ConsultationDeclaredUnsuccessful { .. } => {
                self.etat = Etat::Infructueuse;
                self.infructueuse = Some(SealedPlace::of(recorded, "/motif"));
            }
            Fact::ConsultationClosed {} => self.etat = Etat::Close,
        }
    }

    fn attribute(&mut self, prestataire: Uuid, montant_cents: i64) {
        self.candidat(prestataire);
        self.etat = Etat::Attribuee;
        self.chosen = Some(prestataire);
        self.montant_cents = Some(montant_cents);
    }

    /// One of those consulted, or someone who was not and is awarded directly.
    fn candidat(&mut self, prestataire: Uuid) -> &mut Candidat {
        let known = self
            .candidats
            .iter()
            .position(|it| it.prestataire == prestataire);
        let n = known.unwrap_or_else(|| {
            self.organisations.push(prestataire);
            self.candidats
                .push(Candidat::new(prestataire, Reponse::HorsConcurrence));
            self.candidats.len() - 1
        });
        &mut self.candidats[n]
    }
}

impl Candidat {
    fn new(prestataire: Uuid, reponse: Reponse) -> Self {
        Self {
            prestataire,
            reponse,
            offre_position: None,
            montant_cents: None,
            jours: None,
            informe: None,
            rejet: None,
            notes: vec![],
        }
    }
}
