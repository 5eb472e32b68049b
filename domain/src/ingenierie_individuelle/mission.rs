//! What a mission is: for whom, why, with which objectives, and which results are expected of it.

use std::collections::BTreeSet;

use super::{
    COMPLEMENTARITE, DESCRIBE, Event, INITIATE, IngenierieIndividuelle, LIST_MAX, OBJECTIFS,
    Objectif, RESULTATS, Refusal,
};
use crate::{
    Asked, Decided, Decision, Dla, Document, Dossier, IngenierieId, Line, Organisation, Perimeter,
    Place, Prose, Sealed, Seen, Subject, Territoire,
    ingenierie_collective::{Etat, confirmer::projet::ResultatAttendu},
    referentiel::Code,
    refusal::Common,
};

/// What a mission starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Initiation {
    pub intitule: Line,
    pub besoin: Prose,
    pub territoire: Territoire,
    /// May be said later.
    pub secteurs: BTreeSet<Code>,
    /// The themes of Enée, the main one first.
    pub types: Vec<Code>,
    pub formation: bool,
}

/// Whom a mission is of, and what it follows from, as they stand.
#[derive(Debug, Clone)]
pub struct Around {
    pub porteur: Seen<Dla>,
    pub structure: Seen<Organisation>,
    /// Another ingénierie, such as a collective one in which the need appeared.
    pub origine: Option<Dossier>,
    /// A diagnostic, or the rapport of an earlier mission.
    pub document: Option<Seen<Document>>,
}

/// What is said anew of a mission. What is absent stays as it was.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Description {
    pub intitule: Option<Line>,
    pub besoin: Option<Prose>,
    pub secteurs: Option<BTreeSet<Code>>,
    pub types: Option<Vec<Code>>,
    pub formation: Option<bool>,
}

impl IngenierieIndividuelle {
    /// Starts the mission of one structure.
    pub fn initiate_ingenierie_individuelle(
        &self,
        asked: &Asked,
        id: IngenierieId,
        around: &Around,
        initiation: Initiation,
    ) -> Decision<Self> {
        let Around { porteur, structure, origine, document } = around;
        asked.may(&INITIATE, &Perimeter::of_dlas([porteur.id]))?;
        if self.exists() {
            return Err(Common::AlreadyExists {}.into());
        }
        if !porteur.exists() {
            return Err(Common::NotFound {}.into());
        }
        usable(structure)?;
        if origine
            .as_ref()
            .is_some_and(|it| !asked.by.sees(&it.perimeter))
        {
            return Err(Refusal::OrigineUnknown { field: "origine" });
        }
        if document
            .as_ref()
            .is_some_and(|it| !asked.by.sees(&it.state.perimeter()))
        {
            return Err(Refusal::OrigineUnknown { field: "document" });
        }
        let Initiation { intitule, besoin, territoire, secteurs, types, formation } = initiation;
        at_most("secteurs", secteurs.len())?;
        let place = Place { territoire: Some(territoire.clone()), dossier: Some(id) };
        let initiated = Event::IngenierieIndividuelleInitiated {
            ingenierie: id,
            porteur: porteur.id,
            structure: structure.id,
            intitule,
            besoin: Sealed::new(Subject::dossier(id), besoin),
            territoire,
            secteurs,
            types: themes(types)?,
            formation,
            origine: origine.as_ref().map(|it| it.id),
            document: document.as_ref().map(|it| it.id),
        };
        Ok(asked
            .records(place, [initiated])
            .expecting(porteur)
            .expecting(structure))
    }

