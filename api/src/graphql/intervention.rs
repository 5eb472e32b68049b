//! The intervention: its séances, who came, how it was followed.

pub(crate) mod seance;
mod seances;
mod suivi;

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object};
use domain::{
    Dossier, IngenierieId, InterventionId, OrganisationId, intervention::EtapePresence as Etape,
};
use eventlog::Outcome;
use projections::interventions::{self as rows, MODEL};

use self::{seance::Seance, seances::SeancesMutation, suivi::SuiviMutation};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::{global, typed},
        ingenierie::{self, Ingenierie},
        loaders::{InterventionsOf, OfIngenierie, SeancesOf},
        organisation::{self, Organisation},
        regle::RegleEcartee,
        request::{Recorded, Request},
        scalars::{Date, Version},
        sealed::{Readers, open},
        territoire::Territoire,
    },
};

/// The intervention of an ingénierie: what takes place with the structures, from the first séance
/// to the mission report (method, step 4 A). Whoever reads the dossier reads it, and those who
/// intervene; a structure sees of the others that they take part, and no more.
pub(crate) struct Intervention(pub(crate) rows::Intervention);

/// The intervention of an ingénierie: what takes place with the structures, from the first séance
/// to the mission report (method, step 4 A). Whoever reads the dossier reads it, and those who
/// intervene; a structure sees of the others that they take part, and no more.
#[Object]
impl Intervention {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(InterventionId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// The ingénierie it carries out.
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

    /// When it was closed; absent while it goes on.
    async fn closed_on(&self) -> Option<Date> {
        self.0.closed_on.map(Date)
    }

    /// Its séances, in the order of the calendar. A structure does not see the individual
    /// séances of the others.
    async fn seances(&self, ctx: &Context<'_>) -> Result<Vec<Seance>> {
        let rows = ctx
            .loaders()
            .load_one(SeancesOf(InterventionId(self.0.id)))
            .await?;
        Ok(rows.unwrap_or_default().into_iter().map(Seance).collect())
    }

    /// Structures and intervenants that were put in contact, oldest first. A structure or an
    /// intervenant sees its own contacts.
    async fn mises_en_relation(&self, ctx: &Context<'_>) -> Vec<MiseEnRelation> {
        let inside = ctx.scope().inside(&self.0.dlas);
        let own = ctx.actor().answers_for().map(|it| it.0);
        let shown = |it: &&rows::Relation| {
            inside || own == Some(it.structure) || own == Some(it.intervenant)
        };
        self.0
            .relations
            .iter()
            .filter(shown)
            .cloned()
            .map(MiseEnRelation)
            .collect()
    }

    /// When someone of a DLA was there: at least at the start and at the closing (RUL-11).
    async fn presences_dla(&self) -> Vec<PresenceDla> {
        self.0.presences.iter().cloned().map(PresenceDla).collect()
    }

    /// What partners were told of the progress, oldest first.
    async fn avancements(&self) -> Vec<Avancement> {
        let part =
            |row: &rows::Avancement| Avancement { row: row.clone(), dlas: self.0.dlas.clone() };
        self.0.avancements.iter().map(part).collect()
    }

    /// The mission reports that were handed, oldest first.
    async fn rapports(&self) -> Vec<RapportMission> {
        let part =
            |row: &rows::Rapport| RapportMission { row: row.clone(), dlas: self.0.dlas.clone() };
        self.0.rapports.iter().map(part).collect()
    }

    /// The rules that were set aside, with their justifications (INV-30).
    async fn regles_ecartees(&self) -> Vec<RegleEcartee> {
        RegleEcartee::all(&self.0.waivers)
    }
}

/// The intervention of an ingénierie: it has one at most.
pub(crate) async fn of_ingenierie(
    ctx: &Context<'_>,
    ingenierie: IngenierieId,
) -> Result<Option<Intervention>> {
    let key: InterventionsOf = OfIngenierie(ingenierie);
    let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
    Ok(rows.into_iter().next().map(Intervention))
}

/// A structure and an intervenant that were put in contact (method, step 4 A1a).
pub(crate) struct MiseEnRelation(rows::Relation);

/// A structure and an intervenant that were put in contact (method, step 4 A1a).
#[Object]
impl MiseEnRelation {
    /// The structure.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.structure)).await
    }

    /// Who intervenes.
    async fn intervenant(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.intervenant)).await
    }

    /// When.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }
}

/// Someone of a DLA was there.
pub(crate) struct PresenceDla(rows::Presence);

/// Someone of a DLA was there.
#[Object]
impl PresenceDla {
    /// Of which DLA.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, Some(self.0.dla)).await
    }

    /// At what moment.
    async fn etape(&self) -> EtapePresence {
        self.0.etape.into()
    }

    /// When.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }
}

/// When a DLA is to be there at least (RUL-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Etape")]
pub(crate) enum EtapePresence {
    /// At the start of the intervention.
    Demarrage,
    /// At its closing.
    Cloture,
}

/// What partners were told of the progress (method, step 4 A2b).
pub(crate) struct Avancement {
    row: rows::Avancement,
    dlas: Vec<uuid::Uuid>,
}

