//! An organisation: who it is, what it is to the network, what it looks like over time.
//!
//! One registry for all: structures, porteuses, prestataires and financeurs are organisations
//! in a role. It holds legal persons only, and is open to anyone with a token.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Ape, Asked, Cents, Code, Date, Decided, Decider, Decision, Etp, Line, OrganisationId, Place,
    Prose, Ridet, Rna, Sealed, Seen, Siren, Siret, Subject, Tahiti, Territoire,
    actor::{Perimeter, Right, rights},
    refusal::{Common, refusals},
    territoire::Niveau,
    values::AMOUNT_MAX,
};

mod fusion;
pub mod referencement;
#[cfg(test)]
pub(crate) mod tests;

use referencement::Referencement;

/// More members than this is a mistyped figure.
pub const ADHERENTS_MAX: i32 = 10_000_000;

/// More full-time equivalents than this is a mistyped figure.
pub const ETP_MAX: Etp = Etp(10_000_000);

/// What can happen to an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// The registry knows one more organisation.
    OrganisationRegistered {
        identite: Identite,
        /// Why it has no identifier, when it has none.
        sans_identifiant: Option<Sealed<Prose>>,
    },
    /// The registry was wrong, or out of date.
    OrganisationIdentityCorrected {
        identite: Identite,
        sans_identifiant: Option<Sealed<Prose>>,
        motif: Sealed<Prose>,
    },
    /// It is now this to the network.
    OrganisationRoleAssigned { role: OrganisationRole },
    /// It is no longer this to the network.
    OrganisationRoleEnded { role: OrganisationRole, motif: Sealed<Prose> },
    /// What the structure looked like on a date, by the five criteria of the method.
    ProfilStructureRecorded {
        as_of: Date,
        criteres: Criteres,
        projet: Option<Sealed<Prose>>,
        competences: Option<Sealed<Prose>>,
    },
    /// It offers missions to the network: in what, for whom, where. Said anew, it takes the place
    /// of what was said before.
    PrestataireReferenced { referencement: Referencement },
    /// It offers no mission any more.
    PrestataireReferencementEnded { motif: Sealed<Prose> },
    /// It was the same as another one, entered twice: the other one stands for both.
    OrganisationMerged { survivor: OrganisationId, motif: Sealed<Prose> },
    /// It ended, or another one took its place.
    OrganisationClosed { motif: Sealed<Prose>, successor: Option<OrganisationId> },
}

/// Who an organisation is. Names of legal persons are public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identite {
    pub denomination: Line,
    /// Its legal form (`Liste::StatutJuridique`).
    pub statut: Code,
    pub identifiants: Identifiants,
    pub ape: Option<Ape>,
    /// Where it has its seat.
    pub commune: Option<Territoire>,
    /// Its fields of activity (`Liste::Secteur`).
    pub secteurs: BTreeSet<Code>,
}

/// How registers know it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identifiants {
    pub siret: Option<Siret>,
    pub siren: Option<Siren>,
    pub rna: Option<Rna>,
    pub ridet: Option<Ridet>,
    pub tahiti: Option<Tahiti>,
}

/// What an organisation is to the network. It may be several things at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrganisationRole {
    /// Carries a DLA.
    StructurePorteuse,
    /// Is accompanied.
    StructureBeneficiaire,
    /// Finances a DLA or an ingénierie.
    Financeur,
    /// Is referenced to carry out missions.
    Prestataire,
    /// Is associated to ingénieries: a network, a federation, a bank.
    Partenaire,
    /// Animates a field for the scheme (formerly CNAR).
    CentreDeRessources,
    /// Finances the training of a branch.
    Opco,
}

/// The criteria of the method that are facts and figures. Two more are texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Criteres {
    pub territoire: Option<Territoire>,
    /// Of `Liste::Secteur`.
    pub secteur: Option<Code>,
    /// Of `Liste::Branche`.
    pub branche: Option<Code>,
    /// Its yearly budget.
    pub budget: Option<Cents>,
    pub etp: Option<Etp>,
    pub adherents: Option<i32>,
}

