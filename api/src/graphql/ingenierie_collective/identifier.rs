//! Step 1 of the method, IDENTIFIER: the problématique, the structures, the place of the DLA.

pub(super) mod cadrage;

use async_graphql::{Context, ID, InputObject, Object};
use domain::{
    IngenierieId, Liste, OrganisationId,
    ingenierie_collective::identifier::{CONFIRMING_MAX, Initiation, Subsidiarite as Found},
};
use projections::ingenieries as rows;

use super::{
    IngenierieCollectivePayload, IngenierieInput, Part, StructureCibleeInput,
    StructureCibleeMotifInput, payload, seen_all, shown,
};
use crate::{
    Result,
    graphql::{
        context::ContextExt,
        ids::{typed, typed_all},
        organisation::{self, Organisation},
        referentiel::Code,
        request::{Request, line, optional, prose},
        scalars::Date,
        sealed::Readers,
        territoire::TerritoireInput,
    },
};

/// The problématique: the need that several structures share, in the words of the DLA.
pub(crate) struct Problematique(pub(super) Part<rows::Problematique>);

/// The problématique: the need that several structures share, in the words of the DLA.
#[Object]
impl Problematique {
    /// The words of today. Absent until the problématique is stated.
    async fn enonce(&self) -> Option<&str> {
        self.0.row.enonce.as_ref().map(domain::Prose::as_str)
    }

    /// Since when it has these words. Absent until the problématique is stated.
    async fn stated_on(&self) -> Option<Date> {
        self.0.row.stated_on.map(Date)
    }

    /// Where the need was heard of, in the order recorded (INV-19: at least one before the
    /// problématique is stated).
    async fn sources(&self) -> Vec<SourceProblematique> {
        self.0
            .row
            .sources
            .iter()
            .cloned()
            .map(SourceProblematique)
            .collect()
    }

    /// Who recognises the problem as theirs, in the words of today: a reformulation starts
    /// this list anew. A structure sees itself only.
    async fn confirmations(&self, ctx: &Context<'_>) -> Vec<ConfirmationProblematique> {
        let shown = |it: &rows::Confirmation| {
            let structures = it.structures.iter().copied();
            let structures: Vec<_> = structures.filter(|it| shown(ctx, *it)).collect();
            (!structures.is_empty()).then(|| rows::Confirmation { structures, ..it.clone() })
        };
        let all = self.0.row.confirmations.iter().filter_map(shown);
        all.map(ConfirmationProblematique).collect()
    }

    /// The words it had before, oldest first.
    async fn reformulations(&self) -> Vec<Reformulation> {
        self.0.each(&self.0.row.reformulations, Reformulation)
    }
}

/// Where the need was heard of (method, step 1 A1 to A6).
pub(crate) struct SourceProblematique(rows::Source);

/// Where the need was heard of (method, step 1 A1 to A6).
#[Object]
impl SourceProblematique {
    /// The kind of source: a code of `SOURCE_PROBLEMATIQUE`.
    async fn source(&self) -> Code {
        Code::new(Liste::SourceProblematique, self.0.source.as_str())
    }

    /// What was heard there. Absent when nothing was noted.
    async fn precision(&self) -> Option<&str> {
        self.0.precision.as_ref().map(domain::Prose::as_str)
    }

    /// When it was heard.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }
}

/// Structures that recognise the problem as theirs (method, step 1 A6).
pub(crate) struct ConfirmationProblematique(rows::Confirmation);

/// Structures that recognise the problem as theirs (method, step 1 A6).
#[Object]
impl ConfirmationProblematique {
    /// Who confirmed.
    async fn structures(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>> {
        organisation::find_all(ctx, &self.0.structures).await
    }

    /// How they were asked: a meeting, a survey, interviews.
    async fn methode(&self) -> &str {
        self.0.methode.as_str()
    }

    /// When they said so.
    async fn on(&self) -> Date {
        Date(self.0.on)
    }
}

/// A change of the words of the problématique.
pub(crate) struct Reformulation(Part<rows::Reformulation>);

/// A change of the words of the problématique.
#[Object]
impl Reformulation {
    /// The words that were left behind.
    async fn former(&self) -> Option<&str> {
        self.0.row.former.as_ref().map(domain::Prose::as_str)
    }

    /// When the words changed.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// Why. Shown to the DLAs concerned; null for others, and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.0.open(ctx, Readers::Dlas, &self.0.row.motif).await
    }
}

