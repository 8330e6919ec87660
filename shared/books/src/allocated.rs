//! The allocations of all days, added up.

use std::collections::{BTreeMap, BTreeSet};

use commitments::{CommitmentDay, DailyBenefit, UnpricedUsage, UnusedCost};
use contracts::Contracts;
use cur::AccountId;
use datasets::CommitmentRow;
use pipeline::{AllocateReceipt, Plan, UNASSIGNED};

/// The allocations of all days for all customers.
#[derive(Default)]
pub struct AllocatedDays {
    pub commitments: Vec<CommitmentRow>,
    pub benefits: Vec<DailyBenefit>,
    pub(crate) unpriced: BTreeSet<UnpricedUsage>,
}

impl AllocatedDays {
    pub fn new(
        receipts: &[AllocateReceipt],
        commitments: Vec<CommitmentRow>,
        benefits: Vec<DailyBenefit>,
    ) -> Self {
        let unpriced = receipts.iter().flat_map(|receipt| receipt.unpriced.iter().cloned());
        Self { commitments, benefits, unpriced: unpriced.collect() }
    }

    /// Each commitment over the period, by its ARN and by the customer to whom the contracts assign it.
    pub(crate) fn held(&self) -> BTreeMap<(&str, &str), Held<'_>> {
        let mut found: BTreeMap<(&str, &str), Held<'_>> = BTreeMap::new();
        for CommitmentRow { customer_id, day } in &self.commitments {
            let held = found.entry((&day.commitment, &day.assigned_to)).or_insert_with(|| Held {
                customer_id,
                day,
                unused: UnusedCost::default(),
            });
            // The text is always an account id, because the allocation wrote it.
            if let Ok(owner) = day.owner_account_id.parse() {
                *held.unused.kept_by.entry(owner).or_default() +=
                    day.unused_cost.unwrap_or_default();
                held.unused.is_unknown |= day.unused_cost.is_none();
            }
        }
        for row in &self.benefits {
            if let Some(held) = found.get_mut(&(row.commitment.as_str(), row.assigned_to.as_str()))
            {
                let used = held.unused.used_by.entry(row.usage_account_id).or_default();
                *used += row.commitment_cost;
            }
        }
        found
    }
}

/// A commitment over the period, or the part of a commitment that is assigned to one customer.
pub(crate) struct Held<'a> {
    pub(crate) customer_id: &'a str,
    /// One of the commitment's days. Service and currency are the same on all of them.
    pub(crate) day: &'a CommitmentDay,
    pub(crate) unused: UnusedCost,
}

/// Sorts benefits by the customer whose account has them. Accounts without a customer are under
/// `_unassigned`.
pub fn benefits_by_customer(
    benefits: Vec<DailyBenefit>,
    contracts: &Contracts,
    plan: &Plan,
) -> BTreeMap<String, Vec<DailyBenefit>> {
    let mut customers: BTreeMap<String, Vec<DailyBenefit>> = BTreeMap::new();
    for benefit in benefits {
        let customer = customer_of(benefit.usage_account_id, contracts, plan);
        customers.entry(customer.to_owned()).or_default().push(benefit);
    }
    customers
}

/// The id of the customer under which an account's charges are published.
pub(crate) fn customer_of<'a>(
    account: AccountId,
    contracts: &'a Contracts,
    plan: &Plan,
) -> &'a str {
    let owner = contracts.owner_of(account, plan.payer_account_id, plan.billing_period);
    owner.map_or(UNASSIGNED, |owner| &owner.id)
}
