//! The grid of one evaluation: the reference, adapted to the situation (method, fiche 6). Each
//! adaptation makes one more edition; the one that a campaign asks does not move (INV-27).

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{ADAPT_GRILLE, Evaluation, Event, Refusal};
use crate::{
    Asked, Decided, Decision, Line, Prose, Sealed, Subject,
    referentiel::{Colonnes, GenreLigne, Grille, Ligne, LigneId},
    refusal::Common,
};

/// The most rows of a grid that are answered.
pub const LIGNES_MAX: usize = 80;

/// A row that an evaluation adds, under a theme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LigneAjoutee {
    pub ligne: LigneId,
    pub theme: LigneId,
    pub question: Line,
    pub colonnes: Colonnes,
}

/// Other columns for a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LigneColonnes {
    pub ligne: LigneId,
    pub colonnes: Colonnes,
}

/// A question to add.
#[derive(Debug, Clone, PartialEq)]
pub struct Ajout {
    pub theme: LigneId,
    pub question: Line,
    pub colonnes: Colonnes,
}

/// What is to change in a grid.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Adaptation {
    pub ajouts: Vec<Ajout>,
    pub retraits: BTreeSet<LigneId>,
    pub colonnes: Vec<LigneColonnes>,
    /// Why: needed when rows are removed.
    pub motif: Option<Prose>,
}

/// Changes a grid as a fact says.
pub fn adapt(
    grille: &mut Grille,
    ajouts: &[LigneAjoutee],
    retraits: &[LigneId],
    colonnes: &[LigneColonnes],
) {
    grille.lignes.retain(|it| !retraits.contains(&it.ligne));
    for LigneColonnes { ligne, colonnes } in colonnes {
        if let Some(it) = grille.lignes.iter_mut().find(|it| it.ligne == *ligne) {
            it.colonnes.clone_from(colonnes);
        }
    }
    for LigneAjoutee { ligne, theme, question, colonnes } in ajouts {
        let last = grille
            .lignes
            .iter()
            .rposition(|it| it.ligne.theme() == theme.as_str());
        let added = Ligne {
            ligne: ligne.clone(),
            genre: GenreLigne::Question,
            fr: question.as_str().to_owned(),
            en: question.as_str().to_owned(),
            colonnes: colonnes.clone(),
        };
        grille
            .lignes
            .insert(last.map_or(grille.lignes.len(), |it| it + 1), added);
    }
}

impl Evaluation {
    /// Adapts the grid: rows added, removed with a reason, asked to others. What is so already
    /// changes nothing.
    pub fn adapt_grille(&self, asked: &Asked, adaptation: &Adaptation) -> Decision<Self> {
        self.visible_to(asked, &ADAPT_GRILLE)?;
        self.not_synthesised()?;
        let before = self.grille();
        let retraits = self.removed(&before, &adaptation.retraits)?;
        let mut after = Grille::clone(&before);
        adapt(&mut after, &[], &retraits, &[]);
        let colonnes = changed(&after, &adaptation.colonnes)?;
        adapt(&mut after, &[], &[], &colonnes);
        let ajouts = self.added(&after, &adaptation.ajouts)?;
        adapt(&mut after, &ajouts, &[], &[]);
        if ajouts.is_empty() && retraits.is_empty() && colonnes.is_empty() {
            return Ok(Decided::nothing());
        }
        // INV-27: the grid is frozen while it is asked.
        if self.open_campagne_now().is_some() {
            return Err(Refusal::GrilleFrozen {});
        }
        if !retraits.is_empty() && adaptation.motif.is_none() {
            return Err(Refusal::GrilleMotifMissing {});
        }
        match after
            .lignes
            .iter()
            .filter(|it| !it.colonnes.is_empty())
            .count()
        {
            0 => return Err(Refusal::GrilleEmpty {}),
            it if it > LIGNES_MAX => return Err(Refusal::LignesTooMany { max: LIGNES_MAX }),
            _ => (),
        }
        let dossier = Subject::dossier(self.ingenierie.ok_or(Common::NotFound {})?);
        let motif = adaptation.motif.clone().map(|it| Sealed::new(dossier, it));
        let (edition, reference) = (self.edition() + 1, before.version);
        let adapted =
            Event::GrilleAdapted { edition, reference, ajouts, retraits, colonnes, motif };
        Ok(self.records(asked, [adapted]))
    }

