//! The books of customers. A book has everything that a customer's charges need, except what the rated
//! lines of the customer's own accounts already say.

use std::collections::{BTreeMap, BTreeSet};

use contracts::Contracts;
use cur::BillingPeriod;
use pipeline::{CustomerBook, DerivedCost, Plan, RatedAccount, RecalculateReceipt, UNASSIGNED};

use crate::allocated::{AllocatedDays, customer_of};
use crate::costs::{Derived, unknown_costs};
use crate::unused::unused_shares;

/// The book of each customer that is published. These are customers with an account in the report,
/// customers to whom the contracts assign a commitment of the report, and `_unassigned`.
///
/// `_unassigned` is published even if it is empty: readers can then see that nothing is unassigned, and
/// each run has a last unit that seals it.
pub fn customer_books(
    contracts: &Contracts,
    plan: &Plan,
    accounts: &[RecalculateReceipt],
    days: &AllocatedDays,
) -> BTreeMap<String, CustomerBook> {
    let mut books: BTreeMap<String, CustomerBook> = BTreeMap::new();
    books.entry(UNASSIGNED.to_owned()).or_default();
    for holder in holders(contracts, plan.billing_period, accounts) {
        books.entry(holder.to_owned()).or_default();
    }
    let unknown = unknown_costs(accounts);
    for receipt in accounts {
        let customer = customer_of(receipt.account, contracts, plan);
        let book = books.entry(customer.to_owned()).or_default();
        book.accounts.push(RatedAccount {
            account: receipt.account,
            totals: receipt.totals,
            amortized_cost: receipt.amortized_cost,
        });
        for arn in receipt.commitments.keys() {
            if let Some(missing) = unknown.get(arn) {
                book.unknown_costs.insert(arn.clone(), missing.clone());
            }
        }
    }
    let derived = Derived::of(accounts);
    for (arn, account, costs) in derived.iter() {
        let book = books.entry(customer_of(account, contracts, plan).to_owned()).or_default();
        book.derived_costs.push(DerivedCost { commitment: arn.to_owned(), account, costs });
    }
    for usage in &days.unpriced {
        let customer = customer_of(usage.usage_account_id, contracts, plan);
        books.entry(customer.to_owned()).or_default().unpriced.push(usage.clone());
    }
    for (customer, shares) in unused_shares(contracts, plan, accounts, &derived, days) {
        let book = books.entry(customer).or_default();
        for arn in shares.keys() {
            if let Some(missing) = unknown.get(arn) {
                book.unknown_costs.insert(arn.clone(), missing.clone());
            }
        }
        book.unused_shares = shares;
    }
    books
}

/// The customers to whom the contracts assign a commitment that the report has.
fn holders<'a>(
    contracts: &'a Contracts,
    period: BillingPeriod,
    accounts: &[RecalculateReceipt],
) -> BTreeSet<&'a str> {
    let in_report: BTreeSet<&str> = accounts
        .iter()
        .flat_map(|receipt| receipt.commitments.keys().map(String::as_str))
        .collect();
    (contracts.assignments().iter())
        .filter(|assigned| {
            assigned.is_in_force(period) && in_report.contains(assigned.arn.as_str())
        })
        .map(|assigned| assigned.customer.as_str())
        .collect()
}
