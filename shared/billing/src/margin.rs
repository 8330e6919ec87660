//! The named steps from amortized cost to charge.

use std::collections::BTreeMap;
use std::fmt;

use money::Amount;
use serde::{Deserialize, Serialize};

/// A step from AWS's cost to the charge of a customer. `docs/laws.md` has the formula of each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarginTerm {
    Adjustments,
    Benefit,
    CommitmentFees,
    Contract,
    StandardPrice,
    Unassigned,
}

/// The terms add up to the margin. This is the law `margin_explains_itself`.
pub type MarginTerms = BTreeMap<MarginTerm, Amount>;

impl MarginTerm {
    pub const ALL: [Self; 6] = [
        Self::Adjustments,
        Self::Benefit,
        Self::CommitmentFees,
        Self::Contract,
        Self::StandardPrice,
        Self::Unassigned,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Adjustments => "adjustments",
            Self::Benefit => "benefit",
            Self::CommitmentFees => "commitment_fees",
            Self::Contract => "contract",
            Self::StandardPrice => "standard_price",
            Self::Unassigned => "unassigned",
        }
    }
}

impl fmt::Display for MarginTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
