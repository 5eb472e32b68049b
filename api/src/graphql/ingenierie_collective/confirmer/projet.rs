//! Objective B of the step: the projet d'intervention, its type, themes, results and people.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{
    Line, Liste, OrganisationId,
    ingenierie_collective::{
        LIST_MAX,
        confirmer::projet::{self as rules, IntervenantVoulu},
    },
};

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::typed,
        ingenierie_collective::{IngenierieCollectivePayload, IngenierieInput, seen_all},
        organisation::{self, Organisation},
        referentiel::Code,
        request::{Request, line, optional, prose},
        scalars::Jours,
        territoire::{Territoire, TerritoireInput},
    },
};

/// What an ingénierie does for structures (method, fiche 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::TypeIngenierie")]
pub(crate) enum TypeIngenierie {
    /// Type 1: it proposes an answer to structures, by information or training.
    T1,
    /// Type 2: it produces a solution with structures, each for itself.
    #[graphql(name = "T2_INDIVIDUELLE")]
    T2Individuelle,
    /// Type 2: it produces a solution with structures, for all.
    #[graphql(name = "T2_COLLECTIVE")]
    T2Collective,
    /// Type 2: it produces both kinds of solution.
    #[graphql(name = "T2_LES_DEUX")]
    T2LesDeux,
}

/// A result to reach (method, step 3 B1d).
pub(crate) struct ResultatAttendu(pub(crate) rules::ResultatAttendu);

/// A result to reach (method, step 3 B1d).
#[Object]
impl ResultatAttendu {
    /// How it is seen.
    async fn nature(&self) -> NatureResultat {
        self.0.nature.into()
    }

    /// The result, in words.
    async fn enonce(&self) -> &str {
        self.0.enonce.as_str()
    }

    /// What shows that it is reached. Absent when it is not said.
    async fn cible(&self) -> Option<&str> {
        self.0.cible.as_ref().map(Line::as_str)
    }
}

/// How a result is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::NatureResultat")]
pub(crate) enum NatureResultat {
    /// It is told.
    Qualitatif,
    /// It is counted.
    Quantitatif,
}

/// A part of the système intervenant: those of one quality who intervene (method, fiche 3).
pub(crate) struct Intervenant(pub(in super::super) rules::Intervenant);

/// A part of the système intervenant: those of one quality who intervene (method, fiche 3).
#[Object]
impl Intervenant {
    /// For whom they work. Absent while the prestataire is not chosen.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.organisation.map(|it| it.0)).await
    }

    /// What they are: accountant, trainer, banker.
    async fn qualite(&self) -> &str {
        self.0.qualite.as_str()
    }

    /// How many they are.
    async fn nombre(&self) -> i32 {
        self.0.nombre
    }
}

/// A module of the projet d'intervention, given alike on each of its territories.
pub(crate) struct Module(pub(in super::super) rules::Module);

/// A module of the projet d'intervention, given alike on each of its territories.
#[Object]
impl Module {
    /// Its name.
    async fn intitule(&self) -> &str {
        self.0.intitule.as_str()
    }

    /// The kind of intervention.
    async fn nature(&self) -> NatureModule {
        self.0.nature.into()
    }

    /// The forms it takes: codes of `FORME_INTERVENTION`.
    async fn formes(&self) -> Vec<Code> {
        let codes = self.0.formes.iter();
        Code::all(Liste::FormeIntervention, codes.map(domain::Code::as_str))
    }

    /// The days of intervention on each territory.
    async fn jours(&self) -> Jours {
        Jours(self.0.jours)
    }

    /// Where it is given: the territory of the ingénierie when nothing else was said.
    async fn territoires(&self) -> Vec<Territoire> {
        self.0.territoires.iter().map(Territoire::from).collect()
    }

    /// Over how long, as one says it: five months. Absent when it is not said.
    async fn duree(&self) -> Option<&str> {
        self.0.duree.as_ref().map(Line::as_str)
    }
}

/// The kind of intervention of a module (method, fiche 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::NatureModule")]
pub(crate) enum NatureModule {
    /// Information sessions.
    Information,
    /// Training sessions.
    Formation,
    /// Accompaniment, in individual or collective time.
    Accompagnement,
}

#[derive(Default)]
pub(crate) struct ProjetMutation;

