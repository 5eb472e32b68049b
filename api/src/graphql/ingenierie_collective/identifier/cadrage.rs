//! Where the structures are, why the DLA is the one to act, and whether the démarche fits
//! (method, step 1 B1 and C).

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{Prose, ingenierie_collective::identifier::cadrage as rules};
use projections::ingenieries as rows;

use super::super::{IngenierieCollectivePayload, IngenierieInput, Part};
use crate::{
    Result,
    graphql::{
        dla::{self, Dla},
        ids::typed,
        request::{optional, prose},
        scalars::Date,
        sealed::Readers,
        territoire::{Territoire, TerritoireInput},
    },
};

/// Where the structures are, and where they work (aire d'intervention; method, step 1 B1).
pub(crate) struct AireIntervention(pub(in super::super) Part<rows::AireQualifiee>);

/// Where the structures are, and where they work (aire d'intervention; method, step 1 B1).
#[Object]
impl AireIntervention {
    /// True when all of them are of the territory of the DLA: they normally are (RUL-30).
    async fn exclusive(&self) -> bool {
        self.0.row.aire.exclusive
    }

    /// Where they work today.
    async fn actuelle(&self) -> Vec<Territoire> {
        self.0
            .row
            .aire
            .actuelle
            .iter()
            .map(Territoire::from)
            .collect()
    }

    /// Where they could work.
    async fn potentielle(&self) -> Vec<Territoire> {
        self.0
            .row
            .aire
            .potentielle
            .iter()
            .map(Territoire::from)
            .collect()
    }

    /// When it was said.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// What was added. Shown to the DLAs concerned; null for others, when nothing was added, and
    /// once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let commentaire = self.0.row.commentaire.as_ref();
        self.0.open_if_given(ctx, Readers::Dlas, commentaire).await
    }
}

/// Why a DLA is entitled to run the démarche, and how it goes about it (method, step 1 C1 and
/// C2). What was not said is absent.
pub(crate) struct RoleDla(pub(in super::super) rows::RoleDla);

/// Why a DLA is entitled to run the démarche, and how it goes about it (method, step 1 C1 and
/// C2). What was not said is absent.
#[Object]
impl RoleDla {
    /// The DLA.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, Some(self.0.dla)).await
    }

    /// What entitles it.
    async fn legitimites(&self) -> Vec<Legitimite> {
        self.0.legitimites.iter().map(|it| (*it).into()).collect()
    }

    /// What it does to inform and to raise awareness.
    async fn sensibilisation(&self) -> Option<&str> {
        self.0.role.sensibilisation.as_ref().map(Prose::as_str)
    }

    /// The idea of the project, made explicit.
    async fn idee(&self) -> Option<&str> {
        self.0.role.idee.as_ref().map(Prose::as_str)
    }

    /// What the démarche is made of.
    async fn contenu(&self) -> Option<&str> {
        self.0.role.contenu.as_ref().map(Prose::as_str)
    }

    /// How it takes place.
    async fn modalites(&self) -> Option<&str> {
        self.0.role.modalites.as_ref().map(Prose::as_str)
    }

    /// When it was said.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }
}

/// What entitles a DLA to run the démarche (method, step 1 C1): one criterion or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Legitimite")]
pub(crate) enum Legitimite {
    /// What it was created for.
    Mission,
    /// The place it holds.
    Fonction,
    /// Somebody asked it to.
    Mandat,
    /// It covers the territory.
    TerritoireCouvert,
    /// It can reach those who could be accompanied.
    CapaciteMobilisation,
}

/// A check of coherence of the démarche, on the four axes of the method (step 1 C3). What is to
/// be adjusted shows in `advice`, and blocks nothing.
pub(crate) struct CoherenceDemarche(pub(in super::super) Part<rows::Coherence>);

/// A check of coherence of the démarche, on the four axes of the method (step 1 C3). What is to
/// be adjusted shows in `advice`, and blocks nothing.
#[Object]
impl CoherenceDemarche {
    /// With the framework within which the DLA intervenes.
    async fn cadre(&self) -> Coherence {
        self.0.row.axes.cadre.into()
    }

    /// With the needs and problems identified in the structures.
    async fn besoins(&self) -> Coherence {
        self.0.row.axes.besoins.into()
    }

    /// With the place of the structures in a plan d'accompagnement.
    async fn plan_accompagnement(&self) -> Coherence {
        self.0.row.axes.plan_accompagnement.into()
    }

    /// With the territory and the sector.
    async fn territoire_secteur(&self) -> Coherence {
        self.0.row.axes.territoire_secteur.into()
    }

    /// When it was checked.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// What was added. Shown to the DLAs concerned; null for others, when nothing was added, and
    /// once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let commentaire = self.0.row.commentaire.as_ref();
        self.0.open_if_given(ctx, Readers::Dlas, commentaire).await
    }
}

