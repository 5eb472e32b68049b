//! Why a capitalisation says no.

use crate::{OrganisationId, refusal::refusals};

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
    /// See [`super::ELEMENTS_MAX`].
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
        "L'élément {element} a été jugé non transférable : réévaluez-le avant de le partager.",
        "Element {element} was judged not transferable: assess it again before sharing it.";
    /// INV-33.
    ResponsableMissing {} = "RESPONSABLE_MISSING" at "capitalisation":
        "Désignez d'abord le responsable du transfert.",
        "Designate who answers for the transfer first.";
    /// INV-33; charter of the DLA 06.
    ConsentementMissing { structure: OrganisationId } = "CONSENTEMENT_MISSING" at "element":
        "Cet élément vient d'une structure : recueillez d'abord son consentement.",
        "This element comes from a structure: obtain its consent first.";
    /// INV-33: nobody can agree for those who are not named.
    TemoignageAnonymous { element: i32 } = "TEMOIGNAGE_ANONYMOUS" at "element":
        "L'élément {element} est un témoignage sans structure : enregistrez-le de nouveau avec celle qui témoigne, pour recueillir son consentement.",
        "Element {element} is a testimony without a structure: record it again with the one that gives it, so that it can consent.";
    /// What was taken back is handed over to nobody.
    ElementWithdrawn { element: i32 } = "ELEMENT_WITHDRAWN" at "element":
        "L'élément {element} a été retiré de la publication : publiez-le de nouveau d'abord.",
        "Element {element} was taken out of publication: publish it again first.";
    /// See [`super::TRANSFERTS_MAX`].
    TransfertsTooMany { max: usize } = "TRANSFERTS_TOO_MANY" at "capitalisation":
        "Une capitalisation compte {max} transferts au plus : regroupez leurs destinataires.",
        "A capitalisation holds at most {max} transfers: group their recipients.";
    /// See [`super::DESTINATAIRES_MAX`].
    DestinatairesTooMany { max: usize } = "DESTINATAIRES_TOO_MANY" at "destinataires":
        "Un transfert nomme {max} destinataires au plus : faites-en plusieurs.",
        "A transfer names at most {max} recipients: make several.";
    /// Transfers go by their number.
    TransfertUnknown { transfert: i32 } = "TRANSFERT_UNKNOWN" at "transfert":
        "Cette capitalisation n'a pas de transfert {transfert} : choisissez un de ceux qu'elle compte.",
        "This capitalisation has no transfer {transfert}: choose one of those it holds.";
    /// Nobody has received what was not sent to them.
    DestinataireUnknown { transfert: i32 } = "TRANSFERT_DESTINATAIRE_UNKNOWN" at "destinataire":
        "Le transfert {transfert} ne nomme pas ce destinataire : choisissez un de ceux qu'il nomme.",
        "Transfer {transfert} does not name this recipient: choose one of those it names.";
    /// An acknowledgement that the DLA notes can be shown.
    AccuseReferenceMissing {} = "ACCUSE_REFERENCE_MISSING" at "reference":
        "Indiquez où est conservée la réponse du destinataire.",
        "Say where the answer of the recipient is kept.";
    /// What others reuse was given to them.
    ElementNotShared { element: i32 } = "ELEMENT_NOT_SHARED" at "element":
        "L'élément {element} n'est ni publié ni transféré : partagez-le avant de le réutiliser.",
        "Element {element} is neither published nor transferred: share it before reusing it.";
    /// An ingénierie does not descend from itself.
    ReutilisationOwn {} = "REUTILISATION_OWN" at "ingenierie":
        "Cette ingénierie a produit l'élément : indiquez celle qui le réutilise.",
        "This ingénierie made the element: give the one that reuses it.";
    /// See [`super::REUTILISATIONS_MAX`].
    ReutilisationsTooMany { max: usize } = "REUTILISATIONS_TOO_MANY" at "capitalisation":
        "Une capitalisation compte {max} réutilisations au plus.",
        "A capitalisation holds at most {max} reuses.";
    /// A case tells what was done, or at least what was to be done and why it was not.
    CasTooEarly {} = "CAS_TOO_EARLY" at "capitalisation":
        "Cette ingénierie n'est pas encore confirmée : elle devient un cas une fois que ce qu'elle fait est arrêté.",
        "This ingénierie is not confirmed yet: it becomes a case once what it does is settled.";
    /// See [`super::cas::STRUCTURES_MAX`].
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
