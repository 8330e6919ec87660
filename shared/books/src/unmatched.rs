//! Rules and accounts of the contracts that are in force and have nothing in the report. The cause may be a
//! typing mistake in the contracts.

use std::collections::BTreeSet;

use contracts::{Contracts, Customer};
use cur::{AccountId, BillingPeriod};
use pipeline::{PublishReceipt, Unmatched};

/// A rule is matched if it set a price. An account is matched if it has a line.
pub(crate) fn unmatched(
    contracts: &Contracts,
    period: BillingPeriod,
    in_report: &BTreeSet<AccountId>,
    published: &[PublishReceipt],
) -> Unmatched {
    let mut unmatched = Unmatched::default();
    for customer in contracts.customers() {
        let receipt = published.iter().find(|receipt| receipt.customer == customer.id);
        let rules = rules(customer, period, receipt);
        let accounts = customer.accounts_in(period).filter(|account| !in_report.contains(account));
        let accounts: BTreeSet<AccountId> = accounts.collect();
        if !rules.is_empty() {
            unmatched.price_rules.insert(customer.id.clone(), rules);
        }
        if !accounts.is_empty() {
            unmatched.accounts.insert(customer.id.clone(), accounts.into_iter().collect());
        }
    }
    unmatched
}

fn rules(
    customer: &Customer,
    period: BillingPeriod,
    receipt: Option<&PublishReceipt>,
) -> Vec<String> {
    let applied = receipt.map_or(&[][..], |receipt| &receipt.price_rules);
    let in_force = customer.price_rules_in(period).into_iter().map(|rule| &rule.id);
    in_force.filter(|rule| !applied.contains(rule)).cloned().collect()
}
