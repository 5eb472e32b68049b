//! A DLA: who carries it, where it works, for whom, with how much.
//!
//! Anyone with a token reads this registry. A chargé de mission writes only for the DLAs that
//! the role names.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Asked, Cents, Code, Date, Decided, Decider, Decision, DlaId, Line, Organisation,
    OrganisationId, PersonId, Place, Prose, RoleName, Sealed, Seen, Subject, Territoire,
    actor::{Perimeter, Right, rights},
    organisation::OrganisationRole,
    refusal::{Common, refusals},
    values::AMOUNT_MAX,
};

#[cfg(test)]
pub(crate) mod tests;

/// The territories of one DLA: at most so many. A fact must fit in one leaf of the log.
pub const TERRITOIRES_MAX: usize = 200;

/// The fields, or the themes, that one year's priorities name: at most so many.
pub const PRIORITES_MAX: usize = 30;

/// The most members of a comité d'appui.
pub const MEMBRES_MAX: usize = 100;

/// The State and the Caisse des Dépôts created the DLAs in 2002.
pub const ANNEE_MIN: i16 = 2002;

/// How many years ahead priorities and credits may be set.
pub const ANNEES_AHEAD_MAX: i16 = 5;

/// What can happen to a DLA.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// The registry knows one more DLA.
    DlaRegistered { intitule: Line, niveau: NiveauDla, territoires: BTreeSet<Territoire> },
    /// An organisation carries the DLA, alone or with others.
    StructurePorteuseDesignated { porteuse: OrganisationId },
    /// The comité d'appui was constituted, or renewed.
    ComiteAppuiConstituted { date: Date },
    /// A person sits in the comité d'appui, for an organisation or for themselves.
    ComiteAppuiMemberAdded {
        personne: PersonId,
        #[serde(skip_serializing_if = "Option::is_none")]
        organisation: Option<OrganisationId>,
    },
    /// A person no longer sits in the comité d'appui.
    ComiteAppuiMemberRemoved {
        personne: PersonId,
        #[serde(skip_serializing_if = "Option::is_none")]
        motif: Option<Sealed<Prose>>,
    },
    /// A person works for the DLA.
    ChargeDeMissionAppointed { personne: PersonId },
    /// A person no longer works for the DLA.
    ChargeDeMissionDeparted {
        personne: PersonId,
        #[serde(skip_serializing_if = "Option::is_none")]
        motif: Option<Sealed<Prose>>,
    },
    /// Whom the DLA means to accompany that year.
    PrioritesCiblageDefined { annee: i16, priorites: Priorites },
    /// The DLA has crédits d'ingénierie for that year.
    FondsIngenierieOpened { annee: i16, montant: Cents },
    /// Those credits are now so much: more, or less.
    FondsIngenierieAdjusted { annee: i16, montant: Cents, motif: Sealed<Prose> },
}

/// The level at which a DLA works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NiveauDla {
    Departemental,
    /// Coordinates the others, and accompanies regional structures (formerly C2RA).
    Regional,
}

/// Whom a DLA means to accompany (method, step 2 B1a: its own targets).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Priorites {
    /// Of `Liste::Secteur`.
    pub secteurs: BTreeSet<Code>,
    /// Of `Liste::TypePrestation`.
    pub themes: BTreeSet<Code>,
}