#[Object]
impl ProjetMutation {
    /// Fixes the results to reach, in place of those fixed before, until the projet is
    /// formalised (INV-26). The ingénierie is engaged, as for all of the projet.
    async fn fix_resultats_attendus(
        &self,
        ctx: &Context<'_>,
        input: FixResultatsAttendusInput,
    ) -> Result<IngenierieCollectivePayload> {
        let resultats = resultats(&input.resultats)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.fix_resultats_attendus(asked, resultats.clone()))
            .await
    }

    /// Changes the results to reach once the projet is formalised, with the reason (INV-26,
    /// INV-36).
    async fn amend_resultats_attendus(
        &self,
        ctx: &Context<'_>,
        input: AmendResultatsAttendusInput,
    ) -> Result<IngenierieCollectivePayload> {
        let resultats = resultats(&input.resultats)?;
        let motif = prose("input.motif", &input.motif)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.amend_resultats_attendus(asked, resultats.clone(), motif.clone())
            })
            .await
    }

    /// Chooses what the ingénierie does for structures. A type 2 needs at least one module of
    /// accompaniment in the projet (INV-24).
    async fn choose_type(
        &self,
        ctx: &Context<'_>,
        input: ChooseTypeInput,
    ) -> Result<IngenierieCollectivePayload> {
        let type_ingenierie = input.type_ingenierie.into();
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.choose_type(asked, type_ingenierie))
            .await
    }

    /// Chooses the themes of Enée, at least one (INV-25), and the topics in the order they will
    /// be treated.
    async fn choose_types_prestation(
        &self,
        ctx: &Context<'_>,
        input: ChooseTypesPrestationInput,
    ) -> Result<IngenierieCollectivePayload> {
        let types: Vec<_> =
            input
                .dossier
                .request
                .codes(ctx, Liste::TypePrestation, "input.types", &input.types)?;
        let sujets = input.sujets.iter().enumerate();
        let sujets = sujets.map(|(n, it)| line(&format!("input.sujets.{n}"), it));
        let sujets: Vec<_> = sujets.collect::<Result<_>>()?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.choose_types_prestation(asked, types.clone(), sujets.clone())
            })
            .await
    }

    /// Chooses the catchy title (accroche) that structures and partners will read.
    async fn choose_accroche(
        &self,
        ctx: &Context<'_>,
        input: ChooseAccrocheInput,
    ) -> Result<IngenierieCollectivePayload> {
        let accroche = line("input.accroche", &input.accroche)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.choose_accroche(asked, accroche.clone()))
            .await
    }

    /// Says how long the porteur itself intervenes.
    async fn position_temps_porteur(
        &self,
        ctx: &Context<'_>,
        input: PositionTempsPorteurInput,
    ) -> Result<IngenierieCollectivePayload> {
        let temps = input.temps.0;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.position_temps_porteur(asked, temps))
            .await
    }

    /// Says who intervenes (système intervenant), in place of what was said before. Partners
    /// may, without being prestataires. A closed organisation is refused (INV-39).
    async fn design_systeme(
        &self,
        ctx: &Context<'_>,
        input: DesignSystemeInput,
    ) -> Result<IngenierieCollectivePayload> {
        // One too many is enough to be told so.
        let given = input.intervenants.iter().take(LIST_MAX + 1).enumerate();
        let voulus = given.map(|(n, it)| it.parse(&format!("input.intervenants.{n}")));
        let voulus: Vec<_> = voulus.collect::<Result<_>>()?;
        let organisations: Vec<_> = voulus.iter().filter_map(|it| it.organisation).collect();
        let gather = || seen_all(ctx.log(), &organisations);
        let dossier = &input.dossier;
        dossier
            .decide_with(ctx, gather, |it, asked, organisations| {
                let voulus = voulus.iter().map(|voulu| IntervenantVoulu {
                    organisation: voulu
                        .organisation
                        .and_then(|id| organisations.iter().find(|it| it.id == id)),
                    qualite: voulu.qualite.clone(),
                    nombre: voulu.nombre,
                });
                it.design_systeme(asked, &voulus.collect::<Vec<_>>())
            })
            .await
    }

    /// Writes the projet d'intervention as modules, or writes it again. Type, themes and expected
    /// results are known before; from then on results are amended, not fixed (INV-26). A type 2
    /// plans at least one module of accompaniment (INV-24).
    async fn formalise_projet(
        &self,
        ctx: &Context<'_>,
        input: FormaliseProjetInput,
    ) -> Result<IngenierieCollectivePayload> {
        let modules = input.modules.iter().enumerate();
        let request = &input.dossier.request;
        let modules = modules.map(|(n, it)| it.parse(ctx, request, &format!("input.modules.{n}")));
        let modules: Vec<_> = modules.collect::<Result<_>>()?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.formalise_projet(asked, modules.clone()))
            .await
    }
}

/// The results to reach.
#[derive(InputObject)]
pub(crate) struct FixResultatsAttendusInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// From 1 to 30 results.
    resultats: Vec<ResultatAttenduInput>,
}

