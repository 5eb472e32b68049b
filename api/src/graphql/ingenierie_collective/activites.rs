//! The checklist of the method: its forty-five activities, and where the ingénierie stands.

use async_graphql::{Context, Enum, Object};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::ingenierie_collective::activites::{self as rules, ACTIVITES};
use eventlog::Position as Place;
use projections::historique::Preuve;

use super::{IngenierieCollective, finaliser::ActiviteSkipped};
use crate::{
    Error, Result,
    graphql::{
        context::ContextExt,
        loaders::ReceiptAt,
        scalars::{Date, Position},
    },
};

/// One of the forty-five activities of the method, for one ingénierie. The method is to be
/// adapted: an activity is done, left out with a reason, or still to do.
pub(crate) struct ActiviteMethode {
    activite: &'static rules::Activite,
    preuve: Option<Preuve>,
    skipped: Option<ActiviteSkipped>,
}

impl ActiviteMethode {
    /// The checklist of an ingénierie, in the order of the method.
    pub(super) fn checklist(it: &IngenierieCollective, preuves: &[Preuve]) -> Vec<Self> {
        let of = |activite: &'static rules::Activite| {
            let preuve = preuves.iter().find(|it| it.activite == activite.id);
            let skipped = it.0.activites_skipped.iter();
            let mut skipped = skipped.filter(|it| it.activite.as_str() == activite.id);
            let skipped = skipped.next().cloned();
            let skipped = skipped.map(|row| ActiviteSkipped(it.part(row)));
            Self { activite, preuve: preuve.cloned(), skipped }
        };
        ACTIVITES.iter().map(of).collect()
    }

    /// Where it stands.
    pub(super) fn stands(&self) -> EtatActivite {
        match (&self.preuve, &self.skipped) {
            (Some(_), _) => EtatActivite::Faite,
            (None, Some(_)) => EtatActivite::Ecartee,
            (None, None) => EtatActivite::AFaire,
        }
    }
}

/// One of the forty-five activities of the method, for one ingénierie. The method is to be
/// adapted: an activity is done, left out with a reason, or still to do.
#[Object]
impl ActiviteMethode {
    /// Its place in the cycle of the method, such as `S2-STEP2-C3`: step 2, objective C,
    /// activity 3. `skipActivite` takes it.
    async fn code(&self) -> &'static str {
        self.activite.id
    }

    /// The step it belongs to.
    async fn etape(&self) -> EtapeMethode {
        match self.activite.id.as_bytes().get("S2-STEP".len()) {
            Some(b'1') => EtapeMethode::Identifier,
            Some(b'2') => EtapeMethode::Engager,
            Some(b'3') => EtapeMethode::Confirmer,
            _ => EtapeMethode::Finaliser,
        }
    }

    /// Its name, in the language of the request.
    async fn libelle(&self, ctx: &Context<'_>) -> &'static str {
        ctx.language().choose(self.activite.fr, self.activite.en)
    }

    /// Where it stands. A fact that proves it counts more than its having been left out.
    async fn etat(&self) -> EtatActivite {
        self.stands()
    }

    /// The first fact that proves it. Absent while none does, and when you may not read it: the
    /// facts of consultations and of the plan de financement are not for all.
    async fn fait(&self) -> Option<FaitProbant> {
        let preuve = self.preuve.clone();
        preuve.filter(|it| it.readable).map(FaitProbant)
    }

    /// When it was left out, and why. Absent when it was not.
    async fn ecartee(&self) -> Option<&ActiviteSkipped> {
        self.skipped.as_ref()
    }
}

/// A step (étape) of the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum EtapeMethode {
    /// Step 1: the problématique, the structures, the place of the DLA.
    Identifier,
    /// Step 2: partners, objectives, the démarche validated.
    Engager,
    /// Step 3: structures mobilised, the projet d'intervention, the prestataire.
    Confirmer,
    /// Step 4: the intervention, its evaluation, what is left to others.
    Finaliser,
}

/// Where an activity of the method stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum EtatActivite {
    /// A fact of the dossier proves it.
    Faite,
    /// It was left out, with a reason.
    Ecartee,
    /// Nothing proves it yet. Some activities are proved by no fact of this house: leave them
    /// out with a word on what was done.
    AFaire,
}

/// The fact that proves that an activity was carried out.
pub(crate) struct FaitProbant(Preuve);

/// The fact that proves that an activity was carried out.
#[Object]
impl FaitProbant {
    /// Its place in the log: `historique(filter: {from: …, to: …})` shows it whole.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }

    /// When it happened, as people say it.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }

    /// What happened, by its stable name: `DemarcheValidated`.
    #[graphql(name = "type")]
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The hash of the fact in the log (base64url), with which its presence can be proved.
    async fn receipt(&self, ctx: &Context<'_>) -> Result<String> {
        receipt(ctx, Place(self.0.position)).await
    }
}

/// The hash of a fact, by its place.
pub(crate) async fn receipt(ctx: &Context<'_>, position: Place) -> Result<String> {
    let hash = ctx.loaders().load_one(ReceiptAt(position)).await;
    let hash = hash.map_err(Error::internal)?;
    let hash = hash.ok_or_else(|| Error::internal(eventlog::Error::Hole(position)))?;
    Ok(URL_SAFE_NO_PAD.encode(hash))
}
