//! Why an evaluation says no.

use super::Registre;
use crate::{Date, OrganisationId, referentiel::LigneId, refusal::refusals};

refusals! {
    /// Without a register nothing is judged (method, step 3 B2b).
    RegistresMissing {} = "REGISTRES_MISSING" at "registres":
        "Adoptez au moins un registre : cohérence, pertinence, efficacité ou efficience.",
        "Adopt at least one register: coherence, relevance, effectiveness or efficiency.";
    /// See [`OUTILS_MAX`].
    OutilsTooMany { max: usize } = "OUTILS_TOO_MANY" at "outils":
        "Un cadre d'évaluation compte {max} outils au plus : regroupez-les.",
        "An evaluation frame names at most {max} tools: group them.";
    /// See [`INDICATEURS_MAX`].
    IndicateursTooMany { max: usize } = "INDICATEURS_TOO_MANY" at "indicateurs":
        "Un cadre d'évaluation compte {max} indicateurs au plus : gardez les plus parlants.",
        "An evaluation frame holds at most {max} indicators: keep the most telling ones.";
    /// See [`PARTICIPATIONS_MAX`].
    ParticipationsTooMany { max: usize } = "PARTICIPATIONS_TOO_MANY" at "participations":
        "Un cadre d'évaluation compte {max} participations au plus : regroupez-les.",
        "An evaluation frame provides for at most {max} participations: group them.";
    /// Readings name an indicator by its number.
    IndicateurMisnumbered { numero: i32 } = "INDICATEUR_MISNUMBERED" at "indicateurs":
        "Donnez à chaque indicateur un numéro à lui, à partir de 1 : {numero} ne convient pas.",
        "Give each indicator a number of its own, from 1: {numero} does not suit.";
    /// An indicator that should rise has a higher target, and conversely.
    CibleAgainstSens { numero: i32 } = "CIBLE_AGAINST_SENS" at "indicateurs":
        "La cible de l'indicateur {numero} va contre son sens : corrigez la référence, la cible ou le sens.",
        "The target of indicator {numero} goes against its direction: correct the reference, the target or the direction.";
    /// Judging first and choosing the criteria next would prove anything (RUL-08).
    CadreInUse {} = "CADRE_IN_USE" at "evaluation":
        "L'évaluation a commencé sur ce cadre : il ne change plus.",
        "The evaluation has begun on this frame: it no longer changes.";
    /// RUL-08.
    CadreNotFinalised {} = "CADRE_NOT_FINALISED" at "evaluation":
        "Finalisez d'abord le cadre de l'évaluation.",
        "Finalise the frame of the evaluation first.";
    /// Readings are those of the frame.
    IndicateurUnknown { indicateur: i32 } = "INDICATEUR_UNKNOWN" at "indicateur":
        "Le cadre n'a pas d'indicateur {indicateur} : choisissez un de ceux qu'il compte.",
        "The frame has no indicator {indicateur}: choose one of those it holds.";
    /// Assessments are those of the frame.
    RegistreNotAdopted { registre: Registre } = "REGISTRE_NOT_ADOPTED" at "registre":
        "Le cadre n'a pas adopté ce registre : choisissez un de ceux qu'il a adoptés.",
        "The frame did not adopt this register: choose one of those it adopted.";
    /// See [`PREUVES_MAX`].
    PreuvesTooMany { max: usize } = "PREUVES_TOO_MANY" at "preuves":
        "Citez {max} preuves au plus : gardez les plus parlantes.",
        "Quote at most {max} pieces of evidence: keep the most telling ones.";
    /// What was obtained is set beside what was expected.
    ResultatOutOfRange { max: usize } = "RESULTAT_OUT_OF_RANGE" at "resultat":
        "L'ingénierie compte {max} résultats attendus : désignez l'un d'eux par sa place, à partir de 1.",
        "The ingénierie expects {max} results: name one of them by its place, from 1.";
    /// INV-29.
    RegistresNotAssessed { missing: Vec<Registre> } = "REGISTRES_NOT_ASSESSED" at "evaluation":
        "Appréciez d'abord chaque registre adopté par le cadre.",
        "Assess each register that the frame adopted first.";
    /// The synthesis rests on what was judged by then.
    EvaluationAlreadySynthesised {} = "EVALUATION_ALREADY_SYNTHESISED" at "evaluation":
        "La synthèse de cette évaluation est faite : elle ne change plus.",
        "The synthesis of this evaluation is done: it no longer changes.";
    /// What is communicated is the synthesis (method, step 4 B4).
    EvaluationNotSynthesised {} = "EVALUATION_NOT_SYNTHESISED" at "evaluation":
        "Faites d'abord la synthèse de l'évaluation.",
        "Synthesise the evaluation first.";
    /// Sent to nobody is not sent.
    EvaluationDestinatairesMissing {} = "EVALUATION_DESTINATAIRES_MISSING" at "destinataires":
        "Indiquez au moins un destinataire.",
        "Give at least one recipient.";
    /// INV-27: answers are to the grid as it was asked.
    GrilleFrozen {} = "GRILLE_FROZEN" at "evaluation":
        "Une campagne est ouverte sur cette grille : clôturez-la avant de l'adapter.",
        "A campaign is open on this grid: close it before adapting it.";
    /// Adaptations are of the rows of the grid.
    LigneUnknown { ligne: LigneId, field: &'static str } = "GRILLE_LIGNE_UNKNOWN" at field:
        "La grille de cette évaluation n'a pas de telle ligne : {ligne}.",
        "The grid of this evaluation has no such row: {ligne}.";
    /// A question is for somebody.
    LigneColonnesMissing { field: &'static str } = "LIGNE_COLONNES_MISSING" at field:
        "Cochez au moins une colonne par question, ou retirez la question.",
        "Tick a column at least for each question, or remove the question.";
    /// One would not know which is answered.
    LigneDuplicated { ligne: LigneId } = "LIGNE_DUPLICATED" at "ajouts":
        "La ligne {ligne} pose déjà cette question : changez plutôt ses colonnes.",
        "The row {ligne} already asks this question: change its columns instead.";
    /// INV-36: what is taken away is explained.
    GrilleMotifMissing {} = "GRILLE_MOTIF_MISSING" at "motif":
        "Indiquez pourquoi des questions sont retirées.",
        "Say why questions are removed.";
    /// See [`LIGNES_MAX`].
    LignesTooMany { max: usize } = "LIGNES_TOO_MANY" at "ajouts":
        "Une grille pose {max} questions au plus : gardez les plus parlantes.",
        "A grid asks at most {max} questions: keep the most telling ones.";
    /// A campaign asks something.
    GrilleEmpty {} = "GRILLE_EMPTY" at "retraits":
        "Gardez au moins une question dans la grille.",
        "Keep a question at least in the grid.";
    /// A schedule says something, and is read.
    EtapesOutOfRange { max: usize } = "ECHEANCIER_ETAPES_OUT_OF_RANGE" at "etapes":
        "Un échéancier compte entre une et {max} étapes.",
        "A schedule has between one and {max} steps.";
    /// What is gathered is of the ingénierie evaluated.
    SourceElsewhere {} = "SOURCE_ELSEWHERE" at "document":
        "Ce document n'est pas du dossier de cette évaluation.",
        "This document is not of the dossier of this evaluation.";
    /// What nobody reads any more proves nothing.
    SourceWithdrawn {} = "SOURCE_WITHDRAWN" at "document":
        "Ce document est retiré : choisissez-en un autre.",
        "This document is withdrawn: choose another one.";
    /// See [`SOURCES_MAX`].
    SourcesTooMany { max: usize } = "SOURCES_TOO_MANY" at "document":
        "Une évaluation compte {max} sources au plus : gardez les plus utiles.",
        "An evaluation has at most {max} sources: keep the most useful ones.";
    /// One campaign at a time: the grid is that of the one that is open.
    CampagneAlreadyOpen { campagne: i32 } = "CAMPAGNE_ALREADY_OPEN" at "evaluation":
        "La campagne {campagne} est ouverte : clôturez-la d'abord.",
        "The campaign {campagne} is open: close it first.";
    /// People need time to answer.
    ClotureBeforeOuverture { on: Date } = "CLOTURE_BEFORE_OUVERTURE" at "closesOn":
        "La campagne s'ouvre le {on} : indiquez une clôture ce jour-là ou plus tard.",
        "The campaign opens on {on}: give a closing on that day or later.";
    /// See [`CAMPAGNES_MAX`].
    CampagnesTooMany { max: usize } = "CAMPAGNES_TOO_MANY" at "evaluation":
        "Une évaluation compte {max} campagnes au plus.",
        "An evaluation has at most {max} campaigns.";
    /// Campaigns go by their number.
    CampagneUnknown { campagne: i32 } = "CAMPAGNE_UNKNOWN" at "campagne":
        "Cette évaluation n'a pas de campagne {campagne}.",
        "This evaluation has no campaign {campagne}.";
    /// What was asked and answered stands.
    CampagneIsClosed {} = "CAMPAGNE_IS_CLOSED" at "campagne":
        "Cette campagne est close : ouvrez-en une autre.",
        "This campaign is closed: open another one.";
    /// The synthesis rests on all answers.
    CampagneStillOpen { campagne: i32 } = "CAMPAGNE_STILL_OPEN" at "evaluation":
        "La campagne {campagne} est encore ouverte : clôturez-la avant la synthèse.",
        "The campaign {campagne} is still open: close it before the synthesis.";
    /// Somebody is meant.
    RepondantsMissing {} = "REPONDANTS_MISSING" at "repondants":
        "Désignez au moins un répondant.",
        "Name one respondent at least.";
    /// See [`REPONDANTS_MAX`].
    RepondantsTooMany { max: usize } = "REPONDANTS_TOO_MANY" at "repondants":
        "Une campagne compte {max} répondants au plus.",
        "A campaign has at most {max} respondents.";
    /// INV-28: the DLA answers about itself, others about it.
    RepondantNotOfColonne {} = "REPONDANT_NOT_OF_COLONNE" at "repondants":
        "L'auto-évaluation est pour les DLA du dossier, et les autres colonnes pour des organisations.",
        "The self-evaluation is for the DLAs of the dossier, and the other columns for organisations.";
    /// The survey is of those who took part.
    RepondantNotMobilised { structure: OrganisationId } = "REPONDANT_NOT_MOBILISED" at "repondants":
        "Cette structure n'est pas mobilisée dans l'ingénierie : invitez-la dans une autre colonne.",
        "This structure is not mobilised in the ingénierie: invite it in another column.";
    /// The registry says who intervenes.
    RepondantNotPrestataire { prestataire: OrganisationId } = "REPONDANT_NOT_PRESTATAIRE" at "repondants":
        "Cette organisation n'est pas référencée comme prestataire : invitez-la dans une autre colonne.",
        "This organisation is not referenced as a prestataire: invite it in another column.";
    /// One respondent, one column: counts would say the same voice twice.
    RepondantElsewhere { organisation: OrganisationId } = "REPONDANT_ELSEWHERE" at "repondants":
        "Cette organisation est déjà invitée dans une autre colonne.",
        "This organisation is already invited in another column.";
    /// Reminders are for those who were invited.
    RepondantUnknown {} = "REPONDANT_UNKNOWN" at "repondants":
        "Ce répondant n'est pas invité dans cette campagne.",
        "This respondent is not invited in this campaign.";
}
