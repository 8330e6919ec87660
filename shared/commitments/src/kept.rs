//! Commitments that stay as AWS applied them, and the reasons.

use money::Amount;
use serde::{Deserialize, Serialize};

/// A commitment that stayed as AWS applied it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub commitment: String,
    pub reason: KeptReason,
    pub hours: u64,
    /// The cost of the covered usage in these hours.
    pub used_cost: Amount,
    /// The part of `used_cost` that reached accounts outside of the policy.
    pub beyond_policy: Amount,
    /// The first difference in words, if AWS's rules gave another outcome than the report.
    pub example: Option<String>,
}

impl Kept {
    /// Adds other days of the commitment.
    pub fn add(&mut self, other: &Self) {
        self.hours += other.hours;
        self.used_cost += other.used_cost;
        self.beyond_policy += other.beyond_policy;
        if self.example.is_none() {
            self.example.clone_from(&other.example);
        }
    }
}

/// The reason why a commitment stayed as AWS applied it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptReason {
    /// This version knows no rules for this kind of commitment.
    UnknownKind,
    /// The report has covered usage but no fee.
    NoFee,
    /// No line says how many units the commitment has.
    NoUnits,
    /// No line says the cost of the commitment.
    NoCost,
    /// AWS's rules give another outcome than the report.
    NotReplayed,
}

impl KeptReason {
    /// The name of the reason in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownKind => "unknown_kind",
            Self::NoFee => "no_fee",
            Self::NoUnits => "no_units",
            Self::NoCost => "no_cost",
            Self::NotReplayed => "not_replayed",
        }
    }

    /// The reason as the end of a sentence that begins with the commitment.
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
