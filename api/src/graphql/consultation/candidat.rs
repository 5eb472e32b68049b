//! Bidders: what they answered, what their offres are thought of, whom structures prefer.

use async_graphql::{Context, Enum, ID, Object, OneofObject, SimpleObject, Union};
use domain::{
    OrganisationId,
    consultation::{self as rules, Moyenne, Notateur as Who, Notation as Marks, moyenne},
};
use projections::consultations as rows;
use uuid::Uuid;

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::typed,
        organisation::{self, Organisation},
        scalars::{Cents, Date, Jours},
        sealed::{Readers, open, opened},
    },
};

/// One of those consulted, or whoever was awarded directly.
pub(crate) struct Candidat {
    pub(super) row: rows::Candidat,
    pub(super) regard: Regard,
}

/// What is known of the consultation around a bidder.
pub(crate) struct Regard {
    pub(super) dlas: Vec<Uuid>,
    pub(super) invites: Vec<Uuid>,
    pub(super) rang: Option<i32>,
    /// Whether the reader follows the consultation, or is invited to it.
    pub(super) shared: bool,
}

/// One of those consulted, or whoever was awarded directly.
#[Object]
impl Candidat {
    /// Who it is.
    async fn prestataire(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.row.prestataire)).await
    }

    /// What it answered.
    async fn reponse(&self) -> ReponsePrestataire {
        self.row.reponse.into()
    }

    /// The price it offers: known from the opening on.
    async fn montant(&self) -> Option<Cents> {
        self.row.montant_cents.map(Cents::from)
    }

    /// The days it offers: known from the opening on.
    async fn jours(&self) -> Option<Jours> {
        self.row.jours.map(Jours::from)
    }

    /// The proposal itself, in words: known from the opening on. The DLAs, those invited and the
    /// bidder itself read it, never another bidder; absent for others, and once erased. Offres
    /// that were never opened are read by nobody.
    async fn proposition(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let own = ctx.actor().answers_for().map(|it| it.0);
        let invited = self.regard.shared && own.is_some_and(|it| self.regard.invites.contains(&it));
        let inside = ctx.scope().inside(&self.regard.dlas);
        let reads = inside || invited || own == Some(self.row.prestataire);
        let opened_offre = self
            .row
            .offre_position
            .filter(|_| self.row.montant_cents.is_some());
        let Some(position) = opened_offre.filter(|_| reads) else { return Ok(None) };
        let offre = opened(ctx, position, "/offre").await?;
        Ok(offre.and_then(|it| it["proposition"].as_str().map(str::to_owned)))
    }

    /// Why its offre is out of the competition; absent when it is in.
    async fn rejet(&self) -> Option<RejetOffre> {
        let row = self.row.rejet.clone()?;
        let (dlas, prestataire) = (self.regard.dlas.clone(), self.row.prestataire);
        Some(RejetOffre { row, dlas, prestataire })
    }

    /// What the DLA and those invited gave its offre, one each. Bidders do not read it.
    async fn notes(&self) -> Vec<NoteOffre> {
        let all = self.row.notes.iter().filter(|_| self.regard.shared);
        all.map(|it| NoteOffre { row: it.clone(), dlas: self.regard.dlas.clone() })
            .collect()
    }

    /// The mean of what it was given; absent when nobody marked it. Bidders do not read it.
    async fn moyenne(&self) -> Option<MoyenneOffre> {
        let notes: Vec<_> = self.row.notes.iter().map(|it| it.notation).collect();
        moyenne(&notes)
            .filter(|_| self.regard.shared)
            .map(Into::into)
    }

    /// Its rank by the exact mean, from 1, among the offres that are in and that somebody marked.
    /// The same mean shares a rank. Bidders do not read it.
    async fn rang(&self) -> Option<i32> {
        self.regard.rang
    }

    /// Whether it was told that it is chosen, or not; absent while it was told nothing.
    async fn informe(&self) -> Option<bool> {
        self.row.informe
    }
}

/// What a prestataire answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::Reponse")]
pub(crate) enum ReponsePrestataire {
    /// Nothing yet.
    Attendue,
    /// It sent an offre.
    Offre,
    /// It will not answer.
    Declinee,
    /// Nothing: it was not asked, and was awarded directly, without competition.
    HorsConcurrence,
}

/// Marks on the four criteria of the method (step 3 C3), from 0 to 5.
#[derive(SimpleObject)]
pub(crate) struct Notation {
    /// Quality of contents and forms.
    contenus: i32,
    /// Commitment asked of the structures.
    engagement: i32,
    /// Exchange and animation, collective and individual phases.
    animation: i32,
    /// Enquiry before the animation.
    enquete: i32,
}