/// A comparison with offers that already exist (subsidiarité: the DLA does what nobody else
/// does; method, case FE1-3).
pub(crate) struct Subsidiarite(pub(super) Part<rows::Subsidiarite>);

/// A comparison with offers that already exist (subsidiarité: the DLA does what nobody else
/// does; method, case FE1-3).
#[Object]
impl Subsidiarite {
    /// True when nobody else offers the same content.
    async fn contenu(&self) -> bool {
        self.0.row.contenu
    }

    /// True when nobody else finances it.
    async fn financement(&self) -> bool {
        self.0.row.financement
    }

    /// When they were compared.
    async fn on(&self) -> Date {
        Date(self.0.row.on)
    }

    /// What was found. Shown to the DLAs concerned; null for others, and once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.0
            .open(ctx, Readers::Dlas, &self.0.row.commentaire)
            .await
    }
}

#[derive(Default)]
pub(crate) struct IdentifierMutation;

#[Object]
impl IdentifierMutation {
    /// Starts an ingénierie collective that a DLA leads, in the state `EN_IDENTIFICATION`.
    /// Its id is made of `commandId`.
    async fn initiate_ingenierie(
        &self,
        ctx: &Context<'_>,
        input: InitiateIngenierieInput,
    ) -> Result<IngenierieCollectivePayload> {
        let id = IngenierieId(input.request.command_id);
        let porteur: domain::DlaId = typed(&input.porteur, "input.porteur")?;
        let initiation = Initiation {
            intitule: line("input.intitule", &input.intitule)?,
            territoire: input.territoire.parse("input.territoire")?,
            secteurs: input.request.codes(
                ctx,
                Liste::Secteur,
                "input.secteurs",
                &input.secteurs,
            )?,
        };
        let gather = || ctx.log().seen::<domain::Dla>(porteur);
        let decided = input.request.decide_with(
            ctx,
            id,
            gather,
            |it: &domain::IngenierieCollective, asked, porteur| {
                it.initiate_ingenierie(asked, id, porteur, initiation.clone())
            },
        );
        Ok(payload(id, decided.await?))
    }

    /// Says where the need was heard of (method, step 1 A). May be given several times.
    async fn record_source(
        &self,
        ctx: &Context<'_>,
        input: RecordSourceInput,
    ) -> Result<IngenierieCollectivePayload> {
        let source = input.dossier.request.code(
            ctx,
            Liste::SourceProblematique,
            "input.source",
            &input.source,
        )?;
        let precision = optional(prose, "input.precision", input.precision.as_ref())?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.record_source(asked, source.clone(), precision.clone()))
            .await
    }

    /// Puts the common problem into words, once at least one source is recorded (INV-19).
    /// Other words are given by `reformulateProblematique`.
    async fn state_problematique(
        &self,
        ctx: &Context<'_>,
        input: StateProblematiqueInput,
    ) -> Result<IngenierieCollectivePayload> {
        let enonce = prose("input.enonce", &input.enonce)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.state_problematique(asked, enonce.clone()))
            .await
    }

    /// Puts the problématique into other words, with the reason (INV-36). Structures that had
    /// confirmed it are to be asked again.
    async fn reformulate_problematique(
        &self,
        ctx: &Context<'_>,
        input: ReformulateProblematiqueInput,
    ) -> Result<IngenierieCollectivePayload> {
        let enonce = prose("input.enonce", &input.enonce)?;
        let motif = prose("input.motif", &input.motif)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.reformulate_problematique(asked, enonce.clone(), motif.clone())
            })
            .await
    }

    /// Notes that structures recognise the problem as theirs, and how they were asked (method,
    /// step 1 A6). They need not be targeted.
    async fn confirm_problematique(
        &self,
        ctx: &Context<'_>,
        input: ConfirmProblematiqueInput,
    ) -> Result<IngenierieCollectivePayload> {
        let mut structures: Vec<OrganisationId> = typed_all(&input.structures, "input.structures")?;
        // One too many is enough to be told so.
        structures.truncate(CONFIRMING_MAX + 1);
        let methode = line("input.methode", &input.methode)?;
        let gather = || seen_all(ctx.log(), &structures);
        let dossier = &input.dossier;
        dossier
            .decide_with(ctx, gather, |it, asked, structures| {
                it.confirm_problematique(asked, structures, methode.clone())
            })
            .await
    }

    /// Says in which sectors structures are looked for (method, step 1 B2), in place of what
    /// was said before.
    async fn determine_secteurs(
        &self,
        ctx: &Context<'_>,
        input: DetermineSecteursInput,
    ) -> Result<IngenierieCollectivePayload> {
        let secteurs: Vec<_> =
            input
                .dossier
                .request
                .codes(ctx, Liste::Secteur, "input.secteurs", &input.secteurs)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.determine_secteurs(asked, secteurs.clone()))
            .await
    }

    /// Targets a structure (ciblage): it could benefit. From then on it sees the dossier. A
    /// closed organisation is refused (INV-39).
    async fn target_structure(
        &self,
        ctx: &Context<'_>,
        input: StructureCibleeInput,
    ) -> Result<IngenierieCollectivePayload> {
        let structure: OrganisationId = input.structure()?;
        let gather = || ctx.log().seen::<domain::Organisation>(structure);
        let dossier = &input.dossier;
        dossier
            .decide_with(ctx, gather, domain::IngenierieCollective::target_structure)
            .await
    }

    /// No longer targets a structure, with the reason (INV-36). One that takes part is first
    /// withdrawn by `withdrawStructure`.
    async fn untarget_structure(
        &self,
        ctx: &Context<'_>,
        input: StructureCibleeMotifInput,
    ) -> Result<IngenierieCollectivePayload> {
        let (structure, motif) = input.parse()?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.untarget_structure(asked, structure, motif.clone()))
            .await
    }

    /// Notes a comparison with existing offers, in content and financing (subsidiarité). Each
    /// call is kept as a comparison of its own.
    async fn check_subsidiarite(
        &self,
        ctx: &Context<'_>,
        input: CheckSubsidiariteInput,
    ) -> Result<IngenierieCollectivePayload> {
        let found = Found {
            contenu: input.contenu,
            financement: input.financement,
            commentaire: prose("input.commentaire", &input.commentaire)?,
        };
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.check_subsidiarite(asked, found.clone()))
            .await
    }

    /// Notes that the démarche was compared with what other operators do (complémentarité;
    /// method, fiche 3). Each call is kept as a comparison of its own.
    async fn check_complementarite(
        &self,
        ctx: &Context<'_>,
        input: CheckComplementariteInput,
    ) -> Result<IngenierieCollectivePayload> {
        let commentaire = prose("input.commentaire", &input.commentaire)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.check_complementarite(asked, commentaire.clone()))
            .await
    }
}