refusals! {
    /// INV-39.
    IdentifierMissing {} = "IDENTIFIER_MISSING" at "sansIdentifiant":
        "Donnez un SIRET, un SIREN, un RNA ou un numéro d'outre-mer, ou dites pourquoi il n'y en a pas.",
        "Give a SIRET, a SIREN, an RNA or an overseas number, or say why there is none.";
    /// INV-39.
    SirenMismatch { siren: Siren, siret: Siret } = "SIREN_MISMATCH" at "siren":
        "Le SIREN {siren} n'est pas celui du SIRET {siret} : corrigez l'un des deux.",
        "The SIREN {siren} is not that of the SIRET {siret}: correct one of them.";
    /// A seat is in a commune.
    NotACommune { territoire: Territoire } = "NOT_A_COMMUNE" at "commune":
        "Le siège est dans une commune, et {territoire} n'en est pas une : donnez un code INSEE de commune.",
        "The seat is in a commune, and {territoire} is not one: give the INSEE code of a commune.";
    /// INV-39.
    OrganisationOver {} = "ORGANISATION_CLOSED" at "organisation":
        "Cette organisation est fermée : adressez-vous à son successeur, s'il y en a un.",
        "This organisation is closed: turn to its successor, if it has one.";
    /// It goes on as another one, which is named.
    OrganisationMergedInto { survivor: OrganisationId } = "ORGANISATION_MERGED" at "organisation":
        "Cette organisation a été fusionnée avec une autre : adressez-vous à celle qui subsiste.",
        "This organisation was merged into another: turn to the one that stands for both.";
    /// Two records of one organisation become one.
    SurvivorUnfit { survivor: OrganisationId } = "SURVIVOR_UNFIT" at "survivor":
        "Fusionnez avec une autre organisation, ouverte et qui n'a pas été fusionnée elle-même.",
        "Merge into another organisation, which is open and was not merged itself.";
    /// Only a prestataire is referenced as one.
    NotPrestataire {} = "REFERENCING_NO_PRESTATAIRE" at "organisation":
        "Cette organisation n'a pas le rôle de prestataire : attribuez-le-lui d'abord.",
        "This organisation does not hold the role of prestataire: assign it first.";
    /// A directory is searched by something.
    ReferencementEmpty {} = "REFERENCEMENT_EMPTY" at "themes":
        "Indiquez au moins un thème ou une compétence.",
        "Give at least one theme or skill.";
    /// A fact must fit in one leaf of the log.
    ReferencementTooLong { field: &'static str, max: usize } = "REFERENCEMENT_TOO_LONG" at field:
        "La liste « {field} » dépasse {max} éléments : raccourcissez-la.",
        "The list `{field}` exceeds {max} items: shorten it.";
    /// A profile says something.
    ProfilEmpty {} = "PROFIL_EMPTY" at "profil":
        "Renseignez au moins un des cinq critères.",
        "Fill in at least one of the five criteria.";
    /// A figure is of this world.
    PoidsOutOfRange { critere: String } = "POIDS_OUT_OF_RANGE" at "profil":
        "Le chiffre « {critere} » est négatif ou démesuré : corrigez-le.",
        "The figure `{critere}` is negative or immense: correct it.";
    /// A chain of successors leads somewhere.
    SuccessorUnfit { successor: OrganisationId } = "SUCCESSOR_UNFIT" at "successor":
        "Le successeur doit être une autre organisation, ouverte : choisissez-en une.",
        "The successor must be another organisation, and open: choose one.";
}

rights! {
    REGISTER = "registerOrganisation": ChargeDeMission, Integration, Admin;
    CORRECT = "correctOrganisationIdentity": ChargeDeMission, Admin;
    ASSIGN = "assignOrganisationRole": ChargeDeMission, Admin;
    END = "endOrganisationRole": ChargeDeMission, Admin;
    PROFIL = "recordProfilStructure": ChargeDeMission, Integration, Admin, StructureBeneficiaire;
    REFERENCE = "referencePrestataire": ChargeDeMission, Admin;
    END_REFERENCE = "endReferencementPrestataire": ChargeDeMission, Admin;
    MERGE = "mergeOrganisations": ChargeDeMission, Admin;
    CLOSE = "closeOrganisation": ChargeDeMission, Admin;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Organisation {
    identite: Option<Identite>,
    roles: BTreeSet<OrganisationRole>,
    /// By date. `None` when texts were given, which are sealed and cannot be compared.
    profils: BTreeMap<Date, Option<Criteres>>,
    referencement: Option<Referencement>,
    closed: bool,
    successor: Option<OrganisationId>,
    merged_into: Option<OrganisationId>,
}

/// What is declared of an organisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    pub identite: Identite,
    /// Why it has no identifier. Recorded only when it has none.
    pub sans_identifiant: Option<Prose>,
}

/// The five criteria of the method (step 1 B): territory, field, project, weight, skills.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profil {
    pub criteres: Criteres,
    pub projet: Option<Prose>,
    pub competences: Option<Prose>,
}

impl Organisation {
    /// Enters an organisation in the registry. One SIRET, one organisation: the log holds the
    /// claims, and answers when a value is taken.
    pub fn register_organisation(
        &self,
        asked: &Asked,
        id: OrganisationId,
        declaration: Declaration,
    ) -> Decision<Self> {
        asked.may(&REGISTER, &Perimeter::open())?;
        if self.exists() {
            return Err(Common::AlreadyExists {}.into());
        }
        let sans_identifiant = declaration.checked(id)?;
        let identite = declaration.identite;
        let place = Place { territoire: identite.commune.clone(), dossier: None };
        let claims = identite.identifiants.clone();
        let registered = Event::OrganisationRegistered { identite, sans_identifiant };
        Ok(claims.claimed_in(asked.records(place, [registered]), &Identifiants::default()))
    }

