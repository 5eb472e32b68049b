//! Where the structures are, why the DLA is the one to act, and whether the démarche fits
//! (method, step 1 B1 and C).

use serde::{Deserialize, Serialize};

use crate::{
    Asked, Decided, Decision, DlaId, Prose, Territoire,
    ingenierie_collective::{
        COHERENCE, Event, IngenierieCollective, LIST_MAX, QUALIFY, ROLE_DLA, Refusal, Uncommented,
        at_most,
    },
};

/// Where the structures are and where they work (method, step 1 B1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AireIntervention {
    /// They are all of the territory of the DLA.
    pub exclusive: bool,
    /// Where they work today.
    pub actuelle: Vec<Territoire>,
    /// Where they could work.
    pub potentielle: Vec<Territoire>,
}

/// What entitles a DLA to run the démarche (method, step 1 C1: one or several, crossed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Legitimite {
    /// What it was created for.
    Mission,
    /// The place it holds.
    Fonction,
    /// Somebody asked it to.
    Mandat,
    /// It covers the territory.
    TerritoireCouvert,
    /// It can reach those who could be accompanied.
    CapaciteMobilisation,
}

/// How a DLA goes about it (method, step 1 C2). Working texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleDla {
    /// What it does to inform and to raise awareness.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensibilisation: Option<Prose>,
    /// The idea of the project, made explicit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idee: Option<Prose>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contenu: Option<Prose>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modalites: Option<Prose>,
}

/// What the démarche must fit, axis by axis (method, step 1 C3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Coherences {
    /// The framework within which the DLA intervenes.
    pub cadre: Coherence,
    /// The needs and problems identified in the structures.
    pub besoins: Coherence,
    /// The place of the structures in a plan d'accompagnement.
    pub plan_accompagnement: Coherence,
    /// The territory, the sector.
    pub territoire_secteur: Coherence,
}

/// What was found on one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Coherence {
    /// It fits.
    Coherente,
    /// It does not fit yet.
    AAjuster,
    /// There is nothing to fit here.
    SansObjet,
}

impl Coherences {
    /// Whether something does not fit yet.
    pub fn to_adjust(&self) -> bool {
        [self.cadre, self.besoins, self.plan_accompagnement, self.territoire_secteur]
            .contains(&Coherence::AAjuster)
    }
}

impl IngenierieCollective {
    /// Says where the structures are, and where they work or could.
    pub fn qualify_territoire(
        &self,
        asked: &Asked,
        mut aire: AireIntervention,
        commentaire: Option<Prose>,
    ) -> Decision<Self> {
        self.open_to(asked, &QUALIFY)?;
        for (field, list) in
            [("aireActuelle", &mut aire.actuelle), ("airePotentielle", &mut aire.potentielle)]
        {
            at_most(field, LIST_MAX, list)?;
            list.sort();
            list.dedup();
        }
        if Uncommented::says(self.aire.as_ref(), &aire, commentaire.as_ref()) {
            return Ok(Decided::nothing());
        }
        let commentaire = commentaire.map(|it| self.sealed(it)).transpose()?;
        Ok(self.records(asked, [Event::TerritoireQualified { aire, commentaire }]))
    }

    /// Says why one of the DLAs concerned is entitled to run the démarche, and how it goes about
    /// it. Saying otherwise later takes its place.
    pub fn define_role_dla(
        &self,
        asked: &Asked,
        dla: DlaId,
        mut legitimites: Vec<Legitimite>,
        role: RoleDla,
    ) -> Decision<Self> {
        self.open_to(asked, &ROLE_DLA)?;
        self.concerns(dla)?;
        legitimites.sort();
        legitimites.dedup();
        if legitimites.is_empty() {
            return Err(Refusal::LegitimitesMissing {});
        }
        let known = self.roles.get(&dla);
        if known.is_some_and(|it| (&it.0, &it.1) == (&legitimites, &role)) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::RoleDlaDefined { dla, legitimites, role }]))
    }

    /// Notes whether the démarche fits, axis by axis. What does not fit is pointed out, and
    /// refuses nothing.
    pub fn check_coherence(
        &self,
        asked: &Asked,
        axes: Coherences,
        commentaire: Option<Prose>,
    ) -> Decision<Self> {
        self.open_to(asked, &COHERENCE)?;
        if Uncommented::says(self.coherence.as_ref(), &axes, commentaire.as_ref()) {
            return Ok(Decided::nothing());
        }
        let commentaire = commentaire.map(|it| self.sealed(it)).transpose()?;
        Ok(self.records(asked, [Event::CoherenceChecked { axes, commentaire }]))
    }
}
