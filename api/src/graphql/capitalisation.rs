//! What ingénieries leave to others: how it is transferred, and the catalogue of what was kept
//! (`element`, `publication`), to whom it was handed over (`transfert`), and which later
//! ingénieries reuse it (`essaimage`).

mod element;
pub(crate) mod essaimage;
mod publication;
pub(crate) mod transfert;

use std::collections::BTreeSet;

use async_graphql::{Context, ID, InputObject, MergedObject, Object};
use domain::{CapitalisationId, Dossier, IngenierieId, Liste, OrganisationId};
use eventlog::Outcome;
use projections::{
    bibliotheque::FicheId,
    capitalisations::{self as rows, MODEL},
};

pub(crate) use self::element::ElementCapitalise;
use self::{
    element::{
        AssessTransferabiliteInput, Catalogue, ElementFilter, RecordElementInput, catalogue,
    },
    publication::{
        ConsentementPublication, ElementInput, GiveConsentementPublicationInput,
        UnpublishElementInput, WithdrawConsentementPublicationInput,
    },
    transfert::Transfert,
};
use crate::{
    Result,
    graphql::{
        bibliotheque::{self, FicheBibliotheque},
        context::ContextExt,
        ids::{global, typed},
        ingenierie::{self, Ingenierie},
        loaders::{CapitalisationsOf, ElementsOf, OfIngenierie},
        organisation::{self, Organisation},
        paging,
        referentiel::Code,
        request::{Recorded, Request, prose},
        scalars::{Position, Version},
        territoire::Territoire,
    },
};

/// What one ingénierie collective leaves to others (capitalisation): the elements kept, and to
/// whom, by whom and how they are transferred (transfert). There is one at most for each
/// ingénierie, and it goes on after the ingénierie has ended (INV-38). The DLAs, partners and
/// structures of the ingénierie read it, and the structures that elements come from.
pub(crate) struct Capitalisation(pub(crate) rows::Capitalisation);

/// What one ingénierie collective leaves to others (capitalisation): the elements kept, and to
/// whom, by whom and how they are transferred (transfert). There is one at most for each
/// ingénierie, and it goes on after the ingénierie has ended (INV-38). The DLAs, partners and
/// structures of the ingénierie read it, and the structures that elements come from.
#[Object]
impl Capitalisation {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(CapitalisationId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// The global id of the ingénierie that it draws on.
    async fn ingenierie_id(&self) -> ID {
        global(IngenierieId(self.0.ingenierie))
    }

    /// The ingénierie itself. Null when you may not see its dossier.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        ingenierie::find(ctx, IngenierieId(self.0.ingenierie)).await
    }

    /// Where the ingénierie takes place.
    async fn territoire(&self) -> Option<Territoire> {
        Territoire::of(&self.0.territoire)
    }

    /// What there is to keep: values of `NATURE_CAPITALISATION` (method, step 4 C1).
    async fn natures(&self) -> Vec<Code> {
        Code::all(Liste::NatureCapitalisation, &self.0.natures)
    }

    /// What was kept, in the order it was.
    async fn elements(&self, ctx: &Context<'_>) -> Result<Vec<ElementCapitalise>> {
        let of = ElementsOf(CapitalisationId(self.0.id));
        let rows = ctx.loaders().load_one(of).await?.unwrap_or_default();
        Ok(rows.into_iter().map(ElementCapitalise).collect())
    }

    /// The case of the library that the ingénierie became (cas). Null while it is not published.
    async fn cas(&self, ctx: &Context<'_>) -> Result<Option<FicheBibliotheque>> {
        bibliotheque::find(ctx, FicheId { origine: self.0.id, numero: 0 }).await
    }

    /// To whom the transfer is made: values of `DESTINATAIRE_TRANSFERT` (method, step 4 C3).
    async fn destinataires(&self) -> Vec<Code> {
        Code::all(Liste::DestinataireTransfert, &self.0.destinataires)
    }

    /// Who answers for the transfer, by kind: a value of `RESPONSABLE_TRANSFERT` (method, step
    /// 4 C4). Absent until someone is designated.
    async fn responsable(&self) -> Option<Code> {
        let responsable = self.0.responsable.as_deref()?;
        Some(Code::new(Liste::ResponsableTransfert, responsable))
    }

