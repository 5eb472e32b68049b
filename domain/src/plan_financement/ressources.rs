//! Who pays: a resource is sought, requested, granted or refused, notified, paid.
//!
//! The financeur answers for its own lines, or the DLA notes what the financeur answered.

use super::{
    ADD_RESSOURCE, Contributeur, Event, GRANT_RESSOURCE, NOTIFY_RESSOURCE, PAY_RESSOURCE,
    PlanFinancement, REFUSE_RESSOURCE, REQUEST_RESSOURCE, Refusal, StatutRessource, payable,
};
use crate::{
    Asked, Cents, Code, Decided, Decision, Line, Prose, Sealed, actor::Right, refusal::Common,
};

/// A resource, as the decisions remember it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ressource {
    pub(super) source: Code,
    pub(super) contributeur: Contributeur,
    pub(super) statut: StatutRessource,
    pub(super) sought: Cents,
    pub(super) granted: Option<Cents>,
    pub(super) reference: Option<Line>,
    pub(super) paid: Cents,
}

impl Ressource {
    pub(super) fn sought(source: Code, contributeur: Contributeur, sought: Cents) -> Self {
        Self {
            source,
            contributeur,
            statut: StatutRessource::Sought,
            sought,
            granted: None,
            reference: None,
            paid: Cents(0),
        }
    }

    /// What it brings to the balance: what was granted, or else what is sought.
    pub(super) fn montant(&self) -> Cents {
        self.granted.unwrap_or(self.sought)
    }

    pub(super) fn is_retained(&self) -> bool {
        self.statut != StatutRessource::Refused
    }

    pub(super) fn is_granted(&self) -> bool {
        matches!(self.statut, StatutRessource::Granted | StatutRessource::Notified)
    }
}

impl PlanFinancement {
    /// Thinks of somebody to pay.
    pub fn add_ressource(
        &self,
        asked: &Asked,
        source: Code,
        contributeur: Contributeur,
        montant: Cents,
    ) -> Decision<Self> {
        self.kept_by(asked, &ADD_RESSOURCE)?;
        let montant = payable("montant", montant)?;
        let ligne = self.next_ligne()?;
        let sought = Event::RessourceSought { ligne, source, contributeur, montant };
        Ok(self.changes(asked, [sought]))
    }

    /// Notes that they were asked.
    pub fn request_ressource(&self, asked: &Asked, ligne: i32) -> Decision<Self> {
        self.kept_by(asked, &REQUEST_RESSOURCE)?;
        let &Ressource { contributeur, statut, .. } = self.ressource(ligne)?;
        match statut {
            StatutRessource::Requested => Ok(Decided::nothing()),
            StatutRessource::Sought => {
                Ok(self.records(asked, [Event::RessourceRequested { ligne, contributeur }]))
            }
            StatutRessource::Granted | StatutRessource::Notified | StatutRessource::Refused => {
                Err(Refusal::RessourceAnswered { ligne, statut })
            }
        }
    }

    /// Notes how much they will pay. Until it is notified, another amount takes its place.
    ///
    /// A confirmed plan stays so when they grant exactly what it counted on.
    pub fn grant_ressource(&self, asked: &Asked, ligne: i32, montant: Cents) -> Decision<Self> {
        let ressource = self.answered_by(asked, &GRANT_RESSOURCE, ligne)?;
        let montant = payable("montant", montant)?;
        if ressource.is_granted() && ressource.montant() == montant {
            return Ok(Decided::nothing());
        }
        answerable(ressource, ligne)?;
        let granted =
            Event::RessourceGranted { ligne, contributeur: ressource.contributeur, montant };
        if ressource.montant() == montant {
            return Ok(self.records(asked, [granted]));
        }
        Ok(self.changes(asked, [granted]))
    }

    /// Notes that they will not pay, or no longer: until it is notified, a promise may be
    /// taken back. The reason is mandatory (INV-36).
    pub fn refuse_ressource(&self, asked: &Asked, ligne: i32, motif: Prose) -> Decision<Self> {
        let ressource = self.answered_by(asked, &REFUSE_RESSOURCE, ligne)?;
        if !ressource.is_retained() {
            return Ok(Decided::nothing());
        }
        answerable(ressource, ligne)?;
        let motif = Sealed::new(self.subject()?, motif);
        let contributeur = ressource.contributeur;
        Ok(self.changes(asked, [Event::RessourceRefused { ligne, contributeur, motif }]))
    }

    /// Notes that they wrote that they will pay. The reference of the letter may come later.
    pub fn notify_ressource(
        &self,
        asked: &Asked,
        ligne: i32,
        reference: Option<Line>,
    ) -> Decision<Self> {
        let ressource = self.answered_by(asked, &NOTIFY_RESSOURCE, ligne)?;
        if !ressource.is_granted() {
            return Err(Refusal::RessourceNotGranted { ligne });
        }
        let notified = ressource.statut == StatutRessource::Notified;
        if notified && (reference.is_none() || ressource.reference == reference) {
            return Ok(Decided::nothing());
        }
        let contributeur = ressource.contributeur;
        Ok(self.records(asked, [Event::RessourceNotified { ligne, contributeur, reference }]))
    }

    /// Notes an instalment. Together they never exceed what was granted.
    pub fn pay_ressource(&self, asked: &Asked, ligne: i32, montant: Cents) -> Decision<Self> {
        let ressource = self.answered_by(asked, &PAY_RESSOURCE, ligne)?;
        if ressource.statut != StatutRessource::Notified {
            return Err(Refusal::RessourceNotNotified { ligne });
        }
        let montant = payable("montant", montant)?;
        let remaining = Cents(ressource.montant().0 - ressource.paid.0);
        if montant > remaining {
            return Err(Refusal::PaidAboveGranted { ligne, remaining });
        }
        let contributeur = ressource.contributeur;
        Ok(self.records(asked, [Event::RessourcePaid { ligne, contributeur, montant }]))
    }

    /// Moves a resource on, when a fact says so.
    pub(super) fn advance(&mut self, ligne: i32, step: impl FnOnce(&mut Ressource)) {
        if let Some(ressource) = self.ressources.get_mut(&ligne) {
            step(ressource);
        }
    }

    fn ressource(&self, ligne: i32) -> Result<&Ressource, Refusal> {
        self.ressources
            .get(&ligne)
            .ok_or(Refusal::LigneUnknown { ligne })
    }

    /// The line, for its contributor or for the DLAs concerned. To anybody else who sees the
    /// plan, the lines of others are as if they did not exist.
    fn answered_by(&self, asked: &Asked, right: &Right, ligne: i32) -> Result<&Ressource, Refusal> {
        asked.may(right, &self.perimeter())?;
        self.still_open()?;
        if self.is_kept_by(asked) {
            return self.ressource(ligne);
        }
        let own = |it: &&Ressource| match it.contributeur {
            Contributeur::Dla(id) => asked.by.serves(id),
            Contributeur::Organisation(id) => asked.by.answers_for() == Some(id),
        };
        let ressource = self.ressources.get(&ligne).filter(own);
        Ok(ressource.ok_or(Common::NotFound {})?)
    }
}

/// Whether an answer may still be given, or changed.
fn answerable(ressource: &Ressource, ligne: i32) -> Result<(), Refusal> {
    match ressource.statut {
        StatutRessource::Requested | StatutRessource::Granted => Ok(()),
        StatutRessource::Sought => Err(Refusal::RessourceNotRequested { ligne }),
        StatutRessource::Refused => Err(Refusal::RessourceDeclined { ligne }),
        StatutRessource::Notified => Err(Refusal::RessourceInWriting { ligne }),
    }
}
