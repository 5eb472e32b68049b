//! What one respondent answers to one campaign of an evaluation: a stream each, so that many
//! answer at once and each can be forgotten alone.
//!
//! Whether an answer is taken depends on the evaluation, which the append expects as it was read:
//! an answer that is decided while its campaign closes does not slip in.

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Asked, Date, Decided, Decider, Decision, Evaluation, EvaluationId, Prose, ReponseEvaluationId,
    RoleName, Sealed, Seen, Subject,
    actor::rights,
    evaluation::{Campagne, Invitation, LIGNES_MAX, Repondant},
    referentiel::{Colonne, Grille, LigneId, NatureReponse},
    refusal::{Common, refusals},
    values::uuid_of,
};

/// What can happen to the answers of a respondent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// A row was answered.
    ReponseRecorded(Donnee),
    /// A row was answered otherwise: this takes the place of what was said before.
    ReponseRevised(Donnee),
    /// What the respondent wrote is destroyed. The levels stay.
    ReponsesErased { evaluation: EvaluationId, campagne: i32, repondant: Repondant },
}

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Donnee {
    pub evaluation: EvaluationId,
    pub campagne: i32,
    pub repondant: Repondant,
    pub colonne: Colonne,
    pub ligne: LigneId,
    /// The level of the scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub niveau: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub texte: Option<Sealed<Prose>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prospective: Option<Sealed<Prose>>,
    /// The DLA wrote it down for the respondent, who answered on paper or aloud.
    pub transcrite: bool,
}

/// An answer to one row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reponse {
    pub niveau: Option<i32>,
    pub texte: Option<Prose>,
    pub prospective: Option<Prose>,
}

/// What is answered, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Questionnaire {
    pub campagne: i32,
    /// The edition of the grid that the respondent had before their eyes.
    pub edition: i32,
    pub repondant: Uuid,
}

refusals! {
    /// INV-28: who answers was asked.
    RepondantNotInvited {} = "REPONDANT_NOT_INVITED" at "repondant":
        "Ce répondant n'est pas invité dans cette campagne.",
        "This respondent is not invited in this campaign.";
    /// Each answers for themselves; the DLA writes down what it was told.
    RepondantOther {} = "REPONDANT_OTHER" at "repondant":
        "Vous ne répondez pas pour ce répondant.",
        "You do not answer for this respondent.";
    /// What was counted stands.
    ReponseAfterClosing { on: Date } = "REPONSE_AFTER_CLOSING" at "campagne":
        "Cette campagne est close, au plus tard depuis le {on} : elle ne prend plus de réponse.",
        "This campaign is closed, since {on} at the latest: it takes no answer any more.";
    /// One answers what is asked.
    GrilleOther { edition: i32 } = "GRILLE_OTHER" at "edition":
        "Cette campagne pose l'édition {edition} de la grille : relisez les questions.",
        "This campaign asks the edition {edition} of the grid: read the questions again.";
    /// An answer says something; a grid has no more rows than these.
    ReponsesOutOfRange { max: usize } = "REPONSES_OUT_OF_RANGE" at "reponses":
        "Envoyez entre une et {max} réponses à la fois.",
        "Send between one and {max} answers at once.";
    /// INV-28.
    QuestionUnknown { ligne: LigneId } = "QUESTION_UNKNOWN" at "reponses":
        "La grille de cette campagne n'a pas de ligne {ligne}.",
        "The grid of this campaign has no row {ligne}.";
    /// INV-28: the grid says who is asked.
    ColonneNotTicked { ligne: LigneId, colonne: Colonne } = "COLONNE_NOT_TICKED" at "reponses":
        "La ligne {ligne} n'est pas posée à la colonne de ce répondant.",
        "The row {ligne} is not asked of the column of this respondent.";
    /// INV-28: the grid says how it is answered.
    ReponseNatureWrong { ligne: LigneId, nature: NatureReponse } = "REPONSE_NATURE_WRONG" at "reponses":
        "La réponse à la ligne {ligne} n'est pas de la nature que la grille demande.",
        "The answer to the row {ligne} is not of the kind that the grid asks.";
    /// The scale is that of the grid.
    NiveauOutOfRange { ligne: LigneId, max: usize } = "NIVEAU_OUT_OF_RANGE" at "reponses":
        "À la ligne {ligne}, donnez un niveau de l'échelle, de 1 à {max}.",
        "At the row {ligne}, give a level of the scale, from 1 to {max}.";
    /// Nothing more is sealed for whom asked to be forgotten.
    ReponsesAreErased {} = "REPONSES_ARE_ERASED" at "reponses":
        "Les textes de ce répondant ont été effacés : ses réponses ne changent plus.",
        "The texts of this respondent were erased: the answers no longer change.";
}

