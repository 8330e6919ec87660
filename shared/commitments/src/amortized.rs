//! What commitments cost where AWS's columns are empty. AWS does not fill them for every service: an hour of
//! Redshift has no effective cost, a fee of DynamoDB does not say what of it was not used.
//!
//! Used and unused are the fee, so that one of them follows from the other. If neither is there, the fee is
//! split by units: 1,488 hours of nodes for 2,976.00, of which two were used, cost 2 ÷ 1,488 × 2,976.00 =
//! 4.00, and 2,972.00 is unused.

use std::collections::BTreeMap;

use crate::{CommitmentTally, Units};
use cur::AccountId;
use money::rounding::cut;
use money::{Amount, Exact, apportion};
use serde::{Deserialize, Serialize};

/// What is said of a cost, or follows from what is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cost {
    Said,
    Derived(Amount),
    Unknown,
}

/// What one account's lines of a commitment cost, as far as they do not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DerivedCosts {
    /// Of covered usage without an effective cost.
    pub covered: Option<Amount>,
    /// What of the account's fees was not used, where the fees do not say it or cannot be right.
    pub unused: Option<Amount>,
}

/// A commitment's costs that its lines do not say, by the accounts that have these lines. What is not there
/// is said, or nothing says it.
pub fn derived_costs(
    arn: &str,
    accounts: &BTreeMap<AccountId, &CommitmentTally>,
) -> BTreeMap<AccountId, DerivedCosts> {
    let mut all = CommitmentTally::default();
    for tally in accounts.values() {
        all.add(tally);
    }
    let (covered, unused) = derive(&all, is_plan(arn));
    let mut derived: BTreeMap<AccountId, DerivedCosts> = BTreeMap::new();
    let weights = |of: &dyn Fn(&CommitmentTally) -> Amount| -> Vec<Amount> {
        accounts.values().map(|tally| of(tally)).collect()
    };
    if let Cost::Derived(cost) = covered {
        let parts = apportion(cost, &weights(&|tally| measure(&all, tally.uncosted)));
        for ((account, tally), part) in accounts.iter().zip(parts.unwrap_or_default()) {
            if !tally.uncosted.plain.is_zero() {
                derived.entry(*account).or_default().covered = Some(part);
            }
        }
    }
    if let Cost::Derived(cost) = unused {
        let parts = apportion(cost, &weights(&|tally| tally.fee_lines.into()));
        for ((account, tally), part) in accounts.iter().zip(parts.unwrap_or_default()) {
            if tally.fee_lines > 0 {
                derived.entry(*account).or_default().unused = Some(part);
            }
        }
    }
    derived
}

/// Whether everything that a commitment cost is said, or follows from what is said, over all accounts.
pub fn costs_are_known(arn: &str, all: &CommitmentTally) -> bool {
    let (covered, unused) = derive(all, is_plan(arn));
    covered != Cost::Unknown && unused != Cost::Unknown
}

/// What a unit costs of the usage whose lines do not say it: cost and units. `None` where nothing is missing
/// or nothing says it.
pub(crate) fn uncosted(arn: &str, all: &CommitmentTally) -> Option<(Amount, Amount, bool)> {
    let Cost::Derived(cost) = derive(all, is_plan(arn)).0 else { return None };
    Some((cost, measure(all, all.uncosted), is_normalized(all)))
}

/// Whether a commitment is a savings plan, by its name.
pub(crate) fn is_plan(arn: &str) -> bool {
    arn.contains(":savingsplan/")
}

