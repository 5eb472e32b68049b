//! A mandate: what an auditor may read, for how long, and on whose word.
//!
//! A financeur opens what it funds; an administrator opens any dossier, for a control that a law
//! provides for. The mandate opens nothing to writing, and ends by itself.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use serde::{Deserialize, Serialize};

use crate::{
    Asked, ConventionFinancement, ConventionId, Date, Decided, Decider, Decision, Dossier, Expect,
    IngenierieId, Line, MandatAuditId, Organisation, OrganisationId, Place, PlanFinancement, Prose,
    RoleName, Sealed, Seen, Subject,
    actor::{Perimeter, Right, rights},
    refusal::{Common, refusals},
};

#[cfg(test)]
pub(crate) mod tests;

/// How many dossiers a mandate names, and how many conventions: a control is of a sample.
pub const PORTEE_MAX: usize = 100;

/// How many days it lasts, counted from its first day or from the day it is extended.
pub const JOURS_MAX: i32 = 366;

/// What can happen to a mandate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// An organisation may read what is named, from one day to another.
    MandatAuditGranted {
        /// The organisation that controls.
        auditeur: OrganisationId,
        /// The financeur on whose word it does; none for a control that a law provides for.
        #[serde(skip_serializing_if = "Option::is_none")]
        mandant: Option<OrganisationId>,
        portee: Portee,
        du: Date,
        au: Date,
        /// The number of the control: no name.
        reference: Line,
        /// By which law or which agreement: it often names who controls.
        fondement: Sealed<Prose>,
    },
    /// The control takes longer.
    MandatAuditExtended { au: Date },
    /// It opens nothing any more.
    MandatAuditRevoked { motif: Sealed<Prose> },
}

/// What a mandate opens. What is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Portee {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dossiers: BTreeSet<IngenierieId>,
    /// With the dossiers that draw on them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub conventions: BTreeSet<ConventionId>,
    /// All that it funds, as it stands when it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub financeur: Option<OrganisationId>,
}

refusals! {
    /// A mandate is of something.
    PorteeEmpty {} = "MANDAT_PORTEE_EMPTY" at "dossiers":
        "Indiquez au moins un dossier, une convention ou un financeur.",
        "Give at least one dossier, one convention or one financeur.";
    /// A control is of a sample, or of all that a financeur funds.
    PorteeTooLarge { max: usize } = "MANDAT_PORTEE_TOO_LARGE" at "dossiers":
        "Un mandat nomme au plus {max} dossiers et {max} conventions : indiquez plutôt le financeur.",
        "A mandate names at most {max} dossiers and {max} conventions: give the financeur instead.";
    /// A period ends after it begins.
    DatesReversed { du: Date, au: Date } = "MANDAT_DATES_REVERSED" at "au":
        "Le mandat commence le {du} et finit le {au} : indiquez une fin qui ne précède pas le début.",
        "The mandate begins on {du} and ends on {au}: give an end that is not before the beginning.";
    /// Nobody reads for ever.
    TooLong { jours: i32 } = "MANDAT_TOO_LONG" at "au":
        "Un mandat dure au plus {jours} jours : indiquez une date plus proche, puis prolongez-le s'il le faut.",
        "A mandate lasts at most {jours} days: give a nearer date, then extend it if need be.";
    /// What has ended opens nothing: another mandate says why anew.
    MandatOver {} = "MANDAT_OVER" at "mandat":
        "Ce mandat a pris fin : accordez-en un autre.",
        "This mandate has ended: grant another one.";
    /// What is shortened is revoked, with a reason.
    NotExtended { au: Date } = "MANDAT_NOT_EXTENDED" at "au":
        "Le mandat court déjà jusqu'au {au} : indiquez une date postérieure, ou révoquez-le.",
        "The mandate already runs until {au}: give a later date, or revoke it.";
}

rights! {
    GRANT = "grantMandatAudit": Financeur, Admin;
    EXTEND = "extendMandatAudit": Financeur, Admin;
    REVOKE = "revokeMandatAudit": Financeur, Admin;
}

/// What a mandate names, as it was read.
#[derive(Debug, Clone)]
pub struct Nommes {
    pub auditeur: Seen<Organisation>,
    /// Each with its plan, which says who funds it.
    pub dossiers: Vec<(Dossier, Seen<PlanFinancement>)>,
    pub conventions: Vec<Seen<ConventionFinancement>>,
    pub financeur: Option<Seen<Organisation>>,
}

