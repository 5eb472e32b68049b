//! What DLAs did, what it cost and who paid: counted, added up, compared (RM-15).

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{DlaId, Liste};
use projections::{
    AsOf, ReadModel, dlas, financements, historique, ingenieries, interventions,
    statistiques::{self as rows, Dimension, Figures, Filter},
};

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        financement::MontantTrace,
        ids::typed,
        ingenierie_collective::EtatIngenierie,
        paging::{self, AsOfObject},
        past::{self, AsOfInput},
        plan_financement::Contributeur,
        referentiel::Code,
        request::code_if_given,
        scalars::{Cents, Date, Jours, Position, count},
        territoire::{Territoire, TerritoireInput},
    },
};

/// What it is counted from.
const MODELS: [&ReadModel; 5] = [
    &dlas::MODEL,
    &financements::MODEL,
    &historique::MODEL,
    &ingenieries::MODEL,
    &interventions::MODEL,
];

#[derive(Default)]
pub(crate) struct StatistiquesQuery;

#[Object]
impl StatistiquesQuery {
    /// What DLAs did, what it cost and who paid, of the dossiers that you may see: in a region,
    /// over a period, in a sector. Costs count the plans de financement that you may see.
    async fn statistiques_activite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ingénieries count.")] filter: Option<StatistiquesFilter>,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<StatistiquesActivite> {
        let filter = filter.unwrap_or_default().rows(ctx)?;
        past::travel(ctx, as_of).await?;
        paging::reached(ctx.reads(), &MODELS, at_least_position).await?;
        let as_of = ctx.reads().as_of_all(&MODELS).await?;
        Ok(StatistiquesActivite { filter, as_of })
    }
}

/// Which ingénieries count. What is left out restricts nothing.
#[derive(Default, InputObject)]
pub(crate) struct StatistiquesFilter {
    /// Initiated on this day or later.
    from: Option<Date>,
    /// Initiated on this day or earlier.
    to: Option<Date>,
    /// That take place there, or inside it as far as the codes show: a département lies in its
    /// région, a commune or a QPV in its département.
    territoire: Option<TerritoireInput>,
    /// Of this field of activity (`SECTEUR`).
    secteur: Option<String>,
    /// Of this theme, among others perhaps (`TYPE_PRESTATION`).
    theme: Option<String>,
    /// That concern this DLA.
    dla: Option<ID>,
    /// That stand there.
    etat: Option<EtatIngenierie>,
}

impl StatistiquesFilter {
    fn rows(self, ctx: &Context<'_>) -> Result<Filter> {
        let dla = |it: &ID| typed::<DlaId>(it, "filter.dla");
        let territoire = |it: &TerritoireInput| it.parse("filter.territoire");
        let (secteur, theme) = (self.secteur.as_deref(), self.theme.as_deref());
        Ok(Filter {
            from: self.from.map(|it| it.0),
            to: self.to.map(|it| it.0),
            territoire: self.territoire.as_ref().map(territoire).transpose()?,
            secteur: code_if_given(ctx, Liste::Secteur, "filter.secteur", secteur)?,
            theme: code_if_given(ctx, Liste::TypePrestation, "filter.theme", theme)?,
            dla: self.dla.as_ref().map(dla).transpose()?,
            etat: self.etat.map(Into::into),
        })
    }
}

/// By what figures are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Dimension")]
pub(crate) enum DimensionStatistique {
    /// The year in which the ingénierie was initiated.
    Annee,
    /// The département, as far as the codes show.
    Departement,
    /// The DLA: an ingénierie of several counts for each.
    Dla,
    /// Where the ingénierie stands.
    Etat,
    /// The région, as far as the codes show.
    Region,
    /// The field of activity: an ingénierie of several counts for each.
    Secteur,
    /// The territory itself.
    Territoire,
    /// The theme: an ingénierie of several counts for each.
    Theme,
}

/// What DLAs did, what it cost and who paid.
pub(crate) struct StatistiquesActivite {
    filter: Filter,
    as_of: AsOf,
}

/// What DLAs did, what it cost and who paid.
#[Object]
impl StatistiquesActivite {
    /// How recent the answer is.
    async fn as_of(&self) -> AsOfObject {
        self.as_of.into()
    }

    /// All that the filter finds.
    async fn totals(&self, ctx: &Context<'_>) -> Result<FiguresActivite> {
        let all = rows::figures(ctx.reads(), ctx.scope(), &self.filter, None).await?;
        Ok(FiguresActivite(all.into_iter().next().unwrap_or_default()))
    }

