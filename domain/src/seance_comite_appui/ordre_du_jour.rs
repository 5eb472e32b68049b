//! The agenda: which dossiers, in which order, for how long; and that it was sent.

use super::{
    DOSSIERS_MAX, DUREE_MAX, Event, INSCRIBE, Inscrit, Refusal, SEND, SeanceComiteAppui, WITHDRAW,
};
use crate::{
    Asked, Decided, Decision, Dossier, IngenierieId, Prose, Rule, Sealed, Subject, refusal::Common,
};

impl SeanceComiteAppui {
    /// Puts a dossier on the agenda, at the end unless a place is given, or gives it another
    /// place there.
    pub fn inscribe_dossier(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        (rang, duree): (Option<i32>, Option<i32>),
    ) -> Decision<Self> {
        let dla = self.going_on(asked, &INSCRIBE)?;
        if !asked.by.sees(&ingenierie.perimeter) {
            return Err(Common::NotFound {}.into());
        }
        let known = self.dossiers.get(&ingenierie.id);
        let rang = rang.unwrap_or_else(|| known.map_or_else(|| self.next_rang(), |it| it.rang));
        if known.is_some_and(|it| (it.rang, it.duree) == (rang, duree)) {
            return Ok(Decided::nothing());
        }
        if !(1..=DOSSIERS_MAX).contains(&usize::try_from(rang).unwrap_or_default()) {
            return Err(Refusal::RangOutOfRange { max: DOSSIERS_MAX });
        }
        if duree.is_some_and(|it| !(1..=DUREE_MAX).contains(&it)) {
            return Err(Refusal::DureeOutOfRange { max: DUREE_MAX });
        }
        let inscribed = Event::DossierInscribed { ingenierie: ingenierie.id, rang, duree };
        if known.is_some() {
            return Ok(self.records_of(asked, ingenierie.id, [inscribed]));
        }
        if self.dossiers.len() >= DOSSIERS_MAX {
            return Err(Refusal::TooManyDossiers { max: DOSSIERS_MAX });
        }
        if !ingenierie.dlas.contains(&dla) {
            return Err(Refusal::DossierOfAnotherDla { dla });
        }
        // INV-38: nothing is left to advise on.
        if ingenierie.is_over() {
            return Err(Refusal::DossierEnded {});
        }
        let mut events = vec![];
        // INV-14: what others do already was looked at first (RUL-03).
        if !ingenierie.complementarite_checked {
            let subject = Subject::dossier(ingenierie.id);
            let (rule, because) = asked.waive(Rule::ComplementariteChecked, subject)?;
            events.push(Event::RuleWaived { rule, because });
        }
        events.push(inscribed);
        Ok(self
            .records_of(asked, ingenierie.id, events)
            .expecting(ingenierie))
    }

    /// Takes a dossier off the agenda. The reason is mandatory (INV-36).
    pub fn withdraw_dossier(
        &self,
        asked: &Asked,
        ingenierie: IngenierieId,
        motif: Prose,
    ) -> Decision<Self> {
        self.going_on(asked, &WITHDRAW)?;
        match self.dossiers.get(&ingenierie) {
            None => Ok(Decided::nothing()),
            Some(Inscrit { avis: Some(_), .. }) => Err(Refusal::DossierExamined {}),
            Some(_) => {
                let motif = Sealed::new(Subject::dossier(ingenierie), motif);
                let withdrawn = Event::DossierWithdrawn { ingenierie, motif };
                Ok(self.records_of(asked, ingenierie, [withdrawn]))
            }
        }
    }

    /// Notes that the members received the agenda as it stands.
    pub fn send_ordre_du_jour(&self, asked: &Asked) -> Decision<Self> {
        let dla = self.going_on(asked, &SEND)?;
        if self.dossiers.is_empty() {
            return Err(Refusal::OrdreDuJourEmpty {});
        }
        if self.sent {
            return Ok(Decided::nothing());
        }
        let edition = self.editions + 1;
        Ok(self.records(asked, [Event::OrdreDuJourSent { dla, edition }]))
    }

    fn next_rang(&self) -> i32 {
        let last = self.dossiers.values().map(|it| it.rang).max();
        last.unwrap_or_default() + 1
    }
}
