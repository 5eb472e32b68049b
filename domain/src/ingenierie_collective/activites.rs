//! The forty-five activities of the method, as its cycle numbers them: four steps, three
//! objectives each; and which facts prove that one was carried out.

use serde::{Deserialize, Serialize};

use super::Event as Ingenierie;
use crate::{
    Event,
    evaluation::{Event as Evaluation, Registre},
    values::Invalid,
};

/// An activity of the method: its place in the cycle, its name in both languages, and the facts
/// that prove it, by kind. Those of a source or of a register depend on which: see [`proved_by`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activite {
    /// Step, objective, number: `S2-STEP2-C3`.
    pub id: &'static str,
    pub fr: &'static str,
    pub en: &'static str,
    /// By kind.
    pub proofs: &'static [&'static str],
}

macro_rules! activites {
    ($($id:literal [$($proof:literal),*] $fr:literal, $en:literal;)*) => {
        /// Every activity, in the order of the method (booklet, cycle of the démarche). What no
        /// fact of this house proves is done or left out by the people alone.
        pub const ACTIVITES: &[Activite] = &[
            $(Activite { id: $id, fr: $fr, en: $en, proofs: &[$($proof),*] },)*
        ];
    };
}

activites! {
    "S2-STEP1-A1" [] "S'appuyer sur les diagnostics du DLA", "Draw on the diagnostics of the DLA";
    "S2-STEP1-A2" [] "S'appuyer sur l'expérience du dispositif", "Draw on the experience of the scheme";
    "S2-STEP1-A3" [] "Répondre aux sollicitations des partenaires", "Answer what partners ask for";
    "S2-STEP1-A4" [] "Exploiter des sources documentaires", "Process documentary sources";
    "S2-STEP1-A5" [] "Recueillir les impressions des prestataires", "Collect the impressions of prestataires";
    "S2-STEP1-A6" ["ProblematiqueConfirmed"]
        "Recueillir et confirmer l'expression des structures", "Collect and confirm what structures express";
    "S2-STEP1-B1" ["TerritoireQualified"]
        "Qualifier le territoire", "Qualify the territory";
    "S2-STEP1-B2" ["SecteursDetermined"]
        "Déterminer le ou les secteurs d'activité", "Determine the sectors of activity";
    "S2-STEP1-B3" [] "Repérer les projets et dynamiques des structures", "Spot the projects and dynamics of structures";
    "S2-STEP1-B4" [] "Mesurer le poids économique et social", "Measure the economic and social weight";
    "S2-STEP1-B5" [] "Évaluer les compétences au sein des structures", "Assess the skills inside structures";
    "S2-STEP1-C1" ["RoleDlaDefined"]
        "Identifier le DLA et sa légitimité", "Identify the DLA and its legitimacy";
    "S2-STEP1-C2" ["IngenierieCollectiveInitiated"]
        "Concevoir et initier la démarche", "Conceive and initiate the démarche";
    "S2-STEP1-C3" ["CoherenceChecked"]
        "Garantir la cohérence de la démarche", "Guarantee the coherence of the démarche";
    "S2-STEP2-A1" ["PartenaireAssociated", "DlaAssociated"]
        "Construire un réseau partenarial autour du projet", "Build a network of partners around the project";
    "S2-STEP2-A2" ["ComplementariteChecked", "ProblematiqueShared"]
        "Vérifier l'intérêt de la démarche avec les partenaires", "Check the interest of the démarche with partners";
    "S2-STEP2-A3" ["AttenteRecorded"]
        "Adapter la démarche aux attentes des partenaires", "Adapt the démarche to what partners expect";
    "S2-STEP2-A4" ["ContributionIntervenantOffered"]
        "Vérifier la capacité à répondre au sujet", "Check the capacity to answer the subject";
    "S2-STEP2-B1" ["ObjectifStrategiqueSet"]
        "Déterminer un objectif stratégique", "Determine a strategic objective";
    "S2-STEP2-B2" ["ObjectifOperationnelSet"]
        "Fixer des objectifs opérationnels", "Set operational objectives";
    "S2-STEP2-B3" ["EvaluationPlanned", "ObjectifsEvaluationSet"]
        "Fixer les objectifs d'un projet d'évaluation", "Set the objectives of an evaluation project";
    "S2-STEP2-C1" ["DemarcheValidated"]
        "Inscrire la démarche dans les activités de la structure porteuse", "Inscribe the démarche in the activities of the structure porteuse";
    "S2-STEP2-C2" ["AvisComiteAppuiRecorded"]
        "Recueillir l'avis du comité d'appui", "Collect the opinion of the comité d'appui";
    "S2-STEP2-C3" ["PlanFinancementConfirmed"]
        "Construire le budget d'intervention", "Build the budget of the intervention";
    "S2-STEP3-A1" ["StructureContacted"]
        "Contacter les structures repérées", "Contact the structures that were spotted";
    "S2-STEP3-A2" ["ConditionsImplicationAssessed"]
        "Optimiser les conditions d'implication", "Optimise the conditions of involvement";
    "S2-STEP3-A3" ["GroupeConstituted"]
        "Constituer le ou les groupes de structures", "Constitute the groups of structures";
    "S2-STEP3-B1" ["CommentairesStructuresConsidered", "ResultatsAttendusFixed"]
        "Conforter et adapter la démarche", "Consolidate and adapt the démarche";
    "S2-STEP3-B2" ["CadreEvaluationFinalised"]
        "Finaliser le cadre de référence de l'évaluation", "Finalise the reference frame of the evaluation";
    "S2-STEP3-B3" ["ProjetInterventionFormalised"]
        "Formaliser le projet d'intervention", "Formalise the projet d'intervention";
    "S2-STEP3-C1" ["ConditionsTechniquesAssessed"]
        "Apprécier les meilleures conditions techniques", "Assess the best technical conditions";
    "S2-STEP3-C2" ["CahierDesChargesFinalised"]
        "Rédiger le cahier des charges", "Write the cahier des charges";
    "S2-STEP3-C3" ["PrestataireChosen", "PrestataireDirectlyChosen"]
        "Choisir le ou les prestataires", "Choose the prestataires";
    "S2-STEP4-A1" ["MiseEnRelationMade", "SeanceInformationCertified"]
        "Coordonner les acteurs", "Coordinate the actors";
    "S2-STEP4-A2" ["DlaPresenceRecorded", "PartenairesInformed", "ProgressReported"]
        "Assurer le suivi", "Ensure the follow-up";
    "S2-STEP4-A3" ["EcheancierPrepared"] "Préparer la capitalisation et l'évaluation", "Prepare capitalisation and evaluation";
    "S2-STEP4-B1" ["CampagneEvaluationClosed", "IndicateurMesured", "SourceEvaluationAttached"]
        "Collecter les informations utiles à l'évaluation", "Collect what is useful to the evaluation";
    "S2-STEP4-B2" [] "Évaluer la cohérence et la pertinence", "Evaluate coherence and relevance";
    "S2-STEP4-B3" ["ResultatObtenuRecorded"] "Analyser les résultats", "Analyse the results";
    "S2-STEP4-B4" ["EvaluationCommunicated"]
        "Synthétiser et communiquer l'évaluation globale", "Synthesise and communicate the overall evaluation";
    "S2-STEP4-C1" ["NatureCapitalisationDetermined"]
        "Déterminer la nature de la capitalisation", "Determine the nature of the capitalisation";
    "S2-STEP4-C2" ["TransferabiliteAssessed"]
        "Évaluer la transférabilité", "Assess whether it can be transferred";
    "S2-STEP4-C3" ["DestinatairesTargeted"]
        "Cibler les destinataires du transfert", "Target the recipients of the transfer";
    "S2-STEP4-C4" ["ResponsableTransfertDesignated"]
        "Identifier le responsable du transfert", "Identify who answers for the transfer";
    "S2-STEP4-C5" ["ModalitesTransfertAdapted"]
        "Adapter les modalités du transfert", "Adapt how the transfer is made";
}

