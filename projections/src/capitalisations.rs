//! What ingénieries leave to others (RM-13): how it is transferred, and each element that was
//! kept. `catalogue` is the list that everyone reads, once an element is published; `transferts`,
//! to whom elements were handed over; `essaimage`, which later ingénieries reuse them.

use std::collections::BTreeSet;

use domain::{
    CapitalisationId, Code, Date, Event, IngenierieId, OrganisationId, Territoire,
    capitalisation::Event as Fact,
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Error, Order, ReadModel, Reads, Scope,
    rows::{Row, Rows},
    scope::joined,
};

mod catalogue;
mod essaimage;
mod transferts;

pub use catalogue::{
    Cursor, Element, ElementId, EtatConsentement, Filter, Retrait, count, elements,
    elements_by_ids, elements_of,
};
pub use essaimage::{
    Descendant, GENERATIONS_MAX, Reutilisation, descendants, reutilisations_of_ingenieries,
};
pub use transferts::{Destinataire, Transfert, transferts_of};

pub const MODEL: ReadModel = ReadModel {
    name: "capitalisations",
    version: 2,
    tables: include_str!("capitalisations.sql"),
    reads: &[
        "capitalisation.NatureCapitalisationDetermined",
        "capitalisation.ElementCapitaliseRecorded",
        "capitalisation.TransferabiliteAssessed",
        "capitalisation.DestinatairesTargeted",
        "capitalisation.ResponsableTransfertDesignated",
        "capitalisation.ModalitesTransfertAdapted",
        "capitalisation.ConsentementPublicationGiven",
        "capitalisation.ConsentementPublicationWithdrawn",
        "capitalisation.ElementPublished",
        "capitalisation.ElementUnpublished",
        "capitalisation.TransfertPerformed",
        "capitalisation.TransfertAcknowledged",
        "capitalisation.ReutilisationDeclared",
        "capitalisation.ReutilisationWithdrawn",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// What one ingénierie leaves to others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capitalisation {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    pub ingenierie: Uuid,
    pub dlas: Vec<Uuid>,
    /// The partners and structures of the ingénierie, and those that elements come from.
    pub organisations: Vec<Uuid>,
    pub territoire: String,
    pub natures: Vec<String>,
    pub destinataires: Vec<String>,
    /// Who answers for the transfer: its kind, and its name when known.
    pub responsable: Option<String>,
    pub responsable_organisation: Option<Uuid>,
    pub formes: Vec<String>,
    pub tons: Vec<String>,
    /// One a structure that ever consented.
    pub consentements: Vec<Consentement>,
}

/// Whether a structure agrees that what comes from it is published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Consentement {
    pub structure: Uuid,
    pub given_on: Date,
    /// Where the signed paper is kept, when it was given on paper.
    pub reference: Option<String>,
    /// It no longer agrees since then.
    pub withdrawn_on: Option<Date>,
}

