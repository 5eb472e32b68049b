//! Séances of the comités d'appui: how they are seen and listed.

pub(crate) mod commandes;

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{DlaId, IngenierieId, SeanceComiteId, seance_comite_appui as rules};
use projections::comites::{self as rows, After, MODEL};
use uuid::Uuid;

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::{global, typed},
        ingenierie::{self, Ingenierie},
        ingenierie_collective::engager::SensAvis,
        organisation::{self, Organisation},
        paging::{self, List},
        regle::RegleEcartee,
        scalars::{Date, Position, Version},
        sealed::{Readers, open, text},
        territoire::Territoire,
    },
};

/// A séance of the comité d'appui of a DLA, the body that advises it: many dossiers on the agenda,
/// one avis each. The people of its DLA read it whole; those of another DLA find in it the
/// dossiers that they share, and nobody else sees it: what the comité said stands in the dossier.
pub(crate) struct SeanceComiteAppui(pub(crate) rows::Seance);

/// A séance of the comité d'appui of a DLA, the body that advises it: many dossiers on the agenda,
/// one avis each. The people of its DLA read it whole; those of another DLA find in it the
/// dossiers that they share, and nobody else sees it: what the comité said stands in the dossier.
#[Object]
impl SeanceComiteAppui {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(SeanceComiteId(self.0.id))
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// The DLA that the comité advises.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, Some(self.0.dla)).await
    }

    /// Where it stands.
    async fn etat(&self) -> EtatSeanceComite {
        self.0.etat.into()
    }

    /// The day it meets on.
    async fn date(&self) -> Date {
        Date(self.0.jour)
    }

    /// When it starts: `09:30`.
    async fn debut(&self) -> Option<&str> {
        self.0.debut.as_deref()
    }

    /// When it ends: `12:30`.
    async fn fin(&self) -> Option<&str> {
        self.0.fin.as_deref()
    }

    /// The place, as people say it. Absent when it meets by visio only.
    async fn lieu(&self) -> Option<&str> {
        self.0.lieu.as_deref()
    }

    /// Whether one may take part by visio.
    async fn visio(&self) -> bool {
        self.0.visio
    }

    /// The structure porteuse (the organisation that carries the DLA) that convenes it.
    async fn organisateur(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.organisateur).await
    }

    /// Where its DLA works.
    async fn territoire(&self) -> Option<Territoire> {
        Territoire::of(&self.0.territoire)
    }

    /// The agenda: its dossiers, in order.
    async fn dossiers(&self) -> Vec<DossierInscrit> {
        let all = self.0.dossiers.iter().cloned();
        all.map(DossierInscrit).collect()
    }

    /// How many minutes the agenda takes, as far as its dossiers say.
    async fn duree(&self) -> i32 {
        self.0.dossiers.iter().filter_map(|it| it.duree).sum()
    }

    /// When the agenda was last sent; absent while it was not.
    async fn ordre_du_jour_sent_on(&self) -> Option<Date> {
        self.0.envoye_on.map(Date)
    }

    /// Whether the agenda has changed since it was sent: it is then to be sent again.
    async fn ordre_du_jour_modifie(&self) -> bool {
        self.0.modifie
    }

    /// Who came, and who did not. The people of the DLA read it; empty for others.
    async fn membres(&self) -> Vec<MembrePresence> {
        self.0.membres.iter().cloned().map(MembrePresence).collect()
    }

    /// When it was closed; absent before.
    async fn closed_on(&self) -> Option<Date> {
        self.0.closed_on.map(Date)
    }

    /// Why it was moved last, or cancelled. The people of the DLA read it; absent for others, and
    /// once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.0.motif else { return Ok(None) };
        open(ctx, Readers::Dlas, &[self.0.dla], place.position, &place.pointer).await
    }
}

/// One séance, if the caller may see it.
pub(crate) async fn find(
    ctx: &Context<'_>,
    id: SeanceComiteId,
) -> Result<Option<SeanceComiteAppui>> {
    Ok(ctx.loaders().load_one(id).await?.map(SeanceComiteAppui))
}

/// Where a séance of a comité stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::Etat")]
pub(crate) enum EtatSeanceComite {
    /// It is to meet, or it has met and is not closed yet.
    Convoquee,
    /// It will not meet.
    Annulee,
    /// Every dossier has its avis, and what the comité said no longer changes.
    Close,
}

/// A dossier on the agenda of a comité.
pub(crate) struct DossierInscrit(rows::Dossier);

/// A dossier on the agenda of a comité.
#[Object]
impl DossierInscrit {
    /// The ingénierie to examine.
    async fn ingenierie_id(&self) -> ID {
        global(IngenierieId(self.0.ingenierie))
    }

    /// The ingénierie itself, with what it takes to examine it.
    async fn ingenierie(&self, ctx: &Context<'_>) -> Result<Option<Ingenierie>> {
        ingenierie::find(ctx, IngenierieId(self.0.ingenierie)).await
    }

    /// Its place in the agenda, from 1. Of two dossiers of the same place, the one placed there
    /// last comes first.
    async fn rang(&self) -> i32 {
        self.0.rang
    }

