//! What an ingénierie leaves to others: its elements, and to whom, by whom and how they are
//! transferred.
//!
//! The method goes from the nature to transferability, recipients, responsible and
//! modalities (RUL-28). The order is a habit, not a rule: only publication asks for what
//! INV-33 names (`publication`). It goes on after the ingénierie has ended (INV-38), and tells
//! others of it as a case (`cas`).

pub mod cas;
mod publication;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use self::cas::Cas;
use crate::{
    Asked, CapitalisationId, Decided, Decider, Decision, DlaId, Dossier, IngenierieId, Line,
    OrganisationId, Place, Prose, Sealed, Territoire,
    actor::{Perimeter, Right, rights},
    referentiel::Code,
    refusal::{Common, refusals},
};

/// The most elements that are kept of one ingénierie.
pub const ELEMENTS_MAX: usize = 200;

/// What can happen to a capitalisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// What there is to keep of an ingénierie (method, step 4 C1).
    NatureCapitalisationDetermined {
        ingenierie: IngenierieId,
        dlas: Vec<DlaId>,
        /// The partners and structures of the ingénierie, who read what is not published.
        organisations: Vec<OrganisationId>,
        territoire: Territoire,
        natures: BTreeSet<Code>,
    },
    /// A tool, a booklet, a testimony... was kept.
    ElementCapitaliseRecorded { element: i32, contenu: Element },
    /// Whether an element can be transferred, and to what end (method, step 4 C2).
    TransferabiliteAssessed { element: i32, transferable: bool, objectifs: Prose },
    /// To whom the transfer is made (method, step 4 C3).
    DestinatairesTargeted { destinataires: BTreeSet<Code> },
    /// Who answers for the transfer (method, step 4 C4).
    ResponsableTransfertDesignated { responsable: Code, organisation: Option<OrganisationId> },
    /// In which forms and tones, to suit the recipients (method, step 4 C5).
    ModalitesTransfertAdapted { formes: BTreeSet<Code>, tons: BTreeSet<Code> },
    /// A structure agrees that what comes from it is published.
    ConsentementPublicationGiven {
        structure: OrganisationId,
        /// Where the signed paper is kept, when it was given on paper.
        reference: Option<Line>,
    },
    /// A structure no longer agrees: what comes from it was unpublished just after.
    ConsentementPublicationWithdrawn { structure: OrganisationId },
    /// Anyone with a token reads the element.
    ElementPublished { element: i32 },
    /// The element is read by those of the ingénierie only.
    ElementUnpublished {
        element: i32,
        cause: CauseRetrait,
        /// In words, when it was decided; a structure owes no reason for its consent.
        motif: Option<Sealed<Prose>>,
    },
    /// Anyone with a token reads the ingénierie as a case of the library. Said again, the later
    /// word counts.
    CasPublished {
        cas: Cas,
        /// The structures that it names: each has agreed.
        structures: BTreeSet<OrganisationId>,
    },
    /// The ingénierie is no longer a case of the library.
    CasUnpublished {
        cause: CauseRetrait,
        /// In words, when it was decided; a structure owes no reason for its consent.
        motif: Option<Sealed<Prose>>,
    },
}

/// What is kept of an ingénierie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Element {
    pub nature: Code,
    pub genre: Genre,
    pub titre: Line,
    /// What it is and what it serves. No name and no word about people: those stay in the
    /// document.
    pub description: Prose,
    pub secteurs: BTreeSet<Code>,
    /// Themes of Enée.
    pub themes: BTreeSet<Code>,
    /// Where the document is, on the web.
    pub lien: Option<Line>,
    /// The structure whose documents or testimony it draws on: it is published with its consent.
    pub structure: Option<OrganisationId>,
}

/// What an element is (method, step 4 C5; testimonies and tools of the cases).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Genre {
    Outil,
    Livret,
    Temoignage,
    Methode,
    Synthese,
    Autre,
}

/// Why an element or a case is no longer published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CauseRetrait {
    /// The DLA decided so, for the reason given.
    Decision,
    /// The structure it comes from withdrew its consent.
    ConsentementRetire,
}

