//! The directories: prestataires (RM-19), and the partners around the dossiers that one reads
//! (RM-18).

use async_graphql::{Context, ID, InputObject, Object};
use domain::{IngenierieId, Line, Liste};
use projections::{annuaires as rows, ingenieries, organisations};
use uuid::Uuid;

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        ingenierie_collective::{Compatibilite, IngenierieCollective},
        organisation::{self, Organisation},
        paging::{self, List},
        referentiel::Code,
        request::code_if_given,
        scalars::{Date, Position},
        territoire::TerritoireInput,
    },
};

/// A partner, across the dossiers that you may see.
pub(crate) struct PartenaireReseau(rows::PartenaireReseau);

/// A partner, across the dossiers that you may see.
#[Object]
impl PartenaireReseau {
    /// Who it is.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.organisation)).await
    }

    /// What it is in these dossiers: codes of `CATEGORIE_PARTENAIRE`.
    async fn categories(&self) -> Vec<Code> {
        let codes = self.0.categories.iter().map(domain::Code::as_str);
        Code::all(Liste::CategoriePartenaire, codes)
    }

    /// The ingénieries it is associated to, the last initiated first.
    async fn ingenieries(&self, ctx: &Context<'_>) -> Result<Vec<IngenierieCollective>> {
        let ids = self.0.ingenieries.iter().map(|it| IngenierieId(*it));
        let mut found = ctx.loaders().load_many(ids.clone()).await?;
        let seen = ids.filter_map(|it| found.remove(&it));
        Ok(seen.map(IngenierieCollective).collect())
    }

    /// Since when it is associated to one of them.
    async fn since(&self) -> Date {
        Date(self.0.since)
    }

    /// In how many of them what it last said it expects suits the porteur.
    async fn attentes_complementaires(&self) -> i32 {
        self.0.complementaires
    }

    /// In how many of them it contradicts what the porteur expects, or is incompatible with it
    /// (RUL-16).
    async fn attentes_en_conflit(&self) -> i32 {
        self.0.en_conflit
    }

    /// What it offered to bring as an intervenant.
    async fn contributions(&self) -> Vec<&str> {
        self.0.contributions.iter().map(Line::as_str).collect()
    }

    /// When it was last told how things go (RUL-31). Absent while it was not.
    async fn informed_on(&self) -> Option<Date> {
        self.0.informed_on.map(Date)
    }
}

#[derive(Default)]
pub(crate) struct AnnuaireQuery;

#[Object]
impl AnnuaireQuery {
    /// The directory of prestataires (RM-19): those that are referenced and open, by name.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn prestataires(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<PrestataireFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<(String, Uuid), Organisation>> {
        let model = &organisations::MODEL;
        paging::at_least(ctx, model, at_least_position).await?;
        let asked = paging::asked(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().rows(ctx)?;
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let page = rows::prestataires(reads, scope, &filter, asked.first, asked.after.clone());
        let row = |it: organisations::Organisation| {
            ((it.denomination.clone(), it.id), Organisation(it.into()))
        };
        let list = paging::list(ctx, model, &asked, page, row).await?;
        paging::total(ctx, list, rows::count_prestataires(reads, scope, &filter)).await
    }

    /// The directory of partners (RM-18): those around the dossiers that you may see, by name,
    /// with what they expect and offer across them.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn partenaires(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<PartenaireFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<(String, Uuid), PartenaireReseau>> {
        let model = &ingenieries::MODEL;
        paging::at_least(ctx, model, at_least_position).await?;
        let asked = paging::asked(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().rows(ctx)?;
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let page = rows::partenaires(reads, scope, &filter, asked.first, asked.after.clone());
        let row = |it: rows::PartenaireReseau| {
            ((it.denomination.clone(), it.organisation), PartenaireReseau(it))
        };
        let list = paging::list(ctx, model, &asked, page, row).await?;
        paging::total(ctx, list, rows::count_partenaires(reads, scope, &filter)).await
    }
}

/// Which prestataires to look for. What is given holds together.
#[derive(Default, InputObject)]
pub(crate) struct PrestataireFilter {
    /// Part of the name, whatever the case.
    search: Option<String>,
    /// Those of this theme: a code of `TYPE_PRESTATION`.
    theme: Option<String>,
    /// Those that know this sector, or work for all: a code of `SECTEUR`.
    secteur: Option<String>,
    /// Those that take missions in exactly this territory, or everywhere.
    territoire: Option<TerritoireInput>,
    /// Part of a skill, whatever the case.
    competence: Option<String>,
}

impl PrestataireFilter {
    fn rows(self, ctx: &Context<'_>) -> Result<rows::PrestataireFilter> {
        let theme =
            code_if_given(ctx, Liste::TypePrestation, "filter.theme", self.theme.as_deref())?;
        let secteur =
            code_if_given(ctx, Liste::Secteur, "filter.secteur", self.secteur.as_deref())?;
        let territoire = self.territoire.as_ref();
        let territoire = territoire.map(|it| it.parse("filter.territoire"));
        Ok(rows::PrestataireFilter {
            search: self.search,
            theme,
            secteur,
            territoire: territoire.transpose()?,
            competence: self.competence,
        })
    }
}

/// Which partners to look for. What is given holds together.
#[derive(Default, InputObject)]
pub(crate) struct PartenaireFilter {
    /// Part of the name, whatever the case.
    search: Option<String>,
    /// Those of this category: a code of `CATEGORIE_PARTENAIRE`.
    categorie: Option<String>,
    /// Those of the dossiers that concern this DLA.
    dla: Option<ID>,
    /// Those of the dossiers of this sector: a code of `SECTEUR`.
    secteur: Option<String>,
    /// Those of the dossiers in exactly this territory.
    territoire: Option<TerritoireInput>,
    /// Those whose last expectation suits the porteur so.
    compatibilite: Option<Compatibilite>,
}

impl PartenaireFilter {
    fn rows(self, ctx: &Context<'_>) -> Result<rows::PartenaireFilter> {
        let categorie = code_if_given(
            ctx,
            Liste::CategoriePartenaire,
            "filter.categorie",
            self.categorie.as_deref(),
        )?;
        let secteur =
            code_if_given(ctx, Liste::Secteur, "filter.secteur", self.secteur.as_deref())?;
        let territoire = self.territoire.as_ref();
        let territoire = territoire.map(|it| it.parse("filter.territoire"));
        let dla = self.dla.as_ref().map(|it| typed(it, "filter.dla"));
        Ok(rows::PartenaireFilter {
            search: self.search,
            categorie,
            dla: dla.transpose()?,
            secteur,
            territoire: territoire.transpose()?,
            compatibilite: self.compatibilite.map(Into::into),
        })
    }
}