    /// The same, part by part, the largest first. Parts may share ingénieries, and then add up to
    /// more than the totals.
    #[graphql(complexity = "20 * child_complexity + 1")]
    async fn par(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By what they are told apart.")] dimension: DimensionStatistique,
    ) -> Result<Vec<PartActivite>> {
        let dimension = dimension.into();
        let parts = rows::figures(ctx.reads(), ctx.scope(), &self.filter, Some(dimension)).await?;
        Ok(parts
            .into_iter()
            .map(|row| PartActivite { dimension, row })
            .collect())
    }

    /// Who pays, from which source, beginning with who is thought of for most.
    #[graphql(complexity = "20 * child_complexity + 1")]
    async fn financements(&self, ctx: &Context<'_>) -> Result<Vec<PartFinancement>> {
        let parts = rows::parts(ctx.reads(), ctx.scope(), &self.filter).await?;
        Ok(parts.into_iter().map(PartFinancement).collect())
    }

    /// The crédits d'ingénierie of your DLAs that work there, year by year. Of the filter, only
    /// the territory and the DLA restrict them.
    async fn fonds(&self, ctx: &Context<'_>) -> Result<Vec<FondsTerritoire>> {
        let years = rows::fonds(ctx.reads(), ctx.scope(), &self.filter).await?;
        Ok(years.into_iter().map(FondsTerritoire).collect())
    }

    /// The facts that make these figures, in rising order.
    #[graphql(complexity = "paging::positions_cost(first)")]
    async fn positions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 1,000.")] first: i32,
        #[graphql(desc = "The position after which to start: the last that you have.")]
        after: Option<Position>,
    ) -> Result<Vec<Position>> {
        let first = paging::positions(first)?;
        let after = after.map_or(0, |it| it.0);
        let found = rows::positions(ctx.reads(), ctx.scope(), &self.filter, first, after).await?;
        Ok(found.into_iter().map(Position).collect())
    }
}

/// What some ingénieries have in common, and what they add up to.
pub(crate) struct PartActivite {
    dimension: Dimension,
    row: Figures,
}

/// What some ingénieries have in common, and what they add up to.
#[Object]
impl PartActivite {
    /// What they have in common, as it is looked for: a code, a year, the id of a DLA. Absent for
    /// those that have no such thing.
    async fn cle(&self) -> Option<&str> {
        self.row.cle.as_deref()
    }

    /// The sector or the theme, when they are told apart by it.
    async fn code(&self) -> Option<Code> {
        let list = match self.dimension {
            Dimension::Secteur => Liste::Secteur,
            Dimension::Theme => Liste::TypePrestation,
            _ => return None,
        };
        Some(Code::new(list, self.row.cle.clone()?))
    }

    /// The DLA, when they are told apart by it.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        let id = self.row.cle.as_ref().and_then(|it| it.parse().ok());
        match self.dimension {
            Dimension::Dla => dla::find(ctx, id).await,
            _ => Ok(None),
        }
    }

    /// The territory, when they are told apart by it.
    async fn territoire(&self) -> Option<Territoire> {
        match self.dimension {
            Dimension::Departement | Dimension::Region | Dimension::Territoire => {
                Territoire::of(self.row.cle.as_ref()?)
            }
            _ => None,
        }
    }

    /// What they add up to.
    async fn figures(&self) -> FiguresActivite {
        FiguresActivite(self.row.clone())
    }
}

/// What some ingénieries add up to.
pub(crate) struct FiguresActivite(Figures);

/// What some ingénieries add up to.
#[Object]
impl FiguresActivite {
    /// How many ingénieries.
    async fn ingenieries(&self) -> i32 {
        count(self.0.ingenieries)
    }

    /// How many structures take part, each counted once.
    async fn structures(&self) -> i32 {
        count(self.0.structures)
    }

    /// How many times a structure takes part: once an ingénierie.
    async fn participations(&self) -> i32 {
        count(self.0.participations)
    }

    /// How many days of intervention are planned, on all territories.
    async fn jours(&self) -> Jours {
        Jours(domain::QuarterDays(count(self.0.jours)))
    }

    /// How many séances were held.
    async fn seances_tenues(&self) -> i32 {
        count(self.0.seances)
    }

    /// How many prestataires and partners held them, each counted once.
    async fn intervenants(&self) -> i32 {
        count(self.0.intervenants)
    }

    /// How many DLAs are concerned.
    async fn dlas(&self) -> i32 {
        count(self.0.dlas)
    }

    /// In how many territories.
    async fn territoires(&self) -> i32 {
        count(self.0.territoires)
    }