rights! {
    ANSWER = "answerQuestions":
        ChargeDeMission, ChargeDeMissionRegional, Financeur, StructureBeneficiaire, Prestataire, Partenaire;
    ERASE = "eraseReponses": ResponsablePorteuse;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReponseEvaluation {
    /// The level of each row, and whether something is sealed beside it.
    reponses: BTreeMap<LigneId, (Option<i32>, bool)>,
    erased: bool,
}

impl ReponseEvaluationId {
    /// The answers of a respondent to a campaign: the same in every house.
    pub fn of(evaluation: EvaluationId, campagne: i32, repondant: Uuid) -> Self {
        Self(uuid_of(&format!("reponse_evaluation/{}/{campagne}/{repondant}", evaluation.0)))
    }
}

impl ReponseEvaluation {
    /// Answers rows of the grid, or answers them otherwise, until the campaign closes.
    ///
    /// Texts are sealed, so that nobody can tell whether they are the same as the last: each is a
    /// new fact.
    pub fn answer_questions(
        &self,
        asked: &Asked,
        evaluation: &Seen<Evaluation>,
        what: Questionnaire,
        reponses: &BTreeMap<LigneId, Reponse>,
    ) -> Decision<Self> {
        let Questionnaire { campagne, edition, repondant } = what;
        asked.may(&ANSWER, &evaluation.state.perimeter_of(campagne))?;
        let asks = evaluation.state.campagne(campagne);
        let asks = asks.ok_or(Common::NotFound {})?;
        let invitation = answers_for(asked, asks, repondant)?;
        let transcrite =
            asked.by.answers_for().is_none() && invitation.repondant.organisation().is_some();
        still_open(asked, asks)?;
        if asks.edition() != edition {
            return Err(Refusal::GrilleOther { edition: asks.edition() });
        }
        if !(1..=LIGNES_MAX).contains(&reponses.len()) {
            return Err(Refusal::ReponsesOutOfRange { max: LIGNES_MAX });
        }
        if self.erased {
            return Err(Refusal::ReponsesAreErased {});
        }
        let id = ReponseEvaluationId::of(evaluation.id, campagne, repondant);
        let mut events = vec![];
        for (ligne, reponse) in reponses {
            check(asks.grille(), invitation.colonne, ligne, reponse)?;
            let known = self.reponses.get(ligne);
            if known.is_some_and(|it| *it == (reponse.niveau, false) && !reponse.seals()) {
                continue;
            }
            let seal = |it: &Prose| Sealed::new(Subject::reponse(id), it.clone());
            let donnee = Donnee {
                evaluation: evaluation.id,
                campagne,
                repondant: invitation.repondant,
                colonne: invitation.colonne,
                ligne: ligne.clone(),
                niveau: reponse.niveau,
                texte: reponse.texte.as_ref().map(seal),
                prospective: reponse.prospective.as_ref().map(seal),
                transcrite,
            };
            events.push(match known {
                None => Event::ReponseRecorded(donnee),
                Some(_) => Event::ReponseRevised(donnee),
            });
        }
        Ok(asked
            .records(evaluation.state.place(), events)
            .expecting(evaluation))
    }

    /// Destroys what a respondent wrote: another person than those who read it decides it.
    pub fn erase_reponses(
        &self,
        asked: &Asked,
        evaluation: &Seen<Evaluation>,
        campagne: i32,
        repondant: Uuid,
    ) -> Decision<Self> {
        asked.may(&ERASE, &evaluation.state.perimeter())?;
        if self.erased {
            return Ok(Decided::nothing());
        }
        let asks = evaluation.state.campagne(campagne);
        let asks = asks.ok_or(Common::NotFound {})?;
        let invitation = asks.invitation(repondant);
        let repondant = invitation.ok_or(Refusal::RepondantNotInvited {})?.repondant;
        let evaluation_id = evaluation.id;
        let erased = Event::ReponsesErased { evaluation: evaluation_id, campagne, repondant };
        Ok(asked.records(evaluation.state.place(), [erased]))
    }
}

impl Reponse {
    fn seals(&self) -> bool {
        self.texte.is_some() || self.prospective.is_some()
    }

    fn is_of(&self, nature: NatureReponse) -> bool {
        let given = (self.niveau.is_some(), self.texte.is_some(), self.prospective.is_some());
        match nature {
            NatureReponse::Descriptif => given == (false, true, false),
            NatureReponse::Appreciation => given.0 && !given.2,
            NatureReponse::AppreciationProspective => given.0 && given.2,
            NatureReponse::Libre => (given.0 || given.1) && !given.2,
        }
    }
}

/// The invitation that the actor answers: their own, or that of someone whom their DLA heard.
fn answers_for<'a>(
    asked: &Asked,
    campagne: &'a Campagne,
    repondant: Uuid,
) -> Result<&'a Invitation, Refusal> {
    let own = asked.by.answers_for();
    if own.is_some_and(|it| it.0 != repondant) {
        return Err(Refusal::RepondantOther {});
    }
    let invitation = campagne
        .invitation(repondant)
        .ok_or(Refusal::RepondantNotInvited {})?;
    // INV-28: the self-evaluation comes from the DLA itself.
    match invitation.repondant {
        Repondant::Dla(dla) if !asked.by.serves(dla) => Err(Refusal::RepondantOther {}),
        Repondant::Structure(_) | Repondant::Organisation(_) | Repondant::Dla(_) => Ok(invitation),
    }
}

