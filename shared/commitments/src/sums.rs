//! What allocations make of commitments, in sums that days can be added up by.

use std::collections::BTreeMap;

use cur::AccountId;
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::{Allocation, CommitmentDay, DailyBenefit};

/// What a day's allocation makes of a commitment: units as they are counted, and their cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommitmentSums {
    /// Whether units are normalized ones.
    pub is_normalized: bool,
    pub used: Amount,
    pub unused: Amount,
    pub used_cost: Amount,
    pub unused_cost: Amount,
}

/// Adds up a day by commitment: what was used from who used it, what was not used from the commitments' days.
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

/// Adds up what list prices are less by, by the names that accounts are given.
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

/// How AWS's own rules, applied again, came out against the report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReplayTally {
    /// Hours of groups of commitments, a group being those that AWS may exchange for one another.
    pub compared: u64,
    /// The hours in which the rules give what the report has.
    pub replayed: u64,
    /// The hours in which the rules give something else, or cannot be applied.
    pub kept: u64,
    /// Where AWS's rules leave a choice, and AWS chose other accounts or commitments than the rules here.
    pub ties: u64,
    /// Days by the sharing preferences of the payer under which they were compared.
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
