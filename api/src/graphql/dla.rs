//! DLAs: the registry of who carries them, where they work, for whom, with how much.

pub(crate) mod comite;
mod fonds;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object, SimpleObject};
use domain::{
    DlaId, Liste, OrganisationId, PersonId, RoleName,
    dla::{self as rules, Priorites},
};
use eventlog::Outcome;
use projections::dlas::{self as rows, Filter, MODEL};
use uuid::Uuid;

use self::{comite::MembreComite, fonds::FondsIngenierie};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::{global, typed},
        organisation::{self, Organisation},
        paging::{self, List},
        past::{self, AsOfInput},
        referentiel::Code,
        request::{Recorded, Request, line, optional, prose},
        scalars::{Cents, Date, Position, Version},
        territoire::{Territoire, TerritoireInput},
    },
};

/// A DLA (dispositif local d'accompagnement): carried by one or several structures porteuses,
/// it accompanies the structures of its territories. Anyone with a token reads the registry.
pub(crate) struct Dla(pub(crate) Arc<rows::Dla>);

/// A DLA (dispositif local d'accompagnement): carried by one or several structures porteuses,
/// it accompanies the structures of its territories. Anyone with a token reads the registry.
#[Object]
impl Dla {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(DlaId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// Its name: `DLA 84`.
    async fn intitule(&self) -> &str {
        &self.0.intitule
    }

    /// The level at which it works.
    async fn niveau(&self) -> NiveauDla {
        self.0.niveau.into()
    }

    /// Where it works: at least one territory.
    async fn territoires(&self) -> Vec<Territoire> {
        let territoires = self.0.territoires.iter();
        territoires.filter_map(|it| Territoire::of(it)).collect()
    }

    /// The organisations that carry it (structures porteuses), in the order designated.
    async fn porteuses(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>> {
        organisation::find_all(ctx, &self.0.porteuses).await
    }

    /// When its comité d'appui (the partners who give opinions on its dossiers) was last
    /// constituted or renewed. Absent before the first time.
    async fn comite_constitue_on(&self) -> Option<Date> {
        self.0.comite_constitue_on.map(Date)
    }

    /// The persons who work for it (chargés de mission), by the ids that facts know them by;
    /// names are not here. Null for those who are neither of this DLA nor administrators.
    async fn charges_de_mission(&self, ctx: &Context<'_>) -> Option<&[Uuid]> {
        let keeps_registry = ctx.actor().role.name() == RoleName::Admin;
        (keeps_registry || ctx.scope().inside(&[self.0.id]))
            .then_some(self.0.charges_de_mission.as_slice())
    }

    /// Who sits in its comité d'appui (the committee that advises it). Null for those who are
    /// neither of this DLA nor administrators.
    async fn membres_comite(&self, ctx: &Context<'_>) -> Option<Vec<MembreComite>> {
        let keeps_registry = ctx.actor().role.name() == RoleName::Admin;
        let all = self.0.membres_comite.iter().cloned();
        (keeps_registry || ctx.scope().inside(&[self.0.id]))
            .then(|| all.map(MembreComite).collect())
    }

    /// Whom it means to accompany (priorités de ciblage), year by year.
    async fn priorites(&self) -> Vec<PrioritesCiblage> {
        self.0.priorites.iter().map(PrioritesCiblage::of).collect()
    }

    /// Its crédits d'ingénierie (what it may spend on ingénieries), year by year.
    async fn fonds(&self) -> Vec<FondsIngenierie> {
        let fonds = self.0.fonds.iter().cloned();
        fonds
            .map(|row| FondsIngenierie::of(self.0.id, row))
            .collect()
    }
}

/// A DLA by its id, as the registry shows it.
pub(crate) async fn find(ctx: &Context<'_>, id: Option<Uuid>) -> Result<Option<Dla>> {
    let Some(id) = id else { return Ok(None) };
    Ok(ctx.loaders().load_one(DlaId(id)).await?.map(Dla))
}

/// DLAs by their ids, in that order.
pub(crate) async fn find_all(ctx: &Context<'_>, ids: &[Uuid]) -> Result<Vec<Dla>> {
    let ids = ids.iter().map(|it| DlaId(*it));
    let mut found = ctx.loaders().load_many(ids.clone()).await?;
    Ok(ids.filter_map(|it| found.remove(&it)).map(Dla).collect())
}

/// The level at which a DLA works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::NiveauDla")]
pub(crate) enum NiveauDla {
    /// In a département.
    Departemental,
    /// In a région: it coordinates the others, and accompanies regional structures
    /// (formerly C2RA).
    Regional,
}

/// Whom a DLA means to accompany in a year (method, step 2 B1a).
#[derive(SimpleObject)]
pub(crate) struct PrioritesCiblage {
    /// The year.
    annee: i16,
    /// Fields of activity (`SECTEUR`).
    secteurs: Vec<Code>,
    /// Themes of accompaniment (`TYPE_PRESTATION`).
    themes: Vec<Code>,
}

impl PrioritesCiblage {
    fn of(it: &rows::Priorites) -> Self {
        let codes = |list, codes: &std::collections::BTreeSet<domain::Code>| {
            Code::all(list, codes.iter().map(domain::Code::as_str))
        };
        Self {
            annee: it.annee,
            secteurs: codes(Liste::Secteur, &it.secteurs),
            themes: codes(Liste::TypePrestation, &it.themes),
        }
    }
}

#[derive(Default)]
pub(crate) struct DlaQuery;

#[Object]
impl DlaQuery {
    /// The registry of DLAs, by name.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn dlas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<DlaFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<(String, Uuid), Dla>> {
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let asked = paging::asked(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().rows()?;
        let page = rows::list(ctx.reads(), ctx.scope(), &filter, asked.first, asked.after.clone());
        let row = |it: rows::Dla| ((it.intitule.clone(), it.id), Dla(it.into()));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count(ctx.reads(), ctx.scope(), &filter)).await
    }

    /// A DLA by its id.
    async fn dla(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
    ) -> Result<Option<Dla>> {
        let id: DlaId = typed(&id, "id")?;
        past::seen(ctx, as_of, || find(ctx, Some(id.0))).await
    }
}

/// What to look for among DLAs.
#[derive(Default, InputObject)]
pub(crate) struct DlaFilter {
    /// Those that work at this level.
    niveau: Option<NiveauDla>,
    /// Those that work there, or inside it as far as the codes show: the DLAs of a région.
    territoire: Option<TerritoireInput>,
}

impl DlaFilter {
    fn rows(self) -> Result<Filter> {
        let territoire = self.territoire.as_ref();
        Ok(Filter {
            niveau: self.niveau.map(Into::into),
            territoire: territoire
                .map(|it| it.parse("filter.territoire"))
                .transpose()?,
        })
    }
}

#[derive(Default)]
pub(crate) struct DlaMutation;

#[Object]
impl DlaMutation {
    /// Enters a DLA in the registry.
    async fn register_dla(&self, ctx: &Context<'_>, input: RegisterDlaInput) -> Result<DlaPayload> {
        let id = DlaId(input.request.command_id);
        let intitule = line("input.intitule", &input.intitule)?;
        let niveau = input.niveau.into();
        let territoires = input.territoires.iter().enumerate();
        let territoires: std::collections::BTreeSet<_> = territoires
            .map(|(n, it)| it.parse(&format!("input.territoires.{n}")))
            .collect::<Result<_>>()?;
        let decided = input.request.decide(ctx, id, |it: &domain::Dla, asked| {
            it.register_dla(asked, intitule.clone(), niveau, territoires.clone())
        });
        Ok(payload(id, decided.await?))
    }

