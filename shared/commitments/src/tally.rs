//! Sums of the lines of a commitment over the period, account by account.

use cur::LineNote;
use money::Amount;
use serde::{Deserialize, Serialize};

/// The sums of one account's lines of one commitment over the period. Over all accounts, the used and the
/// unused units add up to the purchased units. The units of a savings plan are money.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommitmentTally {
    /// The units of covered lines. These lines are in the accounts that used the commitment.
    pub used: Units,
    /// The effective cost of covered lines, as far as they say it.
    pub covered_cost: Amount,
    /// The units of covered lines that do not say their effective cost.
    pub uncosted: Units,
    /// The number of fee lines. They are in the owner's account.
    pub fee_lines: u64,
    pub purchased: Units,
    /// The normalized units of one, if fees or AWS's tables have them.
    pub units_of_one: Option<Amount>,
    /// The cost of the purchase in the period with its part of the upfront payment, as far as lines say it.
    pub purchased_cost: Amount,
    /// The number of fee lines that do not say the part of the upfront payment.
    pub fees_without_cost: u64,
    pub unused: Units,
    /// The cost of the unused part, as far as lines say it.
    pub unused_cost: Amount,
    /// The number of fee lines that do not say the cost of the unused part.
    pub fees_without_unused: u64,
    /// The first missing cell.
    pub missing: Option<LineNote>,
    /// The service code of the fee lines. The unused part is charged under it.
    pub service_code: String,
    pub currency: String,
}

/// Units of a commitment: plain units, and normalized units if instances have a size.
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
