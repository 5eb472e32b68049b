//! The consultation: how it is seen, asked for and changed. The model of a noun page.

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object, SimpleObject};
use domain::{
    ConsultationId, IngenierieId, OrganisationId, QuarterDays,
    consultation::{Choice, Event, Notation as Marks, Offre, OffreOuverte, Sections},
};
use eventlog::{EventLog, Outcome};
use projections::consultations::{self as rows, MODEL};

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::{global, typed},
        organisation::{self, Organisation},
        request::{Recorded, Request, optional, prose},
        scalars::{Cents, Date, Jours, Version},
        sealed::{Readers, open},
        territoire::Territoire,
    },
};

/// A consultation: prestataires asked for an offre, one of them chosen.
pub(crate) struct Consultation(pub(crate) rows::Consultation);

/// A consultation: prestataires asked for an offre, one of them chosen.
#[Object]
impl Consultation {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(ConsultationId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// Where it stands.
    async fn etat(&self) -> EtatConsultation {
        self.0.etat.into()
    }

    /// Where the ingénierie takes place.
    async fn territoire(&self) -> Option<Territoire> {
        Territoire::of(&self.0.territoire)
    }

    /// Which edition of the cahier des charges this is.
    async fn edition(&self) -> i32 {
        self.0.edition
    }

    /// The cahier des charges, in its five sections.
    async fn cahier_des_charges(&self) -> CahierDesCharges {
        CahierDesCharges::of(&self.0.sections)
    }

    /// The last day for offres, included.
    async fn deadline(&self) -> Option<Date> {
        self.0.deadline.map(Date)
    }

    /// Those consulted, and what they answered. A prestataire sees itself only.
    async fn candidats(&self, ctx: &Context<'_>) -> Vec<Candidat> {
        let alone = ctx
            .actor()
            .answers_for()
            .filter(|_| !ctx.scope().inside(&self.0.dlas));
        let shown = |it: &&rows::Candidat| alone.is_none_or(|own| own.0 == it.prestataire);
        self.0
            .candidats
            .iter()
            .filter(shown)
            .cloned()
            .map(Candidat)
            .collect()
    }

    /// Who will carry out the mission.
    async fn chosen(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.chosen).await
    }

    /// The price of the chosen offre.
    async fn montant(&self) -> Option<Cents> {
        self.0.montant_cents.map(Cents::from)
    }

    /// The marks of the chosen offre on the four criteria of the method.
    async fn notation(&self) -> Option<Notation> {
        self.0.choix.as_ref()?.notation.map(Notation::from)
    }

    /// Why it was chosen. Shown to the DLAs.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(choix) = &self.0.choix else { return Ok(None) };
        open(ctx, Readers::Dlas, &self.0.dlas, choix.position, "/motif").await
    }
}

/// Where a consultation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::Etat")]
pub(crate) enum EtatConsultation {
    /// The cahier des charges is being written.
    Redaction,
    /// The cahier des charges is final.
    Finalisee,
    /// Offres are expected.
    Lancee,
    /// The offres are open.
    Ouverte,
    /// A prestataire is chosen.
    Attribuee,
    /// No offre answers the need.
    Infructueuse,
    /// Every bidder was informed.
    Close,
}

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
    fn of(it: &Sections) -> Self {
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

/// One of those consulted.
pub(crate) struct Candidat(rows::Candidat);

/// One of those consulted.
#[Object]
impl Candidat {
    /// Who it is.
    async fn prestataire(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.prestataire)).await
    }

    /// What it answered.
    async fn reponse(&self) -> ReponsePrestataire {
        self.0.reponse.into()
    }

    /// The price it offers: known from the opening on.
    async fn montant(&self) -> Option<Cents> {
        self.0.montant_cents.map(Cents::from)
    }

    /// The days it offers: known from the opening on.
    async fn jours(&self) -> Option<Jours> {
        self.0.jours.map(Jours::from)
    }

    /// Whether it was told that it is chosen, or not; absent while it was told nothing.
    async fn informe(&self) -> Option<bool> {
        self.0.informe
    }
}

/// What a prestataire answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::Reponse")]
pub(crate) enum ReponsePrestataire {
    /// Nothing yet.
    Attendue,
    /// It sent an offre.
    Offre,
    /// It will not answer.
    Declinee,
}

