//! The document: what is known of a file that proves or explains something (DOC-01 to DOC-31).
//!
//! The log holds what it is and the SHA-256 of each version, never its content nor the name of
//! its file: a name is chosen on somebody's machine and often says whom it is about, so people
//! know a document by a title, which is sealed. `nature` says which kinds there are, what may be
//! sent and how long it is kept; `versions` what happens to the content.

mod nature;
#[cfg(test)]
pub(crate) mod tests;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::{
    nature::{Conservation, Empreinte, Langue, NATURES, Nature, TAILLE_MAX, TypeMedia, taille},
    versions::Annonce,
};
use crate::{
    Asked, Consultation, Date, Decided, Decider, Decision, Dla, DlaId, DocumentId, Dossier,
    IngenierieId, Intervention, Line, Organisation, OrganisationId, Place, Prose, Sealed, Seen,
    Subject, Territoire,
    actor::{Perimeter, Right, RoleName, rights},
    referentiel::Code,
    refusal::{Common, refusals},
};

/// The most versions of one document.
pub const VERSIONS_MAX: usize = 100;

/// What can happen to a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// A document is known: what it is, whose it is, who may read it.
    DocumentRegistered {
        /// The dossier that it belongs to; without one it is of an organisation alone.
        ingenierie: Option<IngenierieId>,
        /// Those that keep it: their people read it in any case.
        dlas: Vec<DlaId>,
        territoire: Option<Territoire>,
        /// Whose document it is, when it is not the DLA's own.
        structure: Option<OrganisationId>,
        nature: Code,
        titre: Sealed<Line>,
        /// The day that the document bears.
        date: Date,
        langue: Option<Langue>,
        /// How long it is kept, as its nature had it that day.
        conservation: Conservation,
        /// Whether it says something of people.
        personnelles: bool,
        visibilite: Visibilite,
    },
    /// Its content, or its content anew: to be sent, and recognised by its hash.
    DocumentVersionAdded {
        version: i32,
        empreinte: Empreinte,
        /// In bytes.
        taille: i64,
        media: TypeMedia,
        commentaire: Option<Sealed<Prose>>,
    },
    /// The content of a version came, with that very hash.
    DocumentContentReceived { version: i32 },
    /// Others may read it, or no longer.
    DocumentVisibilityChanged { visibilite: Visibilite },
    /// Nobody reads its content any more.
    DocumentWithdrawn { motif: Sealed<Prose> },
    /// Its content, its title and what was said of it were destroyed.
    DocumentErased {},
}

/// Who reads a document besides those of its DLAs and whose it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Visibilite {
    pub lecteurs: BTreeSet<Lecteurs>,
    /// Where the consent of the one whose document it is can be found, when someone else says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consentement: Option<Line>,
}

/// Some of those around a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Lecteurs {
    /// The structures of the dossier.
    Structures,
    /// The financeurs of the dossier.
    Financeurs,
    /// The prestataires of the dossier.
    Prestataires,
    /// Anyone with a token.
    Tous,
}

