//! Step 4 of the method, FINALISER: the intervention starts and ends; and, at any time, what
//! is left out of the method. Evaluation and capitalisation have pages of their own.

use async_graphql::{Context, ID, InputObject, Object};
use domain::{
    Decider, OrganisationId, PlanFinancement, PlanFinancementId, ingenierie_collective::activites,
};
use projections::ingenieries as rows;

use super::{EtatIngenierie, IngenierieCollectivePayload, IngenierieInput, Part};
use crate::{
    Result,
    error::At,
    graphql::{
        context::ContextExt,
        ids::typed_all,
        organisation::{self, Organisation},
        request::{line, optional, prose},
        scalars::Date,
        sealed::Readers,
    },
};

/// Something that was done on a day, and the words that go with it.
pub(crate) struct NoteDatee(pub(crate) Part<rows::Note>);

/// Something that was done on a day, and the words that go with it.
#[Object]
impl NoteDatee {
    /// When.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// The reason or the comment. Shown to the DLAs concerned; null for others, and once erased.
    async fn texte(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.0.open(ctx, Readers::Dlas, &self.0.row.text).await
    }
}

/// An activity of the method (one of forty-five) that is left out.
pub(crate) struct ActiviteSkipped(pub(super) Part<rows::Skipped>);

/// An activity of the method (one of forty-five) that is left out.
#[Object]
impl ActiviteSkipped {
    /// The activity, by its place in the cycle of the method, such as `S2-STEP2-C3`: step 2,
    /// objective C, activity 3.
    async fn activite(&self) -> &str {
        self.0.row.activite.as_str()
    }

    /// When it was left out.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// Why. Shown to the DLAs concerned; null for others, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.0.open(ctx, Readers::Dlas, &self.0.row.motif).await
    }
}

/// The end of an ingénierie that was given up.
pub(crate) struct Abandon(pub(crate) Part<rows::Abandon>);

/// The end of an ingénierie that was given up.
#[Object]
impl Abandon {
    /// The state that it had reached, and will have again if it is reopened.
    async fn etat(&self) -> EtatIngenierie {
        self.0.row.etat.into()
    }

    /// Why. Shown to the DLAs concerned; null for others, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.0.open(ctx, Readers::Dlas, &self.0.row.motif).await
    }
}

/// Partners were told how the ingénierie goes (RUL-31).
pub(crate) struct InformationPartenaires(pub(super) Part<rows::Information>);

/// Partners were told how the ingénierie goes (RUL-31).
#[Object]
impl InformationPartenaires {
    /// Who was told.
    async fn destinataires(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>> {
        organisation::find_all(ctx, &self.0.row.destinataires).await
    }

    /// What it is about.
    async fn objet(&self) -> &str {
        self.0.row.objet.as_str()
    }

    /// When.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// What they were told. Shown to the DLAs concerned and to those who were told; null for
    /// others, when nothing was noted, and once erased.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let own = ctx.actor().answers_for();
        let told = own.filter(|it| self.0.row.destinataires.contains(&it.0));
        let readers = told.map_or(Readers::Dlas, Readers::DlasAnd);
        let message = self.0.row.message.as_ref();
        self.0.open_if_given(ctx, readers, message).await
    }
}

#[derive(Default)]
pub(crate) struct FinaliserMutation;

#[Object]
impl FinaliserMutation {
    /// Passes the third milestone: the intervention starts. The plan de financement of the
    /// ingénierie is confirmed (INV-11).
    async fn start_ingenierie(
        &self,
        ctx: &Context<'_>,
        input: IngenierieInput,
    ) -> Result<IngenierieCollectivePayload> {
        let ingenierie = input.id()?.0.to_string();
        let gather = async || {
            let log = ctx.log();
            let plan = log.claimed(PlanFinancement::CATEGORY, &ingenierie).await?;
            // Without a plan, the nil id: a stream that has no fact.
            let plan = PlanFinancementId(plan.unwrap_or_default());
            log.seen::<PlanFinancement>(plan).await
        };
        input
            .decide_with(ctx, gather, domain::IngenierieCollective::start_ingenierie)
            .await
    }

