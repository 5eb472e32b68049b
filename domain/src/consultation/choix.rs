//! The choice: an opened offre, an award without competition, or nobody; then who was told.

use super::{
    AWARD, CHOOSE, CONSULTED_MIN, Consultation, Event, INFORM, Notation, Refusal, UNSUCCESSFUL,
    appel::referenced,
};
use crate::{
    Asked, Cents, Decided, Decision, Dossier, Organisation, OrganisationId, Prose, Rule, Sealed,
    Seen,
};

/// What choosing needs to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub prestataire: OrganisationId,
    /// The mean of what the offre was given, if absent.
    pub notation: Option<Notation>,
    pub motif: Prose,
    /// The minutes of the choice.
    pub proces_verbal: Option<Prose>,
}

impl Consultation {
    /// Chooses who will carry out the mission.
    ///
    /// Choosing the same one again changes nothing. Changing one's mind is another
    /// decision, because a contract may already be signed.
    pub fn choose_prestataire(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        choice: Choice,
    ) -> Decision<Self> {
        self.open_to(asked, &CHOOSE)?;
        let Choice { prestataire, notation, motif, proces_verbal } = choice;
        if self.already_chosen(prestataire)? {
            return Ok(Decided::nothing());
        }
        self.undecided()?;
        self.goes_on(ingenierie)?;
        // INV-02: on an admissible offre, after the deadline or once everyone has answered,
        // which the opening has checked.
        let montant = self.admissible(prestataire)?;
        let notation = notation.or_else(|| self.mean(prestataire));
        let notation = notation.ok_or(Refusal::NotationMissing {})?;
        notation.in_range()?;
        let subject = self.subject()?;
        let mut events = vec![];
        // INV-04: competition is required (décret 2015-1103); how much is local practice.
        if self.consulted.len() < CONSULTED_MIN {
            let (rule, because) = asked.waive(Rule::ConsultedMin, subject.clone())?;
            events.push(Event::RuleWaived { rule, because });
        }
        let proces_verbal = proces_verbal.map(|it| Sealed::new(subject.clone(), it));
        let motif = Sealed::new(subject, motif);
        events.push(Event::PrestataireChosen {
            prestataire,
            montant,
            notation,
            motif,
            proces_verbal,
        });
        Ok(self.records(asked, events).expecting(ingenierie))
    }

    /// Chooses a prestataire without competition (INV-03).
    ///
    /// The offres received by then stay closed, and their bidders are informed.
    pub fn award_directly(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        prestataire: &Seen<Organisation>,
        montant: Cents,
    ) -> Decision<Self> {
        self.open_to(asked, &AWARD)?;
        if self.already_chosen(prestataire.id)? {
            return Ok(Decided::nothing());
        }
        self.undecided()?;
        self.goes_on(ingenierie)?;
        referenced(prestataire)?;
        self.not_invited(prestataire.id)?;
        let (rule, because) = asked.waive(Rule::Competition, self.subject()?)?;
        let chosen = Event::PrestataireDirectlyChosen { prestataire: prestataire.id, montant };
        let events = [Event::RuleWaived { rule, because }, chosen];
        let decided = self.records(asked, events);
        Ok(decided.expecting(prestataire).expecting(ingenierie))
    }

    /// Declares that no offre answers the need. The reason is mandatory (INV-36).
    ///
    /// Nobody can tell before the offres are open or, without any, while some are expected.
    pub fn declare_consultation_unsuccessful(&self, asked: &Asked, motif: Prose) -> Decision<Self> {
        self.open_to(asked, &UNSUCCESSFUL)?;
        if self.unsuccessful {
            return Ok(Decided::nothing());
        }
        self.undecided()?;
        if self.opened.is_none() {
            self.nobody_expected(asked)?;
            if !self.offres.is_empty() {
                return Err(Refusal::OffresNotOpen {});
            }
        }
        let motif = Sealed::new(self.subject()?, motif);
        Ok(self.records(asked, [Event::ConsultationDeclaredUnsuccessful { motif }]))
    }

    /// Tells a bidder the result.
    pub fn inform_prestataire(&self, asked: &Asked, prestataire: OrganisationId) -> Decision<Self> {
        self.open_to(asked, &INFORM)?;
        if !self.decided() {
            return Err(Refusal::NoResultYet {});
        }
        if !self.bidders().any(|it| it == prestataire) && self.chosen != Some(prestataire) {
            return Err(Refusal::NoOffre { prestataire });
        }
        if self.informed.contains(&prestataire) {
            return Ok(Decided::nothing());
        }
        let retenu = self.chosen == Some(prestataire);
        Ok(self.records(asked, [Event::PrestataireInformed { prestataire, retenu }]))
    }

    fn already_chosen(&self, prestataire: OrganisationId) -> Result<bool, Refusal> {
        match self.chosen {
            Some(chosen) if chosen == prestataire => Ok(true),
            Some(chosen) => Err(Refusal::AnotherPrestataireChosen { chosen }),
            None => Ok(false),
        }
    }
}
