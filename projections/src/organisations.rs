//! The registry of organisations: who is who, and in which roles. Open to anyone with a token.

use domain::{
    Event, OrganisationId, Territoire,
    organisation::{Criteres, Event as Fact, Identite, referencement::Referencement},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Order, Page, ReadModel, Reads, Scope,
    columns::Columns,
    rows::{Row, Rows, escape_like, name_of},
};

pub const MODEL: ReadModel = ReadModel {
    name: "organisations",
    version: 3,
    tables: include_str!("organisations.sql"),
    reads: &[
        "organisation.OrganisationRegistered",
        "organisation.OrganisationIdentityCorrected",
        "organisation.OrganisationRoleAssigned",
        "organisation.OrganisationRoleEnded",
        "organisation.ProfilStructureRecorded",
        "organisation.PrestataireReferenced",
        "organisation.PrestataireReferencementEnded",
        "organisation.OrganisationMerged",
        "organisation.OrganisationClosed",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// One organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Organisation {
    pub id: Uuid,
    pub version: i64,
    pub denomination: String,
    pub statut: String,
    pub siret: Option<String>,
    pub siren: Option<String>,
    pub rna: Option<String>,
    pub ridet: Option<String>,
    pub tahiti: Option<String>,
    pub ape: Option<String>,
    pub commune: Option<String>,
    /// The year that the code of the commune is of.
    pub millesime: Option<i16>,
    pub secteurs: Vec<String>,
    pub roles: Vec<String>,
    pub closed: bool,
    pub successor: Option<Uuid>,
    /// The one that stands for it since they were merged.
    pub merged_into: Option<Uuid>,
    /// What it offers as a prestataire, while it is referenced. Few are.
    pub referencement: Option<Box<Referencement>>,
    pub profils: Vec<Profil>,
}

/// What a structure looked like on a date. Its texts are sealed at `position`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profil {
    pub as_of: String,
    pub criteres: Criteres,
    /// Whether its project and its skills are described.
    pub projet: bool,
    pub competences: bool,
    pub position: i64,
}

impl Row for Organisation {
    const LOAD: &'static str = "select t.* from organisations t where id = any($1)";
    const CLEAR: &'static str = "delete from organisations where id = any($1)";
    const TABLE: &'static str = "organisations";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Some organisations, by id.
pub async fn by_ids(
    reads: &Reads,
    _scope: &Scope,
    ids: &[OrganisationId],
) -> Result<Vec<Organisation>, Error> {
    let ids: Vec<_> = ids.iter().map(|it| it.0).collect();
    let rows = sqlx::query_as("select t.* from organisations t where id = any($1)")
        .bind(ids)
        .fetch_all(&reads.pool)
        .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of the name, whatever the case.
    pub search: Option<String>,
    pub role: Option<String>,
    pub siret: Option<String>,
}

/// Organisations by name, after a cursor (name, id).
pub async fn list(
    reads: &Reads,
    _scope: &Scope,
    filter: &Filter,
    first: i64,
    after: Option<(String, Uuid)>,
) -> Result<Page<Organisation>, Error> {
    let (name, id) = after.unzip();
    let rows = sqlx::query_as(
        "select t.*
         from organisations t
         where ($1::text is null or denomination ilike '%' || $1 || '%')
           and ($2::text is null or $2 = any(roles))
           and ($3::text is null or siret = $3)
           and ($4::text is null or (denomination, id) > ($4, $5))
         order by denomination, id
         limit $6",
    )
    .bind(filter.search.as_deref().map(escape_like))
    .bind(&filter.role)
    .bind(&filter.siret)
    .bind(name)
    .bind(id)
    .bind(first + 1)
    .fetch_all(&reads.pool)
    .await?;
    let rows = rows.into_iter().map(|Columns(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many organisations a filter finds.
pub async fn count(reads: &Reads, _scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    Ok(sqlx::query_scalar(
        "select count(*)
         from organisations
         where ($1::text is null or denomination ilike '%' || $1 || '%')
           and ($2::text is null or $2 = any(roles))
           and ($3::text is null or siret = $3)",
    )
    .bind(filter.search.as_deref().map(escape_like))
    .bind(&filter.role)
    .bind(&filter.siret)
    .fetch_one(&reads.pool)
    .await?)
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut rows = Rows::<Organisation>::load(db, facts.iter().map(|it| it.stream)).await?;
    for recorded in facts {
        let Event::Organisation(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        let row = rows.entry(recorded.stream, || Organisation::unnamed(recorded.stream));
        row.version = recorded.version.0;
        match fact {
            Fact::OrganisationRegistered { identite, .. }
            | Fact::OrganisationIdentityCorrected { identite, .. } => row.identify(identite),
            Fact::OrganisationRoleAssigned { role } => {
                row.roles.push(name_of(*role)?);
                row.roles.sort();
            }
            Fact::OrganisationRoleEnded { role, .. } => {
                let ended = name_of(*role)?;
                row.roles.retain(|it| *it != ended);
            }
            Fact::ProfilStructureRecorded { as_of, criteres, projet, competences } => {
                row.profils.push(Profil {
                    as_of: as_of.to_string(),
                    criteres: criteres.clone(),
                    projet: projet.is_some(),
                    competences: competences.is_some(),
                    position: recorded.position.0,
                });
            }
            Fact::PrestataireReferenced { referencement } => {
                row.referencement = Some(Box::new(referencement.clone()));
            }
            Fact::PrestataireReferencementEnded { .. } => row.referencement = None,
            Fact::OrganisationMerged { survivor, .. } => row.merged_into = Some(survivor.0),
            Fact::OrganisationClosed { successor, .. } => {
                row.closed = true;
                row.successor = successor.map(|it| it.0);
            }
        }
    }
    rows.save(db).await
}

impl Organisation {
    /// Before its first fact, which names it.
    fn unnamed(id: Uuid) -> Self {
        Self {
            id,
            version: 0,
            denomination: String::new(),
            statut: String::new(),
            siret: None,
            siren: None,
            rna: None,
            ridet: None,
            tahiti: None,
            ape: None,
            commune: None,
            millesime: None,
            secteurs: vec![],
            roles: vec![],
            closed: false,
            successor: None,
            merged_into: None,
            referencement: None,
            profils: vec![],
        }
    }

    fn identify(&mut self, it: &Identite) {
        let text = |it: &dyn std::fmt::Display| it.to_string();
        it.denomination.as_str().clone_into(&mut self.denomination);
        it.statut.as_str().clone_into(&mut self.statut);
        self.siret = it.identifiants.siret.as_ref().map(|it| text(it));
        self.siren = it.identifiants.siren.as_ref().map(|it| text(it));
        self.rna = it.identifiants.rna.as_ref().map(|it| text(it));
        self.ridet = it.identifiants.ridet.as_ref().map(|it| text(it));
        self.tahiti = it.identifiants.tahiti.as_ref().map(|it| text(it));
        self.ape = it.ape.as_ref().map(|it| text(it));
        self.commune = it.commune.as_ref().map(|it| it.code().to_owned());
        self.millesime = it.commune.as_ref().and_then(Territoire::millesime);
        self.secteurs = it
            .secteurs
            .iter()
            .map(|it| it.as_str().to_owned())
            .collect();
    }
}
