//! What one financeur pays for, beside whom, and what awaits its answer (RM-02). Each figure
//! says which facts make it.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::{DlaId, IngenierieId, Liste, OrganisationId};
use projections::{
    AsOf,
    financements::{self as rows, Filter, Ligne, MODEL},
};

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::{global, typed},
        ingenierie::{self, Ingenierie},
        organisation::{self, Organisation},
        paging::{self, AsOfObject, List},
        past::{self, AsOfInput},
        plan_financement::{
            self, Contributeur, EtatRessource, PlanFinancement, RessourceFinancement,
        },
        request::code_if_given,
        scalars::{Cents, Date, Position},
        territoire::{Territoire, TerritoireInput},
    },
};

#[derive(Default)]
pub(crate) struct FinancementQuery;

#[Object]
impl FinancementQuery {
    /// What a financeur (funder) pays for or is asked to: its lines, ingénierie by ingénierie,
    /// their sums, its leverage, and what awaits its answer. A financeur asks for itself only;
    /// those of a DLA see of it the plans that they may see. Null when it is not yours to ask.
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn financement_partenaire(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation, in its role of financeur.")] financeur: ID,
        #[graphql(desc = "Which of its lines.")] filter: Option<FinancementFilter>,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<Option<FinancementPartenaire>> {
        let financeur: OrganisationId = typed(&financeur, "financeur")?;
        // Those who answer for an organisation see the plans in which it stands, beside the
        // lines of others: of others, they may not ask.
        if ctx.actor().answers_for().is_some_and(|it| it != financeur) {
            return Ok(None);
        }
        let filter = filter.unwrap_or_default().rows(ctx, financeur)?;
        past::travel(ctx, as_of).await?;
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        // Before anything is read: the sums count at least that much.
        let as_of = ctx.reads().as_of(&MODEL).await?;
        Ok(Some(FinancementPartenaire(filter, as_of)))
    }
}

/// Which lines of a financeur. What is left out restricts nothing.
#[derive(Default, InputObject)]
pub(crate) struct FinancementFilter {
    /// Thought of (sought) on this day or later.
    from: Option<Date>,
    /// Thought of (sought) on this day or earlier.
    to: Option<Date>,
    /// For the ingénieries of this DLA, or that it helps pay for.
    dla: Option<ID>,
    /// For the ingénieries that take place there, or inside it as far as the codes show: a
    /// département lies in its région, a commune or a QPV in its département.
    territoire: Option<TerritoireInput>,
    /// For the ingénieries of this field of activity (`SECTEUR`).
    secteur: Option<String>,
    /// For the ingénieries of this theme, among others perhaps (`TYPE_PRESTATION`).
    theme: Option<String>,
    /// That have come so far.
    etat: Option<EtatRessource>,
}

impl FinancementFilter {
    fn rows(self, ctx: &Context<'_>, financeur: OrganisationId) -> Result<Filter> {
        let dla = |it: &ID| typed::<DlaId>(it, "filter.dla");
        let territoire = |it: &TerritoireInput| it.parse("filter.territoire");
        let (secteur, theme) = (self.secteur.as_deref(), self.theme.as_deref());
        Ok(Filter {
            financeur,
            from: self.from.map(|it| it.0),
            to: self.to.map(|it| it.0),
            dla: self.dla.as_ref().map(dla).transpose()?,
            territoire: self.territoire.as_ref().map(territoire).transpose()?,
            state: self.etat.map(Into::into),
            secteur: code_if_given(ctx, Liste::Secteur, "filter.secteur", secteur)?,
            theme: code_if_given(ctx, Liste::TypePrestation, "filter.theme", theme)?,
        })
    }
}

/// What a financeur (funder) pays for or is asked to, as far as you may see it.
pub(crate) struct FinancementPartenaire(Filter, AsOf);

