//! Elements that were kept, and the catalogue that shows them.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{CapitalisationId, Liste, OrganisationId, capitalisation as rules};
use projections::capitalisations::{self as rows, Cursor, ElementId, Filter, MODEL};
use uuid::Uuid;

use super::{
    Capitalisation,
    essaimage::Essaimage,
    find,
    publication::RetraitPublication,
    transfert::{self, Transfert},
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::{global_element, typed},
        organisation::{self, Organisation},
        paging::{self, Asked, List},
        referentiel::Code,
        request::{Request, code, line, optional, prose},
        scalars::Date,
        territoire::{Territoire, TerritoireInput},
    },
};

/// Something that was kept of an ingénierie collective (élément capitalisé): a tool, a
/// booklet, a testimony. Published, it is read by anyone with a token; otherwise by those who
/// read its capitalisation, and by those it was handed over to.
pub(crate) struct ElementCapitalise(pub(crate) rows::Element);

/// Something that was kept of an ingénierie collective (élément capitalisé): a tool, a
/// booklet, a testimony. Published, it is read by anyone with a token; otherwise by those who
/// read its capitalisation, and by those it was handed over to.
#[Object]
impl ElementCapitalise {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global_element(self.0.id())
    }

    /// Its number in its capitalisation, from 1: commands name it by both.
    async fn numero(&self) -> i32 {
        self.0.numero
    }

    /// The capitalisation it belongs to. Null for those who only see it published.
    async fn capitalisation(&self, ctx: &Context<'_>) -> Result<Option<Capitalisation>> {
        find(ctx, CapitalisationId(self.0.capitalisation)).await
    }

    /// Where the ingénierie takes place.
    async fn territoire(&self) -> Option<Territoire> {
        Territoire::of(&self.0.territoire)
    }

    /// What is kept: a value of `NATURE_CAPITALISATION`.
    async fn nature(&self) -> Code {
        Code::new(Liste::NatureCapitalisation, self.0.nature.as_str())
    }

    /// What it is.
    async fn genre(&self) -> GenreElement {
        self.0.genre.into()
    }

    /// Its title.
    async fn titre(&self) -> &str {
        &self.0.titre
    }

    /// What it is and what it serves.
    async fn description(&self) -> &str {
        &self.0.description
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

    /// Where the document is: an address on the web. Absent when it is not there.
    async fn lien(&self) -> Option<&str> {
        self.0.lien.as_deref()
    }

    /// The structure whose documents or testimony it draws on. Absent when it draws on none.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.structure).await
    }

    /// Whether it can be transferred (method, step 4 C2). Absent until it is assessed.
    async fn transferable(&self) -> Option<bool> {
        self.0.transferable
    }

    /// To what end it can be transferred, or why it cannot. Absent until it is assessed.
    async fn objectifs(&self) -> Option<&str> {
        self.0.objectifs.as_deref()
    }

    /// Whether anyone with a token reads it.
    async fn published(&self) -> bool {
        self.0.published
    }

    /// Since when it is published. Absent when it is not.
    async fn published_on(&self) -> Option<Date> {
        self.0.published_on.map(Date)
    }

    /// Why it is no longer published. Absent when it never was, or is.
    async fn retrait(&self) -> Option<RetraitPublication> {
        RetraitPublication::of(&self.0)
    }

    /// Whether the structure it draws on agrees that it leaves the ingénierie.
    async fn consentement(&self) -> EtatConsentement {
        self.0.consentement.into()
    }

    /// To whom it was handed over, oldest first. The DLAs of the ingénierie see all of it, others
    /// what was handed over to them.
    async fn transferts(&self, ctx: &Context<'_>) -> Result<Vec<Transfert>> {
        transfert::of(ctx, CapitalisationId(self.0.capitalisation), Some(self.0.numero)).await
    }

    /// The kinds of recipients that were targeted and not served yet, while it is transferable and
    /// may leave: values of `DESTINATAIRE_TRANSFERT`. Null for those who are not of its DLAs.
    async fn transferts_dus(&self, ctx: &Context<'_>) -> Option<Vec<Code>> {
        let inside = ctx.scope().inside(&self.0.dlas);
        inside.then(|| Code::all(Liste::DestinataireTransfert, &self.0.dus))
    }

    /// Which later ingénieries reuse it, and what they kept in their turn (essaimage).
    async fn essaimage(&self, ctx: &Context<'_>) -> Result<Essaimage> {
        Essaimage::of(ctx, self.0.id()).await
    }
}

/// What an element is (method, step 4 C5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Genre")]
pub(crate) enum GenreElement {
    /// A tool: a dashboard, a questionnaire, a template.
    Outil,
    /// A booklet.
    Livret,
    /// A testimony.
    Temoignage,
    /// A method.
    Methode,
    /// A synthesis.
    Synthese,
    /// Something else.
    Autre,
}

/// Whether the structure that an element draws on agrees that it leaves the ingénierie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::EtatConsentement")]
pub(crate) enum EtatConsentement {
    /// It draws on no structure.
    SansObjet,
    /// The structure has not said so yet.
    Attendu,
    /// It agrees.
    Donne,
    /// It no longer agrees.
    Retire,
}

/// A page of the catalogue.
pub(super) type Catalogue = List<Place, ElementCapitalise>;

/// A place in the catalogue: published position, capitalisation, number.
type Place = (i64, Uuid, i32);