refusals! {
    /// A document is of something.
    DocumentOfNothing {} = "DOCUMENT_OF_NOTHING" at "ingenierie":
        "Rattachez ce document à une ingénierie, ou à une structure et au DLA qui le garde.",
        "Attach this document to an ingénierie, or to a structure and to the DLA that keeps it.";
    /// A consultation or an intervention that is not of that dossier may not be known here.
    DocumentPartElsewhere {} = "DOCUMENT_PART_ELSEWHERE" at "ingenierie":
        "La consultation ou l'intervention indiquée n'est pas celle de cette ingénierie.",
        "The consultation or the intervention given is not of this ingénierie.";
    /// The documents of a dossier come from those around it.
    DocumentOrganisationElsewhere { structure: OrganisationId } = "DOCUMENT_ORGANISATION_ELSEWHERE" at "structure":
        "Cette organisation ne prend pas part à ce dossier : vérifiez-la.",
        "This organisation takes no part in this dossier: check it.";
    /// An organisation registers its own.
    DocumentNotOwn {} = "DOCUMENT_NOT_OWN" at "structure":
        "Vous ne pouvez enregistrer que les documents de votre organisation.",
        "You can only register the documents of your own organisation.";
    /// A document is not of tomorrow.
    DocumentDateInFuture { date: Date } = "DOCUMENT_DATE_IN_FUTURE" at "date":
        "Un document ne peut pas être daté du {date}, qui est à venir : corrigez sa date.",
        "A document cannot bear the date {date}, which is to come: correct its date.";
    /// Offres are sealed until they are opened together, and so is what goes with them.
    OffreDocumentSealed {} = "OFFRE_DOCUMENT_SEALED" at "consultation":
        "Une offre reste scellée : indiquez sa consultation, et attendez l'ouverture des offres.",
        "An offre stays sealed: give its consultation, and wait until the offres are opened.";
    /// Competing prestataires never read an offre.
    OffreDocumentNotShown {} = "OFFRE_DOCUMENT_NOT_SHOWN" at "lecteurs":
        "Une offre n'est jamais lue par les prestataires ni par tous : retirez ces lecteurs.",
        "An offre is never read by prestataires, nor by all: remove these readers.";
    /// What says something of people is not for all.
    PersonalDocumentNotPublic {} = "PERSONAL_DOCUMENT_NOT_PUBLIC" at "lecteurs":
        "Ce document contient des données personnelles : il ne peut pas être lu par tous.",
        "This document holds personal data: it cannot be read by all.";
    /// Documents of a structure are closed by default; charter of the DLA 06.
    DocumentConsentMissing { structure: OrganisationId } = "DOCUMENT_CONSENT_MISSING" at "consentement":
        "Ce document est celui d'une organisation : dites où est conservé son accord pour le partager.",
        "This document is that of an organisation: say where its consent to sharing it is kept.";
    /// It was withdrawn.
    DocumentIsWithdrawn {} = "DOCUMENT_WITHDRAWN" at "document":
        "Ce document a été retiré : enregistrez-en un autre.",
        "This document was withdrawn: register another one.";
    /// Two people say it, one after the other.
    DocumentNotWithdrawn {} = "DOCUMENT_NOT_WITHDRAWN" at "document":
        "Retirez d'abord ce document : son contenu ne s'efface qu'ensuite.",
        "Withdraw this document first: its content is erased only after that.";
    /// See [`VERSIONS_MAX`].
    TooManyVersions { max: usize } = "TOO_MANY_VERSIONS" at "document":
        "Un document compte au plus {max} versions : enregistrez-en un autre.",
        "A document has at most {max} versions: register another one.";
    /// Versions go by their number.
    VersionUnknown { version: i32 } = "DOCUMENT_VERSION_UNKNOWN" at "document":
        "Ce document n'a pas de version {version} : ajoutez-la d'abord.",
        "This document has no version {version}: add it first.";
}

rights! {
    REGISTER = "registerDocument": ChargeDeMission, Financeur, StructureBeneficiaire, Prestataire;
    ADD = "addDocumentVersion": ChargeDeMission, Financeur, StructureBeneficiaire, Prestataire;
    SHOW = "changeDocumentVisibility": ChargeDeMission, Financeur, StructureBeneficiaire, Prestataire;
    WITHDRAW = "withdrawDocument": ChargeDeMission, Financeur, StructureBeneficiaire, Prestataire;
    ERASE = "eraseDocument": ResponsablePorteuse;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    ingenierie: Option<IngenierieId>,
    dlas: BTreeSet<DlaId>,
    territoire: Option<Territoire>,
    structure: Option<OrganisationId>,
    offre: bool,
    personnelles: bool,
    conservation: Conservation,
    visibilite: Visibilite,
    versions: BTreeMap<i32, Version>,
    left: Left,
}

/// What is left of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Left {
    #[default]
    Everything,
    Withdrawn,
    Erased,
}

/// A content, as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub empreinte: Empreinte,
    /// In bytes.
    pub taille: i64,
    pub media: TypeMedia,
    /// Whether it came.
    pub received: bool,
}

/// What a document is said to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    pub structure: Option<OrganisationId>,
    pub nature: Code,
    pub titre: Line,
    pub date: Date,
    pub langue: Option<Langue>,
    pub personnelles: bool,
    pub visibilite: Visibilite,
}

/// What it is said to belong to, as it stands.
#[derive(Debug, Clone, Default)]
pub struct Around {
    pub ingenierie: Option<Dossier>,
    /// The consultation or the intervention that it is about: those who take part in it are
    /// around the dossier too.
    pub consultation: Option<Seen<Consultation>>,
    pub intervention: Option<Seen<Intervention>>,
    /// Of a document of no dossier: who keeps it, and whose it is.
    pub dla: Option<Seen<Dla>>,
    pub organisation: Option<Seen<Organisation>>,
}

