//! What the allocations of all days come to.

use std::collections::{BTreeMap, BTreeSet};

use commitments::{CommitmentDay, DailyBenefit, UnpricedUsage, UnusedCost};
use contracts::Contracts;
use cur::{AccountId, BillingPeriod};
use datasets::CommitmentRow;
use pipeline::{AllocateReceipt, UNASSIGNED};

/// The allocations of all days, of all customers.
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

    /// Every commitment over the period, by ARN and by the customer that the commitment is assigned to.
    pub(crate) fn held(&self) -> BTreeMap<(&str, &str), Held<'_>> {
        let mut found: BTreeMap<(&str, &str), Held<'_>> = BTreeMap::new();
        for CommitmentRow { customer_id, day } in &self.commitments {
            let held = found.entry((&day.commitment, &day.assigned_to)).or_insert_with(|| Held {
                customer_id,
                day,
                unused: UnusedCost::default(),
            });
            // The allocation writes nothing but accounts there.
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

/// A commitment, or the part of a commitment that is assigned to one customer, over the period.
pub(crate) struct Held<'a> {
    pub(crate) customer_id: &'a str,
    /// Any of the commitment's days: all of them have the same service and currency.
    pub(crate) day: &'a CommitmentDay,
    pub(crate) unused: UnusedCost,
}

/// Deals benefits out to the customers whose accounts they are for, `_unassigned` among them.
pub fn benefits_by_customer(
    benefits: Vec<DailyBenefit>,
    contracts: &Contracts,
    period: BillingPeriod,
) -> BTreeMap<String, Vec<DailyBenefit>> {
    let mut customers: BTreeMap<String, Vec<DailyBenefit>> = BTreeMap::new();
    for benefit in benefits {
        let customer = customer_of(benefit.usage_account_id, contracts, period);
        customers.entry(customer.to_owned()).or_default().push(benefit);
    }
    customers
}

/// The id under which an account's charges are published.
pub(crate) fn customer_of(
    account: AccountId,
    contracts: &Contracts,
    period: BillingPeriod,
) -> &str {
    contracts.owner_of(account, period).map_or(UNASSIGNED, |owner| &owner.id)
}
