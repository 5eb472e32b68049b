//! What an ingénierie leaves to others: its elements, and to whom, by whom and how they are
//! transferred.
//!
//! The method goes from the nature to transferability, recipients, responsible and
//! modalities (RUL-28). The order is a habit, not a rule: only publication asks for what
//! INV-33 names (`publication`), and a transfer too (`transfert`). Later ingénieries say what
//! they reuse of it (`essaimage`), and the library tells of it as a case (`cas`). It goes on after
//! the ingénierie has ended (INV-38).

pub mod cas;
pub mod essaimage;
mod publication;
mod refusals;
pub mod transfert;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::refusals::{CODES, Refusal};
use self::{
    cas::Cas,
    transfert::{Destinataire, Transfert},
};
use crate::{
    Asked, CapitalisationId, Decided, Decider, Decision, DlaId, Dossier, IngenierieId, Line,
    OrganisationId, Place, Prose, Sealed, Territoire,
    actor::{Perimeter, Right, rights},
    referentiel::Code,
    refusal::Common,
};

/// The most elements that are kept of one ingénierie.
pub const ELEMENTS_MAX: usize = 200;

/// The most transfers that are kept of one ingénierie.
pub const TRANSFERTS_MAX: usize = 1_000;

/// The most recipients that one transfer names.
pub const DESTINATAIRES_MAX: usize = 200;

/// The most reuses that are declared of what one ingénierie leaves.
pub const REUTILISATIONS_MAX: usize = 2_000;

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
    /// An element was handed over to recipients, who read it from then on (method, step 4 C).
    TransfertPerformed { transfert: i32, contenu: Transfert },
    /// A recipient has received what was handed over to it.
    TransfertAcknowledged {
        transfert: i32,
        destinataire: Destinataire,
        /// Where its answer is kept, when the DLA notes it.
        reference: Option<Line>,
    },
    /// A later ingénierie takes up an element (essaimage).
    ReutilisationDeclared {
        element: i32,
        /// The one that takes it up.
        ingenierie: IngenierieId,
        dlas: Vec<DlaId>,
        territoire: Territoire,
    },
    /// It was declared by mistake, or came to nothing.
    ReutilisationWithdrawn { element: i32, ingenierie: IngenierieId, motif: Sealed<Prose> },
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
    PERFORM = "performTransfert": ChargeDeMission;
    ACKNOWLEDGE = "acknowledgeTransfert":
        ChargeDeMission, Financeur, StructureBeneficiaire, Prestataire, Partenaire;
    DECLARE = "declareReutilisation": ChargeDeMission;
    UNDECLARE = "withdrawReutilisation": ChargeDeMission;
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
    transferts: BTreeMap<i32, Performed>,
    /// Which element, and by which ingénierie.
    reutilisations: BTreeSet<(i32, IngenierieId)>,
    /// As it is published, and the structures that it names.
    cas: Option<(Cas, BTreeSet<OrganisationId>)>,
}

/// An element, and what was decided about it.
#[derive(Debug, Clone, PartialEq)]
struct Kept {
    contenu: Element,
    transferabilite: Option<(bool, Prose)>,
    published: bool,
    /// It was published, and taken back.
    withdrawn: bool,
}

/// A transfer, and who has received it.
#[derive(Debug, Clone, PartialEq)]
struct Performed {
    contenu: Transfert,
    acknowledged: BTreeSet<Destinataire>,
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

    /// Who may read an element: anyone once it is published, and those it was handed over to.
    pub fn element_perimeter(&self, element: i32) -> Perimeter {
        if self.elements.get(&element).is_some_and(|it| it.published) {
            return Perimeter::open();
        }
        let mut around = self.perimeter();
        let named = self.handed_over(element).flat_map(|it| &it.destinataires);
        for destinataire in named {
            match destinataire {
                Destinataire::Dla(id) => around.dlas.insert(*id),
                Destinataire::Organisation(id) => around.organisations.insert(*id),
            };
        }
        around
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
                let (transferabilite, published, withdrawn) = (None, false, false);
                let kept = Kept { contenu, transferabilite, published, withdrawn };
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
            Event::TransfertPerformed { transfert, contenu } => {
                let contenu = contenu.clone();
                let performed = Performed { contenu, acknowledged: BTreeSet::new() };
                self.transferts.insert(*transfert, performed);
            }
            Event::TransfertAcknowledged { transfert, destinataire, .. } => {
                if let Some(performed) = self.transferts.get_mut(transfert) {
                    performed.acknowledged.insert(*destinataire);
                }
            }
            Event::ReutilisationDeclared { element, ingenierie, .. } => {
                self.reutilisations.insert((*element, *ingenierie));
            }
            Event::ReutilisationWithdrawn { element, ingenierie, .. } => {
                self.reutilisations.remove(&(*element, *ingenierie));
            }
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
            kept.withdrawn = !published;
        }
    }
}
