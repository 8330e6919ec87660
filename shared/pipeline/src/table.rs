//! The tables that Athena knows. `infra/` declares their columns. Their partitions are named here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A table. Its partitions are payer, period and run; some tables are also partitioned by account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Lines of reports in CSV.
    LineItems,
    /// Lines of reports in Parquet.
    LineItemRows,
    Rated,
    Allocations,
    Commitments,
    Coverage,
    Charges,
    DailyCosts,
}

impl Table {
    pub const ALL: [Self; 8] = [
        Self::LineItems,
        Self::LineItemRows,
        Self::Rated,
        Self::Allocations,
        Self::Commitments,
        Self::Coverage,
        Self::Charges,
        Self::DailyCosts,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::LineItems => "line_items",
            Self::LineItemRows => "line_item_rows",
            Self::Rated => "rated",
            Self::Allocations => "allocations",
            Self::Commitments => "commitments",
            Self::Coverage => "coverage",
            Self::Charges => "charges",
            Self::DailyCosts => "daily_costs",
        }
    }

    /// Returns whether a run has one partition for each account instead of one partition for all.
    pub const fn is_partitioned_by_account(self) -> bool {
        matches!(self, Self::LineItems | Self::LineItemRows | Self::Rated)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