impl Around {
    /// Who may know of it.
    fn perimeter(&self) -> Perimeter {
        let Some(ingenierie) = &self.ingenierie else {
            let dla = self.dla.as_ref().filter(|it| it.state.exists());
            let organisation = self.organisation.as_ref().filter(|it| it.state.exists());
            return match (dla, organisation) {
                (Some(dla), Some(of)) => Perimeter::of_dlas([dla.id]).and([of.id]),
                _ => Perimeter::default(),
            };
        };
        let consulted = self.consultation.iter().map(|it| it.state.perimeter());
        let intervening = self.intervention.iter().map(|it| it.state.perimeter());
        let parts = consulted.chain(intervening);
        let theirs = parts.flat_map(|it| it.organisations);
        ingenierie.perimeter.clone().and(theirs)
    }

    /// Parts of another dossier open nothing.
    fn is_one(&self) -> bool {
        let ingenierie = self.ingenierie.as_ref().map(|it| it.id);
        let consultation = self.consultation.iter().map(|it| it.state.ingenierie());
        let intervention = self.intervention.iter().map(|it| it.state.ingenierie());
        consultation
            .chain(intervention)
            .all(|it| it.is_some() && it == ingenierie)
    }

    fn dlas(&self) -> Vec<DlaId> {
        match (&self.ingenierie, &self.dla) {
            (Some(it), _) => it.dlas.clone(),
            (None, dla) => dla.iter().map(|it| it.id).collect(),
        }
    }
}

impl Document {
    /// Registers a document, before its content is sent.
    pub fn register_document(
        &self,
        asked: &Asked,
        id: DocumentId,
        around: &Around,
        declared: Declaration,
    ) -> Decision<Self> {
        let perimeter = around.perimeter();
        if !around.is_one() {
            return Err(Refusal::DocumentPartElsewhere {});
        }
        if around.ingenierie.is_none() && (around.dla.is_none() || around.organisation.is_none()) {
            return Err(Refusal::DocumentOfNothing {});
        }
        asked.may(&REGISTER, &perimeter)?;
        if !self.dlas.is_empty() {
            return Err(Common::AlreadyExists {}.into());
        }
        let structure = whose(asked, &perimeter, declared.structure)?;
        if declared.date > asked.today {
            return Err(Refusal::DocumentDateInFuture { date: declared.date });
        }
        let nature = Nature::of(&declared.nature);
        let opened = around.consultation.as_ref();
        if nature.is_offre() && !opened.is_some_and(|it| it.state.has_opened()) {
            return Err(Refusal::OffreDocumentSealed {});
        }
        let becoming = Self {
            structure,
            offre: nature.is_offre(),
            personnelles: declared.personnelles,
            ..Self::default()
        };
        becoming.may_be_shown(asked, &declared.visibilite)?;
        let ingenierie = around.ingenierie.as_ref();
        let territoire = ingenierie.and_then(|it| it.territoire.clone());
        let subject = Subject::document(id, nature.conservation);
        let registered = Event::DocumentRegistered {
            ingenierie: ingenierie.map(|it| it.id),
            dlas: around.dlas(),
            territoire: territoire.clone(),
            structure,
            nature: declared.nature,
            titre: Sealed::new(subject, declared.titre),
            date: declared.date,
            langue: declared.langue,
            conservation: nature.conservation,
            personnelles: declared.personnelles,
            visibilite: declared.visibilite,
        };
        let place = Place { territoire, dossier: ingenierie.map(|it| it.id) };
        Ok(asked.records(place, [registered]))
    }

    /// Says who else may read it. They replace those said before.
    pub fn change_document_visibility(
        &self,
        asked: &Asked,
        visibilite: Visibilite,
    ) -> Decision<Self> {
        self.open_to(asked, &SHOW)?;
        if self.visibilite == visibilite {
            return Ok(Decided::nothing());
        }
        self.may_be_shown(asked, &visibilite)?;
        Ok(self.records(asked, [Event::DocumentVisibilityChanged { visibilite }]))
    }

    /// Takes it out of everyone's reach (INV-36).
    pub fn withdraw_document(&self, asked: &Asked, id: DocumentId, motif: Prose) -> Decision<Self> {
        asked.may(&WITHDRAW, &self.perimeter())?;
        if self.is_withdrawn() {
            return Ok(Decided::nothing());
        }
        let motif = Sealed::new(self.subject(id), motif);
        Ok(self.records(asked, [Event::DocumentWithdrawn { motif }]))
    }

    /// Destroys what is left of a document that was withdrawn: another person decides it.
    pub fn erase_document(&self, asked: &Asked) -> Decision<Self> {
        asked.may(&ERASE, &self.perimeter())?;
        match self.left {
            Left::Everything => Err(Refusal::DocumentNotWithdrawn {}),
            Left::Withdrawn => Ok(self.records(asked, [Event::DocumentErased {}])),
            Left::Erased => Ok(Decided::nothing()),
        }
    }