refusals! {
    /// A DLA works somewhere, and a fact must fit in one leaf of the log.
    TerritoiresOutOfRange { max: usize } = "TERRITOIRES_OUT_OF_RANGE" at "territoires":
        "Indiquez entre 1 et {max} territoires.",
        "Give between 1 and {max} territories.";
    /// The organisation does not hold the role, or is closed.
    NotStructurePorteuse { porteuse: OrganisationId } = "NOT_STRUCTURE_PORTEUSE" at "porteuse":
        "Cette organisation n'a pas le rôle de structure porteuse : attribuez-le-lui d'abord.",
        "This organisation does not hold the role of structure porteuse: assign it first.";
    /// A comité is of a size that meets.
    ComiteFull { max: usize } = "COMITE_FULL" at "personne":
        "Le comité d'appui compte au plus {max} membres.",
        "The comité d'appui has at most {max} members.";
    /// A member sits for an organisation that is there.
    ComiteOrganisationUnfit { organisation: OrganisationId } = "COMITE_ORGANISATION_UNFIT" at "organisation":
        "Le membre siège pour une organisation ouverte : choisissez-en une autre.",
        "The member sits for an organisation that is open: choose another.";
    /// A year of the scheme.
    AnneeOutOfRange { min: i16, max: i16 } = "ANNEE_OUT_OF_RANGE" at "annee":
        "Indiquez une année entre {min} et {max}.",
        "Give a year between {min} and {max}.";
    /// Priorities name something, and not everything.
    PrioritesOutOfRange { max: usize } = "PRIORITES_OUT_OF_RANGE" at "secteurs":
        "Indiquez au moins un secteur ou un thème, et au plus {max} de chaque.",
        "Give at least one field or theme, and at most {max} of each.";
    /// An amount of money is not negative.
    FondsOutOfRange { max: Cents } = "FONDS_OUT_OF_RANGE" at "montant":
        "Indiquez un montant entre 0 et {max}.",
        "Give an amount between 0 and {max}.";
    /// One fonds a year.
    FondsAlreadyOpened { annee: i16, montant: Cents } = "FONDS_ALREADY_OPENED" at "annee":
        "Le fonds d'ingénierie de {annee} est déjà ouvert, avec {montant}.",
        "The fonds d'ingénierie of {annee} is already open, with {montant}.";
    /// What was not opened is not adjusted.
    FondsNotOpened { annee: i16 } = "FONDS_NOT_OPENED" at "annee":
        "Le fonds d'ingénierie de {annee} n'est pas ouvert : ouvrez-le d'abord.",
        "The fonds d'ingénierie of {annee} is not open: open it first.";
}

