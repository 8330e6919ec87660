//! Commitments that stay as AWS applied them, and why.

use money::Amount;
use serde::{Deserialize, Serialize};

/// A commitment that stayed as AWS applied it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub commitment: String,
    pub reason: KeptReason,
    pub hours: u64,
    /// What its covered usage cost in these hours.
    pub used_cost: Amount,
    /// Of that, what reached accounts that the policy does not let it reach.
    pub beyond_policy: Amount,
    /// The first difference in words, where AWS's rules came out otherwise.
    pub example: Option<String>,
}

impl Kept {
    /// Adds other days of it.
    pub fn add(&mut self, other: &Self) {
        self.hours += other.hours;
        self.used_cost += other.used_cost;
        self.beyond_policy += other.beyond_policy;
        if self.example.is_none() {
            self.example.clone_from(&other.example);
        }
    }
}

/// Why it stayed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptReason {
    /// This version knows no rules for commitments of its kind.
    UnknownKind,
    /// The report has what it covered and not its fee.
    NoFee,
    /// Nothing says how many units it has.
    NoUnits,
    /// Nothing says what it costs.
    NoCost,
    /// AWS's rules give something else than the report has.
    NotReplayed,
}

impl KeptReason {
    /// As tables spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownKind => "unknown_kind",
            Self::NoFee => "no_fee",
            Self::NoUnits => "no_units",
            Self::NoCost => "no_cost",
            Self::NotReplayed => "not_replayed",
        }
    }

    /// As the end of a sentence that begins with the commitment.
    pub const fn words(self) -> &'static str {
        match self {
            Self::UnknownKind => "is of a kind whose rules this version does not know",
            Self::NoFee => "has covered usage in the report and no fee",
            Self::NoUnits => "has a fee that does not say how many units there are",
            Self::NoCost => "has a fee that does not say what the period costs",
            Self::NotReplayed => "was applied by AWS otherwise than by AWS's published rules",
        }
    }
}
