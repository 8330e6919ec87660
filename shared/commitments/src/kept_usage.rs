//! The usage of hours that stay as AWS applied them, counted twice.

use std::collections::BTreeSet;

use cur::UsageHour;
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::ledger::AllocatedDay;
use crate::replay::Replayed;
use crate::situation::Situation;

/// Both sides are usage amounts. They are equal, because usage that is kept is handed out as AWS covered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeptUsage {
    /// The amounts of the lines that AWS covered.
    pub covered: Amount,
    /// The amounts of the allocations.
    pub allocated: Amount,
}

impl KeptUsage {
    pub fn add(&mut self, other: &Self) {
        self.covered += other.covered;
        self.allocated += other.allocated;
    }
}

impl Situation<'_> {
    /// Adds up the report's covered lines and the allocations of all kept hours of the day.
    pub fn kept_usage(&self, replayed: &Replayed, allocated: &AllocatedDay) -> KeptUsage {
        let mut kept: BTreeSet<(UsageHour, &str)> = BTreeSet::new();
        for (hour, wholes) in &replayed.kept {
            // The allocations name ARNs. Of an ARN with several fees, one may be kept and the other not.
            let is_kept = |whole| wholes.contains_key(&whole);
            let handed_out: BTreeSet<&str> = (self.wholes.holdings.enumerate())
                .filter(|(whole, _)| !is_kept(*whole))
                .map(|(_, holding)| holding.arn.as_str())
                .collect();
            let arns = wholes.keys().map(|whole| self.wholes.holdings[*whole].arn.as_str());
            let arns = arns.filter(|arn| !handed_out.contains(arn));
            kept.extend(arns.map(|arn| (*hour, arn)));
        }
        let rows = self.day.rows.iter().filter(|row| {
            let sku = &self.day.skus[row.sku];
            sku.line_item_type.is_covered_usage()
                && kept.contains(&(row.usage_hour, &*sku.commitment))
        });
        let allocations = (allocated.allocations.iter())
            .filter(|of| kept.contains(&(of.usage_hour, &*of.commitment)));
        KeptUsage {
            covered: rows.map(|row| row.usage_amount).sum(),
            allocated: allocations.map(|of| of.usage_amount).sum(),
        }
    }
}
