//! How far an ingénierie has come, and when it passed its milestones.

use async_graphql::{Enum, SimpleObject};
use domain::ingenierie_collective::Etat;
use projections::ingenieries as rows;

use crate::graphql::scalars::Date;

/// How far an ingénierie has come. Between milestones the work of earlier steps stays open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Etat")]
pub(crate) enum EtatIngenierie {
    /// The need is being identified and the démarche built.
    EnIdentification,
    /// The démarche is validated: structures may be contacted, and an individual one may start.
    Engagee,
    /// The projet d'intervention is confirmed. An individual ingénierie is never here: the
    /// démarche that its porteuse validates says what will be done.
    Confirmee,
    /// The intervention is under way.
    EnIntervention,
    /// The intervention is done. Evaluation and capitalisation go on.
    Finalisee,
    /// It was given up.
    Abandonnee,
}

/// When an ingénierie passed its milestones. What it did not reach is absent.
#[expect(clippy::struct_field_names, reason = "the schema says when each milestone was reached")]
#[derive(SimpleObject)]
pub(crate) struct Jalons {
    /// When it was initiated.
    initiated_on: Date,
    /// When the démarche was engaged.
    engaged_on: Option<Date>,
    /// When the projet d'intervention was last formalised.
    formalised_on: Option<Date>,
    /// When the projet was confirmed.
    confirmed_on: Option<Date>,
    /// When the intervention started.
    started_on: Option<Date>,
    /// When it was finalised. Absent again once it is reopened.
    finalised_on: Option<Date>,
    /// When it was given up. Absent again once it is reopened.
    abandoned_on: Option<Date>,
}

impl Jalons {
    pub(crate) fn of(row: &rows::Ingenierie) -> Self {
        Self {
            initiated_on: Date(row.initiated_on),
            engaged_on: row.engaged_on.map(Date),
            formalised_on: row.formalised_on.map(Date),
            confirmed_on: row.confirmed_on.map(Date),
            started_on: row.started_on.map(Date),
            finalised_on: row.finalised_on.map(Date),
            abandoned_on: row.abandoned_on.map(Date),
        }
    }
}