refusals! {
    /// There is something to keep, or no capitalisation.
    NaturesMissing {} = "NATURES_MISSING" at "natures":
        "Indiquez au moins une nature : méthode, information ou contenu.",
        "Give at least one nature: method, information or content.";
    /// INV-33: an element has a nature, now and later.
    NatureStillUsed { nature: String } = "NATURE_STILL_USED" at "natures":
        "Un élément relève de la nature {nature} : gardez-la.",
        "An element is of nature {nature}: keep it.";
    /// INV-33.
    NatureNotDetermined { nature: String } = "NATURE_NOT_DETERMINED" at "nature":
        "La nature {nature} n'est pas déterminée pour cette capitalisation : ajoutez-la d'abord.",
        "The nature {nature} is not determined for this capitalisation: add it first.";
    /// See [`ELEMENTS_MAX`].
    ElementsTooMany { max: usize } = "ELEMENTS_TOO_MANY" at "capitalisation":
        "Une capitalisation compte {max} éléments au plus : regroupez-les.",
        "A capitalisation holds at most {max} elements: group them.";
    /// A published link is followed by everyone: nothing but a page of the web.
    LienNotWeb {} = "LIEN_NOT_WEB" at "lien":
        "Indiquez une adresse complète, qui commence par https://.",
        "Give a full address, which starts with https://.";
    /// Elements go by their number.
    ElementUnknown { element: i32 } = "ELEMENT_UNKNOWN" at "element":
        "Cette capitalisation n'a pas d'élément {element} : choisissez un de ceux qu'elle compte.",
        "This capitalisation has no element {element}: choose one of those it holds.";
    /// INV-33: what is published is transferable, now and later.
    ElementStillPublished { element: i32 } = "ELEMENT_STILL_PUBLISHED" at "element":
        "L'élément {element} est publié : dépubliez-le avant de le juger non transférable.",
        "Element {element} is published: unpublish it before judging that it is not transferable.";
    /// Transferred to nobody is not transferred.
    TransfertDestinatairesMissing {} = "TRANSFERT_DESTINATAIRES_MISSING" at "destinataires":
        "Indiquez au moins un destinataire.",
        "Give at least one recipient.";
    /// A transfer takes a form.
    FormesMissing {} = "FORMES_MISSING" at "formes":
        "Indiquez au moins une forme de transfert.",
        "Give at least one form of transfer.";
    /// A structure consents for what comes from it.
    StructureNotConcerned { structure: OrganisationId } = "STRUCTURE_NOT_CONCERNED" at "structure":
        "Cette structure n'est pas de l'ingénierie et aucun élément ne vient d'elle : vérifiez-la.",
        "This structure is not of the ingénierie and no element comes from it: check it.";
    /// A consent that the DLA notes can be shown.
    ConsentementReferenceMissing {} = "CONSENTEMENT_REFERENCE_MISSING" at "reference":
        "Indiquez où est conservé le consentement signé par la structure.",
        "Say where the consent signed by the structure is kept.";
    /// INV-33.
    TransferabiliteNotAssessed { element: i32 } = "TRANSFERABILITE_NOT_ASSESSED" at "element":
        "Évaluez d'abord la transférabilité de l'élément {element}.",
        "Assess the transferability of element {element} first.";
    /// INV-33.
    ElementNotTransferable { element: i32 } = "ELEMENT_NOT_TRANSFERABLE" at "element":
        "L'élément {element} a été jugé non transférable : réévaluez-le avant de le publier.",
        "Element {element} was judged not transferable: assess it again before publishing it.";
    /// INV-33.
    ResponsableMissing {} = "RESPONSABLE_MISSING" at "capitalisation":
        "Désignez d'abord le responsable du transfert.",
        "Designate who answers for the transfer first.";
    /// INV-33; charter of the DLA 06.
    ConsentementMissing { structure: OrganisationId } = "CONSENTEMENT_MISSING" at "element":
        "Cet élément vient d'une structure : recueillez d'abord son consentement.",
        "This element comes from a structure: obtain its consent first.";
    /// A case tells what was done, or at least what was to be done and why it was not.
    CasTooEarly {} = "CAS_TOO_EARLY" at "capitalisation":
        "Cette ingénierie n'est pas encore confirmée : elle devient un cas une fois que ce qu'elle fait est arrêté.",
        "This ingénierie is not confirmed yet: it becomes a case once what it does is settled.";
    /// See [`cas::STRUCTURES_MAX`].
    CasStructuresTooMany { max: usize } = "CAS_STRUCTURES_TOO_MANY" at "structures":
        "Un cas nomme {max} structures au plus.",
        "A case names at most {max} structures.";
    /// A case names those who took part, and nobody else.
    CasStructureNotConcerned { structure: OrganisationId } = "CAS_STRUCTURE_NOT_CONCERNED" at "structures":
        "Un cas ne nomme que des structures qui participent à l'ingénierie : retirez les autres.",
        "A case names structures that take part in the ingénierie and no others: leave those out.";
    /// INV-33; charter of the DLA 06: whoever reads of the mission of one structure knows which.
    CasStructureMissing {} = "CAS_STRUCTURE_MISSING" at "structures":
        "Le cas d'une ingénierie individuelle parle de sa structure : nommez-la, avec son consentement.",
        "The case of an ingénierie individuelle speaks of its structure: name it, with its consent.";
    /// INV-33; charter of the DLA 06.
    CasConsentementMissing { structure: OrganisationId } = "CAS_CONSENTEMENT_MISSING" at "structures":
        "Ce cas nomme une structure : recueillez d'abord son consentement, ou ne la nommez pas.",
        "This case names a structure: obtain its consent first, or do not name it.";
    /// A case is told once it took place.
    CasInFuture { annee: i16 } = "CAS_IN_FUTURE" at "annee":
        "L'année {annee} n'est pas encore venue : indiquez celle où l'ingénierie s'est déroulée.",
        "The year {annee} has not come yet: give the one in which the ingénierie took place.";
}