    /// The grid as it stands: what a campaign that opens now asks.
    pub fn grille(&self) -> Arc<Grille> {
        let current = || Arc::new(Grille::current().clone());
        self.grille.clone().unwrap_or_else(current)
    }

    /// Which edition of the grid that is.
    pub fn edition(&self) -> i32 {
        self.adaptations + 1
    }

    /// Those that are there still. One that was removed before is not unknown.
    fn removed(
        &self,
        grille: &Grille,
        retraits: &BTreeSet<LigneId>,
    ) -> Result<Vec<LigneId>, Refusal> {
        let once = Grille::named(grille.version);
        let mut found = vec![];
        for ligne in retraits {
            let row = grille.lignes.iter().find(|it| it.ligne == *ligne);
            let known = row.or_else(|| once.lignes.iter().find(|it| it.ligne == *ligne));
            let added = (1..=self.ajoutees).any(|n| ligne.as_str().ends_with(&format!("-A{n}")));
            let question = known.map_or(added, |it| it.genre != GenreLigne::Theme);
            if !question {
                return Err(Refusal::LigneUnknown { ligne: ligne.clone(), field: "retraits" });
            }
            found.extend(row.map(|it| it.ligne.clone()));
        }
        Ok(found)
    }

    /// Those that nobody asks yet, each with the row it becomes.
    fn added(&self, grille: &Grille, ajouts: &[Ajout]) -> Result<Vec<LigneAjoutee>, Refusal> {
        let mut all: Vec<LigneAjoutee> = vec![];
        for Ajout { theme, question, colonnes } in ajouts {
            let of_theme = |it: &Ligne| it.ligne == *theme && it.genre == GenreLigne::Theme;
            if !grille.lignes.iter().any(of_theme) {
                return Err(Refusal::LigneUnknown { ligne: theme.clone(), field: "ajouts" });
            }
            if colonnes.is_empty() {
                return Err(Refusal::LigneColonnesMissing { field: "ajouts" });
            }
            let asks = |it: &Ligne| {
                it.ligne.theme() == theme.as_str()
                    && [it.fr.as_str(), it.en.as_str()].contains(&question.as_str())
            };
            let same = |it: &LigneAjoutee| it.theme == *theme && it.question == *question;
            if let Some(it) = all.iter().find(|it| same(it)) {
                return Err(Refusal::LigneDuplicated { ligne: it.ligne.clone() });
            }
            match grille.lignes.iter().find(|it| asks(it)) {
                Some(it) if it.colonnes == *colonnes => (),
                Some(it) => return Err(Refusal::LigneDuplicated { ligne: it.ligne.clone() }),
                None => all.push(LigneAjoutee {
                    ligne: LigneId::added(theme, self.ajoutees + all.len() + 1),
                    theme: theme.clone(),
                    question: question.clone(),
                    colonnes: colonnes.clone(),
                }),
            }
        }
        Ok(all)
    }
}

/// Those whose columns are others than they were.
fn changed(grille: &Grille, colonnes: &[LigneColonnes]) -> Result<Vec<LigneColonnes>, Refusal> {
    let mut all = vec![];
    for it in colonnes {
        let row = grille.lignes.iter().find(|row| row.ligne == it.ligne);
        let Some(row) = row.filter(|row| row.genre != GenreLigne::Theme) else {
            return Err(Refusal::LigneUnknown { ligne: it.ligne.clone(), field: "colonnes" });
        };
        if it.colonnes.is_empty() {
            return Err(Refusal::LigneColonnesMissing { field: "colonnes" });
        }
        if row.colonnes != it.colonnes {
            all.push(it.clone());
        }
    }
    Ok(all)
}
