//! The register of documents (C23): what each one is, its versions, who may read it.

use domain::{
    Date, DocumentId, Event, RoleName,
    document::{Conservation, Event as Fact, Lecteurs, Visibilite},
};
use eventlog::Recorded;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::QueryScalar, types::Json};
use uuid::Uuid;

use crate::{
    Error, Order, Page, ReadModel, Reads, Scope, SealedPlace,
    rows::{Row, Rows, name_of},
};

pub const MODEL: ReadModel = ReadModel {
    name: "documents",
    version: 1,
    tables: include_str!("documents.sql"),
    reads: &[
        "document.DocumentRegistered",
        "document.DocumentVersionAdded",
        "document.DocumentContentReceived",
        "document.DocumentVisibilityChanged",
        "document.DocumentWithdrawn",
        "document.DocumentErased",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// One document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    /// Its first one.
    pub registered_position: i64,
    pub ingenierie: Option<Uuid>,
    pub dlas: Vec<Uuid>,
    pub structure: Option<Uuid>,
    pub nature: String,
    pub titre: SealedPlace,
    pub jour: Date,
    pub langue: Option<String>,
    pub conservation: Conservation,
    pub personnelles: bool,
    pub lecteurs: Vec<Lecteurs>,
    pub consentement: Option<String>,
    pub etat: Etat,
    pub registered_on: Date,
    pub versions: Vec<Version>,
    pub motif: Option<SealedPlace>,
}

/// What can be read of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Etat {
    /// No content came yet.
    EnAttente,
    Disponible,
    Retire,
    Efface,
}

/// One content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    pub numero: i32,
    pub empreinte: String,
    pub taille: i64,
    pub media: String,
    pub added_on: Date,
    pub received_on: Option<Date>,
    pub commentaire: Option<SealedPlace>,
}

impl Row for Document {
    const LOAD: &'static str = "select t.* from documents t where id = any($1)";
    const CLEAR: &'static str = "delete from documents where id = any($1)";
    const TABLE: &'static str = "documents";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Selects of the documents `t` that the caller reads: those of its DLAs and those that are its
/// own; and, once their content came, those that it is shown, when it is around their dossier.
/// A comité reads none that is an organisation's, unless it is shown to all, and whoever bids no
/// offre of a rival, under whatever role. `$1` to `$4` are bound by [`seen_by`].
macro_rules! visible {
    ($what:literal, $rest:literal) => {
        concat!(
            "select ",
            $what,
            " from documents t
             where ($1 or t.dlas && $2 or t.structure = any($3)
                 or exists (select from ingenieries i where i.id = t.ingenierie and (i.dlas && $2 or i.id = any($2)))
                    and ($4 is distinct from 'COMITE' or t.structure is null)
                 or t.etat = 'DISPONIBLE' and 'TOUS' = any(t.lecteurs)
                 or t.etat = 'DISPONIBLE' and $4 = any(t.lecteurs)
                    and (exists (select from ingenieries i
                                 where i.id = t.ingenierie and i.organisations && $3)
                      or $4 = 'PRESTATAIRES' and (
                           exists (select from interventions v
                                   where v.ingenierie = t.ingenierie and v.organisations && $3)
                           or exists (select from consultations c
                                      where c.ingenierie = t.ingenierie
                                        and c.organisations && $3)))
                    and not (t.nature = 'OFFRE' and exists (
                           select from consultations c
                           where c.ingenierie = t.ingenierie and c.organisations && $3))) ",
            $rest
        )
    };
    // Each with the DLAs of its dossier as they stand now.
    ($rest:literal) => {
        visible!(
            "to_jsonb(t) || jsonb_build_object('dlas', t.dlas || coalesce(
                 (select i.dlas from ingenieries i where i.id = t.ingenierie), '{}'))",
            $rest
        )
    };
}

/// Binds `$1` to `$4`.
fn seen_by<'q, O>(
    query: QueryScalar<'q, Postgres, O, PgArguments>,
    scope: &Scope,
) -> QueryScalar<'q, Postgres, O, PgArguments> {
    let among = match scope.role {
        Some(RoleName::StructureBeneficiaire) => Some("STRUCTURES"),
        Some(RoleName::Financeur) => Some("FINANCEURS"),
        Some(RoleName::Prestataire) => Some("PRESTATAIRES"),
        Some(RoleName::MembreComiteAppui) => Some("COMITE"),
        Some(
            RoleName::ChargeDeMission
            | RoleName::ResponsablePorteuse
            | RoleName::ChargeDeMissionRegional
            | RoleName::Partenaire
            | RoleName::Auditeur
            | RoleName::Integration
            | RoleName::Avise
            | RoleName::Dpo
            | RoleName::Admin
            | RoleName::House,
        )
        | None => None,
    };
    query
        .bind(scope.all)
        .bind(scope.papers())
        .bind(scope.organisations.clone())
        .bind(among)
}

/// Some documents, by id.
pub async fn by_ids(
    reads: &Reads,
    scope: &Scope,
    ids: &[DocumentId],
) -> Result<Vec<Document>, Error> {
    let query = sqlx::query_scalar(visible!("and t.id = any($5)"));
    let rows: Vec<Json<Document>> = seen_by(query, scope)
        .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
        .fetch_all(&reads.pool)
        .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// What to look for in the register.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub ingenierie: Option<Uuid>,
    pub structure: Option<Uuid>,
    pub dla: Option<Uuid>,
    /// Of one of these kinds; none is no limit.
    pub natures: Vec<String>,
    pub etat: Option<Etat>,
    /// The first day that it may bear, included.
    pub du: Option<Date>,
    /// The last one, included.
    pub au: Option<Date>,
}

