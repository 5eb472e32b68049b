//! The cahier des charges as it is read: its sections, its editions, and what others brought to it.

use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::{
    OrganisationId,
    consultation::{self as rules, Sections},
};
use projections::consultations as rows;
use uuid::Uuid;

use crate::{
    Result,
    graphql::{
        organisation::{self, Organisation},
        scalars::Date,
        sealed::{Readers, open},
    },
};

/// The cahier des charges, in the five sections of the method (step 3 C2).
#[derive(SimpleObject)]
pub(crate) struct CahierDesCharges {
    /// The overall démarche.
    demarche: Option<String>,
    /// Objectives of the ingénierie.
    objectifs: Option<String>,
    /// Object and expected results of the intervention.
    resultats: Option<String>,
    /// Technical and method conditions to respect.
    conditions: Option<String>,
    /// The intervenant's role in the evaluation.
    evaluation: Option<String>,
    /// Whether the intervenant takes part in the evaluation: the fifth section is then needed.
    evaluation_attendue: bool,
}

impl CahierDesCharges {
    pub(super) fn of(it: &Sections) -> Self {
        let text = |it: &Option<domain::Prose>| it.as_ref().map(|it| it.as_str().to_owned());
        Self {
            demarche: text(&it.demarche),
            objectifs: text(&it.objectifs),
            resultats: text(&it.resultats),
            conditions: text(&it.conditions),
            evaluation: text(&it.evaluation),
            evaluation_attendue: it.evaluation_attendue,
        }
    }
}

/// One edition of the cahier des charges.
pub(crate) struct EditionCahier(pub(super) rows::Edition);

/// One edition of the cahier des charges.
#[Object]
impl EditionCahier {
    /// Which one, from 1.
    async fn edition(&self) -> i32 {
        self.0.edition
    }

    /// When it was written.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }

    /// When it was made final; absent when another one took its place.
    async fn finalised_on(&self) -> Option<Date> {
        self.0.finalised_on.map(Date)
    }

    /// What it says.
    async fn sections(&self) -> CahierDesCharges {
        CahierDesCharges::of(&self.0.sections)
    }
}

/// An organisation invited to help with the cahier des charges and the choice.
pub(crate) struct Invitation(pub(super) rows::Invitation);

/// An organisation invited to help with the cahier des charges and the choice.
#[Object]
impl Invitation {
    /// Who it is.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.organisation)).await
    }

    /// As what it helps.
    async fn qualite(&self) -> QualiteInvite {
        self.0.qualite.into()
    }

    /// Since when.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }
}

/// As what an organisation helps with a consultation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::QualiteInvite")]
pub(crate) enum QualiteInvite {
    /// It finances the ingénierie, or its DLA.
    Financeur,
    /// It takes part in the ingénierie.
    Structure,
}

/// A section of the cahier des charges (method, step 3 C2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::SectionCahier")]
pub(crate) enum SectionCahier {
    /// The overall démarche.
    Demarche,
    /// Objectives of the ingénierie.
    Objectifs,
    /// Object and expected results of the intervention.
    Resultats,
    /// Technical and method conditions to respect.
    Conditions,
    /// The intervenant's role in the evaluation.
    Evaluation,
}

/// What an invited one would have the cahier des charges say.
pub(crate) struct Contribution {
    pub(super) row: rows::Contribution,
    pub(super) dlas: Vec<Uuid>,
}

/// What an invited one would have the cahier des charges say.
#[Object(name = "ContributionCahier")]
impl Contribution {
    /// Whose words they are.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.row.organisation)).await
    }

    /// About which section; absent when about the whole.
    async fn section(&self) -> Option<SectionCahier> {
        self.row.section.map(Into::into)
    }

    /// When.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// The last edition that was written by then.
    async fn edition(&self) -> i32 {
        self.row.edition
    }

    /// What it says. The DLAs and its author read it; absent for others, and once erased.
    async fn texte(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let readers = Readers::DlasAnd(OrganisationId(self.row.organisation));
        let place = &self.row.text;
        open(ctx, readers, &self.dlas, place.position, &place.pointer).await
    }
}
