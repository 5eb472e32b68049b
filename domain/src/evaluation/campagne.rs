//! Campaigns: who is asked to answer the grid, in which column, until when.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CLOSE_CAMPAGNE, Evaluation, Event, INVITE, OPEN_CAMPAGNE, REMIND, Refusal};
use crate::{
    Asked, Date, Decided, Decision, DlaId, Dossier, Line, Organisation, OrganisationId, Seen,
    actor::Perimeter,
    organisation::OrganisationRole,
    referentiel::{Colonne, Grille},
    refusal::Common,
};

/// The most campaigns of one evaluation.
pub const CAMPAGNES_MAX: usize = 10;

/// The most respondents of one campaign: they are invited in one batch of facts.
pub const REPONDANTS_MAX: usize = 300;

/// Who is asked to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Repondant {
    /// A beneficiary structure: other structures read nothing of it.
    Structure(OrganisationId),
    /// A prestataire, a C2RA, a CNAR, another partner.
    Organisation(OrganisationId),
    /// A DLA, about itself.
    Dla(DlaId),
}

impl Repondant {
    /// Whatever they are: ids are unique.
    pub fn id(self) -> Uuid {
        match self {
            Self::Structure(id) | Self::Organisation(id) => id.0,
            Self::Dla(id) => id.0,
        }
    }

    /// The organisation that answers, when it is one.
    pub fn organisation(self) -> Option<OrganisationId> {
        match self {
            Self::Structure(id) | Self::Organisation(id) => Some(id),
            Self::Dla(_) => None,
        }
    }
}

/// Those to invite in a column, as the registry knows them.
#[derive(Debug, Clone)]
pub struct Candidats {
    pub colonne: Colonne,
    pub organisations: Vec<Seen<Organisation>>,
    pub dlas: BTreeSet<DlaId>,
}

/// Someone who was invited.
#[derive(Debug, Clone, PartialEq)]
pub struct Invitation {
    pub repondant: Repondant,
    pub colonne: Colonne,
    relances: BTreeSet<Date>,
}

/// A campaign: what is asked, to whom, until when.
#[derive(Debug, Clone, PartialEq)]
pub struct Campagne {
    titre: Line,
    closes_on: Date,
    edition: i32,
    grille: Arc<Grille>,
    invitations: BTreeMap<Uuid, Invitation>,
    closed: bool,
}

impl Campagne {
    pub(super) fn opened(
        titre: Line,
        closes_on: Date,
        (edition, grille): (i32, Arc<Grille>),
    ) -> Self {
        let invitations = BTreeMap::new();
        Self { titre, closes_on, edition, grille, invitations, closed: false }
    }

    /// Its last day for those who answer by themselves.
    pub fn closes_on(&self) -> Date {
        self.closes_on
    }

    /// Whether nobody answers it any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The edition of the grid that it asks.
    pub fn edition(&self) -> i32 {
        self.edition
    }

    /// The grid that it asks.
    pub fn grille(&self) -> &Grille {
        &self.grille
    }

    /// Whether that respondent is invited, and how.
    pub fn invitation(&self, repondant: Uuid) -> Option<&Invitation> {
        self.invitations.get(&repondant)
    }

    pub(super) fn evolve(&mut self, event: &Event) {
        if let Event::RespondentInvited { repondant, colonne, .. } = event {
            let (repondant, colonne) = (*repondant, *colonne);
            let invitation = Invitation { repondant, colonne, relances: BTreeSet::new() };
            self.invitations.insert(repondant.id(), invitation);
        }
        if let Event::RespondentReminded { repondant, relance_on, .. } = event
            && let Some(it) = self.invitations.get_mut(&repondant.id())
        {
            it.relances.insert(*relance_on);
        }
        if let Event::CampagneEvaluationClosed { .. } = event {
            self.closed = true;
        }
    }
}

impl Evaluation {
    /// Opens a campaign on the grid as it stands, which no longer moves (INV-27).
    pub fn open_campagne(&self, asked: &Asked, titre: Line, closes_on: Date) -> Decision<Self> {
        self.visible_to(asked, &OPEN_CAMPAGNE)?;
        self.not_synthesised()?;
        // INV-27: what is judged is settled first. A final frame has a register at least.
        self.final_cadre()?;
        if let Some(campagne) = self.open_campagne_now() {
            let open = self.campagnes.get(&campagne);
            let same = open.is_some_and(|it| it.titre == titre && it.closes_on == closes_on);
            let no = Refusal::CampagneAlreadyOpen { campagne };
            return if same { Ok(Decided::nothing()) } else { Err(no) };
        }
        if self.campagnes.len() >= CAMPAGNES_MAX {
            return Err(Refusal::CampagnesTooMany { max: CAMPAGNES_MAX });
        }
        let on = asked.date();
        if closes_on < on {
            return Err(Refusal::ClotureBeforeOuverture { on });
        }
        let campagne = self.campagnes.keys().last().map_or(1, |it| it + 1);
        let (reference, edition) = (self.grille().version, self.edition());
        let opened =
            Event::CampagneEvaluationOpened { campagne, titre, closes_on, reference, edition };
        Ok(self.records(asked, [opened]))
    }

