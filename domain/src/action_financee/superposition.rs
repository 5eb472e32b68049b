//! When two plans pay for the same action twice (INV-13): at the same time, and in the same place,
//! the same sector or the same branch.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Credits;
use crate::Code;

/// The sector of actions for all sectors: it is shared with any.
pub const TOUS_SECTEURS: &str = "TOUS_SECTEURS";

/// What two plans have in common (method, fiche 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Base {
    /// Their territories share a place, or the codes cannot tell.
    Territoire,
    Secteur,
    Branche,
}

impl Credits {
    /// On which bases the two overlap: none when they do not take place at the same time.
    pub(super) fn meets(&self, other: &Self) -> BTreeSet<Base> {
        if !self.periode.overlaps(&other.periode) {
            return BTreeSet::new();
        }
        let territoire = match (&self.territoire, &other.territoire) {
            (Some(one), Some(other)) => one.overlaps(other),
            _ => false,
        };
        let branche = !self.branches.is_disjoint(&other.branches);
        let secteur = share_a_sector(&self.secteurs, &other.secteurs);
        let found =
            [(Base::Territoire, territoire), (Base::Secteur, secteur), (Base::Branche, branche)];
        found
            .into_iter()
            .filter(|(_, it)| *it)
            .map(|(base, _)| base)
            .collect()
    }
}

fn share_a_sector(one: &BTreeSet<Code>, other: &BTreeSet<Code>) -> bool {
    let all = |it: &BTreeSet<Code>| it.iter().any(|it| it.as_str() == TOUS_SECTEURS);
    !one.is_disjoint(other) || (all(one) && !other.is_empty()) || (all(other) && !one.is_empty())
}