    /// Says anew what the mission is. A need cannot be compared with what was said of it before:
    /// each one counts.
    pub fn describe_ingenierie_individuelle(
        &self,
        asked: &Asked,
        description: Description,
    ) -> Decision<Self> {
        self.open_to(asked, &DESCRIBE)?;
        let Description { intitule, besoin, secteurs, types, formation } = description;
        at_most("secteurs", secteurs.as_ref().map_or(0, BTreeSet::len))?;
        let types = types.map(themes).transpose()?;
        let structure = self.structure.ok_or(Common::NotFound {})?;
        let intitule = intitule.filter(|it| self.intitule.as_ref() != Some(it));
        let secteurs = secteurs.filter(|it| self.secteurs != *it);
        let types = types.filter(|it| self.types != *it);
        let formation = formation.filter(|it| self.formation != *it);
        let besoin = besoin.map(|it| self.sealed(it)).transpose()?;
        if (&intitule, &besoin, &secteurs, &types, formation) == (&None, &None, &None, &None, None)
        {
            return Ok(Decided::nothing());
        }
        let described = Event::IngenierieIndividuelleDescribed {
            structure,
            intitule,
            besoin,
            secteurs,
            types,
            formation,
        };
        Ok(self.records(asked, [described]))
    }

    /// Says what the mission is for, in place of what was said before.
    pub fn set_objectifs_individuels(
        &self,
        asked: &Asked,
        objectifs: Vec<Objectif>,
    ) -> Decision<Self> {
        self.open_to(asked, &OBJECTIFS)?;
        if objectifs.is_empty() {
            return Err(Refusal::ObjectifsMissing {});
        }
        at_most("objectifs", objectifs.len())?;
        let mut seen = BTreeSet::new();
        if let Some(twice) = objectifs.iter().find(|it| !seen.insert(&it.objectif)) {
            return Err(Refusal::ObjectifTwice { objectif: twice.objectif.clone() });
        }
        if self.objectifs == objectifs {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::ObjectifsSet { objectifs }]))
    }

    /// Fixes the results to reach. Once the porteuse validated the démarche they are amended, with
    /// a reason (INV-26, INV-36).
    pub fn fix_resultats_individuels(
        &self,
        asked: &Asked,
        resultats: Vec<ResultatAttendu>,
        motif: Option<Prose>,
    ) -> Decision<Self> {
        self.open_to(asked, &RESULTATS)?;
        if resultats.is_empty() {
            return Err(Refusal::ResultatsMissing {});
        }
        at_most("resultats", resultats.len())?;
        if self.resultats == resultats {
            return Ok(Decided::nothing());
        }
        if self.etat < Some(Etat::Engagee) {
            return Ok(self.records(asked, [Event::ResultatsAttendusFixed { resultats }]));
        }
        let motif = self.sealed(motif.ok_or(Refusal::MotifMissing {})?)?;
        Ok(self.records(asked, [Event::ResultatsAttendusAmended { resultats, motif }]))
    }

    /// Notes that the mission was compared with what other operators do (RUL-03).
    pub fn check_complementarite_individuelle(
        &self,
        asked: &Asked,
        commentaire: Prose,
    ) -> Decision<Self> {
        self.open_to(asked, &COMPLEMENTARITE)?;
        let commentaire = self.sealed(commentaire)?;
        Ok(self.records(asked, [Event::ComplementariteChecked { commentaire }]))
    }
}

/// INV-25: at least one theme; each once, in the order given.
fn themes(types: Vec<Code>) -> Result<Vec<Code>, Refusal> {
    if types.is_empty() {
        return Err(Refusal::ThemesMissing {});
    }
    at_most("types", types.len())?;
    let mut seen = BTreeSet::new();
    Ok(types
        .into_iter()
        .filter(|it| seen.insert(it.clone()))
        .collect())
}

/// A structure that exists and is open (INV-39).
fn usable(structure: &Seen<Organisation>) -> Result<(), Refusal> {
    if !structure.exists() {
        return Err(Common::NotFound {}.into());
    }
    if let Some(survivor) = structure.state.merged_into() {
        return Err(Refusal::StructureMerged { survivor });
    }
    if structure.state.is_closed() {
        return Err(Refusal::StructureClosed { structure: structure.id });
    }
    Ok(())
}

fn at_most(field: &'static str, given: usize) -> Result<(), Refusal> {
    if given <= LIST_MAX {
        return Ok(());
    }
    Err(Refusal::MissionListTooLong { field, max: LIST_MAX })
}
