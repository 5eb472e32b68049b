//! On which conditions structures take part, and how it will be carried out (method, step 3 A2,
//! B1, B3e and C1).

use async_graphql::{Context, ID, InputObject, Object};
use domain::{
    Line, OrganisationId, Prose,
    ingenierie_collective::confirmer::technique::{self as rules, SCENARIOS_MAX},
};
use projections::{SealedPlace, ingenieries as rows};

use super::super::{IngenierieCollectivePayload, IngenierieInput, Part};
use crate::{
    Result,
    graphql::{
        ids::{typed, typed_all},
        organisation::{self, Organisation},
        request::{line, optional, prose},
        scalars::{Date, Jours},
        sealed::Readers,
    },
};

/// On which conditions people can take part (method, step 3 A2): of one structure, or of all.
/// Shown to the DLAs concerned, and to the structure that they are of.
pub(crate) struct ConditionsImplication(pub(in super::super) Part<rows::Implication>);

impl ConditionsImplication {
    async fn text(&self, ctx: &Context<'_>, place: Option<&SealedPlace>) -> Result<Option<String>> {
        let own = self.0.row.structure.map(OrganisationId);
        let readers = own.map_or(Readers::Dlas, Readers::DlasAnd);
        self.0.open_if_given(ctx, readers, place).await
    }
}

/// On which conditions people can take part (method, step 3 A2): of one structure, or of all.
/// Shown to the DLAs concerned, and to the structure that they are of.
#[Object]
impl ConditionsImplication {
    /// The structure. Absent when it is said of all.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.row.structure).await
    }

    /// When it was said.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// The function and the level that participants should have. Absent when it was not noted.
    async fn fonctions(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.text(ctx, self.0.row.fonctions.as_ref()).await
    }

    /// How what is treated relates to the projects under way. Absent when it was not noted.
    async fn projets(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.text(ctx, self.0.row.projets.as_ref()).await
    }

    /// When participants can: duration, period, rhythm. Absent when it was not noted.
    async fn disponibilite(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.text(ctx, self.0.row.disponibilite.as_ref()).await
    }
}

/// How what structures said was taken into account (method, step 3 B1).
pub(crate) struct PriseEnCompte(pub(in super::super) Part<rows::PriseEnCompte>);

/// How what structures said was taken into account (method, step 3 B1).
#[Object]
impl PriseEnCompte {
    /// The partners with whom it was weighed.
    async fn partenaires(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>> {
        organisation::find_all(ctx, &self.0.row.partenaires).await
    }

    /// Whether the démarche changed because of it.
    async fn adaptee(&self) -> bool {
        self.0.row.adaptee
    }

    /// When.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// What was made of it. Shown to the DLAs concerned; null for others, and once erased.
    async fn suites(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.0.open(ctx, Readers::Dlas, &self.0.row.suites).await
    }
}

/// One way of carrying the intervention out (scénario; method, step 3 C1). What was not said is
/// absent.
pub(crate) struct Scenario {
    numero: i32,
    row: rules::Scenario,
}

impl Scenario {
    pub(in super::super) fn all(rows: &[rules::Scenario]) -> Vec<Self> {
        let numbered = (1..).zip(rows);
        numbered
            .map(|(numero, row)| Self { numero, row: row.clone() })
            .collect()
    }
}

/// One way of carrying the intervention out (scénario; method, step 3 C1). What was not said is
/// absent.
#[Object]
impl Scenario {
    /// Its place among the others, from 1: `chooseScenario` takes it.
    async fn numero(&self) -> i32 {
        self.numero
    }

    /// Its name.
    async fn intitule(&self) -> &str {
        self.row.intitule.as_str()
    }

    /// How often, as one says it: one day a month.
    async fn rythme(&self) -> Option<&str> {
        self.row.rythme.as_ref().map(Line::as_str)
    }

