//! Totals of lines: their count and their cost.

use money::Amount;
use serde::{Deserialize, Serialize};

/// The count and the cost of lines. Lines of split cost allocation repeat costs of other lines, so they
/// have totals of their own, which are never added to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LineTotals {
    pub lines: u64,
    pub unblended_cost: Amount,
    pub split_cost_lines: u64,
    pub split_cost_unblended_cost: Amount,
}

impl LineTotals {
    pub fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.unblended_cost += other.unblended_cost;
        self.split_cost_lines += other.split_cost_lines;
        self.split_cost_unblended_cost += other.split_cost_unblended_cost;
    }

    /// The count of all lines, those of split cost allocation too.
    pub fn all_lines(&self) -> u64 {
        self.lines + self.split_cost_lines
    }
}