    /// Who answers for the transfer, by name, when it is known.
    async fn responsable_organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.responsable_organisation).await
    }

    /// In which forms it is transferred: values of `FORME_TRANSFERT` (method, step 4 C5).
    async fn formes(&self) -> Vec<Code> {
        Code::all(Liste::FormeTransfert, &self.0.formes)
    }

    /// In which tones: values of `TON_TRANSFERT` (method, step 4 C5).
    async fn tons(&self) -> Vec<Code> {
        Code::all(Liste::TonTransfert, &self.0.tons)
    }

    /// What was handed over, oldest first. The DLAs see all of it, others what was handed over to
    /// them.
    async fn transferts(&self, ctx: &Context<'_>) -> Result<Vec<Transfert>> {
        transfert::of(ctx, CapitalisationId(self.0.id), None).await
    }

    /// The structures that ever agreed that what comes from them is published. The DLAs see
    /// them all; a structure sees itself only.
    async fn consentements(&self, ctx: &Context<'_>) -> Vec<ConsentementPublication> {
        let inside = ctx.scope().inside(&self.0.dlas);
        let own = ctx.actor().answers_for();
        let shown =
            |it: &&rows::Consentement| inside || own.is_some_and(|own| own.0 == it.structure);
        let consentements = self.0.consentements.iter().filter(shown).cloned();
        consentements.map(ConsentementPublication).collect()
    }
}

#[derive(Default)]
pub(crate) struct CapitalisationQuery;