    /// Over how long, as one says it: five months.
    async fn duree(&self) -> Option<&str> {
        self.row.duree.as_ref().map(Line::as_str)
    }

    /// When in the year, as one says it.
    async fn periode(&self) -> Option<&str> {
        self.row.periode.as_ref().map(Line::as_str)
    }

    /// Where: a place suited to where participants come from.
    async fn lieu(&self) -> Option<&str> {
        self.row.lieu.as_ref().map(Line::as_str)
    }

    /// Rooms, meals, equipment, childcare.
    async fn logistique(&self) -> Option<&str> {
        self.row.logistique.as_ref().map(Prose::as_str)
    }
}

/// The scenario that was chosen.
pub(crate) struct ChoixScenario(pub(in super::super) Part<rows::ChoixScenario>);

/// The scenario that was chosen.
#[Object]
impl ChoixScenario {
    /// Its place among the scenarios, from 1.
    async fn numero(&self) -> i32 {
        self.0.row.scenario
    }

    /// When it was chosen.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// Why. Shown to the DLAs concerned; null for others, when nothing was noted, and once
    /// erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let motif = self.0.row.motif.as_ref();
        self.0.open_if_given(ctx, Readers::Dlas, motif).await
    }
}

#[derive(Default)]
pub(crate) struct TechniqueMutation;

#[Object]
impl TechniqueMutation {
    /// Notes on which conditions a targeted structure takes part, or all of them (method, step 3
    /// A2): at least one of the three. Each call is kept.
    async fn assess_conditions_implication(
        &self,
        ctx: &Context<'_>,
        input: AssessConditionsImplicationInput,
    ) -> Result<IngenierieCollectivePayload> {
        let structure = input.structure.as_ref();
        let structure = structure
            .map(|it| typed(it, "input.structure"))
            .transpose()?;
        let given = &input.conditions;
        let text = |path, it: &Option<String>| optional(prose, path, it.as_ref());
        let implication = rules::Implication {
            fonctions: text("input.conditions.fonctions", &given.fonctions)?,
            projets: text("input.conditions.projets", &given.projets)?,
            disponibilite: text("input.conditions.disponibilite", &given.disponibilite)?,
        };
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.assess_conditions_implication(asked, structure, implication.clone())
            })
            .await
    }

    /// Notes how what structures said was weighed with partners and taken into account (method,
    /// step 3 B1). Each call is kept.
    async fn consider_commentaires_structures(
        &self,
        ctx: &Context<'_>,
        input: ConsiderCommentairesStructuresInput,
    ) -> Result<IngenierieCollectivePayload> {
        let partenaires: Vec<OrganisationId> = typed_all(&input.partenaires, "input.partenaires")?;
        let suites = prose("input.suites", &input.suites)?;
        let adaptee = input.adaptee;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.consider_commentaires_structures(
                    asked,
                    partenaires.clone(),
                    adaptee,
                    suites.clone(),
                )
            })
            .await
    }

    /// Notes that a partner will intervene, beside prestataires or alone (method, step 3 B3e), in
    /// place of what it was engaged for before.
    async fn engage_partenaire_intervenant(
        &self,
        ctx: &Context<'_>,
        input: EngagePartenaireIntervenantInput,
    ) -> Result<IngenierieCollectivePayload> {
        let partenaire = typed(&input.partenaire, "input.partenaire")?;
        let mission = line("input.mission", &input.mission)?;
        let temps = input.temps.map(|it| it.0);
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.engage_partenaire_intervenant(asked, partenaire, mission.clone(), temps)
            })
            .await
    }

    /// Sets ways of carrying the intervention out side by side: rhythm, duration, period, place,
    /// logistics (method, step 3 C1). They take the place of the former ones, and one is chosen
    /// anew.
    async fn assess_conditions_techniques(
        &self,
        ctx: &Context<'_>,
        input: AssessConditionsTechniquesInput,
    ) -> Result<IngenierieCollectivePayload> {
        // One too many is enough to be told so.
        let given = input.scenarios.iter().take(SCENARIOS_MAX + 1).enumerate();
        let scenarios = given.map(|(n, it)| it.parse(&format!("input.scenarios.{n}")));
        let scenarios: Vec<_> = scenarios.collect::<Result<_>>()?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.assess_conditions_techniques(asked, scenarios.clone()))
            .await
    }

    /// Chooses one of the scenarios that were set side by side.
    async fn choose_scenario(
        &self,
        ctx: &Context<'_>,
        input: ChooseScenarioInput,
    ) -> Result<IngenierieCollectivePayload> {
        let scenario = input.scenario;
        let motif = optional(prose, "input.motif", input.motif.as_ref())?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.choose_scenario(asked, scenario, motif.clone()))
            .await
    }
}