    /// Asks people to answer in a column. Those who were asked already are not asked again.
    pub fn invite_respondents(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        campagne: i32,
        candidats: &Candidats,
    ) -> Decision<Self> {
        self.visible_to(asked, &INVITE)?;
        let open = self.still_open(campagne)?;
        let repondants = candidats.repondants(ingenierie)?;
        let mut events = vec![];
        for repondant in repondants {
            let colonne = candidats.colonne;
            match (open.invitation(repondant.id()), repondant.organisation()) {
                (None, _) => {
                    events.push(Event::RespondentInvited { campagne, repondant, colonne });
                }
                (Some(known), Some(organisation)) if known.colonne != colonne => {
                    return Err(Refusal::RepondantElsewhere { organisation });
                }
                (Some(_), _) => (),
            }
        }
        if open.invitations.len() + events.len() > REPONDANTS_MAX {
            return Err(Refusal::RepondantsTooMany { max: REPONDANTS_MAX });
        }
        Ok(self.records(asked, events).expecting(ingenierie))
    }

    /// Notes that people were asked again: once a day each.
    pub fn remind_respondents(
        &self,
        asked: &Asked,
        campagne: i32,
        repondants: &BTreeSet<Uuid>,
    ) -> Decision<Self> {
        self.visible_to(asked, &REMIND)?;
        let open = self.still_open(campagne)?;
        if repondants.is_empty() {
            return Err(Refusal::RepondantsMissing {});
        }
        let relance_on = asked.date();
        let mut events = vec![];
        for id in repondants {
            let known = open.invitation(*id).ok_or(Refusal::RepondantUnknown {})?;
            if !known.relances.contains(&relance_on) {
                let repondant = known.repondant;
                events.push(Event::RespondentReminded { campagne, repondant, relance_on });
            }
        }
        Ok(self.records(asked, events))
    }

    /// Closes a campaign: nobody answers it any more, and its results no longer move.
    pub fn close_campagne(&self, asked: &Asked, campagne: i32) -> Decision<Self> {
        self.visible_to(asked, &CLOSE_CAMPAGNE)?;
        let known = self.campagnes.get(&campagne);
        let known = known.ok_or(Refusal::CampagneUnknown { campagne })?;
        if known.closed {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::CampagneEvaluationClosed { campagne }]))
    }

    /// One of its campaigns.
    pub fn campagne(&self, campagne: i32) -> Option<&Campagne> {
        self.campagnes.get(&campagne)
    }

    /// Who may know that a campaign exists: those of the evaluation, and those it asks.
    pub fn perimeter_of(&self, campagne: i32) -> Perimeter {
        let asked = self.campagne(campagne).into_iter();
        let asked = asked.flat_map(|it| it.invitations.values());
        self.perimeter()
            .answered_by(asked.filter_map(|it| it.repondant.organisation()))
    }

    pub(super) fn open_campagne_now(&self) -> Option<i32> {
        let mut all = self.campagnes.iter();
        all.find(|(_, it)| !it.closed).map(|(n, _)| *n)
    }

    fn still_open(&self, campagne: i32) -> Result<&Campagne, Refusal> {
        match self.campagnes.get(&campagne) {
            None => Err(Refusal::CampagneUnknown { campagne }),
            Some(it) if it.closed => Err(Refusal::CampagneIsClosed {}),
            Some(it) => Ok(it),
        }
    }
}

impl Candidats {
    /// Each as a respondent, when the column is for them.
    fn repondants(&self, ingenierie: &Dossier) -> Result<Vec<Repondant>, Refusal> {
        let dla = self.colonne == Colonne::AutoEvaluationDla;
        let (here, elsewhere) = (self.dlas.len(), self.organisations.len());
        let (here, elsewhere) = if dla { (here, elsewhere) } else { (elsewhere, here) };
        if here + elsewhere == 0 {
            return Err(Refusal::RepondantsMissing {});
        }
        let concerned = |it: &DlaId| ingenierie.dlas.contains(it);
        if elsewhere > 0 || !self.dlas.iter().all(concerned) {
            return Err(Refusal::RepondantNotOfColonne {});
        }
        let mut all: Vec<_> = self.dlas.iter().copied().map(Repondant::Dla).collect();
        for Seen { id, state, .. } in &self.organisations {
            if !state.exists() {
                return Err(Common::NotFound {}.into());
            }
            all.push(match self.colonne {
                Colonne::Structures if !ingenierie.mobilisees.contains(id) => {
                    return Err(Refusal::RepondantNotMobilised { structure: *id });
                }
                Colonne::Prestataires if !state.holds(OrganisationRole::Prestataire) => {
                    return Err(Refusal::RepondantNotPrestataire { prestataire: *id });
                }
                Colonne::Structures => Repondant::Structure(*id),
                Colonne::C2ra
                | Colonne::Cnar
                | Colonne::Prestataires
                | Colonne::AutresPartenaires
                | Colonne::AutoEvaluationDla => Repondant::Organisation(*id),
            });
        }
        Ok(all)
    }
}
