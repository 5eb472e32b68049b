//! The register of documents: what each one is, its versions, who reads it.

mod commands;

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{
    DlaId, DocumentId, IngenierieId, Liste, OrganisationId,
    document::{self as rules, Nature},
};
use projections::documents::{self as rows, MODEL};
use uuid::Uuid;

pub(crate) use self::commands::DocumentMutation;
use crate::{
    Result,
    audits::{self, Lecture, Lu},
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::{global, typed},
        ingenierie::{self, Ingenierie},
        organisation::{self, Organisation},
        paging::{self, List},
        referentiel::Code,
        request::code,
        scalars::{Date, Position, Version},
        sealed::{Readers, open, text},
    },
};

/// A document: what is known of a file that proves or explains something (DOC-01 to DOC-31), and
/// its versions. Its content is not here: it is sent to the address of a version and read there.
/// The people of its DLAs read it, and the organisation whose document it is; others around the
/// dossier when it is shown to them and its content came. A comité d'appui reads those of the
/// dossiers on its agendas, but for those of an organisation, unless they are shown to all.
pub(crate) struct Document(pub(crate) rows::Document);

/// A document: what is known of a file that proves or explains something (DOC-01 to DOC-31), and
/// its versions. Its content is not here: it is sent to the address of a version and read there.
/// The people of its DLAs read it, and the organisation whose document it is; others around the
/// dossier when it is shown to them and its content came. A comité d'appui reads those of the
/// dossiers on its agendas, but for those of an organisation, unless they are shown to all.
#[Object]
impl Document {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(DocumentId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// The ingénierie whose dossier it belongs to. Absent for a document of an organisation
    /// alone, and when you may not see the dossier.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        let Some(ingenierie) = self.0.ingenierie else { return Ok(None) };
        ingenierie::find(ctx, IngenierieId(ingenierie)).await
    }

    /// The DLAs that keep it: those of its dossier, or the one that was named.
    async fn dlas(&self, ctx: &Context<'_>) -> Result<Vec<Dla>> {
        let mut ids = self.0.dlas.clone();
        ids.sort_unstable();
        ids.dedup();
        let found = ids.into_iter().map(|it| dla::find(ctx, Some(it)));
        let found = futures_util::future::try_join_all(found).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The organisation whose document it is: it reads it whatever its visibility. Absent when
    /// it is the DLA's own.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.structure).await
    }

    /// What it is: a value of `NATURE_DOCUMENT`.
    async fn nature(&self) -> Code {
        Code::new(Liste::NatureDocument, self.0.nature.as_str())
    }

    /// The step of the method that such documents come from, from 1 to 4. Absent when they come
    /// from none.
    async fn etape(&self) -> Option<i32> {
        let nature = Liste::NatureDocument.code(&self.0.nature).ok()?;
        Nature::of(&nature).etape.map(i32::from)
    }

    /// Its title, which also names the file that is read. Absent once erased.
    async fn titre(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let lecture = Lecture::of_document(&self.0);
        audits::note(ctx.log(), ctx.eyes(), (Lu::Document, None), lecture).await?;
        text(ctx, self.0.titre.position, &self.0.titre.pointer).await
    }

    /// The day that the document bears.
    async fn date(&self) -> Date {
        Date(self.0.jour)
    }

    /// Its language, as an ISO 639 code (`fr`). Absent when it was not said.
    async fn langue(&self) -> Option<&str> {
        self.0.langue.as_deref()
    }

    /// How long it is kept: set by its nature on the day it was registered.
    async fn conservation(&self) -> ConservationDocument {
        self.0.conservation.into()
    }

    /// Whether it says something of people: then it is never read by all.
    async fn donnees_personnelles(&self) -> bool {
        self.0.personnelles
    }

    /// Who reads it besides its DLAs and whose it is. Empty: nobody else.
    async fn lecteurs(&self) -> Vec<LecteursDocument> {
        self.0.lecteurs.iter().map(|it| (*it).into()).collect()
    }

