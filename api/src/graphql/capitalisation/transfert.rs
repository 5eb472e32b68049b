//! To whom elements are handed over, and who says that they have them.

use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use domain::{
    CapitalisationId, Liste, OrganisationId,
    capitalisation::transfert::{Destinataire, Transfert as Handed},
};
use projections::capitalisations as rows;

use super::{CapitalisationPayload, payload};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::typed,
        loaders::TransfertsOf,
        organisation::{self, Organisation},
        referentiel::Code,
        request::{Request, line, optional},
        scalars::{Date, Position},
    },
};

/// An element was handed over (transfert).
pub(crate) struct Transfert(rows::Transfert);

/// An element was handed over (transfert).
#[Object]
impl Transfert {
    /// Its number in its capitalisation, from 1: commands name it by both.
    async fn numero(&self) -> i32 {
        self.0.numero
    }

    /// The number of the element.
    async fn element(&self) -> i32 {
        self.0.element
    }

    /// When it was done.
    async fn on(&self) -> Date {
        Date(self.0.performed_on)
    }

    /// The fact that says so.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }

    /// The kinds of recipients that it serves: values of `DESTINATAIRE_TRANSFERT`.
    async fn categories(&self) -> Vec<Code> {
        Code::all(Liste::DestinataireTransfert, &self.0.categories)
    }

    /// The recipients that are named: all of them for the DLAs of the ingénierie, yourself
    /// otherwise.
    async fn destinataires(&self) -> Vec<DestinataireTransfert> {
        let named = self.0.destinataires.iter().cloned();
        named.map(DestinataireTransfert).collect()
    }

    /// In which form: a value of `FORME_TRANSFERT`.
    async fn forme(&self) -> Code {
        Code::new(Liste::FormeTransfert, self.0.forme.as_str())
    }

    /// The organisation that did it. Absent when the DLAs of the ingénierie did.
    async fn par(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.par).await
    }
}

/// Who was handed an element, and whether they said that they have it.
pub(crate) struct DestinataireTransfert(rows::Destinataire);

/// Who was handed an element, and whether they said that they have it.
#[Object]
impl DestinataireTransfert {
    /// The DLA, when it is one.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, self.0.dla).await
    }

    /// The organisation, when it is one.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.organisation).await
    }

    /// When they said that they have it (accusé de réception). Absent until then.
    async fn acknowledged_on(&self) -> Option<Date> {
        self.0.acknowledged_on.map(Date)
    }

    /// The fact that says so.
    async fn acknowledged_position(&self) -> Option<Position> {
        self.0.acknowledged_position.map(Position)
    }

    /// Where their answer is kept. Absent when they said so here themselves.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }
}

/// The transfers of a capitalisation, or of one of its elements.
pub(super) async fn of(
    ctx: &Context<'_>,
    capitalisation: CapitalisationId,
    element: Option<i32>,
) -> Result<Vec<Transfert>> {
    let rows = ctx.loaders().load_one(TransfertsOf(capitalisation)).await?;
    let wanted = |it: &rows::Transfert| element.is_none_or(|element| it.element == element);
    let rows = rows.unwrap_or_default().into_iter().filter(wanted);
    Ok(rows.map(Transfert).collect())
}

#[derive(Default)]
pub(crate) struct TransfertMutation;

#[Object]
impl TransfertMutation {
    /// Notes that an element was handed over, by its DLA or by an organisation. It must be
    /// transferable, someone must answer for the transfer, and the structure it comes from must
    /// agree (INV-33). The recipients that are named read it from then on, even unpublished,
    /// until it is taken back. The same transfer is not made twice.
    async fn perform_transfert(
        &self,
        ctx: &Context<'_>,
        input: PerformTransfertInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let contenu = input.contenu(ctx)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Capitalisation, asked| {
                it.perform_transfert(asked, contenu.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Notes that a recipient has what was handed over to it. It says so itself, or a chargé de
    /// mission of the ingénierie notes where its answer is kept.
    async fn acknowledge_transfert(
        &self,
        ctx: &Context<'_>,
        input: AcknowledgeTransfertInput,
    ) -> Result<CapitalisationPayload> {
        let id = typed(&input.capitalisation, "input.capitalisation")?;
        let destinataire = input.destinataire.parse("input.destinataire")?;
        let reference = optional(line, "input.reference", input.reference.as_ref())?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Capitalisation, asked| {
                it.acknowledge_transfert(asked, input.transfert, destinataire, reference.clone())
            });
        Ok(payload(id, decided.await?))
    }
}

/// An element that was handed over, to someone at least: kinds of recipients, recipients by name,
/// or both.
#[derive(InputObject)]
pub(crate) struct PerformTransfertInput {
    #[graphql(flatten)]
    request: Request,
    /// The capitalisation.
    capitalisation: ID,
    /// The number of the element in it.
    element: i32,
    /// The kinds of recipients that it serves, and that are no longer due: codes of
    /// `DESTINATAIRE_TRANSFERT`.
    categories: Option<Vec<String>>,
    /// The recipients by name, at most 200: they read the element.
    destinataires: Option<Vec<DestinataireInput>>,
    /// In which form: a code of `FORME_TRANSFERT`.
    forme: String,
    /// The organisation that did it, when it is not a DLA of the ingénierie.
    par: Option<ID>,
}

impl PerformTransfertInput {
    fn contenu(&self, ctx: &Context<'_>) -> Result<Handed> {
        let categories = self.categories.as_deref().unwrap_or_default();
        let liste = Liste::DestinataireTransfert;
        let named = self.destinataires.as_deref().unwrap_or_default();
        let named = named.iter().enumerate();
        let par = |it: &ID| typed::<OrganisationId>(it, "input.par");
        Ok(Handed {
            element: self.element,
            categories: self
                .request
                .codes(ctx, liste, "input.categories", categories)?,
            destinataires: named
                .map(|(n, it)| it.parse(&format!("input.destinataires.{n}")))
                .collect::<Result<_>>()?,
            forme: self
                .request
                .code(ctx, Liste::FormeTransfert, "input.forme", &self.forme)?,
            par: self.par.as_ref().map(par).transpose()?,
        })
    }
}

/// To whom an element is handed over: exactly one of the two.
#[derive(OneofObject)]
pub(crate) enum DestinataireInput {
    /// A DLA.
    Dla(ID),
    /// An organisation.
    Organisation(ID),
}

impl DestinataireInput {
    fn parse(&self, path: &str) -> Result<Destinataire> {
        Ok(match self {
            Self::Dla(id) => Destinataire::Dla(typed(id, &format!("{path}.dla"))?),
            Self::Organisation(id) => {
                Destinataire::Organisation(typed(id, &format!("{path}.organisation"))?)
            }
        })
    }
}

/// A recipient has what was handed over to it.
#[derive(InputObject)]
pub(crate) struct AcknowledgeTransfertInput {
    #[graphql(flatten)]
    request: Request,
    /// The capitalisation.
    capitalisation: ID,
    /// The number of the transfer in it.
    transfert: i32,
    /// The recipient. One speaks for oneself only.
    destinataire: DestinataireInput,
    /// Where its answer is kept. Needed when it does not say so itself.
    reference: Option<String>,
}