/// And that a filter finds: the parameters `$5` to `$11`.
macro_rules! filtered {
    ($tail:literal) => {
        concat!(
            "and ($5::uuid is null or t.ingenierie = $5)
             and ($6::uuid is null or t.structure = $6)
             and ($7::uuid is null or $7 = any(t.dlas))
             and (cardinality($8) = 0 or t.nature = any($8))
             and ($9::text is null or t.etat = $9)
             and ($10::date is null or t.jour >= $10)
             and ($11::date is null or t.jour <= $11)
             ",
            $tail
        )
    };
}

/// The register, last registered first.
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    before: Option<i64>,
) -> Result<Page<Document>, Error> {
    const LIST: &str = concat!(
        visible!(""),
        filtered!(
            "and ($12::bigint is null or t.registered_position < $12)
                   order by t.registered_position desc
                   limit $13"
        )
    );
    let query = sqlx::query_scalar(LIST);
    let rows: Vec<Json<Document>> = filter
        .bind(seen_by(query, scope))?
        .bind(before)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    Ok(Page::of(rows.into_iter().map(|Json(row)| row).collect(), first))
}

/// How many documents a filter finds.
pub async fn count(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    const COUNT: &str = concat!(visible!("count(*)", ""), filtered!(""));
    let query = sqlx::query_scalar(COUNT);
    Ok(filter
        .bind(seen_by(query, scope))?
        .fetch_one(&reads.pool)
        .await?)
}

impl Filter {
    /// Binds `$5` to `$11`.
    fn bind<'q, O>(
        &self,
        query: QueryScalar<'q, Postgres, O, PgArguments>,
    ) -> Result<QueryScalar<'q, Postgres, O, PgArguments>, Error> {
        Ok(query
            .bind(self.ingenierie)
            .bind(self.structure)
            .bind(self.dla)
            .bind(self.natures.clone())
            .bind(self.etat.map(name_of).transpose()?)
            .bind(self.du.map(ToSqlx::to_sqlx))
            .bind(self.au.map(ToSqlx::to_sqlx)))
    }
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut rows = Rows::<Document>::load(&mut *db, facts.iter().map(|it| it.stream)).await?;
    for recorded in facts {
        let Event::Document(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        if let Some(registered) = Document::registered(fact, recorded) {
            rows.put(registered);
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

impl Document {
    /// The version that a reader is given: the last one whose content came.
    pub fn current(&self) -> Option<&Version> {
        self.versions
            .iter()
            .rev()
            .find(|it| it.received_on.is_some())
    }

    /// As its first fact has it.
    fn registered(fact: &Fact, recorded: &Recorded) -> Option<Self> {
        let Fact::DocumentRegistered {
            ingenierie,
            dlas,
            territoire: _,
            structure,
            nature,
            titre: _,
            date,
            langue,
            conservation,
            personnelles,
            visibilite,
        } = fact
        else {
            return None;
        };
        let mut row = Self {
            id: recorded.stream,
            version: 0,
            position: 0,
            registered_position: recorded.position.0,
            ingenierie: ingenierie.map(|it| it.0),
            dlas: dlas.iter().map(|it| it.0).collect(),
            structure: structure.map(|it| it.0),
            nature: nature.to_string(),
            titre: SealedPlace::of(recorded, "/titre"),
            jour: *date,
            langue: langue.as_ref().map(|it| it.as_str().to_owned()),
            conservation: *conservation,
            personnelles: *personnelles,
            lecteurs: vec![],
            consentement: None,
            etat: Etat::EnAttente,
            registered_on: recorded.on,
            versions: vec![],
            motif: None,
        };
        row.shown_to(visibilite);
        Some(row)
    }

    fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        match fact {
            Fact::DocumentRegistered { .. } => (),
            Fact::DocumentVersionAdded { version, empreinte, taille, media, .. } => {
                self.versions.push(Version {
                    numero: *version,
                    empreinte: empreinte.as_str().to_owned(),
                    taille: *taille,
                    media: media.as_str().to_owned(),
                    added_on: recorded.on,
                    received_on: None,
                    commentaire: SealedPlace::if_given(recorded, "/commentaire"),
                });
            }
            Fact::DocumentContentReceived { version } => {
                let mut versions = self.versions.iter_mut();
                if let Some(it) = versions.find(|it| it.numero == *version) {
                    it.received_on = Some(recorded.on);
                    self.etat = Etat::Disponible;
                }
            }
            Fact::DocumentVisibilityChanged { visibilite } => self.shown_to(visibilite),
            Fact::DocumentWithdrawn { .. } => {
                self.etat = Etat::Retire;
                self.motif = Some(SealedPlace::of(recorded, "/motif"));
            }
            Fact::DocumentErased {} => self.etat = Etat::Efface,
        }
    }

    fn shown_to(&mut self, visibilite: &Visibilite) {
        self.lecteurs = visibilite.lecteurs.iter().copied().collect();
        self.consentement = visibilite
            .consentement
            .as_ref()
            .map(|it| it.as_str().to_owned());
    }
}
