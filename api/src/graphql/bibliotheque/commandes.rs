//! What enters the library, and what leaves it.

use std::collections::BTreeSet;

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object};
use domain::{
    CapitalisationId, CasPasse, CasPasseId, Dla, DlaId, Dossier, IngenierieId, Line, Liste,
    OrganisationId, PlanFinancement, PlanFinancementId, QuarterDays, Seen,
    capitalisation::cas::{Annee, Cas, Recit},
    cas_passe as rules,
    decider::Decider as _,
    values::Invalid,
};
use eventlog::Outcome;
use projections::bibliotheque::{FicheId, MODEL};
use uuid::Uuid;

use super::{FicheBibliotheque, cas_passe, find};
use crate::{
    Error, Result,
    error::At,
    graphql::{
        context::ContextExt,
        ids::{typed, typed_all},
        ingenierie_collective::TypeIngenierie,
        request::{Recorded, Request, line, optional, prose},
        scalars::{Cents, Jours},
        territoire::TerritoireInput,
    },
};

/// The most structures that a case of before says took part.
const NOMBRE_STRUCTURES_MAX: i32 = 100_000;

#[derive(Default)]
pub(crate) struct BibliothequeMutation;

#[Object]
impl BibliothequeMutation {
    /// Publishes an ingénierie as a case of the library, or publishes it anew: anyone with a token
    /// reads it. Where, what about, for how many, how long and at what cost are taken from its
    /// dossier as it stands, and nothing else of it is shown. Someone must answer for the
    /// transfer, and each structure that is named must agree (INV-33).
    async fn publish_cas(
        &self,
        ctx: &Context<'_>,
        input: PublishCasInput,
    ) -> Result<FicheBibliothequePayload> {
        let id: CapitalisationId = typed(&input.capitalisation, "input.capitalisation")?;
        let (recit, structures) = input.parse()?;
        let gather = async || {
            let log = ctx.log();
            let capitalisation = log.load::<domain::Capitalisation>(id).await?;
            let ingenierie = capitalisation.state.ingenierie();
            let ingenierie = ingenierie.unwrap_or(IngenierieId(Uuid::nil()));
            let held = ingenierie.0.to_string();
            let plan = log.claimed(PlanFinancement::CATEGORY, &held).await?;
            // Without a plan, the nil id: a stream that has no fact.
            let plan = PlanFinancementId(plan.unwrap_or_default());
            let plan = log.seen::<PlanFinancement>(plan).await?;
            Ok((log.either::<Dossier>(ingenierie).await?, plan))
        };
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::Capitalisation, asked, (ingenierie, plan)| {
                it.publish_cas(asked, (ingenierie, plan), recit.clone(), structures.clone())
            },
        );
        Ok(payload(id.0, decided.await?))
    }

    /// Takes the case of an ingénierie out of the library, at once. What was kept of it stays as
    /// it is. The reason is mandatory (INV-36).
    async fn unpublish_cas(
        &self,
        ctx: &Context<'_>,
        input: UnpublishCasInput,
    ) -> Result<FicheBibliothequePayload> {
        let id: CapitalisationId = typed(&input.capitalisation, "input.capitalisation")?;
        let motif = prose("input.motif", &input.motif)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Capitalisation, asked| {
                it.unpublish_cas(asked, motif.clone())
            });
        Ok(payload(id.0, decided.await?))
    }

    /// Tells a case of before the house, or of elsewhere: anyone with a token reads it. The
    /// command id becomes its id. `essaim cases import` gives this command for each line of a
    /// file.
    async fn record_cas_passe(
        &self,
        ctx: &Context<'_>,
        input: RecordCasPasseInput,
    ) -> Result<FicheBibliothequePayload> {
        let id = CasPasseId(input.request.command_id);
        let (cas, source) = input.parse(ctx)?;
        let dla = input.dla.as_ref();
        let dla: Option<DlaId> = dla.map(|it| typed(it, "input.dla")).transpose()?;
        let gather = async || {
            Ok(match dla {
                Some(dla) => Some(ctx.log().seen::<Dla>(dla).await?),
                None => None,
            })
        };
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &CasPasse, asked, dla: &Option<Seen<Dla>>| {
                it.record_cas_passe(asked, dla.as_ref(), cas.clone(), source.clone())
            },
        );
        Ok(payload(id.0, decided.await?))
    }

    /// Takes a case of before out of the library, for good.
    async fn withdraw_cas_passe(
        &self,
        ctx: &Context<'_>,
        input: WithdrawCasPasseInput,
    ) -> Result<FicheBibliothequePayload> {
        let id = cas_passe(&input.cas, "input.cas")?;
        let cause = input.cause.into();
        let decided = input
            .request
            .decide(ctx, id, |it: &CasPasse, asked| it.withdraw_cas_passe(asked, cause));
        Ok(payload(id.0, decided.await?))
    }
}

/// An ingénierie to tell as a case.
#[derive(InputObject)]
pub(crate) struct PublishCasInput {
    #[graphql(flatten)]
    request: Request,
    /// The capitalisation of the ingénierie.
    capitalisation: ID,
    /// Its title, on one line of at most 200 characters.
    titre: String,
    /// The need, what was done, and what came of it. No name and no word about people.
    resume: String,
    /// What others should know before they do the same. No name and no word about people.
    enseignements: Option<String>,
    /// The year in which it took place.
    annee: i32,
    /// Whether others may do the same.
    transferable: bool,
    /// The structures to name, at most 100: those that take part and agree. The case of an
    /// ingénierie individuelle names its structure.
    #[graphql(default)]
    structures: Vec<ID>,
}