    /// The minutes given to it.
    async fn duree(&self) -> Option<i32> {
        self.0.duree
    }

    /// When it was inscribed.
    async fn inscribed_on(&self) -> Date {
        Date(self.0.inscribed_on)
    }

    /// What the comité says of it; absent until it has.
    async fn avis(&self) -> Option<AvisRendu> {
        self.0.avis.clone().map(AvisRendu)
    }

    /// The rules set aside so that it could be inscribed, with their justifications (INV-14).
    async fn regles_ecartees(&self) -> Vec<RegleEcartee> {
        RegleEcartee::all(&self.0.waivers)
    }
}

/// What a comité said of a dossier in a séance, and what became of it. Whoever sees the dossier
/// on the agenda is of one of its DLAs, and reads it all.
pub(crate) struct AvisRendu(rows::Avis);

/// What a comité said of a dossier in a séance, and what became of it. Whoever sees the dossier
/// on the agenda is of one of its DLAs, and reads it all.
#[Object]
impl AvisRendu {
    /// What it advises.
    async fn sens(&self) -> SensAvis {
        self.0.sens.into()
    }

    /// When it was given.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }

    /// What the comité adds. Absent when nothing was added, and once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.0.commentaire else { return Ok(None) };
        text(ctx, place.position, &place.pointer).await
    }

    /// Its reservations, when it is favourable with some. Absent once erased.
    async fn reserves(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(place) = &self.0.reserves else { return Ok(None) };
        text(ctx, place.position, &place.pointer).await
    }

    /// What became of it once the séance was closed.
    async fn suite(&self) -> SuiteAvis {
        self.0.suite.into()
    }

    /// Why the dossier refused it: a code of `errors`, such as `INGENIERIE_OVER`. Reopen the
    /// dossier and record the avis there, if it is still to count.
    async fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }
}

/// What became of an avis once its séance was closed. The house brings each to its dossier, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::Suite")]
pub(crate) enum SuiteAvis {
    /// The séance is not closed, or the dossier has not answered yet.
    EnAttente,
    /// The dossier holds it.
    Retenu,
    /// The dossier refused it, as when it was abandoned meanwhile.
    Refuse,
}

/// Someone who came to a séance of a comité, or did not. No name stands in the log.
pub(crate) struct MembrePresence(rows::Membre);

/// Someone who came to a séance of a comité, or did not. No name stands in the log.
#[Object]
impl MembrePresence {
    /// Who: the id that stands for a person.
    async fn personne(&self) -> Uuid {
        self.0.personne
    }

    /// For which organisation.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, self.0.organisation).await
    }

    /// Whether they came.
    async fn presence(&self) -> PresenceMembre {
        self.0.presence.into()
    }
}

/// Whether a member came to a séance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::PresenceMembre")]
pub(crate) enum PresenceMembre {
    /// Was there, or took part by visio.
    Present,
    /// Did not come, and said so.
    Excuse,
    /// Did not come.
    Absent,
}

/// Which séances are looked for: all that is given must hold.
#[derive(Default, InputObject)]
pub(crate) struct SeanceComiteFilter {
    /// Of the comité d'appui of this DLA.
    dla: Option<ID>,
    /// From this day on: today, for those to come.
    du: Option<Date>,
    /// Until this day, included.
    au: Option<Date>,
    /// With this dossier on the agenda.
    ingenierie: Option<ID>,
    /// That stand there.
    etat: Option<EtatSeanceComite>,
}

impl SeanceComiteFilter {
    fn parse(&self) -> Result<rows::Filter> {
        let dla = self.dla.as_ref().map(|it| typed::<DlaId>(it, "filter.dla"));
        let ingenierie = self.ingenierie.as_ref();
        let ingenierie = ingenierie.map(|it| typed::<IngenierieId>(it, "filter.ingenierie"));
        Ok(rows::Filter {
            dla: dla.transpose()?.map(|it| it.0),
            du: self.du.map(|it| it.0),
            au: self.au.map(|it| it.0),
            ingenierie: ingenierie.transpose()?.map(|it| it.0),
            etat: self.etat.map(Into::into),
        })
    }
}

#[derive(Default)]
pub(crate) struct SeanceComiteAppuiQuery;

#[Object]
impl SeanceComiteAppuiQuery {
    /// A séance of a comité d'appui by its id.
    async fn seance_comite_appui(
        &self,
        ctx: &Context<'_>,
        id: ID,
    ) -> Result<Option<SeanceComiteAppui>> {
        find(ctx, typed(&id, "id")?).await
    }

    /// The séances of the comités d'appui, past and to come, by date: those of your DLAs, and
    /// those where one of your dossiers is examined.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn seances_comite_appui(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "What to look for.")] filter: Option<SeanceComiteFilter>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<After, SeanceComiteAppui>> {
        let asked = paging::asked(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().parse()?;
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let (reads, scope) = (ctx.reads(), ctx.scope());
        let page = rows::list(reads, scope, &filter, asked.first, asked.after.clone());
        let row = |it: rows::Seance| ((it.jour, it.debut.clone(), it.id), SeanceComiteAppui(it));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count(reads, scope, &filter)).await
    }
}
