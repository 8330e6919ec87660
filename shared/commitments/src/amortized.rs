//! The costs of commitments whose columns are empty. AWS does not fill the columns for every service: an hour
//! of Redshift has no effective cost, and a fee of DynamoDB does not say which part of it was unused.
//!
//! The cost of the used part and the cost of the unused part add up to the fee. So one of them follows from
//! the other. If both are missing, the fee is split by units. For example, a fee of 2,976.00 pays for 1,488
//! hours of nodes, of which two were used. The used part costs 2 ÷ 1,488 × 2,976.00 = 4.00, and the unused
//! part costs 2,972.00.

use std::collections::BTreeMap;

use crate::{CommitmentTally, Units};
use cur::AccountId;
use money::rounding::cut;
use money::{Amount, Exact, apportion};
use serde::{Deserialize, Serialize};

/// A cost of a commitment: the lines say the cost, the cost follows from other cells, or nobody knows the
/// cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cost {
    Said,
    Derived(Amount),
    Unknown,
}

/// The costs that one account's lines of a commitment do not say, but that follow from other lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DerivedCosts {
    /// The cost of covered usage without an effective cost.
    pub covered: Option<Amount>,
    /// The unused part of the account's fees, if the fees do not say that part or say an impossible part.
    pub unused: Option<Amount>,
}

/// The costs that follow from other lines, by the accounts that have the lines without a cost. If an account
/// is missing, its lines say the costs, or the costs are unknown.
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

/// Whether the lines of all accounts say every cost of a commitment, or the missing costs follow from them.
pub fn costs_are_known(arn: &str, all: &CommitmentTally) -> bool {
    let (covered, unused) = derive(all, is_plan(arn));
    covered != Cost::Unknown && unused != Cost::Unknown
}

/// Cost and units of the covered usage whose lines do not say a cost, and whether these units are normalized.
/// `None` if no cost is missing, or if the missing cost is unknown.
pub(crate) fn uncosted(arn: &str, all: &CommitmentTally) -> Option<(Amount, Amount, bool)> {
    let Cost::Derived(cost) = derive(all, is_plan(arn)).0 else { return None };
    Some((cost, measure(all, all.uncosted), is_normalized(all)))
}

/// Whether a commitment is a savings plan, by its ARN.
pub(crate) fn is_plan(arn: &str) -> bool {
    arn.contains(":savingsplan/")
}

/// The cost of covered usage whose lines do not say a cost, and the cost of the unused part.
fn derive(tally: &CommitmentTally, is_plan: bool) -> (Cost, Cost) {
    let fee = fee_is_known(tally, is_plan).then_some(tally.purchased_cost);
    let unused_is_said = tally.fees_without_unused == 0 && is_unused_possible(tally);
    let covered = if tally.uncosted.plain.is_zero() {
        Cost::Said
    } else if is_plan {
        // Different kinds of usage have different rates under a plan, so units do not give the cost.
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
            // If the used part costs more than the fee, the fee is not the whole price.
            if (rest + TOLERANCE).is_negative() { Cost::Unknown } else { Cost::Derived(rest) }
        }
        _ => Cost::Unknown,
    };
    (covered, unused)
}

/// Whether the fees of a commitment say the cost of the period.
pub fn says_fee(arn: &str, all: &CommitmentTally) -> bool {
    fee_is_known(all, is_plan(arn))
}

/// Whether the fees say the cost of the period. If a used unit costs more than a unit of the fee, a part of
/// the cost is missing in the fee, such as an upfront payment.
pub(crate) fn fee_is_known(tally: &CommitmentTally, is_plan: bool) -> bool {
    if tally.fee_lines == 0 || tally.fees_without_cost > 0 {
        return false;
    }
    let used = measure(tally, tally.used) - measure(tally, tally.uncosted);
    let purchased = measure(tally, tally.purchased);
    // If sizes are exchangeable, only normalized units can be compared.
    let is_comparable = is_normalized(tally) || tally.units_of_one.is_none();
    if is_plan || !is_comparable || used <= TOLERANCE || purchased.is_zero() {
        return true;
    }
    // The costs of a unit are compared crosswise, without a division. AWS rounds by less than one percent.
    let [cost, fee] = [tally.covered_cost, tally.purchased_cost].map(Exact::from);
    let by_use = &cost * &Exact::from(purchased);
    let by_fee = &fee * &Exact::from(used);
    &by_use * &Exact::from(Amount::from(100)) <= &by_fee * &Exact::from(Amount::from(101))
}

/// The part of a fee for the units without a cost: a fee of 100 for 50 units, of which 2 have no cost, gives
/// 4.
fn by_units(tally: &CommitmentTally, fee: Amount) -> Option<Amount> {
    let (uncosted, purchased) = (measure(tally, tally.uncosted), measure(tally, tally.purchased));
    let rest = purchased - uncosted;
    if purchased.is_zero() || rest.is_negative() {
        return None;
    }
    apportion(fee, &[uncosted, rest]).ok().and_then(|parts| parts.first().copied())
}

/// Each covered line is rounded, so the sum of the lines may differ from the fee.
const TOLERANCE: Amount = Amount::from_units(10_i128.pow(14));

/// Whether the unused part that fees say is possible. AWS's newer reports write `0.0` in columns that do not
/// apply. Then the fee may say that nothing is unused, although fewer units were used than purchased. Or the
/// fee may say that everything is unused, although units were used.
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

/// Normalized units, if covered lines have them and the normalized units of the fees are known. Otherwise
/// plain units.
fn measure(of: &CommitmentTally, units: Units) -> Amount {
    match (is_normalized(of), of.units_of_one) {
        (false, _) => units.plain,
        // These fees have plain units only.
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