rights! {
    DETERMINE = "determineNatureCapitalisation": ChargeDeMission;
    RECORD = "recordElement": ChargeDeMission;
    ASSESS = "assessTransferabilite": ChargeDeMission;
    TARGET = "targetDestinataires": ChargeDeMission;
    DESIGNATE = "designateResponsable": ChargeDeMission;
    ADAPT = "adaptModalites": ChargeDeMission;
    CONSENT = "giveConsentementPublication": ChargeDeMission, StructureBeneficiaire;
    WITHDRAW = "withdrawConsentementPublication": ChargeDeMission, StructureBeneficiaire;
    PUBLISH = "publishElement": ChargeDeMission;
    UNPUBLISH = "unpublishElement": ChargeDeMission;
    PUBLISH_CAS = "publishCas": ChargeDeMission;
    UNPUBLISH_CAS = "unpublishCas": ChargeDeMission;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Capitalisation {
    ingenierie: Option<IngenierieId>,
    dlas: BTreeSet<DlaId>,
    organisations: BTreeSet<OrganisationId>,
    territoire: Option<Territoire>,
    natures: BTreeSet<Code>,
    elements: BTreeMap<i32, Kept>,
    destinataires: BTreeSet<Code>,
    responsable: Option<(Code, Option<OrganisationId>)>,
    modalites: Option<(BTreeSet<Code>, BTreeSet<Code>)>,
    consents: BTreeSet<OrganisationId>,
    /// As it is published, and the structures that it names.
    cas: Option<(Cas, BTreeSet<OrganisationId>)>,
}

/// An element, and what was decided about it.
#[derive(Debug, Clone, PartialEq)]
struct Kept {
    contenu: Element,
    transferabilite: Option<(bool, Prose)>,
    published: bool,
}

impl Capitalisation {
    /// Determines what there is to keep of an ingénierie, or determines it again.
    pub fn determine_nature_capitalisation(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        natures: BTreeSet<Code>,
    ) -> Decision<Self> {
        let around = &ingenierie.perimeter;
        asked.may(&DETERMINE, around)?;
        if self.ingenierie.is_some_and(|it| it != ingenierie.id) {
            return Err(Common::AlreadyExists {}.into());
        }
        if natures.is_empty() {
            return Err(Refusal::NaturesMissing {});
        }
        if self.natures == natures {
            return Ok(Decided::nothing());
        }
        let mut used = self.elements.values().map(|it| &it.contenu.nature);
        if let Some(nature) = used.find(|it| !natures.contains(it)) {
            return Err(Refusal::NatureStillUsed { nature: nature.as_str().to_owned() });
        }
        let territoire = ingenierie.territoire.clone().ok_or(Common::NotFound {})?;
        let determined = Event::NatureCapitalisationDetermined {
            ingenierie: ingenierie.id,
            dlas: ingenierie.dlas.clone(),
            organisations: around.organisations.iter().copied().collect(),
            territoire: territoire.clone(),
            natures,
        };
        let place = Place { territoire: Some(territoire), dossier: Some(ingenierie.id) };
        let decided = asked.records(place, [determined]);
        // One stream for each ingénierie, held from its first fact.
        if self.ingenierie.is_some() {
            return Ok(decided);
        }
        Ok(decided.claiming("capitalisation", ingenierie.id.0.to_string()))
    }

    /// Keeps one more element. The same one is not kept twice.
    pub fn record_element(&self, asked: &Asked, contenu: Element) -> Decision<Self> {
        self.visible_to(asked, &RECORD)?;
        if self.elements.values().any(|it| it.contenu == contenu) {
            return Ok(Decided::nothing());
        }
        if !self.natures.contains(&contenu.nature) {
            let nature = contenu.nature.as_str().to_owned();
            return Err(Refusal::NatureNotDetermined { nature });
        }
        let is_web = |it: &Line| {
            let address = it.as_str();
            address.starts_with("https://") || address.starts_with("http://")
        };
        if contenu.lien.as_ref().is_some_and(|it| !is_web(it)) {
            return Err(Refusal::LienNotWeb {});
        }
        if self.elements.len() >= ELEMENTS_MAX {
            return Err(Refusal::ElementsTooMany { max: ELEMENTS_MAX });
        }
        // Elements are numbered from 1 and never removed.
        let element = self
            .elements
            .last_key_value()
            .map_or(1, |(last, _)| last + 1);
        Ok(self.records(asked, [Event::ElementCapitaliseRecorded { element, contenu }]))
    }

    /// Says whether an element can be transferred, and to what end.
    pub fn assess_transferabilite(
        &self,
        asked: &Asked,
        element: i32,
        transferable: bool,
        objectifs: Prose,
    ) -> Decision<Self> {
        self.visible_to(asked, &ASSESS)?;
        let kept = self.kept(element)?;
        let known = kept.transferabilite.as_ref();
        if known.is_some_and(|it| it.0 == transferable && it.1 == objectifs) {
            return Ok(Decided::nothing());
        }
        if kept.published && !transferable {
            return Err(Refusal::ElementStillPublished { element });
        }
        let assessed = Event::TransferabiliteAssessed { element, transferable, objectifs };
        Ok(self.records(asked, [assessed]))
    }

    /// Says to whom the transfer is made. They replace those said before.
    pub fn target_destinataires(
        &self,
        asked: &Asked,
        destinataires: BTreeSet<Code>,
    ) -> Decision<Self> {
        self.visible_to(asked, &TARGET)?;
        if destinataires.is_empty() {
            return Err(Refusal::TransfertDestinatairesMissing {});
        }
        if self.destinataires == destinataires {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::DestinatairesTargeted { destinataires }]))
    }

    /// Says who answers for the transfer, by kind and, when known, by name of organisation.
    pub fn designate_responsable(
        &self,
        asked: &Asked,
        responsable: Code,
        organisation: Option<OrganisationId>,
    ) -> Decision<Self> {
        self.visible_to(asked, &DESIGNATE)?;
        let known = self.responsable.as_ref();
        if known.is_some_and(|it| it.0 == responsable && it.1 == organisation) {
            return Ok(Decided::nothing());
        }
        let designated = Event::ResponsableTransfertDesignated { responsable, organisation };
        Ok(self.records(asked, [designated]))
    }

    /// Says in which forms and tones. They replace those said before.
    pub fn adapt_modalites(
        &self,
        asked: &Asked,
        formes: BTreeSet<Code>,
        tons: BTreeSet<Code>,
    ) -> Decision<Self> {
        self.visible_to(asked, &ADAPT)?;
        if formes.is_empty() {
            return Err(Refusal::FormesMissing {});
        }
        let known = self.modalites.as_ref();
        if known.is_some_and(|it| it.0 == formes && it.1 == tons) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::ModalitesTransfertAdapted { formes, tons }]))
    }

    /// The ingénierie it draws on.
    pub fn ingenierie(&self) -> Option<IngenierieId> {
        self.ingenierie
    }

    /// Who may know that it exists: the DLAs, partners and structures of the ingénierie, and
    /// the structures that elements come from.
    pub fn perimeter(&self) -> Perimeter {
        Perimeter::of_dlas(self.dlas.iter().copied())
            .and(self.organisations.iter().copied())
            .and(self.elements.values().filter_map(|it| it.contenu.structure))
    }

    /// Who may read an element: anyone once it is published.
    pub fn element_perimeter(&self, element: i32) -> Perimeter {
        match self.elements.get(&element) {
            Some(kept) if kept.published => Perimeter::open(),
            _ => self.perimeter(),
        }
    }

    fn visible_to(&self, asked: &Asked, right: &Right) -> Result<(), Refusal> {
        Ok(asked.may(right, &self.perimeter())?)
    }

    fn kept(&self, element: i32) -> Result<&Kept, Refusal> {
        self.elements
            .get(&element)
            .ok_or(Refusal::ElementUnknown { element })
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        let place = Place { territoire: self.territoire.clone(), dossier: self.ingenierie };
        asked.records(place, events)
    }
}

