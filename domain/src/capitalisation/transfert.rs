//! Transfers: an element is handed over, its recipients say that they have it. They read it from
//! then on, even unpublished, until it is taken back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    ACKNOWLEDGE, Capitalisation, DESTINATAIRES_MAX, Event, PERFORM, Performed, Refusal,
    TRANSFERTS_MAX,
};
use crate::{
    Asked, Decided, Decision, DlaId, Line, OrganisationId, referentiel::Code, refusal::Common,
};

/// What is handed over, to whom, how and by whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfert {
    pub element: i32,
    /// The kinds of recipients that it serves: they are no longer due.
    pub categories: BTreeSet<Code>,
    /// Those that are named, who read the element.
    pub destinataires: BTreeSet<Destinataire>,
    pub forme: Code,
    /// The organisation that did it; `None` when the DLAs of the ingénierie did.
    pub par: Option<OrganisationId>,
}

/// To whom an element is handed over, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Destinataire {
    /// A DLA: all who work for it, answer for it or advise it.
    Dla(DlaId),
    /// An organisation.
    Organisation(OrganisationId),
}

impl Capitalisation {
    /// Notes that an element was handed over. The same transfer is not made twice.
    pub fn perform_transfert(&self, asked: &Asked, contenu: Transfert) -> Decision<Self> {
        self.visible_to(asked, &PERFORM)?;
        let element = contenu.element;
        let kept = self.kept(element)?;
        if contenu.categories.is_empty() && contenu.destinataires.is_empty() {
            return Err(Refusal::TransfertDestinatairesMissing {});
        }
        if self.transferts.values().any(|it| it.contenu == contenu) {
            return Ok(Decided::nothing());
        }
        if contenu.destinataires.len() > DESTINATAIRES_MAX {
            return Err(Refusal::DestinatairesTooMany { max: DESTINATAIRES_MAX });
        }
        self.may_leave(element, kept)?;
        if kept.withdrawn {
            return Err(Refusal::ElementWithdrawn { element });
        }
        if self.transferts.len() >= TRANSFERTS_MAX {
            return Err(Refusal::TransfertsTooMany { max: TRANSFERTS_MAX });
        }
        // Transfers are numbered from 1 and never removed.
        let last = self.transferts.last_key_value();
        let transfert = last.map_or(1, |(last, _)| last + 1);
        Ok(self.records(asked, [Event::TransfertPerformed { transfert, contenu }]))
    }

    /// Notes that a recipient has received what was handed over to it.
    ///
    /// It says so itself, or the DLA of the ingénierie notes where it can be read.
    pub fn acknowledge_transfert(
        &self,
        asked: &Asked,
        transfert: i32,
        destinataire: Destinataire,
        reference: Option<Line>,
    ) -> Decision<Self> {
        let performed = self.transferts.get(&transfert);
        let around = performed
            .map_or_else(|| self.perimeter(), |it| self.element_perimeter(it.contenu.element));
        asked.may(&ACKNOWLEDGE, &around)?;
        let in_person = match destinataire {
            Destinataire::Dla(id) => asked.by.serves(id),
            Destinataire::Organisation(id) => asked.by.answers_for() == Some(id),
        };
        let for_the_dla = self.dlas.iter().any(|it| asked.by.serves(*it));
        if !in_person && !for_the_dla {
            return Err(Common::NotFound {}.into());
        }
        let Performed { contenu, acknowledged } =
            performed.ok_or(Refusal::TransfertUnknown { transfert })?;
        if !contenu.destinataires.contains(&destinataire) {
            return Err(Refusal::DestinataireUnknown { transfert });
        }
        if acknowledged.contains(&destinataire) {
            return Ok(Decided::nothing());
        }
        if !in_person && reference.is_none() {
            return Err(Refusal::AccuseReferenceMissing {});
        }
        let acknowledged = Event::TransfertAcknowledged { transfert, destinataire, reference };
        Ok(self.records(asked, [acknowledged]))
    }

    /// The transfers of an element that still stand: none once it is taken back.
    pub(super) fn handed_over(&self, element: i32) -> impl Iterator<Item = &Transfert> {
        let taken_back = self.elements.get(&element).is_none_or(|it| {
            let agrees = |structure| self.consents.contains(&structure);
            it.withdrawn || !it.contenu.structure.is_none_or(agrees)
        });
        self.transferts
            .values()
            .map(|it| &it.contenu)
            .filter(move |it| !taken_back && it.element == element)
    }
}
