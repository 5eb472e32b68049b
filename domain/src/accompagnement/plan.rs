//! What will be done: the plan d'accompagnement, its actions, and how each ends.

use serde::{Deserialize, Serialize};

use super::{
    ADD, ATTACH, Accompagnement, CANCEL, DONE, ESTABLISH, Event, LIST_MAX, Parties, Plan,
    RESTITUTION, Refusal, Reponse, Right, Suite, readable, records, registered,
};
use crate::{
    Asked, Date, Decided, Decision, Document, Dossier, Genre, IngenierieId, Organisation,
    OrganisationId, Prose, Seen, referentiel::Code, values::Line,
};

/// One action of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    pub nature: NatureAction,
    pub intitule: Line,
    /// Of `Liste::TypePrestation`.
    pub theme: Option<Code>,
    /// The préconisation that it answers, from 1.
    pub preconisation: Option<i32>,
    /// The ingénierie that carries it out, once there is one.
    pub ingenierie: Option<IngenierieId>,
    /// Who helps, when it is neither the DLA nor the structure.
    pub organisation: Option<OrganisationId>,
    pub echeance: Option<Date>,
}

/// Who acts, in an action of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NatureAction {
    /// A prestataire, for this structure alone.
    IngenierieIndividuelle,
    /// A prestataire, for several structures.
    IngenierieCollective,
    /// The structure itself.
    Interne,
    /// The chargé de mission, by their own expertise.
    Expertise,
    /// Another operator or scheme.
    Orientation,
}

/// An action to add to a plan, with the ingénierie that carries it out as it stands.
#[derive(Debug, Clone)]
pub struct Addition {
    pub nature: NatureAction,
    pub intitule: Line,
    pub theme: Option<Code>,
    /// The préconisation that it answers, from 1.
    pub preconisation: Option<i32>,
    pub ingenierie: Option<Dossier>,
    pub organisation: Option<Seen<Organisation>>,
    pub echeance: Option<Date>,
}

/// A meeting where what was done is told.
#[derive(Debug, Clone, Default)]
pub struct Restitution {
    pub ingenierie: Option<Dossier>,
    pub commentaire: Option<Prose>,
    pub document: Option<Seen<Document>>,
}

impl Accompagnement {
    /// Agrees on what will be done, with its first actions if they are known. INV-32: only what
    /// the structure accepted is planned. Said again, it changes when and where it is written.
    pub fn establish_plan_accompagnement(
        &self,
        asked: &Asked,
        echeance: Option<Date>,
        document: Option<&Seen<Document>>,
        actions: &[Addition],
    ) -> Decision<Self> {
        let parties = self.welcomed(asked, &ESTABLISH)?;
        if !matches!(self.reponse, Some(Reponse::Retenues(_))) {
            return Err(Refusal::NotAccepted {});
        }
        let document = readable(asked, document)?;
        let plan = Plan { echeance, document };
        let mut events = vec![];
        if self.plan.as_ref() != Some(&plan) {
            events.push(Event::PlanAccompagnementEstablished { parties, echeance, document });
        }
        events.extend(self.added(asked, parties, actions, ["actions"; 3])?);
        Ok(records(asked, events))
    }

    /// Adds an action to the plan: its number is the next one.
    pub fn add_action_appui(&self, asked: &Asked, action: &Addition) -> Decision<Self> {
        let parties = self.planned(asked, &ADD)?;
        let added = self.added(
            asked,
            parties,
            std::slice::from_ref(action),
            ["ingenierie", "preconisation", "organisation"],
        )?;
        Ok(records(asked, added))
    }

    /// Says which ingénierie carries an action out.
    pub fn attach_action_appui(
        &self,
        asked: &Asked,
        numero: i32,
        ingenierie: &Dossier,
    ) -> Decision<Self> {
        let parties = self.planned(asked, &ATTACH)?;
        let action = self.action(numero)?;
        let fit = Fit { action: numero, nature: action.nature, field: "ingenierie" };
        fit.check(asked, parties, ingenierie)?;
        if action.ingenierie == Some(ingenierie.id) {
            return Ok(Decided::nothing());
        }
        if action.cancelled {
            return Err(Refusal::ActionSettled { numero });
        }
        let ingenierie = ingenierie.id;
        Ok(records(asked, [Event::ActionAppuiAttached { parties, numero, ingenierie }]))
    }

    /// Notes that an action was done: even once the accompagnement is over, for some take longer.
    pub fn complete_action_appui(
        &self,
        asked: &Asked,
        numero: i32,
        commentaire: Option<Prose>,
    ) -> Decision<Self> {
        let parties = self.known_to(asked, &DONE)?;
        let action = self.action(numero)?;
        if action.done {
            return Ok(Decided::nothing());
        }
        if action.cancelled {
            return Err(Refusal::ActionSettled { numero });
        }
        let commentaire = self.sealed_if(commentaire)?;
        Ok(records(asked, [Event::ActionAppuiCompleted { parties, numero, commentaire }]))
    }

