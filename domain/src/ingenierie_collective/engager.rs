//! Step 2 of the method, ENGAGER: the partners, the shared objectives, the validation.

pub mod partage;

use serde::{Deserialize, Serialize};

use super::{
    ASSOCIATE, ASSOCIATE_DLA, ATTENTE, AVIS, CONFIRM_DEMARCHE, ENGAGE, Etat, Event,
    IngenierieCollective, OPERATIONNEL, Refusal, STRATEGIQUE, VALIDATE, WITHDRAW_OBJECTIF,
    WITHDRAW_PARTENAIRE, for_dla, for_itself, identifier::usable,
};
use crate::{
    Asked, Decided, Decision, Dla, DlaId, Line, Organisation, OrganisationId, Prose, Right,
    RoleName, SeanceComiteId, Seen,
    referentiel::Code,
    refusal::Common,
    seance_comite_appui::{Avis, Lack},
};

/// The category of those who finance the DLA.
pub const FINANCEUR_PERMANENT: &str = "FINANCEUR_PERMANENT";

/// The category of those who finance this ingénierie alone.
pub const FINANCEUR_PONCTUEL: &str = "FINANCEUR_PONCTUEL";

/// How what a partner expects suits the porteur (method, fiche 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Compatibilite {
    /// Both gain by it.
    Complementaire,
    /// One has to give way to the other.
    Contradictoire,
    /// Both cannot be had.
    Incompatible,
}

/// What an objective is about. A value may stand in either: the cases of the method list
/// skills as operational, its fiche 5 as strategic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PorteeObjectif {
    /// What it is for (OS1 to OS4).
    Strategique,
    /// What it does (OO1 to OO6).
    Operationnel,
}

/// The opinion of a comité d'appui. It is consultative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SensAvis {
    /// Go on.
    Favorable,
    /// Go on, with these remarks in mind.
    FavorableAvecReserves,
    /// Do not go on: whoever does says why (INV-07).
    Defavorable,
    /// Put off: the comité wants to see the dossier again.
    Ajourne,
}

impl From<Lack> for Refusal {
    fn from(lack: Lack) -> Self {
        match lack {
            Lack::Reserves => Self::AvisReservesMissing {},
            Lack::ReservesUnexpected => Self::AvisReservesUnexpected {},
            Lack::Commentaire => Self::AvisCommentaireMissing {},
        }
    }
}

impl IngenierieCollective {
    /// Lets a partner into the network, or changes its place there.
    pub fn associate_partenaire(
        &self,
        asked: &Asked,
        organisation: &Seen<Organisation>,
        categorie: Code,
        role: Option<Line>,
    ) -> Decision<Self> {
        self.open_to(asked, &ASSOCIATE)?;
        let known = self.partenaires.get(&organisation.id);
        if known.is_some_and(|it| it.categorie == categorie && it.role == role) {
            return Ok(Decided::nothing());
        }
        usable("organisation", organisation)?;
        let associated =
            Event::PartenaireAssociated { organisation: organisation.id, categorie, role };
        Ok(self.records(asked, [associated]).expecting(organisation))
    }

    /// Lets a partner leave. The reason is mandatory (INV-36).
    pub fn withdraw_partenaire(
        &self,
        asked: &Asked,
        organisation: OrganisationId,
        motif: Prose,
    ) -> Decision<Self> {
        self.open_to(asked, &WITHDRAW_PARTENAIRE)?;
        if !self.partenaires.contains_key(&organisation) {
            return Ok(Decided::nothing());
        }
        let motif = self.sealed(motif)?;
        Ok(self.records(asked, [Event::PartenaireWithdrawn { organisation, motif }]))
    }

    /// Makes the ingénierie inter-DLA: the other DLA will validate it and have its avis.
    pub fn associate_dla(&self, asked: &Asked, dla: &Seen<Dla>) -> Decision<Self> {
        self.open_to(asked, &ASSOCIATE_DLA)?;
        if self.dlas.contains(&dla.id) {
            return Ok(Decided::nothing());
        }
        if !dla.exists() {
            return Err(Common::NotFound {}.into());
        }
        Ok(self
            .records(asked, [Event::DlaAssociated { dla: dla.id }])
            .expecting(dla))
    }

    /// Notes what a partner expects. Each one counts: a text cannot be compared with an
    /// earlier one.
    pub fn record_attente(
        &self,
        asked: &Asked,
        partenaire: OrganisationId,
        compatibilite: Compatibilite,
        attente: Prose,
    ) -> Decision<Self> {
        self.open_to(asked, &ATTENTE)?;
        self.associe(partenaire)?;
        let attente = self.sealed(attente)?;
        let recorded = Event::AttenteRecorded { partenaire, compatibilite, attente };
        Ok(self.records(asked, [recorded]))
    }

