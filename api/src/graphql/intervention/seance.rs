//! Séances, one by one and as a calendar.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{DlaId, IngenierieId, InterventionId, OrganisationId};
use projections::interventions::{self as rows, After, MODEL};
use uuid::Uuid;

use super::Intervention;
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::{global, typed},
        organisation::{self, Organisation},
        paging::{self, List},
        scalars::{Date, Position},
        sealed::{Readers, open},
        territoire::{Territoire, TerritoireInput},
    },
};

/// A séance of an intervention.
pub(crate) struct Seance(pub(super) rows::Seance);

/// A séance of an intervention.
#[Object]
impl Seance {
    /// Its number in the intervention: what the commands take.
    async fn numero(&self) -> i32 {
        self.0.seance
    }

    /// The intervention it is part of.
    async fn intervention(&self, ctx: &Context<'_>) -> Result<Option<Intervention>> {
        let id = InterventionId(self.0.intervention);
        Ok(ctx.loaders().load_one(id).await?.map(Intervention))
    }

    /// The ingénierie that it serves.
    async fn ingenierie_id(&self) -> ID {
        global(IngenierieId(self.0.ingenierie))
    }

    /// Where it stands.
    async fn etat(&self) -> EtatSeance {
        self.0.etat.into()
    }

    /// For several structures together, or for one.
    async fn mode(&self) -> ModeSeance {
        if self.0.structure.is_some() { ModeSeance::Individuelle } else { ModeSeance::Collective }
    }

    /// The structure of an individual séance.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.structure).await
    }

    /// Who leads it.
    async fn intervenant(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.intervenant).await
    }

    /// The module of the projet d'intervention that it is part of, by its title.
    async fn module(&self) -> Option<&str> {
        self.0.module.as_deref()
    }

    /// The number of the groupe of structures that it is for.
    async fn groupe(&self) -> Option<i32> {
        self.0.groupe
    }

    /// On which territory.
    async fn territoire(&self) -> Option<Territoire> {
        Territoire::of(&self.0.territoire)
    }

    /// The day it is scheduled on.
    async fn date(&self) -> Date {
        Date(self.0.jour)
    }

    /// When it starts: `09:30`.
    async fn debut(&self) -> Option<&str> {
        self.0.debut.as_deref()
    }

    /// When it ends: `12:30`.
    async fn fin(&self) -> Option<&str> {
        self.0.fin.as_deref()
    }

    /// The place, as people say it.
    async fn lieu(&self) -> Option<&str> {
        self.0.lieu.as_deref()
    }

    /// The day it was held on; absent before.
    async fn held_on(&self) -> Option<Date> {
        self.0.held_on.map(Date)
    }

    /// Those who were convened. The DLAs and the one who leads it see them all, a structure its
    /// own people; the list is empty for others, who read how many they are.
    async fn participants(&self, ctx: &Context<'_>) -> Vec<Participant> {
        let own = ctx.actor().answers_for().map(|it| it.0);
        let leads = own.is_some() && own == self.0.intervenant;
        let all = leads || ctx.scope().inside(&self.0.dlas);
        let shown = |it: &&rows::Participant| all || own == Some(it.structure);
        self.0
            .participants
            .iter()
            .filter(shown)
            .cloned()
            .map(Participant)
            .collect()
    }

    /// How many people were convened.
    async fn convoques(&self) -> usize {
        self.0.participants.len()
    }

    /// How many of them came, as far as it was noted.
    async fn presents(&self) -> usize {
        self.0
            .participants
            .iter()
            .filter(|it| it.present == Some(true))
            .count()
    }

    /// How many structures send somebody, or are visited.
    async fn nombre_structures(&self) -> usize {
        self.0.structures.len()
    }

    /// Why it was moved last, or cancelled. The DLAs read it; absent for others, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.0.motif else { return Ok(None) };
        open(ctx, Readers::Dlas, &self.0.dlas, place.position, &place.pointer).await
    }
}

/// Where a séance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::Etat")]
pub(crate) enum EtatSeance {
    /// In the calendar; date, place and times may still change.
    Programmee,
    /// The DLA vouches for date, place and times: people may be convened.
    Certifiee,
    /// It took place.
    Tenue,
    /// It will not take place.
    Annulee,
}

/// Whom a séance is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum ModeSeance {
    /// Several structures together.
    Collective,
    /// One structure.
    Individuelle,
}

/// Someone who was convened to a séance. No name stands in the log.
pub(crate) struct Participant(rows::Participant);

/// Someone who was convened to a séance. No name stands in the log.
#[Object]
impl Participant {
    /// Who: the id that stands for a person.
    async fn personne(&self) -> Uuid {
        self.0.personne
    }

    /// For which structure.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.structure)).await
    }

    /// Whether they came; absent while nobody noted it.
    async fn present(&self) -> Option<bool> {
        self.0.present
    }
}

/// Which séances are looked for: all that is given must hold.
#[derive(Default, InputObject)]
pub(crate) struct SeanceFilter {
    /// From this day on.
    du: Option<Date>,
    /// Until this day, included.
    au: Option<Date>,
    /// Of this ingénierie.
    ingenierie: Option<ID>,
    /// Of the ingénieries that this DLA takes part in.
    dla: Option<ID>,
    /// Led by this organisation.
    intervenant: Option<ID>,
    /// To which this structure sends somebody, or that are its own.
    structure: Option<ID>,
    /// On this very territory.
    territoire: Option<TerritoireInput>,
    /// That stand there.
    etat: Option<EtatSeance>,
}

impl SeanceFilter {
    fn parse(&self) -> Result<rows::Filter> {
        let organisation = |id: &Option<ID>, path: &str| {
            let id = id
                .as_ref()
                .map(|it| typed::<OrganisationId>(it, path))
                .transpose()?;
            Ok::<_, crate::Error>(id.map(|it| it.0))
        };
        let ingenierie = self.ingenierie.as_ref();
        let ingenierie = ingenierie.map(|it| typed::<IngenierieId>(it, "filter.ingenierie"));
        let dla = self.dla.as_ref().map(|it| typed::<DlaId>(it, "filter.dla"));
        let territoire = self
            .territoire
            .as_ref()
            .map(|it| it.parse("filter.territoire"));
        Ok(rows::Filter {
            du: self.du.map(|it| it.0),
            au: self.au.map(|it| it.0),
            ingenierie: ingenierie.transpose()?.map(|it| it.0),
            dla: dla.transpose()?.map(|it| it.0),
            intervenant: organisation(&self.intervenant, "filter.intervenant")?,
            structure: organisation(&self.structure, "filter.structure")?,
            territoire: territoire.transpose()?.map(|it| it.cle()),
            etat: self.etat.map(Into::into),
        })
    }
}

#[derive(Default)]
pub(super) struct CalendarQuery;

#[Object]
impl CalendarQuery {
    /// The calendar: the séances of the dossiers you read, those you lead and those you go to,
    /// by date.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn seances(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<SeanceFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<After, Seance>> {
        let asked = paging::asked(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().parse()?;
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let page = rows::calendar(reads, scope, &filter, asked.first, asked.after.clone());
        let row = |it: rows::Seance| {
            ((it.jour, it.debut.clone(), it.intervention, it.seance), Seance(it))
        };
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count(reads, scope, &filter)).await
    }
}