/// The cost of covered usage that says none, and of what was not used.
fn derive(tally: &CommitmentTally, is_plan: bool) -> (Cost, Cost) {
    let fee = fee_is_known(tally, is_plan).then_some(tally.purchased_cost);
    let unused_is_said = tally.fees_without_unused == 0 && is_unused_possible(tally);
    let covered = if tally.uncosted.plain.is_zero() {
        Cost::Said
    } else if is_plan {
        // Usage of different kinds has different rates, so that units say nothing.
        Cost::Unknown
    } else {
        let rest = fee.filter(|_| unused_is_said);
        let rest = rest.map(|fee| fee - tally.unused_cost - tally.covered_cost);
        let rest = rest.filter(|rest| !rest.is_negative());
        let cost = rest.or_else(|| fee.and_then(|fee| by_units(tally, fee)));
        cost.map_or(Cost::Unknown, Cost::Derived)
    };
    let of_uncosted = match covered {
        Cost::Said => Some(Amount::ZERO),
        Cost::Derived(cost) => Some(cost),
        Cost::Unknown => None,
    };
    let unused = match (fee, of_uncosted) {
        _ if tally.fee_lines == 0 || unused_is_said => Cost::Said,
        (Some(fee), Some(uncosted)) => {
            let rest = fee - tally.covered_cost - uncosted;
            // Who used more than the fee is worth shows that the fee is not all there was to pay.
            if (rest + TOLERANCE).is_negative() { Cost::Unknown } else { Cost::Derived(rest) }
        }
        _ => Cost::Unknown,
    };
    (covered, unused)
}

/// Whether the fees of a commitment say what the period costs.
pub fn says_fee(arn: &str, all: &CommitmentTally) -> bool {
    fee_is_known(all, is_plan(arn))
}

/// Whether fees say what the period costs. A unit that costs more where it was used than by the fees shows
/// that a part of the cost stands nowhere, such as that of an upfront payment.
pub(crate) fn fee_is_known(tally: &CommitmentTally, is_plan: bool) -> bool {
    if tally.fee_lines == 0 || tally.fees_without_cost > 0 {
        return false;
    }
    let used = measure(tally, tally.used) - measure(tally, tally.uncosted);
    let purchased = measure(tally, tally.purchased);
    // Units of exchangeable sizes can be compared only if they are normalized.
    let is_comparable = is_normalized(tally) || tally.units_of_one.is_none();
    if is_plan || !is_comparable || used <= TOLERANCE || purchased.is_zero() {
        return true;
    }
    // Costs by units, compared crosswise; one percent is more than AWS rounds.
    let [cost, fee] = [tally.covered_cost, tally.purchased_cost].map(Exact::from);
    let by_use = &cost * &Exact::from(purchased);
    let by_fee = &fee * &Exact::from(used);
    &by_use * &Exact::from(Amount::from(100)) <= &by_fee * &Exact::from(Amount::from(101))
}

/// The part of a fee that its uncosted units are.
fn by_units(tally: &CommitmentTally, fee: Amount) -> Option<Amount> {
    let (uncosted, purchased) = (measure(tally, tally.uncosted), measure(tally, tally.purchased));
    let rest = purchased - uncosted;
    if purchased.is_zero() || rest.is_negative() {
        return None;
    }
    apportion(fee, &[uncosted, rest]).ok().and_then(|parts| parts.first().copied())
}

/// Covered lines are rounded one by one, so that their sum may differ from the fee's.
const TOLERANCE: Amount = Amount::from_units(10_i128.pow(14));

/// Whether what fees say of the unused part can be right. AWS's newer reports write `0.0` where a column
/// does not apply: nothing is unused by such a column, although less was used than there is, or everything
/// is, although something was used.
pub(crate) fn is_unused_possible(tally: &CommitmentTally) -> bool {
    let [used, unused, purchased] =
        [tally.used, tally.unused, tally.purchased].map(|units| measure(tally, units));
    let is_nothing = unused.is_zero() && tally.unused_cost.is_zero();
    let is_everything = tally.unused_cost == tally.purchased_cost && unused == purchased;
    let has_rest = used + TOLERANCE < purchased;
    let was_used = used > TOLERANCE;
    let costs = !tally.purchased_cost.is_zero();
    !costs || !(is_nothing && has_rest || is_everything && was_used)
}

/// Normalized units where covered lines have them and those of the fees are known, else plain ones.
fn measure(of: &CommitmentTally, units: Units) -> Amount {
    match (is_normalized(of), of.units_of_one) {
        (false, _) => units.plain,
        // Fees that say plain units alone.
        (true, Some(each)) if units.normalized.is_zero() => {
            cut(&(&Exact::from(units.plain) * &Exact::from(each)))
        }
        (true, _) => units.normalized,
    }
}

fn is_normalized(of: &CommitmentTally) -> bool {
    let is_known = !of.purchased.normalized.is_zero() || of.units_of_one.is_some();
    is_known && !of.used.normalized.is_zero()
}
