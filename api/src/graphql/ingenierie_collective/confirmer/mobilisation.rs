//! Objective A of the step: structures are contacted, answer, commit, and form groupes.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{
    OrganisationId,
    ingenierie_collective::confirmer::mobilisation::{self as rules, GroupeVoulu},
};
use projections::ingenieries as rows;

use crate::{
    Result,
    graphql::{
        ids::typed,
        ingenierie_collective::{
            IngenierieCollectivePayload, IngenierieInput, Part, StructureCibleeInput,
            StructureCibleeMotifInput,
        },
        organisation::{self, Organisation},
        request::{line, optional, prose},
        scalars::Date,
        sealed::Readers,
        territoire::{Territoire, TerritoireInput},
    },
};

/// A structure bénéficiaire that an ingénierie targets, and where it stands.
pub(crate) struct StructureCiblee(pub(in super::super) Part<rows::Structure>);

/// A structure bénéficiaire that an ingénierie targets, and where it stands.
#[Object]
impl StructureCiblee {
    /// Who it is. Null when the registry does not have it yet.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Organisation>> {
        organisation::find(ctx, Some(self.0.row.structure)).await
    }

    /// Where it stands.
    async fn etat(&self) -> EtatStructure {
        self.0.row.etat.into()
    }

    /// Since when it stands there.
    async fn since(&self) -> Date {
        Date(self.0.row.since)
    }

    /// What it answered to the four questions. Absent until it answers, and once it declined.
    async fn reponses(&self) -> Option<ReponsesStructure> {
        self.0.row.reponses.map(ReponsesStructure)
    }

    /// When it answered last. Absent until it answers.
    async fn repondu_on(&self) -> Option<Date> {
        self.0.row.repondu_on.map(Date)
    }

    /// What it added to its answers. Shown to the DLAs concerned and to the structure itself;
    /// null for others, when it added nothing, and once erased.
    async fn commentaire(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(commentaire) = &self.0.row.commentaire else { return Ok(None) };
        let readers = Readers::DlasAnd(OrganisationId(self.0.row.structure));
        self.0.open(ctx, readers, commentaire).await
    }

    /// How many people it sends. Absent when it is not known, and unless it takes part.
    async fn participants(&self) -> Option<i32> {
        self.0.row.participants
    }

    /// Why it declined or left, while it is so. Shown to the DLAs concerned; null for others,
    /// and once erased.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(motif) = &self.0.row.motif else { return Ok(None) };
        self.0.open(ctx, Readers::Dlas, motif).await
    }
}

/// Where a targeted structure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::EtatStructure")]
pub(crate) enum EtatStructure {
    /// It could benefit.
    Ciblee,
    /// It was asked the four questions.
    Contactee,
    /// It answered the four questions.
    Repondu,
    /// It takes part.
    Mobilisee,
    /// It will not take part.
    Declinee,
    /// It took part, and left.
    Retiree,
}

/// The answers of a structure to the four questions (method, step 3 A1 and fiche 4).
pub(crate) struct ReponsesStructure(rules::Reponses);

/// The answers of a structure to the four questions (method, step 3 A1 and fiche 4).
#[Object]
impl ReponsesStructure {
    /// Is it concerned by the problématique?
    async fn concernee(&self) -> ReponseQuestion {
        self.0.concernee.into()
    }

    /// Does the subject fit what it expects and needs?
    async fn attentes(&self) -> ReponseQuestion {
        self.0.attentes.into()
    }

    /// Is the proposed answer relevant?
    async fn reponse_pertinente(&self) -> ReponseQuestion {
        self.0.reponse_pertinente.into()
    }

    /// Does the envisaged method suit it?
    async fn methode(&self) -> ReponseQuestion {
        self.0.methode.into()
    }
}

/// The answer to one of the four questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Reponse")]
pub(crate) enum ReponseQuestion {
    /// Yes.
    Oui,
    /// No.
    Non,
    /// It was asked and said neither.
    SansReponse,
}

/// Structures that work together, on one module or on the whole ingénierie.
pub(crate) struct Groupe(pub(in super::super) rows::Groupe);

/// Structures that work together, on one module or on the whole ingénierie.
#[Object]
impl Groupe {
    /// Its number in the ingénierie, from 1: what commands name it by.
    async fn groupe(&self) -> i32 {
        self.0.groupe
    }

    /// Its name.
    async fn intitule(&self) -> &str {
        self.0.intitule.as_str()
    }

    /// The module it is of, by its intitulé. Absent when it is of the whole ingénierie.
    async fn module(&self) -> Option<&str> {
        self.0.module.as_ref().map(domain::Line::as_str)
    }

    /// Where it meets. Absent when it is not said.
    async fn territoire(&self) -> Option<Territoire> {
        self.0.territoire.as_ref().map(Territoire::from)
    }

    /// Those who sit in it.
    async fn structures(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>> {
        organisation::find_all(ctx, &self.0.structures).await
    }
}

#[derive(Default)]
pub(crate) struct MobilisationMutation;

#[Object]
impl MobilisationMutation {
    /// Asks a targeted structure the four questions (method, step 3 A1). The ingénierie is
    /// engaged.
    async fn contact_structure(
        &self,
        ctx: &Context<'_>,
        input: StructureCibleeInput,
    ) -> Result<IngenierieCollectivePayload> {
        let structure = input.structure()?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.contact_structure(asked, structure))
            .await
    }

