//! Séances: scheduled, moved, certified, attended.

use async_graphql::{Context, ID, InputObject, Object};
use domain::{
    Heure, OrganisationId, PersonId,
    intervention::{Moment, NatureSeance, SeancePrevue},
};
use uuid::Uuid;

use super::{InterventionInput, InterventionPayload};
use crate::{
    Result,
    error::At,
    graphql::{
        ids::typed,
        request::{line, optional, prose},
        scalars::Date,
        territoire::TerritoireInput,
    },
};

#[derive(Default)]
pub(super) struct SeancesMutation;

#[Object]
impl SeancesMutation {
    /// Gives a séance its place in the calendar, under the next number of the intervention.
    async fn schedule_seance(
        &self,
        ctx: &Context<'_>,
        input: ScheduleSeanceInput,
    ) -> Result<InterventionPayload> {
        let prevue = input.parse()?;
        input
            .of
            .decide_seeing(ctx, |it, asked, ingenierie| {
                it.schedule_seance(asked, ingenierie, prevue.clone())
            })
            .await
    }

    /// Moves a séance. The reason is mandatory (INV-36), and what was certified is to be
    /// certified again.
    async fn reschedule_seance(
        &self,
        ctx: &Context<'_>,
        input: RescheduleSeanceInput,
    ) -> Result<InterventionPayload> {
        let moment = input.moment.parse("input.moment")?;
        let motif = prose("input.motif", &input.motif)?;
        let seance = input.of.seance;
        input
            .of
            .of
            .decide(ctx, |it, asked| {
                it.reschedule_seance(asked, seance, moment.clone(), motif.clone())
            })
            .await
    }

    /// Takes a séance out of the calendar. The reason is mandatory (INV-36).
    async fn cancel_seance(
        &self,
        ctx: &Context<'_>,
        input: CancelSeanceInput,
    ) -> Result<InterventionPayload> {
        let motif = prose("input.motif", &input.motif)?;
        let seance = input.of.seance;
        input
            .of
            .of
            .decide(ctx, |it, asked| it.cancel_seance(asked, seance, motif.clone()))
            .await
    }

    /// Vouches for the date, the place and the times of a séance (RUL-12): people may then be
    /// convened.
    async fn certify_seance_information(
        &self,
        ctx: &Context<'_>,
        input: SeanceInput,
    ) -> Result<InterventionPayload> {
        let seance = input.seance;
        input
            .of
            .decide(ctx, |it, asked| it.certify_seance_information(asked, seance))
            .await
    }

    /// Convenes a person of a structure to a séance whose information is certified (INV-31). A
    /// structure convenes its own people.
    async fn register_participant(
        &self,
        ctx: &Context<'_>,
        input: RegisterParticipantInput,
    ) -> Result<InterventionPayload> {
        let structure: OrganisationId = typed(&input.structure, "input.structure")?;
        let (seance, personne) = (input.of.seance, PersonId(input.personne));
        input
            .of
            .of
            .decide_seeing(ctx, |it, asked, ingenierie| {
                it.register_participant(asked, ingenierie, seance, (structure, personne))
            })
            .await
    }

    /// No longer expects a person at a séance. The reason is mandatory (INV-36).
    async fn unregister_participant(
        &self,
        ctx: &Context<'_>,
        input: UnregisterParticipantInput,
    ) -> Result<InterventionPayload> {
        let motif = prose("input.motif", &input.motif)?;
        let (seance, personne) = (input.of.seance, PersonId(input.personne));
        input
            .of
            .of
            .decide(ctx, |it, asked| {
                it.unregister_participant(asked, seance, personne, motif.clone())
            })
            .await
    }

    /// Notes that a séance took place, on the day it is scheduled or later.
    async fn hold_seance(
        &self,
        ctx: &Context<'_>,
        input: SeanceInput,
    ) -> Result<InterventionPayload> {
        let seance = input.seance;
        input
            .of
            .decide_seeing(ctx, |it, asked, ingenierie| it.hold_seance(asked, ingenierie, seance))
            .await
    }

    /// Notes whether a person who was convened came (INV-31). What is said last counts.
    async fn record_presence(
        &self,
        ctx: &Context<'_>,
        input: RecordPresenceInput,
    ) -> Result<InterventionPayload> {
        let (seance, personne) = (input.of.seance, PersonId(input.personne));
        let present = input.present;
        input
            .of
            .of
            .decide(ctx, |it, asked| it.record_presence(asked, seance, personne, present))
            .await
    }
}

