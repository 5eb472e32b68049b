//! From the offres to the choice, and telling everyone.

use async_graphql::{Context, ID, InputObject, Object};
use domain::{
    Asked, ConsultationId, OrganisationId, QuarterDays,
    consultation::{Choice, Event, Notation as Marks, Offre, OffreOuverte},
};
use eventlog::{EventLog, Reader};

use super::{ConsultationInput, ConsultationPayload, PrestataireInput, payload, served};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        request::{Request, optional, prose},
        scalars::{Cents, Jours},
    },
};

#[derive(Default)]
pub(crate) struct ChoixMutation;

#[Object]
impl ChoixMutation {
    /// Sends an offre, or a better one. It stays sealed until the opening: nobody reads it.
    async fn submit_offre(
        &self,
        ctx: &Context<'_>,
        input: SubmitOffreInput,
    ) -> Result<ConsultationPayload> {
        let id: ConsultationId = typed(&input.consultation, "input.consultation")?;
        let prestataire = typed(&input.prestataire, "input.prestataire")?;
        let offre = Offre {
            montant: input.montant.0,
            jours: input.jours.map(|it| it.0),
            proposition: optional(prose, "input.proposition", input.proposition.as_ref())?,
        };
        let gather = || served(ctx.log(), id);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Consultation, asked, ingenierie| {
                it.submit_offre(asked, (id, ingenierie), prestataire, offre.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Takes an offre back, before the opening.
    async fn withdraw_offre(
        &self,
        ctx: &Context<'_>,
        input: PrestataireInput,
    ) -> Result<ConsultationPayload> {
        let (id, prestataire) = input.ids()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.withdraw_offre(asked, prestataire)
            });
        Ok(payload(id, decided.await?))
    }

    /// Opens the offres together, after the deadline or once everyone consulted has answered
    /// (INV-02).
    async fn open_offres(
        &self,
        ctx: &Context<'_>,
        input: ConsultationInput,
    ) -> Result<ConsultationPayload> {
        let id = input.id()?;
        let before = input.request.asked(ctx).await?;
        // Read again at each try: a bidder may have sent a better offre meanwhile.
        let gather = || envelopes(ctx.log(), id, &before);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Consultation, asked, envelopes: &Vec<OffreOuverte>| {
                it.open_offres(asked, envelopes)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Chooses who will carry out the mission, among those whose offre was opened (INV-02,
    /// INV-04, INV-05). Fewer than three prestataires consulted must be justified.
    async fn choose_prestataire(
        &self,
        ctx: &Context<'_>,
        input: ChoosePrestataireInput,
    ) -> Result<ConsultationPayload> {
        let id = typed(&input.consultation, "input.consultation")?;
        let prestataire = typed(&input.prestataire, "input.prestataire")?;
        let choice = Choice {
            prestataire,
            notation: input.notation.map(Marks::from),
            motif: prose("input.motif", &input.motif)?,
            proces_verbal: optional(prose, "input.procesVerbal", input.proces_verbal.as_ref())?,
        };
        let gather = || served(ctx.log(), id);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Consultation, asked, ingenierie| {
                it.choose_prestataire(asked, ingenierie, choice.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Chooses a prestataire without competition: it must be justified (INV-03).
    async fn award_directly(
        &self,
        ctx: &Context<'_>,
        input: AwardDirectlyInput,
    ) -> Result<ConsultationPayload> {
        let id = typed(&input.consultation, "input.consultation")?;
        let prestataire: OrganisationId = typed(&input.prestataire, "input.prestataire")?;
        let montant = input.montant.0;
        let gather = || async move {
            let ingenierie = served(ctx.log(), id).await?;
            Ok((ingenierie, ctx.log().seen::<domain::Organisation>(prestataire).await?))
        };
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Consultation, asked, (ingenierie, prestataire)| {
                it.award_directly(asked, ingenierie, prestataire, montant)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Tells a bidder the result.
    async fn inform_prestataire(
        &self,
        ctx: &Context<'_>,
        input: PrestataireInput,
    ) -> Result<ConsultationPayload> {
        let (id, prestataire) = input.ids()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.inform_prestataire(asked, prestataire)
            });
        Ok(payload(id, decided.await?))
    }

    /// Declares that no offre answers the need. The reason is mandatory (INV-36).
    async fn declare_consultation_unsuccessful(
        &self,
        ctx: &Context<'_>,
        input: DeclareConsultationUnsuccessfulInput,
    ) -> Result<ConsultationPayload> {
        let id = typed(&input.consultation, "input.consultation")?;
        let motif = prose("input.motif", &input.motif)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.declare_consultation_unsuccessful(asked, motif.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Ends the consultation, once every bidder was informed (INV-05).
    async fn close_consultation(
        &self,
        ctx: &Context<'_>,
        input: ConsultationInput,
    ) -> Result<ConsultationPayload> {
        let id = input.id()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| it.close_consultation(asked));
        Ok(payload(id, decided.await?))
    }
}

/// What the sealed offres hold, in the order received. The envelopes are opened only once the
/// rules allow the opening.
async fn envelopes(
    log: &EventLog,
    id: ConsultationId,
    asked: &Asked,
) -> Result<Vec<OffreOuverte>, eventlog::Error> {
    #[derive(serde::Deserialize)]
    struct Content {
        montant: i64,
        jours: Option<i32>,
    }
    let consultation = log.load::<domain::Consultation>(id).await?;
    // The decision itself says why not.
    if consultation
        .state
        .envelopes_to_open(asked)
        .unwrap_or_default()
        .is_empty()
    {
        return Ok(vec![]);
    }
    let facts = log.history::<domain::Consultation>(id).await?;
    let received: Vec<_> = facts
        .iter()
        .filter_map(|it| match &it.event {
            domain::Event::Consultation(Event::OffreReceived { prestataire, .. }) => {
                Some((it.position, *prestataire))
            }
            _ => None,
        })
        .collect();
    let places: Vec<_> = received
        .iter()
        .map(|(position, _)| (*position, "/offre"))
        .collect();
    let reader = Reader::of(&asked.by).to("OPEN_OFFRES");
    let mut opened = log.vault().open_unaltered(&reader, &places).await?;
    let mut all = vec![];
    for (position, prestataire) in received {
        // An offre that was erased cannot be chosen.
        let Some(value) = opened.remove(&(position, "/offre".to_owned())) else { continue };
        let content: Content = serde_json::from_value(value)
            .map_err(|source| eventlog::Error::Malformed { position, source })?;
        all.push(OffreOuverte {
            prestataire,
            montant: domain::Cents(content.montant),
            jours: content.jours.map(QuarterDays),
        });
    }
    Ok(all)
}

/// An offre.
#[derive(InputObject)]
pub(crate) struct SubmitOffreInput {
    #[graphql(flatten)]
    request: Request,
    /// The consultation.
    consultation: ID,
    /// Who offers.
    prestataire: ID,
    /// The whole price, taxes included.
    montant: Cents,
    /// The days of intervention offered.
    jours: Option<Jours>,
    /// The proposal itself.
    proposition: Option<String>,
}

/// A choice among offres.
#[derive(InputObject)]
pub(crate) struct ChoosePrestataireInput {
    #[graphql(flatten)]
    request: Request,
    /// The consultation.
    consultation: ID,
    /// Who is chosen.
    prestataire: ID,
    /// The marks of its offre. Absent, they are the mean of what it was given, each criterion to
    /// the nearest mark: it must then have been marked (INV-05).
    notation: Option<NotationInput>,
    /// Why it is chosen. Sealed: the DLAs read it.
    motif: String,
    /// The minutes of the choice (procès-verbal). Sealed: the DLAs read it.
    proces_verbal: Option<String>,
}

/// Marks on the four criteria of the method (step 3 C3), from 0 to 5.
#[derive(Clone, Copy, InputObject)]
pub(crate) struct NotationInput {
    /// Quality of contents and forms.
    contenus: i32,
    /// Commitment asked of the structures.
    engagement: i32,
    /// Exchange and animation, collective and individual phases.
    animation: i32,
    /// Enquiry before the animation.
    enquete: i32,
}

impl From<NotationInput> for Marks {
    fn from(it: NotationInput) -> Self {
        let NotationInput { contenus, engagement, animation, enquete } = it;
        Self { contenus, engagement, animation, enquete }
    }
}

/// A choice without competition.
#[derive(InputObject)]
pub(crate) struct AwardDirectlyInput {
    #[graphql(flatten)]
    request: Request,
    /// The consultation.
    consultation: ID,
    /// Who is chosen.
    prestataire: ID,
    /// The price agreed.
    montant: Cents,
}

/// A consultation that ends without a choice.
#[derive(InputObject)]
pub(crate) struct DeclareConsultationUnsuccessfulInput {
    #[graphql(flatten)]
    request: Request,
    /// The consultation.
    consultation: ID,
    /// Why no offre answers the need. Sealed: the DLAs read it.
    motif: String,
}
