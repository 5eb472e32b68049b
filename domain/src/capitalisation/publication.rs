//! Publication, and the consent of the structures that elements come from.

use super::{
    CONSENT, Capitalisation, CauseRetrait, Event, Genre, Kept, PUBLISH, Refusal, UNPUBLISH,
    WITHDRAW,
};
use crate::{
    Asked, Decided, Decision, Line, OrganisationId, Prose, Sealed, Subject, actor::Right,
    refusal::Common,
};

impl Capitalisation {
    /// A structure agrees that what comes from it is published, now or later.
    ///
    /// It says so itself, or the DLA notes the paper that it signed.
    pub fn give_consentement_publication(
        &self,
        asked: &Asked,
        structure: OrganisationId,
        reference: Option<Line>,
    ) -> Decision<Self> {
        self.structure_or_dla(asked, &CONSENT, structure)?;
        if self.consents.contains(&structure) {
            return Ok(Decided::nothing());
        }
        if !self.perimeter().organisations.contains(&structure) {
            return Err(Refusal::StructureNotConcerned { structure });
        }
        let in_person = asked.by.answers_for().is_some();
        if !in_person && reference.is_none() {
            return Err(Refusal::ConsentementReferenceMissing {});
        }
        Ok(self.records(asked, [Event::ConsentementPublicationGiven { structure, reference }]))
    }

    /// A structure no longer agrees: what comes from it is unpublished at once.
    pub fn withdraw_consentement_publication(
        &self,
        asked: &Asked,
        structure: OrganisationId,
    ) -> Decision<Self> {
        self.structure_or_dla(asked, &WITHDRAW, structure)?;
        if !self.consents.contains(&structure) {
            return Ok(Decided::nothing());
        }
        let unpublished = self
            .elements
            .iter()
            .filter(|(_, kept)| kept.published && kept.contenu.structure == Some(structure))
            .map(|(&element, _)| Event::ElementUnpublished {
                element,
                cause: CauseRetrait::ConsentementRetire,
                motif: None,
            });
        let named = self.cas.as_ref().filter(|it| it.1.contains(&structure));
        let cause = CauseRetrait::ConsentementRetire;
        let told_no_more = named.map(|_| Event::CasUnpublished { cause, motif: None });
        let withdrawn = Event::ConsentementPublicationWithdrawn { structure };
        let unpublished = unpublished.chain(told_no_more);
        Ok(self.records(asked, [withdrawn].into_iter().chain(unpublished)))
    }

    /// Lets anyone with a token read an element.
    pub fn publish_element(&self, asked: &Asked, element: i32) -> Decision<Self> {
        self.visible_to(asked, &PUBLISH)?;
        let kept = self.kept(element)?;
        if kept.published {
            return Ok(Decided::nothing());
        }
        self.may_leave(element, kept)?;
        Ok(self.records(asked, [Event::ElementPublished { element }]))
    }

    /// INV-33: what leaves the ingénierie has a nature (each element is of a determined one), was
    /// judged transferable, and somebody answers for it; a structure agrees for what comes from it,
    /// and a testimony always comes from one.
    pub(super) fn may_leave(&self, element: i32, kept: &Kept) -> Result<(), Refusal> {
        match kept.transferabilite {
            None => return Err(Refusal::TransferabiliteNotAssessed { element }),
            Some((false, _)) => return Err(Refusal::ElementNotTransferable { element }),
            Some((true, _)) => (),
        }
        if self.responsable.is_none() {
            return Err(Refusal::ResponsableMissing {});
        }
        match kept.contenu.structure {
            Some(structure) if !self.consents.contains(&structure) => {
                Err(Refusal::ConsentementMissing { structure })
            }
            None if kept.contenu.genre == Genre::Temoignage => {
                Err(Refusal::TemoignageAnonymous { element })
            }
            _ => Ok(()),
        }
    }

    /// Keeps an element for those of the ingénierie. The reason is mandatory (INV-36).
    pub fn unpublish_element(&self, asked: &Asked, element: i32, motif: Prose) -> Decision<Self> {
        self.visible_to(asked, &UNPUBLISH)?;
        if !self.kept(element)?.published {
            return Ok(Decided::nothing());
        }
        let dossier = Subject::dossier(self.ingenierie.ok_or(Common::NotFound {})?);
        let motif = Some(Sealed::new(dossier, motif));
        let cause = CauseRetrait::Decision;
        Ok(self.records(asked, [Event::ElementUnpublished { element, cause, motif }]))
    }

    /// Lets pass the structure itself, or the DLA that notes what the structure signed.
    fn structure_or_dla(
        &self,
        asked: &Asked,
        right: &Right,
        structure: OrganisationId,
    ) -> Result<(), Refusal> {
        self.visible_to(asked, right)?;
        if asked.by.answers_for().is_some_and(|it| it != structure) {
            return Err(Common::NotFound {}.into());
        }
        Ok(())
    }
}
