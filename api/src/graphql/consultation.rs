//! The consultation: how it is seen, asked for and changed. The model of a noun page.

pub(crate) mod appel_offres;
mod cahier;
mod candidat;
pub(crate) mod choix;
pub(crate) mod contrat;
pub(crate) mod partage;

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object};
use domain::{ConsultationId, Dossier, IngenierieId, OrganisationId, consultation::classement};
use eventlog::{EventLog, Outcome};
use projections::consultations::{self as rows, MODEL};
use uuid::Uuid;

use self::{
    cahier::{CahierDesCharges, Contribution, EditionCahier, Invitation},
    candidat::{Candidat, Notation, Preference, Regard},
    contrat::Contrat,
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::{global, typed},
        loaders::{ConsultationsOf, OfIngenierie},
        organisation::{self, Organisation},
        regle::RegleEcartee,
        request::{Recorded, Request},
        scalars::{Cents, Date, Version},
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

    /// The ingénierie it serves.
    async fn ingenierie_id(&self) -> ID {
        global(IngenierieId(self.0.ingenierie))
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

    /// Every edition of the cahier des charges, oldest first. Shown to the DLAs, to the financeurs
    /// of the dossier and to those invited; empty for those who were only asked.
    async fn editions(&self, ctx: &Context<'_>) -> Vec<EditionCahier> {
        let all = self.0.editions.iter().filter(|_| self.is_shared(ctx));
        all.cloned().map(EditionCahier).collect()
    }

    /// Those who help to write the cahier des charges and to choose: financeurs and structures
    /// (RUL-22). Empty for those who were only asked.
    async fn invitations(&self, ctx: &Context<'_>) -> Vec<Invitation> {
        let all = self.0.invitations.iter().filter(|_| self.is_shared(ctx));
        all.cloned().map(Invitation).collect()
    }

    /// What they would have the cahier des charges say, oldest first. Empty for those who were
    /// only asked.
    async fn contributions(&self, ctx: &Context<'_>) -> Vec<Contribution> {
        let all = self.0.contributions.iter().filter(|_| self.is_shared(ctx));
        all.map(|it| Contribution { row: it.clone(), dlas: self.0.dlas.clone() })
            .collect()
    }

    /// The last day for offres, included.
    async fn deadline(&self) -> Option<Date> {
        self.0.deadline.map(Date)
    }

    /// Those consulted, and what they answered; and whoever was awarded directly. A prestataire
    /// sees itself only. Each is ranked by the mean of its marks, if it has any.
    async fn candidats(&self, ctx: &Context<'_>) -> Vec<Candidat> {
        let shared = self.is_shared(ctx);
        let notes = |it: &rows::Candidat| it.notes.iter().map(|note| note.notation).collect();
        let rangs = classement(
            self.0
                .candidats
                .iter()
                .filter(|it| it.rejet.is_none())
                .map(|it| (it.prestataire, notes(it))),
        );
        let regard = |it: &rows::Candidat| Regard {
            dlas: self.0.dlas.clone(),
            invites: self.0.invites.clone(),
            rang: rangs.get(&it.prestataire).copied().filter(|_| shared),
            shared,
        };
        let all = self.0.candidats.iter();
        all.filter(|it| self.shows(ctx, it.prestataire))
            .map(|it| Candidat { row: it.clone(), regard: regard(it) })
            .collect()
    }

    /// Who will carry out the mission. Shown to the DLAs, to the financeurs of the dossier and to
    /// the one chosen.
    async fn chosen(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        let chosen = self.0.chosen.filter(|it| self.shows(ctx, *it));
        organisation::find(ctx, chosen).await
    }

    /// The price of the chosen offre. Shown to the DLAs, to the financeurs of the dossier and to
    /// the one chosen.
    async fn montant(&self, ctx: &Context<'_>) -> Option<Cents> {
        self.0.chosen.filter(|it| self.shows(ctx, *it))?;
        self.0.montant_cents.map(Cents::from)
    }

    /// The marks of the chosen offre on the four criteria of the method. Shown to the DLAs, to
    /// the financeurs of the dossier and to the one chosen.
    async fn notation(&self, ctx: &Context<'_>) -> Option<Notation> {
        self.0.chosen.filter(|it| self.shows(ctx, *it))?;
        self.0.choix.as_ref()?.notation.map(Notation::from)
    }

    /// Why it was chosen. Shown to the DLAs.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(choix) = &self.0.choix else { return Ok(None) };
        open(ctx, Readers::Dlas, &self.0.dlas, choix.position, "/motif").await
    }

    /// The minutes of the choice (procès-verbal). Shown to the DLAs; absent when none were given,
    /// and once erased.
    async fn proces_verbal(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let choix = self.0.choix.as_ref();
        let Some(place) = choix.and_then(|it| it.proces_verbal.as_ref()) else { return Ok(None) };
        open(ctx, Readers::Dlas, &self.0.dlas, place.position, &place.pointer).await
    }

    /// When someone was chosen. Shown to the DLAs, to the financeurs of the dossier, to those
    /// invited and to the one chosen.
    async fn chosen_on(&self, ctx: &Context<'_>) -> Option<Date> {
        self.0.chosen.filter(|it| self.shows(ctx, *it))?;
        self.0.choix.as_ref().map(|it| Date(it.on))
    }

    /// Whom the invited structures would rather work with. Empty for those who were only asked.
    async fn preferences(&self, ctx: &Context<'_>) -> Vec<Preference> {
        let all = self.0.preferences.iter().filter(|_| self.is_shared(ctx));
        all.map(|it| Preference { row: it.clone(), dlas: self.0.dlas.clone() })
            .collect()
    }

    /// Why no offre answered the need. Shown to the DLAs; absent otherwise.
    async fn motif_infructueuse(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.0.infructueuse else { return Ok(None) };
        open(ctx, Readers::Dlas, &self.0.dlas, place.position, &place.pointer).await
    }

    /// The contract of the one chosen, as it stands. Shown to the DLAs, to the financeurs of the
    /// dossier, to those invited and to the one chosen.
    async fn contrat(&self, ctx: &Context<'_>) -> Option<Contrat> {
        self.0.chosen.filter(|it| self.shows(ctx, *it))?;
        let row = self.0.contrat.clone()?;
        Some(Contrat { row, dlas: self.0.dlas.clone() })
    }

    /// The rules that were set aside, oldest first, each with its justification (INV-03,
    /// INV-04, INV-34). Every reader of the dossier sees them, financeurs among them; empty for those
    /// who were only asked.
    async fn regles_ecartees(&self, ctx: &Context<'_>) -> Vec<RegleEcartee> {
        if ctx.scope().follows_consultations() {
            RegleEcartee::all(&self.0.waivers)
        } else {
            vec![]
        }
    }
}

