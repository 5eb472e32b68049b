//! The ingénierie collective: one common answer to needs that several structures share.
//!
//! Facts, refusals, rights and state stand here, the fold in `fold`; the decisions are cut
//! by the four steps of the method (Avise, March 2006): `identifier`, `engager`,
//! `confirmer`, `finaliser`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Asked, Decided, DlaId, IngenierieId, Line, OrganisationId, Perimeter, Place, PlanFinancementId,
    Prose, QuarterDays, Right, Sealed, SeanceComiteId, Subject, Territoire, actor::rights,
    referentiel::Code, refusal::Common, rules::Rule,
};

pub mod activites;
pub mod advice;
pub mod confirmer;
pub mod engager;
pub mod finaliser;
pub mod identifier;
pub mod jalons;

mod fold;
mod refusals;
#[cfg(test)]
pub(crate) mod tests;

use activites::ActiviteMethode;
use confirmer::technique::Scenario;
use confirmer::{
    mobilisation::Reponses,
    projet::{Intervenant, Module, NatureModule, ResultatAttendu, TypeIngenierie},
};
use engager::{
    Compatibilite, PorteeObjectif, SensAvis,
    partage::{AccordProblematique, ObjetEvaluation},
};
use identifier::cadrage::{AireIntervention, Coherences, Legitimite, RoleDla};
pub use refusals::{CODES, Refusal};

/// The longest list that one command takes, unless it says otherwise: a fact must fit in
/// one leaf of the log, in whatever letters its texts are written.
pub const LIST_MAX: usize = 30;