/// What partners were told of the progress (method, step 4 A2b).
#[Object]
impl Avancement {
    /// When.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// Who was told. A structure sees itself alone.
    async fn destinataires(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>> {
        let own = ctx.scope().own_structure();
        let told = self.row.destinataires.iter().copied();
        let shown: Vec<_> = told.filter(|it| own.is_none_or(|own| own == *it)).collect();
        organisation::find_all(ctx, &shown).await
    }

    /// What was said. The DLAs read it, and those who were told; absent for others, and once
    /// erased.
    async fn texte(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let own = ctx.actor().answers_for();
        let told = own.filter(|it| self.row.destinataires.contains(&it.0));
        let readers = told.map_or(Readers::Dlas, Readers::DlasAnd);
        open(ctx, readers, &self.dlas, self.row.text.position, &self.row.text.pointer).await
    }
}

/// A mission report (rapport de mission).
pub(crate) struct RapportMission {
    row: rows::Rapport,
    dlas: Vec<uuid::Uuid>,
}

/// A mission report (rapport de mission).
#[Object]
impl RapportMission {
    /// Who handed it.
    async fn intervenant(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.row.intervenant)).await
    }

    /// When.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// What it says in short. The DLAs and its author read it; absent for others, and once
    /// erased.
    async fn resume(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.row.resume else { return Ok(None) };
        let readers = Readers::DlasAnd(OrganisationId(self.row.intervenant));
        open(ctx, readers, &self.dlas, place.position, &place.pointer).await
    }
}

#[derive(Default, MergedObject)]
pub(crate) struct InterventionQuery(OneQuery, seance::CalendarQuery);

#[derive(Default)]
struct OneQuery;

#[Object]
impl OneQuery {
    /// An intervention by its id.
    async fn intervention(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Intervention>> {
        let id: InterventionId = typed(&id, "id")?;
        Ok(ctx.loaders().load_one(id).await?.map(Intervention))
    }
}

/// Everything that can be done to an intervention.
#[derive(Default, MergedObject)]
pub(crate) struct InterventionMutation(OuvertureMutation, SeancesMutation, SuiviMutation);

#[derive(Default)]
struct OuvertureMutation;

#[Object]
impl OuvertureMutation {
    /// Opens the intervention of a confirmed ingénierie: it has one only.
    async fn open_intervention(
        &self,
        ctx: &Context<'_>,
        input: OpenInterventionInput,
    ) -> Result<InterventionPayload> {
        let id = InterventionId(input.request.command_id);
        let ingenierie: IngenierieId = typed(&input.ingenierie, "input.ingenierie")?;
        let gather = || ctx.log().either::<Dossier>(ingenierie);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Intervention, asked, ingenierie| it.open_intervention(asked, ingenierie),
        );
        Ok(payload(id, decided.await?))
    }
}

/// A new intervention.
#[derive(InputObject)]
pub(crate) struct OpenInterventionInput {
    #[graphql(flatten)]
    request: Request,
    /// The ingénierie it carries out.
    ingenierie: ID,
}

/// An intervention, and nothing more to say.
#[derive(InputObject)]
pub(crate) struct InterventionInput {
    #[graphql(flatten)]
    request: Request,
    /// The intervention.
    intervention: ID,
}

impl InterventionInput {
    fn id(&self) -> Result<InterventionId> {
        typed(&self.intervention, "input.intervention")
    }

    /// Lets the intervention decide.
    async fn decide(
        &self,
        ctx: &Context<'_>,
        decision: impl Fn(
            &domain::Intervention,
            &domain::Asked,
        ) -> domain::Decision<domain::Intervention>
        + Send
        + Sync,
    ) -> Result<InterventionPayload> {
        let id = self.id()?;
        Ok(payload(id, self.request.decide(ctx, id, decision).await?))
    }

    /// The same, for a rule that looks at the ingénierie it carries out.
    async fn decide_seeing(
        &self,
        ctx: &Context<'_>,
        decision: impl Fn(
            &domain::Intervention,
            &domain::Asked,
            &Dossier,
        ) -> domain::Decision<domain::Intervention>
        + Send
        + Sync,
    ) -> Result<InterventionPayload> {
        let id = self.id()?;
        let gather = || async move {
            let it = ctx.log().load::<domain::Intervention>(id).await?;
            // An intervention that is not there carries out an ingénierie that is not either.
            let ingenierie = it.state.ingenierie().unwrap_or(IngenierieId(id.0));
            ctx.log().either::<Dossier>(ingenierie).await
        };
        Ok(payload(id, self.request.decide_with(ctx, id, gather, decision).await?))
    }
}

/// What every change of an intervention answers.
#[derive(MergedObject)]
pub(crate) struct InterventionPayload(InterventionChanged, Recorded);

fn payload(id: InterventionId, outcome: Outcome) -> InterventionPayload {
    InterventionPayload(InterventionChanged { id, outcome }, Recorded(outcome))
}

struct InterventionChanged {
    id: InterventionId,
    outcome: Outcome,
}

#[Object]
impl InterventionChanged {
    /// The intervention, at least as recent as the change.
    async fn intervention(&self, ctx: &Context<'_>) -> Result<Option<Intervention>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        Ok(ctx.loaders().load_one(self.id).await?.map(Intervention))
    }
}
