//! Objective A of the step: structures are contacted, answer, commit, and form groupes.

use serde::{Deserialize, Serialize};

use crate::{
    Asked, Decided, Decision, Line, OrganisationId, Prose, Rule, Sealed, Subject, Territoire,
    ingenierie_collective::{
        ASSIGN, CONTACT, Ciblee, DECLINE, Etat, Event, GROUPE, IngenierieCollective, MOBILISE,
        REMOVE, RESPONSE, Refusal, WITHDRAW, for_itself,
    },
};

/// The most people that one structure sends.
pub const PARTICIPANTS_MAX: i32 = 1_000;

/// What a structure answers to one of the questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reponse {
    /// Yes.
    Oui,
    /// No.
    Non,
    /// It was asked and said neither.
    SansReponse,
}

/// The four questions put to a structure (method, step 3 A1 and fiche 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reponses {
    /// Is it concerned by the problématique?
    pub concernee: Reponse,
    /// Does the subject fit what it expects and needs?
    pub attentes: Reponse,
    /// Is the proposed answer relevant?
    pub reponse_pertinente: Reponse,
    /// Does the envisaged method suit it?
    pub methode: Reponse,
}

/// What a new groupe is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupeVoulu {
    pub intitule: Line,
    /// Of the whole ingénierie when absent.
    pub module: Option<Line>,
    pub territoire: Option<Territoire>,
}