rights! {
    REGISTER = "registerDla": Admin;
    DESIGNATE = "designateStructurePorteuse": Admin;
    CONSTITUTE = "constituteComiteAppui": ChargeDeMission, Admin;
    ADD_MEMBER = "addComiteAppuiMember": ChargeDeMission, Admin;
    REMOVE_MEMBER = "removeComiteAppuiMember": ChargeDeMission, Admin;
    APPOINT = "appointChargeDeMission": Admin;
    DEPART = "departChargeDeMission": Admin;
    PRIORITES = "definePrioritesCiblage": ChargeDeMission;
    FONDS = "openFondsIngenierie": ChargeDeMission, ResponsablePorteuse;
    ADJUST = "adjustFondsIngenierie": ChargeDeMission, ResponsablePorteuse;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dla {
    territoires: BTreeSet<Territoire>,
    porteuses: BTreeSet<OrganisationId>,
    comite: Option<Date>,
    /// For whom each one sits.
    membres: BTreeMap<PersonId, Option<OrganisationId>>,
    charges_de_mission: BTreeSet<PersonId>,
    priorites: BTreeMap<i16, Priorites>,
    fonds: BTreeMap<i16, Cents>,
}

impl Dla {
    /// Enters a DLA in the registry.
    pub fn register_dla(
        &self,
        asked: &Asked,
        intitule: Line,
        niveau: NiveauDla,
        territoires: BTreeSet<Territoire>,
    ) -> Decision<Self> {
        asked.may(&REGISTER, &Perimeter::open())?;
        if self.exists() {
            return Err(Common::AlreadyExists {}.into());
        }
        if !(1..=TERRITOIRES_MAX).contains(&territoires.len()) {
            return Err(Refusal::TerritoiresOutOfRange { max: TERRITOIRES_MAX });
        }
        let place = place(&territoires);
        Ok(asked.records(place, [Event::DlaRegistered { intitule, niveau, territoires }]))
    }

    /// Has an organisation carry the DLA. Several may carry it together.
    pub fn designate_structure_porteuse(
        &self,
        asked: &Asked,
        porteuse: &Seen<Organisation>,
    ) -> Decision<Self> {
        asked.may(&DESIGNATE, &self.perimeter())?;
        if self.porteuses.contains(&porteuse.id) {
            return Ok(Decided::nothing());
        }
        if !porteuse.exists() {
            return Err(Common::NotFound {}.into());
        }
        if !porteuse.state.holds(OrganisationRole::StructurePorteuse) {
            return Err(Refusal::NotStructurePorteuse { porteuse: porteuse.id });
        }
        let designated = Event::StructurePorteuseDesignated { porteuse: porteuse.id };
        Ok(self.records(asked, [designated]).expecting(porteuse))
    }

    /// Notes that the comité d'appui was constituted, or renewed, on the date of the request.
    pub fn constitute_comite_appui(&self, asked: &Asked, id: DlaId) -> Decision<Self> {
        self.served_by(asked, &CONSTITUTE, id)?;
        let date = asked.date();
        if self.comite == Some(date) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::ComiteAppuiConstituted { date }]))
    }

    /// Seats a person in the comité d'appui, for an organisation or for themselves. Said anew, it
    /// takes the place of what was said before.
    pub fn add_comite_appui_member(
        &self,
        asked: &Asked,
        id: DlaId,
        personne: PersonId,
        organisation: Option<&Seen<Organisation>>,
    ) -> Decision<Self> {
        self.served_by(asked, &ADD_MEMBER, id)?;
        let sits_for = organisation.map(|it| it.id);
        if self.membres.get(&personne) == Some(&sits_for) {
            return Ok(Decided::nothing());
        }
        if let Some(organisation) = organisation {
            if !organisation.exists() {
                return Err(Common::NotFound {}.into());
            }
            if organisation.state.is_closed() {
                return Err(Refusal::ComiteOrganisationUnfit { organisation: organisation.id });
            }
        }
        if self.membres.len() >= MEMBRES_MAX && !self.membres.contains_key(&personne) {
            return Err(Refusal::ComiteFull { max: MEMBRES_MAX });
        }
        let added = Event::ComiteAppuiMemberAdded { personne, organisation: sits_for };
        let decided = self.records(asked, [added]);
        Ok(organisation.into_iter().fold(decided, Decided::expecting))
    }

    /// Notes that a person no longer sits in the comité d'appui, and why if that is to be kept:
    /// sealed for that person.
    pub fn remove_comite_appui_member(
        &self,
        asked: &Asked,
        id: DlaId,
        personne: PersonId,
        motif: Option<Prose>,
    ) -> Decision<Self> {
        self.served_by(asked, &REMOVE_MEMBER, id)?;
        if !self.membres.contains_key(&personne) {
            return Ok(Decided::nothing());
        }
        let motif = motif.map(|it| Sealed::new(Subject::person(personne), it));
        Ok(self.records(asked, [Event::ComiteAppuiMemberRemoved { personne, motif }]))
    }

    /// Notes that a person works for the DLA.
    pub fn appoint_charge_de_mission(&self, asked: &Asked, personne: PersonId) -> Decision<Self> {
        asked.may(&APPOINT, &self.perimeter())?;
        if self.charges_de_mission.contains(&personne) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::ChargeDeMissionAppointed { personne }]))
    }

    /// Notes that a person no longer works for the DLA, and why if that is to be kept: sealed
    /// for that person.
    pub fn depart_charge_de_mission(
        &self,
        asked: &Asked,
        personne: PersonId,
        motif: Option<Prose>,
    ) -> Decision<Self> {
        asked.may(&DEPART, &self.perimeter())?;
        if !self.charges_de_mission.contains(&personne) {
            return Ok(Decided::nothing());
        }
        let motif = motif.map(|it| Sealed::new(Subject::person(personne), it));
        Ok(self.records(asked, [Event::ChargeDeMissionDeparted { personne, motif }]))
    }

    /// Says whom the DLA means to accompany that year. Saying otherwise later takes its place.
    pub fn define_priorites_ciblage(
        &self,
        asked: &Asked,
        id: DlaId,
        annee: i16,
        priorites: Priorites,
    ) -> Decision<Self> {
        self.served_by(asked, &PRIORITES, id)?;
        in_scheme(asked, annee)?;
        let most = priorites.secteurs.len().max(priorites.themes.len());
        if !(1..=PRIORITES_MAX).contains(&most) {
            return Err(Refusal::PrioritesOutOfRange { max: PRIORITES_MAX });
        }
        if self.priorites.get(&annee) == Some(&priorites) {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::PrioritesCiblageDefined { annee, priorites }]))
    }

    /// Opens the crédits d'ingénierie of a year.
    pub fn open_fonds_ingenierie(
        &self,
        asked: &Asked,
        id: DlaId,
        annee: i16,
        montant: Cents,
    ) -> Decision<Self> {
        self.served_by(asked, &FONDS, id)?;
        in_scheme(asked, annee)?;
        in_range(montant)?;
        match self.fonds.get(&annee) {
            Some(&opened) if opened == montant => Ok(Decided::nothing()),
            Some(&montant) => Err(Refusal::FondsAlreadyOpened { annee, montant }),
            None => Ok(self.records(asked, [Event::FondsIngenierieOpened { annee, montant }])),
        }
    }

    /// Raises or lowers the crédits d'ingénierie of a year. The reason is mandatory (INV-36).
    pub fn adjust_fonds_ingenierie(
        &self,
        asked: &Asked,
        id: DlaId,
        (annee, montant): (i16, Cents),
        motif: Prose,
    ) -> Decision<Self> {
        self.served_by(asked, &ADJUST, id)?;
        in_range(montant)?;
        match self.fonds.get(&annee) {
            None => Err(Refusal::FondsNotOpened { annee }),
            Some(&now) if now == montant => Ok(Decided::nothing()),
            Some(_) => {
                let motif = Sealed::new(Subject::dla(id), motif);
                Ok(self.records(asked, [Event::FondsIngenierieAdjusted { annee, montant, motif }]))
            }
        }
    }

    /// Whether the registry knows it.
    pub fn exists(&self) -> bool {
        !self.territoires.is_empty()
    }

    /// Who sits in its comité d'appui, and for whom.
    pub fn membres(&self) -> impl Iterator<Item = (PersonId, Option<OrganisationId>)> {
        self.membres.iter().map(|(id, it)| (*id, *it))
    }

    /// Where it works.
    pub fn territoires(&self) -> impl Iterator<Item = &Territoire> {
        self.territoires.iter()
    }

    /// Who carries it.
    pub fn porteuses(&self) -> impl Iterator<Item = OrganisationId> {
        self.porteuses.iter().copied()
    }

    /// Its crédits d'ingénierie of that year.
    pub fn fonds(&self, annee: i16) -> Option<Cents> {
        self.fonds.get(&annee).copied()
    }

    /// Who may know that it exists: anyone with a token.
    pub fn perimeter(&self) -> Perimeter {
        if self.exists() { Perimeter::open() } else { Perimeter::default() }
    }

    /// Lets pass those who serve this DLA, and the administrator where the right says so.
    fn served_by(&self, asked: &Asked, right: &Right, id: DlaId) -> Result<(), Refusal> {
        asked.may(right, &self.perimeter())?;
        if asked.by.role.name() == RoleName::Admin || asked.by.serves(id) {
            return Ok(());
        }
        Err(Common::Forbidden { act: right.act.to_owned() }.into())
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        asked.records(place(&self.territoires), events)
    }
}