/// What a financeur (funder) pays for or is asked to, as far as you may see it.
#[Object]
impl FinancementPartenaire {
    /// The organisation, in its role of financeur.
    async fn financeur(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.financeur.0)).await
    }

    /// How recent the answer is.
    async fn as_of(&self) -> AsOfObject {
        self.1.into()
    }

    /// The sums of the lines that the filter finds, over all ingénieries.
    async fn totals(&self, ctx: &Context<'_>) -> Result<TotauxPartenaire> {
        let row = rows::totals_by_partenaire(ctx.reads(), ctx.scope(), &self.0).await?;
        Ok(TotauxPartenaire { filter: self.0.clone(), row })
    }

    /// The ingénieries of the lines that the filter finds, the last thought of first.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn ingenieries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
    ) -> Result<List<i64, FinancementIngenierie>> {
        let asked = paging::asked(first, after.as_deref())?;
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let page = rows::by_partenaire(reads, scope, &self.0, asked.first, asked.after);
        let row = |it: rows::Financement| (it.position, FinancementIngenierie(it));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count_by_partenaire(reads, scope, &self.0)).await
    }

    /// The lines that await the financeur's answer, the longest first. The filter does not
    /// restrict them.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn awaiting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
    ) -> Result<List<i64, RessourceFinancement>> {
        let asked = paging::asked(first, after.as_deref())?;
        let (reads, scope, financeur) = (ctx.reads(), ctx.scope(), self.0.financeur);
        let page = rows::awaiting(reads, scope, financeur, asked.first, asked.after);
        let row = |it: Ligne| (it.last_position, RessourceFinancement(it));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count_awaiting(reads, scope, financeur)).await
    }
}

/// A financeur's lines, added up.
pub(crate) struct TotauxPartenaire {
    filter: Filter,
    row: rows::Totals,
}

/// A financeur's lines, added up.
#[Object]
impl TotauxPartenaire {
    /// How many ingénieries they are for.
    async fn ingenieries(&self) -> i32 {
        i32::try_from(self.row.ingenieries).unwrap_or(i32::MAX)
    }

    /// How much the financeur is thought of for, whatever it answered.
    async fn sought(&self) -> Cents {
        self.row.sought_cents.into()
    }

    /// How much of it the financeur was asked for.
    async fn requested(&self) -> Cents {
        self.row.requested_cents.into()
    }

    /// How much it promised.
    async fn granted(&self) -> Cents {
        self.row.granted_cents.into()
    }

    /// How much it paid.
    async fn paid(&self) -> Cents {
        self.row.paid_cents.into()
    }

    /// How much all others promised to the ingénieries to which it promised something.
    async fn others_granted(&self) -> Cents {
        self.row.others_granted_cents.into()
    }

    /// How many structures take part in the ingénieries to which it promised something, each
    /// counted once.
    async fn structures(&self) -> i32 {
        i32::try_from(self.row.structures).unwrap_or(i32::MAX)
    }

    /// Where these ingénieries take place, each territory once: quartiers prioritaires (QPV) among
    /// them.
    async fn territoires(&self) -> Vec<Territoire> {
        let territoires = self.row.territoires.iter();
        territoires.filter_map(|it| Territoire::of(it)).collect()
    }

    /// Its leverage (effet de levier): euros promised by others for each euro that it promised,
    /// with four digits: `2.3333`. Absent when it promised nothing.
    async fn leverage(&self) -> Option<String> {
        ratio(self.row.others_granted_cents, self.row.granted_cents)
    }

    /// The facts that make these figures, in rising order: of the lines found, of the promises of
    /// others that its leverage counts, and of the structures that joined or left.
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
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let found = rows::positions_by_partenaire(reads, scope, &self.filter, first, after).await?;
        Ok(found.into_iter().map(Position).collect())
    }
}

/// One ingénierie, as one of its financeurs sees it.
pub(crate) struct FinancementIngenierie(rows::Financement);

/// One ingénierie, as one of its financeurs sees it. Sums are of the financeur's own lines,
/// those that the filter finds.
#[Object]
impl FinancementIngenierie {
    /// The ingénierie.
    async fn ingenierie_id(&self) -> ID {
        global(IngenierieId(self.0.ingenierie))
    }

