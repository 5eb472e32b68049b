//! Objective B of the step: the projet d'intervention, its type, themes, results and people.

use serde::{Deserialize, Serialize};

use crate::{
    Asked, Decided, Decision, Line, Organisation, OrganisationId, Prose, QuarterDays, Seen,
    Territoire,
    ingenierie_collective::{
        ACCROCHE, AMEND_RESULTATS, Etat, Event, FIX_RESULTATS, FORMALISE, IngenierieCollective,
        LIST_MAX, Refusal, SYSTEME, TEMPS_PORTEUR, TYPE, TYPES_PRESTATION, at_most, bounded,
        identifier::{distinct, usable},
    },
    referentiel::Code,
    refusal::{Common, Listed},
};

/// The most modules of one projet: each holds lists of its own.
pub const MODULES_MAX: usize = 20;

/// The most intervenants of one quality.
pub const INTERVENANTS_MAX: i32 = 100;

/// What the ingénierie does for structures (method, fiche 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TypeIngenierie {
    /// Proposes an answer to structures: information, training.
    T1,
    /// Produces a solution with structures, each for itself.
    T2Individuelle,
    /// Produces a solution with structures, for all.
    T2Collective,
    /// Produces both kinds of solution.
    T2LesDeux,
}

/// A result to reach (method, step 3 B1d).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultatAttendu {
    pub nature: NatureResultat,
    pub enonce: Line,
    /// What shows that it is reached.
    pub cible: Option<Line>,
}

/// How a result is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NatureResultat {
    /// It is told.
    Qualitatif,
    /// It is counted.
    Quantitatif,
}

/// A part of the système intervenant (method, fiche 3), such as one bank (case FE1-1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intervenant {
    /// Unknown while the prestataire is not chosen.
    pub organisation: Option<OrganisationId>,
    pub qualite: Line,
    pub nombre: i32,
}

/// An intervenant as it is proposed, with its organisation as it was read.
#[derive(Debug, Clone)]
pub struct IntervenantVoulu<'a> {
    pub organisation: Option<&'a Seen<Organisation>>,
    pub qualite: Line,
    pub nombre: i32,
}

/// A module of the projet, given alike on each of its territories (method, cases).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Module {
    pub intitule: Line,
    pub nature: NatureModule,
    pub formes: Vec<Code>,
    /// On each territory.
    pub jours: QuarterDays,
    /// That of the ingénierie when none is given.
    pub territoires: Vec<Territoire>,
    /// Over how long, as one says it: five months.
    pub duree: Option<Line>,
}

/// The kind of intervention (method, fiche 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NatureModule {
    /// Information sessions.
    Information,
    /// Training sessions.
    Formation,
    /// Accompaniment, in individual or collective time.
    Accompagnement,
}

impl IngenierieCollective {
    /// The themes of Enée, the main one first.
    pub fn themes(&self) -> impl Iterator<Item = &Code> {
        self.types.iter()
    }

    /// What it does for structures, once it is chosen.
    pub fn type_ingenierie(&self) -> Option<TypeIngenierie> {
        self.type_ingenierie
    }

    /// The days that the projet plans: each module is given on each of its territories.
    pub fn jours(&self) -> QuarterDays {
        let days = self.modules.iter().map(|it| {
            let territoires = i32::try_from(it.territoires.len().max(1)).unwrap_or(i32::MAX);
            it.jours.0.saturating_mul(territoires)
        });
        QuarterDays(days.fold(0, i32::saturating_add))
    }

    /// Fixes the results to reach, until the projet is formalised.
    pub fn fix_resultats_attendus(
        &self,
        asked: &Asked,
        resultats: Vec<ResultatAttendu>,
    ) -> Decision<Self> {
        self.past(asked, &FIX_RESULTATS, Etat::Engagee)?;
        if !resultats.is_empty() && self.resultats == resultats {
            return Ok(Decided::nothing());
        }
        // INV-26: the projet fixes them definitively.
        if !self.modules.is_empty() {
            return Err(Refusal::ResultatsFrozen {});
        }
        bounded("resultats", LIST_MAX, &resultats, Refusal::ResultatsMissing {})?;
        Ok(self.records(asked, [Event::ResultatsAttendusFixed { resultats }]))
    }

    /// Changes the results to reach after that. The reason is mandatory (INV-26, INV-36).
    pub fn amend_resultats_attendus(
        &self,
        asked: &Asked,
        resultats: Vec<ResultatAttendu>,
        motif: Prose,
    ) -> Decision<Self> {
        self.past(asked, &AMEND_RESULTATS, Etat::Engagee)?;
        if self.modules.is_empty() {
            return Err(Refusal::ResultatsNotFrozen {});
        }
        bounded("resultats", LIST_MAX, &resultats, Refusal::ResultatsMissing {})?;
        if self.resultats == resultats {
            return Ok(Decided::nothing());
        }
        let motif = self.sealed(motif)?;
        Ok(self.records(asked, [Event::ResultatsAttendusAmended { resultats, motif }]))
    }

