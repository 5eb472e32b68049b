//! What an accompagnement holds. Whoever sees it reads it all.

use async_graphql::{Context, Enum, ID, Object};
use domain::{DocumentId, IngenierieId, Liste, accompagnement::plan as rules};
use projections::{SealedPlace, accompagnements as rows};
use uuid::Uuid;

use super::impact::MomentMesure;
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        document::Document,
        ids::global,
        ingenierie::{self, Ingenierie},
        organisation::{self, Organisation},
        referentiel::Code,
        scalars::{Cents, Date, Position},
        sealed::text,
    },
};

/// A text, if it was given and not erased.
async fn opened(ctx: &Context<'_>, place: Option<&SealedPlace>) -> Result<Option<String>> {
    let Some(place) = place else { return Ok(None) };
    text(ctx, place.position, &place.pointer).await
}

async fn document(ctx: &Context<'_>, id: Option<Uuid>) -> Result<Option<Document>> {
    let Some(id) = id else { return Ok(None) };
    Ok(ctx.loaders().load_one(DocumentId(id)).await?.map(Document))
}

async fn ingenierie(ctx: &Context<'_>, id: Option<Uuid>) -> Result<Option<Ingenierie>> {
    let Some(id) = id else { return Ok(None) };
    ingenierie::find(ctx, IngenierieId(id)).await
}

/// The form that a structure fills in before the first meeting with a DLA.
pub(crate) struct PreDiagnostic(pub(super) rows::PreDiagnostic);

/// The form that a structure fills in before the first meeting with a DLA.
#[Object]
impl PreDiagnostic {
    /// When it was sent. Absent when that was not noted.
    async fn sent_on(&self) -> Option<Date> {
        self.0.sent_on.map(Date)
    }

    /// When it came back, the last time. Absent until it has.
    async fn returned_on(&self) -> Option<Date> {
        self.0.returned_on.map(Date)
    }

    /// The document that holds the answers. Absent when none was named, or when you may not read
    /// it.
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        document(ctx, self.0.document).await
    }
}

/// A meeting or a call between a DLA and a structure.
pub(crate) struct Echange(pub(super) rows::Dit);

/// A meeting or a call between a DLA and a structure.
#[Object]
impl Echange {
    /// When it took place.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }

    /// Where it stands in the log.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }

    /// What was said. Absent when nothing was noted, and once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.0.commentaire.as_ref()).await
    }
}

/// Whether a DLA can answer a request.
pub(crate) struct AccueilAccompagnement(pub(super) rows::Accueil);

/// Whether a DLA can answer a request.
#[Object]
impl AccueilAccompagnement {
    /// When it said so.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }

    /// Whether it can help.
    async fn pertinent(&self) -> bool {
        self.0.pertinent
    }

    /// Why. Always given when it cannot help; absent once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.0.motif.as_ref()).await
    }
}

/// To whom a structure was sent, who helps better or besides.
pub(crate) struct OrientationStructure(pub(super) rows::Orientation);

/// To whom a structure was sent, who helps better or besides.
#[Object]
impl OrientationStructure {
    /// When it was sent there.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }

    /// The organisation. Absent when a scheme alone was named.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.vers).await
    }

    /// The scheme or the service.
    async fn dispositif(&self) -> Option<&str> {
        self.0.dispositif.as_deref()
    }

    /// What was said of it. Absent when nothing was noted, and once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.0.commentaire.as_ref()).await
    }
}

/// The diagnostic partagé: what a DLA and a structure found together. It is no audit: the
/// structure takes part, and validates it.
pub(crate) struct DiagnosticPartage(pub(super) rows::Diagnostic);

/// The diagnostic partagé: what a DLA and a structure found together. It is no audit: the
/// structure takes part, and validates it.
#[Object]
impl DiagnosticPartage {
    /// When it began. Absent when that was not noted.
    async fn started_on(&self) -> Option<Date> {
        self.0.started_on.map(Date)
    }

    /// When it was completed, the last time. Absent until it is.
    async fn completed_on(&self) -> Option<Date> {
        self.0.completed_on.map(Date)
    }

    /// When the structure validated it as it stands. Absent until it has.
    async fn validated_on(&self) -> Option<Date> {
        self.0.validated_on.map(Date)
    }