    /// Where the consent of the one whose document it is can be found. Shown to its DLAs; null
    /// for others, and when none was needed.
    async fn consentement(&self, ctx: &Context<'_>) -> Option<&str> {
        let inside = ctx.scope().inside(&self.0.dlas);
        self.0.consentement.as_deref().filter(|_| inside)
    }

    /// What can be read of it.
    async fn etat(&self) -> EtatDocument {
        self.0.etat.into()
    }

    /// When it was registered.
    async fn registered_on(&self) -> Date {
        Date(self.0.registered_on)
    }

    /// Its versions, oldest first.
    async fn versions(&self) -> Vec<VersionDocument> {
        let all = self.0.versions.iter();
        all.map(|it| VersionDocument::of(&self.0, it)).collect()
    }

    /// The version that is read at its address: the last one whose content came. Absent until
    /// one came, and once it is withdrawn.
    async fn courante(&self) -> Option<VersionDocument> {
        let read = self.0.etat == rows::Etat::Disponible;
        let current = self.0.current().filter(|_| read);
        current.map(|it| VersionDocument::of(&self.0, it))
    }

    /// The address of its current content on this server: `GET` it with your token.
    async fn adresse(&self) -> String {
        address(self.0.id)
    }

    /// Why it was withdrawn (INV-36). Shown to its DLAs; null for others, as long as it is not
    /// withdrawn, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.0.motif else { return Ok(None) };
        open(ctx, Readers::Dlas, &self.0.dlas, place.position, &place.pointer).await
    }
}

fn address(id: Uuid) -> String {
    format!("/documents/{}", global(DocumentId(id)).0)
}

/// One content of a document, as it was declared.
pub(crate) struct VersionDocument {
    document: Uuid,
    dlas: Vec<Uuid>,
    row: rows::Version,
}

impl VersionDocument {
    fn of(document: &rows::Document, row: &rows::Version) -> Self {
        Self { document: document.id, dlas: document.dlas.clone(), row: row.clone() }
    }
}

/// One content of a document, as it was declared.
#[Object]
impl VersionDocument {
    /// Its number in its document, from 1.
    async fn numero(&self) -> i32 {
        self.row.numero
    }

    /// The SHA-256 of its content, in 64 hexadecimal digits: what you read can be checked with it.
    async fn empreinte(&self) -> &str {
        &self.row.empreinte
    }

    /// In bytes.
    async fn taille(&self) -> i32 {
        i32::try_from(self.row.taille).unwrap_or(i32::MAX)
    }

    /// Its media type, such as `application/pdf`.
    async fn media(&self) -> &str {
        &self.row.media
    }

    /// When it was declared.
    async fn added_on(&self) -> Date {
        Date(self.row.added_on)
    }

    /// When its content came, with that very hash. Absent while it is waited for.
    async fn received_on(&self) -> Option<Date> {
        self.row.received_on.map(Date)
    }

    /// What is new in it. Shown to the DLAs of the document; null for others, when nothing was
    /// said, and once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.row.commentaire else { return Ok(None) };
        open(ctx, Readers::Dlas, &self.dlas, place.position, &place.pointer).await
    }

    /// The address of its content on this server. `PUT` the bytes there once, with your token
    /// and the declared media type as `Content-Type`; `GET` them as often as needed.
    async fn adresse(&self) -> String {
        format!("{}/versions/{}", address(self.document), self.row.numero)
    }
}

/// What can be read of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::Etat")]
pub(crate) enum EtatDocument {
    /// Registered; no content came yet.
    EnAttente,
    /// A content can be read.
    Disponible,
    /// Withdrawn: nobody reads its content any more.
    Retire,
    /// Its content, its title and what was said of it were destroyed.
    Efface,
}

