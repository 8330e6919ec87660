//! What a run changes compared with the run that it replaces, and when a person must accept the change
//! first.

use std::collections::{BTreeMap, BTreeSet};

use contracts::Contracts;
use cur::AccountId;
use money::Amount;
use pipeline::{Changes, CustomerChange, CustomerSums, Plan, RunSums, UNASSIGNED};

/// One cent. If credits pay a cost in full, the small rest differs from delivery to delivery by less than
/// this.
const DUST: Amount = Amount::from_units(10_i128.pow(16));

/// The changes by customer. A change is *loud* if it may be a hole in the report, even if the run as a
/// whole is not held.
pub fn changes(before: &RunSums, now: &RunSums) -> Changes {
    let names: BTreeSet<&str> =
        before.customers.iter().chain(&now.customers).map(|sums| sums.customer.as_str()).collect();
    let [was, is] = [before, now].map(by_name);
    let sums = |run: &BTreeMap<&str, &CustomerSums>, name: &str| {
        run.get(name).map(|sums| (sums.lines, sums.charge)).unwrap_or_default()
    };
    let customers: Vec<CustomerChange> = names
        .into_iter()
        .map(|name| {
            let ((lines_before, charge_before), (lines, charge)) =
                (sums(&was, name), sums(&is, name));
            CustomerChange {
                customer: name.to_owned(),
                lines_before,
                lines,
                charge_before,
                charge,
                difference: charge - charge_before,
            }
        })
        .collect();
    Changes {
        replaces: before.run_id.clone(),
        delivery_id: before.delivery_id.clone(),
        loud: customers.iter().filter_map(loud).collect(),
        customers,
    }
}

fn by_name(run: &RunSums) -> BTreeMap<&str, &CustomerSums> {
    run.customers.iter().map(|sums| (sums.customer.as_str(), sums)).collect()
}

fn loud(change: &CustomerChange) -> Option<String> {
    let CustomerChange { customer, lines_before, lines, .. } = change;
    match lines {
        0 if *lines_before > 0 => {
            Some(format!("{customer} has no line any more, and had {lines_before}"))
        }
        _ if is_less_than_half(*lines, *lines_before) => {
            Some(format!("{customer} has {lines} lines only, and had {lines_before}"))
        }
        _ => None,
    }
}

/// The reasons why a person must accept the run before it becomes current. If there is no reason, the list
/// is empty.
///
/// Lines that repeat the money of other lines are not counted. They come and go with a setting of the
/// payer.
pub fn reasons_to_hold(
    before: &RunSums,
    now: &RunSums,
    contracts: &Contracts,
    plan: &Plan,
) -> Vec<String> {
    let (was, is) = (&before.report_totals, &now.report_totals);
    let lines = is_less_than_half(is.lines, was.lines).then(|| {
        format!("it has {} lines, fewer than half of the {} that there were", is.lines, was.lines)
    });
    let cost = fell_by_half(was.unblended_cost, is.unblended_cost).then(|| {
        format!(
            "AWS's cost is {}, and was {}: less than half is left",
            is.unblended_cost, was.unblended_cost
        )
    });
    let vanished = before.customers.iter().filter_map(|customer| {
        let accounts = lost_accounts(customer, now, contracts, plan);
        (!accounts.is_empty()).then(|| {
            format!(
                "customer `{}` is not in the report any more, with {}",
                customer.customer,
                accounts.join(" and ")
            )
        })
    });
    lines.into_iter().chain(cost).chain(vanished).collect()
}

fn is_less_than_half(now: u64, before: u64) -> bool {
    now < before.div_ceil(2)
}

/// Returns whether a cost fell by more than half. A cost of 50 did if it is now below 25. Credits can make
/// a cost negative: a cost of −50 fell by more than half if it is now below −75.
fn fell_by_half(before: Amount, now: Amount) -> bool {
    let fall = before - now;
    fall > DUST && fall + fall > before.abs()
}

/// The accounts of a customer, if none of them is in the report any more. An account that the contracts no
/// longer give to the customer does not count: the reseller decided that, so it is no hole in the report.
fn lost_accounts(
    customer: &CustomerSums,
    now: &RunSums,
    contracts: &Contracts,
    plan: &Plan,
) -> Vec<String> {
    let is_there = |sums: &&CustomerSums| sums.customer == customer.customer;
    let has_some =
        now.customers.iter().find(is_there).is_some_and(|sums| !sums.accounts.is_empty());
    if has_some || customer.customer == UNASSIGNED {
        return Vec::new();
    }
    let is_its_own = |account: &&AccountId| {
        let owner = contracts.owner_of(**account, plan.payer_account_id, plan.billing_period);
        owner.is_some_and(|owner| owner.id == customer.customer)
    };
    customer
        .accounts
        .iter()
        .filter(is_its_own)
        .map(|account| format!("account {account}"))
        .collect()
}
