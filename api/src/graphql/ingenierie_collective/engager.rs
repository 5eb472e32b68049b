//! Step 2 of the method, ENGAGER: the partners, the shared objectives, the validation.

pub(super) mod partage;

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{
    DlaId, Liste, OrganisationId, SeanceComiteId, ingenierie_collective::engager as rules,
    seance_comite_appui::Avis,
};
use projections::ingenieries as rows;

use self::partage::{ContributionIntervenant, EngagementIntervenant, PartageProblematique};
use super::{IngenierieCollectivePayload, IngenierieInput, Part};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        dla::{self, Dla},
        ids::typed,
        organisation::{self, Organisation},
        referentiel::Code,
        request::{code, line, optional, prose},
        scalars::Date,
        sealed::Readers,
        seance_comite_appui::{self, SeanceComiteAppui},
    },
};

/// A partner of the network of an ingénierie: a financeur, a federation, a town, a bank.
pub(crate) struct Partenaire(pub(super) Part<rows::Partenaire>);

/// A partner of the network of an ingénierie: a financeur, a federation, a town, a bank.
#[Object]
impl Partenaire {
    /// Who it is. Null when the registry does not have it yet.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.row.organisation)).await
    }

    /// What it is here: a code of `CATEGORIE_PARTENAIRE`.
    async fn categorie(&self) -> Code {
        Code::new(Liste::CategoriePartenaire, self.0.row.categorie.as_str())
    }

    /// What it does in the network, on one line. Absent when nothing was noted.
    async fn role(&self) -> Option<&str> {
        self.0.row.role.as_ref().map(domain::Line::as_str)
    }

    /// Since when it is associated.
    async fn since(&self) -> Date {
        Date(self.0.row.since)
    }

    /// The last thing it said it expects. Absent while it said nothing.
    async fn attente(&self) -> Option<AttentePartenaire> {
        let attente = self.0.row.attente.clone()?;
        Some(AttentePartenaire(self.0.with(attente)))
    }

    /// What it thinks of the problématique. Absent while it said nothing.
    async fn partage(&self) -> Option<PartageProblematique> {
        let partage = self.0.row.partage.clone()?;
        Some(PartageProblematique(self.0.with(partage)))
    }

    /// What it could bring as an intervenant. Absent while it offered nothing.
    async fn contribution(&self) -> Option<ContributionIntervenant> {
        self.0.row.contribution.clone().map(ContributionIntervenant)
    }

    /// What it will do as an intervenant. Absent while it is not engaged.
    async fn engagement(&self) -> Option<EngagementIntervenant> {
        self.0.row.engagement.clone().map(EngagementIntervenant)
    }

    /// When it was last told how things go (RUL-31). Absent while it was not.
    async fn informed_on(&self) -> Option<Date> {
        self.0.row.informed_on.map(Date)
    }

    /// When it confirmed the démarche, as a financeur (INV-09). Absent while it did not.
    async fn confirmed_on(&self) -> Option<Date> {
        self.0.row.confirmed_on.map(Date)
    }
}

/// What a partner expects (method, fiche 3).
pub(crate) struct AttentePartenaire(Part<rows::Attente>);

/// What a partner expects (method, fiche 3).
#[Object]
impl AttentePartenaire {
    /// How it suits the porteur.
    async fn compatibilite(&self) -> Compatibilite {
        self.0.row.compatibilite.into()
    }

    /// When it was said.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// The expectation itself. Shown to the DLAs concerned; null for others, and once erased.
    async fn attente(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.0.open(ctx, Readers::Dlas, &self.0.row.attente).await
    }
}

/// How what a partner expects suits the porteur (method, fiche 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Compatibilite")]
pub(crate) enum Compatibilite {
    /// Both gain by it.
    Complementaire,
    /// One has to give way to the other.
    Contradictoire,
    /// Both cannot be had.
    Incompatible,
}

/// An objective that the partners share (method, step 2 B).
pub(crate) struct Objectif(pub(crate) rows::Objectif);

/// An objective that the partners share (method, step 2 B).
#[Object]
impl Objectif {
    /// Whether it says what the ingénierie is for, or what it does.
    async fn portee(&self) -> PorteeObjectif {
        self.0.portee.into()
    }

