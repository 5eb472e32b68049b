//! The plan de financement of one ingénierie: what it costs, who pays, when it is confirmed.
//!
//! Costs, opening and confirmation stand here; `ressources` is what financeurs answer,
//! `partage` what is shared or valued, with the arithmetic in cents.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Asked, Cents, Code, Decided, Decider, Decision, DlaId, Dossier, IngenierieId, Line,
    OrganisationId, Place, PlanFinancementId, Prose, QuarterDays, Sealed, Subject, Territoire,
    actor::{Perimeter, Right, rights},
    refusal::{Common, refusals},
    rules::Rule,
    values::AMOUNT_MAX,
};

mod confirmation;
mod partage;
mod ressources;
mod solde;
#[cfg(test)]
pub(crate) mod tests;

pub use confirmation::SOURCE_COLLECTIVITE;
pub use partage::{Donateur, PARTS_MAX, PERSONNES_MAX, POIDS_MAX, Part, PartVoulue, Temps};
use ressources::Ressource;

/// The lines of one plan: at most so many, removed and refused ones included.
pub const LIGNES_MAX: i32 = 500;

/// Valued time is no cost in cash: it has its own lines, equal on both sides.
pub const POSTE_VALORISATION: &str = "VALORISATION_TEMPS";

/// The item of what prestataires are paid.
pub const POSTE_PRESTATIONS: &str = "PRESTATIONS_EXTERIEURES";

/// What can happen to a plan de financement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// The budget of an ingénierie is being built (method, step 2 C3).
    PlanFinancementOpened {
        ingenierie: IngenierieId,
        dlas: BTreeSet<DlaId>,
        territoire: Option<Territoire>,
    },
    /// Something is to be paid for.
    DepenseAdded { ligne: i32, poste: Code, intitule: Line, montant: Cents },
    /// Its cost is estimated anew.
    DepenseRevised { ligne: i32, montant: Cents },
    /// It is not to be paid for after all.
    DepenseRemoved { ligne: i32, motif: Sealed<Prose> },
    /// Somebody is thought of to pay.
    RessourceSought { ligne: i32, source: Code, contributeur: Contributeur, montant: Cents },
    /// They were asked.
    RessourceRequested { ligne: i32, contributeur: Contributeur },
    /// They will pay so much.
    RessourceGranted { ligne: i32, contributeur: Contributeur, montant: Cents },
    /// They will not pay.
    RessourceRefused { ligne: i32, contributeur: Contributeur, motif: Sealed<Prose> },
    /// They wrote that they will pay.
    RessourceNotified { ligne: i32, contributeur: Contributeur, reference: Option<Line> },
    /// They paid, in whole or in part.
    RessourcePaid { ligne: i32, contributeur: Contributeur, montant: Cents },
    /// Time is valued, equally as a cost and as a resource, apart from cash.
    ValorisationRecorded { ligne: i32, temps: Temps, montant: Cents },
    /// A cost was shared between several. One resource a part follows.
    CostShared { total: Cents, parts: Vec<Part> },
    /// A rule was set aside, for the reason given.
    RuleWaived { rule: Rule, because: Sealed<Prose> },
    /// Costs and resources are equal: the plan stands.
    PlanFinancementConfirmed { total: Cents, valorisation: Cents },
    /// A line changes: the plan no longer stands.
    PlanFinancementReopened {},
    /// How the amounts of the plan count taxes.
    RegimeTaxeChosen { regime: RegimeTaxe },
    /// What a cost came to. What was said last counts.
    RealiseRecorded { ligne: i32, montant: Cents },
    /// The accounts are closed: what the costs came to, and what was paid for them.
    PlanFinancementSettled { realise: Cents, verse: Cents },
}

/// Who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Contributeur {
    /// A DLA, with its crédits d'ingénierie.
    Dla(DlaId),
    /// An organisation.
    Organisation(OrganisationId),
}