/// When and where a séance takes place. Times and place may come later: they are needed before
/// the information is certified.
#[derive(InputObject)]
pub(crate) struct MomentInput {
    /// The day.
    date: Date,
    /// When it starts: `09:30`.
    debut: Option<String>,
    /// When it ends: `12:30`.
    fin: Option<String>,
    /// The place, as people say it.
    lieu: Option<String>,
}

impl MomentInput {
    fn parse(&self, path: &str) -> Result<Moment> {
        let heure = |name: &str, text: &Option<String>| {
            let path = format!("{path}.{name}");
            text.as_deref()
                .map(|it| Heure::parse(it).at(&path))
                .transpose()
        };
        Ok(Moment {
            date: self.date.0,
            debut: heure("debut", &self.debut)?,
            fin: heure("fin", &self.fin)?,
            lieu: optional(line, &format!("{path}.lieu"), self.lieu.as_ref())?,
        })
    }
}

/// A séance to schedule.
#[derive(InputObject)]
pub(crate) struct ScheduleSeanceInput {
    #[graphql(flatten)]
    of: InterventionInput,
    /// When and where.
    moment: MomentInput,
    /// The structure of an individual séance. Absent, the séance is collective.
    structure: Option<ID>,
    /// The module of the projet d'intervention that it is part of, by its title.
    module: Option<String>,
    /// The number of the groupe of structures that it is for.
    groupe: Option<i32>,
    /// Who leads it.
    intervenant: Option<ID>,
    /// On which territory, if not that of the ingénierie.
    territoire: Option<TerritoireInput>,
}

impl ScheduleSeanceInput {
    fn parse(&self) -> Result<SeancePrevue> {
        let organisation = |id: &Option<ID>, path: &str| -> Result<Option<OrganisationId>> {
            id.as_ref().map(|it| typed(it, path)).transpose()
        };
        let structure = organisation(&self.structure, "input.structure")?;
        let territoire = self
            .territoire
            .as_ref()
            .map(|it| it.parse("input.territoire"));
        Ok(SeancePrevue {
            nature: structure.map_or(NatureSeance::Collective, NatureSeance::Individuelle),
            module: optional(line, "input.module", self.module.as_ref())?,
            groupe: self.groupe,
            intervenant: organisation(&self.intervenant, "input.intervenant")?,
            territoire: territoire.transpose()?,
            moment: self.moment.parse("input.moment")?,
        })
    }
}

/// A séance of an intervention.
#[derive(InputObject)]
pub(crate) struct SeanceInput {
    #[graphql(flatten)]
    of: InterventionInput,
    /// The number of the séance.
    seance: i32,
}

/// A séance that moves.
#[derive(InputObject)]
pub(crate) struct RescheduleSeanceInput {
    #[graphql(flatten)]
    of: SeanceInput,
    /// When and where it takes place now, whole.
    moment: MomentInput,
    /// Why it moves (INV-36). Sealed: the DLAs read it.
    motif: String,
}

/// A séance that will not take place.
#[derive(InputObject)]
pub(crate) struct CancelSeanceInput {
    #[graphql(flatten)]
    of: SeanceInput,
    /// Why it is cancelled (INV-36). Sealed: the DLAs read it.
    motif: String,
}

/// A person to convene.
#[derive(InputObject)]
pub(crate) struct RegisterParticipantInput {
    #[graphql(flatten)]
    of: SeanceInput,
    /// The structure that sends them: it takes part in the ingénierie.
    structure: ID,
    /// The id that stands for the person.
    personne: Uuid,
}

/// A person who is no longer expected.
#[derive(InputObject)]
pub(crate) struct UnregisterParticipantInput {
    #[graphql(flatten)]
    of: SeanceInput,
    /// The id that stands for the person.
    personne: Uuid,
    /// Why they are no longer expected (INV-36). Sealed: the DLAs read it.
    motif: String,
}

/// Whether a person came.
#[derive(InputObject)]
pub(crate) struct RecordPresenceInput {
    #[graphql(flatten)]
    of: SeanceInput,
    /// The id that stands for the person.
    personne: Uuid,
    /// Whether they came.
    present: bool,
}
