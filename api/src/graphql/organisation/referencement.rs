//! What a prestataire offers to the network, and what it did for it.

use std::collections::BTreeSet;

use async_graphql::{Context, ID, InputObject, Object};
use domain::{
    IngenierieId, Line, Liste, OrganisationId,
    organisation::referencement::{self as rules, REFERENCEMENT_MAX},
};
use projections::annuaires::Experience;

use super::{OrganisationPayload, payload};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        ingenierie::Ingenierie,
        loaders::ExperienceOf,
        referentiel::Code,
        request::{Request, line, prose},
        scalars::Date,
        territoire::{Territoire, TerritoireInput},
    },
};

/// What a prestataire offers to the network: in what, for whom, where.
pub(crate) struct ReferencementPrestataire(pub(super) rules::Referencement);

/// What a prestataire offers to the network: in what, for whom, where.
#[Object]
impl ReferencementPrestataire {
    /// The themes of its missions: codes of `TYPE_PRESTATION`.
    async fn themes(&self) -> Vec<Code> {
        Code::all(Liste::TypePrestation, self.0.themes.iter().map(domain::Code::as_str))
    }

    /// The sectors that it knows: codes of `SECTEUR`. Empty when it works for all.
    async fn secteurs(&self) -> Vec<Code> {
        Code::all(Liste::Secteur, self.0.secteurs.iter().map(domain::Code::as_str))
    }

    /// Where it takes missions. Empty when it goes everywhere.
    async fn territoires(&self) -> Vec<Territoire> {
        self.0.territoires.iter().map(Territoire::from).collect()
    }

    /// Its skills, in the words of the trade.
    async fn competences(&self) -> Vec<&str> {
        self.0.competences.iter().map(Line::as_str).collect()
    }
}

/// What a prestataire did for the network, as far as it is known here.
pub(crate) struct ExperiencePrestataire(Experience);

impl ExperiencePrestataire {
    /// Those of the DLAs read it, and the prestataire itself.
    pub(super) async fn of(ctx: &Context<'_>, id: OrganisationId) -> Result<Option<Self>> {
        let own = ctx.actor().answers_for() == Some(id);
        if !own && !ctx.scope().inside(&ctx.scope().dlas) {
            return Ok(None);
        }
        Ok(ctx.loaders().load_one(ExperienceOf(id)).await?.map(Self))
    }
}

/// What a prestataire did for the network, as far as it is known here.
#[Object]
impl ExperiencePrestataire {
    /// How many consultations asked it.
    async fn consultations(&self) -> i32 {
        self.0.consultations
    }

    /// How many chose it, missions awarded without competition included.
    async fn choix(&self) -> i32 {
        self.0.choix
    }

    /// How many séances it led.
    async fn seances(&self) -> i32 {
        self.0.seances
    }

    /// When the last one was. Absent when it led none.
    async fn last_seance_on(&self) -> Option<Date> {
        self.0.last_seance_on.map(Date)
    }

    /// The ingénieries where it was chosen or led séances, the last one first: those that you may
    /// see.
    async fn ingenieries(&self, ctx: &Context<'_>) -> Result<Vec<Ingenierie>> {
        let ids = self.0.ingenieries.iter().map(|it| IngenierieId(*it));
        let mut found = ctx.loaders().load_many(ids.clone()).await?;
        let seen = ids.filter_map(|it| found.remove(&it));
        Ok(seen.map(Ingenierie::of).collect())
    }
}

#[derive(Default)]
pub(crate) struct ReferencementMutation;

#[Object]
impl ReferencementMutation {
    /// References an organisation in the directory of prestataires, or says anew what it offers.
    /// It holds the role `PRESTATAIRE`.
    async fn reference_prestataire(
        &self,
        ctx: &Context<'_>,
        input: ReferencePrestataireInput,
    ) -> Result<OrganisationPayload> {
        let id: OrganisationId = typed(&input.organisation, "input.organisation")?;
        let referencement = input.parse(ctx)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Organisation, asked| {
                it.reference_prestataire(asked, referencement.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Takes an organisation out of the directory of prestataires. The reason is mandatory
    /// (INV-36).
    async fn end_referencement_prestataire(
        &self,
        ctx: &Context<'_>,
        input: EndReferencementPrestataireInput,
    ) -> Result<OrganisationPayload> {
        let id: OrganisationId = typed(&input.organisation, "input.organisation")?;
        let motif = prose("input.motif", &input.motif)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Organisation, asked| {
                it.end_referencement_prestataire(asked, id, motif.clone())
            });
        Ok(payload(id, decided.await?))
    }
}

/// What a prestataire offers: at least one theme or skill.
#[derive(InputObject)]
pub(crate) struct ReferencePrestataireInput {
    #[graphql(flatten)]
    request: Request,
    /// The organisation.
    organisation: ID,
    /// The themes of its missions: codes of `TYPE_PRESTATION`, at most 30.
    #[graphql(default)]
    themes: Vec<String>,
    /// The sectors that it knows: codes of `SECTEUR`, at most 30. None stands for all.
    #[graphql(default)]
    secteurs: Vec<String>,
    /// Where it takes missions, at most 30 places. None stands for everywhere.
    #[graphql(default)]
    territoires: Vec<TerritoireInput>,
    /// Its skills, at most 30, each on one line. Anyone with a token reads them: name nobody.
    #[graphql(default)]
    competences: Vec<String>,
}

impl ReferencePrestataireInput {
    fn parse(&self, ctx: &Context<'_>) -> Result<rules::Referencement> {
        let request = &self.request;
        let territoires = self
            .territoires
            .iter()
            .take(REFERENCEMENT_MAX + 1)
            .enumerate();
        let territoires = territoires.map(|(n, it)| it.parse(&format!("input.territoires.{n}")));
        let competences = self
            .competences
            .iter()
            .take(REFERENCEMENT_MAX + 1)
            .enumerate();
        let competences = competences.map(|(n, it)| line(&format!("input.competences.{n}"), it));
        Ok(rules::Referencement {
            themes: request.codes(ctx, Liste::TypePrestation, "input.themes", &self.themes)?,
            secteurs: request.codes(ctx, Liste::Secteur, "input.secteurs", &self.secteurs)?,
            territoires: territoires.collect::<Result<_>>()?,
            competences: competences.collect::<Result<BTreeSet<_>>>()?,
        })
    }
}

/// A referencing that ends.
#[derive(InputObject)]
pub(crate) struct EndReferencementPrestataireInput {
    #[graphql(flatten)]
    request: Request,
    /// The organisation.
    organisation: ID,
    /// Why it ends (INV-36). Sealed.
    motif: String,
}