/// The catalogue from a place on.
pub(super) async fn catalogue(
    ctx: &Context<'_>,
    asked: &Asked<Place>,
    filter: &Filter,
) -> Result<Catalogue> {
    let after = asked
        .after
        .map(|(published_position, capitalisation, numero)| Cursor {
            published_position,
            id: ElementId { capitalisation: CapitalisationId(capitalisation), numero },
        });
    let page = rows::elements(ctx.reads(), ctx.scope(), filter, asked.first, after);
    let row = |it: rows::Element| {
        let place = (it.published_position, it.capitalisation, it.numero);
        (place, ElementCapitalise(it))
    };
    let list = paging::list(ctx, &MODEL, asked, page, row).await?;
    paging::total(ctx, list, rows::count(ctx.reads(), ctx.scope(), filter)).await
}

/// What to look for in the catalogue. What is left out is not looked at.
#[derive(Default, InputObject)]
pub(crate) struct ElementFilter {
    /// Of this nature: a code of `NATURE_CAPITALISATION`.
    nature: Option<String>,
    /// Of this kind.
    genre: Option<GenreElement>,
    /// About this field of activity: a code of `SECTEUR`.
    secteur: Option<String>,
    /// About this theme of Enée: a code of `TYPE_PRESTATION`.
    theme: Option<String>,
    /// From an ingénierie of this very territory; not of one around it or inside it.
    territoire: Option<TerritoireInput>,
    /// Judged transferable, or judged not so. What was not assessed is neither.
    transferable: Option<bool>,
    /// Published, or not: what is not published is shown to those of its ingénierie and to those
    /// it was handed over to.
    published: Option<bool>,
    /// Part of the title or of the description, whatever the case.
    search: Option<String>,
    /// The structure it draws on agrees, no longer does...
    consentement: Option<EtatConsentement>,
    /// Handed over, or not, as far as you may know: to anyone for its DLAs, to you otherwise.
    transfere: Option<bool>,
    /// Due to this kind of recipients: a code of `DESTINATAIRE_TRANSFERT`. Finds what is of your
    /// DLAs only.
    du: Option<String>,
}

impl ElementFilter {
    pub(super) fn rows(self, ctx: &Context<'_>) -> Result<Filter> {
        let code = |list, path: &str, text: Option<&String>| {
            optional(|path, text| code(ctx, list, path, text), path, text)
        };
        let territoire = self.territoire.as_ref();
        Ok(Filter {
            nature: code(Liste::NatureCapitalisation, "filter.nature", self.nature.as_ref())?,
            genre: self.genre.map(Into::into),
            secteur: code(Liste::Secteur, "filter.secteur", self.secteur.as_ref())?,
            theme: code(Liste::TypePrestation, "filter.theme", self.theme.as_ref())?,
            territoire: territoire
                .map(|it| it.parse("filter.territoire"))
                .transpose()?,
            transferable: self.transferable,
            published: self.published,
            search: self.search,
            consentement: self.consentement.map(Into::into),
            transfere: self.transfere,
            du: code(Liste::DestinataireTransfert, "filter.du", self.du.as_ref())?,
        })
    }
}

/// An element to keep.
#[derive(InputObject)]
pub(crate) struct RecordElementInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The capitalisation.
    pub(super) capitalisation: ID,
    /// What is kept: a code of `NATURE_CAPITALISATION`, among the natures that were determined.
    nature: String,
    /// What it is.
    genre: GenreElement,
    /// Its title.
    titre: String,
    /// What it is and what it serves. No name and no word about people: those stay in the
    /// document.
    description: String,
    /// The fields of activity it is about: codes of `SECTEUR`.
    secteurs: Option<Vec<String>>,
    /// The themes of Enée it is about: codes of `TYPE_PRESTATION`.
    themes: Option<Vec<String>>,
    /// Where the document is: a full address on the web.
    lien: Option<String>,
    /// The structure whose documents or testimony it draws on: it is published with its
    /// consent only (INV-33). A testimony without one is kept, and never published.
    structure: Option<ID>,
}

impl RecordElementInput {
    pub(super) fn contenu(&self, ctx: &Context<'_>) -> Result<rules::Element> {
        let request = &self.request;
        let secteurs = self.secteurs.as_deref().unwrap_or_default();
        let themes = self.themes.as_deref().unwrap_or_default();
        let structure: Option<OrganisationId> = self
            .structure
            .as_ref()
            .map(|it| typed(it, "input.structure"))
            .transpose()?;
        Ok(rules::Element {
            nature: request.code(ctx, Liste::NatureCapitalisation, "input.nature", &self.nature)?,
            genre: self.genre.into(),
            titre: line("input.titre", &self.titre)?,
            description: prose("input.description", &self.description)?,
            secteurs: request.codes(ctx, Liste::Secteur, "input.secteurs", secteurs)?,
            themes: request.codes(ctx, Liste::TypePrestation, "input.themes", themes)?,
            lien: optional(line, "input.lien", self.lien.as_ref())?,
            structure,
        })
    }
}

/// Whether an element can be transferred.
#[derive(InputObject)]
pub(crate) struct AssessTransferabiliteInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// The capitalisation.
    pub(super) capitalisation: ID,
    /// The number of the element in it.
    pub(super) element: i32,
    /// Whether it can be transferred.
    pub(super) transferable: bool,
    /// To what end it can be transferred, or why it cannot.
    pub(super) objectifs: String,
}
