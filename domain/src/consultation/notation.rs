//! What opened offres are thought of: marks on the four criteria, by several, and whom the
//! structures would rather work with.
//!
//! The DLA, the structures and the financeurs that are invited mark each for themselves. On each
//! criterion the mark of an offre is the mean of theirs; its total is the mean of the four. Nobody
//! weighs more than another, and no criterion either. Offres are ranked by their exact total: those
//! of the same total share their rank, and the next one comes after all of them. An offre that
//! nobody marked has no rank. The ranking informs the choice, which gives its own reasons.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Consultation, Event, PREFER, QualiteInvite, Refusal, SCORE};
use crate::{Asked, Decided, Decision, DlaId, OrganisationId, Prose, Sealed, refusal::Common};

/// The best mark of an offre on one criterion.
pub const MARK_MAX: i32 = 5;

/// The marks of the chosen offre on the four criteria of the method (step 3 C3), from 0 to
/// [`MARK_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notation {
    /// Quality of contents and forms.
    pub contenus: i32,
    /// Commitment asked of the structures.
    pub engagement: i32,
    /// Exchange and animation, collective and individual phases.
    pub animation: i32,
    /// Enquiry before the animation.
    pub enquete: i32,
}

/// Who marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Notateur {
    /// A DLA of the dossier, by those who work for it.
    Dla(DlaId),
    /// An invited organisation: a structure or a financeur.
    Organisation(OrganisationId),
}

/// The mean of some marks, in hundredths of a mark, half a hundredth being rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moyenne {
    /// How many marked.
    pub notateurs: usize,
    pub contenus: i32,
    pub engagement: i32,
    pub animation: i32,
    pub enquete: i32,
    /// Of the four.
    pub totale: i32,
}

/// The mean of what an offre was given; none when nobody marked it.
pub fn moyenne(notes: &[Notation]) -> Option<Moyenne> {
    let many = i32::try_from(notes.len()).ok().filter(|it| *it > 0)?;
    let sum = |mark: fn(&Notation) -> i32| notes.iter().map(mark).sum::<i32>();
    let mean = |mark: fn(&Notation) -> i32| half_up(100 * sum(mark), many);
    Some(Moyenne {
        notateurs: notes.len(),
        contenus: mean(|it| it.contenus),
        engagement: mean(|it| it.engagement),
        animation: mean(|it| it.animation),
        enquete: mean(|it| it.enquete),
        totale: half_up(100 * sum(Notation::total), 4 * many),
    })
}

/// The rank of each offre that somebody marked, from 1.
pub fn classement<K: Ord + Copy>(
    offres: impl IntoIterator<Item = (K, Vec<Notation>)>,
) -> BTreeMap<K, i32> {
    // Totals and how many gave them: compared as fractions, so that no rounding makes a tie.
    let totals: Vec<(K, i64, i64)> = offres
        .into_iter()
        .filter(|(_, notes)| !notes.is_empty())
        .map(|(key, notes)| {
            let sum = notes.iter().map(|it| i64::from(it.total())).sum();
            (key, sum, i64::try_from(notes.len()).unwrap_or(i64::MAX))
        })
        .collect();
    let rank = |sum: i64, many: i64| {
        let better = totals
            .iter()
            .filter(|(_, other, of)| other * many > sum * of);
        i32::try_from(better.count()).unwrap_or(i32::MAX - 1) + 1
    };
    totals
        .iter()
        .map(|(key, sum, many)| (*key, rank(*sum, *many)))
        .collect()
}

fn half_up(sum: i32, many: i32) -> i32 {
    (2 * sum + many).div_euclid(2 * many)
}