    /// A code of `OBJECTIF_STRATEGIQUE` or `OBJECTIF_OPERATIONNEL`.
    async fn objectif(&self) -> Code {
        Code::new(PorteeObjectif::from(self.0.portee).list(), self.0.objectif.as_str())
    }

    /// What it means here. Absent when nothing was noted.
    async fn precision(&self) -> Option<&str> {
        self.0.precision.as_ref().map(domain::Prose::as_str)
    }

    /// When it was set in these words.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }
}

/// What an objective is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::PorteeObjectif")]
pub(crate) enum PorteeObjectif {
    /// What the ingénierie is for (OS1 to OS4).
    Strategique,
    /// What it does (OO1 to OO6).
    Operationnel,
}

impl PorteeObjectif {
    /// Where its codes are.
    fn list(self) -> Liste {
        match self {
            Self::Strategique => Liste::ObjectifStrategique,
            Self::Operationnel => Liste::ObjectifOperationnel,
        }
    }
}

/// A structure porteuse (the organisation that carries a DLA) inscribed the démarche in its
/// activities (INV-08).
pub(crate) struct ValidationDemarche(pub(crate) rows::Validation);

/// A structure porteuse (the organisation that carries a DLA) inscribed the démarche in its
/// activities (INV-08).
#[Object]
impl ValidationDemarche {
    /// The DLA that its porteuse answers for.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, Some(self.0.dla)).await
    }

    /// When.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }
}

/// The avis (opinion) of the comité d'appui of a DLA: the committee that advises it. Only the
/// last avis of each DLA counts.
pub(crate) struct AvisComiteAppui(pub(crate) Part<rows::Avis>);

/// The avis (opinion) of the comité d'appui of a DLA: the committee that advises it. Only the
/// last avis of each DLA counts.
#[Object]
impl AvisComiteAppui {
    /// The DLA that the comité advises.
    async fn dla(&self, ctx: &Context<'_>) -> Result<Option<Dla>> {
        dla::find(ctx, Some(self.0.row.dla)).await
    }

    /// What it advises.
    async fn sens(&self) -> SensAvis {
        self.0.row.sens.into()
    }

    /// When it was given.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// What the comité adds. Shown to the DLAs concerned; null for others, when nothing was
    /// added, and once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(commentaire) = &self.0.row.commentaire else { return Ok(None) };
        self.0.open(ctx, Readers::Dlas, commentaire).await
    }

    /// The reservations of an avis that is favourable with some. Shown to the DLAs concerned; null
    /// for others, when there are none, and once erased.
    async fn reserves(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(reserves) = &self.0.row.reserves else { return Ok(None) };
        self.0.open(ctx, Readers::Dlas, reserves).await
    }

    /// The séance where it was given. Null when it was noted without a séance, and for those who
    /// may not see it.
    async fn seance(&self, ctx: &Context<'_>) -> Result<Option<SeanceComiteAppui>> {
        let Some(id) = self.0.row.seance else { return Ok(None) };
        seance_comite_appui::find(ctx, SeanceComiteId(id)).await
    }
}

/// What a comité d'appui advises. It is consultative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::SensAvis")]
pub(crate) enum SensAvis {
    /// Go on.
    Favorable,
    /// Go on, with these remarks in mind.
    FavorableAvecReserves,
    /// Do not go on: whoever does justifies it at the confirmation (INV-07).
    Defavorable,
    /// Put off: the comité wants to see the dossier again. It does not count as an avis given.
    Ajourne,
}

#[derive(Default)]
pub(crate) struct EngagerMutation;

#[Object]
impl EngagerMutation {
    /// Lets a partner into the network, or changes its category or role there. From then on it
    /// sees the dossier.
    async fn associate_partenaire(
        &self,
        ctx: &Context<'_>,
        input: AssociatePartenaireInput,
    ) -> Result<IngenierieCollectivePayload> {
        let organisation: OrganisationId = typed(&input.organisation, "input.organisation")?;
        let categorie = input.dossier.request.code(
            ctx,
            Liste::CategoriePartenaire,
            "input.categorie",
            &input.categorie,
        )?;
        let role = optional(line, "input.role", input.role.as_ref())?;
        let gather = || ctx.log().seen::<domain::Organisation>(organisation);
        let dossier = &input.dossier;
        dossier
            .decide_with(ctx, gather, |it, asked, organisation| {
                it.associate_partenaire(asked, organisation, categorie.clone(), role.clone())
            })
            .await
    }