impl From<Marks> for Notation {
    fn from(Marks { contenus, engagement, animation, enquete }: Marks) -> Self {
        Self { contenus, engagement, animation, enquete }
    }
}

/// Why an offre is out of the competition.
pub(crate) struct RejetOffre {
    row: rows::Rejet,
    dlas: Vec<Uuid>,
    prestataire: Uuid,
}

/// Why an offre is out of the competition.
#[Object]
impl RejetOffre {
    /// Late, or inadmissible.
    async fn cause(&self) -> CauseRejet {
        self.row.cause.into()
    }

    /// When.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// The reason. The DLAs and the bidder read it; absent for others, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let readers = Readers::DlasAnd(OrganisationId(self.prestataire));
        let place = &self.row.motif;
        open(ctx, readers, &self.dlas, place.position, &place.pointer).await
    }
}

/// Why an offre is out of the competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::CauseRejet")]
pub(crate) enum CauseRejet {
    /// It came after the deadline: it was not opened.
    Tardive,
    /// It was opened, and does not answer the cahier des charges.
    Irrecevable,
}

/// What someone gave an offre on the four criteria.
pub(crate) struct NoteOffre {
    row: rows::Note,
    dlas: Vec<Uuid>,
}

/// What someone gave an offre on the four criteria.
#[Object]
impl NoteOffre {
    /// Who: a DLA, a structure or a financeur.
    async fn par(&self, ctx: &Context<'_>) -> Result<Option<Notateur>> {
        Ok(match self.row.par {
            Who::Dla(id) => dla::find(ctx, Some(id.0)).await?.map(Notateur::Dla),
            Who::Organisation(id) => {
                let found = organisation::find(ctx, Some(id.0)).await?;
                found.map(Notateur::Organisation)
            }
        })
    }

    /// The marks.
    async fn notation(&self) -> Notation {
        self.row.notation.into()
    }

    /// When.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// What they add. The DLAs and its author read it; absent for others, when nothing was added,
    /// and once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.row.commentaire else { return Ok(None) };
        let readers = match self.row.par {
            Who::Dla(_) => Readers::Dlas,
            Who::Organisation(own) => Readers::DlasAnd(own),
        };
        open(ctx, readers, &self.dlas, place.position, &place.pointer).await
    }
}

/// Who marks an offre: a DLA of the dossier, or an invited organisation.
#[derive(Union)]
#[graphql(name = "NotateurOffre")]
pub(crate) enum Notateur {
    Dla(Dla),
    Organisation(Organisation),
}

/// Who marks an offre: exactly one of the two.
#[derive(OneofObject)]
#[graphql(name = "NotateurInput")]
pub(crate) enum NotateurInput {
    /// A DLA of the dossier, by those who work for it.
    Dla(ID),
    /// An invited structure or financeur, by itself or by the DLA that was told.
    Organisation(ID),
}

impl NotateurInput {
    pub(super) fn parse(&self, path: &str) -> Result<Who> {
        Ok(match self {
            Self::Dla(id) => Who::Dla(typed(id, &format!("{path}.dla"))?),
            Self::Organisation(id) => {
                Who::Organisation(typed(id, &format!("{path}.organisation"))?)
            }
        })
    }
}

/// The mean of the marks of an offre, in hundredths of a mark: `433` is 4.33 out of 5. Everyone
/// who marked counts the same, and so does every criterion; half a hundredth is rounded up.
#[derive(SimpleObject)]
pub(crate) struct MoyenneOffre {
    /// How many marked it.
    notateurs: usize,
    /// Quality of contents and forms.
    contenus: i32,
    /// Commitment asked of the structures.
    engagement: i32,
    /// Exchange and animation, collective and individual phases.
    animation: i32,
    /// Enquiry before the animation.
    enquete: i32,
    /// Of the four criteria.
    totale: i32,
}

impl From<Moyenne> for MoyenneOffre {
    fn from(it: Moyenne) -> Self {
        let Moyenne { notateurs, contenus, engagement, animation, enquete, totale } = it;
        Self { notateurs, contenus, engagement, animation, enquete, totale }
    }
}

/// Whom a structure would rather work with.
pub(crate) struct Preference {
    pub(super) row: rows::Preference,
    pub(super) dlas: Vec<Uuid>,
}

/// Whom a structure would rather work with.
#[Object(name = "PreferenceStructure")]
impl Preference {
    /// The structure.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.row.structure)).await
    }

    /// Whose offre it prefers.
    async fn prestataire(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.row.prestataire)).await
    }

    /// When it said so.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// Why. The DLAs and the structure read it; absent for others, when nothing was added, and
    /// once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.row.motif else { return Ok(None) };
        let readers = Readers::DlasAnd(OrganisationId(self.row.structure));
        open(ctx, readers, &self.dlas, place.position, &place.pointer).await
    }
}
