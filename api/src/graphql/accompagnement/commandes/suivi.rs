//! What came of the support: news, figures, other needs; and how it ends.

use std::collections::BTreeSet;

use async_graphql::{Context, InputObject, Object};
use domain::{Etp, Liste, accompagnement::suivi::Indicateurs};

use super::{
    super::impact::MomentMesure, AccompagnementCommentaireInput, AccompagnementInput,
    AccompagnementMotifInput, AccompagnementPayload,
};
use crate::{
    Result,
    error::At,
    graphql::{
        request::{optional, prose},
        scalars::{Cents, Date},
    },
};

#[derive(Default)]
pub(super) struct ConsolidationMutation;

#[Object]
impl ConsolidationMutation {
    /// Notes that the DLA took news of the structure, while the accompagnement goes on or after
    /// its end.
    async fn record_suivi(
        &self,
        ctx: &Context<'_>,
        input: AccompagnementCommentaireInput,
    ) -> Result<AccompagnementPayload> {
        let commentaire = input.commentaire()?;
        let it = &input.accompagnement;
        it.decide(ctx, |it, asked| it.record_suivi(asked, commentaire.clone()))
            .await
    }

    /// Gives figures of the structure on the date `on`: at least one, and no more than are known.
    /// Before the support they are the reference that a later suivi is compared with.
    async fn measure_impact(
        &self,
        ctx: &Context<'_>,
        input: MeasureImpactInput,
    ) -> Result<AccompagnementPayload> {
        let indicateurs = input.indicateurs.parse()?;
        let (moment, horizon) = (input.moment.into(), input.horizon.map(|it| it.0));
        let it = &input.accompagnement;
        it.decide(ctx, |it, asked| it.measure_impact(asked, moment, horizon, indicateurs.clone()))
            .await
    }

    /// Notes a need that appeared and that the plan does not answer.
    async fn identify_nouveau_besoin(
        &self,
        ctx: &Context<'_>,
        input: IdentifyNouveauBesoinInput,
    ) -> Result<AccompagnementPayload> {
        let besoin = prose("input.besoin", &input.besoin)?;
        let it = &input.accompagnement;
        let (liste, domaines) = (Liste::DomaineExpertise, &input.domaines);
        let domaines: BTreeSet<_> = it.request.codes(ctx, liste, "input.domaines", domaines)?;
        it.decide(ctx, |it, asked| {
            it.identify_nouveau_besoin(asked, besoin.clone(), domaines.clone())
        })
        .await
    }

    /// Ends the accompagnement, with what it led to. Actions that are not done stay as they are,
    /// and suivi goes on (INV-38).
    async fn close_accompagnement(
        &self,
        ctx: &Context<'_>,
        input: CloseAccompagnementInput,
    ) -> Result<AccompagnementPayload> {
        let bilan = optional(prose, "input.bilan", input.bilan.as_ref())?;
        let it = &input.accompagnement;
        let (liste, issues) = (Liste::IssueAccompagnement, &input.issues);
        let issues: BTreeSet<_> = it.request.codes(ctx, liste, "input.issues", issues)?;
        it.decide(ctx, |it, asked| it.close_accompagnement(asked, issues.clone(), bilan.clone()))
            .await
    }

    /// Gives the accompagnement up, wherever it stands, with the reason (INV-36).
    async fn abandon_accompagnement(
        &self,
        ctx: &Context<'_>,
        input: AccompagnementMotifInput,
    ) -> Result<AccompagnementPayload> {
        let motif = input.motif()?;
        let it = &input.accompagnement;
        it.decide(ctx, |it, asked| it.abandon_accompagnement(asked, motif.clone()))
            .await
    }

    /// Goes on after the end, where it stood, with the reason. On an accompagnement that is not
    /// over it does nothing.
    async fn reopen_accompagnement(
        &self,
        ctx: &Context<'_>,
        input: AccompagnementMotifInput,
    ) -> Result<AccompagnementPayload> {
        let motif = input.motif()?;
        let it = &input.accompagnement;
        it.decide(ctx, |it, asked| it.reopen_accompagnement(asked, motif.clone()))
            .await
    }
}

/// How a structure does, in figures.
#[derive(InputObject)]
pub(crate) struct MeasureImpactInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// To what moment they belong.
    moment: MomentMesure,
    /// The day that a forecast is for: later than `on`. Mandatory of a forecast, and of nothing
    /// else.
    horizon: Option<Date>,
    /// The figures.
    indicateurs: IndicateursInput,
}

/// How a structure does, as far as it is known: at least one figure.
#[derive(InputObject)]
pub(crate) struct IndicateursInput {
    /// People employed.
    emplois: Option<i32>,
    /// Of them, on permanent contracts.
    cdi: Option<i32>,
    /// Employees in full-time equivalents, with a dot and at most two digits: `4.50`.
    etp: Option<String>,
    /// The yearly budget.
    budget: Option<Cents>,
    /// How many organisations finance the structure.
    financeurs: Option<i32>,
    /// People reached in a year.
    beneficiaires: Option<i32>,
}

impl IndicateursInput {
    fn parse(&self) -> Result<Indicateurs> {
        let etp = |path: &str, text: &str| Etp::parse(text).at(path);
        Ok(Indicateurs {
            emplois: self.emplois,
            cdi: self.cdi,
            etp: optional(etp, "input.indicateurs.etp", self.etp.as_ref())?,
            budget: self.budget.map(|it| it.0),
            financeurs: self.financeurs,
            beneficiaires: self.beneficiaires,
        })
    }
}

/// A need that the plan does not answer.
#[derive(InputObject)]
pub(crate) struct IdentifyNouveauBesoinInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// What is needed. Sealed: the DLA and the structure read it.
    besoin: String,
    /// Where support is needed: at most 30 codes of `DOMAINE_EXPERTISE`.
    #[graphql(default)]
    domaines: Vec<String>,
}

/// What an accompagnement led to.
#[derive(InputObject)]
pub(crate) struct CloseAccompagnementInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// What came of it: at most 30 codes of `ISSUE_ACCOMPAGNEMENT`.
    #[graphql(default)]
    issues: Vec<String>,
    /// The same in words. Sealed: the DLA and the structure read it.
    bilan: Option<String>,
}
