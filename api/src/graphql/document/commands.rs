//! What can be done to a document. Its content goes by another door: the address of a version.

use async_graphql::{Context, ID, InputObject, MergedObject, Object};
use domain::{
    ConsultationId, DlaId, DocumentId, IngenierieId, InterventionId, Liste, OrganisationId,
    document::{Annonce, Around, Declaration, Empreinte, Langue, TypeMedia, Visibilite, taille},
};
use eventlog::{EventLog, Outcome};
use projections::documents::MODEL;

use super::{Document, LecteursDocument};
use crate::{
    Result,
    error::At as _,
    graphql::{
        context::ContextExt,
        ids::typed,
        request::{Recorded, Request, line, optional, prose},
        scalars::Date,
    },
};

/// Everything that can be done to a document.
#[derive(Default)]
pub(crate) struct DocumentMutation;

#[Object]
impl DocumentMutation {
    /// Registers a document of a dossier, or of an organisation alone. Nobody else reads it
    /// unless `lecteurs` says so. Its content is declared next (`addDocumentVersion`), then sent.
    async fn register_document(
        &self,
        ctx: &Context<'_>,
        input: RegisterDocumentInput,
    ) -> Result<DocumentPayload> {
        let id = DocumentId(input.request.command_id);
        let (declared, around) = (input.declared(ctx)?, input.around()?);
        let log = ctx.log();
        let gather = || around.gather(log);
        let decided =
            input
                .request
                .decide_with(ctx, id, gather, |it: &domain::Document, asked, around| {
                    it.register_document(asked, id, around, declared.clone())
                });
        Ok(payload(id, decided.await?))
    }

    /// Declares the content of a document, or its content anew: its SHA-256, size and type. Then
    /// `PUT` the bytes at the `adresse` of the version; they are taken if they are exactly that.
    async fn add_document_version(
        &self,
        ctx: &Context<'_>,
        input: AddDocumentVersionInput,
    ) -> Result<DocumentPayload> {
        let id = input.of.id()?;
        let annonce = Annonce {
            empreinte: Empreinte::parse(&input.empreinte).at("input.empreinte")?,
            taille: taille(input.taille.into()).at("input.taille")?,
            media: TypeMedia::parse(&input.media).at("input.media")?,
            commentaire: optional(prose, "input.commentaire", input.commentaire.as_ref())?,
        };
        input
            .of
            .decide(ctx, |it, asked| it.add_document_version(asked, id, annonce.clone()))
            .await
    }

    /// Says who else reads a document. They replace those said before. A document of an
    /// organisation is shared by itself, or with its consent.
    async fn change_document_visibility(
        &self,
        ctx: &Context<'_>,
        input: ChangeDocumentVisibilityInput,
    ) -> Result<DocumentPayload> {
        let visibilite = visibilite(&input.lecteurs, input.consentement.as_ref())?;
        input
            .of
            .decide(ctx, |it, asked| it.change_document_visibility(asked, visibilite.clone()))
            .await
    }

    /// Takes a document out of everyone's reach. The reason is mandatory (INV-36). Its content is
    /// kept until it is erased.
    async fn withdraw_document(
        &self,
        ctx: &Context<'_>,
        input: WithdrawDocumentInput,
    ) -> Result<DocumentPayload> {
        let id = input.of.id()?;
        let motif = prose("input.motif", &input.motif)?;
        input
            .of
            .decide(ctx, |it, asked| it.withdraw_document(asked, id, motif.clone()))
            .await
    }

    /// Destroys the content, the title and what was said of a document that was withdrawn. Nothing
    /// brings them back.
    async fn erase_document(
        &self,
        ctx: &Context<'_>,
        input: DocumentInput,
    ) -> Result<DocumentPayload> {
        input.decide(ctx, domain::Document::erase_document).await
    }
}

/// A document to register.
#[derive(InputObject)]
pub(crate) struct RegisterDocumentInput {
    #[graphql(flatten)]
    request: Request,
    /// The dossier that it belongs to. Left out for a document of an organisation alone, which
    /// gives `structure` and `dla`.
    ingenierie: Option<ID>,
    /// The consultation that it is about: those consulted may then register their documents.
    /// Needed for an offre, once the offres are opened.
    consultation: Option<ID>,
    /// The intervention that it is about: those who intervene may then register their documents.
    intervention: Option<ID>,
    /// The DLA that keeps a document of an organisation alone.
    dla: Option<ID>,
    /// Whose document it is, if it is not the DLA's own. An organisation that registers its own
    /// may leave it out, except for a document of no dossier.
    structure: Option<ID>,
    /// What it is: a value of `NATURE_DOCUMENT`.
    nature: String,
    /// Its title. Sealed: those who see the document read it.
    titre: String,
    /// The day that the document bears.
    date: Date,
    /// Its language, as an ISO 639 code (`fr`).
    langue: Option<String>,
    /// Whether it says something of people.
    donnees_personnelles: bool,
    /// Who reads it besides its DLAs and whose it is. Nobody else when left out.
    lecteurs: Option<Vec<LecteursDocument>>,
    /// Where the consent of the one whose document it is can be found, when someone else shares
    /// it. No name.
    consentement: Option<String>,
}

