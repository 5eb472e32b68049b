//! The forty-five activities of the method, as its cycle numbers them: four steps, three
//! objectives each.

use serde::{Deserialize, Serialize};

use crate::values::Invalid;

/// Every activity: step, objective, number (method booklet, cycle of the démarche).
pub const ACTIVITES: [&str; 45] = [
    "S2-STEP1-A1",
    "S2-STEP1-A2",
    "S2-STEP1-A3",
    "S2-STEP1-A4",
    "S2-STEP1-A5",
    "S2-STEP1-A6",
    "S2-STEP1-B1",
    "S2-STEP1-B2",
    "S2-STEP1-B3",
    "S2-STEP1-B4",
    "S2-STEP1-B5",
    "S2-STEP1-C1",
    "S2-STEP1-C2",
    "S2-STEP1-C3",
    "S2-STEP2-A1",
    "S2-STEP2-A2",
    "S2-STEP2-A3",
    "S2-STEP2-A4",
    "S2-STEP2-B1",
    "S2-STEP2-B2",
    "S2-STEP2-B3",
    "S2-STEP2-C1",
    "S2-STEP2-C2",
    "S2-STEP2-C3",
    "S2-STEP3-A1",
    "S2-STEP3-A2",
    "S2-STEP3-A3",
    "S2-STEP3-B1",
    "S2-STEP3-B2",
    "S2-STEP3-B3",
    "S2-STEP3-C1",
    "S2-STEP3-C2",
    "S2-STEP3-C3",
    "S2-STEP4-A1",
    "S2-STEP4-A2",
    "S2-STEP4-A3",
    "S2-STEP4-B1",
    "S2-STEP4-B2",
    "S2-STEP4-B3",
    "S2-STEP4-B4",
    "S2-STEP4-C1",
    "S2-STEP4-C2",
    "S2-STEP4-C3",
    "S2-STEP4-C4",
    "S2-STEP4-C5",
];

/// One of the activities of the method, such as `S2-STEP2-C3`, building the budget.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActiviteMethode(String);

impl ActiviteMethode {
    /// Finds an activity by its id.
    pub fn parse(id: &str) -> Result<Self, Invalid> {
        let id = id.trim();
        if ACTIVITES.contains(&id) {
            return Ok(Self(id.to_owned()));
        }
        Err(Invalid::new(
            "Indiquez une des 45 activités de la méthode, par exemple S2-STEP2-C3.",
            "Give one of the 45 activities of the method, for example S2-STEP2-C3.",
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
