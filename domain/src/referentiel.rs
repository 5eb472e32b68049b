//! Skeleton.

use serde::{Deserialize, Serialize};

use crate::values::Invalid;

/// A value of a reference list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

impl Code {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A reference list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liste {
    Secteur,
    SourceProblematique,
    CategoriePartenaire,
    ObjectifStrategique,
    ObjectifOperationnel,
    FormeIntervention,
    TypePrestation,
}

impl Liste {
    /// Skeleton.
    pub fn code(self, code: &str) -> Result<Code, Invalid> {
        Ok(Code(code.to_owned()))
    }
}
