//! The consultation: how it is seen, asked for and changed. The model of a noun page.

pub(crate) mod appel_offres;
pub(crate) mod choix;

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object, SimpleObject};
use domain::{
    ConsultationId, OrganisationId,
    consultation::{Notation as Marks, Sections},
};
use eventlog::Outcome;
use projections::consultations::{self as rows, MODEL};
use uuid::Uuid;

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::{global, typed},
        organisation::{self, Organisation},
        regle::RegleEcartee,
        request::{Recorded, Request},
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

    /// Those consulted, and what they answered; and whoever was awarded directly. A prestataire
    /// sees itself only.
    async fn candidats(&self, ctx: &Context<'_>) -> Vec<Candidat> {
        let shown = |it: &&rows::Candidat| shows(ctx, it.prestataire);
        self.0
            .candidats
            .iter()
            .filter(shown)
            .cloned()
            .map(Candidat)
            .collect()
    }

    /// Who will carry out the mission. Shown to the DLAs, to the financeurs of the dossier and to
    /// the one chosen.
    async fn chosen(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        let chosen = self.0.chosen.filter(|it| shows(ctx, *it));
        organisation::find(ctx, chosen).await
    }

    /// The price of the chosen offre. Shown to the DLAs, to the financeurs of the dossier and to
    /// the one chosen.
    async fn montant(&self, ctx: &Context<'_>) -> Option<Cents> {
        self.0.chosen.filter(|it| shows(ctx, *it))?;
        self.0.montant_cents.map(Cents::from)
    }

    /// The marks of the chosen offre on the four criteria of the method. Shown to the DLAs, to
    /// the financeurs of the dossier and to the one chosen.
    async fn notation(&self, ctx: &Context<'_>) -> Option<Notation> {
        self.0.chosen.filter(|it| shows(ctx, *it))?;
        self.0.choix.as_ref()?.notation.map(Notation::from)
    }

    /// Why it was chosen. Shown to the DLAs.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(choix) = &self.0.choix else { return Ok(None) };
        open(ctx, Readers::Dlas, &self.0.dlas, choix.position, "/motif").await
    }

    /// The rules that were set aside, oldest first, each with its justification (INV-03,
    /// INV-04). Every reader of the dossier sees them, financeurs among them; empty for those
    /// who were only asked.
    async fn regles_ecartees(&self, ctx: &Context<'_>) -> Vec<RegleEcartee> {
        if ctx.scope().follows_consultations() {
            RegleEcartee::all(&self.0.waivers)
        } else {
            vec![]
        }
    }
}

/// Whether the actor may know of a bidder: those who follow the consultation know them all, a
/// bidder only itself.
fn shows(ctx: &Context<'_>, prestataire: Uuid) -> bool {
    ctx.scope().follows_consultations()
        || ctx
            .actor()
            .answers_for()
            .is_some_and(|own| own.0 == prestataire)
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

/// One of those consulted, or whoever was awarded directly.
pub(crate) struct Candidat(rows::Candidat);

/// One of those consulted, or whoever was awarded directly.
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
    /// Nothing: it was not asked, and was awarded directly, without competition.
    HorsConcurrence,
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