/// What was found on one axis of coherence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Coherence")]
pub(crate) enum Coherence {
    /// It fits.
    Coherente,
    /// It does not fit yet.
    AAjuster,
    /// There is nothing to fit here.
    SansObjet,
}

#[derive(Default)]
pub(crate) struct CadrageMutation;

#[Object]
impl CadrageMutation {
    /// Qualifies the territory: where the structures are, where they work and could work
    /// (method, step 1 B1), in place of what was said before.
    async fn qualify_territoire(
        &self,
        ctx: &Context<'_>,
        input: QualifyTerritoireInput,
    ) -> Result<IngenierieCollectivePayload> {
        let aire = rules::AireIntervention {
            exclusive: input.exclusive,
            actuelle: territoires("input.aireActuelle", &input.aire_actuelle)?,
            potentielle: territoires("input.airePotentielle", &input.aire_potentielle)?,
        };
        let commentaire = optional(prose, "input.commentaire", input.commentaire.as_ref())?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.qualify_territoire(asked, aire.clone(), commentaire.clone())
            })
            .await
    }

    /// Says why a DLA concerned is entitled to run the démarche, and how it goes about it
    /// (method, step 1 C1 and C2), in place of what was said of it before.
    async fn define_role_dla(
        &self,
        ctx: &Context<'_>,
        input: DefineRoleDlaInput,
    ) -> Result<IngenierieCollectivePayload> {
        let dla = typed(&input.dla, "input.dla")?;
        let legitimites: Vec<_> = input.legitimites.iter().map(|it| (*it).into()).collect();
        let text = |path, it: &Option<String>| optional(prose, path, it.as_ref());
        let role = rules::RoleDla {
            sensibilisation: text("input.sensibilisation", &input.sensibilisation)?,
            idee: text("input.idee", &input.idee)?,
            contenu: text("input.contenu", &input.contenu)?,
            modalites: text("input.modalites", &input.modalites)?,
        };
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.define_role_dla(asked, dla, legitimites.clone(), role.clone())
            })
            .await
    }

    /// Notes whether the démarche fits, axis by axis (method, step 1 C3). What is to be adjusted
    /// shows in `advice`, and blocks nothing.
    async fn check_coherence(
        &self,
        ctx: &Context<'_>,
        input: CheckCoherenceInput,
    ) -> Result<IngenierieCollectivePayload> {
        let axes = rules::Coherences {
            cadre: input.cadre.into(),
            besoins: input.besoins.into(),
            plan_accompagnement: input.plan_accompagnement.into(),
            territoire_secteur: input.territoire_secteur.into(),
        };
        let commentaire = optional(prose, "input.commentaire", input.commentaire.as_ref())?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.check_coherence(asked, axes, commentaire.clone()))
            .await
    }
}

fn territoires(path: &str, given: &[TerritoireInput]) -> Result<Vec<domain::Territoire>> {
    let given = given.iter().enumerate();
    given
        .map(|(n, it)| it.parse(&format!("{path}.{n}")))
        .collect()
}

/// Where the structures are, and where they work.
#[derive(InputObject)]
pub(crate) struct QualifyTerritoireInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// True when all of them are of the territory of the DLA.
    exclusive: bool,
    /// Where they work today: at most 30 territories.
    #[graphql(default)]
    aire_actuelle: Vec<TerritoireInput>,
    /// Where they could work: at most 30 territories.
    #[graphql(default)]
    aire_potentielle: Vec<TerritoireInput>,
    /// What is to be added, such as why some come from elsewhere. Sealed: the DLAs read it.
    commentaire: Option<String>,
}

/// Why a DLA acts, and how.
#[derive(InputObject)]
pub(crate) struct DefineRoleDlaInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The DLA: one of those concerned.
    dla: ID,
    /// What entitles it: at least one.
    legitimites: Vec<Legitimite>,
    /// What it does to inform and to raise awareness. In clear in the history: name nobody.
    sensibilisation: Option<String>,
    /// The idea of the project. In clear in the history: name nobody.
    idee: Option<String>,
    /// What the démarche is made of. In clear in the history: name nobody.
    contenu: Option<String>,
    /// How it takes place. In clear in the history: name nobody.
    modalites: Option<String>,
}

/// A check of coherence.
#[derive(InputObject)]
pub(crate) struct CheckCoherenceInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// With the framework within which the DLA intervenes.
    cadre: Coherence,
    /// With the needs and problems identified in the structures.
    besoins: Coherence,
    /// With the place of the structures in a plan d'accompagnement.
    plan_accompagnement: Coherence,
    /// With the territory and the sector.
    territoire_secteur: Coherence,
    /// What is to be added. Sealed: the DLAs read it.
    commentaire: Option<String>,
}