#[Object]
impl CapitalisationQuery {
    /// A capitalisation by its id. Null when it does not exist, or when you may not see it.
    async fn capitalisation(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Capitalisation>> {
        find(ctx, typed(&id, "id")?).await
    }

    /// The catalogue of what ingénieries left to others, the latest published first. Anyone
    /// with a token reads what is published; what is not comes last, and is shown to those of
    /// its ingénierie and to those it was handed over to.
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn catalogue_capitalisation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<ElementFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<Catalogue> {
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let asked = paging::asked(first, after.as_deref())?;
        catalogue(ctx, &asked, &filter.unwrap_or_default().rows(ctx)?).await
    }
}

/// A capitalisation by its id, if the actor may see it.
/// What an ingénierie leaves to others: one capitalisation at most.
pub(crate) async fn of_ingenierie(
    ctx: &Context<'_>,
    ingenierie: IngenierieId,
) -> Result<Vec<Capitalisation>> {
    let key: CapitalisationsOf = OfIngenierie(ingenierie);
    let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
    Ok(rows.into_iter().map(Capitalisation).collect())
}

async fn find(ctx: &Context<'_>, id: CapitalisationId) -> Result<Option<Capitalisation>> {
    Ok(ctx.loaders().load_one(id).await?.map(Capitalisation))
}

#[derive(Default)]
pub(crate) struct CapitalisationMutation;

#[Object]
impl CapitalisationMutation {
    /// Determines what there is to keep of an ingénierie, or determines it again. The first
    /// time opens the capitalisation of the ingénierie: the command id becomes its id.
    async fn determine_nature_capitalisation(
        &self,
        ctx: &Context<'_>,
        input: DetermineNatureCapitalisationInput,
    ) -> Result<CapitalisationPayload> {
        let ingenierie: IngenierieId = typed(&input.ingenierie, "input.ingenierie")?;
        let liste = Liste::NatureCapitalisation;
        let natures: BTreeSet<_> =
            input
                .request
                .codes(ctx, liste, "input.natures", &input.natures)?;
        let open = ctx
            .log()
            .claimed("capitalisation", &ingenierie.0.to_string())
            .await?;
        let id = CapitalisationId(open.unwrap_or(input.request.command_id));
        let gather = || ctx.log().either::<Dossier>(ingenierie);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Capitalisation, asked, ingenierie| {
                it.determine_nature_capitalisation(asked, ingenierie, natures.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Keeps one more element (élément capitalisé), of a nature that was determined. It takes
    /// the next number; the same element is not kept twice.
    async fn record_element(
        &self,
        ctx: &Context<'_>,
        input: RecordElementInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let contenu = input.contenu(ctx)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Capitalisation, asked| {
                it.record_element(asked, contenu.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Says whether an element can be transferred, and to what end (transférabilité), or says
    /// it again. What is published stays transferable.
    async fn assess_transferabilite(
        &self,
        ctx: &Context<'_>,
        input: AssessTransferabiliteInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let (element, transferable) = (input.element, input.transferable);
        let objectifs = prose("input.objectifs", &input.objectifs)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Capitalisation, asked| {
                it.assess_transferabilite(asked, element, transferable, objectifs.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Says to whom the transfer is made. They replace those said before.
    async fn target_destinataires(
        &self,
        ctx: &Context<'_>,
        input: TargetDestinatairesInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let liste = Liste::DestinataireTransfert;
        let destinataires: BTreeSet<_> =
            input
                .request
                .codes(ctx, liste, "input.destinataires", &input.destinataires)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Capitalisation, asked| {
                it.target_destinataires(asked, destinataires.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Says who answers for the transfer: without it nothing is published (INV-33).
    async fn designate_responsable(
        &self,
        ctx: &Context<'_>,
        input: DesignateResponsableInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let liste = Liste::ResponsableTransfert;
        let responsable =
            input
                .request
                .code(ctx, liste, "input.responsable", &input.responsable)?;
        let organisation: Option<OrganisationId> = input
            .organisation
            .as_ref()
            .map(|it| typed(it, "input.organisation"))
            .transpose()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Capitalisation, asked| {
                it.designate_responsable(asked, responsable.clone(), organisation)
            });
        Ok(payload(id, decided.await?))
    }

    /// Says in which forms and tones the transfer is made, to suit its recipients. They
    /// replace those said before.
    async fn adapt_modalites(
        &self,
        ctx: &Context<'_>,
        input: AdaptModalitesInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let formes: BTreeSet<_> =
            input
                .request
                .codes(ctx, Liste::FormeTransfert, "input.formes", &input.formes)?;
        let tons = input.tons.as_deref().unwrap_or_default();
        let tons: BTreeSet<_> =
            input
                .request
                .codes(ctx, Liste::TonTransfert, "input.tons", tons)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Capitalisation, asked| {
                it.adapt_modalites(asked, formes.clone(), tons.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Notes that a structure agrees that what comes from it is published, now or later. It
    /// says so itself, or a chargé de mission notes the paper that it signed.
    async fn give_consentement_publication(
        &self,
        ctx: &Context<'_>,
        input: GiveConsentementPublicationInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let (structure, reference) = input.parse()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Capitalisation, asked| {
                it.give_consentement_publication(asked, structure, reference.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Notes that a structure no longer agrees: what comes from it is unpublished at once. It
    /// owes no reason.
    async fn withdraw_consentement_publication(
        &self,
        ctx: &Context<'_>,
        input: WithdrawConsentementPublicationInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let structure = typed(&input.structure, "input.structure")?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Capitalisation, asked| {
                it.withdraw_consentement_publication(asked, structure)
            });
        Ok(payload(id, decided.await?))
    }

    /// Publishes an element: anyone with a token reads it. It must be transferable, someone
    /// must answer for the transfer, and the structure it comes from must agree (INV-33).
    async fn publish_element(
        &self,
        ctx: &Context<'_>,
        input: ElementInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Capitalisation, asked| {
                it.publish_element(asked, input.element)
            });
        Ok(payload(id, decided.await?))
    }

    /// Takes an element out of the catalogue: only those of the ingénierie read it. The reason
    /// is mandatory (INV-36).
    async fn unpublish_element(
        &self,
        ctx: &Context<'_>,
        input: UnpublishElementInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let motif = prose("input.motif", &input.motif)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Capitalisation, asked| {
                it.unpublish_element(asked, input.element, motif.clone())
            });
        Ok(payload(id, decided.await?))
    }
}

/// What there is to keep of an ingénierie.
#[derive(InputObject)]
pub(crate) struct DetermineNatureCapitalisationInput {
    #[graphql(flatten)]
    request: Request,
    /// The ingénierie.
    ingenierie: ID,
    /// All the natures, at least one: codes of `NATURE_CAPITALISATION`. Those that an element
    /// is of stay (INV-33).
    natures: Vec<String>,
}

/// To whom the transfer is made.
#[derive(InputObject)]
pub(crate) struct TargetDestinatairesInput {
    #[graphql(flatten)]
    request: Request,
    /// The capitalisation.
    capitalisation: ID,
    /// All the recipients, at least one: codes of `DESTINATAIRE_TRANSFERT`.
    destinataires: Vec<String>,
}

/// Who answers for the transfer.
#[derive(InputObject)]
pub(crate) struct DesignateResponsableInput {
    #[graphql(flatten)]
    request: Request,
    /// The capitalisation.
    capitalisation: ID,
    /// Its kind: a code of `RESPONSABLE_TRANSFERT`.
    responsable: String,
    /// The organisation itself, when it is known.
    organisation: Option<ID>,
}

/// How the transfer is made.
#[derive(InputObject)]
pub(crate) struct AdaptModalitesInput {
    #[graphql(flatten)]
    request: Request,
    /// The capitalisation.
    capitalisation: ID,
    /// All the forms, at least one: codes of `FORME_TRANSFERT`.
    formes: Vec<String>,
    /// All the tones: codes of `TON_TRANSFERT`.
    tons: Option<Vec<String>>,
}

/// What every change of a capitalisation answers.
#[derive(MergedObject)]
pub(crate) struct CapitalisationPayload(CapitalisationChanged, Recorded);

fn payload(id: CapitalisationId, outcome: Outcome) -> CapitalisationPayload {
    CapitalisationPayload(CapitalisationChanged { id, outcome }, Recorded(outcome))
}

struct CapitalisationChanged {
    id: CapitalisationId,
    outcome: Outcome,
}

#[Object]
impl CapitalisationChanged {
    /// The capitalisation, at least as recent as the change.
    async fn capitalisation(&self, ctx: &Context<'_>) -> Result<Option<Capitalisation>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, self.id).await
    }
}
