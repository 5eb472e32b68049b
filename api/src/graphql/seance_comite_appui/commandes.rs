//! Séances of the comités d'appui: convened, prepared, held and closed.

use async_graphql::{Context, ID, InputObject, MergedObject, Object};
use domain::{
    DlaId, Dossier, Heure, IngenierieId, OrganisationId, PersonId, SeanceComiteId,
    seance_comite_appui::{Avis, Rencontre},
};
use eventlog::Outcome;
use projections::comites::MODEL;
use uuid::Uuid;

use super::{PresenceMembre, SeanceComiteAppui, find};
use crate::{
    Result,
    error::At,
    graphql::{
        context::ContextExt,
        ids::typed,
        ingenierie_collective::engager::SensAvis,
        request::{Recorded, Request, line, optional, prose},
        scalars::Date,
    },
};

#[derive(Default)]
pub(crate) struct SeanceComiteAppuiMutation;

#[Object]
impl SeanceComiteAppuiMutation {
    /// Convenes the comité d'appui of a DLA, in a place, by visio or both.
    async fn convene_seance_comite_appui(
        &self,
        ctx: &Context<'_>,
        input: ConveneSeanceComiteAppuiInput,
    ) -> Result<SeanceComiteAppuiPayload> {
        let id = SeanceComiteId(input.request.command_id);
        let dla: DlaId = typed(&input.dla, "input.dla")?;
        let organisateur = input.organisateur.as_ref();
        let organisateur: Option<OrganisationId> = organisateur
            .map(|it| typed(it, "input.organisateur"))
            .transpose()?;
        let rencontre = input.rencontre.parse()?;
        let gather = || ctx.log().seen::<domain::Dla>(dla);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::SeanceComiteAppui, asked, dla| {
                it.convene_seance_comite_appui(asked, dla, rencontre.clone(), organisateur)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Has a comité meet at another moment or place. The reason is mandatory (INV-36).
    async fn reschedule_seance_comite_appui(
        &self,
        ctx: &Context<'_>,
        input: RescheduleSeanceComiteAppuiInput,
    ) -> Result<SeanceComiteAppuiPayload> {
        let rencontre = input.rencontre.parse()?;
        let motif = prose("input.motif", &input.motif)?;
        input
            .of
            .decide(ctx, |it, asked| {
                it.reschedule_seance_comite_appui(asked, rencontre.clone(), motif.clone())
            })
            .await
    }

    /// Calls a séance off, before any avis is given. The reason is mandatory (INV-36).
    async fn cancel_seance_comite_appui(
        &self,
        ctx: &Context<'_>,
        input: CancelSeanceComiteAppuiInput,
    ) -> Result<SeanceComiteAppuiPayload> {
        let motif = prose("input.motif", &input.motif)?;
        input
            .of
            .decide(ctx, |it, asked| it.cancel_seance_comite_appui(asked, motif.clone()))
            .await
    }

    /// Puts a dossier on the agenda, or gives it another place there. The ingénierie concerns the
    /// DLA of the comité. When it was not compared with what other operators do, that is
    /// justified with `because` (INV-14).
    async fn inscribe_dossier(
        &self,
        ctx: &Context<'_>,
        input: InscribeDossierInput,
    ) -> Result<SeanceComiteAppuiPayload> {
        let (id, ingenierie) = input.of.ids()?;
        let place = (input.rang, input.duree);
        let gather = || ctx.log().either::<Dossier>(ingenierie);
        let decided = input.of.of.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::SeanceComiteAppui, asked, ingenierie| {
                it.inscribe_dossier(asked, ingenierie, place)
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Takes a dossier off the agenda, before the comité gives its avis. The reason is mandatory
    /// (INV-36).
    async fn withdraw_dossier(
        &self,
        ctx: &Context<'_>,
        input: WithdrawDossierInput,
    ) -> Result<SeanceComiteAppuiPayload> {
        let (_, ingenierie) = input.of.ids()?;
        let motif = prose("input.motif", &input.motif)?;
        input
            .of
            .of
            .decide(ctx, |it, asked| it.withdraw_dossier(asked, ingenierie, motif.clone()))
            .await
    }

    /// Notes that the members received the agenda as it stands. Once it changes, it is to be sent
    /// again.
    async fn send_ordre_du_jour(
        &self,
        ctx: &Context<'_>,
        input: SeanceComiteAppuiInput,
    ) -> Result<SeanceComiteAppuiPayload> {
        input
            .decide(ctx, domain::SeanceComiteAppui::send_ordre_du_jour)
            .await
    }

    /// Notes whether a member came, from the day of the séance on. What was noted last counts.
    async fn record_membre_presence(
        &self,
        ctx: &Context<'_>,
        input: RecordMembrePresenceInput,
    ) -> Result<SeanceComiteAppuiPayload> {
        let organisation = input.organisation.as_ref();
        let organisation: Option<OrganisationId> = organisation
            .map(|it| typed(it, "input.organisation"))
            .transpose()?;
        let (personne, presence) = (PersonId(input.personne), input.presence.into());
        input
            .of
            .decide(ctx, |it, asked| {
                it.record_membre_presence(asked, personne, organisation, presence)
            })
            .await
    }

    /// Gives the avis of the comité on a dossier of its agenda, from the day of the séance on: by
    /// a member of the comité, or by the DLA that notes it. Until the séance is closed, what was
    /// said last counts.
    async fn give_avis(
        &self,
        ctx: &Context<'_>,
        input: GiveAvisInput,
    ) -> Result<SeanceComiteAppuiPayload> {
        let (_, ingenierie) = input.of.ids()?;
        let avis = Avis {
            sens: input.sens.into(),
            commentaire: optional(prose, "input.commentaire", input.commentaire.as_ref())?,
            reserves: optional(prose, "input.reserves", input.reserves.as_ref())?,
        };
        input
            .of
            .of
            .decide(ctx, |it, asked| it.give_avis(asked, ingenierie, avis.clone()))
            .await
    }

    /// Closes a séance, once each dossier of its agenda has its avis. Each avis is then brought
    /// to its dossier within moments, once, whatever breaks down meanwhile: `suite` says what
    /// became of it.
    async fn close_seance_comite_appui(
        &self,
        ctx: &Context<'_>,
        input: SeanceComiteAppuiInput,
    ) -> Result<SeanceComiteAppuiPayload> {
        input
            .decide(ctx, domain::SeanceComiteAppui::close_seance_comite_appui)
            .await
    }
}

/// When and where a comité meets.
#[derive(InputObject)]
pub(crate) struct RencontreInput {
    /// The day.
    date: Date,
    /// When it starts: `09:30`.
    debut: Option<String>,
    /// When it ends: `12:30`.
    fin: Option<String>,
    /// The place, as people say it. Needed unless one takes part by visio.
    lieu: Option<String>,
    /// Whether one may take part by visio.
    #[graphql(default)]
    visio: bool,
}

impl RencontreInput {
    fn parse(&self) -> Result<Rencontre> {
        let heure = |path: &str, text: &Option<String>| {
            let heure = text.as_deref().map(Heure::parse);
            heure.transpose().at(path)
        };
        Ok(Rencontre {
            date: self.date.0,
            debut: heure("input.debut", &self.debut)?,
            fin: heure("input.fin", &self.fin)?,
            lieu: optional(line, "input.lieu", self.lieu.as_ref())?,
            visio: self.visio,
        })
    }
}

/// A comité to convene.
#[derive(InputObject)]
pub(crate) struct ConveneSeanceComiteAppuiInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA that the comité advises.
    dla: ID,
    #[graphql(flatten)]
    rencontre: RencontreInput,
    /// The structure porteuse that convenes it: one of those that carry the DLA.
    organisateur: Option<ID>,
}

/// A séance of a comité d'appui, and nothing more to say.
#[derive(InputObject)]
pub(crate) struct SeanceComiteAppuiInput {
    #[graphql(flatten)]
    request: Request,
    /// The séance.
    seance: ID,
}

impl SeanceComiteAppuiInput {
    /// Lets the séance decide.
    async fn decide(
        &self,
        ctx: &Context<'_>,
        decision: impl Fn(
            &domain::SeanceComiteAppui,
            &domain::Asked,
        ) -> domain::Decision<domain::SeanceComiteAppui>
        + Send
        + Sync,
    ) -> Result<SeanceComiteAppuiPayload> {
        let id = typed(&self.seance, "input.seance")?;
        Ok(payload(id, self.request.decide(ctx, id, decision).await?))
    }
}

/// A séance that moves.
#[derive(InputObject)]
pub(crate) struct RescheduleSeanceComiteAppuiInput {
    #[graphql(flatten)]
    of: SeanceComiteAppuiInput,
    #[graphql(flatten)]
    rencontre: RencontreInput,
    /// Why it moves. Sealed: the people of the DLA read it.
    motif: String,
}

/// A séance that will not take place.
#[derive(InputObject)]
pub(crate) struct CancelSeanceComiteAppuiInput {
    #[graphql(flatten)]
    of: SeanceComiteAppuiInput,
    /// Why. Sealed: the people of the DLA read it.
    motif: String,
}

/// A dossier of a séance.
#[derive(InputObject)]
pub(crate) struct DossierDeSeanceInput {
    #[graphql(flatten)]
    of: SeanceComiteAppuiInput,
    /// The ingénierie to examine.
    ingenierie: ID,
}

impl DossierDeSeanceInput {
    fn ids(&self) -> Result<(SeanceComiteId, IngenierieId)> {
        let ingenierie = typed(&self.ingenierie, "input.ingenierie")?;
        Ok((typed(&self.of.seance, "input.seance")?, ingenierie))
    }
}

/// A dossier to inscribe on an agenda.
#[derive(InputObject)]
pub(crate) struct InscribeDossierInput {
    #[graphql(flatten)]
    of: DossierDeSeanceInput,
    /// Its place in the agenda, from 1; at the end if absent.
    rang: Option<i32>,
    /// The minutes given to it.
    duree: Option<i32>,
}

/// A dossier to take off an agenda.
#[derive(InputObject)]
pub(crate) struct WithdrawDossierInput {
    #[graphql(flatten)]
    of: DossierDeSeanceInput,
    /// Why. Sealed: the DLAs of the dossier read it.
    motif: String,
}

/// Who came to a séance, or did not.
#[derive(InputObject)]
pub(crate) struct RecordMembrePresenceInput {
    #[graphql(flatten)]
    of: SeanceComiteAppuiInput,
    /// Who: the id that stands for a person.
    personne: Uuid,
    /// For which organisation.
    organisation: Option<ID>,
    /// Whether they came.
    presence: PresenceMembre,
}

/// What a comité says of a dossier.
#[derive(InputObject)]
pub(crate) struct GiveAvisInput {
    #[graphql(flatten)]
    of: DossierDeSeanceInput,
    /// What it advises.
    sens: SensAvis,
    /// What it adds. Needed when the avis is unfavourable or put off (INV-36). Sealed: the DLAs of
    /// the dossier read it.
    commentaire: Option<String>,
    /// Its reservations. Needed when it is favourable with some, and only then. Sealed: the DLAs
    /// of the dossier read them.
    reserves: Option<String>,
}

/// What every change of a séance of a comité answers.
#[derive(MergedObject)]
pub(crate) struct SeanceComiteAppuiPayload(SeanceComiteAppuiChanged, Recorded);

fn payload(id: SeanceComiteId, outcome: Outcome) -> SeanceComiteAppuiPayload {
    SeanceComiteAppuiPayload(SeanceComiteAppuiChanged { id, outcome }, Recorded(outcome))
}

struct SeanceComiteAppuiChanged {
    id: SeanceComiteId,
    outcome: Outcome,
}

#[Object]
impl SeanceComiteAppuiChanged {
    /// The séance, at least as recent as the change.
    async fn seance(&self, ctx: &Context<'_>) -> Result<Option<SeanceComiteAppui>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, self.id).await
    }
}