/// For how long, and by what right.
#[derive(Debug, Clone, PartialEq)]
pub struct Termes {
    pub du: Date,
    pub au: Date,
    pub reference: Line,
    pub fondement: Prose,
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MandatAudit {
    granted: Option<Granted>,
    revoked: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Granted {
    mandant: Option<OrganisationId>,
    au: Date,
}

impl MandatAudit {
    /// Opens to an organisation what is named. A financeur opens what it funds or is asked to.
    pub fn grant_mandat_audit(
        &self,
        asked: &Asked,
        id: MandatAuditId,
        nommes: &Nommes,
        termes: Termes,
    ) -> Decision<Self> {
        asked.may(&GRANT, &Perimeter::open())?;
        if self.granted.is_some() {
            return Err(Common::AlreadyExists {}.into());
        }
        if !nommes.auditeur.exists() {
            return Err(Common::NotFound {}.into());
        }
        let portee = nommes.portee(asked)?;
        let Termes { du, au, reference, fondement } = termes;
        if au < du {
            return Err(Refusal::DatesReversed { du, au });
        }
        lasts(du, au)?;
        if au < asked.today {
            return Err(Refusal::MandatOver {});
        }
        let granted = Event::MandatAuditGranted {
            auditeur: nommes.auditeur.id,
            mandant: asked.by.answers_for(),
            portee,
            du,
            au,
            reference,
            fondement: Sealed::new(Subject::mandat_audit(id), fondement),
        };
        let decided = asked.records(Place::default(), [granted]);
        Ok(nommes.read().fold(decided, Decided::expecting))
    }

    /// Lets it last longer.
    pub fn extend_mandat_audit(&self, asked: &Asked, au: Date) -> Decision<Self> {
        let granted = self.known_to(asked, &EXTEND)?;
        if self.revoked || granted.au < asked.today {
            return Err(Refusal::MandatOver {});
        }
        if au == granted.au {
            return Ok(Decided::nothing());
        }
        if au < granted.au {
            return Err(Refusal::NotExtended { au: granted.au });
        }
        lasts(asked.today, au)?;
        Ok(asked.records(Place::default(), [Event::MandatAuditExtended { au }]))
    }

    /// Ends it at once. The reason is mandatory (INV-36).
    pub fn revoke_mandat_audit(
        &self,
        asked: &Asked,
        id: MandatAuditId,
        motif: Prose,
    ) -> Decision<Self> {
        self.known_to(asked, &REVOKE)?;
        if self.revoked {
            return Ok(Decided::nothing());
        }
        let motif = Sealed::new(Subject::mandat_audit(id), motif);
        Ok(asked.records(Place::default(), [Event::MandatAuditRevoked { motif }]))
    }

    fn known_to(&self, asked: &Asked, right: &Right) -> Result<&Granted, Refusal> {
        let granted = self.granted.as_ref().ok_or(Common::NotFound {})?;
        asked.may(right, &granted.perimeter(asked))?;
        Ok(granted)
    }
}

impl Granted {
    /// Who may know that it exists: whoever granted it, and those who answer for the house.
    fn perimeter(&self, asked: &Asked) -> Perimeter {
        match asked.by.role.name() {
            RoleName::Admin | RoleName::Dpo => Perimeter::open(),
            RoleName::ChargeDeMission
            | RoleName::ResponsablePorteuse
            | RoleName::ChargeDeMissionRegional
            | RoleName::MembreComiteAppui
            | RoleName::Financeur
            | RoleName::StructureBeneficiaire
            | RoleName::Prestataire
            | RoleName::Partenaire
            | RoleName::Auditeur
            | RoleName::Integration
            | RoleName::Avise
            | RoleName::House => Perimeter::default().and(self.mandant),
        }
    }
}

impl Nommes {
    /// What is opened, once it is known to be there for whoever opens it: what they do not fund
    /// does not exist for a financeur.
    fn portee(&self, asked: &Asked) -> Result<Portee, Refusal> {
        let own = asked.by.answers_for();
        let any = own.is_none();
        let dossiers = self.dossiers.iter();
        let dossiers = dossiers.map(|(dossier, plan)| {
            let there = dossier.version.0 > 0;
            let funded = plan.exists() && asked.by.sees(&plan.state.perimeter());
            (there && (any || funded)).then_some(dossier.id)
        });
        let conventions = self.conventions.iter();
        let conventions = conventions.map(|it| {
            let seen = any || asked.by.sees(&it.state.perimeter());
            (it.exists() && seen).then_some(it.id)
        });
        let financeur = self.financeur.as_ref().map(|it| {
            let there = it.exists() && (any || own == Some(it.id));
            there.then_some(it.id).ok_or(Common::NotFound {})
        });
        let all = (dossiers.collect(), conventions.collect());
        let (Some(dossiers), Some(conventions)): (Option<BTreeSet<_>>, Option<BTreeSet<_>>) = all
        else {
            return Err(Common::NotFound {}.into());
        };
        let portee = Portee { dossiers, conventions, financeur: financeur.transpose()? };
        if portee == Portee::default() {
            return Err(Refusal::PorteeEmpty {});
        }
        if portee.dossiers.len().max(portee.conventions.len()) > PORTEE_MAX {
            return Err(Refusal::PorteeTooLarge { max: PORTEE_MAX });
        }
        Ok(portee)
    }

    /// The streams that say who funds what.
    fn read(&self) -> impl Iterator<Item = Expect> {
        let plans = self.dossiers.iter().map(|(_, plan)| plan);
        let plans = plans.filter(|it| it.exists()).map(Expect::from);
        plans.chain(self.conventions.iter().map(Expect::from))
    }
}

/// Nobody reads for ever.
fn lasts(from: Date, au: Date) -> Result<(), Refusal> {
    let last = from.checked_add(JOURS_MAX.days());
    if last.is_ok_and(|last| au > last) {
        return Err(Refusal::TooLong { jours: JOURS_MAX });
    }
    Ok(())
}

impl Decider for MandatAudit {
    const CATEGORY: &'static str = "mandat_audit";

    type Id = MandatAuditId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::MandatAuditGranted { mandant, au, .. } => {
                self.granted = Some(Granted { mandant: *mandant, au: *au });
            }
            Event::MandatAuditExtended { au } => {
                if let Some(it) = &mut self.granted {
                    it.au = *au;
                }
            }
            Event::MandatAuditRevoked { .. } => self.revoked = true,
        }
    }
}
