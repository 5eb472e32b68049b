//! What is looked for in a history, and as it was known when.

use async_graphql::{Enum, ID, InputObject};
use domain::{
    AccompagnementId, ActionFinanceeId, CapitalisationId, CasPasseId, ConsultationId, ConventionId,
    DlaId, DocumentId, EvaluationId, Event, IngenierieId, InterventionId, JetonServiceId,
    MandatAuditId, OrganisationId, PersonId, PlanFinancementId, ReferentielId, ReponseEvaluationId,
    RoleName, SeanceComiteId, values::Invalid,
};
use eventlog::Position as Place;
use projections::historique::Filter;
use uuid::Uuid;

use crate::{
    Error, Result, clock,
    error::At as _,
    graphql::{
        ids::{global, typed, typed_all},
        scalars::{Date, Position},
        viewer::Role,
    },
};

/// The most kinds that one filter names.
const TYPES_MAX: usize = 50;

/// The most dossiers that one filter names.
const INGENIERIES_MAX: usize = 100;

macro_rules! categories {
    ($($(#[$doc:meta])* $name:ident = $stored:literal, $id:ident;)*) => {
        /// What kind of object a fact happened to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        pub(crate) enum CategorieFait {
            $($(#[$doc])* $name,)*
        }

        impl CategorieFait {
            pub(crate) fn of(event: &Event) -> Self {
                match event {
                    $(Event::$name(_) => Self::$name,)*
                }
            }

            /// As the log writes it.
            fn stored(self) -> &'static str {
                match self {
                    $(Self::$name => $stored,)*
                }
            }

            /// The id of such an object.
            pub(crate) fn global(self, id: Uuid) -> ID {
                match self {
                    $(Self::$name => global($id(id)),)*
                }
            }
        }
    };
}

categories! {
    /// The support of one structure. Its facts stand in no dossier, and are for the people of its
    /// DLA and for the structure.
    Accompagnement = "accompagnement", AccompagnementId;
    /// An action that crédits d'ingénierie pay for: each fact stands in the dossier of its plan.
    ActionFinancee = "action_financee", ActionFinanceeId;
    /// What an ingénierie leaves to others.
    Capitalisation = "capitalisation", CapitalisationId;
    /// A case of before. Its facts stand in no dossier, and are for the people of the DLA that
    /// tells it.
    CasPasse = "cas_passe", CasPasseId;
    /// A consultation of prestataires.
    Consultation = "consultation", ConsultationId;
    /// A convention with those who finance. What it sets aside for an ingénierie stands in that
    /// dossier; its other facts are for those who see the convention.
    ConventionFinancement = "convention_financement", ConventionId;
    /// A DLA. Its facts stand in no dossier.
    Dla = "dla", DlaId;
    /// A document. Its facts stand in its dossier, if it is of one.
    Document = "document", DocumentId;
    /// The evaluation of an ingénierie.
    Evaluation = "evaluation", EvaluationId;
    /// An ingénierie collective itself.
    IngenierieCollective = "ingenierie_collective", IngenierieId;
    /// An ingénierie individuelle itself.
    IngenierieIndividuelle = "ingenierie_individuelle", IngenierieId;
    /// The intervention of an ingénierie.
    Intervention = "intervention", InterventionId;
    /// A service token. Its facts stand in no dossier, and are for nobody to read here.
    JetonService = "jeton_service", JetonServiceId;
    /// What opens dossiers to an auditor. Its facts stand in no dossier, and are for the house
    /// alone: its page says them to whoever may know.
    MandatAudit = "mandat_audit", MandatAuditId;
    /// An organisation. Its facts stand in no dossier.
    Organisation = "organisation", OrganisationId;
    /// A person. Their facts stand in no dossier.
    Personne = "personne", PersonId;
    /// The plan de financement of an ingénierie.
    PlanFinancement = "plan_financement", PlanFinancementId;
    /// A reference list. Its facts stand in no dossier.
    Referentiel = "referentiel", ReferentielId;
    /// What one respondent answers to a campaign of an evaluation: for the DLAs of the dossier and
    /// for the respondent.
    ReponseEvaluation = "reponse_evaluation", ReponseEvaluationId;
    /// A séance of the comité d'appui of a DLA. What it says of a dossier stands in that dossier;
    /// its other facts are for the people of its DLA.
    SeanceComiteAppui = "seance_comite_appui", SeanceComiteId;
}

/// What to look for in a history. What is given holds together; an empty list is no limit. A
/// filter finds nothing by what you may not read.
#[derive(Default, InputObject)]
pub(crate) struct HistoriqueFilter {
    /// Facts of these dossiers. At most 100.
    ingenieries: Option<Vec<ID>>,
    /// Facts of these kinds of objects.
    categories: Option<Vec<CategorieFait>>,
    /// Facts of these names, whatever their category: `RuleWaived` for the rules set aside. At
    /// most 50.
    types: Option<Vec<String>>,
    /// Facts at this position or later.
    from: Option<Position>,
    /// Facts at this position or before.
    to: Option<Position>,
    /// Facts that happened that day or later, as people say it.
    on_from: Option<Date>,
    /// Facts that happened that day or before.
    on_to: Option<Date>,
    /// Facts that the log recorded that day or later, in Paris.
    recorded_from: Option<Date>,
    /// Facts that the log recorded that day or before, in Paris.
    recorded_to: Option<Date>,
    /// Facts done in these roles.
    roles: Option<Vec<Role>>,
    /// Facts done by this person, by the id of an `Acteur`. Finds facts of your DLAs only.
    acteur: Option<Uuid>,
    /// Facts done for this organisation, by people who act for it.
    by_organisation: Option<ID>,
    /// Facts about this organisation: its own, and those whose content names it.
    organisation: Option<ID>,
    /// Facts about this DLA: its own, and those whose content names it.
    dla: Option<ID>,
    /// Facts of the dossiers whose plan de financement counts on this organisation today. Finds
    /// those whose plan you see.
    financeur: Option<ID>,
}

impl HistoriqueFilter {
    pub(crate) fn rows(self) -> Result<Filter> {
        let types = known_types(self.types.unwrap_or_default())?;
        let ingenieries = self.ingenieries.unwrap_or_default();
        at_most(
            INGENIERIES_MAX,
            ingenieries.len(),
            "filter.ingenieries",
            ["dossiers", "dossiers"],
        )?;
        let organisation = |id: Option<ID>, field: &str| -> Result<Option<OrganisationId>> {
            id.map(|it| typed(&it, &format!("filter.{field}")))
                .transpose()
        };
        let about = organisation(self.organisation, "organisation")?.map(|it| it.0);
        let dla: Option<DlaId> = self.dla.map(|it| typed(&it, "filter.dla")).transpose()?;
        let categories = self.categories.unwrap_or_default();
        let roles = self.roles.unwrap_or_default();
        let start = |day: Date| start(day.0, "filter.recordedFrom");
        let end = |day: Date| day_after(day.0, "filter.recordedTo");
        Ok(Filter {
            ingenieries: typed_all(&ingenieries, "filter.ingenieries")?,
            categories: categories.iter().map(|it| it.stored().to_owned()).collect(),
            kinds: types,
            from: self.from.map(|it| Place(it.0)),
            to: self.to.map(|it| Place(it.0)),
            roles: roles.into_iter().map(RoleName::from).collect(),
            on_from: self.on_from.map(|it| it.0),
            on_to: self.on_to.map(|it| it.0),
            recorded_from: self.recorded_from.map(start).transpose()?,
            recorded_before: self.recorded_to.map(end).transpose()?,
            about: about.into_iter().chain(dla.map(|it| it.0)).collect(),
            by: organisation(self.by_organisation, "byOrganisation")?,
            actor: self.acteur,
            financeur: organisation(self.financeur, "financeur")?,
        })
    }
}

fn known_types(types: Vec<String>) -> Result<Vec<String>> {
    at_most(TYPES_MAX, types.len(), "filter.types", ["types de faits", "types of facts"])?;
    let known = domain::event_kinds();
    let unknown = |it: &String| !known.iter().any(|(_, kind)| kind == it);
    let Some(n) = types.iter().position(unknown) else { return Ok(types) };
    Err(Error::Invalid {
        path: format!("filter.types.{n}"),
        why: Invalid {
            fr: "Aucun fait ne porte ce nom : indiquez par exemple RuleWaived.".to_owned(),
            en: "No fact has this name: give for example RuleWaived.".to_owned(),
        },
    })
}

fn at_most(max: usize, given: usize, path: &str, [fr, en]: [&str; 2]) -> Result<()> {
    if given <= max {
        return Ok(());
    }
    let why = Invalid {
        fr: format!("Indiquez au plus {max} {fr}."),
        en: format!("Give at most {max} {en}."),
    };
    Err(why).at(path)
}

/// When a day begins.
fn start(day: domain::Date, path: &str) -> Result<jiff::Timestamp> {
    let why = Invalid {
        fr: "Indiquez une date de notre temps.".to_owned(),
        en: "Give a date of our time.".to_owned(),
    };
    clock::start_in_paris(day).ok_or(why).at(path)
}

/// When a day has ended.
fn day_after(day: domain::Date, path: &str) -> Result<jiff::Timestamp> {
    start(day.tomorrow().unwrap_or(day), path)
}
