//! The library of cases (RM-14): the cards that everyone reads. `recherche` finds them,
//! `precedents` compares an ingénierie with them, `commandes` publishes.

pub(crate) mod commandes;
mod precedents;
mod recherche;

use async_graphql::{Context, Enum, ID, Object};
use domain::{
    CapitalisationId, CasPasseId, IngenierieId, Liste, capitalisation::cas as rules,
    values::Invalid,
};
use projections::{
    bibliotheque::{self as rows, FicheId},
    capitalisations::ElementId,
};

pub(crate) use self::{precedents::PrecedentsQuery, recherche::BibliothequeQuery};
use crate::{
    Error, Result,
    graphql::{
        capitalisation::ElementCapitalise,
        context::ContextExt,
        dla::{self, Dla},
        ids::{self, global, global_fiche, typed},
        ingenierie::{self, Ingenierie},
        ingenierie_collective::TypeIngenierie,
        organisation::{self, Organisation},
        referentiel::Code,
        scalars::{Cents, Date, Jours},
        territoire::Territoire,
    },
};

/// A card of the library: an ingénierie told as a case (cas), an element that was kept of one
/// (élément capitalisé), or a case of before (cas passé). Anyone with a token reads it while it is
/// published.
pub(crate) struct FicheBibliotheque(pub(crate) rows::Fiche);

/// A card of the library: an ingénierie told as a case (cas), an element that was kept of one
/// (élément capitalisé), or a case of before (cas passé). Anyone with a token reads it while it is
/// published.
#[Object]
impl FicheBibliotheque {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        match self.0.cas_passe() {
            Some(id) => global(id),
            None => global_fiche(self.0.id()),
        }
    }

    /// What it is about.
    async fn genre(&self) -> GenreFiche {
        self.0.genre.into()
    }

    /// Its title.
    async fn titre(&self) -> &str {
        &self.0.titre
    }

    /// Of a case, the need, what was done and what came of it; of an element, what it is and what
    /// it serves.
    async fn resume(&self) -> &str {
        &self.0.resume
    }

    /// Of a case, what others should know before they do the same; of an element, to what end it
    /// can be transferred. Absent when nothing was said.
    async fn enseignements(&self) -> Option<&str> {
        self.0.enseignements.as_deref()
    }

    /// What a case of before is told from: a document and its date. Absent for the others, which
    /// the log proves.
    async fn source(&self) -> Option<&str> {
        self.0.source.as_deref()
    }

    /// The year in which it took place; of an element whose case is not published, the one in
    /// which it was published.
    async fn annee(&self) -> Option<i32> {
        self.0.annee.map(Into::into)
    }

    /// Where it took place.
    async fn territoire(&self) -> Option<Territoire> {
        self.0.territoire.as_deref().and_then(Territoire::of)
    }

    /// What is kept of it: values of `NATURE_CAPITALISATION`. A case of before has none.
    async fn natures(&self) -> Vec<Code> {
        Code::all(Liste::NatureCapitalisation, &self.0.natures)
    }

    /// The fields of activity it is about: values of `SECTEUR`.
    async fn secteurs(&self) -> Vec<Code> {
        Code::all(Liste::Secteur, &self.0.secteurs)
    }

    /// The themes of Enée (the information system of the DLA) it is about: values of
    /// `TYPE_PRESTATION`.
    async fn themes(&self) -> Vec<Code> {
        Code::all(Liste::TypePrestation, &self.0.themes)
    }

    /// What the ingénierie did for structures. Absent when it was not said, and for an element
    /// whose case is not published: so are the figures below.
    async fn type_ingenierie(&self) -> Option<TypeIngenierie> {
        self.0.type_ingenierie.map(Into::into)
    }

    /// How many structures took part.
    async fn nombre_structures(&self) -> Option<i32> {
        self.0.nombre_structures
    }

    /// How many days it took.
    async fn jours(&self) -> Option<Jours> {
        self.0.jours.map(Jours)
    }

    /// What it cost in all, as its plan was confirmed or as its source says.
    async fn cout(&self) -> Option<Cents> {
        self.0.cout_cents.map(Into::into)
    }

    /// The same, roughly.
    async fn tranche_cout(&self) -> Option<TrancheCout> {
        self.0.tranche.map(Into::into)
    }

    /// Whether others may do the same, as those who tell it judged. Absent when they did not.
    async fn transferable(&self) -> Option<bool> {
        self.0.transferable
    }

    /// Since when it is published.
    async fn published_on(&self) -> Option<Date> {
        self.0.published_on.map(Date)
    }

    /// The DLAs that tell it. None when the network does.
    async fn dlas(&self, ctx: &Context<'_>) -> Result<Vec<Dla>> {
        dla::find_all(ctx, &self.0.dlas).await
    }

    /// The structures that it names, each with its consent.
    async fn structures(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>> {
        organisation::find_all(ctx, &self.0.structures).await
    }

    /// The ingénierie it comes from. Null when you may not see its dossier, and for a case of
    /// before.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        let Some(id) = self.0.ingenierie else { return Ok(None) };
        ingenierie::find(ctx, IngenierieId(id)).await
    }

    /// The element itself, when it is one.
    async fn element(&self, ctx: &Context<'_>) -> Result<Option<ElementCapitalise>> {
        if self.0.genre != rows::GenreFiche::Element {
            return Ok(None);
        }
        let id =
            ElementId { capitalisation: CapitalisationId(self.0.origine), numero: self.0.numero };
        Ok(ctx.loaders().load_one(id).await?.map(ElementCapitalise))
    }
}

/// What a card of the library is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::GenreFiche")]
pub(crate) enum GenreFiche {
    /// An ingénierie that was published as a case.
    Cas,
    /// Something that was kept of an ingénierie: a tool, a booklet, a testimony.
    Element,
    /// A case of before the house, or of elsewhere, told from a document.
    CasPasse,
}

/// How much a case cost, roughly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::TrancheCout")]
pub(crate) enum TrancheCout {
    /// Less than 3,000 euros.
    #[graphql(name = "MOINS_DE_3000")]
    MoinsDe3000,
    /// From 3,000 euros to less than 6,000.
    #[graphql(name = "DE_3000_A_6000")]
    De3000A6000,
    /// From 6,000 euros to less than 12,000.
    #[graphql(name = "DE_6000_A_12000")]
    De6000A12000,
    /// From 12,000 euros to less than 25,000.
    #[graphql(name = "DE_12000_A_25000")]
    De12000A25000,
    /// 25,000 euros and more.
    #[graphql(name = "A_PARTIR_DE_25000")]
    APartirDe25000,
}

/// A published card by its id.
pub(crate) async fn find(ctx: &Context<'_>, id: FicheId) -> Result<Option<FicheBibliotheque>> {
    Ok(ctx.loaders().load_one(id).await?.map(FicheBibliotheque))
}

/// The case of before that a field names.
fn cas_passe(id: &ID, path: &str) -> Result<CasPasseId> {
    if ids::parts(id).is_none() && ids::fiche(id).is_some() {
        return Err(Error::Invalid {
            path: path.to_owned(),
            why: Invalid {
                fr: "Cette fiche vient d'une ingénierie : elle se retire depuis sa capitalisation."
                    .to_owned(),
                en: "This card comes from an ingénierie: it is taken out from its capitalisation."
                    .to_owned(),
            },
        });
    }
    typed(id, path)
}