    /// Lets a partner leave the network, with the reason (INV-36).
    async fn withdraw_partenaire(
        &self,
        ctx: &Context<'_>,
        input: WithdrawPartenaireInput,
    ) -> Result<IngenierieCollectivePayload> {
        let organisation = typed(&input.organisation, "input.organisation")?;
        let motif = prose("input.motif", &input.motif)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.withdraw_partenaire(asked, organisation, motif.clone()))
            .await
    }

    /// Makes the ingénierie inter-DLA: the other DLA takes part, and is to validate the démarche
    /// (INV-08) and to have the avis of its comité d'appui (INV-06).
    async fn associate_dla(
        &self,
        ctx: &Context<'_>,
        input: IngenierieDlaInput,
    ) -> Result<IngenierieCollectivePayload> {
        let dla = input.dla()?;
        let gather = || ctx.log().seen::<domain::Dla>(dla);
        let dossier = &input.dossier;
        dossier
            .decide_with(ctx, gather, domain::IngenierieCollective::associate_dla)
            .await
    }

    /// Notes what a partner expects, and how it suits the porteur (method, fiche 3). The last
    /// one of each partner shows in the fiche; the history keeps all.
    async fn record_attente(
        &self,
        ctx: &Context<'_>,
        input: RecordAttenteInput,
    ) -> Result<IngenierieCollectivePayload> {
        let partenaire = typed(&input.partenaire, "input.partenaire")?;
        let compatibilite = input.compatibilite.into();
        let attente = prose("input.attente", &input.attente)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.record_attente(asked, partenaire, compatibilite, attente.clone())
            })
            .await
    }

    /// Sets a strategic objective, or changes what it means here.
    async fn set_objectif_strategique(
        &self,
        ctx: &Context<'_>,
        input: SetObjectifInput,
    ) -> Result<IngenierieCollectivePayload> {
        let (objectif, precision) = input.parse(ctx, Liste::ObjectifStrategique)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.set_objectif_strategique(asked, objectif.clone(), precision.clone())
            })
            .await
    }

    /// Sets an operational objective, or changes what it means here. A strategic code is taken
    /// too: the method lists some values in both places.
    async fn set_objectif_operationnel(
        &self,
        ctx: &Context<'_>,
        input: SetObjectifInput,
    ) -> Result<IngenierieCollectivePayload> {
        let (objectif, precision) = input.parse(ctx, Liste::ObjectifOperationnel)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.set_objectif_operationnel(asked, objectif.clone(), precision.clone())
            })
            .await
    }

    /// Gives an objective up, with the reason (INV-36).
    async fn withdraw_objectif(
        &self,
        ctx: &Context<'_>,
        input: WithdrawObjectifInput,
    ) -> Result<IngenierieCollectivePayload> {
        let portee = input.portee;
        let objectif = code(ctx, portee.list(), "input.objectif", &input.objectif)?;
        let motif = prose("input.motif", &input.motif)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.withdraw_objectif(asked, portee.into(), objectif.clone(), motif.clone())
            })
            .await
    }

    /// Inscribes the démarche in the activities of a structure porteuse: said by whoever answers
    /// for it (role `RESPONSABLE_PORTEUSE`), for each DLA concerned, before the ingénierie is
    /// engaged (INV-08).
    async fn validate_demarche(
        &self,
        ctx: &Context<'_>,
        input: IngenierieDlaInput,
    ) -> Result<IngenierieCollectivePayload> {
        let dla = input.dla()?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.validate_demarche(asked, dla))
            .await
    }

    /// Confirms the démarche on behalf of a financeur: said by the financeur itself, or by the
    /// DLA that notes it. It must be associated as a permanent or ponctuel funder (INV-09).
    async fn confirm_demarche_by_financeur(
        &self,
        ctx: &Context<'_>,
        input: ConfirmDemarcheByFinanceurInput,
    ) -> Result<IngenierieCollectivePayload> {
        let financeur = typed(&input.financeur, "input.financeur")?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.confirm_demarche_by_financeur(asked, financeur))
            .await
    }

    /// Records the avis of the comité d'appui of a DLA, in place of its former one. Every DLA
    /// concerned needs one before the ingénierie is confirmed (INV-06). It is for an avis given
    /// outside the séances kept here, in writing for example: those of a séance come by
    /// themselves once it is closed. The last one recorded counts, and all stand in the history.
    async fn record_avis(
        &self,
        ctx: &Context<'_>,
        input: RecordAvisInput,
    ) -> Result<IngenierieCollectivePayload> {
        let dla = typed(&input.dla, "input.dla")?;
        let avis = Avis {
            sens: input.sens.into(),
            commentaire: optional(prose, "input.commentaire", input.commentaire.as_ref())?,
            reserves: optional(prose, "input.reserves", input.reserves.as_ref())?,
        };
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.record_avis(asked, dla, avis.clone()))
            .await
    }

    /// Passes the first milestone: the démarche is validated, structures may be contacted.
    ///
    /// The problématique is stated and every porteuse concerned has validated (INV-08). When
    /// no structure confirmed the problématique, going on is justified with `because` (INV-19).
    async fn engage_ingenierie(
        &self,
        ctx: &Context<'_>,
        input: IngenierieInput,
    ) -> Result<IngenierieCollectivePayload> {
        input
            .decide(ctx, domain::IngenierieCollective::engage_ingenierie)
            .await
    }
}