    /// Has an organisation carry the DLA, alone or with others. It must hold the role
    /// `STRUCTURE_PORTEUSE`.
    async fn designate_structure_porteuse(
        &self,
        ctx: &Context<'_>,
        input: DesignateStructurePorteuseInput,
    ) -> Result<DlaPayload> {
        let id = typed(&input.dla, "input.dla")?;
        let porteuse: OrganisationId = typed(&input.porteuse, "input.porteuse")?;
        let gather = || ctx.log().seen::<domain::Organisation>(porteuse);
        let decided =
            input
                .request
                .decide_with(ctx, id, gather, |it: &domain::Dla, asked, porteuse| {
                    it.designate_structure_porteuse(asked, porteuse)
                });
        Ok(payload(id, decided.await?))
    }

    /// Notes that a person works for the DLA (chargé de mission).
    async fn appoint_charge_de_mission(
        &self,
        ctx: &Context<'_>,
        input: ChargeDeMissionInput,
    ) -> Result<DlaPayload> {
        let id = typed(&input.dla, "input.dla")?;
        let personne = PersonId(input.personne);
        let decided = input.request.decide(ctx, id, |it: &domain::Dla, asked| {
            it.appoint_charge_de_mission(asked, personne)
        });
        Ok(payload(id, decided.await?))
    }

    /// Notes that a person no longer works for the DLA.
    async fn depart_charge_de_mission(
        &self,
        ctx: &Context<'_>,
        input: DepartChargeDeMissionInput,
    ) -> Result<DlaPayload> {
        let id = typed(&input.dla, "input.dla")?;
        let personne = PersonId(input.personne);
        let motif = optional(prose, "input.motif", input.motif.as_ref())?;
        let decided = input.request.decide(ctx, id, |it: &domain::Dla, asked| {
            it.depart_charge_de_mission(asked, personne, motif.clone())
        });
        Ok(payload(id, decided.await?))
    }

