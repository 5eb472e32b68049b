//! Searching the library.

use async_graphql::{
    Context, Enum, ID, InputObject, Object, SimpleObject, connection::OpaqueCursor,
};
use domain::{DlaId, Liste};
use projections::bibliotheque::{
    self as rows, Cursor, Dimension, Filter, MODEL, Recherche, Trouvee,
};
use uuid::Uuid;

use super::{FicheBibliotheque, GenreFiche, TrancheCout};
use crate::{
    Result,
    error::At,
    graphql::{
        context::ContextExt,
        ids::{global, typed},
        ingenierie_collective::TypeIngenierie,
        paging::{self, Connection, ListFields},
        request::code_if_given,
        scalars::Position,
        territoire::TerritoireInput,
    },
};

#[derive(Default)]
pub(crate) struct BibliothequeQuery;

#[Object]
impl BibliothequeQuery {
    /// The library of cases (RM-14): what matches a text and a filter, the best first, then the
    /// latest published. Anyone with a token reads it.
    ///
    /// Every word must be there, whatever its case, its accents, its number or its ending, or one
    /// of its other names: synonyms of the reference lists, old and new names of actors. The title
    /// counts most, then the themes and sectors, the summary, and what comes after it.
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn bibliotheque(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "A few words, at most 200 characters. All that is published when absent \
                          or blank."
        )]
        texte: Option<String>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<BibliothequeFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<Bibliotheque> {
        let asked = paging::asked(first, after.as_deref())?;
        let texte = texte.as_deref().unwrap_or_default();
        let texte = Recherche::parse(texte, &ctx.lists()).at("texte")?;
        let filter = Filter { texte, ..filter.unwrap_or_default().rows(ctx)? };
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let page = rows::search(reads, scope, &filter, asked.first, asked.after);
        let row = |it: Trouvee| (it.cursor(), FicheTrouvee(it));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        let list = paging::total(ctx, list, rows::count(reads, scope, &filter)).await?;
        let facettes = if ctx.look_ahead().field("facettes").exists() {
            let all = rows::facettes(reads, scope, &filter).await?;
            all.into_iter().map(FacetteBibliotheque).collect()
        } else {
            vec![]
        };
        Ok(paging::saying(list, |list| BibliothequeFields { list, facettes }))
    }
}

/// What was found in the library.
type Bibliotheque = Connection<OpaqueCursor<Cursor>, FicheTrouvee, BibliothequeFields>;

/// What the library says of what was found.
#[derive(SimpleObject)]
pub(crate) struct BibliothequeFields {
    #[graphql(flatten)]
    list: ListFields,
    /// How many of all that is found have something in common, the most frequent first. Counted
    /// only when asked.
    facettes: Vec<FacetteBibliotheque>,
}

/// What to look for. What is left out restricts nothing.
#[derive(Default, InputObject)]
pub(crate) struct BibliothequeFilter {
    /// Cards of this kind.
    genre: Option<GenreFiche>,
    /// Of this nature: a code of `NATURE_CAPITALISATION`.
    nature: Option<String>,
    /// About this field of activity: a code of `SECTEUR`.
    secteur: Option<String>,
    /// About this theme of Enée: a code of `TYPE_PRESTATION`.
    theme: Option<String>,
    /// That took place there, or inside it as far as the codes show: a département lies in its
    /// région, a commune or a QPV in its département.
    territoire: Option<TerritoireInput>,
    /// Of ingénieries of this type.
    type_ingenierie: Option<TypeIngenierie>,
    /// That cost about this much.
    tranche_cout: Option<TrancheCout>,
    /// Judged transferable, or judged not so. What was not assessed is neither.
    transferable: Option<bool>,
    /// That took place in this year or later.
    from: Option<i32>,
    /// That took place in this year or earlier.
    to: Option<i32>,
    /// That this DLA tells.
    dla: Option<ID>,
}

