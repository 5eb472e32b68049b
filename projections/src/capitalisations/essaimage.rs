//! Which later ingénieries reuse an element (essaimage), and those that reuse what these keep in
//! their turn. Whoever may not read an element on the way knows nothing of what follows from it.

use domain::{CapitalisationId, Date, IngenierieId, Territoire, capitalisation::Event as Fact};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    ElementId,
    catalogue::{of_its_dlas, readable},
};
use crate::{
    Error, Reads, Scope,
    columns::Columns,
    rows::{Row, Rows},
};

/// How far descendants are looked for.
pub const GENERATIONS_MAX: i32 = 10;

/// A later ingénierie reuses an element.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reutilisation {
    pub capitalisation: Uuid,
    pub element: i32,
    /// The one that reuses it.
    pub ingenierie: Uuid,
    pub position: i64,
    pub declared_on: Date,
    pub dlas: Vec<Uuid>,
    pub territoire: String,
}

/// An ingénierie that descends from an element.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Descendant {
    /// The element it descends from.
    racine: Uuid,
    racine_numero: i32,
    /// 1 when it reuses the element itself, 2 when it reuses what such an ingénierie kept...
    pub generation: i32,
    /// The shortest way.
    #[serde(flatten)]
    pub reutilisation: Reutilisation,
}

impl Row for Reutilisation {
    const LOAD: &'static str = "select t.* from reutilisations t where capitalisation = any($1)";
    const CLEAR: &'static str = "delete from reutilisations where capitalisation = any($1)";
    const TABLE: &'static str = "reutilisations";

    type Key = (Uuid, i32, Uuid);

    fn key(&self) -> Self::Key {
        (self.capitalisation, self.element, self.ingenierie)
    }
}

/// The ingénieries that descend from some elements, each once an element: the first declared
/// first. Ingénieries that reuse one another in a ring descend from what the others kept, and
/// never from what they kept themselves.
pub async fn descendants(
    reads: &Reads,
    scope: &Scope,
    elements: &[ElementId],
) -> Result<Vec<Descendant>, Error> {
    let rows = sqlx::query_as(concat!(
        "with recursive known as not materialized (
             select capitalisation, numero, ingenierie from elements where ",
        readable!("$3", "$4", "$5"),
        "), descend as (
             select r.capitalisation as racine, r.element as racine_numero, k.ingenierie as origine,
                    1 as generation, r.capitalisation, r.element, r.ingenierie
             from reutilisations r
             join known k on (k.capitalisation, k.numero) = (r.capitalisation, r.element)
             where (r.capitalisation, r.element) in (select * from unnest($1::uuid[], $2::int[]))
             union
             select d.racine, d.racine_numero, d.origine,
                    d.generation + 1, r.capitalisation, r.element, r.ingenierie
             from descend d
             join known k on k.ingenierie = d.ingenierie
             join reutilisations r on (r.capitalisation, r.element) = (k.capitalisation, k.numero)
             where r.ingenierie <> d.origine and d.generation < $6
         ), first as (
             select distinct on (d.racine, d.racine_numero, d.ingenierie)
                    d.racine, d.racine_numero, d.generation, r.*
             from descend d
             join reutilisations r using (capitalisation, element, ingenierie)
             order by d.racine, d.racine_numero, d.ingenierie, d.generation, r.position
         )
         select it.* from first it order by position"
    ))
    .bind(
        elements
            .iter()
            .map(|it| it.capitalisation.0)
            .collect::<Vec<_>>(),
    )
    .bind(elements.iter().map(|it| it.numero).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .bind(GENERATIONS_MAX)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

/// What some ingénieries reuse, of the elements that the actor may read.
pub async fn reutilisations_of_ingenieries(
    reads: &Reads,
    scope: &Scope,
    ingenieries: &[IngenierieId],
) -> Result<Vec<Reutilisation>, Error> {
    let rows = sqlx::query_as(concat!(
        "select t.*
         from reutilisations t
         where ingenierie = any($1)
           and exists (select from (select capitalisation, numero from elements where ",
        readable!("$2", "$3", "$4"),
        ") k where (k.capitalisation, k.numero) = (t.capitalisation, t.element))
         order by position"
    ))
    .bind(ingenieries.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

/// What a fact changes of who reuses the elements of its capitalisation.
pub(super) fn apply(reutilisations: &mut Rows<Reutilisation>, fact: &Fact, recorded: &Recorded) {
    match fact {
        Fact::ReutilisationDeclared { element, ingenierie, dlas, territoire } => {
            reutilisations.put(Reutilisation {
                capitalisation: recorded.stream,
                element: *element,
                ingenierie: ingenierie.0,
                position: recorded.position.0,
                declared_on: recorded.on,
                dlas: dlas.iter().map(|it| it.0).collect(),
                territoire: Territoire::to_string(territoire),
            });
        }
        Fact::ReutilisationWithdrawn { element, ingenierie, .. } => {
            reutilisations.remove(&(recorded.stream, *element, ingenierie.0));
        }
        _ => (),
    }
}

impl Reutilisation {
    /// The element that is reused.
    pub fn id(&self) -> ElementId {
        ElementId { capitalisation: CapitalisationId(self.capitalisation), numero: self.element }
    }
}

impl Descendant {
    /// The element it descends from.
    pub fn origin(&self) -> ElementId {
        ElementId { capitalisation: CapitalisationId(self.racine), numero: self.racine_numero }
    }
}