impl Consultation {
    /// Whether the actor may know of a bidder: those who share the choice know them all, a bidder
    /// only itself.
    fn shows(&self, ctx: &Context<'_>, prestataire: Uuid) -> bool {
        let own = ctx.actor().answers_for();
        self.is_shared(ctx) || own.is_some_and(|own| own.0 == prestataire)
    }

    /// Whether the actor follows the consultation, or is a structure invited to it.
    fn is_shared(&self, ctx: &Context<'_>) -> bool {
        let own = ctx.scope().own_structure();
        ctx.scope().follows_consultations() || own.is_some_and(|it| self.0.invites.contains(&it))
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

/// The consultations of an ingénierie that the actor may see.
pub(crate) async fn of_ingenierie(
    ctx: &Context<'_>,
    ingenierie: IngenierieId,
) -> Result<Vec<Consultation>> {
    let key: ConsultationsOf = OfIngenierie(ingenierie);
    let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
    Ok(rows.into_iter().map(Consultation).collect())
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

/// The ingénierie that a consultation serves. One that is not there serves an ingénierie that is
/// not either.
async fn served(log: &EventLog, id: ConsultationId) -> Result<Dossier, eventlog::Error> {
    let it = log.load::<domain::Consultation>(id).await?;
    let ingenierie = it.state.ingenierie().unwrap_or(IngenierieId(id.0));
    log.either(ingenierie).await
}

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
