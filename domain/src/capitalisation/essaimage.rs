//! Essaimage: later ingénieries say which elements they reuse.
//!
//! It is decided where the element is, whichever kind of ingénierie reuses it: whether its DLA may
//! read the element is known here, and who made the element sees in its own history what became
//! of it.

use super::{Capitalisation, DECLARE, Event, REUTILISATIONS_MAX, Refusal, UNDECLARE};
use crate::{
    Asked, Decided, Decision, Dossier, Perimeter, Prose, Sealed, Subject, refusal::Common,
};

impl Capitalisation {
    /// A later ingénierie takes up an element: whoever declares it may read the element, and
    /// answers for the ingénierie.
    pub fn declare_reutilisation(
        &self,
        asked: &Asked,
        element: i32,
        ingenierie: &Dossier,
    ) -> Decision<Self> {
        asked.may(&DECLARE, &self.element_perimeter(element))?;
        asked.may(&DECLARE, &Perimeter::of_dlas(ingenierie.dlas.iter().copied()))?;
        let published = self.kept(element)?.published;
        if self.ingenierie == Some(ingenierie.id) {
            return Err(Refusal::ReutilisationOwn {});
        }
        if self.reutilisations.contains(&(element, ingenierie.id)) {
            return Ok(Decided::nothing());
        }
        if !published && self.handed_over(element).next().is_none() {
            return Err(Refusal::ElementNotShared { element });
        }
        if self.reutilisations.len() >= REUTILISATIONS_MAX {
            return Err(Refusal::ReutilisationsTooMany { max: REUTILISATIONS_MAX });
        }
        let declared = Event::ReutilisationDeclared {
            element,
            ingenierie: ingenierie.id,
            dlas: ingenierie.dlas.clone(),
            territoire: ingenierie.territoire.clone().ok_or(Common::NotFound {})?,
        };
        Ok(self.records(asked, [declared]))
    }

    /// Takes such a declaration back. The reason is mandatory (INV-36). Those who made the
    /// element may do so too, and those who reuse it even when they may no longer read it.
    pub fn withdraw_reutilisation(
        &self,
        asked: &Asked,
        element: i32,
        ingenierie: &Dossier,
        motif: Prose,
    ) -> Decision<Self> {
        let around = self.dlas.iter().chain(&ingenierie.dlas);
        asked.may(&UNDECLARE, &Perimeter::of_dlas(around.copied()))?;
        if !self.reutilisations.contains(&(element, ingenierie.id)) {
            asked.may(&UNDECLARE, &self.element_perimeter(element))?;
            self.kept(element)?;
            return Ok(Decided::nothing());
        }
        let dossier = Subject::dossier(self.ingenierie.ok_or(Common::NotFound {})?);
        let motif = Sealed::new(dossier, motif);
        let ingenierie = ingenierie.id;
        Ok(self.records(asked, [Event::ReutilisationWithdrawn { element, ingenierie, motif }]))
    }
}
