//! A law applied to two sums.

use money::Amount;
use serde::{Deserialize, Serialize};

/// A law with its two sides, as anyone can add them up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub law: String,
    pub of: String,
    pub left: Amount,
    pub right: Amount,
    pub holds: bool,
}

impl Check {
    pub fn equal(law: &str, of: impl Into<String>, left: Amount, right: Amount) -> Self {
        Self { law: law.to_owned(), of: of.into(), left, right, holds: left == right }
    }
}
