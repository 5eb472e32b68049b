//! Step 1 of the method, IDENTIFIER: the problématique, the structures, the place of the DLA.

pub mod cadrage;

use std::collections::BTreeSet;

use super::{
    COMPLEMENTARITE, CONFIRM_PROBLEMATIQUE, Event, INITIATE, IngenierieCollective, LIST_MAX,
    REFORMULATE, Refusal, SECTEURS, SOURCE, STATE, SUBSIDIARITE, TARGET, UNTARGET, at_most,
    bounded,
};
use crate::{
    Asked, Decided, Decision, Dla, IngenierieId, Line, Organisation, OrganisationId, Perimeter,
    Place, Prose, Seen, Territoire, referentiel::Code, refusal::Common,
};

/// The most structures that confirm a problématique in one request.
pub const CONFIRMING_MAX: usize = 200;

/// What an ingénierie starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Initiation {
    pub intitule: Line,
    pub territoire: Territoire,
    /// May be determined later.
    pub secteurs: Vec<Code>,
}

/// What a comparison with existing offers found (method, case FE1-3).
#[derive(Debug, Clone, PartialEq)]
pub struct Subsidiarite {
    /// Nobody else offers the same content.
    pub contenu: bool,
    /// Nobody else finances it.
    pub financement: bool,
    pub commentaire: Prose,
}

impl IngenierieCollective {
    /// Starts an ingénierie that a DLA leads.
    pub fn initiate_ingenierie(
        &self,
        asked: &Asked,
        id: IngenierieId,
        porteur: &Seen<Dla>,
        initiation: Initiation,
    ) -> Decision<Self> {
        asked.may(&INITIATE, &Perimeter::of_dlas([porteur.id]))?;
        if self.exists() {
            return Err(Common::AlreadyExists {}.into());
        }
        if !porteur.exists() {
            return Err(Common::NotFound {}.into());
        }
        let Initiation { intitule, territoire, secteurs } = initiation;
        at_most("secteurs", LIST_MAX, &secteurs)?;
        let place = Place { territoire: Some(territoire.clone()), dossier: Some(id) };
        let initiated = Event::IngenierieCollectiveInitiated {
            ingenierie: id,
            porteur: porteur.id,
            intitule,
            territoire,
            secteurs: distinct(secteurs),
        };
        Ok(asked.records(place, [initiated]).expecting(porteur))
    }