/// A new ingénierie collective.
#[derive(InputObject)]
pub(crate) struct InitiateIngenierieInput {
    #[graphql(flatten)]
    request: Request,
    /// The DLA that leads it.
    porteur: ID,
    /// Its working title, on one line of at most 200 characters.
    intitule: String,
    /// Where it takes place.
    territoire: TerritoireInput,
    /// The sectors of the structures looked for: codes of `SECTEUR`, at most 30. May be
    /// determined later.
    #[graphql(default)]
    secteurs: Vec<String>,
}

/// Where a need was heard of.
#[derive(InputObject)]
pub(crate) struct RecordSourceInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The kind of source: a code of `SOURCE_PROBLEMATIQUE`.
    source: String,
    /// What was heard there. In clear in the history: name nobody.
    precision: Option<String>,
}

/// A problématique in words.
#[derive(InputObject)]
pub(crate) struct StateProblematiqueInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The need that structures share. In clear in the history: name nobody.
    enonce: String,
}

/// A problématique in other words.
#[derive(InputObject)]
pub(crate) struct ReformulateProblematiqueInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The new words. In clear in the history: name nobody.
    enonce: String,
    /// Why the words change. Sealed: the DLAs read it.
    motif: String,
}

/// Structures that recognise a problem as theirs.
#[derive(InputObject)]
pub(crate) struct ConfirmProblematiqueInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// Who confirms: from 1 to 200 organisations.
    structures: Vec<ID>,
    /// How they were asked, on one line: a meeting, a survey, interviews.
    methode: String,
}

/// The sectors in which structures are looked for.
#[derive(InputObject)]
pub(crate) struct DetermineSecteursInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// Codes of `SECTEUR`, from 1 to 30.
    secteurs: Vec<String>,
}

/// A comparison with existing offers.
#[derive(InputObject)]
pub(crate) struct CheckSubsidiariteInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// True when nobody else offers the same content.
    contenu: bool,
    /// True when nobody else finances it.
    financement: bool,
    /// What was found, and what the DLA adds. Sealed: the DLAs read it.
    commentaire: String,
}

/// A comparison with what other operators do.
#[derive(InputObject)]
pub(crate) struct CheckComplementariteInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// What was found. Sealed: the DLAs read it.
    commentaire: String,
}
