//! The owners of accounts: which customer an account belongs to in a billing period.

use std::collections::BTreeMap;

use cur::{AccountId, BillingPeriod};

use crate::customer::Customer;
use crate::periods::Periods;
use crate::problem::Position;
use crate::report::Report;

/// The owners of each account, each with the billing periods of its ownership. The periods do not overlap.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owners(BTreeMap<AccountId, Vec<Owner>>);

#[derive(Debug, Clone)]
struct Owner {
    /// The index of the customer in the file.
    customer: usize,
    periods: Periods,
    position: Position,
}

impl Owners {
    pub(crate) fn new(customers: &[Customer], report: &Report) -> Self {
        let mut owners = Self::default();
        for (customer, owned) in customers.iter().enumerate() {
            for ownership in &owned.ownerships {
                let periods = ownership.periods;
                let earlier = owners.0.entry(ownership.account).or_default();
                if let Some(other) = earlier.iter().find(|other| other.periods.overlaps(periods)) {
                    let owner = customers.get(other.customer).map_or("", |owner| &owner.id);
                    report.refuse(
                        ownership.position,
                        format!(
                            "account {} belongs to `{owner}` in the same billing periods (see {}); \
                             remove it in one place, or part the periods by `from` and `until`",
                            ownership.account, other.position
                        ),
                    );
                }
                earlier.push(Owner { customer, periods, position: ownership.position });
            }
        }
        owners
    }

    /// Every account that has an owner in a period, with the index of the owner in the file.
    pub(crate) fn in_period(
        &self,
        period: BillingPeriod,
    ) -> impl Iterator<Item = (AccountId, usize)> {
        let accounts = self.0.keys().copied();
        accounts.filter_map(move |account| Some((account, self.find(account, period)?)))
    }

    /// The index of the owner in the file.
    pub(crate) fn find(&self, account: AccountId, period: BillingPeriod) -> Option<usize> {
        let owners = self.0.get(&account)?;
        let owner = owners.iter().find(|owner| owner.periods.contains(period))?;
        Some(owner.customer)
    }
}