/// Other results to reach.
#[derive(InputObject)]
pub(crate) struct AmendResultatsAttendusInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// From 1 to 30 results, in place of all the former ones.
    resultats: Vec<ResultatAttenduInput>,
    /// Why they change. Sealed: the DLAs read it.
    motif: String,
}

/// A result to reach.
#[derive(InputObject)]
pub(crate) struct ResultatAttenduInput {
    /// How it is seen.
    nature: NatureResultat,
    /// The result, on one line.
    enonce: String,
    /// What shows that it is reached, on one line.
    cible: Option<String>,
}

pub(crate) fn resultats(given: &[ResultatAttenduInput]) -> Result<Vec<rules::ResultatAttendu>> {
    let parse = |(n, it): (usize, &ResultatAttenduInput)| {
        let path = format!("input.resultats.{n}");
        Ok(rules::ResultatAttendu {
            nature: it.nature.into(),
            enonce: line(&format!("{path}.enonce"), &it.enonce)?,
            cible: optional(line, &format!("{path}.cible"), it.cible.as_ref())?,
        })
    };
    given.iter().enumerate().map(parse).collect()
}

/// What an ingénierie does for structures.
#[derive(InputObject)]
pub(crate) struct ChooseTypeInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The type.
    type_ingenierie: TypeIngenierie,
}

/// Themes and topics.
#[derive(InputObject)]
pub(crate) struct ChooseTypesPrestationInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// Codes of `TYPE_PRESTATION`, from 1 to 30.
    types: Vec<String>,
    /// The topics, at most 30, each on one line, in the order they will be treated.
    #[graphql(default)]
    sujets: Vec<String>,
}

/// A catchy title.
#[derive(InputObject)]
pub(crate) struct ChooseAccrocheInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The title, on one line.
    accroche: String,
}

/// The porteur's own time.
#[derive(InputObject)]
pub(crate) struct PositionTempsPorteurInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The days of the porteur, to the quarter.
    temps: Jours,
}

/// Who intervenes.
#[derive(InputObject)]
pub(crate) struct DesignSystemeInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// From 1 to 30 qualities.
    intervenants: Vec<IntervenantInput>,
}

/// Those of one quality who intervene.
#[derive(InputObject)]
pub(crate) struct IntervenantInput {
    /// For whom they work. Absent while the prestataire is not chosen.
    organisation: Option<ID>,
    /// What they are, on one line: accountant, trainer, banker.
    qualite: String,
    /// How many they are, from 1 to 100.
    nombre: i32,
}

impl IntervenantInput {
    fn parse(&self, path: &str) -> Result<rules::Intervenant> {
        let organisation = self.organisation.as_ref();
        let organisation =
            organisation.map(|it| typed::<OrganisationId>(it, &format!("{path}.organisation")));
        Ok(rules::Intervenant {
            organisation: organisation.transpose()?,
            qualite: line(&format!("{path}.qualite"), &self.qualite)?,
            nombre: self.nombre,
        })
    }
}

/// A projet d'intervention.
#[derive(InputObject)]
pub(crate) struct FormaliseProjetInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// From 1 to 20 modules.
    modules: Vec<ModuleInput>,
}

/// A module of the projet d'intervention.
#[derive(InputObject)]
pub(crate) struct ModuleInput {
    /// Its name, on one line.
    intitule: String,
    /// The kind of intervention.
    nature: NatureModule,
    /// The forms it takes: codes of `FORME_INTERVENTION`, at most 30.
    #[graphql(default)]
    formes: Vec<String>,
    /// The days of intervention on each territory, to the quarter.
    jours: Jours,
    /// Where it is given, at most 30 places: the territory of the ingénierie when none is given.
    #[graphql(default)]
    territoires: Vec<TerritoireInput>,
    /// Over how long, as one says it: five months.
    duree: Option<String>,
}

impl ModuleInput {
    fn parse(&self, ctx: &Context<'_>, request: &Request, path: &str) -> Result<rules::Module> {
        let territoires = self.territoires.iter().enumerate();
        let territoires = territoires.map(|(n, it)| it.parse(&format!("{path}.territoires.{n}")));
        Ok(rules::Module {
            intitule: line(&format!("{path}.intitule"), &self.intitule)?,
            nature: self.nature.into(),
            formes: request.codes(
                ctx,
                Liste::FormeIntervention,
                &format!("{path}.formes"),
                &self.formes,
            )?,
            jours: self.jours.0,
            territoires: territoires.collect::<Result<_>>()?,
            duree: optional(line, &format!("{path}.duree"), self.duree.as_ref())?,
        })
    }
}