/// Some of those around a dossier. The people of its DLAs need no mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Lecteurs")]
pub(crate) enum LecteursDocument {
    /// The structures of the dossier.
    Structures,
    /// The financeurs of the dossier.
    Financeurs,
    /// The prestataires of the dossier: partners, consulted, or intervening.
    Prestataires,
    /// Anyone with a token.
    Tous,
}

/// How long a document is kept, from the last thing that was said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Conservation")]
pub(crate) enum ConservationDocument {
    /// With the dossier that it proves: five years.
    Dossier,
    /// With the accounts: ten years.
    Comptable,
    /// As what speaks of people: three years.
    Personne,
}

/// Which documents are looked for: all that is given must hold.
#[derive(Default, InputObject)]
pub(crate) struct DocumentFilter {
    /// Of this ingénierie.
    ingenierie: Option<ID>,
    /// Of this organisation.
    structure: Option<ID>,
    /// Kept by this DLA.
    dla: Option<ID>,
    /// Of one of these kinds: values of `NATURE_DOCUMENT`. An empty list is no limit.
    natures: Option<Vec<String>>,
    /// That stand there.
    etat: Option<EtatDocument>,
    /// That bear this day or a later one.
    du: Option<Date>,
    /// That bear this day or an earlier one.
    au: Option<Date>,
}

impl DocumentFilter {
    fn parse(&self, ctx: &Context<'_>) -> Result<rows::Filter> {
        let ingenierie = self.ingenierie.as_ref();
        let ingenierie = ingenierie.map(|it| typed::<IngenierieId>(it, "filter.ingenierie"));
        let structure = self.structure.as_ref();
        let structure = structure.map(|it| typed::<OrganisationId>(it, "filter.structure"));
        let dla = self.dla.as_ref().map(|it| typed::<DlaId>(it, "filter.dla"));
        let natures = self.natures.iter().flatten().enumerate().map(|(n, it)| {
            let path = format!("filter.natures.{n}");
            Ok(code(ctx, Liste::NatureDocument, &path, it)?.to_string())
        });
        Ok(rows::Filter {
            ingenierie: ingenierie.transpose()?.map(|it| it.0),
            structure: structure.transpose()?.map(|it| it.0),
            dla: dla.transpose()?.map(|it| it.0),
            natures: natures.collect::<Result<_>>()?,
            etat: self.etat.map(Into::into),
            du: self.du.map(|it| it.0),
            au: self.au.map(|it| it.0),
        })
    }
}

/// The documents of a dossier that the caller reads.
pub(crate) async fn of_ingenierie(
    ctx: &Context<'_>,
    ingenierie: Uuid,
    (first, after): (i32, Option<String>),
) -> Result<List<i64, Document>> {
    let filter = rows::Filter { ingenierie: Some(ingenierie), ..rows::Filter::default() };
    page(ctx, filter, (first, after)).await
}

async fn page(
    ctx: &Context<'_>,
    filter: rows::Filter,
    (first, after): (i32, Option<String>),
) -> Result<List<i64, Document>> {
    let asked = paging::asked(first, after.as_deref())?;
    let (reads, scope) = (ctx.reads(), ctx.scope());
    let rows = rows::list(reads, scope, &filter, asked.first, asked.after);
    let row = |it: rows::Document| (it.registered_position, Document(it));
    let list = paging::list(ctx, &MODEL, &asked, rows, row).await?;
    paging::total(ctx, list, rows::count(reads, scope, &filter)).await
}

#[derive(Default)]
pub(crate) struct DocumentQuery;

#[Object]
impl DocumentQuery {
    /// A document by its id. Null when it does not exist, or when you may not see it.
    async fn document(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Document>> {
        let id: DocumentId = typed(&id, "id")?;
        Ok(ctx.loaders().load_one(id).await?.map(Document))
    }

    /// The register of documents: those that you read, last registered first.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<DocumentFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<i64, Document>> {
        let filter = filter.unwrap_or_default().parse(ctx)?;
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        page(ctx, filter, (first, after)).await
    }
}