impl RegisterDocumentInput {
    fn declared(&self, ctx: &Context<'_>) -> Result<Declaration> {
        let structure = self.structure.as_ref();
        let lecteurs = self.lecteurs.as_deref().unwrap_or_default();
        let langue = self.langue.as_deref().map(Langue::parse).transpose();
        Ok(Declaration {
            structure: structure
                .map(|it| typed(it, "input.structure"))
                .transpose()?,
            nature: self
                .request
                .code(ctx, Liste::NatureDocument, "input.nature", &self.nature)?,
            titre: line("input.titre", &self.titre)?,
            date: self.date.0,
            langue: langue.at("input.langue")?,
            personnelles: self.donnees_personnelles,
            visibilite: visibilite(lecteurs, self.consentement.as_ref())?,
        })
    }

    fn around(&self) -> Result<Named> {
        let ingenierie = self.ingenierie.as_ref();
        let consultation = self.consultation.as_ref();
        let intervention = self.intervention.as_ref();
        let structure = self.structure.as_ref().filter(|_| ingenierie.is_none());
        let dla = self.dla.as_ref().filter(|_| ingenierie.is_none());
        Ok(Named {
            ingenierie: ingenierie
                .map(|it| typed(it, "input.ingenierie"))
                .transpose()?,
            consultation: consultation
                .map(|it| typed(it, "input.consultation"))
                .transpose()?,
            intervention: intervention
                .map(|it| typed(it, "input.intervention"))
                .transpose()?,
            dla: dla.map(|it| typed(it, "input.dla")).transpose()?,
            organisation: structure
                .map(|it| typed(it, "input.structure"))
                .transpose()?,
        })
    }
}

/// What a document is said to belong to.
struct Named {
    ingenierie: Option<IngenierieId>,
    consultation: Option<ConsultationId>,
    intervention: Option<InterventionId>,
    dla: Option<DlaId>,
    organisation: Option<OrganisationId>,
}

impl Named {
    async fn gather(&self, log: &EventLog) -> Result<Around, eventlog::Error> {
        let mut around = Around::default();
        if let Some(id) = self.ingenierie {
            around.ingenierie = Some(log.either(id).await?);
        }
        if let Some(id) = self.consultation {
            around.consultation = Some(log.seen(id).await?);
        }
        if let Some(id) = self.intervention {
            around.intervention = Some(log.seen(id).await?);
        }
        if let Some(id) = self.dla {
            around.dla = Some(log.seen(id).await?);
        }
        if let Some(id) = self.organisation {
            around.organisation = Some(log.seen(id).await?);
        }
        Ok(around)
    }
}

fn visibilite(lecteurs: &[LecteursDocument], consentement: Option<&String>) -> Result<Visibilite> {
    Ok(Visibilite {
        lecteurs: lecteurs.iter().map(|it| (*it).into()).collect(),
        consentement: optional(line, "input.consentement", consentement)?,
    })
}

/// A document, and nothing more to say.
#[derive(InputObject)]
pub(crate) struct DocumentInput {
    #[graphql(flatten)]
    request: Request,
    /// The document.
    document: ID,
}

impl DocumentInput {
    fn id(&self) -> Result<DocumentId> {
        typed(&self.document, "input.document")
    }

    /// Lets the document decide.
    async fn decide(
        &self,
        ctx: &Context<'_>,
        decision: impl Fn(&domain::Document, &domain::Asked) -> domain::Decision<domain::Document>
        + Send
        + Sync,
    ) -> Result<DocumentPayload> {
        let id = self.id()?;
        Ok(payload(id, self.request.decide(ctx, id, decision).await?))
    }
}

/// A content that will be sent.
#[derive(InputObject)]
pub(crate) struct AddDocumentVersionInput {
    #[graphql(flatten)]
    of: DocumentInput,
    /// The SHA-256 of the file, in hexadecimal digits.
    empreinte: String,
    /// The size of the file in bytes, at most 26,214,400 (25 MiB).
    taille: i32,
    /// Its media type: PDF, ODF, OOXML, JPEG, PNG, e-mail, CSV or plain text.
    media: String,
    /// What is new in it. Sealed: the DLAs read it.
    commentaire: Option<String>,
}

/// Who else reads a document.
#[derive(InputObject)]
pub(crate) struct ChangeDocumentVisibilityInput {
    #[graphql(flatten)]
    of: DocumentInput,
    /// Who reads it besides its DLAs and whose it is. Empty: nobody else.
    lecteurs: Vec<LecteursDocument>,
    /// Where the consent of the one whose document it is can be found, when someone else shares
    /// it. No name.
    consentement: Option<String>,
}

/// A document that is taken out of reach.
#[derive(InputObject)]
pub(crate) struct WithdrawDocumentInput {
    #[graphql(flatten)]
    of: DocumentInput,
    /// Why it is withdrawn (INV-36). Sealed: the DLAs read it.
    motif: String,
}

/// What every change of a document answers.
#[derive(MergedObject)]
pub(crate) struct DocumentPayload(DocumentChanged, Recorded);

fn payload(id: DocumentId, outcome: Outcome) -> DocumentPayload {
    DocumentPayload(DocumentChanged { id, outcome }, Recorded(outcome))
}

struct DocumentChanged {
    id: DocumentId,
    outcome: Outcome,
}

#[Object]
impl DocumentChanged {
    /// The document, at least as recent as the change.
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        Ok(ctx.loaders().load_one(self.id).await?.map(Document))
    }
}