    /// The situation of the structure. Absent when it was not said, and once erased.
    async fn situation(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.0.situation.as_ref()).await
    }

    /// Its strengths. Absent when they were not said, and once erased.
    async fn forces(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.0.forces.as_ref()).await
    }

    /// What it can do by itself to consolidate its activity. Absent when it was not said, and once
    /// erased.
    async fn capacite(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.0.capacite.as_ref()).await
    }

    /// What it needs support for. Absent when it was not said, and once erased.
    async fn besoins(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.0.besoins.as_ref()).await
    }

    /// Where support is needed: values of `DOMAINE_EXPERTISE`.
    async fn domaines(&self) -> Vec<Code> {
        Code::all(Liste::DomaineExpertise, &self.0.domaines)
    }

    /// The document that says it. Absent when none was named, or when you may not read it.
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        document(ctx, self.0.document).await
    }
}

/// What a DLA advises, and what the structure takes of it.
pub(crate) struct Preconisations {
    pub(super) on: domain::Date,
    pub(super) row: rows::Preconisations,
}

/// What a DLA advises, and what the structure takes of it.
#[Object]
impl Preconisations {
    /// When they were proposed, the last time.
    async fn proposed_on(&self) -> Date {
        Date(self.on)
    }

    /// All of them, in order.
    async fn toutes(&self) -> Vec<Preconisation> {
        let numbered = (1..).zip(self.row.toutes.iter().cloned());
        let answered = self.row.answered_on.is_some();
        let one = |(numero, row)| Preconisation {
            numero,
            row,
            retenue: answered.then(|| self.row.retenues.contains(&numero)),
        };
        numbered.map(one).collect()
    }

    /// When the structure answered. Absent until it has.
    async fn answered_on(&self) -> Option<Date> {
        self.row.answered_on.map(Date)
    }

    /// Why it takes none, when it refuses them all. Absent once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.row.motif.as_ref()).await
    }
}

/// One thing that a DLA advises.
pub(crate) struct Preconisation {
    numero: i32,
    row: rows::Conseil,
    retenue: Option<bool>,
}

/// One thing that a DLA advises.
#[Object]
impl Preconisation {
    /// Its number, from 1.
    async fn numero(&self) -> i32 {
        self.numero
    }

    /// The theme of Enée: a value of `TYPE_PRESTATION`. Absent when it was not said.
    async fn theme(&self) -> Option<Code> {
        let theme = self.row.theme.as_ref()?;
        Some(Code::new(Liste::TypePrestation, theme.as_str()))
    }

    /// What is advised. Absent once erased.
    async fn enonce(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, Some(&self.row.enonce)).await
    }

    /// Whether the structure takes it. Absent until it has answered.
    async fn retenue(&self) -> Option<bool> {
        self.retenue
    }
}

/// The plan d'accompagnement, or parcours: what a structure and a DLA agree to do.
pub(crate) struct PlanAccompagnement(pub(super) rows::Plan);

/// The plan d'accompagnement, or parcours: what a structure and a DLA agree to do.
#[Object]
impl PlanAccompagnement {
    /// When it was established.
    async fn established_on(&self) -> Date {
        Date(self.0.established_on)
    }

    /// When it is to be carried out.
    async fn echeance(&self) -> Option<Date> {
        self.0.echeance.map(Date)
    }

    /// The document that says it. Absent when none was named, or when you may not read it.
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        document(ctx, self.0.document).await
    }
}

/// One action of a plan d'accompagnement.
pub(crate) struct ActionAppui(pub(super) rows::Action);

/// One action of a plan d'accompagnement.
#[Object]
impl ActionAppui {
    /// Its number in the plan, from 1.
    async fn numero(&self) -> i32 {
        self.0.numero
    }

    /// Who acts.
    async fn nature(&self) -> NatureActionAppui {
        self.0.nature.into()
    }

    /// What it is.
    async fn intitule(&self) -> &str {
        &self.0.intitule
    }

    /// The theme of Enée: a value of `TYPE_PRESTATION`. Absent when it was not said.
    async fn theme(&self) -> Option<Code> {
        let theme = self.0.theme.as_ref()?;
        Some(Code::new(Liste::TypePrestation, theme.as_str()))
    }

    /// The number of the préconisation that it answers.
    async fn preconisation(&self) -> Option<i32> {
        self.0.preconisation
    }

    /// The ingénierie that carries it out. Absent while there is none.
    async fn ingenierie_id(&self) -> Option<ID> {
        self.0.ingenierie.map(|it| global(IngenierieId(it)))
    }