/// Marks on the four criteria of the method (step 3 C3), from 0 to 5.
#[derive(SimpleObject)]
pub(crate) struct Notation {
    /// Quality of contents and forms.
    contenus: i32,
    /// Commitment asked of the structures.
    engagement: i32,
    /// Exchange and animation, collective and individual phases.
    animation: i32,
    /// Enquiry before the animation.
    enquete: i32,
}

impl From<Marks> for Notation {
    fn from(Marks { contenus, engagement, animation, enquete }: Marks) -> Self {
        Self { contenus, engagement, animation, enquete }
    }
}

#[derive(Default)]
pub(crate) struct ConsultationQuery;

#[Object]
impl ConsultationQuery {
    /// A consultation by its id.
    async fn consultation(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Consultation>> {
        let id: ConsultationId = typed(&id, "id")?;
        Ok(ctx.loaders().load_one(id).await?.map(Consultation))
    }
}

#[derive(Default)]
pub(crate) struct ConsultationMutation;

#[Object]
impl ConsultationMutation {
    /// Writes the cahier des charges of an ingénierie, or its next edition. Without
    /// `consultation`, opens a new one.
    async fn draft_cahier_des_charges(
        &self,
        ctx: &Context<'_>,
        input: DraftCahierDesChargesInput,
    ) -> Result<ConsultationPayload> {
        let ingenierie: IngenierieId = typed(&input.ingenierie, "input.ingenierie")?;
        let id = match &input.consultation {
            Some(id) => typed(id, "input.consultation")?,
            None => ConsultationId(input.request.command_id),
        };
        let sections = input.sections.parse()?;
        let gather = || ctx.log().seen::<domain::IngenierieCollective>(ingenierie);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Consultation, asked, ingenierie| {
                it.draft_cahier_des_charges(asked, ingenierie, sections.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Makes the last edition of the cahier des charges final (INV-01).
    async fn finalise_cahier_des_charges(
        &self,
        ctx: &Context<'_>,
        input: ConsultationInput,
    ) -> Result<ConsultationPayload> {
        let id = input.id()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.finalise_cahier_des_charges(asked)
            });
        Ok(payload(id, decided.await?))
    }

    /// Asks for offres until a deadline, included (INV-01).
    async fn launch_appel_offres(
        &self,
        ctx: &Context<'_>,
        input: LaunchAppelOffresInput,
    ) -> Result<ConsultationPayload> {
        let id = typed(&input.consultation, "input.consultation")?;
        let deadline = input.deadline.0;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.launch_appel_offres(asked, deadline)
            });
        Ok(payload(id, decided.await?))
    }