    /// Puts its identity right. The reason is mandatory (INV-36).
    pub fn correct_organisation_identity(
        &self,
        asked: &Asked,
        id: OrganisationId,
        declaration: Declaration,
        motif: Prose,
    ) -> Decision<Self> {
        asked.may(&CORRECT, &self.perimeter())?;
        self.not_merged()?;
        let known = self.identite.as_ref().ok_or(Common::NotFound {})?;
        let sans_identifiant = declaration.checked(id)?;
        let identite = declaration.identite;
        if *known == identite {
            return Ok(Decided::nothing());
        }
        let claims = identite.identifiants.clone();
        let motif = Sealed::new(Subject::organisation(id), motif);
        let corrected = Event::OrganisationIdentityCorrected { identite, sans_identifiant, motif };
        Ok(claims.claimed_in(self.records(asked, [corrected]), &known.identifiants))
    }

    /// Makes it something to the network.
    pub fn assign_organisation_role(
        &self,
        asked: &Asked,
        role: OrganisationRole,
    ) -> Decision<Self> {
        self.open_to(asked, &ASSIGN)?;
        if self.roles.contains(&role) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::OrganisationRoleAssigned { role }]))
    }

    /// Ends what it is to the network. The reason is mandatory (INV-36).
    pub fn end_organisation_role(
        &self,
        asked: &Asked,
        id: OrganisationId,
        role: OrganisationRole,
        motif: Prose,
    ) -> Decision<Self> {
        asked.may(&END, &self.perimeter())?;
        self.not_merged()?;
        if !self.roles.contains(&role) {
            return Ok(Decided::nothing());
        }
        let motif = Sealed::new(Subject::organisation(id), motif);
        Ok(self.records(asked, [Event::OrganisationRoleEnded { role, motif }]))
    }

    /// Notes what the structure looks like on the date of the request. A later note for the
    /// same date takes its place. A structure speaks of itself only.
    pub fn record_profil_structure(
        &self,
        asked: &Asked,
        id: OrganisationId,
        profil: Profil,
    ) -> Decision<Self> {
        self.open_to(asked, &PROFIL)?;
        if asked.by.answers_for().is_some_and(|it| it != id) {
            return Err(Common::Forbidden { act: PROFIL.act.to_owned() }.into());
        }
        let Profil { criteres, projet, competences } = profil;
        if criteres == Criteres::default() && projet.is_none() && competences.is_none() {
            return Err(Refusal::ProfilEmpty {});
        }
        criteres.in_range()?;
        let as_of = asked.date();
        let in_clear = projet.is_none() && competences.is_none();
        if in_clear && self.profils.get(&as_of) == Some(&Some(criteres.clone())) {
            return Ok(Decided::nothing());
        }
        let seal = |text| Sealed::new(Subject::organisation(id), text);
        let recorded = Event::ProfilStructureRecorded {
            as_of,
            criteres,
            projet: projet.map(seal),
            competences: competences.map(seal),
        };
        Ok(self.records(asked, [recorded]))
    }

    /// Closes it, and says which one takes its place, if any. The reason is mandatory (INV-36).
    pub fn close_organisation(
        &self,
        asked: &Asked,
        id: OrganisationId,
        motif: Prose,
        successor: Option<&Seen<Self>>,
    ) -> Decision<Self> {
        asked.may(&CLOSE, &self.perimeter())?;
        self.not_merged()?;
        if self.closed {
            return if self.successor == successor.map(|it| it.id) {
                Ok(Decided::nothing())
            } else {
                Err(Refusal::OrganisationOver {})
            };
        }
        let fit = |it: &&Seen<Self>| it.id != id && it.state.exists() && !it.state.is_closed();
        if let Some(unfit) = successor.filter(|it| !fit(it)) {
            return Err(Refusal::SuccessorUnfit { successor: unfit.id });
        }
        let motif = Sealed::new(Subject::organisation(id), motif);
        let closed = Event::OrganisationClosed { motif, successor: successor.map(|it| it.id) };
        let decided = self.records(asked, [closed]);
        Ok(successor.into_iter().fold(decided, Decided::expecting))
    }

    /// Whether the registry knows it.
    pub fn exists(&self) -> bool {
        self.identite.is_some()
    }

    /// Whether it ended, or goes on as another one. It enters no new dossier (INV-39).
    pub fn is_closed(&self) -> bool {
        self.closed || self.merged_into.is_some()
    }

    /// The one that stands for it since they were merged.
    pub fn merged_into(&self) -> Option<OrganisationId> {
        self.merged_into
    }

    /// Which one took its place.
    pub fn successor(&self) -> Option<OrganisationId> {
        self.successor
    }

    /// Whether it holds the role now: a closed organisation holds none.
    pub fn holds(&self, role: OrganisationRole) -> bool {
        !self.is_closed() && self.roles.contains(&role)
    }

    /// Who may know that it exists: anyone with a token.
    pub fn perimeter(&self) -> Perimeter {
        if self.exists() { Perimeter::open() } else { Perimeter::default() }
    }

    fn open_to(&self, asked: &Asked, right: &Right) -> Result<(), Refusal> {
        asked.may(right, &self.perimeter())?;
        self.not_merged()?;
        if self.closed { Err(Refusal::OrganisationOver {}) } else { Ok(()) }
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        let territoire = self.identite.as_ref().and_then(|it| it.commune.clone());
        asked.records(Place { territoire, dossier: None }, events)
    }
}