/// The first territory stands for the others: a fact has one place.
fn place(territoires: &BTreeSet<Territoire>) -> Place {
    Place { territoire: territoires.first().cloned(), dossier: None }
}

fn in_range(montant: Cents) -> Result<(), Refusal> {
    if (0..=AMOUNT_MAX.0).contains(&montant.0) {
        return Ok(());
    }
    Err(Refusal::FondsOutOfRange { max: AMOUNT_MAX })
}

fn in_scheme(asked: &Asked, annee: i16) -> Result<(), Refusal> {
    let max = asked.today.year() + ANNEES_AHEAD_MAX;
    if (ANNEE_MIN..=max).contains(&annee) {
        return Ok(());
    }
    Err(Refusal::AnneeOutOfRange { min: ANNEE_MIN, max })
}

impl Decider for Dla {
    const CATEGORY: &'static str = "dla";

    type Id = DlaId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::DlaRegistered { territoires, .. } => self.territoires.clone_from(territoires),
            Event::StructurePorteuseDesignated { porteuse } => {
                self.porteuses.insert(*porteuse);
            }
            Event::ComiteAppuiConstituted { date } => self.comite = Some(*date),
            Event::ComiteAppuiMemberAdded { personne, organisation } => {
                self.membres.insert(*personne, *organisation);
            }
            Event::ComiteAppuiMemberRemoved { personne, .. } => {
                self.membres.remove(personne);
            }
            Event::ChargeDeMissionAppointed { personne } => {
                self.charges_de_mission.insert(*personne);
            }
            Event::ChargeDeMissionDeparted { personne, .. } => {
                self.charges_de_mission.remove(personne);
            }
            Event::PrioritesCiblageDefined { annee, priorites } => {
                self.priorites.insert(*annee, priorites.clone());
            }
            Event::FondsIngenierieOpened { annee, montant }
            | Event::FondsIngenierieAdjusted { annee, montant, .. } => {
                self.fonds.insert(*annee, *montant);
            }
        }
    }
}