/// On which conditions people can take part.
#[derive(InputObject)]
pub(crate) struct AssessConditionsImplicationInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The structure, targeted before. None when it is said of all.
    structure: Option<ID>,
    /// At least one of the three.
    conditions: ConditionsImplicationInput,
}

/// The conditions on which people can take part. Sealed: the DLAs read them, and the structure
/// that they are of.
#[derive(InputObject)]
pub(crate) struct ConditionsImplicationInput {
    /// The function and the level that participants should have.
    fonctions: Option<String>,
    /// How what is treated relates to the projects under way in the structures.
    projets: Option<String>,
    /// When participants can: duration, period, rhythm.
    disponibilite: Option<String>,
}

/// How what structures said was taken into account.
#[derive(InputObject)]
pub(crate) struct ConsiderCommentairesStructuresInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The partners with whom it was weighed, at most 30.
    #[graphql(default)]
    partenaires: Vec<ID>,
    /// Whether the démarche changed because of it.
    adaptee: bool,
    /// What was made of it. Sealed: the DLAs read it.
    suites: String,
}

/// A partner that will intervene.
#[derive(InputObject)]
pub(crate) struct EngagePartenaireIntervenantInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The organisation, associated as a partner before.
    partenaire: ID,
    /// What it will do, on one line. In clear in the history: name nobody.
    mission: String,
    /// For how long, to the quarter of a day.
    temps: Option<Jours>,
}

/// Ways of carrying the intervention out.
#[derive(InputObject)]
pub(crate) struct AssessConditionsTechniquesInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// From 1 to 10 scenarios.
    scenarios: Vec<ScenarioInput>,
}

/// One way of carrying the intervention out. In clear in the history: name nobody.
#[derive(InputObject)]
pub(crate) struct ScenarioInput {
    /// Its name, on one line.
    intitule: String,
    /// How often, on one line: one day a month.
    rythme: Option<String>,
    /// Over how long, on one line: five months.
    duree: Option<String>,
    /// When in the year, on one line.
    periode: Option<String>,
    /// Where, on one line: a place suited to where participants come from.
    lieu: Option<String>,
    /// Rooms, meals, equipment, childcare.
    logistique: Option<String>,
}

impl ScenarioInput {
    fn parse(&self, path: &str) -> Result<rules::Scenario> {
        let text = |name: &str, it: &Option<String>| {
            optional(line, &format!("{path}.{name}"), it.as_ref())
        };
        Ok(rules::Scenario {
            intitule: line(&format!("{path}.intitule"), &self.intitule)?,
            rythme: text("rythme", &self.rythme)?,
            duree: text("duree", &self.duree)?,
            periode: text("periode", &self.periode)?,
            lieu: text("lieu", &self.lieu)?,
            logistique: optional(prose, &format!("{path}.logistique"), self.logistique.as_ref())?,
        })
    }
}

/// A scenario that is chosen.
#[derive(InputObject)]
pub(crate) struct ChooseScenarioInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// Its place among those last assessed, from 1.
    scenario: i32,
    /// Why. Sealed: the DLAs read it.
    motif: Option<String>,
}
