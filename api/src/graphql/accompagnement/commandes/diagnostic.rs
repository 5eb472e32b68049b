//! The diagnostic partagé, what a DLA advises, and what the structure takes of it.

use std::collections::BTreeSet;

use async_graphql::{Context, ID, InputObject, Object};
use domain::{
    Liste,
    accompagnement::diagnostic::{Conclusions, Preconisation},
};

use super::{AccompagnementInput, AccompagnementMotifInput, AccompagnementPayload};
use crate::{
    Result,
    graphql::request::{optional, prose},
};

#[derive(Default)]
pub(super) struct DiagnosticMutation;

#[Object]
impl DiagnosticMutation {
    /// Begins the diagnostic partagé, once the accueil found the request relevant. This may be
    /// left out: `completeDiagnostic` says the rest.
    async fn start_diagnostic(
        &self,
        ctx: &Context<'_>,
        input: AccompagnementInput,
    ) -> Result<AccompagnementPayload> {
        input
            .decide(ctx, domain::Accompagnement::start_diagnostic)
            .await
    }

    /// Says what the diagnostic found, in place of what it said before: at least one text, or a
    /// document. The structure then validates it, again if it had.
    async fn complete_diagnostic(
        &self,
        ctx: &Context<'_>,
        input: CompleteDiagnosticInput,
    ) -> Result<AccompagnementPayload> {
        let conclusions = input.conclusions(ctx)?;
        let it = &input.accompagnement;
        it.decide_with(ctx, input.document.as_ref(), |it, asked, document| {
            it.complete_diagnostic(asked, conclusions.clone(), document)
        })
        .await
    }

    /// The structure recognises itself in the diagnostic: it says so itself, or the DLA notes it.
    async fn validate_diagnostic(
        &self,
        ctx: &Context<'_>,
        input: AccompagnementInput,
    ) -> Result<AccompagnementPayload> {
        input
            .decide(ctx, domain::Accompagnement::validate_diagnostic)
            .await
    }

    /// Says what the DLA advises, in place of what it advised before, once the diagnostic is
    /// completed. The structure answers, again if it had.
    async fn propose_preconisations(
        &self,
        ctx: &Context<'_>,
        input: ProposePreconisationsInput,
    ) -> Result<AccompagnementPayload> {
        let preconisations = input.preconisations(ctx)?;
        let it = &input.accompagnement;
        it.decide(ctx, |it, asked| it.propose_preconisations(asked, preconisations.clone()))
            .await
    }

    /// The structure takes what is advised, or some of it, once it validated the diagnostic: it
    /// says so itself, or the DLA notes it.
    async fn accept_preconisations(
        &self,
        ctx: &Context<'_>,
        input: AcceptPreconisationsInput,
    ) -> Result<AccompagnementPayload> {
        let retenues = input.retenues.as_ref();
        let retenues: Option<BTreeSet<_>> = retenues.map(|it| it.iter().copied().collect());
        let it = &input.accompagnement;
        it.decide(ctx, |it, asked| it.accept_preconisations(asked, retenues.clone()))
            .await
    }

    /// The structure takes nothing of what is advised, with the reason (INV-36).
    async fn refuse_preconisations(
        &self,
        ctx: &Context<'_>,
        input: AccompagnementMotifInput,
    ) -> Result<AccompagnementPayload> {
        let motif = input.motif()?;
        let it = &input.accompagnement;
        it.decide(ctx, |it, asked| it.refuse_preconisations(asked, motif.clone()))
            .await
    }
}

/// What a diagnostic partagé says. Each text is sealed: the DLA and the structure read it.
#[derive(InputObject)]
pub(crate) struct CompleteDiagnosticInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// The situation of the structure.
    situation: Option<String>,
    /// Its strengths.
    forces: Option<String>,
    /// What it can do by itself to consolidate its activity.
    capacite: Option<String>,
    /// What it needs support for.
    besoins: Option<String>,
    /// Where support is needed: at most 30 codes of `DOMAINE_EXPERTISE`.
    #[graphql(default)]
    domaines: Vec<String>,
    /// The document that says it, if there is one.
    document: Option<ID>,
}

impl CompleteDiagnosticInput {
    fn conclusions(&self, ctx: &Context<'_>) -> Result<Conclusions> {
        let request = &self.accompagnement.request;
        let (liste, domaines) = (Liste::DomaineExpertise, &self.domaines);
        Ok(Conclusions {
            situation: optional(prose, "input.situation", self.situation.as_ref())?,
            forces: optional(prose, "input.forces", self.forces.as_ref())?,
            capacite: optional(prose, "input.capacite", self.capacite.as_ref())?,
            besoins: optional(prose, "input.besoins", self.besoins.as_ref())?,
            domaines: request.codes(ctx, liste, "input.domaines", domaines)?,
        })
    }
}

/// What a DLA advises.
#[derive(InputObject)]
pub(crate) struct ProposePreconisationsInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// From 1 to 30, numbered in this order, in place of all the former ones.
    preconisations: Vec<PreconisationInput>,
}

/// One thing that a DLA advises.
#[derive(InputObject)]
pub(crate) struct PreconisationInput {
    /// The theme of Enée: a code of `TYPE_PRESTATION`.
    theme: Option<String>,
    /// What is advised. Sealed: the DLA and the structure read it.
    enonce: String,
}

impl ProposePreconisationsInput {
    fn preconisations(&self, ctx: &Context<'_>) -> Result<Vec<Preconisation>> {
        let request = &self.accompagnement.request;
        let theme = |path: &str, it: &str| request.code(ctx, Liste::TypePrestation, path, it);
        let parse = |(n, it): (usize, &PreconisationInput)| {
            let path = |field: &str| format!("input.preconisations.{n}.{field}");
            Ok(Preconisation {
                theme: optional(theme, &path("theme"), it.theme.as_ref())?,
                enonce: prose(&path("enonce"), &it.enonce)?,
            })
        };
        self.preconisations.iter().enumerate().map(parse).collect()
    }
}

/// What a structure takes of what is advised.
#[derive(InputObject)]
pub(crate) struct AcceptPreconisationsInput {
    #[graphql(flatten)]
    accompagnement: AccompagnementInput,
    /// The numbers of those it takes. Left out: all of them.
    retenues: Option<Vec<i32>>,
}