    /// Records what a structure that was contacted answers to the four questions: said by the
    /// structure itself, or by the DLA that asked. New answers take the place of the former ones.
    async fn record_structure_response(
        &self,
        ctx: &Context<'_>,
        input: RecordStructureResponseInput,
    ) -> Result<IngenierieCollectivePayload> {
        let structure = typed(&input.structure, "input.structure")?;
        let reponses = input.reponses.rules();
        let commentaire = optional(prose, "input.commentaire", input.commentaire.as_ref())?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.record_structure_response(asked, structure, reponses, commentaire.clone())
            })
            .await
    }

    /// Takes note that a structure commits to take part. It was targeted, contacted, and
    /// answered (INV-20). Joining once the intervention has started is justified with `because`
    /// (INV-22).
    async fn mobilise_structure(
        &self,
        ctx: &Context<'_>,
        input: MobiliseStructureInput,
    ) -> Result<IngenierieCollectivePayload> {
        let structure = typed(&input.structure, "input.structure")?;
        let participants = input.participants;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.mobilise_structure(asked, structure, participants))
            .await
    }

    /// Notes that a structure that was contacted will not take part, with the reason (INV-36).
    /// If it changes its mind, it answers the four questions anew.
    async fn decline_structure(
        &self,
        ctx: &Context<'_>,
        input: StructureCibleeMotifInput,
    ) -> Result<IngenierieCollectivePayload> {
        let (structure, motif) = input.parse()?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.decline_structure(asked, structure, motif.clone()))
            .await
    }

    /// Lets a structure that took part leave, and its groupes with it, with the reason (INV-36).
    /// Leaving once the intervention has started is also justified with `because` (INV-22).
    async fn withdraw_structure(
        &self,
        ctx: &Context<'_>,
        input: StructureCibleeMotifInput,
    ) -> Result<IngenierieCollectivePayload> {
        let (structure, motif) = input.parse()?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.withdraw_structure(asked, structure, motif.clone()))
            .await
    }

    /// Makes a groupe of structures. Its number is the next one of the ingénierie; the same
    /// groupe is not made twice.
    async fn constitute_groupe(
        &self,
        ctx: &Context<'_>,
        input: ConstituteGroupeInput,
    ) -> Result<IngenierieCollectivePayload> {
        let territoire = input.territoire.as_ref();
        let territoire = territoire.map(|it| it.parse("input.territoire"));
        let voulu = GroupeVoulu {
            intitule: line("input.intitule", &input.intitule)?,
            module: optional(line, "input.module", input.module.as_ref())?,
            territoire: territoire.transpose()?,
        };
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.constitute_groupe(asked, voulu.clone()))
            .await
    }

    /// Seats a structure that takes part in a groupe: in at most one groupe a module (INV-21).
    async fn assign_structure_to_groupe(
        &self,
        ctx: &Context<'_>,
        input: AssignStructureToGroupeInput,
    ) -> Result<IngenierieCollectivePayload> {
        let structure = typed(&input.structure, "input.structure")?;
        let groupe = input.groupe;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| it.assign_structure_to_groupe(asked, structure, groupe))
            .await
    }

    /// Takes a structure out of a groupe, with the reason (INV-36). It still takes part.
    async fn remove_structure_from_groupe(
        &self,
        ctx: &Context<'_>,
        input: RemoveStructureFromGroupeInput,
    ) -> Result<IngenierieCollectivePayload> {
        let structure = typed(&input.structure, "input.structure")?;
        let groupe = input.groupe;
        let motif = prose("input.motif", &input.motif)?;
        let dossier = &input.dossier;
        dossier
            .decide(ctx, |it, asked| {
                it.remove_structure_from_groupe(asked, structure, groupe, motif.clone())
            })
            .await
    }
}

/// The answers of a structure.
#[derive(InputObject)]
pub(crate) struct RecordStructureResponseInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The structure.
    structure: ID,
    /// Its answers to the four questions.
    reponses: ReponsesStructureInput,
    /// What it adds. Sealed: the DLAs and the structure itself read it.
    commentaire: Option<String>,
}

/// The answers of a structure to the four questions (method, step 3 A1 and fiche 4).
#[derive(Clone, Copy, InputObject)]
pub(crate) struct ReponsesStructureInput {
    /// Is it concerned by the problématique?
    concernee: ReponseQuestion,
    /// Does the subject fit what it expects and needs?
    attentes: ReponseQuestion,
    /// Is the proposed answer relevant?
    reponse_pertinente: ReponseQuestion,
    /// Does the envisaged method suit it?
    methode: ReponseQuestion,
}

impl ReponsesStructureInput {
    fn rules(self) -> rules::Reponses {
        rules::Reponses {
            concernee: self.concernee.into(),
            attentes: self.attentes.into(),
            reponse_pertinente: self.reponse_pertinente.into(),
            methode: self.methode.into(),
        }
    }
}

/// A structure that commits to take part.
#[derive(InputObject)]
pub(crate) struct MobiliseStructureInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The structure.
    structure: ID,
    /// How many people it sends, from 1 to 1,000, if known.
    participants: Option<i32>,
}

/// A new groupe.
#[derive(InputObject)]
pub(crate) struct ConstituteGroupeInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// Its name, on one line.
    intitule: String,
    /// The module it is of, by its intitulé. Absent, it is of the whole ingénierie.
    module: Option<String>,
    /// Where it meets.
    territoire: Option<TerritoireInput>,
}

/// A seat in a groupe.
#[derive(InputObject)]
pub(crate) struct AssignStructureToGroupeInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The structure, which takes part.
    structure: ID,
    /// The number of the groupe.
    groupe: i32,
}

/// A seat in a groupe that is left.
#[derive(InputObject)]
pub(crate) struct RemoveStructureFromGroupeInput {
    #[graphql(flatten)]
    dossier: IngenierieInput,
    /// The structure.
    structure: ID,
    /// The number of the groupe.
    groupe: i32,
    /// Why it leaves the groupe. Sealed: the DLAs read it.
    motif: String,
}