/// What can happen to an ingénierie collective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// A DLA started to build an ingénierie collective, which it leads.
    IngenierieCollectiveInitiated {
        ingenierie: IngenierieId,
        porteur: DlaId,
        intitule: Line,
        territoire: Territoire,
        secteurs: Vec<Code>,
    },
    /// The need was heard of there (method, step 1 A).
    SourceProblematiqueRecorded { source: Code, precision: Option<Prose> },
    /// The common problem was put into words.
    ProblematiqueStated { enonce: Prose },
    /// The common problem was put into other words: it is to be confirmed anew.
    ProblematiqueReformulated { enonce: Prose, motif: Sealed<Prose> },
    /// Structures recognised the problem as theirs (method, step 1 A6).
    ProblematiqueConfirmed { structures: Vec<OrganisationId>, methode: Line },
    /// The sectors of the structures that are looked for (method, step 1 B2).
    SecteursDetermined { secteurs: Vec<Code> },
    /// A structure could benefit.
    StructureTargeted { structure: OrganisationId },
    /// A structure is no longer thought of.
    StructureUntargeted { structure: OrganisationId, motif: Sealed<Prose> },
    /// Existing offers were compared, content and financing (case FE1-3).
    SubsidiariteChecked { contenu: bool, financement: bool, commentaire: Sealed<Prose> },
    /// The démarche was compared with what other operators already do (method, fiche 3).
    ComplementariteChecked { commentaire: Sealed<Prose> },
    /// Where the structures are, and where they work (method, step 1 B1).
    TerritoireQualified {
        aire: AireIntervention,
        #[serde(skip_serializing_if = "Option::is_none")]
        commentaire: Option<Sealed<Prose>>,
    },
    /// Why a DLA is the one to do it, and how it goes about it (method, step 1 C1 and C2).
    RoleDlaDefined { dla: DlaId, legitimites: Vec<Legitimite>, role: RoleDla },
    /// The démarche was held against what it must fit (method, step 1 C3).
    CoherenceChecked {
        axes: Coherences,
        #[serde(skip_serializing_if = "Option::is_none")]
        commentaire: Option<Sealed<Prose>>,
    },
    /// A partner joined the network, or its place in it changed.
    PartenaireAssociated { organisation: OrganisationId, categorie: Code, role: Option<Line> },
    /// A partner left the network.
    PartenaireWithdrawn { organisation: OrganisationId, motif: Sealed<Prose> },
    /// Another DLA takes part: the ingénierie is inter-DLA.
    DlaAssociated { dla: DlaId },
    /// A partner said what it expects, which may suit the porteur or not (method, fiche 3).
    AttenteRecorded {
        partenaire: OrganisationId,
        compatibilite: Compatibilite,
        attente: Sealed<Prose>,
    },
    /// A partner said whether the problem is one for it too, and what was tried before
    /// (method, step 2 A2 and fiche 3).
    ProblematiqueShared {
        partenaire: OrganisationId,
        accord: AccordProblematique,
        #[serde(skip_serializing_if = "Option::is_none")]
        anteriorite: Option<Sealed<Prose>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        interet: Option<Sealed<Prose>>,
    },
    /// A partner may intervene (method, step 2 A4).
    ContributionIntervenantOffered {
        partenaire: OrganisationId,
        contribution: Line,
        #[serde(skip_serializing_if = "Option::is_none")]
        competences: Option<Line>,
        #[serde(skip_serializing_if = "Option::is_none")]
        temps: Option<QuarterDays>,
    },
    /// What will be evaluated, and why (method, step 2 B3).
    ObjectifsEvaluationSet { objets: Vec<ObjetEvaluation>, raison: Prose },
    /// A strategic objective was set.
    ObjectifStrategiqueSet { objectif: Code, precision: Option<Prose> },
    /// An operational objective was set.
    ObjectifOperationnelSet { objectif: Code, precision: Option<Prose> },
    /// An objective is no longer pursued.
    ObjectifWithdrawn { portee: PorteeObjectif, objectif: Code, motif: Sealed<Prose> },
    /// Whoever answers for a porteuse inscribed the démarche in its activities.
    DemarcheValidated { dla: DlaId },
    /// A financeur confirmed the démarche (method, step 2 C1b).
    DemarcheConfirmedByFinanceur { financeur: OrganisationId },
    /// A comité d'appui gave its opinion. The last one of each DLA counts.
    AvisComiteAppuiRecorded {
        dla: DlaId,
        sens: SensAvis,
        commentaire: Option<Sealed<Prose>>,
        /// The reservations of an avis that is favourable with some.
        #[serde(skip_serializing_if = "Option::is_none")]
        reserves: Option<Sealed<Prose>>,
        /// Where it was given; absent when it was noted without a séance.
        #[serde(skip_serializing_if = "Option::is_none")]
        seance: Option<SeanceComiteId>,
    },
    /// A rule was set aside, for the reason given.
    RuleWaived { rule: Rule, because: Sealed<Prose> },
    /// Milestone: the démarche is validated, structures may be contacted.
    IngenierieCollectiveEngaged {},
    /// A targeted structure was asked the four questions.
    StructureContacted { structure: OrganisationId },
    /// What a structure answered to the four questions (method, step 3 A1).
    StructureResponseRecorded {
        structure: OrganisationId,
        reponses: Reponses,
        commentaire: Option<Sealed<Prose>>,
    },
    /// A structure commits to take part.
    StructureMobilised { structure: OrganisationId, participants: Option<i32> },
    /// A structure that was contacted will not take part.
    StructureDeclined { structure: OrganisationId, motif: Sealed<Prose> },
    /// A structure that took part leaves.
    StructureWithdrawn { structure: OrganisationId, motif: Sealed<Prose> },
    /// Who should come, with which projects in mind, and when they can: of one structure, or of
    /// all (method, step 3 A2).
    ConditionsImplicationAssessed {
        #[serde(skip_serializing_if = "Option::is_none")]
        structure: Option<OrganisationId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        fonctions: Option<Sealed<Prose>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        projets: Option<Sealed<Prose>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        disponibilite: Option<Sealed<Prose>>,
    },
    /// What structures said was weighed with partners, and taken into account (method, step 3 B1).
    CommentairesStructuresConsidered {
        partenaires: Vec<OrganisationId>,
        adaptee: bool,
        suites: Sealed<Prose>,
    },
    /// A groupe of structures was made, of one module or of the whole ingénierie.
    GroupeConstituted {
        groupe: i32,
        intitule: Line,
        module: Option<Line>,
        territoire: Option<Territoire>,
    },
    /// A structure sits in a groupe.
    StructureAssignedToGroupe { structure: OrganisationId, groupe: i32 },
    /// A structure no longer sits in a groupe, and still takes part.
    StructureRemovedFromGroupe { structure: OrganisationId, groupe: i32, motif: Sealed<Prose> },
    /// The results to reach (method, step 3 B1d).
    ResultatsAttendusFixed { resultats: Vec<ResultatAttendu> },
    /// The results to reach were changed after the projet was formalised.
    ResultatsAttendusAmended { resultats: Vec<ResultatAttendu>, motif: Sealed<Prose> },
    /// An answer to structures, or a solution with them (method, fiche 2).
    TypeIngenierieChosen { type_ingenierie: TypeIngenierie },
    /// The Enée themes, and the topics in the order they will be treated.
    TypesPrestationChosen { types: Vec<Code>, sujets: Vec<Line> },
    /// The catchy title.
    AccrocheChosen { accroche: Line },
    /// The porteur's own time of intervention.
    TempsPorteurPositioned { temps: QuarterDays },
    /// Who intervenes: prestataires, and partners beside them.
    SystemeIntervenantDesigned { intervenants: Vec<Intervenant> },
    /// A partner will intervene beside the prestataires (method, step 3 B3e).
    PartenaireIntervenantEngaged {
        partenaire: OrganisationId,
        mission: Line,
        #[serde(skip_serializing_if = "Option::is_none")]
        temps: Option<QuarterDays>,
    },
    /// Ways of carrying it out were set side by side: when, where, with what (method, step 3 C1).
    ConditionsTechniquesAssessed { scenarios: Vec<Scenario> },
    /// One of these ways was chosen, by its place among them.
    ScenarioChosen {
        scenario: i32,
        #[serde(skip_serializing_if = "Option::is_none")]
        motif: Option<Sealed<Prose>>,
    },
    /// The projet d'intervention was written: from now on its results are amended, not fixed.
    ProjetInterventionFormalised { modules: Vec<Module> },
    /// Milestone: the projet may be carried out.
    IngenierieCollectiveConfirmed {},
    /// Milestone: the intervention started, with a confirmed plan de financement.
    IngenierieCollectiveStarted { plan: PlanFinancementId },
    /// Partners were told how it goes (method, step 4 A2b).
    PartenairesInformed {
        destinataires: Vec<OrganisationId>,
        objet: Line,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<Sealed<Prose>>,
    },
    /// The intervention is done. Evaluation, capitalisation and suivi go on.
    IngenierieCollectiveFinalised {},
    /// It was given up, in the state it had reached.
    IngenierieCollectiveAbandoned { etat: Etat, motif: Sealed<Prose> },
    /// It goes on after its end, in the state it had before.
    IngenierieCollectiveReopened { etat: Etat, motif: Sealed<Prose> },
    /// An activity of the method is left out: the method is adapted, not followed to the letter.
    ActiviteSkipped { activite: ActiviteMethode, motif: Sealed<Prose> },
    /// An activity that was left out is to be done after all.
    ActiviteUnskipped { activite: ActiviteMethode },
}

