//! To whom elements were handed over, and who said so. The DLAs of the ingénierie see all of it, a
//! recipient what was handed over to it.

use domain::{
    CapitalisationId, Date,
    capitalisation::{Event as Fact, transfert::Destinataire as To},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use super::{catalogue::of_its_dlas, texts};
use crate::{
    Error, Reads, Scope,
    rows::{Row, Rows},
};

/// An element was handed over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transfert {
    pub capitalisation: Uuid,
    /// Its number in the capitalisation.
    pub numero: i32,
    pub position: i64,
    pub element: i32,
    pub performed_on: Date,
    /// The kinds of recipients that it serves.
    pub categories: Vec<String>,
    /// Those that are named, as far as the reader may know of them.
    pub destinataires: Vec<Destinataire>,
    pub forme: String,
    /// The organisation that did it; `None` when the DLAs of the ingénierie did.
    pub par: Option<Uuid>,
}

/// A DLA or an organisation that an element was handed over to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Destinataire {
    pub dla: Option<Uuid>,
    pub organisation: Option<Uuid>,
    pub acknowledged_on: Option<Date>,
    /// The fact that says so.
    pub acknowledged_position: Option<i64>,
    /// Where its answer is kept, when the DLA noted it.
    pub reference: Option<String>,
}

impl Row for Transfert {
    const LOAD: &'static str = "select t.* from transferts t where capitalisation = any($1)";
    const CLEAR: &'static str = "delete from transferts where capitalisation = any($1)";
    const TABLE: &'static str = "transferts";

    type Key = (Uuid, i32);

    fn key(&self) -> (Uuid, i32) {
        (self.capitalisation, self.numero)
    }
}

/// The transfers of some capitalisations, oldest first, as far as the actor may know of them.
pub async fn transferts_of(
    reads: &Reads,
    scope: &Scope,
    capitalisations: &[CapitalisationId],
) -> Result<Vec<Transfert>, Error> {
    let rows: Vec<(Json<Transfert>, bool)> = sqlx::query_as(concat!(
        "select to_json(t), it.inside
         from transferts t
         join (select capitalisation, numero, lecteurs, ",
        of_its_dlas!("$2", "$3"),
        " as inside
               from elements
               where capitalisation = any($1)) it
             on (it.capitalisation, it.numero) = (t.capitalisation, t.element)
         where it.inside or it.lecteurs && ($3 || $4)
         order by t.capitalisation, t.numero"
    ))
    .bind(capitalisations.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    let own = |it: &Destinataire| {
        it.dla.is_some_and(|it| scope.dlas.contains(&it))
            || it
                .organisation
                .is_some_and(|it| scope.organisations.contains(&it))
    };
    let shown = rows.into_iter().filter_map(|(Json(mut row), inside)| {
        row.destinataires.retain(|it| inside || own(it));
        (inside || !row.destinataires.is_empty()).then_some(row)
    });
    Ok(shown.collect())
}

/// What a fact changes of the transfers of its capitalisation.
pub(super) fn apply(
    transferts: &mut Rows<Transfert>,
    fact: &Fact,
    recorded: &Recorded,
) -> Result<(), Error> {
    match fact {
        Fact::TransfertPerformed { transfert, contenu } => transferts.put(Transfert {
            capitalisation: recorded.stream,
            numero: *transfert,
            position: recorded.position.0,
            element: contenu.element,
            performed_on: recorded.on,
            categories: texts(&contenu.categories),
            destinataires: contenu.destinataires.iter().map(Destinataire::of).collect(),
            forme: contenu.forme.to_string(),
            par: contenu.par.map(|it| it.0),
        }),
        Fact::TransfertAcknowledged { transfert, destinataire, reference } => {
            let row = transferts
                .get_mut(&(recorded.stream, *transfert))
                .ok_or_else(|| Error::not_applied(recorded))?;
            let said = Destinataire::of(destinataire);
            let who =
                |it: &&mut Destinataire| (it.dla, it.organisation) == (said.dla, said.organisation);
            if let Some(it) = row.destinataires.iter_mut().find(who) {
                it.acknowledged_on = Some(recorded.on);
                it.acknowledged_position = Some(recorded.position.0);
                it.reference = reference.as_ref().map(|it| it.as_str().to_owned());
            }
        }
        _ => (),
    }
    Ok(())
}

impl Destinataire {
    fn of(it: &To) -> Self {
        let (dla, organisation) = match it {
            To::Dla(id) => (Some(id.0), None),
            To::Organisation(id) => (None, Some(id.0)),
        };
        let (acknowledged_on, acknowledged_position, reference) = (None, None, None);
        Self { dla, organisation, acknowledged_on, acknowledged_position, reference }
    }
}