    /// Says whom the DLA means to accompany in a year (priorités de ciblage). Saying otherwise
    /// later takes its place.
    async fn define_priorites_ciblage(
        &self,
        ctx: &Context<'_>,
        input: DefinePrioritesCiblageInput,
    ) -> Result<DlaPayload> {
        let id = typed(&input.dla, "input.dla")?;
        let annee = year(input.annee);
        let priorites = Priorites {
            secteurs: input.request.codes(
                ctx,
                Liste::Secteur,
                "input.secteurs",
                &input.secteurs,
            )?,
            themes: input.request.codes(
                ctx,
                Liste::TypePrestation,
                "input.themes",
                &input.themes,
            )?,
        };
        let decided = input.request.decide(ctx, id, |it: &domain::Dla, asked| {
            it.define_priorites_ciblage(asked, id, annee, priorites.clone())
        });
        Ok(payload(id, decided.await?))
    }

    /// Opens the crédits d'ingénierie of the DLA for a year: once a year.
    async fn open_fonds_ingenierie(
        &self,
        ctx: &Context<'_>,
        input: OpenFondsIngenierieInput,
    ) -> Result<DlaPayload> {
        let id = typed(&input.dla, "input.dla")?;
        let (annee, montant) = (year(input.annee), input.montant.0);
        let decided = input.request.decide(ctx, id, |it: &domain::Dla, asked| {
            it.open_fonds_ingenierie(asked, id, annee, montant)
        });
        Ok(payload(id, decided.await?))
    }

    /// Raises or lowers the crédits d'ingénierie of a year, once they are open, with the reason
    /// (INV-36).
    async fn adjust_fonds_ingenierie(
        &self,
        ctx: &Context<'_>,
        input: AdjustFondsIngenierieInput,
    ) -> Result<DlaPayload> {
        let id = typed(&input.dla, "input.dla")?;
        let fonds = (year(input.annee), input.montant.0);
        let motif = prose("input.motif", &input.motif)?;
        let decided = input.request.decide(ctx, id, |it: &domain::Dla, asked| {
            it.adjust_fonds_ingenierie(asked, id, fonds, motif.clone())
        });
        Ok(payload(id, decided.await?))
    }
}

/// A number that is no year at all is refused as one that is out of the scheme.
fn year(annee: i32) -> i16 {
    i16::try_from(annee).unwrap_or(i16::MAX)
}

/// A new DLA.
#[derive(InputObject)]
pub(crate) struct RegisterDlaInput {
    #[graphql(flatten)]
    request: Request,
    /// Its name: `DLA 84`.
    intitule: String,
    /// The level at which it works.
    niveau: NiveauDla,
    /// Where it works: from 1 to 200 territories.
    territoires: Vec<TerritoireInput>,
}

/// An organisation that carries a DLA.
#[derive(InputObject)]
pub(crate) struct DesignateStructurePorteuseInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA.
    dla: ID,
    /// The organisation: it must hold the role `STRUCTURE_PORTEUSE`.
    porteuse: ID,
}

/// A person who works for a DLA.
#[derive(InputObject)]
pub(crate) struct ChargeDeMissionInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA.
    dla: ID,
    /// The person, by a random UUID that you draw once and keep with the name: facts know
    /// people by id only.
    personne: Uuid,
}

/// A person who no longer works for a DLA.
#[derive(InputObject)]
pub(crate) struct DepartChargeDeMissionInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA.
    dla: ID,
    /// The person, by the UUID they were appointed with.
    personne: Uuid,
    /// Why, if it is to be kept. Sealed for the person: it is erased with them.
    motif: Option<String>,
}

/// Whom a DLA means to accompany in a year: at least one field or theme, at most 30 of each.
#[derive(InputObject)]
pub(crate) struct DefinePrioritesCiblageInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA.
    dla: ID,
    /// The year: from 2002 to five years ahead.
    annee: i32,
    /// Fields of activity: codes of `SECTEUR`.
    #[graphql(default)]
    secteurs: Vec<String>,
    /// Themes of accompaniment: codes of `TYPE_PRESTATION`.
    #[graphql(default)]
    themes: Vec<String>,
}

/// The crédits d'ingénierie of a DLA for one year.
#[derive(InputObject)]
pub(crate) struct OpenFondsIngenierieInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA.
    dla: ID,
    /// The year: from 2002 to five years ahead.
    annee: i32,
    /// What the DLA may spend on ingénieries that year.
    montant: Cents,
}

/// The crédits d'ingénierie of a DLA for one year, as they now are.
#[derive(InputObject)]
pub(crate) struct AdjustFondsIngenierieInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA.
    dla: ID,
    /// A year whose credits are open.
    annee: i32,
    /// What the DLA may now spend on ingénieries that year, in all.
    montant: Cents,
    /// Why. Sealed: those of the DLA read it.
    motif: String,
}

/// What every change of a DLA answers.
#[derive(MergedObject)]
pub(crate) struct DlaPayload(DlaChanged, Recorded);

fn payload(id: DlaId, outcome: Outcome) -> DlaPayload {
    DlaPayload(DlaChanged { id, outcome }, Recorded(outcome))
}

struct DlaChanged {
    id: DlaId,
    outcome: Outcome,
}

#[Object]
impl DlaChanged {
    /// The DLA, at least as recent as the change.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, Some(self.id.0)).await
    }
}
