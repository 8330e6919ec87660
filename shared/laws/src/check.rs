//! A law applied to two sums.

use std::fmt;

use money::Amount;
use serde::{Deserialize, Serialize};

use crate::Law;

/// A law with its two sums. Anyone can add up both sums again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub law: Law,
    pub of: String,
    pub left: Amount,
    #[serde(default, skip_serializing_if = "Relation::is_equal")]
    pub relation: Relation,
    pub right: Amount,
    pub holds: bool,
}

/// How the left sum of a law must compare with the right sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    #[default]
    Equal,
    /// The left side is not more than the right side.
    AtMost,
}

impl Relation {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    fn is_equal(&self) -> bool {
        *self == Self::Equal
    }
}

impl Check {
    pub fn equal(law: Law, of: impl Into<String>, left: Amount, right: Amount) -> Self {
        let (of, relation, holds) = (of.into(), Relation::Equal, left == right);
        Self { law, of, left, relation, right, holds }
    }

    pub fn at_most(law: Law, of: impl Into<String>, left: Amount, right: Amount) -> Self {
        let (of, relation, holds) = (of.into(), Relation::AtMost, left <= right);
        Self { law, of, left, relation, right, holds }
    }
}

/// The error text for a check that does not hold.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, of, left, relation, right, .. } = self;
        let relation = match relation {
            Relation::Equal => "is not",
            Relation::AtMost => "is more than",
        };
        write!(f, "law `{law}` is broken, {of}: {left} {relation} {right}")
    }
}