/// A partner, and its place in the network.
#[derive(InputObject)]
pub(crate) struct AssociatePartenaireInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The organisation. A closed one is refused (INV-39).
    organisation: ID,
    /// What it is here: a code of `CATEGORIE_PARTENAIRE`.
    categorie: String,
    /// What it does in the network, on one line.
    role: Option<String>,
}

/// A partner that leaves.
#[derive(InputObject)]
pub(crate) struct WithdrawPartenaireInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The organisation.
    organisation: ID,
    /// Why it leaves. Sealed: the DLAs read it.
    motif: String,
}

/// A DLA of an ingénierie.
#[derive(InputObject)]
pub(crate) struct IngenierieDlaInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The DLA.
    dla: ID,
}

impl IngenierieDlaInput {
    fn dla(&self) -> Result<DlaId> {
        typed(&self.dla, "input.dla")
    }
}

/// What a partner expects.
#[derive(InputObject)]
pub(crate) struct RecordAttenteInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The organisation, associated as a partner before.
    partenaire: ID,
    /// How it suits the porteur.
    compatibilite: Compatibilite,
    /// The expectation. Sealed: the DLAs read it.
    attente: String,
}

/// An objective.
#[derive(InputObject)]
pub(crate) struct SetObjectifInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// A code of `OBJECTIF_STRATEGIQUE` or of `OBJECTIF_OPERATIONNEL`, as the mutation says.
    objectif: String,
    /// What it means here. In clear in the history: name nobody.
    precision: Option<String>,
}

impl SetObjectifInput {
    fn parse(
        &self,
        ctx: &Context<'_>,
        list: Liste,
    ) -> Result<(domain::Code, Option<domain::Prose>)> {
        let precision = optional(prose, "input.precision", self.precision.as_ref())?;
        Ok((
            self.dossier
                .request
                .code(ctx, list, "input.objectif", &self.objectif)?,
            precision,
        ))
    }
}

/// An objective that is given up.
#[derive(InputObject)]
pub(crate) struct WithdrawObjectifInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// Whether it was set as strategic or as operational.
    portee: PorteeObjectif,
    /// Its code.
    objectif: String,
    /// Why it is given up. Sealed: the DLAs read it.
    motif: String,
}

/// A financeur that confirms the démarche.
#[derive(InputObject)]
pub(crate) struct ConfirmDemarcheByFinanceurInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The organisation.
    financeur: ID,
}

/// The avis of a comité d'appui.
#[derive(InputObject)]
pub(crate) struct RecordAvisInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The DLA that the comité advises: one of those concerned.
    dla: ID,
    /// What it advises.
    sens: SensAvis,
    /// What it adds. Needed when the avis is unfavourable or put off (INV-36). Sealed: the DLAs
    /// read it.
    commentaire: Option<String>,
    /// Its reservations. Needed when it is favourable with some, and only then. Sealed: the DLAs
    /// read them.
    reserves: Option<String>,
}
