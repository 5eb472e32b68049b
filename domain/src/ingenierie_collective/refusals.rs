//! Why an ingénierie collective says no.

use super::Etat;
use crate::{
    DlaId, OrganisationId,
    refusal::{Listed, refusals},
};

refusals! {
    /// Another kind of ingénierie is meant.
    NotCollective {} = "INGENIERIE_NOT_COLLECTIVE" at "ingenierie":
        "Cette ingénierie est individuelle : cette action n'existe que pour une ingénierie collective.",
        "This ingénierie is individual: this action exists for ingénieries collectives only.";
    /// INV-38.
    IngenierieOver { etat: Etat } = "INGENIERIE_OVER" at "ingenierie":
        "Cette ingénierie est terminée : rouvrez-la pour la modifier.",
        "This ingénierie is over: reopen it to change it.";
    /// Between milestones earlier steps stay open; later steps do not open early.
    StepTooEarly { needed: Etat, current: Etat } = "STEP_TOO_EARLY" at "ingenierie":
        "Franchissez d'abord les jalons qui précèdent : cette action appartient à une étape ultérieure.",
        "Pass the milestones before it first: this action belongs to a later step.";
    /// A fact must fit in one leaf of the log.
    ListTooLong { field: &'static str, max: usize } = "INGENIERIE_LIST_TOO_LONG" at field:
        "La liste « {field} » dépasse {max} éléments : raccourcissez-la.",
        "The list `{field}` exceeds {max} items: shorten it.";
    /// Nobody confirms nothing.
    StructuresMissing {} = "CONFIRMING_STRUCTURES_MISSING" at "structures":
        "Indiquez au moins une structure qui confirme la problématique.",
        "Give at least one structure that confirms the problématique.";
    /// Sectors are determined by naming them.
    SecteursMissing {} = "SECTEURS_MISSING" at "secteurs":
        "Indiquez au moins un secteur.",
        "Give at least one sector.";
    /// INV-39.
    ClosedOrganisation { field: &'static str, organisation: OrganisationId } = "CLOSED_ORGANISATION" at field:
        "Cette organisation est fermée : choisissez celle qui lui succède.",
        "This organisation is closed: choose the one that succeeds it.";
    /// INV-39: the other one stands for both.
    MergedOrganisation { field: &'static str, survivor: OrganisationId } = "MERGED_ORGANISATION" at field:
        "Cette organisation a été fusionnée avec une autre : choisissez celle qui subsiste.",
        "This organisation was merged into another: choose the one that stands for both.";
    /// INV-19.
    SourceMissing {} = "SOURCE_MISSING" at "enonce":
        "Enregistrez d'abord au moins une source de la problématique.",
        "Record at least one source of the problématique first.";
    /// Its words change by reformulation, with a reason.
    ProblematiqueAlreadyStated {} = "PROBLEMATIQUE_ALREADY_STATED" at "enonce":
        "La problématique est déjà énoncée : reformulez-la.",
        "The problématique is already stated: reformulate it.";
    /// Nothing to confirm, reformulate or engage on.
    ProblematiqueNotStated {} = "PROBLEMATIQUE_NOT_STATED" at "ingenierie":
        "Énoncez d'abord la problématique.",
        "State the problématique first.";
    /// INV-20.
    StructureNotTargeted { structure: OrganisationId } = "STRUCTURE_NOT_TARGETED" at "structure":
        "Ciblez d'abord cette structure.",
        "Target this structure first.";
    /// It takes part: it leaves by a withdrawal.
    StructureTakesPart { structure: OrganisationId } = "STRUCTURE_TAKES_PART" at "structure":
        "Cette structure est mobilisée : enregistrez d'abord son retrait.",
        "This structure is mobilised: record its withdrawal first.";
    /// Not in the network of this ingénierie.
    NotPartenaire { organisation: OrganisationId } = "NOT_PARTENAIRE" at "partenaire":
        "Associez d'abord cette organisation comme partenaire.",
        "Associate this organisation as a partner first.";
    /// Only those who finance confirm as financeurs.
    NotFinanceur { financeur: OrganisationId } = "NOT_FINANCEUR" at "financeur":
        "Associez d'abord cette organisation comme financeur permanent ou ponctuel.",
        "Associate this organisation as a permanent or ponctuel funder first.";
    /// The DLA takes no part.
    DlaNotConcerned { dla: DlaId } = "DLA_NOT_CONCERNED" at "dla":
        "Ce DLA ne participe pas à cette ingénierie : associez-le d'abord.",
        "This DLA takes no part in this ingénierie: associate it first.";
    /// INV-08.
    DemarcheNotValidated { dlas: Vec<DlaId> } = "DEMARCHE_NOT_VALIDATED" at "ingenierie":
        "Chaque structure porteuse concernée doit d'abord valider la démarche.",
        "Each porteuse concerned must validate the démarche first.";
    /// INV-06.
    AvisMissing { dlas: Vec<DlaId> } = "AVIS_MISSING" at "ingenierie":
        "Enregistrez d'abord l'avis du comité d'appui de chaque DLA concerné (un ajournement n'en tient pas lieu).",
        "Record the opinion of the comité d'appui of each DLA concerned first (a postponement is none).";
    /// Reservations are what tells such an avis from a favourable one.
    AvisReservesMissing {} = "AVIS_RESERVES_MISSING" at "reserves":
        "Indiquez les réserves du comité.",
        "Give the reservations of the comité.";
    /// The same, the other way round.
    AvisReservesUnexpected {} = "AVIS_RESERVES_UNEXPECTED" at "reserves":
        "Seul un avis favorable avec réserves porte des réserves : retirez-les, ou changez le sens.",
        "Only a favourable avis with reservations holds reservations: leave them out, or change the sense.";
    /// INV-36.
    AvisCommentaireMissing {} = "AVIS_COMMENTAIRE_MISSING" at "commentaire":
        "Indiquez pourquoi : un avis défavorable ou ajourné est motivé.",
        "Say why: an unfavourable avis, or one that is put off, gives its reasons.";
    /// INV-20.
    StructureNotContacted { structure: OrganisationId } = "STRUCTURE_NOT_CONTACTED" at "structure":
        "Contactez d'abord cette structure.",
        "Contact this structure first.";
    /// INV-20.
    ResponseMissing { structure: OrganisationId } = "RESPONSE_MISSING" at "structure":
        "Enregistrez d'abord les réponses de cette structure aux quatre questions.",
        "Record the answers of this structure to the four questions first.";
    /// INV-20: once per ingénierie.
    StructureAlreadyMobilised { structure: OrganisationId } = "STRUCTURE_ALREADY_MOBILISED" at "participants":
        "Cette structure est déjà mobilisée, avec un autre nombre de participants.",
        "This structure is already mobilised, with another number of participants.";
    /// Only those who take part sit in groupes or leave.
    StructureNotMobilised { structure: OrganisationId } = "STRUCTURE_NOT_MOBILISED" at "structure":
        "Mobilisez d'abord cette structure.",
        "Mobilise this structure first.";
    /// A structure sends somebody, and not a crowd.
    ParticipantsOutOfRange { max: i32 } = "PARTICIPANTS_OUT_OF_RANGE" at "participants":
        "Indiquez un nombre de participants entre 1 et {max}.",
        "Give a number of participants between 1 and {max}.";
    /// No groupe has this number.
    GroupeUnknown { groupe: i32 } = "GROUPE_UNKNOWN" at "groupe":
        "Aucun groupe de cette ingénierie ne porte le numéro {groupe}.",
        "No groupe of this ingénierie has number {groupe}.";
    /// INV-21.
    InAnotherGroupe { structure: OrganisationId, groupe: i32 } = "IN_ANOTHER_GROUPE" at "groupe":
        "Cette structure siège déjà dans le groupe {groupe} pour ce module : retirez-l'en d'abord.",
        "This structure already sits in groupe {groupe} for this module: remove it from there first.";
    /// A result is fixed by stating it.
    ResultatsMissing {} = "RESULTATS_ATTENDUS_MISSING" at "resultats":
        "Indiquez au moins un résultat attendu.",
        "Give at least one expected result.";
    /// INV-26.
    ResultatsFrozen {} = "RESULTATS_FROZEN" at "resultats":
        "Le projet est formalisé : amendez les résultats attendus, avec un motif.",
        "The projet is formalised: amend the expected results, with a reason.";
    /// INV-26, the other way round.
    ResultatsNotFrozen {} = "RESULTATS_NOT_FROZEN" at "resultats":
        "Le projet n'est pas encore formalisé : fixez les résultats attendus.",
        "The projet is not formalised yet: fix the expected results.";
    /// INV-25.
    TypesPrestationMissing {} = "TYPES_PRESTATION_MISSING" at "types":
        "Choisissez au moins un type de prestation Enée.",
        "Choose at least one Enée type de prestation.";
    /// A système has someone in it.
    IntervenantsMissing {} = "INTERVENANTS_MISSING" at "intervenants":
        "Indiquez au moins un intervenant.",
        "Give at least one intervenant.";
    /// Someone, and not a crowd.
    IntervenantsOutOfRange { max: i32 } = "INTERVENANTS_OUT_OF_RANGE" at "intervenants":
        "Indiquez, pour chaque qualité, un nombre d'intervenants entre 1 et {max}.",
        "Give, for each quality, a number of intervenants between 1 and {max}.";
    /// A projet is made of modules.
    ModulesMissing {} = "MODULES_MISSING" at "modules":
        "Indiquez au moins un module.",
        "Give at least one module.";
    /// INV-24.
    AccompagnementMissing { field: &'static str } = "ACCOMPAGNEMENT_MISSING" at field:
        "Une ingénierie de type 2 prévoit au moins un module d'accompagnement : ajoutez-en un.",
        "A type 2 ingénierie plans at least one accompaniment module: add one.";
    /// Type, themes and results come before the projet.
    ProjetIncomplete { missing: Listed } = "PROJET_INCOMPLETE" at "ingenierie":
        "Complétez le projet avant de le formaliser : {missing}.",
        "Complete the projet before formalising it: {missing}.";
    /// Nothing to confirm.
    ProjetNotFormalised {} = "PROJET_NOT_FORMALISED" at "ingenierie":
        "Formalisez d'abord le projet d'intervention.",
        "Formalise the projet d'intervention first.";
    /// An ingénierie is carried out with structures.
    NobodyMobilised {} = "NOBODY_MOBILISED" at "ingenierie":
        "Mobilisez d'abord au moins une structure.",
        "Mobilise at least one structure first.";
    /// INV-11.
    PlanElsewhere {} = "PLAN_ELSEWHERE" at "ingenierie":
        "Ouvrez d'abord le plan de financement de cette ingénierie.",
        "Open the plan de financement of this ingénierie first.";
    /// INV-11.
    PlanStillOpen {} = "PLAN_STILL_OPEN" at "ingenierie":
        "Confirmez d'abord le plan de financement.",
        "Confirm the plan de financement first.";
    /// The method names several ways of being entitled (step 1 C1).
    LegitimitesMissing {} = "LEGITIMITES_MISSING" at "legitimites":
        "Indiquez au moins un critère de légitimité du DLA.",
        "Give at least one criterion of legitimacy of the DLA.";
    /// Something is evaluated (method, step 2 B3a).
    ObjetsEvaluationMissing {} = "OBJETS_EVALUATION_MISSING" at "objets":
        "Indiquez au moins un objet d'évaluation.",
        "Give at least one object of evaluation.";
    /// Something is assessed.
    ConditionsMissing {} = "CONDITIONS_MISSING" at "conditions":
        "Renseignez au moins une condition d'implication.",
        "Fill in at least one condition of involvement.";
    /// Conditions are weighed by setting one beside another.
    ScenariosMissing {} = "SCENARIOS_MISSING" at "scenarios":
        "Indiquez au moins un scénario.",
        "Give at least one scenario.";
    /// A scenario goes by its place in the last assessment.
    ScenarioUnknown { scenario: i32 } = "SCENARIO_UNKNOWN" at "scenario":
        "Aucun scénario ne porte le numéro {scenario} : donnez sa place parmi les scénarios appréciés, à partir de 1.",
        "No scenario has number {scenario}: give its place among the scenarios that were assessed, from 1.";
    /// RUL-31: somebody is told.
    InformedMissing {} = "INFORMED_MISSING" at "destinataires":
        "Indiquez au moins un partenaire informé.",
        "Give at least one partner that was told.";
}