impl Consultation {
    /// Marks an opened offre on the four criteria, in place of what the same one said before.
    pub fn score_offre(
        &self,
        asked: &Asked,
        (prestataire, par): (OrganisationId, Notateur),
        notation: Notation,
        commentaire: Option<Prose>,
    ) -> Decision<Self> {
        self.open_to(asked, &SCORE)?;
        self.marks(asked, par)?;
        self.undecided()?;
        self.admissible(prestataire)?;
        notation.in_range()?;
        let known = self.notes.get(&prestataire).and_then(|it| it.get(&par));
        if known == Some(&notation) && commentaire.is_none() {
            return Ok(Decided::nothing());
        }
        let subject = self.subject()?;
        let commentaire = commentaire.map(|it| Sealed::new(subject, it));
        Ok(self.records(asked, [Event::OffreScored { prestataire, par, notation, commentaire }]))
    }

    /// Notes whom an invited structure would rather work with, by itself or by the DLA that was
    /// told.
    pub fn express_preference_structure(
        &self,
        asked: &Asked,
        structure: OrganisationId,
        prestataire: OrganisationId,
        motif: Option<Prose>,
    ) -> Decision<Self> {
        self.open_to(asked, &PREFER)?;
        if self.invited("structure", asked, structure)? != QualiteInvite::Structure {
            return Err(Refusal::NotInvited { field: "structure", organisation: structure });
        }
        self.undecided()?;
        self.admissible(prestataire)?;
        if self.preferences.get(&structure) == Some(&prestataire) && motif.is_none() {
            return Ok(Decided::nothing());
        }
        let subject = self.subject()?;
        let motif = motif.map(|it| Sealed::new(subject, it));
        let expressed = Event::PreferenceStructureExpressed { structure, prestataire, motif };
        Ok(self.records(asked, [expressed]))
    }

    /// The mean of an offre, to the nearest mark: what a choice records when it says nothing else.
    pub(super) fn mean(&self, prestataire: OrganisationId) -> Option<Notation> {
        let notes: Vec<_> = self.notes.get(&prestataire)?.values().copied().collect();
        let mean = moyenne(&notes)?;
        let nearest = |hundredths| half_up(hundredths, 100);
        Some(Notation {
            contenus: nearest(mean.contenus),
            engagement: nearest(mean.engagement),
            animation: nearest(mean.animation),
            enquete: nearest(mean.enquete),
        })
    }

    /// Each marks for itself; the DLA notes what the invited ones told it.
    fn marks(&self, asked: &Asked, par: Notateur) -> Result<(), Refusal> {
        match par {
            Notateur::Organisation(it) => self.invited("par", asked, it).map(|_| ()),
            Notateur::Dla(_) if asked.by.answers_for().is_some() => {
                Err(Common::Forbidden { act: SCORE.act.to_owned() }.into())
            }
            Notateur::Dla(dla) if !self.dlas.contains(&dla) => {
                Err(Refusal::NotateurElsewhere { dla })
            }
            Notateur::Dla(dla) if !asked.by.serves(dla) => {
                Err(Common::Forbidden { act: SCORE.act.to_owned() }.into())
            }
            Notateur::Dla(_) => Ok(()),
        }
    }
}

impl Notation {
    /// The four marks, by criterion.
    pub fn marks(&self) -> [(&'static str, i32); 4] {
        [
            ("contenus", self.contenus),
            ("engagement", self.engagement),
            ("animation", self.animation),
            ("enquete", self.enquete),
        ]
    }

    fn total(&self) -> i32 {
        self.marks().iter().map(|(_, mark)| mark).sum()
    }

    /// INV-05: each of the four criteria of the method is marked.
    pub(super) fn in_range(&self) -> Result<(), Refusal> {
        match self.out_of_range() {
            Some((critere, _)) => {
                Err(Refusal::MarkOutOfRange { critere: critere.to_owned(), max: MARK_MAX })
            }
            None => Ok(()),
        }
    }

    fn out_of_range(&self) -> Option<(&'static str, i32)> {
        self.marks()
            .into_iter()
            .find(|(_, mark)| !(0..=MARK_MAX).contains(mark))
    }
}