impl Row for Capitalisation {
    const LOAD: &'static str = "select t.* from capitalisations t where id = any($1)";
    const CLEAR: &'static str = "delete from capitalisations where id = any($1)";
    const TABLE: &'static str = "capitalisations";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Some capitalisations, by id.
pub async fn by_ids(
    reads: &Reads,
    scope: &Scope,
    ids: &[CapitalisationId],
) -> Result<Vec<Capitalisation>, Error> {
    let rows = sqlx::query_scalar(joined!(
        "capitalisations",
        "where id = any($1) and ($2 or dlas && $3 or organisations && $4
                or exists (select from ingenieries i
                           where i.id = ingenierie and (i.dlas && $3 or i.id = any($3))))"
    ))
    .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// The capitalisations of some ingénieries: one each at most.
pub async fn of_ingenieries(
    reads: &Reads,
    scope: &Scope,
    ingenieries: &[IngenierieId],
) -> Result<Vec<Capitalisation>, Error> {
    let rows = sqlx::query_scalar(joined!(
        "capitalisations",
        "where ingenierie = any($1) and ($2 or dlas && $3 or organisations && $4
                or exists (select from ingenieries i
                           where i.id = ingenierie and (i.dlas && $3 or i.id = any($3))))"
    ))
    .bind(ingenieries.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let streams = || facts.iter().map(|it| it.stream);
    let mut rows = Rows::<Capitalisation>::load(db, streams()).await?;
    let mut elements = Rows::<Element>::load(db, streams()).await?;
    let mut transferts = Rows::<Transfert>::load(db, streams()).await?;
    let mut reutilisations = Rows::<Reutilisation>::load(db, streams()).await?;
    for recorded in facts {
        let Event::Capitalisation(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        if let Fact::NatureCapitalisationDetermined { .. } = fact {
            rows.entry(recorded.stream, || Capitalisation::undetermined(recorded.stream));
        }
        let row = rows
            .get_mut(&recorded.stream)
            .ok_or_else(|| Error::not_applied(recorded))?;
        row.version = recorded.version.0;
        row.position = recorded.position.0;
        row.apply(fact, recorded.on);
        catalogue::apply(&mut elements, fact, recorded)?;
        transferts::apply(&mut transferts, fact, recorded)?;
        essaimage::apply(&mut reutilisations, fact, recorded);
    }
    for element in elements.values_mut() {
        if let Some(row) = rows.get_mut(&element.capitalisation) {
            row.organisations.extend(element.structure);
        }
    }
    for row in rows.values_mut() {
        row.organisations.sort_unstable();
        row.organisations.dedup();
    }
    // Whoever sees the capitalisation sees its elements.
    for element in elements.values_mut() {
        if let Some(row) = rows.get_mut(&element.capitalisation) {
            element.belong(row);
            element.reach(row, transferts.values_mut());
        }
    }
    rows.save(db).await?;
    elements.save(db).await?;
    transferts.save(db).await?;
    reutilisations.save(db).await
}

impl Capitalisation {
    /// Before its first fact says what there is to keep.
    fn undetermined(id: Uuid) -> Self {
        Self {
            id,
            version: 0,
            position: 0,
            ingenierie: Uuid::nil(),
            dlas: vec![],
            organisations: vec![],
            territoire: String::new(),
            natures: vec![],
            destinataires: vec![],
            responsable: None,
            responsable_organisation: None,
            formes: vec![],
            tons: vec![],
            consentements: vec![],
        }
    }

    fn apply(&mut self, fact: &Fact, on: Date) {
        match fact {
            Fact::NatureCapitalisationDetermined {
                ingenierie,
                dlas,
                organisations,
                territoire,
                natures,
            } => {
                self.ingenierie = ingenierie.0;
                self.dlas = dlas.iter().map(|it| it.0).collect();
                self.organisations = organisations.iter().map(|it| it.0).collect();
                self.territoire = Territoire::to_string(territoire);
                self.natures = texts(natures);
            }
            Fact::DestinatairesTargeted { destinataires } => {
                self.destinataires = texts(destinataires);
            }
            Fact::ResponsableTransfertDesignated { responsable, organisation } => {
                self.responsable = Some(responsable.to_string());
                self.responsable_organisation = organisation.map(|it| it.0);
            }
            Fact::ModalitesTransfertAdapted { formes, tons } => {
                self.formes = texts(formes);
                self.tons = texts(tons);
            }
            Fact::ConsentementPublicationGiven { structure, reference } => {
                self.consentements.retain(|it| it.structure != structure.0);
                self.consentements.push(Consentement {
                    structure: structure.0,
                    given_on: on,
                    reference: reference.as_ref().map(|it| it.as_str().to_owned()),
                    withdrawn_on: None,
                });
            }
            Fact::ConsentementPublicationWithdrawn { structure: OrganisationId(structure) } => {
                let mut all = self.consentements.iter_mut();
                if let Some(it) = all.find(|it| it.structure == *structure) {
                    it.withdrawn_on = Some(on);
                }
            }
            // Kept with the elements, and what became of them, or in the library.
            Fact::CasPublished { .. }
            | Fact::CasUnpublished { .. }
            | Fact::ElementCapitaliseRecorded { .. }
            | Fact::TransferabiliteAssessed { .. }
            | Fact::ElementPublished { .. }
            | Fact::ElementUnpublished { .. }
            | Fact::TransfertPerformed { .. }
            | Fact::TransfertAcknowledged { .. }
            | Fact::ReutilisationDeclared { .. }
            | Fact::ReutilisationWithdrawn { .. } => (),
        }
    }
}

fn texts(codes: &BTreeSet<Code>) -> Vec<String> {
    codes.iter().map(Code::to_string).collect()
}