/// How far an ingénierie has come (specification, 5.4), collective or individual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Etat {
    /// The need is being identified and the démarche built.
    EnIdentification,
    /// The démarche is validated.
    Engagee,
    /// The projet d'intervention is confirmed.
    Confirmee,
    /// The intervention is under way.
    EnIntervention,
    /// The intervention is done.
    Finalisee,
    /// It was given up.
    Abandonnee,
}

impl Etat {
    /// Whether it was finalised or abandoned.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finalisee | Self::Abandonnee)
    }
}

rights! {
    INITIATE = "initiateIngenierie": ChargeDeMission;
    SOURCE = "recordSource": ChargeDeMission, Integration;
    STATE = "stateProblematique": ChargeDeMission;
    REFORMULATE = "reformulateProblematique": ChargeDeMission;
    CONFIRM_PROBLEMATIQUE = "confirmProblematique": ChargeDeMission;
    SECTEURS = "determineSecteurs": ChargeDeMission;
    TARGET = "targetStructure": ChargeDeMission, Integration;
    UNTARGET = "untargetStructure": ChargeDeMission;
    SUBSIDIARITE = "checkSubsidiarite": ChargeDeMission, ChargeDeMissionRegional;
    COMPLEMENTARITE = "checkComplementarite": ChargeDeMission;
    QUALIFY = "qualifyTerritoire": ChargeDeMission;
    ROLE_DLA = "defineRoleDla": ChargeDeMission;
    COHERENCE = "checkCoherence": ChargeDeMission;
    ASSOCIATE = "associatePartenaire": ChargeDeMission;
    WITHDRAW_PARTENAIRE = "withdrawPartenaire": ChargeDeMission;
    ASSOCIATE_DLA = "associateDla": ChargeDeMission;
    ATTENTE = "recordAttente": ChargeDeMission;
    SHARE = "shareProblematique": ChargeDeMission;
    CONTRIBUTION = "offerContributionIntervenant": ChargeDeMission;
    OBJECTIFS_EVALUATION = "setObjectifsEvaluation": ChargeDeMission;
    STRATEGIQUE = "setObjectifStrategique": ChargeDeMission;
    OPERATIONNEL = "setObjectifOperationnel": ChargeDeMission;
    WITHDRAW_OBJECTIF = "withdrawObjectif": ChargeDeMission;
    VALIDATE = "validateDemarche": ResponsablePorteuse;
    CONFIRM_DEMARCHE = "confirmDemarcheByFinanceur": ChargeDeMission, Financeur;
    AVIS = "recordAvis": ChargeDeMission, ChargeDeMissionRegional, MembreComiteAppui;
    ENGAGE = "engageIngenierie": ChargeDeMission;
    CONTACT = "contactStructure": ChargeDeMission, Integration;
    RESPONSE = "recordStructureResponse": ChargeDeMission, StructureBeneficiaire, Integration;
    MOBILISE = "mobiliseStructure": ChargeDeMission;
    DECLINE = "declineStructure": ChargeDeMission;
    WITHDRAW = "withdrawStructure": ChargeDeMission;
    IMPLICATION = "assessConditionsImplication": ChargeDeMission;
    COMMENTAIRES = "considerCommentairesStructures": ChargeDeMission;
    GROUPE = "constituteGroupe": ChargeDeMission;
    ASSIGN = "assignStructureToGroupe": ChargeDeMission;
    REMOVE = "removeStructureFromGroupe": ChargeDeMission;
    FIX_RESULTATS = "fixResultatsAttendus": ChargeDeMission;
    AMEND_RESULTATS = "amendResultatsAttendus": ChargeDeMission;
    TYPE = "chooseType": ChargeDeMission;
    TYPES_PRESTATION = "chooseTypesPrestation": ChargeDeMission;
    ACCROCHE = "chooseAccroche": ChargeDeMission;
    TEMPS_PORTEUR = "positionTempsPorteur": ChargeDeMission;
    SYSTEME = "designSysteme": ChargeDeMission;
    ENGAGE_PARTENAIRE = "engagePartenaireIntervenant": ChargeDeMission;
    TECHNIQUE = "assessConditionsTechniques": ChargeDeMission;
    SCENARIO = "chooseScenario": ChargeDeMission;
    FORMALISE = "formaliseProjet": ChargeDeMission;
    CONFIRM = "confirmIngenierie": ChargeDeMission;
    START = "startIngenierie": ChargeDeMission;
    INFORM = "informPartenaires": ChargeDeMission;
    FINALISE = "finaliseIngenierie": ChargeDeMission;
    ABANDON = "abandonIngenierie": ChargeDeMission, ResponsablePorteuse;
    REOPEN = "reopenIngenierie": ChargeDeMission, ResponsablePorteuse;
    SKIP = "skipActivite": ChargeDeMission;
    UNSKIP = "unskipActivite": ChargeDeMission;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IngenierieCollective {
    id: Option<IngenierieId>,
    etat: Option<Etat>,
    abandoned_in: Option<Etat>,
    /// The lead first.
    dlas: Vec<DlaId>,
    territoire: Option<Territoire>,
    skipped: BTreeSet<ActiviteMethode>,
    // IDENTIFIER
    sources: BTreeSet<(Code, Option<Prose>)>,
    problematique: Option<Prose>,
    confirmed_by: BTreeMap<OrganisationId, Line>,
    secteurs: BTreeSet<Code>,
    structures: BTreeMap<OrganisationId, Ciblee>,
    subsidiaire: Option<bool>,
    complementarite_checked: bool,
    aire: Option<Uncommented<AireIntervention>>,
    roles: BTreeMap<DlaId, (Vec<Legitimite>, RoleDla)>,
    coherence: Option<Uncommented<Coherences>>,
    // ENGAGER
    partenaires: BTreeMap<OrganisationId, Associe>,
    strategiques: BTreeMap<Code, Option<Prose>>,
    operationnels: BTreeMap<Code, Option<Prose>>,
    evaluation: Option<(Vec<ObjetEvaluation>, Prose)>,
    validated: BTreeSet<DlaId>,
    avis: BTreeMap<DlaId, SensAvis>,
    // CONFIRMER
    groupes: BTreeMap<i32, Groupe>,
    /// Whose availability was assessed; `None` stands for all.
    disponibilites: BTreeSet<Option<OrganisationId>>,
    resultats: Vec<ResultatAttendu>,
    type_ingenierie: Option<TypeIngenierie>,
    types: Vec<Code>,
    sujets: Vec<Line>,
    accroche: Option<Line>,
    temps_porteur: Option<QuarterDays>,
    intervenants: Vec<Intervenant>,
    scenarios: Vec<Scenario>,
    /// Its place, and that no sealed reason went with it.
    scenario: Option<Uncommented<i32>>,
    /// Empty until the projet is formalised.
    modules: Vec<Module>,
}

/// Where a targeted structure stands.
#[derive(Debug, Clone, Default, PartialEq)]
struct Ciblee {
    contacted: bool,
    reponses: Option<Reponses>,
    declined: bool,
    mobilised: bool,
    participants: Option<i32>,
}

/// A partner of the network.
#[derive(Debug, Clone, PartialEq)]
struct Associe {
    categorie: Code,
    role: Option<Line>,
    compatibilite: Option<Compatibilite>,
    confirms: bool,
    accord: Option<AccordProblematique>,
    /// What it offers to contribute, and what it was engaged for.
    contribution: Option<(Line, Option<Line>, Option<QuarterDays>)>,
    engagement: Option<(Line, Option<QuarterDays>)>,
}

/// What was last said, and whether no sealed text went with it, which could not be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Uncommented<T> {
    said: T,
    alone: bool,
}

