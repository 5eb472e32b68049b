//! What partners think of the problem, what they could bring, and what will be evaluated
//! (method, step 2 A2, A4 and B3).

use serde::{Deserialize, Serialize};

use super::super::{
    Associe, CONTRIBUTION, Event, IngenierieCollective, OBJECTIFS_EVALUATION, Refusal, SHARE,
};
use crate::{Asked, Decided, Decision, Line, OrganisationId, Prose, QuarterDays};

/// Whether a partner sees the problem as the DLA does (method, fiche 3, check 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccordProblematique {
    /// It does.
    Partagee,
    /// It does, otherwise put or with reservations.
    PartageeAvecReserves,
    /// It does not.
    NonPartagee,
}

/// What will be evaluated (method, step 2 B3a).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ObjetEvaluation {
    /// The whole démarche.
    Demarche,
    /// The interventions.
    Interventions,
    /// How partners worked together.
    Partenariat,
    /// What came of it in the structures.
    Effets,
}

/// What a partner thinks of the problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Partage {
    pub accord: AccordProblematique,
    /// Experiences of the past that it witnessed, successful or not.
    pub anteriorite: Option<Prose>,
    /// What would interest structures, and on which conditions (method, fiche 3, check 3).
    pub interet: Option<Prose>,
}

/// What a partner could bring to the système intervenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    pub contribution: Line,
    /// Those of the required skills that it has.
    pub competences: Option<Line>,
    pub temps: Option<QuarterDays>,
}

impl IngenierieCollective {
    /// Notes whether a partner shares the problem, and what it knows of earlier attempts.
    pub fn share_problematique(
        &self,
        asked: &Asked,
        partenaire: OrganisationId,
        partage: Partage,
    ) -> Decision<Self> {
        self.open_to(asked, &SHARE)?;
        let associe = self.associe(partenaire)?;
        if self.problematique.is_none() {
            return Err(Refusal::ProblematiqueNotStated {});
        }
        let Partage { accord, anteriorite, interet } = partage;
        if associe.accord == Some(accord) && anteriorite.is_none() && interet.is_none() {
            return Ok(Decided::nothing());
        }
        let anteriorite = anteriorite.map(|it| self.sealed(it)).transpose()?;
        let interet = interet.map(|it| self.sealed(it)).transpose()?;
        let shared = Event::ProblematiqueShared { partenaire, accord, anteriorite, interet };
        Ok(self.records(asked, [shared]))
    }

    /// Notes what a partner could bring as an intervenant, in place of what it offered before.
    pub fn offer_contribution_intervenant(
        &self,
        asked: &Asked,
        partenaire: OrganisationId,
        offered: Contribution,
    ) -> Decision<Self> {
        self.open_to(asked, &CONTRIBUTION)?;
        let associe = self.associe(partenaire)?;
        let Contribution { contribution, competences, temps } = offered;
        if associe
            .contribution
            .as_ref()
            .is_some_and(|it| (&it.0, &it.1, &it.2) == (&contribution, &competences, &temps))
        {
            return Ok(Decided::nothing());
        }
        let offered =
            Event::ContributionIntervenantOffered { partenaire, contribution, competences, temps };
        Ok(self.records(asked, [offered]))
    }

    /// Says what will be evaluated and why, before the evaluation itself is planned (RUL-08).
    pub fn set_objectifs_evaluation(
        &self,
        asked: &Asked,
        mut objets: Vec<ObjetEvaluation>,
        raison: Prose,
    ) -> Decision<Self> {
        self.open_to(asked, &OBJECTIFS_EVALUATION)?;
        objets.sort();
        objets.dedup();
        if objets.is_empty() {
            return Err(Refusal::ObjetsEvaluationMissing {});
        }
        let known = self.evaluation.as_ref();
        if known.is_some_and(|it| (&it.0, &it.1) == (&objets, &raison)) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::ObjectifsEvaluationSet { objets, raison }]))
    }

    /// A partner of the network.
    pub(in super::super) fn associe(
        &self,
        organisation: OrganisationId,
    ) -> Result<&Associe, Refusal> {
        self.partenaires
            .get(&organisation)
            .ok_or(Refusal::NotPartenaire { organisation })
    }
}