/// The activity that a fact proves, if it proves one.
pub fn proved_by(event: &Event, kind: &str) -> Option<&'static str> {
    match event {
        Event::IngenierieCollective(Ingenierie::SourceProblematiqueRecorded { source, .. }) => {
            of_source(source.as_str())
        }
        Event::Evaluation(Evaluation::RegistreAssessed { registre, .. }) => Some(match registre {
            Registre::Coherence | Registre::Pertinence => "S2-STEP4-B2",
            Registre::Efficacite | Registre::Efficience => "S2-STEP4-B3",
        }),
        // The method is that of ingénieries collectives.
        Event::Accompagnement(_) | Event::IngenierieIndividuelle(_) => None,
        Event::ActionFinancee(_)
        | Event::Capitalisation(_)
        | Event::CasPasse(_)
        | Event::Consultation(_)
        | Event::ConventionFinancement(_)
        | Event::Dla(_)
        | Event::Document(_)
        | Event::Evaluation(_)
        | Event::IngenierieCollective(_)
        | Event::Intervention(_)
        | Event::JetonService(_)
        | Event::MandatAudit(_)
        | Event::Organisation(_)
        | Event::Personne(_)
        | Event::PlanFinancement(_)
        | Event::Referentiel(_)
        | Event::ReponseEvaluation(_)
        | Event::SeanceComiteAppui(_) => {
            let proved = ACTIVITES.iter().find(|it| it.proofs.contains(&kind));
            proved.map(|it| it.id)
        }
    }
}

/// A need heard of from that source; what structures express is still to be confirmed.
fn of_source(source: &str) -> Option<&'static str> {
    match source {
        "DIAGNOSTIC" | "RAPPORT_MISSION" => Some("S2-STEP1-A1"),
        "RESEAU" | "OUTILS_METHODES" => Some("S2-STEP1-A2"),
        "SOLLICITATION_POUVOIRS_PUBLICS" | "SOLLICITATION_PARTENAIRE_PERMANENT" => {
            Some("S2-STEP1-A3")
        }
        "ETUDE" | "EVOLUTION_JURIDIQUE" => Some("S2-STEP1-A4"),
        "PRESTATAIRE_MISSION" | "PRESTATAIRE_TERRAIN" => Some("S2-STEP1-A5"),
        _ => None,
    }
}

/// One of the activities of the method, such as `S2-STEP2-C3`, building the budget.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActiviteMethode(String);

impl ActiviteMethode {
    /// Finds an activity by its id.
    pub fn parse(id: &str) -> Result<Self, Invalid> {
        let id = id.trim();
        if ACTIVITES.iter().any(|it| it.id == id) {
            return Ok(Self(id.to_owned()));
        }
        Err(Invalid::new(
            "Indiquez une des 45 activités de la méthode, par exemple S2-STEP2-C3.",
            "Give one of the 45 activities of the method, for example S2-STEP2-C3.",
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