impl<T: PartialEq> Uncommented<T> {
    fn of<S>(said: T, sealed: Option<&S>) -> Self {
        Self { said, alone: sealed.is_none() }
    }

    /// Whether saying this again, without a text, changes nothing.
    fn says<S>(this: Option<&Self>, said: &T, text: Option<&S>) -> bool {
        text.is_none() && this.is_some_and(|it| it.alone && it.said == *said)
    }
}

/// Structures that work together.
#[derive(Debug, Clone, PartialEq)]
struct Groupe {
    intitule: Line,
    module: Option<Line>,
    territoire: Option<Territoire>,
    structures: BTreeSet<OrganisationId>,
}

impl IngenierieCollective {
    /// Whether it was initiated.
    pub fn exists(&self) -> bool {
        self.etat.is_some()
    }

    /// How far it has come; `None` before it is initiated.
    pub fn etat(&self) -> Option<Etat> {
        self.etat
    }

    /// Who may know that it exists: the DLAs concerned, the partners, the targeted structures.
    pub fn perimeter(&self) -> Perimeter {
        Perimeter::of_dlas(self.dlas())
            .and(self.partenaires.keys().copied())
            .and(self.structures.keys().copied())
    }

    /// Where it takes place.
    pub fn territoire(&self) -> Option<Territoire> {
        self.territoire.clone()
    }

