//! Conventions with those who finance (RM-03): how they are seen; `liste` finds them and adds them
//! up, `mouvements` is what makes their figures.

pub(crate) mod commandes;
mod liste;
mod mouvements;
mod signature;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use domain::{ConventionId, convention_financement as rules};
use projections::conventions::{self as rows, Versement};
use uuid::Uuid;

pub(crate) use self::liste::ConventionQuery;
use self::mouvements::{
    AjoutConvention, Allocation, AvenantConvention, EngagementProgres, VersementConvention,
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        financement::MontantTrace,
        ids::global,
        organisation::{self, Organisation},
        scalars::{Cents, Date, Version},
        sealed::{Readers, open},
        territoire::Territoire,
    },
};

/// A convention between those who finance and DLAs: what is notified, set aside for ingénieries,
/// paid, and left. A convention cadre (framework agreement) fixes levels, and is not spent:
/// conventions de financement put it into effect. The DLAs that draw on it see it, and those who
/// finance.
pub(crate) struct ConventionFinancement(pub(crate) Arc<rows::Convention>);

/// A convention between those who finance and DLAs: what is notified, set aside for ingénieries,
/// paid, and left. A convention cadre (framework agreement) fixes levels, and is not spent:
/// conventions de financement put it into effect. The DLAs that draw on it see it, and those who
/// finance.
#[Object]
impl ConventionFinancement {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(ConventionId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// Whether it is a frame or money.
    async fn nature(&self) -> NatureConvention {
        self.0.nature.into()
    }

    /// Whether it finances the DLA year after year, or what it does once.
    async fn regime(&self) -> RegimeFinancement {
        self.0.regime.into()
    }

    /// Where it stands.
    async fn etat(&self) -> EtatConvention {
        self.0.etat.into()
    }

    /// Who notifies it.
    async fn financeur(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.financeur)).await
    }

    /// The other institutions that signed a cadre.
    async fn partenaires(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>> {
        organisation::find_all(ctx, self.0.organisations.get(1..).unwrap_or_default()).await
    }

    /// The DLAs that draw on it.
    async fn dlas(&self, ctx: &Context<'_>) -> Result<Vec<Dla>> {
        let found = self.0.dlas.iter().map(|it| dla::find(ctx, Some(*it)));
        let found = futures_util::future::try_join_all(found).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The structure porteuse (the organisation that carries a DLA) that receives the money.
    async fn beneficiaire(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.beneficiaire).await
    }

    /// By which its financeur knows it.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// What it is for.
    async fn objet(&self) -> &str {
        &self.0.objet
    }

    /// When it was signed.
    async fn signed_on(&self) -> Date {
        Date(self.0.signed_on)
    }

    /// The first day of its period.
    async fn du(&self) -> Date {
        Date(self.0.du)
    }

    /// The last day of its period.
    async fn au(&self) -> Date {
        Date(self.0.au)
    }

    /// The territories where it applies.
    async fn perimetre(&self) -> Vec<Territoire> {
        let all = self.0.perimetre.iter();
        all.filter_map(|it| Territoire::of(it)).collect()
    }

    /// The levels of a cadre, which are minima, the lowest first.
    async fn niveaux(&self) -> Vec<NiveauConvention> {
        let niveau = |(numero, it): (i32, &rows::Niveau)| NiveauConvention {
            numero,
            intitule: it.intitule.clone(),
            minimum: it.minimum_cents.into(),
        };
        (1..).zip(&self.0.niveaux).map(niveau).collect()
    }

    /// The cadre that it puts into effect. Null when there is none, or when you may not see it.
    async fn cadre(&self, ctx: &Context<'_>) -> Result<Option<ConventionFinancement>> {
        find(ctx, self.0.cadre).await
    }

    /// Which level of the cadre it puts into effect.
    async fn niveau(&self) -> Option<i32> {
        self.0.niveau
    }

    /// What is signed, as avenants left it; complements and supplements apart.
    async fn montant(&self) -> Cents {
        self.0.montant_cents.into()
    }

    /// The minimum of the level that it puts into effect.
    async fn minimum(&self) -> Option<Cents> {
        self.0.minimum_cents.map(Cents::from)
    }

    /// What comes above the minimum, supplements apart (RUL-25). Nothing without a minimum.
    async fn complement(&self) -> MontantTrace {
        let supplements: Vec<_> = self.0.supplements.iter().map(|it| it.position).collect();
        let by = self.0.notified_by.iter().copied();
        let by = by.filter(|it| self.0.minimum_cents.is_some() && !supplements.contains(it));
        MontantTrace::of(self.0.complement_cents, by)
    }

    /// What was added for priority areas.
    async fn supplement(&self) -> MontantTrace {
        let by = self.0.supplements.iter().map(|it| it.position);
        MontantTrace::of(self.0.supplement_cents, by)
    }

    /// What its financeur notified in all: signed, complements and supplements.
    async fn notified(&self) -> MontantTrace {
        MontantTrace::of(self.0.notified_cents, self.0.notified_by.iter().copied())
    }

    /// What is set aside for ingénieries, never above what is notified (INV-15).
    async fn allocated(&self) -> MontantTrace {
        MontantTrace::of(self.0.allocated_cents, self.allocated_by())
    }

    /// What its financeur paid, never above what is notified.
    async fn paid(&self) -> MontantTrace {
        MontantTrace::of(self.0.paid_cents, self.paid_by())
    }

    /// What is left to set aside.
    async fn remaining(&self) -> MontantTrace {
        let by = self
            .0
            .notified_by
            .iter()
            .copied()
            .chain(self.allocated_by());
        MontantTrace::of(self.0.notified_cents - self.0.allocated_cents, by)
    }

    /// What is left to pay.
    async fn unpaid(&self) -> MontantTrace {
        let by = self.0.notified_by.iter().copied().chain(self.paid_by());
        MontantTrace::of(self.0.notified_cents - self.0.paid_cents, by)
    }

    /// What changed it since it was signed, in order.
    async fn avenants(&self) -> Vec<AvenantConvention> {
        let avenant =
            |row: &rows::Avenant| AvenantConvention { row: row.clone(), of: self.readers() };
        self.0.avenants.iter().map(avenant).collect()
    }

    /// What its financeur added to the minimum, in order.
    async fn complements(&self) -> Vec<AjoutConvention> {
        self.0.complements.iter().map(AjoutConvention::of).collect()
    }

    /// What its financeur added for priority areas, in order.
    async fn supplements(&self) -> Vec<AjoutConvention> {
        self.0.supplements.iter().map(AjoutConvention::of).collect()
    }

    /// What organisations committed themselves to, by a contrat de progrès.
    async fn engagements(&self) -> Vec<EngagementProgres> {
        let all = self.0.engagements.iter().cloned();
        all.map(EngagementProgres).collect()
    }

    /// What was set aside for ingénieries, in order; those given back are still listed.
    async fn allocations(&self) -> Vec<Allocation> {
        let allocation =
            |row: &rows::Allocation| Allocation { row: row.clone(), of: self.readers() };
        self.0.allocations.iter().map(allocation).collect()
    }

    /// What its financeur paid, in order; those struck out are still listed, and no longer count.
    async fn versements(&self) -> Vec<VersementConvention> {
        let versement =
            |row: &Versement| VersementConvention { row: row.clone(), of: self.readers() };
        self.0.versements.iter().map(versement).collect()
    }

    /// What an open file on subventions says of it beside the rest.
    async fn subvention(&self) -> DonneesSubvention {
        DonneesSubvention::of(&self.0.subvention)
    }

    /// How a ponctuel funding goes with the permanent one of the same collectivité (RUL-18).
    async fn articulation(&self) -> Option<&str> {
        self.0.articulation.as_deref()
    }

    /// When it was closed; absent before.
    async fn closed_on(&self) -> Option<Date> {
        self.0.closed_on.map(Date)
    }

    /// Why it was closed. Its DLAs and its financeur read it; absent for others, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.readers().open(ctx, self.0.motif.as_ref()).await
    }
}

