//! The usage of one hour, and which part of it commitments cover by AWS's rules.
//!
//! Zonal reservations come first, then regional reservations, EC2 Instance plans, and the other plans.
//! Within each of these turns, every commitment covers usage of its owner's account before any commitment
//! covers usage of other accounts. A reservation covers the smallest size first. A plan covers the usage
//! with the largest saving first, and among equal savings the usage with the lowest rate. Where AWS does
//! not say an order, commitments go by their ARNs, and usage by accounts and resources.
//!
//! This code shares nothing with the allocation engine on purpose, so that each can test the other.

use crate::commitments::{Commitment, TURNS};
use crate::fleet::Resource;
use crate::products::Product;

/// A part of a resource's hour that a commitment covers.
pub(crate) struct Covered {
    pub(crate) resource: usize,
    pub(crate) commitment: usize,
    pub(crate) quanta: i64,
}

/// The state of one hour. It is used again for every hour, so that memory does not grow with the period.
pub(crate) struct Hour {
    /// For each resource, the quanta that nothing covers.
    pub(crate) on_demand: Vec<i64>,
    pub(crate) covered: Vec<Covered>,
    /// For each commitment, the quanta that cover nothing yet.
    pub(crate) unused: Vec<i64>,
}

impl Hour {
    pub(crate) fn new() -> Self {
        Self { on_demand: Vec::new(), covered: Vec::new(), unused: Vec::new() }
    }

    pub(crate) fn fill(
        &mut self,
        hour: i64,
        fleet: &[Resource],
        products: &[Product],
        commitments: &[Commitment],
        period_hours: i64,
    ) {
        let used = |resource: &Resource| resource.quanta(&products[resource.product], hour);
        self.on_demand.clear();
        self.on_demand.extend(fleet.iter().map(used));
        self.covered.clear();
        self.unused.clear();
        self.unused.extend(commitments.iter().map(|commitment| {
            let is_active = commitment.term().within(period_hours).contains(&hour);
            if is_active { commitment.capacity } else { 0 }
        }));
        for turn in TURNS {
            let in_turn = || commitments.iter().enumerate().filter(|(_, c)| c.turn == turn);
            for (number, commitment) in in_turn() {
                self.apply(number, &commitment.own);
            }
            for (number, commitment) in in_turn() {
                self.apply(number, &commitment.others);
            }
        }
    }

    fn apply(&mut self, commitment: usize, eligible: &[usize]) {
        for &resource in eligible {
            let free = self.unused[commitment];
            if free == 0 {
                return;
            }
            let quanta = self.on_demand[resource].min(free);
            if quanta > 0 {
                self.on_demand[resource] -= quanta;
                self.unused[commitment] -= quanta;
                self.covered.push(Covered { resource, commitment, quanta });
            }
        }
    }
}
