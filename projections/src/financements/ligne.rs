//! One resource of a plan, from the day it is thought of to its last payment.

use domain::{
    Date,
    plan_financement::{Contributeur, Event as Fact, StatutRessource},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Plan, Ressource};
use crate::{
    SealedPlace,
    rows::{Row, lieux},
};

/// One resource of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ligne {
    pub plan: Uuid,
    /// Its number in the plan.
    pub ligne: i32,
    pub ingenierie: Uuid,
    pub dlas: Vec<Uuid>,
    pub organisations: Vec<Uuid>,
    pub territoire: Option<String>,
    /// Where it is, and the territories that the codes show around it.
    pub lieux: Vec<String>,
    pub source: String,
    /// Who pays, when it is an organisation.
    pub financeur: Option<Uuid>,
    /// Who pays, when it is a DLA with its crédits d'ingénierie.
    pub dla: Option<Uuid>,
    pub state: StatutRessource,
    pub sought_cents: i64,
    /// `None` until it is granted, and again when the promise is taken back.
    pub granted_cents: Option<i64>,
    pub paid_cents: i64,
    /// Its instalments, in order.
    pub versements: Vec<Versement>,
    pub sought_on: Date,
    pub requested_on: Option<Date>,
    /// The last answer, for it may change until it is notified.
    pub answered_on: Option<Date>,
    pub notified_on: Option<Date>,
    /// Of the letter that notified it.
    pub reference: Option<String>,
    /// Why it was refused.
    pub motif: Option<SealedPlace>,
    pub first_position: i64,
    pub last_position: i64,
    /// The facts that make it.
    pub positions: Vec<i64>,
}

/// An instalment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Versement {
    pub on: Date,
    pub montant_cents: i64,
}

impl Row for Ligne {
    const LOAD: &'static str = "select t.* from lignes t where plan = any($1)";
    const CLEAR: &'static str = "delete from lignes where plan = any($1)";
    const TABLE: &'static str = "lignes";

    type Key = (Uuid, i32);

    fn key(&self) -> (Uuid, i32) {
        (self.plan, self.ligne)
    }
}

impl Ligne {
    /// A new line, when the fact makes one.
    pub(super) fn sought(plan: &Plan, fact: &Fact, recorded: &Recorded) -> Option<Self> {
        let Fact::RessourceSought { ligne, source, contributeur, montant } = fact else {
            return None;
        };
        let (financeur, dla) = match contributeur {
            Contributeur::Organisation(id) => (Some(id.0), None),
            Contributeur::Dla(id) => (None, Some(id.0)),
        };
        Some(Self {
            plan: plan.id,
            ligne: *ligne,
            ingenierie: plan.ingenierie,
            dlas: vec![],
            organisations: vec![],
            territoire: plan.territoire.clone(),
            lieux: lieux(plan.territoire.as_deref()),
            source: source.to_string(),
            financeur,
            dla,
            state: StatutRessource::Sought,
            sought_cents: montant.0,
            granted_cents: None,
            paid_cents: 0,
            versements: vec![],
            sought_on: recorded.on,
            requested_on: None,
            answered_on: None,
            notified_on: None,
            reference: None,
            motif: None,
            first_position: recorded.position.0,
            last_position: recorded.position.0,
            positions: vec![recorded.position.0],
        })
    }

    /// What happened to it next.
    pub(super) fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        self.last_position = recorded.position.0;
        self.positions.push(recorded.position.0);
        match fact {
            Fact::RessourceRequested { .. } => {
                self.state = StatutRessource::Requested;
                self.requested_on = Some(recorded.on);
            }
            Fact::RessourceGranted { montant, .. } => {
                self.state = StatutRessource::Granted;
                self.answered_on = Some(recorded.on);
                self.granted_cents = Some(montant.0);
            }
            Fact::RessourceRefused { .. } => {
                self.state = StatutRessource::Refused;
                self.answered_on = Some(recorded.on);
                self.granted_cents = None;
                self.motif = Some(SealedPlace::of(recorded, "/motif"));
            }
            Fact::RessourceNotified { reference, .. } => {
                self.state = StatutRessource::Notified;
                // The reference of the letter may come after the letter.
                self.notified_on.get_or_insert(recorded.on);
                self.reference = reference.as_ref().map(|it| it.as_str().to_owned());
            }
            Fact::RessourcePaid { montant, .. } => {
                self.paid_cents += montant.0;
                self.versements
                    .push(Versement { on: recorded.on, montant_cents: montant.0 });
            }
            Fact::RessourceSought { .. }
            | Fact::PlanFinancementOpened { .. }
            | Fact::DepenseAdded { .. }
            | Fact::DepenseRevised { .. }
            | Fact::DepenseRemoved { .. }
            | Fact::ValorisationRecorded { .. }
            | Fact::CostShared { .. }
            | Fact::RuleWaived { .. }
            | Fact::PlanFinancementConfirmed { .. }
            | Fact::PlanFinancementReopened {}
            | Fact::RegimeTaxeChosen { .. }
            | Fact::RealiseRecorded { .. }
            | Fact::PlanFinancementSettled { .. } => (),
        }
    }

    /// As its plan shows it.
    pub(super) fn ressource(&self) -> Ressource {
        Ressource {
            ligne: self.ligne,
            source: self.source.clone(),
            financeur: self.financeur,
            dla: self.dla,
            state: self.state,
            sought_cents: self.sought_cents,
            granted_cents: self.granted_cents,
            paid_cents: self.paid_cents,
        }
    }
}

/// The line that a fact moves on, when it is about a known one.
pub(super) fn answered(fact: &Fact) -> Option<i32> {
    match fact {
        Fact::RessourceRequested { ligne, .. }
        | Fact::RessourceGranted { ligne, .. }
        | Fact::RessourceRefused { ligne, .. }
        | Fact::RessourceNotified { ligne, .. }
        | Fact::RessourcePaid { ligne, .. } => Some(*ligne),
        Fact::RessourceSought { .. }
        | Fact::PlanFinancementOpened { .. }
        | Fact::DepenseAdded { .. }
        | Fact::DepenseRevised { .. }
        | Fact::DepenseRemoved { .. }
        | Fact::ValorisationRecorded { .. }
        | Fact::CostShared { .. }
        | Fact::RuleWaived { .. }
        | Fact::PlanFinancementConfirmed { .. }
        | Fact::PlanFinancementReopened {}
        | Fact::RegimeTaxeChosen { .. }
        | Fact::RealiseRecorded { .. }
        | Fact::PlanFinancementSettled { .. } => None,
    }
}
