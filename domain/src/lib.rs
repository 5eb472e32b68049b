//! The facts and the rules of the DLA. Pure: no clock, no network, no database.
//!
//! Read `decider` for the shape, `consultation` for the model to follow,
//! `codec` for how facts are kept for ever.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod decider;
pub mod consultation;
pub mod organisation;
pub mod dla;
pub mod accompagnement;
pub mod seance_comite_appui;
pub mod ingenierie_collective;
pub mod ingenierie_individuelle;
pub mod dossier;
pub mod plan_financement;
pub mod action_financee;
pub mod convention_financement;
pub mod intervention;
pub mod evaluation;
pub mod reponse_evaluation;
pub mod capitalisation;
pub mod cas_passe;
pub mod document;
pub mod mandat_audit;
pub mod personne;
pub mod jeton_service;
pub mod actor;
pub mod refusal;
pub mod rules;
pub mod sealed;
pub mod retention;
pub mod values;
pub mod identifiers;
pub mod territoire;
pub mod reseau;
pub mod referentiel;
pub mod codec;
pub mod restated;
#[cfg(test)]
mod testing;

use serde_json::value::RawValue;

use crate::codec::{CodecError, Tagged, decode};
pub use crate::{
    accompagnement::Accompagnement,
    action_financee::ActionFinancee,
    actor::{Actor, Perimeter, Right, Role, RoleName},
    capitalisation::Capitalisation,
    cas_passe::CasPasse,
    consultation::Consultation,
    convention_financement::ConventionFinancement,
    decider::{Asked, Claim, Decided, Decider, Decision, Either, Expect, Fact, Place, Seen},
    dla::Dla,
    document::Document,
    dossier::{Dossier, Genre},
    evaluation::Evaluation,
    identifiers::{Ape, Ridet, Rna, Siren, Siret, Tahiti},
    ingenierie_collective::IngenierieCollective,
    ingenierie_individuelle::IngenierieIndividuelle,
    intervention::Intervention,
    jeton_service::JetonService,
    mandat_audit::MandatAudit,
    organisation::Organisation,
    personne::Personne,
    plan_financement::PlanFinancement,
    referentiel::{Code, Liste, Lists, Referentiel},
    refusal::Refusal,
    reponse_evaluation::ReponseEvaluation,
    reseau::Reseau,
    rules::Rule,
    sealed::{Sealed, Subject},
    seance_comite_appui::SeanceComiteAppui,
    territoire::Territoire,
    values::*,
};

/// The one list of aggregates: what it adds to the house follows from here.
macro_rules! aggregates {
    ($($(#[$doc:meta])* $name:ident = $module:ident;)*) => {
        /// A fact of any stream, as readers receive it.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event {
            $($(#[$doc])* $name($module::Event),)*
        }

        impl Event {
            /// Reads a stored fact of any category.
            pub fn decode<'a>(
                category: &str,
                kind: &str,
                schema: i16,
                data: &RawValue,
                sealed: impl ExactSizeIterator<Item = &'a str>,
            ) -> Result<Self, CodecError> {
                match category {
                    $($name::CATEGORY => {
                        decode::<$name>(kind, schema, data, sealed).map(Self::$name)
                    })*
                    other => Err(CodecError::Category(other.to_owned())),
                }
            }
        }

        $(tagged!($module::Event);)*

        /// Every kind of fact: category and kind.
        pub fn event_kinds() -> Vec<(&'static str, &'static str)> {
            let mut all = vec![];
            $(all.extend($module::Event::kinds().iter().map(|kind| ($name::CATEGORY, *kind)));)*
            all
        }

        /// Every code that a refusal may carry, by category; those of none are shared by all.
        pub fn refusal_codes() -> Vec<(Option<&'static str>, &'static [refusal::Entry])> {
            vec![(None, refusal::COMMON), $((Some($name::CATEGORY), $module::CODES)),*]
        }

        /// Who may do what: category, and its rights.
        pub fn rights() -> Vec<(&'static str, &'static [Right])> {
            vec![$(($name::CATEGORY, $module::RIGHTS)),*]
        }
    };
}

aggregates! {
    /// Of the support of one structure.
    Accompagnement = accompagnement;
    /// Of an action that crédits d'ingénierie pay for.
    ActionFinancee = action_financee;
    /// Of what an ingénierie leaves to others.
    Capitalisation = capitalisation;
    /// Of a case of before the house, or of elsewhere.
    CasPasse = cas_passe;
    /// Of a consultation of prestataires.
    Consultation = consultation;
    /// Of a convention with those who finance.
    ConventionFinancement = convention_financement;
    /// Of a dispositif local d'accompagnement.
    Dla = dla;
    /// Of a document: what it is, its versions, who reads it.
    Document = document;
    /// Of the evaluation of one ingénierie.
    Evaluation = evaluation;
    /// Of an ingénierie collective.
    IngenierieCollective = ingenierie_collective;
    /// Of an ingénierie individuelle.
    IngenierieIndividuelle = ingenierie_individuelle;
    /// Of an intervention: its séances and how it is followed.
    Intervention = intervention;
    /// Of a service token.
    JetonService = jeton_service;
    /// Of what opens dossiers to an auditor for a time.
    MandatAudit = mandat_audit;
    /// Of an organisation, whatever its roles.
    Organisation = organisation;
    /// Of what is known of a person.
    Personne = personne;
    /// Of the plan de financement of one ingénierie.
    PlanFinancement = plan_financement;
    /// Of a reference list.
    Referentiel = referentiel;
    /// Of what one respondent answers to a campaign of an evaluation.
    ReponseEvaluation = reponse_evaluation;
    /// Of a séance of the comité d'appui of a DLA.
    SeanceComiteAppui = seance_comite_appui;
}

#[cfg(test)]
mod tests;
