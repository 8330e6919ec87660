//! Report checks that need several lines, or several accounts.

use std::collections::BTreeMap;

use cur::{LineItemType, UsageHour};
use laws::Tally;
use money::Amount;

use crate::amortized::is_unused_possible;
use crate::{CommitmentTally, DemandRow, DemandSku, Units};

/// The cost of covered usage and its negation add up to zero. The sums are per hour, plan, operation, usage
/// type and zone, over all accounts of the payer. AWS groups negations in this way:
/// <https://docs.aws.amazon.com/cur/latest/userguide/cur-sp.html>.
pub fn negation_cancels(skus: &[DemandSku], rows: &[DemandRow]) -> Tally {
    type Key<'a> = (UsageHour, &'a str, &'a str, &'a str, &'a str);
    let mut sums: BTreeMap<Key<'_>, Amount> = BTreeMap::new();
    for row in rows {
        let demand = &skus[row.sku];
        let is_savings_plan = matches!(
            demand.line_item_type,
            LineItemType::SavingsPlanCoveredUsage | LineItemType::SavingsPlanNegation
        );
        if is_savings_plan {
            let key = (
                row.usage_hour,
                demand.commitment.as_str(),
                demand.sku.operation.as_str(),
                demand.sku.usage_type.as_str(),
                demand.availability_zone.as_str(),
            );
            *sums.entry(key).or_insert(Amount::ZERO) += row.unblended_cost;
        }
    }
    let mut tally = Tally::default();
    for ((hour, commitment, operation, usage_type, zone), left) in sums {
        tally.record(left.is_zero(), || {
            format!("{hour} {commitment} {operation} {usage_type} {zone}: {left} is left")
        });
    }
    tally
}

/// The used and unused units of a commitment add up to the purchased units, over the period and all accounts.
/// If sizes are normalized, normalized units are compared, because an instance may use half of a larger
/// reservation. A commitment whose fees do not have all of these numbers is not compared.
pub fn commitment_rows_agree(
    commitments: &BTreeMap<&str, CommitmentTally>,
    is_normalized: impl Fn(&str) -> bool,
) -> Tally {
    let mut tally = Tally::default();
    for (commitment, seen) in commitments {
        let normalized = is_normalized(commitment) || !seen.purchased.normalized.is_zero();
        let of = |units: Units| {
            if normalized { units.normalized } else { units.plain }
        };
        let (used, unused, purchased) = (of(seen.used), of(seen.unused), of(seen.purchased));
        // If a column does not apply, AWS leaves it empty, or writes `0.0` in newer reports.
        let is_said = !(unused.is_zero() && used < purchased);
        let has_units = seen.fee_lines == 0 || !purchased.is_zero();
        if !has_units || !is_said || !is_unused_possible(seen) {
            continue;
        }
        tally.record(used + unused == purchased, || {
            format!("{commitment}: {used} used + {unused} unused is not {purchased} purchased")
        });
    }
    tally
}