    /// Sends the cahier des charges to one more prestataire.
    async fn consult_prestataire(
        &self,
        ctx: &Context<'_>,
        input: PrestataireInput,
    ) -> Result<ConsultationPayload> {
        let (id, prestataire) = input.ids()?;
        let gather = || ctx.log().seen::<domain::Organisation>(prestataire);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Consultation, asked, prestataire| {
                it.consult_prestataire(asked, prestataire)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Notes that a prestataire will not answer.
    async fn decline_consultation(
        &self,
        ctx: &Context<'_>,
        input: PrestataireInput,
    ) -> Result<ConsultationPayload> {
        let (id, prestataire) = input.ids()?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.decline_consultation(asked, prestataire)
            });
        Ok(payload(id, decided.await?))
    }

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
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.submit_offre(asked, id, prestataire, offre.clone())
            });
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
        // The envelopes are opened only once the rules allow the opening.
        let consultation = ctx.log().load::<domain::Consultation>(id).await?;
        let envelopes = match consultation
            .state
            .envelopes_to_open(&input.request.asked(ctx)?)
        {
            Ok(bidders) if bidders.is_empty() => vec![],
            Ok(_) => envelopes(ctx.log(), id).await?,
            // The log answers: it may have been asked before.
            Err(_) => vec![],
        };
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| it.open_offres(asked, &envelopes));
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
        let NotationInput { contenus, engagement, animation, enquete } = input.notation;
        let notation = Marks { contenus, engagement, animation, enquete };
        let motif = prose("input.motif", &input.motif)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Consultation, asked| {
                it.choose_prestataire(asked, Choice { prestataire, notation, motif: motif.clone() })
            });
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
        let gather = || ctx.log().seen::<domain::Organisation>(prestataire);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Consultation, asked, prestataire| {
                it.award_directly(asked, prestataire, montant)
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

/// What the sealed offres hold, in the order received.
async fn envelopes(log: &EventLog, id: ConsultationId) -> Result<Vec<OffreOuverte>> {
    #[derive(serde::Deserialize)]
    struct Content {
        montant: i64,
        jours: Option<i32>,
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
    let mut opened = log.vault().open(&places).await?;
    let mut all = vec![];
    for (position, prestataire) in received {
        // An offre that was erased cannot be chosen.
        let Some(value) = opened.remove(&(position, "/offre".to_owned())) else { continue };
        let content: Content = serde_json::from_value(value).map_err(crate::Error::internal)?;
        all.push(OffreOuverte {
            prestataire,
            montant: domain::Cents(content.montant),
            jours: content.jours.map(QuarterDays),
        });
    }
    Ok(all)
}

/// A cahier des charges, or its next edition.
#[derive(InputObject)]
pub(crate) struct DraftCahierDesChargesInput {
    #[graphql(flatten)]
    request: Request,
    /// The ingénierie it serves.
    ingenierie: ID,
    /// The consultation to write anew; absent, a new one is opened.
    consultation: Option<ID>,
    /// The sections, as far as they are written.
    sections: SectionsInput,
}

/// The sections of a cahier des charges. Each may be left for later.
#[derive(InputObject)]
pub(crate) struct SectionsInput {
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
    /// Whether the intervenant takes part in the evaluation.
    #[graphql(default)]
    evaluation_attendue: bool,
}

impl SectionsInput {
    fn parse(&self) -> Result<Sections> {
        Ok(Sections {
            demarche: optional(prose, "input.sections.demarche", self.demarche.as_ref())?,
            objectifs: optional(prose, "input.sections.objectifs", self.objectifs.as_ref())?,
            resultats: optional(prose, "input.sections.resultats", self.resultats.as_ref())?,
            conditions: optional(prose, "input.sections.conditions", self.conditions.as_ref())?,
            evaluation: optional(prose, "input.sections.evaluation", self.evaluation.as_ref())?,
            evaluation_attendue: self.evaluation_attendue,
        })
    }
}

/// A consultation, and nothing more to say.
#[derive(InputObject)]
pub(crate) struct ConsultationInput {
    #[graphql(flatten)]
    request: Request,
    /// The consultation.
    consultation: ID,
}

impl ConsultationInput {
    fn id(&self) -> Result<ConsultationId> {
        typed(&self.consultation, "input.consultation")
    }
}

/// A prestataire of a consultation.
#[derive(InputObject)]
pub(crate) struct PrestataireInput {
    #[graphql(flatten)]
    request: Request,
    /// The consultation.
    consultation: ID,
    /// The organisation, in its role of prestataire.
    prestataire: ID,
}

impl PrestataireInput {
    fn ids(&self) -> Result<(ConsultationId, OrganisationId)> {
        let prestataire = typed(&self.prestataire, "input.prestataire")?;
        Ok((typed(&self.consultation, "input.consultation")?, prestataire))
    }
}

/// A call for offres.
#[derive(InputObject)]
pub(crate) struct LaunchAppelOffresInput {
    #[graphql(flatten)]
    request: Request,
    /// The consultation.
    consultation: ID,
    /// The last day for offres, included.
    deadline: Date,
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
    /// The marks of its offre.
    notation: NotationInput,
    /// Why it is chosen. Sealed: the DLAs read it.
    motif: String,
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

/// What every change of a consultation answers.
#[derive(MergedObject)]
pub(crate) struct ConsultationPayload(ConsultationChanged, Recorded);

fn payload(id: ConsultationId, outcome: Outcome) -> ConsultationPayload {
    ConsultationPayload(ConsultationChanged { id, outcome }, Recorded(outcome))
}

struct ConsultationChanged {
    id: ConsultationId,
    outcome: Outcome,
}

#[Object]
impl ConsultationChanged {
    /// The consultation, at least as recent as the change.
    async fn consultation(&self, ctx: &Context<'_>) -> Result<Option<Consultation>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        Ok(ctx.loaders().load_one(self.id).await?.map(Consultation))
    }
}