impl Declaration {
    /// Checks what is declared (INV-39), and seals the reason for having no identifier.
    fn checked(&self, id: OrganisationId) -> Result<Option<Sealed<Prose>>, Refusal> {
        let Identite { identifiants, commune, .. } = &self.identite;
        if let (Some(siren), Some(siret)) = (&identifiants.siren, &identifiants.siret)
            && siret.siren() != *siren
        {
            return Err(Refusal::SirenMismatch { siren: siren.clone(), siret: siret.clone() });
        }
        if let Some(territoire) = commune.as_ref().filter(|it| it.niveau() != Niveau::Commune) {
            return Err(Refusal::NotACommune { territoire: territoire.clone() });
        }
        if *identifiants != Identifiants::default() {
            return Ok(None);
        }
        let motif = self
            .sans_identifiant
            .clone()
            .ok_or(Refusal::IdentifierMissing {})?;
        Ok(Some(Sealed::new(Subject::organisation(id), motif)))
    }
}

impl Identifiants {
    /// Claims those that the organisation did not hold yet, and leaves to others those that it
    /// holds no more.
    fn claimed_in(&self, decided: Decided<Event>, held: &Self) -> Decided<Event> {
        let (now, before) = (self.claimed(), held.claimed());
        let decided = before
            .difference(&now)
            .fold(decided, |decided, (scope, value)| decided.releasing(scope, value));
        now.difference(&before)
            .fold(decided, |decided, (scope, value)| decided.claiming(scope, value))
    }

    /// Those that one organisation holds. A SIREN is not: it has several establishments.
    fn claimed(&self) -> BTreeSet<(&'static str, String)> {
        [
            ("siret", self.siret.as_ref().map(ToString::to_string)),
            ("rna", self.rna.as_ref().map(ToString::to_string)),
            ("ridet", self.ridet.as_ref().map(ToString::to_string)),
            ("tahiti", self.tahiti.as_ref().map(ToString::to_string)),
        ]
        .into_iter()
        .filter_map(|(scope, value)| Some((scope, value?)))
        .collect()
    }
}

impl Criteres {
    fn in_range(&self) -> Result<(), Refusal> {
        let odd = [
            (
                "budget",
                self.budget
                    .is_some_and(|it| !(0..=AMOUNT_MAX.0).contains(&it.0)),
            ),
            ("etp", self.etp.is_some_and(|it| !(0..=ETP_MAX.0).contains(&it.0))),
            (
                "adherents",
                self.adherents
                    .is_some_and(|it| !(0..=ADHERENTS_MAX).contains(&it)),
            ),
        ];
        match odd.into_iter().find(|(_, odd)| *odd) {
            Some((critere, _)) => Err(Refusal::PoidsOutOfRange { critere: critere.to_owned() }),
            None => Ok(()),
        }
    }
}

impl Decider for Organisation {
    const CATEGORY: &'static str = "organisation";

    type Id = OrganisationId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::OrganisationRegistered { identite, .. }
            | Event::OrganisationIdentityCorrected { identite, .. } => {
                self.identite = Some(identite.clone());
            }
            Event::OrganisationRoleAssigned { role } => {
                self.roles.insert(*role);
            }
            Event::OrganisationRoleEnded { role, .. } => {
                self.roles.remove(role);
            }
            Event::ProfilStructureRecorded { as_of, criteres, projet, competences } => {
                let in_clear = projet.is_none() && competences.is_none();
                self.profils
                    .insert(*as_of, in_clear.then(|| criteres.clone()));
            }
            Event::PrestataireReferenced { referencement } => {
                self.referencement = Some(referencement.clone());
            }
            Event::PrestataireReferencementEnded { .. } => self.referencement = None,
            Event::OrganisationMerged { survivor, .. } => self.merged_into = Some(*survivor),
            Event::OrganisationClosed { successor, .. } => {
                self.closed = true;
                self.successor = *successor;
            }
        }
    }
}