    /// Says where the need was heard of.
    pub fn record_source(
        &self,
        asked: &Asked,
        source: Code,
        precision: Option<Prose>,
    ) -> Decision<Self> {
        self.open_to(asked, &SOURCE)?;
        if self.sources.contains(&(source.clone(), precision.clone())) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::SourceProblematiqueRecorded { source, precision }]))
    }

    /// Puts the common problem into words.
    pub fn state_problematique(&self, asked: &Asked, enonce: Prose) -> Decision<Self> {
        self.open_to(asked, &STATE)?;
        if self.problematique.as_ref() == Some(&enonce) {
            return Ok(Decided::nothing());
        }
        if self.problematique.is_some() {
            return Err(Refusal::ProblematiqueAlreadyStated {});
        }
        // INV-19: a problématique has at least one source.
        if self.sources.is_empty() {
            return Err(Refusal::SourceMissing {});
        }
        Ok(self.records(asked, [Event::ProblematiqueStated { enonce }]))
    }

    /// Puts it into other words, as after contact with structures (method, case FE2-3).
    pub fn reformulate_problematique(
        &self,
        asked: &Asked,
        enonce: Prose,
        motif: Prose,
    ) -> Decision<Self> {
        self.open_to(asked, &REFORMULATE)?;
        match &self.problematique {
            None => return Err(Refusal::ProblematiqueNotStated {}),
            Some(stated) if *stated == enonce => return Ok(Decided::nothing()),
            Some(_) => (),
        }
        let motif = self.sealed(motif)?;
        Ok(self.records(asked, [Event::ProblematiqueReformulated { enonce, motif }]))
    }

    /// Notes which structures recognise the problem as theirs, and how they were asked.
    ///
    /// They need not be targeted: a need is confirmed before one knows whom it will serve.
    pub fn confirm_problematique(
        &self,
        asked: &Asked,
        structures: &[Seen<Organisation>],
        methode: Line,
    ) -> Decision<Self> {
        self.open_to(asked, &CONFIRM_PROBLEMATIQUE)?;
        if self.problematique.is_none() {
            return Err(Refusal::ProblematiqueNotStated {});
        }
        bounded("structures", CONFIRMING_MAX, structures, Refusal::StructuresMissing {})?;
        structures
            .iter()
            .try_for_each(|it| usable("structures", it))?;
        let ids: BTreeSet<_> = structures.iter().map(|it| it.id).collect();
        if ids
            .iter()
            .all(|it| self.confirmed_by.get(it) == Some(&methode))
        {
            return Ok(Decided::nothing());
        }
        let confirmed =
            Event::ProblematiqueConfirmed { structures: ids.into_iter().collect(), methode };
        let decided = self.records(asked, [confirmed]);
        Ok(structures.iter().fold(decided, Decided::expecting))
    }

    /// Says in which sectors structures are looked for.
    pub fn determine_secteurs(&self, asked: &Asked, secteurs: Vec<Code>) -> Decision<Self> {
        self.open_to(asked, &SECTEURS)?;
        bounded("secteurs", LIST_MAX, &secteurs, Refusal::SecteursMissing {})?;
        let secteurs = distinct(secteurs);
        if self.secteurs.iter().eq(&secteurs) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::SecteursDetermined { secteurs }]))
    }

    /// Thinks of a structure as a possible beneficiary.
    pub fn target_structure(
        &self,
        asked: &Asked,
        structure: &Seen<Organisation>,
    ) -> Decision<Self> {
        self.open_to(asked, &TARGET)?;
        if self.structures.contains_key(&structure.id) {
            return Ok(Decided::nothing());
        }
        usable("structure", structure)?;
        let targeted = Event::StructureTargeted { structure: structure.id };
        Ok(self.records(asked, [targeted]).expecting(structure))
    }

    /// No longer thinks of a structure. The reason is mandatory (INV-36).
    pub fn untarget_structure(
        &self,
        asked: &Asked,
        structure: OrganisationId,
        motif: Prose,
    ) -> Decision<Self> {
        self.open_to(asked, &UNTARGET)?;
        match self.structures.get(&structure) {
            None => return Ok(Decided::nothing()),
            Some(it) if it.mobilised => return Err(Refusal::StructureTakesPart { structure }),
            Some(_) => (),
        }
        let motif = self.sealed(motif)?;
        Ok(self.records(asked, [Event::StructureUntargeted { structure, motif }]))
    }

    /// Notes a comparison with existing offers, content and financing. Each one counts: a
    /// comment cannot be compared with an earlier one.
    pub fn check_subsidiarite(&self, asked: &Asked, found: Subsidiarite) -> Decision<Self> {
        self.open_to(asked, &SUBSIDIARITE)?;
        let Subsidiarite { contenu, financement, commentaire } = found;
        let commentaire = self.sealed(commentaire)?;
        let checked = Event::SubsidiariteChecked { contenu, financement, commentaire };
        Ok(self.records(asked, [checked]))
    }

    /// Notes that the démarche was compared with what other operators do.
    pub fn check_complementarite(&self, asked: &Asked, commentaire: Prose) -> Decision<Self> {
        self.open_to(asked, &COMPLEMENTARITE)?;
        let commentaire = self.sealed(commentaire)?;
        Ok(self.records(asked, [Event::ComplementariteChecked { commentaire }]))
    }
}

/// An organisation that exists and is open (INV-39).
pub(super) fn usable(
    field: &'static str,
    organisation: &Seen<Organisation>,
) -> Result<(), Refusal> {
    if !organisation.exists() {
        return Err(Common::NotFound {}.into());
    }
    if let Some(survivor) = organisation.state.merged_into() {
        return Err(Refusal::MergedOrganisation { field, survivor });
    }
    if organisation.state.is_closed() {
        return Err(Refusal::ClosedOrganisation { field, organisation: organisation.id });
    }
    Ok(())
}

/// In order, each once.
pub(super) fn distinct(codes: Vec<Code>) -> Vec<Code> {
    let codes: BTreeSet<_> = codes.into_iter().collect();
    codes.into_iter().collect()
}