    /// Of these, how many quartiers prioritaires (QPV).
    async fn qpv(&self) -> i32 {
        count(self.0.qpv)
    }

    /// How many plans de financement are counted in what follows.
    async fn plans(&self) -> i32 {
        count(self.0.plans)
    }

    /// What is to be paid for, in cash.
    async fn cout(&self) -> Cents {
        self.0.cout_cents.into()
    }

    /// What it came to, as far as it was recorded.
    async fn realise(&self) -> Cents {
        self.0.realise_cents.into()
    }

    /// What was promised, or else what is sought: without those who declined.
    async fn retained(&self) -> Cents {
        self.0.retained_cents.into()
    }

    /// What was promised.
    async fn granted(&self) -> Cents {
        self.0.granted_cents.into()
    }

    /// What was paid.
    async fn paid(&self) -> Cents {
        self.0.paid_cents.into()
    }

    /// The time given, valued apart from cash.
    async fn valorisation(&self) -> Cents {
        self.0.valorisation_cents.into()
    }

    /// What an ingénierie costs for each structure that takes part in it, to the nearest cent.
    /// Absent when no plan has structures.
    async fn cout_par_structure(&self) -> Option<Cents> {
        each(self.0.cout_structures_cents, self.0.participations_payees)
    }

    /// What an ingénierie costs for each day of intervention that it plans, to the nearest cent.
    /// Absent when no plan has days.
    async fn cout_par_jour(&self) -> Option<Cents> {
        let quarters = self.0.jours_payes;
        each(self.0.cout_jours_cents.saturating_mul(4), quarters)
    }
}

/// Who pays for ingénieries, and from which source.
pub(crate) struct PartFinancement(rows::Part);

/// Who pays for ingénieries, and from which source.
#[Object]
impl PartFinancement {
    /// Who it is.
    async fn contributeur(&self, ctx: &Context<'_>) -> Result<Option<Contributeur>> {
        Contributeur::find(ctx, self.0.financeur, self.0.dla).await
    }

    /// From which source (`SOURCE_FINANCEMENT`).
    async fn source(&self) -> Code {
        Code::new(Liste::SourceFinancement, &self.0.source)
    }

    /// For how many ingénieries.
    async fn ingenieries(&self) -> i32 {
        count(self.0.ingenieries)
    }

    /// How much it is thought of for, whatever it answered.
    async fn sought(&self) -> Cents {
        self.0.sought_cents.into()
    }

    /// How much of it it was asked for.
    async fn requested(&self) -> Cents {
        self.0.requested_cents.into()
    }

    /// How much it promised, with the facts of its lines.
    async fn granted(&self) -> MontantTrace {
        MontantTrace::of(self.0.granted_cents, self.0.positions.iter().copied())
    }

    /// How much it paid.
    async fn paid(&self) -> Cents {
        self.0.paid_cents.into()
    }
}

/// The crédits d'ingénierie of several DLAs for one year.
pub(crate) struct FondsTerritoire(rows::Fonds);

/// The crédits d'ingénierie of several DLAs for one year.
#[Object]
impl FondsTerritoire {
    /// The year.
    async fn annee(&self) -> i32 {
        self.0.annee
    }

    /// How many DLAs opened theirs.
    async fn dlas(&self) -> i32 {
        count(self.0.dlas)
    }

    /// What they may spend.
    async fn montant(&self) -> Cents {
        self.0.montant_cents.into()
    }

    /// What they promised to plans de financement that year.
    async fn engage(&self) -> Cents {
        self.0.engage_cents.into()
    }

    /// What they paid of it, in whichever year.
    async fn paid(&self) -> Cents {
        self.0.paid_cents.into()
    }

    /// What is left to promise. Below zero when more was promised than opened.
    async fn remaining(&self) -> Cents {
        (self.0.montant_cents - self.0.engage_cents).into()
    }
}

/// An amount shared between so many, to the nearest cent, halves up.
fn each(cents: i64, many: i64) -> Option<Cents> {
    let (cents, many) = (i128::from(cents), i128::from(many));
    let each = (2 * cents + many).checked_div(2 * many)?;
    Some(i64::try_from(each).unwrap_or(i64::MAX).into())
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn a_cost_is_shared_to_the_nearest_cent() {
        assert_eq!(each(1_000, 3).map(|it| it.0.0), Some(333));
        assert_eq!(each(1_001, 2).map(|it| it.0.0), Some(501));
        assert_eq!(each(0, 4).map(|it| it.0.0), Some(0));
    }

    #[test]
    fn nobody_shares_nothing() {
        assert_eq!(each(1_000, 0), None);
    }
}