    /// The ingénierie itself. Null when you may not see its dossier.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        ingenierie::find(ctx, IngenierieId(self.0.ingenierie)).await
    }

    /// How many structures take part in it.
    async fn structures(&self) -> i32 {
        self.0.structures
    }

    /// Where it takes place.
    async fn territoire(&self) -> Option<Territoire> {
        Territoire::of(self.0.territoire.as_ref()?)
    }

    /// Its plan de financement.
    async fn plan_financement(&self, ctx: &Context<'_>) -> Result<Option<PlanFinancement>> {
        plan_financement::find(ctx, self.0.plan).await
    }

    /// Whether its plan stands now (confirmed): costs and resources are then equal.
    async fn confirmed(&self) -> bool {
        self.0.confirmed
    }

    /// What the ingénierie costs, in cash.
    async fn total_cost(&self) -> MontantTrace {
        MontantTrace::of(self.0.total_cents, self.0.cost_positions.iter().copied())
    }

    /// The financeur's lines.
    async fn lignes(&self) -> Vec<RessourceFinancement> {
        let lignes = self.0.lignes.iter().cloned();
        lignes.map(RessourceFinancement).collect()
    }

    /// How much the financeur is thought of for, whatever it answered.
    async fn sought(&self) -> MontantTrace {
        self.sum(|it| Some(it.sought_cents))
    }

    /// How much of it the financeur was asked for.
    async fn requested(&self) -> MontantTrace {
        self.sum(|it| it.requested_on.map(|_| it.sought_cents))
    }

    /// How much it promised.
    async fn granted(&self) -> MontantTrace {
        self.sum(|it| it.granted_cents)
    }

    /// How much it paid.
    async fn paid(&self) -> MontantTrace {
        self.sum(|it| (it.paid_cents > 0).then_some(it.paid_cents))
    }

    /// What it promised, as a part of what the ingénierie costs, with four digits: `0.2500` is
    /// a quarter. Absent while there is no cost. Its facts are those of `granted` and
    /// `totalCost`.
    async fn share(&self) -> Option<String> {
        let granted = self.0.lignes.iter().filter_map(|it| it.granted_cents).sum();
        ratio(granted, self.0.total_cents)
    }

    /// Those who pay beside it, or may: not those who declined.
    async fn others(&self) -> Vec<AutreFinanceur> {
        self.0.autres.iter().cloned().map(AutreFinanceur).collect()
    }
}

impl FinancementIngenierie {
    /// Adds up the lines that have the amount, with the facts of these lines.
    fn sum(&self, amount: impl Fn(&Ligne) -> Option<i64>) -> MontantTrace {
        let counted = self
            .0
            .lignes
            .iter()
            .filter_map(|it| amount(it).map(|cents| (cents, it)));
        let cents = counted.clone().map(|(cents, _)| cents).sum();
        MontantTrace::of(cents, counted.flat_map(|(_, it)| it.positions.iter().copied()))
    }
}

/// Who else pays for an ingénierie, or may.
pub(crate) struct AutreFinanceur(rows::Autre);

/// Who else pays for an ingénierie, or may.
#[Object]
impl AutreFinanceur {
    /// Who it is.
    async fn contributeur(&self, ctx: &Context<'_>) -> Result<Option<Contributeur>> {
        Contributeur::find(ctx, self.0.financeur, self.0.dla).await
    }

    /// How much it promised: nothing yet, perhaps.
    async fn granted(&self) -> MontantTrace {
        MontantTrace::of(self.0.granted_cents, self.0.positions.iter().copied())
    }
}

/// An amount, and the facts that make it.
#[derive(SimpleObject)]
pub(crate) struct MontantTrace {
    /// The amount.
    montant: Cents,
    /// The facts that it adds up, in rising order.
    positions: Vec<Position>,
}

impl MontantTrace {
    pub(crate) fn of(cents: i64, positions: impl Iterator<Item = i64>) -> Self {
        let positions: std::collections::BTreeSet<_> = positions.collect();
        Self { montant: cents.into(), positions: positions.into_iter().map(Position).collect() }
    }
}

/// One amount in another, with four digits, to the nearest, halves up. Neither is negative.
fn ratio(part: i64, whole: i64) -> Option<String> {
    let (part, whole) = (i128::from(part), i128::from(whole));
    let digits = (part * 20_000 + whole).checked_div(2 * whole)?;
    Some(format!("{}.{:04}", digits / 10_000, digits % 10_000))
}

#[cfg(test)]
mod tests {
    use super::ratio;

    #[test]
    fn a_ratio_is_rounded_to_the_nearest_digit() {
        assert_eq!(ratio(7, 3).as_deref(), Some("2.3333"));
        assert_eq!(ratio(2, 3).as_deref(), Some("0.6667"));
        assert_eq!(ratio(1, 20_000).as_deref(), Some("0.0001"));
        assert_eq!(ratio(0, 5).as_deref(), Some("0.0000"));
        assert_eq!(ratio(i64::MAX, 1).as_deref(), Some("9223372036854775807.0000"));
    }

    #[test]
    fn nothing_has_no_part() {
        assert_eq!(ratio(5, 0), None);
    }
}
