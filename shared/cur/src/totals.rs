//! How many lines there are and what they cost.

use money::Amount;
use serde::{Deserialize, Serialize};

/// Lines and what they cost. Split-cost-allocation lines repeat money that other lines already carry,
/// so they are counted apart and never added.
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

    /// All lines, whether their money counts or not.
    pub fn all_lines(&self) -> u64 {
        self.lines + self.split_cost_lines
    }
}
