//! What lines say about a commitment over the period, account by account.

use cur::LineNote;
use money::Amount;
use serde::{Deserialize, Serialize};

/// What one account's lines say about one commitment over the period. Summed over the accounts,
/// used and unused make the purchase. For a savings plan units are dollars of commitment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommitmentTally {
    /// From the lines it covered, which stand in the accounts that used it.
    pub used: Units,
    /// Effective cost of the usage it covered here, as far as lines say it.
    pub covered_cost: Amount,
    /// What it covered here in lines that do not say their effective cost.
    pub uncosted: Units,
    /// From the fee lines, which stand in the owner's account.
    pub fee_lines: u64,
    pub purchased: Units,
    /// Normalized units of one, where fees say it or AWS's tables have it.
    pub units_of_one: Option<Amount>,
    /// What the purchase costs in the period, upfront payment included, as far as lines say it.
    pub purchased_cost: Amount,
    /// Fee lines that do not say what their upfront part is.
    pub fees_without_cost: u64,
    pub unused: Units,
    /// What the unused part cost, as far as lines say it.
    pub unused_cost: Amount,
    /// Fee lines that do not say it.
    pub fees_without_unused: u64,
    /// The first cell of those that are missing.
    pub missing: Option<LineNote>,
    /// Of the fee lines: what the unused part is charged as.
    pub service_code: String,
    pub currency: String,
}

/// Units of a commitment: as they are, and normalized to sizes where instances have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Units {
    pub plain: Amount,
    pub normalized: Amount,
}

impl Units {
    pub fn add(&mut self, other: Self) {
        self.plain += other.plain;
        self.normalized += other.normalized;
    }
}

impl CommitmentTally {
    pub fn add(&mut self, other: &Self) {
        self.used.add(other.used);
        self.covered_cost += other.covered_cost;
        self.uncosted.add(other.uncosted);
        self.fee_lines += other.fee_lines;
        self.purchased.add(other.purchased);
        self.units_of_one = self.units_of_one.max(other.units_of_one);
        self.purchased_cost += other.purchased_cost;
        self.fees_without_cost += other.fees_without_cost;
        self.unused.add(other.unused);
        self.unused_cost += other.unused_cost;
        self.fees_without_unused += other.fees_without_unused;
        if self.missing.is_none() {
            self.missing.clone_from(&other.missing);
        }
        if self.service_code.is_empty() {
            self.service_code.clone_from(&other.service_code);
            self.currency.clone_from(&other.currency);
        }
    }
}
