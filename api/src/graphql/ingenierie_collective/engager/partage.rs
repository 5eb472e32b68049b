//! What partners think of the problem, what they could bring, and what will be evaluated
//! (method, step 2 A2, A4 and B3).

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{Line, ingenierie_collective::engager::partage as rules};
use projections::ingenieries as rows;

use super::super::{IngenierieCollectivePayload, IngenierieInput, Part};
use crate::{
    Result,
    graphql::{
        ids::typed,
        request::{line, optional, prose},
        scalars::{Date, Jours},
        sealed::Readers,
    },
};

/// What a partner thinks of the problématique (method, fiche 3, checks 1 and 3).
pub(crate) struct PartageProblematique(pub(super) Part<rows::Partage>);

/// What a partner thinks of the problématique (method, fiche 3, checks 1 and 3).
#[Object]
impl PartageProblematique {
    /// Whether it sees the problem as the DLA does.
    async fn accord(&self) -> AccordProblematique {
        self.0.row.accord.into()
    }

    /// When it said so.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// The experiences of the past that it witnessed, successful or not (antériorité). Shown to
    /// the DLAs concerned; null for others, when nothing was noted, and once erased.
    async fn anteriorite(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let place = self.0.row.anteriorite.as_ref();
        self.0.open_if_given(ctx, Readers::Dlas, place).await
    }

    /// What would interest structures, and on which conditions. Shown to the DLAs concerned; null
    /// for others, when nothing was noted, and once erased.
    async fn interet(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let place = self.0.row.interet.as_ref();
        self.0.open_if_given(ctx, Readers::Dlas, place).await
    }
}

/// Whether a partner sees the problem as the DLA does (method, fiche 3, check 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::AccordProblematique")]
pub(crate) enum AccordProblematique {
    /// It does.
    Partagee,
    /// It does, otherwise put or with reservations.
    PartageeAvecReserves,
    /// It does not: `advice` points it out.
    NonPartagee,
}

/// What a partner could bring to the système intervenant (method, step 2 A4).
pub(crate) struct ContributionIntervenant(pub(super) rows::Contribution);

/// What a partner could bring to the système intervenant (method, step 2 A4).
#[Object]
impl ContributionIntervenant {
    /// What it would do.
    async fn contribution(&self) -> &str {
        self.0.contribution.as_str()
    }

    /// Those of the required skills that it has. Absent when they were not noted.
    async fn competences(&self) -> Option<&str> {
        self.0.competences.as_ref().map(Line::as_str)
    }

    /// For how long. Absent when it was not noted.
    async fn temps(&self) -> Option<Jours> {
        self.0.temps.map(Jours)
    }

    /// When it offered it.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }
}

/// What a partner will do as an intervenant (method, step 3 B3e).
pub(crate) struct EngagementIntervenant(pub(super) rows::Engagement);

/// What a partner will do as an intervenant (method, step 3 B3e).
#[Object]
impl EngagementIntervenant {
    /// Its mission.
    async fn mission(&self) -> &str {
        self.0.mission.as_str()
    }

    /// For how long. Absent when it was not noted.
    async fn temps(&self) -> Option<Jours> {
        self.0.temps.map(Jours)
    }

    /// Since when it is engaged in these terms.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }
}

/// What will be evaluated and why (method, step 2 B3).
pub(crate) struct ObjectifsEvaluation(pub(in super::super) rows::ObjectifsEvaluation);

/// What will be evaluated and why (method, step 2 B3).
#[Object]
impl ObjectifsEvaluation {
    /// What will be evaluated.
    async fn objets(&self) -> Vec<ObjetEvaluation> {
        self.0.objets.iter().map(|it| (*it).into()).collect()
    }

    /// Why: whether the objectives were reached, and for whom one wants to know.
    async fn raison(&self) -> &str {
        self.0.raison.as_str()
    }

    /// When it was said.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }
}

/// What may be evaluated (method, step 2 B3a).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::ObjetEvaluation")]
pub(crate) enum ObjetEvaluation {
    /// The whole démarche.
    Demarche,
    /// The interventions.
    Interventions,
    /// How partners worked together.
    Partenariat,
    /// What came of it in the structures.
    Effets,
}

#[derive(Default)]
pub(crate) struct PartenariatMutation;

#[Object]
impl PartenariatMutation {
    /// Notes whether a partner shares the problématique, which must be stated before, and what
    /// it knows of earlier attempts (method, fiche 3). The last one of each partner shows in the
    /// fiche; the history keeps all.
    async fn share_problematique(
        &self,
        ctx: &Context<'_>,
        input: ShareProblematiqueInput,
    ) -> Result<IngenierieCollectivePayload> {
        let partenaire = typed(&input.partenaire, "input.partenaire")?;
        let partage = rules::Partage {
            accord: input.accord.into(),
            anteriorite: optional(prose, "input.anteriorite", input.anteriorite.as_ref())?,
            interet: optional(prose, "input.interet", input.interet.as_ref())?,
        };
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.share_problematique(asked, partenaire, partage.clone()))
            .await
    }

    /// Notes what a partner could bring to the système intervenant (method, step 2 A4), in place
    /// of what it offered before.
    async fn offer_contribution_intervenant(
        &self,
        ctx: &Context<'_>,
        input: OfferContributionIntervenantInput,
    ) -> Result<IngenierieCollectivePayload> {
        let partenaire = typed(&input.partenaire, "input.partenaire")?;
        let offered = rules::Contribution {
            contribution: line("input.contribution", &input.contribution)?,
            competences: optional(line, "input.competences", input.competences.as_ref())?,
            temps: input.temps.map(|it| it.0),
        };
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.offer_contribution_intervenant(asked, partenaire, offered.clone())
            })
            .await
    }

    /// Says what will be evaluated and why (method, step 2 B3; RUL-08), in place of what was said
    /// before. The evaluation itself is planned by `planEvaluation`.
    async fn set_objectifs_evaluation(
        &self,
        ctx: &Context<'_>,
        input: SetObjectifsEvaluationInput,
    ) -> Result<IngenierieCollectivePayload> {
        let objets: Vec<_> = input.objets.iter().map(|it| (*it).into()).collect();
        let raison = prose("input.raison", &input.raison)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.set_objectifs_evaluation(asked, objets.clone(), raison.clone())
            })
            .await
    }
}

/// What a partner thinks of the problématique.
#[derive(InputObject)]
pub(crate) struct ShareProblematiqueInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The organisation, associated as a partner before.
    partenaire: ID,
    /// Whether it sees the problem as the DLA does.
    accord: AccordProblematique,
    /// The experiences of the past that it witnessed, successful or not. Sealed: the DLAs read
    /// it.
    anteriorite: Option<String>,
    /// What would interest structures, and on which conditions. Sealed: the DLAs read it.
    interet: Option<String>,
}

/// What a partner could bring.
#[derive(InputObject)]
pub(crate) struct OfferContributionIntervenantInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The organisation, associated as a partner before.
    partenaire: ID,
    /// What it would do, on one line. In clear in the history: name nobody.
    contribution: String,
    /// Those of the required skills that it has, on one line. In clear in the history: name
    /// nobody.
    competences: Option<String>,
    /// For how long, to the quarter of a day.
    temps: Option<Jours>,
}

/// What will be evaluated, and why.
#[derive(InputObject)]
pub(crate) struct SetObjectifsEvaluationInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// What will be evaluated: at least one object.
    objets: Vec<ObjetEvaluation>,
    /// Why. In clear in the history: name nobody.
    raison: String,
}
