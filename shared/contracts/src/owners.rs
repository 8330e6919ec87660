//! The owners of accounts: which customer an account belongs to in a billing period.

use std::collections::BTreeMap;

use cur::{AccountId, BillingPeriod};

use crate::customer::Customer;
use crate::ownership::Owned;
use crate::periods::Periods;
use crate::problem::Position;
use crate::report::Report;

/// The owners of each account and payer, each with the billing periods of its ownership. The periods do not
/// overlap.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owners(BTreeMap<Owned, Vec<Owner>>);

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
                let earlier = owners.0.entry(ownership.of).or_default();
                if let Some(other) = earlier.iter().find(|other| other.periods.overlaps(periods)) {
                    let owner = customers.get(other.customer).map_or("", |owner| &owner.id);
                    report.refuse(
                        ownership.position,
                        format!(
                            "{} belongs to `{owner}` in the same billing periods (see {}); \
                             remove it in one place, or part the periods by `from` and `until`",
                            ownership.of, other.position
                        ),
                    );
                }
                earlier.push(Owner { customer, periods, position: ownership.position });
            }
        }
        owners
    }

    /// Every account that a customer names in a period, with the index of the customer in the file.
    pub(crate) fn named_in(
        &self,
        period: BillingPeriod,
    ) -> impl Iterator<Item = (AccountId, usize)> {
        self.0.keys().filter_map(move |owned| match owned {
            Owned::Account(account) => Some((*account, self.find(*owned, period)?)),
            Owned::Payer(_) => None,
        })
    }

    /// The owner of an account of a payer: the customer that names the account, or else the customer that
    /// has the payer.
    pub(crate) fn of_account(
        &self,
        account: AccountId,
        payer: AccountId,
        period: BillingPeriod,
    ) -> Option<usize> {
        let named = self.find(Owned::Account(account), period);
        named.or_else(|| self.of_payer(payer, period))
    }

    /// The customer that has all accounts of a payer that no other customer names.
    pub(crate) fn of_payer(&self, payer: AccountId, period: BillingPeriod) -> Option<usize> {
        self.find(Owned::Payer(payer), period)
    }

    /// The index of the owner in the file.
    fn find(&self, owned: Owned, period: BillingPeriod) -> Option<usize> {
        let mut of_owned = self.0.get(&owned)?.iter();
        of_owned.find(|owner| owner.periods.contains(period)).map(|owner| owner.customer)
    }
}
