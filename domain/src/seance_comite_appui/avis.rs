//! What the comité says: who was there, one avis a dossier, the closing, and what became of each
//! avis in its dossier.

use super::{
    AVIS, CLOSE, Event, MEMBRES_MAX, PRESENCE, PresenceMembre, Refusal, SeanceComiteAppui,
};
use crate::{
    Asked, Decided, Decision, DlaId, IngenierieId, OrganisationId, PersonId, Prose, RoleName,
    Sealed, Subject, ingenierie_collective::engager::SensAvis, refusal::Common,
};

/// What a comité says of a dossier.
#[derive(Debug, Clone, PartialEq)]
pub struct Avis {
    pub sens: SensAvis,
    pub commentaire: Option<Prose>,
    pub reserves: Option<Prose>,
}

/// Why an avis cannot stand as it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lack {
    Reserves,
    ReservesUnexpected,
    Commentaire,
}

impl Avis {
    /// Refuses an avis that does not say what its sense asks for, wherever it is given.
    pub(crate) fn is_whole(&self) -> Result<(), Lack> {
        let with_reserves = self.sens == SensAvis::FavorableAvecReserves;
        match &self.reserves {
            None if with_reserves => return Err(Lack::Reserves),
            Some(_) if !with_reserves => return Err(Lack::ReservesUnexpected),
            _ => (),
        }
        // INV-36: who says no, or not yet, says why.
        let says_why = matches!(self.sens, SensAvis::Defavorable | SensAvis::Ajourne);
        if says_why && self.commentaire.is_none() {
            return Err(Lack::Commentaire);
        }
        Ok(())
    }
}

impl From<Lack> for Refusal {
    fn from(lack: Lack) -> Self {
        match lack {
            Lack::Reserves => Self::ReservesMissing {},
            Lack::ReservesUnexpected => Self::ReservesUnexpected {},
            Lack::Commentaire => Self::CommentaireMissing {},
        }
    }
}

/// An avis of a closed séance that no dossier holds yet, as far as the séance knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    pub ingenierie: IngenierieId,
    pub dla: DlaId,
    pub sens: SensAvis,
}

impl SeanceComiteAppui {
    /// Notes whether someone came, and for whom.
    pub fn record_membre_presence(
        &self,
        asked: &Asked,
        personne: PersonId,
        organisation: Option<OrganisationId>,
        presence: PresenceMembre,
    ) -> Decision<Self> {
        let dla = self.going_on(asked, &PRESENCE)?;
        if self.presences.get(&personne) == Some(&(organisation, presence)) {
            return Ok(Decided::nothing());
        }
        self.has_begun(asked)?;
        if !self.presences.contains_key(&personne) && self.presences.len() >= MEMBRES_MAX {
            return Err(Refusal::TooManyMembres { max: MEMBRES_MAX });
        }
        let noted = Event::MembrePresenceRecorded { dla, personne, organisation, presence };
        Ok(self.records(asked, [noted]))
    }

    /// Says what the comité thinks of a dossier, in place of what it said before.
    ///
    /// Texts are sealed: with one, an avis cannot be compared with the last, and is a new fact.
    pub fn give_avis(&self, asked: &Asked, ingenierie: IngenierieId, avis: Avis) -> Decision<Self> {
        self.going_on(asked, &AVIS)?;
        let Some(dossier) = self.dossiers.get(&ingenierie) else {
            return Err(Refusal::DossierNotInscribed {});
        };
        self.has_begun(asked)?;
        avis.is_whole()?;
        let Avis { sens, commentaire, reserves } = avis;
        if dossier.avis == Some(sens) && commentaire.is_none() && reserves.is_none() {
            return Ok(Decided::nothing());
        }
        let sealed = |it| Sealed::new(Subject::dossier(ingenierie), it);
        let given = Event::AvisGiven {
            ingenierie,
            sens,
            commentaire: commentaire.map(sealed),
            reserves: reserves.map(sealed),
        };
        Ok(self.records_of(asked, ingenierie, [given]))
    }

    /// Ends the séance, once each dossier of its agenda has its avis: the house then records them
    /// in the dossiers.
    pub fn close_seance_comite_appui(&self, asked: &Asked) -> Decision<Self> {
        let dla = self.known_to(asked, &CLOSE)?;
        if self.closed {
            return Ok(Decided::nothing());
        }
        let dla = self.going_on(asked, &CLOSE).map(|_| dla)?;
        self.has_begun(asked)?;
        let waiting = self.dossiers.values().filter(|it| it.avis.is_none());
        match waiting.count() {
            0 => Ok(self.records(asked, [Event::SeanceComiteAppuiClosed { dla }])),
            dossiers => Err(Refusal::AvisExpected { dossiers }),
        }
    }

    /// The avis that are still to find their dossier: none before the closing.
    pub fn pending(&self) -> Vec<Pending> {
        let Some(dla) = self.dla.filter(|_| self.closed) else { return vec![] };
        let waits = |it: &IngenierieId| !self.settled.contains(it) && !self.refused.contains(it);
        let given = self.dossiers.iter().filter(|(id, _)| waits(id));
        given
            .filter_map(|(ingenierie, it)| {
                Some(Pending { ingenierie: *ingenierie, dla, sens: it.avis? })
            })
            .collect()
    }

    /// Notes what became of an avis: its dossier holds it, or said why not. That it holds it is
    /// final, whoever said otherwise meanwhile.
    pub fn settle_avis(
        &self,
        asked: &Asked,
        ingenierie: IngenierieId,
        refused: Option<&'static str>,
    ) -> Decision<Self> {
        if asked.by.role.name() != RoleName::House {
            return Err(Common::NotFound {}.into());
        }
        let given = self
            .dossiers
            .get(&ingenierie)
            .is_some_and(|it| it.avis.is_some());
        if !self.closed || !given {
            return Err(Refusal::DossierNotInscribed {});
        }
        let noted = match refused {
            None => self.settled.contains(&ingenierie),
            Some(_) => self.settled.contains(&ingenierie) || self.refused.contains(&ingenierie),
        };
        if noted {
            return Ok(Decided::nothing());
        }
        let fact = match refused {
            None => Event::AvisTransmitted { ingenierie },
            Some(code) => Event::AvisNotTransmitted { ingenierie, code: code.to_owned() },
        };
        Ok(self.records_of(asked, ingenierie, [fact]))
    }

    /// A comité says nothing before it meets.
    fn has_begun(&self, asked: &Asked) -> Result<(), Refusal> {
        match &self.rencontre {
            Some(it) if asked.date() < it.date => Err(Refusal::SeanceToCome { date: it.date }),
            _ => Ok(()),
        }
    }
}