/// How the amounts of a plan count value-added tax.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RegimeTaxe {
    /// Taxes included (toutes taxes comprises): what a porteuse that recovers none counts.
    #[default]
    Ttc,
    /// Taxes left out (hors taxes), for they are recovered.
    Ht,
    /// No tax applies.
    NonAssujetti,
}

/// How far a resource has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StatutRessource {
    /// Thought of.
    Sought,
    /// Asked for.
    Requested,
    /// Promised.
    Granted,
    /// Promised in writing: payments may follow.
    Notified,
    /// Declined.
    Refused,
}

refusals! {
    /// INV-38.
    IngenierieEnded {} = "PLAN_AFTER_END" at "ingenierie":
        "Cette ingénierie est finalisée ou abandonnée : rouvrez-la avant d'ouvrir son plan de financement.",
        "This ingénierie is finalised or abandoned: reopen it before opening its plan de financement.";
    /// No such line, or it was removed.
    LigneUnknown { ligne: i32 } = "LIGNE_UNKNOWN" at "ligne":
        "Le plan n'a pas de ligne {ligne} de cette nature, ou elle a été retirée.",
        "The plan has no line {ligne} of this kind, or it was removed.";
    /// A plan is read by people.
    PlanFull { max: i32 } = "PLAN_FULL" at "plan":
        "Un plan a au plus {max} lignes, lignes retirées comprises : regroupez-les.",
        "A plan has at most {max} lines, removed ones included: group them.";
    /// INV-10.
    MontantOutOfRange { field: &'static str, max: Cents } = "MONTANT_OUT_OF_RANGE" at field:
        "Indiquez un montant d'au moins un centime et d'au plus {max}.",
        "Give an amount of at least one cent and at most {max}.";
    /// INV-10: valued time is equal on both sides, so it is no line of cash.
    PosteIsValorisation {} = "POSTE_IS_VALORISATION" at "poste":
        "Le temps valorisé n'est pas une dépense : enregistrez une valorisation.",
        "Valued time is not an expense: record a valorisation.";
    /// A promise answers a request.
    RessourceNotRequested { ligne: i32 } = "RESSOURCE_NOT_REQUESTED" at "ligne":
        "Demandez d'abord la ressource de la ligne {ligne}.",
        "Request the resource of line {ligne} first.";
    /// It was answered: it is not asked for again.
    RessourceAnswered { ligne: i32, statut: StatutRessource } = "RESSOURCE_ANSWERED" at "ligne":
        "La ligne {ligne} a déjà reçu une réponse : ajoutez une autre ressource.",
        "Line {ligne} has already been answered: add another resource.";
    /// A refusal is final.
    RessourceDeclined { ligne: i32 } = "RESSOURCE_REFUSED" at "ligne":
        "La ressource de la ligne {ligne} a été refusée : ajoutez une autre ressource.",
        "The resource of line {ligne} was refused: add another resource.";
    /// What is in writing stands.
    RessourceInWriting { ligne: i32 } = "RESSOURCE_NOTIFIED" at "ligne":
        "La ressource de la ligne {ligne} est notifiée : ajoutez une ressource pour la différence.",
        "The resource of line {ligne} is notified: add a resource for the difference.";
    /// A notification says what was granted.
    RessourceNotGranted { ligne: i32 } = "RESSOURCE_NOT_GRANTED" at "ligne":
        "La ressource de la ligne {ligne} n'est pas accordée.",
        "The resource of line {ligne} is not granted.";
    /// A payment follows a notification.
    RessourceNotNotified { ligne: i32 } = "RESSOURCE_NOT_NOTIFIED" at "ligne":
        "Enregistrez d'abord la notification de la ligne {ligne}.",
        "Record the notification of line {ligne} first.";
    /// Instalments add up to what was granted at most.
    PaidAboveGranted { ligne: i32, remaining: Cents } = "PAID_ABOVE_GRANTED" at "montant":
        "Il reste {remaining} à verser sur la ligne {ligne} : corrigez le montant.",
        "{remaining} is left to pay on line {ligne}: correct the amount.";
    /// Somebody gives some time.
    TempsOutOfRange { personnes: i32, jours: QuarterDays } = "TEMPS_OUT_OF_RANGE" at "temps":
        "Indiquez entre 1 et {personnes} personnes, et entre 0.25 et {jours} jours chacune.",
        "Give between 1 and {personnes} people, and between 0.25 and {jours} days each.";
    /// A cost is shared between some, not a crowd.
    PartsOutOfRange { max: usize } = "PARTS_OUT_OF_RANGE" at "parts":
        "Indiquez entre 1 et {max} parts.",
        "Give between 1 and {max} parts.";
    /// INV-18.
    WeightOutOfRange { max: i32 } = "WEIGHT_OUT_OF_RANGE" at "parts":
        "Chaque poids est un entier entre 1 et {max}.",
        "Each weight is an integer between 1 and {max}.";
    /// INV-18: everyone pays at least one cent.
    ShareTooSmall {} = "SHARE_TOO_SMALL" at "total":
        "Ce coût est trop petit pour être partagé ainsi : une part serait nulle.",
        "This cost is too small to be shared so: one part would be nothing.";
    /// Nothing to confirm.
    PlanEmpty {} = "PLAN_EMPTY" at "plan":
        "Ajoutez d'abord les dépenses du plan.",
        "Add the costs of the plan first.";
    /// INV-10: costs are more than what pays for them.
    PlanLacksRessources { depenses: Cents, ressources: Cents, ecart: Cents } = "PLAN_LACKS_RESSOURCES" at "plan":
        "Le plan n'est pas équilibré : il manque {ecart} de ressources ({depenses} de dépenses, {ressources} de ressources retenues).",
        "The plan is not balanced: {ecart} of resources are missing ({depenses} of costs, {ressources} of retained resources).";
    /// INV-10: more pays than there is to pay.
    PlanExceedsDepenses { depenses: Cents, ressources: Cents, ecart: Cents } = "PLAN_EXCEEDS_DEPENSES" at "plan":
        "Le plan n'est pas équilibré : {ecart} de ressources en trop ({depenses} de dépenses, {ressources} de ressources retenues).",
        "The plan is not balanced: {ecart} of resources too much ({depenses} of costs, {ressources} of retained resources).";
    /// INV-13: what was not declared cannot be compared.
    CreditsNotDeclared {} = "CREDITS_NOT_DECLARED" at "plan":
        "Un DLA paie avec ses crédits d'ingénierie : déclarez d'abord l'action financée.",
        "A DLA pays with its crédits d'ingénierie: declare the action first.";
    /// INV-13: what was compared is no longer what the dossier says.
    CreditsOutdated {} = "CREDITS_OUTDATED" at "plan":
        "Les secteurs ou les DLA du dossier ont changé depuis la déclaration des crédits d'ingénierie : déclarez-les à nouveau.",
        "The sectors or the DLAs of the dossier have changed since the crédits d'ingénierie were declared: declare them again.";
    /// INV-13.
    SuperpositionsUncleared { nombre: usize } = "SUPERPOSITIONS_UNCLEARED" at "plan":
        "Superpositions de crédits d'ingénierie à lever avant la confirmation : {nombre}. Le responsable d'une porteuse les lève en les justifiant.",
        "Superpositions of crédits d'ingénierie to clear before the plan is confirmed: {nombre}. Whoever answers for a porteuse clears them, with a justification.";
    /// INV-16.
    FormationNotPlanned { ligne: i32 } = "FORMATION_NOT_PLANNED" at "plan":
        "La ligne {ligne} est celle d'un OPCO, qui finance de la formation : prévoyez un module de formation dans le projet.",
        "Line {ligne} is that of an OPCO, which finances training: plan a training module in the projet.";
    /// Accounts are closed on what stands.
    PlanNotConfirmed {} = "PLAN_NOT_CONFIRMED" at "plan":
        "Confirmez d'abord le plan.",
        "Confirm the plan first.";
    /// Every cost came to something, or was removed.
    RealiseMissing { ligne: i32 } = "REALISE_MISSING" at "ligne":
        "Indiquez d'abord ce qu'a coûté la ligne {ligne}.",
        "Say first what line {ligne} came to.";
    /// It is over.
    PlanSettled {} = "PLAN_SETTLED" at "plan":
        "Le plan est soldé : il ne change plus.",
        "The accounts of the plan are closed: it changes no more.";
}

rights! {
    OPEN = "openPlanFinancement": ChargeDeMission;
    ADD_DEPENSE = "addDepense": ChargeDeMission;
    REVISE_DEPENSE = "reviseDepense": ChargeDeMission;
    REMOVE_DEPENSE = "removeDepense": ChargeDeMission;
    ADD_RESSOURCE = "addRessource": ChargeDeMission;
    REQUEST_RESSOURCE = "requestRessource": ChargeDeMission;
    GRANT_RESSOURCE = "grantRessource": ChargeDeMission, Financeur;
    REFUSE_RESSOURCE = "refuseRessource": ChargeDeMission, Financeur;
    NOTIFY_RESSOURCE = "notifyRessource": ChargeDeMission, Financeur;
    PAY_RESSOURCE = "payRessource": ChargeDeMission, Financeur;
    RECORD_VALORISATION = "recordValorisation": ChargeDeMission;
    SHARE_COST = "shareCost": ChargeDeMission;
    CONFIRM = "confirmPlanFinancement": ChargeDeMission, ResponsablePorteuse;
    CHOOSE_REGIME = "chooseRegimeTaxe": ChargeDeMission;
    RECORD_REALISE = "recordRealise": ChargeDeMission;
    SETTLE = "settlePlanFinancement": ChargeDeMission, ResponsablePorteuse;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanFinancement {
    ingenierie: Option<IngenierieId>,
    dlas: BTreeSet<DlaId>,
    territoire: Option<Territoire>,
    /// The last line given a number, from 1; costs, resources and valued time share the count.
    lignes: i32,
    /// The costs; `None` once removed.
    depenses: BTreeMap<i32, Option<Cents>>,
    /// The costs that are outside services.
    prestations: BTreeSet<i32>,
    ressources: BTreeMap<i32, Ressource>,
    valorisation: Cents,
    regime: RegimeTaxe,
    confirmed: bool,
    /// What costs came to.
    realises: BTreeMap<i32, Cents>,
    settled: bool,
}

impl PlanFinancement {
    /// Opens the plan of an ingénierie. An ingénierie has one plan: the log holds the claim.
    pub fn open_plan_financement(&self, asked: &Asked, ingenierie: &Dossier) -> Decision<Self> {
        asked.may(&OPEN, &ingenierie.perimeter)?;
        if self.exists() {
            return Err(Common::AlreadyExists {}.into());
        }
        if ingenierie.is_over() {
            return Err(Refusal::IngenierieEnded {});
        }
        let territoire = ingenierie.territoire.clone();
        let opened = Event::PlanFinancementOpened {
            ingenierie: ingenierie.id,
            dlas: ingenierie.dlas.iter().copied().collect(),
            territoire: territoire.clone(),
        };
        let place = Place { territoire, dossier: Some(ingenierie.id) };
        Ok(asked
            .records(place, [opened])
            .expecting(ingenierie)
            .claiming(Self::CATEGORY, ingenierie.id.0))
    }

    /// Adds a cost.
    pub fn add_depense(
        &self,
        asked: &Asked,
        poste: Code,
        intitule: Line,
        montant: Cents,
    ) -> Decision<Self> {
        self.kept_by(asked, &ADD_DEPENSE)?;
        if poste.as_str() == POSTE_VALORISATION {
            return Err(Refusal::PosteIsValorisation {});
        }
        let montant = payable("montant", montant)?;
        let ligne = self.next_ligne()?;
        Ok(self.changes(asked, [Event::DepenseAdded { ligne, poste, intitule, montant }]))
    }

    /// Estimates a cost anew.
    pub fn revise_depense(&self, asked: &Asked, ligne: i32, montant: Cents) -> Decision<Self> {
        self.kept_by(asked, &REVISE_DEPENSE)?;
        let Some(Some(known)) = self.depenses.get(&ligne) else {
            return Err(Refusal::LigneUnknown { ligne });
        };
        let montant = payable("montant", montant)?;
        if *known == montant {
            return Ok(Decided::nothing());
        }
        Ok(self.changes(asked, [Event::DepenseRevised { ligne, montant }]))
    }

    /// Removes a cost. The reason is mandatory (INV-36).
    pub fn remove_depense(&self, asked: &Asked, ligne: i32, motif: Prose) -> Decision<Self> {
        self.kept_by(asked, &REMOVE_DEPENSE)?;
        match self.depenses.get(&ligne) {
            None => Err(Refusal::LigneUnknown { ligne }),
            Some(None) => Ok(Decided::nothing()),
            Some(Some(_)) => {
                let motif = Sealed::new(self.subject()?, motif);
                Ok(self.changes(asked, [Event::DepenseRemoved { ligne, motif }]))
            }
        }
    }

    /// Whether it was opened.
    pub fn exists(&self) -> bool {
        self.ingenierie.is_some()
    }

    /// The ingénierie it pays for.
    pub fn ingenierie(&self) -> Option<IngenierieId> {
        self.ingenierie
    }

    /// Whether it stands: an ingénierie does not start while its plan is open (INV-11).
    pub fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// The costs, in cash.
    pub fn total_cents(&self) -> Cents {
        Cents::sum(self.depenses.values().flatten().copied())
    }

    /// What the plan sets aside for prestataires.
    pub fn prestations_cents(&self) -> Cents {
        let lignes = self.prestations.iter();
        Cents::sum(lignes.filter_map(|it| self.depenses.get(it).copied().flatten()))
    }

    /// The resources that were not refused, in cash: what was granted, or else what is sought.
    pub fn retained_cents(&self) -> Cents {
        Cents::sum(self.retained().map(Ressource::montant))
    }

    /// The valued time, equal on both sides.
    pub fn valorisation_cents(&self) -> Cents {
        self.valorisation
    }

    /// Who may know that it exists: the DLAs concerned, and whoever is thought of to pay.
    pub fn perimeter(&self) -> Perimeter {
        let mut around = Perimeter::of_dlas(self.dlas.iter().copied());
        for ressource in self.ressources.values() {
            match ressource.contributeur {
                Contributeur::Dla(id) => around.dlas.insert(id),
                Contributeur::Organisation(id) => around.organisations.insert(id),
            };
        }
        around
    }

    fn retained(&self) -> impl Iterator<Item = &Ressource> {
        self.ressources.values().filter(|it| it.is_retained())
    }

    /// Lets pass those of the DLAs concerned: a DLA that only pays keeps none of the plan.
    fn kept_by(&self, asked: &Asked, right: &Right) -> Result<(), Refusal> {
        asked.may(right, &self.perimeter())?;
        if !self.is_kept_by(asked) {
            return Err(Common::Forbidden { act: right.act.to_owned() }.into());
        }
        self.still_open()
    }

    fn still_open(&self) -> Result<(), Refusal> {
        if self.settled { Err(Refusal::PlanSettled {}) } else { Ok(()) }
    }

    fn is_kept_by(&self, asked: &Asked) -> bool {
        self.dlas.iter().any(|it| asked.by.serves(*it))
    }

    fn next_ligne(&self) -> Result<i32, Refusal> {
        if self.lignes < LIGNES_MAX {
            Ok(self.lignes + 1)
        } else {
            Err(Refusal::PlanFull { max: LIGNES_MAX })
        }
    }

    fn subject(&self) -> Result<Subject, Refusal> {
        Ok(Subject::dossier(self.ingenierie.ok_or(Common::NotFound {})?))
    }

    /// Records what moves the balance or its lines: a confirmed plan is reopened first
    /// (INV-11). Requests, notifications and payments of what was granted move nothing.
    fn changes(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        let reopened = self.confirmed.then_some(Event::PlanFinancementReopened {});
        self.records(asked, reopened.into_iter().chain(events))
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        let place = Place { territoire: self.territoire.clone(), dossier: self.ingenierie };
        asked.records(place, events)
    }
}

/// An amount that a line may hold: no negative line, no line for nothing (INV-10).
fn payable(field: &'static str, montant: Cents) -> Result<Cents, Refusal> {
    if (1..=AMOUNT_MAX.0).contains(&montant.0) {
        return Ok(montant);
    }
    Err(Refusal::MontantOutOfRange { field, max: AMOUNT_MAX })
}

impl Decider for PlanFinancement {
    const CATEGORY: &'static str = "plan_financement";

    type Id = PlanFinancementId;
    type Event = Event;
    type Refusal = Refusal;

    fn part_of(&self) -> Option<(IngenierieId, &BTreeSet<DlaId>)> {
        Some((self.ingenierie?, &self.dlas))
    }

    fn joined_by(&mut self, dlas: &BTreeSet<DlaId>) {
        self.dlas.extend(dlas);
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::PlanFinancementOpened { ingenierie, dlas, territoire } => {
                self.ingenierie = Some(*ingenierie);
                self.dlas.clone_from(dlas);
                self.territoire.clone_from(territoire);
            }
            Event::DepenseAdded { ligne, poste, montant, .. } => {
                self.lignes = *ligne;
                if poste.as_str() == POSTE_PRESTATIONS {
                    self.prestations.insert(*ligne);
                }
                self.depenses.insert(*ligne, Some(*montant));
            }
            Event::DepenseRevised { ligne, montant } => {
                self.depenses.insert(*ligne, Some(*montant));
            }
            Event::DepenseRemoved { ligne, .. } => {
                self.depenses.insert(*ligne, None);
            }
            Event::RessourceSought { ligne, source, contributeur, montant } => {
                self.lignes = *ligne;
                self.ressources
                    .insert(*ligne, Ressource::sought(source.clone(), *contributeur, *montant));
            }
            Event::RessourceRequested { ligne, .. } => {
                self.advance(*ligne, |it| it.statut = StatutRessource::Requested);
            }
            Event::RessourceGranted { ligne, montant, .. } => self.advance(*ligne, |it| {
                it.statut = StatutRessource::Granted;
                it.granted = Some(*montant);
            }),
            Event::RessourceRefused { ligne, .. } => {
                self.advance(*ligne, |it| it.statut = StatutRessource::Refused);
            }
            Event::RessourceNotified { ligne, reference, .. } => self.advance(*ligne, |it| {
                it.statut = StatutRessource::Notified;
                it.reference.clone_from(reference);
            }),
            Event::RessourcePaid { ligne, montant, .. } => {
                self.advance(*ligne, |it| it.paid = Cents::sum([it.paid, *montant]));
            }
            Event::ValorisationRecorded { ligne, montant, .. } => {
                self.lignes = *ligne;
                self.valorisation = Cents::sum([self.valorisation, *montant]);
            }
            Event::CostShared { .. } | Event::RuleWaived { .. } => (),
            Event::PlanFinancementConfirmed { .. } => self.confirmed = true,
            Event::PlanFinancementReopened {} => self.confirmed = false,
            Event::RegimeTaxeChosen { regime } => self.regime = *regime,
            Event::RealiseRecorded { ligne, montant } => {
                self.realises.insert(*ligne, *montant);
            }
            Event::PlanFinancementSettled { .. } => self.settled = true,
        }
    }
}