impl IngenierieCollective {
    /// Asks a targeted structure the four questions.
    pub fn contact_structure(&self, asked: &Asked, structure: OrganisationId) -> Decision<Self> {
        self.past(asked, &CONTACT, Etat::Engagee)?;
        if self.targeted(structure)?.contacted {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::StructureContacted { structure }]))
    }

    /// Records what a structure answers, by itself or by the DLA that asked.
    pub fn record_structure_response(
        &self,
        asked: &Asked,
        structure: OrganisationId,
        reponses: Reponses,
        commentaire: Option<Prose>,
    ) -> Decision<Self> {
        self.past(asked, &RESPONSE, Etat::Engagee)?;
        for_itself(asked, structure)?;
        let ciblee = self.contacted(structure)?;
        if ciblee.reponses == Some(reponses) && commentaire.is_none() {
            return Ok(Decided::nothing());
        }
        let subject = Subject::organisation(structure);
        let commentaire = commentaire.map(|it| Sealed::new(subject, it));
        let recorded = Event::StructureResponseRecorded { structure, reponses, commentaire };
        Ok(self.records(asked, [recorded]))
    }

    /// Takes note that a structure commits to take part.
    pub fn mobilise_structure(
        &self,
        asked: &Asked,
        structure: OrganisationId,
        participants: Option<i32>,
    ) -> Decision<Self> {
        self.past(asked, &MOBILISE, Etat::Engagee)?;
        // INV-20: targeted, contacted, answered; once per ingénierie.
        let ciblee = self.contacted(structure)?;
        if ciblee.mobilised && ciblee.participants == participants {
            return Ok(Decided::nothing());
        }
        if ciblee.mobilised {
            return Err(Refusal::StructureAlreadyMobilised { structure });
        }
        if ciblee.reponses.is_none() {
            return Err(Refusal::ResponseMissing { structure });
        }
        if participants.is_some_and(|it| !(1..=PARTICIPANTS_MAX).contains(&it)) {
            return Err(Refusal::ParticipantsOutOfRange { max: PARTICIPANTS_MAX });
        }
        let mut events = self.waive(asked, self.broken_by_a_move())?;
        events.push(Event::StructureMobilised { structure, participants });
        Ok(self.records(asked, events))
    }

    /// Notes that a structure will not take part; it answers anew if it changes its mind.
    /// The reason is mandatory (INV-36).
    pub fn decline_structure(
        &self,
        asked: &Asked,
        structure: OrganisationId,
        motif: Prose,
    ) -> Decision<Self> {
        self.past(asked, &DECLINE, Etat::Engagee)?;
        let ciblee = self.contacted(structure)?;
        if ciblee.mobilised {
            return Err(Refusal::StructureTakesPart { structure });
        }
        if ciblee.declined {
            return Ok(Decided::nothing());
        }
        let motif = self.sealed(motif)?;
        Ok(self.records(asked, [Event::StructureDeclined { structure, motif }]))
    }

    /// Lets a structure leave, and its groupes with it. The reason is mandatory (INV-36).
    pub fn withdraw_structure(
        &self,
        asked: &Asked,
        structure: OrganisationId,
        motif: Prose,
    ) -> Decision<Self> {
        self.past(asked, &WITHDRAW, Etat::Engagee)?;
        if !self.targeted(structure)?.mobilised {
            return Ok(Decided::nothing());
        }
        let mut events = self.waive(asked, self.broken_by_a_move())?;
        let motif = self.sealed(motif)?;
        events.push(Event::StructureWithdrawn { structure, motif });
        Ok(self.records(asked, events))
    }

    /// Makes a groupe of structures. Its number is the next one.
    pub fn constitute_groupe(&self, asked: &Asked, voulu: GroupeVoulu) -> Decision<Self> {
        self.past(asked, &GROUPE, Etat::Engagee)?;
        let GroupeVoulu { intitule, module, territoire } = voulu;
        let same = self.groupes.values().any(|it| {
            (&it.intitule, &it.module, &it.territoire) == (&intitule, &module, &territoire)
        });
        if same {
            return Ok(Decided::nothing());
        }
        let groupe = self.groupes.keys().last().map_or(1, |last| last + 1);
        let constituted = Event::GroupeConstituted { groupe, intitule, module, territoire };
        Ok(self.records(asked, [constituted]))
    }

    /// Seats a structure in a groupe.
    pub fn assign_structure_to_groupe(
        &self,
        asked: &Asked,
        structure: OrganisationId,
        groupe: i32,
    ) -> Decision<Self> {
        self.past(asked, &ASSIGN, Etat::Engagee)?;
        let Some(seats) = self.groupes.get(&groupe) else {
            return Err(Refusal::GroupeUnknown { groupe });
        };
        self.mobilised(structure)?;
        if seats.structures.contains(&structure) {
            return Ok(Decided::nothing());
        }
        // INV-21: at most one groupe per module; those without a module are of one whole.
        let mut others = self.groupes.iter();
        let sits =
            others.find(|(_, it)| it.module == seats.module && it.structures.contains(&structure));
        if let Some((groupe, _)) = sits {
            return Err(Refusal::InAnotherGroupe { structure, groupe: *groupe });
        }
        Ok(self.records(asked, [Event::StructureAssignedToGroupe { structure, groupe }]))
    }

    /// Takes a structure out of a groupe, as groupes change until the end (method, step 3 B1).
    /// The reason is mandatory (INV-36).
    pub fn remove_structure_from_groupe(
        &self,
        asked: &Asked,
        structure: OrganisationId,
        groupe: i32,
        motif: Prose,
    ) -> Decision<Self> {
        self.past(asked, &REMOVE, Etat::Engagee)?;
        let Some(seats) = self.groupes.get(&groupe) else {
            return Err(Refusal::GroupeUnknown { groupe });
        };
        if !seats.structures.contains(&structure) {
            return Ok(Decided::nothing());
        }
        let motif = self.sealed(motif)?;
        let removed = Event::StructureRemovedFromGroupe { structure, groupe, motif };
        Ok(self.records(asked, [removed]))
    }

    /// INV-22: joining and leaving after the start is explained.
    fn broken_by_a_move(&self) -> &'static [Rule] {
        if self.etat == Some(Etat::EnIntervention) { &[Rule::GroupStable] } else { &[] }
    }

    pub(super) fn targeted(&self, structure: OrganisationId) -> Result<&Ciblee, Refusal> {
        self.structures
            .get(&structure)
            .ok_or(Refusal::StructureNotTargeted { structure })
    }

    fn contacted(&self, structure: OrganisationId) -> Result<&Ciblee, Refusal> {
        let ciblee = self.targeted(structure)?;
        if ciblee.contacted {
            Ok(ciblee)
        } else {
            Err(Refusal::StructureNotContacted { structure })
        }
    }
}
