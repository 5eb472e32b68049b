//! The rules that a justification may set aside (JUSTIFY).
//!
//! The method says of itself that it is to be adapted (Avise, 2006), while funders
//! audit: so the reason is recorded with the fact it excuses, and shown with it.

use serde::{Deserialize, Serialize};

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $invariant:literal: $fr:literal, $en:literal;)*) => {
        /// A rule that may be set aside, with a reason.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Rule {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As written in events. Stored: never rename.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The invariant of the specification it comes from.
            pub fn invariant(self) -> &'static str {
                match self { $(Self::$name => $invariant,)* }
            }

            /// The rule, in French.
            pub fn fr(self) -> &'static str {
                match self { $(Self::$name => $fr,)* }
            }

            /// The rule, in English.
            pub fn en(self) -> &'static str {
                match self { $(Self::$name => $en,)* }
            }
        }
    };
}

rules! {
    /// A prestataire is chosen after a competition (guide Avise 2014, 3.7).
    Competition = "COMPETITION", "INV-03":
        "un prestataire est choisi après une mise en concurrence.",
        "a prestataire is chosen after a competition.";
    /// Enough prestataires are consulted (practice of the DLA du Var: three).
    ConsultedMin = "CONSULTED_MIN", "INV-04":
        "au moins trois prestataires sont consultés.",
        "at least three prestataires are consulted.";
    /// The comité d'appui is consultative, yet going on against it is explained.
    AvisDefavorable = "AVIS_DEFAVORABLE", "INV-07":
        "le comité d'appui a rendu un avis défavorable.",
        "the comité d'appui gave an unfavourable opinion.";
    /// The démarche doubles nothing that others run (RUL-03), before the comité reads it.
    ComplementariteChecked = "COMPLEMENTARITE_CHECKED", "INV-14":
        "la complémentarité avec les autres opérateurs est vérifiée avant l'inscription au comité d'appui.",
        "what other operators do is checked before the dossier goes to the comité d'appui.";
    /// The porteur's permanent funders confirm the démarche (method, step 2 C1b).
    FinanceursConfirm = "FINANCEURS_CONFIRM", "INV-09":
        "les financeurs permanents du porteur confirment la démarche avant la confirmation.",
        "the permanent funders of the porteur confirm the démarche before confirmation.";
    /// A contract costs what the plan set aside for it.
    ContratWithinPlan = "CONTRAT_WITHIN_PLAN", "INV-34":
        "le montant du contrat ne dépasse pas les prestations extérieures du plan de financement.",
        "the amount of the contract is within the outside services of the plan de financement.";
    /// Every retained resource has been granted, unless the porteuse guarantees it.
    LinesGranted = "LINES_GRANTED", "INV-12":
        "toutes les ressources sont accordées avant de confirmer le plan.",
        "every resource is granted before the plan is confirmed.";
    /// The need is confirmed by at least one structure (method, step 1 A6).
    ProblematiqueConfirmed = "PROBLEMATIQUE_CONFIRMED", "INV-19":
        "la problématique est confirmée par au moins une structure.",
        "the problématique is confirmed by at least one structure.";
    /// The DLA is there at least at the start and at the closing (method, step 4 A2a).
    DlaPresent = "DLA_PRESENT", "INV-30":
        "le DLA assiste au moins au démarrage et à la clôture de l'intervention.",
        "the DLA attends at least the start and the closing of the intervention.";
    /// Structures join and leave before the intervention starts.
    GroupStable = "GROUP_STABLE", "INV-22":
        "une structure rejoint ou quitte l'ingénierie avant le démarrage de l'intervention.",
        "a structure joins or leaves the ingénierie before the intervention starts.";
}