/// The last day binds those who answer by themselves; a DLA writes down what came on paper until
/// it closes the campaign.
fn still_open(asked: &Asked, campagne: &Campagne) -> Result<(), Refusal> {
    let by_itself = asked.by.role.name() != RoleName::ChargeDeMission;
    let on = campagne.closes_on();
    if campagne.is_closed() || by_itself && asked.today > on {
        return Err(Refusal::ReponseAfterClosing { on });
    }
    Ok(())
}

/// INV-28: a ticked column, the right kind, a level of the scale.
fn check(
    grille: &Grille,
    colonne: Colonne,
    ligne: &LigneId,
    reponse: &Reponse,
) -> Result<(), Refusal> {
    let row = grille.lignes.iter().find(|it| it.ligne == *ligne);
    let row = row.ok_or_else(|| Refusal::QuestionUnknown { ligne: ligne.clone() })?;
    let nature = row.colonnes.get(&colonne).copied();
    let nature =
        nature.ok_or_else(|| Refusal::ColonneNotTicked { ligne: ligne.clone(), colonne })?;
    if !reponse.is_of(nature) {
        return Err(Refusal::ReponseNatureWrong { ligne: ligne.clone(), nature });
    }
    if reponse.niveau.is_some_and(|it| !grille.has_niveau(it)) {
        let max = grille.echelle.len();
        return Err(Refusal::NiveauOutOfRange { ligne: ligne.clone(), max });
    }
    Ok(())
}

impl Decider for ReponseEvaluation {
    const CATEGORY: &'static str = "reponse_evaluation";

    type Id = ReponseEvaluationId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::ReponseRecorded(it) | Event::ReponseRevised(it) => {
                let sealed = it.texte.is_some() || it.prospective.is_some();
                self.reponses.insert(it.ligne.clone(), (it.niveau, sealed));
            }
            Event::ReponsesErased { .. } => self.erased = true,
        }
    }
}
