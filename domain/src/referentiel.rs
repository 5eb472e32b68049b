//! Skeleton.

use serde::{Deserialize, Serialize};

use crate::values::Invalid;

/// Skeleton.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

impl Code {
    /// As written in facts.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Skeleton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liste {
    Secteur,
    TypePrestation,
    NatureCapitalisation,
    DestinataireTransfert,
    ResponsableTransfert,
    FormeTransfert,
    TonTransfert,
}

impl Liste {
    /// Skeleton.
    pub fn code(self, code: &str) -> Result<Code, Invalid> {
        Ok(Code(code.to_owned()))
    }
}