impl PublishCasInput {
    fn parse(&self) -> Result<(Recit, BTreeSet<OrganisationId>)> {
        let recit = Recit {
            titre: line("input.titre", &self.titre)?,
            resume: prose("input.resume", &self.resume)?,
            enseignements: optional(prose, "input.enseignements", self.enseignements.as_ref())?,
            annee: Annee::parse(self.annee).at("input.annee")?,
            transferable: self.transferable,
        };
        let structures = typed_all(&self.structures, "input.structures")?;
        Ok((recit, structures.into_iter().collect()))
    }
}

/// A case to take out of the library.
#[derive(InputObject)]
pub(crate) struct UnpublishCasInput {
    #[graphql(flatten)]
    request: Request,
    /// The capitalisation of the ingénierie.
    capitalisation: ID,
    /// Why (INV-36). Sealed: the DLAs of the ingénierie read it.
    motif: String,
}

/// A case of before to tell.
#[derive(InputObject)]
pub(crate) struct RecordCasPasseInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA that tells it. The network when absent: administrators tell those.
    dla: Option<ID>,
    /// Its title, on one line of at most 200 characters.
    titre: String,
    /// The need, what was done, and what came of it. No name and no word about people.
    resume: String,
    /// What others should know before they do the same. No name and no word about people.
    enseignements: Option<String>,
    /// The year in which it took place.
    annee: i32,
    /// Where it took place.
    territoire: TerritoireInput,
    /// The fields of activity it is about: codes of `SECTEUR`, or other words for them.
    #[graphql(default)]
    secteurs: Vec<String>,
    /// The themes of Enée it is about, at least one: codes of `TYPE_PRESTATION`, or other words
    /// for them.
    themes: Vec<String>,
    /// What it did for structures, when it is known.
    type_ingenierie: Option<TypeIngenierie>,
    /// How many structures took part, when it is known: from 1 to 100,000.
    nombre_structures: Option<i32>,
    /// How many days it took, when it is known.
    jours: Option<Jours>,
    /// What it cost in all, when it is known.
    cout: Option<Cents>,
    /// Whether others may do the same.
    transferable: bool,
    /// What it is told from: a document and its date.
    source: String,
}

impl RecordCasPasseInput {
    fn parse(&self, ctx: &Context<'_>) -> Result<(Cas, Line)> {
        let request = &self.request;
        let many = |it: &i32| !(1..=NOMBRE_STRUCTURES_MAX).contains(it);
        if self.nombre_structures.as_ref().is_some_and(many) {
            return Err(Error::Invalid {
                path: "input.nombreStructures".to_owned(),
                why: Invalid {
                    fr: format!("Indiquez entre 1 et {NOMBRE_STRUCTURES_MAX} structures."),
                    en: format!("Give from 1 to {NOMBRE_STRUCTURES_MAX} structures."),
                },
            });
        }
        let themes = request.codes(ctx, Liste::TypePrestation, "input.themes", &self.themes)?;
        let cas = Cas {
            recit: Recit {
                titre: line("input.titre", &self.titre)?,
                resume: prose("input.resume", &self.resume)?,
                enseignements: optional(prose, "input.enseignements", self.enseignements.as_ref())?,
                annee: Annee::parse(self.annee).at("input.annee")?,
                transferable: self.transferable,
            },
            territoire: self.territoire.parse("input.territoire")?,
            secteurs: request.codes(ctx, Liste::Secteur, "input.secteurs", &self.secteurs)?,
            themes,
            type_ingenierie: self.type_ingenierie.map(Into::into),
            nombre_structures: self.nombre_structures,
            jours: self.jours.map(|it| it.0).filter(|it| *it > QuarterDays(0)),
            cout: self.cout.map(|it| it.0),
        };
        Ok((cas, line("input.source", &self.source)?))
    }
}

/// A case of before to take out of the library.
#[derive(InputObject)]
pub(crate) struct WithdrawCasPasseInput {
    #[graphql(flatten)]
    request: Request,
    /// The card of the case.
    cas: ID,
    /// Why.
    cause: CauseRetraitCas,
}

/// Why a case of before is taken out of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::CauseRetraitCas")]
pub(crate) enum CauseRetraitCas {
    /// It is told twice.
    Doublon,
    /// It is not what happened.
    Erreur,
    /// Nobody should do the same any more.
    Obsolete,
    /// Somebody whom it concerns asked for it.
    Demande,
}

/// What every change of the library answers.
#[derive(MergedObject)]
pub(crate) struct FicheBibliothequePayload(FicheChanged, Recorded);

fn payload(origine: Uuid, outcome: Outcome) -> FicheBibliothequePayload {
    let id = FicheId { origine, numero: 0 };
    FicheBibliothequePayload(FicheChanged { id, outcome }, Recorded(outcome))
}

struct FicheChanged {
    id: FicheId,
    outcome: Outcome,
}

#[Object]
impl FicheChanged {
    /// The card, at least as recent as the change. Null once it is taken out.
    async fn fiche(&self, ctx: &Context<'_>) -> Result<Option<FicheBibliotheque>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, self.id).await
    }
}