    /// Whether its projet holds a module of training.
    pub fn plans_formation(&self) -> bool {
        self.modules
            .iter()
            .any(|it| it.nature == NatureModule::Formation)
    }

    /// Its fields of activity.
    pub fn secteurs(&self) -> &BTreeSet<Code> {
        &self.secteurs
    }

    /// The DLAs concerned, the lead first.
    pub fn dlas(&self) -> impl Iterator<Item = DlaId> {
        self.dlas.iter().copied()
    }

    /// The DLA that leads it.
    pub fn porteur(&self) -> Option<DlaId> {
        self.dlas.first().copied()
    }

    /// The partners, and their category.
    pub fn partenaires(&self) -> impl Iterator<Item = (OrganisationId, &Code)> {
        self.partenaires.iter().map(|(id, it)| (*id, &it.categorie))
    }

    /// How many results it expects: they go by their place, from 1.
    pub fn resultats_attendus(&self) -> usize {
        self.resultats.len()
    }

    /// The titles of the modules of its projet d'intervention.
    pub fn modules(&self) -> impl Iterator<Item = &Line> {
        self.modules.iter().map(|it| &it.intitule)
    }

    /// Whether it was compared with what other operators do.
    pub fn is_complementarite_checked(&self) -> bool {
        self.complementarite_checked
    }