    /// Takes an action out of the plan. The reason is mandatory (INV-36).
    pub fn cancel_action_appui(&self, asked: &Asked, numero: i32, motif: Prose) -> Decision<Self> {
        let parties = self.planned(asked, &CANCEL)?;
        let action = self.action(numero)?;
        if action.cancelled {
            return Ok(Decided::nothing());
        }
        if action.done {
            return Err(Refusal::ActionSettled { numero });
        }
        let motif = self.sealed(motif)?;
        Ok(records(asked, [Event::ActionAppuiCancelled { parties, numero, motif }]))
    }

    /// Notes that what was done was told to the structure and to those it invited.
    pub fn hold_restitution(&self, asked: &Asked, restitution: &Restitution) -> Decision<Self> {
        let parties = self.planned(asked, &RESTITUTION)?;
        let Restitution { ingenierie, commentaire, document } = restitution;
        if ingenierie
            .as_ref()
            .is_some_and(|it| !asked.by.sees(&it.perimeter))
        {
            return Err(Refusal::IngenierieUnknown { field: "ingenierie" });
        }
        let held = Event::RestitutionHeld {
            parties,
            ingenierie: ingenierie.as_ref().map(|it| it.id),
            commentaire: self.sealed_if(commentaire.clone())?,
            document: readable(asked, document.as_ref())?,
        };
        Ok(records(asked, [held]))
    }

    /// Lets pass who holds the right, on a plan that is established.
    fn planned(&self, asked: &Asked, right: &Right) -> Result<Parties, Refusal> {
        let parties = self.open_to(asked, right)?;
        if self.plan.is_some() { Ok(parties) } else { Err(Refusal::PlanMissing {}) }
    }

    fn action(&self, numero: i32) -> Result<&Suite, Refusal> {
        let action = self.actions.get(&numero);
        action.ok_or(Refusal::ActionUnknown { numero })
    }

    /// The actions, numbered after those of the plan. The fields are those that hold an
    /// ingénierie, a préconisation and an organisation.
    fn added(
        &self,
        asked: &Asked,
        parties: Parties,
        actions: &[Addition],
        [ingenierie, preconisation, organisation]: [&'static str; 3],
    ) -> Result<Vec<Event>, Refusal> {
        if self.actions.len() + actions.len() > LIST_MAX {
            return Err(Refusal::TooManyActions { max: LIST_MAX });
        }
        let taken = self.actions.keys().next_back().copied().unwrap_or(0);
        let event = |(numero, it): (i32, &Addition)| {
            if let Some(dossier) = &it.ingenierie {
                let fit = Fit { action: numero, nature: it.nature, field: ingenierie };
                fit.check(asked, parties, dossier)?;
            }
            if let Some(numero) = it.preconisation.filter(|it| !self.proposes(*it)) {
                return Err(Refusal::PreconisationUnknown { numero, field: preconisation });
            }
            let action = Action {
                nature: it.nature,
                intitule: it.intitule.clone(),
                theme: it.theme.clone(),
                preconisation: it.preconisation,
                ingenierie: it.ingenierie.as_ref().map(|it| it.id),
                organisation: registered(it.organisation.as_ref(), organisation)?,
                echeance: it.echeance,
            };
            Ok(Event::ActionAppuiAdded { parties, numero, action })
        };
        (taken + 1..).zip(actions).map(event).collect()
    }

    fn proposes(&self, numero: i32) -> bool {
        (1..=self.preconisations).contains(&numero)
    }
}

/// An action that an ingénierie is to carry out, and the field that says so.
struct Fit {
    action: i32,
    nature: NatureAction,
    field: &'static str,
}

impl Fit {
    /// Whether it can: an individual one is of the structure, a collective one may still have to
    /// mobilise it.
    fn check(&self, asked: &Asked, parties: Parties, ingenierie: &Dossier) -> Result<(), Refusal> {
        let Self { action, nature, field } = *self;
        if !asked.by.sees(&ingenierie.perimeter) {
            return Err(Refusal::IngenierieUnknown { field });
        }
        let fit = match (nature, ingenierie.genre) {
            (NatureAction::IngenierieIndividuelle, Genre::Individuelle) => {
                ingenierie.mobilisees.contains(&parties.structure)
            }
            (NatureAction::IngenierieCollective, Genre::Collective) => true,
            _ => false,
        };
        if fit { Ok(()) } else { Err(Refusal::IngenierieUnfit { action, field }) }
    }
}
