//! Sums of allocations that can be added up over days.

use std::collections::BTreeMap;

use cur::AccountId;
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::{Allocation, CommitmentDay, DailyBenefit};

/// The used and unused units of a commitment, and their costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommitmentSums {
    /// Whether the units are normalized.
    pub is_normalized: bool,
    pub used: Amount,
    pub unused: Amount,
    pub used_cost: Amount,
    pub unused_cost: Amount,
}

/// Adds up a day by commitment. The used part comes from the allocations, and the unused part from the
/// commitments' days.
pub fn commitment_sums(
    allocations: &[Allocation],
    commitments: &[CommitmentDay],
) -> BTreeMap<String, CommitmentSums> {
    let mut all: BTreeMap<String, CommitmentSums> = BTreeMap::new();
    for allocation in allocations {
        let sums = all.entry(allocation.commitment.clone()).or_default();
        sums.used += allocation.units;
        sums.used_cost += allocation.commitment_cost;
    }
    for day in commitments {
        let sums = all.entry(day.commitment.clone()).or_default();
        sums.is_normalized = day.unit == "normalized";
        sums.unused += day.unused;
        sums.unused_cost += day.unused_cost.unwrap_or_default();
    }
    all
}

/// Adds up the money that commitments took off list prices, by the names that `name` gives to accounts.
pub fn taken_off(
    benefits: &[DailyBenefit],
    name: impl Fn(AccountId) -> String,
) -> BTreeMap<String, Amount> {
    let mut all: BTreeMap<String, Amount> = BTreeMap::new();
    for benefit in benefits {
        *all.entry(name(benefit.usage_account_id)).or_default() += benefit.taken_off;
    }
    all
}

impl CommitmentSums {
    pub fn add(&mut self, other: &Self) {
        self.is_normalized |= other.is_normalized;
        self.used += other.used;
        self.unused += other.unused;
        self.used_cost += other.used_cost;
        self.unused_cost += other.unused_cost;
    }
}

/// The outcome of AWS's rules, compared with the report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReplayTally {
    /// The number of hours that were compared, over all groups. A group has the commitments that AWS may
    /// exchange for one another.
    pub compared: u64,
    /// The hours in which the rules gave the outcome of the report.
    pub replayed: u64,
    /// The hours in which the rules gave another outcome, or could not be applied.
    pub kept: u64,
    /// Ties in which AWS chose other accounts or commitments than Sluice.
    pub ties: u64,
    /// The number of days that were compared under each sharing preference of the payer.
    pub sharing: BTreeMap<String, u64>,
}

impl ReplayTally {
    pub fn add(&mut self, other: &Self) {
        self.compared += other.compared;
        self.replayed += other.replayed;
        self.kept += other.kept;
        self.ties += other.ties;
        for (sharing, days) in &other.sharing {
            *self.sharing.entry(sharing.clone()).or_default() += days;
        }
    }
}