    /// Sets a strategic objective.
    pub fn set_objectif_strategique(
        &self,
        asked: &Asked,
        objectif: Code,
        precision: Option<Prose>,
    ) -> Decision<Self> {
        self.open_to(asked, &STRATEGIQUE)?;
        if self.strategiques.get(&objectif) == Some(&precision) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::ObjectifStrategiqueSet { objectif, precision }]))
    }

    /// Sets an operational objective, from either list of the method.
    pub fn set_objectif_operationnel(
        &self,
        asked: &Asked,
        objectif: Code,
        precision: Option<Prose>,
    ) -> Decision<Self> {
        self.open_to(asked, &OPERATIONNEL)?;
        if self.operationnels.get(&objectif) == Some(&precision) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::ObjectifOperationnelSet { objectif, precision }]))
    }

    /// Gives an objective up. The reason is mandatory (INV-36).
    pub fn withdraw_objectif(
        &self,
        asked: &Asked,
        portee: PorteeObjectif,
        objectif: Code,
        motif: Prose,
    ) -> Decision<Self> {
        self.open_to(asked, &WITHDRAW_OBJECTIF)?;
        let set = match portee {
            PorteeObjectif::Strategique => &self.strategiques,
            PorteeObjectif::Operationnel => &self.operationnels,
        };
        if !set.contains_key(&objectif) {
            return Ok(Decided::nothing());
        }
        let motif = self.sealed(motif)?;
        Ok(self.records(asked, [Event::ObjectifWithdrawn { portee, objectif, motif }]))
    }

    /// Inscribes the démarche in the activities of one porteuse, by whoever answers for it.
    pub fn validate_demarche(&self, asked: &Asked, dla: DlaId) -> Decision<Self> {
        self.open_to(asked, &VALIDATE)?;
        for_dla(asked, &VALIDATE, dla)?;
        self.concerns(dla)?;
        if self.validated.contains(&dla) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::DemarcheValidated { dla }]))
    }

    /// Confirms the démarche, by a financeur or by the DLA that notes it.
    pub fn confirm_demarche_by_financeur(
        &self,
        asked: &Asked,
        financeur: OrganisationId,
    ) -> Decision<Self> {
        self.open_to(asked, &CONFIRM_DEMARCHE)?;
        for_itself(asked, financeur)?;
        let Some(partenaire) = self.partenaires.get(&financeur) else {
            return Err(Refusal::NotFinanceur { financeur });
        };
        if ![FINANCEUR_PERMANENT, FINANCEUR_PONCTUEL].contains(&partenaire.categorie.as_str()) {
            return Err(Refusal::NotFinanceur { financeur });
        }
        if partenaire.confirms {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::DemarcheConfirmedByFinanceur { financeur }]))
    }

    /// Notes the opinion of the comité d'appui of one DLA, in place of the former one.
    pub fn record_avis(&self, asked: &Asked, dla: DlaId, avis: Avis) -> Decision<Self> {
        // A comité may speak of a dossier that no agenda of a séance holds.
        self.open_within(asked, &AVIS, &self.perimeter().advised_by(self.dlas()))?;
        for_dla(asked, &AVIS, dla)?;
        self.concerns(dla)?;
        avis.is_whole()?;
        let says_more = avis.commentaire.is_some() || avis.reserves.is_some();
        if self.avis.get(&dla) == Some(&avis.sens) && !says_more {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [self.avis_recorded(dla, None, avis)?]))
    }

    /// Takes the avis that a comité gave in a séance, in place of the former one. The house brings
    /// it, once the séance is closed.
    pub fn receive_avis(
        &self,
        asked: &Asked,
        dla: DlaId,
        seance: SeanceComiteId,
        avis: Avis,
    ) -> Decision<Self> {
        self.open_to(asked, &Right { act: "receiveAvis", roles: &[RoleName::House] })?;
        self.concerns(dla)?;
        Ok(self.records(asked, [self.avis_recorded(dla, Some(seance), avis)?]))
    }

    fn avis_recorded(
        &self,
        dla: DlaId,
        seance: Option<SeanceComiteId>,
        avis: Avis,
    ) -> Result<Event, Refusal> {
        let seal = |it: Option<Prose>| it.map(|it| self.sealed(it)).transpose();
        Ok(Event::AvisComiteAppuiRecorded {
            dla,
            sens: avis.sens,
            commentaire: seal(avis.commentaire)?,
            reserves: seal(avis.reserves)?,
            seance,
        })
    }

    /// Passes the first milestone: the démarche is validated.
    pub fn engage_ingenierie(&self, asked: &Asked) -> Decision<Self> {
        self.open_to(asked, &ENGAGE)?;
        if self.etat >= Some(Etat::Engagee) {
            return Ok(Decided::nothing());
        }
        if let Some(no) = self.blocks_engagement().into_iter().next() {
            return Err(no);
        }
        let mut events = self.waive(asked, &self.broken_at_engagement())?;
        events.push(Event::IngenierieCollectiveEngaged {});
        Ok(self.records(asked, events))
    }

    /// The DLAs concerned that have not done something yet.
    pub(super) fn waiting_for(&self, done: impl Fn(DlaId) -> bool) -> Vec<DlaId> {
        self.dlas().filter(|dla| !done(*dla)).collect()
    }

    pub(super) fn concerns(&self, dla: DlaId) -> Result<(), Refusal> {
        if self.dlas.contains(&dla) { Ok(()) } else { Err(Refusal::DlaNotConcerned { dla }) }
    }
}