impl BibliothequeFilter {
    fn rows(self, ctx: &Context<'_>) -> Result<Filter> {
        let code = |list, path: &str, text: Option<&String>| {
            code_if_given(ctx, list, path, text.map(String::as_str))
        };
        let territoire = |it: &TerritoireInput| it.parse("filter.territoire");
        let dla = |it: &ID| typed::<DlaId>(it, "filter.dla");
        // Whatever the year, it is compared with those that have one.
        let year = |it: i32| i16::try_from(it).unwrap_or(if it < 0 { i16::MIN } else { i16::MAX });
        Ok(Filter {
            texte: None,
            genre: self.genre.map(Into::into),
            nature: code(Liste::NatureCapitalisation, "filter.nature", self.nature.as_ref())?,
            secteur: code(Liste::Secteur, "filter.secteur", self.secteur.as_ref())?,
            theme: code(Liste::TypePrestation, "filter.theme", self.theme.as_ref())?,
            territoire: self.territoire.as_ref().map(territoire).transpose()?,
            type_ingenierie: self.type_ingenierie.map(Into::into),
            tranche: self.tranche_cout.map(Into::into),
            transferable: self.transferable,
            from: self.from.map(year),
            to: self.to.map(year),
            dla: self.dla.as_ref().map(dla).transpose()?,
        })
    }
}

/// A card that was found, and where.
pub(crate) struct FicheTrouvee(Trouvee);

/// A card that was found, and where.
#[Object]
impl FicheTrouvee {
    /// The card.
    async fn fiche(&self) -> FicheBibliotheque {
        FicheBibliotheque(self.0.fiche.clone())
    }

    /// Its title, in pieces: those that were found are to be shown so. Plain text, never markup.
    async fn titre(&self) -> Vec<SegmentTexte> {
        shown(&self.0.titre)
    }

    /// Part of its text around what was found, in pieces; its beginning when only the title, a
    /// theme or a sector was found. Plain text, never markup.
    async fn extrait(&self) -> Vec<SegmentTexte> {
        shown(&self.0.extrait)
    }
}

fn shown(segments: &[rows::Segment]) -> Vec<SegmentTexte> {
    let segments = segments.iter().cloned();
    segments
        .map(|it| SegmentTexte { texte: it.texte, trouve: it.trouve })
        .collect()
}

/// A piece of a text.
#[derive(SimpleObject)]
pub(crate) struct SegmentTexte {
    /// Its characters, as they were written.
    texte: String,
    /// Whether it is one of the words searched for.
    trouve: bool,
}

/// By what the cards of the library are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Dimension")]
pub(crate) enum DimensionBibliotheque {
    /// What it is about: a value of `GenreFiche`.
    Genre,
    /// A nature (`NATURE_CAPITALISATION`).
    Nature,
    /// A field of activity (`SECTEUR`).
    Secteur,
    /// A theme of Enée (`TYPE_PRESTATION`).
    Theme,
    /// A département, by its INSEE code.
    Departement,
    /// A région, by its INSEE code.
    Region,
    /// What the ingénierie did: a value of `TypeIngenierie`.
    Type,
    /// How much it cost: a value of `TrancheCout`.
    Tranche,
    /// Whether others may do the same: `true` or `false`.
    Transferable,
    /// The year in which it took place.
    Annee,
    /// The DLA that tells it.
    Dla,
}

/// How many of the cards that were found have something in common.
pub(crate) struct FacetteBibliotheque(rows::Facette);

/// How many of the cards that were found have something in common.
#[Object]
impl FacetteBibliotheque {
    /// In what.
    async fn dimension(&self) -> DimensionBibliotheque {
        self.0.dimension.into()
    }

    /// What they have in common, as a filter takes it: a code, a year, the global id of a DLA.
    async fn valeur(&self) -> String {
        let valeur = &self.0.valeur;
        match self.0.dimension {
            Dimension::Departement | Dimension::Region => valeur
                .split_once(':')
                .map_or(valeur.clone(), |(_, code)| code.to_owned()),
            Dimension::Dla => valeur
                .parse::<Uuid>()
                .map_or(valeur.clone(), |id| global(DlaId(id)).to_string()),
            _ => valeur.clone(),
        }
    }

    /// For people, in the language of the request. Absent where the value is of no reference
    /// list.
    async fn libelle(&self, ctx: &Context<'_>) -> Option<String> {
        let liste = match self.0.dimension {
            Dimension::Nature => Liste::NatureCapitalisation,
            Dimension::Secteur => Liste::Secteur,
            Dimension::Theme => Liste::TypePrestation,
            _ => return None,
        };
        let lists = ctx.lists();
        let entry = lists.entry(liste, &self.0.valeur)?;
        Some(ctx.language().choose(&entry.fr, &entry.en).to_owned())
    }

    /// How many cards.
    async fn nombre(&self) -> i32 {
        i32::try_from(self.0.nombre).unwrap_or(i32::MAX)
    }
}