    /// Notes that partners were told how the ingénierie goes (RUL-31), once the projet is
    /// confirmed. Each call is kept.
    async fn inform_partenaires(
        &self,
        ctx: &Context<'_>,
        input: InformPartenairesInput,
    ) -> Result<IngenierieCollectivePayload> {
        let told: Vec<OrganisationId> = typed_all(&input.destinataires, "input.destinataires")?;
        let objet = line("input.objet", &input.objet)?;
        let message = optional(prose, "input.message", input.message.as_ref())?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.inform_partenaires(asked, told.clone(), objet.clone(), message.clone())
            })
            .await
    }

    /// Passes the last milestone: the intervention is done, on the date `on`. Evaluation and
    /// capitalisation go on; nothing else changes any more unless it is reopened (INV-38).
    async fn finalise_ingenierie(
        &self,
        ctx: &Context<'_>,
        input: IngenierieInput,
    ) -> Result<IngenierieCollectivePayload> {
        input
            .decide(ctx, domain::IngenierieCollective::finalise_ingenierie)
            .await
    }

    /// Gives the ingénierie up, wherever it stands, with the reason (INV-36).
    async fn abandon_ingenierie(
        &self,
        ctx: &Context<'_>,
        input: IngenierieMotifInput,
    ) -> Result<IngenierieCollectivePayload> {
        let motif = prose("input.motif", &input.motif)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.abandon_ingenierie(asked, motif.clone()))
            .await
    }

    /// Goes on after the end, in the state it had before, with the reason. On an ingénierie
    /// that is not over it does nothing.
    async fn reopen_ingenierie(
        &self,
        ctx: &Context<'_>,
        input: IngenierieMotifInput,
    ) -> Result<IngenierieCollectivePayload> {
        let motif = prose("input.motif", &input.motif)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.reopen_ingenierie(asked, motif.clone()))
            .await
    }

    /// Leaves an activity of the method out, with the reason (INV-36): the method is adapted,
    /// not followed to the letter.
    async fn skip_activite(
        &self,
        ctx: &Context<'_>,
        input: SkipActiviteInput,
    ) -> Result<IngenierieCollectivePayload> {
        let activite = activite(&input.activite)?;
        let motif = prose("input.motif", &input.motif)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.skip_activite(asked, activite.clone(), motif.clone()))
            .await
    }

    /// Takes an activity of the method up again.
    async fn unskip_activite(
        &self,
        ctx: &Context<'_>,
        input: UnskipActiviteInput,
    ) -> Result<IngenierieCollectivePayload> {
        let activite = activite(&input.activite)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.unskip_activite(asked, activite.clone()))
            .await
    }
}

/// An ingénierie, and the reason of what is done.
#[derive(InputObject)]
pub(crate) struct IngenierieMotifInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The reason. Sealed: the DLAs read it.
    motif: String,
}

/// An activity to leave out.
#[derive(InputObject)]
pub(crate) struct SkipActiviteInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The activity, such as `S2-STEP2-C3`: step 2, objective C, activity 3.
    activite: String,
    /// Why it is left out. Sealed: the DLAs read it.
    motif: String,
}

/// An activity to take up again.
#[derive(InputObject)]
pub(crate) struct UnskipActiviteInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The activity, such as `S2-STEP2-C3`: step 2, objective C, activity 3.
    activite: String,
}

fn activite(text: &str) -> Result<activites::ActiviteMethode> {
    activites::ActiviteMethode::parse(text).at("input.activite")
}

/// What partners were told.
#[derive(InputObject)]
pub(crate) struct InformPartenairesInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// Who was told: from 1 to 30 partners.
    destinataires: Vec<ID>,
    /// What it is about, on one line. In clear in the history: name nobody.
    objet: String,
    /// What they were told. Sealed: the DLAs and those who were told read it.
    message: Option<String>,
}