    /// Chooses what the ingénierie does for structures.
    pub fn choose_type(&self, asked: &Asked, type_ingenierie: TypeIngenierie) -> Decision<Self> {
        self.past(asked, &TYPE, Etat::Engagee)?;
        if self.type_ingenierie == Some(type_ingenierie) {
            return Ok(Decided::nothing());
        }
        // INV-24 holds whatever comes first, the type or the projet.
        if !self.modules.is_empty() {
            type_ingenierie.fits(&self.modules, "typeIngenierie")?;
        }
        Ok(self.records(asked, [Event::TypeIngenierieChosen { type_ingenierie }]))
    }

    /// Chooses the Enée themes, and the topics in their order (INV-25: at least one theme).
    pub fn choose_types_prestation(
        &self,
        asked: &Asked,
        types: Vec<Code>,
        sujets: Vec<Line>,
    ) -> Decision<Self> {
        self.past(asked, &TYPES_PRESTATION, Etat::Engagee)?;
        bounded("types", LIST_MAX, &types, Refusal::TypesPrestationMissing {})?;
        at_most("sujets", LIST_MAX, &sujets)?;
        let types = distinct(types);
        if self.types == types && self.sujets == sujets {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::TypesPrestationChosen { types, sujets }]))
    }

    /// Chooses the catchy title.
    pub fn choose_accroche(&self, asked: &Asked, accroche: Line) -> Decision<Self> {
        self.past(asked, &ACCROCHE, Etat::Engagee)?;
        if self.accroche.as_ref() == Some(&accroche) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::AccrocheChosen { accroche }]))
    }

    /// Says how long the porteur itself intervenes.
    pub fn position_temps_porteur(&self, asked: &Asked, temps: QuarterDays) -> Decision<Self> {
        self.past(asked, &TEMPS_PORTEUR, Etat::Engagee)?;
        if self.temps_porteur == Some(temps) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::TempsPorteurPositioned { temps }]))
    }

    /// Says who intervenes. Partners may, without being prestataires (method, case FE1-1).
    pub fn design_systeme(&self, asked: &Asked, voulus: &[IntervenantVoulu<'_>]) -> Decision<Self> {
        self.past(asked, &SYSTEME, Etat::Engagee)?;
        bounded("intervenants", LIST_MAX, voulus, Refusal::IntervenantsMissing {})?;
        if voulus
            .iter()
            .any(|it| !(1..=INTERVENANTS_MAX).contains(&it.nombre))
        {
            return Err(Refusal::IntervenantsOutOfRange { max: INTERVENANTS_MAX });
        }
        let intervenants: Vec<_> = voulus.iter().map(Intervenant::from).collect();
        if self.intervenants == intervenants {
            return Ok(Decided::nothing());
        }
        let organisations = || voulus.iter().filter_map(|it| it.organisation);
        organisations().try_for_each(|it| usable("intervenants", it))?;
        let decided = self.records(asked, [Event::SystemeIntervenantDesigned { intervenants }]);
        Ok(organisations().fold(decided, Decided::expecting))
    }

    /// Writes the projet d'intervention, or writes it again.
    pub fn formalise_projet(&self, asked: &Asked, modules: Vec<Module>) -> Decision<Self> {
        self.past(asked, &FORMALISE, Etat::Engagee)?;
        bounded("modules", MODULES_MAX, &modules, Refusal::ModulesMissing {})?;
        let missing = self.missing_in_projet();
        let Some(type_ingenierie) = self.type_ingenierie.filter(|_| missing.is_empty()) else {
            return Err(Refusal::ProjetIncomplete { missing: Listed(missing) });
        };
        type_ingenierie.fits(&modules, "modules")?;
        let here = self.territoire().ok_or(Common::NotFound {})?;
        let mut placed = vec![];
        for module in modules {
            at_most("territoires", LIST_MAX, &module.territoires)?;
            at_most("formes", LIST_MAX, &module.formes)?;
            placed.push(module.at_least_in(&here));
        }
        if self.modules == placed {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::ProjetInterventionFormalised { modules: placed }]))
    }

    fn missing_in_projet(&self) -> Vec<String> {
        [
            ("type", self.type_ingenierie.is_none()),
            ("typesPrestation", self.types.is_empty()),
            ("resultatsAttendus", self.resultats.is_empty()),
        ]
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(name, _)| name.to_owned())
        .collect()
    }
}

impl TypeIngenierie {
    /// INV-24: a solution is produced with structures by accompanying them.
    fn fits(self, modules: &[Module], field: &'static str) -> Result<(), Refusal> {
        let accompanies = modules
            .iter()
            .any(|it| it.nature == NatureModule::Accompagnement);
        if self == Self::T1 || accompanies {
            Ok(())
        } else {
            Err(Refusal::AccompagnementMissing { field })
        }
    }
}

impl Module {
    fn at_least_in(mut self, here: &Territoire) -> Self {
        if self.territoires.is_empty() {
            self.territoires.push(here.clone());
        }
        self
    }
}

impl From<&IntervenantVoulu<'_>> for Intervenant {
    fn from(voulu: &IntervenantVoulu<'_>) -> Self {
        Self {
            organisation: voulu.organisation.map(|it| it.id),
            qualite: voulu.qualite.clone(),
            nombre: voulu.nombre,
        }
    }
}