    /// Whether nobody reads its content any more.
    pub fn is_withdrawn(&self) -> bool {
        self.left != Left::Everything
    }

    /// Whether what was left of it was destroyed.
    pub fn is_erased(&self) -> bool {
        self.left == Left::Erased
    }

    /// Whose key protects its content, its title and what is said of it.
    pub fn subject(&self, id: DocumentId) -> Subject {
        Subject::document(id, self.conservation)
    }

    /// The dossier it belongs to.
    pub fn ingenierie(&self) -> Option<IngenierieId> {
        self.ingenierie
    }

    /// Who may know that it exists, whatever its visibility.
    pub fn perimeter(&self) -> Perimeter {
        Perimeter::of_dlas(self.dlas.iter().copied()).and(self.structure)
    }

    /// Whether those may read it.
    fn may_be_shown(&self, asked: &Asked, to: &Visibilite) -> Result<(), Refusal> {
        let includes = |it: Lecteurs| to.lecteurs.contains(&it);
        if self.offre && (includes(Lecteurs::Prestataires) || includes(Lecteurs::Tous)) {
            return Err(Refusal::OffreDocumentNotShown {});
        }
        if self.personnelles && includes(Lecteurs::Tous) {
            return Err(Refusal::PersonalDocumentNotPublic {});
        }
        let Some(structure) = self.structure else { return Ok(()) };
        let own = asked.by.answers_for() == Some(structure);
        if to.lecteurs.is_empty() || own || to.consentement.is_some() {
            return Ok(());
        }
        Err(Refusal::DocumentConsentMissing { structure })
    }

    fn open_to(&self, asked: &Asked, right: &Right) -> Result<(), Refusal> {
        asked.may(right, &self.perimeter())?;
        if self.is_withdrawn() { Err(Refusal::DocumentIsWithdrawn {}) } else { Ok(()) }
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        let place = Place { territoire: self.territoire.clone(), dossier: self.ingenierie };
        asked.records(place, events)
    }
}

/// Whose document it is: an organisation brings its own, a DLA its own or that of someone around.
fn whose(
    asked: &Asked,
    around: &Perimeter,
    said: Option<OrganisationId>,
) -> Result<Option<OrganisationId>, Refusal> {
    if asked.by.role.name() != RoleName::ChargeDeMission {
        let own = asked.by.answers_for();
        return if said.is_none() || said == own {
            Ok(own)
        } else {
            Err(Refusal::DocumentNotOwn {})
        };
    }
    match said {
        Some(structure) if !around.organisations.contains(&structure) => {
            Err(Refusal::DocumentOrganisationElsewhere { structure })
        }
        said => Ok(said),
    }
}

impl Decider for Document {
    const CATEGORY: &'static str = "document";

    type Id = DocumentId;
    type Event = Event;
    type Refusal = Refusal;

    fn part_of(&self) -> Option<(IngenierieId, &BTreeSet<DlaId>)> {
        Some((self.ingenierie?, &self.dlas))
    }

    fn joined_by(&mut self, dlas: &BTreeSet<DlaId>) {
        self.dlas.extend(dlas);
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::DocumentRegistered {
                ingenierie,
                dlas,
                territoire,
                structure,
                nature,
                conservation,
                personnelles,
                visibilite,
                titre: _,
                date: _,
                langue: _,
            } => {
                self.ingenierie = *ingenierie;
                self.dlas = dlas.iter().copied().collect();
                self.territoire.clone_from(territoire);
                self.structure = *structure;
                self.offre = Nature::of(nature).is_offre();
                self.conservation = *conservation;
                self.personnelles = *personnelles;
                self.visibilite = visibilite.clone();
            }
            Event::DocumentVersionAdded { version, empreinte, taille, media, .. } => {
                let added = Version {
                    empreinte: empreinte.clone(),
                    taille: *taille,
                    media: media.clone(),
                    received: false,
                };
                self.versions.insert(*version, added);
            }
            Event::DocumentContentReceived { version } => {
                if let Some(it) = self.versions.get_mut(version) {
                    it.received = true;
                }
            }
            Event::DocumentVisibilityChanged { visibilite } => {
                self.visibilite = visibilite.clone();
            }
            Event::DocumentWithdrawn { .. } => self.left = Left::Withdrawn,
            Event::DocumentErased {} => self.left = Left::Erased,
        }
    }
}
