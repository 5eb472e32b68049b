//! On which conditions structures take part, and how it will be carried out (method, step 3 A2,
//! B1, B3e and C1).

use serde::{Deserialize, Serialize};

use crate::{
    Asked, Decided, Decision, Line, OrganisationId, Prose, QuarterDays, Sealed, Subject,
    ingenierie_collective::{
        COMMENTAIRES, ENGAGE_PARTENAIRE, Etat, Event, IMPLICATION, IngenierieCollective, LIST_MAX,
        Refusal, SCENARIO, TECHNIQUE, Uncommented, at_most, bounded,
    },
};

/// The most scenarios that are set side by side.
pub const SCENARIOS_MAX: usize = 10;

/// One way of carrying the intervention out (method, step 3 C1). It goes by its place among the
/// others, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scenario {
    pub intitule: Line,
    /// As one says it: one day a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rythme: Option<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duree: Option<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub periode: Option<Line>,
    /// Suited to where participants come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lieu: Option<Line>,
    /// Rooms, meals, equipment, childcare.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logistique: Option<Prose>,
}

/// On which conditions people can take part (method, step 3 A2).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Implication {
    /// The function and the level that participants should have.
    pub fonctions: Option<Prose>,
    /// How what is treated relates to the projects under way in the structures.
    pub projets: Option<Prose>,
    /// When they can: duration, period, rhythm.
    pub disponibilite: Option<Prose>,
}

impl IngenierieCollective {
    /// Notes on which conditions one structure takes part, or all of them. Each one counts: a
    /// text cannot be compared with an earlier one.
    pub fn assess_conditions_implication(
        &self,
        asked: &Asked,
        structure: Option<OrganisationId>,
        implication: Implication,
    ) -> Decision<Self> {
        self.past(asked, &IMPLICATION, Etat::Engagee)?;
        if let Some(structure) = structure {
            self.targeted(structure)?;
        }
        if implication == Implication::default() {
            return Err(Refusal::ConditionsMissing {});
        }
        // What is said of one structure goes with that structure.
        let subject =
            structure.map_or_else(|| self.subject(), |it| Ok(Subject::organisation(it)))?;
        let seal = |it: Option<Prose>| it.map(|it| Sealed::new(subject.clone(), it));
        let Implication { fonctions, projets, disponibilite } = implication;
        let assessed = Event::ConditionsImplicationAssessed {
            structure,
            fonctions: seal(fonctions),
            projets: seal(projets),
            disponibilite: seal(disponibilite),
        };
        Ok(self.records(asked, [assessed]))
    }

    /// Notes how what structures said was taken into account, with which partners, and whether
    /// the démarche changed. Each one counts.
    pub fn consider_commentaires_structures(
        &self,
        asked: &Asked,
        partenaires: Vec<OrganisationId>,
        adaptee: bool,
        suites: Prose,
    ) -> Decision<Self> {
        self.past(asked, &COMMENTAIRES, Etat::Engagee)?;
        at_most("partenaires", LIST_MAX, &partenaires)?;
        let partenaires = self.associes(partenaires)?;
        let suites = self.sealed(suites)?;
        let considered = Event::CommentairesStructuresConsidered { partenaires, adaptee, suites };
        Ok(self.records(asked, [considered]))
    }

    /// Notes that a partner will intervene, beside prestataires or alone.
    pub fn engage_partenaire_intervenant(
        &self,
        asked: &Asked,
        partenaire: OrganisationId,
        mission: Line,
        temps: Option<QuarterDays>,
    ) -> Decision<Self> {
        self.past(asked, &ENGAGE_PARTENAIRE, Etat::Engagee)?;
        let engaged = self.associe(partenaire)?.engagement.as_ref();
        if engaged.is_some_and(|it| (&it.0, it.1) == (&mission, temps)) {
            return Ok(Decided::nothing());
        }
        let engaged = Event::PartenaireIntervenantEngaged { partenaire, mission, temps };
        Ok(self.records(asked, [engaged]))
    }

    /// Sets ways of carrying it out side by side. One is chosen anew when they change.
    pub fn assess_conditions_techniques(
        &self,
        asked: &Asked,
        scenarios: Vec<Scenario>,
    ) -> Decision<Self> {
        self.past(asked, &TECHNIQUE, Etat::Engagee)?;
        bounded("scenarios", SCENARIOS_MAX, &scenarios, Refusal::ScenariosMissing {})?;
        if self.scenarios == scenarios {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::ConditionsTechniquesAssessed { scenarios }]))
    }

    /// Chooses one of these ways, by its place among them.
    pub fn choose_scenario(
        &self,
        asked: &Asked,
        scenario: i32,
        motif: Option<Prose>,
    ) -> Decision<Self> {
        self.past(asked, &SCENARIO, Etat::Engagee)?;
        let place = usize::try_from(scenario).unwrap_or_default();
        if !(1..=self.scenarios.len()).contains(&place) {
            return Err(Refusal::ScenarioUnknown { scenario });
        }
        if Uncommented::says(self.scenario.as_ref(), &scenario, motif.as_ref()) {
            return Ok(Decided::nothing());
        }
        let motif = motif.map(|it| self.sealed(it)).transpose()?;
        Ok(self.records(asked, [Event::ScenarioChosen { scenario, motif }]))
    }

    /// Partners of the network, in order, each once.
    pub(in super::super) fn associes(
        &self,
        mut organisations: Vec<OrganisationId>,
    ) -> Result<Vec<OrganisationId>, Refusal> {
        organisations.sort();
        organisations.dedup();
        organisations
            .iter()
            .try_for_each(|it| self.associe(*it).map(|_| ()))?;
        Ok(organisations)
    }
}