    /// The numbers of its groupes.
    pub fn groupes(&self) -> impl Iterator<Item = i32> {
        self.groupes.keys().copied()
    }

    /// Whether a structure takes part now.
    pub fn is_mobilised(&self, structure: OrganisationId) -> bool {
        self.mobilisees().any(|it| it == structure)
    }

    /// The structures that take part now.
    pub fn mobilisees(&self) -> impl Iterator<Item = OrganisationId> {
        let all = self.structures.iter().filter(|(_, it)| it.mobilised);
        all.map(|(id, _)| *id)
    }

    /// Lets pass who holds the right, on an ingénierie that is not over (INV-38).
    fn open_to(&self, asked: &Asked, right: &Right) -> Result<(), Refusal> {
        self.open_within(asked, right, &self.perimeter())
    }

    fn open_within(&self, asked: &Asked, right: &Right, around: &Perimeter) -> Result<(), Refusal> {
        asked.may(right, around)?;
        match self.etat {
            Some(etat) if etat.is_over() => Err(Refusal::IngenierieOver { etat }),
            _ => Ok(()),
        }
    }

    /// The same, once a milestone is passed.
    fn past(&self, asked: &Asked, right: &Right, needed: Etat) -> Result<(), Refusal> {
        self.open_to(asked, right)?;
        let current = self.etat.ok_or(Common::NotFound {})?;
        if current < needed { Err(Refusal::StepTooEarly { needed, current }) } else { Ok(()) }
    }

    /// Closes a text under the key of the dossier.
    fn sealed(&self, text: Prose) -> Result<Sealed<Prose>, Refusal> {
        Ok(Sealed::new(self.subject()?, text))
    }

    fn subject(&self) -> Result<Subject, Refusal> {
        Ok(Subject::dossier(self.id.ok_or(Common::NotFound {})?))
    }

    /// Sets rules aside, all for the one reason given.
    fn waive(&self, asked: &Asked, rules: &[Rule]) -> Result<Vec<Event>, Refusal> {
        let subject = self.subject()?;
        rules
            .iter()
            .map(|rule| {
                let (rule, because) = asked.waive(*rule, subject.clone())?;
                Ok(Event::RuleWaived { rule, because })
            })
            .collect()
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        let place = Place { territoire: self.territoire.clone(), dossier: self.id };
        asked.records(place, events)
    }
}

/// Only those who answer for themselves pass, and those who note what they were told.
fn for_itself(asked: &Asked, organisation: OrganisationId) -> Result<(), Common> {
    match asked.by.answers_for() {
        Some(own) if own != organisation => Err(Common::NotFound {}),
        _ => Ok(()),
    }
}

/// Lets pass those who act for one DLA; the others read the dossier, and may not do this.
fn for_dla(asked: &Asked, right: &Right, dla: DlaId) -> Result<(), Common> {
    if asked.by.sees(&Perimeter::of_dlas([dla]).advised_by([dla])) {
        return Ok(());
    }
    Err(Common::Forbidden { act: right.act.to_owned() })
}

/// A list must say something, and not too much.
fn bounded<T>(
    field: &'static str,
    max: usize,
    list: &[T],
    missing: Refusal,
) -> Result<(), Refusal> {
    if list.is_empty() { Err(missing) } else { at_most(field, max, list) }
}

/// A list must not say too much.
fn at_most<T>(field: &'static str, max: usize, list: &[T]) -> Result<(), Refusal> {
    if list.len() <= max {
        return Ok(());
    }
    Err(Refusal::ListTooLong { field, max })
}