    /// The ingénierie itself. Absent while there is none, and when you may not see it.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        ingenierie(ctx, self.0.ingenierie).await
    }

    /// Who helps, when it is neither the DLA nor the structure.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.organisation).await
    }

    /// When it is to be done.
    async fn echeance(&self) -> Option<Date> {
        self.0.echeance.map(Date)
    }

    /// When it was added to the plan.
    async fn added_on(&self) -> Date {
        Date(self.0.added_on)
    }

    /// What became of it.
    async fn suite(&self) -> SuiteActionAppui {
        self.0.suite.into()
    }

    /// When it was done or cancelled. Absent before.
    async fn ended_on(&self) -> Option<Date> {
        self.0.ended_on.map(Date)
    }

    /// What was said when it was done, or why it was cancelled. Absent when nothing was noted, and
    /// once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.0.commentaire.as_ref()).await
    }
}

/// Who acts, in an action of a plan d'accompagnement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::NatureAction")]
pub(crate) enum NatureActionAppui {
    /// A prestataire, for this structure alone.
    IngenierieIndividuelle,
    /// A prestataire, for several structures.
    IngenierieCollective,
    /// The structure itself.
    Interne,
    /// The chargé de mission, by their own expertise.
    Expertise,
    /// Another operator or scheme.
    Orientation,
}

/// What became of an action of a plan d'accompagnement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::Suite")]
pub(crate) enum SuiteActionAppui {
    /// It is to be done, or being done.
    Prevue,
    /// It was done.
    Realisee,
    /// It will not be done.
    Annulee,
}

/// A meeting where what was done is told to the structure and to those it invites.
pub(crate) struct Restitution(pub(super) rows::Restitution);

/// A meeting where what was done is told to the structure and to those it invites.
#[Object]
impl Restitution {
    /// When it took place.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }

    /// The ingénierie that it closes. Absent when it closes none, and when you may not see it.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        ingenierie(ctx, self.0.ingenierie).await
    }

    /// What was told. Absent when nothing was noted, and once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.0.commentaire.as_ref()).await
    }

    /// The final report. Absent when none was named, or when you may not read it.
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        document(ctx, self.0.document).await
    }
}

/// How a structure does on a day, in figures, as far as they are known.
pub(crate) struct MesureImpact(pub(super) rows::Mesure);

/// How a structure does on a day, in figures, as far as they are known.
#[Object]
impl MesureImpact {
    /// The day that the figures are of, or that the forecast was made.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }

    /// Where it stands in the log.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }

    /// To what moment they belong.
    async fn moment(&self) -> MomentMesure {
        self.0.moment.into()
    }

    /// The day that a forecast is for. Absent of a measure.
    async fn horizon(&self) -> Option<Date> {
        self.0.horizon.map(Date)
    }

    /// People employed.
    async fn emplois(&self) -> Option<i32> {
        self.0.indicateurs.emplois
    }

    /// Of them, on permanent contracts.
    async fn cdi(&self) -> Option<i32> {
        self.0.indicateurs.cdi
    }

    /// Employees in full-time equivalents, with two digits: `4.50`.
    async fn etp(&self) -> Option<String> {
        self.0.indicateurs.etp.map(|it| it.to_string())
    }

    /// The yearly budget.
    async fn budget(&self) -> Option<Cents> {
        self.0.indicateurs.budget.map(Cents)
    }

    /// How many organisations finance the structure.
    async fn financeurs(&self) -> Option<i32> {
        self.0.indicateurs.financeurs
    }

    /// People reached in a year.
    async fn beneficiaires(&self) -> Option<i32> {
        self.0.indicateurs.beneficiaires
    }
}

/// A need that appeared, and that the plan does not answer.
pub(crate) struct NouveauBesoin(pub(super) rows::Besoin);

/// A need that appeared, and that the plan does not answer.
#[Object]
impl NouveauBesoin {
    /// When it appeared.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }

    /// Where support is needed: values of `DOMAINE_EXPERTISE`.
    async fn domaines(&self) -> Vec<Code> {
        Code::all(Liste::DomaineExpertise, &self.0.domaines)
    }

    /// What is needed. Absent once erased.
    async fn besoin(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, Some(&self.0.besoin)).await
    }
}

/// How an accompagnement ended.
pub(crate) struct FinAccompagnement(pub(super) rows::Fin);

/// How an accompagnement ended.
#[Object]
impl FinAccompagnement {
    /// When it was closed or given up.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }

    /// What came of it, or why it was given up. Absent when nothing was noted, and once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.0.texte.as_ref()).await
    }
}
