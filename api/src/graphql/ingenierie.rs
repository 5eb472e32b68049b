//! An ingénierie, collective or individual: what both show, and what their pages share.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface};
use domain::{
    Dossier, Genre, IngenierieId, Refusal, ingenierie_collective::Refusal as OfCollective,
    ingenierie_individuelle::Refusal as OfIndividuelle, refusal::Common,
};
use projections::{SealedPlace, ingenieries as rows};
use uuid::Uuid;

use crate::{
    Error, Result,
    graphql::{
        capitalisation::{Capitalisation, essaimage::Reutilisation},
        consultation::Consultation,
        context::ContextExt,
        dla::Dla,
        evaluation::Evaluation,
        ingenierie_collective::{EtatIngenierie, IngenierieCollective, Jalons},
        ingenierie_individuelle::IngenierieIndividuelle,
        intervention::Intervention,
        plan_financement::PlanFinancement,
        referentiel::Code,
        regle::RegleEcartee,
        scalars::Version,
        sealed::{Readers, open},
        territoire::Territoire,
    },
};

/// An ingénierie: a mission that a DLA finances, for several structures (collective) or for one
/// (individuelle). What both show; ask for the rest with `... on IngenierieCollective` and
/// `... on IngenierieIndividuelle`.
#[expect(clippy::duplicated_attributes, reason = "several fields have one type")]
#[derive(Interface)]
#[graphql(
    field(name = "id", ty = "ID", desc = "The global id."),
    field(
        name = "version",
        ty = "Version",
        desc = "Send it back with a change to be told if someone else moved first."
    ),
    field(name = "etat", ty = "EtatIngenierie", desc = "How far it has come."),
    field(name = "jalons", ty = "Jalons", desc = "When it passed its milestones (jalons)."),
    field(name = "intitule", ty = "&str", desc = "Its working title."),
    field(name = "territoire", ty = "Territoire", desc = "Where it takes place."),
    field(
        name = "secteurs",
        ty = "Vec<Code>",
        desc = "The fields of activity of its structures: codes of `SECTEUR`."
    ),
    field(
        name = "types_prestation",
        ty = "Vec<Code>",
        desc = "The themes of Enée (the information system of the DLA): codes of \
                `TYPE_PRESTATION`."
    ),
    field(name = "porteur", ty = "Option<Dla>", desc = "The DLA that leads it."),
    field(name = "dlas", ty = "Vec<Dla>", desc = "The DLAs concerned, the one that leads first."),
    field(name = "structures_mobilisees", ty = "i32", desc = "How many structures take part now."),
    field(
        name = "regles_ecartees",
        ty = "Vec<RegleEcartee>",
        desc = "The rules that were set aside, oldest first, each with its justification."
    ),
    field(
        name = "plan_financement",
        ty = "Option<PlanFinancement>",
        desc = "What it costs and who pays. Null while no plan is opened, or when you may not \
                see it."
    ),
    field(
        name = "consultations",
        ty = "Vec<Consultation>",
        desc = "Its consultations of prestataires that you may see."
    ),
    field(
        name = "intervention",
        ty = "Option<Intervention>",
        desc = "Its intervention: the séances, who came, how it was followed. Absent until it \
                is opened."
    ),
    field(
        name = "evaluations",
        ty = "Vec<Evaluation>",
        desc = "Its evaluations: one at most today."
    ),
    field(
        name = "capitalisations",
        ty = "Vec<Capitalisation>",
        desc = "What it leaves to others: one capitalisation at most today, with its elements."
    ),
    field(
        name = "reutilisations",
        ty = "Vec<Reutilisation>",
        desc = "What it reuses of what other ingénieries left, of the elements that you may read."
    )
)]
pub(crate) enum Ingenierie {
    Collective(IngenierieCollective),
    Individuelle(IngenierieIndividuelle),
}

impl Ingenierie {
    /// The page of a row.
    pub(crate) fn of(row: rows::Ingenierie) -> Self {
        match row.genre {
            Genre::Collective => Self::Collective(IngenierieCollective(row)),
            Genre::Individuelle => Self::Individuelle(IngenierieIndividuelle(row)),
        }
    }
}

/// An ingénierie by its id, if the actor may see it.
pub(crate) async fn find(ctx: &Context<'_>, id: IngenierieId) -> Result<Option<Ingenierie>> {
    Ok(ctx.loaders().load_one(id).await?.map(Ingenierie::of))
}

/// What a command of one kind led to. Where it found nothing, whoever sees the dossier is told
/// that it is of the other kind.
pub(crate) async fn of_kind<T>(
    ctx: &Context<'_>,
    id: IngenierieId,
    genre: Genre,
    decided: Result<T>,
) -> Result<T> {
    let not_found = Refusal::from(Common::NotFound {});
    match &decided {
        Err(Error::Refused(no)) if *no == not_found => (),
        _ => return decided,
    }
    let dossier = ctx.log().either::<Dossier>(id).await?;
    if dossier.genre == genre || !ctx.actor().sees(&dossier.perimeter) {
        return decided;
    }
    Err(Error::Refused(match genre {
        Genre::Collective => OfCollective::NotCollective {}.into(),
        Genre::Individuelle => OfIndividuelle::NotIndividuelle {}.into(),
    }))
}

/// A part of a fiche, with the DLAs whose people read its sealed texts.
pub(crate) struct Part<T> {
    pub(crate) dlas: Arc<[Uuid]>,
    pub(crate) row: T,
}

impl<T> Part<T> {
    /// Another part of the same fiche.
    pub(crate) fn with<U>(&self, row: U) -> Part<U> {
        Part { dlas: self.dlas.clone(), row }
    }

    pub(crate) fn each<U: Clone, P>(&self, rows: &[U], part: impl Fn(Part<U>) -> P) -> Vec<P> {
        rows.iter().map(|it| part(self.with(it.clone()))).collect()
    }

    pub(crate) async fn open(
        &self,
        ctx: &Context<'_>,
        readers: Readers,
        place: &SealedPlace,
    ) -> Result<Option<String>> {
        open(ctx, readers, &self.dlas, place.position, &place.pointer).await
    }

    /// The same, of a text that may not have been given.
    pub(crate) async fn open_if_given(
        &self,
        ctx: &Context<'_>,
        readers: Readers,
        place: Option<&SealedPlace>,
    ) -> Result<Option<String>> {
        match place {
            Some(place) => self.open(ctx, readers, place).await,
            None => Ok(None),
        }
    }
}

/// Whether the actor may know that a structure is concerned.
pub(crate) fn shown(ctx: &Context<'_>, structure: Uuid) -> bool {
    ctx.scope()
        .own_structure()
        .is_none_or(|own| own == structure)
}