impl ConventionFinancement {
    fn allocated_by(&self) -> impl Iterator<Item = i64> {
        self.0
            .allocations
            .iter()
            .flat_map(|it| it.positions.iter().copied())
    }

    fn paid_by(&self) -> impl Iterator<Item = i64> {
        self.0
            .versements
            .iter()
            .flat_map(|it| it.positions.iter().copied())
    }

    fn readers(&self) -> Lecteurs {
        Lecteurs { dlas: self.0.dlas.clone(), financeur: self.0.financeur }
    }
}

/// Those who read why a convention changed.
#[derive(Debug, Clone)]
struct Lecteurs {
    dlas: Vec<Uuid>,
    financeur: Uuid,
}

impl Lecteurs {
    async fn open(
        &self,
        ctx: &Context<'_>,
        place: Option<&projections::SealedPlace>,
    ) -> Result<Option<String>> {
        let Some(place) = place else { return Ok(None) };
        let readers = Readers::DlasAnd(self.financeur.into());
        open(ctx, readers, &self.dlas, place.position, &place.pointer).await
    }
}

/// One convention, if the caller may see it.
pub(crate) async fn find(
    ctx: &Context<'_>,
    id: Option<Uuid>,
) -> Result<Option<ConventionFinancement>> {
    let Some(id) = id else { return Ok(None) };
    let row = ctx.loaders().load_one(ConventionId(id)).await?;
    Ok(row.map(ConventionFinancement))
}