impl Decider for Capitalisation {
    const CATEGORY: &'static str = "capitalisation";

    type Id = CapitalisationId;
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
            Event::NatureCapitalisationDetermined {
                ingenierie,
                dlas,
                organisations,
                territoire,
                natures,
            } => {
                self.ingenierie = Some(*ingenierie);
                self.dlas = dlas.iter().copied().collect();
                self.organisations = organisations.iter().copied().collect();
                self.territoire = Some(territoire.clone());
                self.natures.clone_from(natures);
            }
            Event::ElementCapitaliseRecorded { element, contenu } => {
                let contenu = contenu.clone();
                let kept = Kept { contenu, transferabilite: None, published: false };
                self.elements.insert(*element, kept);
            }
            Event::TransferabiliteAssessed { element, transferable, objectifs } => {
                if let Some(kept) = self.elements.get_mut(element) {
                    kept.transferabilite = Some((*transferable, objectifs.clone()));
                }
            }
            Event::DestinatairesTargeted { destinataires } => {
                self.destinataires.clone_from(destinataires);
            }
            Event::ResponsableTransfertDesignated { responsable, organisation } => {
                self.responsable = Some((responsable.clone(), *organisation));
            }
            Event::ModalitesTransfertAdapted { formes, tons } => {
                self.modalites = Some((formes.clone(), tons.clone()));
            }
            Event::ConsentementPublicationGiven { structure, .. } => {
                self.consents.insert(*structure);
            }
            Event::ConsentementPublicationWithdrawn { structure } => {
                self.consents.remove(structure);
            }
            Event::ElementPublished { element } => self.set_published(*element, true),
            Event::ElementUnpublished { element, .. } => self.set_published(*element, false),
            Event::CasPublished { cas, structures } => {
                self.cas = Some((cas.clone(), structures.clone()));
            }
            Event::CasUnpublished { .. } => self.cas = None,
        }
    }
}

impl Capitalisation {
    fn set_published(&mut self, element: i32, published: bool) {
        if let Some(kept) = self.elements.get_mut(&element) {
            kept.published = published;
        }
    }
}