/// Whether a convention is a frame or money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::NatureConvention")]
pub(crate) enum NatureConvention {
    /// A convention cadre: a frame between partners, which is not spent.
    Cadre,
    /// Money, for some DLAs.
    Financement,
}

/// Whether a collectivité or another institution finances the DLA, or what it does once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Regime")]
pub(crate) enum RegimeFinancement {
    /// The DLA, year after year.
    Permanent,
    /// An ingénierie, or some of them.
    Ponctuel,
}

/// Where a convention stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::Etat")]
pub(crate) enum EtatConvention {
    /// Not closed, whatever its period.
    Ouverte,
    /// Nothing more happens to it.
    Close,
}

/// A level of a convention cadre: whoever puts it into effect brings at least so much.
#[derive(SimpleObject)]
pub(crate) struct NiveauConvention {
    /// Its number, from 1.
    numero: i32,
    /// What it is called.
    intitule: String,
    /// The least that is brought.
    minimum: Cents,
}

/// In money, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::NatureSubvention")]
pub(crate) enum NatureSubvention {
    /// Money.
    Numeraire,
    /// In kind: a loan of premises, of people.
    Nature,
    /// Both.
    NumeraireEtNature,
}

/// How a subvention is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::ConditionsVersement")]
pub(crate) enum ConditionsVersement {
    /// At once.
    Unique,
    /// By instalments.
    Echelonne,
    /// As it is described.
    Autre,
}

/// What an open file on subventions (SCDL) says of a convention beside the rest.
#[derive(SimpleObject)]
pub(crate) struct DonneesSubvention {
    /// In money, or not.
    nature: NatureSubvention,
    /// How it is paid.
    conditions: ConditionsVersement,
    /// How it is paid, when neither at once nor by instalments.
    precision: Option<String>,
    /// The first day on which it is paid.
    versement_du: Option<Date>,
    /// The last day, when it is not the first.
    versement_au: Option<Date>,
    /// The number of the aid in the répertoire des aides aux entreprises.
    rae: Option<String>,
    /// Whether the European Commission was told.
    #[graphql(name = "notificationUE")]
    notification_ue: bool,
    /// The dispositif d'aide it belongs to.
    dispositif: Option<String>,
}

impl DonneesSubvention {
    fn of(it: &rules::Subvention) -> Self {
        Self {
            nature: it.nature.into(),
            conditions: it.conditions.into(),
            precision: it.precision.as_ref().map(|it| it.as_str().to_owned()),
            versement_du: it.versement_du.map(Date),
            versement_au: it.versement_au.map(Date),
            rae: it.rae.as_ref().map(|it| it.as_str().to_owned()),
            notification_ue: it.notification_ue,
            dispositif: it.dispositif.as_ref().map(|it| it.as_str().to_owned()),
        }
    }
}
